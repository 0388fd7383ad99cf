/*
 * test_confirm.c - vault_confirm: only the passphrase of the slot in use, as it is now.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/phrases.h"
#include "vault/base/secret.h"
#include "vault/vault.h"

static const struct vault_create_options cheap = { .kdf_mem_mib = 64, .kdf_passes = 3 };
static char dir[64], path[96], key_file[96];

static vault *
opened(const char *text, const char *file)
{
    struct secret *pass = pass_of(text);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1, .key_file = file };
    vault *v = NULL;

    assert_int_equal(vault_open(&v, path, &cred), VAULT_OK);
    vault_secret_free(pass);
    return v;
}

static vault_err
confirm(vault *v, const char *text, const char *file)
{
    struct secret *pass = pass_of(text);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1, .key_file = file };
    vault_err err = vault_confirm(v, &cred);

    vault_secret_free(pass);
    return err;
}

static int
set_up(void **state)
{
    struct secret *pass = pass_of(PHRASE);
    (void)state;

    snprintf(dir, sizeof dir, "/tmp/test_confirm.XXXXXX");
    if (mkdtemp(dir) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/a.vault", dir);
    snprintf(key_file, sizeof key_file, "%s/key", dir);
    assert_int_equal(vault_create(path, pass, &cheap), VAULT_OK);
    vault_secret_free(pass);
    return 0;
}

static int
tear_down(void **state)
{
    char command[256];
    (void)state;

    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command);
}

static void
test_confirm__only_the_slot_in_use(void **state)
{
    struct secret *pass = pass_of(OTHER_PHRASE);
    vault *v = opened(PHRASE, NULL);
    uint64_t before;
    struct vault_status s;
    int slot;
    (void)state;

    assert_int_equal(vault_key_add(v, VAULT_TIER_KEEPER, pass, NULL, &slot), VAULT_OK);
    assert_int_equal(vault_status(v, &s), VAULT_OK);
    before = s.log_entries;
    assert_int_equal(confirm(v, PHRASE, NULL), VAULT_OK);
    assert_int_equal(confirm(v, OTHER_PHRASE, NULL), VAULT_ERR_KEY);
    assert_int_equal(confirm(v, PHRASE " ", NULL), VAULT_ERR_KEY);
    assert_int_equal(vault_confirm(v, &(struct vault_credentials){ .slot = -1 }), VAULT_ERR_KEY);
    assert_int_equal(vault_status(v, &s), VAULT_OK);
    assert_int_equal(s.log_entries, before);
    vault_close(v);
    v = opened(OTHER_PHRASE, NULL);
    assert_int_equal(confirm(v, OTHER_PHRASE, NULL), VAULT_OK);
    assert_int_equal(confirm(v, PHRASE, NULL), VAULT_ERR_KEY);
    vault_close(v);
    vault_secret_free(pass);
}

static void
test_confirm__after_a_change_the_new_one(void **state)
{
    struct secret *pass = pass_of(NEXT_PHRASE);
    vault *v = opened(PHRASE, NULL);
    (void)state;

    assert_int_equal(vault_key_change(v, pass, NULL), VAULT_OK);
    assert_int_equal(confirm(v, PHRASE, NULL), VAULT_ERR_KEY);
    assert_int_equal(confirm(v, NEXT_PHRASE, NULL), VAULT_OK);
    vault_close(v);
    vault_secret_free(pass);
}

static void
test_confirm__a_slot_with_a_key_file_needs_it(void **state)
{
    struct vault_create_options opt = cheap;
    struct secret *pass = pass_of(NEXT_PHRASE);
    FILE *f = fopen(key_file, "we");
    vault *v;
    (void)state;

    assert_non_null(f);
    fputs("0123456789abcdef", f);
    assert_int_equal(fclose(f), 0);
    v = opened(PHRASE, NULL);
    opt.key_file = key_file;
    assert_int_equal(vault_key_change(v, pass, &opt), VAULT_OK);
    vault_close(v);
    v = opened(NEXT_PHRASE, key_file);
    assert_int_equal(confirm(v, NEXT_PHRASE, key_file), VAULT_OK);
    assert_int_equal(confirm(v, NEXT_PHRASE, NULL), VAULT_ERR_KEY);
    assert_int_equal(confirm(v, PHRASE, key_file), VAULT_ERR_KEY);
    vault_close(v);
    vault_secret_free(pass);
}

#define WITH_VAULT(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_VAULT(test_confirm__only_the_slot_in_use),
        WITH_VAULT(test_confirm__after_a_change_the_new_one),
        WITH_VAULT(test_confirm__a_slot_with_a_key_file_needs_it),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
