/* test_same.c - one person in several records: merges, what follows them, and what nobody else can say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/fixture.h"
#include "tests/unit/phrases.h"
#include "vault/base/secret.h"
#include "vault/same.h"

static vault_err
merge(const char *a, const char *b)
{
    struct vault_merged m;

    return vault_merge(v, a, b, &m);
}

static vault_err
unmerge(const char *a)
{
    struct vault_merged m;

    return vault_unmerge(v, a, &m);
}

static void
remove_it(const char *id)
{
    struct vault_added a;

    assert_int_equal(vault_remove(v, id, &a), VAULT_OK);
}

/* ---- writing ---- */

static void
test_same__a_chain_has_one_lead_and_no_circle(void **state)
{
    struct vault_merged m;
    char lead[VAULT_CODE_LEN + 1];
    (void)state;

    add_person("A", "a");
    add_person("B", "b");
    add_person("C", "c");
    assert_int_equal(vault_merge(v, "B", "C", &m), VAULT_OK);
    snprintf(lead, sizeof lead, "%s", m.into);
    assert_string_equal(m.lead, lead);
    assert_int_equal(vault_merge(v, "A", "B", &m), VAULT_OK);
    assert_string_equal(m.lead, lead);
    assert_string_not_equal(m.into, lead);
    assert_no_error();
    assert_int_equal(merge("C", "A"), VAULT_ERR_CONFLICT);
    assert_int_equal(merge("C", "B"), VAULT_ERR_CONFLICT);
    assert_int_equal(merge("A", "C"), VAULT_ERR_CONFLICT);
    assert_int_equal(merge("A", "A"), VAULT_ERR_INPUT);

    reopen();
    assert_int_equal(same_lead(&v->same, number_of("A")), number_of("C"));
    assert_true(same_is_under(&v->same, number_of("A"), number_of("B")));
    assert_false(same_is_under(&v->same, number_of("C"), number_of("A")));
    assert_int_equal(unmerge("C"), VAULT_ERR_NOT_FOUND);
    assert_int_equal(vault_unmerge(v, "B", &m), VAULT_OK);
    assert_string_equal(m.lead, m.id);
    reopen();
    assert_int_equal(same_lead(&v->same, number_of("A")), number_of("B"));
    assert_int_equal(unmerge("A"), VAULT_OK);
    assert_int_equal(v->same.merged, 0);
    assert_int_equal(v->same.n_facts, 4);
    assert_int_equal(merge("C", "A"), VAULT_OK);        /* as it is no circle any more */
    assert_int_equal(unmerge("C"), VAULT_OK);
}

static void
test_same__refused_merges_leave_everything_as_it_was(void **state)
{
    struct vault_added a;
    struct vault_purged gone;
    struct extent before;
    vault_fields *f = fields("ref", "K-1", NULL);
    (void)state;

    assert_int_equal(vault_add(v, "case", f, &a), VAULT_OK);
    vault_fields_free(f);
    add_person("D", "d");
    add_person("E", "e");
    add_person("F", "f");
    remove_it("E");
    assert_int_equal(vault_purge(v, &(struct vault_purge){ .id = "F" }, &gone), VAULT_OK);
    before = extent();
    assert_int_equal(merge("D", "K-1"), VAULT_ERR_INPUT);
    assert_int_equal(merge("D", "E"), VAULT_ERR_INPUT);
    assert_int_equal(merge("E", "D"), VAULT_ERR_INPUT);
    assert_int_equal(merge("D", gone.id), VAULT_ERR_NOT_FOUND);
    assert_int_equal(merge("D", "nobody"), VAULT_ERR_NOT_FOUND);
    assert_int_equal(unmerge("D"), VAULT_ERR_NOT_FOUND);
    assert_int_equal(vault_dismiss(v, "D", "E"), VAULT_ERR_INPUT);
    assert_extent(&before);
}

static void
test_same__a_dismissed_pair_is_said_once_in_either_order(void **state)
{
    uint32_t log;
    (void)state;

    add_person("G", "g");
    add_person("H", "h");
    add_person("X", "x");
    assert_int_equal(vault_dismiss(v, "H", "G"), VAULT_OK);
    log = v->n_log;
    assert_int_equal(vault_dismiss(v, "G", "H"), VAULT_OK);
    assert_int_equal(v->n_log, log);
    reopen();
    assert_true(same_is_apart(v, number_of("G"), number_of("H")));
    assert_true(same_is_apart(v, number_of("H"), number_of("G")));
    assert_false(same_is_apart(v, number_of("H"), number_of("X")));
    assert_int_equal(merge("G", "H"), VAULT_OK);        /* somebody thought better of it */
    assert_int_equal(vault_dismiss(v, "G", "H"), VAULT_ERR_CONFLICT);
    assert_int_equal(unmerge("G"), VAULT_OK);
}

/* ---- what nobody else can say ---- */

/* As a program could that has the author's key, and not the keeper's: the record `b` into `a`, under an action. */
static vault_err
write_same(const uint8_t *a, const uint8_t *b, const struct commit *what)
{
    struct change c;
    vault_err err = session_begin(v, &c);

    assert_int_equal(err, VAULT_OK);
    assert_int_equal(system_add_same(v, &c, a, b), VAULT_OK);
    return session_commit(v, &c, what);
}

static const uint8_t *
id_of(const char *ref)
{
    static uint8_t id[4][RECORD_ID_BYTES];
    static unsigned turn;
    uint8_t *p = id[turn++ % 4];

    memcpy(p, v->recs.index.pair[number_of(ref)].record, RECORD_ID_BYTES);
    return p;
}

/* The session that did it sees that at once, every later one when it opens. */
static void
assert_damaged_by(const char *a, const char *b, const struct commit *what, const char *says)
{
    struct secret *pass = pass_of(PHRASE);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };

    assert_int_equal(write_same(id_of(a), id_of(b), what), VAULT_ERR_DAMAGED);
    assert_non_null(strstr(vault_last_error()->text, says));
    vault_close(v);
    v = NULL;
    assert_int_equal(vault_open(&v, path, &cred), VAULT_ERR_DAMAGED);
    assert_non_null(strstr(vault_last_error()->text, says));
    secret_free(pass);
}

static void
test_same__a_circle_is_damage_whoever_signed_it(void **state)
{
    const struct commit what = { .action = "merge", .keeper = true };
    (void)state;

    add_person("I", "i");
    add_person("J", "j");
    assert_int_equal(merge("I", "J"), VAULT_OK);
    assert_damaged_by("J", "I", &what, "circle");
}

static void
test_same__without_the_keeper_it_is_damage(void **state)
{
    const struct commit what = { .action = "edit" };
    (void)state;

    add_person("L", "l");
    add_person("M", "m");
    assert_damaged_by("L", "M", &what, "keeper");
}

static void
test_same__an_entry_that_merges_needs_the_keeper(void **state)
{
    (void)state;
    assert_true(entry_needs_keeper("merge"));
    assert_true(entry_needs_keeper("unmerge"));
    assert_true(entry_needs_keeper("dismiss"));
}

#define WITH_VAULT(f) cmocka_unit_test_setup_teardown(f, make_vault, remove_vault)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_VAULT(test_same__a_chain_has_one_lead_and_no_circle),
        WITH_VAULT(test_same__refused_merges_leave_everything_as_it_was),
        WITH_VAULT(test_same__a_dismissed_pair_is_said_once_in_either_order),
        WITH_VAULT(test_same__an_entry_that_merges_needs_the_keeper),
        WITH_VAULT(test_same__a_circle_is_damage_whoever_signed_it),
        WITH_VAULT(test_same__without_the_keeper_it_is_damage),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
