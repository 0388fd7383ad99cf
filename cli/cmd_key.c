#include <inttypes.h>
#include <stdio.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/pass.h"
#include "cli/term.h"

/* ---- key list ----------------------------------------------------------------------------- */

static const char *
tier_name(enum vault_tier tier)
{
    return tier == VAULT_TIER_KEEPER ? "keeper" : "case";
}

static int
slot_json(void *ctx, const struct vault_slot_info *s)
{
    struct json *j = ctx;

    js_object(j);
    js_pair_int(j, "slot", s->index);
    js_pair(j, "id", s->id);
    js_pair(j, "kind", s->kind);
    js_pair(j, "tier", tier_name(s->tier));
    js_key(j, "kdf");
    js_object(j);
    js_pair_uint(j, "memory_kib", s->cost.mem_kib);
    js_pair_uint(j, "passes", s->cost.passes);
    js_pair_uint(j, "lanes", s->cost.lanes);
    js_end(j);
    js_end(j);
    return 0;
}

static int
slot_text(void *ctx, const struct vault_slot_info *s)
{
    (void)ctx;
    printf("%d  %s  %-18s  %-6s", s->index, s->id, s->kind, tier_name(s->tier));
    if (s->cost.mem_kib != 0)
        printf("  %" PRIu32 " MiB, %" PRIu32 " passes, %" PRIu32 " lanes", s->cost.mem_kib / 1024,
            s->cost.passes, s->cost.lanes);
    putchar('\n');
    return 0;
}

static vault_err
list_run(struct call *c)
{
    struct json j = { .to = stdout };
    vault_err err;

    if (!c->json)
        return kept(vault_key_list(c->app->folder, slot_text, NULL));
    js_array(&j);
    err = kept(vault_key_list(c->app->folder, slot_json, &j));
    if (err == VAULT_OK)
        js_end(&j);
    return err;
}

const struct cmd cmd_key_list = {
    .name = "key list",
    .args = "",
    .summary = "the ways into the vault; needs no passphrase",
    .examples = "key list\nkey list --json\n",
    .about = "One line per slot: number, id, what opens it, tier, and what unlocking costs.\n",
    .opens = CMD_OPENS_FOLDER,
    .run = list_run,
};

/* ---- key change --------------------------------------------------------------------------- */

static void
say_upgraded(const struct call *c, bool upgraded)
{
    struct json j = { .to = stdout };

    if (c->json) {
        js_object(&j);
        js_pair_bool(&j, "upgraded", upgraded);
        js_end(&j);
    }
    term_say(upgraded ? "guesses at your passphrase are dearer now, and so is unlocking; the passphrase is the same\n"
        "with an old copy of `keys` (a backup, a stolen disk) they are as cheap as before\n"
        "only `key rekey` through this slot shuts that out" :
        "nothing is changed: as measured now, a new vault on this machine would cost no more\n"
        "a busy machine seems slower than it is: then try again later");
}

/* The passphrase stays, so it is typed once. */
static vault_err
upgrade_run(struct call *c)
{
    static const char *const NOT_WITH[] = { "new-passphrase-fd", "kdf-memory", "kdf-passes", "kdf-time" };
    struct vault_credentials cred;
    struct secret *pass = NULL;
    bool upgraded = false;
    vault_err err;

    for (size_t i = 0; i < sizeof NOT_WITH / sizeof NOT_WITH[0]; i++)
        if (call_has(c, NOT_WITH[i]))
            return fail(VAULT_ERR_INPUT, "without --upgrade it changes the passphrase",
                "--upgrade keeps the passphrase and finds the cost itself: --%s does not go with it", NOT_WITH[i]);
    err = open_own(&cred, &pass, c);
    if (err == VAULT_OK)
        err = kept(vault_key_upgrade(c->app->vault, &cred, &upgraded));
    vault_secret_free(pass);
    if (err == VAULT_OK)
        say_upgraded(c, upgraded);
    return err;
}

static vault_err
change_run(struct call *c)
{
    struct vault_create_options opt = { 0 };
    struct vault_opened opened;
    struct secret *pass = NULL;
    vault_err err;

    if (call_has(c, "upgrade"))
        return upgrade_run(c);
    err = pass_cost(&opt, c);
    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK) {
        vault_opened(c->app->vault, &opened);
        opt.key_file = opened.key_file ? c->app->key_file : NULL;
        err = pass_new(&pass, c, "new passphrase (Tab shows it): ");
    }
    if (err == VAULT_OK)
        err = kept(vault_key_change(c->app->vault, pass, &opt));
    vault_secret_free(pass);
    if (err != VAULT_OK)
        return err;
    if (c->json) {
        struct json j = { .to = stdout };

        js_object(&j);
        js_pair_bool(&j, "changed", true);
        js_end(&j);
    }
    term_say("the passphrase is changed\n"
        "an old copy of this vault (a backup, a stolen disk) still opens with the old passphrase\n"
        "%s", opened.tier == VAULT_TIER_KEEPER ?
        "only `key rekey`, through this slot, shuts that out: if somebody may have both, do it now" :
        "if somebody may have both, a keeper must remove this slot, add a new one, and `key rekey`");
    return VAULT_OK;
}

const struct cmd cmd_key_change = {
    .name = "key change",
    .args = "[--upgrade | [--kdf-memory MIB [--kdf-passes N]] [--kdf-time SECONDS]]",
    .summary = "change the passphrase of the slot in use, or what unlocking costs",
    .examples = "key change\nkey change --upgrade\n"
        "key change --passphrase-fd 3 --new-passphrase-fd 4 3< OLD 4< NEW\n",
    .about =
        "The old passphrase comes from the usual source, the new one from --new-passphrase-fd\n"
        "or, typed twice, from the terminal. An old copy of the vault still opens with the old\n"
        "passphrase; `key rekey` shuts that out.\n"
        "With --upgrade the passphrase stays, and unlocking costs what it would in a new vault on\n"
        "this machine, if that is more; or what another slot's does, since a vault has at most two costs.\n"
        "After that it may need more memory than a smaller machine has.\n"
        PASS_RULE,
    .opts = (const struct opt[]){
        { "upgrade", 0, false, NULL, "keep the passphrase; make guesses at it as dear as in a new vault" },
        PASS_COST_OPTS, { NULL, 0, false, NULL, NULL } },
    .opens = CMD_OPENS_VAULT,
    .again = CMD_AGAIN_ALWAYS,
    .run = change_run,
};
