#include "cli/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "cli/fail.h"

vault_err
place_new(const char *home, const char *path)
{
    struct stat st;
    vault_err err = kept(vault_may_put(home, path));

    if (err != VAULT_OK)
        return err;
    if (lstat(path, &st) == 0)
        return fail(VAULT_ERR_INPUT, "choose another name; nothing is ever overwritten",
            "%s is already there", path);
    return VAULT_OK;
}

static bool
is_memory(const struct statfs *fs)
{
    return (unsigned long)fs->f_type == TMPFS_MAGIC || (unsigned long)fs->f_type == RAMFS_MAGIC;
}

bool
place_in_memory(const char *path)
{
    char *copy = strdup(path), *slash;
    struct statfs fs;
    bool memory;

    if (copy == NULL)
        return false;
    slash = strrchr(copy, '/');
    if (slash != NULL)
        slash[slash == copy] = '\0';
    memory = statfs(slash == NULL ? "." : copy, &fs) == 0 && is_memory(&fs);
    free(copy);
    return memory;
}

bool
place_is_disk(int fd)
{
    struct statfs fs;
    struct stat st;

    if (fstat(fd, &st) != 0)
        return false;
    return S_ISBLK(st.st_mode) || (S_ISREG(st.st_mode) && (fstatfs(fd, &fs) != 0 || !is_memory(&fs)));
}

/* ---- the folder in memory ---- */

static char folder[256];

static bool
try_folder(const char *parent, const char *name)
{
    struct statfs fs;
    struct stat st;

    if (parent == NULL || parent[0] != '/' || statfs(parent, &fs) != 0 || !is_memory(&fs) ||
        (size_t)snprintf(folder, sizeof folder, "%s/%s", parent, name) >= sizeof folder)
        return false;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return false;
    /* Somebody else may have taken the name, where everybody may. */
    return lstat(folder, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
        (st.st_mode & 077) == 0 && statfs(folder, &fs) == 0 && is_memory(&fs);
}

static void
overwrite(int fd)
{
    static const char zeros[4096];
    struct stat st;

    if (fstat(fd, &st) != 0)
        return;
    for (off_t at = 0; at < st.st_size;) {
        size_t n = st.st_size - at < (off_t)sizeof zeros ? (size_t)(st.st_size - at) : sizeof zeros;
        ssize_t put = pwrite(fd, zeros, n, at);

        if (put <= 0 && errno != EINTR)
            break;
        at += put > 0 ? put : 0;
    }
}

/* Whoever shows a file has it locked: what is not locked was left by a run that was killed. */
static void
remove_left(void)
{
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = dir < 0 ? NULL : fdopendir(dir);

    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        int fd = e->d_name[0] == '.' ? -1 :
            openat(dir, e->d_name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
            overwrite(fd);
            (void)unlinkat(dir, e->d_name, 0);
        }
        if (fd >= 0)
            close(fd);
    }
    if (d != NULL)
        closedir(d);
}

vault_err
place_memory_make(void)
{
    char name[40];

    snprintf(name, sizeof name, "withheld-%u", (unsigned)geteuid());
    if (folder[0] == '\0' && !try_folder(getenv("XDG_RUNTIME_DIR"), "withheld") && !try_folder("/dev/shm", name)) {
        folder[0] = '\0';
        return fail(VAULT_ERR_REFUSED, "`extract` writes it to a disk, where it stays",
            "there is no storage here that is kept in memory only");
    }
    remove_left();
    return VAULT_OK;
}

const char *
place_memory(void)
{
    return folder[0] == '\0' ? NULL : folder;
}

vault_err
place_memory_file(char **path, int *fd)
{
    unsigned long long random = 0;
    char *p = NULL;
    int made;

    if (getrandom(&random, sizeof random, 0) != sizeof random)
        return fail(VAULT_ERR_FAILED, NULL, "the system gives no random numbers");
    if (asprintf(&p, "%s/%016llx", folder, random) < 0)
        return fail_nomem();
    made = open(p, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (made < 0 || flock(made, LOCK_EX | LOCK_NB) != 0) {
        vault_err err = fail_errno(errno, "cannot make a file in %s", folder);

        place_memory_wipe(p, made);
        return err;
    }
    *path = p;
    *fd = made;
    return VAULT_OK;
}

vault_err
place_memory_name(char **path, const char *end)
{
    char *p = NULL;

    if (asprintf(&p, "%s.%s", *path, end) < 0)
        return fail_nomem();
    if (rename(*path, p) != 0) {
        free(p);
        return fail_errno(errno, "cannot name the file in %s", folder);
    }
    free(*path);
    *path = p;
    return VAULT_OK;
}

void
place_memory_wipe(char *path, int fd)
{
    if (fd >= 0) {
        overwrite(fd);
        close(fd);
    }
    if (path != NULL && fd >= 0)
        (void)unlink(path);
    free(path);
}
