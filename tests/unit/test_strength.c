#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sodium.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zxcvbn.h>
#include "vault/base/text.h"
#include "vault/keys/common.h"
#include "vault/keys/spelling.h"
#include "vault/keys/strength.h"

static struct strength
judged(const char *text)
{
    struct strength st = { 0 };
    struct secret *s = NULL;

    assert_int_equal(secret_copy(&s, text, strlen(text)), VAULT_OK);
    assert_int_equal(strength_of(&st, s), VAULT_OK);
    secret_free(s);
    return st;
}

static unsigned
bits_of(const char *text)
{
    return judged(text).bits;
}

static void
assert_below(const char *text, unsigned most)
{
    unsigned bits = bits_of(text);

    if (bits >= most)
        fail_msg("%s: %u bits, not below %u", text, bits, most);
}

static void
assert_least(const char *text, unsigned least)
{
    unsigned bits = bits_of(text);

    if (bits < least)
        fail_msg("%s: %u bits, not %u", text, bits, least);
}

/* ---- spelling ---- */

static void
assert_spelled(const char *text, const char *sounds, const char *keys)
{
    char out[64];

    assert_int_equal(spell(out, sizeof out, text, strlen(text), SPELL_SOUNDS), strlen(sounds));
    assert_string_equal(out, sounds);
    assert_int_equal(spell(out, sizeof out, text, strlen(text), SPELL_KEYS), strlen(keys));
    assert_string_equal(out, keys);
}

static void
test_spell__cyrillic_as_it_sounds_and_as_it_is_typed(void **state)
{
    (void)state;
    assert_spelled("пароль", "parol", "gfhjkm");
    assert_spelled("Щука Ёж", "Shchuka Yozh", "Oerf ~;");
    assert_spelled("хъжэбюё", "khzhebyuyo", "[];',.`");
    assert_spelled("ХЪЖЭБЮ", "KhZhEBYu", "{}:\"<>");
    assert_spelled("їжак ґ Є ў", "yizhak g Ye u", "];fr \\ \" o");
}

static void
test_spell__hangul_as_it_sounds_and_as_it_is_typed(void **state)
{
    (void)state;
    assert_spelled("비밀번호", "bimilbeonho", "qlalfqjsgh");
    assert_spelled("대한민국", "daehanminguk", "eogksalsrnr");
    assert_spelled("값 뷁 꽃", "gap bwek kkot", "rkqt qnpfr Rhc");
    assert_spelled("ᄏᄏ이", "kki", "zzdl");
}

static void
test_spell__other_scripts_count_a_letter_or_two(void **state)
{
    char out[64];

    (void)state;
    assert_spelled("crème Ångström", "creme Angstrom", "creme Angstrom");
    assert_int_equal(spell(out, sizeof out, "αβγ", 6, SPELL_SOUNDS), 3);
    assert_int_equal(spell(out, sizeof out, "北京", 6, SPELL_SOUNDS), 4);
    assert_int_equal(spell(out, sizeof out, "😀", 4, SPELL_KEYS), 2);
}

static void
test_spell__keeps_to_its_room(void **state)
{
    char out[5] = "xxxx";

    (void)state;
    assert_int_equal(spell(out, 4, "щщ", 4, SPELL_SOUNDS), 0);
    assert_int_equal(spell(out, 5, "щщ", 4, SPELL_SOUNDS), 4);
    assert_string_equal(out, "shch");
}

static void
test_common_words__are_ascii_in_both_spellings(void **state)
{
    bool sounds = false, keys = false;
    size_t n = 0;

    (void)state;
    for (const char **w = common_words(); *w != NULL; w++, n++) {
        sounds = sounds || strcmp(*w, "bimilbeonho") == 0;
        keys = keys || strcmp(*w, "gfhjkm") == 0;
        assert_in_range(strlen(*w), 3, 63);
        for (const char *c = *w; *c != '\0'; c++)
            assert_in_range(*c, 0x21, 0x7E);
    }
    assert_true(sounds && keys);
    assert_in_range(n, 500, 1024);      /* a place in the list is never worth more than a word of ours */
}

/* ---- what is weak ---- */

static void
test_strength__what_everybody_tries_is_refused(void **state)
{
    static const char *const weak[] = {
        "password", "Password1!", "qwertyuiop[]", "1234567890", "aaaaaaaaaaaaaaaaaaaa", "p4ssw0rd",
        "iloveyou2", "19.05.1987", "abcabcabcabcabc", "letmein please",
        "пароль", "пароль123", "ПАРОЛЬ", "привет123", "йцукенгшщзхъ", "любовь1987", "мама мыла раму",
        "Наташа 1987", "россия2024", "gfhjkm", "gfhjkm123", "ghbdtn", "parol123", "lyubov1",
        "비밀번호", "비밀번호123", "사랑해1234", "대한민국만세", "qlalfqjsgh", "saranghae1",
        "tkfkdgo", "김철수1972", "최명복", "ㅋㅋㅋㅋㅋㅋㅋㅋ", "ㅁㄴㅇㄹㅁㄴㅇㄹ",
        "あいうえお", "parole segrete", "😀😀😀😀😀😀",
    };

    (void)state;
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++)
        assert_below(weak[i], 40);
}

static void
test_strength__latin_typed_on_another_layout_is_seen(void **state)
{
    struct strength st = judged("зфыыцщкв");     /* password */

    (void)state;
    assert_true(st.bits < 5);
    assert_int_equal(st.n_why, 2);
    assert_non_null(strstr(st.why[1], "layout"));
    assert_below("ㅔㅁㄴㄴ잭ㅇ", 5);
}

static void
test_strength__famous_phrases_and_few_words_are_weak(void **state)
{
    (void)state;
    assert_below("correct horse battery staple", 60);
    assert_below("моя любимая собака ест рыбу", 60);
    assert_below("나는 오늘 학교에 갔다", 60);
    assert_below("academic acid acne", 40);
}

/* Twice, with something between that the second time lacks. */
static void
test_strength__a_phrase_twice_is_no_stronger(void **state)
{
    (void)state;
    assert_below("bishop agency alto, bishop agency alto", bits_of("bishop agency alto, ") + 4);
    assert_below("qJ7#vK2 qJ7#vK2", bits_of("qJ7#vK2 ") + 4);
}

static void
test_strength__says_why(void **state)
{
    (void)state;
    assert_non_null(strstr(judged("пароль").why[0], "common"));
    assert_non_null(strstr(judged("abcdefghijk").why[0], "sequence"));
    assert_non_null(strstr(judged("xkqxkqxkqxkq").why[0], "repeats"));
    assert_non_null(strstr(judged("academic acid").why[0], "few words"));
    assert_non_null(strstr(judged("x9#K").why[0], "short"));
}

/* However often it comes: libzxcvbn looks for one character that repeats, and counts words one by one. */
static void
test_strength__a_phrase_again_and_again_is_worth_it_once_and_how_often(void **state)
{
    static const char *const UNITS[] = { "quiet river ", "Тихая река ", "kelp-fig-", "qJ7#" };
    char text[1024];
    (void)state;

    for (size_t i = 0; i < sizeof UNITS / sizeof UNITS[0]; i++) {
        size_t n = strlen(UNITS[i]), times = 1000 / n;
        struct strength st;
        int said = 0;
        for (size_t k = 0; k < times; k++)
            memcpy(text + k * n, UNITS[i], n);
        text[times * n] = '\0';
        assert_below(text, bits_of(UNITS[i]) + 10);
        st = judged(text);
        for (unsigned k = 0; k < st.n_why; k++)
            said += strstr(st.why[k], "repeats") != NULL;
        assert_int_equal(said, 1);
    }
}

/* ---- what is good ---- */

static void
test_strength__chance_is_good_in_every_script(void **state)
{
    static const char *const good[] = {
        "xK9#mQ2$vL7!", "Zq8vR2mK5xW1", "Xk3f-9QmZ-p2Lw-77sd",
        "cleft cam synod lacy yr wok ruse quota",
        "дом лес река гора стул окно дверь", "집 나무 강 산 의자 창문 문",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_least(good[i], 60);
}

/* ---- words of our own list ---- */

static void
put_words(char *out, size_t count, const char *between)
{
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            strcat(out, between);
        strcat(out, words_1024[i * 41 % 1024]);
    }
}

static void
test_strength__words_of_the_list_are_ten_bits_each(void **state)
{
    char text[256];

    (void)state;
    for (size_t n = 1; n <= 24; n++) {
        put_words(text, n, n % 2 == 0 ? " " : "-");
        assert_int_equal(bits_of(text), 10 * n);
    }
    assert_int_equal(bits_of("ACADEMIC Acid  acne"), 30);
}

static void
test_strength__a_word_said_twice_counts_once(void **state)
{
    (void)state;
    assert_below("academic academic academic academic academic academic academic", 20);
    assert_int_equal(bits_of("academic acid acne acquire academic"), 42);
}

static void
test_strength__a_word_more_never_lowers(void **state)
{
    static const char *const begins[] = {
        "", "correct horse", "пароль", "xK9#mQ2$vL7!", "비밀번호 나무", "2017-01-31", "lacy",
    };
    char text[320], more[256];

    (void)state;
    for (size_t b = 0; b < sizeof begins / sizeof begins[0]; b++) {
        unsigned before = begins[b][0] == '\0' ? 0 : bits_of(begins[b]);

        for (size_t n = 1; n <= 12; n++) {
            unsigned bits;

            put_words(more, n, " ");
            snprintf(text, sizeof text, "%s %s", begins[b], more);
            bits = bits_of(text);
            if (bits < before)
                fail_msg("%s: %u bits, one word less: %u", text, bits, before);
            before = bits;
        }
    }
}

/* ---- scripts ---- */

static void
test_strength__no_script_scores_higher_than_its_transliteration(void **state)
{
    static const char *const texts[] = {
        "пароль", "пароль123", "Щука и Ёж 1987", "моя любимая собака", "ъъъъ", "їжак",
        "비밀번호", "사랑해 대한민국 만세", "최명복 1962", "ㅔㅁㄴㄴ잭ㅇ", "뷁뷁뷁",
    };
    char latin[256];

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (enum spelling how = SPELL_SOUNDS; how <= SPELL_KEYS; how++)
            if (spell(latin, sizeof latin, texts[i], strlen(texts[i]), how) > 0)
                assert_true(bits_of(texts[i]) <= bits_of(latin));
}

static void
test_strength__unicode_forms_are_one(void **state)
{
    (void)state;
    assert_int_equal(bits_of("ｐａｓｓｗｏｒｄ"), bits_of("password"));
    assert_int_equal(bits_of("비밀번호 나무"), bits_of("비밀번호 나무"));
    assert_int_equal(bits_of("й"), bits_of("й"));
}

/* ---- limits ---- */

static void
test_strength__looks_at_256_bytes(void **state)
{
    char text[1025];
    unsigned before;

    (void)state;
    put_words(text, 24, " ");
    while (strlen(text) < STRENGTH_MAX)
        strcat(text, "x");
    before = bits_of(text);
    strcat(text, " cleft cam synod xK9#mQ2$vL7!");
    assert_int_equal(bits_of(text), before);

    memset(text, 'x', sizeof text);
    memcpy(text + 255, "щ", 2);             /* the limit falls within a letter */
    text[1024] = '\0';
    assert_below(text, 40);
}

static void
test_strength__broken_text_is_an_error(void **state)
{
    static const char *const broken[] = { "", "\xff\xfe", "abc\xd0", "\xc0\xaf", "\xed\xa0\x80" };
    struct strength st = { .bits = 7 };

    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct secret *s = NULL;

        assert_int_equal(secret_new(&s, 16), VAULT_OK);
        memcpy(secret_edit(s), broken[i], strlen(broken[i]));
        secret_set_len(s, strlen(broken[i]));
        assert_int_equal(strength_of(&st, s), VAULT_ERR_INPUT);
        assert_int_equal(st.bits, 7);
        secret_free(s);
    }
}

/* ---- what is left in memory ---- */

/* What libzxcvbn notes about a text, learnt in another process. */
static double
noted(const char *text)
{
    double bits = 0;
    int fd[2];
    pid_t child;

    assert_int_equal(pipe(fd), 0);
    child = fork();
    if (child == 0) {
        ZxcMatch_t *m = NULL;

        (void)ZxcvbnMatch(text, common_words(), &m);
        bits = m == NULL ? 0 : m->Entrpy * 0.69314718055994530942;
        _exit(write(fd[1], &bits, sizeof bits) != sizeof bits);
    }
    assert_int_equal(read(fd[0], &bits, sizeof bits), sizeof bits);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(fd[0]);
    close(fd[1]);
    return bits;
}

/* How often does the heap hold a number within a millionth of this one? (There is no such heap
 * under valgrind or a sanitizer.) */
static size_t
count_in_heap(double wanted)
{
    FILE *f = fopen("/proc/self/maps", "r");
    uintptr_t from = 0, to = 0;
    char line[512];
    size_t found = 0;

    assert_non_null(f);
    setvbuf(f, NULL, _IONBF, 0);
    while (strstr(line, "[heap]") == NULL && fgets(line, sizeof line, f) != NULL)
        if (strstr(line, "[heap]") != NULL)
            assert_int_equal(sscanf(line, "%zx-%zx", &from, &to), 2);
    fclose(f);
    for (uintptr_t p = from; p < to; p += sizeof wanted) {
        double d = *(const double *)p;

        found += d > wanted - 1e-6 && d < wanted + 1e-6;
    }
    return found;
}

static void
test_strength__ranks_of_words_are_not_left_in_the_heap(void **state)
{
    static const char text[] = "elephant";
    double rank;

    (void)state;
    rank = noted(text);
    assert_true(rank > 5);
    assert_int_equal(count_in_heap(rank), 0);
    (void)bits_of(text);
    assert_int_equal(count_in_heap(rank), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spell__cyrillic_as_it_sounds_and_as_it_is_typed),
        cmocka_unit_test(test_spell__hangul_as_it_sounds_and_as_it_is_typed),
        cmocka_unit_test(test_spell__other_scripts_count_a_letter_or_two),
        cmocka_unit_test(test_spell__keeps_to_its_room),
        cmocka_unit_test(test_common_words__are_ascii_in_both_spellings),
        cmocka_unit_test(test_strength__what_everybody_tries_is_refused),
        cmocka_unit_test(test_strength__latin_typed_on_another_layout_is_seen),
        cmocka_unit_test(test_strength__famous_phrases_and_few_words_are_weak),
        cmocka_unit_test(test_strength__says_why),
        cmocka_unit_test(test_strength__chance_is_good_in_every_script),
        cmocka_unit_test(test_strength__words_of_the_list_are_ten_bits_each),
        cmocka_unit_test(test_strength__a_word_said_twice_counts_once),
        cmocka_unit_test(test_strength__a_word_more_never_lowers),
        cmocka_unit_test(test_strength__no_script_scores_higher_than_its_transliteration),
        cmocka_unit_test(test_strength__unicode_forms_are_one),
        cmocka_unit_test(test_strength__a_phrase_again_and_again_is_worth_it_once_and_how_often),
        cmocka_unit_test(test_strength__a_phrase_twice_is_no_stronger),
        cmocka_unit_test(test_strength__looks_at_256_bytes),
        cmocka_unit_test(test_strength__broken_text_is_an_error),
        cmocka_unit_test(test_strength__ranks_of_words_are_not_left_in_the_heap),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
