/* file_in.c - see file_in.h. */
#include "vault/file_in.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "vault/base/fd.h"
#include "vault/base/relay.h"

/* ---- opening ---- */

static vault_err
judge_source(const struct file_in *s, bool move)
{
    if (S_ISDIR(s->st.st_mode))
        return err_say(VAULT_ERR_INPUT, "name the files in it", "%s is a folder", s->path);
    if (!S_ISREG(s->st.st_mode))
        return err_say(VAULT_ERR_INPUT, "copy it into a file first", "%s is not a regular file", s->path);
    if ((uint64_t)s->st.st_size > FILE_SIZE_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "%s is too large", s->path);
    if (move && s->st.st_nlink > 1)
        return err_say(VAULT_ERR_INPUT, "attach it without --move",
            "%s has other names on that disk: overwriting it would empty them, too", s->path);
    return VAULT_OK;
}

static vault_err
open_path(const struct vault *v, struct file_in *s, bool move)
{
    vault_err err = session_may_take(v, s->path, move);

    if (err != VAULT_OK)
        return err;
    /* Not to wait for the writer of a pipe; a link that is removed would leave what it points to. */
    s->fd = fd_open_at(AT_FDCWD, s->path, (move ? O_RDWR | O_NOFOLLOW : O_RDONLY) | O_NONBLOCK | O_NOCTTY);
    if (s->fd < 0 && errno == EISDIR)
        return err_say(VAULT_ERR_INPUT, "name the files in it", "%s is a folder", s->path);
    if (s->fd < 0 && (errno == ENXIO || errno == ENODEV))
        return err_say(VAULT_ERR_INPUT, "copy it into a file first", "%s is not a regular file", s->path);
    if (s->fd < 0 && errno == ELOOP && move)
        return err_say(VAULT_ERR_INPUT, "name the file itself", "%s is a symbolic link, which --move does not follow", s->path);
    if (s->fd < 0)
        return err_errno(errno, "cannot open %s", s->path);
    return VAULT_OK;
}

static vault_err
open_source(const struct vault *v, struct file_in *s, bool move)
{
    vault_err err = s->fd < 0 ? open_path(v, s, move) : VAULT_OK;

    if (err != VAULT_OK)
        return err;
    if (fstat(s->fd, &s->st) != 0)
        return err_errno(errno, "cannot look at %s", s->path);
    if (session_owns(v, &s->st))            /* exchanged since, or named by an import */
        return session_is_own(s->path);
    return judge_source(s, move);
}

static vault_err
name_source(struct file_in *s, const char *name)
{
    const char *slash = strrchr(s->path, '/');

    if (name == NULL)
        name = slash == NULL ? s->path : slash + 1;
    return file_name_put(&s->name, name, strlen(name));
}

static void
plan_rows(struct files_in *a, struct file_in *s)
{
    uint64_t first;

    randombytes_buf(&first, sizeof first);
    s->rows.table = a->tier == LEAF_OPEN ? DB_OPEN_CHUNK : DB_WITHHELD_CHUNK;
    s->rows.first = (int64_t)(first % FILE_ROWS);
    s->rows.kept = file_kept((uint64_t)s->st.st_size, a->tier);
    s->rows.pieces = file_pieces(s->rows.kept);
    a->total += s->rows.kept;
}

vault_err
files_in_open(struct files_in *a, const struct vault_attach_file *file, size_t n, int fd)
{
    vault_err err = VAULT_OK;

    a->file = calloc(n, sizeof *a->file);
    if (a->file == NULL) {
        fd_close(fd);
        return err_nomem();
    }
    for (; a->n < n && err == VAULT_OK; a->n++) {
        struct file_in *s = &a->file[a->n];
        s->path = file[a->n].path;
        s->fd = fd;
        err = open_source(a->v, s, a->move);
        if (err == VAULT_OK)
            err = name_source(s, file[a->n].name);
        if (err == VAULT_OK)
            plan_rows(a, s);
    }
    if (err == VAULT_OK)
        err = secret_random(&a->keys, n * FILE_KEY_BYTES);
    if (err == VAULT_OK)
        err = secret_new(&a->plain, FILE_CHUNK);
    return err == VAULT_OK ? sha256_new(&a->hash) : err;
}

void
files_in_free(struct files_in *a)
{
    for (size_t i = 0; i < a->n; i++) {
        fd_close(a->file[i].fd);
        buf_free(&a->file[i].name);
        buf_free(&a->file[i].value);
    }
    if (a->file != NULL)
        sodium_memzero(a->file, a->n * sizeof *a->file);
    free(a->file);
    secret_free(a->keys);
    secret_free(a->plain);
    sha256_free(a->hash);
}

/* ---- making pieces ---- */

static vault_err
has_changed(const struct file_in *s)
{
    return err_say(VAULT_ERR_FAILED, "close the program that writes it, and try again",
        "%s changed while it was read; nothing was attached", s->path);
}

/* Exactly n bytes. */
static vault_err
read_plain(const struct file_in *s, uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t got = read(s->fd, p, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(errno, "cannot read %s", s->path);
        if (got == 0)
            return has_changed(s);
        p += got;
        n -= (size_t)got;
    }
    return VAULT_OK;
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool
file_in_same(const struct stat *before, const struct stat *now)
{
    return now->st_size == before->st_size && same_time(&now->st_mtim, &before->st_mtim) &&
        same_time(&now->st_ctim, &before->st_ctim);
}

/* All was read: is it still what it was at the beginning? Else --move would destroy what was never stored. */
static vault_err
end_source(struct files_in *a, struct file_in *s)
{
    struct stat now;
    uint8_t more;

    if (read(s->fd, &more, 1) != 0 || fstat(s->fd, &now) != 0 || !file_in_same(&s->st, &now))
        return has_changed(s);
    s->read = now;
    return sha256_end(a->hash, s->sha256);
}

static vault_err
make_piece(void *ctx, struct buf *piece, bool *end)
{
    struct files_in *a = ctx;
    struct file_in *s;
    uint64_t at = a->made * FILE_CHUNK, size;
    uint8_t *plain = secret_edit(a->plain), *out;
    size_t n, real;
    vault_err err;

    *end = a->making == a->n;
    if (*end)
        return VAULT_OK;
    s = &a->file[a->making];
    size = (uint64_t)s->st.st_size;
    n = file_piece_size(s->rows.kept, a->made);
    real = at >= size ? 0 : size - at < n ? (size_t)(size - at) : n;
    memset(plain + real, 0, n - real);
    err = read_plain(s, plain, real);
    if (err == VAULT_OK)
        err = sha256_add(a->hash, plain, real);
    out = buf_add(piece, n + FILE_TAG);
    if (err == VAULT_OK && out == NULL)
        err = err_nomem();
    if (err != VAULT_OK)
        return err;
    file_seal(out, &(struct file_piece){ secret_bytes(a->keys) + a->making * FILE_KEY_BYTES,
        a->made, a->made + 1 == s->rows.pieces }, plain, n);
    if (++a->made < s->rows.pieces)
        return VAULT_OK;
    a->making++;
    a->made = 0;
    return end_source(a, s);
}

/* ---- storing them ---- */

static vault_err
store_piece(void *ctx, struct buf *piece)
{
    struct files_in *a = ctx;
    const struct file_rows *rows = &a->file[a->storing].rows;
    vault_err err = db_put(a->v->db, rows->table, rows->first + (int64_t)a->stored,
        PART(piece->p, piece->n));

    if (err != VAULT_OK)
        return err;
    a->done += piece->n - FILE_TAG;
    if (++a->stored == rows->pieces) {
        a->storing++;
        a->stored = 0;
    }
    if (a->progress != NULL && a->progress(a->progress_ctx, a->done, a->total) != 0)
        return err_say(VAULT_ERR_INTERRUPTED, NULL, "interrupted; nothing was attached");
    return VAULT_OK;
}

static vault_err
make_value(struct file_in *s)
{
    const char *type = file_media_type(PART(s->name.p, s->name.n));
    const struct file_value value = { .sha256 = s->sha256, .size = (uint64_t)s->st.st_size,
        .type = PART(type, strlen(type)), .name = PART(s->name.p, s->name.n) };

    return value_from_file(&s->value, &value, NULL);
}

vault_err
files_in_store(struct files_in *a)
{
    const struct relay relay = { .make = make_piece, .take = store_piece, .ctx = a };
    vault_err err = relay_run(&relay);

    for (size_t i = 0; err == VAULT_OK && i < a->n; i++)
        err = make_value(&a->file[i]);
    return err;
}

void
files_in_drafts(const struct files_in *a, struct draft_file *out)
{
    for (size_t i = 0; i < a->n; i++) {
        const struct file_in *s = &a->file[i];
        out[i] = (struct draft_file){ .tier = a->tier, .value = PART(s->value.p, s->value.n),
            .key = secret_bytes(a->keys) + i * FILE_KEY_BYTES, .first = (uint64_t)s->rows.first };
    }
}
