/*
 * draft_values.h - from what a person typed to values of a draft: links that are resolved, labels that are made or must be free.
 *
 * Layer:   record, private.
 * Secrets: values pass through wiped buffers.
 * Format:  none of its own.
 */
#ifndef VAULT_RECORD_DRAFT_VALUES_H
#define VAULT_RECORD_DRAFT_VALUES_H

#include "vault/record/draft.h"

struct draft_value {
    const struct field_def *f;
    size_t at, n;               /* CBOR within mem */
};

/* Every input that is not `unset` becomes a value of the draft; those of before are forgotten. VAULT_ERR_INPUT says which is wrong;
 * VAULT_ERR_NOT_FOUND: a link, or a source, that is not here. */
VAULT_CHECK vault_err draft_take_inputs(struct draft *d, const struct type_def *t, const struct vault_fields *in);
/* Its CBOR; borrowed from the draft, until the next value. */
struct part draft_value_part(const struct draft *d, const struct draft_value *v);

/* The first input of a field that sets it, or NULL. */
const struct field_input *draft_input_of(const struct vault_fields *in, const char *field);
/* VAULT_ERR_CONFLICT: what is typed for this field (ref, label) is that of a record other than `except` (first pair, 0 none). */
VAULT_CHECK vault_err draft_must_be_free(struct draft *d, const struct vault_fields *in, const char *field, uint32_t except);
/* Does the type have a label that is made where none was typed? */
bool draft_makes_label(const struct type_def *t);
/* One that no record has, by lot, as a value of the draft. */
VAULT_CHECK vault_err draft_make_label(struct draft *d, const struct type_def *t);

#endif
