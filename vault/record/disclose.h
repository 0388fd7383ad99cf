/*
 * disclose.h - one revision as it is told to somebody without its vault: all leaves, and some of the values with their salts.
 *
 * Layer:   record.
 * Secrets: values and salts go into, and stay in, the caller's buffers.
 * Format:  docs/format.md, section 25.
 */
#ifndef VAULT_RECORD_DISCLOSE_H
#define VAULT_RECORD_DISCLOSE_H

#include "vault/record/revision.h"

#define DISCLOSE_MAX (2 * BLOB_MAX + ((size_t)1 << 20))     /* bytes of one */
#define DISCLOSE_FILE_MAX (((uint64_t)1 << 32) - 1)         /* number of a file's content */

/* Is the value of this leaf told? Asked for leaves that are of this revision and have their value at hand. *file (it begins as
 * 0, none) matters where the value is that of a file: which content, among those that go with it, is this one's. */
typedef bool disclose_choice_fn(void *ctx, const struct leaf *l, uint64_t *file);

/*
 * Append it. rev is loaded (with withheld values, where these may be told); salt[i] is that of rev->leaf[i] where its value is told
 * (recs_salts). A leaf that is carried (here is false) is told without value. choose NULL: every value at hand is told.
 * VAULT_ERR_NO_SPACE.
 */
VAULT_CHECK vault_err disclose_write(struct buf *out, const struct revision *rev, const uint8_t (*salt)[32],
    disclose_choice_fn *choose, void *ctx);

/*
 * The same back, from a stranger's bytes: rev (initialised, or used before) gets every member, with the id recomputed. Fields,
 * values and salts are borrowed from cbor. Of a value that is told c is computed, salt is set, and file_first is the number of its content, 0: none;
 * file_key stays NULL. partial: values of its own are not told. rev->open and rev->withheld are empty.
 * Nobody has judged yet what it says: whether the type has such fields, whether parents exist.
 * VAULT_ERR_DAMAGED: not in the form of section 25, something left over, over a limit.
 */
VAULT_CHECK vault_err disclose_read(struct part cbor, struct revision *rev);

#endif
