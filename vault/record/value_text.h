/*
 * value_text.h - the canonical form of text: in values, and in the labels and choices of types.
 *
 * Layer:   record, for value.c and type*.c.
 * Secrets: text may be a name: it lives in the caller's buffers only, and in no sentence.
 * Format:  docs/format.md, "Records": NFC, no control characters, not empty.
 */
#ifndef VAULT_RECORD_VALUE_TEXT_H
#define VAULT_RECORD_VALUE_TEXT_H

#include "vault/base/bytes.h"
#include "vault/base/hash.h"

/* Newline and tab are allowed in TEXT_LINES, no other control character anywhere. */
enum text_lines { TEXT_ONE_LINE, TEXT_LINES };

/* Without the blanks at both ends (all of Unicode's); borrowed. */
struct part value_text_trim(const char *s, size_t n);

/* Is it ASCII without a control character, trimmed and not empty? Then it is canonical. */
bool value_text_is_plain(const char *s, size_t n);

/*
 * Append the canonical form of a person's text: trimmed, NFC; in TEXT_LINES the newlines of
 * Windows become plain ones. On failure `out` is as it was.
 * VAULT_ERR_INPUT: empty, not UTF-8, or with a control character ("the text ...").
 */
VAULT_CHECK vault_err value_text_put(struct buf *out, const char *s, size_t n,
    enum text_lines lines);

/* Is it what value_text_put writes? `scratch` is the caller's, to be freed once after any number
 * of texts; where scratch->bad is set there was no memory to find out, and the answer is no. */
bool value_text_is_canonical(struct buf *scratch, const char *s, size_t n, enum text_lines lines);

#endif
