/*
 * agreement.h - how two names agree, between compare.c, which finds it, and why.c, which says it.
 *
 * Layer:   names, private.
 * Secrets: as the names.
 * Format:  none.
 */
#ifndef VAULT_NAMES_AGREEMENT_H
#define VAULT_NAMES_AGREEMENT_H

#include <string.h>

#include "vault/names/name.h"

/* How two words agree. */
enum how { HOW_NOT, HOW_LETTERS, HOW_SOUND, HOW_FORM, HOW_SHORT, HOW_KOREAN, HOW_SKELETON, HOW_INITIAL };

struct meeting {
    enum name_level level;
    enum how how;
    const char *key;            /* the sound they share */
    unsigned row;               /* of the table they share */
    uint8_t a, b;               /* words of either name */
};

#define PAIRS_MAX NAME_WORDS_MAX

struct agreement {
    enum name_level level;
    bool fathers_differ;
    struct meeting family, given[PAIRS_MAX];
    uint8_t n_given;
};

/* A reason in the making: `out` has NAME_WHY_BYTES; what does not fit is left out. */
struct sentence {
    char *out;
    enum name_shows shows;
};
void say(const struct sentence *s, const char *text);
void why_korean(const struct sentence *s, const struct name *a, const struct reading *ra, const struct name *b,
    const struct reading *rb, enum korean_level level);
/* `what` two words are: "surname". */
void why_meeting(const struct sentence *s, const char *what, const struct meeting *m, const struct name *a,
    const struct name *b);
void why_agreement(const struct sentence *s, const struct agreement *g, const struct name *a, const struct name *b);
void why_mixed(const struct sentence *s, const struct name *a, const struct name *b);

static inline const struct word *
written(const struct name *n, uint8_t i)
{
    return &n->words.word[n->at[i]];
}

static inline bool
same_letters(const struct word *a, const struct word *b)
{
    return a->n == b->n && a->scripts == b->scripts && memcmp(a->letter, b->letter, a->n) == 0;
}

#endif
