/*
 * sheet_csv.c - a sheet from CSV, and as CSV and JSON.
 */
#include "vault/release/sheet.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "vault/base/fd.h"
#include "vault/base/json_out.h"
#include "vault/import/rows.h"

/* ---- reading ---- */

static vault_err
take_header(struct sheet *s, const struct rows *r)
{
    vault_err err = VAULT_OK;

    for (uint32_t i = 0; err == VAULT_OK && i < rows_columns(r); i++)
        err = sheet_add_column(s, rows_column(r, i), NULL);
    return err;
}

static vault_err
take_row(struct sheet *s, const struct row *row)
{
    vault_err err = sheet_add_row(s);

    for (size_t i = 0; err == VAULT_OK && i < row->n_cells; i++)
        err = sheet_set(s, s->n_rows - 1, row->cell[i].column, row->cell[i].text);
    return err;
}

static vault_err
take_rows(struct sheet *s, int fd, char separator)
{
    struct rows *r = NULL;
    struct row row;
    bool got = true;
    vault_err err = rows_open_table(&r, fd, separator);

    if (err == VAULT_OK)
        err = take_header(s, r);
    while (err == VAULT_OK && got) {
        err = rows_next(r, &row, &got);
        if (err == VAULT_OK && got)
            err = take_row(s, &row);
    }
    if (err == VAULT_OK && s->n_rows == 0)
        err = err_say(VAULT_ERR_INPUT, "a table has a line of column names, and a line for each record",
            "line 2, column 1: there are no rows");
    rows_close(r);
    return err;
}

vault_err
sheet_read_csv(struct sheet *s, const char *path, char separator)
{
    struct stat st;
    int fd = -1;
    vault_err err = fd_open_regular(&fd, &st, AT_FDCWD, path, O_RDONLY);

    if (err == VAULT_OK)
        err = take_rows(s, fd, separator);
    if (err != VAULT_OK)
        sheet_free(s);
    if (fd >= 0)
        close(fd);
    return err;
}

static vault_err
seek_row(uint64_t *line, int fd, char separator, size_t n)
{
    struct rows *r = NULL;
    struct row row = { .line = 0 };
    bool got = true;
    vault_err err = rows_open_table(&r, fd, separator);

    for (size_t i = 0; err == VAULT_OK && got && i <= n; i++)
        err = rows_next(r, &row, &got);
    *line = row.line;
    rows_close(r);
    return err;
}

vault_err
sheet_csv_line(uint64_t *line, const char *path, char separator, size_t row)
{
    struct stat st;
    int fd = -1;
    vault_err err = fd_open_regular(&fd, &st, AT_FDCWD, path, O_RDONLY);

    if (err == VAULT_OK)
        err = seek_row(line, fd, separator, row);
    fd_close(fd);
    return err;
}

/* ---- writing ---- */

/* Characters that a spreadsheet takes for the beginning of a formula, also as full-width forms. */
static bool
is_formula(const char *s)
{
    static const char *const wide[] = { "\uff1d", "\uff0b", "\uff0d", "\uff20" };

    if (s[0] != '\0' && strchr("=+-@\t\r", s[0]) != NULL)
        return true;
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
        if (strncmp(s, wide[i], strlen(wide[i])) == 0)
            return true;
    return false;
}

static void
csv_cell(struct buf *out, const char *s, bool apostrophe)
{
    bool quoted = apostrophe || strpbrk(s, ",\"\r\n;\t") != NULL || s[0] == ' ' || (s[0] != '\0' && s[strlen(s) - 1] == ' ');

    if (!quoted) {
        buf_str(out, s);
        return;
    }
    buf_u8(out, '"');
    if (apostrophe)
        buf_u8(out, '\'');
    for (; *s != '\0'; s++) {
        if (*s == '"')
            buf_u8(out, '"');
        buf_u8(out, (uint8_t)*s);
    }
    buf_u8(out, '"');
}

static vault_err
formula(const struct sheet *s, size_t row, size_t column)
{
    return err_refuse("formula", "with the word it is written with an apostrophe before it",
        "table %s, row %zu, %s: a spreadsheet would take this cell for a formula", s->name == NULL ? "" : s->name, row + 1,
        s->column[column].name);
}

vault_err
sheet_write_csv(struct buf *out, const struct sheet *s, enum sheet_formulas formulas)
{
    for (size_t c = 0; c < s->n_columns; c++) {
        csv_cell(out, s->column[c].name, false);
        buf_str(out, c + 1 < s->n_columns ? "," : "\r\n");
    }
    for (size_t r = 0; r < s->n_rows; r++)
        for (size_t c = 0; c < s->n_columns; c++) {
            const char *text = sheet_text(s, r, c);
            bool bad = formulas != SHEET_AS_IT_IS && is_formula(text);

            if (bad && formulas == SHEET_REFUSE_FORMULAS)
                return formula(s, r, c);
            csv_cell(out, text, bad);
            buf_str(out, c + 1 < s->n_columns ? "," : "\r\n");
        }
    return buf_ok(out);
}

vault_err
sheet_write_json(struct buf *out, const struct sheet *s)
{
    buf_str(out, "[");
    for (size_t r = 0; r < s->n_rows; r++) {
        buf_str(out, r == 0 ? "\n{" : ",\n{");
        for (size_t c = 0; c < s->n_columns; c++) {
            const char *text = sheet_text(s, r, c);

            json_string(out, PART(s->column[c].name, strlen(s->column[c].name)));
            buf_str(out, ": ");
            if (text[0] == '\0')
                buf_str(out, "null");
            else
                json_string(out, PART(text, strlen(text)));
            buf_str(out, c + 1 < s->n_columns ? ", " : "}");
        }
    }
    buf_str(out, s->n_rows == 0 ? "]\n" : "\n]\n");
    return buf_ok(out);
}
