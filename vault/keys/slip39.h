/*
 * slip39.h - SLIP-0039: a secret as shares of 20 to 33 words, and back.
 *
 * Layer:   keys (includes base/ only).
 * Secrets: borrows secrets, passphrases and text; what it returns is new secrets. No branch and no
 *          table access depends on a secret, a passphrase or the words of a share, with these
 *          exceptions: words that are not in the list, the first four words (identifier and numbers,
 *          which are public), how many words there are, and verdicts (the checksum, the digest).
 * Format:  SLIP-0039 (satoshilabs/slips), docs/format.md, "Shares".
 *
 * Shares that are made here are extendable and of one group; all others are understood, too.
 */
#ifndef VAULT_KEYS_SLIP39_H
#define VAULT_KEYS_SLIP39_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vault/base/secret.h"
#include "vault/keys/shamir.h"

#define SLIP39_MAX 16u              /* shares of a group, and groups */
#define SLIP39_MAX_EXPONENT 15u
#define SLIP39_TEXT 300u            /* 33 words of at most 8 letters, the blanks, a zero */
#define SLIP39_TYPED_MAX 1024u      /* bytes of a share as it is typed */

/* ---- splitting ---- */

struct slip39_plan {
    unsigned threshold, count;          /* any `threshold` of `count` shares, at most 16 */
    unsigned exponent;                  /* PBKDF2 with 10000 << exponent iterations, 0 to 15 */
    const struct secret *passphrase;    /* printable ASCII; NULL or empty: none */
};

/*
 * Split a secret of 16 to 32 bytes, an even number. out[0..count) are new secrets of SLIP39_TEXT bytes
 * that the caller frees: the words of a share, separated by blanks; behind them only zero bytes.
 * VAULT_ERR_INPUT: a wrong size, number, exponent or passphrase.
 */
VAULT_CHECK vault_err slip39_split(struct secret *out[static SLIP39_MAX],
    const struct secret *secret, const struct slip39_plan *plan);

/* ---- one share ---- */

/* Equal in all shares of one set. */
struct slip39_head {
    uint16_t id;                        /* 15 bits */
    bool extendable;
    uint8_t exponent;
    uint8_t group_threshold, group_count;
    uint8_t size;                       /* of the secret, in bytes */
};

struct slip39_share {
    struct slip39_head head;
    uint8_t group, member;              /* from 0 */
    uint8_t threshold;                  /* of its group */
    struct secret *value;
};

/* Which word of a share is none, and what it may have been. */
struct slip39_fault {
    unsigned word;                      /* from 1; 0: it was not a word */
    const char *nearest;                /* of the list, or NULL. SECRET as the share is */
};

/*
 * Read a share of n bytes as it was typed: any white space, either case, words cut after four
 * letters or later. *out is the caller's to free. `fault` (may be NULL) is always filled.
 * VAULT_ERR_INPUT: a word that is not in the list (the sentence says which, never what), a wrong
 * number of words, a wrong checksum, a content that no share has.
 */
VAULT_CHECK vault_err slip39_parse(struct slip39_share *out, const char *text, size_t n,
    struct slip39_fault *fault);
void slip39_share_free(struct slip39_share *share);

/* The only word that begins with these n letters (four are always enough), or NULL. For a word that
 * is being shown while it is typed: takes as long as it takes. */
const char *slip39_complete(const char *letters, size_t n);

/* ---- shares one after the other ---- */

struct slip39_group {
    uint8_t threshold;                  /* 0: no share of it is here */
    uint8_t have;
    struct secret *value[SLIP39_MAX];
    struct secret *secret;              /* once `have` reaches the threshold */
};

/* Begin with SLIP39_SET_INIT, end with slip39_set_free. */
struct slip39_set {
    struct slip39_head head;            /* group_count 0: no share is here */
    struct slip39_group group[SLIP39_MAX];
    struct secret *master;              /* encrypted; once enough groups are complete */
};
#define SLIP39_SET_INIT {0}

/*
 * Add a share. More than are needed may be added; they must fit. On any error the set is as before.
 * VAULT_ERR_INPUT: slip39_parse, or it is of another set, or is here already. VAULT_ERR_KEY: with it
 * a group (or the set of groups) would be complete, and its shares do not belong together: it or an
 * earlier one is wrong.
 */
VAULT_CHECK vault_err slip39_set_add(struct slip39_set *set, const char *text, size_t n,
    struct slip39_fault *fault);

/* How many shares have to be added at least; 0: none. */
unsigned slip39_set_missing(const struct slip39_set *set);
/* A sentence about what is there and what is missing; cut when there is no room. */
void slip39_set_describe(char *out, size_t room, const struct slip39_set *set);

/*
 * The secret. A wrong passphrase cannot be noticed: it gives another secret. VAULT_ERR_KEY: shares
 * are missing. VAULT_ERR_INPUT: a passphrase that is not printable ASCII.
 */
VAULT_CHECK vault_err slip39_set_open(struct secret **out, const struct slip39_set *set,
    const struct secret *passphrase);
void slip39_set_free(struct slip39_set *set);

#endif
