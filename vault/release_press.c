/*
 * release_press.c - names by which the press may know a person: unique to nobody else, and no secret: see release.h.
 */
#include "vault/release.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/record/scan.h"
#include "vault/record/value.h"
#include "vault/same.h"

#define FIELD "press_name"
#define WORD "press-name"

/* Of a record, and the name itself. */
static void
subject_of(const struct release *r, uint32_t first, struct part name, uint8_t out[static JUDGED_BYTES])
{
    const struct part p[] = { PART(r->v->recs.index.pair[same_lead(&r->v->same, first)].record, RECORD_ID_BYTES), name };

    hash_parts(out, "withheld:judged-press-name:1", p, 2);
}

bool
release_press_agreed(const struct release *r, uint32_t first, struct part name)
{
    uint8_t subject[JUDGED_BYTES];
    struct part text;

    subject_of(r, first, name, subject);
    return judged_find(&r->judged, JUDGED_PRESS_NAME, subject, &text);
}

/* One press name of this release, and the worst that is found of it. */
enum found { NOBODY, OWN, ELSEWHERE, TAKEN };

struct looking {
    struct release *r;
    uint32_t first;                 /* whose press name it is */
    const char *name;
    size_t at, n;                   /* folded, in looks.mem */
    enum found found;
    char code[CODE_LEN + 1];        /* of the other one */
};
struct looks {
    struct release *r;
    struct looking *list;           /* once found, in the order of the folded names */
    size_t n, cap;
    struct buf mem, fold;
};

static void
note(struct looking *l, const uint8_t *record, const char *field, bool withheld)
{
    bool own = known_is_same(&l->r->known, record, l->r->v->recs.index.pair[l->first].record);
    enum found what = own ? (withheld ? OWN : NOBODY) : !withheld && strcmp(field, FIELD) == 0 ? TAKEN : ELSEWHERE;

    if (what <= l->found)
        return;
    l->found = what;
    code_of(l->code, record);
}

/* ---- in another spelling ---- */

static int
at_name(void *ctx, uint32_t number, enum name_level level, const char *why)
{
    struct looking *l = ctx;
    const struct known_name *n = &l->r->known.name[number];
    (void)level;
    (void)why;

    note(l, n->record, n->field, n->withheld);
    return 0;
}

static void
look_like(struct looking *l)
{
    struct name name;

    if (name_try(&name, l->name, strlen(l->name)))
        name_index_find(l->r->known.index, &name, NAME_SHOWS_KEYS, at_name, l);
}

/* ---- the same letters: also of one word, which agrees with nothing by itself ---- */

static int
by_fold(const void *a, const void *b, void *ctx)
{
    const struct looking *x = a, *y = b;
    const struct looks *all = ctx;
    int c = memcmp(all->mem.p + x->at, all->mem.p + y->at, x->n < y->n ? x->n : y->n);

    return c != 0 ? c : x->n < y->n ? -1 : x->n > y->n;
}

/* The first whose folded name is not below this one. */
static size_t
place_of(const struct looks *all, const struct buf *fold)
{
    size_t low = 0, high = all->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct looking *l = &all->list[mid];
        int c = memcmp(all->mem.p + l->at, fold->p, l->n < fold->n ? l->n : fold->n);

        if (c < 0 || (c == 0 && l->n < fold->n))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

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
    const struct looks *all = s->ctx;

    return has_names(type_set_by_hash(&all->r->v->recs.types, rev->type));
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
    struct looks *all = s->ctx;
    const struct type_def *t = type_set_by_hash(&all->r->v->recs.types, rev->type);
    vault_err err = VAULT_OK;
    (void)n;

    for (size_t i = 0; err == VAULT_OK && has_names(t) && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        const struct field_def *f = type_field(t, l->field.p, l->field.n);
        struct value_view view;

        if (f == NULL || f->kind != FIELD_NAME || l->value.n == 0 || value_read(&view, l->value) != VAULT_OK || view.shape != VALUE_TEXT)
            continue;
        buf_reset(&all->fold);
        err = text_fold(&all->fold, view.text.p, view.text.n);
        for (size_t k = place_of(all, &all->fold); err == VAULT_OK && k < all->n && all->list[k].n == all->fold.n &&
            memcmp(all->mem.p + all->list[k].at, all->fold.p, all->fold.n) == 0; k++)
            note(&all->list[k], rev->record, f->name, l->tier == LEAF_WITHHELD);
    }
    return err;
}

/* ---- all of them ---- */

vault_err
release_each_press_name(struct release *r, release_press_fn *fn, void *ctx)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; i < r->n_sources; i++) {
        const struct release_source *s = &r->source[i];
        size_t column;

        if (s->kind != SOURCE_ROWS || !sheet_find_column(&s->sheet, FIELD, &column))
            continue;
        for (size_t k = 0; err == VAULT_OK && k < s->sheet.n_rows; k++)
            if (sheet_text(&s->sheet, k, column)[0] != '\0')
                err = fn(r, s->record[k], sheet_text(&s->sheet, k, column), ctx);
    }
    return err;
}

static vault_err
take(struct release *r, uint32_t first, const char *name, void *ctx)
{
    struct looks *all = ctx;
    struct looking *l = array_room(all->list, all->n, &all->cap, sizeof *l);
    vault_err err;

    if (l == NULL)
        return err_nomem();
    all->list = l;
    l += all->n++;
    *l = (struct looking){ .r = r, .first = first, .name = name, .at = all->mem.n };
    err = text_fold(&all->mem, name, strlen(name));
    l->n = all->mem.n - l->at;
    return err;
}

static vault_err
look(struct looks *all)
{
    struct scan scan = { .r = &all->r->v->recs, .withheld = true, .sift = sift, .hidden = hidden, .fn = each, .ctx = all };
    vault_err err = release_each_press_name(all->r, take, all);

    if (err != VAULT_OK || all->n == 0)
        return err;
    err = known_load(&all->r->known, all->r->v);
    if (err != VAULT_OK)
        return err;
    if (all->n > 1)
        qsort_r(all->list, all->n, sizeof *all->list, by_fold, all);
    for (size_t i = 0; i < all->n; i++)
        look_like(&all->list[i]);
    return scan_run(&scan);
}

static void
looks_free(struct looks *all)
{
    free(all->list);
    buf_free(&all->mem);
    buf_free(&all->fold);
}

static vault_err
judge(struct looking *l)
{
    struct release *r = l->r;
    char code[CODE_LEN + 1];

    code_of(code, r->v->recs.index.pair[l->first].record);
    if (l->found == NOBODY || release_press_agreed(r, l->first, PART(l->name, strlen(l->name))))
        return VAULT_OK;
    if (l->found == TAKEN)
        return refusal_add(&r->refusals, "leak", NULL, code, "%.8s: record %.8s has the same press_name: give one of them another", code, l->code);
    if (session_accepts(r->v, WORD))
        return VAULT_OK;
    if (l->found == OWN)
        return refusal_add(&r->refusals, "leak", WORD, code, "%.8s: its press_name is the name that the vault withholds: is that person publicly known by it?", code);
    return refusal_add(&r->refusals, "leak", WORD, code, "%.8s: its press_name is a name that record %.8s withholds", code, l->code);
}

vault_err
release_judge_press(struct release *r)
{
    struct looks all = { .r = r };
    vault_err err = look(&all);

    for (size_t i = 0; err == VAULT_OK && i < all.n; i++)
        err = judge(&all.list[i]);
    looks_free(&all);
    return err;
}

/* Only those that needed the word, and once. */
vault_err
release_keep_judgements(struct release *r, struct change *c)
{
    struct looks all = { .r = r };
    vault_err err = look(&all);

    for (size_t i = 0; err == VAULT_OK && i < all.n; i++) {
        const struct looking *l = &all.list[i];
        uint8_t subject[JUDGED_BYTES];

        if (l->found == NOBODY || release_press_agreed(r, l->first, PART(l->name, strlen(l->name))))
            continue;
        subject_of(r, l->first, PART(l->name, strlen(l->name)), subject);
        err = judged_add(r->v, c, JUDGED_PRESS_NAME, subject, PART("", 0));
    }
    looks_free(&all);
    return err;
}
