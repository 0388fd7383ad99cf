/*
 * system.c - system records as a session reads them: types, slots and their authors, cards.
 *
 * They are revisions like others, so the chain of the log answers for them; what is judged here is
 * what they say. Only entries that the keeper signed add them, and the card is pinned by what the
 * slot that opened was given, so nobody who can merely write can put another keeper in its place.
 */
#include "vault/session.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/contacts.h"
#include "vault/exchange.h"
#include "vault/record/value.h"
#include "vault/same.h"
#include "vault/standing.h"

static vault_err
damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, "keep this folder as it is and go back to a backup", "%s",
        what);
}

/* ---- values ---- */

static bool
field_view(const struct revision *rev, const char *field, enum value_shape shape,
    struct value_view *out)
{
    const struct leaf *l = revision_leaf(rev, field);

    return l != NULL && l->value.n != 0 && value_read(out, l->value) == VAULT_OK &&
        out->shape == shape;
}

vault_err
system_bytes(const struct revision *rev, const char *field, void *out, size_t n)
{
    struct value_view view;

    if (!field_view(rev, field, VALUE_BYTES, &view) || view.text.n != n)
        return damaged("a system record lacks a value");
    memcpy(out, view.text.p, n);
    return VAULT_OK;
}

static vault_err
field_num(const struct revision *rev, const char *field, unsigned *out)
{
    struct value_view view;

    if (!field_view(rev, field, VALUE_INT, &view) || view.num < 0 || view.num > 255)
        return damaged("a system record lacks a number");
    *out = (unsigned)view.num;
    return VAULT_OK;
}

static bool
text_is(const struct revision *rev, const char *field, const char *text)
{
    struct value_view view;

    return field_view(rev, field, VALUE_TEXT, &view) && view.text.n == strlen(text) &&
        memcmp(view.text.p, text, view.text.n) == 0;
}

/* ---- types ---- */

static vault_err
apply_type(struct vault *v, const struct revision *rev)
{
    struct type_def *t = NULL;
    const struct type_def *now;
    struct value_view view;
    uint8_t id[RECORD_ID_BYTES];
    vault_err err;

    if (!field_view(rev, "definition", VALUE_BYTES, &view))
        return damaged("a type has no definition");
    err = type_decode(&t, view.text.p, view.text.n);
    if (err != VAULT_OK)
        return err;
    system_type_id(id, t->name);
    now = type_set_current(&v->recs.types, t->name);
    if (memcmp(id, rev->record, sizeof id) != 0 ||
        (now != NULL && type_may_follow(now, t) != VAULT_OK)) {
        type_free(t);
        return damaged("a type does not follow from its earlier version");
    }
    return type_set_add(&v->recs.types, t);
}

/* ---- slots and who writes through them ---- */

static vault_err
author_push(struct vault *v, const struct author *a)
{
    struct author *p = reallocarray(v->author, v->n_authors + 1, sizeof *p);

    if (p == NULL)
        return err_nomem();
    v->author = p;
    v->author[v->n_authors++] = *a;
    return VAULT_OK;
}

struct author *
author_of_slot(struct vault *v, const uint8_t id[static SLOT_ID_BYTES])
{
    for (size_t i = 0; i < v->n_authors; i++)
        if (v->author[i].until == 0 && memcmp(v->author[i].slot_id, id, SLOT_ID_BYTES) == 0)
            return &v->author[i];
    return NULL;
}

bool
session_slot_registered(struct vault *v, unsigned slot)
{
    const struct slot_header *h = &v->kf.slot[slot].head;
    const struct author *a = h->kind == SLOT_EMPTY ? NULL : author_of_slot(v, h->id);

    return a != NULL && a->index == slot && a->tier == (unsigned)h->tier;
}

const struct author *
author_by_pk(const struct vault *v, const uint8_t pk[static 32])
{
    const struct author *found = NULL;

    for (size_t i = 0; i < v->n_authors; i++)
        if (memcmp(v->author[i].pk, pk, 32) == 0)
            found = &v->author[i];
    return found;
}

bool
author_may_sign(const struct vault *v, uint32_t row, const uint8_t pk[static 32],
    const uint8_t slot_id[static SLOT_ID_BYTES], uint32_t *ended)
{
    for (size_t i = 0; i < v->n_authors; i++) {
        const struct author *a = &v->author[i];
        if (memcmp(a->pk, pk, 32) == 0 && memcmp(a->slot_id, slot_id, SLOT_ID_BYTES) == 0 &&
            a->since <= row && (a->until == 0 || row <= a->until)) {
            *ended = a->until;
            return true;
        }
    }
    return false;
}

/* A keeper compares the registered slot key of the slot that opened with the one it has. */
static vault_err
judge_own_key(struct vault *v, const struct revision *rev, const struct author *a)
{
    uint8_t own[32];
    vault_err err;

    if (!is_keeper(v) || !a->active || memcmp(a->pk, v->me.author_pk, 32) != 0 ||
        recs_withheld_gone(&v->recs, rev))
        return VAULT_OK;        /* (gone: lost, and registered again by the repair) */
    err = system_bytes(rev, "slot_key", own, sizeof own);
    if (err == VAULT_OK && !bytes_equal(own, secret_bytes(v->me.slot_key), sizeof own))
        err = damaged("the registered key of this slot is not its own");
    sodium_memzero(own, sizeof own);
    return err;
}

static vault_err
read_author(const struct revision *rev, uint32_t log, struct author *a)
{
    vault_err err;

    memset(a, 0, sizeof *a);
    memcpy(a->slot_id, rev->record + 2, SLOT_ID_BYTES);
    a->since = log;
    a->active = text_is(rev, "state", "active");
    err = system_bytes(rev, "author", a->pk, sizeof a->pk);
    if (err == VAULT_OK)
        err = system_bytes(rev, "x25519", a->x25519_pk, sizeof a->x25519_pk);
    if (err == VAULT_OK)
        err = field_num(rev, "index", &a->index);
    if (err == VAULT_OK)
        err = field_num(rev, "kind", &a->kind);
    if (err == VAULT_OK)
        err = field_num(rev, "tier", &a->tier);
    return err;
}

/* A registration ends the one before; that of the same keys goes on from where it began. */
static vault_err
apply_slot(struct vault *v, const struct revision *rev, uint32_t n)
{
    struct author a, *now;
    vault_err err = read_author(rev, v->recs.index.pair[n].log, &a);

    if (err == VAULT_OK)
        err = judge_own_key(v, rev, &a);
    if (err != VAULT_OK)
        return err;
    a.pair = n;
    now = author_of_slot(v, a.slot_id);
    if (now != NULL && a.active && memcmp(now->pk, a.pk, 32) == 0) {
        a.since = now->since;
        *now = a;
        return VAULT_OK;
    }
    if (now != NULL) {
        now->until = a.since;
        now->active = false;
    }
    return a.active ? author_push(v, &a) : VAULT_OK;
}

vault_err
system_slot_key(struct vault *v, const struct author *a, struct secret **out)
{
    struct revision rev;
    struct secret *key = NULL;
    vault_err err;

    revision_init(&rev);
    err = recs_load(&v->recs, a->pair, &rev);
    if (err == VAULT_OK)
        err = recs_load_withheld(&v->recs, a->pair, &rev);
    if (err == VAULT_OK)
        err = secret_new(&key, 32);
    if (err == VAULT_OK)
        err = system_bytes(&rev, "slot_key", secret_edit(key), 32);
    if (err == VAULT_OK)
        *out = secret_take(&key);
    secret_free(key);
    revision_free(&rev);
    return err;
}

/* The names secret of former-keys revision n, loaded (keeper). */
static vault_err
former_nsk(struct vault *v, uint32_t n, struct revision *rev, struct secret **nsk)
{
    vault_err err = recs_load_withheld(&v->recs, n, rev);

    if (err == VAULT_OK)
        err = secret_new(nsk, 32);
    return err == VAULT_OK ? system_bytes(rev, "nsk", secret_edit(*nsk), 32) : err;
}

vault_err
system_former_intake(struct vault *v, uint32_t n, struct secret **out)
{
    struct revision rev;
    struct secret *nsk = NULL;
    vault_err err;

    revision_init(&rev);
    err = recs_load(&v->recs, n, &rev);
    if (err == VAULT_OK)
        err = former_nsk(v, n, &rev, &nsk);
    if (err == VAULT_OK)
        err = tree_intake_seed(out, nsk);
    secret_free(nsk);
    revision_free(&rev);
    return err;
}

vault_err
system_former_recipients(struct vault *v, uint32_t n, struct secret **case_seed, struct secret **keeper_seed)
{
    struct revision rev;
    struct secret *nsk = NULL, *seed = NULL;
    vault_err err;

    revision_init(&rev);
    err = recs_load(&v->recs, n, &rev);
    if (err == VAULT_OK)
        err = secret_new(&seed, 32);
    if (err == VAULT_OK)
        err = system_bytes(&rev, "case_seed", secret_edit(seed), 32);
    if (err == VAULT_OK && is_keeper(v))
        err = former_nsk(v, n, &rev, &nsk);
    if (err == VAULT_OK && is_keeper(v))
        err = tree_keeper_seed(keeper_seed, nsk);
    if (err == VAULT_OK)
        *case_seed = secret_take(&seed);
    secret_free(seed);
    secret_free(nsk);
    revision_free(&rev);
    return err;
}

/* ---- the card ---- */

static vault_err
apply_card(struct vault *v, const struct revision *rev, uint32_t log)
{
    struct keeper_key *k;
    struct value_view view;
    vault_err err;

    if (!field_view(rev, "card", VALUE_BYTES, &view))
        return damaged("the card is missing");
    err = card_read(&v->card, view.text.p, view.text.n);
    if (err != VAULT_OK)
        return err;
    if (memcmp(v->card.vault_id, v->kf.vault_id, VAULT_ID_BYTES) != 0)
        return damaged("the card is that of another vault");
    card_hash(v->card_hash, view.text.p, view.text.n);
    k = reallocarray(v->keeper, v->n_keepers + 1, sizeof *k);
    if (k == NULL)
        return err_nomem();
    v->keeper = k;
    k = &v->keeper[v->n_keepers++];
    k->since = log;
    memcpy(k->pk, v->card.keeper_pk, 32);
    return VAULT_OK;
}

/* Former keys are read when they are needed; that they are those of their card is judged now. */
static vault_err
judge_former(const struct revision *rev)
{
    struct value_view view;
    uint8_t hash[32];

    if (!field_view(rev, "card", VALUE_BYTES, &view))
        return damaged("former keys have no card");
    card_hash(hash, view.text.p, view.text.n);
    if (memcmp(hash, rev->record + 2, RECORD_ID_BYTES - 2) != 0)
        return damaged("former keys are not those of their card");
    return VAULT_OK;
}

/* The last card is the one that follows from the keeper's key, or that the slot was given. */
static vault_err
judge_card(const struct vault *v)
{
    struct buf own = BUF_INIT;
    uint8_t hash[32];
    vault_err err = VAULT_OK;

    if (v->n_keepers == 0)
        return damaged("the vault's card is missing");
    if (!is_keeper(v)) {
        if (!bytes_equal(v->card_hash, secret_bytes(v->x), 32))
            err = damaged("the card is not the one that this slot was given");
        return err;
    }
    err = card_build(&own, &v->tree, v->kf.vault_id);
    if (err == VAULT_OK) {
        card_hash(hash, own.p, own.n);
        if (memcmp(hash, v->card_hash, sizeof hash) != 0)
            err = damaged("the card is not the one that follows from the keeper's key");
    }
    buf_free(&own);
    return err;
}

bool
keeper_may_sign(const struct vault *v, uint32_t row, const uint8_t (*pk)[32], size_t n,
    uint32_t *ended)
{
    size_t now = 0;

    while (now < v->n_keepers && v->keeper[now].since <= row)
        now++;
    *ended = n != 0 && now < v->n_keepers ? v->keeper[now].since : 0;
    if (now == 0 || n == 0)
        return n == 0;
    /* A rekey is signed by both keys; nothing else has two. */
    if (now >= 2 && v->keeper[now - 1].since == row)
        return n == 2 && memcmp(pk[0], v->keeper[now - 2].pk, 32) == 0 &&
            memcmp(pk[1], v->keeper[now - 1].pk, 32) == 0;
    return n == 1 && memcmp(pk[0], v->keeper[now - 1].pk, 32) == 0;
}

/* ---- tombstones ---- */

static const char *const WHAT[] = { "", "record", "field", "revision", "attachment" };

static enum gone_what
what_of(const struct revision *rev)
{
    for (int w = GONE_RECORD; w <= GONE_ATTACHMENT; w++)
        if (text_is(rev, "what", WHAT[w]))
            return (enum gone_what)w;
    return GONE_NOT;
}

/* The leaves in order, none twice: all of a record, or some. */
static bool
leaves_ok(struct part leaves, enum gone_what what)
{
    const uint8_t *p = leaves.p;

    if (leaves.n % 32 != 0 || (leaves.n == 0) != (what == GONE_RECORD))
        return false;
    for (size_t at = 32; at < leaves.n; at += 32)
        if (memcmp(p + at - 32, p + at, 32) >= 0)
            return false;
    return true;
}

static vault_err
tombstone_push(struct vault *v, const struct tombstone *t)
{
    struct tombstone *p = reallocarray(v->tomb, v->n_tombs + 1, sizeof *p);

    if (p == NULL)
        return err_nomem();
    v->tomb = p;
    v->tomb[v->n_tombs++] = *t;
    return VAULT_OK;
}

static vault_err
apply_tombstone(struct vault *v, const struct revision *rev, uint32_t log)
{
    struct tombstone t = { .what = what_of(rev), .log = log };
    struct value_view field = {0}, leaves;
    uint32_t first;
    vault_err err;

    err = system_bytes(rev, "record", t.record, sizeof t.record);
    if (err != VAULT_OK)
        return err;
    first = index_record(&v->recs.index, t.record);
    if (t.what == GONE_NOT || !field_view(rev, "leaves", VALUE_BYTES, &leaves) ||
        !leaves_ok(leaves.text, t.what) || (t.record[0] == 0 && t.record[1] != SYSTEM_AUDIENCE) || rev->n_parents != 0 ||
        (first == 0 && !index_was_lost(&v->recs.index, t.record, NULL)))
        return damaged("a tombstone has a wrong form, or names no record");
    if (field_view(rev, "field", VALUE_TEXT, &field) && field.text.n < sizeof t.field)
        memcpy(t.field, field.text.p, field.text.n);
    err = tombstone_push(v, &t);
    for (size_t at = 0; err == VAULT_OK && at < leaves.text.n; at += 32)
        err = gone_add(&v->recs.gone, t.record, (const uint8_t *)leaves.text.p + at, t.what);
    if (err == VAULT_OK && t.what == GONE_RECORD && first != 0)
        index_purge(&v->recs.index, first);
    return err;
}

const char *
gone_name(enum gone_what what)
{
    return WHAT[what];
}

/* ---- what repairs could not save ---- */

void
file_place_id(uint8_t id[static 32], enum leaf_tier tier, uint64_t first)
{
    memset(id, 0, 32);
    put_u64(id, first);
    id[8] = (uint8_t)tier;
}

bool
session_file_lost(const struct vault *v, const uint8_t record[static RECORD_ID_BYTES],
    enum leaf_tier tier, uint64_t first)
{
    uint8_t id[32];

    file_place_id(id, tier, first);
    return gone_find(&v->losses.files, record, id) != GONE_NOT;
}

bool
session_detail_lost(const struct vault *v, uint32_t row)
{
    for (size_t i = 0; i < v->losses.n_details; i++)
        if (v->losses.detail[i] == row)
            return true;
    return false;
}

/* The bytes of a field, in pieces of `each`; nothing where it is not there. */
static vault_err
lost_bytes(const struct revision *rev, const char *field, size_t each, struct rd *out)
{
    struct value_view view;

    *out = rd_of("", 0);
    if (!field_view(rev, field, VALUE_BYTES, &view))
        return VAULT_OK;
    if (view.text.n % each != 0)
        return damaged("what was lost is told in a wrong form");
    *out = rd_of(view.text.p, view.text.n);
    return VAULT_OK;
}

static vault_err
lose_revisions(struct vault *v, const uint8_t *record, struct rd ids)
{
    struct index *ix = &v->recs.index;

    while (ids.n != 0) {
        const uint8_t *id = rd_take(&ids, REVISION_ID_BYTES);
        uint32_t n = index_revision(ix, index_record(ix, record), id);
        if (n != 0)
            index_lose(ix, n);
        else if (!index_was_lost(ix, record, id))
            return damaged("a revision that was lost is not in the list of revisions");
    }
    return VAULT_OK;
}

static vault_err
lose_values(struct vault *v, const uint8_t *record, struct rd leaves, struct rd files)
{
    uint8_t id[32];
    vault_err err = VAULT_OK;

    while (err == VAULT_OK && leaves.n != 0) {
        err = gone_add(&v->recs.gone, record, rd_take(&leaves, 32), GONE_LOST);
        v->losses.values++;
    }
    while (err == VAULT_OK && files.n != 0) {
        enum leaf_tier tier = (enum leaf_tier)rd_u8(&files);
        file_place_id(id, tier, rd_u64(&files));
        err = gone_add(&v->losses.files, record, id, GONE_LOST);
    }
    return err;
}

static vault_err
lose_details(struct vault *v, struct rd rows)
{
    size_t n = rows.n / LOST_DETAIL_BYTES;
    uint32_t *p;

    if (n == 0)
        return VAULT_OK;
    p = reallocarray(v->losses.detail, v->losses.n_details + n, sizeof *p);
    if (p == NULL)
        return err_nomem();
    v->losses.detail = p;
    while (rows.n != 0)
        p[v->losses.n_details++] = rd_u32(&rows);
    return VAULT_OK;
}

static vault_err
apply_lost(struct vault *v, const struct revision *rev, uint32_t log)
{
    uint8_t record[RECORD_ID_BYTES];
    struct rd revisions, leaves, files, details;
    vault_err err = system_bytes(rev, "record", record, sizeof record);

    if (err == VAULT_OK)
        err = lost_bytes(rev, "revisions", REVISION_ID_BYTES, &revisions);
    if (err == VAULT_OK && revisions.n != 0 && record[0] == 0 && record[1] == SYSTEM_CONTACT)
        v->contacts.lost = log;
    if (err == VAULT_OK)
        err = lost_bytes(rev, "leaves", 32, &leaves);
    if (err == VAULT_OK)
        err = lost_bytes(rev, "files", LOST_FILE_BYTES, &files);
    if (err == VAULT_OK)
        err = lost_bytes(rev, "details", LOST_DETAIL_BYTES, &details);
    if (err == VAULT_OK)
        err = lose_revisions(v, record, revisions);
    if (err == VAULT_OK)
        err = lose_values(v, record, leaves, files);
    if (err == VAULT_OK)
        err = lose_details(v, details);
    v->losses.log = log;
    return err;
}

/* ---- all of them ---- */

/*
 * What a system record withholds. A keeper sealed it by name; who has only K_case can spoil that, or put something else
 * there. That must not sound like a caseworker's slip.
 */
static vault_err
read_withheld(struct vault *v, uint32_t n, struct revision *rev)
{
    const struct pack *p = NULL;
    vault_err err = recs_pack(&v->recs, n, &p);

    if (err == VAULT_OK && p->has_blob[n - p->first] && !pack_can_read(p, n - p->first))
        return damaged(v->recs.index.pair[n].record[1] == SYSTEM_SLOT ?
            "the registration of a slot was tampered with: the key in it is not as a keeper sealed it" :
            "the keys of before a rekey were tampered with: they are not as a keeper sealed them");
    return err != VAULT_OK ? err : recs_load_withheld(&v->recs, n, rev);
}

/* One system revision: only entries that the keeper signed may add it, but for contacts, which judge that themselves, and for what comes with a bundle. */
static vault_err
apply_system(struct vault *v, uint32_t n, struct revision *rev)
{
    const struct pair *p = &v->recs.index.pair[n];
    const struct type_def *t = type_system(p->record[1]);
    vault_err err;

    if (t == NULL)
        return err_say(VAULT_ERR_FAILED, "open it with a newer withheld",
            "this vault holds system records of a newer version");
    if (p->record[1] == SYSTEM_SENT)
        return VAULT_OK;        /* read when it is needed: there may be much of it, and it gives nobody a right */
    if (!v->chain[p->log].keeper && p->record[1] != SYSTEM_CONTACT && !exchange_needs_no_keeper(v, n))
        return damaged("a system record was added without the keeper's signature");
    if (p->record[1] == SYSTEM_RELEASE || p->record[1] == SYSTEM_AUDIENCE || p->record[1] == SYSTEM_JUDGED)
        return VAULT_OK;        /* read when something is released (ledger.c) */
    err = recs_load(&v->recs, n, rev);
    if (err == VAULT_OK && is_keeper(v) && revision_introduces(rev))
        err = read_withheld(v, n, rev);
    if (err == VAULT_OK && memcmp(rev->type, t->hash, 32) != 0)
        err = damaged("a system record is of a wrong type");
    if (err != VAULT_OK)
        return err;
    switch (p->record[1]) {
    case SYSTEM_TYPE:
        return apply_type(v, rev);
    case SYSTEM_SLOT:
        return apply_slot(v, rev, n);
    case SYSTEM_CARD:
        return apply_card(v, rev, p->log);
    case SYSTEM_TOMBSTONE:
        return apply_tombstone(v, rev, p->log);
    case SYSTEM_LOST:
        return apply_lost(v, rev, p->log);
    case SYSTEM_SAME:
        return same_apply(v, rev, p->log);
    case SYSTEM_APART:
        return apart_apply(v, rev);
    case SYSTEM_CONTACT:
        return contact_apply(v, rev, n, v->chain[p->log].keeper);
    case SYSTEM_RECEIPT:
        return exchange_apply_receipt(v, n, rev);
    case SYSTEM_LEFT_OUT:
        return exchange_apply_left_out(v, n, rev);
    case SYSTEM_ORIGIN:
        return exchange_judge_origin(rev);
    case SYSTEM_THEIR_TYPE:
        return exchange_apply_type(v, rev);
    case SYSTEM_SHARE:
        return standing_apply(v, n, rev);
    default:
        return judge_former(rev);
    }
}

vault_err
system_apply_gone(struct vault *v, uint32_t n, const struct revision *rev)
{
    const struct pair *p = &v->recs.index.pair[n];

    return p->record[1] == SYSTEM_LOST ? apply_lost(v, rev, p->log) :
        p->record[1] == SYSTEM_TOMBSTONE ? apply_tombstone(v, rev, p->log) : VAULT_OK;
}

/* Those of a repair come before all others, as they say which others there are. */
enum which { LOSSES, OTHERS, BOTH };

static bool
is_wanted(const struct pair *p, enum which which)
{
    return index_is_system(p) && !p->lost &&
        (which == BOTH || (p->record[1] == SYSTEM_LOST) == (which == LOSSES));
}

static vault_err
apply_range(struct vault *v, struct report *rep, uint32_t from, enum which which)
{
    uint32_t to = v->recs.index.n;
    struct revision rev;
    char where[96];
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (uint32_t n = from; err == VAULT_OK && n <= to; n++) {
        if (!is_wanted(&v->recs.index.pair[n], which))
            continue;
        err = apply_system(v, n, &rev);
        pair_name(v, n, where);
        err = report_damage(rep, err, where);
    }
    revision_free(&rev);
    return err;
}

/* The slot that opened must be one that the keeper registered and did not retire. */
static vault_err
own_registration(struct vault *v)
{
    const struct author *a = author_of_slot(v, v->kf.slot[v->slot].head.id);

    if (a != NULL && memcmp(a->pk, v->me.author_pk, 32) == 0 &&
        memcmp(a->x25519_pk, v->me.x25519_pk, 32) == 0 &&
        a->tier == (unsigned)v->kf.slot[v->slot].head.tier)
        return VAULT_OK;
    return damaged("the slot that opened is not registered in the log");
}

vault_err
system_read_losses(struct vault *v, struct report *rep)
{
    return apply_range(v, rep, 1, LOSSES);
}

vault_err
verify_system(struct vault *v, struct report *rep)
{
    vault_err err = v->losses.log != 0 ? VAULT_OK : system_read_losses(v, rep);

    if (err == VAULT_OK)
        err = apply_range(v, rep, 1, OTHERS);

    if (err == VAULT_OK)
        err = report_damage(rep, judge_card(v), "system records");
    if (err == VAULT_OK)
        err = report_damage(rep, own_registration(v), "system records");
    return err;
}

vault_err
verify_new_system(struct vault *v, uint32_t first_pair)
{
    return apply_range(v, NULL, first_pair + 1, BOTH);
}

/* ---- names for people ---- */

void
author_name(const struct vault *v, const uint8_t pk[static 32], char out[static 40])
{
    const struct author *a = author_by_pk(v, pk);

    if (a == NULL)
        snprintf(out, 40, "unknown");
    else
        snprintf(out, 40, "slot %u (%s)", a->index, a->tier == TIER_KEEPER ? "keeper" : "case");
}
