/*
 * bech32.h - bytes as text with a checksum that notices what was mistyped: recipients and identities of age.
 *
 * Layer:   handoff (includes base/ only).
 * Secrets: may be those of an identity: nothing branches or indexes by a character or a byte, except by what
 *          everybody may know (how long the text is, its prefix, and whether it is good).
 * Format:  BIP 173 without a limit of length, as age-encryption.org/v1 has it.
 */
#ifndef VAULT_HANDOFF_BECH32_H
#define VAULT_HANDOFF_BECH32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vault/base/err.h"

#define BECH32_DATA_MAX 2048u           /* bytes that are written or read at most */
/* Characters of n bytes behind a prefix of `hrp` characters, without a zero byte. */
#define BECH32_CHARS(hrp, n) ((hrp) + 1u + ((n) * 8u + 4u) / 5u + 6u)

/* BECH32_CHARS characters of n bytes (at most BECH32_DATA_MAX) into out, without a zero byte. `hrp`: the prefix in lower
 * case; `upper`: all in upper case. */
void bech32_write(char *out, const char *hrp, const uint8_t *bytes, size_t n, bool upper);

enum bech32_fault {
    BECH32_GOOD,
    BECH32_OTHER,           /* does not begin with that prefix, in either case */
    BECH32_MIXED,           /* both cases */
    BECH32_LENGTH,          /* not the length of that many bytes */
    BECH32_WRONG            /* a character that is none, or the checksum: mistyped */
};
/* Exactly n bytes out of a text of `len` characters. On any fault out is wiped. */
VAULT_CHECK enum bech32_fault bech32_read(uint8_t *out, size_t n, const char *hrp, const char *text,
    size_t len);

#endif
