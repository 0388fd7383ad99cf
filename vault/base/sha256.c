/* sha256.c - see sha256.h. */
#include "vault/base/sha256.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct sha256 {
    EVP_MD_CTX *ctx;
};

static vault_err
begin(struct sha256 *s)
{
    return EVP_DigestInit_ex(s->ctx, EVP_sha256(), NULL) == 1 ? VAULT_OK : err_nomem();
}

vault_err
sha256_new(struct sha256 **out)
{
    struct sha256 *s = calloc(1, sizeof *s);
    vault_err err;

    if (s == NULL)
        return err_nomem();
    s->ctx = EVP_MD_CTX_new();
    err = s->ctx == NULL ? err_nomem() : begin(s);
    if (err == VAULT_OK)
        *out = s;
    else
        sha256_free(s);
    return err;
}

void
sha256_free(struct sha256 *s)
{
    if (s == NULL)
        return;
    EVP_MD_CTX_free(s->ctx);
    free(s);
}

vault_err
sha256_add(struct sha256 *s, const void *p, size_t n)
{
    return EVP_DigestUpdate(s->ctx, p, n) == 1 ? VAULT_OK : err_nomem();
}

vault_err
sha256_end(struct sha256 *s, uint8_t out[static SHA256_BYTES])
{
    return EVP_DigestFinal_ex(s->ctx, out, NULL) == 1 ? begin(s) : err_nomem();
}
