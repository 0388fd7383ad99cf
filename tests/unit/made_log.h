/*
 * made_log.h - a log and evidence out of it, made from a description with keys that are known, so that everything can be forged.
 */
#ifndef TESTS_UNIT_MADE_LOG_H
#define TESTS_UNIT_MADE_LOG_H

#include "vault/handoff/proof.h"

#define AUTHORS 5
#define KEEPERS 4
#define REVS 8
#define ENTRIES 10

enum kind { NONE, PLAIN, CARD, SLOT };
struct spec_rev {
    enum kind kind;
    int of;                 /* CARD: keeper; SLOT: author; PLAIN: its number */
    int slot;
    bool retired;
    bool untold;            /* neither among the revisions of its entry nor among the disclosed ones */
    bool undisclosed;       /* among the revisions of its entry, but not disclosed */
    int by;                 /* author that it names, when not 0: 1 + author */
    int wrong;              /* 1: another type; 2: another id; of a slot 3: another state; 4: another tier; 5: a longer author */
};
struct spec_entry {
    uint64_t number;
    int slot, author;
    int keeper[2], n_keepers;
    const char *action;
    struct spec_rev rev[REVS];
    bool left_out, other_vault, parentless;
    int forged;             /* 1: signed by somebody else as the author; 2: as the keeper; 3: as the second keeper */
};
struct spec {
    struct spec_entry entry[ENTRIES];
    int card_vault;         /* 1: the newest card is another vault's */
    bool cards_swapped, slots_swapped;  /* the first two */
};

/*
 * Slot 1: keepers' (authors 0 and, after the rekey, 2). Slot 2: a case holder's (author 1), added and removed. Slot 3: another's (3), who stays.
 * Author 4 is nobody. Keeper 0 and, after the rekey, 1; 2 and 3 are of others.
 */
extern const struct spec GOOD;

extern uint8_t author_pk[AUTHORS][32];
extern struct key_tree keeper[KEEPERS];
extern uint8_t vault_id[2][VAULT_ID_BYTES];

int make_keys(void **state);            /* before everything else */
int forget_keys(void **state);

/* What is a plain revision of that number: record id and revision id. */
void plain_pair(uint8_t pair[static PAIR_BYTES], int number);
/* The evidence; out is emptied first. */
void make_evidence(const struct spec *s, struct buf *out);

#endif
