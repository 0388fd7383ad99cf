/*
 * Everything is reckoned as moves away from the true counts: the sums of moves are zero along every line, and numbers stay small.
 */
#include "vault/release/reader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 1500u                     /* iterations in search of a whole solution; what is not found then is taken not to be there */
#define MOVES_KEPT ((size_t)20000000)

void
reader_close(struct reader *r)
{
    lp_close(r->lp);
    free(r->low);
    free(r->high);
    free(r->hidden);
    free(r->witness);
    free(r->moved);
    free(r->by);
    for (size_t i = 0; i < 2; i++) {
        free(r->up[i]);
        free(r->down[i]);
    }
    free(r->x);
    free(r->factor);
    free(r->sum);
    free(r->stamp);
    *r = (struct reader){0};
}

static bool
is_free(const struct web *w, uint32_t v)
{
    return (w->flag[v] & (WEB_SHOWN | WEB_FACT)) == 0;
}

bool
reader_may_hide(const struct web *w, uint32_t v)
{
    unsigned f = w->flag[v];

    return (f & WEB_SHOWN) != 0 && (f & (WEB_FACT | WEB_PRIMARY)) == 0 && (w->truth[v] > 0 || (f & WEB_ZERO) != 0);
}

/* ---- opening ---- */

static vault_err
take_memory(struct reader *r, size_t n)
{
    bool ok = true;

    r->low = calloc(n + 1, sizeof *r->low);
    r->high = calloc(n + 1, sizeof *r->high);
    r->hidden = calloc(n + 1, 1);
    r->x = calloc(n + 1, sizeof *r->x);
    r->factor = calloc(n + 1, sizeof *r->factor);
    r->sum = calloc(n + 1, sizeof *r->sum);
    r->stamp = calloc(n + 1, sizeof *r->stamp);
    for (size_t i = 0; i < 2; i++) {
        r->up[i] = calloc(n + 1, sizeof **r->up);
        r->down[i] = calloc(n + 1, sizeof **r->down);
        ok = ok && r->up[i] != NULL && r->down[i] != NULL;
    }
    ok = ok && r->low != NULL && r->high != NULL && r->hidden != NULL && r->x != NULL && r->factor != NULL && r->sum != NULL &&
        r->stamp != NULL;
    return ok ? VAULT_OK : err_nomem();
}

static vault_err
line_rows(struct lp_rows *rows, const struct web *w)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < w->n_lines; i++) {
        err = lp_row(rows, 0, 0);
        if (err == VAULT_OK)
            err = lp_term(rows, w->line[i].total, -1);
        for (size_t k = w->line[i].first; err == VAULT_OK && k < w->line[i].end; k++)
            err = lp_term(rows, w->part[k], 1);
    }
    return err;
}

static vault_err
open_program(struct reader *r)
{
    const struct web *w = r->w;
    struct lp_rows rows = {0};
    double *low = calloc(w->n + 1, sizeof *low), *high = calloc(w->n + 1, sizeof *high);
    vault_err err = low == NULL || high == NULL ? err_nomem() : line_rows(&rows, w);

    for (uint32_t v = 0; err == VAULT_OK && v < w->n; v++)
        if (r->hidden[v] || is_free(w, v)) {
            low[v] = (double)r->low[v];
            high[v] = (double)r->high[v];
        }
    if (err == VAULT_OK)
        err = lp_open(&r->lp, w->n, low, high, &rows);
    free(low);
    free(high);
    lp_rows_free(&rows);
    return err;
}

vault_err
reader_open(struct reader *r, const struct web *w, int64_t free_move)
{
    vault_err err;

    *r = (struct reader){ .w = w, .alone = READER_NOTHING };
    if (w->n > TABLE_OPEN_MAX)
        return err_say(VAULT_ERR_INPUT, "publish fewer tables of these rows, or count by coarser values",
            "the tables have %zu counts to protect together, more than %u", w->n, TABLE_OPEN_MAX);
    err = take_memory(r, w->n);
    for (uint32_t v = 0; err == VAULT_OK && v < w->n; v++) {
        /* Zeros are shown, but those of groups: so who sees that something is kept back knows that somebody is there. */
        r->low[v] = is_free(w, v) ? -w->truth[v] : w->truth[v] > 0 ? 1 - w->truth[v] : 0;
        r->high[v] = free_move;
        r->hidden[v] = (w->flag[v] & WEB_PRIMARY) != 0;
    }
    if (err == VAULT_OK)
        err = open_program(r);
    if (err != VAULT_OK)
        reader_close(r);
    return err;
}

/* ---- what is kept back, and what the reader knows ---- */

static int64_t
high_of(const struct reader *r, uint32_t v, enum reader_knows knows)
{
    const struct web *w = r->w;

    if (knows == READER_SMALLS && (w->flag[v] & WEB_SMALL) != 0 && (w->flag[v] & WEB_FINEST) != 0)
        return w->k[v] - 1 - w->truth[v];
    return r->high[v];
}

static vault_err
set_bounds(struct reader *r, uint32_t v)
{
    bool moves = (r->hidden[v] || is_free(r->w, v)) && v != r->alone;

    return lp_bounds(r->lp, v, moves ? (double)r->low[v] : 0, moves ? (double)high_of(r, v, r->knows) : 0);
}

static vault_err
set_knows(struct reader *r, enum reader_knows knows, uint32_t alone)
{
    bool changed = (knows == READER_SMALLS) != (r->knows == READER_SMALLS);
    uint32_t before = r->alone;
    vault_err err = VAULT_OK;

    r->knows = knows;
    r->alone = alone;
    for (uint32_t v = 0; changed && err == VAULT_OK && v < r->w->n; v++)
        if ((r->w->flag[v] & WEB_SMALL) != 0)
            err = set_bounds(r, v);
    if (err == VAULT_OK && before != READER_NOTHING)
        err = set_bounds(r, before);
    if (err == VAULT_OK && alone != READER_NOTHING)
        err = set_bounds(r, alone);
    return err;
}

static void
count_witness(struct reader *r, struct witness *t)
{
    t->holds = true;
    for (size_t i = t->first; i < t->first + t->n; i++)
        t->holds = t->holds && (r->hidden[r->moved[i]] || is_free(r->w, r->moved[i]));
    for (size_t m = 0; t->holds && m < (t->smalls ? 2 : 1); m++)
        for (size_t i = t->first; i < t->first + t->n; i++) {
            uint32_t v = r->moved[i];

            if (r->by[i] > r->up[m][v])
                r->up[m][v] = r->by[i];
            if (r->by[i] < r->down[m][v])
                r->down[m][v] = r->by[i];
        }
}

static void
count_witnesses(struct reader *r)
{
    for (size_t m = 0; m < 2; m++) {
        memset(r->up[m], 0, r->w->n * sizeof **r->up);
        memset(r->down[m], 0, r->w->n * sizeof **r->down);
    }
    for (size_t i = 0; i < r->n_witness; i++)
        count_witness(r, &r->witness[i]);
}

vault_err
reader_set(struct reader *r, const uint8_t *hidden)
{
    vault_err err = set_knows(r, READER_PLAIN, READER_NOTHING);

    for (uint32_t v = 0; err == VAULT_OK && v < r->w->n; v++) {
        bool want = (r->w->flag[v] & WEB_PRIMARY) != 0 || (reader_may_hide(r->w, v) && hidden[v]);

        if (r->as_told)
            want = hidden[v] && (r->w->flag[v] & (WEB_SHOWN | WEB_FACT)) == WEB_SHOWN;

        if (want == r->hidden[v])
            continue;
        r->hidden[v] = want;
        err = set_bounds(r, v);
    }
    count_witnesses(r);
    return err;
}

vault_err
reader_show_all(struct reader *r)
{
    uint8_t *none = calloc(r->w->n + 1, 1);
    vault_err err = none == NULL ? err_nomem() : reader_set(r, none);

    free(none);
    return err;
}

vault_err
reader_hide(struct reader *r, uint32_t v)
{
    if (r->hidden[v] || !reader_may_hide(r->w, v))
        return VAULT_OK;
    r->hidden[v] = 1;
    count_witnesses(r);
    return set_bounds(r, v);
}

/* ---- witnesses ---- */

/* Does r->x agree with everything the reader knows, in whole numbers? */
static bool
agrees(const struct reader *r)
{
    const struct web *w = r->w;

    for (uint32_t v = 0; v < w->n; v++) {
        bool moves = r->hidden[v] || is_free(w, v);

        if (r->x[v] < (moves ? r->low[v] : 0) || r->x[v] > (moves ? high_of(r, v, r->knows) : 0) ||
            (v == r->alone && r->x[v] != 0))
            return false;
    }
    for (size_t i = 0; i < w->n_lines; i++) {
        int64_t sum = -r->x[w->line[i].total];

        for (size_t k = w->line[i].first; k < w->line[i].end; k++)
            sum += r->x[w->part[k]];
        if (sum != 0)
            return false;
    }
    return true;
}

static bool
agrees_with_smalls(const struct reader *r)
{
    for (uint32_t v = 0; v < r->w->n; v++)
        if (r->x[v] > high_of(r, v, READER_SMALLS))
            return false;
    return true;
}

static vault_err
keep_move(struct reader *r, uint32_t v)
{
    uint32_t *moved = array_room(r->moved, r->n_moved, &r->cap_moved, sizeof *moved);
    int64_t *by;

    if (moved == NULL)
        return err_nomem();
    r->moved = moved;
    by = array_room(r->by, r->n_moved, &r->cap_by, sizeof *by);
    if (by == NULL)
        return err_nomem();
    r->by = by;
    r->moved[r->n_moved] = v;
    r->by[r->n_moved++] = r->x[v];
    return VAULT_OK;
}

static vault_err
keep_witness(struct reader *r)
{
    struct witness *more = array_room(r->witness, r->n_witness, &r->cap_witness, sizeof *more);
    struct witness t = { .first = r->n_moved, .smalls = agrees_with_smalls(r) };
    vault_err err = VAULT_OK;

    if (more == NULL)
        return err_nomem();
    r->witness = more;
    if (r->n_moved > MOVES_KEPT)
        return err_say(VAULT_ERR_INPUT, "count by coarser values, or publish fewer tables", "the tables are too large to be protected");
    for (uint32_t v = 0; err == VAULT_OK && v < r->w->n; v++)
        if (r->x[v] != 0)
            err = keep_move(r, v);
    t.n = r->n_moved - t.first;
    if (err == VAULT_OK) {
        count_witness(r, &t);
        r->witness[r->n_witness++] = t;
    }
    return err;
}

/* Rounds the solution; false: it is not in whole numbers, or not true. */
static bool
take_solution(struct reader *r)
{
    for (uint32_t v = 0; v < r->w->n; v++) {
        double value = lp_value(r->lp, v), whole = round(value);

        if (!(fabs(value - whole) < 1e-5) || fabs(whole) > 1e15)
            return false;
        r->x[v] = (int64_t)whole;
    }
    return agrees(r);
}

static int64_t
move_in(const struct reader *r, const struct witness *t, uint32_t v)
{
    size_t low = t->first, high = t->first + t->n;

    if (v == READER_NOTHING)
        return 0;
    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (r->moved[mid] < v)
            low = mid + 1;
        else
            high = mid;
    }
    return low < t->first + t->n && r->moved[low] == v ? r->by[low] : 0;
}

/* ---- questions ---- */

struct reach {
    int64_t up, down;                   /* shown by witnesses */
};

static struct reach
reach_of(const struct reader *r, const struct reader_question *q)
{
    struct reach e = {0, 0};

    if (q->minus == READER_NOTHING && q->knows != READER_ALONE) {
        size_t m = q->knows == READER_SMALLS;

        return (struct reach){ r->up[m][q->plus], r->down[m][q->plus] };
    }
    for (size_t i = 0; i < r->n_witness; i++) {
        const struct witness *t = &r->witness[i];
        int64_t by;

        if (!t->holds || (q->knows == READER_SMALLS && !t->smalls) || move_in(r, t, q->alone) != 0)
            continue;
        by = move_in(r, t, q->plus) - move_in(r, t, q->minus);
        if (by > e.up)
            e.up = by;
        if (by < e.down)
            e.down = by;
    }
    return e;
}

static bool
is_held(const struct reader *r, const struct reader_question *q)
{
    struct reach e = reach_of(r, q);

    return e.up - e.down >= q->width;
}

/*
 * How far the aim can go at most, whatever is kept back: by weak duality the aim is the sum of (reduced cost * move) over all counts,
 * for any prices of the lines, so a count that is kept back adds at most the cost times its longest move, and others nothing.
 */
static void
add_factors(struct reader *r, const struct reader_question *q, bool up)
{
    const struct web *w = r->w;

    memset(r->sum, 0, w->n * sizeof *r->sum);
    r->sum[q->plus] += 1;
    if (q->minus != READER_NOTHING)
        r->sum[q->minus] -= 1;
    for (size_t i = 0; i < w->n_lines; i++) {
        double price = lp_price(r->lp, i);

        if (fabs(price) < 1e-9)
            continue;
        r->sum[w->line[i].total] += price;
        for (size_t k = w->line[i].first; k < w->line[i].end; k++)
            r->sum[w->part[k]] -= price;
    }
    for (uint32_t v = 0; v < w->n; v++) {
        double cost = up ? r->sum[v] : -r->sum[v];

        if (fabs(cost) > 1e-7 && v != r->alone)
            r->factor[v] += cost > 0 ? cost * (double)high_of(r, v, r->knows) : cost * (double)r->low[v];
    }
}

static vault_err
aim(struct reader *r, const struct reader_question *q, double factor)
{
    vault_err err = lp_aim(r->lp, q->plus, factor);

    if (err == VAULT_OK && q->minus != READER_NOTHING)
        err = lp_aim(r->lp, q->minus, -factor);
    return err;
}

vault_err
reader_offer(struct reader *r)
{
    return agrees(r) ? keep_witness(r) : VAULT_OK;
}

/* Solves for what is aimed at, and keeps what it finds; *best: the solver has an answer, whole or not. */
static vault_err
find_witness(struct reader *r, bool up, bool *best)
{
    bool found = false;

    r->solved++;
    *best = lp_solve(r->lp, up, false, 0) == LP_BEST;
    if (*best)
        found = take_solution(r);
    return found ? keep_witness(r) : VAULT_OK;
}

static vault_err
find_whole_witness(struct reader *r, bool up)
{
    enum lp_answer answer = r->no_branching ? LP_UNSURE : lp_solve(r->lp, up, true, STEPS);

    r->solved++;
    r->doubt = r->doubt || answer == LP_UNSURE;
    return answer == LP_BEST && take_solution(r) ? keep_witness(r) : VAULT_OK;
}

/* Looks for the witness that goes furthest in one direction. */
static vault_err
probe(struct reader *r, const struct reader_question *q, bool up)
{
    size_t before = r->n_witness;
    bool best = false;
    vault_err err = aim(r, q, 1);

    if (err == VAULT_OK)
        err = find_witness(r, up, &best);
    if (best)
        add_factors(r, q, up);
    else
        r->unsure = true;
    if (err == VAULT_OK && best && r->n_witness == before)
        err = find_whole_witness(r, up);
    return err == VAULT_OK ? aim(r, q, 0) : err;
}

/* The factors as a sum that must reach 1. What is proved wrong by whole numbers only has no such sum; then anything new has to be kept back. */
static void
make_gap(struct reader *r, const struct reader_question *q)
{
    const struct web *w = r->w;
    double rest = (double)q->width, reached = 0;

    for (uint32_t v = 0; v < w->n; v++)
        if (!reader_may_hide(w, v)) {
            if (r->hidden[v] || is_free(w, v))
                rest -= r->factor[v];
            r->factor[v] = 0;
        }
    for (uint32_t v = 0; v < w->n; v++) {
        r->factor[v] = rest > 1e-6 && r->factor[v] < rest ? r->factor[v] / rest : r->factor[v] > 0 ? 1 : 0;
        if (r->hidden[v])
            reached += r->factor[v];
    }
    if (rest > 1e-6 && reached < 1 - 1e-6)
        return;
    for (uint32_t v = 0; v < w->n; v++)
        r->factor[v] = reader_may_hide(w, v) && !r->hidden[v];
}

static vault_err
ask(struct reader *r, const struct reader_question *q, reader_gap_fn *gap, void *ctx)
{
    vault_err err;

    if (is_held(r, q))
        return VAULT_OK;
    err = set_knows(r, q->knows, q->alone);
    memset(r->factor, 0, r->w->n * sizeof *r->factor);
    r->unsure = false;
    if (err == VAULT_OK)
        err = probe(r, q, true);
    if (err == VAULT_OK && !is_held(r, q))
        err = probe(r, q, false);
    if (err != VAULT_OK || is_held(r, q))
        return err;
    if (r->unsure)
        memset(r->factor, 0, r->w->n * sizeof *r->factor);
    make_gap(r, q);
    r->gaps++;
    return gap(ctx, q, r->factor);
}

/* ---- all questions ---- */

/* As it is 1 or more, it may then be min_count or more: the reader cannot even say that it is small. */
static vault_err
ask_of_small(struct reader *r, uint32_t v, reader_gap_fn *gap, void *ctx)
{
    struct reader_question q = { v, READER_NOTHING, READER_PLAIN, READER_NOTHING, r->w->k[v] - 1, false };

    return ask(r, &q, gap, ctx);
}

static vault_err
ask_who_knows_smalls(struct reader *r, uint32_t v, reader_gap_fn *gap, void *ctx)
{
    struct reader_question q = { v, READER_NOTHING, READER_SMALLS, READER_NOTHING, 1, false };

    return r->w->k[v] > 2 && !r->ignore_smalls ? ask(r, &q, gap, ctx) : VAULT_OK;
}

/* What is kept back and known all the same protects nobody; and the others of its line would be known together. */
static vault_err
ask_of_others(struct reader *r, uint32_t v, reader_gap_fn *gap, void *ctx)
{
    struct reader_question q = { v, READER_NOTHING, READER_PLAIN, READER_NOTHING, 1, reader_may_hide(r->w, v) };

    return ask(r, &q, gap, ctx);
}

static vault_err
ask_of_groups(struct reader *r, reader_gap_fn *gap, void *ctx)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < r->w->n_groups; i++) {
        const struct web_group *g = &r->w->group[i];
        struct reader_question q = { g->total, g->cell, READER_PLAIN, READER_NOTHING, 1, false };

        /* Both known to everybody: nothing is left to protect. */
        if ((r->w->flag[g->total] & r->w->flag[g->cell] & WEB_FACT) == 0)
            err = ask(r, &q, gap, ctx);
    }
    return err;
}

static void
stamp_witness(struct reader *r, const struct witness *t, uint32_t alone)
{
    if (t->holds && move_in(r, t, alone) == 0)
        for (size_t i = t->first; i < t->first + t->n; i++)
            r->stamp[r->moved[i]] = r->now;
}

/* Who is alone in a count knows it: no other small count may be known to him, but those where he is the only one, too. */
struct alone {
    uint32_t v, person;
    size_t seen;                        /* witnesses that were asked */
};

static bool
is_open_to(struct reader *r, struct alone *a, uint32_t v)
{
    const struct web *w = r->w;

    for (; a->seen < r->n_witness; a->seen++)
        stamp_witness(r, &r->witness[a->seen], a->v);
    return v != a->v && (w->flag[v] & WEB_SMALL) != 0 && r->stamp[v] != r->now && (w->truth[v] != 1 || !web_holds(w, v, a->person));
}

static size_t
aim_at_open(struct reader *r, struct alone *a, double factor, vault_err *err)
{
    size_t n = 0;

    for (uint32_t v = 0; *err == VAULT_OK && v < r->w->n; v++)
        if (factor == 0 ? (r->w->flag[v] & WEB_SMALL) != 0 : is_open_to(r, a, v)) {
            *err = lp_aim(r->lp, v, factor);
            n++;
        }
    return n;
}

/* One witness may answer for many counts: moves all that are open at once, as long as that helps. */
static vault_err
sweep(struct reader *r, struct alone *a)
{
    size_t left = SIZE_MAX, open;
    vault_err err = set_knows(r, READER_ALONE, a->v);

    for (bool up = true; err == VAULT_OK; up = !up) {
        size_t before = r->n_witness;
        bool best;

        open = aim_at_open(r, a, 1, &err);
        if (err == VAULT_OK && open > 0 && open < left) {
            err = find_witness(r, up, &best);
            if (err == VAULT_OK && best && r->n_witness == before)
                err = find_whole_witness(r, up);
        }
        (void)aim_at_open(r, a, 0, &err);
        if (open == 0 || (open >= left && up))
            break;
        left = open;
    }
    return err;
}

static vault_err
ask_who_is_alone(struct reader *r, uint32_t alone, reader_gap_fn *gap, void *ctx)
{
    struct alone a = { alone, web_person(r->w, alone), 0 };
    bool any = false;
    vault_err err = VAULT_OK;

    r->now++;
    for (uint32_t v = 0; !any && v < r->w->n; v++)
        any = is_open_to(r, &a, v);
    if (any)
        err = sweep(r, &a);
    for (uint32_t v = 0; any && err == VAULT_OK && v < r->w->n; v++) {
        struct reader_question q = { v, READER_NOTHING, READER_ALONE, alone, 1, false };

        if (is_open_to(r, &a, v))
            err = ask(r, &q, gap, ctx);
    }
    return err;
}

static bool
has_enough(const struct reader *r)
{
    return r->hasty && r->gaps > 0;
}

typedef vault_err ask_fn(struct reader *r, uint32_t v, reader_gap_fn *gap, void *ctx);

/* Of each count that is kept back and has one of the flags (0: of those that are not small). */
static vault_err
ask_each(struct reader *r, unsigned flag, ask_fn *fn, reader_gap_fn *gap, void *ctx)
{
    vault_err err = VAULT_OK;

    for (uint32_t v = 0; err == VAULT_OK && v < r->w->n; v++) {
        unsigned f = r->w->flag[v];

        if (r->hidden[v] && (flag == 0 ? (f & WEB_SMALL) == 0 : (f & flag) != 0))
            err = fn(r, v, gap, ctx);
    }
    return err;
}

static vault_err
ask_if_alone(struct reader *r, uint32_t v, reader_gap_fn *gap, void *ctx)
{
    return r->w->truth[v] == 1 && !has_enough(r) ? ask_who_is_alone(r, v, gap, ctx) : VAULT_OK;
}

vault_err
reader_audit(struct reader *r, reader_gap_fn *gap, void *ctx)
{
    vault_err err;

    r->gaps = 0;
    err = ask_each(r, WEB_SMALL, ask_of_small, gap, ctx);
    if (err == VAULT_OK)
        err = ask_of_groups(r, gap, ctx);
    if (err == VAULT_OK && !has_enough(r))
        err = ask_each(r, 0, ask_of_others, gap, ctx);
    if (err == VAULT_OK && !has_enough(r))
        err = ask_each(r, WEB_SMALL, ask_who_knows_smalls, gap, ctx);
    if (err == VAULT_OK && !has_enough(r))
        err = ask_each(r, WEB_FINEST, ask_if_alone, gap, ctx);
    return err == VAULT_OK ? set_knows(r, READER_PLAIN, READER_NOTHING) : err;
}

/* ---- an interval to be told ---- */

static vault_err
end_of(struct reader *r, uint32_t v, bool up, int64_t *out)
{
    struct reader_question q = { .plus = v, .minus = READER_NOTHING };
    vault_err err = aim(r, &q, 1);

    if (err != VAULT_OK)
        return err;
    if (lp_solve(r->lp, up, false, 0) != LP_BEST)
        return err_say(VAULT_ERR_FAILED, "a coarser or smaller table asks less of it", "the solver for tables failed");
    /* What is no whole number lies further out than any table can: rounded towards the truth. */
    *out = r->w->truth[v] + (int64_t)(up ? floor(lp_best(r->lp) + 1e-6) : ceil(lp_best(r->lp) - 1e-6));
    return aim(r, &q, 0);
}

vault_err
reader_interval(struct reader *r, uint32_t v, int64_t *low, int64_t *high)
{
    vault_err err = end_of(r, v, false, low);

    return err == VAULT_OK ? end_of(r, v, true, high) : err;
}
