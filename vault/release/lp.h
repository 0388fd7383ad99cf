/*
 * lp.h - linear and integer programs, with a solver that can neither print nor end the process.
 *
 * Layer:   release (GLPK).
 * Secrets: numbers of tables that are not published yet; GLPK's memory is not wiped, as counts are no names.
 * Format:  none.
 *
 * GLPK reckons in floating point, so nothing it says is believed: what must be true is shown by whole numbers that the
 * caller puts into every equation himself (lp_whole). A solver that fails is an answer LP_UNSURE, which nobody takes for a yes.
 * The same program gives the same answer: limits are counted in steps, never in time.
 */
#ifndef VAULT_RELEASE_LP_H
#define VAULT_RELEASE_LP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vault/base/err.h"

#define LP_COLUMNS_MAX 1000000u
#define LP_TERMS_MAX 10000000u

enum lp_answer { LP_BEST, LP_NONE, LP_UNSURE };     /* LP_NONE: nothing fulfils it */

/* Sums of unknowns: row r is the terms start[r] .. start[r + 1] - 1. */
struct lp_rows {
    size_t n, n_terms, cap_start, cap_terms;
    size_t *start;              /* n + 1 of them */
    uint32_t *column;
    double *factor;
    double *low, *high;         /* of the sum; high may be INFINITY */
    size_t cap_low, cap_high, cap_factor;
};

void lp_rows_free(struct lp_rows *r);
/* Opens a row; terms follow with lp_term. */
VAULT_CHECK vault_err lp_row(struct lp_rows *r, double low, double high);
VAULT_CHECK vault_err lp_term(struct lp_rows *r, uint32_t column, double factor);

struct lp;

/* n unknowns between low and high (both finite). The rows are copied. VAULT_ERR_INPUT: too large. */
VAULT_CHECK vault_err lp_open(struct lp **out, size_t n, const double *low, const double *high, const struct lp_rows *rows);
void lp_close(struct lp *lp);                       /* NULL is fine */
VAULT_CHECK vault_err lp_add_rows(struct lp *lp, const struct lp_rows *rows);
VAULT_CHECK vault_err lp_bounds(struct lp *lp, uint32_t column, double low, double high);
/* The aim of column is set to factor until it is set again; 0 at first. */
VAULT_CHECK vault_err lp_aim(struct lp *lp, uint32_t column, double factor);
/* Worth it where few rows are long: far fewer branchings, each of which costs more. */
void lp_branch_well(struct lp *lp);
/* Optimise; `whole`: over whole numbers, giving up after about `steps` iterations (then LP_UNSURE, and lp_bound is still true). */
enum lp_answer lp_solve(struct lp *lp, bool maximise, bool whole, size_t steps);
double lp_best(const struct lp *lp);                /* of the last solution */
double lp_bound(const struct lp *lp);               /* no solution can be better, up to rounding; after lp_solve with `whole` */
double lp_value(const struct lp *lp, uint32_t column);
double lp_price(const struct lp *lp, size_t row);   /* dual value, after lp_solve without `whole` */

#endif
