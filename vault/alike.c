/* alike.c - see alike.h. */
#include "vault/alike.h"

#include <string.h>
#include "vault/base/text.h"

const char *
alike_name(enum alike level)
{
    static const char *const NAME[] = { "none", "skeleton", "fold", "exact" };

    return NAME[level];
}

vault_err
alike_keys(struct buf *out, const uint8_t key[static 32], struct part name)
{
    struct buf fold = BUF_INIT;
    struct part p;
    uint8_t h[32];
    vault_err err = text_fold(&fold, name.p, name.n);

    if (err == VAULT_OK && fold.n != 0) {
        p = PART(fold.p, fold.n);
        mac_parts(h, key, "name", &p, 1);
        buf_put(out, h, ALIKE_KEY_BYTES);
        err = buf_ok(out);
    }
    buf_free(&fold);
    return err;
}

vault_err
alike_names(enum alike *level, struct part a, struct part b)
{
    struct buf fold[2] = { BUF_INIT, BUF_INIT };
    vault_err err = text_fold(&fold[0], a.p, a.n);

    *level = ALIKE_NOT;
    if (err == VAULT_OK)
        err = text_fold(&fold[1], b.p, b.n);
    if (err == VAULT_OK && fold[0].n != 0 && fold[0].n == fold[1].n &&
        memcmp(fold[0].p, fold[1].p, fold[0].n) == 0)
        *level = a.n == b.n && memcmp(a.p, b.p, a.n) == 0 ? ALIKE_EXACT : ALIKE_FOLD;
    buf_free(&fold[0]);
    buf_free(&fold[1]);
    return err;
}
