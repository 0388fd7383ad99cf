/*
 * own_age.h - the age identities of an open vault.
 *
 * Layer:   session, private.
 * Secrets: copies of the seeds of its recipients, in guarded memory.
 * Format:  docs/format.md, sections 6 and 23.
 */
#ifndef VAULT_OWN_AGE_H
#define VAULT_OWN_AGE_H

#include "vault/handoff/age_keys.h"
#include "vault/session.h"

/* Those of its recipients (a keeper's session: both, else the case one), and the ones that it had before its keys were changed, added to
 * `all`, which the caller frees, also after an error. */
VAULT_CHECK vault_err own_age_identities(struct age_identities *all, vault *v);

#endif
