/*
 * hpke.h - one short message to a public key that no quantum computer opens (X-Wing).
 *
 * Layer:   handoff (libsodium only).
 * Secrets: takes and gives raw bytes, borrowed; wipes its own state.
 * Format:  RFC 9180: SealBase and OpenBase with KEM 0x647a (X-Wing: ML-KEM-768 and X25519), KDF HKDF-SHA256, AEAD
 *          ChaCha20-Poly1305, empty aad; the key encapsulation is libsodium's crypto_kem.
 */
#ifndef VAULT_HANDOFF_HPKE_H
#define VAULT_HANDOFF_HPKE_H

#include <stddef.h>
#include <stdint.h>
#include "vault/base/hash.h"

#define HPKE_PK_BYTES 1216u
#define HPKE_ENC_BYTES 1120u
#define HPKE_SEED_BYTES 32u
#define HPKE_EXTRA 16u          /* bytes that a sealed message is longer */

/* The public key of a seed. */
void hpke_public(uint8_t pk[static HPKE_PK_BYTES], const uint8_t seed[static HPKE_SEED_BYTES]);
/* `out` has room for in.n + HPKE_EXTRA bytes. -1: that is no public key. */
VAULT_CHECK int hpke_seal(uint8_t *out, uint8_t enc[static HPKE_ENC_BYTES],
    const uint8_t pk[static HPKE_PK_BYTES], const char *info, struct part in);

enum hpke_opened { HPKE_OPENED, HPKE_NOT_OURS, HPKE_BAD_ENC };
/* `out` has room for sealed.n - HPKE_EXTRA bytes. HPKE_NOT_OURS: for another key, or tampered with. HPKE_BAD_ENC: nobody
 * can have made that encapsulation honestly (a point of low order). */
VAULT_CHECK enum hpke_opened hpke_open(uint8_t *out, const uint8_t enc[static HPKE_ENC_BYTES],
    const uint8_t seed[static HPKE_SEED_BYTES], const char *info, struct part sealed);

#endif
