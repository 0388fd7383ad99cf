/*
 * intake.h - keys for what only a keeper may read: sealed to the card (X-Wing).
 *
 * Layer:   keys (includes base/ only).
 * Secrets: results are new secrets; nothing is kept.
 * Format:  docs/format.md, section 9.
 */
#ifndef VAULT_KEYS_INTAKE_H
#define VAULT_KEYS_INTAKE_H

#include "vault/base/hash.h"
#include "vault/keys/card.h"

#define INTAKE_ENC_BYTES 1120
#define WRAP_NAME 1u             /* how blob keys are wrapped: by K_name */
#define WRAP_INTAKE 2u           /* or to the card */

/* H("withheld:enc:1", enc): how a wrap names its encapsulation. */
void intake_enc_hash(uint8_t out[static 32], const uint8_t enc[static INTAKE_ENC_BYTES]);

/* One encapsulation to a card: *key is 32 bytes (caller frees), enc goes into the database once per
 * transaction. VAULT_ERR_DAMAGED: the card's key is not one; outputs left as they were. */
VAULT_CHECK vault_err intake_encapsulate(struct secret **key, uint8_t enc[static INTAKE_ENC_BYTES],
    const struct card *card);
/* VAULT_ERR_KEY: no seed (a tree of the case tier). An enc that was tampered with gives a key that
 * opens nothing (X-Wing rejects implicitly), or VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err intake_decapsulate(struct secret **key,
    const uint8_t enc[static INTAKE_ENC_BYTES], const struct secret *intake_seed);
#endif
