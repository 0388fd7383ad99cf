/* json_out.c - see json_out.h. */
#include "vault/base/json_out.h"

void
json_string(struct buf *out, struct part text)
{
    const uint8_t *p = text.p;
    size_t from = 0;

    buf_u8(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        if (p[i] >= 0x20 && p[i] != '"' && p[i] != '\\' && p[i] != 0x7f)
            continue;
        buf_put(out, p + from, i - from);
        if (p[i] == '"' || p[i] == '\\')
            buf_fmt(out, "\\%c", p[i]);
        else if (p[i] == '\n')
            buf_str(out, "\\n");
        else
            buf_fmt(out, "\\u%04x", p[i]);
        from = i + 1;
    }
    buf_put(out, p + from, text.n - from);
    buf_u8(out, '"');
}

void
json_hex(struct buf *out, struct part bytes)
{
    buf_u8(out, '"');
    for (size_t i = 0; i < bytes.n; i++)
        buf_fmt(out, "%02x", ((const uint8_t *)bytes.p)[i]);
    buf_u8(out, '"');
}
