/* html.c - see html.h. */
#include "vault/base/html.h"

#include <string.h>
#include "vault/base/text.h"

static const char *
entity(uint8_t c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void
html_text(struct buf *out, struct part text)
{
    struct buf safe = BUF_INIT;
    size_t from = 0;

    text_escape(&safe, text.p, text.n, true);
    for (size_t i = 0; i < safe.n; i++) {
        const char *e = entity(safe.p[i]);

        if (e == NULL)
            continue;
        buf_put(out, safe.p + from, i - from);
        buf_str(out, e);
        from = i + 1;
    }
    if (safe.n > from)
        buf_put(out, safe.p + from, safe.n - from);
    out->bad = out->bad || safe.bad;
    buf_free(&safe);
}

void
html_path(struct buf *out, const char *path)
{
    static const char PLAIN[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/";

    for (; *path != '\0'; path++)
        if (strchr(PLAIN, *path) != NULL)
            buf_u8(out, (uint8_t)*path);
        else
            buf_fmt(out, "%%%02X", (unsigned)(uint8_t)*path);
}
