/*
 * shamir.h - a secret in shares, of which any `threshold` give it back.
 *
 * Layer:   keys (includes base/ only).
 * Secrets: borrows shares and secrets; wipes its own. No branch and no table access depends on a
 *          share or a secret; numbers of shares, counts and sizes are public.
 * Format:  SLIP-0039, "Sharing a secret": GF(256) with x^8 + x^4 + x^3 + x + 1, the secret at 255, at
 *          254 four bytes of HMAC-SHA256 by which shares that belong together are known.
 */
#ifndef VAULT_KEYS_SHAMIR_H
#define VAULT_KEYS_SHAMIR_H

#include <stddef.h>
#include <stdint.h>
#include "vault/base/secret.h"

#define SHAMIR_MAX_SHARES 16u
#define SHAMIR_MIN_BYTES 16u
#define SHAMIR_MAX_BYTES 32u

struct shamir_point {
    uint8_t x;              /* number of the share, public; all differ */
    const uint8_t *y;       /* borrowed, as many bytes as the secret has */
};

/* a times b in the field. */
uint8_t gf256_mul(uint8_t a, uint8_t b);

/* At x, the polynomial of least degree through `count` points (1 to 16), for each of n bytes. */
void shamir_at(uint8_t *out, size_t n, const struct shamir_point *points, size_t count, uint8_t x);

/* Can a secret of n bytes be split so? 1 <= threshold <= count <= 16, and threshold 1 only for one
 * share. VAULT_ERR_INPUT says what is wrong. */
VAULT_CHECK vault_err shamir_check(size_t n, unsigned threshold, unsigned count);

/*
 * Split `secret` into `count` shares. *out is one new secret that holds share 0, share 1, ...
 * without anything between. VAULT_ERR_INPUT: shamir_check.
 */
VAULT_CHECK vault_err shamir_split(struct secret **out, const struct secret *secret,
    unsigned threshold, unsigned count);

/*
 * The secret of n bytes from `count` >= threshold shares. More than needed must fit as well. *out is
 * a new secret. VAULT_ERR_KEY: they do not belong together (with threshold 1 any share does).
 */
VAULT_CHECK vault_err shamir_recover(struct secret **out, size_t n,
    const struct shamir_point *points, size_t count, unsigned threshold);

#endif
