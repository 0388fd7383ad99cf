/*
 * reader.h - somebody who has the tables, and reckons.
 *
 * Layer:   release; for table_*.c only.
 * Secrets: as table.h.
 * Format:  none.
 *
 * What he knows: every published count, every declared figure, that totals are the sums of their parts, that nothing is below zero, and
 * that what is kept back is 1 or more unless it is one of the zeros that may be kept back. Besides, one at a time:
 *   READER_SMALLS  which of the finest counts are small, so that they are at most min_count - 1;
 *   READER_ALONE   that he is the only one in a certain count.
 * A promise is held when *witnesses* show it: tables in whole numbers that agree with all he knows and differ from the true one.
 * Each is checked in whole numbers, so that no error of the solver can make a promise true that is not.
 */
#ifndef VAULT_RELEASE_READER_H
#define VAULT_RELEASE_READER_H

#include "vault/release/lp.h"
#include "vault/release/web.h"

enum reader_knows { READER_PLAIN, READER_SMALLS, READER_ALONE };

#define READER_NOTHING UINT32_MAX

/* Of the count `plus` (less the count `minus`) the reader must find possible values that lie `width` apart. */
struct reader_question {
    uint32_t plus, minus;               /* minus: READER_NOTHING */
    enum reader_knows knows;
    uint32_t alone;
    int64_t width;
    bool if_hidden;                     /* only while `plus` is kept back, which is a choice */
};

/* What would have to be kept back besides: the sum of factor * kept back over all counts must reach 1. factor has w->n of them. */
typedef vault_err reader_gap_fn(void *ctx, const struct reader_question *q, const double *factor);

struct witness {
    size_t first, n;                    /* in `moved` and `by` */
    bool smalls;                        /* agrees with READER_SMALLS */
    bool holds;                         /* moves only what is kept back now */
};

struct reader {
    const struct web *w;
    int64_t *low, *high;                /* how far a count may move from the truth when it is kept back */
    uint8_t *hidden;
    struct lp *lp;
    enum reader_knows knows;            /* as the bounds in lp are now */
    uint32_t alone;

    struct witness *witness;
    size_t n_witness, cap_witness;
    uint32_t *moved;
    int64_t *by;
    size_t n_moved, cap_moved, cap_by;
    int64_t *up[2], *down[2];           /* the furthest that witnesses which hold move each count: READER_PLAIN, READER_SMALLS */

    int64_t *x;                         /* the last solution, all counts */
    double *factor, *sum;
    uint32_t *stamp;
    uint32_t now;
    bool ignore_smalls;                 /* READER_SMALLS is not asked */
    bool as_told;                       /* reader_set: exactly this, even where a small count is shown */
    bool hasty;                         /* reader_audit may stop when it has told of some gaps */
    size_t solved;                      /* programs, since it was opened: patience is counted in these */
    size_t gaps;                        /* told of by the present audit */
    bool no_branching;                  /* search for witnesses among plain solutions only */
    bool doubt;                         /* since it was opened some search for a witness was given up: a gap may be none */
    bool unsure;                        /* the solver failed in the present question */
};

/* free_move: how far counts may move up. */
VAULT_CHECK vault_err reader_open(struct reader *r, const struct web *w, int64_t free_move);
void reader_close(struct reader *r);
/* A count that may be kept back and is not now. */
bool reader_may_hide(const struct web *w, uint32_t v);
VAULT_CHECK vault_err reader_show_all(struct reader *r);        /* all but what is primary */
VAULT_CHECK vault_err reader_set(struct reader *r, const uint8_t *hidden);
VAULT_CHECK vault_err reader_hide(struct reader *r, uint32_t v);
/* r->x was filled with moves that somebody else found: kept as a witness where they agree with what the reader knows in the present question. */
VAULT_CHECK vault_err reader_offer(struct reader *r);
/* Asks every question there is; gap is told of each promise that does not hold, and may hide more. */
VAULT_CHECK vault_err reader_audit(struct reader *r, reader_gap_fn *gap, void *ctx);
/* The least and the greatest value of a count; in whole numbers where the solver finds them. */
VAULT_CHECK vault_err reader_interval(struct reader *r, uint32_t v, int64_t *low, int64_t *high);

#endif
