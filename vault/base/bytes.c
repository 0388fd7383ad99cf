#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/bytes.h"

/* ---- reading ---- */

struct rd
rd_of(const void *p, size_t n)
{
    return (struct rd){.p = p, .n = n};
}

uint32_t
rd_u32(struct rd *r)
{
    const uint8_t *p = rd_take(r, 4);

    return p == NULL ? 0 : get_u32(p);
}

uint64_t
rd_u64(struct rd *r)
{
    const uint8_t *p = rd_take(r, 8);

    return p == NULL ? 0 : get_u64(p);
}

void
rd_copy(struct rd *r, void *out, size_t n)
{
    const uint8_t *p = rd_take(r, n);

    if (n == 0)
        return;
    if (p == NULL)
        memset(out, 0, n);
    else
        memcpy(out, p, n);
}

bool
rd_end(const struct rd *r)
{
    return !r->bad && r->n == 0;
}

/* ---- writing ---- */

static void
wipe_and_free(uint8_t *p, size_t n)
{
    if (p != NULL)
        sodium_memzero(p, n);
    free(p);
}

/* realloc would leave a copy of the plaintext behind. */
static bool
enlarge(struct buf *b, size_t need)
{
    size_t cap = b->cap == 0 ? 64 : b->cap;
    uint8_t *p;

    while (cap < need)
        cap *= 2;       /* need <= BUF_MAX: no overflow */
    p = malloc(cap);
    if (p == NULL)
        return false;
    if (b->n > 0)
        memcpy(p, b->p, b->n);
    wipe_and_free(b->p, b->cap);
    b->p = p;
    b->cap = cap;
    return true;
}

uint8_t *
buf_grow(struct buf *b, size_t n)
{
    if (b->bad)
        return NULL;
    if (n > BUF_MAX - b->n) {
        b->bad = true;
        return NULL;
    }
    if ((b->p == NULL || n > b->cap - b->n) && !enlarge(b, b->n + n)) {
        b->bad = true;
        return NULL;
    }
    return b->p + b->n;
}

void
buf_free(struct buf *b)
{
    wipe_and_free(b->p, b->cap);
    *b = (struct buf)BUF_INIT;
}

void
buf_reset(struct buf *b)
{
    buf_cut(b, 0);
}

void
buf_trim(struct buf *b)
{
    if (b->cap > ROOM_KEPT)
        buf_free(b);
    else
        buf_reset(b);
}

void
buf_cut(struct buf *b, size_t n)
{
    if (n < b->n)
        sodium_memzero(b->p + n, b->n - n);
    if (n <= b->n)
        b->n = n;
}

uint8_t *
buf_add(struct buf *b, size_t n)
{
    uint8_t *p = buf_room(b, n);

    if (p == NULL)
        return NULL;
    memset(p, 0, n);
    b->n += n;
    return p;
}

void
buf_put(struct buf *b, const void *p, size_t n)
{
    uint8_t *to;

    if (n == 0)
        return;
    to = buf_room(b, n);
    if (to == NULL)
        return;
    memcpy(to, p, n);
    b->n += n;
}

void
buf_u8(struct buf *b, uint8_t v)
{
    uint8_t *to = buf_room(b, 1);

    if (to == NULL)
        return;
    *to = v;
    b->n++;
}

void
buf_u32(struct buf *b, uint32_t v)
{
    uint8_t le[4];

    put_u32(le, v);
    buf_put(b, le, sizeof le);
}

void
buf_u64(struct buf *b, uint64_t v)
{
    uint8_t le[8];

    put_u64(le, v);
    buf_put(b, le, sizeof le);
}

void
buf_str(struct buf *b, const char *s)
{
    buf_put(b, s, strlen(s));
}

void
buf_fmt(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    uint8_t *to;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0) {
        b->bad = true;
        return;
    }
    to = buf_room(b, (size_t)n + 1);    /* with room for the zero, which is not counted */
    if (to == NULL)
        return;
    va_start(ap, fmt);
    (void)vsnprintf((char *)to, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
}

vault_err
buf_ok(const struct buf *b)
{
    return b->bad ? err_nomem() : VAULT_OK;
}

char *
buf_cstr(struct buf *b)
{
    uint8_t *end = buf_room(b, 1);

    if (end == NULL)
        return NULL;
    *end = 0;
    return (char *)b->p;
}

/* ---- loose helpers ---- */

void
hex_of(char *out, const uint8_t *p, size_t n)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * n] = '\0';
}

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool
hex_read(uint8_t *out, size_t n, const char *hex, size_t len)
{
    if (len % 2 != 0 || len / 2 != n)
        return false;
    for (size_t i = 0; i < len; i++)
        if (hex_digit(hex[i]) < 0)
            return false;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
    return true;
}

static unsigned
floor_log2(size_t n)
{
    unsigned e = 0;

    while (n >>= 1)
        e++;
    return e;
}

/* Rounded up to a number whose binary form ends in e - s zeros: at most 12% more, and only about
 * log log n bits of the length can be learnt. */
size_t
pad_length(size_t n)
{
    unsigned e, s;
    size_t mask;

    if (n <= 256)
        return 256;
    e = floor_log2(n);
    s = floor_log2(e) + 1;
    mask = ((size_t)1 << (e - s)) - 1;
    return n > SIZE_MAX - mask ? n : (n + mask) & ~mask;
}

void *
array_room(void *array, size_t n, size_t *cap, size_t each)
{
    size_t more = *cap == 0 ? 64 : *cap * 2;
    void *p;

    if (n < *cap)
        return array;
    p = reallocarray(array, more, each);
    if (p != NULL)
        *cap = more;
    return p;
}
