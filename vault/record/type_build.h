/*
 * type_build.h - what reading a type from CBOR, from JSON and from our own table have in common.
 *
 * Layer:   record, for type*.c and builtin.c.
 * Secrets: none; a type is open.
 * Format:  docs/format.md, "Record types".
 */
#ifndef VAULT_RECORD_TYPE_BUILD_H
#define VAULT_RECORD_TYPE_BUILD_H

#include "vault/record/type.h"

#define TYPE_LABELS_MAX 32      /* languages of one label */
#define TYPE_LINE_MAX 256       /* bytes of one label or choice */
#define TYPE_CHOICES_MAX 256
/* A type must fit into a value as a byte string (1 MiB with its head). */
#define TYPE_CBOR_MAX (((size_t)1 << 20) - 5)

/* By number; [0] is NULL. FIELD_BYTES comes last and is for system records only. */
extern const char *const field_kind_names[FIELD_BYTES + 1];
extern const char *const leaf_tier_names[LEAF_WITHHELD + 1];
extern const char *const field_role_names[ROLE_NEUTRAL + 1];

/* [a-z][a-z0-9_]{0,31} */
bool type_name_ok(const char *s, size_t n);

/* Order of languages in the encoding: bytewise, the length first. */
int type_lang_order(const char *a, const char *b);

/* The first rule that this type breaks, as half a sentence; NULL: none. *field is the index of the
 * field it is about, n_fields when it is about the type. System types break rules.
 * VAULT_ERR_NO_SPACE: no memory to find out. */
VAULT_CHECK vault_err type_flaw(const char **flaw, size_t *field, const struct type_def *t);

/* Fill t->hash. VAULT_ERR_INPUT: its encoding is over TYPE_CBOR_MAX. */
VAULT_CHECK vault_err type_seal(struct type_def *t);

#endif
