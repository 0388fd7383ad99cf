/*
 * bench_kdf.c - our derivation against Argon2id as it is usually called (one lane), with the same
 * memory and passes. On two processors it is promised to take at least 1.7 times less; each line
 * says how many processors it really got, since other work on the machine takes from them.
 */
#include <argon2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "vault/keys/kdf.h"

#define MEM_KIB (1024u * 1024u)
#define ROUNDS 3
#define PROMISED 1.7

static const char pass[] = "correct horse battery staple";
static const uint8_t salt[KDF_SALT_BYTES] = {0};

static double
now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
need(vault_err err)
{
    if (err == VAULT_OK)
        return;
    fprintf(stderr, "bench_kdf: %s\n", vault_last_error()->text);
    exit((int)err);
}

static double
plain(void)
{
    uint8_t out[32];
    double start = now();
    int rc = argon2id_hash_raw(1, MEM_KIB, 1, pass, strlen(pass), salt, sizeof salt, out,
        sizeof out);

    if (rc != ARGON2_OK) {
        fprintf(stderr, "bench_kdf: %s\n", argon2_error_message(rc));
        exit(1);
    }
    return now() - start;
}

static double
ours(double *processors)
{
    static const struct kdf_cost cost = {.mem_kib = MEM_KIB, .passes = 1, .lanes = KDF_LANES};
    struct secret *p = NULL, *key = NULL;
    double start, seconds;
    clock_t used;

    need(secret_copy(&p, pass, strlen(pass)));
    used = clock();
    start = now();
    need(kdf_derive(&key, p, salt, &cost));
    seconds = now() - start;
    *processors = (double)(clock() - used) / CLOCKS_PER_SEC / seconds;
    secret_free(key);
    secret_free(p);
    return seconds;
}

static void
show(const char *what, double a, double b, double processors)
{
    printf("%s: plain %.2f s, ours %.2f s, ratio %.2f (promised >= %.1f), on %.1f processors\n",
        what, a, b, a / b, PROMISED, processors);
}

int
main(void)
{
    struct kdf_cost cost;
    double best_plain = 0, best_ours = 0, best_processors = 0, start;

    need(secret_process_init());
    printf("this machine has %ld processors\n", sysconf(_SC_NPROCESSORS_ONLN));
    for (int i = 0; i < ROUNDS; i++) {
        double processors, a = plain(), b = ours(&processors);

        show("kdf 1 GiB", a, b, processors);
        if (i == 0 || a < best_plain)
            best_plain = a;
        if (i == 0 || b < best_ours) {
            best_ours = b;
            best_processors = processors;
        }
    }
    show("kdf 1 GiB, best of each", best_plain, best_ours, best_processors);

    start = now();
    need(kdf_calibrate(&cost, 0));
    printf("kdf calibration: %u MiB and %u passes for one second, found in %.2f s\n",
        (unsigned)(cost.mem_kib / 1024), (unsigned)cost.passes, now() - start);
    return 0;
}
