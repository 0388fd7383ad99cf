/*
 * finder.h - numbers found again by a hash: open addressing, nothing is ever taken out.
 *
 * Layer:   release (base).
 * Secrets: numbers only.
 * Format:  none stored.
 *
 *     for (i = finder_begin(&t, h); (at = finder_at(&t, i)) != 0; i = finder_next(&t, i))
 *         if (things[at - 1] is what is looked for) ...
 *     finder_put(&t, i, number);           where it was not there
 */
#ifndef VAULT_RELEASE_FINDER_H
#define VAULT_RELEASE_FINDER_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/err.h"

struct finder {
    uint32_t *slot;             /* a number plus one; 0: free */
    size_t mask;
};

/* Room for at most n numbers. The caller frees with finder_free (fine for one that is {0}). */
static inline vault_err
finder_make(struct finder *t, size_t n)
{
    size_t size = 16;

    while (size < n * 2)
        size *= 2;
    t->mask = size - 1;
    t->slot = calloc(size, sizeof *t->slot);
    return t->slot == NULL ? err_nomem() : VAULT_OK;
}

static inline void
finder_free(struct finder *t)
{
    free(t->slot);
    t->slot = NULL;
}

static inline void
table_clear(struct finder *t)
{
    memset(t->slot, 0, (t->mask + 1) * sizeof *t->slot);
}

/* Emptied, and as small as is enough for n numbers; whole: its mask as it was made. A small table stays in the processor's cache. */
static inline void
table_clear_for(struct finder *t, size_t n, size_t whole)
{
    t->mask = 15;
    while (t->mask + 1 < n * 2 && t->mask < whole)
        t->mask = t->mask * 2 + 1;
    table_clear(t);
}

/* Spread: one step of the finaliser of MurmurHash3 (Appleby, public domain). */
static inline uint64_t
finder_mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0xff51afd7ed558ccdu;
    return h ^ h >> 32;
}

static inline size_t
finder_begin(const struct finder *t, uint64_t hash)
{
    return (size_t)(hash ^ hash >> 29) & t->mask;
}

static inline size_t
finder_next(const struct finder *t, size_t at)
{
    return (at + 1) & t->mask;
}

static inline uint32_t
finder_at(const struct finder *t, size_t at)
{
    return t->slot[at];
}

static inline void
finder_put(struct finder *t, size_t at, uint32_t number)
{
    t->slot[at] = number + 1;
}

#endif
