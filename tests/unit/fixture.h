/*
 * fixture.h - a vault that is open for all tests of a file, and what they look at in it.
 *
 * cmocka_run_group_tests(tests, make_vault, remove_vault) makes it below TMPDIR and removes it.
 */
#ifndef TESTS_UNIT_FIXTURE_H
#define TESTS_UNIT_FIXTURE_H

#include "vault/session.h"
#include "vault/store/db_priv.h"

extern char dir[256];           /* a folder of the test's own; a file "rows.csv" in it is removed, too */
extern char path[300];          /* of the vault in it */
extern vault *v;

int make_vault(void **state);
int remove_vault(void **state);
void reopen(void);

/* Pairs of field and text, ended by NULL; a text of NULL unsets. */
vault_fields *fields(const char *field, ...);

/* What there is of the vault that a change undone may not touch. */
struct extent {
    uint32_t n, records, log, tags;
    uint64_t rows[DB_TABLES];
    int64_t last[DB_TABLES];
};
struct extent extent(void);
/* The vault has this extent, and no change is under way. */
void assert_extent(const struct extent *want);

#endif
