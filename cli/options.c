#include "cli/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cli/fail.h"

const struct opt options_global[] = {
    { "vault", 'C', false, "VAULT",
        "the vault; else $WITHHELD_VAULT, else the only *.vault folder here" },
    { "passphrase-fd", 0, false, "N", "read the passphrase from this file descriptor, one line" },
    { "passphrase-file", 0, false, "F", "read it from the first line of a file" },
    { "new-passphrase-fd", 0, false, "N", "the second, new passphrase, where one is needed" },
    { "shares-fd", 0, false, "N", "open with paper shares, one a line" },
    { "key-file", 0, false, "F", "the key file that belongs to the passphrase" },
    { "slot", 0, false, "N", "try this key slot only" },
    { "anchor", 0, false, "F", "compare the log with its head in this file outside the vault; made at first" },
    { "no-input", 0, false, NULL, "never ask on the terminal" },
    { "json", 0, false, NULL, "one JSON document on standard output, errors as JSON" },
    { "quiet", 'q', false, NULL, "no messages; data and errors only" },
    { "color", 0, false, "WHEN", "auto, always or never" },
    { "accept", 0, true, "WORD", "override the refusal that named this word" },
    { "help", 'h', false, NULL, "explain, examples first" },
    { "version", 0, false, NULL, "name the program and its libraries" },
    { NULL, 0, false, NULL, NULL }
};

/* One option of a list, by a long name of n bytes (letter 0) or by letter. */
static const struct opt *
in_list(const struct opt *list, const char *name, size_t n, char letter)
{
    for (; list != NULL && list->name != NULL; list++) {
        if (letter != 0 ? list->letter == letter :
            strncmp(list->name, name, n) == 0 && list->name[n] == '\0')
            return list;
    }
    return NULL;
}

/* Among the global ones and those of `cmd`, or of all commands when cmd is NULL. */
static const struct opt *
lookup(const struct call *c, const char *name, size_t n, char letter)
{
    const struct opt *o = in_list(options_global, name, n, letter);

    if (o == NULL && c->cmd != NULL)
        return in_list(c->cmd->opts, name, n, letter);
    for (size_t i = 0; o == NULL && c->app->commands[i] != NULL && c->cmd == NULL; i++)
        o = in_list(c->app->commands[i]->opts, name, n, letter);
    return o;
}

static vault_err
unknown(const struct call *c, const char *name, size_t n)
{
    const char *names[64];
    size_t count = 0;
    char word[64] = "";
    const char *near;

    if (n < sizeof word)
        memcpy(word, name, n);
    for (const struct opt *o = options_global; o->name != NULL; o++)
        names[count++] = o->name;
    for (const struct opt *o = c->cmd == NULL ? NULL : c->cmd->opts;
        o != NULL && o->name != NULL && count < 64; o++)
        names[count++] = o->name;
    near = word[0] == '\0' ? NULL : vault_nearest(word, names, count);
    fail(VAULT_ERR_INPUT, NULL, "unknown option --%s", word);
    if (near != NULL)
        fail_hint("did you mean --%s?", near);
    else
        fail_hint("`withheld help%s%s` lists the options", c->cmd == NULL ? "" : " ",
            c->cmd == NULL ? "" : c->cmd->name);
    return VAULT_ERR_INPUT;
}

/* One word that begins with a hyphen, and perhaps the next. *used: how many. */
static vault_err
read_option(struct given *out, const struct call *c, char **words, size_t n, size_t *used)
{
    char *word = words[0];
    bool is_long = word[1] == '-';
    char *name = word + (is_long ? 2 : 1);
    char *value = is_long ? strchr(name, '=') : name[1] != '\0' ? name + 1 : NULL;
    size_t len = !is_long ? 1 : value == NULL ? strlen(name) : (size_t)(value - name);
    const struct opt *o = lookup(c, name, len, is_long ? 0 : name[0]);

    *used = 1;
    if (o == NULL && !is_long)
        return fail(VAULT_ERR_INPUT, "`withheld help` lists the options",
            "unknown option -%c", name[0]);
    if (o == NULL)
        return unknown(c, name, len);
    if (o->arg == NULL && value != NULL)
        return fail(VAULT_ERR_INPUT, NULL, "option --%s takes no value", o->name);
    if (value != NULL && is_long)
        value++;
    if (o->arg != NULL && value == NULL) {
        if (n < 2)
            return fail(VAULT_ERR_INPUT, NULL, "option --%s needs its %s", o->name, o->arg);
        value = words[1];
        *used = 2;
    }
    out->opt = o;
    out->value = value;
    return VAULT_OK;
}

static bool
is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

/* The first two words that are neither options nor their values. */
static vault_err
first_words(const struct call *c, char **words, size_t n, char *found[2])
{
    bool options = true;
    size_t count = 0, used;

    for (size_t i = 0; i < n && count < 2; i += used) {
        struct given g;
        vault_err err;

        used = 1;
        if (options && strcmp(words[i], "--") == 0) {
            options = false;
        } else if (options && is_option(words[i])) {
            err = read_option(&g, c, words + i, n - i, &used);
            /* Behind the command its own list decides, and says it better. */
            if (err != VAULT_OK && count > 0)
                return VAULT_OK;
            if (err != VAULT_OK)
                return err;
        } else {
            found[count++] = words[i];
        }
    }
    return VAULT_OK;
}

/* "key" and "list": the command "key list", else "key". *used: how many words name it. */
static const struct cmd *
command(const struct app *a, char *const word[2], size_t *used)
{
    const struct cmd *one = NULL;
    size_t n = strlen(word[0]);

    for (size_t i = 0; a->commands[i] != NULL; i++) {
        const char *name = a->commands[i]->name;

        if (strncmp(name, word[0], n) != 0)
            continue;
        if (name[n] == '\0')
            one = a->commands[i];
        else if (name[n] == ' ' && word[1] != NULL && strcmp(name + n + 1, word[1]) == 0)
            return *used = 2, a->commands[i];
    }
    *used = 1;
    return one;
}

/* No such command: the nearest, or what may follow the first word. */
static vault_err
no_command(const struct app *a, char *const word[2])
{
    const char *names[96];
    size_t count = 0, n = strlen(word[0]);
    char list[256] = "";
    const char *near;

    for (size_t i = 0; a->commands[i] != NULL && count < 96; i++) {
        const char *name = a->commands[i]->name;

        names[count++] = name;
        if (strncmp(name, word[0], n) == 0 && name[n] == ' ' &&
            strlen(list) + strlen(name) + 4 < sizeof list) {
            strcat(list, list[0] == '\0' ? "" : ", ");
            strcat(list, name);
        }
    }
    if (list[0] != '\0')
        return fail(VAULT_ERR_INPUT, NULL, "`%s` needs one of: %s", word[0], list);
    near = vault_nearest(word[0], names, count);
    fail(VAULT_ERR_INPUT, "`withheld help` lists the commands", "unknown command `%s`", word[0]);
    if (near != NULL)
        fail_hint("did you mean `%s`?", near);
    return VAULT_ERR_INPUT;
}

static bool
may_repeat(const struct call *c, const struct opt *o)
{
    return o->repeats || o->arg == NULL || !call_has(c, o->name);
}

/* All words, now that the command is known; the first `skip` that are no options name it. */
static vault_err
fill(struct call *c, char **words, size_t n, size_t skip)
{
    bool options = true;
    size_t used;

    for (size_t i = 0; i < n; i += used) {
        struct given *g = &c->given[c->n_given];
        vault_err err;

        used = 1;
        if (options && strcmp(words[i], "--") == 0) {
            options = false;
        } else if (options && is_option(words[i])) {
            err = read_option(g, c, words + i, n - i, &used);
            if (err != VAULT_OK)
                return err;
            if (!may_repeat(c, g->opt))
                return fail(VAULT_ERR_INPUT, NULL, "option --%s is given twice", g->opt->name);
            c->n_given++;
        } else if (skip > 0) {
            skip--;
        } else {
            c->args[c->n_args++] = words[i];
        }
    }
    return VAULT_OK;
}

/* Errors of the parser itself are told as JSON as well, if that was asked for anywhere. */
static bool
asks_json(char **words, size_t n)
{
    for (size_t i = 0; i < n && strcmp(words[i], "--") != 0; i++)
        if (strcmp(words[i], "--json") == 0)
            return true;
    return false;
}

vault_err
options_parse(struct call *c, char **words, size_t n)
{
    char *word[2] = { NULL, NULL };
    size_t skip = 0;
    vault_err err;

    c->json = asks_json(words, n);
    c->args = calloc(n + 1, sizeof *c->args);
    c->given = calloc(n + 1, sizeof *c->given);
    if (c->args == NULL || c->given == NULL)
        return fail_nomem();
    err = first_words(c, words, n, word);
    if (err != VAULT_OK)
        return err;
    if (word[0] != NULL) {
        c->cmd = command(c->app, word, &skip);
        if (c->cmd == NULL)
            return no_command(c->app, word);
    }
    err = fill(c, words, n, skip);
    c->json = call_has(c, "json") || (err != VAULT_OK && c->json);
    return err;
}

vault_err
options_count(const struct call *c)
{
    bool few = c->n_args < c->cmd->min_args;

    if (!few && c->n_args <= c->cmd->max_args)
        return VAULT_OK;
    fail(VAULT_ERR_INPUT, NULL, "`%s` has too %s arguments", c->cmd->name, few ? "few" : "many");
    fail_hint("usage: withheld %s%s%s", c->cmd->name, c->cmd->args[0] == '\0' ? "" : " ",
        c->cmd->args);
    return VAULT_ERR_INPUT;
}

void
options_free(struct call *c)
{
    free(c->args);
    free(c->given);
    c->args = NULL;
    c->given = NULL;
    c->n_args = c->n_given = 0;
}

char *
call_next(const struct call *c, const char *option, size_t *at)
{
    while (*at < c->n_given) {
        const struct given *g = &c->given[(*at)++];

        if (strcmp(g->opt->name, option) == 0)
            return g->value;
    }
    return NULL;
}

const char *
call_value(const struct call *c, const char *option)
{
    size_t at = 0;

    return call_next(c, option, &at);
}

bool
call_has(const struct call *c, const char *option)
{
    for (size_t i = 0; i < c->n_given; i++)
        if (strcmp(c->given[i].opt->name, option) == 0)
            return true;
    return false;
}

vault_err
call_accepted(struct accepted *out, const struct call *c)
{
    size_t at = 0;

    out->n = 0;
    for (const char *w; (w = call_next(c, "accept", &at)) != NULL; out->n++) {
        if (out->n == sizeof out->word / sizeof out->word[0])
            return fail(VAULT_ERR_INPUT, NULL, "--accept is given too often");
        out->word[out->n] = w;
    }
    return VAULT_OK;
}

vault_err
call_number(const struct call *c, const char *option, long min, long max, long *out)
{
    const char *text = call_value(c, option);
    char *end;
    long n;

    if (text == NULL)
        return VAULT_OK;
    errno = 0;
    n = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || n < min || n > max)
        return fail(VAULT_ERR_INPUT, NULL, "option --%s takes a number from %ld to %ld", option,
            min, max);
    *out = n;
    return VAULT_OK;
}

vault_err
call_size(const struct call *c, const char *option, uint64_t *out)
{
    static const char unit[] = "KMG";
    const char *text = call_value(c, option), *at;
    char *end;
    unsigned long long n;
    unsigned shift = 0;

    if (text == NULL)
        return VAULT_OK;
    errno = 0;
    n = strtoull(text, &end, 10);
    if (*end != '\0' && (at = strchr(unit, *end & ~0x20)) != NULL && end[1] == '\0') {
        shift = 10 * (unsigned)(at - unit + 1);
        end++;
    }
    if (text[0] < '0' || text[0] > '9' || errno != 0 || *end != '\0' || n > UINT64_MAX >> shift)
        return fail(VAULT_ERR_INPUT, "as in 650M or 2G", "--%s takes a size in K, M or G", option);
    *out = (uint64_t)n << shift;
    if (*out < VAULT_SPLIT_MIN)
        return fail(VAULT_ERR_INPUT, "as in 650M or 2G", "parts have at least 1M");
    return VAULT_OK;
}
