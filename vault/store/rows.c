/* rows.c - rows of the tables; see db.h. Statements are prepared once for each connection. */
#include "vault/store/db_priv.h"

#include <errno.h>
#include <stdlib.h>

struct db_cursor {
    struct db *db;
    sqlite3_stmt *st;
    unsigned which;
};

static const char *const PUT[DB_TABLES] = {
    "INSERT OR REPLACE INTO open VALUES(?1,?2)",
    "INSERT OR REPLACE INTO withheld VALUES(?1,?2)",
    "INSERT OR REPLACE INTO wrap VALUES(?1,?2)",
    "INSERT OR REPLACE INTO intake VALUES(?1,?2)",
    "INSERT INTO open_chunk VALUES(?1,?2)",             /* numbers are drawn: none may meet another */
    "INSERT INTO withheld_chunk VALUES(?1,?2)",
};
static const char *const GET[DB_TABLES] = {
    "SELECT blob FROM open WHERE n=?1",
    "SELECT blob FROM withheld WHERE n=?1",
    "SELECT box FROM wrap WHERE n=?1",
    "SELECT enc FROM intake WHERE n=?1",
    "SELECT data FROM open_chunk WHERE n=?1",
    "SELECT data FROM withheld_chunk WHERE n=?1",
};
static const char *const DEL[DB_TABLES] = {
    "DELETE FROM open WHERE n=?1",
    "DELETE FROM withheld WHERE n=?1",
    "DELETE FROM wrap WHERE n=?1",
    "DELETE FROM intake WHERE n=?1",
    "DELETE FROM open_chunk WHERE n=?1",
    "DELETE FROM withheld_chunk WHERE n=?1",
};
#define SCAN_LOG DB_TABLES
#define SCAN_PAIR (DB_TABLES + 1)
#define SCAN_SIZES (DB_TABLES + 2)
static const char *const SCAN[DB_SCANS] = {
    "SELECT n, blob FROM open WHERE n>=?1 ORDER BY n",
    "SELECT n, blob FROM withheld WHERE n>=?1 ORDER BY n",
    "SELECT n, box FROM wrap WHERE n>=?1 ORDER BY n",
    "SELECT n, enc FROM intake WHERE n>=?1 ORDER BY n",
    "SELECT n, data FROM open_chunk WHERE n>=?1 ORDER BY n",
    "SELECT n, data FROM withheld_chunk WHERE n>=?1 ORDER BY n",
    "SELECT n, entry, sigs, detail FROM log WHERE n>=?1 ORDER BY n",
    "SELECT n, log, ids, tags FROM pair WHERE n>=?1 ORDER BY n",
    "SELECT n, length(data) FROM open_chunk WHERE n>=?1 ORDER BY n",
    "SELECT n, length(data) FROM withheld_chunk WHERE n>=?1 ORDER BY n",
};

static vault_err
prepare(struct db *db, sqlite3_stmt **st, const char *sql)
{
    int rc;

    if (*st != NULL)
        return VAULT_OK;
    errno = 0;
    rc = sqlite3_prepare_v3(db->sql, sql, -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
    return rc == SQLITE_OK ? VAULT_OK : db_say(db, rc, "reading");
}

static int
bind_part(sqlite3_stmt *st, int i, struct part p)
{
    return sqlite3_bind_blob64(st, i, p.n == 0 ? "" : p.p, p.n, SQLITE_STATIC);
}

static struct part
column_part(sqlite3_stmt *st, int i)
{
    const void *p = sqlite3_column_blob(st, i);

    return PART(p, (size_t)sqlite3_column_bytes(st, i));
}

/* Run a statement that returns no row, and make it ready for the next time. */
static vault_err
run(struct db *db, sqlite3_stmt *st, int bound)
{
    int rc = bound;

    if (rc == SQLITE_OK)
        rc = db_step(st);
    (void)sqlite3_reset(st);
    (void)sqlite3_clear_bindings(st);
    return rc == SQLITE_DONE ? VAULT_OK : db_say(db, rc, "writing");
}

vault_err
db_put(struct db *db, enum db_table t, int64_t n, struct part blob)
{
    vault_err err = prepare(db, &db->put[t], PUT[t]);
    int rc;

    if (err != VAULT_OK)
        return err;
    rc = sqlite3_bind_int64(db->put[t], 1, n);
    if (rc == SQLITE_OK)
        rc = bind_part(db->put[t], 2, blob);
    return run(db, db->put[t], rc);
}

vault_err
db_delete(struct db *db, enum db_table t, int64_t n)
{
    vault_err err = prepare(db, &db->del[t], DEL[t]);

    if (err != VAULT_OK)
        return err;
    return run(db, db->del[t], sqlite3_bind_int64(db->del[t], 1, n));
}

vault_err
db_get(struct db *db, enum db_table t, int64_t n, struct buf *out)
{
    vault_err err = prepare(db, &db->get[t], GET[t]);
    sqlite3_stmt *st = db->get[t];
    struct part p;
    int rc;

    if (err != VAULT_OK)
        return err;
    rc = sqlite3_bind_int64(st, 1, n);
    if (rc == SQLITE_OK)
        rc = db_step(st);
    if (rc == SQLITE_ROW) {
        p = column_part(st, 0);
        buf_reset(out);
        buf_put(out, p.p, p.n);
        err = buf_ok(out);
    } else {
        err = rc == SQLITE_DONE ? VAULT_ERR_NOT_FOUND : db_say(db, rc, "reading");
    }
    (void)sqlite3_reset(st);
    return err;
}

vault_err
db_put_log(struct db *db, const struct db_log_row *row)
{
    static const char SQL[] = "INSERT INTO log VALUES(?1,?2,?3,?4)";
    vault_err err = prepare(db, &db->put_log, SQL);
    int rc;

    if (err != VAULT_OK)
        return err;
    rc = sqlite3_bind_int64(db->put_log, 1, row->n);
    if (rc == SQLITE_OK)
        rc = bind_part(db->put_log, 2, row->entry);
    if (rc == SQLITE_OK)
        rc = bind_part(db->put_log, 3, row->sigs);
    if (rc == SQLITE_OK)
        rc = bind_part(db->put_log, 4, row->detail);
    return run(db, db->put_log, rc);
}

vault_err
db_put_pair(struct db *db, const struct db_pair_row *row)
{
    static const char SQL[] = "INSERT INTO pair VALUES(?1,?2,?3,?4)";
    vault_err err = prepare(db, &db->put_pair, SQL);
    int rc;

    if (err != VAULT_OK)
        return err;
    rc = sqlite3_bind_int64(db->put_pair, 1, row->n);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(db->put_pair, 2, row->log);
    if (rc == SQLITE_OK)
        rc = bind_part(db->put_pair, 3, row->ids);
    if (rc == SQLITE_OK)
        rc = bind_part(db->put_pair, 4, row->tags);
    return run(db, db->put_pair, rc);
}

vault_err
db_set_tags(struct db *db, int64_t n, struct part tags)
{
    vault_err err = prepare(db, &db->set_tags, "UPDATE pair SET tags=?2 WHERE n=?1");
    int rc;

    if (err != VAULT_OK)
        return err;
    rc = sqlite3_bind_int64(db->set_tags, 1, n);
    if (rc == SQLITE_OK)
        rc = bind_part(db->set_tags, 2, tags);
    return run(db, db->set_tags, rc);
}

static vault_err
scan_open(struct db *db, unsigned which, int64_t from, struct db_cursor **out)
{
    struct db_cursor *c;
    vault_err err;

    if (db->scanning[which])
        return err_say(VAULT_ERR_FAILED, NULL, "a table is read twice at once");
    err = prepare(db, &db->scan[which], SCAN[which]);
    if (err != VAULT_OK)
        return err;
    c = malloc(sizeof *c);
    if (c == NULL)
        return err_nomem();
    *c = (struct db_cursor){ .db = db, .st = db->scan[which], .which = which };
    (void)sqlite3_bind_int64(c->st, 1, from);
    db->scanning[which] = true;
    *out = c;
    return VAULT_OK;
}

vault_err
db_scan(struct db *db, enum db_table t, int64_t from, struct db_cursor **out)
{
    return scan_open(db, (unsigned)t, from, out);
}

vault_err
db_scan_sizes(struct db *db, enum db_table t, int64_t from, struct db_cursor **out)
{
    return scan_open(db, SCAN_SIZES + (t == DB_WITHHELD_CHUNK), from, out);
}

vault_err
db_scan_log(struct db *db, int64_t from, struct db_cursor **out)
{
    return scan_open(db, SCAN_LOG, from, out);
}

vault_err
db_scan_pair(struct db *db, int64_t from, struct db_cursor **out)
{
    return scan_open(db, SCAN_PAIR, from, out);
}

vault_err
db_seek(struct db_cursor *c, int64_t n)
{
    int rc;

    (void)sqlite3_reset(c->st);
    rc = sqlite3_bind_int64(c->st, 1, n);
    return rc == SQLITE_OK ? VAULT_OK : db_say(c->db, rc, "reading");
}

static vault_err
step(struct db_cursor *c, bool *got)
{
    int rc = db_step(c->st);

    *got = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? VAULT_OK : db_say(c->db, rc, "reading");
}

vault_err
db_next(struct db_cursor *c, int64_t *n, struct part *blob, bool *got)
{
    vault_err err = step(c, got);

    if (err == VAULT_OK && *got) {
        *n = sqlite3_column_int64(c->st, 0);
        *blob = column_part(c->st, 1);
    }
    return err;
}

vault_err
db_next_size(struct db_cursor *c, int64_t *n, uint64_t *size, bool *got)
{
    vault_err err = step(c, got);

    if (err == VAULT_OK && *got) {
        *n = sqlite3_column_int64(c->st, 0);
        *size = (uint64_t)sqlite3_column_int64(c->st, 1);
    }
    return err;
}

vault_err
db_next_log(struct db_cursor *c, struct db_log_row *row, bool *got)
{
    vault_err err = step(c, got);

    if (err == VAULT_OK && *got) {
        row->n = sqlite3_column_int64(c->st, 0);
        row->entry = column_part(c->st, 1);
        row->sigs = column_part(c->st, 2);
        row->detail = column_part(c->st, 3);
    }
    return err;
}

vault_err
db_next_pair(struct db_cursor *c, struct db_pair_row *row, bool *got)
{
    vault_err err = step(c, got);

    if (err == VAULT_OK && *got) {
        row->n = sqlite3_column_int64(c->st, 0);
        row->log = sqlite3_column_int64(c->st, 1);
        row->ids = column_part(c->st, 2);
        row->tags = column_part(c->st, 3);
    }
    return err;
}

void
db_scan_end(struct db_cursor *c)
{
    if (c == NULL)
        return;
    (void)sqlite3_reset(c->st);
    (void)sqlite3_clear_bindings(c->st);
    c->db->scanning[c->which] = false;
    free(c);
}
