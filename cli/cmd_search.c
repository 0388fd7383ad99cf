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
    out_text(h->why);
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
from_terminal(struct input *out)
{
    struct term_question q = { .prompt = "search for: ", .echo = TERM_SHOWN, .max = TEXT_MAX };
    struct secret *s = NULL;
    vault_err err = term_ask(&s, &q);

    if (err == VAULT_OK) {
        out->room = vault_secret_len(s) + 1;
        out->p = calloc(out->room, 1);
        if (out->p == NULL)
            err = fail_nomem();
    }
    if (out->p != NULL) {
        out->n = vault_secret_len(s);
        memcpy(out->p, vault_secret_edit(s), out->n);
    }
    vault_secret_free(s);
    return err;
}

static vault_err
search_text(struct input *out, const struct call *c)
{
    bool end = false;
    vault_err err;

    if (c->n_args > 0)
        return from_arguments(out, c);
    if (!isatty(STDIN_FILENO))
        err = input_line(out, TEXT_MAX, &end);
    else
        err = from_terminal(out);
    if (err == VAULT_OK && out->n == 0)
        err = fail(VAULT_ERR_INPUT, "give it on standard input, or type it when asked",
            "there is no text to search for");
    return err;
}

static vault_err
print(const struct call *c, struct vault_search_query *q)
{
    struct json j = { .to = stdout };
    uint64_t unread = 0;
    vault_err err;

    q->unread = &unread;
    if (!c->json)
        return kept(vault_search(c->app->vault, q, hit_text, NULL));
    js_array(&j);
    err = kept(vault_search(c->app->vault, q, hit_json, &j));
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
    if (err == VAULT_OK && call_has(c, "names"))
        err = fail(VAULT_ERR_INPUT, "leave --names out to search for the text as it is written",
            "this version cannot match names across spellings yet");
    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK)
        err = wheres_refuse_withheld(&where, c, q.type);
    if (err == VAULT_OK)
        err = search_text(&text, c);
    if (err == VAULT_OK) {
        q.text = text.p;
        err = print(c, &q);
    }
    input_free(&text);
    return err;
}

const struct cmd cmd_search = {
    .name = "search",
    .args = "[TEXT...] [--type T] [--field F] [--where FIELD=VALUE]...",
    .summary = "find records by words they contain",
    .examples = "search\nsearch --type case Seoul\nsearch --field name < query.txt\n"
        "search --where case.person.citizenship=KP 'hear*'\n",
    .about =
        "Without TEXT it asks, or reads one line of standard input: do so when the words may be\n"
        "names. All words must occur in one record, also as parts of longer words; hear* only where a\n"
        "word begins so; \"several words\" in quotes, side by side. Case and accents do not matter (a short\n"
        "i of Cyrillic, and io, are letters of their own); of Hangul, whole syllables are compared. Names of attachments are searched, their content is not. Withheld\n"
        "text is searched for a keeper only.\n"
        WHERE_HELP
        "Records that cannot be read are named at the end, exit code 4: they may hold the text.\n"
        "--json: [{\"id\",\"label\",\"field\",\"level\",\"why\"}]\n",
    .opts = (const struct opt[]){
        { "type", 0, false, "T", "records of this type only" },
        { "field", 0, false, "F", "this field only" },
        { "where", 0, true, "FIELD=VALUE", "only records in which this holds; may be repeated" },
        { "names", 0, false, NULL, "match names across spellings (not in this version)" },
        { NULL, 0, false, NULL, NULL } },
    .max_args = CMD_ANY,
    .opens = CMD_OPENS_VAULT,
    .run = search_run,
};
