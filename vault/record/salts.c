/* salts.c - see salts.h. */
#include "vault/record/salts.h"

#include <sodium.h>
#include <string.h>
#include "vault/base/cbor.h"

static vault_err
damaged(void)
{
    return err_say(VAULT_ERR_DAMAGED, NULL, "the salts of a revision cannot be read");
}

/* One after the other: from the list that stands in the blob, or else from its seed. */
struct source {
    bool listed;
    struct rd list;
    const uint8_t *seed;
    uint32_t i;
};

static void
next_salt(struct source *s, uint8_t salt[static SALT_BYTES])
{
    uint8_t block[2 * SALT_BYTES];

    if (s->listed) {
        cbor_get_fixed(&s->list, salt, SALT_BYTES);
        return;
    }
    stream_bytes(block, sizeof block, s->i / 2, s->seed);
    memcpy(salt, block + SALT_BYTES * (s->i++ % 2), SALT_BYTES);
    sodium_memzero(block, sizeof block);
}

static void
read_source(struct source *s, struct rd *r)
{
    s->listed = cbor_peek(r) == CBOR_ARRAY;
    s->list = *r;
    (void)cbor_get_item(r);
    if (s->listed)
        (void)cbor_get_array(&s->list, REVISION_LEAVES_MAX);
}

/* To the element `salts` of a plaintext: the first of the withheld one, the fifth of the open one. */
static struct rd
at_salts(const struct revision *plain, enum leaf_tier tier)
{
    const struct buf *b = tier == LEAF_OPEN ? &plain->open : &plain->withheld;
    struct rd r = rd_of(b->p, b->n);

    if (tier == LEAF_WITHHELD) {
        size_t n = rd_u32(&r);
        r = rd_of(r.p, n > r.n ? 0 : n);
    }
    (void)cbor_get_array(&r, 8);
    for (int i = 0; tier == LEAF_OPEN && i < 4; i++)
        (void)cbor_get_item(&r);
    return r;
}

static vault_err
read_all(const struct revision *plain, enum leaf_tier tier, const uint8_t seed[static 32],
    const struct revision *rev, uint8_t (*out)[SALT_BYTES])
{
    struct rd r = at_salts(plain, tier);
    struct source s = { .seed = seed };
    size_t n;

    read_source(&s, &r);
    n = cbor_get_array(&r, REVISION_LEAVES_MAX);
    for (size_t i = 0; i < n && !r.bad && !s.list.bad; i++) {
        struct part field, element;
        const struct leaf *l;
        (void)cbor_get_array(&r, 3);
        field = cbor_get_text(&r, NAME_MAX_BYTES - 1);
        element = cbor_get_bytes(&r, ELEMENT_BYTES);
        (void)cbor_get_item(&r);
        l = r.bad ? NULL : revision_find(rev, field, element.p, element.n);
        if (l == NULL)
            return damaged();
        next_salt(&s, out[l - rev->leaf]);
    }
    return r.bad || s.list.bad ? damaged() : VAULT_OK;
}

static vault_err
own_key(struct recs *r, uint32_t n, enum leaf_tier tier, uint8_t key[static 32])
{
    const struct pack *p = NULL;
    vault_err err;

    if (tier == LEAF_OPEN)
        return recs_record_key(r, r->index.pair[n].first, key);
    err = recs_pack(r, n, &p);
    if (err == VAULT_OK && !pack_can_read(p, n - p->first))
        err = damaged();
    if (err == VAULT_OK)
        memcpy(key, p->blob_key[n - p->first], 32);
    return err;
}

vault_err
recs_salts(struct recs *r, uint32_t n, enum leaf_tier tier, const struct revision *rev,
    uint8_t (*out)[SALT_BYTES])
{
    struct revision plain;
    struct buf blob = BUF_INIT;
    struct { uint8_t key[32], seed[32]; } tmp;
    vault_err err = own_key(r, n, tier, tmp.key);

    revision_init(&plain);
    memcpy(plain.record, rev->record, sizeof plain.record);
    memcpy(plain.id, rev->id, sizeof plain.id);
    if (err == VAULT_OK)
        err = db_get(r->db, tier == LEAF_OPEN ? DB_OPEN_BLOB : DB_WITHHELD_BLOB, n, &blob);
    if (err == VAULT_ERR_NOT_FOUND)
        err = damaged();
    if (err == VAULT_OK)
        err = unseal_blob(&plain, tmp.seed, &r->keys, tmp.key, tier, PART(blob.p, blob.n));
    if (err == VAULT_OK)
        err = read_all(&plain, tier, tmp.seed, rev, out);
    sodium_memzero(&tmp, sizeof tmp);
    buf_free(&blob);
    revision_free(&plain);
    return err;
}
