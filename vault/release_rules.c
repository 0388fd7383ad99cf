/* release_rules.c - what must hold before anything is written: see release.h. */
#include "vault/release.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MIN 50u            /* fewer rows tell of persons, not of a group (facts: starting defaults) */

/* ---- sentences ---- */

static vault_err VAULT_PRINTF(4, 0)
add_text(char ***list, size_t *n, size_t *cap, const char *fmt, va_list ap)
{
    char **p = array_room(*list, *n, cap, sizeof *p);
    char *text = NULL;

    if (p != NULL)
        *list = p;
    if (p == NULL || vasprintf(&text, fmt, ap) < 0)
        return err_nomem();
    p[(*n)++] = text;
    return VAULT_OK;
}

vault_err
release_advise(struct release *r, const char *fmt, ...)
{
    va_list ap;
    vault_err err;

    va_start(ap, fmt);
    err = add_text(&r->advice.text, &r->advice.n, &r->advice.cap, fmt, ap);
    va_end(ap);
    return err;
}

vault_err
release_remark(struct release *r, const char *fmt, ...)
{
    va_list ap;
    vault_err err;

    va_start(ap, fmt);
    err = add_text(&r->notes.text, &r->notes.n, &r->notes.cap, fmt, ap);
    va_end(ap);
    return err;
}

const char *
release_keep_word(struct release *r, const char *word)
{
    char **p = array_room(r->words.text, r->words.n, &r->words.cap, sizeof *p);
    char *text = strdup(word);

    if (p != NULL)
        r->words.text = p;
    if (p == NULL || text == NULL) {
        free(text);
        return NULL;
    }
    p[r->words.n++] = text;
    return text;
}

/* ---- rules of their own ---- */

static vault_err
judge_rows(struct release *r)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < r->n_sources; i++) {
        const struct release_source *s = &r->source[i];

        if (s->kind == SOURCE_ROWS && s->sheet.n_rows < ROWS_MIN && !r->p.single_case)
            err = refusal_add(&r->refusals, "rows", NULL, s->sheet.name,
                "%zu rows of type %s are too few: under %u only tables are released, or single cases (\"single_case\": true)", s->sheet.n_rows, s->sheet.name, ROWS_MIN);
        if (err == VAULT_OK && s->kind == SOURCE_ROWS && s->sheet.n_rows >= ROWS_MIN && r->p.single_case)
            err = refusal_add(&r->refusals, "rows", NULL, s->sheet.name,
                "%zu rows of type %s are no single cases: from %u on \"single_case\" would leave out every threshold", s->sheet.n_rows, s->sheet.name, ROWS_MIN);
        if (err == VAULT_OK && s->kind == SOURCE_ROWS && s->sheet.n_rows == 0 && r->p.single_case)
            err = refusal_add(&r->refusals, "rows", NULL, s->sheet.name, "no record of type %s meets the policy's conditions", s->sheet.name);
    }
    return err;
}

/* A text that nobody has read. */
static vault_err
judge_texts(struct release *r)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < r->n_sources; i++) {
        const struct release_source *s = &r->source[i];
        size_t unread = 0;

        for (size_t k = 0; k < s->n_texts; k++)
            unread += !s->text[k].judged;
        if (unread > 0 && !session_accepts(r->v, "reviewed"))
            err = refusal_add(&r->refusals, "leak", "reviewed", s->sheet.name,
                "%zu texts of type %s were not read by anybody: `release review` shows them", unread, s->sheet.name);
    }
    return err;
}

vault_err
release_judge_all(struct release *r)
{
    vault_err err = release_judge_consent(r);

    if (err == VAULT_OK)
        err = judge_rows(r);
    if (err == VAULT_OK)
        err = judge_texts(r);
    if (err == VAULT_OK)
        err = release_judge_press(r);
    if (err == VAULT_OK)
        err = release_judge_risk(r);
    if (err == VAULT_OK)
        err = release_judge_published(r);
    if (err == VAULT_OK)
        err = release_judge_tables(r);
    return err == VAULT_OK ? release_judge_ledger(r) : err;
}
