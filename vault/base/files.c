#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "vault/base/fd.h"

/* ---- folders ---- */

vault_err
dir_sync(int fd)
{
    /* EINVAL: this file system has nothing to sync in a folder. */
    if (fd_sync(fd) != 0 && errno != EINVAL)
        return err_errno(errno, "cannot write the folder to disk");
    return VAULT_OK;
}

vault_err
dir_open(int *fd, const char *path)
{
    int opened = fd_open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);

    if (opened < 0 && errno == ENOTDIR)
        return err_say(VAULT_ERR_INPUT, NULL, "%s is not a folder", path);
    if (opened < 0)
        return err_errno(errno, "cannot open %s", path);
    *fd = opened;
    return VAULT_OK;
}

/* The entry in the parent must survive a power cut too. */
static vault_err
sync_parent(const char *path)
{
    char *parent = NULL;
    const char *name;
    int fd = -1;
    vault_err err;

    err = path_split(&parent, &name, path);
    if (err != VAULT_OK)
        goto done;
    err = dir_open(&fd, parent);
    if (err != VAULT_OK)
        goto done;
    err = dir_sync(fd);
done:
    fd_close(fd);
    free(parent);
    return err;
}

static vault_err
make_folder(int *fd, const char *path)
{
    vault_err err;

    if (mkdir(path, 0700) != 0) {
        if (errno == EEXIST)
            return err_say(VAULT_ERR_REFUSED, NULL, "%s is already there", path);
        return err_errno(errno, "cannot make the folder %s", path);
    }
    err = sync_parent(path);
    if (err == VAULT_OK) {
        *fd = fd_open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        if (*fd < 0)
            err = err_errno(errno, "cannot open %s", path);
    }
    if (err != VAULT_OK)
        (void)rmdir(path);
    return err;
}

vault_err
dir_make(int *fd, const char *path)
{
    size_t n = strlen(path);
    char *bare;         /* without slashes at its end: the shell's completion adds one */
    int made = -1;
    vault_err err;

    while (n > 1 && path[n - 1] == '/')
        n--;
    bare = strndup(path, n);
    if (bare == NULL)
        return err_nomem();
    err = make_folder(&made, bare);
    if (err == VAULT_OK)
        *fd = made;
    free(bare);
    return err;
}

bool
dir_is_open_to_others(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return true;
    if ((st.st_mode & 077) == 0)
        return false;
    /* A copied folder may have lost its mode. Where there are no modes, chmod fails or is
     * forgotten at once: the second look tells. */
    (void)fchmod(fd, 0700);
    return fstat(fd, &st) != 0 || (st.st_mode & 077) != 0;
}

vault_err
dir_lock(int fd)
{
    int rc;

    do
        rc = flock(fd, LOCK_EX | LOCK_NB);
    while (rc != 0 && errno == EINTR);
    if (rc == 0)
        return VAULT_OK;
    if (errno == EWOULDBLOCK)
        return err_say(VAULT_ERR_BUSY, "close it there first",
            "the vault is in use by another process");
    return err_errno(errno, "cannot lock the vault");
}

/* ---- files in a folder ---- */

bool
file_exists(int dir, const char *name)
{
    struct stat st;

    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* O_NONBLOCK: to open a FIFO must not wait for its writer. What is open is then judged, and not
 * the name, which could have been exchanged in between. */
vault_err
fd_open_regular(int *fd, struct stat *st, int dir, const char *name, int access)
{
    int opened = fd_open_at(dir, name, access | O_NOFOLLOW | O_NONBLOCK);

    if (opened < 0 && errno == ELOOP)
        return err_say(VAULT_ERR_INPUT, "name the file itself",
            "%s is a symbolic link, and those are not followed", name);
    /* A folder, a FIFO without a reader, a socket. */
    if (opened < 0 && (errno == EISDIR || errno == ENXIO))
        return err_say(VAULT_ERR_INPUT, NULL, "%s is not a regular file", name);
    if (opened < 0)
        return err_errno(errno, "cannot open %s", name);
    if (fstat(opened, st) != 0 || !S_ISREG(st->st_mode)) {
        fd_close(opened);
        return err_say(VAULT_ERR_INPUT, NULL, "%s is not a regular file", name);
    }
    *fd = opened;
    return VAULT_OK;
}

vault_err
file_read(struct buf *out, int dir, const char *name, size_t max)
{
    struct stat st;
    int fd = -1;
    vault_err err;

    buf_reset(out);
    err = fd_open_regular(&fd, &st, dir, name, O_RDONLY);
    if (err != VAULT_OK)
        return err;
    if ((uintmax_t)st.st_size > max) {
        err = fd_too_large(name, max);
        goto done;
    }
    /* One byte more sees the end without growing. */
    (void)buf_room(out, (size_t)st.st_size + 1);
    err = fd_read_rest(out, fd, max, name);
done:
    if (err != VAULT_OK)
        buf_reset(out);
    fd_close(fd);
    return err;
}

vault_err
file_create(int dir, const char *name, const void *p, size_t n)
{
    int fd = fd_open_at(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    vault_err err;

    if (fd < 0 && errno == EEXIST)
        return err_say(VAULT_ERR_REFUSED, NULL, "%s is already there", name);
    if (fd < 0)
        return err_errno(errno, "cannot make %s", name);
    err = fd_write_all(fd, p, n, name);
    if (err == VAULT_OK && fd_sync(fd) != 0)
        err = err_errno(errno, "cannot write %s", name);
    if (err == VAULT_OK)
        err = dir_sync(dir);
    if (err != VAULT_OK) {
        fd_overwrite_all(fd);
        (void)unlinkat(dir, name, 0);
    }
    fd_close(fd);
    return err;
}

vault_err
file_stage(int dir, const char *name_new, const void *p, size_t n)
{
    vault_err err = file_wipe(dir, name_new);

    return err == VAULT_OK ? file_create(dir, name_new, p, n) : err;
}

vault_err
file_swap(int dir, const char *name_new, const char *name, bool *renamed)
{
    struct stat st = {0};
    int old = -1;
    vault_err err;

    if (renamed != NULL)
        *renamed = false;
    /* Opened before its name is gone. */
    err = fd_open_regular(&old, &st, dir, name, O_WRONLY);
    if (err != VAULT_OK && err != VAULT_ERR_NOT_FOUND)
        goto done;
    vault_clear_error();
    if (renameat(dir, name_new, dir, name) != 0) {
        err = err_errno(errno, "cannot put %s in its place", name);
        goto done;
    }
    if (renamed != NULL)
        *renamed = true;
    /* Before the old content goes, or a power cut could leave the name with zeros behind it. */
    err = dir_sync(dir);
    if (err != VAULT_OK || old < 0)
        goto done;
    if (fd_overwrite(old, st.st_size) != 0)
        err = err_errno(errno, "%s was replaced, but its old content could not be overwritten",
            name);
done:
    fd_close(old);
    return err;
}

vault_err
file_replace(const char *path, const void *p, size_t n)
{
    char hidden[HIDDEN_NAME], *parent = NULL;
    const char *name;
    int dir = -1;
    vault_err err = path_split(&parent, &name, path);

    if (err == VAULT_OK)
        err = dir_open(&dir, parent);
    hidden_name(hidden);
    if (err == VAULT_OK)
        err = file_create(dir, hidden, p, n);
    if (err == VAULT_OK)
        err = file_swap(dir, hidden, name, NULL);
    if (dir >= 0)
        (void)unlinkat(dir, hidden, 0);     /* gone already, but after an error */
    fd_close(dir);
    free(parent);
    return err;
}

vault_err
file_wipe(int dir, const char *name)
{
    struct stat st;
    int fd = -1;
    vault_err err, removed = VAULT_OK;

    err = fd_open_regular(&fd, &st, dir, name, O_WRONLY);
    if (err == VAULT_ERR_NOT_FOUND) {
        vault_clear_error();
        return VAULT_OK;
    }
    if (err == VAULT_OK && fd_overwrite(fd, st.st_size) != 0)
        err = err_errno(errno, "cannot overwrite %s", name);
    /* Also what could not be overwritten is better gone. */
    if (unlinkat(dir, name, 0) != 0 && errno != ENOENT)
        removed = err_errno(errno, "cannot remove %s", name);
    else
        removed = dir_sync(dir);
    fd_close(fd);
    return err != VAULT_OK ? err : removed;
}

void
file_take_back(int dir, const char *name)
{
    struct vault_error said = *vault_last_error();

    if (file_wipe(dir, name) != VAULT_OK)
        vault_clear_error();            /* unlinked all the same, where it could be */
    (void)err_say(said.code, said.hint[0] == '\0' ? NULL : said.hint, "%s", said.text);
}
