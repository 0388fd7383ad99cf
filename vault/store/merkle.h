/*
 * merkle.h - the Merkle tree over the pairs of one entry, built as they come.
 *
 * Layer:   store (includes base/ only).
 * Secrets: none.
 * Format:  docs/format.md, "The log"; RFC 6962 section 2.1 with BLAKE2b-256.
 */
#ifndef VAULT_STORE_MERKLE_H
#define VAULT_STORE_MERKLE_H

#include <stdbool.h>
#include <stdint.h>
#include "vault/base/bytes.h"

#define PAIR_BYTES 48       /* record id 16 | revision id 32 */

struct merkle {
    uint8_t node[64][32];   /* node[i]: root of a full tree of 2^i leaves, where bit i of count is set */
    uint64_t count;
};
void merkle_init(struct merkle *m);
void merkle_add(struct merkle *m, const uint8_t pair[static PAIR_BYTES]);
void merkle_root(uint8_t out[static 32], const struct merkle *m);

/* The hash of one leaf. */
void merkle_leaf(uint8_t out[static 32], const uint8_t pair[static PAIR_BYTES]);
/* Audit path (RFC 6962 section 2.1.1) of leaf `index` among n leaf hashes: 32 bytes each, nearest first, appended to out. The
 * leaves are used up. */
VAULT_CHECK vault_err merkle_path(struct buf *out, uint8_t (*leaf)[32], uint64_t n, uint64_t index);

#endif
