/*
 * bench_gate.c - the leak gate: names of 100,000 records against the files of a release of about 40 MB, on one core.
 *
 * GATE_RECORDS, GATE_MB change the size. Names are made of surnames and given names of several countries; the release is CSV, JSON and a page.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vault/base/bytes.h"
#include "vault/release/gate.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static double
now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint32_t lot = 3;

static uint32_t
draw(uint32_t n)
{
    lot = lot * 1664525u + 1013904223u;
    return (lot >> 8) % n;
}

#define ANY(list) list[draw(COUNT(list))]

static const char *const KOREAN[] = { "Kim", "Ri", "Pak", "Choe", "Jong", "Kang", "Jo", "Yun", "Jang", "Rim", "Han", "O", "So", "Sin", "Kwon", "Hwang", "An", "Song", "Ryu", "Hong" };
static const char *const SYLLABLE[] = { "Yong", "Chol", "Myong", "Bok", "Kwang", "Hyok", "Song", "Chun", "Ho", "Su", "Jin", "Nam", "Un", "Il", "Hak", "Ok", "Sun", "Hui", "Gyong", "Min" };
static const char *const FIRST[] = { "Yelena", "Sergey", "Olga", "Dmitry", "Svetlana", "Aleksandr", "Mariya", "Ivan", "Tatyana", "Nikolay", "Anna", "Viktor", "Natalya", "Andrey", "Galina" };
static const char *const STEM[] = { "Gannush", "Zherebts", "Kovalev", "Plotnik", "Sokolov", "Shcherbak", "Morozov", "Vinograd", "Karpov", "Lebedev", "Zaytsev", "Belov", "Gromov", "Orlov", "Titov" };
static const char *const END[] = { "sky", "skaya", "in", "ina", "enko", "ov", "ova", "uk", "ich", "yan" };
static const char *const HANGUL_1[] = { "김", "리", "박", "최", "정", "강", "조", "윤", "장", "림" };
static const char *const HANGUL_2[] = { "영", "철", "명", "복", "광", "혁", "성", "춘", "호", "수", "진", "남", "은", "일", "학", "옥" };

static vault_err
add_record(struct gate *g, uint32_t i)
{
    char name[128], number[64];
    vault_err err;

    if (i % 2 == 0)
        snprintf(name, sizeof name, "%s %s-%s", ANY(KOREAN), ANY(SYLLABLE), ANY(SYLLABLE));
    else
        snprintf(name, sizeof name, "%s %s%s", ANY(FIRST), ANY(STEM), ANY(END));
    err = gate_add(g, GATE_NAME, i, "name", PART(name, strlen(name)));
    snprintf(name, sizeof name, "%s%s%s", ANY(HANGUL_1), ANY(HANGUL_2), ANY(HANGUL_2));
    if (err == VAULT_OK && i % 2 == 0)
        err = gate_add(g, GATE_NAME, i, "other_names", PART(name, strlen(name)));
    snprintf(number, sizeof number, "%02u %02u %06u", draw(100), draw(100), draw(1000000));
    if (err == VAULT_OK)
        err = gate_add(g, GATE_IDENTIFIER, i, "identifiers", PART(number, strlen(number)));
    snprintf(name, sizeof name, "Lived in barrack %u of camp %u with %s brigade until the foreman took his papers away", draw(400), draw(90), ANY(STEM));
    if (err == VAULT_OK)
        err = gate_add(g, GATE_TEXT, i, "notes", PART(name, strlen(name)));
    return err;
}

static const char *const PLACE[] = { "Moscow, Russia", "Amur region, Russia", "St Petersburg, Russia", "Seoul", "Yanji, China", "Khabarovsk, Russia", "Almaty, Kazakhstan" };
static const char *const WORK[] = { "logger", "builder", "cook", "driver", "farmer", "seamstress", "welder", "teacher", "nurse", "odd jobs" };
static const char *const TOLD[] = { "asked for refugee status", "was refused", "the court overturned the refusal", "lived without papers", "fled during the famine",
    "was sent back", "is still in detention", "applied again", "works on a building site", "waits for a decision" };

static void
put_row(struct buf *out, enum gate_file kind)
{
    static const char *const sign[3][8] = { { "", ",", ",", ",\"", "\",", ",\"", "\",", "\r\n" },
        { "{\"code\":\"", "\",\"age\":\"", "\",\"work\":\"", "\",\"place\":\"", "\",\"sex\":\"", "\",\"told\":\"", "\",\"when\":\"", "\"},\n" },
        { "<tr><td>", "</td><td class=\"n\">", "</td><td>", "</td><td>", "</td><td>", "</td><td>", "</td><td>", "</td></tr>\n" } };
    const char *const *s = sign[kind];
    char code[14];

    for (size_t i = 0; i < 13; i++)
        code[i] = "0123456789abcdefghjkmnpqrstvwxyz"[draw(32)];
    code[13] = '\0';
    buf_fmt(out, "%sp-%s%s%u%s%s%s%s%s%s", s[0], code, s[1], 20 + draw(50), s[2], ANY(WORK), s[3], ANY(PLACE), s[4],
        draw(2) == 0 ? "female" : "male");
    buf_fmt(out, "%s%s; %s; %s%s%u-%02u%s", s[5], ANY(TOLD), ANY(TOLD), ANY(TOLD), s[6], 1997 + draw(25), 1 + draw(12), s[7]);
}

static size_t told;

static vault_err
on_hit(void *ctx, const struct gate_hit *hit)
{
    (void)ctx;
    if (told++ < 20)
        printf("  %s, line %zu: %s, %s, %s\n", hit->file, hit->line, gate_class_text(hit->what), hit->field, hit->how);
    return VAULT_OK;
}

int
main(void)
{
    static const struct { const char *name; enum gate_file kind; } file[] = { { "person.csv", GATE_CSV }, { "person.json", GATE_JSON }, { "index.html", GATE_HTML } };
    const char *records = getenv("GATE_RECORDS"), *mb = getenv("GATE_MB");
    uint32_t n = records == NULL ? 100000 : (uint32_t)atoi(records);
    size_t size = ((mb == NULL ? 40 : (size_t)atoi(mb)) << 20) / COUNT(file), all = 0;
    struct gate *g = NULL;
    double start, filled = 0;

    if (sodium_init() < 0 || gate_new(&g) != VAULT_OK)
        return 1;
    start = now();
    for (uint32_t i = 0; i < n; i++)
        if (add_record(g, i) != VAULT_OK)
            return 1;
    printf("%-44s %8.2f s\n", "values of the records taken", now() - start);
    for (size_t i = 0; i < COUNT(file); i++) {
        struct buf b = BUF_INIT;
        double one;
        while (b.n < size)
            put_row(&b, file[i].kind);
        one = now();
        if (gate_search(g, file[i].name, file[i].kind, PART(b.p, b.n), on_hit, NULL) != VAULT_OK)
            return 1;
        filled += now() - one;
        printf("%-44s %8.2f s   %zu MB\n", file[i].name, now() - one, b.n >> 20);
        all += b.n;
        buf_free(&b);
    }
    printf("%u records, %zu MB searched: %.2f s; hits %zu\n", n, all >> 20, filled, told);
    gate_free(g);
    return 0;
}
