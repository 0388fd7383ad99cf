#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/hash.h"

_Static_assert(BOX_EXTRA == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES +
    crypto_aead_xchacha20poly1305_ietf_ABYTES, "a box is nonce, ciphertext, tag");

#define NONCE 24u
#define ONE_SHOT 512u   /* most leaves, entries and tree nodes fit */

/* libsodium's calls below fail only on sizes that are wrong in our own code. To go on with an
 * output that was not written would be the worst answer. */
static void
must(int rc)
{
    if (rc != 0)
        abort();
}

/* Length of label, zero byte and parts, or more than `limit` when they are longer. */
static size_t
total_length(const char *label, const struct part *parts, size_t n, size_t limit)
{
    size_t total = strlen(label) + 1;

    for (size_t i = 0; i < n && total <= limit; i++) {
        if (parts[i].n > limit)
            return limit + 1;
        total += parts[i].n;
    }
    return total;
}

/* The hot path: one call instead of several, and less to wipe than a whole state. */
static void
hash_short(uint8_t out[static 32], const uint8_t *key, const char *label,
    const struct part *parts, size_t n)
{
    uint8_t all[ONE_SHOT];
    size_t at = strlen(label) + 1;

    memcpy(all, label, at);
    for (size_t i = 0; i < n; i++) {
        if (parts[i].n > 0)
            memcpy(all + at, parts[i].p, parts[i].n);
        at += parts[i].n;
    }
    must(crypto_generichash(out, 32, all, at, key, key == NULL ? 0 : 32));
    sodium_memzero(all, at);
}

static void
hash_long(uint8_t out[static 32], const uint8_t *key, const char *label,
    const struct part *parts, size_t n)
{
    crypto_generichash_state st;

    must(crypto_generichash_init(&st, key, key == NULL ? 0 : 32, 32));
    must(crypto_generichash_update(&st, (const uint8_t *)label, strlen(label) + 1));
    for (size_t i = 0; i < n; i++)
        if (parts[i].n > 0)
            must(crypto_generichash_update(&st, parts[i].p, parts[i].n));
    must(crypto_generichash_final(&st, out, 32));
    sodium_memzero(&st, sizeof st);
}

static void
hash_any(uint8_t out[static 32], const uint8_t *key, const char *label,
    const struct part *parts, size_t n)
{
    if (total_length(label, parts, n, ONE_SHOT) <= ONE_SHOT)
        hash_short(out, key, label, parts, n);
    else
        hash_long(out, key, label, parts, n);
}

void
hash_parts(uint8_t out[static 32], const char *label, const struct part *parts, size_t n)
{
    hash_any(out, NULL, label, parts, n);
}

void
mac_parts(uint8_t out[static 32], const uint8_t key[static 32], const char *label,
    const struct part *parts, size_t n)
{
    hash_any(out, key, label, parts, n);
}

void
kdf_sub(uint8_t *out, size_t n, uint64_t id, const char ctx[static 8],
    const uint8_t key[static 32])
{
    must(crypto_kdf_derive_from_key(out, n, id, ctx, key));
}

void
stream_bytes(uint8_t *out, size_t n, uint32_t from, const uint8_t key[static 32])
{
    static const uint8_t zeros[STREAM_MAX], nonce[crypto_stream_chacha20_ietf_NONCEBYTES];

    if (n > sizeof zeros)
        abort();
    must(crypto_stream_chacha20_ietf_xor_ic(out, zeros, n, nonce, 1 + from, key));
}

int
bytes_equal(const void *a, const void *b, size_t n)
{
    return n == 0 || sodium_memcmp(a, b, n) == 0;
}

void
box_seal_nonce(uint8_t *out, const uint8_t nonce[static 24], const uint8_t key[static 32],
    struct part aad, struct part in)
{
    memcpy(out, nonce, NONCE);
    must(crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE, NULL, in.p, in.n, aad.p, aad.n,
        NULL, nonce, key));
}

void
box_seal(uint8_t *out, const uint8_t key[static 32], struct part aad, struct part in)
{
    uint8_t nonce[NONCE];

    randombytes_buf(nonce, sizeof nonce);
    box_seal_nonce(out, nonce, key, aad, in);
}

int
box_open(uint8_t *out, const uint8_t key[static 32], struct part aad, struct part box)
{
    const uint8_t *p = box.p;

    if (box.n < BOX_EXTRA)
        return -1;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, p + NONCE, box.n - NONCE,
            aad.p, aad.n, p, key) == 0)
        return 0;
    if (box.n > BOX_EXTRA)
        sodium_memzero(out, box.n - BOX_EXTRA);
    return -1;
}

void
rng_init(struct rng_pool *r)
{
    r->left = 0;
}

void
rng_take(struct rng_pool *r, void *out, size_t n)
{
    uint8_t *from;

    if (n > sizeof r->bytes / 4) {
        randombytes_buf(out, n);
        return;
    }
    if (r->left < n) {
        randombytes_buf(r->bytes, sizeof r->bytes);
        r->left = sizeof r->bytes;
    }
    if (n == 0)
        return;
    from = r->bytes + (sizeof r->bytes - r->left);
    memcpy(out, from, n);
    sodium_memzero(from, n);
    r->left -= n;
}

void
rng_done(struct rng_pool *r)
{
    sodium_memzero(r, sizeof *r);
}
