/*
 * sync_folder.c - files in a folder that something else carries: see sync.h.
 *
 * A carrier leaves half a file behind, keeps two versions of one under names of its own, brings back what was removed. None of that has the hash of its
 * content for a name.
 */
#include "vault/sync.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "vault/base/fd.h"

#define FILES_MAX 1000000u

void
sync_free(struct sync *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->file[i].why);
    free(s->file);
    fd_close(s->dir);
    sents_free(&s->sents);
    age_identities_free(&s->mine);
}

bool
sync_ends(const struct sync *s, vault_err err)
{
    return err == VAULT_ERR_NO_SPACE || err == VAULT_ERR_INTERRUPTED || (err != VAULT_OK && s->v->uncertain);
}

vault_err
sync_tell(struct sync *s, const struct vault_sync_item *x)
{
    return s->fn == NULL || s->fn(s->ctx, x) == 0 ? VAULT_OK : err_say(VAULT_ERR_INTERRUPTED, NULL, "interrupted");
}

vault_err
sync_path(const struct sync *s, const char *name, struct buf *out)
{
    buf_reset(out);
    buf_fmt(out, "%s/%s", s->folder, name);
    return buf_cstr(out) == NULL ? err_nomem() : VAULT_OK;
}

/* A regular file that is none of the vault's: opening and closing one of those would drop its locks. -1: there is none. */
static int
open_file(const struct sync *s, const char *name)
{
    struct stat st;

    if (fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) || session_owns(s->v, &st))
        return -1;
    return fd_open_at(s->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
}

static bool
is_lower_hex(const char *p, size_t n)
{
    return strspn(p, "0123456789abcdef") >= n;
}

static bool
may_be_ours(const char *name, uint8_t hash[static 32])
{
    return strlen(name) == CONTENT_NAME_ROOM - 1 && is_lower_hex(name, 64) && strcmp(name + 64, CONTENT_NAME) == 0 && hex_read(hash, 32, name, 64);
}

static ssize_t
read_some(int fd, uint8_t *p, size_t n)
{
    ssize_t got;

    do
        got = read(fd, p, n);
    while (got < 0 && errno == EINTR);
    return got;
}

/* What cannot be read whole is on its way still. */
static void
read_mark(const struct sync *s, struct sync_file *f)
{
    uint8_t head[FRAMES_MARK_BYTES];
    size_t n = 0;
    ssize_t got = 1;
    int fd = open_file(s, f->name);

    while (fd >= 0 && got > 0 && n < sizeof head) {
        got = read_some(fd, head + n, sizeof head - n);
        n += got > 0 ? (size_t)got : 0;
    }
    f->kind = n == sizeof head ? SYNC_NEW : SYNC_INCOMPLETE;
    crypto_generichash_blake2b(f->mark, 32, head, n, NULL, 0);
    fd_close(fd);
}

static vault_err
add(struct sync *s, const char *name)
{
    uint8_t hash[32];
    struct sync_file *p;

    if (!may_be_ours(name, hash))
        return VAULT_OK;
    p = array_room(s->file, s->n, &s->cap, sizeof *p);
    if (p == NULL)
        return err_nomem();
    s->file = p;
    if (s->n == FILES_MAX)
        return err_say(VAULT_ERR_INPUT, "choose another folder", "there are too many files in %s", s->folder);
    p += s->n++;
    memset(p, 0, sizeof *p);
    memcpy(p->name, name, sizeof p->name);
    memcpy(p->hash, hash, sizeof hash);
    return VAULT_OK;
}

static int
compare(const void *a, const void *b)
{
    return strcmp(((const struct sync_file *)a)->name, ((const struct sync_file *)b)->name);
}

vault_err
sync_look(struct sync *s)
{
    struct dirent *e;
    DIR *d;
    int fd;
    vault_err err = dir_open(&s->dir, s->folder);

    if (err != VAULT_OK)
        return err;
    fd = fd_open_at(s->dir, ".", O_RDONLY | O_DIRECTORY);
    d = fd < 0 ? NULL : fdopendir(fd);
    if (d == NULL) {
        err = err_errno(errno, "cannot list %s", s->folder);
        fd_close(fd);
        return err;
    }
    errno = 0;
    while (err == VAULT_OK && (e = readdir(d)) != NULL)
        err = add(s, e->d_name);
    if (err == VAULT_OK && errno != 0)
        err = err_errno(errno, "cannot list %s", s->folder);
    closedir(d);
    if (s->n > 1)
        qsort(s->file, s->n, sizeof *s->file, compare);
    for (size_t i = 0; err == VAULT_OK && i < s->n; i++)
        read_mark(s, &s->file[i]);
    return err;
}

vault_err
sync_is_whole(const struct sync *s, struct sync_file *f, bool *whole)
{
    crypto_generichash_blake2b_state state;
    struct buf piece = BUF_INIT;
    uint8_t hash[32], *p = buf_add(&piece, (size_t)256 << 10);
    ssize_t got = 1;
    int fd = open_file(s, f->name);

    *whole = false;
    crypto_generichash_blake2b_init(&state, NULL, 0, 32);
    while (p != NULL && fd >= 0 && got > 0) {
        got = read_some(fd, p, piece.n);
        if (got > 0)
            crypto_generichash_blake2b_update(&state, p, (size_t)got);
    }
    if (fd < 0)
        f->kind = SYNC_GONE;
    crypto_generichash_blake2b_final(&state, hash, sizeof hash);
    *whole = p != NULL && fd >= 0 && got == 0 && memcmp(hash, f->hash, sizeof hash) == 0;
    fd_close(fd);
    buf_free(&piece);
    return p == NULL ? err_nomem() : VAULT_OK;
}

vault_err
sync_remove(struct sync *s, struct sync_file *f)
{
    f->kind = SYNC_GONE;
    if (unlinkat(s->dir, f->name, 0) != 0 && errno != ENOENT)
        return err_errno(errno, "cannot remove a file in %s", s->folder);
    s->out->removed++;
    return VAULT_OK;
}
