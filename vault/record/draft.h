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

/*
 * Works for many records one after the other; keeps its memory. What it drafts on top of a head has as parents, too, the other
 * heads that are equal to it (recs_head).
 */
struct draft {
    struct recs *r;
    struct rng_pool rng;
    struct buf mem;             /* CBOR of values */
    struct draft_value *value;
    size_t n, cap;
    const struct link_rule *links;
    size_t n_links;
    bool files_follow;          /* draft_add: a record without values is fine, as files come */
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

/* A file to be attached: its bytes are stored, or will be, from row `first` on under its key. All borrowed by
 * the revision. */
struct draft_file {
    enum leaf_tier tier;
    struct part value;          /* CBOR */
    const uint8_t *key;
    uint64_t first;
};
/* The field `name` of the type in force, where n more files may be put into it. VAULT_ERR_INPUT; VAULT_ERR_CONFLICT:
 * it does not repeat, and has one. */
VAULT_CHECK vault_err draft_file_field(struct draft *d, const struct revision *base,
    const char *name, size_t n, const struct field_def **out);
/* On top of `base`: everything of it, and n files more; or everything but one of its leaves. */
VAULT_CHECK vault_err draft_attach(struct draft *d, const struct revision *base,
    const struct field_def *f, const struct draft_file *file, size_t n, struct revision *rev);
/* More files for a field of the type in force, into what draft_add (base NULL) or draft_edit drafted a moment ago. VAULT_ERR_CONFLICT:
 * the field does not repeat, and base has one. */
VAULT_CHECK vault_err draft_add_files(struct draft *d, const struct revision *base,
    const struct field_def *f, const struct draft_file *file, size_t n, struct revision *rev);
VAULT_CHECK vault_err draft_detach(struct draft *d, const struct revision *base,
    const struct leaf *gone, struct revision *rev);

/* A revision on top of `head` with the content of `old` (the same record), or removed (old NULL). */
VAULT_CHECK vault_err draft_copy(struct draft *d, const struct revision *head,
    const struct revision *old, struct revision *rev);

/* An empty revision of that type, by this session, now. */
void draft_begin(const struct recs *r, struct revision *rev, const uint8_t type_hash[static 32]);
/* Carry a leaf of `base` on, unchanged; one that was purged or lost is not. A tier that the type t has raised since is applied, but
 * to files. */
VAULT_CHECK vault_err draft_keep(const struct recs *r, const struct type_def *t, const struct revision *base,
    const struct leaf *l, struct revision *rev);

/* A system revision: kind in record id, parent when there is one, values as CBOR. */
struct system_value {
    const char *field;
    struct part cbor;
};
VAULT_CHECK vault_err draft_system(struct draft *d, const uint8_t record[static 16],
    const struct revision *parent, const struct system_value *v, size_t n, struct revision *rev);

#endif
