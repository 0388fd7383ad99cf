/*
 * risk.c - sizes of classes, and the measures that come of them.
 */
#include "vault/release/risk_priv.h"

#include <stdlib.h>
#include <string.h>

/* ---- each look ---- */

static vault_err
make_sizes(struct risk_looks *l, bool weighted)
{
    size_t n = l->p.n;

    for (int r = 0; r < 2; r++) {
        l->f[r] = malloc(n * sizeof *l->f[r]);
        if (weighted)
            l->F[r] = malloc(n * sizeof *l->F[r]);
        if (l->f[r] == NULL || (weighted && l->F[r] == NULL))
            return err_nomem();
    }
    for (size_t i = 0; i < n; i++) {
        l->f[RISK_STRICT][i] = l->p.rows[i];
        if (weighted)
            l->F[RISK_STRICT][i] = l->p.weight[i];
    }
    return patterns_fit(&l->p, &l->p, l->f[RISK_LENIENT], l->F[RISK_LENIENT]);
}

vault_err
risk_enough(const struct risk_looks *l, const double *people, size_t *at_row, const char *hint)
{
    for (size_t r = 0; r < l->p.n_rows; r++) {
        uint32_t look = l->p.of_row[r];

        if (people[look] < l->p.rows[look]) {
            *at_row = r;
            return err_say(VAULT_ERR_INPUT, hint, "the population is smaller than the release: %u rows look like this one, and fewer people do", l->p.rows[look]);
        }
    }
    return VAULT_OK;
}

static vault_err
judge_weights(const struct risk_ask *ask, size_t *at_row)
{
    for (size_t r = 0; ask->weight != NULL && r < ask->sheet->n_rows; r++)
        if (!(ask->weight[r] > 0 && ask->weight[r] <= 1e15)) {
            *at_row = r;
            return err_say(VAULT_ERR_INPUT, NULL, "a weight says how many people a row stands for, and is a number above zero");
        }
    return VAULT_OK;
}

static vault_err
looks_make(struct risk_looks *l, const struct risk_ask *ask, bool absent[2], size_t *at_row)
{
    const struct pattern_ask as = { .sheet = ask->sheet, .column = ask->quasi, .n_columns = ask->n_quasi, .suppressed = ask->suppressed, .weight = ask->weight };
    bool weighted = ask->weight != NULL || ask->population != NULL;
    vault_err err = judge_weights(ask, at_row);

    if (err == VAULT_OK)
        err = patterns_make(&l->p, &as);
    if (err == VAULT_OK)
        err = make_sizes(l, weighted);
    if (err == VAULT_OK && ask->population != NULL)
        err = risk_population(l, ask, absent, at_row);
    else if (err == VAULT_OK && weighted)
        err = risk_enough(l, l->F[RISK_LENIENT], at_row, "weights that add up to the population; a row stands for at least one person");
    return err;
}

static void
looks_free(struct risk_looks *l)
{
    patterns_free(&l->p);
    for (int r = 0; r < 2; r++) {
        free(l->f[r]);
        free(l->F[r]);
    }
}

/* ---- figures ---- */

static void
sum_sizes(struct risk_figures *g, const struct risk_looks *l, enum risk_reading reading, uint32_t k)
{
    const uint64_t *f = l->f[reading];
    double one_by = 0;

    g->records = l->p.n_rows;
    g->classes = l->p.n;
    g->min_class = f[0];
    for (size_t i = 0; i < l->p.n; i++) {
        one_by += l->p.rows[i] / (double)f[i];
        g->unique += f[i] == 1 ? l->p.rows[i] : 0;
        g->below_k += f[i] < k ? l->p.rows[i] : 0;
        g->min_class = f[i] < g->min_class ? f[i] : g->min_class;
    }
    g->prosecutor_max = 1 / (double)g->min_class;
    g->prosecutor_avg = one_by / (double)g->records;
    g->avg_class = (double)g->records / one_by;
}

static void
sum_population(struct risk_figures *g, const struct risk_looks *l, enum risk_reading reading, bool absent)
{
    const double *F = l->F[reading];
    double one_by = 0;

    g->has_population = true;
    g->k_map_min = F[0];
    g->delta_min = absent ? 0 : 1;
    for (size_t i = 0; i < l->p.n; i++) {
        double delta = (double)l->f[reading][i] / F[i];

        delta = delta > 1 ? 1 : delta;          /* leniently more rows may fit than people */
        one_by += l->p.rows[i] / F[i];
        g->k_map_min = F[i] < g->k_map_min ? F[i] : g->k_map_min;
        g->delta_max = delta > g->delta_max ? delta : g->delta_max;
        g->delta_min = delta < g->delta_min ? delta : g->delta_min;
    }
    g->journalist_max = 1 / g->k_map_min;
    g->marketer = one_by / (double)g->records;
}

static vault_err
give_rows(struct risk *out, const struct risk_looks *l)
{
    size_t n = l->p.n_rows;

    out->n_rows = n;
    for (int r = 0; r < 2; r++) {
        out->size[r] = malloc(n * sizeof *out->size[r]);
        if (l->F[r] != NULL)
            out->population[r] = malloc(n * sizeof *out->population[r]);
        if (out->size[r] == NULL || (l->F[r] != NULL && out->population[r] == NULL))
            return err_nomem();
        for (size_t i = 0; i < n; i++) {
            out->size[r][i] = l->f[r][l->p.of_row[i]];
            if (l->F[r] != NULL)
                out->population[r][i] = l->F[r][l->p.of_row[i]];
        }
    }
    return VAULT_OK;
}

vault_err
risk_measure(struct risk *out, const struct risk_ask *ask)
{
    struct risk_looks l = { .f = { NULL } };
    bool absent[2] = { false, false };
    vault_err err;

    *out = (struct risk){ .at_row = RISK_NONE };
    err = looks_make(&l, ask, absent, &out->at_row);
    for (int r = 0; err == VAULT_OK && r < 2; r++) {
        sum_sizes(&out->figures[r], &l, (enum risk_reading)r, ask->k);
        if (l.F[r] != NULL)
            sum_population(&out->figures[r], &l, (enum risk_reading)r, absent[r]);
    }
    if (err == VAULT_OK && ask->sensitive != RISK_NONE)
        err = risk_sensitive(out, &l, ask);
    if (err == VAULT_OK)
        err = give_rows(out, &l);
    looks_free(&l);
    return err;
}

void
risk_free(struct risk *r)
{
    for (int i = 0; i < 2; i++) {
        free(r->size[i]);
        free(r->population[i]);
    }
    *r = (struct risk){ .at_row = RISK_NONE };
}

/* ---- rows that belong together ---- */

double
risk_linked(const double *r, size_t n)
{
    double none = 1;

    for (size_t i = 0; i < n; i++)
        none *= 1 - r[i];
    return 1 - none;
}

void
risk_of_groups(double *out, size_t n_groups, const uint32_t *group, const uint64_t *size, size_t n_rows)
{
    for (size_t g = 0; g < n_groups; g++)
        out[g] = 1;
    for (size_t i = 0; i < n_rows; i++)
        if (group[i] < n_groups)
            out[group[i]] *= 1 - 1 / (double)size[i];
    for (size_t g = 0; g < n_groups; g++)
        out[g] = 1 - out[g];
}
