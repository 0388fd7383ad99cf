/* combine.c - the rule of combine.h, and the revision that comes of it; combine_load.c finds the heads and their ancestors. */
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

    k->like = l;
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
    x->other = calloc((n + 1) * x->n_sides, sizeof *x->other);
    if (x->key == NULL || x->leaf == NULL || x->held == NULL || x->other == NULL)
        err = err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < n; i++)
        if (i == 0 || leaf_compare(all[i - 1], all[i]) != 0)
            add_key(x, all[i]);
    free(all);
    return err;
}

/* ---- the rule ---- */

static void
note_state(struct combine *x, size_t k, size_t i, size_t j, const struct leaf *l)
{
    uint16_t *bits = combine_same(combine_leaf(x, k, i), l) ? x->held : x->other;

    bits[k * x->n_sides + i] |= (uint16_t)(1u << j);
}

void
combine_ancestor(struct combine *x, size_t i, size_t j, const struct revision *anc)
{
    for (size_t k = 0; k < x->n_keys; k++) {
        const struct leaf *l = anc == NULL ? NULL : state_at(x, anc, &x->key[k]);

        note_state(x, k, i, j, l);
        note_state(x, k, j, i, l);
    }
}

/* Has an ancestor that counts the state of side j, and none that of side i? */
static bool
may_give_way(const struct combine *x, size_t k, size_t j, size_t i)
{
    const uint16_t *held = x->held + k * x->n_sides;

    return (held[j] >> i & 1) != 0 && (held[i] >> j & 1) == 0;
}

static bool
is_other(const struct combine *x, size_t k, size_t j, size_t i)
{
    return (x->other[k * x->n_sides + j] >> i & 1) != 0;
}

/* Does the state of side j give way to that of side i? */
static bool
gives_way(const struct combine *x, size_t k, size_t j, size_t i)
{
    return may_give_way(x, k, j, i) && !is_other(x, k, j, i);
}

bool
combine_is_open(const struct combine *x, size_t i, size_t j)
{
    for (size_t k = 0; k < x->n_keys; k++)
        if ((may_give_way(x, k, j, i) && is_other(x, k, j, i)) || (may_give_way(x, k, i, j) && is_other(x, k, i, j)))
            return true;
    return false;
}

static int
compare_keys(const void *a, const void *b)
{
    return leaf_compare(((const struct combine_key *)a)->like, ((const struct combine_key *)b)->like);
}

/* In y, of the key that x has; NULL: nothing has anything there. */
static const struct combine_key *
find_key(const struct combine *y, const struct combine_key *k)
{
    return y->n_keys == 0 ? NULL : bsearch(k, y->key, y->n_keys, sizeof *y->key, compare_keys);
}

/* Is this what comes of them at that key (NULL: none)? */
static bool
comes_to(const struct combine *y, const struct combine_key *k, const struct leaf *l)
{
    if (k == NULL)
        return l == NULL;
    return k->winner >= 0 && combine_same(combine_leaf(y, (size_t)(k - y->key), (size_t)k->winner), l);
}

void
combine_together(struct combine *x, size_t i, size_t j, const struct combine *y)
{
    for (size_t k = 0; k < x->n_keys && !y->whole; k++) {
        const struct combine_key *found;

        if (!is_other(x, k, i, j) && !is_other(x, k, j, i))
            continue;
        found = find_key(y, &x->key[k]);
        if (comes_to(y, found, combine_leaf(x, k, i)))
            x->other[k * x->n_sides + i] &= (uint16_t)~(1u << j);
        if (comes_to(y, found, combine_leaf(x, k, j)))
            x->other[k * x->n_sides + j] &= (uint16_t)~(1u << i);
    }
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
    free(x->other);
    memset(x, 0, sizeof *x);
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
