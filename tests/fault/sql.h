/* sql.h - SQL on the tables of an open vault: what somebody can do who has the key of the database. */
#ifndef TESTS_FAULT_SQL_H
#define TESTS_FAULT_SQL_H

#include "tests/fault/world.h"

/* Ends the program when it fails. */
void sql_run(vault *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The first column of the first row; none: `none`. */
int64_t sql_int(vault *v, int64_t none, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The table (or "") that each page belongs to; table[0] is page 1. */
void sql_tables(const struct world *w, const char *path, bool new_pass, char table[][64], size_t n);
/* "record CODE" or "system record" of revision n. */
void sql_record(vault *v, int64_t n, char out[static 128]);

#endif
