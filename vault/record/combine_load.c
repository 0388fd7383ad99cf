/*
 * combine_load.c - the heads of a record and their ancestors, for the rule of combine.c.
 *
 * An ancestor is read once, for all pairs of sides that it counts for, and forgotten: only which states it has is kept. (Where it is one of another set, once more there.) Where several count
 * that differ among themselves, these are brought together first, by the same rule and from their own ancestors; that leads back in time, and ends.
 *
 * Who sends a history may make it as crooked as he likes: so there is a limit of how many sets of ancestors are brought together, and how far back. Beyond it
 * none is, so that it does not depend on the order of anything.
 */
#include <stdlib.h>
#include <string.h>

#include "vault/record/combine.h"

#define TOGETHER_MAX 64u
#define BACK_MAX 8u
#define ANCESTORS_MAX 10000u            /* in such sets, all of them together */
#define PAIRS_MAX (COMBINE_SIDES_MAX * (COMBINE_SIDES_MAX - 1) / 2)

/* ---- all revisions of the record ---- */

struct node {
    uint32_t n;
    bool known;                 /* who its parents are */
    uint32_t first, n_parents;  /* in past.parent */
};

struct past {
    struct recs *r;
    uint32_t record;            /* the record's first number */
    struct node *node;          /* in order of number: parents come before those that follow them */
    size_t n;
    uint32_t *parent;           /* places in `node` */
    size_t n_parents, cap_parents;
    unsigned left, ancestors_left;      /* sets that may still be brought together, and ancestors read for it */
    bool too_much;
};

static vault_err
past_open(struct past *p, struct recs *r, uint32_t record)
{
    const struct index *ix = &r->index;
    size_t i = 0;

    *p = (struct past){ .r = r, .record = record, .left = TOGETHER_MAX, .ancestors_left = ANCESTORS_MAX };
    for (uint32_t n = record; n != 0; n = ix->pair[n].next)
        p->n++;
    p->node = calloc(p->n + 1, sizeof *p->node);
    if (p->node == NULL)
        return err_nomem();
    for (uint32_t n = record; n != 0; n = ix->pair[n].next)
        p->node[i++].n = n;
    return VAULT_OK;
}

static void
past_close(struct past *p)
{
    free(p->node);
    free(p->parent);
}

static size_t
place_of(const struct past *p, uint32_t n)
{
    size_t from = 0, to = p->n;

    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (p->node[mid].n < n)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

/* Parents that are not here (lost, or never came) end the way. */
static vault_err
read_parents(struct past *p, struct node *node, struct revision *rev)
{
    vault_err err = node->known ? VAULT_OK : recs_load(p->r, node->n, rev);

    if (err != VAULT_OK || node->known)
        return err;
    node->known = true;
    node->first = (uint32_t)p->n_parents;
    for (size_t i = 0; i < rev->n_parents; i++) {
        uint32_t m = index_revision(&p->r->index, p->record, rev->parent[i]), *more;

        if (m == 0)
            continue;
        more = array_room(p->parent, p->n_parents, &p->cap_parents, sizeof *more);
        if (more == NULL)
            return err_nomem();
        p->parent = more;
        p->parent[p->n_parents++] = (uint32_t)place_of(p, m);
        node->n_parents++;
    }
    return VAULT_OK;
}

/* ---- sides ---- */

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

/* A revision as seen from the sides, each a bit; by place in past.node. */
struct below {
    uint16_t under;             /* sides that it is an ancestor of */
    uint16_t covered[COMBINE_SIDES_MAX];    /* [i]: sides j of which, together with i, one that follows it is an ancestor, too */
};

static void
pass_on(const struct below *b, uint16_t sides, struct below *parent)
{
    parent->under |= sides;
    for (size_t i = 0; i < COMBINE_SIDES_MAX; i++)
        if (b->under >> i & 1)
            parent->covered[i] |= b->under;
}

static vault_err
descend(struct past *p, const struct combine *x, struct below *below)
{
    struct revision rev;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (size_t at = p->n; err == VAULT_OK && at-- > 0;) {
        uint16_t sides = below[at].under;
        for (size_t s = 0; s < x->n_sides; s++)
            if (x->side[s].n == p->node[at].n)
                sides |= (uint16_t)(1u << s);
        if (sides == 0)
            continue;
        err = read_parents(p, &p->node[at], &rev);
        for (size_t i = 0; err == VAULT_OK && i < p->node[at].n_parents; i++)
            pass_on(&below[at], sides, &below[p->parent[p->node[at].first + i]]);
    }
    revision_free(&rev);
    return err;
}

/* Does it count for sides i and j: is it an ancestor of both, and nothing that follows it? */
static bool
counts(const struct below *b, size_t i, size_t j)
{
    return (b->under >> i & 1) && (b->under >> j & 1) && !(b->covered[i] >> j & 1);
}

static vault_err
take_ancestor(struct past *p, struct combine *x, const struct below *b, uint32_t n, struct revision *rev, struct buf *extra,
    uint16_t common[static COMBINE_SIDES_MAX])
{
    bool loaded = false;
    vault_err err = VAULT_OK;

    for (size_t i = 0; i < x->n_sides; i++)
        for (size_t j = 0; err == VAULT_OK && j < i; j++) {
            if (!counts(b, i, j))
                continue;
            if (!loaded) {
                err = load_all(p->r, n, rev, extra);
                p->ancestors_left -= p->ancestors_left > 0;
            }
            loaded = true;
            if (err == VAULT_OK)
                combine_ancestor(x, i, j, rev);
            common[i] |= (uint16_t)(1u << j);
        }
    return err;
}

/* One ancestor after another, and where there is none. Of the heads themselves (back 0) all of them, whatever that costs. */
static vault_err
take_each(struct past *p, const struct below *below, unsigned back, struct combine *x)
{
    uint16_t common[COMBINE_SIDES_MAX] = {0};
    struct revision rev;
    struct buf extra = BUF_INIT;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (size_t at = 0; err == VAULT_OK && at < p->n && !p->too_much; at++) {
        p->too_much = back > 0 && p->ancestors_left == 0;
        err = take_ancestor(p, x, &below[at], p->node[at].n, &rev, &extra, common);
    }
    for (size_t i = 0; err == VAULT_OK && i < x->n_sides; i++)
        for (size_t j = 0; j < i; j++)
            if (!(common[i] >> j & 1))
                combine_ancestor(x, i, j, NULL);
    revision_free(&rev);
    buf_free(&extra);
    return err;
}

/* ---- ancestors that differ ---- */

/* Two sides, and those that count for them. */
struct two {
    uint8_t i, j;
    uint8_t n_ancestors;
    bool done;
    uint32_t ancestor[COMBINE_SIDES_MAX];
};

/* False: more of them than can be sides. */
static bool
find_ancestors(const struct past *p, const struct below *below, struct two *pair)
{
    for (size_t at = 0; at < p->n; at++) {
        if (!counts(&below[at], pair->i, pair->j))
            continue;
        if (pair->n_ancestors == COMBINE_SIDES_MAX)
            return false;
        pair->ancestor[pair->n_ancestors++] = p->node[at].n;
    }
    return true;
}

static size_t
list_open_pairs(const struct past *p, const struct below *below, const struct combine *x, struct two *pair)
{
    size_t n = 0;

    for (size_t i = 0; i < x->n_sides; i++)
        for (size_t j = 0; j < i; j++) {
            pair[n] = (struct two){ .i = (uint8_t)i, .j = (uint8_t)j };
            n += combine_is_open(x, i, j) && find_ancestors(p, below, &pair[n]);
        }
    return n;
}

static vault_err load_numbers(struct past *p, const uint32_t *n, size_t count, unsigned back, struct combine *x);

/* The ancestors of this pair, and of all others that have the same. */
static vault_err
bring_together(struct past *p, unsigned back, struct combine *x, struct two *pair, size_t n)
{
    struct combine *y = calloc(1, sizeof *y);
    vault_err err = y == NULL ? err_nomem() : load_numbers(p, pair->ancestor, pair->n_ancestors, back + 1, y);

    for (size_t i = 0; err == VAULT_OK && i < n; i++)
        if (pair[i].n_ancestors == pair->n_ancestors && memcmp(pair[i].ancestor, pair->ancestor, pair->n_ancestors * sizeof *pair->ancestor) == 0) {
            combine_together(x, pair[i].i, pair[i].j, y);
            pair[i].done = true;
        }
    if (y != NULL)
        combine_free(y);
    free(y);
    return err;
}

static vault_err
bring_all_together(struct past *p, const struct below *below, unsigned back, struct combine *x)
{
    struct two *pair = calloc(PAIRS_MAX + 1, sizeof *pair);
    size_t n = pair == NULL ? 0 : list_open_pairs(p, below, x, pair);
    vault_err err = pair == NULL ? err_nomem() : VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < n && !p->too_much; i++) {
        if (pair[i].done)
            continue;
        p->too_much = p->left == 0 || back == BACK_MAX;
        if (p->too_much)
            break;
        p->left--;
        err = bring_together(p, back, x, &pair[i], n - i);
    }
    free(pair);
    return err;
}

/* The heads themselves: all of it, or nothing. */
static vault_err
bring_heads_together(struct past *p, const struct below *below, struct combine *x)
{
    size_t size = (x->n_keys + 1) * x->n_sides * sizeof *x->other;
    uint16_t *before = malloc(size == 0 ? 1 : size);
    vault_err err;

    if (before == NULL)
        return err_nomem();
    memcpy(before, x->other, size);
    err = bring_all_together(p, below, 0, x);
    if (p->too_much)
        memcpy(x->other, before, size);
    free(before);
    return err;
}

/* ---- all of it ---- */

static vault_err
load_numbers(struct past *p, const uint32_t *n, size_t count, unsigned back, struct combine *x)
{
    struct below *below = calloc(p->n + 1, sizeof *below);
    vault_err err = below == NULL ? err_nomem() : load_sides(p->r, n, count, x);

    if (err == VAULT_OK)
        err = combine_keys(x);
    if (err == VAULT_OK)
        err = descend(p, x, below);
    if (err == VAULT_OK)
        err = take_each(p, below, back, x);
    if (back == 0)
        p->ancestors_left = ANCESTORS_MAX;
    if (err == VAULT_OK)
        err = back == 0 ? bring_heads_together(p, below, x) : bring_all_together(p, below, back, x);
    if (err == VAULT_OK)
        combine_judge(x);
    free(below);
    return err;
}

vault_err
combine_load(struct recs *r, uint32_t first, struct combine *x)
{
    uint32_t n[COMBINE_SIDES_MAX], head = 0;
    struct past p = { .r = NULL };
    size_t count;
    vault_err err = recs_head(r, first, &head, NULL);

    if (err != VAULT_OK)
        return err;
    count = recs_heads(r, first, n, COMBINE_SIDES_MAX);
    err = past_open(&p, r, first);
    if (err == VAULT_OK)
        err = load_numbers(&p, n, count < COMBINE_SIDES_MAX ? count : COMBINE_SIDES_MAX, 0, x);
    past_close(&p);
    return err;
}
