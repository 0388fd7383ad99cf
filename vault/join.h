/*
 * join.h - between join.c and its parts: what is known while entries of another copy come home.
 *
 * Layer:   session, private.
 * Secrets: a pack of keys in guarded memory of its own.
 * Format:  docs/format.md, sections 9, 14 and 28.
 */
#ifndef VAULT_JOIN_H
#define VAULT_JOIN_H

#include "vault/session.h"

struct piece_range {
    int64_t first;
    uint64_t pieces;
};

struct joining {
    struct vault *v, *other;
    struct piece_range *purged; /* withheld pieces that were purged here */
    size_t n_purged;
    struct change change;
    struct secret *home;        /* a struct pack: the one at hand */
    bool *fresh;                /* by row of the other's log: we do not have it */
    uint32_t n_fresh;
    uint64_t revisions;
};

/* Came revision n of the other copy with an entry that we do not have? */
static inline bool
join_is_fresh(const struct joining *j, uint32_t n)
{
    return j->fresh[j->other->recs.index.pair[n].log];
}

/* Was the record of these ids purged here? */
static inline bool
join_is_purged(const struct joining *j, const uint8_t *ids)
{
    uint32_t first = index_record(&j->v->recs.index, ids);

    return first != 0 && index_purged(&j->v->recs.index, first);
}

/* ---- join_judge.c: whether they may; nothing is written ---- */

/* Fills j->fresh, which the caller frees, and n_fresh. */
VAULT_CHECK vault_err join_find_fresh(struct joining *j);
/* VAULT_ERR_REFUSED, VAULT_ERR_CONFLICT: what would not hold here. */
VAULT_CHECK vault_err join_judge(struct joining *j);

/* ---- within the change: join_rows.c, join_pieces.c ---- */

/* Entries, packs, blobs. */
VAULT_CHECK vault_err join_rows(struct joining *j);
/* Pieces of attachments that open blobs name, and all withheld ones but what was purged here. */
VAULT_CHECK vault_err join_pieces(struct joining *j);

#endif
