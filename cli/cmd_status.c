#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"

#define BACKUP_DAYS 7
#define BACKUP_CHANGES 50       /* entries that added records */

static const char *
tier_name(enum vault_tier tier)
{
    return tier == VAULT_TIER_KEEPER ? "keeper" : "case";
}

/* A backup that is missing or old is what people notice too late. */
static const char *
about_backup(const struct vault_status *s)
{
    int64_t days = ((int64_t)time(NULL) - s->last_backup) / 86400;

    if (s->last_backup == 0 && s->records > 0)
        return "there was never a backup: `backup FILE` makes one, on another disk";
    if (s->last_backup != 0 && s->changes_since_backup >= BACKUP_CHANGES)
        return "much was changed since the last backup: `backup FILE` makes one";
    if (s->last_backup != 0 && s->changes_since_backup > 0 && days >= BACKUP_DAYS)
        return "the last backup is more than a week old: `backup FILE` makes one";
    return NULL;
}

/* The library's warnings, and those about this process. */
static size_t
warnings(const char *out[16], const struct vault_status *s, const struct app *a)
{
    size_t n = 0;

    while (n < s->n_warnings && n < 8) {
        out[n] = s->warnings[n];
        n++;
    }
    if (s->quarantined != 0)
        out[n++] = "something taken in without a keeper is not what its author signed: it is quarantined, "
            "and `check` names the records";
    if (about_backup(s) != NULL)
        out[n++] = about_backup(s);
    if (a->sandbox == 1)
        out[n++] = "the kernel has no Landlock: files outside the vault are not closed off";
    if (a->sandbox == 0)
        out[n++] = "the kernel offers no sandbox: sockets and programs are not closed off";
    return n;
}

static void
status_json(const struct vault_status *s, const struct app *a)
{
    struct json j = { .to = stdout };
    const char *warning[16];
    size_t n = warnings(warning, s, a);

    js_object(&j);
    js_pair(&j, "vault_id", s->vault_id);
    js_pair(&j, "copy_id", s->copy_id);
    js_pair(&j, "tier", tier_name(s->tier));
    js_pair_uint(&j, "records", s->records);
    js_pair_uint(&j, "attachments", s->attachments);
    js_pair_uint(&j, "log_entries", s->log_entries);
    js_pair(&j, "log_head", s->log_head);
    js_key(&j, "kdf");
    js_object(&j);
    js_pair_uint(&j, "memory_kib", s->cost.mem_kib);
    js_pair_uint(&j, "passes", s->cost.passes);
    js_pair_uint(&j, "lanes", s->cost.lanes);
    js_end(&j);
    js_key(&j, "last_backup");
    if (s->last_backup == 0)
        js_null(&j);
    else
        js_time(&j, s->last_backup);
    js_key(&j, "warnings");
    js_array(&j);
    for (size_t i = 0; i < n; i++)
        js_text(&j, warning[i]);
    js_end(&j);
    js_end(&j);
}

static void
status_text(const struct vault_status *s, const struct app *a)
{
    const char *warning[16];
    size_t n = warnings(warning, s, a);
    char backup[OUT_TIME] = "never";

    if (s->last_backup != 0)
        out_iso(backup, s->last_backup);
    printf("vault        %s\ncopy         %s\n", s->vault_id, s->copy_id);
    printf("tier         %s (slot %d)\n", tier_name(s->tier), s->slot);
    printf("records      %" PRIu64 "\nattachments  %" PRIu64 "\n", s->records, s->attachments);
    printf("log          %" PRIu64 " entries, head %" PRIu64 " %.16s\n", s->log_entries,
        s->log_number, s->log_head);
    printf("unlocking    %" PRIu32 " MiB, %" PRIu32 " passes, %" PRIu32 " lanes\n",
        s->cost.mem_kib / 1024, s->cost.passes, s->cost.lanes);
    printf("last backup  %s\n", backup);
    if (s->repaired.time != 0) {
        out_iso(backup, s->repaired.time);
        printf("repaired     %s; lost: %" PRIu64 " revisions, %" PRIu64 " values, %" PRIu64 " attachments, %" PRIu64
            " details of the log\n", backup, s->repaired.revisions, s->repaired.values, s->repaired.attachments,
            s->repaired.details);
    }
    for (size_t i = 0; i < n; i++) {
        fputs("warning      ", stdout);
        out_text(warning[i]);
        putchar('\n');
    }
}

static vault_err
status_run(struct call *c)
{
    struct vault_status s = { 0 };
    vault_err err = open_vault(c);

    if (err == VAULT_OK)
        err = kept(vault_status(c->app->vault, &s));
    if (err != VAULT_OK)
        return err;
    if (c->json)
        status_json(&s, c->app);
    else
        status_text(&s, c->app);
    return VAULT_OK;
}

const struct cmd cmd_status = {
    .name = "status",
    .args = "",
    .summary = "what is in the vault, and what to worry about",
    .examples = "status\nstatus --json\n",
    .about =
        "--json: {\"vault_id\",\"copy_id\",\"tier\",\"records\",\"attachments\",\n"
        "\"log_entries\",\"log_head\",\"kdf\":{\"memory_kib\",\"passes\",\"lanes\"},\n"
        "\"last_backup\",\"warnings\":[...]}\n",
    .opens = CMD_OPENS_VAULT,
    .run = status_run,
};
