/*
 * search.c - see search.h.
 *
 * Decrypts and matches in memory and writes no index.
 */
#include "vault/search.h"

#include <string.h>

#include "vault/base/text.h"

/* ---- what is looked at ---- */

bool
search_withheld(const struct search *s, const struct type_def *t, const struct leaf *l)
{
    return type_set_tier(&s->v->recs.types, t, type_field(t, l->field.p, l->field.n), l->tier) == LEAF_WITHHELD;
}

static bool
reads_field(const struct search *s, const struct field_def *f)
{
    if (f->kind == FIELD_LINK || f->kind == FIELD_BYTES)
        return false;               /* of a file, its name is searched */
    if (s->q->field != NULL && strcmp(f->name, s->q->field) != 0)
        return false;
    return s->reads == NULL || s->reads(s, f);
}

static bool
is_name_field(const struct search *s, struct part field)
{
    for (size_t i = 0; i < s->n_name_fields; i++)
        if (s->name_field[i].n == field.n && memcmp(s->name_field[i].p, field.p, field.n) == 0)
            return true;
    return false;
}

bool
search_reads(const struct search *s, const struct type_def *t, const struct leaf *l)
{
    const struct field_def *f;

    if (t == NULL)
        return is_name_field(s, l->field);
    f = type_field(t, l->field.p, l->field.n);
    return f != NULL && reads_field(s, f) && (is_keeper(s->v) || !search_withheld(s, t, l));
}

static bool
is_asked(const struct search *s, const struct type_def *t)
{
    return s->q->type == NULL || strcmp(t->name, s->q->type) == 0;
}

/* Of the type in question, and under the conditions? */
static vault_err
in_question(struct search *s, unsigned thread, const struct type_def **t, const struct revision *rev, bool *yes)
{
    *yes = false;
    *t = type_set_by_hash(&s->v->recs.types, rev->type);
    if (*t == NULL)
        return err_say(VAULT_ERR_DAMAGED, NULL, "the type of a record is missing");
    return is_asked(s, *t) ? conditions_meet(s->where, thread, *t, rev, yes) : VAULT_OK;
}

/* ---- the scan ---- */

/* Are withheld values of this one looked at? */
static bool
hidden(const struct scan *scan, const struct revision *rev)
{
    const struct search *s = scan->ctx;
    const struct type_def *t = type_set_by_hash(&s->v->recs.types, rev->type);

    if (t == NULL || conditions_withheld(s->where))
        return true;
    for (size_t i = 0; i < rev->n_leaves && is_asked(s, t); i++)
        if (rev->leaf[i].tier == LEAF_WITHHELD && search_reads(s, t, &rev->leaf[i]))
            return true;
    return false;
}

/* Of any record of the types in question? Attachments have a tier of their own. */
static bool
any_hidden(const struct search *s)
{
    const struct type_set *types = &s->v->recs.types;

    if (!is_keeper(s->v) || conditions_withheld(s->where))
        return is_keeper(s->v);
    for (size_t i = 0; i < types->n; i++) {
        const struct type_def *t = types->type[i];
        for (size_t k = 0; k < t->n_fields && is_asked(s, t); k++) {
            const struct field_def *f = &t->field[k];
            if ((f->tier == LEAF_WITHHELD || f->kind == FIELD_FILE) && reads_field(s, f))
                return true;
        }
    }
    return false;
}

static vault_err
sift(struct scan *scan, unsigned thread, const struct revision *rev, bool *wanted)
{
    struct search *s = scan->ctx;
    const struct type_def *t;
    vault_err err = in_question(s, thread, &t, rev, wanted);

    return err == VAULT_OK && *wanted ? s->match(s, thread, t, rev, wanted) : err;
}

static vault_err
sift_names(struct scan *scan, unsigned thread, const struct revision *rev, bool *wanted)
{
    struct search *s = scan->ctx;

    return s->match(s, thread, NULL, rev, wanted);
}

/* Note the fields of this type that are looked at. False: not all of them hold names, or there are too many. */
static bool
note_name_fields(struct search *s, const struct type_def *t)
{
    for (size_t i = 0; is_asked(s, t) && i < t->n_fields; i++) {
        const struct field_def *f = &t->field[i];
        struct part name = PART(f->name, strlen(f->name));
        if (!reads_field(s, f))
            continue;
        if (f->kind != FIELD_NAME)          /* also where another type has names in a field of this name */
            return false;
        if (is_name_field(s, name))
            continue;
        if (s->n_name_fields == SEARCH_NAME_FIELDS)
            return false;
        s->name_field[s->n_name_fields++] = name;
    }
    return true;
}

/* Are names all that is looked at? */
static bool
only_names(struct search *s)
{
    const struct type_set *types = &s->v->recs.types;
    bool yes = is_keeper(s->v) && s->q->n_where == 0;

    s->n_name_fields = 0;
    for (size_t i = 0; yes && i < types->n; i++)
        yes = note_name_fields(s, types->type[i]);
    for (size_t i = 0; yes && i < types->n_theirs; i++)
        yes = note_name_fields(s, types->theirs[i]);
    return yes;
}

/* A caseworker keeps the keys of what he sealed himself. What a keeper sealed, or sealed anew, only keepers can change. */
static bool
doubt(const struct scan *scan, uint32_t n)
{
    const struct search *s = scan->ctx;
    const struct vault *v = s->v;
    const struct author *a = author_by_pk(v, v->chain[v->recs.index.pair[n].log].author);

    return a == NULL || a->tier != TIER_KEEPER;
}

static vault_err
each(struct scan *scan, uint32_t n, struct revision *rev)
{
    struct search *s = scan->ctx;
    const struct type_def *t;
    bool yes;
    vault_err err = in_question(s, 1, &t, rev, &yes);

    (void)n;
    if (err == VAULT_OK && yes)
        err = s->found(s, t, rev);
    scan->stop = s->stop;
    return err;
}

/* What cannot be read might be what is looked for: that there was nothing must not be said of it. */
static vault_err
bad(struct scan *scan, uint32_t n, const struct revision *rev)
{
    struct search *s = scan->ctx;
    const struct type_def *t = rev == NULL ? NULL : type_set_by_hash(&s->v->recs.types, rev->type);
    bool concerns = t == NULL, unknown = false;
    vault_err err = VAULT_OK;

    if (t != NULL && is_asked(s, t))
        err = conditions_may_meet(s->where, t, rev, &concerns, &unknown);
    for (size_t i = 0; t != NULL && concerns && !unknown && i < rev->n_leaves; i++)
        unknown = unread_value(&s->v->recs, rev, &rev->leaf[i]) && search_reads(s, t, &rev->leaf[i]);
    if (err != VAULT_OK || !concerns || (t != NULL && !unknown))
        return err;
    return unread_add(&s->unread, &s->v->recs.index, n);
}

/* ---- the query ---- */

/* A field that no type in question has open: no hits would look as if nothing were there. */
static bool
only_withheld(const struct type_set *set, const char *type, const char *field)
{
    bool any = false;

    for (size_t i = 0; i < set->n; i++) {
        const struct type_def *t = set->type[i];
        const struct field_def *f = type_field(t, field, strlen(field));
        if (f == NULL || type_set_current(set, t->name) != t ||
            (type != NULL && strcmp(t->name, type) != 0))
            continue;
        if (f->tier != LEAF_WITHHELD)
            return false;
        any = true;
    }
    return any;
}

static vault_err
check_query(struct vault *v, const struct vault_search_query *q)
{
    const struct type_def *t = NULL;
    vault_err err = VAULT_OK;

    if (q->type != NULL)
        err = type_set_get(&t, &v->recs.types, q->type);
    if (err == VAULT_OK && t != NULL && q->field != NULL &&
        type_field(t, q->field, strlen(q->field)) == NULL)
        err = type_no_field(t, q->field, strlen(q->field));
    if (err == VAULT_OK && t == NULL && q->field != NULL)
        err = type_set_has_field(&v->recs.types, q->field);
    if (err == VAULT_OK && q->field != NULL && only_withheld(&v->recs.types, q->type, q->field))
        err = need_keeper(v, "searching withheld fields");
    return err;
}

vault_err
search_describe(struct search *s, const struct type_def *t, const struct revision *rev,
    char code[static VAULT_CODE_LEN + 1], struct vault_hit *h)
{
    vault_err err;

    code_of(code, rev->record);
    buf_reset(&s->title);
    err = recs_title(&s->v->recs, rev, &s->title);
    h->id = code;
    h->type = t->name;
    h->label = buf_cstr(&s->title);
    return err == VAULT_OK && h->label == NULL ? err_nomem() : err;
}

vault_err
search_tell(struct search *s, const uint8_t record[static RECORD_ID_BYTES], const struct vault_hit *h)
{
    uint32_t first = index_record(&s->v->recs.index, record), lead = same_lead(&s->v->same, first);

    if (lead != first)
        return same_hits_hold(&s->merged, h, lead);
    s->stop = s->fn(s->fn_ctx, h) != 0;
    return VAULT_OK;
}

vault_err
search_run(struct search *s, vault_err (*done)(struct search *s))
{
    struct scan scan = { .r = &s->v->recs, .sift = sift, .fn = each, .hidden = hidden,
        .doubt = doubt, .bad = bad, .tolerate = true, .ctx = s };
    vault_err err = check_query(s->v, s->q);

    if (err == VAULT_OK)
        err = conditions_make(&s->where, s->v, s->q->type, s->q->where, s->q->n_where);
    if (err == VAULT_OK)
        err = conditions_find(s->where, &s->unread);
    if (err == VAULT_OK) {
        scan.withheld = any_hidden(s);
        scan.sift_names = only_names(s) ? sift_names : NULL;
        err = scan_run(&scan);
    }
    if (err == VAULT_OK && !s->stop && done != NULL)
        err = done(s);
    if (err == VAULT_OK && !s->stop)
        err = same_hits_tell(&s->merged, s->v, s->fn, s->fn_ctx);
    if (err == VAULT_OK && !s->stop)
        err = unread_say(&s->unread, s->q->unread);
    unread_reset(&s->unread);
    same_hits_free(&s->merged);
    conditions_free(s->where);
    s->where = NULL;
    buf_free(&s->title);
    return err;
}
