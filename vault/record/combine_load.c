/*
 * combine_load.c - the heads of a record and their ancestors, for the rule of combine.c.
 *
 * An ancestor is read once, for all pairs of heads that it counts for, and forgotten: only which states it has is kept. Where several count
 * that differ among themselves, these are brought together first, by the same rule and from their own ancestors; that leads back in time, and ends.
 */
#include <stdlib.h>
#include <string.h>

#include "vault/record/combine.h"

/* So many times for one record, as who sends a history may make it as crooked as he likes; each reads the record's revisions once. */
#define TOGETHER_MAX 64u

/* With the withheld values that this session may read. */
static vault_err
load_all(struct recs *r, uint32_t n, struct revision *rev, struct buf *extra)
{
    vault_err err = recs_load(r, n, rev);

    buf_reset(extra);
    return err != VAULT_OK || r->keys.k_name == NULL ? err : recs_look(r, n, rev, extra);
}

static vault_err
load_sides(struct recs *r, const uint32_t *n, size_t count, struct combine *x)
{
    vault_err err = VAULT_OK;

    x->gone = &r->gone;
    x->n_sides = count;
    for (size_t i = 0; err == VAULT_OK && i < count; i++) {
        struct combine_side *s = &x->side[i];
        s->n = n[i];
        err = load_all(r, n[i], &s->rev, &s->extra);
        if (err == VAULT_OK)
            s->type = type_set_by_hash(&r->types, s->rev.type);
    }
    return err;
}

/* ---- ancestors ---- */

/* A revision of the record, as seen from the heads; sides are bits. */
struct below {
    uint32_t n;
    uint16_t under;             /* heads that it is an ancestor of */
    uint16_t covered[COMBINE_SIDES_MAX];    /* [i]: heads j of which, together with i, one that follows it is an ancestor, too */
};

struct descent {
    struct below *below;        /* in order of number; parents come before those that follow them */
    size_t n;
};

static vault_err
list_revisions(const struct index *ix, uint32_t first, struct descent *d)
{
    size_t i = 0;

    d->n = 0;
    for (uint32_t n = first; n != 0; n = ix->pair[n].next)
        d->n++;
    d->below = calloc(d->n, sizeof *d->below);
    if (d->below == NULL)
        return err_nomem();
    for (uint32_t n = first; n != 0; n = ix->pair[n].next)
        d->below[i++].n = n;
    return VAULT_OK;
}

static struct below *
find_below(const struct descent *d, uint32_t n)
{
    size_t from = 0, to = d->n;

    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (d->below[mid].n == n)
            return &d->below[mid];
        if (d->below[mid].n < n)
            from = mid + 1;
        else
            to = mid;
    }
    return NULL;
}

static void
pass_on(const struct below *b, uint16_t heads, struct below *parent)
{
    parent->under |= heads;
    for (size_t i = 0; i < COMBINE_SIDES_MAX; i++)
        if (b->under >> i & 1)
            parent->covered[i] |= b->under;
}

/* Parents that are not here (lost, or never came) end the way. */
static vault_err
descend(struct recs *r, uint32_t first, const struct combine *x, struct descent *d)
{
    struct revision rev;
    vault_err err = list_revisions(&r->index, first, d);

    revision_init(&rev);
    for (size_t at = d->n; err == VAULT_OK && at-- > 0;) {
        struct below *b = &d->below[at];
        uint16_t heads = b->under;
        for (size_t s = 0; s < x->n_sides; s++)
            if (x->side[s].n == b->n)
                heads |= (uint16_t)(1u << s);
        if (heads == 0)
            continue;
        err = recs_load(r, b->n, &rev);
        for (size_t i = 0; err == VAULT_OK && i < rev.n_parents; i++) {
            uint32_t m = index_revision(&r->index, first, rev.parent[i]);
            if (m != 0)
                pass_on(b, heads, find_below(d, m));
        }
    }
    revision_free(&rev);
    return err;
}

/* Does it count for heads i and j: is it an ancestor of both, and nothing that follows it? */
static bool
counts(const struct below *b, size_t i, size_t j)
{
    return (b->under >> i & 1) && (b->under >> j & 1) && !(b->covered[i] >> j & 1);
}

static vault_err
take_ancestor(struct recs *r, struct combine *x, const struct below *b, struct revision *rev, struct buf *extra,
    uint16_t common[static COMBINE_SIDES_MAX])
{
    bool loaded = false;
    vault_err err = VAULT_OK;

    for (size_t i = 0; i < x->n_sides; i++)
        for (size_t j = 0; err == VAULT_OK && j < i; j++) {
            if (!counts(b, i, j))
                continue;
            if (!loaded)
                err = load_all(r, b->n, rev, extra);
            loaded = true;
            if (err == VAULT_OK)
                combine_ancestor(x, i, j, rev);
            common[i] |= (uint16_t)(1u << j);
        }
    return err;
}

/* One ancestor after another, and how often there is none. */
static vault_err
take_each(struct recs *r, const struct descent *d, struct combine *x)
{
    uint16_t common[COMBINE_SIDES_MAX] = {0};
    struct revision rev;
    struct buf extra = BUF_INIT;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (size_t at = 0; err == VAULT_OK && at < d->n; at++)
        err = take_ancestor(r, x, &d->below[at], &rev, &extra, common);
    for (size_t i = 0; err == VAULT_OK && i < x->n_sides; i++)
        for (size_t j = 0; j < i; j++)
            if (!(common[i] >> j & 1))
                combine_ancestor(x, i, j, NULL);
    revision_free(&rev);
    buf_free(&extra);
    return err;
}

/* ---- ancestors that differ ---- */

static vault_err load_numbers(struct recs *r, uint32_t first, const uint32_t *n, size_t count, unsigned *left, struct combine *x);

/* Those that count for sides i and j, brought together: they are heads of what both had. Too many: it stays a person's to choose. */
static vault_err
take_together(struct recs *r, uint32_t first, const struct descent *d, unsigned *left, struct combine *x, size_t i, size_t j)
{
    uint32_t n[COMBINE_SIDES_MAX];
    size_t count = 0;
    struct combine *y;
    vault_err err;

    for (size_t at = 0; at < d->n; at++) {
        if (!counts(&d->below[at], i, j))
            continue;
        if (count == COMBINE_SIDES_MAX)
            return VAULT_OK;
        n[count++] = d->below[at].n;
    }
    if (*left == 0)
        return VAULT_OK;
    --*left;
    y = calloc(1, sizeof *y);
    if (y == NULL)
        return err_nomem();
    err = load_numbers(r, first, n, count, left, y);
    if (err == VAULT_OK)
        combine_together(x, i, j, y);
    combine_free(y);
    free(y);
    return err;
}

static vault_err
take_ancestors(struct recs *r, uint32_t first, unsigned *left, struct combine *x)
{
    struct descent d = {0};
    vault_err err = descend(r, first, x, &d);

    if (err == VAULT_OK)
        err = take_each(r, &d, x);
    for (size_t i = 0; err == VAULT_OK && i < x->n_sides; i++)
        for (size_t j = 0; err == VAULT_OK && j < i; j++)
            if (combine_is_open(x, i, j))
                err = take_together(r, first, &d, left, x, i, j);
    free(d.below);
    return err;
}

static vault_err
load_numbers(struct recs *r, uint32_t first, const uint32_t *n, size_t count, unsigned *left, struct combine *x)
{
    vault_err err = load_sides(r, n, count, x);

    if (err == VAULT_OK)
        err = combine_keys(x);
    if (err == VAULT_OK)
        err = take_ancestors(r, first, left, x);
    if (err == VAULT_OK)
        combine_judge(x);
    return err;
}

vault_err
combine_load(struct recs *r, uint32_t first, struct combine *x)
{
    uint32_t n[COMBINE_SIDES_MAX], head = 0;
    unsigned left = TOGETHER_MAX;
    vault_err err = recs_head(r, first, &head, NULL);
    size_t count;

    if (err != VAULT_OK)
        return err;
    count = recs_heads(r, first, n, COMBINE_SIDES_MAX);
    return load_numbers(r, first, n, count < COMBINE_SIDES_MAX ? count : COMBINE_SIDES_MAX, &left, x);
}
