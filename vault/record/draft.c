/*
 * draft.c - see draft.h. From values (draft_values.h) to a revision: adding, editing, files, whole revisions.
 *
 * An edit replaces a field as a whole, but keeps every element whose value is the same: its element
 * id and, for withheld values, its leaf. So a later merge sees what really changed.
 */
#include "vault/record/draft.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "vault/record/draft_values.h"

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
    struct leaf *l = revision_add(rev, name_part(v->f), v->f->tier, draft_value_part(d, v));

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

    err = draft_take_inputs(d, type, in);
    if (err == VAULT_OK)
        err = draft_must_be_free(d, in, "ref", 0);
    if (err == VAULT_OK)
        err = draft_must_be_free(d, in, "label", 0);
    if (err == VAULT_OK && d->n == 0 && !d->files_follow)
        err = err_say(VAULT_ERR_INPUT, "give at least one field", "there is nothing to store");
    if (err == VAULT_OK && draft_makes_label(type) && draft_input_of(in, "label") == NULL)
        err = draft_make_label(d, type);
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
    struct part want = draft_value_part(d, v);

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
        err = draft_take_inputs(d, t, in);
    if (err == VAULT_OK)
        err = draft_must_be_free(d, in, "ref", first);
    if (err == VAULT_OK)
        err = draft_must_be_free(d, in, "label", first);
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
