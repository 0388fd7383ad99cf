/*
 * origin.h - evidence out of our own log that revisions were written here, by whom a keeper had registered.
 *
 * Layer:   session, private.
 * Secrets: none but ids.
 * Format:  docs/format.md, section 25.
 */
#ifndef VAULT_ORIGIN_H
#define VAULT_ORIGIN_H

#include "vault/session.h"

/*
 * Append evidence for the revisions with these n numbers, in any order, one or more times each; none has an author of its own
 * (taken in from elsewhere): of those the evidence that came with them tells. Works for case holders and keepers.
 * VAULT_ERR_DAMAGED: an entry is by nobody who is registered. VAULT_ERR_NO_SPACE.
 */
VAULT_CHECK vault_err origin_gather(struct vault *v, const uint32_t *pair, size_t n, struct buf *out);
/* The same for no revision, but for the author of this session: his registration, and the cards. */
VAULT_CHECK vault_err origin_of_author(struct vault *v, struct buf *out);

#endif
