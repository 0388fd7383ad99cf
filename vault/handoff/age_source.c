/* age_source.c - see age_source.h. */
#include "vault/handoff/age_source.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW ((size_t)64 << 10)
#define BLANK_MAX 1024u                 /* white space before and behind armor */
#define LINE_ROOM (ARMOR_COLUMNS + 2)   /* with CR LF */

/* A window of what was read and not yet taken. */
struct window {
    uint8_t *p;
    size_t at, n;               /* taken; there */
};

struct age_source {
    age_read_fn *read;
    void *ctx;
    struct window raw;          /* as it comes */
    struct window plain;        /* out of the armor */
    bool raw_end, armored;
    bool last_line, armor_end;  /* a short line has come; and the end behind it */
};

/* Another piece behind what is there: false at the end. */
static vault_err
fill(struct age_source *s)
{
    struct window *w = &s->raw;
    size_t got = 0;
    vault_err err;

    if (w->at > 0)
        memmove(w->p, w->p + w->at, w->n - w->at);
    w->n -= w->at;
    w->at = 0;
    err = s->read(s->ctx, w->p + w->n, WINDOW - w->n, &got);
    if (err == VAULT_OK && got == 0)
        s->raw_end = true;
    if (err == VAULT_OK)
        w->n += got;
    return err;
}

/* At least n bytes (up to half a window) in `raw`, or all there are. */
static vault_err
ensure(struct age_source *s, size_t n)
{
    vault_err err = VAULT_OK;

    while (err == VAULT_OK && !s->raw_end && s->raw.n - s->raw.at < n)
        err = fill(s);
    return err;
}

static size_t
left(const struct window *w)
{
    return w->n - w->at;
}

static vault_err
bad_armor(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, "copy it again, whole, from BEGIN to END",
        "the armor of the age file is damaged: %s", what);
}

static bool
is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* ---- lines of armor ---- */

/* The next line without its end, in `raw`; *n is SIZE_MAX at the end of everything. Borrowed until the next call. */
static vault_err
armor_line(struct age_source *s, const char **line, size_t *n)
{
    const uint8_t *p, *newline;
    vault_err err = ensure(s, LINE_ROOM);
    size_t there = left(&s->raw);

    if (err != VAULT_OK)
        return err;
    p = s->raw.p + s->raw.at;
    newline = there == 0 ? NULL : memchr(p, '\n', there < LINE_ROOM ? there : LINE_ROOM);
    if (newline == NULL && there >= LINE_ROOM)
        return bad_armor("a line is too long");
    *line = (const char *)p;
    *n = newline != NULL ? (size_t)(newline - p) : there;
    s->raw.at += newline != NULL ? *n + 1 : *n;
    if (there == 0)
        *n = SIZE_MAX;
    else if (*n > 0 && p[*n - 1] == '\r')
        --*n;
    return VAULT_OK;
}

static bool
is_line(const char *line, size_t n, const char *wanted)
{
    return n == strlen(wanted) && memcmp(line, wanted, n) == 0;
}

static vault_err
nothing_behind(struct age_source *s)
{
    vault_err err = ensure(s, BLANK_MAX + 1);
    bool blank = left(&s->raw) <= BLANK_MAX;

    for (size_t i = s->raw.at; i < s->raw.n; i++)
        blank = blank && is_blank(s->raw.p[i]);
    if (err == VAULT_OK && !blank)
        err = bad_armor("something stands behind it");
    s->armor_end = true;
    return err;
}

/* The next bytes out of the armor; none at its end. */
static vault_err
armor_fill(struct age_source *s)
{
    struct window *w = &s->plain;
    const char *line = "";
    size_t n = 0, got = 0;
    vault_err err = armor_line(s, &line, &n);

    w->at = w->n = 0;
    if (err != VAULT_OK)
        return err;
    if (n == SIZE_MAX)
        return bad_armor("its end is missing");
    if (is_line(line, n, ARMOR_END))
        return nothing_behind(s);
    if (s->last_line)
        return bad_armor("something stands behind its last line");
    if (n == 0 || n > ARMOR_COLUMNS || sodium_base642bin(w->p, ARMOR_LINE_BYTES, line, n, NULL, &got, NULL,
            sodium_base64_VARIANT_ORIGINAL) != 0)
        return bad_armor("a line is not what it must be");
    w->n = got;
    s->last_line = got < ARMOR_LINE_BYTES;
    return VAULT_OK;
}

/* White space before armor, without the line that it may end in: 0 where something else comes. */
static size_t
blank_lines(const struct age_source *s)
{
    size_t lines = 0;

    for (size_t i = 0; i < s->raw.n && i <= BLANK_MAX && is_blank(s->raw.p[i]); i++)
        if (s->raw.p[i] == '\n')
            lines = i + 1;
    return lines;
}

static vault_err
look_for_armor(struct age_source *s)
{
    static const char begins[] = "-----BEGIN";
    const char *line = "";
    size_t n = 0, at;
    vault_err err = ensure(s, BLANK_MAX + LINE_ROOM);

    if (err != VAULT_OK)
        return err;
    for (at = blank_lines(s); at < s->raw.n && is_blank(s->raw.p[at]); at++) { }
    s->armored = s->raw.n - at >= strlen(begins) && memcmp(s->raw.p + at, begins, strlen(begins)) == 0;
    if (!s->armored)
        return VAULT_OK;
    s->raw.at = blank_lines(s);
    err = armor_line(s, &line, &n);
    if (err == VAULT_OK && !is_line(line, n, ARMOR_BEGIN))
        err = bad_armor("its first line is not what it must be");
    return err;
}

/* ---- what is in it ---- */

vault_err
age_source_new(struct age_source **out, age_read_fn *read, void *ctx)
{
    struct age_source *s = calloc(1, sizeof *s);
    vault_err err = VAULT_OK;

    if (s == NULL)
        return err_nomem();
    s->read = read;
    s->ctx = ctx;
    s->raw.p = malloc(WINDOW);
    s->plain.p = malloc(ARMOR_LINE_BYTES);
    if (s->raw.p == NULL || s->plain.p == NULL)
        err = err_nomem();
    if (err == VAULT_OK)
        err = look_for_armor(s);
    if (err != VAULT_OK) {
        age_source_free(s);
        return err;
    }
    *out = s;
    return VAULT_OK;
}

void
age_source_free(struct age_source *s)
{
    if (s == NULL)
        return;
    free(s->raw.p);
    free(s->plain.p);
    free(s);
}

/* Something in the window that the caller takes from, unless everything has come. */
static vault_err
next(struct age_source *s, struct window **w)
{
    vault_err err = VAULT_OK;

    *w = s->armored ? &s->plain : &s->raw;
    while (err == VAULT_OK && left(*w) == 0 && !(s->armored ? s->armor_end : s->raw_end))
        err = s->armored ? armor_fill(s) : fill(s);
    return err;
}

vault_err
age_source_read(struct age_source *s, uint8_t *p, size_t n, size_t *got)
{
    struct window *w;
    vault_err err = VAULT_OK;

    for (*got = 0; err == VAULT_OK && *got < n;) {
        size_t k;

        err = next(s, &w);
        if (err != VAULT_OK || left(w) == 0)
            break;
        k = left(w) < n - *got ? left(w) : n - *got;
        memcpy(p + *got, w->p + w->at, k);
        w->at += k;
        *got += k;
    }
    return err;
}

vault_err
age_source_at_end(struct age_source *s, bool *end)
{
    struct window *w;
    vault_err err = next(s, &w);

    *end = err == VAULT_OK && left(w) == 0;
    return err;
}

vault_err
age_source_line(struct age_source *s, struct buf *out, size_t max)
{
    struct window *w;
    vault_err err = VAULT_OK;

    for (size_t put = 0; put < max;) {
        const uint8_t *from, *newline;
        size_t k;

        err = next(s, &w);
        if (err != VAULT_OK || left(w) == 0)
            break;
        from = w->p + w->at;
        k = left(w) < max - put ? left(w) : max - put;
        newline = memchr(from, '\n', k);
        k = newline == NULL ? k : (size_t)(newline - from) + 1;
        buf_put(out, from, k);
        w->at += k;
        put += k;
        if (newline != NULL)
            break;
    }
    return err == VAULT_OK ? buf_ok(out) : err;
}
