/* Values: canonical from whatever is typed, refused without being quoted, read back strictly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vault/base/cbor.h"
#include "vault/record/value.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static bool
fits(const struct field_def *f, struct part cbor)
{
    struct buf scratch = BUF_INIT;
    bool good = value_valid(&scratch, f, cbor);

    assert_false(scratch.bad);
    buf_free(&scratch);
    return good;
}

static struct field_def
field_of(enum field_kind kind)
{
    return (struct field_def){.name = "thing", .kind = kind, .tier = LEAF_OPEN,
        .role = ROLE_NEUTRAL};
}

static char *uses[] = {"release", "handoff", "court", "суд"};

static struct field_def
choice_field(void)
{
    struct field_def f = field_of(FIELD_CHOICE);

    f.choice = uses;
    f.n_choices = COUNT(uses);
    return f;
}

/* ---- what is typed, and its canonical text ---- */

struct row {
    enum field_kind kind;
    const char *typed, *canonical;      /* NULL: refused */
};

static const struct row rows[] = {
    /* one line of text */
    {FIELD_TEXT, "odd jobs; construction sites", "odd jobs; construction sites"},
    {FIELD_TEXT, "  a  b  ", "a  b"}, {FIELD_TEXT, "a\n", "a"}, {FIELD_TEXT, "\t\r\na", "a"},
    {FIELD_TEXT, "\u00A0\u3000\u2003" "a" "\u2028\u202F\u1680", "a"},
    {FIELD_TEXT, "\xC2\x85" "a\xC2\x85", "a"},
    {FIELD_NAME, "Choe Myong Bok", "Choe Myong Bok"}, {FIELD_NAME, "최명복", "최명복"},
    {FIELD_NAME, "Чхве Мён Бок", "Чхве Мён Бок"}, {FIELD_NAME, " Олег\u3000", "Олег"},
    {FIELD_NAME, "Николаи\u0306", "Николай"}, {FIELD_NAME, "e\u0301", "é"},
    {FIELD_NAME, "\u110E\u116C\u1106\u1167\u11BC\u1107\u1169\u11A8", "최명복"},
    {FIELD_NAME, "\u212B", "Å"}, {FIELD_NAME, "Choe\u200D", "Choe\u200D"},
    {FIELD_PLACE, "town in Leningrad region, Russia", "town in Leningrad region, Russia"},
    {FIELD_PLACE, "St Petersburg, Russia ", "St Petersburg, Russia"},
    {FIELD_IDENTIFIER, "PT-381 220", "PT-381 220"}, {FIELD_IDENTIFIER, "0012", "0012"},
    {FIELD_TEXT, "", NULL}, {FIELD_TEXT, " \n\t ", NULL}, {FIELD_TEXT, "\u3000", NULL},
    {FIELD_TEXT, "a\nb", NULL}, {FIELD_TEXT, "a\tb", NULL}, {FIELD_TEXT, "a\x01" "b", NULL},
    {FIELD_TEXT, "a\x7F", NULL}, {FIELD_TEXT, "a\xC2\x9B" "31m", NULL}, {FIELD_TEXT, "\x1B[31m",
    NULL},
    {FIELD_TEXT, "a\rb", NULL}, {FIELD_NAME, "\xFF", NULL}, {FIELD_NAME, "caf\xE9", NULL},
    {FIELD_NAME, "\xC0\x80", NULL}, {FIELD_NAME, "\xED\xA0\x80", NULL}, {FIELD_NAME, "\xEC\xB5",
    NULL},
    {FIELD_NAME, "a\xC2", NULL}, {FIELD_PLACE, "a\vb", NULL}, {FIELD_IDENTIFIER, "1\n2", NULL},
    /* narratives */
    {FIELD_NARRATIVE, "Met P1\n\tin 2010.\n", "Met P1\n\tin 2010."},
    {FIELD_NARRATIVE, "one\r\ntwo\r\n\r\nthree", "one\ntwo\n\nthree"},
    {FIELD_NARRATIVE, "Рю Эн\r\nНам е\u0308", "Рю Эн\nНам ё"},
    {FIELD_NARRATIVE, "one\rtwo", NULL}, {FIELD_NARRATIVE, "one\r\r\ntwo", NULL},
    {FIELD_NARRATIVE, "one\x0C" "two", NULL}, {FIELD_NARRATIVE, "a\xC2\x80\n", NULL},
    /* dates */
    {FIELD_DATE, " 31.01.2017 ", "2017-01-31"}, {FIELD_DATE, "2017년 1월", "2017-01"},
    {FIELD_DATE, "1962~", "1962~"}, {FIELD_DATE, "2004/2014", "2004/2014"},
    {FIELD_DATE, "30.02.2017", NULL}, {FIELD_DATE, "soon", NULL}, {FIELD_DATE, " ", NULL},
    /* choices without a list */
    {FIELD_CHOICE, " KP", "KP"}, {FIELD_CHOICE, "treaty draft", "treaty draft"},
    {FIELD_CHOICE, "a\nb", NULL},
};

/* The text of a value that has one; not terminated. */
static struct part
text_of(const struct buf *b, size_t from)
{
    struct value_view v;

    assert_int_equal(value_read(&v, PART(b->p + from, b->n - from)), VAULT_OK);
    assert_int_equal(v.shape, VALUE_TEXT);
    return v.text;
}

static void
test_value__text_becomes_canonical(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct field_def f = field_of(rows[i].kind);
        struct buf b = BUF_INIT, again = BUF_INIT;
        struct part t;
        vault_err err = value_from_text(&b, &f, rows[i].typed, strlen(rows[i].typed), NULL);
        if (err != (rows[i].canonical == NULL ? VAULT_ERR_INPUT : VAULT_OK))
            fail_msg("row %zu: %d", i, err);
        if (err == VAULT_OK) {
            t = text_of(&b, 0);
            if (t.n != strlen(rows[i].canonical) || memcmp(t.p, rows[i].canonical, t.n) != 0)
                fail_msg("row %zu: \"%.*s\"", i, (int)t.n, (const char *)t.p);
            assert_true(cbor_valid(b.p, b.n));
            assert_true(fits(&f, PART(b.p, b.n)));
            /* and stays so */
            assert_int_equal(value_from_text(&again, &f, t.p, t.n, NULL), VAULT_OK);
            assert_int_equal(again.n, b.n);
            assert_memory_equal(again.p, b.p, b.n);
        }
        buf_free(&b);
        buf_free(&again);
    }
}

static const struct { const char *typed, *cbor; } numbers[] = {
    {"0", "\x00"}, {"2", "\x02"}, {"211", "\x18\xD3"}, {" 90 ", "\x18\x5A"}, {"-1", "\x20"},
    {"-0", "\x00"}, {"007", "\x07"}, {"-007", "\x26"}, {"0.0", "\x00"}, {"-0.00", "\x00"}, {"5.0",
    "\x05"},
    {"1.50", "\x63" "1.5"}, {"-1.5", "\x64" "-1.5"}, {"0.5", "\x63" "0.5"}, {"00.50", "\x63" "0.5"},
    {"-00.5", "\x64" "-0.5"}, {"0.10", "\x63" "0.1"}, {"10", "\x0A"}, {"100.0", "\x18\x64"},
    {"9223372036854775807", "\x1B\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"},
    {"-9223372036854775808", "\x3B\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"},
    {"9223372036854775808", "\x73" "9223372036854775808"},
    {"-9223372036854775809", "\x74" "-9223372036854775809"},
    {"18446744073709551616", "\x74" "18446744073709551616"},
    {"00000000000000000000000000002", "\x02"},
    {"", NULL}, {"-", NULL}, {"+5", NULL}, {".5", NULL}, {"5.", NULL}, {"1,5", NULL}, {"1 000",
    NULL},
    {"1e3", NULL}, {"0x1", NULL}, {"--1", NULL}, {"1.5.0", NULL}, {"1.-5", NULL}, {"two", NULL},
    {"2, 211", NULL},
    {"NaN", NULL}, {"1\n2", NULL}, {"\xD9\xA1", NULL},
};

static void
test_value__numbers_become_canonical(void **state)
{
    struct field_def f = field_of(FIELD_NUMBER);

    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct buf b = BUF_INIT;
        vault_err err = value_from_text(&b, &f, numbers[i].typed, strlen(numbers[i].typed), NULL);
        if (err != (numbers[i].cbor == NULL ? VAULT_ERR_INPUT : VAULT_OK))
            fail_msg("\"%s\": %d", numbers[i].typed, err);
        if (err == VAULT_OK) {
            /* Zero is the byte 00, where strlen would end. */
            size_t n = numbers[i].cbor[0] == 0 ? 1 : strlen(numbers[i].cbor);
            if (b.n != n || memcmp(b.p, numbers[i].cbor, n) != 0)
                fail_msg("\"%s\" became something else", numbers[i].typed);
            assert_true(fits(&f, PART(b.p, b.n)));
        }
        buf_free(&b);
    }
}

static void
test_value__yes_and_no_in_three_languages(void **state)
{
    static const char *const yes[] = {"yes", "Yes", "YES", " true", "1", "да", "Да", "예"};
    static const char *const no[] = {"no", "No", "FALSE", "0 ", "нет", "НЕТ", "아니요"};
    static const char *const neither[] = {"", "y", "2", "maybe", "yes no", "да!", "아니", "10"};
    struct field_def f = field_of(FIELD_YESNO);
    struct buf b = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < COUNT(yes); i++, buf_free(&b)) {
        assert_int_equal(value_from_text(&b, &f, yes[i], strlen(yes[i]), NULL), VAULT_OK);
        assert_true(b.n == 1 && b.p[0] == 0xF5 && fits(&f, PART(b.p, b.n)));
    }
    for (size_t i = 0; i < COUNT(no); i++, buf_free(&b)) {
        assert_int_equal(value_from_text(&b, &f, no[i], strlen(no[i]), NULL), VAULT_OK);
        assert_true(b.n == 1 && b.p[0] == 0xF4 && fits(&f, PART(b.p, b.n)));
    }
    for (size_t i = 0; i < COUNT(neither); i++)
        assert_int_equal(value_from_text(&b, &f, neither[i], strlen(neither[i]), NULL),
            VAULT_ERR_INPUT);
    buf_free(&b);
}

static void
test_value__wrong_choice_names_the_nearest(void **state)
{
    struct field_def f = choice_field();
    struct buf b = BUF_INIT;

    (void)state;
    assert_int_equal(value_from_text(&b, &f, " court ", 7, NULL), VAULT_OK);
    assert_int_equal(value_from_text(&b, &f, "суд", 6, NULL), VAULT_OK);
    buf_free(&b);
    assert_int_equal(value_from_text(&b, &f, "relaese", 7, NULL), VAULT_ERR_INPUT);
    assert_non_null(strstr(vault_last_error()->text, "field thing"));
    assert_non_null(strstr(vault_last_error()->hint, "release"));
    assert_null(strstr(vault_last_error()->hint, "court"));
    assert_int_equal(value_from_text(&b, &f, "something else", 14, NULL), VAULT_ERR_INPUT);
    assert_non_null(strstr(vault_last_error()->hint, "release, handoff, court, суд"));
    assert_int_equal(value_from_text(&b, &f, "Court", 5, NULL), VAULT_ERR_INPUT);
    buf_free(&b);
}

/* ---- refusals ---- */

static void
test_value__refusals_name_the_field_and_never_quote(void **state)
{
    static const char *const typed[] = {"Marker\nXyz", "Marker\x01Xyz", "Marker\xFFXyz",
        "MarkerXyz",
        "31.02.MarkerXyz", "1MarkerXyz", "MarkerXyz/2017", "MarkerXyz~", "Marker 2017년 Xyz"};

    (void)state;
    for (int kind = FIELD_TEXT; kind <= FIELD_BYTES; kind++) {
        struct field_def f = field_of((enum field_kind)kind);
        size_t refusals = 0;
        if (kind == FIELD_CHOICE)
            f = choice_field();
        for (size_t i = 0; i < COUNT(typed); i++) {
            const struct vault_error *e = vault_last_error();
            struct buf b = BUF_INIT;
            if (value_from_text(&b, &f, typed[i], strlen(typed[i]), NULL) == VAULT_ERR_INPUT) {
                refusals++;
                assert_non_null(strstr(e->text, "field thing: "));
                assert_null(strstr(e->text, "Marker"));
                assert_null(strstr(e->text, "Xyz"));
                assert_null(strstr(e->hint, "Marker"));
                assert_null(strstr(e->hint, "Xyz"));
            }
            buf_free(&b);
        }
        assert_true(refusals >= 2);
    }
}

static void
test_value__links_files_and_bytes_are_not_text(void **state)
{
    static const enum field_kind kinds[] = {FIELD_LINK, FIELD_FILE, FIELD_BYTES};
    struct buf b = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct field_def f = field_of(kinds[i]);
        assert_int_equal(value_from_text(&b, &f, "P1", 2, NULL), VAULT_ERR_INPUT);
    }
    assert_int_equal(b.n, 0);
    buf_free(&b);
}

static void
test_value__refusal_leaves_the_buffer_as_it_was(void **state)
{
    static const struct row bad[] = {
        {FIELD_NARRATIVE, "имя\x01", NULL}, {FIELD_TEXT, "и\u0306\n\u0306", NULL}, {FIELD_DATE, "x",
        NULL},
        {FIELD_CHOICE, "Choe Myong Bok", NULL}, {FIELD_CHOICE, "и\u0306и\u0306", NULL},
    };
    static const uint8_t id[16] = {1, 2, 3};
    struct provenance prov = {.source = PART(id, 16)};
    struct buf b = BUF_INIT;

    (void)state;
    (void)buf_add(&b, 250);
    buf_cut(&b, 0);
    buf_str(&b, "before");
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct field_def f = bad[i].kind == FIELD_CHOICE ? choice_field() : field_of(bad[i].kind);
        for (int with = 0; with < 2; with++) {
            assert_int_equal(value_from_text(&b, &f, bad[i].typed, strlen(bad[i].typed),
                with ? &prov : NULL), VAULT_ERR_INPUT);
            assert_int_equal(b.n, 6);
            assert_memory_equal(b.p, "before", 6);
            /* What was tried is wiped. */
            for (size_t k = 6; k < 250; k++)
                if (b.p[k] == 0xD0 || b.p[k] == 'C')
                    fail_msg("row %zu left something behind", i);
        }
    }
    buf_free(&b);
}

static void
test_value__limit_of_one_mebibyte(void **state)
{
    struct field_def f = field_of(FIELD_NARRATIVE);
    struct buf b = BUF_INIT;
    size_t most = VALUE_MAX;
    char *text = malloc(VALUE_MAX + 1);

    (void)state;
    assert_non_null(text);
    memset(text, 'a', VALUE_MAX + 1);
    assert_int_equal(value_from_text(&b, &f, text, most, NULL), VAULT_OK);
    assert_int_equal(b.n, VALUE_MAX + 5);
    assert_true(fits(&f, PART(b.p, b.n)));
    buf_free(&b);
    assert_int_equal(value_from_text(&b, &f, text, most + 1, NULL), VAULT_ERR_INPUT);
    assert_int_equal(value_from_text(&b, &f, text, VALUE_MAX + 1, NULL), VAULT_ERR_INPUT);
    assert_int_equal(b.n, 0);
    cbor_textn(&b, text, most + 1);
    assert_false(fits(&f, PART(b.p, b.n)));
    buf_free(&b);
    free(text);
}

static void
test_value__full_buffer_is_no_memory(void **state)
{
    struct field_def f = field_of(FIELD_NAME);
    struct buf b = {.bad = true};

    (void)state;
    assert_int_equal(value_from_text(&b, &f, "Kim", 3, NULL), VAULT_ERR_NO_SPACE);
    assert_int_equal(value_from_text(&b, &f, "и\u0306", 4, NULL), VAULT_ERR_NO_SPACE);
    f = choice_field();
    assert_int_equal(value_from_text(&b, &f, "court", 5, NULL), VAULT_ERR_NO_SPACE);
    buf_free(&b);
}

/* ---- provenance ---- */

static void
test_value__provenance_is_kept(void **state)
{
    static const uint8_t id[16] = {0x10, 0x20, 0x30};
    struct field_def f = field_of(FIELD_NAME);
    struct value_view v;

    (void)state;
    for (unsigned mask = 0; mask < 8; mask++) {
        struct provenance prov = {
            .source = PART(id, mask & 1 ? 16 : 0),
            .as_of = PART("2015/2016", mask & 2 ? 9 : 0),
            .certainty = PART("probable", mask & 4 ? 8 : 0),
        };
        struct buf b = BUF_INIT;
        assert_int_equal(value_from_text(&b, &f, "Ким", 6, &prov), VAULT_OK);
        assert_true(cbor_valid(b.p, b.n));
        assert_true(fits(&f, PART(b.p, b.n)));
        assert_int_equal(value_read(&v, PART(b.p, b.n)), VAULT_OK);
        assert_true(v.text.n == 6 && memcmp(v.text.p, "Ким", 6) == 0);
        assert_int_equal(v.prov.source.n, prov.source.n);
        assert_int_equal(v.prov.as_of.n, prov.as_of.n);
        assert_int_equal(v.prov.certainty.n, prov.certainty.n);
        if (v.prov.source.n > 0)
            assert_memory_equal(v.prov.source.p, id, 16);
        if (v.prov.as_of.n > 0)
            assert_memory_equal(v.prov.as_of.p, "2015/2016", 9);
        /* Nothing said: the bare value. */
        assert_int_equal(b.p[0] >> 5, mask == 0 ? 3 : 5);
        buf_free(&b);
    }
}

static void
test_value__wrong_provenance_is_refused(void **state)
{
    static const uint8_t id[16] = {1};
    const struct provenance wrong[] = {
        {.source = PART(id, 15)}, {.as_of = PART("31.01.2017", 10)}, {.as_of = PART("2017-02-30",
        10)},
        {.certainty = PART("sure", 4)}, {.certainty = PART("certai", 6)},
    };
    struct field_def f = field_of(FIELD_NAME);
    struct buf b = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(value_from_text(&b, &f, "Kim", 3, &wrong[i]), VAULT_ERR_INPUT);
        assert_int_equal(value_from_link(&b, id, &wrong[i]), VAULT_ERR_INPUT);
        assert_int_equal(b.n, 0);
    }
    buf_free(&b);
}

static void
test_value__links(void **state)
{
    static const uint8_t id[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    struct provenance prov = {.certainty = PART("doubtful", 8)};
    struct field_def f = field_of(FIELD_LINK);
    struct value_view v;
    struct buf b = BUF_INIT, text = BUF_INIT;

    (void)state;
    assert_int_equal(value_from_link(&b, id, NULL), VAULT_OK);
    assert_int_equal(b.n, 17);
    assert_true(fits(&f, PART(b.p, b.n)));
    assert_int_equal(value_to_text(&text, PART(b.p, b.n)), VAULT_OK);
    assert_int_equal(text.n, 26);
    buf_free(&b);
    assert_int_equal(value_from_link(&b, id, &prov), VAULT_OK);
    assert_int_equal(value_read(&v, PART(b.p, b.n)), VAULT_OK);
    assert_true(v.shape == VALUE_BYTES && v.text.n == 16 && v.prov.certainty.n == 8);
    assert_memory_equal(v.text.p, id, 16);
    buf_free(&b);
    buf_free(&text);
}

/* ---- reading ---- */

#define SIXTEEN "0123456789abcdef"

struct cbor_row {
    const char *cbor;
    size_t n;
};
#define ROW(s) {s, sizeof(s) - 1}

static void
test_value__damaged_cbor_is_refused(void **state)
{
    static const struct cbor_row bad[] = {
        ROW(""), ROW("\x80"), ROW("\xF6"), ROW("\xF9\x3C\x00"), ROW("\xC0\x61" "a"), ROW("\x61"),
        ROW("\x61" "ab"), ROW("\x18\x05"), ROW("\x61\xFF"),
            ROW("\x1B\x80\x00\x00\x00\x00\x00\x00\x00"),
        ROW("\xA0"), ROW("\xA1\x00\x61" "a"), ROW("\xA1\x03\x67" "certain"),
        ROW("\xA2\x01\x50" SIXTEEN "\x03\x67" "certain"),
        ROW("\xA2\x00\x61" "a\x00\x61" "b"), ROW("\xA2\x03\x67" "certain\x00\x61" "a"),
        ROW("\xA2\x00\x61" "a\x03\x64" "sure"), ROW("\xA2\x00\x61" "a\x03\x47" "certain"),
        ROW("\xA2\x00\x61" "a\x02\x6A" "31.01.2017"), ROW("\xA2\x00\x61" "a\x02\x60"),
        ROW("\xA2\x00\x61" "a\x01\x4F" "0123456789abcde"), ROW("\xA2\x00\x61" "a\x01\x40"),
        ROW("\xA2\x00\x61" "a\x04\x61" "b"), ROW("\xA2\x00\x80\x03\x67" "certain"),
        ROW("\xA2\x00\xA1\x00\x61" "a\x03\x67" "certain"),
            ROW("\xA2\x00\x61" "a\x03\x67" "certain\x00"),
        ROW("\xA3\x00\x61" "a\x03\x67" "certain\x02\x64" "2017"),
        ROW("\xA3\x00\x61" "a\x02\x64" "2017\x02\x64" "2018"), ROW("\xA2\x00\x61" "a\x03"),
    };
    struct field_def f = field_of(FIELD_TEXT);

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct value_view v = {.num = 77};
        struct buf b = BUF_INIT;
        if (value_read(&v, PART(bad[i].cbor, bad[i].n)) != VAULT_ERR_DAMAGED)
            fail_msg("row %zu", i);
        assert_int_equal(v.num, 77);
        assert_false(fits(&f, PART(bad[i].cbor, bad[i].n)));
        assert_int_equal(value_to_text(&b, PART(bad[i].cbor, bad[i].n)), VAULT_ERR_DAMAGED);
        assert_int_equal(b.n, 0);
        buf_free(&b);
    }
}

static void
test_value__only_canonical_values_of_the_kind_are_valid(void **state)
{
    static const struct { enum field_kind kind; struct cbor_row row; } bad[] = {
        {FIELD_TEXT, ROW("\x60")}, {FIELD_TEXT, ROW("\x62 a")}, {FIELD_TEXT, ROW("\x62" "a ")},
        {FIELD_TEXT, ROW("\x63" "a\nb")}, {FIELD_TEXT, ROW("\x63" "a\xCC\x81")}, {FIELD_TEXT,
        ROW("\x01")},
        {FIELD_TEXT, ROW("\x41" "a")}, {FIELD_TEXT, ROW("\x62\xC2\x80")}, {FIELD_TEXT,
        ROW("\x63\xE3\x80\x80")},
        {FIELD_NAME, ROW("\xF5")}, {FIELD_PLACE, ROW("\x64\xD0\xB8\xCC\x86")}, {FIELD_NARRATIVE,
        ROW("\x62" "a\n")},
        {FIELD_NARRATIVE, ROW("\x64" "a\r\nb")}, {FIELD_IDENTIFIER, ROW("\x07")},
        {FIELD_DATE, ROW("\x64" "2O17")}, {FIELD_DATE, ROW("\x6A" "31.01.2017")}, {FIELD_DATE,
        ROW("\x19\x07\xE1")},
        {FIELD_NUMBER, ROW("\x61" "1")}, {FIELD_NUMBER, ROW("\x64" "1.50")}, {FIELD_NUMBER,
        ROW("\x64" "01.5")},
        {FIELD_NUMBER, ROW("\x64" "-0.0")}, {FIELD_NUMBER, ROW("\x63" "1.0")}, {FIELD_NUMBER,
        ROW("\xF5")},
        {FIELD_NUMBER, ROW("\x73" "9223372036854775807")}, {FIELD_NUMBER,
        ROW("\x74" "-9223372036854775808")},
        {FIELD_YESNO, ROW("\x01")}, {FIELD_YESNO, ROW("\x63" "yes")}, {FIELD_CHOICE,
        ROW("\x65" "Court")},
        {FIELD_CHOICE, ROW("\xF4")}, {FIELD_LINK, ROW("\x4F" "0123456789abcde")},
        {FIELD_LINK, ROW("\x70" SIXTEEN)}, {FIELD_BYTES, ROW("\x61" "a")},
        {FIELD_FILE, ROW("\x50" SIXTEEN)}, {(enum field_kind)13, ROW("\x61" "a")},
        {(enum field_kind)0, ROW("\x61" "a")},
    };
    static const struct { enum field_kind kind; struct cbor_row row; } good[] = {
        {FIELD_TEXT, ROW("\x61" "a")}, {FIELD_NARRATIVE, ROW("\x63" "a\nb")}, {FIELD_CHOICE,
        ROW("\x65" "court")},
        {FIELD_NUMBER, ROW("\x63" "1.5")}, {FIELD_NUMBER, ROW("\x20")}, {FIELD_BYTES, ROW("\x40")},
        {FIELD_BYTES, ROW("\x50" SIXTEEN)}, {FIELD_LINK, ROW("\x50" SIXTEEN)},
        {FIELD_NUMBER, ROW("\xA2\x00\x02\x03\x67" "certain")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct field_def f = bad[i].kind == FIELD_CHOICE ? choice_field() : field_of(bad[i].kind);
        if (fits(&f, PART(bad[i].row.cbor, bad[i].row.n)))
            fail_msg("row %zu is no value of kind %d", i, bad[i].kind);
    }
    for (size_t i = 0; i < COUNT(good); i++) {
        struct field_def f = good[i].kind == FIELD_CHOICE ? choice_field() : field_of(good[i].kind);
        if (!fits(&f, PART(good[i].row.cbor, good[i].row.n)))
            fail_msg("row %zu is a value of kind %d", i, good[i].kind);
    }
}

static void
test_value__text_for_people(void **state)
{
    static const struct { struct cbor_row row; const char *text; } rows_[] = {
        {ROW("\x63" "Kim"), "Kim"}, {ROW("\x18\xD3"), "211"}, {ROW("\x20"), "-1"}, {ROW("\xF5"),
        "yes"},
        {ROW("\xF4"), "no"}, {ROW("\x42\x0A\xFF"), "0aff"},
        {ROW("\xA2\x00\x61" "a\x03\x67" "certain"), "a"},
        {ROW("\x3B\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), "-9223372036854775808"},
        {ROW("\x50\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), "00000000000000000000000000"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows_); i++) {
        struct buf b = BUF_INIT;
        buf_str(&b, "> ");
        assert_int_equal(value_to_text(&b, PART(rows_[i].row.cbor, rows_[i].row.n)), VAULT_OK);
        assert_int_equal(b.n, 2 + strlen(rows_[i].text));
        assert_memory_equal(b.p + 2, rows_[i].text, b.n - 2);
        buf_free(&b);
    }
}

static void
test_value__anything_written_is_valid(void **state)
{
    static const char *const pieces[] = {"a", " ", "\n", "\r\n", "\t", "й", "и", "\u0306", "최",
        "\u110E",
        "\u116C", "\u11A8", "\u00A0", "\u3000", "\xC2", "\x80", "\x01", "2017", "-", ".", "0", "5",
        "é",
        "\u0323", "\u0301", "Ω", "\u2126", "\U0001F600", "\u1E9B"};
    uint32_t seed = 1962;

    (void)state;
    for (int round = 0; round < 100000; round++) {
        char text[64] = "";
        struct field_def f;
        struct buf b = BUF_INIT;
        seed = seed * 1664525 + 1013904223;
        f = field_of((enum field_kind)(FIELD_TEXT + (seed >> 16) % 9));
        for (uint32_t n = 1 + (seed >> 29); n > 0; n--) {
            seed = seed * 1664525 + 1013904223;
            strcat(text, pieces[(seed >> 16) % COUNT(pieces)]);
        }
        if (value_from_text(&b, &f, text, strlen(text), NULL) == VAULT_OK &&
            !fits(&f, PART(b.p, b.n)))
            fail_msg("kind %d, round %d", f.kind, round);
        buf_free(&b);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value__text_becomes_canonical),
        cmocka_unit_test(test_value__numbers_become_canonical),
        cmocka_unit_test(test_value__yes_and_no_in_three_languages),
        cmocka_unit_test(test_value__wrong_choice_names_the_nearest),
        cmocka_unit_test(test_value__refusals_name_the_field_and_never_quote),
        cmocka_unit_test(test_value__links_files_and_bytes_are_not_text),
        cmocka_unit_test(test_value__refusal_leaves_the_buffer_as_it_was),
        cmocka_unit_test(test_value__limit_of_one_mebibyte),
        cmocka_unit_test(test_value__full_buffer_is_no_memory),
        cmocka_unit_test(test_value__provenance_is_kept),
        cmocka_unit_test(test_value__wrong_provenance_is_refused),
        cmocka_unit_test(test_value__links),
        cmocka_unit_test(test_value__damaged_cbor_is_refused),
        cmocka_unit_test(test_value__only_canonical_values_of_the_kind_are_valid),
        cmocka_unit_test(test_value__text_for_people),
        cmocka_unit_test(test_value__anything_written_is_valid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
