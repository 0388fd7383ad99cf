#include <stdio.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/options.h"

static void
option_line(const struct opt *o)
{
    char left[64];
    size_t n = 0;

    if (o->letter != 0)
        n = (size_t)snprintf(left, sizeof left, "-%c, ", o->letter);
    else
        n = (size_t)snprintf(left, sizeof left, "    ");
    snprintf(left + n, sizeof left - n, "--%s%s%s", o->name, o->arg == NULL ? "" : " ",
        o->arg == NULL ? "" : o->arg);
    printf("  %-28s %s\n", left, o->help);
}

static void
options_section(const char *head, const struct opt *list)
{
    if (list == NULL || list->name == NULL)
        return;
    printf("\n%s\n", head);
    for (const struct opt *o = list; o->name != NULL; o++)
        option_line(o);
}

static void
command_lines(const struct app *a, FILE *to)
{
    for (size_t i = 0; a->commands[i] != NULL; i++)
        fprintf(to, "  %-20s %s\n", a->commands[i]->name, a->commands[i]->summary);
}

void
help_short(const struct app *a)
{
    fputs("withheld - an encrypted, offline vault for records whose names must not get out\n\n"
        "usage: withheld [-C VAULT] COMMAND [ARGUMENTS]\n\n", stderr);
    command_lines(a, stderr);
    fputs("\n`withheld help COMMAND` explains one, examples first\n", stderr);
}

static void
help_all(const struct app *a)
{
    puts("Examples\n"
        "  withheld init refugees.vault          make a vault\n"
        "  withheld add person                   be asked for each field\n"
        "  withheld list person                  titles only, no names\n"
        "  withheld show K-12 --reveal           with what is withheld; logged\n"
        "  withheld search                       type the words when asked\n"
        "\nCommands");
    command_lines(a, stdout);
    options_section("Options of every command", options_global);
    puts("\nExit codes\n"
        "  0 done, 1 failed, 2 wrong usage or input, 3 passphrase or key does not open it,\n"
        "  4 damaged or tampered with, 5 in use by another process, 6 refused by a safety rule,\n"
        "  7 not found, 8 conflict, 9 no memory or disk space, 130 interrupted\n"
        "\n`withheld help COMMAND` explains one.");
}

/* Each line of `text` with `head` before it. */
static void
lines(const char *head, const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");

        printf("%s%.*s\n", head, (int)n, text);
        text += n + (text[n] == '\n');
    }
}

static void
explain(const struct cmd *cmd)
{
    puts("Examples");
    lines("  withheld ", cmd->examples);
    printf("\nUsage\n  withheld [OPTIONS] %s%s%s\n\n  %s\n", cmd->name,
        cmd->args[0] == '\0' ? "" : " ", cmd->args, cmd->summary);
    if (cmd->about != NULL) {
        putchar('\n');
        lines("  ", cmd->about);
    }
    options_section("Options", cmd->opts);
}

void
help_command(const struct app *a, const struct cmd *cmd)
{
    if (cmd == NULL) {
        help_all(a);
        return;
    }
    explain(cmd);
    options_section("Options of every command", options_global);
}

static bool
help_one(const struct app *a, const char *name)
{
    for (size_t i = 0; a->commands[i] != NULL; i++)
        if (strcmp(a->commands[i]->name, name) == 0) {
            help_command(a, a->commands[i]);
            return true;
        }
    return false;
}

/* "key": all that begins with it. */
static bool
help_group(const struct app *a, const char *name)
{
    size_t count = 0, n = strlen(name);

    for (size_t i = 0; a->commands[i] != NULL; i++) {
        const struct cmd *cmd = a->commands[i];

        if (strncmp(cmd->name, name, n) != 0 || cmd->name[n] != ' ')
            continue;
        if (count++ > 0)
            putchar('\n');
        explain(cmd);
    }
    if (count > 0)
        options_section("Options of every command", options_global);
    return count > 0;
}

static vault_err
help_run(struct call *c)
{
    const char *names[96], *near;
    size_t count = 0;
    char name[64] = "";

    if (c->n_args == 0) {
        help_all(c->app);
        return VAULT_OK;
    }
    snprintf(name, sizeof name, "%s%s%s", c->args[0], c->n_args > 1 ? " " : "",
        c->n_args > 1 ? c->args[1] : "");
    if (help_one(c->app, name) || help_group(c->app, name))
        return VAULT_OK;
    for (; count < 96 && c->app->commands[count] != NULL; count++)
        names[count] = c->app->commands[count]->name;
    near = vault_nearest(name, names, count);
    fail(VAULT_ERR_INPUT, "`withheld help` lists the commands", "unknown command `%s`", name);
    if (near != NULL)
        fail_hint("did you mean `%s`?", near);
    return VAULT_ERR_INPUT;
}

const struct cmd cmd_help = {
    .name = "help",
    .args = "[COMMAND]",
    .summary = "explain a command, examples first",
    .examples = "help\nhelp add\nadd --help\n",
    .max_args = 2,
    .opens = CMD_OPENS_NOTHING,
    .run = help_run,
};
