#include "cli/shares.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cli/fail.h"
#include "cli/pass.h"
#include "cli/term.h"

#define SHARE_MAX 1024          /* the library's own limit */
#define BLANKS " \t\r\n"

static const char *
text_of(struct secret *s)
{
    return (const char *)vault_secret_edit(s);
}

static bool
is_blank(char c)
{
    return c != '\0' && strchr(BLANKS, c) != NULL;
}

/* ---- from a descriptor --------------------------------------------------------------------- */

/* Byte by byte, as passphrases are read. *end: nothing follows. */
static vault_err
read_line(struct secret *line, int fd, bool *end)
{
    uint8_t *p = vault_secret_edit(line);
    size_t n = 0;

    for (;;) {
        ssize_t r = read(fd, p + n, 1);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return fail_errno(errno, "cannot read the shares");
        *end = r == 0;
        if (r == 0 || p[n] == '\n')
            break;
        if (++n > SHARE_MAX)
            return fail(VAULT_ERR_INPUT, "one share a line", "a line is too long for a share");
    }
    vault_secret_set_len(line, n);
    return VAULT_OK;
}

static vault_err
add_line(vault_shares *shares, struct secret *line, size_t number)
{
    const char *p = text_of(line);
    size_t n = vault_secret_len(line);
    const struct vault_error *e;
    vault_err err;

    for (; n > 0 && is_blank(*p); n--)
        p++;
    if (n == 0 || *p == '#')
        return VAULT_OK;
    err = kept(vault_shares_add(shares, p, n, NULL));
    e = vault_last_error();
    return err == VAULT_OK ? err : fail(err, e->hint, "line %zu: %s", number, e->text);
}

static vault_err
read_lines(vault_shares *shares, int fd)
{
    char sentence[256];
    bool end = false;
    vault_err err = VAULT_OK;

    for (size_t number = 1; err == VAULT_OK && !end; number++) {
        struct secret *line = NULL;

        err = kept(vault_secret_new(&line, SHARE_MAX + 1));
        if (err == VAULT_OK)
            err = read_line(line, fd, &end);
        if (err == VAULT_OK)
            err = add_line(shares, line, number);
        vault_secret_free(line);
        end = end || vault_shares_missing(shares, sentence) == 0;
    }
    return err;
}

/* ---- typed: one word ----------------------------------------------------------------------- */

/* The share with word number `place` (from 1) replaced. */
static vault_err
replace_word(struct secret **share, unsigned place, struct secret *by)
{
    size_t n = vault_secret_len(*share), more = vault_secret_len(by), from = 0, to;
    const char *p = text_of(*share);
    struct secret *out = NULL;
    vault_err err = kept(vault_secret_new(&out, n + more + 1));
    uint8_t *o;

    if (err != VAULT_OK)
        return err;
    for (to = 0; place > 0; place--) {
        for (from = to; from < n && is_blank(p[from]);)
            from++;
        for (to = from; to < n && !is_blank(p[to]);)
            to++;
    }
    while (more > 0 && is_blank(text_of(by)[more - 1]))     /* as completing leaves it */
        more--;
    o = vault_secret_edit(out);
    memcpy(o, p, from);
    memcpy(o + from, text_of(by), more);
    memcpy(o + from + more, p + to, n - to);
    vault_secret_set_len(out, from + more + n - to);
    vault_secret_free(*share);
    *share = out;
    return VAULT_OK;
}

/* Not the whole share again: only the word that is none. The paper lies beside the person, and one
 * of its words may be seen. */
static vault_err
ask_word(struct secret **share, const struct vault_share_fault *fault)
{
    struct secret *word = NULL;
    char prompt[160];
    vault_err err;

    snprintf(prompt, sizeof prompt, "word %u is not one of the 1024 words%s%s%s; word %u again: ",
        fault->word, fault->nearest == NULL ? "" : " (is it ",
        fault->nearest == NULL ? "" : fault->nearest, fault->nearest == NULL ? "" : "?)",
        fault->word);
    err = term_ask(&word, &(struct term_question){ .prompt = prompt, .echo = TERM_HIDDEN,
        .max = 64, .complete = vault_share_word });
    if (err == VAULT_OK)
        err = replace_word(share, fault->word, word);
    vault_secret_free(word);
    explicit_bzero(prompt, sizeof prompt);
    return err;
}

/* Add what was typed, asking for each word that is none. */
static vault_err
add_typed(vault_shares *shares, struct secret **share)
{
    struct vault_share_fault fault;
    vault_err err;

    for (;;) {
        err = kept(vault_shares_add(shares, text_of(*share), vault_secret_len(*share), &fault));
        if (err != VAULT_ERR_INPUT || fault.word == 0)
            return err;
        err = ask_word(share, &fault);
        if (err != VAULT_OK)
            return err;
    }
}

/* ---- typed: one share ---------------------------------------------------------------------- */

/* Is it one by itself? */
static bool
is_share(struct secret *typed)
{
    vault_shares *alone = NULL;
    bool yes = vault_shares_new(&alone) == VAULT_OK &&
        vault_shares_add(alone, text_of(typed), vault_secret_len(typed), NULL) == VAULT_OK;

    vault_shares_free(alone);
    return yes;
}

/* Says why a share was not taken. One that is none even by itself was mistyped: it is given back, to be
 * corrected rather than typed anew. */
static struct secret *
not_taken(struct secret **share, char *why, size_t room)
{
    char text[sizeof vault_last_error()->text];
    struct secret *back = NULL;

    snprintf(text, sizeof text, "%s", vault_last_error()->text);
    if (is_share(*share)) {
        snprintf(why, room, "%s; the share again (Tab shows it)", text);
        return NULL;
    }
    snprintf(why, room, "%s; compare with the paper and correct it (Tab shows it, Ctrl-U empties it)",
        text);
    back = *share;
    *share = NULL;
    return back;
}

/* One share; a share that is not right is asked for again. *end: the person has no more. */
static vault_err
ask_share(vault_shares *shares, const char *what, bool *end)
{
    char why[600], prompt[700];
    struct secret *share = NULL, *before = NULL;
    vault_err err;

    snprintf(why, sizeof why, "%s (Tab shows it)", what);
    do {
        snprintf(prompt, sizeof prompt, "%s: ", why);
        err = term_ask(&share, &(struct term_question){ .prompt = prompt, .echo = TERM_HIDDEN,
            .max = SHARE_MAX, .complete = vault_share_word, .begin = before });
        vault_secret_free(before);
        before = NULL;
        if (err != VAULT_OK)
            break;
        *end = vault_secret_len(share) == 0;
        if (!*end)
            err = add_typed(shares, &share);
        if (err == VAULT_ERR_INPUT)
            before = not_taken(&share, why, sizeof why);
        vault_secret_free(share);
        share = NULL;
    } while (err == VAULT_ERR_INPUT);
    return err;
}

vault_err
shares_ask(vault_shares *shares)
{
    char what[256 + 32] = "first share", sentence[256];
    bool end = false;
    vault_err err;

    do {
        err = ask_share(shares, what, &end);
        if (err != VAULT_OK || vault_shares_missing(shares, sentence) == 0)
            return err;
        snprintf(what, sizeof what, "%s; next share", sentence);
    } while (!end);
    return VAULT_OK;
}

/* ---- to open a vault ----------------------------------------------------------------------- */

static vault_err
ask_for_vault(vault_shares *shares, const struct call *c)
{
    struct vault_backup_info info;
    char words[256];
    vault_err err = kept(c->app->is_backup ?
        vault_backup_info(c->app->folder, &info, NULL, NULL) :
        vault_fingerprint(c->app->folder, words));

    if (err == VAULT_OK && c->app->is_backup)
        memcpy(words, info.words, sizeof words);
    if (err != VAULT_OK)
        return err;
    term_say("this slot opens with shares. Each has the words of this vault on it:\n  %s\n"
        "type the words in their order; four letters of a word are enough", words);
    return shares_ask(shares);
}

vault_err
shares_read(struct secret **out, const struct call *c)
{
    vault_shares *shares = NULL;
    int fd = -1;
    vault_err err = kept(vault_shares_new(&shares));

    if (err == VAULT_OK && call_has(c, "shares-fd")) {
        err = pass_fd(&fd, c, "shares-fd");
        if (err == VAULT_OK)
            err = read_lines(shares, fd);
    } else if (err == VAULT_OK) {
        err = ask_for_vault(shares, c);
    }
    if (err == VAULT_OK)
        err = kept(vault_shares_secret(out, shares, NULL));
    vault_shares_free(shares);
    return err;
}
