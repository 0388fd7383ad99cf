/*
 * policy.h - what a release may contain: a policy file, read and judged by itself.
 *
 * Layer:   release (record for names of types and fields).
 * Secrets: none: a policy is written for others to read. It may name what a condition asks for.
 * Format:  docs/release.md, "Policy files" (withheld-policy/1).
 */
#ifndef VAULT_RELEASE_POLICY_H
#define VAULT_RELEASE_POLICY_H

#include <jansson.h>
#include "vault/record/type.h"
#include "vault/release/sheet.h"

#define POLICY_FORMAT "withheld-policy/1"
#define POLICY_MAX ((size_t)1 << 20)
#define POLICY_LIST_MAX 64u             /* types, tables, conditions, fields of the map */
#define POLICY_BY_MAX 8u                /* dimensions of a table */

struct policy_field {
    char name[NAME_MAX_BYTES];
    enum treat treat;
    unsigned arg;
    char *hierarchy;                    /* file, relative to the policy; else NULL */
};

struct policy_where { char *field, *value; };

/* The rows of one type. */
struct policy_rows {
    char type[NAME_MAX_BYTES];
    struct policy_where *where;
    size_t n_where;
    struct policy_field *field;
    size_t n_fields;
};

struct policy_table {
    char *name;                         /* of files: letters, digits, - and _ */
    char type[NAME_MAX_BYTES];
    char by[POLICY_BY_MAX][NAME_MAX_BYTES];
    size_t n_by;
    unsigned min_count;
    struct policy_where *where;
    size_t n_where;
};

/* Figures that are public already. */
struct policy_public {
    char type[NAME_MAX_BYTES];
    struct policy_where *where;
    size_t n_where;
    char of[NAME_MAX_BYTES];            /* "" or the type of records that its `count` counts, */
    struct policy_where *counted;       /* where these released values stand: what readers reckon with */
    size_t n_counted;
};

enum policy_style { STYLE_CODE, STYLE_PRESS_NAME };

struct policy {
    char *audience, *purpose, *expires;
    char *as_of;                        /* or NULL */
    enum policy_style style;
    bool stable;
    bool single_case, suppress_auto;
    unsigned k, k_map, l, m;
    unsigned max_suppressed;            /* of a million cells */
    struct policy_rows *rows;
    size_t n_rows;
    struct policy_table *table;
    size_t n_tables;
    struct policy_public *declared;
    size_t n_declared;
    char (*map)[NAME_MAX_BYTES];
    size_t n_map;
    char *published, *population;       /* files, relative to the policy; NULL: none */
    uint8_t hash[32];                   /* BLAKE2b-256 of the file */
};

/*
 * A policy out of its text; *p begins with zeros and is freed with policy_free in any case. VAULT_ERR_INPUT: not JSON, a member twice or
 * unknown (the nearest one is named), a required one missing, a value of a wrong form, a file that lies elsewhere than beside the policy.
 */
VAULT_CHECK vault_err policy_read(struct policy *p, const char *text, size_t n);
void policy_free(struct policy *p);

const struct policy_rows *policy_rows_of(const struct policy *p, const char *type);
/* NULL: it is not listed. */
const struct policy_field *policy_field_of(const struct policy_rows *r, const char *field);
/* A treatment as the policy writes it: `{"band": 10}`; appended. */
void policy_treat_text(struct buf *out, const struct policy_field *f);

#endif
