/*
 * fuzz_rows.c - libFuzzer target: CSV and JSON from hostile input, whole and in odd pieces.
 *
 * Whatever the input, every cell is valid text within its limits, and what comes out does not
 * depend on how the input was cut into reads.
 *
 * tests/fuzz/run.sh rows builds and runs it (make fuzz T=rows).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "vault/base/text.h"
#include "vault/import/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "fuzz_rows: %s\n", what);
    abort();
}

/* 0: read(2) gives what it is asked for; else at most some bytes, other ones at each call. */
static unsigned pieces;

ssize_t __real_read(int fd, void *out, size_t n);
ssize_t __wrap_read(int fd, void *out, size_t n);

ssize_t
__wrap_read(int fd, void *out, size_t n)
{
    size_t most = n;

    if (pieces != 0) {
        pieces = pieces * 1103515245u + 12345u;
        most = 1 + (pieces >> 16) % 40;
    }
    return __real_read(fd, out, n < most ? n : most);
}

static int
memory_file(const uint8_t *data, size_t n)
{
    int fd = memfd_create("rows", MFD_CLOEXEC);

    must(fd >= 0 && write(fd, data, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0, "memfd");
    return fd;
}

static void
put_part(struct buf *out, struct part p, bool text)
{
    must(p.n <= ROWS_CELL_MAX, "a cell over its limit");
    must(!text || text_valid(p.p, p.n, NULL), "a cell that is not valid text");
    buf_u32(out, (uint32_t)p.n);
    buf_put(out, p.p, p.n);
}

static void
put_row(struct buf *out, const struct rows *r, const struct row *row)
{
    must(row->n_cells > 0, "a row without cells");
    buf_u64(out, row->line);
    for (size_t i = 0; i < row->n_cells; i++) {
        const struct cell *c = &row->cell[i];

        must(c->column < rows_columns(r), "a column that does not exist");
        must(c->line >= row->line && c->col > 0, "a cell outside its row");
        must(c->kind == CELL_NULL ? c->text.n == 0 : true, "null with a text");
        buf_str(out, rows_column(r, c->column));
        buf_u8(out, (uint8_t)c->kind);
        buf_u64(out, c->line);
        buf_u32(out, c->col);
        put_part(out, c->text, true);
        put_part(out, c->source, true);
        put_part(out, c->as_of, true);
        put_part(out, c->certainty, true);
    }
}

/* Everything that comes out, as bytes that can be compared; closes fd. */
static void
read_all(struct buf *out, int fd, enum rows_format format)
{
    struct rows *r = NULL;
    struct row row;
    bool got = true;
    vault_err err;

    vault_clear_error();
    err = rows_open(&r, fd, format);
    must((err == VAULT_OK) == (r != NULL), "a reader and an error");
    while (err == VAULT_OK && got) {
        err = rows_next(r, &row, &got);
        if (err == VAULT_OK && got)
            put_row(out, r, &row);
    }
    must(err == VAULT_OK || err == VAULT_ERR_INPUT, "an error that is not about the input");
    must(err == VAULT_OK || strncmp(vault_last_error()->text, "line ", 5) == 0, "no line named");
    buf_str(out, vault_last_error()->text);
    rows_close(r);
    close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct buf whole = BUF_INIT;
    struct buf cut = BUF_INIT;
    struct rows *r = NULL;
    struct row row;
    enum rows_format format;
    unsigned seed;

    if (n < 2)
        return 0;
    format = (enum rows_format)(data[0] % 3);
    seed = data[1] + 1u;
    data += 2;
    n -= 2;
    pieces = 0;
    read_all(&whole, memory_file(data, n), format);
    pieces = seed;
    read_all(&cut, memory_file(data, n), format);
    must(whole.n == cut.n && (whole.n == 0 || memcmp(whole.p, cut.p, whole.n) == 0),
        "pieces are read differently");
    if (rows_from_object(&r, &row, (const char *)data, n) == VAULT_OK)
        rows_close(r);
    buf_free(&whole);
    buf_free(&cut);
    return 0;
}
