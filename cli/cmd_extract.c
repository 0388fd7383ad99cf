/* cmd_extract.c - attachments out of a record: extract, view. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/place.h"
#include "cli/progress.h"
#include "cli/term.h"

static vault_err
extract(const struct call *c, const char *path, int fd, struct vault_extracted *out)
{
    struct vault_extract_options opt = { .path = path, .fd = fd, .revision = call_value(c, "rev") };
    unsigned left = 0;
    struct progress p;
    vault_err err;

    progress_begin(&p, "extracting");
    opt.progress = progress_step;
    opt.progress_ctx = &p;
    opt.left = &left;
    err = kept(vault_extract(c->app->vault, c->args[0], c->args[1], &opt, out));
    progress_end(&p);
    if (left > 0)
        term_say("%u unencrypted file%s that an `extract` which was killed had left in that folder %s overwritten and removed",
            left, left == 1 ? "" : "s", left == 1 ? "was" : "were");
    return err;
}

static void
print_extracted(const struct vault_extracted *x, const char *path)
{
    struct json j = { .to = stdout };

    js_object(&j);
    js_pair(&j, "name", x->name);
    js_pair_uint(&j, "size", x->size);
    js_pair(&j, "type", x->type);
    js_pair(&j, "sha256", x->sha256);
    js_pair(&j, "path", path);
    js_end(&j);
}

static vault_err
judge_output(const struct call *c, const char *path, bool piped)
{
    if (piped && c->json)
        return fail(VAULT_ERR_INPUT, "leave out one of them", "--json and the content would mix on standard output");
    if (piped && isatty(STDOUT_FILENO) == 1)
        return fail(VAULT_ERR_INPUT, "name a file, or send it into a program",
            "the content of a file is not shown on a terminal");
    return path == NULL || piped ? VAULT_OK : place_new(c->app->folder, path);
}

/* Standard output may be a file that the shell has made: what came out stays there, also after an error, as it is not ours
 * to remove. */
static vault_err
extract_piped(const struct call *c)
{
    bool disk = place_is_disk(STDOUT_FILENO);
    off_t before = lseek(STDOUT_FILENO, 0, SEEK_CUR);
    struct vault_extracted x;
    vault_err err = extract(c, NULL, STDOUT_FILENO, &x);

    if (disk && lseek(STDOUT_FILENO, 0, SEEK_CUR) != before)
        term_say("standard output is a file: %s on that disk, and what is removed from a disk can often be found again",
            err == VAULT_OK ? "the content now lies readable" : "what came out before the error lies readable");
    return err;
}

static vault_err
extract_run(struct call *c)
{
    const char *path = call_value(c, "output");
    bool piped = path != NULL && strcmp(path, "-") == 0;
    bool memory = !piped && place_in_memory(path == NULL ? "here" : path);
    struct vault_extracted x;
    vault_err err = judge_output(c, path, piped);

    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK && piped)
        err = out_flush(VAULT_OK);
    if (err == VAULT_OK && piped)
        return extract_piped(c);
    if (err == VAULT_OK)
        err = extract(c, path, -1, &x);
    if (err != VAULT_OK)
        return err;
    if (path == NULL)
        path = x.name;
    if (c->json)
        print_extracted(&x, path);
    if (!memory)
        term_say("%s now lies readable on that disk, and what is removed from a disk can often be found again", path);
    return VAULT_OK;
}

const struct cmd cmd_extract = {
    .name = "extract",
    .args = "ID NAME [-o FILE|-] [--rev R]",
    .summary = "write an attachment to a file; logged",
    .examples = "extract K-12 scan.pdf\n"
        "extract K-12 '#2' -o /media/stick/scan.pdf\n"
        "extract K-12 statement.mp3 -o - | mpv -\n",
    .about =
        "NAME may be #N, the number that `show` prints. Without -o the file has the attachment's\n"
        "name and lies in the current folder. Nothing is ever overwritten. Withheld attachments need\n"
        "a keeper. `view` shows one without leaving it on a disk. What goes to standard output is whole\n"
        "only when the exit code is 0; what came out before an error stays there. --json: {\"name\",\"size\",\"type\",\"sha256\",\"path\"}\n",
    .opts = (const struct opt[]){
        { "rev", 0, false, "R", "of this revision (`history`), the newest if left out" },
        { "output", 'o', false, "FILE", "write to this new file; - is standard output" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 2,
    .max_args = 2,
    .opens = CMD_OPENS_VAULT,
    .writes = { .option = "output", .otherwise = "." },
    .run = extract_run,
};

/* ---- view ---- */

/* What a viewer knows the file by: the end of its name, where that is harmless. */
static void
end_of_name(char end[static 9], const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const char *dot = strrchr(name, '.');
    size_t n = dot == NULL ? 0 : strlen(dot + 1);

    end[0] = '\0';
    if (n > 0 && n <= 8 && strspn(dot + 1, plain) == n)
        strcpy(end, dot + 1);
}

static vault_err
show_in_memory(const struct call *c, char **path, int fd)
{
    struct vault_extracted x;
    char end[9];
    vault_err err = extract(c, NULL, fd, &x);

    if (err != VAULT_OK)
        return err;
    end_of_name(end, x.name);
    if (end[0] != '\0')
        err = place_memory_name(path, end);
    if (err != VAULT_OK)
        return err;
    if (c->json)
        print_extracted(&x, *path);
    else
        printf("%s\n", *path);
    err = out_flush(VAULT_OK);
    if (err != VAULT_OK)
        return err;
    term_say("it lies there in memory only: open it with a program of yours, close that again, and press\n"
        "Enter, which overwrites and removes it (that program may keep lists of files and previews)");
    return progress_wait_for_enter(c->app->typed_shell);
}

/* From before there is a file until it is gone no signal ends the process, nor does a reader of its path who went away. */
static vault_err
view_guarded(const struct call *c)
{
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    struct sigaction pipe;
    struct progress p;
    char *path = NULL;
    int fd = -1;
    vault_err err;

    (void)sigaction(SIGPIPE, &ignore, &pipe);
    progress_begin(&p, "viewing");
    err = place_memory_file(&path, &fd);
    if (err == VAULT_OK) {
        err = show_in_memory(c, &path, fd);
        place_memory_wipe(path, fd);
    }
    progress_end(&p);
    (void)sigaction(SIGPIPE, &pipe, NULL);
    return err;
}

static vault_err
view_run(struct call *c)
{
    vault_err err = place_memory_make();

    if (err == VAULT_OK)
        err = open_vault(c);
    return err == VAULT_OK ? view_guarded(c) : err;
}

const struct cmd cmd_view = {
    .name = "view",
    .args = "ID NAME [--rev R]",
    .summary = "put an attachment into memory for a moment, to look at it; logged",
    .examples = "view K-12 scan.pdf\nview K-12 '#2'\n",
    .about =
        "Writes it to storage that is kept in memory only, in a folder that only you can enter, says\n"
        "where, and waits for Enter; then it is overwritten and removed, with what the program that you\n"
        "opened it with left beside it, also after Ctrl-C, and in a shell that locks. Nothing is\n"
        "started: you open it. Its name there is random, as programs keep lists of what they opened.\n"
        "--json: {\"name\",\"size\",\"type\",\"sha256\",\"path\"}\n",
    .opts = (const struct opt[]){
        { "rev", 0, false, "R", "of this revision (`history`), the newest if left out" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 2,
    .max_args = 2,
    .opens = CMD_OPENS_VAULT,
    .run = view_run,
};
