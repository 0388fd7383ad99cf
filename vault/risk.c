/*
 * risk.c - the risk of a table in a file: vault_risk.
 *
 * The measures know rows and columns; here they become files, lines and names of columns.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vault/release/risk.h"
#include "vault/release/treat.h"
#include "vault/vault.h"

struct judged {
    const struct vault_risk_ask *ask;
    struct sheet data, people;
    size_t *quasi;
    size_t sensitive, weights;
    double *weight;
};

static const char *
file_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* Puts file, line and column before the sentence that was just said. */
static vault_err
place_error(const struct judged *j, const char *path, size_t row, size_t column)
{
    const struct vault_error was = *vault_last_error();
    uint64_t line = 0;

    if (sheet_csv_line(&line, path, j->ask->separator, row) != VAULT_OK)
        line = row + 2;
    return err_say(was.code, was.hint, "%s: line %" PRIu64 ", column %zu: %s", file_of(path), line, column + 1, was.text);
}

/* ---- columns ---- */

static vault_err
read_table(struct sheet *s, const char *path, char separator)
{
    vault_err err = sheet_read_csv(s, path, separator);

    if (err == VAULT_ERR_INPUT)
        err_prefix("%s: ", file_of(path));
    return err;
}

static vault_err
find_column(size_t *out, const struct sheet *s, const char *path, const char *name)
{
    if (sheet_find_column(s, name, out))
        return VAULT_OK;
    return err_say(VAULT_ERR_INPUT, "names of columns are as in the first line, capitals too", "%s: line 1, column %zu: the header ends here, and no column is called %s",
        file_of(path), s->n_columns, name);
}

static vault_err
find_columns(struct judged *j)
{
    const struct vault_risk_ask *a = j->ask;
    vault_err err = a->n_quasi == 0 ? err_say(VAULT_ERR_INPUT, "as in --quasi born,town,sex", "no column is named by which people may be known") : VAULT_OK;

    j->quasi = calloc(a->n_quasi + 1, sizeof *j->quasi);
    if (err == VAULT_OK && j->quasi == NULL)
        err = err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < a->n_quasi; i++) {
        err = find_column(&j->quasi[i], &j->data, a->data, a->quasi[i]);
        for (size_t b = 0; err == VAULT_OK && b < i; b++)
            if (j->quasi[b] == j->quasi[i])
                err = err_say(VAULT_ERR_INPUT, NULL, "column %s is named twice", a->quasi[i]);
    }
    j->sensitive = j->weights = RISK_NONE;
    if (err == VAULT_OK && a->sensitive != NULL)
        err = find_column(&j->sensitive, &j->data, a->data, a->sensitive);
    if (err == VAULT_OK && a->weights != NULL)
        err = find_column(&j->weights, &j->data, a->data, a->weights);
    for (size_t i = 0; err == VAULT_OK && i < a->n_quasi; i++)
        if (j->quasi[i] == j->sensitive || j->quasi[i] == j->weights)
            err = err_say(VAULT_ERR_INPUT, NULL, "column %s cannot be a quasi-identifier and something else", a->quasi[i]);
    return err;
}

/* ---- weights ---- */

/* No locale, no "inf", "nan" or hexadecimal digits. */
static bool
read_weight(double *out, const char *text)
{
    char *end;

    if (text[0] == '\0' || strspn(text, "0123456789.eE+-") != strlen(text))
        return false;
    *out = strtod(text, &end);
    return *end == '\0' && *out > 0 && *out <= 1e15;
}

static vault_err
read_weights(struct judged *j)
{
    if (j->weights == RISK_NONE)
        return VAULT_OK;
    j->weight = malloc((j->data.n_rows + 1) * sizeof *j->weight);
    if (j->weight == NULL)
        return err_nomem();
    for (size_t r = 0; r < j->data.n_rows; r++)
        if (!read_weight(&j->weight[r], sheet_text(&j->data, r, j->weights))) {
            (void)err_say(VAULT_ERR_INPUT, "as in 18 or 45.5", "a weight that is not a number above zero");
            return place_error(j, j->ask->data, r, j->weights);
        }
    return VAULT_OK;
}

/* ---- hierarchies ---- */

static bool
is_name_of_file(const char *name)
{
    return name[0] != '.' && strchr(name, '/') == NULL;
}

/* A word of the caller's own for what is kept back is none of the values that treatments know: its cells stand empty meanwhile. */
static bool *
hide_own(struct sheet_column *c, size_t rows, const char *suppressed)
{
    bool *own = calloc(rows + 1, sizeof *own);
    uint32_t value;

    if (own == NULL || suppressed == NULL || !sheet_find_value(c, PART(suppressed, strlen(suppressed)), &value))
        return own;
    for (size_t r = 0; r < rows; r++)
        if (c->cell[r] == value) {
            own[r] = true;
            c->cell[r] = 0;
        }
    return own;
}

static vault_err
show_own(struct sheet *s, size_t column, const bool *own, const char *suppressed)
{
    vault_err err = VAULT_OK;

    for (size_t r = 0; err == VAULT_OK && r < s->n_rows; r++)
        if (own[r])
            err = sheet_set(s, r, column, PART(suppressed, strlen(suppressed)));
    return err;
}

static vault_err
raise_column(struct judged *j, struct sheet *s, const char *path, size_t column, const struct treatment *to)
{
    bool *own = hide_own(&s->column[column], s->n_rows, j->ask->suppressed);
    size_t at_row = SIZE_MAX;
    vault_err err = own == NULL ? err_nomem() : treat_column(s, column, NULL, to, &at_row);

    if (err == VAULT_ERR_INPUT && at_row != SIZE_MAX)
        err = place_error(j, path, at_row, column);
    if (err == VAULT_OK)
        err = show_own(s, column, own, j->ask->suppressed);
    free(own);
    return err;
}

static vault_err
raise_both(struct judged *j, size_t i, const struct treatment *to)
{
    size_t there;
    vault_err err = raise_column(j, &j->data, j->ask->data, j->quasi[i], to);

    if (err == VAULT_OK && j->ask->population != NULL && sheet_find_column(&j->people, j->ask->quasi[i], &there))
        err = raise_column(j, &j->people, j->ask->population, there, to);
    return err;
}

static vault_err
raise_one(struct judged *j, size_t i)
{
    const struct vault_risk_ask *a = j->ask;
    struct treatment to = { TREAT_HIERARCHY, a->levels[i], NULL };
    struct hierarchy *h = NULL;
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s.csv", a->hierarchies, a->quasi[i]);
    vault_err err;

    if (n < 0 || (size_t)n >= sizeof path || !is_name_of_file(a->quasi[i]))
        return err_say(VAULT_ERR_INPUT, NULL, "no file can have the name of column %s", a->quasi[i]);
    err = hierarchy_read(&h, path);
    if (err == VAULT_OK && to.arg >= hierarchy_levels(h))
        err = err_say(VAULT_ERR_INPUT, "level 0 is the value itself", "%s.csv: line 1, column %u: the hierarchy ends with level %u", a->quasi[i], hierarchy_levels(h),
            hierarchy_levels(h) - 1);
    to.h = h;
    if (err == VAULT_OK)
        err = raise_both(j, i, &to);
    hierarchy_free(h);
    return err;
}

static vault_err
raise_levels(struct judged *j)
{
    const struct vault_risk_ask *a = j->ask;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && a->levels != NULL && i < a->n_quasi; i++)
        if (a->levels[i] > 0)
            err = a->hierarchies == NULL ? err_say(VAULT_ERR_INPUT, "as in --hierarchies FOLDER", "levels need a folder of hierarchies") : raise_one(j, i);
    return err;
}

/* ---- figures ---- */

static void
copy_figures(struct vault_risk_figures *out, const struct risk_figures *g)
{
    *out = (struct vault_risk_figures){ .records = g->records, .classes = g->classes, .unique = g->unique, .min_class = g->min_class,
        .below_k = g->below_k, .avg_class = g->avg_class, .prosecutor_max = g->prosecutor_max, .prosecutor_avg = g->prosecutor_avg,
        .has_population = g->has_population, .journalist_max = g->journalist_max, .marketer = g->marketer, .k_map_min = g->k_map_min,
        .delta_max = g->delta_max, .delta_min = g->delta_min, .has_sensitive = g->has_sensitive, .l_distinct_min = g->l_distinct_min,
        .l_entropy_min = g->l_entropy_min, .t_max = g->t_max };
}

static vault_err
measure_sets(struct vault_risk *out, const struct risk_ask *as, unsigned m)
{
    struct risk_sets s = { .n = 0 };
    vault_err err = risk_sets_measure(&s, as, m);

    if (err == VAULT_OK) {
        out->sets = s.n;
        out->lenient.set_unique = s.unique[RISK_LENIENT];
        out->strict.set_unique = s.unique[RISK_STRICT];
    }
    risk_sets_free(&s);
    return err;
}

static vault_err
measure(struct vault_risk *out, const struct judged *j)
{
    const struct vault_risk_ask *a = j->ask;
    const struct risk_ask as = { .sheet = &j->data, .quasi = j->quasi, .n_quasi = a->n_quasi, .sensitive = j->sensitive, .weight = j->weight,
        .population = a->population == NULL ? NULL : &j->people, .suppressed = a->suppressed, .k = a->k };
    struct vault_risk got = { .sets = 0 };
    struct risk r = { .at_row = RISK_NONE };
    vault_err err = risk_measure(&r, &as);

    if (err == VAULT_ERR_INPUT && r.at_row != RISK_NONE)
        err = place_error(j, a->data, r.at_row, j->quasi[0]);
    else if (err == VAULT_ERR_INPUT && a->population != NULL)
        err_prefix("%s: line %zu, column 1: ", file_of(a->population), j->people.n_rows + 1);
    if (err == VAULT_OK) {
        copy_figures(&got.lenient, &r.figures[RISK_LENIENT]);
        copy_figures(&got.strict, &r.figures[RISK_STRICT]);
        if (a->m > 0)
            err = measure_sets(&got, &as, a->m);
    }
    if (err == VAULT_OK)
        *out = got;
    risk_free(&r);
    return err;
}

vault_err
vault_risk(struct vault_risk *out, const struct vault_risk_ask *ask)
{
    struct judged j = { .ask = ask };
    vault_err err;

    vault_clear_error();
    sheet_init(&j.data);
    sheet_init(&j.people);
    err = read_table(&j.data, ask->data, ask->separator);
    if (err == VAULT_OK)
        err = find_columns(&j);
    if (err == VAULT_OK && ask->population != NULL)
        err = read_table(&j.people, ask->population, ask->separator);
    for (size_t i = 0; err == VAULT_OK && ask->population != NULL && i < ask->n_quasi; i++) {
        size_t there;

        err = find_column(&there, &j.people, ask->population, ask->quasi[i]);
    }
    if (err == VAULT_OK)
        err = read_weights(&j);
    if (err == VAULT_OK)
        err = raise_levels(&j);
    if (err == VAULT_OK)
        err = measure(out, &j);
    sheet_free(&j.data);
    sheet_free(&j.people);
    free(j.quasi);
    free(j.weight);
    return err;
}
