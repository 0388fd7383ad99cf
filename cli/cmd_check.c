#include <inttypes.h>
#include <stdio.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/term.h"

struct report {
    struct json j;
    bool json, begun;
    uint64_t problems, unverified;
};

static void
begin(struct report *r)
{
    if (!r->json || r->begun)
        return;
    js_object(&r->j);
    js_key(&r->j, "problems");
    js_array(&r->j);
    r->begun = true;
}

static int
tell(void *ctx, const struct vault_problem *p)
{
    struct report *r = ctx;

    r->problems++;
    begin(r);
    if (r->json) {
        js_object(&r->j);
        js_pair(&r->j, "what", p->what);
        js_pair(&r->j, "where", p->where);
        js_end(&r->j);
        return 0;
    }
    out_text(p->where);
    fputs(": ", stdout);
    out_text(p->what);
    putchar('\n');
    return 0;
}

static vault_err
verify(struct report *r, const struct call *c)
{
    struct vault_credentials cred = { .slot = -1 };
    struct secret *pass = NULL;
    vault_err err;

    if (c->app->vault != NULL)
        return kept(vault_check_open(c->app->vault, tell, r, &r->unverified));
    err = open_credentials(&cred, &pass, c);
    if (err == VAULT_OK)
        err = kept(vault_check(c->app->folder, &cred, tell, r, &r->unverified));
    vault_secret_free(pass);
    if (err == VAULT_ERR_KEY)
        open_explain(c);
    if (err == VAULT_ERR_DAMAGED && r->problems == 0)
        tell(r, &(struct vault_problem){ .what = vault_last_error()->text, .where = "keys" });
    return err;
}

static vault_err
check_run(struct call *c)
{
    struct report r = { .j = { .to = stdout }, .json = c->json };
    vault_err err;

    err = verify(&r, c);
    if (err != VAULT_OK && err != VAULT_ERR_DAMAGED)
        return err;
    begin(&r);
    if (c->json) {
        js_end(&r.j);
        js_pair_bool(&r.j, "ok", err == VAULT_OK);
        js_end(&r.j);
    } else if (err == VAULT_OK) {
        fputs("ok: nothing is wrong\n", stdout);
    }
    if (r.unverified > 0)
        term_say("%" PRIu64 " items could not be verified with this passphrase: a keeper can",
            r.unverified);
    return err;
}

const struct cmd cmd_check = {
    .name = "check",
    .args = "[--deep]",
    .summary = "verify everything: hashes, signatures, every record",
    .examples = "check\ncheck --json\n",
    .about = "Exit code 4 when anything is wrong, after telling all of it.\n"
        "--json: {\"ok\",\"problems\":[{\"what\",\"where\"}]}\n",
    .opts = (const struct opt[]){
        { "deep", 0, false, NULL, "also every byte of the attachments" },
        { NULL, 0, false, NULL, NULL } },
    .opens = CMD_OPENS_VAULT,
    .run = check_run,
};
