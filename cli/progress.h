/*
 * progress.h - something long: how far it is, on a terminal; and stopping it in good order.
 *
 * Layer:   cli.
 * Secrets: none.
 *
 * Between begin and end the signals that people and systems end a process with (SIGKILL cannot) make progress_step ask for a stop
 * instead, so that nothing half done is left behind. Within one another, the outer one keeps what the inner one was asked.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <signal.h>
#include <stdbool.h>
#include "vault/vault.h"

#define PROGRESS_SIGNALS 7

struct progress {
    const char *what;           /* "attaching" */
    bool shown;
    long long told;             /* when, in milliseconds */
    struct sigaction old[PROGRESS_SIGNALS];
};
void progress_begin(struct progress *p, const char *what);
int progress_step(void *ctx, uint64_t done, uint64_t total);    /* a vault_progress_fn */
/* The line is cleared. */
void progress_end(struct progress *p);

/* Until Enter, the end of standard input, or one of those signals; in a shell also no longer than it waits for a command.
 * `typed`: by a person at a terminal, whose Ctrl-C ends this wait and not the shell. VAULT_ERR_INTERRUPTED. */
VAULT_CHECK vault_err progress_wait_for_enter(bool typed);

#endif
