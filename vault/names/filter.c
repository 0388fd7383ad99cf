/*
 * filter.c - most names out of many cannot agree with the one that is asked for: name_filter.
 *
 * Names agree only where surnames do, at least in their skeleton, and a surname stands first or last, but for a father's name. So a name
 * is folded only where a word begins with a letter that a surname like the asked one may begin with, and then agrees with that surname.
 */
#include <string.h>

#include "vault/names/agreement.h"

static uint8_t
small(char c)
{
    return (uint8_t)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool
is_small(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

/* ---- by the first letter ---- */

static bool
is_vowel(char c)
{
    return c == 'A' || c == 'E' || c == 'I' || c == 'O' || c == 'U';
}

/*
 * May a word that begins with these n letters (1 or 2) have `first` as its first sound, or with `skeleton` as its first consonant? Any row
 * of the table may apply. Sounds that are no answer: none, before consonants vowels, and before a vowel any other, as it may not be heard.
 */
static bool
may_sound(const uint8_t *letter, size_t n, char first, bool skeleton)
{
    size_t rows;
    const struct table_sound *row = table_sounds(letter[0], &rows);

    for (size_t i = 0; i < rows; i++) {
        if (row[i].n > 1 && n > 1 && row[i].spelling[1] != letter[1])
            continue;
        for (uint8_t k = 0; k < row[i].n_sounds; k++) {
            const char *c = row[i].sound[k];
            while (skeleton && is_vowel(*c))
                c++;
            if (*c == first || (is_vowel(*c) && is_vowel(first)))
                return true;
            if (*c == '\0' && (row[i].n > 1 || n == 1 || may_sound(letter + 1, n - 1, first, skeleton)))
                return true;
        }
    }
    return false;
}

static void
let_surname(struct name_filter *f, const struct table_surname *s)
{
    for (size_t i = 0; s != NULL && i < SURNAMES_OF_ONE && s->of[i] != 0; i++)
        table_surname_begins(s->of[i], f->begins, f->then);
}

static void
let_sound(struct name_filter *f, char first, bool skeleton)
{
    for (unsigned c = 0; c < 256; c++) {
        const uint8_t one = (uint8_t)c;
        f->begins[c] = f->begins[c] || may_sound(&one, 1, first, skeleton);
    }
    for (uint8_t c = 'a'; c <= 'z'; c++)
        for (uint8_t d = 'a'; d <= 'z' && f->begins[c]; d++) {
            const uint8_t two[2] = { c, d };
            if (may_sound(two, 2, first, skeleton))
                f->then[c - 'a'] |= (uint32_t)1 << (d - 'a');
        }
}

static void
let_word(struct name_filter *f, const struct name *asked, uint8_t i)
{
    const struct name_word *w = &asked->word[i];
    uint8_t c = written(asked, i)->letter[0];

    f->begins[c] = true;
    if (w->family.n == 0 && is_small(c))
        f->then[c - 'a'] = ~(uint32_t)0;            /* compared letter by letter */
    let_surname(f, w->korean);
    for (uint8_t k = 0; k < w->family.n; k++) {
        char skeleton[SOUND_BYTES];
        bool has = sound_skeleton(skeleton, w->family.key[k]) >= SKELETON_MIN;
        let_sound(f, has ? skeleton[0] : w->family.key[k][0], has);
    }
}

void
name_filter_make(struct name_filter *f, const struct name *asked)
{
    memset(f, 0, sizeof *f);
    f->asked = asked;
    f->all = asked->n < 2 && asked->korean.n == 0;      /* one word: compared in another way */
    for (uint8_t i = 0; i < asked->n; i++)
        if (name_family_at(asked, i))
            let_word(f, asked, i);
    for (uint8_t i = 0; i < asked->korean.n; i++)
        let_surname(f, asked->korean.reading[i].surname);
}

/* `next`: the letter after it, or anything that is none of a to z. */
static bool
may_begin(const struct name_filter *f, uint8_t c, uint8_t next)
{
    return f->begins[c] && !(is_small(c) && is_small(next) && (f->then[c - 'a'] >> (next - 'a') & 1) == 0);
}

/* Words of ASCII alone are told here: a letter or digit after anything else may begin one. */
bool
name_filter_glance(const struct name_filter *f, const char *s, size_t n)
{
    bool inside = false;

    for (size_t i = 0; i < n && !f->all; i++) {
        uint8_t c = small(s[i]), next = i + 1 < n ? small(s[i + 1]) : 0;
        bool letter = is_small(c) || (c >= '0' && c <= '9');
        if (c >= 0x80 || (letter && !inside && may_begin(f, c, next)))
            return true;
        inside = letter;
    }
    return f->all;
}

/* ---- by the word ---- */

static bool
is_asked_surname(const struct name *asked, const struct table_surname *s)
{
    for (uint8_t i = 0; i < asked->n; i++)
        if (name_family_at(asked, i) && korean_same_surname(s, asked->word[i].korean) != 0)
            return true;
    for (uint8_t i = 0; i < asked->korean.n; i++)
        if (korean_same_surname(s, asked->korean.reading[i].surname) != 0)
            return true;
    return false;
}

/* May this word be the surname of one who agrees? */
static bool
may_agree(const struct name_filter *f, const struct word *w)
{
    struct sounds s;

    if (!may_begin(f, w->letter[0], w->n > 1 ? w->letter[1] : 0))
        return false;
    if (is_asked_surname(f->asked, table_surname(w->letter, w->n)))
        return true;
    name_family_sounds(&s, w->letter, w->n);
    if (s.n == 0)
        return true;                    /* compared letter by letter */
    for (uint8_t i = 0; i < f->asked->n; i++) {
        const struct sounds *other = &f->asked->word[i].family;
        if (name_family_at(f->asked, i) && (sounds_meet(&s, other) != NULL || sounds_skeleton(&s, other, false) != NULL ||
            (other->n == 0 && written(f->asked, i)->letter[0] == w->letter[0])))
            return true;
    }
    return false;
}

bool
name_filter_passes(const struct name_filter *f, const struct words *w)
{
    bool passes = f->all;

    if (w->n == 1 || w->comma > 0)      /* Hangul in one word; what makes one surname of several words */
        return passes || f->begins[w->word[0].letter[0]];
    for (uint8_t i = 0; i < w->n && !passes; i++)
        passes = may_agree(f, &w->word[i]);
    return passes;
}
