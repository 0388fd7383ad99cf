/*
 * release_gate.c - every name of the vault against the final bytes of every file: see release.h and release/gate.h.
 *
 * All revisions are looked at, also of records that were removed: a name that somebody corrected is still a name.
 */
#include "vault/release.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/record/scan.h"
#include "vault/record/value.h"
#include "vault/release/gate.h"
#include "vault/same.h"

#define TOLD_MAX 100u                   /* hits that are told; the rest is counted */

struct gating {
    struct release *r;
    struct gate *gate;
    struct buf open, fold;              /* what the policy declares public, folded: one text after the other, a line break between */
    struct part bytes;                  /* of the file under way */
    uint64_t told, more;
};

/* ---- what is looked for ---- */

static bool
kind_of(const struct field_def *f, const struct leaf *l, enum gate_kind *out)
{
    bool withheld = l->tier == LEAF_WITHHELD || f->tier == LEAF_WITHHELD;

    switch (f->kind) {
    case FIELD_NAME:
        *out = GATE_NAME;
        return withheld && f->role == ROLE_DIRECT;
    case FIELD_IDENTIFIER:
        *out = GATE_IDENTIFIER;
        return true;                    /* `ref` as well: it ties the release to other files */
    case FIELD_TEXT:
    case FIELD_NARRATIVE:
    case FIELD_PLACE:
        *out = strcmp(f->name, "contact") == 0 ? GATE_IDENTIFIER : GATE_TEXT;
        return withheld;
    default:
        return false;
    }
}

/* The policy says that these figures were public before: so what they say is no secret, whoever noted it. */
static vault_err
note_public(struct gating *g)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; i < g->r->n_sources; i++) {
        const struct release_source *s = &g->r->source[i];

        for (size_t c = 0; s->kind == SOURCE_PUBLIC && c < s->sheet.n_columns; c++)
            for (uint32_t k = 0; err == VAULT_OK && k < s->sheet.column[c].n_values; k++) {
                err = text_fold(&g->open, s->sheet.column[c].value[k], strlen(s->sheet.column[c].value[k]));
                buf_u8(&g->open, '\n');
            }
    }
    return err == VAULT_OK ? buf_ok(&g->open) : err;
}

/* Does it stand there, but for a full stop at its end? */
static vault_err
is_public(struct gating *g, struct part text, bool *yes)
{
    vault_err err;

    *yes = false;
    if (g->open.n == 0)
        return VAULT_OK;
    buf_reset(&g->fold);
    err = text_fold(&g->fold, text.p, text.n);
    while (err == VAULT_OK && g->fold.n > 0 && strchr(".,;: ", g->fold.p[g->fold.n - 1]) != NULL)
        buf_cut(&g->fold, g->fold.n - 1);
    *yes = err == VAULT_OK && g->fold.n > 0 && memmem(g->open.p, g->open.n, g->fold.p, g->fold.n) != NULL;
    return err;
}

static vault_err
take_leaf(struct gating *g, uint32_t first, const struct type_def *t, const struct leaf *l)
{
    const struct field_def *f = type_field(t, l->field.p, l->field.n);
    struct value_view view;
    enum gate_kind kind;
    bool public;

    if (f == NULL || l->value.n == 0 || value_read(&view, l->value) != VAULT_OK || view.shape != VALUE_TEXT)
        return VAULT_OK;
    /* A press name that nobody agreed to excuses nothing: whoever may edit a record could let its name out. */
    if (f->kind == FIELD_NAME && strcmp(f->name, "press_name") == 0)
        return release_press_agreed(g->r, first, view.text) ? gate_add_public(g->gate, first, view.text) : VAULT_OK;
    if (!kind_of(f, l, &kind))
        return VAULT_OK;
    if (kind == GATE_TEXT) {
        vault_err err = is_public(g, view.text, &public);

        if (err != VAULT_OK || public)
            return err;
    }
    return gate_add(g->gate, kind, first, f->name, view.text);
}

/* Of a record that was merged into another the leading one answers: they are one person. */
static vault_err
each(struct scan *s, uint32_t n, struct revision *rev)
{
    struct gating *g = s->ctx;
    const struct vault *v = g->r->v;
    const struct type_def *t = type_set_by_hash(&v->recs.types, rev->type);
    uint32_t first = same_lead(&v->same, v->recs.index.pair[n].first);
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && t != NULL && i < rev->n_leaves; i++)
        err = take_leaf(g, first, t, &rev->leaf[i]);
    return err;
}

/* What this release calls somebody was judged (release_press.c); where it may not be, that is a refusal already. */
static vault_err
take_told(struct release *r, uint32_t first, const char *name, void *ctx)
{
    struct gating *g = ctx;
    struct part text = PART(name, strlen(name));

    return release_press_agreed(r, first, text) ? VAULT_OK : gate_add_public(g->gate, same_lead(&r->v->same, first), text);
}

static vault_err
fill(struct gating *g)
{
    struct scan scan = { .r = &g->r->v->recs, .withheld = true, .all = true, .own_only = true, .fn = each, .ctx = g };
    vault_err err = release_each_press_name(g->r, take_told, g);

    return err == VAULT_OK ? scan_run(&scan) : err;
}

/* ---- what is found ---- */

/* A press name that is as long as a code is no code. */
static bool
is_press(const struct release_source *s, const char *text)
{
    uint32_t value;
    size_t column;

    return sheet_find_column(&s->sheet, "press_name", &column) && sheet_find_value(&s->sheet.column[column], PART(text, PSEUDONYM_CHARS), &value);
}

/* Does it lie within one of the release's own codes? They come from a keyed function: what they happen to hold tells nothing. */
static bool
is_in_code(const struct gating *g, const struct gate_hit *h)
{
    const char *p = g->bytes.p;
    size_t from = h->at, to = h->at;
    uint32_t value;

    if (h->n == 0 || h->at + h->n > g->bytes.n)
        return false;
    while (from > 0 && isalnum((unsigned char)p[from - 1]))
        from--;
    while (to < g->bytes.n && isalnum((unsigned char)p[to]))
        to++;
    if (to - from != PSEUDONYM_CHARS || h->at + h->n > to)
        return false;
    for (size_t i = 0; i < g->r->n_sources; i++)
        if (g->r->source[i].kind == SOURCE_ROWS && sheet_find_value(&g->r->source[i].sheet.column[0], PART(p + from, to - from), &value) &&
            !is_press(&g->r->source[i], p + from))
            return true;
    return false;
}

/* A number of a document or a telephone is never let out; of other withheld text a keeper may know that it is public. */
static bool
is_identifier(const struct vault *v, const char *field)
{
    const struct type_set *types = &v->recs.types;

    for (size_t i = 0; i < types->n; i++) {
        const struct field_def *f = type_field(types->type[i], field, strlen(field));

        if (f != NULL && f->kind == FIELD_IDENTIFIER)
            return true;
    }
    return strcmp(field, "contact") == 0;
}

static vault_err
take_hit(void *ctx, const struct gate_hit *h)
{
    struct gating *g = ctx;
    struct vault *v = g->r->v;
    char where[128], code[CODE_LEN + 1] = "", word[GATE_ID_LEN + 8];
    bool may = h->what == GATE_LONE_NAME || (h->what == GATE_VALUE && !is_identifier(v, h->field)) || h->what == GATE_PATTERN;
    const char *accept = NULL;

    if (is_in_code(g, h))
        return VAULT_OK;
    snprintf(word, sizeof word, "hit-%s", h->id);
    if (may && session_accepts(v, word))
        return VAULT_OK;
    if (g->told++ >= TOLD_MAX) {
        g->more++;
        return VAULT_OK;
    }
    if (h->what != GATE_PATTERN && h->what != GATE_UNSEARCHED)
        code_of(code, v->recs.index.pair[h->record].record);
    snprintf(where, sizeof where, "%.90s:%zu", h->file, h->line);
    if (may) {
        accept = release_keep_word(g->r, word);
        if (accept == NULL)
            return err_nomem();
    }
    if (h->what == GATE_UNSEARCHED)
        return refusal_add(&g->r->refusals, "leak", NULL, where, "this file could not be searched to its end%s%s", h->how[0] == '\0' ? "" : " ", h->how);
    if (h->what == GATE_PATTERN)
        return refusal_add(&g->r->refusals, "leak", accept, where, "what looks like a %s%s%s", h->field, h->how[0] == '\0' ? "" : " ", h->how);
    return refusal_add(&g->r->refusals, "leak", accept, where, "%s of record %.8s (%s)%s%s", gate_class_text(h->what), code, h->field, h->how[0] == '\0' ? "" : " ", h->how);
}

static enum gate_file
kind_of_file(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot == NULL ? GATE_PLAIN : strcmp(dot, ".csv") == 0 ? GATE_CSV : strcmp(dot, ".json") == 0 ? GATE_JSON : strcmp(dot, ".html") == 0 ? GATE_HTML : GATE_PLAIN;
}

static vault_err
search_name(struct gating *g, const char *name)
{
    g->bytes = PART(name, strlen(name));
    return gate_search(g->gate, name, GATE_FILE_NAME, g->bytes, take_hit, g);
}

static vault_err
search_file(struct gating *g, const struct release_file *f)
{
    vault_err err = search_name(g, f->name);

    g->bytes = PART(f->content.p, f->content.n);
    return err == VAULT_OK ? gate_search(g->gate, f->name, kind_of_file(f->name), PART(f->content.p, f->content.n), take_hit, g) : err;
}

vault_err
release_judge_leaks(struct release *r)
{
    struct gating g = { .r = r };
    vault_err err = gate_new(&g.gate);

    if (err == VAULT_OK)
        err = note_public(&g);
    if (err == VAULT_OK)
        err = fill(&g);
    for (size_t i = 0; err == VAULT_OK && i < r->files.n; i++)
        err = search_file(&g, &r->files.file[i]);
    if (err == VAULT_OK && r->called != NULL)
        err = search_name(&g, r->called);
    if (err == VAULT_OK && g.more > 0)
        err = refusal_add(&r->refusals, "leak", NULL, "files", "%llu more places", (unsigned long long)g.more);
    gate_free(g.gate);
    buf_free(&g.open);
    buf_free(&g.fold);
    return err;
}
