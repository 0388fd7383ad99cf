/* seal.c - see seal.h. */
#include "vault/record/seal.h"

#include <sodium.h>
#include <string.h>

#define AAD_MAX 96
#define BLOB_EXTRA BOX_EXTRA
#define PACK_PLAIN_MAX (1 + PACK_MAX + PACK_MAX * 32 + INNER_MAX)

/* label | 00 | vault id | more into `out`; returns the part. */
static struct part
aad_of(uint8_t out[static AAD_MAX], const char *label, const struct seal_keys *k,
    const struct part *more, size_t n)
{
    size_t at = strlen(label) + 1;

    memcpy(out, label, at);
    memcpy(out + at, k->vault_id, VAULT_ID_BYTES);
    at += VAULT_ID_BYTES;
    for (size_t i = 0; i < n; i++) {
        memcpy(out + at, more[i].p, more[i].n);
        at += more[i].n;
    }
    return PART(out, at);
}

/* ---- blobs ---- */

static struct part
blob_aad(uint8_t out[static AAD_MAX], const struct seal_keys *k, const struct revision *rev,
    enum leaf_tier tier)
{
    uint8_t t = (uint8_t)tier;
    const struct part more[] = { PART(rev->record, RECORD_ID_BYTES),
        PART(rev->id, REVISION_ID_BYTES), PART(&t, 1) };

    return aad_of(out, "withheld:blob:1", k, more, 3);
}

void
blob_keys_derive(struct blob_keys *out, enum leaf_tier tier, const uint8_t own[static 32],
    const uint8_t nonce[static 24])
{
    /* Both labels are 15 bytes and a zero. */
    struct { uint8_t m[16 + 24]; uint8_t both[64]; } tmp;

    memcpy(tmp.m, tier == LEAF_OPEN ? "withheld:open:1" : "withheld:hide:1", 16);
    memcpy(tmp.m + 16, nonce, 24);
    crypto_generichash_blake2b(tmp.both, 64, tmp.m, sizeof tmp.m, own, 32);
    memcpy(out->nonce, nonce, 24);
    memcpy(out->k, tmp.both, 32);
    memcpy(out->seed, tmp.both + 32, 32);
    sodium_memzero(&tmp, sizeof tmp);
}

static struct buf *
plain_of(struct revision *rev, enum leaf_tier tier)
{
    return tier == LEAF_OPEN ? &rev->open : &rev->withheld;
}

vault_err
seal_plain(struct buf *out, const struct seal_keys *k, const struct blob_keys *bk,
    const struct revision *rev, enum leaf_tier tier, struct part plain)
{
    uint8_t aad[AAD_MAX];
    uint8_t *p = buf_add(out, plain.n + BLOB_EXTRA);

    if (p == NULL)
        return err_nomem();
    box_seal_nonce(p, bk->nonce, bk->k, blob_aad(aad, k, rev, tier), plain);
    return VAULT_OK;
}

vault_err
seal_blob(struct buf *out, const struct seal_keys *k, const struct blob_keys *bk,
    const struct revision *rev, enum leaf_tier tier)
{
    const struct buf *plain = tier == LEAF_OPEN ? &rev->open : &rev->withheld;

    return seal_plain(out, k, bk, rev, tier, PART(plain->p, plain->n));
}

vault_err
unseal_blob(struct revision *rev, uint8_t seed[static 32], const struct seal_keys *k,
    const uint8_t own[static 32], enum leaf_tier tier, struct part blob)
{
    struct buf *plain = plain_of(rev, tier);
    struct blob_keys bk;
    uint8_t aad[AAD_MAX];
    uint8_t *p;
    int bad;

    if (blob.n <= BLOB_EXTRA || blob.n > BLOB_MAX)
        return err_say(VAULT_ERR_DAMAGED, NULL, "a record's content has a wrong length");
    buf_reset(plain);
    p = buf_room(plain, blob.n - BLOB_EXTRA);
    if (p == NULL)
        return err_nomem();
    plain->n = blob.n - BLOB_EXTRA;         /* box_open fills it, also where it fails */
    blob_keys_derive(&bk, tier, own, blob.p);
    bad = box_open(p, bk.k, blob_aad(aad, k, rev, tier), blob);
    memcpy(seed, bk.seed, sizeof bk.seed);
    sodium_memzero(&bk, sizeof bk);
    if (bad == 0)
        return VAULT_OK;
    buf_reset(plain);
    return err_say(VAULT_ERR_DAMAGED, NULL, tier == LEAF_OPEN ?
        "a record's content does not open" : "withheld values do not open");
}

/* ---- packs ---- */

static void
pack_hash(uint8_t out[static 32], const struct pack *p)
{
    struct part ids = PART(p->ids, (size_t)p->n * PAIR_ID_BYTES);

    hash_parts(out, "withheld:pack:1", &ids, 1);
}

static struct part
outer_aad(uint8_t out[static AAD_MAX], const struct seal_keys *k, const uint8_t hash[static 32])
{
    struct part h = PART(hash, 32);

    return aad_of(out, "withheld:wrap:1", k, &h, 1);
}

static struct part
inner_aad(uint8_t out[static AAD_MAX], const struct seal_keys *k, const uint8_t hash[static 32])
{
    struct part h = PART(hash, 32);

    return aad_of(out, "withheld:inner:1", k, &h, 1);
}

static size_t
count_true(const bool *b, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += b[i];
    return count;
}

/* Bring the keys that are there together; returns their bytes. */
static size_t
gather(uint8_t *out, const uint8_t (*key)[32], const bool *has, size_t n)
{
    size_t at = 0;

    for (size_t i = 0; i < n; i++)
        if (has[i]) {
            memcpy(out + at, key[i], 32);
            at += 32;
        }
    return at;
}

static void
spread(uint8_t (*key)[32], const bool *has, size_t n, const uint8_t *in)
{
    for (size_t i = 0; i < n; i++)
        if (has[i]) {
            memcpy(key[i], in, 32);
            in += 32;
        }
}

enum mark { NO_KEY, KEY, KEY_AND_NAMES };

/* Behind the keys a byte for each revision; returns the bytes of both. */
static size_t
gather_marks(uint8_t *out, const struct pack *p, size_t at)
{
    for (size_t i = 0; i < p->n; i++)
        out[at++] = !p->has_blob[i] ? NO_KEY : !p->names_hidden[i] ? KEY : KEY_AND_NAMES;
    return at;
}

/* The inner wrap, at `out`; returns its bytes. */
static size_t
seal_inner(uint8_t *out, const struct seal_keys *k, const struct pack *p,
    const uint8_t hash[static 32])
{
    uint8_t keys[PACK_MAX * 32 + PACK_MAX], aad[AAD_MAX];
    size_t n, at = 0;

    if (p->n_inner != 0 && !p->readable) {
        memcpy(out, p->inner, p->n_inner);
        return p->n_inner;
    }
    n = gather(keys, p->blob_key, p->has_blob, p->n);
    if (p->how == WRAP_INTAKE) {
        memcpy(out, p->enc_hash, 32);
        at = 32;
    } else {
        n = gather_marks(keys, p, n);
    }
    box_seal(out + at, secret_bytes(p->how == WRAP_NAME ? k->k_name : k->intake_key),
        inner_aad(aad, k, hash), PART(keys, n));
    sodium_memzero(keys, sizeof keys);
    return at + n + BOX_EXTRA;
}

vault_err
pack_seal(struct buf *out, const struct seal_keys *k, const struct pack *p)
{
    uint8_t plain[PACK_PLAIN_MAX], hash[32], aad[AAD_MAX];
    size_t at = 0;
    uint8_t *box;

    pack_hash(hash, p);
    plain[at++] = p->how;
    for (size_t i = 0; i < p->n; i++)
        plain[at++] = (uint8_t)(p->has_record[i] | p->has_blob[i] << 1 | p->quarantined[i] << 2);
    at += gather(plain + at, p->record_key, p->has_record, p->n);
    if (p->how != 0)
        at += seal_inner(plain + at, k, p, hash);
    box = buf_add(out, at + BOX_EXTRA);
    if (box != NULL)
        box_seal(box, secret_bytes(k->k_case), outer_aad(aad, k, hash), PART(plain, at));
    sodium_memzero(plain, sizeof plain);
    return box == NULL ? err_nomem() : VAULT_OK;
}

static vault_err
bad_pack(void)
{
    return err_say(VAULT_ERR_DAMAGED, NULL, "wrapped keys do not open");
}

/* NULL: intake has none, and what was made before there were any. Whoever has K_case says which revisions have a key: he must not move
 * one, with what is said beside it, to another revision. */
static vault_err
spread_marks(struct pack *p, const uint8_t *mark)
{
    bool good = true;

    memset(p->names_hidden, 0, sizeof p->names_hidden);
    for (size_t i = 0; mark != NULL && i < p->n; i++) {
        good = good && mark[i] <= KEY_AND_NAMES && p->has_blob[i] == (mark[i] != NO_KEY);
        p->names_hidden[i] = mark[i] == KEY_AND_NAMES;
    }
    if (!good)
        memset(p->names_hidden, 0, sizeof p->names_hidden);
    return good ? VAULT_OK : bad_pack();
}

/* The blob keys, and what is said of them, out of the inner wrap, under the name key or the intake key. */
static vault_err
open_inner(struct pack *p, const struct seal_keys *k, const struct secret *key, const uint8_t hash[static 32])
{
    size_t n = count_true(p->has_blob, p->n) * 32, skip = p->how == WRAP_INTAKE ? 32 : 0;
    struct part box = PART(p->inner + skip, p->n_inner - skip);
    uint8_t keys[PACK_MAX * 32 + PACK_MAX], aad[AAD_MAX];
    vault_err err;

    err = box_open(keys, secret_bytes(key), inner_aad(aad, k, hash), box) != 0 ? bad_pack() :
        spread_marks(p, box.n == n + BOX_EXTRA ? NULL : keys + n);
    if (err == VAULT_OK)
        spread(p->blob_key, p->has_blob, p->n, keys);
    sodium_memzero(keys, sizeof keys);
    p->readable = err == VAULT_OK;
    return err;
}

vault_err
pack_adopt(struct pack *p, const struct seal_keys *k, const struct secret *intake_key)
{
    uint8_t hash[32];
    vault_err err;

    pack_hash(hash, p);
    err = open_inner(p, k, intake_key, hash);
    if (err == VAULT_OK)
        p->how = WRAP_NAME;
    return err;
}

/*
 * The inner wrap of a pack: its length must fit; it is opened where the name key is there. Where it does not open, the
 * record keys beside it are good: whoever can spoil a wrap must not shut a keeper out of what everybody else reads.
 */
static vault_err
read_inner(struct pack *p, const struct seal_keys *k, struct rd *r, const uint8_t hash[static 32])
{
    size_t count = count_true(p->has_blob, p->n), n = count * 32 + BOX_EXTRA;

    if (count == 0 || (p->how == WRAP_INTAKE ? r->n != 32 + n : r->n != n && r->n != n + p->n))
        return bad_pack();
    p->n_inner = r->n;
    rd_copy(r, p->inner, p->n_inner);
    if (!rd_end(r))
        return bad_pack();
    if (p->how == WRAP_INTAKE)
        memcpy(p->enc_hash, p->inner, sizeof p->enc_hash);
    /* Where it does not open, values are refused when they are read, as those of intake: whoever has the case key can damage
     * it, and must not by that keep a keeper from the open fields, or from new keys for everything. */
    if (p->how == WRAP_NAME && k->k_name != NULL && open_inner(p, k, k->k_name, hash) == VAULT_ERR_DAMAGED)
        vault_clear_error();
    return VAULT_OK;
}

static vault_err
read_pack(struct pack *p, const struct seal_keys *k, struct rd *r, const uint8_t hash[static 32])
{
    const uint8_t *keys;

    p->n_inner = 0;
    p->how = rd_u8(r);
    for (size_t i = 0; i < p->n; i++) {
        uint8_t flags = rd_u8(r);
        p->has_record[i] = (flags & 1) != 0;
        p->has_blob[i] = (flags & 2) != 0;
        p->quarantined[i] = (flags & 4) != 0;
        if (flags > 7 || (p->quarantined[i] && !p->has_blob[i]))
            r->bad = true;
    }
    keys = rd_take(r, count_true(p->has_record, p->n) * 32);
    if (r->bad || p->how > WRAP_INTAKE)
        return bad_pack();
    spread(p->record_key, p->has_record, p->n, keys);
    if (p->how != 0)
        return read_inner(p, k, r, hash);
    return rd_end(r) && count_true(p->has_blob, p->n) == 0 ? VAULT_OK : bad_pack();
}

vault_err
pack_open(struct pack *p, const struct seal_keys *k, struct part box)
{
    uint8_t plain[PACK_PLAIN_MAX], hash[32], aad[AAD_MAX];
    struct rd r;
    vault_err err;

    p->readable = false;
    memset(p->names_hidden, 0, sizeof p->names_hidden);
    pack_hash(hash, p);
    if (box.n > BOX_EXTRA && box.n <= sizeof plain + BOX_EXTRA &&
        box_open(plain, secret_bytes(k->k_case), outer_aad(aad, k, hash), box) == 0) {
        r = rd_of(plain, box.n - BOX_EXTRA);
        err = read_pack(p, k, &r, hash);
    } else {
        err = bad_pack();
    }
    sodium_memzero(plain, sizeof plain);
    return err;
}

void
pack_drop_blob(struct pack *p, uint32_t i)
{
    if (!p->has_blob[i])
        return;
    if (!p->readable) {
        p->quarantined[i] = true;
        return;
    }
    sodium_memzero(p->blob_key[i], sizeof p->blob_key[i]);
    p->has_blob[i] = p->quarantined[i] = p->names_hidden[i] = false;
    if (count_true(p->has_blob, p->n) == 0) {
        p->how = 0;
        p->n_inner = 0;
    }
}

/* ---- row 0 ---- */

vault_err
root_seal(struct buf *out, const struct seal_keys *k, const struct secret *log_key,
    const struct secret *tag_key)
{
    uint8_t both[64], aad[AAD_MAX];
    static const uint8_t ZERO[32];
    uint8_t *box = buf_add(out, sizeof both + BOX_EXTRA);

    if (box == NULL)
        return err_nomem();
    memcpy(both, secret_bytes(log_key), 32);
    memcpy(both + 32, secret_bytes(tag_key), 32);
    box_seal(box, secret_bytes(k->k_case), outer_aad(aad, k, ZERO), PART(both, sizeof both));
    sodium_memzero(both, sizeof both);
    return VAULT_OK;
}

vault_err
root_open(struct secret **log_key, struct secret **tag_key, const struct seal_keys *k,
    struct part box)
{
    uint8_t both[64], aad[AAD_MAX];
    static const uint8_t ZERO[32];
    struct secret *log = NULL, *tag = NULL;
    vault_err err = VAULT_OK;

    if (box.n != sizeof both + BOX_EXTRA ||
        box_open(both, secret_bytes(k->k_case), outer_aad(aad, k, ZERO), box) != 0)
        err = err_say(VAULT_ERR_DAMAGED, NULL, "the key of the log does not open");
    if (err == VAULT_OK)
        err = secret_copy(&log, both, 32);
    if (err == VAULT_OK)
        err = secret_copy(&tag, both + 32, 32);
    if (err == VAULT_OK) {
        *log_key = secret_take(&log);
        *tag_key = secret_take(&tag);
    }
    sodium_memzero(both, sizeof both);
    secret_free(log);
    secret_free(tag);
    return err;
}
