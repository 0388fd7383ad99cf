/*
 * history_files.h - which attachments a revision brought, by their SHA-256.
 *
 * Layer:   session, private.
 * Secrets: hashes of withheld files are told to keepers only, once the log says so; never their names.
 * Format:  none.
 */
#ifndef VAULT_HISTORY_FILES_H
#define VAULT_HISTORY_FILES_H

#include "vault/session.h"

/* May hashes of withheld attachments be told of this record? Where there are any to tell, that is logged first as a reveal; where it
 * cannot be (a full or read-only disk), they are not told. */
VAULT_CHECK vault_err history_may_tell(struct vault *v, uint32_t first, bool *may);

struct history_files {
    struct vault_history_file *file;
    struct history_text { char field[NAME_MAX_BYTES], name[256], sha256[65]; } *text;
    size_t n;
};
/* Those that revision n has and its first parent has not. rev is loaded; withheld values may be loaded into it. */
VAULT_CHECK vault_err history_files(struct vault *v, uint32_t n, struct revision *rev, bool may,
    struct history_files *out);
void history_files_free(struct history_files *f);

#endif
