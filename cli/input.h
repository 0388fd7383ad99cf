/*
 * input.h - files and standard input, whole.
 *
 * Layer:   cli.
 * Secrets: may hold withheld values: every buffer is wiped, also when it grows.
 */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include "vault/vault.h"

#define INPUT_MIB ((size_t)1 << 20)

struct input {
    char *p;            /* a zero byte stands behind it */
    size_t n, room;
};

/* A file of at most `max` bytes; "-" is standard input (within a shell: its next line).
 * The caller frees, also after an error. */
VAULT_CHECK vault_err input_file(struct input *out, const char *path, size_t max);

/* The next line of standard input without its end, at most `max` bytes. *end: none is left. */
VAULT_CHECK vault_err input_line(struct input *out, size_t max, bool *end);

/* The same for those who only wait for Enter: drop a line as far as it was read already (true: up to its end), and read
 * on, once. *end: none is left. */
bool input_skip_line(void);
VAULT_CHECK vault_err input_ahead(bool *end);

/* What may be a name: asked for on a terminal, shown while it is typed; otherwise the next line of standard input. */
VAULT_CHECK vault_err input_ask(struct input *out, const char *prompt, size_t max);

/* Bytes that are here already. */
VAULT_CHECK vault_err input_copy(struct input *out, const char *p, size_t n);

/* All of standard input, at most `max` bytes, read into guarded memory. The caller frees *out. Not for a
 * shell, whose standard input is its commands. */
VAULT_CHECK vault_err input_secret(struct secret **out, size_t max);
/* The same of a file; "-" is standard input. */
VAULT_CHECK vault_err input_secret_file(struct secret **out, const char *path, size_t max);

/* From now on "-" is one line. */
void input_by_line(void);

void input_free(struct input *in);
void input_end(void);   /* wipes what was read ahead */

#endif
