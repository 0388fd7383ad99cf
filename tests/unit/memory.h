/*
 * memory.h - markers, and how often they stand in the memory of this process.
 *
 * A marker lies in the program XORed with MASK, so that a find is never our own copy.
 */
#ifndef TESTS_MEMORY_H
#define TESTS_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include "vault/vault.h"

#define MASK 0x5a
#define MARKER 26

/* Random letters, never in the clear but where they are put. */
void make_marker(volatile uint8_t *masked);
struct secret *unmasked(const volatile uint8_t *masked);        /* the caller's */
/* How often it stands in n bytes. */
size_t count_in(const uint8_t *p, size_t n, const volatile uint8_t *masked);
/* And in writable memory of this process: heap, stacks, data, mappings. */
size_t search_memory(const volatile uint8_t *masked);

#endif
