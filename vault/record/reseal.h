/*
 * reseal.h - the plaintext of a blob written anew, without some of its values.
 *
 * Layer:   record.
 * Secrets: plaintext and salts pass through wiped buffers.
 * Format:  docs/format.md, "Blobs": salts given one by one.
 */
#ifndef VAULT_RECORD_RESEAL_H
#define VAULT_RECORD_RESEAL_H

#include "vault/record/seal.h"

/*
 * The plaintext of this tier of a revision that was read and verified, to `out` (replaced): its
 * values but for those that `drop` names (NULL: none), with the salts that they have, one by
 * one, so that every c and the id hold under another key. What is dropped stays as a leaf
 * without value. `seed` is the old blob's.
 */
typedef bool reseal_drop_fn(void *ctx, const struct leaf *l);
VAULT_CHECK vault_err reseal_plain(struct buf *out, const struct revision *rev,
    enum leaf_tier tier, const uint8_t seed[static 32], reseal_drop_fn *drop, void *ctx);
/* The same, sealed under the blob's or record's new key `own`. */
VAULT_CHECK vault_err reseal_blob(struct buf *out, const struct seal_keys *k,
    const struct revision *rev, enum leaf_tier tier, const uint8_t seed[static 32],
    const uint8_t own[static 32], reseal_drop_fn *drop, void *ctx);

#endif
