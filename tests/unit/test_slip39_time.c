/*
 * test_slip39_time.c - neither branches nor addresses depend on secrets.
 *
 * Each test starts this program again under valgrind memcheck, which follows bytes that were marked
 * as undefined through all arithmetic, and complains where one decides a branch or an address. So
 * what is secret is marked so, the randomness of libsodium included. Only ct_reveal may branch
 * (slip39_time.supp). The last three tests show that the method sees what it looks for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <sodium.h>
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define CAN_MARK 1
#else
#define VALGRIND_MAKE_MEM_UNDEFINED(p, n) ((void)(p), (void)(n))
#define VALGRIND_MAKE_MEM_DEFINED(p, n) ((void)(p), (void)(n))
#define RUNNING_ON_VALGRIND 0
#define CAN_MARK 0
#endif
#include "vault/base/text.h"
#include "vault/keys/slip39_parts.h"

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

#define FOUND 99        /* exit status of valgrind when it complains */
static const char *program;

static void
hide(const void *p, size_t n)
{
    VALGRIND_MAKE_MEM_UNDEFINED(p, n);
}

static void
unhide(const void *p, size_t n)
{
    VALGRIND_MAKE_MEM_DEFINED(p, n);
}

/* ---- what runs under valgrind ---- */

static randombytes_implementation tainted;

static void
tainted_buf(void *const p, const size_t n)
{
    randombytes_sysrandom_implementation.buf(p, n);
    hide(p, n);
}

static int
set_up(void)
{
    if (secret_process_init() != VAULT_OK)
        return -1;
    tainted = randombytes_sysrandom_implementation;
    tainted.buf = tainted_buf;
    return randombytes_set_implementation(&tainted);
}

static struct secret *
hidden(const char *bytes, size_t n)
{
    struct secret *s = NULL;

    if (secret_copy(&s, bytes, n) != VAULT_OK)
        abort();
    hide(secret_bytes(s), n);
    return s;
}

/* Three of five of a hidden secret under a hidden passphrase. */
static vault_err
split_hidden(struct secret *shares[static SLIP39_MAX], const struct secret *pass)
{
    const struct slip39_plan plan = {.threshold = 3, .count = 5, .passphrase = pass};
    struct secret *s = hidden("a secret of 32 bytes, or so it is", 32);
    vault_err err = slip39_split(shares, s, &plan);

    secret_free(s);
    return err;
}

/* How long the text is, all who see it know; its letters stay hidden. */
static size_t
length_of(const struct secret *share)
{
    size_t n;

    unhide(secret_bytes(share), SLIP39_TEXT);
    n = strlen((const char *)secret_bytes(share));
    hide(secret_bytes(share), SLIP39_TEXT);
    return n;
}

static int
run_both_ways(void)
{
    struct secret *shares[SLIP39_MAX] = {NULL}, *pass = hidden("passphrase", 10), *out = NULL;
    struct slip39_set set = SLIP39_SET_INIT;
    vault_err err = split_hidden(shares, pass);

    for (unsigned i = 0; err == VAULT_OK && i < 5; i += i == 0 ? 2 : 1)
        err = slip39_set_add(&set, (const char *)secret_bytes(shares[i]), length_of(shares[i]),
            NULL);
    if (err == VAULT_OK)
        err = slip39_set_open(&out, &set, pass);
    if (err == VAULT_OK) {
        unhide(secret_bytes(out), 32);
        err = memcmp(secret_bytes(out), "a secret of 32 bytes, or so it i", 32) == 0 ? VAULT_OK :
            VAULT_ERR_FAILED;
    }
    return (int)err;
}

/* A share whose first two words are swapped: all are looked up, and nothing but the verdict is told. */
static int
run_wrong_share(void)
{
    static const char words[] = "pistol shadow academic always adequate wildlife fancy gross oasis "
        "cylinder mustang wrist rescue view short owner flip making coding armed";
    struct secret *text = hidden(words, sizeof words - 1);
    struct slip39_share s;
    vault_err err = slip39_parse(&s, (const char *)secret_bytes(text), sizeof words - 1, NULL);

    return err == VAULT_ERR_INPUT && strstr(vault_last_error()->text, "checksum") != NULL ? 0 : 1;
}

static volatile unsigned sink;

static int
run_branch(void)
{
    struct secret *s = hidden("secret", 6);

    if (secret_bytes(s)[3] > 'm')
        sink++;
    return 0;
}

static int
run_table(void)
{
    struct secret *s = hidden("secret", 6);

    sink += (unsigned)words_1024[secret_bytes(s)[2]][0];
    return 0;
}

/* A share as a careless program would write it: the words from the table, as many bytes as there are. */
static int
run_careless(void)
{
    struct secret *shares[SLIP39_MAX] = {NULL};

    if (split_hidden(shares, NULL) != VAULT_OK)
        return 0;
    sink += (unsigned)strlen((const char *)secret_bytes(shares[1]));
    return 0;
}

static const struct {
    const char *name;
    int (*run)(void);
} runs[] = {
    {"both-ways", run_both_ways}, {"wrong-share", run_wrong_share}, {"branch", run_branch},
    {"table", run_table}, {"careless", run_careless},
};

static int
run_named(const char *name)
{
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++)
        if (strcmp(name, runs[i].name) == 0)
            return set_up() == 0 ? runs[i].run() : 2;
    return 2;
}

/* ---- the tests ---- */

static void
need_valgrind(void)
{
    if (SANITIZED || !CAN_MARK || system("command -v valgrind > /dev/null") != 0) {
        print_message("needs valgrind, and a build without sanitizers\n");
        skip();
    }
}

/* Exit status of this program under valgrind; of a copy, as valgrind 3.19 dies of what clang 14 writes
 * for debuggers. */
static int
status_of(const char *name, const char *quiet)
{
    char command[1024];
    int status;

    snprintf(command, sizeof command, "d=$(mktemp -d) && objcopy --strip-debug '%s' \"$d/p\" && "
        "valgrind -q --error-exitcode=%d --leak-check=no "
        "--suppressions=tests/unit/slip39_time.supp \"$d/p\" %s%s; s=$?; rm -r \"$d\"; exit $s",
        program, FOUND, name, quiet);
    status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
test_slip39_time__splitting_and_combining_show_nothing(void **state)
{
    (void)state;
    need_valgrind();
    assert_int_equal(status_of("both-ways", ""), 0);
}

static void
test_slip39_time__a_wrong_checksum_shows_nothing(void **state)
{
    (void)state;
    need_valgrind();
    assert_int_equal(status_of("wrong-share", ""), 0);
}

static void
test_slip39_time__a_branch_is_seen(void **state)
{
    (void)state;
    need_valgrind();
    assert_int_equal(status_of("branch", " 2> /dev/null"), FOUND);
}

static void
test_slip39_time__a_table_is_seen(void **state)
{
    (void)state;
    need_valgrind();
    assert_int_equal(status_of("table", " 2> /dev/null"), FOUND);
}

/* The text of a share is still secret when it is handed out: the marks went all the way. */
static void
test_slip39_time__the_marks_reach_the_text(void **state)
{
    (void)state;
    need_valgrind();
    assert_int_equal(status_of("careless", " 2> /dev/null"), FOUND);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slip39_time__splitting_and_combining_show_nothing),
        cmocka_unit_test(test_slip39_time__a_wrong_checksum_shows_nothing),
        cmocka_unit_test(test_slip39_time__a_branch_is_seen),
        cmocka_unit_test(test_slip39_time__a_table_is_seen),
        cmocka_unit_test(test_slip39_time__the_marks_reach_the_text),
    };

    program = argv[0];
    if (argc > 1)
        return run_named(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
