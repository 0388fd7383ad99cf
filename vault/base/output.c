/*
 * Output files: a hidden sibling, which takes the person's name for it when it is complete.
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "vault/base/fd.h"

struct output {
    int dir, fd;
    char *path;             /* as the person gave it */
    char *parent;
    const char *name;       /* in path */
    char hidden[HIDDEN_NAME];   /* its name until output_commit */
};

static void
output_free(struct output *o)
{
    if (o == NULL)
        return;
    fd_close(o->fd);
    fd_close(o->dir);
    free(o->parent);
    free(o->path);
    free(o);
}

static vault_err
already_there(const char *path)
{
    return err_say(VAULT_ERR_INPUT, "give another name; nothing is ever overwritten",
        "%s is already there", path);
}

vault_err
name_absent(int dir, const char *name, const char *path)
{
    struct stat st;

    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return already_there(path);
    if (errno != ENOENT)
        return err_errno(errno, "cannot make %s", path);
    return VAULT_OK;
}

static vault_err
make_hidden(struct output *o)
{
    hidden_name(o->hidden);
    o->fd = fd_open_at(o->dir, o->hidden, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    if (o->fd < 0)
        return err_errno(errno, "cannot make %s", o->path);
    return VAULT_OK;
}

vault_err
output_open(struct output **out, const char *path)
{
    struct output *o = calloc(1, sizeof *o);
    vault_err err;

    if (o == NULL)
        return err_nomem();
    o->dir = o->fd = -1;
    o->path = strdup(path);
    if (o->path == NULL) {
        err = err_nomem();
        goto done;
    }
    err = path_split(&o->parent, &o->name, o->path);
    if (err != VAULT_OK)
        goto done;
    if (o->name[0] == '\0') {
        err = err_say(VAULT_ERR_INPUT, NULL, "%s is not the name of a file", path);
        goto done;
    }
    err = dir_open(&o->dir, o->parent);
    if (err != VAULT_OK)
        goto done;
    /* The person learns now, and not after an hour of writing. output_commit asks again. */
    err = name_absent(o->dir, o->name, o->path);
    if (err != VAULT_OK)
        goto done;
    err = make_hidden(o);
    if (err != VAULT_OK)
        goto done;
    *out = o;
    o = NULL;
done:
    output_free(o);
    return err;
}

int
output_fd(const struct output *o)
{
    return o->fd;
}

/* The file system does not know this call, or this flag of it. */
static bool
is_unsupported(int errnum)
{
    return errnum == EINVAL || errnum == ENOSYS || errnum == EOPNOTSUPP || errnum == EPERM;
}

/* The two calls that do so in one step are not known everywhere: old FUSE systems have links and not
 * the flag, FAT has no links. Last comes a look and a rename, with a moment between them. */
vault_err
name_appear(int dir, const char *hidden, const char *name, const char *path)
{
    vault_err err;

    if (renameat2(dir, hidden, dir, name, RENAME_NOREPLACE) == 0)
        return VAULT_OK;
    if (errno == EEXIST)
        return already_there(path);
    if (!is_unsupported(errno))
        return err_errno(errno, "cannot make %s", path);

    if (linkat(dir, hidden, dir, name, 0) == 0) {
        (void)unlinkat(dir, hidden, 0);
        return VAULT_OK;
    }
    if (errno == EEXIST)
        return already_there(path);
    if (!is_unsupported(errno))
        return err_errno(errno, "cannot make %s", path);

    err = name_absent(dir, name, path);
    if (err != VAULT_OK)
        return err;
    if (renameat(dir, hidden, dir, name) != 0)
        return err_errno(errno, "cannot make %s", path);
    return VAULT_OK;
}

vault_err
output_commit(struct output **out)
{
    struct output *o = *out;
    vault_err err = VAULT_OK;

    if (fd_sync(o->fd) != 0)
        err = err_errno(errno, "cannot write %s", o->path);
    if (err == VAULT_OK)
        err = name_appear(o->dir, o->hidden, o->name, o->path);
    if (err != VAULT_OK) {
        output_abort(out);
        return err;
    }
    *out = NULL;
    err = dir_sync(o->dir);
    output_free(o);
    return err;
}

void
output_abort(struct output **out)
{
    struct output *o = *out;

    if (o == NULL)
        return;
    *out = NULL;
    fd_overwrite_all(o->fd);      /* it may be half of a decrypted attachment */
    (void)unlinkat(o->dir, o->hidden, 0);
    output_free(o);
}
