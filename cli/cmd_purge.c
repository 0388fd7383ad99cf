/* cmd_purge.c - destroying for good: purge. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/print.h"
#include "cli/term.h"

static const char *const NOT_REACHED[] = {
    "backups, and other copies of the vault that have the `keys` of their time",
    "travel copies", "dumps, and files that were handed over or released",
    "what stands elsewhere in this vault (`purge --plan` lists where, beforehand)",
    "old blocks that SSDs, sticks, snapshots and cloud folders keep",
};
#define N_NOT_REACHED (sizeof NOT_REACHED / sizeof NOT_REACHED[0])

static void
not_reached_json(struct json *j)
{
    js_key(j, "not_reached");
    js_array(j);
    for (size_t i = 0; i < N_NOT_REACHED; i++)
        js_text(j, NOT_REACHED[i]);
    js_end(j);
}

/* ---- the plan ---- */

static void
files_json(struct json *j, const struct vault_purge_plan *p)
{
    js_key(j, "files");
    js_array(j);
    for (size_t i = 0; i < p->n_files; i++) {
        const struct vault_purge_file *f = &p->files[i];

        js_object(j);
        js_pair(j, "id", f->id);
        js_key(j, "number");
        if (f->number == 0)
            js_null(j);
        else
            js_uint(j, f->number);
        js_pair(j, "field", f->field);
        js_pair(j, "tier", f->withheld ? "withheld" : "open");
        js_pair(j, "name", f->name);
        js_end(j);
    }
    js_end(j);
}

static void
plan_json(const struct vault_purge_plan *p)
{
    struct json j = { .to = stdout };

    js_object(&j);
    js_pair(&j, "id", p->id);
    js_pair(&j, "label", p->label);
    js_pair(&j, "what", p->what);
    js_pair_uint(&j, "revisions", p->revisions);
    js_pair_uint(&j, "values", p->values);
    js_pair_uint(&j, "attachments", p->attachments);
    js_pair_uint(&j, "kept", p->kept);
    js_pair_uint(&j, "unread", p->unread);
    js_key(&j, "same");
    js_array(&j);
    for (size_t i = 0; i < p->n_same; i++) {
        js_object(&j);
        js_pair(&j, "id", p->same[i].id);
        js_pair(&j, "label", p->same[i].label);
        js_pair_bool(&j, "goes", p->same[i].goes);
        js_end(&j);
    }
    js_end(&j);
    js_key(&j, "fields");
    js_array(&j);
    for (size_t i = 0; i < p->n_fields; i++) {
        js_object(&j);
        js_pair(&j, "field", p->fields[i].name);
        js_pair_uint(&j, "open", p->fields[i].open);
        js_pair_uint(&j, "withheld", p->fields[i].withheld);
        js_end(&j);
    }
    js_end(&j);
    files_json(&j, p);
    js_key(&j, "mentions");
    js_array(&j);
    for (size_t i = 0; i < p->n_mentions; i++) {
        js_object(&j);
        js_pair(&j, "id", p->mentions[i].id);
        js_pair(&j, "type", p->mentions[i].type);
        js_pair(&j, "label", p->mentions[i].label);
        js_pair(&j, "field", p->mentions[i].field);
        js_pair_bool(&j, "withheld", p->mentions[i].withheld);
        js_end(&j);
    }
    js_end(&j);
    not_reached_json(&j);
    js_end(&j);
}

static void
mentions_text(const struct vault_purge_plan *p)
{
    fputs(p->n_mentions == 0 ?
        "\nno withheld text that goes is mentioned elsewhere here (as it is spelt)\n" :
        "\nmentioned elsewhere, where it stays\n", stdout);
    for (size_t i = 0; i < p->n_mentions; i++) {
        fputs("  ", stdout);
        print_code(p->mentions[i].id);
        putchar(' ');
        out_text(p->mentions[i].label);
        fputs("  (", stdout);
        out_text(p->mentions[i].type);
        fputs(", ", stdout);
        out_text(p->mentions[i].field);
        fputs(p->mentions[i].withheld ? ", withheld)\n" : ")\n", stdout);
    }
    if (p->unread != 0)
        printf("withheld values of %" PRIu64 " revision%s cannot be read and were not searched for\n",
            p->unread, p->unread == 1 ? "" : "s");
}

/* As `show` lists them; the name of a withheld one is not told here. */
static void
files_text(const struct vault_purge_plan *p)
{
    if (p->attachments != 0)
        printf("%" PRIu64 " attachment%s with %s bytes\n", p->attachments,
            p->attachments == 1 ? "" : "s", p->attachments == 1 ? "its" : "their");
    for (size_t i = 0; i < p->n_files; i++) {
        const struct vault_purge_file *f = &p->files[i];

        fputs("  ", stdout);
        if (strcmp(f->id, p->id) != 0) {
            print_code(f->id);
            putchar(' ');
        }
        if (f->number != 0)
            printf("#%u  ", f->number);
        else
            fputs("of an older revision  ", stdout);
        out_text(f->name != NULL ? f->name : f->withheld ? "[withheld]" : "(damaged)");
        fputs(f->withheld ? "\n" : "  (open)\n", stdout);
    }
}

static void
plan_text(const struct vault_purge_plan *p)
{
    print_code(p->id);
    putchar(' ');
    out_style(OUT_BOLD);
    out_text(p->label);
    out_style(OUT_PLAIN);
    putchar('\n');
    for (size_t i = 0; i < p->n_same; i++) {
        fputs("the same as ", stdout);
        print_code(p->same[i].id);
        putchar(' ');
        out_text(p->same[i].label);
        fputs(p->same[i].goes ? ", which goes as well\n" : ", which stays\n", stdout);
    }
    printf("purging this %s destroys %" PRIu64 " value%s in %" PRIu64 " revision%s\n", p->what,
        p->values, p->values == 1 ? "" : "s", p->revisions, p->revisions == 1 ? "" : "s");
    for (size_t i = 0; i < p->n_fields; i++) {
        const struct vault_purge_field *f = &p->fields[i];

        fputs("  ", stdout);
        out_cell(f->name, 16);
        printf("%" PRIu64 "%s\n", f->open + f->withheld,
            f->open == 0 ? " withheld" : f->withheld == 0 ? "" : " (some withheld)");
    }
    files_text(p);
    if (p->kept != 0)
        printf("%" PRIu64 " value%s of it still stand%s in the present revision, and stay\n", p->kept,
            p->kept == 1 ? "" : "s", p->kept == 1 ? "s" : "");
    mentions_text(p);
    fputs("\nnot reached\n", stdout);
    for (size_t i = 0; i < N_NOT_REACHED; i++)
        printf("  %s\n", NOT_REACHED[i]);
}

static vault_err
show_plan(struct call *c, const struct vault_purge *what)
{
    struct vault_purge_plan *p = NULL;
    vault_err err = kept(vault_purge_plan(c->app->vault, what, &p));

    if (err != VAULT_OK)
        return err;
    if (c->json)
        plan_json(p);
    else
        plan_text(p);
    vault_purge_plan_free(p);
    term_say("nothing was changed");
    return VAULT_OK;
}

/* ---- the deed ---- */

static void
tell(struct call *c, const struct vault_purged *done)
{
    if (c->json) {
        struct json j = { .to = stdout };

        js_object(&j);
        js_pair(&j, "id", done->id);
        js_pair_uint(&j, "records", done->records);
        js_pair_uint(&j, "revisions", done->revisions);
        js_pair_uint(&j, "values", done->values);
        js_pair_uint(&j, "strays", done->strays);
        js_pair_uint(&j, "left", done->left);
        not_reached_json(&j);
        js_end(&j);
    } else {
        printf("%s\n", done->id);
    }
    term_say("purged: content and keys are destroyed; ids, and what the log says, stay\n"
        "run `compact` now, so that nothing is left in unused parts of records.db\n"
        "not reached:");
    for (size_t i = 0; i < N_NOT_REACHED; i++)
        term_say("  - %s", NOT_REACHED[i]);
    if (done->strays > 0)
        term_warn("what %" PRIu64 " damaged revision%s held could not be read, nor could that of others: encrypted\n"
            "pieces of attachments may be left in the vault; their keys are destroyed", done->strays,
            done->strays == 1 ? "" : "s");
    if (done->left > 0)
        term_warn("%" PRIu64 " piece%s of attachments that it named were left: they belong to another attachment, or may",
            done->left, done->left == 1 ? "" : "s");
}

static vault_err
purge_run(struct call *c)
{
    struct vault_purge what = { .id = c->args[0], .field = call_value(c, "field"),
        .revision = call_value(c, "rev"), .attachment = call_value(c, "attachment") };
    struct vault_purged done = { .values = 0 };
    bool plan = call_has(c, "plan");
    vault_err err;

    if (!plan && !call_has(c, "yes"))
        return fail(VAULT_ERR_REFUSED, "look at `purge ID --plan`, then `purge ID --yes`, if you mean it",
            "a purge destroys for ever; nothing was changed");
    err = open_vault(c);
    if (err == VAULT_OK && plan)
        return show_plan(c, &what);
    if (err == VAULT_OK)
        err = kept(vault_purge(c->app->vault, &what, &done));
    if (err == VAULT_OK)
        tell(c, &done);
    return err;
}

const struct cmd cmd_purge = {
    .name = "purge",
    .args = "ID [--field F | --rev R | --attachment N] (--plan | --yes)",
    .summary = "destroy a record, or part of it, for good, with its keys",
    .examples = "purge K-12 --plan\npurge K-12 --yes\npurge K-12 --field address --yes\n"
        "purge K-12 --rev 0a1b2c --yes\npurge K-12 --attachment 2 --yes\ncompact\n",
    .about =
        "Needs a keeper. Without one of the three all of the record goes. --field: every value the\n"
        "field has or had. --rev: the values of that revision that are not in the present one any\n"
        "more, wherever the record repeats them. --attachment: one of those that `show` lists, by its\n"
        "number (2 or #2) or name, from all revisions; one that is the number of one and the name of\n"
        "another is refused. Ids stay, so that `history` and old signatures hold; `show` then says\n"
        "that it was purged, links to it show its code and [purged], and its ref and label may be\n"
        "given to another record. Nothing brings it back.\n"
        "Records that were merged into ID go with it, wholly or with --field, not those that it was merged\n"
        "into: --plan lists them.\n"
        "--plan changes nothing: it tells what would go, which attachments, and in which fields of other\n"
        "records a withheld text that goes is mentioned, spelt the same way; other spellings it does not\n"
        "find.\n"
        "A copy of records.db from before a purge is of no use with the present `keys`; with the\n"
        "`keys` of its time (a backup, a travel copy, a stolen disk) it still opens. Run `compact`\n"
        "afterwards.\n"
        "--json with --plan: {\"id\",\"label\",\"what\",\"revisions\",\"values\",\"attachments\",\"kept\",\"unread\",\n"
        "\"same\":[{\"id\",\"label\",\"goes\"}],\"fields\":[{\"field\",\"open\",\"withheld\"}],\n"
        "\"files\":[{\"id\",\"number\",\"field\",\"tier\",\"name\"}],\n"
        "\"mentions\":[{\"id\",\"type\",\"label\",\"field\",\"withheld\"}],\"not_reached\":[...]};\n"
        "else {\"id\",\"records\",\"revisions\",\"values\",\"strays\",\"left\",\"not_reached\":[...]}\n",
    .opts = (const struct opt[]){
        { "field", 0, false, "F", "all values of this field, present and past" },
        { "rev", 0, false, "R", "what this revision holds and the present one does not" },
        { "attachment", 0, false, "N", "one attachment, by its number or name" },
        { "plan", 0, false, NULL, "tell what would go; change nothing" },
        { "yes", 0, false, NULL, "yes, destroy it" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .again = CMD_AGAIN_ALWAYS,
    .run = purge_run,
};
