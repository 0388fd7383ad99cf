/*
 * evidence.h - what tells that two records are of one person, gathered of all persons at once.
 *
 * One scan. Of each person there remain traits (a span of days, hashes, names) and *clues*: keys that
 * two records of one person would share. Only pairs that share a clue are ever compared.
 *
 * Layer:   session, private.
 * Secrets: names of all persons in a buffer that is wiped; everything else as hashes under a key of this run.
 *          In the case tier only what is open is looked at.
 * Format:  none.
 */
#ifndef VAULT_EVIDENCE_H
#define VAULT_EVIDENCE_H

#include "vault/record/date.h"
#include "vault/session.h"
#include "vault/unread.h"

struct evidence_name { uint32_t at, n; const struct field_def *field; };    /* bytes of `text` */

struct trait {
    uint32_t first;             /* of the record */
    uint32_t name, n_names;     /* places in `name` */
    struct date_span born;
    bool has_born;
    uint64_t sex, citizenship;  /* 0: not said */
};

enum clue_kind { CLUE_IDENTIFIER, CLUE_LINK, CLUE_NAME };      /* names last: there are most of those */
struct clue {
    uint64_t key;
    uint32_t person;            /* place in `trait` */
    uint32_t kind;
};

struct evidence {               /* begin with zeros */
    struct vault *v;
    uint8_t key[32];
    struct trait *trait;
    uint32_t n_traits;
    struct clue *clue;          /* sorted by kind and key, none twice */
    size_t n_clues;
    struct evidence_name *name;
    uint32_t n_names;
    size_t cap_traits, cap_clues, cap_names;
    struct buf text, keys;
    struct unread unread;       /* records that could not be read whole */
};

/* Look at everything. VAULT_OK also where some could not be read: `unread`. */
VAULT_CHECK vault_err evidence_gather(struct evidence *e, struct vault *v);
void evidence_free(struct evidence *e);

#endif
