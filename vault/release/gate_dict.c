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

/* The tag spares most looks at items, which lie far away. */
static struct slot *
slot_of(const struct dict *d, uint64_t key)
{
    uint64_t h = hash_end(key);
    uint32_t tag = (uint32_t)(h >> 32);
    size_t i = (size_t)h & (d->n_slots - 1);

    while (d->slot[i].item != 0 && (d->slot[i].tag != tag || d->item[d->slot[i].item - 1].key != key))
        i = (i + 1) & (d->n_slots - 1);
    return &d->slot[i];
}

const struct item *
dict_find(const struct dict *d, uint64_t key)
{
    uint32_t at = d->n_slots == 0 ? 0 : slot_of(d, key)->item;

    return at == 0 ? NULL : &d->item[at - 1];
}

static vault_err
widen(struct dict *d)
{
    size_t n = d->n_slots == 0 ? 1024 : 2 * d->n_slots;
    struct slot *old = d->slot, *slot;

    if (2 * d->n_keys < d->n_slots)
        return VAULT_OK;
    if (d->n >= UINT32_MAX / 4)
        return err_say(VAULT_ERR_NO_SPACE, NULL, "there are too many values to look for");
    slot = calloc(n, sizeof *slot);
    if (slot == NULL)
        return err_nomem();
    d->slot = slot;
    for (size_t i = 0, old_n = d->n_slots; i < old_n; i++) {
        size_t at;
        if (old[i].item == 0)
            continue;
        at = (size_t)hash_end(d->item[old[i].item - 1].key) & (n - 1);
        while (slot[at].item != 0)
            at = (at + 1) & (n - 1);
        slot[at] = old[i];
    }
    d->n_slots = n;
    free(old);
    return VAULT_OK;
}

static void
put(struct dict *d, const struct item *item)
{
    struct item *i = &d->item[d->n++];

    *i = *item;
    i->next = 0;
    i->chain = 0;
    i->count = 1;
    i->last = item->record;
}

/* Values of a record come one after the other, so the last record that was added is all that is compared with. */
vault_err
dict_add(struct dict *d, const struct item *item)
{
    struct item *room = array_room(d->item, d->n, &d->room, sizeof *room), *first;
    struct slot *slot;
    vault_err err;

    if (room == NULL)
        return err_nomem();
    d->item = room;
    err = widen(d);
    if (err != VAULT_OK)
        return err;
    slot = slot_of(d, item->key);
    if (slot->item == 0) {
        put(d, item);
        d->n_keys++;
        *slot = (struct slot){ (uint32_t)(hash_end(item->key) >> 32), (uint32_t)d->n };
        return VAULT_OK;
    }
    first = &room[slot->item - 1];
    if (first->last == item->record && first->kind == item->kind)
        return VAULT_OK;
    first->count += first->last != item->record;
    first->last = item->record;
    if (first->chain >= CHAIN_MAX)
        return VAULT_OK;
    put(d, item);
    room[d->n - 1].next = first->next;
    first->next = (uint32_t)d->n;
    first->chain++;
    return VAULT_OK;
}
