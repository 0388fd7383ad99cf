/*
 * bundle_in.h - a bundle that came: read, verified, judged against this vault, taken in.
 *
 * Layer:   session, private.
 * Secrets: its revisions, decrypted, in wiped buffers until bundle_in_free; contents of files by the piece.
 * Format:  docs/format.md, section 26.
 */
#ifndef VAULT_BUNDLE_IN_H
#define VAULT_BUNDLE_IN_H

#include "vault/handoff/frames.h"
#include "vault/handoff/manifest.h"
#include "vault/handoff/proof.h"
#include "vault/contacts.h"

#define BUNDLE_HELD_MAX ((uint64_t)1 << 30)     /* bytes of a bundle that are held in memory: all but contents of files */
#define BUNDLE_TYPES_MAX 1024u
#define BUNDLE_EVIDENCE_MAX 4096u
#define BUNDLE_HISTORY_MAX 10000u               /* revisions of one record */
#define BUNDLE_FILES_MAX 1000000u

/* A revision that came. */
struct told_revision {
    struct buf bytes;           /* disclosed */
    uint8_t record[RECORD_ID_BYTES], id[REVISION_ID_BYTES], type[32];
    uint32_t here;              /* its number in this vault; 0: it has not got it */
    bool purged_here;           /* its record was */
    bool arrives;               /* it is here, without values that came now */
    size_t touched;             /* its record, among those that the bundle touches */
};
struct told_tombstone {
    uint8_t record[RECORD_ID_BYTES];
    char what[16], field[NAME_MAX_BYTES];
};
struct told_file {
    uint64_t size;
    uint8_t sha256[32];
};

struct bundle_in {
    struct vault *v;
    const char *path;
    struct age_identities mine;
    struct told_revision *rev;
    size_t n_revs, cap_revs;
    struct type_def **type;
    size_t n_types, cap_types;
    struct buf *evidence;       /* by number */
    size_t n_evidence, cap_evidence;
    struct proof *proof;        /* of each evidence */
    struct told_tombstone *tomb;
    size_t n_tombs, cap_tombs;
    struct told_file *file;     /* by number - 1 */
    size_t n_files, cap_files;
    uint64_t rows;              /* of a copy: its head and rows, only counted */
    uint64_t held;
    struct buf manifest, sigs;  /* their bytes */
    struct manifest m;
    uint8_t id[32];             /* of the bundle */
    uint8_t content[32];
    uint64_t length;
    struct card card;           /* of the sender */
    uint8_t card_hash[32];
    const struct contact *from; /* NULL: no contact has that card */
    uint64_t by_strangers;      /* revisions of vaults that are no contacts, on the sender's word */
    const uint8_t *file_hash;   /* standing exchange: hash of the file, 32 bytes; its receipt is named by its content, and opens for us as well */
    bool waits;                 /* it was refused as it builds on what is not here */
};

/* ---- bundle_read.c ---- */

/* Everything of the file at b->path into b, each frame within its limits, contents only hashed. v and path are set. VAULT_ERR_KEY: not for this
 * vault (or this tier). VAULT_ERR_DAMAGED, VAULT_ERR_INPUT, VAULT_ERR_NO_SPACE. */
VAULT_CHECK vault_err bundle_read(struct bundle_in *b);
void bundle_in_free(struct bundle_in *b);
/* The contents once more: fn is given each piece in order, with the number of its file (and nothing, n 0, at the end of each). */
typedef vault_err bundle_piece_fn(void *ctx, size_t number, const uint8_t *p, size_t n);
VAULT_CHECK vault_err bundle_contents(struct bundle_in *b, bundle_piece_fn *fn, void *ctx);

/* ---- bundle_verify.c ---- */

/* Who sent it, for whom, until when, and that it is whole: of any kind of manifest. Sets card, card_hash, from. VAULT_ERR_DAMAGED,
 * VAULT_ERR_REFUSED: for somebody else, expired, a vault that is no contact (accepted word `sender`), another card than that of the contact. */
VAULT_CHECK vault_err bundle_verify_sender(struct bundle_in *b);
/* That each revision was written by whom it says. */
VAULT_CHECK vault_err bundle_verify_authors(struct bundle_in *b);
/* What our log keeps of a receipt (signatures, then its manifest): of that bundle, by a registered author of the vault of the card with that
 * hash? VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err bundle_verify_receipt(const struct vault *v, struct part proof, const uint8_t bundle[static 32], const uint8_t card[static 32]);

/* ---- bundle_receive.c: one that was read ---- */

/* As vault_handoff_receive and vault_handoff_receipt. */
VAULT_CHECK vault_err bundle_receive(struct bundle_in *b, const struct vault_receive *how, struct vault_received *out);
VAULT_CHECK vault_err bundle_receipt(struct bundle_in *b, struct vault_receipt *out);

#endif
