/*
 * seal.h - a finished revision to the rows that hold it, and rows back to plaintext.
 *
 * Layer:   record. Touches no database: what it makes and takes are bytes.
 * Secrets: borrows the keys; record and blob keys live in wiped memory for the time of one call.
 * Format:  docs/format.md, "Wraps" and "Blobs".
 */
#ifndef VAULT_RECORD_SEAL_H
#define VAULT_RECORD_SEAL_H

#include "vault/keys/intake.h"
#include "vault/record/revision.h"

/* Kinds of wraps (format.md, "Wraps"). */
enum wrap_kind { WRAP_LOG_KEY = 1, WRAP_TAG_KEY = 2, WRAP_RECORD_KEY = 3, WRAP_WITHHELD_KEY = 4 };
#define WRAP_KEY_BYTES (32u + BOX_EXTRA)

/* What sealing and opening need; all borrowed. */
struct seal_keys {
    const uint8_t *vault_id;            /* 16 */
    const struct secret *k_case;
    const struct secret *k_name;        /* keeper; NULL in the case tier */
    const struct secret *intake_key;    /* case tier: this transaction's encapsulation */
    const uint8_t *intake_enc;
};

/* The rows of one revision; parts point into `mem`. */
struct sealed {
    struct buf mem;
    uint8_t pair[RECORD_ID_BYTES + REVISION_ID_BYTES];
    bool has_withheld;
    struct part open, withheld, wrap_withheld;
};
void sealed_free(struct sealed *s);

/* Seal a finished revision under its record's key (32 bytes). */
VAULT_CHECK vault_err seal_revision(struct sealed *out, const struct seal_keys *k,
    const uint8_t record_key[static 32], const struct revision *rev, struct rng_pool *rng);

/* ---- wraps of 32-byte keys ---- */
void wrap_key(uint8_t out[static WRAP_KEY_BYTES], const struct seal_keys *k, enum wrap_kind kind,
    const uint8_t *record /* 16, or NULL */, const uint8_t key[static 32], struct rng_pool *rng);
/* VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err unwrap_key(uint8_t key[static 32], const struct seal_keys *k,
    enum wrap_kind kind, const uint8_t *record, struct part box);

/* ---- opening ---- */

/* Plaintext of the open blob of (rev->record, rev->id) into rev->open. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err unseal_open(struct revision *rev, const struct seal_keys *k,
    const uint8_t record_key[static 32], struct part blob);

/* What lies in the wrap row of a withheld blob. */
struct inner_wrap {
    uint8_t bytes[WRAP_INTAKE_BYTES];
    size_t n;                           /* WRAP_NAME_BYTES or WRAP_INTAKE_BYTES */
};
/* The outer layer (K_case). VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err unwrap_outer(struct inner_wrap *out, const struct seal_keys *k,
    const struct revision *rev, struct part box);
/* Plaintext of the withheld blob into rev->withheld, by the name key. VAULT_ERR_REFUSED in the case tier;
 * VAULT_ERR_DAMAGED; VAULT_ERR_NOT_FOUND (no sentence): the wrap is intake that was not adopted. */
VAULT_CHECK vault_err unseal_withheld(struct revision *rev, const struct seal_keys *k,
    const struct inner_wrap *inner, struct part blob);

#endif
