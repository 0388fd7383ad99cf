/*
 * cmd.h - what a command is, and what it is given when it runs.
 *
 * Layer:   cli (sees vault/vault.h and nothing else of the library).
 * Secrets: arguments are copies that are wiped at the end; the originals, which other users can
 *          see in the list of processes, are blanked at once.
 *
 * A command is a file that describes itself: it fills one struct cmd, main.c lists it. Its run
 * function looks at its arguments, reads the files it needs, then calls open_vault() (open.h), so
 * that a mistake is told before a passphrase is asked for. Whoever called it closes everything.
 */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include "vault/vault.h"

struct opt {
    const char *name;       /* long, without the hyphens; NULL ends a list */
    char letter;            /* or 0 */
    bool repeats;
    const char *arg;        /* what its argument is called; NULL: takes none */
    const char *help;
};

enum cmd_opens {
    CMD_OPENS_NOTHING,      /* needs no vault */
    CMD_OPENS_FOLDER,       /* finds the vault; no passphrase */
    CMD_OPENS_VAULT         /* unlocks it, by open_vault */
};

/* In a shell, the passphrase is asked for again when it was not typed lately. */
enum cmd_again {
    CMD_AGAIN_NEVER,
    CMD_AGAIN_ALWAYS,
    CMD_AGAIN_REVEAL        /* with --reveal only */
};

/* A file the library reads or writes after the sandbox is closed: an argument by number (from 1),
 * or the value of an option (both: the option where it is given). The folder it lies in stays open. */
struct cmd_file {
    size_t arg;
    bool rest;                      /* and every argument after it */
    const char *option;
    const char *when;               /* only where this option is given */
    const char *otherwise;          /* the folder where the option is not given */
    bool is_folder;                 /* what is named is itself the folder */
    bool no_links;                  /* the library refuses a link in its place */
};

struct call;

struct cmd {
    const char *name;               /* "add", "key list" */
    const char *args;               /* as the usage line has it */
    const char *summary;            /* lower case, no full stop */
    const char *examples;           /* lines, without "withheld" */
    const char *about;              /* what else there is to know, or NULL */
    const struct opt *opts;         /* ends with a NULL name; NULL: none */
    size_t min_args, max_args;
    enum cmd_opens opens;
    struct cmd_file reads, writes, also_writes;
    bool not_in_shell;
    enum cmd_again again;
    vault_err (*run)(struct call *c);
};
#define CMD_ANY ((size_t)-1)

/* The program: one per process. */
struct app {
    const struct cmd *const *commands;  /* ends with NULL */
    char *folder;                       /* the vault's, once it is found; with is_backup the file of a backup */
    bool is_backup;
    vault *vault;                       /* unlocked: by the command, or by the shell for all */
    int sandbox;                        /* level of vault_process_confine; -1: not yet */
    bool in_shell;
    bool typed_shell;                   /* whose commands a person types */
    const char *key_file;               /* that opened the vault, or NULL */
    long long typed_at;                 /* when its passphrase came last; seconds of CLOCK_BOOTTIME */
    long again_after;                   /* seconds */
    bool by_shares;                     /* the session was opened by shares */
    bool json, quiet;                   /* for every command of a shell */
};

struct given {
    const struct opt *opt;
    char *value;
};

/* One command line. */
struct call {
    struct app *app;
    const struct cmd *cmd;
    char **args;                        /* the command's name is not among them */
    size_t n_args;
    struct given *given;
    size_t n_given;
    bool json;
};

bool call_has(const struct call *c, const char *option);
/* NULL when it was not given. */
const char *call_value(const struct call *c, const char *option);
/* Values of a repeating option: begin with *at = 0; NULL after the last. */
char *call_next(const struct call *c, const char *option, size_t *at);
/* The words of --accept. VAULT_ERR_INPUT: more than fit. */
struct accepted {
    const char *word[128];
    size_t n;
};
VAULT_CHECK vault_err call_accepted(struct accepted *out, const struct call *c);
/* *out is left alone when the option was not given. */
VAULT_CHECK vault_err call_number(const struct call *c, const char *option, long min, long max,
    long *out);

/* Bytes of a part: 650M, 2G, or a number. The same. */
VAULT_CHECK vault_err call_size(const struct call *c, const char *option, uint64_t *out);

/* run.c: all of a command line, from words to exit code. `words` may be moved around. */
int cli_main(int argc, char **argv, const struct cmd *const *commands);
VAULT_CHECK vault_err cli_run(struct app *a, char **words, size_t n, bool *json);

/* cmd_help.c */
void help_short(const struct app *a);
void help_command(const struct app *a, const struct cmd *cmd);

#endif
