/* keyring.c - see keyring.h. */
#include "vault/record/keyring.h"

#include <sodium.h>
#include <string.h>

vault_err
keyring_make(struct keyring *ring, const struct recs *r)
{
    size_t n = (size_t)r->index.n + 1;

    ring->key = sodium_allocarray(n, sizeof *ring->key);
    if (ring->key == NULL)
        return err_nomem();
    memset(ring->key, 0, n * sizeof *ring->key);
    return VAULT_OK;
}

void
keyring_free(struct keyring *ring)
{
    sodium_free(ring->key);
    ring->key = NULL;
}

static void
keep_keys(struct keyring *ring, const struct pack *p)
{
    for (uint32_t i = 0; i < p->n; i++) {
        struct key_pair *k = &ring->key[p->first + i];
        k->has_record = p->has_record[i];
        k->has_blob = pack_can_read(p, i);
        k->closed = p->has_blob[i] && !k->has_blob;
        k->marked = p->quarantined[i];
        k->intake = p->how == WRAP_INTAKE;
        k->names_hidden = p->names_hidden[i];
        if (k->has_record)
            memcpy(k->record, p->record_key[i], 32);
        if (k->has_blob)
            memcpy(k->blob, p->blob_key[i], 32);
    }
}

/* Its revisions are without keys; each is then told as damage. */
static void
note_shut(struct keyring *ring, uint32_t first, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        ring->key[first + i].shut = true;
}

vault_err
keyring_open(struct keyring *ring, struct recs *r, uint32_t n, bool tolerate)
{
    uint32_t first = r->index.pair[n].pack;
    const struct pack *p = NULL;
    vault_err err;

    if (ring->key[first].opened)
        return VAULT_OK;
    err = recs_pack(r, n, &p);
    if (err == VAULT_OK) {
        keep_keys(ring, p);
    } else if (err == VAULT_ERR_DAMAGED && tolerate) {
        note_shut(ring, first, index_pack_size(&r->index, first));
        err = VAULT_OK;
    }
    ring->key[first].opened = true;
    return err;
}
