/* system_slots.c - registrations of slots, and the authors who write through them; see session.h and system.h. */
#include "vault/system.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        err = system_damaged("the registered key of this slot is not its own");
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
    a->active = system_text_is(rev, "state", "active");
    err = system_bytes(rev, "author", a->pk, sizeof a->pk);
    if (err == VAULT_OK)
        err = system_bytes(rev, "x25519", a->x25519_pk, sizeof a->x25519_pk);
    if (err == VAULT_OK)
        err = system_num(rev, "index", &a->index);
    if (err == VAULT_OK)
        err = system_num(rev, "kind", &a->kind);
    if (err == VAULT_OK)
        err = system_num(rev, "tier", &a->tier);
    return err;
}

vault_err
system_apply_slot(struct vault *v, const struct revision *rev, uint32_t n)
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

vault_err
system_judge_own(struct vault *v)
{
    const struct author *a = author_of_slot(v, v->kf.slot[v->slot].head.id);

    if (a != NULL && memcmp(a->pk, v->me.author_pk, 32) == 0 &&
        memcmp(a->x25519_pk, v->me.x25519_pk, 32) == 0 &&
        a->tier == (unsigned)v->kf.slot[v->slot].head.tier)
        return VAULT_OK;
    return system_damaged("the slot that opened is not registered in the log");
}

void
author_name(const struct vault *v, const uint8_t pk[static 32], char out[static 40])
{
    const struct author *a = author_by_pk(v, pk);

    if (a == NULL)
        snprintf(out, 40, "unknown");
    else
        snprintf(out, 40, "slot %u (%s)", a->index, a->tier == TIER_KEEPER ? "keeper" : "case");
}
