/*
 * What people see of text: nothing that a terminal obeys, and nothing that hides.
 */
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>
#include "vault/base/text.h"
#include "vault/base/utf8.h"

/* Format characters with a shape of their own: they enclose or precede numbers in Arabic, Syriac
 * and Kaithi. */
static bool
is_visible_format(int32_t cp)
{
    return (cp >= 0x600 && cp <= 0x605) || cp == 0x6DD || cp == 0x70F || cp == 0x890 ||
        cp == 0x891 || cp == 0x8E2 || cp == 0x110BD || cp == 0x110CD;
}

/* Controls can rewrite the screen; bidi controls make a text read as another; what is invisible
 * or has no agreed shape can tell two equal-looking values apart, or mark a copy. */
static bool
is_shown(int32_t cp)
{
    if (cp < 0x80)
        return cp >= 0x20 && cp != 0x7F;
    switch (utf8proc_category(cp)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return false;
    case UTF8PROC_CATEGORY_CF:
        return is_visible_format(cp);
    default:
        return !utf8proc_get_property(cp)->ignorable;
    }
}

void
text_escape(struct buf *out, const char *s, size_t n, bool multiline)
{
    const uint8_t *p = (const uint8_t *)s;
    size_t i = 0, copied = 0;       /* s[copied..i) is to be copied as it is */

    while (i < n) {
        int32_t cp = 0;
        size_t len = u8_read(&cp, p + i, n - i);

        if (len > 0 && (is_shown(cp) || (multiline && (cp == '\n' || cp == '\t')))) {
            i += len;
            continue;
        }
        buf_put(out, p + copied, i - copied);
        if (len == 0) {
            buf_fmt(out, "<0x%02X>", p[i]);
            len = 1;
        } else {
            buf_fmt(out, "<U+%04X>", (unsigned)cp);
        }
        i += len;
        copied = i;
    }
    buf_put(out, p + copied, n - copied);
}

/* The vowels and finals of Hangul jamo join the initial before them. */
static size_t
columns(int32_t cp)
{
    if ((cp >= 0x1160 && cp <= 0x11FF) || (cp >= 0xD7B0 && cp <= 0xD7FF))
        return 0;
    return (size_t)utf8proc_charwidth(cp);
}

size_t
text_width(const char *s, size_t n)
{
    const uint8_t *p = (const uint8_t *)s;
    size_t width = 0;

    for (size_t i = 0; i < n; ) {
        int32_t cp;
        size_t len = u8_read(&cp, p + i, n - i);

        width += len == 0 ? 1 : columns(cp);
        i += len == 0 ? 1 : len;
    }
    return width;
}

#define NAME_MAX_LEN 64u

static unsigned
least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Insertions, deletions, replacements, and swaps of neighbours, each one step. */
static unsigned
edit_distance(const char *a, size_t na, const char *b, size_t nb)
{
    unsigned row[3][NAME_MAX_LEN + 1];
    unsigned *before = row[0], *above = row[1], *here = row[2];

    for (size_t j = 0; j <= nb; j++)
        above[j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned *spare = before;

        here[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            here[j] = least(above[j] + 1, here[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                here[j] = least(here[j], here[j], before[j - 2] + 1);
        }
        before = above;
        above = here;
        here = spare;
    }
    return above[nb];
}

const char *
text_nearest(const char *s, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    unsigned best = 3;
    size_t n = strlen(s);

    if (n > NAME_MAX_LEN)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(names[i]);
        unsigned d;

        if (len > NAME_MAX_LEN)
            continue;
        d = edit_distance(s, n, names[i], len);
        if (d < best && (d == 0 || 2 * d < n)) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
}
