/* shares.c - a secret in shares of words, without a vault: vault_shares_*, vault_share_word. */
#include <stdlib.h>

#include "vault/keys/slip39.h"
#include "vault/vault.h"

struct vault_shares {
    struct slip39_set set;
};

vault_err
vault_shares_split(const struct secret *secret, const struct vault_share_plan *plan,
    vault_share_fn *fn, void *ctx)
{
    const struct slip39_plan p = {.threshold = plan->threshold, .count = plan->count,
        .exponent = plan->exponent, .passphrase = plan->passphrase};
    struct secret *shares[SLIP39_MAX] = {NULL};
    bool more = true;
    vault_err err;

    vault_clear_error();
    err = slip39_split(shares, secret, &p);
    for (unsigned i = 0; i < SLIP39_MAX; i++) {
        if (shares[i] != NULL && more)
            more = fn(ctx, (const char *)secret_bytes(shares[i])) == 0;
        secret_free(shares[i]);
    }
    return err;
}

vault_err
vault_shares_new(vault_shares **out)
{
    vault_shares *s;

    vault_clear_error();
    s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_nomem();
    *out = s;
    return VAULT_OK;
}

void
vault_shares_free(vault_shares *s)
{
    if (s == NULL)
        return;
    slip39_set_free(&s->set);
    free(s);
}

vault_err
vault_shares_add(vault_shares *s, const char *words, size_t n, struct vault_share_fault *fault)
{
    struct slip39_fault found;
    vault_err err;

    vault_clear_error();
    err = slip39_set_add(&s->set, words, n, &found);
    if (fault != NULL)
        *fault = (struct vault_share_fault){found.word, found.nearest};
    return err;
}

unsigned
vault_shares_missing(const vault_shares *s, char sentence[256])
{
    slip39_set_describe(sentence, 256, &s->set);
    return slip39_set_missing(&s->set);
}

vault_err
vault_shares_secret(struct secret **out, const vault_shares *s, const struct secret *passphrase)
{
    vault_clear_error();
    return slip39_set_open(out, &s->set, passphrase);
}

const char *
vault_share_word(const char *letters, size_t n)
{
    return slip39_complete(letters, n);
}
