/*
 * A small strict reader of JSON objects (RFC 8259) instead of jansson, for two reasons. The values
 * are names, and jansson copies every string into memory that it does not wipe; here strings stay
 * in the window, where escapes are resolved in place. And a cell must know its line and column,
 * which jansson forgets. The rows are read like those of CSV: first the end of the object is
 * searched by counting brackets, resumably; then the complete object is read strictly. The depth of
 * what is accepted is fixed (object, array, provenance), so nothing here recurses.
 */
#include <string.h>
#include "vault/base/text.h"
#include "vault/import/json_text.h"

static const char ends_early[] = "the input ends inside an object";
static const char too_long[] = "the object is longer than 4 MiB";

/* ---- between the objects ---- */

/* *c: the next byte that is not white space, not taken yet; -1 at the end. */
static vault_err
next_byte(struct rows *r, int *c)
{
    bool got = true;
    vault_err err;

    while (got) {
        for (; r->at < r->end; r->at++) {
            *c = r->win[r->at];
            if (*c == '\n') {
                r->here = (struct place){r->here.line + 1, 1};
                r->broke = true;
            } else if (*c == ' ' || *c == '\t' || *c == '\r')
                r->here.col++;
            else
                return VAULT_OK;
        }
        err = rows_more(r, &got);
        if (err != VAULT_OK)
            return err;
    }
    *c = -1;
    return VAULT_OK;
}

static void
take_byte(struct rows *r)
{
    r->at++;
    r->here.col++;
}

/* ---- the end of an object ---- */

/* base[quote] is inside a string: does it end the string? base[0] is a bracket. */
static bool
is_escaped(const uint8_t *base, size_t quote)
{
    size_t i = quote;

    while (base[i - 1] == '\\')
        i--;
    return (quote - i) % 2 != 0;
}

/* Search what is new in the window. True: *length is that of the object. */
static bool
search_object_end(struct rows *r, size_t *length)
{
    const uint8_t *base = r->win + r->at;
    const size_t n = r->end - r->at;
    size_t i = r->scanned;
    bool found = false;

    while (i < n && !found) {
        if (r->in_string) {
            const uint8_t *quote = memchr(base + i, '"', n - i);

            i = quote == NULL ? n : (size_t)(quote - base) + 1;
            r->in_string = quote == NULL || is_escaped(base, i - 1);
            continue;
        }
        switch (base[i++]) {
        case '"':
            r->in_string = true;
            break;
        case '{': case '[':
            r->depth++;
            break;
        case '}': case ']':
            found = --r->depth == 0;
            break;
        }
    }
    r->scanned = i;
    *length = i;
    return found;
}

/* The next byte is the { of it. */
static vault_err
find_object(struct rows *r, struct raw_row *out)
{
    bool more = true;
    bool found;
    size_t n;
    vault_err err;

    r->scanned = 0;
    r->in_string = false;
    r->depth = 0;
    while (!(found = search_object_end(r, &n)) && n <= ROWS_ROW_MAX && more) {
        err = rows_more(r, &more);
        if (err != VAULT_OK)
            return err;
    }
    *out = (struct raw_row){.p = r->win + r->at, .n = n, .step = n};
    if (n > ROWS_ROW_MAX) {
        out->cut = too_long;
        out->n = rows_whole_characters(out->p, ROWS_ROW_MAX);
    } else if (!found)
        out->cut = ends_early;
    return VAULT_OK;
}

/* ---- an object, strictly ---- */

/* A name and its colon. */
static vault_err
read_name(struct json *j, struct part *name, struct place *at)
{
    int c = json_peek(j);
    vault_err err;

    *at = json_place(j);
    if (c != '"')
        return json_wrong(j, "a name in double quotes is missing here");
    err = json_read_string(j, name);
    if (err == VAULT_OK && !json_take(j, ':'))
        err = json_wrong(j, "a colon is missing here");
    return err;
}

static const char provenance_rule[] =
    "an object as a value has \"value\", and may have \"source\", \"as_of\", \"certainty\"";

/* What may stand beside "value": provenance, and for an attachment what names its file. */
static struct part *
member_slot(struct cell *cell, struct part name)
{
    const struct { const char *name; struct part *slot; } known[] = {
        {"source", &cell->source}, {"as_of", &cell->as_of}, {"certainty", &cell->certainty},
        {"name", &cell->name}, {"size", &cell->size}, {"sha256", &cell->sha256},
        {"tier", &cell->tier},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (name.n == strlen(known[i].name) && memcmp(name.p, known[i].name, name.n) == 0)
            return known[i].slot;
    return NULL;
}

static vault_err
read_member(struct json *j, struct cell *cell, bool *has_value)
{
    enum cell_kind kind = CELL_TEXT;
    struct part name, text;
    struct part *slot;
    struct place at;
    bool is_value;
    vault_err err;

    err = read_name(j, &name, &at);
    if (err != VAULT_OK)
        return err;
    is_value = name.n == 5 && memcmp(name.p, "value", 5) == 0;
    slot = is_value ? &cell->text : member_slot(cell, name);
    if (slot == NULL)
        return rows_say(at, j->column, NULL, "%s", provenance_rule);
    if (is_value ? *has_value : slot->p != NULL)
        return rows_say(at, j->column, NULL, "the same name twice in one object");
    (void)json_peek(j);
    at = json_place(j);
    err = json_read_scalar(j, &kind, &text);
    if (err != VAULT_OK)
        return err;
    if (is_value ? kind == CELL_NULL : kind != (slot == &cell->size ? CELL_NUMBER : CELL_TEXT))
        return rows_say(at, j->column, NULL, is_value ? "\"value\" may not be null"
            : slot == &cell->size ? "\"size\" is a number" : "what stands beside \"value\" is a text");
    *slot = text;
    if (is_value) {
        cell->kind = kind;
        *has_value = true;
    }
    return VAULT_OK;
}

/* {"value":..,"source":..,"as_of":..,"certainty":..} behind its bracket. */
static vault_err
read_provenance(struct json *j, struct cell *cell)
{
    bool has_value = false;
    vault_err err;

    do {
        err = read_member(j, cell, &has_value);
        if (err != VAULT_OK)
            return err;
    } while (json_take(j, ','));
    if (!json_take(j, '}'))
        return json_wrong(j, "a comma or } is missing here");
    return has_value ? VAULT_OK
        : rows_say((struct place){cell->line, cell->col}, j->column, NULL, "%s", provenance_rule);
}

/* One value, not an array. */
static vault_err
read_cell(struct json *j, uint32_t column, bool in_array)
{
    struct cell *cell = NULL;
    int c = json_peek(j);
    vault_err err;

    err = rows_add_cell(j->r, json_place(j), &cell);
    if (err != VAULT_OK)
        return err;
    cell->column = column;
    if (c == '{') {
        j->p++;
        return read_provenance(j, cell);
    }
    err = json_read_scalar(j, &cell->kind, &cell->text);
    if (err == VAULT_OK && in_array && cell->kind == CELL_NULL)
        err = rows_say((struct place){cell->line, cell->col}, j->column, NULL,
            "null inside an array");
    return err;
}

/* Behind its bracket. An array without elements says the same as null: no value. */
static vault_err
read_array(struct json *j, uint32_t column, struct place at)
{
    struct cell *cell;
    vault_err err;

    if (json_take(j, ']')) {
        err = rows_add_cell(j->r, at, &cell);
        if (err != VAULT_OK)
            return err;
        cell->column = column;
        cell->kind = CELL_NULL;
        return VAULT_OK;
    }
    do {
        err = read_cell(j, column, true);
        if (err != VAULT_OK)
            return err;
    } while (json_take(j, ','));
    return json_take(j, ']') ? VAULT_OK : json_wrong(j, "a comma or ] is missing here");
}

static vault_err
read_column(struct json *j, uint32_t guess, uint32_t *out)
{
    struct rows *r = j->r;
    struct part name;
    struct place at;
    vault_err err;

    j->column = NULL;
    err = read_name(j, &name, &at);
    if (err == VAULT_OK && !rows_find_column(r, name, guess, out))
        err = rows_add_column(r, name, at, out);
    if (err != VAULT_OK)
        return err;
    j->column = &r->column[*out];
    if (j->column->seen == r->row_number)
        return rows_say(at, j->column, NULL, "the same name twice in one object");
    r->column[*out].seen = r->row_number;
    return VAULT_OK;
}

/* json_peek() sees the bracket. */
static vault_err
read_object(struct json *j)
{
    uint32_t column = UINT32_MAX;       /* so that the first guess is the first column */
    struct place at;
    vault_err err;

    j->p++;
    if (json_take(j, '}'))
        return VAULT_OK;
    do {
        err = read_column(j, column + 1, &column);
        if (err != VAULT_OK)
            return err;
        (void)json_peek(j);
        at = json_place(j);
        err = json_take(j, '[') ? read_array(j, column, at) : read_cell(j, column, false);
        if (err != VAULT_OK)
            return err;
    } while (json_take(j, ','));
    return json_take(j, '}') ? VAULT_OK : json_wrong(j, "a comma or } is missing here");
}

/* ---- rows ---- */

static vault_err
check_encoding(const struct rows *r, const struct raw_row *raw)
{
    struct place at = r->here;
    const uint8_t *line = raw->p;
    size_t bad;

    if (text_valid((const char *)raw->p, raw->n, &bad))
        return VAULT_OK;
    for (const uint8_t *p = raw->p; p < raw->p + bad; p++)
        if (*p == '\n') {
            at = (struct place){at.line + 1, 1};
            line = p + 1;
        }
    at.col += json_characters(line, raw->p + bad);
    return rows_say_encoding(at, NULL, raw->p[bad]);
}

/* The next byte is the { of it. */
static vault_err
next_object(struct rows *r, struct row *row)
{
    struct raw_row raw;
    struct json j;
    vault_err err;

    row->line = r->here.line;
    err = find_object(r, &raw);
    if (err == VAULT_OK)
        err = check_encoding(r, &raw);
    if (err != VAULT_OK)
        return err;
    j = (struct json){.r = r, .cut = raw.cut, .p = raw.p, .end = raw.p + raw.n, .mark = raw.p,
        .at = r->here};
    err = read_object(&j);
    if (err != VAULT_OK)
        return err;
    r->here = json_place(&j);
    r->at = (size_t)(j.p - r->win);
    r->broke = false;
    return VAULT_OK;
}

vault_err
rows_json_start(struct rows *r)
{
    vault_err err;
    int c;

    err = next_byte(r, &c);
    r->in_array = err == VAULT_OK && c == '[';
    if (r->in_array)
        take_byte(r);
    r->broke = true;
    return err;
}

/* Behind the last bracket of the array. */
static vault_err
check_array_end(struct rows *r)
{
    vault_err err;
    int c;

    err = next_byte(r, &c);
    if (err == VAULT_OK && c >= 0)
        err = rows_say(r->here, NULL, NULL, "something follows the end of the array");
    return err;
}

/* *c: what follows the comma, or -1 behind the end of the array. */
static vault_err
next_in_array(struct rows *r, int *c)
{
    bool first = r->row_number == 1;
    vault_err err;

    err = next_byte(r, c);
    if (err != VAULT_OK)
        return err;
    if (*c == ']') {
        take_byte(r);
        *c = -1;
        r->in_array = false;        /* another call finds the end of the input */
        return check_array_end(r);
    }
    if (*c < 0)
        return rows_say(r->here, NULL, NULL, "the input ends inside an array");
    if (first)
        return VAULT_OK;
    if (*c != ',')
        return rows_say(r->here, NULL, NULL, "a comma or ] is missing here");
    take_byte(r);
    err = next_byte(r, c);
    if (err == VAULT_OK && *c < 0)
        err = rows_say(r->here, NULL, NULL, "the input ends inside an array");
    return err;
}

vault_err
rows_json_next(struct rows *r, struct row *row, bool *got)
{
    bool in_array = r->in_array;
    vault_err err;
    int c;

    err = in_array ? next_in_array(r, &c) : next_byte(r, &c);
    *got = err == VAULT_OK && c >= 0;
    if (!*got)
        return err;
    if (c != '{')
        return rows_say(r->here, NULL, "JSON input is an array of objects, or one object a line",
            "an object is missing here");
    if (!in_array && !r->broke)
        return rows_say(r->here, NULL, NULL, "a second object on the same line");
    return next_object(r, row);
}

vault_err
rows_json_only(struct rows *r, struct row *row)
{
    vault_err err;
    int c;

    err = next_byte(r, &c);
    if (err != VAULT_OK)
        return err;
    if (r->in_array || c != '{')
        return rows_say(r->here, NULL, NULL, "one object is expected: {...}");
    err = next_object(r, row);
    if (err == VAULT_OK)
        err = next_byte(r, &c);
    if (err == VAULT_OK && c >= 0)
        err = rows_say(r->here, NULL, NULL, "something follows the object");
    return err;
}
