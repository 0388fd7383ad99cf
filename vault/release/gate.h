/*
 * gate.h - the leak gate: does anything that is to be published hold what the vault withholds?
 *
 * Layer:   release (names, base).
 * Secrets: names and other withheld values lie in it, as they are or as hashes under a seed of its own; gate_free wipes them. A hit
 *          never repeats what was found.
 * Format:  none stored. docs/leak-gate.md tells what it finds and what it cannot.
 *
 * Fill it with every record of the vault, then search the final bytes of every file, and the name of every file. One thread at a time.
 */
#ifndef VAULT_RELEASE_GATE_H
#define VAULT_RELEASE_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vault/base/err.h"
#include "vault/base/hash.h"

#define GATE_FILE_MAX ((size_t)1 << 30)     /* bytes of one file */
#define GATE_HITS_MAX 1000u                 /* told of one file; behind them the search ends */

enum gate_kind {
    GATE_NAME,                  /* fields of kind name: every spelling and script that names are matched in */
    GATE_IDENTIFIER,            /* identifiers, contact: their letters and digits, whatever stands between, from GATE_IDENTIFIER_MIN on */
    GATE_TEXT                   /* other withheld text: the whole of it when it is short, else any GATE_RUN_WORDS words in a row of which three are
                                 * no common ones, and any GATE_RUN_COMMON words in a row */
};
#define GATE_IDENTIFIER_MIN 5u
#define GATE_RUN_WORDS 6u
#define GATE_RUN_COMMON 9u
#define GATE_TEXT_LETTERS_MIN 8u
#define GATE_TEXT_RECORDS 8u    /* words that so many records share tell of nobody, and are not looked for */

enum gate_file { GATE_CSV, GATE_JSON, GATE_HTML, GATE_PLAIN, GATE_FILE_NAME };

enum gate_class {
    GATE_FULL_NAME,             /* cannot be accepted */
    GATE_LONE_NAME,             /* a given name or surname alone: a keeper may accept it, hit by hit */
    GATE_VALUE,                 /* an identifier or other withheld text */
    GATE_PATTERN,               /* what looks like a passport, telephone or mail address, of whomever; record and field mean nothing */
    GATE_UNSEARCHED             /* the file could not be searched to its end (too many encodings in each other): refuse */
};

#define GATE_ID_LEN 10
struct gate_hit {
    const char *file;           /* as gate_search was given it */
    size_t line;                /* from 1 */
    size_t at, n;               /* where in the file it begins, and how many bytes it takes; n is 0 where that is not plain to see */
    enum gate_class what;
    uint32_t record;            /* the number it was added under */
    uint32_t more;              /* so many other records have it too */
    const char *field;          /* the record's field; for GATE_PATTERN "passport", "phone" or "mail" */
    const char *how;            /* "" as it is, else how it was hidden: "in base64, in percent encoding" */
    char id[GATE_ID_LEN + 1];   /* the same in each run over the same bytes: what a keeper accepts it by */
};
/* Not VAULT_OK ends the search with that error. */
typedef vault_err gate_hit_fn(void *ctx, const struct gate_hit *hit);

struct gate;
VAULT_CHECK vault_err gate_new(struct gate **out);
void gate_free(struct gate *g);             /* wipes; NULL is fine */

/*
 * One value of one record; what says too little to be looked for is left out without a word (a word or number that says little, an identifier of
 * fewer than GATE_IDENTIFIER_MIN letters and digits). `record`: the caller's number for it, the same in each run if ids are to stay.
 * Values of choices, numbers and dates are not to be added. VAULT_ERR_NO_SPACE.
 */
VAULT_CHECK vault_err gate_add(struct gate *g, enum gate_kind kind, uint32_t record, const char *field, struct part value);
/*
 * The record's own press_name. Where the very text that was found is that name (but for case and white space), it is no hit of this
 * record; it still is one of any other. The lone words of another inside a full name that is excused so are not told.
 */
VAULT_CHECK vault_err gate_add_public(struct gate *g, uint32_t record, struct part press_name);

/* Tell of each hit in a file, in the order of the file; the same place, record and class once. VAULT_ERR_NO_SPACE, or what fn returned. */
VAULT_CHECK vault_err gate_search(struct gate *g, const char *file, enum gate_file kind, struct part bytes, gate_hit_fn *fn,
    void *ctx);

/* "full name", "lone name", ... */
const char *gate_class_text(enum gate_class what);

#endif
