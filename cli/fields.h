/*
 * fields.h - the fields of a type, kept for the time of a command.
 *
 * Layer:   cli.
 * Secrets: none; a type is open.
 */
#ifndef CLI_FIELDS_H
#define CLI_FIELDS_H

#include "vault/vault.h"

struct fields {
    char *type;
    struct vault_field_info *field;
    size_t n;
};

/* The person's language, of those that types are labelled in: "en", "ru", "ko". */
const char *fields_language(void);

/* A copy of what the library lends for the time of a callback. Caller frees. */
VAULT_CHECK vault_err fields_load(struct fields *out, vault *v, const char *type);
void fields_free(struct fields *f);

const struct vault_field_info *fields_find(const struct fields *f, const char *name);
/* Names the nearest. Returns VAULT_ERR_INPUT. */
vault_err fields_unknown(const struct fields *f, const char *name);

#endif
