/*
 * system_write.c - making system records: types, slots, cards, former keys.
 *
 * Each adds one revision to a change whose entry the caller signs with the keeper key.
 */
#include "vault/session.h"

#include <sodium.h>
#include <string.h>
#include "vault/base/cbor.h"
#include "vault/record/draft.h"

void
system_type_id(uint8_t id[static RECORD_ID_BYTES], const char *name)
{
    const struct part p = PART(name, strlen(name));
    uint8_t h[32];

    hash_parts(h, "withheld:type-name:1", &p, 1);
    id[0] = 0;
    id[1] = SYSTEM_TYPE;
    memcpy(id + 2, h, RECORD_ID_BYTES - 2);
}

/* ---- one revision out of named values ---- */

struct values {
    struct system_value v[8];
    struct buf cbor[8];
    size_t n;
};

/* Where the next value is to be written. */
static struct buf *
value_new(struct values *s, const char *field)
{
    s->v[s->n].field = field;
    return &s->cbor[s->n++];
}

static void
values_free(struct values *s)
{
    for (size_t i = 0; i < s->n; i++)
        buf_free(&s->cbor[i]);
}

/* The newest revision of a system record, or none. */
static vault_err
load_parent(struct vault *v, const uint8_t *id, struct revision *parent, bool *there)
{
    uint32_t first = index_record(&v->recs.index, id), head = 0;
    vault_err err;

    *there = first != 0;
    if (first == 0)
        return VAULT_OK;
    err = recs_head(&v->recs, first, &head, NULL);
    return err != VAULT_OK ? err : recs_load(&v->recs, head, parent);
}

static vault_err
put(struct vault *v, struct change *c, const uint8_t id[static RECORD_ID_BYTES], struct values *s)
{
    struct revision rev, parent;
    struct draft d;
    bool there = false;
    vault_err err;

    revision_init(&rev);
    revision_init(&parent);
    err = draft_init(&d, &v->recs);
    for (size_t i = 0; err == VAULT_OK && i < s->n; i++) {
        err = buf_ok(&s->cbor[i]);
        s->v[i].cbor = PART(s->cbor[i].p, s->cbor[i].n);
    }
    if (err == VAULT_OK)
        err = load_parent(v, id, &parent, &there);
    if (err == VAULT_OK)
        err = draft_system(&d, id, there ? &parent : NULL, s->v, s->n, &rev);
    if (err == VAULT_OK)
        err = change_add(c, &rev);
    draft_done(&d);
    revision_free(&rev);
    revision_free(&parent);
    return err;
}

/* ---- the kinds ---- */

vault_err
system_add_type(struct vault *v, struct change *c, const struct type_def *t)
{
    uint8_t id[RECORD_ID_BYTES];
    struct buf def = BUF_INIT;
    struct values s = {0};
    vault_err err;

    system_type_id(id, t->name);
    err = type_encode(&def, t);
    cbor_bytes(value_new(&s, "definition"), def.p, def.n);
    if (err == VAULT_OK)
        err = put(v, c, id, &s);
    buf_free(&def);
    values_free(&s);
    return err;
}

vault_err
system_add_slot(struct vault *v, struct change *c, const struct slot_header *h,
    const struct slot_registration *r, bool active)
{
    uint8_t id[RECORD_ID_BYTES] = { 0, SYSTEM_SLOT };
    struct values s = {0};
    vault_err err;

    memcpy(id + 2, h->id, SLOT_ID_BYTES);
    cbor_bytes(value_new(&s, "author"), r->author_pk, 32);
    cbor_uint(value_new(&s, "index"), h->index);
    cbor_uint(value_new(&s, "kind"), (uint64_t)h->kind);
    cbor_text(value_new(&s, "state"), active ? "active" : "retired");
    cbor_uint(value_new(&s, "tier"), (uint64_t)h->tier);
    cbor_bytes(value_new(&s, "x25519"), r->x25519_pk, 32);
    if (active)
        cbor_bytes(value_new(&s, "slot_key"), secret_bytes(r->slot_key), 32);
    err = put(v, c, id, &s);
    values_free(&s);
    return err;
}

vault_err
system_add_card(struct vault *v, struct change *c, const struct key_tree *tree)
{
    uint8_t id[RECORD_ID_BYTES] = { 0, SYSTEM_CARD };
    struct buf card = BUF_INIT;
    struct values s = {0};
    vault_err err;

    err = card_build(&card, tree, v->kf.vault_id);
    cbor_bytes(value_new(&s, "card"), card.p, card.n);
    if (err == VAULT_OK)
        err = put(v, c, id, &s);
    buf_free(&card);
    values_free(&s);
    return err;
}

vault_err
system_add_tombstone(struct vault *v, struct change *c, const struct purged *p)
{
    uint8_t id[RECORD_ID_BYTES] = { 0, SYSTEM_TOMBSTONE };
    struct values s = {0};
    vault_err err;

    randombytes_buf(id + 2, sizeof id - 2);
    cbor_bytes(value_new(&s, "record"), p->record, RECORD_ID_BYTES);
    cbor_text(value_new(&s, "what"), gone_name(p->what));
    if (p->field != NULL)
        cbor_text(value_new(&s, "field"), p->field);
    cbor_bytes(value_new(&s, "leaves"), p->c, p->n * 32);
    err = put(v, c, id, &s);
    values_free(&s);
    return err;
}

vault_err
system_add_lost(struct vault *v, struct change *c, const uint8_t record[static RECORD_ID_BYTES],
    const struct lost_parts *p)
{
    const struct { const char *name; struct part bytes; } field[] = { { "revisions", p->revisions },
        { "leaves", p->leaves }, { "files", p->files }, { "details", p->details } };
    uint8_t id[RECORD_ID_BYTES] = { 0, SYSTEM_LOST };
    struct values s = {0};
    vault_err err;

    randombytes_buf(id + 2, sizeof id - 2);
    cbor_bytes(value_new(&s, "record"), record, RECORD_ID_BYTES);
    for (size_t i = 0; i < sizeof field / sizeof field[0]; i++)
        if (field[i].bytes.n != 0)
            cbor_bytes(value_new(&s, field[i].name), field[i].bytes.p, field[i].bytes.n);
    err = put(v, c, id, &s);
    values_free(&s);
    return err;
}

vault_err
system_add_same(struct vault *v, struct change *c, const uint8_t record[static RECORD_ID_BYTES],
    const uint8_t *into)
{
    uint8_t id[RECORD_ID_BYTES] = { 0, SYSTEM_SAME };
    struct values s = {0};
    vault_err err;

    randombytes_buf(id + 2, sizeof id - 2);
    cbor_bytes(value_new(&s, "record"), record, RECORD_ID_BYTES);
    if (into != NULL)
        cbor_bytes(value_new(&s, "into"), into, RECORD_ID_BYTES);
    err = put(v, c, id, &s);
    values_free(&s);
    return err;
}

vault_err
system_add_apart(struct vault *v, struct change *c, const uint8_t a[static RECORD_ID_BYTES],
    const uint8_t b[static RECORD_ID_BYTES])
{
    bool turned = memcmp(a, b, RECORD_ID_BYTES) > 0;
    const uint8_t *first = turned ? b : a, *second = turned ? a : b;
    uint8_t id[RECORD_ID_BYTES] = { 0, SYSTEM_APART };
    struct values s = {0};
    vault_err err;

    randombytes_buf(id + 2, sizeof id - 2);
    cbor_bytes(value_new(&s, "first"), first, RECORD_ID_BYTES);
    cbor_bytes(value_new(&s, "second"), second, RECORD_ID_BYTES);
    err = put(v, c, id, &s);
    values_free(&s);
    return err;
}

vault_err
system_add_contact(struct vault *v, struct change *c, const struct contact_parts *p)
{
    uint8_t id[RECORD_ID_BYTES] = { 0, SYSTEM_CONTACT };
    struct values s = {0};
    vault_err err;

    randombytes_buf(id + 2, sizeof id - 2);
    cbor_textn(value_new(&s, "name"), p->name.p, p->name.n);
    cbor_text(value_new(&s, "state"), p->state);
    if (p->card.n != 0)
        cbor_bytes(value_new(&s, "card"), p->card.p, p->card.n);
    err = put(v, c, id, &s);
    values_free(&s);
    return err;
}

vault_err
system_add_share(struct vault *v, struct change *c, const struct share_parts *p)
{
    uint8_t id[RECORD_ID_BYTES] = { 0, SYSTEM_SHARE };
    struct values s = {0};
    vault_err err;

    randombytes_buf(id + 2, sizeof id - 2);
    cbor_bytes(value_new(&s, "records"), p->records.p, p->records.n);
    cbor_textn(value_new(&s, "contact"), p->contact.p, p->contact.n);
    cbor_text(value_new(&s, "state"), p->state);
    if (p->card.n != 0)
        cbor_bytes(value_new(&s, "card"), p->card.p, p->card.n);
    err = put(v, c, id, &s);
    values_free(&s);
    return err;
}

vault_err
system_add_sent(struct vault *v, struct change *c, const struct sent_parts *p)
{
    const struct { const char *name; struct part bytes; } field[] = { { "tag", p->tag }, { "card", p->card }, { "mark", p->mark },
        { "items", p->items } };
    uint8_t id[RECORD_ID_BYTES] = { 0, SYSTEM_SENT };
    struct values s = {0};
    vault_err err;

    randombytes_buf(id + 2, sizeof id - 2);
    for (size_t i = 0; i < sizeof field / sizeof field[0]; i++)
        cbor_bytes(value_new(&s, field[i].name), field[i].bytes.p, field[i].bytes.n);
    cbor_text(value_new(&s, "state"), p->state);
    err = put(v, c, id, &s);
    values_free(&s);
    return err;
}

vault_err
system_add_release(struct vault *v, struct change *c, const uint8_t release[static 16], unsigned part, struct part content)
{
    uint8_t id[RECORD_ID_BYTES] = { 0, SYSTEM_RELEASE };
    struct values s = {0};
    vault_err err;

    randombytes_buf(id + 2, sizeof id - 2);
    cbor_bytes(value_new(&s, "release"), release, 16);
    cbor_uint(value_new(&s, "part"), part);
    cbor_bytes(value_new(&s, "content"), content.p, content.n);
    err = put(v, c, id, &s);
    values_free(&s);
    return err;
}

vault_err
system_add_audience(struct vault *v, struct change *c, const char *name, const struct secret *secret)
{
    uint8_t id[RECORD_ID_BYTES] = { 0, SYSTEM_AUDIENCE };
    struct values s = {0};
    vault_err err;

    randombytes_buf(id + 2, sizeof id - 2);
    cbor_text(value_new(&s, "state"), "made");
    cbor_text(value_new(&s, "name"), name);
    cbor_bytes(value_new(&s, "secret"), secret_bytes(secret), 32);
    err = put(v, c, id, &s);
    values_free(&s);
    return err;
}

vault_err
system_add_judged(struct vault *v, struct change *c, const char *what, struct part subject, struct part text)
{
    uint8_t id[RECORD_ID_BYTES] = { 0, SYSTEM_JUDGED };
    struct values s = {0};
    vault_err err;

    randombytes_buf(id + 2, sizeof id - 2);
    cbor_text(value_new(&s, "what"), what);
    cbor_bytes(value_new(&s, "subject"), subject.p, subject.n);
    if (text.n != 0)
        cbor_textn(value_new(&s, "text"), text.p, text.n);
    err = put(v, c, id, &s);
    values_free(&s);
    return err;
}

vault_err
system_add_former(struct vault *v, struct change *c, const struct key_tree *tree)
{
    uint8_t id[RECORD_ID_BYTES] = { 0, SYSTEM_FORMER };
    struct buf card = BUF_INIT;
    struct values s = {0};
    uint8_t hash[32];
    vault_err err;

    err = card_build(&card, tree, v->kf.vault_id);
    if (err == VAULT_OK) {
        card_hash(hash, card.p, card.n);
        memcpy(id + 2, hash, RECORD_ID_BYTES - 2);
    }
    cbor_bytes(value_new(&s, "card"), card.p, card.n);
    cbor_bytes(value_new(&s, "case_seed"), secret_bytes(tree->case_seed), 32);
    cbor_bytes(value_new(&s, "nsk"), secret_bytes(tree->nsk), 32);
    if (err == VAULT_OK)
        err = put(v, c, id, &s);
    buf_free(&card);
    values_free(&s);
    return err;
}
