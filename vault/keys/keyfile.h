/*
 * keyfile.h - the file `keys`: 4096 bytes that hold the slots, the epoch and a MAC.
 *
 * Layer:   keys (includes base/ only). Touches no disk: the session reads and writes the bytes.
 * Secrets: the epoch secret E goes in and out as a secret; the rest of the file is public.
 * Format:  docs/format.md, section 4.
 */
#ifndef VAULT_KEYS_KEYFILE_H
#define VAULT_KEYS_KEYFILE_H

#include "vault/keys/slot.h"
#include "vault/keys/tree.h"

#define KEYFILE_BYTES 4096
#define KEYFILE_SLOTS 8
#define KEYFILE_VERSION 1u

struct keyfile {
    uint8_t vault_id[VAULT_ID_BYTES];
    uint8_t argon_salt[KDF_SALT_BYTES];
    uint8_t db_salt[16];
    uint64_t sequence;
    struct slot slot[KEYFILE_SLOTS];    /* head.kind == SLOT_EMPTY where free */
    uint8_t epoch_box[80];
    uint8_t mac[32];
};

/*
 * Decode and judge everything that needs no key: magic, checksum, version, slots, zero filler, at
 * most two distinct costs. In this order: VAULT_ERR_INPUT "not a vault" (neither the magic nor
 * the checksum is right), VAULT_ERR_DAMAGED (checksum or magic alone wrong, size wrong, or contents
 * break a rule), VAULT_ERR_FAILED (checksum right, newer version: says so).
 */
VAULT_CHECK vault_err keyfile_decode(struct keyfile *out, const void *bytes, size_t n);

/* Encode, seal the epoch (number, E), compute MAC (under K_keys) and checksum; kf gets the new
 * epoch box and MAC. On any error out and kf are left as they were. VAULT_ERR_REFUSED: a third
 * distinct cost. VAULT_ERR_FAILED: keyfile_decode would not take the result. */
VAULT_CHECK vault_err keyfile_encode(uint8_t out[static KEYFILE_BYTES], struct keyfile *kf,
    const struct key_tree *tree, uint64_t epoch_number, const struct secret *e);

/* Check the MAC and open the epoch. *e: 32 bytes, caller frees. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err keyfile_open_epoch(uint64_t *epoch_number, struct secret **e,
    const struct keyfile *kf, const struct key_tree *tree);

/* Is there a slot of the keeper tier (shares are)? */
bool keyfile_has_keeper(const struct keyfile *kf);

/* As if it had never been used. */
void keyfile_clear_slot(struct keyfile *kf, unsigned slot);

#endif
