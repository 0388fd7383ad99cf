#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/fail.h"
#include "cli/term.h"

/* Lines of standard input are read ahead here; only line readers use it. */
static struct { char p[64 * 1024]; size_t from, to; } ahead;
static bool by_line;

void
input_by_line(void)
{
    by_line = true;
}

void
input_free(struct input *in)
{
    if (in->p != NULL)
        explicit_bzero(in->p, in->room);
    free(in->p);
    memset(in, 0, sizeof *in);
}

void
input_end(void)
{
    explicit_bzero(&ahead, sizeof ahead);
}

/* Room for n more bytes and a zero; the old copy is wiped, as realloc(3) would not. */
static vault_err
grow(struct input *in, size_t n)
{
    struct input bigger = { .n = in->n };

    if (in->room - in->n > n && in->p != NULL)
        return VAULT_OK;
    bigger.room = (in->n + n + 1) * 2;
    bigger.p = malloc(bigger.room);
    if (bigger.p == NULL)
        return fail_nomem();
    if (in->n > 0)
        memcpy(bigger.p, in->p, in->n);
    input_free(in);
    *in = bigger;
    return VAULT_OK;
}

static vault_err
append(struct input *in, const char *p, size_t n, size_t max)
{
    vault_err err;

    if (n > max || in->n > max - n)
        return fail(VAULT_ERR_INPUT, NULL, "the input is longer than %zu bytes", max);
    err = grow(in, n);
    if (err != VAULT_OK)
        return err;
    memcpy(in->p + in->n, p, n);
    in->n += n;
    in->p[in->n] = '\0';
    return VAULT_OK;
}

vault_err
input_copy(struct input *out, const char *p, size_t n)
{
    return append(out, p, n, n);
}

static vault_err
read_all(struct input *in, int fd, const char *name, size_t max)
{
    for (;;) {
        vault_err err = grow(in, 64 * 1024);
        ssize_t r;

        if (err != VAULT_OK)
            return err;
        r = read(fd, in->p + in->n, in->room - in->n - 1);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0 && errno == EISDIR)
            return fail(VAULT_ERR_INPUT, NULL, "%s is a folder", name);
        if (r < 0)
            return fail_errno(errno, "cannot read %s", name);
        in->n += (size_t)r;
        in->p[in->n] = '\0';
        if (in->n > max)
            return fail(VAULT_ERR_INPUT, NULL, "%s is longer than %zu bytes", name, max);
        if (r == 0)
            return VAULT_OK;
    }
}

static vault_err
standard_input(struct input *out, size_t max)
{
    bool end;
    vault_err err;

    if (!by_line)
        return read_all(out, STDIN_FILENO, "standard input", max);
    err = input_line(out, max, &end);
    if (err == VAULT_OK && end)
        err = fail(VAULT_ERR_INPUT, NULL, "standard input has ended");
    return err;
}

vault_err
input_file(struct input *out, const char *path, size_t max)
{
    int fd;
    vault_err err;

    if (strcmp(path, "-") == 0)
        return standard_input(out, max);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        err = fail_errno(errno, "cannot open %s", path);
        if (by_line && err == VAULT_ERR_FAILED)
            fail_hint("in a shell, only files in the folder of --files can be reached");
        return err;
    }
    err = read_all(out, fd, path, max);
    close(fd);
    return err;
}

/* Up to `room` bytes; *n: how many there were. */
static vault_err
fill_secret(struct secret *s, size_t *n, size_t room, int fd, const char *name)
{
    uint8_t *p = vault_secret_edit(s);

    *n = 0;
    while (*n < room) {
        ssize_t r = read(fd, p + *n, room - *n);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0 && errno == EISDIR)
            return fail(VAULT_ERR_INPUT, NULL, "%s is a folder", name);
        if (r < 0)
            return fail_errno(errno, "cannot read %s", name);
        if (r == 0)
            break;
        *n += (size_t)r;
    }
    return VAULT_OK;
}

static vault_err
secret_from(struct secret **out, size_t max, int fd, const char *name)
{
    struct secret *s = NULL;
    size_t n = 0;
    vault_err err = kept(vault_secret_new(&s, max + 1));

    if (err == VAULT_OK)
        err = fill_secret(s, &n, max + 1, fd, name);
    if (err == VAULT_OK && n > max)
        err = fail(VAULT_ERR_INPUT, NULL, "%s is longer than %zu bytes", name, max);
    if (err != VAULT_OK) {
        vault_secret_free(s);
        return err;
    }
    vault_secret_set_len(s, n);
    *out = s;
    return VAULT_OK;
}

vault_err
input_secret(struct secret **out, size_t max)
{
    return secret_from(out, max, STDIN_FILENO, "standard input");
}

vault_err
input_secret_file(struct secret **out, const char *path, size_t max)
{
    int fd;
    vault_err err;

    if (strcmp(path, "-") == 0)
        return input_secret(out, max);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return fail_errno(errno, "cannot open %s", path);
    err = secret_from(out, max, fd, path);
    close(fd);
    return err;
}

/* More of standard input into `ahead`. At its end nothing is added. */
static vault_err
fill(void)
{
    ssize_t r;

    explicit_bzero(ahead.p, ahead.to);
    ahead.from = ahead.to = 0;
    do {
        vault_err err = term_wait(STDIN_FILENO);

        if (err != VAULT_OK)
            return err;
        r = read(STDIN_FILENO, ahead.p, sizeof ahead.p);
    } while (r < 0 && errno == EINTR);
    if (r < 0)
        return fail_errno(errno, "cannot read standard input");
    ahead.to = (size_t)r;
    return VAULT_OK;
}

bool
input_skip_line(void)
{
    const char *p = ahead.p + ahead.from;
    const char *newline = memchr(p, '\n', ahead.to - ahead.from);

    ahead.from = newline == NULL ? ahead.to : ahead.from + (size_t)(newline - p) + 1;
    return newline != NULL;
}

vault_err
input_ahead(bool *end)
{
    vault_err err = fill();

    *end = err == VAULT_OK && ahead.to == 0;
    return err;
}

vault_err
input_line(struct input *out, size_t max, bool *end)
{
    *end = false;
    for (;;) {
        vault_err err;
        size_t n = ahead.to - ahead.from;
        const char *p = ahead.p + ahead.from;
        const char *newline = memchr(p, '\n', n);

        if (newline != NULL)
            n = (size_t)(newline - p);
        err = append(out, p, n, max);
        if (err != VAULT_OK)
            return err;
        ahead.from += n + (newline != NULL);
        if (newline != NULL)
            return VAULT_OK;
        err = fill();
        if (err != VAULT_OK)
            return err;
        if (ahead.to == 0) {
            *end = out->n == 0;
            return VAULT_OK;
        }
    }
}

vault_err
input_ask(struct input *out, const char *prompt, size_t max)
{
    struct term_question q = { .prompt = prompt, .echo = TERM_SHOWN, .max = max };
    struct secret *s = NULL;
    bool end = false;
    vault_err err;

    if (!isatty(STDIN_FILENO))
        return input_line(out, max, &end);
    err = term_ask(&s, &q);
    if (err == VAULT_OK)
        err = input_copy(out, (const char *)vault_secret_edit(s), vault_secret_len(s));
    vault_secret_free(s);
    return err;
}
