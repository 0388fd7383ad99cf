/*
 * Output files: a hidden sibling, which takes the person's name for it when it is complete.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "vault/base/fd.h"

/* What is written may be plaintext: a name that tells so, unlike that of a backup, which is encrypted. */
#define PLAIN ".withheld-plain-"
#define PLAIN_NAME (sizeof PLAIN + PLAIN_HEX)
#define PLAIN_HEX 16
#define TRIES 8

struct output {
    int dir, fd;
    char *path;             /* as the person gave it */
    char *parent;
    const char *name;       /* in path */
    char hidden[PLAIN_NAME];    /* its name until output_commit */
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

static bool
lock(int fd)
{
    int rc;

    do
        rc = flock(fd, LOCK_EX | LOCK_NB);
    while (rc != 0 && errno == EINTR);
    return rc == 0;
}

/* Locked until it is closed: what is not locked was left by a process that was killed. False: somebody took it for such a
 * one in the moment before. Where nothing can be locked nothing is taken for one. */
static bool
hold(int fd)
{
    struct stat st;

    return lock(fd) ? fstat(fd, &st) == 0 && st.st_nlink > 0 : errno != EWOULDBLOCK;
}

static vault_err
make_hidden(struct output *o)
{
    uint8_t random[PLAIN_HEX / 2];
    char hex[PLAIN_HEX + 1];

    for (unsigned i = 0; i < TRIES; i++) {
        randombytes_buf(random, sizeof random);
        hex_of(hex, random, sizeof random);
        snprintf(o->hidden, sizeof o->hidden, PLAIN "%s", hex);
        o->fd = fd_open_at(o->dir, o->hidden, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
        if (o->fd < 0)
            return err_errno(errno, "cannot make %s", o->path);
        if (hold(o->fd))
            return VAULT_OK;
        fd_close(o->fd);
        o->fd = -1;
        (void)unlinkat(o->dir, o->hidden, 0);
    }
    return err_say(VAULT_ERR_FAILED, "try again", "cannot make %s: another process removes it", o->path);
}

/* ---- what was left ---- */

static bool
is_plain(const char *name)
{
    size_t n = strlen(PLAIN);

    return strncmp(name, PLAIN, n) == 0 && strlen(name) == n + PLAIN_HEX &&
        strspn(name + n, "0123456789abcdef") == PLAIN_HEX;
}

/* Once it is locked the name must still be its own: it may have been completed, and be somebody's file by now. */
static bool
is_left(int dir, const char *name, int fd)
{
    struct stat st, named;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && lock(fd) &&
        fstat(fd, &st) == 0 && fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
        named.st_ino == st.st_ino && named.st_dev == st.st_dev;
}

/* One with two names was killed in the middle of getting its own: only the hidden name goes. */
static unsigned
wipe_left(int dir, const char *name)
{
    int fd = fd_open_at(dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
    bool gone = false;
    struct stat st;

    if (fd >= 0 && is_left(dir, name, fd) && fstat(fd, &st) == 0) {
        gone = st.st_nlink > 1 || fd_overwrite(fd, st.st_size) == 0;
        gone = unlinkat(dir, name, 0) == 0 && gone;
    }
    fd_close(fd);
    return gone;
}

unsigned
output_wipe_left(const struct output *o)
{
    int copy = fcntl(o->dir, F_DUPFD_CLOEXEC, 0);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    struct dirent *e;
    unsigned n = 0;

    if (list == NULL) {
        fd_close(copy);
        return 0;
    }
    rewinddir(list);
    while ((e = readdir(list)) != NULL)
        if (is_plain(e->d_name))
            n += wipe_left(o->dir, e->d_name);
    (void)closedir(list);
    return n;
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
    err = dir_sync(o->dir);
    if (err != VAULT_OK) {          /* nobody is told of a failure and finds the file there */
        (void)unlinkat(o->dir, o->name, 0);
        output_abort(out);
        return err;
    }
    *out = NULL;
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
