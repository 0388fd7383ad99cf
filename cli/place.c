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

#define RANDOM_CHARS 16         /* of the name of a view's file, which begins with them */

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

/* ---- what is left in it ---- */

static DIR *
open_dir(int at, const char *name)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);

    if (d == NULL && fd >= 0)
        close(fd);
    return d;
}

/* The folder is locked as long as somebody looks at what is left in it, or makes or renames the file of a view: so nobody takes
 * a file for one that was left that has no lock yet. NULL: without a lock, then. */
static DIR *
open_folder(void)
{
    DIR *d = open_dir(AT_FDCWD, folder);

    while (d != NULL && flock(dirfd(d), LOCK_EX) != 0 && errno == EINTR)
        ;
    return d;
}

static void
close_folder(DIR *d)
{
    if (d != NULL)
        closedir(d);
}

static struct dirent *
next_entry(DIR *d)
{
    struct dirent *e;

    do {
        e = readdir(d);
    } while (e != NULL && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0));
    return e;
}

/* Does it have the random part of a view's file in it? Where, or NULL. */
static const char *
random_part(const char *name)
{
    for (; *name != '\0'; name++)
        if (strspn(name, "0123456789abcdef") >= RANDOM_CHARS)
            return name;
    return NULL;
}

/* What views of others that run show now: whoever shows a file has it locked. */
struct shown {
    char (*random)[RANDOM_CHARS];
    size_t n;
    bool unknown;               /* no memory to remember one */
};

static void
note_shown(struct shown *s, const char *name)
{
    void *more = realloc(s->random, (s->n + 1) * sizeof *s->random);

    if (more == NULL) {
        s->unknown = true;
        return;
    }
    s->random = more;
    memcpy(s->random[s->n++], name, RANDOM_CHARS);
}

static bool
is_locked(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0;

    if (fd >= 0)
        close(fd);
    return locked;
}

static void
look_who_shows(DIR *d, const char *own, struct shown *s)
{
    rewinddir(d);
    for (struct dirent *e; (e = next_entry(d)) != NULL;)
        if (random_part(e->d_name) == e->d_name && (own == NULL || strncmp(e->d_name, own, RANDOM_CHARS) != 0) &&
            is_locked(dirfd(d), e->d_name))
            note_shown(s, e->d_name);
}

/* What tells no view's name may be that of any that runs: the last of them removes it. */
static bool
is_of_another(const struct shown *s, const char *name)
{
    if (s->unknown || (s->n != 0 && random_part(name) == NULL))
        return true;
    for (size_t i = 0; i < s->n; i++)
        if (memmem(name, strlen(name), s->random[i], RANDOM_CHARS) != NULL)
            return true;
    return false;
}

/* A folder, too: some viewers make one. */
static void
remove_entry(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    DIR *d;

    if (fd >= 0) {
        overwrite(fd);
        close(fd);
    }
    if (unlinkat(dir, name, 0) == 0 || errno != EISDIR)
        return;
    d = open_dir(dir, name);
    for (struct dirent *e; d != NULL && (e = next_entry(d)) != NULL;)
        remove_entry(dirfd(d), e->d_name);
    if (d != NULL)
        closedir(d);
    (void)unlinkat(dir, name, AT_REMOVEDIR);
}

/* What runs left that were killed, and what viewers put beside a file: copies, under names that begin with a dot as well.
 * `own` (or NULL): the random part of a view that ends now. */
static void
remove_left(const char *own)
{
    struct shown others = { 0 };
    DIR *d = open_folder();

    if (d == NULL)
        return;
    look_who_shows(d, own, &others);
    rewinddir(d);
    for (struct dirent *e; (e = next_entry(d)) != NULL;)
        if (!is_of_another(&others, e->d_name) || (own != NULL && strstr(e->d_name, own) != NULL))
            remove_entry(dirfd(d), e->d_name);
    free(others.random);
    close_folder(d);
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
    remove_left(NULL);
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
    vault_err err = VAULT_OK;
    char *p = NULL;
    DIR *lock;
    int made;

    if (getrandom(&random, sizeof random, 0) != sizeof random)
        return fail(VAULT_ERR_FAILED, NULL, "the system gives no random numbers");
    if (asprintf(&p, "%s/%016llx", folder, random) < 0)
        return fail_nomem();
    lock = open_folder();
    made = open(p, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (made < 0 || flock(made, LOCK_EX | LOCK_NB) != 0)
        err = fail_errno(errno, "cannot make a file in %s", folder);
    close_folder(lock);
    if (err != VAULT_OK) {
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
    vault_err err = VAULT_OK;
    char *p = NULL;
    DIR *lock;

    if (asprintf(&p, "%s.%s", *path, end) < 0)
        return fail_nomem();
    lock = open_folder();
    if (rename(*path, p) != 0)
        err = fail_errno(errno, "cannot name the file in %s", folder);
    close_folder(lock);
    if (err != VAULT_OK) {
        free(p);
        return err;
    }
    free(*path);
    *path = p;
    return VAULT_OK;
}

void
place_memory_wipe(char *path, int fd)
{
    char own[RANDOM_CHARS + 1] = "";

    if (path != NULL && fd >= 0) {
        overwrite(fd);
        (void)unlink(path);
        memcpy(own, strrchr(path, '/') + 1, RANDOM_CHARS);
        remove_left(own);
    }
    if (fd >= 0)
        close(fd);
    free(path);
}
