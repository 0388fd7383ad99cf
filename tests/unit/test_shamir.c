/* test_shamir.c - the field, polynomials over it, and arithmetic that does not show what it works on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "vault/base/ct.h"
#include "vault/keys/shamir.h"

/* ---- constant-time arithmetic ---- */

static void
test_ct__masks(void **state)
{
    static const uint32_t v[] = {0, 1, 2, 31, 32, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    (void)state;

    for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
        assert_int_equal(ct_zero(v[i]), v[i] == 0 ? 0xFFFFFFFF : 0);
        assert_int_equal(ct_reveal(v[i], 32), v[i]);
        assert_int_equal(ct_reveal(v[i], 1), v[i] & 1);
        for (size_t j = 0; j < sizeof v / sizeof v[0]; j++) {
            assert_int_equal(ct_equal(v[i], v[j]), v[i] == v[j] ? 0xFFFFFFFF : 0);
            assert_int_equal(ct_within(v[i], 2, v[j]), v[i] >= 2 && v[i] <= v[j] ? 0xFFFFFFFF : 0);
        }
    }
}

/* ---- the field ---- */

/* School multiplication of polynomials, then division by x^8 + x^4 + x^3 + x + 1. */
static unsigned
slow_mul(unsigned a, unsigned b)
{
    unsigned product = 0;

    for (unsigned i = 0; i < 8; i++)
        if (b >> i & 1)
            product ^= a << i;
    for (unsigned i = 15; i >= 8; i--)
        if (product >> i & 1)
            product ^= 0x11Bu << (i - 8);
    return product;
}

static void
test_shamir__multiplies_in_the_field(void **state)
{
    (void)state;
    assert_int_equal(gf256_mul(0x53, 0xCA), 0x01);      /* FIPS 197 and its readers' example */
    assert_int_equal(gf256_mul(0x57, 0x83), 0xC1);      /* FIPS 197, section 4.2 */
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++)
            if (gf256_mul((uint8_t)a, (uint8_t)b) != slow_mul(a, b))
                fail_msg("%u times %u", a, b);
}

/* Through four points of a known polynomial, it goes through all others. */
static void
test_shamir__interpolates(void **state)
{
    uint8_t y[256][2];
    struct shamir_point p[4];
    static const uint8_t x[4] = {3, 200, 0, 255};
    (void)state;

    for (unsigned i = 0; i < 256; i++) {
        unsigned x2 = slow_mul(i, i), x3 = slow_mul(x2, i);

        y[i][0] = (uint8_t)(0x42 ^ slow_mul(7, i) ^ slow_mul(0x99, x2) ^ slow_mul(0xE1, x3));
        y[i][1] = (uint8_t)(1 ^ x2);
    }
    for (unsigned i = 0; i < 4; i++)
        p[i] = (struct shamir_point){x[i], y[x[i]]};
    for (unsigned i = 0; i < 256; i++) {
        uint8_t out[2];

        shamir_at(out, 2, p, 4, (uint8_t)i);
        assert_memory_equal(out, y[i], 2);
    }
}

/* Fewer shares than the threshold fit any secret: with another last share they give another one, and
 * the digest is all that tells. */
static void
test_shamir__shares_that_differ_do_not_recover(void **state)
{
    struct secret *s = NULL, *a = NULL, *b = NULL, *out = NULL;
    (void)state;

    assert_int_equal(secret_random(&s, 16), VAULT_OK);
    assert_int_equal(shamir_split(&a, s, 2, 2), VAULT_OK);
    assert_int_equal(shamir_split(&b, s, 2, 2), VAULT_OK);
    for (unsigned i = 0; i < 2; i++) {
        const struct shamir_point p[] = {{0, secret_bytes(a)},
            {1, secret_bytes(i == 0 ? a : b) + 16}};

        assert_int_equal(shamir_recover(&out, 16, p, 2, 2), i == 0 ? VAULT_OK : VAULT_ERR_KEY);
    }
    assert_true(secret_equal(out, s));
    secret_free(s);
    secret_free(a);
    secret_free(b);
    secret_free(out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ct__masks),
        cmocka_unit_test(test_shamir__multiplies_in_the_field),
        cmocka_unit_test(test_shamir__interpolates),
        cmocka_unit_test(test_shamir__shares_that_differ_do_not_recover),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
