/* test_second.c - compact, rekey and a change of keys on a disk that fails when the new files are in force already: what lies unwiped
 * is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/fixture.h"
#include "tests/unit/phrases.h"
#include "vault/base/files.h"
#include "vault/base/secret.h"

/* ---- a disk that fails once, at the point that is asked for ---- */

static enum point { NOTHING, OVERWRITE, SYNC, FOLDER, RENAME, OLD_KEYS } failing;

/* The old database: it has lost its name, while keys.new still has one. */
static bool
is_old_database(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 0 && file_exists(v->dir, KEYS_NEW);
}

/* The folder, once records.db.new has been renamed and keys.new has not. */
static bool
is_folder_between(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && !file_exists(v->dir, DB_NEW) && file_exists(v->dir, KEYS_NEW) &&
        v->db == NULL;
}

/* The old `keys`, without a name. There may be no session yet. */
static bool
is_old_keys(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 0 && st.st_size == KEYFILE_BYTES;
}

static int
fails_now(void)
{
    failing = NOTHING;
    errno = EIO;
    return -1;
}

/* In place of the C library's. */
ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
    if ((failing == OVERWRITE && is_old_database(fd)) || (failing == OLD_KEYS && is_old_keys(fd)))
        return fails_now();
    return syscall(SYS_pwrite64, fd, p, n, at);
}

int
fsync(int fd)
{
    if ((failing == SYNC && is_old_database(fd)) || (failing == FOLDER && is_folder_between(fd)))
        return fails_now();
    return (int)syscall(SYS_fsync, fd);
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    if (failing == RENAME && strcmp(from, KEYS_NEW) == 0)
        return fails_now();
    return (int)syscall(SYS_renameat, from_dir, from, to_dir, to);
}

/* ---- the promises ---- */

static vault_err
compact(void)
{
    struct vault_compacted sizes;

    return vault_compact(v, &sizes);
}

static vault_err
rekey(void)
{
    struct secret *pass = pass_of(PHRASE);
    struct vault_credentials own = { .passphrase = pass, .slot = -1 };
    vault_err err = vault_key_rekey(v, &own);

    secret_free(pass);
    return err;
}

static void
assert_told(vault_err (*deed)(void))
{
    struct buf b = BUF_INIT;

    for (enum point at = OVERWRITE; at <= FOLDER; at++) {
        failing = at;
        assert_int_equal(deed(), VAULT_ERR_FAILED);
        assert_int_equal(failing, NOTHING);             /* it came to that point */
        assert_non_null(strstr(vault_last_error()->text, "the new files are in force, but the old records.db"));
        assert_true(vault_last_error()->hint[0] != '\0');
        /* All else was done: the new files are a whole vault, and the next deed finds nothing in its way. */
        assert_false(file_exists(v->dir, DB_NEW));
        assert_false(file_exists(v->dir, KEYS_NEW));
        reopen();
        problems(&b);
        assert_int_equal(b.n, 0);
        assert_true(number_of("P-1") != 0);
    }
    assert_int_equal(deed(), VAULT_OK);
    assert_no_error();
    reopen();
    buf_free(&b);
}

static void
test_second__a_compact_that_could_not_overwrite_the_old_database_is_no_success(void **state)
{
    (void)state;
    assert_told(compact);
}

static void
test_second__a_rekey_that_could_not_overwrite_the_old_database_is_no_success(void **state)
{
    (void)state;
    assert_told(rekey);
}

static vault_err
add_slot(void)
{
    struct secret *pass = pass_of(OTHER_PHRASE);
    int slot = -1;
    vault_err err = vault_key_add(v, VAULT_TIER_CASE, pass, NULL, &slot);

    secret_free(pass);
    return err;
}

static vault_err
remove_slot(void)
{
    return vault_key_remove(v, 1);
}

/* keys.new is in force, and has not got its name: the next opening, or the next change of keys, is to finish that. */
static void
leave_unfinished(vault_err (*change)(void))
{
    failing = RENAME;
    assert_int_equal(change(), VAULT_ERR_FAILED);
    assert_int_equal(failing, NOTHING);
    assert_non_null(strstr(vault_last_error()->text, "the new files are in force, but keys.new could not be renamed yet"));
    assert_true(file_exists(v->dir, KEYS_NEW));
}

static bool
status_warns(const char *of)
{
    struct vault_status s;
    bool found = false;

    assert_int_equal(vault_status(v, &s), VAULT_OK);
    for (size_t i = 0; i < s.n_warnings; i++)
        found = found || strstr(s.warnings[i], of) != NULL;
    return found;
}

static void
test_second__an_opening_tells_of_old_keys_that_it_could_not_overwrite(void **state)
{
    struct vault_opened o;
    (void)state;

    for (int fails = 0; fails < 2; fails++) {
        leave_unfinished(fails ? remove_slot : add_slot);
        failing = fails ? OLD_KEYS : NOTHING;
        reopen();
        assert_int_equal(failing, NOTHING);
        assert_false(file_exists(v->dir, KEYS_NEW));
        vault_opened(v, &o);
        assert_int_equal(o.old_left, fails);
        assert_int_equal(status_warns("wipe the free space"), fails);
    }
    reopen();                                           /* told once: nobody knows afterwards */
    vault_opened(v, &o);
    assert_false(o.old_left);
}

static void
test_second__a_check_tells_of_old_keys_that_it_could_not_overwrite(void **state)
{
    struct secret *pass = pass_of(PHRASE);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    struct vault_deep_check deep = { .progress = NULL };
    struct vault_checked told;
    (void)state;

    leave_unfinished(add_slot);
    vault_close(v);
    v = NULL;
    failing = OLD_KEYS;
    assert_int_equal(vault_check(path, &cred, NULL, NULL, &told), VAULT_OK);
    assert_int_equal(failing, NOTHING);
    assert_true(told.old_left);
    assert_int_equal(vault_check_deep(path, &cred, NULL, NULL, &deep), VAULT_OK);
    assert_false(deep.as.old_left);
    secret_free(pass);
    reopen();
    assert_int_equal(remove_slot(), VAULT_OK);
}

/* An opening that finishes the change, and then fails: the sentence is all that can tell. */
static void
test_second__an_opening_that_fails_tells_of_old_keys_too(void **state)
{
    struct secret *pass = pass_of(PHRASE);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1, .anchor = "/dev/null" };
    vault_err err;
    (void)state;

    leave_unfinished(add_slot);
    vault_close(v);
    v = NULL;
    failing = OLD_KEYS;
    err = vault_open(&v, path, &cred);
    assert_int_equal(failing, NOTHING);
    assert_int_not_equal(err, VAULT_OK);
    assert_non_null(strstr(vault_last_error()->text, "the old file keys may not be overwritten"));
    secret_free(pass);
    reopen();
    assert_int_equal(remove_slot(), VAULT_OK);
}

/* In a session that goes on, what is known is enough to write it again. */
static void
test_second__keys_new_that_was_lost_is_made_anew_by_the_next_change(void **state)
{
    (void)state;
    leave_unfinished(add_slot);
    assert_int_equal(unlinkat(v->dir, KEYS_NEW, 0), 0);
    assert_int_equal(remove_slot(), VAULT_OK);
    reopen();
    assert_int_equal(add_slot(), VAULT_OK);
    assert_int_equal(remove_slot(), VAULT_OK);
}

static void
test_second__a_change_of_keys_tells_of_old_keys_of_the_one_before(void **state)
{
    (void)state;
    leave_unfinished(add_slot);
    failing = RENAME;
    assert_int_equal(remove_slot(), VAULT_ERR_FAILED);
    assert_int_equal(failing, NOTHING);
    assert_non_null(strstr(vault_last_error()->text, "nothing was done, as an earlier change of keys must be finished first"));
    failing = OLD_KEYS;
    assert_int_equal(remove_slot(), VAULT_ERR_FAILED);
    assert_int_equal(failing, NOTHING);
    assert_non_null(strstr(vault_last_error()->text, "nothing was done but to finish an earlier change of keys"));
    assert_non_null(strstr(vault_last_error()->text, "the old keys may not be overwritten"));
    assert_int_equal(remove_slot(), VAULT_OK);          /* it was not done, and now it is */
    failing = OLD_KEYS;
    assert_int_equal(add_slot(), VAULT_ERR_FAILED);     /* done, and it tells what was not */
    assert_non_null(strstr(vault_last_error()->text, "the new files are in force, but the old keys may not be overwritten"));
    assert_int_equal(remove_slot(), VAULT_OK);
    reopen();
}

static int
fill_vault(void **state)
{
    if (make_vault(state) != 0)
        return -1;
    add_person("P-1", "Kim Song");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_second__a_compact_that_could_not_overwrite_the_old_database_is_no_success),
        cmocka_unit_test(test_second__a_rekey_that_could_not_overwrite_the_old_database_is_no_success),
        cmocka_unit_test(test_second__an_opening_tells_of_old_keys_that_it_could_not_overwrite),
        cmocka_unit_test(test_second__a_check_tells_of_old_keys_that_it_could_not_overwrite),
        cmocka_unit_test(test_second__an_opening_that_fails_tells_of_old_keys_too),
        cmocka_unit_test(test_second__keys_new_that_was_lost_is_made_anew_by_the_next_change),
        cmocka_unit_test(test_second__a_change_of_keys_tells_of_old_keys_of_the_one_before),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, fill_vault, remove_vault);
}
