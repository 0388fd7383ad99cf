/*
 * What libargon2 leaves behind, and what is done about it.
 *
 * - Its memory it wipes itself, just before it calls `take_back`; where it fails halfway, it
 *   neither wipes nor frees, so the arena belongs to kdf_derive and goes back from there.
 * - The stacks of its threads hold the last block of each lane, and the result is a hash of nothing
 *   but these. glibc keeps stacks of ended threads for the next ones. So after each derivation as
 *   many threads are started again, all at once, and each zeroes its stack (`crew`). The stack of
 *   the calling thread, where BLAKE2b has had parts of the passphrase, is zeroed as well.
 * - When a thread cannot be started, the version of 2017 (Debian 12) returns without waiting for
 *   those that run, although they work on its stack frame. So a first crew proves that four
 *   threads can be had, and leaves their stacks ready; else one thread does all the lanes.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <argon2.h>
#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include "vault/base/hash.h"
#include "vault/keys/arena.h"
#include "vault/keys/kdf.h"

#define STACK_RESIDUE ((size_t)32 * 1024)   /* libargon2 goes about 8 KiB deep */

bool
kdf_cost_ok(const struct kdf_cost *cost)
{
    return cost->lanes == KDF_LANES && cost->passes >= 1 && cost->passes <= KDF_MAX_PASSES &&
        cost->mem_kib >= 8 * KDF_LANES && cost->mem_kib <= KDF_MAX_MEM_KIB;
}

bool
kdf_cost_equal(const struct kdf_cost *a, const struct kdf_cost *b)
{
    return a->mem_kib == b->mem_kib && a->passes == b->passes && a->lanes == b->lanes;
}

bool
kdf_cost_above_floor(const struct kdf_cost *cost)
{
    /* One pass over much memory is RFC 9106's first choice; the floor is its second. */
    return cost->mem_kib >= KDF_MIN_MEM_KIB &&
        (uint64_t)cost->mem_kib * cost->passes >= (uint64_t)KDF_MIN_MEM_KIB * KDF_MIN_PASSES;
}

uint64_t
kdf_cost_price(const struct kdf_cost *cost)
{
    return (uint64_t)cost->mem_kib * cost->mem_kib * cost->passes;     /* below 2^54 */
}

bool
kdf_cost_low(const struct kdf_cost *cost, uint32_t default_mem)
{
    const struct kdf_cost one_pass = {.mem_kib = default_mem, .passes = 1, .lanes = KDF_LANES};

    return !kdf_cost_above_floor(cost) || 16 * kdf_cost_price(cost) < kdf_cost_price(&one_pass);
}

/* ---- libargon2's memory ---- */

/* Its callbacks have no argument of the caller's, and run on the caller's thread. */
static _Thread_local struct arena *lent;

static int
lend(uint8_t **memory, size_t n)
{
    *memory = NULL;
    if (lent == NULL || n > lent->n)
        return ARGON2_MEMORY_ALLOCATION_ERROR;
    lent->dirty = true;
    *memory = lent->p;
    return ARGON2_OK;
}

/* libargon2 has just wiped all of it, in one call from the first byte to the last, unless a
 * process-wide switch of its own was turned: a look at the last block tells, for nothing, where a
 * second wipe of 1 GiB would cost a tenth of a second. */
static void
take_back(uint8_t *memory, size_t n)
{
    lent->dirty = !(n >= ARGON2_MIN_MEMORY && sodium_is_zero(memory + n - 1024, 1024));
}

/* ---- threads ---- */

static void *
serve(void *gate)
{
    /* The starter holds the gate until all have started, so that no two share a stack. */
    if (pthread_mutex_lock(gate) == 0)
        (void)pthread_mutex_unlock(gate);
    sodium_stackzero(STACK_RESIDUE);
    return NULL;
}

/* Starts as many threads as libargon2 does, lets them zero their stacks, returns how many began. */
static unsigned
crew(void)
{
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_t thread[KDF_LANES];
    unsigned n = 0;

    if (pthread_mutex_lock(&gate) != 0)
        return 0;
    while (n < KDF_LANES && pthread_create(&thread[n], NULL, serve, &gate) == 0)
        n++;
    (void)pthread_mutex_unlock(&gate);
    for (unsigned i = 0; i < n; i++)
        (void)pthread_join(thread[i], NULL);
    (void)pthread_mutex_destroy(&gate);
    return n;
}

/* ---- derivation ---- */

static vault_err
run(struct secret *key, struct arena *arena, const struct secret *pass, const uint8_t *salt,
    const struct kdf_cost *cost)
{
    /* Neither pass nor salt is written: no flag asks for that. Four threads even on fewer
     * processors: with two threads on two, lanes wait for each other (0.83 s, 0.74 s with four). */
    argon2_context ctx = {
        .out = secret_edit(key), .outlen = 32,
        .pwd = (uint8_t *)secret_bytes(pass), .pwdlen = (uint32_t)secret_len(pass),
        .salt = (uint8_t *)salt, .saltlen = KDF_SALT_BYTES,
        .t_cost = cost->passes, .m_cost = cost->mem_kib, .lanes = cost->lanes,
        .threads = crew() == KDF_LANES ? KDF_LANES : 1,
        .version = ARGON2_VERSION_13,
        .allocate_cbk = lend, .free_cbk = take_back,
        .flags = ARGON2_DEFAULT_FLAGS,
    };
    int rc;

    lent = arena;
    rc = argon2id_ctx(&ctx);
    lent = NULL;
    /* Threads may still be writing, through pointers that are no longer good. */
    if (rc == ARGON2_THREAD_FAIL)
        abort();
    if (ctx.threads > 1)
        (void)crew();
    sodium_stackzero(STACK_RESIDUE);

    if (rc == ARGON2_MEMORY_ALLOCATION_ERROR)
        return err_nomem();
    if (rc != ARGON2_OK)
        return err_say(VAULT_ERR_FAILED, NULL, "deriving the key failed: %s",
            argon2_error_message(rc));
    return VAULT_OK;
}

vault_err
kdf_derive(struct secret **out, const struct secret *pass,
    const uint8_t salt[static KDF_SALT_BYTES], const struct kdf_cost *cost)
{
    struct arena arena = ARENA_INIT;
    struct secret *key = NULL;
    struct memory memory;
    vault_err err;

    if (!kdf_cost_ok(cost))
        return err_say(VAULT_ERR_DAMAGED, NULL, "the cost of key derivation is out of limits");
    memory_look(&memory, "");
    err = arena_take(&arena, cost->mem_kib, &memory);
    if (err != VAULT_OK)
        goto done;
    err = secret_new(&key, 32);
    if (err != VAULT_OK)
        goto done;
    err = run(key, &arena, pass, salt, cost);
    if (err != VAULT_OK)
        goto done;

    *out = secret_take(&key);
done:
    secret_free(key);
    arena_give(&arena);
    return err;
}

vault_err
kdf_with_keyfile(struct secret **out, const struct secret *stretched,
    const uint8_t keyfile_hash[static 32])
{
    struct secret *key = NULL;
    vault_err err;

    assert(secret_len(stretched) == 32);
    err = secret_new(&key, 32);
    if (err != VAULT_OK)
        return err;
    if (crypto_generichash(secret_edit(key), 32, keyfile_hash, 32, secret_bytes(stretched),
            32) != 0) {
        secret_free(key);
        return err_say(VAULT_ERR_FAILED, NULL, "mixing in the key file failed");
    }
    *out = key;
    return VAULT_OK;
}

/* ---- calibration ---- */

static double
now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A passphrase of no meaning: only the time matters. */
static vault_err
measure(double *seconds, const struct kdf_cost *cost)
{
    static const uint8_t salt[KDF_SALT_BYTES] = {0};
    struct secret *pass = NULL, *key = NULL;
    double start = now();
    vault_err err = secret_new(&pass, 16);

    if (err != VAULT_OK)
        goto done;
    err = kdf_derive(&key, pass, salt, cost);
    if (err != VAULT_OK)
        goto done;
    *seconds = now() - start;
done:
    secret_free(key);
    secret_free(pass);
    return err;
}

static uint32_t
whole_mib(uint64_t kib)
{
    return (uint32_t)(kib / 1024 * 1024);
}

/* The most memory that `init` may plan with, in whole MiB, never under the floor. */
static uint32_t
memory_to_plan(uint64_t total, uint64_t available)
{
    struct rlimit as;
    uint64_t kib = total;

    if (getrlimit(RLIMIT_AS, &as) == 0 && as.rlim_cur != RLIM_INFINITY && as.rlim_cur / 1024 < kib)
        kib = as.rlim_cur / 1024;
    kib /= 4;
    if (kib > available)
        kib = available;
    if (kib > KDF_DEFAULT_MAX_MEM_KIB)
        kib = KDF_DEFAULT_MAX_MEM_KIB;
    if (kib < KDF_MIN_MEM_KIB)
        kib = KDF_MIN_MEM_KIB;
    return whole_mib(kib);
}

uint32_t
kdf_default_mem(void)
{
    struct memory memory;

    memory_look(&memory, "");
    return memory_to_plan(memory.total, UINT64_MAX);
}

/* As many passes as fit. Less memory only where one pass takes twice too long: a machine that is
 * busy for a moment should not make the vault weaker for good. */
static void
fit(struct kdf_cost *cost, double one_pass, double seconds)
{
    const uint64_t least_work = (uint64_t)KDF_MIN_MEM_KIB * KDF_MIN_PASSES;
    double passes = one_pass > 1e-4 ? seconds / one_pass : seconds / 1e-4;

    if (passes < 0.5) {
        double kib = cost->mem_kib * passes;

        cost->mem_kib = kib < KDF_MIN_MEM_KIB ? KDF_MIN_MEM_KIB : whole_mib((uint64_t)kib);
    }
    if (passes > KDF_MAX_PASSES)
        passes = KDF_MAX_PASSES;
    cost->passes = passes < 1.5 ? 1 : (uint32_t)(passes + 0.5);
    while ((uint64_t)cost->mem_kib * cost->passes < least_work)
        cost->passes++;
}

vault_err
kdf_calibrate(struct kdf_cost *out, double seconds)
{
    struct kdf_cost cost = {.passes = 1, .lanes = KDF_LANES};
    struct memory memory;
    double one_pass = 0.0;
    vault_err err;

    memory_look(&memory, "");
    cost.mem_kib = memory_to_plan(memory.total, memory.available);
    /* What is free on paper may still not be had. */
    while ((err = measure(&one_pass, &cost)) == VAULT_ERR_NO_SPACE &&
            cost.mem_kib / 2 >= KDF_MIN_MEM_KIB)
        cost.mem_kib = whole_mib(cost.mem_kib / 2);
    if (err != VAULT_OK)
        return err;
    fit(&cost, one_pass, seconds > 0.0 ? seconds : 1.0);
    *out = cost;
    return VAULT_OK;
}
