/*
 * salvage.h - the rows of a database that SQLite would not open: all that are whole, page by page.
 *
 * Layer:   store.
 * Secrets: as pages.h.
 * Format:  docs/format.md, "The database"; SQLite's b-tree pages.
 *
 * A leaf that authenticates is read whether or not the pages above it do. Which table it is of is told by those above; where
 * they are lost, by the shape of its rows: then it is one of two that the caller can tell apart, or SALVAGE_UNSURE.
 */
#ifndef VAULT_STORE_SALVAGE_H
#define VAULT_STORE_SALVAGE_H

#include "vault/store/db.h"

/* Beside enum db_table. */
enum { SALVAGE_LOG = 16, SALVAGE_PAIR, SALVAGE_UNSURE };

struct salvaged_row {
    int table;
    unsigned may_be;            /* UNSURE: bits 1 << enum db_table, at least two; all rows of a page are of the same */
    uint32_t page;
    struct db_log_row log;      /* by table; parts are borrowed until the call ends */
    struct db_pair_row pair;
    int64_t n;
    struct part blob;
};
typedef vault_err salvage_fn(void *ctx, const struct salvaged_row *row);

struct salvage_count {
    uint32_t pages, bad;        /* in the file; that are not authentic */
    uint64_t rows, cut;         /* told; of which a part lies on a bad page */
    uint64_t log_missing;       /* pages that held rows of the log, or may have; and such rows of which a part is bad. 0: all were told */
};
/* Every row that is whole, in no order, to fn. VAULT_ERR_DAMAGED: not one page opens with this key. */
VAULT_CHECK vault_err salvage_rows(int dir, const char *name, const struct secret *key, salvage_fn *fn,
    void *ctx, struct salvage_count *count);

#endif
