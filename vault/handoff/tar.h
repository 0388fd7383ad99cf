/*
 * tar.h - a tar archive as a stream, for the stock programs of every system.
 *
 * Layer:   handoff (includes base/ only).
 * Secrets: none kept: what passes through goes to the caller's `put`.
 * Format:  POSIX.1-2001: ustar, with a pax header in front only where a name or a size needs one. Owner 0 without a name, mode 0600 and
 *          0700, one time for all: nothing in it tells of the machine.
 */
#ifndef VAULT_HANDOFF_TAR_H
#define VAULT_HANDOFF_TAR_H

#include "vault/base/bytes.h"

#define TAR_BLOCK 512u
#define TAR_PATH_MAX 1000u          /* bytes of a path */

typedef vault_err tar_put_fn(void *ctx, const void *p, size_t n);

/* Begin with the first three members, and zeros. */
struct tar {
    tar_put_fn *put;
    void *ctx;
    int64_t time;                   /* of everything in it; seconds since 1970 */
    uint64_t left;                  /* bytes that the file under way still lacks */
    unsigned fill;                  /* zeros behind it */
    uint64_t total;                 /* bytes put so far */
};

/* Paths are UTF-8, with slashes, without one at an end. VAULT_ERR_FAILED: longer than TAR_PATH_MAX, or a file is under way. */
VAULT_CHECK vault_err tar_folder(struct tar *t, const char *path);
VAULT_CHECK vault_err tar_file(struct tar *t, const char *path, uint64_t size);
/* Bytes of it, in order. VAULT_ERR_FAILED: more than were announced. */
VAULT_CHECK vault_err tar_data(struct tar *t, const void *p, size_t n);
/* VAULT_ERR_FAILED: fewer were. */
VAULT_CHECK vault_err tar_file_end(struct tar *t);
/* The end, and zeros up to the PADME length, which every reader passes over: how large the whole is tells little of what is in it. */
VAULT_CHECK vault_err tar_end(struct tar *t);

#endif
