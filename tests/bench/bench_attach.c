/*
 * bench_attach.c - a large file attached and extracted, against the same bytes written and read as blobs of the
 * same size through the same SQLCipher configuration; memory; stock age beside it.
 *
 * Ratios come from one run, the best of ROUNDS each. The two change places from round to round, each begins when the disk
 * has nothing left to write, and each removes what it wrote: whoever comes second into memory that a virtual machine's
 * host took back pays for getting it, up to a third of the time. ATTACH_MB=2048 changes the size.
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "tests/unit/phrases.h"
#include "vault/base/secret.h"
#include "vault/record/file.h"
#include "vault/store/db.h"
#include "vault/vault.h"

#define ROUNDS 4

static char dir[] = "/var/tmp/withheld-bench-XXXXXX";
static char source[128], target[128], plain_db[128], vault_path[128];
static size_t megabytes = 2048;
static vault *v;
static char id[VAULT_CODE_LEN + 1];

static double
now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double
begin(void)
{
    sync();
    return now();
}

static void
least(double *best, double t)
{
    if (t < *best)
        *best = t;
}

static void
need(vault_err err, const char *what)
{
    if (err == VAULT_OK)
        return;
    fprintf(stderr, "bench_attach: %s: %s\n", what, vault_last_error()->text);
    exit(1);
}

static void
must(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    exit(1);
}

/* ---- input ---- */

static void
write_source(void)
{
    static uint8_t block[1 << 20];
    uint8_t key[randombytes_SEEDBYTES] = {0};
    int fd = open(source, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    must(fd >= 0, source);
    for (size_t i = 0; i < megabytes; i++) {
        memcpy(key, &i, sizeof i);
        randombytes_buf_deterministic(block, sizeof block, key);
        must(write(fd, block, sizeof block) == sizeof block, source);
    }
    must(fsync(fd) == 0 && close(fd) == 0, source);
}

static void
assert_same(void)
{
    char cmd[400];

    snprintf(cmd, sizeof cmd, "cmp %s %s", source, target);
    must(system(cmd) == 0, "what came out differs");
    must(unlink(target) == 0, target);
}

/* ---- plain blobs ---- */

static struct secret *
plain_key(void)
{
    struct secret *key = NULL;

    need(secret_new(&key, 99), "key");
    memset(secret_edit(key), 'a', 99);
    memcpy(secret_edit(key), "x'", 2);
    secret_edit(key)[98] = '\'';
    return key;
}

static double
plain_write(size_t piece)
{
    struct secret *key = plain_key();
    uint8_t *p = malloc(piece);
    struct db *db = NULL;
    int fd = open(source, O_RDONLY);
    int64_t n = 0;
    double start;
    ssize_t got;

    need(db_open(&db, plain_db, key, DB_CREATE), "plain database");
    start = begin();
    need(db_begin(db), "begin");
    while ((got = read(fd, p, piece)) > 0)
        need(db_put(db, DB_WITHHELD_CHUNK, ++n, PART(p, (size_t)got)), "blob");
    need(db_commit(db), "commit");
    start = now() - start;
    db_close(db);
    secret_free(key);
    (void)close(fd);
    free(p);
    return start;
}

static double
plain_read(void)
{
    struct secret *key = plain_key();
    struct db *db = NULL;
    struct db_cursor *c = NULL;
    struct part data;
    bool got = true;
    int fd = open(target, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int64_t n;
    double start;

    need(db_open(&db, plain_db, key, DB_OPEN), "plain database");
    start = begin();
    need(db_scan(db, DB_WITHHELD_CHUNK, 0, &c), "scan");
    for (;;) {
        need(db_next(c, &n, &data, &got), "next");
        if (!got)
            break;
        must(write(fd, data.p, data.n) == (ssize_t)data.n, target);
    }
    must(fsync(fd) == 0, target);
    start = now() - start;
    db_scan_end(c);
    db_close(db);
    secret_free(key);
    (void)close(fd);
    assert_same();
    return start;
}

/* ---- ours ---- */

static struct secret *
passphrase(void)
{
    struct secret *s = NULL;

    need(secret_copy(&s, PHRASE, strlen(PHRASE)), "passphrase");
    return s;
}

static void
new_vault(void)
{
    const struct vault_create_options opt = { .kdf_mem_mib = 64, .kdf_passes = 3 };
    struct secret *pass = passphrase();
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    vault_fields *f = NULL;
    struct vault_added added;

    need(vault_create(vault_path, pass, &opt), "create");
    need(vault_open(&v, vault_path, &cred), "open");
    need(vault_fields_new(&f), "fields");
    need(vault_fields_add(f, "citizenship", "XX", 2), "field");
    need(vault_add(v, "person", f, &added), "add");
    memcpy(id, added.id, sizeof id);
    vault_fields_free(f);
    secret_free(pass);
}

/* In KiB. The key derivation is over: from here on the peak is ours. */
static void
begin_peak(void)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY);

    if (fd >= 0 && write(fd, "5", 1) < 0)
        perror("clear_refs");
    if (fd >= 0)
        (void)close(fd);
}

static long
peak(void)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[200];
    long kib = -1;

    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        (void)sscanf(line, "VmHWM: %ld", &kib);
    if (f != NULL)
        (void)fclose(f);
    return kib;
}

static double
attach(void)
{
    const struct vault_attach_file file = { .path = source, .name = "big.bin" };
    const struct vault_attach_options opt = {0};
    struct vault_added added;
    double start = begin();

    need(vault_attach(v, id, &file, 1, &opt, &added), "attach");
    return now() - start;
}

static double
extract(void)
{
    const struct vault_extract_options opt = { .path = target, .fd = -1 };
    struct vault_extracted x;
    double start = begin();

    need(vault_extract(v, id, "big.bin", &opt, &x), "extract");
    return now() - start;
}

/* ---- a round of each ---- */

struct best {
    double in, out;         /* seconds */
    long base, in_peak, out_peak;
};

static void
round_plain(struct best *b)
{
    least(&b->in, plain_write(FILE_CHUNK + FILE_TAG));
    least(&b->out, plain_read());
    must(unlink(plain_db) == 0, plain_db);
}

static void
round_ours(struct best *b)
{
    char cmd[300];

    new_vault();
    begin_peak();
    b->base = b->base == 0 ? peak() : b->base;
    least(&b->in, attach());
    b->in_peak = peak();
    begin_peak();
    least(&b->out, extract());
    b->out_peak = peak();
    vault_close(v);
    assert_same();
    snprintf(cmd, sizeof cmd, "rm -rf %s", vault_path);
    must(system(cmd) == 0, cmd);
}

/* ---- stock age ---- */

static double
age(const char *how)
{
    char cmd[600];
    double start;

    snprintf(cmd, sizeof cmd, "cd %s && %s", dir, how);
    start = now();
    must(system(cmd) == 0, cmd);
    return now() - start;
}

static void
bench_age(double in, double out)
{
    double enc = 1e9, dec = 1e9, t;

    if (system("command -v age age-keygen > /dev/null 2>&1") != 0) {
        printf("age                     is not installed\n");
        return;
    }
    (void)age("age-keygen -o key 2> /dev/null && age-keygen -y key > pub");
    for (int i = 0; i < ROUNDS; i++) {
        t = age("rm -f big.age && age -R pub -o big.age source && sync big.age");
        enc = t < enc ? t : enc;
        t = age("rm -f big.out && age -d -i key -o big.out big.age && sync big.out");
        dec = t < dec ? t : dec;
    }
    printf("age                     encrypts at %4.0f MB/s: attach has %.2f of that; decrypts at %4.0f: extract %.2f\n",
        (double)megabytes / enc, enc / in, (double)megabytes / dec, dec / out);
}

int
main(void)
{
    struct best ours = { .in = 1e9, .out = 1e9 }, plain = ours;
    char cmd[300];

    if (getenv("ATTACH_MB") != NULL)
        megabytes = (size_t)strtoul(getenv("ATTACH_MB"), NULL, 10);
    need(vault_process_init(), "start");
    must(megabytes > 0 && mkdtemp(dir) != NULL, dir);
    snprintf(source, sizeof source, "%s/source", dir);
    snprintf(target, sizeof target, "%s/target", dir);
    snprintf(plain_db, sizeof plain_db, "%s/plain.db", dir);
    snprintf(vault_path, sizeof vault_path, "%s/b.vault", dir);
    write_source();
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 2 == 0)
            round_plain(&plain);
        round_ours(&ours);
        if (i % 2 == 1)
            round_plain(&plain);
    }
    printf("%zu MB in pieces of %zu KiB\n", megabytes, FILE_CHUNK / 1024);
    printf("attach                  %4.0f MB/s, plain blobs %4.0f: ratio %.2f   promised: 0.9\n",
        (double)megabytes / ours.in, (double)megabytes / plain.in, plain.in / ours.in);
    printf("extract                 %4.0f MB/s, plain blobs %4.0f: ratio %.2f   promised: 0.9\n",
        (double)megabytes / ours.out, (double)megabytes / plain.out, plain.out / ours.out);
    printf("resident memory         %ld MiB when open; at most %ld while attaching, %ld while extracting"
        "   promised: under 64\n", ours.base / 1024, ours.in_peak / 1024, ours.out_peak / 1024);
    bench_age(ours.in, ours.out);
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd) == 0 ? 0 : 1;
}
