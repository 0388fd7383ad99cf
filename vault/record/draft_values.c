/* draft_values.c - see draft_values.h; and draft_init and draft_done of draft.h, as links that were resolved lately are kept here. */
#include "vault/record/draft_values.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/record/date.h"
#include "vault/record/value.h"

#define MEMO_SLOTS 256
#define MEMO_TEXT 64
#define LABEL_TRIES 64

struct link_memo {
    char text[MEMO_TEXT];       /* empty: free. Refs and codes, wiped with the rest */
    const struct field_def *f;
    uint8_t id[RECORD_ID_BYTES];
};

vault_err
draft_init(struct draft *d, struct recs *r)
{
    memset(d, 0, sizeof *d);
    d->r = r;
    rng_init(&d->rng);
    d->memo = calloc(MEMO_SLOTS, sizeof *d->memo);
    return d->memo == NULL ? err_nomem() : VAULT_OK;
}

void
draft_done(struct draft *d)
{
    rng_done(&d->rng);
    buf_free(&d->mem);
    if (d->memo != NULL)
        sodium_memzero(d->memo, MEMO_SLOTS * sizeof *d->memo);
    free(d->memo);
    free(d->value);
    memset(d, 0, sizeof *d);
}

/* ---- links ---- */

static enum find_by
link_rule(const struct draft *d, const char *field)
{
    for (size_t i = 0; i < d->n_links; i++)
        if (strcmp(d->links[i].field, field) == 0)
            return d->links[i].by;
    return FIND_ANY;
}

static struct link_memo *
memo_of(struct draft *d, struct part text)
{
    uint32_t h = 2166136261u;

    if (text.n == 0 || text.n >= MEMO_TEXT)
        return NULL;
    for (size_t i = 0; i < text.n; i++)
        h = (h ^ ((const uint8_t *)text.p)[i]) * 16777619u;
    return &d->memo[h % MEMO_SLOTS];
}

static vault_err
check_target(struct draft *d, const struct field_def *f, uint32_t first)
{
    struct revision rev;
    const struct type_def *t;
    uint32_t head = 0;
    vault_err err;

    if (f->target[0] == '\0')
        return VAULT_OK;
    revision_init(&rev);
    err = recs_head(d->r, first, &head, NULL);
    if (err == VAULT_OK)
        err = recs_load(d->r, head, &rev);
    if (err == VAULT_OK) {
        t = type_set_by_hash(&d->r->types, rev.type);
        if (t == NULL || strcmp(t->name, f->target) != 0)
            err = err_say(VAULT_ERR_INPUT, NULL, "%s must name a record of type %s", f->name,
                f->target);
    }
    revision_free(&rev);
    return err;
}

static vault_err
resolve(struct draft *d, const struct field_def *f, struct part text, uint8_t id[static 16])
{
    struct link_memo *m = memo_of(d, text);
    uint32_t first = 0;
    vault_err err;

    if (m != NULL && m->f == f && strlen(m->text) == text.n &&
        memcmp(m->text, text.p, text.n) == 0) {
        memcpy(id, m->id, RECORD_ID_BYTES);
        return VAULT_OK;
    }
    err = recs_find(d->r, text.p, text.n, link_rule(d, f->name), &first);
    if (err == VAULT_ERR_NOT_FOUND)
        return err_say(VAULT_ERR_NOT_FOUND, "add or import the record it points to first",
            "%s names a record that is not here", f->name);
    if (err == VAULT_OK && index_purged(&d->r->index, first))
        err = recs_purged();
    if (err == VAULT_OK)
        err = check_target(d, f, first);
    if (err != VAULT_OK)
        return err;
    memcpy(id, d->r->index.pair[first].record, RECORD_ID_BYTES);
    if (m != NULL) {
        memcpy(m->text, text.p, text.n);
        m->text[text.n] = '\0';
        m->f = f;
        memcpy(m->id, id, RECORD_ID_BYTES);
    }
    return VAULT_OK;
}

/* ---- values ---- */

static vault_err
new_value(struct draft *d, const struct field_def *f, struct draft_value **out)
{
    struct draft_value *v;

    v = array_room(d->value, d->n, &d->cap, sizeof *v);
    if (v == NULL)
        return err_nomem();
    d->value = v;
    v = &d->value[d->n++];
    *v = (struct draft_value){ .f = f, .at = d->mem.n };
    *out = v;
    return VAULT_OK;
}

struct prov_store {
    uint8_t source[RECORD_ID_BYTES];
    char as_of[DATE_MAX];
};

static vault_err
read_provenance(struct draft *d, const struct vault_fields *in, const struct field_input *i,
    struct provenance *out, struct prov_store *store)
{
    struct part p;
    uint32_t first = 0;
    vault_err err = VAULT_OK;

    memset(out, 0, sizeof *out);
    p = fields_part(in, i->source);
    if (p.n != 0) {
        err = recs_find(d->r, p.p, p.n, FIND_ANY, &first);
        if (err == VAULT_ERR_NOT_FOUND)
            err = err_say(err, NULL, "the source of %s names a record that is not here", i->field);
        if (err != VAULT_OK)
            return err;
        memcpy(store->source, d->r->index.pair[first].record, RECORD_ID_BYTES);
        out->source = PART(store->source, RECORD_ID_BYTES);
    }
    p = fields_part(in, i->as_of);
    if (p.n != 0) {
        err = date_parse(store->as_of, p.p, p.n);
        out->as_of = PART(store->as_of, strlen(store->as_of));
    }
    out->certainty = fields_part(in, i->certainty);
    return err;
}

static vault_err
take_value(struct draft *d, const struct field_def *f, const struct vault_fields *in,
    const struct field_input *i)
{
    struct part text = fields_part(in, i->text);
    struct prov_store store;
    struct provenance prov;
    struct draft_value *v = NULL;
    uint8_t id[RECORD_ID_BYTES];
    vault_err err;

    if (f->kind == FIELD_FILE)
        return err_say(VAULT_ERR_INPUT, "attachments come with 'attach'",
            "%s holds files and cannot be typed", f->name);
    err = read_provenance(d, in, i, &prov, &store);
    if (err == VAULT_OK)
        err = new_value(d, f, &v);
    if (err != VAULT_OK)
        return err;
    if (f->kind == FIELD_LINK) {
        err = resolve(d, f, text, id);
        if (err == VAULT_OK)
            err = value_from_link(&d->mem, id, &prov);
    } else {
        err = value_from_text(&d->mem, f, text.p, text.n, &prov);
    }
    if (err == VAULT_OK)
        err = buf_ok(&d->mem);
    v->n = d->mem.n - v->at;
    return err;
}

static vault_err
at_place(vault_err err, const struct field_input *i)
{
    char own[NAME_MAX_BYTES + 16];
    struct vault_error said = *vault_last_error();
    const char *text = said.text;

    if (err == VAULT_OK || i->line == 0)
        return err;
    /* The place names the field already. */
    snprintf(own, sizeof own, "field %s: ", i->field);
    if (strncmp(text, own, strlen(own)) == 0)
        text += strlen(own);
    return err_say(err, said.hint[0] == '\0' ? NULL : said.hint, "line %llu, column %u (%s): %s",
        (unsigned long long)i->line, i->col, i->column != NULL ? i->column : i->field, text);
}

static vault_err
field_of(const struct type_def *t, const struct field_input *i, const struct field_def **f)
{
    *f = type_field(t, i->field, strlen(i->field));
    return *f == NULL ? type_no_field(t, i->field, strlen(i->field)) : VAULT_OK;
}

vault_err
draft_take_inputs(struct draft *d, const struct type_def *t, const struct vault_fields *in)
{
    const struct field_def *f;
    vault_err err = VAULT_OK;

    buf_reset(&d->mem);
    d->n = 0;
    for (size_t k = 0; err == VAULT_OK && k < in->n; k++) {
        const struct field_input *i = &in->in[k];
        err = field_of(t, i, &f);
        if (err == VAULT_OK && !i->unset)
            err = take_value(d, f, in, i);
        if (err == VAULT_OK && !f->repeats && !i->unset)
            for (size_t j = 0; j + 1 < d->n; j++)
                if (d->value[j].f == f)
                    err = err_say(VAULT_ERR_INPUT, NULL, "%s was given twice and does not repeat",
                        f->name);
        err = at_place(err, i);
    }
    return err;
}

struct part
draft_value_part(const struct draft *d, const struct draft_value *v)
{
    return PART(d->mem.p + v->at, v->n);
}

/* ---- uniqueness of ref and label ---- */

const struct field_input *
draft_input_of(const struct vault_fields *in, const char *field)
{
    for (size_t i = 0; i < in->n; i++)
        if (strcmp(in->in[i].field, field) == 0 && !in->in[i].unset)
            return &in->in[i];
    return NULL;
}

vault_err
draft_must_be_free(struct draft *d, const struct vault_fields *in, const char *field, uint32_t except)
{
    const struct field_input *i = draft_input_of(in, field);
    bool taken = false;
    vault_err err;

    if (i == NULL || i->text.n == 0)
        return VAULT_OK;
    err = recs_taken(d->r, field, fields_part(in, i->text), except, &taken);
    if (err == VAULT_OK && taken)
        err = at_place(err_say(VAULT_ERR_CONFLICT,
            "choose another, or revise the existing record (edit; import --key)",
            "another record already has this %s", field), i);
    return err;
}

vault_err
draft_make_label(struct draft *d, const struct type_def *t)
{
    const struct field_def *f = type_field(t, "label", 5);
    struct draft_value *v = NULL;
    struct buf text = BUF_INIT;
    bool seen = true;
    vault_err err = VAULT_OK;

    for (unsigned try = 0; err == VAULT_OK && seen; try++) {
        uint8_t bits[4], tag[TAG_BYTES];
        rng_take(&d->rng, bits, sizeof bits);
        buf_reset(&text);
        words_of(&text, bits, sizeof bits, try < LABEL_TRIES ? 2 : 3);
        for (size_t i = 0; i < text.n; i++)
            if (text.p[i] == ' ')
                text.p[i] = '-';
        err = buf_ok(&text);
        if (err == VAULT_OK)
            err = recs_tag_text(d->r, "label", PART(text.p, text.n), tag);
        if (err == VAULT_OK)
            err = recs_tag_seen(d->r, 1, tag, &seen);
    }
    if (err == VAULT_OK)
        err = new_value(d, f, &v);
    if (err == VAULT_OK)
        err = value_from_text(&d->mem, f, (const char *)text.p, text.n, NULL);
    if (err == VAULT_OK)
        v->n = d->mem.n - v->at;
    buf_free(&text);
    return err;
}

bool
draft_makes_label(const struct type_def *t)
{
    const struct field_def *f = type_field(t, "label", 5);

    return f != NULL && f->kind == FIELD_TEXT && f->tier == LEAF_OPEN && !f->repeats;
}
