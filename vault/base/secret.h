/*
 * secret.h - the one home a secret has.
 *
 * Layer:   base.
 * Secrets: this is where they live: guarded pages (sodium_malloc), locked where allowed,
 *          wiped at death, never printed.
 * Format:  none.
 */
#ifndef VAULT_BASE_SECRET_H
#define VAULT_BASE_SECRET_H

#include <stddef.h>
#include <stdint.h>
#include "vault/base/err.h"

struct secret;      /* opaque; its size is fixed at birth, its length may be less */

/* Once per process, before anything else: OpenSSL configuration files ignored, sodium_init, no core
 * dumps, not dumpable (except under AddressSanitizer, whose leak check attaches as a debugger
 * does). Idempotent, from any thread. VAULT_ERR_FAILED: one of these was refused. */
VAULT_CHECK vault_err secret_process_init(void);

/* A new secret of `size` bytes (1 to 1 MiB), zeroed, length = size. Caller owns *out.
 * VAULT_ERR_NO_SPACE: no memory. VAULT_ERR_INPUT: size. *out is set only on success. Its last byte
 * ends a page: a size that is a multiple of n is aligned to n. */
VAULT_CHECK vault_err secret_new(struct secret **out, size_t size);

/* A new secret holding a copy of `n` bytes. The caller still wipes `bytes`. */
VAULT_CHECK vault_err secret_copy(struct secret **out, const void *bytes, size_t n);

/* A new secret of `n` random bytes. */
VAULT_CHECK vault_err secret_random(struct secret **out, size_t n);

/* Wipe and free; NULL is fine. */
void secret_free(struct secret *s);

/* Hand over: returns *s and sets *s to NULL. */
struct secret *secret_take(struct secret **s);

const uint8_t *secret_bytes(const struct secret *s);    /* borrowed, dies with s */
uint8_t *secret_edit(struct secret *s);                 /* borrowed, for filling it */
size_t secret_size(const struct secret *s);             /* room, as born */
size_t secret_len(const struct secret *s);              /* bytes in use, <= size */
void secret_set_len(struct secret *s, size_t n);        /* wipes what lies behind n */

/* Constant-time comparison of content; lengths are public. 1 equal, 0 not. */
int secret_equal(const struct secret *a, const struct secret *b);

/* True when some secret could not be locked into memory (a warning, not a failure). */
int secret_lock_failed(void);

#endif
