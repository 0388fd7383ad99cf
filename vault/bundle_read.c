/* bundle_read.c - from the file of a stranger into memory, within limits: see bundle_in.h. Nothing is believed yet. */
#include "vault/bundle_in.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/cbor.h"
#include "vault/base/sha256.h"
#include "vault/own_age.h"
#include "vault/record/disclose.h"
#include "vault/record/file.h"

static vault_err
damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, "ask for it again", "this bundle is damaged: %s", what);
}

static vault_err
too_much(void)
{
    return err_say(VAULT_ERR_DAMAGED, "ask for several smaller ones", "this bundle holds more than a bundle may");
}

void
bundle_in_free(struct bundle_in *b)
{
    for (size_t i = 0; i < b->n_revs; i++)
        buf_free(&b->rev[i].bytes);
    for (size_t i = 0; i < b->n_types; i++)
        type_free(b->type[i]);
    for (size_t i = 0; i < b->n_evidence; i++) {
        if (b->proof != NULL)
            proof_free(&b->proof[i]);
        buf_free(&b->evidence[i]);
    }
    free(b->rev);
    free(b->type);
    free(b->evidence);
    free(b->proof);
    free(b->tomb);
    free(b->file);
    buf_free(&b->manifest);
    buf_free(&b->sigs);
    age_identities_free(&b->mine);
}

/* ---- frames ---- */

static vault_err
hold(struct bundle_in *b, size_t n)
{
    b->held += n;
    return b->held > BUNDLE_HELD_MAX ? too_much() : VAULT_OK;
}

static vault_err
take_revision(struct bundle_in *b, struct part p)
{
    struct told_revision *x = array_room(b->rev, b->n_revs, &b->cap_revs, sizeof *x);
    struct revision rev;
    vault_err err = hold(b, p.n + sizeof *x);

    if (x == NULL)
        return err_nomem();
    b->rev = x;
    if (err != VAULT_OK || b->n_revs == PROOF_REVISIONS_MAX)
        return too_much();
    x += b->n_revs;
    memset(x, 0, sizeof *x);
    revision_init(&rev);
    err = disclose_read(p, &rev);
    if (err == VAULT_OK && rev.record[0] == 0)
        err = damaged("it has system records");
    if (err == VAULT_OK) {
        b->n_revs++;
        memcpy(x->record, rev.record, sizeof x->record);
        memcpy(x->id, rev.id, sizeof x->id);
        memcpy(x->type, rev.type, sizeof x->type);
        buf_put(&x->bytes, p.p, p.n);
        err = buf_ok(&x->bytes);
    }
    revision_free(&rev);
    return err;
}

static vault_err
take_type(struct bundle_in *b, struct part p)
{
    struct type_def **list = array_room(b->type, b->n_types, &b->cap_types, sizeof(struct type_def *));
    struct type_def *t = NULL;
    vault_err err = hold(b, p.n * 4);

    if (list == NULL)
        return err_nomem();
    b->type = list;
    if (err != VAULT_OK || b->n_types == BUNDLE_TYPES_MAX)
        return too_much();
    err = type_decode(&t, p.p, p.n);
    if (err == VAULT_OK)
        list[b->n_types++] = t;
    return err;
}

static vault_err
take_evidence(struct bundle_in *b, struct part p)
{
    struct rd r = rd_of(p.p, p.n);
    uint32_t number = rd_u32(&r);
    struct buf *list;
    vault_err err = hold(b, p.n);

    if (err != VAULT_OK || number >= BUNDLE_EVIDENCE_MAX)
        return too_much();
    if (r.bad || r.n == 0 || number > b->n_evidence || number + 1 < b->n_evidence)
        return damaged("evidence is out of order");
    if (number == b->n_evidence) {
        list = array_room(b->evidence, b->n_evidence, &b->cap_evidence, sizeof *list);
        if (list == NULL)
            return err_nomem();
        b->evidence = list;
        list[b->n_evidence++] = (struct buf)BUF_INIT;
    }
    buf_put(&b->evidence[number], r.p, r.n);
    return buf_ok(&b->evidence[number]);
}

static bool
is_word(struct part what)
{
    for (int w = GONE_RECORD; w <= GONE_ATTACHMENT; w++) {
        const char *name = gone_name((enum gone_what)w);

        if (what.n == strlen(name) && memcmp(what.p, name, what.n) == 0)
            return true;
    }
    return false;
}

static vault_err
take_tombstone(struct bundle_in *b, struct part p)
{
    struct rd r = rd_of(p.p, p.n);
    struct told_tombstone *x = array_room(b->tomb, b->n_tombs, &b->cap_tombs, sizeof *x);
    struct part what, field;
    vault_err err = hold(b, sizeof *x);

    if (x == NULL)
        return err_nomem();
    b->tomb = x;
    if (err != VAULT_OK)
        return err;
    x += b->n_tombs;
    memset(x, 0, sizeof *x);
    if (cbor_get_array(&r, 3) != 3)
        r.bad = true;
    cbor_get_fixed(&r, x->record, sizeof x->record);
    what = cbor_get_text(&r, sizeof x->what - 1);
    field = cbor_get_text(&r, sizeof x->field - 1);
    if (!rd_end(&r) || x->record[0] == 0 || !is_word(what))
        return damaged("a request to purge has a wrong form");
    memcpy(x->what, what.p, what.n);
    if (field.n != 0)
        memcpy(x->field, field.p, field.n);
    b->n_tombs++;
    return VAULT_OK;
}

/* ---- contents, as they pass by ---- */

struct hashing {
    struct bundle_in *b;
    struct sha256 *hash;        /* of the file under way; NULL: none */
};

static vault_err
end_file(struct hashing *h)
{
    vault_err err = VAULT_OK;

    if (h->hash != NULL)
        err = sha256_end(h->hash, h->b->file[h->b->n_files - 1].sha256);
    sha256_free(h->hash);
    h->hash = NULL;
    return err;
}

static bool
number_is(struct part p, uint64_t want)
{
    struct rd r = rd_of(p.p, p.n);

    return cbor_get_array(&r, 1) == 1 && cbor_get_uint(&r, BUNDLE_FILES_MAX) == want && rd_end(&r);
}

static vault_err
begin_file(struct hashing *h, struct part p)
{
    struct bundle_in *b = h->b;
    struct told_file *x;
    vault_err err = end_file(h);

    if (err != VAULT_OK)
        return err;
    x = array_room(b->file, b->n_files, &b->cap_files, sizeof *x);
    if (x == NULL)
        return err_nomem();
    b->file = x;
    if (b->n_files == BUNDLE_FILES_MAX || hold(b, sizeof *x) != VAULT_OK)
        return too_much();
    if (!number_is(p, b->n_files + 1))
        return damaged("its files are out of order");
    memset(&x[b->n_files++], 0, sizeof *x);
    return sha256_new(&h->hash);
}

static vault_err
take_piece(struct hashing *h, struct part p)
{
    if (h->hash == NULL)
        return damaged("a piece belongs to no file");
    h->b->file[h->b->n_files - 1].size += p.n;
    return sha256_add(h->hash, p.p, p.n);
}

/* ---- the whole ---- */

static vault_err
take_frame(struct hashing *h, enum frame_kind kind, struct part p)
{
    struct bundle_in *b = h->b;

    switch (kind) {
    case FRAME_TYPE:
        return take_type(b, p);
    case FRAME_EVIDENCE:
        return take_evidence(b, p);
    case FRAME_REVISION:
        return take_revision(b, p);
    case FRAME_TOMBSTONE:
        return take_tombstone(b, p);
    case FRAME_FILE:
        return begin_file(h, p);
    case FRAME_PIECE:
        return take_piece(h, p);
    case FRAME_COPY_KEY:
    case FRAME_COPY_ROW:
        return (kind == FRAME_COPY_KEY) == (b->rows++ == 0) ? VAULT_OK : damaged("the rows of a copy stand in a wrong place");
    case FRAME_MANIFEST:
        buf_put(&b->manifest, p.p, p.n);
        return buf_ok(&b->manifest);    /* the last that is taken: what follows it is signatures, or damage */
    default:
        return damaged("it has something that belongs in no bundle");
    }
}

static vault_err
read_frames(struct bundle_in *b, struct frames_in *f, struct hashing *h)
{
    enum frame_kind kind = FRAME_END;
    struct part p;
    vault_err err = frames_next(f, &kind, &p);

    while (err == VAULT_OK && kind != FRAME_END && kind != FRAME_SIGNATURES && b->manifest.n == 0) {
        err = take_frame(h, kind, p);
        if (err == VAULT_OK)
            err = frames_next(f, &kind, &p);
    }
    if (err == VAULT_OK && (kind != FRAME_SIGNATURES || b->manifest.n == 0))
        err = damaged("its manifest is missing");
    if (err == VAULT_OK) {
        buf_put(&b->sigs, p.p, p.n);
        err = buf_ok(&b->sigs);
    }
    if (err == VAULT_OK)
        err = frames_next(f, &kind, &p);
    if (err == VAULT_OK && kind != FRAME_END)
        err = damaged("there is something behind its end");
    return err == VAULT_OK ? end_file(h) : err;
}

static vault_err
not_for_us(const struct vault *v, vault_err err)
{
    if (err != VAULT_ERR_KEY)
        return err;
    return err_say(VAULT_ERR_KEY, is_keeper(v) ? "ask for one that was made for this vault's card" :
        "one with names opens with a keeper's passphrase only; else ask for one that was made for this vault's card",
        "this file is not for this vault");
}

vault_err
bundle_read(struct bundle_in *b)
{
    struct frames_in f = { .at = 0 };
    struct hashing h = { .b = b };
    vault_err err = own_age_identities(&b->mine, b->v);

    if (err == VAULT_OK)
        err = not_for_us(b->v, frames_open(&f, b->path, &b->mine));
    if (err == VAULT_OK)
        err = read_frames(b, &f, &h);
    if (err == VAULT_OK) {
        frames_read_content(&f, b->content, &b->length);
        manifest_id(b->id, PART(b->manifest.p, b->manifest.n));
        err = manifest_read(&b->m, PART(b->manifest.p, b->manifest.n));
    }
    sha256_free(h.hash);
    frames_in_free(&f);
    return err;
}

vault_err
bundle_contents(struct bundle_in *b, bundle_piece_fn *fn, void *ctx)
{
    struct frames_in f = { .at = 0 };
    enum frame_kind kind = FRAME_END;
    uint8_t content[32];
    uint64_t length;
    struct part p;
    size_t number = 0;
    vault_err err = frames_open(&f, b->path, &b->mine);

    if (err == VAULT_OK)
        err = frames_next(&f, &kind, &p);
    while (err == VAULT_OK && kind != FRAME_END) {
        if ((kind == FRAME_FILE || kind == FRAME_MANIFEST) && number != 0)
            err = fn(ctx, number, NULL, 0);
        number += kind == FRAME_FILE;
        if (err == VAULT_OK && kind == FRAME_PIECE && p.n != 0)
            err = fn(ctx, number, p.p, p.n);
        if (err == VAULT_OK)
            err = frames_next(&f, &kind, &p);
    }
    if (err == VAULT_OK) {
        frames_read_content(&f, content, &length);
        if (length != b->length || memcmp(content, b->content, sizeof content) != 0)
            err = err_say(VAULT_ERR_FAILED, "try again, and with a copy of it on this computer", "the bundle changed while it was read");
    }
    frames_in_free(&f);
    return err;
}
