/*
 * release_tables.c - counts of a release, and what is kept back so that nobody can reckon who is who: see release.h and release/table.h.
 *
 * Tables of one type under one condition count the same rows, so that what one keeps back another may give away: they are protected together.
 */
#include "vault/release.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define OTHER "other"

/* ---- which belong together ---- */

static bool
same_where(const struct policy_where *a, size_t n, const struct policy_where *b, size_t m)
{
    if (n != m)
        return false;
    for (size_t i = 0; i < n; i++) {
        bool found = false;

        for (size_t k = 0; k < m; k++)
            found = found || (strcmp(a[i].field, b[k].field) == 0 && strcmp(a[i].value, b[k].value) == 0);
        if (!found)
            return false;
    }
    return true;
}

static struct release_group *
group_of(struct release *r, const struct release_source *s)
{
    const struct policy_table *t = &r->p.table[s->at];
    struct release_group *g;

    for (size_t i = 0; i < r->n_groups; i++)
        if (r->group[i].type == s->type && same_where(r->group[i].where, r->group[i].n_where, t->where, t->n_where))
            return &r->group[i];
    g = &r->group[r->n_groups++];
    *g = (struct release_group){ .type = s->type, .where = t->where, .n_where = t->n_where };
    sheet_init(&g->joint);
    return g;
}

static vault_err
room(struct release *r, struct release_group *g)
{
    size_t n = r->p.n_tables + 1;

    if (g->table != NULL)
        return VAULT_OK;
    g->table = calloc(n, sizeof *g->table);
    g->shown = calloc(n, sizeof *g->shown);
    g->min_count = calloc(n, sizeof *g->min_count);
    g->suppressed = calloc(n, sizeof *g->suppressed);
    return g->table == NULL || g->shown == NULL || g->min_count == NULL || g->suppressed == NULL ? err_nomem() : VAULT_OK;
}

/* The columns of a source beside those that are there already; its rows stand in the same order, as one scan made both. */
static vault_err
join_columns(struct release_group *g, const struct release_source *s)
{
    size_t there;
    vault_err err = VAULT_OK;

    for (size_t c = 0; err == VAULT_OK && g->n == 0 && c < s->sheet.n_columns; c++)
        err = sheet_add_column(&g->joint, s->sheet.column[c].name, NULL);
    if (g->n == 0) {
        for (size_t i = 0; err == VAULT_OK && i < s->sheet.n_rows; i++)
            err = sheet_add_row(&g->joint);
    } else {
        for (size_t c = 0; err == VAULT_OK && c < s->sheet.n_columns; c++)
            if (!sheet_find_column(&g->joint, s->sheet.column[c].name, &there))
                err = sheet_add_column(&g->joint, s->sheet.column[c].name, NULL);
    }
    for (size_t c = 0; err == VAULT_OK && c < s->sheet.n_columns; c++) {
        struct sheet_column *to;

        if (!sheet_find_column(&g->joint, s->sheet.column[c].name, &there))
            continue;
        to = &g->joint.column[there];
        to->role = s->sheet.column[c].role;
        to->treat = s->sheet.column[c].treat;
        to->arg = s->sheet.column[c].arg;
        to->kind = s->sheet.column[c].kind;
        for (size_t i = 0; err == VAULT_OK && i < s->sheet.n_rows; i++) {
            const char *text = sheet_text(&s->sheet, i, c);

            err = sheet_set(&g->joint, i, there, PART(text, strlen(text)));
        }
    }
    return err;
}

/* ---- values of few ---- */

/*
 * A count that is kept back stands beside its value still, and a day of birth, a hamlet, a sentence that one person has tells of that person. So
 * values that somebody typed freely, and that fewer than min_count have, stand together. A choice is one of a list, and tells only that the list has it.
 */
static bool
is_free(const struct release_column *c)
{
    return c->treat == TREAT_KEEP && c->f->kind != FIELD_CHOICE && c->f->kind != FIELD_YESNO;
}

static vault_err
join_rare(struct release *r, struct release_source *s, size_t column, unsigned min_count)
{
    struct sheet_column *c = &s->sheet.column[column];
    size_t *count = calloc((size_t)c->n_values + 1, sizeof *count), rare = 0;
    uint32_t other = 0, n_values = c->n_values;
    vault_err err = count == NULL ? err_nomem() : VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < s->sheet.n_rows; i++)
        count[c->cell[i]]++;
    for (uint32_t i = 1; err == VAULT_OK && i < n_values; i++)      /* 0: nothing is known */
        rare += count[i] > 0 && count[i] < min_count;
    if (err == VAULT_OK && rare > 0)
        err = sheet_value(c, PART(OTHER, strlen(OTHER)), &other);
    for (size_t i = 0; err == VAULT_OK && rare > 0 && i < s->sheet.n_rows; i++)
        if (c->cell[i] != 0 && count[c->cell[i]] < min_count)
            c->cell[i] = other;
    free(count);
    if (err == VAULT_OK && rare > 0)
        err = release_remark(r, "In the table %s, values of \"%s\" that fewer than %u have stand together as \"" OTHER "\".", s->sheet.name, c->name, min_count);
    return err;
}

/* ---- counting and keeping back ---- */

/* The greatest of the tables that count the same rows: a value is joined in all of them, or in none. */
static unsigned
greatest_min(const struct release *r, const struct policy_table *t)
{
    unsigned most = t->min_count;

    for (size_t i = 0; i < r->p.n_tables; i++) {
        const struct policy_table *o = &r->p.table[i];

        if (strcmp(o->type, t->type) == 0 && same_where(o->where, o->n_where, t->where, t->n_where) && o->min_count > most)
            most = o->min_count;
    }
    return most;
}

static vault_err
add_table(struct release *r, struct release_source *s)
{
    const struct policy_table *t = &r->p.table[s->at];
    struct release_group *g = group_of(r, s);
    const char *by[POLICY_BY_MAX];
    vault_err err = room(r, g);

    for (size_t i = 0; i < t->n_by; i++)
        by[i] = t->by[i];
    for (size_t i = 0; err == VAULT_OK && i < s->n_columns; i++)
        if (is_free(&s->column[i]))
            err = join_rare(r, s, i, greatest_min(r, t));
    if (err == VAULT_OK)
        err = join_columns(g, s);
    if (err == VAULT_OK)
        err = table_count(&g->table[g->n], &s->sheet, t->name, by, t->n_by, t->min_count);
    if (err == VAULT_ERR_INPUT)
        err_prefix("table %s: ", t->name);
    if (err != VAULT_OK)
        return err;
    sheet_init(&g->shown[g->n]);
    g->min_count[g->n] = t->min_count;
    g->n++;
    return VAULT_OK;
}

static vault_err
show(struct release *r, struct release_group *g, size_t i)
{
    const struct table *t = &g->table[i];
    vault_err err = table_sheet(&g->shown[i], t);


    for (size_t c = 0; c < t->n_cells; c++)
        g->suppressed[i] += t->state[c] != TABLE_PUBLISHED;
    if (err == VAULT_OK && g->suppressed[i] > 0)
        err = release_remark(r, "In the table %s, %zu of %zu counts are kept back: those from 1 to %u, those that tell all of a group, and others by which these could be reckoned.", t->name,
            g->suppressed[i], t->n_cells, t->min_count - 1);
    return err;
}

/* ---- figures that everybody knows ---- */

struct facts {
    struct table_fact *list;
    const char *(*text)[2 * POLICY_LIST_MAX];       /* columns, then values, of each */
    size_t n;
};

/* A declared figure that counts these records. Several records under one declaration: each is one. */
static vault_err
facts_of(const struct release *r, const struct release_group *g, struct facts *f)
{
    size_t n = 0, column;

    for (size_t i = 0; i < r->n_sources; i++)
        n += r->source[i].kind == SOURCE_PUBLIC ? r->source[i].sheet.n_rows : 0;
    f->list = calloc(n + 1, sizeof *f->list);
    f->text = calloc(n + 1, sizeof *f->text);
    if (f->list == NULL || f->text == NULL)
        return err_nomem();
    for (size_t i = 0; i < r->n_sources; i++) {
        const struct release_source *s = &r->source[i];
        const struct policy_public *d = s->kind == SOURCE_PUBLIC ? &r->p.declared[s->at] : NULL;

        if (d == NULL || strcmp(d->of, g->type->name) != 0 || !sheet_find_column(&s->sheet, "count", &column))
            continue;
        for (size_t k = 0; k < s->sheet.n_rows; k++, f->n++) {
            for (size_t c = 0; c < d->n_counted; c++) {
                f->text[f->n][c] = d->counted[c].field;
                f->text[f->n][POLICY_LIST_MAX + c] = d->counted[c].value;
            }
            f->list[f->n] = (struct table_fact){ .column = f->text[f->n], .value = f->text[f->n] + POLICY_LIST_MAX, .n = d->n_counted,
                .count = strtoll(sheet_text(&s->sheet, k, column), NULL, 10) };
        }
    }
    return VAULT_OK;
}

static void
facts_free(struct facts *f)
{
    free(f->list);
    free(f->text);
}

/* ---- keeping back ---- */

static vault_err
protect(struct release *r, struct release_group *g)
{
    struct table **t = calloc(g->n + 1, sizeof *t);
    struct table_protection done;
    struct facts facts = { .n = 0 };
    vault_err err = t == NULL ? err_nomem() : facts_of(r, g, &facts);

    for (size_t i = 0; err == VAULT_OK && i < g->n; i++)
        t[i] = &g->table[i];
    if (err == VAULT_OK)
        err = table_protect(t, g->n, &g->joint, facts.list, facts.n, &done);
    for (size_t i = 0; err == VAULT_OK && i < g->n; i++)
        err = show(r, g, i);
    if (err == VAULT_OK && done.secondary > 0)
        err = release_remark(r, "Of the counts of %ss, %zu are kept back for themselves and %zu for their sake%s.", g->type->name, done.primary, done.secondary,
            done.least ? "; fewer would not be enough" : "");
    facts_free(&facts);
    free(t);
    return err;
}

vault_err
release_judge_tables(struct release *r)
{
    vault_err err = VAULT_OK;

    r->group = calloc(r->p.n_tables + 1, sizeof *r->group);
    if (r->group == NULL)
        return err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < r->n_sources; i++)
        if (r->source[i].kind == SOURCE_TABLE)
            err = add_table(r, &r->source[i]);
    for (size_t i = 0; err == VAULT_OK && i < r->n_groups; i++)
        err = protect(r, &r->group[i]);
    return err;
}

void
release_groups_free(struct release *r)
{
    for (size_t i = 0; i < r->n_groups; i++) {
        struct release_group *g = &r->group[i];

        for (size_t k = 0; k < g->n; k++) {
            table_free(&g->table[k]);
            sheet_free(&g->shown[k]);
        }
        sheet_free(&g->joint);
        free(g->table);
        free(g->shown);
        free(g->min_count);
        free(g->suppressed);
    }
    free(r->group);
}
