/*
 * age_header.h - the text at the beginning of an age file: who may open it, and how the file key is wrapped for each.
 *
 * Layer:   handoff (includes base/ only).
 * Secrets: the file key, a struct secret of 16 bytes; nothing is kept.
 * Format:  age-encryption.org/v1, "Header". Read strictly: what another program would have written otherwise is refused.
 */
#ifndef VAULT_HANDOFF_AGE_HEADER_H
#define VAULT_HANDOFF_AGE_HEADER_H

#include "vault/handoff/age_keys.h"

#define AGE_FILE_KEY_BYTES 16u
#define AGE_HEADER_MAX ((size_t)1 << 20)    /* bytes of a header that is read */
#define AGE_LINE "age-encryption.org/v1\n"
#define AGE_WORK 18u                        /* log2 of scrypt's N where we choose: 256 MiB, about a second */
#define AGE_WORK_MAX 22u                    /* and where somebody else did: 4 GiB */

/* ---- reading ---- */

struct age_text {
    const char *p;
    size_t n;
};
struct age_stanza {
    struct age_text arg[4];         /* the first ones; the kind is arg[0] */
    size_t n_args;                  /* all */
    uint8_t body[48];               /* the first bytes */
    size_t body_n;                  /* all */
};
struct age_header {
    struct age_stanza *stanza;      /* texts borrowed from what was read */
    size_t n, cap;
    size_t covered;                 /* bytes that the MAC covers */
    uint8_t mac[32];
    bool passphrase;                /* scrypt, and then alone */
};

/* All of a header, with its last newline, and nothing behind it. The caller frees. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err age_header_read(struct age_header *out, const char *p, size_t n);
void age_header_free(struct age_header *h);

/* ---- wrapping the file key ---- */

/* Append a stanza. */
VAULT_CHECK vault_err age_wrap(struct buf *out, const struct age_recipient *to, const struct secret *file_key);
/* `work`: log2 of N, up to AGE_WORK_MAX. The bytes of the passphrase as they are. VAULT_ERR_NO_SPACE: memory of scrypt. */
VAULT_CHECK vault_err age_wrap_passphrase(struct buf *out, const struct secret *passphrase, unsigned work,
    const struct secret *file_key);
/* The key of a stanza, if it is for this identity. *matched false: it is not. VAULT_ERR_DAMAGED: a stanza of its kind that
 * breaks the rules. */
VAULT_CHECK vault_err age_unwrap(struct secret *file_key, bool *matched, const struct age_stanza *s,
    const struct age_identity *id);
/* Before a passphrase is asked for: does the stanza keep the rules? VAULT_ERR_DAMAGED, also for more work than AGE_WORK_MAX. */
VAULT_CHECK vault_err age_judge_passphrase(const struct age_stanza *s);
VAULT_CHECK vault_err age_unwrap_passphrase(struct secret *file_key, bool *matched,
    const struct age_stanza *s, const struct secret *passphrase);

/* HMAC-SHA-256 of what the header's MAC covers. */
void age_header_mac(uint8_t out[static 32], const struct secret *file_key, const void *p, size_t n);
/* The key of the pieces behind the header. The caller frees *out. */
#define AGE_NONCE_BYTES 16u
VAULT_CHECK vault_err age_payload_key(struct secret **out, const struct secret *file_key,
    const uint8_t nonce[static AGE_NONCE_BYTES]);
/* Append the last line of a header that holds everything before it. */
VAULT_CHECK vault_err age_header_end(struct buf *header, const struct secret *file_key);

#endif
