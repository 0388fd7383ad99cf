/*
 * revision_parts.h - between revision.c, revision_write.c and revision_read.c: leaves in the making, salts, commitments.
 *
 * Layer:   record, private.
 * Secrets: as revision.h; struct salts holds some of a seed's salts, wiped by salts_forget.
 * Format:  docs/format.md, sections 10 and 11.
 */
#ifndef VAULT_RECORD_REVISION_PARTS_H
#define VAULT_RECORD_REVISION_PARTS_H

#include "vault/record/file.h"
#include "vault/record/revision.h"

#define LEAF_RAISED 3u          /* in a blob: open to its author, withheld here */

/* One more leaf, all zero. NULL: no memory. */
struct leaf *leaf_new(struct revision *r);
/* Nearly always in order already, or two runs that are (the values at hand, then the others). */
void leaves_sort(struct revision *r);
/* leaf_compare for qsort and bsearch. */
int leaf_compare_void(const void *a, const void *b);

#define SALTS_AT_ONCE 8u

/* Where the salts of one blob come from: a seed, or a list after a purge. */
struct salts {
    bool listed;
    const uint8_t *seed;        /* 32 bytes. NULL: nothing is to be committed to */
    const uint8_t *list;        /* CBOR byte strings of 32, one after the other (34 bytes each) */
    size_t n_list;
    uint8_t some[SALTS_AT_ONCE * 32];
    size_t have;                /* 1 + index / SALTS_AT_ONCE of those in `some`, 0: none */
};

void salts_forget(struct salts *s);
/* The c of a value, which for files hides type and name once more. item: as it stands in its blob; i: its place there. */
VAULT_CHECK vault_err leaf_value_commit(struct leaf *l, struct salts *s, size_t i, struct part item);

/* Returns VAULT_ERR_DAMAGED. */
vault_err revision_damaged(const char *what);

#endif
