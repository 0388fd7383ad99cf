/*
 * db_priv.h - what db.c, rows.c and schema.c share: the connection and how SQLite's codes read.
 *
 * Layer:   store, private to it.
 * Secrets: none.
 * Format:  none.
 */
#ifndef VAULT_STORE_DB_PRIV_H
#define VAULT_STORE_DB_PRIV_H

#include <sqlcipher/sqlite3.h>
#include "vault/store/db.h"

#define DB_TABLES 6
#define DB_SCANS (DB_TABLES + 4)        /* one cursor for each table, log, pair, and the sizes of chunks */

struct db {
    sqlite3 *sql;
    sqlite3_stmt *put[DB_TABLES], *get[DB_TABLES], *del[DB_TABLES];
    sqlite3_stmt *put_log, *put_pair, *set_tags;
    sqlite3_stmt *scan[DB_SCANS];       /* prepared at first use, reused */
    bool scanning[DB_SCANS];
    bool in_txn;
    bool creating;              /* a new file, not yet whole */
};

/* Say what an SQLite result code means for `doing` ("reading", "writing"). Returns the code. */
vault_err db_say(struct db *db, int rc, const char *doing);
vault_err db_exec(struct db *db, const char *sql);
/* As SQLite's own, with errno cleared before, so that db_say finds what this very call has met. */
int db_prepare(struct db *db, sqlite3_stmt **st, const char *sql);
int db_step(sqlite3_stmt *st);
/* `PRAGMA x` as one integer. */
VAULT_CHECK vault_err db_pragma(struct db *db, const char *sql, int *value);

/* The tables of a new database, or the steps from an older one. */
VAULT_CHECK vault_err schema_create(struct db *db);
VAULT_CHECK vault_err schema_check(struct db *db);

#endif
