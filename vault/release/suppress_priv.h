/*
 * suppress_priv.h - rows in groups: what the ways of suppress.h work on.
 *
 * Layer:   release, for suppress*.c.
 * Secrets: numbers only.
 * Format:  none stored.
 */
#ifndef VAULT_RELEASE_SUPPRESS_PRIV_H
#define VAULT_RELEASE_SUPPRESS_PRIV_H

#include "vault/release/patterns.h"
#include "vault/release/suppress.h"

/* Known sensitive values, up to those that are asked for. */
struct kinds {
    uint32_t value[SUPPRESS_L_MAX];
    unsigned n;
};

/* So many rows of one look. */
struct unit {
    uint32_t look, rows;
    uint32_t next;              /* of the group; NO_UNIT ends */
};
#define NO_UNIT UINT32_MAX

struct group {
    uint64_t rows;              /* 0: it went into another */
    uint32_t *cell;             /* what all of them show; star where they differ */
    uint32_t first;             /* unit */
    struct kinds kinds;
};

struct plan {
    const struct patterns *p;   /* where l is asked, the sensitive column is its last one: each look has one value of it */
    size_t columns;             /* those that may be suppressed */
    const uint32_t *star;       /* number of SHEET_SUPPRESSED in each column */
    const struct kinds *kinds;  /* of each look */
    uint32_t k;
    unsigned l;
    struct unit *unit;
    size_t n_units, cap_units;
    struct group *group;
    uint32_t n_groups;
    uint32_t *cells;            /* of all groups */
    uint64_t cost;
};

/* Each look a group of its own. The caller frees, also after an error. */
VAULT_CHECK vault_err plan_make(struct plan *g, const struct patterns *p, size_t columns, const uint32_t *star, const struct kinds *kinds, uint32_t k, unsigned l);
void plan_free(struct plan *g);
bool plan_is_good(const struct plan *g, const struct group *one);
void plan_merge(struct plan *g, uint32_t into, uint32_t from);
/* So many rows of one group, which stays good without them, go into another. */
VAULT_CHECK vault_err plan_borrow(struct plan *g, uint32_t into, uint32_t lender, uint64_t rows);
/* Cells that are suppressed by it. */
uint64_t plan_cost(const struct plan *g);
void kinds_add(struct kinds *k, const struct kinds *more, unsigned l);

/* Groups by one way; false in *done: some group cannot be made good. */
VAULT_CHECK vault_err plan_by_nearest(struct plan *g, bool *done);
VAULT_CHECK vault_err plan_by_levels(struct plan *g, bool *done);
/* *done is false as well where that would take too long. */
VAULT_CHECK vault_err plan_by_sets(struct plan *g, bool *done);
/* The best of all ways, for at most SUPPRESS_EXACT_ROWS rows. */
VAULT_CHECK vault_err plan_exactly(struct plan *g, bool *done);
uint64_t plan_at_least(const struct plan *g);

#endif
