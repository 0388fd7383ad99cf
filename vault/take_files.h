/*
 * take_files.h - the attachments that an import names, out of files beside it.
 *
 * Layer:   session, private.
 * Secrets: as file_in.h; no sentence says how a file is called.
 * Format:  docs/import.md, "Attachments".
 */
#ifndef VAULT_TAKE_FILES_H
#define VAULT_TAKE_FILES_H

#include "vault/file_in.h"
#include "vault/import/import.h"

/* Begin with the first three members, dir -1. Between calls of take_files_drop it holds the files of one row. */
struct take_files {
    struct vault *v;
    const char *path;           /* of the import; "-": none */
    int dir;                    /* its folder; -1: not opened yet */
    struct files_in **in;
    size_t n, cap;
};
void take_files_close(struct take_files *t);

/* For struct import_files; ctx is a struct take_files. */
VAULT_CHECK vault_err take_files_take(void *ctx, const struct import_file *f, struct draft_file *out);
void take_files_drop(void *ctx);

#endif
