/*
 * map.h - the way back from pseudonyms to persons, sealed to those who keep it.
 *
 * Layer:   release (handoff for age files, keys for shares).
 * Secrets: rows of the map and the seed of receipts lie in wiped memory; what opens it, in guarded memory.
 * Format:  docs/format.md, section 29, "The map".
 *
 * An age file. In it one line of JSON, then CSV with the pseudonym first, then line breaks up to a padded length.
 */
#ifndef VAULT_RELEASE_MAP_H
#define VAULT_RELEASE_MAP_H

#include "vault/base/secret.h"
#include "vault/handoff/age.h"
#include "vault/release/sheet.h"

#define MAP_FORMAT "withheld-map/1"
#define MAP_MAX ((size_t)512 << 20)

struct map_head {
    char audience[512];
    uint8_t release[16];
    struct secret *receipt_seed;            /* 32: who opened the map signs with the key of it */
};

/* Plaintext of a map, appended. Rows are those of `names`, whose pseudonyms stand in column `column` of `rows`. */
VAULT_CHECK vault_err map_write(struct buf *out, const struct map_head *head, const struct sheet *rows, size_t column, const struct sheet *names);
/* The head, and the sheet (its first column is the pseudonym). The caller frees both, also after an error. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err map_read(struct map_head *head, struct sheet *rows, struct part plain);
void map_head_free(struct map_head *h);

/* Sealed, appended. */
VAULT_CHECK vault_err map_seal(struct buf *out, const struct age_recipient *to, size_t n, struct part plain);
/* Opened from a descriptor by any of these. VAULT_ERR_KEY, VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err map_open(struct buf *plain, int fd, const struct age_identities *by);

#endif
