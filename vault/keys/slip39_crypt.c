#include <sodium.h>
#include <string.h>
#include "vault/base/bytes.h"
#include "vault/base/ct.h"
#include "vault/keys/slip39_parts.h"

#define ROUNDS 4u
#define HALF_MAX (SHAMIR_MAX_BYTES / 2)
#define ITERATIONS 2500u        /* of one round, with exponent 0 */
#define PREFIX_MAX 8u           /* "shamir" and the identifier */

struct feistel {
    const struct slip39_head *head;
    struct secret *key;         /* a byte for the round's number, and the passphrase */
    uint8_t left[HALF_MAX], right[HALF_MAX];
};

/* One block of PBKDF2 (RFC 8018): T = U1 ^ U2 ^ ... The state that has taken the key is copied, which
 * spares half of all compressions. The calls of libsodium cannot fail here. */
static void
pbkdf2(uint8_t *out, size_t n, const struct secret *key, const uint8_t *salt, size_t salt_n,
    uint32_t iterations)
{
    static const uint8_t first_block[4] = {0, 0, 0, 1};
    struct {
        crypto_auth_hmacsha256_state keyed, st;
        uint8_t u[crypto_auth_hmacsha256_BYTES], t[crypto_auth_hmacsha256_BYTES];
    } tmp;

    (void)crypto_auth_hmacsha256_init(&tmp.keyed, secret_bytes(key), secret_len(key));
    tmp.st = tmp.keyed;
    (void)crypto_auth_hmacsha256_update(&tmp.st, salt, salt_n);
    (void)crypto_auth_hmacsha256_update(&tmp.st, first_block, sizeof first_block);
    (void)crypto_auth_hmacsha256_final(&tmp.st, tmp.u);
    memcpy(tmp.t, tmp.u, sizeof tmp.t);
    for (uint32_t i = 1; i < iterations; i++) {
        tmp.st = tmp.keyed;
        (void)crypto_auth_hmacsha256_update(&tmp.st, tmp.u, sizeof tmp.u);
        (void)crypto_auth_hmacsha256_final(&tmp.st, tmp.u);
        for (size_t b = 0; b < sizeof tmp.t; b++)
            tmp.t[b] ^= tmp.u[b];
    }
    memcpy(out, tmp.t, n);
    sodium_memzero(&tmp, sizeof tmp);
}

/* Shares that are not extendable are bound to their identifier. */
static size_t
put_prefix(uint8_t out[static PREFIX_MAX], const struct slip39_head *head)
{
    if (head->extendable)
        return 0;
    memcpy(out, "shamir", 6);
    out[6] = (uint8_t)(head->id >> 8);
    out[7] = (uint8_t)head->id;
    return PREFIX_MAX;
}

/* left, right = right, left ^ F(round, right) */
static void
do_round(struct feistel *f, unsigned round)
{
    struct {
        uint8_t salt[PREFIX_MAX + HALF_MAX], mask[HALF_MAX];
    } tmp;
    size_t half = f->head->size / 2, prefix = put_prefix(tmp.salt, f->head);

    memcpy(tmp.salt + prefix, f->right, half);
    secret_edit(f->key)[0] = (uint8_t)round;
    pbkdf2(tmp.mask, half, f->key, tmp.salt, prefix + half, ITERATIONS << f->head->exponent);
    for (size_t i = 0; i < half; i++)
        tmp.mask[i] ^= f->left[i];
    memcpy(f->left, f->right, half);
    memcpy(f->right, tmp.mask, half);
    sodium_memzero(&tmp, sizeof tmp);
}

/* Other characters are typed in several ways, and no other program would find the same bytes. */
static vault_err
take_passphrase(struct secret **key, const struct secret *passphrase)
{
    size_t n = passphrase == NULL ? 0 : secret_len(passphrase);
    uint32_t good = 1;
    vault_err err;

    for (size_t i = 0; i < n; i++)
        good &= ct_within(secret_bytes(passphrase)[i], ' ', '~');
    if (ct_reveal(good, 1) == 0)
        return err_say(VAULT_ERR_INPUT, NULL,
            "the passphrase of shares is of printable ASCII characters");
    err = secret_new(key, n + 1);
    if (err == VAULT_OK && n > 0)
        memcpy(secret_edit(*key) + 1, secret_bytes(passphrase), n);
    return err;
}

vault_err
slip39_crypt(uint8_t *out, const uint8_t *in, const struct slip39_head *head,
    const struct secret *passphrase, enum slip39_way way)
{
    struct feistel f = {.head = head};
    size_t half = head->size / 2;
    vault_err err = take_passphrase(&f.key, passphrase);

    if (err != VAULT_OK)
        return err;
    memcpy(f.left, in, half);
    memcpy(f.right, in + half, half);
    for (unsigned i = 0; i < ROUNDS; i++)
        do_round(&f, way == SLIP39_ENCRYPT ? i : ROUNDS - 1 - i);
    memcpy(out, f.right, half);
    memcpy(out + half, f.left, half);
    secret_free(f.key);
    sodium_memzero(&f, sizeof f);
    return VAULT_OK;
}
