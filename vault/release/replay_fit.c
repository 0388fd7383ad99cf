/*
 * replay_fit.c - what is known beside what a cell says.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "vault/base/text.h"
#include "vault/names/name.h"
#include "vault/release/published.h"

enum { ABOUT_DAYS = 5 * 366 };          /* how far off "about" and "perhaps" may be */

/* What the parts of a comparison need of it. */
struct beside {
    const struct sheet_column *c;
    const struct hierarchy *h;
    struct treatment t;
    const char *known, *cell;
    bool last_occurs;                   /* places: the widest part of what is known is the widest part of some cell */
    const char *of_level[HIERARCHY_LEVELS_MAX];     /* what is known, on each level that has it; NULL */
};

static bool
is_hidden(const char *text)
{
    return text[0] == '\0' || strcmp(text, SHEET_SUPPRESSED) == 0;
}

static bool
is_kind(const struct sheet_column *c, const char *name)
{
    return c->kind != NULL && strcmp(c->kind, name) == 0;
}

/* ---- texts ---- */

/* Folded, as a zero-terminated text. */
static vault_err
fold(struct buf *out, struct part text)
{
    vault_err err = text_fold(out, text.p, text.n);

    if (err == VAULT_ERR_INPUT) {       /* not UTF-8: as it is */
        buf_put(out, text.p, text.n);
        err = buf_ok(out);
    }
    return err == VAULT_OK && buf_cstr(out) == NULL ? err_nomem() : err;
}

static vault_err
same_folded(bool *out, struct part a, struct part b)
{
    struct buf x = BUF_INIT, y = BUF_INIT;
    vault_err err = fold(&x, a);

    if (err == VAULT_OK)
        err = fold(&y, b);
    *out = err == VAULT_OK && x.n == y.n && memcmp(x.p, y.p, x.n) == 0;
    buf_free(&x);
    buf_free(&y);
    return err;
}

static struct part
whole(const char *s)
{
    return PART(s, strlen(s));
}

/* "miner" in "coal miner": whole words. */
static bool
has_words(const char *text, const char *words)
{
    size_t n = strlen(words);

    for (const char *at = text; n > 0 && (at = strstr(at, words)) != NULL; at++)
        if ((at == text || at[-1] == ' ') && (at[n] == '\0' || strchr(" ,;.", at[n]) != NULL))
            return true;
    return false;
}

static vault_err
fit_texts(enum fit *out, const struct beside *b)
{
    struct buf x = BUF_INIT, y = BUF_INIT;
    vault_err err = fold(&x, whole(b->known));

    if (err == VAULT_OK)
        err = fold(&y, whole(b->cell));
    if (err == VAULT_OK) {
        const char *known = (const char *)x.p, *cell = (const char *)y.p;

        *out = strcmp(known, cell) == 0 ? FIT_YES : has_words(cell, known) || has_words(known, cell) ? FIT_LOOSE : FIT_NO;
    }
    buf_free(&x);
    buf_free(&y);
    return err;
}

/* ---- names ---- */

static vault_err
fit_names(enum fit *out, const struct beside *b)
{
    struct { struct name known, cell; } *tmp = malloc(sizeof *tmp);
    vault_err err = VAULT_OK;

    if (tmp == NULL)
        return err_nomem();
    if (name_try(&tmp->known, b->known, strlen(b->known)) && name_try(&tmp->cell, b->cell, strlen(b->cell))) {
        enum name_level level = name_compare(&tmp->known, &tmp->cell, NAME_SHOWS_KEYS, NULL);

        *out = level >= NAME_FOLD ? FIT_YES : level == NAME_SKELETON ? FIT_LOOSE : FIT_NO;
    }
    if (*out != FIT_YES) {              /* "Kim" beside "Kim Yong-chol": never one by names, but a reader may think so */
        enum fit as_text = FIT_NO;

        err = fit_texts(&as_text, b);
        *out = as_text > *out ? as_text : *out;
    }
    sodium_memzero(tmp, sizeof *tmp);
    free(tmp);
    return err;
}

/* ---- dates and numbers ---- */

/* 1960s */
static bool
decade(struct treat_span *out, const char *text, const char *kind)
{
    const struct treatment ten = { TREAT_BAND, 10, NULL };
    char band[16];
    size_t n = strspn(text, "0123456789");

    if (n != 4 || text[3] != '0' || text[4] != 's' || text[5] != '\0')
        return false;
    memcpy(band, text, 4);
    band[4] = '-';
    memcpy(band + 5, text, 3);
    band[8] = '9';
    band[9] = '\0';
    return treat_span(out, &ten, kind, band);
}

static bool
known_span(struct treat_span *out, const char *text, bool days)
{
    const struct treatment keep = { TREAT_KEEP, 0, NULL }, band = { TREAT_BAND, 1, NULL };

    if (days)
        return treat_span(out, &keep, "date", text) || decade(out, text, "date") || treat_span(out, &band, "date", text);
    return treat_span(out, &keep, "number", text) || treat_span(out, &band, "number", text) || decade(out, text, "number");
}

/* Bands of a column that tells no kind may be of years: a date is known by its year then. */
static bool
both_spans(struct treat_span *known, struct treat_span *cell, const struct beside *b)
{
    if (!treat_span(cell, &b->t, b->c->kind, b->cell))
        return false;
    if (known_span(known, b->known, cell->days))
        return true;
    return !cell->days && treat_span(cell, &b->t, "date", b->cell) && known_span(known, b->known, true);
}

static bool
is_about(const char *text)
{
    return strpbrk(text, "~?%") != NULL;
}

static enum fit
fit_spans(const struct beside *b)
{
    struct treat_span known, cell;
    int64_t about;

    if (!both_spans(&known, &cell, b))
        return FIT_UNTOLD;
    if (known.from <= cell.to && cell.from <= known.to)
        return FIT_YES;
    about = cell.days && (is_about(b->known) || is_about(b->cell)) ? ABOUT_DAYS : 0;
    return known.from - about <= cell.to && cell.from - about <= known.to ? FIT_LOOSE : FIT_NO;
}

/* ---- places ---- */

struct places {
    struct part known[TREAT_PLACE_MAX], cell[TREAT_PLACE_MAX];
    unsigned n_known, n_cell;
};

/* Do the last `n` parts of one agree with the last of the other, after `skip` of its own? */
static vault_err
ends_agree(bool *out, const struct part *a, unsigned n_a, const struct part *b, unsigned n_b)
{
    vault_err err = VAULT_OK;

    *out = true;
    for (unsigned i = 1; err == VAULT_OK && *out && i <= n_a && i <= n_b; i++)
        err = same_folded(out, a[n_a - i], b[n_b - i]);
    return err;
}

/* Is some part of one the last of the other, and do they agree from there on? "Leningrad region" is in "Vyborg, Leningrad region, Russia". */
static vault_err
meets_inside(bool *out, const struct part *a, unsigned n_a, const struct part *b, unsigned n_b)
{
    vault_err err = VAULT_OK;

    *out = false;
    for (unsigned i = 1; err == VAULT_OK && !*out && i < n_a; i++)
        err = ends_agree(out, a, n_a - i, b, n_b);
    return err;
}

static vault_err
find_last(bool *out, const struct beside *b)
{
    struct places p;
    vault_err err = VAULT_OK;

    *out = false;
    p.n_known = treat_place_parts(p.known, b->known);
    for (uint32_t v = 1; err == VAULT_OK && !*out && p.n_known > 0 && v < b->c->n_values; v++) {
        p.n_cell = treat_place_parts(p.cell, b->c->value[v]);
        if (p.n_cell > 0)
            err = same_folded(out, p.known[p.n_known - 1], p.cell[p.n_cell - 1]);
    }
    return err;
}

/* What ends otherwise does not fit, where both ends are of one kind: both have wider places behind them, or such an end occurs in the column. */
static vault_err
fit_places(enum fit *out, const struct beside *b)
{
    struct places p;
    bool yes;
    vault_err err;

    p.n_known = treat_place_parts(p.known, b->known);
    p.n_cell = treat_place_parts(p.cell, b->cell);
    err = ends_agree(&yes, p.known, p.n_known, p.cell, p.n_cell);
    if (err == VAULT_OK && !yes)
        err = meets_inside(&yes, p.known, p.n_known, p.cell, p.n_cell);
    if (err == VAULT_OK && !yes)
        err = meets_inside(&yes, p.cell, p.n_cell, p.known, p.n_known);
    *out = yes ? FIT_YES : b->last_occurs || (p.n_known >= 2 && p.n_cell >= 2) ? FIT_NO : FIT_UNTOLD;
    return err;
}

/* ---- hierarchies ---- */

static vault_err
find_levels(struct beside *b)
{
    struct buf known = BUF_INIT, text = BUF_INIT;
    vault_err err = fold(&known, whole(b->known));

    for (unsigned i = 0; err == VAULT_OK && b->h != NULL && i < hierarchy_levels(b->h); i++) {
        const struct sheet_column *texts = &b->h->levels.column[i];

        for (uint32_t v = 1; err == VAULT_OK && b->of_level[i] == NULL && v < texts->n_values; v++) {
            buf_reset(&text);
            err = fold(&text, whole(texts->value[v]));
            if (err == VAULT_OK && text.n == known.n && memcmp(text.p, known.p, text.n) == 0)
                b->of_level[i] = texts->value[v];
        }
    }
    buf_free(&known);
    buf_free(&text);
    return err;
}

/* On every level that has it, what is known is called something on the column's level; below it, many cells are in it. */
static vault_err
fit_levels(enum fit *out, const struct beside *b)
{
    bool found = false;
    vault_err err;

    for (unsigned i = 0; b->h != NULL && i < hierarchy_levels(b->h); i++) {
        const char *mine = b->of_level[i], *its = b->cell;

        if (mine == NULL)
            continue;
        found = true;
        if (i <= b->t.arg)
            mine = hierarchy_up(b->h, i, b->t.arg, mine);
        else
            its = hierarchy_up(b->h, b->t.arg, i, b->cell);
        if (mine != NULL && its != NULL && strcmp(mine, its) == 0) {
            *out = FIT_YES;
            return VAULT_OK;
        }
    }
    if (found) {
        *out = FIT_NO;
        return VAULT_OK;
    }
    err = fit_texts(out, b);            /* of another vocabulary, or the column has no file */
    if (err == VAULT_OK && *out == FIT_NO)
        *out = FIT_UNTOLD;
    return err;
}

/* ---- any ---- */

static bool
is_name(const struct sheet_column *c)
{
    return is_kind(c, "name") || strcmp(c->name, "press_name") == 0;
}

static bool
is_span(const struct sheet_column *c)
{
    return c->treat == TREAT_BAND || c->treat == TREAT_DATE || is_kind(c, "date") || is_kind(c, "number");
}

static bool
is_place(const struct sheet_column *c)
{
    return c->treat == TREAT_PLACE || is_kind(c, "place");
}

static vault_err
fit_one(enum fit *out, const struct beside *b)
{
    const struct sheet_column *c = b->c;

    *out = FIT_NO;
    if (is_hidden(b->cell) || c->treat == TREAT_PSEUDONYM || c->treat == TREAT_REVIEWED || c->treat == TREAT_DROP) {
        *out = FIT_YES;                 /* tells nothing of it, or nobody can say what */
        return VAULT_OK;
    }
    if (c->treat == TREAT_HIERARCHY)
        return fit_levels(out, b);
    if (is_name(c))
        return fit_names(out, b);
    if (is_place(c))
        return fit_places(out, b);
    if (is_span(c)) {
        *out = fit_spans(b);
        return VAULT_OK;
    }
    return fit_texts(out, b);
}

vault_err
replay_fit(enum fit *out, const struct sheet_column *c, const struct hierarchy *h, const char *known)
{
    struct beside b = { .c = c, .h = h, .t = { c->treat, c->arg, h }, .known = known };
    vault_err err = VAULT_OK;

    if (c->treat == TREAT_HIERARCHY)
        err = find_levels(&b);
    else if (is_place(c))
        err = find_last(&b.last_occurs, &b);
    for (uint32_t v = 0; err == VAULT_OK && v < c->n_values; v++) {
        b.cell = c->value[v];
        err = fit_one(&out[v], &b);
    }
    return err;
}

/* ---- news ---- */

/* Known: the cell is what is known, or its end: a wider place. */
static vault_err
place_is_known(bool *out, const struct beside *b)
{
    struct places p;

    p.n_known = treat_place_parts(p.known, b->known);
    p.n_cell = treat_place_parts(p.cell, b->cell);
    *out = p.n_cell <= p.n_known;
    return *out ? ends_agree(out, p.known, p.n_known, p.cell, p.n_cell) : VAULT_OK;
}

vault_err
replay_tells_more(bool *out, const struct sheet_column *c, const struct hierarchy *h, const char *known, const char *cell)
{
    const struct beside b = { .c = c, .h = h, .t = { c->treat, c->arg, h }, .known = known, .cell = cell };
    struct treat_span a, z;
    enum fit fit = FIT_NO;
    bool is_known = false;
    vault_err err = VAULT_OK;

    *out = false;
    if (is_hidden(cell) || c->treat == TREAT_PSEUDONYM || c->treat == TREAT_DROP)
        return VAULT_OK;
    if (c->treat == TREAT_HIERARCHY) {
        for (unsigned i = 0; err == VAULT_OK && !is_known && h != NULL && i <= c->arg; i++) {
            const char *up = hierarchy_up(h, i, c->arg, known);

            is_known = up != NULL && strcmp(up, cell) == 0;
        }
        if (!is_known)
            err = same_folded(&is_known, whole(known), whole(cell));
    } else if (is_place(c)) {
        err = place_is_known(&is_known, &b);
    } else if (is_span(c)) {
        is_known = both_spans(&a, &z, &b) && z.from <= a.from && a.to <= z.to;
    } else if (is_name(c)) {
        err = fit_names(&fit, &b);
        is_known = fit == FIT_YES;
    } else {
        err = same_folded(&is_known, whole(known), whole(cell));
    }
    *out = !is_known;
    return err;
}
