/* bech32.c - see bech32.h. */
#include "vault/handoff/bech32.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>
#include "vault/base/ct.h"

#define CHECKSUM 6u

static const char letters[32] = {'q', 'p', 'z', 'r', 'y', '9', 'x', '8', 'g', 'f', '2', 't', 'v', 'd', 'w', '0',
    's', '3', 'j', 'n', '5', '4', 'k', 'h', 'c', 'e', '6', 'm', 'u', 'a', '7', 'l'};

/* The remainder after one more group of five bits (BIP 173, "Checksum"). */
static uint32_t
polymod(uint32_t c, uint32_t group)
{
    static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    uint32_t top = c >> 25;

    c = (c & 0x1ffffff) << 5 ^ group;
    for (unsigned i = 0; i < 5; i++)
        c ^= generator[i] & (0u - (top >> i & 1));
    return c;
}

static uint32_t
polymod_prefix(const char *hrp)
{
    uint32_t c = 1;

    for (const char *p = hrp; *p != '\0'; p++)
        c = polymod(c, (uint32_t)(uint8_t)*p >> 5);
    c = polymod(c, 0);
    for (const char *p = hrp; *p != '\0'; p++)
        c = polymod(c, (uint8_t)*p & 31u);
    return c;
}

/* The letter of a group, by looking at all of them. */
static char
letter_of(uint32_t group)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < 32; i++)
        found |= ct_equal(i, group) & (uint8_t)letters[i];
    return (char)found;
}

/* The group of a letter in lower case. *good is cleared where there is none. */
static uint32_t
group_of(uint32_t c, uint32_t *good)
{
    uint32_t group = 0, any = 0;

    for (uint32_t i = 0; i < 32; i++) {
        uint32_t same = ct_equal((uint8_t)letters[i], c);

        group |= same & i;
        any |= same;
    }
    *good &= any;
    return group;
}

/* In the case that is wanted; digits stay what they are. */
static char
in_case(char c, bool upper)
{
    uint32_t is_small = ct_within((uint8_t)c, 'a', 'z');

    return (char)((uint8_t)c - (upper ? is_small & 32u : 0u));
}

static uint32_t
put_group(char **out, uint32_t checksum, uint32_t group, bool upper)
{
    *(*out)++ = in_case(letter_of(group), upper);
    return polymod(checksum, group);
}

void
bech32_write(char *out, const char *hrp, const uint8_t *bytes, size_t n, bool upper)
{
    uint32_t checksum = polymod_prefix(hrp), held = 0;
    unsigned bits = 0;

    assert(n <= BECH32_DATA_MAX);
    for (const char *p = hrp; *p != '\0'; p++)
        *out++ = in_case(*p, upper);
    *out++ = '1';
    for (size_t i = 0; i < n; i++) {
        held = held << 8 | bytes[i];
        for (bits += 8; bits >= 5; bits -= 5)
            checksum = put_group(&out, checksum, held >> (bits - 5) & 31, upper);
    }
    if (bits > 0)
        checksum = put_group(&out, checksum, held << (5 - bits) & 31, upper);
    for (unsigned i = 0; i < CHECKSUM; i++)
        checksum = polymod(checksum, 0);
    checksum ^= 1;
    for (unsigned i = 0; i < CHECKSUM; i++)
        *out++ = in_case(letter_of(checksum >> (5 * (CHECKSUM - 1 - i)) & 31), upper);
}

/* ---- reading ---- */

static char
small(char c)
{
    return (char)((uint8_t)c + (ct_within((uint8_t)c, 'A', 'Z') & 32u));
}

static bool
begins_with(const char *text, size_t len, const char *hrp)
{
    size_t n = strlen(hrp);

    if (len <= n || text[n] != '1')
        return false;
    for (size_t i = 0; i < n; i++)
        if (small(text[i]) != hrp[i])
            return false;
    return true;
}

static bool
is_mixed(const char *text, size_t len)
{
    uint32_t lower = 0, upper = 0;

    for (size_t i = 0; i < len; i++) {
        lower |= ct_within((uint8_t)text[i], 'a', 'z');
        upper |= ct_within((uint8_t)text[i], 'A', 'Z');
    }
    return ct_reveal(lower & upper, 1) != 0;
}

enum bech32_fault
bech32_read(uint8_t *out, size_t n, const char *hrp, const char *text, size_t len)
{
    const char *p = text + strlen(hrp) + 1;
    uint32_t checksum = polymod_prefix(hrp), good = ~0u, held = 0;
    unsigned bits = 0;

    assert(n <= BECH32_DATA_MAX);
    sodium_memzero(out, n);
    if (!begins_with(text, len, hrp))
        return BECH32_OTHER;
    if (is_mixed(text, len))
        return BECH32_MIXED;
    if (len != BECH32_CHARS(strlen(hrp), n))
        return BECH32_LENGTH;
    for (size_t i = 0; p < text + len - CHECKSUM; p++) {
        uint32_t group = group_of((uint8_t)small(*p), &good);

        checksum = polymod(checksum, group);
        held = held << 5 | group;
        bits += 5;
        if (bits >= 8 && i < n) {
            bits -= 8;
            out[i++] = (uint8_t)(held >> bits);
        }
    }
    /* What fills the last group is zero. */
    good &= ct_zero(held & ((1u << bits) - 1));
    for (; p < text + len; p++)
        checksum = polymod(checksum, group_of((uint8_t)small(*p), &good));
    good &= ct_equal(checksum, 1);
    if (ct_reveal(good, 1) != 0)
        return BECH32_GOOD;
    sodium_memzero(out, n);
    return BECH32_WRONG;
}
