/* test_key_add.c - whoever makes a key file for a new slot must know, after an error too, whether the slot may need it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/fixture.h"
#include "tests/unit/phrases.h"
#include "vault/base/files.h"
#include "vault/base/secret.h"

/* ---- a disk on which a folder cannot be synced: before the slot is in force, or after ---- */

static enum { NEVER, BEFORE, AFTER } fails;

/* In place of the C library's. keys.new is there until the slot is in force. */
int
fsync(int fd)
{
    struct stat st;

    if (fails != NEVER && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && file_exists(v->dir, KEYS_NEW) == (fails == BEFORE)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

/* ---- the promises ---- */

static vault_err
key_add(int *slot)
{
    struct secret *pass = pass_of(OTHER_PHRASE);
    const struct vault_create_options opt = { .kdf_mem_mib = 64, .kdf_passes = 3 };
    vault_err err = vault_key_add(v, VAULT_TIER_CASE, pass, &opt, slot);

    secret_free(pass);
    return err;
}

static unsigned
slots(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < KEYFILE_SLOTS; i++)
        n += v->kf.slot[i].head.kind != SLOT_EMPTY;
    return n;
}

static void
test_key_add__an_error_before_the_slot_is_in_force_names_none(void **state)
{
    int slot = 99;

    (void)state;
    fails = BEFORE;
    assert_int_equal(key_add(&slot), VAULT_ERR_FAILED);
    fails = NEVER;
    assert_int_equal(slot, -1);
    reopen();
    assert_int_equal(slots(), 1);
}

static void
test_key_add__an_error_after_the_slot_is_in_force_names_it(void **state)
{
    int slot = 99;

    (void)state;
    fails = AFTER;
    assert_int_equal(key_add(&slot), VAULT_ERR_FAILED);
    fails = NEVER;
    assert_int_equal(slot, 1);
    reopen();
    assert_int_equal(slots(), 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_add__an_error_before_the_slot_is_in_force_names_none),
        cmocka_unit_test(test_key_add__an_error_after_the_slot_is_in_force_names_it),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, make_vault, remove_vault);
}
