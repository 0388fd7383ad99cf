/*
 * test_passphrase.c - the rule for a new passphrase, which the library keeps: vault_create, vault_key_add,
 * vault_key_change, vault_passphrase_judge. How bits are estimated: test_strength.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/fixture.h"
#include "tests/unit/phrases.h"

/* Words of the list that chance takes passphrases from, ten bits each. */
#define BITS_30 "academic acid acne"
#define BITS_40 "academic acid acne acquire"
#define BITS_50 "academic acid acne acquire adapt"
#define BITS_60 "academic acid acne acquire adapt adequate"

static const char *const WORD[] = { "reviewed", "weak-passphrase" };
static const char KEY_FILE[] = "rows.csv";      /* which the fixture removes */

static vault_err
create(const char *where, const char *text, const char *const *accept, size_t n)
{
    const struct vault_create_options opt = { .kdf_mem_mib = 64, .kdf_passes = 3, .accept = accept,
        .n_accept = n };
    struct secret *pass = pass_of(text);
    vault_err err = vault_create(where, pass, &opt);

    vault_secret_free(pass);
    return err;
}

static vault_err
add(const char *text, const char *key_file, int *slot)
{
    const struct vault_create_options opt = { .kdf_mem_mib = 64, .kdf_passes = 3, .key_file = key_file };
    struct secret *pass = pass_of(text);
    vault_err err = vault_key_add(v, VAULT_TIER_CASE, pass, &opt, slot);

    vault_secret_free(pass);
    return err;
}

static vault_err
change(const char *text, const char *key_file)
{
    const struct vault_create_options opt = { .key_file = key_file };
    struct secret *pass = pass_of(text);
    vault_err err = vault_key_change(v, pass, key_file == NULL ? NULL : &opt);

    vault_secret_free(pass);
    return err;
}

static vault_err
opens(const char *where, const char *text)
{
    struct secret *pass = pass_of(text);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    vault *other = NULL;
    vault_err err = vault_open(&other, where, &cred);

    vault_close(other);
    vault_secret_free(pass);
    return err;
}

/* The sentence says how many bits and why, and the word; it does not say the passphrase. */
static void
assert_refusal(const char *bits, const char *why, const char *secret)
{
    const struct vault_error *e = vault_last_error();

    assert_int_equal(e->code, VAULT_ERR_REFUSED);
    assert_string_equal(e->accept, "weak-passphrase");
    assert_non_null(strstr(e->text, bits));
    assert_non_null(strstr(e->text, why));
    assert_non_null(strstr(e->hint, "withheld passphrase generate"));
    assert_null(strstr(e->text, secret));
    assert_null(strstr(e->hint, secret));
}

static int
remember(void *ctx, const struct vault_log_item *e)
{
    snprintf(ctx, 256, "%s %s", e->action, e->detail);
    return 0;
}

/* What the last entry of the log says. */
static const char *
last_entry(void)
{
    static char text[256];

    assert_int_equal(vault_log(v, remember, text), VAULT_OK);
    return text;
}

/* ---- each of them refuses ---- */

static void
test_passphrase__create_refuses_a_weak_one_and_makes_nothing(void **state)
{
    char where[320];
    (void)state;

    snprintf(where, sizeof where, "%s/weak.vault", dir);
    assert_int_equal(create(where, BITS_30, NULL, 0), VAULT_ERR_REFUSED);
    assert_refusal("about 30 bits", "too few words", "academic");
    assert_int_equal(create(where, "zebrafink1987", NULL, 0), VAULT_ERR_REFUSED);
    assert_refusal("bits", "a date or a year", "zebra");
    assert_int_equal(create(where, BITS_30, WORD, 1), VAULT_ERR_REFUSED);
    assert_int_not_equal(access(where, F_OK), 0);
}

static void
test_passphrase__key_add_and_key_change_refuse_it_and_change_nothing(void **state)
{
    struct keyfile before = v->kf;
    struct extent all = extent();
    int slot = -1;
    (void)state;

    assert_int_equal(add(BITS_30, NULL, &slot), VAULT_ERR_REFUSED);
    assert_refusal("about 30 bits", "too few words", "academic");
    assert_int_equal(change(BITS_30, NULL), VAULT_ERR_REFUSED);
    assert_refusal("about 30 bits", "too few words", "academic");
    assert_int_equal(slot, -1);
    assert_extent(&all);
    assert_memory_equal(&before, &v->kf, sizeof before);
    vault_close(v);
    v = NULL;
    assert_int_equal(opens(path, BITS_30), VAULT_ERR_KEY);
    reopen();
}

/* The key file lies on the laptop that is lost. */
static void
test_passphrase__a_key_file_is_no_excuse(void **state)
{
    char file[320];
    int slot = -1;
    FILE *f;
    (void)state;

    snprintf(file, sizeof file, "%s/%s", dir, KEY_FILE);
    f = fopen(file, "we");
    assert_non_null(f);
    fputs("0123456789abcdef0123456789abcdef", f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(add(BITS_30, file, &slot), VAULT_ERR_REFUSED);
    assert_refusal("about 30 bits", "too few words", "academic");
    assert_int_equal(change(BITS_30, file), VAULT_ERR_REFUSED);
    assert_int_equal(slot, -1);
}

/* ---- the word ---- */

static void
test_passphrase__the_word_is_logged_where_it_was_needed(void **state)
{
    int slot = -1;
    (void)state;

    assert_int_equal(vault_accept(v, WORD, 2), VAULT_OK);
    assert_int_equal(add(OTHER_PHRASE, NULL, &slot), VAULT_OK);
    assert_null(strstr(last_entry(), "accepted"));
    assert_int_equal(vault_key_remove(v, slot), VAULT_OK);
    assert_int_equal(add(BITS_30, NULL, &slot), VAULT_OK);
    assert_non_null(strstr(last_entry(), "slot-add"));
    assert_non_null(strstr(last_entry(), "\"accepted\":[\"weak-passphrase\"]"));
    assert_int_equal(vault_key_remove(v, slot), VAULT_OK);
    assert_null(strstr(last_entry(), "accepted"));
    assert_int_equal(change(BITS_30, NULL), VAULT_OK);
    assert_non_null(strstr(last_entry(), "key-change"));
    assert_non_null(strstr(last_entry(), "\"accepted\":[\"weak-passphrase\"]"));
    assert_int_equal(change(PHRASE, NULL), VAULT_OK);
    assert_null(strstr(last_entry(), "accepted"));
}

static void
test_passphrase__create_takes_the_word_and_logs_it(void **state)
{
    char saved[sizeof path];
    vault *mine = v;
    struct secret *pass = pass_of(BITS_30);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    char command[400];
    (void)state;

    snprintf(saved, sizeof saved, "%s/weak.vault", dir);
    assert_int_equal(create(saved, BITS_30, WORD, 2), VAULT_OK);
    v = NULL;
    /* Opening judges nothing. */
    assert_int_equal(vault_open(&v, saved, &cred), VAULT_OK);
    assert_non_null(strstr(last_entry(), "init {\"accepted\":[\"weak-passphrase\"]}"));
    vault_close(v);
    v = mine;
    vault_secret_free(pass);
    snprintf(command, sizeof command, "rm -r '%s'", saved);
    assert_int_equal(system(command), 0);
}

/* A word that was taken for something that then came to nothing does not stand in the entry of something else. */
static void
test_passphrase__a_word_of_a_call_that_failed_is_not_logged_with_the_next(void **state)
{
    const struct vault_create_options third = { .kdf_mem_mib = 66, .kdf_passes = 3 };
    const struct vault_create_options second = { .kdf_mem_mib = 65, .kdf_passes = 3 };
    struct secret *weak = pass_of(BITS_30), *good = pass_of(OTHER_PHRASE);
    int slot = -1, none = -1;
    (void)state;

    assert_int_equal(vault_key_add(v, VAULT_TIER_CASE, good, &second, &slot), VAULT_OK);
    assert_int_equal(vault_accept(v, WORD, 2), VAULT_OK);
    assert_int_equal(vault_key_add(v, VAULT_TIER_CASE, weak, &third, &none), VAULT_ERR_REFUSED);
    assert_non_null(strstr(vault_last_error()->text, "two different costs"));
    assert_int_equal(vault_accept(v, NULL, 0), VAULT_OK);
    assert_int_equal(vault_key_remove(v, slot), VAULT_OK);
    assert_null(strstr(last_entry(), "accepted"));
    vault_secret_free(weak);
    vault_secret_free(good);
}

/* ---- the limits ---- */

static void
test_passphrase__forty_bits_are_taken_and_sixty_are_good(void **state)
{
    struct vault_strength st = { .bits = 7 };
    struct secret *p[] = { pass_of(BITS_30), pass_of(BITS_40), pass_of(BITS_50), pass_of(BITS_60) };
    (void)state;

    assert_int_equal(vault_passphrase_judge(p[0], NULL, 0, &st), VAULT_ERR_REFUSED);
    assert_refusal("about 30 bits", "too few words", "academic");
    assert_int_equal(st.bits, 7);
    assert_int_equal(vault_passphrase_judge(p[0], WORD, 1, &st), VAULT_ERR_REFUSED);
    assert_int_equal(vault_passphrase_judge(p[0], WORD, 2, &st), VAULT_OK);
    assert_string_equal(st.verdict, "refused");
    assert_int_equal(vault_passphrase_judge(p[1], NULL, 0, &st), VAULT_OK);
    assert_int_equal(st.bits, 40);
    assert_string_equal(st.verdict, "weak");
    assert_int_equal(vault_passphrase_judge(p[2], NULL, 0, &st), VAULT_OK);
    assert_string_equal(st.verdict, "weak");
    assert_int_equal(st.n_reasons, 1);
    assert_int_equal(vault_passphrase_judge(p[3], NULL, 0, &st), VAULT_OK);
    assert_string_equal(st.verdict, "good");
    assert_int_equal(st.n_reasons, 0);
    for (size_t i = 0; i < sizeof p / sizeof p[0]; i++)
        vault_secret_free(p[i]);
    assert_int_equal(change(BITS_40, NULL), VAULT_OK);
    assert_int_equal(change(PHRASE, NULL), VAULT_OK);
}

/* Every reason at once fits into the sentence. */
static void
test_passphrase__the_longest_refusal_is_whole(void **state)
{
    (void)state;

    assert_int_equal(change("qwerty abcdef 1987 aaaa", NULL), VAULT_ERR_REFUSED);
    assert_true(strlen(vault_last_error()->text) < sizeof vault_last_error()->text - 200);
    assert_refusal("bits", "it repeats itself", "qwerty");
}

static void
test_passphrase__what_is_no_passphrase_is_input(void **state)
{
    struct vault_strength st;
    struct secret *bad = pass_of("abc\xFF");
    (void)state;

    assert_int_equal(vault_passphrase_judge(bad, WORD, 2, &st), VAULT_ERR_INPUT);
    vault_secret_free(bad);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passphrase__create_refuses_a_weak_one_and_makes_nothing),
        cmocka_unit_test(test_passphrase__key_add_and_key_change_refuse_it_and_change_nothing),
        cmocka_unit_test(test_passphrase__a_key_file_is_no_excuse),
        cmocka_unit_test(test_passphrase__the_word_is_logged_where_it_was_needed),
        cmocka_unit_test(test_passphrase__create_takes_the_word_and_logs_it),
        cmocka_unit_test(test_passphrase__a_word_of_a_call_that_failed_is_not_logged_with_the_next),
        cmocka_unit_test(test_passphrase__forty_bits_are_taken_and_sixty_are_good),
        cmocka_unit_test(test_passphrase__the_longest_refusal_is_whole),
        cmocka_unit_test(test_passphrase__what_is_no_passphrase_is_input),
    };

    if (vault_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, make_vault, remove_vault);
}
