/*
 * bundle_out.c - what goes into a bundle: revisions, and everything by which a stranger can judge them. See bundle.h.
 */
#include "vault/bundle.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/cbor.h"
#include "vault/base/text.h"
#include "vault/exchange.h"
#include "vault/handoff/proof.h"
#include "vault/origin.h"
#include "vault/record/disclose.h"
#include "vault/record/salts.h"

void
bundle_out_free(struct bundle_out *b)
{
    handoff_free(&b->h);
    frames_out_free(&b->f);
    free(b->goes);
    free(b->file);
    free(b->pair);
    free(b->type);
    buf_free(&b->told);
}

/* ---- contents ---- */

/* The number of this content in the bundle, from 1. */
static vault_err
number_of(struct bundle_out *b, uint32_t pair, const struct revision *rev, const struct leaf *l, uint64_t *out)
{
    struct bundle_file *p;
    struct file_rows rows;
    vault_err err = file_rows_of(&rows, l);

    if (err != VAULT_OK)
        return err;
    for (size_t i = b->n_files; i > 0; i--)
        if (memcmp(b->file[i - 1].id, rows.id, sizeof rows.id) == 0) {
            *out = i;
            return VAULT_OK;
        }
    p = array_room(b->file, b->n_files, &b->cap_files, sizeof *p);
    if (p == NULL)
        return err_nomem();
    b->file = p;
    p += b->n_files++;
    p->pair = pair;
    p->leaf = (size_t)(l - rev->leaf);
    memcpy(p->id, rows.id, sizeof p->id);
    *out = b->n_files;
    return VAULT_OK;
}

/* ---- one revision ---- */

struct telling {
    struct bundle_out *b;
    const struct revision *rev;
    const struct type_def *type;
    uint32_t pair;
    vault_err err;
};

/* Its own tier, or what the type says now: the stricter. */
static bool
is_told(const struct telling *t, const struct leaf *l)
{
    const struct field_def *f = type_field(t->type, l->field.p, l->field.n);

    return t->b->h.names || type_set_tier(&t->b->h.v->recs.types, t->type, f, l->tier) == LEAF_OPEN;
}

/* A file whose content was lost goes as a leaf alone. */
static bool
choose(void *ctx, const struct leaf *l, uint64_t *file)
{
    struct telling *t = ctx;

    if (!is_told(t, l))
        return false;
    if (!value_is_file(l->value))
        return true;
    if (l->file_key == NULL || session_file_lost(t->b->h.v, t->rev->record, (enum leaf_tier)l->tier, l->file_first))
        return false;
    if (t->err == VAULT_OK)
        t->err = number_of(t->b, t->pair, t->rev, l, file);
    return true;
}

static vault_err
load(struct bundle_out *b, uint32_t n, struct revision *rev)
{
    struct recs *r = &b->h.v->recs;
    vault_err err = recs_load(r, n, rev);

    if (err == VAULT_OK)
        err = recs_check_carried(r, n, rev);
    if (err == VAULT_OK && b->h.names && revision_introduces(rev))
        err = recs_load_withheld(r, n, rev);
    return err;
}

static vault_err
tell(struct bundle_out *b, uint32_t n, const struct revision *rev, uint8_t (*salt)[SALT_BYTES])
{
    struct recs *r = &b->h.v->recs;
    struct telling t = { .b = b, .rev = rev, .pair = n, .type = type_set_by_hash(&r->types, rev->type) };
    vault_err err = recs_salts(r, n, LEAF_OPEN, rev, salt);

    if (err == VAULT_OK && rev->withheld.n != 0)
        err = recs_salts(r, n, LEAF_WITHHELD, rev, salt);
    buf_reset(&b->told);
    if (err == VAULT_OK)
        err = disclose_write(&b->told, rev, (const uint8_t (*)[SALT_BYTES])salt, choose, &t);
    if (err == VAULT_OK)
        err = t.err;
    return err == VAULT_OK ? frames_put(&b->f, FRAME_REVISION, PART(b->told.p, b->told.n), PART(NULL, 0)) : err;
}

static vault_err
note_type(struct bundle_out *b, const struct revision *rev)
{
    const struct type_def *t = type_set_by_hash(&b->h.v->recs.types, rev->type), **p;

    for (size_t i = 0; i < b->n_types; i++)
        if (b->type[i] == t)
            return VAULT_OK;
    p = array_room(b->type, b->n_types, &b->cap_types, sizeof(const struct type_def *));
    if (p == NULL)
        return err_nomem();
    b->type = p;
    p[b->n_types++] = t;
    return VAULT_OK;
}

static vault_err
put_revision(struct bundle_out *b, uint32_t n, struct revision *rev)
{
    uint8_t (*salt)[SALT_BYTES] = NULL;
    uint32_t *p = array_room(b->pair, b->n_pairs, &b->cap_pairs, sizeof *p);
    char where[96];
    size_t leaves = 0;
    vault_err err = p == NULL ? err_nomem() : load(b, n, rev);

    if (p != NULL)
        b->pair = p;
    if (err == VAULT_OK) {
        leaves = rev->n_leaves + 1;
        salt = calloc(leaves, SALT_BYTES);
        err = salt == NULL ? err_nomem() : tell(b, n, rev, salt);
    }
    if (err == VAULT_OK)
        err = note_type(b, rev);
    if (err == VAULT_OK) {
        b->pair[b->n_pairs++] = n;
        b->goes[n] = rev->foreign ? GOES_FOREIGN : GOES_OWN;
    }
    if (salt != NULL)
        sodium_memzero(salt, leaves * SALT_BYTES);
    free(salt);
    if (err == VAULT_ERR_DAMAGED) {
        pair_name(b->h.v, n, where);
        err_prefix("%s: ", where);
    }
    return err;
}

static vault_err
put_revisions(struct bundle_out *b, bundle_wanted_fn *wanted, void *ctx)
{
    const struct index *ix = &b->h.v->recs.index;
    struct revision rev;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (size_t i = 0; err == VAULT_OK && i < b->h.n; i++) {
        size_t before = b->n_pairs;

        for (uint32_t n = b->h.item[i].first; err == VAULT_OK && n != 0; n = ix->pair[n].next)
            if (!ix->pair[n].lost && (wanted == NULL || wanted(ctx, n)))
                err = put_revision(b, n, &rev);
        b->records += b->n_pairs != before;
    }
    revision_free(&rev);
    return err;
}

/* ---- types ---- */

static vault_err
put_types(struct bundle_out *b)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < b->n_types; i++) {
        buf_reset(&b->told);
        err = type_encode(&b->told, b->type[i]);
        if (err == VAULT_OK)
            err = frames_put(&b->f, FRAME_TYPE, PART(b->told.p, b->told.n), PART(NULL, 0));
    }
    return err;
}

/* ---- evidence ---- */

/* One piece of evidence, in as many frames as it takes. */
static vault_err
put_evidence(struct bundle_out *b, uint32_t number, struct part evidence)
{
    uint8_t head[4];
    vault_err err = VAULT_OK;

    put_u32(head, number);
    for (size_t at = 0; err == VAULT_OK && at < evidence.n; at += FRAME_EVIDENCE_MAX) {
        size_t n = evidence.n - at < FRAME_EVIDENCE_MAX ? evidence.n - at : FRAME_EVIDENCE_MAX;

        err = frames_put(&b->f, FRAME_EVIDENCE, PART(head, sizeof head), PART((const uint8_t *)evidence.p + at, n));
    }
    return err;
}

static vault_err
put_own_evidence(struct bundle_out *b, uint32_t *number)
{
    struct buf evidence = BUF_INIT;
    uint32_t *own = calloc(b->n_pairs + 1, sizeof *own);
    size_t n = 0;
    vault_err err = own == NULL ? err_nomem() : VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < b->n_pairs; i++)
        if (b->goes[b->pair[i]] == GOES_OWN)
            own[n++] = b->pair[i];
    if (err == VAULT_OK && n > 0) {
        err = origin_gather(b->h.v, own, n, &evidence);
        if (err == VAULT_OK)
            err = put_evidence(b, (*number)++, PART(evidence.p, evidence.n));
    }
    free(own);
    buf_free(&evidence);
    return err;
}

static bool
is_going(void *ctx, const uint8_t record[static RECORD_ID_BYTES], const uint8_t revision[static REVISION_ID_BYTES])
{
    const struct bundle_out *b = ctx;
    const struct index *ix = &b->h.v->recs.index;
    uint32_t first = index_record(ix, record), n = first == 0 ? 0 : index_revision(ix, first, revision);

    return n != 0 && b->goes[n] == GOES_FOREIGN;
}

/* What came with the bundle that a row of the log took in, as far as it is about what goes on. */
static vault_err
put_evidence_of(struct bundle_out *b, uint32_t row, uint32_t *number)
{
    struct buf whole = BUF_INIT, some = BUF_INIT;
    vault_err err = VAULT_OK;

    for (uint32_t at = 1; err == VAULT_OK;) {
        buf_reset(&whole);
        buf_reset(&some);
        err = exchange_evidence(b->h.v, row, &at, &whole);
        if (err != VAULT_OK || whole.n == 0)
            break;
        err = proof_reduce(&some, PART(whole.p, whole.n), is_going, b);
        if (err == VAULT_OK)
            err = put_evidence(b, (*number)++, PART(some.p, some.n));
    }
    buf_free(&whole);
    buf_free(&some);
    return err;
}

static vault_err
put_all_evidence(struct bundle_out *b)
{
    const struct vault *v = b->h.v;
    uint8_t *rows = calloc((size_t)v->n_log + 1, 1);
    uint32_t number = 0;
    vault_err err = rows == NULL ? err_nomem() : put_own_evidence(b, &number);

    for (size_t i = 0; err == VAULT_OK && i < b->n_pairs; i++)
        if (b->goes[b->pair[i]] == GOES_FOREIGN)
            rows[v->recs.index.pair[b->pair[i]].log] = 1;
    for (uint32_t row = 1; err == VAULT_OK && row <= v->n_log; row++)
        if (rows[row])
            err = put_evidence_of(b, row, &number);
    free(rows);
    return err;
}

/* ---- tombstones ---- */

/* What was purged of a record that goes: who has it is asked to do the same. */
static vault_err
put_tombstones(struct bundle_out *b)
{
    const struct vault *v = b->h.v;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < v->n_tombs; i++) {
        const struct tombstone *t = &v->tomb[i];
        uint32_t first = index_record(&v->recs.index, t->record);

        if (first == 0 || b->h.state[first] != HANDOFF_TAKEN)
            continue;
        buf_reset(&b->told);
        cbor_array(&b->told, 3);
        cbor_bytes(&b->told, t->record, sizeof t->record);
        cbor_text(&b->told, gone_name(t->what));
        cbor_text(&b->told, t->field);
        err = buf_ok(&b->told);
        if (err == VAULT_OK)
            err = frames_put(&b->f, FRAME_TOMBSTONE, PART(b->told.p, b->told.n), PART(NULL, 0));
    }
    return err;
}

/* ---- contents ---- */

static vault_err
put_piece(void *ctx, const uint8_t *p, size_t n)
{
    struct bundle_out *b = ctx;
    vault_err err = VAULT_OK;

    for (size_t at = 0; err == VAULT_OK && at < n; at += FRAME_PIECE_MAX)
        err = frames_put(&b->f, FRAME_PIECE, PART(p + at, n - at < FRAME_PIECE_MAX ? n - at : FRAME_PIECE_MAX), PART(NULL, 0));
    return err;
}

static vault_err
put_file(struct bundle_out *b, size_t i, struct revision *rev)
{
    struct buf head = BUF_INIT;
    vault_err err = load(b, b->file[i].pair, rev);

    cbor_array(&head, 1);
    cbor_uint(&head, i + 1);
    if (err == VAULT_OK)
        err = buf_ok(&head);
    if (err == VAULT_OK)
        err = frames_put(&b->f, FRAME_FILE, PART(head.p, head.n), PART(NULL, 0));
    if (err == VAULT_OK)
        err = file_read_leaf(b->h.v->db, &rev->leaf[b->file[i].leaf], put_piece, b);
    buf_free(&head);
    return err;
}

static vault_err
put_files(struct bundle_out *b)
{
    struct revision rev;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (size_t i = 0; err == VAULT_OK && i < b->n_files; i++)
        err = put_file(b, i, &rev);
    revision_free(&rev);
    return err;
}

vault_err
bundle_put_all(struct bundle_out *b, bundle_wanted_fn *wanted, void *ctx)
{
    vault_err err;

    b->goes = calloc((size_t)b->h.v->recs.index.n + 1, 1);
    err = b->goes == NULL ? err_nomem() : put_revisions(b, wanted, ctx);
    if (err == VAULT_OK)
        err = put_types(b);
    if (err == VAULT_OK)
        err = put_all_evidence(b);
    if (err == VAULT_OK)
        err = put_tombstones(b);
    return err == VAULT_OK ? put_files(b) : err;
}
