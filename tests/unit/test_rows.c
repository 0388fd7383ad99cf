/*
 * test_rows.c - CSV and JSON: what is read, what is refused, and where.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include "vault/import/rows.h"

/* ---- helpers ---- */

static int
in_memory(const void *s, size_t n)
{
    int fd = memfd_create("rows", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, s, n), n);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* A pipe in packet mode gives `step` bytes at each read(2), however many are asked for. */
static int
in_steps(const char *s, size_t n, size_t step)
{
    int fd[2];

    assert_int_equal(pipe2(fd, O_CLOEXEC | O_DIRECT), 0);
    assert_true(fcntl(fd[1], F_SETPIPE_SZ, 1 << 20) > 0);
    for (size_t i = 0; i < n; i += step) {
        size_t piece = n - i < step ? n - i : step;

        assert_int_equal(write(fd[1], s + i, piece), piece);
    }
    close(fd[1]);
    return fd[0];
}

static const char *
kind_mark(enum cell_kind kind)
{
    static const char *const mark[] = {"", "#", "?", "!"};

    return mark[kind];
}

static void
show_part(struct buf *out, const char *before, struct part p)
{
    if (p.p == NULL)
        return;
    buf_str(out, before);
    buf_put(out, p.p, p.n);
}

/* line:col column=text, marked # number, ? bool, ! null; rows end with "/". */
static void
show_row(struct buf *out, const struct rows *r, const struct row *row)
{
    for (size_t i = 0; i < row->n_cells; i++) {
        const struct cell *c = &row->cell[i];

        buf_fmt(out, "%llu:%u %s=%s", (unsigned long long)c->line, c->col,
            rows_column(r, c->column), kind_mark(c->kind));
        buf_put(out, c->text.p, c->text.n);
        show_part(out, " source=", c->source);
        show_part(out, " as_of=", c->as_of);
        show_part(out, " certainty=", c->certainty);
        buf_str(out, "|");
    }
    buf_str(out, "/");
}

/* All that comes out: rows, and the sentence if there was an error. Closes fd. */
static void
show_all(struct buf *out, int fd, enum rows_format format)
{
    struct rows *r = NULL;
    struct row row;
    bool got = true;
    vault_err err;

    vault_clear_error();
    err = rows_open(&r, fd, format);
    while (err == VAULT_OK && got) {
        err = rows_next(r, &row, &got);
        if (err == VAULT_OK && got)
            show_row(out, r, &row);
    }
    if (err != VAULT_OK) {
        assert_int_equal(err, VAULT_ERR_INPUT);
        buf_fmt(out, "E %s", vault_last_error()->text);
    }
    rows_close(r);
    close(fd);
}

/* The same in one piece and in reads of 1, 2, 3, 7 bytes. */
static void
check_bytes(const void *input, size_t n, enum rows_format format, const char *expected)
{
    static const size_t step[] = {1, 2, 3, 7};
    struct buf out = BUF_INIT;

    show_all(&out, in_memory(input, n), format);
    assert_string_equal(buf_cstr(&out), expected);
    for (size_t i = 0; n <= 240 && i < 4; i++) {
        buf_reset(&out);
        show_all(&out, in_steps(input, n, step[i]), format);
        assert_string_equal(buf_cstr(&out), expected);
    }
    buf_free(&out);
}

static void
check(const char *input, const char *expected)
{
    check_bytes(input, strlen(input), ROWS_AUTO, expected);
}

/* Refused whatever it is, and with these words somewhere. */
static void
check_refused(const void *input, size_t n, enum rows_format format, const char *words)
{
    struct buf out = BUF_INIT;
    const char *text;

    show_all(&out, in_memory(input, n), format);
    text = buf_cstr(&out);
    if (strstr(text, words) == NULL)
        fail_msg("expected '%s' in '%.200s'", words, text);
    buf_free(&out);
}

static char *
repeated(size_t *n, const char *before, const char *s, size_t times, const char *after)
{
    size_t len = strlen(s);
    char *out;

    *n = strlen(before) + len * times + strlen(after);
    out = malloc(*n + 1);
    assert_non_null(out);
    strcpy(out, before);
    for (size_t i = 0; i < times; i++)
        memcpy(out + strlen(before) + i * len, s, len);
    strcpy(out + strlen(before) + times * len, after);
    return out;
}

/* ---- CSV: what is read ---- */

static void
test_rows__reads_header_and_cells(void **state)
{
    (void)state;
    check("ref,name\nP1,Ada\nP2,Bob\n", "2:1 ref=P1|2:2 name=Ada|/3:1 ref=P2|3:2 name=Bob|/");
    check("ref\nP1\nP2", "2:1 ref=P1|/3:1 ref=P2|/");
}

static void
test_rows__knows_all_columns_after_open(void **state)
{
    const char *csv = "ref, name\t,\"a,b\"\n";
    struct rows *r = NULL;
    int fd = in_memory(csv, strlen(csv));

    (void)state;
    assert_int_equal(rows_open(&r, fd, ROWS_CSV), VAULT_OK);
    assert_int_equal(rows_columns(r), 3);
    assert_string_equal(rows_column(r, 0), "ref");
    assert_string_equal(rows_column(r, 1), "name");
    assert_string_equal(rows_column(r, 2), "a,b");
    rows_close(r);
    close(fd);
}

static void
test_rows__passes_over_byte_order_mark(void **state)
{
    (void)state;
    check("\xEF\xBB\xBFref,name\nP1,Ada\n", "2:1 ref=P1|2:2 name=Ada|/");
    check("\xEF\xBB\xBF\"ref\",name\nP1,Ada\n", "2:1 ref=P1|2:2 name=Ada|/");
    check("\xEF\xBB\xBF[{\"a\":1}]", "1:7 a=#1|/");
}

static void
test_rows__reads_crlf(void **state)
{
    (void)state;
    check("ref,name\r\nP1,Ada\r\n\"P2\",\"Bob\"\r\n",
        "2:1 ref=P1|2:2 name=Ada|/3:1 ref=P2|3:2 name=Bob|/");
}

static void
test_rows__makes_crlf_inside_quotes_a_line_break(void **state)
{
    (void)state;
    check("ref,notes\r\nP1,\"one\r\ntwo\r\n\"\r\n", "2:1 ref=P1|2:2 notes=one\ntwo\n|/");
}

static void
test_rows__finds_the_separator(void **state)
{
    (void)state;
    check("a;b\n1,5;2\n", "2:1 a=1,5|2:2 b=2|/");
    check("a\tb\n1;5\t2\n", "2:1 a=1;5|2:2 b=2|/");
    check("\"a,b,c\";d\n1;2\n", "2:1 a,b,c=1|2:2 d=2|/");
    check("a;b;c,d\n1;2;3\n", "2:1 a=1|2:2 b=2|2:3 c,d=3|/");
}

static void
test_rows__refuses_an_undecided_separator(void **state)
{
    (void)state;
    check_refused("a;b,c\n", 6, ROWS_CSV, "line 1, column 1: the header does not say");
}

static void
test_rows__keeps_separator_and_quote_inside_quotes(void **state)
{
    (void)state;
    check("a,b\n\"x,y\",\"say \"\"no\"\"\"\n", "2:1 a=x,y|2:2 b=say \"no\"|/");
    check("a,b\n\"\"\"\",\"\"\"\"\"\"\n", "2:1 a=\"|2:2 b=\"\"|/");
}

static void
test_rows__counts_lines_inside_quotes(void **state)
{
    (void)state;
    check("a,b\n\"x\n\ny\",\"z\nw\"\n1,2\n", "2:1 a=x\n\ny|4:2 b=z\nw|/6:1 a=1|6:2 b=2|/");
}

static void
test_rows__gives_no_cell_for_an_empty_field(void **state)
{
    (void)state;
    check("a,b,c\n,x,\n1,\"\",3\n", "2:2 b=x|/3:1 a=1|3:3 c=3|/");
}

static void
test_rows__passes_over_rows_without_a_cell(void **state)
{
    (void)state;
    check("a,b\n,\n\n1,2\n\"\",\"\"\r\n\r\n\n", "4:1 a=1|4:2 b=2|/");
    check("\n\r\na,b\n1,2\n", "4:1 a=1|4:2 b=2|/");
}

static void
test_rows__reads_every_script(void **state)
{
    (void)state;
    check("имя,name\nЦой Мён Бок,최명복\n", "2:1 имя=Цой Мён Бок|2:2 name=최명복|/");
}

/* Rows of about 1 KB, so that many lie across the ends of the window. */
static void
test_rows__reads_far_more_than_a_window(void **state)
{
    enum { ROWS = 2000 };
    struct buf csv = BUF_INIT;
    struct rows *r = NULL;
    struct row row;
    bool got;
    int fd;

    (void)state;
    buf_str(&csv, "n,text,quoted\n");
    for (unsigned i = 0; i < ROWS; i++)
        buf_fmt(&csv, "%u,%0*u,\"%0*u\"\"\n\"\n", i, 1 + (int)(i * 37 % 700), i,
            1 + (int)(i * 53 % 700), i);
    fd = in_memory(csv.p, csv.n);
    assert_int_equal(rows_open(&r, fd, ROWS_AUTO), VAULT_OK);
    for (unsigned i = 0; i < ROWS; i++) {
        const char *quoted;

        assert_int_equal(rows_next(r, &row, &got), VAULT_OK);
        assert_true(got);
        assert_int_equal(row.line, 2 + 2 * i);
        assert_int_equal(row.n_cells, 3);
        assert_int_equal(strtoul(row.cell[0].text.p, NULL, 10), i);
        assert_int_equal(strtoul(row.cell[1].text.p, NULL, 10), i);
        quoted = row.cell[2].text.p;
        assert_int_equal(strtoul(quoted, NULL, 10), i);
        assert_memory_equal(quoted + row.cell[2].text.n - 2, "\"\n", 2);
    }
    assert_int_equal(rows_next(r, &row, &got), VAULT_OK);
    assert_false(got);
    assert_int_equal(rows_next(r, &row, &got), VAULT_OK);
    assert_false(got);
    rows_close(r);
    close(fd);
    buf_free(&csv);
}

static void
test_rows__reads_the_longest_cell(void **state)
{
    size_t n;
    char *csv = repeated(&n, "a,b\n\"", "x\n", ROWS_CELL_MAX / 2, "\",1\n");
    struct rows *r = NULL;
    struct row row;
    bool got;
    int fd = in_memory(csv, n);

    (void)state;
    assert_int_equal(rows_open(&r, fd, ROWS_AUTO), VAULT_OK);
    assert_int_equal(rows_next(r, &row, &got), VAULT_OK);
    assert_int_equal(row.cell[0].text.n, ROWS_CELL_MAX);
    assert_int_equal(row.cell[1].line, 2 + ROWS_CELL_MAX / 2);
    rows_close(r);
    close(fd);
    free(csv);
}

/* ---- CSV: what is refused ---- */

static void
test_rows__refuses_unclosed_quote(void **state)
{
    (void)state;
    check("a,b\n1,2\n3,\"four\n5,6\n", "2:1 a=1|2:2 b=2|/"
        "E line 3, column 2 (b): the quote that opens this cell is not closed");
    check("a,\"b\n", "E line 1, column 2: the quote that opens this cell is not closed");
}

static void
test_rows__refuses_text_after_closing_quote(void **state)
{
    (void)state;
    check("a,b\n\"one\ntwo\"x,2\n",
        "E line 2, column 1 (a): something follows the closing quote on line 3");
    check("a,b\n1,\"2\" \n",
        "E line 2, column 2 (b): something follows the closing quote on line 2");
}

static void
test_rows__refuses_quote_inside_unquoted_field(void **state)
{
    (void)state;
    check("a,residence\n1,so \"called\"\n", "E line 2, column 2 (residence): "
        "a quote inside a cell that does not begin with one");
    check("a,b\n1\",2\n3,4\n", "E line 2, column 1 (a): "
        "a quote inside a cell that does not begin with one");
}

static void
test_rows__refuses_more_fields_than_columns(void **state)
{
    (void)state;
    check("a,b\n1,2,3\n", "E line 2, column 3: one field too many: the header has 2 columns");
    check("a,b\n1,2,\n", "E line 2, column 3: one field too many: the header has 2 columns");
}

static void
test_rows__refuses_fewer_fields_than_columns(void **state)
{
    (void)state;
    check("a,b,c\n1,\"x\ny\"\n", "E line 3, column 2: the row ends after 2 of 3 fields");
    check("a,b\n1,2\n \n", "2:1 a=1|2:2 b=2|/E line 3, column 1: the row ends after 1 of 2 fields");
}

static void
test_rows__refuses_a_column_named_twice(void **state)
{
    (void)state;
    check("ref,name, ref\n", "E line 1, column 3 (ref): column 1 has the same name");
}

static void
test_rows__refuses_a_column_without_a_name(void **state)
{
    (void)state;
    check("ref,,name\n", "E line 1, column 2: this column has no name");
    check("ref,name,\n", "E line 1, column 3: this column has no name");
}

static void
test_rows__refuses_too_many_columns(void **state)
{
    struct buf csv = BUF_INIT;

    (void)state;
    for (int i = 0; i < ROWS_COLUMNS_MAX; i++)
        buf_fmt(&csv, "c%d,", i);
    buf_str(&csv, "last\n");
    check_refused(csv.p, csv.n, ROWS_CSV, "line 1, column 513: more than 512 columns");
    buf_free(&csv);
}

static void
test_rows__says_where_utf8_is_broken(void **state)
{
    (void)state;
    check("a,b\n1,\"x\ny\xD0\"\n", "E line 3, column 2 (b): not UTF-8");
    check("a,b\n1,2\n\xC0\x80,2\n", "2:1 a=1|2:2 b=2|/E line 3, column 1 (a): not UTF-8");
    check("a,\xFF\n", "E line 1, column 2: not UTF-8");
    check("{\"a\":1}\n{\"a\":\"Цой\xD0\"}\n", "1:6 a=#1|/E line 2, column 10: not UTF-8");
}

static void
test_rows__refuses_utf16(void **state)
{
    (void)state;
    check_refused("\xFF\xFE" "a\0,\0b\0\n\0", 10, ROWS_AUTO, "line 1, column 1: this is UTF-16");
}

static void
test_rows__refuses_a_zero_byte(void **state)
{
    static const char csv[] = "a,b\n1,x\0y\n";
    static const char json[] = "[{\"a\":\"x\0\"}]";

    (void)state;
    check_bytes(csv, sizeof csv - 1, ROWS_AUTO, "E line 2, column 2 (b): a zero byte");
    check_bytes(json, sizeof json - 1, ROWS_AUTO, "E line 1, column 9: a zero byte");
}

static void
test_rows__refuses_a_lone_carriage_return(void **state)
{
    (void)state;
    check("a,b\n1,2\r3,4\n", "E line 2, column 2 (b): a carriage return that does not end a line");
}

static void
test_rows__refuses_a_cell_over_its_limit(void **state)
{
    size_t n;
    char *csv = repeated(&n, "a,b\n1,", "x", ROWS_CELL_MAX + 1, "\n");
    char *json = repeated(&n, "{\"a\":\"", "x", ROWS_CELL_MAX + 1, "\"}");

    (void)state;
    check_refused(csv, strlen(csv), ROWS_AUTO,
        "line 2, column 2 (b): the cell is longer than 1 MiB");
    check_refused(json, n, ROWS_AUTO, "(a): the text is longer than 1 MiB");
    free(csv);
    free(json);
}

static void
test_rows__refuses_a_row_over_its_limit(void **state)
{
    size_t n;
    char *open = repeated(&n, "a,b\n1,2\n1,\"", "x\n", ROWS_ROW_MAX, "\n");
    char *plain;
    char *json;

    (void)state;
    check_refused(open, n, ROWS_AUTO, "line 3, column 2 (b): the row is longer than 4 MiB");
    plain = repeated(&n, "a\n", "я", ROWS_ROW_MAX, "\n");
    check_refused(plain, n, ROWS_AUTO, "line 2, column 1 (a): the cell is longer than 1 MiB");
    json = repeated(&n, "[{\"a\":1},\n{\"a\":[", "\"\\u042f\",\n", ROWS_ROW_MAX / 8, "1]}]");
    check_refused(json, n, ROWS_AUTO, "more than 4096 values for one record");
    free(json);
    json = repeated(&n, "[{\"a\":1},\n{\"a\":[", "  \n", ROWS_ROW_MAX, "1]}]");
    check_refused(json, n, ROWS_AUTO, "the object is longer than 4 MiB");
    free(open);
    free(plain);
    free(json);
}

static void
test_rows__refuses_an_empty_file(void **state)
{
    (void)state;
    check("", "E line 1, column 1: there is nothing in this file");
    check(" \r\n\n", "E line 1, column 1: there is nothing in this file");
    check_bytes("\xEF\xBB\xBF", 3, ROWS_JSON, "E line 1, column 1: there is nothing in this file");
}

static void
test_rows__quotes_no_cell_in_a_sentence(void **state)
{
    static const char *const bad[] = {
        "a,b\nChoe,\"Choe\n", "a,b\nChoe,Choe,Choe\n", "a,b\nChoe\n", "a,b\nChoe,\"Choe\"Choe\n",
        "a,b\nChoe\xFF,1\n", "a,b\nCh\"oe,1\n", "{\"a\":\"Choe\",\"a\":\"Choe\"}",
        "{\"a\":[\"Choe\",[\"Choe\"]]}", "{\"a\":Choe}",
        "{\"a\":{\"value\":\"Choe\",\"x\":\"Choe\"}}",
        "{\"a\":\"Choe\\q\"}", "{\"a\":\"Choe",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct buf out = BUF_INIT;

        show_all(&out, in_memory(bad[i], strlen(bad[i])), ROWS_AUTO);
        assert_memory_equal(buf_cstr(&out), "E line ", 7);
        assert_null(strstr(buf_cstr(&out), "Choe"));
        assert_null(strstr(vault_last_error()->hint, "Choe"));
        buf_free(&out);
    }
}

static void
test_rows__escapes_and_cuts_a_column_in_a_sentence(void **state)
{
    (void)state;
    check("\"a\x1B[31m\",b\n\"x\n", "E line 2, column 1 (a<U+001B>[31m): "
        "the quote that opens this cell is not closed");
    check("abcdefghijabcdefghijabcdefghijabcdefghijabcdefghij,b\n\"x\n",
        "E line 2, column 1 (abcdefghijabcdefghijabcdefghijabcdefghij...): "
        "the quote that opens this cell is not closed");
}

static void
test_rows__names_a_read_error(void **state)
{
    struct rows *r = NULL;
    int fd = open("/", O_RDONLY | O_DIRECTORY);

    (void)state;
    assert_int_equal(rows_open(&r, fd, ROWS_AUTO), VAULT_ERR_FAILED);
    assert_null(r);
    assert_non_null(strstr(vault_last_error()->text, "cannot read the input"));
    close(fd);
}

/* ---- JSON: what is read ---- */

static void
test_rows__reads_json_array(void **state)
{
    (void)state;
    check("[{\"ref\":\"P1\",\"name\":\"Ada\"},\n {\"name\":\"Bob\",\"born\":1962}]\n",
        "1:9 ref=P1|1:21 name=Ada|/2:10 name=Bob|2:23 born=#1962|/");
    check(" [ ] ", "");
    check("[{}, {\"a\":true}, {}]", "1:11 a=?true|/");
}

static void
test_rows__reads_json_lines(void **state)
{
    (void)state;
    check("{\"a\":\"x\"}\n\n{\"a\":\"y\"}\r\n", "1:6 a=x|/3:6 a=y|/");
    check("{\n \"a\": \"x\",\n \"b\": null\n}\n", "2:7 a=x|3:7 b=!|/");
}

static void
test_rows__reads_json_kinds(void **state)
{
    (void)state;
    check("{\"t\":\"\",\"n\":-0.50e+3,\"z\":0,\"y\":true,\"no\":false,\"x\":null}",
        "1:6 t=|1:13 n=#-0.50e+3|1:26 z=#0|1:32 y=?true|1:42 no=?false|1:52 x=!|/");
}

static void
test_rows__gives_several_cells_for_a_json_array(void **state)
{
    (void)state;
    check("{\"a\":[\"x\", 2,\n{\"value\":\"y\"}],\"b\":[]}",
        "1:7 a=x|1:12 a=#2|2:1 a=y|2:20 b=!|/");
}

static void
test_rows__reads_provenance(void **state)
{
    (void)state;
    check("{\"a\":{\"source\":\"P1\",\"value\":1962,"
        "\"certainty\":\"probable\",\"as_of\":\"2016\"}}",
        "1:6 a=#1962 source=P1 as_of=2016 certainty=probable|/");
}

static void
test_rows__resolves_json_escapes(void **state)
{
    (void)state;
    check("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "1:6 a=\"\\/\b\f\n\r\t|/");
    check("{\"a\":\"\\u0426\\u043e\\u0439 \\uCD5C\\ud83d\\uDE00\\u007f\"}", "1:6 a=Цой 최😀\x7F|/");
    check("{\"\\u0061\":\"x\"}\n{\"a\":\"y\"}", "1:11 a=x|/2:6 a=y|/");
}

static void
test_rows__counts_json_columns_in_characters(void **state)
{
    (void)state;
    check("{\"a\":\"Цой 최\\u0041\",\"b\":1}", "1:6 a=Цой 최A|1:24 b=#1|/");
    check("[{\"a\":\"Цой\"},{\"a\":1}]", "1:7 a=Цой|/1:19 a=#1|/");
}

static void
test_rows__ends_a_string_at_the_right_quote(void **state)
{
    (void)state;
    check("{\"a\":\"\\\\\"}\n{\"a\":\"\\\\\\\"}{\"}\n{\"a\":\"[\"}",
        "1:6 a=\\|/2:6 a=\\\"}{|/3:6 a=[|/");
}

static void
test_rows__sorts_known_json_columns(void **state)
{
    const char *json = "[{\"a\":1,\"b\":2},{\"c\":3,\"a\":4}]";
    struct rows *r = NULL;
    struct row row;
    bool got;
    int fd = in_memory(json, strlen(json));

    (void)state;
    assert_int_equal(rows_open(&r, fd, ROWS_JSON), VAULT_OK);
    assert_int_equal(rows_columns(r), 0);
    assert_int_equal(rows_next(r, &row, &got), VAULT_OK);
    assert_int_equal(rows_columns(r), 2);
    assert_int_equal(rows_next(r, &row, &got), VAULT_OK);
    assert_int_equal(rows_columns(r), 3);
    assert_int_equal(row.cell[0].column, 2);
    assert_int_equal(row.cell[1].column, 0);
    rows_close(r);
    close(fd);
}

/* ---- JSON: what is refused ---- */

static void
test_rows__refuses_a_json_name_twice(void **state)
{
    (void)state;
    check("{\"a\":1,\"b\":2,\n\"a\":3}",
        "E line 2, column 1 (a): the same name twice in one object");
    check("{\"a\":1,\"\\u0061\":3}", "E line 1, column 8 (a): the same name twice in one object");
    check("{\"a\":{\"value\":1,\"value\":2}}",
        "E line 1, column 17 (a): the same name twice in one object");
    check("{\"a\":{\"value\":1,\"source\":\"\",\"source\":\"P1\"}}",
        "E line 1, column 29 (a): the same name twice in one object");
}

static void
test_rows__refuses_deep_nesting(void **state)
{
    size_t n;
    char *json = repeated(&n, "{\"a\":", "[", 100000, "");

    (void)state;
    check("{\"a\":[[1]]}", "E line 1, column 7 (a): nested too deeply: "
        "a value is a text, a number, true, false, null, an array of these, "
        "or an object with \"value\"");
    check_refused("{\"a\":{\"value\":{}}}", 18, ROWS_AUTO,
        "line 1, column 15 (a): nested too deeply");
    check_refused(json, n, ROWS_AUTO, "line 1, column 7 (a): nested too deeply");
    free(json);
}

static void
test_rows__refuses_wrong_provenance(void **state)
{
    static const char *const wrong[] = {
        "{\"a\":{}}", "{\"a\":{\"source\":\"P1\"}}", "{\"a\":{\"value\":null}}",
        "{\"a\":{\"value\":1,\"source\":1}}", "{\"a\":{\"value\":1,\"as_of\":null}}",
        "{\"a\":{\"value\":1,\"other\":1}}", "{\"a\":{\"value\":[1]}}", "{\"a\":{\"value\":1,}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        check_refused(wrong[i], strlen(wrong[i]), ROWS_AUTO, "E line 1, column ");
}

static void
test_rows__refuses_lone_surrogates(void **state)
{
    static const char *const half[] = {
        "\\ud83d", "\\ude00", "\\ud83d\\ud83d", "\\ud83dx", "\\ud83d\\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof half / sizeof half[0]; i++) {
        char json[64];

        snprintf(json, sizeof json, "{\"a\":\"x%s\"}", half[i]);
        check(json, "E line 1, column 8 (a): half of a surrogate pair");
    }
    check("{\"a\":\"\\u0000\"}", "E line 1, column 7 (a): a zero character");
    check("{\"a\":\"\\u12g4\"}", "E line 1, column 7 (a): not an escape of JSON");
    check("{\"a\":\"\\x\"}", "E line 1, column 7 (a): not an escape of JSON");
}

static void
test_rows__refuses_what_json_does_not_have(void **state)
{
    static const char *const wrong[] = {
        "{\"a\":01}", "{\"a\":+1}", "{\"a\":.5}", "{\"a\":1.}", "{\"a\":1e}", "{\"a\":-}",
        "{\"a\":NaN}",
        "{\"a\":True}", "{\"a\":truer}", "{a:1}", "{'a':1}", "{\"a\" 1}", "{\"a\":}", "{\"a\":1,}",
        "{,}", "{\"a\":1;\"b\":2}", "{\"a\":[1,]}", "{\"a\":[1 2]}", "{\"a\":[null]}", "{\"a\":1]",
        "{\"a\":\"\t\"}", "{\"a\":\"x\ny\"}", "{\"\":1}", "{\"a\":/*c*/1}", "[{\"a\":1},]",
        "[{\"a\":1} {\"a\":2}]", "[,{\"a\":1}]", "[1]", "[[]]", "[null]",
        "{\"a\":1},", "{\"a\":1}\n[]",
        "{\"a\":1}{\"a\":2}", "{\"a\":1} {\"a\":2}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        check_refused(wrong[i], strlen(wrong[i]), ROWS_AUTO, "E line ");
}

static void
test_rows__refuses_trailing_garbage(void **state)
{
    (void)state;
    check("[{\"a\":1}]\n x",
        "1:7 a=#1|/E line 2, column 2: something follows the end of the array");
    check("{\"a\":1}\nx", "1:6 a=#1|/E line 2, column 1: an object is missing here");
}

static void
test_rows__refuses_json_that_ends_early(void **state)
{
    static const char *const early[] = {
        "[", "[{", "[{\"a\":1}", "[{\"a\":1},", "{\"a", "{\"a\":", "{\"a\":\"x", "{\"a\":\"\\ud83d",
        "{\"a\":\"\\ud83d\\u", "{\"a\":1", "{\"a\":[1", "{\"a\":{\"value\":1", "{\"a\":tru",
    };

    (void)state;
    for (size_t i = 0; i < sizeof early / sizeof early[0]; i++) {
        bool word = strstr(early[i], "tru") != NULL;

        check_refused(early[i], strlen(early[i]), ROWS_AUTO,
            word ? "a value is missing here" : "the input ends inside an ");
    }
}

/* ---- one object ---- */

static void
test_rows__from_object_reads_one(void **state)
{
    const char *json = "\n{\"name\":\"Ada\",\"other_names\":[\"A\",\"B\"],\"notes\":null}\n";
    struct rows *r = NULL;
    struct buf out = BUF_INIT;
    struct row row;

    (void)state;
    assert_int_equal(rows_from_object(&r, &row, json, strlen(json)), VAULT_OK);
    assert_int_equal(row.line, 2);
    show_row(&out, r, &row);
    assert_string_equal(buf_cstr(&out),
        "2:9 name=Ada|2:30 other_names=A|2:34 other_names=B|2:47 notes=!|/");
    rows_close(r);
    buf_free(&out);
}

static void
test_rows__from_object_takes_an_empty_one(void **state)
{
    struct rows *r = NULL;
    struct row row;

    (void)state;
    assert_int_equal(rows_from_object(&r, &row, "{}", 2), VAULT_OK);
    assert_int_equal(row.n_cells, 0);
    rows_close(r);
}

static void
test_rows__from_object_refuses_everything_else(void **state)
{
    static const char *const wrong[] = {
        "", " ", "[]", "[{\"a\":1}]", "\"a\"", "{\"a\":1}{", "{\"a\":1}\n{\"a\":2}", "{\"a\":1",
        "a,b\n1,2\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct rows *r = NULL;
        struct row row;

        assert_int_equal(rows_from_object(&r, &row, wrong[i], strlen(wrong[i])), VAULT_ERR_INPUT);
        assert_null(r);
        assert_memory_equal(vault_last_error()->text, "line ", 5);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows__reads_header_and_cells),
        cmocka_unit_test(test_rows__knows_all_columns_after_open),
        cmocka_unit_test(test_rows__passes_over_byte_order_mark),
        cmocka_unit_test(test_rows__reads_crlf),
        cmocka_unit_test(test_rows__makes_crlf_inside_quotes_a_line_break),
        cmocka_unit_test(test_rows__finds_the_separator),
        cmocka_unit_test(test_rows__refuses_an_undecided_separator),
        cmocka_unit_test(test_rows__keeps_separator_and_quote_inside_quotes),
        cmocka_unit_test(test_rows__counts_lines_inside_quotes),
        cmocka_unit_test(test_rows__gives_no_cell_for_an_empty_field),
        cmocka_unit_test(test_rows__passes_over_rows_without_a_cell),
        cmocka_unit_test(test_rows__reads_every_script),
        cmocka_unit_test(test_rows__reads_far_more_than_a_window),
        cmocka_unit_test(test_rows__reads_the_longest_cell),
        cmocka_unit_test(test_rows__refuses_unclosed_quote),
        cmocka_unit_test(test_rows__refuses_text_after_closing_quote),
        cmocka_unit_test(test_rows__refuses_quote_inside_unquoted_field),
        cmocka_unit_test(test_rows__refuses_more_fields_than_columns),
        cmocka_unit_test(test_rows__refuses_fewer_fields_than_columns),
        cmocka_unit_test(test_rows__refuses_a_column_named_twice),
        cmocka_unit_test(test_rows__refuses_a_column_without_a_name),
        cmocka_unit_test(test_rows__refuses_too_many_columns),
        cmocka_unit_test(test_rows__says_where_utf8_is_broken),
        cmocka_unit_test(test_rows__refuses_utf16),
        cmocka_unit_test(test_rows__refuses_a_zero_byte),
        cmocka_unit_test(test_rows__refuses_a_lone_carriage_return),
        cmocka_unit_test(test_rows__refuses_a_cell_over_its_limit),
        cmocka_unit_test(test_rows__refuses_a_row_over_its_limit),
        cmocka_unit_test(test_rows__refuses_an_empty_file),
        cmocka_unit_test(test_rows__quotes_no_cell_in_a_sentence),
        cmocka_unit_test(test_rows__escapes_and_cuts_a_column_in_a_sentence),
        cmocka_unit_test(test_rows__names_a_read_error),
        cmocka_unit_test(test_rows__reads_json_array),
        cmocka_unit_test(test_rows__reads_json_lines),
        cmocka_unit_test(test_rows__reads_json_kinds),
        cmocka_unit_test(test_rows__gives_several_cells_for_a_json_array),
        cmocka_unit_test(test_rows__reads_provenance),
        cmocka_unit_test(test_rows__resolves_json_escapes),
        cmocka_unit_test(test_rows__counts_json_columns_in_characters),
        cmocka_unit_test(test_rows__ends_a_string_at_the_right_quote),
        cmocka_unit_test(test_rows__sorts_known_json_columns),
        cmocka_unit_test(test_rows__refuses_a_json_name_twice),
        cmocka_unit_test(test_rows__refuses_deep_nesting),
        cmocka_unit_test(test_rows__refuses_wrong_provenance),
        cmocka_unit_test(test_rows__refuses_lone_surrogates),
        cmocka_unit_test(test_rows__refuses_what_json_does_not_have),
        cmocka_unit_test(test_rows__refuses_trailing_garbage),
        cmocka_unit_test(test_rows__refuses_json_that_ends_early),
        cmocka_unit_test(test_rows__from_object_reads_one),
        cmocka_unit_test(test_rows__from_object_takes_an_empty_one),
        cmocka_unit_test(test_rows__from_object_refuses_everything_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
