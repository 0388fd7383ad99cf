/*
 * advice.c - columns made coarser in a copy, and what comes of it.
 */
#include "vault/release/advice.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/json_out.h"
#include "vault/release/patterns.h"

/* ---- a sheet with other columns ---- */

/* The columns of `view` are those of the sheet but for those that were made coarser, which lie in `own`. */
struct other {
    struct sheet view;
    struct sheet *own;          /* one for each column, empty where nothing was changed */
    const struct sheet *stored; /* the same rows and columns before any treatment, or NULL */
};

static vault_err
other_make(struct other *o, const struct sheet *s, const struct sheet *stored)
{
    o->view = *s;
    o->stored = stored;
    o->own = calloc(s->n_columns + 1, sizeof *o->own);
    o->view.column = malloc((s->n_columns + 1) * sizeof *o->view.column);
    if (o->own == NULL || o->view.column == NULL)
        return err_nomem();
    memcpy(o->view.column, s->column, s->n_columns * sizeof *s->column);
    return VAULT_OK;
}

static void
other_free(struct other *o, const struct sheet *s)
{
    for (size_t i = 0; o->own != NULL && i < s->n_columns; i++)
        sheet_free(&o->own[i]);
    free(o->own);
    free(o->view.column);
}

static vault_err
copy_column(struct sheet *to, const struct sheet *s, size_t column)
{
    const struct sheet_column *c = &s->column[column];
    struct sheet_column *d = NULL;
    uint32_t number;
    vault_err err = sheet_add_column(to, c->name, &d);

    if (err != VAULT_OK)
        return err;
    free(d->cell);
    d->cell = malloc((s->n_rows + 1) * sizeof *d->cell);
    if (d->cell == NULL)
        return err_nomem();
    memcpy(d->cell, c->cell, s->n_rows * sizeof *d->cell);
    to->n_rows = s->n_rows;
    d->role = c->role;
    d->treat = c->treat;
    d->arg = c->arg;
    d->kind = c->kind;
    for (uint32_t v = 0; err == VAULT_OK && v < c->n_values; v++)       /* in order, so the numbers are the same */
        err = sheet_value(d, PART(c->value[v], strlen(c->value[v])), &number);
    return err;
}

/* A cell of several values cannot be cut to so many parts of a place: where one ends is not known here. */
static bool
has_joined(const struct sheet_column *c)
{
    for (uint32_t v = 0; v < c->n_values; v++)
        if (strstr(c->value[v], "; ") != NULL)
            return true;
    return false;
}

/* VAULT_ERR_INPUT: its texts do not go that way. */
static vault_err
other_change(struct other *o, const struct sheet *s, const struct advice_step *step, const struct hierarchy *h)
{
    const struct sheet_column *c = &s->column[step->column];
    const struct treatment kept = { TREAT_KEEP, 0, NULL }, now = { c->treat, c->arg, h };
    struct sheet *own = &o->own[step->column];
    size_t at_row;
    vault_err err;

    if (o->stored == NULL && step->to.treat == TREAT_PLACE && has_joined(c))
        return err_say(VAULT_ERR_INPUT, NULL, "a cell has several places");
    sheet_free(own);
    err = copy_column(own, o->stored == NULL ? s : o->stored, step->column);
    if (err == VAULT_OK)
        err = treat_column(own, 0, o->stored == NULL ? &now : &kept, &step->to, &at_row);
    if (err == VAULT_OK) {
        own->column[0].kind = c->kind;
        own->column[0].role = c->role;
    }
    if (err == VAULT_OK)
        o->view.column[step->column] = own->column[0];
    return err;
}

/* ---- ladders ---- */

static unsigned
parts_of(const struct sheet_column *c)
{
    struct part part[TREAT_PLACE_MAX];
    unsigned most = 0;

    for (uint32_t v = 0; v < c->n_values; v++) {
        unsigned n = treat_place_parts(part, c->value[v]);

        most = n > most ? n : most;
    }
    return most;
}

static const struct hierarchy *
hierarchy_of(const struct hierarchy *const *hierarchy, size_t column)
{
    return hierarchy == NULL ? NULL : hierarchy[column];
}

/* One step up; false: there is none, as it is dropped already. */
static bool
step_up(struct advice_step *step, const struct sheet_column *c)
{
    if (step->to.treat == TREAT_DROP)
        return false;
    step->to = treat_coarser(&step->to, c->kind, parts_of(c));
    return true;
}

static struct advice_step
step_start(const struct sheet *s, size_t column, const struct hierarchy *h)
{
    return (struct advice_step){ column, { s->column[column].treat, s->column[column].arg, h } };
}

static vault_err
add_advice(struct advices *out, const struct advice *a)
{
    struct advice *more = array_room(out->advice, out->n, &out->cap, sizeof *more);

    if (more == NULL)
        return err_nomem();
    out->advice = more;
    out->advice[out->n++] = *a;
    return VAULT_OK;
}

void
advices_free(struct advices *a)
{
    free(a->advice);
    *a = (struct advices){ 0 };
}

/* Most freed first; then fewer steps; then the order of columns. */
static int
by_freed(const void *a, const void *b)
{
    const struct advice *x = a, *y = b;

    if (x->freed != y->freed)
        return x->freed > y->freed ? -1 : 1;
    if (x->n_steps != y->n_steps)
        return x->n_steps < y->n_steps ? -1 : 1;
    return (x->step[0].column > y->step[0].column) - (x->step[0].column < y->step[0].column);
}

/* ---- below k ---- */

static vault_err
below_k(uint64_t *out, const struct sheet *s, const struct risk_ask *ask)
{
    struct patterns p = { .n = 0 };
    vault_err err = patterns_make(&p, &(struct pattern_ask){ .sheet = s, .column = ask->quasi, .n_columns = ask->n_quasi, .suppressed = ask->suppressed });

    *out = 0;
    for (uint32_t i = 0; err == VAULT_OK && i < p.n; i++)
        *out += p.rows[i] < ask->k ? p.rows[i] : 0;
    patterns_free(&p);
    return err;
}

/* The next step of one column, and the first after which nobody is below k. */
static vault_err
advise_column(struct advices *out, const struct risk_ask *ask, size_t column, const struct hierarchy *h, const struct sheet *stored, uint64_t before)
{
    struct advice a = { .step = { step_start(ask->sheet, column, h) }, .n_steps = 1, .before = before, .after = before };
    struct other o = { .own = NULL };
    bool first = true;
    vault_err err = other_make(&o, ask->sheet, stored);

    while (err == VAULT_OK && a.after > 0 && step_up(&a.step[0], &ask->sheet->column[column])) {
        err = other_change(&o, ask->sheet, &a.step[0], h);
        if (err == VAULT_ERR_INPUT) {           /* some text does not go this way; dropping does in the end */
            vault_clear_error();
            err = VAULT_OK;
            continue;
        }
        if (err == VAULT_OK)
            err = below_k(&a.after, &o.view, ask);
        a.freed = before > a.after ? before - a.after : 0;
        if (err == VAULT_OK && a.freed > 0 && (first || a.after == 0)) {
            err = add_advice(out, &a);
            first = false;
        }
    }
    other_free(&o, ask->sheet);
    return err;
}

vault_err
advise_k(struct advices *out, const struct risk_ask *ask, const struct hierarchy *const *hierarchy, const struct sheet *stored)
{
    uint64_t before;
    vault_err err = below_k(&before, ask->sheet, ask);

    *out = (struct advices){ 0 };
    for (size_t j = 0; err == VAULT_OK && before > 0 && j < ask->n_quasi; j++)
        err = advise_column(out, ask, ask->quasi[j], hierarchy_of(hierarchy, ask->quasi[j]), stored, before);
    if (out->n > 1)
        qsort(out->advice, out->n, sizeof *out->advice, by_freed);
    return err;
}

/* ---- facts ---- */

/* SIZE_MAX: so many fields of which nobody can tell that it is not known. */
static vault_err
candidates(size_t *out, const struct other *o, const struct replay_ask *ask, size_t fact)
{
    struct replay_ask as = *ask;
    vault_err err;

    as.sheet = &o->view;
    err = replay_candidates(out, &as, fact);
    if (err == VAULT_ERR_INPUT) {
        vault_clear_error();
        *out = SIZE_MAX;
        err = VAULT_OK;
    }
    return err;
}

static bool
is_enough(size_t n, const struct replay_ask *ask)
{
    return n != SIZE_MAX && (n == 0 || n >= ask->k);
}

static vault_err
advise_one(struct advices *out, const struct replay_ask *ask, const struct finding *f, size_t column, const struct sheet *stored)
{
    const struct hierarchy *h = hierarchy_of(ask->hierarchy, column);
    struct advice a = { .step = { step_start(ask->sheet, column, h) }, .n_steps = 1, .before = f->candidates };
    struct other o = { .own = NULL };
    bool done = false;
    size_t n;
    vault_err err = other_make(&o, ask->sheet, stored);

    while (err == VAULT_OK && !done && step_up(&a.step[0], &ask->sheet->column[column])) {
        err = other_change(&o, ask->sheet, &a.step[0], h);
        if (err == VAULT_ERR_INPUT) {
            vault_clear_error();
            err = VAULT_OK;
            continue;
        }
        if (err == VAULT_OK)
            err = candidates(&n, &o, ask, f->fact);
        done = err == VAULT_OK && is_enough(n, ask);
    }
    a.after = a.freed = done ? n : 0;
    if (done)
        err = add_advice(out, &a);
    other_free(&o, ask->sheet);
    return err;
}

/* Applies a step (or, at the start of its ladder, nothing), and asks whether the fact passes with it and all others. */
static vault_err
try_step(bool *passes, size_t *n, struct other *o, const struct replay_ask *ask, size_t fact, struct advice_step *step, bool changed)
{
    vault_err err = VAULT_OK;

    if (changed) {
        err = other_change(o, ask->sheet, step, step->to.h);
        if (err == VAULT_ERR_INPUT) {
            vault_clear_error();
            step->to = (struct treatment){ TREAT_DROP, 0, NULL };
            err = other_change(o, ask->sheet, step, NULL);
        }
    } else {
        sheet_free(&o->own[step->column]);
        o->view.column[step->column] = ask->sheet->column[step->column];
    }
    if (err == VAULT_OK)
        err = candidates(n, o, ask, fact);
    *passes = err == VAULT_OK && is_enough(*n, ask);
    return err;
}

static void
columns_of_fact(struct advice *a, const struct replay_ask *ask, size_t fact)
{
    const struct published_fact *p = &ask->published->fact[fact];
    size_t column;

    a->n_steps = 0;
    for (size_t i = 0; i < p->n_fields; i++)
        if (sheet_find_column(ask->sheet, p->field[i].name, &column))
            a->step[a->n_steps++] = step_start(ask->sheet, column, hierarchy_of(ask->hierarchy, column));
}

/* Each a step coarser than before, round after round. All dropped, they isolate nobody. */
static vault_err
coarsen_all(struct advice *a, bool *done, struct other *o, const struct replay_ask *ask, size_t fact)
{
    bool moved = true;
    size_t n;
    vault_err err = VAULT_OK;

    *done = false;
    while (err == VAULT_OK && !*done && moved) {
        moved = false;
        for (size_t i = 0; err == VAULT_OK && !*done && i < a->n_steps; i++)
            if (step_up(&a->step[i], &ask->sheet->column[a->step[i].column])) {
                moved = true;
                err = try_step(done, &n, o, ask, fact, &a->step[i], true);
            }
    }
    return err;
}

/* One after the other, back to as little as passes while the others stay. */
static vault_err
refine_all(struct advice *a, size_t *n, struct other *o, const struct replay_ask *ask, size_t fact)
{
    size_t kept = 0;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < a->n_steps; i++) {
        size_t column = a->step[i].column;
        struct advice_step step = step_start(ask->sheet, column, hierarchy_of(ask->hierarchy, column));
        bool changed = false, passes;

        err = try_step(&passes, n, o, ask, fact, &step, false);
        while (err == VAULT_OK && !passes && step_up(&step, &ask->sheet->column[step.column])) {
            changed = true;
            err = try_step(&passes, n, o, ask, fact, &step, true);
        }
        if (changed)
            a->step[kept++] = step;
    }
    a->n_steps = kept;
    return err == VAULT_OK ? candidates(n, o, ask, fact) : err;
}

/* The columns of the fact together: where any of several fields isolates, one alone does not help. */
static vault_err
advise_all(struct advices *out, const struct replay_ask *ask, const struct finding *f, const struct sheet *stored)
{
    struct advice a = { .before = f->candidates };
    struct other o = { .own = NULL };
    bool done = false;
    size_t n = 0;
    vault_err err = other_make(&o, ask->sheet, stored);

    columns_of_fact(&a, ask, f->fact);
    if (err == VAULT_OK)
        err = coarsen_all(&a, &done, &o, ask, f->fact);
    if (err == VAULT_OK && done)
        err = refine_all(&a, &n, &o, ask, f->fact);
    a.after = a.freed = n;
    if (err == VAULT_OK && done && a.n_steps > 0)
        err = add_advice(out, &a);
    other_free(&o, ask->sheet);
    return err;
}

vault_err
advise_fact(struct advices *out, const struct replay_ask *ask, const struct finding *finding, const struct sheet *stored)
{
    vault_err err = VAULT_OK;

    *out = (struct advices){ 0 };
    for (size_t i = 0; err == VAULT_OK && i < finding->n_fields; i++)
        err = advise_one(out, ask, finding, finding->field[i], stored);
    if (err == VAULT_OK && out->n == 0)
        err = advise_all(out, ask, finding, stored);
    if (out->n > 1)
        qsort(out->advice, out->n, sizeof *out->advice, by_freed);
    return err;
}

/* ---- as JSON ---- */

static vault_err
put_step(struct buf *out, const struct advice_step *step, const struct sheet *s, const char *const *file)
{
    const char *name = s->column[step->column].name, *hierarchy = file == NULL ? NULL : file[step->column];

    buf_str(out, "{\"field\": ");
    json_string(out, PART(name, strlen(name)));
    buf_str(out, ", \"treatment\": ");
    return treat_json(out, &step->to, hierarchy == NULL ? "" : hierarchy);
}

vault_err
advice_json(struct buf *out, const struct advice *a, const struct sheet *s, const char *const *file)
{
    vault_err err = put_step(out, &a->step[0], s, file);

    buf_fmt(out, ", \"frees\": %llu", (unsigned long long)a->freed);
    for (size_t i = 1; err == VAULT_OK && i < a->n_steps; i++) {
        buf_str(out, i == 1 ? ", \"with\": [" : ", ");
        err = put_step(out, &a->step[i], s, file);
        buf_str(out, i + 1 == a->n_steps ? "}]" : "}");
    }
    buf_str(out, "}");
    return err == VAULT_OK ? buf_ok(out) : err;
}
