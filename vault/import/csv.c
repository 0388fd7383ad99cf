/*
 * RFC 4180, read twice. The first reading only finds the end of the row: a line break with an even
 * number of quotes before it. It can stop anywhere and go on when more input is there, so no
 * byte is searched again. The second is strict, goes over the complete row, and removes doubled
 * quotes in place. Both jump from one special byte to the next with memchr(3), which is what
 * makes them fast. Where the row has no end the second reading still runs: a quote at a wrong
 * place is the likely reason, and it knows where.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/import/reader.h"

static const char unclosed[] = "the quote that opens this cell is not closed";
static const char too_long[] = "the row is longer than 4 MiB";

/* ---- first reading ---- */

/* Search what is new in the window. True: *length is the offset of the line break. */
static bool
search_row_end(struct rows *r, size_t *length)
{
    const uint8_t *base = r->win + r->at;
    const uint8_t *hit;
    const size_t n = r->end - r->at;
    size_t i = r->scanned;
    size_t line_end = 0;            /* valid while > i */
    bool found = false;

    while (i < n && !found) {
        size_t stop = n;

        if (!r->in_quotes) {
            if (line_end <= i) {
                hit = memchr(base + i, '\n', n - i);
                line_end = hit == NULL ? n : (size_t)(hit - base);
            }
            stop = line_end;
        }
        hit = stop == i ? NULL : memchr(base + i, '"', stop - i);
        if (hit != NULL) {
            r->in_quotes = !r->in_quotes;
            i = (size_t)(hit - base) + 1;
        } else {
            i = stop;
            found = i < n;
        }
    }
    r->scanned = i;
    *length = i;
    return found;
}

static vault_err
find_line(struct rows *r, struct raw_row *out)
{
    bool more = true;
    bool found;
    size_t n;
    vault_err err;

    r->scanned = 0;
    r->in_quotes = false;
    while (!(found = search_row_end(r, &n)) && n <= ROWS_ROW_MAX && more) {
        err = rows_more(r, &more);
        if (err != VAULT_OK)
            return err;
    }
    *out = (struct raw_row){.p = r->win + r->at, .n = n, .step = n + (found ? 1 : 0)};
    if (n > ROWS_ROW_MAX) {
        out->cut = too_long;
        out->n = rows_whole_characters(out->p, ROWS_ROW_MAX);
    } else if (!found && r->in_quotes)
        out->cut = unclosed;
    else if (found && n > 0 && out->p[n - 1] == '\r')
        out->n--;
    return VAULT_OK;
}

/* The next row that is not an empty line: such a line says nothing, wherever it stands. */
static vault_err
find_row(struct rows *r, struct raw_row *out, bool *got)
{
    vault_err err;

    for (;;) {
        err = find_line(r, out);
        if (err != VAULT_OK)
            return err;
        *got = out->n > 0;
        if (out->n > 0 || out->step == 0)
            return VAULT_OK;
        r->at += out->step;
        r->here.line++;
    }
}

/* ---- second reading ---- */

struct csv_row {
    const struct rows *r;
    const char *cut;            /* as in raw_row */
    uint8_t *p, *end;
    struct place at;            /* line of p; number of the present field */
    bool valid;                 /* all of it is UTF-8: no need to look at each cell */
    bool plain;                 /* no quote and no carriage return in it: the same */
};

static const struct column *
csv_column(const struct csv_row *c)
{
    return c->at.col <= c->r->n_columns ? &c->r->column[c->at.col - 1] : NULL;
}

static uint64_t
count_lines(const uint8_t *p, size_t n)
{
    const uint8_t *end = p + n;
    uint64_t lines = 0;

    while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        lines++;
        p++;
    }
    return lines;
}

/* CRLF inside quotes is a line break of the text, not a part of it. */
static size_t
join_crlf(uint8_t *p, size_t n)
{
    uint8_t *to = memchr(p, '\r', n);
    const uint8_t *end = p + n;

    if (to == NULL)
        return n;
    for (const uint8_t *from = to; from < end; from++)
        if (!(from[0] == '\r' && end - from > 1 && from[1] == '\n'))
            *to++ = *from;
    return (size_t)(to - p);
}

static vault_err
plain_field(struct csv_row *c, struct part *out)
{
    size_t n = (size_t)(c->end - c->p);
    const uint8_t *stop = n == 0 ? NULL : memchr(c->p, c->r->separator, n);

    if (stop != NULL)
        n = (size_t)(stop - c->p);
    *out = PART(c->p, n);
    if (n == 0)
        return VAULT_OK;
    if (!c->plain && memchr(c->p, '"', n) != NULL)
        return rows_say(c->at, csv_column(c),
            "put the whole cell into quotes, and write each quote inside it twice",
            "a quote inside a cell that does not begin with one");
    if (!c->plain && memchr(c->p, '\r', n) != NULL)
        return rows_say(c->at, csv_column(c), "lines end with LF or CRLF",
            "a carriage return that does not end a line");
    c->p += n;
    return VAULT_OK;
}

static vault_err
say_cut(const struct csv_row *c)
{
    return rows_say(c->at, csv_column(c), c->cut == too_long ? "is a quote not closed?" : NULL,
        "%s", c->cut);
}

/* c->p stands on the opening quote. */
static vault_err
quoted_field(struct csv_row *c, struct part *out)
{
    uint8_t *const text = c->p + 1;
    uint8_t *from = text;
    uint8_t *to = text;
    uint64_t lines;

    for (;;) {
        uint8_t *quote = from < c->end ? memchr(from, '"', (size_t)(c->end - from)) : NULL;
        size_t n = quote == NULL ? 0 : (size_t)(quote - from);

        if (quote == NULL)
            return say_cut(c);
        if (to != from)
            memmove(to, from, n);
        to += n;
        from = quote + 1;
        if (from == c->end || *from != '"')
            break;
        *to++ = '"';
        from++;
    }
    lines = count_lines(text, (size_t)(to - text));
    if (from < c->end && *from != (uint8_t)c->r->separator)
        return rows_say(c->at, csv_column(c), "a quote inside a cell is written twice",
            "something follows the closing quote on line %" PRIu64, c->at.line + lines);
    c->at.line += lines;
    c->p = from;
    *out = PART(text, join_crlf(text, (size_t)(to - text)));
    return VAULT_OK;
}

static vault_err
read_field(struct csv_row *c, struct part *out)
{
    struct place at = c->at;
    bool quoted = c->p < c->end && *c->p == '"';
    size_t bad;
    vault_err err;

    err = quoted ? quoted_field(c, out) : plain_field(c, out);
    if (err != VAULT_OK)
        return err;
    if (out->n > ROWS_CELL_MAX)
        return rows_say(at, csv_column(c), quoted ? "is a quote not closed?" : NULL,
            "the cell is longer than 1 MiB");
    if (!c->valid && !text_valid(out->p, out->n, &bad)) {
        const uint8_t *p = out->p;

        at.line += count_lines(p, bad);
        return rows_say_encoding(at, csv_column(c), p[bad]);
    }
    return VAULT_OK;
}

/* ---- rows ---- */

typedef vault_err take_field(struct rows *r, struct place at, struct part text);

/* Give each field to `take`; r->here is then behind the row. */
static vault_err
read_row(struct rows *r, const struct raw_row *raw, take_field *take)
{
    struct csv_row c = {.r = r, .cut = raw->cut, .p = raw->p, .end = raw->p + raw->n,
        .at = {r->here.line, 1}, .valid = text_valid((const char *)raw->p, raw->n, NULL),
        .plain = memchr(raw->p, '"', raw->n) == NULL && memchr(raw->p, '\r', raw->n) == NULL};
    struct place at;
    struct part text;
    vault_err err;

    for (;;) {
        at = c.at;
        err = read_field(&c, &text);
        if (err == VAULT_OK)
            err = take(r, at, text);
        if (err != VAULT_OK)
            return err;
        if (c.p == c.end)
            break;
        c.p++;
        c.at.col++;
    }
    if (c.cut != NULL)
        return say_cut(&c);
    r->here = (struct place){c.at.line + 1, c.at.col};
    r->at += raw->step;
    return VAULT_OK;
}

static struct part
trimmed(struct part s)
{
    const char *p = s.p;
    size_t n = s.n;

    while (n > 0 && (*p == ' ' || *p == '\t'))
        p++, n--;
    while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
        n--;
    return PART(p, n);
}

static vault_err
take_name(struct rows *r, struct place at, struct part text)
{
    struct part name = trimmed(text);
    uint32_t i;

    if (rows_find_column(r, name, UINT32_MAX, &i))
        return rows_say(at, &r->column[i], NULL, "column %" PRIu32 " has the same name", i + 1);
    return rows_add_column(r, name, at, &i);
}

static vault_err
take_cell(struct rows *r, struct place at, struct part text)
{
    struct cell *cell;
    vault_err err;

    if (at.col > r->n_columns)
        return rows_say(at, NULL, "put cells that contain the separator into quotes",
            "one field too many: the header has %zu columns", r->n_columns);
    if (text.n == 0)
        return VAULT_OK;
    err = rows_add_cell(r, at, &cell);
    if (err != VAULT_OK)
        return err;
    cell->column = (uint32_t)at.col - 1;
    cell->kind = CELL_TEXT;
    cell->text = text;
    return VAULT_OK;
}

/* The one of , ; and tab that stands most often outside quotes in the header. */
static vault_err
find_separator(struct rows *r, const struct raw_row *header)
{
    static const char candidate[] = {',', ';', '\t'};
    size_t count[sizeof candidate] = {0};
    size_t best = 0;
    bool quoted = false;

    for (size_t i = 0; i < header->n; i++) {
        const char *hit = memchr(candidate, header->p[i], sizeof candidate);

        if (header->p[i] == '"')
            quoted = !quoted;
        else if (hit != NULL && !quoted)
            count[hit - candidate]++;
    }
    for (size_t i = 1; i < sizeof candidate; i++)
        if (count[i] > count[best])
            best = i;
    for (size_t i = 0; i < sizeof candidate; i++)
        if (i != best && count[i] > 0 && count[i] == count[best])
            return rows_say(r->here, NULL,
                "put a name that contains , ; or a tab into quotes",
                "the header does not say which of , ; and tab separates the columns");
    r->separator = candidate[best];
    return VAULT_OK;
}

/* How often `what` stands outside quotes. */
static size_t
count_outside(const struct raw_row *row, char what)
{
    size_t n = 0;
    bool quoted = false;

    for (size_t i = 0; i < row->n; i++)
        if (row->p[i] == '"')
            quoted = !quoted;
        else if (row->p[i] == (uint8_t)what && !quoted)
            n++;
    return n;
}

/* The first row stays where it is: it is read like the others. */
static vault_err
number_columns(struct rows *r, const struct raw_row *row)
{
    size_t n = count_outside(row, r->separator) + 1;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        char name[24];
        uint32_t at;
        int len = snprintf(name, sizeof name, "%zu", i);

        err = rows_add_column(r, PART(name, (size_t)len), (struct place){ r->here.line, i + 1 }, &at);
    }
    return err;
}

vault_err
rows_csv_start(struct rows *r)
{
    struct raw_row raw;
    vault_err err;
    bool got;

    err = find_row(r, &raw, &got);
    if (err == VAULT_OK && r->bare && count_outside(&raw, ';') > 0)
        r->separator = ';';
    if (err == VAULT_OK && r->separator == '\0')
        err = find_separator(r, &raw);
    if (err == VAULT_OK)
        err = r->bare ? number_columns(r, &raw) : read_row(r, &raw, take_name);
    return err;
}

vault_err
rows_csv_next(struct rows *r, struct row *row, bool *got)
{
    struct raw_row raw;
    vault_err err;

    err = find_row(r, &raw, got);
    if (err != VAULT_OK || !*got)
        return err;
    row->line = r->here.line;
    err = read_row(r, &raw, take_cell);
    if (err == VAULT_OK && r->here.col < r->n_columns)
        err = rows_say((struct place){r->here.line - 1, r->here.col}, NULL,
            "put cells that contain a line break into quotes",
            "the row ends after %" PRIu64 " of %zu fields", r->here.col, r->n_columns);
    return err;
}
