/*
 * korean.h - a name read as a Korean one: a surname, and what each syllable of the given name may be.
 *
 * Layer:   names.
 * Secrets: as the name.
 * Format:  tables/korean_surnames.tsv, korean_syllables.tsv.
 *
 * No system of romanisation keeps all sounds apart, and few people keep to one system. So each part of a syllable is the
 * set of all jamo that it may stand for, and two names agree where every set has something in common: Chol and Cheol may be
 * one name, Chol and Chun never are.
 */
#ifndef VAULT_NAMES_KOREAN_H
#define VAULT_NAMES_KOREAN_H

#include "vault/names/letters.h"
#include "vault/names/tables.h"

#define SYLLABLES_MAX 3     /* of a given name */
#define READINGS_MAX 12

struct syllable {
    uint32_t onset, vowel, coda;    /* sets: bit i is jamo i; codas by sound */
};
struct reading {
    uint8_t n;
    uint8_t slip;                   /* 1: needs a known slip of the pen (part slip of the table) */
    const struct table_surname *surname;
    struct syllable syllable[SYLLABLES_MAX];
};
struct korean {
    uint8_t n;
    struct reading reading[READINGS_MAX];
};

/* Every way to read it; none when it does not look Korean. Bounded in time. */
void korean_read(struct korean *out, const struct words *w);

enum korean_level { KOREAN_NONE, KOREAN_SKELETON, KOREAN_FOLD };
/* The best of all pairs of readings; a and b receive the pair. */
enum korean_level korean_compare(const struct korean *a, const struct korean *b,
    const struct reading **ra, const struct reading **rb);
/* A row that both spellings of a surname stand in; 0: none. */
unsigned korean_same_surname(const struct table_surname *a, const struct table_surname *b);

/* Given name as a key, like MYONGPOK; `without` vowels. */
#define KOREAN_KEY_BYTES 24
void korean_key(char out[static KOREAN_KEY_BYTES], const struct reading *r, bool without);

#endif
