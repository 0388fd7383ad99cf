/*
 * cmd_slots.c - ways in come and go: key add, key remove, key rekey.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/pass.h"
#include "cli/term.h"

#define KEY_FILE_BYTES 64

/* ---- key add ------------------------------------------------------------------------------ */

static vault_err
read_tier(const struct call *c, enum vault_tier *out)
{
    const char *tier = call_value(c, "tier");

    if (tier != NULL && strcmp(tier, "keeper") == 0)
        *out = VAULT_TIER_KEEPER;
    else if (tier != NULL && strcmp(tier, "case") == 0)
        *out = VAULT_TIER_CASE;
    else
        return fail(VAULT_ERR_INPUT, "a case passphrase cannot read names back; a keeper's can",
            "say which: --tier case or --tier keeper");
    return VAULT_OK;
}

/* A key file that is not there yet is made, never one overwritten. *made: it was. It is on the disk before the slot needs it. */
static vault_err
make_key_file(const char *path, bool *made)
{
    struct secret *key = NULL;
    struct stat st;
    vault_err err;

    *made = false;
    if (lstat(path, &st) == 0)
        return VAULT_OK;
    err = kept(vault_secret_new(&key, KEY_FILE_BYTES));
    if (err == VAULT_OK && getrandom(vault_secret_edit(key), KEY_FILE_BYTES, 0) != KEY_FILE_BYTES)
        err = fail(VAULT_ERR_FAILED, NULL, "there is no source of random numbers");
    if (err == VAULT_OK)
        vault_secret_set_len(key, KEY_FILE_BYTES);
    if (err == VAULT_OK)
        err = kept(vault_put_file(path, key));
    *made = err == VAULT_OK;
    vault_secret_free(key);
    return err;
}

/* After an error of the deed: a key file that was made for it goes, unless the slot may be there and need it. */
static void
take_key_file_back(const char *path, int slot)
{
    if (slot < 0)
        (void)unlink(path);
    else
        fail_hint("keep the key file %s until `key list` shows that there is no slot %d", path, slot);
}

static void
say_added(const struct call *c, int slot, enum vault_tier tier, const char *made)
{
    struct json j = { .to = stdout };

    if (c->json) {
        js_object(&j);
        js_pair_int(&j, "slot", slot);
        js_pair(&j, "tier", tier == VAULT_TIER_KEEPER ? "keeper" : "case");
        js_end(&j);
    } else {
        printf("%d\n", slot);
    }
    if (made != NULL)
        term_say("made the key file %s: without it this slot does not open; keep a copy apart from the vault",
            made);
    term_say(tier == VAULT_TIER_KEEPER ?
        "slot %d opens everything, names too" :
        "slot %d reads open fields and takes in withheld ones, and cannot read those back", slot);
}

static vault_err
add_run(struct call *c)
{
    struct vault_create_options opt = { 0 };
    enum vault_tier tier = VAULT_TIER_CASE;
    struct secret *pass = NULL;
    bool made = false;
    int slot = -1;
    vault_err err = read_tier(c, &tier);

    opt.key_file = call_value(c, "new-key-file");
    if (err == VAULT_OK)
        err = pass_cost(&opt, c);
    if (err == VAULT_OK && opt.key_file != NULL)
        err = kept(vault_may_put(c->app->folder, opt.key_file));
    if (err == VAULT_OK && opt.key_file != NULL)
        err = make_key_file(opt.key_file, &made);
    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK)
        err = pass_new(&pass, c, "passphrase of the new slot (Tab shows it): ");
    if (err == VAULT_OK)
        err = kept(vault_key_add(c->app->vault, tier, pass, &opt, &slot));
    vault_secret_free(pass);
    if (err == VAULT_OK)
        say_added(c, slot, tier, made ? opt.key_file : NULL);
    else if (made)
        take_key_file_back(opt.key_file, slot);
    return err;
}

const struct cmd cmd_key_add = {
    .name = "key add",
    .args = "--tier case|keeper [--new-key-file F] [--kdf-memory MIB [--kdf-passes N]] [--kdf-time SECONDS]",
    .summary = "another way in, for a caseworker or another keeper",
    .examples = "key add --tier case\nkey add --tier keeper --new-key-file /media/stick/anna.key\n"
        "key add --tier case --passphrase-fd 3 --new-passphrase-fd 4 3< MINE 4< THEIRS\n",
    .about =
        "Needs a keeper. Your own passphrase comes from the usual source, that of the new slot\n"
        "from --new-passphrase-fd or, typed twice, from the terminal. A case passphrase reads and\n"
        "writes open fields and takes in withheld ones, but cannot read these back. With\n"
        "--new-key-file the slot needs that file as well; where it is not there, it is made.\n"
        "At most 8 slots, and two different costs of key derivation.\n"
        PASS_RULE,
    .opts = (const struct opt[]){
        { "tier", 0, false, "TIER", "what the new slot may do: case or keeper" },
        { "new-key-file", 0, false, "F", "a file that the new slot needs besides the passphrase" },
        PASS_COST_OPTS, { NULL, 0, false, NULL, NULL } },
    .opens = CMD_OPENS_VAULT,
    .again = CMD_AGAIN_ALWAYS,
    .writes = { .option = "new-key-file" },     /* to take it away again where it comes to nothing */
    .run = add_run,
};

/* ---- key remove --------------------------------------------------------------------------- */

static vault_err
remove_run(struct call *c)
{
    char *end = NULL;
    long slot;
    vault_err err;

    errno = 0;
    slot = strtol(c->args[0], &end, 10);
    if (errno != 0 || end == c->args[0] || *end != '\0' || slot < 0 || slot > 1000)
        return fail(VAULT_ERR_INPUT, "`key list` shows them", "a slot is named by its number");
    err = open_vault(c);
    if (err == VAULT_OK)
        err = kept(vault_key_remove(c->app->vault, (int)slot));
    if (err != VAULT_OK)
        return err;
    if (c->json) {
        struct json j = { .to = stdout };

        js_object(&j);
        js_pair_int(&j, "removed", slot);
        js_end(&j);
    }
    term_say("slot %ld is removed\n"
        "an old copy of this vault (a backup, a stolen disk) still opens with what opened it\n"
        "only `key rekey` shuts that out", slot);
    return VAULT_OK;
}

const struct cmd cmd_key_remove = {
    .name = "key remove",
    .args = "SLOT",
    .summary = "take a way in away",
    .examples = "key list\nkey remove 2\n",
    .about =
        "Needs a keeper. The last keeper slot cannot be removed. Whoever has an old copy of the\n"
        "vault and that passphrase (or the shares) still opens the copy, and with the old file `keys` also the\n"
        "present records.db: `key rekey` shuts that out.\n",
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .again = CMD_AGAIN_ALWAYS,
    .run = remove_run,
};

/* ---- key rekey ---------------------------------------------------------------------------- */

static vault_err
rekey_run(struct call *c)
{
    struct vault_credentials cred;
    struct secret *pass = NULL;
    vault_err err = open_own(&cred, &pass, c);

    if (err == VAULT_OK)
        err = kept(vault_key_rekey(c->app->vault, &cred));
    vault_secret_free(pass);
    if (err != VAULT_OK)
        return err;
    if (c->json) {
        struct json j = { .to = stdout };

        js_object(&j);
        js_pair_bool(&j, "rekeyed", true);
        js_end(&j);
    }
    term_say("the vault has new keys; every slot keeps its passphrase or shares\n"
        "old copies of `keys` open nothing of the present files, but with a passphrase, old or new, of a slot\n"
        "that stays and is somebody else's: where one may be known, `key remove`, `key add`, and rekey again\n"
        "copies made before today still open with the keys of their time: wipe what you can reach,\n"
        "make a new backup, and give the new card to whom you exchange files with");
    return VAULT_OK;
}

const struct cmd cmd_key_rekey = {
    .name = "key rekey",
    .args = "",
    .summary = "new keys for everything: shuts out who left, and old copies of the keys",
    .examples = "key remove 3\nkey rekey\n",
    .about =
        "Needs a keeper and free space for a second records.db. Slots that are there stay, with their\n"
        "passphrases or shares: first remove the slot of somebody who left, or whose passphrase may be\n"
        "known (also an old one), and make new shares where enough old ones may be known. What was copied before cannot be called back: it\n"
        "opens with the keys of its time.\n",
    .opens = CMD_OPENS_VAULT,
    .not_in_shell = true,
    .run = rekey_run,
};
