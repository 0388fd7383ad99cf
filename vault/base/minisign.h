/*
 * minisign.h - public keys and signature files that the stock `minisign` program takes.
 *
 * Layer:   base.
 * Secrets: borrows the signing seed; the expanded key lives in a secret for the time of one call.
 * Format:  https://jedisct1.github.io/minisign/, the prehashed kind ("ED"); docs/format.md, "Statements".
 */
#ifndef VAULT_BASE_MINISIGN_H
#define VAULT_BASE_MINISIGN_H

#include <stdbool.h>
#include "vault/base/bytes.h"
#include "vault/base/hash.h"
#include "vault/base/secret.h"

#define MINISIGN_KEY_CHARS 56       /* what -P takes */
#define MINISIGN_FILE_MAX 1024u     /* bytes of a .minisig */
#define MINISIGN_COMMENT_MAX 512u

/* The public key as one word, zero-terminated. Its key number follows from the key. */
void minisign_key(char out[static MINISIGN_KEY_CHARS + 1], const uint8_t pk[static 32]);
/* The file for -p, appended to out. */
void minisign_public(struct buf *out, const uint8_t pk[static 32]);
/*
 * The .minisig of a file whose BLAKE2b-512 is `hash`, appended to out. `comment` is signed with it: one line of
 * text, at most MINISIGN_COMMENT_MAX bytes. VAULT_ERR_FAILED: it is not, or the seed has not 32 bytes.
 */
VAULT_CHECK vault_err minisign_sign(struct buf *out, const struct secret *seed,
    const uint8_t hash[static 64], const char *comment);

/* The public key that such a word stands for. False: it is none, or the number in it is not the one that minisign_key gives: keys of
 * others have a number by lot. */
bool minisign_key_read(uint8_t pk[static 32], const char *word);
/*
 * Is `file` (any bytes) the .minisig that minisign_sign makes of this hash with the key of pk? To the last byte: also what stock minisign leaves
 * unsigned. *comment (or NULL) is the signed comment, a part of `file`; it is filled only when true.
 */
bool minisign_verify(struct part file, const uint8_t pk[static 32], const uint8_t hash[static 64], struct part *comment);

#endif
