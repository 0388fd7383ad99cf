/*
 * fields.h - what a person wants to set, before it is judged against a type.
 *
 * Layer:   record. Opaque to users of the library as vault_fields.
 * Secrets: holds names as typed, in wiped memory.
 * Format:  none.
 */
#ifndef VAULT_RECORD_FIELDS_H
#define VAULT_RECORD_FIELDS_H

#include "vault/base/bytes.h"
#include "vault/base/hash.h"
#include "vault/record/type.h"

#define FIELDS_MAX 8192

struct span {
    size_t at, n;               /* within mem */
};

struct field_input {
    char field[NAME_MAX_BYTES];
    bool unset;
    bool absent;                /* unset by null in JSON: nothing to say when adding */
    struct span text, source, as_of, certainty;
    const char *column;         /* name of its column, borrowed; NULL: the field's */
    uint64_t line;              /* where it stood, 0: unknown */
    uint32_t col;
};

struct vault_fields {
    struct field_input *in;
    size_t n, cap;
    struct buf mem;
};

void fields_init(struct vault_fields *f);
void fields_reset(struct vault_fields *f);      /* wipes, keeps the memory */
void fields_done(struct vault_fields *f);       /* wipes and frees the members */

/* Append one input; the name is checked for form only (VAULT_ERR_INPUT). The result is borrowed until
 * the next append. */
VAULT_CHECK vault_err fields_append(struct vault_fields *f, struct field_input **out,
    const char *field, size_t n_field);
void fields_text(struct vault_fields *f, struct span *s, struct part text);
static inline struct part
fields_part(const struct vault_fields *f, struct span s)
{
    return PART(f->mem.p == NULL ? (const uint8_t *)"" : f->mem.p + s.at, s.n);
}

#endif
