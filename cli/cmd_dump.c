#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/place.h"
#include "cli/progress.h"
#include "cli/term.h"

struct counts {
    uint64_t records, attachments, left_out;
};

static void
print(const struct call *c, const struct counts *n)
{
    struct json j = { .to = stdout };

    if (!c->json) {
        printf("%" PRIu64 " records", n->records);
        if (n->attachments > 0)
            printf(", %" PRIu64 " attachment%s", n->attachments, n->attachments == 1 ? "" : "s");
        putchar('\n');
        return;
    }
    js_object(&j);
    js_pair_uint(&j, "records", n->records);
    js_pair_uint(&j, "attachments", n->attachments);
    js_pair_uint(&j, "left_out", n->left_out);
    js_end(&j);
}

static vault_err
dump(const struct call *c, struct vault_dump_options *opt, uint64_t *records)
{
    struct progress p;
    vault_err err;

    progress_begin(&p, "dumping");
    opt->progress = progress_step;
    opt->progress_ctx = &p;
    err = kept(vault_dump(c->app->vault, c->args[0], opt, records));
    progress_end(&p);
    return err;
}

static vault_err
dump_run(struct call *c)
{
    struct counts n = { 0, 0, 0 };
    struct vault_dump_options opt = { .format = call_value(c, "format"),
        .reveal = call_has(c, "reveal"), .attachments = &n.attachments, .left_out = &n.left_out };
    vault_err err;

    if (opt.format != NULL && strcmp(opt.format, "jsonl") != 0 && strcmp(opt.format, "csv") != 0)
        return fail(VAULT_ERR_INPUT, NULL, "--format takes jsonl or csv");
    err = place_new(c->app->folder, c->args[0]);
    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK)
        err = dump(c, &opt, &n.records);
    if (err != VAULT_OK)
        return err;
    print(c, &n);
    if (n.left_out > 0)
        term_say("%" PRIu64 " withheld %s left out", n.left_out,
            n.left_out == 1 ? "attachment was" : "attachments were");
    term_say("%s is not encrypted: whoever gets the files can read them", c->args[0]);
    return VAULT_OK;
}

const struct cmd cmd_dump = {
    .name = "dump",
    .args = "DIR [--reveal] [--format jsonl|csv]",
    .summary = "write everything as plain files, for leaving this program",
    .examples = "dump plain\ndump plain --reveal --format csv\n",
    .about =
        "One file per type in the new folder DIR, readable by anybody, and DIR/files/ID/NAME for each\n"
        "attachment. Without --reveal withheld values and attachments are left out. The jsonl imports\n"
        "back, with the folder files beside it. The log records it.\n"
        "--json: {\"records\",\"attachments\",\"left_out\"}\n",
    .opts = (const struct opt[]){
        { "reveal", 0, false, NULL, "with withheld values (keeper)" },
        { "format", 0, false, "F", "jsonl (default) or csv" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .again = CMD_AGAIN_ALWAYS,
    .writes = { .arg = 1 },
    .run = dump_run,
};
