#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/place.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/term.h"

static void
files_json(struct json *j, const struct vault_history_item *h)
{
    js_array(j);
    for (size_t i = 0; i < h->n_files; i++) {
        const struct vault_history_file *f = &h->files[i];

        js_object(j);
        js_pair(j, "field", f->field);
        js_pair(j, "name", f->name);
        js_key(j, "size");
        if (f->sha256 != NULL)
            js_uint(j, f->size);
        else
            js_null(j);
        js_pair(j, "sha256", f->sha256);
        js_pair(j, "tier", f->withheld ? "withheld" : "open");
        js_end(j);
    }
    js_end(j);
}

static void
files_text(const struct vault_history_item *h)
{
    for (size_t i = 0; i < h->n_files; i++) {
        const struct vault_history_file *f = &h->files[i];

        printf("              %s  ", f->sha256 == NULL ? "[withheld]" : f->sha256);
        if (f->sha256 != NULL)
            print_size(stdout, f->size);
        if (f->name != NULL) {
            fputs("  ", stdout);
            out_text(f->name);
        }
        putchar('\n');
    }
}

static int
item_json(void *ctx, const struct vault_history_item *h)
{
    struct json *j = ctx;

    js_object(j);
    js_pair(j, "revision", h->revision);
    js_pair_time(j, "time", h->time);
    js_pair(j, "author", h->author);
    js_pair(j, "action", h->action);
    js_pair_uint(j, "log_number", h->log_number);
    js_key(j, "fields");
    js_array(j);
    for (size_t i = 0; i < h->n_fields; i++)
        js_text(j, h->fields[i]);
    js_end(j);
    js_key(j, "attachments");
    files_json(j, h);
    if (h->other != NULL) {
        js_pair(j, "other", h->other);
        js_pair_bool(j, "other_leads", h->other_leads);
    }
    js_pair_bool(j, "head", h->head);
    js_pair_bool(j, "removed", h->removed);
    js_pair_bool(j, "purged", h->purged);
    js_pair_bool(j, "lost", h->lost);
    js_end(j);
    return 0;
}

static int
item_text(void *ctx, const struct vault_history_item *h)
{
    char iso[OUT_TIME];

    (void)ctx;
    out_iso(iso, h->time);
    printf("%-12.12s  %s  ", h->revision == NULL ? "" : h->revision, iso);
    out_cell(h->author, 16);
    putchar(' ');
    out_cell(h->action, 8);
    for (size_t i = 0; i < h->n_fields; i++) {
        fputs(i == 0 ? " " : ", ", stdout);
        out_text(h->fields[i]);
    }
    if (h->other != NULL) {
        fputs(!h->other_leads ? " of " : strcmp(h->action, "unmerge") == 0 ? " from " : " into ", stdout);
        print_code(h->other);
    }
    printf("%s%s%s%s\n", h->removed ? " (removed)" : "", h->purged ? " (purged)" : "",
        h->lost ? " (partly lost)" : "", h->head ? " (now)" : "");
    files_text(h);
    return 0;
}

static void
statement_json(const char *dir, const struct vault_statement *made)
{
    struct json j = { .to = stdout };

    js_object(&j);
    js_pair(&j, "folder", dir);
    js_pair_uint(&j, "revisions", made->revisions);
    js_pair_uint(&j, "attachments", made->attachments);
    js_pair_uint(&j, "left_out", made->left_out);
    js_pair(&j, "key", made->key);
    js_end(&j);
}

static vault_err
statement(const struct call *c, const char *dir, struct vault_statement *made)
{
    struct progress p;
    const struct vault_statement_options opt = { .reveal = call_has(c, "reveal"),
        .links = call_has(c, "links"), .progress = progress_step, .progress_ctx = &p };
    vault_err err;

    progress_begin(&p, "writing");
    err = kept(vault_statement(c->app->vault, c->args[0], dir, &opt, made));
    progress_end(&p);
    return err;
}

static vault_err
make_statement(struct call *c, const char *dir)
{
    struct vault_statement made;
    vault_err err = place_new(c->app->folder, dir);

    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK)
        err = statement(c, dir, &made);
    if (err != VAULT_OK)
        return err;
    if (c->json) {
        statement_json(dir, &made);
    } else {
        printf("%" PRIu64 " revision%s, %" PRIu64 " attachment%s by SHA-256, %" PRIu64
            " value%s left out\nkey %s\n", made.revisions, made.revisions == 1 ? "" : "s",
            made.attachments, made.attachments == 1 ? "" : "s", made.left_out,
            made.left_out == 1 ? "" : "s", made.key);
    }
    term_say("%s is not encrypted; look through it before it leaves your hands. Give the key to its reader "
        "by another way", dir);
    return VAULT_OK;
}

static vault_err
history_run(struct call *c)
{
    const char *dir = call_value(c, "statement");
    struct json j = { .to = stdout };
    vault_err err = VAULT_OK;

    if (dir != NULL)
        return make_statement(c, dir);
    if (call_has(c, "reveal") || call_has(c, "links"))
        return fail(VAULT_ERR_INPUT, "`show ID --reveal` shows withheld values",
            "--reveal and --links go with --statement");
    err = open_vault(c);
    if (err != VAULT_OK)
        return err;
    if (!c->json)
        return kept(vault_history(c->app->vault, c->args[0], item_text, NULL));
    js_array(&j);
    err = kept(vault_history(c->app->vault, c->args[0], item_json, &j));
    if (err == VAULT_OK)
        js_end(&j);
    return err;
}

const struct cmd cmd_history = {
    .name = "history",
    .args = "ID [--statement DIR [--reveal] [--links]]",
    .summary = "the revisions of a record, or a statement of them for a court",
    .examples = "history K-12\nshow K-12 --rev 0a1b2c\nrevert K-12 0a1b2c\n"
        "history K-12 --statement k12-for-the-court\n",
    .about =
        "One line per revision: its id, time, author, what was done, fields that changed; and one for each\n"
        "purge, merge (into another record, or of another into this one) and unmerge. Values of a revision that is marked (purged) were destroyed. Below each\n"
        "the SHA-256 of attachments that it brought. Those of withheld ones, without their names, are\n"
        "told to keepers, and the log records that.\n"
        "--statement (keeper) writes a new folder with this record's history: open values, who signed\n"
        "them and through which slot, SHA-256 of attachments, and proofs that a page of Python in it\n"
        "checks without the vault; signed for `minisign`. Withheld values, names of withheld\n"
        "attachments and the ids of other records are left out. Revisions of another office come with\n"
        "what proves who wrote them there. The log records it.\n",
    .opts = (const struct opt[]){
        { "statement", 0, false, "DIR", "make this folder, which is readable by anybody" },
        { "reveal", 0, false, NULL, "with withheld values" },
        { "links", 0, false, NULL, "with the ids of records that values name" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .again = CMD_AGAIN_REVEAL,
    .writes = { .option = "statement" },
    .run = history_run,
};
