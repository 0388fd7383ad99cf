/*
 * table.c - counting rows, and a table as it is published.
 */
#include "vault/release/table.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
wipe_text(char *s)
{
    if (s != NULL)
        sodium_memzero(s, strlen(s));
    free(s);
}

void
table_free(struct table *t)
{
    for (size_t d = 0; d < t->n_dims; d++) {
        for (uint32_t i = 0; i < t->dim[d].n; i++)
            wipe_text(t->dim[d].category[i]);
        free(t->dim[d].category);
        free(t->dim[d].name);
    }
    if (t->count != NULL)
        sodium_memzero(t->count, t->n_cells * sizeof *t->count);
    free(t->count);
    free(t->state);
    free(t->name);
    *t = (struct table){0};
}

size_t
table_cell(const struct table *t, const uint32_t *place)
{
    size_t cell = 0;

    for (size_t d = 0; d < t->n_dims; d++)
        cell = cell * (t->dim[d].n + 1) + place[d];
    return cell;
}

void
table_place(const struct table *t, size_t cell, uint32_t *place)
{
    for (size_t d = t->n_dims; d-- > 0; cell /= t->dim[d].n + 1)
        place[d] = (uint32_t)(cell % (t->dim[d].n + 1));
}

/* ---- counting ---- */

/* Numbers of the values that occur, and the place of each in the order of texts. */
struct order {
    uint32_t *place;            /* for each value of the column */
    const struct sheet_column *c;
};

static const char *
category_text(const struct sheet_column *c, uint32_t value)
{
    return c->value[value][0] == '\0' ? TABLE_NOT_KNOWN : c->value[value];
}

static int
by_text(const void *a, const void *b, void *column)
{
    const uint32_t *x = a, *y = b;

    return strcmp(category_text(column, *x), category_text(column, *y));
}

static vault_err
check_category(const char *text, const char *before, const char *column)
{
    if (strlen(text) > TABLE_NAME_MAX)
        return err_say(VAULT_ERR_INPUT, "a table counts by values that repeat, not by text", "column %s has a value of more than %u bytes",
            column, TABLE_NAME_MAX);
    if (strcmp(text, TABLE_TOTAL) == 0 || strcmp(text, SHEET_SUPPRESSED) == 0)
        return err_say(VAULT_ERR_INPUT, "treat the column so that its values have other names",
            "column %s has a value that reads as %s, which stands for something else in a table", column,
            text[0] == '*' ? "suppressed" : "a total");
    if (before != NULL && strcmp(text, before) == 0)
        return err_say(VAULT_ERR_INPUT, "treat the column so that its values have other names",
            "column %s has rows without a value and the value \"%s\"", column, TABLE_NOT_KNOWN);
    return VAULT_OK;
}

/* value: numbers of values that occur; afterwards sorted. */
static vault_err
take_categories(struct table_dim *d, uint32_t *value, uint32_t n, const struct sheet_column *c, uint32_t *place)
{
    vault_err err = VAULT_OK;

    qsort_r(value, n, sizeof *value, by_text, (void *)(uintptr_t)c);
    d->category = calloc(n == 0 ? 1 : n, sizeof *d->category);
    if (d->category == NULL)
        return err_nomem();
    for (uint32_t i = 0; err == VAULT_OK && i < n; i++) {
        err = check_category(category_text(c, value[i]), i == 0 ? NULL : d->category[i - 1], c->name);
        if (err != VAULT_OK)
            break;
        d->category[i] = strdup(category_text(c, value[i]));
        if (d->category[i] == NULL)
            return err_nomem();
        d->n = i + 1;
        place[value[i]] = i;
    }
    return err;
}

static vault_err
take_dim(struct table_dim *d, const struct sheet *s, const struct sheet_column *c, uint32_t *place)
{
    uint32_t *value = calloc((size_t)c->n_values + 1, sizeof *value), n = 0;
    vault_err err = VAULT_OK;

    d->name = strdup(c->name);
    d->role = c->role;
    d->treat = c->treat;
    d->arg = c->arg;
    if (value == NULL || d->name == NULL)
        err = err_nomem();
    /* A column may know values that no row has any more. */
    for (size_t r = 0; err == VAULT_OK && r < s->n_rows; r++)
        place[c->cell[r]] = 1;
    for (uint32_t v = 0; err == VAULT_OK && v < c->n_values; v++)
        if (place[v] != 0)
            value[n++] = v;
    if (err == VAULT_OK)
        err = take_categories(d, value, n, c, place);
    free(value);
    return err;
}

static vault_err
room_for_cells(struct table *t)
{
    size_t n = 1;

    for (size_t d = 0; d < t->n_dims; d++) {
        if (t->dim[d].n + 1 > TABLE_CELLS_MAX / n)
            return err_say(VAULT_ERR_INPUT, "count by fewer columns, or by coarser values", "table %s has more than %u cells",
                t->name, TABLE_CELLS_MAX);
        n *= t->dim[d].n + 1;
    }
    t->count = calloc(n, sizeof *t->count);
    t->state = calloc(n, 1);
    if (t->count == NULL || t->state == NULL)
        return err_nomem();
    t->n_cells = n;
    return VAULT_OK;
}

/* Totals, one dimension after the other: those of a later one add up totals of the earlier ones, too. */
static void
add_totals(struct table *t)
{
    size_t step = 1;

    for (size_t d = t->n_dims; d-- > 0; step *= t->dim[d].n + 1) {
        size_t places = t->dim[d].n + 1;

        for (size_t cell = 0; cell < t->n_cells; cell++) {
            size_t place = cell / step % places;

            if (place < t->dim[d].n)
                t->count[cell + (t->dim[d].n - place) * step] += t->count[cell];
        }
    }
}

static void
count_rows(struct table *t, const struct sheet *s, const struct order *order)
{
    for (size_t r = 0; r < s->n_rows; r++) {
        uint32_t place[TABLE_DIMS_MAX];

        for (size_t d = 0; d < t->n_dims; d++)
            place[d] = order[d].place[order[d].c->cell[r]];
        t->count[table_cell(t, place)]++;
    }
    add_totals(t);
}

static vault_err
find_columns(struct order *order, const struct sheet *s, const char *name, const char *const *by, size_t n)
{
    for (size_t d = 0; d < n; d++) {
        size_t at;

        if (!sheet_find_column(s, by[d], &at))
            return err_say(VAULT_ERR_NOT_FOUND, "a table counts by fields that the policy does not drop",
                "table %s counts by %s, which is no column of its rows", name, by[d]);
        order[d].c = &s->column[at];
        for (size_t e = 0; e < d; e++)
            if (order[e].c == order[d].c)
                return err_say(VAULT_ERR_INPUT, NULL, "table %s counts by %s twice", name, by[d]);
        order[d].place = calloc((size_t)order[d].c->n_values + 1, sizeof *order[d].place);
        if (order[d].place == NULL)
            return err_nomem();
    }
    return VAULT_OK;
}

static vault_err
check_request(const char *name, const char *const *by, size_t n_by, unsigned min_count)
{
    if (n_by == 0 || n_by > TABLE_DIMS_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "table %s must count by 1 to %u columns", name, TABLE_DIMS_MAX);
    if (strlen(name) > TABLE_NAME_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "the name of a table has more than %u bytes", TABLE_NAME_MAX);
    for (size_t i = 0; i < n_by; i++)
        if (strlen(by[i]) > TABLE_NAME_MAX)
            return err_say(VAULT_ERR_INPUT, NULL, "table %s counts by a column whose name has more than %u bytes", name, TABLE_NAME_MAX);
    if (min_count == 0 || min_count > TABLE_MIN_COUNT_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "the min_count of table %s must be 1 to %u", name, TABLE_MIN_COUNT_MAX);
    return VAULT_OK;
}

vault_err
table_count(struct table *out, const struct sheet *s, const char *name, const char *const *by, size_t n_by, unsigned min_count)
{
    struct order order[TABLE_DIMS_MAX] = {{0}};
    struct table t = { .name = strdup(name), .min_count = min_count };
    vault_err err = t.name == NULL ? err_nomem() : check_request(name, by, n_by, min_count);

    if (err == VAULT_OK)
        err = find_columns(order, s, name, by, n_by);
    for (size_t d = 0; err == VAULT_OK && d < n_by; d++) {
        t.n_dims = d + 1;
        err = take_dim(&t.dim[d], s, order[d].c, order[d].place);
    }
    if (err == VAULT_OK)
        err = room_for_cells(&t);
    if (err == VAULT_OK) {
        count_rows(&t, s, order);
        *out = t;
        t = (struct table){0};
    }
    table_free(&t);
    for (size_t d = 0; d < TABLE_DIMS_MAX; d++)
        free(order[d].place);
    return err;
}

/* ---- as it is published ---- */

static vault_err
put_cell(struct sheet *out, const struct table *t, size_t cell)
{
    uint32_t place[TABLE_DIMS_MAX];
    char number[24];
    const char *text = number;
    vault_err err = sheet_add_row(out);

    table_place(t, cell, place);
    for (size_t d = 0; err == VAULT_OK && d < t->n_dims; d++) {
        text = place[d] < t->dim[d].n ? t->dim[d].category[place[d]] : TABLE_TOTAL;
        err = sheet_set(out, out->n_rows - 1, d, PART(text, strlen(text)));
    }
    (void)snprintf(number, sizeof number, "%" PRId64, t->count[cell]);
    text = t->state[cell] == TABLE_PUBLISHED ? number : SHEET_SUPPRESSED;
    if (err == VAULT_OK)
        err = sheet_set(out, out->n_rows - 1, t->n_dims, PART(text, strlen(text)));
    return err;
}

vault_err
table_sheet(struct sheet *out, const struct table *t)
{
    struct sheet_column *c;
    vault_err err = sheet_name(out, t->name);

    for (size_t d = 0; err == VAULT_OK && d < t->n_dims; d++) {
        err = sheet_add_column(out, t->dim[d].name, &c);
        if (err == VAULT_OK) {
            c->role = t->dim[d].role;
            c->treat = t->dim[d].treat;
            c->arg = t->dim[d].arg;
        }
    }
    if (err == VAULT_OK)
        err = sheet_add_column(out, "count", NULL);
    for (size_t cell = 0; err == VAULT_OK && cell < t->n_cells; cell++)
        err = put_cell(out, t, cell);
    return err;
}
