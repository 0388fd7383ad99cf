/*
 * test_insider.c - a case holder with K_case, and with the keys of what he sealed himself, against a keeper's reading: what he changed
 * is told, as what it is, and hides nothing else.
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
#include "vault/base/text.h"

/* ---- his tools ---- */

/* The wrap of the pack of revision n with a bit of its inner wrap flipped, or with the mark of quarantine set. */
static void
spoil(uint32_t n, bool inner)
{
    const struct pack *now = NULL;
    struct buf box = BUF_INIT;
    struct pack p;

    assert_int_equal(recs_pack(&v->recs, n, &now), VAULT_OK);
    p = *now;
    if (inner) {
        p.readable = false;
        p.inner[p.n_inner - 1] ^= 1;
    } else {
        p.quarantined[n - p.first] = true;
    }
    assert_int_equal(pack_seal(&box, &v->recs.keys, &p), VAULT_OK);
    put_row(DB_WRAP, p.first, &box);
    recs_forget_pack(&v->recs);
    buf_free(&box);
}

/* Another text of the same length in his own blob, under the key that he had drawn for it. */
static void
rewrite(uint32_t n, const char *old, const char *new)
{
    const uint8_t nonce[24] = { 7 };
    const struct pack *p = NULL;
    struct buf blob = BUF_INIT;
    struct blob_keys keys;
    struct revision rev;
    uint8_t seed[32], own[32], *at;

    revision_init(&rev);
    assert_int_equal(recs_load(&v->recs, n, &rev), VAULT_OK);
    assert_int_equal(recs_pack(&v->recs, n, &p), VAULT_OK);
    memcpy(own, p->blob_key[n - p->first], sizeof own);
    assert_int_equal(db_get(v->db, DB_WITHHELD_BLOB, n, &blob), VAULT_OK);
    assert_int_equal(unseal_blob(&rev, seed, &v->recs.keys, own, LEAF_WITHHELD, PART(blob.p, blob.n)), VAULT_OK);
    at = memmem(rev.withheld.p, rev.withheld.n, old, strlen(old));
    assert_non_null(at);
    memcpy(at, new, strlen(new));
    blob_keys_derive(&keys, LEAF_WITHHELD, own, nonce);
    buf_reset(&blob);
    assert_int_equal(seal_blob(&blob, &v->recs.keys, &keys, &rev, LEAF_WITHHELD), VAULT_OK);
    put_row(DB_WITHHELD_BLOB, n, &blob);
    buf_free(&blob);
    revision_free(&rev);
}

/* ---- what the keeper is told ---- */

static int
count_hit(void *ctx, const struct vault_hit *h)
{
    (void)h;
    ++*(unsigned *)ctx;
    return 0;
}

static int
count_item(void *ctx, const struct vault_list_item *i)
{
    (void)i;
    ++*(unsigned *)ctx;
    return 0;
}

static vault_err
search(const char *text, unsigned *hits, uint64_t *unread)
{
    const struct vault_search_query q = { .text = text, .unread = unread };

    *hits = 0;
    *unread = 0;
    return vault_search(v, &q, count_hit, hits);
}

static void
assert_search_damaged(const char *text)
{
    unsigned hits;
    uint64_t unread;

    assert_int_equal(search(text, &hits, &unread), VAULT_ERR_DAMAGED);
    assert_int_equal(hits, 0);
    assert_int_equal(unread, 1);
    assert_non_null(strstr(vault_last_error()->text, "could not be read whole"));
    assert_null(strstr(vault_last_error()->text, "nobody knows why"));
}

static void
assert_list_damaged(const char *field, const char *text)
{
    const struct vault_where where = { field, text };
    uint64_t unread = 0;
    unsigned items = 0;
    const struct vault_list_query q = { .reveal = true, .where = &where, .n_where = field != NULL, .unread = &unread };

    assert_int_equal(vault_list(v, &q, count_item, &items), VAULT_ERR_DAMAGED);
    assert_int_equal(unread, 1);
}

/* ---- tests ---- */

/* He keeps the key of what he took in; adoption wraps it under the name key as it is. */
static void
test_insider__a_search_is_told_of_what_he_wrote_over_his_own_value(void **state)
{
    unsigned hits;
    uint64_t unread;
    (void)state;

    add_person("P-2", "Lee");
    reopen_as(OTHER_PHRASE);
    add_person("P-1", "Kim 1");
    reopen();
    assert_int_equal(search("kim", &hits, &unread), VAULT_OK);
    assert_int_equal(hits, 1);
    rewrite(number_of("P-1"), "Kim 1", "Pak 9");
    reopen();
    assert_search_damaged("kim");
    assert_search_damaged("pak");
    assert_list_damaged(NULL, NULL);
    assert_int_equal(search("lee", &hits, &unread), VAULT_ERR_DAMAGED);
    assert_int_equal(hits, 1);
}

/* The wrap is opened once more for another value of the same record after it was found spoiled. */
static void
test_insider__the_reason_is_not_lost_over_several_revisions(void **state)
{
    (void)state;
    add_person("P-1", "Kim street");
    edit_person("P-1", "notes", "n");
    edit_person("P-1", "address", "a");
    edit_person("P-1", "contact", "c");
    edit_person("P-1", "residence", "Omsk");
    spoil(number_of("P-1"), true);
    reopen();
    assert_search_damaged("street");
    assert_list_damaged(NULL, NULL);
}

static void
test_insider__a_list_by_a_field_does_not_name_what_has_no_such_field(void **state)
{
    const struct vault_where where = { "name", "Kim 1" };
    vault_fields *f = fields("ref", "C-1", "notes", "about Kim", NULL);
    struct vault_added out;
    uint64_t unread = 0;
    unsigned items = 0;
    const struct vault_list_query q = { .where = &where, .n_where = 1, .unread = &unread };
    (void)state;

    add_person("P-1", "Kim 1");
    assert_int_equal(vault_add(v, "case", f, &out), VAULT_OK);
    vault_fields_free(f);
    spoil(number_of("C-1"), true);
    reopen();
    assert_int_equal(vault_list(v, &q, count_item, &items), VAULT_OK);
    assert_int_equal(items, 1);
    assert_int_equal(unread, 0);
    spoil(number_of("P-1"), true);
    reopen();
    assert_list_damaged("name", "Kim 1");
}

/* Where a disk is full, values that wait for their keeper are nobody's fault; a spoiled one is damage all the same. */
static void
test_insider__waiting_intake_does_not_excuse_what_he_spoiled(void **state)
{
    struct vault_record *r = NULL;
    struct rlimit limit;
    rlim_t most;
    (void)state;

    add_person("K-0", "Keeper's own");
    spoil(number_of("K-0"), true);
    reopen_as(OTHER_PHRASE);
    add_person("A-1", "Anna");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    most = limit.rlim_cur;
    limit.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    reopen();
    assert_int_equal(vault_show(v, "K-0", NULL, true, &r), VAULT_ERR_DAMAGED);
    assert_int_equal(vault_show(v, "A-1", NULL, true, &r), VAULT_ERR_NO_SPACE);
    limit.rlim_cur = most;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* It is told at unlock, and neither as forged nor as the slip of a caseworker. */
static void
test_insider__a_spoiled_registration_is_told_as_that(void **state)
{
    struct secret *pass = pass_of(PHRASE);
    const struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    const struct index *ix = &v->recs.index;
    uint32_t n = 1;
    (void)state;

    while (n <= ix->n && !(index_is_system(&ix->pair[n]) && ix->pair[n].record[1] == SYSTEM_SLOT))
        n++;
    spoil(n, false);
    vault_close(v);
    v = NULL;
    assert_int_equal(vault_open(&v, path, &cred), VAULT_ERR_DAMAGED);
    assert_non_null(strstr(vault_last_error()->text, "tampered with"));
    assert_null(strstr(vault_last_error()->text, "quarantine"));
    secret_free(pass);
}

#define TWO_TIERS(f) cmocka_unit_test_setup_teardown(f, make_two_tiers, remove_vault)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TWO_TIERS(test_insider__a_search_is_told_of_what_he_wrote_over_his_own_value),
        TWO_TIERS(test_insider__the_reason_is_not_lost_over_several_revisions),
        TWO_TIERS(test_insider__a_list_by_a_field_does_not_name_what_has_no_such_field),
        TWO_TIERS(test_insider__waiting_intake_does_not_excuse_what_he_spoiled),
        TWO_TIERS(test_insider__a_spoiled_registration_is_told_as_that),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
