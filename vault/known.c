/* known.c - see known.h. */
#include "vault/known.h"

#include <ctype.h>
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

/* ---- names ---- */

static bool
is_withheld(const struct known *k, const struct type_def *t, const struct field_def *f, const struct leaf *l)
{
    if (f->kind == FIELD_FILE)
        return l->tier == LEAF_WITHHELD;    /* each is the one or the other, whatever its field is */
    return type_set_tier(&k->v->recs.types, t, f, l->tier) == LEAF_WITHHELD;
}

static vault_err
add_name(struct known *k, const struct revision *rev, const struct field_def *f, bool withheld, bool fresh, struct part text)
{
    struct known_name *n = array_room(k->name, k->n, &k->room, sizeof *n);
    size_t before = name_index_count(k->index);
    vault_err err;

    if (n == NULL)
        return err_nomem();
    k->name = n;
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

static bool
is_text(const struct field_def *f)
{
    return f->kind == FIELD_TEXT || f->kind == FIELD_NARRATIVE || f->kind == FIELD_NAME || f->kind == FIELD_PLACE ||
        f->kind == FIELD_IDENTIFIER || f->kind == FIELD_FILE || f->kind == FIELD_CHOICE;
}

static int
by_word(const void *key, const void *word)
{
    const struct part *k = key;
    const char *w = *(const char *const *)word;
    int d = strncmp(k->p, w, k->n);

    return d != 0 ? d : -(w[k->n] != '\0');
}

static bool
is_list_word(struct part p)
{
    return bsearch(&p, words_1024, 1024, sizeof words_1024[0], by_word) != NULL;
}

/* Two words drawn by lot, as labels are made: by chance they may sound like a name, and mean none. */
static bool
is_drawn(struct part p)
{
    const char *hyphen = p.n == 0 ? NULL : memchr(p.p, '-', p.n);
    size_t n = hyphen == NULL ? 0 : (size_t)(hyphen - (const char *)p.p);

    return hyphen != NULL && is_list_word(PART(p.p, n)) && is_list_word(PART(hyphen + 1, p.n - n - 1));
}

/* The text of a value, or the name of a file. */
static struct part
open_text(const struct value_view *v)
{
    return v->shape == VALUE_TEXT && is_drawn(v->text) ? PART(NULL, 0) : v->shape == VALUE_TEXT ? v->text : v->shape == VALUE_FILE ? v->file.name : PART(NULL, 0);
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

/* One word is never enough to tell a person by (compare.c); only a script that sets no blanks makes a name of one. */
static bool
may_hold_name(struct part text)
{
    const uint8_t *p = text.p;

    for (size_t i = 0; i < text.n; i++)
        if ((p[i] < 0x80 && !isalnum(p[i])) || p[i] == 0xC2 || p[i] >= 0xE0)
            return true;                /* 0xC2: blanks that keep a line together */
    return false;
}

bool
known_wanted(struct vault *v, const struct revision *rev, const struct revision *base)
{
    const struct known k = { .v = v };
    const struct type_def *t = type_set_by_hash(&v->recs.types, rev->type);

    for (size_t i = 0; is_keeper(v) && t != NULL && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        const struct field_def *f = type_field(t, l->field.p, l->field.n);
        struct value_view view;
        if (f != NULL && is_text(f) && l->value.n != 0 && !is_withheld(&k, t, f, l) && !in_base(base, l) &&
            value_read(&view, l->value) == VAULT_OK && may_hold_name(open_text(&view)))
            return true;
    }
    return false;
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

static vault_err
note_text(struct known *k, const struct revision *rev, const struct field_def *f, struct part text, uint64_t line)
{
    struct known_text *x = array_room(k->todo, k->n_todo, &k->room_todo, sizeof *x);

    if (x == NULL)
        return err_nomem();
    k->todo = x;
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
        if (err == VAULT_OK && may_hold_name(open_text(&view)))
            err = note_text(k, rev, f, open_text(&view), line);
    }
    return err;
}

/* ---- a name where everybody may read it ---- */

struct judging {
    const struct known *k;
    const struct known_text *text;
    const struct known_name *found;
};

bool
known_is_same(const struct known *k, const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, RECORD_ID_BYTES) == 0 || same_person(k->v, a, b);
}

static bool
may_stand_there(void *ctx, uint32_t number)
{
    const struct judging *j = ctx;
    const struct known_name *n = &j->k->name[number];

    return !n->withheld || name_index_is_one_word(j->k->index, number) || (j->text->holds_names && known_is_same(j->k, n->record, j->text->record));
}

static int
at_place(void *ctx, const struct name_place *p)
{
    struct judging *j = ctx;

    j->found = &j->k->name[p->number];
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
        name_index_in_text(k->index, (const char *)k->text.p + j.text->at, j.text->n, may_stand_there, at_place, &j);
        if (j.found != NULL && !session_accepts(k->v, "name-in-open"))
            err = refuse(k, j.found, j.text);
        else if (j.found != NULL)
            break;                      /* accepted, once for all of them */
    }
    buf_reset(&k->text);
    k->n_todo = 0;
    return err;
}

vault_err
known_check(struct vault *v, const struct revision *rev, const struct revision *base)
{
    struct known k = {0};
    vault_err err;

    if (!known_wanted(v, rev, base))
        return VAULT_OK;
    err = known_load(&k, v);
    if (err == VAULT_OK)
        err = known_take(&k, rev, base, 0);
    if (err == VAULT_OK)
        err = known_judge(&k);
    known_free(&k);
    return err;
}
