/* dump_files.c - see dump_files.h. */
#include "vault/dump_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "vault/base/fd.h"
#include "vault/base/json_out.h"
#include "vault/base/text.h"

#define FOLDER "files"

/* ---- which ---- */

static bool
is_due(const struct dump_files *d, const struct attachment *x)
{
    return x->l->tier == LEAF_OPEN || d->reveal;
}

static bool
is_gone(const struct dump_files *d, const struct revision *rev, const struct attachment *x)
{
    return recs_gone(&d->v->recs, rev, x->l) != GONE_NOT || (x->known &&
        session_file_lost(d->v, rev->record, (enum leaf_tier)x->l->tier, x->l->file_first));
}

static struct attachment_walk
walk_of(const struct dump_files *d, const struct revision *rev)
{
    return (struct attachment_walk){ .rev = rev,
        .type = type_set_by_hash(&d->v->recs.types, rev->type) };
}

void
dump_files_count(struct dump_files *d, const struct revision *rev)
{
    struct attachment_walk w = walk_of(d, rev);
    struct attachment x;

    while (w.type != NULL && attachment_next(&w, &x))
        if (!is_gone(d, rev, &x))
            *(is_due(d, &x) ? &d->written : &d->left_out) += 1;
}

/* ---- folders and names ---- */

static vault_err
cannot_write(void)
{
    return err_errno(errno, "cannot write into the folder of the dump");
}

/* A folder in `dir`, open; it may be there. */
static vault_err
folder_in(int dir, const char *name, int *out)
{
    if (mkdirat(dir, name, 0700) != 0 && errno != EEXIST)
        return cannot_write();
    *out = fd_open_at(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    return *out < 0 ? cannot_write() : VAULT_OK;
}

/* The i-th name to be tried: its own; with its number, where another has that name (or one that is the same to this
 * file system); one that no other has, where the file system bears neither. False: there is no such. */
static bool
nth_name(char out[static FILE_NAME_BYTES + 1], const struct attachment *x, unsigned i, bool valid)
{
    struct part name = x->view.file.name;
    char number[16] = "";

    if (i == 2) {
        snprintf(out, FILE_NAME_BYTES + 1, "%u-%08x", x->number, randombytes_random());
        return true;
    }
    if (!valid)                         /* it was not we who gave it */
        return false;
    if (i == 1)
        snprintf(number, sizeof number, "%u-", x->number);
    return (size_t)snprintf(out, FILE_NAME_BYTES + 1, "%s%.*s", number, (int)name.n,
        (const char *)name.p) <= FILE_NAME_BYTES;
}

static vault_err
make_file(int dir, const struct attachment *x, char name[static FILE_NAME_BYTES + 1], int *fd)
{
    struct buf scratch = BUF_INIT;
    bool valid = file_name_valid(&scratch, x->view.file.name), starved = scratch.bad;

    *fd = -1;
    buf_free(&scratch);
    if (starved)
        return err_nomem();
    for (unsigned i = 0; *fd < 0 && i < 3; i++) {
        if (!nth_name(name, x, i, valid))
            continue;
        *fd = fd_open_at(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
        if (*fd < 0 && errno != EEXIST && errno != EINVAL && errno != ENAMETOOLONG)
            break;
    }
    return *fd < 0 ? cannot_write() : VAULT_OK;
}

/* ---- writing ---- */

static void
say(struct buf *line, const struct attachment *x, const char *code, const char *name)
{
    char path[sizeof FOLDER + CODE_LEN + FILE_NAME_BYTES + 3], hex[2 * 32 + 1];

    snprintf(path, sizeof path, FOLDER "/%s/%s", code, name);
    hex_of(hex, x->view.file.sha256, 32);
    buf_str(line, "{\"value\":");
    json_string(line, PART(path, strlen(path)));
    buf_str(line, ",\"name\":");
    json_string(line, x->view.file.name);
    buf_fmt(line, ",\"size\":%llu,\"sha256\":\"%s\",\"tier\":\"%s\"}",
        (unsigned long long)x->view.file.size, hex, x->l->tier == LEAF_OPEN ? "open" : "withheld");
}

vault_err
dump_step(struct dump_files *d, uint64_t n)
{
    d->bytes += n;
    if (d->progress == NULL || d->progress(d->progress_ctx, d->bytes, 0) == 0)
        return VAULT_OK;
    return err_say(VAULT_ERR_INTERRUPTED, NULL, "interrupted");
}

static int
step_of_one(void *ctx, uint64_t done, uint64_t total)
{
    struct dump_files *d = ctx;
    (void)total;

    return d->progress != NULL && d->progress(d->progress_ctx, d->bytes + done, 0) != 0;
}

static vault_err
write_one(struct dump_files *d, int dir, const struct attachment *x, char name[static FILE_NAME_BYTES + 1])
{
    struct vault_extract_options to = { .fd = -1, .progress = step_of_one, .progress_ctx = d };
    vault_err err = make_file(dir, x, name, &to.fd);

    if (err == VAULT_OK)
        err = attachment_write(d->v, x, &to);
    if (err == VAULT_OK && fd_sync(to.fd) != 0)
        err = cannot_write();
    if (err == VAULT_OK)
        err = dump_step(d, x->view.file.size);
    d->written += err == VAULT_OK;
    fd_close(to.fd);
    return err;
}

static vault_err
open_folder(struct dump_files *d, const char *code, int *out)
{
    vault_err err = d->files < 0 ? folder_in(d->dir, FOLDER, &d->files) : VAULT_OK;

    return err != VAULT_OK ? err : folder_in(d->files, code, out);
}

/* Fields stand together in a walk. */
static void
begin_item(struct buf *line, const struct attachment *x, const struct field_def **open)
{
    if (*open == x->f) {
        buf_u8(line, ',');
        return;
    }
    if (*open != NULL && (*open)->repeats)
        buf_u8(line, ']');
    *open = x->f;
    buf_u8(line, ',');
    json_string(line, PART(x->f->name, strlen(x->f->name)));
    buf_str(line, x->f->repeats ? ":[" : ":");
}

/* One that is due, into `dir` (opened when it is -1), and its item to the line. */
static vault_err
write_due(struct dump_files *d, const struct attachment *x, const char *code, int *dir, struct buf *line,
    const struct field_def **open)
{
    char name[FILE_NAME_BYTES + 1];
    vault_err err = x->known ? VAULT_OK :
        err_say(VAULT_ERR_DAMAGED, NULL, "name and key of an attachment cannot be read");

    if (err == VAULT_OK && *dir < 0)
        err = open_folder(d, code, dir);
    if (err == VAULT_OK)
        err = write_one(d, *dir, x, name);
    if (err == VAULT_OK && line != NULL) {
        begin_item(line, x, open);
        say(line, x, code, name);
    }
    if (err == VAULT_ERR_DAMAGED)
        err_prefix("record %s: ", code);
    return err;
}

vault_err
dump_files_write(struct dump_files *d, const struct revision *rev, struct buf *line)
{
    struct attachment_walk w = walk_of(d, rev);
    const struct field_def *open = NULL;        /* whose values stand at the end of the line */
    char code[CODE_LEN + 1];
    struct attachment x;
    int dir = -1;
    vault_err err = VAULT_OK;

    code_of(code, rev->record);
    while (err == VAULT_OK && w.type != NULL && attachment_next(&w, &x)) {
        if (is_gone(d, rev, &x))
            continue;
        if (is_due(d, &x))
            err = write_due(d, &x, code, &dir, line, &open);
        else
            d->left_out++;
    }
    if (open != NULL && open->repeats)
        buf_u8(line, ']');
    if (err == VAULT_OK && dir >= 0)
        err = dir_sync(dir);
    fd_close(dir);
    return err;
}

/* ---- the end ---- */

/* Everything in a folder that we made a moment ago; `below`: folders of files. */
static void
empty(int dir, bool below)
{
    int copy = fcntl(dir, F_DUPFD_CLOEXEC, 0);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    struct dirent *e;

    if (list == NULL) {
        fd_close(copy);
        return;
    }
    rewinddir(list);
    while ((e = readdir(list)) != NULL) {
        int sub = -1;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (below)
            sub = fd_open_at(dir, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        if (sub >= 0)
            empty(sub, false);
        fd_close(sub);
        if (sub >= 0)
            (void)unlinkat(dir, e->d_name, AT_REMOVEDIR);
        else
            file_take_back(dir, e->d_name);
    }
    (void)closedir(list);
}

vault_err
dump_files_end(struct dump_files *d, vault_err err)
{
    if (d->files < 0)
        return err;
    if (err == VAULT_OK)
        err = dir_sync(d->files);
    if (err != VAULT_OK) {
        empty(d->files, true);
        (void)unlinkat(d->dir, FOLDER, AT_REMOVEDIR);
    }
    (void)close(d->files);
    return err;
}
