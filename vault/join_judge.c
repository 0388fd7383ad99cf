/* join_judge.c - which entries of the other copy come home, and whether they may; see join.h. */
#include "vault/join.h"

#include <stdlib.h>
#include <string.h>
#include "vault/exchange.h"
#include "vault/record/value.h"
#include "vault/same.h"

/* Copies have the same rows as far as they were one vault; beyond that the order may differ. */
vault_err
join_find_fresh(struct joining *j)
{
    const struct vault *v = j->v, *o = j->other;
    uint32_t same = 0;

    j->fresh = calloc((size_t)o->n_log + 1, sizeof *j->fresh);
    if (j->fresh == NULL)
        return err_nomem();
    while (same < v->n_log && same < o->n_log && memcmp(v->chain[same + 1].hash, o->chain[same + 1].hash, 32) == 0)
        same++;
    for (uint32_t i = same + 1; i <= o->n_log; i++) {
        bool here = false;

        for (uint32_t k = v->n_log; !here && k > same; k--)
            here = memcmp(v->chain[k].hash, o->chain[i].hash, 32) == 0;
        j->fresh[i] = !here;
        j->n_fresh += !here;
    }
    return VAULT_OK;
}

/*
 * What a keeper wrapped by name before a rekey here has to be wrapped anew, which takes both: her session there, a keeper's here. It
 * would come home as a value whose key nobody has.
 */
static vault_err
judge_names(struct joining *j)
{
    const struct index *ix = &j->other->recs.index;
    const struct pack *p = NULL;
    vault_err err = VAULT_OK;

    if (memcmp(j->v->card_hash, j->other->card_hash, sizeof j->v->card_hash) == 0)
        return VAULT_OK;
    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n += index_pack_size(ix, n)) {
        if (!join_is_fresh(j, n))
            continue;
        err = recs_pack(&j->other->recs, n, &p);
        if (err == VAULT_OK && p->how == WRAP_NAME && !(p->readable && is_keeper(j->v)))
            err = err_say(VAULT_ERR_REFUSED, "open both as a keeper",
                "the other copy has names that a keeper wrote there before the keys were changed here");
    }
    return err;
}

static vault_err
keepers_own(void)
{
    return err_say(VAULT_ERR_REFUSED, "take them over by hand",
        "the other copy has changes by its keeper, which cannot be joined");
}

/* What a keeper signed there may come home where it adds nothing (she looked at names, say), where it says which records are the same or who a contact is,
 * and where it took in a bundle: under the key that is the keeper's here. */
static vault_err
judge_keeper(struct joining *j, uint32_t row)
{
    static const char *const TAKEN[] = { "merge", "unmerge", "dismiss", "contact-add", "contact-verify", "contact-remove", "receive", "share",
        "unshare" };
    struct log_entry e;
    bool taken = j->other->chain[row].count == 0;
    vault_err err = session_read_entry(j->other, row, &e, NULL);

    if (err != VAULT_OK)
        return err;
    for (size_t i = 0; i < sizeof TAKEN / sizeof TAKEN[0]; i++)
        taken = taken || strcmp(e.action, TAKEN[i]) == 0;
    if (!taken)
        return keepers_own();
    if (e.n_keepers != 1 || memcmp(e.keeper[0], j->v->card.keeper_pk, 32) != 0)
        return err_say(VAULT_ERR_REFUSED, "say the same here",
            "the other copy has merges of records, contacts or other things that a keeper signed before the keys were changed here");
    return VAULT_OK;
}

static vault_err
not_as_far(const char *hint, const char *where)
{
    return err_say(VAULT_ERR_REFUSED, hint, "both copies took in the same bundle, and values that had been left out of it came to %s only", where);
}

/* Values that had been left out and came there: of a revision that is here as well they have to have come here, too. */
static vault_err
judge_left_out(struct joining *j, uint32_t n, struct revision *rev)
{
    struct value_view view;
    const struct leaf *l;
    vault_err err = recs_load(&j->other->recs, n, rev);

    if (err != VAULT_OK || (l = revision_leaf(rev, "arrived")) == NULL)
        return err;
    err = value_read(&view, l->value);
    for (size_t at = 0; err == VAULT_OK && at + LEFT_OUT_BYTES <= view.text.n; at += LEFT_OUT_BYTES) {
        const uint8_t *p = (const uint8_t *)view.text.p + at;

        if (gone_find(&j->v->recs.left, p + RECORD_ID_BYTES, p + RECORD_ID_BYTES + REVISION_ID_BYTES) == GONE_LEFT_OUT)
            err = not_as_far("`handoff receive` the bundle with these values here first, as a keeper", "the other one");
    }
    return err;
}

/* The other way round. A revision that both took in is in the log twice from now on, and has to say the same in both places. */
static vault_err
judge_twice(struct joining *j)
{
    const struct index *ix = &j->other->recs.index, *here = &j->v->recs.index;
    struct revision rev;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n++) {
        uint32_t first = index_is_system(&ix->pair[n]) || !join_is_fresh(j, n) ? 0 : index_record(here, ix->pair[n].record);

        if (first == 0 || index_revision(here, first, ix->pair[n].revision) == 0)
            continue;
        err = recs_load(&j->other->recs, n, &rev);
        for (size_t i = 0; err == VAULT_OK && i < rev.n_leaves; i++)
            if (gone_find(&j->other->recs.left, rev.id, rev.leaf[i].c) == GONE_LEFT_OUT &&
                    gone_find(&j->v->recs.left, rev.id, rev.leaf[i].c) != GONE_LEFT_OUT)
                err = not_as_far("`handoff receive` the bundle with these values there, too, as a keeper", "this one");
    }
    revision_free(&rev);
    return err;
}

/* System records that come home; whether the copies agree on which records are the same. */
static vault_err
judge_system(struct joining *j, uint32_t n, struct revision *rev, struct same_trial *t, bool *circle)
{
    vault_err err;

    switch (j->other->recs.index.pair[n].record[1]) {
    case SYSTEM_SAME:
        err = recs_load(&j->other->recs, n, rev);
        return err == VAULT_OK ? same_try(t, rev, circle) : err;
    case SYSTEM_LEFT_OUT:
        return judge_left_out(j, n, rev);
    case SYSTEM_APART:
    case SYSTEM_CONTACT:
    case SYSTEM_RECEIPT:
    case SYSTEM_ORIGIN:
    case SYSTEM_THEIR_TYPE:
    case SYSTEM_SHARE:
    case SYSTEM_SENT:
    case SYSTEM_RELEASE:
    case SYSTEM_AUDIENCE:
    case SYSTEM_JUDGED:
        return VAULT_OK;
    default:
        return keepers_own();
    }
}

/* Of merges ours first, then theirs: both sides may have said the opposite. */
static vault_err
judge_all_system(struct joining *j)
{
    const struct index *ix = &j->other->recs.index;
    struct same_trial t = {0};
    struct revision rev;
    bool circle = false;
    vault_err err;

    revision_init(&rev);
    err = same_try_begin(&t, j->v);
    for (uint32_t n = 1; err == VAULT_OK && !circle && n <= ix->n; n++)
        if (index_is_system(&ix->pair[n]) && join_is_fresh(j, n))
            err = judge_system(j, n, &rev, &t, &circle);
    if (err == VAULT_OK && circle)
        err = err_say(VAULT_ERR_CONFLICT, "'unmerge' it in one of the two",
            "the copies disagree on which of the same records leads");
    same_try_end(&t);
    revision_free(&rev);
    return err;
}

/* Written by somebody who may write here now, without the keeper's hand, or hers about what is the same. */
vault_err
join_judge(struct joining *j)
{
    vault_err err = VAULT_OK;

    for (uint32_t i = 1; err == VAULT_OK && i <= j->other->n_log; i++) {
        const struct chain_entry *e = &j->other->chain[i];
        const struct author *a = author_by_pk(j->v, e->author);
        if (!j->fresh[i])
            continue;
        if (e->keeper)
            err = judge_keeper(j, i);
        if (err != VAULT_OK)
            return err;
        if (a == NULL || (a->until != 0 && !(e->travel && e->count == 0)))
            return err_say(VAULT_ERR_REFUSED, "a keeper can look at that copy on its own",
                "somebody wrote in the other copy who may not write here");
    }
    if (err == VAULT_OK)
        err = judge_all_system(j);
    if (err == VAULT_OK)
        err = judge_twice(j);
    return err != VAULT_OK ? err : judge_names(j);
}
