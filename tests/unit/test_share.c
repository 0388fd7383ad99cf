/* test_share.c - standing exchange, where the library itself must refuse, and what follows from what was said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/fixture.h"
#include "tests/unit/phrases.h"
#include "vault/handoff/card_text.h"
#include "vault/sent.h"
#include "vault/standing.h"

static const char *const ID = "K-1";
static const char *const ANNA = "anna";

/* The contact `anna` with a card that belongs to no folder; `which` of several. */
static void
add_anna(uint8_t which)
{
    struct secret *vmk = NULL, *nsk = NULL;
    const uint8_t id[VAULT_ID_BYTES] = { 9, which };
    struct key_tree tree = {0};
    struct buf card = BUF_INIT, text = BUF_INIT;

    assert_int_equal(secret_random(&vmk, 32), VAULT_OK);
    assert_int_equal(secret_random(&nsk, 32), VAULT_OK);
    assert_int_equal(tree_derive(&tree, &vmk, &nsk), VAULT_OK);
    assert_int_equal(card_build(&card, &tree, id), VAULT_OK);
    assert_int_equal(card_text_write(&text, card.p, card.n), VAULT_OK);
    assert_int_equal(vault_contact_add(v, ANNA, (const char *)text.p, text.n), VAULT_OK);
    buf_free(&card);
    buf_free(&text);
    tree_free(&tree);
}

static struct vault_handoff
share(void)
{
    return (struct vault_handoff){ .ids = &ID, .n_ids = 1, .contacts = &ANNA, .n_contacts = 1, .confirmed = true };
}

static int
make_all(void **state)
{
    if (make_two_tiers(state) != 0)
        return -1;
    add_person("K-1", "Brunhild");
    add_anna(0);
    return 0;
}

static int
keep(void *ctx, const struct vault_standing *s)
{
    struct vault_standing *out = ctx;

    *out = *s;
    return 0;
}

/* ---- what was said ---- */

static void
test_share__nobody_said_yes_or_no_keeper(void **state)
{
    struct vault_handoff what = share();
    struct extent before;
    uint64_t changed = 7;
    (void)state;

    before = extent();
    what.confirmed = false;
    assert_int_equal(vault_share(v, &what, &changed), VAULT_ERR_REFUSED);
    assert_string_equal(vault_last_error()->accept, "send");
    what.confirmed = true;
    what.n_contacts = 0;
    assert_int_equal(vault_share(v, &what, &changed), VAULT_ERR_INPUT);
    assert_extent(&before);
    reopen_as(OTHER_PHRASE);
    before = extent();
    what = share();
    what.names = true;
    assert_int_equal(vault_share(v, &what, &changed), VAULT_ERR_REFUSED);
    assert_extent(&before);
    reopen();
}

/* Said twice is said once; down by anybody; after reopening as before. */
static void
test_share__what_holds(void **state)
{
    struct vault_standing got = { .contact = NULL };
    struct vault_handoff what = share();
    struct extent before;
    uint64_t changed = 0;
    (void)state;

    what.names = true;
    assert_int_equal(vault_share(v, &what, &changed), VAULT_OK);
    assert_int_equal(changed, 1);
    before = extent();
    assert_int_equal(vault_share(v, &what, &changed), VAULT_OK);
    assert_int_equal(changed, 0);
    assert_extent(&before);
    reopen_as(OTHER_PHRASE);
    assert_int_equal(vault_standing_list(v, NULL, keep, &got), VAULT_OK);
    assert_true(got.names);
    what.names = false;
    assert_int_equal(vault_share(v, &what, &changed), VAULT_OK);
    assert_int_equal(vault_standing_list(v, ID, keep, &got), VAULT_OK);
    assert_false(got.names);
    assert_int_equal(vault_unshare(v, &ID, 1, ANNA, &changed), VAULT_OK);
    assert_int_equal(changed, 1);
    assert_int_equal(vault_unshare(v, &ID, 1, ANNA, &changed), VAULT_ERR_NOT_FOUND);
    reopen();
    got.contact = NULL;
    assert_int_equal(vault_standing_list(v, NULL, keep, &got), VAULT_OK);
    assert_null(got.contact);
}

/* A case holder who writes `names` with other tools. */
static void
test_share__names_without_a_keeper_are_damage(void **state)
{
    const uint8_t record[RECORD_ID_BYTES] = { 1 }, card[32] = { 2 };
    const struct share_parts p = { .records = PART(record, sizeof record), .contact = PART("anna", 4), .card = PART(card, sizeof card), .state = "names" };
    struct commit what = { .action = "share" };
    struct secret *pass = pass_of(PHRASE);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    struct change c;
    (void)state;

    reopen_as(OTHER_PHRASE);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    assert_int_equal(system_add_share(v, &c, &p), VAULT_OK);
    assert_int_equal(session_commit(v, &c, &what), VAULT_ERR_DAMAGED);
    vault_close(v);
    v = NULL;
    assert_int_equal(vault_open(&v, path, &cred), VAULT_ERR_DAMAGED);
    assert_non_null(strstr(vault_last_error()->text, "with names without the keeper's signature"));
    secret_free(pass);
}

/* ---- of several statements, on lines that know nothing of each other ---- */

/* Row 1; 2 and 3 side by side after it; 4 after both. */
static struct chain_entry chain[5] = { { .n_parents = 0 }, { .n_parents = 0 }, { .parent = { 1 }, .n_parents = 1 }, { .parent = { 1 }, .n_parents = 1 },
    { .parent = { 2, 3 }, .n_parents = 2 } };

/* What holds of these: 'n'ames, 's'hared, '-' nothing. */
static char
holds(const struct standing_said *said, size_t n)
{
    static char anna[] = "anna";
    char *name[] = { anna };
    struct standing_said copy[8];
    struct vault fake = { .chain = chain, .n_log = 4, .standing = { .said = copy, .n = n, .name = name, .n_names = 1 } };
    struct standing_share *all = NULL;
    size_t count = 0;
    char out;

    memcpy(copy, said, n * sizeof *said);
    assert_int_equal(standing_all(&fake, &all, &count), VAULT_OK);
    out = count == 0 ? '-' : all[0].names ? 'n' : 's';
    free(all);
    return out;
}

static void
test_share__the_safest_of_concurrent_statements_holds(void **state)
{
    static const struct { char want; uint32_t log[3]; enum standing_state state[3]; size_t n; } CASE[] = {
        { 'n', { 2 }, { STANDING_NAMES }, 1 },
        { '-', { 2, 3 }, { STANDING_NAMES, STANDING_ENDED }, 2 },
        { 's', { 2, 3 }, { STANDING_NAMES, STANDING_SHARED }, 2 },
        { 's', { 2, 3 }, { STANDING_SHARED, STANDING_NAMES }, 2 },
        { 'n', { 1, 2 }, { STANDING_ENDED, STANDING_NAMES }, 2 },
        { 'n', { 2, 3, 4 }, { STANDING_ENDED, STANDING_SHARED, STANDING_NAMES }, 3 },
        { '-', { 2, 3, 4 }, { STANDING_NAMES, STANDING_NAMES, STANDING_ENDED }, 3 },
    };
    (void)state;

    for (size_t i = 0; i < sizeof CASE / sizeof CASE[0]; i++) {
        struct standing_said said[3], turned[3];

        memset(said, 0, sizeof said);
        for (size_t k = 0; k < CASE[i].n; k++)
            said[k] = (struct standing_said){ .record = { 1 }, .log = CASE[i].log[k], .state = CASE[i].state[k] };
        for (size_t k = 0; k < CASE[i].n; k++)
            turned[k] = said[CASE[i].n - 1 - k];
        assert_int_equal(holds(said, CASE[i].n), CASE[i].want);
        assert_int_equal(holds(turned, CASE[i].n), CASE[i].want);
    }
}

/* ---- to whom ---- */

static void
test_share__another_card_gets_nothing_until_it_is_verified(void **state)
{
    static const char *const ACCEPT[] = { "new-card", "verify" };
    struct vault_standing got = { .contact = NULL };
    struct vault_handoff what = share();
    uint64_t changed = 0;
    (void)state;

    assert_int_equal(vault_share(v, &what, &changed), VAULT_OK);
    assert_int_equal(vault_standing_list(v, ID, keep, &got), VAULT_OK);
    assert_null(got.held);
    assert_int_equal(vault_accept(v, ACCEPT, 2), VAULT_OK);
    add_anna(1);
    assert_int_equal(vault_standing_list(v, ID, keep, &got), VAULT_OK);
    assert_non_null(got.held);
    assert_int_equal(vault_contact_verify(v, ANNA, NULL), VAULT_OK);
    assert_int_equal(vault_standing_list(v, ID, keep, &got), VAULT_OK);
    assert_null(got.held);
    assert_int_equal(vault_contact_remove(v, ANNA), VAULT_OK);
    assert_int_equal(vault_standing_list(v, ID, keep, &got), VAULT_OK);
    assert_non_null(got.held);
    assert_int_equal(vault_unshare(v, &ID, 1, ANNA, &changed), VAULT_OK);
}

/* ---- what was sent ---- */

/* More than one record of the system holds. */
static void
test_share__a_long_list_comes_back_whole(void **state)
{
    struct sent_bundle b = { .tag = { 1 }, .card = { 2 }, .mark = { 3 }, .names = true };
    struct commit what = { .action = "handoff" };
    struct sents all = {0};
    struct change c;
    (void)state;

    for (uint32_t i = 0; i < 40000; i++) {
        uint8_t item[SENT_ITEM_BYTES] = { (uint8_t)(i >> 8), (uint8_t)i, 5 };
        assert_int_equal(sent_items_add(&b.items, item), VAULT_OK);
    }
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    assert_int_equal(sent_add(v, &c, &b), VAULT_OK);
    assert_int_equal(session_commit(v, &c, &what), VAULT_OK);
    reopen();
    assert_int_equal(sents_load(v, &all), VAULT_OK);
    assert_int_equal(all.n, 1);
    assert_true(all.list[0].names);
    assert_int_equal(all.list[0].items.n, 40000);
    assert_memory_equal(all.list[0].mark, b.mark, 32);
    for (uint32_t i = 0; i < 40000; i += 777)
        assert_true(sent_items_has(&all.list[0].items, b.items.list[i]));
    assert_false(sent_items_has(&all.list[0].items, b.card));
    assert_false(sent_is_acknowledged(&all, &all.list[0], (const uint8_t (*)[32])&b.card, 1));
    sents_free(&all);
    sent_items_free(&b.items);
}

/* ---- the folder ---- */

static void
test_share__sync_writes_nothing_into_a_vault_and_nothing_without_shares(void **state)
{
    struct vault_synced out;
    struct extent before = extent();
    char folder[320];
    (void)state;

    assert_int_equal(vault_sync(v, path, NULL, NULL, &out), VAULT_ERR_REFUSED);
    snprintf(folder, sizeof folder, "%s/box", dir);
    assert_int_equal(vault_sync(v, folder, NULL, NULL, &out), VAULT_ERR_NOT_FOUND);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(vault_sync(v, folder, NULL, NULL, &out), VAULT_OK);
    assert_no_error();
    assert_int_equal(out.written + out.removed + out.taken, 0);
    assert_extent(&before);
    assert_int_equal(rmdir(folder), 0);         /* empty */
}

int
main(void)
{
#define WITH_ANNA(t) cmocka_unit_test_setup_teardown(t, make_all, remove_vault)
    const struct CMUnitTest tests[] = {
        WITH_ANNA(test_share__nobody_said_yes_or_no_keeper),
        WITH_ANNA(test_share__what_holds),
        WITH_ANNA(test_share__names_without_a_keeper_are_damage),
        cmocka_unit_test(test_share__the_safest_of_concurrent_statements_holds),
        WITH_ANNA(test_share__another_card_gets_nothing_until_it_is_verified),
        WITH_ANNA(test_share__a_long_list_comes_back_whole),
        WITH_ANNA(test_share__sync_writes_nothing_into_a_vault_and_nothing_without_shares),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
