#include <inttypes.h>
#include <stdio.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"

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
    js_pair_bool(j, "head", h->head);
    js_pair_bool(j, "removed", h->removed);
    js_pair_bool(j, "purged", h->purged);
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
    printf("%s%s%s\n", h->removed ? " (removed)" : "", h->purged ? " (purged)" : "",
        h->head ? " (now)" : "");
    return 0;
}

static vault_err
history_run(struct call *c)
{
    struct json j = { .to = stdout };
    vault_err err = open_vault(c);

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
    .args = "ID",
    .summary = "the revisions of a record",
    .examples = "history K-12\nshow K-12 --rev 0a1b2c\nrevert K-12 0a1b2c\n",
    .about =
        "One line per revision: its id, time, author, what was done, fields that changed; and one\n"
        "for each purge. Values of a revision that is marked (purged) were destroyed.\n",
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .run = history_run,
};
