/*
 * offices_model.h - what offices that exchange bundles should say of one record, by what was written and who knew of it; it knows nothing of revisions.
 *
 * Writes, and which ones their author saw when he wrote. A write that nobody wrote over is live; a field with two different live ones is in conflict, and nothing else is.
 * Who resolves a conflict writes nothing, but says which of the values are not to be; that stands until somebody who knows of it chooses again. Who chooses a value that
 * had been put aside brings it back, as if he wrote it anew. Who chooses, or goes on from, what the others have left behind, and knew too, is back at what was, and that
 * changes nothing: who wrote over it wrote over that. Sets are of writes and choices, a bit each; who: number of an office.
 */
#ifndef TESTS_UNIT_OFFICES_MODEL_H
#define TESTS_UNIT_OFFICES_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_OFFICES 3
#define MODEL_FIELDS 5
#define MODEL_WRITES 64u            /* of one history: a bit each */

struct model_write {
    unsigned field, value;          /* value 0: none */
    uint64_t over;                  /* the writes that it replaced */
    uint64_t seen;                  /* what its author knew */
    bool choice;                    /* no write, but a choice: those that were not chosen */
    uint64_t kept;                  /* of a choice, and of `same`: those of the value that was chosen */
    uint64_t alike;                 /* of a choice, and of `same`: all of that value that its author knew of, written over or not */
    uint64_t past;                  /* of a choice: earlier ones that its author knew of, which count no more */
    uint64_t same;                  /* no write: somebody saw these, of one value, and went on: who writes over one, does over all */
};

extern struct model {
    unsigned n;
    bool chosen;                    /* somebody resolved something */
    struct model_write write[MODEL_WRITES];
    uint64_t known[MODEL_OFFICES];
} model;

/* Writes in this field that this office knows, and nobody wrote over (choices: nor chose against). */
uint64_t model_live(unsigned who, unsigned field, bool choices);
/* Is there one value (0: none), or (false) a conflict? */
bool model_settled(unsigned who, unsigned field, unsigned *value);
bool model_in_conflict(unsigned who);
/* Is that value one of those that count? */
bool model_counts(unsigned who, unsigned field, unsigned value);
/* Had the field no value before, as far as he knows? Who goes back to what was changes nothing, and such histories are left out: all other values differ. */
bool model_was_unset(unsigned who, unsigned field);

void model_note_write(unsigned who, unsigned field, unsigned value);
void model_note_choice(unsigned who, unsigned field, unsigned value);
/* It goes on from all that it has: values that are the same on several sides are one from here on. */
void model_note_same(unsigned who);

#endif
