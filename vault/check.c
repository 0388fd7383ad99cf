/*
 * check.c - is everything whole and authentic: vault_check.
 *
 * Opens like any session, but tells each problem and goes on as far as it can; then every page,
 * every signature, every revision and leaf, every wrapped key, every detail; at last what lies in
 * the tables without belonging to anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vault/check_deep.h"
#include "vault/check_files.h"
#include "vault/exchange.h"
#include "vault/foreign.h"
#include "vault/intake_keys.h"
#include "vault/record/scan.h"
#include "vault/record/value.h"

struct checking {
    struct vault *v;
    struct report *rep;
    struct vault_checked told;
    struct file_places files;
    struct deep_check deep;     /* of what attachments contain; its `out` NULL: not asked for */
    struct intake_keys intake;  /* of the encapsulation at hand, and the entry it serves */
    uint32_t intake_log;
    struct foreign_row foreign; /* evidence of the row of the log at hand */
};

static vault_err
damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, NULL, "%s", what);
}

/* ---- pages ---- */

static void
tell_page(void *ctx, const char *what)
{
    vault_err err = report_damage(ctx, damaged(what), DB_NAME);

    (void)err;      /* a listener that wants no more is asked again at the next step */
}

/* ---- revisions ---- */

/* Evidence that came with a bundle holds by itself, whether a revision needs it or not. */
static vault_err
check_origin(struct checking *c, uint32_t n)
{
    uint32_t row = c->v->recs.index.pair[n].log;

    return c->foreign.row == row ? VAULT_OK : foreign_load(&c->foreign, c->v, row);
}

/* What stands in no way when the vault is opened, as it gives nobody a right. */
static vault_err
check_exchange(struct checking *c, uint32_t n, const struct revision *rev)
{
    if (rev->record[0] != 0)
        return VAULT_OK;
    return rev->record[1] == SYSTEM_ORIGIN ? check_origin(c, n) :
        rev->record[1] == SYSTEM_RECEIPT ? exchange_judge_receipt(c->v, n, rev) : VAULT_OK;
}

/* By the evidence that came with it. */
static vault_err
check_foreign(struct checking *c, uint32_t n, const struct revision *rev)
{
    vault_err err = check_origin(c, n);

    if (err == VAULT_OK && foreign_find(&c->foreign, rev, NULL) == NULL)
        err = damaged("that its author wrote it, elsewhere, is not proven");
    return err;
}

/* The signer of the entry that added it is its author, or it came from elsewhere. */
static vault_err
check_author(struct checking *c, uint32_t n, const struct revision *rev)
{
    struct db_cursor *cur = NULL;
    struct db_log_row row;
    struct log_entry e;
    bool got = false;
    vault_err err;

    err = db_scan_log(c->v->db, c->v->recs.index.pair[n].log, &cur);
    if (err == VAULT_OK)
        err = db_next_log(cur, &row, &got);
    if (err == VAULT_OK)
        err = got ? entry_decode(&e, row.entry) : damaged("its log entry is missing");
    db_scan_end(cur);
    if (err == VAULT_OK && rev->foreign)
        return check_foreign(c, n, rev);
    if (err == VAULT_OK && memcmp(e.author, rev->author, 32) != 0)
        err = damaged("its author is not the signer of its log entry");
    return err;
}

/* Reading judges shape and leaves; this, what a value may be. */
static vault_err
check_values(struct checking *c, const struct revision *rev)
{
    const struct type_def *t = type_set_by_hash(&c->v->recs.types, rev->type);
    struct buf scratch = BUF_INIT;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && t != NULL && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        const struct field_def *f = type_field(t, l->field.p, l->field.n);
        if (f != NULL && l->value.n != 0 && !value_valid(&scratch, f, l->value))
            err = scratch.bad ? err_nomem() : damaged("a value breaks the rules of its field");
    }
    buf_free(&scratch);
    return err;
}

/* Carried leaves, type and tags; needs the database, so it runs after the scan. */
static vault_err
check_relations(struct checking *c, uint32_t n, const struct revision *rev)
{
    struct recs *r = &c->v->recs;
    const struct pair *p = &r->index.pair[n];
    struct buf tags = BUF_INIT;
    vault_err err;

    err = check_values(c, rev);
    if (err == VAULT_OK)
        err = recs_check_carried(r, n, rev);
    if (err == VAULT_OK)
        err = recs_tags(r, rev, &tags);
    if (err == VAULT_OK && (tags.n != (size_t)p->n_tags * TAG_BYTES || (tags.n != 0 &&
            memcmp(tags.p, r->index.tag + (size_t)p->tags * TAG_BYTES, tags.n) != 0)))
        err = damaged("its tags do not match its content");
    if (err == VAULT_OK)
        err = check_author(c, n, rev);
    if (err == VAULT_OK)
        err = check_exchange(c, n, rev);
    buf_free(&tags);
    return err;
}

static vault_err
report_pair(struct checking *c, vault_err err, uint32_t n)
{
    char where[96];

    pair_name(c->v, n, where);
    return report_damage(c->rep, err, where);
}

/* ---- intake that no keeper has adopted: opened as it lies, and compared ---- */

/* Where the row of `intake` that this pack names must stand: the first pack of its entry that names it. 0: nowhere. */
static uint32_t
intake_place(struct vault *v, uint32_t n, const uint8_t hash[static 32])
{
    const struct index *ix = &v->recs.index;
    const struct pack *p = NULL;
    uint32_t log = ix->pair[n].log;

    for (uint32_t m = index_entry(ix, n); m <= ix->n && ix->pair[m].log == log;
            m += index_pack_size(ix, m))
        if (recs_pack(&v->recs, m, &p) == VAULT_OK && p->how == WRAP_INTAKE &&
            memcmp(p->enc_hash, hash, 32) == 0)
            return m;
    return 0;
}

static vault_err
find_enc(struct vault *v, uint32_t n, const uint8_t hash[static 32], struct buf *out)
{
    uint8_t h[32];
    vault_err err = db_get(v->db, DB_INTAKE, intake_place(v, n, hash), out);

    if (err == VAULT_OK && out->n == INTAKE_ENC_BYTES) {
        intake_enc_hash(h, out->p);
        if (memcmp(h, hash, sizeof h) == 0)
            return VAULT_OK;
    }
    return err == VAULT_OK || err == VAULT_ERR_NOT_FOUND ?
        damaged("the key of its intake is missing, or was moved") : err;
}

/* The one that was used last is kept: all packs of an entry share it. */
static vault_err
intake_key(struct checking *c, uint32_t n, const uint8_t hash[static 32])
{
    uint32_t log = c->v->recs.index.pair[n].log;
    struct buf enc = BUF_INIT;
    vault_err err;

    if (c->intake_log == log && memcmp(c->intake.hash, hash, 32) == 0)
        return VAULT_OK;
    c->intake_log = 0;
    err = find_enc(c->v, n, hash, &enc);
    if (err == VAULT_OK)
        err = intake_keys_open(&c->intake, c->v, PART(enc.p, enc.n));
    if (err == VAULT_OK)
        c->intake_log = log;
    buf_free(&enc);
    return err;
}

static vault_err
check_intake(struct checking *c, uint32_t n, const struct pack *now, struct revision *rev)
{
    struct recs *r = &c->v->recs;
    struct secret *home = NULL;
    struct buf blob = BUF_INIT;
    struct pack *p;
    vault_err err = secret_new(&home, sizeof *p);

    if (err != VAULT_OK)
        return err;
    p = (struct pack *)(void *)secret_edit(home);
    memcpy(p, now, sizeof *p);
    err = intake_key(c, n, p->enc_hash);
    if (err == VAULT_OK)
        err = intake_keys_adopt(&c->intake, p, &r->keys);
    if (err == VAULT_OK)
        err = db_get(r->db, DB_WITHHELD_BLOB, n, &blob);
    if (err == VAULT_OK)
        err = recs_withheld_from(r, p->blob_key[n - p->first], PART(blob.p, blob.n), rev);
    buf_free(&blob);
    secret_free(home);
    return err == VAULT_ERR_NOT_FOUND ? damaged("its withheld content is missing") : err;
}

/* A blob key that stands where nothing of the blob may be left: only in a pack that nobody can
 * open. */
static vault_err
check_no_blob(struct checking *c, uint32_t n, const struct pack *p)
{
    struct buf blob = BUF_INIT;
    vault_err err = db_get(c->v->db, DB_WITHHELD_BLOB, n, &blob);
    uint32_t i = n - p->first;

    buf_free(&blob);
    if (err == VAULT_OK || (p->has_blob[i] && !p->quarantined[i]))
        return damaged("it holds withheld content that was purged");
    return err == VAULT_ERR_NOT_FOUND ? VAULT_OK : err;
}

/* Of a record that was purged nothing is left but its ids: who has an old copy and the case key
 * could put it back. */
static vault_err
check_purged(struct checking *c, uint32_t n)
{
    struct recs *r = &c->v->recs;
    const struct pack *p = NULL;
    struct buf blob = BUF_INIT;
    vault_err err = recs_pack(r, n, &p);

    if (err == VAULT_OK)
        err = check_no_blob(c, n, p);
    if (err == VAULT_OK && (p->has_record[n - p->first] || r->index.pair[n].n_tags != 0))
        err = damaged(r->index.pair[n].lost ? "it was lost, and yet has a key or tags" :
            "it was purged, and yet has a key or tags");
    if (err != VAULT_OK)
        return err;
    err = db_get(r->db, DB_OPEN_BLOB, n, &blob);
    buf_free(&blob);
    if (err == VAULT_OK)
        return damaged(r->index.pair[n].lost ? "it was lost, and yet has content" :
            "it was purged, and yet has content");
    return err == VAULT_ERR_NOT_FOUND ? VAULT_OK : err;
}

/* Withheld values: a keeper reads them; a case session can only see that they are there. */
static vault_err
check_withheld(struct checking *c, uint32_t n, struct revision *rev)
{
    struct recs *r = &c->v->recs;
    const struct pack *p = NULL;
    struct buf blob = BUF_INIT;
    vault_err err;

    err = recs_pack(r, n, &p);
    /* A copy made for travel has no withheld values of before. */
    if (err == VAULT_OK && r->index.pair[n].log <= c->v->travel_row && !p->has_blob[n - p->first])
        return VAULT_OK;
    if (err == VAULT_OK && recs_withheld_gone(r, rev))
        return check_no_blob(c, n, p);
    if (err == VAULT_OK && p->has_blob[n - p->first] != revision_introduces(rev))
        err = damaged("its withheld content is missing, or there is some that it does not name");
    if (err != VAULT_OK || !revision_introduces(rev))
        return err;
    if (is_keeper(c->v) && p->how == WRAP_INTAKE && !p->quarantined[n - p->first])
        return check_intake(c, n, p, rev);
    if (is_keeper(c->v)) {
        bool said = p->names_hidden[n - p->first];
        err = recs_load_withheld(r, n, rev);
        return err == VAULT_OK && said && !recs_names_hidden(r, rev) ?
            damaged("beside its keys it says that names are not where they are") : err;
    }
    c->told.unverified++;
    if (err == VAULT_OK)
        err = db_get(r->db, DB_WITHHELD_BLOB, n, &blob);
    buf_free(&blob);
    return err == VAULT_ERR_NOT_FOUND ? damaged("its withheld content is missing") : err;
}

static vault_err
check_revisions(struct checking *c)
{
    struct revision rev;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (uint32_t n = 1; err == VAULT_OK && n <= c->v->recs.index.n; n++) {
        if (index_purged(&c->v->recs.index, n)) {
            err = report_pair(c, check_purged(c, n), n);
            continue;
        }
        err = recs_load(&c->v->recs, n, &rev);
        if (err == VAULT_OK)
            err = check_withheld(c, n, &rev);
        if (err == VAULT_OK)
            err = file_places_add(&c->files, n, &rev);
        if (err == VAULT_OK)
            err = deep_check_files(&c->deep, n, &rev);
        if (err == VAULT_OK)
            err = check_relations(c, n, &rev);
        c->files.unknown = c->files.unknown || err == VAULT_ERR_DAMAGED;
        err = report_pair(c, err, n);
    }
    revision_free(&rev);
    return err;
}

/* ---- details of the log ---- */

static vault_err
check_details(struct checking *c)
{
    struct db_cursor *cur = NULL;
    struct db_log_row row;
    struct buf out = BUF_INIT;
    struct log_entry e;
    char where[48];
    bool got = true;
    vault_err err;

    err = db_scan_log(c->v->db, 1, &cur);
    while (err == VAULT_OK) {
        err = db_next_log(cur, &row, &got);
        if (err != VAULT_OK || !got)
            break;
        buf_reset(&out);
        err = entry_decode(&e, row.entry);
        if (err == VAULT_OK && !session_detail_lost(c->v, (uint32_t)row.n))
            err = session_open_detail(c->v, &e, row.detail, &out);
        snprintf(where, sizeof where, "log entry %lld", (long long)row.n - 1);
        err = report_damage(c->rep, err, where);
    }
    db_scan_end(cur);
    buf_free(&out);
    return report_damage(c->rep, err, "the log");
}

/* ---- rows that belong to nothing ---- */

struct table_rule {
    enum db_table table;
    const char *name;
    bool (*belongs)(const struct checking *c, int64_t n);
};

/* One that may have content: what was lost or purged is looked at one by one. */
static bool
is_pair(const struct checking *c, int64_t n)
{
    return n >= 1 && n <= (int64_t)c->v->recs.index.n;
}

static bool
is_wrap(const struct checking *c, int64_t row)
{
    const struct index *ix = &c->v->recs.index;

    return row == WRAP_ROW_ROOT ||
        (is_pair(c, row) && ix->pair[row].pack == (uint32_t)row);
}

static bool
is_withheld(const struct checking *c, int64_t n)
{
    const struct pack *p = NULL;

    return is_pair(c, n) && recs_pack(&c->v->recs, (uint32_t)n, &p) == VAULT_OK &&
        p->has_blob[(uint32_t)n - p->first];
}

/* An encapsulation serves the entry at which it stands, or nothing. */
static bool
is_intake(const struct checking *c, int64_t n, struct part enc)
{
    struct recs *r = &c->v->recs;
    const struct pack *p = NULL;
    uint8_t hash[32];

    if (enc.n != INTAKE_ENC_BYTES || !is_pair(c, n))
        return false;
    intake_enc_hash(hash, enc.p);
    /* Its own pack first: what was planted at every revision must not make us look through all packs each time. */
    return recs_pack(r, (uint32_t)n, &p) == VAULT_OK && p->how == WRAP_INTAKE && memcmp(p->enc_hash, hash, 32) == 0 &&
        intake_place(c->v, (uint32_t)n, hash) == (uint32_t)n;
}

static vault_err
check_table(struct checking *c, const struct table_rule *t)
{
    struct db_cursor *cur = NULL;
    struct part blob;
    int64_t n;
    bool got = true;
    vault_err err;

    err = db_scan(c->v->db, t->table, INT64_MIN, &cur);
    while (err == VAULT_OK) {
        err = db_next(cur, &n, &blob, &got);
        if (err != VAULT_OK || !got)
            break;
        vault_clear_error();
        if (t->belongs != NULL ? t->belongs(c, n) : is_intake(c, n, blob))
            continue;
        /* What could not be looked at for want of memory is not damage. */
        err = vault_last_error()->code == VAULT_ERR_NO_SPACE ? VAULT_ERR_NO_SPACE :
            report_damage(c->rep, damaged("it holds a row that belongs to no revision"), t->name);
    }
    db_scan_end(cur);
    return report_damage(c->rep, err, t->name);
}

static vault_err
check_tables(struct checking *c)
{
    static const struct table_rule RULE[] = {
        { DB_OPEN_BLOB, "table open", is_pair }, { DB_WITHHELD_BLOB, "table withheld", is_withheld },
        { DB_WRAP, "table wrap", is_wrap }, { DB_INTAKE, "table intake", NULL },
    };
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < sizeof RULE / sizeof RULE[0]; i++)
        err = check_table(c, &RULE[i]);
    return err;
}

/* ---- the whole ---- */

static vault_err
check_session(struct checking *c)
{
    uint64_t done = 0;
    vault_err err;

    err = db_check(c->v->db, tell_page, c->rep);
    if (err == VAULT_OK)
        err = deep_check_begin(&c->deep, c->v, c->rep);
    if (err == VAULT_OK)
        err = verify_signatures(c->v, c->rep, true, &done);
    if (err == VAULT_OK)
        err = check_revisions(c);
    if (err == VAULT_OK)
        err = check_details(c);
    if (err == VAULT_OK)
        err = check_tables(c);
    if (err == VAULT_OK)
        err = file_places_check(c->v, c->rep, &c->files);
    file_places_free(&c->files);
    deep_check_free(&c->deep);
    intake_keys_free(&c->intake);
    foreign_free(&c->foreign);
    return err;
}

static vault_err
verdict(vault_err err, const struct report *rep)
{
    if (err != VAULT_OK && err != VAULT_ERR_DAMAGED)
        return err;
    if (err == VAULT_OK && rep->count == 0)
        return VAULT_OK;
    return err_say(VAULT_ERR_DAMAGED, "keep this folder as it is and go back to a backup",
        "the vault is damaged or was tampered with");
}

static vault_err
check_open(struct checking *c, struct vault *v)
{
    vault_err err;

    vault_clear_error();
    c->v = v;
    err = check_session(c);
    return verdict(err, c->rep);
}

vault_err
vault_check_open(vault *v, vault_problem_fn *fn, void *ctx, struct vault_checked *out)
{
    struct report rep = { .fn = fn, .ctx = ctx };
    struct checking c = { .rep = &rep };
    vault_err err = check_open(&c, v);

    if (out != NULL)
        *out = c.told;
    return err;
}

vault_err
vault_check_deep_open(vault *v, vault_problem_fn *fn, void *ctx, struct vault_deep_check *deep)
{
    struct report rep = { .fn = fn, .ctx = ctx };
    struct checking c = { .rep = &rep, .deep = { .out = deep } };
    vault_err err = check_open(&c, v);

    deep->as = c.told;
    return err;
}

/* Where an opening that ended in damage got stuck. */
static const char *
stuck_at(const struct vault *v)
{
    return v->db == NULL && v->k_case == NULL ? KEYS_NAME : DB_NAME;
}

static vault_err
check_path(struct checking *c, const char *path, const struct vault_credentials *cred)
{
    struct report *rep = c->rep;
    vault *v = NULL;
    vault_err err;

    vault_clear_error();
    err = session_new(&v, path);
    if (err == VAULT_OK)
        err = session_open(v, cred, rep);
    c->v = v;
    c->told.old_left = v != NULL && v->old_left;
    if (err == VAULT_OK && rep->count == 0) {
        err = report_damage(rep, session_anchor_compare(v, cred->anchor), "the anchor");
        if (err == VAULT_OK)
            err = check_session(c);
        if (err == VAULT_OK && rep->count == 0)
            err = session_anchor_begin(v);
        else
            session_anchor_forget(v);
        c->told.anchor = v->anchor.state;
    } else if (err == VAULT_ERR_DAMAGED || err == VAULT_OK) {
        if (err == VAULT_ERR_DAMAGED && rep->count == 0)
            err = report_damage(rep, err, stuck_at(v));
        if (v->db != NULL && err == VAULT_OK)
            err = db_check(v->db, tell_page, rep);
    }
    vault_close(v);
    return verdict(err, rep);
}

vault_err
vault_check(const char *path, const struct vault_credentials *cred, vault_problem_fn *fn,
    void *ctx, struct vault_checked *out)
{
    struct report rep = { .fn = fn, .ctx = ctx };
    struct checking c = { .rep = &rep };
    vault_err err = check_path(&c, path, cred);

    if (out != NULL)
        *out = c.told;
    return err;
}

vault_err
vault_check_deep(const char *path, const struct vault_credentials *cred, vault_problem_fn *fn,
    void *ctx, struct vault_deep_check *deep)
{
    struct report rep = { .fn = fn, .ctx = ctx };
    struct checking c = { .rep = &rep, .deep = { .out = deep } };
    vault_err err = check_path(&c, path, cred);

    deep->as = c.told;
    return err;
}
