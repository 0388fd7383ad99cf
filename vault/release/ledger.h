/*
 * ledger.h - a release compared with all earlier ones: who is told by what changed, or by several together.
 *
 * Layer:   release (base, release/table.h, release/sheet.h).
 * Secrets: ids of rows, which is why the ledger is kept withheld; categories as table.h. Findings name published categories only.
 * Format:  docs/tables.md, "The ledger"; ledger_encode: CBOR, below.
 */
#ifndef VAULT_RELEASE_LEDGER_H
#define VAULT_RELEASE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vault/release/table.h"

#define LEDGER_TYPES_MAX 64u
#define LEDGER_WHERE_MAX 16u
#define LEDGER_RELEASES_MAX 1000u
#define LEDGER_ID 16u

/* Rows are released, or counted, where all of these hold. The value as it stands in the vault. */
struct ledger_where {
    const char *column, *value;
};

/* What a release tells of one type. All borrowed. */
struct ledger_type {
    const char *type;
    const struct ledger_where *where;
    size_t n_where;
    const struct table *table;                  /* protected already */
    size_t n_tables;
    const struct sheet *sheet;                  /* rows as they are released, or NULL */
    /*
     * Who could have been counted that day, *before* `where`: an id of each row that the release may tell of (16 bytes that stay the same for a
     * record, whatever the order). Two releases with the same ids are about the same people. NULL: not known, taken for the same.
     */
    const uint8_t (*row)[LEDGER_ID];
    size_t n_rows;
};

struct ledger_release {
    const char *name;                           /* as findings call it */
    const char *audience;
    const struct ledger_type *type;
    size_t n_types;
};

enum ledger_rule {
    LEDGER_CHANGED,         /* 1 to k - 1 people came or went since, or one count differs by 1 to k - 1 */
    LEDGER_TOGETHER,        /* several releases together tell of a group of 1 to k - 1 that none of them tells of */
    LEDGER_TOO_LARGE,       /* too many to be compared: nobody knows what they tell together */
    LEDGER_LINKED           /* rows for two audiences that belong together by rare values */
};

struct ledger_finding {
    enum ledger_rule rule;
    const char *word;       /* for --accept and refusals: "difference", or "linkage" */
    const char *type;
    const char *table;      /* of the new release, or "" */
    const char *earlier;    /* the earlier release, or "" where it is several */
    const char *detail;     /* one sentence with tables, cells and numbers that readers have or would have; lower case, no full stop */
};

/* Everything is borrowed for the call. What it returns other than VAULT_OK ends the comparison. */
typedef vault_err ledger_finding_fn(void *ctx, const struct ledger_finding *f);

/* Of the work below, what takes about a minute. */
#define LEDGER_WORK 1000000000u

/*
 * Tells of everything in `now` that must not follow on `earlier` (n of them, in any order). k: the smallest group that may be told of (2 or more).
 * work: for each type, linear programs solved, times the unknowns, and the combinations of values along each column; beyond it LEDGER_TOO_LARGE is told. No clock is asked, so that the same releases get the same answer.
 * VAULT_OK: compared, whatever was found. VAULT_ERR_INPUT: k, or over a limit of this header. VAULT_ERR_FAILED: the solver failed.
 * Nothing may be released on an error.
 */
VAULT_CHECK vault_err ledger_compare(const struct ledger_release *earlier, size_t n, const struct ledger_release *now, unsigned k,
    uint64_t work, ledger_finding_fn *fn, void *ctx);

/*
 * One release as deterministic CBOR:
 *   { "name": text, "types": [ { "rows": bytes (ids, sorted), "type": text, "sheet": false or
 *     [ rows: uint, { "arg": uint, "name": text, "treat": uint, "cells": bytes (u32 LE each), "values": [text...] }... ],
 *     "where": [ column, value, ... ], "tables": [ as table_encode ... ] } ... ], "audience": text }
 */
VAULT_CHECK vault_err ledger_encode(struct buf *out, const struct ledger_release *r);

/* A release that owns what it holds. */
struct ledger_record {
    struct ledger_release release;
    char *name, *audience;
    struct ledger_held *held;
    struct ledger_type *type;
};
/* VAULT_ERR_DAMAGED: not such an item, or over a limit. Freed by ledger_record_free (also after an error, when it is empty). */
VAULT_CHECK vault_err ledger_decode(struct ledger_record *out, const void *p, size_t n);
void ledger_record_free(struct ledger_record *r);

#endif
