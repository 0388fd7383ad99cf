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
 * vault id = a0..af; X-Wing's encapsulation from the 64 bytes 10..4f.
 */
static const char known_enc_first[] = "eb65a3774994c17f2aa95bc3186b6cf6";
static const char known_enc_hash[] =
    "09c6150a8eb0e12b45e31d15ccc039094a1861ddc052e7fdbdf373b82a2d5bfa";
static const char known_key[] = "8b2bbdb94dcfedaa4a46655e2aeb4d1e62ff58b18cb5cabcf0c5fb293abb504d";
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
    assert_int_equal(intake_decapsulate(&key, enc, t.intake_seed), VAULT_OK);
    assert_is(key, known_key);
    secret_free(key);
    tree_free(&t);
}

static void
test_intake__enc_hash_known_answer(void **state)
{
    uint8_t enc[INTAKE_ENC_BYTES], hash[32], want[32];
    struct key_tree t = {0};
    struct card c;
    (void)state;

    tree_of(&t, 0x20);
    card_of(&c, &t);
    known_enc(enc, &c);
    intake_enc_hash(hash, enc);
    unhex(want, sizeof want, known_enc_hash);
    assert_memory_equal(hash, want, sizeof hash);
    tree_free(&t);
}

static void
test_intake__a_keeper_finds_the_key_that_was_sealed_to_the_card(void **state)
{
    uint8_t enc[INTAKE_ENC_BYTES];
    struct secret *sealing = NULL, *opening = NULL;
    struct key_tree t = {0};
    struct card c;
    (void)state;

    tree_of(&t, 0x20);
    card_of(&c, &t);
    assert_int_equal(intake_encapsulate(&sealing, enc, &c), VAULT_OK);
    assert_int_equal(intake_decapsulate(&opening, enc, t.intake_seed), VAULT_OK);
    assert_true(secret_equal(sealing, opening));
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
test_intake__a_changed_encapsulation_gives_another_key_or_none(void **state)
{
    uint8_t enc[INTAKE_ENC_BYTES];
    struct secret *sealing = NULL;
    struct key_tree t = {0};
    struct card c;
    (void)state;

    tree_of(&t, 0x20);
    card_of(&c, &t);
    assert_int_equal(intake_encapsulate(&sealing, enc, &c), VAULT_OK);
    for (size_t i = 0; i < sizeof enc; i += 37) {
        struct secret *opening = NULL;

        enc[i] ^= 1;
        if (intake_decapsulate(&opening, enc, t.intake_seed) == VAULT_OK)
            assert_false(secret_equal(opening, sealing));
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
    assert_int_equal(intake_decapsulate(&key, enc, t.intake_seed), VAULT_ERR_DAMAGED);
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
    assert_int_equal(intake_decapsulate(&key, enc, t.intake_seed), VAULT_ERR_KEY);
    assert_null(key);
    tree_free(&t);
}

static void
test_intake__another_keeper_gets_another_key(void **state)
{
    uint8_t enc[INTAKE_ENC_BYTES];
    struct secret *sealing = NULL, *opening = NULL;
    struct key_tree t = {0}, other = {0};
    struct card c;
    (void)state;

    tree_of(&t, 0x20);
    tree_of(&other, 0x21);
    card_of(&c, &t);
    assert_int_equal(intake_encapsulate(&sealing, enc, &c), VAULT_OK);
    assert_int_equal(intake_decapsulate(&opening, enc, other.intake_seed), VAULT_OK);
    assert_false(secret_equal(opening, sealing));
    secret_free(sealing);
    secret_free(opening);
    tree_free(&t);
    tree_free(&other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_intake__libsodium_has_the_x_wing_of_the_draft),
        cmocka_unit_test(test_intake__decapsulation_known_answer),
        cmocka_unit_test(test_intake__enc_hash_known_answer),
        cmocka_unit_test(test_intake__a_keeper_finds_the_key_that_was_sealed_to_the_card),
        cmocka_unit_test(test_intake__two_encapsulations_differ),
        cmocka_unit_test(test_intake__a_changed_encapsulation_gives_another_key_or_none),
        cmocka_unit_test(test_intake__points_of_low_order_are_refused),
        cmocka_unit_test(test_intake__is_not_opened_in_the_case_tier),
        cmocka_unit_test(test_intake__another_keeper_gets_another_key),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
