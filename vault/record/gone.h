/*
 * gone.h - values that a keeper had destroyed, that a repair found lost, or that another vault left out, by their leaves.
 *
 * Layer:   record.
 * Secrets: none: a c tells nothing without its salt.
 * Format:  docs/format.md, "System records": `_tombstone`.
 */
#ifndef VAULT_RECORD_GONE_H
#define VAULT_RECORD_GONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vault/base/err.h"
#include "vault/record/revision.h"

enum gone_what { GONE_NOT, GONE_RECORD, GONE_FIELD, GONE_REVISION, GONE_ATTACHMENT, GONE_LOST,
    GONE_LEFT_OUT /* by who sent it: it may come */ };

/* For good, and not left out only? */
static inline bool
gone_for_good(enum gone_what what)
{
    return what != GONE_NOT && what != GONE_LEFT_OUT;
}

struct gone_leaf {
    uint8_t record[RECORD_ID_BYTES], c[32];
    enum gone_what what;
};

/* Reading it is safe on several threads while nobody adds. */
struct gone {
    struct gone_leaf *leaf;
    uint32_t n, cap;
    uint32_t *slot;             /* hash table: c -> 1 + place in leaf; size a power of two */
    uint32_t n_slots;
};

void gone_free(struct gone *g);
/* The same leaf again: that it was destroyed or lost counts for good; that it was left out, until somebody says otherwise (GONE_NOT: it came). */
VAULT_CHECK vault_err gone_add(struct gone *g, const uint8_t record[static RECORD_ID_BYTES],
    const uint8_t c[static 32], enum gone_what what);
/* What destroyed this leaf of the record: GONE_NOT, nothing did. */
enum gone_what gone_find(const struct gone *g, const uint8_t record[static RECORD_ID_BYTES],
    const uint8_t c[static 32]);

#endif
