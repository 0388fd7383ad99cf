/*
 * gate_escapes.c - characters written as something else: percent encoding, entities of HTML, backslashes, quoted-printable, CSS.
 *
 * Only the neighbourhood of what was decoded becomes a layer: the rest was searched as it is.
 */
#include <string.h>

#include "vault/base/utf8.h"
#include "vault/release/gate_priv.h"

#define CONTEXT 160u            /* bytes to either side */

struct decoded {
    uint8_t bytes[4];
    size_t n, used;             /* used: 0, nothing is encoded here */
};
typedef void one_fn(struct decoded *out, const uint8_t *p, size_t n);

/* ---- hexadecimal digits ---- */

static int
hex(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Up to `most` digits as a number; how many there were. */
static size_t
hex_number(int32_t *out, const uint8_t *p, size_t n, size_t most)
{
    size_t k = 0;

    for (*out = 0; k < n && k < most && hex(p[k]) >= 0; k++)
        *out = (int32_t)(((uint32_t)*out << 4 | (uint32_t)hex(p[k])) & 0xFFFFFFF);
    return k;
}

static void
is_code(struct decoded *out, int32_t cp, size_t used)
{
    if (cp <= 0 || cp > 0x10FFFF || (cp >= 0xD800 && cp < 0xE000))
        return;
    out->n = u8_write(out->bytes, cp);
    out->used = used;
}

static void
is_byte(struct decoded *out, int32_t byte, size_t used)
{
    out->bytes[0] = (uint8_t)byte;
    out->n = 1;
    out->used = used;
}

/* Four digits, and the second half of a pair behind them, which begins with the same `before` (\u, %u). */
static void
read_utf16(struct decoded *out, const uint8_t *p, size_t n, size_t before)
{
    int32_t cp, low;

    if (n < before + 4 || hex_number(&cp, p + before, 4, 4) < 4)
        return;
    if (cp >= 0xD800 && cp < 0xDC00 && n >= 2 * (before + 4) && memcmp(p, p + before + 4, before) == 0 &&
        hex_number(&low, p + 2 * before + 4, 4, 4) == 4 && low >= 0xDC00 && low < 0xE000)
        is_code(out, 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00), 2 * (before + 4));
    else
        is_code(out, cp, before + 4);
}

/* ---- percent, entities, backslashes ---- */

static void
read_percent(struct decoded *out, const uint8_t *p, size_t n)
{
    int32_t byte;

    if (n >= 3 && hex_number(&byte, p + 1, 2, 2) == 2)
        is_byte(out, byte, 3);
    else if (n >= 6 && (p[1] == 'u' || p[1] == 'U'))
        read_utf16(out, p, n, 2);
}

static void
read_numeric(struct decoded *out, const uint8_t *p, size_t n)
{
    bool hexadecimal = n > 3 && (p[2] == 'x' || p[2] == 'X');
    size_t at = hexadecimal ? 3 : 2, k = 0;
    int32_t cp = 0;

    while (at + k < n && p[at + k] == '0')      /* browsers take any number of zeros */
        if (++k > 16)
            return;
    at += k;
    if (hexadecimal) {
        k += hex_number(&cp, p + at, n - at, 6);
        at += hex_number(&cp, p + at, n - at, 6);
    } else {
        for (; at < n && p[at] >= '0' && p[at] <= '9' && cp < 0x110000; at++, k++)
            cp = cp * 10 + (p[at] - '0');
    }
    if (k > 0)
        is_code(out, cp, at + (at < n && p[at] == ';'));
}

static void
read_entity(struct decoded *out, const uint8_t *p, size_t n)
{
    size_t used = 0;

    if (n > 2 && p[1] == '#') {
        read_numeric(out, p, n);
        return;
    }
    is_code(out, n > 2 ? entity_code(p + 1, n - 1, &used) : 0, 0);
    if (used > 0)
        out->used = 1 + used + (1 + used < n && p[1 + used] == ';');
}

static bool
is_octal(uint8_t c)
{
    return c >= '0' && c <= '7';
}

static void
read_backslash(struct decoded *out, const uint8_t *p, size_t n)
{
    int32_t cp = 0;
    size_t k;

    if (n < 2)
        return;
    if (p[1] == 'u' && n > 3 && p[2] == '{') {
        k = hex_number(&cp, p + 3, n - 3, 6);
        if (3 + k < n && p[3 + k] == '}')
            is_code(out, cp, 4 + k);
    } else if (p[1] == 'u') {
        read_utf16(out, p, n, 2);
    } else if (p[1] == 'U' && n >= 10 && hex_number(&cp, p + 2, 8, 8) == 8) {
        is_code(out, cp, 10);
    } else if (p[1] == 'x' && n >= 4 && hex_number(&cp, p + 2, 2, 2) == 2) {
        is_byte(out, cp, 4);
    } else if (n >= 4 && p[1] <= '3' && is_octal(p[1]) && is_octal(p[2]) && is_octal(p[3])) {
        is_byte(out, (p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'), 4);
    } else if (p[1] == 'n' || p[1] == 'r' || p[1] == 't') {
        is_byte(out, p[1] == 't' ? '\t' : '\n', 2);
    } else if (p[1] == '"' || p[1] == '\\' || p[1] == '/' || p[1] == '\'') {
        is_byte(out, p[1], 2);
    }
}

static void
read_escape(struct decoded *out, const uint8_t *p, size_t n)
{
    if (p[0] == '%')
        read_percent(out, p, n);
    else if (p[0] == '&')
        read_entity(out, p, n);
    else if (p[0] == '\\')
        read_backslash(out, p, n);
}

static void
read_quoted(struct decoded *out, const uint8_t *p, size_t n)
{
    int32_t byte;

    if (p[0] != '=')
        return;
    if (n >= 3 && hex_number(&byte, p + 1, 2, 2) == 2)
        is_byte(out, byte, 3);
    else if (n >= 2 && p[1] == '\n')            /* a line that goes on */
        out->used = 2;
    else if (n >= 3 && p[1] == '\r' && p[2] == '\n')
        out->used = 3;
}

static void
read_css(struct decoded *out, const uint8_t *p, size_t n)
{
    int32_t cp;
    size_t k;

    if (p[0] != '\\')
        return;
    k = hex_number(&cp, p + 1, n - 1, 6);
    if (k >= 2)
        is_code(out, cp, 1 + k + (1 + k < n && (p[1 + k] == ' ' || p[1 + k] == '\n')));
}

/* ---- a layer of neighbourhoods ---- */

static bool
in_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c >= 0x80;
}

/* From here to the end of the word, unless that is far: half a word may be a name that the whole one is not. */
static size_t
word_end(const struct layer *l, size_t at, size_t most)
{
    while (at < l->n && most-- > 0 && in_word(l->p[at]))
        at++;
    while (at < l->n && (l->p[at] & 0xC0) == 0x80)
        at++;
    return at;
}

static void
decode_all(struct layer *to, const struct layer *from, one_fn *one, const bool may[static 256])
{
    const uint8_t *p = from->p;
    size_t copied = 0;          /* so far the layer is made of */
    bool open = false;

    for (size_t at = 0; at < from->n;) {
        struct decoded d = { .used = 0 };
        if (may[p[at]])
            one(&d, p + at, from->n - at);
        if (d.used == 0) {
            at++;
            continue;
        }
        if (at - copied > 2 * CONTEXT) {
            if (open)
                layer_put(to, copied, p + copied, word_end(from, copied + CONTEXT, CONTEXT / 2) - copied);
            layer_break(to, copied, LAYER_BREAK);
            copied = word_end(from, at - CONTEXT, CONTEXT / 2);
        }
        layer_put(to, copied, p + copied, at - copied);
        layer_put(to, at, d.bytes, d.n);
        at += d.used;
        copied = at;
        open = true;
    }
    if (open)
        layer_put(to, copied, p + copied, from->n - copied > CONTEXT ? word_end(from, copied + CONTEXT, CONTEXT / 2) - copied : from->n - copied);
}

void
decode_escapes(struct layer *to, const struct layer *from)
{
    static const bool may[256] = { ['%'] = true, ['&'] = true, ['\\'] = true };

    decode_all(to, from, read_escape, may);
}

void
decode_quoted(struct layer *to, const struct layer *from)
{
    static const bool may[256] = { ['='] = true };

    decode_all(to, from, read_quoted, may);
}

void
decode_css(struct layer *to, const struct layer *from)
{
    static const bool may[256] = { ['\\'] = true };

    decode_all(to, from, read_css, may);
}
