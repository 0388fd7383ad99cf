#include <stdio.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/pass.h"
#include "cli/term.h"

/* ---- passphrase generate ------------------------------------------------------------------ */

static vault_err
generate_run(struct call *c)
{
    struct json j = { .to = stdout };
    struct secret *pass = NULL;
    long words = VAULT_WORDS;
    vault_err err = call_number(c, "words", VAULT_WORDS_MIN, VAULT_WORDS_MAX, &words);

    if (err == VAULT_OK)
        err = kept(vault_passphrase_generate(&pass, (unsigned)words));
    if (err != VAULT_OK)
        return err;
    if (c->json) {
        js_object(&j);
        js_pair(&j, "passphrase", (const char *)vault_secret_edit(pass));
        js_pair_int(&j, "words", words);
        js_pair_int(&j, "bits", words * VAULT_WORD_BITS);
        js_end(&j);
    } else {
        puts((const char *)vault_secret_edit(pass));
    }
    vault_secret_free(pass);
    term_say("%ld words that chance chose, %d bits each: %ld bits%s\n"
        "take the first that comes: to draw again until you like one is no longer chance", words,
        VAULT_WORD_BITS, words * VAULT_WORD_BITS,
        words * VAULT_WORD_BITS < VAULT_BITS_GOOD ? ", which is weak" : "");
    return VAULT_OK;
}

const struct cmd cmd_passphrase_generate = {
    .name = "passphrase generate",
    .args = "[--words N]",
    .summary = "print a passphrase of words that chance chose",
    .examples = "passphrase generate\npassphrase generate --words 8\n",
    .about = "Each word is one of 1024, so it is worth 10 bits. Do it where nobody and no camera sees\n"
        "the screen, and write the words on paper.\n"
        "--json: {\"passphrase\",\"words\",\"bits\"}\n",
    .opts = (const struct opt[]){
        { "words", 0, false, "N", "how many words, 4 to 24 (else 7, which is 70 bits)" },
        { NULL, 0, false, NULL, NULL } },
    .opens = CMD_OPENS_NOTHING,
    .run = generate_run,
};

/* ---- passphrase strength ------------------------------------------------------------------ */

static void
strength_json(const struct vault_strength *st)
{
    struct json j = { .to = stdout };

    js_object(&j);
    js_pair_uint(&j, "bits", st->bits);
    js_pair(&j, "verdict", st->verdict);
    js_key(&j, "reasons");
    js_array(&j);
    for (size_t i = 0; i < st->n_reasons; i++)
        js_text(&j, st->reasons[i]);
    js_end(&j);
    js_end(&j);
}

static void
strength_text(const struct vault_strength *st)
{
    printf("%s, about %u bits\n", st->verdict, st->bits);
    for (size_t i = 0; i < st->n_reasons; i++)
        printf("  %s\n", st->reasons[i]);
}

static vault_err
strength_run(struct call *c)
{
    struct vault_strength st;
    struct secret *pass = NULL;
    vault_err err = pass_candidate(&pass, c, "passphrase to judge (Tab shows it): ");

    if (err == VAULT_OK)
        err = kept(vault_passphrase_strength(pass, &st));
    vault_secret_free(pass);
    if (err != VAULT_OK)
        return err;
    (c->json ? strength_json : strength_text)(&st);
    return VAULT_OK;
}

const struct cmd cmd_passphrase_strength = {
    .name = "passphrase strength",
    .args = "",
    .summary = "estimate how hard a passphrase is to guess",
    .examples = "passphrase strength\npassphrase strength --json < FILE\n",
    .about = "The passphrase is typed without being shown, or is the first line of standard input.\n"
        "Below 40 bits it is refused for a vault, below 60 weak, else good. Looked for are words,\n"
        "names and passwords in English, Russian and Korean, in either script and as typed on the\n"
        "other keyboard layout; keys side by side, sequences, repetition, dates.\n"
        "An estimate: a quotation from a book may look good here and is not.\n"
        "--json: {\"bits\",\"verdict\",\"reasons\":[...]}; verdict: refused, weak or good\n",
    .opens = CMD_OPENS_NOTHING,
    .run = strength_run,
};
