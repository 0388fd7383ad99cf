/*
 * kdf.h - passphrase and key file to 32 bytes: Argon2id (RFC 9106) through libargon2.
 *
 * Layer:   keys (includes base/ only).
 * Secrets: borrows the passphrase; the result is a new secret. Argon2's working memory is locked
 *          (where there is swap, and where allowed) and wiped before it is given back; so are the
 *          stacks it ran on.
 * Format:  docs/format.md, section 5.
 */
#ifndef VAULT_KEYS_KDF_H
#define VAULT_KEYS_KDF_H

#include <stdbool.h>
#include <stdint.h>
#include "vault/base/secret.h"

#define KDF_SALT_BYTES 32
#define KDF_LANES 4u
/* Floor for new slots: RFC 9106 section 4, second recommended option. Never less memory; fewer
 * passes only with so much more memory that memory x passes is no less (1 GiB x 1 is fine). */
#define KDF_MIN_MEM_KIB (64u * 1024u)
#define KDF_MIN_PASSES 3u
/* Ceilings, compared before anything is allocated: a crafted file may ask for anything. */
#define KDF_MAX_MEM_KIB (8u * 1024u * 1024u)
#define KDF_MAX_PASSES 256u
/* What init picks at most, and at most a quarter of this machine's memory. */
#define KDF_DEFAULT_MAX_MEM_KIB (1024u * 1024u)

struct kdf_cost {
    uint32_t mem_kib;
    uint32_t passes;
    uint32_t lanes;     /* always KDF_LANES in version 1 */
};

/* Within ceilings and above Argon2's own minimum (8 KiB per lane)? Does not apply the floor for new
 * slots. */
bool kdf_cost_ok(const struct kdf_cost *cost);
bool kdf_cost_equal(const struct kdf_cost *a, const struct kdf_cost *b);
/* Is it what a new slot may have? */
bool kdf_cost_above_floor(const struct kdf_cost *cost);
/* To compare costs: what a guess occupies, memory times time, and time is memory times passes. No unit. */
uint64_t kdf_cost_price(const struct kdf_cost *cost);
/*
 * Without measuring: does a guess cost much less than on a new vault, where that may take default_mem KiB (kdf_default_mem)? Less
 * than a sixteenth counts, as a quarter of that memory in one pass has: on a machine that is up to four times too
 * slow for it, kdf_calibrate itself takes so little.
 */
bool kdf_cost_low(const struct kdf_cost *cost, uint32_t default_mem);
/* KiB that a new vault takes on this machine at most, when so much is free. */
uint32_t kdf_default_mem(void);

/*
 * Argon2id v1.3 over a passphrase that text_passphrase has prepared. Four lanes on four threads, or
 * on one where no more can be started (the result is the same). *out: 32 bytes, caller frees.
 * VAULT_ERR_NO_SPACE: the memory cannot be had, or all that is free is less (the sentence says how
 * much is needed; never a wrong passphrase). VAULT_ERR_DAMAGED: cost out of limits.
 */
VAULT_CHECK vault_err kdf_derive(struct secret **out, const struct secret *pass,
    const uint8_t salt[static KDF_SALT_BYTES], const struct kdf_cost *cost);

/* BLAKE2b-256(key = stretched; BLAKE2b-256(key file)) for slots of kind pass + key file.
 * keyfile_hash is 32 bytes. *out: 32 bytes, caller frees. */
VAULT_CHECK vault_err kdf_with_keyfile(struct secret **out, const struct secret *stretched,
    const uint8_t keyfile_hash[static 32]);

/*
 * Pick a cost of about `seconds` (0: one second) on this machine: memory first, at most
 * KDF_DEFAULT_MAX_MEM_KIB and a quarter of RAM (and of the cgroup's or RLIMIT_AS's limit), then
 * passes; less memory where one pass takes more than twice too long; never under the floor.
 * Measures once with the memory it would use. VAULT_ERR_NO_SPACE when not even the floor can be
 * had.
 */
VAULT_CHECK vault_err kdf_calibrate(struct kdf_cost *out, double seconds);

#endif
