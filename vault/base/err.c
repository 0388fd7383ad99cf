#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "vault/base/err.h"

static _Thread_local struct vault_error last;

/* A cut in the middle of a character would leave broken UTF-8 on the person's terminal. */
static void
trim_broken_end(char *s, size_t n)
{
    size_t i = n;

    while (i > 0 && n - i < 4) {
        unsigned char c = (unsigned char)s[--i];

        if (c < 0x80)
            return;
        if (c >= 0xC0) {
            size_t need = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;

            if (n - i < need)
                s[i] = '\0';
            return;
        }
    }
}

static void VAULT_PRINTF(3, 0)
format(char *out, size_t room, const char *fmt, va_list ap)
{
    int n = vsnprintf(out, room, fmt, ap);

    if (n < 0)
        out[0] = '\0';
    else if ((size_t)n >= room)
        trim_broken_end(out, room - 1);
}

static void
copy(char *out, size_t room, const char *s)
{
    size_t n = strlen(s);

    if (n >= room)
        n = room - 1;
    memcpy(out, s, n);
    out[n] = '\0';
    trim_broken_end(out, n);
}

/* The arguments may point into `last`: everything is put together before it is touched. */
static vault_err VAULT_PRINTF(4, 0)
say(vault_err code, const char *word, const char *hint, const char *fmt, va_list ap)
{
    struct vault_error e = {.code = code};

    format(e.text, sizeof e.text, fmt, ap);
    if (hint != NULL)
        copy(e.hint, sizeof e.hint, hint);
    if (word != NULL)
        copy(e.accept, sizeof e.accept, word);
    last = e;
    return code;
}

const struct vault_error *
vault_last_error(void)
{
    return &last;
}

void
vault_clear_error(void)
{
    memset(&last, 0, sizeof last);
}

vault_err
err_say(vault_err code, const char *hint, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)say(code, NULL, hint, fmt, ap);
    va_end(ap);
    return code;
}

vault_err
err_refuse(const char *word, const char *hint, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)say(VAULT_ERR_REFUSED, word, hint, fmt, ap);
    va_end(ap);
    return VAULT_ERR_REFUSED;
}

void
err_accept(const char *word)
{
    copy(last.accept, sizeof last.accept, word);
}

static vault_err
code_of_errno(int errnum)
{
    switch (errnum) {
    case ENOSPC: case EDQUOT: case EROFS: case ENOMEM: case EFBIG:
        return VAULT_ERR_NO_SPACE;
    case ENOENT:
        return VAULT_ERR_NOT_FOUND;
    default:
        return VAULT_ERR_FAILED;
    }
}

static const char *
hint_of_errno(int errnum)
{
    switch (errnum) {
    case ENOSPC: case EDQUOT:
        return "free some disk space and try again";
    case EROFS:
        return "the disk is mounted read-only";
    case EFBIG:
        return "the disk or a limit of this session allows no file of that size";
    default:
        return NULL;
    }
}

/* The system's reason in the style of our sentences: "No space left" becomes "no space left",
 * "RPC version wrong" stays. */
static void
reason_of_errno(char *out, size_t room, int errnum)
{
    const char *reason = strerrordesc_np(errnum);

    if (reason == NULL) {
        snprintf(out, room, "error %d", errnum);
        return;
    }
    copy(out, room, reason);
    if (isupper((unsigned char)out[0]) && islower((unsigned char)out[1]))
        out[0] = (char)tolower((unsigned char)out[0]);
}

vault_err
err_errno(int errnum, const char *fmt, ...)
{
    vault_err code = code_of_errno(errnum);
    struct vault_error e = {.code = code};
    char reason[128];
    va_list ap;

    va_start(ap, fmt);
    format(e.text, sizeof e.text - sizeof reason - 2, fmt, ap);
    va_end(ap);
    reason_of_errno(reason, sizeof reason, errnum);
    strcat(e.text, ": ");
    strcat(e.text, reason);
    if (hint_of_errno(errnum) != NULL)
        copy(e.hint, sizeof e.hint, hint_of_errno(errnum));
    last = e;
    return code;
}

vault_err
err_nomem(void)
{
    return err_say(VAULT_ERR_NO_SPACE, NULL, "not enough memory");
}

void
err_prefix(const char *fmt, ...)
{
    char before[sizeof last.text];
    char both[2 * sizeof last.text];
    va_list ap;

    va_start(ap, fmt);
    format(before, sizeof before, fmt, ap);
    va_end(ap);
    snprintf(both, sizeof both, "%s%s", before, last.text);
    copy(last.text, sizeof last.text, both);
}
