/* release_advice.c - what would help, who is exposed, and the page that shows it to the keeper: see release.h. */
#include "vault/release.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/html.h"
#include "vault/base/text.h"
#include "vault/release/advice.h"
#include "vault/same.h"

#define EXPOSED_MAX 50u
#define ADVICE_TOLD_MAX 12u
#define NONE UINT32_MAX

/* ---- advice ---- */

static const char *
file_of(const struct release *r, const struct release_source *s, size_t column)
{
    const struct policy_rows *rows = policy_rows_of(&r->p, s->type->name);
    const struct policy_field *pf = rows == NULL ? NULL : policy_field_of(rows, s->sheet.column[column].name);

    return pf == NULL || pf->hierarchy == NULL ? "" : pf->hierarchy;
}

static vault_err
say(struct release *r, const struct release_source *s, const struct advice *a)
{
    struct buf text = BUF_INIT;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < a->n_steps; i++) {
        buf_fmt(&text, "%s\"%s\": ", i == 0 ? "" : " and ", s->sheet.column[a->step[i].column].name);
        err = treat_json(&text, &a->step[i].to, file_of(r, s, a->step[i].column));
    }
    if (err == VAULT_OK && buf_cstr(&text) == NULL)
        err = err_nomem();
    if (err == VAULT_OK)
        err = release_advise(r, "%s in rows of %s frees %" PRIu64 " of %" PRIu64 " rows that stand out", (const char *)text.p, s->sheet.name, a->freed, a->before);
    buf_free(&text);
    return err;
}

static vault_err
note_exposed(struct release *r, const struct release_source *s, const struct exposed *e)
{
    struct release_exposed *p = array_room(r->exposed, r->n_exposed, &r->cap_exposed, sizeof *p);

    if (p == NULL)
        return err_nomem();
    r->exposed = p;
    p[r->n_exposed++] = (struct release_exposed){ .record = s->record[e->row], .size = e->size, .without = e->without, .column = s->sheet.column[e->column].name };
    return VAULT_OK;
}

vault_err
release_advise_k(struct release *r, const struct release_source *s, const struct risk_ask *ask)
{
    const struct hierarchy **h = calloc(s->sheet.n_columns + 1, sizeof *h);
    struct exposed *exposed = calloc(EXPOSED_MAX, sizeof *exposed);
    struct advices all = {0};
    size_t n = 0;
    vault_err err = h == NULL || exposed == NULL ? err_nomem() : VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < s->n_columns; i++)
        h[i + s->skip] = s->column[i].h;
    if (err == VAULT_OK)
        err = advise_k(&all, ask, h, s->several ? NULL : &s->stored);
    for (size_t i = 0; err == VAULT_OK && i < all.n && i < ADVICE_TOLD_MAX; i++)
        err = say(r, s, &all.advice[i]);
    if (err == VAULT_OK)
        err = exposed_rows(exposed, EXPOSED_MAX, &n, ask, r->p.m);
    for (size_t i = 0; err == VAULT_OK && i < n; i++)
        err = note_exposed(r, s, &exposed[i]);
    advices_free(&all);
    free(exposed);
    free(h);
    return err;
}

/* ---- rows that belong together ---- */

static uint32_t
root_of(uint32_t *up, uint32_t i)
{
    while (up[i] != i)
        i = up[i] = up[up[i]];
    return i;
}

/* Persons of one case hang together: who finds one of them has found the others. */
static void
join_cases(const struct release *r, const uint32_t *row, uint32_t *up)
{
    for (size_t i = 0, end; i < r->n_edges; i = end) {
        uint32_t first = NONE;

        for (end = i; end < r->n_edges && r->edge[end].from == r->edge[i].from; end++) {
            uint32_t at = row[same_lead(&r->v->same, r->edge[end].to)];

            if (at == NONE)
                continue;
            if (first == NONE)
                first = at;
            else
                up[root_of(up, at)] = root_of(up, first);
        }
    }
}

vault_err
release_linked_risk(const struct release *r, const struct release_source *s, const uint64_t *size, double *out)
{
    size_t n = s->sheet.n_rows, all = (size_t)r->v->recs.index.n + 1;
    uint32_t *row = malloc(all * sizeof *row), *up = calloc(n + 1, sizeof *up);
    double *risk = calloc(n + 1, sizeof *risk);
    vault_err err = row == NULL || up == NULL || risk == NULL ? err_nomem() : VAULT_OK;

    *out = 0;
    if (err == VAULT_OK) {
        memset(row, 0xff, all * sizeof *row);
        for (size_t i = 0; i < n; i++) {
            row[s->record[i]] = (uint32_t)i;
            up[i] = (uint32_t)i;
        }
        join_cases(r, row, up);
        for (size_t i = 0; i < n; i++)
            up[i] = root_of(up, (uint32_t)i);
        risk_of_groups(risk, n, up, size, n);
        for (size_t i = 0; i < n; i++)
            *out = risk[i] > *out ? risk[i] : *out;
    }
    free(row);
    free(up);
    free(risk);
    return err;
}

/* ---- the page for the keeper ---- */

static const char STYLE[] = "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse}td,th{border:1px solid #888;padding:.2em .6em;text-align:left}@media(prefers-color-scheme:dark){body{background:#111;color:#eee}}";

static void
text_in(struct buf *out, const char *before, const char *text, const char *after)
{
    buf_str(out, before);
    html_text(out, PART(text, strlen(text)));
    buf_str(out, after);
}

/* A bar for each: how far she is from k. */
static void
picture(const struct release *r, struct buf *out)
{
    size_t height = 22 * r->n_exposed + 30;

    buf_fmt(out, "<svg role=\"img\" width=\"600\" height=\"%zu\" viewBox=\"0 0 600 %zu\"><title>Rows that look like the row of each person; the line is k</title>\n", height, height);
    for (size_t i = 0; i < r->n_exposed; i++) {
        char code[CODE_LEN + 1];
        uint64_t k = r->p.k, size = r->exposed[i].size > k ? k : r->exposed[i].size;

        code_of(code, r->v->recs.index.pair[r->exposed[i].record].record);
        buf_fmt(out, "<text x=\"0\" y=\"%zu\" font-size=\"14\" fill=\"currentColor\">%.8s</text><rect x=\"90\" y=\"%zu\" width=\"%" PRIu64 "\" height=\"16\" fill=\"#b3261e\"/>\n", 22 * i + 16, code,
            22 * i + 3, 400 * size / k);
    }
    buf_fmt(out, "<line x1=\"490\" y1=\"0\" x2=\"490\" y2=\"%zu\" stroke=\"currentColor\"/><text x=\"494\" y=\"%zu\" font-size=\"14\" fill=\"currentColor\">k = %u</text></svg>\n", height - 20,
        height - 8, r->p.k);
}

static vault_err
exposed_table(struct release *r, struct buf *out)
{
    struct buf title = BUF_INIT;
    vault_err err = VAULT_OK;

    buf_str(out, "<table><tr><th scope=\"col\">Record</th><th scope=\"col\">Title</th><th scope=\"col\">Rows like hers</th><th scope=\"col\">Stands out most by</th>"
        "<th scope=\"col\">Without it</th></tr>\n");
    for (size_t i = 0; err == VAULT_OK && i < r->n_exposed; i++) {
        const struct release_exposed *e = &r->exposed[i];
        char code[CODE_LEN + 1];

        buf_reset(&title);
        err = recs_title_of(&r->v->recs, e->record, &title);
        code_of(code, r->v->recs.index.pair[e->record].record);
        buf_fmt(out, "<tr><td>%.8s</td><td>", code);
        html_text(out, PART(title.p, title.n));
        buf_fmt(out, "</td><td>%" PRIu64 "</td><td>", e->size);
        text_in(out, "", e->column, "</td>");
        buf_fmt(out, "<td>%" PRIu64 "</td></tr>\n", e->without);
    }
    buf_str(out, "</table>\n");
    buf_free(&title);
    return err;
}

vault_err
release_report(struct release *r, struct buf *out)
{
    vault_err err = VAULT_OK;

    buf_str(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        "<meta name=\"viewport\" content=\"width=device-width\"><title>For the keeper only</title><style>");
    buf_str(out, STYLE);
    text_in(out, "</style></head><body>\n<h1>For the keeper only: not a part of the release</h1>\n<p>Audience: ", r->p.audience, "</p>\n");
    buf_fmt(out, "<h2>Refusals: %zu</h2>\n<ul>\n", r->refusals.n);
    for (size_t i = 0; i < r->refusals.n; i++) {
        text_in(out, "<li>", r->refusals.list[i].rule, ": ");
        text_in(out, "", r->refusals.list[i].where, ": ");
        text_in(out, "", r->refusals.list[i].detail, "</li>\n");
    }
    buf_str(out, "</ul>\n<h2>What would help</h2>\n<ul>\n");
    for (size_t i = 0; i < r->advice.n; i++)
        text_in(out, "<li>", r->advice.text[i], "</li>\n");
    buf_str(out, "</ul>\n<h2>Who is exposed</h2>\n");
    if (r->n_exposed == 0)
        buf_str(out, "<p>Nobody by the thresholds of this policy.</p>\n");
    else {
        err = exposed_table(r, out);
        picture(r, out);
    }
    buf_str(out, "</body></html>\n");
    return err == VAULT_OK ? buf_ok(out) : err;
}
