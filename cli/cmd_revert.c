#include <stdio.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/open.h"
#include "cli/print.h"
#include "cli/term.h"

static vault_err
revert_run(struct call *c)
{
    struct vault_added added = { .changed = false };
    vault_err err = open_vault(c);

    if (err == VAULT_OK)
        err = kept(vault_revert(c->app->vault, c->args[0], c->args[1], &added));
    if (err != VAULT_OK)
        return err;
    if (c->json)
        print_added(&added);
    else
        printf("%s\n", added.id);
    if (!added.changed)
        term_say("nothing differed, and nothing was written");
    return VAULT_OK;
}

const struct cmd cmd_revert = {
    .name = "revert",
    .args = "ID REV",
    .summary = "make an old revision the present one",
    .examples = "history K-12\nrevert K-12 0a1b2c\n",
    .about =
        "REV is the revision's id or a prefix of at least four characters, from `history`. This\n"
        "adds a revision with the old content; it also brings back what `rm` removed.\n"
        "--json: {\"id\",\"revision\",\"changed\"}\n",
    .min_args = 2,
    .max_args = 2,
    .opens = CMD_OPENS_VAULT,
    .run = revert_run,
};
