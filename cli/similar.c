#include "cli/similar.h"
#include <stdio.h>
#include "cli/term.h"

#define LINES_MAX 20

struct lines {
    struct json *j;             /* NULL: for people */
    unsigned n;
};

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

    if (l->j != NULL)
        put_json(l->j, NULL, h);
    else if (l->n++ < LINES_MAX)
        term_say("similar name: %.8s %s, %s in %s: %s", h->id, h->label, h->level, h->field, h->why);
    return 0;
}

static int
one_new(void *ctx, const char *id, const char *label, const struct vault_hit *h)
{
    struct lines *l = ctx;

    if (l->j != NULL)
        put_json(l->j, id, h);
    else if (l->n++ < LINES_MAX)
        term_say("similar names: %.8s %s and %.8s %s, %s in %s: %s", id, label, h->id, h->label, h->level, h->field,
            h->why);
    return 0;
}

static void
end(const struct lines *l, vault_err err)
{
    if (err != VAULT_OK)
        term_warn("names could not be compared: %s", vault_last_error()->text);
    if (l->n > LINES_MAX)
        term_say("and %u more", l->n - LINES_MAX);
    if (l->n > 0)
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
