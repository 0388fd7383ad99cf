/*
 * draft.c - see draft.h.
 *
 * An edit replaces a field as a whole, but keeps every element whose value is the same: its element
 * id and, for withheld values, its leaf. So a later merge sees what really changed.
 */
#include "vault/record/draft.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "vault/base/text.h"
#include "vault/record/date.h"
#include "vault/record/value.h"

#define MEMO_SLOTS 256
#define MEMO_TEXT 64
#define LABEL_TRIES 64

struct draft_value {
    const struct field_def *f;
    size_t at, n;               /* CBOR within mem */
};

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

static vault_err
take_inputs(struct draft *d, const struct type_def *t, const struct vault_fields *in)
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

static struct part
value_part(const struct draft *d, const struct draft_value *v)
{
    return PART(d->mem.p + v->at, v->n);
}

/* ---- uniqueness of ref and label ---- */

static const struct field_input *
input_of(const struct vault_fields *in, const char *field)
{
    for (size_t i = 0; i < in->n; i++)
        if (strcmp(in->in[i].field, field) == 0 && !in->in[i].unset)
            return &in->in[i];
    return NULL;
}

static vault_err
must_be_free(struct draft *d, const struct vault_fields *in, const char *field, uint32_t except)
{
    const struct field_input *i = input_of(in, field);
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

static vault_err
generate_label(struct draft *d, const struct type_def *t)
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

static bool
has_generated_label(const struct type_def *t)
{
    const struct field_def *f = type_field(t, "label", 5);

    return f != NULL && f->kind == FIELD_TEXT && f->tier == LEAF_OPEN && !f->repeats;
}

/* ---- adding ---- */

static void
element_new(struct draft *d, struct leaf *l, size_t position)
{
    l->n_element = ELEMENT_BYTES;
    l->element[0] = (uint8_t)(position >> 8);
    l->element[1] = (uint8_t)position;
    rng_take(&d->rng, l->element + 2, ELEMENT_BYTES - 2);
}

static struct part
name_part(const struct field_def *f)
{
    return PART(f->name, strlen(f->name));
}

static vault_err
add_leaf(struct draft *d, struct revision *rev, const struct draft_value *v, size_t position,
    struct leaf **out)
{
    struct leaf *l = revision_add(rev, name_part(v->f), v->f->tier, value_part(d, v));

    if (l == NULL)
        return err_nomem();
    if (v->f->repeats)
        element_new(d, l, position);
    if (out != NULL)
        *out = l;
    return VAULT_OK;
}

void
draft_begin(const struct recs *r, struct revision *rev, const uint8_t type_hash[static 32])
{
    revision_reset(rev);
    memcpy(rev->type, type_hash, 32);
    memcpy(rev->author, r->author, 32);
    rev->time = (int64_t)time(NULL);
}

vault_err
draft_add(struct draft *d, const struct type_def *type, const struct vault_fields *in,
    struct revision *rev)
{
    vault_err err;

    err = take_inputs(d, type, in);
    if (err == VAULT_OK)
        err = must_be_free(d, in, "ref", 0);
    if (err == VAULT_OK)
        err = must_be_free(d, in, "label", 0);
    if (err == VAULT_OK && d->n == 0 && !d->files_follow)
        err = err_say(VAULT_ERR_INPUT, "give at least one field", "there is nothing to store");
    if (err == VAULT_OK && has_generated_label(type) && input_of(in, "label") == NULL)
        err = generate_label(d, type);
    if (err != VAULT_OK)
        return err;
    draft_begin(d->r, rev, type->hash);
    do
        rng_take(&d->rng, rev->record, RECORD_ID_BYTES);
    while (rev->record[0] == 0);        /* 0 marks system records */
    for (size_t i = 0; err == VAULT_OK && i < d->n; i++)
        err = add_leaf(d, rev, &d->value[i], i, NULL);
    return err;
}

/* ---- editing ---- */

static bool
names_field(const struct vault_fields *in, struct part field)
{
    for (size_t i = 0; i < in->n; i++)
        if (strlen(in->in[i].field) == field.n && memcmp(in->in[i].field, field.p, field.n) == 0)
            return true;
    return false;
}

vault_err
draft_keep(const struct recs *r, const struct type_def *t, const struct revision *base,
    const struct leaf *l, struct revision *rev)
{
    const struct field_def *f = type_field(t, l->field.p, l->field.n);
    struct leaf *m;

    if (gone_for_good(gone_find(&r->gone, base->record, l->c)))
        return VAULT_OK;        /* what was purged is not carried on; what another vault left out is, as it has it */
    if (l->tier == LEAF_OPEN) {
        m = revision_add(rev, l->field, f == NULL || f->kind == FIELD_FILE ? LEAF_OPEN : f->tier,
            l->value);
        if (m != NULL) {
            m->file_key = l->file_key;
            m->file_first = l->file_first;
            memcpy(m->element, l->element, sizeof m->element);
            m->n_element = l->n_element;
        }
    } else {
        m = revision_carry(rev, l, l->here ? base->id : l->introduced);
    }
    return m == NULL ? err_nomem() : VAULT_OK;
}

/* The base's leaf with the same value that no other new value has taken yet. */
static const struct leaf *
same_value(const struct draft *d, const struct revision *base, const struct draft_value *v,
    const bool *taken)
{
    struct part want = value_part(d, v);

    for (size_t i = 0; i < base->n_leaves; i++) {
        const struct leaf *l = &base->leaf[i];
        if (!taken[i] && l->field.n == strlen(v->f->name) &&
            memcmp(l->field.p, v->f->name, l->field.n) == 0 && l->tier == v->f->tier &&
            l->value.n == want.n && memcmp(l->value.p, want.p, want.n) == 0)
            return l;
    }
    return NULL;
}

/* Highest position among the elements of a field, plus one. */
static size_t
next_position(const struct revision *base, const struct field_def *f)
{
    size_t next = 0;

    for (size_t i = 0; i < base->n_leaves; i++) {
        const struct leaf *l = &base->leaf[i];
        size_t at = (size_t)l->element[0] << 8 | l->element[1];
        if (l->n_element != 0 && l->field.n == strlen(f->name) &&
            memcmp(l->field.p, f->name, l->field.n) == 0 && at + 1 > next)
            next = at + 1;
    }
    return next > 0xFFFF ? 0xFFFF : next;
}

static vault_err
place_new_values(struct draft *d, const struct type_def *t, const struct revision *base,
    struct revision *rev, bool *taken, bool *changed)
{
    vault_err err = VAULT_OK;
    size_t fresh = 0;

    for (size_t i = 0; err == VAULT_OK && i < d->n; i++) {
        const struct leaf *l = same_value(d, base, &d->value[i], taken);
        if (l != NULL) {
            taken[l - base->leaf] = true;
            err = draft_keep(d->r, t, base, l, rev);
            continue;
        }
        *changed = true;
        err = add_leaf(d, rev, &d->value[i], next_position(base, d->value[i].f) + fresh++, NULL);
    }
    return err;
}

static void
set_parent(struct revision *rev, const struct revision *parent)
{
    memcpy(rev->record, parent->record, RECORD_ID_BYTES);
    memcpy(rev->parent[0], parent->id, REVISION_ID_BYTES);
    rev->n_parents = 1;
}

/* On top of the head of a record; where others are equal to it, of these as well, so that they become one again. */
static void
set_parents(const struct draft *d, struct revision *rev, const struct revision *head)
{
    const struct index *ix = &d->r->index;
    uint32_t n[REVISION_PARENTS_MAX], first = index_record(ix, head->record);
    size_t count = recs_heads(d->r, first, n, REVISION_PARENTS_MAX);

    set_parent(rev, head);
    if (count < 2 || memcmp(ix->pair[n[0]].revision, head->id, REVISION_ID_BYTES) != 0)
        return;
    for (size_t i = 1; i < count && i < REVISION_PARENTS_MAX; i++)
        if (ix->pair[n[i]].echo)
            memcpy(rev->parent[rev->n_parents++], ix->pair[n[i]].revision, REVISION_ID_BYTES);
}

static vault_err
build_edit(struct draft *d, const struct type_def *t, const struct revision *base,
    const struct vault_fields *in, struct revision *rev, bool *changed)
{
    bool *taken = calloc(base->n_leaves + 1, sizeof *taken);
    vault_err err;

    if (taken == NULL)
        return err_nomem();
    *changed = false;
    draft_begin(d->r, rev, t->hash);
    set_parents(d, rev, base);
    err = place_new_values(d, t, base, rev, taken, changed);
    for (size_t i = 0; err == VAULT_OK && i < base->n_leaves; i++) {
        const struct leaf *l = &base->leaf[i];
        if (!names_field(in, l->field))
            err = draft_keep(d->r, t, base, l, rev);
        else if (!taken[i])
            *changed = true;            /* replaced or unset */
    }
    free(taken);
    return err;
}

/* The type in force of a record that is not removed. */
static vault_err
current_type(struct draft *d, const struct revision *base, const struct type_def **out)
{
    const struct type_def *t = type_set_by_hash(&d->r->types, base->type);

    if (t != NULL)
        t = type_set_current(&d->r->types, t->name);
    if (t == NULL)
        return err_say(VAULT_ERR_DAMAGED, NULL, "the type of a record is missing");
    if (revision_removed(base))
        return err_say(VAULT_ERR_INPUT, "'revert' brings it back", "this record was removed");
    *out = t;
    return VAULT_OK;
}

vault_err
draft_edit(struct draft *d, uint32_t n_base, const struct revision *base,
    const struct vault_fields *in, struct revision *rev, bool *changed)
{
    const struct type_def *t = NULL;
    uint32_t first = d->r->index.pair[n_base].first;
    vault_err err;

    err = current_type(d, base, &t);
    if (err == VAULT_OK)
        err = take_inputs(d, t, in);
    if (err == VAULT_OK)
        err = must_be_free(d, in, "ref", first);
    if (err == VAULT_OK)
        err = must_be_free(d, in, "label", first);
    if (err == VAULT_OK)
        err = build_edit(d, t, base, in, rev, changed);
    return err;
}

/* ---- attachments ---- */

vault_err
draft_file_field(struct draft *d, const struct revision *base, const char *name, size_t n,
    const struct field_def **out)
{
    const struct type_def *t = NULL;
    const struct field_def *f = NULL;
    vault_err err = current_type(d, base, &t);

    if (err != VAULT_OK)
        return err;
    f = type_field(t, name, strlen(name));
    if (f == NULL)
        return type_no_field(t, name, strlen(name));
    if (f->kind != FIELD_FILE)
        return err_say(VAULT_ERR_INPUT, NULL, "%s is not a field for files", f->name);
    if (!f->repeats && n > 1)
        return err_say(VAULT_ERR_INPUT, NULL, "%s holds one file only", f->name);
    if (!f->repeats && revision_leaf(base, f->name) != NULL)
        return err_say(VAULT_ERR_CONFLICT, "detach it first", "%s holds a file already", f->name);
    *out = f;
    return VAULT_OK;
}

static vault_err
add_files(struct draft *d, const struct field_def *f, size_t position, const struct draft_file *file,
    size_t n, struct revision *rev)
{
    for (size_t i = 0; i < n; i++) {
        struct leaf *l = revision_add(rev, name_part(f), file[i].tier, file[i].value);
        if (l == NULL)
            return err_nomem();
        if (f->repeats)
            element_new(d, l, position + i);
        l->file_key = file[i].key;
        l->file_first = file[i].first;
    }
    return VAULT_OK;
}

vault_err
draft_add_files(struct draft *d, const struct revision *base, const struct field_def *f,
    const struct draft_file *file, size_t n, struct revision *rev)
{
    if (base != NULL && !f->repeats && revision_leaf(base, f->name) != NULL)
        return err_say(VAULT_ERR_CONFLICT, "detach it first", "%s holds a file already", f->name);
    return add_files(d, f, next_position(rev, f), file, n, rev);
}

vault_err
draft_attach(struct draft *d, const struct revision *base, const struct field_def *f,
    const struct draft_file *file, size_t n, struct revision *rev)
{
    const struct type_def *t = NULL;
    vault_err err = current_type(d, base, &t);

    if (err != VAULT_OK)
        return err;
    draft_begin(d->r, rev, t->hash);
    set_parents(d, rev, base);
    err = add_files(d, f, next_position(base, f), file, n, rev);
    for (size_t i = 0; err == VAULT_OK && i < base->n_leaves; i++)
        err = draft_keep(d->r, t, base, &base->leaf[i], rev);
    return err;
}

vault_err
draft_detach(struct draft *d, const struct revision *base, const struct leaf *gone,
    struct revision *rev)
{
    const struct type_def *t = NULL;
    vault_err err = current_type(d, base, &t);

    if (err != VAULT_OK)
        return err;
    draft_begin(d->r, rev, t->hash);
    set_parents(d, rev, base);
    for (size_t i = 0; err == VAULT_OK && i < base->n_leaves; i++)
        if (&base->leaf[i] != gone)
            err = draft_keep(d->r, t, base, &base->leaf[i], rev);
    return err;
}

/* ---- whole revisions ---- */

vault_err
draft_copy(struct draft *d, const struct revision *head, const struct revision *old,
    struct revision *rev)
{
    static const uint8_t CBOR_TRUE[] = { 0xf5 };
    const struct type_def *t;
    vault_err err = VAULT_OK;

    t = type_set_by_hash(&d->r->types, old == NULL ? head->type : old->type);
    if (t != NULL && old != NULL)
        t = type_set_current(&d->r->types, t->name);    /* a tier raised since holds */
    if (t == NULL)
        return err_say(VAULT_ERR_DAMAGED, NULL, "the type of a record is missing");
    draft_begin(d->r, rev, t->hash);
    set_parents(d, rev, head);
    if (old == NULL) {
        if (revision_add(rev, PART(REMOVED_FIELD, strlen(REMOVED_FIELD)), LEAF_OPEN,
                PART(CBOR_TRUE, sizeof CBOR_TRUE)) == NULL)
            return err_nomem();
        return VAULT_OK;
    }
    if (old->n_leaves == 1 && revision_removed(old))
        return err_say(VAULT_ERR_INPUT, NULL, "that revision is a removal");
    for (size_t i = 0; err == VAULT_OK && i < old->n_leaves; i++)
        err = draft_keep(d->r, t, old, &old->leaf[i], rev);
    return err;
}

vault_err
draft_system(struct draft *d, const uint8_t record[static 16], const struct revision *parent,
    const struct system_value *v, size_t n, struct revision *rev)
{
    const struct type_def *t = type_system(record[1]);
    const struct field_def *f;

    if (t == NULL)
        return err_nomem();
    draft_begin(d->r, rev, t->hash);
    if (parent != NULL)
        set_parent(rev, parent);
    memcpy(rev->record, record, RECORD_ID_BYTES);
    for (size_t i = 0; i < n; i++) {
        f = type_field(t, v[i].field, strlen(v[i].field));
        if (f == NULL)
            return err_say(VAULT_ERR_FAILED, NULL, "a system record has no field %s", v[i].field);
        if (revision_add(rev, name_part(f), f->tier, v[i].cbor) == NULL)
            return err_nomem();
    }
    return VAULT_OK;
}
