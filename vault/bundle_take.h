/*
 * bundle_take.h - a verified bundle into this vault's records, within one change.
 *
 * Layer:   session, private.
 * Secrets: values of one revision at a time; keys of files until bundle_take_free.
 * Format:  docs/format.md, sections 13 and 26.
 */
#ifndef VAULT_BUNDLE_TAKE_H
#define VAULT_BUNDLE_TAKE_H

#include "vault/bundle_in.h"

/* Where the content of a file goes. */
struct placement {
    size_t number;              /* of the file in the bundle, from 1; 0: its content is here */
    uint8_t record[RECORD_ID_BYTES];
    enum leaf_tier tier;
    uint8_t key[32];
    uint64_t first, size;
};

/* A record that the bundle touches, and what becomes of it. */
struct touched_record {
    uint8_t record[RECORD_ID_BYTES];
    bool is_new, changed, purged_here, conflict;
    uint32_t told;                      /* revisions in the bundle */
    const struct type_def *type;        /* of its revisions; NULL: not known yet */
};

/* Begin with b and v, and zeros. */
struct bundle_take {
    struct bundle_in *b;
    struct vault *v;
    struct change change;
    struct buf left_out, arrived;       /* lists of record | c */
    struct placement **place;
    size_t n_places, cap_places;
    struct touched_record *touched;     /* in the order in which they came */
    size_t n_touched, cap_touched;
    uint64_t revisions, merged, raised, values_left_out, values_arrived, kept_out;
    uint64_t types_theirs;
    size_t theirs_before;               /* types of others that were known */
    bool again;                         /* this bundle was taken in before */
};

/* What each revision is to this vault: known, new, of a record that was purged. Before bundle_take_all. VAULT_ERR_REFUSED: what it builds on is not here. */
VAULT_CHECK vault_err bundle_judge(struct bundle_take *t);
/* Everything but the contents of files into t->change, which was begun. Each value is judged as a stranger's. VAULT_ERR_DAMAGED, VAULT_ERR_REFUSED,
 * VAULT_ERR_CONFLICT (types that do not go together). */
VAULT_CHECK vault_err bundle_take_all(struct bundle_take *t);
/* And the contents. */
VAULT_CHECK vault_err bundle_take_contents(struct bundle_take *t);
/* The change is undone: what this session noted of it in memory, too. */
void bundle_take_undo(struct bundle_take *t);
void bundle_take_free(struct bundle_take *t);

/* The content of a value that was told, where it will be. VAULT_ERR_DAMAGED: it is not what its author signed. */
VAULT_CHECK vault_err bundle_take_file(struct bundle_take *t, const struct revision *rev, struct leaf *l);

/* ---- bundle_back.c ---- */

/*
 * Does this value of revision x (of which rev was read) bring back what was purged here? An open value is committed to anew with every revision, so that no tombstone
 * names it: it is the same where a parent has it in the same place, and there it was purged, or was kept out for this reason. Where the parent
 * is not told, nobody can compare: then it is kept out, until the whole record is told.
 */
VAULT_CHECK vault_err bundle_comes_back(struct bundle_take *t, const struct told_revision *x, const struct revision *rev, const struct leaf *l,
    bool *yes);

/* ---- bundle_arrive.c ---- */

/* Values of a revision that is here, which had been left out (keeper). */
VAULT_CHECK vault_err bundle_arrive(struct bundle_take *t, const struct told_revision *x);

#endif
