/* take_files.c - see take_files.h. */
#include "vault/take_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "vault/base/fd.h"

void
take_files_drop(void *ctx)
{
    struct take_files *t = ctx;

    while (t->n > 0) {
        struct files_in *a = t->in[--t->n];
        files_in_free(a);
        free(a);
    }
}

void
take_files_close(struct take_files *t)
{
    take_files_drop(t);
    fd_close(t->dir);
    free(t->in);
}

/* ---- the file ---- */

static vault_err
not_there(void)
{
    return err_say(VAULT_ERR_INPUT, "the folder 'files' of a dump lies beside its tables",
        "the file of this attachment is not there");
}

/* One step of a path that a stranger may have written: no links, nothing above. `path` is cut up. */
static vault_err
open_beside(const struct vault *v, int dir, char *path, int *out)
{
    struct stat st;
    int fd = -1, at = dir, flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;
    char *rest = path, *step;
    vault_err err = VAULT_OK;

    while (err == VAULT_OK && (step = strsep(&rest, "/")) != NULL) {
        if (step[0] == '\0' || strcmp(step, ".") == 0 || strcmp(step, "..") == 0)
            err = err_say(VAULT_ERR_INPUT, NULL, "the file of an attachment lies in the folder of the import, or below");
        if (err == VAULT_OK && fstatat(at, step, &st, AT_SYMLINK_NOFOLLOW) == 0 && session_owns(v, &st))
            err = session_is_own("the file of this attachment");
        if (err == VAULT_OK)
            fd = fd_open_at(at, step, flags | (rest != NULL ? O_DIRECTORY : 0));
        if (err == VAULT_OK && fd < 0)
            err = errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? not_there() :
                err_errno(errno, "cannot open the file of this attachment");
        if (at != dir)
            fd_close(at);
        at = fd;
    }
    if (err == VAULT_OK)
        *out = fd;
    return err;
}

/* The folder of the import, when the first attachment is named. */
static vault_err
open_folder(struct take_files *t)
{
    const char *name;
    char *parent = NULL;
    vault_err err;

    if (t->dir >= 0)
        return VAULT_OK;
    if (strcmp(t->path, "-") == 0)
        return err_say(VAULT_ERR_INPUT, "import the table from a file beside the folder 'files'",
            "attachments cannot be imported from standard input");
    err = path_split(&parent, &name, t->path);
    if (err == VAULT_OK)
        err = dir_open(&t->dir, parent);
    free(parent);
    return err;
}

static vault_err
open_named(struct take_files *t, struct part path, int *out)
{
    struct buf copy = BUF_INIT;
    vault_err err = open_folder(t);

    buf_put(&copy, path.p, path.n);
    if (err == VAULT_OK)
        err = buf_cstr(&copy) == NULL ? err_nomem() : open_beside(t->v, t->dir, (char *)copy.p, out);
    buf_free(&copy);
    return err;
}

/* ---- what the row says ---- */

static vault_err
read_tier(struct part text, enum leaf_tier *out)
{
    *out = text.n == 4 && memcmp(text.p, "open", 4) == 0 ? LEAF_OPEN : LEAF_WITHHELD;
    if (*out == LEAF_OPEN || text.n == 0 || (text.n == 8 && memcmp(text.p, "withheld", 8) == 0))
        return VAULT_OK;
    return err_say(VAULT_ERR_INPUT, NULL, "the \"tier\" of an attachment is open or withheld");
}

static bool
size_is(struct part text, uint64_t size)
{
    char is[24];
    int n = snprintf(is, sizeof is, "%llu", (unsigned long long)size);

    return text.n == 0 || (text.n == (size_t)n && memcmp(text.p, is, text.n) == 0);
}

static vault_err
changed(void)
{
    return err_say(VAULT_ERR_INPUT, "it was changed since, or exchanged",
        "the file of this attachment is not the one that the row names");
}

static vault_err
store(struct files_in *a, const struct import_file *f, struct part name, int fd)
{
    const struct vault_attach_file file = { .path = "the file of this attachment", .name = name.p };
    uint8_t sha256[SHA256_BYTES];
    vault_err err = files_in_open(a, &file, 1, fd);

    if (err == VAULT_OK && !hex_read(sha256, sizeof sha256, f->sha256.p, f->sha256.n))
        err = err_say(VAULT_ERR_INPUT, NULL, "\"sha256\" is 64 hexadecimal digits");
    if (err == VAULT_OK && !size_is(f->size, (uint64_t)a->file[0].st.st_size))
        err = changed();
    if (err == VAULT_OK)
        err = files_in_store(a);
    if (err == VAULT_OK && memcmp(sha256, a->file[0].sha256, sizeof sha256) != 0)
        err = changed();
    if (err == VAULT_OK) {              /* a row may have thousands */
        fd_close(a->file[0].fd);
        a->file[0].fd = -1;
        secret_free(a->plain);
        a->plain = NULL;
    }
    return err;
}

static vault_err
room(struct take_files *t, struct files_in **out)
{
    struct files_in **p = t->in;

    p = array_room(t->in, t->n, &t->cap, sizeof *p);
    if (p == NULL)
        return err_nomem();
    t->in = p;
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return err_nomem();
    t->in[t->n++] = *out;
    return VAULT_OK;
}

vault_err
take_files_take(void *ctx, const struct import_file *f, struct draft_file *out)
{
    struct take_files *t = ctx;
    struct files_in *a = NULL;
    struct buf name = BUF_INIT;
    int fd = -1;
    vault_err err = room(t, &a);

    if (err == VAULT_OK) {
        a->v = t->v;
        err = read_tier(f->tier, &a->tier);
    }
    buf_put(&name, f->name.p, f->name.n);
    if (err == VAULT_OK && buf_cstr(&name) == NULL)
        err = err_nomem();
    if (err == VAULT_OK)
        err = open_named(t, f->path, &fd);
    if (err == VAULT_OK)
        err = store(a, f, PART(name.p, name.n), fd);
    if (err == VAULT_OK)
        files_in_drafts(a, out);
    buf_free(&name);
    return err;
}
