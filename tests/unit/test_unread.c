/*
 * test_unread.c - records that cannot be read, in a search, a list and a dump: everything else is told first, they are
 * named, and no value of theirs is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/fixture.h"
#include "tests/unit/phrases.h"
#include "vault/base/text.h"

/* ---- what a case holder does to the files ---- */

/* The withheld blobs of two records exchanged. */
static void
exchange(const char *left, const char *right)
{
    uint32_t a = number_of(left), b = number_of(right);
    struct buf x = BUF_INIT, y = BUF_INIT;

    assert_int_equal(db_get(v->db, DB_WITHHELD_BLOB, a, &x), VAULT_OK);
    assert_int_equal(db_get(v->db, DB_WITHHELD_BLOB, b, &y), VAULT_OK);
    put_row(DB_WITHHELD_BLOB, a, &y);
    put_row(DB_WITHHELD_BLOB, b, &x);
    buf_free(&x);
    buf_free(&y);
}

/* The pack of revision n, changed and sealed again: K_case is enough for the outer box. */
static void
mark_quarantined(uint32_t n, bool yes)
{
    const struct pack *now = NULL;
    struct pack p;
    struct buf box = BUF_INIT;

    assert_int_equal(recs_pack(&v->recs, n, &now), VAULT_OK);
    p = *now;
    p.quarantined[n - p.first] = yes;
    assert_int_equal(pack_seal(&box, &v->recs.keys, &p), VAULT_OK);
    put_row(DB_WRAP, p.first, &box);
    recs_forget_pack(&v->recs);
    buf_free(&box);
}

/* ---- what is told ---- */

struct told {
    char codes[400];            /* of hits or items, each with a blank behind it */
    char names[400];            /* values of `name` of the items */
    unsigned n, stop_at;
};

static void
hear(struct told *t, const char *id)
{
    size_t at = strlen(t->codes);

    t->n++;
    snprintf(t->codes + at, sizeof t->codes - at, "%s ", id);
}

static int
hear_hit(void *ctx, const struct vault_hit *h)
{
    struct told *t = ctx;

    hear(t, h->id);
    return t->n == t->stop_at;
}

static int
hear_item(void *ctx, const struct vault_list_item *item)
{
    struct told *t = ctx;
    size_t at = strlen(t->names);

    hear(t, item->id);
    for (size_t i = 0; item->record != NULL && i < item->record->n_values; i++)
        if (strcmp(item->record->values[i].field, "name") == 0)
            snprintf(t->names + at, sizeof t->names - at, "%s ", item->record->values[i].text);
    return t->n == t->stop_at;
}

static const char *
code(const char *ref)
{
    static char out[4][CODE_LEN + 1];
    static unsigned turn;

    code_of(out[++turn % 4], v->recs.index.pair[number_of(ref)].record);
    return out[turn % 4];
}

static bool
has(const struct told *t, const char *ref)
{
    return strstr(t->codes, code(ref)) != NULL;
}

struct want {
    vault_err err;
    uint64_t unread;
};

static const struct want WHOLE = { VAULT_OK, 0 };

static void
assert_ended(vault_err err, uint64_t unread, struct want want)
{
    assert_int_equal(err, want.err);
    assert_int_equal(unread, want.unread);
    if (err == VAULT_OK)
        assert_no_error();
    assert_null(strstr(vault_last_error()->text, "Kim"));
}

static struct told
search_by(struct vault_search_query q, struct want want)
{
    uint64_t unread = 0;
    struct told t = {0};
    vault_err err;

    q.unread = &unread;
    err = vault_search(v, &q, hear_hit, &t);
    assert_ended(err, unread, want);
    return t;
}

static struct told
search(const char *text, const char *type, const char *field, struct want want)
{
    return search_by((struct vault_search_query){ .text = text, .type = type, .field = field }, want);
}

static struct told
list(struct vault_list_query q, struct want want)
{
    uint64_t unread = 0;
    struct told t = {0};
    vault_err err;

    q.unread = &unread;
    err = vault_list(v, &q, hear_item, &t);
    assert_ended(err, unread, want);
    return t;
}

/* The last error names this record. */
static void
assert_named(const char *ref)
{
    char text[512];

    snprintf(text, sizeof text, "%s", vault_last_error()->text);
    assert_non_null(strstr(text, code(ref)));
}

/* P-1 to P-4, each under an entry of its own; the name of P-4 is carried by a later revision. C-1. */
static int
make_people(void **state)
{
    static const char *const REF[] = { "P-1", "P-2", "P-3", "P-4" };
    vault_fields *f;
    struct vault_added out;
    char name[16];

    if (make_two_tiers(state) != 0)
        return -1;
    for (unsigned i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "Kim %u", i + 1);
        add_person(REF[i], name);
    }
    edit_person("P-4", "residence", "Omsk");
    f = fields("ref", "C-1", "notes", "about Kim", NULL);
    assert_int_equal(vault_add(v, "case", f, &out), VAULT_OK);
    vault_fields_free(f);
    return 0;
}

/* ---- blobs put in each other's place ---- */

static void
test_unread__a_search_tells_the_others_first_and_names_what_it_could_not_read(void **state)
{
    const struct want two = { VAULT_ERR_DAMAGED, 2 };
    struct told t;
    (void)state;

    exchange("P-2", "P-3");
    t = search("kim", NULL, NULL, two);
    assert_named("P-2");
    assert_named("P-3");
    assert_true(has(&t, "P-1") && has(&t, "P-4") && has(&t, "C-1"));
    assert_int_equal(t.n, 3);
    /* What is open of them is found; the rest might still hold the word. */
    t = search("p-2", NULL, NULL, two);
    assert_true(has(&t, "P-2"));
    /* Where they could not hold it, nothing is wrong. */
    (void)search("kim", "case", NULL, WHOLE);
    (void)search("omsk", "person", "residence", WHOLE);
    (void)search("kim", NULL, "name", two);
    reopen_as(OTHER_PHRASE);
    (void)search("p-2", NULL, NULL, WHOLE);
}

static void
test_unread__a_list_tells_the_others_first_and_names_what_it_could_not_read(void **state)
{
    const struct want two = { VAULT_ERR_DAMAGED, 2 };
    const struct vault_where omsk = { "residence", "Omsk" }, kim = { "name", "Kim 1" };
    struct told t;
    (void)state;

    exchange("P-2", "P-3");
    t = list((struct vault_list_query){ .type = "person", .reveal = true, .full = true }, two);
    assert_named("P-2");
    assert_named("P-3");
    assert_int_equal(t.n, 4);
    assert_string_equal(t.names, "Kim 1   Kim 4 ");     /* two are empty */
    /* Conditions that they do not meet keep them out; one on a name they may meet. */
    (void)list((struct vault_list_query){ .where = &omsk, .n_where = 1, .reveal = true }, WHOLE);
    t = list((struct vault_list_query){ .where = &kim, .n_where = 1 }, two);
    assert_int_equal(t.n, 1);
    (void)list((struct vault_list_query){ .type = "case", .reveal = true }, WHOLE);
    t = list((struct vault_list_query){ .full = true }, WHOLE);
    assert_int_equal(t.n, 5);
}

static void
test_unread__records_on_the_path_of_a_condition(void **state)
{
    const struct want two = { VAULT_ERR_DAMAGED, 2 };
    const struct vault_where kim = { "person.name", "Kim 1" }, none = { "person.name", "Kim 9" }, omsk = { "person.residence", "Omsk" },
        title = { "person.case:person.notes", "about kim" };
    struct vault_list_query q = { .type = "case", .n_where = 1 };
    struct vault_search_query sq = { .text = "c-1", .where = &none, .n_where = 1 };
    struct told t = {0};
    (void)state;

    edit_person("C-1", "person", "P-1");
    exchange("P-2", "P-3");
    q.where = &kim;
    t = list(q, two);
    assert_named("P-2");
    assert_named("P-3");
    assert_int_equal(t.n, 1);
    q.reveal = true;                /* gone through twice, told once */
    t = list(q, two);
    assert_int_equal(t.n, 1);
    q.reveal = false;
    q.where = &none;                /* one of the two may be called so, and be the one of a case */
    t = list(q, two);
    assert_int_equal(t.n, 0);
    q.where = &omsk;
    (void)list(q, WHOLE);
    q.where = &title;
    t = list(q, WHOLE);
    assert_int_equal(t.n, 1);
    (void)search_by(sq, two);
    sq.where = &omsk;
    (void)search_by(sq, WHOLE);
    reopen_as(OTHER_PHRASE);
    q.where = &kim;
    assert_int_equal(vault_list(v, &q, hear_item, &t), VAULT_ERR_REFUSED);
    q.where = &title;
    assert_int_equal(vault_list(v, &q, hear_item, &t), VAULT_ERR_REFUSED);
}

/* Words in what is open of a record, and a condition on a name of it that cannot be read. */
static void
test_unread__a_search_under_a_condition_on_what_cannot_be_read(void **state)
{
    const struct vault_where kim = { "name", "Kim 2" }, omsk = { "residence", "Omsk" };
    struct vault_search_query q = { .text = "p-2", .field = "ref", .where = &kim, .n_where = 1 };
    struct told t;
    (void)state;

    t = search_by(q, WHOLE);
    assert_int_equal(t.n, 1);
    exchange("P-2", "P-3");
    t = search_by(q, (struct want){ VAULT_ERR_DAMAGED, 2 });
    assert_named("P-2");
    assert_int_equal(t.n, 0);
    q.where = &omsk;
    (void)search_by(q, WHOLE);
}

static void
test_unread__a_value_that_a_later_revision_carries(void **state)
{
    struct told t;
    (void)state;

    exchange("P-4", "P-3");
    t = search("kim", NULL, NULL, (struct want){ VAULT_ERR_DAMAGED, 2 });
    assert_named("P-4");
    assert_true(has(&t, "P-1") && has(&t, "P-2") && !has(&t, "P-4"));
    t = search("omsk", NULL, NULL, (struct want){ VAULT_ERR_DAMAGED, 2 });
    assert_true(has(&t, "P-4"));
    /* Written anew it is whole again. */
    edit_person("P-4", "name", "Kim again");
    t = search("kim", NULL, NULL, (struct want){ VAULT_ERR_DAMAGED, 1 });
    assert_true(has(&t, "P-4"));
    assert_named("P-3");
}

static void
test_unread__who_stops_is_told_nothing_more(void **state)
{
    struct vault_search_query q = { .text = "kim" };
    struct vault_list_query l = { .type = "person", .reveal = true };
    struct told t = { .stop_at = 1 };
    (void)state;

    exchange("P-2", "P-3");
    assert_int_equal(vault_search(v, &q, hear_hit, &t), VAULT_OK);
    assert_no_error();
    t = (struct told){ .stop_at = 1 };
    assert_int_equal(vault_list(v, &l, hear_item, &t), VAULT_OK);
    assert_no_error();
}

/* ---- other ways to hide a value ---- */

/* A blob that opens, with a value that its author did not sign. */
static void
test_unread__a_value_that_was_never_signed_is_neither_found_nor_shown(void **state)
{
    uint32_t n = number_of("P-1");
    const struct pack *p = NULL;
    const uint8_t nonce[24] = { 7 };
    uint8_t seed[32], own[32], *at;
    struct blob_keys keys;
    struct revision rev;
    struct buf blob = BUF_INIT;
    struct told t;
    (void)state;

    revision_init(&rev);
    assert_int_equal(recs_load(&v->recs, n, &rev), VAULT_OK);
    assert_int_equal(recs_pack(&v->recs, n, &p), VAULT_OK);
    memcpy(own, p->blob_key[n - p->first], 32);
    assert_int_equal(db_get(v->db, DB_WITHHELD_BLOB, n, &blob), VAULT_OK);
    assert_int_equal(unseal_blob(&rev, seed, &v->recs.keys, own, LEAF_WITHHELD,
        PART(blob.p, blob.n)), VAULT_OK);
    at = memmem(rev.withheld.p, rev.withheld.n, "Kim 1", 5);
    assert_non_null(at);
    memcpy(at, "Lee 9", 5);
    blob_keys_derive(&keys, LEAF_WITHHELD, own, nonce);
    buf_reset(&blob);
    assert_int_equal(seal_blob(&blob, &v->recs.keys, &keys, &rev, LEAF_WITHHELD), VAULT_OK);
    put_row(DB_WITHHELD_BLOB, n, &blob);
    buf_free(&blob);
    revision_free(&rev);

    t = search("lee", NULL, NULL, (struct want){ VAULT_ERR_DAMAGED, 1 });
    assert_int_equal(t.n, 0);
    assert_null(strstr(vault_last_error()->text, "Lee"));
    t = list((struct vault_list_query){ .type = "person", .reveal = true, .full = true },
        (struct want){ VAULT_ERR_DAMAGED, 1 });
    assert_string_equal(t.names, " Kim 2 Kim 3 Kim 4 ");
}

/* Bit 2 proves nothing: whoever has K_case can set it, so that a search must not pass it over in silence. */
static void
test_unread__a_mark_of_quarantine_hides_nothing_in_silence(void **state)
{
    uint32_t n = number_of("P-1");
    struct told t;
    (void)state;

    mark_quarantined(n, true);
    t = search("kim", NULL, NULL, (struct want){ VAULT_ERR_DAMAGED, 1 });
    assert_named("P-1");
    assert_non_null(strstr(vault_last_error()->text, "quarantined"));
    assert_int_equal(t.n, 4);
    mark_quarantined(n, false);
    t = search("kim", NULL, NULL, WHOLE);
    assert_int_equal(t.n, 5);
}

/* Nobody can tell what came after it: its other revisions are not shown as if they were the newest. */
static void
test_unread__an_older_revision_that_does_not_open_leaves_its_record_out(void **state)
{
    uint32_t first = number_of("P-4"), newest;
    struct told t;
    (void)state;

    for (newest = first; v->recs.index.pair[newest].next != 0;)
        newest = v->recs.index.pair[newest].next;
    assert_true(newest > first);
    for (int i = 0; i < 2; i++) {
        uint32_t n = i == 0 ? first : newest;
        flip_row(DB_OPEN_BLOB, n);
        reopen();
        t = search("kim", NULL, NULL, (struct want){ VAULT_ERR_DAMAGED, 1 });
        assert_int_equal(t.n, 4);
        t = list((struct vault_list_query){ .full = true },
            (struct want){ VAULT_ERR_DAMAGED, 1 });
        assert_int_equal(t.n, 4);
        reopen_as(OTHER_PHRASE);
        t = list((struct vault_list_query){ .full = true },
            (struct want){ VAULT_ERR_DAMAGED, 1 });
        assert_int_equal(t.n, 4);
        flip_row(DB_OPEN_BLOB, n);
        reopen();
        t = list((struct vault_list_query){ .full = true }, WHOLE);
        assert_int_equal(t.n, 5);
    }
}

static void
test_unread__many_are_counted_and_some_are_named(void **state)
{
    char ref[16];
    size_t codes = 0;
    (void)state;

    for (int i = 1; i <= 20; i++) {
        snprintf(ref, sizeof ref, "M-%d", i);
        add_person(ref, "Many");
        flip_row(DB_WITHHELD_BLOB, number_of(ref));
    }
    (void)search("kim", NULL, NULL, (struct want){ VAULT_ERR_DAMAGED, 20 });
    assert_non_null(strstr(vault_last_error()->text, "20 records"));
    assert_non_null(strstr(vault_last_error()->text, " and 8 more"));
    for (const char *p = vault_last_error()->text; (p = strchr(p, ',')) != NULL; p++)
        codes++;
    assert_int_equal(codes, 11);        /* commas between twelve */
}

/* ---- a dump is whole or not there ---- */

static vault_err
dump(bool reveal)
{
    const struct vault_dump_options opt = { .reveal = reveal };
    static const char *const FILES[] = { "person.jsonl", "case.jsonl" };
    char out[300], file[340];
    uint64_t n = 0;
    vault_err err;

    snprintf(out, sizeof out, "%s/dump", dir);
    err = vault_dump(v, out, &opt, &n);
    if (err != VAULT_OK) {
        assert_int_equal(access(out, F_OK), -1);
        return err;
    }
    assert_no_error();
    for (size_t i = 0; i < 2; i++) {
        snprintf(file, sizeof file, "%s/%s", out, FILES[i]);
        assert_int_equal(unlink(file), 0);
    }
    assert_int_equal(rmdir(out), 0);
    return err;
}

static void
test_unread__a_dump_that_would_lack_something_is_not_made(void **state)
{
    uint32_t log;
    (void)state;

    assert_int_equal(dump(true), VAULT_OK);
    exchange("P-4", "P-3");
    log = v->n_log;
    assert_int_equal(dump(true), VAULT_ERR_DAMAGED);
    assert_named("P-3");
    assert_int_equal(v->n_log, log);        /* what was not made is in no log */
    assert_int_equal(dump(false), VAULT_OK);
    edit_person("P-3", "name", "Kim anew");
    assert_int_equal(dump(true), VAULT_ERR_DAMAGED);
    assert_named("P-4");
    edit_person("P-4", "name", "Kim anew");
    assert_int_equal(dump(true), VAULT_OK);
    flip_row(DB_OPEN_BLOB, number_of("P-1"));
    assert_int_equal(dump(false), VAULT_ERR_DAMAGED);
    assert_int_equal(dump(true), VAULT_ERR_DAMAGED);
}

#define WITH_PEOPLE(f) cmocka_unit_test_setup_teardown(f, make_people, remove_vault)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PEOPLE(test_unread__a_search_tells_the_others_first_and_names_what_it_could_not_read),
        WITH_PEOPLE(test_unread__a_list_tells_the_others_first_and_names_what_it_could_not_read),
        WITH_PEOPLE(test_unread__records_on_the_path_of_a_condition),
        WITH_PEOPLE(test_unread__a_search_under_a_condition_on_what_cannot_be_read),
        WITH_PEOPLE(test_unread__a_value_that_a_later_revision_carries),
        WITH_PEOPLE(test_unread__who_stops_is_told_nothing_more),
        WITH_PEOPLE(test_unread__a_value_that_was_never_signed_is_neither_found_nor_shown),
        WITH_PEOPLE(test_unread__a_mark_of_quarantine_hides_nothing_in_silence),
        WITH_PEOPLE(test_unread__an_older_revision_that_does_not_open_leaves_its_record_out),
        WITH_PEOPLE(test_unread__many_are_counted_and_some_are_named),
        WITH_PEOPLE(test_unread__a_dump_that_would_lack_something_is_not_made),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
