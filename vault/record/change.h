/*
 * change.h - the new revisions of one transaction, on their way into index and database.
 *
 * Layer:   record (store/ for rows and Merkle tree).
 * Secrets: record keys in wiped memory for the time of one call.
 * Format:  docs/format.md, sections 8 and 14.
 */
#ifndef VAULT_RECORD_CHANGE_H
#define VAULT_RECORD_CHANGE_H

#include "vault/record/recs.h"
#include "vault/store/merkle.h"

struct change {
    struct recs *r;
    struct merkle tree;         /* over the pairs stored so far */
    uint32_t log;               /* row that the entry will have */
    uint32_t first;             /* pairs in the index before this change */
    uint32_t stored;            /* pairs in the database, this change's included */
    bool open;                  /* a database transaction is open */
    struct rng_pool rng;
};

/* A revision made ready for storing. */
struct ready {
    struct sealed sealed;
    uint8_t record_wrap[WRAP_KEY_BYTES];
    bool new_record;
    struct buf tags;
    uint32_t n;                 /* its pair number */
};
void ready_free(struct ready *x);

/* Begin a database transaction whose entry will be row `log`. */
VAULT_CHECK vault_err change_begin(struct change *c, struct recs *r, uint32_t log);

/* Seal a finished revision and give it the next number in the index (no database, unless the record
 * exists already: then its key is read). One thread at a time. */
VAULT_CHECK vault_err change_ready(struct change *c, const struct revision *rev, struct ready *out);
/* Store what is ready, in order of number. May run on another thread than change_ready. */
VAULT_CHECK vault_err change_store(struct change *c, const struct ready *x);

/* Both. */
VAULT_CHECK vault_err change_add(struct change *c, const struct revision *rev);

/* Undo: index and database as before. Harmless after change_done. */
void change_abort(struct change *c);
/* The transaction was committed by the caller. */
void change_done(struct change *c);

#endif
