/*
 * published.h - what readers already know about single people, and what they make of a release with it.
 *
 * Layer:   release (names, record for dates).
 * Secrets: facts are public. No sentence quotes a fact or a cell: entries by number, fields by name.
 * Format:  docs/risk.md, "The attacker's file": an array of {"about": text, "source": text, "where": {field: text, ...}}.
 *
 * A fact is laid beside each row. A field fits surely, not at all, or nobody can tell (a place without its country, a value that a
 * hierarchy lacks). So a fact is read in several ways: only what surely fits; all that may fit; and, as a reader may know where a place
 * lies, each value alone of which nobody here can tell, in every combination. It is refused when one of these leaves at least one row and fewer than k.
 */
#ifndef VAULT_RELEASE_PUBLISHED_H
#define VAULT_RELEASE_PUBLISHED_H

#include "vault/release/treat.h"

#define PUBLISHED_FILE_MAX ((size_t)16 << 20)
#define PUBLISHED_MAX 10000u
#define PUBLISHED_FIELDS_MAX 32u
#define PUBLISHED_TEXT_MAX 1024u

struct published_field {
    char *name, *text;
};
struct published_fact {
    char *about, *source;
    struct published_field field[PUBLISHED_FIELDS_MAX];
    size_t n_fields;
};
struct published {
    struct published_fact *fact;
    size_t n;
};

/* The caller frees, also after an error. VAULT_ERR_INPUT with file and entry: not such an array, a key twice or unknown, over a limit, a fact that tells
 * nothing. VAULT_ERR_NOT_FOUND. */
VAULT_CHECK vault_err published_read(struct published *out, const char *path);
/* The same of a text; `name` is what the file is called in sentences. */
VAULT_CHECK vault_err published_parse(struct published *out, const char *json, size_t n, const char *name);
void published_free(struct published *p);

/* ---- a release as readers see it ---- */

struct replay_ask {
    const struct sheet *sheet;          /* names of columns are those of fields; kind, treat and arg tell how a text is meant */
    const struct hierarchy *const *hierarchy;       /* for each column, or NULL; NULL: none */
    const struct published *published;
    uint32_t k;
    bool single_case;                   /* not how many fit, but whether a row that fits tells more than is known */
};

enum replay_kind {
    REPLAY_ISOLATES,                    /* refuses: 1 <= candidates < k */
    REPLAY_TELLS_MORE,                  /* refuses, in a single case: `row` and field[0] */
    REPLAY_NOBODY                       /* a note: no row fits field[0], so perhaps it is written in other words than the release */
};
struct finding {
    enum replay_kind kind;
    size_t fact;                        /* from 0; sentences count from 1 */
    size_t candidates;
    size_t row;
    size_t field[PUBLISHED_FIELDS_MAX];         /* columns that isolate: none can be left out */
    size_t n_fields;
    char sentence[256];
};
struct findings {
    struct finding *found;              /* in the order of facts */
    size_t n, cap;
};

/* The caller frees, also after an error. A fact none of whose fields is a column fits all rows. VAULT_ERR_INPUT: too many fields in a fact of which
 * nobody can tell. */
VAULT_CHECK vault_err replay(struct findings *out, const struct replay_ask *ask);
void findings_free(struct findings *f);
/* How many rows a fact leaves, in the reading that leaves fewest but at least one (0: no reading leaves any). */
VAULT_CHECK vault_err replay_candidates(size_t *out, const struct replay_ask *ask, size_t fact);

/* ---- one text beside another ---- */

enum fit { FIT_NO, FIT_UNTOLD, FIT_LOOSE, FIT_YES };        /* LOOSE: may be, by a reader who is generous */
/* For each value of the column: does it fit what is known? out has room for n_values. VAULT_ERR_NO_SPACE only. */
VAULT_CHECK vault_err replay_fit(enum fit *out, const struct sheet_column *c, const struct hierarchy *h, const char *known);
/* Does the cell tell more than what is known (so that it is news even for who knows that)? */
VAULT_CHECK vault_err replay_tells_more(bool *out, const struct sheet_column *c, const struct hierarchy *h, const char *known, const char *cell);

#endif
