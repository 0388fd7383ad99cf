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
int make_two_tiers(void **state);       /* the same, with a case slot beside it */
int remove_vault(void **state);
void reopen(void);                      /* by the keeper */
void reopen_as(const char *passphrase);

void add_person(const char *ref, const char *name);
void edit_person(const char *ref, const char *field, const char *text);
/* As somebody who has the key of the database. */
void put_row(enum db_table t, uint32_t n, const struct buf *blob);
/* The same: a byte of a blob changed, there and back again. */
void flip_row(enum db_table t, uint32_t n);
uint32_t number_of(const char *ref);    /* of the first revision of that record */
/* What check of the open vault says, one problem a line, zero-terminated. */
void problems(struct buf *out);
/* A call that succeeded left no sentence of something that went wrong within. */
void assert_no_error(void);

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
