/*
 * pass.h - passphrases, from where the person said.
 *
 * Layer:   cli.
 * Secrets: read by read(2) straight into a struct secret; never from arguments or the environment.
 */
#ifndef CLI_PASS_H
#define CLI_PASS_H

#include "cli/cmd.h"

/* The usual source: --passphrase-fd, --passphrase-file, else the terminal, with `prompt`.
 * A descriptor is read to the end of the line and no further: what follows is the next reader's.
 * Caller frees *out. VAULT_ERR_INPUT: no source, or nothing in it. */
VAULT_CHECK vault_err pass_read(struct secret **out, const struct call *c, const char *prompt);

/* The descriptor that an option names; one that was handed over to us, and is open. */
VAULT_CHECK vault_err pass_fd(int *out, const struct call *c, const char *option);

/* Again, in a session: from the terminal, whatever the first one came from. */
VAULT_CHECK vault_err pass_again(struct secret **out);

/* Is there a usual source, or --shares-fd? The same error otherwise, before anything is done. */
VAULT_CHECK vault_err pass_source(const struct call *c);

/* A new one: --new-passphrase-fd, else the terminal, twice. It is judged before it is typed again: below 60 bits a
 * warning, VAULT_ERR_REFUSED as vault_passphrase_judge. */
VAULT_CHECK vault_err pass_new(struct secret **out, const struct call *c, const char *prompt);

/* One that is only for an option of its own; *out stays NULL where the option was not given. */
VAULT_CHECK vault_err pass_option(struct secret **out, const struct call *c, const char *option);

/* The first one of a new vault: the usual source, --new-passphrase-fd, or the terminal, twice. Judged as well. */
VAULT_CHECK vault_err pass_first(struct secret **out, const struct call *c, const char *prompt);

/* A new one that a file is encrypted with: the usual source, else the terminal, twice. Below 60 bits a warning, and no more. */
VAULT_CHECK vault_err pass_file(struct secret **out, const struct call *c, const char *prompt);

/* One to be judged only: the usual source, but standard input before the terminal, if it is none. */
VAULT_CHECK vault_err pass_candidate(struct secret **out, const struct call *c, const char *prompt);

/* What help says about that. */
#define PASS_RULE \
    "A new passphrase that is estimated below 60 bits is warned of; below 40 it is refused, unless\n" \
    "--accept weak-passphrase is given (`passphrase strength`, `passphrase generate`).\n"

/* What the key derivation shall cost: --kdf-memory, --kdf-passes, --kdf-time. */
VAULT_CHECK vault_err pass_cost(struct vault_create_options *out, const struct call *c);
#define PASS_COST_OPTS \
    { "kdf-memory", 0, false, "MIB", "memory of the key derivation (else as the slot in use; init measures)" }, \
    { "kdf-passes", 0, false, "N", "passes over that memory (3 when only the memory is given)" }, \
    { "kdf-time", 0, false, "SECONDS", "choose both so that unlocking here takes this long" }

#endif
