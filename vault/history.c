/* history.c - who did what when: vault_history, vault_log, vault_log_head. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vault/foreign.h"
#include "vault/base/cbor.h"
#include "vault/base/json_out.h"
#include "vault/base/text.h"
#include "vault/history_files.h"
#include "vault/same.h"

#define FIELDS_TOLD 128

/* ---- which fields a revision changed ---- */

struct changes {
    char name[FIELDS_TOLD][NAME_MAX_BYTES];
    const char *list[FIELDS_TOLD];
    size_t n;
};

static void
note_field(struct changes *c, const struct leaf *l)
{
    for (size_t i = 0; i < c->n; i++)
        if (strlen(c->name[i]) == l->field.n && memcmp(c->name[i], l->field.p, l->field.n) == 0)
            return;
    if (c->n == FIELDS_TOLD || l->field.n >= NAME_MAX_BYTES)
        return;
    memcpy(c->name[c->n], l->field.p, l->field.n);
    c->name[c->n][l->field.n] = '\0';
    c->list[c->n] = c->name[c->n];
    c->n++;
}

/* Open values have a new salt in each revision, so they are compared themselves; withheld ones by c. */
static bool
same_leaf(const struct leaf *a, const struct leaf *b)
{
    if (b == NULL || a->tier != b->tier)
        return false;
    if (a->tier == LEAF_WITHHELD || a->value.n == 0 || b->value.n == 0)
        return memcmp(a->c, b->c, sizeof a->c) == 0;
    return a->value.n == b->value.n && memcmp(a->value.p, b->value.p, a->value.n) == 0;
}

static void
compare(struct changes *c, const struct revision *a, const struct revision *b)
{
    for (size_t i = 0; i < a->n_leaves; i++) {
        const struct leaf *l = &a->leaf[i];
        if (!same_leaf(l, revision_find(b, l->field, l->element, l->n_element)))
            note_field(c, l);
    }
}

static vault_err
find_changes(struct vault *v, uint32_t n, const struct revision *rev, struct changes *c)
{
    uint32_t first = v->recs.index.pair[n].first, parent = 0;
    struct revision before;
    vault_err err = VAULT_OK;

    c->n = 0;
    revision_init(&before);
    if (rev->n_parents != 0)
        parent = index_revision(&v->recs.index, first, rev->parent[0]);
    if (parent != 0)
        err = recs_load(&v->recs, parent, &before);
    if (err == VAULT_OK) {
        compare(c, rev, &before);
        compare(c, &before, rev);
    }
    revision_free(&before);
    return err;
}

/* ---- entries ---- */

vault_err
session_read_entry(struct vault *v, uint32_t row, struct log_entry *e, uint8_t (*sig)[64])
{
    struct db_cursor *c = NULL;
    struct db_log_row r;
    bool got = false;
    vault_err err;

    err = db_scan_log(v->db, row, &c);
    if (err == VAULT_OK)
        err = db_next_log(c, &r, &got);
    if (err == VAULT_OK)
        err = got ? entry_decode(e, r.entry) :
            err_say(VAULT_ERR_DAMAGED, NULL, "a log entry is missing");
    if (err == VAULT_OK && sig != NULL)
        err = entry_sigs_decode(sig, 1 + e->n_keepers, r.sigs);
    db_scan_end(c);
    return err;
}

/* Is any value that belongs to it gone: purged, or lost? */
static bool
lacks_values(const struct vault *v, const struct revision *rev, bool lost)
{
    for (size_t i = 0; i < rev->n_leaves; i++) {
        enum gone_what what = gone_find(&v->recs.gone, rev->record, rev->leaf[i].c);
        if (gone_for_good(what) && (what == GONE_LOST) == lost)
            return true;
    }
    return false;
}

/* How far a history has been told. */
struct progress {
    size_t tomb, fact;
    bool stop;
    vault_history_fn *fn;
    void *ctx;
};

static vault_err
tell_revision(struct vault *v, uint32_t n, bool hashes, struct revision *rev, vault_history_fn *fn,
    void *ctx, bool *stop)
{
    const struct pair *p = &v->recs.index.pair[n];
    bool whole = index_purged(&v->recs.index, n);
    struct changes *c = calloc(1, sizeof *c);
    struct history_files files = {0};
    char hex[2 * REVISION_ID_BYTES + 1], author[FOREIGN_NAME];
    struct log_entry e;
    vault_err err;

    if (c == NULL)
        return err_nomem();
    err = session_read_entry(v, p->log, &e, NULL);
    if (err == VAULT_OK && !whole)
        err = recs_load(&v->recs, n, rev);
    if (err == VAULT_OK && !whole)
        err = find_changes(v, n, rev, c);
    if (err == VAULT_OK && !whole)
        err = history_files(v, n, rev, hashes, &files);
    if (err == VAULT_OK && !whole)
        err = foreign_author_name(v, n, rev, author);
    else if (err == VAULT_OK)
        author_name(v, e.author, author);
    if (err == VAULT_OK) {
        hex_of(hex, p->revision, REVISION_ID_BYTES);
        struct vault_history_item item = { .revision = hex, .time = whole ? e.time : rev->time,
            .author = author, .action = e.action, .log_number = e.number, .fields = c->list,
            .n_fields = c->n, .files = files.file, .n_files = files.n, .head = !whole && !p->superseded,
            .removed = !whole && revision_removed(rev), .purged = whole || lacks_values(v, rev, false),
            .lost = !whole && lacks_values(v, rev, true) };
        *stop = fn(ctx, &item) != 0;
    }
    history_files_free(&files);
    free(c);
    return err;
}

/* A purge, or a merge, as the entry in that row of the log has it. */
static vault_err
tell_entry_at(struct vault *v, uint32_t row, const char *field, const struct same_fact *f, uint32_t first,
    struct progress *at)
{
    struct log_entry e;
    char author[40], other[CODE_LEN + 1];
    vault_err err = session_read_entry(v, row, &e, NULL);

    if (err != VAULT_OK)
        return err;
    author_name(v, e.author, author);
    struct vault_history_item item = { .time = e.time, .author = author, .action = e.action,
        .log_number = e.number, .fields = &field, .n_fields = field != NULL && field[0] != '\0' };
    if (f != NULL) {
        item.other_leads = f->record == first;
        code_of(other, v->recs.index.pair[item.other_leads ? f->into : f->record].record);
        item.other = other;
    }
    at->stop = at->fn(at->ctx, &item) != 0;
    return VAULT_OK;
}

static const struct tombstone *
next_purge(const struct vault *v, const uint8_t *record, struct progress *at)
{
    while (at->tomb < v->n_tombs && memcmp(v->tomb[at->tomb].record, record, RECORD_ID_BYTES) != 0)
        at->tomb++;
    return at->tomb < v->n_tombs ? &v->tomb[at->tomb] : NULL;
}

static const struct same_fact *
next_merge(const struct vault *v, uint32_t first, struct progress *at)
{
    const struct same *s = &v->same;

    while (at->fact < s->n_facts && s->fact[at->fact].record != first && s->fact[at->fact].into != first)
        at->fact++;
    return at->fact < s->n_facts ? &s->fact[at->fact] : NULL;
}

/* What was said about this record above row `until`, from where `at` left off: its purges, and whom it was merged with. */
static vault_err
tell_said(struct vault *v, uint32_t first, uint32_t until, struct progress *at)
{
    const uint8_t *record = v->recs.index.pair[first].record;
    vault_err err = VAULT_OK;

    while (err == VAULT_OK && !at->stop) {
        const struct tombstone *t = next_purge(v, record, at);
        const struct same_fact *f = next_merge(v, first, at);
        if (t != NULL && t->log < until && (f == NULL || t->log < f->log)) {
            err = tell_entry_at(v, t->log, t->field, NULL, first, at);
            at->tomb++;
        } else if (f != NULL && f->log < until) {
            err = tell_entry_at(v, f->log, NULL, f, first, at);
            at->fact++;
        } else {
            break;
        }
    }
    return err;
}

vault_err
vault_history(vault *v, const char *id, vault_history_fn *fn, void *ctx)
{
    struct revision rev;
    const struct index *ix = &v->recs.index;
    struct progress at = { .fn = fn, .ctx = ctx };
    uint32_t first = 0, head;
    bool hashes = false;
    vault_err err;

    vault_clear_error();
    revision_init(&rev);
    err = session_find(v, id, &first);
    if (err == VAULT_OK && !index_purged(ix, first))
        err = recs_head(&v->recs, first, &head, NULL);
    if (err == VAULT_OK && !index_purged(ix, first))
        err = history_may_tell(v, first, &hashes);
    for (uint32_t n = first; err == VAULT_OK && n != 0 && !at.stop; n = ix->pair[n].next) {
        err = tell_said(v, first, ix->pair[n].log, &at);
        if (err == VAULT_OK && !at.stop)
            err = tell_revision(v, n, hashes, &rev, fn, ctx, &at.stop);
    }
    if (err == VAULT_OK && !at.stop)
        err = tell_said(v, first, UINT32_MAX, &at);
    revision_free(&rev);
    return err;
}

/* ---- details as JSON ---- */

/* Depth is bounded by the CBOR reader. */
static void
json_item(struct buf *out, struct rd *r)
{
    size_t n;

    switch (cbor_peek(r)) {
    case CBOR_UINT:
    case CBOR_NEG:
        buf_fmt(out, "%lld", (long long)cbor_get_int(r));
        break;
    case CBOR_TEXT:
        json_string(out, cbor_get_text(r, r->n));
        break;
    case CBOR_BYTES:
        json_hex(out, cbor_get_bytes(r, r->n));
        break;
    case CBOR_BOOL:
        buf_str(out, cbor_get_bool(r) ? "true" : "false");
        break;
    case CBOR_ARRAY:
        n = cbor_get_array(r, r->n);
        buf_u8(out, '[');
        for (size_t i = 0; i < n && !r->bad; i++) {
            buf_str(out, i == 0 ? "" : ",");
            json_item(out, r);
        }
        buf_u8(out, ']');
        break;
    case CBOR_MAP:
        n = cbor_get_map(r, r->n);
        buf_u8(out, '{');
        for (size_t i = 0; i < n && !r->bad; i++) {
            buf_str(out, i == 0 ? "" : ",");
            json_item(out, r);
            buf_u8(out, ':');
            json_item(out, r);
        }
        buf_u8(out, '}');
        break;
    case CBOR_BAD:
        r->bad = true;
        break;
    }
}

/* ---- the log ---- */

struct telling {
    struct vault *v;
    vault_log_fn *fn;
    void *ctx;
    struct buf detail, json;
};

static vault_err
detail_json(struct telling *t, const struct log_entry *e, struct part box)
{
    struct rd r;
    vault_err err;

    buf_reset(&t->detail);
    buf_reset(&t->json);
    err = session_open_detail(t->v, e, box, &t->detail);
    if (err != VAULT_OK)
        return err;
    r = rd_of(t->detail.p, t->detail.n);
    json_item(&t->json, &r);
    if (!rd_end(&r))
        return err_say(VAULT_ERR_DAMAGED, NULL, "the detail of a log entry cannot be read");
    return buf_cstr(&t->json) == NULL ? err_nomem() : VAULT_OK;
}

static vault_err
lost_detail(struct telling *t)
{
    buf_reset(&t->json);
    buf_str(&t->json, "{\"lost\":true}");
    return buf_cstr(&t->json) == NULL ? err_nomem() : VAULT_OK;
}

static vault_err
tell_entry(struct telling *t, const struct db_log_row *row, bool *stop)
{
    char hash[2 * 32 + 1], author[40], parent[ENTRY_PARENTS_MAX][2 * 32 + 1];
    const char *parents[ENTRY_PARENTS_MAX];
    struct log_entry e;
    vault_err err;

    err = entry_decode(&e, row->entry);
    if (err == VAULT_OK && !session_detail_lost(t->v, (uint32_t)row->n))
        err = detail_json(t, &e, row->detail);
    else if (err == VAULT_OK)
        err = lost_detail(t);
    if (err != VAULT_OK)
        return err;
    hex_of(hash, t->v->chain[row->n].hash, 32);
    author_name(t->v, e.author, author);
    for (size_t i = 0; i < e.n_parents; i++) {
        hex_of(parent[i], e.parent[i], 32);
        parents[i] = parent[i];
    }
    struct vault_log_item item = { .number = e.number, .hash = hash, .time = e.time,
        .action = e.action, .author = author, .keeper_signed = e.n_keepers != 0,
        .revisions = e.count, .detail = (const char *)t->json.p, .parents = parents,
        .n_parents = e.n_parents };
    *stop = t->fn(t->ctx, &item) != 0;
    return VAULT_OK;
}

vault_err
vault_log(vault *v, vault_log_fn *fn, void *ctx)
{
    struct telling t = { .v = v, .fn = fn, .ctx = ctx };
    struct db_cursor *c = NULL;
    struct db_log_row row;
    bool got = true, stop = false;
    vault_err err;

    vault_clear_error();
    err = db_scan_log(v->db, 1, &c);
    while (err == VAULT_OK && !stop) {
        err = db_next_log(c, &row, &got);
        if (err != VAULT_OK || !got)
            break;
        err = tell_entry(&t, &row, &stop);
    }
    db_scan_end(c);
    buf_free(&t.detail);
    buf_free(&t.json);
    return err;
}

vault_err
vault_log_head(vault *v, uint64_t *number, char hash[VAULT_HASH_LEN + 1], char words[256])
{
    const struct chain_entry *head = &v->chain[v->n_log];
    struct buf b = BUF_INIT;
    vault_err err;

    vault_clear_error();
    words_of(&b, head->hash, sizeof head->hash, 12);
    err = buf_ok(&b);
    if (err == VAULT_OK && b.n < 256) {
        *number = head->number;
        hex_of(hash, head->hash, 32);
        memcpy(words, b.p, b.n);
        words[b.n] = '\0';
    }
    buf_free(&b);
    return err;
}
