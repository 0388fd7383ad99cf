/*
 * suppress.c - the cheapest of several plans, written into the sheet.
 */
#include "vault/release/suppress.h"

#include <stdlib.h>
#include <string.h>
#include "vault/release/risk.h"
#include "vault/release/suppress_priv.h"

#define NEAREST_WORK_MAX ((uint64_t)400000000)  /* groups that are not good, times groups */

struct job {
    const struct suppress_ask *ask;
    struct patterns p;
    uint32_t *star;
    struct kinds *kinds;        /* NULL: l is not asked */
    uint32_t k;
    unsigned l;
    struct plan best;
    bool has_best;
    uint64_t at_least;
};

/* ---- before ---- */

static vault_err
note_kinds(struct job *b)
{
    const struct sheet_column *c = &b->ask->sheet->column[b->ask->sensitive];
    uint8_t *hidden = patterns_suppressed(c, NULL);

    b->kinds = calloc(b->p.n, sizeof *b->kinds);
    for (uint32_t i = 0; hidden != NULL && b->kinds != NULL && i < b->p.n; i++) {
        uint32_t value = b->p.cell[i * b->p.n_columns + b->ask->n_quasi];

        if (!hidden[value])
            b->kinds[i] = (struct kinds){ .value = { value }, .n = 1 };
    }
    free(hidden);
    return hidden == NULL || b->kinds == NULL ? err_nomem() : VAULT_OK;
}

/* Where l is asked, rows that differ in what is sensitive are different looks. */
static vault_err
make_looks(struct job *b)
{
    const struct suppress_ask *a = b->ask;
    size_t *column = malloc((a->n_quasi + 1) * sizeof *column);
    vault_err err = column == NULL ? err_nomem() : VAULT_OK;

    if (err == VAULT_OK) {
        memcpy(column, a->quasi, a->n_quasi * sizeof *column);
        column[a->n_quasi] = a->sensitive;
        err = patterns_make(&b->p, &(struct pattern_ask){ .sheet = a->sheet, .column = column, .n_columns = a->n_quasi + (b->l > 0) });
    }
    if (err == VAULT_OK && b->l > 0)
        err = note_kinds(b);
    free(column);
    return err;
}

static vault_err
start(struct job *b)
{
    const struct suppress_ask *a = b->ask;
    vault_err err = VAULT_OK;

    b->k = a->k < 2 && a->m > 0 ? 2 : a->k;
    b->l = a->sensitive == SIZE_MAX || a->l <= 1 ? 0 : a->l;
    if (b->l > SUPPRESS_L_MAX || a->n_quasi > SUPPRESS_COLUMNS_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "suppression by itself goes up to l = %u and %u quasi-identifiers", SUPPRESS_L_MAX, SUPPRESS_COLUMNS_MAX);
    b->star = calloc(a->n_quasi + 1, sizeof *b->star);
    if (b->star == NULL)
        return err_nomem();
    for (size_t j = 0; err == VAULT_OK && j < a->n_quasi; j++)
        err = sheet_value(&a->sheet->column[a->quasi[j]], PART(SHEET_SUPPRESSED, strlen(SHEET_SUPPRESSED)), &b->star[j]);
    return err == VAULT_OK ? make_looks(b) : err;
}

/* ---- plans ---- */

typedef vault_err way(struct plan *g, bool *done);

static vault_err
try_way(struct job *b, way *one)
{
    struct plan g;
    bool done = false;
    vault_err err = plan_make(&g, &b->p, b->ask->n_quasi, b->star, b->kinds, b->k, b->l);

    if (err == VAULT_OK && !b->has_best)
        b->at_least = plan_at_least(&g);
    if (err == VAULT_OK)
        err = one(&g, &done);
    if (err == VAULT_OK && done) {
        g.cost = plan_cost(&g);
        if (!b->has_best || g.cost < b->best.cost) {
            struct plan old = b->best;

            b->best = g;
            b->has_best = true;
            g = old;
        }
    }
    plan_free(&g);
    return err;
}

static vault_err
try_ways(struct job *b)
{
    uint64_t bad = 0;
    vault_err err = try_way(b, plan_exactly);

    if (err != VAULT_OK || b->has_best) {
        b->at_least = b->has_best ? b->best.cost : 0;
        return err;
    }
    for (uint32_t i = 0; i < b->p.n; i++)
        bad += b->p.rows[i] < b->k || b->l > 0;
    err = try_way(b, plan_by_levels);
    if (err == VAULT_OK)
        err = try_way(b, plan_by_sets);
    if (err == VAULT_OK && bad * b->p.n <= NEAREST_WORK_MAX)
        err = try_way(b, plan_by_nearest);
    return err;
}

/* ---- after ---- */

/* Rows of a look are given out to its units one after the other. */
static vault_err
write_cells(struct job *b, struct suppressed *out)
{
    const struct suppress_ask *a = b->ask;
    uint32_t *group_of = malloc((b->best.n_units + 1) * sizeof *group_of), *at = malloc((b->p.n + 1) * sizeof *at),
        *next = malloc((b->best.n_units + 1) * sizeof *next), *left = malloc((b->best.n_units + 1) * sizeof *left);

    if (group_of == NULL || at == NULL || next == NULL || left == NULL) {
        free(group_of);
        free(at);
        free(next);
        free(left);
        return err_nomem();
    }
    for (uint32_t i = 0; i < b->p.n; i++)
        at[i] = NO_UNIT;
    for (uint32_t i = 0; i < b->best.n_groups; i++)
        for (uint32_t u = b->best.group[i].rows == 0 ? NO_UNIT : b->best.group[i].first; u != NO_UNIT; u = b->best.unit[u].next) {
            group_of[u] = i;
            left[u] = b->best.unit[u].rows;
            next[u] = at[b->best.unit[u].look];
            at[b->best.unit[u].look] = u;
        }
    for (size_t r = 0; r < b->p.n_rows; r++) {
        uint32_t look = b->p.of_row[r], *u = &at[look];
        const uint32_t *cell = b->best.group[group_of[*u]].cell;

        for (size_t j = 0; j < a->n_quasi; j++)
            if (cell[j] == b->star[j] && a->sheet->column[a->quasi[j]].cell[r] != b->star[j]) {
                a->sheet->column[a->quasi[j]].cell[r] = b->star[j];
                out->of_column[j]++;
                out->cells++;
            }
        if (--left[*u] == 0)
            *u = next[*u];
    }
    free(group_of);
    free(at);
    free(next);
    free(left);
    return VAULT_OK;
}

/* Nothing is believed: what was written is measured. */
static vault_err
verify(const struct job *b)
{
    const struct suppress_ask *a = b->ask;
    const struct risk_ask as = { .sheet = a->sheet, .quasi = a->quasi, .n_quasi = a->n_quasi, .sensitive = b->l == 0 ? RISK_NONE : a->sensitive, .k = b->k };
    struct risk r;
    vault_err err = risk_measure(&r, &as);

    for (int i = 0; err == VAULT_OK && i < 2; i++)
        if (r.figures[i].min_class < b->k || (b->l > 0 && r.figures[i].l_distinct_min < b->l))
            err = err_say(VAULT_ERR_FAILED, "report this", "suppression did not come to what it was to");
    risk_free(&r);
    return err;
}

/* The cells of the columns, to be put back. */
static uint32_t *
keep_cells(const struct suppress_ask *a)
{
    uint32_t *kept = malloc((a->n_quasi * a->sheet->n_rows + 1) * sizeof *kept);

    for (size_t j = 0; kept != NULL && j < a->n_quasi; j++)
        memcpy(kept + j * a->sheet->n_rows, a->sheet->column[a->quasi[j]].cell, a->sheet->n_rows * sizeof *kept);
    return kept;
}

vault_err
suppress_auto(struct suppressed *out, const struct suppress_ask *ask)
{
    struct job b = { .ask = ask };
    uint32_t *kept = keep_cells(ask);
    vault_err err = kept == NULL ? err_nomem() : start(&b);

    *out = (struct suppressed){ .of_column = calloc(ask->n_quasi + 1, sizeof *out->of_column) };
    if (err == VAULT_OK && out->of_column == NULL)
        err = err_nomem();
    if (err == VAULT_OK)
        err = try_ways(&b);
    if (err == VAULT_OK && !b.has_best)
        err = err_say(VAULT_ERR_REFUSED, "release more rows, or lower k or l", "no suppression helps: there are fewer than k = %u rows, or than l = %u sensitive values", b.k,
            b.l);
    if (err == VAULT_OK)
        err = write_cells(&b, out);
    if (err == VAULT_OK)
        err = verify(&b);
    for (size_t j = 0; err != VAULT_OK && kept != NULL && j < ask->n_quasi; j++)
        memcpy(ask->sheet->column[ask->quasi[j]].cell, kept + j * ask->sheet->n_rows, ask->sheet->n_rows * sizeof *kept);
    out->at_least = b.at_least;
    out->proven = err == VAULT_OK && out->cells == b.at_least;
    plan_free(&b.best);
    patterns_free(&b.p);
    free(b.star);
    free(b.kinds);
    free(kept);
    return err;
}

void
suppressed_free(struct suppressed *s)
{
    free(s->of_column);
    *s = (struct suppressed){ 0 };
}
