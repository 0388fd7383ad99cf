/*
 * patterns.h - how the rows of a sheet look in some columns: each look once, and which looks fit each other.
 *
 * Layer:   release (base).
 * Secrets: numbers of values only; the texts stay in the sheet.
 * Format:  none stored. docs/risk.md tells what the two readings mean.
 *
 * A cell is suppressed where its text is that of the suppressed value (SHEET_SUPPRESSED), or empty: nobody knows what would stand there. Read
 * strictly, each of the two texts is a value like any other. Read leniently, a suppressed cell fits whatever stands in the other row.
 *
 * Leniently, looks are compared by their masks (which cells are suppressed): two masks have columns that both show, and looks that agree there
 * are found by hashing those. So the time grows with looks times masks, not with looks times looks.
 */
#ifndef VAULT_RELEASE_PATTERNS_H
#define VAULT_RELEASE_PATTERNS_H

#include "vault/release/sheet.h"

/* Looks and masks, times masks of the other side, times columns: half a minute. More is refused. */
#define PATTERNS_WORK_MAX ((uint64_t)10000000000)

struct mask {
    uint64_t bit[SHEET_COLUMNS_MAX / 64];       /* of column j: the cell is suppressed */
};

struct patterns {
    size_t n_columns;
    uint32_t n;                 /* looks */
    uint32_t *cell;             /* look i, column j: cell[i * n_columns + j] */
    uint32_t *rows;             /* how many rows look so */
    double *weight;             /* the sum of their weights */
    uint32_t *mask;             /* which of `masks` */
    struct mask *masks;
    uint32_t n_masks;
    uint32_t *of_row;           /* look of each row of the sheet */
    size_t n_rows;
};

struct pattern_ask {
    const struct sheet *sheet;
    const size_t *column;
    size_t n_columns;
    const char *suppressed;     /* NULL: SHEET_SUPPRESSED */
    const double *weight;       /* one for each row; NULL: 1 each */
    /* Another sheet, and its columns in the same order: equal texts get the numbers they have there. NULL: none. */
    const struct sheet *like;
    const size_t *like_column;
};

static inline bool
mask_has(const struct mask *m, size_t column)
{
    return m->bit[column / 64] >> column % 64 & 1;
}
bool mask_is_empty(const struct mask *m);
bool mask_within(const struct mask *a, const struct mask *b);           /* all of a's are b's */

/* The caller frees, also after an error. VAULT_ERR_INPUT: no rows. */
VAULT_CHECK vault_err patterns_make(struct patterns *out, const struct pattern_ask *ask);
void patterns_free(struct patterns *p);

/* For each value of a column: does it stand for a suppressed cell? n_values bytes; the caller frees. NULL: no memory. */
uint8_t *patterns_suppressed(const struct sheet_column *c, const char *suppressed);

/* ---- what fits ---- */

/* Looks of `b`, put together for a mask of `a`: those whose masks leave the same columns shown by both sides (a view), and that agree in these. */
struct fits {
    const struct patterns *a, *b;
    uint32_t a_mask;
    uint32_t n;                 /* groups */
    uint32_t *of;               /* group of each look of b */
    uint32_t *first;            /* a look of each group */
    uint32_t *view;             /* of each group */
    uint64_t *rows;
    double *weight;
    uint32_t n_views;
    uint32_t *view_of;          /* of each mask of b; where a_mask hides nothing, each mask is a view of its own, with its number */
    /* private: */
    struct finder *table, *views;
    size_t table_mask;          /* of the whole table */
    bool turned;                /* groups are of looks of a */
    struct mask *hidden;        /* of each view */
    uint64_t *hash;             /* of each group */
    uint64_t *factor;           /* of each column */
    uint16_t *shown;            /* for each view: the columns, and how many */
    uint32_t *n_shown;
};

/* Room for all masks of `a`; fits_for then fills it for one of them. The caller frees, also after an error. VAULT_ERR_INPUT: over PATTERNS_WORK_MAX. */
VAULT_CHECK vault_err fits_make(struct fits *f, const struct patterns *a, const struct patterns *b);
void fits_for(struct fits *f, uint32_t a_mask);
void fits_free(struct fits *f);
/* The group of looks of a view that fit look i of a (whose mask is a_mask). False: none. Over all views, each row that fits is met once. */
bool fits_find(const struct fits *f, uint32_t i, uint32_t view, uint32_t *group);

/* How many rows of `b` fit each look of `a`, and their weight (either out may be NULL). VAULT_ERR_INPUT as for fits_make. */
VAULT_CHECK vault_err patterns_fit(const struct patterns *a, const struct patterns *b, uint64_t *rows, double *weight);

#endif
