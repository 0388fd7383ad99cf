#include "cli/progress.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "cli/fail.h"
#include "cli/print.h"
#include "cli/term.h"

#define EVERY_MS 200

static const int stops[] = { SIGINT, SIGTERM, SIGHUP };
static volatile sig_atomic_t asked;

static void
ask(int sig)
{
    asked = sig;
}

static long long
now_ms(void)
{
    struct timespec t = { 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
progress_begin(struct progress *p, const char *what)
{
    struct sigaction sa = { .sa_handler = ask };

    memset(p, 0, sizeof *p);
    p->what = what;
    p->told = now_ms();
    asked = 0;
    for (size_t i = 0; i < 3; i++)
        if (sigaction(stops[i], NULL, &p->old[i]) == 0 && p->old[i].sa_handler != SIG_IGN)
            (void)sigaction(stops[i], &sa, NULL);
}

int
progress_step(void *ctx, uint64_t done, uint64_t total)
{
    struct progress *p = ctx;
    long long now = now_ms();

    if (term_watched() && now - p->told >= EVERY_MS) {
        p->told = now;
        p->shown = true;
        fprintf(stderr, "\r%s: ", p->what);
        print_size(stderr, done);
        if (total != 0) {           /* else nobody knows how much there is */
            fputs(" of ", stderr);
            print_size(stderr, total);
            fprintf(stderr, " (%u %%)", (unsigned)(done * 100 / total));
        }
        fputs("\033[K", stderr);
        fflush(stderr);
    }
    return asked != 0;
}

void
progress_end(struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    for (size_t i = 0; i < 3; i++)
        (void)sigaction(stops[i], &p->old[i], NULL);
}

vault_err
progress_wait_for_enter(void)
{
    sigset_t held, before;
    vault_err err = VAULT_OK;
    char c = '\0';

    /* Delivered within ppoll only, so that none falls between looking and waiting. */
    (void)sigemptyset(&held);
    for (size_t i = 0; i < 3; i++)
        (void)sigaddset(&held, stops[i]);
    (void)sigprocmask(SIG_BLOCK, &held, &before);
    while (c != '\n') {
        struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };

        if (asked != 0) {
            err = fail(VAULT_ERR_INTERRUPTED, NULL, "interrupted");
            break;
        }
        if (ppoll(&in, 1, NULL, &before) > 0 && read(STDIN_FILENO, &c, 1) <= 0)
            break;
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return err;
}
