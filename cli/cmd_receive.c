/* cmd_receive.c - what another vault sent: handoff receive, handoff receipt. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/place.h"
#include "cli/term.h"

#define SHOWN_MAX 200u          /* records that are listed for a person */

/* ---- each record ---- */

struct items {
    struct vault_receive_item *list;
    size_t n, cap;
    bool no_memory;
};

static int
keep_item(void *ctx, const struct vault_receive_item *x)
{
    struct items *all = ctx;
    struct vault_receive_item *p = all->list;

    if (all->n == all->cap) {
        all->cap = all->cap == 0 ? 64 : all->cap * 2;
        p = reallocarray(all->list, all->cap, sizeof *p);
    }
    if (p == NULL) {
        all->no_memory = true;
        return 1;
    }
    all->list = p;
    p += all->n++;
    *p = *x;
    p->type = strdup(x->type);
    p->label = strdup(x->label);
    p->purged = strdup(x->purged);
    p->field = strdup(x->field);
    all->no_memory = p->type == NULL || p->label == NULL || p->purged == NULL || p->field == NULL;
    return all->no_memory;
}

static void
items_free(struct items *all)
{
    for (size_t i = 0; i < all->n; i++) {
        free((char *)all->list[i].type);
        free((char *)all->list[i].label);
        free((char *)all->list[i].purged);
        free((char *)all->list[i].field);
    }
    free(all->list);
}

/* ---- telling ---- */

static void
list_json(struct json *j, const struct items *all, const char *name, const char *what)
{
    js_key(j, name);
    js_array(j);
    for (size_t i = 0; i < all->n; i++) {
        const struct vault_receive_item *x = &all->list[i];

        if (strcmp(x->what, what) != 0)
            continue;
        if (strcmp(what, "purge-asked") != 0) {
            js_text(j, x->id);
            continue;
        }
        js_object(j);
        js_pair(j, "id", x->id);
        js_pair(j, "what", x->purged);
        js_pair(j, "field", x->field[0] == '\0' ? NULL : x->field);
        js_end(j);
    }
    js_end(j);
}

static void
from_json(struct json *j, const char *from, const char *words, bool verified, bool keeper)
{
    js_pair(j, "from", from[0] == '\0' ? NULL : from);
    js_pair(j, "words", words);
    js_pair_bool(j, "verified", verified);
    js_pair_bool(j, "keeper", keeper);
}

static void
tell_json(const struct call *c, const struct vault_received *r, const struct items *all, const char *receipt)
{
    struct json j = { .to = stdout };

    js_object(&j);
    js_pair(&j, "bundle", r->bundle);
    js_pair_bool(&j, "plan", call_has(c, "plan"));
    js_pair_bool(&j, "again", r->again);
    from_json(&j, r->from, r->words, r->verified, r->keeper);
    js_pair_bool(&j, "names", r->names);
    js_pair_time(&j, "time", r->time);
    if (r->expires != 0)
        js_pair_time(&j, "expires", r->expires);
    list_json(&j, all, "new", "new");
    list_json(&j, all, "changed", "changed");
    list_json(&j, all, "conflicts", "conflict");
    list_json(&j, all, "same", "same");
    list_json(&j, all, "purged_here", "purged-here");
    list_json(&j, all, "purge_asked", "purge-asked");
    js_pair_uint(&j, "revisions", r->revisions);
    js_pair_uint(&j, "merged", r->merged);
    js_pair_uint(&j, "raised", r->raised);
    js_pair_uint(&j, "left_out", r->left_out);
    js_pair_uint(&j, "arrived", r->arrived);
    js_pair_uint(&j, "attachments", r->attachments);
    js_pair_uint(&j, "by_strangers", r->by_strangers);
    js_pair_bool(&j, "own", r->own);
    js_pair_uint(&j, "adopted", r->adopted);
    js_pair(&j, "receipt", r->receipt ? receipt : NULL);
    js_end(&j);
}

static const char *
many(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void
tell_sender(const char *from, const char *words, bool verified)
{
    if (from[0] == '\0')
        term_say("from: nobody who is a contact here: %s", words);
    else
        term_say("from: %s%s", from, verified ? " (verified)" : "");
    if (from[0] != '\0' && !verified)
        term_warn("%s is not verified: nobody compared the words of that card with its owner, so it may be anybody's (`contact verify`)", from);
}

/* Another copy of this vault. */
static void
tell_copy(const struct vault_received *r)
{
    term_say("from: another copy of this vault%s", r->keeper ? ", sent by a keeper" : "");
    if (r->adopted > 0)
        term_say("taken over: %" PRIu64 " revision%s with names that were taken in on the way", r->adopted, many(r->adopted));
}

static void
tell_items(const struct items *all, const char *what, const char *title)
{
    size_t n = 0;

    for (size_t i = 0; i < all->n; i++) {
        const struct vault_receive_item *x = &all->list[i];

        if (strcmp(x->what, what) != 0 || n++ >= SHOWN_MAX)
            continue;
        if (n == 1)
            printf("%s\n", title);
        printf("  %.10s  %-12s ", x->id, x->type);
        out_text(x->label);
        if (x->purged[0] != '\0') {
            printf(" (%s", x->purged);
            if (x->field[0] != '\0') {
                putchar(' ');
                out_text(x->field);
            }
            putchar(')');
        }
        putchar('\n');
    }
    if (n > SHOWN_MAX)
        printf("  and %zu more\n", n - SHOWN_MAX);
}

static void
tell_counts(const struct vault_received *r)
{
    if (r->left_out > 0)
        term_say("%" PRIu64 " value%s or attachments were left out by the sender: `show` says [not sent]", r->left_out, many(r->left_out));
    if (r->arrived > 0)
        term_say("%" PRIu64 " value%s that had been left out before came now", r->arrived, many(r->arrived));
    if (r->raised > 0)
        term_say("%" PRIu64 " value%s that are open there are kept as withheld here, as your types say", r->raised, many(r->raised));
    if (r->merged > 0)
        term_say("%" PRIu64 " record%s changed on both sides, in different fields: both are in it now", r->merged, many(r->merged));
    if (r->by_strangers > 0)
        term_warn("%" PRIu64 " revision%s by vaults that are no contacts here: that they are whose they seem is the sender's word",
            r->by_strangers, r->by_strangers == 1 ? " is" : "s are");
    if (r->conflicts > 0)
        term_warn("%" PRIu64 " record%s changed on both sides in the same field: both are kept, `resolve` chooses", r->conflicts,
            many(r->conflicts));
    if (r->purge_asked > 0)
        term_say("the sender purged what is listed last, and asks to purge it here: `purge`, if you agree (keeper)");
}

static void
tell_text(const struct call *c, const struct vault_received *r, const struct items *all, const char *receipt)
{
    if (r->own)
        tell_copy(r);
    else
        tell_sender(r->from, r->words, r->verified);
    tell_items(all, "new", "new");
    tell_items(all, "changed", "changed");
    tell_items(all, "conflict", "changed on both sides, to be resolved");
    tell_items(all, "purged-here", "purged here, and stays so");
    tell_items(all, "purge-asked", "purged by the sender");
    tell_counts(r);
    if (r->again)
        term_say("this %s was taken in before: nothing changed", r->own ? "copy" : "bundle");
    else if (r->revisions == 0)
        term_say("nothing in it is new here");
    if (call_has(c, "plan")) {
        term_say("this was the plan only: nothing is taken in yet");
        return;
    }
    if (r->receipt)
        term_say("%s is the receipt: send it back, the other side takes it with `handoff receipt`", receipt);
    else
        term_warn("the receipt could not be written; `handoff receive` of the same file with -o FILE writes it");
}

/* ---- handoff receive ---- */

/* FILE.receipt beside it; of c7.bundle.001 c7.bundle.receipt. */
static char *
receipt_name(const struct call *c)
{
    const char *given = call_value(c, "output"), *file = c->args[0];
    size_t n = strlen(file);
    char *out = NULL;

    if (given != NULL)
        return strdup(given);
    if (n > 4 && strcmp(file + n - 4, ".001") == 0)
        n -= 4;
    return asprintf(&out, "%.*s.receipt", (int)n, file) < 0 ? NULL : out;
}

static vault_err
receive_run(struct call *c)
{
    struct items all = { .n = 0 };
    struct vault_received got;
    char *receipt = receipt_name(c);
    struct vault_receive how = { .plan = call_has(c, "plan"), .receipt = receipt, .fn = keep_item, .ctx = &all };
    vault_err err = receipt == NULL ? fail_nomem() : VAULT_OK;

    if (err == VAULT_OK && call_value(c, "output") != NULL)
        err = place_new(c->app->folder, receipt);
    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK)
        err = kept(vault_handoff_receive(c->app->vault, c->args[0], &how, &got));
    if (all.no_memory)
        err = fail_nomem();
    if (err == VAULT_OK && c->json)
        tell_json(c, &got, &all, receipt);
    else if (err == VAULT_OK)
        tell_text(c, &got, &all, receipt);
    items_free(&all);
    free(receipt);
    return err;
}

const struct cmd cmd_handoff_receive = {
    .name = "handoff receive",
    .args = "FILE [--plan] [-o RECEIPT]",
    .summary = "take in a bundle that another vault sent, or a copy that comes home, or see what it would do",
    .examples = "handoff receive /media/stick/c7.bundle --plan\nhandoff receive /media/stick/c7.bundle\n",
    .about =
        "Everything is verified first: who sent it (a contact's card), that it is for this vault, whole and not\n"
        "expired, and that each revision was written by somebody whom a keeper of that vault had registered. All of it comes in, or nothing.\n"
        "What both sides changed in different fields is brought together; in the same field, both sides are\n"
        "kept until `resolve`. What was purged here stays purged; what the sender purged is listed, and purged\n"
        "here only by a keeper's `purge`. A value that is open there and withheld here is kept as withheld.\n"
        "From another copy of this vault (`handoff send --to home` there) comes all that was written there; names taken in on\n"
        "the way are taken over by a keeper's session, this one or the next. What only a keeper may say is refused, and told.\n"
        "One with names opens with a keeper's passphrase only. The same bundle again changes nothing.\n"
        "The receipt, FILE.receipt or RECEIPT, is for the sender: signed here, sealed to that vault.\n"
        "--json: {\"bundle\",\"plan\",\"again\",\"from\",\"words\",\"verified\",\"keeper\",\"names\",\"time\",\"expires\",\"new\":[ids],\n"
        "\"changed\":[ids],\"conflicts\":[ids],\"same\":[ids],\"purged_here\":[ids],\"purge_asked\":[{\"id\",\"what\",\"field\"}],\n"
        "\"revisions\",\"merged\",\"raised\",\"left_out\",\"arrived\",\"attachments\",\"by_strangers\",\"own\",\"adopted\",\"receipt\"}\n",
    .opts = (const struct opt[]){
        { "plan", 0, false, NULL, "tell what it would do, and take nothing in" },
        { "output", 'o', false, "RECEIPT", "the receipt goes into this new file" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .reads = { .arg = 1 },
    .writes = { .arg = 1, .option = "output" },
    .run = receive_run,
};

/* ---- handoff receipt ---- */

static void
receipt_json(const struct vault_receipt *r)
{
    struct json j = { .to = stdout };

    js_object(&j);
    js_pair(&j, "bundle", r->bundle);
    js_pair_bool(&j, "again", r->again);
    from_json(&j, r->from, r->words, r->verified, r->keeper);
    js_pair_time(&j, "time", r->time);
    js_pair_uint(&j, "records", r->records);
    js_pair_uint(&j, "revisions", r->revisions);
    js_key(&j, "log");
    js_object(&j);
    js_pair_uint(&j, "number", r->log_number);
    js_pair(&j, "head", r->log_head);
    js_end(&j);
    js_end(&j);
}

static vault_err
receipt_run(struct call *c)
{
    struct vault_receipt got;
    vault_err err = open_vault(c);

    if (err == VAULT_OK)
        err = kept(vault_handoff_receipt(c->app->vault, c->args[0], &got));
    if (err != VAULT_OK)
        return err;
    if (c->json) {
        receipt_json(&got);
        return VAULT_OK;
    }
    tell_sender(got.from, got.words, got.verified);
    term_say("bundle %s was taken in there: %" PRIu64 " record%s, %" PRIu64 " revision%s", got.bundle, got.records, many(got.records),
        got.revisions, many(got.revisions));
    term_say("their log stood at entry %" PRIu64 " then: %s", got.log_number, got.log_head);
    if (got.again)
        term_say("the log has this receipt already");
    return VAULT_OK;
}

const struct cmd cmd_handoff_receipt = {
    .name = "handoff receipt",
    .args = "FILE",
    .summary = "take in the other side's receipt for a bundle",
    .examples = "handoff receipt /media/stick/c7.bundle.receipt\n",
    .about =
        "It shows that the other vault took the bundle in, when (by their clock), and where their log stood: signed\n"
        "there, and kept in this vault's log from now on.\n"
        "--json: {\"bundle\",\"again\",\"from\",\"words\",\"verified\",\"keeper\",\"time\",\"records\",\"revisions\",\"log\":{\"number\",\"head\"}}\n",
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .reads = { .arg = 1 },
    .run = receipt_run,
};
