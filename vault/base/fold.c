/*
 * Folding for search.
 *
 * A search reads every text of a vault, so the common code point costs one table look-up: the table
 * is filled once, by running the rules below on each code point of the BMP. What the table cannot
 * say (marks, what may hold a blank, the supplementary planes) goes through the rules themselves.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>
#include "vault/base/text.h"
#include "vault/base/utf8.h"

#define FOLDED ((utf8proc_option_t)(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | \
    UTF8PROC_IGNORE))
#define DECOMP_MAX 24       /* code points of the longest decomposition: 18 */
#define CHUNK 512u          /* bytes of input for which room is made at once */
#define GROWTH 12u          /* U+FDFA: 33 bytes for 3 */

/* ---- the rules ---- */

/* What the latest letter does to the marks that follow it. */
enum base {
    KEEPS_MARKS,
    DROPS_MARKS,        /* Latin, Greek */
    DROPS_OR_JOINS      /* Cyrillic: drops stress, but i with a breve is another letter */
};

struct fold {
    uint8_t *out;       /* with room for what is coming */
    size_t n;
    size_t start;       /* where this text begins in out */
    enum base base;
};

static bool
is_blank(int32_t cp)
{
    return cp == ' ' || (cp >= 0x09 && cp <= 0x0D) || cp == 0x85 || cp == 0xA0 || cp == 0x1680 ||
        (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 || cp == 0x2029 || cp == 0x202F ||
        cp == 0x205F || cp == 0x3000;
}

static enum base
base_of(int32_t cp)
{
    if ((cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z'))
        return DROPS_MARKS;
    if (cp < 0xAA || cp == 0xD7 || cp == 0xF7)
        return KEEPS_MARKS;
    if (cp <= 0x2AF)
        return cp >= 0xC0 || cp == 0xAA || cp == 0xBA ? DROPS_MARKS : KEEPS_MARKS;
    if ((cp >= 0x370 && cp <= 0x3FF) || (cp >= 0x1D00 && cp <= 0x1DBF) ||
        (cp >= 0x1E00 && cp <= 0x1FFF) || (cp >= 0x2C60 && cp <= 0x2C7F) ||
        (cp >= 0xA722 && cp <= 0xA7FF) || (cp >= 0xAB30 && cp <= 0xAB6F))
        return DROPS_MARKS;
    if ((cp >= 0x400 && cp <= 0x52F) || (cp >= 0x1C80 && cp <= 0x1C8F) ||
        (cp >= 0xA640 && cp <= 0xA69F))
        return DROPS_OR_JOINS;
    return KEEPS_MARKS;
}

static bool
is_mark(int32_t cp)
{
    utf8proc_category_t c = utf8proc_category(cp);

    return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC || c == UTF8PROC_CATEGORY_ME;
}

static int
mark_class(int32_t cp)
{
    return utf8proc_get_property(cp)->combining_class;
}

/* Cyrillic letters that are written with a mark. Not in it: e and i with a grave (U+0450, U+045D),
 * where the mark is stress, as it is where no single code point exists. */
#define JOINED_MAX 64
static struct { uint16_t base, mark, letter; } joined[JOINED_MAX];
static size_t joined_count;

static int32_t
join(int32_t base, int32_t mark)
{
    for (size_t i = 0; i < joined_count; i++)
        if (joined[i].base == base && joined[i].mark == mark)
            return joined[i].letter;
    return 0;
}

/* The letter is the last thing in out, of two bytes as all of its block. */
static void
put_mark_on_cyrillic(struct fold *f, int32_t mark)
{
    int32_t base = 0, letter;

    if (f->n < f->start + 2 || u8_read(&base, f->out + f->n - 2, 2) != 2)
        return;
    letter = join(base, mark);
    if (letter != 0)
        (void)u8_write(f->out + f->n - 2, letter);
}

/* Canonical order, for texts that spell the same thing in two ways. More marks than this on one
 * letter are no spelling of anything: they stay as they come, which bounds the time. */
#define MARKS_ORDERED 32

static void
put_mark_in_order(struct fold *f, int32_t mark)
{
    uint8_t u8[4];
    size_t len = u8_write(u8, mark);
    size_t at = f->n;
    int c = mark_class(mark);

    for (int i = 0; c != 0 && i < MARKS_ORDERED && at > f->start; i++) {
        size_t prev = at - 1;
        int32_t cp;

        while (prev > f->start && (f->out[prev] & 0xC0) == 0x80)
            prev--;
        if (u8_read(&cp, f->out + prev, at - prev) == 0 || mark_class(cp) <= c)
            break;
        at = prev;
    }
    memmove(f->out + at + len, f->out + at, f->n - at);
    memcpy(f->out + at, u8, len);
    f->n += len;
}

static void
put_blank(struct fold *f)
{
    if (f->n == f->start || f->out[f->n - 1] != ' ')
        f->out[f->n++] = ' ';
    f->base = KEEPS_MARKS;
}

/* One code point of the compatibility decomposition. */
static void
put_decomposed(struct fold *f, int32_t cp)
{
    if (is_blank(cp)) {
        put_blank(f);
    } else if (!is_mark(cp)) {
        f->n += u8_write(f->out + f->n, cp);
        f->base = base_of(cp);
    } else if (f->base == KEEPS_MARKS) {
        put_mark_in_order(f, cp);
    } else if (f->base == DROPS_OR_JOINS) {
        put_mark_on_cyrillic(f, cp);
    }
}

static size_t
decompose(int32_t seq[static DECOMP_MAX], int32_t cp)
{
    int bound = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char(cp, seq, DECOMP_MAX, FOLDED, &bound);

    if (n < 0 || n > DECOMP_MAX) {
        seq[0] = cp;
        return 1;
    }
    return (size_t)n;
}

static void
put_slowly(struct fold *f, int32_t cp)
{
    int32_t seq[DECOMP_MAX];
    size_t n = decompose(seq, cp);

    for (size_t i = 0; i < n; i++)
        put_decomposed(f, seq[i]);
}

/* ---- the table ---- */

/* Bits 0-1: what to do; 2-3: enum base; 4-11: length of the result; 12-31: its place in `pool`. */
enum { SLOWLY, COPY, REPLACE, DROP };
static uint32_t table[0x10000];
static uint8_t pool[32 * 1024];  /* 13 KiB with Unicode 15; what finds no room goes slowly */
static size_t pool_n;
static uint8_t ascii[0x100];    /* 0: not ASCII, or the zero byte */
static uint8_t two[0x800][2];   /* what becomes of two bytes where that are two; else zeros */

static void
find_joined(void)
{
    const utf8proc_option_t nfd = UTF8PROC_DECOMPOSE;

    for (int32_t cp = 0x400; cp <= 0x52F; cp++) {
        int32_t seq[DECOMP_MAX];
        int bound = 0;

        if (utf8proc_decompose_char(cp, seq, DECOMP_MAX, nfd, &bound) != 2 || seq[1] == 0x300)
            continue;
        if (utf8proc_tolower(cp) != cp || joined_count == JOINED_MAX)
            continue;
        joined[joined_count].base = (uint16_t)seq[0];
        joined[joined_count].mark = (uint16_t)seq[1];
        joined[joined_count++].letter = (uint16_t)cp;
    }
}

/* Only what comes out the same whatever stands before it. */
static bool
stands_alone(const int32_t *seq, size_t n)
{
    if (is_mark(seq[0]))
        return false;
    for (size_t i = 0; i < n; i++)
        if (is_blank(seq[i]))
            return false;
    return true;
}

static uint32_t
entry_of(int32_t cp)
{
    uint8_t out[DECOMP_MAX * 4], u8[4];
    struct fold f = {.out = out};
    int32_t seq[DECOMP_MAX];
    size_t n = decompose(seq, cp);
    uint32_t at = (uint32_t)pool_n;

    if (n == 0)
        return DROP;
    if (!stands_alone(seq, n))
        return SLOWLY;
    for (size_t i = 0; i < n; i++)
        put_decomposed(&f, seq[i]);
    if (f.n == u8_write(u8, cp) && memcmp(out, u8, f.n) == 0)
        return COPY | (uint32_t)f.base << 2;
    if (f.n > sizeof pool - pool_n)
        return SLOWLY;
    memcpy(pool + pool_n, out, f.n);
    pool_n += f.n;
    return REPLACE | (uint32_t)f.base << 2 | (uint32_t)f.n << 4 | at << 12;
}

/* Ideographs and private use, three quarters of the BMP: to look at each would take 3 ms. (Nobody
 * asks the table about Hangul syllables and surrogates.) */
static bool
is_known_plain(int32_t cp)
{
    return (cp >= 0x3400 && cp <= 0x4DBF) || (cp >= 0x4E00 && cp <= 0x9FFF) ||
        (cp >= 0xAC00 && cp <= 0xF8FF);
}

static void
fill_table(void)
{
    find_joined();
    for (int32_t cp = 1; cp < 0x80; cp++)
        ascii[cp] = (uint8_t)(is_blank(cp) ? ' ' : cp >= 'A' && cp <= 'Z' ? cp + 32 : cp);
    for (int32_t cp = 0x80; cp < 0x10000; cp++)
        table[cp] = is_known_plain(cp) ? COPY : entry_of(cp);
    for (int32_t cp = 0x80; cp < 0x800; cp++) {
        uint32_t e = table[cp];
        uint8_t u8[4];
        if ((e & 3) == COPY && u8_write(u8, cp) == 2)
            memcpy(two[cp], u8, 2);
        else if ((e & 3) == REPLACE && (e >> 4 & 0xFF) == 2)
            memcpy(two[cp], pool + (e >> 12), 2);
    }
}

/* ---- the walk ---- */

static uint8_t *
put_jamo(uint8_t *to, uint32_t cp)
{
    to[0] = 0xE1;                           /* all of U+1000 to U+1FFF */
    to[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3F));
    to[2] = (uint8_t)(0x80 | (cp & 0x3F));
    return to + 3;
}

/* The syllables that begin in the first `chunk` of n bytes, up to something else; returns the bytes
 * of them. */
static size_t
put_hangul(struct fold *f, const uint8_t *p, size_t n, size_t chunk)
{
    uint8_t *to = f->out + f->n;
    size_t i = 0;

    for (; i < chunk && n - i >= 3; i += 3) {
        uint32_t cp = (p[i] & 0x0Fu) << 12 | (p[i + 1] & 0x3Fu) << 6 | (p[i + 2] & 0x3Fu);
        uint32_t s = cp - 0xAC00;

        if (p[i] >> 4 != 0xE || (p[i + 1] & 0xC0) != 0x80 || (p[i + 2] & 0xC0) != 0x80 ||
            s > 0xD7A3 - 0xAC00)
            break;
        to = put_jamo(to, 0x1100 + s / 588);
        to = put_jamo(to, 0x1161 + s % 588 / 28);
        if (s % 28 != 0)
            to = put_jamo(to, 0x11A7 + s % 28);
    }
    if (i > 0) {
        f->n = (size_t)(to - f->out);
        f->base = KEEPS_MARKS;
    }
    return i;
}

static void
put_bmp(struct fold *f, int32_t cp)
{
    uint32_t e = table[cp];
    size_t n = e >> 4 & 0xFF;

    switch (e & 3) {
    case COPY:
        f->n += u8_write(f->out + f->n, cp);
        f->base = (enum base)(e >> 2 & 3);
        break;
    case REPLACE:
        memcpy(f->out + f->n, pool + (e >> 12), n);
        f->n += n;
        f->base = (enum base)(e >> 2 & 3);
        break;
    case DROP:
        break;
    default:
        put_slowly(f, cp);
    }
}

/* Eight printable characters in lower case. */
static uint64_t
lower(uint64_t w)
{
    uint64_t from_a = w + (0x80 - 'A') * EACH_BYTE;
    uint64_t past_z = w + (0x80 - 'Z' - 1) * EACH_BYTE;

    return w | (from_a & ~past_z & HIGH_BITS) >> 2;
}

/* Do two blanks stand side by side? */
static bool
has_two_blanks(uint64_t w)
{
    uint64_t other = w ^ ' ' * EACH_BYTE;

    return any_below(other | other << 8 | 0xFF, 1) != 0;
}

/* The ASCII at p, at most n bytes of it; returns how many. */
static size_t
put_ascii(struct fold *f, const uint8_t *p, size_t n)
{
    uint8_t *to = f->out + f->n;
    uint8_t last = f->n > f->start ? to[-1] : 0;
    size_t i = 0;

    while (i < n) {
        uint64_t w = n - i >= 8 ? word_at(p + i) : 0;
        uint8_t c = ascii[p[i]];

        if (all_printable(w) && !has_two_blanks(w) && !(c == ' ' && last == ' ')) {
            w = lower(w);
            memcpy(to, &w, sizeof w);
            to += sizeof w;
            last = to[-1];
            i += sizeof w;
            continue;
        }
        if (c == 0)
            break;
        i++;
        if (c != ' ' || last != ' ')
            *to++ = last = c;
    }
    if (i > 0) {
        f->n = (size_t)(to - f->out);
        f->base = base_of(last);
    }
    return i;
}

/* Letters of two bytes that become two bytes, as all of Cyrillic; returns the bytes of them. */
static size_t
put_twos(struct fold *f, const uint8_t *p, size_t n)
{
    uint8_t *to = f->out + f->n;
    size_t i = 0, last = 0;

    for (; n - i >= 2 && p[i] >= 0xC2 && p[i] <= 0xDF && (p[i + 1] & 0xC0) == 0x80; i += 2) {
        size_t cp = (p[i] & 0x1Fu) << 6 | (p[i + 1] & 0x3Fu);

        if (two[cp][0] == 0)
            break;
        memcpy(to, two[cp], 2);
        to += 2;
        last = cp;
    }
    if (i > 0) {
        f->n += i;
        f->base = (enum base)(table[last] >> 2 & 3);
    }
    return i;
}

/* One code point, or a run of what is simple; at most n bytes are there, of which `chunk` should be
 * taken. Returns the bytes taken; 0: not UTF-8. */
static size_t
put_next(struct fold *f, const uint8_t *p, size_t n, size_t chunk)
{
    int32_t cp;
    size_t len;

    if (p[0] < 0x80)
        return put_ascii(f, p, chunk);
    len = p[0] < 0xE0 ? put_twos(f, p, chunk) : put_hangul(f, p, n, chunk);
    if (len > 0)
        return len;
    len = u8_read(&cp, p, n);
    if (len == 0)
        return 0;
    if (cp < 0x10000)
        put_bmp(f, cp);
    else
        put_slowly(f, cp);
    return len;
}

vault_err
text_fold(struct buf *out, const char *s, size_t n)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const uint8_t *p = (const uint8_t *)s;
    struct fold f = {.start = out->n, .n = out->n};
    size_t before = out->n;

    (void)pthread_once(&once, fill_table);
    for (size_t i = 0; i < n; ) {
        size_t end = n - i < CHUNK ? n : i + CHUNK;

        /* Four more: the last code point may reach beyond the chunk. */
        if (buf_room(out, (end - i + 4) * GROWTH) == NULL)
            break;
        f.out = out->p;
        while (i < end) {
            size_t len = put_next(&f, p + i, n - i, end - i);

            if (len == 0) {
                out->n = f.n;
                buf_cut(out, before);
                return err_say(VAULT_ERR_INPUT, "save the text as utf-8 and try again",
                    "the text is not valid utf-8");
            }
            i += len;
        }
        out->n = f.n;
    }
    return buf_ok(out);
}
