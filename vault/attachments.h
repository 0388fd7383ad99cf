/*
 * attachments.h - the attachments of a revision: in order, by name, and their bytes.
 *
 * Layer:   session, private.
 * Secrets: a piece of plaintext at a time, in guarded memory; keys of files that are being attached likewise.
 * Format:  docs/format.md, sections 10 and 11.
 */
#ifndef VAULT_ATTACHMENTS_H
#define VAULT_ATTACHMENTS_H

#include "vault/record/file.h"
#include "vault/session.h"

struct attachment {
    unsigned number;            /* from 1 */
    const struct field_def *f;
    const struct leaf *l;
    struct value_view view;     /* known only where the leaf's value is at hand */
    bool known;
};

/* One after the other, in the order of the type's fields and then of entry. Begin with { .rev, .type }. */
struct attachment_walk {
    const struct revision *rev;
    const struct type_def *type;
    size_t field, leaf;
    unsigned number;
};
bool attachment_next(struct attachment_walk *w, struct attachment *out);

/* By name or "#N". VAULT_ERR_NOT_FOUND, VAULT_ERR_CONFLICT (two of that name). */
VAULT_CHECK vault_err attachment_find(struct vault *v, const struct revision *rev, const char *name,
    struct attachment *out);
/* The same for what cannot be undone: also by "N", and VAULT_ERR_CONFLICT where what was typed is the number of one and the name
 * of another, or may be. */
VAULT_CHECK vault_err attachment_find_surely(struct vault *v, const struct revision *rev, const char *name,
    struct attachment *out);

/* Which rows hold the bytes of a leaf whose value and key are at hand. */
struct file_rows {
    enum db_table table;
    int64_t first;
    uint64_t pieces, kept;
    uint8_t id[16];             /* hash of key and content: what all leaves of one attachment have in common */
};
VAULT_CHECK vault_err file_rows_of(struct file_rows *out, const struct leaf *l);

/* In the detail of a purge: where withheld pieces lay that it deleted, as texts "first+pieces". */
#define PURGED_PIECES "pieces"

/* The content of a known attachment to to->fd (path is not looked at), which is not noted in the log. It is the right one
 * only when VAULT_OK comes back: VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err attachment_write(struct vault *v, const struct attachment *x,
    const struct vault_extract_options *to);

/* ---- file_read.c ---- */

/*
 * The bytes of such a leaf, a piece at a time to `take` (NULL: they are only verified), without the padding. One thread reads the
 * database, the calling one decrypts and hashes. VAULT_ERR_DAMAGED: a piece is missing, not authentic, or, which only
 * shows at the end, the content has not the hash of the value.
 */
typedef vault_err file_take_fn(void *ctx, const uint8_t *p, size_t n);
VAULT_CHECK vault_err file_read_leaf(struct db *db, const struct leaf *l, file_take_fn *take, void *ctx);

#endif
