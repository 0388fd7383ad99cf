/*
 * hierarchy.c - reading levels, and going up them.
 */
#include "vault/release/hierarchy.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "vault/base/fd.h"
#include "vault/import/reader.h"

#define NO_PARENT UINT32_MAX
#define VALUES_MAX 1000000u

struct reading {
    struct hierarchy *h;
    uint64_t *line;             /* of each row */
    size_t cap_lines;
    size_t rows;
};

void
hierarchy_free(struct hierarchy *h)
{
    if (h == NULL)
        return;
    for (size_t i = 0; h->parent != NULL && i < h->levels.n_columns; i++)
        free(h->parent[i]);
    free(h->parent);
    sheet_free(&h->levels);
    free(h);
}

/* ---- reading ---- */

static vault_err
take_levels(struct hierarchy *h, const struct rows *r)
{
    vault_err err = VAULT_OK;

    if (rows_columns(r) > HIERARCHY_LEVELS_MAX)
        return rows_say((struct place){ r->here.line, HIERARCHY_LEVELS_MAX + 1 }, NULL, NULL, "a hierarchy has at most %u levels", HIERARCHY_LEVELS_MAX - 1);
    for (uint32_t i = 0; err == VAULT_OK && i < rows_columns(r); i++)
        err = sheet_add_column(&h->levels, rows_column(r, i), NULL);
    return err;
}

static vault_err
take_row(struct reading *g, const struct row *row)
{
    struct sheet *s = &g->h->levels;
    uint64_t *more = array_room(g->line, g->rows, &g->cap_lines, sizeof *more);
    vault_err err;

    if (more == NULL)
        return err_nomem();
    g->line = more;
    g->line[g->rows++] = row->line;
    if (g->rows > VALUES_MAX)
        return rows_say((struct place){ row->line, 1 }, NULL, NULL, "a hierarchy has at most %u values", VALUES_MAX);
    for (size_t i = 0; i < s->n_columns; i++)
        if (i >= row->n_cells || row->cell[i].column != i)      /* empty cells are left out of a row */
            return rows_say((struct place){ row->line, i + 1 }, NULL, i == 0 ? "a line is value;level1;level2..." : "write what the value is called on this level",
                i == 0 ? "this line has no value" : "there is a gap: nothing stands on this level");
    err = sheet_add_row(s);
    for (size_t i = 0; err == VAULT_OK && i < s->n_columns; i++)
        err = sheet_set(s, s->n_rows - 1, i, row->cell[i].text);
    return err;
}

static vault_err
take_rows(struct reading *g, int fd)
{
    struct rows *r = NULL;
    struct row row;
    bool got = true;
    vault_err err = rows_open_bare(&r, fd);

    if (err == VAULT_OK)
        err = take_levels(g->h, r);
    while (err == VAULT_OK && got) {
        err = rows_next(r, &row, &got);
        if (err == VAULT_OK && got)
            err = take_row(g, &row);
    }
    rows_close(r);
    return err;
}

/* ---- parents ---- */

static vault_err
find_parents(struct reading *g, size_t level)
{
    const struct sheet_column *below = &g->h->levels.column[level], *above = below + 1;
    uint32_t *parent = malloc(below->n_values * sizeof *parent);

    if (parent == NULL)
        return err_nomem();
    g->h->parent[level] = parent;
    for (uint32_t v = 0; v < below->n_values; v++)
        parent[v] = NO_PARENT;
    for (size_t r = 0; r < g->rows; r++) {
        if (parent[below->cell[r]] != NO_PARENT && parent[below->cell[r]] != above->cell[r])
            return rows_say((struct place){ g->line[r], level + 2 }, NULL, "what stands on one level has one parent on the next",
                level == 0 ? "this value stands twice, with different levels" : "what stands before this cell has another parent on an earlier line");
        parent[below->cell[r]] = above->cell[r];
    }
    return VAULT_OK;
}

/* ---- rings: a text that is above itself, with other texts between ---- */

/* Texts of all levels as one set; a step leads from a cell to the next one with another text. */
struct ring {
    struct sheet texts;
    uint32_t *from, *to;
    uint64_t *line;
    size_t *column;
    size_t n;
    uint32_t *below, *above;    /* of each text: steps that still come to it, and lead from it */
};

static vault_err
ring_steps(struct ring *g, const struct reading *rd)
{
    const struct sheet *s = &rd->h->levels;
    vault_err err = sheet_add_column(&g->texts, "text", NULL);

    for (size_t i = 0; err == VAULT_OK && i + 1 < s->n_columns; i++)
        for (size_t r = 0; err == VAULT_OK && r < s->n_rows; r++) {
            const char *a = sheet_text(s, r, i), *b = sheet_text(s, r, i + 1);

            if (strcmp(a, b) == 0)
                continue;
            err = sheet_value(&g->texts.column[0], PART(a, strlen(a)), &g->from[g->n]);
            if (err == VAULT_OK)
                err = sheet_value(&g->texts.column[0], PART(b, strlen(b)), &g->to[g->n]);
            g->line[g->n] = rd->line[r];
            g->column[g->n++] = i + 2;
        }
    return err;
}

/* Steps from or to a text that nothing comes to, or leads from, are in no ring: they are taken out until none is left to take. */
static vault_err
ring_judge(struct ring *g)
{
    size_t left = g->n, before;

    for (size_t i = 0; i < g->n; i++) {
        g->above[g->from[i]]++;
        g->below[g->to[i]]++;
    }
    do {
        before = left;
        for (size_t i = 0; i < left;) {
            if (g->below[g->from[i]] > 0 && g->above[g->to[i]] > 0) {
                i++;
                continue;
            }
            g->above[g->from[i]]--;
            g->below[g->to[i]]--;
            left--;
            g->from[i] = g->from[left];
            g->to[i] = g->to[left];
            g->line[i] = g->line[left];
            g->column[i] = g->column[left];
        }
    } while (left < before && left > 0);
    if (left == 0)
        return VAULT_OK;
    for (size_t i = 1; i < left; i++)           /* the last line of it is the one that closes it */
        if (g->line[i] > g->line[0] || (g->line[i] == g->line[0] && g->column[i] > g->column[0])) {
            g->line[0] = g->line[i];
            g->column[0] = g->column[i];
        }
    return rows_say((struct place){ g->line[0], g->column[0] }, NULL, "levels lead up, from the exact to the general",
        "a ring: what stands in this cell comes to stand below itself");
}

static vault_err
refuse_rings(const struct reading *rd)
{
    struct ring g = { .n = 0 };
    size_t most = rd->rows * rd->h->levels.n_columns + 1;
    vault_err err = VAULT_OK;

    sheet_init(&g.texts);
    g.from = malloc(most * sizeof *g.from);
    g.to = malloc(most * sizeof *g.to);
    g.line = malloc(most * sizeof *g.line);
    g.column = malloc(most * sizeof *g.column);
    g.below = calloc(most + 1, sizeof *g.below);
    g.above = calloc(most + 1, sizeof *g.above);
    if (g.from == NULL || g.to == NULL || g.line == NULL || g.column == NULL || g.below == NULL || g.above == NULL)
        err = err_nomem();
    if (err == VAULT_OK)
        err = ring_steps(&g, rd);
    if (err == VAULT_OK)
        err = ring_judge(&g);
    sheet_free(&g.texts);
    free(g.from);
    free(g.to);
    free(g.line);
    free(g.column);
    free(g.below);
    free(g.above);
    return err;
}

/* ---- the whole ---- */

static const char *
file_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static vault_err
read_all(struct reading *g, int fd)
{
    vault_err err = take_rows(g, fd);

    if (err == VAULT_OK) {
        g->h->parent = calloc(HIERARCHY_LEVELS_MAX, sizeof *g->h->parent);
        err = g->h->parent == NULL ? err_nomem() : VAULT_OK;
    }
    for (size_t i = 0; err == VAULT_OK && i + 1 < g->h->levels.n_columns; i++)
        err = find_parents(g, i);
    if (err == VAULT_OK)
        err = refuse_rings(g);
    return err;
}

vault_err
hierarchy_read(struct hierarchy **out, const char *path)
{
    struct reading g = { .h = calloc(1, sizeof *g.h) };
    struct stat st;
    int fd = -1;
    vault_err err = g.h == NULL ? err_nomem() : fd_open_regular(&fd, &st, AT_FDCWD, path, O_RDONLY);

    if (err == VAULT_OK) {
        err = read_all(&g, fd);
        if (err == VAULT_ERR_INPUT)
            err_prefix("%s: ", file_of(path));
    }
    if (err == VAULT_OK) {
        *out = g.h;
        g.h = NULL;
    }
    hierarchy_free(g.h);
    free(g.line);
    fd_close(fd);
    return err;
}

unsigned
hierarchy_levels(const struct hierarchy *h)
{
    return (unsigned)h->levels.n_columns;
}

const char *
hierarchy_up(const struct hierarchy *h, unsigned from, unsigned to, const char *text)
{
    uint32_t v;

    if (to >= h->levels.n_columns || from > to || !sheet_find_value(&h->levels.column[from], PART(text, strlen(text)), &v) || v == 0)
        return NULL;
    for (unsigned i = from; i < to; i++)
        v = h->parent[i][v];
    return h->levels.column[to].value[v];
}
