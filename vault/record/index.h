/*
 * index.h - every revision this copy has, in memory: by number, by record, by tag.
 *
 * Layer:   record.
 * Secrets: none: ids and keyed tags.
 * Format:  docs/format.md, "The database": pair.
 */
#ifndef VAULT_RECORD_INDEX_H
#define VAULT_RECORD_INDEX_H

#include <stdbool.h>
#include <stdint.h>
#include "vault/record/revision.h"

#define TAG_BYTES 8
#define PAIR_ID_BYTES (RECORD_ID_BYTES + REVISION_ID_BYTES)
#define PACK_MAX 64     /* pairs in a pack */

struct pair {
    uint8_t record[RECORD_ID_BYTES];
    uint8_t revision[REVISION_ID_BYTES];
    uint32_t log;           /* row of the entry that added it */
    uint32_t first;         /* number of the record's first pair */
    uint32_t next;          /* next pair of the same record, 0: none */
    uint32_t pack;          /* first pair of its pack */
    uint32_t tags;          /* offset into the tags, in tags */
    uint16_t n_tags;        /* 0, or ref, label, links... */
    uint32_t head;          /* of the first pair: the head that stands for its record, 0: not chosen yet */
    bool superseded;        /* valid where heads_known of the first pair is set */
    bool heads_known;
    bool echo;              /* a head that says what a newer one says; valid where `head` is set */
    bool purged;            /* of the first pair: a tombstone says that the record's content was destroyed */
    bool lost;              /* a repair says that its content is lost; it stands apart, as a purged record of its own */
};

/* Pairs are numbered from 1, as in the database. */
struct index {
    struct pair *pair;      /* pair[1..n] */
    uint32_t n, cap;
    uint32_t records;       /* records that are not system records */
    uint32_t n_lost;
    uint32_t *slot;         /* hash table: record -> first pair; size a power of two */
    uint32_t n_slots;
    uint8_t *tag;
    uint32_t n_tags, tag_cap;
    uint32_t *tag_slot;     /* hash table: ref and label tags -> pair, built at first use */
    uint32_t n_tag_slots, tags_upto, tags_held;
};

void index_init(struct index *ix);
void index_free(struct index *ix);

/* Add the next pair, of the pack that begins with pair `pack`; ids as in the database, `tags` a whole
 * number of tags. VAULT_ERR_NO_SPACE. */
VAULT_CHECK vault_err index_add(struct index *ix, const uint8_t ids[static PAIR_ID_BYTES],
    uint32_t log, uint32_t pack, struct part tags);
/* Number of pairs in the pack that begins with `pack`. */
uint32_t index_pack_size(const struct index *ix, uint32_t pack);
/* The first pack of the entry that pair n belongs to. */
uint32_t index_entry(const struct index *ix, uint32_t n);
/* Forget pairs above n (a transaction that failed). */
void index_truncate(struct index *ix, uint32_t n);

/* First pair of a record, 0: none. Others follow through next. */
uint32_t index_record(const struct index *ix, const uint8_t record[static RECORD_ID_BYTES]);
/* The pair of a revision of this record, 0: none. */
uint32_t index_revision(const struct index *ix, uint32_t first,
    const uint8_t revision[static REVISION_ID_BYTES]);

static inline bool
index_is_system(const struct pair *p)
{
    return p->record[0] == 0;
}

/* A head that says something of its own? Of records whose head was chosen (recs_head, scan_heads). */
static inline bool
index_is_head(const struct pair *p)
{
    return !p->superseded && !p->echo;
}

/* Was the record of revision n purged? */
static inline bool
index_purged(const struct index *ix, uint32_t n)
{
    return ix->pair[ix->pair[n].first].purged;
}
/* The record that begins with pair `first` is one of those from now on. */
void index_purge(struct index *ix, uint32_t first);
/* The content of revision n is lost: its record goes on without it, and begins with the first that is left. One of which
 * nothing is left is found no more. */
void index_lose(struct index *ix, uint32_t n);
/* Was this revision of this record (NULL: any) lost? */
bool index_was_lost(const struct index *ix, const uint8_t record[static RECORD_ID_BYTES],
    const uint8_t *revision);
/* Other tags for pair n: not more than it has. */
void index_set_tags(struct index *ix, uint32_t n, struct part tags);

/* Pairs whose ref tag (which 0) or label tag (which 1) is `tag`: fn is called for each, in no order,
 * until it returns non-zero. VAULT_ERR_NO_SPACE when the table cannot be built. */
VAULT_CHECK vault_err index_by_tag(struct index *ix, unsigned which,
    const uint8_t tag[static TAG_BYTES], int (*fn)(void *ctx, uint32_t n), void *ctx);
/* Pairs with a link tag. */
void index_by_link(const struct index *ix, const uint8_t tag[static TAG_BYTES],
    int (*fn)(void *ctx, uint32_t n), void *ctx);
/* First pairs of records (not system) whose id begins with `bits` of `id`. */
void index_by_prefix(const struct index *ix, const uint8_t id[static RECORD_ID_BYTES],
    unsigned bits, int (*fn)(void *ctx, uint32_t n), void *ctx);

#endif
