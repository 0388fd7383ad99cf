/* test_keyshares.c - a slot that K of N shares open, through vault.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/phrases.h"
#include "vault/vault.h"

#define SETS_MAX 16

static char dir[128], path[160];
static struct secret *pass;

/* What the callback kept of one set. */
struct kept_set {
    unsigned n, stop_at;        /* stop_at 0: never */
    char words[SETS_MAX][320];
};

static int
keep(void *ctx, const struct vault_trustee_share *s)
{
    struct kept_set *k = ctx;

    assert_int_equal(s->number, ++k->n);
    assert_true(strlen(s->words) < sizeof k->words[0]);
    strcpy(k->words[k->n - 1], s->words);
    return k->n == k->stop_at;
}

/* A command of the shell, with $1 and $2. */
static int
run(const char *command, const char *a, const char *b)
{
    char whole[700];

    snprintf(whole, sizeof whole, "set -- '%s' '%s'; %s", a, b, command);
    return system(whole);
}

/* One vault for all, and a copy for each. */
static int
setup_all(void **state)
{
    const struct vault_create_options opt = { .kdf_mem_mib = 64, .kdf_passes = 3 };
    const char *tmp = getenv("TMPDIR");
    (void)state;

    snprintf(dir, sizeof dir, "%s/withheld-keyshares-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/base.vault", dir);
    assert_int_equal(vault_process_init(), VAULT_OK);
    pass = pass_of(PHRASE);
    assert_int_equal(vault_create(path, pass, &opt), VAULT_OK);
    snprintf(path, sizeof path, "%s/v.vault", dir);
    return 0;
}

static int
teardown_all(void **state)
{
    (void)state;
    vault_secret_free(pass);
    return run("rm -rf \"$1\"", dir, "");
}

static int
setup(void **state)
{
    (void)state;
    return run("cp -r \"$2/base.vault\" \"$1\"", path, dir);
}

static int
teardown(void **state)
{
    (void)state;
    return run("rm -rf \"$1\" \"$2/before\"", path, dir);
}

static vault *
by_passphrase(void)
{
    const struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    vault *v = NULL;

    assert_int_equal(vault_open(&v, path, &cred), VAULT_OK);
    return v;
}

/* The secret of shares a and b of a set. */
static struct secret *
combined(const struct kept_set *k, unsigned a, unsigned b)
{
    vault_shares *s = NULL;
    struct secret *out = NULL;

    assert_int_equal(vault_shares_new(&s), VAULT_OK);
    assert_int_equal(vault_shares_add(s, k->words[a], strlen(k->words[a]), NULL), VAULT_OK);
    assert_int_equal(vault_shares_add(s, k->words[b], strlen(k->words[b]), NULL), VAULT_OK);
    assert_int_equal(vault_shares_secret(&out, s, NULL), VAULT_OK);
    vault_shares_free(s);
    return out;
}

static vault_err
open_with(const struct secret *shares, int slot, vault **out)
{
    const struct vault_credentials cred = { .shares = shares, .slot = slot };
    vault *v = NULL;
    vault_err err = vault_open(&v, path, &cred);

    if (out != NULL)
        *out = v;
    else
        vault_close(v);
    return err;
}

static vault_err
open_by(const struct kept_set *k, int slot, vault **out)
{
    struct secret *s = combined(k, 0, k->n - 1);
    vault_err err = open_with(s, slot, out);

    vault_secret_free(s);
    return err;
}

static void
make(vault *v, unsigned threshold, unsigned count, struct kept_set *k)
{
    const struct vault_key_shares_options opt = { .threshold = threshold, .count = count };
    int slot = -1;

    memset(k, 0, sizeof *k);
    assert_int_equal(vault_key_shares(v, &opt, keep, k, &slot), VAULT_OK);
    assert_int_equal(k->n, count);
    assert_int_equal(slot, 1);
}

/* ---- making and opening ---- */

static void
test_keyshares__any_two_of_three_open_as_keeper(void **state)
{
    struct kept_set k;
    struct vault_status st;
    struct secret *s;
    vault *v = by_passphrase();
    (void)state;

    make(v, 2, 3, &k);
    vault_close(v);
    for (unsigned i = 0; i < 3; i++) {
        s = combined(&k, i, (i + 1) % 3);
        assert_int_equal(vault_secret_len(s), 32);
        assert_int_equal(open_with(s, -1, &v), VAULT_OK);
        assert_int_equal(vault_status(v, &st), VAULT_OK);
        assert_int_equal(st.tier, VAULT_TIER_KEEPER);
        assert_int_equal(st.slot, 1);
        vault_close(v);
        assert_int_equal(open_with(s, 1, NULL), VAULT_OK);
        vault_secret_free(s);
    }
    vault_close(by_passphrase());
}

static void
test_keyshares__a_new_set_replaces_the_old_one(void **state)
{
    struct kept_set old, new;
    vault *v = by_passphrase();
    (void)state;

    make(v, 2, 2, &old);
    make(v, 2, 5, &new);
    vault_close(v);
    assert_int_equal(open_by(&old, -1, NULL), VAULT_ERR_KEY);
    assert_non_null(strstr(vault_last_error()->text, "shares"));
    assert_int_equal(open_by(&new, -1, &v), VAULT_OK);
    assert_int_equal(vault_check_open(v, NULL, NULL, NULL), VAULT_OK);
    vault_close(v);
}

static void
test_keyshares__shares_can_make_shares_and_then_only_be_closed(void **state)
{
    struct kept_set old, new;
    vault *v = by_passphrase();
    (void)state;

    make(v, 2, 2, &old);
    vault_close(v);
    assert_int_equal(open_by(&old, -1, &v), VAULT_OK);
    make(v, 2, 3, &new);
    assert_int_not_equal(vault_type_add(v, "{\"name\":\"x\"}", 12), VAULT_OK);
    vault_close(v);
    assert_int_equal(open_by(&old, -1, NULL), VAULT_ERR_KEY);
    assert_int_equal(open_by(&new, -1, &v), VAULT_OK);
    vault_close(v);
}

/* The way back after a lost passphrase. */
static void
test_keyshares__a_lost_passphrase_is_replaced(void **state)
{
    const struct vault_create_options opt = { .kdf_mem_mib = 64, .kdf_passes = 3 };
    struct vault_credentials cred = { .slot = -1 };
    struct kept_set k;
    struct secret *new = pass_of(OTHER_PHRASE);
    int slot = -1;
    vault *v = by_passphrase();
    (void)state;

    make(v, 2, 3, &k);
    vault_close(v);
    assert_int_equal(open_by(&k, -1, &v), VAULT_OK);
    assert_int_equal(vault_key_change(v, new, &opt), VAULT_ERR_REFUSED);
    assert_int_equal(vault_key_add(v, VAULT_TIER_KEEPER, new, &opt, &slot), VAULT_OK);
    assert_int_equal(slot, 2);
    assert_int_equal(vault_key_remove(v, 0), VAULT_OK);
    vault_close(v);
    cred.passphrase = new;
    assert_int_equal(vault_open(&v, path, &cred), VAULT_OK);
    assert_int_equal(vault_key_remove(v, 1), VAULT_OK);
    vault_close(v);
    assert_int_equal(open_by(&k, -1, NULL), VAULT_ERR_NOT_FOUND);
    vault_secret_free(new);
}

/* Others' shares stay good through a rekey, and those who rekey with shares keep theirs. */
static void
test_keyshares__a_rekey_keeps_the_shares(void **state)
{
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    struct kept_set k;
    struct secret *s;
    vault *v = by_passphrase();
    (void)state;

    make(v, 2, 3, &k);
    assert_int_equal(vault_key_rekey(v, &cred), VAULT_OK);
    vault_close(v);
    cred = (struct vault_credentials){ .slot = -1 };
    cred.shares = s = combined(&k, 1, 2);
    assert_int_equal(vault_open(&v, path, &cred), VAULT_OK);
    cred.shares = NULL;
    cred.passphrase = pass;
    assert_int_equal(vault_key_rekey(v, &cred), VAULT_ERR_REFUSED);
    cred.shares = s;
    assert_int_equal(vault_key_rekey(v, &cred), VAULT_OK);
    vault_close(v);
    assert_int_equal(open_with(s, -1, NULL), VAULT_OK);
    v = by_passphrase();
    assert_int_equal(vault_check_open(v, NULL, NULL, NULL), VAULT_OK);
    vault_close(v);
    vault_secret_free(s);
}

static void
test_keyshares__check_takes_shares(void **state)
{
    struct vault_credentials cred = { .slot = -1 };
    struct kept_set k;
    struct secret *s;
    vault *v = by_passphrase();
    (void)state;

    make(v, 2, 3, &k);
    vault_close(v);
    cred.shares = s = combined(&k, 0, 1);
    assert_int_equal(vault_check(path, &cred, NULL, NULL, NULL), VAULT_OK);
    vault_secret_free(s);
}

/* ---- refused ---- */

static void
test_keyshares__stopped_at_any_share_nothing_is_changed(void **state)
{
    const struct vault_key_shares_options opt = { .threshold = 2, .count = 3 };
    struct kept_set k, before;
    int slot = 77;
    vault *v = by_passphrase();
    (void)state;

    make(v, 2, 2, &before);
    vault_close(v);
    assert_int_equal(run("cp -r \"$1\" \"$2/before\"", path, dir), 0);
    v = by_passphrase();
    for (unsigned i = 1; i <= 3; i++) {
        memset(&k, 0, sizeof k);
        k.stop_at = i;
        assert_int_equal(vault_key_shares(v, &opt, keep, &k, &slot), VAULT_ERR_INTERRUPTED);
        assert_int_equal(k.n, i);
        assert_int_equal(slot, 77);
    }
    vault_close(v);
    assert_int_equal(run("diff -r \"$1\" \"$2/before\"", path, dir), 0);
    assert_int_equal(open_by(&before, -1, NULL), VAULT_OK);
    assert_int_equal(open_by(&k, -1, NULL), VAULT_ERR_KEY);
}

static void
test_keyshares__wrong_numbers_and_plain_are_refused_before_a_share_is_seen(void **state)
{
    static const unsigned BAD[][2] = { { 0, 0 }, { 0, 3 }, { 1, 2 }, { 3, 2 }, { 2, 17 } };
    const char *const word = "plain-shares";
    struct vault_key_shares_options opt = { .threshold = 2, .count = 2, .plain = true };
    struct kept_set k = {0};
    int slot = -1;
    vault *v = by_passphrase();
    (void)state;

    assert_int_equal(vault_key_shares(v, &opt, keep, &k, &slot), VAULT_ERR_REFUSED);
    assert_string_equal(vault_last_error()->accept, word);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        opt = (struct vault_key_shares_options){ .threshold = BAD[i][0], .count = BAD[i][1] };
        assert_int_equal(vault_key_shares(v, &opt, keep, &k, &slot), VAULT_ERR_INPUT);
    }
    assert_int_equal(k.n, 0);
    opt = (struct vault_key_shares_options){ .threshold = 2, .count = 2, .plain = true };
    assert_int_equal(vault_accept(v, &word, 1), VAULT_OK);
    assert_int_equal(vault_key_shares(v, &opt, keep, &k, &slot), VAULT_OK);
    vault_close(v);
    assert_int_equal(open_by(&k, -1, NULL), VAULT_OK);
}

static void
test_keyshares__only_a_keeper_makes_them(void **state)
{
    const struct vault_create_options cost = { .kdf_mem_mib = 64, .kdf_passes = 3 };
    const struct vault_key_shares_options opt = { .threshold = 2, .count = 2 };
    struct vault_credentials cred = { .slot = 1 };
    struct kept_set k = {0};
    struct secret *other = pass_of(OTHER_PHRASE);
    int slot = -1;
    vault *v = by_passphrase();
    (void)state;

    assert_int_equal(vault_key_add(v, VAULT_TIER_CASE, other, &cost, &slot), VAULT_OK);
    vault_close(v);
    cred.passphrase = other;
    assert_int_equal(vault_open(&v, path, &cred), VAULT_OK);
    assert_int_equal(vault_key_shares(v, &opt, keep, &k, &slot), VAULT_ERR_REFUSED);
    assert_int_equal(k.n, 0);
    vault_close(v);
    vault_secret_free(other);
}

static void
test_keyshares__shares_of_something_else_do_not_open(void **state)
{
    struct secret *s = NULL;
    struct kept_set k;
    vault *v;
    (void)state;

    assert_int_equal(vault_secret_new(&s, 32), VAULT_OK);
    assert_int_equal(open_with(s, -1, NULL), VAULT_ERR_NOT_FOUND);
    v = by_passphrase();
    make(v, 2, 2, &k);
    vault_close(v);
    assert_int_equal(open_with(s, -1, NULL), VAULT_ERR_KEY);
    assert_int_equal(open_by(&k, 0, NULL), VAULT_ERR_NOT_FOUND);
    vault_secret_free(s);
    assert_int_equal(vault_secret_new(&s, 16), VAULT_OK);
    assert_int_equal(open_with(s, -1, NULL), VAULT_ERR_KEY);
    vault_secret_free(s);
}

/* ---- cut short between the commit and the rename ---- */

static void
test_keyshares__a_change_cut_short_opens_with_the_set_in_force(void **state)
{
    struct kept_set old, new;
    vault *v = by_passphrase();
    (void)state;

    make(v, 2, 2, &old);
    assert_int_equal(run("cp \"$1/keys\" \"$2/old\"", path, dir), 0);
    make(v, 2, 2, &new);
    vault_close(v);
    assert_int_equal(run("cp \"$1/keys\" \"$2/new\"", path, dir), 0);
    assert_int_equal(run("cp \"$1/keys\" \"$2/keys.new\"", path, path), 0);
    assert_int_equal(run("cp \"$2/old\" \"$1/keys\"", path, dir), 0);
    assert_int_equal(open_by(&old, -1, NULL), VAULT_ERR_KEY);
    assert_non_null(strstr(vault_last_error()->text, "shares"));
    assert_int_equal(open_by(&new, -1, NULL), VAULT_OK);
    assert_int_equal(run("cmp \"$1/keys\" \"$2/new\"", path, dir), 0);
}

/* ---- words that name the vault ---- */

static void
test_keyshares__the_fingerprint_stays(void **state)
{
    char before[256], after[256];
    struct kept_set k;
    vault *v;
    size_t blanks = 0;
    (void)state;

    assert_int_equal(vault_fingerprint(path, before), VAULT_OK);
    v = by_passphrase();
    make(v, 2, 2, &k);
    assert_int_equal(vault_fingerprint(path, after), VAULT_OK);
    vault_close(v);
    assert_string_equal(before, after);
    for (const char *p = before; *p != '\0'; p++)
        blanks += *p == ' ';
    assert_int_equal(blanks, 11);
    assert_int_equal(vault_fingerprint(dir, after), VAULT_ERR_INPUT);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_keyshares__any_two_of_three_open_as_keeper),
        T(test_keyshares__a_new_set_replaces_the_old_one),
        T(test_keyshares__shares_can_make_shares_and_then_only_be_closed),
        T(test_keyshares__a_lost_passphrase_is_replaced),
        T(test_keyshares__a_rekey_keeps_the_shares),
        T(test_keyshares__check_takes_shares),
        T(test_keyshares__stopped_at_any_share_nothing_is_changed),
        T(test_keyshares__wrong_numbers_and_plain_are_refused_before_a_share_is_seen),
        T(test_keyshares__only_a_keeper_makes_them),
        T(test_keyshares__shares_of_something_else_do_not_open),
        T(test_keyshares__a_change_cut_short_opens_with_the_set_in_force),
        T(test_keyshares__the_fingerprint_stays),
    };

    return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
