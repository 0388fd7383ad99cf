/* cmd_sync.c - standing exchange through a folder: handoff sync. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/term.h"

static const char *
many(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* ---- each thing that happens ---- */

static int
item_json(void *ctx, const struct vault_sync_item *x)
{
    struct json *j = ctx;

    js_object(j);
    js_pair(j, "what", x->what);
    js_pair(j, "file", x->file[0] == '\0' ? NULL : x->file);
    js_pair(j, "contact", x->contact[0] == '\0' ? NULL : x->contact);
    js_pair_bool(j, "verified", x->verified);
    js_pair_bool(j, "names", x->names);
    js_pair_uint(j, "records", x->records);
    js_pair_uint(j, "conflicts", x->conflicts);
    js_pair_uint(j, "purge_asked", x->purge_asked);
    js_pair_uint(j, "left_out", x->left_out);
    js_pair(j, "reason", x->reason[0] == '\0' ? NULL : x->reason);
    js_pair(j, "hint", x->hint[0] == '\0' ? NULL : x->hint);
    js_pair_bool(j, "waits", x->waits);
    js_pair_uint(j, "code", (uint64_t)x->code);
    js_end(j);
    return 0;
}

static void
tell_taken(const struct vault_sync_item *x)
{
    term_say("from %s%s: %" PRIu64 " record%s new or changed here%s", x->contact[0] == '\0' ? "nobody who is a contact here" : x->contact, x->verified ? " (verified)" : "", x->records, many(x->records),
        x->names ? ", with names" : "");
    if (!x->verified && x->contact[0] != '\0')
        term_warn("%s is not verified: nobody compared the words of that card with its owner, so it may be anybody's (`contact verify`)",
            x->contact);
    if (x->left_out > 0)
        term_say("    %" PRIu64 " value%s or attachments were left out by the sender: `show` says [not sent]", x->left_out, many(x->left_out));
    if (x->conflicts > 0)
        term_warn("%" PRIu64 " record%s changed on both sides in the same field: both are kept, `resolve` chooses", x->conflicts, many(x->conflicts));
    if (x->purge_asked > 0)
        term_say("    the sender purged %" PRIu64 " thing%s that are here, and asks to purge them here: `handoff receive --plan` of the file lists them",
            x->purge_asked, many(x->purge_asked));
}

static int
item_text(void *ctx, const struct vault_sync_item *x)
{
    (void)ctx;
    if (strcmp(x->what, "taken") == 0)
        tell_taken(x);
    else if (strcmp(x->what, "receipt") == 0)
        term_say("%s took in %" PRIu64 " record%s", x->contact, x->records, many(x->records));
    else if (strcmp(x->what, "written") == 0)
        term_say("for %s%s: %" PRIu64 " record%s%s", x->contact, x->verified ? "" : " (NOT VERIFIED)", x->records, many(x->records),
            x->names ? ", WITH NAMES" : "");
    else if (strcmp(x->what, "held") == 0)
        term_warn("nothing goes to %s: %s", x->contact, x->reason);
    else
        term_warn("%.12s... was not taken in: %s%s%s", x->file, x->reason, x->hint[0] == '\0' ? "" : "; ", x->hint);
    return 0;
}

/* ---- the whole ---- */

static void
sum_json(struct json *j, const struct vault_synced *r)
{
    js_pair_uint(j, "taken", r->taken);
    js_pair_uint(j, "receipts", r->receipts);
    js_pair_uint(j, "written", r->written);
    js_pair_uint(j, "receipts_written", r->receipts_written);
    js_pair_uint(j, "removed", r->removed);
    js_pair_uint(j, "unacknowledged", r->lie);
    js_pair_uint(j, "waiting", r->waiting);
    js_pair_uint(j, "refused", r->refused);
    js_pair_uint(j, "others", r->others);
    js_pair_uint(j, "incomplete", r->incomplete);
    js_pair_uint(j, "held", r->held);
    js_pair_uint(j, "names_later", r->names_later);
}

static void
sum_text(const struct vault_synced *r)
{
    term_say("taken in: %" PRIu64 ", receipts: %" PRIu64 ", written: %" PRIu64, r->taken, r->receipts, r->written);
    if (r->lie > 0)
        term_say("%" PRIu64 " bundle%s of ours wait%s in the folder for a receipt", r->lie, many(r->lie), r->lie == 1 ? "s" : "");
    if (r->others > 0)
        term_say("%" PRIu64 " file%s do%s not open here: for other vaults, or with names for a keeper", r->others, many(r->others),
            r->others == 1 ? "es" : "");
    if (r->incomplete > 0)
        term_say("%" PRIu64 " file%s %s not whole: still on the way, perhaps", r->incomplete, many(r->incomplete), r->incomplete == 1 ? "is" : "are");
    if (r->names_later > 0)
        term_say("of %" PRIu64 " record%s the names have still to go: a keeper's `handoff sync` sends them", r->names_later, many(r->names_later));
}

static vault_err
sync_run(struct call *c)
{
    struct json j = { .to = stdout };
    struct vault_synced r = { .taken = 0 };
    bool ran;
    vault_err err = open_vault(c);

    if (err != VAULT_OK)
        return err;
    if (c->json) {
        js_object(&j);
        js_key(&j, "items");
        js_array(&j);
    }
    err = kept(vault_sync(c->app->vault, c->args[0], c->json ? item_json : item_text, c->json ? &j : NULL, &r));
    ran = err == VAULT_OK || r.refused > 0;
    if (c->json) {
        js_end(&j);
        sum_json(&j, &r);
        js_end(&j);
    } else if (ran) {
        sum_text(&r);
    }
    return err;
}

const struct cmd cmd_handoff_sync = {
    .name = "handoff sync",
    .args = "FOLDER",
    .summary = "exchange shared records through a folder that something else carries",
    .examples = "handoff sync ~/Sync/office\nhandoff sync /media/stick/office\n",
    .about =
        "Takes in what others wrote there for this vault, as `handoff receive` does, and leaves receipts; takes in their\n"
        "receipts; writes for each contact what it has not got yet of what is shared with it (`share`); removes what\n"
        "this vault wrote once it is done with. FOLDER is carried by something else: Syncthing, a shared disk, a stick.\n"
        "The names in it are hashes and sizes are rounded up: they say nothing about persons. Files that are cut, or copies with\n"
        "other names, are passed over; what gets lost is written again until the receipt for it has come. A file that is\n"
        "refused stays, with its reason, and the rest goes on: the exit code is that of the first. A case\n"
        "holder takes in and sends what has no names; what is shared with names goes without them first then.\n"
        "--json: {\"items\":[{\"what\",\"file\",\"contact\",\"verified\",\"names\",\"records\",\"conflicts\",\"purge_asked\",\n"
        "\"left_out\",\"reason\",\"hint\",\"waits\",\"code\"}],\"taken\",\"receipts\",\"written\",\"receipts_written\",\"removed\",\n"
        "\"unacknowledged\",\"waiting\",\"refused\",\"others\",\"incomplete\",\"held\",\"names_later\"}; what is taken, receipt,\n"
        "written, refused or held\n",
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .writes = { .arg = 1, .is_folder = true },
    .run = sync_run,
};
