/* test_release_page.c - the files of a release as bytes; see vault/release/page.h. What browsers make of them: tests/page/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>
#include "tests/unit/sample_release.h"

static struct sample s;
static struct release_files files;

static int
set_up(void **state)
{
    (void)state;
    return secret_process_init() == VAULT_OK ? 0 : -1;
}

static int
clean(void **state)
{
    (void)state;
    release_files_free(&files);
    sample_free(&s);
    return 0;
}

static const struct buf *
file(const char *name)
{
    for (size_t i = 0; i < files.n; i++)
        if (strcmp(files.file[i].name, name) == 0)
            return &files.file[i].content;
    fail_msg("there is no %s", name);
    return NULL;
}

static const char *
text(const char *name)
{
    return buf_cstr((struct buf *)(uintptr_t)file(name));
}

static const char *
page_of(enum sample_kind kind, size_t rows)
{
    sample_make(&s, kind, rows);
    assert_int_equal(release_render(&files, &s.doc), VAULT_OK);
    return text("index.html");
}

static size_t
count(const char *in, const char *what)
{
    size_t n = 0;

    for (const char *at = in; (at = strstr(at, what)) != NULL; at += strlen(what))
        n++;
    return n;
}

/* ---- which files, and that they are the same ---- */

static void
test_release_page__files_come_in_a_fixed_order(void **state)
{
    static const char *const press[] = { "index.html", "person.csv", "person.json", "outcomes.csv", "outcomes.json", "statistic.csv",
        "statistic.json", "codebook.csv", "method.md" };
    (void)state;

    (void)page_of(SAMPLE_PRESS, 20);
    assert_int_equal(files.n, sizeof press / sizeof press[0]);
    for (size_t i = 0; i < files.n; i++)
        assert_string_equal(files.file[i].name, press[i]);
}

static void
test_release_page__the_same_document_gives_the_same_bytes(void **state)
{
    struct release_files again = {0};
    struct sample other;
    struct secret *seed = sample_seed();
    (void)state;

    (void)page_of(SAMPLE_HOSTILE, 40);
    assert_int_equal(release_sign(&files, &s.doc, seed), VAULT_OK);
    sample_make(&other, SAMPLE_HOSTILE, 40);
    assert_int_equal(release_render(&again, &other.doc), VAULT_OK);
    assert_int_equal(release_sign(&again, &other.doc, seed), VAULT_OK);
    assert_int_equal(again.n, files.n);
    for (size_t i = 0; i < again.n; i++) {
        assert_int_equal(again.file[i].content.n, files.file[i].content.n);
        assert_memory_equal(again.file[i].content.p, files.file[i].content.p, again.file[i].content.n);
    }
    release_files_free(&again);
    sample_free(&other);
    secret_free(seed);
}

/* ---- hostile text ---- */

/* Tags that the page has, and how often at most (0: as often as it likes). */
static void
test_release_page__hostile_values_stay_text(void **state)
{
    static const struct { const char *tag; size_t n; } once[] = { { "<script", 1 }, { "</script", 1 }, { "<style", 1 }, { "</style", 1 },
        { "<meta", 4 }, { "<title", 1 }, { "<img", 0 }, { "<iframe", 0 }, { "<a href=\"http", 0 }, { "<!--", 0 }, { " style=", 0 }, { "<b>", 0 } };
    const char *page = page_of(SAMPLE_HOSTILE, 2 * sample_n_hostile);
    (void)state;

    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++)
        if (count(page, once[i].tag) != once[i].n)
            fail_msg("%s stands there %zu times", once[i].tag, count(page, once[i].tag));
    assert_int_equal(count(page, "&lt;script&gt;alert(1)&lt;/script&gt;"), 2 + 3);      /* in cells; title, head and print */
    assert_int_equal(count(page, "&lt;U+202E&gt;gnp.exe"), 2);
    assert_int_equal(count(page, "zero&lt;U+200B&gt;width"), 2);
    assert_int_equal(count(page, "&amp;lt;b&amp;gt; &amp;#x3c;"), 2);
    assert_null(strstr(page, "\xe2\x80\xae"));
}

/* Everything but ours is escaped: between two tags there is no quote that could end an attribute, and no event handler in a tag. */
static void
test_release_page__no_tag_has_a_handler_or_a_style(void **state)
{
    const char *page = page_of(SAMPLE_HOSTILE, 64), *script = strstr(page, "<script>");
    (void)state;

    for (const char *at = strstr(page, "<body>"); at != NULL && at < script; at = strchr(at + 1, '<')) {
        size_t n = strcspn(at, ">");
        char tag[512];

        assert_true(n < sizeof tag);
        memcpy(tag, at, n);
        tag[n] = '\0';
        assert_int_equal(count(tag, "\"") % 2, 0);
        assert_null(strstr(tag, " on"));
        assert_null(strstr(tag, " style"));
        assert_null(strstr(tag, " src"));
    }
}

static void
test_release_page__csv_and_json_have_hostile_values_whole(void **state)
{
    json_t *rows;
    (void)state;

    (void)page_of(SAMPLE_HOSTILE, sample_n_hostile);
    rows = json_loadb((const char *)file("person.json")->p, file("person.json")->n, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(json_array_size(rows), sample_n_hostile);
    for (size_t i = 0; i < sample_n_hostile; i++)
        assert_string_equal(json_string_value(json_object_get(json_array_get(rows, i), "residence")), sample_hostile[i]);
    json_decref(rows);
    assert_non_null(strstr(text("person.csv"), "\"\"\"><img src=x onerror=alert(1)>\""));
}

static void
test_release_page__the_document_itself_is_escaped_too(void **state)
{
    static const struct release_figure figure = { "person", "k <b>", "1 <b>", "2 <b>", "means <b>", "withheld risk <b> `x` [y](z)" };
    static const struct release_field field = { "person", "born", "<b>Born", "band <b>", "note <b>" };
    static const char *const note[] = { "Note <b> *x*." };
    (void)state;

    sample_make(&s, SAMPLE_PRESS, 20);
    s.doc.audience = "press <b>";
    s.doc.purpose = "</title><b>\"'";
    s.table.of = "case <b>";
    s.doc.figure = &figure;
    s.doc.field = &field;
    s.doc.note = note;
    s.doc.n_figures = s.doc.n_fields = s.doc.n_notes = 1;
    assert_int_equal(release_render(&files, &s.doc), VAULT_OK);
    assert_null(strstr(text("index.html"), "<b>"));
    assert_int_equal(count(text("index.html"), "</title>"), 1);
    assert_non_null(strstr(text("index.html"), "<title>&lt;/title&gt;&lt;b&gt;&quot;&#39;</title>"));
    assert_non_null(strstr(text("method.md"), "Note \\<b\\> \\*x\\*."));
    assert_non_null(strstr(text("method.md"), "\n      withheld risk <b> `x` [y](z)\n"));       /* code as it is typed */
}

/* ---- the policy of the page ---- */

static void
inline_hash(char *out, size_t room, const char *page, const char *begin, const char *end)
{
    const char *from = strstr(page, begin) + strlen(begin), *to = strstr(from, end);
    uint8_t digest[32];

    crypto_hash_sha256(digest, (const uint8_t *)from, (size_t)(to - from));
    sodium_bin2base64(out, room, digest, sizeof digest, sodium_base64_VARIANT_ORIGINAL);
}

static void
test_release_page__the_policy_allows_the_one_style_and_the_one_script(void **state)
{
    const char *page = page_of(SAMPLE_PRESS, 20);
    char style[64], script[64], policy[512];
    (void)state;

    inline_hash(style, sizeof style, page, "<style>", "</style>");
    inline_hash(script, sizeof script, page, "<script>", "</script>");
    snprintf(policy, sizeof policy, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-%s'; "
        "script-src 'sha256-%s'; base-uri 'none'; form-action 'none'\">", style, script);
    assert_int_equal(count(page, policy), 1);
    assert_true(strstr(page, policy) < strstr(page, "<style>"));
    assert_null(strstr(page, "unsafe"));
}

static void
test_release_page__nothing_refers_to_another_place(void **state)
{
    static const char *const away[] = { "http:", "https:", "src=", "url(", "@import", "srcset", "fetch(", "XMLHttpRequest", "eval(", "innerHTML",
        "document.write", "localStorage", "cookie" };
    const char *page = page_of(SAMPLE_PRESS, 20);
    (void)state;

    for (size_t i = 0; i < sizeof away / sizeof away[0]; i++)
        if (strstr(page, away[i]) != NULL)
            fail_msg("%s stands in the page", away[i]);
    for (const char *at = page; (at = strstr(at, "href=\"")) != NULL; at++) {
        const char *to = at + 6;
        size_t n = strcspn(to, "\"");

        assert_true(to[0] == '#' || strspn(to, "abcdefghijklmnopqrstuvwxyz.") == n);
    }
}

/* ---- structure ---- */

static void
test_release_page__every_link_within_the_page_leads_somewhere(void **state)
{
    const char *page = page_of(SAMPLE_PRESS, 20);
    char id[128];
    (void)state;

    assert_true(count(page, "href=\"#") > 8);
    for (const char *at = page; (at = strstr(at, "href=\"#")) != NULL; at++) {
        snprintf(id, sizeof id, " id=\"%.*s\"", (int)strcspn(at + 7, "\""), at + 7);
        assert_int_equal(count(page, id), 1);
    }
    for (const char *at = page; (at = strstr(at, "aria-labelledby=\"")) != NULL; at++) {
        snprintf(id, sizeof id, " id=\"%.*s\"", (int)strcspn(at + 17, "\""), at + 17);
        assert_int_equal(count(page, id), 1);
    }
}

static void
test_release_page__tables_have_headings_and_can_be_reached_by_keyboard(void **state)
{
    const char *page = page_of(SAMPLE_PRESS, 20);
    (void)state;

    assert_int_equal(strncmp(page, "<!DOCTYPE html>\n<html lang=\"en\">", 32), 0);
    assert_non_null(strstr(page, "<a class=\"skip\" href=\"#main\">"));
    assert_int_equal(count(page, "<h1>"), 1);
    assert_int_equal(count(page, "<main id=\"main\">"), 1);
    assert_int_equal(count(page, "<table"), 5);
    assert_int_equal(count(page, "<caption>"), 3);          /* the other two are named by their sections */
    assert_int_equal(count(page, "<div class=\"wide\" role=\"region\" aria-labelledby="), 5);
    assert_int_equal(count(page, "<thead>"), 5);
    assert_int_equal(count(page, "<th>"), 0);
    assert_int_equal(count(page, "<th scope=\"col\""), 8 + 3 + 7 + 5 + 5);
    assert_int_equal(count(page, "<tr>") + count(page, "<tr "), count(page, "</tr>"));
    assert_int_equal(count(page, "<td"), count(page, "</td>"));
    assert_int_equal(count(page, "<section"), count(page, "</section>"));
}

static void
test_release_page__key_words_are_on_screen_and_on_paper(void **state)
{
    const char *page = page_of(SAMPLE_PRESS, 20), *run = strstr(page, "<div class=\"run\">"), *body = strstr(page, "<div class=\"in\">");
    static const char *const words[] = { "names withheld for safety", "press-2026-autumn", "People from North Korea", "2026-10" };
    (void)state;

    assert_true(run != NULL && run < body);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        assert_true(strstr(run, words[i]) < body);
        assert_non_null(strstr(body, words[i]));
        assert_non_null(strstr(text("method.md"), words[i]));
    }
    assert_non_null(strstr(body, "withheld risk person.csv --quasi sex,born,citizenship,residence --suppressed &#39;*&#39; --json"));
}

static void
test_release_page__few_records_stand_one_below_the_other(void **state)
{
    const char *page = page_of(SAMPLE_CASE, 1);
    (void)state;

    assert_int_equal(count(page, "<table class=\"card\">"), 1);
    assert_non_null(strstr(page, "<tr><th scope=\"row\">Name in the press</th><td>Kim</td></tr>"));
    assert_non_null(strstr(page, "<table data-rows=\"event\">"));
    assert_true(strstr(page, "id=\"t-person\"") < strstr(page, "id=\"public\""));
}

/* ---- what is shown ---- */

static void
test_release_page__what_is_kept_back_is_said_so(void **state)
{
    const char *page = page_of(SAMPLE_PRESS, 20);
    (void)state;

    assert_null(strstr(page, ">*<"));
    assert_int_equal(count(page, "<td class=\"n q\">kept back</td>"), 5);
    assert_non_null(strstr(page, "Kept back are counts of fewer than 5, and those from which they could be computed: 5 cells of this table."));
    assert_non_null(strstr(text("method.md"), "Counts of fewer than 5 are kept back"));
    assert_non_null(strstr(text("outcomes.csv"), "granted,RU,*\r\n"));
}

/* The longest bar is that of the largest count which is no sum; what is kept back has none. */
static void
test_release_page__bars_show_counts(void **state)
{
    const char *page = page_of(SAMPLE_PRESS, 20);
    (void)state;

    assert_non_null(strstr(page, ">121</td><td class=\"bars\" aria-hidden=\"true\"><span class=\"b w100\"></span>"));
    assert_non_null(strstr(page, ">90</td><td class=\"bars\" aria-hidden=\"true\"><span class=\"b w74\"></span>"));
    assert_non_null(strstr(page, ">0</td><td class=\"bars\" aria-hidden=\"true\"><span class=\"b w0\"></span>"));
    assert_non_null(strstr(page, ">223</td><td class=\"bars\" aria-hidden=\"true\"></td>"));
    assert_non_null(strstr(page, ">kept back</td><td class=\"bars\" aria-hidden=\"true\"></td>"));
    assert_non_null(strstr(page, "<td class=\"n\">2</td><td class=\"n\">211</td><td class=\"n\">0.9 %</td>"));
    assert_non_null(strstr(page, "<td class=\"n\">90</td><td class=\"n\">170</td><td class=\"n\">52.9 %</td>"));
    for (unsigned i = 0; i <= 100; i++) {
        char rule[32];

        snprintf(rule, sizeof rule, ".w%u { width: %u%% }", i, i);
        assert_int_equal(count(page, rule), 1);
    }
}

static void
test_release_page__a_count_too_large_for_a_bar_is_text(void **state)
{
    (void)state;

    sample_make(&s, SAMPLE_PRESS, 20);
    assert_int_equal(sheet_set(&s.counts, 0, 2, PART("99999999999999999999999999", 26)), VAULT_OK);
    assert_int_equal(sheet_set(&s.declared, 0, 4, PART("0", 1)), VAULT_OK);
    assert_int_equal(release_render(&files, &s.doc), VAULT_OK);
    assert_non_null(strstr(text("index.html"), ">99999999999999999999999999</td><td class=\"bars\" aria-hidden=\"true\"></td>"));
    assert_null(strstr(text("index.html"), "0.9 %"));
}

static void
test_release_page__a_page_shows_a_thousand_rows_and_says_where_the_others_are(void **state)
{
    const char *page = page_of(SAMPLE_PRESS, RELEASE_PAGE_ROWS + 1);
    (void)state;

    assert_int_equal(count(page, "<tr><th scope=\"row\" class=\"s\">k"), RELEASE_PAGE_ROWS);
    assert_int_equal(count(page, "This page shows the first 1000 of 1001 rows. All of them are in <a href=\"person.csv\">person.csv</a>"), 1);
    assert_int_equal(count(text("person.csv"), "\r\n"), RELEASE_PAGE_ROWS + 2);
    release_files_free(&files);
    sample_free(&s);
    page = page_of(SAMPLE_PRESS, RELEASE_PAGE_ROWS);
    assert_int_equal(count(page, "<tr><th scope=\"row\" class=\"s\">k"), RELEASE_PAGE_ROWS);
    assert_int_equal(count(page, "This page shows"), 0);
}

static void
test_release_page__an_empty_table_is_said_to_be_empty(void **state)
{
    (void)state;

    assert_non_null(strstr(page_of(SAMPLE_PRESS, 0), "<p>It has no rows.</p>"));
    assert_string_equal(text("person.json"), "[]\n");
}

static void
test_release_page__the_codebook_tells_of_each_column(void **state)
{
    (void)state;

    (void)page_of(SAMPLE_PRESS, 20);
    assert_int_equal(strncmp(text("codebook.csv"), "table,field,label,treatment,note\r\n", 34), 0);
    assert_int_equal(count(text("codebook.csv"), "\r\n"), s.doc.n_fields + 1);
    assert_non_null(strstr(text("codebook.csv"), "person,born,Born,band of 10 years,\"from partial dates, too\"\r\n"));
    assert_non_null(strstr(text("method.md"), "- person, born: band of 10 years; from partial dates, too\n"));
    for (size_t i = 0; i < s.doc.n_fields; i++)
        assert_non_null(strstr(text("method.md"), s.doc.field[i].treatment));
}

/* ---- colours ---- */

/* x to the 2.4th, 0 < x <= 1: the twelfth power of the fifth root (Newton's method). */
static double
power(double x)
{
    double r = 1, y;

    for (unsigned i = 0; i < 60; i++)
        r -= (r * r * r * r * r - x) / (5 * r * r * r * r);
    y = r * r * r;
    return y * y * y * y;
}

/* Relative luminance and contrast as WCAG 2.1 has them. */
static double
luminance(const char *hex)
{
    double sum = 0;
    static const double weight[] = { 0.2126, 0.7152, 0.0722 };

    for (unsigned i = 0; i < 3; i++) {
        char two[3] = { hex[2 * i], hex[2 * i + 1], '\0' };
        double c = (double)strtoul(two, NULL, 16) / 255;

        sum += weight[i] * (c <= 0.04045 ? c / 12.92 : power((c + 0.055) / 1.055));
    }
    return sum;
}

static double
contrast(const char *a, const char *b)
{
    double x = luminance(a), y = luminance(b);

    return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

/* The value of a colour's name in one of the blocks that define them. */
static const char *
colour(const char *block, const char *name)
{
    char definition[32];
    const char *at;

    snprintf(definition, sizeof definition, "--%s: #", name);
    at = strstr(block, definition);
    assert_true(at != NULL && at < block + strcspn(block, "}"));
    return at + strlen(definition);
}

static const char *const INK[] = { "text", "quiet", "link" }, *const PAPER[] = { "ground", "head", "notice" }, *const MARK[] = { "bar", "link", "edge" };

static void
test_release_page__contrast_is_aa_for_every_text_on_every_ground(void **state)
{
    const char *block = page_of(SAMPLE_PRESS, 20);
    unsigned blocks = 0;
    (void)state;

    assert_true(contrast("ffffff", "000000") > 20.999 && contrast("777777", "ffffff") > 4.477 && contrast("777777", "ffffff") < 4.479);
    for (; (block = strstr(block, ":root {")) != NULL; block++, blocks++)
        for (size_t p = 0; p < 3; p++) {
            for (size_t i = 0; i < 3; i++)
                if (contrast(colour(block, INK[i]), colour(block, PAPER[p])) < 4.5)
                    fail_msg("%s on %s, block %u", INK[i], PAPER[p], blocks);
            if (contrast(colour(block, MARK[p]), colour(block, "ground")) < 3)
                fail_msg("%s, block %u", MARK[p], blocks);
        }
    assert_int_equal(blocks, 3);            /* light, dark, paper */
}

/* So that the test above speaks of all pairs: no rule has a colour but by these names, text and ground each from its own list. */
static void
test_release_page__no_rule_has_another_colour(void **state)
{
    const char *style = strstr(page_of(SAMPLE_PRESS, 20), "<style>"), *end = strstr(style, "</style>");
    static const char *const names[] = { "ground", "head", "notice", "text", "quiet", "link", "line", "bar", "edge" };
    size_t used = 0;
    (void)state;

    for (const char *at = style; (at = strstr(at, " color: ")) != NULL && at < end; at++) {
        const char *name = at + strlen(" color: var(--");

        assert_true(strncmp(name, "text)", 5) == 0 || strncmp(name, "quiet)", 6) == 0 || strncmp(name, "link)", 5) == 0);
        used++;
    }
    for (const char *at = style; (at = strstr(at, "background: ")) != NULL && at < end; at++) {
        const char *name = at + strlen("background: var(--");

        assert_true(strncmp(name, "ground)", 7) == 0 || strncmp(name, "head)", 5) == 0 || strncmp(name, "notice)", 7) == 0);
        used++;
    }
    assert_true(used > 12);
    for (const char *at = style; (at = strchr(at, '#')) != NULL && at < end; at++) {
        bool named = false;

        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            size_t n = strlen(names[i]);
            named = named || (strncmp(at - n - 2, names[i], n) == 0 && strncmp(at - n - 4, "--", 2) == 0);
        }
        assert_true(named);
    }
}

/* ---- what is refused ---- */

static void
refused(vault_err code, const char *says)
{
    assert_int_equal(release_render(&files, &s.doc), code);
    assert_int_equal(files.n, 0);
    if (strstr(vault_last_error()->text, says) == NULL)
        fail_msg("%s", vault_last_error()->text);
}

static void
test_release_page__names_of_tables_are_plain_and_their_own(void **state)
{
    static const char *const bad[] = { "", "Person", "../person", "person.csv", "a/b", "1st", "per son", "index", "manifest", "codebook", "method", "пер",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
    (void)state;

    sample_make(&s, SAMPLE_PRESS, 20);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(sheet_name(&s.sheet[0], bad[i]), VAULT_OK);
        refused(VAULT_ERR_INPUT, "no file of a release may have");
    }
    assert_int_equal(sheet_name(&s.sheet[0], "outcomes"), VAULT_OK);
    refused(VAULT_ERR_INPUT, "two tables have the name outcomes");
    assert_int_equal(sheet_name(&s.sheet[0], "statistic"), VAULT_OK);
    refused(VAULT_ERR_INPUT, "two tables have the name statistic");
    assert_int_equal(sheet_name(&s.sheet[0], "per-son_2"), VAULT_OK);
    assert_int_equal(release_render(&files, &s.doc), VAULT_OK);
}

static void
test_release_page__a_table_of_counts_has_counts(void **state)
{
    (void)state;

    sample_make(&s, SAMPLE_PRESS, 20);
    s.table.sheet = &s.declared;
    s.doc.declared = NULL;
    assert_int_equal(release_render(&files, &s.doc), VAULT_OK);
    release_files_free(&files);
    s.table.sheet = &s.sheet[0];
    s.doc.n_sheets = 0;
    refused(VAULT_ERR_INPUT, "no column named count");
}

static void
test_release_page__texts_are_one_printable_line_and_days_are_days(void **state)
{
    static const char *const lines[] = { "", "two\nlines", "tab\there", "\xe2\x80\xae", "\xff", NULL };
    static const char *const days[] = { "", "2026", "2026-1", "2026-10-1", "2026-10-01T00:00", "26-10-2001", "2026/10", "2026-10-01 ", NULL };
    char longer[202];
    (void)state;

    sample_make(&s, SAMPLE_PRESS, 20);
    for (size_t i = 0; lines[i] != NULL; i++) {
        s.doc.audience = lines[i];
        refused(VAULT_ERR_INPUT, "audience is not one printable line");
    }
    memset(longer, 'x', sizeof longer);
    longer[201] = '\0';
    s.doc.audience = longer;
    refused(VAULT_ERR_INPUT, "at most 200 bytes");
    longer[200] = '\0';
    s.doc.purpose = NULL;
    refused(VAULT_ERR_INPUT, "purpose is not one printable line");
    s.doc.purpose = "x";
    for (size_t i = 0; days[i] != NULL; i++) {
        s.doc.as_of = days[i];
        refused(VAULT_ERR_INPUT, "is not a date");
    }
    s.doc.as_of = "2026-10-01";
    s.doc.expires = "never";
    refused(VAULT_ERR_INPUT, "day of expiry is not a date");
    s.doc.expires = "2027-01-31";
    assert_int_equal(release_render(&files, &s.doc), VAULT_OK);
}

static void
test_release_page__formulas_are_refused_or_marked_and_in_the_codebook_marked(void **state)
{
    static const struct release_field field = { "person", "born", "=Born", "kept", "-1 is none" };
    (void)state;

    sample_make(&s, SAMPLE_PRESS, 20);
    s.doc.field = &field;
    s.doc.n_fields = 1;
    assert_int_equal(release_render(&files, &s.doc), VAULT_OK);
    assert_non_null(strstr(text("codebook.csv"), "person,born,\"'=Born\",kept,\"'-1 is none\"\r\n"));
    release_files_free(&files);
    assert_int_equal(sheet_set(&s.sheet[0], 3, 4, PART("=1+1", 4)), VAULT_OK);
    refused(VAULT_ERR_REFUSED, "row 4, residence");
    assert_string_equal(vault_last_error()->accept, "formula");
    s.doc.formulas_with_apostrophe = true;
    assert_int_equal(release_render(&files, &s.doc), VAULT_OK);
    assert_non_null(strstr(text("person.csv"), "\"'=1+1\""));
}

#define EACH(test) cmocka_unit_test_teardown(test, clean)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(test_release_page__files_come_in_a_fixed_order),
        EACH(test_release_page__the_same_document_gives_the_same_bytes),
        EACH(test_release_page__hostile_values_stay_text),
        EACH(test_release_page__no_tag_has_a_handler_or_a_style),
        EACH(test_release_page__csv_and_json_have_hostile_values_whole),
        EACH(test_release_page__the_document_itself_is_escaped_too),
        EACH(test_release_page__the_policy_allows_the_one_style_and_the_one_script),
        EACH(test_release_page__nothing_refers_to_another_place),
        EACH(test_release_page__every_link_within_the_page_leads_somewhere),
        EACH(test_release_page__tables_have_headings_and_can_be_reached_by_keyboard),
        EACH(test_release_page__key_words_are_on_screen_and_on_paper),
        EACH(test_release_page__few_records_stand_one_below_the_other),
        EACH(test_release_page__what_is_kept_back_is_said_so),
        EACH(test_release_page__bars_show_counts),
        EACH(test_release_page__a_count_too_large_for_a_bar_is_text),
        EACH(test_release_page__a_page_shows_a_thousand_rows_and_says_where_the_others_are),
        EACH(test_release_page__an_empty_table_is_said_to_be_empty),
        EACH(test_release_page__the_codebook_tells_of_each_column),
        EACH(test_release_page__contrast_is_aa_for_every_text_on_every_ground),
        EACH(test_release_page__no_rule_has_another_colour),
        EACH(test_release_page__names_of_tables_are_plain_and_their_own),
        EACH(test_release_page__a_table_of_counts_has_counts),
        EACH(test_release_page__texts_are_one_printable_line_and_days_are_days),
        EACH(test_release_page__formulas_are_refused_or_marked_and_in_the_codebook_marked),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
