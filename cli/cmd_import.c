#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/input.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/similar.h"
#include "cli/term.h"

static void
print(const struct call *c, const struct vault_import_report *r, bool dry)
{
    struct json j = { .to = stdout };

    if (!c->json) {
        printf("%" PRIu64 " rows: %" PRIu64 " %s, %" PRIu64 " changed, %" PRIu64 " unchanged\n",
            r->rows, r->added, dry ? "to be added" : "added", r->changed, r->unchanged);
        if (dry)
            term_say("dry run: nothing was written");
        else
            similar_new_say(c);
        return;
    }
    js_object(&j);
    js_pair_uint(&j, "rows", r->rows);
    js_pair_uint(&j, "added", r->added);
    js_pair_uint(&j, "changed", r->changed);
    js_pair_uint(&j, "unchanged", r->unchanged);
    js_pair_bool(&j, "dry_run", dry);
    if (!dry)
        similar_new_json(c, &j);
    js_end(&j);
}

static vault_err
check_format(const char *format)
{
    static const char *const later[] = { "keepass-xml", "keepass-csv", "martus", "uwazi" };

    if (format == NULL || strcmp(format, "csv") == 0 || strcmp(format, "json") == 0)
        return VAULT_OK;
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++)
        if (strcmp(format, later[i]) == 0)
            return fail(VAULT_ERR_INPUT, "csv and json can be imported",
                "this version cannot import %s yet", later[i]);
    return fail(VAULT_ERR_INPUT, NULL, "--format takes csv or json");
}

/* What can be said before a passphrase is asked for. */
static vault_err
read_options(struct vault_import_options *opt, struct input *mapping, const struct call *c)
{
    const char *file = call_value(c, "mapping");
    vault_err err;

    opt->type = call_value(c, "as");
    opt->format = call_value(c, "format");
    opt->key = call_value(c, "key");
    opt->dry_run = call_has(c, "dry-run");
    if (opt->type == NULL)
        return fail(VAULT_ERR_INPUT, "as in `import people.csv --as person`",
            "--as TYPE is missing: what are the rows?");
    if (c->app->in_shell && strcmp(c->args[0], "-") == 0)
        return fail(VAULT_ERR_INPUT, "name a file", "a shell's standard input holds its commands");
    if (strcmp(c->args[0], "-") != 0 && access(c->args[0], R_OK) != 0)
        return fail_errno(errno, "cannot open %s", c->args[0]);
    err = check_format(opt->format);
    if (err == VAULT_OK && file != NULL)
        err = input_file(mapping, file, INPUT_MIB);
    opt->mapping = mapping->p;
    return err;
}

static vault_err
import_run(struct call *c)
{
    struct vault_import_options opt = { .type = NULL };
    struct vault_import_report report = { .rows = 0 };
    struct input mapping = { 0 };
    vault_err err = read_options(&opt, &mapping, c);

    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK)
        err = kept(vault_import(c->app->vault, c->args[0], &opt, &report));
    if (err == VAULT_OK)
        print(c, &report, opt.dry_run);
    input_free(&mapping);
    return err;
}

const struct cmd cmd_import = {
    .name = "import",
    .args = "FILE --as TYPE [--format csv|json] [--mapping M.json] [--key FIELD] [--dry-run]",
    .summary = "take in a table or JSON, all or nothing",
    .examples = "import people.csv --as person --dry-run\n"
        "import people.csv --as person --mapping columns.json --key ref\n"
        "import people.jsonl --as person\n",
    .about = "Columns named like fields need no mapping. M.json names the others:\n"
        "  {\"Other names\": {\"field\": \"other_names\", \"split\": \"|\"},\n"
        "   \"Case\": {\"field\": \"case\", \"link\": \"ref\"}, \"Comment\": \"\"}\n"
        "An empty name leaves the column out. JSON is an array of objects, or one object a line.\n"
        "With --key, a row whose FIELD equals that of a record revises it, and is skipped when\n"
        "nothing differs. FILE - is standard input.\n"
        "--json: {\"rows\",\"added\",\"changed\",\"unchanged\",\"dry_run\"}\n",
    .opts = (const struct opt[]){
        { "as", 0, false, "TYPE", "the type of the records" },
        { "format", 0, false, "F", "csv or json; else by the file's name and beginning" },
        { "mapping", 0, false, "M.json", "which column is which field" },
        { "key", 0, false, "FIELD", "the field that tells which record a row is" },
        { "dry-run", 0, false, NULL, "check everything, write nothing" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .reads = { .arg = 1 },
    .run = import_run,
};
