/*
 * risk_sets.c - rows that are unique on some set of at most m quasi-identifiers.
 *
 * Sets are walked in depth. The classes of a set are those of the set without its last column, split by that column; so each costs one pass over the
 * rows. Only a set in which cells are suppressed is compared leniently as well (patterns.h); else both readings are one.
 */
#include <stdlib.h>
#include <string.h>

#include "vault/release/patterns.h"
#include "vault/release/risk.h"
#include "vault/release/finder.h"

struct level {
    uint32_t *class_of;         /* of each row */
    bool suppressed;            /* some cell is, in these columns */
};

struct walk {
    const struct risk_ask *ask;
    struct risk_sets *out;
    unsigned m;
    size_t rows, cap;
    struct level level[RISK_M_MAX + 1];
    uint32_t *size;             /* of each class of the level at hand */
    struct finder t;
    uint64_t *key;              /* of each class: that of the level above, and the value */
    uint8_t *has_suppressed;    /* of each column of ask */
    uint16_t chosen[RISK_M_MAX];
};

/* Returns the number of classes. */
static uint32_t
split(struct walk *w, unsigned depth, const uint32_t *cell)
{
    const uint32_t *above = w->level[depth - 1].class_of;
    uint32_t *class_of = w->level[depth].class_of, n = 0, there;

    table_clear(&w->t);
    for (size_t r = 0; r < w->rows; r++) {
        uint64_t key = (uint64_t)above[r] << 32 | cell[r];
        size_t at;

        for (at = finder_begin(&w->t, finder_mix(0, key)); (there = finder_at(&w->t, at)) != 0; at = finder_next(&w->t, at))
            if (w->key[there - 1] == key)
                break;
        if (there == 0) {
            there = ++n;
            finder_put(&w->t, at, n - 1);
            w->key[n - 1] = key;
            w->size[n - 1] = 0;
        }
        class_of[r] = there - 1;
        w->size[there - 1]++;
    }
    return n;
}

static void
note_row(struct walk *w, struct risk_set *s, enum risk_reading reading, size_t row, uint64_t size)
{
    uint8_t bit = (uint8_t)(1u << reading);
    uint32_t *smallest = &w->out->smallest[row];

    s->min[reading] = size < s->min[reading] ? size : s->min[reading];
    if (size != 1)
        return;
    s->unique[reading]++;
    if (reading == RISK_STRICT && (*smallest == UINT32_MAX || w->out->set[*smallest].n > s->n))
        *smallest = (uint32_t)(w->out->n - 1);
    if ((w->out->of_row[row] & bit) == 0)
        w->out->unique[reading]++;
    w->out->of_row[row] |= bit;
}

static vault_err
lenient(struct walk *w, struct risk_set *s)
{
    size_t column[RISK_M_MAX];
    struct pattern_ask as = { .sheet = w->ask->sheet, .column = column, .n_columns = s->n, .suppressed = w->ask->suppressed };
    struct patterns p = { .n = 0 };
    uint64_t *rows = NULL;
    vault_err err;

    for (size_t i = 0; i < s->n; i++)
        column[i] = w->ask->quasi[s->column[i]];
    err = patterns_make(&p, &as);
    if (err == VAULT_OK) {
        rows = malloc(((size_t)p.n + 1) * sizeof *rows);
        err = rows == NULL ? err_nomem() : patterns_fit(&p, &p, rows, NULL);
    }
    for (size_t r = 0; err == VAULT_OK && r < w->rows; r++)
        note_row(w, s, RISK_LENIENT, r, rows[p.of_row[r]]);
    free(rows);
    patterns_free(&p);
    return err;
}

static vault_err
judge_set(struct walk *w, unsigned depth)
{
    struct risk_set *more = array_room(w->out->set, w->out->n, &w->cap, sizeof *more), *s;
    const uint32_t *class_of = w->level[depth].class_of;

    if (more == NULL)
        return err_nomem();
    w->out->set = more;
    s = &w->out->set[w->out->n++];
    *s = (struct risk_set){ .n = (uint8_t)depth, .min = { UINT64_MAX, UINT64_MAX } };
    memcpy(s->column, w->chosen, depth * sizeof *s->column);
    for (size_t r = 0; r < w->rows; r++) {
        note_row(w, s, RISK_STRICT, r, w->size[class_of[r]]);
        if (!w->level[depth].suppressed)
            note_row(w, s, RISK_LENIENT, r, w->size[class_of[r]]);
    }
    return w->level[depth].suppressed ? lenient(w, s) : VAULT_OK;
}

/* At most RISK_M_MAX deep. */
static vault_err
deeper(struct walk *w, unsigned depth, size_t from)
{
    vault_err err = VAULT_OK;

    for (size_t j = from; err == VAULT_OK && j < w->ask->n_quasi; j++) {
        w->chosen[depth - 1] = (uint16_t)j;
        w->level[depth].suppressed = w->level[depth - 1].suppressed || w->has_suppressed[j];
        (void)split(w, depth, w->ask->sheet->column[w->ask->quasi[j]].cell);
        err = judge_set(w, depth);
        if (err == VAULT_OK && depth < w->m)
            err = deeper(w, depth + 1, j + 1);
    }
    return err;
}

/* ---- before and after ---- */

static vault_err
count_sets(size_t columns, unsigned m, size_t rows)
{
    double sets = 0, choose = 1;

    if (m == 0 || m > RISK_M_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "m, the number of quasi-identifiers that somebody knows, is from 1 to %u", RISK_M_MAX);
    for (unsigned i = 1; i <= m && i <= columns; i++) {
        choose = choose * (double)(columns - i + 1) / i;
        sets += choose;
    }
    if (sets > RISK_SETS_MAX || sets * (double)rows > (double)RISK_SETS_WORK_MAX)
        return err_say(VAULT_ERR_INPUT, "a smaller m, or fewer quasi-identifiers", "%.0f sets of quasi-identifiers are too many for %zu rows", sets, rows);
    return VAULT_OK;
}

static vault_err
find_suppressed(struct walk *w)
{
    for (size_t j = 0; j < w->ask->n_quasi; j++) {
        const struct sheet_column *c = &w->ask->sheet->column[w->ask->quasi[j]];
        uint8_t *is = patterns_suppressed(c, w->ask->suppressed);

        if (is == NULL)
            return err_nomem();
        for (size_t r = 0; r < w->rows; r++)
            w->has_suppressed[j] |= is[c->cell[r]];
        free(is);
    }
    return VAULT_OK;
}

static vault_err
walk_make(struct walk *w)
{
    vault_err err = finder_make(&w->t, w->rows);

    w->size = malloc(w->rows * sizeof *w->size);
    w->key = malloc(w->rows * sizeof *w->key);
    w->has_suppressed = calloc(w->ask->n_quasi + 1, 1);
    w->out->of_row = calloc(w->rows, 1);
    w->out->smallest = malloc(w->rows * sizeof *w->out->smallest);
    w->out->n_rows = w->rows;
    if (w->size == NULL || w->key == NULL || w->has_suppressed == NULL || w->out->of_row == NULL || w->out->smallest == NULL)
        return err_nomem();
    for (size_t r = 0; r < w->rows; r++)
        w->out->smallest[r] = UINT32_MAX;
    for (unsigned i = 0; err == VAULT_OK && i <= w->m; i++) {
        w->level[i].class_of = calloc(w->rows, sizeof *w->level[i].class_of);
        if (w->level[i].class_of == NULL)
            err = err_nomem();
    }
    return err == VAULT_OK ? find_suppressed(w) : err;
}

vault_err
risk_sets_measure(struct risk_sets *out, const struct risk_ask *ask, unsigned m)
{
    struct walk w = { .ask = ask, .out = out, .m = m, .rows = ask->sheet->n_rows };
    vault_err err = count_sets(ask->n_quasi, m, ask->sheet->n_rows);

    *out = (struct risk_sets){ .n = 0 };
    if (err == VAULT_OK && w.rows == 0)
        err = err_say(VAULT_ERR_INPUT, NULL, "there are no rows");
    if (err == VAULT_OK)
        err = walk_make(&w);
    if (err == VAULT_OK)
        err = deeper(&w, 1, 0);
    for (unsigned i = 0; i <= RISK_M_MAX; i++)
        free(w.level[i].class_of);
    free(w.size);
    free(w.key);
    free(w.has_suppressed);
    finder_free(&w.t);
    return err;
}

void
risk_sets_free(struct risk_sets *s)
{
    free(s->set);
    free(s->of_row);
    free(s->smallest);
    *s = (struct risk_sets){ .n = 0 };
}
