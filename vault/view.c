/* view.c - see view.h. */
#include "vault/foreign.h"
#include "vault/view.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/attachments.h"
#include "vault/base/text.h"
#include "vault/same.h"

/* ---- the pool ---- */

struct pool_chunk {
    struct pool_chunk *before;
    size_t used, size;
    _Alignas(16) uint8_t bytes[];
};
#define CHUNK_BYTES 4000

void
pool_free(struct pool *p)
{
    while (p->last != NULL) {
        struct pool_chunk *c = p->last;
        p->last = c->before;
        sodium_memzero(c->bytes, c->used);
        free(c);
    }
}

void *
pool_alloc(struct pool *p, size_t n)
{
    size_t need = (n + 15) & ~(size_t)15;
    struct pool_chunk *c = p->last;
    uint8_t *at;

    if (c == NULL || c->size - c->used < need) {
        size_t size = need > CHUNK_BYTES ? need : CHUNK_BYTES;
        c = calloc(1, sizeof *c + size);
        if (c == NULL)
            return NULL;
        c->size = size;
        c->before = p->last;
        p->last = c;
    }
    at = c->bytes + c->used;
    c->used += need;
    return at;
}

char *
pool_text(struct pool *p, struct part text)
{
    char *s = pool_alloc(p, text.n + 1);

    if (s != NULL && text.n != 0)
        memcpy(s, text.p, text.n);
    return s;
}

/* ---- the record ---- */

struct record_box {
    struct vault_record pub;        /* first: freed through it */
    struct pool pool;
};

void
vault_record_free(struct vault_record *r)
{
    struct record_box *b = (struct record_box *)r;

    if (b == NULL)
        return;
    pool_free(&b->pool);
    sodium_memzero(b, sizeof *b);
    free(b);
}

struct build {
    struct vault *v;
    const struct revision *rev;
    const struct type_def *type;
    const struct view_options *opt;
    uint32_t first;             /* of the record */
    struct record_box *box;
    struct pool *pool;          /* the box's, or that of whoever asks for single values */
    struct vault_value *value;
    size_t n;
};

static char *
code_text(struct pool *p, const uint8_t *id)
{
    char code[CODE_LEN + 1];

    code_of(code, id);
    return pool_text(p, PART(code, CODE_LEN));
}

static const char *
english(const struct label *l, size_t n, const char *other)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(l[i].lang, "en") == 0)
            return l[i].text;
    return other;
}

static vault_err
title_text(struct build *b, const uint8_t *record, const char **out)
{
    uint32_t first = index_record(&b->v->recs.index, record), lead = same_lead(&b->v->same, first);
    struct buf t = BUF_INIT;
    vault_err err;

    if (first == 0)
        return VAULT_OK;
    err = recs_title_of(&b->v->recs, first, &t);
    if (err == VAULT_OK && lead != first) {
        buf_str(&t, " = ");
        err = recs_title_of(&b->v->recs, lead, &t);
    }
    if (err == VAULT_OK) {
        *out = pool_text(b->pool, PART(t.p, t.n));
        if (*out == NULL)
            err = err_nomem();
    }
    buf_free(&t);
    return err;
}

static vault_err
fill_provenance(struct build *b, const struct provenance *prov, struct vault_value *out)
{
    struct pool *p = b->pool;

    if (prov->source.n == RECORD_ID_BYTES)
        out->source = code_text(p, prov->source.p);
    if (prov->as_of.n != 0)
        out->as_of = pool_text(p, prov->as_of);
    if (prov->certainty.n != 0)
        out->certainty = pool_text(p, prov->certainty);
    if ((prov->source.n != 0 && out->source == NULL) ||
        (prov->as_of.n != 0 && out->as_of == NULL) ||
        (prov->certainty.n != 0 && out->certainty == NULL))
        return err_nomem();
    return VAULT_OK;
}

static vault_err
fill_value(struct build *b, const struct leaf *l, struct vault_value *out)
{
    struct value_view view;
    struct buf text = BUF_INIT;
    vault_err err;

    err = value_read(&view, l->value);
    if (err == VAULT_OK)
        err = value_to_text(&text, l->value);
    if (err == VAULT_OK) {
        out->text = pool_text(b->pool, PART(text.p, text.n));
        out->present = true;
        out->is_number = view.shape == VALUE_INT ? 1 : view.shape == VALUE_BOOL ? 2 : 0;
        /* Scripts want true and false whatever a person is shown. */
        if (view.shape == VALUE_BOOL)
            out->text = view.yes ? "true" : "false";
        if (out->text == NULL)
            err = err_nomem();
    }
    buf_free(&text);
    if (err == VAULT_OK)
        err = fill_provenance(b, &view.prov, out);
    if (err == VAULT_OK && b->opt->links && view.shape == VALUE_BYTES &&
        view.text.n == RECORD_ID_BYTES)
        err = title_text(b, view.text.p, &out->link_label);
    return err;
}

static vault_err
one_value(struct build *b, const struct field_def *f, const struct leaf *l, struct vault_value *out)
{
    enum gone_what what;

    out->field = f->name;
    out->label = english(f->label, f->n_labels, f->name);
    out->kind = field_kind_name(f->kind);
    out->withheld = type_set_tier(&b->v->recs.types, b->type, f, l->tier) == LEAF_WITHHELD;
    out->repeats = f->repeats;
    out->text = "";
    what = recs_gone(&b->v->recs, b->rev, l);
    out->lost = what == GONE_LOST || (l->value.n == 0 && !l->here &&
        index_was_lost(&b->v->recs.index, b->rev->record, l->introduced));
    out->purged = gone_for_good(what) && what != GONE_LOST;
    out->left_out = what == GONE_LEFT_OUT && l->value.n == 0;
    if (l->value.n == 0 || (out->withheld && !b->opt->reveal))
        return VAULT_OK;
    return fill_value(b, l, out);
}

vault_err
view_value(struct vault *v, struct pool *p, const struct revision *rev, const struct leaf *l, bool reveal,
    struct vault_value *out)
{
    const struct view_options opt = { .reveal = reveal, .links = true };
    struct build b = { .v = v, .rev = rev, .opt = &opt, .type = type_set_by_hash(&v->recs.types, rev->type), .pool = p };
    const struct field_def *f = b.type == NULL ? NULL : type_field(b.type, l->field.p, l->field.n);

    return f == NULL ? VAULT_OK : one_value(&b, f, l, out);
}

static vault_err
add_values(struct build *b)
{
    vault_err err = VAULT_OK;

    b->value = pool_alloc(b->pool, (b->rev->n_leaves + 1) * sizeof *b->value);
    if (b->value == NULL)
        return err_nomem();
    for (size_t i = 0; i < b->type->n_fields; i++) {
        const struct field_def *f = &b->type->field[i];
        for (size_t k = 0; err == VAULT_OK && f->kind != FIELD_FILE && k < b->rev->n_leaves; k++) {
            const struct leaf *l = &b->rev->leaf[k];
            if (l->field.n == strlen(f->name) && memcmp(l->field.p, f->name, l->field.n) == 0)
                err = one_value(b, f, l, &b->value[b->n++]);
        }
    }
    b->box->pub.values = b->value;
    b->box->pub.n_values = b->n;
    return err;
}

/* ---- attachments ---- */

static vault_err
fill_attachment(struct build *b, const struct attachment *x, struct vault_attachment *out)
{
    struct pool *p = b->pool;
    const struct file_value *f = &x->view.file;
    char hex[2 * 32 + 1];
    enum gone_what what;

    out->number = x->number;
    out->field = x->f->name;
    out->withheld = x->l->tier != LEAF_OPEN;
    what = recs_gone(&b->v->recs, b->rev, x->l);
    out->purged = gone_for_good(what) && what != GONE_LOST;
    out->left_out = what == GONE_LEFT_OUT && !x->known;
    out->lost = what == GONE_LOST || (x->known && session_file_lost(b->v, b->rev->record,
        (enum leaf_tier)x->l->tier, x->l->file_first));
    out->present = x->known && (!out->withheld || b->opt->reveal);
    if (!out->present)
        return VAULT_OK;
    hex_of(hex, f->sha256, 32);
    out->size = f->size;
    out->name = pool_text(p, f->name);
    out->type = pool_text(p, f->type);
    out->sha256 = pool_text(p, PART(hex, strlen(hex)));
    return out->name == NULL || out->type == NULL || out->sha256 == NULL ? err_nomem() : VAULT_OK;
}

static vault_err
add_attachments(struct build *b)
{
    struct attachment_walk w = { .rev = b->rev, .type = b->type };
    struct vault_attachment *out = NULL;
    struct attachment x;
    size_t n = 0;
    vault_err err = VAULT_OK;

    while (attachment_next(&w, &x))
        n++;
    if (n == 0)
        return VAULT_OK;
    out = pool_alloc(b->pool, n * sizeof *out);
    if (out == NULL)
        return err_nomem();
    b->box->pub.attachments = out;
    w = (struct attachment_walk){ .rev = b->rev, .type = b->type };
    while (err == VAULT_OK && attachment_next(&w, &x))
        err = fill_attachment(b, &x, &out[b->box->pub.n_attachments++]);
    return err;
}

/* ---- what links here ---- */

/* In an open field, of its own version of the type and of the present one; to the record, or to what was merged into it. */
static const struct leaf *
leaf_linking(const struct vault *v, const struct revision *rev, uint32_t first)
{
    const struct type_set *types = &v->recs.types;
    const struct type_def *t = type_set_by_hash(types, rev->type);
    struct value_view view;

    for (size_t i = 0; t != NULL && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        if (l->value.n != 0 && type_set_tier(types, t, type_field(t, l->field.p, l->field.n),
                l->tier) == LEAF_OPEN &&
            value_read(&view, l->value) == VAULT_OK && view.shape == VALUE_BYTES &&
            view.text.n == RECORD_ID_BYTES &&
            same_is_under(&v->same, index_record(&v->recs.index, view.text.p), first))
            return l;
    }
    return NULL;
}

static vault_err
describe_link(struct build *b, uint32_t n, struct revision *rev, struct vault_link *out, bool *is)
{
    struct recs *r = &b->v->recs;
    const struct type_def *t;
    const struct leaf *l;
    struct buf title = BUF_INIT;
    vault_err err;

    *is = false;
    err = recs_load(r, n, rev);
    if (err != VAULT_OK)
        return err;
    l = leaf_linking(b->v, rev, b->first);
    t = type_set_by_hash(&r->types, rev->type);
    if (l == NULL || t == NULL)
        return VAULT_OK;
    code_of(out->id, rev->record);
    err = recs_title(r, rev, &title);
    out->type = t->name;
    out->field = pool_text(b->pool, l->field);
    out->label = pool_text(b->pool, PART(title.p, title.n));
    buf_free(&title);
    *is = true;
    return out->field == NULL || out->label == NULL ? err_nomem() : err;
}

static vault_err
add_links_here(struct build *b)
{
    struct revision rev;
    struct vault_link *out;
    uint32_t *pair = NULL;
    size_t n = 0, count = 0;
    vault_err err;

    err = session_links(b->v, b->first, &pair, &n);
    out = pool_alloc(b->pool, (n + 1) * sizeof *out);
    if (err == VAULT_OK && out == NULL)
        err = err_nomem();
    revision_init(&rev);
    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        bool is = false;
        err = describe_link(b, pair[i], &rev, &out[count], &is);
        count += is;
    }
    revision_free(&rev);
    free(pair);
    b->box->pub.links_here = out;
    b->box->pub.n_links_here = count;
    return err;
}

/* ---- who else is the same ---- */

static vault_err
fill_same(struct build *b, uint32_t first, struct vault_same *out)
{
    struct recs *r = &b->v->recs;
    struct revision rev;
    struct buf title = BUF_INIT;
    uint32_t head = 0;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    code_of(out->id, r->index.pair[first].record);
    out->lead = first == same_lead(&b->v->same, first);
    out->purged = index_purged(&r->index, first);
    if (!out->purged)
        err = recs_head(r, first, &head, NULL);
    if (err == VAULT_OK && !out->purged)
        err = recs_load(r, head, &rev);
    if (err == VAULT_OK && !out->purged) {
        out->removed = revision_removed(&rev);
        err = recs_title(r, &rev, &title);
    }
    if (err == VAULT_ERR_DAMAGED) {     /* 'show' of that one says what */
        vault_clear_error();
        buf_reset(&title);
        buf_str(&title, "(damaged)");
        err = VAULT_OK;
    }
    out->label = out->purged ? "[purged]" : pool_text(b->pool, PART(title.p, title.n));
    buf_free(&title);
    revision_free(&rev);
    return out->label == NULL && err == VAULT_OK ? err_nomem() : err;
}

static vault_err
add_same(struct build *b)
{
    uint32_t lead = same_lead(&b->v->same, b->first), *member = NULL;
    struct vault_same *out;
    size_t n = 0, count = 0;
    vault_err err = same_members(b->v, lead, &member, &n);

    if (err != VAULT_OK || n == 0)
        return err;
    out = pool_alloc(b->pool, (n + 1) * sizeof *out);
    err = out == NULL ? err_nomem() : VAULT_OK;
    if (err == VAULT_OK && lead != b->first)
        err = fill_same(b, lead, &out[count++]);
    for (size_t i = 0; err == VAULT_OK && i < n; i++)
        if (member[i] != b->first)
            err = fill_same(b, member[i], &out[count++]);
    free(member);
    b->box->pub.same = out;
    b->box->pub.n_same = count;
    return err;
}

/* ---- the whole ---- */

static vault_err
fill_head(struct build *b)
{
    struct vault_record *p = &b->box->pub;
    struct buf title = BUF_INIT;
    char author[FOREIGN_NAME];
    uint32_t n = index_revision(&b->v->recs.index, b->first, b->rev->id);
    vault_err err;

    code_of(p->id, b->rev->record);
    hex_of(p->revision, b->rev->id, REVISION_ID_BYTES);
    p->type = b->type->name;
    p->time = b->rev->time;
    p->removed = revision_removed(b->rev);
    author_name(b->v, b->rev->author, author);
    if (b->opt->links && n != 0) {          /* for a person who looks at one record: it takes a while */
        err = foreign_author_name(b->v, n, b->rev, author);
        if (err != VAULT_OK)
            return err;
    }
    p->author = pool_text(b->pool, PART(author, strlen(author)));
    err = recs_title(&b->v->recs, b->rev, &title);
    p->label = pool_text(b->pool, PART(title.p, title.n));
    buf_free(&title);
    return p->author == NULL || p->label == NULL ? err_nomem() : err;
}

vault_err
view_build(struct vault *v, const struct revision *rev,
    const struct view_options *opt, struct vault_record **out)
{
    struct build b = { .v = v, .rev = rev, .opt = opt, .first = index_record(&v->recs.index, rev->record) };
    vault_err err;

    b.type = type_set_by_hash(&v->recs.types, rev->type);
    if (b.type == NULL)
        return err_say(VAULT_ERR_DAMAGED, NULL, "the type of a record is missing");
    b.box = calloc(1, sizeof *b.box);
    if (b.box == NULL)
        return err_nomem();
    b.pool = &b.box->pool;
    err = fill_head(&b);
    if (err == VAULT_OK)
        err = add_values(&b);
    if (err == VAULT_OK)
        err = add_attachments(&b);
    if (err == VAULT_OK && opt->links)
        err = add_links_here(&b);
    if (err == VAULT_OK && opt->links)
        err = add_same(&b);
    if (err == VAULT_OK)
        *out = &b.box->pub;
    else
        vault_record_free(&b.box->pub);
    return err;
}

vault_err
view_texts(struct vault_record *r, const char *const *text, size_t n, const char *const **out)
{
    const char **copy = pool_alloc(&((struct record_box *)r)->pool, (n + 1) * sizeof *copy);

    if (copy == NULL)
        return err_nomem();
    if (n != 0)
        memcpy(copy, text, n * sizeof *copy);
    *out = copy;
    return VAULT_OK;
}

size_t
view_withheld_fields(const struct vault_record *r, const char **name, size_t max)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_attachments && n < max; i++)
        if (r->attachments[i].withheld && (n == 0 || strcmp(name[n - 1], r->attachments[i].field) != 0))
            name[n++] = r->attachments[i].field;
    for (size_t i = 0; i < r->n_values && n < max; i++)
        if (r->values[i].withheld && (n == 0 || strcmp(name[n - 1], r->values[i].field) != 0))
            name[n++] = r->values[i].field;
    return n;
}
