/*
 * schema.c - the tables, and the steps from one version of them to the next.
 *
 * A step brings version i to i + 1; steps are never changed once released.
 */
#include "vault/store/db_priv.h"

static const char CREATE_LATEST[] =
    "CREATE TABLE log(n INTEGER PRIMARY KEY, entry BLOB NOT NULL, sigs BLOB NOT NULL,"
    " detail BLOB NOT NULL);"
    "CREATE TABLE pair(n INTEGER PRIMARY KEY, log INTEGER NOT NULL, ids BLOB NOT NULL,"
    " tags BLOB NOT NULL);"
    "CREATE TABLE open(n INTEGER PRIMARY KEY, blob BLOB NOT NULL);"
    "CREATE TABLE withheld(n INTEGER PRIMARY KEY, blob BLOB NOT NULL);"
    "CREATE TABLE wrap(n INTEGER PRIMARY KEY, box BLOB NOT NULL);"
    "CREATE TABLE intake(n INTEGER PRIMARY KEY, enc BLOB NOT NULL);"
    "PRAGMA user_version = 1;";

/* STEP[i] leads from version i + 1 to i + 2. */
static const char *const STEP[DB_SCHEMA_VERSION] = { NULL };

static vault_err
read_version(struct db *db, int *version)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db->sql, "PRAGMA user_version", -1, &st, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        *version = sqlite3_column_int(st, 0);
    sqlite3_finalize(st);
    return rc == SQLITE_ROW ? VAULT_OK : db_say(db, rc, "reading");
}

vault_err
schema_create(struct db *db)
{
    return db_exec(db, CREATE_LATEST);
}

vault_err
schema_check(struct db *db)
{
    int version = 0;
    vault_err err;

    err = read_version(db, &version);
    if (err != VAULT_OK)
        return err;
    if (version > DB_SCHEMA_VERSION)
        return err_say(VAULT_ERR_FAILED, "open it with a newer withheld",
            "this vault was written by a newer version (schema %d)", version);
    if (version < 1)
        return err_say(VAULT_ERR_DAMAGED, NULL, "records.db has no schema version");
    if (version == DB_SCHEMA_VERSION)
        return VAULT_OK;
    err = db_begin(db);
    for (; err == VAULT_OK && version < DB_SCHEMA_VERSION; version++)
        err = db_exec(db, STEP[version - 1]);
    if (err == VAULT_OK)
        return db_commit(db);
    db_rollback(db);
    return err;
}
