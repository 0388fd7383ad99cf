/* Secrets in shares of words (SLIP-0039), without a vault. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/input.h"
#include "cli/json.h"
#include "cli/pass.h"
#include "cli/shares.h"
#include "cli/term.h"

#define HEX_MAX 256             /* 64 digits and what white space there may be */
#define LINES_MAX ((size_t)128 * 1024)
#define BLANKS " \t\r\n"
#define PASS_OPTION "slip39-passphrase-fd"
#define PASS_OPT { PASS_OPTION, 0, false, "N", \
    "read the passphrase of the shares from this file descriptor, one line" }

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

/* ---- shares split ------------------------------------------------------------------------- */

/* A line that is typed, or else all of standard input. */
static vault_err
read_input(struct secret **out, const char *prompt, size_t max)
{
    const struct term_question q = { .prompt = prompt, .echo = TERM_PASSPHRASE, .max = max };

    return isatty(STDIN_FILENO) ? term_ask(out, &q) : input_secret(out, max);
}

static vault_err
read_secret(struct secret **out)
{
    struct secret *typed = NULL;
    const char *hex;
    size_t n;
    vault_err err = read_input(&typed, "the secret in hexadecimal (Tab shows it): ", HEX_MAX);

    if (err != VAULT_OK)
        return err;
    hex = text_of(typed);
    n = vault_secret_len(typed);
    while (n > 0 && is_blank(hex[n - 1]))
        n--;
    for (; n > 0 && is_blank(*hex); n--)
        hex++;
    err = n == 0 ? fail(VAULT_ERR_INPUT, "standard input is to hold it in hexadecimal",
        "there is no secret") : kept(vault_secret_from_hex(out, hex, n));
    vault_secret_free(typed);
    return err;
}

static vault_err
read_plan(struct vault_share_plan *out, const struct call *c)
{
    long threshold = 0, count = 0, exponent = 1;
    vault_err err = call_number(c, "threshold", 1, 16, &threshold);

    if (err == VAULT_OK)
        err = call_number(c, "count", 1, 16, &count);
    if (err == VAULT_OK)
        err = call_number(c, "exponent", 0, 15, &exponent);
    if (err == VAULT_OK && (threshold == 0 || count == 0))
        err = fail(VAULT_ERR_INPUT, "any --threshold K of --count N shares give the secret back",
            "`shares split` needs --threshold and --count");
    if (err == VAULT_OK && threshold > count)
        err = fail(VAULT_ERR_INPUT, NULL, "--threshold cannot be more than --count");
    out->threshold = (unsigned)threshold;
    out->count = (unsigned)count;
    out->exponent = (unsigned)exponent;
    return err;
}

static int
share_text(void *ctx, const char *words)
{
    (void)ctx;
    puts(words);
    return 0;
}

static int
share_json(void *ctx, const char *words)
{
    js_text(ctx, words);
    return 0;
}

static vault_err
split_json(const struct secret *secret, const struct vault_share_plan *plan)
{
    struct json j = { .to = stdout };
    vault_err err;

    js_object(&j);
    js_pair_uint(&j, "threshold", plan->threshold);
    js_pair_uint(&j, "count", plan->count);
    js_key(&j, "shares");
    js_array(&j);
    err = kept(vault_shares_split(secret, plan, share_json, &j));
    if (err != VAULT_OK)
        return err;
    js_end(&j);
    js_end(&j);
    return VAULT_OK;
}

static vault_err
split_run(struct call *c)
{
    struct vault_share_plan plan = { .threshold = 0 };
    struct secret *secret = NULL, *pass = NULL;
    vault_err err = read_plan(&plan, c);

    if (err == VAULT_OK)
        err = pass_option(&pass, c, PASS_OPTION);   /* first: it may be a line of standard input */
    if (err == VAULT_OK)
        err = read_secret(&secret);
    plan.passphrase = pass;
    if (err == VAULT_OK)
        err = c->json ? split_json(secret, &plan) :
            kept(vault_shares_split(secret, &plan, share_text, NULL));
    if (err == VAULT_OK)
        term_say("any %u of these %u shares give the secret back%s; fewer tell nothing about it",
            plan.threshold, plan.count, pass == NULL ? "" : ", with the passphrase");
    vault_secret_free(secret);
    vault_secret_free(pass);
    return err;
}

const struct cmd cmd_shares_split = {
    .name = "shares split",
    .args = "--threshold K --count N [--exponent E] [--" PASS_OPTION " N]",
    .summary = "split a secret into shares of words; any K of N give it back",
    .examples =
        "shares split --threshold 2 --count 3 < secret.hex\n"
        "shares split --threshold 2 --count 3 --slip39-passphrase-fd 3 < secret.hex 3< pass\n",
    .about =
        "Reads 16 to 32 bytes (an even number) in hexadecimal from standard input, or asks for\n"
        "them. Prints one share a line, 20 to 33 words of SLIP-0039: an open standard, so other\n"
        "programs combine them, too. --json: {\"threshold\",\"count\",\"shares\":[\"words\"]}\n"
        "With a passphrase (printable ASCII), the shares alone do not give the secret; nobody can\n"
        "tell a wrong passphrase, which gives another secret.\n",
    .opts = (const struct opt[]){
        { "threshold", 0, false, "K", "how many shares are needed, at most 16" },
        { "count", 0, false, "N", "how many are made, at most 16" },
        { "exponent", 0, false, "E", "of the iterations, 0 to 15; each step doubles the time (1)" },
        PASS_OPT,
        { NULL, 0, false, NULL, NULL } },
    .opens = CMD_OPENS_NOTHING,
    .not_in_shell = true,
    .run = split_run,
};

/* ---- shares combine: from a file or a program ---------------------------------------------- */

static vault_err
add_line(vault_shares *shares, const char *line, size_t n, size_t number)
{
    vault_err err = kept(vault_shares_add(shares, line, n, NULL));
    const struct vault_error *e = vault_last_error();

    return err == VAULT_OK ? err : fail(err, e->hint, "line %zu: %s", number, e->text);
}

static vault_err
add_lines(vault_shares *shares)
{
    struct secret *all = NULL;
    size_t number = 0;
    const char *p, *end;
    vault_err err = input_secret(&all, LINES_MAX);

    if (err != VAULT_OK)
        return err;
    p = text_of(all);
    end = p + vault_secret_len(all);
    while (err == VAULT_OK && p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline == NULL ? end : newline;

        number++;
        while (p < stop && is_blank(*p))
            p++;
        if (p < stop)
            err = add_line(shares, p, (size_t)(stop - p), number);
        p = newline == NULL ? end : newline + 1;
    }
    vault_secret_free(all);
    return err;
}

/* ---- shares combine ------------------------------------------------------------------------ */

static vault_err
print_secret(const struct call *c, const struct secret *secret)
{
    struct json j = { .to = stdout };
    struct secret *hex = NULL;
    vault_err err = kept(vault_secret_to_hex(&hex, secret));

    if (err != VAULT_OK)
        return err;
    if (c->json) {
        js_object(&j);
        js_pair(&j, "secret", text_of(hex));
        js_end(&j);
    } else {
        puts(text_of(hex));
    }
    vault_secret_free(hex);
    return VAULT_OK;
}

static vault_err
combine_run(struct call *c)
{
    struct secret *pass = NULL, *secret = NULL;
    vault_shares *shares = NULL;
    vault_err err = kept(vault_shares_new(&shares));

    if (err == VAULT_OK)
        err = pass_option(&pass, c, PASS_OPTION);
    if (err == VAULT_OK)
        err = isatty(STDIN_FILENO) ? shares_ask(shares) : add_lines(shares);
    if (err == VAULT_OK)
        err = kept(vault_shares_secret(&secret, shares, pass));
    if (err == VAULT_OK)
        err = print_secret(c, secret);
    vault_secret_free(secret);
    vault_secret_free(pass);
    vault_shares_free(shares);
    return err;
}

const struct cmd cmd_shares_combine = {
    .name = "shares combine",
    .args = "[--" PASS_OPTION " N]",
    .summary = "the secret, from enough of its shares",
    .examples =
        "shares combine\n"
        "shares combine < shares.txt\n"
        "shares combine --slip39-passphrase-fd 3 < shares.txt 3< pass\n",
    .about =
        "Asks for the shares one after the other, says what is missing, and asks again only for a\n"
        "word that is none; four letters of a word are enough. Otherwise reads one share a line\n"
        "from standard input. Shares of several groups are understood; more than are needed may\n"
        "be given. Prints the secret in hexadecimal. --json: {\"secret\"}\n"
        "A share that is wrong or of another set is exit code 2; too few, or shares that do not\n"
        "belong together, 3. A wrong passphrase cannot be noticed: it gives another secret.\n",
    .opts = (const struct opt[]){ PASS_OPT, { NULL, 0, false, NULL, NULL } },
    .opens = CMD_OPENS_NOTHING,
    .not_in_shell = true,
    .run = combine_run,
};
