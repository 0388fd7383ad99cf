/* cmd_backup.c - everything in one encrypted file, and back: backup, restore. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/progress.h"
#include "cli/term.h"

static vault_err
not_there(const char *path)
{
    struct stat st;

    if (lstat(path, &st) == 0)
        return fail(VAULT_ERR_INPUT, "choose another name; nothing is ever overwritten",
            "%s is already there", path);
    return VAULT_OK;
}

/* ---- backup ------------------------------------------------------------------------------- */

static void
backup_json(const struct call *c, const struct vault_backup_report *r)
{
    struct json j = { .to = stdout };

    js_object(&j);
    js_pair(&j, "file", c->args[0]);
    js_pair(&j, "id", r->id);
    js_pair(&j, "since", r->since[0] == '\0' ? NULL : r->since);
    js_pair_uint(&j, "bytes", r->bytes);
    js_pair_uint(&j, "parts", r->parts);
    js_pair_uint(&j, "rows", r->rows);
    js_pair_uint(&j, "log_number", r->log_number);
    js_pair(&j, "log_head", r->log_head);
    js_pair_uint(&j, "problems", r->problems);
    js_end(&j);
}

static void
backup_text(const struct call *c, const struct vault_backup_report *r)
{
    if (r->parts == 1)
        term_say("made %s%s: %" PRIu64 " bytes, read back completely", c->args[0],
            call_value(c, "split") == NULL ? "" : ".001", r->bytes);
    else
        term_say("made %s.001 to %s.%03u: %" PRIu64 " bytes, read back completely", c->args[0],
            c->args[0], r->parts, r->bytes);
    if (r->since[0] != '\0')
        term_say("it holds only what is new: keep it in one folder with %s and all that one continues",
            call_value(c, "since"));
    term_say("it opens with the passphrases that open the vault now, also after they were changed here;\n"
        "what is purged later stays in it, and panic does not reach it: keep it as safe as the vault");
}

static vault_err
backup_run(struct call *c)
{
    struct progress p;
    struct vault_backup_options opt = { .since = call_value(c, "since"),
        .progress = progress_step, .progress_ctx = &p };
    struct vault_backup_report r = { .bytes = 0 };
    vault_err err = call_size(c, "split", &opt.split);

    if (err == VAULT_OK)
        err = not_there(c->args[0]);
    /* Before a passphrase is typed. In a shell it may be a file of the vault, which must not be closed here: vault_backup looks. */
    if (err == VAULT_OK && opt.since != NULL && c->app->vault == NULL)
        err = kept(vault_backup_info(opt.since, &(struct vault_backup_info){ .bytes = 0 }, NULL, NULL));
    if (err == VAULT_OK)
        err = open_vault(c);
    if (err != VAULT_OK)
        return err;
    progress_begin(&p, "backup, read back at the end");
    err = kept(vault_backup(c->app->vault, c->args[0], &opt, &r));
    progress_end(&p);
    if (err != VAULT_OK)
        return err;
    if (c->json)
        backup_json(c, &r);
    backup_text(c, &r);
    if (r.problems != 0)
        return fail(VAULT_ERR_DAMAGED, "`check` lists them; keep an older backup, and make one again when they are mended",
            "it is a true copy, but the vault has %" PRIu64 " problem%s, and restore will take it only with --accept damaged: %s",
            r.problems, r.problems == 1 ? "" : "s", r.problem);
    if (!r.noted)
        term_warn("the backup is good, but the log could not be told so: `status` will show an earlier one");
    return VAULT_OK;
}

const struct cmd cmd_backup = {
    .name = "backup",
    .args = "FILE [--since FILE] [--split SIZE]",
    .summary = "everything in one encrypted file, read back before it counts",
    .examples = "backup /media/stick/cases-2026-05-01.backup\n"
        "backup /media/stick/cases-2026-05-08.backup --since /media/stick/cases-2026-05-01.backup\n"
        "backup /media/stick/cases.backup --split 2G\n",
    .about =
        "Any passphrase of the vault can make one; it opens with all of them, and with nothing that does\n"
        "not open the vault. With --since it holds only what came after that earlier backup: to\n"
        "restore it, all that continue each other must lie in one folder. --split cuts it into\n"
        "FILE.001, FILE.002, ... (a file on a FAT stick is smaller than 4G: take 2G). The log records it.\n"
        "The vault itself is checked, too. Of a damaged one the backup is made all the same, but it does not count as\n"
        "one (exit code 4; `status` goes on naming the one before).\n"
        "A backup does not change any more: it keeps what is purged from the vault later, and the keys\n"
        "and passphrases of its time.\n"
        "--json: {\"file\",\"id\",\"since\",\"bytes\",\"parts\",\"rows\",\"log_number\",\"log_head\",\"problems\"}\n",
    .opts = (const struct opt[]){
        { "since", 0, false, "FILE", "only what came after this earlier backup" },
        { "split", 0, false, "SIZE", "in parts of this size, as 650M or 2G (at least 1M)" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .reads = { .option = "since" },
    .writes = { .arg = 1 },
    .run = backup_run,
};

/* ---- restore ------------------------------------------------------------------------------ */

static int
tell_slot(void *ctx, const struct vault_slot_info *s)
{
    (void)ctx;
    if (strcmp(s->kind, "shares") == 0)
        term_say("  slot %d: shares (%s)", s->index,
            s->tier == VAULT_TIER_KEEPER ? "keeper" : "case");
    else
        term_say("  slot %d: %s (%s), %" PRIu32 " MiB", s->index, s->kind,
            s->tier == VAULT_TIER_KEEPER ? "keeper" : "case", s->cost.mem_kib / 1024);
    return 0;
}

/* What is known before anything is typed; nothing of it is proven yet. */
static vault_err
introduce(const struct call *c)
{
    struct vault_backup_info info = { .bytes = 0 };
    vault_err err = kept(vault_backup_info(c->args[0], &info, NULL, NULL));

    if (err != VAULT_OK)
        return err;
    term_say("%s says it is %s backup of the vault with the words\n  %s", c->args[0],
        info.since[0] == '\0' ? "a full" : "the continuation of another", info.words);
    term_say("it opens with what opened the vault when it was made:");
    err = kept(vault_backup_info(c->args[0], &info, tell_slot, NULL));
    if (err == VAULT_OK && info.mem_mib != 0)
        term_say("deriving the key will need %" PRIu32 " MiB of memory", info.mem_mib);
    return err;
}

static void
restored(const struct call *c, const struct vault_restore_report *r)
{
    struct json j = { .to = stdout };
    char iso[OUT_TIME];

    out_iso(iso, r->time);
    if (c->json) {
        js_object(&j);
        js_pair(&j, "vault", c->args[1]);
        js_pair(&j, "vault_id", r->vault_id);
        js_pair(&j, "copy_id", r->copy_id);
        js_pair_uint(&j, "files", r->files);
        js_pair_uint(&j, "records", r->records);
        js_pair_uint(&j, "log_number", r->log_number);
        js_pair(&j, "log_head", r->log_head);
        js_pair_time(&j, "time", r->time);
        js_pair_uint(&j, "problems", r->problems);
        js_end(&j);
    }
    term_say("restored %s: %" PRIu64 " record%s, as of %s (log number %" PRIu64 ", head %.16s)", c->args[1],
        r->records, r->records == 1 ? "" : "s", iso, r->log_number, r->log_head);
    if (r->problems == 0)
        term_say("everything in it was verified; `check --deep` compares what attachments contain with their hashes, too");
    else
        term_warn("it has %" PRIu64 " problem%s, as the vault had that was backed up: `check` lists them, and what `repair` cannot save is lost",
            r->problems, r->problems == 1 ? "" : "s");
    term_say("its log says that it was restored, and from which head\n"
        "it opens with the passphrases of that time: changes of passphrases and keys since then, removed slots and\n"
        "purges are undone in it; what was written since then is not there");
    if (r->unverified != 0)
        term_say("%" PRIu64 " items could not be verified with this passphrase: a keeper can (`check`)",
            r->unverified);
}

static vault_err
restore_with(const struct call *c, struct vault_restore_report *r)
{
    struct progress p;
    struct vault_restore_options opt = { .second = call_has(c, "second"),
        .progress = progress_step, .progress_ctx = &p };
    struct vault_credentials cred = { .slot = -1 };
    struct secret *pass = NULL;
    vault_err err = open_credentials(&cred, &pass, c);

    if (err == VAULT_OK) {
        progress_begin(&p, "restoring");
        err = kept(vault_restore(c->args[0], c->args[1], &cred, &opt, r));
        progress_end(&p);
    }
    vault_secret_free(pass);
    if (err == VAULT_ERR_KEY)
        open_explain(c);
    return err;
}

static vault_err
restore_run(struct call *c)
{
    struct vault_restore_report r = { .files = 0 };
    char *name = c->args[1];
    size_t n = strlen(name);
    vault_err err;

    while (n > 1 && name[n - 1] == '/')     /* as the completion of a shell leaves it */
        name[--n] = '\0';
    if (n < 7 || strcmp(name + n - 6, ".vault") != 0 || name[n - 7] == '/')
        return fail(VAULT_ERR_INPUT, "for example: withheld restore cases.backup cases.vault",
            "the name of a vault ends in .vault");
    err = not_there(name);
    if (err == VAULT_OK)
        err = introduce(c);
    if (err == VAULT_OK)
        err = open_backup(c, c->args[0]);
    if (err == VAULT_OK)
        err = restore_with(c, &r);
    if (err == VAULT_OK)
        restored(c, &r);
    return err;
}

const struct cmd cmd_restore = {
    .name = "restore",
    .args = "FILE VAULT [--second]",
    .summary = "a vault out of a backup, verified before it is called done",
    .examples = "restore /media/stick/cases-2026-05-01.backup cases.vault\n"
        "restore /media/stick/cases.backup second.vault --second\n",
    .about =
        "VAULT is a new folder whose name ends in .vault; nothing is overwritten. FILE may be in parts\n"
        "(FILE.001, ...). A backup made with --since needs all that it continues in the same folder;\n"
        "name the last one. The passphrases are those of the time when it was made.\n"
        "The log of the new vault says that it was restored, and from which head. With --second it\n"
        "becomes another copy, beside one that goes on living; without, it takes the place of one that is lost.\n"
        "A vault that was damaged when it was backed up is refused; with --accept damaged the folder is made all the\n"
        "same, so that `repair` can save what is left.\n"
        "--json: {\"vault\",\"vault_id\",\"copy_id\",\"files\",\"records\",\"log_number\",\"log_head\",\"time\",\"problems\"}\n",
    .opts = (const struct opt[]){
        { "second", 0, false, NULL, "another copy, not the continuation of a lost one" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 2,
    .max_args = 2,
    .opens = CMD_OPENS_NOTHING,
    .reads = { .arg = 1 },
    .writes = { .arg = 2 },
    .not_in_shell = true,
    .run = restore_run,
};
