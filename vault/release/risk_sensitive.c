/*
 * risk_sensitive.c - what a class tells of the sensitive column: distinct values, entropy, distance from the whole.
 *
 * Strictly, a suppressed or empty sensitive cell is a value of its own. Leniently, nobody knows what it is: it adds no value to the distinct ones, for
 * the entropy it is taken for the commonest of its class (the worst that it could be), and for the distance it is left out, of the class and of the whole.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vault/release/risk_priv.h"

#define COUNTS_MAX ((uint64_t)300000000)        /* values of all classes together; some ten seconds */

/* ---- how often each value stands in each bin of rows ---- */

struct counts {
    uint32_t *start;            /* of bin i: from start[i] to start[i + 1] */
    uint32_t *value, *count;
};

/* Numbers counted one after the other, and taken back by the list of those seen. */
struct tally {
    uint32_t *count, *seen;
    uint32_t n;
};

static vault_err
tally_make(struct tally *t, uint32_t values)
{
    t->n = 0;
    t->count = calloc((size_t)values + 1, sizeof *t->count);
    t->seen = malloc(((size_t)values + 1) * sizeof *t->seen);
    return t->count == NULL || t->seen == NULL ? err_nomem() : VAULT_OK;
}

static void
tally_free(struct tally *t)
{
    free(t->count);
    free(t->seen);
}

static void
tally_add(struct tally *t, uint32_t value, uint32_t n)
{
    if (t->count[value] == 0)
        t->seen[t->n++] = value;
    t->count[value] += n;
}

static void
tally_clear(struct tally *t)
{
    for (uint32_t i = 0; i < t->n; i++)
        t->count[t->seen[i]] = 0;
    t->n = 0;
}

static vault_err
counts_make(struct counts *c, size_t rows, size_t bins_max)
{
    c->start = malloc((bins_max + 2) * sizeof *c->start);
    c->value = malloc((rows + 1) * sizeof *c->value);
    c->count = malloc((rows + 1) * sizeof *c->count);
    return c->start == NULL || c->value == NULL || c->count == NULL ? err_nomem() : VAULT_OK;
}

static void
counts_free(struct counts *c)
{
    free(c->start);
    free(c->value);
    free(c->count);
}

struct column_view {
    const uint32_t *cell;
    const uint8_t *suppressed;
    uint32_t n_values;
    size_t n_rows;
};

/* The rows sorted by bin lie in `order` (room for all). of_row gives a look, of (or NULL) the bin of a look. */
static void
counts_fill(struct counts *c, struct tally *t, const struct column_view *v, const uint32_t *of_row, const uint32_t *of, uint32_t bins, uint32_t *order)
{
    uint32_t at = 0, from = 0;

    memset(c->start, 0, (bins + 2) * sizeof *c->start);
    for (size_t r = 0; r < v->n_rows; r++)
        c->start[(of == NULL ? of_row[r] : of[of_row[r]]) + 2]++;
    for (uint32_t b = 0; b < bins; b++)
        c->start[b + 2] += c->start[b + 1];
    for (size_t r = 0; r < v->n_rows; r++)
        order[c->start[(of == NULL ? of_row[r] : of[of_row[r]]) + 1]++] = (uint32_t)r;
    for (uint32_t b = 0; b < bins; b++) {
        uint32_t end = c->start[b + 1];

        for (; from < end; from++)
            tally_add(t, v->cell[order[from]], 1);
        c->start[b] = at;
        for (uint32_t i = 0; i < t->n; i++, at++) {
            c->value[at] = t->seen[i];
            c->count[at] = t->count[t->seen[i]];
        }
        tally_clear(t);
    }
    c->start[bins] = at;
}

static void
counts_add(struct tally *t, const struct counts *c, uint32_t bin)
{
    for (uint32_t i = c->start[bin]; i < c->start[bin + 1]; i++)
        tally_add(t, c->value[i], c->count[i]);
}

/* ---- one class ---- */

struct worst {
    uint64_t distinct;
    double entropy, t;
};

struct judge {
    struct worst worst;
    const struct column_view *v;
    const double *whole;        /* of each value: its share of the sheet */
    bool lenient;
};

static double
entropy_term(double n, double all)
{
    return n > 0 ? -n / all * log(n / all) : 0;
}

static void
judge_class(struct judge *j, const struct tally *t)
{
    double all = 0, known = 0, most = 0, entropy = 0, apart = 0, rest = 1;
    uint64_t distinct = 0;

    for (uint32_t i = 0; i < t->n; i++) {
        double n = t->count[t->seen[i]];

        all += n;
        if (j->lenient && j->v->suppressed[t->seen[i]])
            continue;
        known += n;
        distinct++;
        most = n > most ? n : most;
    }
    for (uint32_t i = 0; i < t->n; i++) {
        uint32_t value = t->seen[i];
        double n = t->count[value];

        if (j->lenient && j->v->suppressed[value])
            continue;
        entropy += entropy_term(n, all);
        apart += fabs(n / known - j->whole[value]);
        rest -= j->whole[value];
    }
    if (known < all)            /* the unknown ones go to the commonest */
        entropy += entropy_term(most + all - known, all) - entropy_term(most, all);
    apart = known > 0 ? (apart + (rest > 0 ? rest : 0)) / 2 : 0;
    distinct = distinct == 0 ? 1 : distinct;
    j->worst.distinct = distinct < j->worst.distinct ? distinct : j->worst.distinct;
    j->worst.entropy = entropy < j->worst.entropy ? entropy : j->worst.entropy;
    j->worst.t = apart > j->worst.t ? apart : j->worst.t;
}

/* ---- all classes ---- */

struct work {
    struct column_view v;
    struct tally t;
    struct counts c;
    uint32_t *order;
    double *whole;
    uint8_t *suppressed;
};

static void
share_whole(struct work *w, bool lenient)
{
    double all = 0;

    memset(w->whole, 0, ((size_t)w->v.n_values + 1) * sizeof *w->whole);
    for (size_t r = 0; r < w->v.n_rows; r++)
        if (!(lenient && w->suppressed[w->v.cell[r]])) {
            w->whole[w->v.cell[r]]++;
            all++;
        }
    for (uint32_t i = 0; all > 0 && i < w->v.n_values; i++)
        w->whole[i] /= all;
}

/* Rows that show nothing in common all fit each other, and each may bring a value of its own. */
static vault_err
too_many_counts(void)
{
    return err_say(VAULT_ERR_INPUT, "fewer different sensitive values, or whole columns suppressed", "too many sensitive values among rows that fit each other, as what they show differs");
}

static vault_err
lenient_classes(struct work *w, struct judge *j, const struct patterns *p)
{
    struct fits f;
    uint64_t added = 0;
    vault_err err = fits_make(&f, p, p);

    for (uint32_t m = 0; err == VAULT_OK && m < p->n_masks; m++) {
        fits_for(&f, m);
        counts_fill(&w->c, &w->t, &w->v, p->of_row, f.of, f.n, w->order);
        for (uint32_t i = 0; err == VAULT_OK && i < p->n; i++) {
            uint32_t g;

            if (p->mask[i] != m)
                continue;
            for (uint32_t view = 0; view < f.n_views; view++)
                if (fits_find(&f, i, view, &g))
                    counts_add(&w->t, &w->c, g);
            judge_class(j, &w->t);
            added += w->t.n;
            tally_clear(&w->t);
            if (added > COUNTS_MAX)
                err = too_many_counts();
        }
    }
    fits_free(&f);
    return err;
}

static void
strict_classes(struct work *w, struct judge *j, const struct patterns *p)
{
    counts_fill(&w->c, &w->t, &w->v, p->of_row, NULL, p->n, w->order);
    for (uint32_t i = 0; i < p->n; i++) {
        counts_add(&w->t, &w->c, i);
        judge_class(j, &w->t);
        tally_clear(&w->t);
    }
}

static vault_err
work_make(struct work *w, const struct patterns *p, const struct risk_ask *ask)
{
    const struct sheet_column *c = &ask->sheet->column[ask->sensitive];
    vault_err err;

    w->suppressed = patterns_suppressed(c, ask->suppressed);
    w->order = malloc((p->n_rows + 1) * sizeof *w->order);
    w->whole = malloc(((size_t)c->n_values + 1) * sizeof *w->whole);
    if (w->suppressed == NULL || w->order == NULL || w->whole == NULL)
        return err_nomem();
    w->v = (struct column_view){ .cell = c->cell, .suppressed = w->suppressed, .n_values = c->n_values, .n_rows = p->n_rows };
    err = tally_make(&w->t, c->n_values);
    if (err == VAULT_OK)
        err = counts_make(&w->c, p->n_rows, p->n);
    return err;
}

static void
work_free(struct work *w)
{
    counts_free(&w->c);
    tally_free(&w->t);
    free(w->suppressed);
    free(w->order);
    free(w->whole);
}

vault_err
risk_sensitive(struct risk *out, const struct risk_looks *l, const struct risk_ask *ask)
{
    struct work w = { .order = NULL };
    vault_err err = work_make(&w, &l->p, ask);

    for (int r = 0; err == VAULT_OK && r < 2; r++) {
        struct judge j = { .worst = { UINT64_MAX, INFINITY, 0 }, .v = &w.v, .whole = w.whole, .lenient = r == RISK_LENIENT };
        struct risk_figures *g = &out->figures[r];

        share_whole(&w, j.lenient);
        if (j.lenient)
            err = lenient_classes(&w, &j, &l->p);
        else
            strict_classes(&w, &j, &l->p);
        g->has_sensitive = true;
        g->l_distinct_min = j.worst.distinct;
        g->l_entropy_min = exp(j.worst.entropy);
        g->t_max = j.worst.t;
    }
    work_free(&w);
    return err;
}
