/*
 * frames.h - what is inside a bundle or receipt: frames, in an age file, which may lie in several parts.
 *
 * Layer:   handoff (includes base/ only).
 * Secrets: plaintext of frames passes through wiped buffers.
 * Format:  docs/format.md, sections 26 and 28.
 */
#ifndef VAULT_HANDOFF_FRAMES_H
#define VAULT_HANDOFF_FRAMES_H

#include <sodium.h>
#include "vault/base/parts.h"
#include "vault/handoff/age.h"

/* They stand in this order, but that those of a file (and its pieces) go together. */
enum frame_kind { FRAME_END, FRAME_TYPE, FRAME_EVIDENCE, FRAME_REVISION, FRAME_TOMBSTONE, FRAME_FILE, FRAME_PIECE, FRAME_MANIFEST,
    FRAME_SIGNATURES,       /* content is what stands before the manifest */
    FRAME_COPY_KEY, FRAME_COPY_ROW };   /* of a copy on its way home, which has these alone before its manifest */
#define FRAME_COLUMN_MAX ((size_t)17 << 20)     /* of a row */
#define FRAME_PIECE_MAX ((size_t)256 << 10)
#define FRAME_EVIDENCE_MAX ((size_t)512 << 10)
/* The most that one of this kind may hold. */
size_t frame_max(enum frame_kind kind);

/* ---- writing ---- */

struct frames_out {
    struct age_seal *seal;
    struct parts_new *to;
    struct buf out;             /* sealed, and not written yet */
    crypto_generichash_blake2b_state hash;  /* of everything so far */
    crypto_generichash_blake2b_state file;  /* of what was written */
    uint64_t length, written;
    int (*progress)(void *ctx, uint64_t done, uint64_t total);  /* NULL: none */
    void *progress_ctx;
};

/* Begin a new file at `path` (in parts of `each` bytes; 0: one). Errors as for parts_create and age_seal_new. frames_out_free in any case. */
VAULT_CHECK vault_err frames_create(struct frames_out *f, const char *path, uint64_t each, const struct age_to *to);
/* One frame of n bytes, given as two runs (the second may be empty). VAULT_ERR_INPUT: too large. VAULT_ERR_INTERRUPTED. */
VAULT_CHECK vault_err frames_put(struct frames_out *f, enum frame_kind kind, struct part a, struct part b);
/* Hash and length of all that was written so far. */
void frames_content(const struct frames_out *f, uint8_t hash[static 32], uint64_t *length);
/* Padding; the file takes its name. */
VAULT_CHECK vault_err frames_commit(struct frames_out *f);
/* The same, and its name is the hash of its bytes, in the folder of the one that it was begun with. */
#define CONTENT_NAME ".withheld"        /* behind 64 hexadecimal digits */
#define CONTENT_NAME_ROOM (64 + sizeof CONTENT_NAME)
VAULT_CHECK vault_err frames_commit_by_content(struct frames_out *f, char name[static CONTENT_NAME_ROOM]);
/* By which its maker knows it again, as soon as it is begun: BLAKE2b-256 of the first FRAMES_MARK_BYTES of the file, which nobody can foresee. A file
 * of frames is longer. */
#define FRAMES_MARK_BYTES 1024u
void frames_mark(const struct frames_out *f, uint8_t mark[static 32]);
void frames_out_free(struct frames_out *f);             /* nothing is left of what was not committed */

/* ---- reading ---- */

struct frames_in {
    struct parts *from;
    struct age_source *source;
    struct age_open *open;
    uint64_t at;                /* read of the file so far */
    struct buf plain;
    size_t taken;               /* of plain */
    bool end;                   /* of the age file */
    bool began;
    crypto_generichash_blake2b_state hash;  /* of all before the manifest, so far */
    uint64_t length, content;   /* read so far; of that, before the manifest */
};

/* VAULT_ERR_NOT_FOUND, VAULT_ERR_INPUT, VAULT_ERR_DAMAGED: not an age file. VAULT_ERR_KEY: it is not for these. frames_in_free in any case. */
VAULT_CHECK vault_err frames_open(struct frames_in *f, const char *path, const struct age_identities *mine);
/* The next one; what is in it is borrowed until the next call. FRAME_END: there was nothing but padding up to the end of the file, and all
 * of it is whole. VAULT_ERR_DAMAGED: cut, changed, or longer than it may be. */
VAULT_CHECK vault_err frames_next(struct frames_in *f, enum frame_kind *kind, struct part *out);
/* Hash and length of all that was read before the manifest. */
void frames_read_content(const struct frames_in *f, uint8_t hash[static 32], uint64_t *length);
void frames_in_free(struct frames_in *f);

#endif
