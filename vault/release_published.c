/* release_published.c - what readers know already, laid beside the rows: see release.h and release/published.h. */
#include "vault/release.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/release/advice.h"
#include "vault/release/published.h"
#include "vault/release/treat.h"

#define STEPS_MAX 12u                   /* coarser treatments of one field that are tried */

struct replaying {
    struct release *r;
    struct release_source *s;
    struct sheet sheet, stored;         /* its columns but the pseudonym, which no newspaper prints; borrowed */
    struct published known;
    const struct hierarchy **hierarchy;
    struct replay_ask ask;
};

/* What the policy calls the file of a hierarchy. */
static const char *
file_of(const struct replaying *x, const struct release_column *c)
{
    const struct policy_rows *rows = policy_rows_of(&x->r->p, x->s->type->name);
    const struct policy_field *pf = rows == NULL ? NULL : policy_field_of(rows, c->f->name);

    return pf == NULL || pf->hierarchy == NULL ? "" : pf->hierarchy;
}

/* ---- advice on a single case, of which each column answers for itself: coarsened how it tells no more than was known ---- */

static bool
remains(const struct finding *found, const struct finding *now, size_t column)
{
    return now->fact == found->fact && now->kind == found->kind && now->field[0] == column;
}

/* A treatment that leaves nothing of a column is no better than to drop it. */
static bool
tells_anything(const struct sheet *s)
{
    const struct sheet_column *c = &s->column[0];

    for (size_t i = 0; i < s->n_rows; i++)
        if (c->value[c->cell[i]][0] != '\0' && strcmp(c->value[c->cell[i]], SHEET_SUPPRESSED) != 0)
            return true;
    return false;
}

static vault_err
is_enough(struct replaying *x, size_t column, const struct treatment *from, const struct treatment *to, const struct finding *found, bool *yes)
{
    struct sheet_column *c = &x->sheet.column[column], kept = *c;
    struct replay_ask ask = x->ask;
    struct findings f = {0};
    struct sheet trial;
    size_t at_row;
    vault_err err;

    /* A copy of that column alone; the others are as they are. */
    sheet_init(&trial);
    err = sheet_add_column(&trial, c->name, NULL);
    for (size_t i = 0; err == VAULT_OK && i < x->sheet.n_rows; i++) {
        const char *text = to->treat == TREAT_DROP ? "" : kept.value[kept.cell[i]];

        err = sheet_add_row(&trial);
        if (err == VAULT_OK)
            err = sheet_set(&trial, i, 0, PART(text, strlen(text)));
    }
    if (err == VAULT_OK && to->treat != TREAT_DROP)
        err = treat_column(&trial, 0, from, to, &at_row);
    if (err != VAULT_OK)
        goto done;
    trial.column[0].role = kept.role;
    trial.column[0].kind = kept.kind;
    trial.column[0].treat = to->treat == TREAT_DROP ? TREAT_KEEP : to->treat;
    trial.column[0].arg = to->arg;
    *c = trial.column[0];
    err = replay(&f, &ask);
    *c = kept;
    *yes = err == VAULT_OK && (to->treat == TREAT_DROP || tells_anything(&trial));
    for (size_t i = 0; err == VAULT_OK && i < f.n; i++)
        if (remains(found, &f.found[i], column))
            *yes = false;
    findings_free(&f);
done:
    sheet_free(&trial);
    return err;
}

static unsigned
parts_of(const struct sheet_column *c)
{
    struct part part[TREAT_PLACE_MAX];
    unsigned most = 0;

    for (uint32_t i = 0; i < c->n_values; i++) {
        unsigned n = treat_place_parts(part, c->value[i]);

        most = n > most ? n : most;
    }
    return most;
}

/* Fields of the sheet, all of these steps together. */
static vault_err
say(struct replaying *x, size_t fact, const struct advice *a)
{
    struct buf text = BUF_INIT;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < a->n_steps; i++) {
        const struct release_column *c = &x->s->column[a->step[i].column];

        buf_fmt(&text, "%s\"%s\": ", i == 0 ? "" : " and ", c->f->name);
        err = treat_json(&text, &a->step[i].to, file_of(x, c));
    }
    if (err == VAULT_OK && buf_cstr(&text) == NULL)
        err = err_nomem();
    if (err == VAULT_OK)
        err = release_advise(x->r, "published fact %zu: %s in rows of %s is enough", fact + 1, (const char *)text.p, x->s->type->name);
    buf_free(&text);
    return err;
}

/* The least coarsening of one field that is enough. */
static vault_err
advise_single(struct replaying *x, const struct finding *f)
{
    size_t column = f->field[0];
    const struct release_column *c = &x->s->column[column];
    const struct sheet_column *sc = &x->sheet.column[column];
    const struct treatment from = { .treat = c->treat, .arg = c->arg, .h = c->h };
    struct advice a = { .n_steps = 1 };
    struct treatment to = from;
    bool yes = false;
    vault_err err = VAULT_OK;

    for (unsigned i = 0; err == VAULT_OK && !yes && i < STEPS_MAX; i++) {
        to = treat_coarser(&to, sc->kind, parts_of(sc));
        err = is_enough(x, column, from.treat == TREAT_KEEP ? NULL : &from, &to, f, &yes);
        if (err == VAULT_ERR_INPUT) {           /* not for such values */
            vault_clear_error();
            err = VAULT_OK;
        }
        if (to.treat == TREAT_DROP)
            break;
    }
    a.step[0] = (struct advice_step){ column, to };
    return err == VAULT_OK && yes ? say(x, f->fact, &a) : err;
}

/* ---- advice on rows ---- */

static vault_err
advise_rows(struct replaying *x, const struct finding *f)
{
    struct advices all = {0};
    vault_err err = advise_fact(&all, &x->ask, f, x->s->several ? NULL : &x->stored);

    for (size_t i = 0; err == VAULT_OK && i < all.n; i++)
        err = say(x, f->fact, &all.advice[i]);
    advices_free(&all);
    return err;
}

/* ---- findings ---- */

static vault_err
take(struct replaying *x, const struct finding *f)
{
    char where[64];
    vault_err err;

    snprintf(where, sizeof where, "%.40s, fact %zu", x->r->p.published, f->fact + 1);
    if (f->kind == REPLAY_NOBODY)
        return release_advise(x->r, "%s: %s", where, f->sentence);
    err = refusal_add(&x->r->refusals, "published", NULL, where, "%s", f->sentence);
    if (err == VAULT_OK)
        err = f->kind == REPLAY_TELLS_MORE ? advise_single(x, f) : advise_rows(x, f);
    return err;
}

static struct sheet
without_pseudonym(const struct release_source *s, const struct sheet *all)
{
    struct sheet part = *all;

    part.column += s->skip;
    part.n_columns -= s->skip;
    return part;
}

static vault_err
judge_source(struct replaying *x)
{
    struct findings f = {0};
    vault_err err;

    x->sheet = without_pseudonym(x->s, &x->s->sheet);
    x->stored = without_pseudonym(x->s, &x->s->stored);
    x->hierarchy = calloc(x->sheet.n_columns + 1, sizeof *x->hierarchy);
    if (x->hierarchy == NULL)
        return err_nomem();
    for (size_t i = 0; i < x->s->n_columns; i++)
        x->hierarchy[i] = x->s->column[i].h;
    x->ask = (struct replay_ask){ .sheet = &x->sheet, .hierarchy = x->hierarchy, .published = &x->known, .k = x->r->p.k, .single_case = x->r->p.single_case };
    err = replay(&f, &x->ask);
    for (size_t i = 0; err == VAULT_OK && i < f.n; i++)
        err = take(x, &f.found[i]);
    findings_free(&f);
    free(x->hierarchy);
    return err;
}

vault_err
release_judge_published(struct release *r)
{
    struct replaying x = { .r = r };
    char *path = NULL;
    vault_err err;

    if (r->p.published == NULL)
        return VAULT_OK;
    err = release_path(r, r->p.published, &path);
    if (err == VAULT_OK)
        err = published_read(&x.known, path);
    for (size_t i = 0; err == VAULT_OK && i < r->n_sources; i++) {
        x.s = &r->source[i];
        if (x.s->kind == SOURCE_ROWS && x.s->sheet.n_rows > 0)
            err = judge_source(&x);
    }
    published_free(&x.known);
    free(path);
    return err;
}
