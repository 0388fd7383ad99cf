/*
 * manifest.h - what a vault signs when it hands something over: the manifest of a bundle, of a whole copy, and the receipt for one.
 *
 * Layer:   handoff (includes keys/, base/).
 * Secrets: borrows signing seeds.
 * Format:  docs/format.md, section 26, "Manifests", and section 28.
 */
#ifndef VAULT_HANDOFF_MANIFEST_H
#define VAULT_HANDOFF_MANIFEST_H

#include "vault/base/bytes.h"
#include "vault/base/secret.h"
#include "vault/handoff/age_keys.h"

#define MANIFEST_TO_MAX 64u             /* recipients */
#define MANIFEST_MAX ((size_t)64 << 20) /* bytes, with the evidence for its author */

enum manifest_kind { MANIFEST_BUNDLE, MANIFEST_RECEIPT, MANIFEST_COPY };

/* Parts are borrowed: of what was given, or of the bytes that were read. */
struct manifest {
    enum manifest_kind kind;
    uint8_t tag[16];                    /* random; the log of who sent the bundle names it; a receipt repeats it */
    int64_t time, expires;              /* seconds since 1970; expires 0: never */
    struct part card;                   /* of the sender, its bytes */
    struct part evidence;               /* that `author` is registered there */
    uint8_t author[32];
    bool keeper;                        /* a keeper signed as well */
    bool names;                         /* withheld values are in it */
    uint8_t to[MANIFEST_TO_MAX][32];    /* hashes of the recipients (manifest_recipient), ascending */
    size_t n_to;
    uint64_t log_number;                /* the head of the sender's log then */
    uint8_t log_head[32];
    uint8_t content[32];                /* bundle, copy: hash of all that stands before the manifest; receipt: id of the bundle */
    uint64_t length;                    /* bundle: bytes of that */
    uint64_t records, revisions, files; /* bundle: in it; receipt: taken in; copy: of the vault, and `files` its rows */
};

/* H("withheld:recipient-key:1", its public key). */
void manifest_recipient(uint8_t out[static 32], const struct age_recipient *r);
/* A hash into `to`, in its place; twice is once. VAULT_ERR_INPUT: too many. */
VAULT_CHECK vault_err manifest_add_to(struct manifest *m, const uint8_t hash[static 32]);
bool manifest_is_to(const struct manifest *m, const uint8_t hash[static 32]);

/* Append it. */
VAULT_CHECK vault_err manifest_write(struct buf *out, const struct manifest *m);
/* A stranger's bytes. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err manifest_read(struct manifest *out, struct part bytes);
/* H("withheld:manifest:1", its bytes): the id of a bundle. */
void manifest_id(uint8_t out[static 32], struct part bytes);

/* Append the signatures: the author's, and the keeper's where a seed is given. */
VAULT_CHECK vault_err manifest_sign(struct buf *out, const uint8_t id[static 32], const struct secret *author_seed,
    const struct secret *keeper_seed);
/* Those of m, by its author and (where it says so) the key of the keeper. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err manifest_verify(const struct manifest *m, const uint8_t id[static 32], struct part sigs,
    const uint8_t keeper_pk[static 32]);

#endif
