/*
 * bench_names.c - names folded and compared a second, on one core. Names are made of syllables and stems, so that the caches
 * see what a large vault shows them; each in the scripts and systems that people write it in.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vault/names/name.h"

#define NAMES 20000
#define ROUNDS 5

static char text[NAMES][96];
static struct name query, other;

static double
now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const char *const SURNAMES[3][6] = {
    { "Kim", "Choi", "Pak", "Ch'oe", "Jong", "Rim" }, { "김", "최", "박", "정", "림", "리" },
    { "Ким", "Цой", "Пак", "Чхве", "Тен", "Ли" } };
static const char *const FIRST[3][6] = {
    { "Yong", "Myung", "Kwang", "Hyo'k", "Sŏng", "Chun" }, { "영", "명", "광", "혁", "성", "춘" },
    { "Ён", "Мён", "Кван", "Хёк", "Сон", "Чхун" } };
static const char *const SECOND[3][6] = {
    { "chol", "bok", "ho", "su", "jin", "nam" }, { "철", "복", "호", "수", "진", "남" },
    { "чхоль", "бок", "хо", "су", "джин", "нам" } };
static const char *const GIVEN[2][6] = {
    { "Sergey", "Yelena", "Oleksandr", "Svetlana", "Mykola", "Dmitriy" },
    { "Сергей", "Елена", "Олександр", "Светлана", "Микола", "Дмитрий" } };
static const char *const FATHER[2][3] = {
    { "Nikolayevich", "", "Vladimirovna" }, { "Николаевич", "", "Владимировна" } };
static const char *const STEM[2][6] = {
    { "Gannush", "Zherebts", "Melnych", "Plotnits", "Krivoruch", "Shcherbak" },
    { "Ганнуш", "Жеребц", "Мельнич", "Плотниц", "Криворуч", "Щербак" } };
static const char *const END[2][4] = {
    { "kin", "ova", "enko", "kiy" }, { "кин", "ова", "енко", "кий" } };

static void
make_name(unsigned i)
{
    unsigned lot = i * 2654435761u, s = lot >> 8 & 0xFF, a = (lot >> 16) % 6, b = (lot >> 20) % 6,
        c = (lot >> 24) % 6;

    if (i % 2 == 0) {
        unsigned script = s % 3;
        snprintf(text[i], sizeof text[i], script == 1 ? "%s%s%s" : "%s %s-%s", SURNAMES[script][a],
            FIRST[script][b], SECOND[script][c]);
    } else {
        unsigned script = s % 2;
        snprintf(text[i], sizeof text[i], "%s %s %s%s", GIVEN[script][a], FATHER[script][i % 3],
            STEM[script][b], END[script][c % 4]);
    }
}

static void
line(const char *what, double seconds, double promise)
{
    double rate = (double)NAMES / seconds;

    printf("%-44s %9.0f names/s", what, rate);
    if (promise > 0)
        printf("   promised: at least %.0f%s", promise, rate < promise ? "   NOT KEPT" : "");
    putchar('\n');
}

int
main(void)
{
    double best[2] = { 1e9, 1e9 };
    size_t hits = 0;

    for (unsigned i = 0; i < NAMES; i++)
        make_name(i);
    if (!name_try(&query, "Choi Myung-bok", strlen("Choi Myung-bok")))
        return 1;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        for (unsigned i = 0; i < NAMES; i++)
            if (!name_try(&other, text[i], strlen(text[i])))
                return 1;
        best[0] = now() - start < best[0] ? now() - start : best[0];
        start = now();
        for (unsigned i = 0; i < NAMES; i++) {
            if (!name_try(&other, text[i], strlen(text[i])))
                return 1;
            hits += name_compare(&query, &other, NAME_SHOWS_KEYS, NULL) >= NAME_FOLD;
        }
        best[1] = now() - start < best[1] ? now() - start : best[1];
    }
    line("folded, one core", best[0], 500000);
    line("folded and compared with one name", best[1], 0);
    printf("%-44s %9zu\n", "agreed", hits / ROUNDS);
    return 0;
}
