/*
 * alike.h - names as clues that two records are one person's (evidence.h).
 *
 * Layer:   session, private.
 * Secrets: names, borrowed and in wiped memory.
 * Format:  none.
 */
#ifndef VAULT_ALIKE_H
#define VAULT_ALIKE_H

#include "vault/base/bytes.h"
#include "vault/base/hash.h"
#include "vault/names/name.h"

/*
 * Append keys of a name: 8 bytes each, under a key of 32 bytes drawn for this run. Two names that are alike at level fold or exact share one.
 * What is no name, or says too little, has none.
 */
#define ALIKE_KEY_BYTES 8u
VAULT_CHECK vault_err alike_keys(struct buf *out, const uint8_t key[static 32], struct part name);
/* A name made ready, for those that are compared with many. Begin with zeros; wipe it. */
struct alike_name {
    bool ready, is_name;
    uint32_t number;                /* of the caller's: the name it is ready for */
    struct name name, other;
    struct name_filter filter;
};
/* How alike are a, which has this number, and b? */
enum name_level alike_names(struct alike_name *ready, uint32_t number, struct part a, struct part b);

#endif
