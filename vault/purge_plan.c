/*
 * purge_plan.c - what a purge would destroy, told beforehand: vault_purge_plan.
 *
 * Withheld values that go are looked for in everything else that the vault holds, all
 * revisions, open and withheld. Where they stand is told, never what stands there; nothing is
 * written and nothing shown, so it is no reveal.
 */
#include <stdlib.h>
#include <string.h>

#include "vault/base/text.h"
#include "vault/purge.h"
#include "vault/record/scan.h"
#include "vault/record/value.h"
#include "vault/same.h"
#include "vault/view.h"

struct plan_box {
    struct vault_purge_plan pub;    /* first: freed through it */
    struct pool pool;
};

/* One field of one record where something stands; an attachment's is withheld or open by itself. */
struct place {
    uint32_t first;
    char field[NAME_MAX_BYTES];
    bool withheld;
};

struct looking {
    struct vault *v;
    struct purge *purge;        /* of each record that is concerned */
    size_t n_purges;
    struct mentions *m;
    struct place *place;
    size_t n, cap;
    struct buf fold[2], text[2];    /* of the two threads of a scan */
};

/* ---- looking ---- */

static bool
has_text(const struct type_def *t, const struct leaf *l)
{
    const struct field_def *f = t == NULL ? NULL : type_field(t, l->field.p, l->field.n);

    return f != NULL && l->value.n != 0 && f->kind != FIELD_LINK && f->kind != FIELD_BYTES;
}

static vault_err
mentioned(struct looking *k, unsigned thread, const struct leaf *l, bool *yes)
{
    vault_err err;

    buf_reset(&k->text[thread]);
    err = value_to_text(&k->text[thread], l->value);
    return err != VAULT_OK ? err :
        mentions_in(k->m, PART(k->text[thread].p, k->text[thread].n), &k->fold[thread], yes);
}

/* The purge that this record is concerned by, or NULL. */
static const struct purge *
own(const struct looking *k, const struct revision *rev)
{
    for (size_t i = 0; i < k->n_purges; i++)
        if (memcmp(rev->record, k->v->recs.index.pair[k->purge[i].first].record, RECORD_ID_BYTES) == 0)
            return &k->purge[i];
    return NULL;
}

static vault_err
sift(struct scan *s, unsigned thread, const struct revision *rev, bool *wanted)
{
    struct looking *k = s->ctx;
    const struct type_def *t = type_set_by_hash(&k->v->recs.types, rev->type);
    vault_err err = VAULT_OK;

    *wanted = own(k, rev) != NULL;       /* which of its leaves go is known once they are verified */
    for (size_t i = 0; err == VAULT_OK && !*wanted && i < rev->n_leaves; i++)
        if (has_text(t, &rev->leaf[i]))
            err = mentioned(k, thread, &rev->leaf[i], wanted);
    return err;
}

static vault_err
note(struct looking *k, uint32_t first, const struct type_def *t, const struct leaf *l)
{
    enum leaf_tier tier = value_is_file(l->value) ? (enum leaf_tier)l->tier : type_set_tier(&k->v->recs.types, t,
        type_field(t, l->field.p, l->field.n), l->tier);
    bool withheld = tier == LEAF_WITHHELD;
    struct place *p;

    for (size_t i = 0; i < k->n; i++)
        if (k->place[i].first == first && k->place[i].withheld == withheld && strlen(k->place[i].field) == l->field.n &&
            memcmp(k->place[i].field, l->field.p, l->field.n) == 0)
            return VAULT_OK;
    p = array_room(k->place, k->n, &k->cap, sizeof *p);
    if (p == NULL)
        return err_nomem();
    k->place = p;
    p = &k->place[k->n++];
    memset(p, 0, sizeof *p);
    p->first = first;
    memcpy(p->field, l->field.p, l->field.n);
    p->withheld = withheld;
    return VAULT_OK;
}

static vault_err
each(struct scan *s, uint32_t n, struct revision *rev)
{
    struct looking *k = s->ctx;
    const struct type_def *t = type_set_by_hash(&k->v->recs.types, rev->type);
    const struct purge *mine = own(k, rev);
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        bool yes = false;
        if (!has_text(t, l) || (mine != NULL && purge_takes(mine, l)))
            continue;
        err = mentioned(k, 1, l, &yes);
        if (err == VAULT_OK && yes)
            err = note(k, k->v->recs.index.pair[n].first, t, l);
    }
    return err;
}

static vault_err
pass_over(struct scan *s, uint32_t n, const struct revision *rev)
{
    (void)s;
    (void)n;
    (void)rev;
    return VAULT_OK;                /* check tells what is damaged */
}

static vault_err
look(struct looking *k)
{
    struct scan s = { .r = &k->v->recs, .withheld = true, .all = true, .own_only = true,
        .tolerate = true, .sift = sift, .fn = each, .bad = pass_over, .ctx = k };

    return k->m->n == 0 ? VAULT_OK : scan_run(&s);
}

/* ---- telling ---- */

static vault_err
title_of(struct plan_box *b, struct vault *v, uint32_t first, const char **out)
{
    struct buf title = BUF_INIT;
    vault_err err = recs_title_of(&v->recs, first, &title);

    if (err == VAULT_ERR_DAMAGED) {
        vault_clear_error();
        buf_str(&title, "(damaged)");
        err = VAULT_OK;
    }
    if (err == VAULT_OK) {
        *out = pool_text(&b->pool, PART(title.p, title.n));
        err = *out == NULL ? err_nomem() : VAULT_OK;
    }
    buf_free(&title);
    return err;
}

static vault_err
type_of(struct vault *v, uint32_t first, const char **out)
{
    const struct type_def *t = NULL;
    struct revision rev;
    uint32_t head = 0;
    vault_err err;

    revision_init(&rev);
    err = recs_head(&v->recs, first, &head, NULL);
    if (err == VAULT_OK)
        err = recs_load(&v->recs, head, &rev);
    if (err == VAULT_OK)
        t = type_set_by_hash(&v->recs.types, rev.type);
    revision_free(&rev);
    *out = t == NULL ? "" : t->name;
    if (err == VAULT_ERR_DAMAGED) {
        vault_clear_error();
        err = VAULT_OK;
    }
    return err;
}

static vault_err
tell_mentions(struct plan_box *b, struct vault *v, const struct looking *k)
{
    struct vault_purge_mention *out = pool_alloc(&b->pool, (k->n + 1) * sizeof *out);
    vault_err err = out == NULL ? err_nomem() : VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < k->n; i++) {
        const struct place *p = &k->place[i];
        char code[CODE_LEN + 1];
        code_of(code, v->recs.index.pair[p->first].record);
        out[i].id = pool_text(&b->pool, PART(code, CODE_LEN));
        out[i].field = pool_text(&b->pool, PART(p->field, strlen(p->field)));
        out[i].withheld = p->withheld;
        err = out[i].id == NULL || out[i].field == NULL ? err_nomem() :
            title_of(b, v, p->first, &out[i].label);
        if (err == VAULT_OK)
            err = type_of(v, p->first, &out[i].type);
    }
    b->pub.mentions = out;
    b->pub.n_mentions = k->n;
    return err;
}

static vault_err
tell_fields(struct plan_box *b, const struct purge *last)
{
    struct vault_purge_field *out = pool_alloc(&b->pool, (last->n_fields + 1) * sizeof *out);

    for (size_t i = 0; out != NULL && i < last->n_fields; i++) {
        out[i].name = pool_text(&b->pool, PART(last->field[i].name, strlen(last->field[i].name)));
        out[i].open = last->field[i].open;
        out[i].withheld = last->field[i].withheld;
        if (out[i].name == NULL)
            return err_nomem();
    }
    b->pub.fields = out;
    b->pub.n_fields = last->n_fields;
    return out == NULL ? err_nomem() : VAULT_OK;
}

/* One that the newest revision shows: as it was listed from an older one, or another. */
static vault_err
number_file(struct purge *p, const struct attachment *a)
{
    struct file_rows r = {0};
    vault_err err = a->known ? file_rows_of(&r, a->l) : VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && a->known && i < p->n_file; i++) {
        struct purge_file *f = &p->file[i];
        if (f->number != 0 || f->rows.table != r.table || f->rows.first != r.first ||
            memcmp(f->rows.id, r.id, sizeof r.id) != 0)
            continue;
        f->number = a->number;
        return VAULT_OK;
    }
    return err != VAULT_OK ? err : purge_note_file(p, a->l, a->number);
}

/* A whole record goes even where its newest revision is damaged: nobody knows the numbers then. */
static vault_err
number_files(struct purge *p)
{
    struct recs *r = &p->v->recs;
    struct attachment_walk w = {0};
    struct buf extra = BUF_INIT;
    struct attachment a;
    struct revision rev;
    uint32_t head = 0;
    vault_err err;

    revision_init(&rev);
    err = recs_head(r, p->first, &head, NULL);
    if (err == VAULT_OK)
        err = recs_load(r, head, &rev);
    if (err == VAULT_OK)
        err = recs_look(r, head, &rev, &extra);
    w.rev = &rev;
    w.type = err != VAULT_OK ? NULL : type_set_by_hash(&r->types, rev.type);
    while (err == VAULT_OK && w.type != NULL && attachment_next(&w, &a))
        if (purge_takes(p, a.l) && recs_gone(r, &rev, a.l) == GONE_NOT)
            err = number_file(p, &a);
    if (err == VAULT_ERR_DAMAGED && p->what == GONE_RECORD) {
        vault_clear_error();
        err = VAULT_OK;
    }
    revision_free(&rev);
    buf_free(&extra);
    return err;
}

static int
by_number(const void *a, const void *b)
{
    const struct purge_file *x = a, *y = b;
    unsigned m = x->number - 1, n = y->number - 1;      /* none is last */

    return (m > n) - (m < n);
}

static vault_err
tell_file(struct plan_box *b, const struct purge *p, const struct purge_file *f, struct vault_purge_file *out)
{
    code_of(out->id, p->v->recs.index.pair[p->first].record);
    out->number = f->number;
    out->withheld = f->tier == LEAF_WITHHELD;
    out->field = pool_text(&b->pool, PART(f->field, strlen(f->field)));
    if (f->name[0] != '\0')
        out->name = pool_text(&b->pool, PART(f->name, strlen(f->name)));
    return out->field == NULL || (f->name[0] != '\0' && out->name == NULL) ? err_nomem() : VAULT_OK;
}

/* Which attachments go, so that nobody destroys the third for the second. */
static vault_err
tell_files(struct plan_box *b, struct looking *k)
{
    struct vault_purge_file *out;
    size_t n = 0;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < k->n_purges; i++) {
        err = number_files(&k->purge[i]);
        n += k->purge[i].n_file;
    }
    out = pool_alloc(&b->pool, (n + 1) * sizeof *out);
    if (err == VAULT_OK && out == NULL)
        err = err_nomem();
    for (size_t i = k->n_purges; err == VAULT_OK && i-- > 0;) {        /* the one that was named is the last */
        const struct purge *p = &k->purge[i];
        if (p->n_file != 0)
            qsort(p->file, p->n_file, sizeof *p->file, by_number);
        for (size_t m = 0; err == VAULT_OK && m < p->n_file; m++)
            err = tell_file(b, p, &p->file[m], &out[b->pub.n_files++]);
    }
    b->pub.files = out;
    return err;
}

/* All that are the same as the record named, and whether they go, too. */
static vault_err
tell_same(struct plan_box *b, struct vault *v, uint32_t first, const struct purge_group *g)
{
    uint32_t lead = same_lead(&v->same, first), *member = NULL;
    struct vault_purge_same *out;
    size_t n = 0, count = 0;
    vault_err err = same_members(v, lead, &member, &n);

    out = pool_alloc(&b->pool, (n + 1) * sizeof *out);
    if (err == VAULT_OK && out == NULL)
        err = err_nomem();
    for (size_t i = 0; err == VAULT_OK && i <= n; i++) {
        uint32_t other = i < n ? member[i] : lead;
        if (other == first)
            continue;
        code_of(out[count].id, v->recs.index.pair[other].record);
        out[count].goes = purge_group_has(g, other);
        err = title_of(b, v, other, &out[count++].label);
    }
    free(member);
    b->pub.same = out;
    b->pub.n_same = count;
    return err;
}

static vault_err
tell(struct plan_box *b, const struct purge_group *g, struct looking *k)
{
    const struct purge_order *named = &g->order[g->n - 1];
    vault_err err;

    code_of(b->pub.id, k->v->recs.index.pair[named->first].record);
    b->pub.what = gone_name(k->purge[0].what);
    for (size_t i = 0; i < k->n_purges; i++) {
        b->pub.revisions += k->purge[i].revisions;
        b->pub.values += k->purge[i].values;
        b->pub.attachments += k->purge[i].attachments;
        b->pub.kept += k->purge[i].kept;
        b->pub.unread += k->purge[i].unread;
    }
    err = title_of(b, k->v, named->first, &b->pub.label);
    if (err == VAULT_OK)
        err = tell_same(b, k->v, named->first, g);
    if (err == VAULT_OK)
        err = tell_fields(b, &k->purge[k->n_purges - 1]);
    if (err == VAULT_OK)
        err = tell_files(b, k);
    return err != VAULT_OK ? err : tell_mentions(b, k->v, k);
}

void
vault_purge_plan_free(struct vault_purge_plan *p)
{
    struct plan_box *b = (struct plan_box *)p;

    if (b == NULL)
        return;
    pool_free(&b->pool);
    free(b);
}

static void
looking_free(struct looking *k)
{
    for (size_t i = 0; i < k->n_purges; i++)
        purge_free(&k->purge[i]);
    free(k->purge);
    free(k->place);
    for (unsigned i = 0; i < 2; i++) {
        buf_free(&k->fold[i]);
        buf_free(&k->text[i]);
    }
}

/* What goes of each record; all count into one list of fields. */
static vault_err
choose(struct looking *k, const struct purge_group *g, struct purge_field *field)
{
    vault_err err = VAULT_OK;
    size_t n_fields = 0;
    bool any = false;

    k->purge = calloc(g->n, sizeof *k->purge);
    if (k->purge == NULL)
        return err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < g->n; i++) {
        struct purge *p = &k->purge[k->n_purges++];
        bool none = false;
        *p = (struct purge){ .v = k->v, .asked = &g->order[i].what, .mentions = k->m, .field = field,
            .n_fields = n_fields };
        err = purge_choose_of(g, p, &none);
        n_fields = p->n_fields;
        any = any || !none;
    }
    return err != VAULT_OK || any ? err : purge_nothing();
}

vault_err
vault_purge_plan(vault *v, const struct vault_purge *what, struct vault_purge_plan **out)
{
    struct mentions m = {0};
    struct purge_group g = {0};
    struct looking k = { .v = v, .m = &m };
    struct purge_field *field = calloc(PURGE_FIELDS_MAX, sizeof *field);
    struct plan_box *b = calloc(1, sizeof *b);
    vault_err err;

    vault_clear_error();
    err = b == NULL || field == NULL ? err_nomem() : purge_group(v, what, &g);
    if (err == VAULT_OK)
        err = choose(&k, &g, field);
    if (err == VAULT_OK)
        err = look(&k);
    if (err == VAULT_OK)
        err = tell(b, &g, &k);
    if (err == VAULT_OK) {
        *out = &b->pub;
        b = NULL;
    }
    vault_purge_plan_free(b == NULL ? NULL : &b->pub);
    looking_free(&k);
    purge_group_free(&g);
    mentions_free(&m);
    free(field);
    return err;
}
