/*
 * keyring.h - the keys of all revisions at hand, for a scan: packs are opened as they are needed, each once.
 *
 * Layer:   record, private to scans.
 * Secrets: keys, in guarded memory of its own: 64 bytes for each revision; keyring_free wipes.
 * Format:  none of its own.
 */
#ifndef VAULT_RECORD_KEYRING_H
#define VAULT_RECORD_KEYRING_H

#include "vault/record/recs.h"

/* By number of the revision. */
struct keyring {
    struct key_pair {
        uint8_t record[32], blob[32];
        bool has_record, has_blob;      /* of its record, where it is the first; of its withheld blob, where this session can read it */
        bool closed, marked, intake;    /* there is such a blob, and no key here; quarantined; the pack is one of intake */
        bool names_hidden;              /* see seal.h */
        bool shut;                      /* its pack does not open */
        bool opened;                    /* of the first of a pack: it was tried */
    } *key;
};

/* Empty, for the revisions that there are now. VAULT_ERR_NO_SPACE. */
VAULT_CHECK vault_err keyring_make(struct keyring *ring, const struct recs *r);
void keyring_free(struct keyring *ring);        /* also where keyring_make failed */
/*
 * Have the keys of the pack that revision n is in. Calls recs_pack: on the thread that owns the database. VAULT_ERR_DAMAGED: it does not open;
 * with `tolerate` its revisions are `shut` then, and that is no error.
 */
VAULT_CHECK vault_err keyring_open(struct keyring *ring, struct recs *r, uint32_t n, bool tolerate);

#endif
