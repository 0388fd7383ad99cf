#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/input.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/print.h"
#include "cli/term.h"
#include "cli/where.h"

#define TEXT_MAX 4096

static int
hit_json(void *ctx, const struct vault_hit *h)
{
    struct json *j = ctx;

    js_object(j);
    js_pair(j, "id", h->id);
    js_pair(j, "label", h->label);
    js_pair(j, "field", h->field);
    js_pair(j, "level", h->level);
    js_pair(j, "why", h->why);
    if (h->same_as != NULL)
        js_pair(j, "same_as", h->same_as);
    js_end(j);
    return 0;
}

static int
hit_text(void *ctx, const struct vault_hit *h)
{
    (void)ctx;
    print_code(h->id);
    fputs("  ", stdout);
    out_cell(h->type, 12);
    putchar(' ');
    out_cell(h->label, 32);
    putchar(' ');
    if (strcmp(h->level, "text") != 0)
        printf("%s in %s: ", h->level, h->field);
    out_text(h->why);
    if (h->same_as != NULL) {
        fputs("; the same as ", stdout);
        print_code(h->same_as);
        putchar(' ');
        out_text(h->same_label);
    }
    putchar('\n');
    return 0;
}

/* Arguments, put together with blanks. */
static vault_err
from_arguments(struct input *out, const struct call *c)
{
    size_t room = 1;

    for (size_t i = 0; i < c->n_args; i++)
        room += strlen(c->args[i]) + 1;
    out->p = calloc(room, 1);
    if (out->p == NULL)
        return fail_nomem();
    out->room = room;
    for (size_t i = 0; i < c->n_args; i++) {
        strcat(out->p, i == 0 ? "" : " ");
        strcat(out->p, c->args[i]);
    }
    out->n = strlen(out->p);
    return VAULT_OK;
}

static vault_err
search_text(struct input *out, const struct call *c)
{
    vault_err err;

    if (c->n_args > 0)
        return from_arguments(out, c);
    err = input_ask(out, call_has(c, "names") ? "name: " : "search for: ", TEXT_MAX);
    if (err == VAULT_OK && out->n == 0)
        err = fail(VAULT_ERR_INPUT, "give it on standard input, or type it when asked",
            "there is no text to search for");
    return err;
}

static vault_err
search(const struct call *c, const struct vault_search_query *q, vault_hit_fn *fn, void *ctx)
{
    return call_has(c, "names") ? vault_search_names(c->app->vault, q, fn, ctx) :
        vault_search(c->app->vault, q, fn, ctx);
}

/* That a surname alone finds nobody must not look as if nobody were there. */
static void
say_if_too_little(const struct call *c, const struct input *text)
{
    struct vault_name_match m;

    if (!call_has(c, "names") || vault_names_match(text->p, text->n, text->p, text->n, &m) != VAULT_OK ||
        strcmp(m.level, "none") != 0)
        return;
    term_say("%s: add a given name, or leave --names out", m.why);
}

static vault_err
print(const struct call *c, struct vault_search_query *q)
{
    struct json j = { .to = stdout };
    uint64_t unread = 0;
    vault_err err;

    q->unread = &unread;
    if (!c->json)
        return kept(search(c, q, hit_text, NULL));
    js_array(&j);
    err = kept(search(c, q, hit_json, &j));
    if (err == VAULT_OK || unread != 0)     /* then everything else is there */
        js_end(&j);
    return err;
}

static vault_err
search_run(struct call *c)
{
    struct vault_search_query q = { .type = call_value(c, "type"),
        .field = call_value(c, "field") };
    struct input text = { 0 };
    struct wheres where;
    vault_err err = wheres_read(&where, c);

    q.where = where.where;
    q.n_where = where.n;
    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK)
        err = wheres_refuse_withheld(&where, c, q.type);
    if (err == VAULT_OK)
        err = search_text(&text, c);
    if (err == VAULT_OK) {
        q.text = text.p;
        err = print(c, &q);
        if (err == VAULT_OK)
            say_if_too_little(c, &text);
    }
    input_free(&text);
    return err;
}

const struct cmd cmd_search = {
    .name = "search",
    .args = "[TEXT...] [--type T] [--field F] [--where FIELD=VALUE]... [--names]",
    .summary = "find records by words they contain, or persons under any spelling",
    .examples = "search\nsearch --type case Seoul\nsearch --field name < query.txt\n"
        "search --where case.person.citizenship=KP 'hear*'\n"
        "search --names\n",
    .about =
        "Without TEXT it asks, or reads one line of standard input: do so when the words may be\n"
        "names. All words must occur in one record, also as parts of longer words; hear* only where a\n"
        "word begins so; \"several words\" in quotes, side by side. Case and accents do not matter (a short\n"
        "i of Cyrillic, and io, are letters of their own); of Hangul, whole syllables are compared. Names of attachments are searched, their content is not. Withheld\n"
        "text is searched for a keeper only.\n"
        "--names takes the text as one name and finds it in other spellings and scripts, in fields that hold\n"
        "names; one line a record, the best first, with the reason: exact, fold (another spelling or\n"
        "form), skeleton (but for vowels, by an initial, or with another father's name). A surname alone\n"
        "finds nobody.\n"
        WHERE_HELP
        "Hits in a record that was merged come last and name the leading one, in --json \"same_as\".\n"
        "Records that cannot be read are named at the end, exit code 4: they may hold the text.\n"
        "--json: [{\"id\",\"label\",\"field\",\"level\",\"why\"}]\n",
    .opts = (const struct opt[]){
        { "type", 0, false, "T", "records of this type only" },
        { "field", 0, false, "F", "this field only" },
        { "where", 0, true, "FIELD=VALUE", "only records in which this holds; may be repeated" },
        { "names", 0, false, NULL, "match names across spellings and scripts" },
        { NULL, 0, false, NULL, NULL } },
    .max_args = CMD_ANY,
    .opens = CMD_OPENS_VAULT,
    .run = search_run,
};
