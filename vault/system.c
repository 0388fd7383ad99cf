/*
 * system.c - system records as a session reads them: which there are, who may add them, and types.
 *
 * They are revisions like others, so the chain of the log answers for them; what is judged here, in system_slots.c, system_card.c and
 * system_gone.c, and beside the data of other kinds (contacts.h, same.h, ...), is what they say. Only entries that the keeper signed add them, and the card is pinned by what the slot that opened was
 * given, so nobody who can merely write can put another keeper in its place.
 */
#include "vault/system.h"

#include <string.h>
#include "vault/contacts.h"
#include "vault/exchange.h"
#include "vault/same.h"
#include "vault/standing.h"

vault_err
system_damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, "keep this folder as it is and go back to a backup", "%s",
        what);
}

/* ---- values ---- */

bool
system_view(const struct revision *rev, const char *field, enum value_shape shape,
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

    if (!system_view(rev, field, VALUE_BYTES, &view) || view.text.n != n)
        return system_damaged("a system record lacks a value");
    memcpy(out, view.text.p, n);
    return VAULT_OK;
}

vault_err
system_num(const struct revision *rev, const char *field, unsigned *out)
{
    struct value_view view;

    if (!system_view(rev, field, VALUE_INT, &view) || view.num < 0 || view.num > 255)
        return system_damaged("a system record lacks a number");
    *out = (unsigned)view.num;
    return VAULT_OK;
}

bool
system_text_is(const struct revision *rev, const char *field, const char *text)
{
    struct value_view view;

    return system_view(rev, field, VALUE_TEXT, &view) && view.text.n == strlen(text) &&
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

    if (!system_view(rev, "definition", VALUE_BYTES, &view))
        return system_damaged("a type has no definition");
    err = type_decode(&t, view.text.p, view.text.n);
    if (err != VAULT_OK)
        return err;
    system_type_id(id, t->name);
    now = type_set_current(&v->recs.types, t->name);
    if (memcmp(id, rev->record, sizeof id) != 0 ||
        (now != NULL && type_may_follow(now, t) != VAULT_OK)) {
        type_free(t);
        return system_damaged("a type does not follow from its earlier version");
    }
    return type_set_add(&v->recs.types, t);
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
        return system_damaged(v->recs.index.pair[n].record[1] == SYSTEM_SLOT ?
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
        return system_damaged("a system record was added without the keeper's signature");
    if (p->record[1] == SYSTEM_RELEASE || p->record[1] == SYSTEM_AUDIENCE || p->record[1] == SYSTEM_JUDGED)
        return VAULT_OK;        /* read when something is released (ledger.c) */
    err = recs_load(&v->recs, n, rev);
    if (err == VAULT_OK && is_keeper(v) && revision_introduces(rev))
        err = read_withheld(v, n, rev);
    if (err == VAULT_OK && memcmp(rev->type, t->hash, 32) != 0)
        err = system_damaged("a system record is of a wrong type");
    if (err != VAULT_OK)
        return err;
    switch (p->record[1]) {
    case SYSTEM_TYPE:
        return apply_type(v, rev);
    case SYSTEM_SLOT:
        return system_apply_slot(v, rev, n);
    case SYSTEM_CARD:
        return system_apply_card(v, rev, p->log);
    case SYSTEM_TOMBSTONE:
        return system_apply_tombstone(v, rev, p->log);
    case SYSTEM_LOST:
        return system_apply_lost(v, rev, p->log);
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
        return system_judge_former(rev);
    }
}

vault_err
system_apply_gone(struct vault *v, uint32_t n, const struct revision *rev)
{
    const struct pair *p = &v->recs.index.pair[n];

    return p->record[1] == SYSTEM_LOST ? system_apply_lost(v, rev, p->log) :
        p->record[1] == SYSTEM_TOMBSTONE ? system_apply_tombstone(v, rev, p->log) : VAULT_OK;
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
        err = report_damage(rep, system_judge_card(v), "system records");
    if (err == VAULT_OK)
        err = report_damage(rep, system_judge_own(v), "system records");
    return err;
}

vault_err
verify_new_system(struct vault *v, uint32_t first_pair)
{
    return apply_range(v, NULL, first_pair + 1, BOTH);
}
