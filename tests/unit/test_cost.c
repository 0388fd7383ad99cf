/*
 * test_cost.c - the cost of a slot: which one a slot gets, when a higher one is offered, vault_key_upgrade.
 *
 * Where the vault has two costs nothing is measured, so most tests begin with two.
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
#include "vault/keys/slip39.h"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#define MIB 1024u

static struct kdf_cost
cost_of(unsigned slot)
{
    return v->kf.slot[slot].head.cost;
}

static void
assert_cost(unsigned slot, uint32_t mib, uint32_t passes)
{
    struct kdf_cost c = cost_of(slot);

    assert_int_equal(c.mem_kib, mib * MIB);
    assert_int_equal(c.passes, passes);
}

/* A case slot with a cost of its own. */
static int
add(const char *text, uint32_t mib, const char *key_file)
{
    const struct vault_create_options opt = { .kdf_mem_mib = mib, .kdf_passes = 3, .key_file = key_file };
    struct secret *pass = pass_of(text);
    int slot = -1;

    assert_int_equal(vault_key_add(v, VAULT_TIER_CASE, pass, &opt, &slot), VAULT_OK);
    vault_secret_free(pass);
    return slot;
}

/* The session of somebody else. */
static void
open_by(const char *text, const char *key_file)
{
    struct secret *pass = pass_of(text);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1, .key_file = key_file };

    vault_close(v);
    v = NULL;
    assert_int_equal(vault_open(&v, path, &cred), VAULT_OK);
    vault_secret_free(pass);
}

static vault_err
upgrade(const char *text, const char *key_file, bool *upgraded)
{
    struct secret *pass = pass_of(text);
    struct vault_credentials own = { .passphrase = pass, .slot = -1, .key_file = key_file };
    vault_err err = vault_key_upgrade(v, &own, upgraded);

    vault_secret_free(pass);
    return err;
}

static int
set_up(void **state)
{
    return make_vault(state);
}

static int
tear_down(void **state)
{
    return remove_vault(state);
}

/* ---- when is a cost low? ---- */

static bool
low(uint32_t mib, uint32_t passes, uint32_t default_mib)
{
    const struct kdf_cost c = { mib * MIB, passes, KDF_LANES };

    return kdf_cost_low(&c, default_mib * MIB);
}

static void
test_cost__low_is_a_sixteenth_of_one_pass_over_the_default_memory(void **state)
{
    (void)state;

    assert_true(low(64, 3, 1024));
    assert_true(low(255, 1, 1024));
    assert_false(low(256, 1, 1024));
    assert_false(low(1024, 1, 1024));
    assert_true(low(64, 15, 1024));
    assert_false(low(64, 16, 1024));
    assert_false(low(64, 3, 256));
    assert_false(low(64, 3, 64));
    /* Below the floor, whatever the machine. */
    assert_true(low(64, 2, 64));
    assert_true(low(32, 200, 64));
}

static void
test_cost__a_higher_price_is_more_memory_before_more_passes(void **state)
{
    const struct kdf_cost one = { 1024 * MIB, 1, 4 }, four = { 256 * MIB, 4, 4 };
    const struct kdf_cost most = { KDF_MAX_MEM_KIB, KDF_MAX_PASSES, 4 };
    (void)state;

    assert_true(kdf_cost_price(&one) > kdf_cost_price(&four));
    assert_true(kdf_cost_price(&most) / KDF_MAX_MEM_KIB / KDF_MAX_MEM_KIB == KDF_MAX_PASSES);
    assert_true(16 * kdf_cost_price(&most) / 16 == kdf_cost_price(&most));
}

static void
test_cost__the_default_memory_is_a_quarter_at_most_a_gib(void **state)
{
    uint32_t mem = kdf_default_mem();
    uint64_t total = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
    (void)state;

    assert_true(mem >= KDF_MIN_MEM_KIB && mem <= KDF_DEFAULT_MAX_MEM_KIB);
    assert_true(mem <= total / 4 || mem == KDF_MIN_MEM_KIB);
}

/* ---- what is offered, and told in status ---- */

static bool
warned(const char *text)
{
    struct vault_status s;
    bool found = false;

    assert_int_equal(vault_status(v, &s), VAULT_OK);
    for (size_t i = 0; i < s.n_warnings; i++)
        found = found || strstr(s.warnings[i], text) != NULL;
    return found;
}

static void
assert_offered(bool wanted)
{
    struct vault_opened o;

    vault_opened(v, &o);
    assert_int_equal(o.upgrade, wanted);
    assert_int_equal(warned("'key change --upgrade' makes them dearer"), wanted);
}

static void
test_cost__a_low_one_is_offered_to_be_raised(void **state)
{
    bool is_low = low(64, 3, kdf_default_mem() / MIB);
    bool upgraded = false;
    (void)state;

    assert_offered(is_low);
    (void)add(OTHER_PHRASE, 160, NULL);
    (void)add(THIRD_PHRASE, 64, NULL);
    open_by(OTHER_PHRASE, NULL);
    assert_offered(false);
    open_by(THIRD_PHRASE, NULL);
    assert_offered(is_low);
    assert_int_equal(upgrade(THIRD_PHRASE, NULL, &upgraded), VAULT_OK);
    assert_true(upgraded);
    assert_cost(2, 160, 3);
    assert_offered(false);
}

/* Two others of two costs, none higher: it would be a third. */
static void
test_cost__where_it_cannot_be_raised_it_is_not_offered_and_status_says_who_goes_first(void **state)
{
    bool is_low = low(65, 3, kdf_default_mem() / MIB), upgraded = true;
    struct keyfile before;
    struct extent all;
    (void)state;

    (void)add(OTHER_PHRASE, 65, NULL);
    (void)add(THIRD_PHRASE, 65, NULL);
    (void)add(NEXT_PHRASE, 64, NULL);
    open_by(OTHER_PHRASE, NULL);
    assert_offered(false);
    assert_int_equal(warned("go first"), is_low);
    before = v->kf;
    all = extent();
    assert_int_equal(upgrade(OTHER_PHRASE, NULL, &upgraded), VAULT_ERR_REFUSED);
    assert_non_null(strstr(vault_last_error()->text, "two different costs"));
    assert_non_null(strstr(vault_last_error()->hint, "first those"));
    assert_true(upgraded);
    assert_memory_equal(&before, &v->kf, sizeof before);
    assert_extent(&all);
    /* Those with the lower one go first, and the way is free. */
    reopen();
    assert_offered(is_low);
    assert_int_equal(upgrade(PHRASE, NULL, &upgraded), VAULT_OK);
    assert_cost(0, 65, 3);
    open_by(NEXT_PHRASE, NULL);
    if (RUNNING_ON_VALGRIND)
        return;                 /* one cost beside it: measured */
    assert_int_equal(upgrade(NEXT_PHRASE, NULL, &upgraded), VAULT_OK);
    assert_true(upgraded);
    open_by(OTHER_PHRASE, NULL);
    assert_offered(is_low);
}

/* ---- raised ---- */

static void
test_cost__an_upgrade_keeps_passphrase_key_file_and_author(void **state)
{
    char file[320];
    bool upgraded = false;
    struct slot_header was;
    uint8_t author[32];
    FILE *f;
    (void)state;

    snprintf(file, sizeof file, "%s/rows.csv", dir);
    f = fopen(file, "we");
    assert_non_null(f);
    fputs("0123456789abcdef0123456789abcdef", f);
    assert_int_equal(fclose(f), 0);
    (void)add(OTHER_PHRASE, 64, file);
    (void)add(THIRD_PHRASE, 65, NULL);
    open_by(OTHER_PHRASE, file);
    was = v->kf.slot[1].head;
    memcpy(author, v->me.author_pk, sizeof author);
    assert_int_equal(upgrade(THIRD_PHRASE, file, &upgraded), VAULT_ERR_KEY);
    assert_int_equal(upgrade(OTHER_PHRASE, NULL, &upgraded), VAULT_ERR_KEY);
    assert_cost(1, 64, 3);
    assert_int_equal(upgrade(OTHER_PHRASE, file, &upgraded), VAULT_OK);
    assert_true(upgraded);
    assert_cost(1, 65, 3);
    open_by(OTHER_PHRASE, file);
    assert_int_equal(v->slot, 1);
    assert_int_equal(v->kf.slot[1].head.kind, SLOT_PASS_KEYFILE);
    assert_memory_equal(v->kf.slot[1].head.id, was.id, sizeof was.id);
    assert_memory_equal(v->me.author_pk, author, sizeof author);
    assert_int_equal(vault_check_open(v, NULL, NULL, NULL), VAULT_OK);
}

/* It is not new, and a weak one at a low cost is worse. */
static void
test_cost__an_upgrade_does_not_judge_the_passphrase(void **state)
{
    static const char *const WORD[] = { "weak-passphrase" };
    bool upgraded = false;
    (void)state;

    assert_int_equal(vault_accept(v, WORD, 1), VAULT_OK);
    (void)add("one", 64, NULL);
    (void)add(THIRD_PHRASE, 65, NULL);
    open_by("one", NULL);
    assert_int_equal(upgrade("one", NULL, &upgraded), VAULT_OK);
    assert_true(upgraded);
    open_by("one", NULL);
    assert_cost(1, 65, 3);
}

static void
test_cost__without_another_slot_it_is_measured(void **state)
{
    const struct kdf_cost before = cost_of(0);
    struct kdf_cost after;
    bool upgraded = false;
    (void)state;

    if (RUNNING_ON_VALGRIND)
        skip();                 /* as in test_kdf.c: too slow */
    assert_int_equal(upgrade(PHRASE, NULL, &upgraded), VAULT_OK);
    after = cost_of(0);
    assert_int_equal(upgraded, !kdf_cost_equal(&before, &after));
    assert_int_equal(upgraded, kdf_cost_price(&after) > kdf_cost_price(&before));
    assert_true(after.mem_kib <= kdf_default_mem());
    reopen();
}

/* ---- what a slot gets that is added ---- */

static vault_err
add_by_default(const char *text, int *slot)
{
    struct secret *pass = pass_of(text);
    vault_err err = vault_key_add(v, VAULT_TIER_KEEPER, pass, NULL, slot);

    vault_secret_free(pass);
    return err;
}

static int
keep_words(void *ctx, const struct vault_trustee_share *s)
{
    snprintf(ctx, 400, "%s", s->words);
    return 0;
}

/* One share of one: the session that opens with it. */
static void
open_by_shares(void)
{
    const struct vault_key_shares_options opt = { .threshold = 1, .count = 1 };
    struct vault_credentials cred = { .slot = -1 };
    vault_shares *set = NULL;
    struct secret *s = NULL;
    char words[400];
    int slot = -1;

    assert_int_equal(vault_key_shares(v, &opt, keep_words, words, &slot), VAULT_OK);
    vault_close(v);
    v = NULL;
    assert_int_equal(vault_shares_new(&set), VAULT_OK);
    assert_int_equal(vault_shares_add(set, words, strlen(words), NULL), VAULT_OK);
    assert_int_equal(vault_shares_secret(&s, set, NULL), VAULT_OK);
    cred.shares = s;
    assert_int_equal(vault_open(&v, path, &cred), VAULT_OK);
    assert_int_equal(v->slot, slot);
    vault_secret_free(s);
    vault_shares_free(set);
}

static void
test_cost__a_slot_added_with_shares_takes_the_higher_of_two(void **state)
{
    const struct vault_create_options third = { .kdf_mem_mib = 66, .kdf_passes = 3 };
    struct secret *pass = pass_of(NEXT_PHRASE);
    int slot = -1;
    (void)state;

    (void)add(OTHER_PHRASE, 65, NULL);
    (void)add(THIRD_PHRASE, 64, NULL);
    open_by_shares();
    assert_int_equal(vault_key_add(v, VAULT_TIER_KEEPER, pass, &third, &slot), VAULT_ERR_REFUSED);
    assert_int_equal(add_by_default(NEXT_PHRASE, &slot), VAULT_OK);
    assert_cost((unsigned)slot, 65, 3);
    open_by(NEXT_PHRASE, NULL);
    vault_secret_free(pass);
}

static void
test_cost__a_slot_added_with_shares_gets_what_a_new_vault_would(void **state)
{
    const struct kdf_cost least = cost_of(0);
    struct kdf_cost got;
    int slot = -1;
    (void)state;

    if (RUNNING_ON_VALGRIND)
        skip();
    open_by_shares();
    assert_int_equal(add_by_default(NEXT_PHRASE, &slot), VAULT_OK);
    got = cost_of((unsigned)slot);
    assert_true(kdf_cost_above_floor(&got));
    assert_true(kdf_cost_price(&got) >= kdf_cost_price(&least));
}

static void
test_cost__shares_have_none_to_raise(void **state)
{
    bool upgraded = true;
    (void)state;

    open_by_shares();
    assert_offered(false);
    assert_int_equal(upgrade(PHRASE, NULL, &upgraded), VAULT_ERR_REFUSED);
    assert_true(upgraded);
}

static void
test_cost__a_slot_added_with_a_passphrase_costs_as_much_as_that(void **state)
{
    int slot = -1;
    (void)state;

    assert_int_equal(add_by_default(OTHER_PHRASE, &slot), VAULT_OK);
    assert_cost((unsigned)slot, 64, 3);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cost__low_is_a_sixteenth_of_one_pass_over_the_default_memory),
        cmocka_unit_test(test_cost__a_higher_price_is_more_memory_before_more_passes),
        cmocka_unit_test(test_cost__the_default_memory_is_a_quarter_at_most_a_gib),
        T(test_cost__a_low_one_is_offered_to_be_raised),
        T(test_cost__where_it_cannot_be_raised_it_is_not_offered_and_status_says_who_goes_first),
        T(test_cost__an_upgrade_keeps_passphrase_key_file_and_author),
        T(test_cost__an_upgrade_does_not_judge_the_passphrase),
        T(test_cost__without_another_slot_it_is_measured),
        T(test_cost__a_slot_added_with_shares_takes_the_higher_of_two),
        T(test_cost__a_slot_added_with_shares_gets_what_a_new_vault_would),
        T(test_cost__shares_have_none_to_raise),
        T(test_cost__a_slot_added_with_a_passphrase_costs_as_much_as_that),
    };

    if (vault_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
