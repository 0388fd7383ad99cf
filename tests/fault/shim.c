/* shim.c - see shim.h. The real work is done by syscall(2), as the names of libc are taken. */
#include "tests/fault/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "tests/fault/lots.h"
#include "tests/fault/watch.h"

static struct {
    enum shim_mode mode;
    long at;
    int error;
    pthread_mutex_t lock;
} shim = { .lock = PTHREAD_MUTEX_INITIALIZER };

static long *count;             /* shared with children */

static struct tape *tape;

void
shim_arm(enum shim_mode mode, long at, int error)
{
    shim.mode = mode;
    shim.at = at;
    shim.error = error;
    *count = 0;
}

long
shim_count(void)
{
    return *count;
}

__attribute__((constructor)) static void
make_count(void)
{
    void *p = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        abort();
    count = p;
}

static void
die(void)
{
    (void)kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

static bool
is_file(int fd)
{
    struct stat st;

    return fd > 2 && fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

static bool
reads_fail(void)
{
    return shim.mode == SHIM_READ || shim.mode == SHIM_READ_FROM;
}

/* Before each call that changes something (or, with SHIM_READ, that reads). False: it must fail, errno is set. */
static bool
count_one(void)
{
    bool now, later, from = shim.mode == SHIM_FAIL_FROM || shim.mode == SHIM_READ_FROM;

    pthread_mutex_lock(&shim.lock);
    ++*count;
    now = *count == shim.at;
    later = *count > shim.at;
    pthread_mutex_unlock(&shim.lock);
    if (now && (shim.mode == SHIM_KILL || shim.mode == SHIM_TORN))
        die();
    if ((now && shim.mode != SHIM_RECORD) || (later && from)) {
        errno = shim.error;
        return false;
    }
    return true;
}

static bool
tears(void)
{
    return shim.mode == SHIM_TORN || shim.mode == SHIM_FAIL_TORN;
}

/* With SHIM_SHORT: writing number `at` has been. */
static bool
is_full_now(void)
{
    if (shim.mode != SHIM_SHORT || *count < shim.at)
        return false;
    errno = shim.error;
    return true;
}

static bool
go_on(void)
{
    if (shim.mode == SHIM_SHORT)
        return !is_full_now();
    return shim.mode == SHIM_OFF || reads_fail() || tears() || count_one();
}

static bool
go_on_reading(void)
{
    return !reads_fail() || count_one();
}

/* Is this the write of which half is done? */
static bool
is_torn(size_t n)
{
    return (tears() || shim.mode == SHIM_FAIL_ANY) && n > 1 && *count + 1 == shim.at;
}

/* Before a write; a byte has no half. *n: how much of it is done. */
static bool
go_on_writing(size_t *n)
{
    if (shim.mode == SHIM_SHORT && *n > 1) {
        bool full;
        pthread_mutex_lock(&shim.lock);
        full = is_full_now();
        if (++*count == shim.at)
            *n /= 2;
        pthread_mutex_unlock(&shim.lock);
        return !full;
    }
    return tears() && *n > 1 ? count_one() : go_on();
}

/* For the calls that a full disk still allows: names be taken away or changed, files synced and shortened. */
static bool
go_on_if_full(void)
{
    bool full = shim.error == ENOSPC && (shim.mode == SHIM_FAIL || shim.mode == SHIM_FAIL_FROM ||
        shim.mode == SHIM_SHORT);

    return full || go_on();
}

/* ---- recording ---- */

struct tape *
shim_tape(void)
{
    if (tape == NULL) {
        void *p = mmap(NULL, sizeof *tape, PROT_READ | PROT_WRITE,
            MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED)
            abort();
        tape = p;
    }
    return tape;
}

static int
new_file(uint64_t inode)
{
    if (tape->n_files == TAPE_FILES) {
        tape->too_long = true;
        return 0;
    }
    tape->inode[tape->n_files] = inode;
    return tape->n_files++;
}

void
shim_tape_start(const char *folder, const char *first, const char *second)
{
    const char *name[] = { first, second };
    struct stat st;
    char path[600];

    (void)shim_tape();
    tape->too_long = false;
    tape->n_ops = tape->n_bytes = 0;
    tape->n_files = 0;
    tape->elsewhere = SIZE_MAX;
    if (stat(folder, &st) != 0)
        abort();
    tape->folder = st.st_ino;
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, name[i]);
        if (stat(path, &st) != 0)
            abort();
        (void)new_file(st.st_ino);
    }
}

/* The newest file of that inode: numbers of inodes are used again. */
static int
file_of(int fd)
{
    struct stat st;

    if (fstat(fd, &st) == 0)
        for (int i = tape->n_files - 1; i >= 0; i--)
            if (tape->inode[i] == st.st_ino)
                return i;
    return -1;
}

static const char *
last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* Does the folder that is recorded hold this name? */
static bool
is_here(int dir, const char *path)
{
    char folder[600];
    struct stat st;

    if (shim.mode != SHIM_RECORD)
        return false;
    if (strchr(path, '/') == NULL)
        return (dir == AT_FDCWD ? stat(".", &st) : fstat(dir, &st)) == 0 && st.st_ino == tape->folder;
    snprintf(folder, sizeof folder, "%.*s", (int)(last_part(path) - path), path);
    return fstatat(dir, folder, &st, 0) == 0 && st.st_ino == tape->folder;
}

static struct tape_op *
note(enum tape_kind kind, const char *name, const char *to)
{
    struct tape_op *op;

    if (shim.mode != SHIM_RECORD)
        return NULL;
    if (tape->n_ops == TAPE_OPS) {
        tape->too_long = true;
        return NULL;
    }
    op = &tape->op[tape->n_ops++];
    memset(op, 0, sizeof *op);
    op->kind = kind;
    if (name != NULL)
        snprintf(op->name, sizeof op->name, "%s", last_part(name));
    if (to != NULL)
        snprintf(op->to, sizeof op->to, "%s", last_part(to));
    return op;
}

static void
note_elsewhere(void)
{
    if (shim.mode == SHIM_RECORD && tape->elsewhere > tape->n_ops)
        tape->elsewhere = tape->n_ops;
}

static void
note_write(int fd, const void *p, size_t n, int64_t at)
{
    int file = shim.mode == SHIM_RECORD ? file_of(fd) : -1;
    struct tape_op *op;

    if (shim.mode == SHIM_WATCH)
        watch_changed(fd);
    if (file < 0) {
        note_elsewhere();
        return;
    }
    if (tape->n_bytes + n > TAPE_BYTES) {
        tape->too_long = true;
        return;
    }
    op = note(TAPE_WRITE, NULL, NULL);
    if (op == NULL)
        return;
    op->file = file;
    op->at = at;
    op->n = n;
    op->data = tape->n_bytes;
    memcpy(tape->bytes + tape->n_bytes, p, n);
    tape->n_bytes += n;
}

static void
note_size(int fd, int64_t size)
{
    int file = shim.mode == SHIM_RECORD ? file_of(fd) : -1;
    struct tape_op *op = file < 0 ? NULL : note(TAPE_SIZE, NULL, NULL);

    if (shim.mode == SHIM_WATCH)
        watch_changed(fd);
    if (op != NULL) {
        op->file = file;
        op->at = size;
    }
}

static void
note_sync(int fd)
{
    struct tape_op *op;
    struct stat st;
    int file;

    if (shim.mode == SHIM_WATCH)
        watch_synced(fd);
    if (shim.mode != SHIM_RECORD || fstat(fd, &st) != 0)
        return;
    if (S_ISDIR(st.st_mode)) {
        if (st.st_ino == tape->folder)
            (void)note(TAPE_SYNC_FOLDER, NULL, NULL);
        return;
    }
    file = file_of(fd);
    op = file < 0 ? NULL : note(TAPE_SYNC, NULL, NULL);
    if (op != NULL)
        op->file = file;
}

static void
note_create(int fd, const char *name)
{
    struct tape_op *op = note(TAPE_CREATE, name, NULL);
    struct stat st;

    if (op != NULL && fstat(fd, &st) == 0)
        op->file = new_file(st.st_ino);
}

/* There is such a name now. */
static void
note_named(int dir, const char *path, bool is_new)
{
    if (shim.mode == SHIM_WATCH)
        watch_named(dir, path, is_new);
}

/* ---- the calls ---- */

ssize_t read(int fd, void *p, size_t n);
ssize_t pread(int fd, void *p, size_t n, off_t at);
ssize_t pread64(int fd, void *p, size_t n, off64_t at);
ssize_t write(int fd, const void *p, size_t n);
ssize_t pwrite(int fd, const void *p, size_t n, off_t at);
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at);
int ftruncate(int fd, off_t n);
int ftruncate64(int fd, off64_t n);
int fsync(int fd);
int fdatasync(int fd);
int rename(const char *from, const char *to);
int renameat(int a, const char *from, int b, const char *to);
int renameat2(int a, const char *from, int b, const char *to, unsigned flags);
int unlink(const char *path);
int unlinkat(int dir, const char *path, int flags);
int mkdir(const char *path, mode_t mode);
int mkdirat(int dir, const char *path, mode_t mode);
int linkat(int a, const char *from, int b, const char *to, int flags);
int rmdir(const char *path);
int open(const char *path, int flags, ...);
int open64(const char *path, int flags, ...);
int openat(int dir, const char *path, int flags, ...);
int openat64(int dir, const char *path, int flags, ...);

ssize_t
pread64(int fd, void *p, size_t n, off64_t at)
{
    if (shim.mode != SHIM_OFF && is_file(fd) && !go_on_reading())
        return -1;
    return syscall(SYS_pread64, fd, p, n, at);
}

ssize_t
pread(int fd, void *p, size_t n, off_t at)
{
    return pread64(fd, p, n, at);
}

ssize_t
read(int fd, void *p, size_t n)
{
    if (lots_read(fd, p, n))
        return (ssize_t)n;
    if (shim.mode != SHIM_OFF && is_file(fd) && !go_on_reading())
        return -1;
    return syscall(SYS_read, fd, p, n);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    if (shim.mode != SHIM_OFF && is_file(fd)) {
        if (is_torn(n))
            (void)syscall(SYS_pwrite64, fd, p, n / 2, at);
        if (!go_on_writing(&n))
            return -1;
        note_write(fd, p, n, at);
    }
    return syscall(SYS_pwrite64, fd, p, n, at);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
    return pwrite64(fd, p, n, at);
}

ssize_t
write(int fd, const void *p, size_t n)
{
    if (shim.mode != SHIM_OFF && is_file(fd)) {
        if (is_torn(n))
            (void)syscall(SYS_write, fd, p, n / 2);
        if (!go_on_writing(&n))
            return -1;
        note_write(fd, p, n, lseek(fd, 0, SEEK_CUR));
    }
    return syscall(SYS_write, fd, p, n);
}

int
ftruncate64(int fd, off64_t n)
{
    if (!go_on_if_full())
        return -1;
    note_size(fd, n);
    return (int)syscall(SYS_ftruncate, fd, n);
}

int
ftruncate(int fd, off_t n)
{
    return ftruncate64(fd, n);
}

int
fsync(int fd)
{
    if (!go_on_if_full())
        return -1;
    note_sync(fd);
    return 0;
}

int
fdatasync(int fd)
{
    return fsync(fd);
}

int
renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
    int rc;

    if (!go_on_if_full())
        return -1;
    rc = (int)syscall(SYS_renameat2, a, from, b, to, flags);
    if (rc == 0 && is_here(a, from))
        (void)note(TAPE_RENAME, from, to);
    if (rc == 0)
        note_named(b, to, false);
    return rc;
}

int
renameat(int a, const char *from, int b, const char *to)
{
    return renameat2(a, from, b, to, 0);
}

int
rename(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
unlinkat(int dir, const char *path, int flags)
{
    int rc;

    if (!go_on_if_full())
        return -1;
    rc = (int)syscall(SYS_unlinkat, dir, path, flags);
    if (rc == 0 && is_here(dir, path))
        (void)note(TAPE_UNLINK, path, NULL);
    else if (rc == 0)
        note_elsewhere();
    return rc;
}

int
unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int
rmdir(const char *path)
{
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int
mkdirat(int dir, const char *path, mode_t mode)
{
    int rc;

    if (!go_on())
        return -1;
    rc = (int)syscall(SYS_mkdirat, dir, path, mode);
    if (rc == 0)
        note_named(dir, path, true);
    return rc;
}

int
mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

/* The model of the disk has no second names: a deed that is recorded must not make one in the vault's folder. */
int
linkat(int a, const char *from, int b, const char *to, int flags)
{
    int rc;

    if (!go_on())
        return -1;
    if (is_here(b, to))
        abort();
    rc = (int)syscall(SYS_linkat, a, from, b, to, flags);
    if (rc == 0)
        note_named(b, to, false);
    return rc;
}

static int
open_it(int dir, const char *path, int flags, mode_t mode)
{
    bool creates = false;
    struct stat st;
    int fd;

    if ((flags & O_CREAT) != 0 && shim.mode != SHIM_OFF) {
        creates = fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) != 0;
        if (creates && !go_on())
            return -1;
    } else if ((flags & O_TRUNC) != 0 && !go_on_if_full()) {
        return -1;
    }
    fd = (int)syscall(SYS_openat, dir, path, flags | O_LARGEFILE, mode);
    if (fd >= 0 && creates && is_here(dir, path))
        note_create(fd, path);
    if (fd >= 0 && creates)
        note_named(dir, path, true);
    if (fd >= 0 && !creates && (flags & O_TRUNC) != 0)
        note_size(fd, 0);
    return fd;
}

/* The mode is there only with O_CREAT; a variable argument that is not there is not looked at. */
#define OPEN(dir)                                                                               \
    mode_t mode = 0;                                                                            \
    va_list ap;                                                                                 \
    if ((flags & O_CREAT) != 0) {                                                               \
        va_start(ap, flags);                                                                    \
        mode = va_arg(ap, mode_t);                                                              \
        va_end(ap);                                                                             \
    }                                                                                           \
    return open_it(dir, path, flags, mode)

int open(const char *path, int flags, ...) { OPEN(AT_FDCWD); }
int open64(const char *path, int flags, ...) { OPEN(AT_FDCWD); }
int openat(int dir, const char *path, int flags, ...) { OPEN(dir); }
int openat64(int dir, const char *path, int flags, ...) { OPEN(dir); }
