/*
 * hierarchy.h - what values are called on coarser levels, out of a file NAME.csv: lines `value;level1;level2...`.
 *
 * Layer:   release (import for CSV).
 * Secrets: none: a hierarchy tells of values that may occur, not of people.
 * Format:  docs/risk.md, "Hierarchies". Level 0 is the value itself.
 */
#ifndef VAULT_RELEASE_HIERARCHY_H
#define VAULT_RELEASE_HIERARCHY_H

#include "vault/release/sheet.h"

#define HIERARCHY_LEVELS_MAX 32u        /* with level 0 */

struct hierarchy {
    struct sheet levels;        /* a column for each level, a row for each value; value number v of column 0 is row v - 1 */
    uint32_t **parent;          /* of value number v of column i: parent[i][v] in column i + 1 */
};

/*
 * The caller frees with hierarchy_free, which takes NULL. VAULT_ERR_INPUT, with file, line and column: rows of different numbers of levels, an empty cell, over
 * HIERARCHY_LEVELS_MAX levels, a cell that has two parents on the next level (a value twice with other levels is one), a cell that is above itself
 * with others between. VAULT_ERR_NOT_FOUND.
 */
VAULT_CHECK vault_err hierarchy_read(struct hierarchy **out, const char *path);
void hierarchy_free(struct hierarchy *h);

unsigned hierarchy_levels(const struct hierarchy *h);           /* with level 0 */
/* What a text of level `from` is called on level `to` (not below). NULL: not in the hierarchy. Borrowed. */
const char *hierarchy_up(const struct hierarchy *h, unsigned from, unsigned to, const char *text);

#endif
