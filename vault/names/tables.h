/*
 * tables.h - what the tables of vault/names/tables/ say, as letters.
 *
 * Layer:   names.
 * Secrets: none; look-ups take as long as the row lies deep.
 * Format:  vault/names/tables/NAME.tsv; docs/names.md. The build makes tables.inc and given.inc of them.
 */
#ifndef VAULT_NAMES_TABLES_H
#define VAULT_NAMES_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_latin {
    int32_t cp;
    char letters[6];
};
/* NULL: a base letter counts, or it is no letter. */
const struct table_latin *table_latin(int32_t cp);

/* The letter of the other script that looks like this one; itself when there is none. */
uint8_t table_twin(uint8_t letter, bool to_latin);

enum sound_where { SOUND_ANYWHERE, SOUND_END, SOUND_BEFORE_VOWEL, SOUND_BEFORE_FRONT, SOUND_FRENCH,
    SOUND_GERMAN };
struct table_sound {
    uint8_t n, spelling[8];
    uint8_t where;              /* enum sound_where */
    uint8_t n_sounds;
    char sound[2][4];
};
/* Rows whose spelling begins with this letter, the longest first, conditions before none. */
const struct table_sound *table_sounds(uint8_t first, size_t *n);

/* PART_SLIP: a vowel as it is met where somebody wrote or read a letter wrongly. */
enum syllable_part { PART_ONSET, PART_VOWEL, PART_CODA, PART_SLIP };
struct table_part {
    uint8_t n, spelling[4];
    uint32_t jamo;              /* bit i: jamo i of Unicode's order; codas by sound, see coda_sound */
};
const struct table_part *table_parts(enum syllable_part part, uint8_t first, size_t *n);

/* The seven sounds a syllable may end in, and none (bit 0): k n t l m p ng. */
enum { CODA_NONE, CODA_K, CODA_N, CODA_T, CODA_L, CODA_M, CODA_P, CODA_NG };
/* Of coda i (0 to 27) in Unicode's order. */
unsigned coda_sound(unsigned i);

#define SURNAMES_OF_ONE 4
struct table_surname {
    uint8_t n, letters[16];
    uint8_t of[SURNAMES_OF_ONE];    /* rows of the table, from 1; 0: no more */
};
/* A Korean surname as it is spelt; NULL: none is. */
const struct table_surname *table_surname(const uint8_t *letters, size_t n);
const char *table_surname_hangul(unsigned row);
/* Sets the letters that spellings of this row begin with, and of a to z those that come next, as in name_filter. */
void table_surname_begins(unsigned row, bool begins[static 256], uint32_t then[static 26]);

enum ending_kind { ENDING_SURNAME, ENDING_PATRONYMIC, ENDING_SON, ENDING_FAMILY };
struct table_ending {
    uint8_t n, letters[16];
    uint8_t kind;
    uint8_t n_as, as[4];
};
/* The longest of this kind that the word ends in, with at least two letters before it (ENDING_SON: none). */
const struct table_ending *table_ending(enum ending_kind kind, const uint8_t *letters, size_t n);

bool table_title(const uint8_t *letters, size_t n);

#define GIVEN_OF_ONE 12
#define GIVEN_SHORT 0x8000u     /* the form is a short one */
struct table_given {
    const char *sound;
    uint16_t of[GIVEN_OF_ONE];  /* rows of the table, from 1, with GIVEN_SHORT; 0: no more */
};
/* The given names that have a form of this sound; NULL: none. */
const struct table_given *table_given(const char *sound);
/* The same by the stem that a father's name leaves: Nikola(y)evich, Mykola(y)ovych. */
const struct table_given *table_father(const char *stem);
const char *table_given_name(unsigned row);

#endif
