#include <stdio.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/open.h"
#include "cli/print.h"
#include "cli/term.h"

static vault_err
rm_run(struct call *c)
{
    struct vault_added added = { .changed = false };
    vault_err err = open_vault(c);

    if (err == VAULT_OK)
        err = kept(vault_remove(c->app->vault, c->args[0], &added));
    if (err != VAULT_OK)
        return err;
    if (c->json)
        print_added(&added);
    else
        printf("%s\n", added.id);
    term_say("removed from lists and searches, not erased: `history %.8s` and `revert` bring it "
        "back", added.id);
    if (added.same > 0)
        term_say("%u other record%s of the same person stay%s; `show %.8s` tells which", added.same,
            added.same == 1 ? "" : "s", added.same == 1 ? "s" : "", added.id);
    return VAULT_OK;
}

const struct cmd cmd_rm = {
    .name = "rm",
    .args = "ID",
    .summary = "remove a record from lists and searches; `revert` brings it back",
    .examples = "rm K-12\nhistory 3f6k9a2b\nrevert 3f6k9a2b 0a1b2c\n",
    .about = "The content stays in the vault: `purge` destroys it. What was removed is\n"
        "still found by its code, ref or label, unless another record has taken that name.\n"
        "--json: {\"id\",\"revision\",\"changed\"}\n",
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .run = rm_run,
};
