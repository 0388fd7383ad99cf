/*
 * sheet.h - a table as it is released or judged: columns by name, cells as text.
 *
 * Layer:   release (base, import for CSV).
 * Secrets: cells may hold what must not leave, until the gate has passed them: wiped when freed.
 * Format:  none stored; CSV as RFC 4180 (docs/format.md, section 29).
 *
 * Equal texts of a column are one value with one number, so that rows are compared by numbers.
 */
#ifndef VAULT_RELEASE_SHEET_H
#define VAULT_RELEASE_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vault/base/bytes.h"
#include "vault/base/hash.h"

#define SHEET_COLUMNS_MAX 512u
#define SHEET_ROWS_MAX 10000000u
#define SHEET_SUPPRESSED "*"            /* what stands in place of a value that is kept back */

/* What a field of a policy becomes (cli.md, "Policy files"). */
enum treat {
    TREAT_DROP, TREAT_KEEP, TREAT_PSEUDONYM, TREAT_REVIEWED,
    TREAT_BAND,                         /* arg: years */
    TREAT_DATE,                         /* arg: enum treat_date */
    TREAT_PLACE,                        /* arg: parts kept from the right */
    TREAT_HIERARCHY                     /* arg: level */
};
enum treat_date { TREAT_DATE_YEAR, TREAT_DATE_QUARTER, TREAT_DATE_MONTH };

/* The disclosure role of the field (record/type.h has the same, with direct: such a column is never in a sheet). */
enum sheet_role { SHEET_NEUTRAL, SHEET_QUASI, SHEET_SENSITIVE };

struct sheet_column {
    char *name;
    enum sheet_role role;
    enum treat treat;
    unsigned arg;
    const char *kind;                   /* of the field: "date", "place", "choice", "text" ...; borrowed, or NULL */

    uint32_t *cell;                     /* for each row: a number below n_values */
    char **value;                       /* their texts, zero-terminated UTF-8; "" where nothing is known */
    uint32_t n_values;

    uint32_t *slot;                     /* sheet.c only: texts by hash */
    size_t n_slots, cap_values;
};

struct sheet {
    char *name;                         /* "person": NAME.csv, NAME.json */
    struct sheet_column *column;
    size_t n_columns;
    size_t n_rows, cap_rows;
};

void sheet_init(struct sheet *s);
void sheet_free(struct sheet *s);                       /* wipes; usable again */
VAULT_CHECK vault_err sheet_name(struct sheet *s, const char *name);
/* A column behind the others; before the first row. *out (or NULL) is good until the next. VAULT_ERR_INPUT: too many, or the name is there. */
VAULT_CHECK vault_err sheet_add_column(struct sheet *s, const char *name, struct sheet_column **out);
/* A row with "" in each cell. VAULT_ERR_INPUT: too many. */
VAULT_CHECK vault_err sheet_add_row(struct sheet *s);
/* Text without zero bytes into a cell; copied. */
VAULT_CHECK vault_err sheet_set(struct sheet *s, size_t row, size_t column, struct part text);
/* order[i] is the row that becomes row i: each once. */
VAULT_CHECK vault_err sheet_reorder(struct sheet *s, const uint32_t *order);
/* The number of a text in a column, made where it is new. */
VAULT_CHECK vault_err sheet_value(struct sheet_column *c, struct part text, uint32_t *out);
/* The same, but only where it is there. */
bool sheet_find_value(const struct sheet_column *c, struct part text, uint32_t *out);
bool sheet_find_column(const struct sheet *s, const char *name, size_t *out);

static inline const char *
sheet_text(const struct sheet *s, size_t row, size_t column)
{
    const struct sheet_column *c = &s->column[column];

    return c->value[c->cell[row]];
}

/*
 * A whole CSV file (separator 0: found from its header). VAULT_ERR_INPUT with line and column: ragged, no header, no rows, over SHEET_COLUMNS_MAX
 * columns, not UTF-8, a name twice. VAULT_ERR_NOT_FOUND. `what` names the file in sentences.
 */
VAULT_CHECK vault_err sheet_read_csv(struct sheet *s, const char *path, char separator);
/* Where row `row` (from 0) begins in a file that was read so: its line, counted from 1. For sentences; reads the file again. */
VAULT_CHECK vault_err sheet_csv_line(uint64_t *line, const char *path, char separator, size_t row);
/* As CSV with CRLF, each cell quoted where it must be. A cell that a spreadsheet would take for a formula is refused: VAULT_ERR_REFUSED names table,
 * row and column (word `formula`: written with an apostrophe before it). What no spreadsheet is to open goes as it is. */
enum sheet_formulas { SHEET_REFUSE_FORMULAS, SHEET_APOSTROPHE, SHEET_AS_IT_IS };
VAULT_CHECK vault_err sheet_write_csv(struct buf *out, const struct sheet *s, enum sheet_formulas formulas);
/* As an array of objects, in the order of rows and columns; "" as null. */
VAULT_CHECK vault_err sheet_write_json(struct buf *out, const struct sheet *s);

#endif
