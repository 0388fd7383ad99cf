/* hpke.c - see hpke.h. */
#include "vault/handoff/hpke.h"

#include <sodium.h>
#include <string.h>

_Static_assert(HPKE_PK_BYTES == crypto_kem_PUBLICKEYBYTES && HPKE_ENC_BYTES == crypto_kem_CIPHERTEXTBYTES &&
    HPKE_SEED_BYTES == crypto_kem_SEEDBYTES, "libsodium's crypto_kem is X-Wing");

#define KEY_BYTES crypto_aead_chacha20poly1305_ietf_KEYBYTES
#define NONCE_BYTES crypto_aead_chacha20poly1305_ietf_NPUBBYTES
#define HASH_BYTES crypto_kdf_hkdf_sha256_KEYBYTES
#define CONTEXT_BYTES (1 + 2 * HASH_BYTES)

static const char version[7] = {'H', 'P', 'K', 'E', '-', 'v', '1'};
static const uint8_t suite[10] = {'H', 'P', 'K', 'E', 0x64, 0x7a, 0, 1, 0, 3};

/* LabeledExtract (section 4). An empty salt and a missing one are the same to HMAC. */
static void
labeled_extract(uint8_t out[static HASH_BYTES], struct part salt, const char *label, struct part ikm)
{
    crypto_kdf_hkdf_sha256_state s;

    crypto_kdf_hkdf_sha256_extract_init(&s, salt.p, salt.n);
    crypto_kdf_hkdf_sha256_extract_update(&s, (const uint8_t *)version, sizeof version);
    crypto_kdf_hkdf_sha256_extract_update(&s, suite, sizeof suite);
    crypto_kdf_hkdf_sha256_extract_update(&s, (const uint8_t *)label, strlen(label));
    crypto_kdf_hkdf_sha256_extract_update(&s, ikm.p, ikm.n);
    crypto_kdf_hkdf_sha256_extract_final(&s, out);
    sodium_memzero(&s, sizeof s);
}

/* LabeledExpand (section 4), of a context of the key schedule. */
static void
labeled_expand(uint8_t *out, size_t n, const uint8_t prk[static HASH_BYTES], const char *label,
    const uint8_t context[static CONTEXT_BYTES])
{
    uint8_t info[2 + sizeof version + sizeof suite + 16 + CONTEXT_BYTES];
    size_t at = 2, length = strlen(label);

    info[0] = 0;
    info[1] = (uint8_t)n;
    memcpy(info + at, version, sizeof version);
    at += sizeof version;
    memcpy(info + at, suite, sizeof suite);
    at += sizeof suite;
    memcpy(info + at, label, length);
    at += length;
    memcpy(info + at, context, CONTEXT_BYTES);
    (void)crypto_kdf_hkdf_sha256_expand(out, n, (const char *)info, at + CONTEXT_BYTES, prk);
}

struct schedule {
    uint8_t key[KEY_BYTES], nonce[NONCE_BYTES];
};

/* KeySchedule (section 5.1) in mode base; the nonce is that of the first message. */
static void
key_schedule(struct schedule *out, const uint8_t shared[static 32], const char *info)
{
    const struct part nothing = PART("", 0);
    uint8_t context[CONTEXT_BYTES], secret[HASH_BYTES];

    context[0] = 0;
    labeled_extract(context + 1, nothing, "psk_id_hash", nothing);
    labeled_extract(context + 1 + HASH_BYTES, nothing, "info_hash", PART(info, strlen(info)));
    labeled_extract(secret, PART(shared, 32), "secret", nothing);
    labeled_expand(out->key, sizeof out->key, secret, "key", context);
    labeled_expand(out->nonce, sizeof out->nonce, secret, "base_nonce", context);
    sodium_memzero(secret, sizeof secret);
}

void
hpke_public(uint8_t pk[static HPKE_PK_BYTES], const uint8_t seed[static HPKE_SEED_BYTES])
{
    uint8_t sk[crypto_kem_SECRETKEYBYTES];

    (void)crypto_kem_seed_keypair(pk, sk, seed);        /* cannot fail */
    sodium_memzero(sk, sizeof sk);
}

int
hpke_seal(uint8_t *out, uint8_t enc[static HPKE_ENC_BYTES], const uint8_t pk[static HPKE_PK_BYTES],
    const char *info, struct part in)
{
    struct {
        uint8_t shared[crypto_kem_SHAREDSECRETBYTES];
        struct schedule s;
    } tmp;
    int rc = crypto_kem_enc(enc, tmp.shared, pk);

    if (rc == 0) {
        key_schedule(&tmp.s, tmp.shared, info);
        (void)crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, in.p, in.n, NULL, 0, NULL, tmp.s.nonce,
            tmp.s.key);
    }
    sodium_memzero(&tmp, sizeof tmp);
    return rc == 0 ? 0 : -1;
}

enum hpke_opened
hpke_open(uint8_t *out, const uint8_t enc[static HPKE_ENC_BYTES], const uint8_t seed[static HPKE_SEED_BYTES],
    const char *info, struct part sealed)
{
    struct {
        uint8_t sk[crypto_kem_SECRETKEYBYTES], shared[crypto_kem_SHAREDSECRETBYTES];
        struct schedule s;
    } tmp;
    uint8_t pk[HPKE_PK_BYTES];
    enum hpke_opened result = HPKE_BAD_ENC;

    (void)crypto_kem_seed_keypair(pk, tmp.sk, seed);
    if (crypto_kem_dec(tmp.shared, enc, tmp.sk) != 0)
        goto done;
    key_schedule(&tmp.s, tmp.shared, info);
    result = crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.p, sealed.n, NULL, 0,
        tmp.s.nonce, tmp.s.key) == 0 ? HPKE_OPENED : HPKE_NOT_OURS;
done:
    sodium_memzero(&tmp, sizeof tmp);
    return result;
}
