/*
 * utf8.h - one code point in, one code point out, and eight bytes looked at together; small enough
 * to stand in the callers' loops.
 *
 * Layer:   base; for the few files that walk through text (text.c, fold.c, value_text.c, json.c),
 *          everybody else includes text.h.
 * Secrets: none kept.
 * Format:  RFC 3629.
 */
#ifndef VAULT_BASE_UTF8_H
#define VAULT_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The code point at p; returns its bytes, 1 to 4. 0: not UTF-8 (n is at least 1). */
static inline size_t
u8_read(int32_t *cp, const uint8_t *p, size_t n)
{
    uint32_t c = p[0];

    if (c < 0x80) {
        *cp = (int32_t)c;
        return 1;
    }
    if (c < 0xC2 || c > 0xF4)
        return 0;                           /* a continuation, overlong, or over U+10FFFF */
    if (n < 2 || (p[1] & 0xC0) != 0x80)
        return 0;
    c = c << 6 | (p[1] & 0x3Fu);
    if (p[0] < 0xE0) {
        *cp = (int32_t)(c & 0x7FF);
        return 2;
    }
    if (n < 3 || (p[2] & 0xC0) != 0x80)
        return 0;
    c = c << 6 | (p[2] & 0x3Fu);
    if (p[0] < 0xF0) {
        c &= 0xFFFF;
        *cp = (int32_t)c;
        return c < 0x800 || (c >= 0xD800 && c < 0xE000) ? 0 : 3;
    }
    if (n < 4 || (p[3] & 0xC0) != 0x80)
        return 0;
    c = (c << 6 | (p[3] & 0x3Fu)) & 0x1FFFFF;
    *cp = (int32_t)c;
    return c < 0x10000 || c > 0x10FFFF ? 0 : 4;
}

/* Write cp (a valid code point); returns its bytes, 1 to 4. */
static inline size_t
u8_write(uint8_t p[static 4], int32_t cp)
{
    uint32_t c = (uint32_t)cp;

    if (c < 0x80) {
        p[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        p[0] = (uint8_t)(0xC0 | c >> 6);
        p[1] = (uint8_t)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        p[0] = (uint8_t)(0xE0 | c >> 12);
        p[1] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
        p[2] = (uint8_t)(0x80 | (c & 0x3F));
        return 3;
    }
    p[0] = (uint8_t)(0xF0 | c >> 18);
    p[1] = (uint8_t)(0x80 | (c >> 12 & 0x3F));
    p[2] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
    p[3] = (uint8_t)(0x80 | (c & 0x3F));
    return 4;
}

/* ---- eight bytes together, wherever they lie ---- */

#define EACH_BYTE 0x0101010101010101u
#define HIGH_BITS (0x80 * EACH_BYTE)

static inline uint64_t
word_at(const void *p)
{
    uint64_t w;

    memcpy(&w, p, sizeof w);
    return w;
}

/* Not 0: a byte of w is less than n (1 to 0x80). Which one is not said: borrows run on. */
static inline uint64_t
any_below(uint64_t w, uint8_t n)
{
    return (w - n * EACH_BYTE) & ~w & HIGH_BITS;
}

/* Not 0: a byte of w is c. */
static inline uint64_t
any_is(uint64_t w, uint8_t c)
{
    return any_below(w ^ c * EACH_BYTE, 1);
}

/* All in 01..7F. */
static inline bool
all_ascii(uint64_t w)
{
    return ((w | (w - EACH_BYTE)) & HIGH_BITS) == 0;
}

/* All in 20..7E. */
static inline bool
all_printable(uint64_t w)
{
    return ((w | (w - 0x20 * EACH_BYTE) | (w + EACH_BYTE)) & HIGH_BITS) == 0;
}

#endif
