/* release_published.c - what readers know already, laid beside the rows: see release.h and release/published.h. */
#include "vault/release.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/release/published.h"
#include "vault/release/treat.h"

#define STEPS_MAX 12u                   /* coarser treatments of one field that are tried */

struct replaying {
    struct release *r;
    struct release_source *s;
    struct sheet sheet;                 /* its columns but the pseudonym, which no newspaper prints; borrowed */
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

/* ---- advice: which field, coarsened how ---- */

/* Is what was found of a fact gone once this column is coarsened? Of a single case each column answers for itself. */
static bool
remains(const struct finding *found, const struct finding *now, size_t column)
{
    return now->fact == found->fact && now->kind == found->kind && (now->kind != REPLAY_TELLS_MORE || now->field[0] == column);
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
    *yes = to->treat == TREAT_DROP || tells_anything(&trial);
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

static vault_err
say_step(struct replaying *x, const struct finding *f, const struct release_column *c, const struct treatment *to)
{
    struct buf json = BUF_INIT;
    vault_err err = treat_json(&json, to, file_of(x, c));

    if (err == VAULT_OK && buf_cstr(&json) == NULL)
        err = err_nomem();
    if (err == VAULT_OK)
        err = release_advise(x->r, "published fact %zu: \"%s\": %s in rows of %s is enough", f->fact + 1, c->f->name, (const char *)json.p, x->s->type->name);
    buf_free(&json);
    return err;
}

/* The least coarsening of one field that is enough. */
static vault_err
advise(struct replaying *x, const struct finding *f, size_t column)
{
    const struct release_column *c = &x->s->column[column];
    const struct sheet_column *sc = &x->sheet.column[column];
    const struct treatment from = { .treat = c->treat, .arg = c->arg, .h = c->h };
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
    return err == VAULT_OK && yes ? say_step(x, f, c, &to) : err;
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
    for (size_t i = 0; err == VAULT_OK && i < f->n_fields; i++)
        err = advise(x, f, f->field[i]);
    return err;
}

static vault_err
judge_source(struct replaying *x)
{
    struct findings f = {0};
    vault_err err;

    x->sheet = x->s->sheet;
    x->sheet.column += x->s->skip;
    x->sheet.n_columns -= x->s->skip;
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
