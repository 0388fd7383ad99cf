/* type_set.c - see type_set.h. */
#include "vault/record/type_set.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"

static void
free_all(struct type_def **t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        type_free(t[i]);
    free(t);
}

void
type_set_free(struct type_set *s)
{
    free_all(s->type, s->n);
    free_all(s->theirs, s->n_theirs);
    memset(s, 0, sizeof *s);
}

static vault_err
add(struct type_def ***list, size_t *n, size_t *cap, struct type_def *t)
{
    struct type_def **p;

    for (size_t i = 0; i < *n; i++)
        if (memcmp((*list)[i]->hash, t->hash, 32) == 0) {
            type_free(t);
            return VAULT_OK;
        }
    p = array_room(*list, *n, cap, sizeof(struct type_def *));
    if (p == NULL) {
        type_free(t);
        return err_nomem();
    }
    *list = p;
    p[(*n)++] = t;
    return VAULT_OK;
}

vault_err
type_set_add(struct type_set *s, struct type_def *t)
{
    return add(&s->type, &s->n, &s->cap, t);
}

vault_err
type_set_add_theirs(struct type_set *s, struct type_def *t)
{
    return add(&s->theirs, &s->n_theirs, &s->cap_theirs, t);
}

void
type_set_cut_theirs(struct type_set *s, size_t n)
{
    while (s->n_theirs > n)
        type_free(s->theirs[--s->n_theirs]);
}

static const struct type_def *
by_prefix(const struct type_set *s, const uint8_t *hash, size_t n)
{
    for (size_t i = 0; i < s->n; i++)
        if (memcmp(s->type[i]->hash, hash, n) == 0)
            return s->type[i];
    for (size_t i = 0; i < s->n_theirs; i++)
        if (memcmp(s->theirs[i]->hash, hash, n) == 0)
            return s->theirs[i];
    for (uint8_t k = 1; k <= SYSTEM_KIND_MAX; k++) {
        const struct type_def *t = type_system(k);
        if (t != NULL && memcmp(t->hash, hash, n) == 0)
            return t;
    }
    return NULL;
}

const struct type_def *
type_set_by_hash(const struct type_set *s, const uint8_t hash[static 32])
{
    return by_prefix(s, hash, 32);
}

const struct type_def *
type_set_by_short(const struct type_set *s, const uint8_t hash[static 8])
{
    return by_prefix(s, hash, 8);
}

const struct type_def *
type_set_current(const struct type_set *s, const char *name)
{
    const struct type_def *best = NULL;

    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->type[i]->name, name) == 0 &&
            (best == NULL || s->type[i]->version >= best->version))
            best = s->type[i];
    return best;
}

static vault_err
no_such_type(const struct type_set *s, const char *name)
{
    const char **names = calloc(s->n + 1, sizeof *names);
    const char *near;

    if (names == NULL)
        return err_nomem();
    for (size_t i = 0; i < s->n; i++)
        names[i] = s->type[i]->name;
    near = text_nearest(name, names, s->n);
    free(names);
    if (near != NULL)
        err_say(VAULT_ERR_INPUT, "see 'type list'", "there is no such type; did you mean '%s'?",
            near);
    else
        err_say(VAULT_ERR_INPUT, "see 'type list'", "there is no such type");
    return VAULT_ERR_INPUT;
}

vault_err
type_set_get(const struct type_def **out, const struct type_set *s, const char *name)
{
    const struct type_def *t = type_set_current(s, name);

    if (t == NULL)
        return no_such_type(s, name);
    *out = t;
    return VAULT_OK;
}

vault_err
type_set_has_field(const struct type_set *s, const char *field)
{
    size_t count = 0, n = 0;
    const char **names;
    const char *near;

    for (size_t i = 0; i < s->n; i++)
        count += s->type[i]->n_fields;
    names = calloc(count + 1, sizeof *names);
    if (names == NULL)
        return err_nomem();
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < s->type[i]->n_fields; k++)
            names[n++] = s->type[i]->field[k].name;
    while (n > 0 && strcmp(names[n - 1], field) != 0)
        n--;
    near = text_nearest(field, names, count);
    free(names);
    if (n > 0)
        return VAULT_OK;
    if (near != NULL)
        return err_say(VAULT_ERR_INPUT, "see 'type show'",
            "no type has such a field; did you mean '%s'?", near);
    return err_say(VAULT_ERR_INPUT, "see 'type show'", "no type has such a field");
}

enum leaf_tier
type_set_tier(const struct type_set *s, const struct type_def *t, const struct field_def *f,
    uint8_t leaf_tier)
{
    const struct type_def *now;
    const struct field_def *g;

    if (f != NULL && f->kind == FIELD_FILE)     /* chosen for each attachment */
        return leaf_tier == LEAF_OPEN ? LEAF_OPEN : LEAF_WITHHELD;
    if (leaf_tier == LEAF_WITHHELD || (f != NULL && f->tier == LEAF_WITHHELD))
        return LEAF_WITHHELD;
    now = f == NULL ? NULL : type_set_current(s, t->name);
    if (now == NULL || now == t)
        return LEAF_OPEN;
    g = type_field(now, f->name, strlen(f->name));
    return g != NULL && g->tier == LEAF_WITHHELD ? LEAF_WITHHELD : LEAF_OPEN;
}
