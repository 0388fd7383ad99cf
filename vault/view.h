/*
 * view.h - a revision as a person or a script sees it: struct vault_record.
 *
 * Layer:   session, private.
 * Secrets: revealed values live in a pool that is wiped when the view is freed.
 * Format:  none.
 */
#ifndef VAULT_VIEW_H
#define VAULT_VIEW_H

#include "vault/session.h"

/* Texts that stay where they are until all are wiped together. */
struct pool {
    struct pool_chunk *last;
};
void pool_free(struct pool *p);
void *pool_alloc(struct pool *p, size_t n);             /* zeroed; NULL: no memory */
char *pool_text(struct pool *p, struct part text);      /* zero-terminated copy; NULL: no memory */

/*
 * Build the view of a revision. `reveal`: values of withheld fields that are loaded are shown. `links`: also the
 * titles of linked records and what links here (reads other records). Caller frees with vault_record_free.
 */
struct view_options {
    bool reveal, links;
};
VAULT_CHECK vault_err view_build(struct vault *v, const struct revision *rev,
    const struct view_options *opt, struct vault_record **out);

/* One value of a revision, its texts in p; `reveal` as above. One that is no field of the type is left alone. The
 * text of a file is its name. */
VAULT_CHECK vault_err view_value(struct vault *v, struct pool *p, const struct revision *rev, const struct leaf *l, bool reveal,
    struct vault_value *out);
/* A list of n static texts that lives as long as the view. */
VAULT_CHECK vault_err view_texts(struct vault_record *r, const char *const *text, size_t n, const char *const **out);

/* Names of the withheld fields that hold something: NULL-less list of at most `max`. */
size_t view_withheld_fields(const struct vault_record *r, const char **name, size_t max);

#endif
