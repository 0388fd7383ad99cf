/* check_files.c - see check_files.h. */
#include "vault/check_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
file_places_free(struct file_places *p)
{
    free(p->place);
    memset(p, 0, sizeof *p);
}

static vault_err
add(struct file_places *p, uint32_t pair, const struct leaf *l)
{
    vault_err err = VAULT_OK;

    struct file_place *more = array_room(p->place, p->n, &p->cap, sizeof *more);
    if (more == NULL)
        return err_nomem();
    p->place = more;
    memset(&p->place[p->n], 0, sizeof *p->place);
    p->place[p->n].pair = pair;
    err = file_rows_of(&p->place[p->n].rows, l);
    p->n += err == VAULT_OK;
    return err;
}

vault_err
file_places_add(struct file_places *p, uint32_t pair, const struct revision *rev)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++)
        if (rev->leaf[i].here && rev->leaf[i].file_key != NULL && value_is_file(rev->leaf[i].value))
            err = add(p, pair, &rev->leaf[i]);
    return err;
}

static int
by_place(const void *x, const void *y)
{
    const struct file_place *a = x, *b = y;

    if (a->rows.table != b->rows.table)
        return a->rows.table < b->rows.table ? -1 : 1;
    if (a->rows.first != b->rows.first)
        return a->rows.first < b->rows.first ? -1 : 1;
    if (a->rows.kept != b->rows.kept)
        return a->rows.kept < b->rows.kept ? -1 : 1;
    if (memcmp(a->rows.id, b->rows.id, sizeof a->rows.id) != 0)
        return memcmp(a->rows.id, b->rows.id, sizeof a->rows.id);
    return a->pair < b->pair ? -1 : a->pair > b->pair;
}

/* ---- places that two attachments name ---- */

/* Open revisions repeat what they carry on, and a repair introduces a withheld one anew. */
static bool
same_file(const struct vault *v, const struct file_place *a, const struct file_place *b)
{
    return v->recs.index.pair[a->pair].first == v->recs.index.pair[b->pair].first &&
        a->rows.first == b->rows.first && memcmp(a->rows.id, b->rows.id, sizeof a->rows.id) == 0;
}

static bool
meet(const struct file_place *a, const struct file_place *later)
{
    return a->rows.table == later->rows.table &&
        later->rows.first - a->rows.first < (int64_t)a->rows.pieces;
}

static bool
is_lost(const struct vault *v, const struct file_place *p)
{
    return session_file_lost(v, v->recs.index.pair[p->pair].record,
        p->rows.table == DB_OPEN_CHUNK ? LEAF_OPEN : LEAF_WITHHELD, (uint64_t)p->rows.first);
}

vault_err
file_places_shared(struct vault *v, struct file_places *p, file_shared_fn *fn, void *ctx)
{
    const struct file_place *far = p->place;        /* that goes furthest of those before */
    vault_err err = VAULT_OK;

    if (p->n != 0)
        qsort(p->place, p->n, sizeof *p->place, by_place);
    for (size_t i = 1; err == VAULT_OK && i < p->n; i++) {
        const struct file_place *at = &p->place[i];
        if (meet(far, at) && !same_file(v, far, at) && !is_lost(v, far) && !is_lost(v, at))
            err = fn(ctx, far, at);
        if (!meet(far, at) || at->rows.first - far->rows.first > (int64_t)far->rows.pieces - (int64_t)at->rows.pieces)
            far = at;
    }
    return err;
}

/* ---- rows ---- */

/* The first that names a place stands for all: what else names it was told before. */
static void
drop_repeated(struct file_places *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++)
        if (n == 0 || p->place[i].rows.table != p->place[n - 1].rows.table ||
            p->place[i].rows.first != p->place[n - 1].rows.first ||
            p->place[i].rows.kept != p->place[n - 1].rows.kept)
            p->place[n++] = p->place[i];
    p->n = n;
}

struct comparing {
    struct vault *v;
    struct report *rep;
    const struct file_place *place, *end;   /* of this table, in order */
    uint64_t found;                         /* rows of *place */
    const char *table;
    bool known;                             /* all places are: a row of none is wrong */
};

static vault_err
problem(struct comparing *c, uint32_t pair, const char *what)
{
    char where[96];

    if (pair != 0)
        pair_name(c->v, pair, where);
    return report_damage(c->rep, err_say(VAULT_ERR_DAMAGED, NULL, "%s", what),
        pair != 0 ? where : c->table);
}

/* Who can write but not read could have what he named purged with his own: see purge_files.c. */
static vault_err
tell_shared(void *ctx, const struct file_place *a, const struct file_place *b)
{
    struct comparing *c = ctx;
    char who[96], what[180];

    pair_name(c->v, a->pair, who);
    snprintf(what, sizeof what, "an attachment names parts of another as its own: one is of %s", who);
    return problem(c, b->pair, what);
}

/* No more rows of *place will come. */
static vault_err
end_place(struct comparing *c)
{
    const struct file_place *p = c->place++;
    bool whole = c->found == p->rows.pieces || is_lost(c->v, p);

    c->found = 0;
    return whole ? VAULT_OK : problem(c, p->pair, "a part of an attachment is missing");
}

static vault_err
compare_row(struct comparing *c, int64_t n, uint64_t size)
{
    vault_err err = VAULT_OK;
    uint64_t i;

    while (err == VAULT_OK && c->place < c->end &&
        n - c->place->rows.first >= (int64_t)c->place->rows.pieces)
        err = end_place(c);
    if (err != VAULT_OK)
        return err;
    if (c->place == c->end || n < c->place->rows.first)
        return c->known ? problem(c, 0, "it holds a row that belongs to no attachment") : VAULT_OK;
    i = (uint64_t)(n - c->place->rows.first);
    c->found++;
    return size == file_piece_size(c->place->rows.kept, i) + FILE_TAG ? VAULT_OK :
        problem(c, c->place->pair, "a part of an attachment has a wrong size");
}

static vault_err
compare_table(struct comparing *c, enum db_table t)
{
    struct db_cursor *cur = NULL;
    uint64_t size;
    int64_t n;
    bool got = true;
    vault_err err = db_scan_sizes(c->v->db, t, INT64_MIN, &cur);

    while (err == VAULT_OK) {
        err = db_next_size(cur, &n, &size, &got);
        if (err != VAULT_OK || !got)
            break;
        err = n < 0 ? problem(c, 0, "it holds a row that belongs to no attachment") :
            compare_row(c, n, size);
    }
    while (err == VAULT_OK && c->place < c->end)
        err = end_place(c);
    db_scan_end(cur);
    return report_damage(c->rep, err, c->table);
}

vault_err
file_places_check(struct vault *v, struct report *rep, struct file_places *p)
{
    struct comparing c = { .v = v, .rep = rep, .table = "table open_chunk",
        .known = !p->unknown };
    size_t n = 0;
    vault_err err;

    err = file_places_shared(v, p, tell_shared, &c);
    if (err != VAULT_OK)
        return err;
    drop_repeated(p);
    while (n < p->n && p->place[n].rows.table == DB_OPEN_CHUNK)
        n++;
    c.place = p->place;
    c.end = p->n == 0 ? NULL : p->place + n;
    err = compare_table(&c, DB_OPEN_CHUNK);
    c.table = "table withheld_chunk";
    c.known = is_keeper(v) && !p->unknown;
    c.place = c.end;
    c.end = p->n == 0 ? NULL : p->place + p->n;
    c.found = 0;
    return err != VAULT_OK ? err : compare_table(&c, DB_WITHHELD_CHUNK);
}
