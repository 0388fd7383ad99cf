#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "vault/base/bytes.h"
#include "vault/base/cbor.h"
#include "vault/base/hash.h"
#include "vault/keys/card.h"

/*
 * Known answer: the card of VMK = bytes 00..1f, NSK = 20..3f, vault id = a0..af, written out by a
 * Python program from docs/format.md, section 7, with hashlib, python3-nacl for Ed25519 and X25519,
 * and an X-Wing of its own (FIPS 203 and the draft, checked with the draft's first test vector).
 */
#define KNOWN_BYTES 3776
static const char known_hash[] = "0ff80ce30c82a8b06a7157a51981fc17449f4af8785d22e488d32a208fb42555";
static const char known_sig[] =
    "59a560ba529e4c659571ce741d760824abbaf5f566e804d0b48ad898e1f330df"
    "d0573b831c667a67a13115b05695df989be37bccf9d0595409546ff3da1af50c";

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
tree_of(struct key_tree *t, uint8_t vmk_first, uint8_t nsk_first)
{
    struct secret *vmk = key_of(vmk_first);
    struct secret *nsk = nsk_first == 0 ? NULL : key_of(nsk_first);

    assert_int_equal(tree_derive(t, &vmk, &nsk), VAULT_OK);
}

/* The known card; buf_free when done. */
static struct buf
known_card(void)
{
    struct key_tree t = {0};
    struct buf b = BUF_INIT;
    uint8_t vault_id[VAULT_ID_BYTES];

    tree_of(&t, 0x00, 0x20);
    counting(vault_id, sizeof vault_id, 0xa0);
    assert_int_equal(card_build(&b, &t, vault_id), VAULT_OK);
    tree_free(&t);
    return b;
}

static void
assert_refused(const void *bytes, size_t n)
{
    struct card out, was;

    memset(&out, 0xEE, sizeof out);
    memset(&was, 0xEE, sizeof was);
    assert_int_equal(card_read(&out, bytes, n), VAULT_ERR_DAMAGED);
    assert_memory_equal(&out, &was, sizeof out);
}

static void
test_card__known_answer(void **state)
{
    struct buf b = known_card();
    uint8_t hash[32], want[64];
    (void)state;

    assert_int_equal(b.n, KNOWN_BYTES);
    unhex(want, 64, known_sig);
    assert_memory_equal(b.p + b.n - 64, want, 64);
    card_hash(hash, b.p, b.n);
    unhex(want, 32, known_hash);
    assert_memory_equal(hash, want, 32);
    buf_free(&b);
}

/* A keeper recomputes the card and compares: Ed25519 signs the same with the same. */
static void
test_card__is_the_same_every_time(void **state)
{
    struct buf a = known_card(), b = known_card();
    (void)state;

    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.p, b.p, a.n);
    buf_free(&a);
    buf_free(&b);
}

static void
test_card__reads_what_it_built(void **state)
{
    struct buf b = known_card();
    uint8_t vault_id[VAULT_ID_BYTES];
    struct key_tree t = {0};
    struct card c;
    (void)state;

    tree_of(&t, 0x00, 0x20);
    counting(vault_id, sizeof vault_id, 0xa0);
    assert_true(cbor_valid(b.p, b.n));
    assert_int_equal(card_read(&c, b.p, b.n), VAULT_OK);
    assert_memory_equal(c.vault_id, vault_id, sizeof vault_id);
    assert_memory_equal(c.keeper_pk, t.keeper_pk, 32);
    assert_memory_not_equal(c.intake_pk, c.keeper_recipient, XWING_PK_BYTES);
    assert_memory_not_equal(c.intake_pk, c.case_recipient, XWING_PK_BYTES);
    tree_free(&t);
    buf_free(&b);
}

static void
test_card__appends(void **state)
{
    struct buf b = BUF_INIT, known = known_card();
    struct key_tree t = {0};
    uint8_t vault_id[VAULT_ID_BYTES];
    (void)state;

    tree_of(&t, 0x00, 0x20);
    counting(vault_id, sizeof vault_id, 0xa0);
    buf_str(&b, "before");
    assert_int_equal(card_build(&b, &t, vault_id), VAULT_OK);
    assert_int_equal(b.n, 6 + known.n);
    assert_memory_equal(b.p, "before", 6);
    assert_memory_equal(b.p + 6, known.p, known.n);
    tree_free(&t);
    buf_free(&b);
    buf_free(&known);
}

static void
test_card__a_case_tree_makes_none(void **state)
{
    struct buf b = BUF_INIT;
    struct key_tree t = {0};
    uint8_t vault_id[VAULT_ID_BYTES] = {0};
    (void)state;

    tree_of(&t, 0x00, 0);
    assert_int_equal(card_build(&b, &t, vault_id), VAULT_ERR_KEY);
    assert_int_equal(b.n, 0);
    tree_free(&t);
    buf_free(&b);
}

static void
test_card__every_flipped_bit_is_refused(void **state)
{
    struct buf b = known_card();
    (void)state;

    /* In the public keys every 16th byte, or this takes long under valgrind. */
    for (size_t i = 0; i < b.n; i += i > 64 && i < b.n - 80 ? 16 : 1) {
        b.p[i] ^= (uint8_t)(1u << i % 8);
        assert_refused(b.p, b.n);
        b.p[i] ^= (uint8_t)(1u << i % 8);
    }
    buf_free(&b);
}

static void
test_card__other_lengths_are_refused(void **state)
{
    struct buf b = known_card();
    size_t n = b.n;
    (void)state;

    for (size_t i = 0; i < n; i += 61)
        assert_refused(b.p, i);
    assert_refused(b.p, n - 1);
    buf_u8(&b, 0);
    assert_refused(b.p, n + 1);
    buf_free(&b);
}

/* Somebody else's signature: the key in the card must be the one that signed. */
static void
test_card__signed_by_another_key_is_refused(void **state)
{
    struct buf ours = known_card(), theirs = BUF_INIT;
    struct key_tree t = {0};
    uint8_t vault_id[VAULT_ID_BYTES];
    (void)state;

    tree_of(&t, 0x00, 0x21);
    counting(vault_id, sizeof vault_id, 0xa0);
    assert_int_equal(card_build(&theirs, &t, vault_id), VAULT_OK);
    memcpy(ours.p + ours.n - 64, theirs.p + theirs.n - 64, 64);
    assert_refused(ours.p, ours.n);
    tree_free(&t);
    buf_free(&ours);
    buf_free(&theirs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_card__known_answer),
        cmocka_unit_test(test_card__is_the_same_every_time),
        cmocka_unit_test(test_card__reads_what_it_built),
        cmocka_unit_test(test_card__appends),
        cmocka_unit_test(test_card__a_case_tree_makes_none),
        cmocka_unit_test(test_card__every_flipped_bit_is_refused),
        cmocka_unit_test(test_card__other_lengths_are_refused),
        cmocka_unit_test(test_card__signed_by_another_key_is_refused),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
