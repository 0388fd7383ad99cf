/*
 * resolve.h - what a person is told of newest versions that differ.
 *
 * Layer:   session, private.
 * Secrets: none: names of fields.
 * Format:  none.
 */
#ifndef VAULT_RESOLVE_H
#define VAULT_RESOLVE_H

#include "vault/session.h"

/* Say in the view of a record that its heads differ, and in which fields. */
VAULT_CHECK vault_err resolve_note(struct vault *v, uint32_t first, struct vault_record *r);

#endif
