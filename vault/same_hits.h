/*
 * same_hits.h - hits of a search in records that were merged: held back until their leading record can be named.
 *
 * While a scan runs no other record can be read, so their titles are looked up when it has ended.
 *
 * Layer:   session, private.
 * Secrets: none: a hit shows no withheld value.
 * Format:  none.
 */
#ifndef VAULT_SAME_HITS_H
#define VAULT_SAME_HITS_H

#include "vault/same.h"
#include "vault/view.h"

struct same_hits {              /* begin with zeros */
    struct held_hit { struct vault_hit hit; uint32_t lead; } *held;
    size_t n, cap;
    struct pool pool;
};

/* Keep a copy of a hit in a record that is the same as `lead` (first number). */
VAULT_CHECK vault_err same_hits_hold(struct same_hits *s, const struct vault_hit *h, uint32_t lead);
/* Tell them, in order, each with the leading record. */
VAULT_CHECK vault_err same_hits_tell(struct same_hits *s, struct vault *v, vault_hit_fn *fn, void *ctx);
void same_hits_free(struct same_hits *s);

#endif
