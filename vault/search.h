/*
 * search.h - what every kind of search shares: which records and fields are looked at, the scan, and how a hit is told.
 *
 * Layer:   session, private.
 * Secrets: decrypted values pass through; what was typed may be a name.
 * Format:  none.
 *
 * A kind of search (search.c: words; names) gives `match` and `found`, and calls search_run.
 */
#ifndef VAULT_SEARCH_H
#define VAULT_SEARCH_H

#include "vault/conditions.h"
#include "vault/record/scan.h"
#include "vault/same_hits.h"
#include "vault/unread.h"

#define SEARCH_NAME_FIELDS 16u

struct search {
    struct vault *v;
    const struct vault_search_query *q;
    vault_hit_fn *fn;               /* of the caller of the library */
    void *fn_ctx;

    /* Of the kind of search. */
    void *ctx;
    /* NULL, or which fields it looks at at all. */
    bool (*reads)(const struct search *s, const struct field_def *f);
    /*
     * Might this one be a hit? t NULL: whatever its type is, and of its withheld values alone. Of the type and the conditions in question. Not verified yet, and the answer no is final: on either
     * thread of the scan (0, 1), reading leaves for which search_reads says yes and that have a value.
     */
    vault_err (*match)(struct search *s, unsigned thread, const struct type_def *t, const struct revision *rev, bool *yes);
    /* The same of a verified one, one call at a time, to tell it or keep it. Not all that `match` wanted come here, and some that it was
     * not asked about. May set stop. */
    vault_err (*found)(struct search *s, const struct type_def *t, const struct revision *rev);

    struct part name_field[SEARCH_NAME_FIELDS];     /* fields of kind name that are looked at, where no others are */
    size_t n_name_fields;
    bool stop;
    struct conditions *where;       /* its own from here */
    struct unread unread;
    struct buf title;
    struct same_hits merged;        /* in records that were merged into others: told last */
};

/* Would a value of this leaf be looked at, in this session and by this query? t NULL: where it is of any type. */
bool search_reads(const struct search *s, const struct type_def *t, const struct leaf *l);
/* Is this leaf withheld by its own tier or by the type in force? */
bool search_withheld(const struct search *s, const struct type_def *t, const struct leaf *l);
/* h->id, type and label of a record; borrowed from `code` and s->title, until the next call. */
VAULT_CHECK vault_err search_describe(struct search *s, const struct type_def *t, const struct revision *rev,
    char code[static VAULT_CODE_LEN + 1], struct vault_hit *h);
/* Tell a hit in this record; one that was merged into another waits until that can be named. Sets stop. */
VAULT_CHECK vault_err search_tell(struct search *s, const uint8_t record[static RECORD_ID_BYTES], const struct vault_hit *h);
/*
 * Judge type, field and conditions of the query, then go through all records. In the end unread records are named as the error, unless
 * `found` stopped it: call `done` (NULL: nothing) before, if everything was gone through, to tell what was kept.
 */
VAULT_CHECK vault_err search_run(struct search *s, vault_err (*done)(struct search *s));

#endif
