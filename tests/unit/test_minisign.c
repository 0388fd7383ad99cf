/* test_minisign.c - what we sign, the stock program verifies; see vault/base/minisign.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <sodium.h>
#include "vault/base/minisign.h"
#include "vault/base/sign.h"

static const char CONTENT[] = "{\"names\": \"\xec\xb5\x9c\xeb\xaa\x85\xeb\xb3\xb5\"}\n";
static const char COMMENT[] = "withheld statement; \xd0\xba\xd0\xbe\xd0\xb4 7";

static char home[256];
static struct secret *seed;
static uint8_t pk[32];

static int
set_up(void **state)
{
    const char *tmp = getenv("TMPDIR");
    (void)state;

    snprintf(home, sizeof home, "%s/withheld-unit-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (secret_process_init() != VAULT_OK || mkdtemp(home) == NULL ||
        chdir(home) != 0 || secret_random(&seed, 32) != VAULT_OK)
        return -1;
    return sign_public(pk, seed) == VAULT_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    secret_free(seed);
    (void)unlink("f");
    (void)unlink("f.minisig");
    (void)unlink("pub");
    return chdir("/") != 0 ? -1 : rmdir(home);
}

static void
put(const char *name, const void *p, size_t n)
{
    FILE *f = fopen(name, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static struct buf
sign_content(const struct secret *with, const char *comment)
{
    struct buf sig = BUF_INIT;
    uint8_t hash[64];

    crypto_generichash_blake2b(hash, sizeof hash, (const uint8_t *)CONTENT, strlen(CONTENT), NULL,
        0);
    assert_int_equal(minisign_sign(&sig, with, hash, comment), VAULT_OK);
    return sig;
}

/* The files as they should be; a test then spoils one of them. */
static void
write_all(void)
{
    struct buf sig = sign_content(seed, COMMENT), pub = BUF_INIT;

    minisign_public(&pub, pk);
    put("f", CONTENT, strlen(CONTENT));
    put("f.minisig", sig.p, sig.n);
    put("pub", pub.p, pub.n);
    buf_free(&sig);
    buf_free(&pub);
}

static bool
stock(const char *how)
{
    char line[256];

    snprintf(line, sizeof line, "minisign -V -m f %s > /dev/null 2>&1", how);
    return system(line) == 0;
}

static void
need_stock(void)
{
    if (system("command -v minisign > /dev/null") != 0) {
        print_message("minisign is not installed\n");
        skip();
    }
}

static void
test_minisign__the_stock_program_verifies(void **state)
{
    char key[MINISIGN_KEY_CHARS + 1], how[128];
    (void)state;

    need_stock();
    write_all();
    assert_true(stock("-p pub"));
    assert_true(stock("-H -p pub"));        /* only the prehashed kind, please */
    minisign_key(key, pk);
    assert_int_equal(strlen(key), MINISIGN_KEY_CHARS);
    snprintf(how, sizeof how, "-P %s", key);
    assert_true(stock(how));
}

static void
test_minisign__another_content_fails(void **state)
{
    char other[sizeof CONTENT];
    (void)state;

    need_stock();
    write_all();
    for (size_t i = 0; i < strlen(CONTENT); i += 7) {
        memcpy(other, CONTENT, sizeof CONTENT);
        other[i] ^= 1;
        put("f", other, strlen(CONTENT));
        assert_false(stock("-p pub"));
    }
}

static void
test_minisign__another_comment_fails(void **state)
{
    struct buf sig;
    char *at;
    (void)state;

    need_stock();
    write_all();
    sig = sign_content(seed, COMMENT);
    at = strstr(buf_cstr(&sig), "statement;");
    assert_non_null(at);
    at[0] = 'S';
    put("f.minisig", sig.p, sig.n);
    buf_free(&sig);
    assert_false(stock("-p pub"));
}

static void
test_minisign__another_key_fails(void **state)
{
    struct secret *other = NULL;
    struct buf sig;
    (void)state;

    need_stock();
    write_all();
    assert_int_equal(secret_random(&other, 32), VAULT_OK);
    sig = sign_content(other, COMMENT);
    put("f.minisig", sig.p, sig.n);
    buf_free(&sig);
    secret_free(other);
    assert_false(stock("-p pub"));
}

static void
test_minisign__the_same_bytes_for_the_same_content(void **state)
{
    struct buf a = sign_content(seed, COMMENT), b = sign_content(seed, COMMENT);
    (void)state;

    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.p, b.p, a.n);
    buf_free(&a);
    buf_free(&b);
}

static void
test_minisign__a_comment_is_one_short_line(void **state)
{
    static const uint8_t hash[64];
    struct buf sig = BUF_INIT;
    char text[600];
    (void)state;

    assert_int_equal(minisign_sign(&sig, seed, hash, "two\nlines"), VAULT_ERR_FAILED);
    assert_int_equal(minisign_sign(&sig, seed, hash, "two\rlines"), VAULT_ERR_FAILED);
    memset(text, 'x', sizeof text);
    text[513] = '\0';
    assert_int_equal(minisign_sign(&sig, seed, hash, text), VAULT_ERR_FAILED);
    assert_int_equal(sig.n, 0);
    text[512] = '\0';
    assert_int_equal(minisign_sign(&sig, seed, hash, text), VAULT_OK);
    buf_free(&sig);
}

static void
test_minisign__a_seed_has_32_bytes(void **state)
{
    static const uint8_t hash[64];
    struct secret *s = NULL;
    struct buf sig = BUF_INIT;
    (void)state;

    assert_int_equal(secret_random(&s, 31), VAULT_OK);
    assert_int_equal(minisign_sign(&sig, s, hash, "x"), VAULT_ERR_FAILED);
    assert_int_equal(sig.n, 0);
    secret_free(s);
}

/* ---- and what we verify ---- */

static bool
holds(const struct buf *sig, const uint8_t by[static 32], const char *content, struct part *comment)
{
    uint8_t hash[64];

    crypto_generichash_blake2b(hash, sizeof hash, (const uint8_t *)content, strlen(content), NULL, 0);
    return minisign_verify(PART(sig->p, sig->n), by, hash, comment);
}

static void
test_minisign__what_was_signed_verifies(void **state)
{
    struct buf sig = sign_content(seed, COMMENT);
    struct part comment;
    (void)state;

    assert_true(holds(&sig, pk, CONTENT, &comment));
    assert_int_equal(comment.n, strlen(COMMENT));
    assert_memory_equal(comment.p, COMMENT, comment.n);
    assert_true(holds(&sig, pk, CONTENT, NULL));
    assert_false(holds(&sig, pk, "something else", NULL));
    buf_free(&sig);
}

static void
test_minisign__each_changed_bit_and_length_of_a_signature_file_fails(void **state)
{
    struct buf sig = sign_content(seed, COMMENT);
    struct part comment = PART(NULL, 7);
    (void)state;

    for (size_t i = 0; i < 8 * sig.n; i++) {
        sig.p[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_false(holds(&sig, pk, CONTENT, &comment));
        sig.p[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    for (size_t n = sig.n; n-- > 0;) {
        struct buf cut = { .p = sig.p, .n = n };
        assert_false(holds(&cut, pk, CONTENT, &comment));
    }
    buf_u8(&sig, '\n');
    assert_false(holds(&sig, pk, CONTENT, &comment));
    assert_null(comment.p);
    assert_int_equal(comment.n, 7);
    buf_free(&sig);
}

static void
test_minisign__a_signature_by_another_key_fails(void **state)
{
    struct secret *other = NULL;
    struct buf sig;
    uint8_t other_pk[32];
    (void)state;

    assert_int_equal(secret_random(&other, 32), VAULT_OK);
    assert_int_equal(sign_public(other_pk, other), VAULT_OK);
    sig = sign_content(other, COMMENT);
    assert_true(holds(&sig, other_pk, CONTENT, NULL));
    assert_false(holds(&sig, pk, CONTENT, NULL));
    buf_free(&sig);
    secret_free(other);
}

static void
test_minisign__a_key_as_a_word_is_read_in_one_spelling(void **state)
{
    char key[MINISIGN_KEY_CHARS + 1], changed[MINISIGN_KEY_CHARS + 2];
    uint8_t read[32] = {0};
    (void)state;

    minisign_key(key, pk);
    assert_true(minisign_key_read(read, key));
    assert_memory_equal(read, pk, 32);
    for (size_t i = 0; i < MINISIGN_KEY_CHARS; i++) {
        memcpy(changed, key, sizeof key);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        assert_false(minisign_key_read(read, changed));
    }
    snprintf(changed, sizeof changed, "%s=", key);
    assert_false(minisign_key_read(read, changed));
    assert_false(minisign_key_read(read, ""));
    /* The stock program's own test key: its number does not follow from it. */
    assert_false(minisign_key_read(read, "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"));
    assert_memory_equal(read, pk, 32);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minisign__the_stock_program_verifies),
        cmocka_unit_test(test_minisign__another_content_fails),
        cmocka_unit_test(test_minisign__another_comment_fails),
        cmocka_unit_test(test_minisign__another_key_fails),
        cmocka_unit_test(test_minisign__the_same_bytes_for_the_same_content),
        cmocka_unit_test(test_minisign__a_comment_is_one_short_line),
        cmocka_unit_test(test_minisign__a_seed_has_32_bytes),
        cmocka_unit_test(test_minisign__what_was_signed_verifies),
        cmocka_unit_test(test_minisign__each_changed_bit_and_length_of_a_signature_file_fails),
        cmocka_unit_test(test_minisign__a_signature_by_another_key_fails),
        cmocka_unit_test(test_minisign__a_key_as_a_word_is_read_in_one_spelling),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
