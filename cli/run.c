/* From words to a command that runs; for the program, and for each line of a shell. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/input.h"
#include "cli/open.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/term.h"

/* ---- one command -------------------------------------------------------------------------- */

static vault_err
colours(const struct call *c)
{
    const char *when = call_value(c, "color"), *none = getenv("NO_COLOR"), *term = getenv("TERM");

    if (when != NULL && strcmp(when, "always") == 0)
        out_colours(true);
    else if (when != NULL && strcmp(when, "never") == 0)
        out_colours(false);
    else if (when != NULL && strcmp(when, "auto") != 0)
        return fail(VAULT_ERR_INPUT, NULL, "--color takes auto, always or never");
    else
        out_colours(isatty(STDOUT_FILENO) && (none == NULL || none[0] == '\0') &&
            term != NULL && strcmp(term, "dumb") != 0);
    return VAULT_OK;
}

/* In a shell the vault is open, and these come too late. */
static vault_err
fits_shell(const struct call *c)
{
    static const char *const late[] = { "vault", "passphrase-fd", "passphrase-file", "shares-fd",
        "key-file", "slot", "anchor" };

    if (!c->app->in_shell)
        return VAULT_OK;
    if (c->cmd->not_in_shell)
        return fail(VAULT_ERR_INPUT, "leave the shell first", "`%s` cannot run within a shell",
            c->cmd->name);
    for (size_t i = 0; i < sizeof late / sizeof late[0]; i++)
        if (call_has(c, late[i]))
            return fail(VAULT_ERR_INPUT, NULL, "--%s belongs to the command that opened the shell",
                late[i]);
    return VAULT_OK;
}

static vault_err
run_command(struct call *c)
{
    vault_err err = options_count(c);

    /* Where nothing is opened nothing is compared, and nobody should believe that it was. */
    if (err == VAULT_OK && c->cmd->opens == CMD_OPENS_NOTHING && call_has(c, "anchor"))
        err = fail(VAULT_ERR_INPUT, NULL, "--anchor belongs to a command that opens a vault");
    if (err == VAULT_OK)
        err = fits_shell(c);
    if (err == VAULT_OK && c->cmd->opens != CMD_OPENS_NOTHING)
        err = open_find(c);
    return err == VAULT_OK ? c->cmd->run(c) : err;
}

/* Without a command, or with --help or --version, which go before everything else. */
static vault_err
run_call(struct call *c)
{
    if (call_has(c, "help")) {
        help_command(c->app, c->cmd);
        return VAULT_OK;
    }
    if (c->cmd != NULL)
        return run_command(c);
    for (size_t i = 0; call_has(c, "version") && c->app->commands[i] != NULL; i++)
        if (strcmp(c->app->commands[i]->name, "version") == 0)
            return c->app->commands[i]->run(c);
    if (!c->json)
        help_short(c->app);
    return fail(VAULT_ERR_INPUT, NULL, "name a command");
}

vault_err
cli_run(struct app *a, char **words, size_t n, bool *json)
{
    struct call c = { .app = a };
    vault_err err = options_parse(&c, words, n);

    c.json = c.json || a->json;
    *json = c.json;
    term_rules(&(struct term_rules){ .no_input = call_has(&c, "no-input"),
        .silent = c.json || a->quiet || call_has(&c, "quiet"), .mute = c.json });
    if (err == VAULT_OK)
        err = colours(&c);
    if (err == VAULT_OK)
        err = run_call(&c);
    options_free(&c);
    return err;
}

/* ---- the process -------------------------------------------------------------------------- */

/* Copies of the arguments, in one piece of *room bytes that the caller wipes. The originals are
 * blanked: everybody on this machine can read them for as long as we run. */
static char **
take_arguments(int argc, char **argv, char **copy, size_t *room)
{
    char **words = calloc((size_t)argc + 1, sizeof *words);
    char *p;

    *room = 1;
    for (int i = 1; i < argc; i++)
        *room += strlen(argv[i]) + 1;
    *copy = p = malloc(*room);
    if (words == NULL || p == NULL) {
        free(words);
        return NULL;
    }
    for (int i = 1; i < argc; i++) {
        size_t n = strlen(argv[i]) + 1;

        words[i - 1] = memcpy(p, argv[i], n);
        p += n;
        explicit_bzero(argv[i], n);
    }
    return words;
}

/* An anchor that could not be written still holds: the session did its work, and the next one compares. */
static void
end_session(vault *v)
{
    if (v != NULL && vault_anchor_update(v) != VAULT_OK)
        term_warn("%s; it stays at the head it had", vault_last_error()->text);
    vault_close(v);
}

static vault_err
run_process(struct app *a, int argc, char **argv, bool *json)
{
    char *copy = NULL;
    size_t room = 0;
    char **words = take_arguments(argc, argv, &copy, &room);
    vault_err err = words == NULL ? fail_nomem() : kept(vault_process_init());

    if (err == VAULT_OK) {
        term_open();
        err = cli_run(a, words, argc < 1 ? 0 : (size_t)argc - 1, json);
    }
    end_session(a->vault);
    free(a->folder);
    if (copy != NULL)
        explicit_bzero(copy, room);
    free(copy);
    free(words);
    return err;
}

int
cli_main(int argc, char **argv, const struct cmd *const *commands)
{
    struct app a = { .commands = commands, .sandbox = -1 };
    bool json = false;
    vault_err err;

    out_begin();
    err = run_process(&a, argc, argv, &json);
    err = out_flush(err);
    if (err != VAULT_OK)
        fail_report(err, json);
    input_end();
    out_end();
    return (int)err;
}
