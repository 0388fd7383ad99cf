/*
 * term.h - talking to people.
 *
 * Layer:   cli.
 * Secrets: what is typed goes byte by byte from read(2) into a struct secret, and from there to
 *          the screen only while the person has it shown.
 *
 * The rules
 *   - Prompts go to /dev/tty, messages to stderr in lower case without a full stop, data to
 *     standard output (out.h). --quiet and --json silence messages, never errors.
 *   - A secret is typed without echo; Tab shows it, and hides it again.
 *   - Whatever signal arrives during a prompt, the terminal is left as it was found.
 *   - --no-input: nothing is ever asked.
 *   - A page with a secret has a screen of its own, outside of the scrolled lines, for as long as it
 *     is looked at. Scrolled lines are dropped then too, for terminals without such a screen.
 *   - Text that comes from a vault is escaped before it reaches a terminal.
 */
#ifndef CLI_TERM_H
#define CLI_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include "vault/vault.h"

struct term_rules {
    bool silent;        /* --quiet or --json: no messages... */
    bool mute;          /* ...--json: not even term_alert */
    bool no_input;
};
void term_rules(const struct term_rules *r);

/* Open /dev/tty, once; the sandbox would not let us later. No terminal is no error. */
void term_open(void);

/* Is there somebody who can be asked? */
bool term_asks(void);

/* And can a page be shown and cleared? */
bool term_pages(void);

/* Does somebody look at standard error who wants to know how far it is? */
bool term_watched(void);

/* A message, escaped, with "withheld: " before it or, said plainly, without. */
void term_say(const char *fmt, ...) VAULT_PRINTF(1, 2);
void term_warn(const char *fmt, ...) VAULT_PRINTF(1, 2);
/* A warning that --quiet does not silence: somebody may have been at the vault. */
void term_alert(const char *fmt, ...) VAULT_PRINTF(1, 2);

enum term_echo {
    TERM_PASSPHRASE,    /* hidden; pasted ends of lines are dropped */
    TERM_HIDDEN,        /* hidden text */
    TERM_SHOWN
};
struct term_question {
    const char *prompt;     /* escaped before it is shown */
    enum term_echo echo;
    bool lines;             /* Ctrl-J and pasting make more than one line */
    bool wiped;             /* the screen forgets prompt and answer, as far as it reaches */
    size_t max;             /* bytes */
    /* Words are completed after four letters; how many there are, and which is none, is shown. */
    const char *(*complete)(const char *letters, size_t n);
    struct secret *begin;           /* what stands there already; NULL: nothing */
    /* Text that has the screen for itself while the question is open, and is then cleared from it. For
     * terminals that can (term_pages). It is not escaped. */
    const char *page;
};

/*
 * Ask; *out is a new secret that the caller frees, length 0 for an empty answer; a zero byte
 * stands behind it.
 * VAULT_ERR_INTERRUPTED: see term_ended. VAULT_ERR_INPUT: nobody to ask, or more than `max`.
 */
VAULT_CHECK vault_err term_ask(struct secret **out, const struct term_question *q);

/* Why the last question was not answered. */
enum term_end { TERM_END_SIGNAL, TERM_END_CTRL_C, TERM_END_CTRL_D, TERM_END_IDLE };
enum term_end term_ended(void);

/* Wait for input no longer than this, 0: for ever. Holds for standard input too (term_wait). */
void term_idle(unsigned seconds);
unsigned term_idle_seconds(void);
/* For those who wait themselves: nothing came for so long; or a signal came, which `ends` the session, or this command only.
 * Sets term_ended, returns VAULT_ERR_INTERRUPTED. */
vault_err term_idle_too_long(void);
vault_err term_interrupted(bool ends);
/* Until fd can be read. VAULT_ERR_INTERRUPTED when idle for too long. */
VAULT_CHECK vault_err term_wait(int fd);

#endif
