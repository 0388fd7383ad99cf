/*
 * revision.h - one revision of a record: its leaves, its id, its two plaintexts.
 *
 * Layer:   record.
 * Secrets: holds plaintext values and leaf salts in wiped buffers; revision_free wipes all.
 * Format:  docs/format.md, "Records, revisions, leaves" and "Blobs".
 */
#ifndef VAULT_RECORD_REVISION_H
#define VAULT_RECORD_REVISION_H

#include <stdbool.h>
#include <stdint.h>
#include "vault/base/bytes.h"
#include "vault/base/hash.h"
#include "vault/record/type.h"

#define RECORD_ID_BYTES 16
#define REVISION_ID_BYTES 32
#define ELEMENT_BYTES 8
#define REVISION_PARENTS_MAX 16
#define REVISION_LEAVES_MAX 4096
#define BLOB_MAX ((size_t)16 << 20)
#define REMOVED_FIELD "_removed"

struct leaf {
    struct part field;              /* name, borrowed */
    uint8_t element[ELEMENT_BYTES]; /* of a repeating field */
    uint8_t n_element;              /* 0 or ELEMENT_BYTES */
    uint8_t tier;                   /* enum leaf_tier: where it is kept, and who is shown it */
    bool raised;                    /* withheld here, while its author had it open: its id says so */
    bool here;                      /* its value belongs to this revision's own blobs */
    struct part value;              /* CBOR, borrowed; empty when not at hand */
    uint8_t c[32];
    uint8_t introduced[32];         /* where !here: the revision that introduced it */
    const uint8_t *salt;            /* 32 bytes, borrowed, where it comes from elsewhere with its value; else NULL */
    /* Where the value is that of a file: its key (borrowed; NULL when not at hand) and first row. */
    const uint8_t *file_key;
    uint64_t file_first;
};

struct revision {
    uint8_t record[RECORD_ID_BYTES];
    uint8_t id[REVISION_ID_BYTES];
    uint8_t type[32];               /* type hash; set by whoever knows the types */
    uint8_t author[32];
    uint8_t parent[REVISION_PARENTS_MAX][REVISION_ID_BYTES];
    size_t n_parents;
    int64_t time;
    bool partial;                   /* read: values of its own are missing, as after a purge or a handoff */
    bool foreign;                   /* its author is another than the signer of the entry that has it here */
    struct leaf *leaf;              /* sorted once finished or read */
    size_t n_leaves, cap;
    struct buf open;                /* plaintext of the open blob */
    struct buf withheld;            /* plaintext of the withheld blob; empty when there is none */
    struct buf scratch;
};

void revision_init(struct revision *r);
/* Empty it for another one; keeps its memory. */
void revision_reset(struct revision *r);
/* The same, but large rooms are given back: many revisions wait for their next use. */
void revision_trim(struct revision *r);
void revision_free(struct revision *r);

/* ---- making one: set record, type, author, parents, time; add leaves; finish ---- */

/* A leaf with a value of this revision. field and value are borrowed. NULL: no memory. */
struct leaf *revision_add(struct revision *r, struct part field, enum leaf_tier tier,
    struct part value);
/* A withheld leaf carried on from an ancestor. */
struct leaf *revision_carry(struct revision *r, const struct leaf *from,
    const uint8_t introduced[static 32]);

/*
 * Sort, compute every c and the id, write both plaintexts into r->open and r->withheld. The seeds give the
 * salts of the open values and of the withheld ones introduced here. Values stay borrowed from the caller. VAULT_ERR_INPUT: too many leaves, a blob too
 * large, the same leaf twice.
 */
VAULT_CHECK vault_err revision_finish(struct revision *r, const uint8_t open_seed[static 32],
    const uint8_t withheld_seed[static 32]);

/*
 * The same for one that was written elsewhere: its leaves have their c, and a salt where they have a value; author and id are set. The id
 * is compared. VAULT_ERR_DAMAGED: it is another.
 */
VAULT_CHECK vault_err revision_finish_foreign(struct revision *r);

/* ---- reading one: set record, id (expected) and author, fill r->open, then read ---- */

/* First 8 bytes of the type's hash, as they stand in a blob. */
#define TYPE_SHORT_BYTES 8

/* Parse r->open: all but the id is judged. seed NULL: a glance, no c is computed. r->type holds the short form, padded with zeros: the caller puts the full hash there, then calls revision_check_id.
 * VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err revision_read_open(struct revision *r, const uint8_t *seed);
/* Recompute the id and compare. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err revision_check_id(struct revision *r);
/* Compute it into r->id, of members that the caller has set: leaves in order, each with its c. */
VAULT_CHECK vault_err revision_compute_id(struct revision *r);
/* Parse r->withheld against the leaves that revision_read_open found; values become available.
 * seed NULL: a glance, no c is compared. */
VAULT_CHECK vault_err revision_read_withheld(struct revision *r, const uint8_t *seed);

/*
 * Leaves out of r->withheld alone, each with its c, of a revision of which nothing else is left: who carries one of these values on
 * has that c in its own leaf. They prove nothing by themselves.
 * seed NULL: a glance, no c is computed. VAULT_ERR_DAMAGED.
 */
VAULT_CHECK vault_err revision_rescue_withheld(struct revision *r, const uint8_t *seed);

/* A leaf whose value is not in the open blob, as that has it; appended. */
void revision_write_leaf(struct buf *b, const struct leaf *l);

bool revision_introduces(const struct revision *r);     /* any withheld leaf of its own? */
bool revision_removed(const struct revision *r);
/* First leaf of a field, or NULL; repeating ones follow it. */
const struct leaf *revision_leaf(const struct revision *r, const char *field);
const struct leaf *revision_find(const struct revision *r, struct part field,
    const uint8_t *element, size_t n_element);

/* Bytewise order of the encoding of [field, element]. */
int leaf_compare(const struct leaf *a, const struct leaf *b);
static inline bool
leaf_is(const struct leaf *l, const struct leaf *m)
{
    return leaf_compare(l, m) == 0;
}

#endif
