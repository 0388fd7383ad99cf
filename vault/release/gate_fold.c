/* gate_fold.c - what a code point counts as: letters that look alike are one. */
#include <string.h>
#include <utf8proc.h>

#include "vault/base/utf8.h"
#include "vault/release/gate_priv.h"

/* ---- letters that look like Latin ones (Unicode TR39, confusables), after case folding ---- */

struct twin { int32_t cp; char latin; };

/* In these scripts whole words are written, so only strings take them as Latin, where it does no harm: both sides are folded. */
static const struct twin TWINS[] = {
    { 0x430, 'a' }, { 0x432, 'b' }, { 0x435, 'e' }, { 0x43A, 'k' }, { 0x43C, 'm' }, { 0x43D, 'h' }, { 0x43E, 'o' }, { 0x440, 'p' },
    { 0x441, 'c' }, { 0x442, 't' }, { 0x443, 'y' }, { 0x445, 'x' }, { 0x455, 's' }, { 0x456, 'i' }, { 0x458, 'j' }, { 0x4BB, 'h' },
    { 0x501, 'd' }, { 0x51B, 'q' }, { 0x51D, 'w' },
    { 0x3B1, 'a' }, { 0x3B2, 'b' }, { 0x3B5, 'e' }, { 0x3B6, 'z' }, { 0x3B7, 'h' }, { 0x3B9, 'i' }, { 0x3BA, 'k' }, { 0x3BC, 'm' },
    { 0x3BD, 'v' }, { 0x3BF, 'o' }, { 0x3C1, 'p' }, { 0x3C4, 't' }, { 0x3C5, 'u' }, { 0x3C7, 'x' }, { 0x3F2, 'c' }, { 0x3C3, 'o' },
    { 0x491, 'r' },
};
/* These are met as disguise or phonetic writing only. */
static const struct twin DISGUISES[] = {
    { 0x251, 'a' }, { 0x253, 'b' }, { 0x25B, 'e' }, { 0x261, 'g' }, { 0x26A, 'i' }, { 0x269, 'i' }, { 0x262, 'g' }, { 0x274, 'n' },
    { 0x280, 'r' }, { 0x28F, 'y' }, { 0x299, 'b' }, { 0x29C, 'h' }, { 0x29F, 'l' }, { 0x1D00, 'a' }, { 0x1D04, 'c' }, { 0x1D05, 'd' },
    { 0x1D07, 'e' }, { 0x1D0A, 'j' }, { 0x1D0B, 'k' }, { 0x1D0D, 'm' }, { 0x1D0F, 'o' }, { 0x1D18, 'p' }, { 0x1D1B, 't' },
    { 0x1D1C, 'u' }, { 0x1D20, 'v' }, { 0x1D21, 'w' }, { 0x1D22, 'z' }, { 0xA731, 's' }, { 0xA730, 'f' }, { 0x585, 'o' }, { 0x57D, 'u' },
    { 0x570, 'h' }, { 0x578, 'n' }, { 0x581, 'g' }, { 0x13A0, 'd' }, { 0x13A1, 'r' }, { 0x13A2, 't' }, { 0x13A5, 'i' },
    { 0x13AA, 'a' }, { 0x13AB, 'j' }, { 0x13AC, 'e' }, { 0x13B3, 'w' }, { 0x13B7, 'm' }, { 0x13BB, 'h' }, { 0x13C0, 'g' },
    { 0x13C3, 'z' }, { 0x13CE, '4' }, { 0x13D2, 'r' }, { 0x13D4, 'w' }, { 0x13D9, 'v' }, { 0x13DA, 's' }, { 0x13DE, 'l' },
    { 0x13DF, 'c' }, { 0x13E2, 'p' }, { 0x13E6, 'k' }, { 0x13F3, 'g' }, { 0x13F4, 'b' }, { 0x2C9F, 'o' }, { 0x2CA3, 'p' },
    { 0x2CA5, 'c' }, { 0x4CF, 'i' }, { 0x4C0, 'i' },
};
/* Letters with a stroke and the like, which no normal form takes apart. */
static const struct { int32_t cp; const char *latin; } STROKES[] = {
    { 0xE6, "ae" }, { 0xF0, "d" }, { 0xF8, "o" }, { 0xFE, "th" }, { 0x111, "d" }, { 0x127, "h" }, { 0x131, "i" }, { 0x142, "l" },
    { 0x14B, "ng" }, { 0x153, "oe" }, { 0x167, "t" }, { 0x180, "b" }, { 0x192, "f" }, { 0x199, "k" }, { 0x19A, "l" }, { 0x1B6, "z" },
    { 0x1DD, "e" }, { 0x259, "a" }, { 0x268, "i" }, { 0x289, "u" }, { 0x257, "d" },
};
/* One letter of Arabic script, written by Arabs and by Persians. */
static const struct { int32_t from, to; } ARABIC[] = {
    { 0x649, 0x6CC }, { 0x64A, 0x6CC }, { 0x643, 0x6A9 }, { 0x629, 0x647 }, { 0x6C0, 0x647 }, { 0x6D5, 0x647 }, { 0x671, 0x627 },
};

static char
twin_of(const struct twin *t, size_t n, int32_t cp)
{
    for (size_t i = 0; i < n; i++)
        if (t[i].cp == cp)
            return t[i].latin;
    return '\0';
}

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Letters in circles, squares and flags. */
static char
framed(int32_t cp)
{
    static const int32_t first[] = { 0x1F130, 0x1F150, 0x1F170, 0x1F1E6 };

    for (size_t i = 0; i < COUNT(first); i++)
        if (cp >= first[i] && cp < first[i] + 26)
            return (char)('a' + (cp - first[i]));
    return '\0';
}

static char
disguised(int32_t cp)
{
    char c = framed(cp);

    return c != '\0' ? c : twin_of(DISGUISES, COUNT(DISGUISES), cp);
}

/* ---- classes ---- */

static bool
is_apostrophe(int32_t cp)
{
    return cp == '\'' || cp == '`' || cp == 0xB4 || cp == 0x2018 || cp == 0x2019 || cp == 0x201B ||
        (cp >= 0x2B9 && cp <= 0x2BF) || cp == 0x2032 || cp == 0xFF07;
}

static bool
is_never_seen(int32_t cp, utf8proc_category_t c)
{
    return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_ME || c == UTF8PROC_CATEGORY_CF || cp == 0x640 || cp == 0x3164 ||
        cp == 0x115F || cp == 0x1160 || cp == 0xFFA0;
}

static bool
is_unparted(int32_t cp)
{
    return (cp >= 0x2E80 && cp < 0xA000) || (cp >= 0xAC00 && cp < 0xD7A4) || (cp >= 0xF900 && cp < 0xFB00) || (cp >= 0xE00 && cp < 0xF00) ||
        (cp >= 0x1000 && cp < 0x10A0) || (cp >= 0x1780 && cp < 0x1800) || (cp >= 0x20000 && cp < 0x32000);
}

static bool
is_letter(utf8proc_category_t c)
{
    return (c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO) || c == UTF8PROC_CATEGORY_MC;
}

static int
digit_of(int32_t cp)
{
    static const int32_t zero[] = { '0', 0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10 };

    for (size_t i = 0; i < COUNT(zero); i++)
        if (cp >= zero[i] && cp < zero[i] + 10)
            return (int)(cp - zero[i]);
    return -1;
}

/* ---- one code point ---- */

static void
put(uint8_t *out, uint8_t *n, size_t room, int32_t cp)
{
    uint8_t u8[4];
    size_t len = u8_write(u8, cp);

    if (*n + len > room)
        return;
    memcpy(out + *n, u8, len);
    *n = (uint8_t)(*n + len);
}

static void
put_bare(struct fold *f, int32_t cp)
{
    char c = twin_of(TWINS, COUNT(TWINS), cp);

    for (size_t i = 0; i < COUNT(STROKES); i++)
        if (STROKES[i].cp == cp) {
            for (const char *s = STROKES[i].latin; *s != '\0'; s++)
                put(f->bare, &f->n_bare, sizeof f->bare, *s);
            return;
        }
    for (size_t i = 0; i < COUNT(ARABIC); i++)
        cp = ARABIC[i].from == cp ? ARABIC[i].to : cp;
    put(f->bare, &f->n_bare, sizeof f->bare, c != '\0' ? c : cp);
}

static void
set_class(struct fold *f, int32_t cp, int32_t first, utf8proc_category_t c)
{
    utf8proc_category_t inner = utf8proc_category(first);

    if (!is_letter(inner))
        f->what = FOLD_BETWEEN;
    else if (is_unparted(cp))
        f->what = FOLD_UNPARTED;
    else if (c == UTF8PROC_CATEGORY_LU || c == UTF8PROC_CATEGORY_LT || (cp != first && utf8proc_tolower(cp) != cp))
        f->what = FOLD_CAPITAL;
    else
        f->what = inner == UTF8PROC_CATEGORY_LL ? FOLD_SMALL : FOLD_UNCASED;
}

static void
fold_letters(struct fold *f, int32_t cp)
{
    utf8proc_int32_t part[18];
    int last = 0;
    bool marks = false;
    utf8proc_category_t c = utf8proc_category(cp);
    utf8proc_ssize_t n = cp >= 0xAC00 && cp < 0xD7A4 ? 0 : utf8proc_decompose_char(cp, part, 18,
        UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD, &last);

    if (n <= 0 || n > 18) {
        part[0] = cp;
        n = 1;
    }
    set_class(f, cp, part[0], c);
    if (digit_of(part[0]) >= 0) {
        f->what = FOLD_DIGIT;
        part[0] = '0' + digit_of(part[0]);
    }
    if (f->what == FOLD_BETWEEN)
        return;
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        bool mark = utf8proc_category(part[i]) == UTF8PROC_CATEGORY_MN;
        marks = marks || mark;
        if (!mark) {
            put_bare(f, part[i]);
            put(f->word, &f->n_word, sizeof f->word, part[i]);
        }
    }
    if (marks) {                    /* the word keeps them: they may say how it sounds */
        f->n_word = 0;
        put(f->word, &f->n_word, sizeof f->word, utf8proc_tolower(cp));
    }
}

static void
fold_make(struct fold *f, int32_t cp)
{
    utf8proc_category_t c = utf8proc_category(cp);
    int32_t small = utf8proc_tolower(cp);
    char latin = disguised(cp);

    if (latin == '\0')
        latin = disguised(small);
    memset(f, 0, sizeof *f);
    if (is_apostrophe(cp))
        f->what = FOLD_APOSTROPHE;
    else if (is_never_seen(cp, c))
        f->what = FOLD_NOTHING;
    else if (latin != '\0') {
        f->what = framed(cp) != '\0' || cp != small ? FOLD_CAPITAL : FOLD_SMALL;
        put(f->bare, &f->n_bare, sizeof f->bare, latin);
        put(f->word, &f->n_word, sizeof f->word, latin);
    } else {
        fold_letters(f, cp);
    }
}

const struct fold *
fold_of(struct gate *g, int32_t cp, struct fold *room)
{
    struct fold *f = cp >= 0 && (uint32_t)cp < FOLDS ? &g->fold[cp] : room;

    if (f == room || f->what == FOLD_UNKNOWN)
        fold_make(f, cp);
    return f;
}
