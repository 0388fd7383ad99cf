/* parts.c - reading a file or its parts; see parts.h. parts_new.c writes them. */
#include "vault/base/parts_priv.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct parts {
    int dir, fd;
    char *path;             /* as a person calls the whole */
    char *parent;
    const char *name;       /* in path, or the hidden one */
    char hidden[PARTS_HIDDEN];
    bool split, fresh;      /* fresh: just written, to be read from the disk itself */
    unsigned n;
    unsigned open;          /* the part that fd is of, from 1; 0: none */
    uint64_t each, size;    /* of the parts but the last; of all */
    char where[PARTS_NAME];
};

bool
parts_is_part(const char *name)
{
    size_t n = strlen(name);

    return n > 4 && name[n - 4] == '.' && isdigit((unsigned char)name[n - 3]) &&
        isdigit((unsigned char)name[n - 2]) && isdigit((unsigned char)name[n - 1]);
}

void
parts_name(char out[static PARTS_NAME], const char *name, bool split, unsigned i)
{
    int n = split ? snprintf(out, PARTS_NAME, "%s.%03u", name, i) :
        snprintf(out, PARTS_NAME, "%s", name);

    if (n < 0 || n >= PARTS_NAME)
        out[0] = '\0';      /* no file has such a name: opening it fails */
}

vault_err
parts_highest(int dir, const char *name, unsigned *out)
{
    size_t n = strlen(name);
    int fd = fd_open_at(dir, ".", O_RDONLY | O_DIRECTORY);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);

    *out = 0;
    if (d == NULL) {
        fd_close(fd);
        return err_errno(errno, "cannot look into the folder");
    }
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (strncmp(e->d_name, name, n) == 0 && strlen(e->d_name) == n + 4 &&
            parts_is_part(e->d_name)) {
            unsigned i = (unsigned)strtoul(e->d_name + n + 1, NULL, 10);
            *out = i > *out ? i : *out;
        }
    (void)closedir(d);
    return VAULT_OK;
}

/* What a person calls part i. */
static const char *
called(struct parts *p, unsigned i)
{
    parts_name(p->where, p->path, p->split, i);
    return p->where;
}

/* ---- opening ---- */

static vault_err
measure_part(struct parts *p, unsigned i)
{
    char name[PARTS_NAME];
    struct stat st;
    int fd = -1;
    vault_err err;

    parts_name(name, p->name, p->split, i);
    err = fd_open_regular(&fd, &st, p->dir, name, O_RDONLY);
    fd_close(fd);
    if (err == VAULT_ERR_NOT_FOUND && p->split)
        return err_say(VAULT_ERR_DAMAGED, "put all parts into one folder", "%s is missing",
            called(p, i));
    if (err != VAULT_OK)
        return err;
    if (i == 1)
        p->each = (uint64_t)st.st_size;
    else if (i < p->n ? (uint64_t)st.st_size != p->each : (uint64_t)st.st_size > p->each)
        err = err_say(VAULT_ERR_DAMAGED, "copy that part again from where it was made",
            "%s has %jd bytes and not %" PRIu64 " as the parts before it", called(p, i),
            (intmax_t)st.st_size, p->each);
    p->size += (uint64_t)st.st_size;
    return err;
}

static vault_err
measure(struct parts *p)
{
    vault_err err = VAULT_OK;

    for (unsigned i = 1; err == VAULT_OK && i <= p->n; i++)
        err = measure_part(p, i);
    return err;
}

static bool
is_there(const struct parts *p, const char *name)
{
    struct stat st;

    return fstatat(p->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* That file, its parts, or the parts of which it is one. */
static vault_err
find_parts(struct parts *p)
{
    unsigned highest = 0;
    vault_err err = VAULT_OK;

    if (parts_is_part(p->name) && is_there(p, p->name))
        *strrchr(p->path, '.') = '\0';
    else if (is_there(p, p->name))
        return VAULT_OK;
    err = parts_highest(p->dir, p->name, &highest);
    p->split = highest != 0;
    p->n = p->split ? highest : 1;
    return err;
}

static vault_err
new_parts(struct parts **out, const char *path)
{
    struct parts *p = calloc(1, sizeof *p);
    vault_err err = VAULT_OK;

    if (p == NULL)
        return err_nomem();
    p->dir = p->fd = -1;
    p->n = 1;
    p->path = strdup(path);
    err = p->path == NULL ? err_nomem() : path_split(&p->parent, &p->name, p->path);
    if (err == VAULT_OK)
        err = dir_open(&p->dir, p->parent);
    if (err == VAULT_OK)
        *out = p;
    else
        parts_close(p);
    return err;
}

vault_err
parts_open(struct parts **out, const char *path)
{
    struct parts *p = NULL;
    vault_err err = new_parts(&p, path);

    if (err == VAULT_OK)
        err = find_parts(p);
    if (err == VAULT_OK)
        err = measure(p);
    if (err == VAULT_OK)
        *out = p;
    else
        parts_close(p);
    return err;
}

vault_err
parts_open_hidden(struct parts **out, const char *path, const char hidden[static PARTS_HIDDEN],
    bool split, unsigned n)
{
    struct parts *p = NULL;
    vault_err err = new_parts(&p, path);

    if (err == VAULT_OK) {
        memcpy(p->hidden, hidden, sizeof p->hidden);
        p->name = p->hidden;
        p->split = split;
        p->n = n;
        p->fresh = true;
        err = measure(p);
    }
    if (err == VAULT_OK)
        *out = p;
    else
        parts_close(p);
    return err;
}

void
parts_close(struct parts *p)
{
    if (p == NULL)
        return;
    fd_close(p->fd);
    fd_close(p->dir);
    free(p->parent);
    free(p->path);
    free(p);
}

/* ---- reading ---- */

uint64_t
parts_size(const struct parts *p)
{
    return p->size;
}

unsigned
parts_count(const struct parts *p)
{
    return p->n;
}

int
parts_dir(const struct parts *p)
{
    return p->dir;
}

static unsigned
part_of(const struct parts *p, uint64_t at)
{
    return !p->split || p->each == 0 ? 1 : (unsigned)(at / p->each) + 1;
}

bool
parts_may_go_on(const struct parts *p)
{
    return p->split && p->each != 0 && p->size % p->each == 0;
}

const char *
parts_where(struct parts *p, uint64_t at)
{
    unsigned i = at < p->size ? part_of(p, at) : parts_may_go_on(p) ? p->n + 1 : p->n;

    return called(p, i);
}

static vault_err
go_to_part(struct parts *p, unsigned i)
{
    char name[PARTS_NAME];
    struct stat st;
    vault_err err;

    if (p->open == i)
        return VAULT_OK;
    fd_close(p->fd);
    p->fd = -1;
    p->open = 0;
    parts_name(name, p->name, p->split, i);
    err = fd_open_regular(&p->fd, &st, p->dir, name, O_RDONLY);
    if (err != VAULT_OK)
        return err;
    p->open = i;
    if (p->fresh)           /* what lies in memory would only be compared with itself */
        (void)posix_fadvise(p->fd, 0, 0, POSIX_FADV_DONTNEED);
    return VAULT_OK;
}

vault_err
parts_read(struct parts *p, uint64_t at, void *out, size_t n)
{
    uint8_t *to = out;

    if (at > p->size || n > p->size - at)
        return err_say(VAULT_ERR_DAMAGED, NULL, "%s is cut short", parts_where(p, p->size));
    while (n > 0) {
        unsigned i = part_of(p, at);
        uint64_t from = at - (i - 1) * p->each;
        size_t step = p->split && n > p->each - from ? (size_t)(p->each - from) : n;
        ssize_t got;
        vault_err err = go_to_part(p, i);
        if (err != VAULT_OK)
            return err;
        got = pread(p->fd, to, step, (off_t)from);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(errno, "cannot read %s", called(p, i));
        if (got == 0)
            return err_say(VAULT_ERR_DAMAGED, NULL, "%s became shorter while it was read",
                called(p, i));
        to += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return VAULT_OK;
}
