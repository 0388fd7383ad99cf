/*
 * ledger_told.h - what some releases together tell of a group of people.
 *
 * Layer:   release, private.
 * Secrets: as ledger.h.
 * Format:  none.
 *
 * Unknown is how many are at each place at the bottom of the lattice; every published count is the sum over a box of these. A group is told
 * of when its number lies between 1 and k - 1 in every solution.
 */
#ifndef VAULT_RELEASE_LEDGER_TOLD_H
#define VAULT_RELEASE_LEDGER_TOLD_H

#include "vault/release/ledger_lattice.h"
#include "vault/release/lp.h"

#define WHOLE 0                         /* as a target: the box itself; from 1 on, what lies beside it on that column */

#define NOT_TOLD (-1)                   /* of a group, nothing */
#define SOMEBODY (-2)                   /* kept back, and not zero */

/* A group: those in a box, or those who are not in it but would be, were it not for one column ("sex f, and not of town A"). */
struct target {
    size_t box, beside;
};

/* What some of the members tell. */
struct told {
    const struct joint *j;
    int64_t *count;                     /* lattice: published, NOT_TOLD or SOMEBODY */
    uint8_t *empty;                     /* lattice, at the bottom: known to be nobody */
    uint32_t *column;                   /* lattice, at the bottom: unknown + 1 */
    size_t *place;                      /* of an unknown */
    size_t n;
    int64_t *sum;                       /* lattice: the last solution */
    int64_t *low, *high;                /* the extremes of all solutions, by target: for WHOLE and each column a lattice */
    struct lp *lp;
    uint64_t *left;                     /* work, as in ledger_compare; shared by those that are compared */
    bool contradicts, too_large;
};

/* ---- VAULT_ERR_FAILED, of those that solve: the solver cannot say ---- */

/* All that members from `first` to `end` tell. What is too much, or cannot all be so, is noted in it. In any case told_free it. */
VAULT_CHECK vault_err told_read(struct told *t, const struct joint *j, size_t first, size_t end, int64_t k, uint64_t *left);
void told_free(struct told *t);
/* The greatest count that was published. */
int64_t told_greatest(const struct told *t);

/* Is there such a group? */
bool told_is_group(const struct joint *j, struct target g);
/* Its place in `low` and `high`. */
size_t told_index(const struct joint *j, struct target g);
/* Do they tell that this group has 1 to k - 1 members? */
VAULT_CHECK vault_err told_tells(struct told *t, struct target g, int64_t k, bool *out);
/*
 * A reader who sees two values of a column may know that there are no others (two sexes). Wherever that agrees with all that was told he is
 * taken to know it. high: no group has more.
 */
VAULT_CHECK vault_err told_close_columns(struct told *all, struct told *before, struct told *alone, double high);

#endif
