/* Names across spellings and scripts: who is found, who is not, and that nothing typed breaks it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vault/base/text.h"
#include "vault/names/name.h"
#include "vault/vault.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct name one, two;
static char why[NAME_WHY_BYTES];

static enum name_level
match(const char *a, const char *b)
{
    enum name_level level;

    assert_int_equal(name_read(&one, a, strlen(a)), VAULT_OK);
    assert_int_equal(name_read(&two, b, strlen(b)), VAULT_OK);
    level = name_compare(&one, &two, NAME_SHOWS_BOTH, why);
    assert_true(why[0] != '\0');
    assert_int_equal(name_compare(&two, &one, NAME_SHOWS_BOTH, why), level);     /* whoever is asked first */
    (void)name_compare(&one, &two, NAME_SHOWS_BOTH, why);
    return level;
}

static void
each(const char *const pair[][2], size_t n, enum name_level wanted)
{
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        enum name_level level = match(pair[i][0], pair[i][1]);
        if (level == wanted)
            continue;
        print_message("%s | %s: %s (%s)\n", pair[i][0], pair[i][1], name_level_text(level), why);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

/* ---- the man with five names, and the others of the documents ---- */

static void
test_names__five_spellings_are_one_man(void **state)
{
    static const char *const form[] = { "Choi Myung-bok", "Choe Myong Bok", "최명복", "Цой Мён Бок",
        "Чхве Мён Бок" };

    (void)state;
    for (size_t i = 0; i < COUNT(form); i++)
        for (size_t j = 0; j < COUNT(form); j++)
            assert_int_equal(match(form[i], form[j]), i == j ? NAME_EXACT : NAME_FOLD);
}

static void
test_names__the_lawyers_in_two_scripts(void **state)
{
    static const char *const pair[][2] = {
        { "Svetlana Gannushkina", "Светлана Ганнушкина" }, { "Olga Tseytlina", "Ольга Цейтлина" },
        { "Yelena Kogai", "Елена Когай" },
    };

    (void)state;
    each(pair, COUNT(pair), NAME_FOLD);
}

static void
test_names__other_men_stay_other_men(void **state)
{
    static const char *const pair[][2] = {
        { "Choi Myung-bok", "Choi Myung-suk" }, { "Kim Yong-chol", "Kim Yong-chun" },
        { "최명복", "최명석" }, { "Цой Мён Бок", "Choi Myung-suk" }, { "Kim Jong Un", "Kim Jong Il" },
        { "Kim Yong", "Kim Yong-chol" }, { "Park Jin", "Pak Jin Hyok" }, { "김철수", "김영철" },
        { "Ivan Petrov", "Ivan Petrenko" }, { "Ivan Petrov", "Igor Petrov" },
        { "Sergei Petrov", "Svetlana Petrova" }, { "Maria Ivanova", "Marina Ivanova" },
        { "Olga Ivanova", "Oleg Ivanov" }, { "Diana Petrova", "Daniil Petrov" },
        { "Valeria Ivanova", "Valery Ivanov" }, { "Vera Ivanova", "Veronika Ivanova" },
        { "Валентин Шевченко", "Валентина Шевченко" }, { "Valentin Kim", "Valentina Kim" },
        { "Коваль Валентин Иванович", "Коваль Валентина Ивановна" }, { "Олег Коваль", "Ольга Коваль" },
        { "Ahn Cheol-su", "Ban Cheol-su" }, { "김영미", "김역미" }, { "Ali Hasan oglu", "Ali" },
    };

    (void)state;
    each(pair, COUNT(pair), NAME_NONE);
}

static void
test_names__never_by_a_surname_alone(void **state)
{
    static const char *const pair[][2] = {
        { "Kim", "Kim Yong-chol" }, { "Kim", "Kim" }, { "Ким", "Kim" }, { "김", "김영철" }, { "Kim", "김" },
        { "Choi", "Choi Myung-bok" }, { "Gannushkina", "Светлана Ганнушкина" },
        { "Gannushkina", "Gannushkina" }, { "Петренко", "Петренко" }, { "Mr Kim", "Kim Yong-chol" },
        { "Svetlana", "Svetlana Gannushkina" },
    };

    (void)state;
    each(pair, COUNT(pair), NAME_NONE);
    (void)match("Kim", "Kim Yong-chol");
    assert_non_null(strstr(why, "surname alone"));
}

static void
test_names__what_oglu_stands_behind_is_compared(void **state)
{
    (void)state;
    assert_int_equal(match("Ali Hasan oglu", "Ali Hassan ogly"), NAME_FOLD);
    assert_int_equal(match("Ali Hasan oglu", "Ali Veli oglu"), NAME_SKELETON);
    assert_non_null(strstr(why, "fathers"));
}

/* Letters of Cyrillic that are in no table are Cyrillic; and what is shown of any word is UTF-8. */
static void
test_names__words_of_all_letters_are_shown_whole(void **state)
{
    static const char *const name[] = { "Қасым Тоқаев", "Иван1 Петров", "김1 철수", "محمد علي" };
    char key[NAME_KEY_BYTES];

    (void)state;
    for (size_t i = 0; i < COUNT(name); i++) {
        assert_int_equal(match(name[i], name[i]), i == 1 || i == 2 ? NAME_FOLD : NAME_EXACT);
        assert_true(text_valid(why, strlen(why), NULL));
        name_key(key, &one, false);
        assert_true(text_valid(key, strlen(key), NULL));
        assert_int_equal(one.mixed, i == 1 || i == 2);
    }
    assert_int_equal(match("김'철수", "김철수"), NAME_EXACT);
    assert_int_equal(match("김철''수", "Kim Chol-su"), NAME_FOLD);
}

/* ---- Korean ---- */

static void
test_names__korean_in_every_system(void **state)
{
    static const char *const pair[][2] = {
        { "최명복", "Ch'oe Myŏng-bok" },        /* McCune-Reischauer, with its marks */
        { "최명복", "Ch’oe Myo'ng-bok" },       /* and without */
        { "최명복", "Choe Myeongbok" },         /* Revised */
        { "최명복", "Choe Myong Bok" },         /* North Korean */
        { "최명복", "Choy Myengpok" },          /* Yale */
        { "최명복", "Tsoi Men Bok" },           /* Latin letters after Russian */
        { "최명복", "Myung-bok Choi" }, { "최명복", "CHOI, Myung-bok" }, { "최명복", "최 명복" },
        { "이명박", "리명박" }, { "Lee Myung-bak", "Ri Myong Bak" }, { "이승만", "Syngman Rhee" },
        { "박근혜", "Pak Kŭn-hye" }, { "박근혜", "Park Geun-hye" }, { "노무현", "Roh Moo-hyun" },
        { "정주영", "Chung Ju-yung" }, { "임꺽정", "Rim Kkŏk-chŏng" }, { "김정은", "Ким Чен Ын" },
        { "황장엽", "Hwang Jang-yop" }, { "태영호", "Thae Yong-ho" }, { "지성호", "Ji Seong-ho" },
        { "윤석열", "Yoon Suk-yeol" }, { "남궁옥", "Namgung Ok" }, { "김룡해", "Kim Yong-hae" },
        { "Pan Ki-mun", "Ban Ki-moon" }, { "Пан Ги Мун", "반기문" },    /* pan is a title as well */
        { "김석남", "Kim Seongnam" },
        { "Pang Su Nam", "Pang Sunam" }, { "Kwak Chong-chol", "Kwak Jong-chol" },
    };

    (void)state;
    each(pair, COUNT(pair), NAME_FOLD);
}

static void
test_names__korean_vowels_apart_are_a_skeleton(void **state)
{
    static const char *const pair[][2] = {
        { "Kim Mun Chol", "Kim Min Chol" }, { "O Chong Ok", "O Chong Euk" },
    };

    (void)state;
    each(pair, COUNT(pair), NAME_SKELETON);
}

/* ---- Russian and Ukrainian ---- */

static void
test_names__russian_and_ukrainian_in_every_system(void **state)
{
    static const char *const pair[][2] = {
        { "Никита Хрущёв", "Nikita Khrushchev" }, { "Никита Хрущев", "Nikita Chruschtschow" },
        { "Юрий Шишкин", "Iouri Chichkine" }, { "Евгений Чернов", "Evgueni Tchernov" },
        { "Андрей Щербаков", "Andrej Schtscherbakow" }, { "Светлана Ганнушкина", "Svetlana Gannuškina" },
        { "Ольга Цейтлина", "Olga Zeitlina" }, { "Юлия Навальная", "Yulia Navalnaya" },
        { "Юлия Навальная", "Iuliia Navalnaia" }, { "Сергей Иванов", "Serhiy Ivanov" },
        { "Сергій Іванов", "Sergei Ivanov" }, { "Olena Shevchenko", "Елена Шевченко" },
        { "Volodymyr Zelenskyy", "Владимир Зеленский" }, { "Петро Порошенко", "Pyotr Poroshenko" },
        { "Mikhail Khodorkovsky", "Михаил Ходорковский" }, { "MOZHOVYI, Oleksiy", "Алексей Мозговой" },
        { "В'ячеслав Кириленко", "Vyacheslav Kirilenko" }, { "Leonid Kim", "Леонид Ким" },
        { "Kim Alexander", "Александр Ким" }, { "Alexei Park", "Пак Алексей" },
    };

    (void)state;
    each(pair, COUNT(pair), NAME_FOLD);
}

static void
test_names__fathers_names_initials_short_forms_titles_order(void **state)
{
    static const char *const fold[][2] = {
        { "Gannushkina Svetlana Alekseyevna", "Светлана Ганнушкина" },
        { "Саша Иванов", "Aleksandr Ivanov" }, { "Sasha Ivanova", "Александра Иванова" },
        { "Alex Ivanov", "Александр Иванов" }, { "Dr. Svetlana Gannushkina", "Светлана Ганнушкина" },
        { "Ivanov Ivan Nikolayevich", "Ivanov Ivan Mykolaiovych" },
        { "Peter A. Savchenko", "Petro Oleksandrovych Savchenko" },
        { "Yanukovych Viktor Fedorovych", "Виктор Янукович" }, { "Иванова Анна", "Anna Ivanov" },
        { "Aslanov Ali Hasan ogly", "Али Асланов" },
    };
    static const char *const skeleton[][2] = {
        { "Ганнушкина С. А.", "Светлана Ганнушкина" }, { "V. Boyarkin", "Viktor Boyarkin" },
        { "Иванов Иван Петрович", "Иванов Иван Сергеевич" }, { "Zaldostanov Aleksandr", "Zaldastanov Aleksandr" },
    };
    static const char *const none[][2] = {
        { "Иванов Иван Петрович", "Иванов Пётр Иванович" }, { "S. Gannushkina", "Olga Gannushkina" },
        { "Tsyplakov, Sergey Gennadevich", "Tsyplakov, Gennady" },
        { "Ryauzov, Denis Yuryevich", "Jurjevich, Ryauzov Denis" },
    };

    (void)state;
    each(fold, COUNT(fold), NAME_FOLD);
    each(skeleton, COUNT(skeleton), NAME_SKELETON);
    each(none, COUNT(none), NAME_NONE);
    (void)match("Иванов Иван Петрович", "Иванов Иван Сергеевич");
    assert_non_null(strstr(why, "fathers' names differ"));
}

/* ---- why ---- */

static void
test_names__why_names_what_agrees(void **state)
{
    (void)state;
    (void)match("최명복", "Choi Myung-bok");
    assert_string_equal(why, "surname 최 = Choi; given names agree as MYONGPOK");
    (void)match("Sasha Ivanov", "Иванов Александр");
    assert_string_equal(why, "surname Ivanov = Иванов; given name Sasha = Александр, short for Александр");
    (void)match("Serhiy Ivanov", "Сергей Иванов");
    assert_non_null(strstr(why, "forms of Сергей"));
}

/* What is withheld must not stand in a reason: only what follows from the first name and the tables. */
static void
test_names__why_may_leave_the_second_name_out(void **state)
{
    static const char *const pair[][2] = {
        { "최명복", "Choi Myung-bok" }, { "Sasha Ivanov", "Aleksandr Ivanow" },
        { "V. Boyarkin", "Viktor Boyarkin" }, { "Zaldostanov Aleksandr", "Zaldastanov Aleksandr" },
        { "Serhiy Ivanov", "Sergei Iwanow" }, { "孫文 明", "明 孫文" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(pair); i++) {
        assert_true(name_read(&one, pair[i][0], strlen(pair[i][0])) == VAULT_OK);
        assert_true(name_read(&two, pair[i][1], strlen(pair[i][1])) == VAULT_OK);
        assert_true(name_compare(&one, &two, NAME_SHOWS_KEYS, why) != NAME_NONE);
        for (uint8_t k = 0; k < two.words.n; k++) {
            char text[256];
            word_show(text, sizeof text, &two.words.word[k]);
            assert_null(strstr(why, text));
        }
    }
}

/* ---- what else people type ---- */

static void
test_names__other_scripts_by_their_letters(void **state)
{
    static const char *const pair[][2] = {
        { "孫文 明", "明 孫文" }, { "ΓΙΩΡΓΟΣ ΠΑΠΠΑΣ", "γιωργος παππας" }, { "José García", "Jose Garcia" },
        { "ＣＨＯＩ Ｍｙｕｎｇ－ｂｏｋ", "Choe Myong Bok" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(pair); i++)
        assert_true(match(pair[i][0], pair[i][1]) >= NAME_FOLD);
    assert_int_equal(match("孫文 明", "孫中 明"), NAME_NONE);
}

static void
test_names__decomposed_is_composed(void **state)
{
    (void)state;
    assert_int_equal(match("\u1100\u1175\u11B7\u110B\u1167\u11BC\u110E\u1165\u11AF", "김영철"), NAME_EXACT);
    assert_int_equal(match("Ch'oe Myo\u0306ng-bok", "Ch'oe Myŏng-bok"), NAME_EXACT);
    assert_int_equal(match("Серге\u0438\u0306 Иванов", "Сергей Иванов"), NAME_EXACT);
    assert_int_equal(match("Ива\u0301нов Серге\u0301й", "Иванов Сергей"), NAME_EXACT);
}

static void
test_names__letters_of_two_scripts_are_reported(void **state)
{
    (void)state;
    assert_int_equal(match("S\u0435rgei Ivanov", "Sergei Ivanov"), NAME_FOLD);     /* a Cyrillic e */
    assert_non_null(strstr(why, "mixes letters"));
    assert_true(one.mixed);
    assert_int_equal(match("Сергей Иванов", "Иvанов Сергей"), NAME_FOLD);       /* v has no twin */
    assert_non_null(strstr(why, "mixes letters"));
}

static void
test_names__bad_input_is_one_sentence(void **state)
{
    static char long_name[10001];
    static const char *const bad[] = { "", " ", "-", ",", "...", "\u0301\u0301", "\xff", "Kim \xC0\xAF",
        "\xED\xA0\x80", "a b c d e f g h i j k l m", long_name,
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b" };
    struct vault_name_match m;
    struct vault_name_fold f;

    (void)state;
    memset(long_name, 'a', sizeof long_name - 1);
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(name_read(&one, bad[i], strlen(bad[i])), VAULT_ERR_INPUT);
        assert_true(strlen(vault_last_error()->text) > 10);
        assert_int_equal(vault_names_fold(bad[i], strlen(bad[i]), &f), VAULT_ERR_INPUT);
        assert_int_equal(vault_names_match("Kim Yong", 8, bad[i], strlen(bad[i]), &m), VAULT_ERR_INPUT);
        assert_int_equal(vault_names_match(bad[i], strlen(bad[i]), "Kim Yong", 8, &m), VAULT_ERR_INPUT);
    }
    assert_null(strstr(vault_last_error()->text, "aaaa"));
}

static uint32_t lot = 1;

static uint32_t
draw(uint32_t n)
{
    lot = lot * 1664525u + 1013904223u;
    return (lot >> 8) % n;
}

/* Whatever comes: an answer or a refusal, the same from both sides, and texts that fit and end. */
static void
test_names__anything_typed_gets_an_answer(void **state)
{
    static const char *const piece[] = { "Kim", "최", "명복", "Цой", "-", " ", ", ", "'", ".", "yong", "ё", "\u0301",
        "ogly", "ovich", "孫", "o'", "\xff", "V.", "sch", "ou", "yo", "ng", "Aleksandr", "\u202E", "ия", "x" };
    static struct name other;
    char text[2][200];

    (void)state;
    for (int round = 0; round < 20000; round++) {
        bool ok[2];
        for (int k = 0; k < 2; k++) {
            text[k][0] = '\0';
            for (uint32_t i = draw(9) + 1; i > 0; i--)
                strcat(text[k], piece[draw(COUNT(piece))]);
            ok[k] = name_try(k == 0 ? &one : &other, text[k], strlen(text[k]));
        }
        if (!ok[0] || !ok[1])
            continue;
        assert_int_equal(name_compare(&one, &other, NAME_SHOWS_BOTH, why),
            name_compare(&other, &one, NAME_SHOWS_KEYS, why));
        assert_true(strlen(why) < NAME_WHY_BYTES);
        assert_true(name_compare(&one, &one, NAME_SHOWS_BOTH, why) == NAME_EXACT || one.n < 2 || one.mixed ||
            one.words.n < 2);
        name_key(why, &one, false);
        assert_true(strlen(why) < NAME_KEY_BYTES);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names__five_spellings_are_one_man),
        cmocka_unit_test(test_names__the_lawyers_in_two_scripts),
        cmocka_unit_test(test_names__other_men_stay_other_men),
        cmocka_unit_test(test_names__never_by_a_surname_alone),
        cmocka_unit_test(test_names__what_oglu_stands_behind_is_compared),
        cmocka_unit_test(test_names__words_of_all_letters_are_shown_whole),
        cmocka_unit_test(test_names__korean_in_every_system),
        cmocka_unit_test(test_names__korean_vowels_apart_are_a_skeleton),
        cmocka_unit_test(test_names__russian_and_ukrainian_in_every_system),
        cmocka_unit_test(test_names__fathers_names_initials_short_forms_titles_order),
        cmocka_unit_test(test_names__why_names_what_agrees),
        cmocka_unit_test(test_names__why_may_leave_the_second_name_out),
        cmocka_unit_test(test_names__other_scripts_by_their_letters),
        cmocka_unit_test(test_names__decomposed_is_composed),
        cmocka_unit_test(test_names__letters_of_two_scripts_are_reported),
        cmocka_unit_test(test_names__bad_input_is_one_sentence),
        cmocka_unit_test(test_names__anything_typed_gets_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
