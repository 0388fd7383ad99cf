/*
 * type.h - record types: data that name fields, tiers and disclosure roles.
 *
 * Layer:   record.
 * Secrets: none; a type is open.
 * Format:  docs/format.md, "Record types".
 */
#ifndef VAULT_RECORD_TYPE_H
#define VAULT_RECORD_TYPE_H

#include <stdbool.h>
#include <stdint.h>
#include "vault/base/bytes.h"
#include "vault/base/hash.h"

enum field_kind { FIELD_TEXT = 1, FIELD_NARRATIVE, FIELD_NAME, FIELD_DATE, FIELD_NUMBER,
    FIELD_CHOICE, FIELD_PLACE, FIELD_IDENTIFIER, FIELD_YESNO, FIELD_LINK, FIELD_FILE,
    FIELD_BYTES };
enum leaf_tier { LEAF_OPEN = 1, LEAF_WITHHELD = 2 };
enum field_role { ROLE_DIRECT = 1, ROLE_QUASI, ROLE_SENSITIVE, ROLE_NEUTRAL };

#define NAME_MAX_BYTES 33       /* a type's or field's name with its zero */
#define TYPE_FIELDS_MAX 256

struct label {
    char lang[9];
    char *text;
};

struct field_def {
    char name[NAME_MAX_BYTES];
    enum field_kind kind;
    enum leaf_tier tier;
    bool repeats;
    enum field_role role;
    struct label *label;        /* sorted by lang */
    size_t n_labels;
    char **choice;              /* empty: any text */
    size_t n_choices;
    char target[NAME_MAX_BYTES];/* links: type pointed to, "" any */
};

struct type_def {
    char name[NAME_MAX_BYTES];
    uint32_t version;
    struct label *label;
    size_t n_labels;
    struct field_def *field;
    size_t n_fields;
    uint8_t hash[32];
};

void type_free(struct type_def *t);     /* frees the struct as well; NULL is fine */

/* The CBOR of a type (appended), and back. type_decode checks every rule of format.md section 12
 * (VAULT_ERR_DAMAGED) and fills hash. Caller frees *out. */
VAULT_CHECK vault_err type_encode(struct buf *out, const struct type_def *t);
VAULT_CHECK vault_err type_decode(struct type_def **out, const void *cbor, size_t n);

/* From a person's JSON file: {"name","version","labels":{..},"fields":[{"name","kind","tier",
 * "repeats","role","labels","choices","target"}]}; kind, tier, role by name. Tier and role default
 * to "withheld" and "direct" for names and identifiers, "withheld" and "sensitive" for files, and
 * must be given otherwise. version defaults to 1; "hash" is allowed and ignored, so that what
 * type_to_json writes can be edited. Names starting with "_" are refused. Labels and choices
 * become canonical text. VAULT_ERR_INPUT with what and where. */
VAULT_CHECK vault_err type_from_json(struct type_def **out, const char *json, size_t n);
/* The same JSON (appended), with "hash" and "version". */
VAULT_CHECK vault_err type_to_json(struct buf *out, const struct type_def *t);

/* Is `next` an allowed later version of `now` (same name, version + 1, no field's tier lower, no
 * field gone, no kind or repetition changed)? VAULT_ERR_REFUSED with the reason. */
VAULT_CHECK vault_err type_may_follow(const struct type_def *now, const struct type_def *next);

const struct field_def *type_field(const struct type_def *t, const char *name, size_t n);
/* The unknown field's sentence; the nearest name, else all names, in the hint. What was typed is
 * not repeated: it may be data. Returns VAULT_ERR_INPUT. */
vault_err type_no_field(const struct type_def *t, const char *name, size_t n);

/* The types every vault starts with (design table; *out has as many as returned), and the
 * system types; static, their hashes computed once; 0 and NULL only when out of memory. */
size_t types_builtin(const struct type_def *const **out);
#define SYSTEM_KIND_MAX 19
/* By kind: 1 _type, 2 _slot, 3 _card, 9 _tombstone, 11 _former; NULL for others. */
const struct type_def *type_system(uint8_t kind);

const char *field_kind_name(enum field_kind k);
const char *leaf_tier_name(enum leaf_tier t);       /* "open", "withheld" */
const char *field_role_name(enum field_role r);

#endif
