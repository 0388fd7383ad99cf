/*
 * statement.h - the custody of one record, as JSON that can be checked without the vault.
 *
 * Layer:   session, private.
 * Secrets: open values and their salts, and withheld ones that were asked for, in wiped buffers.
 * Format:  docs/format.md, "Statements".
 */
#ifndef VAULT_STATEMENT_H
#define VAULT_STATEMENT_H

#include "vault/session.h"

struct statement {
    struct vault *v;
    uint32_t first;             /* first revision of the record */
    bool reveal, links;
    uint32_t head;              /* log row of the entry that says it was made */
    uint64_t revisions, left_out, files;
    uint32_t *row;              /* of the entries that are in it; sorted at the end */
    size_t n_rows;
    struct buf json;
    struct buf seen;            /* SHA-256 of the files so far */
};

/* Fill s->json; v, first, reveal, links and head are set. The caller frees with statement_free. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err statement_write(struct statement *s);
void statement_free(struct statement *s);

#endif
