/*
 * bundle_receive.c - a bundle taken in, and the receipts of both sides: vault_handoff_receive, vault_handoff_receipt.
 *
 * The plan is the deed without its end: the same code judges, in a transaction that is undone.
 */
#include "vault/bundle.h"
#include "vault/bundle_take.h"
#include "vault/copy_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "vault/base/cbor.h"
#include "vault/base/text.h"
#include "vault/exchange.h"
#include "vault/handoff/card_text.h"

#define RECEIPT_MAX ((size_t)512 << 10)     /* of its manifest, which is kept */

/* ---- who ---- */

static vault_err
put_words(char out[static 256], const uint8_t hash[static 32])
{
    struct buf words = BUF_INIT;
    vault_err err;

    card_words(&words, hash);
    err = buf_cstr(&words) == NULL ? err_nomem() : VAULT_OK;
    if (err == VAULT_OK)
        snprintf(out, 256, "%s", (const char *)words.p);
    buf_free(&words);
    return err;
}

static void
put_name(char out[static 129], const struct bundle_in *b)
{
    snprintf(out, 129, "%s", b->from == NULL ? "" : b->from->name);
}

/* ---- telling ---- */

static vault_err
tell_one(struct bundle_take *t, const struct vault_receive *how, const uint8_t record[static RECORD_ID_BYTES], const char *what,
    const struct touched_record *r, const struct told_tombstone *tomb)
{
    struct vault *v = t->v;
    uint32_t first = index_record(&v->recs.index, record);
    struct buf title = BUF_INIT;
    struct vault_receive_item x = { .type = "", .label = "", .what = what, .purged = tomb == NULL ? "" : tomb->what,
        .field = tomb == NULL ? "" : tomb->field };
    vault_err err = VAULT_OK;

    code_of(x.id, record);
    if (first != 0 && !index_purged(&v->recs.index, first)) {
        err = recs_title_of(&v->recs, first, &title);
        if (err == VAULT_OK)
            x.label = buf_cstr(&title);
        if (err == VAULT_OK && x.label == NULL)
            err = err_nomem();
    }
    if (r != NULL && r->type != NULL)
        x.type = r->type->name;
    if (err == VAULT_OK && how->fn(how->ctx, &x) != 0)
        err = err_say(VAULT_ERR_INTERRUPTED, NULL, "interrupted");
    buf_free(&title);
    return err;
}

static const char *
what_of(const struct touched_record *r)
{
    return r->purged_here ? "purged-here" : !r->changed ? "same" : r->conflict ? "conflict" : r->is_new ? "new" : "changed";
}

/* What the other side purged, and is here still. */
static bool
is_asked(const struct bundle_take *t, const struct told_tombstone *x)
{
    uint32_t first = index_record(&t->v->recs.index, x->record);

    return first != 0 && !index_purged(&t->v->recs.index, first);
}

static vault_err
tell_all(struct bundle_take *t, const struct vault_receive *how, struct vault_received *out)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < t->n_touched; i++) {
        const struct touched_record *r = &t->touched[i];

        out->purged_here += r->purged_here;
        out->records_new += r->is_new && r->changed;
        out->records_changed += !r->is_new && r->changed;
        out->conflicts += r->conflict;
        err = how->fn == NULL ? VAULT_OK : tell_one(t, how, r->record, what_of(r), r, NULL);
    }
    for (size_t i = 0; err == VAULT_OK && i < t->b->n_tombs; i++)
        if (is_asked(t, &t->b->tomb[i])) {
            out->purge_asked++;
            err = how->fn == NULL ? VAULT_OK : tell_one(t, how, t->b->tomb[i].record, "purge-asked", NULL, &t->b->tomb[i]);
        }
    return err;
}

static vault_err
fill_sender(const struct bundle_in *b, struct vault_received *out)
{
    hex_of(out->bundle, b->id, sizeof b->id);
    put_name(out->from, b);
    out->verified = b->from != NULL && b->from->state == CONTACT_VERIFIED;
    out->own = memcmp(b->card.vault_id, b->v->kf.vault_id, VAULT_ID_BYTES) == 0;
    out->keeper = b->m.keeper;
    out->names = b->m.names;
    out->time = b->m.time;
    out->expires = b->m.expires;
    return put_words(out->words, b->card_hash);
}

static void
fill_records(const struct bundle_take *t, struct vault_received *out)
{
    const struct bundle_in *b = t->b;

    out->again = t->again;
    out->revisions = t->revisions;
    out->merged = t->merged;
    out->raised = t->raised;
    out->left_out = t->values_left_out;
    out->arrived = t->values_arrived;
    out->attachments = b->n_files;
    for (size_t i = 0; i < b->n_files; i++)
        out->bytes += b->file[i].size;
    out->by_strangers = b->by_strangers;
}

/* ---- the deed ---- */

static vault_err
conclude(struct bundle_take *t)
{
    struct vault *v = t->v;
    struct detail d = {0};
    struct commit what = { .action = "receive", .keeper = is_keeper(v), .detail = &d };
    char hex[65];
    vault_err err;

    hex_of(hex, t->b->id, 32);
    detail_text(&d, "bundle", hex);
    hex_of(hex, t->b->card_hash, 32);
    detail_text(&d, "card", hex);
    detail_uint(&d, "records", t->n_touched);
    detail_uint(&d, "revisions", t->revisions);
    detail_uint(&d, "left_out", t->values_left_out);
    if (t->values_arrived != 0)
        detail_uint(&d, "arrived", t->values_arrived);
    if (t->merged != 0)
        detail_uint(&d, "merged", t->merged);
    err = session_commit(v, &t->change, &what);
    if (err == VAULT_OK && t->arrived.n != 0)
        v->exchanges.arrived = v->n_log;
    detail_free(&d);
    return err;
}

/* Within a change; it is committed, or undone. */
static vault_err
take(struct bundle_take *t, const struct vault_receive *how, struct vault_received *out)
{
    vault_err err = session_begin(t->v, &t->change);

    if (err != VAULT_OK)
        return err;
    t->theirs_before = t->v->recs.types.n_theirs;
    err = bundle_take_all(t);
    if (err == VAULT_OK)
        err = tell_all(t, how, out);
    if (err == VAULT_OK && !how->plan)
        err = bundle_take_contents(t);
    if (err == VAULT_OK && !how->plan)
        err = conclude(t);
    if (err != VAULT_OK || how->plan)
        bundle_take_undo(t);
    return err;
}

/* ---- the receipt ---- */

/* Sealed to this recipient of theirs. */
static vault_err
write_receipt(const struct bundle_take *t, const char *path, const uint8_t pk[static HPKE_PK_BYTES])
{
    struct vault *v = t->v;
    const struct bundle_in *b = t->b;
    struct manifest m = { .kind = MANIFEST_RECEIPT, .time = (int64_t)time(NULL), .records = t->n_touched, .revisions = b->n_revs };
    struct age_recipient to[2] = { { .kind = AGE_HYBRID }, { .kind = AGE_HYBRID } };
    const struct age_to age = { .recipient = to, .n = b->file_hash == NULL ? 1 : 2 };
    struct frames_out f = { .length = 0 };
    struct buf mem = BUF_INIT;
    char name[CONTENT_NAME_ROOM];
    uint8_t id[32], hash[32];
    vault_err err = session_may_put(v, path);

    memcpy(to[0].pk, pk, HPKE_PK_BYTES);
    memcpy(to[1].pk, v->card.case_recipient, HPKE_PK_BYTES);        /* in a folder we know it again by opening it */
    if (b->m.kind == MANIFEST_COPY) {
        m.records = b->m.records;
        m.revisions = b->m.revisions;
    }
    for (size_t i = 0; err == VAULT_OK && i < age.n; i++) {
        manifest_recipient(hash, &to[i]);
        err = manifest_add_to(&m, hash);
    }
    memcpy(m.tag, b->m.tag, sizeof m.tag);       /* by which the sender's log knows the bundle */
    memcpy(m.content, b->id, sizeof m.content);
    m.log_number = v->chain[v->n_log].number;
    memcpy(m.log_head, v->chain[v->n_log].hash, 32);
    if (err == VAULT_OK)
        err = bundle_sign_as(v, &m, &mem);
    if (err == VAULT_OK)
        err = frames_create(&f, path, 0, &age);
    if (err == VAULT_OK)
        err = bundle_put_manifest(v, &f, &m, id);
    if (err == VAULT_OK)
        err = b->file_hash == NULL ? frames_commit(&f) : frames_commit_by_content(&f, name);
    frames_out_free(&f);
    buf_free(&mem);
    return err;
}

static vault_err
receive_records(struct bundle_take *t, const struct vault_receive *how, struct vault_received *out)
{
    struct bundle_in *b = t->b;
    vault_err err = bundle_verify_authors(b);

    if (err == VAULT_OK)
        err = bundle_judge(t);
    t->again = err == VAULT_OK && exchange_find(t->v, EXCHANGE_TAKEN, b->id) != NULL;
    if (err == VAULT_OK)
        err = t->again ? tell_all(t, how, out) : take(t, how, out);
    if (err == VAULT_OK)
        fill_records(t, out);
    return err;
}

/* to: to whom the receipt is sealed. */
static vault_err
receive(struct bundle_take *t, const struct vault_receive *how, struct vault_received *out, uint8_t to[static HPKE_PK_BYTES])
{
    struct bundle_in *b = t->b;
    vault_err err = VAULT_OK;

    if (b->m.kind == MANIFEST_RECEIPT)
        err = err_say(VAULT_ERR_INPUT, "`handoff receipt` takes it", "this is a receipt, not a bundle");
    if (err == VAULT_OK)
        err = bundle_verify_sender(b);
    if (err == VAULT_OK)
        err = fill_sender(b, out);
    if (err != VAULT_OK)
        return err;
    if (b->m.kind == MANIFEST_COPY)
        return copy_receive(b, how, out, to);
    memcpy(to, b->card.case_recipient, HPKE_PK_BYTES);
    return receive_records(t, how, out);
}

vault_err
bundle_receive(struct bundle_in *b, const struct vault_receive *how, struct vault_received *out)
{
    struct bundle_take t = { .b = b, .v = b->v };
    struct vault_received got = { .from = "" };
    uint8_t to[HPKE_PK_BYTES];
    vault_err err = receive(&t, how, &got, to);

    /* It stands in the log: what comes after can only be told. */
    if (err == VAULT_OK && !how->plan && how->receipt != NULL)
        got.receipt = write_receipt(&t, how->receipt, to) == VAULT_OK;
    if (err == VAULT_OK)
        *out = got;
    bundle_take_free(&t);
    return err;
}

/* A file that a person names, read. *out is bundle_in_free's and free's, also after an error. */
static vault_err
read_named(struct vault *v, const char *path, struct bundle_in **out)
{
    struct bundle_in *b = calloc(1, sizeof *b);
    vault_err err;

    *out = b;
    if (b == NULL)
        return err_nomem();
    b->v = v;
    b->path = path;
    err = session_may_take(v, path, false);
    return err == VAULT_OK ? bundle_read(b) : err;
}

static void
free_named(struct bundle_in *b)
{
    if (b != NULL)
        bundle_in_free(b);
    free(b);
}

vault_err
vault_handoff_receive(vault *v, const char *path, const struct vault_receive *how, struct vault_received *out)
{
    struct bundle_in *b;
    vault_err err;

    vault_clear_error();
    err = read_named(v, path, &b);
    if (err == VAULT_OK)
        err = bundle_receive(b, how, out);
    free_named(b);
    return err;
}

/* ---- the other side's ---- */

/* Does the detail of a handoff have this tag, and this card among its recipients? */
static bool
is_sent(struct part detail, const char *tag, const char *card)
{
    struct rd r = rd_of(detail.p, detail.n);
    bool same_tag = false, same_card = false;

    for (size_t n = cbor_get_map(&r, SIZE_MAX); n > 0 && !r.bad; n--) {
        struct part key = cbor_get_text(&r, SIZE_MAX);

        if (key.n == 3 && memcmp(key.p, "tag", 3) == 0) {
            struct part text = cbor_get_text(&r, SIZE_MAX);
            same_tag = text.n == strlen(tag) && memcmp(text.p, tag, text.n) == 0;
        } else if (key.n == 10 && memcmp(key.p, "recipients", 10) == 0) {
            for (size_t k = cbor_get_array(&r, SIZE_MAX); k > 0 && !r.bad; k--) {
                struct part text = cbor_get_text(&r, SIZE_MAX);
                same_card = same_card || (text.n == strlen(card) && memcmp(text.p, card, text.n) == 0);
            }
        } else {
            (void)cbor_get_item(&r);
        }
    }
    return same_tag && same_card && !r.bad;
}

/* Whoever is a contact could acknowledge anything: only what was sent, to that card, as our log says. */
static vault_err
judge_sent(struct vault *v, const struct bundle_in *b)
{
    char tag[33], card[65];
    struct buf detail = BUF_INIT;
    struct db_cursor *c = NULL;
    struct db_log_row row;
    struct log_entry e;
    bool got = true, found = false;
    vault_err err = db_scan_log(v->db, 1, &c);

    hex_of(tag, b->m.tag, sizeof b->m.tag);
    hex_of(card, b->card_hash, sizeof b->card_hash);
    while (err == VAULT_OK && !found) {
        err = db_next_log(c, &row, &got);
        if (err != VAULT_OK || !got)
            break;
        err = entry_decode(&e, row.entry);
        if (err != VAULT_OK || strncmp(e.action, "handoff", 7) != 0 || session_detail_lost(v, (uint32_t)row.n))
            continue;
        buf_reset(&detail);
        err = session_open_detail(v, &e, row.detail, &detail);
        found = err == VAULT_OK && is_sent(PART(detail.p, detail.n), tag, card);
    }
    db_scan_end(c);
    buf_free(&detail);
    if (err == VAULT_OK && !found)
        err = err_say(VAULT_ERR_REFUSED, "the log of the vault that sent it knows it", "this vault has sent no such bundle to whoever signed this receipt");
    return err;
}

/* It names the bundle by its id, and by the tag that our log has in the detail of its `handoff`. */
static vault_err
take_receipt(struct bundle_in *b)
{
    struct vault *v = b->v;
    struct detail d = {0};
    struct commit what = { .action = "receipt", .detail = &d };
    struct buf proof = BUF_INIT;
    struct receipt_parts parts = { .kind = EXCHANGE_ACKNOWLEDGED, .bundle = b->m.content, .card = b->card_hash, .file = b->file_hash };
    struct change c;
    char hex[65];
    vault_err err = b->manifest.n > RECEIPT_MAX ? err_say(VAULT_ERR_DAMAGED, "ask for it again", "this receipt is too large to be one") : judge_sent(v, b);

    if (err == VAULT_OK)
        err = session_begin(v, &c);
    if (err != VAULT_OK)
        return err;
    buf_put(&proof, b->sigs.p, b->sigs.n);
    buf_put(&proof, b->manifest.p, b->manifest.n);
    parts.proof = PART(proof.p, proof.n);
    err = buf_ok(&proof);
    if (err == VAULT_OK)
        err = exchange_add_receipt(v, &c, &parts);
    hex_of(hex, b->m.content, 32);
    detail_text(&d, "bundle", hex);
    hex_of(hex, b->m.tag, sizeof b->m.tag);
    detail_text(&d, "tag", hex);
    hex_of(hex, b->card_hash, 32);
    detail_text(&d, "card", hex);
    if (err == VAULT_OK)
        err = session_commit(v, &c, &what);
    else
        change_abort(&c);
    detail_free(&d);
    buf_free(&proof);
    return err;
}

static vault_err
fill_receipt(const struct bundle_in *b, struct vault_receipt *out)
{
    hex_of(out->bundle, b->m.content, 32);
    put_name(out->from, b);
    out->verified = b->from != NULL && b->from->state == CONTACT_VERIFIED;
    out->keeper = b->m.keeper;
    out->time = b->m.time;
    out->revisions = b->m.revisions;
    out->records = b->m.records;
    out->log_number = b->m.log_number;
    hex_of(out->log_head, b->m.log_head, 32);
    return put_words(out->words, b->card_hash);
}

vault_err
bundle_receipt(struct bundle_in *b, struct vault_receipt *out)
{
    struct vault_receipt got = { .from = "" };
    vault_err err = VAULT_OK;

    if (b->m.kind != MANIFEST_RECEIPT)
        err = err_say(VAULT_ERR_INPUT, "`handoff receive` takes it in", "this is a bundle, or a whole copy, and not a receipt");
    if (err == VAULT_OK)
        err = bundle_verify_sender(b);
    if (err == VAULT_OK) {
        const struct exchange *x = exchange_find(b->v, EXCHANGE_ACKNOWLEDGED, b->m.content);

        got.again = x != NULL && memcmp(x->card, b->card_hash, 32) == 0;
        err = got.again ? VAULT_OK : take_receipt(b);
    }
    if (err == VAULT_OK)
        err = fill_receipt(b, &got);
    if (err == VAULT_OK)
        *out = got;
    return err;
}

vault_err
vault_handoff_receipt(vault *v, const char *path, struct vault_receipt *out)
{
    struct bundle_in *b;
    vault_err err;

    vault_clear_error();
    err = read_named(v, path, &b);
    if (err == VAULT_OK)
        err = bundle_receipt(b, out);
    free_named(b);
    return err;
}
