#include "vault/keys/spelling.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <utf8proc.h>
#include "vault/base/utf8.h"

struct writer {
    char *p;
    size_t n, room;     /* a zero byte still fits behind `room` */
    enum spelling how;
};

/* All of it or nothing, so that no letter is cut in two. */
static void
put(struct writer *w, const char *s)
{
    size_t n = strlen(s);

    if (n <= w->room - w->n) {
        memcpy(w->p + w->n, s, n);
        w->n += n;
    }
}

static void
put_char(struct writer *w, int32_t c)
{
    put(w, (const char[]){ (char)c, '\0' });
}

/* ---- Cyrillic ---- */

struct letter { const char *sounds; char key; };

static const struct letter cyrillic[32] = {     /* from U+0430 */
    {"a", 'f'}, {"b", ','}, {"v", 'd'}, {"g", 'u'}, {"d", 'l'}, {"e", 't'}, {"zh", ';'},
    {"z", 'p'}, {"i", 'b'}, {"y", 'q'}, {"k", 'r'}, {"l", 'k'}, {"m", 'v'}, {"n", 'y'},
    {"o", 'j'}, {"p", 'g'}, {"r", 'h'}, {"s", 'c'}, {"t", 'n'}, {"u", 'e'}, {"f", 'a'},
    {"kh", '['}, {"ts", 'w'}, {"ch", 'x'}, {"sh", 'i'}, {"shch", 'o'}, {"", ']'}, {"y", 's'},
    {"", 'm'}, {"e", '\''}, {"yu", '.'}, {"ya", 'z'},
};

/* Letters of Russian, Ukrainian and Belarusian that stand elsewhere. */
static const struct { int32_t lower, upper; struct letter is; } cyrillic_more[] = {
    {0x451, 0x401, {"yo", '`'}}, {0x454, 0x404, {"ye", '\''}}, {0x456, 0x406, {"i", 's'}},
    {0x457, 0x407, {"yi", ']'}}, {0x45E, 0x40E, {"u", 'o'}}, {0x491, 0x490, {"g", '\\'}},
};

static const struct letter *
find_cyrillic(int32_t cp, bool *upper)
{
    *upper = cp < 0x430;
    if (cp >= 0x410 && cp <= 0x44F)
        return &cyrillic[(cp - 0x410) % 32];
    for (size_t i = 0; i < sizeof cyrillic_more / sizeof cyrillic_more[0]; i++) {
        *upper = cp == cyrillic_more[i].upper;
        if (*upper || cp == cyrillic_more[i].lower)
            return &cyrillic_more[i].is;
    }
    return NULL;
}

/* The same key with Shift. */
static char
shifted(char key)
{
    static const char plain[] = ",;[]'.`\\", with_shift[] = "<:{}\">~|";
    const char *at = strchr(plain, key);

    return at != NULL ? with_shift[at - plain] : (char)(key - 'a' + 'A');
}

static bool
put_cyrillic(struct writer *w, int32_t cp)
{
    bool upper;
    const struct letter *l = find_cyrillic(cp, &upper);

    if (l == NULL)
        return false;
    if (w->how == SPELL_KEYS) {
        put_char(w, upper ? shifted(l->key) : l->key);
    } else if (upper && l->sounds[0] != '\0') {
        put_char(w, l->sounds[0] - 'a' + 'A');
        put(w, l->sounds + 1);
    } else {
        put(w, l->sounds);
    }
    return true;
}

/* ---- Hangul: syllables by arithmetic, and jamo that stand alone ---- */

struct jamo { const char *sounds, *keys; };

static const struct jamo initials[19] = {       /* U+1100 */
    {"g", "r"}, {"kk", "R"}, {"n", "s"}, {"d", "e"}, {"tt", "E"}, {"r", "f"}, {"m", "a"},
    {"b", "q"}, {"pp", "Q"}, {"s", "t"}, {"ss", "T"}, {"", "d"}, {"j", "w"}, {"jj", "W"},
    {"ch", "c"}, {"k", "z"}, {"t", "x"}, {"p", "v"}, {"h", "g"},
};
static const struct jamo vowels[21] = {         /* U+1161 */
    {"a", "k"}, {"ae", "o"}, {"ya", "i"}, {"yae", "O"}, {"eo", "j"}, {"e", "p"}, {"yeo", "u"},
    {"ye", "P"}, {"o", "h"}, {"wa", "hk"}, {"wae", "ho"}, {"oe", "hl"}, {"yo", "y"}, {"u", "n"},
    {"wo", "nj"}, {"we", "np"}, {"wi", "nl"}, {"yu", "b"}, {"eu", "m"}, {"ui", "ml"}, {"i", "l"},
};
static const struct jamo finals[27] = {         /* U+11A8 */
    {"k", "r"}, {"k", "R"}, {"k", "rt"}, {"n", "s"}, {"n", "sw"}, {"n", "sg"}, {"t", "e"},
    {"l", "f"}, {"k", "fr"}, {"m", "fa"}, {"l", "fq"}, {"l", "ft"}, {"l", "fx"}, {"p", "fv"},
    {"l", "fg"}, {"m", "a"}, {"p", "q"}, {"p", "qt"}, {"t", "t"}, {"t", "T"}, {"ng", "d"},
    {"t", "w"}, {"t", "c"}, {"k", "z"}, {"t", "x"}, {"p", "v"}, {"t", "g"},
};

static void
put_jamo(struct writer *w, const struct jamo *j)
{
    put(w, w->how == SPELL_KEYS ? j->keys : j->sounds);
}

static bool
put_hangul(struct writer *w, int32_t cp)
{
    int32_t s = cp - 0xAC00;

    if (s >= 0 && s < 19 * 21 * 28) {
        put_jamo(w, &initials[s / (21 * 28)]);
        put_jamo(w, &vowels[s / 28 % 21]);
        if (s % 28 != 0)
            put_jamo(w, &finals[s % 28 - 1]);
    } else if (cp == 0x110B) {
        put_jamo(w, &finals[20]);           /* without a vowel it is not silent */
    } else if (cp >= 0x1100 && cp < 0x1100 + 19) {
        put_jamo(w, &initials[cp - 0x1100]);
    } else if (cp >= 0x1161 && cp < 0x1161 + 21) {
        put_jamo(w, &vowels[cp - 0x1161]);
    } else if (cp >= 0x11A8 && cp < 0x11A8 + 27) {
        put_jamo(w, &finals[cp - 0x11A8]);
    } else {
        return false;
    }
    return true;
}

/* ---- everything else ---- */

static void
put_other(struct writer *w, int32_t cp)
{
    int32_t seq[8];
    int bound = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char(cp, seq, 8,
        UTF8PROC_DECOMPOSE | UTF8PROC_IGNORE, &bound);

    if (n <= 0 || n > 8 || (cp >= 0x300 && cp < 0x370))
        return;                             /* never seen, or an accent */
    if (seq[0] < 0x80) {
        put_char(w, seq[0]);
        return;
    }
    put_char(w, 'a' + cp % 26);
    if (cp >= 0x2E80)
        put_char(w, 'a' + cp / 26 % 26);
}

size_t
spell(char *out, size_t room, const char *s, size_t n, enum spelling how)
{
    struct writer w = { .p = out, .room = room - 1, .how = how };
    const uint8_t *p = (const uint8_t *)s;

    for (size_t i = 0, len; i < n; i += len) {
        int32_t cp;

        len = u8_read(&cp, p + i, n - i);
        if (len == 0)
            break;
        if (cp < 0x80)
            put_char(&w, cp);
        else if (!put_cyrillic(&w, cp) && !put_hangul(&w, cp))
            put_other(&w, cp);
    }
    out[w.n] = '\0';
    return w.n;
}
