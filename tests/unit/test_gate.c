/* The leak gate: what counts as a hit, of whom, and what does not. Planted leaks: test_gate_plants.c; clean releases: test_gate_clean.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "vault/base/bytes.h"
#include "vault/release/gate.h"

#define HITS 64u

static struct gate *g;
static struct gate_hit hit[HITS];
static char how[HITS][128];
static size_t n_hits;

static vault_err
on_hit(void *ctx, const struct gate_hit *h)
{
    (void)ctx;
    if (n_hits < HITS) {
        hit[n_hits] = *h;
        snprintf(how[n_hits], sizeof how[0], "%s", h->how);
        hit[n_hits].how = how[n_hits];
    }
    n_hits++;
    return VAULT_OK;
}

static void
add(enum gate_kind kind, uint32_t record, const char *field, const char *value)
{
    assert_int_equal(gate_add(g, kind, record, field, PART(value, strlen(value))), VAULT_OK);
}

static void
publish(uint32_t record, const char *press_name)
{
    assert_int_equal(gate_add_public(g, record, PART(press_name, strlen(press_name))), VAULT_OK);
}

static size_t
look(enum gate_file kind, const char *text)
{
    n_hits = 0;
    assert_int_equal(gate_search(g, "file", kind, PART(text, strlen(text)), on_hit, NULL), VAULT_OK);
    return n_hits;
}

static bool
found(enum gate_class what, uint32_t record)
{
    for (size_t i = 0; i < n_hits && i < HITS; i++)
        if (hit[i].what == what && hit[i].record == record)
            return true;
    return false;
}

/* persons.csv of the cases. */
static int
setup(void **state)
{
    (void)state;
    if (sodium_init() < 0 || gate_new(&g) != VAULT_OK)
        return -1;
    add(GATE_NAME, 1, "name", "Choe Myong Bok");
    add(GATE_NAME, 1, "other_names", "Choi Myung-bok");
    add(GATE_NAME, 1, "other_names", "최명복");
    add(GATE_NAME, 1, "other_names", "Цой Мён Бок");
    add(GATE_TEXT, 1, "family", "Russian partner; two young children");
    add(GATE_TEXT, 1, "notes", "Sent by North Korean authorities in 1999 to a logging camp in Amur region; passport taken there; fled the camp in 2002.");
    add(GATE_NAME, 3, "name", "Ryu En Nam");
    add(GATE_NAME, 4, "name", "Yelena Kogai");
    add(GATE_TEXT, 4, "address", "Nevsky prospekt 12, flat 5");
    add(GATE_NAME, 5, "name", "Olga Tseytlina");
    add(GATE_NAME, 5, "other_names", "Ольга Цейтлина");
    add(GATE_NAME, 6, "name", "Svetlana Gannushkina");
    publish(2, "Kim");
    publish(5, "Olga Tseytlina");
    publish(6, "Svetlana Gannushkina");
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    gate_free(g);
    g = NULL;
    return 0;
}

static void
a_full_name_is_told_with_its_place(void **state)
{
    (void)state;
    assert_int_equal(look(GATE_PLAIN, "first line\nand Choi Myung-bok there\n"), 1);
    assert_int_equal(hit[0].what, GATE_FULL_NAME);
    assert_int_equal(hit[0].record, 1);
    assert_string_equal(hit[0].field, "other_names");
    assert_string_equal(hit[0].file, "file");
    assert_int_equal(hit[0].line, 2);
    assert_int_equal(hit[0].at, 15);
    assert_int_equal(hit[0].n, 14);
    assert_string_equal(hit[0].how, "");
}

static void
how_it_was_hidden_is_told(void **state)
{
    (void)state;
    assert_int_equal(look(GATE_PLAIN, "x %59elena%20Kog%61i x"), 1);
    assert_string_equal(hit[0].how, "escaped");
    assert_int_equal(look(GATE_PLAIN, "x WWVsZW5hIEtvZ2Fp x"), 1);
    assert_string_equal(hit[0].how, "in base64");
    assert_int_equal(look(GATE_CSV, "a,b\r\nYelena,Kogai\r\n"), 1);
    assert_string_equal(hit[0].how, "split over cells");
}

static void
other_spellings_are_found(void **state)
{
    static const char *const text[] = { "with Ch'oe Myŏng-bok in a", "with Choi Myeongbok in a", "with Чхве Мён Бок in a", "최명복은 말했다", "by CHOE, MYONG BOK today" };

    (void)state;
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
        (void)look(GATE_PLAIN, text[i]);
        assert_true(found(GATE_FULL_NAME, 1));
    }
    (void)look(GATE_PLAIN, "Елена Когай");
    assert_true(found(GATE_FULL_NAME, 4));
}

static void
russian_cases_are_found(void **state)
{
    static const struct { uint32_t record; const char *text; } is[] = { { 4, "вместе с Еленой Когай" }, { 1, "дело Цоя Мён Бока" }, { 1, "дали Цою Мён Боку" },
        { 5, "у Ольги Цейтлиной" }, { 6, "к Светлане Ганнушкиной" }, { 6, "видел Светлану Ганнушкину" }, { 41, "суд над Петровым Иваном" }, { 41, "для Ивана Петрова" },
        { 42, "заявление Александра Ковальского" }, { 43, "разом з Оксаною Бойко" } };

    (void)state;
    add(GATE_NAME, 41, "name", "Иван Петров");
    add(GATE_NAME, 42, "name", "Александр Ковальский");
    add(GATE_NAME, 43, "name", "Оксана Бойко");
    for (size_t i = 0; i < sizeof is / sizeof is[0]; i++) {
        (void)look(GATE_PLAIN, is[i].text);
        if (!found(GATE_FULL_NAME, is[i].record))
            fail_msg("missed: %s", is[i].text);
    }
    add(GATE_NAME, 44, "name", "Пётр Зимин");
    (void)look(GATE_PLAIN, "по словам Зимина");
    assert_true(found(GATE_LONE_NAME, 44));
}

static void
a_lone_name_is_told_apart(void **state)
{
    (void)state;
    assert_int_equal(look(GATE_PLAIN, "He met Kogai there."), 1);
    assert_int_equal(hit[0].what, GATE_LONE_NAME);
    assert_int_equal(hit[0].record, 4);
    assert_int_equal(look(GATE_PLAIN, "He met gannushkina there, and svetlana."), 2);
    assert_int_equal(hit[0].what, GATE_LONE_NAME);
    assert_int_equal(look(GATE_PLAIN, "Yelena Kogai"), 1);      /* not three times */
}

static void
own_press_name_is_excused(void **state)
{
    (void)state;
    assert_int_equal(look(GATE_HTML, "<p>Olga Tseytlina, lawyer; OLGA  TSEYTLINA; Svetlana Gannushkina of Moscow.</p>"), 0);
    assert_int_equal(look(GATE_PLAIN, "He is called Kim in this release."), 0);
}

static void
only_that_very_text_is_excused(void **state)
{
    (void)state;
    (void)look(GATE_PLAIN, "her name is Ольга Цейтлина");
    assert_true(found(GATE_FULL_NAME, 5));
    (void)look(GATE_PLAIN, "her name is Olga Tseitlina");
    assert_true(found(GATE_FULL_NAME, 5));
    (void)look(GATE_PLAIN, "that Tseytlina said");
    assert_true(found(GATE_LONE_NAME, 5));
}

static void
a_press_name_that_is_anothers_is_told(void **state)
{
    (void)state;
    add(GATE_NAME, 7, "name", "Kim Yong Chol");
    assert_int_equal(look(GATE_PLAIN, "He is called Kim in this release."), 1);
    assert_int_equal(hit[0].what, GATE_LONE_NAME);
    assert_int_equal(hit[0].record, 7);
    add(GATE_NAME, 8, "name", "Olga Tseytlina");
    (void)look(GATE_PLAIN, "Olga Tseytlina, lawyer");
    assert_true(found(GATE_FULL_NAME, 8));
    assert_false(found(GATE_FULL_NAME, 5));
}

static void
press_name_of_one_does_not_excuse_another_of_that_surname(void **state)
{
    (void)state;
    add(GATE_NAME, 2, "name", "Kim Chol Su");
    assert_int_equal(look(GATE_PLAIN, "He is called Kim in this release."), 0);
    add(GATE_NAME, 9, "name", "Kim Yong Chol");
    assert_int_equal(look(GATE_PLAIN, "He is called Kim in this release."), 1);
    assert_int_equal(hit[0].record, 9);
}

static void
identifiers_are_found_whatever_separates_them(void **state)
{
    static const char *const text[] = { "4507 123456", "4507-123456", "45 07 123456", "no. 45/07/12.34.56 x", "NDUwNyAxMjM0NTY=", "%34%35%30%37%31%32%33%34%35%36",
        "<td>4507</td><td>123456</td>", "34353037313233343536" };

    (void)state;
    add(GATE_IDENTIFIER, 1, "identifiers", "45 07 123456");
    add(GATE_IDENTIFIER, 1, "identifiers", "AB-1234");
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
        (void)look(i == 6 ? GATE_HTML : GATE_PLAIN, text[i]);
        assert_true(found(GATE_VALUE, 1));
    }
    assert_int_equal(look(GATE_PLAIN, "and ab 1234 there"), 1);
    assert_int_equal(look(GATE_PLAIN, "145071234567"), 0);
}

static void
contacts_are_found_in_parts(void **state)
{
    (void)state;
    add(GATE_IDENTIFIER, 4, "contact", "tel. +7 921 765-43-21; or Kogai.e@post.example");
    (void)look(GATE_PLAIN, "call 8 (921) 765 43 21");
    assert_true(found(GATE_VALUE, 4));
    (void)look(GATE_PLAIN, "write to kogai.E@post.example today");
    assert_true(found(GATE_VALUE, 4));
}

static void
withheld_text_is_found(void **state)
{
    (void)state;
    assert_int_equal(look(GATE_PLAIN, "lives at Nevsky prospekt, 12, flat 5 now"), 1);
    assert_int_equal(hit[0].what, GATE_VALUE);
    assert_int_equal(hit[0].record, 4);
    assert_int_equal(look(GATE_PLAIN, "He has a Russian partner, two young children."), 1);
    add(GATE_TEXT, 4, "address", "회령시 오산덕동 십이번지");
    assert_int_equal(look(GATE_PLAIN, "회령시 오산덕동, 십이번지"), 1);
    assert_int_equal(look(GATE_PLAIN, "\u1112\u116C\u1105\u1167\u11BC\u1109\u1175 \u110B\u1169\u1109\u1161\u11AB\u1103\u1165\u11A8\u1103\u1169\u11BC "
        "\u1109\u1175\u11B8\u110B\u1175\u1107\u1165\u11AB\u110C\u1175"), 1);     /* decomposed */
    assert_int_equal(look(GATE_PLAIN, "passport taken there; fled the camp in 2002"), 0);     /* eight common words */
    assert_int_equal(look(GATE_PLAIN, "was sent to a logging camp in Amur region; passport taken there; fled"), 1);
}

static void
what_says_nothing_is_not_looked_for(void **state)
{
    char text[64];

    (void)state;
    add(GATE_TEXT, 9, "notes", "Moscow");
    add(GATE_TEXT, 9, "notes", "none");
    add(GATE_TEXT, 9, "notes", "2016");
    add(GATE_TEXT, 9, "family", "no children");
    add(GATE_IDENTIFIER, 9, "identifiers", "P9");
    assert_int_equal(look(GATE_PLAIN, "Moscow, none, 2016, no children, P9"), 0);
    for (uint32_t i = 20; i < 20 + GATE_TEXT_RECORDS; i++)
        add(GATE_TEXT, i, "notes", "registered at the Vyborg checkpoint");
    assert_int_equal(look(GATE_PLAIN, "they were registered at the Vyborg checkpoint"), 0);
    snprintf(text, sizeof text, "they were registered at the Vyborg kommandatura");
    add(GATE_TEXT, 40, "notes", "registered at the Vyborg kommandatura");
    assert_int_equal(look(GATE_PLAIN, text), 1);
}

static void
patterns_need_no_dictionary(void **state)
{
    static const struct { const char *text, *field; } is[] = { { "call +7 812 333-44-55", "phone" }, { "call 8 (812) 333-44-55", "phone" }, { "call 02-123-4567 now", "phone" },
        { "write to a.b@c.example.org", "mail" }, { "passport M12345678", "passport" }, { "4509 654321", "passport" }, { "passport no. 123456789", "passport" },
        { "&#43;7 812 333-44-55", "phone" }, { "tel:+82-2-123-4567", "phone" } };
    static const char *const is_not[] = { "2016-05-26", "2015-11/2016-02", "1997-2013", "10 000 000 people", "p-4f8x2k9a7d2m9q", "0.123456789", "59.9343, 30.3351", "k = 10, l = 2",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "2 of 211 and 90 of 170", "RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=",
        "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "@media print", "2004/2014,211,90,170", "12:30:45", "2016 2017 2018 2019" };

    (void)state;
    for (size_t i = 0; i < sizeof is / sizeof is[0]; i++) {
        (void)look(GATE_PLAIN, is[i].text);
        assert_true(n_hits > 0 && hit[0].what == GATE_PATTERN);
        assert_string_equal(hit[0].field, is[i].field);
    }
    for (size_t i = 0; i < sizeof is_not / sizeof is_not[0]; i++)
        if (look(GATE_PLAIN, is_not[i]) != 0)
            fail_msg("alarm: %s", is_not[i]);
}

static void
the_press_release_of_the_cases_passes(void **state)
{
    (void)state;
    assert_int_equal(look(GATE_HTML, "<h1>Kim, born 1975 to 1984</h1><p>Left during the famine. Crossed the border; arrested; hunger strike before he could apply. Temporary "
        "asylum for one year.</p><p>Represented by Olga Tseytlina, lawyer; Svetlana Gannushkina, Civic Assistance Committee.</p><p>Refugee status: 2 of 211. Temporary refuge: 90 of 170.</p>"), 0);
}

static void
scripts_without_spaces_and_others(void **state)
{
    (void)state;
    add(GATE_NAME, 31, "name", "王小明");
    add(GATE_NAME, 32, "name", "محمد الحسيني");
    add(GATE_NAME, 33, "name", "علی رضایی");
    add(GATE_NAME, 34, "name", "Nguyễn Văn An");
    add(GATE_NAME, 35, "name", "გიორგი მაისურაძე");
    (void)look(GATE_PLAIN, "记者说王小明在北京。");
    assert_true(found(GATE_FULL_NAME, 31));
    (void)look(GATE_PLAIN, "قال محمد الحسيني إن");
    assert_true(found(GATE_FULL_NAME, 32));
    (void)look(GATE_PLAIN, "آقای علي رضايي گفت");           /* Arabic letters for Persian ones */
    assert_true(found(GATE_FULL_NAME, 33));
    (void)look(GATE_PLAIN, "Mr Nguyen Van An said");
    assert_true(found(GATE_FULL_NAME, 34));
    (void)look(GATE_PLAIN, "თქვა მაისურაძე გიორგი");
    assert_true(found(GATE_FULL_NAME, 35));
}

static void
ids_stay_and_differ(void **state)
{
    char first[2][GATE_ID_LEN + 1];
    static const char text[] = "Kogai, then Kogai\nKogai";

    (void)state;
    assert_int_equal(look(GATE_PLAIN, text), 3);
    assert_string_not_equal(hit[0].id, hit[1].id);
    assert_string_not_equal(hit[1].id, hit[2].id);
    memcpy(first[0], hit[0].id, sizeof first[0]);
    memcpy(first[1], hit[2].id, sizeof first[1]);
    gate_free(g);
    assert_int_equal(setup(NULL), 0);
    assert_int_equal(look(GATE_PLAIN, text), 3);
    assert_string_equal(hit[0].id, first[0]);
    assert_string_equal(hit[2].id, first[1]);
}

/* What cannot be searched to its end is told, and told soon. */
static void
too_much_is_told(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < 3 * GATE_HITS_MAX; i++)
        buf_str(&b, "Kogai ");
    n_hits = 0;
    assert_int_equal(gate_search(g, "file", GATE_PLAIN, PART(b.p, b.n), on_hit, NULL), VAULT_OK);
    assert_int_equal(n_hits, GATE_HITS_MAX);
    buf_reset(&b);
    for (size_t i = 0; i < 300000; i++)
        buf_str(&b, i % 3 == 0 ? "<a<\\\\&amp" : i % 3 == 1 ? "%25%3C\"" : "QUFB=41");
    n_hits = 0;
    assert_int_equal(gate_search(g, "file", GATE_HTML, PART(b.p, b.n), on_hit, NULL), VAULT_OK);
    buf_free(&b);
}

static vault_err
refuse(void *ctx, const struct gate_hit *h)
{
    (void)ctx;
    (void)h;
    return err_say(VAULT_ERR_REFUSED, NULL, "no");
}

static void
what_the_caller_returns_ends_it(void **state)
{
    (void)state;
    assert_int_equal(gate_search(g, "file", GATE_PLAIN, PART("Yelena Kogai", 12), refuse, NULL), VAULT_ERR_REFUSED);
    assert_int_equal(gate_search(g, "file", GATE_PLAIN, PART("", 0), refuse, NULL), VAULT_OK);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_full_name_is_told_with_its_place), TEST(how_it_was_hidden_is_told), TEST(other_spellings_are_found), TEST(russian_cases_are_found), TEST(a_lone_name_is_told_apart),
        TEST(own_press_name_is_excused), TEST(only_that_very_text_is_excused), TEST(a_press_name_that_is_anothers_is_told),
        TEST(press_name_of_one_does_not_excuse_another_of_that_surname), TEST(identifiers_are_found_whatever_separates_them),
        TEST(contacts_are_found_in_parts), TEST(withheld_text_is_found), TEST(what_says_nothing_is_not_looked_for), TEST(patterns_need_no_dictionary),
        TEST(the_press_release_of_the_cases_passes), TEST(scripts_without_spaces_and_others), TEST(ids_stay_and_differ), TEST(too_much_is_told),
        TEST(what_the_caller_returns_ends_it),
    };

    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
