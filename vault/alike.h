/*
 * alike.h - do two names look like one person's? The one place where names are compared for that.
 *
 * Duplicates (duplicates.c) and what is said of a new record (similar.c) ask here, and nowhere else. So far two names are alike
 * where they are the same text but for case, marks and blanks.
 *
 * Layer:   session, private.
 * Secrets: names, borrowed and in wiped buffers.
 * Format:  none.
 */
#ifndef VAULT_ALIKE_H
#define VAULT_ALIKE_H

#include "vault/base/bytes.h"
#include "vault/base/hash.h"

enum alike { ALIKE_NOT, ALIKE_SKELETON, ALIKE_FOLD, ALIKE_EXACT };
const char *alike_name(enum alike level);       /* "none", "skeleton", "fold", "exact" */

/*
 * Append keys of a name: 8 bytes each, under a key of 32 bytes drawn for this run. Two names that are alike at any level share one at least.
 * No key (an empty name, or one that says too little): it is like no other. VAULT_ERR_INPUT: not UTF-8.
 */
#define ALIKE_KEY_BYTES 8u
VAULT_CHECK vault_err alike_keys(struct buf *out, const uint8_t key[static 32], struct part name);
/* How alike are they? */
VAULT_CHECK vault_err alike_names(enum alike *level, struct part a, struct part b);

#endif
