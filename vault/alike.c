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
alike_names(struct alike_name *r, uint32_t number, struct part a, struct part b)
{
    if (!r->ready || r->number != number) {
        r->ready = true;
        r->number = number;
        r->is_name = name_try(&r->name, (const char *)a.p, a.n);
        if (r->is_name)
            name_filter_make(&r->filter, &r->name);
    }
    if (!r->is_name || !name_try_like(&r->other, (const char *)b.p, b.n, &r->filter))
        return NAME_NONE;
    return name_compare(&r->name, &r->other, NAME_SHOWS_KEYS, NULL);
}
