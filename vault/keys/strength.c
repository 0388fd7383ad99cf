/*
 * strength.c - two spellings of the whole, and all words one by one: the least counts.
 *
 * Words are what stands between blanks and hyphens, which count nothing themselves (whoever tries
 * words tries them with blanks). A text of words_1024 alone is worth just what its words are.
 */
#include "vault/keys/strength.h"

#include <malloc.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>
#include <zxcvbn.h>
#include "vault/base/text.h"
#include "vault/base/utf8.h"
#include "vault/keys/common.h"
#include "vault/keys/spelling.h"

#define WORD_BITS 10
#define ROOM (STRENGTH_MAX + 1)     /* what is longer when it is spelled is cut */

enum why {
    WHY_WORD = 1, WHY_LAYOUT = 2, WHY_KEYS = 4, WHY_SEQUENCE = 8, WHY_REPEAT = 16, WHY_DATE = 32,
    WHY_FEW_WORDS = 64
};

struct estimate {
    double bits;
    unsigned why;
};

/* All copies of one estimate. */
struct copies {
    char sounds[ROOM], keys[ROOM];
    uint8_t seen[1024 / 8];         /* words of our list */
};

static struct estimate
lesser(struct estimate a, struct estimate b)
{
    return b.bits < a.bits ? b : a;
}

/* ---- libzxcvbn ---- */

/*
 * What it frees holds no text by then, but ranks of words. glibc overwrites blocks as they are freed
 * if told so, all but the few that each thread keeps at hand: those are taken, wiped and given back.
 * (Under a sanitizer neither does anything; blocks are in quarantine there.)
 */
static void
wipe_kept_blocks(size_t size)
{
    void *block[32];

    for (size_t i = 0; i < 32; i++) {
        block[i] = malloc(size);
        if (block[i] != NULL)
            sodium_memzero(block[i], malloc_usable_size(block[i]));
    }
    for (size_t i = 0; i < 32; i++)
        free(block[i]);
}

/* Every size that is kept at hand. */
static void
wipe_heap(void)
{
    for (size_t size = 16; size <= 1040; size += 16)
        wipe_kept_blocks(size);
}

static unsigned
why_of(const ZxcMatch_t *m)
{
    unsigned type = (unsigned)m->Type, why = 0;

    if ((type & MULTIPLE_MATCH) != 0)
        why |= WHY_REPEAT;
    switch (type & ~(unsigned)MULTIPLE_MATCH) {
    case DICTIONARY_MATCH: case DICT_LEET_MATCH:
        return m->Length < 4 ? why : why | WHY_WORD;        /* "it" is in every text */
    case USER_MATCH: case USER_LEET_MATCH:
        return why | WHY_WORD;
    case REPEATS_MATCH:
        return why | WHY_REPEAT;
    case SEQUENCE_MATCH:
        return why | WHY_SEQUENCE;
    case SPATIAL_MATCH:
        return why | WHY_KEYS;
    case DATE_MATCH: case YEAR_MATCH:
        return why | WHY_DATE;
    default:
        return why;
    }
}

static struct estimate
ask_zxcvbn(const char *ascii)
{
    struct estimate e = { 0, 0 };
    ZxcMatch_t *matches = NULL;

    if (ascii[0] == '\0')
        return e;
    e.bits = ZxcvbnMatch(ascii, common_words(), &matches);
    for (const ZxcMatch_t *m = matches; m != NULL; m = m->Next)
        e.why |= why_of(m);
    ZxcvbnFreeInfo(matches);
    return e;
}

/* It does not look whether it got its memory (a quarter of a MiB for the longest text). */
static vault_err
need_memory(void)
{
    void *p = malloc((size_t)1 << 20);

    if (p == NULL)
        return err_nomem();
    free(p);
    return VAULT_OK;
}

/* ---- one spelled text ---- */

/* Fills sounds and keys; returns what libzxcvbn says to the lesser. */
static struct estimate
ask_spellings(struct copies *c, const char *s, size_t n)
{
    struct estimate e, typed;

    (void)spell(c->sounds, sizeof c->sounds, s, n, SPELL_SOUNDS);
    (void)spell(c->keys, sizeof c->keys, s, n, SPELL_KEYS);
    e = ask_zxcvbn(c->sounds);
    if (strcmp(c->sounds, c->keys) != 0) {
        typed = ask_zxcvbn(c->keys);
        if (typed.bits < e.bits / 2)
            typed.why |= WHY_LAYOUT;
        e = lesser(e, typed);
    }
    return e;
}

/* ---- words ---- */

struct words {
    double bits;
    unsigned why;
    unsigned count, listed, distinct;   /* all, those of our list, different ones of these */
};

/* The number of the word in our list, or -1. */
static int
find_word(const char *p)
{
    int low = 0, high = 1024;

    while (low < high) {
        int mid = (low + high) / 2;
        int c = strcasecmp(p, words_1024[mid]);

        if (c == 0)
            return mid;
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return -1;
}

/* A word that was there already tells which of those it is, and no more. */
static struct estimate
judge_listed(struct copies *c, struct words *w, unsigned number)
{
    uint8_t bit = (uint8_t)(1u << number % 8);
    unsigned bits = 1;

    w->listed++;
    if ((c->seen[number / 8] & bit) == 0) {
        c->seen[number / 8] |= bit;
        w->distinct++;
        return (struct estimate){ WORD_BITS, WHY_FEW_WORDS };
    }
    while (1u << bits < w->distinct)
        bits++;
    return (struct estimate){ bits, WHY_REPEAT };
}

/*
 * What a word of letters outside ASCII may count at most: libzxcvbn has no list of such words and
 * takes their letters for chance. A word of a language is worth about two bits a letter, five and a
 * half a Hangul syllable, seven a Chinese character, yet hardly less than ten where chance chose it.
 */
static double
native_most(const char *s, size_t n)
{
    double bits = 0;

    for (size_t i = 0; i < n;) {
        int32_t cp = 0;
        utf8proc_category_t k;

        i += u8_read(&cp, (const uint8_t *)s + i, n - i);
        k = utf8proc_category(cp);
        if (cp < 0x80 || k < UTF8PROC_CATEGORY_LU || k > UTF8PROC_CATEGORY_ME)
            return 1000;                            /* no word */
        bits += cp >= 0xAC00 && cp <= 0xD7A3 ? 5.5 : cp >= 0x2E80 ? 7 : 2;
        if (k == UTF8PROC_CATEGORY_LU)
            bits++;
    }
    return bits < WORD_BITS ? WORD_BITS : bits;
}

static void
add_word(struct copies *c, struct words *w, const char *s, size_t n)
{
    struct estimate e = ask_spellings(c, s, n);
    int number = find_word(c->sounds);
    double most = native_most(s, n);

    if (number < 0)
        number = find_word(c->keys);
    w->count++;
    if (number >= 0)
        e = judge_listed(c, w, (unsigned)number);
    else if (most < e.bits)
        e = (struct estimate){ most, e.why | WHY_FEW_WORDS };
    w->bits += e.bits;
    w->why |= e.why;
}

static struct words
judge_words(struct copies *c, const char *s, size_t n)
{
    struct words w = { 0, 0, 0, 0, 0 };

    for (size_t i = 0, end; i < n; i = end + 1) {
        for (end = i; end < n && s[end] != ' ' && s[end] != '-'; end++)
            ;
        if (end > i)
            add_word(c, &w, s + i, end - i);
    }
    return w;
}

/* ---- the text ---- */

static struct estimate
judge_once(struct copies *c, const char *s, size_t n)
{
    struct words w = judge_words(c, s, n);
    struct estimate e = { w.bits, w.why };

    if (w.count == 0 || w.listed < w.count)
        e = lesser(e, ask_spellings(c, s, n));
    return e;
}

#define BETWEEN 3u      /* bytes between two times of the same that the last time may lack, such as ", " */

/* After how many bytes the text begins anew, and goes on so to its end; n where it does not. */
static size_t
period(const char *s, size_t n)
{
    for (size_t p = 1; p < n && p <= (n + BETWEEN) / 2; p++)
        if (memcmp(s, s + p, n - p) == 0)
            return p;
    return n;
}

/* What is typed again and again is worth what it is once, and how often. */
static struct estimate
judge(struct copies *c, const char *s, size_t n)
{
    size_t p = period(s, n);
    struct estimate e = judge_once(c, s, p);

    if (p == n)
        return e;
    for (size_t times = (n + BETWEEN) / p; times > 1; times /= 2)
        e.bits++;
    e.why |= WHY_REPEAT;
    memset(c->seen, 0, sizeof c->seen);
    return lesser(e, judge_once(c, s, n));
}

static void
explain(struct strength *out, struct estimate e)
{
    static const struct { enum why why; const char *sentence; } all[STRENGTH_REASONS] = {
        { WHY_WORD, "it holds a common password, word or name" },
        { WHY_LAYOUT, "it is a text typed on the keyboard layout of another language" },
        { WHY_KEYS, "it follows keys that lie side by side" },
        { WHY_SEQUENCE, "it holds a sequence" },
        { WHY_REPEAT, "it repeats itself" },
        { WHY_DATE, "it holds a date or a year" },
        { WHY_FEW_WORDS, "it has too few words" },
    };

    out->bits = e.bits > 0 ? (unsigned)e.bits : 0;
    out->n_why = 0;
    for (size_t i = 0; i < STRENGTH_REASONS; i++)
        if ((e.why & all[i].why) != 0)
            out->why[out->n_why++] = all[i].sentence;
    if (out->n_why == 0)
        out->why[out->n_why++] = "it is too short";     /* by chance alone */
}

/* The beginning of the text that is looked at; no character is cut in two. */
static size_t
capped(const struct secret *text)
{
    const uint8_t *p = secret_bytes(text);
    size_t n = secret_len(text);

    if (n <= STRENGTH_MAX)
        return n;
    n = STRENGTH_MAX;
    while (n > 0 && (p[n] & 0xC0) == 0x80)
        n--;
    return n;
}

vault_err
strength_of(struct strength *out, const struct secret *typed)
{
    struct secret *text = NULL, *copies = NULL;
    vault_err err;

    err = text_passphrase(&text, typed);
    if (err == VAULT_OK)
        err = need_memory();
    if (err == VAULT_OK)
        err = secret_new(&copies, sizeof(struct copies));
    if (err != VAULT_OK)
        goto done;
    (void)mallopt(M_PERTURB, 0xA5);
    explain(out, judge((struct copies *)(void *)secret_edit(copies),
        (const char *)secret_bytes(text), capped(text)));
    (void)mallopt(M_PERTURB, 0);
    wipe_heap();
    sodium_stackzero(128 * 1024);   /* libzxcvbn calls itself once for each character */
done:
    secret_free(copies);
    secret_free(text);
    return err;
}
