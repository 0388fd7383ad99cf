/*
 * tree.h - the keys that follow from the vault master key and the names secret.
 *
 * Layer:   keys (includes base/ only).
 * Secrets: owns every derived key, each in guarded memory; tree_free wipes all.
 * Format:  docs/format.md, section 6.
 */
#ifndef VAULT_KEYS_TREE_H
#define VAULT_KEYS_TREE_H

#include <stdint.h>
#include "vault/base/secret.h"

struct key_tree {
    struct secret *vmk;             /* 32 */
    struct secret *k_db, *k_keys, *k_epoch, *case_base, *case_seed, *k_backup;  /* 32 each, from VMK */
    struct secret *nsk;             /* 32, NULL in the case tier; the rest as well */
    struct secret *intake_seed, *k_name, *keeper_sign_seed, *keeper_seed;
    uint8_t keeper_pk[32];          /* Ed25519, zero in the case tier */
};

/* Derive all. On VAULT_OK vmk and nsk are taken over (set to NULL at the caller); on any error they
 * stay the caller's. nsk may point to NULL. */
VAULT_CHECK vault_err tree_derive(struct key_tree *out, struct secret **vmk, struct secret **nsk);
void tree_free(struct key_tree *t);

/* The intake seed of a names secret alone (32 bytes). *out: caller frees. */
VAULT_CHECK vault_err tree_intake_seed(struct secret **out, const struct secret *nsk);
/* And that of its keeper recipient. */
VAULT_CHECK vault_err tree_keeper_seed(struct secret **out, const struct secret *nsk);

/* K_case = MAC(case_base, "withheld:case:1", E). *out: 32 bytes, caller frees. */
VAULT_CHECK vault_err tree_k_case(struct secret **out, const struct key_tree *t,
    const struct secret *e);

/* The text for sqlite3_key: x'<64 hex><32 hex>' in a secret of 99 bytes. The only place where it is
 * built. */
VAULT_CHECK vault_err tree_db_key(struct secret **out, const struct key_tree *t,
    const uint8_t db_salt[static 16]);

#endif
