#include "cli/fail.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "cli/json.h"

static struct vault_error last;
/* Wider than the library's: exit 3 lists the other ways in. */
static char last_hint[1024];

static void
remember(vault_err code, const char *hint)
{
    last.code = code;
    last.accept[0] = '\0';
    snprintf(last_hint, sizeof last_hint, "%s", hint == NULL ? "" : hint);
}

vault_err
fail(vault_err code, const char *hint, const char *fmt, ...)
{
    va_list ap;

    remember(code, hint);
    va_start(ap, fmt);
    vsnprintf(last.text, sizeof last.text, fmt, ap);
    va_end(ap);
    return code;
}

static vault_err
code_of_errno(int errnum)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
        return VAULT_ERR_NOT_FOUND;
    case ENOSPC:
    case EDQUOT:
    case EROFS:
    case EFBIG:
    case ENOMEM:
        return VAULT_ERR_NO_SPACE;
    default:
        return VAULT_ERR_FAILED;
    }
}

vault_err
fail_errno(int errnum, const char *fmt, ...)
{
    size_t n;
    va_list ap;

    remember(code_of_errno(errnum), NULL);
    va_start(ap, fmt);
    vsnprintf(last.text, sizeof last.text, fmt, ap);
    va_end(ap);
    n = strlen(last.text);
    snprintf(last.text + n, sizeof last.text - n, ": %s", strerror(errnum));
    if (n + 2 < sizeof last.text - 1)
        last.text[n + 2] = (char)tolower((unsigned char)last.text[n + 2]);
    return last.code;
}

vault_err
fail_nomem(void)
{
    return fail(VAULT_ERR_NO_SPACE, NULL, "out of memory");
}

void
fail_hint(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(last_hint, sizeof last_hint, fmt, ap);
    va_end(ap);
}

vault_err
kept(vault_err err)
{
    const struct vault_error *e = vault_last_error();

    if (err == VAULT_OK)
        return err;
    remember(err, e->hint);
    snprintf(last.text, sizeof last.text, "%s", e->text);
    snprintf(last.accept, sizeof last.accept, "%s", e->accept);
    return err;
}

static void
report_json(vault_err err)
{
    struct json j = { .to = stderr };
    char hint[sizeof last_hint + 96] = "";

    snprintf(hint, sizeof hint, "%s%s", last_hint,
        last_hint[0] != '\0' && last.accept[0] != '\0' ? "; " : "");
    if (last.accept[0] != '\0') {
        size_t n = strlen(hint);

        snprintf(hint + n, sizeof hint - n, "`--accept %s` overrides this; the log records it",
            last.accept);
    }
    js_object(&j);
    js_key(&j, "error");
    js_object(&j);
    js_pair_int(&j, "code", (int64_t)err);
    js_pair(&j, "message", last.text);
    js_pair(&j, "hint", hint);
    js_end(&j);
    js_end(&j);
}

static void
line(const char *head, const char *text)
{
    char *safe = vault_escape(text, false);

    fprintf(stderr, "%s: %s\n", head, safe == NULL ? "out of memory" : safe);
    vault_free(safe);
}

void
fail_report(vault_err err, bool json)
{
    if (last.code != err || last.text[0] == '\0')
        fail(err, NULL, "%s", err == VAULT_ERR_INTERRUPTED ? "interrupted" : "failed");
    if (json) {
        report_json(err);
    } else {
        line("withheld", last.text);
        if (last_hint[0] != '\0')
            line("hint", last_hint);
        if (last.accept[0] != '\0')
            fprintf(stderr, "hint: `--accept %s` overrides this; the log records it\n",
                last.accept);
    }
    memset(&last, 0, sizeof last);
    last_hint[0] = '\0';
}
