/* test_cbor.c - the strict subset: what is written, what is read, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "vault/base/cbor.h"

struct bytes {
    uint8_t p[256];
    size_t n;
};

static struct bytes
from_hex(const char *hex)
{
    struct bytes b = {.n = strlen(hex) / 2};

    assert_true(hex_read(b.p, b.n, hex, strlen(hex)));
    return b;
}

/* In memory of exactly that size: a sanitizer sees a read beyond it. */
static bool
is_valid(const uint8_t *p, size_t n)
{
    uint8_t *exact = malloc(n > 0 ? n : 1);
    bool valid;

    assert_non_null(exact);
    memcpy(exact, p, n);
    valid = cbor_valid(exact, n);
    free(exact);
    return valid;
}

static bool
hex_valid(const char *hex)
{
    struct bytes b = from_hex(hex);

    return is_valid(b.p, b.n);
}

static void
assert_buf(struct buf *b, const char *hex)
{
    struct bytes want = from_hex(hex);

    assert_int_equal(buf_ok(b), VAULT_OK);
    assert_int_equal(b->n, want.n);
    assert_memory_equal(b->p, want.p, want.n);
    buf_reset(b);
}

/* ---- whole items ---- */

/* RFC 8949, Appendix A: what of it lies in the subset. */
static const char *const rfc_accepted[] = {
    "00", "01", "0a", "17", "1818", "1819", "1864", "1903e8", "1a000f4240", "1b000000e8d4a51000",
    "1bffffffffffffffff", "20", "29", "3863", "3903e7", "f4", "f5", "40", "4401020304", "60",
    "6161", "6449455446", "62225c", "62c3bc", "63e6b0b4", "64f0908591", "80", "83010203",
    "8301820203820405", "98190102030405060708090a0b0c0d0e0f101112131415161718181819", "a0",
    "a201020304", "a26161016162820203", "826161a161626163",
    "a56161614161626142616361436164614461656145",
};

/* RFC 8949, Appendix A: the rest. Floats, tags, null, undefined, simple values, indefinite
 * lengths, and integers below -2^63. */
static const char *const rfc_refused[] = {
    "c249010000000000000000", "3bffffffffffffffff", "c349010000000000000000", "f90000", "f98000",
    "f93c00", "fb3ff199999999999a", "f93e00", "f97bff", "fa47c35000", "fa7f7fffff",
    "fb7e37e43c8800759c", "f90001", "f90400", "f9c400", "fbc010666666666666", "f97c00", "f97e00",
    "f9fc00", "fa7f800000", "fa7fc00000", "faff800000", "fb7ff0000000000000", "fb7ff8000000000000",
    "fbfff0000000000000", "f6", "f7", "f0", "f818", "f8ff",
    "c074323031332d30332d32315432303a30343a30305a", "c11a514b67b0", "c1fb41d452d9e8200000",
    "d74401020304", "d818456449455446",
    "d82076687474703a2f2f7777772e6578616d706c652e636f6d", "5f42010243030405ff",
    "7f657374726561646d696e67ff", "9fff", "9f018202039f0405ffff", "9f01820203820405ff",
    "83018202039f0405ff", "83019f0203ff820405",
    "9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff", "bf61610161629f0203ffff",
    "826161bf61626163ff", "bf6346756ef563416d7421ff",
};

static void
test_cbor__accepts_the_examples_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rfc_accepted / sizeof rfc_accepted[0]; i++)
        if (!hex_valid(rfc_accepted[i]))
            fail_msg("refused: %s", rfc_accepted[i]);
}

static void
test_cbor__refuses_the_examples_outside_the_subset(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rfc_refused / sizeof rfc_refused[0]; i++)
        if (hex_valid(rfc_refused[i]))
            fail_msg("accepted: %s", rfc_refused[i]);
}

static void
test_cbor__refuses_indefinite_length(void **state)
{
    (void)state;
    assert_false(hex_valid("5fff"));
    assert_false(hex_valid("7fff"));
    assert_false(hex_valid("9fff"));
    assert_false(hex_valid("bfff"));
    assert_false(hex_valid("1f"));
    assert_false(hex_valid("ff"));
}

static void
test_cbor__refuses_longer_forms_than_needed(void **state)
{
    static const char *const longer[] = {
        "1800", "1817", "190000", "190017", "1900ff", "1a00000000", "1a0000ffff",
        "1b0000000000000000", "1b00000000ffffffff", "3817", "3900ff", "5800", "580141", "590001ff",
        "7800", "780161", "79000161", "9800", "980100", "9a0000000100", "b800", "b8010001",
    };

    (void)state;
    for (size_t i = 0; i < sizeof longer / sizeof longer[0]; i++)
        if (hex_valid(longer[i]))
            fail_msg("accepted: %s", longer[i]);
    assert_true(hex_valid("1818"));
    assert_true(hex_valid("190100"));
    assert_true(hex_valid("1a00010000"));
    assert_true(hex_valid("1b0000000100000000"));
}

static void
test_cbor__refuses_reserved_lengths(void **state)
{
    (void)state;
    assert_false(hex_valid("1c"));
    assert_false(hex_valid("1d0000"));
    assert_false(hex_valid("1e00000000"));
    assert_false(hex_valid("5c"));
    assert_false(hex_valid("9d"));
    assert_false(hex_valid("fc"));
}

static void
test_cbor__refuses_keys_out_of_order_and_twice(void **state)
{
    (void)state;
    assert_true(hex_valid("a201000200"));
    assert_false(hex_valid("a202000100"));                  /* 2, 1 */
    assert_false(hex_valid("a201000100"));                  /* 1, 1 */
    assert_true(hex_valid("a2617a0062616100"));             /* "z" before "aa": by the encoding */
    assert_false(hex_valid("a262616100617a00"));
    assert_true(hex_valid("a21818002000"));                 /* 24 before -1 */
    assert_false(hex_valid("a22000181800"));
    assert_true(hex_valid("a2810000810100"));               /* arrays as keys */
    assert_false(hex_valid("a2810000810000"));
    assert_true(hex_valid("82a20100020000"));               /* inside an array */
    assert_false(hex_valid("82a20200010000"));
}

static void
test_cbor__refuses_broken_text(void **state)
{
    (void)state;
    assert_false(hex_valid("61ff"));
    assert_false(hex_valid("62c328"));
    assert_false(hex_valid("62c080"));                      /* overlong */
    assert_false(hex_valid("63eda080"));                    /* surrogate */
    assert_false(hex_valid("64f4908080"));                  /* over U+10FFFF */
    assert_false(hex_valid("6100"));                        /* U+0000 */
    assert_true(hex_valid("41ff"));                         /* bytes may be anything */
}

static void
test_cbor__refuses_depth_nine(void **state)
{
    (void)state;
    assert_true(hex_valid("8181818181818180"));             /* 8 arrays */
    assert_true(hex_valid("818181818181818101"));           /* a number in 8 arrays */
    assert_false(hex_valid("818181818181818180"));          /* 9 */
    assert_true(hex_valid("a100a100a100a100a100a100a100a0"));
    assert_false(hex_valid("a100a100a100a100a100a100a100a100a0"));
    assert_true(hex_valid("a1a1a1a1a1a1a1a000000000000000"));           /* through the keys */
    assert_false(hex_valid("a1a1a1a1a1a1a1a1a00000000000000000"));
}

static void
test_cbor__deep_nesting_does_not_recurse(void **state)
{
    size_t n = (size_t)1 << 22;
    uint8_t *p = malloc(n);

    (void)state;
    assert_non_null(p);
    memset(p, 0x81, n);
    assert_false(cbor_valid(p, n));
    memset(p, 0xA1, n);
    assert_false(cbor_valid(p, n));
    free(p);
}

static void
test_cbor__refuses_truncation_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rfc_accepted / sizeof rfc_accepted[0]; i++) {
        struct bytes b = from_hex(rfc_accepted[i]);

        for (size_t n = 0; n < b.n; n++)
            assert_false(is_valid(b.p, n));
    }
}

static void
test_cbor__refuses_bytes_left_over(void **state)
{
    (void)state;
    assert_false(hex_valid("0000"));
    assert_false(hex_valid("8000"));
    assert_false(cbor_valid(NULL, 0));
}

static void
test_cbor__refuses_lengths_beyond_the_input(void **state)
{
    (void)state;
    assert_false(hex_valid("5bffffffffffffffff"));
    assert_false(hex_valid("7b7fffffffffffffff61"));
    assert_false(hex_valid("9bffffffffffffffff00"));
    assert_false(hex_valid("bb800000000000000000"));
    assert_false(hex_valid("9affffffff0000"));
}

/* ---- reading one by one ---- */

static struct rd
rd_hex(const char *hex)
{
    static struct bytes b;

    b = from_hex(hex);
    return rd_of(b.p, b.n);
}

static void
test_cbor__integers_at_their_limits(void **state)
{
    struct rd r;

    (void)state;
    r = rd_hex("1b7fffffffffffffff");
    assert_true(cbor_get_int(&r) == INT64_MAX && rd_end(&r));
    r = rd_hex("3b7fffffffffffffff");
    assert_true(cbor_get_int(&r) == INT64_MIN && rd_end(&r));
    r = rd_hex("1b8000000000000000");
    assert_true(cbor_get_int(&r) == 0 && r.bad);
    r = rd_hex("3b8000000000000000");
    assert_true(cbor_get_int(&r) == 0 && r.bad);
    r = rd_hex("1bffffffffffffffff");
    assert_true(cbor_get_uint(&r, UINT64_MAX) == UINT64_MAX && rd_end(&r));
}

static void
test_cbor__uint_over_its_maximum_is_refused(void **state)
{
    struct rd r = rd_hex("1864");

    (void)state;
    assert_int_equal(cbor_get_uint(&r, 100), 100);
    r = rd_hex("1864");
    assert_int_equal(cbor_get_uint(&r, 99), 0);
    assert_true(r.bad);
}

static void
test_cbor__another_kind_is_refused(void **state)
{
    static const char *const items[] = {"01", "20", "4101", "6161", "8101", "a10102", "f5"};
    uint8_t one;

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        struct rd r;

        r = rd_hex(items[i]), (void)cbor_get_uint(&r, 9);
        assert_int_equal(r.bad, i != 0);
        r = rd_hex(items[i]), (void)cbor_get_int(&r);
        assert_int_equal(r.bad, i > 1);
        r = rd_hex(items[i]), (void)cbor_get_bytes(&r, 9);
        assert_int_equal(r.bad, i != 2);
        r = rd_hex(items[i]), cbor_get_fixed(&r, &one, 1);
        assert_int_equal(r.bad, i != 2);
        r = rd_hex(items[i]), (void)cbor_get_text(&r, 9);
        assert_int_equal(r.bad, i != 3);
        r = rd_hex(items[i]), (void)cbor_get_array(&r, 9);
        assert_int_equal(r.bad, i != 4);
        r = rd_hex(items[i]), (void)cbor_get_map(&r, 9);
        assert_int_equal(r.bad, i != 5);
        r = rd_hex(items[i]), (void)cbor_get_bool(&r);
        assert_int_equal(r.bad, i != 6);
    }
}

static void
test_cbor__strings_over_their_maximum_are_refused(void **state)
{
    struct rd r = rd_hex("43010203");
    struct part s;

    (void)state;
    s = cbor_get_bytes(&r, 3);
    assert_int_equal(s.n, 3);
    assert_memory_equal(s.p, "\1\2\3", 3);
    r = rd_hex("43010203");
    assert_int_equal(cbor_get_bytes(&r, 2).n, 0);
    assert_true(r.bad);
    r = rd_hex("63616263");
    assert_int_equal(cbor_get_text(&r, 2).n, 0);
    assert_true(r.bad);
}

static void
test_cbor__fixed_wants_exactly_its_length(void **state)
{
    uint8_t out[3] = {9, 9, 9};
    struct rd r;

    (void)state;
    r = rd_hex("43010203");
    cbor_get_fixed(&r, out, 3);
    assert_memory_equal(out, "\1\2\3", 3);
    r = rd_hex("420102");
    cbor_get_fixed(&r, out, 3);
    assert_true(r.bad);
    assert_memory_equal(out, "\0\0\0", 3);
    r = rd_hex("4401020304");
    cbor_get_fixed(&r, out, 3);
    assert_true(r.bad);
}

static void
test_cbor__counts_never_exceed_what_is_there(void **state)
{
    struct rd r;

    (void)state;
    r = rd_hex("83010203");
    assert_int_equal(cbor_get_array(&r, 10), 3);
    r = rd_hex("83010203");
    assert_int_equal(cbor_get_array(&r, 2), 0);
    assert_true(r.bad);
    r = rd_hex("830102");
    assert_int_equal(cbor_get_array(&r, 10), 0);
    assert_true(r.bad);
    r = rd_hex("a2010203");
    assert_int_equal(cbor_get_map(&r, 10), 0);
    assert_true(r.bad);
    r = rd_hex("a201020304");
    assert_int_equal(cbor_get_map(&r, 10), 2);
}

static void
test_cbor__once_bad_nothing_more_comes(void **state)
{
    struct rd r = rd_hex("6161054101f5");

    (void)state;
    (void)cbor_get_uint(&r, 100);
    assert_true(r.bad);
    assert_int_equal(cbor_peek(&r), CBOR_BAD);
    assert_int_equal(cbor_get_uint(&r, 100), 0);
    assert_int_equal(cbor_get_int(&r), 0);
    assert_int_equal(cbor_get_bytes(&r, 100).n, 0);
    assert_int_equal(cbor_get_array(&r, 100), 0);
    assert_false(cbor_get_bool(&r));
    assert_int_equal(cbor_get_item(&r).n, 0);
}

static void
test_cbor__peek_names_the_kind(void **state)
{
    static const struct { const char *hex; enum cbor_kind kind; } cases[] = {
        {"00", CBOR_UINT}, {"1864", CBOR_UINT}, {"20", CBOR_NEG}, {"40", CBOR_BYTES},
        {"60", CBOR_TEXT}, {"80", CBOR_ARRAY}, {"a0", CBOR_MAP}, {"f4", CBOR_BOOL},
        {"f5", CBOR_BOOL}, {"f6", CBOR_BAD}, {"c0", CBOR_BAD}, {"9f", CBOR_BAD}, {"", CBOR_BAD},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rd r = rd_hex(cases[i].hex);

        assert_int_equal(cbor_peek(&r), cases[i].kind);
    }
}

static void
test_cbor__item_is_borrowed_whole(void **state)
{
    struct rd r = rd_hex("a20100028101f5");
    const uint8_t *start = r.p;
    struct part item = cbor_get_item(&r);

    (void)state;
    assert_ptr_equal(item.p, start);
    assert_int_equal(item.n, 6);
    assert_true(cbor_get_bool(&r));
    assert_true(rd_end(&r));
    r = rd_hex("a202000100");
    assert_int_equal(cbor_get_item(&r).n, 0);
    assert_true(r.bad);
}

/* ---- writing ---- */

static void
test_cbor__writes_the_shortest_form(void **state)
{
    static const struct { int64_t v; const char *hex; } cases[] = {
        {0, "00"}, {23, "17"}, {24, "1818"}, {255, "18ff"}, {256, "190100"}, {65535, "19ffff"},
        {65536, "1a00010000"}, {4294967295, "1affffffff"}, {4294967296, "1b0000000100000000"},
        {INT64_MAX, "1b7fffffffffffffff"}, {-1, "20"}, {-24, "37"}, {-25, "3818"}, {-256, "38ff"},
        {-257, "390100"}, {INT64_MIN, "3b7fffffffffffffff"},
    };
    struct buf b = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cbor_int(&b, cases[i].v);
        assert_buf(&b, cases[i].hex);
    }
    cbor_uint(&b, UINT64_MAX);
    assert_buf(&b, "1bffffffffffffffff");
    buf_free(&b);
}

static void
test_cbor__writes_what_the_rfc_shows(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    cbor_map(&b, 2);
    cbor_text(&b, "a");
    cbor_uint(&b, 1);
    cbor_textn(&b, "bc", 1);
    cbor_array(&b, 2);
    cbor_uint(&b, 2);
    cbor_uint(&b, 3);
    assert_buf(&b, "a26161016162820203");
    cbor_bytes(&b, "\1\2\3\4", 4);
    assert_buf(&b, "4401020304");
    cbor_bytes(&b, NULL, 0);
    assert_buf(&b, "40");
    cbor_bool(&b, true);
    cbor_bool(&b, false);
    assert_buf(&b, "f5f4");
    buf_free(&b);
}

static void
test_cbor__never_writes_text_that_no_reader_takes(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    cbor_text(&b, "a\xff");
    assert_true(b.bad);
    buf_free(&b);
    cbor_textn(&b, "a\0b", 3);
    assert_true(b.bad);
    buf_free(&b);
}

/* ---- mutations ---- */

static void
write_again(struct buf *b, struct rd *r)
{
    enum cbor_kind kind = cbor_peek(r);
    struct part s;
    size_t n;

    switch (kind) {
    case CBOR_UINT:
        cbor_uint(b, cbor_get_uint(r, UINT64_MAX));
        break;
    case CBOR_NEG:
        cbor_int(b, cbor_get_int(r));
        break;
    case CBOR_BYTES:
        s = cbor_get_bytes(r, SIZE_MAX);
        cbor_bytes(b, s.p, s.n);
        break;
    case CBOR_TEXT:
        s = cbor_get_text(r, SIZE_MAX);
        cbor_textn(b, s.p, s.n);
        break;
    case CBOR_BOOL:
        cbor_bool(b, cbor_get_bool(r));
        break;
    case CBOR_ARRAY:
    case CBOR_MAP:
        n = kind == CBOR_ARRAY ? cbor_get_array(r, SIZE_MAX) : 2 * cbor_get_map(r, SIZE_MAX);
        if (kind == CBOR_ARRAY)
            cbor_array(b, n);
        else
            cbor_map(b, n / 2);
        while (n-- > 0)
            write_again(b, r);
        break;
    case CBOR_BAD:
        fail();
    }
}

static uint32_t
next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static void
mutate(struct bytes *b, uint64_t *seed)
{
    size_t at = next_random(seed) % b->n;
    const struct bytes before = *b;

    switch (next_random(seed) % 4) {
    case 0:
        b->p[at] ^= (uint8_t)(1u << next_random(seed) % 8);
        break;
    case 1:
        b->p[at] = (uint8_t)next_random(seed);
        break;
    case 2:
        memcpy(b->p + at, before.p + at + 1, b->n - at - 1);
        b->n -= b->n > 1;
        break;
    default:
        memcpy(b->p + at + 1, before.p + at, b->n - at);
        b->n++;
    }
}

static void
test_cbor__mutations_never_crash_and_accepted_ones_encode_alike(void **state)
{
    static const char seed_hex[] = "a5616101616243010203616384f5f420391234616481a2001864013a0001"
        "0000616567e69d8e20c3a978";
    uint64_t seed = 20260101;
    size_t accepted = 0;

    (void)state;
    assert_true(hex_valid(seed_hex));
    for (int i = 0; i < 40000; i++) {
        struct bytes b = from_hex(seed_hex);
        struct buf again = BUF_INIT;
        struct rd r;

        for (uint32_t k = next_random(&seed) % 3 + 1; k > 0; k--)
            mutate(&b, &seed);
        if (!is_valid(b.p, b.n))
            continue;
        accepted++;
        r = rd_of(b.p, b.n);
        write_again(&again, &r);
        assert_true(rd_end(&r));
        assert_int_equal(again.n, b.n);
        assert_memory_equal(again.p, b.p, b.n);
        buf_free(&again);
    }
    assert_true(accepted > 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cbor__accepts_the_examples_of_the_rfc),
        cmocka_unit_test(test_cbor__refuses_the_examples_outside_the_subset),
        cmocka_unit_test(test_cbor__refuses_indefinite_length),
        cmocka_unit_test(test_cbor__refuses_longer_forms_than_needed),
        cmocka_unit_test(test_cbor__refuses_reserved_lengths),
        cmocka_unit_test(test_cbor__refuses_keys_out_of_order_and_twice),
        cmocka_unit_test(test_cbor__refuses_broken_text),
        cmocka_unit_test(test_cbor__refuses_depth_nine),
        cmocka_unit_test(test_cbor__deep_nesting_does_not_recurse),
        cmocka_unit_test(test_cbor__refuses_truncation_anywhere),
        cmocka_unit_test(test_cbor__refuses_bytes_left_over),
        cmocka_unit_test(test_cbor__refuses_lengths_beyond_the_input),
        cmocka_unit_test(test_cbor__integers_at_their_limits),
        cmocka_unit_test(test_cbor__uint_over_its_maximum_is_refused),
        cmocka_unit_test(test_cbor__another_kind_is_refused),
        cmocka_unit_test(test_cbor__strings_over_their_maximum_are_refused),
        cmocka_unit_test(test_cbor__fixed_wants_exactly_its_length),
        cmocka_unit_test(test_cbor__counts_never_exceed_what_is_there),
        cmocka_unit_test(test_cbor__once_bad_nothing_more_comes),
        cmocka_unit_test(test_cbor__peek_names_the_kind),
        cmocka_unit_test(test_cbor__item_is_borrowed_whole),
        cmocka_unit_test(test_cbor__writes_the_shortest_form),
        cmocka_unit_test(test_cbor__writes_what_the_rfc_shows),
        cmocka_unit_test(test_cbor__never_writes_text_that_no_reader_takes),
        cmocka_unit_test(test_cbor__mutations_never_crash_and_accepted_ones_encode_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
