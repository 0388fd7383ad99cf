/*
 * replay.c - facts laid beside rows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vault/release/published.h"

#define ALL_FIELDS ((uint32_t)-1)
#define UNTOLD_SCANS_MAX 4096u

/* One field of a fact that is a column of the sheet: how each value of the column fits. */
struct laid {
    size_t column, field;
    enum fit *fit;
};
struct fact {
    struct laid laid[PUBLISHED_FIELDS_MAX];
    size_t n;
};

static void
fact_free(struct fact *f)
{
    for (size_t i = 0; i < f->n; i++)
        free(f->laid[i].fit);
    f->n = 0;
}

static const struct hierarchy *
hierarchy_of(const struct replay_ask *ask, size_t column)
{
    return ask->hierarchy == NULL ? NULL : ask->hierarchy[column];
}

static vault_err
fact_make(struct fact *f, const struct replay_ask *ask, size_t number)
{
    const struct published_fact *p = &ask->published->fact[number];
    vault_err err = VAULT_OK;

    f->n = 0;
    for (size_t i = 0; err == VAULT_OK && i < p->n_fields; i++) {
        struct laid *l = &f->laid[f->n];
        const struct sheet_column *c;

        if (!sheet_find_column(ask->sheet, p->field[i].name, &l->column))
            continue;
        c = &ask->sheet->column[l->column];
        l->field = i;
        l->fit = calloc((size_t)c->n_values + 1, sizeof *l->fit);
        f->n++;
        err = l->fit == NULL ? err_nomem() : replay_fit(l->fit, c, hierarchy_of(ask, l->column), p->field[i].text);
    }
    return err;
}

/* ---- readings ---- */

#define NO_VALUE UINT32_MAX
#define NOT_ONE (UINT32_MAX - 1)         /* a value that no cell has: a reader may know that it is none of those shown */

/* Which fits count as one. Of a field of which nobody can tell, perhaps one value (and what surely fits): a reader may know. */
struct reading {
    uint32_t fields;            /* those that are looked at, a bit each */
    enum fit least;
    uint32_t value[PUBLISHED_FIELDS_MAX];       /* or NO_VALUE */
};

static struct reading
plain_reading(uint32_t fields, enum fit least)
{
    struct reading g = { .fields = fields, .least = least };

    for (size_t i = 0; i < PUBLISHED_FIELDS_MAX; i++)
        g.value[i] = NO_VALUE;
    return g;
}

static bool
row_fits(const struct fact *f, const struct sheet *s, size_t row, const struct reading *g)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct laid *l = &f->laid[i];
        uint32_t v = s->column[l->column].cell[row];

        if ((g->fields >> i & 1) == 0)
            continue;
        if (g->value[i] == NO_VALUE ? l->fit[v] < g->least : l->fit[v] != FIT_YES && v != g->value[i])
            return false;
    }
    return true;
}

static size_t
count(const struct fact *f, const struct sheet *s, const struct reading *g)
{
    size_t n = 0;

    for (size_t r = 0; r < s->n_rows; r++)
        n += row_fits(f, s, r, g);
    return n;
}

/* ---- what a reader may know and we do not ---- */

static void
take_least(size_t *least, size_t n)
{
    if (n > 0 && (*least == 0 || n < *least))
        *least = n;
}

/* Fields with values of which nobody can tell. */
struct untold {
    const struct fact *f;
    const struct sheet *s;
    size_t field[PUBLISHED_FIELDS_MAX];
    size_t n;
    size_t left;                /* scans of the rows that may still be made */
    size_t least;               /* the fewest rows so far; 0: none yet */
};

/* For each untold value of field i: how many rows are left, were it that one. One scan for all of them. */
static vault_err
scan_last(struct untold *u, const struct reading *chosen, size_t i)
{
    const struct laid *l = &u->f->laid[i];
    const struct sheet_column *c = &u->s->column[l->column];
    struct reading g = *chosen;
    size_t *rows = calloc((size_t)c->n_values + 1, sizeof *rows), sure = 0;

    if (rows == NULL)
        return err_nomem();
    g.fields &= ~((uint32_t)1 << i);
    for (size_t r = 0; r < u->s->n_rows; r++)
        if (row_fits(u->f, u->s, r, &g)) {
            rows[c->cell[r]]++;
            sure += l->fit[c->cell[r]] == FIT_YES;
        }
    for (uint32_t v = 0; v < c->n_values; v++)
        if (l->fit[v] == FIT_UNTOLD && rows[v] + sure > 0 && (u->least == 0 || rows[v] + sure < u->least))
            u->least = rows[v] + sure;
    take_least(&u->least, sure);
    free(rows);
    return VAULT_OK;
}

/* Fields from `at` on are still to be chosen; at most PUBLISHED_FIELDS_MAX deep. */
static vault_err
choose(struct untold *u, struct reading *g, size_t at)
{
    const struct laid *l = &u->f->laid[u->field[at]];
    vault_err err = VAULT_OK;

    if (at + 1 == u->n)
        return u->left-- == 0 ? err_say(VAULT_ERR_INPUT, "write places with their countries, and words as the hierarchies have them",
            "too many fields of which nobody can tell what they fit") : scan_last(u, g, u->field[at]);
    g->value[u->field[at]] = NOT_ONE;
    err = choose(u, g, at + 1);
    for (uint32_t v = 0; err == VAULT_OK && v < u->s->column[l->column].n_values; v++)
        if (l->fit[v] == FIT_UNTOLD) {
            g->value[u->field[at]] = v;
            err = choose(u, g, at + 1);
        }
    g->value[u->field[at]] = NO_VALUE;
    return err;
}

static vault_err
choose_all(size_t *least, const struct fact *f, const struct sheet *s, uint32_t fields)
{
    struct untold u = { .f = f, .s = s, .left = UNTOLD_SCANS_MAX };
    struct reading g = plain_reading(fields, FIT_UNTOLD);
    vault_err err = VAULT_OK;

    for (size_t i = 0; i < f->n; i++)
        for (uint32_t v = 0; (fields >> i & 1) != 0 && v < s->column[f->laid[i].column].n_values; v++)
            if (f->laid[i].fit[v] == FIT_UNTOLD) {
                u.field[u.n++] = i;
                break;
            }
    if (u.n > 0)
        err = choose(&u, &g, 0);
    *least = u.least;
    return err;
}

/* ---- all readings ---- */

/* 0: none leaves a row. *knows: the least comes of what only a reader may know. */
static vault_err
least_rows(size_t *least, bool *knows, const struct fact *f, const struct sheet *s, uint32_t fields)
{
    static const enum fit from[] = { FIT_YES, FIT_LOOSE, FIT_UNTOLD };
    size_t chosen = 0, n = 0;
    vault_err err;

    *least = 0;
    for (size_t i = 0; i < sizeof from / sizeof from[0]; i++) {
        struct reading g = plain_reading(fields, from[i]);

        n = count(f, s, &g);
        take_least(least, n);
    }
    err = choose_all(&chosen, f, s, fields);
    take_least(least, chosen);
    *knows = *least < n;
    return err;
}

vault_err
replay_candidates(size_t *out, const struct replay_ask *ask, size_t number)
{
    struct fact f = { .n = 0 };
    bool knows;
    vault_err err = fact_make(&f, ask, number);

    if (err == VAULT_OK)
        err = least_rows(out, &knows, &f, ask->sheet, ALL_FIELDS);
    fact_free(&f);
    return err;
}

/* ---- findings ---- */

static vault_err
add_finding(struct findings *out, const struct finding *one)
{
    struct finding *more = array_room(out->found, out->n, &out->cap, sizeof *more);

    if (more == NULL)
        return err_nomem();
    out->found = more;
    out->found[out->n++] = *one;
    return VAULT_OK;
}

static void
name_fields(char *text, size_t room, const struct finding *one, const struct sheet *s)
{
    size_t at = strlen(text);

    for (size_t i = 0; i < one->n_fields && at + 1 < room; i++) {
        int n = snprintf(text + at, room - at, "%s%.40s", i == 0 ? "" : i + 1 == one->n_fields ? " and " : ", ", s->column[one->field[i]].name);

        at += n < 0 ? 0 : (size_t)n;
    }
}

/* Takes fields away one after the other as long as too few rows are left without them. */
static vault_err
isolating(struct finding *one, const struct replay_ask *ask, const struct fact *f)
{
    uint32_t fields = (uint32_t)(((uint64_t)1 << f->n) - 1);
    bool knows;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < f->n; i++) {
        uint32_t fewer = fields & ~((uint32_t)1 << i);
        size_t n = 0;

        if (fewer != 0)
            err = least_rows(&n, &knows, f, ask->sheet, fewer);
        if (err == VAULT_OK && n > 0 && n < ask->k)
            fields = fewer;
    }
    for (size_t i = 0; i < f->n; i++)
        if (fields >> i & 1)
            one->field[one->n_fields++] = f->laid[i].column;
    return err;
}

static vault_err
judge_count(struct findings *out, const struct replay_ask *ask, const struct fact *f, size_t number)
{
    struct finding one = { .kind = REPLAY_ISOLATES, .fact = number, .row = SIZE_MAX };
    bool knows;
    vault_err err = least_rows(&one.candidates, &knows, f, ask->sheet, ALL_FIELDS);

    if (err != VAULT_OK || f->n == 0 || one.candidates == 0 || one.candidates >= ask->k)
        return err;
    err = isolating(&one, ask, f);
    if (err != VAULT_OK)
        return err;
    (void)snprintf(one.sentence, sizeof one.sentence, "published fact %zu leaves %zu of %zu rows%s by ", number + 1, one.candidates, ask->sheet->n_rows,
        knows ? " (if a reader knows what we cannot tell)" : "");
    name_fields(one.sentence, sizeof one.sentence, &one, ask->sheet);
    return add_finding(out, &one);
}

/* A field that no row fits may be written in other words than the release: then the fact guards nothing. */
static vault_err
judge_words(struct findings *out, const struct replay_ask *ask, const struct fact *f, size_t number)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < f->n; i++) {
        struct finding one = { .kind = REPLAY_NOBODY, .fact = number, .row = SIZE_MAX, .field = { f->laid[i].column }, .n_fields = 1 };
        struct reading g = plain_reading((uint32_t)1 << i, FIT_UNTOLD);

        if (count(f, ask->sheet, &g) > 0)
            continue;
        (void)snprintf(one.sentence, sizeof one.sentence, "no row fits %.60s of published fact %zu: is it written as in the release?",
            ask->sheet->column[f->laid[i].column].name, number + 1);
        err = add_finding(out, &one);
    }
    return err;
}

/* ---- single cases ---- */

/* What all facts that fit the row tell of a column, beside its cell. */
static vault_err
is_news(bool *out, const struct replay_ask *ask, const struct fact *facts, size_t row, size_t column)
{
    const struct sheet_column *c = &ask->sheet->column[column];
    const struct reading any = plain_reading(ALL_FIELDS, FIT_UNTOLD);
    const char *cell = sheet_text(ask->sheet, row, column);
    vault_err err = VAULT_OK;

    *out = cell[0] != '\0' && strcmp(cell, SHEET_SUPPRESSED) != 0 && c->treat != TREAT_PSEUDONYM && c->treat != TREAT_DROP;
    for (size_t n = 0; err == VAULT_OK && *out && n < ask->published->n; n++) {
        const struct published_fact *p = &ask->published->fact[n];

        if (facts[n].n == 0 || !row_fits(&facts[n], ask->sheet, row, &any))
            continue;
        for (size_t i = 0; err == VAULT_OK && *out && i < p->n_fields; i++)
            if (strcmp(p->field[i].name, c->name) == 0)
                err = replay_tells_more(out, c, hierarchy_of(ask, column), p->field[i].text, cell);
    }
    return err;
}

static vault_err
judge_row(struct findings *out, const struct replay_ask *ask, const struct fact *facts, size_t row)
{
    const struct reading any = plain_reading(ALL_FIELDS, FIT_UNTOLD);
    struct finding one = { .kind = REPLAY_TELLS_MORE, .candidates = 1, .row = row, .n_fields = 1 };
    vault_err err = VAULT_OK;

    while (one.fact < ask->published->n && (facts[one.fact].n == 0 || !row_fits(&facts[one.fact], ask->sheet, row, &any)))
        one.fact++;
    for (size_t c = 0; err == VAULT_OK && one.fact < ask->published->n && c < ask->sheet->n_columns; c++) {
        bool news;

        err = is_news(&news, ask, facts, row, c);
        if (err != VAULT_OK || !news)
            continue;
        one.field[0] = c;
        (void)snprintf(one.sentence, sizeof one.sentence, "row %zu fits published fact %zu, and its %.60s tells more than was known", row + 1, one.fact + 1,
            ask->sheet->column[c].name);
        err = add_finding(out, &one);
    }
    return err;
}

/* ---- all ---- */

static vault_err
replay_single(struct findings *out, const struct replay_ask *ask)
{
    struct fact *facts = calloc(ask->published->n + 1, sizeof *facts);
    vault_err err = facts == NULL ? err_nomem() : VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < ask->published->n; i++)
        err = fact_make(&facts[i], ask, i);
    for (size_t r = 0; err == VAULT_OK && r < ask->sheet->n_rows; r++)
        err = judge_row(out, ask, facts, r);
    for (size_t i = 0; facts != NULL && i < ask->published->n; i++)
        fact_free(&facts[i]);
    free(facts);
    return err;
}

vault_err
replay(struct findings *out, const struct replay_ask *ask)
{
    vault_err err = VAULT_OK;

    *out = (struct findings){ 0 };
    if (ask->single_case)
        return replay_single(out, ask);
    for (size_t i = 0; err == VAULT_OK && i < ask->published->n; i++) {
        struct fact f = { .n = 0 };

        err = fact_make(&f, ask, i);
        if (err == VAULT_OK)
            err = judge_count(out, ask, &f, i);
        if (err == VAULT_OK)
            err = judge_words(out, ask, &f, i);
        if (err == VAULT_ERR_INPUT)
            err_prefix("published fact %zu: ", i + 1);
        fact_free(&f);
    }
    return err;
}

void
findings_free(struct findings *f)
{
    free(f->found);
    *f = (struct findings){ 0 };
}
