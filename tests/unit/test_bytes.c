/* test_bytes.c - reading within bounds, writing that grows, hexadecimal, padding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "vault/base/bytes.h"

static void
test_bytes__reads_little_endian(void **state)
{
    static const uint8_t in[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
    struct rd r = rd_of(in, sizeof in);

    (void)state;
    assert_int_equal(rd_u8(&r), 1);
    assert_int_equal(rd_u32(&r), 0x05040302);
    assert_true(rd_u64(&r) == 0x0D0C0B0A09080706);
    assert_true(rd_end(&r));
}

static void
test_bytes__read_end_sees_what_is_left(void **state)
{
    struct rd r = rd_of("ab", 2);

    (void)state;
    (void)rd_u8(&r);
    assert_false(rd_end(&r));
    (void)rd_u8(&r);
    assert_true(rd_end(&r));
}

static void
test_bytes__running_short_is_remembered(void **state)
{
    struct rd r = rd_of("abc", 3);

    (void)state;
    assert_int_equal(rd_u32(&r), 0);
    assert_true(r.bad);
    assert_int_equal(rd_u8(&r), 0);         /* though a byte is there */
    assert_null(rd_take(&r, 1));
    assert_null(rd_take(&r, 0));
    assert_false(rd_end(&r));
}

static void
test_bytes__short_copy_zeroes_its_output(void **state)
{
    uint8_t out[4] = {9, 9, 9, 9};
    struct rd r = rd_of("abc", 3);

    (void)state;
    rd_copy(&r, out, 4);
    assert_memory_equal(out, "\0\0\0\0", 4);
    assert_true(r.bad);
}

static void
test_bytes__take_borrows_and_huge_lengths_are_refused(void **state)
{
    static const char in[] = "abc";
    struct rd r = rd_of(in, 3);
    struct rd none = rd_of(NULL, 0);

    (void)state;
    assert_ptr_equal(rd_take(&r, 2), in);
    assert_null(rd_take(&r, SIZE_MAX));
    assert_true(r.bad);
    assert_non_null(rd_take(&none, 0));     /* NULL means short */
    assert_true(rd_end(&none));
}

static void
test_bytes__writes_what_it_reads(void **state)
{
    struct buf b = BUF_INIT;
    struct rd r;

    (void)state;
    buf_u8(&b, 0xFE);
    buf_u32(&b, 0xFFEEDDCC);
    buf_u64(&b, 0x0123456789ABCDEF);
    buf_str(&b, "xyz");
    buf_put(&b, "\0q", 2);
    buf_put(&b, NULL, 0);
    assert_int_equal(buf_ok(&b), VAULT_OK);
    r = rd_of(b.p, b.n);
    assert_int_equal(rd_u8(&r), 0xFE);
    assert_true(rd_u32(&r) == 0xFFEEDDCC);
    assert_true(rd_u64(&r) == 0x0123456789ABCDEF);
    assert_memory_equal(rd_take(&r, 5), "xyz\0q", 5);
    assert_true(rd_end(&r));
    buf_free(&b);
}

static void
test_bytes__growth_keeps_the_content(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    for (unsigned i = 0; i < 100000; i++)
        buf_u8(&b, (uint8_t)(i * 7));
    assert_int_equal(b.n, 100000);
    for (unsigned i = 0; i < 100000; i++)
        assert_int_equal(b.p[i], (uint8_t)(i * 7));
    buf_free(&b);
}

static void
test_bytes__add_gives_zeros_even_in_used_room(void **state)
{
    struct buf b = BUF_INIT;
    uint8_t *room;

    (void)state;
    room = buf_room(&b, 8);
    assert_non_null(room);
    memset(room, 0xAA, 8);
    assert_int_equal(b.n, 0);
    assert_memory_equal(buf_add(&b, 8), "\0\0\0\0\0\0\0\0", 8);
    assert_int_equal(b.n, 8);
    buf_free(&b);
}

static void
test_bytes__reset_and_cut_wipe(void **state)
{
    struct buf b = BUF_INIT;
    size_t cap;

    (void)state;
    buf_str(&b, "secret");
    cap = b.cap;
    buf_cut(&b, 2);
    assert_int_equal(b.n, 2);
    assert_memory_equal(b.p, "se\0\0\0\0", 6);
    buf_cut(&b, 100);
    assert_int_equal(b.n, 2);
    buf_reset(&b);
    assert_int_equal(b.n, 0);
    assert_int_equal(b.cap, cap);
    assert_memory_equal(b.p, "\0\0\0\0\0\0", 6);
    buf_free(&b);
    assert_null(b.p);
    buf_str(&b, "again");
    assert_int_equal(b.n, 5);
    buf_free(&b);
}

static void
test_bytes__over_the_limit_is_bad_until_freed(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    buf_u8(&b, 1);
    assert_null(buf_add(&b, BUF_MAX));
    assert_true(b.bad);
    assert_int_equal(buf_ok(&b), VAULT_ERR_NO_SPACE);
    buf_str(&b, "ignored");
    buf_reset(&b);
    assert_null(buf_cstr(&b));
    assert_null(buf_add(&b, SIZE_MAX));
    assert_int_equal(buf_ok(&b), VAULT_ERR_NO_SPACE);
    buf_free(&b);
    buf_str(&b, "new");
    assert_int_equal(buf_ok(&b), VAULT_OK);
    assert_int_equal(b.n, 3);
    buf_free(&b);
}

static void
test_bytes__fmt_fits_any_length(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    buf_str(&b, "a");
    buf_fmt(&b, "%s-%d", "b", 42);
    assert_string_equal(buf_cstr(&b), "ab-42");
    assert_int_equal(b.n, 5);
    buf_fmt(&b, "%5000s", "x");
    assert_int_equal(b.n, 5005);
    assert_int_equal(b.p[5004], 'x');
    buf_free(&b);
}

static void
test_bytes__cstr_does_not_count_its_zero(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    assert_string_equal(buf_cstr(&b), "");
    for (int i = 0; i < 64; i++)
        buf_u8(&b, 'x');
    assert_int_equal(b.n, b.cap);           /* full: the zero needs new room */
    assert_int_equal(strlen(buf_cstr(&b)), 64);
    assert_int_equal(b.n, 64);
    buf_free(&b);
}

static void
test_bytes__hex_goes_there_and_back(void **state)
{
    uint8_t out[4];
    char hex[9];

    (void)state;
    hex_of(hex, (const uint8_t *)"\x00\x9f\xa0\xff", 4);
    assert_string_equal(hex, "009fa0ff");
    assert_true(hex_read(out, 4, "009FA0ff", 8));
    assert_memory_equal(out, "\x00\x9f\xa0\xff", 4);
    assert_true(hex_read(out, 0, "", 0));
}

static void
test_bytes__hex_refuses_and_leaves_output_alone(void **state)
{
    uint8_t out[2] = {7, 7};

    (void)state;
    assert_false(hex_read(out, 2, "0102030", 7));
    assert_false(hex_read(out, 2, "010203", 6));
    assert_false(hex_read(out, 2, "01", 2));
    assert_false(hex_read(out, 2, "010g", 4));
    assert_false(hex_read(out, 2, "01 2", 4));
    assert_false(hex_read(out, 2, "0x01", 4));
    assert_memory_equal(out, "\7\7", 2);
}

/* Expected values: the algorithm of the paper in Python,
 * E = floor(log2 L), S = floor(log2 E) + 1, rounded up to a multiple of 2^(E-S). */
static void
test_bytes__pad_length_is_padme_with_a_floor(void **state)
{
    static const size_t cases[][2] = {
        {0, 256}, {1, 256}, {255, 256}, {256, 256}, {257, 272}, {272, 272}, {273, 288},
        {1000, 1024}, {1023, 1024}, {1024, 1024}, {1025, 1088}, {65535, 65536}, {65537, 67584},
        {1000000, 1015808}, {123456789, 123731968},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(pad_length(cases[i][0]), cases[i][1]);
}

static void
test_bytes__pad_length_wastes_little_and_is_stable(void **state)
{
    (void)state;
    for (size_t n = 257; n < 3000000; n += n / 50 + 1) {
        size_t padded = pad_length(n);

        assert_true(padded >= n && padded - n <= n / 8);
        assert_int_equal(pad_length(padded), padded);
    }
    assert_true(pad_length(SIZE_MAX) == SIZE_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes__reads_little_endian),
        cmocka_unit_test(test_bytes__read_end_sees_what_is_left),
        cmocka_unit_test(test_bytes__running_short_is_remembered),
        cmocka_unit_test(test_bytes__short_copy_zeroes_its_output),
        cmocka_unit_test(test_bytes__take_borrows_and_huge_lengths_are_refused),
        cmocka_unit_test(test_bytes__writes_what_it_reads),
        cmocka_unit_test(test_bytes__growth_keeps_the_content),
        cmocka_unit_test(test_bytes__add_gives_zeros_even_in_used_room),
        cmocka_unit_test(test_bytes__reset_and_cut_wipe),
        cmocka_unit_test(test_bytes__over_the_limit_is_bad_until_freed),
        cmocka_unit_test(test_bytes__fmt_fits_any_length),
        cmocka_unit_test(test_bytes__cstr_does_not_count_its_zero),
        cmocka_unit_test(test_bytes__hex_goes_there_and_back),
        cmocka_unit_test(test_bytes__hex_refuses_and_leaves_output_alone),
        cmocka_unit_test(test_bytes__pad_length_is_padme_with_a_floor),
        cmocka_unit_test(test_bytes__pad_length_wastes_little_and_is_stable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
