/*
 * conditions.c - see conditions.h. What is typed is read in where.c.
 *
 * A path is not followed from each record. One scan notes all links that are steps of any path, as pairs of records, and which records
 * meet the last field of each; then the pairs are gone through from the last step to the first.
 */
#include "vault/where.h"

#include <stdlib.h>
#include <string.h>

#include "vault/base/text.h"
#include "vault/record/scan.h"

struct edge {
    uint32_t from, to;          /* first numbers */
};

struct edges {
    struct edge *edge;
    size_t n, cap;
};

struct conditions {
    struct vault *v;
    struct where where[CONDITIONS_MAX];
    size_t n;
    bool withheld;              /* any field in question is */
    bool paths;
    /* By first number, of each condition with a path: bit k stands for the records from which steps k to the last lead to what is asked. */
    uint16_t *met[CONDITIONS_MAX];
    struct edges edges[CONDITIONS_MAX][CONDITION_STEPS_MAX];
    struct asked_room room[2];  /* of two threads */
    struct unread *unread;
};

/* ---- one record ---- */

/* Has this session a right to this value? */
static bool
may_read(const struct conditions *c, const struct type_def *t, const struct leaf *l)
{
    return is_keeper(c->v) ||
        type_set_tier(&c->v->recs.types, t, type_field(t, l->field.p, l->field.n), l->tier) != LEAF_WITHHELD;
}

static bool
is_of(const struct leaf *l, const char *field)
{
    return l->field.n == strlen(field) && memcmp(l->field.p, field, l->field.n) == 0;
}

static bool
fits_type(const struct type_def *t, const char *type)
{
    return type == NULL || strcmp(t->name, type) == 0;
}

/* The last field of a condition. */
static vault_err
meets_last(struct conditions *c, const struct where *w, unsigned thread, const struct type_def *t,
    const struct revision *rev, bool *yes)
{
    vault_err err = VAULT_OK;

    *yes = false;
    for (size_t i = 0; err == VAULT_OK && !*yes && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        if (l->value.n != 0 && is_of(l, w->field) && may_read(c, t, l))
            err = asked_meets(&w->asked, &c->room[thread], l->value, yes);
    }
    return err;
}

static bool
is_unknown(const struct conditions *c, const struct revision *rev, const char *field)
{
    for (size_t i = 0; i < rev->n_leaves; i++)
        if (is_of(&rev->leaf[i], field) && unread_value(&c->v->recs, rev, &rev->leaf[i]))
            return true;
    return false;
}

static bool
begins_path(const struct conditions *c, size_t i, const struct revision *rev)
{
    uint32_t first = index_record(&c->v->recs.index, rev->record);

    return c->met[i] != NULL && first != 0 && (c->met[i][first] & 1) != 0;
}

vault_err
conditions_meet(struct conditions *c, unsigned thread, const struct type_def *t, const struct revision *rev, bool *yes)
{
    vault_err err = VAULT_OK;

    *yes = true;
    for (size_t i = 0; err == VAULT_OK && *yes && i < c->n; i++) {
        if (c->where[i].n_steps != 0)
            *yes = begins_path(c, i, rev);
        else
            err = meets_last(c, &c->where[i], thread, t, rev, yes);
    }
    return err;
}

/* What is unknown on the way of a path was told when it was looked for. */
vault_err
conditions_may_meet(struct conditions *c, const struct type_def *t, const struct revision *rev, bool *yes, bool *unknown)
{
    vault_err err = VAULT_OK;

    *yes = true;
    *unknown = false;
    for (size_t i = 0; err == VAULT_OK && *yes && i < c->n; i++) {
        const struct where *w = &c->where[i];
        if (w->n_steps != 0)
            *yes = begins_path(c, i, rev);
        else
            err = meets_last(c, w, 1, t, rev, yes);
        if (err == VAULT_OK && !*yes && w->n_steps == 0 && is_unknown(c, rev, w->field))
            *yes = *unknown = true;
    }
    return err;
}

/* ---- paths ---- */

static vault_err
note_edge(struct edges *e, uint32_t from, uint32_t to)
{
    struct edge *p = array_room(e->edge, e->n, &e->cap, sizeof *p);

    if (p == NULL)
        return err_nomem();
    e->edge = p;
    e->edge[e->n++] = (struct edge){ from, to };
    return VAULT_OK;
}

static vault_err
note_links(struct conditions *c, struct edges *e, const struct step *step, const struct type_def *t, uint32_t from,
    const struct revision *rev)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        struct value_view view;
        uint32_t to = 0;
        if (l->value.n == 0 || !is_of(l, step->field) || !may_read(c, t, l))
            continue;
        err = value_read(&view, l->value);
        if (err == VAULT_OK && view.shape == VALUE_BYTES && view.text.n == RECORD_ID_BYTES)
            to = index_record(&c->v->recs.index, view.text.p);
        if (to != 0)
            err = note_edge(e, from, to);
    }
    return err;
}

static vault_err
note_record(struct scan *s, uint32_t n, struct revision *rev)
{
    struct conditions *c = s->ctx;
    const struct type_def *t = type_set_by_hash(&c->v->recs.types, rev->type);
    uint32_t first = c->v->recs.index.pair[n].first;
    vault_err err = VAULT_OK;

    if (t == NULL)
        return err_say(VAULT_ERR_DAMAGED, NULL, "the type of a record is missing");
    for (size_t i = 0; err == VAULT_OK && i < c->n; i++) {
        const struct where *w = &c->where[i];
        bool yes = false;
        for (size_t k = 0; err == VAULT_OK && k < w->n_steps; k++)
            if (fits_type(t, w->step[k].type))
                err = note_links(c, &c->edges[i][k], &w->step[k], t, first, rev);
        if (err == VAULT_OK && w->n_steps != 0 && fits_type(t, w->type))
            err = meets_last(c, w, 1, t, rev, &yes);
        if (yes)
            c->met[i][first] |= (uint16_t)(1u << w->n_steps);
    }
    return err;
}

/* One that cannot be read at all is told by the scan that asks. */
static vault_err
note_bad(struct scan *s, uint32_t n, const struct revision *rev)
{
    struct conditions *c = s->ctx;
    const struct type_def *t = rev == NULL ? NULL : type_set_by_hash(&c->v->recs.types, rev->type);
    bool concerns = false;

    for (size_t i = 0; t != NULL && i < c->n; i++) {
        const struct where *w = &c->where[i];
        for (size_t k = 0; k < w->n_steps; k++)
            concerns = concerns || (fits_type(t, w->step[k].type) && is_unknown(c, rev, w->step[k].field));
        concerns = concerns || (w->n_steps != 0 && fits_type(t, w->type) && is_unknown(c, rev, w->field));
    }
    return concerns ? unread_add(c->unread, &c->v->recs.index, n) : VAULT_OK;
}

static void
go_back(struct conditions *c, size_t i)
{
    for (size_t k = c->where[i].n_steps; k-- > 0;) {
        const struct edges *e = &c->edges[i][k];
        const uint16_t behind = (uint16_t)(2u << k), here = (uint16_t)(1u << k);
        bool back = c->where[i].step[k].back;
        for (size_t j = 0; j < e->n; j++) {
            uint32_t begin = back ? e->edge[j].to : e->edge[j].from;
            uint32_t end = back ? e->edge[j].from : e->edge[j].to;
            if ((c->met[i][end] & behind) != 0)
                c->met[i][begin] |= here;
        }
    }
}

static void
forget_paths(struct conditions *c)
{
    size_t room = ((size_t)c->v->recs.index.n + 1) * sizeof *c->met[0];

    for (size_t i = 0; i < c->n; i++) {
        if (c->met[i] != NULL)
            explicit_bzero(c->met[i], room);
        free(c->met[i]);
        c->met[i] = NULL;
        for (size_t k = 0; k < CONDITION_STEPS_MAX; k++) {
            free(c->edges[i][k].edge);
            c->edges[i][k] = (struct edges){0};
        }
    }
}

vault_err
conditions_find(struct conditions *c, struct unread *unread)
{
    struct scan s = { .r = &c->v->recs, .withheld = c->withheld, .fn = note_record, .bad = note_bad, .tolerate = true,
        .ctx = c };
    vault_err err = VAULT_OK;

    if (!c->paths)
        return VAULT_OK;
    forget_paths(c);
    c->unread = unread;
    for (size_t i = 0; i < c->n; i++) {
        if (c->where[i].n_steps == 0)
            continue;
        c->met[i] = calloc((size_t)c->v->recs.index.n + 1, sizeof *c->met[i]);
        if (c->met[i] == NULL)
            return err_nomem();
    }
    err = scan_run(&s);
    for (size_t i = 0; err == VAULT_OK && i < c->n; i++)
        go_back(c, i);
    return err;
}

/* ---- all of them ---- */

bool
conditions_withheld(const struct conditions *c)
{
    return c->withheld;
}

vault_err
conditions_make(struct conditions **out, struct vault *v, const char *type, const struct vault_where *where, size_t n)
{
    struct conditions *c;
    vault_err err = VAULT_OK;

    if (n > CONDITIONS_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "at most %u conditions", CONDITIONS_MAX);
    c = calloc(1, sizeof *c);
    if (c == NULL)
        return err_nomem();
    c->v = v;
    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        c->n++;
        err = where_make(&c->where[i], v, type, &where[i]);
        c->withheld = c->withheld || c->where[i].withheld;
        c->paths = c->paths || c->where[i].n_steps != 0;
    }
    if (err == VAULT_OK) {
        *out = c;
        c = NULL;
    }
    conditions_free(c);
    return err;
}

void
conditions_free(struct conditions *c)
{
    if (c == NULL)
        return;
    forget_paths(c);
    for (size_t i = 0; i < c->n; i++)
        asked_free(&c->where[i].asked);
    asked_room_free(&c->room[0]);
    asked_room_free(&c->room[1]);
    free(c);
}
