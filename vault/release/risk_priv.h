/*
 * risk_priv.h - between the parts of risk.h: population, and what is sensitive.
 *
 * Layer:   release, for risk*.c.
 * Secrets: numbers only.
 * Format:  none stored.
 */
#ifndef VAULT_RELEASE_RISK_PRIV_H
#define VAULT_RELEASE_RISK_PRIV_H

#include "vault/release/patterns.h"
#include "vault/release/risk.h"

/* What is known of each look of the sheet. */
struct risk_looks {
    struct patterns p;
    uint64_t *f[2];             /* by reading */
    double *F[2];               /* NULL: no population, no weights */
};

/* F out of the population, and least_of_all of both readings: 0 where some people look like no row. VAULT_ERR_INPUT as risk_measure; sets out->at_row. */
VAULT_CHECK vault_err risk_population(struct risk_looks *l, const struct risk_ask *ask, bool absent[2], size_t *at_row);
/* l, entropy, t of both readings. */
VAULT_CHECK vault_err risk_sensitive(struct risk *out, const struct risk_looks *l, const struct risk_ask *ask);
/* VAULT_ERR_INPUT: some look stands for more rows than there are people who look so. */
VAULT_CHECK vault_err risk_enough(const struct risk_looks *l, const double *people, size_t *at_row, const char *hint);

#endif
