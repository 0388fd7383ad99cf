/*
 * mapping.h - which column goes to which field, and how: the file given by --mapping.
 *
 * Layer:   import.
 * Secrets: none: names of columns and fields.
 * Format:  docs/import.md: {"column": {"field": "other_names", "split": "|"},
 *          "column2": {"field": "person", "link": "ref"}, "column3": "field", "column4": null}
 */
#ifndef VAULT_IMPORT_MAPPING_H
#define VAULT_IMPORT_MAPPING_H

#include <stdbool.h>
#include "vault/record/type.h"

struct map_rule {
    char *column;
    bool ignore;                        /* null or "": this column is left out on purpose */
    char field[NAME_MAX_BYTES];
    char *split;                        /* separator; "": none; NULL: the field's default */
    char link[NAME_MAX_BYTES];          /* "ref", "label", "" = any ID */
};

struct mapping {
    struct map_rule *rule;
    size_t n;
};

/* VAULT_ERR_INPUT: not such a JSON object; an unknown key inside; a field that the type does not
 * have (with the nearest name); a split for a field that does not repeat; a link for a field that
 * is none. *out is set on success only. */
VAULT_CHECK vault_err mapping_parse(struct mapping *out, const char *json, size_t n,
    const struct type_def *type);
void mapping_free(struct mapping *m);
/* The rule for a column, or NULL. */
const struct map_rule *mapping_find(const struct mapping *m, const char *column);

#endif
