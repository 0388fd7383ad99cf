/* test_hash.c - known answers for the primitives, and what a box refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "vault/base/bytes.h"
#include "vault/base/hash.h"
#include "vault/base/secret.h"

static void
assert_hex(const uint8_t *p, size_t n, const char *hex)
{
    char got[2 * 256 + 1];

    assert_true(n <= 256);
    hex_of(got, p, n);
    assert_string_equal(got, hex);
}

static void
fill_key(uint8_t key[32])
{
    for (unsigned i = 0; i < 32; i++)
        key[i] = (uint8_t)i;
}

static void
fill_pattern(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(i * 7);
}

/* Constants of the next four tests: Python's hashlib.blake2b (RFC 7693), digest_size=32, over
 * b"withheld:test:1\0" + the parts; key=bytes(range(32)); pattern bytes(i * 7 & 255 ...). */

static void
test_hash__label_and_parts_known_answer(void **state)
{
    const struct part one[] = {PART("abc", 3)};
    const struct part three[] = {PART("a", 1), PART(NULL, 0), PART("bc", 2)};
    static const char abc[] = "dccd8df75b56b25b9fc3ccd54cdf0e550a8c9104782ca0be2d2ba8bd49244fd7";
    uint8_t out[32];

    (void)state;
    hash_parts(out, "withheld:test:1", one, 1);
    assert_hex(out, 32, abc);
    hash_parts(out, "withheld:test:1", three, 3);
    assert_hex(out, 32, abc);
    hash_parts(out, "withheld:test:1", NULL, 0);
    assert_hex(out, 32, "500d9fb245ee398ff96a17ff4b919f49501960954c699c73d5b7d3dbd2ae3a1d");
}

static void
test_hash__mac_known_answer(void **state)
{
    const struct part parts[] = {PART("ab", 2), PART("c", 1)};
    uint8_t key[32], out[32];

    (void)state;
    fill_key(key);
    mac_parts(out, key, "withheld:test:1", parts, 2);
    assert_hex(out, 32, "76208baa96b0b9e46c7904b75281d10231b0f3b2a6249a7b146adb90ef05b9ce");
}

/* Both ways through the code, and the lengths where one takes over from the other. */
static void
test_hash__known_answers_around_the_gathering_limit(void **state)
{
    static const struct { size_t n; const char *hash, *mac; } cases[] = {
        {496, "1411f48b991ce3826a55ffd2680c6a50d81fd73eccaac91d825bfce6dfa46be4",
            "9ab5e5c3399e3da6366d441f07217142ef875c86c15a59be061fe80ae960c939"},
        {497, "7e895ade831a6ce64228a08a42d9d5ca4f29b56cf6579eacdf41f148197baaaf",
            "d4d3388f0a8939c8cf16ebb8f7c5c3ee4ac49c7cb255bfa4913cdf579d0a18aa"},
        {1500, "a10476c0dbf5878bb5cb6c6375f191f49f79dca757dcdd25d0f5d66442d33ead",
            "3d66f860915db905b4912c0a1d70ae50d9fd63f9f4cbf2d1da744ccbf794e3f5"},
    };
    uint8_t in[1500], key[32], out[32];

    (void)state;
    fill_key(key);
    fill_pattern(in, sizeof in);
    for (size_t i = 0; i < 3; i++) {
        const struct part parts[] = {PART(in, 200), PART(in + 200, 0),
            PART(in + 200, cases[i].n - 200)};

        hash_parts(out, "withheld:test:1", parts, 3);
        assert_hex(out, 32, cases[i].hash);
        mac_parts(out, key, "withheld:test:1", parts, 3);
        assert_hex(out, 32, cases[i].mac);
    }
}

/* hashlib.blake2b(b"", digest_size=n, key=key, salt=id 8 bytes + 8 zeros, person=ctx + 8 zeros) */
/* RFC 8439, appendix A.1, test vector 2: key and nonce zero, block 1. */
static void
test_hash__stream_known_answer(void **state)
{
    static const uint8_t zero[32];
    uint8_t out[STREAM_MAX], part[64];
    char hex[129];

    (void)state;
    stream_bytes(out, 64, 0, zero);
    hex_of(hex, out, 64);
    assert_string_equal(hex, "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
        "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
    stream_bytes(out, sizeof out, 0, zero);
    for (uint32_t block = 0; block < sizeof out / 64; block++) {
        stream_bytes(part, 64, block, zero);
        assert_memory_equal(part, out + 64 * block, 64);
    }
}

static void
test_hash__kdf_known_answer(void **state)
{
    uint8_t key[32], out[64];

    (void)state;
    fill_key(key);
    kdf_sub(out, 32, 1, "wh-test_", key);
    assert_hex(out, 32, "8b8f6776a290076a74a175aba677f851c3d6b9362d1e560cf5e3ea97a56cc415");
    kdf_sub(out, 64, 0x0123456789abcdef, "wh-test_", key);
    assert_hex(out, 64, "fe909deb87ee813b3924207416da32b06d7f8a7642d4a3e736a63e1e470dd96f"
        "7525ef640836bd2652bece8192ef4c955ef42b87ba184194b6c815cea842d81c");
}

static void
test_hash__label_ends_before_the_parts(void **state)
{
    const struct part a[] = {PART("bc", 2)};
    const struct part b[] = {PART("c", 1)};
    uint8_t x[32], y[32];

    (void)state;
    hash_parts(x, "a", a, 1);
    hash_parts(y, "ab", b, 1);
    assert_memory_not_equal(x, y, 32);
}

static void
test_hash__bytes_equal(void **state)
{
    (void)state;
    assert_int_equal(bytes_equal("abc", "abc", 3), 1);
    assert_int_equal(bytes_equal("abc", "abd", 3), 0);
    assert_int_equal(bytes_equal("abc", "abd", 2), 1);
    assert_int_equal(bytes_equal(NULL, NULL, 0), 1);
}

/* ---- boxes ---- */

/* draft-irtf-cfrg-xchacha-03, A.3.1 */
static const char draft_text[] = "Ladies and Gentlemen of the class of '99: If I could offer you "
    "only one tip for the future, sunscreen would be it.";
static const char draft_aad[] = "50515253c0c1c2c3c4c5c6c7";
static const char draft_key[] =
    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f";
static const char draft_box[] = "404142434445464748494a4b4c4d4e4f5051525354555657"
    "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
    "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
    "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
    "21f9664c97637da9768812f615c68b13b52e"
    "c0875924c1c7987947deafd8780acf49";
#define DRAFT_TEXT (sizeof draft_text - 1)
#define DRAFT_BOX (DRAFT_TEXT + BOX_EXTRA)

struct draft {
    uint8_t key[32], aad[12], box[DRAFT_BOX], out[DRAFT_TEXT];
};

static void
load_draft(struct draft *d)
{
    assert_true(hex_read(d->key, 32, draft_key, 64));
    assert_true(hex_read(d->aad, 12, draft_aad, 24));
    assert_true(hex_read(d->box, DRAFT_BOX, draft_box, 2 * DRAFT_BOX));
    memset(d->out, 0xAA, sizeof d->out);
}

static void
test_hash__box_seals_the_vector_of_the_draft(void **state)
{
    struct draft d;
    uint8_t box[DRAFT_BOX];

    (void)state;
    load_draft(&d);
    box_seal_nonce(box, d.box, d.key, PART(d.aad, 12), PART(draft_text, DRAFT_TEXT));
    assert_hex(box, sizeof box, draft_box);
}

static void
test_hash__box_opens_the_vector_of_the_draft(void **state)
{
    struct draft d;

    (void)state;
    load_draft(&d);
    assert_int_equal(box_open(d.out, d.key, PART(d.aad, 12), PART(d.box, DRAFT_BOX)), 0);
    assert_memory_equal(d.out, draft_text, DRAFT_TEXT);
}

static void
test_hash__box_with_any_bit_changed_is_refused_and_output_wiped(void **state)
{
    static const uint8_t zero[DRAFT_TEXT];
    struct draft d;

    (void)state;
    for (size_t bit = 0; bit < 8 * DRAFT_BOX; bit += 3) {
        load_draft(&d);
        d.box[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(box_open(d.out, d.key, PART(d.aad, 12), PART(d.box, DRAFT_BOX)), -1);
        assert_memory_equal(d.out, zero, DRAFT_TEXT);
    }
}

static void
test_hash__box_is_bound_to_key_and_aad(void **state)
{
    struct draft d;

    (void)state;
    load_draft(&d);
    assert_int_equal(box_open(d.out, d.key, PART(d.aad, 11), PART(d.box, DRAFT_BOX)), -1);
    assert_int_equal(box_open(d.out, d.key, PART(NULL, 0), PART(d.box, DRAFT_BOX)), -1);
    d.key[31] ^= 1;
    assert_int_equal(box_open(d.out, d.key, PART(d.aad, 12), PART(d.box, DRAFT_BOX)), -1);
}

static void
test_hash__box_too_short_is_refused(void **state)
{
    struct draft d;

    (void)state;
    load_draft(&d);
    for (size_t n = 0; n < BOX_EXTRA; n++) {
        uint8_t *exact = malloc(n + 1);     /* a sanitizer sees a read beyond it */

        assert_non_null(exact);
        memcpy(exact, d.box, n);
        assert_int_equal(box_open(d.out, d.key, PART(d.aad, 12), PART(exact, n)), -1);
        free(exact);
    }
}

static void
test_hash__empty_box_holds_nothing(void **state)
{
    uint8_t key[32], box[BOX_EXTRA], none;

    (void)state;
    fill_key(key);
    box_seal(box, key, PART("aad", 3), PART(NULL, 0));
    assert_int_equal(box_open(&none, key, PART("aad", 3), PART(box, sizeof box)), 0);
    box[39] ^= 1;
    assert_int_equal(box_open(&none, key, PART("aad", 3), PART(box, sizeof box)), -1);
}

static void
test_hash__each_seal_has_its_own_nonce(void **state)
{
    uint8_t key[32], a[BOX_EXTRA + 4], b[BOX_EXTRA + 4], out[4];

    (void)state;
    fill_key(key);
    box_seal(a, key, PART(NULL, 0), PART("abcd", 4));
    box_seal(b, key, PART(NULL, 0), PART("abcd", 4));
    assert_memory_not_equal(a, b, 24);
    assert_int_equal(box_open(out, key, PART(NULL, 0), PART(b, sizeof b)), 0);
    assert_memory_equal(out, "abcd", 4);
}

/* ---- the pool ---- */

static int
is_zero(const uint8_t *p, size_t n)
{
    while (n > 0 && p[n - 1] == 0)
        n--;
    return n == 0;
}

static void
test_hash__pool_never_hands_out_twice(void **state)
{
    static uint8_t taken[2000][24];
    struct rng_pool r;

    (void)state;
    rng_init(&r);
    for (size_t i = 0; i < 2000; i++) {
        rng_take(&r, taken[i], 24);
        for (size_t j = i < 200 ? 0 : i - 200; j < i; j++)
            assert_memory_not_equal(taken[i], taken[j], 24);
    }
    rng_done(&r);
}

static void
test_hash__pool_wipes_what_it_handed_out(void **state)
{
    struct rng_pool r;
    uint8_t out[100];

    (void)state;
    rng_init(&r);
    rng_take(&r, out, sizeof out);
    assert_false(is_zero(out, sizeof out));
    assert_int_equal(r.left, sizeof r.bytes - sizeof out);
    assert_true(is_zero(r.bytes, sizeof out));
    assert_false(is_zero(r.bytes + sizeof out, 100));
    rng_done(&r);
    assert_true(is_zero(r.bytes, sizeof r.bytes));
    assert_int_equal(r.left, 0);
}

static void
test_hash__pool_is_left_alone_by_large_requests(void **state)
{
    struct rng_pool r;
    uint8_t out[5000] = {0};

    (void)state;
    rng_init(&r);
    rng_take(&r, out, 8);
    rng_take(&r, out, 1025);
    rng_take(&r, out, sizeof out);
    assert_int_equal(r.left, sizeof r.bytes - 8);
    assert_false(is_zero(out + 4900, 100));
    rng_take(&r, out, 0);
    assert_int_equal(r.left, sizeof r.bytes - 8);
    rng_done(&r);
}

static int
set_up(void **state)
{
    (void)state;
    return secret_process_init() == VAULT_OK ? 0 : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash__label_and_parts_known_answer),
        cmocka_unit_test(test_hash__mac_known_answer),
        cmocka_unit_test(test_hash__known_answers_around_the_gathering_limit),
        cmocka_unit_test(test_hash__stream_known_answer),
        cmocka_unit_test(test_hash__kdf_known_answer),
        cmocka_unit_test(test_hash__label_ends_before_the_parts),
        cmocka_unit_test(test_hash__bytes_equal),
        cmocka_unit_test(test_hash__box_seals_the_vector_of_the_draft),
        cmocka_unit_test(test_hash__box_opens_the_vector_of_the_draft),
        cmocka_unit_test(test_hash__box_with_any_bit_changed_is_refused_and_output_wiped),
        cmocka_unit_test(test_hash__box_is_bound_to_key_and_aad),
        cmocka_unit_test(test_hash__box_too_short_is_refused),
        cmocka_unit_test(test_hash__empty_box_holds_nothing),
        cmocka_unit_test(test_hash__each_seal_has_its_own_nonce),
        cmocka_unit_test(test_hash__pool_never_hands_out_twice),
        cmocka_unit_test(test_hash__pool_wipes_what_it_handed_out),
        cmocka_unit_test(test_hash__pool_is_left_alone_by_large_requests),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
