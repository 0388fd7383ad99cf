#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sodium.h>
#include "tests/unit/fixture.h"
#include "vault/base/secret.h"
#include "vault/record/draft.h"
#include "vault/record/value.h"

/* Draft and add one record within a change; returns its number. */
static uint32_t
add_in(struct change *c, struct draft *d, const char *ref, const char *name)
{
    vault_fields *f = fields("ref", ref, "name", name, NULL);
    struct revision rev;

    revision_init(&rev);
    assert_int_equal(draft_add(d, type_set_current(&v->recs.types, "person"), f, &rev), VAULT_OK);
    assert_int_equal(change_add(c, &rev), VAULT_OK);
    revision_free(&rev);
    vault_fields_free(f);
    return v->recs.index.n;
}

/* Revise the head of the record of pair n, within a change. */
static void
edit_in(struct change *c, struct draft *d, uint32_t n, const char *field, const char *text)
{
    vault_fields *f = fields(field, text, NULL);
    struct revision base, rev;
    struct buf extra = BUF_INIT;
    uint32_t head = 0;
    bool changed = false;

    revision_init(&base);
    revision_init(&rev);
    assert_int_equal(recs_head(&v->recs, v->recs.index.pair[n].first, &head, NULL), VAULT_OK);
    assert_int_equal(recs_load(&v->recs, head, &base), VAULT_OK);
    if (v->recs.keys.k_name != NULL)
        assert_int_equal(recs_reveal(&v->recs, head, &base, &extra), VAULT_OK);
    assert_int_equal(draft_edit(d, head, &base, f, &rev, &changed), VAULT_OK);
    assert_true(changed);
    assert_int_equal(change_add(c, &rev), VAULT_OK);
    revision_free(&base);
    revision_free(&rev);
    buf_free(&extra);
    vault_fields_free(f);
}

static void
commit(struct change *c)
{
    struct commit what = { .action = "import" };

    assert_int_equal(session_commit(v, c, &what), VAULT_OK);
}

/* Revision n loads, and its open ref is this. */
static void
assert_ref(uint32_t n, const char *ref)
{
    struct buf text = BUF_INIT;
    struct revision rev;

    revision_init(&rev);
    assert_int_equal(recs_load(&v->recs, n, &rev), VAULT_OK);
    assert_int_equal(recs_text(&rev, "ref", &text), VAULT_OK);
    assert_int_equal(text.n, strlen(ref));
    assert_memory_equal(text.p, ref, text.n);
    buf_free(&text);
    revision_free(&rev);
}

static vault_err
load_name(uint32_t n, const char *want)
{
    struct revision rev;
    struct buf extra = BUF_INIT, text = BUF_INIT;
    vault_err err;

    revision_init(&rev);
    err = recs_load(&v->recs, n, &rev);
    if (err == VAULT_OK)
        err = recs_reveal(&v->recs, n, &rev, &extra);
    if (err == VAULT_OK) {
        assert_int_equal(value_to_text(&text, revision_leaf(&rev, "name")->value), VAULT_OK);
        assert_int_equal(text.n, strlen(want));
        assert_memory_equal(text.p, want, text.n);
    }
    revision_free(&rev);
    buf_free(&extra);
    buf_free(&text);
    return err;
}

/* ---- packs ---- */

static void
test_change__an_entry_is_cut_into_packs_of_64(void **state)
{
    uint32_t first = v->recs.index.n + 1, size[4] = {0};
    struct db_cursor *cur = NULL;
    struct db_pair_row row;
    struct change c;
    struct draft d;
    bool got = true;
    size_t packs = 0;
    (void)state;

    assert_int_equal(session_begin(v, &c), VAULT_OK);
    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    for (int i = 0; i < 130; i++) {
        char ref[16];
        snprintf(ref, sizeof ref, "pack-%d", i);
        (void)add_in(&c, &d, ref, "Anna");
    }
    commit(&c);
    assert_int_equal(db_scan_pair(v->db, first, &cur), VAULT_OK);
    for (;;) {
        assert_int_equal(db_next_pair(cur, &row, &got), VAULT_OK);
        if (!got)
            break;
        assert_true(packs < 3);
        assert_int_equal(row.n, first + 64 * packs);
        assert_int_equal(row.log, v->n_log);
        size[packs++] = (uint32_t)(row.ids.n / PAIR_ID_BYTES);
    }
    db_scan_end(cur);
    assert_int_equal(packs, 3);
    assert_int_equal(size[0], 64);
    assert_int_equal(size[1], 64);
    assert_int_equal(size[2], 2);
    reopen();
    for (uint32_t i = 0; i < 130; i += 43) {
        char ref[16];
        snprintf(ref, sizeof ref, "pack-%u", i);
        assert_ref(first + i, ref);
        assert_int_equal(load_name(first + i, "Anna"), VAULT_OK);
    }
    draft_done(&d);
}

static void
test_change__a_pack_holds_the_record_key_with_the_first_revision_only(void **state)
{
    const struct pack *p = NULL;
    struct change c;
    struct draft d;
    uint32_t n;
    (void)state;

    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    n = add_in(&c, &d, "key-1", "Anna");
    commit(&c);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    edit_in(&c, &d, n, "ref", "key-2");
    commit(&c);
    assert_int_equal(recs_pack(&v->recs, n, &p), VAULT_OK);
    assert_true(p->has_record[n - p->first]);
    assert_true(p->has_blob[n - p->first]);
    assert_int_equal(p->how, WRAP_NAME);
    /* The edit carries the name on: no withheld blob, no key of its own. */
    assert_int_equal(recs_pack(&v->recs, n + 1, &p), VAULT_OK);
    assert_false(p->has_record[n + 1 - p->first]);
    assert_false(p->has_blob[n + 1 - p->first]);
    assert_int_equal(p->how, 0);
    assert_ref(n + 1, "key-2");
    draft_done(&d);
}

static void
test_change__what_waits_in_a_pack_can_be_read_and_edited(void **state)
{
    struct change c;
    struct draft d;
    uint32_t n;
    (void)state;

    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    n = add_in(&c, &d, "wait-1", "Anna");
    assert_ref(n, "wait-1");
    edit_in(&c, &d, n, "name", "Bella");
    edit_in(&c, &d, n, "ref", "wait-2");
    assert_ref(n + 2, "wait-2");
    commit(&c);
    assert_int_equal(load_name(n, "Anna"), VAULT_OK);
    assert_int_equal(load_name(n + 1, "Bella"), VAULT_OK);
    assert_int_equal(load_name(n + 2, "Bella"), VAULT_OK);
    reopen();
    assert_ref(n + 2, "wait-2");
    assert_int_equal(load_name(n + 2, "Bella"), VAULT_OK);
    draft_done(&d);
}

static void
test_change__the_entry_has_the_root_of_its_pairs(void **state)
{
    uint8_t want[32];
    struct merkle m;
    struct change c;
    struct draft d;
    uint32_t first = v->recs.index.n + 1;
    (void)state;

    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    for (int i = 0; i < 5; i++) {
        char ref[16];
        snprintf(ref, sizeof ref, "root-%d", i);
        (void)add_in(&c, &d, ref, "Anna");
    }
    commit(&c);
    merkle_init(&m);
    for (uint32_t n = first; n <= v->recs.index.n; n++) {
        uint8_t pair[PAIR_BYTES];
        memcpy(pair, v->recs.index.pair[n].record, 16);
        memcpy(pair + 16, v->recs.index.pair[n].revision, 32);
        merkle_add(&m, pair);
    }
    merkle_root(want, &m);
    assert_memory_equal(v->chain[v->n_log].root, want, 32);
    assert_int_equal(v->chain[v->n_log].count, 5);
    draft_done(&d);
}

/* ---- what stays in memory ---- */

static void
make_ready(struct change *c, struct draft *d, const char *ref, const char *notes, struct ready *x)
{
    vault_fields *f = fields("ref", ref, "notes", notes, NULL);
    struct revision rev;

    revision_init(&rev);
    assert_int_equal(draft_add(d, type_set_current(&v->recs.types, "person"), f, &rev), VAULT_OK);
    assert_int_equal(change_ready(c, &rev, x), VAULT_OK);
    assert_false(sodium_is_zero((const uint8_t *)&x->key, sizeof x->key));
    assert_non_null(memmem(x->rev.withheld.p, x->rev.withheld.n, notes, strlen(notes)));
    revision_free(&rev);
    vault_fields_free(f);
}

static void
test_change__keys_and_plaintexts_are_wiped_once_stored(void **state)
{
    struct buf open, withheld;
    struct ready x;
    struct change c;
    struct draft d;
    (void)state;

    memset(&x, 0, sizeof x);
    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    make_ready(&c, &d, "wipe-1", "Secretmarker", &x);
    open = x.rev.open;
    withheld = x.rev.withheld;
    assert_int_equal(change_store(&c, &x), VAULT_OK);
    assert_true(sodium_is_zero((const uint8_t *)&x.key, sizeof x.key));
    ready_reset(&x);
    assert_ptr_equal(x.rev.open.p, open.p);
    assert_ptr_equal(x.rev.withheld.p, withheld.p);
    assert_true(sodium_is_zero(open.p, open.n));
    assert_true(sodium_is_zero(withheld.p, withheld.n));
    assert_int_equal(x.rev.open.n + x.rev.withheld.n, 0);
    ready_free(&x);
    assert_true(sodium_is_zero((const uint8_t *)&x, sizeof x));
    change_abort(&c);
    draft_done(&d);
}

/* So that a few long texts do not make every place in a queue large. */
static void
test_change__large_rooms_are_given_back_once_stored(void **state)
{
    char *notes = malloc(1000001);
    struct ready x;
    struct change c;
    struct draft d;
    (void)state;

    assert_non_null(notes);
    memset(notes, 'n', 1000000);
    notes[1000000] = '\0';
    memset(&x, 0, sizeof x);
    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    make_ready(&c, &d, "large-1", notes, &x);
    assert_int_equal(change_store(&c, &x), VAULT_OK);
    ready_reset(&x);
    assert_in_range(x.rev.open.cap, 1, ROOM_KEPT);
    assert_int_equal(x.rev.withheld.cap, 0);
    assert_in_range(c.sealed.cap, 0, ROOM_KEPT);
    ready_free(&x);
    change_abort(&c);
    draft_done(&d);
    free(notes);
}

/* ---- undoing ---- */

static void
test_change__abort_leaves_nothing(void **state)
{
    struct extent before = extent();
    struct change c;
    struct draft d;
    (void)state;

    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    for (uint32_t many = 1; many <= 65; many += 64) {
        assert_int_equal(session_begin(v, &c), VAULT_OK);
        for (uint32_t i = 0; i < many; i++) {
            char ref[16];
            snprintf(ref, sizeof ref, "abort-%u", i);
            (void)add_in(&c, &d, ref, "Anna");
        }
        change_abort(&c);
        assert_extent(&before);
        change_abort(&c);
    }
    reopen();
    assert_extent(&before);
    draft_done(&d);
}

/* The keys of an aborted pack may not be taken for those of the next one with the same number. */
static void
test_change__numbers_of_an_aborted_change_are_given_again(void **state)
{
    struct change c;
    struct draft d;
    uint32_t n, again;
    (void)state;

    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    n = add_in(&c, &d, "stale-1", "Anna");
    assert_int_equal(change_flush(&c), VAULT_OK);
    assert_int_equal(load_name(n, "Anna"), VAULT_OK);       /* the pack is now at hand */
    change_abort(&c);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    again = add_in(&c, &d, "stale-2", "Bella");
    commit(&c);
    assert_int_equal(again, n);
    assert_ref(n, "stale-2");
    assert_int_equal(load_name(n, "Bella"), VAULT_OK);
    draft_done(&d);
}

static void
test_change__abort_of_an_edit_leaves_the_head(void **state)
{
    struct change c;
    struct draft d;
    uint32_t n, head = 0;
    bool conflict = true;
    (void)state;

    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    n = add_in(&c, &d, "head-1", "Anna");
    commit(&c);
    for (int committed = 0; committed < 2; committed++) {
        assert_int_equal(session_begin(v, &c), VAULT_OK);
        edit_in(&c, &d, n, "ref", "head-x");
        change_abort(&c);
        assert_int_equal(recs_head(&v->recs, n, &head, &conflict), VAULT_OK);
        assert_int_equal(head, n + (uint32_t)committed);
        assert_false(conflict);
        if (committed == 0) {
            assert_int_equal(session_begin(v, &c), VAULT_OK);
            edit_in(&c, &d, n, "ref", "head-2");
            commit(&c);
        }
    }
    draft_done(&d);
}

static void
test_change__a_store_that_fails_leaves_nothing(void **state)
{
    struct commit what = { .action = "import" };
    struct extent before = extent();
    struct change c;
    struct draft d;
    (void)state;

    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    (void)add_in(&c, &d, "full-1", "Anna");
    assert_int_equal(db_exec(v->db, "PRAGMA query_only = ON"), VAULT_OK);
    assert_int_equal(session_commit(v, &c, &what), VAULT_ERR_NO_SPACE);
    assert_int_equal(db_exec(v->db, "PRAGMA query_only = OFF"), VAULT_OK);
    assert_extent(&before);
    /* And the session goes on. */
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    assert_ref(add_in(&c, &d, "full-2", "Anna"), "full-2");
    commit(&c);
    draft_done(&d);
}

/* ---- without the name key ---- */

static void
test_change__the_case_tier_refuses_withheld_values_without_intake(void **state)
{
    const struct secret *k_name = v->recs.keys.k_name;
    struct extent before = extent();
    vault_fields *f = fields("ref", "case-1", "name", "Anna", NULL);
    struct revision rev;
    struct change c;
    struct draft d;
    (void)state;

    v->recs.keys.k_name = NULL;
    revision_init(&rev);
    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    assert_int_equal(draft_add(&d, type_set_current(&v->recs.types, "person"), f, &rev), VAULT_OK);
    assert_int_equal(change_add(&c, &rev), VAULT_ERR_FAILED);
    change_abort(&c);
    v->recs.keys.k_name = k_name;
    assert_extent(&before);
    revision_free(&rev);
    draft_done(&d);
    vault_fields_free(f);
}

static void
test_change__the_case_tier_seals_to_the_card_and_reads_none_of_it(void **state)
{
    const struct seal_keys keeper = v->recs.keys;
    uint8_t enc[INTAKE_ENC_BYTES], hash[32];
    const struct pack *p = NULL;
    struct secret *key = NULL, *opened = NULL;
    struct change c;
    struct draft d;
    uint32_t n;
    (void)state;

    assert_int_equal(v->n_keepers, 1);
    assert_int_equal(intake_encapsulate(&key, enc, &v->card), VAULT_OK);
    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    v->recs.keys.k_name = NULL;
    v->recs.keys.intake_key = key;
    v->recs.keys.intake_enc = enc;
    n = add_in(&c, &d, "intake-1", "Anna");
    commit(&c);
    assert_ref(n, "intake-1");
    assert_int_equal(load_name(n, "Anna"), VAULT_ERR_REFUSED);
    v->recs.keys = keeper;
    recs_forget_pack(&v->recs);
    assert_int_equal(recs_pack(&v->recs, n, &p), VAULT_OK);
    assert_int_equal(p->how, WRAP_INTAKE);
    assert_false(p->readable);
    intake_enc_hash(hash, enc);
    assert_memory_equal(p->enc_hash, hash, 32);
    assert_int_equal(load_name(n, "Anna"), VAULT_ERR_DAMAGED);  /* not adopted yet */
    assert_int_equal(intake_decapsulate(&opened, enc, v->tree.intake_seed), VAULT_OK);
    assert_true(secret_equal(opened, key));
    secret_free(key);
    secret_free(opened);
    draft_done(&d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_change__an_entry_is_cut_into_packs_of_64),
        cmocka_unit_test(test_change__a_pack_holds_the_record_key_with_the_first_revision_only),
        cmocka_unit_test(test_change__what_waits_in_a_pack_can_be_read_and_edited),
        cmocka_unit_test(test_change__the_entry_has_the_root_of_its_pairs),
        cmocka_unit_test(test_change__keys_and_plaintexts_are_wiped_once_stored),
        cmocka_unit_test(test_change__large_rooms_are_given_back_once_stored),
        cmocka_unit_test(test_change__abort_leaves_nothing),
        cmocka_unit_test(test_change__numbers_of_an_aborted_change_are_given_again),
        cmocka_unit_test(test_change__abort_of_an_edit_leaves_the_head),
        cmocka_unit_test(test_change__a_store_that_fails_leaves_nothing),
        cmocka_unit_test(test_change__the_case_tier_refuses_withheld_values_without_intake),
        cmocka_unit_test(test_change__the_case_tier_seals_to_the_card_and_reads_none_of_it),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, make_vault, remove_vault);
}
