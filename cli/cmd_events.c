/* timeline and agenda: the same events, asked for in two ways. */
#include <stdio.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/print.h"

static int
event_json(void *ctx, const struct vault_event *e)
{
    struct json *j = ctx;

    js_object(j);
    js_pair(j, "id", e->id);
    js_pair(j, "type", e->type);
    js_pair(j, "label", e->label);
    js_pair(j, "date", e->date);
    js_pair(j, "kind", e->kind);
    js_pair(j, "place", e->place);
    js_pair(j, "status", e->status);
    js_pair(j, "summary", e->summary);
    js_pair(j, "about", e->about);
    js_end(j);
    return 0;
}

/* ", place" and the like, when there is something. */
static void
also(const char *head, const char *s)
{
    if (s[0] == '\0')
        return;
    fputs(head, stdout);
    out_text(s);
}

static int
event_text(void *ctx, const struct vault_event *e)
{
    const char *said = e->summary[0] != '\0' ? e->summary : e->label;

    (void)ctx;
    out_cell(e->date[0] == '\0' ? "undated" : e->date, 12);
    print_code(e->id);
    fputs("  ", stdout);
    also("", e->kind);
    also(e->kind[0] == '\0' ? "" : ": ", said);
    also(", ", e->place);
    also(", ", e->status);
    also("  (", e->about);
    fputs(e->about[0] == '\0' ? "\n" : ")\n", stdout);
    return 0;
}

static vault_err
timeline_run(struct call *c)
{
    struct json j = { .to = stdout };
    vault_err err = open_vault(c);

    if (err != VAULT_OK)
        return err;
    if (!c->json)
        return kept(vault_timeline(c->app->vault, c->args[0], event_text, NULL));
    js_array(&j);
    err = kept(vault_timeline(c->app->vault, c->args[0], event_json, &j));
    if (err == VAULT_OK)
        js_end(&j);
    return err;
}

const struct cmd cmd_timeline = {
    .name = "timeline",
    .args = "ID",
    .summary = "events linked to a record, in order of date",
    .examples = "timeline K-12\n",
    .about = "For a person, the events of the person's cases. Undated events come last.\n"
        "--json: [{\"id\",\"type\",\"label\",\"date\",\"kind\",\"place\",\"status\",\n"
        "\"summary\",\"about\"}]\n",
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .run = timeline_run,
};

static vault_err
agenda_run(struct call *c)
{
    const char *until = call_value(c, "until");
    struct json j = { .to = stdout };
    vault_err err = open_vault(c);

    if (err != VAULT_OK)
        return err;
    if (!c->json)
        return kept(vault_agenda(c->app->vault, until, event_text, NULL));
    js_array(&j);
    err = kept(vault_agenda(c->app->vault, until, event_json, &j));
    if (err == VAULT_OK)
        js_end(&j);
    return err;
}

const struct cmd cmd_agenda = {
    .name = "agenda",
    .args = "[--until DATE]",
    .summary = "planned events and next steps that fall due",
    .examples = "agenda\nagenda --until 2026-12-31\n",
    .about = "In order of date; what has no date comes last.\n",
    .opts = (const struct opt[]){
        { "until", 0, false, "DATE", "what falls due until this day" },
        { NULL, 0, false, NULL, NULL } },
    .opens = CMD_OPENS_VAULT,
    .run = agenda_run,
};
