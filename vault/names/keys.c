/* keys.c - what names that agree have in common: name_keys. */
#include <string.h>

#include "vault/names/index.h"

struct keys {
    uint64_t *key;
    size_t n;
};

/* FNV-1a, over texts set apart by their kind: an index in memory, not a commitment. */
static uint64_t
mix(uint64_t h, const void *p, size_t n)
{
    const uint8_t *b = p;

    for (size_t i = 0; i < n; i++)
        h = (h ^ b[i]) * 0x100000001B3u;
    return (h ^ 0xFF) * 0x100000001B3u;
}

#define BEGIN 0xCBF29CE484222325u

static void
put(struct keys *k, uint64_t key)
{
    for (size_t i = 0; i < k->n; i++)
        if (k->key[i] == key)
            return;
    if (k->n < NAME_KEYS_MAX)
        k->key[k->n++] = key;
}

/* ---- read as Korean: surname, and a class for each onset, as sets of onsets never leave their class ---- */

static uint8_t
onset_class(uint32_t onset)
{
    static const uint8_t of[19] = { 'K', 'K', 'N', 'T', 'T', 'N', 'M', 'P', 'P', 'S', 'S', 'N', 'J', 'J',
        'J', 'K', 'T', 'P', 'K' };

    for (size_t i = 0; i < 19; i++)
        if ((onset >> i & 1) != 0)
            return of[i];
    return 0;
}

static void
put_reading(struct keys *k, const struct reading *r)
{
    uint8_t onsets[SYLLABLES_MAX];

    for (size_t i = 0; i < r->n; i++)
        onsets[i] = onset_class(r->syllable[i].onset);
    for (size_t i = 0; i < SURNAMES_OF_ONE && r->surname->of[i] != 0; i++)
        put(k, mix(mix(mix(BEGIN, "K", 1), &r->surname->of[i], 1), onsets, r->n));
}

/* ---- by words: each surname it may have, with each given name ---- */

#define OPTIONS_MAX NAME_WORD_KEYS_MAX

static size_t
family_options(uint64_t out[static OPTIONS_MAX], const struct name *name, uint8_t i)
{
    const struct name_word *w = &name->word[i];
    const struct word *written = &name->words.word[name->at[i]];
    size_t n = 0;

    for (size_t k = 0; k < w->family.n; k++)
        out[n++] = mix(mix(BEGIN, "F", 1), w->family.key[k], strlen(w->family.key[k]));
    for (size_t k = 0; w->korean != NULL && k < SURNAMES_OF_ONE && w->korean->of[k] != 0; k++)
        out[n++] = mix(mix(BEGIN, "f", 1), &w->korean->of[k], 1);
    if (w->family.n == 0)
        out[n++] = mix(mix(BEGIN, "l", 1), written->letter, written->n);
    return n;
}

static size_t
given_options(uint64_t out[static OPTIONS_MAX], const struct name *name, uint8_t i)
{
    const struct name_word *w = &name->word[i];
    const struct word *written = &name->words.word[name->at[i]];
    size_t n = 0;

    for (size_t k = 0; k < w->given.n && n < OPTIONS_MAX; k++)
        out[n++] = mix(mix(BEGIN, "G", 1), w->given.key[k], strlen(w->given.key[k]));
    for (size_t k = 0; k < SOUNDS_MAX; k++)
        for (size_t j = 0; w->known[k] != NULL && j < GIVEN_OF_ONE && w->known[k]->of[j] != 0; j++) {
            unsigned row = w->known[k]->of[j] & ~GIVEN_SHORT;
            if (n < OPTIONS_MAX)
                out[n++] = mix(mix(BEGIN, "g", 1), &row, sizeof row);
        }
    if (w->given.n == 0)
        out[n++] = mix(mix(BEGIN, "L", 1), written->letter, written->n);
    return n;
}

size_t
name_word_keys(uint64_t key[static NAME_WORD_KEYS_MAX], const struct name *name, uint8_t i, bool family)
{
    if (family)
        return name_family_at(name, i) ? family_options(key, name, i) : 0;
    return name->word[i].may_be_given && !name->word[i].initial ? given_options(key, name, i) : 0;
}

static void
put_words(struct keys *k, const struct name *name)
{
    uint64_t family[OPTIONS_MAX], given[OPTIONS_MAX];

    for (uint8_t i = 0; i < name->n; i++) {
        size_t n_family;
        if (!name_family_at(name, i))
            continue;
        n_family = family_options(family, name, i);
        for (uint8_t j = 0; j < name->n; j++) {
            size_t n_given;
            if (j == i || !name->word[j].may_be_given || name->word[j].initial)
                continue;
            n_given = given_options(given, name, j);
            for (size_t x = 0; x < n_family; x++)
                for (size_t y = 0; y < n_given; y++)
                    put(k, mix(mix(BEGIN, &family[x], sizeof family[x]), &given[y], sizeof given[y]));
        }
    }
}

size_t
name_keys(uint64_t key[static NAME_KEYS_MAX], const struct name *name)
{
    struct keys k = { key, 0 };
    uint64_t given[OPTIONS_MAX], all = BEGIN;
    size_t n;

    for (size_t i = 0; i < name->words.n; i++)      /* level exact, be it of initials */
        all = mix(all, name->words.word[i].letter, name->words.word[i].n);
    put(&k, all);
    for (size_t i = 0; i < name->korean.n; i++)
        put_reading(&k, &name->korean.reading[i]);
    if (name->n == 1 && name->korean.n == 0) {
        n = given_options(given, name, 0);
        for (size_t i = 0; i < n; i++)
            put(&k, mix(given[i], "1", 1));
    } else {
        put_words(&k, name);
    }
    return k.n;
}
