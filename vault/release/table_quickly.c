/*
 * Many counts: for each promise that is broken, the cheapest way to move its count as far as it must be movable, by a linear program (Kelly, Golden and
 * Assad, Networks 22, 1992; Castro, European Journal of Operational Research 171, 2006), keeping back what moves. What turns out to be needless is given back.
 */
#include "vault/release/table_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TRIES_MAX 20u
#define STEPS 1500u                     /* iterations in search of a way in whole numbers */
#define GIVE_BACK_SOLVED 1500u          /* programs of the reader: after these, nothing more is given back */

struct quick {
    struct reader *r;
    struct lp *lp;                      /* columns: moves up, then moves down */
    double most;                        /* the greatest count, for costs */
    size_t gaps;
};

static bool
may_move(const struct reader *r, uint32_t v)
{
    return r->hidden[v] || (r->w->flag[v] & (WEB_SHOWN | WEB_FACT)) == 0 || reader_may_hide(r->w, v);
}

/* Each suppression costs one and, between two ways of as many, a little for what it hides. */
static double
cost_of(const struct quick *q, uint32_t v)
{
    const struct reader *r = q->r;

    if (r->hidden[v] || !reader_may_hide(r->w, v))
        return 0;
    return 1 + (double)r->w->truth[v] / q->most;
}

static vault_err
line_rows(struct lp_rows *rows, const struct web *w)
{
    uint32_t n = (uint32_t)w->n;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < w->n_lines; i++) {
        const struct web_line *l = &w->line[i];

        err = lp_row(rows, 0, 0);
        for (size_t k = l->first; err == VAULT_OK && k <= l->end; k++) {
            uint32_t v = k < l->end ? w->part[k] : l->total;
            double sign = k < l->end ? 1 : -1;

            err = lp_term(rows, v, sign);
            if (err == VAULT_OK)
                err = lp_term(rows, n + v, -sign);
        }
    }
    return err;
}

static vault_err
open_program(struct quick *q)
{
    const struct reader *r = q->r;
    size_t n = r->w->n;
    double *low = calloc(2 * n + 1, sizeof *low), *high = calloc(2 * n + 1, sizeof *high);
    struct lp_rows rows = {0};
    vault_err err = low == NULL || high == NULL ? err_nomem() : line_rows(&rows, r->w);

    for (uint32_t v = 0; err == VAULT_OK && v < n; v++) {
        q->most = fmax(q->most, (double)r->w->truth[v] * (double)(n + 1));
        if (may_move(r, v)) {
            high[v] = (double)r->high[v];
            high[n + v] = (double)-r->low[v];
        }
    }
    if (err == VAULT_OK)
        err = lp_open(&q->lp, 2 * n, low, high, &rows);
    free(low);
    free(high);
    lp_rows_free(&rows);
    return err;
}

static vault_err
set_costs(struct quick *q)
{
    uint32_t n = (uint32_t)q->r->w->n;
    vault_err err = VAULT_OK;

    for (uint32_t v = 0; err == VAULT_OK && v < n; v++) {
        double cost = cost_of(q, v);

        err = lp_aim(q->lp, v, cost);
        if (err == VAULT_OK)
            err = lp_aim(q->lp, n + v, cost);
    }
    return err;
}

static vault_err
move_is(struct quick *q, uint32_t v, int64_t by)
{
    vault_err err = lp_bounds(q->lp, v, by > 0 ? (double)by : 0, by > 0 ? (double)by : 0);

    if (err == VAULT_OK)
        err = lp_bounds(q->lp, (uint32_t)q->r->w->n + v, by < 0 ? (double)-by : 0, by < 0 ? (double)-by : 0);
    return err;
}

/* How each count may move when the reader knows what he does in this question. */
static vault_err
set_bounds(struct quick *q, const struct reader_question *ask)
{
    const struct reader *r = q->r;
    const struct web *w = r->w;
    vault_err err = VAULT_OK;

    for (uint32_t v = 0; err == VAULT_OK && v < w->n; v++) {
        bool moves = may_move(r, v) && v != ask->alone;
        int64_t high = r->high[v];

        if (ask->knows == READER_SMALLS && (w->flag[v] & WEB_SMALL) != 0 && (w->flag[v] & WEB_FINEST) != 0)
            high = w->k[v] - 1 - w->truth[v];
        err = lp_bounds(q->lp, v, 0, moves ? (double)high : 0);
        if (err == VAULT_OK)
            err = lp_bounds(q->lp, (uint32_t)w->n + v, 0, moves ? (double)-r->low[v] : 0);
    }
    return err;
}

static vault_err
hide_what_moves(struct quick *q)
{
    uint32_t n = (uint32_t)q->r->w->n;
    vault_err err = VAULT_OK;

    for (uint32_t v = 0; err == VAULT_OK && v < n; v++) {
        double by = lp_value(q->lp, v) - lp_value(q->lp, n + v);

        q->r->x[v] = (int64_t)round(by);
        if (fabs(by) > 1e-6)
            err = reader_hide(q->r, v);
    }
    return err == VAULT_OK ? reader_offer(q->r) : err;
}

/* The cheapest way, in whole numbers if that is found soon. False: there is none. */
static bool
find_way(struct quick *q)
{
    uint32_t n = (uint32_t)q->r->w->n;
    bool whole = true;

    if (lp_solve(q->lp, false, false, 0) != LP_BEST)
        return false;
    for (uint32_t v = 0; v < 2 * n && whole; v++)
        whole = fabs(lp_value(q->lp, v) - round(lp_value(q->lp, v))) < 1e-6;
    return whole || lp_solve(q->lp, false, true, STEPS) == LP_BEST || lp_solve(q->lp, false, false, 0) == LP_BEST;
}

static vault_err
hide_everything(struct reader *r)
{
    vault_err err = VAULT_OK;

    for (uint32_t v = 0; err == VAULT_OK && v < r->w->n; v++)
        err = reader_hide(r, v);
    return err;
}

/* The zeros of a group: one of them must be able to be more than that. */
static vault_err
move_group(struct quick *q, const struct reader_question *ask)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < q->r->w->n_lines; i++) {
        const struct web_line *l = &q->r->w->line[i];
        bool has = false;

        for (size_t k = l->first; k < l->end; k++)
            has = has || q->r->w->part[k] == ask->minus;
        for (size_t k = l->first; has && l->total == ask->plus && err == VAULT_OK && k < l->end; k++) {
            uint32_t v = q->r->w->part[k];

            if (v == ask->minus || !may_move(q->r, v))
                continue;
            err = set_bounds(q, ask);
            if (err == VAULT_OK)
                err = move_is(q, v, 1);
            if (err == VAULT_OK && find_way(q))
                return hide_what_moves(q);
        }
    }
    return err;
}

static vault_err
move_count(struct quick *q, const struct reader_question *ask)
{
    vault_err err = set_bounds(q, ask);

    if (err == VAULT_OK)
        err = move_is(q, ask->plus, ask->width);
    if (err == VAULT_OK && find_way(q))
        return hide_what_moves(q);
    if (err == VAULT_OK)
        err = move_is(q, ask->plus, -ask->width);
    if (err == VAULT_OK && find_way(q))
        return hide_what_moves(q);
    return err;
}

static vault_err
close_gap(void *ctx, const struct reader_question *ask, const double *factor)
{
    struct quick *q = ctx;
    vault_err err = set_costs(q);

    (void)factor;
    q->gaps++;
    if (err == VAULT_OK && ask->minus != READER_NOTHING)
        return move_group(q, ask);
    return err == VAULT_OK ? move_count(q, ask) : err;
}

static vault_err
note_gap(void *ctx, const struct reader_question *ask, const double *factor)
{
    (void)ask;
    (void)factor;
    *(bool *)ctx = true;
    return VAULT_ERR_INTERRUPTED;       /* one is enough */
}

static vault_err
holds(struct reader *r, bool *out)
{
    bool gap = false;
    vault_err err = reader_audit(r, note_gap, &gap);

    *out = err == VAULT_OK && !gap;
    return gap ? VAULT_OK : err;
}

/* From the greatest count on, whatever the promise can do without. */
static vault_err
give_back(struct reader *r)
{
    const struct web *w = r->w;
    uint8_t *hidden = calloc(w->n + 1, 1), *tried = calloc(w->n + 1, 1);
    size_t many = 0, until = r->solved + GIVE_BACK_SOLVED;
    vault_err err = hidden == NULL || tried == NULL ? err_nomem() : VAULT_OK;

    for (uint32_t v = 0; err == VAULT_OK && v < w->n; v++)
        many += r->hidden[v] && reader_may_hide(w, v);
    if (err == VAULT_OK)
        memcpy(hidden, r->hidden, w->n);
    for (; err == VAULT_OK && many > 0 && r->solved < until; many--) {
        uint32_t next = READER_NOTHING;
        bool ok;

        for (uint32_t v = 0; v < w->n; v++)
            if (hidden[v] && !tried[v] && reader_may_hide(w, v) && (next == READER_NOTHING || w->truth[v] > w->truth[next]))
                next = v;
        if (next == READER_NOTHING)
            break;
        tried[next] = 1;
        hidden[next] = 0;
        err = reader_set(r, hidden);
        if (err == VAULT_OK)
            err = holds(r, &ok);
        if (err == VAULT_OK && !ok) {
            hidden[next] = 1;
            err = reader_set(r, hidden);
        }
    }
    free(hidden);
    free(tried);
    return err;
}

vault_err
plan_quickly(struct reader *r)
{
    struct quick q = { .r = r, .most = 1 };
    bool ok = false;
    vault_err err = reader_show_all(r);

    if (err == VAULT_OK)
        err = open_program(&q);
    for (size_t i = 0; err == VAULT_OK && !ok && i <= TRIES_MAX; i++) {
        q.gaps = 0;
        r->no_branching = i < TRIES_MAX / 2;
        if (i == TRIES_MAX)
            err = hide_everything(r);
        if (err == VAULT_OK)
            err = reader_audit(r, close_gap, &q);
        ok = q.gaps == 0;
    }
    if (err == VAULT_OK && !ok)
        err = err_say(VAULT_ERR_REFUSED, "count by coarser values, or leave the table out",
            "no choice of counts to keep back was found that protects the tables");
    r->no_branching = true;
    if (err == VAULT_OK)
        err = give_back(r);
    r->no_branching = false;
    lp_close(q.lp);
    return err;
}
