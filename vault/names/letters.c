/* letters.c - from UTF-8 to words of letters. */
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "vault/base/utf8.h"
#include "vault/names/letters.h"
#include "vault/names/tables.h"

struct reader {
    struct words *out;
    bool joined;            /* the next word follows a hyphen */
    bool open;              /* a word is being read */
    bool full;
};

/* ---- words ---- */

static struct word *
current(struct reader *r)
{
    struct word *w;

    if (r->open)
        return &r->out->word[r->out->n - 1];
    if (r->out->n == NAME_WORDS_MAX) {
        r->full = true;
        return NULL;
    }
    w = &r->out->word[r->out->n++];
    w->n = 0;
    w->scripts = 0;
    w->mixed = w->dot = false;
    w->joined = r->joined;
    r->open = true;
    return w;
}

static void
put(struct reader *r, enum script script, const uint8_t *letter, size_t n)
{
    struct word *w = current(r);

    if (w == NULL)
        return;
    if (w->n + n > WORD_LETTERS_MAX) {
        r->full = true;
        return;
    }
    memcpy(w->letter + w->n, letter, n);
    w->n = (uint8_t)(w->n + n);
    w->scripts = (uint8_t)(w->scripts | script);
}

/* An apostrophe belongs to the letter before it; where there is none, or Hangul, it is a quotation mark. */
static void
put_apostrophe(struct reader *r)
{
    if (r->open && (r->out->word[r->out->n - 1].scripts & SCRIPT_HANGUL) == 0)
        put(r, 0, (const uint8_t *)"'", 1);
}

static void
end_word(struct reader *r, bool joins)
{
    struct word *w = r->open ? &r->out->word[r->out->n - 1] : NULL;

    r->joined = joins && r->out->n != 0;
    r->open = false;
    if (w == NULL)
        return;
    while (w->n > 1 && w->letter[w->n - 1] == '\'' &&
        !(w->letter[w->n - 2] == 'o' || w->letter[w->n - 2] == 'u'))
        w->n--;             /* a closing quotation mark */
}

static void
put_comma(struct reader *r)
{
    end_word(r, false);
    if (r->out->comma == 0)
        r->out->comma = r->out->n;
}

/* ---- code points ---- */

static bool
is_apostrophe(int32_t cp)
{
    return cp == '\'' || cp == '`' || cp == 0xB4 || cp == 0x2018 || cp == 0x2019 || cp == 0x201B ||
        (cp >= 0x2B9 && cp <= 0x2BC) || cp == 0x2032;
}

static bool
is_hyphen(int32_t cp)
{
    return cp == '-' || (cp >= 0x2010 && cp <= 0x2015) || cp == 0x2212;
}

static void
put_hangul(struct reader *r, int32_t cp)
{
    uint32_t i = (uint32_t)(cp - HANGUL_FIRST);
    uint8_t three[3];

    three[0] = (uint8_t)(LETTER_ONSET + i / (HANGUL_VOWELS * HANGUL_CODAS));
    three[1] = (uint8_t)(LETTER_VOWEL + i / HANGUL_CODAS % HANGUL_VOWELS);
    three[2] = (uint8_t)(LETTER_CODA + i % HANGUL_CODAS);
    put(r, SCRIPT_HANGUL, three, 3);
}

static bool
put_latin(struct reader *r, int32_t cp)
{
    const struct table_latin *row = table_latin(cp);

    if (row == NULL)
        return false;
    put(r, SCRIPT_LATIN, (const uint8_t *)row->letters, strlen(row->letters));
    return true;
}

static bool
put_ascii(struct reader *r, int32_t cp)
{
    uint8_t c = (uint8_t)cp;

    if (c >= 'A' && c <= 'Z')
        c = (uint8_t)(c + 32);
    if (c >= 'a' && c <= 'z')
        put(r, SCRIPT_LATIN, &c, 1);
    else if (c >= '0' && c <= '9')
        put(r, SCRIPT_OTHER, &c, 1);
    else if (is_apostrophe(cp))
        put_apostrophe(r);
    else if (c == ',')
        put_comma(r);
    else {
        if (c == '.' && r->open)
            r->out->word[r->out->n - 1].dot = true;
        end_word(r, c == '-');
    }
    return true;
}

static bool
put_cyrillic(struct reader *r, int32_t cp)
{
    uint8_t c;

    if (cp >= 0x400 && cp <= 0x40F)
        cp += 0x50;
    else if (cp >= 0x410 && cp <= 0x42F)
        cp += 0x20;
    else if (cp == 0x490)
        cp = 0x491;
    c = letter_cyrillic(cp);
    if (c != 0)
        put(r, SCRIPT_CYRILLIC, &c, 1);
    return c != 0;
}

/* What most names are made of. False: this one wants the tables of Unicode. */
static bool
put_simple(struct reader *r, int32_t cp)
{
    if (cp < 0x80)
        return put_ascii(r, cp);
    if (cp >= 0x400 && cp <= 0x491)
        return put_cyrillic(r, cp);
    if (cp >= HANGUL_FIRST && cp < HANGUL_FIRST + HANGUL_COUNT) {
        put_hangul(r, cp);
        return true;
    }
    if (is_apostrophe(cp)) {
        put_apostrophe(r);
        return true;
    }
    if (is_hyphen(cp)) {
        end_word(r, true);
        return true;
    }
    return cp < 0x250 && put_latin(r, cp);
}

/* A Latin letter with a mark that is in no table: the base letter. */
static bool
put_base(struct reader *r, int32_t cp)
{
    utf8proc_int32_t part[8];
    int last;
    utf8proc_ssize_t n = utf8proc_decompose_char(cp, part, 8, UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD,
        &last);

    if (n < 2 || n > 8 || part[0] < 'a' || part[0] > 'z')
        return false;
    return put_ascii(r, part[0]);
}

/* What is left after normal form and case folding. */
static void
put_other(struct reader *r, int32_t cp)
{
    utf8proc_category_t c = utf8proc_category(cp);
    uint8_t u8[4];

    if (c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC || c == UTF8PROC_CATEGORY_ME ||
        c == UTF8PROC_CATEGORY_CF)
        return;
    if (cp == 0x3001 || cp == 0x60C)        /* commas of other scripts */
        put_comma(r);
    else if ((c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO) || c == UTF8PROC_CATEGORY_ND)
        put(r, cp >= 0x400 && cp < 0x530 ? SCRIPT_CYRILLIC_MORE : SCRIPT_OTHER, u8, u8_write(u8, cp));
    else
        end_word(r, false);
}

/* ---- texts ---- */

static enum words_fault
read_simple(struct reader *r, const uint8_t *p, size_t n, bool *simple)
{
    *simple = true;
    while (n > 0 && *simple && !r->full) {
        int32_t cp = 0;
        size_t len = u8_read(&cp, p, n);

        if (len == 0)
            return WORDS_NOT_UTF8;
        *simple = put_simple(r, cp);
        p += len;
        n -= len;
    }
    return WORDS_OK;
}

static enum words_fault
read_any(struct reader *r, const uint8_t *p, size_t n)
{
    utf8proc_uint8_t *nfkc = NULL;
    utf8proc_ssize_t len = utf8proc_map(p, (utf8proc_ssize_t)n, &nfkc, UTF8PROC_STABLE |
        UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    enum words_fault fault = WORDS_OK;

    if (len < 0)
        return len == UTF8PROC_ERROR_NOMEM ? WORDS_NO_MEMORY : WORDS_NOT_UTF8;
    for (size_t i = 0; i < (size_t)len && !r->full;) {
        int32_t cp = 0;
        size_t used = u8_read(&cp, nfkc + i, (size_t)len - i);

        if (used == 0) {
            fault = WORDS_NOT_UTF8;
            break;
        }
        if (!put_simple(r, cp) && !put_latin(r, cp) && !put_base(r, cp))
            put_other(r, cp);
        i += used;
    }
    for (volatile utf8proc_uint8_t *w = nfkc; len > 0; len--)
        *w++ = 0;                           /* it may be a withheld name */
    free(nfkc);
    return fault;
}

/* ---- letters of two scripts in one word ---- */

static void
make_one_script(struct word *w)
{
    size_t latin = 0, cyrillic = 0;
    unsigned scripts = w->scripts;

    if ((scripts & SCRIPT_CYRILLIC_MORE) != 0)
        scripts = (scripts & ~(unsigned)SCRIPT_CYRILLIC_MORE) | SCRIPT_CYRILLIC;
    w->mixed = (scripts & (scripts - 1)) != 0;
    if (w->scripts != (SCRIPT_LATIN | SCRIPT_CYRILLIC))
        return;
    for (size_t i = 0; i < w->n; i++) {
        latin += w->letter[i] >= 'a' && w->letter[i] <= 'z';
        cyrillic += w->letter[i] >= LETTER_CYRILLIC;
    }
    for (size_t i = 0; i < w->n; i++)
        w->letter[i] = table_twin(w->letter[i], latin >= cyrillic);
    w->scripts = latin >= cyrillic ? SCRIPT_LATIN : SCRIPT_CYRILLIC;
}

enum words_fault
words_read(struct words *out, const char *s, size_t n)
{
    struct reader r = { .out = out };
    enum words_fault fault;
    bool simple = true;

    out->n = out->comma = 0;
    if (n > NAME_BYTES_MAX)
        return WORDS_TOO_LONG;
    fault = read_simple(&r, (const uint8_t *)s, n, &simple);
    if (fault == WORDS_OK && !simple) {
        r = (struct reader){ .out = out };
        out->n = out->comma = 0;
        fault = read_any(&r, (const uint8_t *)s, n);
    }
    if (fault != WORDS_OK)
        return fault;
    end_word(&r, false);
    if (r.full)
        return WORDS_TOO_LONG;
    if (out->n == 0)
        return WORDS_NONE;
    if (out->comma == out->n)
        out->comma = 0;                     /* nothing follows it */
    for (size_t i = 0; i < out->n; i++)
        make_one_script(&out->word[i]);
    return WORDS_OK;
}

/* ---- back to UTF-8 ---- */

static int32_t
hangul_of(const uint8_t l[static 3])
{
    return (int32_t)(HANGUL_FIRST + ((l[0] - LETTER_ONSET) * HANGUL_VOWELS + (l[1] - LETTER_VOWEL)) *
        HANGUL_CODAS + l[2] - LETTER_CODA);
}

static int32_t
cyrillic_of(uint32_t c, bool capital)
{
    int32_t cp = c == LETTER_GHE_UPTURN ? 0x491 : (int32_t)(0x430 + c - LETTER_CYRILLIC);

    if (!capital)
        return cp;
    return cp == 0x491 ? 0x490 : cp < 0x450 ? cp - 0x20 : cp - 0x50;
}

void
word_show(char *out, size_t room, const struct word *w)
{
    size_t at = 0;

    for (size_t i = 0; i < w->n && at + 4 < room; i++) {
        uint32_t c = w->letter[i];
        int32_t cp = 0;
        size_t len = c < 0xC2 ? 0 : u8_read(&cp, w->letter + i, w->n - i);
        if (len > 1) {
            at += u8_write((uint8_t *)out + at, cp);
            i += len - 1;
        } else if (c >= LETTER_ONSET && c < LETTER_VOWEL && i + 2 < w->n) {
            at += u8_write((uint8_t *)out + at, hangul_of(w->letter + i));
            i += 2;
        } else if (c >= LETTER_CYRILLIC && c <= LETTER_GHE_UPTURN) {
            at += u8_write((uint8_t *)out + at, cyrillic_of(c, i == 0));
        } else {
            out[at++] = (char)(i == 0 && c >= 'a' && c <= 'z' ? c - 32 : c);
        }
    }
    out[at] = '\0';
}
