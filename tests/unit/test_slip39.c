/* test_slip39.c - secrets as shares of words, and back; every wrong share is told for what it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/slip39_vectors.h"
#include "vault/base/bytes.h"
#include "vault/base/text.h"
#include "vault/keys/slip39_parts.h"

#define SHARE_2_OF_3 vectors[1].share[0]

static struct secret *
secret_of(const void *bytes, size_t n)
{
    struct secret *s = NULL;

    assert_int_equal(secret_copy(&s, bytes, n), VAULT_OK);
    return s;
}

static struct secret *
counting(size_t n)
{
    uint8_t bytes[64];

    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(7 * i + n);
    return secret_of(bytes, n);
}

static vault_err
add(struct slip39_set *set, const char *text)
{
    return slip39_set_add(set, text, strlen(text), NULL);
}

static const char *
text_of(const struct secret *share)
{
    return (const char *)secret_bytes(share);
}

/* Shares of a counting secret, without the cost of many iterations. */
static void
split(struct secret *out[static SLIP39_MAX], size_t n, unsigned threshold, unsigned count)
{
    const struct slip39_plan plan = {.threshold = threshold, .count = count};
    struct secret *s = counting(n);

    assert_int_equal(slip39_split(out, s, &plan), VAULT_OK);
    secret_free(s);
}

static void
free_all(struct secret *shares[static SLIP39_MAX])
{
    for (unsigned i = 0; i < SLIP39_MAX; i++) {
        secret_free(shares[i]);
        shares[i] = NULL;
    }
}

/* ---- known answers ---- */

static void
check_vector(const struct slip39_vector *v)
{
    struct slip39_set set = SLIP39_SET_INIT;
    struct secret *pass = secret_of("TREZOR", 6), *secret = NULL;
    vault_err err = VAULT_OK;
    uint8_t want[32];

    for (unsigned i = 0; v->share[i] != NULL && err == VAULT_OK; i++)
        err = add(&set, v->share[i]);
    if (err == VAULT_OK)
        err = slip39_set_open(&secret, &set, pass);
    if (err != v->err)
        fail_msg("%s: %d, %s", v->what, (int)err, vault_last_error()->text);
    if (v->secret != NULL) {
        assert_true(hex_read(want, strlen(v->secret) / 2, v->secret, strlen(v->secret)));
        assert_int_equal(secret_len(secret), strlen(v->secret) / 2);
        assert_memory_equal(secret_bytes(secret), want, secret_len(secret));
    } else {
        assert_null(secret);
    }
    secret_free(secret);
    secret_free(pass);
    slip39_set_free(&set);
}

static void
test_slip39__known_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VECTORS; i++)
        check_vector(&vectors[i]);
}

static void
test_slip39__the_head_of_a_known_share(void **state)
{
    struct slip39_share s;
    (void)state;

    assert_int_equal(slip39_parse(&s, vectors[12].share[1], strlen(vectors[12].share[1]), NULL),
        VAULT_OK);
    assert_false(s.head.extendable);
    assert_int_equal(s.head.size, 32);
    assert_int_equal(s.head.group_threshold, 2);
    assert_int_equal(s.head.group_count, 4);
    slip39_share_free(&s);
    assert_int_equal(slip39_parse(&s, vectors[14].share[1], strlen(vectors[14].share[1]), NULL),
        VAULT_OK);
    assert_true(s.head.extendable);
    assert_int_equal(s.head.group_count, 1);
    assert_int_equal(s.threshold, 2);
    slip39_share_free(&s);
}

/* ---- round trips ---- */

/* Does this choice of shares (a bit for each) give the secret back? */
static bool
gives_back(struct secret *shares[static SLIP39_MAX], unsigned choice, size_t n)
{
    struct slip39_set set = SLIP39_SET_INIT;
    struct secret *want = counting(n), *got = NULL;
    bool same;

    for (unsigned i = SLIP39_MAX; i-- > 0;)
        if (choice >> i & 1)
            assert_int_equal(add(&set, text_of(shares[i])), VAULT_OK);
    same = slip39_set_open(&got, &set, NULL) == VAULT_OK && secret_equal(got, want);
    assert_int_equal(same, slip39_set_missing(&set) == 0);
    secret_free(got);
    secret_free(want);
    slip39_set_free(&set);
    return same;
}

static void
test_slip39__all_sizes(void **state)
{
    static const unsigned words[] = {20, 22, 23, 25, 27, 28, 30, 31, 33};
    struct secret *shares[SLIP39_MAX] = {NULL};
    (void)state;

    for (size_t n = 16; n <= 32; n += 2) {
        struct slip39_numbers numbers;
        struct slip39_fault fault;

        split(shares, n, 2, 3);
        assert_int_equal(slip39_read(&numbers, text_of(shares[2]), strlen(text_of(shares[2])),
            &fault), VAULT_OK);
        assert_int_equal(numbers.count, words[(n - 16) / 2]);
        assert_true(gives_back(shares, 5, n));
        free_all(shares);
    }
}

/* One bit for each share that is chosen. */
static unsigned
how_many(unsigned choice)
{
    unsigned n = 0;

    for (; choice != 0; choice >>= 1)
        n += choice & 1;
    return n;
}

static void
test_slip39__any_k_of_n_and_no_fewer(void **state)
{
    struct secret *shares[SLIP39_MAX] = {NULL};
    (void)state;

    for (unsigned count = 1; count <= 4; count++)
        for (unsigned threshold = count == 1 ? 1 : 2; threshold <= count; threshold++) {
            split(shares, 16, threshold, count);
            for (unsigned choice = 1; choice < 1u << count; choice++)
                assert_int_equal(gives_back(shares, choice, 16), how_many(choice) >= threshold);
            free_all(shares);
        }
}

static void
test_slip39__sixteen_shares(void **state)
{
    struct secret *shares[SLIP39_MAX] = {NULL};
    (void)state;

    split(shares, 32, 16, 16);
    assert_true(gives_back(shares, 0xFFFF, 32));
    assert_false(gives_back(shares, 0x7FFF, 32));
    free_all(shares);
    split(shares, 32, 9, 16);
    assert_true(gives_back(shares, 0x55AB, 32));
    free_all(shares);
}

static void
test_slip39__two_splits_have_nothing_in_common(void **state)
{
    struct secret *a[SLIP39_MAX] = {NULL}, *b[SLIP39_MAX] = {NULL};
    (void)state;

    split(a, 16, 2, 2);
    split(b, 16, 2, 2);
    for (unsigned i = 0; i < 2; i++)
        assert_string_not_equal(text_of(a[i]), text_of(b[i]));
    free_all(a);
    free_all(b);
}

static void
test_slip39__behind_the_words_there_are_zeros(void **state)
{
    struct secret *shares[SLIP39_MAX] = {NULL};
    (void)state;

    split(shares, 32, 2, 2);
    assert_int_equal(secret_len(shares[0]), SLIP39_TEXT);
    for (size_t i = strlen(text_of(shares[0])); i < SLIP39_TEXT; i++)
        assert_int_equal(secret_bytes(shares[0])[i], 0);
    free_all(shares);
}

/* Another passphrase and another exponent: no error, another secret. */
static void
test_slip39__passphrase_and_exponent(void **state)
{
    struct secret *shares[SLIP39_MAX] = {NULL}, *s = counting(32), *got = NULL;
    struct secret *pass = secret_of("a ~", 3), *other = secret_of("a }", 3);
    const struct slip39_plan plan = {.threshold = 2, .count = 2, .exponent = 1, .passphrase = pass};
    struct slip39_set set = SLIP39_SET_INIT;
    (void)state;

    assert_int_equal(slip39_split(shares, s, &plan), VAULT_OK);
    assert_int_equal(add(&set, text_of(shares[0])), VAULT_OK);
    assert_int_equal(add(&set, text_of(shares[1])), VAULT_OK);
    assert_int_equal(set.head.exponent, 1);
    assert_int_equal(slip39_set_open(&got, &set, pass), VAULT_OK);
    assert_true(secret_equal(got, s));
    secret_free(got);
    assert_int_equal(slip39_set_open(&got, &set, other), VAULT_OK);
    assert_false(secret_equal(got, s));
    secret_free(got);
    assert_int_equal(slip39_set_open(&got, &set, NULL), VAULT_OK);
    assert_false(secret_equal(got, s));
    secret_free(got);
    secret_free(s);
    secret_free(pass);
    secret_free(other);
    free_all(shares);
    slip39_set_free(&set);
}

/* ---- wrong plans ---- */

static void
assert_no_split(size_t n, const struct slip39_plan *plan)
{
    struct secret *shares[SLIP39_MAX] = {NULL}, *s = counting(n);

    assert_int_equal(slip39_split(shares, s, plan), VAULT_ERR_INPUT);
    for (unsigned i = 0; i < SLIP39_MAX; i++)
        assert_null(shares[i]);
    secret_free(s);
}

static void
test_slip39__wrong_plans_are_refused(void **state)
{
    static const struct slip39_plan good = {.threshold = 2, .count = 3};
    static const struct slip39_plan bad[] = {{.threshold = 0, .count = 3},
        {.threshold = 4, .count = 3}, {.threshold = 1, .count = 2}, {.threshold = 0, .count = 0},
        {.threshold = 2, .count = 17}, {.threshold = 17, .count = 17},
        {.threshold = 2, .count = 3, .exponent = 16}};
    static const size_t sizes[] = {1, 14, 15, 17, 31, 33, 34, 64};
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_no_split(16, &bad[i]);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        assert_no_split(sizes[i], &good);
}

static void
test_slip39__a_passphrase_is_printable_ascii(void **state)
{
    static const char *const bad[] = {"\x1f", "a\x7f", "caf\xc3\xa9", "tab\t"};
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct secret *pass = secret_of(bad[i], strlen(bad[i]));

        assert_no_split(16, &(struct slip39_plan){.threshold = 2, .count = 3, .passphrase = pass});
        secret_free(pass);
    }
}

/* ---- wrong shares ---- */

static void
assert_wrong(const char *text, const char *says)
{
    struct slip39_share s, was;
    struct slip39_fault fault;

    memset(&s, 0xEE, sizeof s);
    memset(&was, 0xEE, sizeof was);
    assert_int_equal(slip39_parse(&s, text, strlen(text), &fault), VAULT_ERR_INPUT);
    assert_memory_equal(&s, &was, sizeof s);
    if (strstr(vault_last_error()->text, says) == NULL)
        fail_msg("does not say %s: %s", says, vault_last_error()->text);
}

/* The first share with its word number `place` (from 1) replaced. */
static void
replace(char *out, size_t room, unsigned place, const char *by)
{
    char text[SLIP39_TEXT], *rest = text;
    unsigned at = 0;

    snprintf(text, sizeof text, "%s", SHARE_2_OF_3);
    out[0] = '\0';
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        size_t n = strlen(out);

        at++;
        snprintf(out + n, room - n, "%s%s", at == 1 ? "" : " ", at == place ? by : word);
    }
}

static void
test_slip39__a_word_that_is_none(void **state)
{
    static const struct { const char *typed, *nearest; } c[] = {
        {"acadmic", "academic"}, {"qqqqqq", NULL}, {"aca", NULL}, {"wrsit", "wrist"},
        {"academical", "academic"}, {"academicacademic", NULL}, {"mustan9", "mustang"},
        {"must\xc3\xa4ng", "mustang"}};
    char text[400];
    struct slip39_share s;
    struct slip39_fault fault;
    (void)state;

    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
        for (unsigned place = 1; place <= 20; place += 6) {
            replace(text, sizeof text, place, c[i].typed);
            assert_int_equal(slip39_parse(&s, text, strlen(text), &fault), VAULT_ERR_INPUT);
            assert_int_equal(fault.word, place);
            if (c[i].nearest != NULL && strlen(c[i].typed) <= 8)
                assert_string_equal(fault.nearest, c[i].nearest);
            /* The sentence is for everybody, and holds nothing of the share. */
            assert_null(strstr(vault_last_error()->text, c[i].typed));
            assert_null(strstr(vault_last_error()->hint, c[i].typed));
            if (fault.nearest != NULL)
                assert_null(strstr(vault_last_error()->text, fault.nearest));
        }
}

static void
test_slip39__one_wrong_or_swapped_word_fails_the_checksum(void **state)
{
    char text[400];
    (void)state;

    for (unsigned place = 1; place <= 20; place++) {
        replace(text, sizeof text, place, "zero");
        assert_wrong(text, "checksum");
    }
    assert_wrong("pistol shadow academic always adequate wildlife fancy gross oasis cylinder "
        "mustang wrist rescue view short owner flip making coding armed", "checksum");
}

static void
test_slip39__a_wrong_number_of_words(void **state)
{
    char text[SLIP39_TYPED_MAX + 2];
    (void)state;

    assert_wrong("", "0 words");
    assert_wrong(" \t ", "0 words");
    assert_wrong("academic", "1 word:");
    replace(text, sizeof text, 20, "");
    assert_wrong(text, "19 words");
    replace(text, sizeof text, 20, "armed armed");
    assert_wrong(text, "21 words");
    for (unsigned n = 1; n <= 40; n++) {
        size_t at = strlen(strcpy(text, ""));

        for (unsigned i = 0; i < n; i++)
            at += (size_t)snprintf(text + at, sizeof text - at, "acid ");
        assert_wrong(text, n < 20 || n == 21 || n == 24 || n == 26 || n == 29 || n == 32 || n > 33 ?
            "word" : "checksum");
    }
    memset(text, ' ', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_wrong(text, "longer");
}

static void
test_slip39__reads_what_people_type(void **state)
{
    char text[400];
    struct slip39_share s;
    (void)state;

    replace(text, sizeof text, 3, " acad \t");
    assert_int_equal(slip39_parse(&s, text, strlen(text), NULL), VAULT_OK);
    slip39_share_free(&s);
    for (char *c = text; *c != '\0'; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
    strcat(text, "\r\n");
    assert_int_equal(slip39_parse(&s, text, strlen(text), NULL), VAULT_OK);
    slip39_share_free(&s);
}

/* Every byte that is no letter and no white space is told as a wrong word. */
static void
test_slip39__strange_bytes(void **state)
{
    char text[400];
    struct slip39_share s;
    struct slip39_fault fault;
    (void)state;

    for (unsigned c = 0; c < 256; c++) {
        bool blank = c == ' ' || (c >= 9 && c <= 13);
        size_t n = strlen(SHARE_2_OF_3);

        memcpy(text, SHARE_2_OF_3, n);
        text[n] = (char)c;
        assert_int_equal(slip39_parse(&s, text, n + 1, &fault), blank ? VAULT_OK : VAULT_ERR_INPUT);
        if (blank)
            slip39_share_free(&s);
        else
            assert_int_equal(fault.word, 20);
    }
}

static void
test_slip39__completes_after_four_letters(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1024; i++)
        for (size_t n = 4; n <= strlen(words_1024[i]); n++)
            assert_ptr_equal(slip39_complete(words_1024[i], n), words_1024[i]);
    assert_null(slip39_complete("", 0));
    assert_null(slip39_complete("aca", 2));
    assert_string_equal(slip39_complete("zer", 3), "zero");
    assert_null(slip39_complete("qqqq", 4));
    assert_null(slip39_complete("academical", 10));
}

/* ---- shares that do not belong ---- */

static void
test_slip39__a_share_of_another_set_is_told_at_once(void **state)
{
    struct secret *a[SLIP39_MAX] = {NULL}, *b[SLIP39_MAX] = {NULL};
    struct slip39_set set = SLIP39_SET_INIT;
    (void)state;

    split(a, 16, 3, 3);
    do {        /* one pair in 32768 has the same identifier */
        free_all(b);
        split(b, 16, 3, 3);
    } while (strncmp(text_of(a[0]), text_of(b[0]), 9) == 0);
    assert_int_equal(add(&set, text_of(a[0])), VAULT_OK);
    assert_int_equal(add(&set, text_of(b[1])), VAULT_ERR_INPUT);
    assert_non_null(strstr(vault_last_error()->text, "identifier"));
    assert_int_equal(add(&set, text_of(a[0])), VAULT_ERR_INPUT);
    assert_non_null(strstr(vault_last_error()->text, "share 1 of group 1 is here already"));
    /* The set goes on as if they had not come. */
    assert_int_equal(slip39_set_missing(&set), 2);
    assert_int_equal(add(&set, text_of(a[1])), VAULT_OK);
    assert_int_equal(add(&set, text_of(a[2])), VAULT_OK);
    assert_int_equal(slip39_set_missing(&set), 0);
    free_all(a);
    free_all(b);
    slip39_set_free(&set);
}

/* The text of a share with this head and value. */
static void
make_share(char out[static SLIP39_TEXT], const struct slip39_share *like, uint8_t first)
{
    struct slip39_numbers numbers;
    uint8_t value[32];

    for (unsigned i = 0; i < sizeof value; i++)
        value[i] = (uint8_t)(first + i);
    slip39_encode(&numbers, like, value);
    slip39_write((uint8_t *)out, &numbers);
}

static const struct slip39_share plain = {.threshold = 2, .head = {.id = 0x1234, .extendable = true,
    .group_threshold = 1, .group_count = 1, .size = 16}};

static void
assert_stranger(struct slip39_set *set, const struct slip39_share *s, const char *says)
{
    char text[SLIP39_TEXT];

    make_share(text, s, 1);
    assert_int_equal(add(set, text), VAULT_ERR_INPUT);
    if (strstr(vault_last_error()->text, says) == NULL)
        fail_msg("does not say %s: %s", says, vault_last_error()->text);
}

static void
test_slip39__every_difference_is_named(void **state)
{
    struct slip39_set set = SLIP39_SET_INIT;
    struct slip39_share s;
    char text[SLIP39_TEXT];
    (void)state;

    make_share(text, &plain, 1);
    assert_int_equal(add(&set, text), VAULT_OK);
#define WITH(change) (s = plain, s.member = 1, s.change, &s)
    assert_stranger(&set, WITH(head.id = 0x1235), "identifier");
    assert_stranger(&set, WITH(head.extendable = false), "identifier");
    assert_stranger(&set, WITH(head.exponent = 3), "exponent");
    assert_stranger(&set, WITH(head.group_count = 2), "number of groups differs");
    s.head.group_threshold = 2;
    assert_stranger(&set, &s, "number of groups that are needed");
    assert_stranger(&set, WITH(head.size = 18), "length");
    assert_stranger(&set, WITH(threshold = 3), "number of shares that are needed");
    assert_stranger(&set, WITH(group = 1), "fewer");
    s = plain;
    make_share(text, &s, 2);
    assert_int_equal(add(&set, text), VAULT_ERR_INPUT);
    assert_non_null(strstr(vault_last_error()->text, "another share 1"));
    assert_int_equal(slip39_set_missing(&set), 1);
    slip39_set_free(&set);
}

/* Two shares of one head that were never one secret. */
static void
test_slip39__the_digest_finds_shares_that_do_not_belong(void **state)
{
    struct slip39_set set = SLIP39_SET_INIT;
    struct slip39_share s = plain;
    char text[SLIP39_TEXT];
    struct secret *out = NULL;
    (void)state;

    make_share(text, &s, 1);
    assert_int_equal(add(&set, text), VAULT_OK);
    s.member = 1;
    make_share(text, &s, 9);
    assert_int_equal(add(&set, text), VAULT_ERR_KEY);
    assert_int_equal(slip39_set_missing(&set), 1);
    assert_int_equal(slip39_set_open(&out, &set, NULL), VAULT_ERR_KEY);
    assert_null(out);
    slip39_set_free(&set);
}

/* A share beyond the threshold counts for nothing, but it must be one of the set. */
static void
test_slip39__a_share_too_many_must_fit(void **state)
{
    struct secret *shares[SLIP39_MAX] = {NULL};
    struct slip39_set set = SLIP39_SET_INIT;
    struct slip39_share s;
    char text[SLIP39_TEXT];
    (void)state;

    split(shares, 16, 2, 3);
    assert_int_equal(add(&set, text_of(shares[0])), VAULT_OK);
    assert_int_equal(add(&set, text_of(shares[1])), VAULT_OK);
    assert_int_equal(slip39_parse(&s, text_of(shares[2]), strlen(text_of(shares[2])), NULL),
        VAULT_OK);
    make_share(text, &s, 77);
    assert_int_equal(add(&set, text), VAULT_ERR_KEY);
    assert_int_equal(add(&set, text_of(shares[2])), VAULT_OK);
    slip39_share_free(&s);
    free_all(shares);
    slip39_set_free(&set);
}

/* ---- groups ---- */

/* Two of three groups: 1 of 1, 2 of 3, 2 of 2, as another program would make them. */
struct groups {
    char text[3][3][SLIP39_TEXT];
};

static void
make_groups(struct groups *g)
{
    static const unsigned threshold[] = {1, 2, 2}, count[] = {1, 3, 2};
    struct secret *master = counting(16), *tops = NULL;

    assert_int_equal(shamir_split(&tops, master, 2, 3), VAULT_OK);
    for (unsigned i = 0; i < 3; i++) {
        struct slip39_share s = plain;
        struct secret *top = secret_of(secret_bytes(tops) + 16 * i, 16), *values = NULL;

        s.head.group_threshold = 2;
        s.head.group_count = 3;
        s.group = (uint8_t)i;
        s.threshold = (uint8_t)threshold[i];
        assert_int_equal(shamir_split(&values, top, threshold[i], count[i]), VAULT_OK);
        for (unsigned m = 0; m < count[i]; m++) {
            struct slip39_numbers numbers;

            s.member = (uint8_t)m;
            slip39_encode(&numbers, &s, secret_bytes(values) + 16 * m);
            slip39_write((uint8_t *)g->text[i][m], &numbers);
        }
        secret_free(values);
        secret_free(top);
    }
    secret_free(tops);
    secret_free(master);
}

static void
assert_describes(const struct slip39_set *set, unsigned missing, const char *text)
{
    char what[400];

    assert_int_equal(slip39_set_missing(set), missing);
    slip39_set_describe(what, sizeof what, set);
    assert_string_equal(what, text);
}

static void
test_slip39__groups_say_what_they_lack(void **state)
{
    struct slip39_set set = SLIP39_SET_INIT;
    struct secret *out = NULL, *want = counting(16);
    struct groups g;
    (void)state;

    make_groups(&g);
    assert_describes(&set, 1, "no share is here");
    assert_int_equal(add(&set, g.text[1][2]), VAULT_OK);
    assert_describes(&set, 2, "0 of the 2 groups that are needed are complete, group 2 lacks 1");
    assert_int_equal(add(&set, g.text[2][0]), VAULT_OK);
    assert_int_equal(slip39_set_open(&out, &set, NULL), VAULT_ERR_KEY);
    assert_int_equal(add(&set, g.text[1][0]), VAULT_OK);
    assert_describes(&set, 1, "1 of the 2 groups that are needed is complete, group 3 lacks 1");
    assert_int_equal(add(&set, g.text[0][0]), VAULT_OK);
    assert_int_equal(slip39_set_missing(&set), 0);
    assert_memory_equal(secret_bytes(set.master), secret_bytes(want), 16);
    /* All the rest fits, too. */
    assert_int_equal(add(&set, g.text[2][1]), VAULT_OK);
    assert_int_equal(add(&set, g.text[1][1]), VAULT_OK);
    assert_memory_equal(secret_bytes(set.master), secret_bytes(want), 16);
    assert_int_equal(slip39_set_open(&out, &set, NULL), VAULT_OK);
    secret_free(out);
    secret_free(want);
    slip39_set_free(&set);
}

/* A group that is whole in itself, but of another secret. */
static void
test_slip39__groups_that_do_not_belong(void **state)
{
    struct slip39_set set = SLIP39_SET_INIT;
    struct groups g, h;
    (void)state;

    make_groups(&g);
    make_groups(&h);
    assert_int_equal(add(&set, g.text[0][0]), VAULT_OK);
    assert_int_equal(add(&set, h.text[1][0]), VAULT_OK);
    assert_int_equal(add(&set, h.text[1][1]), VAULT_ERR_KEY);
    assert_non_null(strstr(vault_last_error()->text, "groups do not belong"));
    slip39_set_free(&set);
}

static void
test_slip39__more_groups_needed_than_there_are(void **state)
{
    struct slip39_share s = plain;
    char text[SLIP39_TEXT];
    (void)state;

    s.head.group_threshold = 3;
    s.head.group_count = 2;
    make_share(text, &s, 1);
    assert_wrong(text, "more groups");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slip39__known_answers),
        cmocka_unit_test(test_slip39__the_head_of_a_known_share),
        cmocka_unit_test(test_slip39__all_sizes),
        cmocka_unit_test(test_slip39__any_k_of_n_and_no_fewer),
        cmocka_unit_test(test_slip39__sixteen_shares),
        cmocka_unit_test(test_slip39__two_splits_have_nothing_in_common),
        cmocka_unit_test(test_slip39__behind_the_words_there_are_zeros),
        cmocka_unit_test(test_slip39__passphrase_and_exponent),
        cmocka_unit_test(test_slip39__wrong_plans_are_refused),
        cmocka_unit_test(test_slip39__a_passphrase_is_printable_ascii),
        cmocka_unit_test(test_slip39__a_word_that_is_none),
        cmocka_unit_test(test_slip39__one_wrong_or_swapped_word_fails_the_checksum),
        cmocka_unit_test(test_slip39__a_wrong_number_of_words),
        cmocka_unit_test(test_slip39__reads_what_people_type),
        cmocka_unit_test(test_slip39__strange_bytes),
        cmocka_unit_test(test_slip39__completes_after_four_letters),
        cmocka_unit_test(test_slip39__a_share_of_another_set_is_told_at_once),
        cmocka_unit_test(test_slip39__every_difference_is_named),
        cmocka_unit_test(test_slip39__the_digest_finds_shares_that_do_not_belong),
        cmocka_unit_test(test_slip39__a_share_too_many_must_fit),
        cmocka_unit_test(test_slip39__groups_say_what_they_lack),
        cmocka_unit_test(test_slip39__groups_that_do_not_belong),
        cmocka_unit_test(test_slip39__more_groups_needed_than_there_are),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
