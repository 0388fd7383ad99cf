/*
 * While a question is open the terminal is raw, and every signal that could end or stop the process
 * is blocked except within ppoll(2), where it interrupts the wait. So no signal falls between
 * looking and waiting, and there is one place that puts the terminal back. A crash (a guard page,
 * an abort) has a handler of its own that does the same and then lets the crash happen.
 */
#include "cli/term.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "cli/fail.h"
#include "cli/line.h"

#define ESC_WAIT_MS 50      /* a lone Escape key, or the beginning of an arrow key's sequence */

static const int deadly[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2,
    SIGXCPU, SIGTSTP, SIGCONT };
static const int crash[] = { SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE };
#define N_DEADLY (sizeof deadly / sizeof deadly[0])
#define N_CRASH (sizeof crash / sizeof crash[0])

/* Ask the terminal to mark what is pasted, so that a pasted newline answers no question. */
static const char paste_on[] = "\033[?2004h", paste_off[] = "\033[?2004l";

/* Another screen, cleared; and back, with this one and the scrolled lines cleared. */
static const char page_on[] = "\033[?1049h\033[H\033[2J", page_off[] = "\033[H\033[2J\033[3J\033[?1049l";

static struct {
    int fd;
    bool silent, mute, no_input, dumb;
    unsigned idle;
    enum term_end end;
    bool page;                          /* one is on the screen */
    struct termios before;
    sigset_t mask;                      /* as it was */
    struct sigaction old[N_DEADLY], old_crash[N_CRASH];
} tty = { .fd = -1 };
static volatile sig_atomic_t caught;

void
term_rules(const struct term_rules *r)
{
    tty.silent = r->silent;
    tty.mute = r->mute;
    tty.no_input = r->no_input;
}

void
term_open(void)
{
    const char *term = getenv("TERM");

    if (tty.fd < 0)
        tty.fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    tty.dumb = term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0;
}

bool
term_asks(void)
{
    return tty.fd >= 0 && !tty.no_input;
}

bool
term_pages(void)
{
    return term_asks() && !tty.dumb;
}

bool
term_watched(void)
{
    return !tty.silent && isatty(STDERR_FILENO) == 1;
}

void
term_idle(unsigned seconds)
{
    tty.idle = seconds;
}

enum term_end
term_ended(void)
{
    return tty.end;
}

static void VAULT_PRINTF(2, 0)
say(const char *head, const char *fmt, va_list ap)
{
    char text[2048];
    char *safe;

    vsnprintf(text, sizeof text, fmt, ap);
    safe = vault_escape(text, true);
    fflush(stdout);     /* in the order in which it was said; out_flush looks at errors */
    fprintf(stderr, "%s%s\n", head, safe == NULL ? "out of memory" : safe);
    vault_free(safe);
}

static void VAULT_PRINTF(2, 0)
message(const char *head, const char *fmt, va_list ap)
{
    if (!tty.silent)
        say(head, fmt, ap);
}

void
term_say(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    message("", fmt, ap);
    va_end(ap);
}

void
term_warn(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    message("withheld: warning: ", fmt, ap);
    va_end(ap);
}

void
term_alert(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (!tty.mute)
        say("withheld: warning: ", fmt, ap);
    va_end(ap);
}

/* ---- the terminal, raw and back ----------------------------------------------------------- */

static void
put(const char *s, size_t n)
{
    while (n > 0) {
        ssize_t w = write(tty.fd, s, n);

        if (w < 0 && errno != EINTR)
            return;
        if (w > 0) {
            s += w;
            n -= (size_t)w;
        }
    }
}

static void
puts_tty(const char *s)
{
    put(s, strlen(s));
}

static void
catch(int sig)
{
    /* The signal that ends us outweighs those that do not. */
    if (caught == 0 || caught == SIGCONT || caught == SIGTSTP)
        caught = sig;
}

static void
page_clear(void)
{
    if (tty.page)
        puts_tty(page_off);
    tty.page = false;
}

static void
catch_crash(int sig)
{
    page_clear();
    if (!tty.dumb)
        puts_tty(paste_off);
    tcsetattr(tty.fd, TCSANOW, &tty.before);
    raise(sig);         /* SA_RESETHAND: the default now */
}

static vault_err
raw_modes(void)
{
    struct termios raw = tty.before;

    raw.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL | ICANON | IEXTEN);
    raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | ISTRIP);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(tty.fd, TCSADRAIN, &raw) != 0)
        return fail_errno(errno, "cannot set up the terminal");
    if (!tty.dumb)
        puts_tty(paste_on);
    return VAULT_OK;
}

static void
handlers_on(void)
{
    struct sigaction wait = { .sa_handler = catch };
    struct sigaction reset = { .sa_handler = catch_crash, .sa_flags = (int)SA_RESETHAND };
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < N_DEADLY; i++)
        sigaddset(&set, deadly[i]);
    wait.sa_mask = set;
    sigprocmask(SIG_BLOCK, &set, &tty.mask);
    for (size_t i = 0; i < N_DEADLY; i++)
        sigaction(deadly[i], &wait, &tty.old[i]);
    for (size_t i = 0; i < N_CRASH; i++)
        sigaction(crash[i], &reset, &tty.old_crash[i]);
}

static void
handlers_off(void)
{
    for (size_t i = 0; i < N_CRASH; i++)
        sigaction(crash[i], &tty.old_crash[i], NULL);
    for (size_t i = 0; i < N_DEADLY; i++)
        sigaction(deadly[i], &tty.old[i], NULL);
    sigprocmask(SIG_SETMASK, &tty.mask, NULL);
}

static void
raw_off(void)
{
    if (!tty.dumb)
        puts_tty(paste_off);
    tcsetattr(tty.fd, TCSADRAIN, &tty.before);
    handlers_off();
}

static vault_err
raw_on(void)
{
    vault_err err;

    if (tcgetattr(tty.fd, &tty.before) != 0)
        return fail_errno(errno, "cannot ask on the terminal");
    caught = 0;
    handlers_on();
    err = raw_modes();
    if (err != VAULT_OK)
        raw_off();
    return err;
}

/* ---- one question ------------------------------------------------------------------------- */

struct question {
    const struct term_question *asked;
    char *prompt;           /* escaped */
    struct line line;
    size_t rows;            /* that the cursor is below the prompt's first */
    int ahead;              /* bytes that were typed before the terminal was raw, and are not read yet */
};

static size_t
columns(void)
{
    struct winsize w;

    return ioctl(tty.fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : 80;
}

static void
page_show(const struct question *q)
{
    if (q->asked->page == NULL)
        return;
    tty.page = true;
    puts_tty(page_on);
    puts_tty(q->asked->page);
}

/* How many words there are, and which is none. Returns its columns. */
static size_t
draw_words(const struct line *l)
{
    unsigned wrong, count = line_words(l, &wrong);
    char text[80];

    if (count == 0)
        return 0;
    if (wrong == 0)
        snprintf(text, sizeof text, "[%u word%s] ", count, count == 1 ? "" : "s");
    else
        snprintf(text, sizeof text, "[%u word%s; word %u is not in the list] ", count,
            count == 1 ? "" : "s", wrong);
    puts_tty(text);
    return strlen(text);
}

/* The text as it stands; an end of line inside it as an arrow. Returns its columns. */
static size_t
draw_text(const struct line *l)
{
    size_t width, from = 0;

    l->p[l->n] = '\0';
    width = vault_width(l->p);
    for (size_t i = 0; i <= l->n; i++) {
        if (i < l->n && l->p[i] != '\n')
            continue;
        put(l->p + from, i - from);
        if (i < l->n) {
            puts_tty("\u21b5");
            width++;
        }
        from = i + 1;
    }
    return width;
}

static void
draw(struct question *q)
{
    size_t width = vault_width(q->prompt);
    char up[24];

    puts_tty("\r");
    if (!tty.dumb) {
        if (q->rows > 0) {
            snprintf(up, sizeof up, "\033[%zuA", q->rows);
            puts_tty(up);
        }
        puts_tty("\033[J");
    }
    puts_tty(q->prompt);
    if (q->line.complete != NULL)
        width += draw_words(&q->line);
    if (q->line.shown)
        width += draw_text(&q->line);
    q->rows = width == 0 ? 0 : (width - 1) / columns();
    q->line.changed = false;
}

/* The screen has gone on without us: draw where the cursor is. */
static void
draw_anew(struct question *q)
{
    q->rows = 0;
    q->line.changed = true;
}

/* Who locks a shell by Ctrl-D while a command runs, and walks away, has locked it. */
static void
count_ahead(struct question *q)
{
    if (ioctl(tty.fd, FIONREAD, &q->ahead) != 0)
        q->ahead = 0;
}

/* Ctrl-Z: the shell gets its terminal as it was; when we are back, the question stands again. */
static vault_err
suspend(struct question *q)
{
    vault_err err;

    if (tty.page)
        page_clear();
    else
        puts_tty("\r\n");
    raw_off();
    raise(SIGTSTP);
    draw_anew(q);
    err = raw_on();
    if (err == VAULT_OK) {
        count_ahead(q);
        page_show(q);
    }
    return err;
}

/* VAULT_OK: go on waiting. */
static vault_err
on_signal(struct question *q)
{
    int sig = caught;

    caught = 0;
    if (sig == SIGTSTP)
        return suspend(q);
    if (sig == SIGCONT) {       /* stopped by force: our shell has changed the modes */
        vault_err err = raw_modes();

        draw_anew(q);
        count_ahead(q);
        page_show(q);
        return err;
    }
    return term_interrupted(sig != SIGINT);
}

vault_err
term_interrupted(bool ends)
{
    tty.end = ends ? TERM_END_SIGNAL : TERM_END_CTRL_C;
    return fail(VAULT_ERR_INTERRUPTED, NULL, "interrupted");
}

unsigned
term_idle_seconds(void)
{
    return tty.idle;
}

vault_err
term_idle_too_long(void)
{
    tty.end = TERM_END_IDLE;
    return fail(VAULT_ERR_INTERRUPTED, NULL, "no input for %u seconds", tty.idle);
}

/* Wait at most ms (-1: for ever) with signals open. 1: input, 0: none, -1: a signal. */
static int
wait_input(int ms)
{
    struct pollfd p = { .fd = tty.fd, .events = POLLIN };
    struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };
    int r = ppoll(&p, 1, ms < 0 ? NULL : &t, &tty.mask);

    return r < 0 && errno != EINTR ? 1 : r;     /* let read(2) tell what is wrong */
}

/* Draw only when nothing more is waiting, so that a paste is drawn once. */
static int
wait_drawing(struct question *q)
{
    int ready = caught ? -1 : wait_input(q->line.state == LINE_ESCAPE ? ESC_WAIT_MS : 0);

    if (ready != 0)
        return ready;
    q->line.state = LINE_PLAIN;
    if (q->line.too_long)
        puts_tty("\a");
    if (q->line.changed)
        draw(q);
    return wait_input(tty.idle == 0 ? -1 : (int)tty.idle * 1000);
}

/* A terminal that is not raw makes a zero byte of Ctrl-D; from one that is, a zero byte is Ctrl-Space. */
static void
mend_ahead(struct question *q)
{
    char *c = q->line.p + q->line.n;

    if (q->ahead > 0 && *c == '\0')
        *c = 0x04;
    q->ahead -= q->ahead > 0;
}

/* The next byte lies behind the line. */
static vault_err
next_byte(struct question *q)
{
    for (;;) {
        int ready = wait_drawing(q);
        ssize_t r;

        if (ready == 0)
            return term_idle_too_long();
        if (ready < 0) {
            vault_err err = caught ? on_signal(q) : VAULT_OK;

            if (err != VAULT_OK)
                return err;
            continue;
        }
        r = read(tty.fd, q->line.p + q->line.n, 1);
        if (r == 1) {
            mend_ahead(q);
            return VAULT_OK;
        }
        if (r < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        tty.end = TERM_END_SIGNAL;
        return fail(VAULT_ERR_INTERRUPTED, NULL, "the terminal is gone");
    }
}

static vault_err
type_line(struct question *q)
{
    draw(q);
    while (!q->line.done) {
        vault_err err = next_byte(q);

        if (err != VAULT_OK)
            return err;
        line_key(&q->line);
        if (q->line.given_up) {
            tty.end = TERM_END_CTRL_D;
            return fail(VAULT_ERR_INTERRUPTED, NULL, "nothing was entered");
        }
    }
    if (q->line.changed)
        draw(q);
    if (q->line.too_long)
        return fail(VAULT_ERR_INPUT, NULL, "longer than %zu bytes", q->asked->max);
    return VAULT_OK;
}

/* A secret of the right size, so that a long session does not lock memory for nothing; a zero byte
 * stands behind what was typed. */
static vault_err
fit(struct secret **out, const struct line *l)
{
    struct secret *s = NULL;
    vault_err err = kept(vault_secret_new(&s, l->n + 1));

    if (err != VAULT_OK)
        return err;
    memcpy(vault_secret_edit(s), l->p, l->n);
    vault_secret_set_len(s, l->n);
    *out = s;
    return VAULT_OK;
}

static void
begin(struct question *q, const struct term_question *asked, struct secret *room)
{
    q->asked = asked;
    q->prompt = vault_escape(asked->prompt, false);
    q->line.p = (char *)vault_secret_edit(room);
    q->line.max = asked->max;
    q->line.shown = asked->echo == TERM_SHOWN;
    q->line.complete = asked->complete;
    if (asked->begin != NULL) {
        size_t n = vault_secret_len(asked->begin);

        q->line.n = n > asked->max ? asked->max : n;
        memcpy(q->line.p, vault_secret_edit(asked->begin), q->line.n);
    }
    q->line.ends = asked->echo == TERM_PASSPHRASE ? LINE_DROP : asked->lines ? LINE_MANY : LINE_ONE;
}

static void
leave(const struct question *q)
{
    char up[24];

    if (!q->asked->wiped || tty.dumb) {
        puts_tty("\n");
        return;
    }
    puts_tty("\r");
    if (q->rows > 0) {
        snprintf(up, sizeof up, "\033[%zuA", q->rows);
        puts_tty(up);
    }
    puts_tty("\033[J");
}

vault_err
term_ask(struct secret **out, const struct term_question *asked)
{
    struct question q = { .rows = 0 };
    struct secret *typed = NULL;
    vault_err err;

    if (!term_asks())
        return fail(VAULT_ERR_INPUT, NULL, tty.no_input ? "input is needed, but --no-input is set" :
            "input is needed, but there is no terminal to ask on");
    err = kept(vault_secret_new(&typed, asked->max + 2));
    if (err != VAULT_OK)
        return err;
    begin(&q, asked, typed);
    err = q.prompt == NULL ? fail_nomem() : raw_on();
    if (err != VAULT_OK)
        goto done;
    count_ahead(&q);
    page_show(&q);
    err = type_line(&q);
    if (asked->page == NULL)
        leave(&q);
    page_clear();
    raw_off();
    if (err == VAULT_OK)
        err = fit(out, &q.line);
done:
    vault_free(q.prompt);
    vault_secret_free(typed);
    return err;
}

vault_err
term_wait(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    int r;

    do
        r = poll(&p, 1, tty.idle == 0 ? -1 : (int)tty.idle * 1000);
    while (r < 0 && errno == EINTR);
    return r == 0 ? term_idle_too_long() : VAULT_OK;
}
