/*
 * ledger_joint.c - several releases about the same people, read together: ledger_together.
 *
 * What all of them tell of a group, and neither the earlier ones nor the new one alone, is a finding.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "vault/release/ledger_priv.h"
#include "vault/release/ledger_told.h"

#define TOLD_MAX 3u

static void
name_group(struct buf *out, const struct joint *j, struct target g)
{
    bool any = false;

    for (size_t a = 0; a < j->n_axes; a++) {
        size_t value = lattice_place(j, g.box, a);
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
    vault_err err = told_tells(&t->all, g, k, &by_all);

    if (err == VAULT_OK && by_all)
        err = told_tells(&t->before, g, k, &known);
    if (err == VAULT_OK && by_all && !known)
        err = told_tells(&t->alone, g, k, &known);
    *out = err == VAULT_OK && by_all && !known && !is_too_large(t);
    return err;
}

static void
name_finding(struct buf *out, const struct told *all, struct target g, int64_t k)
{
    int64_t low = all->low[told_index(all->j, g)], high = all->high[told_index(all->j, g)];

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

        if (told_is_group(j, g))
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
    vault_err err = told_read(&t.all, j, 0, j->n_members, c->k, &t.left);

    if (err == VAULT_OK)
        err = told_read(&t.before, j, 0, j->n_members - 1, c->k, &t.left);
    if (err == VAULT_OK)
        err = told_read(&t.alone, j, j->n_members - 1, j->n_members, c->k, &t.left);
    if (err == VAULT_OK && !is_too_large(&t) && !t.all.contradicts) {
        err = told_close_columns(&t.all, &t.before, &t.alone, (double)(told_greatest(&t.all) + 8 * c->k));
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
        err = lattice_make(&j, &fits);
        if (err == VAULT_OK)
            err = fits ? try_together(c, now, &j) : too_large(c, now);
    }
    lattice_free(&j);
    return err;
}
