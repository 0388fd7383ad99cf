/*
 * bytes.h - bounded reading, growing writing, and hexadecimal.
 *
 * Layer:   base.
 * Secrets: buffers may hold plaintext of records; they are wiped when they grow and when freed.
 *          Keys do not go here (see secret.h).
 * Format:  integers in files are little-endian.
 */
#ifndef VAULT_BASE_BYTES_H
#define VAULT_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vault/base/err.h"

/* ---- reading: remembers that it ran out; ask once, at the end ---- */

struct rd {
    const uint8_t *p;
    size_t n;           /* bytes left */
    bool bad;           /* ran out, or broke a rule */
};

struct rd rd_of(const void *p, size_t n);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
void rd_copy(struct rd *r, void *out, size_t n);            /* zeroes out when short */
bool rd_end(const struct rd *r);                            /* all read, nothing bad */
static inline const uint8_t *                               /* borrowed; NULL when short */
rd_take(struct rd *r, size_t n)
{
    const uint8_t *at = r->p;

    if (r->bad || n > r->n) {
        r->bad = true;
        return NULL;
    }
    if (n == 0)
        return at != NULL ? at : (const uint8_t *)"";   /* NULL means short, and only that */
    r->p += n;
    r->n -= n;
    return at;
}

static inline uint8_t
rd_u8(struct rd *r)
{
    const uint8_t *p = rd_take(r, 1);

    return p == NULL ? 0 : p[0];
}

/* ---- writing ---- */

/* Grows by doubling; wiped at each move. After a failure everything is ignored until buf_free. */
struct buf {
    uint8_t *p;
    size_t n, cap;
    bool bad;           /* out of memory, over BUF_MAX, or (cbor.h) text that is not UTF-8 */
};
#define BUF_MAX ((size_t)1 << 30)
#define BUF_INIT {0}

void buf_free(struct buf *b);                               /* wipes; b is empty and usable again */
void buf_reset(struct buf *b);                              /* wipes the content, keeps the room */
/* The same for a buffer that waits for its next use: more room than ROOM_KEPT is given back. */
#define ROOM_KEPT ((size_t)16 << 10)
void buf_trim(struct buf *b);
void buf_cut(struct buf *b, size_t n);                      /* back to n bytes; wipes the rest */
uint8_t *buf_add(struct buf *b, size_t n);                  /* n zeroed bytes; NULL on failure */
uint8_t *buf_grow(struct buf *b, size_t n);                 /* buf_room's long way, only for it */
/* Room for n bytes behind the content, not yet part of it: fill it and add to b->n yourself. */
static inline uint8_t *                                     /* NULL on failure */
buf_room(struct buf *b, size_t n)
{
    /* Nearly every call. Strictly less: a buffer without memory goes the long way, too. */
    if (!b->bad && n < b->cap - b->n)
        return b->p + b->n;
    return buf_grow(b, n);
}
void buf_put(struct buf *b, const void *p, size_t n);
void buf_u8(struct buf *b, uint8_t v);
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
void buf_str(struct buf *b, const char *s);                 /* without its zero */
void buf_fmt(struct buf *b, const char *fmt, ...) VAULT_PRINTF(2, 3);
VAULT_CHECK vault_err buf_ok(const struct buf *b);          /* VAULT_ERR_NO_SPACE when bad */
char *buf_cstr(struct buf *b);          /* ends it with a zero (not counted); NULL on failure */

/* ---- loose helpers ---- */

/* An array of n things, with room for one more: moved or not. NULL: no memory, and array and cap are as they were. For what need not be wiped. */
void *array_room(void *array, size_t n, size_t *cap, size_t each);


/* Little-endian. Without loops, so that a compiler makes one instruction of each. */
static inline void
put_u32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

static inline void
put_u64(uint8_t *p, uint64_t v)
{
    put_u32(p, (uint32_t)v);
    put_u32(p + 4, (uint32_t)(v >> 32));
}

static inline uint32_t
get_u32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t
get_u64(const uint8_t *p)
{
    return get_u32(p) | (uint64_t)get_u32(p + 4) << 32;
}

void hex_of(char *out /* 2n+1 */, const uint8_t *p, size_t n);   /* lower case; not for secrets */
bool hex_read(uint8_t *out, size_t n, const char *hex, size_t len); /* exactly 2n, either case */

/* Padme length (Nikitin et al., PETS 2019, section 4) of n, at least 256. */
size_t pad_length(size_t n);

#endif
