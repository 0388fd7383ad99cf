/*
 * where.h - one condition, read as it is typed: a path along links, and what its last field must hold.
 *
 * Layer:   session, private.
 * Secrets: see conditions.h.
 * Format:  none.
 */
#ifndef VAULT_WHERE_H
#define VAULT_WHERE_H

#include "vault/conditions.h"

/* Names are those of types, borrowed from the session. */
struct step {
    const char *type;           /* of the records that hold the link; NULL: any */
    const char *field;
    bool back;                  /* from what the link points at to the record that holds it */
};

struct where {                  /* begin with zeros; asked_free */
    struct step step[CONDITION_STEPS_MAX];
    size_t n_steps;
    const char *type;           /* of the records with the last field; NULL: any */
    const char *field;
    bool withheld;              /* any field on the path, or the last */
    bool last_withheld;
    struct asked asked;
};

/* The errors of conditions_make. */
VAULT_CHECK vault_err where_make(struct where *w, struct vault *v, const char *type, const struct vault_where *from);

#endif
