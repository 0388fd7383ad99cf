/*
 * fail.h - what went wrong, kept until it is told.
 *
 * Layer:   cli.
 * Secrets: none, and none may be put into a sentence: no value a person typed is quoted. Names of
 *          options, commands, fields and files are.
 */
#ifndef CLI_FAIL_H
#define CLI_FAIL_H

#include <stdbool.h>
#include "vault/vault.h"

/* Remember a sentence (lower case, no full stop) and what the person can do (may be NULL).
 * Returns `code`, so that a function can end with it. */
vault_err fail(vault_err code, const char *hint, const char *fmt, ...) VAULT_PRINTF(3, 4);

/* The same for an errno, picking the code: no such file, no space, or another reason. */
vault_err fail_errno(int errnum, const char *fmt, ...) VAULT_PRINTF(2, 3);

vault_err fail_nomem(void);

/* Put another hint to the sentence that is remembered. */
void fail_hint(const char *fmt, ...) VAULT_PRINTF(1, 2);

/* Around every call of the library: keeps its sentence before a clean-up can clear it. */
vault_err kept(vault_err err);

/* Print what is remembered to stderr, as text or as one line of JSON, and forget it. */
void fail_report(vault_err err, bool json);

#endif
