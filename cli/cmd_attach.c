/* cmd_attach.c - files into and out of a record: attach, detach. */
#include <stdio.h>
#include <stdlib.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/open.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/term.h"

static vault_err
attach_files(const struct call *c, struct vault_added *added, unsigned *empty)
{
    struct vault_attach_options opt = { .field = call_value(c, "field"),
        .open = call_has(c, "open"), .move = call_has(c, "move"), .empty = empty };
    size_t n = c->n_args - 1;
    struct vault_attach_file *file = calloc(n, sizeof *file);
    struct progress p;
    vault_err err;

    if (file == NULL)
        return fail_nomem();
    for (size_t i = 0; i < n; i++)
        file[i] = (struct vault_attach_file){ .path = c->args[i + 1], .name = call_value(c, "name") };
    progress_begin(&p, "attaching");
    opt.progress = progress_step;
    opt.progress_ctx = &p;
    err = kept(vault_attach(c->app->vault, c->args[0], file, n, &opt, added));
    progress_end(&p);
    free(file);
    return err;
}

static vault_err
attach_run(struct call *c)
{
    struct vault_added added = { .changed = false };
    unsigned empty = 0;
    vault_err err;

    if (call_has(c, "name") && c->n_args > 2)
        return fail(VAULT_ERR_INPUT, "attach them one by one", "--name is for one file");
    err = open_vault(c);
    if (err == VAULT_OK)
        err = attach_files(c, &added, &empty);
    if (err == VAULT_OK)
        print_new(c, &added, false);
    if (err == VAULT_OK && empty > 0)
        term_warn("%u of the files %s empty; %s stored as such", empty, empty == 1 ? "is" : "are",
            empty == 1 ? "it is" : "they are");
    if (err == VAULT_OK && call_has(c, "move"))
        term_say("the originals were overwritten and removed. That does not reach what flash memory (SSDs,\n"
            "sticks, cards) and some file systems keep of old blocks, copies, thumbnails, lists of\n"
            "recent files, and backups");
    return err;
}

const struct cmd cmd_attach = {
    .name = "attach",
    .args = "ID FILE... [--field files] [--open] [--name N] [--move]",
    .summary = "store files with a record, withheld unless --open",
    .examples = "attach K-12 scan.pdf statement.mp3\n"
        "attach K-12 IMG_2001.jpg --name passport.jpg --move\n"
        "attach C-3 ruling.pdf --open\n",
    .about =
        "Of any size. All files of one command are one revision: they are there entirely or not at\n"
        "all. Withheld ones hide their name, type, size and content; who holds a case passphrase can\n"
        "add them and cannot read them back. --move overwrites and removes the files afterwards.\n"
        "--json: {\"id\",\"revision\",\"similar\":[]}\n",
    .opts = (const struct opt[]){
        { "field", 0, false, "F", "a field for files of the record's type (files)" },
        { "open", 0, false, NULL, "readable with a case passphrase" },
        { "name", 0, false, "N", "store it under this name" },
        { "move", 0, false, NULL, "overwrite and remove the files once they are stored" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 2,
    .max_args = CMD_ANY,
    .opens = CMD_OPENS_VAULT,
    .reads = { .arg = 2, .rest = true },
    .writes = { .arg = 2, .rest = true, .when = "move" },
    .run = attach_run,
};

static vault_err
detach_run(struct call *c)
{
    struct vault_added added = { .changed = false };
    vault_err err = open_vault(c);

    if (err == VAULT_OK)
        err = kept(vault_detach(c->app->vault, c->args[0], c->args[1], &added));
    if (err != VAULT_OK)
        return err;
    if (c->json)
        print_added(&added);
    else
        printf("%s\n", added.id);
    term_say("detached, not erased: earlier revisions still have it, and `revert` brings it back");
    return VAULT_OK;
}

const struct cmd cmd_detach = {
    .name = "detach",
    .args = "ID NAME",
    .summary = "take an attachment from a record; `revert` brings it back",
    .examples = "detach K-12 scan.pdf\ndetach K-12 '#2'\n",
    .about = "NAME may be #N, the number that `show` prints: so a withheld name does not stand in the\n"
        "history of your shell. --json: {\"id\",\"revision\",\"changed\"}\n",
    .min_args = 2,
    .max_args = 2,
    .opens = CMD_OPENS_VAULT,
    .run = detach_run,
};
