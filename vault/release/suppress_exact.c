/*
 * suppress_exact.c - the best way for a few rows, and what no way can do better than.
 */
#include <stdlib.h>
#include <string.h>

#include "vault/release/suppress_priv.h"

#define PAIRS_MAX ((uint64_t)100000000)
#define NO_COST UINT32_MAX

/* ---- all ways to put at most SUPPRESS_EXACT_ROWS rows into groups ---- */

struct search {
    struct plan *g;
    uint32_t look[SUPPRESS_EXACT_ROWS];         /* of each row */
    unsigned n;
    uint32_t *cost;             /* of each set of rows as one group; NO_COST: it is not good */
    uint32_t *best;             /* of each set of rows in the best groups */
    uint16_t *with;             /* the group of its lowest row there */
};

static const uint32_t *
cells_of(const struct search *s, unsigned row)
{
    return s->g->p->cell + s->look[row] * s->g->p->n_columns;
}

static uint32_t
cost_of(const struct search *s, unsigned set)
{
    const struct plan *g = s->g;
    struct kinds kinds = { .n = 0 };
    unsigned rows = (unsigned)__builtin_popcount(set), first = (unsigned)__builtin_ctz(set);
    uint32_t cost = 0;

    for (unsigned r = first; r < s->n && g->kinds != NULL; r++)
        if (set >> r & 1)
            kinds_add(&kinds, &g->kinds[s->look[r]], g->l);
    if (rows < g->k || kinds.n < g->l)
        return NO_COST;
    for (size_t j = 0; j < g->columns; j++) {
        unsigned told = 0;
        bool differ = false;

        for (unsigned r = first; r < s->n; r++)
            if (set >> r & 1) {
                told += cells_of(s, r)[j] != g->star[j];
                differ = differ || cells_of(s, r)[j] != cells_of(s, first)[j];
            }
        cost += differ ? told : 0;
    }
    return cost;
}

static void
search_all(struct search *s)
{
    unsigned all = 1u << s->n;

    s->best[0] = 0;
    for (unsigned set = 1; set < all; set++)
        s->cost[set] = cost_of(s, set);
    for (unsigned set = 1; set < all; set++) {
        unsigned low = set & (~set + 1), rest = set ^ low;

        s->best[set] = NO_COST;
        for (unsigned part = rest;; part = (part - 1) & rest) {         /* all groups with the lowest row */
            unsigned group = part | low;

            if (s->cost[group] != NO_COST && s->best[set ^ group] != NO_COST && s->cost[group] + s->best[set ^ group] < s->best[set]) {
                s->best[set] = s->cost[group] + s->best[set ^ group];
                s->with[set] = (uint16_t)group;
            }
            if (part == 0)
                break;
        }
    }
}

/* Groups and units anew, a unit for each row. */
static vault_err
write_groups(struct search *s)
{
    struct plan *g = s->g;
    size_t columns = g->p->n_columns;
    struct unit *unit = malloc(s->n * sizeof *unit);
    struct group *group = calloc(s->n, sizeof *group);
    uint32_t *cells = malloc((s->n * columns + 1) * sizeof *cells);

    if (unit == NULL || group == NULL || cells == NULL) {
        free(unit);
        free(group);
        free(cells);
        return err_nomem();
    }
    free(g->unit);
    free(g->group);
    free(g->cells);
    *g = (struct plan){ .p = g->p, .columns = g->columns, .star = g->star, .kinds = g->kinds, .k = g->k, .l = g->l, .unit = unit, .n_units = s->n, .cap_units = s->n,
        .group = group, .n_groups = s->n, .cells = cells };
    for (unsigned r = 0; r < s->n; r++) {
        unit[r] = (struct unit){ s->look[r], 1, NO_UNIT };
        group[r] = (struct group){ .rows = 1, .cell = cells + r * columns, .first = r };
        memcpy(group[r].cell, cells_of(s, r), columns * sizeof *cells);
        if (g->kinds != NULL)
            group[r].kinds = g->kinds[s->look[r]];
    }
    for (unsigned set = (1u << s->n) - 1; set != 0; set ^= s->with[set]) {
        unsigned low = (unsigned)__builtin_ctz(set);

        for (unsigned r = low + 1; r < s->n; r++)
            if (s->with[set] >> r & 1)
                plan_merge(g, low, r);
    }
    return VAULT_OK;
}

vault_err
plan_exactly(struct plan *g, bool *done)
{
    struct search s = { .g = g, .n = (unsigned)g->p->n_rows };
    size_t sets = (size_t)1 << (s.n <= SUPPRESS_EXACT_ROWS ? s.n : 0);
    vault_err err = VAULT_OK;

    *done = false;
    if (g->p->n_rows > SUPPRESS_EXACT_ROWS)
        return VAULT_OK;
    for (unsigned r = 0; r < s.n; r++)
        s.look[r] = g->p->of_row[r];
    s.cost = malloc(sets * sizeof *s.cost);
    s.best = malloc(sets * sizeof *s.best);
    s.with = malloc(sets * sizeof *s.with);
    if (s.cost == NULL || s.best == NULL || s.with == NULL)
        err = err_nomem();
    if (err == VAULT_OK) {
        search_all(&s);
        *done = s.best[sets - 1] != NO_COST;
        if (*done)
            err = write_groups(&s);
    }
    free(s.cost);
    free(s.best);
    free(s.with);
    return err;
}

/* ---- no way does better ---- */

/* Cells of a that keep it from b. */
static unsigned
apart(const struct plan *g, const uint32_t *a, const uint32_t *b)
{
    unsigned n = 0;

    for (size_t j = 0; j < g->columns; j++)
        n += a[j] != b[j] && a[j] != g->star[j];
    return n;
}

/* A row of look i will share its group with k - 1 others, so it loses at least what keeps it from the farthest of the nearest so many. */
static uint64_t
must_lose(const struct plan *g, uint32_t i, uint64_t *within)
{
    const struct patterns *p = g->p;
    uint64_t rows = 0;
    size_t far = 0;

    memset(within, 0, (g->columns + 1) * sizeof *within);
    for (uint32_t b = 0; b < p->n; b++)
        within[apart(g, p->cell + i * p->n_columns, p->cell + b * p->n_columns)] += p->rows[b];
    while (far < g->columns && (rows += within[far]) < g->k)
        far++;
    return far;
}

uint64_t
plan_at_least(const struct plan *g)
{
    const struct patterns *p = g->p;
    uint64_t *within = malloc((g->columns + 1) * sizeof *within), least = 0, bad = 0;

    for (uint32_t i = 0; i < p->n; i++)
        bad += p->rows[i] < g->k;
    for (uint32_t i = 0; within != NULL && bad * p->n <= PAIRS_MAX && i < p->n; i++)
        if (p->rows[i] < g->k)
            least += p->rows[i] * must_lose(g, i, within);
    /* Too many to compare: looks are whole classes where l is not asked, and a row of a small one loses a cell at least. */
    if (bad * p->n > PAIRS_MAX && g->kinds == NULL)
        for (uint32_t i = 0; i < p->n; i++)
            least += p->rows[i] < g->k ? p->rows[i] : 0;
    free(within);
    return least;
}
