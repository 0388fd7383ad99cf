/* cmd_release_verify.c - for whoever receives a release: is it as it was signed, and by whom? */
#include <inttypes.h>
#include <stdio.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/term.h"

static void
print_json(const struct vault_release_verified *v)
{
    struct json j = { .to = stdout };

    js_object(&j);
    js_pair_bool(&j, "ok", true);
    js_pair(&j, "audience", v->audience);
    js_pair(&j, "purpose", v->purpose);
    js_pair(&j, "as_of", v->as_of);
    js_pair(&j, "expires", v->expires);
    js_pair_uint(&j, "files", v->files);
    js_pair(&j, "key", v->key);
    js_pair(&j, "words", v->words);
    js_end(&j);
}

static void
line(const char *what, const char *text)
{
    printf("%-17s", what);
    out_text(text);
    putchar('\n');
}

static void
print_text(const struct vault_release_verified *v)
{
    printf("ok: all %" PRIu64 " files are as they were signed\n", v->files);
    line("purpose", v->purpose);
    line("released for", v->audience);
    line("data as of", v->as_of);
    line("to be used until", v->expires);
    line("signed by", v->key);
    line("in words", v->words);
}

static vault_err
verify_run(struct call *c)
{
    struct vault_release_verified v;
    vault_err err = open_confine(c);

    if (err == VAULT_OK)
        err = kept(vault_release_verify(c->args[0], call_value(c, "key"), &v));
    if (err != VAULT_OK)
        return err;
    if (c->json)
        print_json(&v);
    else
        print_text(&v);
    if (!call_has(c, "key"))
        term_say("anybody can sign a folder: compare the key with what the sender told you in another way, or give it with --key");
    return VAULT_OK;
}

const struct cmd cmd_release_verify = {
    .name = "release verify",
    .args = "DIR [--key KEY]",
    .summary = "say whether the folder of a release is as it was signed",
    .examples = "release verify press-data\nrelease verify press-data --key RWQ...\nrelease verify press-data --json\n",
    .about = "Needs no vault. It verifies the signature of the manifest, compares size and SHA-256 of every file with\n"
        "it, and looks whether there is anything else in the folder. Exit code 4: something was changed, is\n"
        "missing or was added, or the signature is not by that key; 2: not a release; 7: no such folder.\n"
        "Who signed is told by the key alone. Compare it, or its twelve words, with what the sender told\n"
        "you by telephone or in person; --key demands that very key.\n"
        "--json: {\"ok\",\"audience\",\"purpose\",\"as_of\",\"expires\",\"files\",\"key\",\"words\"}\n",
    .opts = (const struct opt[]){
        { "key", 0, false, "KEY", "the key that it must be signed with" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_NOTHING,
    .reads = { .arg = 1, .is_folder = true },
    .run = verify_run,
};
