/* Risk: known results of other tools, and every measure against a slow reading of its definition on random sheets. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "vault/release/risk.h"

#define DATA "../shared/data/risk/"
#define SHEETS 2000
#define COLUMNS 4
#define ROWS 14
#define PEOPLE 40

/* ---- known results ---- */

static size_t
column(const struct sheet *s, const char *name)
{
    size_t at;

    assert_true(sheet_find_column(s, name, &at));
    return at;
}

static void
set(struct sheet *s, size_t row, size_t col, const char *text)
{
    assert_int_equal(sheet_set(s, row, col, PART(text, strlen(text))), VAULT_OK);
}

static void
rows_are(struct sheet *s, const char *const *quasi, size_t n, const double *weight, enum risk_reading reading, const uint64_t *f, const double *F)
{
    size_t at[8];
    struct risk_ask ask = { .sheet = s, .quasi = at, .n_quasi = n, .sensitive = RISK_NONE, .weight = weight };
    struct risk r;

    for (size_t i = 0; i < n; i++)
        at[i] = column(s, quasi[i]);
    assert_int_equal(risk_measure(&r, &ask), VAULT_OK);
    for (size_t i = 0; i < s->n_rows; i++) {
        assert_int_equal(r.size[reading][i], f[i]);
        assert_true(fabs(r.population[reading][i] - F[i]) < 1e-9);
    }
    risk_free(&r);
}

static void
test_risk__sdcmicro(void **state)
{
    static const char *const quasi[] = { "Key1", "Key2", "Key3", "Key4" };
    struct sheet s;
    double weight[8];

    (void)state;
    if (access(DATA "francdat.csv", R_OK) != 0)
        skip();
    sheet_init(&s);
    assert_int_equal(sheet_read_csv(&s, DATA "francdat.csv", 0), VAULT_OK);
    for (size_t r = 0; r < 8; r++)
        weight[r] = atof(sheet_text(&s, r, column(&s, "w")));
    for (int reading = 0; reading < 2; reading++)
        rows_are(&s, quasi, 4, weight, (enum risk_reading)reading, (uint64_t[]){ 2, 2, 2, 1, 1, 1, 1, 2 },
            (double[]){ 110, 84.5, 84.5, 17, 541, 8, 5, 110 });
    set(&s, 2, column(&s, "Key3"), "*");
    set(&s, 3, column(&s, "Key1"), "");
    set(&s, 3, column(&s, "Key2"), "*");
    set(&s, 4, column(&s, "Key4"), "*");
    set(&s, 5, column(&s, "Key1"), "");
    rows_are(&s, quasi, 4, weight, RISK_LENIENT, (uint64_t[]){ 3, 2, 4, 3, 3, 2, 2, 3 },
        (double[]){ 149, 84.5, 194.5, 563, 566, 549, 22, 149 });
    sheet_free(&s);
}

static void
test_risk__arx(void **state)
{
    struct sheet s;
    size_t at[3];
    struct risk_ask ask = { .sheet = &s, .quasi = at, .n_quasi = 3, .sensitive = RISK_NONE, .k = 2 };
    struct risk r;

    (void)state;
    if (access(DATA "test.csv", R_OK) != 0)
        skip();
    sheet_init(&s);
    assert_int_equal(sheet_read_csv(&s, DATA "test.csv", 0), VAULT_OK);
    at[0] = column(&s, "age");
    at[1] = column(&s, "gender");
    at[2] = column(&s, "zipcode");
    assert_int_equal(risk_measure(&r, &ask), VAULT_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(r.figures[i].classes, 7);
        assert_int_equal(r.figures[i].below_k, 7);
        assert_true(r.figures[i].prosecutor_avg == 1.0);
        assert_false(r.figures[i].has_population);
    }
    risk_free(&r);
    sheet_free(&s);
}

static void
test_risk__linked(void **state)
{
    const double r[] = { 0.5, 0.25 };
    const uint32_t group[] = { 0, 1, 0, UINT32_MAX, 1 };
    const uint64_t size[] = { 2, 1, 4, 1, 10 };
    double of[3];

    (void)state;
    assert_true(fabs(risk_linked(r, 2) - 0.625) < 1e-12);
    assert_true(risk_linked(r, 0) == 0);
    risk_of_groups(of, 3, group, size, 5);
    assert_true(fabs(of[0] - 0.625) < 1e-12);
    assert_true(of[1] == 1);
    assert_true(of[2] == 0);
}

/* ---- the oracle: texts, and loops over loops ---- */

static uint32_t lot;

static uint32_t
draw(uint32_t n)
{
    lot = lot * 1664525u + 1013904223u;
    return (lot >> 8) % n;
}

struct drawn {
    size_t rows, columns, people;
    char cell[ROWS][COLUMNS + 1][4];            /* the last is sensitive */
    char person[PEOPLE][COLUMNS][4];
    double weight[ROWS];
};

static bool
hidden(const char *text)
{
    return text[0] == '\0' || strcmp(text, "*") == 0;
}

static void
value(char out[4], uint32_t of, uint32_t hide)
{
    uint32_t h = draw(100);

    snprintf(out, 4, "%s", h < hide ? "*" : h < hide + 4 ? "" : "x");
    if (out[0] == 'x')
        snprintf(out, 4, "%u", draw(of));
}

/* The first people are those of the rows, before anything was suppressed. */
static void
make(struct drawn *d)
{
    uint32_t of = 2 + draw(3), hide = draw(3) * 20;
    bool all_told = draw(2) == 0;

    *d = (struct drawn){ .rows = 1 + draw(ROWS), .columns = 1 + draw(COLUMNS) };
    d->people = d->rows + draw((uint32_t)(PEOPLE - d->rows));
    for (size_t i = 0; i < d->people; i++)
        for (size_t j = 0; j < d->columns; j++)
            do
                value(d->person[i][j], of, 0);
            while (all_told && hidden(d->person[i][j]));
    for (size_t i = 0; i < d->rows; i++) {
        for (size_t j = 0; j < d->columns; j++) {
            memcpy(d->cell[i][j], d->person[i][j], 4);
            if (draw(100) < hide)
                strcpy(d->cell[i][j], draw(4) == 0 ? "" : "*");
        }
        value(d->cell[i][COLUMNS], 3, hide / 2);
        d->weight[i] = 1 + draw(40) / 4.0;
    }
}

static void
to_sheets(const struct drawn *d, struct sheet *s, struct sheet *people)
{
    char name[2] = "a";

    sheet_init(s);
    sheet_init(people);
    for (size_t j = 0; j < d->columns; j++, name[0]++)
        assert_int_equal(sheet_add_column(s, name, NULL), VAULT_OK);
    assert_int_equal(sheet_add_column(s, "sensitive", NULL), VAULT_OK);
    for (size_t j = d->columns; j-- > 0;) {     /* in another order */
        name[0] = (char)('a' + j);
        assert_int_equal(sheet_add_column(people, name, NULL), VAULT_OK);
    }
    for (size_t i = 0; i < d->rows; i++) {
        assert_int_equal(sheet_add_row(s), VAULT_OK);
        for (size_t j = 0; j < d->columns; j++)
            set(s, i, j, d->cell[i][j]);
        set(s, i, d->columns, d->cell[i][COLUMNS]);
    }
    for (size_t i = 0; i < d->people; i++) {
        assert_int_equal(sheet_add_row(people), VAULT_OK);
        for (size_t j = 0; j < d->columns; j++)
            set(people, i, d->columns - 1 - j, d->person[i][j]);
    }
}

/* One bit for each column. */
static unsigned
hides(const char row[][4], unsigned columns)
{
    unsigned mask = 0;

    for (unsigned j = 0; j < COLUMNS; j++)
        if (columns >> j & 1 && hidden(row[j]))
            mask |= 1u << j;
    return mask;
}

static bool
agree(const char a[][4], const char b[][4], unsigned columns)
{
    for (unsigned j = 0; j < COLUMNS; j++)
        if (columns >> j & 1 && strcmp(a[j], b[j]) != 0)
            return false;
    return true;
}

static bool
fit(const char a[][4], const char b[][4], unsigned columns, bool lenient)
{
    return agree(a, b, lenient ? columns & ~hides(a, columns) & ~hides(b, columns) : columns);
}

static double
oracle_F(const struct drawn *d, size_t i, unsigned all, bool lenient, uint64_t f)
{
    double n = 0;

    for (size_t p = 0; p < d->people; p++) {
        bool counts = lenient ? fit(d->cell[i], d->person[p], all, true) : agree(d->cell[i], d->person[p], all & ~hides(d->cell[i], all));

        for (size_t r = 0; r < d->rows && counts && !lenient; r++) {
            unsigned more = hides(d->cell[r], all), mine = hides(d->cell[i], all);

            if (more != mine && (more & ~mine) == 0 && agree(d->cell[r], d->person[p], all & ~more))
                counts = false;
        }
        n += counts;
    }
    return !lenient && n < (double)f ? (double)f : n;
}

struct told {
    double l, entropy, t;
};

static struct told
oracle_sensitive(const struct drawn *d, size_t i, unsigned all, bool lenient)
{
    static const char *const text[] = { "", "*", "0", "1", "2" };
    double in[5] = { 0 }, whole[5] = { 0 }, n = 0, n_whole = 0, unknown = 0;
    struct told told = { 0, 0, 0 };
    int best = -1;

    for (size_t r = 0; r < d->rows; r++)
        for (int v = 0; v < 5; v++)
            if (strcmp(d->cell[r][COLUMNS], text[v]) == 0) {
                bool same = fit(d->cell[i], d->cell[r], all, lenient);

                if (lenient && v < 2) {
                    unknown += same;
                    continue;
                }
                whole[v]++;
                n_whole++;
                in[v] += same;
                n += same;
            }
    for (int v = 0; v < 5; v++) {
        told.l += in[v] > 0;
        if (n > 0)
            told.t += fabs(in[v] / n - whole[v] / n_whole) / 2;
        if (best < 0 || in[v] > in[best])
            best = v;
    }
    in[best] += unknown;
    for (int v = 0; v < 5; v++)
        if (in[v] > 0)
            told.entropy -= in[v] / (n + unknown) * log(in[v] / (n + unknown));
    told.l = told.l < 1 ? 1 : told.l;
    told.entropy = exp(told.entropy);
    return told;
}

static bool
near(double a, double b)
{
    return fabs(a - b) < 1e-9 * (1 + fabs(b));
}

static void
compare(const struct drawn *d, const struct risk *r, enum risk_reading reading, bool with_people, uint32_t k)
{
    const struct risk_figures *g = &r->figures[reading];
    bool lenient = reading == RISK_LENIENT;
    unsigned all = (1u << d->columns) - 1;
    double one_f = 0, one_F = 0, least_F = 1e9, delta = 0, least_l = 9, least_e = 9, t = 0, least_delta = 1;
    uint64_t unique = 0, below = 0, least = UINT64_MAX;

    for (size_t i = 0; i < d->rows; i++) {
        struct told told = oracle_sensitive(d, i, all, lenient);
        uint64_t f = 0;
        double F = 0, part;

        for (size_t b = 0; b < d->rows; b++)
            if (fit(d->cell[i], d->cell[b], all, lenient)) {
                f++;
                F += d->weight[b];
            }
        if (with_people)
            F = oracle_F(d, i, all, lenient, f);
        assert_int_equal(r->size[reading][i], f);
        assert_true(near(r->population[reading][i], F));
        one_f += 1 / (double)f;
        one_F += 1 / F;
        unique += f == 1;
        below += f < k;
        least = f < least ? f : least;
        least_F = fmin(F, least_F);
        part = fmin((double)f / F, 1);
        delta = fmax(part, delta);
        least_delta = fmin(part, least_delta);
        least_l = fmin(told.l, least_l);
        least_e = fmin(told.entropy, least_e);
        t = fmax(told.t, t);
    }
    for (size_t p = 0; with_people && p < d->people; p++) {
        bool any = false;

        for (size_t i = 0; i < d->rows && !any; i++)
            any = lenient ? fit(d->cell[i], d->person[p], all, true) : agree(d->cell[i], d->person[p], all & ~hides(d->cell[i], all));
        least_delta = any ? least_delta : 0;
    }
    assert_int_equal(g->records, d->rows);
    assert_int_equal(g->unique, unique);
    assert_int_equal(g->below_k, below);
    assert_int_equal(g->min_class, least);
    assert_true(near(g->avg_class, (double)d->rows / one_f));
    assert_true(lenient || near(g->avg_class, (double)d->rows / (double)g->classes));
    assert_true(near(g->prosecutor_avg, one_f / (double)d->rows));
    assert_true(near(g->prosecutor_max, 1 / (double)least));
    assert_true(near(g->k_map_min, least_F) && near(g->journalist_max, 1 / least_F));
    assert_true(near(g->marketer, one_F / (double)d->rows));
    assert_true(near(g->delta_max, delta) && near(g->delta_min, least_delta));
    assert_int_equal(g->l_distinct_min, (uint64_t)least_l);
    assert_true(near(g->l_entropy_min, least_e));
    assert_true(near(g->t_max, t));
}

static void
compare_sets(const struct drawn *d, const struct risk_sets *s, unsigned m)
{
    uint64_t sets = 0, unique[2] = { 0, 0 };

    for (unsigned set_of = 1; set_of < 1u << d->columns; set_of++)
        sets += (unsigned)__builtin_popcount(set_of) <= m;
    assert_int_equal(s->n, sets);
    for (size_t x = 0; x < s->n; x++) {
        unsigned columns = 0;

        for (size_t j = 0; j < s->set[x].n; j++)
            columns |= 1u << s->set[x].column[j];
        for (int lenient = 0; lenient < 2; lenient++) {
            enum risk_reading reading = lenient ? RISK_LENIENT : RISK_STRICT;
            uint64_t least = UINT64_MAX, alone = 0;

            for (size_t i = 0; i < d->rows; i++) {
                uint64_t f = 0;

                for (size_t b = 0; b < d->rows; b++)
                    f += fit(d->cell[i], d->cell[b], columns, lenient);
                if (f == 1 && !lenient)
                    assert_true(s->smallest[i] < s->n && s->set[s->smallest[i]].n <= s->set[x].n);
                least = f < least ? f : least;
                alone += f == 1;
                assert_true(f != 1 || s->of_row[i] >> reading & 1);
            }
            assert_int_equal(s->set[x].min[reading], least);
            assert_int_equal(s->set[x].unique[reading], alone);
        }
    }
    for (size_t i = 0; i < d->rows; i++) {
        assert_int_equal(s->smallest[i] != UINT32_MAX, s->of_row[i] >> RISK_STRICT & 1);
        for (int r = 0; r < 2; r++)
            unique[r] += s->of_row[i] >> r & 1;
    }
    assert_int_equal(s->unique[0], unique[0]);
    assert_int_equal(s->unique[1], unique[1]);
}

static void
test_risk__against_the_definition(void **state)
{
    static struct drawn d;

    (void)state;
    lot = 4;
    for (int i = 0; i < SHEETS; i++) {
        size_t at[COLUMNS] = { 0, 1, 2, 3 };
        struct sheet s, people;
        struct risk_ask ask = { .sheet = &s, .quasi = at, .k = 1 + draw(4) };
        struct risk_sets sets;
        struct risk r;
        unsigned m = 1 + draw(4);
        bool with_people = draw(2) == 0;

        make(&d);
        to_sheets(&d, &s, &people);
        ask.n_quasi = d.columns;
        ask.sensitive = d.columns;
        ask.weight = d.weight;
        ask.population = with_people ? &people : NULL;
        assert_int_equal(risk_measure(&r, &ask), VAULT_OK);
        compare(&d, &r, RISK_LENIENT, with_people, ask.k);
        compare(&d, &r, RISK_STRICT, with_people, ask.k);
        risk_free(&r);
        assert_int_equal(risk_sets_measure(&sets, &ask, m), VAULT_OK);
        compare_sets(&d, &sets, m);
        risk_sets_free(&sets);
        sheet_free(&s);
        sheet_free(&people);
    }
}

/* ---- refusals ---- */

static void
test_risk__too_few_people(void **state)
{
    static const char *const row[] = { "a", "a", "b" }, *const few[] = { "a", "b", "b" };
    struct sheet s, people;
    size_t at[] = { 0 };
    struct risk_ask ask = { .sheet = &s, .quasi = at, .n_quasi = 1, .sensitive = RISK_NONE, .population = &people };
    struct risk r;

    (void)state;
    sheet_init(&s);
    sheet_init(&people);
    assert_int_equal(sheet_add_column(&s, "x", NULL), VAULT_OK);
    assert_int_equal(sheet_add_column(&people, "x", NULL), VAULT_OK);
    assert_int_equal(risk_measure(&r, &ask), VAULT_ERR_INPUT);          /* no rows */
    risk_free(&r);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(sheet_add_row(&s), VAULT_OK);
        set(&s, i, 0, row[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(risk_measure(&r, &ask), VAULT_ERR_INPUT);      /* fewer rows */
        assert_int_equal(r.at_row, RISK_NONE);
        risk_free(&r);
        assert_int_equal(sheet_add_row(&people), VAULT_OK);
        set(&people, i, 0, few[i]);
    }
    assert_int_equal(risk_measure(&r, &ask), VAULT_ERR_INPUT);          /* two rows look like a, and one person does */
    assert_int_equal(r.at_row, 0);
    risk_free(&r);
    set(&people, 1, 0, "a");
    assert_int_equal(risk_measure(&r, &ask), VAULT_OK);
    risk_free(&r);
    sheet_free(&s);
    sheet_free(&people);
}

static void
test_risk__too_many_sets(void **state)
{
    struct sheet s;
    size_t at[200];
    struct risk_ask ask = { .sheet = &s, .quasi = at, .n_quasi = 200, .sensitive = RISK_NONE };
    struct risk_sets sets;
    char name[8];

    (void)state;
    sheet_init(&s);
    for (size_t i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "c%zu", i);
        at[i] = i;
        assert_int_equal(sheet_add_column(&s, name, NULL), VAULT_OK);
    }
    assert_int_equal(sheet_add_row(&s), VAULT_OK);
    assert_int_equal(risk_sets_measure(&sets, &ask, 3), VAULT_ERR_INPUT);
    risk_sets_free(&sets);
    assert_int_equal(risk_sets_measure(&sets, &ask, 0), VAULT_ERR_INPUT);
    risk_sets_free(&sets);
    assert_int_equal(risk_sets_measure(&sets, &ask, 2), VAULT_OK);
    assert_int_equal(sets.n, 200 + 200 * 199 / 2);
    risk_sets_free(&sets);
    sheet_free(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_risk__sdcmicro),
        cmocka_unit_test(test_risk__arx),
        cmocka_unit_test(test_risk__linked),
        cmocka_unit_test(test_risk__against_the_definition),
        cmocka_unit_test(test_risk__too_few_people),
        cmocka_unit_test(test_risk__too_many_sets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
