#include "vault/record/value_text.h"

#include <string.h>

#include "vault/base/text.h"
#include "vault/base/utf8.h"

/* Bytes of the blank that s begins with; 0: none. */
static size_t
blank_at(const char *s, size_t n)
{
    static const char wide[][4] = {
        "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007",
        "\u2008", "\u2009", "\u200A", "\u2028", "\u2029", "\u202F", "\u205F", "\u3000",
    };

    if (n == 0)
        return 0;
    if ((unsigned char)s[0] < 0x80)
        return s[0] == ' ' || (s[0] >= '\t' && s[0] <= '\r');
    if (n >= 2 && (memcmp(s, "\u00A0", 2) == 0 || memcmp(s, "\xC2\x85", 2) == 0))
        return 2;
    if (n < 3 || (unsigned char)s[0] < 0xE1 || (unsigned char)s[0] > 0xE3)
        return 0;
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
        if (memcmp(s, wide[i], 3) == 0)
            return 3;
    return 0;
}

/* Bytes of the blank that s[0..n) ends with. */
static size_t
blank_before(const char *s, size_t n)
{
    if (n > 0 && (unsigned char)s[n - 1] < 0x80)
        return blank_at(s + n - 1, 1);
    for (size_t len = 1; len <= 3 && len <= n; len++)
        if (blank_at(s + n - len, len) == len)
            return len;
    return 0;
}

struct part
value_text_trim(const char *s, size_t n)
{
    size_t blank;

    while ((blank = blank_at(s, n)) > 0) {
        s += blank;
        n -= blank;
    }
    while ((blank = blank_before(s, n)) > 0)
        n -= blank;
    return PART(s, n);
}

bool
value_text_is_plain(const char *s, size_t n)
{
    size_t i = 0;

    if (n == 0 || s[0] == ' ' || s[n - 1] == ' ')
        return false;
    for (; n - i >= 8; i += 8)
        if (!all_printable(word_at(s + i)))
            return false;
    if (n >= 8)         /* what is left, and some of what was seen already */
        return all_printable(word_at(s + n - 8));
    for (; i < n; i++)
        if (s[i] < 0x20 || s[i] > 0x7E)
            return false;
    return true;
}

/* The control character that valid UTF-8 begins with? */
static bool
is_control(const char *s, enum text_lines lines)
{
    unsigned char c = (unsigned char)s[0];

    if (c < 0x20)
        return !(lines == TEXT_LINES && (c == '\n' || c == '\t'));
    return c == 0x7F || (c == 0xC2 && (unsigned char)s[1] < 0xA0);     /* U+0080 to U+009F */
}

/* s is valid UTF-8. */
static bool
has_control(const char *s, size_t n, enum text_lines lines)
{
    size_t i = 0;

    while (i < n) {
        if (n - i >= 8) {
            uint64_t w = word_at(s + i);
            if ((any_below(w, 0x20) | any_is(w, 0x7F) | any_is(w, 0xC2)) == 0) {
                i += 8;
                continue;
            }
        }
        if (is_control(s + i, lines))
            return true;
        i++;
    }
    return false;
}

static vault_err
say_control(const char *s, size_t n)
{
    if (!has_control(s, n, TEXT_LINES))
        return err_say(VAULT_ERR_INPUT, "fields of kind narrative take several lines",
            "the text has a line break or a tab");
    return err_say(VAULT_ERR_INPUT, NULL, "the text has a control character");
}

/* Windows ends lines with CR LF. A CR that stands alone stays, and is refused as a control character. */
static void
put_without_cr(struct buf *out, const char *s, size_t n)
{
    const char *end = s + n;
    const char *cr;

    while ((cr = memchr(s, '\r', (size_t)(end - s))) != NULL) {
        bool line_end = cr + 1 < end && cr[1] == '\n';
        buf_put(out, s, (size_t)(cr - s) + (line_end ? 0 : 1));
        s = cr + 1;
    }
    buf_put(out, s, (size_t)(end - s));
}

vault_err
value_text_put(struct buf *out, const char *s, size_t n, enum text_lines lines)
{
    struct part t = value_text_trim(s, n);
    struct buf unix_lines = BUF_INIT;
    size_t start = out->n;
    vault_err err;

    if (lines == TEXT_LINES && t.n > 0 && memchr(t.p, '\r', t.n) != NULL) {
        put_without_cr(&unix_lines, t.p, t.n);
        err = buf_ok(&unix_lines);
        if (err != VAULT_OK)
            goto done;
        t = PART(unix_lines.p, unix_lines.n);
    }
    if (t.n == 0) {
        err = err_say(VAULT_ERR_INPUT, NULL, "the text is empty");
        goto done;
    }
    err = text_nfc(out, t.p, t.n);
    /* Afterwards, when it is known to be valid: NFC neither makes nor removes controls. */
    if (err == VAULT_OK && has_control(t.p, t.n, lines)) {
        err = say_control(t.p, t.n);
        buf_cut(out, start);
    }
done:
    buf_free(&unix_lines);
    return err;
}

static bool
is_nfc(struct buf *scratch, const char *s, size_t n)
{
    size_t ascii = 0;

    while (ascii < n && (unsigned char)s[ascii] < 0x80)
        ascii++;
    if (ascii == n)
        return true;
    buf_reset(scratch);
    if (text_nfc(scratch, s, n) != VAULT_OK) {
        scratch->bad = true;        /* the text is valid: it can only be memory */
        return false;
    }
    return scratch->n == n && memcmp(scratch->p, s, n) == 0;
}

bool
value_text_is_canonical(struct buf *scratch, const char *s, size_t n, enum text_lines lines)
{
    if (value_text_is_plain(s, n))
        return true;
    if (n == 0 || blank_at(s, n) > 0 || blank_before(s, n) > 0)
        return false;
    return text_valid(s, n, NULL) && !has_control(s, n, lines) && is_nfc(scratch, s, n);
}
