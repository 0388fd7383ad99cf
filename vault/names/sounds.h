/*
 * sounds.h - what a word sounds like, whichever script and system of romanisation wrote it.
 *
 * Layer:   names.
 * Secrets: keys of a name, in the caller's memory.
 * Format:  tables/sounds.tsv names the letters of a key.
 */
#ifndef VAULT_NAMES_SOUNDS_H
#define VAULT_NAMES_SOUNDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOUND_BYTES 24
#define SOUNDS_MAX 4

/* Keys of one word: several where a spelling may mean several things. What is longer than a key is cut. */
struct sounds {
    uint8_t n;
    char key[SOUNDS_MAX][SOUND_BYTES];
};

/* Habits of a word that change what other letters of it mean (tables/sounds.tsv). */
enum sound_habit { HABIT_NONE, HABIT_FRENCH, HABIT_GERMAN };
enum sound_habit sound_habit(const uint8_t *letters, size_t n);

/* No key where a letter is neither Latin nor Cyrillic. */
void sounds_of(struct sounds *out, const uint8_t *letters, size_t n, enum sound_habit habit);
/* A key of each that is the same, or NULL. */
const char *sounds_meet(const struct sounds *a, const struct sounds *b);
#define SKELETON_MIN 2
/* The same without vowels, with at least SKELETON_MIN consonants; `gender`: and both or neither end in A. */
const char *sounds_skeleton(const struct sounds *a, const struct sounds *b, bool gender);
/* Consonants of key; returns how many. */
size_t sound_skeleton(char out[static SOUND_BYTES], const char *key);
/* Without the vowels at its end, as far as two sounds stay: what -ovich and -yovych are added to. */
void sound_stem(char *key);

#endif
