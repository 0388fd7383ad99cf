/*
 * GLPK ends the process when it meets a mistake or no memory, unless its error hook jumps away; what it then leaves behind is
 * freed with its whole environment, of which each thread has one. So every call into it goes through `guarded`, and programs
 * that were open when it failed are dead: they are of an older generation.
 */
#include "vault/release/lp.h"

#include <glpk.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include "vault/base/bytes.h"

#define ITERATIONS_MAX 2000000

struct lp {
    glp_prob *p;
    unsigned generation;
    size_t n;
    bool whole;                 /* the last solution */
    bool is_whole;              /* columns are marked as such */
    bool well;                  /* lp_branch_well */
    double bound;
    int began;                  /* iterations that were made before */
    size_t steps_max;
};

static _Thread_local jmp_buf *back;
static _Thread_local unsigned generation;
static _Thread_local unsigned open_programs;

/* ---- rows ---- */

void
lp_rows_free(struct lp_rows *r)
{
    free(r->start);
    free(r->column);
    free(r->factor);
    free(r->low);
    free(r->high);
    *r = (struct lp_rows){0};
}

static bool
room(void *where, size_t n, size_t *cap, size_t each)
{
    void **array = where;
    void *more = array_room(*array, n, cap, each);

    if (more != NULL)
        *array = more;
    return more != NULL;
}

vault_err
lp_row(struct lp_rows *r, double low, double high)
{
    if (!room(&r->start, r->n + 1, &r->cap_start, sizeof *r->start) || !room(&r->low, r->n, &r->cap_low, sizeof *r->low) ||
        !room(&r->high, r->n, &r->cap_high, sizeof *r->high))
        return err_nomem();
    r->start[r->n] = r->n_terms;
    r->low[r->n] = low;
    r->high[r->n] = high;
    r->start[++r->n] = r->n_terms;
    return VAULT_OK;
}

vault_err
lp_term(struct lp_rows *r, uint32_t column, double factor)
{
    if (r->n_terms >= LP_TERMS_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "the tables hang together by more than %u sums", LP_TERMS_MAX);
    if (!room(&r->column, r->n_terms, &r->cap_terms, sizeof *r->column) ||
        !room(&r->factor, r->n_terms, &r->cap_factor, sizeof *r->factor))
        return err_nomem();
    r->column[r->n_terms] = column;
    r->factor[r->n_terms++] = factor;
    r->start[r->n] = r->n_terms;
    return VAULT_OK;
}

/* ---- calling GLPK ---- */

static void
jump_away(void *info)
{
    (void)info;
    longjmp(*back, 1);
}

/* Where GLPK reports a mistake it writes, whatever was said of writing. */
static int
swallow(void *info, const char *text)
{
    (void)info;
    (void)text;
    return 1;
}

typedef void call_fn(struct lp *lp, void *ctx);

/* False: GLPK failed, or had before. */
static bool
guarded(struct lp *lp, call_fn *call, void *ctx)
{
    jmp_buf here;

    if (lp->generation != generation)
        return false;
    if (setjmp(here) != 0) {
        glp_free_env();
        generation++;
        back = NULL;
        return false;
    }
    back = &here;
    (void)glp_term_out(GLP_OFF);
    glp_term_hook(swallow, NULL);
    glp_error_hook(jump_away, NULL);
    call(lp, ctx);
    back = NULL;
    return true;
}

static vault_err
failed(void)
{
    return err_say(VAULT_ERR_FAILED, "a coarser or smaller table asks less of it", "the solver for tables failed");
}

struct opening {
    const double *low, *high;
    const struct lp_rows *rows;
};

static void
set_bounds(glp_prob *p, int column, double low, double high)
{
    glp_set_col_bnds(p, column, low < high ? GLP_DB : GLP_FX, low, high);
}

static void
append_rows(glp_prob *p, const struct lp_rows *r)
{
    int first, *index;
    double *factor;

    if (r->n == 0)
        return;
    first = glp_add_rows(p, (int)r->n);
    for (size_t i = 0; i < r->n; i++) {
        double low = r->low[i], high = r->high[i];
        size_t n = r->start[i + 1] - r->start[i];

        glp_set_row_bnds(p, first + (int)i, isinf(high) ? GLP_LO : low < high ? GLP_DB : GLP_FX, low, isinf(high) ? 0 : high);
        index = glp_alloc((int)n + 1, sizeof *index);       /* GLPK counts from 1, and frees it where it fails */
        factor = glp_alloc((int)n + 1, sizeof *factor);
        for (size_t k = 0; k < n; k++) {
            index[k + 1] = (int)r->column[r->start[i] + k] + 1;
            factor[k + 1] = r->factor[r->start[i] + k];
        }
        glp_set_mat_row(p, first + (int)i, (int)n, index, factor);
        glp_free(index);
        glp_free(factor);
    }
}

static void
call_open(struct lp *lp, void *ctx)
{
    const struct opening *o = ctx;

    lp->p = glp_create_prob();
    glp_add_cols(lp->p, (int)lp->n);
    for (size_t i = 0; i < lp->n; i++)
        set_bounds(lp->p, (int)i + 1, o->low[i], o->high[i]);
    append_rows(lp->p, o->rows);
}

vault_err
lp_open(struct lp **out, size_t n, const double *low, const double *high, const struct lp_rows *rows)
{
    struct opening o = { low, high, rows };
    struct lp *lp;

    if (n == 0 || n > LP_COLUMNS_MAX || rows->n > LP_COLUMNS_MAX || rows->n_terms > LP_TERMS_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "the tables have more than %u unknown counts together", LP_COLUMNS_MAX);
    lp = calloc(1, sizeof *lp);
    if (lp == NULL)
        return err_nomem();
    lp->n = n;
    lp->generation = generation;
    open_programs++;
    if (!guarded(lp, call_open, &o)) {
        lp_close(lp);
        return failed();
    }
    *out = lp;
    return VAULT_OK;
}

static void
call_close(struct lp *lp, void *ctx)
{
    (void)ctx;
    glp_delete_prob(lp->p);
}

void
lp_close(struct lp *lp)
{
    if (lp == NULL)
        return;
    if (lp->p != NULL)
        (void)guarded(lp, call_close, NULL);
    if (--open_programs == 0)
        glp_free_env();
    free(lp);
}

static void
call_add_rows(struct lp *lp, void *ctx)
{
    append_rows(lp->p, ctx);
}

vault_err
lp_add_rows(struct lp *lp, const struct lp_rows *rows)
{
    struct lp_rows copy = *rows;

    return guarded(lp, call_add_rows, &copy) ? VAULT_OK : failed();
}

struct setting {
    uint32_t column;
    double low, high;
};

static void
call_bounds(struct lp *lp, void *ctx)
{
    const struct setting *s = ctx;

    set_bounds(lp->p, (int)s->column + 1, s->low, s->high);
}

vault_err
lp_bounds(struct lp *lp, uint32_t column, double low, double high)
{
    struct setting s = { column, low, high };

    return guarded(lp, call_bounds, &s) ? VAULT_OK : failed();
}

static void
call_aim(struct lp *lp, void *ctx)
{
    const struct setting *s = ctx;

    glp_set_obj_coef(lp->p, (int)s->column + 1, s->low);
}

vault_err
lp_aim(struct lp *lp, uint32_t column, double factor)
{
    struct setting s = { column, factor, 0 };

    return guarded(lp, call_aim, &s) ? VAULT_OK : failed();
}

/* ---- solving ---- */

struct solving {
    bool maximise, whole;
    enum lp_answer answer;
};

static void
simplex(struct lp *lp, struct solving *s)
{
    glp_smcp how;
    int status;

    glp_init_smcp(&how);
    how.msg_lev = GLP_MSG_OFF;
    how.it_lim = ITERATIONS_MAX;
    how.tm_lim = INT_MAX;
    how.meth = GLP_DUALP;
    if (glp_simplex(lp->p, &how) != 0) {
        /* From a new basis: the one that is left of the problem before may be singular by now. */
        glp_std_basis(lp->p);
        how.meth = GLP_PRIMAL;
        if (glp_simplex(lp->p, &how) != 0)
            return;
    }
    status = glp_get_status(lp->p);
    s->answer = status == GLP_OPT ? LP_BEST : status == GLP_NOFEAS ? LP_NONE : LP_UNSURE;
    lp->bound = glp_get_obj_val(lp->p);
}

/* Called at each node, some times. Nodes differ by a hundred times in what they cost; iterations are what time goes into. */
static void
count_steps(glp_tree *tree, void *info)
{
    struct lp *lp = info;
    int best = glp_ios_best_node(tree);

    if (best != 0)
        lp->bound = glp_ios_node_bound(tree, best);
    if ((size_t)(glp_get_it_cnt(lp->p) - lp->began) > lp->steps_max)
        glp_ios_terminate(tree);
}

static void
branch(struct lp *lp, struct solving *s)
{
    glp_iocp how;
    int status;

    glp_init_iocp(&how);
    how.msg_lev = GLP_MSG_OFF;
    how.tm_lim = INT_MAX;
    /* The better one looks at many rows for each branching, which no count of iterations sees. */
    how.br_tech = lp->well ? GLP_BR_DTH : GLP_BR_MFV;
    how.cb_func = count_steps;
    how.cb_info = lp;
    lp->began = glp_get_it_cnt(lp->p);
    s->answer = LP_UNSURE;
    if (glp_intopt(lp->p, &how) != 0)
        return;
    status = glp_mip_status(lp->p);
    s->answer = status == GLP_OPT ? LP_BEST : status == GLP_NOFEAS ? LP_NONE : LP_UNSURE;
    if (status == GLP_OPT)
        lp->bound = glp_mip_obj_val(lp->p);
}

static void
call_solve(struct lp *lp, void *ctx)
{
    struct solving *s = ctx;

    glp_set_obj_dir(lp->p, s->maximise ? GLP_MAX : GLP_MIN);
    if (s->whole && !lp->is_whole) {
        for (size_t i = 0; i < lp->n; i++)
            glp_set_col_kind(lp->p, (int)i + 1, GLP_IV);
        lp->is_whole = true;
    }
    simplex(lp, s);
    if (s->whole && s->answer == LP_BEST)
        branch(lp, s);
}

void
lp_branch_well(struct lp *lp)
{
    lp->well = true;
}

enum lp_answer
lp_solve(struct lp *lp, bool maximise, bool whole, size_t steps)
{
    struct solving s = { maximise, whole, LP_UNSURE };

    lp->whole = whole;
    lp->steps_max = steps;
    lp->bound = maximise ? INFINITY : -INFINITY;
    return guarded(lp, call_solve, &s) ? s.answer : LP_UNSURE;
}

double
lp_best(const struct lp *lp)
{
    return lp->whole ? glp_mip_obj_val(lp->p) : glp_get_obj_val(lp->p);
}

double
lp_bound(const struct lp *lp)
{
    return lp->bound;
}

double
lp_value(const struct lp *lp, uint32_t column)
{
    return lp->whole ? glp_mip_col_val(lp->p, (int)column + 1) : glp_get_col_prim(lp->p, (int)column + 1);
}

double
lp_price(const struct lp *lp, size_t row)
{
    return glp_get_row_dual(lp->p, (int)row + 1);
}
