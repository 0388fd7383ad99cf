/*
 * reader.h - inside of a rows reader: the window onto the input, the columns, the cells.
 *
 * Layer:   import; for this folder only; everybody else sees rows.h.
 * Secrets: the window holds names; it is wiped when it moves to a larger place and when freed.
 * Format:  docs/import.md.
 *
 * The window holds one row as a whole, because cells point into it; nothing else is kept. What a
 * reader takes is therefore bounded by the longest row and not by the file; pipeline.c bounds what waits to be stored.
 */
#ifndef VAULT_IMPORT_READER_H
#define VAULT_IMPORT_READER_H

#include "vault/import/rows.h"

#define ROWS_NAME_MAX 256       /* bytes of a column's name */
#define ROWS_CELLS_MAX 4096     /* of a row: a revision holds no more leaves */

struct place {
    uint64_t line;
    uint64_t col;               /* CSV: field number; JSON: character; both from 1 */
};

struct column {
    char *name;                 /* zero-terminated */
    size_t n;
    uint64_t seen;              /* number of the last row that had it: finds a name used twice */
};

struct rows {
    int fd;
    bool ended;                 /* read(2) said so */
    enum rows_format format;    /* not AUTO once open */

    uint8_t *win;
    size_t cap;
    size_t at, end;             /* unread: win[at..end) */
    size_t scanned;             /* of these, searched already for the end of the row */
    struct place here;          /* of win[at]; CSV uses the line only */

    struct column *column;
    size_t n_columns, cap_columns;
    struct cell *cell;
    size_t n_cells, cap_cells;
    uint64_t row_number;

    char separator;             /* CSV; 0: to be found */
    bool keep_empty;            /* CSV: a row without any cell is told, too */
    bool bare;                  /* CSV: no header; columns are numbered */
    bool in_quotes;             /* CSV: state after `scanned` bytes */
    bool in_string;             /* JSON: the same */
    unsigned depth;             /* JSON: open brackets after `scanned` bytes */
    bool in_array;              /* JSON: an array of objects, not one object a line */
    bool broke;                 /* JSON: a line break since the last object */
};

/* A row in the window, before anything but its end is known. */
struct raw_row {
    uint8_t *p;
    size_t n;
    size_t step;                /* with its line break */
    const char *cut;            /* not NULL: the end was not found, and this is why */
};

/* Room and more input behind win[end]. The window may move. *got: false at the end of input. */
VAULT_CHECK vault_err rows_more(struct rows *r, bool *got);

/* The name of a column for a sentence: escaped, and cut when it is long. */
#define ROWS_SHOWN_MAX 512
void rows_show_name(char out[static ROWS_SHOWN_MAX], const char *name, size_t n);
/* VAULT_ERR_INPUT with "line N, column M (name): " before the sentence; `column` may be NULL. */
vault_err rows_say(struct place at, const struct column *column, const char *hint,
    const char *fmt, ...) VAULT_PRINTF(4, 5);
/* The sentence for text that text_valid() refused; `bad` is the byte it named. */
vault_err rows_say_encoding(struct place at, const struct column *column, uint8_t bad);

/* `guess` is looked at first. */
bool rows_find_column(const struct rows *r, struct part name, uint32_t guess, uint32_t *out);
/* Adds a column at the end: not empty, not too long, not one too many; a name that is there already
 * is for the caller to find. The sentence stands at `at`. */
VAULT_CHECK vault_err rows_add_column(struct rows *r, struct part name, struct place at,
    uint32_t *out);
/* *out is good until the next call. VAULT_ERR_INPUT: more than ROWS_CELLS_MAX. */
VAULT_CHECK vault_err rows_add_cell(struct rows *r, struct place at, struct cell **out);

/* Less than n where a text that was cut after n bytes ends in the middle of a character. */
size_t rows_whole_characters(const void *text, size_t n);

VAULT_CHECK vault_err rows_csv_start(struct rows *r);       /* reads the header */
VAULT_CHECK vault_err rows_csv_next(struct rows *r, struct row *row, bool *got);
VAULT_CHECK vault_err rows_json_start(struct rows *r);
VAULT_CHECK vault_err rows_json_next(struct rows *r, struct row *row, bool *got);
/* The window holds one object and white space, nothing else. */
VAULT_CHECK vault_err rows_json_only(struct rows *r, struct row *row);

#endif
