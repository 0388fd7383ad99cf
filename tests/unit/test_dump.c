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
#include "vault/base/secret.h"
#include "vault/record/draft.h"

#define SLOT_KIND 2     /* second byte of the ids of slot registrations */

static uint32_t
registered_slot(void)
{
    const struct index *ix = &v->recs.index;

    for (uint32_t n = 1; n <= ix->n; n++)
        if (index_is_system(&ix->pair[n]) && ix->pair[n].record[1] == SLOT_KIND)
            return n;
    fail_msg("the vault has no registered slot");
    return 0;
}

/* What no input gives: recs_find names no system record. */
static void
add_case_that_links_to(const uint8_t record[static RECORD_ID_BYTES])
{
    struct commit what = { .action = "import" };
    vault_fields *f = fields("ref", "P1", NULL);
    struct revision rev;
    struct change c;
    struct draft d;
    uint8_t *at;

    assert_int_equal(session_begin(v, &c), VAULT_OK);
    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    revision_init(&rev);
    assert_int_equal(draft_add(&d, type_set_current(&v->recs.types, "person"), f, &rev), VAULT_OK);
    assert_int_equal(change_add(&c, &rev), VAULT_OK);
    vault_fields_free(f);
    f = fields("ref", "C1", "person", "P1", NULL);
    assert_int_equal(draft_add(&d, type_set_current(&v->recs.types, "case"), f, &rev), VAULT_OK);
    vault_fields_free(f);
    at = memmem(d.mem.p, d.mem.n, v->recs.index.pair[v->recs.index.n].record, RECORD_ID_BYTES);
    assert_non_null(at);
    memcpy(at, record, RECORD_ID_BYTES);
    assert_int_equal(change_add(&c, &rev), VAULT_OK);
    assert_int_equal(session_commit(v, &c, &what), VAULT_OK);
    revision_free(&rev);
    draft_done(&d);
}

static void
test_dump__follows_no_link_to_a_system_record(void **state)
{
    const struct vault_dump_options opt = { .reveal = true };
    static const char *const FILES[] = { "person.jsonl", "case.jsonl" };
    uint64_t records = 0;
    char name[320];
    (void)state;

    add_case_that_links_to(v->recs.index.pair[registered_slot()].record);
    snprintf(name, sizeof name, "%s/plain", dir);
    assert_int_equal(vault_dump(v, name, &opt, &records), VAULT_OK);
    assert_int_equal(records, 2);
    /* These two files and no other. */
    for (size_t i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "%s/plain/%s", dir, FILES[i]);
        assert_int_equal(unlink(name), 0);
    }
    snprintf(name, sizeof name, "%s/plain", dir);
    assert_int_equal(rmdir(name), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dump__follows_no_link_to_a_system_record),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, make_vault, remove_vault);
}
