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

struct statement_origin;
struct statement {
    struct vault *v;
    uint32_t first;             /* first revision of the record */
    bool reveal, links;
    vault_progress_fn *progress;        /* or NULL */
    void *progress_ctx;
    uint32_t head;              /* log row of the entry that says it was made */
    uint64_t revisions, left_out, files;
    uint32_t *row;              /* of the entries that are in it; sorted at the end */
    size_t n_rows;
    struct statement_origin *origin;    /* what proves who wrote revisions elsewhere */
    size_t n_origins;
    struct statement_foreign {
        uint32_t n;             /* revision */
        size_t origin;
    } *foreign;                 /* by n */
    size_t n_foreign;
    struct buf json;
    struct buf seen;            /* SHA-256 of the files so far */
};

/* Fill s->json; v, first, reveal, links and head are set. The caller frees with statement_free. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err statement_write(struct statement *s);
void statement_free(struct statement *s);

/* Whoever wants it to stop is heard: before each revision, and after each file. VAULT_ERR_INTERRUPTED. */
VAULT_CHECK vault_err statement_step(const struct statement *s);

/* ---- parts of it, as JSON appended to s->json ---- */

struct log_entry;
/* A revision of a system record, up to its leaves, from bytes that were disclosed: rev is read from them (disclose_read). VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err statement_disclosed(struct statement *s, const struct revision *rev, bool first);
/* Where a revision stands: the names `entry`, `index`, `path` (32 bytes each, nearest first). */
void statement_place(struct statement *s, const uint8_t entry[static 32], uint32_t index, const struct buf *path);
void statement_entry(struct statement *s, const uint8_t hash[static 32], const struct log_entry *e, const uint8_t (*sig)[64], bool first);

/* ---- revisions that were written elsewhere (statement_origin.c) ---- */

/* Find and cut the evidence of all in the history, before anything is written. VAULT_ERR_DAMAGED: there is none for one of them. */
VAULT_CHECK vault_err statement_find_origins(struct statement *s);
/* The name `origin` of revision n, where it has one. */
VAULT_CHECK vault_err statement_origin_of(struct statement *s, uint32_t n);
/* The elements of the list `origins`. */
VAULT_CHECK vault_err statement_origins(struct statement *s);
void statement_free_origins(struct statement *s);

#endif
