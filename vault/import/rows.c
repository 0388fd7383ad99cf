#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "vault/base/text.h"
#include "vault/import/reader.h"

#ifndef ROWS_WINDOW             /* fuzz_rows.c begins with a small one: it moves and grows */
#define ROWS_WINDOW ((size_t)256 << 10)
#endif

/* ---- the window ---- */

/* realloc would leave a copy behind. */
static bool
window_resize(struct rows *r, size_t cap)
{
    uint8_t *win = malloc(cap);

    if (win == NULL)
        return false;
    if (r->win != NULL) {
        memcpy(win, r->win + r->at, r->end - r->at);
        sodium_memzero(r->win, r->cap);
        free(r->win);
    }
    r->end -= r->at;
    r->at = 0;
    r->win = win;
    r->cap = cap;
    return true;
}

/* A caller asks for more only while the row is within its limit, so this ends at twice that. */
static bool
window_room(struct rows *r)
{
    if (r->at > 0 && r->cap - r->end < r->cap / 4) {
        memmove(r->win, r->win + r->at, r->end - r->at);
        r->end -= r->at;
        r->at = 0;
    }
    return r->end < r->cap || window_resize(r, r->cap == 0 ? ROWS_WINDOW : 2 * r->cap);
}

vault_err
rows_more(struct rows *r, bool *got)
{
    ssize_t n;

    *got = false;
    if (r->ended)
        return VAULT_OK;
    if (!window_room(r))
        return err_nomem();
    do
        n = read(r->fd, r->win + r->end, r->cap - r->end);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_errno(errno, "cannot read the input");
    r->ended = n == 0;
    r->end += (size_t)n;
    *got = n > 0;
    return VAULT_OK;
}

size_t
rows_whole_characters(const void *text, size_t n)
{
    const uint8_t *p = text;
    size_t lead = n;

    while (lead > 0 && n - lead < 3 && (p[lead - 1] & 0xC0) == 0x80)
        lead--;
    return lead > 0 && p[lead - 1] >= 0xC0 ? lead - 1 : n;
}

/* ---- sentences ---- */

void
rows_show_name(char out[static ROWS_SHOWN_MAX], const char *name, size_t n)
{
    const size_t most = 40;         /* not longer than a person wants to read */
    struct buf shown = BUF_INIT;
    const char *s;

    text_escape(&shown, name, n <= most ? n : rows_whole_characters(name, most), false);
    s = buf_cstr(&shown);
    snprintf(out, ROWS_SHOWN_MAX, "%s%s", s == NULL ? "" : s, n <= most ? "" : "...");
    buf_free(&shown);
}

vault_err
rows_say(struct place at, const struct column *column, const char *hint, const char *fmt, ...)
{
    char name[ROWS_SHOWN_MAX] = "";
    char text[256];
    va_list ap;

    if (column != NULL)
        rows_show_name(name, column->name, column->n);
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return err_say(VAULT_ERR_INPUT, hint, "line %" PRIu64 ", column %" PRIu64 "%s%s%s: %s",
        at.line, at.col, column != NULL ? " (" : "", name, column != NULL ? ")" : "", text);
}

vault_err
rows_say_encoding(struct place at, const struct column *column, uint8_t bad)
{
    if (bad == 0)
        return rows_say(at, column, NULL, "a zero byte");
    return rows_say(at, column, "save the file as UTF-8 (spreadsheets call it \"CSV UTF-8\")",
        "not UTF-8");
}

/* ---- columns and cells ---- */

static bool
is_column(const struct rows *r, uint32_t i, struct part name)
{
    return r->column[i].n == name.n && memcmp(r->column[i].name, name.p, name.n) == 0;
}

bool
rows_find_column(const struct rows *r, struct part name, uint32_t guess, uint32_t *out)
{
    *out = guess;
    if (guess < r->n_columns && is_column(r, guess, name))
        return true;
    for (*out = 0; *out < r->n_columns; (*out)++)
        if (is_column(r, *out, name))
            return true;
    return false;
}

static void *
grown(void *p, size_t n, size_t *cap, size_t size)
{
    size_t more = *cap == 0 ? 16 : 2 * *cap;

    if (n < *cap)
        return p;
    p = reallocarray(p, more, size);    /* names of columns, places and lengths: nothing to wipe */
    if (p != NULL)
        *cap = more;
    return p;
}

vault_err
rows_add_column(struct rows *r, struct part name, struct place at, uint32_t *out)
{
    struct column *column;
    char *copy;

    if (name.n == 0)
        return rows_say(at, NULL, "name it, or take it out", "this column has no name");
    if (name.n > ROWS_NAME_MAX)
        return rows_say(at, NULL, NULL, "the name of this column is longer than %d bytes",
            ROWS_NAME_MAX);
    if (r->n_columns == ROWS_COLUMNS_MAX)
        return rows_say(at, NULL, NULL, "more than %d columns", ROWS_COLUMNS_MAX);
    column = grown(r->column, r->n_columns, &r->cap_columns, sizeof *column);
    if (column == NULL)
        return err_nomem();
    r->column = column;
    copy = malloc(name.n + 1);
    if (copy == NULL)
        return err_nomem();
    memcpy(copy, name.p, name.n);
    copy[name.n] = '\0';
    *out = (uint32_t)r->n_columns;
    r->column[r->n_columns++] = (struct column){.name = copy, .n = name.n};
    return VAULT_OK;
}

vault_err
rows_add_cell(struct rows *r, struct place at, struct cell **out)
{
    struct cell *cell;

    if (r->n_cells == ROWS_CELLS_MAX)
        return rows_say(at, NULL, NULL, "more than %d values for one record", ROWS_CELLS_MAX);
    cell = grown(r->cell, r->n_cells, &r->cap_cells, sizeof *cell);
    if (cell == NULL)
        return err_nomem();
    r->cell = cell;
    *out = &r->cell[r->n_cells++];
    **out = (struct cell){.line = at.line,
        .col = at.col > UINT32_MAX ? UINT32_MAX : (uint32_t)at.col};
    return VAULT_OK;
}

enum rows_format
rows_kind(const struct rows *r)
{
    return r->format;
}

size_t
rows_columns(const struct rows *r)
{
    return r->n_columns;
}

const char *
rows_column(const struct rows *r, uint32_t column)
{
    return r->column[column].name;
}

/* ---- opening and closing ---- */

static vault_err
fill_to(struct rows *r, size_t n)
{
    vault_err err = VAULT_OK;
    bool got = true;

    while (err == VAULT_OK && got && r->end - r->at < n)
        err = rows_more(r, &got);
    return err;
}

/* What spreadsheets write when asked for "Unicode text" is told apart from other broken input. */
static vault_err
skip_mark(struct rows *r)
{
    const uint8_t *p;
    vault_err err = fill_to(r, 3);

    if (err != VAULT_OK)
        return err;
    p = r->win + r->at;
    if (r->end - r->at >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0)
        r->at += 3;
    else if (r->end - r->at >= 2
        && (memcmp(p, "\xFF\xFE", 2) == 0 || memcmp(p, "\xFE\xFF", 2) == 0))
        return rows_say((struct place){1, 1}, NULL,
            "save the file as UTF-8 (spreadsheets call it \"CSV UTF-8\")", "this is UTF-16");
    return VAULT_OK;
}

/* Also where the format is given: a file without anything in it is a mistake. */
static vault_err
find_format(struct rows *r)
{
    vault_err err;
    size_t i = 0;

    for (;;) {
        err = fill_to(r, i + 1);
        if (err != VAULT_OK)
            return err;
        if (r->end - r->at <= i || i > ROWS_ROW_MAX)
            return rows_say((struct place){1, 1}, NULL, NULL, "there is nothing in this file");
        if (memchr(" \t\r\n", r->win[r->at + i], 4) == NULL)
            break;
        i++;
    }
    if (r->format == ROWS_AUTO)
        r->format = memchr("{[", r->win[r->at + i], 2) != NULL ? ROWS_JSON : ROWS_CSV;
    return VAULT_OK;
}

static vault_err
rows_start(struct rows *r, enum rows_format format)
{
    vault_err err;

    r->here = (struct place){1, 1};
    r->format = format;
    err = skip_mark(r);
    if (err == VAULT_OK)
        err = find_format(r);
    if (err == VAULT_OK)
        err = r->format == ROWS_JSON ? rows_json_start(r) : rows_csv_start(r);
    return err;
}

static vault_err
open_rows(struct rows **out, const struct rows *like)
{
    struct rows *r = calloc(1, sizeof *r);
    vault_err err;

    if (r == NULL)
        return err_nomem();
    *r = *like;
    err = rows_start(r, like->format);
    if (err == VAULT_OK) {
        *out = r;
        r = NULL;
    }
    rows_close(r);
    return err;
}

vault_err
rows_open(struct rows **out, int fd, enum rows_format format)
{
    return open_rows(out, &(struct rows){ .fd = fd, .format = format });
}

vault_err
rows_open_table(struct rows **out, int fd, char separator)
{
    if (separator != '\0' && (separator == '"' || separator == '\n' || separator == '\r' || (signed char)separator < 0))
        return err_say(VAULT_ERR_INPUT, "as in --separator ';'", "that cannot separate columns");
    return open_rows(out, &(struct rows){ .fd = fd, .format = ROWS_CSV, .separator = separator, .keep_empty = true });
}

vault_err
rows_open_bare(struct rows **out, int fd)
{
    return open_rows(out, &(struct rows){ .fd = fd, .format = ROWS_CSV, .keep_empty = true, .bare = true });
}

vault_err
rows_next(struct rows *r, struct row *row, bool *got)
{
    vault_err err;

    do {
        *got = false;
        r->n_cells = 0;
        r->row_number++;
        err = r->format == ROWS_JSON ? rows_json_next(r, row, got) : rows_csv_next(r, row, got);
    } while (err == VAULT_OK && *got && r->n_cells == 0 && !r->keep_empty);
    row->cell = r->cell;
    row->n_cells = r->n_cells;
    return err;
}

vault_err
rows_from_object(struct rows **out, struct row *row, const char *json, size_t n)
{
    struct rows *r = NULL;
    vault_err err;

    if (n > ROWS_ROW_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "an object of more than %zu MiB",
            ROWS_ROW_MAX >> 20);
    r = calloc(1, sizeof *r);
    if (r == NULL || !window_resize(r, n + 1)) {
        err = err_nomem();
        goto done;
    }
    memcpy(r->win, json, n);
    r->end = n;
    r->ended = true;
    r->row_number = 1;
    err = rows_start(r, ROWS_JSON);
    if (err == VAULT_OK)
        err = rows_json_only(r, row);
    if (err != VAULT_OK)
        goto done;
    row->cell = r->cell;
    row->n_cells = r->n_cells;
    *out = r;
    r = NULL;
done:
    rows_close(r);
    return err;
}

void
rows_close(struct rows *r)
{
    if (r == NULL)
        return;
    if (r->win != NULL)
        sodium_memzero(r->win, r->cap);
    free(r->win);
    for (size_t i = 0; i < r->n_columns; i++)
        free(r->column[i].name);
    free(r->column);
    free(r->cell);
    free(r);
}
