/*
 * ledger_code.c - a release as the ledger keeps it.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/cbor.h"
#include "vault/release/ledger.h"

#define TEXT_MAX 1024u
#define CELL_TEXT_MAX ((size_t)1 << 20)

/* What one type of a record holds: the views in struct ledger_type are of these. */
struct ledger_held {
    char *type;
    struct ledger_where *where;
    char **text;                        /* of the conditions: column, value, column ... */
    size_t n_text;
    struct table *table;
    size_t n_tables;
    struct sheet sheet;
    uint8_t (*row)[LEDGER_ID];
    size_t n_rows;
};

/* ---- writing ---- */

static int
by_id(const void *a, const void *b)
{
    return memcmp(a, b, LEDGER_ID);
}

static vault_err
put_rows(struct buf *out, const struct ledger_type *t)
{
    uint8_t (*id)[LEDGER_ID] = calloc(t->n_rows + 1, LEDGER_ID);

    if (id == NULL)
        return err_nomem();
    if (t->n_rows > 0 && t->row != NULL)
        memcpy(id, t->row, t->n_rows * LEDGER_ID);
    qsort(id, t->row == NULL ? 0 : t->n_rows, LEDGER_ID, by_id);
    cbor_bytes(out, id, t->row == NULL ? 0 : t->n_rows * LEDGER_ID);
    free(id);
    return VAULT_OK;
}

static void
put_column(struct buf *out, const struct sheet *s, const struct sheet_column *c)
{
    struct buf cells = BUF_INIT;

    for (size_t r = 0; r < s->n_rows; r++)
        buf_u32(&cells, c->cell[r]);
    cbor_map(out, 5);
    cbor_text(out, "arg");
    cbor_uint(out, c->arg);
    cbor_text(out, "name");
    cbor_text(out, c->name);
    cbor_text(out, "cells");
    cbor_bytes(out, cells.p, cells.n);
    cbor_text(out, "treat");
    cbor_uint(out, (uint64_t)c->treat);
    cbor_text(out, "values");
    cbor_array(out, c->n_values);
    for (uint32_t i = 0; i < c->n_values; i++)
        cbor_text(out, c->value[i]);
    out->bad = out->bad || cells.bad;
    buf_free(&cells);
}

static void
put_sheet(struct buf *out, const struct sheet *s)
{
    if (s == NULL) {
        cbor_bool(out, false);
        return;
    }
    cbor_array(out, s->n_columns + 1);
    cbor_uint(out, s->n_rows);
    for (size_t i = 0; i < s->n_columns; i++)
        put_column(out, s, &s->column[i]);
}

static vault_err
put_type(struct buf *out, const struct ledger_type *t)
{
    vault_err err;

    cbor_map(out, 5);
    cbor_text(out, "rows");
    err = put_rows(out, t);
    cbor_text(out, "type");
    cbor_text(out, t->type);
    cbor_text(out, "sheet");
    put_sheet(out, t->sheet);
    cbor_text(out, "where");
    cbor_array(out, 2 * t->n_where);
    for (size_t i = 0; i < t->n_where; i++) {
        cbor_text(out, t->where[i].column);
        cbor_text(out, t->where[i].value);
    }
    cbor_text(out, "tables");
    cbor_array(out, t->n_tables);
    for (size_t i = 0; err == VAULT_OK && i < t->n_tables; i++)
        err = table_encode(out, &t->table[i]);
    return err;
}

/* What would not be read back is not written. */
static vault_err
check_texts(const struct ledger_release *r)
{
    bool ok = strlen(r->name) <= TEXT_MAX && strlen(r->audience) <= TEXT_MAX && r->n_types <= LEDGER_TYPES_MAX;

    for (size_t i = 0; ok && i < r->n_types; i++) {
        const struct ledger_type *t = &r->type[i];

        ok = strlen(t->type) <= TEXT_MAX && t->n_where <= LEDGER_WHERE_MAX && t->n_tables <= TABLE_SET_MAX && t->n_rows <= SHEET_ROWS_MAX;
        for (size_t k = 0; ok && k < t->n_where; k++)
            ok = strlen(t->where[k].column) <= TABLE_NAME_MAX && strlen(t->where[k].value) <= TABLE_NAME_MAX;
    }
    return ok ? VAULT_OK : err_say(VAULT_ERR_INPUT, NULL, "a release that long cannot be kept in the ledger");
}

vault_err
ledger_encode(struct buf *out, const struct ledger_release *r)
{
    vault_err err = check_texts(r);

    if (err != VAULT_OK)
        return err;
    cbor_map(out, 3);
    cbor_text(out, "name");
    cbor_text(out, r->name);
    cbor_text(out, "types");
    cbor_array(out, r->n_types);
    for (size_t i = 0; err == VAULT_OK && i < r->n_types; i++)
        err = put_type(out, &r->type[i]);
    cbor_text(out, "audience");
    cbor_text(out, r->audience);
    return err == VAULT_OK ? buf_ok(out) : err;
}

/* ---- freeing ---- */

static void
held_free(struct ledger_held *h)
{
    for (size_t i = 0; i < h->n_text; i++)
        free(h->text[i]);
    for (size_t i = 0; i < h->n_tables; i++)
        table_free(&h->table[i]);
    sheet_free(&h->sheet);
    free(h->text);
    free(h->where);
    free(h->table);
    free(h->row);
    free(h->type);
}

void
ledger_record_free(struct ledger_record *r)
{
    for (size_t i = 0; i < r->release.n_types && r->held != NULL; i++)
        held_free(&r->held[i]);
    free(r->held);
    free(r->type);
    free(r->name);
    free(r->audience);
    *r = (struct ledger_record){0};
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
    struct part text = cbor_get_text(r, TEXT_MAX);

    *out = calloc(text.n + 1, 1);
    if (*out == NULL)
        return err_nomem();
    if (text.n > 0)
        memcpy(*out, text.p, text.n);
    return VAULT_OK;
}

static vault_err
get_rows(struct ledger_held *h, struct rd *r)
{
    struct part bytes = cbor_get_bytes(r, (size_t)SHEET_ROWS_MAX * LEDGER_ID);

    if (bytes.n % LEDGER_ID != 0)
        r->bad = true;
    if (r->bad || bytes.n == 0)
        return VAULT_OK;
    h->row = malloc(bytes.n);
    if (h->row == NULL)
        return err_nomem();
    memcpy(h->row, bytes.p, bytes.n);
    h->n_rows = bytes.n / LEDGER_ID;
    return VAULT_OK;
}

static vault_err
get_values(uint32_t **number, size_t *n, struct sheet_column *c, struct rd *r)
{
    vault_err err = VAULT_OK;

    *n = cbor_get_array(r, SHEET_ROWS_MAX);
    *number = calloc(*n + 1, sizeof **number);
    if (*number == NULL)
        return err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < *n && !r->bad; i++) {
        struct part text = cbor_get_text(r, CELL_TEXT_MAX);

        if (!r->bad)
            err = sheet_value(c, text, &(*number)[i]);
    }
    return err;
}

static vault_err
get_column(struct sheet *s, struct rd *r)
{
    uint32_t *number = NULL;
    struct sheet_column *c = NULL;
    size_t n = 0;
    char *name = NULL;
    struct part cells;
    unsigned arg;
    vault_err err;

    if (cbor_get_map(r, 5) != 5)
        r->bad = true;
    want_key(r, "arg");
    arg = (unsigned)cbor_get_uint(r, UINT32_MAX);
    want_key(r, "name");
    err = get_text(&name, r);
    want_key(r, "cells");
    cells = cbor_get_bytes(r, (size_t)SHEET_ROWS_MAX * 4);
    if (cells.n != s->n_rows * 4)
        r->bad = true;
    if (err == VAULT_OK && !r->bad)
        err = sheet_add_column(s, name, &c);
    want_key(r, "treat");
    if (c != NULL) {
        c->arg = arg;
        c->treat = (enum treat)cbor_get_uint(r, TREAT_HIERARCHY);
        want_key(r, "values");
        if (err == VAULT_OK && !r->bad)
            err = get_values(&number, &n, c, r);
    }
    for (size_t i = 0; err == VAULT_OK && c != NULL && !r->bad && i < s->n_rows; i++) {
        uint32_t at = get_u32((const uint8_t *)cells.p + 4 * i);

        if (at >= n)
            r->bad = true;
        else
            c->cell[i] = number[at];
    }
    free(number);
    free(name);
    return err;
}

/* Columns know their number of rows when they are made; so that comes first, and no more is taken than there are bytes for. */
static vault_err
get_sheet(struct ledger_held *h, struct rd *r, bool *there)
{
    size_t n;
    uint64_t rows;
    vault_err err = VAULT_OK;

    *there = cbor_peek(r) == CBOR_ARRAY;
    if (!*there) {
        if (cbor_get_bool(r))
            r->bad = true;
        return VAULT_OK;
    }
    n = cbor_get_array(r, SHEET_COLUMNS_MAX + 1);
    rows = cbor_get_uint(r, SHEET_ROWS_MAX);
    if (n == 0 || (n == 1 && rows > 0) || (n > 1 && rows * 4 * (n - 1) > r->n))
        r->bad = true;
    h->sheet.cap_rows = h->sheet.n_rows = r->bad ? 0 : (size_t)rows;
    for (size_t i = 1; err == VAULT_OK && i < n && !r->bad; i++)
        err = get_column(&h->sheet, r);
    return err;
}

static vault_err
get_where(struct ledger_held *h, struct rd *r)
{
    size_t n = cbor_get_array(r, 2 * LEDGER_WHERE_MAX);
    vault_err err = VAULT_OK;

    if (n % 2 != 0)
        r->bad = true;
    h->text = calloc(n + 1, sizeof *h->text);
    h->where = calloc(n + 1, sizeof *h->where);
    if (h->text == NULL || h->where == NULL)
        return err_nomem();
    for (; err == VAULT_OK && h->n_text < n; h->n_text += err == VAULT_OK)
        err = get_text(&h->text[h->n_text], r);
    for (size_t i = 0; i + 1 < h->n_text; i += 2)
        h->where[i / 2] = (struct ledger_where){ h->text[i], h->text[i + 1] };
    return err;
}

static vault_err
get_tables(struct ledger_held *h, struct rd *r)
{
    size_t n = cbor_get_array(r, TABLE_SET_MAX);
    vault_err err = VAULT_OK;

    h->table = calloc(n + 1, sizeof *h->table);
    if (h->table == NULL)
        return err_nomem();
    while (err == VAULT_OK && h->n_tables < n && !r->bad) {
        struct part item = cbor_get_item(r);

        if (r->bad)
            break;
        err = table_decode(&h->table[h->n_tables], item.p, item.n);
        h->n_tables += err == VAULT_OK;
    }
    return err;
}

static vault_err
get_type(struct ledger_type *t, struct ledger_held *h, struct rd *r)
{
    bool has_sheet = false;
    vault_err err;

    if (cbor_get_map(r, 5) != 5)
        r->bad = true;
    want_key(r, "rows");
    err = get_rows(h, r);
    want_key(r, "type");
    if (err == VAULT_OK)
        err = get_text(&h->type, r);
    want_key(r, "sheet");
    if (err == VAULT_OK)
        err = get_sheet(h, r, &has_sheet);
    want_key(r, "where");
    if (err == VAULT_OK)
        err = get_where(h, r);
    want_key(r, "tables");
    if (err == VAULT_OK)
        err = get_tables(h, r);
    *t = (struct ledger_type){ h->type, h->where, h->n_text / 2, h->table, h->n_tables, has_sheet ? &h->sheet : NULL,
        (const uint8_t (*)[LEDGER_ID])h->row, h->n_rows };
    return err;
}

static vault_err
get_types(struct ledger_record *rec, struct rd *r)
{
    size_t n = cbor_get_array(r, LEDGER_TYPES_MAX);
    vault_err err = VAULT_OK;

    rec->held = calloc(n + 1, sizeof *rec->held);
    rec->type = calloc(n + 1, sizeof *rec->type);
    if (rec->held == NULL || rec->type == NULL)
        return err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < n && !r->bad; i++) {
        rec->release.n_types = i + 1;
        err = get_type(&rec->type[i], &rec->held[i], r);
    }
    return err;
}

vault_err
ledger_decode(struct ledger_record *out, const void *p, size_t n)
{
    struct rd r = rd_of(p, n);
    vault_err err = VAULT_OK;

    *out = (struct ledger_record){0};
    if (!cbor_valid(p, n))
        r.bad = true;
    if (cbor_get_map(&r, 3) != 3)
        r.bad = true;
    want_key(&r, "name");
    err = get_text(&out->name, &r);
    want_key(&r, "types");
    if (err == VAULT_OK)
        err = get_types(out, &r);
    want_key(&r, "audience");
    if (err == VAULT_OK)
        err = get_text(&out->audience, &r);
    if (err == VAULT_ERR_INPUT || (err == VAULT_OK && !rd_end(&r)))
        err = err_say(VAULT_ERR_DAMAGED, "`withheld check` finds what is damaged", "the ledger holds a release that is none");
    out->release.name = out->name;
    out->release.audience = out->audience;
    out->release.type = out->type;
    if (err != VAULT_OK)
        ledger_record_free(out);
    return err;
}
