/*
 * table.h - frequency tables that a release publishes: counted, small counts kept back, and proved to stay back.
 *
 * Layer:   release (base, release/sheet.h, release/lp.h).
 * Secrets: counts before protection; names of categories may be what must not leave until the gate has passed them: wiped when freed.
 * Format:  docs/tables.md (rules), docs/format.md "Releases" (a table as CSV and JSON); table_encode: CBOR, below.
 *
 * What is promised, to whom, and what is not: docs/tables.md.
 */
#ifndef VAULT_RELEASE_TABLE_H
#define VAULT_RELEASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vault/base/bytes.h"
#include "vault/release/sheet.h"

#define TABLE_DIMS_MAX 8u
#define TABLE_CELLS_MAX 100000u         /* of one table, margins included */
#define TABLE_JOINT_MAX 200000u         /* counts that tables of one type hang together by, margins included */
#define TABLE_OPEN_MAX 20000u           /* of these, counts that may have to be kept back, and what lies below them */
#define TABLE_SET_MAX 64u               /* tables of one release */
#define TABLE_MIN_COUNT_MAX 1000u
#define TABLE_NAME_MAX 256u             /* bytes of a name or category */
#define TABLE_NOT_KNOWN "not known"     /* the category of rows with nothing in the column */
#define TABLE_TOTAL "total"

enum table_state {
    TABLE_PUBLISHED,
    TABLE_PRIMARY,                      /* kept back for itself: 1 to min_count - 1, or all of a group */
    TABLE_SECONDARY                     /* kept back so that others cannot be reckoned */
};

struct table_dim {
    char *name;
    enum sheet_role role;
    enum treat treat;                   /* as in the sheet: the same name treated in another way is another dimension */
    unsigned arg;
    char **category;                    /* sorted bytewise */
    uint32_t n;
};

struct table {
    char *name;
    unsigned min_count;
    size_t n_dims;
    struct table_dim dim[TABLE_DIMS_MAX];
    /*
     * Cells in the order of their categories, the last dimension fastest; behind the categories of a dimension comes its total, so
     * that each dimension has n + 1 places and every total over each subset of dimensions is a cell.
     */
    size_t n_cells;
    int64_t *count;
    uint8_t *state;                     /* enum table_state */
};

void table_free(struct table *t);                               /* wipes; usable again */
/* The cell at one place of each dimension (n: its total). */
size_t table_cell(const struct table *t, const uint32_t *place);
/* And back. */
void table_place(const struct table *t, size_t cell, uint32_t *place);

/*
 * Counts the rows of s by 1 to TABLE_DIMS_MAX of its columns; nothing is kept back yet. *out is the caller's to free.
 * VAULT_ERR_NOT_FOUND: a column is not there. VAULT_ERR_INPUT: one is named twice, min_count is 0 or over its limit, too many cells (said before memory is
 * taken), a category that reads "total", "*", or "not known" besides rows that have none, or has over TABLE_NAME_MAX bytes.
 */
VAULT_CHECK vault_err table_count(struct table *out, const struct sheet *s, const char *name, const char *const *by, size_t n_by,
    unsigned min_count);

/* A count that everybody knows: how many rows have these values. */
struct table_fact {
    const char *const *column, *const *value;       /* as in the sheet, after treatment; n of them */
    size_t n;
    int64_t count;
};

struct table_protection {
    size_t primary, secondary;          /* counts kept back; one that stands in two tables counts once */
    int64_t secondary_sum;
    bool least;                         /* proved: no fewer further suppressions hold the promise */
    size_t least_bound;                 /* proved: fewer than this do not */
    size_t facts_used;                  /* the others tell of something else than these rows */
};

/*
 * Decides the state of every cell of `n` tables that were all counted from s, together. The facts are published whatever their count,
 * and reckoned with; a fact about columns or values that s does not have, or whose count is not the one in s, is about other people and left aside.
 * Ends with a proof in whole numbers that the promise holds, or fails: VAULT_ERR_INPUT where the tables together are too large
 * (TABLE_JOINT_MAX, TABLE_OPEN_MAX), VAULT_ERR_FAILED where the solver fails. Then every state is TABLE_PRIMARY and nothing may be published.
 */
VAULT_CHECK vault_err table_protect(struct table *const *t, size_t n, const struct sheet *s, const struct table_fact *fact,
    size_t n_facts, struct table_protection *out);

/* What a reader can reckon of a cell that is kept back, from the tables and facts together; *high is INT64_MAX where there is no end. */
struct table_interval {
    int64_t low, high;
};
/*
 * The interval of every cell of t[which], for the states as they are; out has room for its n_cells. Published cells: their count twice. The caller frees nothing.
 * Errors as for table_protect.
 */
VAULT_CHECK vault_err table_audit(struct table *const *t, size_t n, const struct sheet *s, const struct table_fact *fact,
    size_t n_facts, size_t which, struct table_interval *out);

/* As it is published: the dimensions, "count"; totals as TABLE_TOTAL, what is kept back as SHEET_SUPPRESSED. *out was initialised; its name is the table's. */
VAULT_CHECK vault_err table_sheet(struct sheet *out, const struct table *t);

/*
 * For the ledger: one table as one item of deterministic CBOR. Of counts that are kept back the state goes in, never the count, but whether it is zero.
 *   { "by": [ { "arg": uint, "name": text, "role": uint, "treat": uint, "values": [text...] } ... ], "name": text,
 *     "cells": [ uint | -1 primary | -2 secondary | -3 kept back and zero ... ], "min_count": uint }
 */
VAULT_CHECK vault_err table_encode(struct buf *out, const struct table *t);
/* What is kept back has count 1 (or 0). VAULT_ERR_DAMAGED: not such an item, or over a limit. */
VAULT_CHECK vault_err table_decode(struct table *out, const void *p, size_t n);

#endif
