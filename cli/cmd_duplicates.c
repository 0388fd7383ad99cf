/* duplicates: records that may be one person. */
#include <inttypes.h>
#include <stdio.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/print.h"
#include "cli/term.h"

static int
pair_json(void *ctx, const struct vault_duplicate *d)
{
    struct json *j = ctx;

    js_object(j);
    js_pair(j, "a", d->a);
    js_pair(j, "b", d->b);
    js_pair(j, "label_a", d->label_a);
    js_pair(j, "label_b", d->label_b);
    js_pair(j, "level", d->level);
    js_pair_uint(j, "score", d->score);
    js_key(j, "why");
    js_array(j);
    for (size_t i = 0; i < d->n_why; i++)
        js_text(j, d->why[i]);
    js_end(j);
    js_end(j);
    return 0;
}

static void
side(const char *code, const char *label)
{
    print_code(code);
    putchar(' ');
    out_text(label);
}

static int
pair_text(void *ctx, const struct vault_duplicate *d)
{
    (void)ctx;
    out_cell(d->level, 8);
    putchar(' ');
    side(d->a, d->label_a);
    fputs("  =  ", stdout);
    side(d->b, d->label_b);
    putchar('\n');
    for (size_t i = 0; i < d->n_why; i++) {
        fputs("          ", stdout);
        out_text(d->why[i]);
        putchar('\n');
    }
    return 0;
}

static void
remarks(const struct vault_duplicates *q, uint64_t told)
{
    if (q->found > told)
        term_say("%" PRIu64 " more pair%s; --limit N shows more", q->found - told, q->found - told == 1 ? "" : "s");
    if (q->crowded > 0)
        term_say("not every pair was compared: up to %" PRIu64 " people share a name or a record with so many that only dates of "
            "birth which fit brought them together", q->crowded);
    if (q->found > 0)
        term_say("`merge B A` says that two are one person, `duplicates --dismiss A B` that they are not");
}

static vault_err
list_pairs(struct call *c)
{
    struct vault_duplicates q = { .limit = 0 };
    struct json j = { .to = stdout };
    long limit = 200;
    vault_err err = call_number(c, "limit", 1, 100000, &limit);

    if (err == VAULT_OK)
        err = open_vault(c);
    if (err != VAULT_OK)
        return err;
    q.limit = (size_t)limit;
    if (c->json)
        js_array(&j);
    err = kept(vault_find_duplicates(c->app->vault, &q, c->json ? pair_json : pair_text, &j));
    if (c->json && (err == VAULT_OK || q.unread != 0))
        js_end(&j);
    if (err == VAULT_OK || q.unread != 0)
        remarks(&q, q.found < q.limit ? q.found : q.limit);
    return err;
}

static vault_err
duplicates_run(struct call *c)
{
    const char *dismiss = call_value(c, "dismiss");
    vault_err err;

    if (dismiss == NULL && c->n_args != 0)
        return fail(VAULT_ERR_INPUT, "`duplicates` lists all pairs, `duplicates --dismiss A B` is about one",
            "duplicates takes no ID");
    if (dismiss == NULL)
        return list_pairs(c);
    if (c->n_args != 1)
        return fail(VAULT_ERR_INPUT, "duplicates --dismiss A B", "--dismiss takes two records");
    err = open_vault(c);
    if (err == VAULT_OK)
        err = kept(vault_dismiss(c->app->vault, dismiss, c->args[0]));
    if (err == VAULT_OK)
        term_say("these two are not suggested again");
    return err;
}

const struct cmd cmd_duplicates = {
    .name = "duplicates",
    .args = "[--limit N] | --dismiss A B",
    .summary = "list pairs of persons who may be one, with what speaks for it",
    .examples = "duplicates\nduplicates --dismiss K-12 K-40\nmerge K-31 K-12\n",
    .about = "The strongest first: strong, likely, possible. What counts is an identifying number in common,\n"
        "names that agree, records that link to both, and dates of birth, sex and citizenship that fit. For\n"
        "somebody without any name, a record that links to both is enough where the date of birth and the rest fit.\n"
        "The reasons name fields and never show what stands in them; `show ID --reveal` does.\n"
        "A keeper is told what withheld fields say, too; with a case passphrase only open ones are compared.\n"
        "Nothing is merged by it. --dismiss (keeper; logged) says that the two are not one person: that pair is\n"
        "not listed again, though it can still be merged. Of merged records the leading one is listed.\n"
        "--json: [{\"a\",\"b\",\"label_a\",\"label_b\",\"level\",\"score\",\"why\":[...]}]\n",
    .opts = (const struct opt[]){
        { "dismiss", 0, false, "A", "this record and the one named are not the same (A B)" },
        { "limit", 0, false, "N", "so many pairs at most; else 200" },
        { NULL, 0, false, NULL, NULL } },
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .run = duplicates_run,
};
