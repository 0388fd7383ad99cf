/*
 * fits.c - which looks fit which, where a suppressed cell fits anything.
 */
#include <string.h>

#include "vault/release/patterns.h"
#include "vault/release/finder.h"

/* For each mask of a, views and groups of b; looks of a in each view; and the columns of each. */
static double
work_of(const struct patterns *a, const struct patterns *b)
{
    double pairs = (double)a->n_masks * ((double)b->n + b->n_masks) + (double)a->n * b->n_masks;

    return pairs * (double)(a->n_columns + 1);
}

vault_err
fits_make(struct fits *f, const struct patterns *a, const struct patterns *b)
{
    size_t looks = (size_t)b->n + 1, masks = (size_t)b->n_masks + 1;

    *f = (struct fits){ .a = a, .b = b };
    if (work_of(a, b) > (double)PATTERNS_WORK_MAX)
        return err_say(VAULT_ERR_INPUT, "fewer columns, or whole columns suppressed", "cells are suppressed in too many different ways to compare all rows");
    f->of = malloc(looks * sizeof *f->of);
    f->first = malloc(looks * sizeof *f->first);
    f->view = malloc(looks * sizeof *f->view);
    f->rows = malloc(looks * sizeof *f->rows);
    f->weight = malloc(looks * sizeof *f->weight);
    f->table = calloc(1, sizeof *f->table);
    f->shown = malloc(masks * (a->n_columns + 1) * sizeof *f->shown);
    f->n_shown = malloc(masks * sizeof *f->n_shown);
    f->view_of = malloc(masks * sizeof *f->view_of);
    f->hash = malloc(looks * sizeof *f->hash);
    f->factor = malloc((a->n_columns + 1) * sizeof *f->factor);
    f->hidden = malloc(masks * sizeof *f->hidden);
    f->views = calloc(1, sizeof *f->views);
    if (f->of == NULL || f->first == NULL || f->view == NULL || f->rows == NULL || f->weight == NULL || f->table == NULL || f->shown == NULL || f->n_shown == NULL ||
        f->view_of == NULL || f->hash == NULL || f->factor == NULL || f->hidden == NULL || f->views == NULL || finder_make(f->table, looks) != VAULT_OK)
        return err_nomem();
    f->table_mask = f->table->mask;
    for (size_t j = 0; j < a->n_columns; j++)
        f->factor[j] = finder_mix(finder_mix(0x9e3779b97f4a7c15u, j + 1), j + 1) | 1;
    return finder_make(f->views, masks);
}

void
fits_free(struct fits *f)
{
    free(f->of);
    free(f->first);
    free(f->view);
    free(f->rows);
    free(f->weight);
    free(f->shown);
    free(f->n_shown);
    free(f->view_of);
    free(f->hash);
    free(f->factor);
    free(f->hidden);
    if (f->table != NULL)
        finder_free(f->table);
    if (f->views != NULL)
        finder_free(f->views);
    free(f->table);
    free(f->views);
    *f = (struct fits){ 0 };
}

/* ---- views ---- */

static void
note_shown(struct fits *f, uint32_t view)
{
    uint16_t *shown = f->shown + view * (f->a->n_columns + 1);
    uint32_t n = 0;

    for (size_t j = 0; j < f->a->n_columns; j++)
        if (!mask_has(&f->hidden[view], j))
            shown[n++] = (uint16_t)j;
    f->n_shown[view] = n;
}

static uint32_t
view_of(struct fits *f, const struct mask *hidden)
{
    uint64_t h = 0;
    uint32_t there;
    size_t at;

    for (size_t i = 0; i < SHEET_COLUMNS_MAX / 64; i++)
        h = finder_mix(h, hidden->bit[i]);
    for (at = finder_begin(f->views, h); (there = finder_at(f->views, at)) != 0; at = finder_next(f->views, at))
        if (memcmp(&f->hidden[there - 1], hidden, sizeof *hidden) == 0)
            return there - 1;
    finder_put(f->views, at, f->n_views);
    f->hidden[f->n_views] = *hidden;
    note_shown(f, f->n_views);
    return f->n_views++;
}

static void
make_views(struct fits *f, uint32_t a_mask)
{
    const struct mask *mine = &f->a->masks[a_mask];

    f->a_mask = a_mask;
    table_clear(f->views);
    f->n_views = 0;
    for (uint32_t m = 0; m < f->b->n_masks; m++) {
        struct mask hidden = f->b->masks[m];

        for (size_t i = 0; i < SHEET_COLUMNS_MAX / 64; i++)
            hidden.bit[i] |= mine->bit[i];
        f->view_of[m] = view_of(f, &hidden);
    }
}

/* ---- groups ---- */

/* A sum of products: they do not wait for each other, as the steps of a chain would, and most of the time goes here. */
static uint64_t
hash_shown(const struct fits *f, const uint32_t *cell, uint32_t view)
{
    const uint16_t *shown = f->shown + view * (f->a->n_columns + 1);
    uint64_t h = view;

    for (uint32_t i = 0; i < f->n_shown[view]; i++)
        h += (cell[shown[i]] + (uint64_t)1) * f->factor[shown[i]];
    return finder_mix(h, view);
}

/* Where the group is, or would be, of looks of this view with these cells. */
static size_t
slot_of(const struct fits *f, const uint32_t *cell, uint32_t view, uint64_t h)
{
    const struct patterns *of = f->turned ? f->a : f->b;
    const uint16_t *shown = f->shown + view * (f->a->n_columns + 1);
    uint32_t there;
    size_t at;

    for (at = finder_begin(f->table, h); (there = finder_at(f->table, at)) != 0; at = finder_next(f->table, at)) {
        const uint32_t *other = of->cell + f->first[there - 1] * of->n_columns;
        uint32_t i = 0;

        if (f->hash[there - 1] != h || f->view[there - 1] != view)
            continue;
        while (i < f->n_shown[view] && cell[shown[i]] == other[shown[i]])
            i++;
        if (i == f->n_shown[view])
            break;
    }
    return at;
}

/* The group of such looks, which this one may be the first of. */
static uint32_t
need_group(struct fits *f, uint32_t look, const uint32_t *cell, uint32_t view)
{
    uint64_t h = hash_shown(f, cell, view);
    size_t at = slot_of(f, cell, view, h);
    uint32_t g = finder_at(f->table, at);

    if (g != 0)
        return g - 1;
    g = f->n++;
    finder_put(f->table, at, g);
    f->first[g] = look;
    f->view[g] = view;
    f->hash[g] = h;
    f->rows[g] = 0;
    f->weight[g] = 0;
    return g;
}

static void
add_to_group(struct fits *f, uint32_t g, uint32_t look)
{
    f->rows[g] += f->b->rows[look];
    f->weight[g] += f->b->weight[look];
}

void
fits_for(struct fits *f, uint32_t a_mask)
{
    const struct patterns *b = f->b;

    f->n = 0;
    f->turned = false;
    table_clear_for(f->table, b->n, f->table_mask);
    make_views(f, a_mask);
    for (uint32_t i = 0; i < b->n; i++) {
        f->of[i] = need_group(f, i, b->cell + i * b->n_columns, f->view_of[b->mask[i]]);
        add_to_group(f, f->of[i], i);
    }
}

bool
fits_find(const struct fits *f, uint32_t i, uint32_t view, uint32_t *group)
{
    const uint32_t *cell = f->a->cell + i * f->a->n_columns;
    uint32_t there = finder_at(f->table, slot_of(f, cell, view, hash_shown(f, cell, view)));

    *group = there - 1;
    return there != 0;
}

static void
add_up(const struct fits *f, uint32_t i, uint64_t *rows, double *weight)
{
    uint32_t g;

    if (rows != NULL)
        rows[i] = 0;
    if (weight != NULL)
        weight[i] = 0;
    for (uint32_t view = 0; view < f->n_views; view++)
        if (fits_find(f, i, view, &g)) {
            if (rows != NULL)
                rows[i] += f->rows[g];
            if (weight != NULL)
                weight[i] += f->weight[g];
        }
}

/* ---- the other way round ---- */

/*
 * Where few looks of a have a mask, they make the groups, one for each of them and each view, to which the looks of b are added: few groups are found
 * quickly, and with hidden cells in many different ways there are many such masks. The views are made; f->of: by look of `mine` and view.
 */
static void
turn_round(struct fits *f, const uint32_t *mine, uint32_t n_mine)
{
    const struct patterns *a = f->a, *b = f->b;

    f->n = 0;
    f->turned = true;
    table_clear_for(f->table, (size_t)n_mine * f->n_views, f->table_mask);
    for (uint32_t k = 0; k < n_mine; k++)
        for (uint32_t view = 0; view < f->n_views; view++)
            f->of[k * f->n_views + view] = need_group(f, mine[k], a->cell + mine[k] * a->n_columns, view);
    for (uint32_t i = 0; i < b->n; i++) {
        const uint32_t *cell = b->cell + i * b->n_columns;
        uint32_t view = f->view_of[b->mask[i]], there = finder_at(f->table, slot_of(f, cell, view, hash_shown(f, cell, view)));

        if (there != 0)
            add_to_group(f, there - 1, i);
    }
}

static void
add_up_turned(const struct fits *f, const uint32_t *mine, uint32_t n_mine, uint64_t *rows, double *weight)
{
    for (uint32_t k = 0; k < n_mine; k++) {
        uint64_t r = 0;
        double w = 0;

        for (uint32_t view = 0; view < f->n_views; view++) {
            r += f->rows[f->of[k * f->n_views + view]];
            w += f->weight[f->of[k * f->n_views + view]];
        }
        if (rows != NULL)
            rows[mine[k]] = r;
        if (weight != NULL)
            weight[mine[k]] = w;
    }
}

/* The looks of a by mask: mask m has by_mask[from[m]] to by_mask[from[m + 1] - 1]. */
static void
sort_by_mask(const struct patterns *a, uint32_t *by_mask, uint32_t *from)
{
    for (uint32_t i = 0; i < a->n; i++)
        from[a->mask[i] + 1]++;
    for (uint32_t m = 0; m < a->n_masks; m++)
        from[m + 1] += from[m];
    for (uint32_t i = a->n; i-- > 0; )
        by_mask[--from[a->mask[i] + 1]] = i;
    for (uint32_t m = 0; m < a->n_masks; m++)
        from[m] = from[m + 1];
    from[a->n_masks] = a->n;
}

vault_err
patterns_fit(const struct patterns *a, const struct patterns *b, uint64_t *rows, double *weight)
{
    struct fits f;
    uint32_t *by_mask = malloc(((size_t)a->n + 1) * sizeof *by_mask), *from = calloc((size_t)a->n_masks + 1, sizeof *from);
    vault_err err = fits_make(&f, a, b);

    if (err == VAULT_OK && (by_mask == NULL || from == NULL))
        err = err_nomem();
    if (err == VAULT_OK)
        sort_by_mask(a, by_mask, from);
    for (uint32_t m = 0; err == VAULT_OK && m < a->n_masks; m++) {
        const uint32_t *mine = by_mask + from[m], n = from[m + 1] - from[m];

        make_views(&f, m);
        if ((size_t)n * f.n_views <= b->n / 2) {
            turn_round(&f, mine, n);
            add_up_turned(&f, mine, n, rows, weight);
            continue;
        }
        fits_for(&f, m);
        for (uint32_t i = 0; i < n; i++)
            add_up(&f, mine[i], rows, weight);
    }
    fits_free(&f);
    free(by_mask);
    free(from);
    return err;
}
