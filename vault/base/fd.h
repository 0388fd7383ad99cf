/*
 * fd.h - system calls on descriptors, made to finish; for files.c, output.c and panic.c.
 *
 * Layer:   base; everybody else includes files.h.
 * Secrets: as files.h.
 * Format:  none.
 */
#ifndef VAULT_BASE_FD_H
#define VAULT_BASE_FD_H

#include <sys/stat.h>
#include <sys/types.h>
#include "vault/base/files.h"

/* openat with O_CLOEXEC and, for what it creates, mode 0600. -1 with errno. */
int fd_open_at(int dir, const char *name, int flags);
void fd_close(int fd);                                      /* -1 is fine */
int fd_sync(int fd);                                        /* -1 with errno */

/* Zeros over the first n bytes, and down to the disk; -1 with errno. On flash memory and on file
 * systems that copy on write the old blocks may survive; docs/threat-model.md says so. */
int fd_overwrite(int fd, off_t n);
void fd_overwrite_all(int fd);                              /* of a file that is given up */

/* A name that nobody else has, for what is not finished yet. */
#define HIDDEN_NAME 32
void hidden_name(char out[static HIDDEN_NAME]);

/* Append what is left of fd to the empty `out`; `what` completes "cannot read ...". */
VAULT_CHECK vault_err fd_read_rest(struct buf *out, int fd, size_t max, const char *what);
vault_err fd_too_large(const char *what, size_t max);       /* VAULT_ERR_INPUT */

/* Open a regular file by name (never through a symbolic link); *st is of what is open. VAULT_ERR_NOT_FOUND; VAULT_ERR_INPUT:
 * something else than a regular file. */
VAULT_CHECK vault_err fd_open_regular(int *fd, struct stat *st, int dir, const char *name,
    int access);

/* Is nothing there by that name? `path` is what a person calls it. VAULT_ERR_INPUT: something is. */
VAULT_CHECK vault_err name_absent(int dir, const char *name, const char *path);
/* Give a file of the same folder its name, and never take the name from another file (the same error). */
VAULT_CHECK vault_err name_appear(int dir, const char *hidden, const char *name,
    const char *path);

#endif
