#include <stdio.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/print.h"
#include "cli/where.h"

static int
item_json(void *ctx, const struct vault_list_item *item)
{
    struct json *j = ctx;

    js_object(j);
    js_pair(j, "id", item->id);
    js_pair(j, "type", item->type);
    js_pair(j, "label", item->label);
    js_pair_time(j, "updated", item->updated);
    if (item->same_as != NULL)
        js_pair(j, "same_as", item->same_as);
    if (item->record != NULL) {
        js_key(j, "fields");
        print_fields_json(j, item->record);
    }
    js_end(j);
    return 0;
}

static int
item_text(void *ctx, const struct vault_list_item *item)
{
    char day[OUT_TIME];

    (void)ctx;
    out_date(day, item->updated);
    print_code(item->id);
    fputs("  ", stdout);
    out_cell(item->type, 12);
    putchar(' ');
    out_cell(item->label, 40);
    printf(" %s", day);
    if (item->same_as != NULL) {
        fputs("  the same as ", stdout);
        print_code(item->same_as);
    }
    putchar('\n');
    if (item->record != NULL)
        print_values(item->record, PRINT_CODE + 2, true);
    return 0;
}

static vault_err
print(const struct call *c, struct vault_list_query *q)
{
    struct json j = { .to = stdout };
    uint64_t unread = 0;
    vault_err err;

    q->unread = &unread;
    if (!c->json)
        return kept(vault_list(c->app->vault, q, item_text, NULL));
    js_array(&j);
    err = kept(vault_list(c->app->vault, q, item_json, &j));
    if (err == VAULT_OK || unread != 0)     /* then everything else is there */
        js_end(&j);
    return err;
}

static vault_err
list_run(struct call *c)
{
    struct wheres where;
    struct vault_list_query q = { .where = where.where, .reveal = call_has(c, "reveal") };
    vault_err err = wheres_read(&where, c);

    q.n_where = where.n;
    q.type = c->n_args > 0 ? c->args[0] : NULL;
    q.full = q.reveal;
    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK)
        err = wheres_refuse_withheld(&where, c, q.type);
    if (err == VAULT_OK)
        err = print(c, &q);
    return err;
}

const struct cmd cmd_list = {
    .name = "list",
    .args = "[TYPE] [--where FIELD=VALUE]... [--reveal]",
    .summary = "list records",
    .examples = "list\n"
        "list person --where citizenship=KP\n"
        "list case --where opened=2015/2016 --json\n"
        "list event --where case.person.citizenship=KP --where date=2010..\n",
    .about = "One line per record: beginning of its code, type, title, day of the last change.\n"
        WHERE_HELP
        "Records that were merged have one line, that of the leading one, where it fits what is asked\n"
        "for; else the line says what the record is the same as, in --json \"same_as\".\n"
        "Records that cannot be read whole are named at the end, exit code 4.\n"
        "--json: [{\"id\",\"type\",\"label\",\"updated\"}], with --reveal also \"fields\"\n",
    .opts = (const struct opt[]){
        { "where", 0, true, "FIELD=VALUE", "only records in which this holds; may be repeated" },
        { "reveal", 0, false, NULL, "with withheld values (keeper); logged" },
        { NULL, 0, false, NULL, NULL } },
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .again = CMD_AGAIN_REVEAL,
    .run = list_run,
};
