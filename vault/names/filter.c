/*
 * filter.c - most names out of many cannot agree with the one that is asked for: name_filter.
 *
 * Names agree only where surnames do, at least in their skeleton, and a surname stands first or last. So a name is folded only where a
 * word there begins with a letter that a surname like the asked one may begin with.
 */
#include <string.h>

#include "vault/names/name.h"

static bool
is_vowel(char c)
{
    return c == 'A' || c == 'E' || c == 'I' || c == 'O' || c == 'U';
}

/* May a word that begins with this letter have `first` as its first consonant? A vowel or nothing may stand before any. */
static bool
may_sound(uint8_t letter, char first)
{
    size_t n;
    const struct table_sound *row = table_sounds(letter, &n);

    for (size_t i = 0; i < n; i++)
        for (uint8_t k = 0; k < row[i].n_sounds; k++) {
            char c = row[i].sound[k][0];
            if (c == '\0' || is_vowel(c) || c == first)
                return true;
        }
    return false;
}

static void
let_surname(struct name_filter *f, const struct table_surname *s)
{
    for (size_t i = 0; s != NULL && i < SURNAMES_OF_ONE && s->of[i] != 0; i++)
        table_surname_begins(s->of[i], f->begins);
}

static void
let_word(struct name_filter *f, const struct name *asked, uint8_t i)
{
    const struct name_word *w = &asked->word[i];

    f->begins[asked->words.word[asked->at[i]].letter[0]] = true;
    let_surname(f, w->korean);
    for (uint8_t k = 0; k < w->family.n; k++) {
        char skeleton[SOUND_BYTES];
        (void)sound_skeleton(skeleton, w->family.key[k]);
        for (unsigned c = 0; c < 256; c++)
            f->begins[c] = f->begins[c] || may_sound((uint8_t)c, skeleton[0]);
    }
}

void
name_filter_make(struct name_filter *f, const struct name *asked)
{
    memset(f, 0, sizeof *f);
    if (asked->n < 2 && asked->korean.n == 0)
        memset(f->begins, true, sizeof f->begins);      /* one word: compared in another way */
    for (uint8_t i = 0; i < asked->n; i++)
        if (name_family_at(asked, i))
            let_word(f, asked, i);
    for (uint8_t i = 0; i < asked->korean.n; i++)
        let_surname(f, asked->korean.reading[i].surname);
}

bool
name_filter_passes(const struct name_filter *f, const struct words *w)
{
    uint8_t last = w->n;

    if (f->begins[w->word[0].letter[0]])
        return true;
    if (w->comma > 0)
        return false;
    for (;;) {                      /* of words that hyphens join, the first and the last */
        if (f->begins[w->word[--last].letter[0]])
            return true;
        if (last == 0 || !w->word[last].joined)
            return false;
    }
}
