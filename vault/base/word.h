/*
 * word.h - words in folded text (text_fold): where they may begin and end.
 *
 * Layer:   base (utf8proc).
 * Secrets: none kept.
 * Format:  none.
 */
#ifndef VAULT_BASE_WORD_H
#define VAULT_BASE_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The code point that begins at p (n bytes are there), and the one that ends before p[n]; -1: none. */
int32_t word_code_at(const uint8_t *p, size_t n);
int32_t word_code_before(const uint8_t *p, size_t n);

/* May it stand in a word: a letter, a mark, a digit? */
bool word_has(int32_t c);
/* Of a script in which words may follow each other without a gap? The fold leaves Hangul as letters of syllables. */
bool word_unparted(int32_t c);
/* A vowel or a final consonant of Hangul: the syllable goes on. */
bool word_goes_on(int32_t c);

/*
 * Does the folded `word` (len > 0) stand in n bytes of folded text, anywhere or, at_start, where a word begins? It ends where a
 * syllable of Hangul does: the one typed for "i" is another than that for "in".
 */
bool word_found(const uint8_t *p, size_t n, const uint8_t *word, size_t len, bool at_start);

#endif
