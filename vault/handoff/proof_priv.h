/*
 * proof_priv.h - evidence while it is read: what the files of proof.h share.
 *
 * Layer:   handoff, private.
 * Secrets: none.
 * Format:  docs/format.md, section 25.
 */
#ifndef VAULT_HANDOFF_PROOF_PRIV_H
#define VAULT_HANDOFF_PROOF_PRIV_H

#include "vault/handoff/proof.h"

#define PROOF_VERSION 1

/* What verifying needs of an entry besides; parts are borrowed from the evidence. */
struct proof_more {
    struct part bytes, sigs, rest;      /* rest: the told revisions, and the hashes */
    uint8_t keeper[ENTRY_KEEPERS_MAX][32];
    size_t n_keepers;
    bool first;                         /* of the log */
};

struct proof_card {
    struct part bytes;                  /* disclosed */
    uint8_t pk[32];
    uint32_t entry;
};

/* One revision of a slot. */
struct proof_slot {
    struct part bytes;                  /* disclosed */
    uint32_t told, entry, index;
    uint8_t slot[SLOT_ID_BYTES], pk[32];
    unsigned place, tier;
    bool active, kept;
};

/* A registration; slot[first ... last] say when it began, that it went on, and what ended it. */
struct proof_registration {
    struct proof_author a;
    uint32_t first, last;
};

/* The told revisions of one entry, and its proof. */
struct proof_tail {
    uint32_t *index;
    uint8_t (*pair)[PAIR_BYTES], (*leaf)[32], (*hash)[32];
    size_t k, cap_index, cap_pair, cap_leaf, n_hashes, cap_hash;
};
/* VAULT_ERR_DAMAGED. The room is used again; proof_tail_free. */
VAULT_CHECK vault_err proof_read_tail(struct rd *r, struct proof_tail *t);
void proof_tail_free(struct proof_tail *t);

struct proof_reading {
    struct proof *p;
    struct proof_more *more;            /* by entry */
    struct proof_card *card;            /* oldest first */
    struct proof_slot *slot;            /* by slot id, then entry, then index */
    struct proof_registration *reg;     /* by slot id, then key, then entry */
    size_t n_cards, n_slots, n_regs;
    size_t cap_entries, cap_more, cap_told, cap_regs;
    struct part cards, slots;           /* as they lie in the evidence */
    struct proof_tail tail;
};

vault_err proof_damaged(const char *what);      /* VAULT_ERR_DAMAGED */

/* Form, order, hashes and Merkle roots: r->p is filled but for authors. No signature was looked at. */
VAULT_CHECK vault_err proof_read(struct proof_reading *r, struct part evidence);
/* What the cards and slots say, and who may have signed when, as r->reg. */
VAULT_CHECK vault_err proof_read_system(struct proof_reading *r);
void proof_reading_free(struct proof_reading *r);   /* but not r->p */

/* Who signed this entry, in his time. VAULT_ERR_DAMAGED: nobody who might. */
VAULT_CHECK vault_err proof_signer(const struct proof_reading *r, uint32_t entry, const struct proof_registration **out);
/* Place in p->told, or p->n_told. */
size_t proof_place(const struct proof *p, const uint8_t record[static RECORD_ID_BYTES],
    const uint8_t revision[static REVISION_ID_BYTES]);

#endif
