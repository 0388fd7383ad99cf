/* release_gather.c - one scan of the vault for everything that a policy asks for: see release.h. */
#include "vault/release.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/record/date.h"
#include "vault/record/scan.h"
#include "vault/record/value.h"
#include "vault/release/treat.h"
#include "vault/same.h"

#define BETWEEN "; "

/* ---- one cell ---- */

struct text_at { size_t at, n; };

struct cell_text {
    struct release *r;
    struct text_at *part;                   /* of r->value */
    size_t n, cap;
};

static vault_err
add_part(struct cell_text *c, size_t at)
{
    struct text_at *p;

    if (c->r->value.n == at)
        return VAULT_OK;
    p = array_room(c->part, c->n, &c->cap, sizeof *p);
    if (p == NULL)
        return err_nomem();
    c->part = p;
    p[c->n++] = (struct text_at){ at, c->r->value.n - at };
    return VAULT_OK;
}

static int
compare_parts(const void *a, const void *b, void *ctx)
{
    const struct text_at *x = a, *y = b;
    const struct buf *mem = ctx;
    int c = memcmp(mem->p + x->at, mem->p + y->at, x->n < y->n ? x->n : y->n);

    return c != 0 ? c : x->n < y->n ? -1 : x->n > y->n;
}

/* Sorted, as the order of entry may tell something; each once. */
static vault_err
set_cell(struct cell_text *c, struct sheet *s, size_t column)
{
    struct buf *out = &c->r->joined;
    vault_err err;

    if (c->n == 0)
        return VAULT_OK;
    buf_reset(out);
    if (c->n > 1)
        qsort_r(c->part, c->n, sizeof *c->part, compare_parts, &c->r->value);
    for (size_t i = 0; i < c->n; i++) {
        if (i > 0 && compare_parts(&c->part[i - 1], &c->part[i], &c->r->value) == 0)
            continue;
        buf_str(out, i == 0 ? "" : BETWEEN);
        buf_put(out, c->r->value.p + c->part[i].at, c->part[i].n);
    }
    err = buf_ok(out);
    return err == VAULT_OK ? sheet_set(s, s->n_rows - 1, column, PART(out->p, out->n)) : err;
}

/*
 * What somebody agreed to, of a text: the audience, the record, the field, the value itself. So another text is another subject; and what stands in
 * its place, which may hold pseudonyms of that audience, never gets to another one, nor to the same one once its secret was destroyed.
 */
static void
subject_of(const struct release *r, uint8_t out[static JUDGED_BYTES], const struct revision *rev, const struct leaf *l, struct part text)
{
    uint8_t mac[32];
    const struct part audience = PART(r->p.audience, strlen(r->p.audience) + 1);
    const struct part p[] = { r->p.stable ? PART(mac, sizeof mac) : audience, PART(rev->record, RECORD_ID_BYTES), PART(l->element, l->n_element), PART("", 1),
        l->field, PART("", 1), text };

    mac_parts(mac, secret_bytes(r->secret), "withheld:judged-audience:1", &audience, 1);
    hash_parts(out, "withheld:judged-text:1", p, sizeof p / sizeof p[0]);
}

static vault_err
add_text(struct release *r, struct release_source *s, size_t column, const struct revision *rev, const struct leaf *l, size_t at)
{
    struct release_text *t = array_room(s->text, s->n_texts, &s->cap_texts, sizeof *t);
    struct part instead;

    if (t == NULL)
        return err_nomem();
    s->text = t;
    t += s->n_texts++;
    *t = (struct release_text){ .row = (uint32_t)(s->sheet.n_rows - 1), .column = (uint32_t)(column + s->skip),
        .withheld = l->tier == LEAF_WITHHELD };
    subject_of(r, t->subject, rev, l, PART(r->value.p + at, r->value.n - at));
    t->judged = judged_find(&r->judged, JUDGED_TEXT, t->subject, &instead);
    if (t->judged && instead.n != 0) {
        buf_cut(&r->value, at);
        buf_put(&r->value, instead.p, instead.n);
    }
    return buf_ok(&r->value);
}

static vault_err
add_link(struct release_source *s, size_t column, uint32_t first)
{
    struct release_link *p = array_room(s->link, s->n_links, &s->cap_links, sizeof *p);

    if (p == NULL)
        return err_nomem();
    s->link = p;
    if (first != 0)
        p[s->n_links++] = (struct release_link){ (uint32_t)(s->sheet.n_rows - 1), (uint32_t)(column + s->skip), first };
    return VAULT_OK;
}

static vault_err
treat_value(struct release *r, const struct release_column *c, size_t at)
{
    struct buf plain = BUF_INIT;
    const char *text;
    vault_err err;

    if (c->treat == TREAT_KEEP || c->treat == TREAT_REVIEWED)
        return VAULT_OK;
    buf_put(&plain, r->value.p + at, r->value.n - at);
    text = buf_cstr(&plain);
    buf_cut(&r->value, at);
    err = text == NULL ? err_nomem() : treat_apply(&r->value, c->treat, c->arg, c->h, text);
    buf_free(&plain);
    return err;
}

static vault_err
take_leaf(struct cell_text *c, struct release_source *s, size_t column, const struct revision *rev, const struct leaf *l)
{
    struct release *r = c->r;
    const struct release_column *col = &s->column[column];
    struct value_view view;
    size_t at = r->value.n;
    vault_err err = value_read(&view, l->value);

    if (err != VAULT_OK)
        return err;
    if (col->link && col->f->kind != FIELD_LINK)        /* a name: the pseudonym of whom it names */
        return add_link(s, column, s->record[s->sheet.n_rows - 1]);
    if (col->link)
        return add_link(s, column, view.text.n == RECORD_ID_BYTES ? index_record(&r->v->recs.index, view.text.p) : 0);
    err = value_to_text(&r->value, l->value);
    if (s->kind == SOURCE_ROWS)
        s->several = s->several || sheet_text(&s->stored, s->stored.n_rows - 1, column + s->skip)[0] != '\0';
    if (err == VAULT_OK && s->kind == SOURCE_ROWS)
        err = sheet_set(&s->stored, s->stored.n_rows - 1, column + s->skip, PART(r->value.p + at, r->value.n - at));
    if (err == VAULT_OK && col->treat == TREAT_REVIEWED)
        err = add_text(r, s, column, rev, l, at);
    if (err == VAULT_OK)
        err = treat_value(r, col, at);
    return err == VAULT_OK ? add_part(c, at) : err;
}

static bool
is_of(const struct leaf *l, const struct field_def *f)
{
    return l->value.n != 0 && l->field.n == strlen(f->name) && memcmp(l->field.p, f->name, l->field.n) == 0;
}

static vault_err
take_column(struct cell_text *c, struct release_source *s, size_t column, const struct revision *rev)
{
    vault_err err = VAULT_OK;

    c->n = 0;
    buf_reset(&c->r->value);
    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++)
        if (is_of(&rev->leaf[i], s->column[column].f))
            err = take_leaf(c, s, column, rev, &rev->leaf[i]);
    if (err == VAULT_ERR_INPUT)
        err_prefix("%s, %s: ", s->sheet.name, s->column[column].f->name);
    return err == VAULT_OK ? set_cell(c, &s->sheet, column + s->skip) : err;
}

/* A field of the map, as it is. */
static vault_err
take_map_field(struct cell_text *c, struct release_source *s, size_t column, const struct revision *rev)
{
    const struct field_def *f = s->map_field[column];
    vault_err err = VAULT_OK;

    c->n = 0;
    buf_reset(&c->r->value);
    for (size_t i = 0; f != NULL && err == VAULT_OK && i < rev->n_leaves; i++) {
        size_t at = c->r->value.n;

        if (!is_of(&rev->leaf[i], f) || f->kind == FIELD_FILE)
            continue;
        err = value_to_text(&c->r->value, rev->leaf[i].value);
        if (err == VAULT_OK)
            err = add_part(c, at);
    }
    return err == VAULT_OK ? set_cell(c, &s->map, column) : err;
}

/* ---- one row ---- */

static vault_err
note_record(struct release_source *s, uint32_t first)
{
    size_t n = s->sheet.n_rows - 1;
    uint32_t *p = array_room(s->record, n, &s->cap_record, sizeof *p);

    if (p == NULL)
        return err_nomem();
    s->record = p;
    p[n] = first;
    return VAULT_OK;
}

static vault_err
take_row(struct release *r, struct release_source *s, uint32_t first, const struct revision *rev)
{
    struct cell_text c = { .r = r };
    vault_err err = sheet_add_row(&s->sheet);

    if (err == VAULT_OK && s->kind == SOURCE_ROWS)
        err = sheet_add_row(&s->stored);
    if (err == VAULT_OK)
        err = note_record(s, first);
    for (size_t i = 0; err == VAULT_OK && i < s->n_columns; i++)
        err = take_column(&c, s, i, rev);
    if (err == VAULT_OK && s->kind == SOURCE_ROWS && r->p.n_map > 0)
        err = sheet_add_row(&s->map);
    for (size_t i = 0; err == VAULT_OK && s->kind == SOURCE_ROWS && i < r->p.n_map; i++)
        err = take_map_field(&c, s, i, rev);
    if (rev->time > r->newest)
        r->newest = rev->time;
    free(c.part);
    return err;
}

/* ---- the scan ---- */

/* Who could have been in it that day, whatever the policy's conditions: what a later release is compared by. */
static vault_err
note_all(struct release *r, const struct type_def *t, const struct revision *rev)
{
    for (size_t i = 0; i < r->n_all; i++) {
        struct release_all *a = &r->all[i];
        uint8_t (*p)[LEDGER_ID];

        if (strcmp(a->type->name, t->name) != 0)
            continue;
        p = array_room(a->id, a->n, &a->cap, sizeof *p);
        if (p == NULL)
            return err_nomem();
        a->id = p;
        memcpy(p[a->n++], rev->record, LEDGER_ID);
    }
    return VAULT_OK;
}

static bool
is_type(const struct release_source *s, const struct type_def *t)
{
    return strcmp(s->type->name, t->name) == 0;
}

static bool
wants(const struct release *r, const struct type_def *t)
{
    for (size_t i = 0; t != NULL && i < r->n_sources; i++)
        if (is_type(&r->source[i], t))
            return true;
    return t != NULL && release_wants_type(r, t);
}

static vault_err
sift(struct scan *scan, unsigned thread, const struct revision *rev, bool *wanted)
{
    const struct release *r = scan->ctx;
    (void)thread;

    *wanted = wants(r, type_set_by_hash(&r->v->recs.types, rev->type));
    return VAULT_OK;
}

/* Withheld values are read of released types alone. */
static bool
hidden(const struct scan *scan, const struct revision *rev)
{
    const struct release *r = scan->ctx;
    const struct type_def *t = type_set_by_hash(&r->v->recs.types, rev->type);

    for (size_t i = 0; t != NULL && i < r->n_sources; i++)
        if (is_type(&r->source[i], t) && r->source[i].kind != SOURCE_PUBLIC)
            return true;
    return false;
}

/* All that is declared public is one table: of one type, as release_open has seen to. */
static struct release_source *
public_source(struct release *r)
{
    size_t i = 0;

    while (r->source[i].kind != SOURCE_PUBLIC)
        i++;
    return &r->source[i];
}

bool
release_in_conflict(const struct release *r, uint32_t first)
{
    const struct index *ix = &r->v->recs.index;
    size_t heads = 0;

    for (uint32_t n = first; n != 0; n = ix->pair[n].next)
        heads += index_is_head(&ix->pair[n]);
    return heads > 1;
}

/* Of a record in conflict there are several newest revisions: it would be counted as several people. */
static vault_err
refuse_double(struct release *r, uint32_t first, bool *refused)
{
    char code[CODE_LEN + 1];

    if (*refused || !release_in_conflict(r, first))
        return VAULT_OK;
    *refused = true;
    code_of(code, r->v->recs.index.pair[first].record);
    return refusal_add(&r->refusals, "rows", NULL, code, "record %.8s is in conflict: `resolve` makes one of its newest versions", code);
}

static vault_err
each(struct scan *scan, uint32_t n, struct revision *rev)
{
    struct release *r = scan->ctx;
    const struct type_def *t = type_set_by_hash(&r->v->recs.types, rev->type);
    uint32_t first = r->v->recs.index.pair[n].first;
    bool declared = false, refused = false;
    vault_err err = t == NULL ? err_say(VAULT_ERR_DAMAGED, NULL, "the type of a record is missing") : release_note(r, n, t, rev);

    if (err == VAULT_OK && same_into(&r->v->same, first) == 0)
        err = note_all(r, t, rev);
    for (size_t i = 0; err == VAULT_OK && i < r->n_sources; i++) {
        struct release_source *s = &r->source[i];
        bool yes = is_type(s, t) && same_into(&r->v->same, first) == 0;     /* a person stands once: as the leading record */

        if (yes && s->kind == SOURCE_PUBLIC && declared)
            continue;
        if (yes)
            err = conditions_meet(s->where, 1, t, rev, &yes);
        if (err == VAULT_OK && yes && s->kind != SOURCE_PUBLIC)
            err = refuse_double(r, first, &refused);
        if (err == VAULT_OK && yes && s->kind == SOURCE_PUBLIC) {
            s = public_source(r);
            declared = true;
        }
        if (err == VAULT_OK && yes)
            err = take_row(r, s, first, rev);
    }
    return err;
}

static vault_err
find_conditions(struct release *r)
{
    struct unread unread = {0};
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < r->n_sources; i++)
        err = conditions_find(r->source[i].where, &unread);
    if (err == VAULT_OK)
        err = unread_say(&unread, NULL);
    unread_reset(&unread);
    return err;
}

/* The day of the newest revision that is in it: not the hour, which would tell who wrote it. */
static void
say_as_of(struct release *r)
{
    if (r->p.as_of != NULL) {
        strncpy(r->as_of, r->p.as_of, sizeof r->as_of - 1);
        return;
    }
    date_stamp(r->as_of, r->newest);
    r->as_of[10] = '\0';
}

vault_err
release_gather(struct release *r)
{
    struct scan scan = { .r = &r->v->recs, .withheld = true, .sift = sift, .hidden = hidden, .fn = each, .ctx = r };
    vault_err err = find_conditions(r);

    if (err == VAULT_OK)
        err = release_need_secret(r);
    if (err == VAULT_OK)
        err = scan_run(&scan);
    if (err == VAULT_OK)
        say_as_of(r);
    return err == VAULT_OK ? release_pseudonyms(r) : err;
}
