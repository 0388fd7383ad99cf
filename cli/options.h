/*
 * options.h - from words to a call.
 *
 * Layer:   cli.
 * Secrets: none; a value of an option is never quoted in an error.
 *
 * Options stand anywhere, as --name=value, --name value, -x value or -xvalue; `--` ends them. As
 * they may stand before the command, an option's name takes a value in all commands or in none.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli/cmd.h"

extern const struct opt options_global[];

/*
 * Fill c->cmd, args, given (c->app is set). Values point into `words`. Caller calls options_free.
 * c->cmd is NULL when no command was named. Numbers of arguments are not judged yet (see
 * options_count), so that --help comes first. VAULT_ERR_INPUT names the nearest.
 */
VAULT_CHECK vault_err options_parse(struct call *c, char **words, size_t n);
VAULT_CHECK vault_err options_count(const struct call *c);
void options_free(struct call *c);

#endif
