/* known.c - see known.h. */
#include "vault/known.h"

#include <stdlib.h>
#include <string.h>

#include "vault/base/text.h"
#include "vault/record/scan.h"
#include "vault/record/value.h"
#include "vault/same.h"

/* An open text in the making. */
struct known_text {
    size_t at, n;                   /* in known.text */
    uint8_t record[RECORD_ID_BYTES];
    const char *field;
    bool holds_names;               /* a field of kind name */
    uint64_t line;
};

void
known_free(struct known *k)
{
    name_index_free(k->index);
    free(k->name);
    buf_free(&k->text);
    free(k->todo);
    memset(k, 0, sizeof *k);
}

static vault_err
grow(void **p, size_t *room, size_t n, size_t size)
{
    size_t more = *room == 0 ? 64 : 2 * *room;
    void *bigger;

    if (n < *room)
        return VAULT_OK;
    bigger = reallocarray(*p, more, size);
    if (bigger == NULL)
        return err_nomem();
    *p = bigger;
    *room = more;
    return VAULT_OK;
}

/* ---- names ---- */

static bool
is_withheld(const struct known *k, const struct type_def *t, const struct field_def *f, const struct leaf *l)
{
    return type_set_tier(&k->v->recs.types, t, f, l->tier) == LEAF_WITHHELD;
}

static vault_err
add_name(struct known *k, const struct revision *rev, const struct field_def *f, bool withheld, bool fresh, struct part text)
{
    struct known_name *n;
    size_t before = name_index_count(k->index);
    vault_err err = grow((void **)&k->name, &k->room, k->n, sizeof k->name[0]);

    if (err == VAULT_OK)
        err = name_index_add(k->index, (const char *)text.p, text.n, (uint32_t)k->n);
    if (err != VAULT_OK || name_index_count(k->index) == before)
        return err;                 /* it is no name that could be compared */
    n = &k->name[k->n++];
    memcpy(n->record, rev->record, sizeof n->record);
    n->field = f->name;
    n->withheld = withheld;
    n->fresh = fresh;
    return VAULT_OK;
}

static vault_err
add_names(struct known *k, const struct type_def *t, const struct revision *rev, bool fresh)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        const struct field_def *f = type_field(t, l->field.p, l->field.n);
        struct value_view view;
        if (f == NULL || f->kind != FIELD_NAME || l->value.n == 0)
            continue;
        err = value_read(&view, l->value);
        if (err == VAULT_OK && view.shape == VALUE_TEXT)
            err = add_name(k, rev, f, is_withheld(k, t, f, l), fresh, view.text);
    }
    return err;
}

/* ---- loading ---- */

static bool
has_names(const struct type_def *t)
{
    for (size_t i = 0; t != NULL && i < t->n_fields; i++)
        if (t->field[i].kind == FIELD_NAME)
            return true;
    return false;
}

static bool
hidden(const struct scan *s, const struct revision *rev)
{
    const struct known *k = s->ctx;

    return has_names(type_set_by_hash(&k->v->recs.types, rev->type));
}

static vault_err
sift(struct scan *s, unsigned thread, const struct revision *rev, bool *wanted)
{
    (void)thread;
    *wanted = hidden(s, rev);
    return VAULT_OK;
}

static vault_err
each(struct scan *s, uint32_t n, struct revision *rev)
{
    struct known *k = s->ctx;
    const struct type_def *t = type_set_by_hash(&k->v->recs.types, rev->type);

    (void)n;
    return has_names(t) ? add_names(k, t, rev, false) : VAULT_OK;
}

static vault_err
bad(struct scan *s, uint32_t n, const struct revision *rev)
{
    (void)s;
    (void)n;
    (void)rev;
    return VAULT_OK;
}

vault_err
known_load(struct known *k, struct vault *v)
{
    struct scan scan = { .r = &v->recs, .withheld = true, .sift = sift, .hidden = hidden, .fn = each, .bad = bad,
        .tolerate = true, .ctx = k };
    vault_err err;

    if (k->v != NULL || !is_keeper(v))
        return VAULT_OK;
    err = name_index_new(&k->index);
    if (err != VAULT_OK)
        return err;
    k->v = v;
    return scan_run(&scan);
}

/* ---- what is about to be written ---- */

static bool
is_text(const struct field_def *f)
{
    return f->kind == FIELD_TEXT || f->kind == FIELD_NARRATIVE || f->kind == FIELD_NAME || f->kind == FIELD_PLACE ||
        f->kind == FIELD_IDENTIFIER;
}

/* Stood it there before? */
static bool
in_base(const struct revision *base, const struct leaf *l)
{
    for (size_t i = 0; base != NULL && i < base->n_leaves; i++) {
        const struct leaf *b = &base->leaf[i];
        if (b->field.n == l->field.n && memcmp(b->field.p, l->field.p, l->field.n) == 0 && b->value.n == l->value.n &&
            b->tier == l->tier && memcmp(b->value.p, l->value.p, l->value.n) == 0)
            return true;
    }
    return false;
}

static vault_err
note_text(struct known *k, const struct revision *rev, const struct field_def *f, struct part text, uint64_t line)
{
    struct known_text *x;
    vault_err err = grow((void **)&k->todo, &k->room_todo, k->n_todo, sizeof k->todo[0]);

    if (err != VAULT_OK)
        return err;
    x = &k->todo[k->n_todo++];
    *x = (struct known_text){ .at = k->text.n, .n = text.n, .field = f->name, .holds_names = f->kind == FIELD_NAME,
        .line = line };
    memcpy(x->record, rev->record, sizeof x->record);
    buf_put(&k->text, text.p, text.n);
    return buf_ok(&k->text);
}

vault_err
known_take(struct known *k, const struct revision *rev, const struct revision *base, uint64_t line)
{
    const struct type_def *t;
    vault_err err;

    if (k->v == NULL)
        return VAULT_OK;
    t = type_set_by_hash(&k->v->recs.types, rev->type);
    if (t == NULL)
        return VAULT_OK;
    err = add_names(k, t, rev, true);
    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        const struct field_def *f = type_field(t, l->field.p, l->field.n);
        struct value_view view;
        if (f == NULL || !is_text(f) || l->value.n == 0 || is_withheld(k, t, f, l) || in_base(base, l))
            continue;
        err = value_read(&view, l->value);
        if (err == VAULT_OK && view.shape == VALUE_TEXT)
            err = note_text(k, rev, f, view.text, line);
    }
    return err;
}

/* ---- a name where everybody may read it ---- */

struct judging {
    const struct known *k;
    const struct known_text *text;
    const struct known_name *found;
};

static bool
is_same(const struct known *k, const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, RECORD_ID_BYTES) == 0 || same_person(k->v, a, b);
}

static int
at_place(void *ctx, const struct name_place *p)
{
    struct judging *j = ctx;
    const struct known_name *n = &j->k->name[p->number];

    if (!n->withheld || (j->text->holds_names && is_same(j->k, n->record, j->text->record)))
        return 0;
    j->found = n;
    return 1;
}

/* "the record itself", or code and title of the one that the name belongs to. */
static vault_err
whose(const struct known *k, const struct known_name *n, const struct known_text *t, struct buf *out)
{
    char code[CODE_LEN + 1];
    uint32_t first = index_record(&k->v->recs.index, n->record);

    if (memcmp(n->record, t->record, RECORD_ID_BYTES) == 0) {
        buf_str(out, "the record itself");
        return VAULT_OK;
    }
    if (n->fresh || first == 0) {
        buf_str(out, "another record of this import");
        return VAULT_OK;
    }
    code_of(code, n->record);
    buf_fmt(out, "%.8s ", code);
    return recs_title_of(&k->v->recs, first, out);
}

static vault_err
refuse(const struct known *k, const struct known_name *n, const struct known_text *t)
{
    struct buf who = BUF_INIT;
    vault_err err = whose(k, n, t, &who);
    const char *text = buf_cstr(&who);

    if (err == VAULT_OK && text == NULL)
        err = err_nomem();
    if (err == VAULT_OK) {
        err = err_refuse("name-in-open", "put it into a withheld field, or write the label of the record instead",
            "field '%s' is open, and holds a name that is withheld in %s", t->field, text);
        if (t->line != 0)
            err_prefix("line %llu: ", (unsigned long long)t->line);
    }
    buf_free(&who);
    return err;
}

vault_err
known_judge(struct known *k)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < k->n_todo; i++) {
        struct judging j = { .k = k, .text = &k->todo[i] };
        name_index_in_text(k->index, (const char *)k->text.p + j.text->at, j.text->n, at_place, &j);
        if (j.found != NULL && !session_accepts(k->v, "name-in-open"))
            err = refuse(k, j.found, j.text);
        else if (j.found != NULL)
            break;                      /* accepted, once for all of them */
    }
    buf_reset(&k->text);
    k->n_todo = 0;
    return err;
}

/* ---- who is alike ---- */

struct alike {
    const struct known_name *name;
    enum name_level level;
    char why[NAME_WHY_BYTES];
};

struct comparing {
    struct known *k;
    const uint8_t *record;
    uint32_t before;                /* fresh names from here on are left to their own turn */
    struct alike *hit;
    size_t n, room;
    vault_err err;
};

static bool
is_apart(const struct known *k, const uint8_t *a, const uint8_t *b)
{
    return same_is_apart(k->v, index_record(&k->v->recs.index, a), index_record(&k->v->recs.index, b));
}

/* The best of each record is kept. */
static int
one_alike(void *ctx, uint32_t number, enum name_level level, const char *why)
{
    struct comparing *c = ctx;
    const struct known_name *n = &c->k->name[number];
    struct alike *a = NULL;

    if ((n->fresh && number >= c->before) || is_same(c->k, n->record, c->record) ||
        is_apart(c->k, n->record, c->record))
        return 0;
    for (size_t i = 0; i < c->n && a == NULL; i++)
        if (memcmp(c->hit[i].name->record, n->record, RECORD_ID_BYTES) == 0)
            a = &c->hit[i];
    if (a == NULL) {
        c->err = grow((void **)&c->hit, &c->room, c->n, sizeof c->hit[0]);
        if (c->err != VAULT_OK)
            return 1;
        a = &c->hit[c->n++];
        a->level = NAME_NONE;
    }
    if (level > a->level) {
        a->name = n;
        a->level = level;
        memcpy(a->why, why, strlen(why) + 1);
    }
    return 0;
}

static int
best_first(const void *pa, const void *pb)
{
    const struct alike *a = pa, *b = pb;

    if (a->level != b->level)
        return a->level > b->level ? -1 : 1;
    return memcmp(a->name->record, b->name->record, RECORD_ID_BYTES);
}

static vault_err
tell(struct comparing *c, vault_hit_fn *fn, void *ctx)
{
    struct buf title = BUF_INIT;
    vault_err err = VAULT_OK;

    if (c->n > 0)
        qsort(c->hit, c->n, sizeof c->hit[0], best_first);
    for (size_t i = 0; err == VAULT_OK && i < c->n; i++) {
        const struct alike *a = &c->hit[i];
        char code[CODE_LEN + 1];
        struct vault_hit h = { .id = code, .field = a->name->field, .level = name_level_text(a->level), .why = a->why };

        buf_reset(&title);
        code_of(code, a->name->record);
        err = recs_title_of(&c->k->v->recs, index_record(&c->k->v->recs.index, a->name->record), &title);
        h.label = buf_cstr(&title);
        if (err == VAULT_OK && h.label == NULL)
            err = err_nomem();
        if (err == VAULT_OK && fn(ctx, &h) != 0)
            break;
    }
    buf_free(&title);
    return err;
}

/* Names from..to are of one record. */
static void
compare_group(struct comparing *c, size_t from, size_t to)
{
    c->record = c->k->name[from].record;
    for (size_t i = from; c->err == VAULT_OK && i < to; i++)
        name_index_find_entry(c->k->index, i, NAME_SHOWS_KEYS, one_alike, c);
}

/* The end of the names of one revision that begin at i. */
static size_t
group_end(const struct known *k, size_t i)
{
    size_t end = i + 1;

    while (end < k->n && k->name[end].fresh == k->name[i].fresh &&
        memcmp(k->name[end].record, k->name[i].record, RECORD_ID_BYTES) == 0)
        end++;
    return end;
}

vault_err
known_similar(struct known *k, const uint8_t record[static RECORD_ID_BYTES], vault_hit_fn *fn, void *ctx)
{
    struct comparing c = { .k = k, .before = UINT32_MAX };

    for (size_t i = 0, end; k->v != NULL && c.err == VAULT_OK && i < k->n; i = end) {
        end = group_end(k, i);
        if (memcmp(k->name[i].record, record, RECORD_ID_BYTES) == 0)
            compare_group(&c, i, end);
    }
    if (c.err == VAULT_OK)
        c.err = tell(&c, fn, ctx);
    free(c.hit);
    return c.err;
}

static int
by_id(const void *a, const void *b)
{
    return memcmp(a, b, RECORD_ID_BYTES);
}

void
known_freshen(struct known *k, uint8_t *records, size_t n)
{
    if (n == 0)
        return;
    qsort(records, n, RECORD_ID_BYTES, by_id);
    for (size_t i = 0; i < k->n; i++)
        if (bsearch(k->name[i].record, records, n, RECORD_ID_BYTES, by_id) != NULL)
            k->name[i].fresh = true;
}

void
known_settle(struct known *k)
{
    for (size_t i = 0; i < k->n; i++)
        k->name[i].fresh = false;
}

struct retold {
    char code[CODE_LEN + 1];
    const char *label;
    vault_similar_fn *fn;
    void *ctx;
    bool stop;
};

static int
retell(void *ctx, const struct vault_hit *h)
{
    struct retold *r = ctx;

    r->stop = r->fn(r->ctx, r->code, r->label, h) != 0;
    return r->stop;
}

static vault_err
tell_fresh(struct comparing *c, struct retold *r)
{
    struct buf title = BUF_INIT;
    vault_err err;

    if (c->n == 0)
        return VAULT_OK;
    code_of(r->code, c->record);
    err = recs_title_of(&c->k->v->recs, index_record(&c->k->v->recs.index, c->record), &title);
    r->label = buf_cstr(&title);
    if (err == VAULT_OK && r->label == NULL)
        err = err_nomem();
    if (err == VAULT_OK)
        err = tell(c, retell, r);
    buf_free(&title);
    return err;
}

vault_err
known_similar_fresh(struct known *k, vault_similar_fn *fn, void *ctx)
{
    struct comparing c = { .k = k };
    struct retold r = { .fn = fn, .ctx = ctx };

    for (size_t i = 0, end; k->v != NULL && c.err == VAULT_OK && !r.stop && i < k->n; i = end) {
        end = group_end(k, i);
        if (!k->name[i].fresh)
            continue;
        c.before = (uint32_t)i;
        c.n = 0;
        compare_group(&c, i, end);
        if (c.err == VAULT_OK)
            c.err = tell_fresh(&c, &r);
    }
    free(c.hit);
    return c.err;
}

/* ---- of a session ---- */

vault_err
session_known(struct vault *v, struct known **out)
{
    vault_err err = VAULT_OK;

    if (v->known != NULL && v->known_log != v->n_log)
        session_forget_known(v);
    if (v->known == NULL) {
        v->known = calloc(1, sizeof *v->known);
        if (v->known == NULL)
            return err_nomem();
        err = known_load(v->known, v);
        v->known_log = v->n_log;
        if (err != VAULT_OK)
            session_forget_known(v);
    }
    *out = v->known;
    return err;
}

void
session_forget_known(struct vault *v)
{
    if (v->known != NULL)
        known_free(v->known);
    free(v->known);
    v->known = NULL;
}

vault_err
vault_similar(vault *v, const char *id, vault_hit_fn *fn, void *ctx)
{
    struct known *k = NULL;
    uint8_t record[RECORD_ID_BYTES];
    uint32_t first = 0;
    vault_err err;

    vault_clear_error();
    err = session_find(v, id, &first);
    if (err == VAULT_OK && is_keeper(v))
        err = session_known(v, &k);
    if (err == VAULT_OK && k != NULL) {
        memcpy(record, v->recs.index.pair[first].record, sizeof record);
        err = known_similar(k, record, fn, ctx);
    }
    return err;
}

vault_err
vault_similar_new(vault *v, vault_similar_fn *fn, void *ctx)
{
    struct known *k = NULL;
    vault_err err = VAULT_OK;

    vault_clear_error();
    if (!is_keeper(v) || (v->adopted_records.n == 0 && v->known == NULL))
        return VAULT_OK;
    err = session_known(v, &k);
    if (err != VAULT_OK)
        return err;
    known_freshen(k, v->adopted_records.p, v->adopted_records.n / RECORD_ID_BYTES);
    buf_free(&v->adopted_records);
    err = known_similar_fresh(k, fn, ctx);
    known_settle(k);
    return err;
}
