/*
 * intake.h - the wrap of a withheld blob's key: by K_name, or sealed to the card (X-Wing).
 *
 * Layer:   keys (includes base/ only).
 * Secrets: blob keys pass through as 32 raw bytes, borrowed; nothing is kept.
 * Format:  docs/format.md, section 9.
 */
#ifndef VAULT_KEYS_INTAKE_H
#define VAULT_KEYS_INTAKE_H

#include "vault/base/hash.h"
#include "vault/keys/card.h"

#define INTAKE_ENC_BYTES 1120
#define WRAP_NAME 1u
#define WRAP_INTAKE 2u
#define WRAP_NAME_BYTES 73u      /* how 1 | box 72 */
#define WRAP_INTAKE_BYTES 105u   /* how 1 | hash of enc 32 | box 72 */

/* Wrap under K_name. aad as in format.md. */
void wrap_by_name(uint8_t out[static WRAP_NAME_BYTES], const struct secret *k_name,
    struct part aad, const uint8_t blob_key[static 32], const uint8_t nonce[static 24]);

/* One encapsulation to a card: *key is 32 bytes (caller frees), enc goes into the database once per
 * transaction. VAULT_ERR_DAMAGED: the card's key is not one; outputs left as they were. */
VAULT_CHECK vault_err intake_encapsulate(struct secret **key, uint8_t enc[static INTAKE_ENC_BYTES],
    const struct card *card);
/* VAULT_ERR_KEY: a tree of the case tier. An enc that was tampered with gives a key that opens
 * nothing (X-Wing rejects implicitly), or VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err intake_decapsulate(struct secret **key,
    const uint8_t enc[static INTAKE_ENC_BYTES], const struct key_tree *t);
void wrap_by_intake(uint8_t out[static WRAP_INTAKE_BYTES], const struct secret *intake_key,
    const uint8_t enc[static INTAKE_ENC_BYTES], struct part aad,
    const uint8_t blob_key[static 32], const uint8_t nonce[static 24]);

/* Open either kind's box (the 72 bytes at its end). 0 when it opens, -1 when not (blob_key is left
 * as it was). */
VAULT_CHECK int wrap_open(uint8_t blob_key[static 32], const struct secret *key, struct part aad,
    const uint8_t box[static 72]);

#endif
