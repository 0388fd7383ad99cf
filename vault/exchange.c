/*
 * exchange.c - see exchange.h.
 *
 * None of this needs a keeper, as a case holder may take a bundle in. So none of it gives anybody a right: what was left out counts only for
 * revisions that another vault wrote, a type of theirs is never in force, and evidence proves itself.
 */
#include "vault/exchange.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/cbor.h"
#include "vault/bundle_in.h"
#include "vault/record/draft.h"
#include "vault/record/value.h"

#define BYTES_AT_ONCE ((size_t)512 << 10)       /* of a list or evidence in one record */

static const char *const KIND[] = { "taken", "acknowledged" };

static vault_err
damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, "keep this folder as it is and go back to a backup", "%s", what);
}

void
exchanges_free(struct exchanges *all)
{
    free(all->list);
    memset(all, 0, sizeof *all);
}

bool
exchange_needs_no_keeper(const struct vault *v, uint32_t n)
{
    const struct pair *p = &v->recs.index.pair[n];

    switch (p->record[1]) {
    case SYSTEM_RECEIPT:
    case SYSTEM_SHARE:          /* with names it is judged by standing.c */
        return true;
    case SYSTEM_LEFT_OUT:
    case SYSTEM_ORIGIN:
    case SYSTEM_THEIR_TYPE:
        return v->chain[p->log].receive;
    default:
        return false;
    }
}

/* ---- reading ---- */

/* Empty where it is not there. */
static struct part
bytes_of(const struct revision *rev, const char *field)
{
    const struct leaf *l = revision_leaf(rev, field);
    struct value_view view;

    if (l == NULL || l->value.n == 0 || value_read(&view, l->value) != VAULT_OK ||
        (view.shape != VALUE_BYTES && view.shape != VALUE_TEXT))
        return PART(NULL, 0);
    return view.text;
}

static bool
kind_of(const struct revision *rev, enum exchange_kind *out)
{
    struct part text = bytes_of(rev, "kind");

    for (size_t i = 0; i < sizeof KIND / sizeof KIND[0]; i++)
        if (text.n == strlen(KIND[i]) && memcmp(text.p, KIND[i], text.n) == 0) {
            *out = (enum exchange_kind)i;
            return true;
        }
    return false;
}

/* Whoever has a slot could say that a bundle was taken in, and then it would be passed over when it comes: only an entry that took one in says so. */
static bool
is_idle(const struct vault *v, uint32_t n, enum exchange_kind kind)
{
    return kind == EXCHANGE_TAKEN && !v->chain[v->recs.index.pair[n].log].receive;
}

vault_err
exchange_apply_receipt(struct vault *v, uint32_t n, const struct revision *rev)
{
    struct exchanges *all = &v->exchanges;
    struct exchange x = { .pair = n, .log = v->recs.index.pair[n].log }, *p;
    vault_err err = system_bytes(rev, "bundle", x.bundle, sizeof x.bundle);

    if (err == VAULT_OK)
        err = system_bytes(rev, "card", x.card, sizeof x.card);
    if (err == VAULT_OK && bytes_of(rev, "file").n != 0)
        err = system_bytes(rev, "file", x.file, sizeof x.file);
    if (err == VAULT_OK && !kind_of(rev, &x.kind))
        err = damaged("a receipt has a wrong form");
    if (err != VAULT_OK || is_idle(v, n, x.kind))
        return err;
    p = array_room(all->list, all->n, &all->cap, sizeof *p);
    if (p == NULL)
        return err_nomem();
    all->list = p;
    p[all->n++] = x;
    return VAULT_OK;
}

/*
 * Each says of which revision; it counts only for one that came with the same entry (what was left out), so that nobody can say it of another later. Of system
 * records nothing is ever left out.
 */
static vault_err
apply_list(struct vault *v, uint32_t log, struct part list, enum gone_what what)
{
    const struct index *ix = &v->recs.index;
    struct rd r = rd_of(list.p, list.n);
    vault_err err = list.n % LEFT_OUT_BYTES == 0 ? VAULT_OK : damaged("what was left out is told in a wrong form");

    while (err == VAULT_OK && r.n != 0) {
        const uint8_t *record = rd_take(&r, RECORD_ID_BYTES), *revision = rd_take(&r, REVISION_ID_BYTES), *c = rd_take(&r, 32);
        uint32_t first, n;

        if (record == NULL || revision == NULL || c == NULL || record[0] == 0)
            return damaged("what was left out is told in a wrong form");
        first = index_record(ix, record);
        n = first == 0 ? 0 : index_revision(ix, first, revision);
        if (n == 0 || (what == GONE_LEFT_OUT ? ix->pair[n].log != log : gone_find(&v->recs.left, revision, c) == GONE_NOT))
            continue;
        err = gone_add(&v->recs.left, revision, c, what);
    }
    return err;
}

vault_err
exchange_apply_left_out(struct vault *v, uint32_t n, const struct revision *rev)
{
    uint32_t log = v->recs.index.pair[n].log;
    struct part arrived = bytes_of(rev, "arrived");
    vault_err err = apply_list(v, log, bytes_of(rev, "left_out"), GONE_LEFT_OUT);

    if (arrived.n != 0 && log > v->exchanges.arrived)
        v->exchanges.arrived = log;
    return err != VAULT_OK ? err : apply_list(v, log, arrived, GONE_NOT);
}

struct part
exchange_arrived(const struct revision *rev)
{
    return bytes_of(rev, "arrived");
}

vault_err
exchange_judge_receipt(const struct vault *v, uint32_t n, const struct revision *rev)
{
    struct part bundle = bytes_of(rev, "bundle"), card = bytes_of(rev, "card");
    enum exchange_kind kind = EXCHANGE_TAKEN;

    if (bundle.n != 32 || card.n != 32 || !kind_of(rev, &kind))
        return damaged("a receipt has a wrong form");
    if (is_idle(v, n, kind))
        return damaged("it says that a bundle was taken in, in an entry that took in none");
    return kind == EXCHANGE_TAKEN ? VAULT_OK : bundle_verify_receipt(v, bytes_of(rev, "proof"), bundle.p, card.p);
}

vault_err
exchange_judge_origin(const struct revision *rev)
{
    if (bytes_of(rev, "bundle").n != 32 || bytes_of(rev, "evidence").n == 0)
        return damaged("the evidence of a bundle has a wrong form");
    return VAULT_OK;
}

vault_err
exchange_apply_type(struct vault *v, const struct revision *rev)
{
    struct type_def *t = NULL;
    struct part bytes = bytes_of(rev, "definition");
    vault_err err = type_decode(&t, bytes.p, bytes.n);

    return err != VAULT_OK ? err : type_set_add_theirs(&v->recs.types, t);
}

const struct exchange *
exchange_find(const struct vault *v, enum exchange_kind kind, const uint8_t bundle[static 32])
{
    for (size_t i = 0; i < v->exchanges.n; i++) {
        const struct exchange *x = &v->exchanges.list[i];

        if (x->kind == kind && memcmp(x->bundle, bundle, 32) == 0)
            return x;
    }
    return NULL;
}

const struct exchange *
exchange_by_file(const struct vault *v, const uint8_t file[static 32])
{
    for (size_t i = 0; i < v->exchanges.n; i++)
        if (memcmp(v->exchanges.list[i].file, file, 32) == 0)
            return &v->exchanges.list[i];
    return NULL;
}

/* ---- making ---- */

/* One system record of these values, under a random id. */
static vault_err
add(struct vault *v, struct change *c, enum system_kind kind, const struct system_value *value, size_t n)
{
    uint8_t id[RECORD_ID_BYTES] = { 0, (uint8_t)kind };
    struct revision rev;
    struct draft d;
    vault_err err;

    randombytes_buf(id + 2, sizeof id - 2);
    revision_init(&rev);
    err = draft_init(&d, &v->recs);
    if (err == VAULT_OK)
        err = draft_system(&d, id, NULL, value, n, &rev);
    if (err == VAULT_OK)
        err = change_add(c, &rev);
    draft_done(&d);
    revision_free(&rev);
    return err;
}

struct field_cbor {
    struct buf mem[8];
    struct system_value value[8];
    size_t n;
};

static struct buf *
field_new(struct field_cbor *f, const char *name)
{
    f->value[f->n].field = name;
    return &f->mem[f->n++];
}

static vault_err
add_fields(struct vault *v, struct change *c, enum system_kind kind, struct field_cbor *f)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; i < f->n; i++) {
        if (err == VAULT_OK)
            err = buf_ok(&f->mem[i]);
        f->value[i].cbor = PART(f->mem[i].p, f->mem[i].n);
    }
    if (err == VAULT_OK)
        err = add(v, c, kind, f->value, f->n);
    for (size_t i = 0; i < f->n; i++)
        buf_free(&f->mem[i]);
    return err;
}

vault_err
exchange_add_receipt(struct vault *v, struct change *c, const struct receipt_parts *p)
{
    struct field_cbor f = {0};

    cbor_bytes(field_new(&f, "bundle"), p->bundle, 32);
    cbor_text(field_new(&f, "kind"), KIND[p->kind]);
    cbor_bytes(field_new(&f, "card"), p->card, 32);
    if (p->file != NULL)
        cbor_bytes(field_new(&f, "file"), p->file, 32);
    if (p->proof.n != 0)
        cbor_bytes(field_new(&f, "proof"), p->proof.p, p->proof.n);
    return add_fields(v, c, SYSTEM_RECEIPT, &f);
}

vault_err
exchange_add_left_out(struct vault *v, struct change *c, enum left_out_what what, struct part list)
{
    size_t step = BYTES_AT_ONCE / LEFT_OUT_BYTES * LEFT_OUT_BYTES;
    vault_err err = VAULT_OK;

    for (size_t at = 0; err == VAULT_OK && at < list.n; at += step) {
        struct field_cbor f = {0};

        cbor_bytes(field_new(&f, what == LEFT_OUT ? "left_out" : "arrived"), (const uint8_t *)list.p + at,
            list.n - at < step ? list.n - at : step);
        err = add_fields(v, c, SYSTEM_LEFT_OUT, &f);
    }
    return err;
}

vault_err
exchange_add_origin(struct vault *v, struct change *c, const uint8_t bundle[static 32], unsigned number, struct part evidence)
{
    vault_err err = VAULT_OK;
    unsigned part = 0;

    for (size_t at = 0; err == VAULT_OK && at < evidence.n; at += BYTES_AT_ONCE) {
        struct field_cbor f = {0};

        cbor_bytes(field_new(&f, "bundle"), bundle, 32);
        cbor_uint(field_new(&f, "number"), number);
        cbor_uint(field_new(&f, "part"), part++);
        cbor_bytes(field_new(&f, "evidence"), (const uint8_t *)evidence.p + at,
            evidence.n - at < BYTES_AT_ONCE ? evidence.n - at : BYTES_AT_ONCE);
        err = add_fields(v, c, SYSTEM_ORIGIN, &f);
    }
    return err;
}

vault_err
exchange_add_type(struct vault *v, struct change *c, struct part definition)
{
    struct field_cbor f = {0};

    cbor_bytes(field_new(&f, "definition"), definition.p, definition.n);
    return add_fields(v, c, SYSTEM_THEIR_TYPE, &f);
}

/* ---- evidence ---- */

static bool
number_is(const struct revision *rev, const char *field, uint64_t want)
{
    const struct leaf *l = revision_leaf(rev, field);
    struct value_view view;

    return l != NULL && l->value.n != 0 && value_read(&view, l->value) == VAULT_OK && view.shape == VALUE_INT &&
        view.num >= 0 && (uint64_t)view.num == want;
}

vault_err
exchange_evidence(struct vault *v, uint32_t log, uint32_t *at, struct buf *out)
{
    const struct index *ix = &v->recs.index;
    struct revision rev;
    unsigned part = 0;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (; err == VAULT_OK && *at <= ix->n; ++*at) {
        const struct pair *p = &ix->pair[*at];
        struct part bytes;

        if (p->log != log || !index_is_system(p) || p->record[1] != SYSTEM_ORIGIN || p->lost)
            continue;
        err = recs_load(&v->recs, *at, &rev);
        if (err == VAULT_OK && part > 0 && number_is(&rev, "part", 0))
            break;              /* the next one begins */
        if (err == VAULT_OK && !number_is(&rev, "part", part++))
            err = damaged("evidence of a bundle is out of order");
        bytes = bytes_of(&rev, "evidence");
        if (err == VAULT_OK)
            buf_put(out, bytes.p, bytes.n);
    }
    revision_free(&rev);
    return err != VAULT_OK ? err : buf_ok(out);
}
