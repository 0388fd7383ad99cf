#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/bytes.h"
#include "vault/base/hash.h"
#include "vault/base/sign.h"
#include "vault/keys/slot.h"

#define HEADER_BYTES 24
#define PK_BYTES 32         /* box2 begins with the ephemeral public key */

_Static_assert(HEADER_BYTES + 32 + sizeof((struct slot *)0)->box1 +
    sizeof((struct slot *)0)->box2 == SLOT_BYTES, "docs/format.md, section 5");

/* ---- the 264 bytes ---- */

static void
header_encode(uint8_t out[static HEADER_BYTES], const struct slot_header *h)
{
    memcpy(out, h->id, SLOT_ID_BYTES);
    out[8] = h->index;
    out[9] = (uint8_t)h->kind;
    out[10] = (uint8_t)h->tier;
    out[11] = 0;
    put_u32(out + 12, h->cost.mem_kib);
    put_u32(out + 16, h->cost.passes);
    put_u32(out + 20, h->cost.lanes);
}

/* Judges the header of a slot in use. */
static bool
header_ok(const struct slot_header *h)
{
    static const struct kdf_cost none = {0};

    if (h->tier != TIER_CASE && h->tier != TIER_KEEPER)
        return false;
    switch (h->kind) {
    case SLOT_PASS:
    case SLOT_PASS_KEYFILE:
        return kdf_cost_ok(&h->cost);
    case SLOT_SHARES:
        return h->tier == TIER_KEEPER && kdf_cost_equal(&h->cost, &none);
    default:
        return false;
    }
}

static vault_err
damaged(unsigned index)
{
    return err_say(VAULT_ERR_DAMAGED, NULL, "key slot %u is damaged", index);
}

vault_err
slot_decode(struct slot *out, const uint8_t bytes[static SLOT_BYTES], unsigned index)
{
    struct rd r = rd_of(bytes, SLOT_BYTES);
    struct slot s = {0};
    uint8_t flags;

    rd_copy(&r, s.head.id, sizeof s.head.id);
    s.head.index = rd_u8(&r);
    s.head.kind = (enum slot_kind)rd_u8(&r);
    s.head.tier = (enum slot_tier)rd_u8(&r);
    flags = rd_u8(&r);
    s.head.cost.mem_kib = rd_u32(&r);
    s.head.cost.passes = rd_u32(&r);
    s.head.cost.lanes = rd_u32(&r);
    rd_copy(&r, s.commitment, sizeof s.commitment);
    rd_copy(&r, s.box1, sizeof s.box1);
    rd_copy(&r, s.box2, sizeof s.box2);
    if (!rd_end(&r))
        return damaged(index);

    if (s.head.kind == SLOT_EMPTY) {
        /* All zero: the format has no place in which a slot could hide. */
        if (!sodium_is_zero(bytes, SLOT_BYTES))
            return damaged(index);
        s.head.index = (uint8_t)index;
    } else if (s.head.index != index || flags != 0 || !header_ok(&s.head)) {
        return damaged(index);
    }
    *out = s;
    return VAULT_OK;
}

void
slot_encode(uint8_t bytes[static SLOT_BYTES], const struct slot *s)
{
    memset(bytes, 0, SLOT_BYTES);
    if (s->head.kind == SLOT_EMPTY)
        return;
    header_encode(bytes, &s->head);
    memcpy(bytes + 24, s->commitment, sizeof s->commitment);
    memcpy(bytes + 56, s->box1, sizeof s->box1);
    memcpy(bytes + 128, s->box2, sizeof s->box2);
}

/* ---- what a slot secret gives ---- */

void
slot_keys_free(struct slot_keys *k)
{
    secret_free(k->slot_secret);
    secret_free(k->slot_key);
    secret_free(k->x25519);
    secret_free(k->author_seed);
    *k = (struct slot_keys){0};
}

static vault_err
derived(struct secret **out, const struct secret *from, uint64_t id)
{
    vault_err err = secret_new(out, 32);

    if (err == VAULT_OK)
        kdf_sub(secret_edit(*out), 32, id, "wh-slot_", secret_bytes(from));
    return err;
}

vault_err
slot_keys_derive(struct slot_keys *out, const struct secret *slot_secret)
{
    struct slot_keys k = {0};
    vault_err err;

    assert(secret_len(slot_secret) == 32);
    err = secret_copy(&k.slot_secret, secret_bytes(slot_secret), 32);
    if (err == VAULT_OK)
        err = derived(&k.slot_key, slot_secret, 1);
    if (err == VAULT_OK)
        err = derived(&k.x25519, slot_secret, 2);
    if (err == VAULT_OK)
        err = derived(&k.author_seed, slot_secret, 3);
    if (err == VAULT_OK)
        err = sign_public(k.author_pk, k.author_seed);
    if (err != VAULT_OK)
        goto done;
    if (crypto_scalarmult_base(k.x25519_pk, secret_bytes(k.x25519)) != 0) {
        err = err_say(VAULT_ERR_FAILED, NULL, "the slot's public key could not be made");
        goto done;
    }

    *out = k;
    k = (struct slot_keys){0};
done:
    slot_keys_free(&k);
    return err;
}

/* ---- the first box: S to slot secret ---- */

/* What S gives for this slot and no other. */
struct first_keys {
    uint8_t wrap[32];
    uint8_t commitment[32];
};

static void
first_keys_of(struct first_keys *out, const struct slot_header *head,
    const uint8_t vault_id[static VAULT_ID_BYTES], const struct secret *s)
{
    static const char label[] = "withheld:slot:1";      /* its zero byte is the 00 of the format */
    uint8_t message[sizeof label + VAULT_ID_BYTES + HEADER_BYTES];
    uint8_t both[64];

    assert(secret_len(s) == 32);
    memcpy(message, label, sizeof label);
    memcpy(message + sizeof label, vault_id, VAULT_ID_BYTES);
    header_encode(message + sizeof label + VAULT_ID_BYTES, head);
    if (crypto_generichash(both, sizeof both, message, sizeof message, secret_bytes(s), 32) != 0)
        abort();        /* only sizes can be wrong, and they are ours */
    memcpy(out->wrap, both, 32);
    memcpy(out->commitment, both + 32, 32);
    sodium_memzero(both, sizeof both);
}

int
slot_fits(const struct slot *slot, const uint8_t vault_id[static VAULT_ID_BYTES],
    const struct secret *s)
{
    struct first_keys tmp;
    int fits;

    if (slot->head.kind == SLOT_EMPTY)
        return 0;
    first_keys_of(&tmp, &slot->head, vault_id, s);
    fits = bytes_equal(tmp.commitment, slot->commitment, sizeof tmp.commitment);
    sodium_memzero(&tmp, sizeof tmp);
    return fits;
}

/* The commitment comes first: one box of an AEAD without it can be made to open under many keys,
 * so that each guess at it would test many passphrases (partitioning oracle). */
static vault_err
open_box1(struct secret **out, const struct slot *slot,
    const uint8_t vault_id[static VAULT_ID_BYTES], const struct secret *s)
{
    struct first_keys tmp;
    uint8_t aad[HEADER_BYTES];
    struct secret *slot_secret = NULL;
    vault_err err = secret_new(&slot_secret, 32);

    if (err != VAULT_OK)
        return err;
    first_keys_of(&tmp, &slot->head, vault_id, s);
    header_encode(aad, &slot->head);
    if (!bytes_equal(tmp.commitment, slot->commitment, sizeof tmp.commitment))
        err = err_say(VAULT_ERR_KEY, NULL, "the key does not fit slot %u", slot->head.index);
    else if (box_open(secret_edit(slot_secret), tmp.wrap, PART(aad, sizeof aad),
            PART(slot->box1, sizeof slot->box1)) != 0)
        err = damaged(slot->head.index);
    else
        *out = secret_take(&slot_secret);
    sodium_memzero(&tmp, sizeof tmp);
    secret_free(slot_secret);
    return err;
}

/* ---- the second box: slot key to VMK and X ---- */

/* `shared` is X25519 of one side's scalar and the other side's public key. */
static void
second_key(uint8_t out[static 32], const struct secret *slot_key, const uint8_t shared[static 32],
    const uint8_t ephemeral_pk[static PK_BYTES], const uint8_t slot_pk[static PK_BYTES])
{
    const struct part parts[] = {PART(shared, 32), PART(ephemeral_pk, PK_BYTES),
        PART(slot_pk, PK_BYTES)};

    mac_parts(out, secret_bytes(slot_key), "withheld:box2:1", parts, 3);
}

vault_err
slot_reseal(struct slot *slot, const struct secret *slot_key,
    const uint8_t x25519_pk[static 32], const struct secret *vmk, const struct secret *x)
{
    struct { uint8_t ephemeral[32], shared[32], k2[32], pair[64]; } tmp;
    uint8_t aad[HEADER_BYTES], pk[PK_BYTES];
    vault_err err = VAULT_OK;

    assert(secret_len(slot_key) == 32 && secret_len(vmk) == 32 && secret_len(x) == 32);
    randombytes_buf(tmp.ephemeral, sizeof tmp.ephemeral);
    /* crypto_scalarmult refuses public keys of low order: everybody would know the result. */
    if (crypto_scalarmult_base(pk, tmp.ephemeral) != 0 ||
            crypto_scalarmult(tmp.shared, tmp.ephemeral, x25519_pk) != 0) {
        err = err_say(VAULT_ERR_DAMAGED, NULL, "the public key of slot %u is damaged",
            slot->head.index);
        goto done;
    }
    second_key(tmp.k2, slot_key, tmp.shared, pk, x25519_pk);
    memcpy(tmp.pair, secret_bytes(vmk), 32);
    memcpy(tmp.pair + 32, secret_bytes(x), 32);
    header_encode(aad, &slot->head);
    memcpy(slot->box2, pk, sizeof pk);
    box_seal(slot->box2 + PK_BYTES, tmp.k2, PART(aad, sizeof aad), PART(tmp.pair, sizeof tmp.pair));
done:
    sodium_memzero(&tmp, sizeof tmp);
    return err;
}

static vault_err
open_box2(struct secret **vmk, struct secret **x, const struct slot *slot,
    const struct slot_keys *keys)
{
    struct { uint8_t shared[32], k2[32], pair[64]; } tmp;
    uint8_t aad[HEADER_BYTES];
    const uint8_t *pk = slot->box2;
    struct secret *first = NULL, *second = NULL;
    vault_err err;

    if (crypto_scalarmult(tmp.shared, secret_bytes(keys->x25519), pk) != 0) {
        err = damaged(slot->head.index);
        goto done;
    }
    second_key(tmp.k2, keys->slot_key, tmp.shared, pk, keys->x25519_pk);
    header_encode(aad, &slot->head);
    if (box_open(tmp.pair, tmp.k2, PART(aad, sizeof aad),
            PART(slot->box2 + PK_BYTES, sizeof slot->box2 - PK_BYTES)) != 0) {
        err = damaged(slot->head.index);
        goto done;
    }
    err = secret_copy(&first, tmp.pair, 32);
    if (err == VAULT_OK)
        err = secret_copy(&second, tmp.pair + 32, 32);
    if (err != VAULT_OK)
        goto done;

    *vmk = secret_take(&first);
    *x = secret_take(&second);
done:
    secret_free(first);
    secret_free(second);
    sodium_memzero(&tmp, sizeof tmp);
    return err;
}

/* ---- both ---- */

vault_err
slot_seal(struct slot *out, const struct slot_header *head,
    const uint8_t vault_id[static VAULT_ID_BYTES], const struct secret *s,
    const struct slot_keys *keys, const struct secret *vmk, const struct secret *x)
{
    struct slot slot = {.head = *head};
    struct first_keys tmp;
    uint8_t aad[HEADER_BYTES];
    vault_err err;

    if (!header_ok(head))
        return err_say(VAULT_ERR_FAILED, NULL, "a key slot of this kind cannot be made");
    err = slot_reseal(&slot, keys->slot_key, keys->x25519_pk, vmk, x);
    if (err != VAULT_OK)
        return err;
    first_keys_of(&tmp, head, vault_id, s);
    header_encode(aad, head);
    memcpy(slot.commitment, tmp.commitment, sizeof tmp.commitment);
    box_seal(slot.box1, tmp.wrap, PART(aad, sizeof aad), PART(secret_bytes(keys->slot_secret), 32));
    sodium_memzero(&tmp, sizeof tmp);
    *out = slot;
    return VAULT_OK;
}

vault_err
slot_open(struct slot_keys *keys, struct secret **vmk, struct secret **x,
    const struct slot *slot, const uint8_t vault_id[static VAULT_ID_BYTES],
    const struct secret *s)
{
    struct secret *slot_secret = NULL;
    struct slot_keys k = {0};
    vault_err err;

    if (slot->head.kind == SLOT_EMPTY)
        return err_say(VAULT_ERR_KEY, NULL, "slot %u is empty", slot->head.index);
    err = open_box1(&slot_secret, slot, vault_id, s);
    if (err != VAULT_OK)
        goto done;
    err = slot_keys_derive(&k, slot_secret);
    if (err != VAULT_OK)
        goto done;
    err = open_box2(vmk, x, slot, &k);
    if (err != VAULT_OK)
        goto done;

    *keys = k;
    k = (struct slot_keys){0};
done:
    slot_keys_free(&k);
    secret_free(slot_secret);
    return err;
}
