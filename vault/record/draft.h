/*
 * draft.h - from what a person typed to a new revision.
 *
 * Layer:   record.
 * Secrets: values pass through wiped buffers.
 * Format:  none of its own.
 */
#ifndef VAULT_RECORD_DRAFT_H
#define VAULT_RECORD_DRAFT_H

#include "vault/record/fields.h"
#include "vault/record/recs.h"

/* How a text names the record that a link field points to (import mappings); default FIND_ANY. */
struct link_rule {
    char field[NAME_MAX_BYTES];
    enum find_by by;
};

/* Works for many records one after the other; keeps its memory. */
struct draft {
    struct recs *r;
    struct rng_pool rng;
    struct buf mem;             /* CBOR of values */
    struct draft_value *value;
    size_t n, cap;
    const struct link_rule *links;
    size_t n_links;
    struct link_memo *memo;     /* texts resolved lately */
};

VAULT_CHECK vault_err draft_init(struct draft *d, struct recs *r);
void draft_done(struct draft *d);

/*
 * A new record of `type` with these fields: random id, a generated label where the type has one and
 * none is given. rev is drafted (change_add finishes it); its values are borrowed from the draft and the base. VAULT_ERR_INPUT (unknown field, wrong value, ...), VAULT_ERR_CONFLICT
 * (ref or label taken). Sentences are prefixed "line L, column C: " where the input knows.
 */
VAULT_CHECK vault_err draft_add(struct draft *d, const struct type_def *type,
    const struct vault_fields *in, struct revision *rev);

/*
 * Base (loaded head of pair n_base; its withheld values revealed when the session can) with the fields changed.
 * *changed false: nothing differs.
 */
VAULT_CHECK vault_err draft_edit(struct draft *d, uint32_t n_base, const struct revision *base,
    const struct vault_fields *in, struct revision *rev, bool *changed);

/* A revision on top of `head` with the content of `old` (the same record), or removed (old NULL). */
VAULT_CHECK vault_err draft_copy(struct draft *d, const struct revision *head,
    const struct revision *old, struct revision *rev);

/* A system revision: kind in record id, parent when there is one, values as CBOR. */
struct system_value {
    const char *field;
    struct part cbor;
};
VAULT_CHECK vault_err draft_system(struct draft *d, const uint8_t record[static 16],
    const struct revision *parent, const struct system_value *v, size_t n, struct revision *rev);

#endif
