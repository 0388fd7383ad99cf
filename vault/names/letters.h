/*
 * letters.h - a name as words of letters: one small alphabet for all scripts that names are matched in.
 *
 * Layer:   names (base, utf8proc).
 * Secrets: words of a name, in the caller's memory; wipe it when the name is withheld.
 * Format:  none stored.
 *
 * A letter is one byte: a to z; ' for an apostrophe, and for the breve of McCune-Reischauer after o and u; Cyrillic small
 * letters; and for each Hangul syllable three: onset, vowel, coda. All others are kept as UTF-8, for comparison only; no other letter
 * looks like the first bytes of one of them.
 */
#ifndef VAULT_NAMES_LETTERS_H
#define VAULT_NAMES_LETTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_BYTES_MAX 1024
#define NAME_WORDS_MAX 12
#define WORD_LETTERS_MAX 48

#define LETTER_CYRILLIC 0x80u       /* 0x80 to 0xAF: U+0430 to U+045F */
#define LETTER_GHE_UPTURN 0xB0u     /* U+0491 */
#define LETTER_ONSET 0xB4u          /* 19, in the order of Unicode */
#define LETTER_VOWEL 0xC7u          /* 21 */
#define LETTER_CODA 0xDCu           /* 28, the first is none */

#define HANGUL_FIRST 0xAC00
#define HANGUL_COUNT 11172
#define HANGUL_VOWELS 21
#define HANGUL_CODAS 28

enum script {
    SCRIPT_LATIN = 1,
    SCRIPT_CYRILLIC = 2,
    SCRIPT_HANGUL = 4,
    SCRIPT_OTHER = 8,
    SCRIPT_CYRILLIC_MORE = 16       /* letters of Cyrillic that are kept as UTF-8: Kazakh, Tatar */
};

struct word {
    uint8_t n;
    uint8_t scripts;                /* enum script, or'ed */
    bool mixed;                     /* Latin and Cyrillic in one word: made one script where a letter has a twin */
    bool joined;                    /* a hyphen stands before it */
    bool dot;                       /* a full stop stands after it */
    uint8_t letter[WORD_LETTERS_MAX];
};

struct words {
    struct word word[NAME_WORDS_MAX];
    uint8_t n;
    uint8_t comma;                  /* words before the first comma; 0: there is none */
};

enum words_fault {
    WORDS_OK,
    WORDS_NOT_UTF8,
    WORDS_TOO_LONG,                 /* over NAME_BYTES_MAX, or too many words, or one is too long */
    WORDS_NONE,                     /* no letter in it */
    WORDS_NO_MEMORY
};

/* *out is filled; on a fault what is in it means nothing. Time: linear in n, which is bounded. */
enum words_fault words_read(struct words *out, const char *s, size_t n);

/* A word as UTF-8, its first letter a capital, for an explanation; `room` counts the zero at the end. What does not fit is left out. */
void word_show(char *out, size_t room, const struct word *w);

/* The byte for a small Cyrillic letter; 0: none of those known here. */
static inline uint8_t
letter_cyrillic(int32_t cp)
{
    if (cp >= 0x430 && cp <= 0x45F)
        return (uint8_t)(LETTER_CYRILLIC + (uint32_t)(cp - 0x430));
    return cp == 0x491 ? (uint8_t)LETTER_GHE_UPTURN : 0;
}

#endif
