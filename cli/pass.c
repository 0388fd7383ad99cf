#include "cli/pass.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "cli/fail.h"
#include "cli/term.h"

#define PASS_MAX 1024       /* bytes; the library's own limit */

/* Byte by byte up to the end of the line: a second passphrase, or data, may follow. */
static vault_err
read_line(struct secret *s, size_t *len, int fd)
{
    uint8_t *p = vault_secret_edit(s);
    size_t n = 0;

    for (;;) {
        ssize_t r = read(fd, p + n, 1);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0 && errno == EISDIR)
            return fail(VAULT_ERR_INPUT, NULL, "the passphrase cannot be read from a folder");
        if (r < 0)
            return fail_errno(errno, "cannot read the passphrase");
        if (r == 0 || p[n] == '\n')
            break;
        if (++n > PASS_MAX)
            return fail(VAULT_ERR_INPUT, NULL, "the passphrase is longer than %d bytes", PASS_MAX);
    }
    if (n > 0 && p[n] == '\n' && p[n - 1] == '\r')
        n--;                    /* the other half of a newline made on Windows */
    *len = n;
    return VAULT_OK;
}

static vault_err
from_fd(struct secret **out, int fd, const char *source)
{
    struct secret *s = NULL;
    size_t n = 0;
    vault_err err = kept(vault_secret_new(&s, PASS_MAX + 1));

    if (err == VAULT_OK)
        err = read_line(s, &n, fd);
    if (err == VAULT_OK && n == 0)
        err = fail(VAULT_ERR_INPUT, NULL, "there is no passphrase in %s", source);
    if (err != VAULT_OK) {
        vault_secret_free(s);
        return err;
    }
    vault_secret_set_len(s, n);
    *out = s;
    return VAULT_OK;
}

vault_err
pass_fd(int *out, const struct call *c, const char *option)
{
    long fd = 0;
    vault_err err = call_number(c, option, 0, INT_MAX, &fd);
    int flags = err == VAULT_OK ? fcntl((int)fd, F_GETFD) : -1;

    if (err != VAULT_OK)
        return err;
    if (flags < 0 || (flags & FD_CLOEXEC) != 0)     /* what is close-on-exec is ours, not given */
        return fail(VAULT_ERR_INPUT, NULL, "file descriptor %ld of --%s is not open", fd, option);
    *out = (int)fd;
    return VAULT_OK;
}

static vault_err
from_fd_option(struct secret **out, const struct call *c, const char *option)
{
    char source[32];
    int fd = -1;
    vault_err err = pass_fd(&fd, c, option);

    if (err != VAULT_OK)
        return err;
    snprintf(source, sizeof source, "--%s", option);
    return from_fd(out, fd, source);
}

static vault_err
from_file(struct secret **out, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    vault_err err;

    if (fd < 0)
        return fail_errno(errno, "cannot open the passphrase file %s", path);
    err = from_fd(out, fd, "--passphrase-file");
    close(fd);
    return err;
}

static vault_err
from_terminal(struct secret **out, const char *prompt)
{
    struct term_question q = { .prompt = prompt, .echo = TERM_PASSPHRASE, .max = PASS_MAX };
    struct secret *s = NULL;
    vault_err err = term_ask(&s, &q);

    if (err != VAULT_OK)
        return err;
    if (vault_secret_len(s) == 0) {
        vault_secret_free(s);
        return fail(VAULT_ERR_INPUT, NULL, "the passphrase is empty");
    }
    *out = s;
    return VAULT_OK;
}

vault_err
pass_again(struct secret **out)
{
    return from_terminal(out, "your passphrase again (Tab shows it): ");
}

/* ---- new ones ----------------------------------------------------------------------------- */

static void
warn_weak(const struct vault_strength *st)
{
    char why[1024] = "";

    for (size_t i = 0, n = 0; i < st->n_reasons && n < sizeof why; i++)
        n += (size_t)snprintf(why + n, sizeof why - n, "%s%s", i == 0 ? "" : "; ", st->reasons[i]);
    term_warn("this passphrase is weak (about %u bits, and %d are good): %s\n"
        "hint: `withheld passphrase generate` makes a good one", st->bits, VAULT_BITS_GOOD, why);
}

/* The library keeps this rule; but it is told before a passphrase is typed again, and it warns. */
static vault_err
judge(const struct secret *pass, const struct call *c)
{
    struct vault_strength st;
    struct accepted a;
    vault_err err = call_accepted(&a, c);

    if (err == VAULT_OK)
        err = kept(vault_passphrase_judge(pass, a.word, a.n, &st));
    if (err == VAULT_OK && st.bits < VAULT_BITS_GOOD)
        warn_weak(&st);
    return err;
}

typedef vault_err judge_fn(const struct secret *pass, const struct call *c);

/* Not for a vault: others made the rules of that format. */
static vault_err
judge_mildly(const struct secret *pass, const struct call *c)
{
    struct vault_strength st;
    vault_err err = kept(vault_passphrase_strength(pass, &st));

    (void)c;
    if (err == VAULT_OK && st.bits < VAULT_BITS_GOOD)
        warn_weak(&st);
    return err;
}

static vault_err
twice(struct secret **out, const char *prompt, judge_fn *rule, const struct call *c)
{
    struct secret *one = NULL, *two = NULL;
    vault_err err = from_terminal(&one, prompt);

    if (err == VAULT_OK)
        err = rule(one, c);
    if (err == VAULT_OK)
        err = from_terminal(&two, "the same again: ");
    if (err == VAULT_OK && !vault_secret_equal(one, two))
        err = fail(VAULT_ERR_INPUT, "Tab shows what you type", "the two passphrases differ");
    if (err == VAULT_OK) {
        *out = one;
        one = NULL;
    }
    vault_secret_free(one);
    vault_secret_free(two);
    return err;
}

static vault_err
nobody(const char *option)
{
    fail(VAULT_ERR_INPUT, NULL, "a passphrase is needed, and there is no terminal to ask on");
    fail_hint("give it with --%s, as in `--%s 3 3< FILE`", option, option);
    return VAULT_ERR_INPUT;
}

vault_err
pass_source(const struct call *c)
{
    bool fd = call_has(c, "passphrase-fd"), file = call_has(c, "passphrase-file");
    bool shares = call_has(c, "shares-fd");

    if (fd && file)
        return fail(VAULT_ERR_INPUT, NULL,
            "--passphrase-fd and --passphrase-file cannot both be given");
    if (shares && (fd || file || call_has(c, "key-file")))
        return fail(VAULT_ERR_INPUT, "shares open without a passphrase and without a key file",
            "--shares-fd cannot be given together with a passphrase or a key file");
    return fd || file || shares || term_asks() ? VAULT_OK : nobody("passphrase-fd");
}

vault_err
pass_read(struct secret **out, const struct call *c, const char *prompt)
{
    const char *file = call_value(c, "passphrase-file");
    vault_err err = pass_source(c);

    if (err != VAULT_OK)
        return err;
    if (call_has(c, "passphrase-fd"))
        return from_fd_option(out, c, "passphrase-fd");
    return file != NULL ? from_file(out, file) : from_terminal(out, prompt);
}

/* *pass is freed where it will not do. */
static vault_err
judged(struct secret **pass, judge_fn *rule, const struct call *c)
{
    vault_err err = rule(*pass, c);

    if (err != VAULT_OK) {
        vault_secret_free(*pass);
        *pass = NULL;
    }
    return err;
}

vault_err
pass_new(struct secret **out, const struct call *c, const char *prompt)
{
    vault_err err;

    if (!call_has(c, "new-passphrase-fd"))
        return term_asks() ? twice(out, prompt, judge, c) : nobody("new-passphrase-fd");
    err = from_fd_option(out, c, "new-passphrase-fd");
    return err == VAULT_OK ? judged(out, judge, c) : err;
}

vault_err
pass_option(struct secret **out, const struct call *c, const char *option)
{
    return call_has(c, option) ? from_fd_option(out, c, option) : VAULT_OK;
}

static vault_err
usual_or_twice(struct secret **out, const struct call *c, const char *prompt, judge_fn *rule)
{
    vault_err err;

    if (!call_has(c, "passphrase-fd") && !call_has(c, "passphrase-file"))
        return term_asks() ? twice(out, prompt, rule, c) : nobody("passphrase-fd");
    err = pass_read(out, c, prompt);
    return err == VAULT_OK ? judged(out, rule, c) : err;
}

vault_err
pass_first(struct secret **out, const struct call *c, const char *prompt)
{
    return call_has(c, "new-passphrase-fd") ? pass_new(out, c, prompt) : usual_or_twice(out, c, prompt, judge);
}

vault_err
pass_file(struct secret **out, const struct call *c, const char *prompt)
{
    return usual_or_twice(out, c, prompt, judge_mildly);
}

vault_err
pass_candidate(struct secret **out, const struct call *c, const char *prompt)
{
    bool named = call_has(c, "passphrase-fd") || call_has(c, "passphrase-file");

    /* A shell reads its commands from standard input. */
    if (!named && !c->app->in_shell && !isatty(STDIN_FILENO))
        return from_fd(out, STDIN_FILENO, "standard input");
    return pass_read(out, c, prompt);
}

vault_err
pass_cost(struct vault_create_options *out, const struct call *c)
{
    long memory = 0, passes = 0;
    const char *time = call_value(c, "kdf-time");
    vault_err err = call_number(c, "kdf-memory", 1, 1 << 20, &memory);
    char *end;

    if (err == VAULT_OK)
        err = call_number(c, "kdf-passes", 1, 1 << 16, &passes);
    if (err != VAULT_OK)
        return err;
    if (passes != 0 && memory == 0)
        return fail(VAULT_ERR_INPUT, NULL, "--kdf-passes needs --kdf-memory with it");
    if (time != NULL && memory != 0)
        return fail(VAULT_ERR_INPUT, NULL, "--kdf-time chooses memory and passes itself");
    out->kdf_mem_mib = (uint32_t)memory;
    out->kdf_passes = (uint32_t)(memory != 0 && passes == 0 ? 3 : passes);
    out->kdf_seconds = 0;
    if (time == NULL)
        return VAULT_OK;
    out->kdf_seconds = strtod(time, &end);
    if (end == time || *end != '\0' || !(out->kdf_seconds > 0 && out->kdf_seconds <= 60))
        return fail(VAULT_ERR_INPUT, NULL, "option --kdf-time takes seconds, at most 60");
    return VAULT_OK;
}
