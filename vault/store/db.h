/*
 * db.h - the database file: opening it, transactions, rows.
 *
 * Layer:   store (includes base/ only).
 * Secrets: borrows the raw key for the time of db_open; rows hold ciphertext of the inner layer.
 * Format:  docs/format.md, "The database".
 */
#ifndef VAULT_STORE_DB_H
#define VAULT_STORE_DB_H

#include <stdbool.h>
#include "vault/base/bytes.h"
#include "vault/base/hash.h"
#include "vault/base/secret.h"

#define DB_SCHEMA_VERSION 2

struct db;          /* one exclusive connection */

enum db_mode { DB_CREATE, DB_OPEN };

/*
 * Open (or create, with the schema) the database at `path` under the 99-byte key text; takes the
 * exclusive lock, rolls a hot journal back, migrates an older schema. Caller closes.
 * VAULT_ERR_DAMAGED: not readable with this key, or its first page is damaged. VAULT_ERR_BUSY.
 * VAULT_ERR_FAILED: newer schema, or SQLCipher too old. On a read-only disk it opens for reading and db_begin fails.
 */
VAULT_CHECK vault_err db_open(struct db **out, const char *path, const struct secret *key,
    enum db_mode mode);
void db_close(struct db *db);                       /* rolls back what is open; NULL is fine */

VAULT_CHECK vault_err db_begin(struct db *db);      /* VAULT_ERR_NO_SPACE on a read-only disk */
VAULT_CHECK vault_err db_commit(struct db *db);     /* on failure it is rolled back */
void db_rollback(struct db *db);                    /* harmless without a transaction */
/* Pages read so far are dropped from the cache. */
void db_release_memory(struct db *db);

/* ---- the tables of one blob per number ---- */
enum db_table { DB_OPEN_BLOB, DB_WITHHELD_BLOB, DB_WRAP, DB_INTAKE, DB_OPEN_CHUNK,
    DB_WITHHELD_CHUNK };
VAULT_CHECK vault_err db_put(struct db *db, enum db_table t, int64_t n, struct part blob);
VAULT_CHECK vault_err db_delete(struct db *db, enum db_table t, int64_t n);
/* out is replaced; VAULT_ERR_NOT_FOUND (without a sentence) when there is no such row. */
VAULT_CHECK vault_err db_get(struct db *db, enum db_table t, int64_t n, struct buf *out);

/* ---- log and pair ---- */
struct db_log_row {
    int64_t n;
    struct part entry, sigs, detail;
};
VAULT_CHECK vault_err db_put_log(struct db *db, const struct db_log_row *row);
struct db_pair_row {
    int64_t n, log;
    struct part ids, tags;      /* of a pack: record id 16 | revision id 32 for each */
};
VAULT_CHECK vault_err db_put_pair(struct db *db, const struct db_pair_row *row);
/* Other tags for the pack that begins with n. */
VAULT_CHECK vault_err db_set_tags(struct db *db, int64_t n, struct part tags);

/* ---- reading in order of n; parts are borrowed until the next step ---- */
struct db_cursor;               /* at most one per table at a time */
VAULT_CHECK vault_err db_scan(struct db *db, enum db_table t, int64_t from,
    struct db_cursor **out);
/* Of DB_OPEN_CHUNK or DB_WITHHELD_CHUNK the numbers and sizes alone, which costs little. */
VAULT_CHECK vault_err db_scan_sizes(struct db *db, enum db_table t, int64_t from,
    struct db_cursor **out);
VAULT_CHECK vault_err db_scan_log(struct db *db, int64_t from, struct db_cursor **out);
VAULT_CHECK vault_err db_scan_pair(struct db *db, int64_t from, struct db_cursor **out);
/* Go on with row n, or the next one that is there: as dear as some ten steps. */
VAULT_CHECK vault_err db_seek(struct db_cursor *c, int64_t n);
/* *got false at the end. */
VAULT_CHECK vault_err db_next(struct db_cursor *c, int64_t *n, struct part *blob, bool *got);
VAULT_CHECK vault_err db_next_size(struct db_cursor *c, int64_t *n, uint64_t *size, bool *got);
VAULT_CHECK vault_err db_next_log(struct db_cursor *c, struct db_log_row *row, bool *got);
VAULT_CHECK vault_err db_next_pair(struct db_cursor *c, struct db_pair_row *row, bool *got);
void db_scan_end(struct db_cursor *c);              /* NULL is fine */

/* Page HMACs and SQLite's own structure check; fn is told each problem. */
VAULT_CHECK vault_err db_check(struct db *db, void (*fn)(void *ctx, const char *what), void *ctx);

/* Versions: SQLCipher's and SQLite's, static text. */
const char *db_cipher_version(void);
const char *db_sqlite_version(void);

#endif
