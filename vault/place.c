/*
 * place.c - the folder of a vault holds the vault and nothing else: what a person names may not lie there.
 *
 * A file taken from there and removed takes the vault with it. One that is put there may get a name that the vault
 * gives a meaning (keys.new), is copied and rolled back with the vault, or is taken for a part of it.
 */
#include "vault/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/fd.h"

static bool
same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* By what they are and not by their names: links and mounts give one folder several. */
static vault_err
lies_below(bool *below, const char *folder, const struct stat *home)
{
    struct stat st, last = {0};
    int at = fd_open_at(AT_FDCWD, folder, O_PATH | O_DIRECTORY), up;

    *below = false;
    if (at < 0 && errno == ENOTDIR)
        return err_say(VAULT_ERR_INPUT, NULL, "%s is not a folder", folder);
    if (at < 0)
        return err_errno(errno, "cannot open %s", folder);
    while (at >= 0 && fstat(at, &st) == 0 && !same_file(&st, &last)) {
        *below = *below || same_file(&st, home);
        last = st;
        up = fd_open_at(at, "..", O_PATH | O_DIRECTORY);
        fd_close(at);
        at = up;
    }
    fd_close(at);
    return VAULT_OK;
}

static vault_err
parent_of(char **parent, const char *path)
{
    size_t n = strlen(path);
    const char *name;
    char *bare;
    vault_err err;

    while (n > 1 && path[n - 1] == '/')     /* as the completion of a shell leaves a folder */
        n--;
    bare = strndup(path, n);
    if (bare == NULL)
        return err_nomem();
    err = path_split(parent, &name, bare);
    free(bare);
    return err;
}

static vault_err
lies_in(bool *in, const char *path, const struct stat *home)
{
    char *parent = NULL;
    vault_err err = parent_of(&parent, path);

    if (err == VAULT_OK)
        err = lies_below(in, parent, home);
    free(parent);
    return err;
}

vault_err
session_lies_inside(const vault *v, const char *path, bool *inside)
{
    struct stat st;

    *inside = false;
    if (fstat(v->dir, &st) != 0)
        return err_errno(errno, "cannot look at the vault folder");
    return lies_in(inside, path, &st);
}

/* ---- outputs ---- */

static vault_err
judge_output(const char *path, const struct stat *home)
{
    bool inside = false;
    vault_err err = lies_in(&inside, path, home);

    if (err == VAULT_ERR_NOT_FOUND || err == VAULT_ERR_INPUT) {     /* whoever makes it has the better sentence */
        vault_clear_error();
        return VAULT_OK;
    }
    return err != VAULT_OK || !inside ? err : err_say(VAULT_ERR_REFUSED,
        "choose another folder; that one is for the vault's own files",
        "%s would lie in the folder of the vault", path);
}

vault_err
session_may_put(const vault *v, const char *path)
{
    struct stat st;

    if (fstat(v->dir, &st) != 0)
        return err_errno(errno, "cannot look at the vault folder");
    return judge_output(path, &st);
}

/* A folder with a name and files like those of a vault. */
static vault_err
judge_any(const char *path)
{
    char *parent = NULL, *real = NULL;
    struct stat st;
    size_t n;
    int dir;
    bool inside = false;
    vault_err err = parent_of(&parent, path);

    if (err == VAULT_OK)
        real = realpath(parent, NULL);
    n = real == NULL ? 0 : strlen(real);
    dir = n > 6 && strcmp(real + n - 6, ".vault") == 0 ? fd_open_at(AT_FDCWD, real, O_RDONLY | O_DIRECTORY) : -1;
    for (const char *const *name = session_files; dir >= 0 && *name != NULL; name++)
        inside = inside || fstatat(dir, *name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    fd_close(dir);
    free(real);
    free(parent);
    vault_clear_error();
    return !inside ? VAULT_OK : err_say(VAULT_ERR_REFUSED, "choose another folder; that one is for the vault's own files",
        "%s would lie in the folder of a vault", path);
}

vault_err
vault_may_put(const char *vault_path, const char *path)
{
    struct stat st;

    vault_clear_error();
    if (vault_path == NULL)
        return judge_any(path);
    if (stat(vault_path, &st) != 0)
        return VAULT_OK;                    /* whoever opens it says so */
    return judge_output(path, &st);
}

/* ---- sources ---- */

bool
session_owns(const vault *v, const struct stat *st)
{
    struct stat own;

    for (const char *const *name = session_files; *name != NULL; name++)
        if (fstatat(v->dir, *name, &own, AT_SYMLINK_NOFOLLOW) == 0 && same_file(&own, st))
            return true;
    return false;
}

vault_err
session_is_own(const char *path)
{
    return err_say(VAULT_ERR_REFUSED, "name a file outside the folder of the vault",
        "%s belongs to the vault itself", path);
}

/* Another vault, or a copy of one. */
static bool
is_vault(const char *folder)
{
    size_t n = strlen(folder);
    int dir = fd_open_at(AT_FDCWD, folder, O_PATH | O_DIRECTORY);
    bool both = dir >= 0 && file_exists(dir, KEYS_NAME) && file_exists(dir, DB_NAME);

    fd_close(dir);
    return both || (n > 6 && strcmp(folder + n - 6, ".vault") == 0);
}

static vault_err
judge_real(const vault *v, const char *real, const char *path, bool move)
{
    char *parent = NULL;
    bool inside = false;
    vault_err err = session_lies_inside(v, real, &inside);

    if (err == VAULT_OK)
        err = parent_of(&parent, real);
    if (err == VAULT_OK && inside)
        err = session_is_own(path);
    else if (err == VAULT_OK && move && is_vault(parent))
        err = err_say(VAULT_ERR_REFUSED, "attach it without --move",
            "%s lies in the folder of a vault, which would not survive that", path);
    free(parent);
    return err;
}

vault_err
session_may_take(const vault *v, const char *path, bool move)
{
    struct stat st;
    char *real;
    vault_err err;

    if (stat(path, &st) != 0)
        return VAULT_OK;                    /* whoever opens it says why not */
    if (session_owns(v, &st))
        return session_is_own(path);
    real = realpath(path, NULL);
    if (real == NULL)
        return VAULT_OK;
    err = judge_real(v, real, path, move);
    free(real);
    return err;
}
