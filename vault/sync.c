/*
 * sync.c - standing exchange through a folder: vault_sync. See sync.h.
 *
 * First what is there is taken in, so that what goes out builds on it. A bundle that one alone cannot take waits until the others are in.
 */
#include "vault/sync.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/fd.h"
#include "vault/base/text.h"
#include "vault/exchange.h"
#include "vault/own_age.h"

/* ---- one file ---- */

static bool
is_ours(const struct sync *s, const struct sync_file *f)
{
    for (size_t i = 0; i < s->sents.n; i++)
        if (memcmp(s->sents.list[i].mark, f->mark, sizeof f->mark) == 0)
            return true;
    return false;
}

/* Without opening it: what was seen before. */
static void
recognize(const struct sync *s, struct sync_file *f)
{
    const struct exchange *x = exchange_by_file(s->v, f->hash);

    if (f->kind != SYNC_NEW)
        return;
    if (is_ours(s, f)) {
        f->kind = SYNC_OURS;
    } else if (x != NULL) {
        f->kind = x->kind == EXCHANGE_TAKEN ? SYNC_BUNDLE : SYNC_RECEIPT;
        memcpy(f->bundle, x->bundle, sizeof f->bundle);
    }
}

static vault_err
tell_taken(struct sync *s, const struct sync_file *f, const struct vault_received *r)
{
    if (r->again)
        return VAULT_OK;
    s->out->taken++;
    return sync_tell(s, &(struct vault_sync_item){ .what = "taken", .file = f->name, .contact = r->from, .verified = r->verified,
        .names = r->names, .records = r->records_new + r->records_changed, .conflicts = r->conflicts, .purge_asked = r->purge_asked,
        .left_out = r->left_out, .reason = "", .hint = "" });
}

static vault_err
take_bundle(struct sync *s, struct sync_file *f, struct bundle_in *b, bool with_receipt)
{
    struct vault_receive how = { .plan = false };
    struct vault_received got;
    struct buf path = BUF_INIT;
    char name[HIDDEN_NAME];
    vault_err err = VAULT_OK;

    hidden_name(name);
    if (with_receipt)
        err = sync_path(s, name, &path);
    how.receipt = with_receipt ? (const char *)path.p : NULL;
    if (err == VAULT_OK)
        err = bundle_receive(b, &how, &got);
    if (err == VAULT_OK) {
        f->kind = SYNC_BUNDLE;
        memcpy(f->bundle, b->id, sizeof f->bundle);
        f->has_receipt = f->has_receipt || got.receipt;
        s->out->receipts_written += got.receipt;
        err = tell_taken(s, f, &got);
    }
    f->waits = b->waits;
    buf_free(&path);
    return err;
}

static vault_err
take_receipt(struct sync *s, struct sync_file *f, struct bundle_in *b)
{
    struct vault_receipt got;
    struct card card;
    vault_err err = card_read(&card, b->m.card.p, b->m.card.n);

    if (err == VAULT_OK && memcmp(card.vault_id, s->v->kf.vault_id, VAULT_ID_BYTES) == 0) {
        err = bundle_verify_sender(b);
        if (err == VAULT_OK)
            f->kind = SYNC_OWN_RECEIPT;
        memcpy(f->bundle, b->m.content, sizeof f->bundle);
        return err;
    }
    if (err == VAULT_OK)
        err = bundle_receipt(b, &got);
    if (err != VAULT_OK)
        return err;
    f->kind = SYNC_RECEIPT;
    if (got.again)
        return VAULT_OK;
    s->out->receipts++;
    return sync_tell(s, &(struct vault_sync_item){ .what = "receipt", .file = f->name, .contact = got.from, .verified = got.verified,
        .records = got.records, .reason = "", .hint = "" });
}

/* The beginning tells whether it is for us: most are not. VAULT_OK, and f->kind says so. */
static vault_err
try_to_open(struct sync *s, struct sync_file *f, const char *path)
{
    struct frames_in in = { .at = 0 };
    bool whole = false;
    vault_err opened = frames_open(&in, path, &s->mine), err = VAULT_OK;

    frames_in_free(&in);
    if (opened == VAULT_ERR_KEY) {
        f->kind = SYNC_OTHERS;
        vault_clear_error();
        return VAULT_OK;
    }
    if (sync_ends(s, opened))
        return opened;
    err = sync_is_whole(s, f, &whole);
    if (err == VAULT_OK && !whole) {
        f->kind = f->kind == SYNC_GONE ? SYNC_GONE : SYNC_INCOMPLETE;
        vault_clear_error();
        return VAULT_OK;
    }
    return err != VAULT_OK ? err : opened;
}

static vault_err
read_and_take(struct sync *s, struct sync_file *f, const char *path)
{
    struct bundle_in *b = calloc(1, sizeof *b);
    vault_err err;

    if (b == NULL)
        return err_nomem();
    b->v = s->v;
    b->path = path;
    b->file_hash = f->hash;
    err = bundle_read(b);
    if (err == VAULT_OK)
        err = b->m.kind == MANIFEST_RECEIPT ? take_receipt(s, f, b) :
            take_bundle(s, f, b, f->kind == SYNC_BUNDLE || exchange_find(s->v, EXCHANGE_TAKEN, b->id) == NULL);
    bundle_in_free(b);
    free(b);
    return err;
}

/* What is wrong with a file stays with it; the rest goes on. */
static vault_err
note_refused(struct sync_file *f)
{
    if (f->why == NULL)
        f->why = calloc(1, sizeof *f->why);
    if (f->why == NULL)
        return err_nomem();
    *f->why = *vault_last_error();
    vault_clear_error();
    return VAULT_OK;
}

static vault_err
take_file(struct sync *s, struct sync_file *f)
{
    struct buf path = BUF_INIT;
    vault_err err = sync_path(s, f->name, &path);

    if (err == VAULT_OK)
        err = try_to_open(s, f, (const char *)path.p);
    if (err == VAULT_OK && f->kind == SYNC_NEW)
        err = read_and_take(s, f, (const char *)path.p);
    buf_free(&path);
    if (err == VAULT_OK) {
        free(f->why);
        f->why = NULL;
    }
    return err == VAULT_OK || sync_ends(s, err) ? err : note_refused(f);
}

/* Until nothing more comes of it. */
static vault_err
take_all(struct sync *s)
{
    bool more = true;
    vault_err err = VAULT_OK;

    for (size_t i = 0; i < s->n; i++)
        recognize(s, &s->file[i]);
    while (err == VAULT_OK && more) {
        uint64_t before = s->out->taken;

        more = false;
        for (size_t i = 0; err == VAULT_OK && i < s->n; i++)
            if (s->file[i].kind == SYNC_NEW && (s->file[i].why == NULL || s->file[i].waits)) {
                err = take_file(s, &s->file[i]);
                more = more || s->file[i].waits;
            }
        more = more && s->out->taken != before;
    }
    return err;
}

/* ---- our receipts ---- */

static struct sync_file *
receipt_for(const struct sync *s, const uint8_t bundle[static 32])
{
    for (size_t i = 0; i < s->n; i++)
        if (s->file[i].kind == SYNC_OWN_RECEIPT && memcmp(s->file[i].bundle, bundle, 32) == 0)
            return &s->file[i];
    return NULL;
}

static bool
bundle_lies(const struct sync *s, const uint8_t bundle[static 32])
{
    for (size_t i = 0; i < s->n; i++)
        if (s->file[i].kind == SYNC_BUNDLE && memcmp(s->file[i].bundle, bundle, 32) == 0)
            return true;
    return false;
}

/* One that was lost is given again. What does not open in this session, or was refused since, gets none. */
static vault_err
give_receipt(struct sync *s, struct sync_file *f)
{
    struct buf path = BUF_INIT;
    vault_err err = sync_path(s, f->name, &path);

    if (err == VAULT_OK)
        err = read_and_take(s, f, (const char *)path.p);
    buf_free(&path);
    if (err == VAULT_OK || sync_ends(s, err))
        return err;
    vault_clear_error();
    return VAULT_OK;
}

/* One for each bundle that lies there, and none for others. A case holder cannot tell for which bundles with names there are some. */
static vault_err
keep_receipts(struct sync *s)
{
    bool closed = false;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < s->n; i++) {
        struct sync_file *f = &s->file[i];

        closed = closed || (f->kind == SYNC_OTHERS && !is_keeper(s->v)) || f->kind == SYNC_INCOMPLETE;
        if (f->kind == SYNC_BUNDLE && !f->has_receipt && receipt_for(s, f->bundle) == NULL)
            err = give_receipt(s, f);
    }
    for (size_t i = 0; err == VAULT_OK && !closed && i < s->n; i++)
        if (s->file[i].kind == SYNC_OWN_RECEIPT && !bundle_lies(s, s->file[i].bundle))
            err = sync_remove(s, &s->file[i]);
    return err;
}

/* ---- the end ---- */

static vault_err
remove_done(struct sync *s)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < s->n; i++)
        if (s->file[i].kind == SYNC_OURS && !s->file[i].keep)
            err = sync_remove(s, &s->file[i]);
    return err;
}

/* All that was refused is told; the first is what the call returns. */
static vault_err
sum_up(struct sync *s)
{
    const struct vault_error *first = NULL;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < s->n; i++) {
        const struct sync_file *f = &s->file[i];

        s->out->others += f->kind == SYNC_OTHERS;
        s->out->incomplete += f->kind == SYNC_INCOMPLETE;
        if (f->kind != SYNC_NEW || f->why == NULL)
            continue;
        s->out->refused++;
        s->out->waiting += f->waits;
        first = first == NULL ? f->why : first;
        err = sync_tell(s, &(struct vault_sync_item){ .what = "refused", .file = f->name, .contact = "", .code = f->why->code,
            .reason = f->why->text, .hint = f->why->hint, .waits = f->waits });
    }
    if (err != VAULT_OK || first == NULL)
        return err;
    err = err_say(first->code, first->hint, "%s", first->text);
    if (first->accept[0] != '\0')
        err_accept(first->accept);
    return err;
}

static vault_err
reload_sents(struct sync *s)
{
    sents_free(&s->sents);
    return sents_load(s->v, &s->sents);
}

/* May files be put there and removed? */
static vault_err
judge_folder(struct sync *s)
{
    struct buf path = BUF_INIT;
    vault_err err = sync_path(s, "x", &path);

    if (err == VAULT_OK)
        err = session_may_put(s->v, (const char *)path.p);
    if (err == VAULT_OK)
        err = session_may_take(s->v, s->folder, false);
    buf_free(&path);
    return err;
}

vault_err
vault_sync(vault *v, const char *folder, vault_sync_fn *fn, void *ctx, struct vault_synced *out)
{
    struct sync s = { .v = v, .folder = folder, .dir = -1, .fn = fn, .ctx = ctx, .out = out };
    vault_err err;

    vault_clear_error();
    memset(out, 0, sizeof *out);
    err = judge_folder(&s);
    if (err == VAULT_OK)
        err = sync_look(&s);
    if (err == VAULT_OK)
        err = own_age_identities(&s.mine, v);
    if (err == VAULT_OK)
        err = sents_load(v, &s.sents);
    if (err == VAULT_OK)
        err = take_all(&s);
    if (err == VAULT_OK)
        err = keep_receipts(&s);
    if (err == VAULT_OK)
        err = reload_sents(&s);
    if (err == VAULT_OK)
        err = sync_send(&s);
    if (err == VAULT_OK)
        err = remove_done(&s);
    if (err == VAULT_OK)
        err = sum_up(&s);
    sync_free(&s);
    return err;
}
