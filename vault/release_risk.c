/*
 * release_risk.c - the rows of a release against thresholds, in both readings of what is suppressed: see release.h.
 *
 * A release must pass read strictly (a suppressed cell is a value of its own) and leniently (it fits anything).
 */
#include "vault/release.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/release/risk.h"
#include "vault/release/suppress.h"
#include "vault/release/treat.h"

#define MILLION 1000000u

struct rows_risk {
    struct release *r;
    struct release_source *s;
    size_t *quasi, *sensitive;
    size_t n_quasi, n_sensitive;
    struct sheet population;
    bool has_population;
};

/* ---- which columns ---- */

/* What a reader may know of a person. A press name is what the press calls her: that she is known by it is the point. */
static vault_err
find_columns(struct rows_risk *x)
{
    const struct release_source *s = x->s;

    x->quasi = calloc(s->n_columns + 1, sizeof *x->quasi);
    x->sensitive = calloc(s->n_columns + 1, sizeof *x->sensitive);
    if (x->quasi == NULL || x->sensitive == NULL)
        return err_nomem();
    for (size_t i = s->skip; i < s->sheet.n_columns; i++) {
        if (s->sheet.column[i].role == SHEET_QUASI)
            x->quasi[x->n_quasi++] = i;
        if (s->sheet.column[i].role == SHEET_SENSITIVE)
            x->sensitive[x->n_sensitive++] = i;
    }
    return VAULT_OK;
}

/* ---- the population ---- */

/* Its values become what the release makes of them, where they are not that already. */
static vault_err
treat_population(struct rows_risk *x)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < x->n_quasi; i++) {
        const struct release_column *c = &x->s->column[x->quasi[i] - x->s->skip];
        const struct treatment to = { .treat = c->treat, .arg = c->arg, .h = c->h };
        size_t column, at_row;

        if (c->treat == TREAT_KEEP || !sheet_find_column(&x->population, c->f->name, &column))
            continue;
        err = treat_column(&x->population, column, NULL, &to, &at_row);
        if (err == VAULT_ERR_INPUT) {           /* coarse already: compared as it stands */
            vault_clear_error();
            err = VAULT_OK;
        }
    }
    return err;
}

static vault_err
read_population(struct rows_risk *x)
{
    char *path = NULL;
    vault_err err;

    if (x->r->p.population == NULL)
        return VAULT_OK;
    err = release_path(x->r, x->r->p.population, &path);
    if (err == VAULT_OK)
        err = sheet_read_csv(&x->population, path, '\0');
    if (err == VAULT_OK)
        err = treat_population(x);
    x->has_population = err == VAULT_OK;
    free(path);
    return err;
}

/* ---- suppression ---- */

static uint64_t
suppressed_cells(const struct rows_risk *x)
{
    uint64_t n = 0;

    for (size_t i = 0; i < x->n_quasi; i++) {
        const struct sheet_column *c = &x->s->sheet.column[x->quasi[i]];
        uint32_t value;

        if (!sheet_find_value(c, PART(SHEET_SUPPRESSED, strlen(SHEET_SUPPRESSED)), &value))
            continue;
        for (size_t k = 0; k < x->s->sheet.n_rows; k++)
            n += c->cell[k] == value;
    }
    return n;
}

static vault_err
suppress(struct rows_risk *x)
{
    struct release *r = x->r;
    const struct suppress_ask ask = { .sheet = &x->s->sheet, .quasi = x->quasi, .n_quasi = x->n_quasi,
        .sensitive = x->n_sensitive == 0 ? SIZE_MAX : x->sensitive[0], .k = r->p.k, .l = r->p.l, .m = r->p.m };
    struct suppressed done = {0};
    vault_err err;

    if (!r->p.suppress_auto)
        return VAULT_OK;
    err = suppress_auto(&done, &ask);
    if (err == VAULT_ERR_REFUSED) {
        struct vault_error why = *vault_last_error();

        vault_clear_error();
        err = refusal_add(&r->refusals, "k", NULL, x->s->sheet.name, "%s", why.text);
    } else if (err == VAULT_OK && done.cells > 0) {
        err = release_remark(r, "In %s, %" PRIu64 " values are kept back and shown as *, so that nobody stands out%s.", x->s->sheet.name, done.cells,
            done.proven ? "; fewer would not have been enough" : "");
    }
    suppressed_free(&done);
    return err;
}

static vault_err
judge_suppressed(struct rows_risk *x)
{
    uint64_t all = (uint64_t)x->n_quasi * x->s->sheet.n_rows, n = suppressed_cells(x);

    if (all == 0 || n * MILLION <= all * x->r->p.max_suppressed)
        return VAULT_OK;
    return refusal_add(&x->r->refusals, "suppressed", NULL, x->s->sheet.name,
        "%" PRIu64 " of %" PRIu64 " values are kept back, more than the policy allows (max_suppressed): coarsen instead", n, all);
}

/* ---- thresholds ---- */

static const char *const READING[] = { "", ", a value that is kept back being one of its own" };

static vault_err
judge_k(struct rows_risk *x, const struct risk_figures *f, enum risk_reading reading)
{
    struct release *r = x->r;
    const char *where = x->s->sheet.name;
    vault_err err = VAULT_OK;

    if (f->below_k > 0)
        err = refusal_add(&r->refusals, "k", NULL, where, "%" PRIu64 " rows look like fewer than %u (the least: %" PRIu64 ")%s", f->below_k, r->p.k, f->min_class, READING[reading]);
    if (err == VAULT_OK && x->has_population && f->k_map_min < r->p.k_map)
        err = refusal_add(&r->refusals, "k_map", NULL, where, "a row could be one of only %.6g people of the population, fewer than %u%s", f->k_map_min, r->p.k_map, READING[reading]);
    return err;
}

static vault_err
judge_l(struct rows_risk *x, const struct risk_figures *f, size_t column, enum risk_reading reading)
{
    char where[2 * NAME_MAX_BYTES + 2];

    if (!f->has_sensitive || f->l_distinct_min >= x->r->p.l)
        return VAULT_OK;
    snprintf(where, sizeof where, "%s.%s", x->s->sheet.name, x->s->sheet.column[column].name);
    return refusal_add(&x->r->refusals, "l", NULL, where, "rows that look the same have only %" PRIu64 " different value%s of it, fewer than %u%s: who is found is known", f->l_distinct_min,
        f->l_distinct_min == 1 ? "" : "s", x->r->p.l, READING[reading]);
}

static vault_err
judge_m(struct rows_risk *x, const struct risk_sets *sets)
{
    for (int reading = RISK_LENIENT; reading <= RISK_STRICT; reading++)
        if (sets->unique[reading] > 0)
            return refusal_add(&x->r->refusals, "m", NULL, x->s->sheet.name, "%" PRIu64 " rows are the only one with what at most %u columns tell of them%s", sets->unique[reading],
                x->r->p.m, READING[reading]);
    return VAULT_OK;
}

/* ---- figures ---- */

static void
number(struct buf *out, const char *name, double d)
{
    buf_fmt(out, ", \"%s\": %.9g", name, d);
}

static void
figures_json(struct buf *out, const struct risk_figures *f)
{
    buf_fmt(out, "\"records\": %" PRIu64 ", \"classes\": %" PRIu64 ", \"unique\": %" PRIu64 ", \"min_class\": %" PRIu64 ", \"below_k\": %" PRIu64, f->records, f->classes,
        f->unique, f->min_class, f->below_k);
    number(out, "avg_class", f->avg_class);
    number(out, "prosecutor_max", f->prosecutor_max);
    number(out, "prosecutor_avg", f->prosecutor_avg);
    if (f->has_population) {
        number(out, "journalist_max", f->journalist_max);
        number(out, "marketer", f->marketer);
        number(out, "k_map_min", f->k_map_min);
        number(out, "delta_max", f->delta_max);
    }
    if (f->has_sensitive) {
        buf_fmt(out, ", \"l_distinct_min\": %" PRIu64, f->l_distinct_min);
        number(out, "l_entropy_min", f->l_entropy_min);
        number(out, "t_max", f->t_max);
    }
}

/* Of the first type its figures stand at the top; of all of them below `types`. */
static void
tell_json(struct rows_risk *x, const struct risk *risk, double linked)
{
    struct buf *out = &x->r->risk;
    bool first = out->n == 0;

    if (first) {
        buf_str(out, "{");
        figures_json(out, &risk->figures[RISK_LENIENT]);
        number(out, "linked_max", linked);
        buf_str(out, ", \"strict\": {");
        figures_json(out, &risk->figures[RISK_STRICT]);
        buf_str(out, "}, \"types\": {");
    }
    buf_fmt(out, "%s\"%s\": {", first ? "" : ", ", x->s->sheet.name);
    figures_json(out, &risk->figures[RISK_LENIENT]);
    buf_str(out, ", \"strict\": {");
    figures_json(out, &risk->figures[RISK_STRICT]);
    buf_str(out, "}}");
}

/* What a reader types to get the figures again. */
static vault_err
command_of(struct rows_risk *x, struct buf *out)
{
    buf_fmt(out, "withheld risk %s.csv --quasi ", x->s->sheet.name);
    for (size_t i = 0; i < x->n_quasi; i++)
        buf_fmt(out, "%s%s", i == 0 ? "" : ",", x->s->sheet.column[x->quasi[i]].name);
    if (x->n_sensitive > 0)
        buf_fmt(out, " --sensitive %s", x->s->sheet.column[x->sensitive[0]].name);
    buf_fmt(out, " --k %u", x->r->p.k);
    return buf_cstr(out) == NULL ? err_nomem() : VAULT_OK;
}

static vault_err
tell_figure(struct rows_risk *x, const char *name, double strict, double lenient, const char *meaning, const char *command)
{
    struct release_figures *all = &x->r->figures;
    struct release_figure *p = array_room(all->list, all->n, &all->cap, sizeof *p);
    char *text[3] = { NULL, NULL, strdup(command) };
    bool made = p != NULL && asprintf(&text[0], "%.6g", strict) >= 0 && asprintf(&text[1], "%.6g", lenient) >= 0 && text[2] != NULL;

    if (p != NULL)
        all->list = p;
    if (!made) {
        for (size_t i = 0; i < 3; i++)
            free(text[i]);
        return err_nomem();
    }
    p[all->n++] = (struct release_figure){ .table = x->s->sheet.name, .name = name, .strict = text[0], .lenient = text[1], .meaning = meaning, .command = text[2] };
    return VAULT_OK;
}

static vault_err
tell_figures(struct rows_risk *x, const struct risk *risk)
{
    const struct risk_figures *s = &risk->figures[RISK_STRICT], *l = &risk->figures[RISK_LENIENT];
    const struct { const char *name; double strict, lenient; const char *meaning; } figure[] = {
        { "records", (double)s->records, (double)l->records, "rows" },
        { "classes", (double)s->classes, (double)l->classes, "different looks of a row" },
        { "min_class", (double)s->min_class, (double)l->min_class, "so many rows, at least, look like each row" },
        { "below_k", (double)s->below_k, (double)l->below_k, "rows that look like fewer than the threshold" },
        { "prosecutor_max", s->prosecutor_max, l->prosecutor_max, "highest chance to pick the right row of a person who is known to be in it" },
        { "prosecutor_avg", s->prosecutor_avg, l->prosecutor_avg, "the same, on average" } };
    struct buf command = BUF_INIT;
    vault_err err = command_of(x, &command);

    for (size_t i = 0; err == VAULT_OK && i < sizeof figure / sizeof figure[0]; i++)
        err = tell_figure(x, figure[i].name, figure[i].strict, figure[i].lenient, figure[i].meaning, (const char *)command.p);
    if (err == VAULT_OK && s->has_sensitive)
        err = tell_figure(x, "l_distinct_min", (double)s->l_distinct_min, (double)l->l_distinct_min, "different sensitive values, at least, among rows that look the same", (const char *)command.p);
    buf_free(&command);
    return err;
}

/* ---- one type ---- */

static vault_err
measure(struct rows_risk *x)
{
    struct risk_ask ask = { .sheet = &x->s->sheet, .quasi = x->quasi, .n_quasi = x->n_quasi, .sensitive = x->n_sensitive == 0 ? RISK_NONE : x->sensitive[0],
        .population = x->has_population ? &x->population : NULL, .k = x->r->p.k };
    struct risk_sets sets = {0};
    struct risk risk = {0};
    double linked = 0;
    vault_err err = risk_measure(&risk, &ask);

    for (int i = RISK_LENIENT; err == VAULT_OK && i <= RISK_STRICT; i++)
        err = judge_k(x, &risk.figures[i], (enum risk_reading)i);
    if (err == VAULT_OK && risk.figures[RISK_STRICT].below_k > 0)
        err = release_advise_k(x->r, x->s, &ask);
    if (err == VAULT_OK)
        err = release_linked_risk(x->r, x->s, risk.size[RISK_LENIENT], &linked);
    if (err == VAULT_OK) {
        tell_json(x, &risk, linked);
        err = tell_figures(x, &risk);
    }
    for (size_t c = 0; err == VAULT_OK && c < x->n_sensitive; c++) {
        if (c > 0) {
            risk_free(&risk);
            ask.sensitive = x->sensitive[c];
            ask.population = NULL;
            err = risk_measure(&risk, &ask);
        }
        for (int i = RISK_LENIENT; err == VAULT_OK && i <= RISK_STRICT; i++)
            err = judge_l(x, &risk.figures[i], x->sensitive[c], (enum risk_reading)i);
    }
    if (err == VAULT_OK)
        err = risk_sets_measure(&sets, &ask, x->r->p.m);
    if (err == VAULT_OK)
        err = judge_m(x, &sets);
    risk_sets_free(&sets);
    risk_free(&risk);
    return err;
}

static vault_err
judge_source(struct release *r, struct release_source *s)
{
    struct rows_risk x = { .r = r, .s = s };
    vault_err err = find_columns(&x);

    sheet_init(&x.population);
    if (err == VAULT_OK && x.n_quasi > 0)
        err = read_population(&x);
    if (err == VAULT_OK && x.n_quasi > 0)
        err = suppress(&x);
    if (err == VAULT_OK && x.n_quasi > 0)
        err = judge_suppressed(&x);
    if (err == VAULT_OK && x.n_quasi > 0)
        err = measure(&x);
    sheet_free(&x.population);
    free(x.quasi);
    free(x.sensitive);
    return err;
}

vault_err
release_judge_risk(struct release *r)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < r->n_sources; i++)
        if (r->source[i].kind == SOURCE_ROWS && r->source[i].sheet.n_rows > 0 && !r->p.single_case)
            err = judge_source(r, &r->source[i]);
    if (err == VAULT_OK && r->risk.n > 0)
        buf_str(&r->risk, "}}");
    return err == VAULT_OK ? buf_ok(&r->risk) : err;
}
