/* sample_release.c - see sample_release.h. */
#include "tests/unit/sample_release.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const sample_hostile[] = {
    "</td></table><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "<!-- ", "]]>", "&lt;b&gt; &#x3c;",
    "javascript:alert(1)", "<a href=\"https://example.org/\">x</a>", "' onmouseover='x", "<style>*{display:none}</style>",
    "\xe2\x80\xae" "gnp.exe", "zero\xe2\x80\x8bwidth", "a\nb", "</script></style></title>", "<iframe src=//example.org>",
    "<meta http-equiv=refresh content=0;url=https://example.org>", "`*[x](https://example.org)*`",
#define WIDE "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW"
    WIDE WIDE WIDE };
const size_t sample_n_hostile = sizeof sample_hostile / sizeof sample_hostile[0];

static const struct release_field FIELDS[] = {
    { "outcomes", "status", "Status", "kept", NULL },
    { "outcomes", "country", "Country", "kept", NULL },
    { "statistic", "count", "Count", "declared public", NULL },
    { "person", "person", "Code", "pseudonym", NULL },
    { "person", "sex", "Sex", "kept", NULL },
    { "person", "born", "Born", "band of 10 years", "from partial dates, too" },
    { "person", "citizenship", "Citizenship", "kept", "ISO 3166 code" },
    { "person", "residence", "Residence", "the last part of the place", NULL },
    { "person", "occupation", "Occupation", "hierarchy occupation.csv, level 2", NULL },
    { "person", "arrived", "Arrived", "year", NULL },
    { "person", "status", "Status of the application", "kept", NULL },
};
static const struct release_field CASE_FIELDS[] = {
    { "statistic", "count", "Count", "declared public", NULL },
    { "person", "person", "Name in the press", "press name", "agreed with the person" },
    { "person", "born", "Born", "band of 10 years", "from partial dates, too" },
    { "person", "citizenship", "Citizenship", "kept", "ISO 3166 code" },
    { "person", "sex", "Sex", "kept", NULL },
    { "person", "residence", "Residence", "the last part of the place", NULL },
    { "person", "occupation", "Occupation", "hierarchy occupation.csv, level 2", NULL },
    { "event", "date", "Date", "month", NULL },
    { "event", "kind", "Kind", "kept", NULL },
    { "event", "place", "Place", "the last part of the place", NULL },
    { "event", "summary", "What happened", "read by a person, and released as written", NULL },
};
#define N_OF(array) (sizeof (array) / sizeof (array)[0])
static const struct release_figure FIGURES[] = {
    { "person", "smallest class (k)", "12", "14", "At least so many rows have the same values that others can know.",
        "withheld risk person.csv --quasi sex,born,citizenship,residence --suppressed '*' --json" },
    { "person", "prosecutor risk, highest", "0.083", "0.071", "The chance to pick the right row of somebody who is known to be in it.",
        "withheld risk person.csv --quasi sex,born,citizenship,residence --suppressed '*' --json" },
    { "person", "distinct sensitive values (l)", "3", NULL, "Rows that look the same to others have at least so many outcomes.",
        "withheld risk person.csv --quasi sex,born,citizenship,residence --sensitive status --json" },
};
static const char *const NOTES[] = {
    "Of each person in the files a consent to a release for this audience is recorded, or the policy says why none was needed.",
    "3.1 % of the values were kept back so that no row stands alone.",
};

static void
must(vault_err err)
{
    if (err == VAULT_OK)
        return;
    fprintf(stderr, "sample_release: %s\n", vault_last_error()->text);
    abort();
}

static void
columns(struct sheet *s, const char *name, const char *const *column)
{
    sheet_init(s);
    must(sheet_name(s, name));
    for (; *column != NULL; column++)
        must(sheet_add_column(s, *column, NULL));
}

static void
row(struct sheet *s, const char *const *value)
{
    must(sheet_add_row(s));
    for (size_t i = 0; value[i] != NULL; i++)
        must(sheet_set(s, s->n_rows - 1, i, PART(value[i], strlen(value[i]))));
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define PICK(list, n) ((list)[(n) % N_OF(list)])

static void
persons(struct sheet *s, size_t rows, bool hostile)
{
    static const char *const sex[] = { "female", "male", "male" };
    static const char *const born[] = { "1970-1979", "1980-1989", "1960-1969", "1990-1999", "*" };
    static const char *const place[] = { "Leningrad region, Russia", "Russia", "Приморский край", "서울", "*", "" };
    static const char *const work[] = { "construction", "farming", "services", "", "forestry and logging" };
    static const char *const status[] = { "refused", "temporary asylum", "pending", "deported", "granted" };
    char code[32], year[16];

    columns(s, "person", LIST("person", "sex", "born", "citizenship", "residence", "occupation", "arrived", "status"));
    for (size_t i = 0; i < rows; i++) {
        unsigned lot = (unsigned)i * 2654435761u >> 8;

        snprintf(code, sizeof code, "k%06x-%04zx", (unsigned)(lot * 40503u) & 0xffffff, i);
        snprintf(year, sizeof year, "%u", 1999 + lot % 20);
        row(s, LIST(code, PICK(sex, lot), PICK(born, lot / 3), "KP", hostile ? PICK(sample_hostile, i) : PICK(place, lot / 7), PICK(work, lot / 11),
            year, PICK(status, lot / 13)));
    }
}

static void
make_counts(struct sample *s)
{
    columns(&s->counts, "outcomes", LIST("status", "country", "count"));
    row(&s->counts, LIST("refused", "RU", "121"));
    row(&s->counts, LIST("refused", "CN", "*"));
    row(&s->counts, LIST("refused", "total", "129"));
    row(&s->counts, LIST("temporary asylum", "RU", "90"));
    row(&s->counts, LIST("temporary asylum", "CN", "0"));
    row(&s->counts, LIST("temporary asylum", "total", "90"));
    row(&s->counts, LIST("granted", "RU", "*"));
    row(&s->counts, LIST("granted", "CN", "*"));
    row(&s->counts, LIST("granted", "total", "*"));
    row(&s->counts, LIST("total", "RU", "213"));
    row(&s->counts, LIST("total", "CN", "*"));
    row(&s->counts, LIST("total", "total", "223"));
    s->table = (struct release_table){ .sheet = &s->counts, .of = "case", .min_count = 5, .n_suppressed = 5 };
}

static void
make_declared(struct sample *s)
{
    columns(&s->declared, "statistic", LIST("period", "population", "measure", "count", "of", "source"));
    row(&s->declared, LIST("2004/2014", "North Korean applicants in Russia", "refugee status granted", "2", "211", "Civic Assistance Committee"));
    row(&s->declared, LIST("2004/2014", "North Korean applicants in Russia", "temporary refuge granted", "90", "170", "Civic Assistance Committee"));
}

static void
make_case(struct sample *s)
{
    columns(&s->sheet[0], "person", LIST("person", "born", "citizenship", "sex", "residence", "occupation"));
    row(&s->sheet[0], LIST("Kim", "1970-1979", "KP", "male", "Russia", ""));
    columns(&s->sheet[1], "event", LIST("date", "kind", "place", "summary"));
    row(&s->sheet[1], LIST("1997", "escape", "*", "Fled during the famine."));
    row(&s->sheet[1], LIST("2007", "arrest", "Kazakhstan", "Taken back by way of Kazakhstan, and sentenced to ten years of labour after a trial that he was not heard at."));
    row(&s->sheet[1], LIST("2013", "escape", "Russia", "Escaped, and reached Russia."));
    row(&s->sheet[1], LIST("2013-11", "application", "Russia", "Asked for asylum: refused."));
    row(&s->sheet[1], LIST("2016-05", "decision", "Russia", "Temporary asylum for one year, the fourth request."));
    s->doc.sheet = s->sheet;
    s->doc.n_sheets = 2;
    s->doc.single_case = true;
    s->doc.field = CASE_FIELDS;
    s->doc.n_fields = N_OF(CASE_FIELDS);
    s->doc.purpose = "One man from North Korea: what he is allowed to have told";
}

static void
make_press(struct sample *s, size_t rows, bool hostile)
{
    persons(&s->sheet[0], rows, hostile);
    make_counts(s);
    s->doc.sheet = s->sheet;
    s->doc.n_sheets = 1;
    s->doc.table = &s->table;
    s->doc.n_tables = 1;
    s->doc.figure = FIGURES;
    s->doc.n_figures = N_OF(FIGURES);
    s->doc.purpose = hostile ? "</h1><script>alert(1)</script> " WIDE : "People from North Korea who asked for asylum in Russia, 1999 to 2018";
}

void
sample_make(struct sample *s, enum sample_kind kind, size_t rows)
{
    *s = (struct sample){0};
    s->doc = (struct release_doc){ .audience = "press-2026-autumn", .expires = "2027-01-31", .as_of = "2026-10", .field = FIELDS,
        .n_fields = N_OF(FIELDS), .note = NOTES, .n_notes = N_OF(NOTES) };
    if (kind == SAMPLE_CASE)
        make_case(s);
    else
        make_press(s, rows, kind == SAMPLE_HOSTILE);
    make_declared(s);
    s->doc.declared = &s->declared;
}

void
sample_free(struct sample *s)
{
    sheet_free(&s->sheet[0]);
    sheet_free(&s->sheet[1]);
    sheet_free(&s->counts);
    sheet_free(&s->declared);
}

struct secret *
sample_seed(void)
{
    struct secret *s = NULL;

    must(secret_copy(&s, "the same seed for each sample ...", 32));
    return s;
}
