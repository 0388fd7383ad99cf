/*
 * handoff.h - what the commands that send records to others share: the plan, and a person's yes to it.
 *
 * Layer:   cli.
 * Secrets: none.
 */
#ifndef CLI_HANDOFF_H
#define CLI_HANDOFF_H

#include "cli/cmd.h"

/* Counts of what goes, for a person. `bundle`: with the whole history. */
void handoff_show_plan(const struct vault_handoff_plan *p, bool names, bool bundle);
/* Who is not shown what goes out cannot say yes to it. VAULT_ERR_REFUSED: there is nobody, and `send` is not accepted. */
VAULT_CHECK vault_err handoff_may_be_asked(const struct call *c);
/* `yes`, typed or accepted. VAULT_ERR_REFUSED: it was something else. */
VAULT_CHECK vault_err handoff_ask(const struct call *c, const char *prompt, bool *confirmed);

#endif
