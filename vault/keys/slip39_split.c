#include <sodium.h>
#include "vault/keys/slip39_parts.h"

static vault_err
write_share(struct secret **out, const struct slip39_share *share, const uint8_t *value)
{
    struct slip39_numbers numbers;
    struct secret *text = NULL;
    vault_err err = secret_new(&text, SLIP39_TEXT);

    if (err != VAULT_OK)
        return err;
    slip39_encode(&numbers, share, value);
    slip39_write(secret_edit(text), &numbers);
    sodium_memzero(&numbers, sizeof numbers);
    *out = text;
    return VAULT_OK;
}

/* All shares of the one group; none when one fails. */
static vault_err
write_shares(struct secret *out[static SLIP39_MAX], const struct slip39_head *head,
    const struct slip39_plan *plan, const struct secret *values)
{
    struct secret *text[SLIP39_MAX] = {NULL};
    struct slip39_share share = {.head = *head, .threshold = (uint8_t)plan->threshold};
    vault_err err = VAULT_OK;

    for (unsigned i = 0; err == VAULT_OK && i < plan->count; i++) {
        share.member = (uint8_t)i;
        err = write_share(&text[i], &share, secret_bytes(values) + (size_t)i * head->size);
    }
    for (unsigned i = 0; i < plan->count; i++) {
        if (err == VAULT_OK)
            out[i] = secret_take(&text[i]);
        secret_free(text[i]);
    }
    return err;
}

vault_err
slip39_split(struct secret *out[static SLIP39_MAX], const struct secret *secret,
    const struct slip39_plan *plan)
{
    struct slip39_head head = {.extendable = true, .group_threshold = 1, .group_count = 1};
    struct secret *master = NULL, *values = NULL;
    vault_err err = shamir_check(secret_len(secret), plan->threshold, plan->count);

    if (err == VAULT_OK && plan->exponent > SLIP39_MAX_EXPONENT)
        err = err_say(VAULT_ERR_INPUT, NULL, "the iteration exponent is 0 to 15");
    if (err != VAULT_OK)
        return err;
    head.id = (uint16_t)randombytes_uniform(1u << 15);
    head.exponent = (uint8_t)plan->exponent;
    head.size = (uint8_t)secret_len(secret);
    err = secret_new(&master, head.size);
    if (err == VAULT_OK)
        err = slip39_crypt(secret_edit(master), secret_bytes(secret), &head, plan->passphrase,
            SLIP39_ENCRYPT);
    if (err == VAULT_OK)
        err = shamir_split(&values, master, plan->threshold, plan->count);
    if (err == VAULT_OK)
        err = write_shares(out, &head, plan, values);
    secret_free(values);
    secret_free(master);
    return err;
}
