/*
 * cmd_panic.c - no passphrase, no question, no lock: the key file is gone, and what that does not reach
 * is said.
 */
#include <stdio.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/term.h"

static const char *const NOT_REACHED[] = {
    "backups and other copies of the vault: they open as before",
    "a process that has the vault open, here or in another window: end it, or power off",
    "the memory of this machine, its swap space and a hibernated system, where keys may be left: power off",
    "old blocks that an SSD, a USB stick, a snapshot or a cloud folder keeps after a file is overwritten",
    "dumps and tables outside the vault, and what was on the screen",
};
#define N_NOT_REACHED (sizeof NOT_REACHED / sizeof NOT_REACHED[0])

static void
tell_json(void)
{
    struct json j = { .to = stdout };

    js_object(&j);
    js_pair_bool(&j, "erased", true);
    js_key(&j, "not_reached");
    js_array(&j);
    for (size_t i = 0; i < N_NOT_REACHED; i++)
        js_text(&j, NOT_REACHED[i]);
    js_end(&j);
    js_end(&j);
}

static void
tell(void)
{
    term_say("the key file is erased: no passphrase opens this folder any more");
    term_say("not reached:");
    for (size_t i = 0; i < N_NOT_REACHED; i++)
        term_say("  - %s", NOT_REACHED[i]);
}

static vault_err
panic_run(struct call *c)
{
    vault_err err;

    if (!call_has(c, "yes"))
        return fail(VAULT_ERR_REFUSED, "`withheld panic --yes`, if you mean it",
            "panic erases the key file for ever; nothing was changed");
    err = kept(vault_panic(c->app->folder));
    if (c->app->in_shell) {         /* the keys in our own memory as well; the shell ends */
        vault_close(c->app->vault);
        c->app->vault = NULL;
    }
    if (err != VAULT_OK)
        return err;
    if (c->json)
        tell_json();
    else
        tell();
    return VAULT_OK;
}

const struct cmd cmd_panic = {
    .name = "panic",
    .args = "--yes",
    .summary = "erase the key file at once; needs no passphrase",
    .examples = "panic --yes\n-C people.vault panic --yes\n",
    .about =
        "Overwrites and removes `keys` (and `keys.new`): without them nobody opens this folder,\n"
        "whatever passphrase he has. Only a backup or another copy brings it back. Asks nothing\n"
        "and waits for nothing: it works while another process has the vault open, and does not\n"
        "end that process. It does not reach backups and other copies, processes that have the\n"
        "vault open, memory and swap, nor old blocks that SSDs, sticks, snapshots and cloud\n"
        "folders keep. When there is time, power off afterwards.\n"
        "--json: {\"erased\",\"not_reached\":[...]}\n",
    .opts = (const struct opt[]){
        { "yes", 0, false, NULL, "yes, erase it" },
        { NULL, 0, false, NULL, NULL } },
    .opens = CMD_OPENS_FOLDER,
    .run = panic_run,
};
