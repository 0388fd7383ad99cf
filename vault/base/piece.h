/*
 * piece.h - a long plaintext in sealed pieces: the construction of age's payload (STREAM).
 *
 * Layer:   base (libsodium only).
 * Secrets: takes a raw key, borrowed; plaintext is the caller's to wipe.
 * Format:  docs/format.md, "Notation and primitives": pieces. Each piece has its place and says whether it is the
 *          last, so that pieces cannot be left out, exchanged, repeated or cut off.
 */
#ifndef VAULT_BASE_PIECE_H
#define VAULT_BASE_PIECE_H

#include <stdbool.h>
#include <stdint.h>
#include "vault/base/hash.h"

#define PIECE_EXTRA 16u         /* bytes that a sealed piece is longer */

/* Piece i, counted from 0, under a key that serves for this one plaintext. `out` has room for in.n + PIECE_EXTRA
 * bytes and may begin where `in` does. */
void piece_seal(uint8_t *out, const uint8_t key[static 32], uint64_t i, bool last, struct part in);
/* `out` has room for sealed.n - PIECE_EXTRA bytes and may begin where `sealed` does. 0 when it opens; -1: too short, or not
 * this piece of this plaintext. */
VAULT_CHECK int piece_open(uint8_t *out, const uint8_t key[static 32], uint64_t i, bool last,
    struct part sealed);

#endif
