/*
 * bundle.h - records on their way to another vault: making a bundle, and what both sides call its parts.
 *
 * Layer:   session, private.
 * Secrets: values with their salts, one revision at a time, in wiped buffers; contents of files by the piece.
 * Format:  docs/format.md, section 26.
 */
#ifndef VAULT_BUNDLE_H
#define VAULT_BUNDLE_H

#include "vault/handoff.h"
#include "vault/handoff/frames.h"
#include "vault/handoff/manifest.h"

/* A content that goes: that of the leaf in this place of this revision (of those that have it, the first). */
struct bundle_file {
    uint32_t pair;
    size_t leaf;
    uint8_t id[16];             /* file_rows_of */
};

/* Begin with h (v, names, linked, history) and zeros; bundle_out_free. */
struct bundle_out {
    struct handoff h;
    struct frames_out f;
    uint8_t *goes;              /* by number of a revision: goes, and how */
    struct bundle_file *file;
    size_t n_files, cap_files;
    uint32_t *pair;             /* of revisions that go, in order */
    size_t n_pairs, cap_pairs;
    const struct type_def **type;       /* of the revisions that go, each once */
    size_t n_types, cap_types;
    uint64_t records;
    struct buf told;            /* a frame under way */
};
enum bundle_goes { GOES_NOT, GOES_OWN /* its author signed our entry */, GOES_FOREIGN };

/* All revisions of the gathered records (or, with `wanted`, those that it wants), the types, why their authors are believed, tombstones and contents into b->f, which is
 * open. VAULT_ERR_DAMAGED: something cannot be read. */
typedef bool bundle_wanted_fn(void *ctx, uint32_t pair);
VAULT_CHECK vault_err bundle_put_all(struct bundle_out *b, bundle_wanted_fn *wanted, void *ctx);
void bundle_out_free(struct bundle_out *b);

/* Evidence and card of this vault into m, with time, author and keeper. What they point to goes into `mem`. */
VAULT_CHECK vault_err bundle_sign_as(struct vault *v, struct manifest *m, struct buf *mem);
/* The manifest and its signatures as frames; *id. */
VAULT_CHECK vault_err bundle_put_manifest(struct vault *v, struct frames_out *f, const struct manifest *m, uint8_t id[static 32]);
/* The manifest of b, of which tag, recipients and expiry are set, behind everything else. */
VAULT_CHECK vault_err bundle_conclude(struct bundle_out *b, struct manifest *m, struct buf *mem, uint8_t id[static 32]);

/* A person said yes, and it does not expire at once. VAULT_ERR_REFUSED, VAULT_ERR_INPUT. */
VAULT_CHECK vault_err bundle_judge_sending(struct vault *v, const struct vault_handoff *what);
/* Its id, and who signed. */
void bundle_tell_sent(const struct vault *v, const uint8_t id[static 32], struct vault_handoff_sent *out);

/* ---- copy_send.c: format.md, section 28 ---- */

/* What goes with `home`. */
VAULT_CHECK vault_err copy_look(struct vault *v, const struct vault_handoff *what, struct vault_handoff_plan *out);
/* vault_handoff_send with `home`. */
VAULT_CHECK vault_err copy_send(struct vault *v, const char *path, const struct vault_handoff *what, struct vault_handoff_sent *out);

#endif
