#include <sodium.h>
#include <string.h>
#include "vault/base/sign.h"

/* Ours are shorter still. With the zero and the hash a message stays under the 64 bytes of a minisign hash, so that
 * neither signature can pass for the other. */
#define LABEL_MAX 30u

/* label | 00 | hash. Nothing in it is secret. Not in a buf: a signature that could not be checked
 * for want of memory would look like a wrong one. */
struct message {
    uint8_t bytes[LABEL_MAX + 1 + 32];
    size_t n;
};

static int
message_of(struct message *m, const char *label, const uint8_t hash[static 32])
{
    size_t n = strlen(label) + 1;

    if (n > LABEL_MAX + 1)
        return -1;
    memcpy(m->bytes, label, n);
    memcpy(m->bytes + n, hash, 32);
    m->n = n + 32;
    return 0;
}

/* Seed and public key side by side, which is what Ed25519 calls the secret key. */
static vault_err
expand(struct secret **out, uint8_t pk[static 32], const struct secret *seed)
{
    struct secret *sk = NULL;
    vault_err err;

    if (secret_len(seed) != crypto_sign_SEEDBYTES)
        return err_say(VAULT_ERR_FAILED, NULL, "a signing seed has 32 bytes");
    err = secret_new(&sk, crypto_sign_SECRETKEYBYTES);
    if (err != VAULT_OK)
        return err;
    if (crypto_sign_seed_keypair(pk, secret_edit(sk), secret_bytes(seed)) != 0) {
        secret_free(sk);
        return err_say(VAULT_ERR_FAILED, NULL, "the signing key could not be made");
    }
    *out = sk;
    return VAULT_OK;
}

vault_err
sign_public(uint8_t pk[static 32], const struct secret *seed)
{
    struct secret *sk = NULL;
    uint8_t made[crypto_sign_PUBLICKEYBYTES];
    vault_err err = expand(&sk, made, seed);

    if (err == VAULT_OK)
        memcpy(pk, made, sizeof made);
    secret_free(sk);
    return err;
}

vault_err
sign_bytes(uint8_t sig[static 64], const struct secret *seed, struct part message)
{
    struct secret *sk = NULL;
    uint8_t pk[crypto_sign_PUBLICKEYBYTES], made[crypto_sign_BYTES];
    vault_err err = expand(&sk, pk, seed);

    if (err == VAULT_OK &&
        crypto_sign_detached(made, NULL, message.p, message.n, secret_bytes(sk)) != 0)
        err = err_say(VAULT_ERR_FAILED, NULL, "signing failed");
    if (err == VAULT_OK)
        memcpy(sig, made, sizeof made);
    secret_free(sk);
    return err;
}

vault_err
sign_hash(uint8_t sig[static 64], const struct secret *seed, const char *label,
    const uint8_t hash[static 32])
{
    struct message m;

    if (message_of(&m, label, hash) != 0)
        return err_say(VAULT_ERR_FAILED, NULL, "a signature label is too long");
    return sign_bytes(sig, seed, PART(m.bytes, m.n));
}

int
sign_verify(const uint8_t sig[static 64], const uint8_t pk[static 32], const char *label,
    const uint8_t hash[static 32])
{
    struct message m;

    if (message_of(&m, label, hash) != 0)
        return 0;
    return crypto_sign_verify_detached(sig, m.bytes, m.n, pk) == 0;
}
