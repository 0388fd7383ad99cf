/*
 * web.h - how the counts of several tables over the same rows hang together.
 *
 * Layer:   release; for table_*.c and ledger*.c only.
 * Secrets: as table.h.
 * Format:  none.
 *
 * A *count* here is how many rows have certain values in some of the columns, whichever tables show it: one that stands in two
 * tables is one. A *line* is a total and the parts that add up to it. Below the tables lie the counts by all columns together, which nobody
 * shows: through them tables that share a column hang together.
 */
#ifndef VAULT_RELEASE_WEB_H
#define VAULT_RELEASE_WEB_H

#include "vault/release/table.h"

#define WEB_DIMS_MAX 12u

enum web_flag {
    WEB_SHOWN = 1,                      /* a cell of a table */
    WEB_FACT = 2,                       /* known to everybody, whatever we do */
    WEB_SMALL = 4,                      /* 1 to min_count - 1: kept back for itself */
    WEB_GROUP = 8,                      /* all of a group: kept back for itself */
    WEB_ZERO = 16,                      /* a zero that may be kept back, for the sake of such a group */
    WEB_FINEST = 32                     /* no total in one of its tables */
};
#define WEB_PRIMARY (WEB_SMALL | WEB_GROUP)

struct web_dim {
    const struct table_dim *dim;        /* of a table, which outlives the web */
    size_t step;                        /* in the lattice */
};

struct web_line {
    uint32_t total;
    size_t first, end;                  /* its parts, in `part` */
    bool shown;                         /* all of it: a line of a table */
};

/* All of a group is in `cell`: that more may be elsewhere in the line of `total` has to stay possible. */
struct web_group {
    uint32_t total, cell;
};

struct web {
    struct web_dim dim[WEB_DIMS_MAX];
    size_t n_dims;
    struct table facts[WEB_DIMS_MAX];   /* dimensions that only facts speak of */
    size_t n_facts;

    size_t n_lattice;                   /* each dimension with its total */
    uint32_t *of;                       /* lattice: number of the count + 1; 0: it is zero and known to be */
    int64_t *lattice;                   /* counts */
    uint8_t *mark;                      /* flags, by lattice; enum web_flag */
    uint16_t *least;                    /* the greatest min_count of its tables, by lattice */

    size_t n;                           /* counts that matter */
    size_t *at;                         /* where each lies in the lattice */
    int64_t *truth;
    uint8_t *flag;
    uint16_t *k;

    struct web_line *line;
    size_t n_lines, cap_lines;
    uint32_t *part;
    size_t n_parts, cap_parts;

    struct web_group *group;
    size_t n_groups, cap_groups;
    size_t facts_used;
};

/* All t were counted from s. The web borrows t. keep_total: the number of all rows stays published if its table may show it. Errors as for table_protect. */
VAULT_CHECK vault_err web_build(struct web *w, struct table *const *t, size_t n, const struct sheet *s, const struct table_fact *fact,
    size_t n_facts, bool keep_total);
void web_free(struct web *w);
/* Where the one person of a count of 1 is, at the bottom; and is that in another count? */
uint32_t web_person(const struct web *w, uint32_t v);
bool web_holds(const struct web *w, uint32_t v, uint32_t bottom);
/* The count in a cell of one of the tables; its number + 1, or 0. */
uint32_t web_of_cell(const struct web *w, const struct table *t, size_t cell);

#endif
