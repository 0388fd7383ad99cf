/*
 * parts.h - one long file, whole or cut into parts (FILE.001, FILE.002, ...), for sticks that cannot hold it whole.
 *
 * Layer:   base.
 * Secrets: none: what goes through here is encrypted.
 * Format:  parts are a pure cut: put together they are the file. All but the last have the same size. Files are made
 *          0600, and never in place of others; no name is followed through a symbolic link.
 */
#ifndef VAULT_BASE_PARTS_H
#define VAULT_BASE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vault/base/err.h"

#define PARTS_MAX 999u

/* ---- reading ---- */

struct parts;

/* Open `path`: that file, or, where there is none, the parts of that name (the name of a part is understood, too).
 * VAULT_ERR_NOT_FOUND; VAULT_ERR_INPUT: not a regular file; VAULT_ERR_DAMAGED names the part that is missing or too
 * short, as far as that can be seen from outside. */
VAULT_CHECK vault_err parts_open(struct parts **out, const char *path);
void parts_close(struct parts *p);                  /* NULL is fine */
uint64_t parts_size(const struct parts *p);
unsigned parts_count(const struct parts *p);        /* 1 for a whole file */
/* Exactly n bytes from offset `at`. VAULT_ERR_DAMAGED: it ends before. */
VAULT_CHECK vault_err parts_read(struct parts *p, uint64_t at, void *out, size_t n);
/* What a person calls the file or part that holds the byte at `at`. Behind the end: the part that would come next, or the
 * last one where that is shorter than the others. Valid until the next call. */
const char *parts_where(struct parts *p, uint64_t at);
/* Its last part is as long as the others, so that another may be missing. */
bool parts_may_go_on(const struct parts *p);
/* The folder it lies in, for looking around; belongs to p. */
int parts_dir(const struct parts *p);

/* ---- writing: hidden siblings, which take their names at the end ---- */

struct parts_new;

/* `each`: bytes of a part; 0: one file. VAULT_ERR_INPUT: something of that name (or a part of it) is there, or the name is
 * that of a part. VAULT_ERR_NOT_FOUND: no such folder. */
VAULT_CHECK vault_err parts_create(struct parts_new **out, const char *path, uint64_t each);
/* VAULT_ERR_INPUT: more than PARTS_MAX parts. */
VAULT_CHECK vault_err parts_write(struct parts_new *p, const void *bytes, size_t n);
/* Another name in the same folder, before parts_commit. Errors as for parts_create. */
VAULT_CHECK vault_err parts_rename(struct parts_new *p, const char *name);
/* Everything is synced, and as far as the kernel allows forgotten, so that reading it reads the disk. *back: the
 * caller's to close, before parts_commit. */
VAULT_CHECK vault_err parts_read_back(struct parts_new *p, struct parts **back);
/* Synced, the parts take their names, the first one last. *p is freed and NULL in any case; on error nothing is left. */
VAULT_CHECK vault_err parts_commit(struct parts_new **p);
void parts_abort(struct parts_new **p);             /* removes, frees; *p may be NULL */

#endif
