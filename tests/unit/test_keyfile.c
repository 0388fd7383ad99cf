#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <sodium.h>
#include "vault/base/bytes.h"
#include "vault/base/hash.h"
#include "vault/keys/keyfile.h"

/*
 * Known answer: hashlib.blake2b and python3-nacl, from docs/format.md, sections 4 and 5. Vault id =
 * bytes a0..af, Argon2 salt b0..cf, database salt e0..ef, sequence 7, epoch 5, E = 80..9f, VMK =
 * 00..1f, NSK = 20..3f; slot 0 as in test_slot.c with index 0, the others empty.
 */
static const char known_head[] =    /* bytes 0 to 367 */
    "7769746868656c642d6b6579730d0a1a0100000000000000a0a1a2a3a4a5a6a7"
    "a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7"
    "c8c9cacbcccdcecfe0e1e2e3e4e5e6e7e8e9eaebecedeeef0700000000000000"
    "0000000000000000d0d1d2d3d4d5d6d700010200000001000300000004000000"
    "935fb6035ee3d39ecb80baff1035005022a672d72212de6b77fd65c3ce282d1c"
    "0102030405060708090a0b0c0d0e0f1011121314151617188dff093c8986d20f"
    "f4e39a805384f42aec5fe00b72538786185c8a2b594ab8cc80e391941472260f"
    "105971a85a94e8719fd7ad6dcff4298dd3f96d5b1b2af910a0535b1488d7f8fa"
    "bb349a982880b61502030405060708090a0b0c0d0e0f10111213141516171819"
    "989b1f15ea37254fcb0ccf1c1bef3310723f52dd14791088fee985dcb1ce3bd9"
    "e8bcefce414e37d1c3c127eebb77023907f9492de2317e6a6d52b2dc7b83bd7e"
    "8af4380684f05e7406b22fb104181628";
static const char known_tail[] =    /* bytes 2216 to 2327 */
    "030405060708090a0b0c0d0e0f101112131415161718191a10a122aa5ad5b5e8"
    "1e32df92e016d637c93f9bc3238318bcc8a6f43294b64922329cf908c536b234"
    "faf598647be63cc8b49ef45542d98d160f3e23bb3cc97c5082311be1e25934cf"
    "978e9db19de7bcdef142132b12458ffd";
static const char known_sum[] =     /* bytes 4064 to 4095 */
    "0423f7a45576cf478768d2624f8a75d776b7f1c2a4e3716c50818cfcd09fea9e";

static void
unhex(uint8_t *out, size_t n, const char *hex)
{
    assert_true(hex_read(out, n, hex, strlen(hex)));
}

static void
counting(uint8_t *out, size_t n, uint8_t first)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(first + i);
}

/* The 32 bytes first, first + 1, first + 2, ... */
static struct secret *
key_of(uint8_t first)
{
    struct secret *s = NULL;

    assert_int_equal(secret_new(&s, 32), VAULT_OK);
    counting(secret_edit(s), 32, first);
    return s;
}

/* The same as every program that changes the file would have to do. */
static void
sum_again(uint8_t file[KEYFILE_BYTES])
{
    assert_int_equal(crypto_generichash(file + 4064, 32, file, 4064, NULL, 0), 0);
}

static void
known_file(uint8_t file[KEYFILE_BYTES])
{
    memset(file, 0, KEYFILE_BYTES);
    unhex(file, 368, known_head);
    unhex(file + 2216, 112, known_tail);
    unhex(file + 4064, 32, known_sum);
}

static void
known_tree(struct key_tree *t)
{
    struct secret *vmk = key_of(0x00), *nsk = key_of(0x20);

    assert_int_equal(tree_derive(t, &vmk, &nsk), VAULT_OK);
}

/* Decoding must end with `want` and leave the output as it was. */
static void
assert_refused(const void *bytes, size_t n, vault_err want)
{
    struct keyfile out, was;

    memset(&out, 0xEE, sizeof out);
    memset(&was, 0xEE, sizeof was);
    assert_int_equal(keyfile_decode(&out, bytes, n), want);
    assert_memory_equal(&out, &was, sizeof out);
}

static void
assert_epoch_refused(const struct keyfile *kf, const struct key_tree *t)
{
    struct secret *e = NULL;
    uint64_t number = 77;

    assert_int_equal(keyfile_open_epoch(&number, &e, kf, t), VAULT_ERR_DAMAGED);
    assert_null(e);
    assert_int_equal(number, 77);
}

/* ---- known answer ---- */

static void
test_keyfile__opens_one_made_elsewhere(void **state)
{
    uint8_t file[KEYFILE_BYTES], want[32];
    struct secret *s = key_of(0x40), *vmk = NULL, *x = NULL, *e = NULL;
    struct slot_keys keys = {0};
    struct key_tree t = {0};
    struct keyfile kf;
    uint64_t number = 0;
    (void)state;

    known_file(file);
    assert_int_equal(keyfile_decode(&kf, file, sizeof file), VAULT_OK);
    counting(want, 32, 0xa0);
    assert_memory_equal(kf.vault_id, want, 16);
    counting(want, 32, 0xb0);
    assert_memory_equal(kf.argon_salt, want, 32);
    counting(want, 32, 0xe0);
    assert_memory_equal(kf.db_salt, want, 16);
    assert_int_equal(kf.sequence, 7);
    assert_int_equal(kf.slot[0].head.kind, SLOT_PASS);
    for (size_t i = 1; i < KEYFILE_SLOTS; i++)
        assert_int_equal(kf.slot[i].head.kind, SLOT_EMPTY);

    assert_int_equal(slot_open(&keys, &vmk, &x, &kf.slot[0], kf.vault_id, s), VAULT_OK);
    assert_int_equal(tree_derive(&t, &vmk, &x), VAULT_OK);
    assert_int_equal(keyfile_open_epoch(&number, &e, &kf, &t), VAULT_OK);
    assert_int_equal(number, 5);
    counting(want, 32, 0x80);
    assert_int_equal(secret_len(e), 32);
    assert_memory_equal(secret_bytes(e), want, 32);
    secret_free(e);
    tree_free(&t);
    slot_keys_free(&keys);
    secret_free(s);
}

/* ---- there and back ---- */

static void
test_keyfile__reads_what_it_wrote(void **state)
{
    uint8_t file[KEYFILE_BYTES], first[KEYFILE_BYTES];
    struct secret *e = key_of(0x70), *back = NULL;
    struct key_tree t = {0};
    struct keyfile kf, read;
    uint64_t number = 0;
    (void)state;

    known_tree(&t);
    known_file(first);
    assert_int_equal(keyfile_decode(&kf, first, sizeof first), VAULT_OK);
    kf.sequence = UINT64_MAX;
    assert_int_equal(keyfile_encode(file, &kf, &t, UINT64_MAX - 1, e), VAULT_OK);
    assert_int_equal(keyfile_decode(&read, file, sizeof file), VAULT_OK);
    assert_true(read.sequence == UINT64_MAX);
    assert_memory_equal(read.slot[0].box2, kf.slot[0].box2, sizeof kf.slot[0].box2);
    assert_memory_equal(read.epoch_box, kf.epoch_box, sizeof kf.epoch_box);
    assert_memory_equal(read.mac, kf.mac, sizeof kf.mac);
    assert_int_equal(keyfile_open_epoch(&number, &back, &read, &t), VAULT_OK);
    assert_true(number == UINT64_MAX - 1);
    assert_true(secret_equal(e, back));
    assert_memory_equal(file, first, 88);       /* all before the sequence number */
    secret_free(back);
    secret_free(e);
    tree_free(&t);
}

static void
test_keyfile__all_slots_come_back(void **state)
{
    uint8_t file[KEYFILE_BYTES];
    struct secret *e = key_of(0x70);
    struct key_tree t = {0};
    struct keyfile kf, read;
    (void)state;

    known_tree(&t);
    known_file(file);
    assert_int_equal(keyfile_decode(&kf, file, sizeof file), VAULT_OK);
    for (unsigned i = 1; i < KEYFILE_SLOTS; i++) {
        kf.slot[i] = kf.slot[0];
        kf.slot[i].head.index = (uint8_t)i;
        kf.slot[i].head.id[0] = (uint8_t)i;
        if (i % 2 == 1)
            kf.slot[i].head.cost.passes = 9;
    }
    kf.slot[6].head.kind = SLOT_SHARES;
    kf.slot[6].head.cost = (struct kdf_cost){0};
    assert_int_equal(keyfile_encode(file, &kf, &t, 1, e), VAULT_OK);
    assert_int_equal(keyfile_decode(&read, file, sizeof file), VAULT_OK);
    for (unsigned i = 0; i < KEYFILE_SLOTS; i++) {
        uint8_t a[SLOT_BYTES], b[SLOT_BYTES];

        slot_encode(a, &kf.slot[i]);
        slot_encode(b, &read.slot[i]);
        assert_memory_equal(a, b, SLOT_BYTES);
    }
    secret_free(e);
    tree_free(&t);
}

/* The caller must hear now, not at the next unlock. */
static void
test_keyfile__does_not_write_what_it_would_refuse(void **state)
{
    uint8_t file[KEYFILE_BYTES], was[KEYFILE_BYTES];
    struct secret *e = key_of(0x70);
    struct key_tree t = {0};
    struct keyfile good, kf, kf_was;
    (void)state;

    known_tree(&t);
    known_file(was);
    memcpy(file, was, sizeof file);
    assert_int_equal(keyfile_decode(&good, file, sizeof file), VAULT_OK);

    kf = good;
    for (uint8_t i = 1; i < 3; i++) {
        kf.slot[i] = kf.slot[0];
        kf.slot[i].head.index = i;
        kf.slot[i].head.cost.passes = 3u + i;
    }
    memcpy(&kf_was, &kf, sizeof kf);
    assert_int_equal(keyfile_encode(file, &kf, &t, 6, e), VAULT_ERR_REFUSED);
    assert_memory_equal(&kf, &kf_was, sizeof kf);

    kf = good;
    kf.slot[0].head.index = 1;
    assert_int_equal(keyfile_encode(file, &kf, &t, 6, e), VAULT_ERR_FAILED);
    kf = good;
    kf.sequence = 0;
    assert_int_equal(keyfile_encode(file, &kf, &t, 6, e), VAULT_ERR_FAILED);
    assert_memory_equal(file, was, sizeof file);
    secret_free(e);
    tree_free(&t);
}

/* ---- damage and forgery ---- */

/* The magic is under the checksum, so a bit of it makes both wrong: then it is not for us to say
 * that this was a vault. */
static void
test_keyfile__every_flipped_bit_is_damage(void **state)
{
    uint8_t file[KEYFILE_BYTES];
    (void)state;

    known_file(file);
    for (size_t i = 0; i < KEYFILE_BYTES; i++) {
        file[i] ^= (uint8_t)(1u << i % 8);
        assert_refused(file, sizeof file, i < 16 ? VAULT_ERR_INPUT : VAULT_ERR_DAMAGED);
        file[i] ^= (uint8_t)(1u << i % 8);
    }
}

/* Who can write can make the checksum right, but not the MAC. */
static void
test_keyfile__every_flipped_bit_under_a_new_checksum_is_damage(void **state)
{
    uint8_t file[KEYFILE_BYTES];
    struct key_tree t = {0};
    struct keyfile kf;
    (void)state;

    known_tree(&t);
    for (size_t i = 0; i < 4064; i++) {
        vault_err err;

        known_file(file);
        file[i] ^= (uint8_t)(1u << i % 8);
        sum_again(file);
        err = keyfile_decode(&kf, file, sizeof file);
        if (err == VAULT_OK)
            assert_epoch_refused(&kf, &t);
        else if (i < 16 || i >= 20)         /* the version: see below */
            assert_int_equal(err, VAULT_ERR_DAMAGED);
        if (i >= 2328)
            assert_int_equal(err, VAULT_ERR_DAMAGED);
    }
    tree_free(&t);
}

static void
test_keyfile__another_tree_does_not_open_it(void **state)
{
    uint8_t file[KEYFILE_BYTES];
    struct secret *vmk = key_of(0x01), *nsk = key_of(0x20);
    struct key_tree t = {0};
    struct keyfile kf;
    (void)state;

    assert_int_equal(tree_derive(&t, &vmk, &nsk), VAULT_OK);
    known_file(file);
    assert_int_equal(keyfile_decode(&kf, file, sizeof file), VAULT_OK);
    assert_epoch_refused(&kf, &t);
    tree_free(&t);
}

static void
test_keyfile__other_sizes(void **state)
{
    uint8_t file[KEYFILE_BYTES + 1] = {0};
    (void)state;

    known_file(file);
    assert_refused(file, KEYFILE_BYTES + 1, VAULT_ERR_DAMAGED);
    assert_refused(file, KEYFILE_BYTES - 1, VAULT_ERR_DAMAGED);
    assert_refused(file, 16, VAULT_ERR_DAMAGED);
    assert_refused(file, 15, VAULT_ERR_INPUT);
    assert_refused(file, 0, VAULT_ERR_INPUT);
    memset(file, 0, sizeof file);
    assert_refused(file, KEYFILE_BYTES, VAULT_ERR_INPUT);
    memset(file, 'x', sizeof file);
    assert_refused(file, 100, VAULT_ERR_INPUT);
}

static void
test_keyfile__wrong_magic_under_a_right_checksum_is_damage(void **state)
{
    uint8_t file[KEYFILE_BYTES];
    (void)state;

    known_file(file);
    file[0] = 'W';
    sum_again(file);
    assert_refused(file, sizeof file, VAULT_ERR_DAMAGED);
}

static void
test_keyfile__a_newer_version_is_said_to_be_one(void **state)
{
    uint8_t file[KEYFILE_BYTES];
    (void)state;

    known_file(file);
    memset(file + 20, 0x55, 4044 - 20);     /* nothing but the frame need make sense to us */
    file[16] = 2;
    sum_again(file);
    assert_refused(file, sizeof file, VAULT_ERR_FAILED);
    assert_non_null(strstr(vault_last_error()->text, "format 2"));
    assert_true(vault_last_error()->hint[0] != '\0');
    file[16] = 0;
    sum_again(file);
    assert_refused(file, sizeof file, VAULT_ERR_DAMAGED);
}

/* ---- rules ---- */

static void
test_keyfile__reserved_bytes_are_zero(void **state)
{
    static const size_t at[] = {20, 23, 96, 103, 2328, 3000, 4063};
    uint8_t file[KEYFILE_BYTES];
    (void)state;

    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        known_file(file);
        file[at[i]] = 1;
        sum_again(file);
        assert_refused(file, sizeof file, VAULT_ERR_DAMAGED);
    }
}

static void
test_keyfile__sequence_begins_with_one(void **state)
{
    uint8_t file[KEYFILE_BYTES];
    (void)state;

    known_file(file);
    file[88] = 0;
    sum_again(file);
    assert_refused(file, sizeof file, VAULT_ERR_DAMAGED);
}

/* Slot `i` becomes a copy of slot 0 with another number of passes. */
static void
put_slot(uint8_t file[KEYFILE_BYTES], uint8_t i, uint8_t passes)
{
    uint8_t *p = file + 104 + (size_t)i * SLOT_BYTES;

    memcpy(p, file + 104, SLOT_BYTES);
    p[8] = i;
    p[16] = passes;
    sum_again(file);
}

static void
test_keyfile__a_third_distinct_cost_is_refused(void **state)
{
    uint8_t file[KEYFILE_BYTES];
    struct keyfile kf;
    (void)state;

    known_file(file);
    put_slot(file, 1, 4);
    put_slot(file, 2, 3);
    put_slot(file, 4, 4);
    assert_int_equal(keyfile_decode(&kf, file, sizeof file), VAULT_OK);
    put_slot(file, 7, 5);
    assert_refused(file, sizeof file, VAULT_ERR_DAMAGED);
}

static void
test_keyfile__shares_do_not_count_as_a_cost(void **state)
{
    uint8_t file[KEYFILE_BYTES], *shares = file + 104 + 2 * SLOT_BYTES;
    struct keyfile kf;
    (void)state;

    known_file(file);
    put_slot(file, 1, 4);
    put_slot(file, 2, 0);
    shares[9] = SLOT_SHARES;
    memset(shares + 12, 0, 12);
    sum_again(file);
    assert_int_equal(keyfile_decode(&kf, file, sizeof file), VAULT_OK);
    shares[12] = 1;
    sum_again(file);
    assert_refused(file, sizeof file, VAULT_ERR_DAMAGED);
}

static void
test_keyfile__a_slot_in_a_wrong_place_is_refused(void **state)
{
    uint8_t file[KEYFILE_BYTES];
    (void)state;

    known_file(file);
    put_slot(file, 1, 3);
    file[104 + SLOT_BYTES + 8] = 0;
    sum_again(file);
    assert_refused(file, sizeof file, VAULT_ERR_DAMAGED);
}

static void
test_keyfile__a_cost_over_the_limit_is_refused(void **state)
{
    uint8_t file[KEYFILE_BYTES];
    (void)state;

    known_file(file);
    memset(file + 104 + 12, 0xFF, 4);
    sum_again(file);
    assert_refused(file, sizeof file, VAULT_ERR_DAMAGED);
}

static void
test_keyfile__nothing_hides_in_an_empty_slot(void **state)
{
    uint8_t file[KEYFILE_BYTES];
    (void)state;

    known_file(file);
    file[104 + 7 * SLOT_BYTES + 200] = 1;
    sum_again(file);
    assert_refused(file, sizeof file, VAULT_ERR_DAMAGED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keyfile__opens_one_made_elsewhere),
        cmocka_unit_test(test_keyfile__reads_what_it_wrote),
        cmocka_unit_test(test_keyfile__all_slots_come_back),
        cmocka_unit_test(test_keyfile__does_not_write_what_it_would_refuse),
        cmocka_unit_test(test_keyfile__every_flipped_bit_is_damage),
        cmocka_unit_test(test_keyfile__every_flipped_bit_under_a_new_checksum_is_damage),
        cmocka_unit_test(test_keyfile__another_tree_does_not_open_it),
        cmocka_unit_test(test_keyfile__other_sizes),
        cmocka_unit_test(test_keyfile__wrong_magic_under_a_right_checksum_is_damage),
        cmocka_unit_test(test_keyfile__a_newer_version_is_said_to_be_one),
        cmocka_unit_test(test_keyfile__reserved_bytes_are_zero),
        cmocka_unit_test(test_keyfile__sequence_begins_with_one),
        cmocka_unit_test(test_keyfile__a_third_distinct_cost_is_refused),
        cmocka_unit_test(test_keyfile__shares_do_not_count_as_a_cost),
        cmocka_unit_test(test_keyfile__a_slot_in_a_wrong_place_is_refused),
        cmocka_unit_test(test_keyfile__a_cost_over_the_limit_is_refused),
        cmocka_unit_test(test_keyfile__nothing_hides_in_an_empty_slot),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
