/* sent.c - see sent.h. */
#include "vault/sent.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/hash.h"
#include "vault/exchange.h"
#include "vault/handoff/manifest.h"
#include "vault/record/value.h"

#define ITEMS_AT_ONCE ((size_t)32768)   /* in one record: half a mebibyte */
#define SIGNATURE_BYTES 64u

/* ---- sets ---- */

vault_err
sent_items_add(struct sent_items *s, const uint8_t item[static SENT_ITEM_BYTES])
{
    sent_item *p = array_room(s->list, s->n, &s->cap, sizeof *p);

    if (p == NULL)
        return err_nomem();
    s->list = p;
    memcpy(p[s->n++], item, SENT_ITEM_BYTES);
    return VAULT_OK;
}

static int
compare(const void *a, const void *b)
{
    return memcmp(a, b, SENT_ITEM_BYTES);
}

void
sent_items_sort(struct sent_items *s)
{
    if (s->n > 1)
        qsort(s->list, s->n, SENT_ITEM_BYTES, compare);
}

bool
sent_items_has(const struct sent_items *s, const uint8_t item[static SENT_ITEM_BYTES])
{
    return s->n > 0 && bsearch(item, s->list, s->n, SENT_ITEM_BYTES, compare) != NULL;
}

void
sent_items_free(struct sent_items *s)
{
    free(s->list);
    memset(s, 0, sizeof *s);
}

void
sent_tombstone(const struct vault *v, const struct tombstone *t, uint8_t out[static SENT_ITEM_BYTES])
{
    const struct part p[] = { PART(v->chain[t->log].hash, 32), PART(t->record, RECORD_ID_BYTES), PART(gone_name(t->what), strlen(gone_name(t->what)) + 1),
        PART(t->field, strlen(t->field)) };
    uint8_t hash[32];

    hash_parts(hash, "withheld:sent-tombstone:1", p, sizeof p / sizeof p[0]);
    memcpy(out, hash, SENT_ITEM_BYTES);
}

/* ---- reading ---- */

static vault_err
damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, "keep this folder as it is and go back to a backup", "%s", what);
}

static struct part
view_of(const struct revision *rev, const char *field, enum value_shape shape)
{
    const struct leaf *l = revision_leaf(rev, field);
    struct value_view view;

    if (l == NULL || l->value.n == 0 || value_read(&view, l->value) != VAULT_OK || view.shape != shape)
        return PART(NULL, 0);
    return view.text;
}

static bool
is_text(struct part p, const char *text)
{
    return p.n == strlen(text) && memcmp(p.p, text, p.n) == 0;
}

static vault_err
bundle_of(struct sents *s, const uint8_t tag[static 16], struct sent_bundle **out)
{
    struct sent_bundle *p;

    for (size_t i = s->n; i > 0; i--)
        if (memcmp(s->list[i - 1].tag, tag, 16) == 0) {
            *out = &s->list[i - 1];
            return VAULT_OK;
        }
    p = array_room(s->list, s->n, &s->cap, sizeof *p);
    if (p == NULL)
        return err_nomem();
    s->list = p;
    *out = memset(p + s->n++, 0, sizeof *p);
    memcpy((*out)->tag, tag, 16);
    return VAULT_OK;
}

/* What is said of one bundle in several records is put together. */
static vault_err
take_sent(struct sents *s, const struct revision *rev)
{
    struct part items = view_of(rev, "items", VALUE_BYTES), state = view_of(rev, "state", VALUE_TEXT);
    struct sent_bundle *b = NULL;
    uint8_t tag[16];
    vault_err err = system_bytes(rev, "tag", tag, sizeof tag);

    if (err == VAULT_OK && (items.n == 0 || items.n % SENT_ITEM_BYTES != 0 || (!is_text(state, "shared") && !is_text(state, "names"))))
        err = damaged("what was sent is told in a wrong form");
    if (err == VAULT_OK)
        err = bundle_of(s, tag, &b);
    if (err == VAULT_OK)
        err = system_bytes(rev, "card", b->card, sizeof b->card);
    if (err == VAULT_OK)
        err = system_bytes(rev, "mark", b->mark, sizeof b->mark);
    if (err == VAULT_OK)
        b->names = is_text(state, "names");
    for (size_t at = 0; err == VAULT_OK && at < items.n; at += SENT_ITEM_BYTES)
        err = sent_items_add(&b->items, (const uint8_t *)items.p + at);
    return err;
}

/* Behind one signature or two. */
static bool
read_proof(struct part proof, struct manifest *out)
{
    for (size_t at = SIGNATURE_BYTES; at <= 2 * (size_t)SIGNATURE_BYTES && at < proof.n; at += SIGNATURE_BYTES)
        if (manifest_read(out, PART((const uint8_t *)proof.p + at, proof.n - at)) == VAULT_OK)
            return out->kind == MANIFEST_RECEIPT;
    return false;
}

static vault_err
take_receipt(struct sents *s, const struct exchange *x, const struct revision *rev)
{
    struct sent_receipt *p = array_room(s->receipt, s->n_receipts, &s->cap_receipts, sizeof *p);
    struct manifest m;

    if (p == NULL)
        return err_nomem();
    s->receipt = p;
    if (!read_proof(view_of(rev, "proof", VALUE_BYTES), &m)) {
        vault_clear_error();
        return VAULT_OK;        /* it acknowledges nothing */
    }
    p += s->n_receipts++;
    memcpy(p->tag, m.tag, sizeof p->tag);
    memcpy(p->card, x->card, sizeof p->card);
    return VAULT_OK;
}

vault_err
sents_load(struct vault *v, struct sents *out)
{
    const struct index *ix = &v->recs.index;
    struct revision rev;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n++) {
        if (!index_is_system(&ix->pair[n]) || ix->pair[n].record[1] != SYSTEM_SENT || ix->pair[n].lost)
            continue;
        err = recs_load(&v->recs, n, &rev);
        if (err == VAULT_OK)
            err = take_sent(out, &rev);
    }
    for (size_t i = 0; err == VAULT_OK && i < v->exchanges.n; i++) {
        const struct exchange *x = &v->exchanges.list[i];

        if (x->kind != EXCHANGE_ACKNOWLEDGED)
            continue;
        err = recs_load(&v->recs, x->pair, &rev);
        if (err == VAULT_OK)
            err = take_receipt(out, x, &rev);
    }
    for (size_t i = 0; i < out->n; i++)
        sent_items_sort(&out->list[i].items);
    revision_free(&rev);
    return err;
}

void
sents_free(struct sents *s)
{
    for (size_t i = 0; i < s->n; i++)
        sent_items_free(&s->list[i].items);
    free(s->list);
    free(s->receipt);
    memset(s, 0, sizeof *s);
}

bool
sent_is_acknowledged(const struct sents *s, const struct sent_bundle *b, const uint8_t (*card)[32], size_t n)
{
    for (size_t i = 0; i < s->n_receipts; i++)
        for (size_t k = 0; k < n && memcmp(s->receipt[i].tag, b->tag, sizeof b->tag) == 0; k++)
            if (memcmp(s->receipt[i].card, card[k], 32) == 0)
                return true;
    return false;
}

/* ---- making ---- */

vault_err
sent_add(struct vault *v, struct change *c, const struct sent_bundle *b)
{
    struct sent_parts p = { .tag = PART(b->tag, sizeof b->tag), .card = PART(b->card, sizeof b->card), .mark = PART(b->mark, sizeof b->mark),
        .state = b->names ? "names" : "shared" };
    vault_err err = VAULT_OK;

    for (size_t at = 0; err == VAULT_OK && at < b->items.n; at += ITEMS_AT_ONCE) {
        size_t n = b->items.n - at < ITEMS_AT_ONCE ? b->items.n - at : ITEMS_AT_ONCE;

        p.items = PART(b->items.list[at], n * SENT_ITEM_BYTES);
        err = system_add_sent(v, c, &p);
    }
    return err;
}
