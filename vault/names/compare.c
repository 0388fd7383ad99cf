/* compare.c - two names: how well they agree. */
#include <stdio.h>
#include <string.h>

#include "vault/names/agreement.h"

const char *
name_level_text(enum name_level level)
{
    static const char *const text[] = { "none", "skeleton", "fold", "exact" };

    return text[level];
}

/* ---- two words ---- */

/* Words of which nothing is known but how they are written. */
static void
meet_letters(struct meeting *m, const struct name *a, const struct name *b)
{
    if (same_letters(written(a, m->a), written(b, m->b))) {
        m->level = NAME_FOLD;
        m->how = HOW_LETTERS;
    }
}

static void
meet_sounds(struct meeting *m, const struct sounds *a, const struct sounds *b, bool gender)
{
    m->key = sounds_meet(a, b);
    m->level = NAME_FOLD;
    m->how = HOW_SOUND;
    if (m->key != NULL)
        return;
    m->key = sounds_skeleton(a, b, gender);
    m->level = m->key == NULL ? NAME_NONE : NAME_SKELETON;
    m->how = HOW_SKELETON;
}

static void
meet_family(struct meeting *m, const struct name *a, const struct name *b)
{
    const struct name_word *x = &a->word[m->a], *y = &b->word[m->b];

    m->level = NAME_NONE;
    m->row = korean_same_surname(x->korean, y->korean);
    if (m->row != 0) {
        m->level = NAME_FOLD;
        m->how = HOW_KOREAN;
        return;
    }
    meet_sounds(m, &x->family, &y->family, false);
    if (m->level == NAME_NONE && x->family.n == 0)
        meet_letters(m, a, b);
}

/* A row that both names of the table stand in. */
static unsigned
shared_row(const struct table_given *a, const struct table_given *b, bool *is_short)
{
    if (a == NULL || b == NULL)
        return 0;
    for (size_t i = 0; i < GIVEN_OF_ONE && a->of[i] != 0; i++)
        for (size_t j = 0; j < GIVEN_OF_ONE && b->of[j] != 0; j++)
            if (((a->of[i] ^ b->of[j]) & ~GIVEN_SHORT) == 0) {
                *is_short = ((a->of[i] | b->of[j]) & GIVEN_SHORT) != 0;
                return a->of[i] & ~GIVEN_SHORT;
            }
    return 0;
}

static bool
meet_forms(struct meeting *m, const struct name_word *x, const struct name_word *y)
{
    for (size_t i = 0; i < x->given.n; i++)
        for (size_t j = 0; j < y->given.n; j++) {
            bool is_short = false;
            m->row = shared_row(x->known[i], y->known[j], &is_short);
            if (m->row != 0) {
                m->level = NAME_FOLD;
                m->how = is_short ? HOW_SHORT : HOW_FORM;
                return true;
            }
        }
    return false;
}

static void
meet_initial(struct meeting *m, const struct name_word *x, const struct name_word *y)
{
    m->level = NAME_NONE;
    for (size_t i = 0; i < x->given.n; i++)
        for (size_t j = 0; j < y->given.n; j++)
            if (x->given.key[i][0] == y->given.key[j][0]) {
                m->level = NAME_SKELETON;
                m->how = HOW_INITIAL;
            }
}

static void
meet_given(struct meeting *m, const struct name *a, const struct name *b)
{
    const struct name_word *x = &a->word[m->a], *y = &b->word[m->b];

    m->level = NAME_NONE;
    if (!x->may_be_given || !y->may_be_given)
        return;
    if (x->initial || y->initial) {
        meet_initial(m, x, y);
        return;
    }
    meet_sounds(m, &x->given, &y->given, true);
    if (m->level == NAME_FOLD || meet_forms(m, x, y))
        return;
    if (m->level == NAME_NONE && x->given.n == 0)
        meet_letters(m, a, b);
}

/* ---- all words but the surname ---- */

static enum name_level
lower(enum name_level a, enum name_level b)
{
    return a < b ? a : b;
}

/* The best partner of word i of a among those of b that are free. */
static struct meeting
best_partner(const struct name *a, uint8_t i, const struct name *b, uint32_t taken)
{
    struct meeting best = { .level = NAME_NONE };

    for (uint8_t j = 0; j < b->n; j++) {
        struct meeting m = { .a = i, .b = j };
        if ((taken >> j & 1) != 0)
            continue;
        meet_given(&m, a, b);
        if (m.level > best.level)
            best = m;
    }
    return best;
}

/* Each given name of a, which has no more of them, must have a partner in b. */
static void
agree_given(struct agreement *g, const struct name *a, const struct name *b)
{
    uint32_t taken = (uint32_t)1 << g->family.b;

    for (uint8_t i = 0; i < a->n; i++) {
        struct meeting m;
        if (i == g->family.a)
            continue;
        m = best_partner(a, i, b, taken);
        g->level = lower(g->level, m.level);
        if (g->level == NAME_NONE)
            return;
        taken |= (uint32_t)1 << m.b;
        g->given[g->n_given++] = m;
    }
    if (g->n_given == 0 || b->n - a->n > 2)
        g->level = NAME_NONE;           /* never by a surname alone */
}

/* ---- the fathers' names ---- */

static bool
fathers_agree(const struct name *a, const struct name *b)
{
    if (a->father_initial == '\0' || b->father_initial == '\0')
        return true;
    if (a->father == 0 || b->father == 0)
        return a->father_initial == b->father_initial;
    if (sounds_meet(&a->stem, &b->stem) != NULL || sounds_skeleton(&a->stem, &b->stem, false) != NULL)
        return true;
    for (size_t i = 0; i < a->stem.n; i++)
        for (size_t j = 0; j < b->stem.n; j++) {
            bool is_short;
            size_t n = strlen(a->stem.key[i]), m = strlen(b->stem.key[j]);
            if (shared_row(table_father(a->stem.key[i]), table_father(b->stem.key[j]), &is_short) != 0 ||
                strncmp(a->stem.key[i], b->stem.key[j], n < m ? n : m) == 0)
                return true;
        }
    return false;
}

/* ---- both ---- */

/* Is it rather a given name than a surname? */
static bool
looks_given(const struct name *n, uint8_t i)
{
    for (uint8_t k = 0; k < n->word[i].given.n; k++)
        if (n->word[i].known[k] != NULL)
            return true;
    return false;
}

static bool
sounds_female(const struct name_word *w)
{
    const char *key = w->given.key[0];

    return key[strlen(key) - 1] == 'A';
}

/*
 * Valentin and Valentina Kim: their given names would make one surname, of man and woman. Where surnames differ so, what is left
 * must be a given name for certain, and they must not be.
 */
static bool
is_turned_round(const struct agreement *g, const struct name *a, const struct name *b)
{
    const struct name_word *x = &a->word[g->family.a], *y = &b->word[g->family.b];

    if (x->given.n == 0 || y->given.n == 0 || sounds_female(x) == sounds_female(y))
        return false;
    if (looks_given(a, g->family.a) && looks_given(b, g->family.b))
        return true;
    for (uint8_t i = 0; i < g->n_given; i++)
        if (g->given[i].how == HOW_INITIAL || looks_given(a, g->given[i].a) || looks_given(b, g->given[i].b))
            return false;
    return true;
}

static void
agree(struct agreement *best, const struct name *a, const struct name *b)
{
    best->level = NAME_NONE;
    for (uint8_t i = 0; i < a->n; i++)
        for (uint8_t j = 0; j < b->n; j++) {
            struct agreement g = { .family = { .a = i, .b = j } };
            if (!name_family_at(a, i) || !name_family_at(b, j))
                continue;
            meet_family(&g.family, a, b);
            g.level = g.family.level;
            if (g.level == NAME_NONE || g.level < best->level)
                continue;
            agree_given(&g, a, b);
            if (g.level != NAME_NONE && is_turned_round(&g, a, b))
                continue;
            if (g.level > best->level || (g.level == best->level && g.level != NAME_NONE &&
                looks_given(a, best->family.a) && !looks_given(a, i)))
                *best = g;
        }
    if (best->level == NAME_FOLD && !fathers_agree(a, b)) {
        best->level = NAME_SKELETON;
        best->fathers_differ = true;
    }
}

static bool
same_words(const struct name *a, const struct name *b)
{
    if (a->words.n != b->words.n || a->mixed || b->mixed)
        return false;
    for (uint8_t i = 0; i < a->words.n; i++)
        if (!same_letters(&a->words.word[i], &b->words.word[i]))
            return false;
    return true;
}

/* ---- one word ---- */

static bool
is_surname(const struct name *n)
{
    const struct word *w = written(n, 0);

    return n->word[0].korean != NULL ||
        (!n->known_given && table_ending(ENDING_FAMILY, w->letter, w->n) != NULL);
}

static bool
is_one_word(const struct name *n)
{
    return n->n < 2 && n->korean.n == 0;
}

/* ---- the comparison ---- */

static enum name_level
compare_one_word(const struct name *a, const struct name *b, const struct sentence *s)
{
    struct meeting m = { .level = NAME_NONE };

    if ((is_one_word(a) && is_surname(a)) || (is_one_word(b) && is_surname(b))) {
        say(s, "a surname alone is not enough to tell a person by");
        return NAME_NONE;
    }
    if (!is_one_word(a) || !is_one_word(b) || (a->father != 0) != (b->father != 0)) {
        say(s, "one word is not enough to tell a person by");
        return NAME_NONE;
    }
    meet_given(&m, a, b);
    if (m.level == NAME_NONE || m.how == HOW_INITIAL) {
        say(s, "the names differ");
        return NAME_NONE;
    }
    why_meeting(s, "name", &m, a, b);
    if (m.level == NAME_FOLD && !fathers_agree(a, b)) {
        say(s, "; the fathers' names differ");
        return NAME_SKELETON;
    }
    return same_words(a, b) ? NAME_EXACT : m.level;
}

static enum name_level
compare_words(const struct name *a, const struct name *b, const struct sentence *s)
{
    struct agreement g = { .level = NAME_NONE };
    bool swapped = a->n > b->n;
    const struct name *x = swapped ? b : a, *y = swapped ? a : b;

    agree(&g, x, y);
    if (g.level == NAME_NONE) {
        say(s, "the names differ");
        return NAME_NONE;
    }
    if (swapped) {
        uint8_t t = g.family.a;
        g.family.a = g.family.b;
        g.family.b = t;
        for (uint8_t i = 0; i < g.n_given; i++) {
            t = g.given[i].a;
            g.given[i].a = g.given[i].b;
            g.given[i].b = t;
        }
    }
    why_agreement(s, &g, a, b);
    return g.level;
}

enum name_level
name_compare(const struct name *a, const struct name *b, enum name_shows shows,
    char why[NAME_WHY_BYTES])
{
    char unused[NAME_WHY_BYTES];
    struct sentence s = { why == NULL ? unused : why, shows };
    const struct reading *ra, *rb;
    enum korean_level korean;
    enum name_level level = NAME_NONE;

    s.out[0] = '\0';
    if (is_one_word(a) || is_one_word(b)) {
        level = compare_one_word(a, b, &s);
    } else {
        korean = korean_compare(&a->korean, &b->korean, &ra, &rb);
        if (korean != KOREAN_NONE) {
            why_korean(&s, a, ra, b, rb, korean);
            level = korean == KOREAN_FOLD ? NAME_FOLD : NAME_SKELETON;
        }
        if (level != NAME_FOLD && (a->korean.n == 0 || b->korean.n == 0 || a->known_given ||
            b->known_given)) {
            s.out[0] = '\0';
            level = compare_words(a, b, &s);
        } else if (level == NAME_NONE) {
            say(&s, "the names differ");
        }
        if (same_words(a, b))
            level = NAME_EXACT;
    }
    why_mixed(&s, a, b);
    return level;
}
