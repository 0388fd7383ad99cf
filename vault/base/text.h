/*
 * text.h - UTF-8: valid or not, normal form, folding for search, and what is safe on a terminal.
 *
 * Layer:   base (utf8proc).
 * Secrets: a passphrase passes through text_passphrase in guarded memory only; other text is data.
 * Format:  docs/format.md, "Passphrases" and "Text".
 */
#ifndef VAULT_BASE_TEXT_H
#define VAULT_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include "vault/base/bytes.h"
#include "vault/base/secret.h"

/* Valid UTF-8 (no surrogates, no overlong forms, <= U+10FFFF), no zero byte. Fast for ASCII.
 * `bad_at` (may be NULL) receives the offset of the first wrong byte. */
bool text_valid(const char *s, size_t n, size_t *bad_at);

/* NFC of text into `out` (appended). Stored values are NFC. VAULT_ERR_INPUT: not valid. */
VAULT_CHECK vault_err text_nfc(struct buf *out, const char *s, size_t n);

/*
 * A passphrase as it is derived from: valid UTF-8, NFKC, no unassigned code points, not trimmed.
 * *out is a new secret the caller frees. All copies on the way live in guarded memory (utf8proc is
 * used through its decompose/normalise calls on a guarded int32 array, never utf8proc_map).
 * VAULT_ERR_INPUT: empty, over 1024 bytes, not UTF-8, or with an unassigned code point.
 */
VAULT_CHECK vault_err text_passphrase(struct secret **out, const struct secret *typed);

/*
 * Fold for search: NFKD, case folded, marks stripped after Latin, Greek and Cyrillic bases, except
 * where base and mark are a Cyrillic letter of their own (short i U+0439, io U+0451, yi U+0457,
 * short u U+045E and the like: every precomposed one but those with a grave, which is stress).
 * Hangul as jamo, runs of white space as one blank, code points that are never seen (soft hyphen,
 * zero-width ones, variation selectors) left out. NFC and NFD of a text fold alike, and what is
 * folded folds to itself. A table holds the BMP (filled at first use, thread-safe).
 * Appends to out. VAULT_ERR_INPUT: not valid.
 */
VAULT_CHECK vault_err text_fold(struct buf *out, const char *s, size_t n);

/* Append s with control characters, bidi controls and other invisible code points, line and
 * paragraph separators, private use, unassigned and broken bytes shown as <U+202E> or <0x80>;
 * newline and tab are kept when `multiline`. Combining marks are kept. */
void text_escape(struct buf *out, const char *s, size_t n, bool multiline);

/* Columns on a terminal (wide characters count two, combining ones none, broken bytes one). */
size_t text_width(const char *s, size_t n);

/* Nearest of `count` names to `s` by edit distance (at most 2, and less than half the length of s;
 * a swap of neighbours is one step); NULL when none is near, or s is over 64 bytes. */
const char *text_nearest(const char *s, const char *const *names, size_t count);

/* Crockford base32, lower case, no check digit: 16 bytes are 26 characters. */
#define CODE_LEN 26
void code_of(char out[static CODE_LEN + 1], const uint8_t id[static 16]);
/* Parse a prefix of a code (1 to 26 characters; o reads as 0, i and l as 1, case ignored, hyphens
 * are not allowed; a whole code ends in two zero bits). Fills id (zero-padded) and the number of
 * significant bits (at most 128). False: not a code; id and bits are left alone. */
bool code_prefix(uint8_t id[static 16], unsigned *bits, const char *s);

/* The 1024 words of SLIP-0039, sorted; no two share their first four letters. */
extern const char *const words_1024[1024];
/* `count` words, 10 bits each, most significant bit first from `p` (n * 8 >= count * 10),
 * separated by blanks. */
void words_of(struct buf *out, const uint8_t *p, size_t n, unsigned count);

#endif
