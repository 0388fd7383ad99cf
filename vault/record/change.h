/*
 * change.h - the new revisions of one transaction, on their way into index and database.
 *
 * Layer:   record (store/ for rows and Merkle tree).
 * Secrets: the keys of the pack being filled lie in guarded memory.
 * Format:  docs/format.md, sections 8, 9 and 14.
 */
#ifndef VAULT_RECORD_CHANGE_H
#define VAULT_RECORD_CHANGE_H

#include "vault/record/recs.h"
#include "vault/store/merkle.h"

/* A revision, or a whole pack of them, made ready for storing. */
struct ready {
    uint32_t n;                 /* its number */
    bool has_withheld;
    size_t n_open;              /* bytes of the open blob in mem, the rest is the withheld one */
    struct buf mem;
    uint8_t ids[PAIR_ID_BYTES];
    uint32_t pack;              /* not 0: the pack that ends here begins with this number... */
    uint32_t pack_n;
    struct buf pack_rows;       /* ...its ids, tags and wrap, one after the other */
    size_t n_ids, n_tags;
};
void ready_free(struct ready *x);

struct change {
    struct recs *r;
    struct merkle tree;         /* over the revisions stored so far */
    uint32_t log;               /* row that the entry will have */
    uint32_t first;             /* revisions in the index before this change */
    bool open;                  /* a database transaction is open */
    struct rng_pool rng;
    struct secret *pack_home;   /* a struct pack: the one being filled */
    struct buf tags;            /* of that pack */
};

/* Begin a database transaction whose entry will be row `log`. */
VAULT_CHECK vault_err change_begin(struct change *c, struct recs *r, uint32_t log);

/*
 * Draw keys, finish the drafted revision (its id is set), seal it and give it the next number in the
 * index. Touches the database only where the record exists already and its key is to be read. One thread at a time.
 */
VAULT_CHECK vault_err change_ready(struct change *c, struct revision *rev, struct ready *out);
/* Store what is ready, in order of number. May run on another thread than change_ready. */
VAULT_CHECK vault_err change_store(struct change *c, const struct ready *x);
/* Both. */
VAULT_CHECK vault_err change_add(struct change *c, struct revision *rev);

/* Store the last pack. After all revisions, before the commit. */
VAULT_CHECK vault_err change_flush(struct change *c);

/* Undo: index and database as before. Harmless after change_done. */
void change_abort(struct change *c);
/* The transaction was committed by the caller. */
void change_done(struct change *c);

#endif
