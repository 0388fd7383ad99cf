/* import.c - from rows to revisions; see import.h. */
#include "vault/import/import.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"

/* Where a column goes. */
struct target {
    const struct field_def *f;          /* NULL: left out on purpose */
    const char *split;                  /* NULL: not split */
};

struct importing {
    struct import *im;
    struct pipeline *pipe;
    struct rows *rows;
    struct target *target;
    size_t n_targets;
    struct draft draft;
    struct vault_fields fields;
    struct row_files files;
    struct revision base, rev;
    struct buf extra;
    struct keymap *keys;
    struct link_rule *links;
    size_t n_links;
    uint64_t line;                      /* of the row at hand */
};

/* ---- columns ---- */

static const char *
default_split(const struct field_def *f, enum rows_format format)
{
    return f->repeats && format != ROWS_JSON ? "|" : NULL;
}

static vault_err
no_such_column(struct importing *x, uint32_t column)
{
    const char *name = rows_column(x->rows, column);
    const char *names[TYPE_FIELDS_MAX];
    const char *near;
    size_t n = x->im->type->n_fields;

    for (size_t i = 0; i < n; i++)
        names[i] = x->im->type->field[i].name;
    near = text_nearest(name, names, n);
    if (near != NULL)
        return err_say(VAULT_ERR_INPUT, "rename it, or give it a field in --mapping",
            "line 1, column %u: %s has no field of this name; did you mean '%s'?", column + 1,
            x->im->type->name, near);
    return err_say(VAULT_ERR_INPUT,
        "give it a field in --mapping, or null there to leave it out",
        "line 1, column %u: %s has no field of this name", column + 1, x->im->type->name);
}

static vault_err
find_target(struct importing *x, uint32_t column, enum rows_format format)
{
    const char *name = rows_column(x->rows, column);
    const struct map_rule *rule = x->im->mapping == NULL ? NULL :
        mapping_find(x->im->mapping, name);
    struct target *t = &x->target[column];
    const char *field = rule != NULL ? rule->field : name;

    t->f = NULL;
    t->split = NULL;
    /* A dump's own notes (_id) are no fields. */
    if (rule != NULL ? rule->ignore : name[0] == '_')
        return VAULT_OK;
    t->f = type_field(x->im->type, field, strlen(field));
    if (t->f == NULL)
        return no_such_column(x, column);
    t->split = default_split(t->f, format);
    if (rule != NULL && rule->split != NULL)
        t->split = rule->split[0] == '\0' ? NULL : rule->split;
    return VAULT_OK;
}

/* Columns that turned up since the last row. */
static vault_err
learn_columns(struct importing *x)
{
    size_t n = rows_columns(x->rows);
    vault_err err = VAULT_OK;
    struct target *t;

    if (n == x->n_targets)
        return VAULT_OK;
    t = reallocarray(x->target, n, sizeof *t);
    if (t == NULL)
        return err_nomem();
    x->target = t;
    while (err == VAULT_OK && x->n_targets < n) {
        err = find_target(x, (uint32_t)x->n_targets, rows_kind(x->rows));
        x->n_targets++;
    }
    return err;
}

static vault_err
learn_links(struct importing *x)
{
    const struct mapping *m = x->im->mapping;

    if (m == NULL || m->n == 0)
        return VAULT_OK;
    x->links = calloc(m->n, sizeof *x->links);
    if (x->links == NULL)
        return err_nomem();
    for (size_t i = 0; i < m->n; i++) {
        if (m->rule[i].link[0] == '\0')
            continue;
        memcpy(x->links[x->n_links].field, m->rule[i].field, NAME_MAX_BYTES);
        x->links[x->n_links++].by = strcmp(m->rule[i].link, "ref") == 0 ? FIND_REF : FIND_LABEL;
    }
    x->draft.links = x->links;
    x->draft.n_links = x->n_links;
    return VAULT_OK;
}

/* ---- cells ---- */

vault_err
import_cell(struct vault_fields *f, const char *field, const struct cell *c, struct part text)
{
    struct field_input *in = NULL;
    vault_err err = c->name.n + c->size.n + c->sha256.n + c->tier.n == 0 ? VAULT_OK :
        err_say(VAULT_ERR_INPUT, NULL, "line %llu, column %u: only an attachment that is imported has \"sha256\" and the like",
            (unsigned long long)c->line, c->col);

    if (err == VAULT_OK)
        err = fields_append(f, &in, field, strlen(field));
    if (err != VAULT_OK)
        return err;
    in->column = NULL;
    in->line = c->line;
    in->col = c->col;
    in->unset = in->absent = c->kind == CELL_NULL;
    fields_text(f, &in->text, text);
    fields_text(f, &in->source, c->source);
    fields_text(f, &in->as_of, c->as_of);
    fields_text(f, &in->certainty, c->certainty);
    return buf_ok(&f->mem);
}

static struct part
trimmed(struct part p)
{
    const char *s = p.p;

    while (p.n != 0 && (s[p.n - 1] == ' ' || s[p.n - 1] == '\t'))
        p.n--;
    while (p.n != 0 && (*s == ' ' || *s == '\t')) {
        s++;
        p.n--;
    }
    return PART(s, p.n);
}

static vault_err
split_cell(struct importing *x, const struct target *t, const struct cell *c)
{
    const char *at = c->text.p;
    size_t left = c->text.n, n_split = strlen(t->split);
    vault_err err = VAULT_OK;

    while (err == VAULT_OK) {
        const char *end = left == 0 ? NULL : memmem(at, left, t->split, n_split);
        struct part piece = trimmed(PART(at, end == NULL ? left : (size_t)(end - at)));
        if (piece.n != 0)
            err = import_cell(&x->fields, t->f->name, c, piece);
        if (end == NULL)
            break;
        left -= (size_t)(end - at) + n_split;
        at = end + n_split;
    }
    return err;
}

/* Errors name a column as its header does. */
static void
name_columns(struct importing *x, size_t from, const struct cell *c)
{
    for (size_t i = from; i < x->fields.n; i++)
        x->fields.in[i].column = rows_column(x->rows, c->column);
}

static bool
is_file(const struct importing *x, const struct target *t, const struct cell *c)
{
    return t->f->kind == FIELD_FILE && rows_kind(x->rows) == ROWS_JSON && c->kind != CELL_NULL;
}

static vault_err
take_cells(struct importing *x, const struct row *row)
{
    vault_err err = VAULT_OK;

    fields_reset(&x->fields);
    x->files.n = 0;
    for (size_t i = 0; err == VAULT_OK && i < row->n_cells; i++) {
        const struct cell *c = &row->cell[i];
        const struct target *t = &x->target[c->column];
        size_t from = x->fields.n;
        if (t->f == NULL)
            continue;
        if (is_file(x, t, c))
            err = row_files_note(&x->files, &(struct row_file){ t->f, c, rows_column(x->rows, c->column) });
        else if (t->split != NULL && c->kind == CELL_TEXT)
            err = split_cell(x, t, c);
        else
            err = import_cell(&x->fields, t->f->name, c, c->text);
        name_columns(x, from, c);
    }
    return err;
}

/* ---- rows ---- */

/* `base`: NULL, of a new record. */
static vault_err
put(struct importing *x, const struct revision *base)
{
    vault_err err = VAULT_OK;

    if (x->im->note != NULL)
        err = x->im->note(x->im->note_ctx, &x->rev, base, x->line);
    if (err == VAULT_OK)
        err = pipeline_put(x->pipe, &x->rev);

    x->im->files->drop(x->im->files->ctx);
    return err;
}

static vault_err
add_row(struct importing *x)
{
    bool changed;
    vault_err err;

    x->draft.files_follow = x->files.n > 0;
    err = draft_add(&x->draft, x->im->type, &x->fields, &x->rev);
    if (err == VAULT_OK)
        err = row_files_take(&x->files, x->im, &x->draft, NULL, &x->rev, &changed);
    if (err == VAULT_OK)
        err = put(x, NULL);
    x->im->added += err == VAULT_OK;
    return err;
}

static vault_err
load_base(struct importing *x, uint32_t first, uint32_t *n)
{
    struct recs *r = x->im->change->r;
    bool conflict = false;
    vault_err err;

    err = recs_head(r, first, n, &conflict);
    if (err == VAULT_OK && conflict)
        err = recs_differ("the record of this row");
    if (err == VAULT_OK)
        err = recs_load(r, *n, &x->base);
    buf_reset(&x->extra);
    if (err == VAULT_OK && x->im->withheld)
        err = recs_look(r, *n, &x->base, &x->extra);
    return err;
}

static vault_err
revise_row(struct importing *x, uint32_t first)
{
    uint32_t n = 0;
    bool changed = false;
    vault_err err = load_base(x, first, &n);

    if (err == VAULT_OK)
        err = draft_edit(&x->draft, n, &x->base, &x->fields, &x->rev, &changed);
    if (err == VAULT_OK)
        err = row_files_take(&x->files, x->im, &x->draft, &x->base, &x->rev, &changed);
    if (err == VAULT_OK && changed)
        err = put(x, &x->base);
    if (err == VAULT_OK)
        *(changed ? &x->im->changed : &x->im->unchanged) += 1;
    return err;
}

static vault_err
key_of(struct importing *x, struct part *out)
{
    const char *name = x->im->key->name;

    for (size_t i = 0; i < x->fields.n; i++)
        if (strcmp(x->fields.in[i].field, name) == 0 && !x->fields.in[i].unset) {
            *out = trimmed(fields_part(&x->fields, x->fields.in[i].text));
            return VAULT_OK;
        }
    return err_say(VAULT_ERR_INPUT, NULL, "this row has no %s, which --key needs", name);
}

static vault_err
keyed_row(struct importing *x)
{
    struct part key = PART(NULL, 0);
    uint32_t first = 0;
    vault_err err = key_of(x, &key);

    if (err == VAULT_OK)
        err = keymap_find(x->keys, key, &first);
    if (err != VAULT_OK)
        return err;
    err = first != 0 ? revise_row(x, first) : add_row(x);
    if (err == VAULT_OK)
        err = keymap_add(x->keys, key, first != 0 ? first : x->im->change->r->index.n);
    return err;
}

static vault_err
do_row(struct importing *x, const struct row *row)
{
    vault_err err = take_cells(x, row);

    x->line = row->line;
    if (err == VAULT_OK)
        err = x->keys != NULL ? keyed_row(x) : add_row(x);
    if (err != VAULT_OK && strncmp(vault_last_error()->text, "line ", 5) != 0)
        err_prefix("line %llu: ", (unsigned long long)row->line);
    if (err == VAULT_ERR_NOT_FOUND)     /* a link to nowhere is a mistake of the file */
        err = err_say(VAULT_ERR_INPUT, "add or import the record it points to first", "%s",
            vault_last_error()->text);
    x->im->rows++;
    return err;
}

/* On the second thread. */
static vault_err
produce(void *ctx, struct pipeline *p)
{
    struct importing *x = ctx;
    struct row row;
    bool got = true;
    vault_err err = VAULT_OK;

    x->pipe = p;
    while (err == VAULT_OK) {
        err = rows_next(x->rows, &row, &got);
        if (err != VAULT_OK || !got)
            break;
        err = learn_columns(x);
        if (err == VAULT_OK)
            err = do_row(x, &row);
    }
    return err;
}

static vault_err
prepare(struct importing *x)
{
    struct import *im = x->im;
    vault_err err;

    err = draft_init(&x->draft, im->change->r);
    if (err == VAULT_OK)
        err = rows_open(&x->rows, im->fd, im->format);
    if (err == VAULT_OK)
        err = learn_columns(x);
    if (err == VAULT_OK)
        err = learn_links(x);
    if (err == VAULT_OK && im->key != NULL && im->key->tier == LEAF_WITHHELD && !im->withheld)
        err = err_say(VAULT_ERR_REFUSED, "use an open field as key",
            "records can be found by a withheld field only by a keeper");
    if (err == VAULT_OK && im->key != NULL)
        err = keymap_build(&x->keys, im->change->r, im->type, im->key, im->withheld);
    return err;
}

vault_err
import_run(struct import *im)
{
    struct importing x = { .im = im };
    vault_err err;

    im->rows = im->added = im->changed = im->unchanged = im->attached = 0;
    fields_init(&x.fields);
    revision_init(&x.base);
    revision_init(&x.rev);
    err = prepare(&x);
    if (err == VAULT_OK)
        err = pipeline_run(im->change, produce, &x);
    rows_close(x.rows);
    keymap_free(x.keys);
    draft_done(&x.draft);
    fields_done(&x.fields);
    revision_free(&x.base);
    revision_free(&x.rev);
    buf_free(&x.extra);
    im->files->drop(im->files->ctx);
    free(x.files.item);
    free(x.links);
    free(x.target);
    return err;
}
