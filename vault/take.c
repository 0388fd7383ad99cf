/* take.c - many records in: vault_import. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vault/known.h"
#include "vault/take_files.h"

static vault_err
pick_format(const char *name, enum rows_format *out)
{
    *out = ROWS_AUTO;
    if (name == NULL)
        return VAULT_OK;
    if (strcmp(name, "csv") == 0)
        *out = ROWS_CSV;
    else if (strcmp(name, "json") == 0)
        *out = ROWS_JSON;
    else
        return err_say(VAULT_ERR_INPUT, "csv or json", "this version does not read that format");
    return VAULT_OK;
}

static vault_err
open_source(const char *path, int *fd)
{
    struct stat st;

    if (strcmp(path, "-") == 0) {
        *fd = STDIN_FILENO;
        return VAULT_OK;
    }
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (*fd < 0)
        return err_errno(errno, "cannot open %s", path);
    if (fstat(*fd, &st) == 0 && S_ISDIR(st.st_mode))
        return err_say(VAULT_ERR_INPUT, "name one file of it", "%s is a folder", path);
    return VAULT_OK;
}

static vault_err
find_key(const struct type_def *t, const char *key, const struct field_def **out)
{
    *out = NULL;
    if (key == NULL)
        return VAULT_OK;
    *out = type_field(t, key, strlen(key));
    if (*out == NULL)
        return type_no_field(t, key, strlen(key));
    if ((*out)->repeats || (*out)->kind == FIELD_LINK || (*out)->kind == FIELD_FILE)
        return err_say(VAULT_ERR_INPUT, NULL, "%s cannot be a key", key);
    return VAULT_OK;
}

/* Commit what was read; nothing new or a rehearsal leaves no trace. */
static vault_err
conclude(struct vault *v, struct change *c, const struct import *im, bool dry_run)
{
    struct detail d = {0};
    struct commit what = { .action = "import", .detail = &d };
    vault_err err;

    if (dry_run || im->added + im->changed == 0) {
        change_abort(c);
        return VAULT_OK;
    }
    detail_text(&d, "type", im->type->name);
    detail_uint(&d, "rows", im->rows);
    detail_uint(&d, "added", im->added);
    detail_uint(&d, "changed", im->changed);
    detail_uint(&d, "unchanged", im->unchanged);
    if (im->attached > 0)
        detail_uint(&d, "attached", im->attached);
    if (im->key != NULL)
        detail_text(&d, "key", im->key->name);
    err = session_commit(v, c, &what);
    detail_free(&d);
    return err;
}

static vault_err
note(void *ctx, const struct revision *rev, const struct revision *base, uint64_t line)
{
    return known_take(ctx, rev, base, line);
}

/* Names of the file that stand alike in the vault are told by vault_similar_new, later. */
static vault_err
run(struct vault *v, struct import *im, bool dry_run)
{
    struct known k = {0};
    struct change c;
    vault_err err = known_load(&k, v);

    if (err == VAULT_OK)
        err = session_begin(v, &c);
    if (err == VAULT_OK) {
        im->change = &c;
        im->note = note;
        im->note_ctx = &k;
        err = import_run(im);
        if (err == VAULT_OK)
            err = known_judge(&k);
        if (err == VAULT_OK)
            err = conclude(v, &c, im, dry_run);
        else
            change_abort(&c);
    }
    buf_free(&v->new_names);
    if (err == VAULT_OK && !dry_run)
        known_fresh(&k, &v->new_names);
    if (v->new_names.bad)           /* what is written is not undone by that */
        buf_free(&v->new_names);
    known_free(&k);
    return err;
}

vault_err
vault_import(vault *v, const char *path, const struct vault_import_options *opt,
    struct vault_import_report *out)
{
    struct take_files take = { .v = v, .path = path, .dir = -1 };
    const struct import_files files = { &take, take_files_take, take_files_drop };
    struct import im = { .withheld = is_keeper(v), .fd = -1, .files = &files };
    struct mapping mapping = {0};
    vault_err err;

    vault_clear_error();
    err = pick_format(opt->format, &im.format);
    if (err == VAULT_OK)
        err = type_set_get(&im.type, &v->recs.types, opt->type);
    if (err == VAULT_OK && opt->mapping != NULL) {
        err = mapping_parse(&mapping, opt->mapping, strlen(opt->mapping), im.type);
        im.mapping = &mapping;
    }
    if (err == VAULT_OK)
        err = find_key(im.type, opt->key, &im.key);
    if (err == VAULT_OK && strcmp(path, "-") != 0)
        err = session_may_take(v, path, false);
    if (err == VAULT_OK)
        err = open_source(path, &im.fd);
    if (err == VAULT_OK)
        err = run(v, &im, opt->dry_run);
    if (err == VAULT_OK) {
        memset(out, 0, sizeof *out);
        out->rows = im.rows;
        out->added = im.added;
        out->changed = im.changed;
        out->unchanged = im.unchanged;
    }
    if (im.fd > STDIN_FILENO)
        (void)close(im.fd);
    take_files_close(&take);
    mapping_free(&mapping);
    return err;
}
