/*
 * entry.h - one entry of the log: bytes, hash, and nothing more.
 *
 * Layer:   store (includes base/ only).
 * Secrets: none: the detail is sealed elsewhere, an entry holds a commitment to it.
 * Format:  docs/format.md, "The log".
 */
#ifndef VAULT_STORE_ENTRY_H
#define VAULT_STORE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>
#include "vault/base/bytes.h"
#include "vault/base/hash.h"

#define ENTRY_PARENTS_MAX 16
#define ENTRY_KEEPERS_MAX 2
#define ENTRY_ACTION_MAX 32
#define ENTRY_MAX ((size_t)64 << 10)
#define ENTRY_LABEL "withheld:sign:entry:1"

struct log_entry {
    uint8_t vault_id[16], copy_id[16];
    uint64_t number;
    uint8_t parent[ENTRY_PARENTS_MAX][32];
    size_t n_parents;
    int64_t time;
    uint8_t slot[8], author[32];
    uint8_t keeper[ENTRY_KEEPERS_MAX][32];
    size_t n_keepers;
    char action[ENTRY_ACTION_MAX + 1];
    uint8_t root[32];
    uint64_t count;
    uint8_t commitment[32];
    bool has_keys;              /* names a state of the file keys */
    uint64_t keys_sequence;
    uint8_t keys_hash[32];
};

/* Append the CBOR of an entry. */
void entry_encode(struct buf *out, const struct log_entry *e);
/* VAULT_ERR_DAMAGED when a rule is broken. */
VAULT_CHECK vault_err entry_decode(struct log_entry *out, struct part cbor);
void entry_hash(uint8_t out[static 32], struct part cbor);

/* The signatures: author's, then one for each keeper key. */
void entry_sigs_encode(struct buf *out, const uint8_t (*sig)[64], size_t n);
VAULT_CHECK vault_err entry_sigs_decode(uint8_t (*sig)[64], size_t n, struct part cbor);

/* Does this action need the keeper key? */
bool entry_needs_keeper(const char *action);

#endif
