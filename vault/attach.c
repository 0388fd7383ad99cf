/*
 * attach.c - files into the vault: vault_attach, vault_detach.
 *
 * All files of a call are one revision in one transaction, so that they are there entirely or not at all.
 */
#include "vault/known.h"
#include "vault/file_in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "vault/base/fd.h"

/* ---- names ---- */

static vault_err
same_name(void)
{
    return err_say(VAULT_ERR_CONFLICT, "--name gives it another, or detach that one first",
        "this record has an attachment of that name already");
}

static bool
name_is(const struct file_in *s, const void *p, size_t n)
{
    return s->name.n == n && memcmp(s->name.p, p, n) == 0;
}

/* Among those of the record that this tier knows, and those before it. */
static vault_err
name_is_free(const struct files_in *a, const struct revision *base, size_t i)
{
    struct attachment_walk w = { .rev = base,
        .type = type_set_by_hash(&a->v->recs.types, base->type) };
    struct attachment x;

    for (size_t k = 0; k < i; k++)
        if (name_is(&a->file[i], a->file[k].name.p, a->file[k].name.n))
            return err_say(VAULT_ERR_CONFLICT, "attach them one by one, with --name",
                "two of the files have the same name");
    while (attachment_next(&w, &x))
        if (x.known && name_is(&a->file[i], x.view.file.name.p, x.view.file.name.n))
            return same_name();
    return VAULT_OK;
}

static vault_err
names_are_free(const struct files_in *a, const struct revision *base)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < a->n; i++)
        err = name_is_free(a, base, i);
    return err;
}

/* ---- storing ---- */

static vault_err
draft(struct files_in *a, struct draft *d, const struct revision *base, const struct field_def *f,
    struct revision *rev)
{
    struct draft_file *file = calloc(a->n, sizeof *file);
    vault_err err;

    if (file == NULL)
        return err_nomem();
    files_in_drafts(a, file);
    err = draft_attach(d, base, f, file, a->n, rev);
    free(file);
    return err;
}

static vault_err
store(struct files_in *a, struct draft *d, const struct revision *base, const struct field_def *f,
    struct vault_added *out)
{
    struct detail det = {0};
    struct commit what = { .action = "attach", .detail = &det };
    struct revision rev;
    struct change c;
    vault_err err = session_begin(a->v, &c);

    if (err != VAULT_OK)
        return err;
    revision_init(&rev);
    err = files_in_store(a);
    if (err == VAULT_OK)
        err = draft(a, d, base, f, &rev);
    if (err == VAULT_OK)
        err = known_check(a->v, &rev, base);    /* names of open files */
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

/* What is there now is what was stored: nobody wrote to it, and no other name was given to it, since reading ended. */
static bool
is_as_read(const struct file_in *s)
{
    struct stat now;

    return fstat(s->fd, &now) == 0 && now.st_nlink == s->read.st_nlink && file_in_same(&s->read, &now);
}

/* Does the name still lead to it, and not to what somebody has put there meanwhile? */
static bool
is_there(const struct file_in *s, int dir, const char *name)
{
    struct stat now;

    return fstatat(dir, name, &now, AT_SYMLINK_NOFOLLOW) == 0 && now.st_ino == s->st.st_ino &&
        now.st_dev == s->st.st_dev;
}

static vault_err
remove_name(const struct file_in *s, int dir, const char *name)
{
    if (!is_there(s, dir, name))
        return err_say(VAULT_ERR_FAILED, NULL, "%s was renamed meanwhile; it was overwritten", s->path);
    if (unlinkat(dir, name, 0) != 0)
        return err_errno(errno, "cannot remove %s", s->path);
    return dir_sync(dir);
}

static vault_err
remove_source(const struct file_in *s)
{
    char *parent = NULL;
    const char *name;
    int dir = -1;
    vault_err err = path_split(&parent, &name, s->path);

    if (err == VAULT_OK)
        err = dir_open(&dir, parent);
    /* The last look before the only copy of what was written meanwhile would go. */
    if (err == VAULT_OK && (!is_there(s, dir, name) || !is_as_read(s)))
        err = err_say(VAULT_ERR_FAILED, "compare it with what was attached; attach it again if it matters",
            "%s was changed, linked or renamed meanwhile: it stays as it is", s->path);
    else if (err == VAULT_OK && fd_overwrite(s->fd, s->st.st_size) != 0)
        err = err_errno(errno, "cannot overwrite %s", s->path);
    else if (err == VAULT_OK)
        err = remove_name(s, dir, name);
    fd_close(dir);
    free(parent);
    return err;
}

/* Every one that can be removed is, whatever happened to another. */
static vault_err
remove_sources(const struct files_in *a)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; i < a->n; i++) {
        struct vault_error said;

        if (remove_source(&a->file[i]) == VAULT_OK)
            continue;
        said = *vault_last_error();
        err = err_say(VAULT_ERR_FAILED, said.hint[0] == '\0' ? "destroy it yourself" : said.hint,
            "it is attached, but %s", said.text);
    }
    return err;
}

/* ---- the calls ---- */

static void
count_empty(const struct files_in *a, unsigned *empty)
{
    for (size_t i = 0; empty != NULL && i < a->n; i++)
        *empty += a->file[i].st.st_size == 0;
}

vault_err
vault_attach(vault *v, const char *id, const struct vault_attach_file *file, size_t n,
    const struct vault_attach_options *opt, struct vault_added *out)
{
    struct files_in a = { .v = v, .tier = opt->open ? LEAF_OPEN : LEAF_WITHHELD, .move = opt->move,
        .progress = opt->progress, .progress_ctx = opt->progress_ctx };
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
        err = files_in_open(&a, file, n, -1);
    if (err == VAULT_OK)
        err = names_are_free(&a, &base);
    if (err == VAULT_OK)
        count_empty(&a, opt->empty);
    if (err == VAULT_OK)
        err = store(&a, &d, &base, f, out);
    if (err == VAULT_OK && opt->move)
        err = remove_sources(&a);
    files_in_free(&a);
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
