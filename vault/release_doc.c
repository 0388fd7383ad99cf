/* release_doc.c - what a release has gathered, told to those who render it (release/page.h): see release.h. */
#include "vault/release.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TREATMENT_ROOM 96

struct telling {
    struct release *r;
    struct release_doc doc;
    struct sheet *sheet;                    /* borrowed from the sources */
    struct release_table *table;
    struct release_field *field;
    char (*treatment)[TREATMENT_ROOM];
    size_t n_fields;
};

static void
treatment_text(const struct release_column *c, char out[static TREATMENT_ROOM])
{
    static const char *const DATE[] = { "year", "quarter of a year", "month" };

    switch (c->treat) {
    case TREAT_BAND:
        snprintf(out, TREATMENT_ROOM, "band of %u%s", c->arg, c->f->kind == FIELD_DATE ? " years" : "");
        break;
    case TREAT_DATE:
        snprintf(out, TREATMENT_ROOM, "%s", DATE[c->arg % 3]);
        break;
    case TREAT_PLACE:
        snprintf(out, TREATMENT_ROOM, "the last %u part%s of the place", c->arg, c->arg == 1 ? "" : "s");
        break;
    case TREAT_HIERARCHY:
        snprintf(out, TREATMENT_ROOM, "coarser group, level %u", c->arg);
        break;
    case TREAT_REVIEWED:
        snprintf(out, TREATMENT_ROOM, "text that a person has read before");
        break;
    default:
        snprintf(out, TREATMENT_ROOM, c->link || c->treat == TREAT_PSEUDONYM ? "pseudonym" : "as recorded");
    }
}

static const char *
label_of(const struct field_def *f)
{
    for (size_t i = 0; i < f->n_labels; i++)
        if (strcmp(f->label[i].lang, "en") == 0)
            return f->label[i].text;
    return f->name;
}

static void
tell_field(struct telling *t, const struct release_source *s, const char *field, const char *label, const char *treatment, const char *note)
{
    struct release_field *f = &t->field[t->n_fields];

    snprintf(t->treatment[t->n_fields], TREATMENT_ROOM, "%s", treatment);
    *f = (struct release_field){ .table = s->sheet.name, .field = field, .label = label, .treatment = t->treatment[t->n_fields], .note = note };
    t->n_fields++;
}

static void
tell_fields(struct telling *t, const struct release_source *s)
{
    char treatment[TREATMENT_ROOM];

    if (s->kind == SOURCE_ROWS)
        tell_field(t, s, "pseudonym", "Pseudonym", t->r->p.style == STYLE_CODE ? "code" : "press name, else a code", t->r->p.stable ?
            "the same person has the same one in all releases to this audience, and another in others" : "made for this release alone");
    for (size_t i = 0; i < s->n_columns; i++) {
        treatment_text(&s->column[i], treatment);
        tell_field(t, s, s->column[i].f->name, label_of(s->column[i].f), treatment, NULL);
    }
    if (s->kind == SOURCE_TABLE)
        tell_field(t, s, "count", "Count", "counted", NULL);
}

static vault_err
room(struct telling *t)
{
    const struct release *r = t->r;
    size_t n = 0;

    for (size_t i = 0; i < r->n_sources; i++)
        n += r->source[i].n_columns + 2;
    t->field = calloc(n + 1, sizeof *t->field);
    t->treatment = calloc(n + 1, sizeof *t->treatment);
    t->sheet = calloc(r->n_sources + 1, sizeof *t->sheet);
    t->table = calloc(r->p.n_tables + 1, sizeof *t->table);
    return t->table == NULL || t->field == NULL || t->treatment == NULL || t->sheet == NULL ? err_nomem() : VAULT_OK;
}

static void
tell_head(struct telling *t)
{
    struct release *r = t->r;

    t->doc = (struct release_doc){ .audience = r->p.audience, .purpose = r->p.purpose, .expires = r->p.expires, .as_of = r->as_of,
        .single_case = r->p.single_case, .formulas_with_apostrophe = session_accepts(r->v, "formula"), .note = (const char *const *)r->notes.text, .n_notes = r->notes.n };
}

static void
tell_sources(struct telling *t)
{
    struct release *r = t->r;

    for (size_t i = 0; i < r->n_sources; i++) {
        const struct release_source *s = &r->source[i];

        if (s->kind == SOURCE_PUBLIC && t->doc.declared != NULL)
            continue;                       /* its rows stand with those of the first */
        tell_fields(t, s);
        if (s->kind == SOURCE_ROWS)
            t->sheet[t->doc.n_sheets++] = s->sheet;
        if (s->kind == SOURCE_PUBLIC)
            t->doc.declared = &s->sheet;
    }
    for (size_t i = 0; i < r->n_groups; i++)
        for (size_t k = 0; k < r->group[i].n; k++)
            t->table[t->doc.n_tables++] = (struct release_table){ .sheet = &r->group[i].shown[k], .of = r->group[i].type->name,
                .min_count = r->group[i].min_count[k], .n_suppressed = r->group[i].suppressed[k] };
    t->doc.table = t->table;
    t->doc.sheet = t->sheet;
    t->doc.field = t->field;
    t->doc.n_fields = t->n_fields;
    t->doc.figure = r->figures.list;
    t->doc.n_figures = r->figures.n;
}

/* A cell that a spreadsheet would take for a formula is a refusal like others. */
static vault_err
note_formula(struct release *r)
{
    const struct vault_error *e = vault_last_error();
    struct vault_error copy = *e;

    return refusal_add(&r->refusals, "formula", "formula", "csv", "%s", copy.text);
}

vault_err
release_make_files(struct release *r)
{
    struct telling t = { .r = r };
    vault_err err = room(&t);

    if (err == VAULT_OK) {
        tell_head(&t);
        tell_sources(&t);
        err = release_render(&r->files, &t.doc);
        if (err == VAULT_ERR_REFUSED)
            err = note_formula(r);
    }
    free(t.field);
    free(t.treatment);
    free(t.sheet);
    free(t.table);
    return err;
}

vault_err
release_sign_files(struct release *r)
{
    struct telling t = { .r = r };

    tell_head(&t);
    return release_sign(&r->files, &t.doc, r->v->tree.keeper_sign_seed);
}
