/*
 * page.c - the files of a release, one after the other: see page.h.
 */
#include "vault/release/page_priv.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
release_files_free(struct release_files *f)
{
    for (size_t i = 0; i < f->n; i++) {
        buf_free(&f->file[i].content);
        sodium_memzero(f->file[i].name, sizeof f->file[i].name);
    }
    free(f->file);
    *f = (struct release_files){0};
}

/* ---- what a document may be ---- */

static vault_err
judge_line(const char *what, const char *s, unsigned max)
{
    vault_err err = s == NULL ? VAULT_ERR_INPUT : release_line(s, max);

    return err != VAULT_ERR_INPUT ? err :
        err_say(VAULT_ERR_INPUT, NULL, "the %s is not one printable line of at most %u bytes", what, max);
}

static vault_err
judge_day(const char *what, const char *s)
{
    return s != NULL && release_is_day(s) ? VAULT_OK :
        err_say(VAULT_ERR_INPUT, "write it as 2027-01-31 or 2027-01", "%s is not a date", what);
}

/* Names of the files that every release has. */
static bool
is_taken(const char *name)
{
    static const char *const ours[] = { "index", "codebook", "method", "manifest" };

    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (strcmp(name, ours[i]) == 0)
            return true;
    return false;
}

/* One table after the other, as their files come: records, counts, public figures. NULL: no more. */
static const struct sheet *
sheet_at(const struct release_doc *doc, size_t i)
{
    if (i < doc->n_sheets)
        return &doc->sheet[i];
    i -= doc->n_sheets;
    if (i < doc->n_tables)
        return doc->table[i].sheet;
    return i == doc->n_tables ? doc->declared : NULL;
}

static vault_err
judge_name(const struct release_doc *doc, size_t at)
{
    const char *name = sheet_at(doc, at)->name;

    if (name == NULL || !release_is_name(name, strlen(name)) || is_taken(name))
        return err_say(VAULT_ERR_INPUT, "letters a-z, digits, _ and -, first a letter; not index, codebook, method or manifest",
            "table %zu has a name that no file of a release may have", at + 1);
    for (size_t i = 0; i < at; i++)
        if (strcmp(sheet_at(doc, i)->name, name) == 0)
            return err_say(VAULT_ERR_INPUT, NULL, "two tables have the name %s", name);
    return VAULT_OK;
}

static vault_err
judge_tables(const struct release_doc *doc)
{
    size_t count;
    vault_err err = VAULT_OK;

    if (doc->n_sheets + doc->n_tables > (RELEASE_FILES_MAX - 6) / 2)
        return err_say(VAULT_ERR_INPUT, NULL, "more than %u tables", (RELEASE_FILES_MAX - 6) / 2);
    for (size_t i = 0; err == VAULT_OK && sheet_at(doc, i) != NULL; i++)
        err = judge_name(doc, i);
    for (size_t i = 0; err == VAULT_OK && i < doc->n_tables; i++)
        if (!sheet_find_column(doc->table[i].sheet, "count", &count))
            err = err_say(VAULT_ERR_INPUT, NULL, "table %s has no column named count", doc->table[i].sheet->name);
    return err;
}

vault_err
release_judge(const struct release_doc *doc)
{
    vault_err err = judge_line("audience", doc->audience, RELEASE_AUDIENCE_MAX);

    if (err == VAULT_OK)
        err = judge_line("purpose", doc->purpose, RELEASE_PURPOSE_MAX);
    if (err == VAULT_OK)
        err = judge_day("the day of expiry", doc->expires);
    if (err == VAULT_OK)
        err = judge_day("the day that the data is as of", doc->as_of);
    return err == VAULT_OK ? judge_tables(doc) : err;
}

/* ---- files ---- */

vault_err
release_add_file(struct release_files *f, const char *name, const char *end, struct buf **content)
{
    struct release_file *more;

    if (f->n == RELEASE_FILES_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "more than %u files", RELEASE_FILES_MAX);
    more = array_room(f->file, f->n, &f->cap, sizeof *more);
    if (more == NULL)
        return err_nomem();
    f->file = more;
    more += f->n++;
    *more = (struct release_file){0};
    snprintf(more->name, sizeof more->name, "%s%s", name, end);
    *content = &more->content;
    return VAULT_OK;
}

static vault_err
add_sheet(struct release_files *f, const struct sheet *s, bool apostrophe)
{
    struct buf *content;
    vault_err err = release_add_file(f, s->name, ".csv", &content);

    if (err == VAULT_OK)
        err = sheet_write_csv(content, s, apostrophe);
    if (err == VAULT_OK)
        err = release_add_file(f, s->name, ".json", &content);
    return err == VAULT_OK ? sheet_write_json(content, s) : err;
}

static vault_err
codebook_row(struct sheet *s, const struct release_field *f)
{
    const char *const cell[] = { f->table, f->field, f->label, f->treatment, f->note };
    vault_err err = sheet_add_row(s);

    for (size_t i = 0; err == VAULT_OK && i < sizeof cell / sizeof cell[0]; i++)
        if (cell[i] != NULL)
            err = sheet_set(s, s->n_rows - 1, i, PART(cell[i], strlen(cell[i])));
    return err;
}

static vault_err
fill_codebook(struct sheet *s, const struct release_doc *doc)
{
    static const char *const column[] = { "table", "field", "label", "treatment", "note" };
    vault_err err = sheet_name(s, "codebook");

    for (size_t i = 0; err == VAULT_OK && i < sizeof column / sizeof column[0]; i++)
        err = sheet_add_column(s, column[i], NULL);
    for (size_t i = 0; err == VAULT_OK && i < doc->n_fields; i++)
        err = codebook_row(s, &doc->field[i]);
    return err;
}

/* Prose, some of it by the people of a vault: with an apostrophe, whatever the policy says of cells. */
static vault_err
add_codebook(struct release_files *f, const struct release_doc *doc)
{
    struct sheet s;
    struct buf *content;
    vault_err err;

    sheet_init(&s);
    err = fill_codebook(&s, doc);
    if (err == VAULT_OK)
        err = release_add_file(f, "codebook", ".csv", &content);
    if (err == VAULT_OK)
        err = sheet_write_csv(content, &s, true);
    sheet_free(&s);
    return err;
}

static vault_err
add_method(struct release_files *f, const struct release_doc *doc)
{
    struct buf *content;
    vault_err err = release_add_file(f, "method", ".md", &content);

    if (err != VAULT_OK)
        return err;
    page_method(content, doc);
    return buf_ok(content);
}

vault_err
release_render(struct release_files *out, const struct release_doc *doc)
{
    struct buf *content;
    vault_err err = release_judge(doc);

    if (err == VAULT_OK)
        err = release_add_file(out, "index", ".html", &content);
    if (err == VAULT_OK)
        err = page_html(content, doc);
    for (size_t i = 0; err == VAULT_OK && sheet_at(doc, i) != NULL; i++)
        err = add_sheet(out, sheet_at(doc, i), doc->formulas_with_apostrophe);
    if (err == VAULT_OK)
        err = add_codebook(out, doc);
    if (err == VAULT_OK)
        err = add_method(out, doc);
    if (err != VAULT_OK)
        release_files_free(out);
    return err;
}
