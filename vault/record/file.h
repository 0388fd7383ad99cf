/*
 * file.h - attachments: what a name may be, and the pieces in which a file is kept.
 *
 * Layer:   record.
 * Secrets: borrows keys and plaintext; keeps nothing.
 * Format:  docs/format.md, sections 10 (value and leaf of a file) and 11 (chunks).
 */
#ifndef VAULT_RECORD_FILE_H
#define VAULT_RECORD_FILE_H

#include "vault/record/value.h"

#define FILE_CHUNK ((size_t)256 << 10)   /* plaintext of a piece; part of the format */
#define FILE_TAG 16u
#define FILE_KEY_BYTES 32u
#define FILE_ROWS ((uint64_t)1 << 62)   /* the first row of a file is drawn below */

/* ---- names ---- */

/*
 * Append the canonical form of a name that a person gave to a file. VAULT_ERR_INPUT: empty, too long, not
 * UTF-8, with a slash, a backslash or a control character, with a blank at an end, a dot at its end, or a name
 * that some system reserves. The sentence does not repeat it.
 */
VAULT_CHECK vault_err file_name_put(struct buf *out, const char *name, size_t n);
/* What file_name_put writes? `scratch` as for value_text_is_canonical. */
bool file_name_valid(struct buf *scratch, struct part name);
/* The media type that the end of the name tells. Static text. */
const char *file_media_type(struct part name);

/* ---- pieces ---- */

/* Bytes of plaintext that are kept for `size` bytes: with padding where it is withheld. */
uint64_t file_kept(uint64_t size, enum leaf_tier tier);
uint64_t file_pieces(uint64_t kept);                        /* at least one */
/* Plaintext of piece i. */
size_t file_piece_size(uint64_t kept, uint64_t i);

/* Which piece of which attachment. */
struct file_piece {
    const uint8_t *key;         /* 32 */
    uint64_t i;
    bool last;
};
/* n bytes at `plain` to n + FILE_TAG at `out`; they may be the same place. */
void file_seal(uint8_t *out, const struct file_piece *at, const uint8_t *plain, size_t n);
/* And back: n - FILE_TAG bytes. -1: not authentic, or not this piece. */
VAULT_CHECK int file_open_piece(uint8_t *plain, const struct file_piece *at, const uint8_t *sealed,
    size_t n);

/* ---- the leaf ---- */

/* What stands for type and name, and the salt of the leaf, when hash and size are told without them. */
VAULT_CHECK vault_err file_blind(uint8_t h[static 32], uint8_t s2[static 32],
    const uint8_t salt[static 32], const struct file_value *file);
/*
 * c of the leaf (field, element) whose value is a file's: under `salt`, so that hash and size can be told
 * without type and name. VAULT_ERR_DAMAGED: it is no such value.
 */
VAULT_CHECK vault_err file_commit(uint8_t c[static 32], const uint8_t salt[static 32],
    struct part field, struct part element, struct part value);

#endif
