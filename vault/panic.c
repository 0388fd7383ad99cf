/*
 * panic.c - vault_panic: erase the files that hold the ways in, now.
 *
 * It takes no lock and no key, and asks nothing of what it erases: somebody is at the door. Both files are
 * overwritten before either name is removed, so that being cut short leaves as little as possible. What another
 * process, which was changing its keys, put in the place of one meanwhile is overwritten as its name goes.
 * What else the folder holds stays; without `keys` nobody can read it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "vault/base/fd.h"
#include "vault/session.h"

/* `keys` is 4 KiB. A file that somebody made larger must not make us wait. */
#define ERASE_MAX ((off_t)1 << 20)
/* Another process that is changing its keys right now may put a file there again. */
#define ROUNDS 3

static const char *const NAMES[] = { KEYS_NAME, KEYS_NEW };
#define N_NAMES (sizeof NAMES / sizeof NAMES[0])

static bool
is_there(int dir, const char *name, struct stat *st)
{
    return fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* For writing, also where the file's mode forbids that to its owner. */
static int
open_to_erase(int dir, const char *name)
{
    int fd = fd_open_at(dir, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
    int closed;

    if (fd >= 0 || errno != EACCES)
        return fd;
    closed = fd_open_at(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (closed < 0)
        return -1;
    (void)fchmod(closed, 0600);
    fd = fd_open_at(dir, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
    fd_close(closed);
    return fd;
}

static vault_err
overwrite(int dir, const char *name, ino_t *which)
{
    struct stat st;
    int fd;
    vault_err err = VAULT_OK;

    *which = 0;

    if (!is_there(dir, name, &st))
        return VAULT_OK;
    if (!S_ISREG(st.st_mode))
        return err_say(VAULT_ERR_FAILED, "if it named the real file, erase that as well",
            "%s was not a file but %s: what it leads to is not touched", name,
            S_ISLNK(st.st_mode) ? "a symbolic link" : "something else");
    fd = open_to_erase(dir, name);
    if (fd < 0 || fstat(fd, &st) != 0 ||
        fd_overwrite(fd, st.st_size < ERASE_MAX ? st.st_size : ERASE_MAX) != 0)
        err = err_errno(errno, "%s could not be overwritten", name);
    else
        *which = st.st_ino;
    fd_close(fd);
    return err;
}

static vault_err
take_name(int dir, const char *name)
{
    if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
        return VAULT_OK;
    if (errno == EACCES && fchmod(dir, 0700) == 0 && unlinkat(dir, name, 0) == 0)
        return VAULT_OK;
    return err_errno(errno, "%s could not be removed", name);
}

/* Under a name that nobody else knows it stays the same file. False: there is none, or it cannot be renamed. */
static bool
take_aside(int dir, const char *name, char aside[static 32])
{
    uint64_t r;

    randombytes_buf(&r, sizeof r);
    snprintf(aside, 32, ".withheld-%016" PRIx64, r);
    if (renameat(dir, name, dir, aside) == 0)
        return true;
    return errno == EACCES && fchmod(dir, 0700) == 0 && renameat(dir, name, dir, aside) == 0;
}

/* which: the file of that name that was overwritten. Another one is, before it is let go. */
static vault_err
take_away(int dir, const char *name, ino_t which)
{
    char aside[32];
    struct stat st;
    ino_t same;
    vault_err err = VAULT_OK, gone;

    /* Where there was none, one that comes now is left to the next round: to unlink it blindly would leave its content. */
    if (!take_aside(dir, name, aside))
        return errno == ENOENT ? VAULT_OK : take_name(dir, name);
    if (is_there(dir, aside, &st) && S_ISREG(st.st_mode) && st.st_ino != which)
        err = overwrite(dir, aside, &same);
    gone = take_name(dir, aside);
    return err != VAULT_OK ? err : gone;
}

/* Everything is tried; the first error is kept, and its sentence. */
static vault_err
first_of(vault_err first, struct vault_error *said, vault_err err)
{
    if (first == VAULT_OK && err != VAULT_OK)
        *said = *vault_last_error();
    return first != VAULT_OK ? first : err;
}

static vault_err
erase_both(int dir, struct vault_error *said)
{
    ino_t which[N_NAMES];
    vault_err err = VAULT_OK;

    for (size_t i = 0; i < N_NAMES; i++)
        err = first_of(err, said, overwrite(dir, NAMES[i], &which[i]));
    for (size_t i = 0; i < N_NAMES; i++)
        err = first_of(err, said, take_away(dir, NAMES[i], which[i]));
    return first_of(err, said, dir_sync(dir));
}

static bool
anything_left(int dir)
{
    struct stat st;

    return is_there(dir, KEYS_NAME, &st) || is_there(dir, KEYS_NEW, &st);
}

/* A slip in the name must neither erase somebody's file called keys nor pass for success. */
static vault_err
is_a_vault(int dir)
{
    struct keyfile kf;
    struct buf b = BUF_INIT;
    vault_err err;

    if (file_exists(dir, DB_NAME))
        return VAULT_OK;
    for (size_t i = 0; i < N_NAMES; i++) {
        err = file_read(&b, dir, NAMES[i], KEYFILE_BYTES);
        if (err == VAULT_OK)
            err = keyfile_decode(&kf, b.p, b.n);
        buf_free(&b);
        if (err == VAULT_OK || err == VAULT_ERR_DAMAGED)
            return VAULT_OK;        /* damaged, but one of a vault */
    }
    return err_say(VAULT_ERR_INPUT, "name the vault's folder", "that folder is not a vault");
}

vault_err
vault_panic(const char *path)
{
    struct vault_error said = { .code = VAULT_OK };
    int dir = -1;
    vault_err err;

    vault_clear_error();
    err = dir_open(&dir, path);
    if (err == VAULT_OK)
        err = is_a_vault(dir);
    if (err == VAULT_OK) {
        err = erase_both(dir, &said);
        for (int i = 1; i < ROUNDS && anything_left(dir); i++)
            err = first_of(err, &said, erase_both(dir, &said));
        if (err == VAULT_OK && anything_left(dir))
            err = first_of(err, &said, err_say(VAULT_ERR_FAILED, "end it, and run panic again",
                "another process goes on putting the file keys back"));
        vault_clear_error();
        if (err != VAULT_OK)
            (void)err_say(err, said.hint[0] == '\0' ? NULL : said.hint, "%s", said.text);
    }
    fd_close(dir);
    return err;
}
