/* Many names at once: the index finds what comparing all would, and names inside texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vault/names/index.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define NAMES 3000

static struct name_index *x;
static char text[NAMES][128];
static struct name one, two;

static int
setup(void **state)
{
    (void)state;
    return name_index_new(&x) == VAULT_OK ? 0 : -1;
}

static int
teardown(void **state)
{
    (void)state;
    name_index_free(x);
    x = NULL;
    return 0;
}

static void
add(const char *name, uint32_t number)
{
    assert_int_equal(name_index_add(x, name, strlen(name), number), VAULT_OK);
}

static uint32_t lot = 7;

static uint32_t
draw(uint32_t n)
{
    lot = lot * 1664525u + 1013904223u;
    return (lot >> 8) % n;
}

static void
make_name(char *out, size_t room)
{
    static const char *const family[] = { "Kim", "Choi", "Цой", "최", "Ch'oe", "Ivanov", "Иванова", "Mozgovoy", "Mozhovy",
        "Gannushkina", "Park", "Пак", "Tsoi", "Lee", "Ри", "Aslanov", "孫", "Yanukovych" };
    static const char *const given[] = { "Yong-chol", "Yongchol", "Myong Bok", "Мён Бок", "명복", "Sasha", "Aleksandr",
        "Александра", "Svetlana", "Oleksandr Viktorovych", "Alex", "V.", "Serhiy", "Сергей Николаевич", "Kwon-u", "Kon U",
        "Su-kwang", "Son-kwang", "Ali Hasan ogly", "文", "Ryong-hae", "Yong Hae", "Valeria", "Valery" };
    const char *f = family[draw(COUNT(family))], *g = given[draw(COUNT(given))];

    switch (draw(4)) {
    case 0: snprintf(out, room, "%s %s", f, g); break;
    case 1: snprintf(out, room, "%s %s", g, f); break;
    case 2: snprintf(out, room, "%s, %s", f, g); break;
    default: snprintf(out, room, "%s%s", f, draw(8) == 0 ? "" : given[draw(COUNT(given))]); break;
    }
}

struct seen {
    bool yes[NAMES];
    size_t n;
};

static int
see(void *ctx, uint32_t number, enum name_level level, const char *why)
{
    struct seen *s = ctx;

    assert_true(level >= NAME_FOLD);
    assert_true(why[0] != '\0');
    assert_false(s->yes[number]);           /* each once */
    s->yes[number] = true;
    s->n++;
    return 0;
}

static void
test_name_index__finds_what_comparing_all_finds(void **state)
{
    static struct seen seen;
    size_t hits = 0;

    (void)state;
    for (uint32_t i = 0; i < NAMES; i++) {
        make_name(text[i], sizeof text[i]);
        add(text[i], i);
    }
    assert_int_equal(name_index_count(x), NAMES);
    for (uint32_t i = 0; i < 150; i++) {
        memset(&seen, 0, sizeof seen);
        assert_true(name_try(&one, text[i], strlen(text[i])));
        name_index_find(x, &one, NAME_SHOWS_KEYS, see, &seen);
        for (uint32_t k = 0; k < NAMES; k++) {
            bool agree;
            assert_true(name_try(&two, text[k], strlen(text[k])));
            agree = name_compare(&one, &two, NAME_SHOWS_KEYS, NULL) >= NAME_FOLD;
            if (agree != seen.yes[k])
                print_message("%s | %s: compared %d, index %d\n", text[i], text[k], agree, seen.yes[k]);
            assert_int_equal(agree, seen.yes[k]);
        }
        hits += seen.n;
    }
    assert_true(hits > 1000);               /* it was not empty */
}

/* Nothing that agrees, at whatever level, is lost by a look at the first letters; and much is passed over. */
static void
test_name_filter__loses_nobody(void **state)
{
    struct name_filter f;
    size_t passed = 0, agreed = 0;

    (void)state;
    for (uint32_t i = 0; i < NAMES; i++)
        make_name(text[i], sizeof text[i]);
    for (uint32_t i = 0; i < 200; i++) {
        assert_true(name_try(&one, text[i], strlen(text[i])));
        name_filter_make(&f, &one);
        for (uint32_t k = 0; k < NAMES; k++) {
            enum name_level level;
            bool passes = name_try_like(&two, text[k], strlen(text[k]), &f);
            assert_true(name_try(&two, text[k], strlen(text[k])));
            level = name_compare(&one, &two, NAME_SHOWS_KEYS, NULL);
            if (level != NAME_NONE && !passes)
                print_message("%s | %s\n", text[i], text[k]);
            assert_true(level == NAME_NONE || passes);
            passed += passes;
            agreed += level != NAME_NONE;
        }
    }
    assert_true(agreed > 1000);
    assert_true(passed < 200 * NAMES * 3 / 4);
}

/* The surname stands before the father's name, neither first nor last. */
static void
test_name_filter__looks_before_the_fathers_name(void **state)
{
    static const char ASKED[] = "Ivanov S.", OTHER[] = "Sergey Ivanov Petrovich";
    struct name_filter f;

    (void)state;
    assert_true(name_try(&one, ASKED, strlen(ASKED)));
    name_filter_make(&f, &one);
    assert_true(name_try_like(&two, OTHER, strlen(OTHER), &f));
    assert_int_not_equal(name_compare(&one, &two, NAME_SHOWS_KEYS, NULL), NAME_NONE);
}

/* What begins alike and goes on otherwise is passed over. */
static void
test_name_filter__wants_the_whole_surname(void **state)
{
    static const char ASKED[] = "Choi Myung-bok";
    static const char *const no[] = { "crisis evening", "Cole Moira", "Brown Anna", "Cho Yong-il", "Tsai Yong Il" };
    static const char *const yes[] = { "Choe Myong Bok", "myong bok choy", "Tsoy Men Bok", "\xec\xb5\x9c\xeb\xaa\x85\xeb\xb3\xb5" };
    struct name_filter f;

    (void)state;
    assert_true(name_try(&one, ASKED, strlen(ASKED)));
    name_filter_make(&f, &one);
    for (size_t i = 0; i < COUNT(no); i++)
        assert_false(name_try_like(&two, no[i], strlen(no[i]), &f));
    for (size_t i = 0; i < COUNT(yes); i++)
        assert_true(name_try_like(&two, yes[i], strlen(yes[i]), &f));
}

static void
test_name_index__what_is_no_name_is_left_out(void **state)
{
    (void)state;
    add("", 1);
    add("\xff", 2);
    add("...", 3);
    assert_int_equal(name_index_count(x), 0);
    assert_true(name_try(&one, "Kim Yong-chol", 13));
    name_index_find(x, &one, NAME_SHOWS_KEYS, see, NULL);
}

/* ---- in texts ---- */

struct places {
    struct name_place at[32];
    size_t n;
};

static int
note(void *ctx, const struct name_place *p)
{
    struct places *s = ctx;

    if (s->n < COUNT(s->at))
        s->at[s->n++] = *p;
    return 0;
}

static bool
is_second(void *ctx, uint32_t number)
{
    (void)ctx;
    return number == 2;
}

static void
test_name_index__what_is_skipped_is_not_told(void **state)
{
    struct places p = { .n = 0 };
    static const char all[] = "Choi Myung-bok; Svetlana Gannushkina";

    (void)state;
    add("최명복", 1);
    add("Svetlana Gannushkina", 2);
    name_index_in_text(x, all, strlen(all), is_second, note, &p);
    assert_int_equal(p.n, 1);
    assert_int_equal(p.at[0].number, 1);
}

static void
test_name_index__names_inside_a_text(void **state)
{
    static const struct { const char *text, *found; uint32_t number; } wanted[] = {
        { "On Monday Choi Myung-bok was sent back.", "Choi Myung-bok", 1 },
        { "задержан Цой Мён Бок", "Цой Мён Бок", 1 },
        { "he is called \"Choe Myong Bok\" there", "Choe Myong Bok", 1 },
        { "어제 최명복이 왔다", "최명복", 1 },
        { "최명복", "최명복", 1 },
        { "Choi Myung-bok's brother", "Choi Myung-bok", 1 },
        { "by (Gannushkina Svetlana)", "Gannushkina Svetlana", 2 },
        { "witness/Choi Myung-bok", "Choi Myung-bok", 1 },
        { "Wrote: Светлана Алексеевна Ганнушкина, lawyer", "Светлана Алексеевна Ганнушкина", 2 },
    };
    static const char *const nothing[] = { "Choi came, and Myung too; bok", "Kim", "Choi", "Svetlana came",
        "Choi Myung-suk", "최씨", "", "\xff Choi Myung-bok", "Choi\nMyung-bok" };

    (void)state;
    add("최명복", 1);
    add("Svetlana Gannushkina", 2);
    for (size_t i = 0; i < COUNT(wanted); i++) {
        struct places p = { .n = 0 };
        bool exact = false;
        name_index_in_text(x, wanted[i].text, strlen(wanted[i].text), NULL, note, &p);
        for (size_t k = 0; k < p.n; k++)
            exact = exact || (p.at[k].number == wanted[i].number && p.at[k].n == strlen(wanted[i].found) &&
                memcmp(wanted[i].text + p.at[k].at, wanted[i].found, p.at[k].n) == 0);
        if (!exact)
            print_message("%s: %zu found\n", wanted[i].text, p.n);
        assert_true(exact);
    }
    for (size_t i = 0; i < COUNT(nothing); i++) {
        struct places p = { .n = 0 };
        name_index_in_text(x, nothing[i], strlen(nothing[i]), NULL, note, &p);
        if (p.n != 0)
            print_message("%s: found\n", nothing[i]);
        assert_int_equal(p.n, 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_name_index__finds_what_comparing_all_finds, setup, teardown),
        cmocka_unit_test(test_name_filter__loses_nobody),
        cmocka_unit_test(test_name_filter__looks_before_the_fathers_name),
        cmocka_unit_test(test_name_filter__wants_the_whole_surname),
        cmocka_unit_test_setup_teardown(test_name_index__what_is_no_name_is_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_name_index__names_inside_a_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_name_index__what_is_skipped_is_not_told, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
