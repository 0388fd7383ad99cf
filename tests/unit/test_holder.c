/*
 * test_holder.c - what a case holder does who writes to `keys`, `wrap` and the log himself, and what a session does
 * that could not finish: neither may take a keeper's way in, or the one revocation, away.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <sodium.h>
#include "tests/unit/phrases.h"
#include "vault/base/files.h"
#include "vault/base/secret.h"
#include "vault/session.h"

#define KEEPER PHRASE
#define CASE OTHER_PHRASE
#define OTHER THIRD_PHRASE
#define NAME "Quuxander"

static char dir[256], path[320];
static const struct vault_create_options CHEAP = { .kdf_mem_mib = 64, .kdf_passes = 3 };

static vault_err
try_open(const char *pass, vault **v)
{
    struct secret *s = pass_of(pass);
    struct vault_credentials cred = { .passphrase = s, .slot = -1 };
    vault_err err = vault_open(v, path, &cred);

    secret_free(s);
    return err;
}

static vault *
opened(const char *pass)
{
    vault *v = NULL;

    assert_int_equal(try_open(pass, &v), VAULT_OK);
    return v;
}

static void
assert_opens(const char *pass)
{
    vault_close(opened(pass));
}

static vault_err
rekey(vault *v)
{
    struct secret *s = pass_of(KEEPER);
    struct vault_credentials own = { .passphrase = s, .slot = -1 };
    vault_err err = vault_key_rekey(v, &own);

    secret_free(s);
    return err;
}

static vault_err
check(void)
{
    struct secret *s = pass_of(KEEPER);
    struct vault_credentials cred = { .passphrase = s, .slot = -1 };
    vault_err err = vault_check(path, &cred, NULL, NULL, NULL);

    secret_free(s);
    return err;
}

/* A vault with a keeper in slot 0, a case holder in slot 1, and one person who has a name. */
static int
make(void **state)
{
    const char *tmp = getenv("TMPDIR");
    struct secret *keeper = pass_of(KEEPER), *holder = pass_of(CASE);
    struct vault_added added;
    vault_fields *f = NULL;
    int slot = -1;
    vault *v;

    (void)state;
    snprintf(dir, sizeof dir, "%s/withheld-test-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/a.vault", dir);
    assert_int_equal(vault_create(path, keeper, &CHEAP), VAULT_OK);
    v = opened(KEEPER);
    assert_int_equal(vault_key_add(v, VAULT_TIER_CASE, holder, NULL, &slot), VAULT_OK);
    assert_int_equal(slot, 1);
    assert_int_equal(vault_fields_new(&f), VAULT_OK);
    assert_int_equal(vault_fields_add(f, "ref", "P1", 2), VAULT_OK);
    assert_int_equal(vault_fields_add(f, "name", NAME, strlen(NAME)), VAULT_OK);
    assert_int_equal(vault_add(v, "person", f, &added), VAULT_OK);
    vault_fields_free(f);
    vault_close(v);
    secret_free(keeper);
    secret_free(holder);
    return 0;
}

static int
take_away(void **state)
{
    char command[400];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

/* An entry that names kf, signed by who opened v, as any change of keys writes it. */
static void
write_keys(vault *v, struct keyfile *kf, const char *action, bool swap)
{
    struct commit what = { .action = action };
    struct change c;
    uint8_t hash[32];

    assert_int_equal(session_stage_keys(v, kf, &v->tree, v->epoch, v->e, hash), VAULT_OK);
    what.keys_hash = hash;
    what.keys_sequence = kf->sequence;
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    assert_int_equal(session_commit(v, &c, &what), VAULT_OK);
    if (swap)
        assert_int_equal(file_swap(v->dir, KEYS_NEW, KEYS_NAME, NULL), VAULT_OK);
}

static void
plant_slot(unsigned at, enum slot_tier tier, enum slot_kind kind)
{
    vault *v = opened(CASE);
    struct keyfile kf = v->kf;
    struct slot_header *h = &kf.slot[at].head;

    kf.slot[at] = kf.slot[1];
    h->index = (uint8_t)at;
    h->tier = tier;
    h->kind = kind;
    if (kind == SLOT_SHARES)
        memset(&h->cost, 0, sizeof h->cost);
    randombytes_buf(h->id, sizeof h->id);
    write_keys(v, &kf, "key-change", true);
    vault_close(v);
}

static void
test_holder__a_slot_that_no_keeper_made_is_told_and_can_be_removed(void **state)
{
    vault *v;
    struct vault_status st;

    (void)state;
    plant_slot(5, TIER_KEEPER, SLOT_PASS);
    v = opened(KEEPER);
    assert_int_equal(vault_status(v, &st), VAULT_OK);
    assert_int_equal(st.n_warnings >= 1, 1);
    assert_non_null(strstr(st.warnings[0], "no keeper made"));
    assert_int_equal(vault_key_remove(v, 5), VAULT_OK);
    assert_int_equal(v->kf.slot[5].head.kind, SLOT_EMPTY);
    vault_close(v);
    assert_opens(CASE);
    assert_int_equal(check(), VAULT_OK);
}

static void
test_holder__it_does_not_count_as_a_keeper(void **state)
{
    vault *v;

    (void)state;
    plant_slot(5, TIER_KEEPER, SLOT_PASS);
    v = opened(KEEPER);
    assert_int_equal(vault_key_remove(v, 0), VAULT_ERR_REFUSED);
    vault_close(v);
    assert_opens(KEEPER);
}

static void
test_holder__it_hinders_neither_rekey_nor_travel_nor_shares(void **state)
{
    char copy[330];
    vault *v;

    (void)state;
    plant_slot(5, TIER_CASE, SLOT_PASS);
    plant_slot(6, TIER_KEEPER, SLOT_SHARES);
    snprintf(copy, sizeof copy, "%s/copy.vault", dir);
    v = opened(KEEPER);
    assert_int_equal(vault_travel(v, copy), VAULT_OK);
    assert_int_equal(rekey(v), VAULT_OK);
    vault_close(v);
    v = opened(KEEPER);
    assert_int_equal(v->kf.slot[5].head.kind, SLOT_EMPTY);
    assert_int_equal(v->kf.slot[6].head.kind, SLOT_EMPTY);
    vault_close(v);
    assert_opens(CASE);
    assert_int_equal(check(), VAULT_OK);
}

/* The pack of the last revision, changed and sealed again, as who has K_case can. */
static void
change_pack(vault *v, void (*change)(struct pack *))
{
    static struct pack p;
    const struct pack *now = NULL;
    struct buf box = BUF_INIT;

    assert_int_equal(recs_pack(&v->recs, v->recs.index.n, &now), VAULT_OK);
    p = *now;
    change(&p);
    assert_int_equal(pack_seal(&box, &v->recs.keys, &p), VAULT_OK);
    assert_int_equal(db_put(v->db, DB_WRAP, p.first, PART(box.p, box.n)), VAULT_OK);
    buf_free(&box);
    recs_forget_pack(&v->recs);
}

static void
flip_inner(struct pack *p)
{
    assert_int_equal(p->how, WRAP_NAME);
    p->inner[30] ^= 1;
}

static void
test_holder__a_damaged_inner_wrap_hides_no_open_field_and_hinders_no_rekey(void **state)
{
    struct vault_record *r = NULL;
    vault *v = opened(CASE);

    (void)state;
    assert_int_equal(db_begin(v->db), VAULT_OK);
    change_pack(v, flip_inner);
    assert_int_equal(db_commit(v->db), VAULT_OK);
    vault_close(v);
    v = opened(KEEPER);
    assert_int_equal(vault_show(v, "P1", NULL, false, &r), VAULT_OK);
    vault_record_free(r);
    assert_int_equal(vault_show(v, "P1", NULL, true, &r), VAULT_ERR_DAMAGED);
    assert_int_equal(rekey(v), VAULT_OK);
    vault_close(v);
    assert_opens(CASE);
    v = opened(KEEPER);
    assert_int_equal(vault_show(v, "P1", NULL, true, &r), VAULT_ERR_DAMAGED);
    vault_close(v);
    assert_int_equal(check(), VAULT_ERR_DAMAGED);
}

static void
forget_names(struct pack *p)
{
    memset(p->has_blob, 0, sizeof p->has_blob);
    p->how = 0;
    p->n_inner = 0;
}

static void
test_holder__an_entry_travel_excuses_nothing_where_a_keeper_has_a_slot(void **state)
{
    vault *v = opened(CASE);
    struct keyfile kf = v->kf;
    struct commit what = { .action = "travel" };
    struct change c;
    uint8_t hash[32];

    (void)state;
    assert_int_equal(session_stage_keys(v, &kf, &v->tree, v->epoch, v->e, hash), VAULT_OK);
    what.keys_hash = hash;
    what.keys_sequence = kf.sequence;
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    change_pack(v, forget_names);
    assert_int_equal(db_delete(v->db, DB_WITHHELD_BLOB, v->recs.index.n), VAULT_OK);
    assert_int_equal(session_commit(v, &c, &what), VAULT_OK);
    assert_int_equal(file_swap(v->dir, KEYS_NEW, KEYS_NAME, NULL), VAULT_OK);
    vault_close(v);
    assert_int_equal(check(), VAULT_ERR_DAMAGED);
}

/* ---- a session that could not finish ---- */

static void
test_holder__after_an_uncertain_commit_the_keys_in_force_are_not_staged_over(void **state)
{
    struct secret *other = pass_of(OTHER);
    vault *v = opened(KEEPER);
    struct keyfile kf = v->kf;

    (void)state;
    write_keys(v, &kf, "key-change", false);    /* committed; keys.new waits to be renamed */
    v->uncertain = true;
    assert_int_equal(vault_key_change(v, other, NULL), VAULT_ERR_FAILED);
    vault_close(v);
    assert_opens(KEEPER);
    assert_opens(CASE);
    secret_free(other);
}

static void
test_holder__who_removed_his_own_slot_signs_nothing_more(void **state)
{
    struct secret *other = pass_of(OTHER);
    struct vault_added added;
    vault_fields *f = NULL;
    int slot = -1;
    vault *v = opened(KEEPER);

    (void)state;
    assert_int_equal(vault_key_add(v, VAULT_TIER_KEEPER, other, NULL, &slot), VAULT_OK);
    assert_int_equal(vault_key_remove(v, 0), VAULT_OK);
    assert_int_equal(vault_fields_new(&f), VAULT_OK);
    assert_int_equal(vault_fields_add(f, "ref", "P2", 2), VAULT_OK);
    assert_int_not_equal(vault_add(v, "person", f, &added), VAULT_OK);
    vault_fields_free(f);
    vault_close(v);
    assert_opens(OTHER);
    secret_free(other);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, take_away)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_holder__a_slot_that_no_keeper_made_is_told_and_can_be_removed),
        TEST(test_holder__it_does_not_count_as_a_keeper),
        TEST(test_holder__it_hinders_neither_rekey_nor_travel_nor_shares),
        TEST(test_holder__a_damaged_inner_wrap_hides_no_open_field_and_hinders_no_rekey),
        TEST(test_holder__an_entry_travel_excuses_nothing_where_a_keeper_has_a_slot),
        TEST(test_holder__after_an_uncertain_commit_the_keys_in_force_are_not_staged_over),
        TEST(test_holder__who_removed_his_own_slot_signs_nothing_more),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
