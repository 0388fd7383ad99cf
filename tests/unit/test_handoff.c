/* Handoffs, where the library itself must refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/fixture.h"
#include "tests/unit/phrases.h"

static const char *const ONE = "age1yt3tfqlfrwdwx0z0ynwplcr6qxcxfaqycuprpmy89nr83ltx74tqdpszlw";
static const char *const ID = "K-1";

static const char *
file(void)
{
    static char name[300];

    snprintf(name, sizeof name, "%s/rows.csv", dir);       /* what the fixture removes */
    return name;
}

static struct vault_handoff
handoff(void)
{
    return (struct vault_handoff){ .ids = &ID, .n_ids = 1, .recipients = &ONE, .n_recipients = 1, .confirmed = true };
}

/* No file, no entry. */
static void
refused(const struct vault_handoff *what, vault_err want)
{
    struct vault_handoff_sent sent;
    struct extent before = extent();

    assert_int_equal(vault_handoff_plain(v, file(), what, &sent), want);
    assert_extent(&before);
    assert_int_equal(access(file(), F_OK), -1);
}

static int
stop(void *ctx, uint64_t done, uint64_t total)
{
    (void)ctx;
    (void)done;
    (void)total;
    return 1;
}

static void
test_handoff__nobody_said_yes(void **state)
{
    static const char *const SEND = "send";
    struct vault_handoff what = handoff();
    struct vault_handoff_sent sent;
    (void)state;

    add_person("K-1", "Brunhild");
    what.confirmed = false;
    refused(&what, VAULT_ERR_REFUSED);
    assert_string_equal(vault_last_error()->accept, "send");
    assert_int_equal(vault_accept(v, &SEND, 1), VAULT_OK);
    assert_int_equal(vault_handoff_plain(v, file(), &what, &sent), VAULT_OK);
    assert_no_error();
    assert_int_equal(sent.plan.records, 1);
    assert_int_equal(sent.plan.withheld, 1);
    assert_int_equal(sent.plan.revealed, 0);
    assert_true(sent.keeper);
    assert_int_equal(vault_handoff_plain(v, file(), &what, &sent), VAULT_ERR_INPUT);
    assert_int_equal(unlink(file()), 0);
}

static void
test_handoff__to_nobody_or_to_both_or_to_a_weak_passphrase(void **state)
{
    struct vault_handoff what = handoff();
    struct secret *weak = NULL;
    (void)state;

    assert_int_equal(vault_secret_new(&weak, 10), VAULT_OK);
    memcpy(vault_secret_edit(weak), "summer2019", 10);
    what.n_recipients = 0;
    refused(&what, VAULT_ERR_INPUT);
    what.passphrase = weak;
    refused(&what, VAULT_ERR_REFUSED);
    assert_string_equal(vault_last_error()->accept, "weak-passphrase");
    vault_secret_free(weak);
    what = handoff();
    what.n_ids = 0;
    refused(&what, VAULT_ERR_INPUT);
}

/* The log says that it was begun, and there is no file. */
static void
test_handoff__stopped(void **state)
{
    struct vault_handoff what = handoff();
    struct vault_handoff_sent sent;
    uint32_t entries = v->n_log;
    (void)state;

    what.progress = stop;
    assert_int_equal(vault_handoff_plain(v, file(), &what, &sent), VAULT_ERR_INTERRUPTED);
    assert_int_equal(v->n_log, entries + 1);
    assert_int_equal(access(file(), F_OK), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handoff__nobody_said_yes),
        cmocka_unit_test(test_handoff__to_nobody_or_to_both_or_to_a_weak_passphrase),
        cmocka_unit_test(test_handoff__stopped),
    };

    return vault_process_init() != VAULT_OK ? 1 : cmocka_run_group_tests(tests, make_vault, remove_vault);
}
