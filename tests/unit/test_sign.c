/* test_sign.c - Ed25519 over a label and a hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "vault/base/bytes.h"
#include "vault/base/sign.h"

/* RFC 8032, 7.1, test 1: seed and public key. The signature over b"withheld:sign:test:1\0" +
 * bytes(range(32)) was made with OpenSSL (python3-cryptography). */
static const char seed_hex[] = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
static const char pk_hex[] = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
static const char sig_hex[] = "b093d1a70999dc5a5498b5a052413e24d9bf63db683296827ff0f7c3ff99f351"
    "52aad5300aee2eb25dd20654734bcee7f09b3574a6991e54789ef7bf68bf5204";
static const char label[] = "withheld:sign:test:1";

struct fixture {
    struct secret *seed;
    uint8_t pk[32], sig[64], hash[32];
};

static int
set_up(void **state)
{
    static struct fixture f;
    uint8_t seed[32];

    if (secret_process_init() != VAULT_OK || !hex_read(seed, 32, seed_hex, 64) ||
            !hex_read(f.pk, 32, pk_hex, 64) || !hex_read(f.sig, 64, sig_hex, 128) ||
            secret_copy(&f.seed, seed, 32) != VAULT_OK)
        return -1;
    for (unsigned i = 0; i < 32; i++)
        f.hash[i] = (uint8_t)i;
    *state = &f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    secret_free(f->seed);
    f->seed = NULL;
    return 0;
}

static void
test_sign__public_key_known_answer(void **state)
{
    struct fixture *f = *state;
    uint8_t pk[32];

    assert_int_equal(sign_public(pk, f->seed), VAULT_OK);
    assert_memory_equal(pk, f->pk, 32);
}

static void
test_sign__signature_known_answer(void **state)
{
    struct fixture *f = *state;
    uint8_t sig[64];

    assert_int_equal(sign_hash(sig, f->seed, label, f->hash), VAULT_OK);
    assert_memory_equal(sig, f->sig, 64);
    assert_int_equal(sign_verify(sig, f->pk, label, f->hash), 1);
}

static void
test_sign__changed_signature_key_label_or_hash_is_refused(void **state)
{
    struct fixture *f = *state;

    for (size_t bit = 0; bit < 512; bit += 5) {
        f->sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(sign_verify(f->sig, f->pk, label, f->hash), 0);
        f->sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(sign_verify(f->sig, f->pk, "withheld:sign:test:2", f->hash), 0);
    assert_int_equal(sign_verify(f->sig, f->pk, "withheld:sign:test:", f->hash), 0);
    f->hash[31] ^= 1;
    assert_int_equal(sign_verify(f->sig, f->pk, label, f->hash), 0);
    f->hash[31] ^= 1;
    f->pk[0] ^= 1;
    assert_int_equal(sign_verify(f->sig, f->pk, label, f->hash), 0);
    f->pk[0] ^= 1;
    assert_int_equal(sign_verify(f->sig, f->pk, label, f->hash), 1);
}

/* With the neutral element as key, R = it and s = 0 would verify over any message. */
static void
test_sign__small_order_key_is_refused(void **state)
{
    struct fixture *f = *state;
    const uint8_t neutral[32] = {1};
    uint8_t sig[64] = {1};

    assert_int_equal(sign_verify(sig, neutral, label, f->hash), 0);
}

static void
test_sign__seed_of_another_length_is_refused(void **state)
{
    struct fixture *f = *state;
    uint8_t sig[64];

    secret_set_len(f->seed, 31);
    assert_int_equal(sign_hash(sig, f->seed, label, f->hash), VAULT_ERR_FAILED);
}

/* 30 + 1 + 32 bytes: under the 64 that minisign's kind of signature is about. */
static void
test_sign__no_label_makes_a_message_of_64_bytes(void **state)
{
    struct fixture *f = *state;
    char text[32] = "1234567890123456789012345678901";
    uint8_t sig[64];

    assert_int_equal(sign_hash(sig, f->seed, text, f->hash), VAULT_ERR_FAILED);
    text[30] = '\0';
    assert_int_equal(sign_hash(sig, f->seed, text, f->hash), VAULT_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sign__public_key_known_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sign__signature_known_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sign__changed_signature_key_label_or_hash_is_refused,
            set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sign__small_order_key_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sign__seed_of_another_length_is_refused, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(test_sign__no_label_makes_a_message_of_64_bytes, set_up,
            tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
