/* gate_dict.c - a hash table from keys to the records that have what they stand for. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "vault/release/gate_priv.h"

/* A surname may be that of a hundred thousand: so many are kept by record, the others are counted. */
#define CHAIN_MAX 32u

void
dict_free(struct dict *d)
{
    if (d->item != NULL)
        sodium_memzero(d->item, d->n * sizeof *d->item);
    free(d->item);
    free(d->slot);
    memset(d, 0, sizeof *d);
}

static uint32_t *
slot_of(const struct dict *d, uint64_t key)
{
    size_t i = (size_t)hash_end(key) & (d->n_slots - 1);

    while (d->slot[i] != 0 && d->item[d->slot[i] - 1].key != key)
        i = (i + 1) & (d->n_slots - 1);
    return &d->slot[i];
}

const struct item *
dict_find(const struct dict *d, uint64_t key)
{
    uint32_t at = d->n_slots == 0 ? 0 : *slot_of(d, key);

    return at == 0 ? NULL : &d->item[at - 1];
}

static vault_err
widen(struct dict *d)
{
    size_t n = d->n_slots == 0 ? 1024 : 2 * d->n_slots;
    uint32_t *slot;

    if (2 * d->n < d->n_slots)
        return VAULT_OK;
    if (d->n >= UINT32_MAX / 4)
        return err_say(VAULT_ERR_NO_SPACE, NULL, "there are too many values to look for");
    slot = calloc(n, sizeof *slot);
    if (slot == NULL)
        return err_nomem();
    free(d->slot);
    d->slot = slot;
    d->n_slots = n;
    for (size_t i = 0; i < d->n; i++)
        if (d->item[i].count != 0)          /* the first of its key */
            *slot_of(d, d->item[i].key) = (uint32_t)i + 1;
    return VAULT_OK;
}

static bool
holds(const struct dict *d, const struct item *first, const struct item *item, size_t *length)
{
    for (const struct item *i = first;; i = &d->item[i->next - 1]) {
        ++*length;
        if (i->record == item->record && i->kind == item->kind)
            return true;
        if (i->next == 0)
            return false;
    }
}

vault_err
dict_add(struct dict *d, const struct item *item)
{
    struct item *room = array_room(d->item, d->n, &d->room, sizeof *room), *first;
    size_t length = 0;
    uint32_t *slot;
    vault_err err;

    if (room == NULL)
        return err_nomem();
    d->item = room;
    err = widen(d);
    if (err != VAULT_OK)
        return err;
    slot = slot_of(d, item->key);
    room[d->n] = *item;
    room[d->n].next = 0;
    if (*slot == 0) {
        room[d->n].count = 1;
        *slot = (uint32_t)++d->n;
        return VAULT_OK;
    }
    first = &room[*slot - 1];
    if (holds(d, first, item, &length))
        return VAULT_OK;
    first->count++;
    if (length >= CHAIN_MAX && item->kind == first->kind)
        return VAULT_OK;
    room[d->n].count = 0;
    room[d->n].next = first->next;
    first->next = (uint32_t)++d->n;
    return VAULT_OK;
}
