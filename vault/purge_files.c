/*
 * purge_files.c - which pieces of attachments a purge deletes. See purge.h.
 *
 * A value only says where its pieces lie, and who has the case key can write a value that names the
 * pieces of another record's attachment: their numbers are no secret. So all values of the vault are
 * looked at. What a value that stays names as well, or might, goes only if it opens under the key of the value that goes.
 */
#include "vault/purge.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/record/scan.h"

struct claim {
    struct file_rows rows;
    uint8_t key[FILE_KEY_BYTES];
    bool own;                   /* of the record that is purged, or loses something */
};

struct files {
    struct purge *p;
    struct buf gone, stay;      /* struct claim, each once; of what stays, those that meet one that goes */
    bool unknown;               /* a withheld blob cannot be read: nobody knows what it names */
    int64_t *row;               /* of the file at hand, those that there are */
    size_t n_row;
    struct buf piece;
    struct secret *plain;
};

static const struct claim *
claim_at(const struct buf *list, size_t i)
{
    return i < list->n / sizeof(struct claim) ?
        (const struct claim *)(const void *)list->p + i : NULL;
}

/* ---- who names what ---- */

static bool
has_row(const struct file_rows *r, int64_t n)
{
    return n >= r->first && (uint64_t)(n - r->first) < r->pieces;
}

static bool
same_claim(const struct claim *a, const struct claim *b)
{
    return a->rows.table == b->rows.table && a->rows.first == b->rows.first &&
        a->rows.pieces == b->rows.pieces && a->own == b->own &&
        sodium_memcmp(a->key, b->key, sizeof a->key) == 0;
}

static vault_err
put_claim(struct buf *list, const struct claim *c)
{
    for (size_t i = 0; claim_at(list, i) != NULL; i++)
        if (same_claim(claim_at(list, i), c))
            return VAULT_OK;
    buf_put(list, c, sizeof *c);
    return buf_ok(list);
}

static bool
meets_gone(const struct files *f, const struct file_rows *r)
{
    const struct claim *g;

    for (size_t i = 0; (g = claim_at(&f->gone, i)) != NULL; i++)
        if (g->rows.table == r->table && (has_row(&g->rows, r->first) || has_row(r, g->rows.first)))
            return true;
    return false;
}

/* Open revisions repeat a file, so it may go here and stay there. */
static vault_err
note(struct files *f, const struct leaf *l, bool own, bool goes)
{
    struct claim c = { .own = own };
    vault_err err;

    if (!l->here || l->file_key == NULL || !value_is_file(l->value) || (own && purge_takes(f->p, l) != goes))
        return VAULT_OK;
    err = file_rows_of(&c.rows, l);
    memcpy(c.key, l->file_key, sizeof c.key);
    if (err == VAULT_OK && (goes || meets_gone(f, &c.rows)))
        err = put_claim(goes ? &f->gone : &f->stay, &c);
    sodium_memzero(&c, sizeof c);
    return err;
}

/* Pieces of files that cannot be read are purge_strays'. */
static vault_err
note_own(struct files *f, uint32_t n, struct revision *rev, bool goes)
{
    struct recs *r = &f->p->v->recs;
    bool whole = f->p->what == GONE_RECORD, withheld = true;
    vault_err err = recs_load(r, n, rev);

    if (err == VAULT_ERR_DAMAGED && whole)
        return VAULT_OK;
    if (err == VAULT_OK && revision_introduces(rev)) {
        err = recs_load_withheld(r, n, rev);
        withheld = err == VAULT_OK;
        if (err == VAULT_ERR_DAMAGED)
            err = VAULT_OK;
        f->unknown = f->unknown || (!withheld && !whole);
    }
    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++)
        if (withheld || rev->leaf[i].tier == LEAF_OPEN)
            err = note(f, &rev->leaf[i], true, goes);
    return err;
}

/* First what goes, or nobody knows yet whether it meets what stays. */
static vault_err
note_record(struct files *f)
{
    const struct index *ix = &f->p->v->recs.index;
    struct revision rev;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (int goes = 1; err == VAULT_OK && goes >= 0; goes--)
        for (uint32_t n = f->p->first; err == VAULT_OK && n != 0; n = ix->pair[n].next)
            err = note_own(f, n, &rev, goes == 1);
    vault_clear_error();
    revision_free(&rev);
    return err;
}

static bool
is_own(const struct files *f, uint32_t n)
{
    const struct index *ix = &f->p->v->recs.index;

    return memcmp(ix->pair[n].record, ix->pair[f->p->first].record, RECORD_ID_BYTES) == 0;
}

static vault_err
sift(struct scan *s, unsigned thread, const struct revision *rev, bool *wanted)
{
    (void)s;
    (void)thread;
    *wanted = false;
    for (size_t i = 0; i < rev->n_leaves; i++)
        *wanted = *wanted || rev->leaf[i].file_key != NULL;
    return VAULT_OK;
}

static vault_err
each(struct scan *s, uint32_t n, struct revision *rev)
{
    struct files *f = s->ctx;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && !is_own(f, n) && i < rev->n_leaves; i++)
        err = note(f, &rev->leaf[i], false, false);
    return err;
}

static vault_err
bad(struct scan *s, uint32_t n, const struct revision *rev)
{
    struct files *f = s->ctx;

    (void)rev;
    f->unknown = f->unknown || !is_own(f, n);
    return VAULT_OK;
}

/* ---- whose a piece is ---- */

/* Under the key of the value that goes, as that piece of it? */
static vault_err
opens(struct files *f, const struct claim *c, int64_t n, bool *yes)
{
    const struct file_piece at = { c->key, (uint64_t)(n - c->rows.first),
        (uint64_t)(n - c->rows.first) + 1 == c->rows.pieces };
    vault_err err;

    buf_reset(&f->piece);
    err = db_get(f->p->v->db, c->rows.table, n, &f->piece);
    *yes = err == VAULT_OK && f->piece.n >= FILE_TAG && f->piece.n <= FILE_CHUNK + FILE_TAG &&
        file_open_piece(secret_edit(f->plain), &at, f->piece.p, f->piece.n) == 0;
    return err;
}

/* What the same record repeats stays, and nobody needs to be told. */
static vault_err
may_go(struct files *f, const struct claim *c, int64_t n, bool *yes)
{
    bool doubt = f->unknown && c->rows.table == DB_WITHHELD_CHUNK, again = false;
    const struct claim *o;
    vault_err err = VAULT_OK;

    *yes = true;
    for (size_t i = 0; (o = claim_at(&f->stay, i)) != NULL; i++) {
        if (o->rows.table != c->rows.table || !has_row(&o->rows, n))
            continue;
        doubt = true;
        if (sodium_memcmp(o->key, c->key, sizeof c->key) != 0)
            continue;
        *yes = false;
        again = again || o->own;
    }
    if (*yes && doubt)
        err = opens(f, c, n, yes);
    f->p->left += err == VAULT_OK && !*yes && !again;
    return err;
}

/* ---- deleting ---- */

static vault_err
list_rows(struct files *f, const struct file_rows *r)
{
    struct db_cursor *cur = NULL;
    uint64_t size;
    int64_t n, *more;
    bool got = true;
    vault_err err = db_scan_sizes(f->p->v->db, r->table, r->first, &cur);

    f->n_row = 0;
    while (err == VAULT_OK) {
        err = db_next_size(cur, &n, &size, &got);
        if (err != VAULT_OK || !got || !has_row(r, n))
            break;
        more = reallocarray(f->row, f->n_row + 1, sizeof *more);
        if (more == NULL) {
            err = err_nomem();
            break;
        }
        f->row = more;
        more[f->n_row++] = n;
    }
    db_scan_end(cur);
    return err;
}

static vault_err
delete_file(struct files *f, const struct claim *c)
{
    vault_err err = list_rows(f, &c->rows);

    for (size_t i = 0; err == VAULT_OK && i < f->n_row; i++) {
        bool yes = false;
        err = may_go(f, c, f->row[i], &yes);
        if (err == VAULT_OK && yes)
            err = db_delete(f->p->v->db, c->rows.table, f->row[i]);
        if (err == VAULT_OK && yes && c->rows.table == DB_WITHHELD_CHUNK)
            err = purge_note_row(f->p, f->row[i]);
    }
    return err;
}

vault_err
purge_files(struct purge *p)
{
    struct files f = { .p = p };
    struct scan scan = { .r = &p->v->recs, .withheld = true, .all = true, .own_only = true,
        .tolerate = true, .sift = sift, .fn = each, .bad = bad, .ctx = &f };
    const struct claim *c;
    vault_err err = note_record(&f);

    if (err == VAULT_OK && f.gone.n != 0) {
        err = scan_run(&scan);
        vault_clear_error();
    }
    if (err == VAULT_OK)
        err = secret_new(&f.plain, FILE_CHUNK);
    for (size_t i = 0; err == VAULT_OK && (c = claim_at(&f.gone, i)) != NULL; i++)
        err = delete_file(&f, c);
    free(f.row);
    buf_free(&f.gone);
    buf_free(&f.stay);
    buf_free(&f.piece);
    secret_free(f.plain);
    return err;
}
