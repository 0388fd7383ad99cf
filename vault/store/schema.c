/*
 * schema.c - the tables, and the steps from one version of them to the next.
 *
 * A step brings version i to i + 1; steps are never changed once released.
 */
#include "vault/store/db_priv.h"

#include <string.h>

#define OPEN_CHUNK "CREATE TABLE open_chunk(n INTEGER PRIMARY KEY, data BLOB NOT NULL)"
#define WITHHELD_CHUNK "CREATE TABLE withheld_chunk(n INTEGER PRIMARY KEY, data BLOB NOT NULL)"

/* The whole schema, in this order; SQLite keeps the text as it is given here. */
static const char *const TABLE[] = {
    "CREATE TABLE log(n INTEGER PRIMARY KEY, entry BLOB NOT NULL, sigs BLOB NOT NULL,"
    " detail BLOB NOT NULL)",
    "CREATE TABLE pair(n INTEGER PRIMARY KEY, log INTEGER NOT NULL, ids BLOB NOT NULL,"
    " tags BLOB NOT NULL)",
    "CREATE TABLE open(n INTEGER PRIMARY KEY, blob BLOB NOT NULL)",
    "CREATE TABLE withheld(n INTEGER PRIMARY KEY, blob BLOB NOT NULL)",
    "CREATE TABLE wrap(n INTEGER PRIMARY KEY, box BLOB NOT NULL)",
    "CREATE TABLE intake(n INTEGER PRIMARY KEY, enc BLOB NOT NULL)",
    OPEN_CHUNK,                 /* since version 2 */
    WITHHELD_CHUNK,
};
#define TABLES (sizeof TABLE / sizeof TABLE[0])

/* STEP[i] leads from version i + 1 to i + 2. */
static const char *const STEP[DB_SCHEMA_VERSION] = {
    OPEN_CHUNK "; " WITHHELD_CHUNK "; PRAGMA user_version = 2",
};

vault_err
schema_create(struct db *db)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < TABLES; i++)
        err = db_exec(db, TABLE[i]);
    return err != VAULT_OK ? err : db_exec(db, "PRAGMA user_version = 2");
}

/* Nothing but our tables may be there: a planted trigger or view would run with our next write. */
static vault_err
compare_schema(struct db *db)
{
    sqlite3_stmt *st = NULL;
    size_t i = 0;
    bool same = true;
    int rc = db_prepare(db, &st, "SELECT sql FROM sqlite_schema ORDER BY rowid");

    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        const char *sql;
        rc = db_step(st);
        if (rc != SQLITE_ROW)
            break;
        sql = (const char *)sqlite3_column_text(st, 0);
        same = same && i < TABLES && sql != NULL && strcmp(sql, TABLE[i]) == 0;
        i++;
    }
    sqlite3_finalize(st);
    if (rc != SQLITE_DONE)
        return db_say(db, rc, "reading");
    if (same && i == TABLES)
        return VAULT_OK;
    return err_say(VAULT_ERR_DAMAGED, "keep this folder as it is and go back to a backup",
        "the tables of records.db are not those of a vault");
}

vault_err
schema_check(struct db *db)
{
    int version = 0;
    vault_err err;

    err = db_pragma(db, "PRAGMA user_version", &version);
    if (err != VAULT_OK)
        return err;
    if (version > DB_SCHEMA_VERSION)
        return err_say(VAULT_ERR_FAILED, "open it with a newer withheld",
            "this vault was written by a newer version (schema %d)", version);
    if (version < 1)
        return err_say(VAULT_ERR_DAMAGED, NULL, "records.db has no schema version");
    if (version == DB_SCHEMA_VERSION)
        return compare_schema(db);
    err = db_begin(db);
    if (err == VAULT_ERR_NO_SPACE)
        err = err_say(err, "open it once where it can be written",
            "this vault was written by an older version (schema %d), and cannot be changed here", version);
    for (; err == VAULT_OK && version < DB_SCHEMA_VERSION; version++)
        err = db_exec(db, STEP[version - 1]);
    if (err == VAULT_OK)
        err = compare_schema(db);
    if (err == VAULT_OK)
        return db_commit(db);
    db_rollback(db);
    return err;
}
