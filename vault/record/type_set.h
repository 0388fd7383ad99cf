/*
 * type_set.h - the types a vault knows: every version by hash, the current one by name.
 *
 * Layer:   record.
 * Secrets: none.
 * Format:  docs/format.md, "Record types".
 */
#ifndef VAULT_RECORD_TYPE_SET_H
#define VAULT_RECORD_TYPE_SET_H

#include "vault/record/type.h"

struct type_set {
    struct type_def **type;     /* owned; versions of one name in the order they were added */
    size_t n, cap;
    struct type_def **theirs;   /* owned; as other vaults have them: found by hash, and never in force */
    size_t n_theirs, cap_theirs;
};

void type_set_free(struct type_set *s);
/* Takes t over (also on failure). The same hash again is fine. */
VAULT_CHECK vault_err type_set_add(struct type_set *s, struct type_def *t);
/* The same for a type of another vault. */
VAULT_CHECK vault_err type_set_add_theirs(struct type_set *s, struct type_def *t);
/* Forget those of other vaults behind the first n: a change was undone. */
void type_set_cut_theirs(struct type_set *s, size_t n);
/* Any version, system types and those of other vaults as well; NULL when unknown. */
const struct type_def *type_set_by_hash(const struct type_set *s, const uint8_t hash[static 32]);
/* The same by the first 8 bytes of the hash. */
const struct type_def *type_set_by_short(const struct type_set *s, const uint8_t hash[static 8]);
/* The version in force (the highest); NULL when unknown. */
const struct type_def *type_set_current(const struct type_set *s, const char *name);
/* The same, or VAULT_ERR_INPUT with the nearest name. */
VAULT_CHECK vault_err type_set_get(const struct type_def **out, const struct type_set *s,
    const char *name);

/* VAULT_ERR_INPUT with the nearest name when no type has a field of this name. */
VAULT_CHECK vault_err type_set_has_field(const struct type_set *s, const char *field);

/* The tier of a stored leaf as we treat it: the stricter of the leaf's and the current type's. */
enum leaf_tier type_set_tier(const struct type_set *s, const struct type_def *t,
    const struct field_def *f, uint8_t leaf_tier);

#endif
