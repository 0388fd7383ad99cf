#include "vault/base/minisign.h"

#include <sodium.h>
#include <string.h>
#include "vault/base/sign.h"

#define KEY_LABEL "withheld:minisign-key:1"
#define COMMENT_MAX 512u

/* Two letters that name the algorithm, and the number by which minisign tells keys apart. */
static void
head(uint8_t out[static 10], char second, const uint8_t pk[static 32])
{
    uint8_t number[32];
    struct part p = PART(pk, 32);

    hash_parts(number, KEY_LABEL, &p, 1);
    out[0] = 'E';
    out[1] = (uint8_t)second;
    memcpy(out + 2, number, 8);
}

static void
put_base64(struct buf *out, const uint8_t *p, size_t n)
{
    char text[128];         /* of at most 74 bytes */

    sodium_bin2base64(text, sizeof text, p, n, sodium_base64_VARIANT_ORIGINAL);
    buf_str(out, text);
    buf_u8(out, '\n');
}

void
minisign_key(char out[static MINISIGN_KEY_CHARS + 1], const uint8_t pk[static 32])
{
    uint8_t key[10 + 32];

    head(key, 'd', pk);
    memcpy(key + 10, pk, 32);
    sodium_bin2base64(out, MINISIGN_KEY_CHARS + 1, key, sizeof key,
        sodium_base64_VARIANT_ORIGINAL);
}

/* The program shows the number as minisign does, most significant byte first. */
void
minisign_public(struct buf *out, const uint8_t pk[static 32])
{
    char key[MINISIGN_KEY_CHARS + 1];
    uint8_t first[10];

    minisign_key(key, pk);
    head(first, 'd', pk);
    buf_str(out, "untrusted comment: minisign public key ");
    for (size_t i = 10; i > 2; i--)
        buf_fmt(out, "%02X", first[i - 1]);
    buf_fmt(out, "\n%s\n", key);
}

static bool
is_one_line(const char *s)
{
    return strlen(s) <= COMMENT_MAX && strpbrk(s, "\r\n") == NULL;
}

vault_err
minisign_sign(struct buf *out, const struct secret *seed, const uint8_t hash[static 64],
    const char *comment)
{
    struct { uint8_t head[10], sig[64]; } box;
    uint8_t pk[32], global[64];
    struct buf signed_too = BUF_INIT;
    vault_err err = VAULT_OK;

    if (!is_one_line(comment))
        err = err_say(VAULT_ERR_FAILED, NULL, "the comment of a signature is one line");
    if (err == VAULT_OK)
        err = sign_public(pk, seed);
    if (err == VAULT_OK)
        err = sign_bytes(box.sig, seed, PART(hash, 64));
    if (err != VAULT_OK)
        return err;
    head(box.head, 'D', pk);
    buf_put(&signed_too, box.sig, sizeof box.sig);
    buf_str(&signed_too, comment);
    err = buf_ok(&signed_too);
    if (err == VAULT_OK)
        err = sign_bytes(global, seed, PART(signed_too.p, signed_too.n));
    buf_free(&signed_too);
    if (err != VAULT_OK)
        return err;
    buf_str(out, "untrusted comment: signature from a withheld vault\n");
    put_base64(out, (const uint8_t *)&box, sizeof box);
    buf_fmt(out, "trusted comment: %s\n", comment);
    put_base64(out, global, sizeof global);
    return buf_ok(out);
}
