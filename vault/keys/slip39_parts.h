/*
 * slip39_parts.h - what the files of slip39.h have among themselves.
 *
 * Layer:   keys, for vault/keys/slip39*.c and their tests only.
 * Secrets: as in slip39.h. Numbers are words as their places in the list; they are secret from the
 *          fifth on.
 * Format:  SLIP-0039.
 */
#ifndef VAULT_KEYS_SLIP39_PARTS_H
#define VAULT_KEYS_SLIP39_PARTS_H

#include "vault/keys/slip39.h"

#define SLIP39_MIN_WORDS 20u
#define SLIP39_MAX_WORDS 33u

struct slip39_numbers {
    uint16_t at[SLIP39_MAX_WORDS];
    unsigned count;                     /* public */
};

/* slip39_words.c: text and numbers. `text` is filled with zeros behind the words. */
void slip39_write(uint8_t text[static SLIP39_TEXT], const struct slip39_numbers *numbers);
/* VAULT_ERR_INPUT: a word that is none, or more words than a share has. */
VAULT_CHECK vault_err slip39_read(struct slip39_numbers *out, const char *text, size_t n,
    struct slip39_fault *fault);

/* slip39_share.c: numbers and shares. share->value has head.size bytes. */
void slip39_encode(struct slip39_numbers *out, const struct slip39_share *share,
    const uint8_t *value);
VAULT_CHECK vault_err slip39_decode(struct slip39_share *out, const struct slip39_numbers *numbers);

/* slip39_crypt.c: four rounds of Feistel with PBKDF2-HMAC-SHA256, from the encrypted secret (or to
 * it) of head->size bytes. `out` may be `in`. VAULT_ERR_INPUT: the passphrase. */
enum slip39_way { SLIP39_ENCRYPT, SLIP39_DECRYPT };
VAULT_CHECK vault_err slip39_crypt(uint8_t *out, const uint8_t *in, const struct slip39_head *head,
    const struct secret *passphrase, enum slip39_way way);

#endif
