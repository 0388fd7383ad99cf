/*
 * fuzz_judge.c - libFuzzer target: hostile values, hostile published facts.
 *
 * The input is cut at zero bytes: a value, what is known of it, then a file of facts. Whatever they are: a treatment done twice is the treatment; what it
 * makes covers what it was made of; a value fits itself, and tells nothing more than itself; a file that is refused is refused with its name.
 *
 * tests/fuzz/run.sh judge builds and runs it (make fuzz T=judge).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/release/published.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "fuzz_judge: %s\n", what);
    abort();
}

static char *
take_text(const uint8_t **data, size_t *n)
{
    size_t length = strnlen((const char *)*data, *n), step = length < *n ? length + 1 : length;
    char *text = strndup((const char *)*data, length);

    must(text != NULL, "memory");
    *data += step;
    *n -= step;
    return text;
}

static const struct treatment keep = { TREAT_KEEP, 0, NULL };
static const struct treatment treatment[] = { { TREAT_BAND, 1, NULL }, { TREAT_BAND, 10, NULL }, { TREAT_BAND, 10000, NULL }, { TREAT_DATE, TREAT_DATE_YEAR, NULL },
    { TREAT_DATE, TREAT_DATE_QUARTER, NULL }, { TREAT_DATE, TREAT_DATE_MONTH, NULL }, { TREAT_PLACE, 1, NULL }, { TREAT_PLACE, 15, NULL } };

static void
treat_value(const char *value, const struct treatment *t)
{
    struct buf one = BUF_INIT, two = BUF_INIT;
    struct treat_span was, is;

    if (treat_apply(&one, t->treat, t->arg, NULL, value) == VAULT_OK) {
        const char *text = buf_cstr(&one);

        must(text != NULL && treat_again(&two, t, t, text) == VAULT_OK && strcmp(buf_cstr(&two), text) == 0, "twice is not once");
        must(t->treat == TREAT_PLACE || strpbrk(text, "~?%") == NULL, "a mark survives");
        if (t->treat == TREAT_DATE && treat_span(&is, t, "date", text) && treat_span(&was, &keep, "date", value))
            must(is.from <= was.from && was.to <= is.to, "what is released does not cover what is stored");
    }
    buf_free(&one);
    buf_free(&two);
}

static void
lay_beside(const char *value, const char *known, const char *kind)
{
    struct sheet s;
    struct sheet_column *c = NULL;
    enum fit *fit;
    uint32_t v;
    bool more;

    sheet_init(&s);
    must(sheet_add_column(&s, "f", &c) == VAULT_OK && sheet_value(c, PART(value, strlen(value)), &v) == VAULT_OK, "a sheet");
    c->kind = kind;
    fit = calloc(c->n_values, sizeof *fit);
    must(fit != NULL && replay_fit(fit, c, NULL, known) == VAULT_OK, "what is known is not compared");
    must(fit[0] == FIT_YES, "an empty cell does not fit");
    must(replay_fit(fit, c, NULL, value) == VAULT_OK, "a value is not compared");
    must(fit[v] == FIT_YES || fit[v] == FIT_UNTOLD, "a value does not fit itself");
    must(replay_tells_more(&more, c, NULL, known, value) == VAULT_OK, "news are not told");
    free(fit);
    sheet_free(&s);
}

static void
read_facts(const uint8_t *data, size_t n)
{
    struct published p;
    vault_err err = published_parse(&p, (const char *)data, n, "facts.json");

    must(err == VAULT_OK || err == VAULT_ERR_INPUT || err == VAULT_ERR_NO_SPACE, "another error");
    must(err != VAULT_ERR_INPUT || strncmp(vault_last_error()->text, "facts.json: ", 12) == 0, "a refusal without the file");
    published_free(&p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const kind[] = { "date", "number", "place", "name", "text" };
    char *value = take_text(&data, &n), *known = take_text(&data, &n);

    if (text_valid(value, strlen(value), NULL) && text_valid(known, strlen(known), NULL)) {
        for (size_t i = 0; i < sizeof treatment / sizeof treatment[0]; i++)
            treat_value(value, &treatment[i]);
        for (size_t i = 0; i < sizeof kind / sizeof kind[0]; i++)
            lay_beside(value, known, kind[i]);
    }
    read_facts(data, n);
    free(value);
    free(known);
    return 0;
}
