/*
 * shell: one unlocked session, the same commands.
 *
 * Locking means that the process ends: on `exit`, at the end of the input, or after some time
 * without any. No history is kept. With a terminal as standard input lines are typed (Tab hides
 * them); otherwise they are read from it, each command is run, and the exit code is that of the
 * first that failed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/input.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/place.h"
#include "cli/term.h"

#define LINE_MAX_BYTES INPUT_MIB
#define TYPED_MAX (16 * 1024)

struct shell {
    const struct call *c;
    bool typed;             /* standard input is a terminal */
    bool end;
    char prompt[128];
};

/* One word, unquoted in place. *at: behind it. False: a quote is not closed. */
static bool
unquote(char **at)
{
    char *from = *at, *to = *at, quote = '\0';

    for (; *from != '\0' && (quote != '\0' || strchr(" \t", *from) == NULL); from++) {
        if (quote == '\0' && (*from == '\'' || *from == '"'))
            quote = *from;
        else if (*from == quote)
            quote = '\0';
        else if (*from == '\\' && quote != '\'' && from[1] != '\0' &&
            (quote == '\0' || strchr("\"\\", from[1]) != NULL))
            *to++ = *++from;
        else
            *to++ = *from;
    }
    *at = *from == '\0' ? from : from + 1;
    *to = '\0';
    return quote == '\0';
}

/* Words of a line, as a shell would see them without any expansion. The caller frees the array; the
 * words lie in the line. */
static vault_err
split(char ***out, size_t *n, char *line)
{
    char **words = calloc(strlen(line) / 2 + 2, sizeof *words);

    *n = 0;
    if (words == NULL)
        return fail_nomem();
    *out = words;
    for (char *p = line; *(p += strspn(p, " \t\r")) != '\0';) {
        words[(*n)++] = p;
        if (!unquote(&p))
            return fail(VAULT_ERR_INPUT, NULL, "a quote is not closed");
    }
    return VAULT_OK;
}

static vault_err
run_line(struct shell *sh, char *line)
{
    char **words = NULL;
    size_t n = 0;
    bool json = sh->c->app->json;
    vault_err err = split(&words, &n, line);

    if (err == VAULT_OK && n > 0) {
        if (strcmp(words[0], "exit") == 0 || strcmp(words[0], "quit") == 0)
            sh->end = true;
        else
            err = out_flush(cli_run(sh->c->app, words, n, &json));
        if (sh->c->app->vault == NULL)      /* panic */
            sh->end = true;
    }
    if (err != VAULT_OK)
        fail_report(err, json);
    free(words);
    return err;
}

/* Did the last question end the session, rather than the command? */
static bool
ends_session(vault_err err)
{
    return err == VAULT_ERR_INTERRUPTED &&
        (term_ended() == TERM_END_IDLE || term_ended() == TERM_END_SIGNAL);
}

static vault_err
typed_line(struct shell *sh)
{
    struct term_question q = { .prompt = sh->prompt, .echo = TERM_SHOWN, .max = TYPED_MAX };
    struct secret *s = NULL;
    vault_err err = term_ask(&s, &q);

    if (err == VAULT_ERR_INTERRUPTED && term_ended() == TERM_END_CTRL_C)
        return VAULT_OK;                /* this line only */
    if (err == VAULT_ERR_INTERRUPTED && term_ended() == TERM_END_CTRL_D) {
        sh->end = true;
        return VAULT_OK;
    }
    if (err != VAULT_OK)
        return err;
    err = run_line(sh, (char *)vault_secret_edit(s));
    vault_secret_free(s);
    return ends_session(err) ? err : VAULT_OK;
}

static vault_err
read_line(struct shell *sh, vault_err *first)
{
    struct input in = { 0 };
    vault_err err = input_line(&in, LINE_MAX_BYTES, &sh->end);

    if (err == VAULT_OK && !sh->end) {
        vault_err ran = run_line(sh, in.p);

        if (*first == VAULT_OK)
            *first = ran;
        if (ends_session(ran))
            err = ran;
    }
    input_free(&in);
    return err;
}

static void
shell_rules(const struct shell *sh)
{
    term_rules(&(struct term_rules){ .silent = sh->c->app->json || sh->c->app->quiet, .mute = sh->c->app->json });
}

static vault_err
session(struct shell *sh)
{
    vault_err err = VAULT_OK, first = VAULT_OK;

    while (err == VAULT_OK && !sh->end) {
        shell_rules(sh);
        err = sh->typed ? typed_line(sh) : read_line(sh, &first);
    }
    shell_rules(sh);
    if (err == VAULT_ERR_INTERRUPTED && term_ended() == TERM_END_IDLE) {
        term_say("locked: there was no input for a while");
        err = VAULT_OK;
    }
    if (err != VAULT_OK || first == VAULT_OK)
        return err;
    return fail(first, NULL, "a command failed (the first with exit code %d)", (int)first);
}

/* Before a passphrase is asked for: is there such a folder? */
static vault_err
check_files(const char *dir)
{
    struct stat st;

    if (dir == NULL)
        return VAULT_OK;
    if (stat(dir, &st) != 0)
        return fail_errno(errno, "cannot open %s", dir);
    if (!S_ISDIR(st.st_mode))
        return fail(VAULT_ERR_INPUT, NULL, "--files takes a folder, and %s is none", dir);
    return VAULT_OK;
}

/* For `view`, before the sandbox is closed. Where there is no such storage, `view` says so. */
static void
make_place_for_views(void)
{
    vault_err none = place_memory_make();

    (void)none;
}

static vault_err
shell_run(struct call *c)
{
    struct shell sh = { .c = c, .typed = isatty(STDIN_FILENO) == 1 };
    const char *name;
    long idle = 300, again = 120;
    vault_err err = call_number(c, "idle", 1, 24 * 60 * 60, &idle);

    if (err == VAULT_OK)
        err = call_number(c, "ask-again", 0, 24 * 60 * 60, &again);
    if (err == VAULT_OK)
        err = check_files(call_value(c, "files"));
    make_place_for_views();
    if (err == VAULT_OK)
        err = open_vault(c);
    if (err != VAULT_OK)
        return err;
    name = strrchr(c->app->folder, '/');
    snprintf(sh.prompt, sizeof sh.prompt, "%.100s> ", name == NULL ? c->app->folder : name + 1);
    c->app->in_shell = true;
    c->app->typed_shell = sh.typed;
    c->app->again_after = again;
    c->app->json = c->json;
    c->app->quiet = call_has(c, "quiet");
    input_by_line();
    term_idle((unsigned)idle);
    if (sh.typed)
        term_say("unlocked; `exit`, Ctrl-D or %ld seconds without input lock it", idle);
    return session(&sh);
}

const struct cmd cmd_shell = {
    .name = "shell",
    .args = "[--idle SECONDS] [--ask-again SECONDS] [--files DIR]",
    .summary = "unlock once, then type commands",
    .examples = "shell\n"
        "shell --idle 60 --files inbox\n"
        "shell --passphrase-fd 3 3< PASS < commands.txt\n",
    .about =
        "The same commands, without `withheld` before them; quotes and backslashes work as in a\n"
        "shell. Locks after 5 minutes without input, at `exit` and at Ctrl-D, and at a Ctrl-C while a\n"
        "command runs; at the prompt Ctrl-C drops the line. No history is kept.\n"
        "Before many names are shown (`list --reveal`), before a dump, a purge and a change of keys\n"
        "the passphrase is asked for again, when it was not typed within the last two minutes.\n"
        "Tab hides the line that is being typed. Files outside the vault can be reached in DIR\n"
        "only. `--from -` reads one line. When the commands come from a file, all are run, and\n"
        "the exit code is that of the first that failed.\n",
    .opts = (const struct opt[]){
        { "idle", 0, false, "SECONDS", "lock after so long without input (300)" },
        { "ask-again", 0, false, "SECONDS", "for how long a typed passphrase is enough (120)" },
        { "files", 0, false, "DIR", "a folder that commands may read and write" },
        { NULL, 0, false, NULL, NULL } },
    .opens = CMD_OPENS_VAULT,
    .writes = { .option = "files", .is_folder = true },
    .not_in_shell = true,
    .run = shell_run,
};
