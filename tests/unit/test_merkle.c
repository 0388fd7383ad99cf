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

/* ---- several leaves at once ---- */

/* Maximal subtrees without a told leaf, depth first, by the definition. */
static void
naive_proof(struct buf *out, const bool *told, size_t first, size_t n)
{
    uint8_t h[32];
    size_t k = 1, count = 0;

    for (size_t i = first; i < first + n; i++)
        count += told[i];
    if (count == 0) {
        naive(h, first, n);
        buf_put(out, h, sizeof h);
        return;
    }
    if (n == 1)
        return;
    while (k * 2 < n)
        k *= 2;
    naive_proof(out, told, first, k);
    naive_proof(out, told, first + k, n - k);
}

/* Some leaves of a tree of n, by the bits of `some`. */
struct some {
    bool told[70];
    uint32_t index[70];
    uint8_t all[70][32], leaf[70][32];
    struct merkle_told t;
};

static void
choose(struct some *s, size_t n, uint64_t some)
{
    uint8_t pair[PAIR_BYTES];

    s->t = (struct merkle_told){ .n = n, .index = s->index, .leaf = (const uint8_t (*)[32])s->leaf };
    for (size_t i = 0; i < n; i++) {
        leaf(pair, i);
        merkle_leaf(s->all[i], pair);
        s->told[i] = some >> (i % 64) & 1;
        if (!s->told[i])
            continue;
        memcpy(s->leaf[s->t.k], s->all[i], 32);
        s->index[s->t.k++] = (uint32_t)i;
    }
}

static void
assert_same(const struct buf *a, const struct buf *b)
{
    assert_int_equal(a->n, b->n);
    if (a->n != 0)
        assert_memory_equal(a->p, b->p, a->n);
}

static vault_err
root_from(const struct some *s, const struct buf *proof, uint8_t root[static 32])
{
    return merkle_proof_root(root, &s->t, (const uint8_t (*)[32])proof->p, proof->n / 32);
}

/* Of every tree up to ten leaves every choice; of larger ones some. */
static void
each_choice(void (*fn)(struct some *s))
{
    static struct some s;
    uint64_t lot = 1;

    for (size_t n = 1; n <= 10; n++)
        for (uint64_t some = 1; some < (uint64_t)1 << n; some++) {
            choose(&s, n, some);
            fn(&s);
        }
    for (size_t n = 11; n <= 70; n++)
        for (int i = 0; i < 8; i++) {
            lot = lot * 6364136223846793005u + 1442695040888963407u;
            choose(&s, n, i < 4 ? (lot >> 8) | 1 : (lot & lot >> 17 & lot >> 31) | 2);
            fn(&s);
        }
}

static void
judge_proof(struct some *s)
{
    struct buf got = BUF_INIT, want = BUF_INIT;
    uint8_t root[32], whole[32];

    assert_int_equal(merkle_proof(&got, &s->t, (const uint8_t (*)[32])s->all), VAULT_OK);
    naive_proof(&want, s->told, 0, s->t.n);
    assert_same(&got, &want);
    assert_int_equal(root_from(s, &got, root), VAULT_OK);
    root_of(whole, s->t.n);
    assert_memory_equal(root, whole, 32);
    if (s->t.k == s->t.n)
        assert_int_equal(got.n, 0);
    buf_free(&got);
    buf_free(&want);
}

static void
test_merkle__proof_of_several_is_that_of_the_definition_and_gives_the_root(void **state)
{
    (void)state;
    each_choice(judge_proof);
}

static void
judge_wrong_proof(struct some *s)
{
    struct buf proof = BUF_INIT;
    uint8_t root[32], whole[32];

    if (s->t.n > 40)
        return;
    root_of(whole, s->t.n);
    assert_int_equal(merkle_proof(&proof, &s->t, (const uint8_t (*)[32])s->all), VAULT_OK);
    for (size_t i = 0; i < proof.n; i += 31) {
        proof.p[i] ^= 1;
        assert_int_equal(root_from(s, &proof, root), VAULT_OK);
        assert_memory_not_equal(root, whole, 32);
        proof.p[i] ^= 1;
    }
    if (proof.n != 0) {
        proof.n -= 32;
        assert_int_equal(root_from(s, &proof, root), VAULT_ERR_DAMAGED);
        proof.n += 32;
    }
    assert_non_null(buf_add(&proof, 32));
    assert_int_equal(root_from(s, &proof, root), VAULT_ERR_DAMAGED);
    buf_free(&proof);
}

static void
test_merkle__a_changed_proof_gives_another_root_and_a_short_or_long_one_none(void **state)
{
    (void)state;
    each_choice(judge_wrong_proof);
}

/* Every second told leaf, and the first alone: the same as if the others had never been told. */
static void
judge_reduced(struct some *s)
{
    struct buf proof = BUF_INIT, got = BUF_INIT, want = BUF_INIT;
    bool keep[70], left[70];

    assert_int_equal(merkle_proof(&proof, &s->t, (const uint8_t (*)[32])s->all), VAULT_OK);
    for (int half = 0; half < 2; half++) {
        memset(left, 0, sizeof left);
        for (size_t i = 0; i < s->t.k; i++) {
            keep[i] = half == 1 ? i % 2 == 0 : i == 0;
            left[s->index[i]] = keep[i];
        }
        buf_reset(&got);
        buf_reset(&want);
        assert_int_equal(merkle_proof_reduce(&got, &s->t, (const uint8_t (*)[32])proof.p, proof.n / 32, keep), VAULT_OK);
        naive_proof(&want, left, 0, s->t.n);
        assert_same(&got, &want);
    }
    memset(keep, 0, sizeof keep);
    buf_reset(&got);
    assert_int_equal(merkle_proof_reduce(&got, &s->t, (const uint8_t (*)[32])proof.p, proof.n / 32, keep), VAULT_ERR_DAMAGED);
    assert_int_equal(got.n, 0);
    buf_free(&proof);
    buf_free(&got);
    buf_free(&want);
}

static void
test_merkle__a_reduced_proof_is_that_of_the_leaves_that_are_left(void **state)
{
    (void)state;
    each_choice(judge_reduced);
}

/* One leaf: the hashes of its audit path, in the order of the tree. */
static void
test_merkle__one_leaf_alone_is_its_audit_path(void **state)
{
    static struct some s;
    (void)state;

    for (size_t n = 1; n <= 60; n++)
        for (size_t at = 0; at < n; at++) {
            struct buf got = BUF_INIT, path = BUF_INIT;
            choose(&s, n, (uint64_t)1 << at);
            assert_int_equal(merkle_proof(&got, &s.t, (const uint8_t (*)[32])s.all), VAULT_OK);
            naive_path(&path, 0, n, at);
            assert_int_equal(got.n, path.n);
            for (size_t i = 0; i < path.n; i += 32) {
                bool found = false;
                for (size_t k = 0; k < got.n; k += 32)
                    found = found || memcmp(got.p + k, path.p + i, 32) == 0;
                assert_true(found);
            }
            buf_free(&got);
            buf_free(&path);
        }
}

static void
test_merkle__indices_that_cannot_be_are_refused(void **state)
{
    static const uint8_t some[2][32] = {{0}};
    static const struct { uint64_t n; uint32_t index[2]; size_t k; } bad[] = { { 0, { 0, 0 }, 0 }, { 5, { 0, 0 }, 0 },
        { 0, { 0, 0 }, 1 }, { 5, { 5, 0 }, 1 }, { 5, { 1, 5 }, 2 }, { 5, { 2, 2 }, 2 }, { 5, { 3, 1 }, 2 },
        { (uint64_t)UINT32_MAX + 1, { 0, 1 }, 2 }, { UINT64_MAX, { 0, 1 }, 2 } };
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct merkle_told t = { bad[i].n, bad[i].index, some, bad[i].k };
        struct buf out = BUF_INIT;
        uint8_t root[32];
        assert_int_equal(merkle_proof_root(root, &t, some, 2), VAULT_ERR_DAMAGED);
        assert_int_equal(merkle_proof(&out, &t, some), VAULT_ERR_DAMAGED);
        assert_int_equal(out.n, 0);
        buf_free(&out);
    }
}

/* What a stranger says about the size of a tree costs nothing. */
static void
test_merkle__the_largest_tree_is_climbed_in_32_steps(void **state)
{
    static const uint8_t hash[33][32] = {{1}};
    static const uint32_t last[] = { UINT32_MAX - 1 };
    const struct merkle_told t = { UINT32_MAX, last, hash, 1 };
    uint8_t root[32];
    (void)state;

    assert_int_equal(merkle_proof_root(root, &t, hash, 31), VAULT_OK);
    assert_int_equal(merkle_proof_root(root, &t, hash, 30), VAULT_ERR_DAMAGED);
    assert_int_equal(merkle_proof_root(root, &t, hash, 32), VAULT_ERR_DAMAGED);
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
        cmocka_unit_test(test_merkle__proof_of_several_is_that_of_the_definition_and_gives_the_root),
        cmocka_unit_test(test_merkle__a_changed_proof_gives_another_root_and_a_short_or_long_one_none),
        cmocka_unit_test(test_merkle__a_reduced_proof_is_that_of_the_leaves_that_are_left),
        cmocka_unit_test(test_merkle__one_leaf_alone_is_its_audit_path),
        cmocka_unit_test(test_merkle__indices_that_cannot_be_are_refused),
        cmocka_unit_test(test_merkle__the_largest_tree_is_climbed_in_32_steps),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
