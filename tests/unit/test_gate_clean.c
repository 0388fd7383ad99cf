/*
 * Clean releases: generated cases as CSV, JSON, a page, a method note and a manifest, with nothing in them that the vault withholds. Fewer than one in a
 * hundred raises an alarm.
 *
 * The vault holds names of many countries, none of which is planted: those of ../shared/data/names, where it is there, those below, and more made of
 * them. GATE_CLEAN=N releases (150); the promise is for 1000. GATE_SEED chooses another lot.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "vault/base/bytes.h"
#include "vault/release/gate.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static uint32_t lot;

static uint32_t
draw(uint32_t below)
{
    lot = lot * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(lot >> 8) * below >> 24);
}

#define ANY(list) list[draw((uint32_t)COUNT(list))]

/* ---- the vault ---- */

static const char *const NAMES[] = {
    "Choe Myong Bok", "Choi Myung-bok", "최명복", "Чхве Мён Бок", "Цой Мён Бок", "Ryu En Nam", "Рю Эн Нам", "Yelena Kogai", "Елена Когай", "Olga Tseytlina",
    "Ольга Цейтлина", "Svetlana Gannushkina", "Светлана Ганнушкина", "Ahmad al-Hassan", "Fatima Zahra Mansouri", "محمد الحسيني", "فاطمة الزهراء", "علی رضایی",
    "زهرا محمدی", "Ali Rezaei", "Zahra Mohammadi", "Hossein Karimi", "Omar Khalil", "Yusuf Ibrahim Said", "Layla Haddad", "王小明", "李娜", "张伟", "Wang Xiaoming",
    "Li Na", "Zhang Wei", "Chen Jing", "Liu Yang", "欧阳修", "Nguyễn Văn An", "Trần Thị Hương", "Lê Minh Tuấn", "Phạm Ngọc Anh", "Тарас Шевчук", "Оксана Бойко",
    "Oleksandr Kovalenko", "Юлія Мельник", "Bohdan Kravets", "Mykola Tkachenko", "Gulnara Akhmetova", "Алишер Каримов", "Dilnoza Yusupova", "Nursultan Bekov", "Ketevan Gelashvili",
    "გიორგი მაისურაძე", "Արամ Հակոբյան", "Aram Hakobyan", "דוד כהן", "Νίκος Παπαδόπουλος", "Maria Fernanda Lopez", "Jean-Pierre Dubois", "Anna Kowalska", "Jürgen Müller",
    "Søren Østergaard", "Mehmet Yılmaz", "Ayşe Demir", "Zoltán Nagy", "Ion Popescu", "Tenzin Dolma", "Amina Diallo", "Kwame Mensah", "Chinedu Okafor", "Abebe Bekele",
    "Sato Yuki", "佐藤 裕子", "田中一郎", "สมชาย ใจดี", "राम शर्मा", "Ram Sharma", "Priya Patel", "Mohammed Rahman", "Kim Ok-sun", "김옥순", "Pak Chol-su", "박철수",
    "Han Song-min", "Ri Il-nam", "An Hye-jin", "Jong Un", "O Kuk-ryol", "So Man-sul", "Ким Чен Ир", "Пак Ен Су", "Ли Сун Хи", "John Smith", "Mary Brown", "Grace Young",
};
static const char *const FIRST[] = { "Sergey", "Anna", "Dmitry", "Natalya", "Hassan", "Maryam", "Reza", "Mei", "Jun", "Thanh", "Linh", "Andriy", "Iryna", "Rustam", "Aida", "Carlos",
    "Lucia", "Pierre", "Marta", "Ivan", "Vladimir", "Yusuf", "Salma", "Tariq", "Xin", "Hao", "Minh", "Petro", "Halyna", "Timur" };
static const char *const LAST[] = { "Ivanov", "Petrova", "Volkov", "Haddad", "Hosseini", "Ahmadi", "Zhao", "Huang", "Tran", "Pham", "Bondarenko", "Lysenko", "Nazarov", "Garcia",
    "Fernandez", "Dupont", "Nowak", "Sidorov", "Popova", "Morozov", "al-Masri", "Nasser", "Qureshi", "Xu", "Guo", "Vu", "Dang", "Shevchenko", "Melnyk", "Umarov" };
static const char *const SYLLABLE[] = { "Yong", "Chol", "Myong", "Bok", "Kwang", "Hyok", "Chun", "Ho", "Su", "Jin", "Nam", "Un", "Hak", "Ok", "Sun", "Hui", "Gyong", "Min" };
static const char *const KOREAN[] = { "Kim", "Ri", "Pak", "Choe", "Jong", "Kang", "Jo", "Yun", "Jang", "Rim", "Han", "So", "Sin", "Kwon", "Hwang", "An", "Song", "Ryu", "Hong", "Yu" };

static struct gate *gate;
static uint32_t records;

static void
add(enum gate_kind kind, const char *field, const char *value)
{
    assert_int_equal(gate_add(gate, kind, records, field, PART(value, strlen(value))), VAULT_OK);
}

/* A list of OFAC: names in all columns, but for the one with a number. */
static void
add_list(const char *path)
{
    FILE *f = fopen(path, "r");
    char line[4096];

    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        char *save = NULL;
        for (char *cell = strtok_r(line, "\t\n", &save); cell != NULL; cell = strtok_r(NULL, "\t\n", &save))
            if (strchr(cell, ',') != NULL)
                add(GATE_NAME, "name", cell);
        records++;
    }
    if (f != NULL)
        fclose(f);
}

static void
fill_vault(void)
{
    char text[128];

    for (size_t i = 0; i < COUNT(NAMES); i++, records++)
        add(GATE_NAME, "name", NAMES[i]);
    for (size_t i = 0; i < 1500; i++, records++) {
        snprintf(text, sizeof text, i % 3 == 0 ? "%s %s-%s" : "%s %s%s", i % 3 == 0 ? ANY(KOREAN) : ANY(FIRST), i % 3 == 0 ? ANY(SYLLABLE) : ANY(LAST),
            i % 3 == 0 ? ANY(SYLLABLE) : "");
        add(GATE_NAME, "name", text);
        snprintf(text, sizeof text, "%04u %06u", draw(10000), draw(1000000));
        add(GATE_IDENTIFIER, "identifiers", text);
        snprintf(text, sizeof text, "+7 9%02u %03u-%02u-%02u", draw(100), draw(1000), draw(100), draw(100));
        add(GATE_IDENTIFIER, "contact", text);
        snprintf(text, sizeof text, "%s street %u, flat %u", ANY(LAST), 1 + draw(90), 1 + draw(200));
        add(GATE_TEXT, "address", text);
        add(GATE_TEXT, "family", i % 2 == 0 ? "married, two children" : "mother in Hamhung; a brother in a camp");
        snprintf(text, sizeof text, "Told us that the guards at gate %u beat %u people in one night of winter %u", draw(30), draw(40), 1997 + draw(20));
        add(GATE_TEXT, "notes", text);
    }
    add_list("../shared/data/names/ofac_dprk_names.tsv");
    add_list("../shared/data/names/ofac_ru_ua_pairs.tsv");
}

/* ---- releases ---- */

static const char *const PLACE[] = { "Moscow, Russia", "Amur region, Russia", "St Petersburg, Russia", "Leningrad region, Russia", "Khabarovsk, Russia", "Vladivostok, Russia",
    "Seoul, South Korea", "Yanji, China", "Dandong, China", "Hamgyong province, North Korea", "Pyongyang, North Korea", "Almaty, Kazakhstan", "Bangkok, Thailand",
    "Kyiv, Ukraine", "Warsaw, Poland", "Ulan-Ude, Russia", "Sakhalin region, Russia", "Primorye, Russia", "Hoeryong, North Korea", "Kandahar, Afghanistan" };
static const char *const WORK[] = { "logger", "construction worker", "cook", "driver", "farmer", "seamstress", "welder", "teacher", "nurse", "odd jobs", "fisher", "human rights activist",
    "lawyer", "student", "engineer", "soldier", "miner", "none", "interpreter", "street vendor", "carpenter", "electrician", "musician", "journalist", "cleaner", "baker" };
static const char *const KIND[] = { "asylum", "deportation", "arrest", "flight", "transfer", "hearing", "decision", "appeal", "detention", "release", "escape", "application" };
static const char *const TOLD[] = { "Asked for refugee status; refused.", "The court overturned the refusal in November.", "Lived without papers for nine years.", "Fled during the famine.",
    "Sent back while the appeal was pending.", "In detention since May.", "Applied again on new facts.", "No decision yet.", "Works on building sites in summer.", "He waits for a hearing in March.",
    "She was questioned for two days and let go.", "An officer took the passport away.", "Crossed the river at night with two others.", "Was told to sign papers in a language he reads little of.",
    "Held in a camp for foreign citizens.", "So far nobody has answered.", "In winter there was no heating.", "Young people are sent first.", "Sin embargo, no hay respuesta.", "One man died in custody.",
    "You can read more in the method note.", "A song was played at the camp each morning.", "The park by the station was closed.", "He can not return; his family may suffer." };
static const char *const RUSSIAN[] = { "Суд отменил отказ в убежище.", "Жил без документов девять лет.", "Решения пока нет.", "Задержан в мае, отпущен в июне.", "Подал новое заявление.", "Работает на стройке." };
static const char *const KOREAN_TEXT[] = { "법원이 거부 결정을 취소했다.", "서류 없이 9년 동안 살았다.", "아직 결정이 없다.", "다시 신청했다.", "건설 현장에서 일한다." };
static const char *const SEX[] = { "female", "male" }, *const LAND[] = { "KP", "RU", "CN", "UA", "KZ", "AF", "IR", "SY", "UZ", "MM", "LI", "NO", "SO", "AN", "YE", "MA" };

static void
put_code(struct buf *b)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

    buf_str(b, "p-");
    for (unsigned i = 0; i < 13; i++)
        buf_u8(b, (uint8_t)digits[draw(32)]);
}

static void
put_told(struct buf *b)
{
    uint32_t n = 1 + draw(3), language = draw(10);

    for (uint32_t i = 0; i < n; i++)
        buf_fmt(b, "%s%s", i == 0 ? "" : " ", language == 0 ? ANY(RUSSIAN) : language == 1 ? ANY(KOREAN_TEXT) : ANY(TOLD));
}

static void
put_csv(struct buf *b, uint32_t rows)
{
    buf_str(b, "person,born,citizenship,sex,residence,occupation,events,summary\r\n");
    for (uint32_t i = 0; i < rows; i++) {
        put_code(b);
        buf_fmt(b, ",%u-%u,%s,%s,\"%s\",%s,%u,\"", 1950 + 10 * draw(5), 1959 + 10 * draw(5), ANY(LAND), ANY(SEX), ANY(PLACE), ANY(WORK), draw(2000));
        put_told(b);
        buf_str(b, "\"\r\n");
    }
}

static void
put_json(struct buf *b, uint32_t rows)
{
    buf_str(b, "[\n");
    for (uint32_t i = 0; i < rows; i++) {
        buf_str(b, i == 0 ? "{\"event\": \"" : ",\n{\"event\": \"");
        put_code(b);
        buf_fmt(b, "\", \"date\": \"%u-%02u\", \"kind\": \"%s\", \"place\": \"%s\", \"summary\": \"", 1995 + draw(28), 1 + draw(12), ANY(KIND), ANY(PLACE));
        put_told(b);
        buf_fmt(b, "\", \"count\": %u, \"share\": %u.%u}", draw(500), draw(100), draw(10));
    }
    buf_str(b, "\n]\n");
}

static void
put_page(struct buf *b, uint32_t rows)
{
    buf_str(b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='\">\n<title>People who asked for asylum</title>\n<style>:root{--ink:#1a1a1a;--paper:#fafafa}body{font:16px/1.5 system-ui,sans-serif;"
        "max-width:60rem;margin:0 auto;color:var(--ink)}@media(prefers-color-scheme:dark){:root{--ink:#eee;--paper:#111}}td.n{text-align:right}.bar{width:42%}</style>\n</head>\n<body>\n"
        "<h1>People who asked for asylum</h1>\n<p>Data as of 2017-03. Refugee status was granted to 2 of 211, temporary refuge to 90 of 170. Source: Civic Assistance Committee.</p>\n<table>\n<caption>Persons</caption>\n"
        "<thead><tr><th scope=\"col\">Person</th><th scope=\"col\">Age</th><th scope=\"col\">Residence</th><th scope=\"col\">Occupation</th></tr></thead>\n<tbody>\n");
    for (uint32_t i = 0; i < rows; i++) {
        buf_str(b, "<tr><th scope=\"row\">");
        put_code(b);
        buf_fmt(b, "</th><td class=\"n\">%u&#8211;%u</td><td>%s</td><td>%s</td><td>", 20 + draw(30), 50 + draw(30), ANY(PLACE), ANY(WORK));
        put_told(b);
        buf_str(b, "</td></tr>\n");
    }
    buf_str(b, "</tbody>\n</table>\n<p><a href=\"person.csv\">CSV</a>, <a href=\"person.json\">JSON</a>, <a href=\"method.txt\">how these figures were made</a></p>\n</body>\n</html>\n");
}

static void
put_method(struct buf *b)
{
    buf_fmt(b, "How these data were made\n\nEach person has a code that stands for nobody outside this release. Ages are given in bands of %u years, places as regions,\n"
        "dates by year. Values that are kept back are written as *. Groups smaller than %u are not shown.\n\nRisk: prosecutor 0.%03u, journalist 0.%03u, marketer 0.%03u; k = %u, l = %u.\n"
        "To recompute: withheld risk person.csv --quasi born,sex,residence --k %u\n\nColumns\n  person       code\n  born         years, from-to\n  residence    region and country\n",
        5 + 5 * draw(2), 10 + draw(10), draw(1000), draw(1000), draw(1000), 10 + draw(20), 2 + draw(3), 10 + draw(20));
    for (unsigned i = 0; i < 3; i++) {
        put_told(b);
        buf_str(b, "\n");
    }
}

static void
put_manifest(struct buf *b)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char *const file[] = { "person.csv", "event.json", "index.html", "method.txt", "codebook.csv" };

    buf_str(b, "{\n  \"files\": [\n");
    for (size_t i = 0; i < COUNT(file); i++) {
        buf_fmt(b, "    {\"name\": \"%s\", \"size\": %u, \"sha256\": \"", file[i], 1000 + draw(900000));
        for (unsigned k = 0; k < 32; k++)
            buf_fmt(b, "%02x", draw(256));
        buf_fmt(b, "\"}%s\n", i + 1 < COUNT(file) ? "," : "");
    }
    buf_str(b, "  ]\n}\nuntrusted comment: signature from minisign secret key\n");
    for (unsigned k = 0; k < 100; k++)
        buf_u8(b, (uint8_t)letters[draw(64)]);
    buf_str(b, "\ntrusted comment: release press-3\n");
    for (unsigned k = 0; k < 88; k++)
        buf_u8(b, (uint8_t)letters[draw(64)]);
    buf_str(b, "\n");
}

static uint32_t release;

static vault_err
on_hit(void *ctx, const struct gate_hit *hit)
{
    const struct part *bytes = ctx;
    size_t n = hit->n < 60 ? hit->n : 60;

    if (hit->at + n <= bytes->n)
        print_message("alarm: release %u, %s:%zu: %s, %s, %s: %.*s\n", release, hit->file, hit->line, gate_class_text(hit->what), hit->field, hit->how,
            (int)n, (const char *)bytes->p + hit->at);
    release |= 1u << 31;
    return VAULT_OK;
}

static void
search(const char *name, enum gate_file kind, struct buf *b)
{
    struct part bytes = PART(b->p, b->n);

    assert_int_equal(buf_ok(b), VAULT_OK);
    assert_int_equal(gate_search(gate, name, kind, bytes, on_hit, &bytes), VAULT_OK);
    buf_free(b);
}

static bool
is_clean(uint32_t i)
{
    struct buf b = BUF_INIT;
    uint32_t rows = 5 + draw(60);

    release = i;
    put_csv(&b, rows);
    search("person.csv", GATE_CSV, &b);
    put_json(&b, rows);
    search("event.json", GATE_JSON, &b);
    put_page(&b, rows);
    search("index.html", GATE_HTML, &b);
    put_method(&b);
    search("method.txt", GATE_PLAIN, &b);
    put_manifest(&b);
    search("manifest.json", GATE_JSON, &b);
    buf_fmt(&b, "press-%u/person.csv", i);
    search("name", GATE_FILE_NAME, &b);
    return release >> 31 == 0;
}

static void
clean_releases_raise_few_alarms(void **state)
{
    const char *many = getenv("GATE_CLEAN"), *seed = getenv("GATE_SEED");
    uint32_t n = many == NULL ? 150 : (uint32_t)strtoul(many, NULL, 10), alarms = 0;

    (void)state;
    lot = seed == NULL ? 1 : (uint32_t)strtoul(seed, NULL, 10);
    assert_true(sodium_init() >= 0);
    assert_int_equal(gate_new(&gate), VAULT_OK);
    fill_vault();
    for (uint32_t i = 0; i < n; i++)
        alarms += !is_clean(i);
    print_message("%u records; %u clean releases, %u with an alarm\n", records, n, alarms);
    gate_free(gate);
    assert_true(100 * alarms < n);
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(clean_releases_raise_few_alarms) };

    return cmocka_run_group_tests_name("gate, clean releases", tests, NULL, NULL);
}
