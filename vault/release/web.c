/*
 * The lattice holds every count by every subset of all columns; marks say what the tables show of it. Counts that are zero and
 * known to be, with all that lies below them, are left out of the web: in tables of few people those are most.
 */
#include "vault/release/web.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define BELOW 64                        /* mark: by all columns together, shown or not */

void
web_free(struct web *w)
{
    for (size_t i = 0; i < w->n_facts; i++)
        table_free(&w->facts[i]);
    if (w->lattice != NULL)
        sodium_memzero(w->lattice, w->n_lattice * sizeof *w->lattice);
    free(w->of);
    free(w->lattice);
    free(w->mark);
    free(w->least);
    free(w->at);
    free(w->truth);
    free(w->flag);
    free(w->k);
    free(w->line);
    free(w->part);
    free(w->group);
    *w = (struct web){0};
}

/* ---- dimensions ---- */

static bool
find_dim(const struct web *w, const char *name, size_t *out)
{
    for (size_t d = 0; d < w->n_dims; d++)
        if (strcmp(w->dim[d].dim->name, name) == 0) {
            *out = d;
            return true;
        }
    return false;
}

static vault_err
add_dim(struct web *w, const struct table_dim *dim)
{
    size_t there;

    if (find_dim(w, dim->name, &there))
        return VAULT_OK;
    if (w->n_dims == WEB_DIMS_MAX)
        return err_say(VAULT_ERR_INPUT, "publish fewer tables, or count by fewer columns",
            "tables that share columns count by more than %u columns together", WEB_DIMS_MAX);
    w->dim[w->n_dims++].dim = dim;
    return VAULT_OK;
}

/* A fact about columns that the rows do not have is about something else. */
static bool
has_columns(const struct sheet *s, const struct table_fact *f)
{
    size_t at;

    for (size_t i = 0; i < f->n; i++)
        if (!sheet_find_column(s, f->column[i], &at))
            return false;
    return true;
}

static vault_err
add_fact_dims(struct web *w, const struct sheet *s, const struct table_fact *f)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < f->n; i++) {
        size_t there;

        if (find_dim(w, f->column[i], &there))
            continue;
        if (w->n_facts == WEB_DIMS_MAX)
            return err_say(VAULT_ERR_INPUT, NULL, "declared figures speak of more than %u columns", WEB_DIMS_MAX);
        err = table_count(&w->facts[w->n_facts], s, "declared figures", &f->column[i], 1, 1);
        if (err == VAULT_OK)
            err = add_dim(w, &w->facts[w->n_facts++].dim[0]);
    }
    return err;
}

static vault_err
make_lattice(struct web *w)
{
    size_t n = 1;

    for (size_t d = w->n_dims; d-- > 0; ) {
        w->dim[d].step = n;
        if ((size_t)w->dim[d].dim->n + 1 > TABLE_JOINT_MAX / n)
            return err_say(VAULT_ERR_INPUT, "publish fewer tables of these rows, or count by coarser values",
                "tables of the same rows hang together by more than %u counts", TABLE_JOINT_MAX);
        n *= (size_t)w->dim[d].dim->n + 1;
    }
    w->n_lattice = n;
    w->of = calloc(n, sizeof *w->of);
    w->lattice = calloc(n, sizeof *w->lattice);
    w->mark = calloc(n, sizeof *w->mark);
    w->least = calloc(n, sizeof *w->least);
    return w->of == NULL || w->lattice == NULL || w->mark == NULL || w->least == NULL ? err_nomem() : VAULT_OK;
}

static uint32_t
place_in(const struct web *w, size_t cell, size_t d)
{
    return (uint32_t)(cell / w->dim[d].step % (w->dim[d].dim->n + 1));
}

static bool
is_total(const struct web *w, size_t cell, size_t d)
{
    return place_in(w, cell, d) == w->dim[d].dim->n;
}

/* ---- counts ---- */

static int
by_category(const void *key, const void *category)
{
    return strcmp(key, *(char *const *)category);
}

static bool
category_of(const struct table_dim *dim, const char *value, uint32_t *out)
{
    char **found = bsearch(value[0] == '\0' ? TABLE_NOT_KNOWN : value, dim->category, dim->n, sizeof *dim->category, by_category);

    if (found != NULL)
        *out = (uint32_t)(found - dim->category);
    return found != NULL;
}

/* Adds what each row gives to the place in the lattice. */
static vault_err
add_places(size_t *sum, const struct web_dim *d, const struct sheet *s)
{
    size_t column;
    uint32_t *place, at;
    const struct sheet_column *c;

    if (!sheet_find_column(s, d->dim->name, &column))
        return err_say(VAULT_ERR_NOT_FOUND, NULL, "tables count by a column that their rows do not have");
    c = &s->column[column];
    place = calloc((size_t)c->n_values + 1, sizeof *place);
    if (place == NULL)
        return err_nomem();
    for (uint32_t v = 0; v < c->n_values; v++)
        if (category_of(d->dim, c->value[v], &at))
            place[v] = at;
    for (size_t r = 0; r < s->n_rows; r++)
        sum[r] += place[c->cell[r]] * d->step;
    free(place);
    return VAULT_OK;
}

static void
lattice_totals(struct web *w)
{
    for (size_t d = w->n_dims; d-- > 0; )
        for (size_t cell = 0; cell < w->n_lattice; cell++)
            if (!is_total(w, cell, d))
                w->lattice[cell + (w->dim[d].dim->n - place_in(w, cell, d)) * w->dim[d].step] += w->lattice[cell];
}

static vault_err
count_rows(struct web *w, const struct sheet *s)
{
    size_t *sum = calloc(s->n_rows + 1, sizeof *sum);
    vault_err err = sum == NULL ? err_nomem() : VAULT_OK;

    for (size_t d = 0; err == VAULT_OK && d < w->n_dims; d++)
        err = add_places(sum, &w->dim[d], s);
    for (size_t r = 0; err == VAULT_OK && r < s->n_rows; r++)
        w->lattice[sum[r]]++;
    if (err == VAULT_OK)
        lattice_totals(w);
    free(sum);
    return err;
}

/* ---- what is shown ---- */

static size_t
top(const struct web *w)
{
    return w->n_lattice - 1;            /* the total of each dimension */
}

static size_t
lattice_cell(const struct web *w, const struct table *t, const uint32_t *place)
{
    size_t cell = top(w);

    for (size_t i = 0; i < t->n_dims; i++) {
        size_t d = 0;

        (void)find_dim(w, t->dim[i].name, &d);
        cell -= (w->dim[d].dim->n - place[i]) * w->dim[d].step;
    }
    return cell;
}

static vault_err
show_cell(struct web *w, const struct table *t, size_t cell)
{
    uint32_t place[TABLE_DIMS_MAX];
    bool finest = true;
    size_t at;

    table_place(t, cell, place);
    for (size_t d = 0; d < t->n_dims; d++)
        finest = finest && place[d] < t->dim[d].n;
    at = lattice_cell(w, t, place);
    if (w->lattice[at] != t->count[cell])
        return err_say(VAULT_ERR_FAILED, NULL, "table %s is not of these rows", t->name);
    w->mark[at] |= (uint8_t)(WEB_SHOWN | (finest ? WEB_FINEST : 0));
    if (w->least[at] < t->min_count)
        w->least[at] = (uint16_t)t->min_count;
    return VAULT_OK;
}

static void
take_fact(struct web *w, const struct table_fact *f)
{
    size_t cell = top(w), d;

    for (size_t i = 0; i < f->n; i++) {
        uint32_t place;

        if (!find_dim(w, f->column[i], &d) || !category_of(w->dim[d].dim, f->value[i], &place) || !is_total(w, cell, d))
            return;
        cell -= (w->dim[d].dim->n - place) * w->dim[d].step;
    }
    if (w->lattice[cell] != f->count)
        return;
    w->mark[cell] |= WEB_FACT;
    w->facts_used++;
}

static void
mark_small(struct web *w)
{
    for (size_t i = 0; i < w->n_lattice; i++)
        if ((w->mark[i] & WEB_SHOWN) != 0 && (w->mark[i] & WEB_FACT) == 0 && w->lattice[i] > 0 && w->lattice[i] < w->least[i])
            w->mark[i] |= WEB_SMALL;
}

/* ---- groups: a line of a table whose whole total, of one person or more, lies in one cell ---- */

/* Something that a reader may learn of a person, rather than what he knows him by. */
static bool
is_told(const struct table_dim *d)
{
    return d->role != SHEET_QUASI && d->n > 1;
}

static vault_err
add_group(struct web *w, size_t total, size_t cell, size_t d)
{
    struct web_group *more = array_room(w->group, w->n_groups, &w->cap_groups, sizeof *more);

    if (more == NULL)
        return err_nomem();
    w->group = more;
    /* Lattice places for now; numbers of counts when these are known. */
    w->group[w->n_groups++] = (struct web_group){ (uint32_t)total, (uint32_t)cell };
    if ((w->mark[cell] & WEB_FACT) == 0)
        w->mark[cell] |= WEB_GROUP;
    for (uint32_t i = 0; i < w->dim[d].dim->n; i++) {
        size_t at = total - (w->dim[d].dim->n - i) * w->dim[d].step;

        if (w->lattice[at] == 0 && (w->mark[at] & WEB_FACT) == 0)
            w->mark[at] |= WEB_ZERO;
    }
    return VAULT_OK;
}

static vault_err
look_for_group(struct web *w, size_t total, size_t d)
{
    size_t filled = 0, last = 0;

    if (w->lattice[total] == 0 || total == top(w))
        return VAULT_OK;
    for (uint32_t i = 0; i < w->dim[d].dim->n; i++) {
        size_t at = total - (w->dim[d].dim->n - i) * w->dim[d].step;

        if (w->lattice[at] > 0) {
            filled++;
            last = at;
        }
    }
    return filled == 1 ? add_group(w, total, last, d) : VAULT_OK;
}

/* Lines of one table along each of its dimensions that tell something. What is true of all rows together is told by publishing at all. */
static vault_err
mark_groups(struct web *w, const struct table *t)
{
    vault_err err = VAULT_OK;

    for (size_t cell = 0; err == VAULT_OK && cell < t->n_cells; cell++) {
        uint32_t place[TABLE_DIMS_MAX];

        table_place(t, cell, place);
        for (size_t i = 0; err == VAULT_OK && i < t->n_dims; i++) {
            size_t d = 0;

            if (place[i] < t->dim[i].n || !is_told(&t->dim[i]))
                continue;
            (void)find_dim(w, t->dim[i].name, &d);
            err = look_for_group(w, lattice_cell(w, t, place), d);
        }
    }
    return err;
}

/* ---- numbers for counts ---- */

/* Known to be zero: it, or what it lies in, is a zero that is shown. */
static bool
is_known_zero(const struct web *w, const struct table *const *t, size_t n, size_t cell)
{
    if (w->lattice[cell] > 0 || (w->mark[cell] & WEB_ZERO) != 0)
        return false;
    if ((w->mark[cell] & (WEB_SHOWN | WEB_FACT)) != 0)
        return true;
    for (size_t i = 0; i < n; i++) {
        uint32_t place[TABLE_DIMS_MAX];
        size_t at, d = 0;

        for (size_t j = 0; j < t[i]->n_dims; j++) {
            (void)find_dim(w, t[i]->dim[j].name, &d);
            place[j] = place_in(w, cell, d);
        }
        at = lattice_cell(w, t[i], place);
        if (w->lattice[at] == 0 && (w->mark[at] & WEB_ZERO) == 0)
            return true;
    }
    return false;
}

static vault_err
number(struct web *w, const struct table *const *t, size_t n, bool keep_total)
{
    size_t many = 0;

    for (size_t i = 0; i < w->n_lattice; i++) {
        bool below = true;

        for (size_t d = 0; d < w->n_dims; d++)
            below = below && !is_total(w, i, d);
        if (below)
            w->mark[i] |= BELOW;
        if ((w->mark[i] & (WEB_SHOWN | WEB_FACT | BELOW)) != 0 && !is_known_zero(w, t, n, i))
            w->of[i] = (uint32_t)++many;
    }
    w->n = many;
    w->at = calloc(many + 1, sizeof *w->at);
    w->truth = calloc(many + 1, sizeof *w->truth);
    w->flag = calloc(many + 1, sizeof *w->flag);
    w->k = calloc(many + 1, sizeof *w->k);
    if (w->at == NULL || w->truth == NULL || w->flag == NULL || w->k == NULL)
        return err_nomem();
    for (size_t i = 0; i < w->n_lattice; i++)
        if (w->of[i] != 0) {
            size_t v = w->of[i] - 1;

            w->at[v] = i;
            w->truth[v] = w->lattice[i];
            w->flag[v] = (uint8_t)(w->mark[i] & ~BELOW);
            w->k[v] = w->least[i];
        }
    if (keep_total && w->of[top(w)] != 0 && (w->mark[top(w)] & WEB_PRIMARY) == 0)
        w->flag[w->of[top(w)] - 1] |= WEB_FACT;
    for (size_t i = 0; i < w->n_groups; i++)
        w->group[i] = (struct web_group){ w->of[w->group[i].total] - 1, w->of[w->group[i].cell] - 1 };
    return VAULT_OK;
}

/* ---- lines ---- */

static vault_err
add_part(struct web *w, size_t cell, bool *shown)
{
    uint32_t *more;

    if (w->of[cell] == 0)
        return VAULT_OK;
    if (w->n_parts >= 10u * TABLE_JOINT_MAX)
        return err_say(VAULT_ERR_INPUT, "publish fewer tables of these rows", "tables of the same rows hang together by too many sums");
    more = array_room(w->part, w->n_parts, &w->cap_parts, sizeof *more);
    if (more == NULL)
        return err_nomem();
    w->part = more;
    w->part[w->n_parts++] = w->of[cell] - 1;
    *shown = *shown && (w->mark[cell] & WEB_SHOWN) != 0;
    return VAULT_OK;
}

static vault_err
open_line(struct web *w, size_t total)
{
    struct web_line *more = array_room(w->line, w->n_lines, &w->cap_lines, sizeof *more);

    if (more == NULL)
        return err_nomem();
    w->line = more;
    w->line[w->n_lines++] = (struct web_line){ w->of[total] - 1, w->n_parts, w->n_parts, (w->mark[total] & WEB_SHOWN) != 0 };
    return VAULT_OK;
}

/* The line below `total` along one dimension, where all its parts are shown. */
static vault_err
line_along(struct web *w, size_t total, size_t d)
{
    vault_err err = VAULT_OK;
    struct web_line *l;

    for (uint32_t i = 0; i < w->dim[d].dim->n; i++)
        if ((w->mark[total - (w->dim[d].dim->n - i) * w->dim[d].step] & (WEB_SHOWN | BELOW)) == 0)
            return VAULT_OK;
    err = open_line(w, total);
    for (uint32_t i = 0; err == VAULT_OK && i < w->dim[d].dim->n; i++) {
        l = &w->line[w->n_lines - 1];
        err = add_part(w, total - (w->dim[d].dim->n - i) * w->dim[d].step, &l->shown);
    }
    if (err == VAULT_OK)
        w->line[w->n_lines - 1].end = w->n_parts;
    return err;
}

/* All that lies below a count, at the bottom: for counts that no line reaches from there. */
static vault_err
line_to_bottom(struct web *w, size_t total)
{
    size_t step[WEB_DIMS_MAX], places[WEB_DIMS_MAX], n = 0, many = 1;
    vault_err err = open_line(w, total);
    bool shown = false;

    for (size_t d = 0; d < w->n_dims; d++)
        if (is_total(w, total, d)) {
            step[n] = w->dim[d].step;
            places[n++] = w->dim[d].dim->n;
            many *= w->dim[d].dim->n;
        }
    for (size_t i = 0; err == VAULT_OK && i < many; i++) {
        size_t cell = total;

        for (size_t j = 0, rest = i; j < n; rest /= places[j], j++)
            cell -= (places[j] - rest % places[j]) * step[j];
        err = add_part(w, cell, &shown);
    }
    if (err == VAULT_OK) {
        w->line[w->n_lines - 1].end = w->n_parts;
        w->line[w->n_lines - 1].shown = false;
    }
    return err;
}

static vault_err
lines_of(struct web *w, size_t cell)
{
    size_t before = w->n_lines, totals = 0;
    vault_err err = VAULT_OK;

    if (w->of[cell] == 0 || (w->mark[cell] & BELOW) != 0)
        return VAULT_OK;
    for (size_t d = 0; err == VAULT_OK && d < w->n_dims; d++)
        if (is_total(w, cell, d)) {
            totals++;
            err = line_along(w, cell, d);
        }
    if (err == VAULT_OK && (w->n_lines == before || (totals > 1 && (w->mark[cell] & (WEB_FINEST | WEB_FACT)) != 0)))
        err = line_to_bottom(w, cell);
    return err;
}

/* ---- all of it ---- */

static vault_err
show(struct web *w, struct table *const *t, size_t n, const struct table_fact *fact, size_t n_facts)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; i < n; i++)
        for (size_t cell = 0; err == VAULT_OK && cell < t[i]->n_cells; cell++)
            err = show_cell(w, t[i], cell);
    for (size_t i = 0; err == VAULT_OK && i < n_facts; i++)
        take_fact(w, &fact[i]);
    if (err == VAULT_OK)
        mark_small(w);
    for (size_t i = 0; err == VAULT_OK && i < n; i++)
        err = mark_groups(w, t[i]);
    return err;
}

vault_err
web_build(struct web *w, struct table *const *t, size_t n, const struct sheet *s, const struct table_fact *fact, size_t n_facts,
    bool keep_total)
{
    vault_err err = VAULT_OK;

    *w = (struct web){0};
    for (size_t i = 0; i < n; i++)
        for (size_t d = 0; err == VAULT_OK && d < t[i]->n_dims; d++)
            err = add_dim(w, &t[i]->dim[d]);
    for (size_t i = 0; err == VAULT_OK && i < n_facts; i++)
        if (has_columns(s, &fact[i]))
            err = add_fact_dims(w, s, &fact[i]);
    if (err == VAULT_OK)
        err = make_lattice(w);
    if (err == VAULT_OK)
        err = count_rows(w, s);
    if (err == VAULT_OK)
        err = show(w, t, n, fact, n_facts);
    if (err == VAULT_OK)
        err = number(w, (const struct table *const *)t, n, keep_total);
    for (size_t cell = 0; err == VAULT_OK && cell < w->n_lattice; cell++)
        err = lines_of(w, cell);
    if (err != VAULT_OK)
        web_free(w);
    return err;
}

uint32_t
web_of_cell(const struct web *w, const struct table *t, size_t cell)
{
    uint32_t place[TABLE_DIMS_MAX];

    table_place(t, cell, place);
    return w->of[lattice_cell(w, t, place)];
}

bool
web_holds(const struct web *w, uint32_t v, uint32_t bottom)
{
    for (size_t d = 0; d < w->n_dims; d++)
        if (!is_total(w, w->at[v], d) && place_in(w, w->at[v], d) != place_in(w, w->at[bottom], d))
            return false;
    return true;
}

uint32_t
web_person(const struct web *w, uint32_t v)
{
    for (uint32_t i = 0; i < w->n; i++)
        if (w->truth[i] == 1 && (w->mark[w->at[i]] & BELOW) != 0 && web_holds(w, v, i))
            return i;
    return v;
}
