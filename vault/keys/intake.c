#include <sodium.h>
#include <string.h>
#include "vault/keys/intake.h"

_Static_assert(INTAKE_ENC_BYTES == crypto_kem_CIPHERTEXTBYTES, "libsodium's crypto_kem is X-Wing");

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
    const struct secret *intake_seed)
{
    struct { uint8_t sk[crypto_kem_SECRETKEYBYTES], shared[crypto_kem_SHAREDSECRETBYTES]; } tmp;
    uint8_t pk[XWING_PK_BYTES];
    vault_err err;

    if (intake_seed == NULL)
        return err_say(VAULT_ERR_KEY, NULL, "intake is opened by a keeper");
    /* A ciphertext that was tampered with gives another secret, and the boxes do not open. */
    if (crypto_kem_seed_keypair(pk, tmp.sk, secret_bytes(intake_seed)) != 0 ||
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
intake_enc_hash(uint8_t out[static 32], const uint8_t enc[static INTAKE_ENC_BYTES])
{
    const struct part p = PART(enc, INTAKE_ENC_BYTES);

    hash_parts(out, "withheld:enc:1", &p, 1);
}
