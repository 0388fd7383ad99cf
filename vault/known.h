/*
 * known.h - the names of all records, for a keeper: who is alike, and which of them stands where everybody may read it.
 *
 * Layer:   session, private.
 * Secrets: holds names, withheld ones too, until known_free wipes them; sentences name records and fields only.
 * Format:  none: nothing of it is stored.
 *
 * Begin with zeros. For sessions that may not read names, everything does nothing. Not kept between calls of the library: no withheld
 * value is (unit/test_session).
 */
#ifndef VAULT_KNOWN_H
#define VAULT_KNOWN_H

#include "vault/names/index.h"
#include "vault/session.h"

struct known_name {
    uint8_t record[RECORD_ID_BYTES];
    const char *field;              /* of its type */
    bool withheld, fresh;           /* fresh: of a revision that is about to be written */
};

struct known {
    struct vault *v;                /* NULL: nothing was loaded */
    struct name_index *index;
    struct known_name *name;        /* by its number in the index */
    size_t n, room;
    struct buf text;                /* open texts that are to be judged */
    struct known_text *todo;
    size_t n_todo, room_todo;
};

/* Is there anything new and open in this revision (base NULL: of a new record) that a keeper would want judged? */
bool known_wanted(struct vault *v, const struct revision *rev, const struct revision *base);
/* Names of the newest revisions of all records, where the session is a keeper's. What cannot be read is passed over. */
VAULT_CHECK vault_err known_load(struct known *k, struct vault *v);
void known_free(struct known *k);

/*
 * A revision that is about to be written: its names, and its open texts that `base` (NULL: none) does not have, to be judged later.
 * `line` is told where one is at fault; 0: there are no lines.
 */
VAULT_CHECK vault_err known_take(struct known *k, const struct revision *rev, const struct revision *base, uint64_t line);
/*
 * Does a withheld name stand in one of those texts? A field for names may hold those of its own record. VAULT_ERR_REFUSED with the
 * word `name-in-open`, unless that is accepted.
 */
VAULT_CHECK vault_err known_judge(struct known *k);

/* All of that for one revision (base NULL: of a new record), before it is written. For sessions that know no names, nothing. */
VAULT_CHECK vault_err known_check(struct vault *v, const struct revision *rev, const struct revision *base);

/* Are two records one person's? */
bool known_is_same(const struct known *k, const uint8_t *a, const uint8_t *b);

/* ---- similar.c ---- */

/* Records with a name that agrees with one of `record`, best first; not those a keeper said are the same or are not. */
VAULT_CHECK vault_err known_similar(struct known *k, const uint8_t record[static RECORD_ID_BYTES], vault_hit_fn *fn, void *ctx);
/* The same for all records whose names are fresh; of two fresh ones that are alike, for the later. */
VAULT_CHECK vault_err known_similar_fresh(struct known *k, vault_similar_fn *fn, void *ctx);
/* The names of these n records (16 bytes each; they are sorted) count as fresh from now on. */
void known_freshen(struct known *k, uint8_t *records, size_t n);
/* Appends the ids of records with fresh names, for that, later. */
void known_fresh(const struct known *k, struct buf *out);

#endif
