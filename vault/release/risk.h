/*
 * risk.h - how easily the rows of a sheet lead back to people: measures, in both readings of what is suppressed.
 *
 * Layer:   release (base).
 * Secrets: figures only; no sentence quotes a cell.
 * Format:  none stored. docs/risk.md tells every formula and its source.
 *
 * f of a row: how many rows look like it in the quasi-identifiers. F: how many people of the population do. Read strictly a suppressed or empty cell
 * is a value of its own, read leniently it fits anything (patterns.h). Both count: a release must pass in both.
 */
#ifndef VAULT_RELEASE_RISK_H
#define VAULT_RELEASE_RISK_H

#include "vault/release/sheet.h"

#define RISK_NONE SIZE_MAX
#define RISK_M_MAX 6u
#define RISK_SETS_MAX 100000u
#define RISK_SETS_WORK_MAX ((uint64_t)1000000000)        /* sets times rows */

enum risk_reading { RISK_LENIENT, RISK_STRICT };

struct risk_ask {
    const struct sheet *sheet;
    const size_t *quasi;                /* columns */
    size_t n_quasi;
    size_t sensitive;                   /* a column, or RISK_NONE */
    const double *weight;               /* how many people each row stands for; NULL: not known */
    const struct sheet *population;     /* everybody, with columns of the same names and treatments; NULL: not known. Goes before weights */
    const char *suppressed;             /* NULL: SHEET_SUPPRESSED */
    uint32_t k;                         /* of below_k */
};

struct risk_figures {
    uint64_t records;
    uint64_t classes;                   /* different looks; the same in both readings */
    uint64_t unique;                    /* rows with f = 1 */
    uint64_t min_class;                 /* least f */
    uint64_t below_k;                   /* rows with f < k */
    double avg_class;                   /* records / sum of 1/f; strictly that is records / classes */
    double prosecutor_max, prosecutor_avg;          /* of 1/f */
    bool has_population;                /* or weights; else the next are not set */
    double journalist_max;              /* of 1/F */
    double marketer;                    /* mean of 1/F: in classes, 1/n sum f/F */
    double k_map_min;                   /* least F */
    double delta_max;                   /* greatest f/F, at most 1 */
    double delta_min;                   /* least f/F, 0 where some of the population look like no row (absence is implied) */
    bool has_sensitive;                 /* else the next are not set */
    uint64_t l_distinct_min;
    double l_entropy_min;               /* exp(entropy) */
    double t_max;                       /* distance with all values equally far from each other */
};

struct risk {
    struct risk_figures figures[2];     /* by enum risk_reading */
    size_t n_rows;
    uint64_t *size[2];                  /* f of each row */
    double *population[2];              /* F of each row; NULL where neither population nor weights are known */
    size_t at_row;                      /* after VAULT_ERR_INPUT: the row that is meant, counted from 0, or RISK_NONE */
};

/*
 * The caller frees, also after an error. VAULT_ERR_INPUT: no rows; a population that lacks a column, or is smaller than the sheet, as a whole or among those
 * who look like one row; a weight that is not positive; suppressed cells in too many different ways (PATTERNS_WORK_MAX), or too many
 * sensitive values in classes that overlap for that.
 */
VAULT_CHECK vault_err risk_measure(struct risk *out, const struct risk_ask *ask);
void risk_free(struct risk *r);

/* Rows that belong together, such as a household or linked records: 1 - prod(1 - r_j) of the n risks. */
double risk_linked(const double *r, size_t n);
/* The same with r = 1/size for each of n_groups groups of rows; group[i] is that of row i, or UINT32_MAX. */
void risk_of_groups(double *out, size_t n_groups, const uint32_t *group, const uint64_t *size, size_t n_rows);

/* ---- sets of at most m quasi-identifiers ---- */

struct risk_set {
    uint16_t column[RISK_M_MAX];        /* places in ask->quasi */
    uint8_t n;
    uint64_t min[2];                    /* least class */
    uint64_t unique[2];                 /* rows */
};
struct risk_sets {
    struct risk_set *set;
    size_t n;
    uint64_t unique[2];                 /* rows unique on some set */
    uint8_t *of_row;                    /* bit 0, 1: unique on some set, leniently, strictly */
    uint32_t *smallest;                 /* of each row: a set of the fewest columns on which it is strictly unique; UINT32_MAX: none */
    size_t n_rows;
};
/* Only sheet, quasi, n_quasi and suppressed of `ask` are looked at. The caller frees, also after an error. VAULT_ERR_INPUT: m of 0 or over RISK_M_MAX, over
 * RISK_SETS_MAX sets, sets times rows over RISK_SETS_WORK_MAX, no rows, too many ways of suppression. */
VAULT_CHECK vault_err risk_sets_measure(struct risk_sets *out, const struct risk_ask *ask, unsigned m);
void risk_sets_free(struct risk_sets *s);

#endif
