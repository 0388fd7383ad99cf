#include "cli/similar.h"
#include <stdio.h>
#include "cli/term.h"

#define LINES_MAX 20
#define OBJECTS_MAX 200        /* a table of one name a thousand times over must not be compared to the end */

struct lines {
    struct json *j;             /* NULL: for people */
    bool brief;                 /* nobody typed a name: nothing of one in the reason */
    unsigned n;
};

/* Is there room for another one? */
static bool
next(struct lines *l)
{
    return l->n++ < (l->j != NULL ? OBJECTS_MAX : LINES_MAX);
}

static void
put_json(struct json *j, const char *of, const struct vault_hit *h)
{
    js_object(j);
    if (of != NULL)
        js_pair(j, "of", of);
    js_pair(j, "id", h->id);
    js_pair(j, "label", h->label);
    js_pair(j, "field", h->field);
    js_pair(j, "level", h->level);
    js_pair(j, "why", h->why);
    js_end(j);
}

static int
one(void *ctx, const struct vault_hit *h)
{
    struct lines *l = ctx;

    if (!next(l))
        return 1;
    if (l->j != NULL)
        put_json(l->j, NULL, h);
    else
        term_say("similar name: %.8s %s, %s in %s: %s", h->id, h->label, h->level, h->field, h->why);
    return 0;
}

static int
one_new(void *ctx, const char *id, const char *label, const struct vault_hit *h)
{
    struct lines *l = ctx;

    if (!next(l))
        return 1;
    if (l->j != NULL)
        put_json(l->j, id, h);
    else if (l->brief)
        term_say("similar names: %.8s %s and %.8s %s, %s in %s", id, label, h->id, h->label, h->level, h->field);
    else
        term_say("similar names: %.8s %s and %.8s %s, %s in %s: %s", id, label, h->id, h->label, h->level, h->field,
            h->why);
    return 0;
}

static void
end(const struct lines *l, vault_err err)
{
    if (err != VAULT_OK)
        term_warn("names could not be compared: %s", vault_last_error()->text);
    if (l->j == NULL && l->n > LINES_MAX)
        term_say("and more");
    if (l->j == NULL && l->n > 0)
        term_say("the same person? `duplicates` lists such pairs, `merge ID INTO` says that they are one");
}

void
similar_json(const struct call *c, struct json *j, const char *id)
{
    struct lines l = { .j = j };

    js_key(j, "similar");
    js_array(j);
    end(&l, vault_similar(c->app->vault, id, one, &l));
    js_end(j);
}

void
similar_say(const struct call *c, const char *id)
{
    struct lines l = { .j = NULL };

    end(&l, vault_similar(c->app->vault, id, one, &l));
}

void
similar_new_json(const struct call *c, struct json *j)
{
    struct lines l = { .j = j };

    js_key(j, "similar");
    js_array(j);
    end(&l, vault_similar_new(c->app->vault, one_new, &l));
    js_end(j);
}

void
similar_new_say(const struct call *c)
{
    struct lines l = { .j = NULL };

    end(&l, vault_similar_new(c->app->vault, one_new, &l));
}

void
similar_adopted_say(const struct call *c)
{
    struct lines l = { .brief = true };

    end(&l, vault_similar_new(c->app->vault, one_new, &l));
}
