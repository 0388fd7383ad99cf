#include <sodium.h>
#include <string.h>
#include "vault/base/ct.h"
#include "vault/keys/shamir.h"

#define X_SECRET 255u
#define X_DIGEST 254u
#define DIGEST_BYTES 4u

/* ---- the field ---- */

/* Tables of logarithms would leave the secret's trace in the cache. */
uint8_t
gf256_mul(uint8_t a, uint8_t b)
{
    uint32_t x = a, y = b, sum = 0;

    for (unsigned i = 0; i < 8; i++) {
        sum ^= x & (0u - ct_hide(y & 1));
        x = x << 1 ^ (0x11Bu & (0u - ct_hide(x >> 7 & 1)));
        y >>= 1;
    }
    return (uint8_t)sum;
}

/* a to the power of 254: a * a^2 * ... is what all but the lowest bit of the exponent ask for. */
static uint8_t
inverse(uint8_t a)
{
    uint8_t power = a, out = 1;

    for (unsigned i = 1; i < 8; i++) {
        power = gf256_mul(power, power);
        out = gf256_mul(out, power);
    }
    return out;
}

/* ---- polynomials ---- */

/* What point i counts for at x; numbers of shares only, nothing secret. */
static uint8_t
weight(const struct shamir_point *points, size_t count, size_t i, uint8_t x)
{
    uint8_t above = 1, below = 1;

    for (size_t j = 0; j < count; j++) {
        if (j == i)
            continue;
        above = gf256_mul(above, x ^ points[j].x);
        below = gf256_mul(below, points[i].x ^ points[j].x);
    }
    return gf256_mul(above, inverse(below));
}

void
shamir_at(uint8_t *out, size_t n, const struct shamir_point *points, size_t count, uint8_t x)
{
    memset(out, 0, n);
    for (size_t i = 0; i < count; i++) {
        uint8_t w = weight(points, count, i, x);

        for (size_t b = 0; b < n; b++)
            out[b] ^= gf256_mul(w, points[i].y[b]);
    }
}

/* The digest of a secret under the random bytes that follow it in the share at 254. */
static void
digest_of(uint8_t out[static DIGEST_BYTES], const uint8_t *random, const uint8_t *secret, size_t n)
{
    struct {
        crypto_auth_hmacsha256_state st;
        uint8_t mac[crypto_auth_hmacsha256_BYTES];
    } tmp;

    (void)crypto_auth_hmacsha256_init(&tmp.st, random, n - DIGEST_BYTES);   /* these cannot fail */
    (void)crypto_auth_hmacsha256_update(&tmp.st, secret, n);
    (void)crypto_auth_hmacsha256_final(&tmp.st, tmp.mac);
    memcpy(out, tmp.mac, DIGEST_BYTES);
    sodium_memzero(&tmp, sizeof tmp);
}

/* ---- splitting ---- */

/* The first threshold - 2 shares are drawn; with the digest and the secret they fix the others. */
static void
fill_shares(uint8_t *shares, const struct secret *secret, unsigned threshold, unsigned count)
{
    struct shamir_point points[SHAMIR_MAX_SHARES];
    uint8_t digest[SHAMIR_MAX_BYTES];
    unsigned drawn = threshold - 2;
    size_t n = secret_len(secret);

    randombytes_buf(shares, drawn * n);
    for (unsigned i = 0; i < drawn; i++)
        points[i] = (struct shamir_point){(uint8_t)i, shares + i * n};
    randombytes_buf(digest + DIGEST_BYTES, n - DIGEST_BYTES);
    digest_of(digest, digest + DIGEST_BYTES, secret_bytes(secret), n);
    points[drawn] = (struct shamir_point){X_DIGEST, digest};
    points[drawn + 1] = (struct shamir_point){X_SECRET, secret_bytes(secret)};
    for (unsigned i = drawn; i < count; i++)
        shamir_at(shares + i * n, n, points, threshold, (uint8_t)i);
    sodium_memzero(digest, sizeof digest);
}

vault_err
shamir_check(size_t n, unsigned threshold, unsigned count)
{
    if (n < SHAMIR_MIN_BYTES || n > SHAMIR_MAX_BYTES || n % 2 != 0)
        return err_say(VAULT_ERR_INPUT, NULL,
            "a secret to be split has 16 to 32 bytes, an even number of them");
    if (count < 1 || count > SHAMIR_MAX_SHARES)
        return err_say(VAULT_ERR_INPUT, NULL, "a secret is split into 1 to 16 shares");
    if (threshold < 1 || threshold > count)
        return err_say(VAULT_ERR_INPUT, NULL,
            "the threshold is at least 1, and at most the number of shares");
    if (threshold == 1 && count > 1)
        return err_say(VAULT_ERR_INPUT, "take a threshold of 2, or make one share and copy it",
            "with a threshold of 1 all shares would be the same");
    return VAULT_OK;
}

vault_err
shamir_split(struct secret **out, const struct secret *secret, unsigned threshold, unsigned count)
{
    struct secret *shares = NULL;
    size_t n = secret_len(secret);
    vault_err err = shamir_check(n, threshold, count);

    if (err == VAULT_OK)
        err = secret_new(&shares, count * n);
    if (err != VAULT_OK)
        return err;
    if (threshold == 1)
        memcpy(secret_edit(shares), secret_bytes(secret), n);
    else
        fill_shares(secret_edit(shares), secret, threshold, count);
    *out = shares;
    return VAULT_OK;
}

/* ---- and back ---- */

static uint32_t
differ(const uint8_t *a, const uint8_t *b, size_t n)
{
    return (uint32_t)sodium_memcmp(a, b, n);
}

/* Not 0: the digest is not that of the secret, or a share beyond the threshold lies elsewhere. */
static uint32_t
misfits(const uint8_t *secret, size_t n, const struct shamir_point *points, size_t count,
    unsigned threshold)
{
    struct {
        uint8_t share[SHAMIR_MAX_BYTES];
        uint8_t digest[DIGEST_BYTES];
    } tmp;
    uint32_t wrong = 0;

    if (threshold > 1) {
        shamir_at(tmp.share, n, points, threshold, X_DIGEST);
        digest_of(tmp.digest, tmp.share + DIGEST_BYTES, secret, n);
        wrong |= differ(tmp.digest, tmp.share, DIGEST_BYTES);
    }
    for (size_t i = threshold; i < count; i++) {
        shamir_at(tmp.share, n, points, threshold, points[i].x);
        wrong |= differ(tmp.share, points[i].y, n);
    }
    sodium_memzero(&tmp, sizeof tmp);
    return wrong;
}

vault_err
shamir_recover(struct secret **out, size_t n, const struct shamir_point *points, size_t count,
    unsigned threshold)
{
    struct secret *secret = NULL;
    vault_err err = shamir_check(n, threshold, threshold == 1 ? 1 : (unsigned)count);

    if (err == VAULT_OK)
        err = secret_new(&secret, n);
    if (err != VAULT_OK)
        return err;
    shamir_at(secret_edit(secret), n, points, threshold, X_SECRET);
    if (ct_reveal(ct_zero(misfits(secret_bytes(secret), n, points, count, threshold)), 1) != 1) {
        secret_free(secret);
        return err_say(VAULT_ERR_KEY, NULL, "the shares do not belong together");
    }
    *out = secret;
    return VAULT_OK;
}
