/*
 * open.h - find the vault, unlock it, close the sandbox.
 *
 * Layer:   cli.
 * Secrets: the passphrase, or what the shares gave, lives from the prompt to the end of vault_open.
 */
#ifndef CLI_OPEN_H
#define CLI_OPEN_H

#include "cli/cmd.h"

/* Fill app->folder: -C, else $WITHHELD_VAULT, else the only *.vault folder here. */
VAULT_CHECK vault_err open_find(const struct call *c);

/* Ask for the passphrase, fill app->vault, close the sandbox but for the files the command
 * declared. Within a shell the vault is open already; then the passphrase is asked for again where the
 * command wants that, and the words of --accept are handed over. */
VAULT_CHECK vault_err open_vault(const struct call *c);

/* For a command that opens no vault: close the sandbox but for the files it declared. */
VAULT_CHECK vault_err open_confine(const struct call *c);

/* For a command that can do without one: the vault that -C names, else as open_confine. */
VAULT_CHECK vault_err open_named_vault(const struct call *c);

/* Instead of a vault: the credentials that follow are for this backup. */
VAULT_CHECK vault_err open_backup(const struct call *c, const char *path);

/* Before `path` is read: when it is standard input and the passphrase comes from there too, the
 * passphrase comes first, so the vault is opened now. */
VAULT_CHECK vault_err open_before_reading(const struct call *c, const char *path);

/* What became of the anchor at `path`; says nothing where it held. */
void open_tell_anchor(enum vault_anchor anchor, const char *path);

/* An opening that finished a change of keys, and could not wipe what that replaced. */
void open_tell_left(bool old_left);

/* The credentials alone, for a command that opens by itself; the sandbox is closed. The caller
 * frees *pass (a passphrase, or what shares gave), which cred borrows. */
VAULT_CHECK vault_err open_credentials(struct vault_credentials *cred, struct secret **pass,
    const struct call *c);

/* vault_open with these, and what is to be told at once; an error is explained. */
VAULT_CHECK vault_err open_unlock(const struct call *c, const struct vault_credentials *cred);
/* For a command that needs what opened the vault besides the open vault: unlocks it, or, within a shell, has it typed
 * again (not compared: the library will). The caller frees *pass, also after an error; cred borrows it. */
VAULT_CHECK vault_err open_own(struct vault_credentials *cred, struct secret **pass, const struct call *c);

/* After VAULT_ERR_KEY: say what else could be tried. */
void open_explain(const struct call *c);

#endif
