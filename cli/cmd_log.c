#include <inttypes.h>
#include <stdio.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"

static int
entry_json(void *ctx, const struct vault_log_item *e)
{
    struct json *j = ctx;

    js_object(j);
    js_pair_uint(j, "number", e->number);
    js_pair(j, "hash", e->hash);
    js_pair_time(j, "time", e->time);
    js_pair(j, "action", e->action);
    js_pair(j, "author", e->author);
    js_pair_bool(j, "keeper_signed", e->keeper_signed);
    js_pair_uint(j, "revisions", e->revisions);
    js_key(j, "detail");
    js_raw(j, e->detail == NULL || e->detail[0] == '\0' ? "null" : e->detail);
    js_key(j, "parents");
    js_array(j);
    for (size_t i = 0; i < e->n_parents; i++)
        js_text(j, e->parents[i]);
    js_end(j);
    js_end(j);
    return 0;
}

static int
entry_text(void *ctx, const struct vault_log_item *e)
{
    char iso[OUT_TIME];

    (void)ctx;
    out_iso(iso, e->time);
    printf("%6" PRIu64 "  %.12s  %s  ", e->number, e->hash, iso);
    out_cell(e->author, 16);
    putchar(' ');
    out_cell(e->action, 10);
    if (e->revisions > 0)
        printf(" %" PRIu64 " revision%s", e->revisions, e->revisions == 1 ? "" : "s");
    fputs(e->keeper_signed ? " (keeper's signature)\n" : "\n", stdout);
    return 0;
}

static vault_err
log_run(struct call *c)
{
    struct json j = { .to = stdout };
    vault_err err = open_vault(c);

    if (err != VAULT_OK)
        return err;
    if (!c->json)
        return kept(vault_log(c->app->vault, entry_text, NULL));
    js_array(&j);
    err = kept(vault_log(c->app->vault, entry_json, &j));
    if (err == VAULT_OK)
        js_end(&j);
    return err;
}

const struct cmd cmd_log = {
    .name = "log",
    .args = "",
    .summary = "who did what, in a chain that shows tampering",
    .examples = "log\nlog --json\nlog head\n",
    .about =
        "One line per entry: number, hash, time, author, action. Every change and every reveal\n"
        "has one. Values and queries are never in it.\n",
    .opens = CMD_OPENS_VAULT,
    .run = log_run,
};

static vault_err
head_run(struct call *c)
{
    char hash[VAULT_HASH_LEN + 1], words[256];
    struct json j = { .to = stdout };
    uint64_t number = 0;
    vault_err err = open_vault(c);

    if (err == VAULT_OK)
        err = kept(vault_log_head(c->app->vault, &number, hash, words));
    if (err != VAULT_OK)
        return err;
    if (!c->json) {
        printf("%" PRIu64 " %s\n%s\n", number, hash, words);
        return VAULT_OK;
    }
    js_object(&j);
    js_pair_uint(&j, "number", number);
    js_pair(&j, "hash", hash);
    js_pair(&j, "words", words);
    js_end(&j);
    return VAULT_OK;
}

const struct cmd cmd_log_head = {
    .name = "log head",
    .args = "",
    .summary = "the head of the log as number, hex and words, to be kept elsewhere",
    .examples = "log head\nlog head > head-of-may.txt\n",
    .about =
        "An older copy of the vault put in place of this one has an older head. Keep the words on\n"
        "paper, or a file for --anchor, where whoever can reach the vault cannot.\n",
    .opens = CMD_OPENS_VAULT,
    .run = head_run,
};
