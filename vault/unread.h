/*
 * unread.h - records that a search or a list could not read: counted on the way, told at its end.
 *
 * Layer:   session, private.
 * Secrets: none; codes of records, and why.
 * Format:  none.
 */
#ifndef VAULT_UNREAD_H
#define VAULT_UNREAD_H

#include "vault/session.h"

#define UNREAD_NAMED 12u        /* more do not fit into a sentence */

struct unread {                 /* begin with zeros */
    const struct index *index;
    bool *seen;                 /* by first number */
    uint32_t named[UNREAD_NAMED];   /* first numbers */
    uint64_t count;             /* records */
    struct vault_error why;     /* of the first; of the first that is damaged, where there is one */
};

/* Revision n cannot be read, or values of it; the last error of this thread says why. */
VAULT_CHECK vault_err unread_add(struct unread *u, const struct index *index, uint32_t n);
/* VAULT_OK: none. Else what to end with: VAULT_ERR_DAMAGED, or VAULT_ERR_NO_SPACE where all are intake that waits.
 * *count (or NULL) receives how many, only where there are any. */
VAULT_CHECK vault_err unread_say(const struct unread *u, uint64_t *count);
/* Has the revision a value here that was not read? What was purged is nobody's to find. */
bool unread_value(const struct recs *r, const struct revision *rev, const struct leaf *l);
/* Begin anew, or end. */
void unread_reset(struct unread *u);

#endif
