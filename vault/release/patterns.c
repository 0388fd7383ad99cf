/*
 * patterns.c - the distinct looks of the rows of a sheet, and their masks.
 */
#include "vault/release/patterns.h"

#include <string.h>
#include "vault/release/finder.h"

bool
mask_is_empty(const struct mask *m)
{
    uint64_t any = 0;

    for (size_t i = 0; i < SHEET_COLUMNS_MAX / 64; i++)
        any |= m->bit[i];
    return any == 0;
}

bool
mask_within(const struct mask *a, const struct mask *b)
{
    uint64_t more = 0;

    for (size_t i = 0; i < SHEET_COLUMNS_MAX / 64; i++)
        more |= a->bit[i] & ~b->bit[i];
    return more == 0;
}

uint8_t *
patterns_suppressed(const struct sheet_column *c, const char *suppressed)
{
    uint8_t *is = calloc((size_t)c->n_values + 1, 1);
    const char *const text[] = { "", suppressed == NULL ? SHEET_SUPPRESSED : suppressed };
    uint32_t value;

    for (size_t i = 0; is != NULL && i < 2; i++)
        if (sheet_find_value(c, PART(text[i], strlen(text[i])), &value))
            is[value] = 1;
    return is;
}

/* ---- one column, as numbers ---- */

struct look_column {
    const uint32_t *cell;
    uint8_t *suppressed;
    uint32_t *number;           /* of each value; NULL: its own */
};

/* What `like` does not know gets numbers behind all of its own. */
static uint32_t *
numbers_like(const struct sheet_column *c, const struct sheet_column *like)
{
    uint32_t *number = malloc(((size_t)c->n_values + 1) * sizeof *number);

    for (uint32_t i = 0; number != NULL && i < c->n_values; i++)
        if (!sheet_find_value(like, PART(c->value[i], strlen(c->value[i])), &number[i]))
            number[i] = like->n_values + i;
    return number;
}

static vault_err
column_make(struct look_column *out, const struct pattern_ask *ask, size_t j)
{
    const struct sheet_column *c = &ask->sheet->column[ask->column[j]];

    out->cell = c->cell;
    out->suppressed = patterns_suppressed(c, ask->suppressed);
    if (out->suppressed != NULL && ask->like != NULL)
        out->number = numbers_like(c, &ask->like->column[ask->like_column[j]]);
    return out->suppressed == NULL || (ask->like != NULL && out->number == NULL) ? err_nomem() : VAULT_OK;
}

/* ---- looks ---- */

struct maker {
    struct patterns *p;
    struct look_column *column;
    struct finder looks, masks;
    size_t cap_cell, cap_rows, cap_weight, cap_mask, cap_masks;
    uint32_t *cells;            /* of the row at hand */
};

static vault_err
add_mask(struct maker *m, const struct mask *mask, uint32_t *out)
{
    struct patterns *p = m->p;
    struct mask *more;
    uint64_t h = 0;
    uint32_t there;
    size_t at;

    for (size_t i = 0; i < SHEET_COLUMNS_MAX / 64; i++)
        h = finder_mix(h, mask->bit[i]);
    for (at = finder_begin(&m->masks, h); (there = finder_at(&m->masks, at)) != 0; at = finder_next(&m->masks, at))
        if (memcmp(&p->masks[there - 1], mask, sizeof *mask) == 0) {
            *out = there - 1;
            return VAULT_OK;
        }
    more = array_room(p->masks, p->n_masks, &m->cap_masks, sizeof *more);
    if (more == NULL)
        return err_nomem();
    p->masks = more;
    p->masks[p->n_masks] = *mask;
    finder_put(&m->masks, at, p->n_masks);
    *out = p->n_masks++;
    return VAULT_OK;
}

static vault_err
room_for_look(struct maker *m)
{
    struct patterns *p = m->p;
    size_t row = p->n_columns * sizeof *p->cell;
    void *cell = array_room(p->cell, p->n, &m->cap_cell, row == 0 ? 1 : row), *rows, *weight, *mask;

    if (cell != NULL)
        p->cell = cell;
    rows = array_room(p->rows, p->n, &m->cap_rows, sizeof *p->rows);
    if (rows != NULL)
        p->rows = rows;
    weight = array_room(p->weight, p->n, &m->cap_weight, sizeof *p->weight);
    if (weight != NULL)
        p->weight = weight;
    mask = array_room(p->mask, p->n, &m->cap_mask, sizeof *p->mask);
    if (mask != NULL)
        p->mask = mask;
    return cell == NULL || rows == NULL || weight == NULL || mask == NULL ? err_nomem() : VAULT_OK;
}

static vault_err
new_look(struct maker *m, size_t row)
{
    struct patterns *p = m->p;
    struct mask mask = { { 0 } };
    vault_err err = room_for_look(m);

    for (size_t j = 0; j < p->n_columns; j++)
        if (m->column[j].suppressed[m->column[j].cell[row]])
            mask.bit[j / 64] |= (uint64_t)1 << j % 64;
    if (err == VAULT_OK)
        err = add_mask(m, &mask, &p->mask[p->n]);
    if (err != VAULT_OK)
        return err;
    if (p->n_columns > 0)
        memcpy(p->cell + p->n * p->n_columns, m->cells, p->n_columns * sizeof *p->cell);
    p->rows[p->n] = 0;
    p->weight[p->n] = 0;
    p->n++;
    return VAULT_OK;
}

static vault_err
take_row(struct maker *m, size_t row)
{
    struct patterns *p = m->p;
    uint64_t h = 0;
    uint32_t there;
    size_t at;
    vault_err err;

    for (size_t j = 0; j < p->n_columns; j++) {
        uint32_t v = m->column[j].cell[row];

        m->cells[j] = m->column[j].number == NULL ? v : m->column[j].number[v];
        h = finder_mix(h, m->cells[j]);
    }
    for (at = finder_begin(&m->looks, h); (there = finder_at(&m->looks, at)) != 0; at = finder_next(&m->looks, at))
        if (memcmp(p->cell + (there - 1) * p->n_columns, m->cells, p->n_columns * sizeof *p->cell) == 0) {
            p->of_row[row] = there - 1;
            return VAULT_OK;
        }
    err = new_look(m, row);
    if (err != VAULT_OK)
        return err;
    finder_put(&m->looks, at, p->n - 1);
    p->of_row[row] = p->n - 1;
    return VAULT_OK;
}

static void
maker_free(struct maker *m)
{
    for (size_t j = 0; m->column != NULL && j < m->p->n_columns; j++) {
        free(m->column[j].suppressed);
        free(m->column[j].number);
    }
    free(m->column);
    free(m->cells);
    finder_free(&m->looks);
    finder_free(&m->masks);
}

static vault_err
maker_start(struct maker *m, const struct pattern_ask *ask)
{
    struct patterns *p = m->p;
    vault_err err;

    p->n_columns = ask->n_columns;
    p->n_rows = ask->sheet->n_rows;
    m->column = calloc(p->n_columns + 1, sizeof *m->column);
    m->cells = calloc(p->n_columns + 1, sizeof *m->cells);
    p->of_row = malloc(p->n_rows * sizeof *p->of_row);
    if (m->column == NULL || m->cells == NULL || p->of_row == NULL)
        return err_nomem();
    err = finder_make(&m->looks, p->n_rows);
    if (err == VAULT_OK)
        err = finder_make(&m->masks, p->n_rows);
    for (size_t j = 0; err == VAULT_OK && j < p->n_columns; j++)
        err = column_make(&m->column[j], ask, j);
    return err;
}

vault_err
patterns_make(struct patterns *out, const struct pattern_ask *ask)
{
    struct maker m = { .p = out };
    vault_err err;

    *out = (struct patterns){ 0 };
    if (ask->sheet->n_rows == 0)
        return err_say(VAULT_ERR_INPUT, NULL, "there are no rows");
    err = maker_start(&m, ask);
    for (size_t r = 0; err == VAULT_OK && r < out->n_rows; r++) {
        err = take_row(&m, r);
        if (err == VAULT_OK) {
            out->rows[out->of_row[r]]++;
            out->weight[out->of_row[r]] += ask->weight == NULL ? 1 : ask->weight[r];
        }
    }
    maker_free(&m);
    return err;
}

void
patterns_free(struct patterns *p)
{
    free(p->cell);
    free(p->rows);
    free(p->weight);
    free(p->mask);
    free(p->masks);
    free(p->of_row);
    *p = (struct patterns){ 0 };
}
