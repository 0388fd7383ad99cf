#include "vault/base/piece.h"

#include <sodium.h>
#include <string.h>

/* The number in eleven bytes, the highest first, and whether it is the last. */
static void
nonce_of(uint8_t nonce[static 12], uint64_t i, bool last)
{
    memset(nonce, 0, 12);
    for (unsigned k = 0; k < 8; k++)
        nonce[10 - k] = (uint8_t)(i >> (8 * k));
    nonce[11] = last ? 1 : 0;
}

void
piece_seal(uint8_t *out, const uint8_t key[static 32], uint64_t i, bool last, struct part in)
{
    uint8_t nonce[12];

    nonce_of(nonce, i, last);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, in.p, in.n, NULL, 0, NULL, nonce,
        key);
}

int
piece_open(uint8_t *out, const uint8_t key[static 32], uint64_t i, bool last, struct part sealed)
{
    uint8_t nonce[12];

    if (sealed.n < PIECE_EXTRA)
        return -1;
    nonce_of(nonce, i, last);
    return crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.p, sealed.n, NULL, 0,
        nonce, key);
}
