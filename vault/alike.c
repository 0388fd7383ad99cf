/* alike.c - see alike.h. */
#include "vault/alike.h"

#include <sodium.h>
#include "vault/names/index.h"

vault_err
alike_keys(struct buf *out, const uint8_t key[static 32], struct part text)
{
    struct name name;
    uint64_t keys[NAME_KEYS_MAX];
    size_t n = name_try(&name, (const char *)text.p, text.n) ? name_keys(keys, &name) : 0;

    for (size_t i = 0; i < n; i++) {
        struct part p = PART((const uint8_t *)&keys[i], sizeof keys[i]);
        uint8_t h[32];
        mac_parts(h, key, "name", &p, 1);
        buf_put(out, h, ALIKE_KEY_BYTES);
    }
    sodium_memzero(&name, sizeof name);
    return buf_ok(out);
}

enum name_level
alike_names(struct part a, struct part b)
{
    struct { struct name a, b; } tmp;
    enum name_level level = NAME_NONE;

    if (name_try(&tmp.a, (const char *)a.p, a.n) && name_try(&tmp.b, (const char *)b.p, b.n))
        level = name_compare(&tmp.a, &tmp.b, NAME_SHOWS_KEYS, NULL);
    sodium_memzero(&tmp, sizeof tmp);
    return level;
}
