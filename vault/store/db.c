/*
 * db.c - see db.h. Why each setting: docs/architecture.md, "The database".
 */
#include "vault/store/db_priv.h"

#include "vault/base/starve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID 0x77686C64   /* "whld" */

static int
exec(struct db *db, const char *sql)
{
    errno = 0;
    return sqlite3_exec(db->sql, sql, NULL, NULL, NULL);
}

int
db_prepare(struct db *db, sqlite3_stmt **st, const char *sql)
{
    errno = 0;
    return sqlite3_prepare_v2(db->sql, sql, -1, st, NULL);
}

int
db_step(sqlite3_stmt *st)
{
    int rc;

    (void)starve_seen();
    errno = 0;
    rc = sqlite3_step(st);
    /* A page of a long value that could not be verified for want of memory comes as zeros, and as success. */
    return starve_seen() ? SQLITE_NOMEM : rc;
}

vault_err
db_exec(struct db *db, const char *sql)
{
    int rc = exec(db, sql);

    return rc == SQLITE_OK ? VAULT_OK : db_say(db, rc, "preparing");
}

vault_err
db_say(struct db *db, int rc, const char *doing)
{
    /* Where OpenSSL finds no memory SQLCipher reports a damaged page. */
    bool starved = errno == ENOMEM;
    int e = db != NULL && db->sql != NULL ? sqlite3_system_errno(db->sql) : 0;

    switch (rc & 0xff) {
    case SQLITE_NOMEM:
        return err_nomem();
    case SQLITE_FULL:
        return err_say(VAULT_ERR_NO_SPACE, "free some space and try again; nothing was changed",
            "the disk is full while %s records.db", doing);
    case SQLITE_READONLY:
        return err_say(VAULT_ERR_NO_SPACE, "copy the vault folder to a disk that can be written",
            "the vault lies on a disk or in a folder that cannot be written");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_say(VAULT_ERR_BUSY, "close the other program first",
            "records.db is in use by another program");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
        if (starved)
            return err_nomem();
        return err_say(VAULT_ERR_DAMAGED, "keep this folder as it is and go back to a backup",
            "records.db is damaged");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        /* It opens a file it could not create once more for reading, and errno is of that. */
        if ((rc & 0xff) == SQLITE_CANTOPEN && (db->in_txn || db->creating))
            return err_say(VAULT_ERR_NO_SPACE, "free some space and try again; nothing was changed",
                "no space, or no permission, for records.db or the journal beside it");
        /* SQLCipher reports a page whose MAC is wrong as an input error without an errno. */
        if (e == ENOSPC || e == EDQUOT || e == EROFS)
            return err_say(VAULT_ERR_NO_SPACE, "free some space and try again; nothing was changed",
                "no space, or no permission to write, while %s records.db", doing);
        if (starved)
            return err_nomem();
        if (e == 0 && (rc & 0xff) == SQLITE_IOERR)
            return err_say(VAULT_ERR_DAMAGED, "keep this folder as it is and go back to a backup",
                "records.db is damaged or cut short");
        return err_errno(e, "cannot go on %s records.db", doing);
    default:
        if (starved)
            return err_nomem();
        return err_say(VAULT_ERR_FAILED, NULL, "the database failed while %s (code %d)", doing, rc);
    }
}

vault_err
db_pragma(struct db *db, const char *sql, int *value)
{
    sqlite3_stmt *st = NULL;
    int rc = db_prepare(db, &st, sql);

    if (rc == SQLITE_OK)
        rc = db_step(st);
    if (rc == SQLITE_ROW)
        *value = sqlite3_column_int(st, 0);
    sqlite3_finalize(st);
    return rc == SQLITE_ROW ? VAULT_OK : db_say(db, rc, "reading");
}

/* A plain SQLite library would silently write plaintext: ask the connection what it is. */
static vault_err
demand_sqlcipher(struct db *db)
{
    sqlite3_stmt *st = NULL;
    const char *v = NULL;
    int major = 0, minor = 0;
    int rc = db_prepare(db, &st, "PRAGMA cipher_version");

    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);  /* SQLCipher answers while it prepares: errno is not cleared again */
    if (rc == SQLITE_ROW)
        v = (const char *)sqlite3_column_text(st, 0);
    if (v == NULL && errno == ENOMEM)
        rc = SQLITE_NOMEM;
    if (v != NULL) {
        char *end;
        major = (int)strtol(v, &end, 10);
        if (*end == '.')
            minor = (int)strtol(end + 1, NULL, 10);
    }
    sqlite3_finalize(st);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return db_say(db, rc, "opening");
    if (major > 4 || (major == 4 && minor >= 6))
        return VAULT_OK;
    return err_say(VAULT_ERR_FAILED, "install SQLCipher 4.6 or newer (make setup)",
        "the database library is not SQLCipher 4.6 or newer");
}

static vault_err
configure(struct db *db, const struct secret *key)
{
    /*
     * SQLCipher logs to standard error: our own sentence is enough. It chooses that place when it is first keyed, unless a
     * file is set, and complains at once where it cannot lock memory.
     */
    vault_err err = db_exec(db, "PRAGMA cipher_log = '/dev/null';");
    int rc;

    if (err != VAULT_OK)
        return err;
    rc = sqlite3_key(db->sql, secret_bytes(key), (int)secret_len(key));
    if (rc != SQLITE_OK)
        return db_say(db, rc, "keying");
    err = demand_sqlcipher(db);
    if (err != VAULT_OK)
        return err;
    return db_exec(db,
        "PRAGMA cipher_log = off;"
        "PRAGMA cipher_log_level = NONE;"
        "PRAGMA cipher_page_size = 16384;"
        "PRAGMA cipher_hmac_algorithm = HMAC_SHA256;"
        "PRAGMA temp_store = MEMORY;"
        "PRAGMA mmap_size = 0;"
        "PRAGMA secure_delete = ON;"
        "PRAGMA trusted_schema = OFF;"
        "PRAGMA cell_size_check = ON;"
        "PRAGMA cache_size = -24576;"
        "PRAGMA synchronous = EXTRA;"
        /* Leaving PERSIST deletes a journal that a kill left behind before it became hot; a hot one
         * is played back first. Only then exclusive, where SQLite would keep the file. */
        "PRAGMA journal_mode = PERSIST;"
        "PRAGMA journal_mode = DELETE;"
        "PRAGMA locking_mode = EXCLUSIVE;");
}

static vault_err
open_existing(struct db *db)
{
    vault_err err;
    int id = 0;

    /* The first real read: rolls a hot journal back, checks page 1, takes the shared lock. */
    err = db_exec(db, "SELECT count(*) FROM sqlite_schema");
    if (err == VAULT_OK)
        err = db_pragma(db, "PRAGMA application_id", &id);
    if (err != VAULT_OK)
        return err;
    if (id != APPLICATION_ID)
        return err_say(VAULT_ERR_DAMAGED, NULL, "records.db is not the database of a vault");
    err = schema_check(db);
    if (err != VAULT_OK)
        return err;
    /* And the exclusive one, so that nobody reads beside us either. */
    if (sqlite3_db_readonly(db->sql, "main") == 1)
        return VAULT_OK;
    err = db_begin(db);
    if (err == VAULT_ERR_NO_SPACE) {
        vault_clear_error();        /* full or read-only: reading is still allowed */
        return VAULT_OK;
    }
    if (err == VAULT_OK)
        err = db_commit(db);
    return err;
}

static vault_err
create_new(struct db *db)
{
    vault_err err;

    err = db_exec(db, "PRAGMA auto_vacuum = NONE; PRAGMA application_id = 2003332196");
    if (err != VAULT_OK)
        return err;
    return schema_create(db);
}

/*
 * What lies beside the file is read by SQLite before it has any key. A journal that ends with a
 * super-journal's name makes it delete the file of that name; ours never has one (one database), and
 * never is anything but a regular file. A WAL has no place here at all.
 */
static vault_err
judge_companions(const char *path)
{
    static const uint8_t MAGIC[8] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7 };
    static const char *const NEVER[] = { "-wal", "-shm" };
    char *name = NULL;
    uint8_t tail[8];
    struct stat st;
    bool bad = false;
    int fd = -1;

    for (size_t i = 0; !bad && i < 2; i++) {
        if (asprintf(&name, "%s%s", path, NEVER[i]) < 0)
            return err_nomem();
        bad = lstat(name, &st) == 0;
        free(name);
    }
    if (asprintf(&name, "%s-journal", path) < 0)
        return err_nomem();
    fd = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        bad = bad || lstat(name, &st) == 0;
    else
        bad = bad || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (st.st_size >= 8 &&
            (pread(fd, tail, 8, st.st_size - 8) != 8 || memcmp(tail, MAGIC, 8) == 0));
    if (fd >= 0)
        (void)close(fd);
    free(name);
    return !bad ? VAULT_OK : err_say(VAULT_ERR_DAMAGED,
        "look at what lies there; it was not made by withheld",
        "beside records.db lies a journal that does not belong to it");
}

vault_err
db_open(struct db **out, const char *path, const struct secret *key, enum db_mode mode)
{
    struct db *db = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
        SQLITE_OPEN_NOFOLLOW;
    vault_err err;
    int rc;

    err = judge_companions(path);
    if (err != VAULT_OK)
        return err;
    db = calloc(1, sizeof *db);
    if (db == NULL)
        return err_nomem();
    db->creating = mode == DB_CREATE;
    if (db->creating)
        flags |= SQLITE_OPEN_CREATE;
    rc = sqlite3_open_v2(path, &db->sql, flags, NULL);
    if (rc != SQLITE_OK) {
        err = db_say(db, rc, "opening");
        goto done;
    }
    (void)sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db->sql, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    (void)sqlite3_db_config(db->sql, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    (void)sqlite3_db_config(db->sql, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    err = configure(db, key);
    if (err != VAULT_OK)
        goto done;
    err = mode == DB_CREATE ? create_new(db) : open_existing(db);
    if (err != VAULT_OK)
        goto done;
    db->creating = false;
    *out = db;
    db = NULL;
done:
    db_close(db);
    return err;
}

void
db_close(struct db *db)
{
    if (db == NULL)
        return;
    db_rollback(db);
    for (size_t i = 0; i < DB_TABLES; i++) {
        sqlite3_finalize(db->put[i]);
        sqlite3_finalize(db->get[i]);
        sqlite3_finalize(db->del[i]);
    }
    for (size_t i = 0; i < DB_SCANS; i++)
        sqlite3_finalize(db->scan[i]);
    sqlite3_finalize(db->put_log);
    sqlite3_finalize(db->put_pair);
    sqlite3_finalize(db->set_tags);
    sqlite3_close(db->sql);
    free(db);
}

vault_err
db_begin(struct db *db)
{
    int rc;

    if (sqlite3_db_readonly(db->sql, "main") == 1)
        return db_say(db, SQLITE_READONLY, "writing");
    rc = exec(db, "BEGIN EXCLUSIVE");
    if (rc != SQLITE_OK)
        return db_say(db, rc, "writing");
    db->in_txn = true;
    return VAULT_OK;
}

vault_err
db_commit(struct db *db)
{
    int rc = exec(db, "COMMIT");
    vault_err err;

    if (rc == SQLITE_OK) {
        db->in_txn = false;
        return VAULT_OK;
    }
    err = db_say(db, rc, "writing");
    db_rollback(db);
    return err;
}

void
db_rollback(struct db *db)
{
    if (!db->in_txn)
        return;
    /* SQLite may have rolled back by itself after a full disk; then this fails, which is fine. */
    (void)sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
    db->in_txn = false;
}

void
db_release_memory(struct db *db)
{
    (void)sqlite3_db_release_memory(db->sql);
}

/* One problem, one line: SQLite puts several into one text. */
static void
tell_line(const char *t, void (*fn)(void *, const char *), void *ctx)
{
    char line[256];
    size_t n = strcspn(t, "\n");

    while (*t != '\0') {
        if (n != 0 && strncmp(t, "***", 3) != 0) {
            snprintf(line, sizeof line, "%.*s", (int)n, t);
            fn(ctx, line);
        }
        t += n + (t[n] != '\0');
        n = strcspn(t, "\n");
    }
}

static vault_err
tell_rows(struct db *db, const char *pragma, const char *fine, void (*fn)(void *, const char *),
    void *ctx)
{
    sqlite3_stmt *st = NULL;
    int rc = db_prepare(db, &st, pragma);
    bool starved = errno == ENOMEM;     /* SQLCipher looks at the pages while it prepares, and calls that a damaged one */
    vault_err err;

    while (!starved && (rc == SQLITE_OK || rc == SQLITE_ROW)) {
        rc = db_step(st);
        if (rc != SQLITE_ROW)
            break;
        const char *t = (const char *)sqlite3_column_text(st, 0);
        if (t != NULL && (fine == NULL || strcmp(t, fine) != 0))
            tell_line(t, fn, ctx);
    }
    sqlite3_finalize(st);
    if (starved)
        return err_nomem();
    if (rc == SQLITE_DONE)
        return VAULT_OK;
    /* A check that cannot finish has found something, if it was not for want of memory. */
    err = db_say(db, rc, "reading");
    if (err == VAULT_ERR_NO_SPACE)
        return err;
    fn(ctx, "the check of its pages could not be finished");
    return VAULT_OK;
}

vault_err
db_check(struct db *db, void (*fn)(void *ctx, const char *what), void *ctx)
{
    vault_err err;

    err = tell_rows(db, "PRAGMA cipher_integrity_check", NULL, fn, ctx);
    if (err != VAULT_OK)
        return err;
    return tell_rows(db, "PRAGMA integrity_check(20)", "ok", fn, ctx);
}

const char *
db_sqlite_version(void)
{
    return sqlite3_libversion();
}

const char *
db_cipher_version(void)
{
    static char version[64];
    sqlite3 *sql = NULL;
    sqlite3_stmt *st = NULL;

    if (version[0] == '\0' && sqlite3_open(":memory:", &sql) == SQLITE_OK &&
        sqlite3_prepare_v2(sql, "PRAGMA cipher_version", -1, &st, NULL) == SQLITE_OK &&
        sqlite3_step(st) == SQLITE_ROW) {
        const char *t = (const char *)sqlite3_column_text(st, 0);
        if (t != NULL) {
            strncpy(version, t, sizeof version - 1);
            version[strcspn(version, " ")] = '\0';
        }
    }
    sqlite3_finalize(st);
    sqlite3_close(sql);
    return version;
}
