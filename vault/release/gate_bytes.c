/*
 * gate_bytes.c - text inside other text: base64 and hexadecimal; and text in UTF-16.
 *
 * Any word may be base64, and most are not. So whatever bytes come out, only those pieces count that look like text.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "vault/base/text.h"
#include "vault/base/utf8.h"
#include "vault/release/gate_priv.h"

#define PIECE_MIN 5u            /* bytes of UTF-8 in a row */
#define ALL_MIN 4u              /* where it is all there is */
#define UNITS_MIN 3u            /* of UTF-16 */
#define RUN_MAX 49152u          /* digits looked at together; divisible by 4 */
#define OVERLAP 512u            /* and again with the next */

/* ---- pieces of UTF-8 ---- */

static bool
is_text_code(int32_t c)
{
    utf8proc_category_t cat;

    if (c < 0x80)
        return (c >= 0x20 && c < 0x7F) || c == '\n' || c == '\r' || c == '\t';
    cat = utf8proc_category(c);
    return cat != UTF8PROC_CATEGORY_CN && cat != UTF8PROC_CATEGORY_CC && cat != UTF8PROC_CATEGORY_CO && cat != UTF8PROC_CATEGORY_CS;
}

static size_t
source_of(const uint32_t *source, size_t i)
{
    return source == NULL ? i : source[i];
}

static void
put_bytes(struct layer *to, const uint8_t *p, const uint32_t *source, size_t from, size_t end)
{
    for (size_t i = from; i < end; i++)
        layer_put(to, source_of(source, i), p + i, 1);
    layer_break(to, source_of(source, end - 1), LAYER_BREAK);
}

/* Tabs and line ends in every other place: rather UTF-16 of a script that has them in its numbers, as that of Hindi. */
static bool
is_tabs(const uint8_t *p, size_t n)
{
    size_t tabs = 0;

    for (size_t i = 0; i < n; i++)
        tabs += p[i] < 0x20;
    return 3 * tabs > n;
}

/* How many bytes from `at` are text in UTF-8. */
static size_t
text_from(const uint8_t *p, size_t n, size_t at)
{
    size_t end = at;

    while (end < n) {
        int32_t c = 0;
        size_t len = u8_read(&c, p + end, n - end);
        if (len == 0 || !is_text_code(c))
            break;
        end += len;
    }
    return end - at;
}

/* ---- pieces of UTF-16 ---- */

enum block { BLOCK_NONE, BLOCK_ASCII, BLOCK_LATIN, BLOCK_GREEK, BLOCK_CYRILLIC, BLOCK_ARABIC, BLOCK_INDIC, BLOCK_HANGUL, BLOCK_HAN };

/* Marks, disguises and signs count as Latin: they stand in names of any script. The frequent ones in random bytes come first. */
static enum block
block_of(uint32_t c)
{
    if (c >= 0x4E00)
        return c < 0xA000 ? BLOCK_HAN : c >= 0xAC00 && c < 0xD7A4 ? BLOCK_HANGUL :
            (c >= 0xFE00 && c < 0xFE10) || c == 0xFEFF || (c > 0xFF00 && c < 0xFF5F) || (c >= 0x1D400 && c < 0x1D800) ||
            (c >= 0x1F100 && c < 0x1F200) ? BLOCK_LATIN : BLOCK_NONE;
    if (c >= 0x1200)
        return (c >= 0x1E00 && c < 0x1F00) || (c >= 0x2000 && c < 0x2070) || (c >= 0x3000 && c < 0x3004) ? BLOCK_LATIN :
            c >= 0x3040 && c < 0x3100 ? BLOCK_HAN : BLOCK_NONE;
    if (c >= 0x700)
        return c >= 0x1100 ? BLOCK_HANGUL : c >= 0x900 ? BLOCK_INDIC : BLOCK_NONE;
    if (c >= 0x370)
        return c < 0x400 ? BLOCK_GREEK : c < 0x530 ? BLOCK_CYRILLIC : BLOCK_ARABIC;
    if (c >= 0x80)
        return c >= 0xA0 ? BLOCK_LATIN : BLOCK_NONE;
    return is_text_code((int32_t)c) ? BLOCK_ASCII : BLOCK_NONE;
}

static uint32_t
unit_at(const uint8_t *p, bool big)
{
    return big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

/* A code point of one or two units; its bytes. */
static size_t
code_from(uint32_t *c, const uint8_t *p, size_t n, bool big)
{
    uint32_t low;

    *c = unit_at(p, big);
    if (*c < 0xD800 || *c > 0xDBFF || n < 4)
        return 2;
    low = unit_at(p + 2, big);
    if (low < 0xDC00 || low > 0xDFFF)
        return 2;
    *c = 0x10000 + ((*c - 0xD800) << 10) + (low - 0xDC00);
    return 4;
}

struct units {
    enum block script;
    size_t count, end;
    size_t next;                /* where the next may begin: what is Latin between two scripts belongs to both */
};

/* What is text of one script from `at` on, with Latin between. */
static void
read_units(struct units *u, const uint8_t *p, size_t n, size_t at, bool big)
{
    size_t len;
    uint32_t c;

    *u = (struct units){ BLOCK_ASCII, 0, at, at };
    for (; u->end + 2 <= n; u->end += len) {
        enum block b;
        len = code_from(&c, p + u->end, n - u->end, big);
        b = block_of(c);
        if (b > BLOCK_LATIN && u->script > BLOCK_LATIN && u->script != b)
            return;
        if (b == BLOCK_NONE)
            break;
        if (b > BLOCK_LATIN)
            u->next = u->end + len;
        if (b > u->script)
            u->script = b;
        u->count++;
    }
    u->next = u->end;
}

/* Random bytes are Han or Hangul most easily. */
static size_t
units_needed(enum block script, bool all)
{
    return all || script == BLOCK_HANGUL ? UNITS_MIN : UNITS_MIN + 1;
}

static void
put_utf16(struct layer *to, const uint8_t *p, const uint32_t *source, size_t n, size_t phase, bool big)
{
    struct units u;
    uint32_t c;

    for (size_t at = phase; at + 2 <= n; at = u.next > at ? u.next : at + 2) {
        read_units(&u, p, n, at, big);
        if (u.count < units_needed(u.script, u.end - at == n))
            continue;
        for (size_t i = at, len; i < u.end; i += len) {
            len = code_from(&c, p + i, u.end - i, big);
            layer_put_code(to, source_of(source, i), (int32_t)c);
        }
        layer_break(to, source_of(source, at), LAYER_BREAK);
    }
}

static void
put_units(struct layer *to, const uint8_t *p, const uint32_t *source, size_t n)
{
    if (n < 2 * UNITS_MIN)
        return;
    for (size_t phase = 0; phase < 2; phase++)
        for (unsigned big = 0; big < 2; big++)
            put_utf16(to, p, source, n, phase, big != 0);
}

static void
put_other(struct layer *to, const uint8_t *p, const uint32_t *source, size_t from, size_t end)
{
    put_units(to, p + from, source == NULL ? NULL : source + from, end - from);
}

/* A short piece may be UTF-16 as well; what is long and text is no other text. */
#define SURE_MIN 16u

void
put_plausible(struct layer *to, const uint8_t *p, const uint32_t *source, size_t n)
{
    size_t other = 0;           /* where bytes begin that may be UTF-16 */

    for (size_t at = 0; at < n;) {
        size_t len = text_from(p, n, at);
        bool all = len == n;
        if ((len >= PIECE_MIN || (all && n >= ALL_MIN)) && !is_tabs(p + at, len)) {
            put_bytes(to, p, source, at, at + len);
            if (all || len >= SURE_MIN) {
                put_other(to, p, source, other, at);
                other = at + len;
            }
        }
        at += len == 0 ? 1 : len;
    }
    put_other(to, p, source, other, n);
}

/* ---- a file in UTF-16 ---- */

static bool
is_plain(const struct layer *l)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->p[i] < 0x20 && l->p[i] != '\n' && l->p[i] != '\r' && l->p[i] != '\t' && l->p[i] != LAYER_BREAK && l->p[i] != LAYER_CELL)
            return false;
    return text_valid((const char *)l->p, l->n, NULL);
}

void
decode_utf16(struct layer *to, const struct layer *from)
{
    if (!is_plain(from))
        put_units(to, from->p, NULL, from->n);
}

/* ---- base64 ---- */

static int
digit64(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

struct digits {
    uint8_t value[RUN_MAX + 8];
    uint32_t at[RUN_MAX + 8];
    uint8_t byte[RUN_MAX];
    uint32_t source[RUN_MAX];
    size_t n, others;           /* others: that are no small letters */
};

/* A word in small letters, as most are. That base64 has so many of them in a row happens to one text in a hundred thousand. */
#define WORD_DIGITS 12u

/* In each alignment, as nobody says where it begins. */
static void
put_run64(struct layer *to, struct digits *d)
{
    for (size_t phase = 0; phase < 4; phase++) {
        uint32_t bits = 0;
        size_t n = 0;
        unsigned have = 0;

        for (size_t i = phase; i < d->n; i++) {
            bits = bits << 6 | d->value[i];
            have += 6;
            if (have < 8)
                continue;
            have -= 8;
            d->source[n] = d->at[i - 1 + (i == 0)];
            d->byte[n++] = (uint8_t)(bits >> have);
        }
        if (n >= ALL_MIN)
            put_plausible(to, d->byte, d->source, n);
    }
}

/* A line may end within. */
static size_t
over_line(const struct layer *l, size_t at)
{
    size_t to = at;

    while (to < l->n && (l->p[to] == '\r' || l->p[to] == '\n'))
        to++;
    while (to > at && to < l->n && (l->p[to] == ' ' || l->p[to] == '\t'))
        to++;
    return to;
}

static void
keep_tail(struct digits *d)
{
    size_t from = d->n - OVERLAP;

    memmove(d->value, d->value + from, OVERLAP);
    memmove(d->at, d->at + from, OVERLAP * sizeof d->at[0]);
    d->n = OVERLAP;
}

void
decode_base64(struct layer *to, const struct layer *from)
{
    struct digits *d = calloc(1, sizeof *d);

    if (d == NULL) {
        to->bad = true;
        return;
    }
    for (size_t at = 0; at <= from->n; at++) {
        int v = at < from->n ? digit64(from->p[at]) : -1;
        if (v < 0 && d->n > 0 && at < from->n && over_line(from, at) > at) {
            at = over_line(from, at) - 1;
            continue;
        }
        if (v < 0) {
            if (d->n >= 4 && (d->others > 0 || d->n >= WORD_DIGITS))
                put_run64(to, d);
            d->n = d->others = 0;
            continue;
        }
        if (d->n == RUN_MAX) {
            put_run64(to, d);
            keep_tail(d);
        }
        d->others += v < 26 || v > 51;
        d->value[d->n] = (uint8_t)v;
        d->at[d->n++] = (uint32_t)at;
    }
    sodium_memzero(d, sizeof *d);
    free(d);
}

/* ---- hexadecimal ---- */

static int
digit16(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What may stand between two pairs of digits: nothing, or a few of these. */
#define BETWEEN_MAX 5u

static size_t
between_pairs(const uint8_t *p, size_t n)
{
    size_t k = 0;

    while (k < n && k < BETWEEN_MAX && p[k] != 0 && strchr(" ,:;-\\\"'\r\n\t", p[k]) != NULL)
        k++;
    if (k + 1 < n && p[k] == '0' && (p[k + 1] | 0x20) == 'x')
        k += 2;
    else if (k < n && p[k] == 'x')
        k++;
    return k;
}

/* A run of pairs from `at`; where it ends. */
static size_t
read_pairs(struct digits *d, const struct layer *l, size_t at)
{
    d->n = 0;
    while (at + 2 <= l->n && d->n < RUN_MAX / 2) {
        size_t k = d->n == 0 ? 0 : between_pairs(l->p + at, l->n - at);
        int high, low;
        if (at + k + 2 > l->n)
            break;
        high = digit16(l->p[at + k]);
        low = digit16(l->p[at + k + 1]);
        if (high < 0 || low < 0)
            break;
        d->byte[d->n] = (uint8_t)(high << 4 | low);
        d->source[d->n++] = (uint32_t)(at + k);
        at += k + 2;
    }
    return at;
}

void
decode_hex(struct layer *to, const struct layer *from)
{
    struct digits *d = calloc(1, sizeof *d);

    if (d == NULL) {
        to->bad = true;
        return;
    }
    for (size_t at = 0; at + 2 <= from->n;) {
        size_t end;
        if (digit16(from->p[at]) < 0 || digit16(from->p[at + 1]) < 0) {
            at++;
            continue;
        }
        end = read_pairs(d, from, at);
        if (d->n >= ALL_MIN)
            put_plausible(to, d->byte, d->source, d->n);
        if (d->n >= ALL_MIN && read_pairs(d, from, at + 1) > 0 && d->n >= ALL_MIN)     /* one digit stood before them */
            put_plausible(to, d->byte, d->source, d->n);
        at = end > at ? end : at + 1;
    }
    sodium_memzero(d, sizeof *d);
    free(d);
}

/* ---- character sets of before ---- */

static int32_t
windows_1251(uint8_t c)
{
    if (c >= 0xC0)
        return 0x410 + (c - 0xC0);
    switch (c) {
    case 0xA8: return 0x401;
    case 0xB8: return 0x451;
    case 0xAA: return 0x404;
    case 0xBA: return 0x454;
    case 0xAF: return 0x407;
    case 0xBF: return 0x457;
    case 0xB2: return 0x406;
    case 0xB3: return 0x456;
    case 0xA5: return 0x490;
    case 0xB4: return 0x491;
    default: return ' ';
    }
}

static int32_t
koi8(uint8_t c)
{
    static const uint16_t small[32] = { 0x44E, 0x430, 0x431, 0x446, 0x434, 0x435, 0x444, 0x433, 0x445, 0x438, 0x439, 0x43A, 0x43B, 0x43C,
        0x43D, 0x43E, 0x43F, 0x44F, 0x440, 0x441, 0x442, 0x443, 0x436, 0x432, 0x44C, 0x44B, 0x437, 0x448, 0x44D, 0x449, 0x447, 0x44A };

    if (c >= 0xC0)
        return c < 0xE0 ? small[c - 0xC0] : small[c - 0xE0] - 0x20;
    return c == 0xA3 || c == 0xB3 ? 0x451 : ' ';
}

static int32_t
latin_1(uint8_t c)
{
    return c < 0xA0 ? ' ' : c;
}

void
decode_old(struct layer *to, const struct layer *from)
{
    static int32_t (*const set[])(uint8_t c) = { windows_1251, koi8, latin_1 };

    if (from->loose || text_valid((const char *)from->p, from->n, NULL))
        return;
    for (size_t k = 0; k < sizeof set / sizeof set[0]; k++) {
        for (size_t i = 0; i < from->n; i++)
            layer_put_code(to, i, from->p[i] < 0x80 ? from->p[i] : set[k](from->p[i]));
        layer_break(to, from->n, LAYER_BREAK);
    }
}
