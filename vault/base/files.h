/*
 * files.h - private folders and files, whole-file reads with a limit, atomic replacement.
 *
 * Layer:   base.
 * Secrets: what is read may be secret: buffers are wiped by their owner; file_overwrite destroys.
 * Format:  none. Names are relative to an open folder descriptor and never followed through
 *          symbolic links (O_NOFOLLOW); a path to a folder, which a person gave, may hold such
 *          links. Files are created 0600, everything is opened with O_CLOEXEC.
 */
#ifndef VAULT_BASE_FILES_H
#define VAULT_BASE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vault/base/bytes.h"

/* Split at the last slash: *name is what follows it, in path; *parent is a new string. */
VAULT_CHECK vault_err path_split(char **parent, const char **name, const char *path);

/* Make folder `path` (mode 0700), sync its parent, and open it. VAULT_ERR_REFUSED: something of that
 * name is already there. */
VAULT_CHECK vault_err dir_make(int *fd, const char *path);
/* Open an existing folder. VAULT_ERR_NOT_FOUND, VAULT_ERR_INPUT (not a folder). */
VAULT_CHECK vault_err dir_open(int *fd, const char *path);
VAULT_CHECK vault_err dir_sync(int fd);
/* Close the folder to others (chmod 0700) when it is not. True when they may still enter it, as
 * on a file system that has no modes. */
bool dir_is_open_to_others(int fd);
/* Exclusive advisory lock on the folder (flock), kept until the descriptor closes.
 * VAULT_ERR_BUSY: another process holds it. */
VAULT_CHECK vault_err dir_lock(int fd);

/* Exists, as a regular file? */
bool file_exists(int dir, const char *name);

/* Read all of a regular file of at most `max` bytes into out (replaced; empty on error). `dir` may
 * be AT_FDCWD. VAULT_ERR_NOT_FOUND; VAULT_ERR_INPUT: not a regular file, or larger. */
VAULT_CHECK vault_err file_read(struct buf *out, int dir, const char *name, size_t max);
/* Read a descriptor to its end into out (replaced; empty on error). VAULT_ERR_INPUT: more than
 * `max` bytes. */
VAULT_CHECK vault_err fd_read_all(struct buf *out, int fd, size_t max);
/* Write everything, through EINTR and short writes. `what` completes "cannot write ...". */
VAULT_CHECK vault_err fd_write_all(int fd, const void *p, size_t n, const char *what);
/* The disk may begin with the `n` bytes before `end`, while more is made; it proves nothing. What has no disk
 * (a pipe) is fine. */
void fd_sync_begin(int fd, uint64_t end, uint64_t n);

/* Create `name` (must not exist: VAULT_ERR_REFUSED), write, sync file and folder. On error nothing
 * is left. */
VAULT_CHECK vault_err file_create(int dir, const char *name, const void *p, size_t n);
/* Replace a file in two steps, so that a commit can stand between them. file_stage writes and
 * syncs name_new; one that is there already is wiped first, so finish or drop a former change
 * before. */
VAULT_CHECK vault_err file_stage(int dir, const char *name_new, const void *p, size_t n);
/* file_swap renames name_new over `name`, syncs the folder, and then overwrites the old content
 * through its descriptor. It can fail after the rename: *renamed (or NULL) is true then, the change
 * stands, and the sentence says what was left undone. A missing `name` is fine; VAULT_ERR_NOT_FOUND:
 * name_new is missing. */
VAULT_CHECK vault_err file_swap(int dir, const char *name_new, const char *name, bool *renamed);
/* Write the file at a path whole, or leave it as it is: staged beside it under a hidden name, then swapped.
 * VAULT_ERR_INPUT: what is there is not a regular file. */
VAULT_CHECK vault_err file_replace(const char *path, const void *p, size_t n);
/* Overwrite with zeros through the open descriptor, sync, unlink, sync the folder. Missing is
 * fine. What cannot be overwritten (a symbolic link, no permission) is unlinked all the same, and
 * the error says so. */
VAULT_CHECK vault_err file_wipe(int dir, const char *name);
/* The same, as far as it can be, of what came to nothing. Keeps the last error. */
void file_take_back(int dir, const char *name);

/*
 * An output file for a person: mode 0600, and never in place of another file. It is written as a
 * hidden sibling (.withheld-plain- and 16 hexadecimal digits); the content appears under its name only at output_commit. The parent folder may
 * be reached through symbolic links, the name itself is not followed.
 */
struct output;
/* VAULT_ERR_INPUT: something of that name is there. VAULT_ERR_NOT_FOUND: no such folder. */
VAULT_CHECK vault_err output_open(struct output **out, const char *path);
/* Those of the same folder that a process which was killed left, which may be plaintext: overwritten and removed. How many; what
 * cannot be is passed over, as is what is being written. */
unsigned output_wipe_left(const struct output *o);
int output_fd(const struct output *o);                      /* for writing; belongs to o */
/* Syncs and gives it its name. *o is freed and NULL in any case; on error the file is gone
 * (overwritten). VAULT_ERR_INPUT: the name was taken meanwhile. */
VAULT_CHECK vault_err output_commit(struct output **o);
void output_abort(struct output **o);           /* overwrites, removes, frees; *o may be NULL */

#endif
