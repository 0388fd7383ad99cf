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
#include "vault/record/draft.h"

/* An attachment as a row names it: borrowed, empty where the row does not say. */
struct import_file {
    struct part path, name, size, sha256, tier;
};
/* What takes the bytes of attachments in; import/ knows neither their keys nor their pieces. On the thread that makes
 * revisions, while the other waits. */
struct import_files {
    void *ctx;
    /* Into the open transaction; *out is good until `drop`. VAULT_ERR_INPUT: no such file, or not the one named. */
    vault_err (*take)(void *ctx, const struct import_file *f, struct draft_file *out);
    void (*drop)(void *ctx);
};

struct import {
    struct change *change;
    const struct type_def *type;
    const struct mapping *mapping;      /* NULL: columns are fields */
    const struct field_def *key;        /* NULL: every row is a new record */
    bool withheld;                      /* a keeper: what is withheld can be compared */
    enum rows_format format;
    int fd;
    const struct import_files *files;
    /* NULL, or told of each revision before it is put away (base NULL: of a new record); on the thread that makes revisions. */
    vault_err (*note)(void *ctx, const struct revision *rev, const struct revision *base, uint64_t line);
    void *note_ctx;
    uint64_t rows, added, changed, unchanged, attached; /* results */
};

/* Read, judge, seal and store every row. On an error the caller aborts the change. VAULT_ERR_INPUT and others
 * with "line N, column M: ...". */
VAULT_CHECK vault_err import_run(struct import *im);

/* One cell as an input for a field. `text` stands for the cell's own where a part of it is meant. */
VAULT_CHECK vault_err import_cell(struct vault_fields *f, const char *field, const struct cell *c,
    struct part text);

/* ---- files.c: the attachments of a row ---- */

/* Those of the row at hand. Begin with zeros; free `item`. */
struct row_files {
    struct row_file {
        const struct field_def *f;
        const struct cell *cell;        /* good until the next row */
        const char *column;
    } *item;
    size_t n, cap;
};
/* Note a cell that stands for a file. VAULT_ERR_INPUT: it does not, or a second one in a field that does not repeat. */
VAULT_CHECK vault_err row_files_note(struct row_files *x, const struct row_file *item);
/* Take in those that `base` (NULL: a new record) does not have yet, and add them to rev, which was drafted on top of
 * it. *changed is set where there are any. Errors name line and column. */
VAULT_CHECK vault_err row_files_take(const struct row_files *x, struct import *im, struct draft *d,
    const struct revision *base, struct revision *rev, bool *changed);

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
