/*
 * search_text.c - plain text search: vault_search.
 *
 * Says which field matched, never a value.
 */
#include "vault/search.h"

#include <stdio.h>
#include <string.h>

#include "vault/base/text.h"
#include "vault/base/word.h"

#define WORDS_MAX 32
#define HITS_MAX 64             /* fields told for one record */

struct words {
    struct buf mem;             /* folded */
    struct part word[WORDS_MAX];
    bool begins[WORDS_MAX];     /* only at the beginning of a word */
    size_t n;
};

struct texts {
    struct words words;
    struct asked_room room[2];  /* of the two threads of a scan */
};

/* ---- the query: words, their beginnings, and phrases in quotes ---- */

static vault_err
add_word(struct words *w, const char *s, size_t n, bool begins, size_t at[static WORDS_MAX])
{
    vault_err err;

    if (n == 0)
        return VAULT_OK;
    if (w->n == WORDS_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "at most %d words", WORDS_MAX);
    at[w->n] = w->mem.n;
    err = text_fold(&w->mem, s, n);
    w->word[w->n].n = w->mem.n - at[w->n];
    w->begins[w->n] = begins;
    if (err == VAULT_OK && w->word[w->n].n != 0)
        w->n++;
    return err;
}

/* Its star is taken off. */
static bool
has_star(const char *s, size_t *n)
{
    bool star = false;

    for (; *n > 0 && s[*n - 1] == '*'; --*n)
        star = true;
    return star;
}

static vault_err
split_query(struct words *w, const char *text)
{
    size_t at[WORDS_MAX];
    vault_err err = VAULT_OK;

    if (!text_valid(text, strlen(text), NULL))
        return err_say(VAULT_ERR_INPUT, NULL, "the text is not valid UTF-8");
    while (err == VAULT_OK && *text != '\0') {
        bool quoted = *text == '"', star;
        size_t n, word;
        text += quoted;
        n = word = strcspn(text, quoted ? "\"" : " \t\n");
        star = !quoted && has_star(text, &word);
        err = add_word(w, text, word, star, at);
        text += n;
        text += *text != '\0';
    }
    if (err == VAULT_OK && w->n == 0)
        err = err_say(VAULT_ERR_INPUT, "give at least one word", "there is nothing to search for");
    for (size_t i = 0; i < w->n; i++)
        w->word[i].p = w->mem.p + at[i];
    return err;
}

/* ---- matching ---- */

struct found {
    const struct leaf *leaf[HITS_MAX];
    size_t n;
    uint32_t words;             /* bit i: word i was seen */
};

static vault_err
match_leaf(const struct words *w, struct asked_room *x, const struct leaf *l, struct found *f)
{
    uint32_t seen = 0;
    vault_err err;

    buf_reset(&x->text);
    buf_reset(&x->fold);
    err = value_to_text(&x->text, l->value);
    if (err == VAULT_OK)
        err = text_fold(&x->fold, (const char *)x->text.p, x->text.n);
    if (err != VAULT_OK)
        return err;
    for (size_t i = 0; i < w->n; i++)
        if (x->fold.n != 0 && word_found(x->fold.p, x->fold.n, w->word[i].p, w->word[i].n, w->begins[i]))
            seen |= (uint32_t)1 << i;
    f->words |= seen;
    if (seen != 0 && f->n < HITS_MAX)
        f->leaf[f->n++] = l;
    return VAULT_OK;
}

/* All words somewhere in what this person may search? */
static vault_err
match_all(struct search *s, unsigned thread, const struct type_def *t, const struct revision *rev, struct found *f,
    bool *yes)
{
    struct texts *x = s->ctx;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++)
        if (rev->leaf[i].value.n != 0 && search_reads(s, t, &rev->leaf[i]))
            err = match_leaf(&x->words, &x->room[thread], &rev->leaf[i], f);
    *yes = err == VAULT_OK && f->words == ((uint64_t)1 << x->words.n) - 1;
    return err;
}

static vault_err
match(struct search *s, unsigned thread, const struct type_def *t, const struct revision *rev, bool *yes)
{
    struct found f = {0};

    return match_all(s, thread, t, rev, &f, yes);
}

static vault_err
tell(struct search *s, const uint8_t *record, struct vault_hit h, const struct type_def *t, const struct found *f)
{
    char field[NAME_MAX_BYTES] = "", why[96];
    vault_err err = VAULT_OK;

    h.field = field;
    h.level = "text";
    h.why = why;
    for (size_t i = 0; err == VAULT_OK && i < f->n && !s->stop; i++) {
        const struct leaf *l = f->leaf[i];
        if (strlen(field) == l->field.n && memcmp(field, l->field.p, l->field.n) == 0)
            continue;               /* another element of the same field */
        snprintf(field, sizeof field, "%.*s", (int)l->field.n, (const char *)l->field.p);
        snprintf(why, sizeof why, "found in %s%s", field, search_withheld(s, t, l) ? " (withheld)" : "");
        err = search_tell(s, record, &h);
    }
    return err;
}

static vault_err
found(struct search *s, const struct type_def *t, const struct revision *rev)
{
    char code[VAULT_CODE_LEN + 1];
    struct vault_hit h = {0};
    struct found f = {0};
    bool yes = false;
    vault_err err = match_all(s, 1, t, rev, &f, &yes);

    if (err == VAULT_OK && yes)
        err = search_describe(s, t, rev, code, &h);
    if (err == VAULT_OK && yes)
        err = tell(s, rev->record, h, t, &f);
    return err;
}

vault_err
vault_search(vault *v, const struct vault_search_query *q, vault_hit_fn *fn, void *ctx)
{
    struct texts x = {0};
    struct search s = { .v = v, .q = q, .fn = fn, .fn_ctx = ctx, .ctx = &x, .match = match, .found = found };
    vault_err err;

    vault_clear_error();
    err = split_query(&x.words, q->text);
    if (err == VAULT_OK)
        err = search_run(&s, NULL);
    buf_free(&x.words.mem);
    asked_room_free(&x.room[0]);
    asked_room_free(&x.room[1]);
    return err;
}
