/*
 * combine.c - see combine.h.
 *
 * An ancestor is read once, for all pairs of heads that it counts for, and forgotten: only which states it has is kept.
 */
#include "vault/record/combine.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/record/draft.h"

/* ---- states ---- */

static bool
part_same(struct part a, struct part b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
combine_same(const struct leaf *a, const struct leaf *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    if (a->tier != b->tier)
        return false;
    if (a->value.n != 0 && b->value.n != 0)
        return part_same(a->value, b->value);
    return memcmp(a->c, b->c, sizeof a->c) == 0;
}

static bool
is_gone(const struct gone *gone, const struct revision *rev, const struct leaf *l)
{
    return gone != NULL && gone_for_good(gone_find(gone, rev->record, l->c));
}

static bool
is_removal(const struct combine_key *k)
{
    return part_same(k->field, PART(REMOVED_FIELD, strlen(REMOVED_FIELD)));
}

static void
digest_part(crypto_generichash_blake2b_state *st, struct part p)
{
    uint8_t n[8];

    put_u64(n, p.n);
    crypto_generichash_blake2b_update(st, n, sizeof n);
    crypto_generichash_blake2b_update(st, p.p, p.n);
}

vault_err
combine_digest(const struct recs *r, const struct revision *rev, uint8_t out[static 32])
{
    const struct type_def *t = type_set_by_hash(&r->types, rev->type);
    crypto_generichash_blake2b_state st;

    if (t == NULL)
        return err_say(VAULT_ERR_DAMAGED, NULL, "the type of a record is missing");
    crypto_generichash_blake2b_init(&st, NULL, 0, 32);
    digest_part(&st, PART(t->name, strlen(t->name)));
    for (size_t i = 0; i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        uint8_t what[2] = { l->tier, l->value.n != 0 };
        if (is_gone(&r->gone, rev, l))
            continue;
        digest_part(&st, l->field);
        digest_part(&st, PART(l->element, l->n_element));
        digest_part(&st, PART(what, sizeof what));
        digest_part(&st, l->value.n != 0 ? l->value : PART(l->c, sizeof l->c));
    }
    crypto_generichash_blake2b_final(&st, out, 32);
    sodium_memzero(&st, sizeof st);
    return VAULT_OK;
}

/* ---- keys ---- */

static int
by_key(const void *a, const void *b)
{
    return leaf_compare(*(const struct leaf *const *)a, *(const struct leaf *const *)b);
}

/* Every leaf of every side, in order. */
static vault_err
all_leaves(const struct combine *x, const struct leaf ***out, size_t *n)
{
    const struct leaf **all;
    size_t count = 0;

    for (size_t s = 0; s < x->n_sides; s++)
        count += x->side[s].rev.n_leaves;
    all = calloc(count + 1, sizeof *all);
    if (all == NULL)
        return err_nomem();
    *n = 0;
    for (size_t s = 0; s < x->n_sides; s++)
        for (size_t i = 0; i < x->side[s].rev.n_leaves; i++)
            if (!is_gone(x->gone, &x->side[s].rev, &x->side[s].rev.leaf[i]))
                all[(*n)++] = &x->side[s].rev.leaf[i];
    if (*n != 0)
        qsort(all, *n, sizeof *all, by_key);
    *out = all;
    return VAULT_OK;
}

static const struct leaf *
state_at(const struct combine *x, const struct revision *rev, const struct combine_key *k)
{
    const struct leaf *l = revision_find(rev, k->field, k->element, k->n_element);

    return l == NULL || is_gone(x->gone, rev, l) ? NULL : l;
}

static void
add_key(struct combine *x, const struct leaf *l)
{
    struct combine_key *k = &x->key[x->n_keys++];

    k->field = l->field;
    memcpy(k->element, l->element, sizeof k->element);
    k->n_element = l->n_element;
    for (size_t s = 0; s < x->n_sides; s++)
        x->leaf[(x->n_keys - 1) * x->n_sides + s] = state_at(x, &x->side[s].rev, k);
}

vault_err
combine_keys(struct combine *x)
{
    const struct leaf **all = NULL;
    size_t n = 0;
    vault_err err = all_leaves(x, &all, &n);

    if (err != VAULT_OK)
        return err;
    x->key = calloc(n + 1, sizeof *x->key);
    x->leaf = calloc((n + 1) * x->n_sides, sizeof *x->leaf);
    x->held = calloc((n + 1) * x->n_sides, sizeof *x->held);
    if (x->key == NULL || x->leaf == NULL || x->held == NULL)
        err = err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < n; i++)
        if (i == 0 || leaf_compare(all[i - 1], all[i]) != 0)
            add_key(x, all[i]);
    free(all);
    return err;
}

/* ---- the rule ---- */

void
combine_ancestor(struct combine *x, size_t i, size_t j, const struct revision *anc)
{
    for (size_t k = 0; k < x->n_keys; k++) {
        const struct leaf *l = anc == NULL ? NULL : state_at(x, anc, &x->key[k]);
        size_t at = k * x->n_sides;
        if (combine_same(x->leaf[at + i], l))
            x->held[at + i] |= (uint16_t)(1u << j);
        if (combine_same(x->leaf[at + j], l))
            x->held[at + j] |= (uint16_t)(1u << i);
    }
}

/* Does the state of side j give way to that of side i? */
static bool
gives_way(const struct combine *x, size_t k, size_t j, size_t i)
{
    const uint16_t *held = x->held + k * x->n_sides;

    return (held[j] >> i & 1) != 0 && (held[i] >> j & 1) == 0;
}

static bool
wins(const struct combine *x, size_t k, size_t i)
{
    for (size_t j = 0; j < x->n_sides; j++)
        if (!x->side[j].out && !combine_same(combine_leaf(x, k, i), combine_leaf(x, k, j)) && !gives_way(x, k, j, i))
            return false;
    return true;
}

static int
winner(const struct combine *x, size_t k)
{
    for (size_t i = 0; i < x->n_sides; i++)
        if (!x->side[i].out && wins(x, k, i))
            return (int)i;
    return -1;
}

/* Removal beside content, won or contested. */
static bool
removal_is_contested(const struct combine *x)
{
    bool removal = false, contested = false, others = false;

    for (size_t k = 0; k < x->n_keys; k++) {
        int w = x->key[k].winner;
        bool there = w < 0 || combine_leaf(x, k, (size_t)w) != NULL;
        if (is_removal(&x->key[k])) {
            removal = there;
            contested = w < 0;
        } else {
            others = others || there;
        }
    }
    return contested || (removal && others);
}

/* Of one kind: both removals, or both content of one type. */
static bool
same_kind(const struct combine_side *a, const struct combine_side *b)
{
    if (revision_removed(&a->rev) || revision_removed(&b->rev))
        return revision_removed(&a->rev) == revision_removed(&b->rev);
    return a->type == NULL || b->type == NULL || strcmp(a->type->name, b->type->name) == 0;
}

static bool
types_differ(const struct combine *x)
{
    for (size_t i = 0; i < x->n_sides; i++)
        for (size_t j = 0; j < i; j++)
            if (!x->side[i].out && !x->side[j].out && !revision_removed(&x->side[i].rev) &&
                !revision_removed(&x->side[j].rev) && !same_kind(&x->side[i], &x->side[j]))
                return true;
    return false;
}

void
combine_judge(struct combine *x)
{
    x->conflicts = 0;
    for (size_t k = 0; k < x->n_keys; k++) {
        x->key[k].winner = winner(x, k);
        x->conflicts += x->key[k].winner < 0;
    }
    x->whole = types_differ(x) || removal_is_contested(x);
}

void
combine_take_side(struct combine *x, size_t side)
{
    for (size_t j = 0; j < x->n_sides; j++)
        x->side[j].out = !same_kind(&x->side[side], &x->side[j]);
    combine_judge(x);
}

/* ---- loading ---- */

void
combine_free(struct combine *x)
{
    for (size_t i = 0; i < COMBINE_SIDES_MAX; i++) {
        revision_free(&x->side[i].rev);
        buf_free(&x->side[i].extra);
    }
    free(x->key);
    free(x->leaf);
    free(x->held);
    memset(x, 0, sizeof *x);
}

/* With the withheld values that this session may read. */
static vault_err
load_all(struct recs *r, uint32_t n, struct revision *rev, struct buf *extra)
{
    vault_err err = recs_load(r, n, rev);

    buf_reset(extra);
    return err != VAULT_OK || r->keys.k_name == NULL ? err : recs_look(r, n, rev, extra);
}

static vault_err
load_sides(struct recs *r, uint32_t first, struct combine *x)
{
    uint32_t n[COMBINE_SIDES_MAX], head = 0;
    vault_err err = recs_head(r, first, &head, NULL);

    if (err != VAULT_OK)
        return err;
    x->gone = &r->gone;
    x->n_sides = recs_heads(r, first, n, COMBINE_SIDES_MAX);
    if (x->n_sides > COMBINE_SIDES_MAX)
        x->n_sides = COMBINE_SIDES_MAX;
    for (size_t i = 0; err == VAULT_OK && i < x->n_sides; i++) {
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

static vault_err
take_ancestors(struct recs *r, uint32_t first, struct combine *x)
{
    uint16_t common[COMBINE_SIDES_MAX] = {0};
    struct descent d = {0};
    struct revision rev;
    struct buf extra = BUF_INIT;
    vault_err err = descend(r, first, x, &d);

    revision_init(&rev);
    for (size_t at = 0; err == VAULT_OK && at < d.n; at++)
        err = take_ancestor(r, x, &d.below[at], &rev, &extra, common);
    for (size_t i = 0; err == VAULT_OK && i < x->n_sides; i++)
        for (size_t j = 0; j < i; j++)
            if (!(common[i] >> j & 1))
                combine_ancestor(x, i, j, NULL);
    free(d.below);
    revision_free(&rev);
    buf_free(&extra);
    return err;
}

vault_err
combine_load(struct recs *r, uint32_t first, struct combine *x)
{
    vault_err err = load_sides(r, first, x);

    if (err == VAULT_OK)
        err = combine_keys(x);
    if (err == VAULT_OK)
        err = take_ancestors(r, first, x);
    if (err == VAULT_OK)
        combine_judge(x);
    return err;
}

/* ---- the revision that brings them together ---- */

static size_t
first_that_counts(const struct combine *x)
{
    for (size_t i = 0; i < x->n_sides; i++)
        if (!x->side[i].out)
            return i;
    return 0;
}

vault_err
combine_draft(struct recs *r, const struct combine *x, struct revision *rev)
{
    const struct combine_side *lead = &x->side[first_that_counts(x)];
    const struct type_def *t = lead->type == NULL ? NULL : type_set_current(&r->types, lead->type->name);
    vault_err err = VAULT_OK;

    if (t == NULL)
        return err_say(VAULT_ERR_DAMAGED, NULL, "the type of a record is missing");
    draft_begin(r, rev, t->hash);
    memcpy(rev->record, lead->rev.record, RECORD_ID_BYTES);
    for (rev->n_parents = 0; rev->n_parents < x->n_sides; rev->n_parents++)
        memcpy(rev->parent[rev->n_parents], x->side[rev->n_parents].rev.id, REVISION_ID_BYTES);
    for (size_t k = 0; err == VAULT_OK && k < x->n_keys; k++) {
        const struct leaf *l = x->key[k].winner < 0 ? NULL : combine_leaf(x, k, (size_t)x->key[k].winner);
        if (l != NULL)
            err = draft_keep(r, t, &x->side[x->key[k].winner].rev, l, rev);
    }
    return err;
}
