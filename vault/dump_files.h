/*
 * dump_files.h - the attachments of a dump: DIR/files/ID/NAME, and what a line says of them.
 *
 * Layer:   session, private.
 * Secrets: as attachments.h; what is written is meant to be readable.
 * Format:  docs/import.md, "Attachments".
 */
#ifndef VAULT_DUMP_FILES_H
#define VAULT_DUMP_FILES_H

#include "vault/attachments.h"

/* Begin with the first three members, and `files` -1; end with dump_files_end. */
struct dump_files {
    struct vault *v;
    int dir;                    /* the dump's, borrowed */
    bool reveal;
    int files;                  /* its folder for attachments, made with the first */
    uint64_t written, left_out;
    vault_progress_fn *progress;        /* or NULL */
    void *progress_ctx;
    uint64_t bytes;             /* of the whole dump, so far */
};

/* n more bytes of it are written: shall it go on? VAULT_ERR_INTERRUPTED. */
VAULT_CHECK vault_err dump_step(struct dump_files *d, uint64_t n);

/* Count what dump_files_write would do with these: in `written` and `left_out`. */
void dump_files_count(struct dump_files *d, const struct revision *rev);
/* The attachments of a revision (revealed, where d says so) into files of their own. Appends `,"field":[...]` to `line` (NULL:
 * nothing). VAULT_ERR_DAMAGED names the record. */
VAULT_CHECK vault_err dump_files_write(struct dump_files *d, const struct revision *rev,
    struct buf *line);
/* Sync; or, with an error, take all away again. Returns it, or that of the sync. */
VAULT_CHECK vault_err dump_files_end(struct dump_files *d, vault_err err);

#endif
