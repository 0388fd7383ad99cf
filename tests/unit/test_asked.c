/* What --where asks of one value (asked.h), and where a word is found (word.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vault/base/text.h"
#include "vault/base/word.h"
#include "vault/record/asked.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

struct row {
    enum field_kind kind;
    const char *asked, *stored;
    bool fits;
};

static const struct row rows[] = {
    {FIELD_TEXT, "café  STRASSE", "Cafe\u0301 Straße", true}, {FIELD_TEXT, "caf", "Café", false},
    {FIELD_NAME, "최명복", "최명복", true}, {FIELD_NAME, "\u110E\u116C", "최", true}, {FIELD_NAME, "초", "최", false},
    {FIELD_NAME, "ЁЛКА", "ёлка", true}, {FIELD_NAME, "елка", "ёлка", false}, {FIELD_TEXT, "", "x", false},
    {FIELD_CHOICE, "PLANNED", "planned", true}, {FIELD_IDENTIFIER, "pt-1", "PT-1", true},

    {FIELD_DATE, "2005", "2005-05-05", true}, {FIELD_DATE, "2005-05-05", "2005", true},
    {FIELD_DATE, "2005-05-05", "2005-05-06", false}, {FIELD_DATE, "1999/2003", "2003-12", true},
    {FIELD_DATE, "1999/2003", "2004", false}, {FIELD_DATE, "1999..2003", "2003-12", true},
    {FIELD_DATE, "..2003", "2004", false}, {FIELD_DATE, "..2003", "-0044", true}, {FIELD_DATE, "2003..", "9999", true},
    {FIELD_DATE, "2003..", "2002-12-31", false}, {FIELD_DATE, "../2003", "2003-01", true},
    {FIELD_DATE, "2003/..", "2003-01", true}, {FIELD_DATE, "1995", "199X", true}, {FIELD_DATE, "2000", "199X", false},
    {FIELD_DATE, "199X", "1995-02-03", true}, {FIELD_DATE, "1996", "1997~", false}, {FIELD_DATE, "1997?", "1997%", true},
    {FIELD_DATE, "2030", "2004/..", true}, {FIELD_DATE, "2003", "2004/..", false}, {FIELD_DATE, "2030", "2004/", true},
    {FIELD_DATE, "1.1.2001..31.12.2001", "2001-06", true}, {FIELD_DATE, "2001-24", "2002-02-01", true},

    {FIELD_NUMBER, "7", "007", true}, {FIELD_NUMBER, "7.0", "7", true}, {FIELD_NUMBER, "7", "70", false},
    {FIELD_NUMBER, "10..20", "9.99", false}, {FIELD_NUMBER, "10..20", "10", true}, {FIELD_NUMBER, "10..20", "20", true},
    {FIELD_NUMBER, "10..20", "20.01", false}, {FIELD_NUMBER, "10..20", "100", false}, {FIELD_NUMBER, "..0", "-5", true},
    {FIELD_NUMBER, "-10..-2", "-5.5", true}, {FIELD_NUMBER, "-10..-2", "-1.9", false}, {FIELD_NUMBER, "-10..-2", "-10.1", false},
    {FIELD_NUMBER, "0..", "-0", true}, {FIELD_NUMBER, "1.5..1.55", "1.549", true}, {FIELD_NUMBER, "1.5..1.55", "1.551", false},
    {FIELD_NUMBER, "9223372036854775807..", "9223372036854775808", true},
    {FIELD_NUMBER, "..9223372036854775807", "99999999999999999999999999", false},

    {FIELD_YESNO, "да", "true", true}, {FIELD_YESNO, "no", "нет", true}, {FIELD_YESNO, "yes", "no", false},

    {FIELD_PLACE, "russia", "Omsk, Russia", true}, {FIELD_PLACE, "OMSK", "Omsk, Russia", true},
    {FIELD_PLACE, "Omsk,Russia", "Omsk , Russia", true}, {FIELD_PLACE, "a, c", "a, b, c", false},
    {FIELD_PLACE, "b , c", "a,b,c", true}, {FIELD_PLACE, "Oms", "Omsk", false}, {FIELD_PLACE, "msk", "Omsk", false},
    {FIELD_PLACE, "", "Omsk", false}, {FIELD_PLACE, ",", "Omsk", false}, {FIELD_PLACE, "함경북도 청진시", "함경북도  청진시", true},
};

static void
test_asked__fits(void **state)
{
    struct asked_room room = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct field_def f = { .name = "thing", .kind = rows[i].kind, .tier = LEAF_OPEN };
        struct asked a = {0};
        struct buf cbor = BUF_INIT;
        bool yes = !rows[i].fits;
        assert_int_equal(value_from_text(&cbor, &f, rows[i].stored, strlen(rows[i].stored), NULL), VAULT_OK);
        assert_int_equal(asked_make(&a, &f, rows[i].asked, strlen(rows[i].asked)), VAULT_OK);
        assert_int_equal(asked_meets(&a, &room, PART(cbor.p, cbor.n), &yes), VAULT_OK);
        if (yes != rows[i].fits)
            fail_msg("row %zu: '%s' of '%s'", i, rows[i].asked, rows[i].stored);
        asked_free(&a);
        buf_free(&cbor);
    }
    asked_room_free(&room);
}

static void
test_asked__refuses_what_is_no_such_value(void **state)
{
    static const struct { enum field_kind kind; const char *asked; } bad[] = {
        {FIELD_DATE, "soonish"}, {FIELD_DATE, ".."}, {FIELD_DATE, ""}, {FIELD_DATE, "2003..1999"}, {FIELD_DATE, "2003..soonish"},
        {FIELD_DATE, "1999..2001..2003"}, {FIELD_NUMBER, "soonish"}, {FIELD_NUMBER, ""}, {FIELD_NUMBER, ".."},
        {FIELD_NUMBER, "1...2"}, {FIELD_NUMBER, "1..soonish"}, {FIELD_YESNO, "soonish"}, {FIELD_YESNO, ""}, {FIELD_TEXT, "\xFF"},
        {FIELD_PLACE, "a,\xFF"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct field_def f = { .name = "thing", .kind = bad[i].kind, .tier = LEAF_OPEN };
        struct asked a = {0};
        if (asked_make(&a, &f, bad[i].asked, strlen(bad[i].asked)) != VAULT_ERR_INPUT)
            fail_msg("row %zu was taken", i);
        assert_null(strstr(vault_last_error()->text, "soonish"));
        asked_free(&a);
    }
}

/* In another type a field of this name may hold anything. */
static void
test_asked__values_of_another_kind_do_not_fit(void **state)
{
    static const char *const asked[] = { "2001", "..2001", "1..5", "3", "yes", "Omsk" };
    static const enum field_kind kinds[] = { FIELD_DATE, FIELD_DATE, FIELD_NUMBER, FIELD_NUMBER, FIELD_YESNO, FIELD_PLACE };
    struct field_def text = { .name = "thing", .kind = FIELD_TEXT, .tier = LEAF_OPEN };
    struct asked_room room = {0};
    struct buf values[2] = { BUF_INIT, BUF_INIT };
    const uint8_t id[16] = {7};

    (void)state;
    assert_int_equal(value_from_text(&values[0], &text, "two, of them", 12, NULL), VAULT_OK);
    assert_int_equal(value_from_link(&values[1], id, NULL), VAULT_OK);
    for (size_t i = 0; i < 2 * COUNT(asked); i++) {
        struct field_def f = { .name = "thing", .kind = kinds[i / 2], .tier = LEAF_OPEN };
        struct asked a = {0};
        bool yes = true;
        assert_int_equal(asked_make(&a, &f, asked[i / 2], strlen(asked[i / 2])), VAULT_OK);
        assert_int_equal(asked_meets(&a, &room, PART(values[i % 2].p, values[i % 2].n), &yes), VAULT_OK);
        assert_false(yes);
        asked_free(&a);
    }
    buf_free(&values[0]);
    buf_free(&values[1]);
    asked_room_free(&room);
}

static bool
is_found(const char *text, const char *word, bool begins)
{
    struct buf t = BUF_INIT, w = BUF_INIT;
    bool yes;

    assert_int_equal(text_fold(&t, text, strlen(text)), VAULT_OK);
    assert_int_equal(text_fold(&w, word, strlen(word)), VAULT_OK);
    yes = word_found(t.p, t.n, w.p, w.n, begins);
    buf_free(&t);
    buf_free(&w);
    return yes;
}

static void
test_word__found(void **state)
{
    static const struct { const char *text, *word; bool anywhere, begins; } table[] = {
        {"rehearing", "hear", true, false}, {"a hearing", "HEAR", true, true}, {"Myung-bok", "bok", true, true},
        {"(hear)", "hear", true, true}, {"rehear hear", "hear", true, true}, {"hea", "hear", false, false},
        {"Цой Мён Бок", "мён", true, true}, {"Цой Мён Бок", "ён", true, false}, {"мой", "мои", false, false},
        {"Переезд", "переезд", true, true}, {"é2e", "2e", true, false}, {"e\u0301a", "a", true, false},
        {"최명복", "최", true, true}, {"최명복", "명", true, false}, {"최명복은", "최명복", true, true},
        {"이순신", "이수", false, false}, {"이순신 이수", "이수", true, true}, {"인민", "이", false, false}, {"가나", "ㄱ", false, false},
        {"大韓民國", "民", true, true}, {"はなし", "なし", true, true}, {"x大", "大", true, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++)
        if (is_found(table[i].text, table[i].word, false) != table[i].anywhere ||
            is_found(table[i].text, table[i].word, true) != table[i].begins)
            fail_msg("row %zu: %s in %s", i, table[i].word, table[i].text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asked__fits),
        cmocka_unit_test(test_asked__refuses_what_is_no_such_value),
        cmocka_unit_test(test_asked__values_of_another_kind_do_not_fit),
        cmocka_unit_test(test_word__found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
