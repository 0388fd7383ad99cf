/*
 * parts_priv.h - what parts.c and parts_new.c share: the names of parts.
 *
 * Layer:   base, private to it.
 * Secrets: none.
 * Format:  as parts.h.
 */
#ifndef VAULT_BASE_PARTS_PRIV_H
#define VAULT_BASE_PARTS_PRIV_H

#include "vault/base/fd.h"
#include "vault/base/parts.h"

#define PARTS_NAME 4096         /* room for a path */
#define PARTS_HIDDEN 32

/* Does it end in a dot and three digits? */
bool parts_is_part(const char *name);
/* The name of part i (from 1) of `name`, or the name itself. Empty where it is too long. */
void parts_name(char out[static PARTS_NAME], const char *name, bool split, unsigned i);
/* The highest number that a part of this name has in the folder; 0: there are none. */
VAULT_CHECK vault_err parts_highest(int dir, const char *name, unsigned *out);
/* n files that do not have their names yet. */
VAULT_CHECK vault_err parts_open_hidden(struct parts **out, const char *path,
    const char hidden[static PARTS_HIDDEN], bool split, unsigned n);

#endif
