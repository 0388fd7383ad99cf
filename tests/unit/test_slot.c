#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "vault/base/bytes.h"
#include "vault/base/hash.h"
#include "vault/keys/slot.h"

/*
 * Known answers: hashlib.blake2b and python3-nacl, from docs/format.md, section 5, with vault id =
 * bytes a0..af, S = 40..5f, slot secret = 60..7f, VMK = 00..1f, X = 20..3f, ephemeral scalar =
 * 90..af, nonces 01..18 and 02..19; header: id d0..d7, index 3, passphrase, keeper, 64 MiB,
 * 3 passes, 4 lanes.
 */
static const char known_slot[] =
    "d0d1d2d3d4d5d6d7030102000000010003000000040000007fb09cd577adc757"
    "c480ad671c70348ae13317bc567f142a0bf334da9bd6e6450102030405060708"
    "090a0b0c0d0e0f101112131415161718fb9fcc70af6c9c838d4b28e35fa449f2"
    "7c9e8ed20361000ba495b4cbe0a9f60189282acab0cd0810fe6a55d182fe7164"
    "9fd7ad6dcff4298dd3f96d5b1b2af910a0535b1488d7f8fabb349a982880b615"
    "02030405060708090a0b0c0d0e0f10111213141516171819989b1f15ea37254f"
    "cb0ccf1c1bef3310723f52dd14791088fee985dcb1ce3bd9e8bcefce414e37d1"
    "c3c127eebb77023907f9492de2317e6a6d52b2dc7b83bd7eef858c576e22dbb0"
    "717bc5ed0bad37f2";

static const struct slot_header head_3 = {
    .id = {0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7}, .index = 3, .kind = SLOT_PASS,
    .tier = TIER_KEEPER, .cost = {65536, 3, 4}};

static uint8_t vault_id[VAULT_ID_BYTES];

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

static void
assert_is(const struct secret *s, const char *hex)
{
    uint8_t want[32];

    unhex(want, sizeof want, hex);
    assert_int_equal(secret_len(s), sizeof want);
    assert_memory_equal(secret_bytes(s), want, sizeof want);
}

/* Everything a slot is sealed from. */
struct kit {
    struct secret *s, *slot_secret, *vmk, *x;
    struct slot_keys keys;
};

static void
kit_make(struct kit *k)
{
    memset(k, 0, sizeof *k);
    k->s = key_of(0x40);
    k->slot_secret = key_of(0x60);
    k->vmk = key_of(0x00);
    k->x = key_of(0x20);
    assert_int_equal(slot_keys_derive(&k->keys, k->slot_secret), VAULT_OK);
}

static void
kit_free(struct kit *k)
{
    secret_free(k->s);
    secret_free(k->slot_secret);
    secret_free(k->vmk);
    secret_free(k->x);
    slot_keys_free(&k->keys);
}

/* Opening must end with `want` and leave all outputs as they were. */
static void
assert_stays_shut(const struct slot *slot, const struct secret *s, vault_err want)
{
    struct slot_keys keys, keys_were;
    struct secret *vmk = (struct secret *)&vmk, *x = (struct secret *)&x;

    memset(&keys, 0xEE, sizeof keys);
    memset(&keys_were, 0xEE, sizeof keys_were);
    assert_int_equal(slot_open(&keys, &vmk, &x, slot, vault_id, s), want);
    assert_memory_equal(&keys, &keys_were, sizeof keys);
    assert_ptr_equal(vmk, &vmk);
    assert_ptr_equal(x, &x);
}

static void
assert_opens_to(const struct slot *slot, const struct secret *s, const struct kit *k)
{
    struct slot_keys keys = {0};
    struct secret *vmk = NULL, *x = NULL;

    assert_int_equal(slot_fits(slot, vault_id, s), 1);
    assert_int_equal(slot_open(&keys, &vmk, &x, slot, vault_id, s), VAULT_OK);
    assert_true(secret_equal(vmk, k->vmk));
    assert_true(secret_equal(x, k->x));
    assert_true(secret_equal(keys.slot_secret, k->slot_secret));
    assert_true(secret_equal(keys.slot_key, k->keys.slot_key));
    assert_true(secret_equal(keys.x25519, k->keys.x25519));
    assert_true(secret_equal(keys.author_seed, k->keys.author_seed));
    assert_memory_equal(keys.x25519_pk, k->keys.x25519_pk, 32);
    assert_memory_equal(keys.author_pk, k->keys.author_pk, 32);
    slot_keys_free(&keys);
    secret_free(vmk);
    secret_free(x);
}

/* ---- keys ---- */

static void
test_slot__keys_known_answer(void **state)
{
    struct kit k;
    uint8_t pk[32];
    (void)state;

    kit_make(&k);
    assert_true(secret_equal(k.keys.slot_secret, k.slot_secret));
    assert_is(k.keys.slot_key, "069f4469070566162f9a06c6d6a04dedcdb63c647689418bd3db8bd27f523c93");
    assert_is(k.keys.x25519, "99380f776dfa73f2abf5f57c8333dcec2d0962e206f36d89c83a0053720675a3");
    assert_is(k.keys.author_seed,
        "c1d7673564991a0053830d13b592678b0bff6cbea1eaa204a26adde61b515a8d");
    unhex(pk, sizeof pk, "d604ef1863434ac1e285527355213346c194e6618cbd8695ef91d3ed71dd5b66");
    assert_memory_equal(k.keys.x25519_pk, pk, sizeof pk);
    unhex(pk, sizeof pk, "e02e4a3348e3463fce184983e459e92999b24a2b0ab662233cf7d0a954577a11");
    assert_memory_equal(k.keys.author_pk, pk, sizeof pk);
    kit_free(&k);
}

static void
test_slot__keys_free_leaves_nothing_and_may_come_twice(void **state)
{
    struct slot_keys none = {0};
    struct kit k;
    (void)state;

    kit_make(&k);
    slot_keys_free(&k.keys);
    assert_memory_equal(&k.keys, &none, sizeof none);
    kit_free(&k);
}

/* ---- sealing and opening ---- */

static void
test_slot__opens_one_made_elsewhere(void **state)
{
    uint8_t bytes[SLOT_BYTES], again[SLOT_BYTES];
    struct slot slot;
    struct kit k;
    (void)state;

    kit_make(&k);
    unhex(bytes, sizeof bytes, known_slot);
    assert_int_equal(slot_decode(&slot, bytes, 3), VAULT_OK);
    assert_opens_to(&slot, k.s, &k);
    slot_encode(again, &slot);
    assert_memory_equal(again, bytes, sizeof bytes);
    kit_free(&k);
}

static void
test_slot__opens_what_it_sealed(void **state)
{
    struct slot_header head = head_3;
    uint8_t bytes[SLOT_BYTES], again[SLOT_BYTES];
    struct slot made, read;
    struct kit k;
    (void)state;

    kit_make(&k);
    for (unsigned kind = SLOT_PASS; kind <= SLOT_SHARES; kind++) {
        head.kind = (enum slot_kind)kind;
        if (head.kind == SLOT_SHARES)
            head.cost = (struct kdf_cost){0};
        assert_int_equal(slot_seal(&made, &head, vault_id, k.s, &k.keys, k.vmk, k.x), VAULT_OK);
        slot_encode(bytes, &made);
        assert_int_equal(slot_decode(&read, bytes, 3), VAULT_OK);
        slot_encode(again, &read);
        assert_memory_equal(again, bytes, sizeof bytes);
        assert_int_equal(read.head.kind, kind);
        assert_int_equal(read.head.tier, TIER_KEEPER);
        assert_true(kdf_cost_equal(&read.head.cost, &head.cost));
        assert_opens_to(&read, k.s, &k);
    }
    kit_free(&k);
}

/* Equal boxes would show who seals what anew. */
static void
test_slot__two_seals_have_nothing_in_common(void **state)
{
    struct slot a, b;
    struct kit k;
    (void)state;

    kit_make(&k);
    assert_int_equal(slot_seal(&a, &head_3, vault_id, k.s, &k.keys, k.vmk, k.x), VAULT_OK);
    assert_int_equal(slot_seal(&b, &head_3, vault_id, k.s, &k.keys, k.vmk, k.x), VAULT_OK);
    assert_memory_equal(a.commitment, b.commitment, sizeof a.commitment);
    assert_memory_not_equal(a.box1, b.box1, 24);
    assert_memory_not_equal(a.box2, b.box2, 32);
    assert_memory_not_equal(a.box2 + 32, b.box2 + 32, 24);
    kit_free(&k);
}

static void
test_slot__reseal_changes_box_2_alone(void **state)
{
    struct slot before, slot;
    struct kit k;
    (void)state;

    kit_make(&k);
    assert_int_equal(slot_seal(&slot, &head_3, vault_id, k.s, &k.keys, k.vmk, k.x), VAULT_OK);
    memcpy(&before, &slot, sizeof slot);
    secret_free(k.vmk);
    secret_free(k.x);
    k.vmk = key_of(0xB0);
    k.x = key_of(0xC0);
    assert_int_equal(slot_reseal(&slot, k.keys.slot_key, k.keys.x25519_pk, k.vmk, k.x), VAULT_OK);
    assert_opens_to(&slot, k.s, &k);
    assert_memory_equal(&slot.head, &before.head, sizeof slot.head);
    assert_memory_equal(slot.commitment, before.commitment, sizeof slot.commitment);
    assert_memory_equal(slot.box1, before.box1, sizeof slot.box1);
    kit_free(&k);
}

/* The public key is in the database, where a case holder can read it; a slot key alone is no use
 * either without it. */
static void
test_slot__box_2_needs_slot_key_and_public_key(void **state)
{
    struct secret *other = key_of(0xB0);
    struct slot_keys others = {0};
    struct slot good, slot;
    struct kit k;
    (void)state;

    kit_make(&k);
    assert_int_equal(slot_keys_derive(&others, other), VAULT_OK);
    assert_int_equal(slot_seal(&good, &head_3, vault_id, k.s, &k.keys, k.vmk, k.x), VAULT_OK);
    slot = good;
    assert_int_equal(slot_reseal(&slot, others.slot_key, k.keys.x25519_pk, k.vmk, k.x), VAULT_OK);
    assert_stays_shut(&slot, k.s, VAULT_ERR_DAMAGED);
    slot = good;
    assert_int_equal(slot_reseal(&slot, k.keys.slot_key, others.x25519_pk, k.vmk, k.x), VAULT_OK);
    assert_stays_shut(&slot, k.s, VAULT_ERR_DAMAGED);
    slot_keys_free(&others);
    secret_free(other);
    kit_free(&k);
}

static void
test_slot__wrong_passphrase_leaves_output_alone(void **state)
{
    struct secret *wrong = key_of(0x41);
    struct slot slot;
    struct kit k;
    (void)state;

    kit_make(&k);
    assert_int_equal(slot_seal(&slot, &head_3, vault_id, k.s, &k.keys, k.vmk, k.x), VAULT_OK);
    assert_int_equal(slot_fits(&slot, vault_id, wrong), 0);
    assert_stays_shut(&slot, wrong, VAULT_ERR_KEY);
    secret_free(wrong);
    kit_free(&k);
}

static void
test_slot__belongs_to_its_vault_and_header(void **state)
{
    struct slot slot, moved;
    struct kit k;
    (void)state;

    kit_make(&k);
    assert_int_equal(slot_seal(&slot, &head_3, vault_id, k.s, &k.keys, k.vmk, k.x), VAULT_OK);
    vault_id[0] ^= 1;
    assert_stays_shut(&slot, k.s, VAULT_ERR_KEY);
    vault_id[0] ^= 1;
    moved = slot;
    moved.head.index = 4;
    assert_stays_shut(&moved, k.s, VAULT_ERR_KEY);
    moved = slot;
    moved.head.tier = TIER_CASE;
    assert_stays_shut(&moved, k.s, VAULT_ERR_KEY);
    moved = slot;
    moved.head.kind = SLOT_PASS_KEYFILE;
    assert_stays_shut(&moved, k.s, VAULT_ERR_KEY);
    moved = slot;
    moved.head.cost.passes++;
    assert_stays_shut(&moved, k.s, VAULT_ERR_KEY);
    moved = slot;
    moved.head.id[7] ^= 1;
    assert_stays_shut(&moved, k.s, VAULT_ERR_KEY);
    assert_opens_to(&slot, k.s, &k);
    kit_free(&k);
}

static void
test_slot__an_empty_one_never_opens(void **state)
{
    struct slot slot = {0};
    struct kit k;
    (void)state;

    kit_make(&k);
    assert_int_equal(slot_fits(&slot, vault_id, k.s), 0);
    assert_stays_shut(&slot, k.s, VAULT_ERR_KEY);
    kit_free(&k);
}

/* Damage must never look like a wrong passphrase, nor the other way round. */
static void
test_slot__damage_behind_the_commitment_is_damage(void **state)
{
    uint8_t bytes[SLOT_BYTES];
    struct slot good, slot;
    struct kit k;
    (void)state;

    kit_make(&k);
    assert_int_equal(slot_seal(&good, &head_3, vault_id, k.s, &k.keys, k.vmk, k.x), VAULT_OK);
    for (size_t i = 24; i < SLOT_BYTES; i++) {
        slot_encode(bytes, &good);
        bytes[i] ^= 1;
        assert_int_equal(slot_decode(&slot, bytes, 3), VAULT_OK);
        assert_stays_shut(&slot, k.s, i < 56 ? VAULT_ERR_KEY : VAULT_ERR_DAMAGED);
    }
    kit_free(&k);
}

/* With a public key of low order everybody knows the result of X25519. (0, 1, -1 mod 2^255-19) */
static void
test_slot__points_of_low_order_are_refused(void **state)
{
    uint8_t low[3][32] = {{0}, {1}, {0}};
    struct slot good, slot;
    struct kit k;
    (void)state;

    memset(low[2], 0xFF, 32);
    low[2][0] = 0xEC;
    low[2][31] = 0x7F;
    kit_make(&k);
    assert_int_equal(slot_seal(&good, &head_3, vault_id, k.s, &k.keys, k.vmk, k.x), VAULT_OK);
    for (size_t i = 0; i < 3; i++) {
        slot = good;
        memcpy(slot.box2, low[i], 32);
        assert_stays_shut(&slot, k.s, VAULT_ERR_DAMAGED);
        memcpy(&slot, &good, sizeof slot);
        assert_int_equal(slot_reseal(&slot, k.keys.slot_key, low[i], k.vmk, k.x),
            VAULT_ERR_DAMAGED);
        assert_memory_equal(&slot, &good, sizeof good);
    }
    kit_free(&k);
}

/*
 * A partitioning oracle (Len, Grubbs, Ristenpart, USENIX Security 2021): this box 1 opens under the
 * wrap keys of S = 40..5f and of S = 41..60 alike, found by solving Poly1305's polynomials for one
 * ciphertext block (in Python, checked with python3-nacl). The commitment lets each S open its own
 * slot only.
 */
static void
test_slot__a_box_that_opens_under_two_keys_is_refused(void **state)
{
    struct secret *second = key_of(0x41);
    uint8_t wrap[32], opened[32], bytes[SLOT_BYTES];
    struct slot slot;
    struct kit k;
    (void)state;

    kit_make(&k);
    unhex(bytes, sizeof bytes, known_slot);
    assert_int_equal(slot_decode(&slot, bytes, 3), VAULT_OK);
    unhex(slot.box1, sizeof slot.box1,
        "0708090a0b0c0d0e0f101112131415161718191a1b1c1d1e11d2df4e979aa105"
    "cf552e9544ebd2b5df5493af0ed6b58c88a4356e83aeaaa17727fa3a0cb08367"
    "08b8382ca7e6609c");
    unhex(wrap, sizeof wrap, "d8775d772c8af793355aa89734654b1bd12128208711daede469dbfe31ca2a18");
    assert_int_equal(box_open(opened, wrap, PART(bytes, 24), PART(slot.box1, 72)), 0);
    unhex(wrap, sizeof wrap, "a9802b8deffa2ebc6b57eef1d14853d9145adfd19bbf6b4401f7a3a1f5345764");
    assert_int_equal(box_open(opened, wrap, PART(bytes, 24), PART(slot.box1, 72)), 0);

    assert_stays_shut(&slot, k.s, VAULT_ERR_DAMAGED);   /* all fits but box 2 */
    assert_stays_shut(&slot, second, VAULT_ERR_KEY);
    memset(slot.commitment, 0, sizeof slot.commitment);
    assert_stays_shut(&slot, k.s, VAULT_ERR_KEY);
    assert_stays_shut(&slot, second, VAULT_ERR_KEY);
    secret_free(second);
    kit_free(&k);
}

/* ---- reading ---- */

static void
assert_refused(const uint8_t bytes[SLOT_BYTES], unsigned index)
{
    struct slot out, was;

    memset(&out, 0xEE, sizeof out);
    memset(&was, 0xEE, sizeof was);
    assert_int_equal(slot_decode(&out, bytes, index), VAULT_ERR_DAMAGED);
    assert_memory_equal(&out, &was, sizeof out);
}

static void
test_slot__an_empty_one_is_zero_or_refused(void **state)
{
    uint8_t bytes[SLOT_BYTES] = {0}, again[SLOT_BYTES];
    struct slot slot;
    (void)state;

    assert_int_equal(slot_decode(&slot, bytes, 5), VAULT_OK);
    assert_int_equal(slot.head.kind, SLOT_EMPTY);
    slot_encode(again, &slot);
    assert_memory_equal(again, bytes, sizeof bytes);
    for (size_t i = 0; i < SLOT_BYTES; i++) {
        bytes[i] = 1;
        if (i != 9)
            assert_refused(bytes, 5);
        bytes[i] = 0;
    }
}

struct change {
    size_t at;
    uint8_t is;
};

static void
test_slot__headers_that_break_a_rule_are_refused(void **state)
{
    static const struct change bad[] = {
        {8, 2}, {8, 11},                        /* index */
        {9, 4}, {9, 255},                       /* kind */
        {9, 3},                                 /* shares with a cost */
        {10, 0}, {10, 3}, {10, 255},            /* tier */
        {11, 1}, {11, 128},                     /* flags */
        {14, 0}, {15, 1},                       /* memory 0, 16 GiB */
        {16, 0}, {17, 1}, {19, 255},            /* passes 0, 259, very many */
        {20, 0}, {20, 1}, {20, 3}, {20, 5}, {23, 1},    /* lanes */
    };
    uint8_t good[SLOT_BYTES], bytes[SLOT_BYTES];
    (void)state;

    unhex(good, sizeof good, known_slot);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        memcpy(bytes, good, sizeof bytes);
        bytes[bad[i].at] = bad[i].is;
        assert_refused(bytes, 3);
    }
    assert_refused(good, 2);
}

static void
test_slot__shares_have_no_cost_and_are_for_keepers(void **state)
{
    uint8_t bytes[SLOT_BYTES];
    struct slot slot;
    (void)state;

    unhex(bytes, sizeof bytes, known_slot);
    bytes[9] = SLOT_SHARES;
    memset(bytes + 12, 0, 12);
    assert_int_equal(slot_decode(&slot, bytes, 3), VAULT_OK);
    for (size_t i = 12; i < 24; i++) {
        bytes[i] = 1;
        assert_refused(bytes, 3);
        bytes[i] = 0;
    }
    bytes[10] = TIER_CASE;
    assert_refused(bytes, 3);
}

static void
test_slot__is_not_made_with_a_header_that_would_be_refused(void **state)
{
    struct slot_header bad[5];
    struct slot slot, was;
    struct kit k;
    (void)state;

    kit_make(&k);
    for (size_t i = 0; i < 5; i++)
        bad[i] = head_3;
    bad[0].kind = SLOT_EMPTY;
    bad[1].kind = SLOT_SHARES;      /* with a cost */
    bad[2].tier = (enum slot_tier)0;
    bad[3].cost.mem_kib = KDF_MAX_MEM_KIB + 1;
    bad[4].cost.lanes = 1;
    memset(&slot, 0xEE, sizeof slot);
    memset(&was, 0xEE, sizeof was);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(slot_seal(&slot, &bad[i], vault_id, k.s, &k.keys, k.vmk, k.x),
            VAULT_ERR_FAILED);
        assert_memory_equal(&slot, &was, sizeof slot);
    }
    kit_free(&k);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slot__keys_known_answer),
        cmocka_unit_test(test_slot__keys_free_leaves_nothing_and_may_come_twice),
        cmocka_unit_test(test_slot__opens_one_made_elsewhere),
        cmocka_unit_test(test_slot__opens_what_it_sealed),
        cmocka_unit_test(test_slot__two_seals_have_nothing_in_common),
        cmocka_unit_test(test_slot__reseal_changes_box_2_alone),
        cmocka_unit_test(test_slot__box_2_needs_slot_key_and_public_key),
        cmocka_unit_test(test_slot__wrong_passphrase_leaves_output_alone),
        cmocka_unit_test(test_slot__belongs_to_its_vault_and_header),
        cmocka_unit_test(test_slot__an_empty_one_never_opens),
        cmocka_unit_test(test_slot__damage_behind_the_commitment_is_damage),
        cmocka_unit_test(test_slot__points_of_low_order_are_refused),
        cmocka_unit_test(test_slot__a_box_that_opens_under_two_keys_is_refused),
        cmocka_unit_test(test_slot__an_empty_one_is_zero_or_refused),
        cmocka_unit_test(test_slot__headers_that_break_a_rule_are_refused),
        cmocka_unit_test(test_slot__shares_have_no_cost_and_are_for_keepers),
        cmocka_unit_test(test_slot__is_not_made_with_a_header_that_would_be_refused),
    };

    counting(vault_id, sizeof vault_id, 0xa0);
    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
