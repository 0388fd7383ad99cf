/*
 * ledger_told.c - see ledger_told.h.
 *
 * As in reader.c, a solution in whole numbers that shows something else is the only acquittal; here it is checked by adding it up to all
 * counts that were published.
 */
#include "vault/release/ledger_told.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UNKNOWN_MAX 20000u
#define TERMS_MAX 4000000u
#define STEPS 5000u                     /* iterations in search of a whole solution */

/* ---- what is told ---- */

void
told_free(struct told *t)
{
    lp_close(t->lp);
    free(t->count);
    free(t->empty);
    free(t->column);
    free(t->place);
    free(t->sum);
    free(t->low);
    free(t->high);
}

static vault_err
told_memory(struct told *t, const struct joint *j, uint64_t *left)
{
    *t = (struct told){ .j = j, .left = left };
    t->count = calloc(j->n, sizeof *t->count);
    t->empty = calloc(j->n, 1);
    t->column = calloc(j->n, sizeof *t->column);
    t->place = calloc(j->n, sizeof *t->place);
    t->sum = calloc(j->n, sizeof *t->sum);
    t->low = calloc(j->n * (j->n_axes + 1), sizeof *t->low);
    t->high = calloc(j->n * (j->n_axes + 1), sizeof *t->high);
    if (t->count == NULL || t->empty == NULL || t->column == NULL || t->place == NULL || t->sum == NULL || t->low == NULL || t->high == NULL)
        return err_nomem();
    for (size_t i = 0; i < j->n; i++)
        t->count[i] = NOT_TOLD;
    for (size_t i = 0; i < j->n * (j->n_axes + 1); i++) {
        t->low[i] = INT64_MAX;
        t->high[i] = -1;
    }
    return VAULT_OK;
}

static void
tell_count(struct told *t, size_t box, const struct table *table, size_t cell)
{
    bool shown = table->state[cell] == TABLE_PUBLISHED;
    int64_t count = table->count[cell];

    if (shown && t->count[box] >= 0 && t->count[box] != count)
        t->contradicts = true;          /* so these are not the same people, or not what they were */
    if (shown)
        t->count[box] = count;
    else if (t->count[box] == NOT_TOLD && count > 0)
        t->count[box] = SOMEBODY;
}

static void
empty_box(struct told *t, size_t box)
{
    size_t next = 0, at;

    while (lattice_next(t->j, box, &next, &at))
        t->empty[at] = 1;
}

/* A table names every value that its rows have. */
static void
nobody_elsewhere(struct told *t, size_t box, const struct table_dim *dim, size_t a)
{
    const struct axis *axis = &t->j->axis[a];

    for (size_t v = 0; v <= axis->n; v++) {
        const char *const *listed = v == axis->n ? NULL :
            bsearch(&axis->value[v], dim->category, dim->n, sizeof *dim->category, lattice_by_text);
        size_t narrowed = box;

        if (listed == NULL && lattice_narrow(t->j, &narrowed, a, v))
            empty_box(t, narrowed);
    }
}

static void
tell_table(struct told *t, size_t box, const struct table *table)
{
    size_t axis[TABLE_DIMS_MAX];

    for (size_t d = 0; d < table->n_dims; d++) {
        char key[KEY_MAX];

        ledger_key(key, &table->dim[d]);
        axis[d] = lattice_axis(t->j, key);
        nobody_elsewhere(t, box, &table->dim[d], axis[d]);
    }
    for (size_t cell = 0; cell < table->n_cells; cell++) {
        uint32_t place[TABLE_DIMS_MAX];
        size_t at = box;
        bool some = true;

        table_place(table, cell, place);
        for (size_t d = 0; d < table->n_dims && some; d++)
            if (place[d] < table->dim[d].n)
                some = lattice_narrow(t->j, &at, axis[d], lattice_value(&t->j->axis[axis[d]], table->dim[d].category[place[d]]));
        if (some)
            tell_count(t, at, table, cell);
    }
}

int64_t
told_greatest(const struct told *t)
{
    int64_t most = 0;

    for (size_t i = 0; i < t->j->n; i++)
        most = t->count[i] > most ? t->count[i] : most;
    return most;
}

static void
number_unknowns(struct told *t)
{
    for (size_t i = 0; i < t->j->n; i++)
        if (t->count[i] == 0)
            empty_box(t, i);
    for (size_t i = 0; i < t->j->n; i++) {
        bool bottom = !t->empty[i];

        for (size_t a = 0; a < t->j->n_axes && bottom; a++)
            bottom = !lattice_is_all(t->j, i, a);
        if (bottom) {
            t->place[t->n++] = i;
            t->column[i] = (uint32_t)t->n;
        }
    }
}

static vault_err
add_row(struct lp_rows *rows, struct told *t, size_t box)
{
    size_t next = 0, at;
    vault_err err = t->count[box] == SOMEBODY ? lp_row(rows, 1, INFINITY) : lp_row(rows, (double)t->count[box], (double)t->count[box]);

    while (err == VAULT_OK && lattice_next(t->j, box, &next, &at) && !t->too_large) {
        if (t->column[at] != 0)
            err = lp_term(rows, t->column[at] - 1, 1);
        t->too_large = rows->n_terms >= TERMS_MAX;
    }
    return err;
}

static vault_err
open_program(struct told *t, int64_t k)
{
    struct lp_rows rows = {0};
    double *low = calloc(t->n + 1, sizeof *low), *high = calloc(t->n + 1, sizeof *high);
    const double most = (double)(told_greatest(t) + 8 * k);
    vault_err err = low == NULL || high == NULL ? err_nomem() : VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < t->n; i++)
        high[i] = most;
    for (size_t i = 0; err == VAULT_OK && i < t->j->n && !t->too_large; i++)
        if (t->count[i] > 0 || t->count[i] == SOMEBODY)
            err = add_row(&rows, t, i);
    if (err == VAULT_OK && !t->too_large && t->n > 0)
        err = lp_open(&t->lp, t->n, low, high, &rows);
    lp_rows_free(&rows);
    free(low);
    free(high);
    return err;
}

vault_err
told_read(struct told *t, const struct joint *j, size_t first, size_t end, int64_t k, uint64_t *left)
{
    vault_err err = told_memory(t, j, left);

    for (size_t i = first; err == VAULT_OK && i < end; i++) {
        size_t box;

        if (lattice_box(j, j->member[i], &box))
            for (size_t n = 0; n < j->member[i]->n_tables; n++)
                tell_table(t, box, &j->member[i]->table[n]);
    }
    if (err != VAULT_OK || t->contradicts)
        return err;
    number_unknowns(t);
    t->too_large = t->n > UNKNOWN_MAX;
    return t->too_large ? VAULT_OK : open_program(t, k);
}

/* ---- solving ---- */

bool
told_is_group(const struct joint *j, struct target g)
{
    return g.beside == WHOLE || !lattice_is_all(j, g.box, g.beside - 1);
}

size_t
told_index(const struct joint *j, struct target g)
{
    return g.beside * j->n + g.box;
}

static void
take_extremes(struct told *t)
{
    const struct joint *j = t->j;

    for (size_t beside = WHOLE; beside <= j->n_axes; beside++)
        for (size_t i = 0; i < j->n; i++) {
            struct target g = { i, beside };
            size_t at = told_index(j, g);
            int64_t sum;

            if (!told_is_group(j, g))
                continue;
            sum = beside == WHOLE ? t->sum[i] : t->sum[lattice_parent(j, g.box, g.beside - 1)] - t->sum[i];
            t->low[at] = sum < t->low[at] ? sum : t->low[at];
            t->high[at] = sum > t->high[at] ? sum : t->high[at];
        }
}

/* Adds the solution up to every count that was told; what agrees with them is taken into the extremes. */
static void
take_solution(struct told *t)
{
    const struct joint *j = t->j;

    memset(t->sum, 0, j->n * sizeof *t->sum);
    for (size_t i = 0; i < t->n; i++) {
        double value = lp_value(t->lp, (uint32_t)i), whole = round(value);

        if (!(fabs(value - whole) < 1e-5) || whole < 0 || whole > 1e15)
            return;
        t->sum[t->place[i]] = (int64_t)whole;
    }
    for (size_t a = j->n_axes; a-- > 0; )
        for (size_t i = 0; i < j->n; i++)
            if (!lattice_is_all(j, i, a))
                t->sum[lattice_parent(j, i, a)] += t->sum[i];
    for (size_t i = 0; i < j->n; i++)
        if (t->count[i] == SOMEBODY ? t->sum[i] < 1 : t->count[i] != NOT_TOLD && t->sum[i] != t->count[i])
            return;
    take_extremes(t);
}

static vault_err
aim(struct told *t, struct target g, double factor)
{
    size_t next = 0, at, box = g.beside == WHOLE ? g.box : lattice_parent(t->j, g.box, g.beside - 1);
    vault_err err = VAULT_OK;

    while (err == VAULT_OK && lattice_next(t->j, box, &next, &at))
        if (t->column[at] != 0 && (g.beside == WHOLE || lattice_place(t->j, at, g.beside - 1) != lattice_place(t->j, g.box, g.beside - 1)))
            err = lp_aim(t->lp, t->column[at] - 1, factor);
    return err;
}

static bool
is_acquitted(const struct told *t, struct target g, int64_t k)
{
    size_t at = told_index(t->j, g);

    return t->low[at] == 0 || t->high[at] >= k;
}

static vault_err
failed(void)
{
    return err_say(VAULT_ERR_FAILED, "fewer or coarser tables ask less of it", "the solver for tables failed");
}

#define WHOLE_COSTS 8u                  /* so many times as much, about, to look for whole numbers */

/* Before each program that is solved, and its solution added up along every column. False: that is too much. */
static bool
may_work(struct told *t, unsigned times)
{
    uint64_t costs = times * ((uint64_t)t->n + (uint64_t)t->j->n * (t->j->n_axes + 1));

    t->too_large = t->too_large || *t->left < costs;
    *t->left -= t->too_large ? 0 : costs;
    return !t->too_large;
}

static vault_err
solve(struct told *t, struct target g, bool up, int64_t k)
{
    enum lp_answer answer;
    vault_err err;

    if (!may_work(t, 1))
        return VAULT_OK;
    err = aim(t, g, 1);
    if (err != VAULT_OK)
        return err;
    answer = lp_solve(t->lp, up, false, 0);
    if (answer == LP_NONE)
        t->contradicts = true;
    else if (answer == LP_UNSURE)
        return failed();
    else {
        bool may = up ? lp_best(t->lp) > (double)k - 1e-6 : lp_best(t->lp) < 1 - 1e-6;

        take_solution(t);
        if (may && !is_acquitted(t, g, k) && may_work(t, WHOLE_COSTS) && lp_solve(t->lp, up, true, STEPS) == LP_BEST)
            take_solution(t);
    }
    return aim(t, g, 0);
}

vault_err
told_tells(struct told *t, struct target g, int64_t k, bool *out)
{
    int64_t count = t->count[g.box], parent = g.beside == WHOLE ? count : t->count[lattice_parent(t->j, g.box, g.beside - 1)];
    vault_err err = VAULT_OK;

    if (g.beside != WHOLE)
        count = count >= 0 && parent >= 0 ? parent - count : NOT_TOLD;
    *out = count > 0 && count < k;
    if (count >= 0 || t->contradicts || t->lp == NULL || is_acquitted(t, g, k))
        return VAULT_OK;
    err = solve(t, g, true, k);
    if (err == VAULT_OK && !t->contradicts && !is_acquitted(t, g, k))
        err = solve(t, g, false, k);
    *out = err == VAULT_OK && !t->contradicts && !t->too_large && !is_acquitted(t, g, k);
    return err;
}

/* ---- columns with no other values ---- */

static vault_err
close_axis(struct told *t, size_t a, bool closed, double high)
{
    vault_err err = VAULT_OK;

    for (uint32_t i = 0; err == VAULT_OK && i < t->n && t->lp != NULL; i++)
        if (lattice_place(t->j, t->place[i], a) == t->j->axis[a].n)
            err = lp_bounds(t->lp, i, 0, closed ? 0 : high);
    return err;
}

vault_err
told_close_columns(struct told *all, struct told *before, struct told *alone, double high)
{
    vault_err err = VAULT_OK;

    for (size_t a = 0; err == VAULT_OK && a < all->j->n_axes && all->lp != NULL; a++) {
        enum lp_answer answer;

        if (all->j->axis[a].n < 2)
            continue;
        if (!may_work(all, 1))
            break;
        err = close_axis(all, a, true, high);
        answer = err == VAULT_OK ? lp_solve(all->lp, true, false, 0) : LP_UNSURE;
        if (err == VAULT_OK && answer == LP_UNSURE)
            err = failed();
        if (err == VAULT_OK && answer == LP_NONE)
            err = close_axis(all, a, false, high);
        if (err == VAULT_OK && answer == LP_BEST)
            err = close_axis(before, a, true, high);
        if (err == VAULT_OK && answer == LP_BEST)
            err = close_axis(alone, a, true, high);
    }
    return err;
}
