/* why.c - the reasons of compare.c, in a sentence. */
#include <string.h>

#include "vault/names/agreement.h"

void
say(const struct sentence *s, const char *text)
{
    size_t n = strlen(s->out), more = strlen(text);

    if (n + more < NAME_WHY_BYTES)
        memcpy(s->out + n, text, more + 1);
}

static void
say_word(const struct sentence *s, const struct name *n, uint8_t i)
{
    char text[WORD_LETTERS_MAX * 3 + 8];

    word_show(text, sizeof text, written(n, i));
    say(s, text);
}

/* "Choi = Цой", or the word alone where both are written alike. */
static void
say_words(const struct sentence *s, const struct name *a, uint8_t i, const struct name *b, uint8_t j)
{
    say_word(s, a, i);
    if (same_letters(written(a, i), written(b, j)))
        return;
    say(s, " = ");
    say_word(s, b, j);
}

static void
say_korean_surname(const struct sentence *s, const struct name *a, uint8_t i, const struct name *b,
    uint8_t j, unsigned row)
{
    bool hangul = written(a, i)->scripts == SCRIPT_HANGUL || written(b, j)->scripts == SCRIPT_HANGUL;

    say(s, "surname ");
    if (s->shows == NAME_SHOWS_KEYS) {
        say(s, table_surname_hangul(row));
        return;
    }
    if (!hangul) {
        say_words(s, a, i, b, j);
        say(s, " (");
        say(s, table_surname_hangul(row));
        say(s, ")");
        return;
    }
    say(s, table_surname_hangul(row));
    if (written(a, i)->scripts != SCRIPT_HANGUL) {
        say(s, " = ");
        say_word(s, a, i);
    } else if (written(b, j)->scripts != SCRIPT_HANGUL) {
        say(s, " = ");
        say_word(s, b, j);
    }
}

/* The word a reading takes as the surname. */
static uint8_t
surname_of(const struct name *n, const struct reading *r)
{
    for (uint8_t i = 0; i < n->n; i++)
        if (n->word[i].korean == r->surname)
            return i;
    return 0;
}

void
why_korean(const struct sentence *s, const struct name *a, const struct reading *ra,
    const struct name *b, const struct reading *rb, enum korean_level level)
{
    char key[KOREAN_KEY_BYTES];

    say_korean_surname(s, a, surname_of(a, ra), b, surname_of(b, rb),
        korean_same_surname(ra->surname, rb->surname));
    korean_key(key, ra, level == KOREAN_SKELETON);
    say(s, "; given names agree ");
    say(s, level == KOREAN_SKELETON ? "but for their vowels as " : "as ");
    say(s, key);
    if (ra->slip + rb->slip > 0)
        say(s, ", if one letter was mistaken");
}

void
why_meeting(const struct sentence *s, const char *what, const struct meeting *m, const struct name *a,
    const struct name *b)
{
    char skeleton[SOUND_BYTES];

    if (m->how == HOW_KOREAN) {
        say_korean_surname(s, a, m->a, b, m->b, m->row);
        return;
    }
    say(s, what);
    say(s, " ");
    if (s->shows == NAME_SHOWS_BOTH) {
        say_words(s, a, m->a, b, m->b);
        if (m->how == HOW_SOUND || m->how == HOW_LETTERS)
            return;
        say(s, m->how == HOW_INITIAL ? " by its first letter" :
            m->how == HOW_SKELETON ? " but for vowels" :
            m->how == HOW_SHORT ? ", short for " : ", forms of ");
        if (m->how == HOW_SHORT || m->how == HOW_FORM)
            say(s, table_given_name(m->row));
        return;
    }
    switch (m->how) {
    case HOW_SOUND:
        say(s, "agrees as ");
        say(s, m->key);
        break;
    case HOW_SKELETON:
        say(s, "agrees but for vowels as ");
        (void)sound_skeleton(skeleton, m->key);
        say(s, skeleton);
        break;
    case HOW_FORM: case HOW_SHORT:
        say(s, m->how == HOW_FORM ? "agrees as a form of " : "agrees as short for ");
        say(s, table_given_name(m->row));
        break;
    case HOW_INITIAL:
        say(s, "agrees by its first letter");
        break;
    default:
        say(s, "agrees");
    }
}

void
why_agreement(const struct sentence *s, const struct agreement *g, const struct name *a,
    const struct name *b)
{
    why_meeting(s, "surname", &g->family, a, b);
    for (uint8_t i = 0; i < g->n_given; i++) {
        say(s, "; ");
        why_meeting(s, "given name", &g->given[i], a, b);
    }
    if (g->fathers_differ)
        say(s, "; the fathers' names differ");
}

void
why_mixed(const struct sentence *s, const struct name *a, const struct name *b)
{
    if (a->mixed || b->mixed)
        say(s, s->out[0] == '\0' ? "a word mixes letters of several scripts" :
            "; a word mixes letters of several scripts");
}
