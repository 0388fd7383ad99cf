/*
 * proof.h - evidence of authorship: that revisions were written by authors whom a keeper of their vault of origin had
 * registered, for somebody who has not that vault.
 *
 * Layer:   handoff (sees record, store, keys, base).
 * Secrets: none: ids, public keys, signatures, hashes. (Ids of records tell which records there are.)
 * Format:  docs/format.md, section 25.
 */
#ifndef VAULT_HANDOFF_PROOF_H
#define VAULT_HANDOFF_PROOF_H

#include "vault/keys/card.h"
#include "vault/record/disclose.h"
#include "vault/store/entry.h"
#include "vault/store/merkle.h"

#define PROOF_BYTES_MAX ((size_t)256 << 20)
#define PROOF_ENTRIES_MAX 200000u
#define PROOF_REVISIONS_MAX 1000000u
#define PROOF_CARDS_MAX 1024u           /* keeper keys that a vault ever had */
#define PROOF_SLOTS_MAX 16384u          /* revisions of _slot */

/* An entry of the log of origin that added one of the revisions. */
struct proof_entry {
    uint8_t hash[32];
    uint8_t author[32], slot[SLOT_ID_BYTES];    /* who signed it: the author of the revisions that it added */
    uint64_t number, count;
    int64_t time;                       /* its computer's own */
    char action[ENTRY_ACTION_MAX + 1];
    bool keeper;                        /* signed by the keeper key of its time as well */
};
struct proof_told {
    uint8_t record[RECORD_ID_BYTES], revision[REVISION_ID_BYTES];
    uint32_t entry;                     /* place in `entry` */
    uint32_t index;                     /* place among the revisions that this added */
};
/* Who may write, from which entry to which: entry[since] registered him, entry[until] ended that. */
#define PROOF_NOT_ENDED UINT32_MAX      /* as far as told */
struct proof_author {
    uint8_t pk[32], slot[SLOT_ID_BYTES];
    unsigned index, tier;               /* of the slot: index 0 to 7, tier 1 case, 2 keeper */
    uint32_t since, until;
};
struct proof {
    uint8_t vault_id[VAULT_ID_BYTES];
    /* The newest card that is told, and the hashes of all, oldest first. Whether it is the one that is known of that vault, or how old it
     * is, is for the caller to say: an older state of a vault is told as convincingly as the newest. */
    struct card card;
    uint8_t card_hash[32];
    uint8_t (*cards)[32];
    size_t n_cards;
    struct proof_entry *entry;          /* by number, then hash */
    size_t n_entries;
    struct proof_told *told;            /* by record id, then revision id; those of the cards and slots are among them */
    size_t n_told;
    struct proof_author *author;        /* by slot id, then key, then entry */
    size_t n_authors;
    struct buf card_bytes;              /* of `card` */
};
/* Nothing of it is borrowed from the evidence. */

/*
 * Read and verify all of it. *out is the caller's (proof_free); it is empty after an error, and need not be initialised. Costs about
 * 0.1 ms for each signature. VAULT_ERR_DAMAGED, with a sentence of its own for each reason; VAULT_ERR_NO_SPACE.
 */
VAULT_CHECK vault_err proof_verify(struct proof *out, struct part evidence);
void proof_free(struct proof *p);

/*
 * The entry that added this revision, or NULL. The caller compares the author that the revision itself names (the revision id is
 * over it) with the entry's: another one wrote a revision that this vault took in from elsewhere.
 */
const struct proof_entry *proof_find(const struct proof *p, const uint8_t record[static RECORD_ID_BYTES],
    const uint8_t revision[static REVISION_ID_BYTES]);
/* Is this key registered, and not ended as far as told? Who it is, or NULL. */
const struct proof_author *proof_author(const struct proof *p, const uint8_t pk[static 32]);

/* Is this revision to be told to the next one? */
typedef bool proof_keep_fn(void *ctx, const uint8_t record[static RECORD_ID_BYTES],
    const uint8_t revision[static REVISION_ID_BYTES]);
/*
 * The same evidence for fewer revisions, appended to out: entries of which none is kept are left out, with the registrations that
 * only they needed; nothing of the others remains but hashes of parts of trees. Revisions of _card and _slot are not asked about.
 * The evidence was verified when it came in: signatures are not verified again. VAULT_ERR_DAMAGED, VAULT_ERR_NO_SPACE.
 */
VAULT_CHECK vault_err proof_reduce(struct buf *out, struct part evidence, proof_keep_fn *keep, void *ctx);

/*
 * Audit path (nearest first, appended to out) of the one revision at `index` of an entry with `count`; `rest` is what stands in the
 * evidence behind the signatures of that entry: told revisions, hashes. The evidence was verified. VAULT_ERR_DAMAGED: not told of.
 */
VAULT_CHECK vault_err proof_path(struct buf *out, struct part rest, uint64_t count, uint32_t index);

/* ---- making it, in this order: head, disclosed cards, disclosed slots, entries ---- */

void proof_put_head(struct buf *out, const uint8_t vault_id[static VAULT_ID_BYTES]);
/* A list of byte strings: the disclosed revisions of cards, or of slots. */
void proof_put_list(struct buf *out, const struct part *revision, size_t n);
/* One entry. The array of entries is the caller's: cbor_array(out, n) before the first. */
struct proof_parts {
    struct part entry, sigs;            /* CBOR, as in the log */
    const uint32_t *index;              /* k, ascending */
    const uint8_t (*pair)[PAIR_BYTES];  /* of each */
    size_t k;
    struct part proof;                  /* of merkle_proof */
};
void proof_put_entry(struct buf *out, const struct proof_parts *e);

#endif
