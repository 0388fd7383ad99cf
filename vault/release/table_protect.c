/*
 * Tables that share a column, directly or through others, are protected together. Tables that share none hang together by the number
 * of all rows alone, which is then published, or small for all: whatever fits each of them fits both.
 */
#include <stdlib.h>
#include <string.h>
#include "vault/release/table_plan.h"

/* Tables and facts that hang together. */
struct part_of_set {
    struct table *t[TABLE_SET_MAX];
    size_t n;
    struct table_fact *fact;
    size_t n_facts;
};

/* ---- which hang together ---- */

static bool
has_dim(const struct table *t, const char *name)
{
    for (size_t d = 0; d < t->n_dims; d++)
        if (strcmp(t->dim[d].name, name) == 0)
            return true;
    return false;
}

static bool
share_dim(const struct table *a, const struct table *b)
{
    for (size_t d = 0; d < b->n_dims; d++)
        if (has_dim(a, b->dim[d].name))
            return true;
    return false;
}

static bool
fact_touches(const struct table_fact *f, const struct table *t)
{
    for (size_t i = 0; i < f->n; i++)
        if (has_dim(t, f->column[i]))
            return true;
    return false;
}

static void
join_groups(size_t *group, size_t n, size_t a, size_t b)
{
    size_t from = group[b], to = group[a];

    for (size_t i = 0; i < n; i++)
        if (group[i] == from)
            group[i] = to;
}

static void
find_groups(size_t *group, struct table *const *t, size_t n, const struct table_fact *fact, size_t n_facts)
{
    for (size_t i = 0; i < n; i++)
        group[i] = i;
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n; b++) {
            bool together = share_dim(t[a], t[b]);

            for (size_t f = 0; f < n_facts && !together; f++)
                together = fact_touches(&fact[f], t[a]) && fact_touches(&fact[f], t[b]);
            if (together)
                join_groups(group, n, a, b);
        }
}

static vault_err
take_group(struct part_of_set *p, const size_t *group, size_t which, struct table *const *t, size_t n, const struct table_fact *fact,
    size_t n_facts)
{
    *p = (struct part_of_set){ .fact = calloc(n_facts + 1, sizeof *p->fact) };
    if (p->fact == NULL)
        return err_nomem();
    for (size_t i = 0; i < n; i++)
        if (group[i] == which)
            p->t[p->n++] = t[i];
    for (size_t f = 0; f < n_facts; f++) {
        bool ours = fact[f].n == 0;

        for (size_t i = 0; i < p->n && !ours; i++)
            ours = fact_touches(&fact[f], p->t[i]);
        if (ours)
            p->fact[p->n_facts++] = fact[f];
    }
    return VAULT_OK;
}

static bool
is_one_group(const size_t *group, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (group[i] != group[0])
            return false;
    return true;
}

/* ---- protecting ---- */

static int64_t
greatest_min_count(const struct web *w)
{
    int64_t k = 1;

    for (size_t v = 0; v < w->n; v++)
        k = w->k[v] > k ? w->k[v] : k;
    return k;
}

static void
write_states(const struct part_of_set *p, const struct reader *r)
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t cell = 0; cell < p->t[i]->n_cells; cell++) {
            uint32_t v = web_of_cell(r->w, p->t[i], cell);
            unsigned flag = v == 0 ? 0 : r->w->flag[v - 1];

            p->t[i]->state[cell] = (uint8_t)((flag & WEB_PRIMARY) != 0 ? TABLE_PRIMARY :
                v != 0 && r->hidden[v - 1] ? TABLE_SECONDARY : TABLE_PUBLISHED);
        }
}

static void
add_figures(struct table_protection *out, const struct reader *r, bool least, size_t bound)
{
    const struct web *w = r->w;

    for (size_t v = 0; v < w->n; v++) {
        bool primary = (w->flag[v] & WEB_PRIMARY) != 0;

        out->primary += primary;
        out->secondary += r->hidden[v] && !primary;
        out->secondary_sum += r->hidden[v] && !primary ? w->truth[v] : 0;
    }
    out->least = out->least && least;
    out->least_bound += bound;
    out->facts_used += w->facts_used;
}

static bool
anything_primary(const struct web *w)
{
    for (size_t v = 0; v < w->n; v++)
        if ((w->flag[v] & WEB_PRIMARY) != 0)
            return true;
    return w->n_groups > 0;
}

static vault_err
plan(struct reader *r, bool *found, size_t *bound)
{
    vault_err err = plan_fewest(r, found, bound);

    return err == VAULT_OK && !*found ? plan_quickly(r) : err;
}

static vault_err
protect_web(const struct part_of_set *p, const struct web *w, struct table_protection *out)
{
    struct reader r = {0};
    size_t bound = 0;
    bool found = false;
    vault_err err;

    if (!anything_primary(w)) {
        out->facts_used += w->facts_used;
        for (size_t i = 0; i < p->n; i++)
            memset(p->t[i]->state, TABLE_PUBLISHED, p->t[i]->n_cells);
        return VAULT_OK;
    }
    /* Nothing has to move further than this to hold a promise in one table of two dimensions; more is room for larger ones. */
    err = reader_open(&r, w, 8 * greatest_min_count(w) + 8);
    if (err == VAULT_OK)
        err = plan(&r, &found, &bound);
    if (err == VAULT_ERR_REFUSED) {
        r.ignore_smalls = true;         /* against who knows that much nothing may help; the other promises stay */
        err = plan(&r, &found, &bound);
    }
    if (err == VAULT_OK) {
        write_states(p, &r);
        add_figures(out, &r, found && !r.doubt, r.doubt ? 0 : bound);
    }
    reader_close(&r);
    return err;
}

static vault_err
check_set(struct table *const *t, size_t n)
{
    if (n > TABLE_SET_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "a release has at most %u tables of one type", TABLE_SET_MAX);
    for (size_t i = 0; i < n; i++)
        memset(t[i]->state, TABLE_PRIMARY, t[i]->n_cells);
    return VAULT_OK;
}

vault_err
table_protect(struct table *const *t, size_t n, const struct sheet *s, const struct table_fact *fact, size_t n_facts,
    struct table_protection *out)
{
    size_t group[TABLE_SET_MAX];
    vault_err err = check_set(t, n);

    *out = (struct table_protection){ .least = true };
    if (err == VAULT_OK)
        find_groups(group, t, n, fact, n_facts);
    for (size_t g = 0; err == VAULT_OK && g < n; g++) {
        struct part_of_set p = {0};
        struct web w = {0};

        err = take_group(&p, group, g, t, n, fact, n_facts);
        if (err == VAULT_OK && p.n > 0)
            err = web_build(&w, p.t, p.n, s, p.fact, p.n_facts, !is_one_group(group, n));
        if (err == VAULT_OK && p.n > 0)
            err = protect_web(&p, &w, out);
        web_free(&w);
        free(p.fact);
    }
    for (size_t i = 0; err != VAULT_OK && i < n && n <= TABLE_SET_MAX; i++)
        memset(t[i]->state, TABLE_PRIMARY, t[i]->n_cells);
    return err;
}

/* ---- auditing ---- */

#define NO_END INT64_C(100000000)      /* a move so far that nothing holds the count */

static vault_err
take_states(struct reader *r, const struct part_of_set *p)
{
    uint8_t *hidden = calloc(r->w->n + 1, 1);
    vault_err err = hidden == NULL ? err_nomem() : VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < p->n; i++)
        for (size_t cell = 0; cell < p->t[i]->n_cells; cell++) {
            uint32_t v = web_of_cell(r->w, p->t[i], cell);

            if (v != 0 && p->t[i]->state[cell] != TABLE_PUBLISHED)
                hidden[v - 1] = 1;
        }
    /* What one table publishes is known, whatever another keeps back. */
    for (size_t i = 0; err == VAULT_OK && i < p->n; i++)
        for (size_t cell = 0; cell < p->t[i]->n_cells; cell++) {
            uint32_t v = web_of_cell(r->w, p->t[i], cell);

            if (v != 0 && p->t[i]->state[cell] == TABLE_PUBLISHED)
                hidden[v - 1] = 0;
        }
    if (err == VAULT_OK)
        err = reader_set(r, hidden);
    free(hidden);
    return err;
}

static vault_err
all_intervals(struct reader *r, const struct table *t, struct table_interval *out)
{
    vault_err err = VAULT_OK;

    for (size_t cell = 0; err == VAULT_OK && cell < t->n_cells; cell++) {
        uint32_t v = web_of_cell(r->w, t, cell);

        out[cell] = (struct table_interval){ t->count[cell], t->count[cell] };
        if (v == 0 || !r->hidden[v - 1])
            continue;
        err = reader_interval(r, v - 1, &out[cell].low, &out[cell].high);
        if (out[cell].high - t->count[cell] >= NO_END / 2)
            out[cell].high = INT64_MAX;
    }
    return err;
}

vault_err
table_audit(struct table *const *t, size_t n, const struct sheet *s, const struct table_fact *fact, size_t n_facts, size_t which,
    struct table_interval *out)
{
    size_t group[TABLE_SET_MAX];
    struct part_of_set p = {0};
    struct reader r = {0};
    struct web w = {0};
    vault_err err = VAULT_OK;

    if (n > TABLE_SET_MAX || which >= n)
        return err_say(VAULT_ERR_INPUT, NULL, "a release has at most %u tables of one type", TABLE_SET_MAX);
    find_groups(group, t, n, fact, n_facts);
    err = take_group(&p, group, group[which], t, n, fact, n_facts);
    if (err == VAULT_OK)
        err = web_build(&w, p.t, p.n, s, p.fact, p.n_facts, false);
    if (err == VAULT_OK)
        err = reader_open(&r, &w, NO_END);
    r.as_told = true;
    if (err == VAULT_OK)
        err = take_states(&r, &p);
    if (err == VAULT_OK)
        err = all_intervals(&r, t[which], out);
    reader_close(&r);
    web_free(&w);
    free(p.fact);
    return err;
}
