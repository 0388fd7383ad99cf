/*
 * repair_line.c - what is left of a log and a list of revisions that are not whole; see repair.h.
 *
 * Whatever authenticates is read. That a revision is what its author signed is known where its entry is left, with a
 * signature of somebody whom the keeper of today registered, and answers for it.
 */
#include "vault/repair.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/sign.h"
#include "vault/record/value.h"

#define ROWS_MAX (UINT32_C(1) << 26)    /* of log, or revisions: more than any vault has */

/* ---- entries ---- */

static vault_err
more(void **p, size_t n, size_t *cap, size_t each)
{
    size_t want = *cap == 0 ? 64 : *cap * 2;
    void *grown;

    if (n < *cap)
        return VAULT_OK;
    grown = reallocarray(*p, want, each);
    if (grown == NULL)
        return err_nomem();
    *p = grown;
    *cap = want;
    return VAULT_OK;
}

static bool
is_in(uint8_t (*list)[32], size_t n, const uint8_t *key)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(list[i], key, 32) == 0)
            return true;
    return false;
}

static vault_err
add_key(uint8_t (**list)[32], size_t *n, size_t *cap, const uint8_t *key)
{
    vault_err err;

    if (is_in(*list, *n, key))
        return VAULT_OK;
    err = more((void **)list, *n, cap, sizeof **list);
    if (err == VAULT_OK)
        memcpy((*list)[(*n)++], key, 32);
    return err;
}

static void
judge_entry(const struct line *l, const struct db_log_row *row, struct line_entry *out)
{
    const struct vault *v = l->r->v;
    uint8_t sig[1 + ENTRY_KEEPERS_MAX][64], hash[32];
    struct log_entry e;

    if (entry_decode(&e, row->entry) != VAULT_OK || memcmp(e.vault_id, v->kf.vault_id, VAULT_ID_BYTES) != 0 ||
        entry_sigs_decode(sig, 1 + e.n_keepers, row->sigs) != VAULT_OK)
        return;
    entry_hash(hash, row->entry);
    if (!sign_verify(sig[0], e.author, ENTRY_LABEL, hash))
        return;
    out->there = true;
    for (size_t i = 0; i < e.n_keepers; i++)
        out->keeper = out->keeper || (memcmp(e.keeper[i], v->tree.keeper_pk, 32) == 0 &&
            sign_verify(sig[1 + i], e.keeper[i], ENTRY_LABEL, hash));
    memcpy(out->author, e.author, 32);
    memcpy(out->root, e.root, 32);
    out->count = e.count;
}

static vault_err
read_entries(struct line *l)
{
    struct db_cursor *c = NULL;
    struct db_log_row row;
    size_t cap = 0;
    bool got = true;
    vault_err err = db_scan_log(l->r->v->db, 1, &c);

    while (err == VAULT_OK) {
        err = db_next_log(c, &row, &got);
        if (err != VAULT_OK || !got || row.n > ROWS_MAX)
            break;
        while (err == VAULT_OK && l->rows < (uint32_t)row.n) {
            err = more((void **)&l->entry, (size_t)l->rows + 1, &cap, sizeof *l->entry);
            if (err == VAULT_OK)
                memset(&l->entry[++l->rows], 0, sizeof *l->entry);
        }
        if (err == VAULT_OK)
            judge_entry(l, &row, &l->entry[row.n]);
        if (err == VAULT_OK && l->entry[row.n].there)
            err = add_key(&l->author, &l->n_authors, &l->cap_authors, l->entry[row.n].author);
    }
    db_scan_end(c);
    vault_clear_error();
    for (uint32_t i = 1; i <= l->rows; i++)
        l->missing += !l->entry[i].there;
    return err;
}

/* ---- revisions ---- */

/* One that is missing from the list: nothing of it can be opened, as its keys are bound to its ids. */
static vault_err
add_missing(struct index *ix)
{
    uint8_t ids[PAIR_ID_BYTES];
    vault_err err;

    randombytes_buf(ids, sizeof ids);
    ids[0] = 0xff;
    err = index_add(ix, ids, 1, ix->n + 1, PART(NULL, 0));
    if (err == VAULT_OK)
        index_lose(ix, ix->n);
    return err;
}

static vault_err
add_pack(struct index *ix, const struct db_pair_row *row)
{
    size_t n = row->ids.n / PAIR_ID_BYTES;
    vault_err err = VAULT_OK;

    if (row->n <= ix->n || row->n > ROWS_MAX || row->ids.n % PAIR_ID_BYTES != 0 || n == 0 || n > PACK_MAX ||
        row->log < 1 || row->log > ROWS_MAX)
        return VAULT_OK;        /* not a pack: as if it were missing */
    while (err == VAULT_OK && ix->n + 1 < (uint32_t)row->n)
        err = add_missing(ix);
    for (size_t i = 0; err == VAULT_OK && i < n; i++)
        err = index_add(ix, (const uint8_t *)row->ids.p + i * PAIR_ID_BYTES, (uint32_t)row->log,
            (uint32_t)row->n, PART(NULL, 0));
    return err;
}

static vault_err
read_index(struct line *l)
{
    struct db_cursor *c = NULL;
    struct db_pair_row row;
    bool got = true;
    vault_err err = db_scan_pair(l->r->v->db, 1, &c);

    while (err == VAULT_OK) {
        err = db_next_pair(c, &row, &got);
        if (err != VAULT_OK || !got)
            break;
        err = add_pack(&l->r->v->recs.index, &row);
    }
    db_scan_end(c);
    return err;
}

/* Which entries answer for exactly the revisions that the list gives them? */
static void
compare_roots(struct line *l)
{
    const struct index *ix = &l->r->v->recs.index;
    struct merkle m;
    uint8_t root[32];

    for (uint32_t n = 1, to; n <= ix->n; n = to) {
        uint32_t log = ix->pair[n].log;
        merkle_init(&m);
        for (to = n; to <= ix->n && ix->pair[to].log == log && !ix->pair[to].lost; to++) {
            uint8_t ids[PAIR_ID_BYTES];
            memcpy(ids, ix->pair[to].record, RECORD_ID_BYTES);
            memcpy(ids + RECORD_ID_BYTES, ix->pair[to].revision, REVISION_ID_BYTES);
            merkle_add(&m, ids);
        }
        to += to == n;          /* a missing one */
        merkle_root(root, &m);
        if (log <= l->rows && l->entry[log].there)
            l->entry[log].whole = l->entry[log].count == m.count && memcmp(l->entry[log].root, root, 32) == 0;
    }
}

/* ---- who wrote what ---- */

static const uint8_t *
author_of_row(void *ctx, uint32_t row)
{
    const struct line *l = ctx;

    return row >= 1 && row <= l->rows ? l->entry[row].author : NULL;
}

/* Where the entry is missing: the author under whom the id comes out right. All revisions of an entry have one. */
static vault_err
find_author(struct line *l, uint32_t n, struct revision *rev)
{
    struct line_entry *e = &l->entry[l->r->v->recs.index.pair[n].log];
    vault_err err = recs_load(&l->r->v->recs, n, rev);

    if (e->there || err != VAULT_ERR_DAMAGED || !sodium_is_zero(e->author, 32))
        return err == VAULT_ERR_DAMAGED ? VAULT_OK : err;
    for (size_t i = 0; err == VAULT_ERR_DAMAGED && i < l->n_authors; i++) {
        memcpy(e->author, l->author[i], 32);
        err = recs_load(&l->r->v->recs, n, rev);
    }
    if (err == VAULT_ERR_DAMAGED) {
        memset(e->author, 0, 32);
        err = VAULT_OK;
    }
    return err;
}

static vault_err
find_authors(struct line *l, bool system)
{
    const struct index *ix = &l->r->v->recs.index;
    struct revision rev;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n++)
        if (!index_purged(ix, n) && index_is_system(&ix->pair[n]) == system)
            err = find_author(l, n, &rev);
    vault_clear_error();
    revision_free(&rev);
    return err;
}

/* Rows of the log that only revisions name. */
static vault_err
room_for_rows(struct line *l)
{
    const struct index *ix = &l->r->v->recs.index;
    uint32_t most = l->rows;
    struct line_entry *p;

    for (uint32_t n = 1; n <= ix->n; n++)
        if (ix->pair[n].log > most)
            most = ix->pair[n].log;
    p = reallocarray(l->entry, (size_t)most + 1, sizeof *p);
    if (p == NULL)
        return err_nomem();
    l->entry = p;
    memset(&p[0], 0, sizeof *p);
    memset(&p[l->rows + 1], 0, (most - l->rows) * sizeof *p);
    l->missing += most - l->rows;
    l->rows = most;
    return VAULT_OK;
}

/* ---- system records ---- */

static vault_err
take_type(struct line *l, const struct revision *rev)
{
    const struct leaf *leaf = revision_leaf(rev, "definition");
    struct type_def *t = NULL;
    struct value_view view;
    vault_err err;

    if (leaf == NULL || leaf->value.n == 0 || value_read(&view, leaf->value) != VAULT_OK ||
        view.shape != VALUE_BYTES)
        return VAULT_OK;
    err = type_decode(&t, view.text.p, view.text.n);
    if (err != VAULT_OK)
        return err == VAULT_ERR_DAMAGED ? VAULT_OK : err;
    return type_set_add(&l->r->v->recs.types, t);
}

/* Whoever a keeper of today registered. */
static vault_err
take_slot(struct line *l, uint32_t n, const struct revision *rev)
{
    const struct line_entry *e = &l->entry[l->r->v->recs.index.pair[n].log];
    const struct leaf *leaf = revision_leaf(rev, "author");
    struct value_view view;

    vault_err err;

    if (leaf == NULL || leaf->value.n == 0 || value_read(&view, leaf->value) != VAULT_OK ||
        view.shape != VALUE_BYTES || view.text.n != 32)
        return VAULT_OK;
    err = add_key(&l->author, &l->n_authors, &l->cap_authors, view.text.p);
    return err != VAULT_OK || !e->whole || !e->keeper ? err :
        add_key(&l->trusted, &l->n_trusted, &l->cap_trusted, view.text.p);
}

/* Only a keeper says that something was purged. Where the entry is lost nobody can tell; without it whatever lacks one value
 * would be lost as a whole. */
static bool
says_gone(const struct line_entry *e)
{
    return !e->there || (e->whole && e->keeper);
}

static vault_err
take_system(struct line *l)
{
    struct recs *recs = &l->r->v->recs;
    struct revision rev;
    vault_err err = add_key(&l->trusted, &l->n_trusted, &l->cap_trusted, l->r->v->me.author_pk);

    revision_init(&rev);
    for (uint32_t n = 1; err == VAULT_OK && n <= recs->index.n; n++) {
        const struct pair *p = &recs->index.pair[n];
        if (!index_is_system(p) || p->lost)
            continue;
        err = recs_load(recs, n, &rev);
        if (err == VAULT_OK && p->record[1] == SYSTEM_TYPE)
            err = take_type(l, &rev);
        else if (err == VAULT_OK && p->record[1] == SYSTEM_SLOT)
            err = take_slot(l, n, &rev);
        else if (err == VAULT_OK && says_gone(&l->entry[p->log]))
            err = system_apply_gone(l->r->v, n, &rev);
        if (err == VAULT_ERR_DAMAGED)
            err = VAULT_OK;
    }
    vault_clear_error();
    revision_free(&rev);
    return err;
}

/* Ours are known, whatever is left of their records. */
static vault_err
take_builtin(struct line *l)
{
    const struct type_def *const *types = NULL;
    size_t n = types_builtin(&types);
    vault_err err = types == NULL ? err_nomem() : VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        struct type_def *t = NULL;
        struct buf b = BUF_INIT;
        if (type_set_by_hash(&l->r->v->recs.types, types[i]->hash) != NULL)
            continue;
        err = type_encode(&b, types[i]);
        if (err == VAULT_OK)
            err = type_decode(&t, b.p, b.n);
        if (err == VAULT_OK)
            err = type_set_add(&l->r->v->recs.types, t);
        buf_free(&b);
    }
    return err;
}

/* ---- intake ---- */

/* The key of the encapsulation that a pack names, where it is left. */
static vault_err
open_intake(struct line *l, const struct pack *p, struct secret **key)
{
    struct vault *v = l->r->v;
    struct db_cursor *c = NULL;
    struct part enc;
    uint8_t hash[32];
    int64_t n;
    bool got = true;
    vault_err err = db_scan(v->db, DB_INTAKE, INT64_MIN, &c);

    while (err == VAULT_OK && *key == NULL) {
        err = db_next(c, &n, &enc, &got);
        if (err != VAULT_OK || !got)
            break;
        if (enc.n != INTAKE_ENC_BYTES)
            continue;
        intake_enc_hash(hash, enc.p);
        if (memcmp(hash, p->enc_hash, sizeof hash) == 0)
            err = intake_decapsulate(key, enc.p, v->tree.intake_seed);
    }
    db_scan_end(c);
    return err == VAULT_ERR_DAMAGED ? VAULT_OK : err;
}

/* What was taken in without a keeper, as if it had been adopted; in the rows at hand, which are not kept. */
static vault_err
adopt(struct line *l, uint32_t first, struct pack *p)
{
    struct recs *recs = &l->r->v->recs;
    const struct pack *now = NULL;
    struct secret *key = NULL;
    struct buf box = BUF_INIT;
    vault_err err = recs_pack(recs, first, &now);

    if (err != VAULT_OK || now->how != WRAP_INTAKE)
        return err == VAULT_ERR_DAMAGED ? VAULT_OK : err;
    memcpy(p, now, sizeof *p);
    err = open_intake(l, p, &key);
    if (err == VAULT_OK && key != NULL && pack_adopt(p, &recs->keys, key) == VAULT_OK) {
        err = pack_seal(&box, &recs->keys, p);
        if (err == VAULT_OK)
            err = db_put(l->r->v->db, DB_WRAP, first, PART(box.p, box.n));
        recs_forget_pack(recs);
    }
    secret_free(key);
    buf_free(&box);
    return err;
}

static vault_err
adopt_all(struct line *l)
{
    const struct index *ix = &l->r->v->recs.index;
    struct secret *home = NULL;
    vault_err err = secret_new(&home, sizeof(struct pack));

    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n++)
        if (ix->pair[n].pack == n && !ix->pair[n].lost)
            err = adopt(l, n, (struct pack *)(void *)secret_edit(home));
    vault_clear_error();
    secret_free(home);
    return err;
}

/* ---- all of it ---- */

vault_err
line_read(struct line *l, struct repairing *r)
{
    struct vault *v = r->v;
    vault_err err;

    memset(l, 0, sizeof *l);
    l->r = r;
    recs_free(&v->recs);
    err = session_init_recs(v);
    v->recs.author_of = author_of_row;
    v->recs.author_ctx = l;
    v->n_log = 0;
    if (err == VAULT_OK)
        err = add_key(&l->author, &l->n_authors, &l->cap_authors, v->me.author_pk);
    if (err == VAULT_OK)
        err = read_entries(l);
    if (err == VAULT_OK)
        err = read_index(l);
    if (err == VAULT_OK)
        err = room_for_rows(l);
    if (err == VAULT_OK)
        compare_roots(l);
    if (err == VAULT_OK)
        err = recs_open_keys(&v->recs) == VAULT_ERR_DAMAGED ? recs_new_keys(&v->recs) : VAULT_OK;
    if (err == VAULT_OK)
        err = adopt_all(l);
    if (err == VAULT_OK)
        err = find_authors(l, true);
    if (err == VAULT_OK)
        err = take_system(l);
    if (err == VAULT_OK)
        err = take_builtin(l);
    return err != VAULT_OK ? err : find_authors(l, false);
}

bool
line_answers(const struct line *l, uint32_t n)
{
    const struct line_entry *e = &l->entry[l->r->v->recs.index.pair[n].log];

    return e->there && e->whole && is_in(l->trusted, l->n_trusted, e->author);
}

void
line_free(struct line *l)
{
    free(l->entry);
    free(l->author);
    free(l->trusted);
    memset(l, 0, sizeof *l);
}
