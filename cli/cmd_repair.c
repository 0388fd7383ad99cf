/* cmd_repair.c - what can be saved of a damaged vault, in a new one: repair. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/progress.h"
#include "cli/term.h"

struct telling {
    struct json j;
    const char *path;
    bool json, begun;
};

static void
begin(struct telling *t)
{
    if (!t->json || t->begun)
        return;
    js_object(&t->j);
    js_pair(&t->j, "vault", t->path);
    js_key(&t->j, "lost");
    js_array(&t->j);
    t->begun = true;
}

static void
tell_json(struct telling *t, const struct vault_loss *l)
{
    begin(t);
    js_object(&t->j);
    js_pair(&t->j, "kind", l->kind);
    js_pair(&t->j, "record", l->record);
    js_pair(&t->j, "type", l->type);
    js_pair(&t->j, "revision", l->revision);
    js_pair(&t->j, "fields", l->fields);
    if (strncmp(l->kind, "log-", 4) == 0)
        js_pair_uint(&t->j, "log_number", l->log_number);
    js_pair(&t->j, "what", l->what);
    js_pair_bool(&t->j, "older_shown", l->older_shown);
    js_end(&t->j);
}

static int
tell(void *ctx, const struct vault_loss *l)
{
    struct telling *t = ctx;

    if (t->json) {
        tell_json(t, l);
        return 0;
    }
    if (strcmp(l->kind, "log-end") == 0) {
        printf("lost: entries of the log after number %" PRIu64 " may be missing", l->log_number);
    } else if (l->record == NULL) {
        printf("lost: the detail of log entry %" PRIu64, l->log_number);
    } else {
        printf("lost: %s ", strcmp(l->kind, "revision") == 0 ? "revision" :
            strcmp(l->kind, "attachment") == 0 ? "the content of an attachment of revision" : "withheld values of revision");
        printf("%.16s of record %s", l->revision, l->record);
        if (l->type != NULL)
            printf(" (%s)", l->type);
        if (l->fields != NULL)
            printf(": %s", l->fields);
    }
    fputs(": ", stdout);
    out_text(l->what);
    if (l->older_shown)
        fputs("; the record shows an OLDER revision now, compare it with a backup", stdout);
    putchar('\n');
    return 0;
}

static void
finish_json(struct telling *t, const struct vault_repair_report *r)
{
    const struct { const char *name; uint64_t n; } count[] = {
        { "pages", r->pages }, { "bad_pages", r->bad_pages }, { "records", r->records },
        { "revisions", r->revisions }, { "log_entries", r->log_entries },
        { "lost_revisions", r->lost_revisions }, { "lost_values", r->lost_values },
        { "lost_attachments", r->lost_attachments }, { "lost_details", r->lost_details },
        { "added", r->added }, { "joined", r->joined }, { "left_out", r->dropped_rows } };

    begin(t);
    js_end(&t->j);
    for (size_t i = 0; i < sizeof count / sizeof count[0]; i++)
        js_pair_uint(&t->j, count[i].name, count[i].n);
    js_pair(&t->j, "vault_id", r->vault_id);
    js_end(&t->j);
}

static void
finish(struct telling *t, const struct vault_repair_report *r)
{
    if (t->json)
        finish_json(t, r);
    term_say("made %s: %" PRIu64 " record%s, %" PRIu64 " revision%s, %" PRIu64 " log entries; every byte of it was verified",
        t->path, r->records, r->records == 1 ? "" : "s", r->revisions, r->revisions == 1 ? "" : "s", r->log_entries);
    if (r->bad_pages != 0)
        term_say("%" PRIu64 " of %" PRIu64 " pages of records.db could not be read", r->bad_pages, r->pages);
    if (r->joined != 0)
        term_say("%" PRIu64 " record%s of which some revisions are lost got a new one with what is left", r->joined,
            r->joined == 1 ? "" : "s");
    if (r->dropped_rows != 0)
        term_say("%" PRIu64 " row%s that belong%s to nothing %s left out: of what is lost, planted, or of changes whose entries were cut off\n"
            "compare the newest changes with a backup; open the new vault with `--anchor` if you keep one", r->dropped_rows,
            r->dropped_rows == 1 ? "" : "s", r->dropped_rows == 1 ? "s" : "", r->dropped_rows == 1 ? "was" : "were");
    if (!r->lost)
        term_say("nothing was lost");
    term_say("the damaged vault is as it was: keep it until you know that nothing more is needed from it");
}

static vault_err
repair_with(struct call *c, struct telling *t, struct vault_repair_report *r)
{
    struct progress p;
    struct vault_repair_options opt = { .fn = tell, .ctx = t, .progress = progress_step, .progress_ctx = &p };
    struct vault_credentials cred = { .slot = -1 };
    struct secret *pass = NULL;
    vault_err err = VAULT_OK;

    if (call_value(c, "anchor") != NULL)
        return fail(VAULT_ERR_INPUT, "open the new vault with it, as in 'list --anchor FILE'", "a repair does not look at an anchor");
    err = open_credentials(&cred, &pass, c);
    if (err == VAULT_OK) {
        progress_begin(&p, "saving what can be saved");
        err = kept(vault_repair(c->app->folder, t->path, &cred, &opt, r));
        progress_end(&p);
    }
    vault_secret_free(pass);
    if (err == VAULT_ERR_KEY)
        open_explain(c);
    return err;
}

static vault_err
repair_run(struct call *c)
{
    struct telling t = { .j = { .to = stdout }, .path = c->args[0], .json = c->json };
    struct vault_repair_report r = { .lost = false };
    vault_err err = repair_with(c, &t, &r);

    if (err != VAULT_OK)
        return err;
    finish(&t, &r);
    if (!r.lost)
        return VAULT_OK;
    return fail(VAULT_ERR_DAMAGED, "look for what is missing in backups, and add it again",
        "the vault was repaired, but not everything could be saved");
}

const struct cmd cmd_repair = {
    .name = "repair",
    .args = "NEW.vault",
    .summary = "save what can be saved of a damaged vault, in a new one",
    .examples = "-C cases.vault repair saved.vault\n",
    .about =
        "The damaged vault is read and never written to; copy it first all the same. Needs a keeper, and\n"
        "a whole file `keys`. Everything that authenticates is saved; each thing that is lost is named:\n"
        "records by id and type, revisions, fields, attachments; never values. The new vault opens with the\n"
        "same passphrases, its log goes on, and an entry `repair` that the keeper signs says what is lost, so\n"
        "that `check` finds nothing wrong in it. Where the log, or what keepers decided (slots, types, purges),\n"
        "is not whole, nothing is made: who damaged it could have chosen what is undone. Go back to a backup.\n"
        "Where only the end of the log may be missing, that is told as lost: who looked at names may have stood there.\n"
        "An anchor is not looked at; open the new vault with it.\n"
        "Exit code 0: nothing was lost; 4: something was, or nothing could be made (then there is no\n"
        "NEW.vault).\n"
        "--json: {\"vault\",\"lost\":[{\"kind\",\"record\",\"type\",\"revision\",\"fields\",\"log_number\",\"what\",\"older_shown\"}],\"pages\",\"bad_pages\",\n"
        "\"records\",\"revisions\",\"log_entries\",\"lost_revisions\",\"lost_values\",\"lost_attachments\",\"lost_details\",\n"
        "\"added\",\"joined\",\"left_out\",\"vault_id\"}\n",
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .writes = { .arg = 1 },
    .not_in_shell = true,
    .run = repair_run,
};
