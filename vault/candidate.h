/*
 * candidate.h - `keys` and `keys.new` before anything is opened: which of their slots a passphrase, key file or shares open.
 *
 * Layer:   session, private.
 * Secrets: S of the slot that opened; the caller frees it.
 * Format:  docs/format.md, sections 4, 5 and 15.
 */
#ifndef VAULT_CANDIDATE_H
#define VAULT_CANDIDATE_H

#include "vault/session.h"

/* One of the two files. Begin with zeros. */
struct candidate {
    bool there;
    bool by_shares;             /* what was tried */
    uint8_t bytes[KEYFILE_BYTES];
    uint8_t hash[32];
    struct keyfile kf;
    int slot;                   /* that the passphrase opened, -1 none */
    struct secret *s;           /* its S */
};

/* Both, by name in the open folder. `keys` has to be readable (VAULT_ERR_DAMAGED, VAULT_ERR_INPUT: not a vault); a keys.new that is not whole
 * was never committed, and is taken for none. */
VAULT_CHECK vault_err candidates_read(int dir, struct candidate c[2]);
/* Sets slot and s where what is given opens one. VAULT_ERR_KEY: none; VAULT_ERR_NOT_FOUND: no slot takes such a thing. */
VAULT_CHECK vault_err candidates_derive(struct candidate c[2], const struct vault_credentials *cred);
/* The sentence of VAULT_ERR_KEY. */
vault_err candidate_wrong_key(const struct candidate *c);

#endif
