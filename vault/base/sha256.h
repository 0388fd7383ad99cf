/*
 * sha256.h - SHA-256 of a stream, for what others can check with their own tools.
 *
 * Layer:   base (libcrypto, which uses the processor's instructions for it).
 * Secrets: its state is wiped when it is freed.
 * Format:  docs/format.md, "Records": the value of a file.
 */
#ifndef VAULT_BASE_SHA256_H
#define VAULT_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>
#include "vault/base/err.h"

#define SHA256_BYTES 32

struct sha256;

/* Begins. Caller frees *out. */
VAULT_CHECK vault_err sha256_new(struct sha256 **out);
void sha256_free(struct sha256 *s);                         /* NULL is fine */
VAULT_CHECK vault_err sha256_add(struct sha256 *s, const void *p, size_t n);
/* The digest of what was added; begins anew. */
VAULT_CHECK vault_err sha256_end(struct sha256 *s, uint8_t out[static SHA256_BYTES]);

#endif
