/*
 * risk_population.c - rows against a file of everybody.
 *
 * Leniently, F of a look is how many people fit it. Strictly, "suppressed" is a value, so that those people count who would be released under it: who
 * fits a look that tells more (whose suppressed cells are fewer, and among these) would have been told with it, and counts there alone. Who reads a
 * release so must not be able to think of fewer people than there are rows, so F is at least f.
 */
#include <stdlib.h>
#include <string.h>

#include "vault/release/risk_priv.h"

#define NO_GROUP UINT32_MAX
#define MASKS_MAX 4096u         /* each is compared with each */

/* ---- the people as looks ---- */

static vault_err
population_columns(size_t *column, const struct risk_ask *ask)
{
    for (size_t j = 0; j < ask->n_quasi; j++) {
        const char *name = ask->sheet->column[ask->quasi[j]].name;

        if (!sheet_find_column(ask->population, name, &column[j]))
            return err_say(VAULT_ERR_INPUT, "it needs each quasi-identifier, under the same name", "the population has no column %s", name);
    }
    return VAULT_OK;
}

static vault_err
people_make(struct patterns *people, const struct risk_ask *ask)
{
    size_t *column = calloc(ask->n_quasi + 1, sizeof *column);
    struct pattern_ask as = { .sheet = ask->population, .column = column, .n_columns = ask->n_quasi, .suppressed = ask->suppressed,
        .like = ask->sheet, .like_column = ask->quasi };
    vault_err err = column == NULL ? err_nomem() : population_columns(column, ask);

    if (err == VAULT_OK && ask->population->n_rows < ask->sheet->n_rows)
        err = err_say(VAULT_ERR_INPUT, "it holds everybody, also those who are not released", "the population has %zu rows and the release %zu",
            ask->population->n_rows, ask->sheet->n_rows);
    if (err == VAULT_OK)
        err = patterns_make(people, &as);
    free(column);
    return err;
}

/* ---- strictly ---- */

/* For each mask of the sheet, the masks whose cells are among its own and fewer. */
struct within {
    uint32_t *start, *mask;
};

static vault_err
within_make(struct within *w, const struct patterns *p)
{
    size_t n = 0, at = 0;

    if (p->n_masks > MASKS_MAX)
        return err_say(VAULT_ERR_INPUT, "fewer columns, or whole columns suppressed", "cells are suppressed in too many different ways for a population");
    for (int pass = 0; pass < 2; pass++) {
        at = 0;
        for (uint32_t i = 0; i < p->n_masks; i++) {
            if (pass == 1)
                w->start[i] = (uint32_t)at;
            for (uint32_t j = 0; j < p->n_masks; j++)
                if (i != j && mask_within(&p->masks[j], &p->masks[i])) {
                    if (pass == 1)
                        w->mask[at] = j;
                    at++;
                }
        }
        if (pass == 1)
            break;
        n = at;
        w->start = malloc(((size_t)p->n_masks + 1) * sizeof *w->start);
        w->mask = malloc((n + 1) * sizeof *w->mask);
        if (w->start == NULL || w->mask == NULL)
            return err_nomem();
    }
    w->start[p->n_masks] = (uint32_t)n;
    return VAULT_OK;
}

static bool
is_told_better(const struct within *w, const uint32_t *fitting, uint32_t mask)
{
    for (uint32_t i = w->start[mask]; i < w->start[mask + 1]; i++)
        if (fitting[w->mask[i]] != NO_GROUP)
            return true;
    return false;
}

/* People of each group of looks: those who fit, and those of them who are not told better. */
struct people_of {
    double *all, *strict;
};

/*
 * People all of whose cells count as values, found among looks as if those were `b` of fits.h with an `a` of no suppressed cell. A group has looks of one
 * mask that show the same; they differ in how they hide the rest, and who fits one fits all.
 */
static void
count_people(struct people_of *of, const struct fits *f, const struct within *w, uint32_t *fitting, bool *absent)
{
    const struct patterns *people = f->a, *p = f->b;

    for (uint32_t i = 0; i < people->n; i++) {
        bool any = false;

        for (uint32_t m = 0; m < p->n_masks; m++) {
            if (!fits_find(f, i, m, &fitting[m]))
                fitting[m] = NO_GROUP;
            any = any || fitting[m] != NO_GROUP;
        }
        for (uint32_t m = 0; any && m < p->n_masks; m++)
            if (fitting[m] != NO_GROUP) {
                of->all[fitting[m]] += people->rows[i];
                if (!is_told_better(w, fitting, m))
                    of->strict[fitting[m]] += people->rows[i];
            }
        *absent = *absent || !any;
    }
}

/* Where no cell of the population is suppressed, the same pass tells the lenient F, too. */
static vault_err
strict_population(struct risk_looks *l, const struct patterns *people, bool lenient_too, bool *absent)
{
    struct mask nothing = { { 0 } };
    struct patterns plain = *people;            /* borrows everything but the masks */
    uint32_t *zero = calloc((size_t)people->n + 1, sizeof *zero), *fitting = malloc(((size_t)l->p.n_masks + 1) * sizeof *fitting);
    struct people_of of = { calloc((size_t)l->p.n + 1, sizeof *of.all), calloc((size_t)l->p.n + 1, sizeof *of.strict) };
    struct within w = { NULL, NULL };
    struct fits f = { .a = NULL };
    vault_err err = zero == NULL || fitting == NULL || of.all == NULL || of.strict == NULL ? err_nomem() : VAULT_OK;

    plain.mask = zero;
    plain.masks = &nothing;
    plain.n_masks = 1;
    if (err == VAULT_OK)
        err = fits_make(&f, &plain, &l->p);
    if (err == VAULT_OK)
        err = within_make(&w, &l->p);
    if (err == VAULT_OK) {
        fits_for(&f, 0);
        count_people(&of, &f, &w, fitting, absent);
    }
    for (uint32_t i = 0; err == VAULT_OK && i < l->p.n; i++) {
        l->F[RISK_STRICT][i] = of.strict[f.of[i]] < l->p.rows[i] ? l->p.rows[i] : of.strict[f.of[i]];
        if (lenient_too)
            l->F[RISK_LENIENT][i] = of.all[f.of[i]];
    }
    fits_free(&f);
    free(w.start);
    free(w.mask);
    free(of.all);
    free(of.strict);
    free(fitting);
    free(zero);
    return err;
}

/* ---- both ---- */

/* Leniently somebody is surely absent where no row fits. */
static vault_err
find_absent(bool *absent, const struct patterns *people, const struct patterns *p)
{
    uint64_t *rows = malloc(((size_t)people->n + 1) * sizeof *rows);
    vault_err err = rows == NULL ? err_nomem() : patterns_fit(people, p, rows, NULL);

    for (uint32_t i = 0; err == VAULT_OK && i < people->n; i++)
        *absent = *absent || rows[i] == 0;
    free(rows);
    return err;
}

vault_err
risk_population(struct risk_looks *l, const struct risk_ask *ask, bool absent[2], size_t *at_row)
{
    struct patterns people = { .n = 0 };
    bool all_told;
    vault_err err = people_make(&people, ask);

    all_told = people.n_masks == 1 && mask_is_empty(&people.masks[0]);
    if (err == VAULT_OK)
        err = strict_population(l, &people, all_told, &absent[RISK_STRICT]);
    if (err == VAULT_OK && !all_told)
        err = patterns_fit(&l->p, &people, NULL, l->F[RISK_LENIENT]);
    if (err == VAULT_OK && !all_told)
        err = find_absent(&absent[RISK_LENIENT], &people, &l->p);
    else if (err == VAULT_OK)
        absent[RISK_LENIENT] = absent[RISK_STRICT];
    if (err == VAULT_OK)
        err = risk_enough(l, l->F[RISK_LENIENT], at_row, "it holds everybody, also those who are not released, with the same treatments");
    patterns_free(&people);
    return err;
}
