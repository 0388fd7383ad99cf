/*
 * Planted leaks: names in many spellings, disguised, encoded, in each kind of file and place. The gate finds every one.
 *
 * Encoders here are written for this test and share nothing with the gate's decoders. GATE_PLANTS=N plants N drawn by lot (2000), GATE_PLANTS=all
 * each combination; GATE_SEED chooses another lot.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "vault/base/bytes.h"
#include "vault/release/gate.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* ---- the vault: persons.csv of the cases ---- */

static const struct { uint32_t record; const char *name; } NAMES[] = {
    { 1, "Choe Myong Bok" }, { 1, "Choi Myung-bok" }, { 1, "최명복" }, { 1, "Чхве Мён Бок" }, { 1, "Цой Мён Бок" }, { 3, "Ryu En Nam" },
    { 3, "Рю Эн Нам" }, { 4, "Yelena Kogai" }, { 4, "Елена Когай" }, { 5, "Olga Tseytlina" }, { 5, "Ольга Цейтлина" },
    { 6, "Svetlana Gannushkina" }, { 6, "Светлана Ганнушкина" },
};

/* As they are planted; `known`: letter for letter in the vault, so that no disguise may hide it. */
static const struct spelling { uint32_t record; bool known; const char *given, *rest; } SPELLINGS[] = {
    { 1, true, "Choi", "Myung-bok" }, { 1, true, "Choe", "Myong Bok" }, { 1, true, "최", "명복" }, { 1, true, "Чхве", "Мён Бок" },
    { 1, true, "Цой", "Мён Бок" }, { 1, true, "Myung-bok", "Choi" }, { 1, false, "Ch'oe", "Myŏng-bok" }, { 1, false, "Choi", "Myeong-bok" },
    { 1, false, "Choe", "Myong-bok" }, { 3, true, "Ryu", "En Nam" }, { 3, true, "Рю", "Эн Нам" }, { 4, true, "Yelena", "Kogai" },
    { 4, true, "Елена", "Когай" }, { 4, true, "Kogai", "Yelena" }, { 4, false, "Elena", "Kogay" }, { 5, true, "Olga", "Tseytlina" },
    { 5, true, "Ольга", "Цейтлина" }, { 5, false, "Olga", "Tseitlina" }, { 6, true, "Svetlana", "Gannushkina" },
    { 6, true, "Светлана", "Ганнушкина" }, { 6, true, "Gannushkina", "Svetlana" }, { 6, false, "Svitlana", "Hannushkina" },
};

/* ---- letters ---- */

static size_t
code_at(const uint8_t *p, uint32_t *cp)
{
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;

    *cp = n == 1 ? p[0] : p[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++)
        *cp = *cp << 6 | (p[i] & 0x3Fu);
    return n;
}

static void
put_code(struct buf *out, uint32_t cp)
{
    if (cp < 0x80) {
        buf_u8(out, (uint8_t)cp);
    } else if (cp < 0x800) {
        buf_u8(out, (uint8_t)(0xC0 + cp / 64));
        buf_u8(out, (uint8_t)(0x80 + cp % 64));
    } else if (cp < 0x10000) {
        buf_u8(out, (uint8_t)(0xE0 + cp / 4096));
        buf_u8(out, (uint8_t)(0x80 + cp / 64 % 64));
        buf_u8(out, (uint8_t)(0x80 + cp % 64));
    } else {
        buf_u8(out, (uint8_t)(0xF0 + cp / 262144));
        buf_u8(out, (uint8_t)(0x80 + cp / 4096 % 64));
        buf_u8(out, (uint8_t)(0x80 + cp / 64 % 64));
        buf_u8(out, (uint8_t)(0x80 + cp % 64));
    }
}

static bool
is_letter(uint32_t cp)
{
    return cp >= 0xC0 ? cp < 0x2000 || cp > 0x2FFF : (cp >= 'A' && cp <= 'Z') || (cp >= 'a' && cp <= 'z');
}

/* ---- disguises: what is done to the letters ---- */

enum shape {
    SHAPE_NONE, SHAPE_LOWER, SHAPE_UPPER, SHAPE_JOINED, SHAPE_LOWER_JOINED, SHAPE_UNDERSCORE, SHAPE_ZERO_WIDTH, SHAPE_SOFT_HYPHEN, SHAPE_TWINS,
    SHAPE_FULL_WIDTH, SHAPE_BOLD, SHAPE_BLANKS, SHAPE_DOTS, SHAPE_HYPHENS, SHAPE_DECOMPOSED, SHAPE_MARKS, SHAPE_NO_BREAK, SHAPE_CIRCLED, SHAPES
};
static const char *const SHAPE_NAMES[SHAPES] = { "plain", "lower case", "upper case", "joined", "lower case joined", "underscore", "zero-width",
    "soft hyphens", "twins", "full width", "mathematical bold", "blanks between letters", "dots between letters",
    "hyphens between letters", "decomposed", "marks on letters", "no-break space", "circled" };

static uint32_t
lower(uint32_t c)
{
    if ((c >= 'A' && c <= 'Z') || (c >= 0x410 && c <= 0x42F))
        return c + 32;
    return c == 0x401 ? 0x451 : c;
}

static uint32_t
upper(uint32_t c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 0x430 && c <= 0x44F))
        return c - 32;
    return c == 0x451 ? 0x401 : c == 0x14F ? 0x14E : c;
}

/* A letter of the other alphabet that looks the same. */
static uint32_t
twin(uint32_t c, size_t nth)
{
    static const uint32_t pair[][2] = { { 'a', 0x430 }, { 'e', 0x435 }, { 'o', 0x43E }, { 'p', 0x440 }, { 'c', 0x441 }, { 'y', 0x443 },
        { 'x', 0x445 }, { 'i', 0x456 }, { 'C', 0x421 }, { 'M', 0x41C }, { 'K', 0x41A }, { 'O', 0x41E }, { 'B', 0x412 }, { 'E', 0x415 } };

    for (size_t i = 0; nth % 2 == 0 && i < COUNT(pair); i++)
        for (unsigned k = 0; k < 2; k++)
            if (pair[i][k] == c)
                return pair[i][1 - k];
    return c;
}

static void
put_shaped(struct buf *out, uint32_t c, enum shape shape, size_t nth)
{
    bool letter = is_letter(c);

    if (shape == SHAPE_LOWER || shape == SHAPE_LOWER_JOINED)
        c = lower(c);
    if (shape == SHAPE_UPPER)
        c = upper(c);
    if (shape == SHAPE_TWINS)
        c = twin(c, nth);
    if (shape == SHAPE_FULL_WIDTH && letter && c < 0x80)
        c += 0xFEE0;
    if (shape == SHAPE_BOLD && letter && c < 0x80)
        c = c >= 'a' ? 0x1D41A + c - 'a' : 0x1D400 + c - 'A';
    if (shape == SHAPE_CIRCLED && letter && c < 0x80)
        c = 0x1F150 + upper(c) - 'A';
    if (!letter && (shape == SHAPE_JOINED || shape == SHAPE_LOWER_JOINED))
        return;
    if (c == ' ' && shape == SHAPE_UNDERSCORE)
        c = '_';
    if (c == ' ' && shape == SHAPE_NO_BREAK)
        c = 0xA0;
    if (shape == SHAPE_DECOMPOSED && (c == 0x451 || c == 0x439)) {
        put_code(out, c == 0x451 ? 0x435 : 0x438);
        c = c == 0x451 ? 0x308 : 0x306;
    }
    if (shape == SHAPE_DECOMPOSED && c >= 0xAC00 && c < 0xD7A4) {
        put_code(out, 0x1100 + (c - 0xAC00) / 588);
        put_code(out, 0x1161 + (c - 0xAC00) % 588 / 28);
        if ((c - 0xAC00) % 28 != 0)
            put_code(out, 0x11A7 + (c - 0xAC00) % 28);
        return;
    }
    put_code(out, c);
    if (shape == SHAPE_MARKS && letter && c < 0x80 && nth % 2 == 0)
        put_code(out, 0x301);
}

static void
disguise(struct buf *out, const char *text, enum shape shape)
{
    static const uint32_t between[SHAPES] = { [SHAPE_ZERO_WIDTH] = 0x200B, [SHAPE_SOFT_HYPHEN] = 0xAD, [SHAPE_BLANKS] = ' ', [SHAPE_DOTS] = '.',
        [SHAPE_HYPHENS] = '-' };
    const uint8_t *p = (const uint8_t *)text;
    bool letters = false;
    uint32_t c;

    for (size_t at = 0, nth = 0; p[at] != '\0'; nth++) {
        at += code_at(p + at, &c);
        if (between[shape] != 0 && letters && is_letter(c))
            put_code(out, between[shape]);
        letters = is_letter(c);
        put_shaped(out, c, shape, nth);
    }
}

/* ---- encodings ---- */

enum encoding {
    ENC_NONE, ENC_PERCENT, ENC_PERCENT_LOWER, ENC_PERCENT_U, ENC_DECIMAL, ENC_HEX_ENTITY, ENC_BARE_ENTITY, ENC_NAMED, ENC_JSON, ENC_BRACES, ENC_BACKSLASH_X,
    ENC_OCTAL, ENC_QUOTED, ENC_CSS, ENC_BASE64, ENC_BASE64_URL, ENC_BASE64_1, ENC_BASE64_2, ENC_BASE64_WRAPPED, ENC_HEX, ENC_HEX_UPPER, ENC_HEX_SPACED,
    ENC_HEX_0X, ENC_HEX_X, ENC_UTF16LE, ENC_UTF16BE, ENC_1251, ENCODINGS
};
static const char *const ENC_NAMES[ENCODINGS] = { "none", "percent", "percent, small", "%u", "decimal entities", "hexadecimal entities", "entities without semicolon",
    "named entities", "\\u", "\\u{}", "\\x", "octal", "quoted-printable", "CSS", "base64", "base64 for addresses", "base64 one off", "base64 two off",
    "base64 wrapped", "hexadecimal", "hexadecimal, capitals", "hexadecimal with blanks", "0x", "\\x of all", "UTF-16LE", "UTF-16BE", "Windows-1251" };

static void
put_base64(struct buf *out, const uint8_t *p, size_t n, const char *ends, bool pad, size_t wrap)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    size_t column = 0;

    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
        size_t chars = n - i == 1 ? 2 : n - i == 2 ? 3 : 4;
        for (size_t k = 0; k < 4; k++) {
            uint32_t d = v >> (18 - 6 * k) & 63;
            if (wrap > 0 && column++ == wrap) {
                buf_str(out, "\r\n");
                column = 1;
            }
            if (k < chars)
                buf_u8(out, (uint8_t)(d < 62 ? letters[d] : ends[d - 62]));
            else if (pad)
                buf_u8(out, '=');
        }
    }
}

static void
put_utf16_unit(struct buf *out, uint32_t unit, bool big)
{
    buf_u8(out, (uint8_t)(big ? unit >> 8 : unit & 255));
    buf_u8(out, (uint8_t)(big ? unit & 255 : unit >> 8));
}

static void
put_utf16(struct buf *out, const uint8_t *p, size_t n, bool big)
{
    uint32_t c;

    for (size_t at = 0; at < n;) {
        at += code_at(p + at, &c);
        if (c >= 0x10000) {
            put_utf16_unit(out, 0xD800 + (c - 0x10000) / 1024, big);
            c = 0xDC00 + (c - 0x10000) % 1024;
        }
        put_utf16_unit(out, c, big);
    }
}

static void
encode_code(struct buf *out, uint32_t c, enum encoding e)
{
    static const struct { uint32_t cp; const char *name; } named[] = { { 0x426, "TScy" }, { 0x43E, "ocy" }, { 0x439, "jcy" }, { 0x41C, "Mcy" }, { 0x451, "iocy" },
        { 0x43D, "ncy" }, { 0x411, "Bcy" }, { 0x43A, "kcy" }, { 0x420, "Rcy" }, { 0x44E, "yucy" }, { 0x41D, "Ncy" }, { 0x430, "acy" }, { 0x43C, "mcy" },
        { ' ', "nbsp" }, { '-', "hyphen" }, { 0x435, "iecy" }, { 0x421, "Scy" }, { 0x432, "vcy" } };
    uint32_t high = 0xD800 + (c - 0x10000) / 1024, low = 0xDC00 + (c - 0x10000) % 1024;

    switch (e) {
    case ENC_PERCENT_U: buf_fmt(out, c < 0x10000 ? "%%u%04X" : "%%u%04X%%u%04X", c < 0x10000 ? c : high, low); break;
    case ENC_JSON: buf_fmt(out, c < 0x10000 ? "\\u%04x" : "\\u%04x\\u%04x", c < 0x10000 ? c : high, low); break;
    case ENC_BRACES: buf_fmt(out, "\\u{%x}", c); break;
    case ENC_DECIMAL: buf_fmt(out, "&#%u;", c); break;
    case ENC_HEX_ENTITY: buf_fmt(out, "&#x%X;", c); break;
    case ENC_BARE_ENTITY: buf_fmt(out, "&#0%u", c); break;
    case ENC_CSS: buf_fmt(out, "\\%x ", c); break;
    default:
        for (size_t i = 0; i < COUNT(named); i++)
            if (named[i].cp == c) {
                buf_fmt(out, "&%s;", named[i].name);
                return;
            }
        put_code(out, c);
    }
}

static void
encode_byte(struct buf *out, uint8_t b, enum encoding e)
{
    bool plain = b < 0x80 && is_letter(b);

    /* These three leave some letters as they are. */
    if (plain && (e == ENC_PERCENT_LOWER || e == ENC_BACKSLASH_X || e == ENC_QUOTED) && b % 3 == 0)
        buf_u8(out, b);
    else
        switch (e) {
        case ENC_OCTAL: buf_fmt(out, "\\%03o", b); break;
        case ENC_PERCENT: buf_fmt(out, "%%%02X", b); break;
        case ENC_PERCENT_LOWER: buf_fmt(out, "%%%02x", b); break;
        case ENC_BACKSLASH_X: case ENC_HEX_X: buf_fmt(out, "\\x%02x", b); break;
        case ENC_QUOTED: buf_fmt(out, "=%02X", b); break;
        case ENC_HEX_UPPER: buf_fmt(out, "%02X", b); break;
        case ENC_HEX_SPACED: buf_fmt(out, "%02x ", b); break;
        case ENC_HEX_0X: buf_fmt(out, "0x%02x, ", b); break;
        default: buf_fmt(out, "%02x", b);
        }
}

static void
encode_1251(struct buf *out, const uint8_t *p, size_t n)
{
    uint32_t c;

    for (size_t at = 0; at < n;) {
        at += code_at(p + at, &c);
        buf_u8(out, (uint8_t)(c < 0x80 ? c : c == 0x451 ? 0xB8 : c == 0x401 ? 0xA8 : c >= 0x410 && c < 0x450 ? c - 0x410 + 0xC0 : '?'));
    }
}

static void
encode(struct buf *out, const uint8_t *p, size_t n, enum encoding e)
{
    struct buf padded = BUF_INIT;
    uint32_t c;

    switch (e) {
    case ENC_NONE: buf_put(out, p, n); break;
    case ENC_UTF16LE: put_utf16(out, p, n, false); break;
    case ENC_UTF16BE: put_utf16(out, p, n, true); break;
    case ENC_1251: encode_1251(out, p, n); break;
    case ENC_BASE64: put_base64(out, p, n, "+/", true, 0); break;
    case ENC_BASE64_URL: put_base64(out, p, n, "-_", false, 0); break;
    case ENC_BASE64_WRAPPED: put_base64(out, p, n, "+/", true, 10); break;
    case ENC_BASE64_1: case ENC_BASE64_2:
        buf_str(&padded, e == ENC_BASE64_1 ? "," : ", ");
        buf_put(&padded, p, n);
        put_base64(out, padded.p, padded.n, "+/", true, 0);
        break;
    case ENC_PERCENT_U: case ENC_JSON: case ENC_BRACES: case ENC_DECIMAL: case ENC_HEX_ENTITY: case ENC_BARE_ENTITY: case ENC_CSS: case ENC_NAMED:
        for (size_t at = 0; at < n;) {
            at += code_at(p + at, &c);
            encode_code(out, c, e);
        }
        break;
    default:
        for (size_t i = 0; i < n; i++)
            encode_byte(out, p[i], e);
    }
    buf_free(&padded);
}

/* One in another, the first inside. */
static const enum encoding CHAINS[][2] = {
    { ENC_NONE, ENC_NONE }, { ENC_PERCENT, ENC_NONE }, { ENC_PERCENT_LOWER, ENC_NONE }, { ENC_PERCENT_U, ENC_NONE }, { ENC_DECIMAL, ENC_NONE },
    { ENC_HEX_ENTITY, ENC_NONE }, { ENC_BARE_ENTITY, ENC_NONE }, { ENC_NAMED, ENC_NONE }, { ENC_JSON, ENC_NONE }, { ENC_BRACES, ENC_NONE },
    { ENC_BACKSLASH_X, ENC_NONE }, { ENC_OCTAL, ENC_NONE }, { ENC_QUOTED, ENC_NONE }, { ENC_CSS, ENC_NONE }, { ENC_BASE64, ENC_NONE },
    { ENC_BASE64_URL, ENC_NONE }, { ENC_BASE64_1, ENC_NONE }, { ENC_BASE64_2, ENC_NONE }, { ENC_BASE64_WRAPPED, ENC_NONE }, { ENC_HEX, ENC_NONE },
    { ENC_HEX_UPPER, ENC_NONE }, { ENC_HEX_SPACED, ENC_NONE }, { ENC_HEX_0X, ENC_NONE }, { ENC_HEX_X, ENC_NONE },
    { ENC_PERCENT, ENC_PERCENT }, { ENC_PERCENT, ENC_JSON }, { ENC_PERCENT, ENC_DECIMAL }, { ENC_PERCENT, ENC_BASE64 }, { ENC_PERCENT, ENC_HEX },
    { ENC_DECIMAL, ENC_DECIMAL }, { ENC_DECIMAL, ENC_JSON }, { ENC_DECIMAL, ENC_PERCENT }, { ENC_DECIMAL, ENC_BASE64 }, { ENC_HEX_ENTITY, ENC_HEX },
    { ENC_JSON, ENC_JSON }, { ENC_JSON, ENC_PERCENT }, { ENC_JSON, ENC_HEX_ENTITY }, { ENC_JSON, ENC_BASE64_URL }, { ENC_JSON, ENC_HEX_UPPER },
    { ENC_BASE64, ENC_BASE64 }, { ENC_BASE64, ENC_PERCENT }, { ENC_BASE64, ENC_JSON }, { ENC_BASE64, ENC_DECIMAL }, { ENC_BASE64, ENC_HEX },
    { ENC_BASE64_1, ENC_BASE64_2 }, { ENC_HEX, ENC_BASE64 }, { ENC_HEX, ENC_HEX }, { ENC_HEX, ENC_JSON }, { ENC_HEX, ENC_PERCENT },
    { ENC_BASE64, ENC_BASE64_WRAPPED }, { ENC_QUOTED, ENC_BASE64 }, { ENC_BASE64, ENC_QUOTED },
    { ENC_UTF16LE, ENC_BASE64 }, { ENC_UTF16BE, ENC_BASE64 }, { ENC_UTF16LE, ENC_HEX }, { ENC_UTF16BE, ENC_HEX_UPPER }, { ENC_UTF16LE, ENC_BASE64_URL },
    { ENC_UTF16BE, ENC_PERCENT }, { ENC_UTF16LE, ENC_PERCENT },
};

/* The whole file. */
enum whole { WHOLE_UTF8, WHOLE_BOM, WHOLE_LE, WHOLE_BE, WHOLE_LE_BOM, WHOLE_BE_BOM, WHOLE_1251, WHOLES };

/* ---- places ---- */

/* %1 the first part, %2 the rest, %0 both; what is written around them is harmless. */
struct place { enum gate_file kind; const char *name, *text; };
static const struct place PLACES[] = {
    { GATE_CSV, "cell", "code,residence,note\r\np-4f8x2k,Moscow,lives with %0 in a town\r\np-7d2m9q,Seoul,\r\n" },
    { GATE_CSV, "whole cell", "code,residence,note\r\np-4f8x2k,Moscow,%0\r\n" },
    { GATE_CSV, "quoted cell", "code,residence,note\r\np-4f8x2k,Moscow,\"it was \"\"%0\"\" who left\"\r\n" },
    { GATE_CSV, "neighbouring cells", "code,one,two\r\np-4f8x2k,%1,%2\r\np-7d2m9q,a,b\r\n" },
    { GATE_CSV, "rows of a column", "code,what,year\r\np-4f8x2k,%1,2013\r\np-7d2m9q,%2,2014\r\n" },
    { GATE_CSV, "header", "code,%0,note\r\np-4f8x2k,Moscow,\r\n" },
    { GATE_JSON, "string", "[\n{\"code\": \"p-4f8x2k\", \"note\": \"lives with %0 in a town\"}\n]\n" },
    { GATE_JSON, "key", "[\n{\"code\": \"p-4f8x2k\", \"%0\": 12}\n]\n" },
    { GATE_JSON, "members", "[\n{\"code\": \"p-4f8x2k\", \"one\": \"%1\", \"two\": \"%2\"}\n]\n" },
    { GATE_JSON, "elements", "{\"code\": \"p-4f8x2k\", \"list\": [\"%1\", \"%2\"]}\n" },
    { GATE_JSON, "objects one after the other", "[{\"note\": \"%1\", \"year\": 2013, \"place\": \"Moscow\"},\n{\"note\": \"%2\", \"year\": 2014, \"place\": \"Seoul\"}]\n" },
    { GATE_HTML, "text", "<html><body><p>lives with %0 in a town</p></body></html>\n" },
    { GATE_HTML, "tag within a word", "<html><body><p>lives with <b>%3</b>%4 in a town</p></body></html>\n" },
    { GATE_HTML, "two tags", "<ul><li><span>%1</span> <span class=\"x\">%2</span></li></ul>\n" },
    { GATE_HTML, "cells", "<table><tr><th>one</th><th>two</th></tr><tr><td>%1</td><td class=\"n\">%2</td></tr></table>\n" },
    { GATE_HTML, "cells of a column", "<table><tr><td>%1</td><td>12</td></tr>\n<tr><td>%2</td><td>13</td></tr></table>\n" },
    { GATE_HTML, "attribute", "<p><a title=\"%0\" href=\"#top\">up</a></p>\n" },
    { GATE_HTML, "address", "<p><img src=\"portrait-%0.png\" alt=\"\"></p>\n" },
    { GATE_HTML, "comment", "<body><!-- %0 --><p>text</p></body>\n" },
    { GATE_HTML, "style", "<style>p::before{content:\"%0\"}</style>\n" },
    { GATE_HTML, "script", "<script>var who = '%0';</script>\n" },
    { GATE_PLAIN, "line", "How these figures were made.\n\nWe thank %0 for the data.\n" },
    { GATE_PLAIN, "over lines", "How these figures were made. We thank our friend %1\n%2 for the data.\n" },
    { GATE_FILE_NAME, "file name", "press-2017-%0.csv" },
    { GATE_FILE_NAME, "folder", "data/%1/%2.html" },
};

struct plant {
    const struct spelling *spelling;
    enum shape shape;
    const enum encoding *chain;
    const struct place *place;
    enum whole whole;
};

static void
put_part(struct buf *out, const struct plant *p, const char *text)
{
    struct buf shaped = BUF_INIT, inner = BUF_INIT;

    disguise(&shaped, text, p->shape);
    encode(&inner, shaped.p, shaped.n, p->chain[0]);
    encode(out, inner.p, inner.n, p->chain[1]);
    buf_free(&shaped);
    buf_free(&inner);
}

/* The first letter of the name, and what is behind it. */
static void
put_cut(struct buf *out, const struct plant *p, bool first)
{
    char whole[128];
    uint32_t c;
    size_t n;

    snprintf(whole, sizeof whole, "%s %s", p->spelling->given, p->spelling->rest);
    n = code_at((const uint8_t *)whole, &c);
    if (first)
        whole[n] = '\0';
    put_part(out, p, first ? whole : whole + n);
}

static void
fill(struct buf *out, const struct plant *p)
{
    char whole[128];

    snprintf(whole, sizeof whole, "%s %s", p->spelling->given, p->spelling->rest);
    for (const char *t = p->place->text; *t != '\0'; t++) {
        if (*t != '%') {
            buf_u8(out, (uint8_t)*t);
            continue;
        }
        switch (*++t) {
        case '0': put_part(out, p, whole); break;
        case '1': put_part(out, p, p->spelling->given); break;
        case '2': put_part(out, p, p->spelling->rest); break;
        case '3': put_cut(out, p, true); break;
        default: put_cut(out, p, false);
        }
    }
}

static void
make_file(struct buf *out, const struct plant *p)
{
    struct buf text = BUF_INIT;

    fill(&text, p);
    if (p->whole == WHOLE_BOM)
        put_code(out, 0xFEFF);
    if (p->whole == WHOLE_LE_BOM || p->whole == WHOLE_BE_BOM)
        put_utf16_unit(out, 0xFEFF, p->whole == WHOLE_BE_BOM);
    if (p->whole == WHOLE_1251)
        encode_1251(out, text.p, text.n);
    else if (p->whole >= WHOLE_LE)
        put_utf16(out, text.p, text.n, p->whole == WHOLE_BE || p->whole == WHOLE_BE_BOM);
    else
        buf_put(out, text.p, text.n);
    buf_free(&text);
}

/* ---- which combinations mean anything ---- */

static bool
splits(const struct place *p)
{
    return strstr(p->text, "%1") != NULL || strstr(p->text, "%3") != NULL;
}

static bool
is_ascii(const char *s)
{
    while (*s != '\0' && (uint8_t)*s < 0x80)
        s++;
    return *s == '\0';
}

static bool
is_hangul(const struct spelling *s)
{
    return (uint8_t)s->given[0] >= 0xEA;
}

/* Half a name encoded by itself in two bytes of base64 is not what is promised; nor is a bare capital that holds a word. */
static bool
makes_sense(const struct plant *p)
{
    bool bytes = p->chain[0] >= ENC_BASE64 || p->chain[1] >= ENC_BASE64;
    bool apart = p->shape == SHAPE_BLANKS || p->shape == SHAPE_DOTS || p->shape == SHAPE_HYPHENS;

    if (splits(p->place) && bytes)
        return false;
    if ((p->shape == SHAPE_FULL_WIDTH || p->shape == SHAPE_BOLD || p->shape == SHAPE_MARKS || p->shape == SHAPE_CIRCLED) && !is_ascii(p->spelling->rest))
        return false;
    if ((p->chain[0] == ENC_PERCENT_LOWER || p->chain[0] == ENC_NAMED) && p->whole != WHOLE_UTF8)
        return false;
    if (p->whole == WHOLE_1251 && (is_hangul(p->spelling) || (uint8_t)p->spelling->given[0] < 0xD0 || p->shape >= SHAPE_ZERO_WIDTH))
        return false;
    if (!p->spelling->known && (p->shape == SHAPE_LOWER_JOINED || p->shape == SHAPE_TWINS || apart) && splits(p->place))
        return false;
    return true;
}

/* ---- planted and found ---- */

struct catch { uint32_t record; bool caught; };

static vault_err
on_hit(void *ctx, const struct gate_hit *hit)
{
    struct catch *c = ctx;

    c->caught = c->caught || (hit->what == GATE_FULL_NAME && hit->record == c->record);
    return VAULT_OK;
}

static bool
is_caught(struct gate *g, const struct plant *p)
{
    struct catch c = { p->spelling->record, false };
    struct buf file = BUF_INIT;

    make_file(&file, p);
    assert_int_equal(gate_search(g, "file", p->place->kind, PART(file.p, file.n), on_hit, &c), VAULT_OK);
    if (!c.caught)
        print_error("missed: %s %s | %s | %s, in %s | %s | file form %d\n  %.*s\n", p->spelling->given, p->spelling->rest, SHAPE_NAMES[p->shape],
            ENC_NAMES[p->chain[0]], ENC_NAMES[p->chain[1]], p->place->name, (int)p->whole, p->whole < WHOLE_LE ? (int)file.n : 0, (const char *)file.p);
    buf_free(&file);
    return c.caught;
}

static uint32_t lot;

static size_t
draw(size_t below)
{
    lot = lot * 1664525u + 1013904223u;
    return (size_t)(lot >> 8) % below;
}

static void
draw_plant(struct plant *p)
{
    do {
        p->spelling = &SPELLINGS[draw(COUNT(SPELLINGS))];
        p->shape = draw(3) == 0 ? SHAPE_NONE : (enum shape)draw(SHAPES);
        p->chain = CHAINS[draw(4) == 0 ? 0 : draw(COUNT(CHAINS))];
        p->place = &PLACES[draw(COUNT(PLACES))];
        p->whole = draw(4) == 0 ? (enum whole)draw(WHOLES) : WHOLE_UTF8;
    } while (!makes_sense(p));
}

static struct gate *
new_gate(void)
{
    struct gate *g = NULL;

    assert_true(sodium_init() >= 0);
    assert_int_equal(gate_new(&g), VAULT_OK);
    for (size_t i = 0; i < COUNT(NAMES); i++)
        assert_int_equal(gate_add(g, GATE_NAME, NAMES[i].record, "name", PART(NAMES[i].name, strlen(NAMES[i].name))), VAULT_OK);
    return g;
}

static size_t
plant_all(struct gate *g, size_t *planted)
{
    struct plant p;
    size_t missed = 0;

    for (size_t s = 0; s < COUNT(SPELLINGS); s++)
        for (enum shape shape = 0; shape < SHAPES; shape++)
            for (size_t c = 0; c < COUNT(CHAINS); c++)
                for (size_t place = 0; place < COUNT(PLACES); place++)
                    for (enum whole w = 0; w < WHOLES; w++) {
                        p = (struct plant){ &SPELLINGS[s], shape, CHAINS[c], &PLACES[place], w };
                        if (!makes_sense(&p) || (w != WHOLE_UTF8 && c > 0 && draw(8) != 0))
                            continue;
                        ++*planted;
                        missed += !is_caught(g, &p);
                    }
    return missed;
}

static void
every_planted_leak_is_caught(void **state)
{
    const char *many = getenv("GATE_PLANTS"), *seed = getenv("GATE_SEED");
    size_t planted = 0, missed = 0, n = many == NULL ? 2000 : (size_t)strtoul(many, NULL, 10);
    struct gate *g = new_gate();
    struct plant p;

    (void)state;
    lot = seed == NULL ? 1 : (uint32_t)strtoul(seed, NULL, 10);
    if (many != NULL && strcmp(many, "all") == 0)
        missed = plant_all(g, &planted);
    else
        for (; planted < n; planted++) {
            draw_plant(&p);
            missed += !is_caught(g, &p);
        }
    print_message("planted %zu, caught %zu\n", planted, planted - missed);
    gate_free(g);
    assert_int_equal(missed, 0);
}

/* Each encoding, place and disguise once, whatever the lot. */
static void
each_kind_alone_is_caught(void **state)
{
    struct gate *g = new_gate();
    size_t missed = 0;

    (void)state;
    for (size_t s = 0; s < COUNT(SPELLINGS); s++) {
        struct plant p = { &SPELLINGS[s], SHAPE_NONE, CHAINS[0], &PLACES[0], WHOLE_UTF8 };
        for (size_t c = 0; c < COUNT(CHAINS); c++) {
            p.chain = CHAINS[c];
            missed += makes_sense(&p) && !is_caught(g, &p);
        }
        p.chain = CHAINS[0];
        for (size_t k = 0; k < COUNT(PLACES); k++) {
            p.place = &PLACES[k];
            missed += makes_sense(&p) && !is_caught(g, &p);
        }
        p.place = &PLACES[0];
        for (p.shape = 0; p.shape < SHAPES; p.shape++)
            missed += makes_sense(&p) && !is_caught(g, &p);
        p.shape = SHAPE_NONE;
        for (p.whole = 0; p.whole < WHOLES; p.whole++)
            missed += makes_sense(&p) && !is_caught(g, &p);
    }
    gate_free(g);
    assert_int_equal(missed, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_alone_is_caught),
        cmocka_unit_test(every_planted_leak_is_caught),
    };

    return cmocka_run_group_tests_name("gate plants", tests, NULL, NULL);
}
