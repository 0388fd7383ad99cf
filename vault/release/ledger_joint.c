/*
 * Several releases about the same people, read together. Unknown is how many have each combination of the values that any of their tables or
 * conditions speak of, with "any other" for each column; every published count is the sum over a box of these. A group is told of when its number lies
 * between 1 and k - 1 in every solution. As in reader.c, a solution in whole numbers that shows something else is the only acquittal; here it is checked by
 * adding it up to all counts that were published.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/release/ledger_priv.h"
#include "vault/release/lp.h"
#include "vault/release/web.h"

#define COLUMNS_MAX WEB_DIMS_MAX
#define UNKNOWN_MAX 20000u
#define TERMS_MAX 4000000u
#define STEPS 5000u                     /* iterations in search of a whole solution */
#define TOLD_MAX 3u

#define WHOLE 0                         /* as a target: the box itself; from 1 on, what lies beside it on that column */
#define NOT_TOLD (-1)                   /* of a group, nothing */
#define SOMEBODY (-2)                   /* kept back, and not zero */

struct axis {
    char key[KEY_MAX];
    const char **value;                 /* sorted; borrowed from the releases */
    size_t n, cap;
    size_t step;                        /* places: values, any other, all */
};

struct joint {
    const struct ledger_type **member;
    size_t n_members;
    struct axis axis[COLUMNS_MAX];
    size_t n_axes;
    size_t n;                           /* places of the lattice */
};

/* A group: those in a box, or those who are not in it but would be, were it not for one column ("sex f, and not of town A"). */
struct target {
    size_t box, beside;
};

/* What some of the members tell. */
struct told {
    const struct joint *j;
    int64_t *count;                     /* lattice: published, NOT_TOLD or SOMEBODY */
    uint8_t *empty;                     /* lattice, at the bottom: known to be nobody */
    uint32_t *column;                   /* lattice, at the bottom: unknown + 1 */
    size_t *place;                      /* of an unknown */
    size_t n;
    int64_t *sum;                       /* lattice: the last solution */
    int64_t *low, *high;                /* the extremes of all solutions, by target: for WHOLE and each column a lattice */
    struct lp *lp;
    uint64_t *left;                     /* work, as in ledger_compare; shared by those that are compared */
    bool contradicts, too_large;
};

/* ---- columns and their values ---- */

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct axis *
find_axis(struct joint *j, const char *key)
{
    for (size_t i = 0; i < j->n_axes; i++)
        if (strcmp(j->axis[i].key, key) == 0)
            return &j->axis[i];
    return NULL;
}

/* NULL with *err VAULT_OK: too many. */
static struct axis *
need_axis(struct joint *j, const char *key)
{
    struct axis *a = find_axis(j, key);

    if (a == NULL && j->n_axes < COLUMNS_MAX) {
        a = &j->axis[j->n_axes++];
        (void)snprintf(a->key, sizeof a->key, "%s", key);
    }
    return a;
}

static vault_err
add_value(struct axis *a, const char *value)
{
    const char **more = array_room(a->value, a->n, &a->cap, sizeof *more);

    if (more == NULL)
        return err_nomem();
    a->value = more;
    a->value[a->n++] = value;
    return VAULT_OK;
}

static void
sort_values(struct axis *a)
{
    size_t n = 0;

    if (a->n > 0)
        qsort(a->value, a->n, sizeof *a->value, by_text);
    for (size_t i = 0; i < a->n; i++)
        if (n == 0 || strcmp(a->value[n - 1], a->value[i]) != 0)
            a->value[n++] = a->value[i];
    a->n = n;
}

static const char *
where_value(const struct ledger_where *w)
{
    return w->value[0] == '\0' ? TABLE_NOT_KNOWN : w->value;
}

static vault_err
add_axes(struct joint *j, const struct ledger_type *t, bool *fits)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < t->n_where; i++) {
        struct axis *a = need_axis(j, t->where[i].column);

        *fits = *fits && a != NULL;
        if (a != NULL)
            err = add_value(a, where_value(&t->where[i]));
    }
    for (size_t i = 0; i < t->n_tables; i++)
        for (size_t d = 0; err == VAULT_OK && d < t->table[i].n_dims; d++) {
            const struct table_dim *dim = &t->table[i].dim[d];
            char key[KEY_MAX];
            struct axis *a;

            ledger_key(key, dim);
            a = need_axis(j, key);
            *fits = *fits && a != NULL;
            for (uint32_t k = 0; err == VAULT_OK && a != NULL && k < dim->n; k++)
                err = add_value(a, dim->category[k]);
        }
    return err;
}

static int
by_axis(const void *a, const void *b)
{
    return strcmp(((const struct axis *)a)->key, ((const struct axis *)b)->key);
}

static vault_err
make_lattice(struct joint *j, bool *fits)
{
    vault_err err = VAULT_OK;

    *fits = true;
    for (size_t i = 0; err == VAULT_OK && i < j->n_members; i++)
        err = add_axes(j, j->member[i], fits);
    if (j->n_axes > 0)          /* so that nothing depends on the order of releases (close_axes) */
        qsort(j->axis, j->n_axes, sizeof j->axis[0], by_axis);
    j->n = 1;
    for (size_t a = j->n_axes; err == VAULT_OK && a-- > 0; ) {
        sort_values(&j->axis[a]);
        j->axis[a].step = j->n;
        if (j->axis[a].n + 2 > TABLE_JOINT_MAX / j->n)
            *fits = false;
        else
            j->n *= j->axis[a].n + 2;
    }
    return err;
}

static size_t
value_at(const struct axis *a, const char *value)
{
    const char **found = a->n == 0 ? NULL : bsearch(&value, a->value, a->n, sizeof *a->value, by_text);

    return found == NULL ? a->n : (size_t)(found - a->value);
}

static size_t
place_on(const struct joint *j, size_t at, size_t a)
{
    return at / j->axis[a].step % (j->axis[a].n + 2);
}

static bool
is_all(const struct joint *j, size_t at, size_t a)
{
    return place_on(j, at, a) == j->axis[a].n + 1;
}

/* ---- boxes ---- */

/* Narrows a box on one column. False: nobody is in it any more. */
static bool
narrow(const struct joint *j, size_t *box, size_t a, size_t value)
{
    size_t all = j->axis[a].n + 1, now = place_on(j, *box, a);

    if (now != all)
        return now == value;
    *box -= (all - value) * j->axis[a].step;
    return true;
}

static size_t
axis_number(const struct joint *j, const char *key)
{
    size_t a = 0;

    while (a < j->n_axes && strcmp(j->axis[a].key, key) != 0)
        a++;
    return a;
}

static bool
box_of_type(const struct joint *j, const struct ledger_type *t, size_t *box)
{
    bool some = true;

    *box = j->n - 1;
    for (size_t i = 0; i < t->n_where && some; i++) {
        size_t a = axis_number(j, t->where[i].column);

        some = narrow(j, box, a, value_at(&j->axis[a], where_value(&t->where[i])));
    }
    return some;
}

/* The places at the bottom of a box, one after the other; *next is 0 at first. */
static bool
next_in_box(const struct joint *j, size_t box, size_t *next, size_t *out)
{
    size_t rest = (*next)++, at = box;

    for (size_t a = 0; a < j->n_axes; a++)
        if (is_all(j, box, a)) {
            size_t places = j->axis[a].n + 1;

            at -= (places - rest % places) * j->axis[a].step;
            rest /= places;
        }
    *out = at;
    return rest == 0;
}

/* ---- what is told ---- */

static void
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

    while (next_in_box(t->j, box, &next, &at))
        t->empty[at] = 1;
}

/* A table names every value that its rows have. */
static void
nobody_elsewhere(struct told *t, size_t box, const struct table_dim *dim, size_t a)
{
    const struct axis *axis = &t->j->axis[a];

    for (size_t v = 0; v <= axis->n; v++) {
        const char *const *listed = v == axis->n ? NULL :
            bsearch(&axis->value[v], dim->category, dim->n, sizeof *dim->category, by_text);
        size_t narrowed = box;

        if (listed == NULL && narrow(t->j, &narrowed, a, v))
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
        axis[d] = axis_number(t->j, key);
        nobody_elsewhere(t, box, &table->dim[d], axis[d]);
    }
    for (size_t cell = 0; cell < table->n_cells; cell++) {
        uint32_t place[TABLE_DIMS_MAX];
        size_t at = box;
        bool some = true;

        table_place(table, cell, place);
        for (size_t d = 0; d < table->n_dims && some; d++)
            if (place[d] < table->dim[d].n)
                some = narrow(t->j, &at, axis[d], value_at(&t->j->axis[axis[d]], table->dim[d].category[place[d]]));
        if (some)
            tell_count(t, at, table, cell);
    }
}

static int64_t
greatest(const struct told *t)
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
            bottom = !is_all(t->j, i, a);
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

    while (err == VAULT_OK && next_in_box(t->j, box, &next, &at) && !t->too_large) {
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
    const double most = (double)(greatest(t) + 8 * k);
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

/* All that members from `first` to `end` tell. */
static vault_err
told_by(struct told *t, const struct joint *j, size_t first, size_t end, int64_t k, uint64_t *left)
{
    vault_err err = told_memory(t, j, left);

    for (size_t i = first; err == VAULT_OK && i < end; i++) {
        size_t box;

        if (box_of_type(j, j->member[i], &box))
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

/* The box with all of one column (beside: its number plus 1). */
static size_t
parent_of(const struct joint *j, struct target g)
{
    size_t a = g.beside - 1;

    return g.box + (j->axis[a].n + 1 - place_on(j, g.box, a)) * j->axis[a].step;
}

static bool
is_target(const struct joint *j, struct target g)
{
    return g.beside == WHOLE || !is_all(j, g.box, g.beside - 1);
}

static size_t
index_of(const struct joint *j, struct target g)
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
            size_t at = index_of(j, g);
            int64_t sum;

            if (!is_target(j, g))
                continue;
            sum = beside == WHOLE ? t->sum[i] : t->sum[parent_of(j, g)] - t->sum[i];
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
            if (!is_all(j, i, a))
                t->sum[i + (j->axis[a].n + 1 - place_on(j, i, a)) * j->axis[a].step] += t->sum[i];
    for (size_t i = 0; i < j->n; i++)
        if (t->count[i] == SOMEBODY ? t->sum[i] < 1 : t->count[i] != NOT_TOLD && t->sum[i] != t->count[i])
            return;
    take_extremes(t);
}

static vault_err
aim(struct told *t, struct target g, double factor)
{
    size_t next = 0, at, box = g.beside == WHOLE ? g.box : parent_of(t->j, g);
    vault_err err = VAULT_OK;

    while (err == VAULT_OK && next_in_box(t->j, box, &next, &at))
        if (t->column[at] != 0 && (g.beside == WHOLE || place_on(t->j, at, g.beside - 1) != place_on(t->j, g.box, g.beside - 1)))
            err = lp_aim(t->lp, t->column[at] - 1, factor);
    return err;
}

static bool
is_acquitted(const struct told *t, struct target g, int64_t k)
{
    size_t at = index_of(t->j, g);

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

/* Do they tell that this group has 1 to k - 1 members? */
static vault_err
tells_of(struct told *t, struct target g, int64_t k, bool *out)
{
    int64_t count = t->count[g.box], parent = g.beside == WHOLE ? count : t->count[parent_of(t->j, g)];
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
        if (place_on(t->j, t->place[i], a) == t->j->axis[a].n)
            err = lp_bounds(t->lp, i, 0, closed ? 0 : high);
    return err;
}

/*
 * A reader who sees two values of a column may know that there are no others (two sexes). Wherever that agrees with all that was told he is
 * taken to know it.
 */
static vault_err
close_axes(struct told *all, struct told *before, struct told *alone, double high)
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

/* ---- findings ---- */

static void
name_group(struct buf *out, const struct joint *j, struct target g)
{
    bool any = false;

    for (size_t a = 0; a < j->n_axes; a++) {
        size_t value = place_on(j, g.box, a);
        const char *treated = strchr(j->axis[a].key, '\x1f');
        int n = treated == NULL ? (int)strlen(j->axis[a].key) : (int)(treated - j->axis[a].key);

        if (value > j->axis[a].n)
            continue;
        buf_fmt(out, "%s%.*s %s%s", any ? ", " : "", n, j->axis[a].key, g.beside == a + 1 ? "not " : "",
            value == j->axis[a].n ? "none of the values that are told" : j->axis[a].value[value]);
        any = true;
    }
    if (!any)
        buf_str(out, "all of them");
}

static vault_err
too_large(const struct compare *c, const struct ledger_type *now)
{
    struct buf detail = BUF_INIT;
    vault_err err;

    buf_fmt(&detail, "the tables of type %s in all releases about the same people are too many to be compared together", now->type);
    err = ledger_tell(c, (struct ledger_finding){ .rule = LEDGER_TOO_LARGE, .type = now->type, .table = "", .earlier = "" }, &detail);
    buf_free(&detail);
    return err;
}

struct trial {
    uint64_t left;
    struct told all, before, alone;
};

static bool
is_too_large(const struct trial *t)
{
    return t->all.too_large || t->before.too_large || t->alone.too_large;
}

/* Told by all together, and neither by the earlier ones nor by the new one alone. */
static vault_err
is_new(struct trial *t, struct target g, int64_t k, bool *out)
{
    bool by_all = false, known = false;
    vault_err err = tells_of(&t->all, g, k, &by_all);

    if (err == VAULT_OK && by_all)
        err = tells_of(&t->before, g, k, &known);
    if (err == VAULT_OK && by_all && !known)
        err = tells_of(&t->alone, g, k, &known);
    *out = err == VAULT_OK && by_all && !known && !is_too_large(t);
    return err;
}

static void
name_finding(struct buf *out, const struct told *all, struct target g, int64_t k)
{
    int64_t low = all->low[index_of(all->j, g)], high = all->high[index_of(all->j, g)];

    name_group(out, all->j, g);
    if (high < 0)
        buf_fmt(out, ": 1 to %" PRId64, k - 1);
    else if (low == high)
        buf_fmt(out, ": exactly %" PRId64, low);
    else
        buf_fmt(out, ": %" PRId64 " to %" PRId64, low, high);
}

static vault_err
judge(const struct compare *c, const struct ledger_type *now, struct trial *t)
{
    const struct joint *j = t->all.j;
    struct buf detail = BUF_INIT;
    size_t found = 0;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && !is_too_large(t) && i < j->n * (j->n_axes + 1); i++) {
        struct target g = { j->n - 1 - i % j->n, i / j->n };        /* the largest groups first */
        bool fresh = false;

        if (is_target(j, g))
            err = is_new(t, g, c->k, &fresh);
        if (!fresh || found++ >= TOLD_MAX)
            continue;
        buf_str(&detail, found == 1 ? "" : "; ");
        name_finding(&detail, &t->all, g, c->k);
    }
    if (err == VAULT_OK && found > 0) {
        if (found > TOLD_MAX)
            buf_fmt(&detail, "; and %zu more", found - TOLD_MAX);
        buf_str(&detail, ", by this and earlier releases together");
        err = ledger_tell(c, (struct ledger_finding){ .rule = LEDGER_TOGETHER, .type = now->type, .table = "", .earlier = "" }, &detail);
    }
    buf_free(&detail);
    return err;
}

static vault_err
try_together(const struct compare *c, const struct ledger_type *now, const struct joint *j)
{
    struct trial t = { .left = c->work };
    vault_err err = told_by(&t.all, j, 0, j->n_members, c->k, &t.left);

    if (err == VAULT_OK)
        err = told_by(&t.before, j, 0, j->n_members - 1, c->k, &t.left);
    if (err == VAULT_OK)
        err = told_by(&t.alone, j, j->n_members - 1, j->n_members, c->k, &t.left);
    if (err == VAULT_OK && !is_too_large(&t) && !t.all.contradicts) {
        err = close_axes(&t.all, &t.before, &t.alone, (double)(greatest(&t.all) + 8 * c->k));
        if (err == VAULT_OK)
            err = judge(c, now, &t);
    }
    if (err == VAULT_OK && is_too_large(&t))
        err = too_large(c, now);
    told_free(&t.all);
    told_free(&t.before);
    told_free(&t.alone);
    return err;
}

/* The new one is the last member. */
static vault_err
find_members(struct joint *j, const struct compare *c, const struct ledger_type *now)
{
    vault_err err = VAULT_OK;

    j->member = calloc(c->n + 1, sizeof *j->member);
    if (j->member == NULL)
        return err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < c->n; i++) {
        const struct ledger_type *before = ledger_find_type(&c->earlier[i], now->type);
        bool same = false;

        if (before != NULL && before->n_tables > 0)
            err = ledger_same_people(&same, before, now);
        if (same)
            j->member[j->n_members++] = before;
    }
    j->member[j->n_members++] = now;
    return err;
}

vault_err
ledger_together(const struct compare *c, const struct ledger_type *now)
{
    struct joint j = {0};
    bool fits = true;
    vault_err err = find_members(&j, c, now);

    if (err == VAULT_OK && j.n_members > 1) {
        err = make_lattice(&j, &fits);
        if (err == VAULT_OK)
            err = fits ? try_together(c, now, &j) : too_large(c, now);
    }
    for (size_t a = 0; a < j.n_axes; a++)
        free(j.axis[a].value);
    free(j.member);
    return err;
}
