#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <sodium.h>
#include "vault/base/bytes.h"
#include "vault/keys/intake.h"

/*
 * Known answers: a Python program from docs/format.md, section 9 (hashlib, python3-nacl, and an
 * X-Wing of its own, checked with the draft's first test vector). VMK = bytes 00..1f, NSK = 20..3f,
 * vault id = a0..af, record id 30..3f, revision id 70..8f, blob key f0..ff 00..0f, nonce 09..20;
 * X-Wing's encapsulation from the 64 bytes 10..4f.
 */
static const char known_enc_first[] = "eb65a3774994c17f2aa95bc3186b6cf6";
static const char known_enc_hash[] =
    "09c6150a8eb0e12b45e31d15ccc039094a1861ddc052e7fdbdf373b82a2d5bfa";
static const char known_key[] = "8b2bbdb94dcfedaa4a46655e2aeb4d1e62ff58b18cb5cabcf0c5fb293abb504d";
static const char known_by_name[] =
    "01090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20e6f5b0e2b3a886"
    "cfd0fcd9a78fd0694103951b48e0c76c918778c95215a3456df8671d4b0fde4d"
    "e214c539de225f749a";
static const char known_by_intake_box[] =
    "090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f206b294cc4bb85e266"
    "f63071b9e86f2d34105fab7da5a9249a603142c2454979fa8591a389c5e173b5"
    "3f13bf1bc895846b";

static const char label[] = "withheld:inner:1";
static uint8_t aad[sizeof label + 16 + 16 + 32], blob_key[32], nonce[24];

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

static int
make_inputs(void **state)
{
    (void)state;
    memcpy(aad, label, sizeof label);
    counting(aad + sizeof label, 16, 0xa0);
    counting(aad + sizeof label + 16, 16, 0x30);
    counting(aad + sizeof label + 32, 32, 0x70);
    counting(blob_key, sizeof blob_key, 0xf0);
    counting(nonce, sizeof nonce, 9);
    return 0;
}

static void
tree_of(struct key_tree *t, uint8_t nsk_first)
{
    struct secret *vmk = key_of(0x00);
    struct secret *nsk = nsk_first == 0 ? NULL : key_of(nsk_first);

    assert_int_equal(tree_derive(t, &vmk, &nsk), VAULT_OK);
}

static void
card_of(struct card *c, const struct key_tree *t)
{
    struct buf b = BUF_INIT;
    uint8_t vault_id[VAULT_ID_BYTES];

    counting(vault_id, sizeof vault_id, 0xa0);
    assert_int_equal(card_build(&b, t, vault_id), VAULT_OK);
    assert_int_equal(card_read(c, b.p, b.n), VAULT_OK);
    buf_free(&b);
}

/* The known encapsulation, by libsodium's deterministic variant. */
static void
known_enc(uint8_t enc[INTAKE_ENC_BYTES], const struct card *c)
{
    uint8_t seed[64], shared[32], first[16];

    counting(seed, sizeof seed, 0x10);
    assert_int_equal(crypto_kem_xwing_enc_deterministic(enc, shared, c->intake_pk, seed), 0);
    unhex(first, sizeof first, known_enc_first);
    assert_memory_equal(enc, first, sizeof first);
}

static void
assert_is(const struct secret *s, const char *hex)
{
    uint8_t want[32];

    unhex(want, sizeof want, hex);
    assert_int_equal(secret_len(s), sizeof want);
    assert_memory_equal(secret_bytes(s), want, sizeof want);
}

static void
assert_stays_shut(const struct secret *key, struct part with, const uint8_t box[72])
{
    uint8_t out[32], was[32];

    memset(out, 0xEE, sizeof out);
    memset(was, 0xEE, sizeof was);
    assert_int_equal(wrap_open(out, key, with, box), -1);
    assert_memory_equal(out, was, sizeof out);
}

/* draft-connolly-cfrg-xwing-kem, Appendix C, first vector. */
static void
test_intake__libsodium_has_the_x_wing_of_the_draft(void **state)
{
    uint8_t seed[32], eseed[64], want[32], pk[1216], sk[32], ct[1120], ss[32], again[32];
    (void)state;

    unhex(seed, 32, "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26");
    unhex(eseed, 64, "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2"
        "35b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2");
    unhex(want, 32, "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384");
    assert_int_equal(crypto_kem_seed_keypair(pk, sk, seed), 0);
    assert_int_equal(crypto_kem_xwing_enc_deterministic(ct, ss, pk, eseed), 0);
    assert_memory_equal(ss, want, 32);
    assert_int_equal(crypto_kem_dec(again, ct, sk), 0);
    assert_memory_equal(again, want, 32);
}

static void
test_intake__decapsulation_known_answer(void **state)
{
    uint8_t enc[INTAKE_ENC_BYTES];
    struct key_tree t = {0};
    struct secret *key = NULL;
    struct card c;
    (void)state;

    tree_of(&t, 0x20);
    card_of(&c, &t);
    known_enc(enc, &c);
    assert_int_equal(intake_decapsulate(&key, enc, &t), VAULT_OK);
    assert_is(key, known_key);
    secret_free(key);
    tree_free(&t);
}

static void
test_intake__wraps_known_answers(void **state)
{
    uint8_t by_name[WRAP_NAME_BYTES], by_intake[WRAP_INTAKE_BYTES], want[WRAP_INTAKE_BYTES];
    uint8_t enc[INTAKE_ENC_BYTES];
    struct key_tree t = {0};
    struct secret *key = key_of(0);
    struct card c;
    (void)state;

    tree_of(&t, 0x20);
    card_of(&c, &t);
    known_enc(enc, &c);
    wrap_by_name(by_name, t.k_name, PART(aad, sizeof aad), blob_key, nonce);
    unhex(want, WRAP_NAME_BYTES, known_by_name);
    assert_memory_equal(by_name, want, WRAP_NAME_BYTES);

    unhex(secret_edit(key), 32, known_key);
    wrap_by_intake(by_intake, key, enc, PART(aad, sizeof aad), blob_key, nonce);
    want[0] = WRAP_INTAKE;
    unhex(want + 1, 32, known_enc_hash);
    unhex(want + 33, 72, known_by_intake_box);
    assert_memory_equal(by_intake, want, WRAP_INTAKE_BYTES);
    secret_free(key);
    tree_free(&t);
}

static void
test_intake__a_keeper_opens_what_was_sealed_to_the_card(void **state)
{
    uint8_t enc[INTAKE_ENC_BYTES], out[WRAP_INTAKE_BYTES], opened[32];
    struct secret *sealing = NULL, *opening = NULL;
    struct key_tree t = {0};
    struct card c;
    (void)state;

    tree_of(&t, 0x20);
    card_of(&c, &t);
    assert_int_equal(intake_encapsulate(&sealing, enc, &c), VAULT_OK);
    wrap_by_intake(out, sealing, enc, PART(aad, sizeof aad), blob_key, nonce);
    assert_int_equal(intake_decapsulate(&opening, enc, &t), VAULT_OK);
    assert_true(secret_equal(sealing, opening));
    assert_int_equal(wrap_open(opened, opening, PART(aad, sizeof aad), out + 33), 0);
    assert_memory_equal(opened, blob_key, sizeof opened);
    secret_free(sealing);
    secret_free(opening);
    tree_free(&t);
}

static void
test_intake__two_encapsulations_differ(void **state)
{
    uint8_t a[INTAKE_ENC_BYTES], b[INTAKE_ENC_BYTES];
    struct secret *first = NULL, *second = NULL;
    struct key_tree t = {0};
    struct card c;
    (void)state;

    tree_of(&t, 0x20);
    card_of(&c, &t);
    assert_int_equal(intake_encapsulate(&first, a, &c), VAULT_OK);
    assert_int_equal(intake_encapsulate(&second, b, &c), VAULT_OK);
    assert_memory_not_equal(a, b, sizeof a);
    assert_false(secret_equal(first, second));
    secret_free(first);
    secret_free(second);
    tree_free(&t);
}

static void
test_intake__a_changed_encapsulation_opens_nothing(void **state)
{
    uint8_t enc[INTAKE_ENC_BYTES], out[WRAP_INTAKE_BYTES];
    struct secret *sealing = NULL;
    struct key_tree t = {0};
    struct card c;
    (void)state;

    tree_of(&t, 0x20);
    card_of(&c, &t);
    assert_int_equal(intake_encapsulate(&sealing, enc, &c), VAULT_OK);
    wrap_by_intake(out, sealing, enc, PART(aad, sizeof aad), blob_key, nonce);
    for (size_t i = 0; i < sizeof enc; i += 37) {
        struct secret *opening = NULL;

        enc[i] ^= 1;
        if (intake_decapsulate(&opening, enc, &t) == VAULT_OK)
            assert_stays_shut(opening, PART(aad, sizeof aad), out + 33);
        secret_free(opening);
        enc[i] ^= 1;
    }
    secret_free(sealing);
    tree_free(&t);
}

/* The X25519 half of the ciphertext is its last 32 bytes, that of the public key as well. */
static void
test_intake__points_of_low_order_are_refused(void **state)
{
    uint8_t enc[INTAKE_ENC_BYTES], was[INTAKE_ENC_BYTES];
    struct secret *key = NULL;
    struct key_tree t = {0};
    struct card c;
    (void)state;

    tree_of(&t, 0x20);
    card_of(&c, &t);
    known_enc(enc, &c);
    memset(enc + sizeof enc - 32, 0, 32);
    assert_int_equal(intake_decapsulate(&key, enc, &t), VAULT_ERR_DAMAGED);
    assert_null(key);

    memset(c.intake_pk + sizeof c.intake_pk - 32, 0, 32);
    memcpy(was, enc, sizeof was);
    assert_int_equal(intake_encapsulate(&key, enc, &c), VAULT_ERR_DAMAGED);
    assert_null(key);
    assert_memory_equal(enc, was, sizeof enc);
    tree_free(&t);
}

static void
test_intake__is_not_opened_in_the_case_tier(void **state)
{
    uint8_t enc[INTAKE_ENC_BYTES] = {0};
    struct secret *key = NULL;
    struct key_tree t = {0};
    (void)state;

    tree_of(&t, 0);
    assert_int_equal(intake_decapsulate(&key, enc, &t), VAULT_ERR_KEY);
    assert_null(key);
    tree_free(&t);
}

static void
test_intake__another_keeper_does_not_open_it(void **state)
{
    uint8_t enc[INTAKE_ENC_BYTES], out[WRAP_INTAKE_BYTES];
    struct secret *sealing = NULL, *opening = NULL;
    struct key_tree t = {0}, other = {0};
    struct card c;
    (void)state;

    tree_of(&t, 0x20);
    tree_of(&other, 0x21);
    card_of(&c, &t);
    assert_int_equal(intake_encapsulate(&sealing, enc, &c), VAULT_OK);
    wrap_by_intake(out, sealing, enc, PART(aad, sizeof aad), blob_key, nonce);
    assert_int_equal(intake_decapsulate(&opening, enc, &other), VAULT_OK);
    assert_stays_shut(opening, PART(aad, sizeof aad), out + 33);
    secret_free(sealing);
    secret_free(opening);
    tree_free(&t);
    tree_free(&other);
}

static void
test_intake__a_wrap_belongs_to_its_place(void **state)
{
    uint8_t out[WRAP_NAME_BYTES], opened[32];
    struct secret *wrong = key_of(0x33);
    struct key_tree t = {0};
    (void)state;

    tree_of(&t, 0x20);
    wrap_by_name(out, t.k_name, PART(aad, sizeof aad), blob_key, nonce);
    assert_int_equal(out[0], WRAP_NAME);
    assert_int_equal(wrap_open(opened, t.k_name, PART(aad, sizeof aad), out + 1), 0);
    assert_memory_equal(opened, blob_key, sizeof opened);
    for (size_t i = 0; i < sizeof aad; i++) {
        aad[i] ^= 1;
        assert_stays_shut(t.k_name, PART(aad, sizeof aad), out + 1);
        aad[i] ^= 1;
    }
    for (size_t i = 1; i < sizeof out; i++) {
        out[i] ^= 1;
        assert_stays_shut(t.k_name, PART(aad, sizeof aad), out + 1);
        out[i] ^= 1;
    }
    assert_stays_shut(wrong, PART(aad, sizeof aad), out + 1);
    secret_free(wrong);
    tree_free(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_intake__libsodium_has_the_x_wing_of_the_draft),
        cmocka_unit_test(test_intake__decapsulation_known_answer),
        cmocka_unit_test(test_intake__wraps_known_answers),
        cmocka_unit_test(test_intake__a_keeper_opens_what_was_sealed_to_the_card),
        cmocka_unit_test(test_intake__two_encapsulations_differ),
        cmocka_unit_test(test_intake__a_changed_encapsulation_opens_nothing),
        cmocka_unit_test(test_intake__points_of_low_order_are_refused),
        cmocka_unit_test(test_intake__is_not_opened_in_the_case_tier),
        cmocka_unit_test(test_intake__another_keeper_does_not_open_it),
        cmocka_unit_test(test_intake__a_wrap_belongs_to_its_place),
    };

    if (secret_process_init() != VAULT_OK || make_inputs(NULL) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
