/*
 * repair_anew.c - a vault whose log or list of revisions is not whole: its records under a new log; see repair.h.
 *
 * What was signed cannot be shown any more: one entry, `repair`, takes in the newest state of each record
 * that can be read, by the keeper's word. The old revisions and entries are not carried on: they lie in the damaged vault.
 */
#include "vault/repair.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "vault/record/value.h"

struct anew {
    struct repairing *r;
    struct vault *old, *v;      /* the rows at hand; the new vault. Both borrow the keys */
    struct line line;
};

/* ---- two databases ---- */

/* The rows at hand go aside, and an empty database takes their place. */
static vault_err
make_room(struct anew *a)
{
    struct vault *old = a->old;
    struct secret *key = NULL;
    char *aside = NULL;
    vault_err err = tree_db_key(&key, &old->tree, old->kf.db_salt);

    db_close(old->db);
    old->db = old->recs.db = NULL;
    if (err == VAULT_OK && asprintf(&aside, "%s.new", old->db_path) < 0) {
        aside = NULL;
        err = err_nomem();
    }
    if (err == VAULT_OK && renameat(old->dir, DB_NAME, old->dir, DB_NEW) != 0)
        err = err_say(VAULT_ERR_FAILED, NULL, "cannot rename a file in the new folder");
    if (err == VAULT_OK)
        err = db_open(&old->db, aside, key, DB_OPEN);
    if (err == VAULT_OK)
        err = db_open(&a->v->db, old->db_path, key, DB_CREATE);
    old->recs.db = old->db;
    secret_free(key);
    free(aside);
    return err;
}

static void
close_both(struct anew *a)
{
    recs_free(&a->v->recs);
    db_close(a->v->db);
    free(a->v->chain);
    free(a->v->author);
    free(a->v->keeper);
    free(a->v->tomb);
    gone_free(&a->v->losses.files);
    free(a->v->losses.detail);
    db_close(a->old->db);
    a->old->db = a->old->recs.db = NULL;
    (void)unlinkat(a->old->dir, DB_NEW, 0);
    (void)unlinkat(a->old->dir, DB_NEW "-journal", 0);
}

/* ---- types, slots, cards ---- */

static int
by_version(const void *x, const void *y)
{
    const struct type_def *const *a = x, *const *b = y;

    return (*a)->version < (*b)->version ? -1 : (*a)->version > (*b)->version;
}

/* By version: a later one may raise tiers, never lower them. */
static vault_err
add_types(struct anew *a)
{
    const struct type_set *s = &a->old->recs.types;
    const struct type_def **type = calloc(s->n + 1, sizeof *type);
    vault_err err = type == NULL ? err_nomem() : VAULT_OK;

    if (err == VAULT_OK) {
        for (size_t i = 0; i < s->n; i++)
            type[i] = s->type[i];
        qsort(type, s->n, sizeof *type, by_version);
    }
    for (size_t i = 0; err == VAULT_OK && i < s->n; i++) {
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || (type[k]->version == type[i]->version && strcmp(type[k]->name, type[i]->name) == 0);
        if (!again)
            err = system_add_type(a->v, &a->r->change, type[i]);
    }
    free(type);
    return err;
}

static bool
bytes_of(const struct revision *rev, const char *field, size_t n, struct part *out)
{
    const struct leaf *l = revision_leaf(rev, field);
    struct value_view view;

    if (l == NULL || l->value.n == 0 || value_read(&view, l->value) != VAULT_OK ||
        view.shape != VALUE_BYTES || view.text.n != n)
        return false;
    *out = view.text;
    return true;
}

/* The newest registration of somebody else's slot, with its slot key: *found false: it is not left, or was retired. */
static vault_err
add_slot(struct anew *a, unsigned i, bool *found)
{
    struct recs *recs = &a->old->recs;
    const struct slot_header *h = &a->old->kf.slot[i].head;
    uint8_t id[RECORD_ID_BYTES] = { 0, SYSTEM_SLOT };
    struct part author, x25519, bytes;
    struct secret *key = NULL;
    struct revision rev;
    uint32_t last = 0;
    vault_err err = VAULT_OK;

    *found = false;
    memcpy(id + 2, h->id, SLOT_ID_BYTES);
    for (uint32_t n = index_record(&recs->index, id); n != 0; n = recs->index.pair[n].next)
        last = n;
    if (last == 0)
        return VAULT_OK;
    revision_init(&rev);
    err = recs_load(recs, last, &rev);
    if (err == VAULT_OK && revision_introduces(&rev))
        err = recs_load_withheld(recs, last, &rev);
    *found = err == VAULT_OK && bytes_of(&rev, "author", 32, &author) && bytes_of(&rev, "x25519", 32, &x25519) &&
        bytes_of(&rev, "slot_key", 32, &bytes);
    if (*found)
        err = secret_copy(&key, bytes.p, 32);
    if (err == VAULT_OK && *found)
        err = system_add_slot(a->v, &a->r->change, h, &(struct slot_registration){ author.p, x25519.p, key }, true);
    secret_free(key);
    revision_free(&rev);
    return err == VAULT_ERR_DAMAGED ? VAULT_OK : err;
}

static vault_err
add_slots(struct anew *a)
{
    const struct slot_registration own = { a->v->me.author_pk, a->v->me.x25519_pk, a->v->me.slot_key };
    vault_err err = system_add_slot(a->v, &a->r->change, &a->v->kf.slot[a->v->slot].head, &own, true);

    for (unsigned i = 0; err == VAULT_OK && i < KEYFILE_SLOTS; i++) {
        bool found = true;
        char what[128];
        if (i != a->v->slot && a->v->kf.slot[i].head.kind != SLOT_EMPTY)
            err = add_slot(a, i, &found);
        snprintf(what, sizeof what, "the registration of slot %u is lost: that way in is to be made anew (key remove %u, key add)",
            i, i);
        if (err == VAULT_OK && !found)
            err = repair_tell(a->r, TOLD_LOG, 0, NULL, what);
    }
    return err == VAULT_OK ? system_add_card(a->v, &a->r->change, &a->v->tree) : err;
}

/* ---- records ---- */

static vault_err
copy_chunks(struct anew *a, const struct revision *rev)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        struct buf data = BUF_INIT, there = BUF_INIT;
        struct file_rows rows = {0};
        if (l->file_key == NULL || !value_is_file(l->value))
            continue;
        err = file_rows_of(&rows, l);
        for (uint64_t k = 0; err == VAULT_OK && k < rows.pieces; k++) {
            int64_t n = rows.first + (int64_t)k;
            err = db_get(a->old->db, rows.table, n, &data);
            if (err == VAULT_OK && db_get(a->v->db, rows.table, n, &there) == VAULT_ERR_NOT_FOUND)
                err = db_put(a->v->db, rows.table, n, PART(data.p, data.n));
            if (err == VAULT_ERR_NOT_FOUND)
                err = VAULT_OK;         /* it is on record as lost */
        }
        buf_free(&data);
        buf_free(&there);
    }
    return err;
}

static vault_err
add_state(struct anew *a, const struct revision *from, const uint8_t *parent, uint8_t *id)
{
    struct revision rev;
    vault_err err;

    revision_init(&rev);
    memcpy(rev.record, from->record, sizeof rev.record);
    memcpy(rev.type, from->type, sizeof rev.type);
    memcpy(rev.author, a->v->recs.author, sizeof rev.author);
    rev.time = (int64_t)time(NULL);
    if (parent != NULL) {
        memcpy(rev.parent[0], parent, REVISION_ID_BYTES);
        rev.n_parents = 1;
    }
    err = repair_take_over(&rev, from);
    if (err == VAULT_OK && rev.n_leaves != 0)
        err = change_add(&a->r->change, &rev);
    if (err == VAULT_OK)
        memcpy(id, rev.id, REVISION_ID_BYTES);
    revision_free(&rev);
    return err;
}

/* The newest revision below the head of a removed record that has content: `revert` finds it again. */
static vault_err
content_of(struct anew *a, uint32_t first, uint32_t head, uint32_t *out, struct revision *rev)
{
    struct recs *recs = &a->old->recs;
    vault_err err = VAULT_OK;

    *out = head;
    for (uint32_t n = first; err == VAULT_OK && n != 0 && n < head; n = recs->index.pair[n].next) {
        err = recs_load(recs, n, rev);
        if (err == VAULT_OK && !revision_removed(rev))
            *out = n;
    }
    return err;
}

static vault_err
tell_unverified(struct anew *a, uint32_t n)
{
    if (line_answers(&a->line, n))
        return VAULT_OK;
    a->r->report.unverified++;
    return repair_tell(a->r, TOLD_UNVERIFIED, n, NULL, "nothing that is left of the log answers for this revision: "
        "whoever had a case passphrase could have written it");
}

static vault_err
add_record(struct anew *a, uint32_t first)
{
    struct recs *recs = &a->old->recs;
    uint32_t head = 0, content = 0;
    struct buf extra = BUF_INIT;
    struct revision rev;
    uint8_t id[REVISION_ID_BYTES] = {0};
    bool conflict = false, removed = false;
    vault_err err;

    revision_init(&rev);
    err = recs_head(recs, first, &head, &conflict);
    if (err == VAULT_OK)
        err = recs_load(recs, head, &rev);
    removed = err == VAULT_OK && revision_removed(&rev);
    content = head;
    if (removed)
        err = content_of(a, first, head, &content, &rev);
    if (err == VAULT_OK && conflict)
        a->r->report.joined++;
    if (err == VAULT_OK)
        err = repair_read_head(a->r, content, &rev, &extra);
    if (err == VAULT_OK)
        err = tell_unverified(a, content);
    if (err == VAULT_OK)
        err = add_state(a, &rev, NULL, id);
    if (err == VAULT_OK)
        err = copy_chunks(a, &rev);
    if (err == VAULT_OK && removed && content != head) {
        err = recs_load(recs, head, &rev);
        if (err == VAULT_OK)
            err = add_state(a, &rev, id, id);
    }
    revision_free(&rev);
    buf_free(&extra);
    return err;
}

/* Keys of before a rekey are needed where something sealed to them may still come. */
static vault_err
add_former(struct anew *a, uint32_t first)
{
    struct buf extra = BUF_INIT;
    struct revision rev;
    uint8_t id[REVISION_ID_BYTES];
    vault_err err;

    revision_init(&rev);
    err = recs_load(&a->old->recs, first, &rev);
    if (err == VAULT_OK)
        err = recs_load_withheld(&a->old->recs, first, &rev);
    if (err == VAULT_OK)
        err = add_state(a, &rev, NULL, id);
    revision_free(&rev);
    buf_free(&extra);
    return err == VAULT_ERR_DAMAGED ? VAULT_OK : err;
}

static vault_err
add_records(struct anew *a)
{
    const struct index *ix = &a->old->recs.index;
    vault_err err = VAULT_OK;

    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n++) {
        const struct pair *p = &ix->pair[n];
        if (p->lost || p->first != n || p->purged)
            continue;
        if (!index_is_system(p))
            err = add_record(a, n);
        else if (p->record[1] == SYSTEM_FORMER)
            err = add_former(a, n);
    }
    return err;
}

/* ---- the whole ---- */

/* Those that are not even listed: where the list ends too early nobody knows how many. */
static vault_err
tell_missing(struct anew *a)
{
    const struct index *ix = &a->old->recs.index;
    uint64_t missing = 0;
    char what[160];

    for (uint32_t n = 1; n <= ix->n; n++)
        missing += ix->pair[n].record[0] == 0xff && ix->pair[n].lost;
    if (missing == 0)
        return VAULT_OK;
    snprintf(what, sizeof what, "the list of revisions lacks %llu of them, or more: what they were cannot be known",
        (unsigned long long)missing);
    return repair_tell(a->r, TOLD_LOG, 0, NULL, what);
}

/* Of what is on record in other cases only attachments have a meaning here: everything else is simply not there. */
static void
keep_files(struct repairing *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_items; i++)
        if (r->item[i].kind == LOSS_FILE)
            r->item[n++] = r->item[i];
    r->n_items = n;
}

static vault_err
look(struct anew *a)
{
    struct repairing *r = a->r;
    vault_err err = db_begin(r->v->db);

    if (err == VAULT_OK)
        err = line_read(&a->line, r);
    r->flag = err == VAULT_OK ? calloc((size_t)r->v->recs.index.n + 1, 1) : NULL;
    if (err == VAULT_OK && r->flag == NULL)
        err = err_nomem();
    if (err == VAULT_OK)
        err = repair_find(r);
    if (err == VAULT_OK)
        err = repair_drop(r);
    if (err == VAULT_OK)
        repair_mark_older(r);
    if (err == VAULT_OK)
        err = tell_missing(a);
    return err != VAULT_OK ? err : db_commit(r->v->db);
}

static vault_err
end_entry(struct anew *a, const struct commit *what, vault_err err)
{
    if (err == VAULT_OK)
        return session_commit(a->v, &a->r->change, what);
    change_abort(&a->r->change);
    return err;
}

/* How to read what follows: types, who may write, the card; the state of `keys`. */
static vault_err
first_entry(struct anew *a)
{
    struct vault *v = a->v;
    struct commit what = { .action = "repair", .keeper = true, .keys_hash = v->keys_hash,
        .keys_sequence = v->kf.sequence };
    vault_err err = session_begin(v, &a->r->change);

    if (err != VAULT_OK)
        return err;
    err = recs_new_keys(&v->recs);
    if (err == VAULT_OK)
        err = add_types(a);
    if (err == VAULT_OK)
        err = add_slots(a);
    return end_entry(a, &what, err);
}

static vault_err
second_entry(struct anew *a)
{
    struct repairing *r = a->r;
    struct detail d = {0};
    struct commit what = { .action = "repair", .keeper = true, .detail = &d };
    vault_err err = session_begin(a->v, &r->change);

    if (err != VAULT_OK)
        return err;
    err = add_records(a);
    if (err == VAULT_OK && a->v->recs.index.records == 0)
        err = err_say(VAULT_ERR_DAMAGED, "go back to a backup", "nothing could be saved: no record can be opened");
    keep_files(r);
    if (err == VAULT_OK) {
        r->v = a->v;
        err = repair_add_losses(r);
        r->v = a->old;
    }
    detail_uint(&d, "entries", a->line.rows - a->line.missing);
    detail_uint(&d, "missing", a->line.missing);
    detail_uint(&d, "unverified", r->report.unverified);
    detail_uint(&d, "revisions", r->report.lost_revisions);
    detail_uint(&d, "values", r->report.lost_values);
    detail_uint(&d, "attachments", r->report.lost_attachments);
    err = end_entry(a, &what, err);
    detail_free(&d);
    return err;
}

/* What was begun on the rows as if the log were whole is forgotten. */
static vault_err
begin_again(struct repairing *r)
{
    struct vault *v = r->v;

    for (size_t i = 0; i < r->n_told; i++) {
        free(r->told[i].what);
        free(r->told[i].fields);
    }
    for (size_t i = 0; i < r->n_rescued; i++)
        revision_free(&r->rescued[i]);
    r->n_told = r->n_items = r->n_rescued = 0;
    free(r->flag);
    r->flag = NULL;
    buf_free(&r->moved);
    file_places_free(&r->places);
    deep_check_free(&r->deep);
    r->deep.done = r->deep.total = 0;
    memset(&r->report, 0, sizeof r->report);
    r->before = 0;
    recs_free(&v->recs);
    db_close(v->db);
    v->db = NULL;
    free(v->author);
    free(v->keeper);
    free(v->tomb);
    gone_free(&v->losses.files);
    free(v->losses.detail);
    v->author = NULL;
    v->keeper = NULL;
    v->tomb = NULL;
    v->n_authors = v->n_keepers = v->n_tombs = 0;
    memset(&v->losses, 0, sizeof v->losses);
    v->n_log = 0;
    v->uncertain = false;
    if (unlinkat(v->dir, DB_NAME, 0) != 0)
        return err_say(VAULT_ERR_FAILED, NULL, "cannot begin again in the new folder");
    return VAULT_OK;
}

vault_err
repair_anew(struct repairing *r)
{
    struct anew a = { .r = r, .old = r->v };
    char what[sizeof vault_last_error()->text + 128];
    vault_err err;

    snprintf(what, sizeof what, "the log is not whole, so a new one begins, without the history of before: %s",
        vault_last_error()->text);
    vault_clear_error();
    err = begin_again(r);
    a.v = calloc(1, sizeof *a.v);
    if (a.v == NULL)
        return err_nomem();
    *a.v = (struct vault){ .dir = r->v->dir, .path = r->v->path, .db_path = r->v->db_path, .kf = r->v->kf,
        .slot = r->v->slot, .me = r->v->me, .x = r->v->x, .tree = r->v->tree, .e = r->v->e,
        .k_case = r->v->k_case, .epoch = r->v->epoch };
    memcpy(a.v->keys_hash, r->v->keys_hash, sizeof a.v->keys_hash);
    randombytes_buf(a.v->copy_id, sizeof a.v->copy_id);
    if (err == VAULT_OK)
        err = repair_take_rows(r);
    r->report.new_log = true;
    if (err == VAULT_OK)
        err = repair_tell(r, TOLD_LOG, 0, NULL, what);
    if (err == VAULT_OK)
        err = session_init_recs(r->v);
    if (err == VAULT_OK)
        err = look(&a);
    if (err == VAULT_OK)
        err = make_room(&a);
    if (err == VAULT_OK)
        err = session_init_recs(a.v);
    if (err == VAULT_OK)
        err = first_entry(&a);
    if (err == VAULT_OK)
        err = second_entry(&a);
    close_both(&a);
    line_free(&a.line);
    sodium_memzero(a.v, sizeof *a.v);
    free(a.v);
    return err;
}
