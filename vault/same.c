/* same.c - see same.h. */
#include "vault/same.h"

#include <stdlib.h>
#include <string.h>

static vault_err
damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, "keep this folder as it is and go back to a backup", "%s",
        what);
}

void
same_free(struct same *s)
{
    free(s->into);
    free(s->fact);
    gone_free(&s->apart);
    memset(s, 0, sizeof *s);
}

/* ---- what a revision says ---- */

/* Does an ordinary record have this id? It may be purged, or lost. */
static bool
is_record(const struct vault *v, const uint8_t *id)
{
    return id[0] != 0 && (index_record(&v->recs.index, id) != 0 ||
        index_was_lost(&v->recs.index, id, NULL));
}

vault_err
same_read(const struct revision *rev, uint8_t record[static RECORD_ID_BYTES],
    uint8_t into[static RECORD_ID_BYTES], bool *merged)
{
    vault_err err = system_bytes(rev, "record", record, RECORD_ID_BYTES);

    *merged = revision_leaf(rev, "into") != NULL;
    if (err == VAULT_OK && *merged)
        err = system_bytes(rev, "into", into, RECORD_ID_BYTES);
    if (err != VAULT_OK)
        return err;
    if (rev->n_parents != 0 || (*merged && memcmp(record, into, RECORD_ID_BYTES) == 0))
        return damaged("a merge has a wrong form");
    return VAULT_OK;
}

static vault_err
room(struct same *s, uint32_t first)
{
    uint32_t n = first + 1 + first / 2;
    uint32_t *p;

    if (first < s->n)
        return VAULT_OK;
    p = reallocarray(s->into, n, sizeof *p);
    if (p == NULL)
        return err_nomem();
    memset(p + s->n, 0, (n - s->n) * sizeof *p);
    s->into = p;
    s->n = n;
    return VAULT_OK;
}

static vault_err
note_fact(struct same *s, const struct same_fact *f)
{
    struct same_fact *p = reallocarray(s->fact, s->n_facts + 1, sizeof *p);

    if (p == NULL)
        return err_nomem();
    s->fact = p;
    s->fact[s->n_facts++] = *f;
    return VAULT_OK;
}

/* Where one of the two was lost whole there is nobody left to be the same. */
vault_err
same_apply(struct vault *v, const struct revision *rev, uint32_t log)
{
    struct same *s = &v->same;
    uint8_t record[RECORD_ID_BYTES], into[RECORD_ID_BYTES];
    struct same_fact f = { .log = log };
    vault_err err = same_read(rev, record, into, &f.merged);

    if (err == VAULT_OK && (!is_record(v, record) || (f.merged && !is_record(v, into))))
        err = damaged("a merge names no record");
    if (err != VAULT_OK)
        return err;
    f.record = index_record(&v->recs.index, record);
    f.into = f.merged ? index_record(&v->recs.index, into) : same_into(s, f.record);
    if (f.record == 0 || f.into == 0)
        return VAULT_OK;
    if (f.merged && same_is_under(s, f.into, f.record))
        return damaged("merges of records lead round in a circle");
    err = room(s, f.record);
    if (err == VAULT_OK)
        err = note_fact(s, &f);
    if (err != VAULT_OK)
        return err;
    s->merged += (s->into[f.record] == 0 && f.merged) - (uint32_t)(s->into[f.record] != 0 && !f.merged);
    s->into[f.record] = f.merged ? f.into : 0;
    return VAULT_OK;
}

/* A pair as the set has it: the lower id, and the other one with zeros behind it. */
struct pair_key { uint8_t first[RECORD_ID_BYTES], second[32]; };

static struct pair_key
key_of(const uint8_t *a, const uint8_t *b)
{
    struct pair_key k = {0};
    bool turned = memcmp(a, b, RECORD_ID_BYTES) > 0;

    memcpy(k.first, turned ? b : a, RECORD_ID_BYTES);
    memcpy(k.second, turned ? a : b, RECORD_ID_BYTES);
    return k;
}

vault_err
apart_apply(struct vault *v, const struct revision *rev)
{
    uint8_t a[RECORD_ID_BYTES], b[RECORD_ID_BYTES];
    struct pair_key k;
    vault_err err = system_bytes(rev, "first", a, sizeof a);

    if (err == VAULT_OK)
        err = system_bytes(rev, "second", b, sizeof b);
    if (err != VAULT_OK)
        return err;
    if (rev->n_parents != 0 || memcmp(a, b, sizeof a) >= 0 ||
        !is_record(v, a) || !is_record(v, b))
        return damaged("a dismissed pair has a wrong form, or names no record");
    k = key_of(a, b);
    return gone_add(&v->same.apart, k.first, k.second, GONE_RECORD);
}

/* ---- asking ---- */

bool
same_is_apart(const struct vault *v, uint32_t a, uint32_t b)
{
    const struct pair *p = v->recs.index.pair;
    struct pair_key k = key_of(p[a].record, p[b].record);

    return gone_find(&v->same.apart, k.first, k.second) != GONE_NOT;
}

bool
same_person(const struct vault *v, const uint8_t a[static RECORD_ID_BYTES],
    const uint8_t b[static RECORD_ID_BYTES])
{
    const struct index *ix = &v->recs.index;

    if (memcmp(a, b, RECORD_ID_BYTES) == 0)
        return true;
    return v->same.merged != 0 && index_record(ix, a) != 0 && index_record(ix, b) != 0 &&
        same_lead(&v->same, index_record(ix, a)) == same_lead(&v->same, index_record(ix, b));
}

vault_err
same_members(const struct vault *v, uint32_t above, uint32_t **out, size_t *n)
{
    const struct same *s = &v->same;
    size_t count = 0;

    *out = NULL;
    *n = 0;
    for (uint32_t i = 1; s->merged != 0 && i < s->n; i++)
        count += s->into[i] != 0 && i != above && same_is_under(s, i, above);
    if (count == 0)
        return VAULT_OK;
    *out = calloc(count, sizeof **out);
    if (*out == NULL)
        return err_nomem();
    for (uint32_t i = 1; i < s->n; i++)
        if (s->into[i] != 0 && i != above && same_is_under(s, i, above))
            (*out)[(*n)++] = i;
    return VAULT_OK;
}

/* ---- trying ---- */

static struct same_pair *
trial_find(struct same_trial *t, const uint8_t *record)
{
    for (size_t i = 0; i < t->n; i++)
        if (memcmp(t->pair[i].record, record, RECORD_ID_BYTES) == 0)
            return &t->pair[i];
    return NULL;
}

static vault_err
trial_put(struct same_trial *t, const uint8_t *record, const uint8_t *into)
{
    struct same_pair *p = trial_find(t, record);

    if (p == NULL && t->n == t->cap) {
        size_t cap = t->cap == 0 ? 64 : t->cap * 2;
        p = reallocarray(t->pair, cap, sizeof *p);
        if (p == NULL)
            return err_nomem();
        t->pair = p;
        t->cap = cap;
        p = NULL;
    }
    if (p == NULL)
        p = &t->pair[t->n++];
    memcpy(p->record, record, RECORD_ID_BYTES);
    memcpy(p->into, into, RECORD_ID_BYTES);
    return VAULT_OK;
}

vault_err
same_try_begin(struct same_trial *t, const struct vault *v)
{
    const struct pair *p = v->recs.index.pair;
    vault_err err = VAULT_OK;

    for (uint32_t i = 1; err == VAULT_OK && i < v->same.n; i++)
        if (v->same.into[i] != 0)
            err = trial_put(t, p[i].record, p[v->same.into[i]].record);
    return err;
}

vault_err
same_try(struct same_trial *t, const struct revision *rev, bool *circle)
{
    uint8_t record[RECORD_ID_BYTES], into[RECORD_ID_BYTES];
    const struct same_pair *p = NULL;
    const uint8_t *at;
    bool merged = false;
    vault_err err = same_read(rev, record, into, &merged);

    if (err != VAULT_OK)
        return err;
    if (!merged) {      /* it leads to nobody: as good as not there */
        struct same_pair *gone = trial_find(t, record);
        if (gone != NULL)
            *gone = t->pair[--t->n];
        return VAULT_OK;
    }
    for (at = into; at != NULL && !*circle; at = p == NULL ? NULL : p->into) {
        *circle = memcmp(at, record, RECORD_ID_BYTES) == 0;
        p = trial_find(t, at);
    }
    return *circle ? VAULT_OK : trial_put(t, record, into);
}

void
same_try_end(struct same_trial *t)
{
    free(t->pair);
}
