/* test_text.c - UTF-8, normal forms, folding, and what a terminal may be shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "vault/base/text.h"

/* ---- valid or not ---- */

static bool
is_valid(const char *s, size_t n)
{
    char *exact = malloc(n > 0 ? n : 1);    /* a sanitizer sees a read beyond it */
    bool valid;

    assert_non_null(exact);
    memcpy(exact, s, n);
    valid = text_valid(exact, n, NULL);
    free(exact);
    return valid;
}

static void
test_text__valid_accepts_every_length_of_code_point(void **state)
{
    static const char *const good[] = {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80",
        "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
        "0123456789abcdef\xEC\xB5\x9C 0123456789"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(is_valid(good[i], strlen(good[i])));
}

static void
test_text__valid_refuses_broken_utf8(void **state)
{
    static const char *const bad[] = {
        "\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFE", "\xFF", "\xC3", "\xC3(", "\xE2\x82", "\xE2\x82(", "\xF0\x9F\x98",
        "\xF0\x9F\x98(", "0123456789abcdef\xC3", "\xED\xA0\xBD\xED\xB8\x80",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(is_valid(bad[i], strlen(bad[i])));
}

/* What is looked at is eight or sixteen bytes at a time: a mistake must be found in each place of
 * such a group, whatever stands around it. */
static void
test_text__valid_refuses_broken_utf8_wherever_it_stands(void **state)
{
    static const char *const bad[] = {"\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xFF", "\xC3", "\xE2\x82", "\xF0\x9F\x98"};
    static const char *const around[] = {"x", "\xD0\xB6", "\xED\x95\x9C", "\xD0\xB6x\xC3\xA9xx"};

    (void)state;
    for (size_t b = 0; b < sizeof bad / sizeof bad[0]; b++)
        for (size_t a = 0; a < sizeof around / sizeof around[0]; a++)
            for (size_t before = 0; before < 40; before++)
                for (size_t after = 0; after < 40; after++) {
                    size_t unit = strlen(around[a]), n_bad = strlen(bad[b]), n = 0, at = 0;
                    char *s = malloc((before + after) * unit + n_bad);

                    assert_non_null(s);
                    for (size_t i = 0; i < before; i++, n += unit)
                        memcpy(s + n, around[a], unit);
                    memcpy(s + n, bad[b], n_bad);
                    n += n_bad;
                    for (size_t i = 0; i < after; i++, n += unit)
                        memcpy(s + n, around[a], unit);
                    if (text_valid(s, n, &at) || at != before * unit)
                        fail_msg("%zu behind %zu of %zu, %zu follow", b, before, a, after);
                    free(s);
                }
}

/* RFC 3629, section 4, written down once more: the second byte of each first one. */
static bool
is_utf8_char(const uint8_t *p, size_t n)
{
    static const struct { uint8_t first, last, low, high, n; } rule[] = {
        {0x01, 0x7F, 0, 0, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };

    for (size_t i = 0; i < sizeof rule / sizeof rule[0]; i++)
        if (p[0] >= rule[i].first && p[0] <= rule[i].last && n == rule[i].n)
            return n == 1 || (p[1] >= rule[i].low && p[1] <= rule[i].high &&
                (n < 3 || (p[2] & 0xC0) == 0x80) && (n < 4 || (p[3] & 0xC0) == 0x80));
    return false;
}

/* All of two and three bytes; of four those with a third byte at the edge. */
static void
test_text__valid_is_the_rule_for_each_sequence(void **state)
{
    static const uint8_t edge[] = {0x7F, 0x80, 0xBF, 0xC0};

    (void)state;
    for (uint32_t x = 0; x < 0x1000000; x++) {
        uint8_t p[4] = {(uint8_t)(x >> 16), (uint8_t)(x >> 8), (uint8_t)x, 0xBF};

        if (p[0] < 0xC0 && x % 251 != 0)
            continue;
        if (p[2] == 0 && text_valid((char *)p, 2, NULL) !=
            (is_utf8_char(p, 2) || (is_utf8_char(p, 1) && is_utf8_char(p + 1, 1))))
            fail_msg("%06X of two", x);
        if (p[0] >= 0xE0 && text_valid((char *)p, 3, NULL) != is_utf8_char(p, 3))
            fail_msg("%06X of three", x);
        if (p[0] >= 0xF0 && memchr(edge, p[2], sizeof edge) != NULL &&
            text_valid((char *)p, 4, NULL) != is_utf8_char(p, 4))
            fail_msg("%06X of four", x);
    }
}

static void
test_text__valid_refuses_a_zero_byte_wherever_it_stands(void **state)
{
    char s[40];

    (void)state;
    for (size_t i = 0; i < sizeof s; i++) {
        size_t at = 0;

        memset(s, 'x', sizeof s);
        s[i] = '\0';
        assert_false(text_valid(s, sizeof s, &at));
        assert_int_equal(at, i);
    }
}

static void
test_text__valid_tells_where(void **state)
{
    size_t at = 99;

    (void)state;
    assert_false(text_valid("12345678\xC3\xA9\xE2\x82(abc", 16, &at));
    assert_int_equal(at, 10);
}

/* ---- NFC ---- */

static void
assert_nfc(const char *in, const char *want)
{
    struct buf out = BUF_INIT;

    buf_str(&out, "before ");
    assert_int_equal(text_nfc(&out, in, strlen(in)), VAULT_OK);
    assert_memory_equal(buf_cstr(&out), "before ", 7);
    assert_string_equal((char *)out.p + 7, want);
    buf_free(&out);
}

static void
test_text__nfc_composes(void **state)
{
    (void)state;
    assert_nfc("", "");
    assert_nfc("plain ascii, and more than eight of it", "plain ascii, and more than eight of it");
    assert_nfc("Cafe\xCC\x81", "Caf\xC3\xA9");
    assert_nfc("e\xCC\x81", "\xC3\xA9");
    assert_nfc("0123456e\xCC\x81" "0123456789", "0123456\xC3\xA9" "0123456789");
    assert_nfc("\xC3\xA9\xCC\xA3", "\xE1\xBA\xB9\xCC\x81");     /* e acute + dot below */
    assert_nfc("\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8", "\xEA\xB0\x81");     /* jamo */
    assert_nfc("\xEA\xB0\x80\xE1\x86\xA8", "\xEA\xB0\x81");                 /* syllable + final */
    assert_nfc("\xD0\xB8\xCC\x86", "\xD0\xB9");                 /* short i */
    assert_nfc("\xE2\x84\xAB", "\xC3\x85");                     /* Angstrom */
    assert_nfc("\xCC\x81x", "\xCC\x81x");                       /* a mark and no base */
    assert_nfc("\xEF\xAC\x81", "\xEF\xAC\x81");                 /* the fi ligature is kept */
    assert_nfc("\xE0\xA4\x95\xE0\xA4\xBC", "\xE0\xA4\x95\xE0\xA4\xBC");     /* excluded: stays */
}

/* utf8proc before 2.11.2 swallows U+11A7 here. */
static void
test_text__nfc_keeps_a_vowel_that_looks_like_a_final(void **state)
{
    (void)state;
    assert_nfc("\xEA\xB0\x80\xE1\x86\xA7", "\xEA\xB0\x80\xE1\x86\xA7");
    assert_nfc("\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA7" "e\xCC\x81",
        "\xEA\xB0\x80\xE1\x86\xA7\xC3\xA9");
}

static void
test_text__nfc_refuses_broken_text_and_leaves_output_alone(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    buf_str(&out, "x");
    assert_int_equal(text_nfc(&out, "abc\xCC\x81\xFF", 6), VAULT_ERR_INPUT);
    assert_int_equal(text_nfc(&out, "abc\xFF", 4), VAULT_ERR_INPUT);
    assert_int_equal(text_nfc(&out, "e\xCC\x81\0", 4), VAULT_ERR_INPUT);
    assert_int_equal(out.n, 1);
    buf_free(&out);
}

/* One megabyte of marks in the worst order took hours with the ordering of utf8proc. */
static void
test_text__nfc_of_hostile_marks_is_quick_and_right(void **state)
{
    size_t pairs = 250000, n = 1;
    char *in = malloc(1 + 4 * pairs);
    struct buf out = BUF_INIT;
    clock_t began = clock();

    (void)state;
    assert_non_null(in);
    in[0] = 'a';
    for (size_t i = 0; i < pairs; i++, n += 4)
        memcpy(in + n, "\xCC\x95\xCC\xA3", 4);      /* class 232, then 220 */
    assert_int_equal(text_nfc(&out, in, n), VAULT_OK);
    assert_true((double)(clock() - began) / CLOCKS_PER_SEC < 10);
    /* All of the lower class first; the first of them joins the a. */
    assert_memory_equal(out.p, "\xE1\xBA\xA1\xCC\xA3\xCC\xA3", 7);
    assert_memory_equal(out.p + out.n - 4, "\xCC\x95\xCC\x95", 4);
    assert_int_equal(out.n, n);
    free(in);
    buf_free(&out);
}

/* ---- passphrases ---- */

static struct secret *
secret_of(const char *s)
{
    struct secret *out = NULL;

    assert_int_equal(secret_copy(&out, s, strlen(s)), VAULT_OK);
    return out;
}

static void
assert_passphrase(const char *typed, const char *want)
{
    struct secret *in = secret_of(typed);
    struct secret *out = NULL;

    assert_int_equal(text_passphrase(&out, in), VAULT_OK);
    assert_int_equal(secret_len(out), strlen(want));
    assert_memory_equal(secret_bytes(out), want, strlen(want));
    secret_free(in);
    secret_free(out);
}

static void
refuse_passphrase(struct secret *in)
{
    struct secret *out = NULL;

    assert_int_equal(text_passphrase(&out, in), VAULT_ERR_INPUT);
    assert_null(out);
    secret_free(in);
}

static void
test_text__passphrase_composed_and_decomposed_hangul_are_one(void **state)
{
    static const char composed[] = "\xEC\xB5\x9C\xEB\xAA\x85\xEB\xB3\xB5";      /* U+CD5C 명 복 */
    static const char decomposed[] = "\xE1\x84\x8E\xE1\x85\xAC\xE1\x84\x86\xE1\x85\xA7\xE1\x86\xBC"
        "\xE1\x84\x87\xE1\x85\xA9\xE1\x86\xA8";

    (void)state;
    assert_passphrase(composed, composed);
    assert_passphrase(decomposed, composed);
}

static void
test_text__passphrase_is_nfkc_and_not_trimmed(void **state)
{
    (void)state;
    assert_passphrase(" pass word ", " pass word ");
    assert_passphrase("\xEF\xBC\xA1\xEF\xBC\x92\xEF\xAC\x81", "A2fi");      /* full width, ligature */
    assert_passphrase("\xEF\xBD\xB6\xEF\xBE\x9E", "\xE3\x82\xAC");          /* half-width ga */
    assert_passphrase("e\xCC\x81", "\xC3\xA9");
    assert_passphrase("Pass", "Pass");                                      /* case is kept */
    assert_passphrase("\xEF\xB7\xBA", "\xD8\xB5\xD9\x84\xD9\x89 \xD8\xA7\xD9\x84\xD9\x84\xD9\x87 "
        "\xD8\xB9\xD9\x84\xD9\x8A\xD9\x87 \xD9\x88\xD8\xB3\xD9\x84\xD9\x85");       /* 18 for one */
    assert_passphrase("\xEA\xB0\x80\xE1\x86\xA7", "\xEA\xB0\x80\xE1\x86\xA7");      /* see NFC */
}

static void
test_text__passphrase_refusals(void **state)
{
    struct secret *empty = secret_of("x");

    (void)state;
    secret_set_len(empty, 0);
    refuse_passphrase(empty);
    refuse_passphrase(secret_of("abc\xFF"));
    refuse_passphrase(secret_of("\xED\xA0\x80"));
    refuse_passphrase(secret_of("abc\xCD\xB8"));        /* U+0378, unassigned */
    refuse_passphrase(secret_of("\xEF\xBF\xBE"));       /* U+FFFE, never a character */
    empty = secret_of("abc");
    secret_edit(empty)[1] = 0;
    refuse_passphrase(empty);
}

static void
test_text__passphrase_length_limit(void **state)
{
    struct secret *in = NULL, *out = NULL;

    (void)state;
    assert_int_equal(secret_new(&in, 1025), VAULT_OK);
    memset(secret_edit(in), 'x', 1025);
    assert_int_equal(text_passphrase(&out, in), VAULT_ERR_INPUT);
    secret_set_len(in, 1024);
    assert_int_equal(text_passphrase(&out, in), VAULT_OK);
    assert_int_equal(secret_len(out), 1024);
    secret_free(out);
    /* 341 times the longest decomposition. */
    for (size_t i = 0; i < 341; i++)
        memcpy(secret_edit(in) + 3 * i, "\xEF\xB7\xBA", 3);
    secret_set_len(in, 1023);
    assert_int_equal(text_passphrase(&out, in), VAULT_OK);
    assert_int_equal(secret_len(out), 341 * 33);
    secret_free(out);
    secret_free(in);
}

static void
test_text__passphrase_errors_do_not_quote_it(void **state)
{
    (void)state;
    refuse_passphrase(secret_of("SECRET\xFF"));
    assert_null(strstr(vault_last_error()->text, "SECRET"));
    refuse_passphrase(secret_of("SECRET\xCD\xB8"));
    assert_null(strstr(vault_last_error()->text, "SECRET"));
}

/* ---- folding ---- */

static void
assert_fold(const char *in, const char *want)
{
    struct buf out = BUF_INIT;

    buf_str(&out, " ");
    assert_int_equal(text_fold(&out, in, strlen(in)), VAULT_OK);
    assert_string_equal(buf_cstr(&out) + 1, want);
    buf_free(&out);
}

static void
test_text__fold_latin(void **state)
{
    (void)state;
    assert_fold("", "");
    assert_fold("Hello World 42", "hello world 42");
    assert_fold("\xC3\x89mile Zo\xC3\xAB", "emile zoe");
    assert_fold("E\xCC\x81mile", "emile");
    assert_fold("e\xCC\x81\xCC\xA3\xCC\x88x", "ex");
    assert_fold("Stra\xC3\x9F" "e", "strasse");
    assert_fold("Ch\xC5\x8F M\xC5\xAD", "cho mu");
    assert_fold("\xEF\xAC\x81n", "fin");
    assert_fold("\xC4\xB0", "i");                       /* dotted capital I */
    assert_fold("\xE1\xBB\x86", "e");                   /* E with circumflex and dot below */
}

static void
test_text__fold_cyrillic_keeps_letters_that_are_written_with_a_mark(void **state)
{
    (void)state;
    assert_fold("\xD0\x99", "\xD0\xB9");                /* short i stays itself */
    assert_fold("\xD0\x98\xCC\x86", "\xD0\xB9");
    assert_fold("\xD0\x98", "\xD0\xB8");
    assert_fold("\xD0\x81\xD0\xBB", "\xD1\x91\xD0\xBB");        /* io */
    assert_fold("\xD0\x95\xCC\x88\xD0\xBB", "\xD1\x91\xD0\xBB");
    assert_fold("\xD1\x96\xCC\x88", "\xD1\x97");        /* yi */
    assert_fold("\xD1\x9E\xD1\x83\xCC\x86", "\xD1\x9E\xD1\x9E");        /* short u */
    assert_fold("\xD0\xA6\xD0\xBE\xD0\xB9", "\xD1\x86\xD0\xBE\xD0\xB9");
}

static void
test_text__fold_cyrillic_drops_stress(void **state)
{
    (void)state;
    assert_fold("\xD0\xB0\xCC\x81", "\xD0\xB0");        /* a with acute */
    assert_fold("\xD1\x90", "\xD0\xB5");                /* e with grave */
    assert_fold("\xD0\xB8\xCC\x80", "\xD0\xB8");
    assert_fold("\xD0\xB9\xCC\x81", "\xD0\xB9");        /* stress on short i */
    assert_fold("\xD0\xB5\xCC\x81\xCC\x88", "\xD1\x91");        /* stress, then the dots of io */
}

static void
test_text__fold_greek(void **state)
{
    (void)state;
    assert_fold("\xCE\x86\xCE\xA3\xCF\x82", "\xCE\xB1\xCF\x83\xCF\x83");
    assert_fold("\xE1\xBE\x84", "\xCE\xB1\xCE\xB9");    /* alpha with three marks */
}

static void
test_text__fold_hangul_to_jamo(void **state)
{
    static const char jamo[] = "\xE1\x84\x8E\xE1\x85\xAC\xE1\x84\x86\xE1\x85\xA7\xE1\x86\xBC";

    (void)state;
    assert_fold("\xEC\xB5\x9C\xEB\xAA\x85", jamo);
    assert_fold(jamo, jamo);
    assert_fold("\xE3\x84\xB1", "\xE1\x84\x80");        /* a letter alone */
    assert_fold("\xEA\xB0\x80", "\xE1\x84\x80\xE1\x85\xA1");
    assert_fold("\xED\x9E\xA3", "\xE1\x84\x92\xE1\x85\xB5\xE1\x87\x82");        /* the last one */
}

static void
test_text__fold_full_width_and_other_planes(void **state)
{
    (void)state;
    assert_fold("\xEF\xBC\xA8\xEF\xBD\x89\xEF\xBC\x91", "hi1");
    assert_fold("\xEF\xBD\xB6", "\xE3\x82\xAB");        /* half-width katakana */
    assert_fold("\xF0\x9D\x90\x80\xCC\x81", "a");       /* mathematical bold A */
    assert_fold("\xF0\x90\x90\x80", "\xF0\x90\x90\xA8");        /* Deseret */
    assert_fold("\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80");
    assert_fold("\xE6\x9D\x8E", "\xE6\x9D\x8E");
}

static void
test_text__fold_other_scripts_keep_their_marks(void **state)
{
    (void)state;
    assert_fold("\xD7\xA9\xD6\xB8", "\xD7\xA9\xD6\xB8");                    /* Hebrew point */
    assert_fold("\xE0\xA4\x95\xE0\xA5\x80", "\xE0\xA4\x95\xE0\xA5\x80");    /* Devanagari vowel */
    assert_fold("\xE3\x81\x8C", "\xE3\x81\x8B\xE3\x82\x99");                /* ga: ka and its mark */
    /* Two orders of one spelling. */
    assert_fold("\xD7\xA9\xD6\xB8\xD6\xBC\xD7\x81", "\xD7\xA9\xD6\xB8\xD6\xBC\xD7\x81");
    assert_fold("\xD7\xA9\xD7\x81\xD6\xBC\xD6\xB8", "\xD7\xA9\xD6\xB8\xD6\xBC\xD7\x81");
}

static void
test_text__fold_white_space_is_one_blank(void **state)
{
    (void)state;
    assert_fold("a \t\r\n b", "a b");
    assert_fold("a\xC2\xA0\xE3\x80\x80\xE2\x80\xA8\xE2\x80\x83 b", "a b");
    assert_fold("  a  ", " a ");
    assert_fold("\xC3\xA9 \xC2\xA0x", "e x");
}

static void
test_text__fold_drops_what_is_never_seen(void **state)
{
    (void)state;
    assert_fold("pass\xC2\xADword", "password");                /* soft hyphen */
    assert_fold("a\xE2\x80\x8B" "b\xEF\xBB\xBF" "c", "abc");
    assert_fold("e\xE2\x80\x8D\xCC\x81", "e");
    assert_fold("\xF3\xA0\x81\x81x", "x");                      /* a tag */
}

static void
test_text__fold_across_chunks(void **state)
{
    char in[3000], want[3000];
    size_t n = 0, w = 0;

    (void)state;
    for (size_t i = 0; i < 500; i++) {
        memcpy(in + n, "\xD0\x98\xCC\x86\xC3", 5), n += 4;
        memcpy(want + w, "\xD0\xB9", 2), w += 2;
        if (i % 3 == 0)
            in[n++] = 'X', want[w++] = 'x';
    }
    in[n] = want[w] = '\0';
    assert_fold(in, want);
}

/* A syllable at every place of a chunk, between others and alone, is taken apart. */
static void
test_text__fold_hangul_across_chunks(void **state)
{
    static const char syllable[] = "\xED\x95\x9C";
    static const char jamo[] = "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB";
    char in[600], want[600];

    (void)state;
    for (size_t at = 500; at < 520; at++) {
        memset(in, 'x', at);
        memcpy(in + at, syllable, sizeof syllable);
        memset(want, 'x', at);
        memcpy(want + at, jamo, sizeof jamo);
        assert_fold(in, want);
        memcpy(in + at + 3, "y", 2);
        memcpy(want + at + 9, "y", 2);
        assert_fold(in, want);
    }
}

/* Eight at a time or one by one: the blank, the capital and the letter that is not ASCII may stand
 * anywhere. */
static void
test_text__fold_wherever_it_stands(void **state)
{
    static const struct { const char *in, *want; } piece[] = {
        {"  ", " "}, {" \t", " "}, {"Q", "q"}, {"@[`{", "@[`{"}, {"\x7F", "\x7F"},
        {"\x01", "\x01"}, {"\xC3\x89", "e"}, {"\xD0\x96", "\xD0\xB6"}, {"\xCC\x81", ""},
        {"\xC2\xA0", " "}, {"\xCE\xA3\xCF\x82", "\xCF\x83\xCF\x83"},
        {"\xED\x95\x9C", "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB"},
    };
    char in[80], want[80];

    (void)state;
    for (size_t k = 0; k < sizeof piece / sizeof piece[0]; k++)
        for (size_t before = 1; before < 24; before++)
            for (size_t after = 0; after < 24; after++) {
                char x[25] = "xxxxxxxxxxxxxxxxxxxxxxxx", z[25] = "ZzzzzzzzzzzzzzzzzzzzzzzZ";

                x[before] = z[after] = '\0';
                snprintf(in, sizeof in, "%s%s%s", x, piece[k].in, z);
                z[0] = after > 0 ? 'z' : '\0';
                snprintf(want, sizeof want, "%s%s%s", x, piece[k].want, z);
                assert_fold(in, want);
            }
}

static void
test_text__fold_refuses_broken_text_and_leaves_output_alone(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    buf_str(&out, "x");
    assert_int_equal(text_fold(&out, "abc\xFF", 4), VAULT_ERR_INPUT);
    assert_int_equal(text_fold(&out, "a\0b", 3), VAULT_ERR_INPUT);
    assert_int_equal(text_fold(&out, "\xED\xA0\x80", 3), VAULT_ERR_INPUT);
    assert_int_equal(text_fold(&out, "ab\xC3", 3), VAULT_ERR_INPUT);
    assert_int_equal(out.n, 1);
    assert_int_equal(text_fold(&out, "", 0), VAULT_OK);
    buf_free(&out);
}

static size_t
put_utf8(char *out, uint32_t cp)
{
    if (cp < 0x80)
        return out[0] = (char)cp, 1;
    if (cp < 0x800)
        return out[0] = (char)(0xC0 | cp >> 6), out[1] = (char)(0x80 | (cp & 63)), 2;
    if (cp < 0x10000)
        return out[0] = (char)(0xE0 | cp >> 12), out[1] = (char)(0x80 | (cp >> 6 & 63)),
            out[2] = (char)(0x80 | (cp & 63)), 3;
    return out[0] = (char)(0xF0 | cp >> 18), out[1] = (char)(0x80 | (cp >> 12 & 63)),
        out[2] = (char)(0x80 | (cp >> 6 & 63)), out[3] = (char)(0x80 | (cp & 63)), 4;
}

static void
test_text__fold_of_folded_is_the_same_for_every_code_point(void **state)
{
    struct buf once = BUF_INIT, twice = BUF_INIT;

    (void)state;
    for (uint32_t cp = 1; cp < 0x110000; cp++) {
        char s[6] = "x";
        size_t n;

        if (cp >= 0xD800 && cp < 0xE000)
            continue;
        n = 1 + put_utf8(s + 1, cp);
        buf_reset(&once);
        buf_reset(&twice);
        assert_int_equal(text_fold(&once, s, n), VAULT_OK);
        assert_true(text_valid((char *)once.p, once.n, NULL));
        assert_int_equal(text_fold(&twice, (char *)once.p, once.n), VAULT_OK);
        if (twice.n != once.n || memcmp(twice.p, once.p, once.n) != 0)
            fail_msg("U+%04X", cp);
    }
    buf_free(&once);
    buf_free(&twice);
}

/* ---- escaping ---- */

static void
assert_escape(const char *in, size_t n, bool multiline, const char *want)
{
    struct buf out = BUF_INIT;

    text_escape(&out, in, n, multiline);
    assert_string_equal(buf_cstr(&out), want);
    buf_free(&out);
}
#define ESCAPE(in, want) assert_escape(in, sizeof (in) - 1, false, want)

static void
test_text__escape_neutralises_controls(void **state)
{
    (void)state;
    ESCAPE("a\x1B[2Jb", "a<U+001B>[2Jb");
    ESCAPE("a\0b", "a<U+0000>b");
    ESCAPE("\x7F\r\b", "<U+007F><U+000D><U+0008>");
    ESCAPE("\xC2\x9B" "31m", "<U+009B>31m");            /* CSI in one code point */
    ESCAPE("\xC2\x85", "<U+0085>");
}

static void
test_text__escape_neutralises_bidi_controls(void **state)
{
    static const uint32_t bidi[] = {0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068,
        0x2069, 0x200E, 0x200F, 0x61C};

    (void)state;
    for (size_t i = 0; i < sizeof bidi / sizeof bidi[0]; i++) {
        char in[8], want[16];
        size_t n = put_utf8(in, bidi[i]);

        snprintf(want, sizeof want, "<U+%04X>", bidi[i]);
        assert_escape(in, n, true, want);
    }
}

static void
test_text__escape_neutralises_what_is_invisible_or_unknown(void **state)
{
    static const uint32_t odd[] = {0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xAD, 0x34F, 0x180E,
        0x2028, 0x2029, 0x115F, 0x3164, 0xFFA0, 0xFE0F, 0xE0100, 0xE0041, 0xE000, 0xF8FF, 0x10FFFD,
        0x378, 0xFFFE, 0x1FFFF, 0xFFF9};

    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        char in[8], want[16];
        size_t n = put_utf8(in, odd[i]);

        snprintf(want, sizeof want, "<U+%04X>", odd[i]);
        assert_escape(in, n, true, want);
    }
}

static void
test_text__escape_shows_broken_bytes(void **state)
{
    (void)state;
    ESCAPE("a\x80z", "a<0x80>z");
    ESCAPE("\xED\xA0\x80", "<0xED><0xA0><0x80>");       /* a surrogate */
    ESCAPE("\xC0\xAF", "<0xC0><0xAF>");                 /* overlong */
    ESCAPE("x\xE2\x82", "x<0xE2><0x82>");               /* cut off */
}

static void
test_text__escape_keeps_newline_and_tab_only_when_multiline(void **state)
{
    (void)state;
    assert_escape("a\n\tb\r", 5, true, "a\n\tb<U+000D>");
    assert_escape("a\n\tb", 4, false, "a<U+000A><U+0009>b");
}

static void
test_text__escape_keeps_what_people_write(void **state)
{
    static const char *const kept[] = {
        "", "plain <text> & 100%", "e\xCC\x81", "\xD7\xA9\xD6\xB8", "\xE0\xA4\x95\xE0\xA5\x8D",
        "\xEC\xB5\x9C\xEB\xAA\x85\xEB\xB3\xB5", "\xD9\x85\xD9\x8E", "\xE6\x9D\x8E\xE3\x80\x80x",
        "\xF0\x9F\x98\x80", "a\xC2\xA0z", "\xE1\x84\x8E\xE1\x85\xAC", "\xD8\x80",
    };

    (void)state;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        assert_escape(kept[i], strlen(kept[i]), false, kept[i]);
}

/* ---- width and nearness ---- */

static void
test_text__width_counts_columns(void **state)
{
    (void)state;
    assert_int_equal(text_width("", 0), 0);
    assert_int_equal(text_width("abc", 3), 3);
    assert_int_equal(text_width("\xEC\xB5\x9C\xEB\xAA\x85", 6), 4);
    assert_int_equal(text_width("e\xCC\x81x", 4), 2);
    assert_int_equal(text_width("\xE1\x84\x8E\xE1\x85\xAC\xE1\x86\xBC", 9), 2);     /* jamo */
    assert_int_equal(text_width("\xEF\xBC\xA1", 3), 2);
    assert_int_equal(text_width("a\xFFz", 3), 3);
}

static void
test_text__nearest_finds_a_slip(void **state)
{
    static const char *const names[] = {"citizenship", "born", "residence", "name", "notes"};

    (void)state;
    assert_string_equal(text_nearest("citizensihp", names, 5), "citizenship");     /* a swap */
    assert_string_equal(text_nearest("residense", names, 5), "residence");
    assert_string_equal(text_nearest("bornn", names, 5), "born");
    assert_string_equal(text_nearest("nmae", names, 5), "name");
    assert_string_equal(text_nearest("note", names, 5), "notes");
    assert_string_equal(text_nearest("name", names, 5), "name");
}

static void
test_text__nearest_is_silent_when_nothing_is_near(void **state)
{
    static const char *const names[] = {"citizenship", "born", "id"};
    char longest[200];

    (void)state;
    assert_null(text_nearest("xyz", names, 3));
    assert_null(text_nearest("ix", names, 3));          /* one of two letters is half */
    assert_null(text_nearest("citizens", names, 3));    /* three steps */
    assert_null(text_nearest("brno", names, 0));
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_null(text_nearest(longest, names, 3));
}

/* ---- codes and words ---- */

static void
test_text__code_known_answers(void **state)
{
    static const uint8_t id[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc,
        0xba, 0x98, 0x76, 0x54, 0x32, 0x10};
    uint8_t same[16];
    char code[CODE_LEN + 1];

    (void)state;
    memset(same, 0, 16);
    code_of(code, same);
    assert_string_equal(code, "00000000000000000000000000");
    memset(same, 0xFF, 16);
    code_of(code, same);
    assert_string_equal(code, "zzzzzzzzzzzzzzzzzzzzzzzzzw");
    code_of(code, id);
    assert_string_equal(code, "04hmasw9nf6yzzpwqac7cn1j20");
}

static void
test_text__code_goes_there_and_back(void **state)
{
    uint8_t id[16], back[16];
    char code[CODE_LEN + 1];
    unsigned bits = 0;

    (void)state;
    for (unsigned k = 0; k < 300; k++) {
        for (unsigned i = 0; i < 16; i++)
            id[i] = (uint8_t)(k * 37 + i * i * 11 + (k >> 3));
        code_of(code, id);
        assert_true(code_prefix(back, &bits, code));
        assert_int_equal(bits, 128);
        assert_memory_equal(back, id, 16);
    }
}

static void
test_text__code_prefix_counts_its_bits(void **state)
{
    uint8_t id[16];
    unsigned bits = 0;

    (void)state;
    assert_true(code_prefix(id, &bits, "z"));
    assert_int_equal(bits, 5);
    assert_memory_equal(id, "\xF8\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    assert_true(code_prefix(id, &bits, "zzz"));
    assert_int_equal(bits, 15);
    assert_memory_equal(id, "\xFF\xFE\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    assert_true(code_prefix(id, &bits, "zzzzzzzzzzzzzzzzzzzzzzzzz"));
    assert_int_equal(bits, 125);
    assert_int_equal(id[15], 0xF8);
}

static void
test_text__code_prefix_forgives_what_people_misread(void **state)
{
    uint8_t a[16], b[16];
    unsigned bits = 0;

    (void)state;
    assert_true(code_prefix(a, &bits, "0111abcz"));
    assert_true(code_prefix(b, &bits, "OiL1aBCZ"));
    assert_memory_equal(a, b, 16);
}

static void
test_text__code_prefix_refusals(void **state)
{
    uint8_t id[16];
    unsigned bits = 77;

    (void)state;
    memset(id, 0x55, 16);
    assert_false(code_prefix(id, &bits, ""));
    assert_false(code_prefix(id, &bits, "abcu"));               /* no u */
    assert_false(code_prefix(id, &bits, "ab-c"));
    assert_false(code_prefix(id, &bits, "ab c"));
    assert_false(code_prefix(id, &bits, "caf\xC3\xA9"));
    assert_false(code_prefix(id, &bits, "000000000000000000000000000"));       /* 27 */
    assert_false(code_prefix(id, &bits, "00000000000000000000000001"));        /* two more bits */
    assert_int_equal(bits, 77);
    assert_int_equal(id[0], 0x55);
}

static void
test_text__words_are_sorted_and_differ_in_four_letters(void **state)
{
    (void)state;
    assert_string_equal(words_1024[0], "academic");
    assert_string_equal(words_1024[1023], "zero");
    for (size_t i = 0; i < 1024; i++) {
        assert_in_range(strlen(words_1024[i]), 4, 8);
        if (i > 0)
            assert_true(strncmp(words_1024[i - 1], words_1024[i], 4) < 0);
    }
}

static void
test_text__words_take_ten_bits_each(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    words_of(&b, (const uint8_t *)"\x00\x00\x40\x20\x0F\xFF", 6, 4);    /* 0, 4, 8, 63 */
    assert_string_equal(buf_cstr(&b), "academic acrobat adequate afraid");
    buf_reset(&b);
    words_of(&b, (const uint8_t *)"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 15,
        12);
    assert_string_equal(buf_cstr(&b), "zero zero zero zero zero zero zero zero zero zero zero zero");
    buf_free(&b);
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
        cmocka_unit_test(test_text__valid_accepts_every_length_of_code_point),
        cmocka_unit_test(test_text__valid_refuses_broken_utf8),
        cmocka_unit_test(test_text__valid_refuses_broken_utf8_wherever_it_stands),
        cmocka_unit_test(test_text__valid_is_the_rule_for_each_sequence),
        cmocka_unit_test(test_text__valid_refuses_a_zero_byte_wherever_it_stands),
        cmocka_unit_test(test_text__valid_tells_where),
        cmocka_unit_test(test_text__nfc_composes),
        cmocka_unit_test(test_text__nfc_keeps_a_vowel_that_looks_like_a_final),
        cmocka_unit_test(test_text__nfc_refuses_broken_text_and_leaves_output_alone),
        cmocka_unit_test(test_text__nfc_of_hostile_marks_is_quick_and_right),
        cmocka_unit_test(test_text__passphrase_composed_and_decomposed_hangul_are_one),
        cmocka_unit_test(test_text__passphrase_is_nfkc_and_not_trimmed),
        cmocka_unit_test(test_text__passphrase_refusals),
        cmocka_unit_test(test_text__passphrase_length_limit),
        cmocka_unit_test(test_text__passphrase_errors_do_not_quote_it),
        cmocka_unit_test(test_text__fold_latin),
        cmocka_unit_test(test_text__fold_cyrillic_keeps_letters_that_are_written_with_a_mark),
        cmocka_unit_test(test_text__fold_cyrillic_drops_stress),
        cmocka_unit_test(test_text__fold_greek),
        cmocka_unit_test(test_text__fold_hangul_to_jamo),
        cmocka_unit_test(test_text__fold_full_width_and_other_planes),
        cmocka_unit_test(test_text__fold_other_scripts_keep_their_marks),
        cmocka_unit_test(test_text__fold_white_space_is_one_blank),
        cmocka_unit_test(test_text__fold_drops_what_is_never_seen),
        cmocka_unit_test(test_text__fold_across_chunks),
        cmocka_unit_test(test_text__fold_hangul_across_chunks),
        cmocka_unit_test(test_text__fold_wherever_it_stands),
        cmocka_unit_test(test_text__fold_refuses_broken_text_and_leaves_output_alone),
        cmocka_unit_test(test_text__fold_of_folded_is_the_same_for_every_code_point),
        cmocka_unit_test(test_text__escape_neutralises_controls),
        cmocka_unit_test(test_text__escape_neutralises_bidi_controls),
        cmocka_unit_test(test_text__escape_neutralises_what_is_invisible_or_unknown),
        cmocka_unit_test(test_text__escape_shows_broken_bytes),
        cmocka_unit_test(test_text__escape_keeps_newline_and_tab_only_when_multiline),
        cmocka_unit_test(test_text__escape_keeps_what_people_write),
        cmocka_unit_test(test_text__width_counts_columns),
        cmocka_unit_test(test_text__nearest_finds_a_slip),
        cmocka_unit_test(test_text__nearest_is_silent_when_nothing_is_near),
        cmocka_unit_test(test_text__code_known_answers),
        cmocka_unit_test(test_text__code_goes_there_and_back),
        cmocka_unit_test(test_text__code_prefix_counts_its_bits),
        cmocka_unit_test(test_text__code_prefix_forgives_what_people_misread),
        cmocka_unit_test(test_text__code_prefix_refusals),
        cmocka_unit_test(test_text__words_are_sorted_and_differ_in_four_letters),
        cmocka_unit_test(test_text__words_take_ten_bits_each),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
