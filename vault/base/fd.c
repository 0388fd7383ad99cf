#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "vault/base/fd.h"

#define STEP ((size_t)64 << 10)

void
fd_close(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

int
fd_open_at(int dir, const char *name, int flags)
{
    int fd;

    do
        fd = openat(dir, name, flags | O_CLOEXEC | O_NOCTTY, 0600);
    while (fd < 0 && errno == EINTR);
    return fd;
}

int
fd_sync(int fd)
{
    int rc;

    do
        rc = fsync(fd);
    while (rc != 0 && errno == EINTR);
    return rc;
}

/* A descriptor we were given may be non-blocking (a terminal shared with another program). */
static void
wait_ready(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};

    (void)poll(&p, 1, -1);
}

static ssize_t
read_some(int fd, void *p, size_t n)
{
    for (;;) {
        ssize_t got = read(fd, p, n);

        if (got >= 0)
            return got;
        if (errno == EAGAIN)
            wait_ready(fd, POLLIN);
        else if (errno != EINTR)
            return -1;
    }
}

static ssize_t
write_some(int fd, const void *p, size_t n)
{
    for (;;) {
        ssize_t put = write(fd, p, n);

        if (put > 0)
            return put;
        if (put == 0) {
            errno = EIO;        /* no progress and no reason: never spin */
            return -1;
        }
        if (errno == EAGAIN)
            wait_ready(fd, POLLOUT);
        else if (errno != EINTR)
            return -1;
    }
}

void
fd_sync_begin(int fd, uint64_t end, uint64_t n)
{
    (void)sync_file_range(fd, (off_t)(end - n), (off_t)n, SYNC_FILE_RANGE_WRITE);
}

vault_err
fd_write_all(int fd, const void *p, size_t n, const char *what)
{
    const uint8_t *at = p;

    while (n > 0) {
        ssize_t put = write_some(fd, at, n);

        if (put < 0)
            return err_errno(errno, "cannot write %s", what);
        at += put;
        n -= (size_t)put;
    }
    return VAULT_OK;
}

vault_err
fd_too_large(const char *what, size_t max)
{
    return err_say(VAULT_ERR_INPUT, NULL, "%s is larger than %zu bytes", what, max);
}

/* One byte beyond max is asked for: it tells. */
vault_err
fd_read_rest(struct buf *out, int fd, size_t max, const char *what)
{
    for (;;) {
        size_t left = max - out->n;
        size_t ask = left < STEP ? left + 1 : STEP;
        uint8_t *to;
        ssize_t got;

        if (ask > out->cap - out->n && out->cap - out->n > 0)
            ask = out->cap - out->n;        /* fill what is there before growing */
        to = buf_room(out, ask);
        if (to == NULL)
            return buf_ok(out);
        got = read_some(fd, to, ask);
        if (got < 0)
            return err_errno(errno, "cannot read %s", what);
        if (got == 0)
            return VAULT_OK;
        out->n += (size_t)got;
        if (out->n > max)
            return fd_too_large(what, max);
    }
}

vault_err
fd_read_all(struct buf *out, int fd, size_t max)
{
    vault_err err;

    buf_reset(out);
    err = fd_read_rest(out, fd, max, "the input");
    if (err != VAULT_OK)
        buf_reset(out);
    return err;
}

int
fd_overwrite(int fd, off_t n)
{
    static const uint8_t zeros[STEP];
    off_t at = 0;

    while (at < n) {
        size_t step = n - at < (off_t)sizeof zeros ? (size_t)(n - at) : sizeof zeros;
        ssize_t put = pwrite(fd, zeros, step, at);

        if (put < 0 && errno == EINTR)
            continue;
        if (put == 0)
            errno = EIO;
        if (put <= 0)
            return -1;
        at += put;
    }
    return fd_sync(fd);
}

void
fd_overwrite_all(int fd)
{
    struct stat st;

    if (fstat(fd, &st) == 0)
        (void)fd_overwrite(fd, st.st_size);
}

vault_err
path_split(char **parent, const char **name, const char *path)
{
    const char *slash = strrchr(path, '/');

    *name = slash == NULL ? path : slash + 1;
    if (slash == NULL)
        *parent = strdup(".");
    else if (slash == path)
        *parent = strdup("/");
    else
        *parent = strndup(path, (size_t)(slash - path));
    return *parent == NULL ? err_nomem() : VAULT_OK;
}

void
hidden_name(char out[static HIDDEN_NAME])
{
    uint8_t random[8];
    char hex[2 * sizeof random + 1];

    randombytes_buf(random, sizeof random);
    hex_of(hex, random, sizeof random);
    snprintf(out, HIDDEN_NAME, ".withheld-%s", hex);
}
