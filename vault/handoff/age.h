/*
 * age.h - age files: encryption and decryption as a stream.
 *
 * Layer:   handoff (includes base/ only).
 * Secrets: owns the payload key while a file is under way; plaintext lies in the caller's wiped buffers.
 * Format:  age-encryption.org/v1: header (age_header.h), 16 bytes of nonce, pieces of 64 KiB (base/piece.h).
 */
#ifndef VAULT_HANDOFF_AGE_H
#define VAULT_HANDOFF_AGE_H

#include "vault/handoff/age_header.h"
#include "vault/handoff/age_source.h"

#define AGE_PIECE ((size_t)64 << 10)        /* of plaintext */

/* ---- encrypting ---- */

struct age_to {
    const struct age_recipient *recipient;  /* all of one kind; or else */
    size_t n;
    const struct secret *passphrase;        /* n is 0; the bytes as they are */
    unsigned work;                          /* log2 of scrypt's N; 0: AGE_WORK */
    bool armor;
};

struct age_seal;

/* Appends what the file begins with. The caller frees. VAULT_ERR_INPUT: nobody, both, or recipients of two kinds (who
 * has a quantum computer one day would open it through the weaker). VAULT_ERR_NO_SPACE. */
VAULT_CHECK vault_err age_seal_new(struct age_seal **out, struct buf *file, const struct age_to *to);
void age_seal_free(struct age_seal *s);             /* wipes; NULL is fine */
/* Appends what can be written of n more bytes. */
VAULT_CHECK vault_err age_seal_add(struct age_seal *s, struct buf *file, const void *p, size_t n);
/* The same in two steps, of which the second may be done on another thread, in the same order as all else is written: what can be written of
 * n more bytes is appended as plaintext, its first piece being number *first; and sealed by age_seal_now. Not with armor. */
VAULT_CHECK vault_err age_seal_later(struct age_seal *s, struct buf *plain, uint64_t *first, const void *p, size_t n);
VAULT_CHECK vault_err age_seal_now(const struct age_seal *s, struct buf *file, uint64_t first, const struct buf *plain);
/* Appends the end. Nothing may be added behind it. */
VAULT_CHECK vault_err age_seal_end(struct age_seal *s, struct buf *file);

/* ---- decrypting ---- */

struct age_open;

/* Reads the header. `from` stays the caller's, and belongs to this until the end. The caller frees. VAULT_ERR_DAMAGED: not an age
 * file of version 1, or its header breaks the rules. */
VAULT_CHECK vault_err age_open_new(struct age_open **out, struct age_source *from);
/* It opens with a passphrase only; else with identities only. */
bool age_open_wants_passphrase(const struct age_open *o);
/* Finds the key, once. Either may be NULL. VAULT_ERR_KEY: nothing of it opens the file. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err age_open_unlock(struct age_open *o, const struct age_identities *identities,
    const struct secret *passphrase);
void age_open_free(struct age_open *o);             /* wipes; NULL is fine */
/*
 * Appends up to `pieces` more pieces, each proven to stand where it does. *end: that was the last, and nothing follows:
 * only now is the whole proven. VAULT_ERR_DAMAGED: what this call has appended is good all the same.
 */
VAULT_CHECK vault_err age_open_next(struct age_open *o, struct buf *out, size_t pieces, bool *end);

#endif
