/*
 * check_files.h - attachments against the tables that hold their bytes; for check.c.
 *
 * Layer:   session, private.
 * Secrets: none: places and sizes, hashes of keys and content.
 * Format:  docs/format.md, section 11.
 */
#ifndef VAULT_CHECK_FILES_H
#define VAULT_CHECK_FILES_H

#include "vault/attachments.h"

/* Which rows the revisions name; begin with zeros. */
struct file_places {
    struct file_place { struct file_rows rows; uint32_t pair; } *place;
    size_t n, cap;
    bool unknown;               /* some withheld values could not be read: their rows are not known */
};
void file_places_free(struct file_places *p);
/* Those of a revision whose values are at hand. */
VAULT_CHECK vault_err file_places_add(struct file_places *p, uint32_t pair,
    const struct revision *rev);
/* Every row that is named is there and of its size, and none else, as far as this tier can tell; and no two attachments name
 * the same. */
VAULT_CHECK vault_err file_places_check(struct vault *v, struct report *rep,
    struct file_places *p);

/* Put them in order, and tell of each two attachments that name the same rows, unless a repair said that one is lost. */
typedef vault_err file_shared_fn(void *ctx, const struct file_place *a, const struct file_place *b);
VAULT_CHECK vault_err file_places_shared(struct vault *v, struct file_places *p, file_shared_fn *fn, void *ctx);

#endif
