/* reseal.c - see reseal.h. Items are copied as they stand: what a c commits to is never encoded
 * twice. */
#include "vault/record/reseal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/cbor.h"

#define SALT 32u
#define STEP 256u               /* bytes of the keystream at a time */

struct kept {
    struct part item;           /* [field, element, value] */
    const uint8_t *salt;
};

struct reseal {
    const struct revision *rev;
    reseal_drop_fn *drop;
    void *ctx;
    struct buf salts;           /* of all values, one after the other */
    struct kept *kept;
    size_t n;
    struct part file[REVISION_LEAVES_MAX];      /* entries of `files` that stay */
    size_t n_files;
};

static vault_err
damaged(void)
{
    return err_say(VAULT_ERR_DAMAGED, NULL, "the content of a revision cannot be sealed anew");
}

static bool
drops(const struct reseal *x, const struct leaf *l)
{
    return x->drop != NULL && x->drop(x->ctx, l);
}

/* The leaf that a place [field, element] names, unless it goes. */
static const struct leaf *
staying(const struct reseal *x, struct part field, struct part element)
{
    const struct leaf *l = revision_find(x->rev, field, element.p, element.n);

    return l == NULL || drops(x, l) ? NULL : l;
}

/* ---- reading ---- */

/* Given one by one, or left for later: there is an empty string, and the seed makes them. */
static void
read_salts(struct reseal *x, struct rd *r, bool *given)
{
    size_t n;

    *given = cbor_peek(r) != CBOR_BYTES;
    if (!*given) {
        (void)cbor_get_bytes(r, 0);
        return;
    }
    n = cbor_get_array(r, REVISION_LEAVES_MAX);
    for (size_t i = 0; i < n && !r->bad; i++) {
        struct part salt = cbor_get_bytes(r, SALT);
        buf_put(&x->salts, salt.p, salt.n);
    }
}

static void
make_salts(struct reseal *x, size_t n, const uint8_t *seed)
{
    for (size_t at = 0; at < n * SALT; at += STEP) {
        uint8_t *p = buf_add(&x->salts, STEP);
        if (p != NULL)
            stream_bytes(p, STEP, (uint32_t)(at / 64), seed);
    }
}

static vault_err
read_values(struct reseal *x, struct rd *r, bool given, const uint8_t *seed)
{
    size_t n = cbor_get_array(r, REVISION_LEAVES_MAX);
    vault_err err;

    if (!given)
        make_salts(x, n, seed);
    err = buf_ok(&x->salts);
    if (err == VAULT_OK && (r->bad || x->salts.n < n * SALT))
        err = damaged();
    if (err == VAULT_OK) {
        x->kept = calloc(n + 1, sizeof *x->kept);
        err = x->kept == NULL ? err_nomem() : VAULT_OK;
    }
    for (size_t i = 0; err == VAULT_OK && i < n && !r->bad; i++) {
        const uint8_t *start = r->p;
        struct part field, element;
        if (cbor_get_array(r, 3) != 3)
            r->bad = true;
        field = cbor_get_text(r, NAME_MAX_BYTES - 1);
        element = cbor_get_bytes(r, ELEMENT_BYTES);
        (void)cbor_get_item(r);
        if (!r->bad && staying(x, field, element) != NULL)
            x->kept[x->n++] = (struct kept){ PART(start, (size_t)(r->p - start)),
                x->salts.p + i * SALT };
    }
    return err;
}

/* Where the chunks of attachments lie, and their keys: those of values that go, go with them. */
static void
read_files(struct reseal *x, struct rd *r)
{
    size_t n = cbor_get_array(r, REVISION_LEAVES_MAX);

    for (size_t i = 0; i < n && !r->bad; i++) {
        const uint8_t *start = r->p;
        struct part field, element;
        if (cbor_get_array(r, 4) != 4)
            r->bad = true;
        field = cbor_get_text(r, NAME_MAX_BYTES - 1);
        element = cbor_get_bytes(r, ELEMENT_BYTES);
        (void)cbor_get_item(r);
        (void)cbor_get_item(r);
        if (!r->bad && staying(x, field, element) != NULL)
            x->file[x->n_files++] = PART(start, (size_t)(r->p - start));
    }
}

/* ---- writing ---- */

static void
write_values(struct buf *out, const struct reseal *x)
{
    cbor_array(out, x->n);
    for (size_t i = 0; i < x->n; i++)
        cbor_bytes(out, x->kept[i].salt, SALT);
    cbor_array(out, x->n);
    for (size_t i = 0; i < x->n; i++)
        buf_put(out, x->kept[i].item.p, x->kept[i].item.n);
}

static void
write_files(struct buf *out, const struct reseal *x)
{
    if (x->n_files != 0)
        cbor_array(out, x->n_files);
    for (size_t i = 0; i < x->n_files; i++)
        buf_put(out, x->file[i].p, x->file[i].n);
}

static bool
is_other(const struct reseal *x, const struct leaf *l)
{
    return l->tier != LEAF_OPEN || l->value.n == 0 || drops(x, l);
}

/* Every leaf whose value is not in the open blob. */
static void
write_others(struct buf *out, const struct reseal *x)
{
    size_t n = 0;

    for (size_t i = 0; i < x->rev->n_leaves; i++)
        n += is_other(x, &x->rev->leaf[i]);
    cbor_array(out, n);
    for (size_t i = 0; i < x->rev->n_leaves; i++)
        if (is_other(x, &x->rev->leaf[i]))
            revision_write_leaf(out, &x->rev->leaf[i]);
}

/* ---- the two blobs ---- */

static vault_err
open_blob(struct buf *out, struct reseal *x, const uint8_t *seed)
{
    struct rd r = rd_of(x->rev->open.p, x->rev->open.n);
    size_t elements = cbor_get_array(&r, 8);
    struct part head[4];
    bool given = false;
    vault_err err;

    for (size_t i = 0; i < 4; i++)          /* type, parents, time, author */
        head[i] = cbor_get_item(&r);
    read_salts(x, &r, &given);
    err = read_values(x, &r, given, seed);
    (void)cbor_get_item(&r);
    if (elements == 8)
        read_files(x, &r);
    if (err == VAULT_OK && (!rd_end(&r) || elements < 7))
        err = damaged();
    if (err != VAULT_OK)
        return err;
    cbor_array(out, x->n_files != 0 ? 8 : 7);
    for (size_t i = 0; i < 4; i++)
        buf_put(out, head[i].p, head[i].n);
    write_values(out, x);
    write_others(out, x);
    write_files(out, x);
    return buf_ok(out);
}

static vault_err
withheld_blob(struct buf *out, struct reseal *x, const uint8_t *seed)
{
    struct rd whole = rd_of(x->rev->withheld.p, x->rev->withheld.n), r;
    uint32_t n = rd_u32(&whole);
    const uint8_t *p = rd_take(&whole, n);
    size_t elements;
    bool given = false;
    vault_err err;

    if (p == NULL)
        return damaged();
    r = rd_of(p, n);
    elements = cbor_get_array(&r, 3);
    read_salts(x, &r, &given);
    err = read_values(x, &r, given, seed);
    if (elements == 3)
        read_files(x, &r);
    if (err == VAULT_OK && (!rd_end(&r) || elements < 2))
        err = damaged();
    if (err != VAULT_OK)
        return err;
    buf_u32(out, 0);
    cbor_array(out, x->n_files != 0 ? 3 : 2);
    write_values(out, x);
    write_files(out, x);
    if (!out->bad) {
        put_u32(out->p, (uint32_t)(out->n - 4));
        (void)buf_add(out, pad_length(out->n) - out->n);
    }
    return buf_ok(out);
}

vault_err
reseal_plain(struct buf *out, const struct revision *rev, enum leaf_tier tier,
    const uint8_t seed[static 32], reseal_drop_fn *drop, void *ctx)
{
    struct reseal *x = calloc(1, sizeof *x);
    vault_err err;

    if (x == NULL)
        return err_nomem();
    x->rev = rev;
    x->drop = drop;
    x->ctx = ctx;
    buf_reset(out);
    err = tier == LEAF_OPEN ? open_blob(out, x, seed) : withheld_blob(out, x, seed);
    buf_free(&x->salts);
    free(x->kept);
    free(x);
    return err;
}

vault_err
reseal_blob(struct buf *out, const struct seal_keys *k, const struct revision *rev,
    enum leaf_tier tier, const uint8_t seed[static 32], const uint8_t own[static 32],
    reseal_drop_fn *drop, void *ctx)
{
    struct blob_keys fresh;
    struct buf plain = BUF_INIT;
    uint8_t nonce[24];
    vault_err err = reseal_plain(&plain, rev, tier, seed, drop, ctx);

    randombytes_buf(nonce, sizeof nonce);
    blob_keys_derive(&fresh, tier, own, nonce);
    buf_reset(out);
    if (err == VAULT_OK)
        err = seal_plain(out, k, &fresh, rev, tier, PART(plain.p, plain.n));
    sodium_memzero(&fresh, sizeof fresh);
    buf_free(&plain);
    return err;
}
