#include "cli/json.h"

#include <inttypes.h>
#include <string.h>
#include "cli/out.h"

static bool unfinished;

bool
js_unfinished(void)
{
    return unfinished;
}

/* Before any item: the comma, and the line of the outermost array. */
static void
item(struct json *j)
{
    if (j->keyed) {
        j->keyed = false;
        return;
    }
    if (j->depth == 0)
        return;
    if (j->more[j->depth - 1])
        putc_unlocked(',', j->to);
    if (j->depth == 1 && j->close[0] == ']')
        putc_unlocked('\n', j->to);
    j->more[j->depth - 1] = true;
}

static void
enter(struct json *j, char open, char close)
{
    item(j);
    putc_unlocked(open, j->to);
    if (j->depth == 0 && j->to == stdout)
        unfinished = true;
    j->close[j->depth] = close;
    j->more[j->depth] = false;
    j->depth++;
}

void
js_object(struct json *j)
{
    enter(j, '{', '}');
}

void
js_array(struct json *j)
{
    enter(j, '[', ']');
}

void
js_end(struct json *j)
{
    j->depth--;
    if (j->depth == 0 && j->close[0] == ']' && j->more[0])
        putc_unlocked('\n', j->to);
    putc_unlocked(j->close[j->depth], j->to);
    if (j->depth > 0)
        return;
    putc_unlocked('\n', j->to);
    if (j->to == stdout)
        unfinished = false;
}

/* The character at p (n > 0 bytes are there) and its length; 0 when it is not UTF-8. */
static size_t
character(uint32_t *out, const unsigned char *p, size_t n)
{
    static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 :
        p[0] < 0xf8 ? 4 : 0;
    uint32_t c = len < 2 ? p[0] : p[0] & (0x7fU >> len);

    if (len > n)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3fU);
    }
    if (len == 0 || c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *out = c;
    return len;
}

/* Must be escaped in JSON, or steers a terminal, or cannot be seen. */
static bool
unsafe(uint32_t c)
{
    static const struct { uint32_t from, to; } range[] = {
        { 0x00, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x61c, 0x61c }, { 0x180e, 0x180e },
        { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff },
        { 0xfff9, 0xfffb }, { 0xe0000, 0xe0fff },
    };

    if (c >= ' ' && c <= '~')       /* nearly all text */
        return c == '"' || c == '\\';
    for (size_t i = 0; i < sizeof range / sizeof range[0]; i++)
        if (c >= range[i].from && c <= range[i].to)
            return true;
    return false;
}

static void
escape(FILE *to, uint32_t c)
{
    if (c == '"' || c == '\\')
        fprintf(to, "\\%c", (int)c);
    else if (c == '\n')
        fputs("\\n", to);
    else if (c == '\t')
        fputs("\\t", to);
    else if (c < 0x10000)
        fprintf(to, "\\u%04" PRIx32, c);
    else
        fprintf(to, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd800 + ((c - 0x10000) >> 10),
            0xdc00 + ((c - 0x10000) & 0x3ff));
}

static void
quoted(FILE *to, const char *s)
{
    const unsigned char *p = (const unsigned char *)s, *end = p + strlen(s), *run = p;

    putc_unlocked('"', to);
    while (p < end) {
        uint32_t c = 0xfffd;
        size_t len = character(&c, p, (size_t)(end - p));

        if (len > 0 && !unsafe(c)) {
            p += len;
            continue;
        }
        fwrite_unlocked(run, 1, (size_t)(p - run), to);
        if (len == 0)
            fputs("\xef\xbf\xbd", to);
        else
            escape(to, c);
        p += len == 0 ? 1 : len;
        run = p;
    }
    fwrite_unlocked(run, 1, (size_t)(p - run), to);
    putc_unlocked('"', to);
}

void
js_key(struct json *j, const char *key)
{
    item(j);
    quoted(j->to, key);
    putc_unlocked(':', j->to);
    j->keyed = true;
}

void
js_raw(struct json *j, const char *json)
{
    item(j);
    fputs(json, j->to);
}

void
js_text(struct json *j, const char *s)
{
    if (s == NULL) {
        js_null(j);
        return;
    }
    item(j);
    quoted(j->to, s);
}

void
js_int(struct json *j, int64_t n)
{
    item(j);
    fprintf(j->to, "%" PRId64, n);
}

void
js_uint(struct json *j, uint64_t n)
{
    item(j);
    fprintf(j->to, "%" PRIu64, n);
}

void
js_bool(struct json *j, bool yes)
{
    js_raw(j, yes ? "true" : "false");
}

void
js_null(struct json *j)
{
    js_raw(j, "null");
}

void
js_time(struct json *j, int64_t seconds)
{
    char iso[OUT_TIME];

    out_iso(iso, seconds);
    js_text(j, iso);
}

void
js_pair(struct json *j, const char *key, const char *s)
{
    js_key(j, key);
    js_text(j, s);
}

void
js_pair_int(struct json *j, const char *key, int64_t n)
{
    js_key(j, key);
    js_int(j, n);
}

void
js_pair_uint(struct json *j, const char *key, uint64_t n)
{
    js_key(j, key);
    js_uint(j, n);
}

void
js_pair_bool(struct json *j, const char *key, bool yes)
{
    js_key(j, key);
    js_bool(j, yes);
}

void
js_pair_time(struct json *j, const char *key, int64_t seconds)
{
    js_key(j, key);
    js_time(j, seconds);
}
