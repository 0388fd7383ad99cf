/* events.c - what happened and what is due, by date: vault_timeline, vault_agenda. */
#include <stdlib.h>
#include <string.h>

#include "vault/base/text.h"
#include "vault/record/date.h"
#include "vault/record/scan.h"
#include "vault/same.h"
#include "vault/view.h"

struct events {
    struct vault *v;
    struct vault_event *event;      /* texts in the pool */
    size_t n, cap;
    struct pool pool;
    bool bounded;
    struct date_span until;
};

static void
events_free(struct events *e)
{
    pool_free(&e->pool);
    free(e->event);
}

/* A field's open text, from the pool; "" when it is not there or withheld. */
static const char *
text_of(struct events *e, const struct revision *rev, const char *field, vault_err *err)
{
    struct buf b = BUF_INIT;
    char *s;

    if (*err != VAULT_OK)
        return "";
    *err = recs_shown_text(&e->v->recs, rev, field, &b);
    s = b.n == 0 ? NULL : pool_text(&e->pool, PART(b.p, b.n));
    if (s == NULL && b.n != 0 && *err == VAULT_OK)
        *err = err_nomem();
    buf_free(&b);
    return s == NULL ? "" : s;
}

static vault_err
new_event(struct events *e, struct vault_event **out)
{
    struct vault_event *p = array_room(e->event, e->n, &e->cap, sizeof *p);

    if (p == NULL)
        return err_nomem();
    e->event = p;
    *out = &e->event[e->n++];
    **out = (struct vault_event){ .date = "", .kind = "", .place = "", .status = "",
        .summary = "", .about = "" };
    return VAULT_OK;
}

static vault_err
describe(struct events *e, const struct type_def *t, const struct revision *rev,
    struct vault_event *out)
{
    struct buf title = BUF_INIT;
    char code[CODE_LEN + 1];
    vault_err err;

    code_of(code, rev->record);
    out->type = t->name;
    out->id = pool_text(&e->pool, PART(code, CODE_LEN));
    err = recs_title(&e->v->recs, rev, &title);
    out->label = pool_text(&e->pool, PART(title.p, title.n));
    buf_free(&title);
    return out->id == NULL || out->label == NULL ? err_nomem() : err;
}

static vault_err
add_event(struct events *e, const struct type_def *t, const struct revision *rev,
    const char *about)
{
    struct vault_event *out = NULL;
    vault_err err = new_event(e, &out);

    if (err != VAULT_OK)
        return err;
    err = describe(e, t, rev, out);
    out->date = text_of(e, rev, "date", &err);
    out->kind = text_of(e, rev, "kind", &err);
    out->place = text_of(e, rev, "place", &err);
    out->status = text_of(e, rev, "status", &err);
    out->summary = text_of(e, rev, "summary", &err);
    out->about = about;
    return err;
}

static int
by_date(const void *a, const void *b)
{
    const struct vault_event *x = a, *y = b;
    int d = date_compare(x->date, strlen(x->date), y->date, strlen(y->date));

    return d != 0 ? d : strcmp(x->id, y->id);
}

static void
tell_all(struct events *e, vault_event_fn *fn, void *ctx)
{
    if (e->n != 0)
        qsort(e->event, e->n, sizeof *e->event, by_date);
    for (size_t i = 0; i < e->n; i++)
        if (fn(ctx, &e->event[i]) != 0)
            return;
}

/* ---- timeline ---- */

static bool
have_already(const struct events *e, const struct revision *rev)
{
    char code[CODE_LEN + 1];

    code_of(code, rev->record);
    for (size_t i = 0; i < e->n; i++)
        if (strcmp(e->event[i].id, code) == 0)
            return true;
    return false;
}

/* Events that link to the record, or to what was merged into it; with `deeper`, also those of the cases that do. */
static vault_err
collect(struct events *e, uint32_t first, const char *about, bool deeper)
{
    uint32_t *pair = NULL;
    size_t n = 0;
    struct revision rev;
    vault_err err;

    revision_init(&rev);
    err = session_links(e->v, first, &pair, &n);
    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        const struct type_def *t;
        err = recs_load(&e->v->recs, pair[i], &rev);
        t = type_set_by_hash(&e->v->recs.types, rev.type);
        if (err != VAULT_OK || t == NULL)
            continue;
        if (strcmp(t->name, "event") == 0 && !have_already(e, &rev)) {
            err = add_event(e, t, &rev, about);
        } else if (strcmp(t->name, "case") == 0 && deeper) {
            const char *title = text_of(e, &rev, "title", &err);
            if (err == VAULT_OK)
                err = collect(e, e->v->recs.index.pair[pair[i]].first, title, false);
        }
    }
    revision_free(&rev);
    free(pair);
    return err;
}

vault_err
vault_timeline(vault *v, const char *id, vault_event_fn *fn, void *ctx)
{
    struct events e = { .v = v };
    uint32_t first = 0;
    vault_err err;

    vault_clear_error();
    err = session_find(v, id, &first);
    if (err == VAULT_OK)
        err = collect(&e, same_lead(&v->same, first), "", true);
    if (err == VAULT_OK)
        tell_all(&e, fn, ctx);
    events_free(&e);
    return err;
}

/* ---- agenda ---- */

static bool
falls_due(const struct events *e, const char *date)
{
    struct date_span s;

    return !e->bounded || *date == '\0' || !date_span(&s, date, strlen(date)) ||
        s.from <= e->until.to;
}

/* A next step may begin with its date: "2026-12-01: file the appeal". */
static vault_err
step_date(struct events *e, const char *text, const char **out)
{
    char date[DATE_MAX];
    size_t n = strcspn(text, " \t:,");
    char *s;

    *out = "";
    if (n == 0 || date_parse(date, text, n) != VAULT_OK) {
        vault_clear_error();
        return VAULT_OK;
    }
    s = pool_text(&e->pool, PART(date, strlen(date)));
    if (s == NULL)
        return err_nomem();
    *out = s;
    return VAULT_OK;
}

static vault_err
add_step(struct events *e, const struct type_def *t, const struct revision *rev)
{
    struct vault_event *out = NULL;
    const char *text, *date = "";
    vault_err err = VAULT_OK;

    text = text_of(e, rev, "next_step", &err);
    if (err != VAULT_OK || *text == '\0')
        return err;
    err = step_date(e, text, &date);
    if (err != VAULT_OK || !falls_due(e, date))
        return err;
    err = new_event(e, &out);
    if (err != VAULT_OK)
        return err;
    err = describe(e, t, rev, out);
    out->date = date;
    out->kind = "next step";
    out->status = "planned";
    out->summary = text;
    return err;
}

static vault_err
each(struct scan *s, uint32_t n, struct revision *rev)
{
    struct events *e = s->ctx;
    const struct type_def *t = type_set_by_hash(&e->v->recs.types, rev->type);
    vault_err err = VAULT_OK;

    (void)n;
    if (t == NULL)
        return err_say(VAULT_ERR_DAMAGED, NULL, "the type of a record is missing");
    if (strcmp(t->name, "case") == 0)
        return add_step(e, t, rev);
    if (strcmp(t->name, "event") != 0 ||
        strcmp(text_of(e, rev, "status", &err), "planned") != 0 || err != VAULT_OK ||
        !falls_due(e, text_of(e, rev, "date", &err)) || err != VAULT_OK)
        return err;
    return add_event(e, t, rev, "");
}

vault_err
vault_agenda(vault *v, const char *until, vault_event_fn *fn, void *ctx)
{
    struct events e = { .v = v, .bounded = until != NULL };
    struct scan s = { .r = &v->recs, .fn = each, .ctx = &e };
    char date[DATE_MAX];
    vault_err err = VAULT_OK;

    vault_clear_error();
    if (until != NULL) {
        err = date_parse(date, until, strlen(until));
        if (err == VAULT_OK && !date_span(&e.until, date, strlen(date)))
            err = err_say(VAULT_ERR_INPUT, NULL, "that is not a date");
    }
    if (err == VAULT_OK)
        err = scan_run(&s);
    if (err == VAULT_OK)
        tell_all(&e, fn, ctx);
    events_free(&e);
    return err;
}
