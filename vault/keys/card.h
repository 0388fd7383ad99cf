/*
 * card.h - the public halves of a vault, signed by its keeper key.
 *
 * Layer:   keys (includes base/ only).
 * Secrets: reads the key tree; the card itself is public.
 * Format:  docs/format.md, section 7.
 */
#ifndef VAULT_KEYS_CARD_H
#define VAULT_KEYS_CARD_H

#include "vault/base/bytes.h"
#include "vault/keys/slot.h"
#include "vault/keys/tree.h"

#define XWING_PK_BYTES 1216

struct card {
    uint8_t vault_id[VAULT_ID_BYTES];
    uint8_t keeper_pk[32];                      /* Ed25519 */
    uint8_t intake_pk[XWING_PK_BYTES];
    uint8_t keeper_recipient[XWING_PK_BYTES];   /* age mlkem768x25519 */
    uint8_t case_recipient[XWING_PK_BYTES];
};

/* Build the card of a keeper's tree; the same tree gives the same bytes. Appends to out.
 * VAULT_ERR_KEY: a tree of the case tier. */
VAULT_CHECK vault_err card_build(struct buf *out, const struct key_tree *t,
    const uint8_t vault_id[static VAULT_ID_BYTES]);
/* Read a card and check its signature and sizes. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err card_read(struct card *out, const void *bytes, size_t n);
/* H("withheld:card:1", bytes): what a case slot pins as X. */
void card_hash(uint8_t out[static 32], const void *bytes, size_t n);

#endif
