/*
 * bench_tiers.c - intake under a case passphrase against the same import by a keeper, its adoption, and a
 * rekey of 100,000 records. Ratios come from one run. ROWS=N changes the number of intake rows, BIG=N that of the rekey.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "tests/unit/phrases.h"
#include "vault/base/secret.h"
#include "vault/keys/kdf.h"
#include "vault/vault.h"

#define ROUNDS 3

static char dir[] = "/tmp/withheld-tiers-XXXXXX";
static char csv[128], path[128];
static struct secret *keeper, *caseworker;
static const struct vault_create_options CHEAP = { .kdf_mem_mib = 64, .kdf_passes = 3 };

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
    fprintf(stderr, "bench_tiers: %s: %s\n", what, vault_last_error()->text);
    exit(1);
}

static void
write_csv(unsigned rows)
{
    FILE *f = fopen(csv, "w");

    if (f == NULL)
        exit(1);
    fprintf(f, "ref,name,other_names,born,residence,notes\n");
    for (unsigned i = 0; i < rows; i++)
        fprintf(f, "R%u,Name %u Family %u,Other %u|Again %u,%u,Place %u,%0400u\n", i, i, i, i, i,
            1930 + i % 70, i, i);
    if (fclose(f) != 0)
        exit(1);
}

static void
remove_vault(void)
{
    char cmd[256];

    snprintf(cmd, sizeof cmd, "rm -rf '%s'", path);
    if (system(cmd) != 0)
        exit(1);
}

static vault *
unlock(const struct secret *pass, double *seconds)
{
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    vault *v = NULL;
    double start = now();

    need(vault_open(&v, path, &cred), "open");
    if (seconds != NULL)
        *seconds = now() - start;
    return v;
}

static void
fresh(void)
{
    vault *v;
    int slot;

    remove_vault();
    need(vault_create(path, keeper, &CHEAP), "create");
    v = unlock(keeper, NULL);
    need(vault_key_add(v, VAULT_TIER_CASE, caseworker, NULL, &slot), "key add");
    vault_close(v);
}

static double
import(const struct secret *pass)
{
    struct vault_import_options opt = { .type = "person" };
    struct vault_import_report report;
    vault *v = unlock(pass, NULL);
    double start = now();

    need(vault_import(v, csv, &opt, &report), "import");
    start = now() - start;
    vault_close(v);
    return start;
}

static double best(double a, double b) { return a == 0 || b < a ? b : a; }

static void
intake(unsigned rows)
{
    double by_keeper = 0, by_case = 0, adoption = 0, plain, adopting;

    write_csv(rows);
    for (int i = 0; i < ROUNDS; i++) {
        fresh();
        by_keeper = best(by_keeper, import(keeper));
        fresh();
        vault_close(unlock(keeper, &plain));
        by_case = best(by_case, import(caseworker));
        vault_close(unlock(keeper, &adopting));
        adoption = best(adoption, adopting - plain);
    }
    printf("%u rows: by a keeper %.3f s, by a case passphrase %.3f s (%.2f times, promised 1.5),\n"
        "adoption %.3f s (%.2f times, promised 1.5)\n", rows, by_keeper, by_case,
        by_case / by_keeper, adoption, adoption / by_keeper);
}

static void
rekey(unsigned rows)
{
    struct vault_credentials own = { .passphrase = keeper, .slot = -1 };
    double start;
    vault *v;

    write_csv(rows);
    fresh();
    (void)import(keeper);
    v = unlock(keeper, NULL);
    start = now();
    need(vault_key_rekey(v, &own), "rekey");
    printf("rekey of %u records: %.2f s with a key derivation (promised under 20 s)\n", rows,
        now() - start);
    vault_close(v);
}

static unsigned
number(const char *name, unsigned otherwise)
{
    const char *s = getenv(name);

    return s == NULL ? otherwise : (unsigned)strtoul(s, NULL, 10);
}

int
main(void)
{
    need(vault_process_init(), "init");
    if (mkdtemp(dir) == NULL)
        return 1;
    snprintf(csv, sizeof csv, "%s/rows.csv", dir);
    snprintf(path, sizeof path, "%s/v.vault", dir);
    need(secret_copy(&keeper, PHRASE, strlen(PHRASE)), "passphrase");
    need(secret_copy(&caseworker, OTHER_PHRASE, strlen(OTHER_PHRASE)), "passphrase");
    intake(number("ROWS", 10000));
    rekey(number("BIG", 100000));
    remove_vault();
    (void)unlink(csv);
    secret_free(keeper);
    secret_free(caseworker);
    return rmdir(dir) == 0 ? 0 : 1;
}
