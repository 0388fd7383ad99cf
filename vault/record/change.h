/*
 * change.h - the new revisions of one transaction, on their way into index and database.
 *
 * Layer:   record (store/ for rows and Merkle tree).
 * Secrets: the keys of the pack being filled lie in guarded memory; those of single blobs, and what waits
 *          to be sealed, in ordinary memory that is wiped once it is stored.
 * Format:  docs/format.md, sections 8, 9 and 14.
 */
#ifndef VAULT_RECORD_CHANGE_H
#define VAULT_RECORD_CHANGE_H

#include "vault/record/recs.h"
#include "vault/store/merkle.h"

/* A revision with its keys and plaintexts, still to be sealed; with the last of a pack its rows. */
struct ready {
    uint32_t n;                 /* its number */
    uint8_t ids[PAIR_ID_BYTES];
    struct revision rev;        /* only its ids and plaintexts */
    struct { struct blob_keys open, withheld; } key;
    uint32_t pack;              /* not 0: the pack that ends here begins with this number... */
    uint32_t pack_n;
    bool intake;                /* sealed to the card: its encapsulation must be there */
    struct buf pack_rows;       /* ...its ids, tags and wrap, one after the other */
    size_t n_ids, n_tags;
};
/* It was stored: wipe its plaintexts and keep small rooms for the next one. */
void ready_reset(struct ready *x);
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
    bool intake;                /* the encapsulation is stored */
    struct buf sealed;          /* a blob on its way into the database */
};

/* Begin a database transaction whose entry will be row `log`. */
VAULT_CHECK vault_err change_begin(struct change *c, struct recs *r, uint32_t log);

/*
 * Draw keys, finish the drafted revision (its id is set; a foreign one as revision_finish_foreign) and give it the next number in the index. Its
 * plaintexts move into `out`, its values with them. Touches the database only where the record exists
 * already and its key is to be read. One thread at a time.
 */
VAULT_CHECK vault_err change_ready(struct change *c, struct revision *rev, struct ready *out);
/* Seal and store what is ready, in order of number; its keys are wiped, its plaintexts stay. May run on
 * another thread than change_ready. */
VAULT_CHECK vault_err change_store(struct change *c, struct ready *x);
/* Both; rev keeps its values. */
VAULT_CHECK vault_err change_add(struct change *c, struct revision *rev);

/* Store the last pack. After all revisions, before the commit. */
VAULT_CHECK vault_err change_flush(struct change *c);

/* Undo: index and database as before. Harmless after change_done. */
void change_abort(struct change *c);
/* The transaction was committed by the caller. */
void change_done(struct change *c);

#endif
