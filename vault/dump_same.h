/*
 * dump_same.h - which records of a dump are the same person: DIR/same-as.jsonl or .csv.
 *
 * No type can have a name with a hyphen, so the file stands in no other's way.
 *
 * Layer:   session, private.
 * Secrets: none: codes, and what is open of refs and labels.
 * Format:  docs/import.md, "Merged records".
 */
#ifndef VAULT_DUMP_SAME_H
#define VAULT_DUMP_SAME_H

#include "vault/session.h"

/* Write it into the dump's folder, where anything was merged (*made). */
VAULT_CHECK vault_err dump_same(struct vault *v, int dir, bool csv, bool *made);
/* The dump came to nothing. Keeps the last error. */
void dump_same_take_back(int dir, bool csv);

/* What names a record elsewhere: its ref, else its label, else its code. A code that finds nothing stays:
 * one bad link is no reason to keep everything else from leaving. Appended. */
VAULT_CHECK vault_err dump_name(struct recs *r, const char *code, struct buf *out);

#endif
