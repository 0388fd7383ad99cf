/*
 * purge_pieces.c - pieces of attachments whose blob does not open, and is purged; and what the log tells of pieces. See
 * purge.h.
 *
 * The blob alone says where they lie. But where every other one in the vault can be read, what belongs to none of
 * them belonged to it. So with withheld blobs and, where a whole record goes, with open ones.
 */
#include "vault/purge.h"

#include <stdlib.h>
#include <string.h>
#include "vault/record/scan.h"

struct strays {
    struct purge *p;
    uint32_t *lost;             /* revisions whose blob goes unread */
    size_t n_lost;
    bool open;                  /* open blobs are among them */
    struct file_rows *place;    /* those that are known, in order; open ones only if asked for */
    size_t n, cap;
    bool unknown, open_unknown; /* another blob cannot be read either; another open one */
    int64_t *row;               /* of the table at hand, those that belong to none */
    size_t n_row, cap_row;
};

/* ---- which blobs go unread ---- */

/* All that it introduced goes, or went before. */
static bool
goes_whole(const struct purge *p, const struct revision *rev)
{
    bool some = false, all = true;

    for (size_t i = 0; i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        if (l->tier != LEAF_WITHHELD || !l->here)
            continue;
        some = some || purge_takes(p, l);
        all = all && (purge_takes(p, l) || recs_gone(&p->v->recs, rev, l) != GONE_NOT);
    }
    return some && all;
}

static bool
may_have_files(const struct recs *r, const struct revision *rev)
{
    const struct type_def *t = type_set_by_hash(&r->types, rev->type);

    for (size_t i = 0; t != NULL && i < rev->n_leaves; i++) {
        const struct field_def *f = type_field(t, rev->leaf[i].field.p, rev->leaf[i].field.n);
        if (rev->leaf[i].tier == LEAF_WITHHELD && rev->leaf[i].here && f != NULL && f->kind == FIELD_FILE)
            return true;
    }
    return false;
}

static vault_err
find_lost(struct strays *s)
{
    struct recs *r = &s->p->v->recs;
    struct revision rev;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    s->lost = calloc((size_t)r->index.n + 1, sizeof *s->lost);
    if (s->lost == NULL)
        return err_nomem();
    for (uint32_t n = s->p->first; err == VAULT_OK && n != 0; n = r->index.pair[n].next) {
        err = recs_load(r, n, &rev);
        if (err == VAULT_OK && goes_whole(s->p, &rev) && may_have_files(r, &rev)) {
            err = recs_load_withheld(r, n, &rev);
            if (err == VAULT_ERR_DAMAGED)
                s->lost[s->n_lost++] = n;
        } else if (err == VAULT_ERR_DAMAGED && s->p->what == GONE_RECORD) {
            s->lost[s->n_lost++] = n;
            s->open = true;
        }
        if (err == VAULT_ERR_DAMAGED)
            err = VAULT_OK;
    }
    vault_clear_error();
    revision_free(&rev);
    return err;
}

/* ---- what belongs to others ---- */

static vault_err
each(struct scan *scan, uint32_t n, struct revision *rev)
{
    struct strays *s = scan->ctx;
    vault_err err = VAULT_OK;

    (void)n;
    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        if (!l->here || (l->tier == LEAF_OPEN && !s->open) || l->file_key == NULL || !value_is_file(l->value))
            continue;
        struct file_rows *more = array_room(s->place, s->n, &s->cap, sizeof *more);
        if (more == NULL)
            return err_nomem();
        s->place = more;
        err = file_rows_of(&s->place[s->n], l);
        s->n += err == VAULT_OK;
    }
    return err;
}

static vault_err
bad(struct scan *scan, uint32_t n, const struct revision *rev)
{
    struct strays *s = scan->ctx;
    bool lost = false;

    for (size_t i = 0; i < s->n_lost; i++)
        lost = lost || s->lost[i] == n;
    s->unknown = s->unknown || !lost;
    s->open_unknown = s->open_unknown || (!lost && rev == NULL);
    return VAULT_OK;
}

static int
by_place(const void *x, const void *y)
{
    const struct file_rows *a = x, *b = y;

    if (a->table != b->table)
        return a->table < b->table ? -1 : 1;
    return a->first < b->first ? -1 : a->first > b->first;
}

/* ---- deleting the rest ---- */

vault_err
purge_note_row(struct purge *p, int64_t n)
{
    int64_t *more = array_room(p->row, p->n_row, &p->cap_row, sizeof *more);

    if (more == NULL)
        return err_nomem();
    p->row = more;
    p->row[p->n_row++] = n;
    return VAULT_OK;
}

/* Does this place end before row n of the table? */
static bool
is_before(const struct file_rows *r, enum db_table t, int64_t n)
{
    return r->table < t || (r->table == t && n >= r->first && (uint64_t)(n - r->first) >= r->pieces);
}

static vault_err
list_row(struct strays *s, int64_t n)
{
    int64_t *more = array_room(s->row, s->n_row, &s->cap_row, sizeof *more);

    if (more == NULL)
        return err_nomem();
    s->row = more;
    s->row[s->n_row++] = n;
    return VAULT_OK;
}

static vault_err
list_strays(struct strays *s, enum db_table t)
{
    struct db_cursor *c = NULL;
    size_t at = 0;
    uint64_t size;
    int64_t n;
    bool got = true;
    vault_err err = db_scan_sizes(s->p->v->db, t, INT64_MIN, &c);

    s->n_row = 0;
    while (err == VAULT_OK) {
        err = db_next_size(c, &n, &size, &got);
        if (err != VAULT_OK || !got)
            break;
        while (at < s->n && is_before(&s->place[at], t, n))
            at++;
        if (at == s->n || s->place[at].table != t || n < s->place[at].first)
            err = list_row(s, n);
    }
    db_scan_end(c);
    return err;
}

/* Open ones are not told in the log: join.c takes in those alone that a revision names which comes home. */
static vault_err
delete_strays(struct strays *s, enum db_table t)
{
    vault_err err = list_strays(s, t);

    for (size_t i = 0; err == VAULT_OK && i < s->n_row; i++) {
        err = db_delete(s->p->v->db, t, s->row[i]);
        if (err == VAULT_OK && t == DB_WITHHELD_CHUNK)
            err = purge_note_row(s->p, s->row[i]);
    }
    return err;
}

static vault_err
delete_known(struct strays *s)
{
    vault_err err = VAULT_OK;

    if (s->n > 0)
        qsort(s->place, s->n, sizeof *s->place, by_place);
    if (s->open && !s->open_unknown)
        err = delete_strays(s, DB_OPEN_CHUNK);
    if (err == VAULT_OK && !s->unknown)
        err = delete_strays(s, DB_WITHHELD_CHUNK);
    if (s->unknown)
        s->p->strays = s->n_lost;
    return err;
}

vault_err
purge_strays(struct purge *p)
{
    struct strays s = { .p = p };
    struct scan scan = { .r = &p->v->recs, .withheld = true, .all = true, .own_only = true,
        .tolerate = true, .fn = each, .bad = bad, .ctx = &s };
    vault_err err = find_lost(&s);

    if (err == VAULT_OK && s.n_lost > 0) {
        err = scan_run(&scan);
        if (err == VAULT_OK)
            err = delete_known(&s);
        if (err == VAULT_OK)
            vault_clear_error();
    }
    free(s.lost);
    free(s.place);
    free(s.row);
    return err;
}

/* ---- what the log tells ---- */

/* "first+pieces" of each run of rows, texts one after the other. */
static void
put_ranges(const struct purge *p, struct buf *mem, size_t *n)
{
    for (size_t i = 0, k; i < p->n_row; i = k, ++*n) {
        for (k = i + 1; k < p->n_row && p->row[k] - p->row[i] == (int64_t)(k - i);)
            k++;
        buf_fmt(mem, "%lld+%llu", (long long)p->row[i], (unsigned long long)(k - i));
        buf_u8(mem, 0);
    }
}

vault_err
purge_tell_pieces(const struct purge *p, struct detail *d)
{
    struct buf mem = BUF_INIT;
    const char **text = NULL;
    size_t n = 0, at = 0;
    vault_err err;

    put_ranges(p, &mem, &n);
    err = buf_ok(&mem);
    if (err == VAULT_OK && n > 0) {
        text = calloc(n, sizeof *text);
        err = text == NULL ? err_nomem() : VAULT_OK;
    }
    for (size_t i = 0; err == VAULT_OK && i < n; at += strlen(text[i]) + 1, i++)
        text[i] = (const char *)mem.p + at;
    if (err == VAULT_OK && n > 0)
        detail_texts(d, PURGED_PIECES, text, n);
    free(text);
    buf_free(&mem);
    return err;
}
