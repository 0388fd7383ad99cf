/* files.c - the attachments that a row names; see import.h. */
#include <stdlib.h>
#include <string.h>

#include "vault/import/import.h"
#include "vault/record/file.h"

static vault_err
at_cell(const struct row_file *x, vault_err err)
{
    if (err != VAULT_OK)
        err_prefix("line %llu, column %u (%s): ", (unsigned long long)x->cell->line, x->cell->col, x->column);
    return err;
}

vault_err
row_files_note(struct row_files *x, const struct row_file *item)
{
    struct row_file *p;

    if (item->cell->kind != CELL_TEXT || item->cell->sha256.n == 0)
        return at_cell(item, err_say(VAULT_ERR_INPUT, "attachments come with 'attach', or with what 'dump' wrote",
            "a file is an object with \"value\" and \"sha256\" here"));
    for (size_t i = 0; i < x->n && !item->f->repeats; i++)
        if (x->item[i].f == item->f)
            return at_cell(item, err_say(VAULT_ERR_INPUT, NULL, "%s holds one file only", item->f->name));
    p = array_room(x->item, x->n, &x->cap, sizeof *p);
    if (p == NULL)
        return err_nomem();
    x->item = p;
    x->item[x->n++] = *item;
    return VAULT_OK;
}

static struct import_file
file_of(const struct cell *c)
{
    struct import_file f = { c->text, c->name, c->size, c->sha256, c->tier };
    const char *slash = memrchr(c->text.p, '/', c->text.n);

    if (f.name.n == 0)
        f.name = slash == NULL ? c->text :
            PART(slash + 1, c->text.n - (size_t)(slash + 1 - (const char *)c->text.p));
    return f;
}

/* ---- a record that is there ---- */

static vault_err
is_same(const struct leaf *l, const struct import_file *f, struct part name, bool *same)
{
    struct value_view view;
    uint8_t sha256[32];
    vault_err err = value_read(&view, l->value);

    if (err != VAULT_OK || view.shape != VALUE_FILE || view.file.name.n != name.n ||
        memcmp(view.file.name.p, name.p, name.n) != 0)
        return err;
    *same = hex_read(sha256, sizeof sha256, f->sha256.p, f->sha256.n) &&
        memcmp(sha256, view.file.sha256, sizeof sha256) == 0;
    return *same ? VAULT_OK : err_say(VAULT_ERR_CONFLICT, "detach it first, or rename the new one",
        "the record has another attachment of that name");
}

static vault_err
is_there(const struct recs *r, const struct revision *base, const struct row_file *x,
    const struct import_file *f, bool *same)
{
    struct buf name = BUF_INIT;
    vault_err err = file_name_put(&name, f->name.p, f->name.n);

    for (size_t i = 0; err == VAULT_OK && !*same && i < base->n_leaves; i++) {
        const struct leaf *l = &base->leaf[i];
        if (l->field.n != strlen(x->f->name) || memcmp(l->field.p, x->f->name, l->field.n) != 0)
            continue;
        if (l->value.n != 0)
            err = is_same(l, f, PART(name.p, name.n), same);
        else if (recs_gone(r, base, l) == GONE_NOT)
            err = err_say(VAULT_ERR_REFUSED, "let a keeper import it",
                "whether a withheld attachment is there already can be told by a keeper only");
    }
    buf_free(&name);
    return err;
}

/* ---- taking them ---- */

static vault_err
take_one(const struct row_file *x, struct import *im, struct draft *d, const struct revision *base,
    struct revision *rev, bool *changed)
{
    struct import_file f = file_of(x->cell);
    struct draft_file file;
    bool same = false;
    vault_err err = base == NULL ? VAULT_OK : is_there(im->change->r, base, x, &f, &same);

    if (err != VAULT_OK || same)
        return err;
    err = im->files->take(im->files->ctx, &f, &file);
    if (err == VAULT_OK)
        err = draft_add_files(d, base, x->f, &file, 1, rev);
    if (err == VAULT_OK) {
        im->attached++;
        *changed = true;
    }
    return err;
}

vault_err
row_files_take(const struct row_files *x, struct import *im, struct draft *d, const struct revision *base,
    struct revision *rev, bool *changed)
{
    vault_err err = x->n == 0 ? VAULT_OK : recs_quiesce(im->change->r);

    for (size_t i = 0; err == VAULT_OK && i < x->n; i++)
        err = at_cell(&x->item[i], take_one(&x->item[i], im, d, base, rev, changed));
    return err;
}
