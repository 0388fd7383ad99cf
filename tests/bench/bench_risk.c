/* Risk: 30,000 rows with nine quasi-identifiers, without and with suppressed cells; and 100,000. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vault/release/risk.h"

#define COLUMNS 9u

static uint64_t lot = 11;

static uint32_t
draw(uint32_t n)
{
    lot = lot * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((lot >> 33) % n);
}

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
need(vault_err err)
{
    if (err == VAULT_OK)
        return;
    fprintf(stderr, "%s\n", vault_last_error()->text);
    exit(1);
}

/* Columns of 2 to 100 values, the common ones more often; the tenth is sensitive. */
static void
fill(struct sheet *s, size_t rows, unsigned hidden_percent)
{
    static const uint32_t values[] = { 2, 100, 12, 60, 5, 30, 3, 20, 8, 40 };
    char text[16];

    sheet_init(s);
    for (size_t j = 0; j <= COLUMNS; j++) {
        snprintf(text, sizeof text, "c%zu", j);
        need(sheet_add_column(s, text, NULL));
    }
    for (size_t r = 0; r < rows; r++) {
        need(sheet_add_row(s));
        for (size_t j = 0; j <= COLUMNS; j++) {
            uint32_t v = draw(values[j]);

            snprintf(text, sizeof text, draw(100) < hidden_percent && j < COLUMNS ? "*" : "%u", draw(3) == 0 ? v : draw(v + 1));
            need(sheet_set(s, r, j, PART(text, strlen(text))));
        }
    }
}

static void
measure(size_t rows, size_t people_rows, unsigned hidden_percent)
{
    size_t quasi[COLUMNS];
    struct sheet s, people;
    struct risk_ask ask = { .sheet = &s, .quasi = quasi, .n_quasi = COLUMNS, .sensitive = RISK_NONE, .k = 10 };
    struct risk_sets sets;
    struct risk r;
    double t0, t1, t2;

    for (size_t j = 0; j < COLUMNS; j++)
        quasi[j] = j;
    fill(&s, rows, hidden_percent);
    fill(&people, people_rows, 0);
    for (size_t i = 0; i < rows; i++)           /* everybody is in the population */
        for (size_t j = 0; j < COLUMNS; j++) {
            const char *text = sheet_text(&s, i, j);

            if (strcmp(text, "*") != 0)
                need(sheet_set(&people, i, j, PART(text, strlen(text))));
        }
    t0 = now();
    need(risk_measure(&r, &ask));
    t1 = now();
    risk_free(&r);
    ask.sensitive = COLUMNS;
    ask.population = &people;
    need(risk_measure(&r, &ask));
    need(risk_sets_measure(&sets, &ask, 3));
    t2 = now();
    printf("%6zu rows, %2u%% of cells suppressed: sizes of classes %6.3f s (promised for 30000: 1), all with m = 3 %6.3f s (5); "
        "%llu unique, %llu on some set\n", rows, hidden_percent, t1 - t0, t2 - t1, (unsigned long long)r.figures[RISK_STRICT].unique,
        (unsigned long long)sets.unique[RISK_STRICT]);
    risk_free(&r);
    risk_sets_free(&sets);
    sheet_free(&s);
    sheet_free(&people);
}

int
main(void)
{
    measure(30000, 60000, 0);
    measure(30000, 60000, 2);
    measure(30000, 60000, 30);
    measure(100000, 200000, 2);
    return 0;
}
