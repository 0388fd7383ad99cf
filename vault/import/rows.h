/*
 * rows.h - rows of cells out of CSV and JSON, streamed, each cell knowing where it stood.
 *
 * Layer:   import (includes record/ and below; this file needs base/ only).
 * Secrets: cells hold names: they lie in buffers that are wiped. No sentence quotes a cell.
 * Format:  docs/import.md.
 */
#ifndef VAULT_IMPORT_ROWS_H
#define VAULT_IMPORT_ROWS_H

#include <stdbool.h>
#include <stdint.h>
#include "vault/base/bytes.h"
#include "vault/base/hash.h"

#define ROWS_COLUMNS_MAX 512
#define ROWS_CELL_MAX ((size_t)1 << 20)
#define ROWS_ROW_MAX ((size_t)4 << 20)

enum cell_kind { CELL_TEXT, CELL_NUMBER, CELL_BOOL, CELL_NULL };

struct cell {
    uint32_t column;            /* index into rows_column() */
    enum cell_kind kind;
    struct part text;           /* UTF-8. NUMBER: as written; BOOL: "true", "false"; NULL: empty */
    struct part source, as_of, certainty;   /* JSON objects with provenance; else empty */
    struct part name, size, sha256, tier;   /* JSON objects that stand for a file; else empty */
    uint32_t col;               /* 1-based: CSV field number; JSON: character column */
    uint64_t line;              /* 1-based, where the cell begins */
};

struct row {
    uint64_t line;              /* where the row begins */
    const struct cell *cell;    /* in order; JSON arrays give several cells of one column */
    size_t n_cells;
};

struct rows;                    /* opaque reader */

enum rows_format { ROWS_AUTO, ROWS_CSV, ROWS_JSON };

/*
 * Read from descriptor `fd` (borrowed; read(2) in chunks, never all at once). AUTO: the first
 * character that is not white space (after a BOM) being { or [ means JSON: an array of objects, or
 * one object a line. CSV: the first row is the header; the separator (, ; or tab) is found from it;
 * RFC 4180 quoting with line breaks inside quotes (CRLF there becomes LF); lines end with CRLF or
 * LF; empty lines are fine.
 * *out belongs to the caller. VAULT_ERR_INPUT with "line N, column M: ...".
 */
VAULT_CHECK vault_err rows_open(struct rows **out, int fd, enum rows_format format);
/* A table as CSV whose columns `separator` keeps apart (0: found as above), in which a row of empty cells is a row. VAULT_ERR_INPUT: the separator is
 * a quote, a line break or not ASCII. */
VAULT_CHECK vault_err rows_open_table(struct rows **out, int fd, char separator);
/* The same without a header: columns are called 0, 1, 2 ..., as many as the first row has, and every row has so many. A ; outside quotes in the first
 * row is the separator; else it is found. */
VAULT_CHECK vault_err rows_open_bare(struct rows **out, int fd);
/* Next row. *got is false at the end. `row` is borrowed until the next call. CSV rows with more or
 * fewer fields than the header, broken UTF-8, zero bytes, an unclosed quote, a quote inside an
 * unquoted field: VAULT_ERR_INPUT with line and column; call it no more then. Empty CSV cells give
 * no cell (an empty JSON text gives an empty one); an empty JSON array gives one of CELL_NULL; a
 * row without any cell is passed over. */
VAULT_CHECK vault_err rows_next(struct rows *r, struct row *row, bool *got);
void rows_close(struct rows *r);        /* wipes; NULL is fine */

/* ROWS_CSV or ROWS_JSON, once open. */
enum rows_format rows_kind(const struct rows *r);

/* Columns seen so far (CSV: all after rows_open; JSON: grows as keys turn up). A name used twice in
 * a header or object is refused. */
size_t rows_columns(const struct rows *r);
const char *rows_column(const struct rows *r, uint32_t column);     /* zero-terminated */

/* Parse one JSON object (the whole text) into cells. Same rules; keys through the reader's column
 * table. Used for `--from`. */
VAULT_CHECK vault_err rows_from_object(struct rows **out, struct row *row, const char *json,
    size_t n);

#endif
