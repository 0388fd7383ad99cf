/*
 * attach.c - files into the vault: vault_attach, vault_detach.
 *
 * One thread reads, hashes and encrypts, the calling one writes to the database; a few pieces are between them. All
 * files of a call are one revision in one transaction, so that they are there entirely or not at all.
 */
#include "vault/attachments.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "vault/base/fd.h"
#include "vault/base/relay.h"
#include "vault/base/sha256.h"
#include "vault/record/draft.h"

struct source {
    const char *path;           /* the caller's */
    int fd;
    struct stat st;             /* when it was opened */
    struct buf name, value;
    struct file_rows rows;
    uint8_t sha256[SHA256_BYTES];
};

struct attaching {
    struct vault *v;
    const struct vault_attach_options *opt;
    enum leaf_tier tier;
    struct source *source;
    size_t n;
    struct secret *keys;        /* 32 bytes for each */
    uint64_t total;             /* bytes of plaintext that are kept */
    /* the thread that makes pieces */
    struct secret *plain;       /* the one at hand */
    struct sha256 *hash;
    size_t making;
    uint64_t made;              /* pieces of that one */
    /* the calling thread */
    size_t storing;
    uint64_t stored, done;
};

/* ---- the sources ---- */

static vault_err
judge_source(const struct source *s, bool move)
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
open_source(struct source *s, bool move)
{
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
    if (fstat(s->fd, &s->st) != 0)
        return err_errno(errno, "cannot look at %s", s->path);
    return judge_source(s, move);
}

static vault_err
name_source(struct source *s, const char *name)
{
    const char *slash = strrchr(s->path, '/');

    if (name == NULL)
        name = slash == NULL ? s->path : slash + 1;
    return file_name_put(&s->name, name, strlen(name));
}

static void
plan_rows(struct attaching *a, struct source *s)
{
    uint64_t first;

    randombytes_buf(&first, sizeof first);
    s->rows.table = a->tier == LEAF_OPEN ? DB_OPEN_CHUNK : DB_WITHHELD_CHUNK;
    s->rows.first = (int64_t)(first % FILE_ROWS);
    s->rows.kept = file_kept((uint64_t)s->st.st_size, a->tier);
    s->rows.pieces = file_pieces(s->rows.kept);
    a->total += s->rows.kept;
    if (s->st.st_size == 0 && a->opt->empty != NULL)
        (*a->opt->empty)++;
}

static vault_err
same_name(void)
{
    return err_say(VAULT_ERR_CONFLICT, "--name gives it another, or detach that one first",
        "this record has an attachment of that name already");
}

static bool
name_is(const struct source *s, const void *p, size_t n)
{
    return s->name.n == n && memcmp(s->name.p, p, n) == 0;
}

/* Among those of the record that this tier knows, and those before it. */
static vault_err
name_is_free(struct attaching *a, const struct revision *base, size_t i)
{
    struct attachment_walk w = { .rev = base,
        .type = type_set_by_hash(&a->v->recs.types, base->type) };
    struct attachment x;

    for (size_t k = 0; k < i; k++)
        if (name_is(&a->source[i], a->source[k].name.p, a->source[k].name.n))
            return err_say(VAULT_ERR_CONFLICT, "attach them one by one, with --name",
                "two of the files have the same name");
    while (attachment_next(&w, &x))
        if (x.known && name_is(&a->source[i], x.view.file.name.p, x.view.file.name.n))
            return same_name();
    return VAULT_OK;
}

static vault_err
open_sources(struct attaching *a, const struct revision *base, const struct vault_attach_file *file,
    size_t n)
{
    vault_err err = VAULT_OK;

    a->source = calloc(n, sizeof *a->source);
    if (a->source == NULL)
        return err_nomem();
    for (; a->n < n && err == VAULT_OK; a->n++) {
        struct source *s = &a->source[a->n];
        s->path = file[a->n].path;
        err = open_source(s, a->opt->move);
        if (err == VAULT_OK)
            err = name_source(s, file[a->n].name);
        if (err == VAULT_OK)
            err = name_is_free(a, base, a->n);
        if (err == VAULT_OK)
            plan_rows(a, s);
    }
    if (err == VAULT_OK)
        err = secret_random(&a->keys, n * FILE_KEY_BYTES);
    if (err == VAULT_OK)
        err = secret_new(&a->plain, FILE_CHUNK);
    return err == VAULT_OK ? sha256_new(&a->hash) : err;
}

static void
free_all(struct attaching *a)
{
    for (size_t i = 0; i < a->n; i++) {
        fd_close(a->source[i].fd);
        buf_free(&a->source[i].name);
        buf_free(&a->source[i].value);
    }
    if (a->source != NULL)
        sodium_memzero(a->source, a->n * sizeof *a->source);
    free(a->source);
    secret_free(a->keys);
    secret_free(a->plain);
    sha256_free(a->hash);
}

/* ---- making pieces ---- */

static vault_err
has_changed(const struct source *s)
{
    return err_say(VAULT_ERR_FAILED, "close the program that writes it, and try again",
        "%s changed while it was read; nothing was attached", s->path);
}

/* Exactly n bytes. */
static vault_err
read_plain(const struct source *s, uint8_t *p, size_t n)
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

/* All was read: is it still what it was at the beginning? */
static vault_err
end_source(struct attaching *a, struct source *s)
{
    struct stat now;
    uint8_t more;

    if (read(s->fd, &more, 1) != 0 || fstat(s->fd, &now) != 0 || now.st_size != s->st.st_size ||
        now.st_mtim.tv_sec != s->st.st_mtim.tv_sec || now.st_mtim.tv_nsec != s->st.st_mtim.tv_nsec)
        return has_changed(s);
    return sha256_end(a->hash, s->sha256);
}

static vault_err
make_piece(void *ctx, struct buf *piece, bool *end)
{
    struct attaching *a = ctx;
    struct source *s = &a->source[a->making];
    uint64_t at = a->made * FILE_CHUNK, size = (uint64_t)s->st.st_size;
    uint8_t *plain = secret_edit(a->plain), *out;
    size_t n, real;
    vault_err err;

    *end = a->making == a->n;
    if (*end)
        return VAULT_OK;
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
    struct attaching *a = ctx;
    const struct file_rows *rows = &a->source[a->storing].rows;
    vault_err err = db_put(a->v->db, rows->table, rows->first + (int64_t)a->stored,
        PART(piece->p, piece->n));

    if (err != VAULT_OK)
        return err;
    a->done += piece->n - FILE_TAG;
    if (++a->stored == rows->pieces) {
        a->storing++;
        a->stored = 0;
    }
    if (a->opt->progress != NULL && a->opt->progress(a->opt->progress_ctx, a->done, a->total) != 0)
        return err_say(VAULT_ERR_INTERRUPTED, NULL, "interrupted; nothing was attached");
    return VAULT_OK;
}

static vault_err
make_value(struct source *s)
{
    const char *type = file_media_type(PART(s->name.p, s->name.n));
    const struct file_value value = { .sha256 = s->sha256, .size = (uint64_t)s->st.st_size,
        .type = PART(type, strlen(type)), .name = PART(s->name.p, s->name.n) };

    return value_from_file(&s->value, &value, NULL);
}

static vault_err
draft(struct attaching *a, struct draft *d, const struct revision *base, const struct field_def *f,
    struct revision *rev)
{
    struct draft_file *file = calloc(a->n, sizeof *file);
    vault_err err = file == NULL ? err_nomem() : VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < a->n; i++) {
        struct source *s = &a->source[i];
        err = make_value(s);
        file[i] = (struct draft_file){ .tier = a->tier, .value = PART(s->value.p, s->value.n),
            .key = secret_bytes(a->keys) + i * FILE_KEY_BYTES, .first = (uint64_t)s->rows.first };
    }
    if (err == VAULT_OK)
        err = draft_attach(d, base, f, file, a->n, rev);
    free(file);
    return err;
}

static vault_err
store(struct attaching *a, struct draft *d, const struct revision *base, const struct field_def *f,
    struct vault_added *out)
{
    const struct relay relay = { .make = make_piece, .take = store_piece, .ctx = a };
    struct detail det = {0};
    struct commit what = { .action = "attach", .detail = &det };
    struct revision rev;
    struct change c;
    vault_err err = session_begin(a->v, &c);

    if (err != VAULT_OK)
        return err;
    revision_init(&rev);
    err = relay_run(&relay);
    if (err == VAULT_OK)
        err = draft(a, d, base, f, &rev);
    detail_text(&det, "field", f->name);
    detail_text(&det, "tier", a->tier == LEAF_OPEN ? "open" : "withheld");
    detail_uint(&det, "attached", a->n);
    if (err == VAULT_OK)
        err = session_commit_one(a->v, &c, &rev, &what, out);
    else
        change_abort(&c);
    detail_free(&det);
    revision_free(&rev);
    return err;
}

/* ---- and away with the originals ---- */

static vault_err
remove_source(const struct source *s)
{
    struct stat now;
    char *parent = NULL;
    const char *name;
    int dir = -1;
    vault_err err = path_split(&parent, &name, s->path);

    if (err == VAULT_OK)
        err = dir_open(&dir, parent);
    if (err == VAULT_OK && fd_overwrite(s->fd, s->st.st_size) != 0)
        err = err_errno(errno, "cannot overwrite %s", s->path);
    /* Not what somebody has put there meanwhile. */
    if (err == VAULT_OK && (fstatat(dir, name, &now, AT_SYMLINK_NOFOLLOW) != 0 ||
            now.st_ino != s->st.st_ino || now.st_dev != s->st.st_dev))
        err = err_say(VAULT_ERR_FAILED, NULL, "%s was renamed meanwhile; it was overwritten", s->path);
    if (err == VAULT_OK && unlinkat(dir, name, 0) != 0)
        err = err_errno(errno, "cannot remove %s", s->path);
    if (err == VAULT_OK)
        err = dir_sync(dir);
    fd_close(dir);
    free(parent);
    return err;
}

/* Every one that can be removed is, whatever happened to another. */
static vault_err
remove_sources(const struct attaching *a)
{
    vault_err err = VAULT_OK, one;

    for (size_t i = 0; i < a->n; i++) {
        one = remove_source(&a->source[i]);
        if (one != VAULT_OK)
            err = err_say(VAULT_ERR_FAILED, "destroy it yourself", "it is attached, but %s",
                vault_last_error()->text);
    }
    return err;
}

/* ---- the calls ---- */

vault_err
vault_attach(vault *v, const char *id, const struct vault_attach_file *file, size_t n,
    const struct vault_attach_options *opt, struct vault_added *out)
{
    struct attaching a = { .v = v, .opt = opt, .tier = opt->open ? LEAF_OPEN : LEAF_WITHHELD };
    const struct field_def *f = NULL;
    struct buf extra = BUF_INIT;
    struct revision base;
    struct draft d;
    uint32_t head = 0;
    vault_err err;

    vault_clear_error();
    if (n == 0 || n > REVISION_LEAVES_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "name one file, or a few");
    revision_init(&base);
    err = draft_init(&d, &v->recs);
    if (err == VAULT_OK)
        err = session_load_head(v, id, &head, &base);
    if (err == VAULT_OK)
        err = draft_file_field(&d, &base, opt->field == NULL ? "files" : opt->field, n, &f);
    if (err == VAULT_OK && is_keeper(v))
        err = recs_look(&v->recs, head, &base, &extra);
    if (err == VAULT_OK)
        err = open_sources(&a, &base, file, n);
    if (err == VAULT_OK)
        err = store(&a, &d, &base, f, out);
    if (err == VAULT_OK && opt->move)
        err = remove_sources(&a);
    free_all(&a);
    draft_done(&d);
    revision_free(&base);
    buf_free(&extra);
    return err;
}

static vault_err
store_without(struct vault *v, struct draft *d, const struct revision *base,
    const struct attachment *x, struct vault_added *out)
{
    struct detail det = {0};
    struct commit what = { .action = "detach", .detail = &det };
    struct revision rev;
    struct change c;
    vault_err err;

    revision_init(&rev);
    detail_text(&det, "field", x->f->name);
    detail_text(&det, "tier", x->l->tier == LEAF_OPEN ? "open" : "withheld");
    detail_uint(&det, "attachment", x->number);
    err = draft_detach(d, base, x->l, &rev);
    if (err == VAULT_OK)
        err = session_begin(v, &c);
    if (err == VAULT_OK)
        err = session_commit_one(v, &c, &rev, &what, out);
    detail_free(&det);
    revision_free(&rev);
    return err;
}

vault_err
vault_detach(vault *v, const char *id, const char *name, struct vault_added *out)
{
    struct buf extra = BUF_INIT;
    struct revision base;
    struct attachment x;
    struct draft d;
    uint32_t head = 0;
    vault_err err;

    vault_clear_error();
    revision_init(&base);
    err = draft_init(&d, &v->recs);
    if (err == VAULT_OK)
        err = session_load_head(v, id, &head, &base);
    if (err == VAULT_OK && is_keeper(v))
        err = recs_look(&v->recs, head, &base, &extra);
    if (err == VAULT_OK)
        err = attachment_find(v, &base, name, &x);
    if (err == VAULT_OK)
        err = store_without(v, &d, &base, &x, out);
    draft_done(&d);
    revision_free(&base);
    buf_free(&extra);
    return err;
}
