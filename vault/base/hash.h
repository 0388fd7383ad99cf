/*
 * hash.h - domain-separated BLAKE2b, key derivation, AEAD boxes, a pool of randomness.
 *
 * Layer:   base (libsodium only).
 * Secrets: takes raw key bytes, borrowed; wipes its own state.
 * Format:  docs/format.md, "Primitives".
 */
#ifndef VAULT_BASE_HASH_H
#define VAULT_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include "vault/base/err.h"

/* One piece of a message. */
struct part {
    const void *p;
    size_t n;
};
#define PART(ptr, len) ((struct part){(ptr), (len)})

/* H(label, x): BLAKE2b-256 over label, a zero byte, and the parts one after the other. */
void hash_parts(uint8_t out[static 32], const char *label, const struct part *parts, size_t n);

/* MAC(key, label, x): the same, keyed with 32 bytes. */
void mac_parts(uint8_t out[static 32], const uint8_t key[static 32], const char *label,
    const struct part *parts, size_t n);

/* KDF(key, id, context): libsodium's crypto_kdf_derive_from_key, BLAKE2b with salt and personal. */
void kdf_sub(uint8_t *out, size_t n /* 16..64 */, uint64_t id, const char ctx[static 8],
    const uint8_t key[static 32]);

/*
 * n bytes (up to STREAM_MAX) of the ChaCha20 keystream (RFC 8439, section 2.4) under a key that is used for
 * nothing else, with a nonce of zeros, from block 1 + `from` on.
 */
#define STREAM_MAX 512u
void stream_bytes(uint8_t *out, size_t n, uint32_t from, const uint8_t key[static 32]);

/* Constant time. 1 equal, 0 not. */
int bytes_equal(const void *a, const void *b, size_t n);

/*
 * A box: 24-byte random nonce | XChaCha20-Poly1305-IETF ciphertext | 16-byte tag.
 * `out` has room for n + BOX_EXTRA bytes and may not overlap `in`.
 */
#define BOX_EXTRA 40u
void box_seal(uint8_t *out, const uint8_t key[static 32], struct part aad, struct part in);
/* The same with the caller's fresh random nonce (from a pool). */
void box_seal_nonce(uint8_t *out, const uint8_t nonce[static 24], const uint8_t key[static 32],
    struct part aad, struct part in);
/* `out` has room for box.n - BOX_EXTRA bytes and may not overlap the box. Returns 0 when it opens,
 * -1 when not: too short, or not authentic (out is wiped). */
VAULT_CHECK int box_open(uint8_t *out, const uint8_t key[static 32], struct part aad,
    struct part box);

/* A pool of randomness for bulk work: one system call for 4 KiB; what was handed out is wiped, and
 * more than 1 KiB comes from the system directly. One pool belongs to one thread, and to one
 * process: after a fork both halves would hand out the same bytes. */
struct rng_pool {
    uint8_t bytes[4096];
    size_t left;
};
void rng_init(struct rng_pool *r);
void rng_take(struct rng_pool *r, void *out, size_t n);
void rng_done(struct rng_pool *r);

#endif
