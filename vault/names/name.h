/*
 * name.h - a name made ready to be compared with others, and the comparison.
 *
 * Layer:   names (base).
 * Secrets: a name and its keys, in the caller's memory; wipe them when the name is withheld.
 * Format:  none stored. docs/names.md tells the rules.
 *
 * Suggestions only: who decides that two names are one person is a person.
 */
#ifndef VAULT_NAMES_NAME_H
#define VAULT_NAMES_NAME_H

#include "vault/base/err.h"
#include "vault/names/korean.h"
#include "vault/names/letters.h"
#include "vault/names/sounds.h"

/* A word as it may be compared: as a given name, as a surname, or only as an initial. */
struct name_word {
    struct sounds given, family;
    const struct table_given *known[SOUNDS_MAX];    /* for each key of given */
    const struct table_surname *korean;
    bool initial;
    bool may_be_family, may_be_given;
};

struct name {
    struct words words;             /* without titles */
    uint8_t n;
    struct name_word word[NAME_WORDS_MAX];  /* the n words, without the father's name; with a comma
                                     * the first stands for all that come before it */
    uint8_t at[NAME_WORDS_MAX];     /* the first of `words` that each is */
    uint8_t father;                 /* word that is the father's name, counted from 1; 0: none */
    struct sounds stem;             /* of the father's name */
    char father_initial;            /* first sound of a second initial or father's name, or 0 */
    struct korean korean;
    bool mixed;                     /* letters of two scripts in one word */
    bool known_given;               /* a word is a given name of the table */
};

/*
 * s (n bytes) as a name. VAULT_ERR_INPUT: not UTF-8, without a letter, or over NAME_BYTES_MAX bytes, NAME_WORDS_MAX
 * words or WORD_LETTERS_MAX letters in a word. The sentence does not repeat the name. Bounded in time.
 */
VAULT_CHECK vault_err name_read(struct name *out, const char *s, size_t n);
/* The same without a sentence: false where there is none. */
bool name_try(struct name *out, const char *s, size_t n);

/* May word i be the surname? The first, or the last of those that no hyphen joins; not an initial. */
bool name_family_at(const struct name *name, uint8_t i);

/* What a word sounds like where it is the surname. */
void name_family_sounds(struct sounds *out, const uint8_t *letters, size_t n);

/* Which names cannot agree with one, told by their words alone (filter.c). `asked` is borrowed. */
struct name_filter {
    const struct name *asked;
    bool all;                       /* passes all */
    bool begins[256];               /* letters that the surname of one who agrees may begin with */
    uint32_t then[26];              /* where that is a to z, those of a to z that may come next: a is bit 0 */
};
void name_filter_make(struct name_filter *f, const struct name *asked);
/* False: level none, whatever else is in it. Of what was typed, and of its words without titles. */
bool name_filter_glance(const struct name_filter *f, const char *s, size_t n);
bool name_filter_passes(const struct name_filter *f, const struct words *w);
/* As name_try; also false where the filter (of the name it will be compared with) says so. */
bool name_try_like(struct name *out, const char *s, size_t n, const struct name_filter *f);

enum name_level { NAME_NONE, NAME_SKELETON, NAME_FOLD, NAME_EXACT };
#define NAME_WHY_BYTES 320
/* "none", "skeleton", "fold", "exact" */
const char *name_level_text(enum name_level level);

/* What a reason may show: words of both names, or only what can be said of them from the first, and from the tables. */
enum name_shows { NAME_SHOWS_BOTH, NAME_SHOWS_KEYS };
/* Never by a surname alone. `why` (NULL: not asked) receives a sentence. */
enum name_level name_compare(const struct name *a, const struct name *b, enum name_shows shows,
    char why[NAME_WHY_BYTES]);

/* The key of a name as a text, and the same without vowels. */
#define NAME_KEY_BYTES 160
void name_key(char out[static NAME_KEY_BYTES], const struct name *name, bool without_vowels);

#endif
