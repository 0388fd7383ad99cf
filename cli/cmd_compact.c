/* cmd_compact.c - the database written anew, without what was freed in it. */
#include <inttypes.h>
#include <stdio.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/term.h"

static vault_err
compact_run(struct call *c)
{
    struct vault_compacted sizes = { .before = 0 };
    vault_err err = open_vault(c);

    if (err == VAULT_OK)
        err = kept(vault_compact(c->app->vault, &sizes));
    if (err != VAULT_OK)
        return err;
    if (c->json) {
        struct json j = { .to = stdout };

        js_object(&j);
        js_pair_uint(&j, "before", sizes.before);
        js_pair_uint(&j, "after", sizes.after);
        js_end(&j);
    }
    term_say("records.db is written anew: %" PRIu64 " KiB before, %" PRIu64 " KiB now\n"
        "what was purged or freed before is no longer in it; the old file is overwritten and gone, as far\n"
        "as the disk obeys (an SSD may keep a copy until it needs the space)",
        (sizes.before + 1023) / 1024, (sizes.after + 1023) / 1024);
    return VAULT_OK;
}

const struct cmd cmd_compact = {
    .name = "compact",
    .args = "",
    .summary = "write the database anew, without the space of what is gone",
    .examples = "compact\npurge K-12 --yes\ncompact\n",
    .about =
        "Copies what is there into a second records.db, which then takes the place of the first: needs\n"
        "free space for both. Run it after `purge`, so that nothing that was purged is left in pages\n"
        "that are no longer used. When the disk is full the vault stays as it was (exit code 9).\n"
        "--json: {\"before\",\"after\"} in bytes\n",
    .opens = CMD_OPENS_VAULT,
    .not_in_shell = true,
    .run = compact_run,
};
