/*
 * The fewest further suppressions, by cutting planes (Fischetti and Salazar, Management Science 47, 2001): a small integer program chooses what
 * to keep back; the reader tries it, and each promise that he breaks gives an inequality that every good choice fulfils, and this one does not.
 * It ends, as each round excludes a choice; where it takes too many steps it is given up. Then, among choices of that size, the least sum.
 */
#include "vault/release/table_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CANDIDATES_MAX 1500u
#define ROUNDS_MAX 150u
#define STEPS_MAX 10000u                /* iterations for one choice */
#define SOLVED_MAX 4000u                /* programs of the reader: some seconds */

struct fewest {
    struct reader *r;
    uint32_t *column;                   /* of a count, plus 1 */
    uint32_t *count;                    /* of a column */
    size_t n;
    struct lp *lp;
    struct lp_rows fresh;
    uint8_t *choice;
};

static void
fewest_free(struct fewest *f)
{
    lp_close(f->lp);
    lp_rows_free(&f->fresh);
    free(f->column);
    free(f->count);
    free(f->choice);
}

static vault_err
find_candidates(struct fewest *f)
{
    const struct web *w = f->r->w;

    f->column = calloc(w->n + 1, sizeof *f->column);
    f->count = calloc(w->n + 1, sizeof *f->count);
    f->choice = calloc(w->n + 1, 1);
    if (f->column == NULL || f->count == NULL || f->choice == NULL)
        return err_nomem();
    for (uint32_t v = 0; v < w->n; v++)
        if (reader_may_hide(w, v)) {
            f->count[f->n++] = v;
            f->column[v] = (uint32_t)f->n;
        }
    return VAULT_OK;
}

/* No count stands alone in a line: it would be known, and nothing gained. */
static vault_err
not_alone(struct fewest *f, const struct web_line *l, uint32_t v)
{
    const struct web *w = f->r->w;
    vault_err err = lp_row(&f->fresh, f->column[v] != 0 ? 0 : 1, INFINITY);

    if (err == VAULT_OK && f->column[v] != 0)
        err = lp_term(&f->fresh, f->column[v] - 1, -1);
    for (size_t k = l->first; err == VAULT_OK && k <= l->end; k++) {
        uint32_t other = k < l->end ? w->part[k] : l->total;

        if (other != v && f->column[other] != 0)
            err = lp_term(&f->fresh, f->column[other] - 1, 1);
    }
    return err;
}

static vault_err
lines_not_alone(struct fewest *f)
{
    const struct web *w = f->r->w;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < w->n_lines; i++) {
        const struct web_line *l = &w->line[i];
        size_t primary = 0;

        if (!l->shown)
            continue;
        for (size_t k = l->first; k <= l->end; k++)
            primary += (w->flag[k < l->end ? w->part[k] : l->total] & WEB_PRIMARY) != 0;
        for (size_t k = l->first; err == VAULT_OK && k <= l->end; k++) {
            uint32_t v = k < l->end ? w->part[k] : l->total;

            if ((f->column[v] != 0 && primary == 0) || ((w->flag[v] & WEB_PRIMARY) != 0 && primary == 1))
                err = not_alone(f, l, v);
        }
    }
    return err;
}

static vault_err
open_program(struct fewest *f)
{
    double *low = calloc(f->n + 1, sizeof *low), *high = calloc(f->n + 1, sizeof *high);
    vault_err err = low == NULL || high == NULL ? err_nomem() : lines_not_alone(f);

    for (size_t i = 0; err == VAULT_OK && i < f->n; i++)
        high[i] = 1;
    if (err == VAULT_OK)
        err = lp_open(&f->lp, f->n, low, high, &f->fresh);
    free(low);
    free(high);
    lp_rows_free(&f->fresh);
    return err;
}

static vault_err
take_gap(void *ctx, const struct reader_question *q, const double *factor)
{
    struct fewest *f = ctx;
    vault_err err = lp_row(&f->fresh, q->if_hidden ? 0 : 1, INFINITY);

    for (size_t i = 0; err == VAULT_OK && i < f->n; i++) {
        double by = factor[f->count[i]] - (q->if_hidden && f->count[i] == q->plus ? 1 : 0);

        if (fabs(by) > 1e-7)
            err = lp_term(&f->fresh, (uint32_t)i, by);
    }
    return err;
}

static enum lp_answer
choose(struct fewest *f)
{
    enum lp_answer answer = lp_solve(f->lp, false, true, STEPS_MAX);

    for (size_t i = 0; answer == LP_BEST && i < f->n; i++)
        f->choice[f->count[i]] = lp_value(f->lp, (uint32_t)i) > 0.5;
    return answer;
}

static vault_err
no_way(void)
{
    return err_say(VAULT_ERR_REFUSED, "count by coarser values, or leave the table out",
        "declared figures give away a count that a table would keep back");
}

/* Chooses and tries until a choice stands (*found), or there is no more patience. */
static vault_err
search(struct fewest *f, bool *found, size_t *bound)
{
    vault_err err = VAULT_OK;

    *found = false;
    for (size_t round = 0; err == VAULT_OK && !*found && round < ROUNDS_MAX && f->r->solved < SOLVED_MAX; round++) {
        enum lp_answer answer = choose(f);
        double least = lp_bound(f->lp);

        if (answer == LP_NONE)
            return no_way();
        if (bound != NULL && isfinite(least) && least > 0 && (size_t)ceil(least - 1e-6) > *bound)
            *bound = (size_t)ceil(least - 1e-6);
        if (answer != LP_BEST)
            return VAULT_OK;
        err = reader_set(f->r, f->choice);
        if (err == VAULT_OK)
            err = reader_audit(f->r, take_gap, f);
        *found = err == VAULT_OK && f->fresh.n == 0;
        if (err == VAULT_OK && !*found)
            err = lp_add_rows(f->lp, &f->fresh);
        lp_rows_free(&f->fresh);
    }
    return err;
}

static vault_err
aim_at_number(struct fewest *f)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < f->n; i++)
        err = lp_aim(f->lp, (uint32_t)i, 1);
    return err;
}

static vault_err
aim_at_sum(struct fewest *f, size_t number)
{
    vault_err err = lp_row(&f->fresh, (double)number, (double)number);

    for (size_t i = 0; err == VAULT_OK && i < f->n; i++) {
        err = lp_term(&f->fresh, (uint32_t)i, 1);
        if (err == VAULT_OK)
            err = lp_aim(f->lp, (uint32_t)i, (double)f->r->w->truth[f->count[i]]);
    }
    if (err == VAULT_OK)
        err = lp_add_rows(f->lp, &f->fresh);
    lp_rows_free(&f->fresh);
    return err;
}

/* The fewest are known, in f->choice; of these the least sum, if it is found. */
static vault_err
least_sum(struct fewest *f, size_t number)
{
    uint8_t *known = calloc(f->r->w->n + 1, 1);
    bool found = false;
    vault_err err = known == NULL ? err_nomem() : aim_at_sum(f, number);

    if (err == VAULT_OK) {
        memcpy(known, f->choice, f->r->w->n);
        err = search(f, &found, NULL);
    }
    if (err == VAULT_OK && !found)
        err = reader_set(f->r, known);
    free(known);
    return err;
}

static vault_err
stop_at_gap(void *ctx, const struct reader_question *q, const double *factor)
{
    (void)q;
    (void)factor;
    *(bool *)ctx = true;
    return VAULT_OK;
}

/* Nothing could be kept back besides: is it needed? */
static vault_err
nothing_to_choose(struct reader *r, bool *found)
{
    bool gap = false;
    vault_err err = reader_audit(r, stop_at_gap, &gap);

    *found = true;
    return err == VAULT_OK && gap ? no_way() : err;
}

vault_err
plan_fewest(struct reader *r, bool *found, size_t *bound)
{
    struct fewest f = { .r = r };
    vault_err err = find_candidates(&f);

    *found = false;
    *bound = 0;
    r->hasty = true;
    if (err == VAULT_OK && f.n == 0)
        err = nothing_to_choose(r, found);
    else if (err == VAULT_OK && f.n <= CANDIDATES_MAX) {
        err = open_program(&f);
        if (err == VAULT_OK) {
            lp_branch_well(f.lp);
            err = aim_at_number(&f);
        }
        if (err == VAULT_OK)
            err = search(&f, found, bound);
        if (err == VAULT_OK && *found && *bound > 0)
            err = least_sum(&f, *bound);
    }
    r->hasty = false;
    fewest_free(&f);
    return err;
}
