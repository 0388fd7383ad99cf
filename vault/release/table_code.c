/*
 * table_code.c - a table as the ledger keeps it: what was published, and no count that was kept back.
 */
#include <stdlib.h>
#include <string.h>
#include "vault/base/cbor.h"
#include "vault/release/table.h"

#define KEPT_PRIMARY (-1)
#define KEPT_SECONDARY (-2)
#define KEPT_ZERO (-3)
#define COUNT_MAX ((uint64_t)SHEET_ROWS_MAX)

/* ---- writing ---- */

static void
put_dim(struct buf *out, const struct table_dim *d)
{
    cbor_map(out, 5);
    cbor_text(out, "arg");
    cbor_uint(out, d->arg);
    cbor_text(out, "name");
    cbor_text(out, d->name);
    cbor_text(out, "role");
    cbor_uint(out, (uint64_t)d->role);
    cbor_text(out, "treat");
    cbor_uint(out, (uint64_t)d->treat);
    cbor_text(out, "values");
    cbor_array(out, d->n);
    for (uint32_t i = 0; i < d->n; i++)
        cbor_text(out, d->category[i]);
}

vault_err
table_encode(struct buf *out, const struct table *t)
{
    cbor_map(out, 4);
    cbor_text(out, "by");
    cbor_array(out, t->n_dims);
    for (size_t d = 0; d < t->n_dims; d++)
        put_dim(out, &t->dim[d]);
    cbor_text(out, "name");
    cbor_text(out, t->name);
    cbor_text(out, "cells");
    cbor_array(out, t->n_cells);
    for (size_t i = 0; i < t->n_cells; i++)
        cbor_int(out, t->state[i] == TABLE_PUBLISHED ? t->count[i] : t->count[i] == 0 ? KEPT_ZERO :
            t->state[i] == TABLE_PRIMARY ? KEPT_PRIMARY : KEPT_SECONDARY);
    cbor_text(out, "min_count");
    cbor_uint(out, t->min_count);
    return buf_ok(out);
}

/* ---- reading: what breaks a rule makes r->bad ---- */

static void
want_key(struct rd *r, const char *key)
{
    struct part got = cbor_get_text(r, 16);

    if (got.n != strlen(key) || memcmp(got.p, key, got.n) != 0)
        r->bad = true;
}

static vault_err
get_text(char **out, struct rd *r)
{
    struct part text = cbor_get_text(r, TABLE_NAME_MAX);

    if (r->bad)
        return VAULT_OK;
    *out = calloc(text.n + 1, 1);
    if (*out == NULL)
        return err_nomem();
    if (text.n > 0)
        memcpy(*out, text.p, text.n);
    return VAULT_OK;
}

static vault_err
get_categories(struct table_dim *d, struct rd *r)
{
    size_t n = cbor_get_array(r, TABLE_CELLS_MAX);
    vault_err err = VAULT_OK;

    if (r->bad)
        return VAULT_OK;
    d->category = calloc(n + 1, sizeof *d->category);
    if (d->category == NULL)
        return err_nomem();
    while (err == VAULT_OK && !r->bad && d->n < n) {
        err = get_text(&d->category[d->n], r);
        if (err != VAULT_OK || r->bad)
            break;
        if (d->n > 0 && strcmp(d->category[d->n - 1], d->category[d->n]) >= 0)
            r->bad = true;
        d->n++;
    }
    return err;
}

static vault_err
get_dim(struct table_dim *d, struct rd *r)
{
    vault_err err;

    if (cbor_get_map(r, 5) != 5)
        r->bad = true;
    want_key(r, "arg");
    d->arg = (unsigned)cbor_get_uint(r, UINT32_MAX);
    want_key(r, "name");
    err = get_text(&d->name, r);
    want_key(r, "role");
    d->role = (enum sheet_role)cbor_get_uint(r, SHEET_SENSITIVE);
    want_key(r, "treat");
    d->treat = (enum treat)cbor_get_uint(r, TREAT_HIERARCHY);
    want_key(r, "values");
    return err == VAULT_OK ? get_categories(d, r) : err;
}

static vault_err
get_cells(struct table *t, struct rd *r)
{
    size_t n = cbor_get_array(r, TABLE_CELLS_MAX), want = 1;

    for (size_t d = 0; d < t->n_dims && !r->bad; d++) {
        if (t->dim[d].n + 1 > TABLE_CELLS_MAX / want)
            r->bad = true;
        else
            want *= t->dim[d].n + 1;
    }
    if (r->bad || n != want) {
        r->bad = true;
        return VAULT_OK;
    }
    t->count = calloc(n, sizeof *t->count);
    t->state = calloc(n, 1);
    if (t->count == NULL || t->state == NULL)
        return err_nomem();
    t->n_cells = n;
    for (size_t i = 0; i < n && !r->bad; i++) {
        int64_t v = cbor_get_int(r);

        if (v < KEPT_ZERO || v > (int64_t)COUNT_MAX)
            r->bad = true;
        t->state[i] = (uint8_t)(v >= 0 ? TABLE_PUBLISHED : v == KEPT_PRIMARY ? TABLE_PRIMARY : TABLE_SECONDARY);
        t->count[i] = v >= 0 ? v : v == KEPT_ZERO ? 0 : 1;
    }
    return VAULT_OK;
}

static vault_err
get_table(struct table *t, struct rd *r)
{
    size_t dims;
    vault_err err = VAULT_OK;

    if (cbor_get_map(r, 4) != 4)
        r->bad = true;
    want_key(r, "by");
    dims = cbor_get_array(r, TABLE_DIMS_MAX);
    for (size_t d = 0; err == VAULT_OK && d < dims && !r->bad; d++) {
        t->n_dims = d + 1;
        err = get_dim(&t->dim[d], r);
    }
    want_key(r, "name");
    if (err == VAULT_OK)
        err = get_text(&t->name, r);
    want_key(r, "cells");
    if (err == VAULT_OK && !r->bad)
        err = get_cells(t, r);
    want_key(r, "min_count");
    t->min_count = (unsigned)cbor_get_uint(r, TABLE_MIN_COUNT_MAX);
    if (dims == 0 || t->min_count == 0)
        r->bad = true;
    return err;
}

vault_err
table_decode(struct table *out, const void *p, size_t n)
{
    struct table t = {0};
    struct rd r = rd_of(p, n);
    vault_err err = VAULT_OK;

    if (!cbor_valid(p, n))
        r.bad = true;
    else
        err = get_table(&t, &r);
    if (err == VAULT_OK && (r.bad || !rd_end(&r)))
        err = err_say(VAULT_ERR_DAMAGED, "`withheld check` finds what is damaged", "the ledger holds a table that is none");
    if (err == VAULT_OK) {
        *out = t;
        t = (struct table){0};
    }
    table_free(&t);
    return err;
}
