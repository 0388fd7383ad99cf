/* where.c - see where.h; vault_where_withheld. */
#include "vault/where.h"

#include "vault/same.h"

#include <string.h>

/* ---- names ---- */

static const struct field_def *
named(const struct type_def *t, struct part name)
{
    return type_field(t, name.p, name.n);
}

static bool
is_link(const struct field_def *f)
{
    return f->kind == FIELD_LINK;
}

/*
 * The field in its newest version; of several types one that withholds it, so that its values are looked at, and only for
 * keepers; where a path goes on, rather a link.
 */
static const struct field_def *
field_anywhere(const struct type_set *s, const char *type, struct part name, bool goes_on)
{
    const struct field_def *found = NULL;

    for (size_t i = s->n; i > 0; i--) {
        const struct type_def *t = s->type[i - 1];
        const struct field_def *f = named(t, name);
        if (f == NULL || (type != NULL && strcmp(t->name, type) != 0))
            continue;
        if (found == NULL || (type == NULL && goes_on && !is_link(found) && is_link(f)) ||
            (type == NULL && f->tier == LEAF_WITHHELD && (!goes_on || is_link(f))))
            found = f;
    }
    return found;
}

/* The type that a link leads to; NULL: any. With `type` NULL the links of this name of all types have to agree. */
static const char *
target_of(const struct type_set *s, const char *type, struct part name)
{
    const char *target = NULL;

    for (size_t i = s->n; i > 0; i--) {
        const struct type_def *t = s->type[i - 1];
        const struct field_def *f = named(t, name);
        if (f == NULL || !is_link(f) || (type != NULL && strcmp(t->name, type) != 0))
            continue;
        if (f->target[0] == '\0' || (target != NULL && strcmp(target, f->target) != 0))
            return NULL;
        target = f->target;
    }
    return target;
}

static vault_err
find_field(const struct field_def **out, const struct type_set *s, const char *type, struct part name, bool goes_on)
{
    char text[NAME_MAX_BYTES];

    *out = field_anywhere(s, type, name, goes_on);
    if (*out != NULL)
        return VAULT_OK;
    if (type != NULL)
        return type_no_field(type_set_current(s, type), name.p, name.n);
    if (name.n >= sizeof text)
        return err_say(VAULT_ERR_INPUT, "see 'type show'", "no type has such a field");
    memcpy(text, name.p, name.n);
    text[name.n] = '\0';
    return type_set_has_field(s, text);
}

/* ---- steps ---- */

struct reading {
    struct where *w;
    const struct type_set *types;
    const char *type;           /* of the records where it is by now; NULL: any */
};

static void
note_field(struct where *w, const struct field_def *f)
{
    w->last_withheld = f->tier == LEAF_WITHHELD;
    w->withheld = w->withheld || w->last_withheld;
}

static vault_err
add_step(struct where *w, struct step step)
{
    if (w->n_steps == CONDITION_STEPS_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "a condition may follow at most %u links", CONDITION_STEPS_MAX);
    w->step[w->n_steps++] = step;
    return VAULT_OK;
}

static vault_err
read_forward(struct reading *r, struct part name)
{
    const struct field_def *f = NULL;
    vault_err err = find_field(&f, r->types, r->type, name, true);

    if (err == VAULT_OK && !is_link(f))
        err = err_say(VAULT_ERR_INPUT, "a dot follows a field that links to a record, as in case.person.citizenship",
            "field '%s' is not a link", f->name);
    if (err == VAULT_OK)
        err = add_step(r->w, (struct step){ .type = r->type, .field = f->name });
    if (err != VAULT_OK)
        return err;
    note_field(r->w, f);
    r->type = target_of(r->types, r->type, name);
    return VAULT_OK;
}

static vault_err
read_back(struct reading *r, struct part type_name, struct part name)
{
    const struct type_def *t = NULL;
    const struct field_def *f = NULL;
    char text[NAME_MAX_BYTES] = "";
    vault_err err;

    if (type_name.n < sizeof text)
        memcpy(text, type_name.p, type_name.n);
    err = type_set_get(&t, r->types, text);
    if (err == VAULT_OK)
        err = find_field(&f, r->types, t->name, name, true);
    if (err == VAULT_OK && (!is_link(f) || (r->type != NULL && f->target[0] != '\0' && strcmp(f->target, r->type) != 0)))
        err = err_say(VAULT_ERR_INPUT, "TYPE:LINK stands for the records of a type that link here, as case:person for those of a person",
            "field '%s' of '%s' does not link to such a record", f->name, t->name);
    if (err == VAULT_OK)
        err = add_step(r->w, (struct step){ .type = t->name, .field = f->name, .back = true });
    if (err != VAULT_OK)
        return err;
    note_field(r->w, f);
    r->type = t->name;
    return VAULT_OK;
}

static vault_err
read_step(struct reading *r, struct part step)
{
    const char *s = step.p, *colon = memchr(s, ':', step.n);

    if (colon == NULL)
        return read_forward(r, step);
    return read_back(r, PART(s, (size_t)(colon - s)), PART(colon + 1, step.n - (size_t)(colon - s) - 1));
}

/* The path; *last is the field at its end. */
/* A link to one of several records that were merged is a link to each. */
static bool
is_same(const void *ctx, const uint8_t *a, const uint8_t *b)
{
    return same_person(ctx, a, b);
}

static vault_err
read_path(struct where *w, const struct type_set *types, const char *type, const char *path, const struct field_def **last)
{
    struct reading r = { w, types, type };
    const struct type_def *t;
    const char *dot;
    vault_err err = type == NULL ? VAULT_OK : type_set_get(&t, types, type);

    while (err == VAULT_OK && (dot = strchr(path, '.')) != NULL) {
        err = read_step(&r, PART(path, (size_t)(dot - path)));
        path = dot + 1;
    }
    if (err == VAULT_OK && strchr(path, ':') != NULL)
        err = err_say(VAULT_ERR_INPUT, "as in case:person.status", "a condition ends in a field");
    if (err == VAULT_OK)
        err = find_field(last, types, r.type, PART(path, strlen(path)), false);
    if (err != VAULT_OK)
        return err;
    w->type = r.type;
    w->field = (*last)->name;
    note_field(w, *last);
    return VAULT_OK;
}

vault_err
where_make(struct where *w, struct vault *v, const char *type, const struct vault_where *from)
{
    const struct field_def *f = NULL;
    uint32_t first = 0;
    vault_err err = read_path(w, &v->recs.types, type, from->field, &f);

    if (err == VAULT_OK && w->withheld)
        err = need_keeper(v, "asking for withheld values");
    if (err != VAULT_OK || f->kind != FIELD_LINK)
        return err != VAULT_OK ? err : asked_make(&w->asked, f, from->value, strlen(from->value));
    err = recs_find(&v->recs, from->value, strlen(from->value), FIND_ANY, &first);
    if (err == VAULT_OK) {
        asked_link(&w->asked, v->recs.index.pair[first].record);
        w->asked.same = is_same;
        w->asked.same_ctx = v;
    }
    return err;
}

vault_err
vault_where_withheld(vault *v, const char *type, const char *field, bool *withheld)
{
    const struct field_def *f = NULL;
    struct where w = {0};
    vault_err err;

    vault_clear_error();
    err = read_path(&w, &v->recs.types, type, field, &f);
    if (err == VAULT_OK)
        *withheld = w.last_withheld;
    return err;
}
