/*
 * release_review.c - texts that a person has to read before they go out: vault_release_review.
 *
 * What was agreed to is remembered under a hash of the record, the field and the text itself, so another text must be read again.
 */
#include "vault/release.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/same.h"

struct reviewing {
    struct release *r;
    vault_review_fn *fn;
    void *ctx;
    struct vault_review_name *name;
    size_t n, cap;
    struct buf title;
    struct change *change;
    uint64_t agreed;
    bool stop;
};

/* What the person of a name is called in this release; NULL: not in it, or called otherwise in each release (a code of `stable` false). */
static const char *
pseudonym_of(const struct release *r, const uint8_t *record)
{
    uint32_t first = index_record(&r->v->recs.index, record), lead = first == 0 ? 0 : same_lead(&r->v->same, first);

    for (size_t i = 0; lead != 0 && i < r->n_sources; i++)
        for (size_t k = 0; r->source[i].kind == SOURCE_ROWS && k < r->source[i].sheet.n_rows; k++)
            if (r->source[i].record[k] == lead)
                return r->p.stable || release_has_press_name(r, &r->source[i], k) ? sheet_text(&r->source[i].sheet, k, 0) : NULL;
    return NULL;
}

static int
at_place(void *ctx, const struct name_place *p)
{
    struct reviewing *x = ctx;
    struct vault_review_name *n = array_room(x->name, x->n, &x->cap, sizeof *n);

    if (n == NULL)
        return 1;
    x->name = n;
    n[x->n++] = (struct vault_review_name){ .at = p->at, .n = p->n, .pseudonym = pseudonym_of(x->r, x->r->known.name[p->number].record) };
    return 0;
}

static vault_err
ask(struct reviewing *x, const struct release_source *s, const struct release_text *t)
{
    struct release *r = x->r;
    const char *text = sheet_text(&s->sheet, t->row, t->column), *instead = NULL;
    char code[CODE_LEN + 1];
    struct vault_review review = { .record = code, .field = s->column[t->column - s->skip].f->name, .text = text };
    enum vault_review_answer answer;
    vault_err err;

    code_of(code, r->v->recs.index.pair[s->record[t->row]].record);
    buf_reset(&x->title);
    err = recs_title_of(&r->v->recs, s->record[t->row], &x->title);
    review.label = buf_cstr(&x->title);
    if (err == VAULT_OK && review.label == NULL)
        err = err_nomem();
    if (err != VAULT_OK)
        return err;
    x->n = 0;
    name_index_in_text(r->known.index, text, strlen(text), NULL, at_place, x);
    review.names = x->name;
    review.n_names = x->n;
    answer = x->fn(x->ctx, &review, &instead);
    x->stop = answer == VAULT_REVIEW_STOP;
    if (answer != VAULT_REVIEW_YES)
        return VAULT_OK;
    x->agreed++;
    return judged_add(r->v, x->change, JUDGED_TEXT, t->subject, instead == NULL ? PART("", 0) : PART(instead, strlen(instead)));
}

static vault_err
ask_all(struct reviewing *x)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < x->r->n_sources; i++) {
        const struct release_source *s = &x->r->source[i];

        for (size_t k = 0; err == VAULT_OK && !x->stop && k < s->n_texts; k++)
            if (!s->text[k].judged)
                err = ask(x, s, &s->text[k]);
    }
    return err;
}

/* What is withheld is about to be shown: no entry, no deed. */
static vault_err
note_shown(struct release *r)
{
    struct detail d = {0};
    uint64_t shown = 0;
    vault_err err = VAULT_OK;

    for (size_t i = 0; i < r->n_sources; i++)
        for (size_t k = 0; k < r->source[i].n_texts; k++)
            shown += !r->source[i].text[k].judged && r->source[i].text[k].withheld;
    detail_text(&d, "audience", r->p.audience);
    detail_uint(&d, "shown", shown);
    if (shown > 0)
        err = session_note(r->v, "release-judge", true, &d);
    detail_free(&d);
    return err;
}

static vault_err
review(struct reviewing *x)
{
    struct vault *v = x->r->v;
    struct detail d = {0};
    struct change c;
    vault_err err = session_begin(v, &c);

    if (err != VAULT_OK)
        return err;
    x->change = &c;
    err = ask_all(x);
    /* Codes that stand in a text now are those of the releases to come. */
    if (err == VAULT_OK && x->agreed > 0 && x->r->new_secret)
        err = system_add_audience(v, &c, x->r->p.audience, x->r->secret);
    detail_uint(&d, "texts", x->agreed);
    if (err == VAULT_OK && x->agreed > 0)
        err = session_commit(v, &c, &(struct commit){ .action = "release-judge", .keeper = true, .detail = &d });
    else
        change_abort(&c);
    detail_free(&d);
    return err;
}

vault_err
vault_release_review(vault *v, const char *policy, vault_review_fn *fn, void *ctx, uint64_t *agreed)
{
    struct release r = { .v = v };
    struct reviewing x = { .r = &r, .fn = fn, .ctx = ctx };
    vault_err err;

    vault_clear_error();
    err = release_open(&r, v, policy);
    if (err == VAULT_OK)
        err = release_gather(&r);
    if (err == VAULT_OK)
        err = known_load(&r.known, v);
    if (err == VAULT_OK)
        err = note_shown(&r);
    if (err == VAULT_OK)
        err = review(&x);
    if (err == VAULT_OK)
        *agreed = x.agreed;
    free(x.name);
    buf_free(&x.title);
    release_close(&r);
    return err;
}
