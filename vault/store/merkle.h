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

/* ---- several leaves at once ---- */

#define MERKLE_LEAVES_MAX UINT32_MAX    /* of one entry: revisions are numbered with 32 bits */

/* Which leaves of a tree of n: k indices, ascending, each below n, with the hash of each. k is at least 1. Borrowed. */
struct merkle_told {
    uint64_t n;
    const uint32_t *index;
    const uint8_t (*leaf)[32];
    size_t k;
};
/*
 * Multi-proof: the hashes of the maximal subtrees that have none of the k indices, in depth-first order, left to right, 32 bytes
 * each, appended to out. `leaf` here has the hashes of all n leaves of the tree; told->leaf is not looked at. VAULT_ERR_DAMAGED: no
 * indices, not ascending, not below n.
 */
VAULT_CHECK vault_err merkle_proof(struct buf *out, const struct merkle_told *told, const uint8_t (*leaf)[32]);
/*
 * And back: the root, from the told leaves and n_proof hashes. Made for strangers' bytes: work and depth are bounded by k and
 * n_proof, and nothing is allocated. VAULT_ERR_DAMAGED: as above, n over MERKLE_LEAVES_MAX, a proof that is too short or too long.
 */
VAULT_CHECK vault_err merkle_proof_root(uint8_t root[static 32], const struct merkle_told *told,
    const uint8_t (*proof)[32], size_t n_proof);
/* The proof for those of the told leaves where keep[i] (at least one), out of what this proof tells. Appended to out. */
VAULT_CHECK vault_err merkle_proof_reduce(struct buf *out, const struct merkle_told *told, const uint8_t (*proof)[32],
    size_t n_proof, const bool *keep);

#endif
