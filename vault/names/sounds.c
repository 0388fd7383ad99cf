/* sounds.c - keys of a word, by tables/sounds.tsv. */
#include <string.h>

#include "vault/names/letters.h"
#include "vault/names/sounds.h"
#include "vault/names/tables.h"

static bool
is_vowel_sound(char c)
{
    return c == 'A' || c == 'E' || c == 'I' || c == 'O' || c == 'U';
}

static bool
is_vowel_letter(uint8_t c)
{
    static const char cyrillic[] =      /* а е и о у ы э ю я, ё є і ї */
        "\x80\x85\x88\x8e\x93\x9b\x9d\x9e\x9f\xa1\xa4\xa6\xa7";

    return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y' ||
        (c >= LETTER_CYRILLIC && strchr(cyrillic, c) != NULL);
}

/* ---- keys while they grow ---- */

/*
 * A glide beside a vowel is not heard by everybody who writes it down: it goes, and so do double letters. Before a vowel it
 * leaves a mark until the word has ended, as -ia is kept: Valeria is not Valera.
 */
#define GLIDE 'y'

static void
put_sound(char *key, size_t *n, char c)
{
    char last = *n == 0 ? '\0' : key[*n - 1];

    if (last == c || (c == 'I' && is_vowel_sound(last)))
        return;
    if (last == 'I' && is_vowel_sound(c))
        key[*n - 1] = GLIDE;
    if (*n + 1 < SOUND_BYTES) {
        key[(*n)++] = c;
        key[*n] = '\0';
    }
}

static void
put_sounds(char *key, size_t *n, const char *sound)
{
    for (; *sound != '\0'; sound++)
        put_sound(key, n, *sound);
}

/* `len` has the length of each key. */
static void
put_row(struct sounds *s, size_t len[static SOUNDS_MAX], const struct table_sound *row)
{
    uint8_t n = s->n;

    for (uint8_t i = 0; i < n; i++) {
        if (row->n_sounds == 2 && s->n < SOUNDS_MAX) {
            memcpy(s->key[s->n], s->key[i], SOUND_BYTES);
            len[s->n] = len[i];
            put_sounds(s->key[s->n], &len[s->n], row->sound[1]);
            s->n++;
        }
        put_sounds(s->key[i], &len[i], row->sound[0]);
    }
}

/* -iy, -ii, -y, -yi, -i: one ending of many names and systems. */
static void
end_word(char *key, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        char c = key[i];
        if (c == GLIDE && n > 0 && i + 2 == len && key[i + 1] == 'A')
            c = 'I';
        if (c != GLIDE && (n == 0 || key[n - 1] != c))
            key[n++] = c;
    }
    if (n > 1 && key[n - 1] == 'I' && (n > 2 || is_vowel_sound(key[0])))
        n--;
    key[n] = '\0';
}

/* ---- which row ---- */

static bool
is_front(uint8_t c)
{
    return c == 'e' || c == 'i' || c == 'y';
}

/* As Soviet passports were written, and as German newspapers write. */
enum sound_habit
sound_habit(const uint8_t *p, size_t n)
{
    enum sound_habit habit = HABIT_NONE;

    for (size_t i = 1; i < n; i++) {
        bool third = i + 1 < n;
        if (p[i] == 'c' && third && p[i + 1] == 'h') {
            if (p[i - 1] == 's')
                return HABIT_GERMAN;
            if (p[i - 1] == 't')
                habit = HABIT_FRENCH;
        } else if (p[i] == 'u' && (p[i - 1] == 'o' || (p[i - 1] == 'g' && third &&
            (p[i + 1] == 'e' || p[i + 1] == 'i')))) {
            habit = HABIT_FRENCH;
        }
    }
    if (n >= 5 && p[n - 3] == 'i' && p[n - 2] == 'n' && p[n - 1] == 'e')
        habit = HABIT_FRENCH;
    return habit;
}

static bool
begins(const uint8_t *p, size_t n, const struct table_sound *row)
{
    if (row->n > n)
        return false;
    for (size_t i = 1; i < row->n; i++)         /* the first was looked up */
        if (p[i] != row->spelling[i])
            return false;
    return true;
}

static bool
fits(const struct table_sound *row, const uint8_t *p, size_t n, enum sound_habit habit)
{
    if (!begins(p, n, row))
        return false;
    switch ((enum sound_where)row->where) {
    case SOUND_END:
        return row->n == n;
    case SOUND_BEFORE_VOWEL:
        return row->n < n && is_vowel_letter(p[row->n]);
    case SOUND_BEFORE_FRONT:
        return row->n < n && is_front(p[row->n]);
    case SOUND_FRENCH:
        return habit == HABIT_FRENCH;
    case SOUND_GERMAN:
        return habit == HABIT_GERMAN;
    case SOUND_ANYWHERE:
        break;
    }
    return true;
}

static const struct table_sound *
find_row(const uint8_t *p, size_t n, enum sound_habit habit)
{
    size_t rows;
    const struct table_sound *row = table_sounds(p[0], &rows);

    for (size_t i = 0; i < rows; i++)
        if (fits(&row[i], p, n, habit))
            return &row[i];
    return NULL;
}

void
sounds_of(struct sounds *out, const uint8_t *letters, size_t n, enum sound_habit habit)
{
    size_t len[SOUNDS_MAX] = {0};

    out->n = 1;
    out->key[0][0] = '\0';
    for (size_t at = 0; at < n;) {
        const struct table_sound *row = find_row(letters + at, n - at, habit);
        if (row == NULL) {
            out->n = 0;
            return;
        }
        put_row(out, len, row);
        at += row->n;
    }
    for (uint8_t i = 0; i < out->n; i++)
        end_word(out->key[i], len[i]);
    if (out->key[0][0] == '\0')
        out->n = 0;
}

/* ---- comparing ---- */

const char *
sounds_meet(const struct sounds *a, const struct sounds *b)
{
    for (uint8_t i = 0; i < a->n; i++)
        for (uint8_t j = 0; j < b->n; j++)
            if (strcmp(a->key[i], b->key[j]) == 0)
                return a->key[i];
    return NULL;
}

size_t
sound_skeleton(char out[static SOUND_BYTES], const char *key)
{
    size_t n = 0;

    for (; *key != '\0'; key++)
        if (!is_vowel_sound(*key) && (n == 0 || out[n - 1] != *key))
            out[n++] = *key;
    out[n] = '\0';
    return n;
}

static bool
ends_in_a(const char *key)
{
    return key[strlen(key) - 1] == 'A';
}

const char *
sounds_skeleton(const struct sounds *a, const struct sounds *b, bool gender)
{
    char sa[SOUND_BYTES], sb[SOUND_BYTES];

    for (uint8_t i = 0; i < a->n; i++)
        for (uint8_t j = 0; j < b->n; j++)
            if (sound_skeleton(sa, a->key[i]) >= SKELETON_MIN && sound_skeleton(sb, b->key[j]) >= SKELETON_MIN &&
                strcmp(sa, sb) == 0 && !(gender && ends_in_a(a->key[i]) != ends_in_a(b->key[j])))
                return a->key[i];
    return NULL;
}

void
sound_stem(char *key)
{
    size_t n = strlen(key);

    while (n > 2 && is_vowel_sound(key[n - 1]))
        key[--n] = '\0';
}
