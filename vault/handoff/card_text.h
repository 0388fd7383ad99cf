/*
 * card_text.h - a vault's card as a file that people send each other.
 *
 * Layer:   handoff (includes keys/, base/).
 * Secrets: none: a card is public.
 * Format:  docs/format.md, section 22: lines for people, which are not read back, and the card in base64.
 */
#ifndef VAULT_HANDOFF_CARD_TEXT_H
#define VAULT_HANDOFF_CARD_TEXT_H

#include "vault/keys/card.h"

#define CARD_BYTES_MAX 8192u            /* of a card */
#define CARD_TEXT_MAX ((size_t)64 << 10)
#define CARD_WORDS 12u                  /* of its fingerprint: 120 bits of its hash */

/* Append the file of a card of n bytes, which is good. */
VAULT_CHECK vault_err card_text_write(struct buf *out, const void *card, size_t n);
/* Append the bytes of the one card in a text. VAULT_ERR_INPUT: there is none, or several, it is not whole, or its signature is wrong. */
VAULT_CHECK vault_err card_text_read(struct buf *out, const char *text, size_t n);
/* The words of a fingerprint (a card's hash), appended. */
void card_words(struct buf *out, const uint8_t hash[static 32]);
/* The recipients of a card, zero-terminated. */
enum card_recipient { CARD_CASE, CARD_KEEPER };
#define CARD_RECIPIENT_ROOM 1960u
void card_recipient(char out[static CARD_RECIPIENT_ROOM], const struct card *c, enum card_recipient which);

#endif
