/*
 * age_keys.h - to whom an age file is encrypted, and what opens it: recipients and identities.
 *
 * Layer:   handoff (includes base/ only).
 * Secrets: an identity is one, and so is its text; each has one owner. Recipients are public.
 * Format:  age-encryption.org/v1: "age1..." and "AGE-SECRET-KEY-1..." (X25519), "age1pq1..." and
 *          "AGE-SECRET-KEY-PQ-1..." (hybrid, post-quantum).
 */
#ifndef VAULT_HANDOFF_AGE_KEYS_H
#define VAULT_HANDOFF_AGE_KEYS_H

#include "vault/base/bytes.h"
#include "vault/base/secret.h"
#include "vault/handoff/bech32.h"
#include "vault/handoff/hpke.h"

enum age_kind {
    AGE_X25519,             /* opened by who has a quantum computer one day */
    AGE_HYBRID              /* mlkem768x25519 */
};

/* ---- recipients ---- */

struct age_recipient {
    enum age_kind kind;
    uint8_t pk[HPKE_PK_BYTES];      /* of X25519 the first 32 */
};
#define AGE_RECIPIENT_ROOM (BECH32_CHARS(6, HPKE_PK_BYTES) + 1)

/* Text with a zero byte behind it. */
void age_recipient_write(char out[static AGE_RECIPIENT_ROOM], const struct age_recipient *r);
/* VAULT_ERR_INPUT, and the sentence quotes nothing of it: it may be an identity in the wrong place, which is said. */
VAULT_CHECK vault_err age_recipient_read(struct age_recipient *out, const char *text, size_t n);
/* Of n texts (zero-terminated); the caller frees *out (NULL where n is 0). VAULT_ERR_INPUT says which. */
VAULT_CHECK vault_err age_recipients_read(struct age_recipient **out, const char *const *text, size_t n);
/* SHA-256 of its text in lower case: what those have who have no withheld (`printf %s age1... | sha256sum`). */
void age_recipient_sha256(uint8_t out[static 32], const struct age_recipient *r);

/* H("withheld:recipient:1", its text in lower case), for words that people compare. */
void age_recipient_hash(uint8_t out[static 32], const struct age_recipient *r);

/* ---- identities ---- */

struct age_identity {
    enum age_kind kind;
    struct secret *seed;            /* 32 bytes */
};

VAULT_CHECK vault_err age_identity_new(struct age_identity *out, enum age_kind kind);
void age_identity_free(struct age_identity *id);            /* wipes; NULL seed is fine */
void age_identity_public(struct age_recipient *out, const struct age_identity *id);
/* Text with a zero byte behind its length; the caller frees *out. */
VAULT_CHECK vault_err age_identity_write(struct secret **out, const struct age_identity *id);
/* VAULT_ERR_INPUT, and the sentence quotes nothing of it. */
VAULT_CHECK vault_err age_identity_read(struct age_identity *out, const char *text, size_t n);

struct age_identities {
    struct age_identity *list;
    size_t n, cap;
};
#define AGE_IDENTITIES_MAX 256u

/* An identity file: one a line, blank lines and those that begin with # left out. The new ones are added to `all`, which
 * the caller frees, also after an error. VAULT_ERR_INPUT names the line. */
VAULT_CHECK vault_err age_identities_read(struct age_identities *all, const struct secret *file);
/* One of 32 bytes that are here already, copied. */
VAULT_CHECK vault_err age_identities_add(struct age_identities *all, enum age_kind kind, const struct secret *seed);
void age_identities_free(struct age_identities *all);

#endif
