#include <string.h>
#include "vault/base/cbor.h"
#include "vault/base/text.h"

#define DEPTH_MAX 8

enum major { M_UINT = 0, M_NEG = 1, M_BYTES = 2, M_TEXT = 3, M_ARRAY = 4, M_MAP = 5 };
#define FALSE_BYTE 0xF4
#define TRUE_BYTE 0xF5

/* ---- writing ---- */

#define HEAD_MAX 9

static uint8_t *
write_long_head(uint8_t *to, enum major major, uint64_t v)
{
    unsigned log = v <= 0xFF ? 0 : v <= 0xFFFF ? 1 : v <= 0xFFFFFFFF ? 2 : 3;

    *to++ = (uint8_t)((unsigned)major << 5 | (24 + log));
    for (unsigned left = 1u << log; left > 0; left--)
        *to++ = (uint8_t)(v >> 8 * (left - 1));
    return to;
}

/* The first bytes of an item, in the shortest form; returns the place behind them. */
static inline uint8_t *
write_head(uint8_t *to, enum major major, uint64_t v)
{
    if (v >= 24)
        return write_long_head(to, major, v);
    *to = (uint8_t)((unsigned)major << 5 | (unsigned)v);
    return to + 1;
}

static void
put_head(struct buf *b, enum major major, uint64_t v)
{
    uint8_t *to = buf_room(b, HEAD_MAX);

    if (to != NULL)
        b->n += (size_t)(write_head(to, major, v) - to);
}

/* In one go: most of what is written are short strings. */
static void
put_string(struct buf *b, enum major major, const void *p, size_t n)
{
    uint8_t *to = buf_room(b, n < BUF_MAX ? HEAD_MAX + n : n);

    if (to == NULL)
        return;
    to = write_head(to, major, n);
    if (n > 0)
        memcpy(to, p, n);
    b->n = (size_t)(to + n - b->p);
}

void
cbor_uint(struct buf *b, uint64_t v)
{
    put_head(b, M_UINT, v);
}

void
cbor_int(struct buf *b, int64_t v)
{
    if (v >= 0)
        put_head(b, M_UINT, (uint64_t)v);
    else
        put_head(b, M_NEG, ~(uint64_t)v);       /* -1 - v */
}

void
cbor_bytes(struct buf *b, const void *p, size_t n)
{
    put_string(b, M_BYTES, p, n);
}

void
cbor_text(struct buf *b, const char *s)
{
    cbor_textn(b, s, strlen(s));
}

void
cbor_textn(struct buf *b, const char *s, size_t n)
{
    /* What no reader would take back must not be written: that would be data lost. */
    if (!text_valid(s, n, NULL)) {
        b->bad = true;
        return;
    }
    put_string(b, M_TEXT, s, n);
}

void
cbor_text_head(struct buf *b, size_t n)
{
    put_head(b, M_TEXT, n);
}

void
cbor_array(struct buf *b, size_t count)
{
    put_head(b, M_ARRAY, count);
}

void
cbor_map(struct buf *b, size_t pairs)
{
    put_head(b, M_MAP, pairs);
}

void
cbor_bool(struct buf *b, bool v)
{
    buf_u8(b, v ? TRUE_BYTE : FALSE_BYTE);
}

/* ---- reading ---- */

/* The first bytes of an item, in the shortest form; `v` is the value or the length. For the
 * simple values (7) it is the value, and only that of false and true is taken. */
struct head {
    unsigned major;
    uint64_t v;
};

static struct head
get_head(struct rd *r)
{
    unsigned first = rd_u8(r);
    struct head h = {first >> 5, first & 31};
    unsigned n = h.v < 24 ? 0 : 1u << (h.v & 3);
    const uint8_t *p;

    if (h.v < 24 && h.major < 6)        /* nearly all */
        return h;
    /* 28 to 30 are reserved, 31 is an indefinite length; 6 are tags. */
    if (h.v > 27 || h.major == 6 || (h.major == 7 && first != FALSE_BYTE && first != TRUE_BYTE)) {
        r->bad = true;
        return h;
    }
    if (n == 0)
        return h;
    p = rd_take(r, n);
    if (p == NULL)
        return h;
    h.v = 0;
    for (unsigned i = 0; i < n; i++)
        h.v = h.v << 8 | p[i];
    /* Shortest: what half the bytes could hold is refused. */
    if (h.v < 24 || (n > 1 && h.v >> 4 * n == 0))
        r->bad = true;
    return h;
}

enum cbor_kind
cbor_peek(const struct rd *r)
{
    static const enum cbor_kind kinds[] = {CBOR_UINT, CBOR_NEG, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY,
        CBOR_MAP};
    unsigned first;

    if (r->bad || r->n == 0)
        return CBOR_BAD;
    first = r->p[0];
    if (first == FALSE_BYTE || first == TRUE_BYTE)
        return CBOR_BOOL;
    if (first >> 5 > M_MAP || (first & 31) > 27)
        return CBOR_BAD;
    return kinds[first >> 5];
}

static uint64_t
get_long(struct rd *r, enum major major, uint64_t max)
{
    struct head h = get_head(r);

    if (r->bad || h.major != major || h.v > max) {
        r->bad = true;
        return 0;
    }
    return h.v;
}

/* The argument of an item of this kind that is at most max; 0 and r->bad otherwise. Nearly all are one byte. */
static inline uint64_t
get_expected(struct rd *r, enum major major, uint64_t max)
{
    if (!r->bad && r->n > 0 && r->p[0] >> 5 == (unsigned)major && (r->p[0] & 31) < 24 && (r->p[0] & 31u) <= max) {
        r->n--;
        return *r->p++ & 31;
    }
    return get_long(r, major, max);
}

uint64_t
cbor_get_uint(struct rd *r, uint64_t max)
{
    return get_expected(r, M_UINT, max);
}

int64_t
cbor_get_int(struct rd *r)
{
    struct head h = get_head(r);

    if (r->bad || h.major > M_NEG || h.v > INT64_MAX) {
        r->bad = true;
        return 0;
    }
    return h.major == M_UINT ? (int64_t)h.v : -1 - (int64_t)h.v;
}

static inline struct part
get_string(struct rd *r, enum major major, uint64_t max)
{
    size_t n = (size_t)get_expected(r, major, max < r->n ? max : r->n);
    const uint8_t *p = rd_take(r, n);

    return p == NULL ? PART("", 0) : PART(p, n);
}

struct part
cbor_get_bytes(struct rd *r, size_t max)
{
    return get_string(r, M_BYTES, max);
}

void
cbor_get_fixed(struct rd *r, void *out, size_t n)
{
    struct part s = get_string(r, M_BYTES, n);

    if (s.n != n)
        r->bad = true;
    if (n == 0)
        return;
    if (r->bad)
        memset(out, 0, n);
    else
        memcpy(out, s.p, n);
}

struct part
cbor_get_text(struct rd *r, size_t max)
{
    struct part s = get_string(r, M_TEXT, max);

    if (!text_valid(s.p, s.n, NULL)) {
        r->bad = true;
        return PART("", 0);
    }
    return s;
}

/* Each item takes a byte at least, so a count beyond what is left is a lie: the caller may
 * allocate by it. */
static inline size_t
get_count(struct rd *r, enum major major, size_t max, size_t bytes_each)
{
    size_t n = (size_t)get_expected(r, major, max);

    if (r->bad || n > r->n / bytes_each) {
        r->bad = true;
        return 0;
    }
    return n;
}

size_t
cbor_get_array(struct rd *r, size_t max)
{
    return get_count(r, M_ARRAY, max, 1);
}

size_t
cbor_get_map(struct rd *r, size_t max)
{
    return get_count(r, M_MAP, max, 2);
}

bool
cbor_get_bool(struct rd *r)
{
    uint8_t v = rd_u8(r);

    if (v != FALSE_BYTE && v != TRUE_BYTE)
        r->bad = true;
    return !r->bad && v == TRUE_BYTE;
}

/* ---- whole items ---- */

static void skip_item(struct rd *r, unsigned depth);

static void
skip_array(struct rd *r, unsigned depth)
{
    size_t n = cbor_get_array(r, SIZE_MAX);

    for (size_t i = 0; i < n && !r->bad; i++)
        skip_item(r, depth);
}

static bool
comes_before(struct part a, struct part b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

    return c < 0 || (c == 0 && a.n < b.n);
}

static void
skip_map(struct rd *r, unsigned depth)
{
    size_t n = cbor_get_map(r, SIZE_MAX);
    struct part last = {NULL, 0};

    for (size_t i = 0; i < n && !r->bad; i++) {
        struct part key = {r->p, r->n};

        skip_item(r, depth);
        key.n -= r->n;
        if (i > 0 && !comes_before(last, key))
            r->bad = true;
        last = key;
        skip_item(r, depth);
    }
}

/* `depth`: containers around this item. Recursion ends at DEPTH_MAX. */
static void
skip_item(struct rd *r, unsigned depth)
{
    switch (cbor_peek(r)) {
    case CBOR_UINT:
        (void)cbor_get_uint(r, UINT64_MAX);
        break;
    case CBOR_NEG:
        (void)cbor_get_int(r);
        break;
    case CBOR_BYTES:
        (void)cbor_get_bytes(r, SIZE_MAX);
        break;
    case CBOR_TEXT:
        (void)cbor_get_text(r, SIZE_MAX);
        break;
    case CBOR_BOOL:
        (void)cbor_get_bool(r);
        break;
    case CBOR_ARRAY:
    case CBOR_MAP:
        if (depth == DEPTH_MAX)
            r->bad = true;
        else if (cbor_peek(r) == CBOR_ARRAY)
            skip_array(r, depth + 1);
        else
            skip_map(r, depth + 1);
        break;
    case CBOR_BAD:
        r->bad = true;
    }
}

struct part
cbor_get_item(struct rd *r)
{
    struct part item = {r->p, r->n};

    skip_item(r, 0);
    if (r->bad)
        return PART("", 0);
    item.n -= r->n;
    return item;
}

bool
cbor_valid(const void *p, size_t n)
{
    struct rd r = rd_of(p, n);

    (void)cbor_get_item(&r);
    return rd_end(&r);
}
