/*
 * ledger_priv.h - shared by ledger*.c: conditions, and findings.
 *
 * Layer:   release.
 * Secrets: as ledger.h.
 * Format:  none.
 */
#ifndef VAULT_RELEASE_LEDGER_PRIV_H
#define VAULT_RELEASE_LEDGER_PRIV_H

#include "vault/release/ledger.h"

struct compare {
    const struct ledger_release *earlier, *now;
    size_t n;
    int64_t k;
    uint64_t work;              /* for each type */
    ledger_finding_fn *fn;
    void *ctx;
};

/* A column that was treated in one way: equal ones hold the same values. */
#define KEY_MAX 320u
void ledger_key(char out[static KEY_MAX], const struct table_dim *d);

/* "status open, country RU of table outcomes" */
void ledger_cell_name(struct buf *out, const struct table *t, size_t cell);
VAULT_CHECK vault_err ledger_tell(const struct compare *c, struct ledger_finding f, struct buf *detail);

const struct ledger_type *ledger_find_type(const struct ledger_release *r, const char *type);
/* Do both tell of the same people? */
VAULT_CHECK vault_err ledger_same_people(bool *out, const struct ledger_type *a, const struct ledger_type *b);

/* Several releases together (ledger_joint.c). */
VAULT_CHECK vault_err ledger_together(const struct compare *c, const struct ledger_type *now);

#endif
