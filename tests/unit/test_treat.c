/* Treatments: what a value becomes, what a released text covers, what comes next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "vault/release/treat.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct treatment keep = { TREAT_KEEP, 0, NULL };

static void
becomes(enum treat t, unsigned arg, const char *value, const char *want)
{
    struct buf out = BUF_INIT;
    vault_err err = treat_apply(&out, t, arg, NULL, value);

    assert_int_equal(err, want == NULL ? VAULT_ERR_INPUT : VAULT_OK);
    if (want != NULL)
        assert_string_equal(buf_cstr(&out), want);
    buf_free(&out);
}

static void
test_treat__bands(void **state)
{
    static const struct { unsigned n; const char *value, *want; } row[] = {
        { 10, "1962", "1960-1969" }, { 10, "1962~", "1960-1969" }, { 10, "1962?", "1960-1969" }, { 10, "1962-05-01", "1960-1969" },
        { 10, "1960/1965", "1960-1969" }, { 10, "196X", "1960-1969" }, { 10, "1969-12-31T23:59+03:00", "1960-1969" },
        { 5, "196X", "*" }, { 10, "1969/1970", "*" }, { 10, "19XX", "*" }, { 100, "19XX", "1900-1999" }, { 10, "../1960", "*" }, { 10, "1960/", "*" },
        { 10, "1969-24", "*" }, { 1, "1962-05", "1962" }, { 10, "-0044", "-50--41" }, { 10, "34", "30-39" }, { 10, "34.5", "30-39" },
        { 10, "39.5", "30-39" }, { 10, "-0.5", "-10--1" }, { 10, "1.", NULL }, { 10, "0", "0-9" }, { 7, "13", "7-13" }, { 10, "", "" }, { 10, "*", "*" },
        { 10, "old", NULL }, { 10, "34 years", NULL }, { 10, "1234567890123456789", NULL }, { 0, "1962", NULL }, { 10001, "1962", NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(row); i++)
        becomes(TREAT_BAND, row[i].n, row[i].value, row[i].want);
}

static void
test_treat__dates(void **state)
{
    static const struct { enum treat_date unit; const char *value, *want; } row[] = {
        { TREAT_DATE_YEAR, "2016-04-30", "2016" }, { TREAT_DATE_QUARTER, "2016-04-30", "2016-Q2" }, { TREAT_DATE_MONTH, "2016-04-30", "2016-04" },
        { TREAT_DATE_YEAR, "2016~", "2016" }, { TREAT_DATE_YEAR, "2015/2016", "*" }, { TREAT_DATE_QUARTER, "2016", "*" },
        { TREAT_DATE_MONTH, "2016-04-XX", "2016-04" }, { TREAT_DATE_MONTH, "2016-XX", "*" }, { TREAT_DATE_QUARTER, "2016-10/2016-12", "2016-Q4" },
        { TREAT_DATE_YEAR, "2001-24", "*" }, { TREAT_DATE_QUARTER, "2001-21", "*" }, { TREAT_DATE_YEAR, "", "" }, { TREAT_DATE_YEAR, "*", "*" },
        { TREAT_DATE_YEAR, "soon", NULL }, { TREAT_DATE_YEAR, "2010/..", "*" }, { TREAT_DATE_YEAR, "-0044", "-0044" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(row); i++)
        becomes(TREAT_DATE, row[i].unit, row[i].value, row[i].want);
}

static void
test_treat__places(void **state)
{
    (void)state;
    becomes(TREAT_PLACE, 1, "Sortavala, Karelia, Russia", "Russia");
    becomes(TREAT_PLACE, 2, " Sortavala ,Karelia,  Russia ", "Karelia, Russia");
    becomes(TREAT_PLACE, 3, "Karelia, Russia", "Karelia, Russia");
    becomes(TREAT_PLACE, 1, "Sortavala, , Russia,", "Russia");
    becomes(TREAT_PLACE, 1, "", "");
    becomes(TREAT_PLACE, 1, ",,", "");
    becomes(TREAT_PLACE, 0, "Russia", NULL);
    becomes(TREAT_PLACE, 15, "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18", "4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18");
}

static void
test_treat__what_needs_more_than_the_value_is_refused(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    assert_int_equal(treat_apply(&out, TREAT_PSEUDONYM, 0, NULL, "Choi"), VAULT_ERR_FAILED);
    assert_int_equal(treat_apply(&out, TREAT_REVIEWED, 0, NULL, "Choi"), VAULT_ERR_FAILED);
    assert_int_equal(out.n, 0);
    assert_int_equal(treat_apply(&out, TREAT_DROP, 0, NULL, "Choi"), VAULT_OK);
    assert_int_equal(out.n, 0);
    assert_null(strstr(vault_last_error()->text, "Choi"));
    buf_free(&out);
}

/* Coarsening what was released gives what coarsening the stored value gives, or hides it. */
static void
test_treat__twice_is_once_or_suppressed(void **state)
{
    static const struct treatment step[] = { { TREAT_DATE, TREAT_DATE_MONTH, NULL }, { TREAT_DATE, TREAT_DATE_QUARTER, NULL }, { TREAT_DATE, TREAT_DATE_YEAR, NULL },
        { TREAT_BAND, 5, NULL }, { TREAT_BAND, 10, NULL }, { TREAT_BAND, 20, NULL }, { TREAT_BAND, 100, NULL } };
    static const char *const value[] = { "1962-05-01", "1962", "1962-11~", "196X", "1960/1965", "1959-12-31", "-0044-03-15", "2001-24" };

    (void)state;
    for (size_t v = 0; v < COUNT(value); v++)
        for (size_t i = 0; i < COUNT(step); i++)
            for (size_t j = i; j < COUNT(step); j++) {
                struct buf one = BUF_INIT, two = BUF_INIT, direct = BUF_INIT;

                assert_int_equal(treat_apply(&one, step[i].treat, step[i].arg, NULL, value[v]), VAULT_OK);
                assert_int_equal(treat_apply(&direct, step[j].treat, step[j].arg, NULL, value[v]), VAULT_OK);
                assert_int_equal(treat_again(&two, &step[i], &step[j], buf_cstr(&one)), VAULT_OK);
                if (strcmp(buf_cstr(&two), "*") != 0)
                    assert_string_equal(buf_cstr(&two), buf_cstr(&direct));
                else if (strcmp(buf_cstr(&one), "*") != 0)
                    assert_string_equal(buf_cstr(&direct), "*");
                buf_free(&one);
                buf_free(&two);
                buf_free(&direct);
            }
}

static void
ladder(struct treatment t, const char *kind, unsigned parts, const char *want)
{
    struct buf all = BUF_INIT;

    do {
        t = treat_coarser(&t, kind, parts);
        assert_int_equal(treat_json(&all, &t, "h.csv"), VAULT_OK);
        buf_str(&all, " ");
    } while (t.treat != TREAT_DROP);
    assert_string_equal(buf_cstr(&all), want);
    buf_free(&all);
}

static void
test_treat__coarser(void **state)
{
    (void)state;
    ladder(keep, "date", 0, "{\"date\": \"month\"} {\"date\": \"quarter\"} {\"date\": \"year\"} {\"band\": 5} {\"band\": 10} {\"band\": 20} {\"band\": 100} \"drop\" ");
    ladder((struct treatment){ TREAT_BAND, 7, NULL }, "number", 0, "{\"band\": 14} {\"band\": 28} {\"band\": 56} \"drop\" ");
    ladder(keep, "place", 3, "{\"place\": 2} {\"place\": 1} \"drop\" ");
    ladder((struct treatment){ TREAT_PLACE, 4, NULL }, "place", 2, "{\"place\": 1} \"drop\" ");
    ladder(keep, "choice", 0, "\"drop\" ");
}

static void
span_is(struct treatment t, const char *kind, const char *text, const char *from, const char *to)
{
    struct treat_span span, a, b;

    assert_true(treat_span(&span, &t, kind, text));
    assert_true(treat_span(&a, &keep, "date", from) && treat_span(&b, &keep, "date", to));
    assert_true(span.days);
    assert_int_equal(span.from, a.from);
    assert_int_equal(span.to, b.to);
}

static void
test_treat__spans(void **state)
{
    struct treat_span span;

    (void)state;
    span_is((struct treatment){ TREAT_BAND, 10, NULL }, "date", "1960-1969", "1960-01-01", "1969-12-31");
    span_is((struct treatment){ TREAT_DATE, TREAT_DATE_QUARTER, NULL }, "date", "2016-Q1", "2016-01-01", "2016-03-31");
    span_is((struct treatment){ TREAT_DATE, TREAT_DATE_MONTH, NULL }, NULL, "2016-02", "2016-02-01", "2016-02-29");
    assert_true(treat_span(&span, &(struct treatment){ TREAT_BAND, 10, NULL }, "number", "30-39"));
    assert_true(!span.days && span.from == 30 && span.to == 39);
    assert_false(treat_span(&span, &(struct treatment){ TREAT_BAND, 10, NULL }, "date", "*"));
    assert_false(treat_span(&span, &keep, "text", "1962"));
}

/* ---- hierarchies ---- */

static struct hierarchy *
hierarchy(const char *text)
{
    struct hierarchy *h = NULL;
    char name[] = "/tmp/hierarchy-XXXXXX";
    int fd = mkstemp(name);

    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    assert_int_equal(hierarchy_read(&h, name), VAULT_OK);
    unlink(name);
    return h;
}

static void
test_treat__hierarchy(void **state)
{
    struct hierarchy *h = hierarchy("miner;worker;any\n\"cook, head\";service;any\nnurse;service;any\nnurse;service;any\n");
    struct buf out = BUF_INIT;
    const struct treatment one = { TREAT_HIERARCHY, 1, h }, two = { TREAT_HIERARCHY, 2, h };

    (void)state;
    assert_int_equal(hierarchy_levels(h), 3);
    assert_string_equal(hierarchy_up(h, 0, 1, "cook, head"), "service");
    assert_string_equal(hierarchy_up(h, 1, 2, "service"), "any");
    assert_string_equal(hierarchy_up(h, 0, 0, "miner"), "miner");
    assert_null(hierarchy_up(h, 0, 1, "worker"));
    assert_null(hierarchy_up(h, 0, 3, "miner"));
    assert_null(hierarchy_up(h, 0, 1, ""));
    assert_int_equal(treat_apply(&out, TREAT_HIERARCHY, 1, h, "nurse"), VAULT_OK);
    assert_string_equal(buf_cstr(&out), "service");
    assert_int_equal(treat_apply(&out, TREAT_HIERARCHY, 1, h, "spy"), VAULT_ERR_INPUT);
    assert_null(strstr(vault_last_error()->text, "spy"));
    assert_int_equal(treat_apply(&out, TREAT_HIERARCHY, 3, h, "nurse"), VAULT_ERR_INPUT);
    assert_int_equal(treat_apply(&out, TREAT_HIERARCHY, 1, NULL, "nurse"), VAULT_ERR_INPUT);
    buf_reset(&out);
    assert_int_equal(treat_again(&out, &one, &two, "worker"), VAULT_OK);
    assert_string_equal(buf_cstr(&out), "any");
    assert_int_equal(treat_coarser(&one, NULL, 0).arg, 2);
    assert_int_equal(treat_coarser(&two, NULL, 0).treat, TREAT_DROP);
    buf_free(&out);
    hierarchy_free(h);
}

static void
test_treat__column(void **state)
{
    static const char *const born[] = { "1962", "1969-03-01", "", "1971~", "*" }, *const want[] = { "1960-1969", "1960-1969", "", "1970-1979", "*" };
    const struct treatment ten = { TREAT_BAND, 10, NULL }, twenty = { TREAT_BAND, 20, NULL };
    struct sheet s;
    size_t at;

    (void)state;
    sheet_init(&s);
    assert_int_equal(sheet_add_column(&s, "born", NULL), VAULT_OK);
    for (size_t i = 0; i < COUNT(born); i++) {
        assert_int_equal(sheet_add_row(&s), VAULT_OK);
        assert_int_equal(sheet_set(&s, i, 0, PART(born[i], strlen(born[i]))), VAULT_OK);
    }
    assert_int_equal(treat_column(&s, 0, NULL, &ten, &at), VAULT_OK);
    for (size_t i = 0; i < COUNT(born); i++)
        assert_string_equal(sheet_text(&s, i, 0), want[i]);
    assert_int_equal(s.column[0].cell[0], s.column[0].cell[1]);
    assert_int_equal(treat_column(&s, 0, &ten, &twenty, &at), VAULT_OK);
    assert_string_equal(sheet_text(&s, 0, 0), "1960-1979");
    assert_int_equal(sheet_set(&s, 3, 0, PART("never", 5)), VAULT_OK);
    assert_int_equal(treat_column(&s, 0, &twenty, &(struct treatment){ TREAT_BAND, 100, NULL }, &at), VAULT_ERR_INPUT);
    assert_int_equal(at, 3);
    assert_string_equal(sheet_text(&s, 0, 0), "1960-1979");
    sheet_free(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_treat__bands),
        cmocka_unit_test(test_treat__dates),
        cmocka_unit_test(test_treat__places),
        cmocka_unit_test(test_treat__what_needs_more_than_the_value_is_refused),
        cmocka_unit_test(test_treat__twice_is_once_or_suppressed),
        cmocka_unit_test(test_treat__coarser),
        cmocka_unit_test(test_treat__spans),
        cmocka_unit_test(test_treat__hierarchy),
        cmocka_unit_test(test_treat__column),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
