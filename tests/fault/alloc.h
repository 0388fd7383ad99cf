/*
 * alloc.h - stands between everything in the process and memory: an allocation that fails.
 *
 * The executable defines malloc and its like itself, and mmap where libsodium takes its guarded memory,
 * so that the calls of all libraries come here first, those of SQLCipher and OpenSSL too.
 */
#ifndef TESTS_FAULT_ALLOC_H
#define TESTS_FAULT_ALLOC_H

#include <stdbool.h>
#include <stdint.h>

enum alloc_mode {
    ALLOC_OFF,
    ALLOC_COUNT,        /* count only */
    ALLOC_NOTE,         /* and note for each from where it comes */
    ALLOC_ONCE,         /* allocation number `at` fails */
    ALLOC_FROM,         /* that one and each later one */
};

/* From now on, in this process and those it starts. `at` counts from 1. Turning it off keeps the count. */
void alloc_arm(enum alloc_mode mode, long at);
/* Allocations since then, also those of a child. */
long alloc_count(void);
/* With ALLOC_NOTE, of the first ALLOC_NOTES: stands for the nearest ALLOC_DEPTH return addresses on the stack of that one. */
#define ALLOC_NOTES 65536
#define ALLOC_DEPTH 5
uint64_t alloc_place(long at);

#endif
