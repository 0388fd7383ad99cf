/*
 * table_plan.h - which counts to keep back besides, so that the promise holds: the fewest, or nearly.
 *
 * Layer:   release; for table_*.c only.
 * Secrets: as table.h.
 * Format:  none.
 */
#ifndef VAULT_RELEASE_TABLE_PLAN_H
#define VAULT_RELEASE_TABLE_PLAN_H

#include "vault/release/reader.h"

/* On VAULT_OK r->hidden holds the promise, and that was audited. VAULT_ERR_REFUSED: declared figures leave no way. */
VAULT_CHECK vault_err plan_fewest(struct reader *r, bool *found, size_t *bound);        /* *found false: the search was given up; r->hidden is anything */
VAULT_CHECK vault_err plan_quickly(struct reader *r);

#endif
