#include "cli/cmd.h"
#include "cli/entry.h"
#include "cli/fail.h"
#include "cli/open.h"
#include "cli/print.h"
#include "cli/term.h"

static vault_err
add_record(struct vault_added *out, const struct call *c, struct entry *e, bool interview)
{
    struct fields type = { 0 };
    vault_err err = fields_load(&type, c->app->vault, c->args[0]);

    e->blind = entry_is_blind(c->app->vault);
    if (err == VAULT_OK && interview)
        err = entry_interview(out, c->app->vault, &type);
    else if (err == VAULT_OK)
        err = entry_finish(e, &type);
    if (err == VAULT_OK && !interview)
        err = kept(vault_add(c->app->vault, type.type, e->fields, out));
    fields_free(&type);
    return err;
}

static vault_err
add_run(struct call *c)
{
    bool interview = c->n_args == 1 && !call_has(c, "from");
    struct vault_added added = { .changed = false };
    struct entry e = { .fields = NULL };
    vault_err err;

    if (interview && !term_asks())
        return fail(VAULT_ERR_INPUT, "give FIELD=VALUE, or a JSON object through `--from -`",
            "no fields are given, and there is no terminal to ask for them");
    err = entry_read(&e, c, 1);
    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK)
        err = add_record(&added, c, &e, interview);
    if (err == VAULT_OK)
        print_new(c, &added, true);
    entry_free(&e);
    return err;
}

const struct cmd cmd_add = {
    .name = "add",
    .args = "TYPE [FIELD=VALUE...] [FIELD...] [--from FILE|-]",
    .summary = "add a record; prints its id",
    .examples = "add person\n"
        "add person ref=K-12 born=1962 name\n"
        "add person --from - < person.json\n",
    .about = "Who cannot read withheld values back is shown each one once before it is sealed.\n"
        "Without fields it asks for one after the other on the terminal. A FIELD without a\n"
        "value is asked for. A withheld value is never taken from the command line, where others\n"
        "can see it: it is typed when asked, or comes with --from.\n"
        "--from reads one JSON object: text, numbers, true or false, an array for a field that\n"
        "takes several values, an ID for a link; an object {value, source, as_of,\n"
        "certainty} says where a value comes from.\n"
        "When asked for a narrative, Ctrl-J begins a new line.\n",
    .opts = (const struct opt[]){ ENTRY_FROM_OPT, { NULL, 0, false, NULL, NULL } },
    .min_args = 1,
    .max_args = CMD_ANY,
    .opens = CMD_OPENS_VAULT,
    .run = add_run,
};
