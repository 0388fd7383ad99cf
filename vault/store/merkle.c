/* merkle.c - see merkle.h. A full subtree is closed as soon as its last leaf arrives, so that the
 * memory does not grow with the number of leaves. */
#include "vault/store/merkle.h"

#include <sodium.h>
#include <string.h>

static void
node_hash(uint8_t out[static 32], const uint8_t left[static 32], const uint8_t right[static 32])
{
    uint8_t m[65];

    m[0] = 1;
    memcpy(m + 1, left, 32);
    memcpy(m + 33, right, 32);
    crypto_generichash_blake2b(out, 32, m, sizeof m, NULL, 0);
}

void
merkle_init(struct merkle *m)
{
    m->count = 0;
}

void
merkle_leaf(uint8_t out[static 32], const uint8_t pair[static PAIR_BYTES])
{
    uint8_t m[1 + PAIR_BYTES];

    m[0] = 0;
    memcpy(m + 1, pair, PAIR_BYTES);
    crypto_generichash_blake2b(out, 32, m, sizeof m, NULL, 0);
}

static void
add_hash(struct merkle *m, const uint8_t leaf[static 32])
{
    uint8_t h[32];
    unsigned level = 0;

    memcpy(h, leaf, sizeof h);
    while ((m->count >> level & 1) != 0) {
        node_hash(h, m->node[level], h);
        level++;
    }
    memcpy(m->node[level], h, 32);
    m->count++;
}

void
merkle_add(struct merkle *m, const uint8_t pair[static PAIR_BYTES])
{
    uint8_t h[32];

    merkle_leaf(h, pair);
    add_hash(m, h);
}

void
merkle_root(uint8_t out[static 32], const struct merkle *m)
{
    bool have = false;

    /* The smaller trees stand at the right: fold from the smallest up. */
    for (unsigned level = 0; level < 64; level++) {
        if ((m->count >> level & 1) == 0)
            continue;
        if (have)
            node_hash(out, m->node[level], out);
        else
            memcpy(out, m->node[level], 32);
        have = true;
    }
    if (!have)
        crypto_generichash_blake2b(out, 32, NULL, 0, NULL, 0);
}

/* Level by level: neighbours become one, the last of an odd number goes up as it is. */
vault_err
merkle_path(struct buf *out, uint8_t (*leaf)[32], uint64_t n, uint64_t index)
{
    for (; n > 1; n = (n + 1) / 2, index /= 2) {
        if ((index ^ 1) < n)
            buf_put(out, leaf[index ^ 1], 32);
        for (uint64_t i = 0; i + 1 < n; i += 2)
            node_hash(leaf[i / 2], leaf[i], leaf[i + 1]);
        if (n % 2 != 0)
            memcpy(leaf[n / 2], leaf[n - 1], 32);
    }
    return buf_ok(out);
}

/* ---- several leaves at once ---- */

static vault_err
damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, NULL, "%s", what);
}

static vault_err
judge_told(const struct merkle_told *t)
{
    if (t->k == 0 || t->n > MERKLE_LEAVES_MAX || t->index[t->k - 1] >= t->n)
        return damaged("a Merkle proof is about leaves that its tree has not");
    for (size_t i = 1; i < t->k; i++)
        if (t->index[i - 1] >= t->index[i])
            return damaged("the leaves of a Merkle proof are out of order");
    return VAULT_OK;
}

/* Leaves of the left subtree of n: the largest power of two below n. */
static uint64_t
left_of(uint64_t n)
{
    uint64_t k = 1;

    while (k * 2 < n)
        k *= 2;
    return k;
}

/* Of the told leaves from..to, which lie in a subtree: how many lie in its left half, which ends before leaf `end`? */
static size_t
told_before(const struct merkle_told *t, size_t from, size_t to, uint64_t end)
{
    while (from < to) {
        size_t half = from + (to - from) / 2;

        if (t->index[half] < end)
            from = half + 1;
        else
            to = half;
    }
    return from;
}

/* The leaves first..first + n of a tree, and which of the told ones these have. */
struct subtree {
    uint64_t first, n;
    size_t from, to;
};

static void
split(const struct merkle_told *t, const struct subtree *s, struct subtree *left, struct subtree *right)
{
    uint64_t k = left_of(s->n);
    size_t at = told_before(t, s->from, s->to, s->first + k);

    *left = (struct subtree){ s->first, k, s->from, at };
    *right = (struct subtree){ s->first + k, s->n - k, at, s->to };
}

static void
root_of_leaves(uint8_t out[static 32], const uint8_t (*leaf)[32], uint64_t n)
{
    struct merkle m;

    merkle_init(&m);
    for (uint64_t i = 0; i < n; i++)
        add_hash(&m, leaf[i]);
    merkle_root(out, &m);
}

/* At most 32 levels: n has 32 bits. */
static void
put_untold(struct buf *out, const struct merkle_told *t, const uint8_t (*leaf)[32], struct subtree s)
{
    struct subtree left, right;
    uint8_t h[32];

    if (s.from == s.to) {
        root_of_leaves(h, leaf + s.first, s.n);
        buf_put(out, h, sizeof h);
    } else if (s.n > 1) {
        split(t, &s, &left, &right);
        put_untold(out, t, leaf, left);
        put_untold(out, t, leaf, right);
    }
}

vault_err
merkle_proof(struct buf *out, const struct merkle_told *told, const uint8_t (*leaf)[32])
{
    vault_err err = judge_told(told);

    if (err != VAULT_OK)
        return err;
    put_untold(out, told, leaf, (struct subtree){ 0, told->n, 0, told->k });
    return buf_ok(out);
}

/* From a proof up to the root, and on the way the proof for fewer leaves. */
struct climb {
    const struct merkle_told *told;
    const uint8_t (*proof)[32];
    size_t n_proof, used;
    const bool *keep;           /* of the told leaves; NULL: nothing is written */
    struct buf *out;
    bool bad;                   /* the proof was too short */
};

/*
 * The root of a subtree into h. *kept: does it have a leaf that is kept? Then what it has of others was written; a subtree without
 * any is written by the smallest one around it that has some, whole. Only subtrees with a told leaf are entered.
 */
static void
climb(struct climb *c, struct subtree s, uint8_t h[static 32], bool *kept)
{
    struct subtree half[2];
    uint8_t part[2][32];
    bool has[2];
    size_t mark = 0;

    *kept = false;
    if (s.from == s.to) {
        c->bad = c->bad || c->used == c->n_proof;
        if (c->bad)
            memset(h, 0, 32);
        else
            memcpy(h, c->proof[c->used++], 32);
        return;
    }
    if (s.n == 1) {
        memcpy(h, c->told->leaf[s.from], 32);
        *kept = c->keep != NULL && c->keep[s.from];
        return;
    }
    split(c->told, &s, &half[0], &half[1]);
    climb(c, half[0], part[0], &has[0]);
    if (c->keep != NULL) {
        mark = c->out->n;
        if (!has[0])
            buf_put(c->out, part[0], 32);
    }
    climb(c, half[1], part[1], &has[1]);
    *kept = has[0] || has[1];
    if (c->keep != NULL && !*kept)
        buf_cut(c->out, mark);          /* neither half: it is part of a larger one */
    else if (c->keep != NULL && !has[1])
        buf_put(c->out, part[1], 32);
    node_hash(h, part[0], part[1]);
}

static vault_err
climb_all(struct climb *c, uint8_t root[static 32], bool *kept)
{
    vault_err err = judge_told(c->told);

    if (err != VAULT_OK)
        return err;
    climb(c, (struct subtree){ 0, c->told->n, 0, c->told->k }, root, kept);
    if (c->bad || c->used != c->n_proof)
        return damaged(c->bad ? "a Merkle proof is too short" : "a Merkle proof is too long");
    return VAULT_OK;
}

vault_err
merkle_proof_root(uint8_t root[static 32], const struct merkle_told *told, const uint8_t (*proof)[32], size_t n_proof)
{
    struct climb c = { .told = told, .proof = proof, .n_proof = n_proof };
    bool kept = false;

    return climb_all(&c, root, &kept);
}

vault_err
merkle_proof_reduce(struct buf *out, const struct merkle_told *told, const uint8_t (*proof)[32], size_t n_proof,
    const bool *keep)
{
    struct climb c = { .told = told, .proof = proof, .n_proof = n_proof, .keep = keep, .out = out };
    uint8_t root[32];
    bool kept = false;
    size_t mark = out->n;
    vault_err err = climb_all(&c, root, &kept);

    if (err == VAULT_OK && !kept)
        err = damaged("a Merkle proof is about no leaf");
    if (err != VAULT_OK)
        buf_cut(out, mark);
    return err != VAULT_OK ? err : buf_ok(out);
}
