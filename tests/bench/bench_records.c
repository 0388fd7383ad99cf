/*
 * bench_records.c - 100,000 records of about 1 KB: import against plain rows in the same
 * SQLCipher configuration, then unlocking, listing, searching, showing and adding.
 *
 * Ratios come from one run, the best of ROUNDS each, plain and ours in turn. ROWS=N changes the number.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "tests/unit/phrases.h"
#include "vault/base/secret.h"
#include "vault/base/text.h"
#include "vault/keys/kdf.h"
#include "vault/store/db.h"
#include "vault/vault.h"

#define ROUNDS 3
#define KDF_MIB 64u

static char dir[] = "/tmp/withheld-bench-XXXXXX";
static char csv[128], plain_db[128], vault_path[128];
static unsigned rows = 100000;

static double
now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
need(vault_err err, const char *what)
{
    if (err == VAULT_OK)
        return;
    fprintf(stderr, "bench_records: %s: %s\n", what, vault_last_error()->text);
    exit(1);
}

/* ---- input ---- */

static uint32_t seed = 1;

static void
words(FILE *f, unsigned bytes)
{
    unsigned n = 0;

    while (n < bytes) {
        seed = seed * 1664525u + 1013904223u;
        n += (unsigned)fprintf(f, "%s%s", n == 0 ? "" : " ", words_1024[seed >> 22]);
    }
}

/* Half of each row is withheld (names, family, notes), half open. */
static void
write_csv(void)
{
    FILE *f = fopen(csv, "w");

    if (f == NULL)
        exit(1);
    fprintf(f, "ref,name,other_names,born,citizenship,sex,residence,family,occupation,notes\n");
    for (unsigned i = 0; i < rows; i++) {
        fprintf(f, "R%u,", i);
        words(f, 14);
        fputc(',', f);
        words(f, 14);
        fputc('|', f);
        words(f, 14);
        fprintf(f, ",%u,KP,male,", 1930 + i % 70);
        words(f, 30);
        fputc(',', f);
        words(f, 60);
        fputc(',', f);
        words(f, 420);
        fputc(',', f);
        words(f, 400);
        fputc('\n', f);
    }
    if (fclose(f) != 0)
        exit(1);
}

/* ---- plain rows ---- */

static double
plain(void)
{
    struct secret *key = NULL;
    struct db *db = NULL;
    FILE *f = fopen(csv, "r");
    char *line = NULL;
    size_t cap = 0;
    int64_t n = 0;
    double start;

    if (f == NULL)
        exit(1);
    (void)unlink(plain_db);
    need(secret_new(&key, 99), "key");
    memset(secret_edit(key), 'a', 99);
    memcpy(secret_edit(key), "x'", 2);
    secret_edit(key)[98] = '\'';
    need(db_open(&db, plain_db, key, DB_CREATE), "plain database");
    start = now();
    need(db_begin(db), "begin");
    for (;;) {
        ssize_t got = getline(&line, &cap, f);
        if (got < 0)
            break;
        need(db_put(db, DB_OPEN_BLOB, ++n, PART(line, (size_t)got)), "row");
    }
    need(db_commit(db), "commit");
    start = now() - start;
    db_close(db);
    secret_free(key);
    free(line);
    (void)fclose(f);
    return start;
}

/* ---- ours ---- */

static struct secret *pass;

static vault *
unlock(void)
{
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    vault *v = NULL;

    need(vault_open(&v, vault_path, &cred), "open");
    return v;
}

static void
remove_vault(void)
{
    char cmd[256];

    snprintf(cmd, sizeof cmd, "rm -rf '%s'", vault_path);
    if (system(cmd) != 0)
        exit(1);
}

static double
ours(void)
{
    struct vault_create_options opt = { .kdf_mem_mib = KDF_MIB, .kdf_passes = 3 };
    struct vault_import_options imp = { .type = "person" };
    struct vault_import_report report;
    double start;
    vault *v;

    remove_vault();
    need(vault_create(vault_path, pass, &opt), "create");
    v = unlock();
    start = now();
    need(vault_import(v, csv, &imp, &report), "import");
    start = now() - start;
    vault_close(v);
    return start;
}

static double
derivation(void)
{
    const struct kdf_cost cost = { KDF_MIB * 1024, 3, KDF_LANES };
    static const uint8_t salt[KDF_SALT_BYTES];
    struct secret *out = NULL;
    double start = now();

    need(kdf_derive(&out, pass, salt, &cost), "derive");
    secret_free(out);
    return now() - start;
}

static int
count_item(void *ctx, const struct vault_list_item *i)
{
    (void)i;
    ++*(unsigned *)ctx;
    return 0;
}

static int
count_hit(void *ctx, const struct vault_hit *h)
{
    (void)h;
    ++*(unsigned *)ctx;
    return 0;
}

static double best(double a, double b) { return a == 0 || b < a ? b : a; }

static void
line(const char *what, double seconds, double promised)
{
    printf("%-34s %8.4f s   (promised under %.3f s)\n", what, seconds, promised);
}

static void
reading(void)
{
    struct vault_list_query list = {0};
    struct vault_search_query search = { .text = "academic zebra-no-such-word" };
    double t_open = 0, t_list = 0, t_search = 0, t_show = 0, t_add = 0, start;
    unsigned count;

    for (int i = 0; i < ROUNDS; i++) {
        struct vault_record *r = NULL;
        struct vault_added added;
        vault_fields *f = NULL;
        char id[32];
        vault *v;
        double kdf = derivation();
        start = now();
        v = unlock();
        t_open = best(t_open, now() - start - kdf);
        start = now();
        snprintf(id, sizeof id, "R%u", rows / 2 + (unsigned)i);
        need(vault_show(v, id, NULL, false, &r), "show");
        t_show = best(t_show, now() - start);
        vault_record_free(r);
        start = now();
        need(vault_fields_new(&f), "fields");
        need(vault_fields_add(f, "name", "Benchmark", 9), "field");
        need(vault_add(v, "organisation", f, &added), "add");
        vault_fields_free(f);
        t_add = best(t_add, now() - start);
        count = 0;
        start = now();
        need(vault_list(v, &list, count_item, &count), "list");
        t_list = best(t_list, now() - start);
        if (count < rows)
            exit(1);
        start = now();
        need(vault_search(v, &search, count_hit, &count), "search");
        t_search = best(t_search, now() - start);
        vault_close(v);
    }
    line("unlock, without key derivation", t_open, 0.2);
    line("show", t_show, 0.010);
    line("add", t_add, 0.020);
    line("list", t_list, 1.0);
    line("search", t_search, 1.0);
}

int
main(void)
{
    double t_plain = 0, t_ours = 0;
    struct rusage use;
    struct stat st;

    if (getenv("ROWS") != NULL)
        rows = (unsigned)strtoul(getenv("ROWS"), NULL, 10);
    need(vault_process_init(), "init");
    if (mkdtemp(dir) == NULL)
        return 1;
    snprintf(csv, sizeof csv, "%s/rows.csv", dir);
    snprintf(plain_db, sizeof plain_db, "%s/plain.db", dir);
    snprintf(vault_path, sizeof vault_path, "%s/v.vault", dir);
    need(secret_copy(&pass, PHRASE, strlen(PHRASE)), "passphrase");
    write_csv();
    if (stat(csv, &st) != 0)
        return 1;
    for (int i = 0; i < ROUNDS; i++) {
        t_plain = best(t_plain, plain());
        t_ours = best(t_ours, ours());
    }
    printf("import of %u rows, %.0f bytes each: plain %.3f s, ours %.3f s, ratio of rates %.2f"
        " (promised >= 0.7)\n", rows, (double)st.st_size / rows, t_plain, t_ours,
        t_plain / t_ours);
    (void)getrusage(RUSAGE_SELF, &use);
    printf("peak memory %ld MB with a key derivation of %u MB (promised under 200 MB beyond it)\n",
        use.ru_maxrss / 1024, KDF_MIB);
    reading();
    secret_free(pass);
    remove_vault();
    (void)unlink(csv);
    (void)unlink(plain_db);
    return rmdir(dir) == 0 ? 0 : 1;
}
