/* manifest.c - see manifest.h. */
#include "vault/handoff/manifest.h"

#include <string.h>
#include "vault/base/cbor.h"
#include "vault/base/hash.h"
#include "vault/base/sign.h"
#include "vault/handoff/card_text.h"

#define SIGN_LABEL "withheld:sign:manifest:1"
#define ELEMENTS 17u

static const char *const KIND[] = { "withheld-bundle/1", "withheld-receipt/1", "withheld-copy/1" };

static vault_err
damaged(void)
{
    return err_say(VAULT_ERR_DAMAGED, "ask for it again", "its manifest is damaged, or of a newer version");
}

/* ---- recipients ---- */

void
manifest_recipient(uint8_t out[static 32], const struct age_recipient *r)
{
    const struct part p = PART(r->pk, r->kind == AGE_HYBRID ? HPKE_PK_BYTES : 32);

    hash_parts(out, "withheld:recipient-key:1", &p, 1);
}

vault_err
manifest_add_to(struct manifest *m, const uint8_t hash[static 32])
{
    size_t at = 0;

    while (at < m->n_to && memcmp(m->to[at], hash, 32) < 0)
        at++;
    if (at < m->n_to && memcmp(m->to[at], hash, 32) == 0)
        return VAULT_OK;
    if (m->n_to == MANIFEST_TO_MAX)
        return err_say(VAULT_ERR_INPUT, "make two files", "more than %u recipients", MANIFEST_TO_MAX);
    memmove(m->to[at + 1], m->to[at], (m->n_to - at) * 32);
    memcpy(m->to[at], hash, 32);
    m->n_to++;
    return VAULT_OK;
}

bool
manifest_is_to(const struct manifest *m, const uint8_t hash[static 32])
{
    for (size_t i = 0; i < m->n_to; i++)
        if (memcmp(m->to[i], hash, 32) == 0)
            return true;
    return false;
}

/* ---- bytes ---- */

vault_err
manifest_write(struct buf *out, const struct manifest *m)
{
    cbor_array(out, ELEMENTS);
    cbor_text(out, KIND[m->kind]);
    cbor_bytes(out, m->tag, sizeof m->tag);
    cbor_int(out, m->time);
    cbor_int(out, m->expires);
    cbor_bytes(out, m->card.p, m->card.n);
    cbor_bytes(out, m->evidence.p, m->evidence.n);
    cbor_bytes(out, m->author, sizeof m->author);
    cbor_bool(out, m->keeper);
    cbor_bool(out, m->names);
    cbor_array(out, m->n_to);
    for (size_t i = 0; i < m->n_to; i++)
        cbor_bytes(out, m->to[i], 32);
    cbor_uint(out, m->log_number);
    cbor_bytes(out, m->log_head, sizeof m->log_head);
    cbor_bytes(out, m->content, sizeof m->content);
    cbor_uint(out, m->length);
    cbor_uint(out, m->records);
    cbor_uint(out, m->revisions);
    cbor_uint(out, m->files);
    return buf_ok(out);
}

static bool
read_kind(struct rd *r, enum manifest_kind *out)
{
    struct part text = cbor_get_text(r, 32);

    for (size_t i = 0; i < sizeof KIND / sizeof KIND[0]; i++)
        if (text.n == strlen(KIND[i]) && memcmp(text.p, KIND[i], text.n) == 0) {
            *out = (enum manifest_kind)i;
            return true;
        }
    return false;
}

static void
read_to(struct manifest *m, struct rd *r)
{
    m->n_to = cbor_get_array(r, MANIFEST_TO_MAX);
    for (size_t i = 0; i < m->n_to && !r->bad; i++) {
        cbor_get_fixed(r, m->to[i], 32);
        if (i > 0 && memcmp(m->to[i - 1], m->to[i], 32) >= 0)
            r->bad = true;
    }
}

vault_err
manifest_read(struct manifest *m, struct part bytes)
{
    struct rd r = rd_of(bytes.p, bytes.n);

    memset(m, 0, sizeof *m);
    if (bytes.n > MANIFEST_MAX || cbor_get_array(&r, ELEMENTS) != ELEMENTS || !read_kind(&r, &m->kind))
        return damaged();
    cbor_get_fixed(&r, m->tag, sizeof m->tag);
    m->time = cbor_get_int(&r);
    m->expires = cbor_get_int(&r);
    m->card = cbor_get_bytes(&r, CARD_BYTES_MAX);
    m->evidence = cbor_get_bytes(&r, MANIFEST_MAX);
    cbor_get_fixed(&r, m->author, sizeof m->author);
    m->keeper = cbor_get_bool(&r);
    m->names = cbor_get_bool(&r);
    read_to(m, &r);
    m->log_number = cbor_get_uint(&r, UINT64_MAX);
    cbor_get_fixed(&r, m->log_head, sizeof m->log_head);
    cbor_get_fixed(&r, m->content, sizeof m->content);
    m->length = cbor_get_uint(&r, UINT64_MAX);
    m->records = cbor_get_uint(&r, UINT64_MAX);
    m->revisions = cbor_get_uint(&r, UINT64_MAX);
    m->files = cbor_get_uint(&r, UINT64_MAX);
    return rd_end(&r) && m->n_to > 0 && m->time >= 0 && m->expires >= 0 ? VAULT_OK : damaged();
}

void
manifest_id(uint8_t out[static 32], struct part bytes)
{
    hash_parts(out, "withheld:manifest:1", &bytes, 1);
}

/* ---- signatures ---- */

vault_err
manifest_sign(struct buf *out, const uint8_t id[static 32], const struct secret *author_seed,
    const struct secret *keeper_seed)
{
    uint8_t sig[64];
    vault_err err = sign_hash(sig, author_seed, SIGN_LABEL, id);

    buf_put(out, sig, sizeof sig);
    if (err == VAULT_OK && keeper_seed != NULL) {
        err = sign_hash(sig, keeper_seed, SIGN_LABEL, id);
        buf_put(out, sig, sizeof sig);
    }
    return err != VAULT_OK ? err : buf_ok(out);
}

vault_err
manifest_verify(const struct manifest *m, const uint8_t id[static 32], struct part sigs, const uint8_t keeper_pk[static 32])
{
    const uint8_t *p = sigs.p;

    if (sigs.n != (m->keeper ? 128u : 64u) || sign_verify(p, m->author, SIGN_LABEL, id) != 1 ||
        (m->keeper && sign_verify(p + 64, keeper_pk, SIGN_LABEL, id) != 1))
        return err_say(VAULT_ERR_DAMAGED, "do not use it; ask who sent it, in another way",
            "its signature is wrong: it is not from the vault that it names");
    return VAULT_OK;
}
