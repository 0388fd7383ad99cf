/*
 * file_in.h - files on their way into the vault: opened, judged, their pieces put into the tables.
 *
 * Layer:   session, private.
 * Secrets: a piece of plaintext at a time, and the keys of the files, in guarded memory; names in wiped buffers.
 * Format:  docs/format.md, sections 10 and 11.
 */
#ifndef VAULT_FILE_IN_H
#define VAULT_FILE_IN_H

#include <sys/stat.h>
#include "vault/attachments.h"
#include "vault/base/sha256.h"
#include "vault/record/draft.h"

struct file_in {
    const char *path;           /* the caller's; also in sentences */
    int fd;
    struct stat st;             /* when it was opened */
    struct stat read;           /* when reading ended */
    struct buf name, value;     /* value: CBOR, once it was stored */
    struct file_rows rows;
    uint8_t sha256[SHA256_BYTES];       /* once it was stored */
};

/* The files of one revision. Begin with the first five members; end with files_in_free. */
struct files_in {
    struct vault *v;
    enum leaf_tier tier;
    bool move;                  /* they will be overwritten and removed: open for writing, no links */
    vault_progress_fn *progress;        /* or NULL */
    void *progress_ctx;
    struct file_in *file;
    size_t n;
    struct secret *keys;        /* 32 bytes for each */
    uint64_t total;             /* bytes of plaintext that are kept */
    /* the thread that makes pieces */
    struct secret *plain;       /* the one at hand */
    struct sha256 *hash;
    size_t making;
    uint64_t made;              /* pieces of that one */
    /* the calling thread */
    size_t storing;
    uint64_t stored, done;
};

/*
 * Open n files, judge them and their names, and draw their keys and rows. `fd` (-1: none) is an open file, which then
 * belongs to a: for n of 1 only. VAULT_ERR_INPUT: no regular file, a name that is not allowed, too large.
 * VAULT_ERR_REFUSED: a file of the vault, or (move) of another one.
 */
VAULT_CHECK vault_err files_in_open(struct files_in *a, const struct vault_attach_file *file, size_t n,
    int fd);
/* Their pieces into the open transaction. One thread reads, hashes and encrypts, the calling one writes to the database.
 * VAULT_ERR_FAILED: one changed while it was read. VAULT_ERR_INTERRUPTED. */
VAULT_CHECK vault_err files_in_store(struct files_in *a);
/* Is it as it was? By size, and by both times: whoever writes to it can set the one back, but not the other. */
bool file_in_same(const struct stat *before, const struct stat *now);
/* What a draft needs of each: n at `out`, which borrow from a. */
void files_in_drafts(const struct files_in *a, struct draft_file *out);
void files_in_free(struct files_in *a);

#endif
