/*
 * salts.h - the salts of a revision's values, for telling some of them to somebody with proof.
 *
 * Layer:   record.
 * Secrets: a salt together with its value proves the value; without it, it opens a guess. Whoever holds them wipes them.
 * Format:  docs/format.md, sections 10 and 11.
 */
#ifndef VAULT_RECORD_SALTS_H
#define VAULT_RECORD_SALTS_H

#include "vault/record/recs.h"

#define SALT_BYTES 32u

/*
 * Salts of the values in the blob of this tier that revision n brought. `rev` was loaded (for LEAF_WITHHELD with its withheld
 * values). out[i] becomes the salt of rev->leaf[i] and is left alone where that has no value in this blob.
 */
VAULT_CHECK vault_err recs_salts(struct recs *r, uint32_t n, enum leaf_tier tier,
    const struct revision *rev, uint8_t (*out)[SALT_BYTES]);

#endif
