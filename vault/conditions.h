/*
 * conditions.h - what `--where` asks of a record, for lists and searches: of its own fields, or of records along links.
 *
 * Layer:   session, private.
 * Secrets: values that are asked for, and stored ones they are compared with, in wiped buffers; which records meet a condition.
 * Format:  none.
 *
 * The field of a condition is a path: steps with a dot between, and a field at the end.
 *   citizenship                     of the record itself
 *   case.person.citizenship         a link, by the name of its field: of persons of the case that the record links to
 *   case:person.kind                TYPE:LINK, backwards: of cases whose `person` links to the record
 * Where several records stand on the way one is enough. Records that were removed are not on it.
 */
#ifndef VAULT_CONDITIONS_H
#define VAULT_CONDITIONS_H

#include "vault/record/asked.h"
#include "vault/unread.h"

#define CONDITIONS_MAX 32u
#define CONDITION_STEPS_MAX 8u

struct conditions;

/*
 * Make ready conditions on records of `type` (NULL: any). *out is freed with conditions_free.
 * VAULT_ERR_INPUT: no such type or field, a step that is no link, too many of either, not a value of that kind. VAULT_ERR_REFUSED: a field on
 * the path, or its last, is withheld, and this is no keeper's session. VAULT_ERR_NOT_FOUND: no record is called so.
 */
VAULT_CHECK vault_err conditions_make(struct conditions **out, struct vault *v, const char *type,
    const struct vault_where *where, size_t n);
void conditions_free(struct conditions *c);             /* NULL is fine */

/* Does any of them look at withheld values? */
bool conditions_withheld(const struct conditions *c);
/* Before a scan that asks: find the records at the begin of all paths, in one scan, however many and long they are. Records on the
 * way whose values cannot be read are added to `unread`. */
VAULT_CHECK vault_err conditions_find(struct conditions *c, struct unread *unread);

/* Does it meet all? t: its type. `thread`: 0 or 1, each on one thread at a time. */
VAULT_CHECK vault_err conditions_meet(struct conditions *c, unsigned thread, const struct type_def *t,
    const struct revision *rev, bool *yes);
/* May it, whatever the values are that could not be read? *unknown: it depends on them. */
VAULT_CHECK vault_err conditions_may_meet(struct conditions *c, const struct type_def *t, const struct revision *rev,
    bool *yes, bool *unknown);

#endif
