/*
 * bench_pages.c - what page size, page MAC and piece size cost: blobs written and read through SQLCipher as vault/store/db.c
 * sets it, but for these three. The table of docs/architecture.md comes from here.
 *
 * Sizes in MB of PAGES_MB (256); best of three, one configuration after the other, so that what else the machine does hits all.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sodium.h>
#include <sqlite3.h>

#define ROUNDS 3

/* sqlcipher's sqlite3.h declares it only under SQLITE_HAS_CODEC. */
int sqlite3_key(sqlite3 *db, const void *key, int n);

static char dir[] = "/var/tmp/withheld-pages-XXXXXX";
static char path[100];
static size_t megabytes = 256;
static uint8_t *content;            /* of one piece, the largest */

static const struct config {
    unsigned page;
    const char *mac;
    size_t kib;                     /* of a piece */
} CONFIG[] = {
    { 4096, "HMAC_SHA512", 256 },   /* SQLCipher's default */
    { 4096, "HMAC_SHA256", 256 },
    { 8192, "HMAC_SHA256", 256 },
    { 16384, "HMAC_SHA512", 256 },
    { 16384, "HMAC_SHA256", 256 },  /* ours */
    { 32768, "HMAC_SHA256", 256 },
    { 65536, "HMAC_SHA256", 256 },
    { 16384, "HMAC_SHA256", 32 },
    { 16384, "HMAC_SHA256", 64 },
    { 16384, "HMAC_SHA256", 128 },
    { 16384, "HMAC_SHA256", 512 },
    { 16384, "HMAC_SHA256", 1024 },
};
#define N_CONFIG (sizeof CONFIG / sizeof CONFIG[0])

/* Wall and processor time. The latter leaves the disk out, and whatever else the machine does. */
struct times {
    double wall, cpu;
};

static double
clock_now(clockid_t which)
{
    struct timespec t;

    (void)clock_gettime(which, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static struct times
now(void)
{
    return (struct times){ clock_now(CLOCK_MONOTONIC), clock_now(CLOCK_PROCESS_CPUTIME_ID) };
}

static struct times
since(struct times start)
{
    struct times t = now();

    return (struct times){ t.wall - start.wall, t.cpu - start.cpu };
}

static void
least(struct times *best, struct times t)
{
    best->wall = t.wall < best->wall ? t.wall : best->wall;
    best->cpu = t.cpu < best->cpu ? t.cpu : best->cpu;
}

static void
must(int good, sqlite3 *db, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_pages: %s: %s\n", what, db == NULL ? "" : sqlite3_errmsg(db));
    exit(1);
}

static void
run(sqlite3 *db, const char *sql)
{
    must(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, db, sql);
}

static sqlite3 *
opened(const struct config *c)
{
    char key[100], sql[600];
    sqlite3 *db = NULL;

    memset(key, 'a', sizeof key);
    memcpy(key, "x'", 2);
    key[98] = '\'';
    must(sqlite3_open(path, &db) == SQLITE_OK, db, "open");
    must(sqlite3_key(db, key, 99) == SQLITE_OK, db, "key");
    snprintf(sql, sizeof sql, "PRAGMA cipher_page_size=%u; PRAGMA cipher_hmac_algorithm=%s; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0;"
        "PRAGMA secure_delete=ON; PRAGMA cache_size=-24576; PRAGMA synchronous=EXTRA; PRAGMA locking_mode=EXCLUSIVE;", c->page, c->mac);
    run(db, sql);
    return db;
}

static struct times
written(const struct config *c)
{
    sqlite3_stmt *put = NULL;
    sqlite3 *db;
    size_t pieces = megabytes * 1024 / c->kib;
    struct times start;

    (void)unlink(path);
    db = opened(c);
    run(db, "CREATE TABLE t(n INTEGER PRIMARY KEY, data BLOB NOT NULL)");
    start = now();
    run(db, "BEGIN");
    must(sqlite3_prepare_v2(db, "INSERT INTO t VALUES(?,?)", -1, &put, NULL) == SQLITE_OK, db, "prepare");
    for (size_t i = 1; i <= pieces; i++) {
        (void)sqlite3_bind_int64(put, 1, (sqlite3_int64)i);
        (void)sqlite3_bind_blob(put, 2, content, (int)(c->kib * 1024), SQLITE_STATIC);
        must(sqlite3_step(put) == SQLITE_DONE && sqlite3_reset(put) == SQLITE_OK, db, "insert");
    }
    (void)sqlite3_finalize(put);
    run(db, "COMMIT");
    start = since(start);
    (void)sqlite3_close(db);
    return start;
}

static struct times
read_back(const struct config *c)
{
    sqlite3 *db = opened(c);
    sqlite3_stmt *get = NULL;
    size_t bytes = 0;
    struct times start = now();
    volatile uint8_t last = 0;

    must(sqlite3_prepare_v2(db, "SELECT data FROM t ORDER BY n", -1, &get, NULL) == SQLITE_OK, db, "prepare");
    while (sqlite3_step(get) == SQLITE_ROW) {
        const uint8_t *p = sqlite3_column_blob(get, 0);
        int n = sqlite3_column_bytes(get, 0);
        must(p != NULL && n > 0, db, "blob");
        last = p[n - 1];
        bytes += (size_t)n;
    }
    (void)last;
    start = since(start);
    must(bytes == megabytes << 20, NULL, "bytes are missing");
    (void)sqlite3_finalize(get);
    (void)sqlite3_close(db);
    return start;
}

int
main(void)
{
    struct times in[N_CONFIG], out[N_CONFIG];
    double mb;
    char cmd[200];

    if (getenv("PAGES_MB") != NULL)
        megabytes = (size_t)strtoul(getenv("PAGES_MB"), NULL, 10);
    must(sodium_init() >= 0 && megabytes > 0 && mkdtemp(dir) != NULL, NULL, dir);
    snprintf(path, sizeof path, "%s/plain.db", dir);
    content = malloc((size_t)1 << 20);
    must(content != NULL, NULL, "memory");
    randombytes_buf(content, (size_t)1 << 20);
    for (size_t i = 0; i < N_CONFIG; i++)
        in[i] = out[i] = (struct times){ 1e9, 1e9 };
    for (int r = 0; r < ROUNDS; r++)
        for (size_t i = 0; i < N_CONFIG; i++) {
            least(&in[i], written(&CONFIG[i]));
            least(&out[i], read_back(&CONFIG[i]));
        }
    mb = (double)megabytes;
    printf("%zu MB of blobs, best of %d; in brackets by processor time\n", megabytes, ROUNDS);
    for (size_t i = 0; i < N_CONFIG; i++)
        printf("page %5u  %s  pieces of %4zu KiB  written at %4.0f MB/s (%4.0f), read at %4.0f (%4.0f)\n", CONFIG[i].page,
            CONFIG[i].mac, CONFIG[i].kib, mb / in[i].wall, mb / in[i].cpu, mb / out[i].wall, mb / out[i].cpu);
    free(content);
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd) == 0 ? 0 : 1;
}
