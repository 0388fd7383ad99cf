/*
 * sign.h - Ed25519 under a seed that stays in guarded memory.
 *
 * Layer:   base.
 * Secrets: the expanded key lives in a secret for the time of one call.
 * Format:  docs/format.md, section 1: the message is label | 00 | 32-byte hash. sign_bytes alone has no label.
 */
#ifndef VAULT_BASE_SIGN_H
#define VAULT_BASE_SIGN_H

#include <stdint.h>
#include "vault/base/hash.h"
#include "vault/base/secret.h"

/* On any error pk and sig are left as they were. VAULT_ERR_FAILED: a seed that is not 32 bytes, a
 * label of more than 30. */
VAULT_CHECK vault_err sign_public(uint8_t pk[static 32], const struct secret *seed);
VAULT_CHECK vault_err sign_hash(uint8_t sig[static 64], const struct secret *seed,
    const char *label, const uint8_t hash[static 32]);
/* Bytes as they are, for formats of others. With these no message of ours may be meant: none of ours has 64 bytes or more. */
VAULT_CHECK vault_err sign_bytes(uint8_t sig[static 64], const struct secret *seed,
    struct part message);
/* 1 valid, 0 not. Small-order and non-canonical keys are refused by libsodium. */
int sign_verify(const uint8_t sig[static 64], const uint8_t pk[static 32], const char *label,
    const uint8_t hash[static 32]);

#endif
