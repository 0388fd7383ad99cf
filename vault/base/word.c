/* word.c - see word.h. */
#include "vault/base/word.h"

#include <string.h>
#include <utf8proc.h>

int32_t
word_code_at(const uint8_t *p, size_t n)
{
    utf8proc_int32_t c = -1;

    if (n == 0 || utf8proc_iterate(p, (utf8proc_ssize_t)n, &c) <= 0)
        return -1;
    return c;
}

int32_t
word_code_before(const uint8_t *p, size_t n)
{
    size_t at = n;

    while (at > 0 && n - at < 4) {
        at--;
        if ((p[at] & 0xC0) != 0x80)
            return word_code_at(p + at, n - at);
    }
    return -1;
}

bool
word_has(int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM: case UTF8PROC_CATEGORY_LO: case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ME: case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL: case UTF8PROC_CATEGORY_NO:
        return true;
    default:
        return false;
    }
}

static bool
is_jamo(int32_t c)
{
    return c >= 0x1100 && c <= 0x11FF;
}

bool
word_unparted(int32_t c)
{
    return is_jamo(c) || (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) ||
        (c >= 0x20000 && c <= 0x3FFFF);
}

bool
word_goes_on(int32_t c)
{
    return c >= 0x1160 && c <= 0x11FF;
}

/* Korean has blanks between its words. */
static bool
begins_at(const uint8_t *p, size_t at)
{
    int32_t before = word_code_before(p, at);

    return before < 0 || !word_has(before) || (word_unparted(before) && !is_jamo(before));
}

bool
word_found(const uint8_t *p, size_t n, const uint8_t *word, size_t len, bool at_start)
{
    for (size_t at = 0; at + len <= n;) {
        const uint8_t *hit = memmem(p + at, n - at, word, len);
        size_t from;
        if (hit == NULL)
            return false;
        from = (size_t)(hit - p);
        if ((!at_start || begins_at(p, from)) && !word_goes_on(word_code_at(hit + len, n - from - len)))
            return true;
        at = from + 1;
    }
    return false;
}
