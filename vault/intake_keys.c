/* intake_keys.c - see intake_keys.h. */
#include "vault/intake_keys.h"

#include <string.h>

void
intake_keys_free(struct intake_keys *k)
{
    for (size_t i = 0; i < k->n; i++)
        secret_free(k->key[i]);
    memset(k, 0, sizeof *k);
}

/* enc that does not decapsulate under this seed has no key there. */
static vault_err
add(struct intake_keys *k, const uint8_t *enc, const struct secret *seed)
{
    struct secret *key = NULL;
    vault_err err = intake_decapsulate(&key, enc, seed);

    if (err == VAULT_OK)
        k->key[k->n++] = secret_take(&key);
    return err == VAULT_ERR_DAMAGED ? VAULT_OK : err;
}

vault_err
intake_keys_open(struct intake_keys *k, struct vault *v, struct part enc)
{
    const struct index *ix = &v->recs.index;
    vault_err err;

    intake_keys_free(k);
    if (enc.n != INTAKE_ENC_BYTES)
        return VAULT_OK;
    intake_enc_hash(k->hash, enc.p);
    err = add(k, enc.p, v->tree.intake_seed);
    for (uint32_t n = ix->n; err == VAULT_OK && n > 0 && k->n <= INTAKE_FORMER_MAX; n--) {
        struct secret *seed = NULL;
        if (!index_is_system(&ix->pair[n]) || ix->pair[n].record[1] != SYSTEM_FORMER)
            continue;
        err = system_former_intake(v, n, &seed);
        if (err == VAULT_OK)
            err = add(k, enc.p, seed);
        secret_free(seed);
    }
    return err;
}

vault_err
intake_keys_adopt(const struct intake_keys *k, struct pack *p, const struct seal_keys *keys)
{
    vault_err err = VAULT_ERR_DAMAGED;

    for (size_t i = 0; err == VAULT_ERR_DAMAGED && i < k->n; i++)
        err = pack_adopt(p, keys, k->key[i]);
    if (err == VAULT_OK)
        vault_clear_error();        /* of those that did not fit */
    return err != VAULT_ERR_DAMAGED ? err :
        err_say(err, NULL, "wrapped keys do not open");
}
