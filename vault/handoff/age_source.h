/*
 * age_source.h - the bytes of an age file, from wherever they come, in armor or not.
 *
 * Layer:   handoff (includes base/ only).
 * Secrets: none: what comes through here is encrypted.
 * Format:  age-encryption.org/v1, "ASCII armor": strict PEM (RFC 7468, figure 3); lines may end in CR LF, and up to 1024
 *          bytes of white space may stand before and behind.
 */
#ifndef VAULT_HANDOFF_AGE_SOURCE_H
#define VAULT_HANDOFF_AGE_SOURCE_H

#include "vault/base/bytes.h"

#define ARMOR_BEGIN "-----BEGIN AGE ENCRYPTED FILE-----"
#define ARMOR_END "-----END AGE ENCRYPTED FILE-----"
#define ARMOR_LINE_BYTES 48u
#define ARMOR_COLUMNS 64u

/* Up to n bytes (n > 0); *got 0 only at the end. */
typedef vault_err age_read_fn(void *ctx, uint8_t *p, size_t n, size_t *got);

struct age_source;

/* Looks whether there is armor. The caller frees. VAULT_ERR_NO_SPACE, or what `read` returns. */
VAULT_CHECK vault_err age_source_new(struct age_source **out, age_read_fn *read, void *ctx);
void age_source_free(struct age_source *s);             /* NULL is fine */
/* n bytes; fewer only at the end. VAULT_ERR_DAMAGED: the armor. */
VAULT_CHECK vault_err age_source_read(struct age_source *s, uint8_t *p, size_t n, size_t *got);
/* Nothing comes any more. VAULT_ERR_DAMAGED: the armor. */
VAULT_CHECK vault_err age_source_at_end(struct age_source *s, bool *end);
/* Append a line with its newline; without one at the end, or when `max` bytes hold none. */
VAULT_CHECK vault_err age_source_line(struct age_source *s, struct buf *out, size_t max);

#endif
