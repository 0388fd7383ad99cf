/* korean.c - reading a name as Korean, and comparing readings. */
#include <string.h>

#include "vault/names/korean.h"

#define STEPS_MAX 600       /* tries in one name: names that are not Korean end early */

/* Jamo by number. */
enum { ONSET_N = 2, ONSET_R = 5, ONSET_M = 6, ONSET_NONE = 11 };
#define BIT(i) ((uint32_t)1 << (i))
#define VOWELS_Y (BIT(2) | BIT(3) | BIT(6) | BIT(7) | BIT(12) | BIT(17) | BIT(20))  /* ya yae yeo ye yo yu i */

struct parser {
    struct korean *out;
    const struct word *given[NAME_WORDS_MAX];
    uint8_t n_given;
    bool through_russian;           /* n may be ng, as н is */
    int steps;
    struct reading r;               /* as it grows */
};

static void grow(struct parser *p, uint8_t word, size_t at);

/* ---- what follows from the neighbours ---- */

/* Southern spelling drops or changes r and n where a name begins. */
static void
widen_first(struct syllable *s)
{
    bool y = (s->vowel & VOWELS_Y) != 0;

    if ((s->onset & BIT(ONSET_R)) != 0)
        s->onset |= y ? BIT(ONSET_NONE) : BIT(ONSET_N);
    if ((s->onset & BIT(ONSET_N)) != 0 && y)
        s->onset |= BIT(ONSET_NONE);
}

/* Revised and McCune-Reischauer write what is heard: k before n is ng. Hangul does not. */
static void
widen_pair(struct syllable *a, struct syllable *b)
{
    if ((b->onset & (BIT(ONSET_N) | BIT(ONSET_M))) != 0) {
        if ((a->coda & BIT(CODA_NG)) != 0)
            a->coda |= BIT(CODA_K);
        if ((a->coda & BIT(CODA_M)) != 0)
            a->coda |= BIT(CODA_P);
        if ((a->coda & BIT(CODA_N)) != 0)
            a->coda |= BIT(CODA_T);
    }
    if ((a->coda & BIT(CODA_L)) != 0 && (b->onset & BIT(ONSET_R)) != 0) {
        a->coda |= BIT(CODA_N);
        b->onset |= BIT(ONSET_N);
    }
}

static void
emit(struct parser *p)
{
    struct reading *r;

    if (p->r.n == 0 || p->out->n == READINGS_MAX)
        return;
    r = &p->out->reading[p->out->n++];
    *r = p->r;
    widen_first(&r->syllable[0]);
    for (size_t i = 0; p->given[0]->scripts != SCRIPT_HANGUL && i + 1 < r->n; i++)
        widen_pair(&r->syllable[i], &r->syllable[i + 1]);
}

/* ---- Latin and Cyrillic ---- */

static bool
begins(const struct word *w, size_t at, const struct table_part *row)
{
    if (row->n > w->n - at)
        return false;
    for (size_t i = 1; i < row->n; i++)         /* the first was looked up */
        if (w->letter[at + i] != row->spelling[i])
            return false;
    return true;
}

static void
end_syllable(struct parser *p, uint8_t word, size_t at, uint32_t coda)
{
    const struct word *w = p->given[word];

    p->r.syllable[p->r.n].coda = coda;
    p->r.n++;
    if (at < w->n && w->letter[at] == '\'')
        at++;                       /* it keeps two syllables apart */
    grow(p, word, at);
    p->r.n--;
}

static void
try_codas(struct parser *p, uint8_t word, size_t at)
{
    const struct word *w = p->given[word];
    size_t rows;
    const struct table_part *row;

    if (at < w->n) {
        row = table_parts(PART_CODA, w->letter[at], &rows);
        for (size_t i = 0; i < rows; i++) {
            uint32_t coda = row[i].jamo;
            if (!begins(w, at, &row[i]))
                continue;
            if (p->through_russian && coda == BIT(CODA_N))
                coda |= BIT(CODA_NG);
            end_syllable(p, word, at + row[i].n, coda);
        }
    }
    end_syllable(p, word, at, BIT(CODA_NONE));
}

static void
try_vowels(struct parser *p, uint8_t word, size_t at, enum syllable_part part)
{
    const struct word *w = p->given[word];
    size_t rows;
    const struct table_part *row;

    if (at >= w->n)
        return;
    row = table_parts(part, w->letter[at], &rows);
    for (size_t i = 0; i < rows; i++) {
        if (!begins(w, at, &row[i]))
            continue;
        p->r.syllable[p->r.n].vowel = row[i].jamo;
        try_codas(p, word, at + row[i].n);
    }
}

static void
try_vowels_and_slips(struct parser *p, uint8_t word, size_t at)
{
    try_vowels(p, word, at, PART_VOWEL);
    if (p->r.slip == 0) {
        p->r.slip = 1;
        try_vowels(p, word, at, PART_SLIP);
        p->r.slip = 0;
    }
}

static void
try_onsets(struct parser *p, uint8_t word, size_t at)
{
    const struct word *w = p->given[word];
    size_t rows;
    const struct table_part *row = table_parts(PART_ONSET, w->letter[at], &rows);

    for (size_t i = 0; i < rows; i++) {
        if (!begins(w, at, &row[i]))
            continue;
        p->r.syllable[p->r.n].onset = row[i].jamo;
        try_vowels_and_slips(p, word, at + row[i].n);
    }
    p->r.syllable[p->r.n].onset = BIT(ONSET_NONE);
    try_vowels_and_slips(p, word, at);
}

/* ---- Hangul says what it is ---- */

static void
grow_hangul(struct parser *p, uint8_t word, size_t at)
{
    const uint8_t *l = p->given[word]->letter + at;
    struct syllable *s = &p->r.syllable[p->r.n];

    s->onset = BIT(l[0] - LETTER_ONSET);
    s->vowel = BIT(l[1] - LETTER_VOWEL);
    end_syllable(p, word, at + 3, BIT(coda_sound(l[2] - LETTER_CODA)));
}

/* One more syllable, from letter `at` of a word of the given name. */
static void
grow(struct parser *p, uint8_t word, size_t at)
{
    if (p->steps-- <= 0)
        return;
    if (at >= p->given[word]->n) {
        if (++word == p->n_given) {
            emit(p);
            return;
        }
        at = 0;
    }
    if (p->r.n == SYLLABLES_MAX)
        return;
    if (p->given[word]->scripts == SCRIPT_HANGUL)
        grow_hangul(p, word, at);
    else if (p->given[word]->scripts == SCRIPT_LATIN || p->given[word]->scripts == SCRIPT_CYRILLIC)
        try_onsets(p, word, at);
}

/* ---- which word is the surname ---- */

static bool
is_through_russian(const struct word *w)
{
    size_t n = w->n;

    if (w->scripts != SCRIPT_LATIN || n < 3)
        return false;
    return memcmp(w->letter, "ts", 2) == 0 || memcmp(w->letter, "kh", 2) == 0 ||
        (n >= 5 && w->letter[n - 3] == 'g' && w->letter[n - 2] == 'a');
}

static void
read_with(struct korean *out, const struct table_surname *s, const struct word *written,
    const struct word *const given[], uint8_t n_given)
{
    struct parser p = { .out = out, .n_given = n_given, .steps = STEPS_MAX,
        .through_russian = is_through_russian(written), .r.surname = s };

    memcpy(p.given, given, n_given * sizeof p.given[0]);
    if (n_given > 0)
        grow(&p, 0, 0);
}

/* Word i is the surname, the others are the given name. */
static void
read_surname_at(struct korean *out, const struct words *w, uint8_t at)
{
    const struct table_surname *s = table_surname(w->word[at].letter, w->word[at].n);
    const struct word *given[NAME_WORDS_MAX];
    uint8_t n = 0;

    if (s == NULL || w->word[at].mixed)
        return;
    for (uint8_t i = 0; i < w->n; i++)
        if (i != at)
            given[n++] = &w->word[i];
    read_with(out, s, &w->word[at], given, n);
}

/* All in one word, as Hangul is written: one syllable of surname, or two. */
static void
read_joined(struct korean *out, const struct word *w, size_t syllables)
{
    struct word rest = *w;
    const struct word *given = &rest;
    const struct table_surname *s;

    if (w->scripts != SCRIPT_HANGUL || w->n <= syllables * 3)
        return;
    s = table_surname(w->letter, syllables * 3);
    if (s == NULL)
        return;
    rest.n = (uint8_t)(w->n - syllables * 3);
    memmove(rest.letter, w->letter + syllables * 3, rest.n);
    read_with(out, s, w, &given, 1);
}

void
korean_read(struct korean *out, const struct words *w)
{
    out->n = 0;
    if (w->n == 1) {
        read_joined(out, &w->word[0], 1);
        read_joined(out, &w->word[0], 2);
    } else if (w->comma == 1) {
        read_surname_at(out, w, 0);
    } else if (w->comma == 0) {
        read_surname_at(out, w, 0);
        if (!w->word[w->n - 1].joined)
            read_surname_at(out, w, (uint8_t)(w->n - 1));
    }
}

/* ---- comparing ---- */

unsigned
korean_same_surname(const struct table_surname *a, const struct table_surname *b)
{
    if (a == NULL || b == NULL)
        return 0;
    for (size_t i = 0; i < SURNAMES_OF_ONE && a->of[i] != 0; i++)
        for (size_t j = 0; j < SURNAMES_OF_ONE && b->of[j] != 0; j++)
            if (a->of[i] == b->of[j])
                return a->of[i];
    return 0;
}

/* Without vowels there must be something left to agree. */
static size_t
consonants(const struct reading *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        n += (size_t)((r->syllable[i].onset & BIT(ONSET_NONE)) == 0) + (size_t)((r->syllable[i].coda & BIT(CODA_NONE)) == 0);
    return n;
}

static enum korean_level
compare(const struct reading *a, const struct reading *b)
{
    enum korean_level level = KOREAN_FOLD;

    if (a->n != b->n || a->slip + b->slip > 1 || korean_same_surname(a->surname, b->surname) == 0)
        return KOREAN_NONE;
    for (size_t i = 0; i < a->n; i++) {
        const struct syllable *x = &a->syllable[i], *y = &b->syllable[i];
        if ((x->onset & y->onset) == 0 || (x->coda & y->coda) == 0)
            return KOREAN_NONE;
        if ((x->vowel & y->vowel) == 0)
            level = KOREAN_SKELETON;
    }
    return level == KOREAN_SKELETON && (a->slip + b->slip > 0 || consonants(a) < 2) ? KOREAN_NONE : level;
}

enum korean_level
korean_compare(const struct korean *a, const struct korean *b, const struct reading **ra,
    const struct reading **rb)
{
    enum korean_level best = KOREAN_NONE;

    *ra = *rb = NULL;
    for (size_t i = 0; i < a->n; i++)
        for (size_t j = 0; j < b->n; j++) {
            enum korean_level level = compare(&a->reading[i], &b->reading[j]);
            if (level > best || (level == best && level != KOREAN_NONE &&
                a->reading[i].slip + b->reading[j].slip < (*ra)->slip + (*rb)->slip)) {
                best = level;
                *ra = &a->reading[i];
                *rb = &b->reading[j];
            }
        }
    return best;
}

/* ---- keys ---- */

static const char *
first_in(uint32_t set, const char *const *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((set & BIT(i)) != 0)
            return name[i];
    return "";
}

void
korean_key(char out[static KOREAN_KEY_BYTES], const struct reading *r, bool without)
{
    static const char *const onset[19] = { "K", "K", "N", "T", "T", "R", "M", "P", "P", "S", "S", "",
        "J", "J", "J", "K", "T", "P", "H" };
    static const char *const vowel[21] = { "A", "E", "YA", "YE", "O", "E", "YO", "YE", "O", "WA", "WE",
        "WE", "YO", "O", "WO", "WE", "WI", "YO", "O", "I", "I" };
    static const char *const coda[8] = { "", "K", "N", "T", "L", "M", "P", "NG" };
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < r->n; i++) {
        const char *part[3] = { first_in(r->syllable[i].onset, onset, 19),
            without ? "" : first_in(r->syllable[i].vowel, vowel, 21),
            first_in(r->syllable[i].coda, coda, 8) };
        for (size_t k = 0; k < 3; k++) {
            size_t len = strlen(part[k]);
            if (n + len < KOREAN_KEY_BYTES) {
                memcpy(out + n, part[k], len + 1);
                n += len;
            }
        }
    }
}
