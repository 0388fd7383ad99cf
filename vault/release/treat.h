/*
 * treat.h - one value as it is released, what a released text covers, and what the next coarser treatment is.
 *
 * Layer:   release (record for dates).
 * Secrets: what is kept back lies in the caller's buffers.
 * Format:  docs/risk.md, "Treatments"; texts are 1960-1969 (band), 1962, 2016-Q2, 2016-04 (date), "b, c" (place), a cell of a file (hierarchy).
 *
 * A date or number that does not lie in one band, year, quarter or month as a whole becomes SHEET_SUPPRESSED: a wider range would be a label of its
 * own, and the one who bears it would stand out by what is not known of him. No mark (~ ? %) survives. Empty stays empty, SHEET_SUPPRESSED stays so.
 */
#ifndef VAULT_RELEASE_TREAT_H
#define VAULT_RELEASE_TREAT_H

#include "vault/release/hierarchy.h"

#define TREAT_BAND_MAX 10000u
#define TREAT_PLACE_MAX 16u

struct treatment {
    enum treat treat;
    unsigned arg;
    const struct hierarchy *h;          /* TREAT_HIERARCHY; borrowed */
};

/*
 * What the stored text `value` becomes, appended to out: dates as canonical EDTF, numbers in decimal, places as "a, b, c". VAULT_ERR_INPUT: neither a date nor
 * a number, not a date, not in the hierarchy (the sentence does not quote it), an arg that is none. PSEUDONYM and REVIEWED, which need more than
 * the value: VAULT_ERR_FAILED.
 */
VAULT_CHECK vault_err treat_apply(struct buf *out, enum treat t, unsigned arg, const struct hierarchy *h, const char *value);
/* The same of a text that was released already: `from` made it. Coarser only; what cannot be told from it becomes SHEET_SUPPRESSED. */
VAULT_CHECK vault_err treat_again(struct buf *out, const struct treatment *from, const struct treatment *to, const char *text);
/* Each text of a column by one of them (from NULL: it is as stored). On an error *at_row is the first row with a text that does not go; else SIZE_MAX. */
VAULT_CHECK vault_err treat_column(struct sheet *s, size_t column, const struct treatment *from, const struct treatment *to, size_t *at_row);

/* The next coarser treatment; TREAT_DROP in the end. `kind` is that of the field, or NULL; parts: how many a place of the column has at most. */
struct treatment treat_coarser(const struct treatment *t, const char *kind, unsigned parts);
/* As a policy has it: {"band": 10}, "drop"; `file` is what the policy calls a hierarchy. */
VAULT_CHECK vault_err treat_json(struct buf *out, const struct treatment *t, const char *file);

/* What a released or stored text may mean, as days since 1970 (dates) or numbers; both ends belong to it. False: neither. A text of four
 * digits is a year; of other treatments than dates, with BAND, it may be a number as well: see `days`. */
struct treat_span {
    int64_t from, to;
    bool days;
};
bool treat_span(struct treat_span *out, const struct treatment *t, const char *kind, const char *text);

/* Parts of a place, from the left; at most TREAT_PLACE_MAX (what is left of them stays in the first). Borrowed from text. */
unsigned treat_place_parts(struct part part[TREAT_PLACE_MAX], const char *text);

#endif
