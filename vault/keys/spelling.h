/*
 * spelling.h - text of any script as the ASCII that somebody who guesses would try for it.
 *
 * Layer:   keys (includes base/ only).
 * Secrets: writes where the caller says and keeps nothing but what lies on the stack, which the
 *          caller wipes.
 */
#ifndef VAULT_KEYS_SPELLING_H
#define VAULT_KEYS_SPELLING_H

#include <stddef.h>

enum spelling {
    SPELL_SOUNDS,       /* as it is written in Latin letters: parol, bimilbeonho */
    SPELL_KEYS          /* the keys of a Latin keyboard that were hit: gfhjkm, qlalfqjsgh */
};

/*
 * The text s (UTF-8 in form NFKC) in ASCII, with a zero byte behind it; returns its length. What
 * finds no room is left out. Cyrillic and Hangul are spelled (JCUKEN and 2-set keyboards), accents
 * are dropped. A letter of another script becomes one letter, a Chinese character, a kana or an
 * emoji two: no more than that is to be counted for it, whatever its bytes. ASCII stays as it is.
 */
size_t spell(char *out, size_t room, const char *s, size_t n, enum spelling how);

#endif
