#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <sodium.h>
#include "vault/base/bytes.h"
#include "vault/base/secret.h"
#include "vault/store/merkle.h"

#define LEAVES_MAX 300

/* Leaf i is the 48 bytes i, i + 1, i + 2, ... */
static void
leaf(uint8_t pair[PAIR_BYTES], size_t i)
{
    for (size_t j = 0; j < PAIR_BYTES; j++)
        pair[j] = (uint8_t)(i + j);
}

static void
root_of(uint8_t out[32], size_t n)
{
    uint8_t pair[PAIR_BYTES];
    struct merkle m;

    merkle_init(&m);
    for (size_t i = 0; i < n; i++) {
        leaf(pair, i);
        merkle_add(&m, pair);
    }
    assert_int_equal(m.count, n);
    merkle_root(out, &m);
}

/* RFC 6962 section 2.1 word for word, over leaves first to first + n. */
static void
naive(uint8_t out[32], size_t first, size_t n)
{
    uint8_t m[1 + 64];
    size_t k = 1;

    if (n == 0) {
        crypto_generichash_blake2b(out, 32, NULL, 0, NULL, 0);
        return;
    }
    if (n == 1) {
        m[0] = 0;
        leaf(m + 1, first);
        crypto_generichash_blake2b(out, 32, m, 1 + PAIR_BYTES, NULL, 0);
        return;
    }
    while (k * 2 < n)
        k *= 2;
    m[0] = 1;
    naive(m + 1, first, k);
    naive(m + 33, first + k, n - k);
    crypto_generichash_blake2b(out, 32, m, sizeof m, NULL, 0);
}

/* hashlib.blake2b, from docs/format.md, section 14. */
static void
assert_root(size_t n, const char *hex)
{
    uint8_t got[32], want[32];

    assert_true(hex_read(want, sizeof want, hex, strlen(hex)));
    root_of(got, n);
    assert_memory_equal(got, want, sizeof got);
}

static void
test_merkle__root_of_nothing(void **state)
{
    (void)state;
    assert_root(0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

static void
test_merkle__root_of_one_leaf(void **state)
{
    (void)state;
    assert_root(1, "422ef98189d8f6f6a8c00c574e6e2b2d7944058aced8120e4df4532c4aa8bf0d");
}

static void
test_merkle__known_answers(void **state)
{
    (void)state;
    assert_root(2, "ef0777dc89f8af1078c189517f4987822e1feeeb3847d0bb793b364eb1cc1892");
    assert_root(3, "332a07fdd7dfb92e086b745e401bbd6344fa28bc8c29b5c797ab1c32804a851c");
    assert_root(5, "5e65c13df6f144492183a01b985d8e6f1f259163b807ad53bb77b23ff24983ac");
    assert_root(8, "a39fc553142fb61777d2b7d2bea5dfc51b760601789424717f11eb93dec63ef9");
    assert_root(100, "f2d9211687ea2e6b5f22003470653aca09b4ccfeda85b4e4d5d19b0fd48d18eb");
}

static void
test_merkle__streaming_equals_the_recursive_definition(void **state)
{
    uint8_t got[32], want[32];
    (void)state;

    for (size_t n = 0; n <= LEAVES_MAX; n++) {
        root_of(got, n);
        naive(want, 0, n);
        assert_memory_equal(got, want, sizeof got);
    }
}

static void
test_merkle__asking_for_the_root_changes_nothing(void **state)
{
    uint8_t pair[PAIR_BYTES], got[32], want[32];
    struct merkle m;
    (void)state;

    merkle_init(&m);
    for (size_t i = 0; i < 70; i++) {
        leaf(pair, i);
        merkle_add(&m, pair);
        merkle_root(got, &m);
    }
    root_of(want, 70);
    assert_memory_equal(got, want, sizeof got);
}

static void
test_merkle__depends_on_every_leaf_and_on_their_order(void **state)
{
    uint8_t whole[32], other[32], pair[PAIR_BYTES];
    (void)state;

    root_of(whole, 13);
    for (size_t changed = 0; changed < 13; changed++) {
        struct merkle m;
        merkle_init(&m);
        for (size_t i = 0; i < 13; i++) {
            leaf(pair, i == changed ? (i + 1) % 13 : i);
            merkle_add(&m, pair);
        }
        merkle_root(other, &m);
        assert_memory_not_equal(other, whole, sizeof other);
    }
}

/* RFC 6962 section 2.1.1 word for word: PATH(m, D[n]). */
static void
naive_path(struct buf *out, size_t first, size_t n, size_t m)
{
    uint8_t other[32];
    size_t k = 1;

    if (n == 1)
        return;
    while (k * 2 < n)
        k *= 2;
    naive_path(out, m < k ? first : first + k, m < k ? k : n - k, m < k ? m : m - k);
    if (m < k)
        naive(other, first + k, n - k);
    else
        naive(other, first, k);
    buf_put(out, other, sizeof other);
}

static void
test_merkle__path_is_that_of_the_rfc(void **state)
{
    static uint8_t hash[70][32];
    uint8_t pair[PAIR_BYTES];
    (void)state;

    for (size_t n = 1; n <= 70; n++)
        for (size_t at = 0; at < n; at++) {
            struct buf got = BUF_INIT, want = BUF_INIT;
            for (size_t i = 0; i < n; i++) {
                leaf(pair, i);
                merkle_leaf(hash[i], pair);
            }
            assert_int_equal(merkle_path(&got, hash, n, at), VAULT_OK);
            naive_path(&want, 0, n, at);
            assert_int_equal(got.n, want.n);
            if (want.n != 0)
                assert_memory_equal(got.p, want.p, want.n);
            buf_free(&got);
            buf_free(&want);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merkle__root_of_nothing),
        cmocka_unit_test(test_merkle__root_of_one_leaf),
        cmocka_unit_test(test_merkle__known_answers),
        cmocka_unit_test(test_merkle__streaming_equals_the_recursive_definition),
        cmocka_unit_test(test_merkle__asking_for_the_root_changes_nothing),
        cmocka_unit_test(test_merkle__depends_on_every_leaf_and_on_their_order),
        cmocka_unit_test(test_merkle__path_is_that_of_the_rfc),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
