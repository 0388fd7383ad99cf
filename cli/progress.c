#include "cli/progress.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "cli/input.h"
#include "cli/print.h"
#include "cli/term.h"

#define EVERY_MS 200

static const int stops[PROGRESS_SIGNALS] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1,
    SIGUSR2 };
static volatile sig_atomic_t asked;
static unsigned depth;

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
    if (depth++ == 0)
        asked = 0;
    for (size_t i = 0; i < PROGRESS_SIGNALS; i++)
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
    if (p->shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);             /* what comes next may be on the other stream */
    }
    depth--;
    for (size_t i = 0; i < PROGRESS_SIGNALS; i++)
        (void)sigaction(stops[i], &p->old[i], NULL);
}

/* More input, or none any more, as long as nobody asked for a stop. Signals are open in ppoll only, so that none falls
 * between looking and waiting. */
static vault_err
wait_once(const sigset_t *open, bool typed, bool *end)
{
    struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
    struct timespec idle = { .tv_sec = term_idle_seconds() };
    int ready;

    if (asked != 0)
        return term_interrupted(asked != SIGINT || !typed);
    ready = ppoll(&in, 1, idle.tv_sec == 0 ? NULL : &idle, open);
    if (ready == 0)
        return term_idle_too_long();
    return ready < 0 ? VAULT_OK : input_ahead(end);
}

vault_err
progress_wait_for_enter(bool typed)
{
    sigset_t held, before;
    bool end = false;
    vault_err err = VAULT_OK;

    (void)sigemptyset(&held);
    for (size_t i = 0; i < PROGRESS_SIGNALS; i++)
        (void)sigaddset(&held, stops[i]);
    (void)sigprocmask(SIG_BLOCK, &held, &before);
    while (err == VAULT_OK && !end && !input_skip_line())
        err = wait_once(&before, typed, &end);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return err;
}
