#include <sodium.h>
#include <string.h>
#include "vault/base/cbor.h"
#include "vault/base/hash.h"
#include "vault/base/sign.h"
#include "vault/keys/card.h"

#define CARD_VERSION 1
#define FIELDS 6            /* that are signed; the signature is the seventh */

_Static_assert(XWING_PK_BYTES == crypto_kem_PUBLICKEYBYTES, "libsodium's crypto_kem is X-Wing");

static void
put_fields(struct buf *b, const struct card *c)
{
    cbor_uint(b, CARD_VERSION);
    cbor_bytes(b, c->vault_id, sizeof c->vault_id);
    cbor_bytes(b, c->keeper_pk, sizeof c->keeper_pk);
    cbor_bytes(b, c->intake_pk, sizeof c->intake_pk);
    cbor_bytes(b, c->keeper_recipient, sizeof c->keeper_recipient);
    cbor_bytes(b, c->case_recipient, sizeof c->case_recipient);
}

/* What is signed: the hash of the card as an array of its first six elements. */
static vault_err
body_hash(uint8_t out[static 32], const struct card *c)
{
    struct buf body = BUF_INIT;
    struct part all;
    vault_err err;

    cbor_array(&body, FIELDS);
    put_fields(&body, c);
    err = buf_ok(&body);
    if (err == VAULT_OK) {
        all = PART(body.p, body.n);
        hash_parts(out, "withheld:card-body:1", &all, 1);
    }
    buf_free(&body);
    return err;
}

static vault_err
public_of(uint8_t pk[static XWING_PK_BYTES], const struct secret *seed)
{
    uint8_t sk[crypto_kem_SECRETKEYBYTES];
    int rc = crypto_kem_seed_keypair(pk, sk, secret_bytes(seed));

    sodium_memzero(sk, sizeof sk);
    if (rc != 0)
        return err_say(VAULT_ERR_FAILED, NULL, "a public key could not be made");
    return VAULT_OK;
}

vault_err
card_build(struct buf *out, const struct key_tree *t,
    const uint8_t vault_id[static VAULT_ID_BYTES])
{
    struct card c;
    struct buf made = BUF_INIT;
    uint8_t hash[32], sig[64];
    vault_err err;

    if (t->nsk == NULL)
        return err_say(VAULT_ERR_KEY, NULL, "the card is made by a keeper");
    memcpy(c.vault_id, vault_id, sizeof c.vault_id);
    memcpy(c.keeper_pk, t->keeper_pk, sizeof c.keeper_pk);
    err = public_of(c.intake_pk, t->intake_seed);
    if (err == VAULT_OK)
        err = public_of(c.keeper_recipient, t->keeper_seed);
    if (err == VAULT_OK)
        err = public_of(c.case_recipient, t->case_seed);
    if (err == VAULT_OK)
        err = body_hash(hash, &c);
    if (err == VAULT_OK)
        err = sign_hash(sig, t->keeper_sign_seed, "withheld:sign:card:1", hash);
    if (err != VAULT_OK)
        goto done;

    cbor_array(&made, FIELDS + 1);
    put_fields(&made, &c);
    cbor_bytes(&made, sig, sizeof sig);
    err = buf_ok(&made);
    if (err != VAULT_OK)
        goto done;
    buf_put(out, made.p, made.n);
    err = buf_ok(out);
done:
    buf_free(&made);
    return err;
}

vault_err
card_read(struct card *out, const void *bytes, size_t n)
{
    struct rd r = rd_of(bytes, n);
    struct card c;
    uint8_t hash[32], sig[64];
    vault_err err;

    if (cbor_get_array(&r, FIELDS + 1) != FIELDS + 1 ||
            cbor_get_uint(&r, UINT64_MAX) != CARD_VERSION)
        return err_say(VAULT_ERR_DAMAGED, NULL, "the card is damaged, or of a newer format");
    cbor_get_fixed(&r, c.vault_id, sizeof c.vault_id);
    cbor_get_fixed(&r, c.keeper_pk, sizeof c.keeper_pk);
    cbor_get_fixed(&r, c.intake_pk, sizeof c.intake_pk);
    cbor_get_fixed(&r, c.keeper_recipient, sizeof c.keeper_recipient);
    cbor_get_fixed(&r, c.case_recipient, sizeof c.case_recipient);
    cbor_get_fixed(&r, sig, sizeof sig);
    if (!rd_end(&r))
        return err_say(VAULT_ERR_DAMAGED, NULL, "the card is damaged");
    err = body_hash(hash, &c);
    if (err != VAULT_OK)
        return err;
    if (!sign_verify(sig, c.keeper_pk, "withheld:sign:card:1", hash))
        return err_say(VAULT_ERR_DAMAGED, NULL, "the signature of the card is wrong");
    *out = c;
    return VAULT_OK;
}

void
card_hash(uint8_t out[static 32], const void *bytes, size_t n)
{
    const struct part all = PART(bytes, n);

    hash_parts(out, "withheld:card:1", &all, 1);
}
