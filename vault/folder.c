/*
 * folder.c - new folders: of a vault (session_new_folder), of a statement (session_make_folder).
 *
 * One is built whole beside its place and renamed into it, so that it is there entirely or not at all.
 */
#include "vault/session.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
    size_t n = strlen(path);

    while (n > 1 && path[n - 1] == '/')
        n--;
    randombytes_buf(random, sizeof random);
    hex_of(hex, random, sizeof random);
    return asprintf(&s, "%.*s.new-%s", (int)n, path, hex) < 0 ? NULL : s;
}

/* Only files that are ours, then the folder if that empties it. */
static void
remove_half_made(const char *path, int dir, const struct made_folder *f)
{
    for (const char *const *ours = f->files; *ours != NULL; ours++)
        if (f->plain)
            file_take_back(dir, *ours);
        else
            (void)unlinkat(dir, *ours, 0);
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
    for (size_t n = strlen(copy); n > 1 && copy[n - 1] == '/';)     /* or it would be the folder itself */
        copy[--n] = '\0';
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
must_not_exist(const char *path, const char *what)
{
    struct stat st;

    if (path[0] == '\0')
        return err_say(VAULT_ERR_INPUT, NULL, "the name of the new %s is empty", what);
    if (lstat(path, &st) != 0)
        return VAULT_OK;
    return err_say(VAULT_ERR_INPUT, "choose another name; nothing is ever overwritten",
        "there is already something by the name of that %s", what);
}

static vault_err
move_into_place(const char *from, const char *to, const char *what)
{
    vault_err err;

    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return VAULT_OK;
    if (errno != EINVAL && errno != ENOSYS)
        return err_errno(errno, "cannot put the new %s in its place", what);
    /* A file system without that flag (FAT): rename onto a folder fails if it is not empty. */
    err = must_not_exist(to, what);
    if (err == VAULT_OK && rename(from, to) != 0)
        err = err_errno(errno, "cannot put the new %s in its place", what);
    return err;
}

vault_err
session_may_make(const char *path)
{
    vault_err err = check_name(path);

    return err != VAULT_OK ? err : must_not_exist(path, "vault");
}

vault_err
session_make_folder(const struct made_folder *f,
    vault_err (*fill)(const char *path, int dir, void *ctx), void *ctx)
{
    char *tmp = NULL;
    const char *at;
    int dir = -1;
    vault_err err;

    err = must_not_exist(f->path, f->what);
    if (err != VAULT_OK)
        return err;
    tmp = working_name(f->path);
    if (tmp == NULL)
        return err_nomem();
    at = tmp;
    err = dir_make(&dir, tmp);
    if (err != VAULT_OK)
        err = err_say(err, "make the folder that it is to lie in first",
            "cannot make the %s there: %s", f->what, err == VAULT_ERR_NOT_FOUND ?
            "there is no such folder" : "the folder cannot be written");
    if (err == VAULT_OK)
        err = fill(tmp, dir, ctx);
    if (err == VAULT_OK)
        err = move_into_place(tmp, f->path, f->what);
    if (err == VAULT_OK) {
        at = f->path;
        err = sync_parent(at);
    }
    /* A vault that has its place is whole, and stays; but nobody is told of a failure and finds what all can read. */
    if (err != VAULT_OK && dir >= 0 && (at == tmp || f->plain))
        remove_half_made(at, dir, f);
    if (dir >= 0)
        (void)close(dir);
    free(tmp);
    return err;
}

/* ---- a vault ---- */

struct vault_fill {
    vault_err (*fill)(vault *v, void *ctx);
    void *ctx;
};

static vault_err
fill_vault(const char *path, int dir, void *ctx)
{
    const struct vault_fill *f = ctx;
    vault *v = NULL;
    vault_err err = session_new(&v, path);

    if (err == VAULT_OK) {
        v->dir = fcntl(dir, F_DUPFD_CLOEXEC, 0);
        err = v->dir < 0 ? err_errno(errno, "cannot make the vault") : f->fill(v, f->ctx);
    }
    vault_close(v);
    return err;
}

const char *const session_files[] = { KEYS_NAME, KEYS_NEW, DB_NAME, DB_NAME "-journal", DB_NEW,
    DB_NEW "-journal", NULL };

vault_err
session_new_folder(const char *path, vault_err (*fill)(vault *v, void *ctx), void *ctx)
{
    const struct made_folder made = { .path = path, .what = "vault", .files = session_files };
    struct vault_fill f = { fill, ctx };
    vault_err err = session_may_make(path);

    return err != VAULT_OK ? err : session_make_folder(&made, fill_vault, &f);
}
