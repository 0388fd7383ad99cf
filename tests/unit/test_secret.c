/* test_secret.c - where secrets live, and what the process promises about them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "vault/base/secret.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* What a child returned, or 1000 + the signal that ended it. */
static int
in_child(int (*f)(void))
{
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        signal(SIGABRT, SIG_DFL);
        _exit(f());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- the process; in children, since it is set up only once ---- */

static int
set_up_process(void)
{
    struct rlimit core;

    if (secret_process_init() != VAULT_OK || secret_process_init() != VAULT_OK)
        return 1;
    if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_cur != 0 || core.rlim_max != 0)
        return 2;
    if (!SANITIZED && prctl(PR_GET_DUMPABLE) != 0)
        return 3;
    return 0;
}

static void
test_secret__process_cannot_be_dumped(void **state)
{
    (void)state;
    assert_int_equal(in_child(set_up_process), 0);
}

/* A configuration under which no ordinary hash can be had: 1 when it was obeyed. */
static int
use_odd_openssl_conf(void)
{
    static const char conf[] = "openssl_conf = a\n[a]\nalg_section = b\n"
        "[b]\ndefault_properties = fips=yes\n";
    char path[] = "/tmp/withheld-conf-XXXXXX";
    int fd = mkstemp(path);
    EVP_MD *md;

    if (fd < 0 || write(fd, conf, sizeof conf - 1) != (ssize_t)sizeof conf - 1)
        return 10;
    setenv("OPENSSL_CONF", path, 1);
    md = EVP_MD_fetch(NULL, "SHA256", NULL);
    close(fd);
    unlink(path);
    EVP_MD_free(md);
    return md == NULL;
}

static int
init_then_use_odd_openssl_conf(void)
{
    if (secret_process_init() != VAULT_OK)
        return 11;
    return use_odd_openssl_conf();
}

static void
test_secret__openssl_conf_is_ignored(void **state)
{
    (void)state;
    assert_int_equal(in_child(use_odd_openssl_conf), 1);     /* it would be read otherwise */
    assert_int_equal(in_child(init_then_use_odd_openssl_conf), 0);
}

static int
new_without_lock(void)
{
    const struct rlimit none = {0, 0};
    struct secret *s = NULL;

    if (secret_process_init() != VAULT_OK || secret_lock_failed())
        return 1;
    /* Root may lock without limit. */
    if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || (getuid() == 0 && setuid(65534) != 0))
        return 2;
    if (secret_new(&s, 32) != VAULT_OK)
        return 3;
    secret_edit(s)[31] = 1;
    if (!secret_lock_failed())
        return 4;
    secret_free(s);
    return 0;
}

static void
test_secret__failed_lock_is_noted_and_not_fatal(void **state)
{
    (void)state;
    if (SANITIZED)
        skip();     /* its mlock does nothing and succeeds */
    assert_int_equal(in_child(new_without_lock), 0);
}

/* ---- secrets ---- */

static int
set_up(void **state)
{
    (void)state;
    return secret_process_init() == VAULT_OK ? 0 : -1;
}

static void
test_secret__new_is_zeroed_and_full_length(void **state)
{
    static const uint8_t zero[100];
    struct secret *s = NULL;

    (void)state;
    assert_int_equal(secret_new(&s, 100), VAULT_OK);
    assert_int_equal(secret_size(s), 100);
    assert_int_equal(secret_len(s), 100);
    assert_memory_equal(secret_bytes(s), zero, 100);
    secret_free(s);
}

static void
test_secret__refuses_sizes_out_of_range(void **state)
{
    struct secret *s = NULL;

    (void)state;
    assert_int_equal(secret_new(&s, 0), VAULT_ERR_INPUT);
    assert_int_equal(secret_new(&s, ((size_t)1 << 20) + 1), VAULT_ERR_INPUT);
    assert_null(s);
    assert_int_equal(secret_new(&s, (size_t)1 << 20), VAULT_OK);
    secret_free(s);
}

static void
test_secret__copy_is_its_own(void **state)
{
    uint8_t bytes[4] = {1, 2, 3, 4};
    struct secret *s = NULL;

    (void)state;
    assert_int_equal(secret_copy(&s, bytes, 4), VAULT_OK);
    bytes[0] = 9;
    assert_int_equal(secret_len(s), 4);
    assert_memory_equal(secret_bytes(s), "\1\2\3\4", 4);
    secret_free(s);
}

static void
test_secret__random_differs(void **state)
{
    struct secret *a = NULL, *b = NULL;

    (void)state;
    assert_int_equal(secret_random(&a, 32), VAULT_OK);
    assert_int_equal(secret_random(&b, 32), VAULT_OK);
    assert_int_equal(secret_equal(a, b), 0);
    secret_free(a);
    secret_free(b);
}

static void
test_secret__set_len_wipes_what_lies_behind(void **state)
{
    struct secret *s = NULL;

    (void)state;
    assert_int_equal(secret_copy(&s, "abcdef", 6), VAULT_OK);
    secret_set_len(s, 2);
    assert_int_equal(secret_len(s), 2);
    assert_int_equal(secret_size(s), 6);
    assert_memory_equal(secret_bytes(s), "ab\0\0\0\0", 6);
    secret_set_len(s, 6);
    assert_memory_equal(secret_bytes(s), "ab\0\0\0\0", 6);
    secret_free(s);
}

static int
set_len_beyond_size(void)
{
    struct secret *s = NULL;

    if (secret_new(&s, 8) != VAULT_OK)
        return 1;
    secret_set_len(s, 9);
    return 0;
}

static void
test_secret__length_beyond_size_ends_the_process(void **state)
{
    (void)state;
    assert_int_equal(in_child(set_len_beyond_size), 1000 + SIGABRT);
}

static int
read_beyond_the_end(void)
{
    struct secret *s = NULL;

    if (secret_new(&s, 32) != VAULT_OK)
        return 1;
    return *(volatile const uint8_t *)(secret_bytes(s) + 32) == 0 ? 2 : 3;
}

static void
test_secret__a_guard_page_follows(void **state)
{
    (void)state;
    assert_int_equal(in_child(read_beyond_the_end), 1000 + SIGSEGV);
}

static void
test_secret__equal_compares_length_and_content(void **state)
{
    struct secret *a = NULL, *b = NULL;

    (void)state;
    assert_int_equal(secret_copy(&a, "abcd", 4), VAULT_OK);
    assert_int_equal(secret_copy(&b, "abcde", 5), VAULT_OK);
    assert_int_equal(secret_equal(a, b), 0);
    secret_set_len(b, 4);
    assert_int_equal(secret_equal(a, b), 1);
    secret_edit(b)[3] = 'x';
    assert_int_equal(secret_equal(a, b), 0);
    secret_free(a);
    secret_free(b);
}

static void
test_secret__take_moves(void **state)
{
    struct secret *a = NULL, *b;

    (void)state;
    assert_int_equal(secret_new(&a, 8), VAULT_OK);
    b = secret_take(&a);
    assert_null(a);
    assert_non_null(b);
    secret_free(a);
    secret_free(b);
}

static void
test_secret__multiples_are_aligned(void **state)
{
    struct secret *s = NULL;

    (void)state;
    for (size_t n = 8; n <= 64; n += 8) {
        assert_int_equal(secret_new(&s, n), VAULT_OK);
        assert_int_equal((uintptr_t)secret_bytes(s) % 8, 0);
        secret_free(s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        /* Before this process is set up. */
        cmocka_unit_test(test_secret__process_cannot_be_dumped),
        cmocka_unit_test(test_secret__openssl_conf_is_ignored),
        cmocka_unit_test(test_secret__failed_lock_is_noted_and_not_fatal),
        cmocka_unit_test_setup(test_secret__new_is_zeroed_and_full_length, set_up),
        cmocka_unit_test(test_secret__refuses_sizes_out_of_range),
        cmocka_unit_test(test_secret__copy_is_its_own),
        cmocka_unit_test(test_secret__random_differs),
        cmocka_unit_test(test_secret__set_len_wipes_what_lies_behind),
        cmocka_unit_test(test_secret__length_beyond_size_ends_the_process),
        cmocka_unit_test(test_secret__a_guard_page_follows),
        cmocka_unit_test(test_secret__equal_compares_length_and_content),
        cmocka_unit_test(test_secret__take_moves),
        cmocka_unit_test(test_secret__multiples_are_aligned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
