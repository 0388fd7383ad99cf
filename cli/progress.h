/*
 * progress.h - something long: how far it is, on a terminal; and stopping it in good order.
 *
 * Layer:   cli.
 * Secrets: none.
 *
 * Between begin and end SIGINT, SIGTERM and SIGHUP do not end the process but make progress_step ask for a stop,
 * so that nothing half done is left behind.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <signal.h>
#include <stdbool.h>
#include "vault/vault.h"

struct progress {
    const char *what;           /* "attaching" */
    bool shown;
    long long told;             /* when, in milliseconds */
    struct sigaction old[3];
};
void progress_begin(struct progress *p, const char *what);
int progress_step(void *ctx, uint64_t done, uint64_t total);    /* a vault_progress_fn */
/* The line is cleared. */
void progress_end(struct progress *p);

/* Until Enter, the end of standard input, or one of those signals. VAULT_ERR_INTERRUPTED. */
VAULT_CHECK vault_err progress_wait_for_enter(void);

#endif
