/*
 * suppress_plan.c - groups of rows, put together greedily, and how many cells that costs.
 */
#include <stdlib.h>
#include <string.h>

#include "vault/release/suppress_priv.h"
#include "vault/release/finder.h"

#define LEVELS_SETS_MAX 4096u           /* sets of columns that the second way tries */

/* ---- groups ---- */

void
kinds_add(struct kinds *k, const struct kinds *more, unsigned l)
{
    for (unsigned i = 0; i < more->n && k->n < l; i++) {
        unsigned j = 0;

        while (j < k->n && k->value[j] != more->value[i])
            j++;
        if (j == k->n)
            k->value[k->n++] = more->value[i];
    }
}

bool
plan_is_good(const struct plan *g, const struct group *one)
{
    return one->rows >= g->k && one->kinds.n >= g->l;
}

vault_err
plan_make(struct plan *g, const struct patterns *p, size_t columns, const uint32_t *star, const struct kinds *kinds, uint32_t k, unsigned l)
{
    *g = (struct plan){ .p = p, .columns = columns, .star = star, .kinds = kinds, .k = k, .l = l, .n_groups = p->n, .n_units = p->n, .cap_units = p->n };
    g->unit = malloc(p->n * sizeof *g->unit);
    g->group = malloc(p->n * sizeof *g->group);
    g->cells = malloc((p->n * p->n_columns + 1) * sizeof *g->cells);
    if (g->unit == NULL || g->group == NULL || g->cells == NULL)
        return err_nomem();
    memcpy(g->cells, p->cell, p->n * p->n_columns * sizeof *g->cells);
    for (uint32_t i = 0; i < p->n; i++) {
        g->unit[i] = (struct unit){ i, p->rows[i], NO_UNIT };
        g->group[i] = (struct group){ .rows = p->rows[i], .cell = g->cells + i * p->n_columns, .first = i };
        if (kinds != NULL)
            g->group[i].kinds = kinds[i];
    }
    return VAULT_OK;
}

void
plan_free(struct plan *g)
{
    free(g->unit);
    free(g->group);
    free(g->cells);
    *g = (struct plan){ 0 };
}

/* What both show. */
static void
show_common(const struct plan *g, uint32_t *cell, const uint32_t *other)
{
    for (size_t j = 0; j < g->columns; j++)
        if (cell[j] != other[j])
            cell[j] = g->star[j];
}

void
plan_merge(struct plan *g, uint32_t into, uint32_t from)
{
    struct group *a = &g->group[into], *b = &g->group[from];
    uint32_t last = b->first;

    show_common(g, a->cell, b->cell);
    while (g->unit[last].next != NO_UNIT)
        last = g->unit[last].next;
    g->unit[last].next = a->first;
    a->first = b->first;
    a->rows += b->rows;
    kinds_add(&a->kinds, &b->kinds, g->l);
    b->rows = 0;
    b->first = NO_UNIT;
}

/* Stars of a that b, whose rows it will hold, has not. */
static unsigned
loses(const struct plan *g, const uint32_t *cell, const uint32_t *had)
{
    unsigned n = 0;

    for (size_t j = 0; j < g->columns; j++)
        n += cell[j] == g->star[j] && had[j] != g->star[j];
    return n;
}

uint64_t
plan_cost(const struct plan *g)
{
    uint64_t cost = 0;

    for (uint32_t i = 0; i < g->n_groups; i++)
        for (uint32_t u = g->group[i].rows == 0 ? NO_UNIT : g->group[i].first; u != NO_UNIT; u = g->unit[u].next)
            cost += (uint64_t)g->unit[u].rows * loses(g, g->group[i].cell, g->p->cell + g->unit[u].look * g->p->n_columns);
    return cost;
}

vault_err
plan_borrow(struct plan *g, uint32_t into, uint32_t lender, uint64_t rows)
{
    struct group *from = &g->group[lender];
    uint64_t left = rows;

    show_common(g, g->group[into].cell, from->cell);
    while (left > 0) {
        uint32_t u = from->first, take = g->unit[u].rows < left ? g->unit[u].rows : (uint32_t)left;
        struct unit *more = array_room(g->unit, g->n_units, &g->cap_units, sizeof *more);

        if (more == NULL)
            return err_nomem();
        g->unit = more;
        g->unit[g->n_units] = (struct unit){ g->unit[u].look, take, g->group[into].first };
        g->group[into].first = (uint32_t)g->n_units++;
        g->unit[u].rows -= take;
        if (g->unit[u].rows == 0)
            from->first = g->unit[u].next;
        left -= take;
    }
    from->rows -= rows;
    g->group[into].rows += rows;
    return VAULT_OK;
}

/* ---- the first way: the smallest group joins the one that costs least ---- */

struct joining {
    uint32_t with;
    uint64_t cost;
    uint64_t borrow;            /* only so many rows of it; 0: all */
};

/* Cells that a and b would lose as one, for each row of either. */
static void
both_lose(const struct plan *g, const struct group *a, const struct group *b, unsigned *a_loses, unsigned *b_loses)
{
    *a_loses = *b_loses = 0;
    for (size_t j = 0; j < g->columns; j++)
        if (a->cell[j] != b->cell[j]) {
            *a_loses += a->cell[j] != g->star[j];
            *b_loses += b->cell[j] != g->star[j];
        }
}

/* Rows are borrowed only where no sensitive value has to stay behind. */
static struct joining
weigh(const struct plan *g, const struct group *a, uint32_t with)
{
    const struct group *b = &g->group[with];
    uint64_t missing = a->rows >= g->k ? 0 : g->k - a->rows;
    unsigned mine, its;
    struct joining j = { .with = with };

    both_lose(g, a, b, &mine, &its);
    if (g->l <= 1 && missing > 0 && b->rows >= g->k + missing)
        j.borrow = missing;
    j.cost = a->rows * mine + (j.borrow > 0 ? j.borrow : b->rows) * its;
    return j;
}

static bool
find_joining(const struct plan *g, uint32_t at, struct joining *best)
{
    bool found = false;

    for (uint32_t i = 0; i < g->n_groups; i++) {
        struct joining j;

        if (i == at || g->group[i].rows == 0)
            continue;
        j = weigh(g, &g->group[at], i);
        if (!found || j.cost < best->cost)
            *best = j;
        found = true;
    }
    return found;
}

/* The smallest that is not good. A group is good only once, so what was passed over stays so. */
static bool
find_smallest(const struct plan *g, uint32_t *at)
{
    bool found = false;

    for (uint32_t i = 0; i < g->n_groups; i++)
        if (g->group[i].rows > 0 && !plan_is_good(g, &g->group[i]) && (!found || g->group[i].rows < g->group[*at].rows)) {
            *at = i;
            found = true;
        }
    return found;
}

vault_err
plan_by_nearest(struct plan *g, bool *done)
{
    struct joining j = { .with = 0 };
    uint32_t at = 0;
    vault_err err = VAULT_OK;

    *done = true;
    while (err == VAULT_OK && *done && find_smallest(g, &at)) {
        *done = find_joining(g, at, &j);
        if (*done && j.borrow > 0)
            err = plan_borrow(g, at, j.with, j.borrow);
        else if (*done)
            plan_merge(g, at, j.with);
    }
    return err;
}

/* ---- the second way: the fewest columns at a time ---- */

struct levels {
    struct finder t;
    uint32_t *head, *next;      /* of each slot's groups */
    uint64_t *rows;
    struct kinds *kinds;
    uint32_t *first;
    uint32_t n;
};

static bool
same_but(const struct plan *g, const uint32_t *a, const uint32_t *b, uint64_t hidden)
{
    for (size_t j = 0; j < g->columns; j++)
        if ((hidden >> j & 1) == 0 && a[j] != b[j])
            return false;
    return true;
}

/* Groups that are not good and agree but for some columns; where they make a good one together they are merged. */
static void
try_set(struct plan *g, struct levels *v, uint64_t hidden)
{
    table_clear(&v->t);
    v->n = 0;
    for (uint32_t i = 0; i < g->n_groups; i++) {
        const struct group *a = &g->group[i];
        uint64_t h = 0;
        uint32_t there;
        size_t at;

        if (a->rows == 0 || plan_is_good(g, a))
            continue;
        for (size_t j = 0; j < g->columns; j++)
            if ((hidden >> j & 1) == 0)
                h = finder_mix(h, a->cell[j]);
        for (at = finder_begin(&v->t, h); (there = finder_at(&v->t, at)) != 0; at = finder_next(&v->t, at))
            if (same_but(g, g->group[v->first[there - 1]].cell, a->cell, hidden))
                break;
        if (there == 0) {
            there = ++v->n;
            finder_put(&v->t, at, there - 1);
            v->first[there - 1] = i;
            v->head[there - 1] = NO_UNIT;
            v->rows[there - 1] = 0;
            v->kinds[there - 1].n = 0;
        }
        v->next[i] = v->head[there - 1];
        v->head[there - 1] = i;
        v->rows[there - 1] += a->rows;
        kinds_add(&v->kinds[there - 1], &a->kinds, g->l);
    }
    for (uint32_t s = 0; s < v->n; s++)
        if (v->rows[s] >= g->k && v->kinds[s].n >= g->l)
            for (uint32_t i = v->next[v->head[s]]; i != NO_UNIT; i = v->next[i])
                plan_merge(g, v->head[s], i);
}

/* The next number with as many bits; 0: none below `end` (Gosper's hack). */
static uint64_t
next_set(uint64_t set, uint64_t end)
{
    uint64_t low = set & (~set + 1), up = set + low;

    set = up | ((set ^ up) / low) >> 2;
    return set < end ? set : 0;
}

vault_err
plan_by_levels(struct plan *g, bool *done)
{
    struct levels v = { .n = 0 };
    size_t columns = g->columns, n = (size_t)g->n_groups + 1, tried = 0;
    vault_err err = finder_make(&v.t, n);

    v.head = malloc(n * sizeof *v.head);
    v.next = malloc(n * sizeof *v.next);
    v.rows = malloc(n * sizeof *v.rows);
    v.kinds = malloc(n * sizeof *v.kinds);
    v.first = malloc(n * sizeof *v.first);
    if (v.head == NULL || v.next == NULL || v.rows == NULL || v.kinds == NULL || v.first == NULL)
        err = err_nomem();
    if (err == VAULT_OK)
        try_set(g, &v, 0);
    for (unsigned bits = 1; err == VAULT_OK && bits <= columns; bits++)
        for (uint64_t set = ((uint64_t)1 << bits) - 1; set != 0 && tried < LEVELS_SETS_MAX; set = next_set(set, (uint64_t)1 << columns), tried++)
            try_set(g, &v, set);
    if (err == VAULT_OK && tried >= LEVELS_SETS_MAX)
        try_set(g, &v, ((uint64_t)1 << columns) - 1);
    finder_free(&v.t);
    free(v.head);
    free(v.next);
    free(v.rows);
    free(v.kinds);
    free(v.first);
    return err == VAULT_OK ? plan_by_nearest(g, done) : err;
}
