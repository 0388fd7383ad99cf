/*
 * test_panic.c - vault_panic: what is overwritten, what is removed, what is left alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/phrases.h"
#include "vault/base/secret.h"
#include "vault/session.h"

#define KEYS 4096

static char dir[64], path[96];

/* ---- a vault to lose ---- */

static vault_err
try_open(vault **v)
{
    struct secret *pass = pass_of(PHRASE);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    vault_err err = vault_open(v, path, &cred);

    vault_secret_free(pass);
    return err;
}

static const char *
in(const char *name)
{
    static char full[4][256];
    static unsigned turn;
    char *p = full[turn++ % 4];

    snprintf(p, sizeof full[0], "%s/%s", path, name);
    return p;
}

static int
set_up(void **state)
{
    const struct vault_create_options opt = { .kdf_mem_mib = 64, .kdf_passes = 3 };
    struct secret *pass = pass_of(PHRASE);
    (void)state;

    snprintf(dir, sizeof dir, "/tmp/test_panic.XXXXXX");
    if (mkdtemp(dir) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/a.vault", dir);
    assert_int_equal(vault_create(path, pass, &opt), VAULT_OK);
    vault_secret_free(pass);
    return 0;
}

static int
tear_down(void **state)
{
    char command[256];
    (void)state;

    snprintf(command, sizeof command, "chmod -R u+rwx %s; rm -rf %s", dir, dir);
    return system(command);
}

static bool
exists(const char *name)
{
    struct stat st;

    return lstat(in(name), &st) == 0;
}

static void
put_file(const char *name, const void *p, size_t n)
{
    int fd = open(in(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, n), (ssize_t)n);
    assert_int_equal(close(fd), 0);
}

static bool
is_zero(int fd, size_t n)
{
    uint8_t b[KEYS];

    assert_true(n <= sizeof b);
    assert_int_equal(pread(fd, b, n, 0), (ssize_t)n);
    for (size_t i = 0; i < n; i++)
        if (b[i] != 0)
            return false;
    return true;
}

/* ---- tests ---- */

static void
test_panic__what_was_in_the_files_is_overwritten(void **state)
{
    uint8_t was[KEYS], now[KEYS];
    char link_name[128];
    struct stat st;
    int keys, staged;
    (void)state;

    put_file("keys.new", "half a change", 13);
    keys = open(in("keys"), O_RDONLY | O_CLOEXEC);
    staged = open(in("keys.new"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(pread(keys, was, KEYS, 0), KEYS);
    /* The content also goes where the file has a second name. */
    snprintf(link_name, sizeof link_name, "%s/second", dir);
    assert_int_equal(link(in("keys"), link_name), 0);
    assert_int_equal(vault_panic(path), VAULT_OK);
    assert_false(exists("keys"));
    assert_false(exists("keys.new"));
    assert_true(exists("records.db"));
    assert_int_equal(fstat(keys, &st), 0);
    assert_int_equal(st.st_size, KEYS);
    assert_int_equal(pread(keys, now, KEYS, 0), KEYS);
    assert_memory_not_equal(was, now, KEYS);
    assert_true(is_zero(keys, KEYS));
    assert_true(is_zero(staged, 13));
    close(keys);
    close(staged);
}

static void
test_panic__the_vault_is_exit_4_afterwards(void **state)
{
    vault *v = NULL;
    (void)state;

    assert_int_equal(vault_panic(path), VAULT_OK);
    assert_int_equal(try_open(&v), VAULT_ERR_DAMAGED);
    assert_null(v);
    assert_string_equal(vault_last_error()->text, "the file keys is missing: it was erased or lost");
    assert_int_equal(vault_probe(path), VAULT_ERR_DAMAGED);
    assert_false(exists("keys"));
}

static void
test_panic__again_is_fine(void **state)
{
    (void)state;
    assert_int_equal(vault_panic(path), VAULT_OK);
    assert_int_equal(vault_panic(path), VAULT_OK);
}

static void
test_panic__damaged_keys_of_any_size_go_as_well(void **state)
{
    static const size_t sizes[] = { 0, 1, 4095, 100000 };
    static uint8_t junk[100000];
    (void)state;

    memset(junk, 0xa5, sizeof junk);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int fd;
        put_file("keys", junk, sizes[i]);
        fd = open(in("keys"), O_RDONLY | O_CLOEXEC);
        assert_int_equal(vault_panic(path), VAULT_OK);
        assert_false(exists("keys"));
        assert_true(is_zero(fd, sizes[i] < KEYS ? sizes[i] : KEYS));
        close(fd);
    }
}

static void
test_panic__damaged_keys_without_a_database_too(void **state)
{
    int fd = open(in("keys"), O_WRONLY | O_CLOEXEC);
    (void)state;

    assert_int_equal(pwrite(fd, "x", 1, 2000), 1);
    close(fd);
    assert_int_equal(unlink(in("records.db")), 0);
    assert_int_equal(vault_panic(path), VAULT_OK);
    assert_false(exists("keys"));
}

static void
test_panic__a_link_goes_and_what_it_leads_to_stays(void **state)
{
    char other[128], text[8] = "";
    int fd;
    (void)state;

    snprintf(other, sizeof other, "%s/other", dir);
    fd = open(other, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "precious", 8), 8);
    assert_int_equal(unlink(in("keys")), 0);
    assert_int_equal(symlink(other, in("keys")), 0);
    put_file("keys.new", "half a change", 13);
    assert_int_equal(vault_panic(path), VAULT_ERR_FAILED);
    assert_non_null(strstr(vault_last_error()->text, "symbolic link"));
    assert_false(exists("keys"));
    assert_false(exists("keys.new"));
    assert_int_equal(pread(fd, text, 8, 0), 8);
    assert_memory_equal(text, "precious", 8);
    close(fd);
}

static void
test_panic__a_pipe_in_the_place_of_keys_does_not_make_it_wait(void **state)
{
    (void)state;
    assert_int_equal(unlink(in("keys")), 0);
    assert_int_equal(mkfifo(in("keys"), 0600), 0);
    assert_int_equal(vault_panic(path), VAULT_ERR_FAILED);
    assert_false(exists("keys"));
}

static void
test_panic__modes_of_the_owner_do_not_stop_it(void **state)
{
    int fd = open(in("keys"), O_RDONLY | O_CLOEXEC);
    (void)state;

    assert_int_equal(chmod(in("keys"), 0400), 0);
    assert_int_equal(chmod(path, 0500), 0);
    assert_int_equal(vault_panic(path), VAULT_OK);
    assert_false(exists("keys"));
    assert_true(is_zero(fd, KEYS));
    close(fd);
}

static void
test_panic__works_while_the_vault_is_open_and_nothing_comes_back(void **state)
{
    struct secret *pass = pass_of(NEXT_PHRASE);
    struct vault_record *r = NULL;
    struct vault_added added;
    vault_fields *f = NULL;
    vault *v = NULL;
    (void)state;

    assert_int_equal(try_open(&v), VAULT_OK);
    assert_int_equal(vault_fields_new(&f), VAULT_OK);
    assert_int_equal(vault_fields_add(f, "ref", "P-1", 3), VAULT_OK);
    assert_int_equal(vault_add(v, "person", f, &added), VAULT_OK);
    assert_int_equal(vault_panic(path), VAULT_OK);
    /* It is not reached: that is what the program says. */
    assert_int_equal(vault_show(v, "P-1", NULL, false, &r), VAULT_OK);
    vault_record_free(r);
    /* But it must not write the file anew. */
    assert_int_equal(vault_key_change(v, pass, NULL), VAULT_ERR_DAMAGED);
    assert_false(exists("keys"));
    assert_false(exists("keys.new"));
    vault_close(v);
    assert_false(exists("keys"));
    v = NULL;
    assert_int_equal(try_open(&v), VAULT_ERR_DAMAGED);
    vault_fields_free(f);
    vault_secret_free(pass);
}

/* In the middle of a change of everything, by another process: after keys.new was staged, before anything is renamed. */
static vault_err
somebody_is_at_the_door(struct vault *v, struct change *c, void *ctx)
{
    (void)v;
    (void)c;
    (void)ctx;
    return vault_panic(path);
}

static void
test_panic__in_the_middle_of_a_rekey_or_compact_nothing_comes_back(void **state)
{
    vault *v = NULL;
    (void)state;

    assert_int_equal(try_open(&v), VAULT_OK);
    struct second s = { .what = { .action = "compact" }, .kf = v->kf, .tree = &v->tree, .e = v->e,
        .epoch = v->epoch, .keys = session_seal_keys(v), .add = somebody_is_at_the_door };
    randombytes_buf(s.kf.db_salt, sizeof s.kf.db_salt);
    assert_int_equal(session_second(v, &s), VAULT_ERR_DAMAGED);
    assert_non_null(strstr(vault_last_error()->text, "was erased"));
    vault_close(v);
    assert_false(exists("keys"));
    assert_false(exists("keys.new"));
    assert_false(exists("records.db.new"));
    assert_true(exists("records.db"));
}

/* ---- somebody else writes keys.new, again and again, while it runs ---- */

#define STAGED_MAX 900        /* a process may have 1024 files open */

static struct staging {
    int fd[STAGED_MAX];             /* each file that came to stand there */
    _Atomic size_t n;
    _Atomic bool stop;
} staging;

static void *
stage_again_and_again(void *arg)
{
    (void)arg;
    while (!staging.stop && staging.n < STAGED_MAX) {
        int fd = open(in("half"), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        bool whole = fd >= 0 && write(fd, "a way in", 8) == 8;
        bool stands = whole && link(in("half"), in("keys.new")) == 0;
        (void)unlink(in("half"));
        if (stands)
            staging.fd[staging.n++] = fd;
        else if (fd >= 0)
            close(fd);
    }
    return NULL;
}

static void
test_panic__what_came_meanwhile_is_overwritten_before_it_goes(void **state)
{
    struct stat st;
    pthread_t other;
    size_t gone = 0;
    (void)state;

    assert_int_equal(pthread_create(&other, NULL, stage_again_and_again, NULL), 0);
    for (int i = 0; i < 20000 && atomic_load(&staging.n) < STAGED_MAX; i++) {
        vault_err err = vault_panic(path);      /* not everything may be gone when it ends, and then it says so */
        assert_true(err == VAULT_OK || err == VAULT_ERR_FAILED);
    }
    staging.stop = true;
    assert_int_equal(pthread_join(other, NULL), 0);
    for (size_t i = 0; i < staging.n; i++) {
        assert_int_equal(fstat(staging.fd[i], &st), 0);
        if (st.st_nlink == 0) {
            assert_true(is_zero(staging.fd[i], 8));
            gone++;
        }
        close(staging.fd[i]);
    }
    assert_true(gone > 0);
}

static void
test_panic__what_is_not_a_vault_is_left_alone(void **state)
{
    struct stat st;
    (void)state;

    assert_int_equal(vault_panic(in("nothing")), VAULT_ERR_NOT_FOUND);
    assert_int_equal(vault_panic(in("keys")), VAULT_ERR_INPUT);
    assert_true(exists("keys"));
    assert_int_equal(vault_panic(dir), VAULT_ERR_INPUT);
    /* Somebody's file that is called keys. */
    assert_int_equal(unlink(in("records.db")), 0);
    put_file("keys", "door, bicycle", 13);
    assert_int_equal(vault_panic(path), VAULT_ERR_INPUT);
    assert_int_equal(stat(in("keys"), &st), 0);
    assert_int_equal(st.st_size, 13);
}

#define WITH_VAULT(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_VAULT(test_panic__what_was_in_the_files_is_overwritten),
        WITH_VAULT(test_panic__the_vault_is_exit_4_afterwards),
        WITH_VAULT(test_panic__again_is_fine),
        WITH_VAULT(test_panic__damaged_keys_of_any_size_go_as_well),
        WITH_VAULT(test_panic__damaged_keys_without_a_database_too),
        WITH_VAULT(test_panic__a_link_goes_and_what_it_leads_to_stays),
        WITH_VAULT(test_panic__a_pipe_in_the_place_of_keys_does_not_make_it_wait),
        WITH_VAULT(test_panic__modes_of_the_owner_do_not_stop_it),
        WITH_VAULT(test_panic__works_while_the_vault_is_open_and_nothing_comes_back),
        WITH_VAULT(test_panic__in_the_middle_of_a_rekey_or_compact_nothing_comes_back),
        WITH_VAULT(test_panic__what_came_meanwhile_is_overwritten_before_it_goes),
        WITH_VAULT(test_panic__what_is_not_a_vault_is_left_alone),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
