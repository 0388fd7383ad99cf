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
uint8_t rd_u8(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
void rd_copy(struct rd *r, void *out, size_t n);            /* zeroes out when short */
const uint8_t *rd_take(struct rd *r, size_t n);             /* borrowed; NULL when short */
bool rd_end(const struct rd *r);                            /* all read, nothing bad */

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
void buf_cut(struct buf *b, size_t n);                      /* back to n bytes; wipes the rest */
uint8_t *buf_add(struct buf *b, size_t n);                  /* n zeroed bytes; NULL on failure */
/* Room for n bytes behind the content, not yet part of it: fill it and add to b->n yourself. */
uint8_t *buf_room(struct buf *b, size_t n);                 /* NULL on failure */
void buf_put(struct buf *b, const void *p, size_t n);
void buf_u8(struct buf *b, uint8_t v);
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
void buf_str(struct buf *b, const char *s);                 /* without its zero */
void buf_fmt(struct buf *b, const char *fmt, ...) VAULT_PRINTF(2, 3);
VAULT_CHECK vault_err buf_ok(const struct buf *b);          /* VAULT_ERR_NO_SPACE when bad */
char *buf_cstr(struct buf *b);          /* ends it with a zero (not counted); NULL on failure */

/* ---- loose helpers ---- */

void put_u32(uint8_t *p, uint32_t v);                       /* little-endian */
void put_u64(uint8_t *p, uint64_t v);
uint32_t get_u32(const uint8_t *p);
uint64_t get_u64(const uint8_t *p);
void hex_of(char *out /* 2n+1 */, const uint8_t *p, size_t n);   /* lower case; not for secrets */
bool hex_read(uint8_t *out, size_t n, const char *hex, size_t len); /* exactly 2n, either case */

/* Padme length (Nikitin et al., PETS 2019, section 4) of n, at least 256. */
size_t pad_length(size_t n);

#endif
