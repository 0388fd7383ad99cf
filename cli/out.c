#include "cli/out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "cli/fail.h"
#include "cli/json.h"

static char buffer[256 * 1024];
static bool colours;
static int first_error;     /* errno of the first write that failed */

void
out_begin(void)
{
    int fd;

    do      /* the lowest free number is taken; reading only, so that a write still fails */
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    setvbuf(stderr, NULL, _IOLBF, BUFSIZ);      /* a line in one piece */
}

vault_err
out_flush(vault_err so_far)
{
    if (so_far != VAULT_OK && js_unfinished())
        __fpurge(stdout);
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (first_error == 0)
            first_error = errno == 0 ? EIO : errno;
        clearerr(stdout);
        return so_far != VAULT_OK ? so_far : fail_errno(first_error,
            "cannot write to standard output");
    }
    return so_far;
}

void
out_end(void)
{
    explicit_bzero(buffer, sizeof buffer);
}

/* Most text is this, and needs no copy. */
static bool
plain(const char *s)
{
    for (; *s != '\0'; s++)
        if (*s < ' ' || *s > '~')
            return false;
    return true;
}

void
out_text(const char *s)
{
    char *safe;

    if (plain(s)) {
        fputs(s, stdout);
        return;
    }
    safe = vault_escape(s, false);
    fputs(safe == NULL ? "?" : safe, stdout);
    vault_free(safe);
}

void
out_lines(const char *s, size_t indent)
{
    char *safe = vault_escape(s, true);

    for (const char *p = safe == NULL ? "?" : safe; *p != '\0'; p++) {
        putc_unlocked(*p, stdout);
        if (*p == '\n')
            printf("%*s", (int)indent, "");
    }
    vault_free(safe);
}

void
out_cell(const char *s, size_t columns)
{
    char *safe = NULL;
    const char *text = s;
    size_t width;

    if (!plain(s)) {
        safe = vault_escape(s, false);
        text = safe == NULL ? "?" : safe;
    }
    width = safe == NULL ? strlen(text) : vault_width(text);
    fputs(text, stdout);
    printf("%*s", (int)(width < columns ? columns - width : 0) + 1, "");
    vault_free(safe);
}

void
out_colours(bool on)
{
    colours = on;
}

void
out_style(enum out_style style)
{
    static const char *const code[] = { "\033[0m", "\033[1m", "\033[2m" };

    if (colours)
        fputs(code[style], stdout);
}

void
out_iso(char iso[OUT_TIME], int64_t seconds)
{
    time_t t = (time_t)seconds;
    struct tm tm;

    if (gmtime_r(&t, &tm) == NULL || strftime(iso, OUT_TIME, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        snprintf(iso, OUT_TIME, "?");
}

void
out_date(char iso[OUT_TIME], int64_t seconds)
{
    char *t;

    out_iso(iso, seconds);
    t = strchr(iso, 'T');
    if (t != NULL)
        *t = '\0';
}
