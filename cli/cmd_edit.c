#include <stdio.h>
#include "cli/cmd.h"
#include "cli/entry.h"
#include "cli/fail.h"
#include "cli/open.h"
#include "cli/print.h"
#include "cli/term.h"

/* The arguments' tiers are those of the record's type. */
static vault_err
finish(struct entry *e, const struct call *c)
{
    struct vault_record *r = NULL;
    struct fields type = { 0 };
    vault_err err;

    if (e->n_words == 0)
        return VAULT_OK;
    e->blind = entry_is_blind(c->app->vault);
    err = kept(vault_show(c->app->vault, c->args[0], NULL, false, &r));
    if (err == VAULT_OK)
        err = fields_load(&type, c->app->vault, r->type);
    if (err == VAULT_OK)
        err = entry_finish(e, &type);
    fields_free(&type);
    vault_record_free(r);
    return err;
}

static vault_err
edit_run(struct call *c)
{
    struct vault_added added = { .changed = false };
    struct entry e = { .fields = NULL };
    vault_err err = entry_read(&e, c, 1);

    if (err == VAULT_OK && e.given + e.n_words == 0)
        err = fail(VAULT_ERR_INPUT,
            "give FIELD=VALUE, FIELD to be asked, --unset FIELD or --from FILE",
            "nothing to change is given");
    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK)
        err = finish(&e, c);
    if (err == VAULT_OK)
        err = kept(vault_edit(c->app->vault, c->args[0], e.fields, &added));
    entry_free(&e);
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

const struct cmd cmd_edit = {
    .name = "edit",
    .args = "ID [FIELD=VALUE...] [FIELD...] [--from FILE|-] [--unset FIELD]",
    .summary = "change fields of a record",
    .examples = "edit K-12 residence='Leningrad region'\n"
        "edit K-12 notes\n"
        "edit K-12 --unset occupation\n"
        "edit K-12 --from - < changes.json\n",
    .about =
        "Each field named takes the new value; one that takes several takes all that are given\n"
        "in place of all it had. A FIELD without a value is asked for on the terminal. Withheld\n"
        "values are typed when asked, or come with --from. In JSON, null takes a field away.\n"
        "Nothing is lost: `history` lists the revisions, `revert` goes back to one.\n"
        "--json: {\"id\",\"revision\",\"changed\"}\n",
    .opts = (const struct opt[]){ ENTRY_FROM_OPT,
        { "unset", 0, true, "FIELD", "take the field away" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 1,
    .max_args = CMD_ANY,
    .opens = CMD_OPENS_VAULT,
    .run = edit_run,
};
