/* age_wrap.c - the file key wrapped for one recipient, or under a passphrase: the stanzas of a header. */
#include <sodium.h>
#include <string.h>
#include "vault/handoff/age_header.h"

#define BASE64 sodium_base64_VARIANT_ORIGINAL_NO_PADDING
#define BODY_BYTES (AGE_FILE_KEY_BYTES + HPKE_EXTRA)
#define POINT_BYTES crypto_scalarmult_BYTES
#define SALT_BYTES 16u
#define CHARS(n) (((n) * 8u + 5u) / 6u)         /* of n bytes in base64 */
#define BLOCK 8u                                /* scrypt's r */
#define HYBRID "mlkem768x25519"
#define HYBRID_INFO "age-encryption.org/mlkem768x25519"
#define X25519_INFO "age-encryption.org/v1/X25519"
#define SCRYPT_SALT "age-encryption.org/v1/scrypt"

static const uint8_t no_nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

static void
put_base64(struct buf *out, const uint8_t *p, size_t n)
{
    char *at = (char *)buf_room(out, CHARS(n) + 1);

    if (at == NULL)
        return;
    sodium_bin2base64(at, CHARS(n) + 1, p, n, BASE64);
    out->n += CHARS(n);
}

/* The body is one line that is shorter than 64 columns. */
static void
put_body(struct buf *out, const uint8_t body[static BODY_BYTES])
{
    buf_u8(out, '\n');
    put_base64(out, body, BODY_BYTES);
    buf_u8(out, '\n');
}

static void
seal_body(uint8_t body[static BODY_BYTES], const struct secret *file_key, const uint8_t key[static 32])
{
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(body, NULL, secret_bytes(file_key), AGE_FILE_KEY_BYTES,
        NULL, 0, NULL, no_nonce, key);
}

static bool
open_body(struct secret *file_key, const struct age_stanza *s, const uint8_t key[static 32])
{
    return crypto_aead_chacha20poly1305_ietf_decrypt(secret_edit(file_key), NULL, NULL, s->body, BODY_BYTES,
        NULL, 0, no_nonce, key) == 0;
}

/* ---- X25519 ---- */

/* -1: a point of low order, of which everybody knows the shared secret. */
static int
x25519_key(uint8_t key[static 32], const uint8_t scalar[static 32], const uint8_t point[static POINT_BYTES],
    const uint8_t share[static POINT_BYTES], const uint8_t recipient[static POINT_BYTES])
{
    struct {
        uint8_t shared[POINT_BYTES], prk[crypto_kdf_hkdf_sha256_KEYBYTES];
    } tmp;
    uint8_t salt[2 * POINT_BYTES];
    int rc = crypto_scalarmult(tmp.shared, scalar, point);

    memcpy(salt, share, POINT_BYTES);
    memcpy(salt + POINT_BYTES, recipient, POINT_BYTES);
    if (rc == 0) {
        (void)crypto_kdf_hkdf_sha256_extract(tmp.prk, salt, sizeof salt, tmp.shared, sizeof tmp.shared);
        (void)crypto_kdf_hkdf_sha256_expand(key, 32, X25519_INFO, strlen(X25519_INFO), tmp.prk);
    }
    sodium_memzero(&tmp, sizeof tmp);
    return rc;
}

static vault_err
wrap_x25519(struct buf *out, const struct age_recipient *to, const struct secret *file_key)
{
    struct {
        uint8_t scalar[32], key[32];
    } tmp;
    uint8_t share[POINT_BYTES], body[BODY_BYTES];
    vault_err err = VAULT_OK;

    randombytes_buf(tmp.scalar, sizeof tmp.scalar);
    if (crypto_scalarmult_base(share, tmp.scalar) != 0 ||
            x25519_key(tmp.key, tmp.scalar, to->pk, share, to->pk) != 0) {
        err = err_say(VAULT_ERR_INPUT, "ask for another one", "that recipient is no usable key");
        goto done;
    }
    seal_body(body, file_key, tmp.key);
    buf_str(out, "-> X25519 ");
    put_base64(out, share, sizeof share);
    put_body(out, body);
    err = buf_ok(out);
done:
    sodium_memzero(&tmp, sizeof tmp);
    return err;
}

/* ---- hybrid ---- */

static vault_err
wrap_hybrid(struct buf *out, const struct age_recipient *to, const struct secret *file_key)
{
    uint8_t enc[HPKE_ENC_BYTES], body[BODY_BYTES];

    if (hpke_seal(body, enc, to->pk, HYBRID_INFO, PART(secret_bytes(file_key), AGE_FILE_KEY_BYTES)) != 0)
        return err_say(VAULT_ERR_INPUT, "ask for another one", "that recipient is no usable key");
    buf_str(out, "-> " HYBRID " ");
    put_base64(out, enc, sizeof enc);
    put_body(out, body);
    return buf_ok(out);
}

vault_err
age_wrap(struct buf *out, const struct age_recipient *to, const struct secret *file_key)
{
    return to->kind == AGE_HYBRID ? wrap_hybrid(out, to, file_key) : wrap_x25519(out, to, file_key);
}

/* ---- opening ---- */

static bool
is_kind(const struct age_stanza *s, const char *kind)
{
    return s->arg[0].n == strlen(kind) && memcmp(s->arg[0].p, kind, s->arg[0].n) == 0;
}

/* Exactly n bytes, canonical. */
static bool
read_arg(uint8_t *out, size_t n, struct age_text arg)
{
    size_t got;

    return arg.n == CHARS(n) && sodium_base642bin(out, n, arg.p, arg.n, NULL, &got, NULL, BASE64) == 0 && got == n;
}

static vault_err
bad_stanza(void)
{
    return err_say(VAULT_ERR_DAMAGED, "ask for it to be sent again",
        "the header of the age file is damaged: a recipient is not what it must be");
}

static vault_err
unwrap_x25519(struct secret *file_key, bool *matched, const struct age_stanza *s, const struct age_identity *id)
{
    uint8_t share[POINT_BYTES], key[32];
    struct age_recipient own;

    /* Another length of the body would let somebody ask for several keys at once. */
    if (s->n_args != 2 || !read_arg(share, sizeof share, s->arg[1]) || s->body_n != BODY_BYTES)
        return bad_stanza();
    age_identity_public(&own, id);
    if (x25519_key(key, secret_bytes(id->seed), share, share, own.pk) != 0)
        return bad_stanza();
    *matched = open_body(file_key, s, key);
    sodium_memzero(key, sizeof key);
    return VAULT_OK;
}

static vault_err
unwrap_hybrid(struct secret *file_key, bool *matched, const struct age_stanza *s, const struct age_identity *id)
{
    uint8_t enc[HPKE_ENC_BYTES];
    enum hpke_opened opened;

    if (s->n_args != 2 || !read_arg(enc, sizeof enc, s->arg[1]) || s->body_n != BODY_BYTES)
        return bad_stanza();
    opened = hpke_open(secret_edit(file_key), enc, secret_bytes(id->seed), HYBRID_INFO, PART(s->body, BODY_BYTES));
    *matched = opened == HPKE_OPENED;
    return opened == HPKE_BAD_ENC ? bad_stanza() : VAULT_OK;
}

vault_err
age_unwrap(struct secret *file_key, bool *matched, const struct age_stanza *s, const struct age_identity *id)
{
    *matched = false;
    if (!is_kind(s, id->kind == AGE_HYBRID ? HYBRID : "X25519"))
        return VAULT_OK;
    return id->kind == AGE_HYBRID ? unwrap_hybrid(file_key, matched, s, id) :
        unwrap_x25519(file_key, matched, s, id);
}

/* ---- passphrases ---- */

static vault_err
scrypt_key(uint8_t key[static 32], const struct secret *passphrase, const uint8_t salt[static SALT_BYTES],
    unsigned work)
{
    uint8_t labeled[sizeof SCRYPT_SALT - 1 + SALT_BYTES];

    memcpy(labeled, SCRYPT_SALT, sizeof SCRYPT_SALT - 1);
    memcpy(labeled + sizeof SCRYPT_SALT - 1, salt, SALT_BYTES);
    if (crypto_pwhash_scryptsalsa208sha256_ll(secret_bytes(passphrase), secret_len(passphrase), labeled,
            sizeof labeled, (uint64_t)1 << work, BLOCK, 1, key, 32) != 0)
        return err_say(VAULT_ERR_NO_SPACE, "close other programs, or open it on a machine with more memory",
            "deriving the key from the passphrase needs %u MiB of memory", (1u << work) / 1024u);
    return VAULT_OK;
}

vault_err
age_wrap_passphrase(struct buf *out, const struct secret *passphrase, unsigned work, const struct secret *file_key)
{
    uint8_t salt[SALT_BYTES], key[32], body[BODY_BYTES];
    vault_err err;

    randombytes_buf(salt, sizeof salt);
    err = scrypt_key(key, passphrase, salt, work);
    if (err != VAULT_OK)
        return err;
    seal_body(body, file_key, key);
    sodium_memzero(key, sizeof key);
    buf_str(out, "-> scrypt ");
    put_base64(out, salt, sizeof salt);
    buf_fmt(out, " %u", work);
    put_body(out, body);
    return buf_ok(out);
}

/* Digits without a leading zero, up to AGE_WORK_MAX. */
static vault_err
read_work(unsigned *out, struct age_text arg)
{
    unsigned v = 0;

    for (size_t i = 0; i < arg.n; i++)
        if (arg.p[i] < '0' || arg.p[i] > '9')
            return bad_stanza();
    if (arg.p[0] == '0')
        return bad_stanza();
    for (size_t i = 0; i < arg.n && v <= AGE_WORK_MAX; i++)
        v = 10 * v + (unsigned)(arg.p[i] - '0');
    if (v > AGE_WORK_MAX)
        return err_say(VAULT_ERR_DAMAGED, "ask who made it for one with less, or for one to a recipient",
            "that age file asks for more work and memory than anybody needs to make its passphrase safe");
    *out = v;
    return VAULT_OK;
}

static vault_err
read_passphrase(uint8_t salt[static SALT_BYTES], unsigned *work, const struct age_stanza *s)
{
    if (!is_kind(s, "scrypt") || s->n_args != 3 || !read_arg(salt, SALT_BYTES, s->arg[1]) || s->body_n != BODY_BYTES)
        return bad_stanza();
    return read_work(work, s->arg[2]);
}

vault_err
age_judge_passphrase(const struct age_stanza *s)
{
    uint8_t salt[SALT_BYTES];
    unsigned work;

    return read_passphrase(salt, &work, s);
}

vault_err
age_unwrap_passphrase(struct secret *file_key, bool *matched, const struct age_stanza *s,
    const struct secret *passphrase)
{
    uint8_t salt[SALT_BYTES], key[32];
    unsigned work = 0;
    vault_err err = read_passphrase(salt, &work, s);

    *matched = false;
    if (err == VAULT_OK)
        err = scrypt_key(key, passphrase, salt, work);
    if (err != VAULT_OK)
        return err;
    *matched = open_body(file_key, s, key);
    sodium_memzero(key, sizeof key);
    return VAULT_OK;
}
