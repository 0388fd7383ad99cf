/* Names for files that other people's systems unpack, and text in a page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "vault/base/html.h"
#include "vault/base/text.h"
#include "vault/handoff/safe_name.h"

static const char *
named(uint64_t number, const char *name)
{
    static char out[SAFE_NAME_ROOM];

    safe_name(out, number, PART(name, strlen(name)));
    return out;
}

static void
test_safe_name__keeps_what_is_harmless(void **state)
{
    (void)state;
    assert_string_equal(named(1, "passport.pdf"), "0001-passport.pdf");
    assert_string_equal(named(12, "판결문 2024.HWP"), "0012-판결문_2024.HWP");
    assert_string_equal(named(3, "Свидетельство о рождении.jpeg"), "0003-Свидетельство_о_рождении.jpeg");
    assert_string_equal(named(4, "a-b_c.txt"), "0004-a-b_c.txt");
    assert_string_equal(named(123456, "x.zip"), "123456-x.zip");
}

static void
test_safe_name__no_paths(void **state)
{
    (void)state;
    assert_string_equal(named(1, "../../x"), "0001-x");
    assert_string_equal(named(1, "/etc/passwd"), "0001-etc_passwd");
    assert_string_equal(named(1, "C:\\Windows\\x.pdf"), "0001-C_Windows_x.pdf");
    assert_string_equal(named(1, ".."), "0001-file");
    assert_string_equal(named(1, ""), "0001-file");
    assert_string_equal(named(1, "~root"), "0001-root");
    assert_string_equal(named(1, "-rf"), "0001--rf");
}

static void
test_safe_name__nothing_that_a_system_reserves_or_starts(void **state)
{
    (void)state;
    assert_string_equal(named(1, "CON.txt"), "0001-CON.txt");      /* with the number it is no device */
    assert_string_equal(named(2, "NUL"), "0002-NUL");
    assert_string_equal(named(3, "invoice.exe"), "0003-invoice_exe");
    assert_string_equal(named(3, "invoice.pdf.exe"), "0003-invoice_pdf_exe");
    assert_string_equal(named(3, "page.html"), "0003-page_html");
    assert_string_equal(named(3, "picture.svg"), "0003-picture_svg");
    assert_string_equal(named(3, "a.lnk"), "0003-a_lnk");
    assert_string_equal(named(3, "a.txt."), "0003-a_txt");
    assert_string_equal(named(3, "a.txt "), "0003-a_txt");
    assert_string_equal(named(3, ".pdf"), "0003-pdf");
    assert_string_equal(named(3, "a:b.txt"), "0003-a_b.txt");
}

static void
test_safe_name__nothing_that_hides(void **state)
{
    (void)state;
    assert_string_equal(named(1, "gpj\xE2\x80\xAE" "exe.pdf"), "0001-gpj_exe.pdf");
    assert_string_equal(named(1, "a\nb\x1B[31m.pdf"), "0001-a_b_31m.pdf");
    assert_string_equal(named(1, "a\xE2\x80\x8B" "b.pdf"), "0001-a_b.pdf");
    assert_string_equal(named(1, "\xFF\xFE.pdf"), "0001-file.pdf");
    assert_string_equal(named(1, "a\"b'c<d>e&f.pdf"), "0001-a_b_c_d_e_f.pdf");
}

/* Never half a letter, and always with its end. */
static void
test_safe_name__long_names_are_cut(void **state)
{
    char name[256 + 8];
    (void)state;

    for (size_t n = 1; n <= 255; n++) {
        const char *out;

        for (size_t i = 0; i + 3 <= n; i += 3)
            memcpy(name + i, "판", 3);
        memset(name + n / 3 * 3, 'x', n % 3);
        strcpy(name + n, ".pdf");
        out = named(~(uint64_t)0, name);
        assert_true(strlen(out) < SAFE_NAME_ROOM);
        assert_true(text_valid(out, strlen(out), NULL));
        assert_string_equal(out + strlen(out) - 4, ".pdf");
    }
}

static void
text_is(const char *in, const char *want)
{
    struct buf out = BUF_INIT;

    html_text(&out, PART(in, strlen(in)));
    assert_string_equal(buf_cstr(&out), want);
    buf_free(&out);
}

static void
test_html__text_stays_text(void **state)
{
    (void)state;
    text_is("", "");
    text_is("plain 최명복\nЦой\t", "plain 최명복\nЦой\t");
    text_is("<script>alert(\"1\")</script>", "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;");
    text_is("a' onclick='x", "a&#39; onclick=&#39;x");
    text_is("&lt;", "&amp;lt;");
    text_is("a\xE2\x80\xAE" "b", "a&lt;U+202E&gt;b");
    text_is("\x1B\xFF", "&lt;U+001B&gt;&lt;0xFF&gt;");
}

static void
test_html__paths_are_relative_and_plain(void **state)
{
    struct buf out = BUF_INIT;
    (void)state;

    html_path(&out, "files/0001-판 \"<%:?#.pdf");
    assert_string_equal(buf_cstr(&out), "files/0001-%ED%8C%90%20%22%3C%25%3A%3F%23.pdf");
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_safe_name__keeps_what_is_harmless),
        cmocka_unit_test(test_safe_name__no_paths),
        cmocka_unit_test(test_safe_name__nothing_that_a_system_reserves_or_starts),
        cmocka_unit_test(test_safe_name__nothing_that_hides),
        cmocka_unit_test(test_safe_name__long_names_are_cut),
        cmocka_unit_test(test_html__text_stays_text),
        cmocka_unit_test(test_html__paths_are_relative_and_plain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
