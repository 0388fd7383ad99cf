/* repair_write.c - what is lost leaves index, packs and tables, and goes on record; see repair.h. */
#include "vault/repair.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ITEMS_MAX 16384u        /* in one _lost record; a value has at most 1 MiB */

/* ---- keys that move ---- */

/* The record's key is kept at its lowest revision; where that is lost and another is left, it moves there. */
static vault_err
move_key(struct repairing *r, uint32_t n)
{
    struct recs *recs = &r->v->recs;
    const struct pair *pair = recs->index.pair;
    uint8_t key[32];
    uint32_t heir = pair[n].next;
    vault_err err;

    while (heir != 0 && (r->flag[heir] & DOOMED) != 0)
        heir = pair[heir].next;
    if (pair[n].first != n || heir == 0)
        return VAULT_OK;
    err = recs_record_key(recs, n, key);
    if (err == VAULT_OK) {
        buf_u32(&r->moved, heir);
        buf_put(&r->moved, key, sizeof key);
        r->flag[heir] |= KEY_MOVED;
        err = buf_ok(&r->moved);
    }
    sodium_memzero(key, sizeof key);
    return err;
}

static const uint8_t *
moved_key(const struct repairing *r, uint32_t n)
{
    for (size_t at = 0; at < r->moved.n; at += 36)
        if (get_u32(r->moved.p + at) == n)
            return r->moved.p + at + 4;
    return NULL;
}

/* ---- packs ---- */

static void
drop_blob(struct pack *p, uint32_t i)
{
    bool any = false;

    pack_drop_blob(p, i);
    for (uint32_t k = 0; k < p->n; k++)
        any = any || (p->has_blob[k] && !p->quarantined[k]);
    if (any || p->readable)
        return;
    /* An inner wrap that does not open and serves nothing any more. */
    memset(p->has_blob, 0, sizeof p->has_blob);
    memset(p->quarantined, 0, sizeof p->quarantined);
    p->how = 0;
    p->n_inner = 0;
}

static void
blank(const struct index *ix, uint32_t first, struct pack *p)
{
    memset(p, 0, sizeof *p);
    p->first = first;
    p->n = index_pack_size(ix, first);
    p->readable = true;
    for (uint32_t i = 0; i < p->n; i++) {
        memcpy(p->ids[i], ix->pair[first + i].record, RECORD_ID_BYTES);
        memcpy(p->ids[i] + RECORD_ID_BYTES, ix->pair[first + i].revision, REVISION_ID_BYTES);
    }
}

static vault_err
drop_rows(struct repairing *r, uint32_t n)
{
    struct db *db = r->v->db;
    bool lost = r->v->recs.index.pair[n].lost;
    vault_err err = VAULT_OK;

    if (lost)
        err = db_delete(db, DB_OPEN_BLOB, n);
    return err != VAULT_OK || (!lost && (r->flag[n] & BLOB_LOST) == 0) ? err :
        db_delete(db, DB_WITHHELD_BLOB, n);
}

static vault_err
mend_revision(struct repairing *r, struct pack *p, uint32_t i)
{
    uint32_t n = p->first + i;
    const uint8_t *key = (r->flag[n] & KEY_MOVED) != 0 ? moved_key(r, n) : NULL;
    bool lost = r->v->recs.index.pair[n].lost;

    if (lost) {
        sodium_memzero(p->record_key[i], 32);
        p->has_record[i] = false;
    }
    if (lost || (r->flag[n] & BLOB_LOST) != 0)
        drop_blob(p, i);
    if ((r->flag[n] & HINT_WRONG) != 0)
        p->names_hidden[i] = false;
    if (key != NULL) {
        memcpy(p->record_key[i], key, 32);
        p->has_record[i] = true;
    }
    return drop_rows(r, n);
}

static vault_err
mend_pack(struct repairing *r, uint32_t first, struct pack *p)
{
    struct recs *recs = &r->v->recs;
    const struct pack *now = NULL;
    struct buf box = BUF_INIT;
    vault_err err = recs_pack(recs, first, &now);

    if (err == VAULT_OK)
        memcpy(p, now, sizeof *p);
    else if (err == VAULT_ERR_DAMAGED)
        blank(&recs->index, first, p);
    if (err == VAULT_ERR_DAMAGED) {
        vault_clear_error();
        err = VAULT_OK;
    }
    for (uint32_t i = 0; err == VAULT_OK && i < p->n; i++)
        err = mend_revision(r, p, i);
    if (err == VAULT_OK)
        err = pack_seal(&box, &recs->keys, p);
    if (err == VAULT_OK)
        err = db_put(r->v->db, DB_WRAP, first, PART(box.p, box.n));
    buf_free(&box);
    recs_forget_pack(recs);
    return err;
}

static bool
has_flags(const struct repairing *r, uint32_t first)
{
    for (uint32_t n = first; n < first + index_pack_size(&r->v->recs.index, first); n++)
        if (r->flag[n] != 0)
            return true;
    return false;
}

vault_err
repair_drop(struct repairing *r)
{
    struct index *ix = &r->v->recs.index;
    struct secret *home = NULL;
    vault_err err = secret_new(&home, sizeof(struct pack));

    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n++)
        if ((r->flag[n] & DOOMED) != 0)
            err = move_key(r, n);
    recs_forget_pack(&r->v->recs);
    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n++)
        if ((r->flag[n] & DOOMED) != 0)
            index_lose(ix, n);
    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n += index_pack_size(ix, n))
        if (has_flags(r, n))
            err = mend_pack(r, n, (struct pack *)(void *)secret_edit(home));
    memset(r->flag, 0, (size_t)ix->n + 1);
    buf_free(&r->moved);
    secret_free(home);
    return err;
}

/* ---- rows that nothing names ---- */

static int
by_row(const void *x, const void *y)
{
    const struct file_rows *a = &((const struct file_place *)x)->rows, *b = &((const struct file_place *)y)->rows;

    if (a->table != b->table)
        return a->table < b->table ? -1 : 1;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return a->pieces < b->pieces ? -1 : a->pieces > b->pieces;
}

/* Places may lie in others, where somebody wrote that: each goes on as far as those before it. */
static void
stretch(struct file_places *p)
{
    for (size_t i = 1; i < p->n; i++) {
        const struct file_rows *before = &p->place[i - 1].rows;
        struct file_rows *f = &p->place[i].rows;
        int64_t on = before->first + (int64_t)before->pieces - f->first;
        if (f->table == before->table && on > (int64_t)f->pieces)
            f->pieces = (uint64_t)on;
    }
}

/* Places are in order: the last that begins at or before the row, of those the one that goes furthest. */
static bool
is_named(const struct repairing *r, enum db_table t, int64_t n)
{
    size_t low = 0, high = r->places.n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct file_rows *f = &r->places.place[mid].rows;
        if (f->table < t || (f->table == t && f->first <= n))
            low = mid + 1;
        else
            high = mid;
    }
    return low != 0 && r->places.place[low - 1].rows.table == t &&
        n - r->places.place[low - 1].rows.first < (int64_t)r->places.place[low - 1].rows.pieces;
}

static vault_err
belongs(struct repairing *r, enum db_table t, int64_t n, struct part blob, bool *does)
{
    struct recs *recs = &r->v->recs;
    const struct index *ix = &recs->index;
    const struct pack *p = NULL;
    bool pair = n >= 1 && n <= (int64_t)ix->n;
    uint8_t hash[32];
    vault_err err = VAULT_OK;

    *does = false;
    if (t == DB_OPEN_CHUNK || t == DB_WITHHELD_CHUNK)
        *does = is_named(r, t, n);
    else if (t == DB_WRAP)
        *does = n == WRAP_ROW_ROOT || (pair && ix->pair[n].pack == (uint32_t)n);
    else if (t == DB_OPEN_BLOB)
        *does = pair && !index_purged(ix, (uint32_t)n);
    else if (t == DB_WITHHELD_BLOB && pair) {
        err = recs_pack(recs, (uint32_t)n, &p);
        *does = err == VAULT_OK && p->has_blob[(uint32_t)n - p->first];
    }
    if (t != DB_INTAKE || blob.n != INTAKE_ENC_BYTES)
        return err;
    intake_enc_hash(hash, blob.p);
    for (uint32_t m = 1; err == VAULT_OK && !*does && m <= ix->n; m += index_pack_size(ix, m)) {
        err = recs_pack(recs, m, &p);
        *does = err == VAULT_OK && p->how == WRAP_INTAKE && memcmp(p->enc_hash, hash, 32) == 0;
    }
    return err;
}

static vault_err
drop_rest_of(struct repairing *r, enum db_table t)
{
    struct db_cursor *c = NULL;
    struct buf drop = BUF_INIT;
    struct part blob = PART(NULL, 0);
    uint64_t size;
    int64_t n;
    bool got = true, does = false;
    bool chunks = t == DB_OPEN_CHUNK || t == DB_WITHHELD_CHUNK;
    vault_err err = chunks ? db_scan_sizes(r->v->db, t, INT64_MIN, &c) : db_scan(r->v->db, t, INT64_MIN, &c);

    while (err == VAULT_OK) {
        err = chunks ? db_next_size(c, &n, &size, &got) : db_next(c, &n, &blob, &got);
        if (err != VAULT_OK || !got)
            break;
        err = belongs(r, t, n, blob, &does);
        if (err == VAULT_OK && !does)
            buf_u64(&drop, (uint64_t)n);
    }
    db_scan_end(c);
    if (err == VAULT_OK)
        err = buf_ok(&drop);
    for (size_t at = 0; err == VAULT_OK && at < drop.n; at += 8)
        err = db_delete(r->v->db, t, (int64_t)get_u64(drop.p + at));
    r->report.dropped_rows += drop.n / 8;
    buf_free(&drop);
    return err;
}

vault_err
repair_drop_rest(struct repairing *r)
{
    vault_err err = VAULT_OK;

    if (r->places.n != 0)
        qsort(r->places.place, r->places.n, sizeof *r->places.place, by_row);
    stretch(&r->places);
    for (int t = DB_OPEN_BLOB; err == VAULT_OK && t <= DB_WITHHELD_CHUNK; t++)
        err = drop_rest_of(r, (enum db_table)t);
    return err;
}

/* ---- records of which some revisions are lost ---- */

/* Everything of the newest revision that can be read, as values of the new one. */
vault_err
repair_take_over(struct revision *to, const struct revision *from)
{
    for (size_t i = 0; i < from->n_leaves; i++) {
        const struct leaf *l = &from->leaf[i];
        struct leaf *m;
        if (l->value.n == 0)
            continue;
        m = revision_add(to, l->field, (enum leaf_tier)l->tier, l->value);
        if (m == NULL)
            return err_nomem();
        memcpy(m->element, l->element, sizeof m->element);
        m->n_element = l->n_element;
        m->file_key = l->file_key;
        m->file_first = l->file_first;
    }
    return VAULT_OK;
}

static vault_err
add_parents(const struct index *ix, uint32_t first, struct revision *rev)
{
    for (uint32_t n = first; n != 0; n = ix->pair[n].next) {
        if (ix->pair[n].superseded)
            continue;
        if (rev->n_parents == REVISION_PARENTS_MAX)
            return VAULT_OK;    /* the rest stays in conflict */
        memcpy(rev->parent[rev->n_parents++], ix->pair[n].revision, REVISION_ID_BYTES);
    }
    return VAULT_OK;
}

static vault_err
add_joined(struct repairing *r, uint32_t first, const struct revision *head)
{
    struct recs *recs = &r->v->recs;
    struct revision rev;
    vault_err err;

    revision_init(&rev);
    memcpy(rev.record, head->record, sizeof rev.record);
    memcpy(rev.type, head->type, sizeof rev.type);
    memcpy(rev.author, recs->author, sizeof rev.author);
    rev.time = (int64_t)time(NULL);
    err = add_parents(&recs->index, first, &rev);
    if (err == VAULT_OK)
        err = repair_take_over(&rev, head);
    if (err == VAULT_OK && rev.n_leaves != 0) {
        err = change_add(&r->change, &rev);
        r->report.joined += err == VAULT_OK;
        if (err == VAULT_OK)
            err = repair_files(r, recs->index.n, &rev);
    }
    revision_free(&rev);
    return err;
}

/* Does it carry a value on that a lost revision introduced? */
static bool
carries_lost(const struct recs *recs, const struct revision *rev)
{
    for (size_t i = 0; i < rev->n_leaves; i++)
        if (!rev->leaf[i].here && index_was_lost(&recs->index, rev->record, rev->leaf[i].introduced))
            return true;
    return false;
}

/* Values that a lost revision introduced, where its withheld blob was left: they are those of this leaf. */
static void
take_rescued(struct repairing *r, struct revision *rev)
{
    for (size_t i = 0; i < rev->n_leaves; i++) {
        struct leaf *l = &rev->leaf[i];
        for (size_t k = 0; !l->here && l->value.n == 0 && k < r->n_rescued; k++) {
            const struct revision *from = &r->rescued[k];
            const struct leaf *m = memcmp(from->id, l->introduced, sizeof from->id) != 0 ? NULL :
                revision_find(from, l->field, l->element, l->n_element);
            if (m == NULL || memcmp(m->c, l->c, sizeof m->c) != 0)
                continue;
            l->value = m->value;
            l->file_key = m->file_key;
            l->file_first = m->file_first;
        }
    }
}

static vault_err
tell_carried(struct repairing *r, uint32_t head, const struct revision *rev)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        char field[NAME_MAX_BYTES + 1];
        if (l->here || l->value.n != 0 || !index_was_lost(&r->v->recs.index, rev->record, l->introduced))
            continue;
        snprintf(field, sizeof field, "%.*s", (int)l->field.n, (const char *)l->field.p);
        r->report.lost_values++;
        err = repair_tell(r, TOLD_VALUES, head, field, "a withheld value went with the revision that introduced it");
    }
    return err;
}

vault_err
repair_read_head(struct repairing *r, uint32_t head, struct revision *from, struct buf *extra)
{
    vault_err err = recs_load(&r->v->recs, head, from);

    if (err == VAULT_OK)
        err = recs_look(&r->v->recs, head, from, extra);
    if (err != VAULT_OK)
        return err;
    take_rescued(r, from);
    return tell_carried(r, head, from);
}

static vault_err
join_record(struct repairing *r, const uint8_t *record)
{
    struct recs *recs = &r->v->recs;
    uint32_t first = index_record(&recs->index, record), head = 0;
    struct buf extra = BUF_INIT;
    struct revision rev;
    bool conflict = false, unclear = false;
    vault_err err;

    if (first == 0 || index_is_system(&recs->index.pair[first]))
        return VAULT_OK;
    revision_init(&rev);
    err = recs_head(recs, first, &head, &conflict);
    for (uint32_t n = head; err == VAULT_OK && conflict && n != 0; n = recs->index.pair[n].next)
        if (!recs->index.pair[n].superseded)
            head = n;           /* the last to come: what it followed may be what was lost */
    if (err == VAULT_OK)
        err = recs_load(recs, head, &rev);
    unclear = conflict || (err == VAULT_OK && carries_lost(recs, &rev));
    if (err == VAULT_OK && unclear)
        err = repair_read_head(r, head, &rev, &extra);
    if (err == VAULT_OK && unclear)
        err = add_joined(r, first, &rev);
    revision_free(&rev);
    buf_free(&extra);
    return err;
}

/* ---- the record of it ---- */

static int
by_record(const void *x, const void *y)
{
    const struct loss_item *a = x, *b = y;
    int c = memcmp(a->record, b->record, sizeof a->record);

    if (c != 0)
        return c;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

vault_err
repair_join(struct repairing *r)
{
    vault_err err = VAULT_OK;

    if (r->n_items != 0)
        qsort(r->item, r->n_items, sizeof *r->item, by_record);
    for (size_t i = 0; err == VAULT_OK && i < r->n_items; i++)
        if (r->item[i].kind == LOSS_REVISION && (i == 0 ||
                memcmp(r->item[i].record, r->item[i - 1].record, RECORD_ID_BYTES) != 0))
            err = join_record(r, r->item[i].record);
    return err;
}

static vault_err
add_some(struct repairing *r, size_t from, size_t to)
{
    static const size_t BYTES[] = { REVISION_ID_BYTES, 32, LOST_FILE_BYTES, LOST_DETAIL_BYTES };
    struct buf b[4] = { BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT };
    struct lost_parts p;
    vault_err err = VAULT_OK;

    for (size_t i = from; i < to; i++)
        buf_put(&b[r->item[i].kind], r->item[i].bytes, BYTES[r->item[i].kind]);
    for (int k = 0; err == VAULT_OK && k < 4; k++)
        err = buf_ok(&b[k]);
    p = (struct lost_parts){ PART(b[0].p, b[0].n), PART(b[1].p, b[1].n), PART(b[2].p, b[2].n), PART(b[3].p, b[3].n) };
    if (err == VAULT_OK)
        err = system_add_lost(r->v, &r->change, r->item[from].record, &p);
    for (int k = 0; k < 4; k++)
        buf_free(&b[k]);
    return err;
}

vault_err
repair_add_losses(struct repairing *r)
{
    vault_err err = VAULT_OK;

    if (r->n_items != 0)
        qsort(r->item, r->n_items, sizeof *r->item, by_record);
    for (size_t i = 0, to; err == VAULT_OK && i < r->n_items; i = to) {
        for (to = i + 1; to < r->n_items && to - i < ITEMS_MAX &&
                memcmp(r->item[to].record, r->item[i].record, RECORD_ID_BYTES) == 0; to++)
            ;
        err = add_some(r, i, to);
    }
    return err;
}
