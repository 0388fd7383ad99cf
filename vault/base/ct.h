/*
 * ct.h - arithmetic on secrets whose time and memory accesses do not depend on them.
 *
 * Layer:   base.
 * Secrets: all arguments may be secret. A mask is 0 or all ones. Nothing here branches or indexes
 *          by an argument, except ct_reveal, which is how a result becomes public.
 * Format:  none. tests/unit/test_slip39_time.c watches the users of this header under valgrind.
 */
#ifndef VAULT_BASE_CT_H
#define VAULT_BASE_CT_H

#include <stdint.h>

/* The compiler forgets what it knows about v, and so cannot turn a mask back into a branch. */
static inline uint32_t
ct_hide(uint32_t v)
{
    __asm__("" : "+r"(v));
    return v;
}

/* All ones where v is 0. */
static inline uint32_t
ct_zero(uint32_t v)
{
    return (uint32_t)(((uint64_t)ct_hide(v) - 1) >> 32);
}

static inline uint32_t
ct_equal(uint32_t a, uint32_t b)
{
    return ct_zero(a ^ b);
}

/* All ones where lo <= v <= hi. */
static inline uint32_t
ct_within(uint32_t v, uint32_t lo, uint32_t hi)
{
    uint64_t below = (uint64_t)ct_hide(v) - lo, above = (uint64_t)hi - ct_hide(v);

    return ~(uint32_t)((below | above) >> 32);
}

static inline uint64_t
ct_wide(uint32_t mask)
{
    return (uint64_t)mask << 32 | mask;
}

/* The lowest `bits` of v, from here on public: the caller may branch on them. For a verdict (a
 * checksum fits) and for what everybody may know (a header); never for a part of a secret. */
uint32_t ct_reveal(uint32_t v, unsigned bits);

#endif
