/*
 * out.h - data on its way to standard output.
 *
 * Layer:   cli.
 * Secrets: revealed values pass through one buffer of ours, which is wiped at the end.
 *
 * Stored text is escaped (vault_escape) wherever it is printed as text, also into a pipe: `less -R`
 * is a terminal too. JSON carries it whole (json.h).
 */
#ifndef CLI_OUT_H
#define CLI_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vault/vault.h"

#define OUT_TIME 32

/* Once, first: buffers. Standard descriptors that are closed are occupied, so that no file of the
 * vault ever becomes "standard error". */
void out_begin(void);

/* Write out what is buffered. After an error an unfinished JSON document is dropped, not written.
 * VAULT_ERR_NO_SPACE or VAULT_ERR_FAILED when standard output does not take it. */
VAULT_CHECK vault_err out_flush(vault_err so_far);

void out_end(void);                                     /* wipes the buffer; nothing after it */

void out_text(const char *s);                           /* escaped, on one line */
/* Escaped; further lines begin with `indent` blanks. */
void out_lines(const char *s, size_t indent);
/* Escaped and filled with blanks to `columns`, then one more blank. */
void out_cell(const char *s, size_t columns);

enum out_style { OUT_PLAIN, OUT_BOLD, OUT_DIM };
void out_colours(bool on);
void out_style(enum out_style style);

/* 2026-05-01T12:00:00Z. out_date: the day alone. */
void out_iso(char iso[OUT_TIME], int64_t seconds);
void out_date(char iso[OUT_TIME], int64_t seconds);

#endif
