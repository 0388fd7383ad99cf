/* attachments.c - see attachments.h. */
#include "vault/attachments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
is_of(const struct leaf *l, const struct field_def *f)
{
    return l->field.n == strlen(f->name) && memcmp(l->field.p, f->name, l->field.n) == 0;
}

bool
attachment_next(struct attachment_walk *w, struct attachment *out)
{
    for (; w->field < w->type->n_fields; w->field++, w->leaf = 0) {
        const struct field_def *f = &w->type->field[w->field];
        if (f->kind != FIELD_FILE)
            continue;
        while (w->leaf < w->rev->n_leaves) {
            const struct leaf *l = &w->rev->leaf[w->leaf++];
            if (!is_of(l, f))
                continue;
            memset(out, 0, sizeof *out);
            out->number = ++w->number;
            out->f = f;
            out->l = l;
            out->known = l->value.n != 0 && l->file_key != NULL &&
                value_read(&out->view, l->value) == VAULT_OK && out->view.shape == VALUE_FILE;
            return true;
        }
    }
    return false;
}

/* unknown: the name might be that of an attachment whose name cannot be read. */
static vault_err
not_found(struct vault *v, bool unknown)
{
    if (unknown && is_keeper(v))
        return err_say(VAULT_ERR_DAMAGED, "'show' lists the numbers, 'check' tells what is wrong",
            "this record has no attachment of that name, but there are some whose names cannot be read");
    return err_say(VAULT_ERR_NOT_FOUND, unknown && !is_keeper(v) ?
        "names of withheld attachments are known to keepers only; 'show' lists the numbers" :
        "'show' lists them", "this record has no such attachment");
}

/* Digits, and nothing else. */
static bool
read_number(const char *text, unsigned long *out)
{
    char *end = NULL;

    if (text[0] < '0' || text[0] > '9')
        return false;
    *out = strtoul(text, &end, 10);
    return *end == '\0';
}

/* As names are stored; none where no file can have that one. */
static vault_err
canonical_name(struct buf *out, const char *name)
{
    vault_err err = file_name_put(out, name, strlen(name));

    return err == VAULT_ERR_INPUT ? VAULT_OK : err;
}

static bool
is_named(const struct attachment *a, const struct buf *name)
{
    return a->known && name->n != 0 && a->view.file.name.n == name->n &&
        memcmp(a->view.file.name.p, name->p, name->n) == 0;
}

vault_err
attachment_find(struct vault *v, const struct revision *rev, const char *name,
    struct attachment *out)
{
    struct attachment_walk w = { .rev = rev,
        .type = type_set_by_hash(&v->recs.types, rev->type) };
    struct buf canonical = BUF_INIT;
    struct attachment a;
    unsigned long number = 0;
    bool numbered = name[0] == '#' && read_number(name + 1, &number), unknown = false;
    size_t found = 0;
    vault_err err = VAULT_OK;

    if (w.type == NULL)
        return err_say(VAULT_ERR_DAMAGED, NULL, "the type of a record is missing");
    if (!numbered)
        err = canonical_name(&canonical, name);
    while (err == VAULT_OK && attachment_next(&w, &a)) {
        unknown = unknown || (!a.known && recs_gone(&v->recs, rev, a.l) == GONE_NOT);
        if (numbered ? a.number != number : !is_named(&a, &canonical))
            continue;
        found++;
        *out = a;
    }
    buf_free(&canonical);
    if (err != VAULT_OK)
        return err;
    if (found > 1)
        return err_say(VAULT_ERR_CONFLICT, "name it by its number: 'show' has them, as in #2",
            "two attachments of this record have that name");
    return found == 1 ? VAULT_OK : not_found(v, unknown && !numbered);
}

/* Numbers may have zeros before them, so there is always another way to write one. */
static vault_err
may_be_another(const char *name, const struct attachment *other)
{
    bool marked = name[0] == '#';
    const char *digits = name + marked, *mark = marked ? "#0" : "#";

    if (!other->known)
        return err_say(VAULT_ERR_CONFLICT, "'check' tells what is wrong",
            "that may be the name of an attachment whose name cannot be read: write '%s%s' for the one of that number", mark, digits);
    return err_say(VAULT_ERR_CONFLICT, "'show' has the numbers",
        "that is also the name of another attachment: write '%s%s' for the one of that number, '#%u' for the one of that name",
        mark, digits, other->number);
}

/* Is what was typed for `meant` also how another one is called? With "#N" a number is meant: an unread name casts no doubt on it. */
static vault_err
is_no_other(struct vault *v, struct attachment_walk *w, const char *name, const struct attachment *meant)
{
    struct buf canonical = BUF_INIT;
    struct attachment a;
    vault_err err = canonical_name(&canonical, name);

    while (err == VAULT_OK && attachment_next(w, &a)) {
        bool unread = !a.known && name[0] != '#' && recs_gone(&v->recs, w->rev, a.l) == GONE_NOT;
        if (a.number != meant->number && (unread || is_named(&a, &canonical)))
            err = may_be_another(name, &a);
    }
    buf_free(&canonical);
    return err;
}

vault_err
attachment_find_surely(struct vault *v, const struct revision *rev, const char *name,
    struct attachment *out)
{
    struct attachment_walk w = { .rev = rev,
        .type = type_set_by_hash(&v->recs.types, rev->type) };
    unsigned long number = 0;
    char marked[24];
    vault_err err;

    if (!read_number(name + (name[0] == '#'), &number))
        return attachment_find(v, rev, name, out);
    snprintf(marked, sizeof marked, "#%lu", number);
    err = attachment_find(v, rev, marked, out);
    if (err == VAULT_ERR_NOT_FOUND) {       /* a name, then */
        vault_clear_error();
        return attachment_find(v, rev, name, out);
    }
    return err != VAULT_OK ? err : is_no_other(v, &w, name, out);
}

static void
hash_file(uint8_t id[static 16], const struct leaf *l, const struct file_value *f)
{
    uint8_t size[8], h[32];
    const struct part p[] = { PART(l->file_key, FILE_KEY_BYTES), PART(f->sha256, 32), PART(size, sizeof size) };

    put_u64(size, f->size);
    hash_parts(h, "withheld:file:1", p, 3);
    memcpy(id, h, 16);
}

vault_err
file_rows_of(struct file_rows *out, const struct leaf *l)
{
    struct value_view view;
    vault_err err = value_read(&view, l->value);

    if (err != VAULT_OK)
        return err;
    out->table = l->tier == LEAF_OPEN ? DB_OPEN_CHUNK : DB_WITHHELD_CHUNK;
    out->first = (int64_t)l->file_first;
    out->kept = file_kept(view.file.size, l->tier);
    out->pieces = file_pieces(out->kept);
    hash_file(out->id, l, &view.file);
    return VAULT_OK;
}
