/* history_files.c - see history_files.h. */
#include "vault/history_files.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/record/value.h"

static bool
is_file(const struct vault *v, const struct revision *rev, const struct leaf *l)
{
    const struct type_def *t = type_set_by_hash(&v->recs.types, rev->type);
    const struct field_def *f = t == NULL ? NULL : type_field(t, l->field.p, l->field.n);

    return f != NULL && f->kind == FIELD_FILE;
}

static bool
has_withheld(const struct vault *v, const struct revision *rev)
{
    for (size_t i = 0; i < rev->n_leaves; i++)
        if (rev->leaf[i].tier == LEAF_WITHHELD && is_file(v, rev, &rev->leaf[i]))
            return true;
    return false;
}

static vault_err
note(struct vault *v, uint32_t first)
{
    struct detail d = {0};
    char code[CODE_LEN + 1];
    vault_err err;

    code_of(code, v->recs.index.pair[first].record);
    detail_text(&d, "id", code);
    detail_text(&d, "what", "sha256");
    err = session_note(v, "reveal", true, &d);
    detail_free(&d);
    return err;
}

vault_err
history_may_tell(struct vault *v, uint32_t first, bool *may)
{
    struct revision rev;
    bool any = false;
    vault_err err = VAULT_OK;

    *may = false;
    if (!is_keeper(v))
        return VAULT_OK;
    revision_init(&rev);
    for (uint32_t n = first; err == VAULT_OK && n != 0 && !any; n = v->recs.index.pair[n].next) {
        err = recs_load(&v->recs, n, &rev);
        any = err == VAULT_OK && has_withheld(v, &rev);
    }
    revision_free(&rev);
    if (err == VAULT_OK && any)
        err = note(v, first);
    *may = err == VAULT_OK;
    if (err != VAULT_ERR_NO_SPACE)
        return err;
    vault_clear_error();
    return VAULT_OK;
}

/* Open values have another salt, and so another c, in each revision. */
static bool
is_in(const struct leaf *l, const struct revision *before)
{
    const struct leaf *m = revision_find(before, l->field, l->element, l->n_element);

    return m != NULL && m->tier == l->tier && (l->tier == LEAF_WITHHELD ?
        memcmp(m->c, l->c, sizeof l->c) == 0 :
        m->value.n == l->value.n && (l->value.n == 0 || memcmp(m->value.p, l->value.p, l->value.n) == 0));
}

static void
describe(const struct leaf *l, bool may, struct vault_history_file *f, struct history_text *t)
{
    bool withheld = l->tier == LEAF_WITHHELD;
    struct value_view x;

    memcpy(t->field, l->field.p, l->field.n < sizeof t->field ? l->field.n : sizeof t->field - 1);
    f->field = t->field;
    f->withheld = withheld;
    if (l->value.n == 0 || (withheld && !may) || value_read(&x, l->value) != VAULT_OK ||
        x.shape != VALUE_FILE)
        return;
    hex_of(t->sha256, x.file.sha256, 32);
    f->sha256 = t->sha256;
    f->size = x.file.size;
    if (withheld || x.file.name.n >= sizeof t->name)
        return;
    memcpy(t->name, x.file.name.p, x.file.name.n);
    f->name = t->name;
}

static vault_err
list(struct vault *v, const struct revision *rev, const struct revision *before, bool may,
    struct history_files *out)
{
    out->file = calloc(rev->n_leaves + 1, sizeof *out->file);
    out->text = calloc(rev->n_leaves + 1, sizeof *out->text);
    if (out->file == NULL || out->text == NULL)
        return err_nomem();
    for (size_t i = 0; i < rev->n_leaves; i++)
        if (is_file(v, rev, &rev->leaf[i]) && !is_in(&rev->leaf[i], before)) {
            describe(&rev->leaf[i], may, &out->file[out->n], &out->text[out->n]);
            out->n++;
        }
    return VAULT_OK;
}

vault_err
history_files(struct vault *v, uint32_t n, struct revision *rev, bool may,
    struct history_files *out)
{
    uint32_t parent = 0;
    struct revision before;
    struct buf extra = BUF_INIT;
    vault_err err = VAULT_OK;

    revision_init(&before);
    if (rev->n_parents != 0)
        parent = index_revision(&v->recs.index, v->recs.index.pair[n].first, rev->parent[0]);
    if (parent != 0)
        err = recs_load(&v->recs, parent, &before);
    if (err == VAULT_OK && may && has_withheld(v, rev))
        err = recs_look(&v->recs, n, rev, &extra);
    if (err == VAULT_OK)
        err = list(v, rev, &before, may, out);
    buf_free(&extra);
    revision_free(&before);
    return err;
}

void
history_files_free(struct history_files *f)
{
    if (f->text != NULL)
        sodium_memzero(f->text, f->n * sizeof *f->text);
    free(f->text);
    free(f->file);
    memset(f, 0, sizeof *f);
}
