/*
 * bundle_back.c - what was purged here does not come back by a later revision: see bundle_take.h.
 */
#include "vault/bundle_take.h"

#include <string.h>
#include "vault/record/disclose.h"

/* Was a field, a revision or an attachment of this record purged here? */
static bool
has_tombstone(const struct vault *v, const uint8_t record[static RECORD_ID_BYTES])
{
    for (size_t i = 0; i < v->n_tombs; i++)
        if (v->tomb[i].what != GONE_RECORD && memcmp(v->tomb[i].record, record, RECORD_ID_BYTES) == 0)
            return true;
    return false;
}

static const struct told_revision *
find_told(const struct bundle_in *b, const struct told_revision *x, const uint8_t id[static REVISION_ID_BYTES])
{
    for (size_t i = (size_t)(x - b->rev); i > 0; i--)       /* parents stand before */
        if (memcmp(b->rev[i - 1].id, id, REVISION_ID_BYTES) == 0 && memcmp(b->rev[i - 1].record, x->record, RECORD_ID_BYTES) == 0)
            return &b->rev[i - 1];
    return NULL;
}

/* The parent as it was told: the same value there, which is not kept here. */
static vault_err
judge_told(struct bundle_take *t, const struct told_revision *parent, const struct leaf *l, bool *yes)
{
    struct revision rev;
    const struct leaf *m;
    vault_err err;

    revision_init(&rev);
    err = disclose_read(PART(parent->bytes.p, parent->bytes.n), &rev);
    m = err == VAULT_OK ? revision_find(&rev, l->field, l->element, l->n_element) : NULL;
    *yes = *yes || (m != NULL && m->value.n == l->value.n && memcmp(m->value.p, l->value.p, l->value.n) == 0 &&
        (gone_find(&t->v->recs.gone, rev.record, m->c) != GONE_NOT || gone_find(&t->v->recs.left, rev.id, m->c) != GONE_NOT));
    revision_free(&rev);
    return err;
}

/* The parent as it is here: something was in that place, and is gone. */
static vault_err
judge_here(struct bundle_take *t, const uint8_t record[static RECORD_ID_BYTES], const uint8_t id[static REVISION_ID_BYTES], const struct leaf *l,
    bool *yes)
{
    uint32_t first = index_record(&t->v->recs.index, record), n = first == 0 ? 0 : index_revision(&t->v->recs.index, first, id);
    struct revision rev;
    const struct leaf *m;
    vault_err err;

    if (n == 0)
        return VAULT_OK;
    revision_init(&rev);
    err = recs_load(&t->v->recs, n, &rev);
    m = err == VAULT_OK ? revision_find(&rev, l->field, l->element, l->n_element) : NULL;
    *yes = *yes || (m != NULL && gone_for_good(gone_find(&t->v->recs.gone, record, m->c)));
    revision_free(&rev);
    return err;
}

vault_err
bundle_comes_back(struct bundle_take *t, const struct told_revision *x, const struct revision *rev, const struct leaf *l, bool *yes)
{
    vault_err err = VAULT_OK;

    *yes = false;
    if (l->value.n == 0 || !has_tombstone(t->v, rev->record))
        return VAULT_OK;
    for (size_t i = 0; err == VAULT_OK && !*yes && i < rev->n_parents; i++) {
        const struct told_revision *parent = find_told(t->b, x, rev->parent[i]);

        err = parent != NULL ? judge_told(t, parent, l, yes) : judge_here(t, rev->record, rev->parent[i], l, yes);
    }
    return err;
}
