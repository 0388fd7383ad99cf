/*
 * search.c - plain text search: vault_search.
 *
 * Decrypts and matches in memory and writes no index. Says which field matched, never a value.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vault/base/text.h"
#include "vault/record/scan.h"
#include "vault/record/value.h"
#include "vault/unread.h"

#define WORDS_MAX 32
#define HITS_MAX 64             /* fields told for one record */

struct words {
    struct buf mem;             /* folded */
    struct part word[WORDS_MAX];
    size_t n;
};

struct searching {
    struct vault *v;
    const struct vault_search_query *q;
    struct words words;
    vault_hit_fn *fn;
    void *ctx;
    struct scratch { struct buf text, fold; } scratch[2];   /* of the two threads of a scan */
    struct buf title;
    struct unread unread;
};

/* ---- the query: words, and phrases in quotes ---- */

static vault_err
add_word(struct words *w, const char *s, size_t n, size_t at[static WORDS_MAX])
{
    vault_err err;

    if (n == 0)
        return VAULT_OK;
    if (w->n == WORDS_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "at most %d words", WORDS_MAX);
    at[w->n] = w->mem.n;
    err = text_fold(&w->mem, s, n);
    w->word[w->n].n = w->mem.n - at[w->n];
    if (err == VAULT_OK && w->word[w->n].n != 0)
        w->n++;
    return err;
}

static vault_err
split_query(struct words *w, const char *text)
{
    size_t at[WORDS_MAX];
    vault_err err = VAULT_OK;

    if (!text_valid(text, strlen(text), NULL))
        return err_say(VAULT_ERR_INPUT, NULL, "the text is not valid UTF-8");
    while (err == VAULT_OK && *text != '\0') {
        bool quoted = *text == '"';
        size_t n;
        text += quoted;
        n = strcspn(text, quoted ? "\"" : " \t\n");
        err = add_word(w, text, n, at);
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
match_leaf(const struct words *w, struct scratch *x, const struct leaf *l, struct found *f)
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
        if (x->fold.n != 0 && memmem(x->fold.p, x->fold.n, w->word[i].p, w->word[i].n) != NULL)
            seen |= (uint32_t)1 << i;
    f->words |= seen;
    if (seen != 0 && f->n < HITS_MAX)
        f->leaf[f->n++] = l;
    return VAULT_OK;
}

/* Would a value of this leaf be looked at? */
static bool
searched(const struct searching *s, const struct type_def *t, const struct leaf *l)
{
    const struct field_def *f = type_field(t, l->field.p, l->field.n);

    if (f == NULL || f->kind == FIELD_LINK || f->kind == FIELD_BYTES)
        return false;               /* of a file, its name is searched */
    if (!is_keeper(s->v) && type_set_tier(&s->v->recs.types, t, f, l->tier) == LEAF_WITHHELD)
        return false;
    return s->q->field == NULL || strcmp(f->name, s->q->field) == 0;
}

static vault_err
tell(struct scan *scan, struct searching *s, const struct type_def *t, const struct revision *rev,
    const struct found *f)
{
    char code[CODE_LEN + 1], field[NAME_MAX_BYTES], why[96];
    struct vault_hit h = { .id = code, .type = t->name, .field = field, .level = "text",
        .why = why };
    vault_err err;

    code_of(code, rev->record);
    buf_reset(&s->title);
    err = recs_title(&s->v->recs, rev, &s->title);
    h.label = buf_cstr(&s->title);
    if (err == VAULT_OK && h.label == NULL)
        err = err_nomem();
    field[0] = '\0';
    for (size_t i = 0; err == VAULT_OK && i < f->n && !scan->stop; i++) {
        const struct leaf *l = f->leaf[i];
        if (strlen(field) == l->field.n && memcmp(field, l->field.p, l->field.n) == 0)
            continue;               /* another element of the same field */
        snprintf(field, sizeof field, "%.*s", (int)l->field.n, (const char *)l->field.p);
        snprintf(why, sizeof why, "found in %s%s", field, type_set_tier(&s->v->recs.types, t,
            type_field(t, l->field.p, l->field.n), l->tier) == LEAF_WITHHELD ? " (withheld)" : "");
        if (s->fn(s->ctx, &h) != 0)
            scan->stop = true;
    }
    return err;
}

/* All words somewhere in what this person may search? */
static vault_err
match(struct searching *s, unsigned thread, const struct revision *rev, struct found *f, bool *yes)
{
    const struct type_def *t = type_set_by_hash(&s->v->recs.types, rev->type);
    vault_err err = VAULT_OK;

    *yes = false;
    if (t == NULL)
        return err_say(VAULT_ERR_DAMAGED, NULL, "the type of a record is missing");
    if (s->q->type != NULL && strcmp(t->name, s->q->type) != 0)
        return VAULT_OK;
    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++)
        if (rev->leaf[i].value.n != 0 && searched(s, t, &rev->leaf[i]))
            err = match_leaf(&s->words, &s->scratch[thread], &rev->leaf[i], f);
    *yes = err == VAULT_OK && f->words == ((uint64_t)1 << s->words.n) - 1;
    return err;
}

static vault_err
sift(struct scan *scan, unsigned thread, const struct revision *rev, bool *wanted)
{
    struct found f = {0};

    return match(scan->ctx, thread, rev, &f, wanted);
}

/* A caseworker keeps the keys of what he sealed himself. What a keeper sealed, or sealed anew, only keepers can change. */
static bool
doubt(const struct scan *scan, uint32_t n)
{
    const struct searching *s = scan->ctx;
    const struct vault *v = s->v;
    const struct author *a = author_by_pk(v, v->chain[v->recs.index.pair[n].log].author);

    return a == NULL || a->tier != TIER_KEEPER;
}

static vault_err
each(struct scan *scan, uint32_t n, struct revision *rev)
{
    struct searching *s = scan->ctx;
    struct found f = {0};
    bool yes = false;
    vault_err err = match(s, 1, rev, &f, &yes);

    (void)n;
    if (err != VAULT_OK || !yes)
        return err;
    return tell(scan, s, type_set_by_hash(&s->v->recs.types, rev->type), rev, &f);
}

/* Has it a value that was not read? What was purged is nobody's to find. */
static bool
is_unknown(const struct searching *s, uint32_t n, const struct leaf *l)
{
    const struct recs *r = &s->v->recs;

    return l->value.n == 0 && gone_find(&r->gone, r->index.pair[n].record, l->c) == GONE_NOT;
}

/* What cannot be read might be what is looked for: that there was nothing must not be said of it. */
static vault_err
bad(struct scan *scan, uint32_t n, const struct revision *rev)
{
    struct searching *s = scan->ctx;
    const struct type_def *t = rev == NULL ? NULL :
        type_set_by_hash(&s->v->recs.types, rev->type);
    bool concerns = t == NULL;

    if (t != NULL && (s->q->type == NULL || strcmp(t->name, s->q->type) == 0))
        for (size_t i = 0; i < rev->n_leaves; i++)
            concerns = concerns || (is_unknown(s, n, &rev->leaf[i]) && searched(s, t, &rev->leaf[i]));
    return concerns ? unread_add(&s->unread, &s->v->recs.index, n) : VAULT_OK;
}

/* A field that no type in question has open: no hits would look as if nothing were there. */
static bool
only_withheld(const struct type_set *set, const char *type, const char *field)
{
    bool any = false;

    for (size_t i = 0; i < set->n; i++) {
        const struct type_def *t = set->type[i];
        const struct field_def *f = type_field(t, field, strlen(field));
        if (f == NULL || type_set_current(set, t->name) != t ||
            (type != NULL && strcmp(t->name, type) != 0))
            continue;
        if (f->tier != LEAF_WITHHELD)
            return false;
        any = true;
    }
    return any;
}

static vault_err
check_query(struct vault *v, const struct vault_search_query *q)
{
    const struct type_def *t = NULL;
    vault_err err = VAULT_OK;

    if (q->type != NULL)
        err = type_set_get(&t, &v->recs.types, q->type);
    if (err == VAULT_OK && t != NULL && q->field != NULL &&
        type_field(t, q->field, strlen(q->field)) == NULL)
        err = type_no_field(t, q->field, strlen(q->field));
    if (err == VAULT_OK && t == NULL && q->field != NULL)
        err = type_set_has_field(&v->recs.types, q->field);
    if (err == VAULT_OK && q->field != NULL && only_withheld(&v->recs.types, q->type, q->field))
        err = need_keeper(v, "searching withheld fields");
    return err;
}

vault_err
vault_search(vault *v, const struct vault_search_query *q, vault_hit_fn *fn, void *ctx)
{
    struct searching s = { .v = v, .q = q, .fn = fn, .ctx = ctx };
    struct scan scan = { .r = &v->recs, .withheld = is_keeper(v), .sift = sift, .fn = each,
        .doubt = doubt, .bad = bad, .tolerate = true, .ctx = &s };
    vault_err err;

    vault_clear_error();
    err = check_query(v, q);
    if (err == VAULT_OK)
        err = split_query(&s.words, q->text);
    if (err == VAULT_OK)
        err = scan_run(&scan);
    if (err == VAULT_OK && !scan.stop)
        err = unread_say(&s.unread, q->unread);
    unread_reset(&s.unread);
    buf_free(&s.words.mem);
    for (unsigned i = 0; i < 2; i++) {
        buf_free(&s.scratch[i].text);
        buf_free(&s.scratch[i].fold);
    }
    buf_free(&s.title);
    return err;
}
