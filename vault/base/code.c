#include <assert.h>
#include <string.h>
#include "vault/base/text.h"

/* Crockford's: no i, l, o, u. */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

void
code_of(char out[static CODE_LEN + 1], const uint8_t id[static 16])
{
    for (unsigned i = 0; i < CODE_LEN; i++) {
        unsigned bit = 5 * i, byte = bit / 8;
        unsigned two = (unsigned)id[byte] << 8 | (byte < 15 ? id[byte + 1] : 0u);

        out[i] = alphabet[two >> (11 - bit % 8) & 31];
    }
    out[CODE_LEN] = '\0';
}

static int
digit_value(char c)
{
    const char *at;

    if (c >= 'A' && c <= 'Z')
        c = (char)(c - 'A' + 'a');
    if (c == 'o')
        c = '0';
    if (c == 'i' || c == 'l')
        c = '1';
    at = c == '\0' ? NULL : strchr(alphabet, c);
    return at == NULL ? -1 : (int)(at - alphabet);
}

bool
code_prefix(uint8_t id[static 16], unsigned *bits, const char *s)
{
    uint8_t found[17] = {0};        /* the last character reaches two bits beyond the id */
    size_t n = strlen(s);

    if (n == 0 || n > CODE_LEN)
        return false;
    for (unsigned i = 0; i < n; i++) {
        unsigned bit = 5 * i, byte = bit / 8;
        int v = digit_value(s[i]);
        unsigned two;

        if (v < 0)
            return false;
        two = (unsigned)v << (11 - bit % 8);
        found[byte] |= (uint8_t)(two >> 8);
        found[byte + 1] |= (uint8_t)two;
    }
    /* The last two bits of a whole code are no part of the id: one spelling for each. */
    if (n == CODE_LEN && (digit_value(s[CODE_LEN - 1]) & 3) != 0)
        return false;
    memcpy(id, found, 16);
    *bits = n == CODE_LEN ? 128 : 5 * (unsigned)n;
    return true;
}

void
words_of(struct buf *out, const uint8_t *p, size_t n, unsigned count)
{
    assert(n * 8 >= (size_t)count * 10);
    for (unsigned i = 0; i < count; i++) {
        size_t bit = 10 * (size_t)i, byte = bit / 8;
        unsigned two = (unsigned)p[byte] << 8 | p[byte + 1];

        if (i > 0)
            buf_u8(out, ' ');
        buf_str(out, words_1024[two >> (6 - bit % 8) & 1023]);
    }
}
