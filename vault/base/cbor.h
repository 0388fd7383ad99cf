/*
 * cbor.h - the deterministic CBOR of RFC 8949 section 4.2.1, our strict subset of it.
 *
 * Layer:   base.
 * Secrets: none kept; reads and writes borrowed memory.
 * Format:  docs/format.md, "CBOR". Allowed: unsigned and negative integers in the shortest form,
 *          byte strings, text strings (valid UTF-8 without U+0000), arrays, maps with keys in
 *          bytewise order of their encoding and no key twice, false, true. Negative integers down
 *          to -2^63. Definite lengths only. No floats, tags, null, undefined. At most 8 arrays
 *          and maps inside one another.
 */
#ifndef VAULT_BASE_CBOR_H
#define VAULT_BASE_CBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vault/base/bytes.h"
#include "vault/base/hash.h"

/* ---- writing (the caller puts map keys in order; cbor_valid in tests proves it) ---- */
/* Text that is not valid makes the buffer bad: no reader would take it back. Only cbor_text_head
 * trusts its caller. */
void cbor_uint(struct buf *b, uint64_t v);
void cbor_int(struct buf *b, int64_t v);
void cbor_bytes(struct buf *b, const void *p, size_t n);
void cbor_text(struct buf *b, const char *s);
void cbor_textn(struct buf *b, const char *s, size_t n);
/* For text that goes through a check anyway: the caller appends n bytes that are text_valid(). */
void cbor_text_head(struct buf *b, size_t n);
void cbor_array(struct buf *b, size_t count);
void cbor_map(struct buf *b, size_t pairs);
void cbor_bool(struct buf *b, bool v);

/* ---- reading: on anything unexpected r->bad is set, and zero / empty comes back ---- */
/* These look at one head at a time: order of keys and depth are cbor_valid's. Ask it first when
 * the bytes are not known to be ours. */
enum cbor_kind { CBOR_BAD, CBOR_UINT, CBOR_NEG, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP,
    CBOR_BOOL };
enum cbor_kind cbor_peek(const struct rd *r);               /* kind of the next item */
uint64_t cbor_get_uint(struct rd *r, uint64_t max);
int64_t cbor_get_int(struct rd *r);                         /* both signs, within int64_t */
struct part cbor_get_bytes(struct rd *r, size_t max);       /* borrowed */
void cbor_get_fixed(struct rd *r, void *out, size_t n);     /* a byte string of exactly n */
struct part cbor_get_text(struct rd *r, size_t max);        /* borrowed, valid, not terminated */
size_t cbor_get_array(struct rd *r, size_t max);            /* count; also <= bytes left */
size_t cbor_get_map(struct rd *r, size_t max);              /* pairs; also <= bytes left / 2 */
bool cbor_get_bool(struct rd *r);
/* The whole next item, checked for every rule above; borrowed. */
struct part cbor_get_item(struct rd *r);
/* True when p[0..n) is exactly one item that follows every rule. */
bool cbor_valid(const void *p, size_t n);

#endif
