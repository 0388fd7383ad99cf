/*
 * scan.h - going through all records: read on one thread, decrypted and verified on two, told on one.
 *
 * Layer:   record.
 * Secrets: plaintext of two batches of revisions at a time, wiped; keys in guarded memory.
 * Format:  none of its own.
 */
#ifndef VAULT_RECORD_SCAN_H
#define VAULT_RECORD_SCAN_H

#include "vault/record/recs.h"

struct scan {
    struct recs *r;
    bool withheld;          /* withheld values as well (keeper) */
    bool all;               /* every revision, not only heads of records that were not removed (of equal heads: one) */
    bool system;            /* system records too */
    bool own_only;          /* withheld values only with the revision that introduced them */
    bool tolerate;          /* tell what cannot be read to `bad` and go on */

    /*
     * NULL, or asked first whether `fn` wants this one, on either of two threads (0 or 1: each call
     * of one number ends before the next). What it is given was decrypted, not verified; without the
     * values that an earlier revision introduced, and not asked where there are such.
     */
    vault_err (*sift)(struct scan *s, unsigned thread, const struct revision *rev, bool *wanted);
    /*
     * NULL, or for who looks for names alone: asked before all else of revisions whose names are all in their own withheld blob
     * (names_hidden in seal.h), given what that one has: no type, no open values. A yes leaves it to the others. Not asked where `doubt` says yes.
     */
    vault_err (*sift_names)(struct scan *s, unsigned thread, const struct revision *rev, bool *wanted);
    /* NULL, or whether withheld values of this one are asked for at all; where not, they are left unread, as for a scan without
     * `withheld`. Given its open values, verified or not. On either thread. */
    bool (*hidden)(const struct scan *s, const struct revision *rev);
    /* NULL, or: might who wrote revision n hold a key to put other withheld values in their place? Those are verified before they
     * are passed over. On either thread. */
    bool (*doubt)(const struct scan *s, uint32_t n);
    /* Called for each, verified; one call at a time, on another thread. Sets `stop` to end early. */
    vault_err (*fn)(struct scan *s, uint32_t n, struct revision *rev);
    /*
     * With tolerate: revision n cannot be read (rev NULL); or withheld values of it cannot, and `fn` is called next,
     * without them. vault_last_error() says why (on that thread). Without tolerate that ends the scan. A record
     * of which an older revision cannot be read is left out, as nobody can tell which is its newest.
     */
    vault_err (*bad)(struct scan *s, uint32_t n, const struct revision *rev);
    void *ctx;
    _Atomic bool stop;
    bool *passed;           /* by number: sift_names did not want it; the scan's own */
    bool *broken;           /* by first number: records that are left out; the scan's own */
};

/* Heads of all records become known. */
VAULT_CHECK vault_err scan_heads(struct recs *r);
VAULT_CHECK vault_err scan_run(struct scan *s);

/* ---- between scan.c and heads.c ---- */

/* Every revision that `wants` wants. */
VAULT_CHECK vault_err scan_these(struct scan *s, bool (*wants)(struct scan *s, uint32_t n));
/* The same as scan_heads, before a scan: with its tolerance, and its `broken` is filled. */
VAULT_CHECK vault_err scan_heads_for(struct scan *s);

#endif
