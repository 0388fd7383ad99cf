/* merkle.c - see merkle.h. A full subtree is closed as soon as its last leaf arrives, so that the
 * memory does not grow with the number of leaves. */
#include "vault/store/merkle.h"

#include <sodium.h>
#include <string.h>

static void
node_hash(uint8_t out[static 32], const uint8_t left[static 32], const uint8_t right[static 32])
{
    uint8_t m[65];

    m[0] = 1;
    memcpy(m + 1, left, 32);
    memcpy(m + 33, right, 32);
    crypto_generichash_blake2b(out, 32, m, sizeof m, NULL, 0);
}

void
merkle_init(struct merkle *m)
{
    m->count = 0;
}

void
merkle_leaf(uint8_t out[static 32], const uint8_t pair[static PAIR_BYTES])
{
    uint8_t m[1 + PAIR_BYTES];

    m[0] = 0;
    memcpy(m + 1, pair, PAIR_BYTES);
    crypto_generichash_blake2b(out, 32, m, sizeof m, NULL, 0);
}

void
merkle_add(struct merkle *m, const uint8_t pair[static PAIR_BYTES])
{
    uint8_t h[32];
    unsigned level = 0;

    merkle_leaf(h, pair);
    while ((m->count >> level & 1) != 0) {
        node_hash(h, m->node[level], h);
        level++;
    }
    memcpy(m->node[level], h, 32);
    m->count++;
}

void
merkle_root(uint8_t out[static 32], const struct merkle *m)
{
    bool have = false;

    /* The smaller trees stand at the right: fold from the smallest up. */
    for (unsigned level = 0; level < 64; level++) {
        if ((m->count >> level & 1) == 0)
            continue;
        if (have)
            node_hash(out, m->node[level], out);
        else
            memcpy(out, m->node[level], 32);
        have = true;
    }
    if (!have)
        crypto_generichash_blake2b(out, 32, NULL, 0, NULL, 0);
}

/* Level by level: neighbours become one, the last of an odd number goes up as it is. */
vault_err
merkle_path(struct buf *out, uint8_t (*leaf)[32], uint64_t n, uint64_t index)
{
    for (; n > 1; n = (n + 1) / 2, index /= 2) {
        if ((index ^ 1) < n)
            buf_put(out, leaf[index ^ 1], 32);
        for (uint64_t i = 0; i + 1 < n; i += 2)
            node_hash(leaf[i / 2], leaf[i], leaf[i + 1]);
        if (n % 2 != 0)
            memcpy(leaf[n / 2], leaf[n - 1], 32);
    }
    return buf_ok(out);
}
