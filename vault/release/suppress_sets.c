/*
 * suppress_sets.c - the third way: cover the groups that are not good, the cheapest offer first (as in weighted set cover: Chvatal 1979).
 *
 * An offer is a group that is not good and a set of columns to hide. All other such groups that agree with it elsewhere come in; where that makes
 * fewer than k rows, good groups that agree lend what they have beyond k, or one that looks the same already takes all in. Its
 * price is the cells it suppresses for each row that it makes good.
 */
#include <stdlib.h>

#include "vault/release/suppress_priv.h"

#define WORK_MAX 1e9
#define SET_BITS_MAX 12u

struct offer {
    uint32_t at;                /* group */
    uint64_t hidden;            /* columns */
    uint64_t cost, helped;
};


static bool
agrees(const struct plan *g, const uint32_t *a, const uint32_t *b, uint64_t hidden)
{
    for (size_t j = 0; j < g->columns; j++)
        if ((hidden >> j & 1) == 0 && a[j] != b[j])
            return false;
    return true;
}

/* Cells that each row of the group loses; whether there are none. */
static uint64_t
loses(const struct plan *g, const uint32_t *cell, uint64_t hidden)
{
    uint64_t n = 0;

    for (size_t j = 0; j < g->columns; j++)
        n += (hidden >> j & 1) != 0 && cell[j] != g->star[j];
    return n;
}

/* False: it does not come to k rows and l kinds. */
static bool
price(struct offer *o, const struct plan *g)
{
    uint64_t lent[SUPPRESS_COLUMNS_MAX + 1] = { 0 }, rows = 0;
    struct kinds kinds = { .n = 0 };
    bool taken_in = false;

    o->cost = o->helped = 0;
    for (uint32_t i = 0; i < g->n_groups; i++) {
        const struct group *b = &g->group[i];
        uint64_t each;

        if (b->rows == 0 || !agrees(g, g->group[o->at].cell, b->cell, o->hidden))
            continue;
        each = loses(g, b->cell, o->hidden);
        if (!plan_is_good(g, b)) {
            rows += b->rows;
            o->helped += b->rows;
            o->cost += b->rows * each;
            kinds_add(&kinds, &b->kinds, g->l);
        } else if (each == 0) {
            taken_in = true;
        } else if (g->l <= 1) {
            lent[each] += b->rows - g->k;
        }
    }
    if (taken_in)
        return true;
    for (size_t each = 1; each <= g->columns && rows < g->k; each++) {
        uint64_t some = lent[each] < g->k - rows ? lent[each] : g->k - rows;

        rows += some;
        o->cost += some * each;
    }
    return rows >= g->k && kinds.n >= g->l;
}

static bool
cheaper(const struct offer *a, const struct offer *b)
{
    return a->cost * b->helped < b->cost * a->helped;
}

static bool
find_offer(struct offer *best, const struct plan *g)
{
    bool found = false;

    for (uint32_t i = 0; i < g->n_groups; i++) {
        if (g->group[i].rows == 0 || plan_is_good(g, &g->group[i]))
            continue;
        for (uint64_t hidden = 0; hidden < (uint64_t)1 << g->columns; hidden++) {
            struct offer o = { .at = i, .hidden = hidden };

            if (price(&o, g) && (!found || cheaper(&o, best))) {
                *best = o;
                found = true;
            }
        }
    }
    return found;
}

/* In the order of price: groups that are not good, one that looks so already, then loans from the cheapest. */
static vault_err
take_offer(struct plan *g, const struct offer *o)
{
    vault_err err = VAULT_OK;
    uint32_t into = o->at;

    for (uint32_t i = 0; i < g->n_groups; i++) {
        const struct group *b = &g->group[i];

        if (i != into && b->rows > 0 && !plan_is_good(g, b) && agrees(g, g->group[o->at].cell, b->cell, o->hidden))
            plan_merge(g, into, i);
    }
    for (size_t j = 0; j < g->columns; j++)
        if (o->hidden >> j & 1)
            g->group[into].cell[j] = g->star[j];
    for (uint64_t each = 0; err == VAULT_OK && each <= g->columns; each++)
        for (uint32_t i = 0; err == VAULT_OK && i < g->n_groups && !plan_is_good(g, &g->group[into]); i++) {
            const struct group *b = &g->group[i];
            uint64_t missing = g->k > g->group[into].rows ? g->k - g->group[into].rows : 0, some = b->rows - g->k;

            if (i == into || b->rows < g->k || !plan_is_good(g, b) || !agrees(g, g->group[into].cell, b->cell, o->hidden) || loses(g, b->cell, o->hidden) != each)
                continue;
            if (each == 0)
                plan_merge(g, into, i);
            else if (g->l <= 1 && some > 0)
                err = plan_borrow(g, into, i, some < missing ? some : missing);
        }
    return err;
}

vault_err
plan_by_sets(struct plan *g, bool *done)
{
    struct offer o = { .at = 0 };
    uint64_t bad = 0;
    vault_err err = VAULT_OK;

    *done = false;
    for (uint32_t i = 0; i < g->n_groups; i++)
        bad += !plan_is_good(g, &g->group[i]);
    if (g->columns > SET_BITS_MAX || (double)bad * (double)bad * g->n_groups * (double)(1u << g->columns) > WORK_MAX)
        return VAULT_OK;
    while (err == VAULT_OK && find_offer(&o, g)) {
        err = take_offer(g, &o);
        if (err == VAULT_OK && !plan_is_good(g, &g->group[o.at]))
            return err_say(VAULT_ERR_FAILED, "report this", "an offer did not come to what it was to");
    }
    return err == VAULT_OK ? plan_by_nearest(g, done) : err;
}
