#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include "tests/unit/fixture.h"
#include "vault/base/secret.h"
#include "vault/import/import.h"
#include "vault/record/draft.h"

/* ---- a file of rows ---- */

#define ROWS 1000u

static char rows_path[320];

/* ROWS persons; row `bad` (from 1, 0: none) has no date where one should be. */
static void
write_rows(unsigned bad)
{
    FILE *f;

    snprintf(rows_path, sizeof rows_path, "%s/rows.csv", dir);
    f = fopen(rows_path, "w");
    assert_non_null(f);
    fprintf(f, "ref,name,born\n");
    for (unsigned i = 1; i <= ROWS; i++)
        fprintf(f, "row-%u,Name %u,%s\n", i, i, i == bad ? "Secretmarker" : "1980");
    assert_int_equal(fclose(f), 0);
}

static const struct vault_import_options PERSONS = { .type = "person" };
static const struct vault_import_options KEYED = { .type = "person", .key = "ref" };

/* ---- the tests ---- */

static void
test_import__an_error_in_row_700_leaves_nothing(void **state)
{
    struct vault_import_report out, was;
    struct extent before = extent();
    (void)state;

    memset(&out, 0xEE, sizeof out);
    memset(&was, 0xEE, sizeof was);
    write_rows(700);
    assert_int_equal(vault_import(v, rows_path, &PERSONS, &out), VAULT_ERR_INPUT);
    assert_non_null(strstr(vault_last_error()->text, "line 701, column 3"));
    assert_null(strstr(vault_last_error()->text, "Secretmarker"));
    assert_memory_equal(&out, &was, sizeof out);
    assert_extent(&before);
    reopen();
    assert_extent(&before);
}

/* The storing thread fails while the other one makes more. */
static void
test_import__a_store_that_fails_ends_both_threads(void **state)
{
    struct vault_import_report out;
    struct extent before = extent();
    (void)state;

    write_rows(0);
    assert_int_equal(db_exec(v->db, "PRAGMA query_only = ON"), VAULT_OK);
    assert_int_equal(vault_import(v, rows_path, &PERSONS, &out), VAULT_ERR_NO_SPACE);
    assert_int_equal(db_exec(v->db, "PRAGMA query_only = OFF"), VAULT_OK);
    assert_extent(&before);
}

static void
test_import__a_dry_run_leaves_nothing_and_counts(void **state)
{
    struct vault_import_options dry = PERSONS;
    struct vault_import_report out;
    struct extent before = extent();
    (void)state;

    dry.dry_run = true;
    write_rows(0);
    assert_int_equal(vault_import(v, rows_path, &dry, &out), VAULT_OK);
    assert_int_equal(out.rows, ROWS);
    assert_int_equal(out.added, ROWS);
    assert_extent(&before);
}

static void
test_import__after_all_that_every_row_is_there(void **state)
{
    struct vault_import_report out;
    struct extent before = extent();
    uint32_t first = 0;
    (void)state;

    write_rows(0);
    assert_int_equal(vault_import(v, rows_path, &PERSONS, &out), VAULT_OK);
    assert_int_equal(out.rows, ROWS);
    assert_int_equal(out.added, ROWS);
    assert_int_equal(out.changed + out.unchanged, 0);
    assert_int_equal(v->recs.index.n, before.n + ROWS);
    assert_int_equal(v->n_log, before.log + 1);
    assert_int_equal(v->chain[v->n_log].count, ROWS);
    reopen();
    for (unsigned i = 1; i <= ROWS; i += 111) {
        char ref[16];
        snprintf(ref, sizeof ref, "row-%u", i);
        assert_int_equal(session_find(v, ref, &first), VAULT_OK);
        assert_int_equal(first, before.n + i);
    }
}

/* Once more by key: nothing differs, and what differs is an edit. An error leaves edits undone too. */
static void
test_import__by_key_only_differences_are_stored(void **state)
{
    struct vault_import_report out;
    struct extent before;
    uint32_t first = 0, head = 0;
    (void)state;

    write_rows(0);
    before = extent();
    assert_int_equal(vault_import(v, rows_path, &KEYED, &out), VAULT_OK);
    assert_int_equal(out.unchanged, ROWS);
    assert_int_equal(v->recs.index.n, before.n);

    FILE *f = fopen(rows_path, "w");
    fprintf(f, "ref,born\nrow-1,1981\nrow-2,1980\nrow-3,never\n");
    assert_int_equal(fclose(f), 0);
    before = extent();
    assert_int_equal(vault_import(v, rows_path, &KEYED, &out), VAULT_ERR_INPUT);
    assert_extent(&before);
    assert_int_equal(session_find(v, "row-1", &first), VAULT_OK);
    assert_int_equal(recs_head(&v->recs, first, &head, NULL), VAULT_OK);
    assert_int_equal(head, first);

    f = fopen(rows_path, "w");
    fprintf(f, "ref,born\nrow-1,1981\nrow-2,1980\nnew-1,1990\n");
    assert_int_equal(fclose(f), 0);
    assert_int_equal(vault_import(v, rows_path, &KEYED, &out), VAULT_OK);
    assert_int_equal(out.changed, 1);
    assert_int_equal(out.unchanged, 1);
    assert_int_equal(out.added, 1);
    assert_int_equal(recs_head(&v->recs, first, &head, NULL), VAULT_OK);
    assert_int_equal(head, before.n + 1);
}

/* ---- reading while the other thread writes ---- */

#define MANY 3000u

static struct {
    pthread_mutex_t lock;
    pthread_t owner;
    unsigned depth;             /* its statements that have begun and not ended */
} running = { .lock = PTHREAD_MUTEX_INITIALIZER };

/*
 * Two threads in one connection would be chance: a wrong result, a crash, or a loop without an end. So it ends here,
 * as soon as it is seen.
 */
static int
watch(unsigned what, void *ctx, void *statement, void *more)
{
    (void)ctx;
    (void)statement;
    (void)more;

    pthread_mutex_lock(&running.lock);
    if (what == SQLITE_TRACE_PROFILE) {
        running.depth--;
    } else if (running.depth++ == 0) {
        running.owner = pthread_self();
    } else if (!pthread_equal(running.owner, pthread_self())) {
        fprintf(stderr, "two threads are in the connection\n");
        _exit(1);
    }
    pthread_mutex_unlock(&running.lock);
    return 0;
}

static vault_err
watched_import(const struct vault_import_options *opt, struct vault_import_report *out)
{
    vault_err err;

    running.depth = 0;
    assert_int_equal(sqlite3_trace_v2(v->db->sql, SQLITE_TRACE_STMT | SQLITE_TRACE_PROFILE, watch,
        NULL), SQLITE_OK);
    err = vault_import(v, rows_path, opt, out);
    (void)sqlite3_trace_v2(v->db->sql, 0, NULL, NULL);
    return err;
}

/* MANY persons with this residence and family. */
static void
write_many(const char *residence, const char *family)
{
    FILE *f;

    snprintf(rows_path, sizeof rows_path, "%s/rows.csv", dir);
    f = fopen(rows_path, "w");
    assert_non_null(f);
    fprintf(f, "ref,name,residence,family\n");
    for (unsigned i = 1; i <= MANY; i++)
        fprintf(f, "many-%u,Name %u,%s %u,%s\n", i, i, residence, i, family);
    assert_int_equal(fclose(f), 0);
}

/* Each row's record is read from the database, its withheld values as well, between two that are stored there. */
static void
test_import__all_of_3000_rows_by_key_are_changed(void **state)
{
    static const char *const RESIDENCE[] = { "Pyongyang", "Sinuiju", "Hoeryong" };
    struct vault_import_report out;
    uint32_t first = 0, head = 0;
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        write_many(RESIDENCE[i], i < 2 ? "two sisters" : "one sister");
        assert_int_equal(watched_import(&KEYED, &out), VAULT_OK);
        assert_int_equal(out.added, i == 0 ? MANY : 0);
        assert_int_equal(out.changed, i == 0 ? 0 : MANY);
    }
    for (unsigned i = 1; i <= MANY; i += 499) {
        char ref[16];
        snprintf(ref, sizeof ref, "many-%u", i);
        assert_int_equal(session_find(v, ref, &first), VAULT_OK);
        assert_int_equal(recs_head(&v->recs, first, &head, NULL), VAULT_OK);
        assert_int_equal(head, first + 2 * MANY);
    }
}

/* Rows of JSON whose source is the row before: what they read was not even handed to the other thread. */
static void
test_import__a_row_may_name_the_one_before(void **state)
{
    const struct vault_import_options json = { .type = "case", .format = "json" };
    struct vault_import_report out;
    FILE *f;
    (void)state;

    snprintf(rows_path, sizeof rows_path, "%s/rows.csv", dir);
    f = fopen(rows_path, "w");
    assert_non_null(f);
    fprintf(f, "{\"ref\": \"chain-0\"}\n");
    for (unsigned i = 1; i <= 300; i++)
        fprintf(f, "{\"ref\": \"chain-%u\", \"title\": {\"value\": \"Case %u\", "
            "\"source\": \"chain-%u\"}}\n", i, i, i - 1);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(watched_import(&json, &out), VAULT_OK);
    assert_int_equal(out.added, 301);
}

/* ---- the queue between the two threads ---- */

struct feed {
    unsigned rows;
    char *notes;                /* of each row; withheld */
    unsigned delay;             /* microseconds for each row stored */
    atomic_uint stored;
    unsigned ahead;             /* most rows that were made and not stored */
    unsigned rooms, dirty;      /* that came back from the queue; of these not wiped */
};

/* On the storing thread, for each row of a table. */
static void
note_stored(void *ctx, int op, const char *db, const char *table, sqlite3_int64 row)
{
    struct feed *x = ctx;
    (void)op;
    (void)db;
    (void)row;

    if (strcmp(table, "withheld") != 0)
        return;
    (void)usleep(x->delay);
    atomic_fetch_add(&x->stored, 1);
}

/* The buffers that a revision gets for its own held one that was stored, once the queue went round. */
static void
look_back(struct feed *x, const struct revision *rev)
{
    if (rev->open.cap < 64 || rev->withheld.cap < 256)
        return;
    x->rooms++;
    x->dirty += rev->open.n != 0 || rev->withheld.n != 0 ||
        !sodium_is_zero(rev->open.p, 64) || !sodium_is_zero(rev->withheld.p, 256);
}

static vault_err
produce(void *ctx, struct pipeline *p)
{
    struct feed *x = ctx;
    struct revision rev;
    struct draft d;
    vault_err err = draft_init(&d, &v->recs);

    revision_init(&rev);
    for (unsigned i = 0; err == VAULT_OK && i < x->rows; i++) {
        char ref[16];
        unsigned ahead;
        vault_fields *f;
        snprintf(ref, sizeof ref, "feed-%u", i);
        f = fields("ref", ref, "notes", x->notes, NULL);
        err = draft_add(&d, type_set_current(&v->recs.types, "person"), f, &rev);
        if (err == VAULT_OK)
            err = pipeline_put(p, &rev);
        look_back(x, &rev);
        ahead = i + 1 - atomic_load(&x->stored);
        x->ahead = ahead > x->ahead ? ahead : x->ahead;
        vault_fields_free(f);
    }
    draft_done(&d);
    revision_free(&rev);
    return err;
}

static void
feed(struct feed *x, size_t notes)
{
    struct change c;

    x->notes = malloc(notes + 1);
    assert_non_null(x->notes);
    memset(x->notes, 'n', notes);
    x->notes[notes] = '\0';
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    sqlite3_update_hook(v->db->sql, note_stored, x);
    assert_int_equal(pipeline_run(&c, produce, x), VAULT_OK);
    sqlite3_update_hook(v->db->sql, NULL, NULL);
    change_abort(&c);
    assert_int_equal(atomic_load(&x->stored), x->rows);
    free(x->notes);
}

/* However slow the disk is. */
static void
test_import__what_waits_to_be_stored_is_bounded_in_bytes(void **state)
{
    struct feed x = { .rows = 40, .delay = 20000 };
    (void)state;

    feed(&x, 1000000);
    assert_in_range(x.ahead, 1, 16);
}

static void
test_import__what_was_stored_is_wiped(void **state)
{
    struct feed x = { .rows = 600 };
    (void)state;

    feed(&x, 100);
    assert_in_range(x.rooms, 256, 600);
    assert_int_equal(x.dirty, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_import__an_error_in_row_700_leaves_nothing),
        cmocka_unit_test(test_import__a_store_that_fails_ends_both_threads),
        cmocka_unit_test(test_import__a_dry_run_leaves_nothing_and_counts),
        cmocka_unit_test(test_import__after_all_that_every_row_is_there),
        cmocka_unit_test(test_import__by_key_only_differences_are_stored),
        cmocka_unit_test(test_import__all_of_3000_rows_by_key_are_changed),
        cmocka_unit_test(test_import__a_row_may_name_the_one_before),
        cmocka_unit_test(test_import__what_waits_to_be_stored_is_bounded_in_bytes),
        cmocka_unit_test(test_import__what_was_stored_is_wiped),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, make_vault, remove_vault);
}
