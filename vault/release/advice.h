/*
 * advice.h - what would help most: which column, made how much coarser; and who is exposed by what.
 *
 * Layer:   release.
 * Secrets: numbers of rows and names of columns; for the keeper, never in a release.
 * Format:  none stored. Treatments are written as a policy has them.
 *
 * Everything said was tried: the column is made coarser in a copy, and the copy is measured. `stored` has the same rows and columns as they are stored; without
 * it (NULL) what was released is made coarser, and a cell that is suppressed now stays so, though a coarser treatment of what is stored may show it.
 */
#ifndef VAULT_RELEASE_ADVICE_H
#define VAULT_RELEASE_ADVICE_H

#include "vault/release/published.h"
#include "vault/release/risk.h"

#define ADVICE_STEPS_MAX PUBLISHED_FIELDS_MAX

struct advice_step {
    size_t column;                      /* of the sheet */
    struct treatment to;
};
struct advice {
    struct advice_step step[ADVICE_STEPS_MAX];      /* all of them together */
    size_t n_steps;
    uint64_t before, after;             /* rows below k, in the strict reading; or candidates of a fact */
    uint64_t freed;                     /* rows that are below k no more; of a fact: the candidates that it has then */
};
struct advices {
    struct advice *advice;
    size_t n, cap;
};
void advices_free(struct advices *a);

/*
 * For a sheet below k: each quasi-identifier, one treatment coarser, and the first that is coarse enough to leave no row below k, if there is one; those that free
 * most first. Columns that free nobody are left out. hierarchy: of each column of the sheet, or NULL. The caller frees, also after an error.
 */
VAULT_CHECK vault_err advise_k(struct advices *out, const struct risk_ask *ask, const struct hierarchy *const *hierarchy, const struct sheet *stored);
/* For a fact that isolates: single columns, the least coarsening of each that leaves at least k rows; where none does, the columns of the
 * fact together, each no coarser than it must be while the others are as they are. The fact passes with each advice. */
VAULT_CHECK vault_err advise_fact(struct advices *out, const struct replay_ask *ask, const struct finding *finding, const struct sheet *stored);
/* {"field": "born", "treatment": {"band": 20}, "frees": 7}; of several steps "with": [...] has the others. `file`: what the policy calls the hierarchy of each
 * column, or NULL. */
VAULT_CHECK vault_err advice_json(struct buf *out, const struct advice *a, const struct sheet *s, const char *const *file);

struct exposed {
    size_t row;
    uint64_t size;                      /* of its class, strictly */
    size_t column;                      /* without which its class is largest */
    uint64_t without;                   /* that size */
    size_t set[RISK_M_MAX];             /* the fewest columns on which it is unique; n_set 0: none of at most m */
    size_t n_set;
};
/* The rows below k, the smallest classes first, at most `max` of them. VAULT_ERR_INPUT as risk_sets_measure. */
VAULT_CHECK vault_err exposed_rows(struct exposed *out, size_t max, size_t *n, const struct risk_ask *ask, unsigned m);

#endif
