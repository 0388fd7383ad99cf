#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "vault/base/bytes.h"
#include "vault/keys/tree.h"

/*
 * Known answers: hashlib.blake2b and python3-nacl, from docs/format.md, sections 1 and 6, with
 * VMK = bytes 00..1f, NSK = 20..3f, E = 80..9f.
 */

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

static void
derive(struct key_tree *t, uint8_t vmk_first, uint8_t nsk_first)
{
    struct secret *vmk = key_of(vmk_first);
    struct secret *nsk = nsk_first == 0 ? NULL : key_of(nsk_first);

    assert_int_equal(tree_derive(t, &vmk, &nsk), VAULT_OK);
    assert_null(vmk);
    assert_null(nsk);
}

static void
test_tree__known_answers(void **state)
{
    struct key_tree t = {0};
    uint8_t pk[32];
    (void)state;

    derive(&t, 0x00, 0x20);
    assert_is(t.k_db, "8816b5fa2bca8e8ee0293ea739b7c1880e9e589fdf22872b0201c7e604817422");
    assert_is(t.k_keys, "20a6925cd1cd62195b8f8421e3e2d6030f4380f353c5af64b2e91257fb248e58");
    assert_is(t.k_epoch, "191cf6c1596e48af7a8e765c7c69d30c585fc90ece8cd016c6970b5acbf38bbe");
    assert_is(t.case_base, "76b4e6df8fde646c9274079cf08c77546b4f6289b29e8acde0a035359e800b13");
    assert_is(t.case_seed, "796a09bad084e7c5b92ad0669a72c0f73bc83e28c2d193b1a05d02f188ca9b58");
    assert_is(t.k_backup, "67f73196564cd8c01cc24b513f0d83454532f7fcaad71346ab7ec7eeaefc521c");
    assert_is(t.intake_seed, "13f39afa2650a9e91481cb6aa8559dd93dfccd3f2031b0cce36741adde9bc97b");
    assert_is(t.k_name, "7d65862fa6900e09732973c3d2ba9697d89334e28b0a6730757b7fe5aea8625b");
    assert_is(t.keeper_sign_seed,
        "278b77cff16826c370cf45f2e805a407d798700c707a6e57c087f0d5f1c0f3d6");
    assert_is(t.keeper_seed, "b1e7d4c9fa8af204f523f8171e29af07bbf29be735a76af6560e27284fd1ed05");
    unhex(pk, sizeof pk, "3dd488f9ba5535ab9b328661e9e3785dcdf95c553dfbad9e0f74b3069039cea8");
    assert_memory_equal(t.keeper_pk, pk, sizeof pk);
    tree_free(&t);
}

static void
test_tree__the_case_tier_has_the_same_case_keys_and_nothing_else(void **state)
{
    static const uint8_t zero[32] = {0};
    struct key_tree t = {0};
    (void)state;

    derive(&t, 0x00, 0);
    assert_is(t.k_db, "8816b5fa2bca8e8ee0293ea739b7c1880e9e589fdf22872b0201c7e604817422");
    assert_is(t.case_seed, "796a09bad084e7c5b92ad0669a72c0f73bc83e28c2d193b1a05d02f188ca9b58");
    assert_is(t.k_backup, "67f73196564cd8c01cc24b513f0d83454532f7fcaad71346ab7ec7eeaefc521c");
    assert_null(t.nsk);
    assert_null(t.intake_seed);
    assert_null(t.k_name);
    assert_null(t.keeper_sign_seed);
    assert_null(t.keeper_seed);
    assert_memory_equal(t.keeper_pk, zero, sizeof zero);
    tree_free(&t);
}

static void
test_tree__free_leaves_nothing_and_may_come_twice(void **state)
{
    struct key_tree t = {0}, none = {0};
    (void)state;

    derive(&t, 0x00, 0x20);
    tree_free(&t);
    assert_memory_equal(&t, &none, sizeof t);
    tree_free(&t);
}

static void
test_tree__k_case_known_answer_and_epoch(void **state)
{
    struct key_tree t = {0};
    struct secret *e = key_of(0x80), *other = key_of(0x81), *k = NULL, *k2 = NULL;
    (void)state;

    derive(&t, 0x00, 0);
    assert_int_equal(tree_k_case(&k, &t, e), VAULT_OK);
    assert_is(k, "74aef375845940afdea9b8ec62e4cc23202281a9f343712f94f752dc0755fcc5");
    assert_int_equal(tree_k_case(&k2, &t, other), VAULT_OK);
    assert_false(secret_equal(k, k2));
    secret_free(k);
    secret_free(k2);
    secret_free(e);
    secret_free(other);
    tree_free(&t);
}

static void
test_tree__db_key_is_the_text_sqlcipher_wants(void **state)
{
    static const char want[] = "x'"
        "8816b5fa2bca8e8ee0293ea739b7c1880e9e589fdf22872b0201c7e604817422"
        "e0e1e2e3e4e5e6e7e8e9eaebecedeeef'";
    struct key_tree t = {0};
    struct secret *text = NULL;
    uint8_t salt[16];
    (void)state;

    derive(&t, 0x00, 0);
    counting(salt, sizeof salt, 0xe0);
    assert_int_equal(tree_db_key(&text, &t, salt), VAULT_OK);
    assert_int_equal(secret_len(text), 99);
    assert_memory_equal(secret_bytes(text), want, 99);
    secret_free(text);
    tree_free(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree__known_answers),
        cmocka_unit_test(test_tree__the_case_tier_has_the_same_case_keys_and_nothing_else),
        cmocka_unit_test(test_tree__free_leaves_nothing_and_may_come_twice),
        cmocka_unit_test(test_tree__k_case_known_answer_and_epoch),
        cmocka_unit_test(test_tree__db_key_is_the_text_sqlcipher_wants),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
