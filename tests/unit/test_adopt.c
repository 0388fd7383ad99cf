/*
 * test_adopt.c - intake whose row somebody moved, and intake that waits: nothing is lost, nothing wrong is adopted.
 *
 * Whoever has K_case can write any row of `intake` to any place. Here it is done within the caseworker's session, before a keeper
 * comes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <cmocka.h>
#include "tests/unit/fixture.h"
#include "tests/unit/phrases.h"

/* ---- rows of intake ---- */

static void
move_row(int64_t from, int64_t to)
{
    struct buf enc = BUF_INIT;

    assert_int_equal(db_begin(v->db), VAULT_OK);
    assert_int_equal(db_get(v->db, DB_INTAKE, from, &enc), VAULT_OK);
    assert_int_equal(db_delete(v->db, DB_INTAKE, from), VAULT_OK);
    assert_int_equal(db_put(v->db, DB_INTAKE, to, PART(enc.p, enc.n)), VAULT_OK);
    assert_int_equal(db_commit(v->db), VAULT_OK);
    buf_free(&enc);
}

static bool
row_is_there(int64_t n)
{
    struct buf enc = BUF_INIT;
    vault_err err = db_get(v->db, DB_INTAKE, n, &enc);

    buf_free(&enc);
    assert_true(err == VAULT_OK || err == VAULT_ERR_NOT_FOUND);
    return err == VAULT_OK;
}

/* ---- what a keeper sees ---- */

static void
assert_adopted(uint64_t adopted, uint64_t quarantined)
{
    struct vault_status st;

    assert_no_error();                  /* of the opening */
    assert_int_equal(vault_status(v, &st), VAULT_OK);
    assert_int_equal(st.adopted, adopted);
    assert_int_equal(st.quarantined, quarantined);
}

static void
assert_name(const char *ref, const char *want)
{
    struct vault_record *r = NULL;
    const char *got = "";

    assert_int_equal(vault_show(v, ref, NULL, true, &r), VAULT_OK);
    for (size_t i = 0; i < r->n_values; i++)
        if (strcmp(r->values[i].field, "name") == 0)
            got = r->values[i].text;
    assert_string_equal(got, want);
    vault_record_free(r);
}

/* Its name is damage, and nothing else of it. */
static void
assert_closed(const char *ref)
{
    struct vault_record *r = NULL;

    assert_int_equal(vault_show(v, ref, NULL, true, &r), VAULT_ERR_DAMAGED);
    assert_null(r);
    assert_int_equal(vault_show(v, ref, NULL, false, &r), VAULT_OK);
    vault_record_free(r);
}

static void
assert_told(const char *what, const char *ref)
{
    struct buf told = BUF_INIT;
    char where[96];

    problems(&told);
    assert_non_null(strstr((const char *)told.p, what));
    if (ref != NULL) {
        pair_name(v, number_of(ref), where);
        assert_non_null(strstr((const char *)told.p, where));
    }
    buf_free(&told);
}

static void
assert_whole(void)
{
    struct buf told = BUF_INIT;

    problems(&told);
    assert_string_equal(told.p, "");
    buf_free(&told);
    assert_no_error();
}

/* K-0 by the keeper; A-1 and B-1 by a caseworker, who still has it open. */
static int
make_intake(void **state)
{
    if (make_two_tiers(state) != 0)
        return -1;
    add_person("K-0", "Keeper's own");
    reopen_as(OTHER_PHRASE);
    add_person("A-1", "Anna");
    add_person("B-1", "Boris");
    assert_true(row_is_there(number_of("A-1")) && row_is_there(number_of("B-1")));
    return 0;
}

/* ---- rows in a wrong place ---- */

/* The keeper comes while the row of A-1 stands at `place`. */
static void
assert_kept(int64_t place, uint64_t others)
{
    reopen();
    assert_adopted(others, 0);
    assert_name("B-1", "Boris");
    assert_name("K-0", "Keeper's own");
    assert_closed("A-1");
    assert_told("table intake", "A-1");
    assert_true(row_is_there(place));
}

static void
assert_adopted_from(int64_t place, uint32_t a)
{
    move_row(place, a);
    reopen();
    assert_adopted(1, 0);
    assert_name("A-1", "Anna");
    assert_false(row_is_there(a));
    assert_whole();
}

static void
test_adopt__a_row_moved_to_the_entry_of_another_is_kept_and_told(void **state)
{
    uint32_t a = number_of("A-1"), k = number_of("K-0");
    (void)state;

    move_row(a, k);
    assert_told("table intake", NULL);          /* a caseworker's check sees it, too */
    assert_kept(k, 1);
    assert_kept(k, 0);                          /* and so it stays */
    assert_adopted_from(k, a);
}

static void
test_adopt__a_row_moved_to_no_entry_at_all_is_kept_and_told(void **state)
{
    static const int64_t FAR[] = { 0, -7, 1000, UINT32_MAX, INT64_C(4294967297), INT64_MAX };
    int64_t at = number_of("A-1");
    uint32_t a = (uint32_t)at;
    (void)state;

    for (size_t i = 0; i < sizeof FAR / sizeof FAR[0]; i++) {
        move_row(at, FAR[i]);
        at = FAR[i];
        assert_kept(at, i == 0);
    }
    assert_adopted_from(at, a);
}

static void
test_adopt__rows_exchanged_adopt_nothing_under_a_wrong_key(void **state)
{
    uint32_t a = number_of("A-1"), b = number_of("B-1");
    (void)state;

    move_row(a, 1000);
    move_row(b, a);
    move_row(1000, b);
    reopen();
    assert_adopted(0, 0);
    assert_closed("A-1");
    assert_closed("B-1");
    assert_told("table intake", "A-1");
    assert_told("table intake", "B-1");
    move_row(b, 1000);
    move_row(a, b);
    move_row(1000, a);
    reopen();
    assert_adopted(2, 0);
    assert_name("A-1", "Anna");
    assert_name("B-1", "Boris");
    assert_whole();
}

/* An import of three packs: one encapsulation for all, whose row stands at the first. */
static void
import_rows(void)
{
    const struct vault_import_options opt = { .type = "person", .format = "csv" };
    struct vault_import_report report;
    char name[300];
    FILE *f;

    snprintf(name, sizeof name, "%s/rows.csv", dir);
    f = fopen(name, "we");
    assert_non_null(f);
    fputs("ref,name\n", f);
    for (int i = 1; i <= 150; i++)
        fprintf(f, "I-%d,Name %d\n", i, i);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(vault_import(v, name, &opt, &report), VAULT_OK);
}

/* From the middle of its entry, deleting it after the packs behind it would lose those before. */
static void
test_adopt__a_row_moved_within_its_entry_loses_nothing(void **state)
{
    uint32_t first;
    (void)state;

    import_rows();
    first = number_of("I-1");
    assert_true(row_is_there(first));
    move_row(first, first + PACK_MAX);
    assert_told("table intake", NULL);
    reopen();
    assert_adopted(152, 0);
    assert_name("I-1", "Name 1");
    assert_name("I-64", "Name 64");
    assert_name("I-150", "Name 150");
    assert_whole();
}

/* ---- intake that waits ---- */

static void
limit_files(rlim_t most)
{
    struct rlimit l;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
    l.rlim_cur = most;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static int
count_hits(void *ctx, const struct vault_hit *h)
{
    (void)h;
    ++*(unsigned *)ctx;
    return 0;
}

/* As on a full or read-only disk: nobody's fault, and said to be none. */
static void
test_adopt__where_nothing_can_be_written_intake_waits_and_is_not_blamed(void **state)
{
    struct vault_search_query q = { .text = "anna" };
    struct vault_record *r = NULL;
    struct vault_status st;
    unsigned hits = 0;
    bool told = false;
    (void)state;

    limit_files(0);
    reopen();
    assert_no_error();
    assert_int_equal(vault_status(v, &st), VAULT_OK);
    assert_int_equal(st.adopted + st.quarantined, 0);
    for (size_t i = 0; i < st.n_warnings; i++)
        told = told || strstr(st.warnings[i], "could not be taken over yet") != NULL;
    assert_true(told);
    assert_int_equal(vault_show(v, "A-1", NULL, true, &r), VAULT_ERR_NO_SPACE);
    assert_null(strstr(vault_last_error()->text, "quarantin"));
    assert_int_equal(vault_search(v, &q, count_hits, &hits), VAULT_ERR_NO_SPACE);
    assert_int_equal(hits, 0);
    assert_null(strstr(vault_last_error()->text, "quarantin"));
    assert_whole();                     /* nothing is wrong with it */
    limit_files(RLIM_INFINITY);
    reopen();
    assert_adopted(2, 0);
    assert_int_equal(vault_search(v, &q, count_hits, &hits), VAULT_OK);
    assert_int_equal(hits, 1);
    assert_whole();
}

#define WITH_INTAKE(f) cmocka_unit_test_setup_teardown(f, make_intake, remove_vault)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_INTAKE(test_adopt__a_row_moved_to_the_entry_of_another_is_kept_and_told),
        WITH_INTAKE(test_adopt__a_row_moved_to_no_entry_at_all_is_kept_and_told),
        WITH_INTAKE(test_adopt__rows_exchanged_adopt_nothing_under_a_wrong_key),
        WITH_INTAKE(test_adopt__a_row_moved_within_its_entry_loses_nothing),
        WITH_INTAKE(test_adopt__where_nothing_can_be_written_intake_waits_and_is_not_blamed),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
