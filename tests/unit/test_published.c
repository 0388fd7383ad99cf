/* The attacker's file: reading it, one text beside another, and what a release leaves of its facts; the advice that then passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "vault/release/advice.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* ---- the file ---- */

static void
test_published__bad_files_name_the_entry(void **state)
{
    static const struct { const char *json, *says; } row[] = {
        { "", "p.json: line" }, { "{}", "p.json: it is not an array" }, { "[1]", "p.json: entry 1: " },
        { "[{\"about\":\"a\",\"source\":\"s\",\"where\":{\"born\":\"1962\"}}, {\"about\":\"a\",\"source\":\"s\"}]", "p.json: entry 2: \"where\"" },
        { "[{\"about\":\"a\",\"where\":{\"born\":\"1962\"}}]", "entry 1: \"source\" is missing" },
        { "[{\"about\":\"\",\"source\":\"s\",\"where\":{\"born\":\"1962\"}}]", "entry 1: \"about\"" },
        { "[{\"about\":\"a\",\"source\":\"s\",\"where\":{}}]", "entry 1: \"where\"" },
        { "[{\"about\":\"a\",\"source\":\"s\",\"where\":{\"born\":1962}}]", "entry 1: \"born\"" },
        { "[{\"about\":\"a\",\"source\":\"s\",\"where\":{\"born\":\"\"}}]", "entry 1: \"born\"" },
        { "[{\"about\":\"a\",\"source\":\"s\",\"where\":{\"born\":\"1\"},\"when\":\"x\"}]", "entry 1: it has a key" },
        { "[{\"about\":\"a\",\"about\":\"b\",\"source\":\"s\",\"where\":{\"born\":\"1\"}}]", "line 1" },
        { "[{\"about\":\"a\",\"source\":\"s\",\"where\":{\"born\":\"1\",\"born\":\"2\"}}]", "line 1" },
        { "[{\"about\":\"a\",\"source\":\"s\",\"where\":{\"born\":\"1\\u0000\"}}]", "p.json: " },
        { "[{\"about\":\"a\",\"source\":\"s\",\"where\":{\"\":\"1\"}}]", "entry 1: \"where\" has a field without a name" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(row); i++) {
        struct published p;

        assert_int_equal(published_parse(&p, row[i].json, strlen(row[i].json), "p.json"), VAULT_ERR_INPUT);
        if (strstr(vault_last_error()->text, row[i].says) == NULL)
            fail_msg("%s\n%s", row[i].json, vault_last_error()->text);
        published_free(&p);
    }
}

static void
test_published__limits(void **state)
{
    struct buf json = BUF_INIT;
    struct published p;

    (void)state;
    buf_str(&json, "[");
    for (unsigned i = 0; i <= PUBLISHED_MAX; i++)
        buf_fmt(&json, "%s{\"about\":\"a\",\"source\":\"s\",\"where\":{\"x\":\"1\"}}", i == 0 ? "" : ",");
    buf_str(&json, "]");
    assert_int_equal(published_parse(&p, (const char *)json.p, json.n, "p.json"), VAULT_ERR_INPUT);
    published_free(&p);
    buf_reset(&json);
    buf_str(&json, "[{\"about\":\"a\",\"source\":\"s\",\"where\":{");
    for (unsigned i = 0; i <= PUBLISHED_FIELDS_MAX; i++)
        buf_fmt(&json, "%s\"f%u\":\"x\"", i == 0 ? "" : ",", i);
    buf_str(&json, "}}]");
    assert_int_equal(published_parse(&p, (const char *)json.p, json.n, "p.json"), VAULT_ERR_INPUT);
    published_free(&p);
    buf_free(&json);
}

/* ---- one text beside another ---- */

static void
test_published__fits(void **state)
{
    static const struct { const char *kind; enum treat treat; unsigned arg; const char *known, *cell; enum fit want; } row[] = {
        { "date", TREAT_BAND, 10, "1962", "1960-1969", FIT_YES }, { "date", TREAT_BAND, 10, "1962-05-01", "1960-1969", FIT_YES },
        { "date", TREAT_BAND, 10, "1959", "1960-1969", FIT_NO }, { "date", TREAT_BAND, 10, "1959~", "1960-1969", FIT_LOOSE },
        { "date", TREAT_BAND, 10, "1969-12-31", "1960-1969", FIT_YES }, { "date", TREAT_BAND, 10, "1970-01-01", "1960-1969", FIT_NO },
        { "date", TREAT_BAND, 10, "1960-01-01", "1960-1969", FIT_YES }, { "date", TREAT_BAND, 10, "1959-12-31", "1960-1969", FIT_NO },
        { "date", TREAT_BAND, 10, "1950~", "1960-1969", FIT_NO }, { "date", TREAT_BAND, 10, "1960s", "1960-1969", FIT_YES },
        { "date", TREAT_BAND, 10, "1955-1961", "1960-1969", FIT_YES }, { "date", TREAT_BAND, 10, "1955/1961", "1960-1969", FIT_YES },
        { "date", TREAT_BAND, 10, "in his fifties", "1960-1969", FIT_UNTOLD }, { "date", TREAT_BAND, 10, "1962", "*", FIT_YES },
        { "date", TREAT_BAND, 10, "1962", "", FIT_YES }, { "date", TREAT_DATE, TREAT_DATE_QUARTER, "2016-05-03", "2016-Q2", FIT_YES },
        { "date", TREAT_DATE, TREAT_DATE_QUARTER, "03.05.2016", "2016-Q1", FIT_NO }, { "date", TREAT_KEEP, 0, "1962", "1962-05-01", FIT_YES },
        { "number", TREAT_BAND, 10, "34", "30-39", FIT_YES }, { "number", TREAT_BAND, 10, "40", "30-39", FIT_NO },
        { NULL, TREAT_BAND, 10, "1962-05-01", "1960-1969", FIT_YES },
        { "place", TREAT_PLACE, 1, "Leningrad region", "Russia", FIT_UNTOLD }, { "place", TREAT_PLACE, 1, "Leningrad region, Russia", "Russia", FIT_YES },
        { "place", TREAT_PLACE, 2, "Leningrad region", "Leningrad region, Russia", FIT_YES }, { "place", TREAT_PLACE, 2, "leningrad  REGION", "Leningrad region, Russia", FIT_YES },
        { "place", TREAT_PLACE, 2, "Vyborg, Leningrad region", "Leningrad region, Russia", FIT_YES }, { "place", TREAT_KEEP, 0, "Russia", "Vyborg, Leningrad region, Russia", FIT_YES },
        { "place", TREAT_PLACE, 2, "Tver, Russia", "Moscow, Russia", FIT_NO }, { "place", TREAT_PLACE, 1, "Tver, Finland", "Russia", FIT_UNTOLD },
        { "name", TREAT_KEEP, 0, "Цой Мён Бок", "Choi Myung-bok", FIT_YES }, { "name", TREAT_KEEP, 0, "Kim", "Kim Yong-chol", FIT_LOOSE },
        { "name", TREAT_KEEP, 0, "1ource\":\"s\",\"where\"z{\"burn\":\"1962\"", "1ource\":\"s\",\"where\"z{\"burn\":\"1962\"", FIT_YES },
        { "name", TREAT_KEEP, 0, "Ivanov", "Kim Yong-chol", FIT_NO }, { "text", TREAT_KEEP, 0, "MINER", "miner", FIT_YES },
        { "text", TREAT_KEEP, 0, "miner", "coal miner", FIT_LOOSE }, { "text", TREAT_KEEP, 0, "mine", "miner", FIT_NO },
        { "choice", TREAT_KEEP, 0, "KP", "RU", FIT_NO }, { "text", TREAT_REVIEWED, 0, "x", "a text", FIT_YES }, { "ref", TREAT_PSEUDONYM, 0, "K-1", "a1b2", FIT_YES },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(row); i++) {
        struct sheet s;
        struct sheet_column *c;
        enum fit fit[2];
        uint32_t v;

        sheet_init(&s);
        assert_int_equal(sheet_add_column(&s, "f", &c), VAULT_OK);
        c->kind = row[i].kind;
        c->treat = row[i].treat;
        c->arg = row[i].arg;
        assert_int_equal(sheet_value(c, PART(row[i].cell, strlen(row[i].cell)), &v), VAULT_OK);
        assert_int_equal(replay_fit(fit, c, NULL, row[i].known), VAULT_OK);
        if (fit[v] != row[i].want)
            fail_msg("%s beside %s: %d", row[i].known, row[i].cell, fit[v]);
        sheet_free(&s);
    }
}

/* ---- people ---- */

static void
add_person(struct sheet *s, const char *born, const char *residence, const char *family)
{
    const char *const text[] = { born, residence, family };

    assert_int_equal(sheet_add_row(s), VAULT_OK);
    for (size_t j = 0; j < 3; j++)
        assert_int_equal(sheet_set(s, s->n_rows - 1, j, PART(text[j], strlen(text[j]))), VAULT_OK);
}

/* P1, and 59 others: his age, town and family are his alone. As stored. */
static void
people(struct sheet *s)
{
    static const char *const name[] = { "born", "residence", "family" }, *const kind[] = { "date", "place", "text" };
    char born[8];

    sheet_init(s);
    for (size_t j = 0; j < 3; j++) {
        struct sheet_column *c;

        assert_int_equal(sheet_add_column(s, name[j], &c), VAULT_OK);
        c->role = SHEET_QUASI;
        c->kind = kind[j];
    }
    add_person(s, "1962~", "Saint Petersburg, Leningrad region, Russia", "married, two children");
    for (unsigned i = 0; i < 59; i++) {
        snprintf(born, sizeof born, "%u", 1950 + i % 30);
        add_person(s, born, i % 3 == 0 ? "Moscow, Russia" : i % 3 == 1 ? "Vyborg, Leningrad region, Russia" : "Dushanbe, Tajikistan", i % 2 == 0 ? "single" : "married");
    }
}

static void
treat(struct sheet *s, size_t column, enum treat t, unsigned arg)
{
    const struct treatment to = { t, arg, NULL };
    size_t at;

    assert_int_equal(treat_column(s, column, NULL, &to, &at), VAULT_OK);
}

static struct published
published(const char *json)
{
    struct published p;

    assert_int_equal(published_parse(&p, json, strlen(json), "p.json"), VAULT_OK);
    return p;
}

static const char about_p1[] = "[{\"about\":\"P1\",\"source\":\"news\",\"where\":{\"born\":\"1962\",\"residence\":\"Saint Petersburg, Leningrad region, Russia\","
    "\"family\":\"married, two children\",\"occupation\":\"miner\"}}]";

static void
test_published__p1_is_refused_and_the_advice_passes(void **state)
{
    struct published p = published(about_p1);
    struct sheet s;
    struct replay_ask ask = { .sheet = &s, .published = &p, .k = 10 };
    struct findings f;
    struct advices a;

    (void)state;
    people(&s);
    assert_int_equal(replay(&f, &ask), VAULT_OK);
    assert_int_equal(f.n, 1);
    assert_int_equal(f.found[0].kind, REPLAY_ISOLATES);
    assert_int_equal(f.found[0].candidates, 1);
    assert_non_null(strstr(f.found[0].sentence, "published fact 1 leaves 1 of 60 rows by "));
    assert_null(strstr(f.found[0].sentence, "Petersburg"));
    assert_null(strstr(f.found[0].sentence, "P1"));
    assert_int_equal(advise_fact(&a, &ask, &f.found[0], NULL), VAULT_OK);
    assert_true(a.n > 0);
    for (size_t i = 0; i < a.n; i++) {          /* each passes */
        struct sheet other;
        struct findings left;
        struct replay_ask as = ask;
        struct buf text = BUF_INIT;
        size_t at;

        people(&other);
        as.sheet = &other;
        for (size_t j = 0; j < a.advice[i].n_steps; j++)
            assert_int_equal(treat_column(&other, a.advice[i].step[j].column, NULL, &a.advice[i].step[j].to, &at), VAULT_OK);
        assert_int_equal(replay(&left, &as), VAULT_OK);
        for (size_t j = 0; j < left.n; j++)
            assert_int_not_equal(left.found[j].kind, REPLAY_ISOLATES);
        assert_int_equal(advice_json(&text, &a.advice[i], &s, NULL), VAULT_OK);
        assert_int_equal(strncmp(buf_cstr(&text), "{\"field\": \"", 11), 0);
        buf_free(&text);
        findings_free(&left);
        sheet_free(&other);
    }
    advices_free(&a);
    findings_free(&f);
    published_free(&p);
    sheet_free(&s);
}

static size_t
refusals(const struct sheet *s, const char *json, uint32_t k)
{
    struct published p = published(json);
    struct replay_ask ask = { .sheet = s, .published = &p, .k = k };
    struct findings f;
    size_t n = 0;

    assert_int_equal(replay(&f, &ask), VAULT_OK);
    for (size_t i = 0; i < f.n; i++)
        n += f.found[i].kind == REPLAY_ISOLATES;
    findings_free(&f);
    published_free(&p);
    return n;
}

static void
test_published__readings(void **state)
{
    struct sheet s;

    (void)state;
    people(&s);
    /* A fact of fields that are not there fits everybody. */
    assert_int_equal(refusals(&s, "[{\"about\":\"a\",\"source\":\"s\",\"where\":{\"occupation\":\"miner\"}}]", 10), 0);
    /* By one reading too few: the year alone, with and without its month. */
    assert_int_equal(refusals(&s, "[{\"about\":\"a\",\"source\":\"s\",\"where\":{\"born\":\"1962\"}}]", 3), 0);
    assert_int_equal(refusals(&s, "[{\"about\":\"a\",\"source\":\"s\",\"where\":{\"born\":\"1962\"}}]", 4), 1);
    treat(&s, 0, TREAT_BAND, 10);
    treat(&s, 1, TREAT_PLACE, 1);
    assert_int_equal(refusals(&s, about_p1, 10), 1);            /* his family */
    treat(&s, 2, TREAT_DROP, 0);
    assert_int_equal(refusals(&s, about_p1, 10), 0);
    /* A place without its country: a reader knows where it lies, so the smallest country decides. */
    assert_int_equal(refusals(&s, "[{\"about\":\"a\",\"source\":\"s\",\"where\":{\"residence\":\"Pamir\"}}]", 19), 0);
    assert_int_equal(refusals(&s, "[{\"about\":\"a\",\"source\":\"s\",\"where\":{\"residence\":\"Pamir\"}}]", 20), 1);
    assert_int_equal(refusals(&s, "[{\"about\":\"a\",\"source\":\"s\",\"where\":{\"residence\":\"Tver, Russia\"}}]", 20), 0);
    sheet_free(&s);
}

static void
test_published__words_that_fit_nobody_are_noted(void **state)
{
    struct published p = published("[{\"about\":\"a\",\"source\":\"s\",\"where\":{\"born\":\"1900\",\"family\":\"single\"}}]");
    struct sheet s;
    struct replay_ask ask = { .sheet = &s, .published = &p, .k = 10 };
    struct findings f;

    (void)state;
    people(&s);
    assert_int_equal(replay(&f, &ask), VAULT_OK);
    assert_int_equal(f.n, 1);
    assert_int_equal(f.found[0].kind, REPLAY_NOBODY);
    assert_int_equal(f.found[0].field[0], 0);
    findings_free(&f);
    published_free(&p);
    sheet_free(&s);
}

static void
test_published__a_single_case_tells_no_more_than_is_known(void **state)
{
    struct published p = published("[{\"about\":\"a\",\"source\":\"s\",\"where\":{\"born\":\"1962-03\"}},"
        "{\"about\":\"a\",\"source\":\"t\",\"where\":{\"residence\":\"Vyborg, Leningrad region, Russia\"}},"
        "{\"about\":\"b\",\"source\":\"t\",\"where\":{\"born\":\"1980\",\"family\":\"married\"}}]");
    struct sheet s;
    struct replay_ask ask = { .sheet = &s, .published = &p, .k = 10, .single_case = true };
    struct findings f;

    (void)state;
    people(&s);
    s.n_rows = 1;
    assert_int_equal(sheet_set(&s, 0, 1, PART("Leningrad region, Russia", 24)), VAULT_OK);
    assert_int_equal(replay(&f, &ask), VAULT_OK);
    assert_int_equal(f.n, 1);                   /* the family; the year and the region are known */
    assert_int_equal(f.found[0].kind, REPLAY_TELLS_MORE);
    assert_int_equal(f.found[0].field[0], 2);
    assert_int_equal(f.found[0].row, 0);
    findings_free(&f);
    assert_int_equal(sheet_set(&s, 0, 0, PART("1962-03-05", 10)), VAULT_OK);
    assert_int_equal(sheet_set(&s, 0, 2, PART("", 0)), VAULT_OK);
    assert_int_equal(replay(&f, &ask), VAULT_OK);
    assert_int_equal(f.n, 1);                   /* the day */
    assert_int_equal(f.found[0].field[0], 0);
    findings_free(&f);
    published_free(&p);
    sheet_free(&s);
}

static void
test_published__hierarchies(void **state)
{
    static const char text[] = "miner;worker;any\ncook;service;any\nnurse;service;any\n";
    const struct hierarchy *of[3] = { NULL, NULL, NULL };
    struct hierarchy *h = NULL;
    char name[] = "/tmp/hierarchy-XXXXXX";
    int fd = mkstemp(name);
    struct sheet s;
    enum fit fit[8];
    bool news;

    (void)state;
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    assert_int_equal(hierarchy_read(&h, name), VAULT_OK);
    unlink(name);
    of[2] = h;
    people(&s);
    for (size_t r = 0; r < s.n_rows; r++)
        assert_int_equal(sheet_set(&s, r, 2, PART(r % 20 == 0 ? "worker" : "service", r % 20 == 0 ? 6 : 7)), VAULT_OK);
    s.column[2].treat = TREAT_HIERARCHY;
    s.column[2].arg = 1;
    assert_int_equal(replay_fit(fit, &s.column[2], h, "Miner"), VAULT_OK);
    assert_int_equal(fit[s.column[2].cell[0]], FIT_YES);
    assert_int_equal(fit[s.column[2].cell[1]], FIT_NO);
    assert_int_equal(replay_fit(fit, &s.column[2], h, "any"), VAULT_OK);
    assert_int_equal(fit[s.column[2].cell[1]], FIT_YES);
    assert_int_equal(replay_fit(fit, &s.column[2], h, "spy"), VAULT_OK);
    assert_int_equal(fit[s.column[2].cell[1]], FIT_UNTOLD);
    assert_int_equal(replay_tells_more(&news, &s.column[2], h, "miner", "worker"), VAULT_OK);
    assert_false(news);
    assert_int_equal(replay_tells_more(&news, &s.column[2], h, "any", "worker"), VAULT_OK);
    assert_true(news);
    {
        struct published p = published("[{\"about\":\"a\",\"source\":\"s\",\"where\":{\"family\":\"miner\"}}]");
        struct replay_ask ask = { .sheet = &s, .hierarchy = of, .published = &p, .k = 10 };
        const char *const file[] = { NULL, NULL, "family.csv" };
        struct buf json = BUF_INIT;
        struct findings f;
        struct advices a;

        assert_int_equal(replay(&f, &ask), VAULT_OK);
        assert_int_equal(f.n, 1);
        assert_int_equal(f.found[0].candidates, 3);
        assert_int_equal(advise_fact(&a, &ask, &f.found[0], NULL), VAULT_OK);
        assert_int_equal(advice_json(&json, &a.advice[0], &s, file), VAULT_OK);
        assert_string_equal(buf_cstr(&json), "{\"field\": \"family\", \"treatment\": {\"hierarchy\": \"family.csv\", \"level\": 2}, \"frees\": 60}");
        buf_free(&json);
        advices_free(&a);
        findings_free(&f);
        published_free(&p);
    }
    hierarchy_free(h);
    sheet_free(&s);
}

/* ---- advice for k, and who is exposed ---- */

static void
test_published__advice_for_k(void **state)
{
    static const size_t quasi[] = { 0, 1, 2 };
    struct sheet s;
    struct risk_ask ask = { .sheet = &s, .quasi = quasi, .n_quasi = 3, .sensitive = RISK_NONE, .k = 5 };
    struct advices a;
    struct exposed e[5];
    struct risk r;
    size_t n;

    (void)state;
    people(&s);
    treat(&s, 0, TREAT_BAND, 10);
    treat(&s, 1, TREAT_PLACE, 1);
    assert_int_equal(advise_k(&a, &ask, NULL, NULL), VAULT_OK);
    assert_true(a.n > 0);
    for (size_t i = 0; i < a.n; i++) {
        struct sheet other;
        size_t at;

        people(&other);
        treat(&other, 0, TREAT_BAND, 10);
        treat(&other, 1, TREAT_PLACE, 1);
        if (a.advice[i].step[0].to.treat == TREAT_BAND)
            assert_int_equal(treat_column(&other, 0, &(struct treatment){ TREAT_BAND, 10, NULL }, &a.advice[i].step[0].to, &at), VAULT_OK);
        else
            treat(&other, a.advice[i].step[0].column, a.advice[i].step[0].to.treat, a.advice[i].step[0].to.arg);
        ask.sheet = &other;
        assert_int_equal(risk_measure(&r, &ask), VAULT_OK);
        assert_int_equal(r.figures[RISK_STRICT].below_k, a.advice[i].after);
        assert_int_equal(a.advice[i].before - a.advice[i].after, a.advice[i].freed);
        assert_true(i == 0 || a.advice[i - 1].freed >= a.advice[i].freed);
        risk_free(&r);
        sheet_free(&other);
    }
    advices_free(&a);
    ask.sheet = &s;
    assert_int_equal(exposed_rows(e, 5, &n, &ask, 3), VAULT_OK);
    assert_true(n >= 1);
    assert_int_equal(e[0].row, 0);
    assert_int_equal(e[0].size, 1);
    assert_int_equal(e[0].column, 2);
    assert_int_equal(e[0].n_set, 1);
    assert_int_equal(e[0].set[0], 2);
    sheet_free(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published__bad_files_name_the_entry),
        cmocka_unit_test(test_published__limits),
        cmocka_unit_test(test_published__fits),
        cmocka_unit_test(test_published__p1_is_refused_and_the_advice_passes),
        cmocka_unit_test(test_published__readings),
        cmocka_unit_test(test_published__words_that_fit_nobody_are_noted),
        cmocka_unit_test(test_published__a_single_case_tells_no_more_than_is_known),
        cmocka_unit_test(test_published__hierarchies),
        cmocka_unit_test(test_published__advice_for_k),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
