/* Dates: what is understood, what is refused, and that spans and order make sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "vault/record/date.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct { const char *typed, *canonical; } accepted[] = {
    /* canonical already */
    {"2002", "2002"}, {"1999-01", "1999-01"}, {"2017-01-31", "2017-01-31"},
    {"1997~", "1997~"}, {"1962?", "1962?"}, {"1984%", "1984%"}, {"2004-06~", "2004-06~"},
    {"2004-06-11?", "2004-06-11?"}, {"0000", "0000"}, {"9999-12-31", "9999-12-31"},
    {"199X", "199X"}, {"19XX", "19XX"}, {"199X~", "199X~"}, {"2004-XX", "2004-XX"},
    {"1985-04-XX", "1985-04-XX"}, {"1985-XX-XX", "1985-XX-XX"},
    {"2001-21", "2001-21"}, {"2001-24~", "2001-24~"},
    {"-0044", "-0044"}, {"-0044-03-15", "-0044-03-15"}, {"-9999", "-9999"},
    {"2015/2016", "2015/2016"}, {"2015-11/2016-02", "2015-11/2016-02"},
    {"../2010", "../2010"}, {"2010/..", "2010/.."}, {"/2010", "/2010"}, {"2010/", "2010/"},
    {"2004~/2005-06?", "2004~/2005-06?"}, {"199X/2001-22", "199X/2001-22"},
    {"2015/2015", "2015/2015"}, {"2015-11/2015", "2015-11/2015"}, {"-0100/-0044", "-0100/-0044"},
    {"2017-01-31T14:30", "2017-01-31T14:30"}, {"2017-01-31T14:30:05Z", "2017-01-31T14:30:05Z"},
    {"2017-01-31T14:30+03:00", "2017-01-31T14:30+03:00"},
    {"2017-01-31T23:59:59-12:00", "2017-01-31T23:59:59-12:00"},
    {"2017-01-31T00:00+14:00", "2017-01-31T00:00+14:00"},
    {"2017-01-31T14:30+05:45", "2017-01-31T14:30+05:45"},
    /* leap days */
    {"2016-02-29", "2016-02-29"}, {"2000-02-29", "2000-02-29"}, {"0000-02-29", "0000-02-29"},
    {"-0004-02-29", "-0004-02-29"},
    /* the day first */
    {"31.01.2017", "2017-01-31"}, {"31.1.2017", "2017-01-31"}, {"1.2.2003", "2003-02-01"},
    {"01.2017", "2017-01"}, {"1.2017", "2017-01"}, {"31/01/2017", "2017-01-31"},
    {"5/6/2017", "2017-06-05"}, {"29.02.2016", "2016-02-29"}, {"01.2017~", "2017-01~"},
    /* the year first */
    {"2017.01.31", "2017-01-31"}, {"2017.1.31", "2017-01-31"}, {"2017/01/31", "2017-01-31"},
    {"2017/1/31", "2017-01-31"}, {"2017. 1. 31.", "2017-01-31"}, {"2017. 1.", "2017-01"},
    /* Korean, composed and not */
    {"2017년 1월 31일", "2017-01-31"}, {"2017년1월31일", "2017-01-31"},
    {"2017년 01월", "2017-01"}, {"2017년", "2017"}, {"2017 년 1 월 31 일", "2017-01-31"},
    {"2017\u1102\u1167\u11AB 1\u110B\u116F\u11AF 31\u110B\u1175\u11AF", "2017-01-31"},
    {"1962년~", "1962~"},
    /* blanks, full width, lower case */
    {"  2017-01-31\t\n", "2017-01-31"}, {"\u3000" "2017\u00A0", "2017"},
    {"２０１７－０１－３１", "2017-01-31"},
    {"３１．０１．２０１７", "2017-01-31"}, {"１９９７～", "1997~"}, {"２０１７년　１월", "2017-01"},
    {"199x", "199X"}, {"2017-01-31t14:30z", "2017-01-31T14:30Z"}, {"199ｘ", "199X"},
    {" 2015 / 2016 ", "2015/2016"}, {".. / 2010", "../2010"}, {"2010/ ..", "2010/.."},
    /* one form of zero offset; both sides of an interval as people write them */
    {"2017-01-31T14:30+00:00", "2017-01-31T14:30Z"},
    {"31.01.2017/05.02.2017", "2017-01-31/2017-02-05"}, {"2015년/2016년 2월", "2015/2016-02"},
    {"31.01.2017/", "2017-01-31/"},
};

static const char *const refused[] = {
    "", " ", "x", "today", "Choe", "~", "/", "..", "../..", "/..", "../", "//", "2010/./", "T14:30",
    /* years */
    "17", "217", "20170", "201701", "20170131", "2O17", "+2017", "Y2017", "-0000", "-0000-01-01",
    "--2017",
    "1XXX", "XXXX", "19X9", "X999", "-199X", "2017-", "20 17", "2017 01",
    /* months */
    "2017-00", "2017-13", "2017-20", "2017-25", "2017-1", "2017-001", "199X-05", "2017-X1",
    "2017-XX-05",
    "13.2017", "00.2017", "1.17", "01/2017", "2017/01", "2017년 13월", "2017년 0월",
    /* days */
    "2017-01-00", "2017-01-32", "2017-04-31", "2017-02-29", "1900-02-29", "2100-02-29",
    "-0001-02-29",
    "2017-02-30", "2017-01-1", "2017-21-05", "2017-21-XX", "30.02.2017", "29.02.2017", "00.01.2017",
    "32.01.2017", "31.04.2017", "2017.02.29", "2017/02/30", "2017년 2월 29일", "2017년 1월 0일",
    "31.01.17", "31/01/17", "1.31.2017.5", "31..2017", "31.01.", ".01.2017", "31.01-2017",
    "031.01.2017",
    /* the day stands first */
    "01/31/2017", "12/13/2017", "01.31.2017",
    /* Korean */
    "17년 1월", "2017년 1일", "2017월", "2017년 1월 31", "1월 31일 2017년", "2017년 1월 31일 일",
    /* marks */
    "~2017", "2017~~", "2017~?", "2017-06~-11", "2017!", "2017-01-31T14:30~",
    /* times */
    "2017-01T14:30", "2017-01-XXT14:30", "2017T14:30", "2017-01-31T", "2017-01-31T14",
    "2017-01-31T1430",
    "2017-01-31T24:00", "2017-01-31T14:60", "2017-01-31T14:30:60", "2017-01-31T14:30:",
    "2017-01-31 14:30",
    "2017-01-31T14:30+3", "2017-01-31T14:30+0300", "2017-01-31T14:30-00:00",
    "2017-01-31T14:30+14:01",
    "2017-01-31T14:30-12:30", "2017-01-31T14:30+03:60", "2017-01-31T14:30ZZ",
    "2017-01-31T14:30+03:00Z",
    /* intervals */
    "2016/2015", "2016-02/2015-11", "2017-02/2017-01-31", "2001-22/2001-05", "-0044/-0100",
    "2015/2016/2017",
    "2015/13", "2015-11/12", "2015-2016", "2015/x", "2017-01-31T14:30/2017-02-01", "1/2/3",
    /* what no date contains */
    "2017\xE2\x80\x8B", ("\xFF" "2017"), "2017\xEF", "2017\xEF\xBC", "\xEC\x9D\xBC",
    "2017-01-31\x01",
    "2017\x7F", "2017\u0301", "二〇一七",
};

static size_t
parse_row(char out[static DATE_MAX], size_t i)
{
    if (date_parse(out, accepted[i].typed, strlen(accepted[i].typed)) != VAULT_OK)
        fail_msg("refused \"%s\"", accepted[i].typed);
    return strlen(out);
}

static void
test_date__writes_canonically_what_people_type(void **state)
{
    char out[DATE_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(accepted); i++) {
        (void)parse_row(out, i);
        if (strcmp(out, accepted[i].canonical) != 0)
            fail_msg("\"%s\" became \"%s\"", accepted[i].typed, out);
    }
}

static void
test_date__canonical_text_is_a_fixed_point(void **state)
{
    char out[DATE_MAX], again[DATE_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(accepted); i++) {
        size_t n = parse_row(out, i);
        assert_true(date_is_canonical(out, n));
        assert_int_equal(date_parse(again, out, n), VAULT_OK);
        assert_string_equal(again, out);
        if (strcmp(accepted[i].typed, out) != 0)
            assert_false(date_is_canonical(accepted[i].typed, strlen(accepted[i].typed)));
    }
}

static void
test_date__refuses_what_is_no_date(void **state)
{
    char out[DATE_MAX] = "as it was";

    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct date_span span;
        size_t n = strlen(refused[i]);
        if (date_parse(out, refused[i], n) != VAULT_ERR_INPUT)
            fail_msg("accepted \"%s\"", refused[i]);
        assert_string_equal(out, "as it was");
        assert_false(date_is_canonical(refused[i], n));
        assert_false(date_span(&span, refused[i], n));
    }
}

static void
test_date__refuses_february_30(void **state)
{
    char out[DATE_MAX];

    (void)state;
    assert_int_equal(date_parse(out, "2017-02-30", 10), VAULT_ERR_INPUT);
    assert_non_null(strstr(vault_last_error()->text, "no such day"));
}

static void
test_date__refuses_american_order_and_says_that_the_day_stands_first(void **state)
{
    char out[DATE_MAX];

    (void)state;
    assert_int_equal(date_parse(out, "01/31/2017", 10), VAULT_ERR_INPUT);
    assert_non_null(strstr(vault_last_error()->text, "the day stands first"));
}

static void
test_date__refusal_names_forms_and_does_not_quote(void **state)
{
    static const char *const typed[] = {"Choe Myong Bok", "Choe 2017", "1762-13", "31.02.1762",
        "1762/1662", "Choe/2017", "31.01.62"};
    char out[DATE_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(typed); i++) {
        const struct vault_error *e = vault_last_error();
        assert_int_equal(date_parse(out, typed[i], strlen(typed[i])), VAULT_ERR_INPUT);
        assert_non_null(strstr(e->text, "2017-01-31"));
        assert_null(strstr(e->text, "Choe"));
        assert_null(strstr(e->text, "62"));
        assert_null(strstr(e->hint, "Choe"));
    }
}

static void
test_date__refuses_long_text_and_zero_bytes(void **state)
{
    char out[DATE_MAX], many[4096];

    (void)state;
    memset(many, '1', sizeof many);
    assert_int_equal(date_parse(out, many, sizeof many), VAULT_ERR_INPUT);
    assert_false(date_is_canonical(many, sizeof many));
    assert_int_equal(date_parse(out, "2017\0", 5), VAULT_ERR_INPUT);
    assert_int_equal(date_parse(out, "20\0" "17", 5), VAULT_ERR_INPUT);
    assert_false(date_is_canonical("2017\0", 5));
    assert_false(date_is_canonical("2017\1", 5));
    assert_int_equal(date_parse(out, NULL, 0), VAULT_ERR_INPUT);
    assert_false(date_is_canonical(NULL, 0));
    /* Any amount of blanks around a date is fine. */
    memset(many, ' ', sizeof many);
    memcpy(many + 1000, "2017", 4);
    assert_int_equal(date_parse(out, many, sizeof many), VAULT_OK);
    assert_string_equal(out, "2017");
}

/* ---- spans ---- */

static int32_t
day(const char *iso)
{
    struct date_span span;

    assert_true(date_span(&span, iso, strlen(iso)));
    assert_int_equal(span.from, span.to);
    return span.from;
}

static void
test_date__days_are_numbered_without_gaps(void **state)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t expected = -719528;     /* of 0000-01-01 */

    (void)state;
    assert_int_equal(day("1970-01-01"), 0);
    assert_int_equal(day("2000-03-01"), 11017);
    for (int y = 0; y <= 2400; y++)
        for (int m = 1; m <= 12; m++) {
            bool leap = y % 400 == 0 || (y % 4 == 0 && y % 100 != 0);
            int n = lengths[m - 1] + (m == 2 && leap);
            char text[32];
            /* The first and the last day of every month are enough. */
            snprintf(text, sizeof text, "%04d-%02d-01", y, m);
            assert_int_equal(day(text), expected);
            snprintf(text, sizeof text, "%04d-%02d-%02d", y, m, n);
            assert_int_equal(day(text), expected + n - 1);
            expected += n;
        }
    assert_int_equal(day("-0001-12-31"), day("0000-01-01") - 1);
    assert_int_equal(day("-0400-01-01"), day("0000-01-01") - 146097);
}

static void
test_date__spans_hold_all_that_a_date_may_mean(void **state)
{
    static const struct { const char *date, *from, *to; } rows[] = {
        {"2017-01-31", "2017-01-31", "2017-01-31"}, {"2017-02", "2017-02-01", "2017-02-28"},
        {"2016-02", "2016-02-01", "2016-02-29"}, {"2017", "2017-01-01", "2017-12-31"},
        {"1997~", "1997-01-01", "1997-12-31"}, {"2004-06-11%", "2004-06-11", "2004-06-11"},
        {"199X", "1990-01-01", "1999-12-31"}, {"19XX", "1900-01-01", "1999-12-31"},
        {"2004-XX", "2004-01-01", "2004-12-31"}, {"2004-02-XX", "2004-02-01", "2004-02-29"},
        {"1985-XX-XX", "1985-01-01", "1985-12-31"},
        {"2001-21", "2001-03-01", "2001-05-31"}, {"2001-22", "2001-06-01", "2001-08-31"},
        {"2001-23", "2001-09-01", "2001-11-30"}, {"2001-24", "2001-12-01", "2002-02-28"},
        {"2003-24", "2003-12-01", "2004-02-29"}, {"-0044", "-0044-01-01", "-0044-12-31"},
        {"2015/2016", "2015-01-01", "2016-12-31"}, {"2015-11/2016-02", "2015-11-01", "2016-02-29"},
        {"199X/2001-22", "1990-01-01", "2001-08-31"}, {"2015-11/2015", "2015-11-01", "2015-12-31"},
        {"2017-01-31T23:30-05:00", "2017-01-31", "2017-01-31"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct date_span span;
        assert_true(date_span(&span, rows[i].date, strlen(rows[i].date)));
        assert_int_equal(span.from, day(rows[i].from));
        assert_int_equal(span.to, day(rows[i].to));
    }
}

static void
test_date__open_ends_span_to_the_limits(void **state)
{
    struct date_span span;

    (void)state;
    assert_true(date_span(&span, "../2010", 7));
    assert_true(span.from == INT32_MIN && span.to == day("2010-12-31"));
    assert_true(date_span(&span, "/2010-06", 8));
    assert_true(span.from == INT32_MIN && span.to == day("2010-06-30"));
    assert_true(date_span(&span, "2010/..", 7));
    assert_true(span.from == day("2010-01-01") && span.to == INT32_MAX);
    assert_true(date_span(&span, "2010~/", 6));
    assert_true(span.from == day("2010-01-01") && span.to == INT32_MAX);
}

/* ---- order ---- */

/* In order; what is not a date stands behind all dates, what is empty behind that. */
static const char *const ordered[] = {
    "/1900", "../2010", "-0100/-0044", "-0044", "0000", "19XX", "1962", "1962?", "1962~",
    "1989-12-31",
    "1990", "199X", "1990-01-02", "1997-11", "1999", "1999-01-01T10:00", "2001-03-01", "2001-03",
    "2001-21",
    "2001-12", "2001-24", "2015-01-01", "2015-01", "2015", "2015/2016", "2015/", "2015/..",
    "2015-11-30",
    "2017-01-30T23:30Z", "2017-01-31", "2017-01-31T00:30+03:00", "2017-01-31T00:30",
    "2017-01-31T00:30:01", "2017-01-31T12:00Z", "2017-01-31T14:30",
    "2017-01-31T14:30Z", "2017-01-31T14:30-05:00", "2017-02", "9999-12-31", "2017-02-30", "x", "",
};

static int
compare(size_t i, size_t j)
{
    return date_compare(ordered[i], strlen(ordered[i]), ordered[j], strlen(ordered[j]));
}

static void
test_date__order_of_timelines(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ordered); i++)
        for (size_t j = 0; j < COUNT(ordered); j++) {
            int c = compare(i, j);
            if ((c > 0) - (c < 0) != (i > j) - (i < j))
                fail_msg("%s against %s", ordered[i], ordered[j]);
        }
}

static void
test_date__order_is_total(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ordered); i++)
        for (size_t j = 0; j < COUNT(ordered); j++) {
            int ij = compare(i, j), ji = compare(j, i);
            assert_int_equal((ij > 0) - (ij < 0), (ji < 0) - (ji > 0));
            assert_int_equal(ij == 0, strcmp(ordered[i], ordered[j]) == 0);
            for (size_t k = 0; k < COUNT(ordered); k++)
                if (ij <= 0 && compare(j, k) <= 0)
                    assert_true(compare(i, k) <= 0);
        }
    assert_int_equal(date_compare(NULL, 0, NULL, 0), 0);
    assert_true(date_compare("2017", 4, NULL, 0) < 0);
    assert_true(date_compare(NULL, 0, "2017", 4) > 0);
}

/* ---- anything at all ---- */

static void
test_date__whatever_is_accepted_obeys_the_rules(void **state)
{
    static const char *const pieces[] = {"2017", "1999", "19XX", "199X", "-", "-", "-01", "-12",
        "-21", "-31",
        "-XX", "/", "/", "..", ".", "01", "31", "2", "T14:30", ":05", "Z", "+03:00", "~", "?", "%",
        " ",
        "\xEB\x85\x84", "\xEC\x9B\x94", "\xEC\x9D\xBC", "\xEF\xBC\x91", "X", "\x01", "\x02"};
    uint32_t seed = 20170131;
    size_t good = 0;

    (void)state;
    for (int round = 0; round < 200000; round++) {
        char text[128] = "", out[DATE_MAX], again[DATE_MAX];
        struct date_span span;
        seed = seed * 1664525 + 1013904223;
        for (uint32_t n = 1 + (seed >> 29); n > 0; n--) {
            seed = seed * 1664525 + 1013904223;
            strcat(text, pieces[(seed >> 16) % COUNT(pieces)]);
        }
        if (date_parse(out, text, strlen(text)) != VAULT_OK)
            continue;
        good++;
        assert_true(date_is_canonical(out, strlen(out)));
        assert_int_equal(date_parse(again, out, strlen(out)), VAULT_OK);
        assert_string_equal(out, again);
        assert_true(date_span(&span, out, strlen(out)));
        assert_true(span.from <= span.to);
    }
    assert_true(good > 1000);
}

/* ---- the clock ---- */

static void
test_date__stamps(void **state)
{
    static const struct { int64_t seconds; const char *text; } rows[] = {
        {0, "1970-01-01T00:00:00Z"}, {-1, "1969-12-31T23:59:59Z"},
        {1234567890, "2009-02-13T23:31:30Z"}, {951782400, "2000-02-29T00:00:00Z"},
        {951868800, "2000-03-01T00:00:00Z"}, {4107542399, "2100-02-28T23:59:59Z"},
        {4107542400, "2100-03-01T00:00:00Z"}, {253402300799, "9999-12-31T23:59:59Z"},
        {253402300800, "9999-12-31T23:59:59Z"}, {INT64_MAX, "9999-12-31T23:59:59Z"},
        {-62167219200, "0000-01-01T00:00:00Z"}, {-62167219201, "-0001-12-31T23:59:59Z"},
        {INT64_MIN, "-9999-01-01T00:00:00Z"},
    };
    char out[DATE_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        date_stamp(out, rows[i].seconds);
        assert_string_equal(out, rows[i].text);
        assert_true(date_is_canonical(out, strlen(out)));
    }
}

static void
test_date__stamps_agree_with_the_c_library(void **state)
{
    char out[DATE_MAX], expected[DATE_MAX];

    (void)state;
    for (int64_t t = -62135596800; t < 253402300799; t += 86400 * 97 + 12345) {
        time_t c = (time_t)t;
        struct tm tm;
        assert_non_null(gmtime_r(&c, &tm));
        snprintf(expected, sizeof expected, "%04u-%02u-%02uT%02u:%02u:%02uZ",
            (unsigned)tm.tm_year + 1900, (unsigned)tm.tm_mon + 1, (unsigned)tm.tm_mday,
            (unsigned)tm.tm_hour, (unsigned)tm.tm_min, (unsigned)tm.tm_sec);
        date_stamp(out, t);
        assert_string_equal(out, expected);
    }
}

static void
test_date__today_is_the_day_of_now(void **state)
{
    char before[DATE_MAX], after[DATE_MAX], today[DATE_MAX];

    (void)state;
    date_stamp(before, (int64_t)time(NULL));
    date_today(today);
    date_stamp(after, (int64_t)time(NULL));
    assert_int_equal(strlen(today), 10);
    assert_true(date_is_canonical(today, 10));
    assert_true(memcmp(today, before, 10) == 0 || memcmp(today, after, 10) == 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_date__writes_canonically_what_people_type),
        cmocka_unit_test(test_date__canonical_text_is_a_fixed_point),
        cmocka_unit_test(test_date__refuses_what_is_no_date),
        cmocka_unit_test(test_date__refuses_february_30),
        cmocka_unit_test(test_date__refuses_american_order_and_says_that_the_day_stands_first),
        cmocka_unit_test(test_date__refusal_names_forms_and_does_not_quote),
        cmocka_unit_test(test_date__refuses_long_text_and_zero_bytes),
        cmocka_unit_test(test_date__days_are_numbered_without_gaps),
        cmocka_unit_test(test_date__spans_hold_all_that_a_date_may_mean),
        cmocka_unit_test(test_date__open_ends_span_to_the_limits),
        cmocka_unit_test(test_date__order_of_timelines),
        cmocka_unit_test(test_date__order_is_total),
        cmocka_unit_test(test_date__whatever_is_accepted_obeys_the_rules),
        cmocka_unit_test(test_date__stamps),
        cmocka_unit_test(test_date__stamps_agree_with_the_c_library),
        cmocka_unit_test(test_date__today_is_the_day_of_now),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
