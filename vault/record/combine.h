/*
 * combine.h - several heads of one record: which values they share, which one supersedes, which are in conflict.
 *
 * Layer:   record.
 * Secrets: withheld values of the heads (keeper) in wiped buffers until combine_free.
 * Format:  docs/format.md, "Records, revisions, leaves": several heads.
 *
 * The rule. A key is (field, element); at each, a revision has a state: a value in a tier, or none. Values are compared, withheld ones that
 * cannot be read by their c; a value that was purged or lost is none. For two heads, those of their common ancestors count that no other
 * of these follows; where there is none, one without any value. A state gives way to one that none of these has, if all of them have it, or if it is what comes
 * of them where they are brought together by this rule. So a choice between two values is not undone by who went on from the other choice: the ancestors are in conflict, and it is
 * one still. Where this takes too much (combine_load.c), it is left out for the whole record, and somebody chooses.
 * At a key the state wins that each other head has, or gives way to; without such a state the key is in conflict. So no order matters, nothing is
 * lost that only one side touched, and nothing that both touched is decided by the program.
 */
#ifndef VAULT_RECORD_COMBINE_H
#define VAULT_RECORD_COMBINE_H

#include "vault/record/recs.h"

#define COMBINE_SIDES_MAX REVISION_PARENTS_MAX

/* One of the heads. */
struct combine_side {
    uint32_t n;                 /* its number */
    struct revision rev;
    struct buf extra;           /* withheld values that it carries */
    const struct type_def *type;    /* NULL: not known */
    bool out;                   /* nothing of it counts: a person chose another (combine_take_side) */
};

struct combine_key {
    const struct leaf *like;    /* of a side: keys are in the order of leaves */
    struct part field;          /* borrowed from it */
    uint8_t element[ELEMENT_BYTES];
    uint8_t n_element;
    int winner;                 /* the side whose state wins; -1: in conflict */
};

struct combine {
    const struct gone *gone;
    struct combine_side side[COMBINE_SIDES_MAX];    /* first the head that stands for the record */
    size_t n_sides;
    struct combine_key *key;
    size_t n_keys;
    const struct leaf **leaf;   /* leaf[key * n_sides + side]; NULL: it has none there */
    uint16_t *held;             /* by the same: bit j, an ancestor that counts for it and side j has that state */
    uint16_t *other;            /* by the same: one of these has another, and that is not settled by combine_together */
    size_t conflicts;           /* keys without a winner */
    /* Not even a choice for each key would do: one side removed the record that another changed, or they are of two types. A
     * person chooses a side. Then `winner` says nothing. */
    bool whole;
};

/* Have these two the same value in the same tier? NULL: none. */
bool combine_same(const struct leaf *a, const struct leaf *b);
/* What a revision says, all of it, as one hash: the same for two heads that are equal. For comparing only, and to be wiped. */
VAULT_CHECK vault_err combine_digest(const struct recs *r, const struct revision *rev, uint8_t out[static 32]);

/*
 * The heads of a record, with the withheld values that this session may read, and the rule applied to them; of more than
 * COMBINE_SIDES_MAX that one and the first by row (they come together in turns). x is zeroed by the caller, and freed by combine_free whatever happened. VAULT_ERR_DAMAGED.
 */
VAULT_CHECK vault_err combine_load(struct recs *r, uint32_t first, struct combine *x);
void combine_free(struct combine *x);
/* Neither conflict nor choice: it can be written as it is. */
static inline bool
combine_is_clean(const struct combine *x)
{
    return x->conflicts == 0 && !x->whole;
}

static inline const struct leaf *
combine_leaf(const struct combine *x, size_t key, size_t side)
{
    return x->leaf[key * x->n_sides + side];
}

/* A person chose this side where `whole` is set: removal, or content of that type. The rule then goes by the sides of the same
 * kind, which may be in conflict. */
void combine_take_side(struct combine *x, size_t side);

/* The revision that brings them together, drafted: values of the winners, all sides its parents, the type in force. Values are
 * borrowed from x, which must be clean. */
VAULT_CHECK vault_err combine_draft(struct recs *r, const struct combine *x, struct revision *rev);

/* ---- the steps of combine_load, over revisions at hand ---- */

/* The keys, from the sides that were filled in. */
VAULT_CHECK vault_err combine_keys(struct combine *x);
/* An ancestor that counts for sides i and j; NULL: they have none. */
void combine_ancestor(struct combine *x, size_t i, size_t j, const struct revision *anc);
/* After these: does it matter that they differ? Then y says what comes of them: its sides are these ancestors, and it was judged. */
bool combine_is_open(const struct combine *x, size_t i, size_t j);
void combine_together(struct combine *x, size_t i, size_t j, const struct combine *y);
/* Winners, conflicts and `whole`. */
void combine_judge(struct combine *x);

#endif
