/*
 * proof_system.c - what the cards and slots in evidence say, and so who may have signed when. See proof_priv.h.
 *
 * The log of origin is not there, only some of its entries: rows and ancestors cannot be seen. What can be seen are numbers,
 * which grow from parent to child: of two entries the one with the higher number did not come before the other.
 */
#include "vault/handoff/proof_priv.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/cbor.h"
#include "vault/record/value.h"

enum { KIND_SLOT = 2, KIND_CARD = 3 };

/* ---- one revision of a card or a slot ---- */

static bool
view_of(const struct revision *rev, const char *field, enum value_shape shape, struct value_view *out)
{
    const struct leaf *l = revision_leaf(rev, field);

    return l != NULL && l->value.n != 0 && value_read(out, l->value) == VAULT_OK && out->shape == shape;
}

static bool
number_of(const struct revision *rev, const char *field, unsigned most, unsigned *out)
{
    struct value_view view;

    if (!view_of(rev, field, VALUE_INT, &view) || view.num < 0 || view.num > (int64_t)most)
        return false;
    *out = (unsigned)view.num;
    return true;
}

/* A disclosed revision of a system record of that kind, in an entry of the evidence, by who signed that: a keeper among them. */
static vault_err
read_told(const struct proof_reading *r, struct part bytes, uint8_t kind, struct revision *rev, size_t *place)
{
    const struct proof *p = r->p;
    const struct type_def *type = type_system(kind);
    const struct proof_entry *e;
    vault_err err = type == NULL ? err_nomem() : disclose_read(bytes, rev);

    if (err != VAULT_OK)
        return err;
    if (rev->record[0] != 0 || rev->record[1] != kind || memcmp(rev->type, type->hash, 32) != 0)
        return proof_damaged("a card or a slot is something else");
    *place = proof_place(p, rev->record, rev->id);
    if (*place == p->n_told)
        return proof_damaged("the entry of a card or a slot is missing");
    e = &p->entry[p->told[*place].entry];
    if (memcmp(e->author, rev->author, sizeof e->author) != 0)
        return proof_damaged("a card or a slot is not by the signer of its entry");
    return e->keeper ? VAULT_OK : proof_damaged("a card or a slot was not signed by a keeper");
}

/* ---- cards ---- */

static vault_err
take_card(struct proof_reading *r, struct part bytes, const struct revision *rev, size_t place)
{
    static const uint8_t id[RECORD_ID_BYTES] = { 0, KIND_CARD };
    struct proof *p = r->p;
    struct proof_card *c = &r->card[r->n_cards];
    struct value_view view;
    vault_err err;

    if (memcmp(rev->record, id, sizeof id) != 0 || !view_of(rev, "card", VALUE_BYTES, &view))
        return proof_damaged("a card or a slot is something else");
    err = card_read(&p->card, view.text.p, view.text.n);
    if (err != VAULT_OK)
        return err;
    if (memcmp(p->card.vault_id, p->vault_id, VAULT_ID_BYTES) != 0)
        return proof_damaged("a card is that of another vault");
    c->bytes = bytes;
    c->entry = p->told[place].entry;
    memcpy(c->pk, p->card.keeper_pk, sizeof c->pk);
    if (r->n_cards > 0 && p->entry[c[-1].entry].number >= p->entry[c->entry].number)
        return proof_damaged("cards are out of order");
    card_hash(p->card_hash, view.text.p, view.text.n);
    memcpy(p->cards[r->n_cards++], p->card_hash, 32);
    p->n_cards = r->n_cards;
    buf_reset(&p->card_bytes);
    buf_put(&p->card_bytes, view.text.p, view.text.n);
    return buf_ok(&p->card_bytes);
}

/* The first entry of the log names the first key; each later card is signed by the key before, and its own. */
static vault_err
judge_cards(const struct proof_reading *r)
{
    static const uint8_t id[RECORD_ID_BYTES] = { 0, KIND_CARD };
    size_t told = 0;

    for (size_t i = 0; i < r->n_cards; i++) {
        const struct proof_card *c = &r->card[i];
        const struct proof_more *m = &r->more[c->entry];
        bool follows = i == 0 ? m->n_keepers == 1 && m->first :
            m->n_keepers == 2 && memcmp(m->keeper[0], c[-1].pk, 32) == 0;
        if (!follows || memcmp(m->keeper[m->n_keepers - 1], c->pk, 32) != 0)
            return proof_damaged("a keeper key does not follow from the one before");
    }
    for (size_t i = 0; i < r->p->n_told; i++)
        told += memcmp(r->p->told[i].record, id, sizeof id) == 0;
    return r->n_cards != 0 && told == r->n_cards ? VAULT_OK : proof_damaged("a card is missing");
}

static vault_err
read_cards(struct proof_reading *r, struct revision *rev)
{
    struct rd rd = rd_of(r->cards.p, r->cards.n);
    size_t n = cbor_get_array(&rd, PROOF_CARDS_MAX), place = 0;
    vault_err err = rd.bad ? proof_damaged("the cards cannot be read") : VAULT_OK;

    r->card = calloc(n + 1, sizeof *r->card);
    r->p->cards = calloc(n + 1, sizeof *r->p->cards);
    if (r->card == NULL || r->p->cards == NULL)
        return err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        struct part bytes = cbor_get_bytes(&rd, DISCLOSE_MAX);
        err = rd.bad ? proof_damaged("the cards cannot be read") : read_told(r, bytes, KIND_CARD, rev, &place);
        if (err == VAULT_OK)
            err = take_card(r, bytes, rev, place);
    }
    return err != VAULT_OK ? err : judge_cards(r);
}

/* ---- slots ---- */

static vault_err
take_slot(struct proof_reading *r, struct part bytes, const struct revision *rev, size_t place)
{
    static const uint8_t zero[6] = {0};
    const struct proof_told *t = &r->p->told[place];
    struct proof_slot *s = &r->slot[r->n_slots++];
    struct value_view author, state;

    *s = (struct proof_slot){ .bytes = bytes, .told = (uint32_t)place, .entry = t->entry, .index = t->index };
    memcpy(s->slot, rev->record + 2, sizeof s->slot);
    if (memcmp(rev->record + 2 + SLOT_ID_BYTES, zero, sizeof zero) != 0 || !view_of(rev, "author", VALUE_BYTES, &author) ||
        author.text.n != sizeof s->pk || !view_of(rev, "state", VALUE_TEXT, &state) ||
        !number_of(rev, "index", 7, &s->place) || !number_of(rev, "tier", 2, &s->tier) || s->tier == 0)
        return proof_damaged("a card or a slot is something else");
    memcpy(s->pk, author.text.p, sizeof s->pk);
    s->active = state.text.n == 6 && memcmp(state.text.p, "active", 6) == 0;
    if (!s->active && (state.text.n != 7 || memcmp(state.text.p, "retired", 7) != 0))
        return proof_damaged("a card or a slot is something else");
    if (r->n_slots > 1 && (s[-1].entry > s->entry || (s[-1].entry == s->entry && s[-1].index >= s->index)))
        return proof_damaged("slots are out of order");
    return VAULT_OK;
}

static vault_err
read_slots(struct proof_reading *r, struct revision *rev)
{
    struct rd rd = rd_of(r->slots.p, r->slots.n);
    size_t n = cbor_get_array(&rd, PROOF_SLOTS_MAX), place = 0;
    vault_err err = rd.bad ? proof_damaged("the slots cannot be read") : VAULT_OK;

    r->slot = calloc(n + 1, sizeof *r->slot);
    if (r->slot == NULL)
        return err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        struct part bytes = cbor_get_bytes(&rd, DISCLOSE_MAX);
        err = rd.bad ? proof_damaged("the slots cannot be read") : read_told(r, bytes, KIND_SLOT, rev, &place);
        if (err == VAULT_OK)
            err = take_slot(r, bytes, rev, place);
    }
    return err;
}

/* ---- registrations ---- */

static int
compare_slots(const void *a, const void *b)
{
    const struct proof_slot *x = a, *y = b;
    int d = memcmp(x->slot, y->slot, sizeof x->slot);

    if (d == 0)
        d = (x->entry > y->entry) - (x->entry < y->entry);
    return d != 0 ? d : (x->index > y->index) - (x->index < y->index);
}

static int
compare_author(const struct proof_author *x, const struct proof_author *y)
{
    int d = memcmp(x->slot, y->slot, sizeof x->slot);

    return d != 0 ? d : memcmp(x->pk, y->pk, sizeof x->pk);
}

static int
compare_regs(const void *a, const void *b)
{
    const struct proof_registration *x = a, *y = b;
    int d = compare_author(&x->a, &y->a);

    return d != 0 ? d : (x->first > y->first) - (x->first < y->first);
}

static vault_err
reg_begin(struct proof_reading *r, uint32_t at)
{
    const struct proof_slot *s = &r->slot[at];
    struct proof_registration *p = array_room(r->reg, r->n_regs, &r->cap_regs, sizeof *p);

    if (p == NULL)
        return err_nomem();
    r->reg = p;
    p = &r->reg[r->n_regs++];
    *p = (struct proof_registration){ .first = at, .last = at };
    memcpy(p->a.pk, s->pk, sizeof p->a.pk);
    memcpy(p->a.slot, s->slot, sizeof p->a.slot);
    p->a.index = s->place;
    p->a.tier = s->tier;
    p->a.since = s->entry;
    p->a.until = PROOF_NOT_ENDED;
    return VAULT_OK;
}

/*
 * A rekey registers anew every slot that stays. So a registration goes no further than the next card unless that card's entry
 * repeats it: whoever has a keeper key of before a rekey cannot make an author whose time goes on after it.
 */
static bool
card_ends(const struct proof_reading *r, struct proof_registration *reg, size_t *card, uint32_t before)
{
    while (*card < r->n_cards && r->card[*card].entry <= r->slot[reg->last].entry)
        ++*card;
    if (*card == r->n_cards || r->card[*card].entry >= before)
        return false;
    reg->a.until = r->card[*card].entry;
    return true;
}

/* The revisions from..to are of one slot, in order. */
static vault_err
register_slot(struct proof_reading *r, uint32_t from, uint32_t to)
{
    struct proof_registration *now = NULL;
    size_t card = 0;
    vault_err err = VAULT_OK;

    for (uint32_t i = from; err == VAULT_OK && i < to; i++) {
        const struct proof_slot *s = &r->slot[i];
        if (now != NULL && card_ends(r, now, &card, s->entry))
            now = NULL;
        if (now != NULL && s->active && memcmp(now->a.pk, s->pk, sizeof s->pk) == 0) {
            now->last = i;
            continue;
        }
        if (now != NULL) {
            now->a.until = s->entry;
            now->last = i;
            now = NULL;
        }
        if (s->active) {
            err = reg_begin(r, i);
            now = err == VAULT_OK ? &r->reg[r->n_regs - 1] : NULL;
        }
    }
    if (now != NULL)
        (void)card_ends(r, now, &card, UINT32_MAX);
    return err;
}

static vault_err
register_all(struct proof_reading *r)
{
    uint32_t n = (uint32_t)r->n_slots, from = 0;
    vault_err err = VAULT_OK;

    if (n > 1)
        qsort(r->slot, n, sizeof *r->slot, compare_slots);
    for (uint32_t i = 1; err == VAULT_OK && i <= n; i++) {
        if (i < n && memcmp(r->slot[i].slot, r->slot[from].slot, SLOT_ID_BYTES) == 0)
            continue;
        err = register_slot(r, from, i);
        from = i;
    }
    if (err == VAULT_OK && r->n_regs > 1)
        qsort(r->reg, r->n_regs, sizeof *r->reg, compare_regs);
    return err;
}

/* Place behind the registrations of this author for this slot that began in an entry with no higher number. */
static size_t
began_by(const struct proof_reading *r, const struct proof_author *key, uint64_t number)
{
    size_t from = 0, to = r->n_regs;

    while (from < to) {
        size_t half = from + (to - from) / 2;
        const struct proof_author *a = &r->reg[half].a;
        int d = compare_author(a, key);
        if (d < 0 || (d == 0 && r->p->entry[a->since].number <= number))
            from = half + 1;
        else
            to = half;
    }
    return from;
}

/* Of several the last that had begun: each ends before the next begins. */
vault_err
proof_signer(const struct proof_reading *r, uint32_t entry, const struct proof_registration **out)
{
    const struct proof_entry *all = r->p->entry, *e = &all[entry];
    struct proof_author key;
    size_t at;

    memcpy(key.slot, e->slot, sizeof key.slot);
    memcpy(key.pk, e->author, sizeof key.pk);
    at = began_by(r, &key, e->number);
    if (at > 0 && compare_author(&r->reg[at - 1].a, &key) == 0) {
        *out = &r->reg[at - 1];
        return (*out)->a.until == PROOF_NOT_ENDED || e->number <= all[(*out)->a.until].number ? VAULT_OK :
            proof_damaged("an entry is by an author whose registration had ended before");
    }
    return proof_damaged(at < r->n_regs && compare_author(&r->reg[at].a, &key) == 0 ?
        "an entry is by an author who was registered only later" : "an entry is by an author whom no keeper registered");
}

vault_err
proof_read_system(struct proof_reading *r)
{
    struct revision rev;
    vault_err err;

    revision_init(&rev);
    err = read_cards(r, &rev);
    if (err == VAULT_OK)
        err = read_slots(r, &rev);
    if (err == VAULT_OK)
        err = register_all(r);
    revision_free(&rev);
    return err;
}
