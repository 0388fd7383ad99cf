/*
 * slot.h - wrap the vault's two secrets under one passphrase (or key), and find them again.
 *
 * Layer:   keys (includes base/ only).
 * Secrets: borrows what it is given; every result is a new secret the caller frees.
 * Format:  docs/format.md, section 5.
 */
#ifndef VAULT_KEYS_SLOT_H
#define VAULT_KEYS_SLOT_H

#include <stdint.h>
#include "vault/keys/kdf.h"

#define SLOT_BYTES 264
#define SLOT_ID_BYTES 8
#define VAULT_ID_BYTES 16

enum slot_kind { SLOT_EMPTY = 0, SLOT_PASS = 1, SLOT_PASS_KEYFILE = 2, SLOT_SHARES = 3 };
enum slot_tier { TIER_CASE = 1, TIER_KEEPER = 2 };

struct slot_header {
    uint8_t id[SLOT_ID_BYTES];
    uint8_t index;              /* place in the table, 0 to 7 */
    enum slot_kind kind;
    enum slot_tier tier;
    struct kdf_cost cost;       /* all zero for shares */
};

/* A slot as it lies in the file. */
struct slot {
    struct slot_header head;
    uint8_t commitment[32];
    uint8_t box1[72];           /* slot secret under the wrap key */
    uint8_t box2[136];          /* ephemeral key | box of VMK and X under the slot key */
};

/* What a slot secret gives. */
struct slot_keys {
    struct secret *slot_secret; /* 32 */
    struct secret *slot_key;    /* 32: opens box 2; also kept under K_name */
    struct secret *x25519;      /* 32: secret scalar */
    struct secret *author_seed; /* 32: Ed25519 */
    uint8_t x25519_pk[32];
    uint8_t author_pk[32];
};
void slot_keys_free(struct slot_keys *k);       /* frees and zeroes; empty is fine */
/* Derive everything from a slot secret (borrowed, copied). */
VAULT_CHECK vault_err slot_keys_derive(struct slot_keys *out, const struct secret *slot_secret);

/* Read a slot from its 264 bytes. VAULT_ERR_DAMAGED: unknown kind or tier, cost out of limits, an
 * empty slot that is not all zero, a wrong index, shares in the case tier or with a cost. */
VAULT_CHECK vault_err slot_decode(struct slot *out, const uint8_t bytes[static SLOT_BYTES],
    unsigned index);
void slot_encode(uint8_t bytes[static SLOT_BYTES], const struct slot *s);

/*
 * Fill `out` for header `head`: S opens it (32 bytes; from kdf_derive, kdf_with_keyfile, or
 * shares). Seals slot_keys->slot_secret in box 1 and vmk | x (32 each) in box 2. VAULT_ERR_FAILED:
 * such a header would not be read back (kind, tier, cost; shares are tier keeper). On any error
 * *out is left as it was.
 */
VAULT_CHECK vault_err slot_seal(struct slot *out, const struct slot_header *head,
    const uint8_t vault_id[static VAULT_ID_BYTES], const struct secret *s,
    const struct slot_keys *keys, const struct secret *vmk, const struct secret *x);

/* Box 2 alone, anew, by a keeper who has the slot key and the public key (rekey).
 * VAULT_ERR_DAMAGED: the public key is one of low order; the slot is left as it was. */
VAULT_CHECK vault_err slot_reseal(struct slot *slot, const struct secret *slot_key,
    const uint8_t x25519_pk[static 32], const struct secret *vmk, const struct secret *x);

/* Does S fit? Compares the commitment in constant time, before any AEAD is tried. 1 yes, 0 no. */
int slot_fits(const struct slot *slot, const uint8_t vault_id[static VAULT_ID_BYTES],
    const struct secret *s);

/*
 * Open with an S that fits. On VAULT_OK keys, *vmk and *x belong to the caller.
 * VAULT_ERR_KEY: the commitment does not match. VAULT_ERR_DAMAGED: it matches and a box does not
 * open. On any error the outputs are left as they were.
 */
VAULT_CHECK vault_err slot_open(struct slot_keys *keys, struct secret **vmk, struct secret **x,
    const struct slot *slot, const uint8_t vault_id[static VAULT_ID_BYTES],
    const struct secret *s);

#endif
