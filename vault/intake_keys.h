/*
 * intake_keys.h - what opens intake: the key of one encapsulation, under the names secret of today and those of before a rekey.
 *
 * Layer:   session, private.
 * Secrets: the keys; guarded, freed by intake_keys_free.
 * Format:  docs/format.md, section 9.
 */
#ifndef VAULT_INTAKE_KEYS_H
#define VAULT_INTAKE_KEYS_H

#include "vault/session.h"

#define INTAKE_FORMER_MAX 16u   /* a rekey before that is too long ago */

struct intake_keys {            /* begin with zeros */
    uint8_t hash[32];           /* of the encapsulation */
    struct secret *key[1 + INTAKE_FORMER_MAX];  /* today's first, then the newest of before */
    size_t n;
};

/* Of a row of `intake`, in a keeper's session; what was there is freed. None where it is of a wrong form. */
VAULT_CHECK vault_err intake_keys_open(struct intake_keys *k, struct vault *v, struct part enc);
/* Open the inner wrap of a pack with the one that fits (pack_adopt). VAULT_ERR_DAMAGED: none does. */
VAULT_CHECK vault_err intake_keys_adopt(const struct intake_keys *k, struct pack *p, const struct seal_keys *keys);
void intake_keys_free(struct intake_keys *k);

#endif
