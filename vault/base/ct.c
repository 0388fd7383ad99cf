#include "vault/base/ct.h"

/* The one place in which a secret decides a branch. It stays a branch, and a function that can be
 * named: a checker that follows secrets is told to let this one pass, and takes the copy, made of
 * constants, for public. */
__attribute__((noinline)) uint32_t
ct_reveal(uint32_t v, unsigned bits)
{
    uint32_t out = 0;

    for (unsigned i = 0; i < bits; i++)
        if ((v >> i & 1) != 0) {
            __asm__ volatile("" ::: "memory");
            out |= (uint32_t)1 << i;
        }
    return out;
}
