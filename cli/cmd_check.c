#include <inttypes.h>
#include <stdio.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/progress.h"
#include "cli/term.h"

struct report {
    struct json j;
    bool json, begun;
    uint64_t problems;
    struct vault_checked told;
    struct vault_deep_check *deep;      /* NULL: not asked for */
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
verify_path(struct report *r, const struct call *c)
{
    struct vault_credentials cred = { .slot = -1 };
    struct secret *pass = NULL;
    vault_err err = open_credentials(&cred, &pass, c);

    if (err == VAULT_OK && r->deep != NULL)
        err = kept(vault_check_deep(c->app->folder, &cred, tell, r, r->deep));
    else if (err == VAULT_OK)
        err = kept(vault_check(c->app->folder, &cred, tell, r, &r->told));
    vault_secret_free(pass);
    if (err == VAULT_ERR_KEY)
        open_explain(c);
    return err;
}

static vault_err
verify(struct report *r, const struct call *c)
{
    vault *v = c->app->vault;
    vault_err err = v == NULL ? verify_path(r, c) :
        r->deep != NULL ? kept(vault_check_deep_open(v, tell, r, r->deep)) :
        kept(vault_check_open(v, tell, r, &r->told));

    if (r->deep != NULL)
        r->told = r->deep->as;
    if (err == VAULT_ERR_DAMAGED && r->problems == 0)
        tell(r, &(struct vault_problem){ .what = vault_last_error()->text, .where = "keys" });
    return err;
}

static void
tell_deep(const struct vault_deep_check *d)
{
    term_say("%" PRIu64 " attachment%s read and compared (%" PRIu64 " bytes)", d->attachments,
        d->attachments == 1 ? "" : "s", d->bytes);
    if (d->closed > 0)
        term_say("what withheld attachments contain (%" PRIu64 " stored bytes) could not be verified with this "
            "passphrase: a keeper can", d->closed);
}

static vault_err
check_run(struct call *c)
{
    struct report r = { .j = { .to = stdout }, .json = c->json };
    struct progress p;
    struct vault_deep_check deep = { .progress = progress_step, .progress_ctx = &p };
    vault_err err;

    if (call_has(c, "deep")) {
        r.deep = &deep;
        progress_begin(&p, "reading attachments");
    }
    err = verify(&r, c);
    if (r.deep != NULL)
        progress_end(&p);
    open_tell_left(r.told.old_left);
    if (err != VAULT_OK && err != VAULT_ERR_DAMAGED)
        return err;
    begin(&r);
    if (c->json) {
        js_end(&r.j);
        js_pair_bool(&r.j, "ok", err == VAULT_OK);
        if (r.told.anchor != VAULT_ANCHOR_NONE)
            js_pair(&r.j, "anchor", r.told.anchor == VAULT_ANCHOR_MADE ? "made" :
                r.told.anchor == VAULT_ANCHOR_OTHER_COPY ? "other-copy" : "holds");
        if (r.told.old_left)
            js_pair_bool(&r.j, "old_keys_left", true);
        js_end(&r.j);
    } else if (err == VAULT_OK) {
        fputs("ok: nothing is wrong\n", stdout);
    }
    open_tell_anchor(r.told.anchor, call_value(c, "anchor"));
    if (r.told.unverified > 0)
        term_say("%" PRIu64 " items could not be verified with this passphrase: a keeper can",
            r.told.unverified);
    if (r.deep != NULL)
        tell_deep(r.deep);
    return err;
}

const struct cmd cmd_check = {
    .name = "check",
    .args = "[--deep]",
    .summary = "verify everything: hashes, signatures, every record",
    .examples = "check\ncheck --deep\ncheck --json\n",
    .about = "Exit code 4 when anything is wrong, after telling all of it.\n"
        "--deep also reads every attachment and compares it with its SHA-256. What withheld ones contain\n"
        "only a keeper can compare; the command says what could not be verified.\n"
        "--json: {\"ok\",\"problems\":[{\"what\",\"where\"}]}, with --anchor also \"anchor\": \"holds\", \"made\" (it was not there)\n"
        "or \"other-copy\"; and \"old_keys_left\": true where it finished a change of keys that was cut short, and the old file may\n"
        "still be found on the disk\n",
    .opts = (const struct opt[]){
        { "deep", 0, false, NULL, "also every byte of the attachments" },
        { NULL, 0, false, NULL, NULL } },
    .opens = CMD_OPENS_VAULT,
    .run = check_run,
};
