/*
 * sheet.c - a table in memory: columns of numbered texts.
 */
#include "vault/release/sheet.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"

#define SLOTS_FIRST 64u
#define ROWS_FIRST 256u

void
sheet_init(struct sheet *s)
{
    *s = (struct sheet){0};
}

static void
wipe_text(char *s)
{
    if (s != NULL)
        sodium_memzero(s, strlen(s));
    free(s);
}

static void
column_free(struct sheet_column *c)
{
    for (uint32_t i = 0; i < c->n_values; i++)
        wipe_text(c->value[i]);
    free(c->value);
    free(c->slot);
    free(c->cell);
    free(c->name);
}

void
sheet_free(struct sheet *s)
{
    for (size_t i = 0; i < s->n_columns; i++)
        column_free(&s->column[i]);
    free(s->column);
    free(s->name);
    sheet_init(s);
}

vault_err
sheet_name(struct sheet *s, const char *name)
{
    char *copy = strdup(name);

    if (copy == NULL)
        return err_nomem();
    free(s->name);
    s->name = copy;
    return VAULT_OK;
}

/* ---- values ---- */

/* FNV-1a (Fowler, Noll, Vo): who chooses texts that collide slows down his own release only. */
static size_t
text_hash(struct part text)
{
    const uint8_t *p = text.p;
    uint64_t h = 14695981039346656037u;

    for (size_t i = 0; i < text.n; i++)
        h = (h ^ p[i]) * 1099511628211u;
    return (size_t)(h ^ h >> 29);
}

/* Where the text is, or would be: a slot holds the number of a value plus one. */
static uint32_t *
slot_of(const struct sheet_column *c, struct part text)
{
    size_t i = text_hash(text) & (c->n_slots - 1);

    while (c->slot[i] != 0) {
        const char *value = c->value[c->slot[i] - 1];

        if (strncmp(value, text.p == NULL ? "" : text.p, text.n) == 0 && value[text.n] == '\0')
            break;
        i = (i + 1) & (c->n_slots - 1);
    }
    return &c->slot[i];
}

static vault_err
more_slots(struct sheet_column *c)
{
    size_t n = c->n_slots == 0 ? SLOTS_FIRST : c->n_slots * 2;
    uint32_t *fresh = calloc(n, sizeof *fresh);

    if (fresh == NULL)
        return err_nomem();
    free(c->slot);
    c->slot = fresh;
    c->n_slots = n;
    for (uint32_t i = 0; i < c->n_values; i++)
        *slot_of(c, PART(c->value[i], strlen(c->value[i]))) = i + 1;
    return VAULT_OK;
}

bool
sheet_find_value(const struct sheet_column *c, struct part text, uint32_t *out)
{
    uint32_t found = c->n_slots == 0 ? 0 : *slot_of(c, text);

    if (found != 0)
        *out = found - 1;
    return found != 0;
}

static vault_err
add_value(struct sheet_column *c, struct part text)
{
    char **more = array_room(c->value, c->n_values, &c->cap_values, sizeof *more);
    char *copy;

    if (more == NULL)
        return err_nomem();
    c->value = more;
    copy = malloc(text.n + 1);
    if (copy == NULL)
        return err_nomem();
    if (text.n > 0)
        memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    c->value[c->n_values++] = copy;
    return VAULT_OK;
}

vault_err
sheet_value(struct sheet_column *c, struct part text, uint32_t *out)
{
    vault_err err = VAULT_OK;
    uint32_t *slot;

    if (text.n > 0 && memchr(text.p, 0, text.n) != NULL)
        return err_say(VAULT_ERR_INPUT, NULL, "a cell holds a zero byte");
    if ((size_t)c->n_values * 2 >= c->n_slots)
        err = more_slots(c);
    if (err != VAULT_OK)
        return err;
    slot = slot_of(c, text);
    if (*slot == 0) {
        err = add_value(c, text);
        if (err != VAULT_OK)
            return err;
        *slot = c->n_values;
    }
    *out = *slot - 1;
    return VAULT_OK;
}

/* ---- columns and rows ---- */

bool
sheet_find_column(const struct sheet *s, const char *name, size_t *out)
{
    for (size_t i = 0; i < s->n_columns; i++)
        if (strcmp(s->column[i].name, name) == 0) {
            *out = i;
            return true;
        }
    return false;
}

static vault_err
fill_column(struct sheet_column *c, const char *name, size_t rows)
{
    uint32_t empty;
    vault_err err = VAULT_OK;

    c->name = strdup(name);
    c->cell = calloc(rows == 0 ? 1 : rows, sizeof *c->cell);
    if (c->name == NULL || c->cell == NULL)
        err = err_nomem();
    if (err == VAULT_OK)
        err = sheet_value(c, PART("", 0), &empty);      /* value 0 is the empty one */
    return err;
}

vault_err
sheet_add_column(struct sheet *s, const char *name, struct sheet_column **out)
{
    struct sheet_column *more, c = { .role = SHEET_NEUTRAL, .treat = TREAT_KEEP };
    size_t there;
    vault_err err;

    if (s->n_columns == SHEET_COLUMNS_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "more than %u columns", SHEET_COLUMNS_MAX);
    if (sheet_find_column(s, name, &there))
        return err_say(VAULT_ERR_INPUT, NULL, "two columns of one name");
    more = realloc(s->column, (s->n_columns + 1) * sizeof *more);
    if (more == NULL)
        return err_nomem();
    s->column = more;
    err = fill_column(&c, name, s->cap_rows);
    if (err != VAULT_OK) {
        column_free(&c);
        return err;
    }
    s->column[s->n_columns++] = c;
    if (out != NULL)
        *out = &s->column[s->n_columns - 1];
    return VAULT_OK;
}

static vault_err
more_rows(struct sheet *s)
{
    size_t cap = s->cap_rows == 0 ? ROWS_FIRST : s->cap_rows * 2;

    for (size_t i = 0; i < s->n_columns; i++) {
        uint32_t *more = realloc(s->column[i].cell, cap * sizeof *more);

        if (more == NULL)
            return err_nomem();
        s->column[i].cell = more;
    }
    s->cap_rows = cap;
    return VAULT_OK;
}

vault_err
sheet_add_row(struct sheet *s)
{
    vault_err err = VAULT_OK;

    if (s->n_rows == SHEET_ROWS_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "more than %u rows", SHEET_ROWS_MAX);
    if (s->n_rows == s->cap_rows)
        err = more_rows(s);
    if (err != VAULT_OK)
        return err;
    for (size_t i = 0; i < s->n_columns; i++)
        s->column[i].cell[s->n_rows] = 0;
    s->n_rows++;
    return VAULT_OK;
}

vault_err
sheet_set(struct sheet *s, size_t row, size_t column, struct part text)
{
    return sheet_value(&s->column[column], text, &s->column[column].cell[row]);
}

vault_err
sheet_reorder(struct sheet *s, const uint32_t *order)
{
    uint32_t *cell = calloc(s->n_rows + 1, sizeof *cell);

    if (cell == NULL)
        return err_nomem();
    for (size_t c = 0; c < s->n_columns; c++) {
        for (size_t i = 0; i < s->n_rows; i++)
            cell[i] = s->column[c].cell[order[i]];
        if (s->n_rows > 0)
            memcpy(s->column[c].cell, cell, s->n_rows * sizeof *cell);
    }
    free(cell);
    return VAULT_OK;
}
