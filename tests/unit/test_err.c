/* test_err.c - what is remembered of a failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <cmocka.h>
#include "vault/base/err.h"

static void
test_err__is_empty_at_first(void **state)
{
    (void)state;
    vault_clear_error();
    assert_int_equal(vault_last_error()->code, VAULT_OK);
    assert_string_equal(vault_last_error()->text, "");
    assert_string_equal(vault_last_error()->hint, "");
    assert_string_equal(vault_last_error()->accept, "");
}

static void
test_err__say_keeps_code_sentence_and_hint(void **state)
{
    (void)state;
    assert_int_equal(err_say(VAULT_ERR_BUSY, "wait", "%s is %d", "it", 7), VAULT_ERR_BUSY);
    assert_int_equal(vault_last_error()->code, VAULT_ERR_BUSY);
    assert_string_equal(vault_last_error()->text, "it is 7");
    assert_string_equal(vault_last_error()->hint, "wait");
}

static void
test_err__later_call_leaves_nothing_of_the_earlier(void **state)
{
    (void)state;
    (void)err_refuse("word", "a hint", "a refusal");
    (void)err_say(VAULT_ERR_INPUT, NULL, "b");
    assert_string_equal(vault_last_error()->text, "b");
    assert_string_equal(vault_last_error()->hint, "");
    assert_string_equal(vault_last_error()->accept, "");
}

static void
test_err__clear_forgets(void **state)
{
    (void)state;
    (void)err_refuse("word", "a hint", "a refusal");
    vault_clear_error();
    assert_int_equal(vault_last_error()->code, VAULT_OK);
    assert_string_equal(vault_last_error()->accept, "");
}

static void
test_err__refuse_carries_its_word(void **state)
{
    (void)state;
    assert_int_equal(err_refuse("plain-shares", NULL, "no"), VAULT_ERR_REFUSED);
    assert_int_equal(vault_last_error()->code, VAULT_ERR_REFUSED);
    assert_string_equal(vault_last_error()->accept, "plain-shares");
    (void)err_say(VAULT_ERR_DAMAGED, NULL, "older");
    err_accept("anchor");
    assert_int_equal(vault_last_error()->code, VAULT_ERR_DAMAGED);
    assert_string_equal(vault_last_error()->accept, "anchor");
    assert_string_equal(vault_last_error()->text, "older");
}

static void
test_err__arguments_may_be_the_present_error(void **state)
{
    (void)state;
    (void)err_say(VAULT_ERR_INPUT, "the hint", "the text");
    (void)err_say(VAULT_ERR_INPUT, vault_last_error()->hint, "first, %s", vault_last_error()->text);
    assert_string_equal(vault_last_error()->text, "first, the text");
    assert_string_equal(vault_last_error()->hint, "the hint");
    (void)err_errno(EIO, "second, %s", vault_last_error()->text);
    assert_non_null(strstr(vault_last_error()->text, "second, first, the text: "));
}

static void
test_err__errno_picks_the_code(void **state)
{
    static const struct { int errnum; vault_err code; } cases[] = {
        {ENOSPC, VAULT_ERR_NO_SPACE}, {EDQUOT, VAULT_ERR_NO_SPACE}, {EROFS, VAULT_ERR_NO_SPACE},
        {ENOMEM, VAULT_ERR_NO_SPACE}, {EFBIG, VAULT_ERR_NO_SPACE}, {ENOENT, VAULT_ERR_NOT_FOUND},
        {EACCES, VAULT_ERR_FAILED}, {EIO, VAULT_ERR_FAILED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(err_errno(cases[i].errnum, "x"), cases[i].code);
}

static void
test_err__errno_reads_as_one_sentence(void **state)
{
    (void)state;
    (void)err_errno(ENOSPC, "cannot write %s", "records.db");
    assert_string_equal(vault_last_error()->text,
        "cannot write records.db: no space left on device");
    assert_string_not_equal(vault_last_error()->hint, "");
    (void)err_errno(100000, "x");
    assert_string_equal(vault_last_error()->text, "x: error 100000");
}

static void
test_err__errno_keeps_the_reason_behind_a_long_name(void **state)
{
    char name[2000];

    (void)state;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    (void)err_errno(ENOENT, "cannot open %s", name);
    assert_non_null(strstr(vault_last_error()->text, ": no such file or directory"));
}

static void
test_err__nomem_is_no_space(void **state)
{
    (void)state;
    assert_int_equal(err_nomem(), VAULT_ERR_NO_SPACE);
    assert_string_not_equal(vault_last_error()->text, "");
}

static void
test_err__prefix_stands_before_the_sentence(void **state)
{
    (void)state;
    (void)err_say(VAULT_ERR_INPUT, "hint", "not a date");
    err_prefix("line %d, column %d: ", 3, 2);
    assert_string_equal(vault_last_error()->text, "line 3, column 2: not a date");
    assert_string_equal(vault_last_error()->hint, "hint");
    assert_int_equal(vault_last_error()->code, VAULT_ERR_INPUT);
}

static void
test_err__long_sentence_is_cut_between_characters(void **state)
{
    char text[1200];
    size_t n;

    (void)state;
    for (size_t pad = 0; pad < 3; pad++) {
        memset(text, 'x', pad);
        for (n = pad; n + 3 < sizeof text; n += 3)
            memcpy(text + n, "\xEA\xB9\x80", 3);
        text[n] = '\0';
        (void)err_say(VAULT_ERR_INPUT, text, "%s", text);
        n = strlen(vault_last_error()->text);
        assert_true(n > 500 && n < sizeof vault_last_error()->text);
        assert_int_equal((n - pad) % 3, 0);
        n = strlen(vault_last_error()->hint);
        assert_true(n > 245 && n < sizeof vault_last_error()->hint);
        assert_int_equal((n - pad) % 3, 0);
        err_prefix("%s", "ab");
        assert_int_equal((strlen(vault_last_error()->text) - pad - 2) % 3, 0);
    }
}

static void *
other_thread(void *seen)
{
    *(vault_err *)seen = vault_last_error()->code;
    (void)err_say(VAULT_ERR_KEY, NULL, "of the other thread");
    return NULL;
}

static void
test_err__each_thread_has_its_own(void **state)
{
    vault_err seen = VAULT_ERR_FAILED;
    pthread_t t;

    (void)state;
    (void)err_say(VAULT_ERR_INPUT, NULL, "of this thread");
    assert_int_equal(pthread_create(&t, NULL, other_thread, &seen), 0);
    assert_int_equal(pthread_join(t, NULL), 0);
    assert_int_equal(seen, VAULT_OK);
    assert_string_equal(vault_last_error()->text, "of this thread");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err__is_empty_at_first),
        cmocka_unit_test(test_err__say_keeps_code_sentence_and_hint),
        cmocka_unit_test(test_err__later_call_leaves_nothing_of_the_earlier),
        cmocka_unit_test(test_err__clear_forgets),
        cmocka_unit_test(test_err__refuse_carries_its_word),
        cmocka_unit_test(test_err__arguments_may_be_the_present_error),
        cmocka_unit_test(test_err__errno_picks_the_code),
        cmocka_unit_test(test_err__errno_reads_as_one_sentence),
        cmocka_unit_test(test_err__errno_keeps_the_reason_behind_a_long_name),
        cmocka_unit_test(test_err__nomem_is_no_space),
        cmocka_unit_test(test_err__prefix_stands_before_the_sentence),
        cmocka_unit_test(test_err__long_sentence_is_cut_between_characters),
        cmocka_unit_test(test_err__each_thread_has_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
