/*
 * sent.h - what was written for whom into folders for standing exchange, and what of it is acknowledged: _sent records, with the receipts for them.
 *
 * Layer:   vault (session).
 * Secrets: none: hashes.
 * Format:  docs/format.md, section 13, `_sent`, and section 27.
 *
 * An item is a revision or a tombstone, as the first bytes of a hash. They are told one by one, and not as `everything up to entry N`: copies of a
 * vault that come together have no such order.
 */
#ifndef VAULT_SENT_H
#define VAULT_SENT_H

#include "vault/session.h"

#define SENT_ITEM_BYTES 16u
typedef uint8_t sent_item[SENT_ITEM_BYTES];

/* A set of items: add, sort once, ask. */
struct sent_items {
    sent_item *list;
    size_t n, cap;
};
VAULT_CHECK vault_err sent_items_add(struct sent_items *s, const uint8_t item[static SENT_ITEM_BYTES]);
void sent_items_sort(struct sent_items *s);
bool sent_items_has(const struct sent_items *s, const uint8_t item[static SENT_ITEM_BYTES]);
void sent_items_free(struct sent_items *s);
/* That of a tombstone. */
void sent_tombstone(const struct vault *v, const struct tombstone *t, uint8_t out[static SENT_ITEM_BYTES]);

struct sent_bundle {
    uint8_t tag[16];            /* as its manifest has it */
    uint8_t card[32];           /* hash of the card for which it was made */
    uint8_t mark[32];           /* frames_mark of its file */
    bool names;
    struct sent_items items;    /* sorted */
};
struct sent_receipt {
    uint8_t tag[16], card[32];  /* of the bundle that was taken in, and of who did */
};
struct sents {
    struct sent_bundle *list;
    size_t n, cap;
    struct sent_receipt *receipt;
    size_t n_receipts, cap_receipts;
};

/* Begin with zeros; sents_free, also after an error. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err sents_load(struct vault *v, struct sents *out);
void sents_free(struct sents *s);
/* Was it taken in by one of these n cards? */
bool sent_is_acknowledged(const struct sents *s, const struct sent_bundle *b, const uint8_t (*card)[32], size_t n);
/* The records that say so, into an open change. */
VAULT_CHECK vault_err sent_add(struct vault *v, struct change *c, const struct sent_bundle *b);

#endif
