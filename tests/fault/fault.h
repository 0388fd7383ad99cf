/* fault.h - the tests of this program; each ends it (die) when a promise is broken. */
#ifndef TESTS_FAULT_FAULT_H
#define TESTS_FAULT_FAULT_H

#include "tests/fault/world.h"

/* From the command line, with defaults. */
struct options {
    const char *deed, *way;     /* way NULL: all that the test knows */
    unsigned rounds, seed;
    bool loud;
    bool places;                /* of the allocations from one place the first and the last */
};

/* kill.c */
void test_kill(struct world *w, const struct options *o);
void test_clean(struct world *w, const struct options *o);
void test_torn(struct world *w, const struct options *o);
void test_twice(struct world *w, const struct options *o);
void test_random(struct world *w, const struct options *o);
void test_full(struct world *w, const struct options *o);
void test_broken(struct world *w, const struct options *o);
void test_unreadable(struct world *w, const struct options *o);
/* memory.c */
void test_memory(struct world *w, const struct options *o);
struct hurt;
/* Once, by the process that starts children to starve. */
void memory_begin(void);
/* In the child: p->mode is an alloc_mode. A crash in a library of others, which is no fault of ours, ends it with CRASH_ELSEWHERE. */
void memory_starve(const struct hurt *p);
#define CRASH_ELSEWHERE 97
/* power.c */
void test_power(struct world *w, const struct options *o);
/* lasting.c */
void test_lasting(struct world *w, const struct options *o);
/* tamper.c */
void test_keys(struct world *w, const struct options *o);
void test_forged(struct world *w, const struct options *o);
void test_bytes(struct world *w, const struct options *o);
void test_pages(struct world *w, const struct options *o);
void test_cut(struct world *w, const struct options *o);
void test_foreign(struct world *w, const struct options *o);
void test_planted(struct world *w, const struct options *o);
void test_journal(struct world *w, const struct options *o);
/* The promises of tamper.c. `work` was tampered with; `good` holds what it held. False: check finds
 * nothing, and what is read is the same. Anything else ends the program. */
bool tamper_found(struct world *w, bool new_pass, const struct state *good, const char *what,
    struct problems *p);
/* rows.c; the deed is removed, swapped, packs, changed, stray or schema */
void test_rows(struct world *w, const struct options *o);

#define SEEN_BYTES 32
struct seen {
    uint8_t hash[SEEN_BYTES];
    bool after;
};

/* outcome.c. After a kill at `work`: it opens, holds what it held before or after the deed, nothing is wrong,
 * nothing lies about. `what` says in words when the kill was. */
struct outcome {
    const struct deed *deed;
    struct state before, after;
    unsigned n_before, n_after;         /* how often which */
    unsigned try_new_first;
    unsigned n_dead;                    /* journals that were never in force */
    bool clean;                         /* no journal may be left, not even one that was never in force */
    bool in_use;                        /* somebody has `work` open: look at a copy */
    struct seen *seen;                  /* answers: where every byte is the same, they are */
    size_t n_seen;
    struct deed_end end;                /* set before each check, but for `after` and `what` */
};
void outcome_of(struct world *w, const struct deed *d, struct outcome *o);
/* Not a byte is another (or only a journal was left that says nothing, for some of which the answer is still no): it is the old
 * state, and all that is asked was asked of that. */
bool outcome_untouched(const struct world *w, struct outcome *o);
/* Before anything is opened again: nobody else may read the vault; beside it, what was begun under another name is gone, where it may not
 * litter, and holds no value. */
void outcome_beside(const struct world *w, const struct outcome *o, const char *what);
/* How it ended was found out: counts it, and looks at what lies outside. */
void outcome_count(struct world *w, struct outcome *o, bool after, const char *what);
/* Have these very bytes not been left before? */
bool outcome_first(const struct world *w, struct outcome *o);
/* True: what it held after. */
bool outcome_check(struct world *w, struct outcome *o, const char *what);
void outcome_free(struct outcome *o);

#endif
