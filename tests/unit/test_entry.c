#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "vault/base/cbor.h"
#include "vault/base/secret.h"
#include "vault/store/entry.h"

#define MUTATIONS 20000

static void
counting(uint8_t *out, size_t n, uint8_t first)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(first + i);
}

static void
full_entry(struct log_entry *e)
{
    memset(e, 0, sizeof *e);
    counting(e->vault_id, 16, 0xa0);
    counting(e->copy_id, 16, 0xb0);
    e->number = 77;
    e->n_parents = 2;
    counting(e->parent[0], 32, 0x10);
    counting(e->parent[1], 32, 0x20);
    e->time = 1700000000;
    counting(e->slot, 8, 0x30);
    counting(e->author, 32, 0x40);
    e->n_keepers = 1;
    counting(e->keeper[0], 32, 0x50);
    strcpy(e->action, "type");
    counting(e->root, 32, 0x60);
    e->count = 3;
    counting(e->commitment, 32, 0x70);
    e->has_keys = true;
    e->keys_sequence = 9;
    counting(e->keys_hash, 32, 0x80);
}

static void
least_entry(struct log_entry *e)
{
    full_entry(e);
    e->number = 0;
    e->n_parents = 0;
    e->n_keepers = 0;
    e->count = 0;
    e->has_keys = false;
    e->keys_sequence = 0;
    memset(e->parent, 0, sizeof e->parent);
    memset(e->keeper, 0, sizeof e->keeper);
    memset(e->keys_hash, 0, sizeof e->keys_hash);
}

static struct buf
encoded(const struct log_entry *e)
{
    struct buf b = BUF_INIT;

    entry_encode(&b, e);
    assert_int_equal(buf_ok(&b), VAULT_OK);
    assert_true(cbor_valid(b.p, b.n));
    return b;
}

static void
assert_round_trip(const struct log_entry *e)
{
    struct log_entry got;
    struct buf b = encoded(e), again;

    memset(&got, 0xEE, sizeof got);
    assert_int_equal(entry_decode(&got, PART(b.p, b.n)), VAULT_OK);
    again = encoded(&got);
    assert_int_equal(again.n, b.n);
    assert_memory_equal(again.p, b.p, b.n);
    assert_memory_equal(got.vault_id, e->vault_id, 16);
    assert_memory_equal(got.copy_id, e->copy_id, 16);
    assert_int_equal(got.number, e->number);
    assert_int_equal(got.n_parents, e->n_parents);
    assert_memory_equal(got.parent, e->parent, 32 * e->n_parents);
    assert_int_equal(got.time, e->time);
    assert_memory_equal(got.slot, e->slot, 8);
    assert_memory_equal(got.author, e->author, 32);
    assert_int_equal(got.n_keepers, e->n_keepers);
    assert_memory_equal(got.keeper, e->keeper, 32 * e->n_keepers);
    assert_string_equal(got.action, e->action);
    assert_memory_equal(got.root, e->root, 32);
    assert_int_equal(got.count, e->count);
    assert_memory_equal(got.commitment, e->commitment, 32);
    assert_int_equal(got.has_keys, e->has_keys);
    assert_int_equal(got.keys_sequence, e->keys_sequence);
    assert_memory_equal(got.keys_hash, e->keys_hash, 32);
    buf_free(&b);
    buf_free(&again);
}

static void
assert_damaged(struct part cbor)
{
    struct log_entry got, was;

    memset(&got, 0xEE, sizeof got);
    memset(&was, 0xEE, sizeof was);
    assert_int_equal(entry_decode(&got, cbor), VAULT_ERR_DAMAGED);
    assert_memory_equal(&got, &was, sizeof got);
}

static void
test_entry__round_trip(void **state)
{
    struct log_entry e;
    (void)state;

    full_entry(&e);
    assert_round_trip(&e);
    least_entry(&e);
    assert_round_trip(&e);
}

static void
test_entry__round_trip_at_the_limits(void **state)
{
    struct log_entry e;
    (void)state;

    full_entry(&e);
    e.number = e.count = e.keys_sequence = UINT64_MAX;
    e.time = INT64_MIN;
    e.n_parents = ENTRY_PARENTS_MAX;
    for (size_t i = 0; i < ENTRY_PARENTS_MAX; i++)
        counting(e.parent[i], 32, (uint8_t)i);
    e.n_keepers = ENTRY_KEEPERS_MAX;
    counting(e.keeper[1], 32, 0x99);
    memset(e.action, 'x', ENTRY_ACTION_MAX);
    assert_round_trip(&e);
    e.time = INT64_MAX;
    assert_round_trip(&e);
}

/* CBOR by hand, from docs/format.md, section 14: the least entry. */
static void
test_entry__bytes_are_those_of_the_format(void **state)
{
    static const uint8_t head[] = { 0x8d, 0x50, 0xa0 };
    /* number 0, no parents, time, slot's first byte */
    static const uint8_t middle[] = { 0x00, 0x80, 0x1a, 0x65, 0x53, 0xf1, 0x00, 0x48, 0x30 };
    static const uint8_t action[] = { 0x80, 0x64, 't', 'y', 'p', 'e', 0x58, 0x20, 0x60 };
    struct log_entry e;
    struct buf b;
    (void)state;

    least_entry(&e);
    b = encoded(&e);
    assert_int_equal(b.n, 1 + 17 + 17 + 1 + 1 + 5 + 9 + 34 + 1 + 5 + 34 + 1 + 34 + 1);
    assert_memory_equal(b.p, head, sizeof head);
    assert_memory_equal(b.p + 35, middle, sizeof middle);
    assert_memory_equal(b.p + 85, action, sizeof action);
    assert_int_equal(b.p[b.n - 1], 0x80);
    buf_free(&b);
}

/* ---- an entry with one rule broken ---- */

/* Writes the full entry, but element `broken` of it is `with` (encoded CBOR). */
static struct buf
broken_at(size_t broken, const struct buf *with)
{
    struct log_entry e;
    struct buf whole, out = BUF_INIT;
    struct rd r;

    full_entry(&e);
    whole = encoded(&e);
    r = rd_of(whole.p, whole.n);
    assert_int_equal(cbor_get_array(&r, 13), 13);
    cbor_array(&out, 13);
    for (size_t i = 0; i < 13; i++) {
        struct part item = cbor_get_item(&r);
        if (i == broken)
            buf_put(&out, with->p, with->n);
        else
            buf_put(&out, item.p, item.n);
    }
    assert_true(rd_end(&r));
    assert_int_equal(buf_ok(&out), VAULT_OK);
    buf_free(&whole);
    return out;
}

enum { VAULT_ID, COPY_ID, NUMBER, PARENTS, TIME, SLOT, AUTHOR, KEEPERS, ACTION, ROOT, COUNT,
    COMMITMENT, KEYS };

/* Element `at` replaced by what `with` holds (freed) must be refused. */
static void
assert_rule(size_t at, struct buf with)
{
    struct buf b = broken_at(at, &with);

    assert_damaged(PART(b.p, b.n));
    buf_free(&b);
    buf_free(&with);
}

static struct buf
bytes_of(size_t n)
{
    static const uint8_t zero[128];
    struct buf b = BUF_INIT;

    cbor_bytes(&b, zero, n);
    return b;
}

static struct buf
array_of(size_t count, size_t n)
{
    struct buf b = BUF_INIT;

    cbor_array(&b, count);
    for (size_t i = 0; i < count; i++) {
        struct buf one = bytes_of(n);
        buf_put(&b, one.p, one.n);
        buf_free(&one);
    }
    return b;
}

static struct buf
text_of(const char *s)
{
    struct buf b = BUF_INIT;

    cbor_text(&b, s);
    return b;
}

static struct buf
int_of(int64_t v)
{
    struct buf b = BUF_INIT;

    cbor_int(&b, v);
    return b;
}

static struct buf
raw(const char *bytes, size_t n)
{
    struct buf b = BUF_INIT;

    buf_put(&b, bytes, n);
    return b;
}
#define RAW(s) raw(s, sizeof(s) - 1)

/* The tool of the tests below makes what is accepted when it breaks nothing. */
static void
test_entry__an_element_put_back_is_accepted(void **state)
{
    struct log_entry e;
    struct buf with = bytes_of(16), b;
    (void)state;

    b = broken_at(VAULT_ID, &with);
    assert_int_equal(entry_decode(&e, PART(b.p, b.n)), VAULT_OK);
    buf_free(&b);
    buf_free(&with);
}

static void
test_entry__fixed_lengths_are_kept(void **state)
{
    static const struct { size_t at, n; } FIXED[] = { { VAULT_ID, 16 }, { COPY_ID, 16 },
        { SLOT, 8 }, { AUTHOR, 32 }, { ROOT, 32 }, { COMMITMENT, 32 } };
    (void)state;

    for (size_t i = 0; i < sizeof FIXED / sizeof FIXED[0]; i++) {
        assert_rule(FIXED[i].at, bytes_of(FIXED[i].n - 1));
        assert_rule(FIXED[i].at, bytes_of(FIXED[i].n + 1));
        assert_rule(FIXED[i].at, bytes_of(0));
        assert_rule(FIXED[i].at, text_of("0123456789abcdef"));
    }
}

static void
test_entry__numbers_are_numbers_in_their_shortest_form(void **state)
{
    static const size_t UNSIGNED[] = { NUMBER, COUNT };
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        assert_rule(UNSIGNED[i], int_of(-1));
        assert_rule(UNSIGNED[i], RAW("\x18\x05"));
        assert_rule(UNSIGNED[i], RAW("\xf5"));
        assert_rule(UNSIGNED[i], bytes_of(8));
    }
    assert_rule(TIME, RAW("\x1b\x80\x00\x00\x00\x00\x00\x00\x00"));
    assert_rule(TIME, RAW("\x3b\x80\x00\x00\x00\x00\x00\x00\x00"));
    assert_rule(TIME, RAW("\x19\x00\x05"));
    assert_rule(TIME, RAW("\xfb\x00\x00\x00\x00\x00\x00\x00\x00"));
}

static void
test_entry__lists_keep_their_limits(void **state)
{
    (void)state;
    assert_rule(PARENTS, array_of(ENTRY_PARENTS_MAX + 1, 32));
    assert_rule(PARENTS, array_of(1, 31));
    assert_rule(PARENTS, array_of(1, 33));
    assert_rule(PARENTS, bytes_of(32));
    assert_rule(PARENTS, RAW("\x9f\xff"));
    assert_rule(PARENTS, RAW("\x9b\xff\xff\xff\xff\xff\xff\xff\xff"));
    assert_rule(KEEPERS, array_of(ENTRY_KEEPERS_MAX + 1, 32));
    assert_rule(KEEPERS, array_of(1, 64));
}

static void
test_entry__the_action_is_short_text(void **state)
{
    (void)state;
    assert_rule(ACTION, text_of(""));
    assert_rule(ACTION, text_of("123456789012345678901234567890123"));
    assert_rule(ACTION, bytes_of(4));
    assert_rule(ACTION, RAW("\x62\xc3\x28"));
    assert_rule(ACTION, RAW("\x63" "a\0b"));
}

static void
test_entry__keys_are_nothing_or_two_elements(void **state)
{
    struct buf b = BUF_INIT;
    (void)state;

    assert_rule(KEYS, array_of(1, 32));
    assert_rule(KEYS, array_of(2, 32));
    assert_rule(KEYS, array_of(3, 32));
    assert_rule(KEYS, bytes_of(0));
    cbor_array(&b, 2);
    cbor_uint(&b, 1);
    cbor_bytes(&b, "31 bytes are not enough for it!", 31);
    assert_rule(KEYS, b);
}

static void
test_entry__other_shapes_are_refused(void **state)
{
    struct log_entry e;
    struct buf b;
    (void)state;

    assert_damaged(PART("", 0));
    assert_damaged(PART("\xa0", 1));
    assert_damaged(PART("\x80", 1));
    full_entry(&e);
    b = encoded(&e);
    for (size_t n = 0; n < b.n; n++)
        assert_damaged(PART(b.p, n));
    b.p[0] = 0x8c;
    assert_damaged(PART(b.p, b.n));
    b.p[0] = 0x8e;
    assert_damaged(PART(b.p, b.n));
    b.p[0] = 0x8d;
    buf_u8(&b, 0);
    assert_damaged(PART(b.p, b.n));
    buf_free(&b);
}

static void
test_entry__over_the_limit_is_refused_by_its_length(void **state)
{
    (void)state;
    assert_damaged(PART("\x8d", ENTRY_MAX + 1));
}

/* ---- anything at all ---- */

/* Numbers that look random and are the same in every run. */
static uint32_t
next(uint32_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 17;
    *x ^= *x << 5;
    return *x;
}

/* What decodes is what would be written: so no two byte strings are the same entry. */
static void
test_entry__mutations_never_decode_to_other_bytes(void **state)
{
    struct log_entry e, got;
    struct buf whole, b = BUF_INIT;
    uint32_t x = 2463534242u;
    size_t accepted = 0;
    (void)state;

    full_entry(&e);
    whole = encoded(&e);
    for (int i = 0; i < MUTATIONS; i++) {
        buf_reset(&b);
        buf_put(&b, whole.p, whole.n);
        for (uint32_t k = next(&x) % 3 + 1; k != 0; k--) {
            size_t at = next(&x) % b.n;
            if (next(&x) % 2 == 0)
                b.p[at] = (uint8_t)next(&x);
            else
                b.p[at] ^= (uint8_t)(1u << next(&x) % 8);
        }
        if (next(&x) % 8 == 0)
            buf_cut(&b, next(&x) % b.n);
        if (entry_decode(&got, PART(b.p, b.n)) != VAULT_OK)
            continue;
        struct buf again = encoded(&got);
        assert_int_equal(again.n, b.n);
        assert_memory_equal(again.p, b.p, b.n);
        buf_free(&again);
        accepted++;
    }
    assert_in_range(accepted, MUTATIONS / 10, MUTATIONS * 9 / 10);
    buf_free(&b);
    buf_free(&whole);
}

/* ---- the hash, the signatures, the actions ---- */

/* hashlib.blake2b(b"withheld:entry:1\0" + b"abc", digest_size=32) */
static void
test_entry__hash_known_answer(void **state)
{
    uint8_t got[32], want[32];
    static const char hex[] = "89a0f2eed1dcb956174f39ca093e30fa4cac8cf00239037299f37e3db7b3e075";
    (void)state;

    assert_true(hex_read(want, 32, hex, strlen(hex)));
    entry_hash(got, PART("abc", 3));
    assert_memory_equal(got, want, 32);
}

static void
test_entry__signatures_round_trip_and_are_counted(void **state)
{
    uint8_t sig[3][64], got[3][64];
    struct buf b = BUF_INIT;
    (void)state;

    for (uint8_t i = 0; i < 3; i++)
        counting(sig[i], 64, (uint8_t)(50 * i));
    entry_sigs_encode(&b, (const uint8_t (*)[64])sig, 2);
    assert_int_equal(entry_sigs_decode(got, 2, PART(b.p, b.n)), VAULT_OK);
    assert_memory_equal(got, sig, 128);
    assert_int_equal(entry_sigs_decode(got, 1, PART(b.p, b.n)), VAULT_ERR_DAMAGED);
    assert_int_equal(entry_sigs_decode(got, 3, PART(b.p, b.n)), VAULT_ERR_DAMAGED);
    for (size_t n = 0; n < b.n; n++)
        assert_int_equal(entry_sigs_decode(got, 2, PART(b.p, n)), VAULT_ERR_DAMAGED);
    buf_u8(&b, 0);
    assert_int_equal(entry_sigs_decode(got, 2, PART(b.p, b.n)), VAULT_ERR_DAMAGED);
    buf_free(&b);
}

/* docs/format.md, section 14. */
static void
test_entry__actions_that_need_the_keeper_key(void **state)
{
    static const char *const NEED[] = { "init", "type", "slot-add", "slot-remove", "rekey", "adopt",
        "shares", "reveal", "dump-names", "handoff-names", "statement" };
    static const char *const NOT[] = { "add", "edit", "revert", "remove", "import", "dump", "handoff",
        "key-change", "checkpoint", "", "ini", "types", "Reveal", "something-later" };
    (void)state;

    for (size_t i = 0; i < sizeof NEED / sizeof NEED[0]; i++)
        assert_true(entry_needs_keeper(NEED[i]));
    for (size_t i = 0; i < sizeof NOT / sizeof NOT[0]; i++)
        assert_false(entry_needs_keeper(NOT[i]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entry__round_trip),
        cmocka_unit_test(test_entry__round_trip_at_the_limits),
        cmocka_unit_test(test_entry__bytes_are_those_of_the_format),
        cmocka_unit_test(test_entry__an_element_put_back_is_accepted),
        cmocka_unit_test(test_entry__fixed_lengths_are_kept),
        cmocka_unit_test(test_entry__numbers_are_numbers_in_their_shortest_form),
        cmocka_unit_test(test_entry__lists_keep_their_limits),
        cmocka_unit_test(test_entry__the_action_is_short_text),
        cmocka_unit_test(test_entry__keys_are_nothing_or_two_elements),
        cmocka_unit_test(test_entry__other_shapes_are_refused),
        cmocka_unit_test(test_entry__over_the_limit_is_refused_by_its_length),
        cmocka_unit_test(test_entry__mutations_never_decode_to_other_bytes),
        cmocka_unit_test(test_entry__hash_known_answer),
        cmocka_unit_test(test_entry__signatures_round_trip_and_are_counted),
        cmocka_unit_test(test_entry__actions_that_need_the_keeper_key),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
