/*
 * copy_receive.c - another copy of this vault comes home as a file: see copy_rows.h.
 *
 * Nothing is built before the signature of somebody who is registered here is good. Then its rows go, through our own statements, into a database beside ours, under
 * a key that only this process knows (no file of somebody else's is opened by SQLite), which is verified as `check` does and joined (join.c). It has the name of an
 * unfinished one: what a kill leaves is wiped by the next opening.
 */
#include "vault/copy_rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/exchange.h"

/* A record that the other copy wrote to. */
struct coming_record {
    uint8_t id[RECORD_ID_BYTES];
    const char *what;           /* as in struct vault_receive_item */
};

struct coming {
    struct vault *v, *other;
    struct bundle_in *b;
    struct copy_head head;
    bool *fresh;                /* by row of the other's log */
    uint32_t n_fresh;
    struct coming_record *record;
    size_t n_records, cap_records;
    struct first_problem found;
    struct vault_received *out;
};

/* ---- who may send it ---- */

/* Its card is of this vault's beginning (bundle_verify_sender). */
static vault_err
judge_author(const struct bundle_in *b)
{
    const struct vault *v = b->v;
    const struct author *a = author_by_pk(v, b->m.author);
    bool ours = false;

    for (size_t i = 0; i < v->n_keepers; i++)
        ours = ours || memcmp(v->keeper[i].pk, b->card.keeper_pk, 32) == 0;
    if (!ours || a == NULL)
        return err_say(VAULT_ERR_REFUSED, "a keeper can look at that copy on its own",
            "this copy was sent by somebody who is not registered in this vault, or it is of later keys than this one: it can be brought home, not updated");
    if (a->until != 0)
        return err_say(VAULT_ERR_REFUSED, "a keeper can look at that copy on its own", "this copy was sent by somebody who may not write here any more");
    return VAULT_OK;
}

/* ---- its database ---- */

static vault_err
new_database(struct coming *c)
{
    struct key_tree drawn = { .vmk = NULL };
    struct secret *key = NULL;
    uint8_t salt[16];
    char *path = NULL;
    vault_err err = session_wipe_unfinished(c->v);

    if (err == VAULT_OK && asprintf(&path, "%s.new", c->v->db_path) < 0) {
        path = NULL;
        err = err_nomem();
    }
    randombytes_buf(salt, sizeof salt);
    if (err == VAULT_OK)
        err = secret_random(&drawn.k_db, 32);
    if (err == VAULT_OK)
        err = tree_db_key(&key, &drawn, salt);
    if (err == VAULT_OK)
        err = db_open(&c->other->db, path, key, DB_CREATE);
    secret_free(key);
    tree_free(&drawn);
    free(path);
    return err;
}

static vault_err
put_rows(struct coming *c, struct frames_in *f)
{
    struct copy_row row, before = { .n = 0 };
    enum frame_kind kind = FRAME_END;
    struct part p;
    vault_err err = frames_next(f, &kind, &p);

    if (err == VAULT_OK && kind != FRAME_COPY_KEY)
        err = err_say(VAULT_ERR_DAMAGED, "ask for it again", "this file is damaged: it begins in a wrong form");
    if (err == VAULT_OK)
        err = copy_head_read(&c->head, p);
    if (err == VAULT_OK)
        err = frames_next(f, &kind, &p);
    while (err == VAULT_OK && kind == FRAME_COPY_ROW) {
        err = copy_row_read(&row, &before, p);
        if (err == VAULT_OK)
            err = copy_row_store(c->other->db, &row);
        before.kind = row.kind;
        before.n = row.n;
        if (err == VAULT_OK)
            err = frames_next(f, &kind, &p);
    }
    while (err == VAULT_OK && kind != FRAME_END)
        err = kind == FRAME_COPY_KEY || kind == FRAME_COPY_ROW ?
            err_say(VAULT_ERR_DAMAGED, "ask for it again", "this file is damaged: a row stands where it does not belong") : frames_next(f, &kind, &p);
    return err;
}

/* It is read for the second time: what was verified is what comes. */
static vault_err
fill_database(struct coming *c)
{
    struct frames_in f = { .at = 0 };
    uint8_t content[32];
    uint64_t length;
    vault_err err = frames_open(&f, c->b->path, &c->b->mine);

    if (err == VAULT_OK)
        err = db_begin(c->other->db);
    if (err == VAULT_OK)
        err = put_rows(c, &f);
    if (err == VAULT_OK) {
        frames_read_content(&f, content, &length);
        if (length != c->b->length || memcmp(content, c->b->content, sizeof content) != 0)
            err = err_say(VAULT_ERR_FAILED, "try again, and with a copy of it on this computer", "the file changed while it was read");
    }
    frames_in_free(&f);
    return err == VAULT_OK ? db_commit(c->other->db) : err;
}

/* As a session of its sender that has only this database, and whatever he may do, no names: they stay sealed. */
static vault_err
begin_session(struct coming *c)
{
    struct vault *o = c->other;
    const struct author *a = author_by_pk(c->v, c->b->m.author);
    vault_err err = secret_copy(&o->x, c->b->card_hash, 32);

    memcpy(o->kf.vault_id, c->v->kf.vault_id, VAULT_ID_BYTES);
    memcpy(o->kf.slot[0].head.id, a->slot_id, sizeof o->kf.slot[0].head.id);
    o->kf.slot[0].head.tier = (enum slot_tier)a->tier;
    memcpy(o->me.author_pk, a->pk, sizeof o->me.author_pk);
    memcpy(o->me.x25519_pk, a->x25519_pk, sizeof o->me.x25519_pk);
    o->k_case = secret_take(&c->head.key);
    return err == VAULT_OK ? session_init_recs(o) : err;
}

static vault_err
verify(struct coming *c)
{
    struct vault *o = c->other;
    struct report rep = { .fn = report_first, .ctx = &c->found };
    vault_err err;

    errno = 0;
    err = begin_session(c);
    if (err == VAULT_OK)
        err = verify_chain(o, &rep);
    if (err == VAULT_OK && rep.count == 0)
        err = report_damage(&rep, recs_open_keys(&o->recs), "wrapped keys");
    if (err == VAULT_OK && rep.count == 0)
        err = verify_system(o, &rep);
    if (err == VAULT_OK && rep.count == 0)
        err = vault_check_open(o, report_first, &c->found, NULL);
    if (err == VAULT_OK && rep.count == 0)
        return memcmp(o->chain[o->n_log].hash, c->b->m.log_head, 32) == 0 ? VAULT_OK :
            err_say(VAULT_ERR_DAMAGED, "ask for it again", "the log of this copy does not end as its sender signed");
    if (err != VAULT_OK && c->found.n == 0)
        return err;
    return c->found.starved ? err_nomem() : err_say(VAULT_ERR_DAMAGED, "`check` there, and ask for it again",
        "what is in this file is not a whole copy, and nothing was taken in: %s", c->found.text);
}

/* ---- what it brings ---- */


static vault_err
note_record(struct coming *c, const uint8_t id[static RECORD_ID_BYTES])
{
    const struct index *here = &c->v->recs.index;
    uint32_t first = index_record(here, id);
    struct coming_record *p;

    p = array_room(c->record, c->n_records, &c->cap_records, sizeof *p);
    if (p == NULL)
        return err_nomem();
    c->record = p;
    p += c->n_records++;
    memcpy(p->id, id, RECORD_ID_BYTES);
    p->what = first == 0 ? "new" : index_purged(here, first) ? "purged-here" : "changed";
    c->out->records_new += first == 0;
    c->out->records_changed += first != 0 && !index_purged(here, first);
    c->out->purged_here += first != 0 && index_purged(here, first);
    return VAULT_OK;
}

/* Each record once, at the first revision of its that is new: found by the chain of its revisions, not by looking through a list. */
static bool
is_first_fresh(const struct coming *c, uint32_t n)
{
    const struct index *ix = &c->other->recs.index;

    for (uint32_t k = ix->pair[n].first; k != n; k = ix->pair[k].next)
        if (c->fresh[ix->pair[k].log])
            return false;
    return true;
}

static vault_err
find_records(struct coming *c)
{
    const struct index *ix = &c->other->recs.index;
    vault_err err = session_join_judge(c->v, c->other, &c->fresh, &c->n_fresh);

    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n++) {
        if (index_is_system(&ix->pair[n]) || !c->fresh[ix->pair[n].log])
            continue;
        c->out->revisions++;
        if (is_first_fresh(c, n))
            err = note_record(c, ix->pair[n].record);
    }
    return err;
}

static vault_err
tell_one(struct vault *from, const struct coming_record *r, const struct vault_receive *how)
{
    uint32_t first = index_record(&from->recs.index, r->id);
    struct vault_receive_item x = { .type = "", .label = "", .what = r->what, .purged = "", .field = "" };
    struct buf title = BUF_INIT;
    struct revision rev;
    const struct type_def *t = NULL;
    uint32_t head = 0;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    code_of(x.id, r->id);
    if (first != 0 && !index_purged(&from->recs.index, first) && strcmp(r->what, "purged-here") != 0) {
        err = recs_title_of(&from->recs, first, &title);
        if (err == VAULT_OK)
            err = recs_head(&from->recs, first, &head, NULL);
        if (err == VAULT_OK)
            err = recs_load(&from->recs, head, &rev);
        if (err == VAULT_OK)
            t = type_set_by_hash(&from->recs.types, rev.type);
        if (err == VAULT_OK && (x.label = buf_cstr(&title)) == NULL)
            err = err_nomem();
        if (t != NULL)
            x.type = t->name;
    }
    if (err == VAULT_OK && how->fn(how->ctx, &x) != 0)
        err = err_say(VAULT_ERR_INTERRUPTED, NULL, "interrupted");
    revision_free(&rev);
    buf_free(&title);
    return err;
}

static vault_err
tell_all(const struct coming *c, struct vault *from, const struct vault_receive *how)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && how->fn != NULL && i < c->n_records; i++)
        err = tell_one(from, &c->record[i], how);
    return err;
}

/* ---- the deed ---- */

/* Both sides may have written to a record: where nobody has to choose, they are brought together. */
static vault_err
combine(struct coming *c, struct change *change)
{
    struct vault *v = c->v;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < c->n_records; i++) {
        uint32_t first = index_record(&v->recs.index, c->record[i].id), head = 0;
        bool merged = false, conflict = false;

        if (first == 0 || index_purged(&v->recs.index, first))
            continue;
        err = session_combine(v, change, first, &merged);
        if (err == VAULT_OK)
            err = recs_head(&v->recs, first, &head, &conflict);
        c->out->merged += merged;
        c->out->conflicts += conflict;
        if (conflict)
            c->record[i].what = "conflict";
    }
    return err;
}

/* That this file was taken in; with what brings both sides together. */
static vault_err
conclude(struct coming *c)
{
    struct vault *v = c->v;
    const struct receipt_parts parts = { .kind = EXCHANGE_TAKEN, .bundle = c->b->id, .card = c->b->card_hash };
    struct detail d = {0};
    struct commit what = { .action = "receive", .detail = &d };
    struct change change;
    char hex[65];
    vault_err err = session_begin(v, &change);

    if (err != VAULT_OK)
        return err;
    err = exchange_add_receipt(v, &change, &parts);
    if (err == VAULT_OK)
        err = combine(c, &change);
    hex_of(hex, c->b->id, 32);
    detail_text(&d, "bundle", hex);
    hex_of(hex, c->b->card_hash, 32);
    detail_text(&d, "card", hex);
    detail_text(&d, "form", "copy");
    detail_uint(&d, "records", c->n_records);
    detail_uint(&d, "revisions", c->out->revisions);
    if (c->out->merged != 0)
        detail_uint(&d, "merged", c->out->merged);
    if (err == VAULT_OK)
        err = session_commit(v, &change, &what);
    else
        change_abort(&change);
    detail_free(&d);
    return err;
}

static void
close_other(struct coming *c)
{
    struct vault_error said = *vault_last_error();

    if (c->other == NULL)
        return;
    vault_close(c->other);
    c->other = NULL;
    if (session_wipe_unfinished(c->v) != VAULT_OK)
        vault_clear_error();            /* the next opening tries again; its key is gone */
    if (said.code != VAULT_OK)
        (void)err_say(said.code, said.hint[0] == '\0' ? NULL : said.hint, "%s", said.text);
}

/* Whatever fails once the log has the join: it is in, and the same file can be taken in again. */
static vault_err
join(struct coming *c)
{
    vault_err err = session_join(c->v, c->other);

    if (err != VAULT_OK || c->n_fresh == 0)
        return err;
    close_other(c);
    err = session_read_anew(c->v);
    if (err == VAULT_OK)
        c->out->adopted = c->v->adopted;
    else
        err_prefix("the copy came home, but the vault has to be closed and opened again: ");
    return err;
}

static vault_err
take(struct coming *c, const struct vault_receive *how)
{
    vault_err err = find_records(c);

    if (err == VAULT_OK && how->plan)
        return tell_all(c, c->other, how);
    if (err == VAULT_OK)
        err = join(c);
    if (err == VAULT_OK)
        err = conclude(c);
    /* It stands in the log: what comes after can only be told. */
    if (err == VAULT_OK && tell_all(c, c->v, how) != VAULT_OK)
        vault_clear_error();
    return err;
}

static vault_err
build(struct coming *c)
{
    vault_err err = session_may_write(c->v);

    if (err == VAULT_OK)
        err = recs_quiesce(&c->v->recs);
    if (err == VAULT_OK)
        err = session_new(&c->other, c->v->path);
    if (err == VAULT_OK)
        err = new_database(c);
    return err == VAULT_OK ? fill_database(c) : err;
}

/* To whom the receipt goes stands at the beginning; there is no need of the rest. */
static vault_err
read_head(struct coming *c)
{
    struct frames_in f = { .at = 0 };
    enum frame_kind kind = FRAME_END;
    struct part p;
    vault_err err = frames_open(&f, c->b->path, &c->b->mine);

    if (err == VAULT_OK)
        err = frames_next(&f, &kind, &p);
    if (err == VAULT_OK)
        err = copy_head_read(&c->head, kind == FRAME_COPY_KEY ? p : PART(NULL, 0));
    frames_in_free(&f);
    return err;
}

vault_err
copy_receive(struct bundle_in *b, const struct vault_receive *how, struct vault_received *out, uint8_t to[static HPKE_PK_BYTES])
{
    struct coming c = { .v = b->v, .b = b, .out = out };
    vault_err err = judge_author(b);

    out->again = err == VAULT_OK && exchange_find(b->v, EXCHANGE_TAKEN, b->id) != NULL;
    if (err == VAULT_OK && out->again)
        err = read_head(&c);
    if (err == VAULT_OK && !out->again)
        err = build(&c);
    if (err == VAULT_OK && !out->again)
        err = verify(&c);
    if (err == VAULT_OK && !out->again)
        err = take(&c, how);
    close_other(&c);
    memcpy(to, c.head.recipient, HPKE_PK_BYTES);
    secret_free(c.head.key);
    free(c.fresh);
    free(c.record);
    return err;
}
