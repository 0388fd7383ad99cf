#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/pass.h"
#include "cli/term.h"

/* The name as it was meant, in *path (the caller's), or a refusal, before a passphrase is typed. */
static vault_err
new_folder(char **path, const struct call *c)
{
    const char *name = c->n_args > 0 ? c->args[0] : call_value(c, "vault");
    size_t n;
    struct stat st;

    if (name == NULL)
        return fail(VAULT_ERR_INPUT, "usage: withheld init NAME.vault", "name the new vault");
    n = strlen(name);
    while (n > 1 && name[n - 1] == '/')
        n--;
    *path = strndup(name, n);
    if (*path == NULL)
        return fail_nomem();
    if (n < 7 || strcmp(*path + n - 6, ".vault") != 0 || (*path)[n - 7] == '/') {
        fail(VAULT_ERR_INPUT, NULL, "the name of a vault ends in .vault");
        fail_hint("withheld init %s.vault", *path);
        return VAULT_ERR_INPUT;
    }
    if (lstat(*path, &st) == 0)
        return fail(VAULT_ERR_INPUT, "choose another name; nothing is ever overwritten",
            "%s is already there", *path);
    return VAULT_OK;
}

static void
farewell(const struct call *c, const char *path)
{
    struct json j = { .to = stdout };

    if (c->json) {
        js_object(&j);
        js_pair(&j, "vault", path);
        js_end(&j);
    }
    term_say("made %s\n"
        "this passphrase is the only way in: nobody can open the vault without it, nor reset it\n"
        "so write it on paper and keep that in a safe place away from the computer, and keep a\n"
        "backup on another disk (`withheld backup FILE`), a new one after changes", path);
    if (vault_memory_unlocked())
        term_warn("some secrets could not be locked into memory and may reach the swap space");
}

static vault_err
init_run(struct call *c)
{
    struct vault_create_options opt = { 0 };
    struct accepted accepted;
    struct secret *pass = NULL;
    char *path = NULL;
    vault_err err = new_folder(&path, c);

    if (err == VAULT_OK)
        err = call_accepted(&accepted, c);
    if (err == VAULT_OK)
        err = pass_cost(&opt, c);
    if (err == VAULT_OK)
        err = pass_first(&pass, c, "new passphrase (Tab shows it): ");
    if (err == VAULT_OK) {
        opt.accept = accepted.word;
        opt.n_accept = accepted.n;
        err = kept(vault_create(path, pass, &opt));
    }
    if (err == VAULT_OK)
        farewell(c, path);
    vault_secret_free(pass);
    free(path);
    return err;
}

const struct cmd cmd_init = {
    .name = "init",
    .args = "VAULT [--kdf-memory MIB --kdf-passes N] [--kdf-time SECONDS]",
    .summary = "make a new vault with one keeper slot",
    .examples = "init refugees.vault\ninit --kdf-time 2 refugees.vault\n",
    .about = "VAULT is a new folder whose name ends in .vault; what exists is never overwritten.\n"
        "Without options the key derivation is made to take about one second on this machine.\n"
        "Every later unlocking needs that much memory and time.\n"
        PASS_RULE,
    .opts = (const struct opt[]){ PASS_COST_OPTS, { NULL, 0, false, NULL, NULL } },
    .max_args = 1,
    .opens = CMD_OPENS_NOTHING,
    .not_in_shell = true,
    .run = init_run,
};
