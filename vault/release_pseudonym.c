/*
 * release_pseudonym.c - what stands in place of a person, and the order of rows: see release.h.
 *
 * A code is a pseudorandom function of the record's id under the secret of the audience, 65 bits: the same person has the same one in
 * each release to that audience, and nobody without the secret can tell that two audiences' codes are one person's. Rows are sorted by it,
 * so that their order says nothing of when they were entered.
 */
#include "vault/release.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/same.h"

void
release_code(const struct release *r, uint32_t first, char out[static PSEUDONYM_CHARS + 1])
{
    const uint8_t *id = r->v->recs.index.pair[same_lead(&r->v->same, first)].record;
    const struct part p = PART(id, RECORD_ID_BYTES);
    uint8_t mac[32];
    char code[CODE_LEN + 1];

    mac_parts(mac, secret_bytes(r->secret), "withheld:pseudonym:1", &p, 1);
    code_of(code, mac);
    out[0] = 'p';           /* so that no program takes one of digits for a number */
    memcpy(out + 1, code, PSEUDONYM_CHARS - 1);
    out[PSEUDONYM_CHARS] = '\0';
    sodium_memzero(mac, sizeof mac);
    sodium_memzero(code, sizeof code);
}

vault_err
release_need_secret(struct release *r)
{
    vault_err err = r->p.stable ? audience_secret(r->v, r->p.audience, &r->secret) : VAULT_OK;

    if (err == VAULT_OK && r->secret == NULL) {
        r->new_secret = r->p.stable;
        err = secret_random(&r->secret, 32);
    }
    return err;
}

/* ---- each row's own ---- */

static const char *
press_name(const struct release_source *s, size_t row)
{
    size_t column;

    return sheet_find_column(&s->sheet, "press_name", &column) ? sheet_text(&s->sheet, row, column) : "";
}

bool
release_has_press_name(const struct release *r, const struct release_source *s, size_t row)
{
    return r->p.style == STYLE_PRESS_NAME && press_name(s, row)[0] != '\0';
}

static vault_err
name_row(struct release *r, struct release_source *s, size_t row)
{
    const char *name = press_name(s, row);
    char code[PSEUDONYM_CHARS + 1];

    if (release_has_press_name(r, s, row))
        return sheet_set(&s->sheet, row, 0, PART(name, strlen(name)));
    release_code(r, s->record[row], code);
    return sheet_set(&s->sheet, row, 0, PART(code, PSEUDONYM_CHARS));
}

/* Two rows under one name: of codes it does not happen, and is refused all the same. */
static vault_err
judge_unique(struct release *r, const struct release_source *s)
{
    const struct sheet_column *c = &s->sheet.column[0];
    bool *seen = calloc((size_t)c->n_values + 1, sizeof *seen);
    vault_err err = seen == NULL ? err_nomem() : VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < s->sheet.n_rows; i++) {
        if (seen[c->cell[i]])
            err = refusal_add(&r->refusals, "leak", NULL, s->sheet.name, "two records of this release have the same pseudonym: give one another press_name");
        seen[c->cell[i]] = true;
    }
    free(seen);
    return err;
}

/* ---- order ---- */

static int
by_pseudonym(const void *a, const void *b, void *ctx)
{
    const struct sheet *s = ctx;
    size_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int c = strcmp(sheet_text(s, x, 0), sheet_text(s, y, 0));

    return c != 0 ? c : x < y ? -1 : x > y;
}

/* order[i]: the row that becomes row i. */
static vault_err
reorder(struct release_source *s, const uint32_t *order)
{
    size_t n = s->sheet.n_rows;
    uint32_t *back = calloc(n + 1, sizeof *back), *record = calloc(n + 1, sizeof *record);
    vault_err err = back == NULL || record == NULL ? err_nomem() : sheet_reorder(&s->sheet, order);

    if (err == VAULT_OK)
        err = sheet_reorder(&s->stored, order);
    if (err == VAULT_OK && s->map.n_rows == n)
        err = sheet_reorder(&s->map, order);
    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        back[order[i]] = (uint32_t)i;
        record[i] = s->record[order[i]];
    }
    if (err == VAULT_OK && n > 0)
        memcpy(s->record, record, n * sizeof *record);
    for (size_t i = 0; err == VAULT_OK && i < s->n_links; i++)
        s->link[i].row = back[s->link[i].row];
    for (size_t i = 0; err == VAULT_OK && i < s->n_texts; i++)
        s->text[i].row = back[s->text[i].row];
    free(back);
    free(record);
    return err;
}

static vault_err
sort_rows(struct release_source *s)
{
    uint32_t *order = calloc(s->sheet.n_rows + 1, sizeof *order);
    vault_err err;

    if (order == NULL)
        return err_nomem();
    for (size_t i = 0; i < s->sheet.n_rows; i++)
        order[i] = (uint32_t)i;
    if (s->sheet.n_rows > 1)
        qsort_r(order, s->sheet.n_rows, sizeof *order, by_pseudonym, &s->sheet);
    err = reorder(s, order);
    free(order);
    return err;
}

/* ---- links ---- */

/* Rows by the record that they are of: where[first] is the row plus one, in its source. */
struct places {
    uint32_t *row;
    const struct release_source **source;
};

static vault_err
find_places(const struct release *r, struct places *p)
{
    size_t n = (size_t)r->v->recs.index.n + 1;

    p->row = calloc(n, sizeof *p->row);
    p->source = calloc(n, sizeof(const struct release_source *));
    if (p->row == NULL || p->source == NULL)
        return err_nomem();
    for (size_t i = 0; i < r->n_sources; i++)
        for (size_t k = 0; r->source[i].kind == SOURCE_ROWS && k < r->source[i].sheet.n_rows; k++) {
            p->row[r->source[i].record[k]] = (uint32_t)k;
            p->source[r->source[i].record[k]] = &r->source[i];
        }
    return VAULT_OK;
}

static int
by_cell(const void *a, const void *b)
{
    const struct release_link *x = a, *y = b;

    return x->row != y->row ? (x->row < y->row ? -1 : 1) : x->column != y->column ? (x->column < y->column ? -1 : 1) : 0;
}

static const char *
name_of(const struct release *r, const struct places *p, uint32_t first)
{
    uint32_t lead = same_lead(&r->v->same, first);

    return p->source[lead] == NULL ? "" : sheet_text(&p->source[lead]->sheet, p->row[lead], 0);
}

struct naming {
    const struct release *r;
    const struct places *p;
};

static int
by_name(const void *a, const void *b, void *ctx)
{
    const struct naming *n = ctx;

    return strcmp(name_of(n->r, n->p, ((const struct release_link *)a)->first), name_of(n->r, n->p, ((const struct release_link *)b)->first));
}

/* A record that is not in the release is not named, not even by a code. */
static vault_err
fill_links(struct release *r, struct release_source *s, const struct places *p)
{
    struct naming naming = { r, p };
    vault_err err = VAULT_OK;

    if (s->n_links > 1)
        qsort(s->link, s->n_links, sizeof *s->link, by_cell);
    for (size_t i = 0, end; err == VAULT_OK && i < s->n_links; i = end) {
        const char *last = "";

        buf_reset(&r->joined);
        for (end = i + 1; end < s->n_links && by_cell(&s->link[i], &s->link[end]) == 0;)
            end++;
        if (end - i > 1)
            qsort_r(&s->link[i], end - i, sizeof *s->link, by_name, &naming);
        for (size_t k = i; k < end; k++) {
            const char *name = name_of(r, p, s->link[k].first);

            if (strcmp(last, name) != 0)
                buf_fmt(&r->joined, "%s%s", r->joined.n == 0 ? "" : "; ", name);
            last = name;
        }
        err = buf_ok(&r->joined);
        if (err == VAULT_OK)
            err = sheet_set(&s->sheet, s->link[i].row, s->link[i].column, PART(r->joined.p, r->joined.n));
    }
    return err;
}

vault_err
release_pseudonyms(struct release *r)
{
    struct places p = { NULL, NULL };
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < r->n_sources; i++) {
        struct release_source *s = &r->source[i];

        for (size_t k = 0; err == VAULT_OK && s->kind == SOURCE_ROWS && k < s->sheet.n_rows; k++)
            err = name_row(r, s, k);
        if (err == VAULT_OK && s->kind == SOURCE_ROWS)
            err = judge_unique(r, s);
        if (err == VAULT_OK && s->kind == SOURCE_ROWS)
            err = sort_rows(s);
    }
    if (err == VAULT_OK)
        err = find_places(r, &p);
    for (size_t i = 0; err == VAULT_OK && i < r->n_sources; i++)
        err = fill_links(r, &r->source[i], &p);
    free(p.row);
    free(p.source);
    return err;
}
