/* merge and unmerge: one person in two records. */
#include <stdio.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/print.h"
#include "cli/term.h"

static void
tell(const struct call *c, const struct vault_merged *m)
{
    struct json j = { .to = stdout };

    if (!c->json) {
        printf("%s\n", m->lead);
        return;
    }
    js_object(&j);
    js_pair(&j, "id", m->id);
    js_pair(&j, "into", m->into);
    js_pair(&j, "lead", m->lead);
    js_pair(&j, "label", m->label);
    js_end(&j);
}

static vault_err
merge_run(struct call *c)
{
    struct vault_merged m = { .label = "" };
    vault_err err = open_vault(c);

    if (err == VAULT_OK)
        err = kept(vault_merge(c->app->vault, c->args[0], c->args[1], &m));
    if (err != VAULT_OK)
        return err;
    tell(c, &m);
    term_say("nothing in either record was changed; `show %.8s` and `timeline` tell of both, and `unmerge %.8s` takes it back\n"
        "everybody who opens this vault sees that they are the same person", m.lead, m.id);
    return VAULT_OK;
}

const struct cmd cmd_merge = {
    .name = "merge",
    .args = "ID INTO",
    .summary = "say that a record is the same person as another, which leads from now on",
    .examples = "duplicates\nmerge K-31 K-12\nshow K-12\nunmerge K-31\n",
    .about = "Needs a keeper; signed, and in the log. Nothing of either record is changed or lost, and what\n"
        "links to one of them stays as it is. INTO leads: `show INTO` lists the records that are the same\n"
        "and what links to any of them, `timeline` has the events of all, `list` has one line where it\n"
        "would have two, and a search says of a hit in ID who it is. `purge INTO` destroys them all.\n"
        "Caseworkers see it, too: do not merge what must not be known to be one person.\n"
        "The two must be of one type (any). Where INTO was merged into a third record, that one leads.\n"
        "Prints the leading record's code. --json: {\"id\",\"into\",\"lead\",\"label\"}\n",
    .min_args = 2,
    .max_args = 2,
    .opens = CMD_OPENS_VAULT,
    .run = merge_run,
};

static vault_err
unmerge_run(struct call *c)
{
    struct vault_merged m = { .label = "" };
    vault_err err = open_vault(c);

    if (err == VAULT_OK)
        err = kept(vault_unmerge(c->app->vault, c->args[0], &m));
    if (err == VAULT_OK)
        tell(c, &m);
    return err;
}

const struct cmd cmd_unmerge = {
    .name = "unmerge",
    .args = "ID",
    .summary = "take a merge back: the record stands for itself again",
    .examples = "unmerge K-31\n",
    .about = "Needs a keeper; signed, and in the log, which goes on telling that they were merged. ID is the\n"
        "record that was merged, not the one that leads. What was merged into ID stays with it.\n"
        "--json: {\"id\",\"into\",\"lead\",\"label\"}: into is the record it was merged into, lead that of ID now\n",
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .run = unmerge_run,
};
