#include <assert.h>
#include <sodium.h>
#include <string.h>
#include "vault/keys/intake.h"

_Static_assert(INTAKE_ENC_BYTES == crypto_kem_CIPHERTEXTBYTES, "libsodium's crypto_kem is X-Wing");
_Static_assert(WRAP_NAME_BYTES == 1 + 32 + BOX_EXTRA, "how | box");
_Static_assert(WRAP_INTAKE_BYTES == 1 + 32 + 32 + BOX_EXTRA, "how | hash of enc | box");

static vault_err
intake_key(struct secret **out, const uint8_t shared[static 32],
    const uint8_t enc[static INTAKE_ENC_BYTES], const uint8_t pk[static XWING_PK_BYTES])
{
    const struct part parts[] = {PART(enc, INTAKE_ENC_BYTES), PART(pk, XWING_PK_BYTES)};
    struct secret *key = NULL;
    vault_err err = secret_new(&key, 32);

    if (err != VAULT_OK)
        return err;
    mac_parts(secret_edit(key), shared, "withheld:intake:1", parts, 2);
    *out = key;
    return VAULT_OK;
}

vault_err
intake_encapsulate(struct secret **key, uint8_t enc[static INTAKE_ENC_BYTES],
    const struct card *card)
{
    uint8_t shared[crypto_kem_SHAREDSECRETBYTES], made[INTAKE_ENC_BYTES];
    vault_err err;

    if (crypto_kem_enc(made, shared, card->intake_pk) != 0) {
        err = err_say(VAULT_ERR_DAMAGED, NULL, "the intake key of the card is damaged");
        goto done;
    }
    err = intake_key(key, shared, made, card->intake_pk);
    if (err != VAULT_OK)
        goto done;
    memcpy(enc, made, sizeof made);
done:
    sodium_memzero(shared, sizeof shared);
    return err;
}

vault_err
intake_decapsulate(struct secret **key, const uint8_t enc[static INTAKE_ENC_BYTES],
    const struct key_tree *t)
{
    struct { uint8_t sk[crypto_kem_SECRETKEYBYTES], shared[crypto_kem_SHAREDSECRETBYTES]; } tmp;
    uint8_t pk[XWING_PK_BYTES];
    vault_err err;

    if (t->nsk == NULL)
        return err_say(VAULT_ERR_KEY, NULL, "intake is opened by a keeper");
    /* A ciphertext that was tampered with gives another secret, and the boxes do not open. */
    if (crypto_kem_seed_keypair(pk, tmp.sk, secret_bytes(t->intake_seed)) != 0 ||
            crypto_kem_dec(tmp.shared, enc, tmp.sk) != 0) {
        err = err_say(VAULT_ERR_DAMAGED, NULL, "an intake key is damaged");
        goto done;
    }
    err = intake_key(key, tmp.shared, enc, pk);
done:
    sodium_memzero(&tmp, sizeof tmp);
    return err;
}

void
wrap_by_name(uint8_t out[static WRAP_NAME_BYTES], const struct secret *k_name,
    struct part aad, const uint8_t blob_key[static 32], const uint8_t nonce[static 24])
{
    assert(secret_len(k_name) == 32);
    out[0] = WRAP_NAME;
    box_seal_nonce(out + 1, nonce, secret_bytes(k_name), aad, PART(blob_key, 32));
}

void
wrap_by_intake(uint8_t out[static WRAP_INTAKE_BYTES], const struct secret *key,
    const uint8_t enc[static INTAKE_ENC_BYTES], struct part aad,
    const uint8_t blob_key[static 32], const uint8_t nonce[static 24])
{
    const struct part all = PART(enc, INTAKE_ENC_BYTES);

    assert(secret_len(key) == 32);
    out[0] = WRAP_INTAKE;
    hash_parts(out + 1, "withheld:enc:1", &all, 1);
    box_seal_nonce(out + 33, nonce, secret_bytes(key), aad, PART(blob_key, 32));
}

int
wrap_open(uint8_t blob_key[static 32], const struct secret *key, struct part aad,
    const uint8_t box[static 72])
{
    uint8_t opened[32];
    int rc;

    assert(secret_len(key) == 32);
    rc = box_open(opened, secret_bytes(key), aad, PART(box, 72));
    if (rc == 0)
        memcpy(blob_key, opened, sizeof opened);
    sodium_memzero(opened, sizeof opened);
    return rc;
}
