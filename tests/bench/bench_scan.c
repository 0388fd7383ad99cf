/*
 * bench_scan.c - one pass over 100,000 persons with a withheld name each: where its time goes.
 *
 * ROWS=N changes the number. KEEP=FOLDER keeps the vault there for the next run; with PART=1 it is only passed over,
 * ten times, for a profiler, with PART=2 searched for a name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "tests/unit/phrases.h"
#include "vault/base/secret.h"
#include "vault/base/text.h"
#include "vault/record/scan.h"
#include "vault/session.h"
#include "vault/vault.h"

#define ROUNDS 5

static char dir[] = "/tmp/withheld-bench-XXXXXX";
static char csv[256], vault_path[256];
static unsigned rows = 100000;
static struct secret *pass;

static double
now(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
need(vault_err err, const char *what)
{
    if (err == VAULT_OK)
        return;
    fprintf(stderr, "bench_scan: %s: %s\n", what, vault_last_error()->text);
    exit(1);
}

static void
write_csv(void)
{
    uint32_t seed = 1;
    FILE *f = fopen(csv, "w");

    if (f == NULL)
        exit(1);
    fprintf(f, "ref,name,born,citizenship\n");
    for (unsigned i = 0; i < rows; i++) {
        seed = seed * 1664525u + 1013904223u;
        fprintf(f, "R%u,%s %s,%u,KP\n", i, words_1024[seed >> 22], words_1024[seed >> 12 & 1023], 1930 + i % 70);
    }
    if (fclose(f) != 0)
        exit(1);
}

static vault *
unlock(void)
{
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    vault *v = NULL;

    need(vault_open(&v, vault_path, &cred), "open");
    return v;
}

static void
make(void)
{
    struct vault_create_options opt = { .kdf_mem_mib = 64, .kdf_passes = 3 };
    struct vault_import_options imp = { .type = "person" };
    struct vault_import_report report;
    vault *v;

    write_csv();
    need(vault_create(vault_path, pass, &opt), "create");
    v = unlock();
    need(vault_import(v, csv, &imp, &report), "import");
    vault_close(v);
    (void)unlink(csv);
}

/* ---- passes ---- */

static vault_err
no(struct scan *s, unsigned thread, const struct revision *rev, bool *wanted)
{
    (void)s;
    (void)thread;
    (void)rev;
    *wanted = false;
    return VAULT_OK;
}

static bool doubtless(const struct scan *s, uint32_t n) { (void)s; (void)n; return false; }
static vault_err nothing(struct scan *s, uint32_t n, struct revision *rev) { (void)s; (void)n; (void)rev; return VAULT_OK; }
static vault_err bad(struct scan *s, uint32_t n, const struct revision *rev) { (void)s; (void)n; (void)rev; return VAULT_OK; }

static int
hear(void *ctx, const struct vault_hit *h)
{
    (void)h;
    ++*(unsigned *)ctx;
    return 0;
}

static int
hear_item(void *ctx, const struct vault_list_item *item)
{
    (void)item;
    ++*(unsigned *)ctx;
    return 0;
}

static void
list(vault *v, const char *field, const char *value)
{
    const struct vault_where w = { field, value };
    struct vault_list_query q = { .type = "person", .where = &w, .n_where = 1 };
    unsigned count = 0;

    need(vault_list(v, &q, hear_item, &count), "list");
}

static void
search(vault *v, const char *text, const char *field)
{
    struct vault_search_query q = { .text = text, .field = field };
    unsigned count = 0;

    need(vault_search(v, &q, hear, &count), "search");
}

static void
pass_over(vault *v, bool withheld, bool sift)
{
    struct scan s = { .r = &v->recs, .withheld = withheld, .sift = sift ? no : NULL, .doubt = doubtless, .fn = nothing,
        .bad = bad, .tolerate = true };

    need(scan_run(&s), "scan");
}

static void heads(vault *v) { need(scan_heads(&v->recs), "heads"); }
static void sift_open(vault *v) { pass_over(v, false, true); }
static void sift_both(vault *v) { pass_over(v, true, true); }
static void verify_open(vault *v) { pass_over(v, false, false); }
static void verify_both(vault *v) { pass_over(v, true, false); }
static void search_word(vault *v) { search(v, "zebra-no-such-word", NULL); }

static void
search_names(vault *v)
{
    struct vault_search_query q = { .text = "Choi Myung-bok" };
    unsigned count = 0;

    need(vault_search_names(v, &q, hear, &count), "search --names");
}

static void search_open(vault *v) { search(v, "zebra-no-such-word", "ref"); }
static void search_name(vault *v) { search(v, "zebra-no-such-word", "name"); }
static void list_open(vault *v) { list(v, "born", "..1929"); }
static void list_path(vault *v) { list(v, "case:person.status", "open"); }

static void
measure(const char *what, void (*fn)(vault *), bool fresh)
{
    double wall = 1e9, cpu = 1e9;
    vault *v = unlock();

    if (!fresh)
        heads(v);
    for (int i = 0; i < ROUNDS; i++) {
        double w, c;
        if (fresh && i > 0) {
            vault_close(v);
            v = unlock();
        }
        w = now(CLOCK_MONOTONIC);
        c = now(CLOCK_PROCESS_CPUTIME_ID);
        fn(v);
        w = now(CLOCK_MONOTONIC) - w;
        c = now(CLOCK_PROCESS_CPUTIME_ID) - c;
        wall = w < wall ? w : wall;
        cpu = c < cpu ? c : cpu;
    }
    vault_close(v);
    printf("%-44s %8.4f s wall %8.4f s processor\n", what, wall, cpu);
}

int
main(void)
{
    const char *keep = getenv("KEEP");

    if (getenv("ROWS") != NULL)
        rows = (unsigned)strtoul(getenv("ROWS"), NULL, 10);
    need(vault_process_init(), "init");
    if (keep == NULL && mkdtemp(dir) == NULL)
        return 1;
    snprintf(csv, sizeof csv, "%s/rows.csv", keep == NULL ? dir : keep);
    snprintf(vault_path, sizeof vault_path, "%s/scan.vault", keep == NULL ? dir : keep);
    need(secret_copy(&pass, PHRASE, strlen(PHRASE)), "passphrase");
    if (access(vault_path, F_OK) != 0)
        make();
    if (getenv("PART") != NULL) {
        vault *v = unlock();
        heads(v);
        for (int i = 0; i < 10; i++)
            (atoi(getenv("PART")) == 2 ? search_names : sift_both)(v);
        vault_close(v);
        return 0;
    }
    printf("%u persons, best of %d\n", rows, ROUNDS);
    measure("heads, once a session", heads, true);
    measure("open values, decrypted, passed over", sift_open, false);
    measure("and withheld ones", sift_both, false);
    measure("open values, verified", verify_open, false);
    measure("and withheld ones", verify_both, false);
    measure("search for a word, first in a session", search_word, true);
    measure("search for a word, later", search_word, false);
    measure("search for a word in a withheld field", search_name, false);
    measure("search for a word in an open field", search_open, false);
    measure("search for a name, first in a session", search_names, true);
    measure("search for a name, later", search_names, false);
    measure("list under a condition", list_open, false);
    measure("list under a condition along links", list_path, false);
    secret_free(pass);
    if (keep == NULL) {
        char cmd[300];
        snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
        return system(cmd) == 0 ? 0 : 1;
    }
    return 0;
}
