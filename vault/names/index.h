/*
 * index.h - many names, and those among them that agree with one: at level fold or better.
 *
 * Layer:   names (base).
 * Secrets: the names lie in it as they were given; name_index_free wipes them.
 * Format:  none stored.
 *
 * Names that agree share a key (name_keys), so only those that share one are compared.
 */
#ifndef VAULT_NAMES_INDEX_H
#define VAULT_NAMES_INDEX_H

#include "vault/names/name.h"

#define NAME_KEYS_MAX 96

/* Keys of a name: two that agree at level fold have one in common. Returns how many. */
size_t name_keys(uint64_t key[static NAME_KEYS_MAX], const struct name *name);

/* Keys of word i alone, as the surname or as a given name: of two names that agree by their words, the surnames have one in common, and so
 * have two given names. Returns how many; 0 where the word cannot be that. */
#define NAME_WORD_KEYS_MAX 20
size_t name_word_keys(uint64_t key[static NAME_WORD_KEYS_MAX], const struct name *name, uint8_t i, bool family);

struct name_index;
VAULT_CHECK vault_err name_index_new(struct name_index **out);
void name_index_free(struct name_index *x);         /* NULL is fine */
/* n bytes under a number of the caller's; what is no name is left out. */
VAULT_CHECK vault_err name_index_add(struct name_index *x, const char *s, size_t n, uint32_t number);
size_t name_index_count(const struct name_index *x);
/* Is the name that was added as the i-th one word, which tells nobody apart? */
bool name_index_is_one_word(const struct name_index *x, size_t i);

/* One that agrees. Return not 0 to end. */
typedef int name_found_fn(void *ctx, uint32_t number, enum name_level level, const char *why);
/* `shows`: what the reason may show of the names in the index. Each name at most once. Not from within fn. */
void name_index_find(struct name_index *x, const struct name *asked, enum name_shows shows,
    name_found_fn *fn, void *ctx);

/* The same for the name that was added as the i-th, from 0; those that `skip` says are not even compared. */
typedef bool name_skip_fn(void *ctx, uint32_t number);
void name_index_find_entry(struct name_index *x, size_t i, enum name_shows shows, name_skip_fn *skip, name_found_fn *fn,
    void *ctx);

/* Where a name of the index stands in a text: n bytes from `at`. */
struct name_place {
    size_t at, n;
    uint32_t number;
    enum name_level level;
};
typedef int name_place_fn(void *ctx, const struct name_place *p);
/* Names of up to four words in a row, and of Hangul also with a particle behind. Texts that are not UTF-8 hold none. `skip` (NULL: none)
 * as above. */
void name_index_in_text(struct name_index *x, const char *text, size_t n, name_skip_fn *skip, name_place_fn *fn, void *ctx);

#endif
