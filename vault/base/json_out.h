/*
 * json_out.h - text as a JSON string.
 *
 * Layer:   base.
 * Secrets: none kept.
 * Format:  RFC 8259 section 7; valid UTF-8 goes through as it is.
 */
#ifndef VAULT_BASE_JSON_OUT_H
#define VAULT_BASE_JSON_OUT_H

#include "vault/base/bytes.h"
#include "vault/base/hash.h"

/* Append a quoted, escaped string. */
void json_string(struct buf *out, struct part text);
/* Append bytes as a quoted string of hexadecimal digits. */
void json_hex(struct buf *out, struct part bytes);

#endif
