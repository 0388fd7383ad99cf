/*
 * shares.h - paper shares, from where the person said.
 *
 * Layer:   cli.
 * Secrets: shares and what they give are in guarded memory only, but for the one word that may have
 *          been meant (in a prompt, wiped).
 */
#ifndef CLI_SHARES_H
#define CLI_SHARES_H

#include "cli/cmd.h"

/*
 * What the shares of a vault's set give: --shares-fd, one a line (empty lines, and those that begin
 * with #, are passed over), else the terminal. A descriptor is read until there are enough and no
 * further: what follows is the next reader's. Caller frees *out. VAULT_ERR_INPUT: a share that is
 * wrong, said with its line. VAULT_ERR_KEY: too few, or they do not belong together.
 */
VAULT_CHECK vault_err shares_read(struct secret **out, const struct call *c);

/* Ask for shares one after the other until there are enough, or an empty answer ends it. Words are
 * completed as they are typed; what is wrong is asked for again. */
VAULT_CHECK vault_err shares_ask(vault_shares *shares);

#endif
