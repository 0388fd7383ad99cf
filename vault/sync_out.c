/*
 * sync_out.c - what contacts have not got yet, into the folder: see sync.h.
 *
 * A bundle holds all that is not acknowledged, also what lies there in another one. So each may be lost, late, or come twice, and none needs
 * another that the contact may not have.
 */
#include "vault/sync.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/fd.h"
#include "vault/base/text.h"
#include "vault/bundle.h"
#include "vault/exchange.h"
#include "vault/standing.h"

/* A revision or tombstone of a record that is shared, or that values of it arrived. */
struct want {
    sent_item item;
    uint32_t first, pair;       /* pair 0: no revision */
    bool names;
    bool arrival;
};
enum again { AGAIN_NOT, AGAIN_ASKED /* shared with names */, AGAIN };

struct outgoing {
    struct sync *s;
    struct contact *to;
    struct card card;
    const struct standing_share *share;
    size_t n_shares;
    uint8_t (*cards)[32];       /* all that this contact had, as long as it was the same vault */
    size_t n_cards;
    uint8_t *theirs;            /* by row of the log: what came from it */
    uint8_t *again;             /* by first number of a record, enum again: all of it goes once more, for values that it has not */
    struct want *want;
    size_t n, cap;
    struct sent_items open, with_names;         /* what is wanted, at least, and with names */
    struct sent_items had, had_names;           /* what was acknowledged, at least, and with names */
};

static void
outgoing_free(struct outgoing *o)
{
    free(o->cards);
    free(o->theirs);
    free(o->again);
    free(o->want);
    sent_items_free(&o->open);
    sent_items_free(&o->with_names);
    sent_items_free(&o->had);
    sent_items_free(&o->had_names);
}

/* ---- what it has ---- */

static vault_err
find_cards(struct outgoing *o)
{
    vault_err err = contact_card(o->s->v, o->to, &o->card);

    o->cards = calloc(o->to->n + 1, sizeof *o->cards);
    if (o->cards == NULL)
        return err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < o->to->n; i++) {
        const struct contact one = { .pair = o->to->said[i].pair };
        struct card card;

        if (sodium_is_zero(o->to->said[i].hash, 32))
            continue;
        err = contact_card(o->s->v, &one, &card);
        if (err == VAULT_OK && memcmp(card.vault_id, o->card.vault_id, VAULT_ID_BYTES) == 0)
            memcpy(o->cards[o->n_cards++], o->to->said[i].hash, 32);
    }
    return err;
}

static bool
has_card(const struct outgoing *o, const uint8_t card[static 32])
{
    for (size_t i = 0; i < o->n_cards; i++)
        if (memcmp(o->cards[i], card, 32) == 0)
            return true;
    return false;
}

static vault_err
find_theirs(struct outgoing *o)
{
    const struct vault *v = o->s->v;

    o->theirs = calloc((size_t)v->n_log + 1, 1);
    if (o->theirs == NULL)
        return err_nomem();
    for (size_t i = 0; i < v->exchanges.n; i++)
        if (v->exchanges.list[i].kind == EXCHANGE_TAKEN && has_card(o, v->exchanges.list[i].card))
            o->theirs[v->exchanges.list[i].log] = 1;
    return VAULT_OK;
}

static vault_err
find_had(struct outgoing *o)
{
    const struct sents *all = &o->s->sents;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < all->n; i++) {
        const struct sent_bundle *b = &all->list[i];

        if (!has_card(o, b->card) || !sent_is_acknowledged(all, b, (const uint8_t (*)[32])o->cards, o->n_cards))
            continue;
        for (size_t k = 0; err == VAULT_OK && k < b->items.n; k++) {
            err = sent_items_add(&o->had, b->items.list[k]);
            if (err == VAULT_OK && b->names)
                err = sent_items_add(&o->had_names, b->items.list[k]);
        }
    }
    sent_items_sort(&o->had);
    sent_items_sort(&o->had_names);
    return err;
}

/* ---- what is shared with it ---- */

static vault_err
add_want(struct outgoing *o, const struct want *x)
{
    struct want *p = array_room(o->want, o->n, &o->cap, sizeof *p);
    vault_err err;

    if (p == NULL)
        return err_nomem();
    o->want = p;
    p[o->n++] = *x;
    err = sent_items_add(&o->open, x->item);
    return err == VAULT_OK && x->names ? sent_items_add(&o->with_names, x->item) : err;
}

/* What arrives late, from somebody else, changes no revision: it is an item of its own, and with it the record goes once more. */
static vault_err
want_arrival(struct outgoing *o, uint32_t n, const struct revision *rev)
{
    const struct index *ix = &o->s->v->recs.index;
    struct want w = { .names = true, .arrival = true };
    struct part list = exchange_arrived(rev);
    vault_err err = VAULT_OK;

    memcpy(w.item, ix->pair[n].revision, SENT_ITEM_BYTES);
    for (size_t at = 0; err == VAULT_OK && at + LEFT_OUT_BYTES <= list.n; at += LEFT_OUT_BYTES) {
        uint32_t first = index_record(ix, (const uint8_t *)list.p + at);

        if (first == 0 || first == w.first || index_purged(ix, first) || o->again[first] == AGAIN_NOT)
            continue;
        w.first = first;
        if (!sent_items_has(&o->had_names, w.item))
            o->again[first] = AGAIN;
        err = add_want(o, &w);
    }
    return err;
}

static vault_err
find_arrived(struct outgoing *o, struct revision *rev)
{
    struct recs *r = &o->s->v->recs;
    vault_err err = VAULT_OK;

    o->again = calloc((size_t)r->index.n + 1, 1);
    if (o->again == NULL)
        return err_nomem();
    for (size_t i = 0; i < o->n_shares; i++)
        o->again[index_record(&r->index, o->share[i].record)] = o->share[i].names ? AGAIN_ASKED : AGAIN_NOT;
    for (uint32_t n = 1; err == VAULT_OK && n <= r->index.n; n++) {
        const struct pair *p = &r->index.pair[n];

        if (!index_is_system(p) || p->record[1] != SYSTEM_LEFT_OUT || p->lost || o->theirs[p->log])
            continue;
        err = recs_load(r, n, rev);
        if (err == VAULT_OK)
            err = want_arrival(o, n, rev);
    }
    return err;
}

/* It came from there, and is not what was made of it here. */
static vault_err
is_theirs(struct outgoing *o, uint32_t n, struct revision *rev, bool *theirs)
{
    struct recs *r = &o->s->v->recs;
    vault_err err = VAULT_OK;

    *theirs = false;
    if (o->theirs[r->index.pair[n].log]) {
        err = recs_load(r, n, rev);
        *theirs = err == VAULT_OK && rev->foreign;
    }
    return err;
}

static vault_err
want_record(struct outgoing *o, const struct standing_share *x, struct revision *rev)
{
    const struct vault *v = o->s->v;
    const struct index *ix = &v->recs.index;
    struct want w = { .first = index_record(ix, x->record), .names = x->names };
    vault_err err = VAULT_OK;

    if (w.first == 0)
        return VAULT_OK;
    for (uint32_t n = w.first; err == VAULT_OK && n != 0 && !index_purged(ix, w.first); n = ix->pair[n].next) {
        bool theirs = ix->pair[n].lost;

        if (!theirs && o->again[w.first] != AGAIN)
            err = is_theirs(o, n, rev, &theirs);
        w.pair = n;
        memcpy(w.item, ix->pair[n].revision, SENT_ITEM_BYTES);
        if (err == VAULT_OK && !theirs)
            err = add_want(o, &w);
    }
    w.pair = 0;
    for (size_t i = 0; err == VAULT_OK && i < v->n_tombs; i++)
        if (memcmp(v->tomb[i].record, x->record, RECORD_ID_BYTES) == 0) {
            sent_tombstone(v, &v->tomb[i], w.item);
            err = add_want(o, &w);
        }
    return err;
}

static vault_err
find_wanted(struct outgoing *o)
{
    struct revision rev;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    err = find_arrived(o, &rev);
    for (size_t i = 0; err == VAULT_OK && i < o->n_shares; i++)
        err = want_record(o, &o->share[i], &rev);
    revision_free(&rev);
    sent_items_sort(&o->open);
    sent_items_sort(&o->with_names);
    return err;
}

/* ---- what is missing there ---- */

/* What a keeper sends with names; what she sends without; what a case holder sends, to whom the names are closed. */
enum way { WAY_NAMES, WAY_OPEN, WAY_CASE };

static bool
is_missing(const struct outgoing *o, const struct want *w, enum way way)
{
    bool had_names = sent_items_has(&o->had_names, w->item);

    if (way == WAY_NAMES)
        return w->names && (!had_names || (w->pair != 0 && o->again[w->first] == AGAIN));
    return !w->arrival && (way == WAY_CASE || !w->names) && !had_names && !sent_items_has(&o->had, w->item);
}

/* Is everything in it still to go to this contact, and with names only if it has names? */
static bool
may_stay(const struct outgoing *o, const struct sent_bundle *b)
{
    const struct sent_items *allowed = b->names ? &o->with_names : &o->open;

    for (size_t i = 0; i < b->items.n; i++)
        if (!sent_items_has(allowed, b->items.list[i]))
            return false;
    return memcmp(b->card, o->to->hash, 32) == 0 && !sent_is_acknowledged(&o->s->sents, b, (const uint8_t (*)[32])o->cards, o->n_cards);
}

static bool
has_all(const struct outgoing *o, const struct sent_bundle *b, enum way way)
{
    for (size_t i = 0; i < o->n; i++)
        if (is_missing(o, &o->want[i], way) && !sent_items_has(&b->items, o->want[i].item))
            return false;
    return true;
}

static struct sync_file *
file_of(const struct sync *s, const struct sent_bundle *b)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->file[i].kind == SYNC_OURS && memcmp(s->file[i].mark, b->mark, sizeof b->mark) == 0)
            return &s->file[i];
    return NULL;
}

/* One that lies there and holds all that is missing. A case holder leaves a keeper's with names alone. */
static vault_err
find_lying(struct outgoing *o, enum way way, bool *found)
{
    struct sync *s = o->s;
    vault_err err = VAULT_OK;

    *found = false;
    for (size_t i = s->sents.n; err == VAULT_OK && i > 0; i--) {
        const struct sent_bundle *b = &s->sents.list[i - 1];
        struct sync_file *f = file_of(s, b);
        bool whole = false, fits = way == WAY_NAMES ? b->names : way == WAY_OPEN ? !b->names : true;

        if (f == NULL || !may_stay(o, b))
            continue;
        err = sync_is_whole(s, f, &whole);
        if (!whole)
            continue;
        f->keep = f->keep || (way == WAY_CASE && b->names);
        if (fits && !*found && has_all(o, b, way))
            *found = f->keep = true;
    }
    return err;
}

/* ---- a bundle ---- */

struct writing {
    struct bundle_out b;
    struct manifest m;
    struct buf mem, path;
    struct sent_bundle sent;
    uint8_t *wanted;            /* by number of a revision */
};

static bool
is_wanted(void *ctx, uint32_t pair)
{
    return ((struct writing *)ctx)->wanted[pair] != 0;
}

/* The records, and their revisions and tombstones. */
static vault_err
gather(struct outgoing *o, enum way way, struct writing *w)
{
    const struct vault *v = o->s->v;
    uint32_t *first = calloc(o->n + 1, sizeof *first), last = 0;
    size_t n = 0;
    vault_err err = VAULT_OK;

    w->wanted = calloc((size_t)v->recs.index.n + 1, 1);
    if (first == NULL || w->wanted == NULL)
        err = err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < o->n; i++) {
        const struct want *x = &o->want[i];

        if (!is_missing(o, x, way))
            continue;
        err = sent_items_add(&w->sent.items, x->item);
        w->wanted[x->pair] = x->pair != 0;
        if (x->first != last && !index_purged(&v->recs.index, x->first))
            first[n++] = last = x->first;
    }
    if (err == VAULT_OK)
        err = handoff_gather_numbers(&w->b.h, first, n);
    for (size_t i = 0; err == VAULT_OK && i < o->n; i++)
        if (is_missing(o, &o->want[i], way))
            w->b.h.state[o->want[i].first] = HANDOFF_TAKEN;         /* whose tombstones go */
    sent_items_sort(&w->sent.items);
    free(first);
    return err;
}

static vault_err
note_sent(struct vault *v, struct change *c, void *ctx)
{
    return sent_add(v, c, ctx);
}

/* Nothing of it is written before the log says so; the entry knows the file by how it will begin. */
static vault_err
begin(struct outgoing *o, struct writing *w)
{
    struct age_recipient to = { .kind = AGE_HYBRID };
    const struct age_to age = { .recipient = &to, .n = 1 };
    struct handoff_logged l = { .form = "sync", .recipient = &w->sent.card, .n = 1, .tag = w->m.tag, .fill = note_sent, .ctx = &w->sent };
    char name[HIDDEN_NAME];
    uint8_t hash[32];
    vault_err err;

    hidden_name(name);
    memcpy(to.pk, w->sent.names ? o->card.keeper_recipient : o->card.case_recipient, HPKE_PK_BYTES);
    manifest_recipient(hash, &to);
    err = manifest_add_to(&w->m, hash);
    randombytes_buf(w->m.tag, sizeof w->m.tag);
    memcpy(w->sent.tag, w->m.tag, sizeof w->sent.tag);
    memcpy(w->sent.card, o->to->hash, 32);
    if (err == VAULT_OK)
        err = sync_path(o->s, name, &w->path);
    if (err == VAULT_OK)
        err = frames_create(&w->b.f, (const char *)w->path.p, 0, &age);
    frames_mark(&w->b.f, w->sent.mark);
    return err == VAULT_OK ? handoff_log(&w->b.h, &l) : err;
}

static vault_err
write_bundle(struct outgoing *o, enum way way)
{
    struct sync *s = o->s;
    struct writing w = { .b.h = { .v = s->v, .names = way == WAY_NAMES, .history = true }, .sent.names = way == WAY_NAMES };
    char name[CONTENT_NAME_ROOM] = "";
    uint8_t id[32];
    vault_err err = gather(o, way, &w);

    if (err == VAULT_OK)
        err = begin(o, &w);
    if (err == VAULT_OK)
        err = bundle_put_all(&w.b, is_wanted, &w);
    if (err == VAULT_OK)
        err = bundle_conclude(&w.b, &w.m, &w.mem, id);
    if (err == VAULT_OK)
        err = frames_commit_by_content(&w.b.f, name);
    if (err == VAULT_OK) {
        s->out->written++;
        s->out->lie++;
        err = sync_tell(s, &(struct vault_sync_item){ .what = "written", .file = name, .contact = o->to->name, .reason = "", .hint = "",
            .verified = o->to->state == CONTACT_VERIFIED, .names = w.sent.names, .records = w.b.records });
    }
    bundle_out_free(&w.b);
    buf_free(&w.mem);
    buf_free(&w.path);
    sent_items_free(&w.sent.items);
    free(w.wanted);
    return err;
}

static vault_err
send_way(struct outgoing *o, enum way way)
{
    bool any = false, lies = false;
    vault_err err;

    for (size_t i = 0; !any && i < o->n; i++)
        any = is_missing(o, &o->want[i], way);
    err = any || way == WAY_CASE ? find_lying(o, way, &lies) : VAULT_OK;
    if (err != VAULT_OK || !any)
        return err;
    o->s->out->lie += lies;
    return lies ? VAULT_OK : write_bundle(o, way);
}

/* ---- all contacts ---- */

static vault_err
send_to(struct outgoing *o)
{
    vault_err err = find_cards(o);

    if (err == VAULT_OK)
        err = find_theirs(o);
    if (err == VAULT_OK)
        err = find_had(o);
    if (err == VAULT_OK)
        err = find_wanted(o);
    if (err == VAULT_OK && is_keeper(o->s->v)) {
        err = send_way(o, WAY_NAMES);
        return err == VAULT_OK ? send_way(o, WAY_OPEN) : err;
    }
    for (size_t i = 0; err == VAULT_OK && i < o->n; i++)
        o->s->out->names_later += is_missing(o, &o->want[i], WAY_NAMES) && (i == 0 || o->want[i].first != o->want[i - 1].first);
    return err == VAULT_OK ? send_way(o, WAY_CASE) : err;
}

static vault_err
send_shares(struct sync *s, const struct standing_share *share, size_t n)
{
    struct outgoing o = { .s = s, .n_shares = 0 };
    struct standing_share *goes = calloc(n + 1, sizeof *goes);
    const char *why = NULL, *held = NULL;
    vault_err err = goes == NULL ? err_nomem() : VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        struct contact *c = NULL;

        err = standing_contact(s->v, &share[i], &c, &why);
        if (c != NULL) {
            o.to = c;
            goes[o.n_shares++] = share[i];
        } else {
            held = why;
        }
    }
    o.share = goes;
    if (err == VAULT_OK && held != NULL) {
        s->out->held++;
        err = sync_tell(s, &(struct vault_sync_item){ .what = "held", .file = "", .contact = share->contact, .reason = held, .hint = "" });
    }
    if (err == VAULT_OK && o.n_shares > 0)
        err = send_to(&o);
    outgoing_free(&o);
    free(goes);
    return err;
}

vault_err
sync_send(struct sync *s)
{
    struct standing_share *all = NULL;
    size_t n = 0;
    vault_err err = standing_all(s->v, &all, &n);

    for (size_t i = 0, end; err == VAULT_OK && i < n; i = end) {
        for (end = i + 1; end < n && strcmp(all[i].contact, all[end].contact) == 0;)
            end++;
        err = send_shares(s, all + i, end - i);
    }
    free(all);
    return err;
}
