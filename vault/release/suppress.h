/*
 * suppress.h - as few cells as can be found are suppressed, until nobody stands out: `"suppress": "auto"`.
 *
 * Layer:   release (base).
 * Secrets: numbers of values only.
 * Format:  none stored. docs/risk.md, "Suppression", tells what is proven.
 *
 * The strict reading decides: rows that look the same, suppressed cells being a value, come in groups of at least k with at least l sensitive values
 * that are known. What holds strictly holds leniently too, and with k of 2 or more no row is unique on any set of columns. The least
 * cost is that of the best way to put all rows into such groups, where each group shows what all of its rows have in common. That is
 * hard (Meyerson and Williams, PODS 2004), so it is searched for in full up to SUPPRESS_EXACT_ROWS rows; beyond that three greedy ways are tried, and a lower
 * bound (each row must lose at least what keeps it from its k-1 nearest) says how far from the least the result may be.
 */
#ifndef VAULT_RELEASE_SUPPRESS_H
#define VAULT_RELEASE_SUPPRESS_H

#include "vault/release/sheet.h"

#define SUPPRESS_EXACT_ROWS 13u
#define SUPPRESS_L_MAX 16u
#define SUPPRESS_COLUMNS_MAX 62u

struct suppress_ask {
    struct sheet *sheet;
    const size_t *quasi;                /* columns whose cells may be suppressed */
    size_t n_quasi;
    size_t sensitive;                   /* a column, or SIZE_MAX */
    uint32_t k;
    unsigned l;                         /* 0 or 1: not asked */
    unsigned m;                         /* over 0: k is at least 2 */
};

struct suppressed {
    uint64_t cells;                     /* that were suppressed now */
    uint64_t *of_column;                /* the same for each of quasi */
    uint64_t at_least;                  /* no way suppresses fewer */
    bool proven;                        /* cells == at_least */
};

/* Writes SHEET_SUPPRESSED into the sheet. The caller frees with suppressed_free, also after an error. VAULT_ERR_REFUSED: no suppression helps (fewer rows than k, or
 * fewer sensitive values than l); the sheet is as it was.
 * VAULT_ERR_INPUT: over SUPPRESS_L_MAX or SUPPRESS_COLUMNS_MAX. */
VAULT_CHECK vault_err suppress_auto(struct suppressed *out, const struct suppress_ask *ask);
void suppressed_free(struct suppressed *s);

#endif
