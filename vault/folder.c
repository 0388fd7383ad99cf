/*
 * folder.c - the folder of a new vault: session_new_folder.
 *
 * It is built whole in a folder beside it and renamed into place, so that a vault is there entirely or
 * not at all.
 */
#include "vault/session.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "vault/base/files.h"

static vault_err
check_name(const char *path)
{
    size_t n = strlen(path);

    if (n > 6 && strcmp(path + n - 6, ".vault") == 0 && path[n - 7] != '/')
        return VAULT_OK;
    return err_say(VAULT_ERR_INPUT, "for example: withheld init cases.vault",
        "the name of a vault ends in .vault");
}

/* A name that nobody else has: what a kill leaves there is never mistaken for a vault. */
static char *
working_name(const char *path)
{
    uint8_t random[6];
    char hex[2 * sizeof random + 1];
    char *s = NULL;

    randombytes_buf(random, sizeof random);
    hex_of(hex, random, sizeof random);
    return asprintf(&s, "%s.new-%s", path, hex) < 0 ? NULL : s;
}

/* Remove a half-made vault: only files that are ours, then the folder if that empties it. */
static void
remove_half_made(const char *path)
{
    static const char *const OURS[] = { KEYS_NAME, KEYS_NEW, DB_NAME, DB_NAME "-journal" };
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (dir < 0)
        return;
    for (size_t i = 0; i < sizeof OURS / sizeof OURS[0]; i++)
        (void)unlinkat(dir, OURS[i], 0);
    (void)close(dir);
    (void)rmdir(path);
}

static vault_err
sync_parent(const char *path)
{
    char *copy = strdup(path), *slash;
    int fd = -1;
    vault_err err;

    if (copy == NULL)
        return err_nomem();
    slash = strrchr(copy, '/');
    if (slash == copy)
        slash[1] = '\0';
    else if (slash != NULL)
        *slash = '\0';
    err = dir_open(&fd, slash == NULL ? "." : copy);
    if (err == VAULT_OK) {
        err = dir_sync(fd);
        (void)close(fd);
    }
    free(copy);
    return err;
}

static vault_err
must_not_exist(const char *path)
{
    if (access(path, F_OK) != 0)
        return VAULT_OK;
    return err_say(VAULT_ERR_INPUT, "choose another name; nothing is ever overwritten",
        "there is already something by the name of that vault");
}

static vault_err
move_into_place(const char *from, const char *to)
{
    vault_err err;

    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) != 0) {
        if (errno != EINVAL && errno != ENOSYS)
            return err_errno(errno, "cannot put the new vault in its place");
        /* A file system without that flag (FAT): rename onto a folder fails if it is not empty. */
        err = must_not_exist(to);
        if (err != VAULT_OK)
            return err;
        if (rename(from, to) != 0)
            return err_errno(errno, "cannot put the new vault in its place");
    }
    return sync_parent(to);
}

vault_err
session_may_make(const char *path)
{
    vault_err err = check_name(path);

    return err != VAULT_OK ? err : must_not_exist(path);
}

vault_err
session_new_folder(const char *path, vault_err (*fill)(vault *v, void *ctx), void *ctx)
{
    char *tmp = NULL;
    vault *v = NULL;
    bool made = false;
    vault_err err;

    err = session_may_make(path);
    if (err != VAULT_OK)
        return err;
    tmp = working_name(path);
    if (tmp == NULL)
        return err_nomem();
    err = session_new(&v, tmp);
    if (err == VAULT_OK)
        err = dir_make(&v->dir, tmp);
    made = err == VAULT_OK;
    if (v != NULL && !made)
        err = err_say(err, "make the folder that it is to lie in first",
            "cannot make the vault there: %s", err == VAULT_ERR_NOT_FOUND ?
            "there is no such folder" : "the folder cannot be written");
    if (err == VAULT_OK)
        err = fill(v, ctx);
    vault_close(v);
    if (err == VAULT_OK)
        err = move_into_place(tmp, path);
    if (err != VAULT_OK && made)
        remove_half_made(tmp);
    free(tmp);
    return err;
}
