/* seal.c - see seal.h. */
#include "vault/record/seal.h"

#include <sodium.h>
#include <string.h>

#define AAD_MAX 96

/* label | 00 | vault id | parts... into `out`; returns the part. */
static struct part
aad_of(uint8_t out[static AAD_MAX], const char *label, const struct seal_keys *k,
    const struct part *more, size_t n)
{
    size_t at = strlen(label) + 1;

    memcpy(out, label, at);
    memcpy(out + at, k->vault_id, VAULT_ID_BYTES);
    at += VAULT_ID_BYTES;
    for (size_t i = 0; i < n; i++) {
        if (more[i].n != 0)
            memcpy(out + at, more[i].p, more[i].n);
        at += more[i].n;
    }
    return PART(out, at);
}

static struct part
blob_aad(uint8_t out[static AAD_MAX], const struct seal_keys *k, const struct revision *rev,
    uint8_t tier)
{
    const struct part more[] = { PART(rev->record, RECORD_ID_BYTES),
        PART(rev->id, REVISION_ID_BYTES), PART(&tier, 1) };

    return aad_of(out, "withheld:blob:1", k, more, 3);
}

static struct part
inner_aad(uint8_t out[static AAD_MAX], const struct seal_keys *k, const struct revision *rev)
{
    const struct part more[] = { PART(rev->record, RECORD_ID_BYTES),
        PART(rev->id, REVISION_ID_BYTES) };

    return aad_of(out, "withheld:inner:1", k, more, 2);
}

static struct part
wrap_aad(uint8_t out[static AAD_MAX], const struct seal_keys *k, enum wrap_kind kind,
    struct part record, struct part revision)
{
    uint8_t b = (uint8_t)kind;
    const struct part more[] = { PART(&b, 1), record, revision };

    return aad_of(out, "withheld:wrap:1", k, more, 3);
}

static void
open_key(uint8_t out[static 32], const uint8_t record_key[static 32], const struct revision *rev)
{
    const struct part p = PART(rev->id, REVISION_ID_BYTES);

    mac_parts(out, record_key, "withheld:open:1", &p, 1);
}

void
sealed_free(struct sealed *s)
{
    buf_free(&s->mem);
    memset(s, 0, sizeof *s);
}

static void
box_pooled(uint8_t *out, const uint8_t key[static 32], struct part aad, struct part in,
    struct rng_pool *rng)
{
    uint8_t nonce[24];

    rng_take(rng, nonce, sizeof nonce);
    box_seal_nonce(out, nonce, key, aad, in);
}

/* The withheld blob and its two wraps. */
static void
seal_withheld(uint8_t *blob, uint8_t *wrap, const struct seal_keys *k, const struct revision *rev,
    struct rng_pool *rng)
{
    struct { uint8_t key[32]; struct inner_wrap inner; } tmp;
    uint8_t aad[AAD_MAX], nonce[24];

    rng_take(rng, tmp.key, sizeof tmp.key);
    rng_take(rng, nonce, sizeof nonce);
    box_pooled(blob, tmp.key, blob_aad(aad, k, rev, LEAF_WITHHELD),
        PART(rev->withheld.p, rev->withheld.n), rng);
    if (k->k_name != NULL) {
        tmp.inner.n = WRAP_NAME_BYTES;
        wrap_by_name(tmp.inner.bytes, k->k_name, inner_aad(aad, k, rev), tmp.key, nonce);
    } else {
        tmp.inner.n = WRAP_INTAKE_BYTES;
        wrap_by_intake(tmp.inner.bytes, k->intake_key, k->intake_enc, inner_aad(aad, k, rev),
            tmp.key, nonce);
    }
    box_pooled(wrap, secret_bytes(k->k_case),
        wrap_aad(aad, k, WRAP_WITHHELD_KEY, PART(rev->record, RECORD_ID_BYTES),
            PART(rev->id, REVISION_ID_BYTES)), PART(tmp.inner.bytes, tmp.inner.n), rng);
    sodium_memzero(&tmp, sizeof tmp);
}

vault_err
seal_revision(struct sealed *out, const struct seal_keys *k, const uint8_t record_key[static 32],
    const struct revision *rev, struct rng_pool *rng)
{
    size_t n_open = rev->open.n + BOX_EXTRA;
    size_t n_withheld = rev->withheld.n == 0 ? 0 : rev->withheld.n + BOX_EXTRA;
    size_t n_wrap = n_withheld == 0 ? 0 :
        (k->k_name != NULL ? WRAP_NAME_BYTES : WRAP_INTAKE_BYTES) + BOX_EXTRA;
    uint8_t key[32], aad[AAD_MAX];
    uint8_t *p;

    buf_reset(&out->mem);
    p = buf_add(&out->mem, n_open + n_withheld + n_wrap);
    if (p == NULL)
        return err_nomem();
    memcpy(out->pair, rev->record, RECORD_ID_BYTES);
    memcpy(out->pair + RECORD_ID_BYTES, rev->id, REVISION_ID_BYTES);
    out->open = PART(p, n_open);
    out->has_withheld = n_withheld != 0;
    out->withheld = PART(p + n_open, n_withheld);
    out->wrap_withheld = PART(p + n_open + n_withheld, n_wrap);
    open_key(key, record_key, rev);
    box_pooled(p, key, blob_aad(aad, k, rev, LEAF_OPEN), PART(rev->open.p, rev->open.n), rng);
    sodium_memzero(key, sizeof key);
    if (out->has_withheld)
        seal_withheld(p + n_open, p + n_open + n_withheld, k, rev, rng);
    return VAULT_OK;
}

void
wrap_key(uint8_t out[static WRAP_KEY_BYTES], const struct seal_keys *k, enum wrap_kind kind,
    const uint8_t *record, const uint8_t key[static 32], struct rng_pool *rng)
{
    uint8_t aad[AAD_MAX];

    box_pooled(out, secret_bytes(k->k_case), wrap_aad(aad, k, kind,
        PART(record, record == NULL ? 0 : RECORD_ID_BYTES), PART(NULL, 0)), PART(key, 32), rng);
}

vault_err
unwrap_key(uint8_t key[static 32], const struct seal_keys *k, enum wrap_kind kind,
    const uint8_t *record, struct part box)
{
    uint8_t aad[AAD_MAX];

    if (box.n == WRAP_KEY_BYTES && box_open(key, secret_bytes(k->k_case), wrap_aad(aad, k, kind,
            PART(record, record == NULL ? 0 : RECORD_ID_BYTES), PART(NULL, 0)), box) == 0)
        return VAULT_OK;
    return err_say(VAULT_ERR_DAMAGED, NULL, "a wrapped key does not open");
}

vault_err
unseal_open(struct revision *rev, const struct seal_keys *k, const uint8_t record_key[static 32],
    struct part blob)
{
    uint8_t key[32], aad[AAD_MAX];
    uint8_t *p;
    int bad;

    if (blob.n <= BOX_EXTRA || blob.n > BLOB_MAX)
        return err_say(VAULT_ERR_DAMAGED, NULL, "a record's content has a wrong length");
    buf_reset(&rev->open);
    p = buf_add(&rev->open, blob.n - BOX_EXTRA);
    if (p == NULL)
        return err_nomem();
    open_key(key, record_key, rev);
    bad = box_open(p, key, blob_aad(aad, k, rev, LEAF_OPEN), blob);
    sodium_memzero(key, sizeof key);
    if (bad == 0)
        return VAULT_OK;
    buf_reset(&rev->open);
    return err_say(VAULT_ERR_DAMAGED, NULL, "a record's content does not open");
}

vault_err
unwrap_outer(struct inner_wrap *out, const struct seal_keys *k, const struct revision *rev,
    struct part box)
{
    uint8_t aad[AAD_MAX];

    out->n = box.n < BOX_EXTRA ? 0 : box.n - BOX_EXTRA;
    if ((out->n == WRAP_NAME_BYTES || out->n == WRAP_INTAKE_BYTES) &&
        box_open(out->bytes, secret_bytes(k->k_case), wrap_aad(aad, k, WRAP_WITHHELD_KEY,
            PART(rev->record, RECORD_ID_BYTES), PART(rev->id, REVISION_ID_BYTES)), box) == 0 &&
        out->bytes[0] == (out->n == WRAP_NAME_BYTES ? WRAP_NAME : WRAP_INTAKE))
        return VAULT_OK;
    return err_say(VAULT_ERR_DAMAGED, NULL, "the wrapped key of withheld values does not open");
}

vault_err
unseal_withheld(struct revision *rev, const struct seal_keys *k, const struct inner_wrap *inner,
    struct part blob)
{
    uint8_t key[32], aad[AAD_MAX];
    uint8_t *p;
    int bad;

    if (k->k_name == NULL)
        return err_say(VAULT_ERR_REFUSED, "open the vault with a keeper's passphrase",
            "withheld values can only be read by a keeper");
    if (inner->bytes[0] != WRAP_NAME)
        return VAULT_ERR_NOT_FOUND;
    if (blob.n <= BOX_EXTRA || blob.n > BLOB_MAX)
        return err_say(VAULT_ERR_DAMAGED, NULL, "a record's withheld content has a wrong length");
    buf_reset(&rev->withheld);
    p = buf_add(&rev->withheld, blob.n - BOX_EXTRA);
    if (p == NULL)
        return err_nomem();
    bad = wrap_open(key, k->k_name, inner_aad(aad, k, rev), inner->bytes + 1);
    if (bad == 0)
        bad = box_open(p, key, blob_aad(aad, k, rev, LEAF_WITHHELD), blob);
    sodium_memzero(key, sizeof key);
    if (bad == 0)
        return VAULT_OK;
    buf_reset(&rev->withheld);
    return err_say(VAULT_ERR_DAMAGED, NULL, "withheld values do not open");
}
