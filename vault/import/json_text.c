/* json_text.c - see json_text.h. */
#include "vault/import/json_text.h"

#include <string.h>
#include "vault/base/text.h"
#include "vault/base/utf8.h"

/* Eight bytes at once where it is worth it: the texts of a record are read three times here. */
uint64_t
json_characters(const uint8_t *p, const uint8_t *end)
{
    uint64_t n = (uint64_t)(end - p);

    for (; end - p >= 8; p += 8) {
        uint64_t w = word_at(p);
        uint64_t inner = w >> 7 & ~(w >> 6) & EACH_BYTE;    /* bytes 10xxxxxx */

        n -= inner * EACH_BYTE >> 56;
    }
    for (; p < end; p++)
        n -= (*p & 0xC0) == 0x80;
    return n;
}

/* Past bytes of a string that are themselves. */
static uint8_t *
skip_plain(uint8_t *p, const uint8_t *end)
{
    while (end - p >= 8) {
        uint64_t w = word_at(p);

        if ((any_below(w, 0x20) | any_is(w, '"') | any_is(w, '\\')) != 0)
            break;
        p += 8;
    }
    while (p < end && *p != '"' && *p != '\\' && *p >= 0x20)
        p++;
    return p;
}

struct place
json_place(struct json *j)
{
    j->at.col += json_characters(j->mark, j->p);
    j->mark = j->p;
    return j->at;
}

vault_err
json_wrong(struct json *j, const char *what)
{
    if (j->p >= j->end && j->cut != NULL)
        what = j->cut;
    return rows_say(json_place(j), j->column, NULL, "%s", what);
}

int
json_peek(struct json *j)
{
    for (; j->p < j->end; j->p++) {
        if (*j->p == '\n') {
            j->at = (struct place){j->at.line + 1, 1};
            j->mark = j->p + 1;
        } else if (*j->p != ' ' && *j->p != '\t' && *j->p != '\r')
            return *j->p;
    }
    return -1;
}

bool
json_take(struct json *j, int c)
{
    if (json_peek(j) != c)
        return false;
    j->p++;
    return true;
}

/* Four digits, or -1. */
static int
hex_value(const uint8_t *p, const uint8_t *end)
{
    int v = 0;

    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int c = p[i];

        if (c >= '0' && c <= '9')
            c -= '0';
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            c = (c | 0x20) - 'a' + 10;
        else
            return -1;
        v = v << 4 | c;
    }
    return v;
}

#define LONGEST_ESCAPE 12       /* a surrogate pair */
#define NOT_AN_ESCAPE (-1)
#define HALF_A_PAIR (-2)

/* The code point of the escape at p (a backslash), and its length. */
static int
read_escape(const uint8_t *p, const uint8_t *end, size_t *n)
{
    static const char letter[] = "\"\\/bfnrt";
    static const char meaning[] = "\"\\/\b\f\n\r\t";
    const char *hit;
    int high, low;

    if (end - p < 2)
        return NOT_AN_ESCAPE;
    *n = 2;
    hit = p[1] == 0 ? NULL : strchr(letter, p[1]);
    if (hit != NULL)
        return meaning[hit - letter];
    *n = 6;
    high = p[1] == 'u' ? hex_value(p + 2, end) : NOT_AN_ESCAPE;
    if (high < 0xD800 || high > 0xDFFF)
        return high;
    *n = LONGEST_ESCAPE;
    if (high > 0xDBFF || end - p < LONGEST_ESCAPE || p[6] != '\\' || p[7] != 'u')
        return HALF_A_PAIR;
    low = hex_value(p + 8, end);
    if (low < 0xDC00 || low > 0xDFFF)
        return HALF_A_PAIR;
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

/* Every escape was judged before. Returns the new length. */
static size_t
resolve_escapes(uint8_t *p, size_t n)
{
    const uint8_t *end = p + n;
    const uint8_t *from = p;
    uint8_t *to = p;

    while (from < end) {
        size_t len;
        int cp;

        if (*from != '\\') {
            *to++ = *from++;
            continue;
        }
        cp = read_escape(from, end, &len);
        if (cp < 0x80)
            *to++ = (uint8_t)cp;
        else
            to += u8_write(to, cp);     /* four bytes of room: such an escape has six */
        from += len;
    }
    return (size_t)(to - p);
}

static vault_err
skip_escape(struct json *j)
{
    size_t n = 0;
    int c = read_escape(j->p, j->end, &n);

    if (c > 0) {
        j->p += n;
        return VAULT_OK;
    }
    if (j->cut != NULL && j->end - j->p < LONGEST_ESCAPE)
        j->p = j->end;          /* perhaps only the rest of it is missing */
    return json_wrong(j, c == 0 ? "a zero character"
        : c == NOT_AN_ESCAPE ? "not an escape of JSON" : "half of a surrogate pair");
}

vault_err
json_read_string(struct json *j, struct part *out)
{
    uint8_t *text = ++j->p;
    bool escapes = false;
    vault_err err;
    size_t n;

    for (;;) {
        j->p = skip_plain(j->p, j->end);
        if (j->p == j->end || *j->p < 0x20)
            return json_wrong(j, "a control character inside a text");
        if (*j->p == '"')
            break;
        escapes = true;
        err = skip_escape(j);
        if (err != VAULT_OK)
            return err;
    }
    n = (size_t)(j->p++ - text);
    (void)json_place(j);        /* counts the characters before they change */
    if (escapes)
        n = resolve_escapes(text, n);
    if (n > ROWS_CELL_MAX)
        return json_wrong(j, "the text is longer than 1 MiB");
    *out = PART(text, n);
    return VAULT_OK;
}

static size_t
skip_digits(struct json *j)
{
    const uint8_t *from = j->p;

    while (j->p < j->end && *j->p >= '0' && *j->p <= '9')
        j->p++;
    return (size_t)(j->p - from);
}

static vault_err
read_number(struct json *j, struct part *out)
{
    const uint8_t *from = j->p;
    bool good;

    if (*j->p == '-')
        j->p++;
    good = j->p < j->end && *j->p == '0' ? (j->p++, true) : skip_digits(j) > 0;
    if (good && j->p < j->end && *j->p == '.') {
        j->p++;
        good = skip_digits(j) > 0;
    }
    if (good && j->p < j->end && (*j->p | 0x20) == 'e') {
        j->p++;
        if (j->p < j->end && (*j->p == '+' || *j->p == '-'))
            j->p++;
        good = skip_digits(j) > 0;
    }
    if (!good)
        return json_wrong(j, "not a number as JSON writes it");
    if ((size_t)(j->p - from) > ROWS_CELL_MAX)
        return json_wrong(j, "the number is longer than 1 MiB");
    *out = PART(from, (size_t)(j->p - from));
    return VAULT_OK;
}

static bool
read_word(struct json *j, const char *word)
{
    size_t n = strlen(word);

    if ((size_t)(j->end - j->p) < n || memcmp(j->p, word, n) != 0)
        return false;
    j->p += n;
    return true;
}

vault_err
json_read_scalar(struct json *j, enum cell_kind *kind, struct part *out)
{
    int c = json_peek(j);

    *out = PART(j->p, 0);
    if (c == '"') {
        *kind = CELL_TEXT;
        return json_read_string(j, out);
    }
    if (c == '-' || (c >= '0' && c <= '9')) {
        *kind = CELL_NUMBER;
        return read_number(j, out);
    }
    *kind = CELL_NULL;
    if (read_word(j, "null"))
        return VAULT_OK;
    *kind = CELL_BOOL;
    if (read_word(j, "true") || read_word(j, "false")) {
        out->n = (size_t)(j->p - (uint8_t *)out->p);
        return VAULT_OK;
    }
    if (c == '{' || c == '[')
        return json_wrong(j, "nested too deeply: a value is a text, a number, true, false, null, "
            "an array of these, or an object with \"value\"");
    return json_wrong(j, "a value is missing here");
}
