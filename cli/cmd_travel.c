/* cmd_travel.c - a copy without names for the way: travel. */
#include <stdio.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/term.h"

static vault_err
travel_run(struct call *c)
{
    vault_err err = open_vault(c);

    if (err == VAULT_OK)
        err = kept(vault_travel(c->app->vault, c->args[0]));
    if (err != VAULT_OK)
        return err;
    if (c->json) {
        struct json j = { .to = stdout };

        js_object(&j);
        js_pair(&j, "vault", c->args[0]);
        js_end(&j);
    }
    term_say("made %s: it opens with case passphrases and holds nothing that is withheld\n"
        "nobody can show names with it, with whatever passphrase; leave this vault, and every copy\n"
        "of its file `keys`, at home\n"
        "names taken in on the way are sealed to the keepers here and cannot be read on the way", c->args[0]);
    return VAULT_OK;
}

const struct cmd cmd_travel = {
    .name = "travel",
    .args = "NEW.vault",
    .summary = "a copy for the way that provably cannot show names",
    .examples = "travel /media/stick/cases-travel.vault\n",
    .about =
        "The copy has keys of its own, the case slots (all of them when a keeper makes it, your own\n"
        "when you hold a case passphrase) and the open fields; no withheld value, nor any key to\n"
        "one. New records, and withheld values for the keepers at home, can be taken in.\n",
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .writes = { .arg = 1 },
    .run = travel_run,
};
