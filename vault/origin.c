/*
 * origin.c - see origin.h.
 *
 * What is asked for, the cards, and then what registered everybody who signed one of the entries that added these, until nobody
 * is left: a registration is itself a revision in an entry that somebody signed.
 */
#include "vault/origin.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/cbor.h"
#include "vault/handoff/proof.h"
#include "vault/record/salts.h"

struct gather {
    struct vault *v;
    struct buf *out;
    bool *told, *listed;        /* by number of a revision: in its entry; among the slots as well */
    bool *known;                /* by author */
    bool *have;                 /* by row: is it in `row`? */
    uint32_t *row;              /* entries, in the order in which they were found, later that of the evidence */
    size_t n_rows, n_done;
    uint32_t *slot, *card;      /* numbers of revisions */
    size_t n_slots, cap_slots, n_cards, cap_cards;
};

static vault_err
note(uint32_t **list, size_t *n, size_t *cap, uint32_t number)
{
    uint32_t *p = array_room(*list, *n, cap, sizeof *p);

    if (p == NULL)
        return err_nomem();
    *list = p;
    p[(*n)++] = number;
    return VAULT_OK;
}

/* ---- what belongs to it ---- */

static void
tell(struct gather *g, uint32_t n)
{
    uint32_t row = g->v->recs.index.pair[n].log;

    g->told[n] = true;
    if (g->have[row])
        return;
    g->have[row] = true;
    g->row[g->n_rows++] = row;
}

/* Everything said about the slot from the row that registered him to the one that ended that: a rekey registers anew. */
static vault_err
tell_author(struct gather *g, size_t i)
{
    const struct index *ix = &g->v->recs.index;
    const struct author *a = &g->v->author[i];
    uint8_t id[RECORD_ID_BYTES] = { 0, SYSTEM_SLOT };
    vault_err err = VAULT_OK;

    if (g->known[i])
        return VAULT_OK;
    g->known[i] = true;
    memcpy(id + 2, a->slot_id, sizeof a->slot_id);
    for (uint32_t n = index_record(ix, id); err == VAULT_OK && n != 0; n = ix->pair[n].next) {
        uint32_t row = ix->pair[n].log;
        if (row < a->since || (a->until != 0 && row > a->until) || g->listed[n])
            continue;
        tell(g, n);
        g->listed[n] = true;
        err = note(&g->slot, &g->n_slots, &g->cap_slots, n);
    }
    return err;
}

/* The signer of that entry, in his time. */
static vault_err
tell_signer(struct gather *g, uint32_t row)
{
    const struct vault *v = g->v;

    for (size_t i = 0; i < v->n_authors; i++) {
        const struct author *a = &v->author[i];
        if (a->since <= row && (a->until == 0 || row <= a->until) && memcmp(a->pk, v->chain[row].author, 32) == 0)
            return tell_author(g, i);
    }
    return err_say(VAULT_ERR_DAMAGED, NULL, "log entry %u is by nobody who was registered then", row - 1);
}

static vault_err
tell_cards(struct gather *g)
{
    static const uint8_t id[RECORD_ID_BYTES] = { 0, SYSTEM_CARD };
    const struct index *ix = &g->v->recs.index;
    vault_err err = VAULT_OK;

    for (uint32_t n = index_record(ix, id); err == VAULT_OK && n != 0; n = ix->pair[n].next) {
        tell(g, n);
        err = note(&g->card, &g->n_cards, &g->cap_cards, n);
    }
    while (err == VAULT_OK && g->n_done < g->n_rows)
        err = tell_signer(g, g->row[g->n_done++]);
    return err;
}

/* ---- order ---- */

/* With its key, as qsort has no context. */
struct placed {
    const struct chain_entry *c;
    uint32_t n;
};

static int
compare_placed(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    int d = (x->c->number > y->c->number) - (x->c->number < y->c->number);

    if (d == 0)
        d = memcmp(x->c->hash, y->c->hash, sizeof x->c->hash);
    return d != 0 ? d : (x->n > y->n) - (x->n < y->n);
}

/* Rows of the log, or numbers of revisions, by their entry's number and hash. */
static vault_err
order(const struct vault *v, uint32_t *list, size_t n, bool rows)
{
    struct placed *p = calloc(n + 1, sizeof *p);

    if (p == NULL)
        return err_nomem();
    for (size_t i = 0; i < n; i++)
        p[i] = (struct placed){ &v->chain[rows ? list[i] : v->recs.index.pair[list[i]].log], list[i] };
    if (n > 1)
        qsort(p, n, sizeof *p, compare_placed);
    for (size_t i = 0; i < n; i++)
        list[i] = p[i].n;
    free(p);
    return VAULT_OK;
}

/* ---- cards and slots ---- */

static vault_err
disclose(struct vault *v, uint32_t n, struct revision *rev, struct buf *out)
{
    uint8_t (*salt)[SALT_BYTES] = NULL;
    vault_err err = recs_load(&v->recs, n, rev);

    if (err == VAULT_OK && (salt = calloc(rev->n_leaves + 1, sizeof *salt)) == NULL)
        err = err_nomem();
    if (err == VAULT_OK)
        err = recs_salts(&v->recs, n, LEAF_OPEN, rev, salt);
    if (err == VAULT_OK)
        err = disclose_write(out, rev, (const uint8_t (*)[32])salt, NULL, NULL);
    free(salt);                 /* of open values, all of which are told */
    return err;
}

static vault_err
put_list(struct gather *g, const uint32_t *list, size_t n)
{
    struct buf one = BUF_INIT;
    struct revision rev;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    cbor_array(g->out, n);
    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        buf_reset(&one);
        err = disclose(g->v, list[i], &rev, &one);
        if (err == VAULT_OK)
            cbor_bytes(g->out, one.p, one.n);
    }
    revision_free(&rev);
    buf_free(&one);
    return err;
}

/* ---- entries ---- */

/* Rows of the log, mostly in their order: the next one is the cursor's next step, or a few on. */
#define STEPS_MOST 32
struct log_reader {
    struct db *db;
    struct db_cursor *c;
    struct db_log_row at;
};

static vault_err
go_to(struct log_reader *r, uint32_t row)
{
    bool got = true;
    vault_err err = VAULT_OK;

    if (r->c == NULL || row <= r->at.n || row > r->at.n + STEPS_MOST) {
        db_scan_end(r->c);
        r->c = NULL;
        err = db_scan_log(r->db, row, &r->c);
        r->at.n = (int64_t)row - 1;
    }
    while (err == VAULT_OK && got && r->at.n < row)
        err = db_next_log(r->c, &r->at, &got);
    if (err == VAULT_OK && (!got || r->at.n != row))
        err = err_say(VAULT_ERR_DAMAGED, NULL, "a log entry is missing");
    return err;
}

/* The first revision that the entry in this row added: rows never fall from one number to the next. */
static uint32_t
first_of(const struct index *ix, uint32_t row)
{
    uint32_t from = 1, to = ix->n + 1;

    while (from < to) {
        uint32_t half = from + (to - from) / 2;
        if (ix->pair[half].log < row)
            from = half + 1;
        else
            to = half;
    }
    return from;
}

/* Room for the tree of one entry. */
struct tree {
    uint8_t (*leaf)[32], (*pair)[PAIR_BYTES];
    uint32_t *index;
};

static void
tree_forget(struct tree *t)
{
    free(t->leaf);
    free(t->pair);
    free(t->index);
}

static vault_err
put_entry(struct gather *g, uint32_t row, const struct db_log_row *r)
{
    const struct index *ix = &g->v->recs.index;
    uint32_t first = first_of(ix, row), n = 0, k = 0;
    struct buf proof = BUF_INIT;
    struct tree t;
    vault_err err = VAULT_OK;

    while (first + n <= ix->n && ix->pair[first + n].log == row)
        n++;
    t = (struct tree){ calloc(n + 1, sizeof *t.leaf), calloc(n + 1, sizeof *t.pair), calloc(n + 1, sizeof *t.index) };
    if (t.leaf == NULL || t.pair == NULL || t.index == NULL)
        err = err_nomem();
    for (uint32_t i = 0; err == VAULT_OK && i < n; i++) {
        memcpy(t.pair[k], ix->pair[first + i].record, RECORD_ID_BYTES);
        memcpy(t.pair[k] + RECORD_ID_BYTES, ix->pair[first + i].revision, REVISION_ID_BYTES);
        merkle_leaf(t.leaf[i], t.pair[k]);
        if (g->told[first + i])
            t.index[k++] = i;
    }
    if (err == VAULT_OK) {
        const struct merkle_told told = { .n = n, .index = t.index, .k = k };
        err = merkle_proof(&proof, &told, (const uint8_t (*)[32])t.leaf);
    }
    if (err == VAULT_OK)
        proof_put_entry(g->out, &(struct proof_parts){ r->entry, r->sigs, t.index, (const uint8_t (*)[PAIR_BYTES])t.pair, k,
            PART(proof.p, proof.n) });
    tree_forget(&t);
    buf_free(&proof);
    return err;
}

static vault_err
put_entries(struct gather *g)
{
    struct log_reader r = { .db = g->v->db };
    vault_err err = VAULT_OK;

    cbor_array(g->out, g->n_rows);
    for (size_t i = 0; err == VAULT_OK && i < g->n_rows; i++) {
        err = go_to(&r, g->row[i]);
        if (err == VAULT_OK)
            err = put_entry(g, g->row[i], &r.at);
    }
    db_scan_end(r.c);
    return err;
}

/* ---- all ---- */

static vault_err
put_all(struct gather *g)
{
    vault_err err = order(g->v, g->row, g->n_rows, true);

    if (err == VAULT_OK)
        err = order(g->v, g->slot, g->n_slots, false);
    proof_put_head(g->out, g->v->kf.vault_id);
    if (err == VAULT_OK)
        err = put_list(g, g->card, g->n_cards);
    if (err == VAULT_OK)
        err = put_list(g, g->slot, g->n_slots);
    if (err == VAULT_OK)
        err = put_entries(g);
    return err != VAULT_OK ? err : buf_ok(g->out);
}

/* author: one who is told of in any case; NULL: none. */
static vault_err
gather_all(struct vault *v, const uint32_t *pair, size_t n, const struct author *author, struct buf *out)
{
    struct gather g = { .v = v, .out = out };
    size_t mark = out->n;
    vault_err err = recs_quiesce(&v->recs);

    g.told = calloc((size_t)v->recs.index.n + 1, sizeof *g.told);
    g.listed = calloc((size_t)v->recs.index.n + 1, sizeof *g.listed);
    g.known = calloc(v->n_authors + 1, sizeof *g.known);
    g.have = calloc((size_t)v->n_log + 1, sizeof *g.have);
    g.row = calloc((size_t)v->n_log + 1, sizeof *g.row);
    if (g.told == NULL || g.listed == NULL || g.known == NULL || g.have == NULL || g.row == NULL)
        err = err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < n; i++)
        tell(&g, pair[i]);
    if (err == VAULT_OK && author != NULL)
        err = tell_author(&g, (size_t)(author - v->author));
    if (err == VAULT_OK)
        err = tell_cards(&g);
    if (err == VAULT_OK)
        err = put_all(&g);
    if (err != VAULT_OK)
        buf_cut(out, mark);
    free(g.told);
    free(g.listed);
    free(g.known);
    free(g.have);
    free(g.row);
    free(g.slot);
    free(g.card);
    return err;
}

vault_err
origin_gather(struct vault *v, const uint32_t *pair, size_t n, struct buf *out)
{
    return gather_all(v, pair, n, NULL, out);
}

vault_err
origin_of_author(struct vault *v, struct buf *out)
{
    const struct author *a = author_of_slot(v, v->kf.slot[v->slot].head.id);

    if (a == NULL)
        return err_say(VAULT_ERR_DAMAGED, NULL, "the slot that opened is not registered in the log");
    return gather_all(v, NULL, 0, a, out);
}
