/*
 * exposed.c - the rows that stand out most, and by what.
 */
#include <stdlib.h>
#include <string.h>

#include "vault/release/advice.h"
#include "vault/release/patterns.h"

struct standing {
    size_t row;
    uint64_t size;
};

static int
by_size(const void *a, const void *b)
{
    const struct standing *x = a, *y = b;

    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static vault_err
find_rows(struct standing *rows, size_t *n, const struct risk_ask *ask)
{
    struct patterns p = { .n = 0 };
    vault_err err = patterns_make(&p, &(struct pattern_ask){ .sheet = ask->sheet, .column = ask->quasi, .n_columns = ask->n_quasi, .suppressed = ask->suppressed });

    *n = 0;
    for (size_t r = 0; err == VAULT_OK && r < p.n_rows; r++)
        if (p.rows[p.of_row[r]] < ask->k)
            rows[(*n)++] = (struct standing){ r, p.rows[p.of_row[r]] };
    patterns_free(&p);
    qsort(rows, *n, sizeof *rows, by_size);
    return err;
}

/* Were column j not there. */
static vault_err
without_column(struct exposed *out, size_t n, const struct risk_ask *ask, size_t j)
{
    size_t *column = malloc((ask->n_quasi + 1) * sizeof *column), left = 0;
    struct patterns p = { .n = 0 };
    vault_err err = VAULT_OK;

    if (column == NULL)
        return err_nomem();
    for (size_t i = 0; i < ask->n_quasi; i++)
        if (i != j)
            column[left++] = ask->quasi[i];
    err = patterns_make(&p, &(struct pattern_ask){ .sheet = ask->sheet, .column = column, .n_columns = left, .suppressed = ask->suppressed });
    for (size_t i = 0; err == VAULT_OK && i < n; i++)
        if (p.rows[p.of_row[out[i].row]] > out[i].without) {
            out[i].without = p.rows[p.of_row[out[i].row]];
            out[i].column = ask->quasi[j];
        }
    patterns_free(&p);
    free(column);
    return err;
}

static vault_err
smallest_sets(struct exposed *out, size_t n, const struct risk_ask *ask, unsigned m)
{
    struct risk_sets s = { .n = 0 };
    vault_err err = risk_sets_measure(&s, ask, m);

    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        const struct risk_set *set = s.smallest[out[i].row] == UINT32_MAX ? NULL : &s.set[s.smallest[out[i].row]];

        for (size_t j = 0; set != NULL && j < set->n; j++)
            out[i].set[out[i].n_set++] = ask->quasi[set->column[j]];
    }
    risk_sets_free(&s);
    return err;
}

vault_err
exposed_rows(struct exposed *out, size_t max, size_t *n, const struct risk_ask *ask, unsigned m)
{
    struct standing *rows = malloc((ask->sheet->n_rows + 1) * sizeof *rows);
    size_t found = 0;
    vault_err err = rows == NULL ? err_nomem() : find_rows(rows, &found, ask);

    *n = found < max ? found : max;
    for (size_t i = 0; err == VAULT_OK && i < *n; i++)
        out[i] = (struct exposed){ .row = rows[i].row, .size = rows[i].size };
    for (size_t j = 0; err == VAULT_OK && *n > 0 && j < ask->n_quasi; j++)
        err = without_column(out, *n, ask, j);
    if (err == VAULT_OK && *n > 0 && m > 0)
        err = smallest_sets(out, *n, ask, m);
    free(rows);
    return err;
}
