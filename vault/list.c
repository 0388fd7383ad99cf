/* list.c - many records for a person: vault_list. */
#include <stdlib.h>
#include <string.h>

#include "vault/base/text.h"
#include "vault/record/date.h"
#include "vault/record/scan.h"
#include "vault/record/value.h"
#include "vault/unread.h"
#include "vault/view.h"

#define WHERE_MAX 32
#define IDS_LOGGED 256          /* a longer list is logged by its number alone */

/* One condition, made ready: folded text, a span of days, or a record. */
struct condition {
    const char *field;
    struct buf folded;
    struct date_span span;
    bool is_date, is_link;
    uint8_t link[RECORD_ID_BYTES];
};

struct listing {
    struct vault *v;
    const struct vault_list_query *q;
    struct condition where[WHERE_MAX];
    size_t n_where;
    vault_list_fn *fn;
    void *ctx;
    uint64_t matched;
    bool counting;              /* first pass of a reveal: what will be shown */
    char id[IDS_LOGGED][CODE_LEN + 1];
    struct buf fold, title;
    struct unread unread;
};

/* ---- conditions ---- */

static const struct field_def *
field_anywhere(const struct type_set *s, const char *type, const char *field)
{
    const struct field_def *found = NULL;

    /* The newest version; of several types one that withholds it, so that its values are looked at. */
    for (size_t i = s->n; i > 0; i--) {
        const struct type_def *t = s->type[i - 1];
        const struct field_def *f = type_field(t, field, strlen(field));
        if (f == NULL || (type != NULL && strcmp(t->name, type) != 0))
            continue;
        if (found == NULL || (type == NULL && f->tier == LEAF_WITHHELD))
            found = f;
    }
    return found;
}

static bool
is_withheld(const struct listing *l, const char *field)
{
    const struct field_def *f = field_anywhere(&l->v->recs.types, l->q->type, field);

    return f != NULL && f->tier == LEAF_WITHHELD;
}

static vault_err
make_condition(struct listing *l, const struct vault_where *w, struct condition *out)
{
    const struct type_set *s = &l->v->recs.types;
    const struct field_def *f = field_anywhere(s, l->q->type, w->field);
    char date[DATE_MAX];
    uint32_t first = 0;
    vault_err err;

    if (f == NULL && l->q->type != NULL)
        return type_no_field(type_set_current(s, l->q->type), w->field, strlen(w->field));
    if (f == NULL)
        return type_set_has_field(s, w->field);
    if (f->tier == LEAF_WITHHELD) {
        err = need_keeper(l->v, "asking for withheld values");
        if (err != VAULT_OK)
            return err;
    }
    out->field = f->name;
    if (f->kind == FIELD_LINK) {
        out->is_link = true;
        err = recs_find(&l->v->recs, w->value, strlen(w->value), FIND_ANY, &first);
        if (err == VAULT_OK)
            memcpy(out->link, l->v->recs.index.pair[first].record, RECORD_ID_BYTES);
        return err;
    }
    if (f->kind == FIELD_DATE) {
        out->is_date = true;
        err = date_parse(date, w->value, strlen(w->value));
        if (err == VAULT_OK && !date_span(&out->span, date, strlen(date)))
            err = err_say(VAULT_ERR_INPUT, NULL, "%s is not a date", w->field);
        return err;
    }
    return text_fold(&out->folded, w->value, strlen(w->value));
}

static vault_err
value_meets(struct listing *l, const struct condition *c, struct part value, bool *yes)
{
    struct value_view view;
    struct date_span span;
    struct buf text = BUF_INIT;
    vault_err err;

    err = value_read(&view, value);
    if (err != VAULT_OK)
        return err;
    if (c->is_link) {
        *yes = view.shape == VALUE_BYTES && view.text.n == RECORD_ID_BYTES &&
            memcmp(view.text.p, c->link, RECORD_ID_BYTES) == 0;
        return VAULT_OK;
    }
    if (c->is_date) {
        *yes = view.shape == VALUE_TEXT && date_span(&span, view.text.p, view.text.n) &&
            span.from <= c->span.to && c->span.from <= span.to;
        return VAULT_OK;
    }
    buf_reset(&l->fold);
    err = value_to_text(&text, value);
    if (err == VAULT_OK)
        err = text_fold(&l->fold, (const char *)text.p, text.n);
    *yes = err == VAULT_OK && l->fold.n == c->folded.n &&
        (l->fold.n == 0 || memcmp(l->fold.p, c->folded.p, l->fold.n) == 0);
    buf_free(&text);
    return err;
}

static vault_err
meets(struct listing *l, const struct type_def *t, const struct revision *rev,
    const struct condition *c, bool *yes)
{
    vault_err err = VAULT_OK;

    *yes = false;
    for (size_t i = 0; err == VAULT_OK && !*yes && i < rev->n_leaves; i++) {
        const struct leaf *f = &rev->leaf[i];
        if (!is_keeper(l->v) && type_set_tier(&l->v->recs.types, t, type_field(t, f->field.p,
                f->field.n), f->tier) == LEAF_WITHHELD)
            continue;
        if (f->value.n != 0 && f->field.n == strlen(c->field) &&
            memcmp(f->field.p, c->field, f->field.n) == 0)
            err = value_meets(l, c, f->value, yes);
    }
    return err;
}

static vault_err
meets_all(struct listing *l, const struct revision *rev, bool *yes)
{
    const struct type_def *t = type_set_by_hash(&l->v->recs.types, rev->type);
    vault_err err = VAULT_OK;

    if (t == NULL)
        return err_say(VAULT_ERR_DAMAGED, NULL, "the type of a record is missing");
    *yes = l->q->type == NULL || strcmp(t->name, l->q->type) == 0;
    for (size_t i = 0; err == VAULT_OK && *yes && i < l->n_where; i++)
        err = meets(l, t, rev, &l->where[i], yes);
    return err;
}

/* ---- the scan ---- */

static vault_err
tell(struct scan *s, struct listing *l, const struct revision *rev)
{
    const struct view_options opt = { .reveal = l->q->reveal };
    const struct type_def *t = type_set_by_hash(&l->v->recs.types, rev->type);
    struct vault_record *full = NULL;
    char code[CODE_LEN + 1];
    struct vault_list_item item = { .id = code, .type = t->name, .updated = rev->time };
    vault_err err;

    code_of(code, rev->record);
    buf_reset(&l->title);
    err = recs_title(&l->v->recs, rev, &l->title);
    item.label = buf_cstr(&l->title);
    if (err == VAULT_OK && item.label == NULL)
        err = err_nomem();
    if (err == VAULT_OK && l->q->full)
        err = view_build(l->v, rev, &opt, &full);
    item.record = full;
    if (err == VAULT_OK && l->fn(l->ctx, &item) != 0)
        s->stop = true;
    vault_record_free(full);
    return err;
}

static vault_err
each(struct scan *s, uint32_t n, struct revision *rev)
{
    struct listing *l = s->ctx;
    bool yes = false;
    vault_err err = meets_all(l, rev, &yes);

    (void)n;
    if (err != VAULT_OK || !yes)
        return err;
    if (l->counting && l->matched < IDS_LOGGED)
        code_of(l->id[l->matched], rev->record);
    l->matched++;
    return l->counting ? VAULT_OK : tell(s, l, rev);
}

/* Has it a value of this field that was not read? */
static bool
is_unknown(const struct revision *rev, const char *field)
{
    for (size_t i = 0; i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        if (l->value.n == 0 && l->field.n == strlen(field) && memcmp(l->field.p, field, l->field.n) == 0)
            return true;
    }
    return false;
}

/* Of a record of this type without those values: does it meet all other conditions? */
static vault_err
may_meet(struct listing *l, const struct type_def *t, const struct revision *rev, bool *yes)
{
    vault_err err = VAULT_OK;

    *yes = l->q->type == NULL || strcmp(t->name, l->q->type) == 0;
    for (size_t i = 0; err == VAULT_OK && *yes && i < l->n_where; i++)
        if (!is_unknown(rev, l->where[i].field))
            err = meets(l, t, rev, &l->where[i], yes);
    return err;
}

static vault_err
bad(struct scan *s, uint32_t n, const struct revision *rev)
{
    struct listing *l = s->ctx;
    const struct type_def *t = rev == NULL ? NULL :
        type_set_by_hash(&l->v->recs.types, rev->type);
    bool concerns = true;
    vault_err err = t == NULL ? VAULT_OK : may_meet(l, t, rev, &concerns);

    if (err != VAULT_OK || !concerns)
        return err;
    return unread_add(&l->unread, &l->v->recs.index, n);
}

static vault_err
pass(struct listing *l, bool withheld)
{
    struct scan s = { .r = &l->v->recs, .withheld = withheld, .fn = each, .bad = bad,
        .tolerate = true, .ctx = l };
    vault_err err;

    l->matched = 0;
    unread_reset(&l->unread);
    err = scan_run(&s);
    if (s.stop)
        unread_reset(&l->unread);       /* who has seen enough is not told about the rest */
    return err;
}

static vault_err
log_listing(struct listing *l)
{
    const char *ids[IDS_LOGGED];
    struct detail d = {0};
    vault_err err;

    for (size_t i = 0; i < IDS_LOGGED; i++)
        ids[i] = l->id[i];
    if (l->matched <= IDS_LOGGED)
        detail_texts(&d, "ids", ids, (size_t)l->matched);
    detail_uint(&d, "records", l->matched);
    if (l->q->type != NULL)
        detail_text(&d, "type", l->q->type);
    err = session_note(l->v, "reveal", true, &d);
    detail_free(&d);
    return err;
}

static bool
asks_withheld(const struct listing *l)
{
    for (size_t i = 0; i < l->n_where; i++)
        if (is_withheld(l, l->where[i].field))
            return true;
    return false;
}

static vault_err
prepare(struct listing *l)
{
    const struct type_def *t;
    vault_err err = VAULT_OK;

    if (l->q->reveal)
        err = need_keeper(l->v, "revealing withheld values");
    if (err == VAULT_OK && l->q->type != NULL)
        err = type_set_get(&t, &l->v->recs.types, l->q->type);
    if (err == VAULT_OK && l->q->n_where > WHERE_MAX)
        err = err_say(VAULT_ERR_INPUT, NULL, "at most %d conditions", WHERE_MAX);
    for (size_t i = 0; err == VAULT_OK && i < l->q->n_where; i++) {
        err = make_condition(l, &l->q->where[i], &l->where[i]);
        l->n_where = i + (err == VAULT_OK);
    }
    return err;
}

vault_err
vault_list(vault *v, const struct vault_list_query *q, vault_list_fn *fn, void *ctx)
{
    struct listing *l;
    bool withheld;
    vault_err err;

    vault_clear_error();
    l = calloc(1, sizeof *l);
    if (l == NULL)
        return err_nomem();
    *l = (struct listing){ .v = v, .q = q, .fn = fn, .ctx = ctx };
    err = prepare(l);
    withheld = err == VAULT_OK && (q->reveal || asks_withheld(l));
    if (err == VAULT_OK && q->reveal) {
        l->counting = true;         /* the entry says how many, and comes first */
        err = pass(l, withheld);
        l->counting = false;
        if (err == VAULT_OK)
            err = log_listing(l);
    }
    if (err == VAULT_OK)
        err = pass(l, withheld);
    if (err == VAULT_OK)
        err = unread_say(&l->unread, q->unread);
    unread_reset(&l->unread);
    for (size_t i = 0; i < WHERE_MAX; i++)
        buf_free(&l->where[i].folded);
    buf_free(&l->fold);
    buf_free(&l->title);
    free(l);
    return err;
}
