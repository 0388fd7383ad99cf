/*
 * release.h - a release in the making: what the policy asks for, gathered out of the vault, judged, written.
 *
 * Layer:   session, private.
 * Secrets: the secret of the audience in guarded memory; rows of the map and what is searched for hold names, in wiped memory.
 * Format:  docs/release.md.
 *
 * release_open reads the policy; release_gather what it asks for (release_gather.c, _persons.c); release_judge applies every rule
 * (release_rules.c) to the files that release_files made; vault_release_make writes them (release_make.c).
 */
#ifndef VAULT_RELEASE_H
#define VAULT_RELEASE_H

#include "vault/conditions.h"
#include "vault/known.h"
#include "vault/release/hierarchy.h"
#include "vault/release/page.h"
#include "vault/release/policy.h"
#include "vault/release/ledger.h"
#include "vault/release/risk.h"
#include "vault/releases.h"

/* ---- what is refused ---- */

struct refusals {
    struct vault_refusal *list;             /* where and detail are owned */
    size_t n, cap;
};
/* accept: the word that overrides it (static), or NULL. */
VAULT_CHECK vault_err refusal_add(struct refusals *r, const char *rule, const char *accept, const char *where, const char *fmt, ...) VAULT_PRINTF(5, 6);
void refusals_free(struct refusals *r);

/* ---- what is gathered ---- */

enum source_kind { SOURCE_ROWS, SOURCE_TABLE, SOURCE_PUBLIC };

struct release_column {
    const struct field_def *f;
    enum treat treat;
    unsigned arg;
    struct hierarchy *h;                    /* or NULL */
    bool link;                              /* to a released type: its pseudonym stands here */
};

/* Records of one type that meet conditions. */
struct release_source {
    enum source_kind kind;
    size_t at;                              /* in the policy's list of that kind */
    const struct type_def *type;
    struct conditions *where;
    struct release_column *column;
    size_t n_columns;
    struct sheet sheet;                     /* of ROWS column 0 is the pseudonym; then, as for the others, one for each of `column` */
    size_t skip;                            /* 1 for ROWS */
    struct sheet stored;                    /* of ROWS: the same rows and columns, as they are recorded: for advice */
    bool several;                           /* a cell has several values, of which `stored` has the last: then advice must do without it */
    struct sheet map;                       /* of ROWS: the fields of the policy's map, as they are */
    const struct field_def **map_field;
    uint32_t *record;                       /* first number, by row */
    size_t cap_record;
    struct release_link { uint32_t row, column, first; } *link;
    size_t n_links, cap_links;
    struct release_text { uint32_t row, column; uint8_t subject[JUDGED_BYTES]; bool judged, withheld; } *text;    /* reviewed ones */
    size_t n_texts, cap_texts;
};

/* From one record to another that it is about. */
struct release_edge {
    uint32_t from, to;                      /* to 0: a record that is not in this vault */
    bool tells;                             /* to a person or case: who it is about cannot be told without it */
};

struct release_consent {
    uint32_t person;                        /* first number of its lead */
    uint32_t n;                             /* the revision: which of two of one day came later */
    int32_t given, expires, withdrawn;      /* days since 1970; INT32_MIN: not said */
    bool conflict;                          /* its record has several newest versions */
    bool audience, uses[4];                 /* for this audience; in the order of the type's choices */
};

/* Tables of one type and one condition: the same rows, counted in several ways, so protected together. */
struct release_group {
    const struct type_def *type;
    const struct policy_where *where;
    size_t n_where;
    struct sheet joint;                     /* their rows, with the columns of all */
    struct table *table;
    struct sheet *shown;                    /* each as it is published */
    size_t *min_count, *suppressed;
    size_t n;
};

/* All records of a type, before any condition. */
struct release_all {
    const struct type_def *type;
    uint8_t (*id)[LEDGER_ID];
    size_t n, cap;
};

struct release {
    struct vault *v;
    char *folder;                           /* of the policy */
    const char *called;                     /* the folder that is to be, its last part: or NULL. Borrowed */
    struct policy p;
    struct buf text;                        /* of the policy */
    struct release_source *source;
    size_t n_sources;
    struct release_group *group;
    size_t n_groups;
    struct release_all *all;                /* of each type with rows or tables */
    size_t n_all;
    struct buf snapshot;                    /* for the ledger */
    struct release_edge *edge;
    size_t n_edges, cap_edges;
    struct release_consent *consent;
    size_t n_consents, cap_consents;
    uint8_t *kind;                          /* by first number: 1: a person, 2: read (not removed, nor lost) */
    size_t n_strangers;                     /* rows about somebody who cannot be told */
    struct judgements judged;
    struct releases earlier;
    struct secret *secret;                  /* of the audience */
    bool new_secret;                        /* it is not in the vault yet */
    char as_of[96];                         /* day of the newest revision that is in it */
    int64_t newest;
    uint32_t *person;                       /* first numbers of all who are in it, sorted, each once */
    size_t n_persons, cap_persons;
    struct refusals refusals;
    /* Rows below k, for the keeper: who, what her row looks like, and by which column she stands out most. */
    struct release_exposed { uint32_t record; uint64_t size, without; const char *column; } *exposed;
    size_t n_exposed, cap_exposed;
    struct release_advice { char **text; size_t n, cap; } advice;
    struct buf risk;                        /* figures, as a JSON object */
    struct release_figures { struct release_figure *list; size_t n, cap; } figures;     /* its texts but `table`, `name`, `meaning` are owned */
    struct release_words { char **text; size_t n, cap; } words;     /* that override single refusals */
    struct release_notes { char **text; size_t n, cap; } notes;     /* sentences of the method note */
    struct release_files files;             /* once rendered */
    struct known known;                     /* names of all records */
    struct buf value, joined;               /* room */
};

/* VAULT_ERR_INPUT, VAULT_ERR_NOT_FOUND, VAULT_ERR_REFUSED (no keeper). In any case release_close. */
VAULT_CHECK vault_err release_open(struct release *r, vault *v, const char *policy);
void release_close(struct release *r);
/* A file that the policy names. *out is the caller's to free. */
VAULT_CHECK vault_err release_path(const struct release *r, const char *file, char **out);

/* Has that record several newest versions that differ? During a scan. */
bool release_in_conflict(const struct release *r, uint32_t first);

/* Everything but the files: sources are filled, pseudonyms drawn, rows in their order. */
VAULT_CHECK vault_err release_gather(struct release *r);

/* ---- release_persons.c ---- */

/* Note what revision n says of who is concerned, and of consent. */
VAULT_CHECK vault_err release_note(struct release *r, uint32_t n, const struct type_def *t, const struct revision *rev);
/* Is anything of this type wanted for that? */
bool release_wants_type(const struct release *r, const struct type_def *t);
/* Whose consent is needed: r->person; and refusals for those who have not given it. */
VAULT_CHECK vault_err release_judge_consent(struct release *r);

/* ---- release_rules.c ---- */

/* Every rule but the gate, before anything is rendered: more refusals, advice, figures, and what is suppressed. */
VAULT_CHECK vault_err release_judge_all(struct release *r);
/* A sentence that somebody reads: for the keeper; for the method note. */
VAULT_CHECK vault_err release_advise(struct release *r, const char *fmt, ...) VAULT_PRINTF(2, 3);
VAULT_CHECK vault_err release_remark(struct release *r, const char *fmt, ...) VAULT_PRINTF(2, 3);

/* Figures and thresholds of rows, suppression (release_risk.c). */
VAULT_CHECK vault_err release_judge_risk(struct release *r);
/* The attacker's file (release_published.c). */
VAULT_CHECK vault_err release_judge_published(struct release *r);
/* Counts, and what is kept back of them (release_tables.c). */
VAULT_CHECK vault_err release_judge_tables(struct release *r);
/* Against every earlier release; r->snapshot (release_ledger.c). */
VAULT_CHECK vault_err release_judge_ledger(struct release *r);
void release_groups_free(struct release *r);
/* The leak gate, over the rendered files (release_gate.c). */
VAULT_CHECK vault_err release_judge_leaks(struct release *r);
/* A copy of a word that lives as long as the release; NULL: no memory. */
const char *release_keep_word(struct release *r, const char *word);

/* ---- release_advice.c ---- */

/* What would help a sheet that is below k, and who is exposed. hierarchy: of each column. */
VAULT_CHECK vault_err release_advise_k(struct release *r, const struct release_source *s, const struct risk_ask *ask);
/* The highest risk of those whose rows belong together, as their cases link to them. */
VAULT_CHECK vault_err release_linked_risk(const struct release *r, const struct release_source *s, const uint64_t *size, double *out);
/* A page for the keeper: refusals, advice, who is exposed, with a picture. Appended. It names records by code and title: it is no part of a release. */
VAULT_CHECK vault_err release_report(struct release *r, struct buf *out);

/* ---- release_press.c ---- */

/* Is a press name anybody else's, or a name that the vault withholds? */
VAULT_CHECK vault_err release_judge_press(struct release *r);
/* What a keeper agreed to with the word `press-name` is remembered: into an open change. */
VAULT_CHECK vault_err release_keep_judgements(struct release *r, struct change *c);
/* Was a record's press name agreed to? */
bool release_press_agreed(const struct release *r, uint32_t first, struct part name);
/* Each press name that this release tells. Not VAULT_OK ends it. */
typedef vault_err release_press_fn(struct release *r, uint32_t first, const char *name, void *ctx);
VAULT_CHECK vault_err release_each_press_name(struct release *r, release_press_fn *fn, void *ctx);

/* ---- release_doc.c ---- */

/* r->files: everything but the manifest. */
VAULT_CHECK vault_err release_make_files(struct release *r);
/* The manifest and its signature behind them. */
VAULT_CHECK vault_err release_sign_files(struct release *r);

/* ---- release_pseudonym.c ---- */

/* Draw or find the secret of the audience. */
VAULT_CHECK vault_err release_need_secret(struct release *r);
/* Give each row its pseudonym, fill in links, and put rows into the order of pseudonyms. */
VAULT_CHECK vault_err release_pseudonyms(struct release *r);
#define PSEUDONYM_CHARS 14u
/* Is that row called by a press name? */
bool release_has_press_name(const struct release *r, const struct release_source *s, size_t row);
/* Of a record (its lead) for this audience, zero-terminated. */
void release_code(const struct release *r, uint32_t first, char out[static PSEUDONYM_CHARS + 1]);

#endif
