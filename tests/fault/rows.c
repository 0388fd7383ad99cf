/* rows.c - rows and tables changed by somebody who has the key of the database; see tamper.c. */
#include "tests/fault/fault.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/fault/sql.h"
#include "vault/base/text.h"
#include "vault/session.h"
#include "vault/store/db_priv.h"

/* ---- sql.h ---- */

static char *
text_of(const char *fmt, va_list ap)
{
    char *sql = sqlite3_vmprintf(fmt, ap);

    if (sql == NULL)
        abort();
    return sql;
}

void
sql_run(vault *v, const char *fmt, ...)
{
    char *sql, *why = NULL;
    va_list ap;

    va_start(ap, fmt);
    sql = text_of(fmt, ap);
    va_end(ap);
    if (sqlite3_exec(v->db->sql, sql, NULL, NULL, &why) != SQLITE_OK)
        die("%s: %s", sql, why);
    sqlite3_free(sql);
}

int64_t
sql_int(vault *v, int64_t none, const char *fmt, ...)
{
    sqlite3_stmt *st = NULL;
    va_list ap;
    char *sql;

    va_start(ap, fmt);
    sql = text_of(fmt, ap);
    va_end(ap);
    if (sqlite3_prepare_v2(v->db->sql, sql, -1, &st, NULL) != SQLITE_OK)
        die("%s: %s", sql, sqlite3_errmsg(v->db->sql));
    if (sqlite3_step(st) == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL)
        none = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_free(sql);
    return none;
}

/* A page is a table's if that table cannot be read to its end without it. */
static void
who_misses(struct db *db, char out[static 64])
{
    static const char *const TABLE[] = { "log", "pair", "open", "withheld", "wrap", "intake" };
    static const char *const ALL[] = { "entry || sigs || detail", "log || ids || tags", "blob",
        "blob", "box", "enc" };

    for (unsigned i = 0; i < 6; i++) {
        char *sql = sqlite3_mprintf("SELECT sum(instr(%s, x'00112233445566778899')) FROM \"%s\"",
            ALL[i], TABLE[i]);
        if (sqlite3_exec(db->sql, sql, NULL, NULL, NULL) != SQLITE_OK)
            snprintf(out + strlen(out), 64 - strlen(out), "%s%s", out[0] == '\0' ? "" : "+",
                TABLE[i]);
        sqlite3_free(sql);
    }
}

void
sql_tables(const struct world *w, const char *path, bool new_pass, char table[][64], size_t n)
{
    vault *v = world_open(w, path, new_pass);
    struct secret *key = NULL;
    char copy[300], db_path[320];
    uint8_t *bytes;
    size_t size;

    if (tree_db_key(&key, &v->tree, v->kf.db_salt) != VAULT_OK)
        die("no key");
    vault_close(v);
    snprintf(copy, sizeof copy, "%s/tables.vault", w->root);
    snprintf(db_path, sizeof db_path, "%s/records.db", copy);
    folder_copy(path, copy);
    bytes = file_get(copy, "records.db", &size);
    for (size_t page = 0; page < n && page * 16384 < size; page++) {
        struct db *db = NULL;
        bytes[page * 16384 + 5000] ^= 1;
        file_put(copy, "records.db", bytes, size);
        bytes[page * 16384 + 5000] ^= 1;
        table[page][0] = '\0';
        if (db_open(&db, db_path, key, DB_OPEN) == VAULT_OK)
            who_misses(db, table[page]);
        else
            snprintf(table[page], 64, "schema");
        db_close(db);
    }
    vault_clear_error();
    secret_free(key);
    free(bytes);
}

void
sql_record(vault *v, int64_t n, char out[static 128])
{
    char code[CODE_LEN + 1];
    const struct pair *p = &v->recs.index.pair[n];

    if (p->record[0] == 0) {
        snprintf(out, 128, "system record");
        return;
    }
    code_of(code, p->record);
    snprintf(out, 128, "record %s", code);
}

/* ---- one change of a row ---- */

struct rows {
    struct world *w;
    struct state good;
    unsigned times, missed;
    bool loud;
};

/* Where check must see it: the record for its blobs and keys (a pack of keys is named by its first),
 * else the log, the list, or, for tags, some record of the pack. */
static void
expected_place(vault *v, const char *table, int64_t n, char out[static 128])
{
    if (strcmp(table, "wrap") == 0 && n == 0)
        snprintf(out, 128, "wrapped keys");
    else if (strcmp(table, "log") == 0)
        snprintf(out, 128, "log entry|the log|the list of revisions: a revision belongs to no entry");
    else if (strcmp(table, "pair") == 0)
        snprintf(out, 128, "log entry|the log|the list of revisions|record ");
    else
        sql_record(v, n, out);
}

static bool
says_one_of(const char *text, const char *places)
{
    char one[64];

    for (const char *p = places; *p != '\0'; p += strcspn(p, "|") + (p[strcspn(p, "|")] == '|')) {
        snprintf(one, sizeof one, "%.*s", (int)strcspn(p, "|"), p);
        if (strstr(text, one) != NULL)
            return true;
    }
    return false;
}

static void
must_see(struct rows *r, const char *table, int64_t n, const char *sql)
{
    static struct problems p;
    struct world *w = r->w;
    char place[128] = "";
    vault *v;

    folder_copy(w->base, w->work);
    v = world_open(w, w->work, false);
    if (table != NULL)
        expected_place(v, table, n, place);
    sql_run(v, "%s", sql);
    vault_close(v);
    if (!tamper_found(w, false, &r->good, sql, &p))
        die("%s: check finds nothing", sql);
    if (table != NULL && !says_one_of(p.text, place))
        die("%s: check does not say \"%s\" but:\n%s", sql, place, p.text);
    if (r->loud)
        printf("%s\n    %s", sql, p.text);
}

/*
 * A copy of base, `sql` done to it, and the promises; with a table, check must name the place. In a
 * child, so that one run shows everything that goes unnoticed.
 */
static void
try_sql(struct rows *r, const char *table, int64_t n, const char *sql)
{
    int status = -1;
    pid_t pid;

    (void)fflush(stdout);
    pid = fork();
    if (pid == 0) {
        must_see(r, table, n, sql);
        (void)fflush(stdout);
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        die("fork");
    r->times++;
    r->missed += status != 0;
}

static const struct column {
    const char *table, *name;
} COLUMNS[] = {
    { "log", "entry" }, { "log", "sigs" }, { "log", "detail" }, { "pair", "log" }, { "pair", "ids" },
    { "pair", "tags" }, { "open", "blob" }, { "withheld", "blob" }, { "wrap", "box" }, { NULL, NULL },
};
static const char *const TABLES[] = { "log", "pair", "open", "withheld", "wrap", NULL };

/* Numbers of the rows of a table; the caller frees. */
static int64_t *
row_numbers(struct rows *r, const char *table, size_t *count)
{
    vault *v = world_open(r->w, r->w->base, false);
    int64_t *n;

    *count = (size_t)sql_int(v, 0, "SELECT count(*) FROM \"%s\"", table);
    n = calloc(*count + 1, sizeof *n);
    if (n == NULL)
        abort();
    for (size_t i = 0; i < *count; i++)
        n[i] = sql_int(v, 0, "SELECT n FROM \"%s\" ORDER BY n LIMIT 1 OFFSET %d", table, (int)i);
    vault_close(v);
    return n;
}

static void
each_row(struct rows *r, const char *table, const char *fmt)
{
    size_t count;
    int64_t *n = row_numbers(r, table, &count);

    if (count < 7)
        die("table %s has %zu rows only", table, count);
    for (size_t i = 0; i < count; i++) {
        char *sql = sqlite3_mprintf(fmt, table, (long long)n[i]);
        try_sql(r, table, n[i], sql);
        sqlite3_free(sql);
    }
    free(n);
}

static bool
equal_cells(struct rows *r, const struct column *c, int64_t a, int64_t b)
{
    vault *v = world_open(r->w, r->w->base, false);
    bool same = sql_int(v, 0, "SELECT a.%s = b.%s FROM \"%s\" a, \"%s\" b WHERE a.n=%lld AND b.n=%lld",
        c->name, c->name, c->table, c->table, (long long)a, (long long)b) == 1;

    vault_close(v);
    return same;
}

/* Exchange a cell with that of the next row and, in another copy, write it over the next one. */
static void
swaps(struct rows *r, const struct column *c)
{
    size_t count;
    int64_t *n = row_numbers(r, c->table, &count);

    for (size_t i = 0; i + 1 < count; i++) {
        long long a = n[i], b = n[i + 1];
        char *sql;
        if (equal_cells(r, c, a, b))
            continue;
        sql = sqlite3_mprintf("CREATE TEMP TABLE t AS SELECT n, %s AS x FROM \"%s\" "
            "WHERE n IN (%lld,%lld); UPDATE \"%s\" SET %s=(SELECT x FROM t WHERE t.n<>\"%s\".n) "
            "WHERE n IN (%lld,%lld)", c->name, c->table, a, b, c->table, c->name, c->table, a, b);
        try_sql(r, c->table, a, sql);
        sqlite3_free(sql);
        sql = sqlite3_mprintf("UPDATE \"%s\" SET %s=(SELECT %s FROM \"%s\" WHERE n=%lld) WHERE n=%lld",
            c->table, c->name, c->name, c->table, a, b);
        try_sql(r, c->table, b, sql);
        sqlite3_free(sql);
    }
    free(n);
}

/* A cell cut by a byte, longer by a byte, emptied, of another kind, or with a changed byte in it. */
static void
cells(struct rows *r, const struct column *c)
{
    static const char *const CHANGE[] = {
        "substr(%s, 1, length(%s) - 1)", "CAST(%s || x'00' AS BLOB)", "x''", "hex(%s)",
        "CAST(substr(%s, 1, 29) || iif(substr(%s, 30, 1) = x'5a', x'a5', x'5a') || substr(%s, 31) AS BLOB)",
    };
    bool is_number = strcmp(c->name, "log") == 0;

    for (size_t i = 0; i < sizeof CHANGE / sizeof CHANGE[0] && !is_number; i++) {
        char *set = sqlite3_mprintf(CHANGE[i], c->name, c->name, c->name, c->name);
        char *fmt = sqlite3_mprintf("UPDATE \"%%s\" SET %s=%s WHERE n=%%lld", c->name, set);
        if (strcmp(c->name, "tags") != 0)
            each_row(r, c->table, fmt);
        sqlite3_free(set);
        sqlite3_free(fmt);
    }
    if (is_number) {
        each_row(r, c->table, "UPDATE \"%s\" SET log=log+1 WHERE n=%lld");
        each_row(r, c->table, "UPDATE \"%s\" SET log=log-1 WHERE n=%lld");
        each_row(r, c->table, "UPDATE \"%s\" SET log=log+4294967296 WHERE n=%lld");
        each_row(r, c->table, "UPDATE \"%s\" SET log='x' WHERE n=%lld");
    }
    if (strcmp(c->name, "tags") == 0) {
        each_row(r, c->table,
            "UPDATE \"%s\" SET tags=CAST(tags || x'0011223344556677' AS BLOB) WHERE n=%lld");
        each_row(r, c->table,
            "UPDATE \"%s\" SET tags=CAST(substr(tags, 1, length(tags) - 1) AS BLOB) WHERE n=%lld");
        each_row(r, c->table, "UPDATE \"%s\" SET tags="
            "CAST(iif(substr(tags, 1, 1) = x'01', x'02', x'01') || substr(tags, 2) AS BLOB) WHERE n=%lld");
        each_row(r, c->table, "UPDATE \"%s\" SET tags=CAST(substr(tags, 1, length(tags) - 1) || "
            "iif(substr(tags, -1) = x'01', x'02', x'01') AS BLOB) WHERE n=%lld");
        each_row(r, c->table, "UPDATE \"%s\" SET tags=x'' WHERE n=%lld");
    }
    if (strcmp(c->name, "ids") == 0)
        each_row(r, c->table, "UPDATE \"%s\" SET ids=CAST(substr(ids, 49) AS BLOB) WHERE n=%lld");
}

/* Two revisions of one pack exchanged: ids, and tags (both of the same length). */
static void
within_packs(struct rows *r)
{
    try_sql(r, "pair", 10, "UPDATE pair SET ids="
        "CAST(substr(ids, 49, 48) || substr(ids, 1, 48) || substr(ids, 97) AS BLOB) WHERE n=10");
    try_sql(r, "pair", 10, "UPDATE pair SET tags="
        "CAST(substr(tags, 19, 18) || substr(tags, 1, 18) || substr(tags, 37) AS BLOB) WHERE n=10");
    /* A pack cut into two, and two into one, with everything else as it was. */
    try_sql(r, "pair", 10, "INSERT INTO pair SELECT 12, log, CAST(substr(ids, 97) AS BLOB), "
        "CAST(substr(tags, 37) AS BLOB) FROM pair WHERE n=10; UPDATE pair SET "
        "ids=CAST(substr(ids, 1, 96) AS BLOB), tags=CAST(substr(tags, 1, 36) AS BLOB) WHERE n=10");
    try_sql(r, "pair", 10, "UPDATE pair SET "
        "ids=CAST(ids || (SELECT ids FROM pair WHERE n=22) AS BLOB), "
        "tags=CAST(tags || (SELECT tags FROM pair WHERE n=22) AS BLOB) WHERE n=10; "
        "DELETE FROM pair WHERE n=22");
}

/* Rows that belong to nothing. */
static void
strays(struct rows *r)
{
    static const char *const COLUMNS_OF[] = { "entry, sigs, detail", "log, ids, tags", "blob",
        "blob", "box" };
    static const char *const AT[] = { "(SELECT max(n)+1 FROM \"%s\")",
        "(SELECT max(n)+1000 FROM \"%s\")", "-1", "-4294967295", "4294967297", "9223372036854775807" };

    for (unsigned t = 0; t < 5; t++)
        for (size_t i = 0; i < sizeof AT / sizeof AT[0]; i++) {
            char *at = sqlite3_mprintf(AT[i], TABLES[t]);
            char *sql = sqlite3_mprintf("INSERT INTO \"%s\" SELECT %s, %s FROM \"%s\" "
                "ORDER BY n DESC LIMIT 1", TABLES[t], at, COLUMNS_OF[t], TABLES[t]);
            try_sql(r, NULL, 0, sql);
            sqlite3_free(sql);
            sqlite3_free(at);
        }
    /* Of revisions that have no withheld values, and of packs that begin elsewhere. */
    try_sql(r, NULL, 0, "INSERT INTO withheld SELECT o.n, w.blob FROM open o, withheld w WHERE o.n NOT IN "
        "(SELECT n FROM withheld) LIMIT 1");
    try_sql(r, NULL, 0, "INSERT INTO wrap SELECT o.n, w.box FROM open o, wrap w WHERE w.n = 1 AND o.n NOT IN "
        "(SELECT n FROM wrap) LIMIT 1");
    try_sql(r, NULL, 0, "INSERT INTO open SELECT 0, blob FROM open WHERE n=1");
    try_sql(r, NULL, 0, "INSERT INTO withheld SELECT 0, blob FROM withheld LIMIT 1");
    /* A keeper wrote all of it, so no intake is waiting. */
    try_sql(r, NULL, 0, "INSERT INTO intake VALUES(1, zeroblob(1120))");
    try_sql(r, NULL, 0, "INSERT INTO intake VALUES(0, zeroblob(1120))");
    try_sql(r, NULL, 0, "INSERT INTO intake VALUES(-1, x'00')");
}

/* Tables that are not those of the format. */
static void
schemas(struct rows *r)
{
    static const char *const SQL[] = {
        "DROP TABLE log", "DROP TABLE pair", "DROP TABLE open", "DROP TABLE withheld", "DROP TABLE wrap",
        "DROP TABLE intake", "DROP TABLE open_chunk", "DROP TABLE withheld_chunk", "DELETE FROM log", "DELETE FROM pair", "DELETE FROM open", "DELETE FROM withheld",
        "DELETE FROM wrap", "ALTER TABLE open RENAME TO opened", "ALTER TABLE open RENAME COLUMN blob TO glob",
        "ALTER TABLE log ADD COLUMN more", "CREATE TABLE more(x)", "CREATE VIEW more AS SELECT * FROM open",
        "CREATE INDEX more ON open(blob)",
        "CREATE TRIGGER more AFTER INSERT ON log BEGIN DELETE FROM open WHERE n=12; END",
        "DROP TABLE intake; CREATE VIEW intake AS SELECT n, blob AS enc FROM open",
        "PRAGMA user_version=0", "PRAGMA user_version=-1", "PRAGMA application_id=0",
    };

    for (size_t i = 0; i < sizeof SQL / sizeof SQL[0]; i++)
        try_sql(r, NULL, 0, SQL[i]);
}

void
test_rows(struct world *w, const struct options *o)
{
    struct rows r = { .w = w, .loud = o->loud };

    if (state_of(w, w->base, false, true, &r.good) != VAULT_OK)
        die("base cannot be read");
    if (strcmp(o->deed, "removed") == 0)
        for (const char *const *t = TABLES; *t != NULL; t++)
            each_row(&r, *t, "DELETE FROM \"%s\" WHERE n=%lld");
    else if (strcmp(o->deed, "swapped") == 0)
        for (const struct column *c = COLUMNS; c->table != NULL; c++)
            swaps(&r, c);
    else if (strcmp(o->deed, "packs") == 0)
        within_packs(&r);
    else if (strcmp(o->deed, "changed") == 0)
        for (const struct column *c = COLUMNS; c->table != NULL; c++)
            cells(&r, c);
    else if (strcmp(o->deed, "stray") == 0)
        strays(&r);
    else if (strcmp(o->deed, "schema") == 0)
        schemas(&r);
    else
        die("rows removed|swapped|packs|changed|stray|schema");
    printf("rows %s: %u ways, %u not found or not where they are\n", o->deed, r.times, r.missed);
    free(r.good.text);
    if (r.missed != 0)
        die("see above");
}
