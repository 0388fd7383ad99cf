/*
 * import.h - rows into revisions, within a change that the caller opened and will commit.
 *
 * Layer:   import (record/ and below).
 * Secrets: names pass through wiped buffers; sentences name lines and columns, never cells.
 * Format:  docs/import.md.
 */
#ifndef VAULT_IMPORT_IMPORT_H
#define VAULT_IMPORT_IMPORT_H

#include "vault/import/mapping.h"
#include "vault/import/rows.h"
#include "vault/record/change.h"
#include "vault/record/fields.h"

struct import {
    struct change *change;
    const struct type_def *type;
    const struct mapping *mapping;      /* NULL: columns are fields */
    const struct field_def *key;        /* NULL: every row is a new record */
    bool withheld;                      /* a keeper: what is withheld can be compared */
    enum rows_format format;
    int fd;
    uint64_t rows, added, changed, unchanged;   /* results */
};

/* Read, judge, seal and store every row. On an error the caller aborts the change. VAULT_ERR_INPUT and others
 * with "line N, column M: ...". */
VAULT_CHECK vault_err import_run(struct import *im);

/* One cell as an input for a field. `text` stands for the cell's own where a part of it is meant. */
VAULT_CHECK vault_err import_cell(struct vault_fields *f, const char *field, const struct cell *c,
    struct part text);

/* ---- keymap.c: existing records by the value of one field ---- */

struct keymap;
VAULT_CHECK vault_err keymap_build(struct keymap **out, struct recs *r,
    const struct type_def *type, const struct field_def *key, bool withheld);
void keymap_free(struct keymap *m);
/* First pair of the record with this value, 0: none. VAULT_ERR_INPUT: several have it. */
VAULT_CHECK vault_err keymap_find(struct keymap *m, struct part text, uint32_t *first);
/* Note a record of this import. VAULT_ERR_INPUT: the value stood in the file before. */
VAULT_CHECK vault_err keymap_add(struct keymap *m, struct part text, uint32_t first);

/* ---- pipeline.c: sealing on one thread, storing on another ---- */

struct pipeline;
/* Run `produce` on a second thread; what it puts is stored by the calling thread, in order. */
VAULT_CHECK vault_err pipeline_run(struct change *c,
    vault_err (*produce)(void *ctx, struct pipeline *p), void *ctx);
/* Finish a drafted revision and queue it (from `produce`); rev is empty then. May wait for room. */
VAULT_CHECK vault_err pipeline_put(struct pipeline *p, struct revision *rev);

#endif
