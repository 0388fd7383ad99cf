/*
 * bench_unlock.c - does the time to unlock tell which slot fitted? Eight slots, keeper and case in turn, all of one
 * cost; each is opened ROUNDS times, in turn. It is promised that they differ by less than 5 %. A machine has slow
 * and fast minutes, so each time is taken as a ratio to the mean of its own round, and the medians of these are compared. Slot 0 is opened twice in a
 * round: how far it differs from itself is the noise of the measurement. Processor time is told beside it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "vault/base/secret.h"
#include "vault/vault.h"

#define ROUNDS 61
#define SLOTS 8
#define PROMISED 5.0

static char dir[] = "/tmp/withheld-bench-XXXXXX";
static char path[64];
static struct secret *pass[SLOTS];
static const struct vault_create_options cheap = { .kdf_mem_mib = 64, .kdf_passes = 3 };

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
    fprintf(stderr, "bench_unlock: %s: %s\n", what, vault_last_error()->text);
    exit(1);
}

static enum vault_tier
tier_of(int slot)
{
    return slot % 2 == 0 ? VAULT_TIER_KEEPER : VAULT_TIER_CASE;
}

/* Opens as a person does: no slot is named. */
static double
unlock(int slot, double *used)
{
    struct vault_credentials cred = { .passphrase = pass[slot], .slot = -1 };
    struct vault_status st;
    vault *v = NULL;
    clock_t began = clock();
    double start = now();

    need(vault_open(&v, path, &cred), "open");
    start = now() - start;
    *used = (double)(clock() - began) / CLOCKS_PER_SEC;
    need(vault_status(v, &st), "status");
    if (st.slot != slot) {
        fprintf(stderr, "bench_unlock: slot %d opened, not %d\n", st.slot, slot);
        exit(1);
    }
    vault_close(v);
    return start;
}

static void
make_vault(void)
{
    struct vault_credentials cred = { .slot = -1 };
    vault *v = NULL;

    for (int i = 0; i < SLOTS; i++) {
        char text[] = "said by nobody else: passphrase of slot 0";
        text[sizeof text - 2] = (char)('0' + i);
        need(secret_copy(&pass[i], text, sizeof text - 1), "passphrase");
    }
    need(vault_create(path, pass[0], &cheap), "create");
    cred.passphrase = pass[0];
    need(vault_open(&v, path, &cred), "open");
    for (int i = 1; i < SLOTS; i++) {
        int slot = -1;
        need(vault_key_add(v, tier_of(i), pass[i], &cheap, &slot), "key add");
        if (slot != i)
            exit(1);
    }
    vault_close(v);
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double
median(double *t, size_t n)
{
    qsort(t, n, sizeof *t, compare);
    return t[n / 2];
}

static double
spread(const double *m, size_t n)
{
    double low = m[0], high = m[0];

    for (size_t i = 1; i < n; i++) {
        low = m[i] < low ? m[i] : low;
        high = m[i] > high ? m[i] : high;
    }
    return 100 * (high - low) / low;
}

static void
remove_vault(void)
{
    static const char *const name[] = { "keys", "records.db" };
    char file[128];

    for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) {
        snprintf(file, sizeof file, "%s/%s", path, name[i]);
        (void)unlink(file);
    }
    (void)rmdir(path);
    (void)rmdir(dir);
}

/* To ratios of the mean of each round. */
static void
by_round(double (*t)[ROUNDS], size_t n)
{
    for (int round = 0; round < ROUNDS; round++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += t[i][round];
        for (size_t i = 0; i < n; i++)
            t[i][round] *= (double)n / sum;
    }
}

int
main(void)
{
    static const int slot[] = { 0, 3, 6, 7, 0 };
    enum { N = sizeof slot / sizeof slot[0], DIFFERENT = N - 1 };
    static double t[N][ROUNDS], cpu[N][ROUNDS], whole[N][ROUNDS];
    double m[N], m_cpu[N], seconds[N], tier[2];

    need(vault_process_init(), "init");
    if (mkdtemp(dir) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/v.vault", dir);
    make_vault();
    for (int i = 0; i < N; i++)
        (void)unlock(slot[i], &cpu[i][0]);     /* all in the cache */
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < N; i++) {
            int k = (i + round) % N;
            t[k][round] = unlock(slot[k], &cpu[k][round]);
        }
    memcpy(whole, t, sizeof whole);
    by_round(t, N);
    by_round(cpu, N);
    for (int i = 0; i < N; i++) {
        m[i] = median(t[i], ROUNDS);
        m_cpu[i] = median(cpu[i], ROUNDS);
        seconds[i] = median(whole[i], ROUNDS);
        printf("unlock through slot %d (%s): median %.1f ms, %.3f of its round, %.3f of the processor time\n", slot[i],
            tier_of(slot[i]) == VAULT_TIER_KEEPER ? "keeper" : "case", 1e3 * seconds[i], m[i], m_cpu[i]);
    }
    tier[0] = (m[0] + m[2]) / 2;
    tier[1] = (m[1] + m[3]) / 2;
    printf("unlock, keeper and case: difference %.1f %%; slot 0 and itself: %.1f %%\n", spread(tier, 2),
        100 * (m[0] > m[N - 1] ? m[0] - m[N - 1] : m[N - 1] - m[0]));
    printf("unlock, all of them: largest difference %.1f %% (promised under %.0f %%), of processor time "
        "%.1f %%\n", spread(m, DIFFERENT), PROMISED, spread(m_cpu, DIFFERENT));
    for (int i = 0; i < SLOTS; i++)
        secret_free(pass[i]);
    remove_vault();
    return 0;
}
