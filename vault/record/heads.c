/*
 * heads.c - which revisions are heads, of all records at once: scan_heads, scan_heads_for; see scan.h.
 *
 * Only the content of a revision says what it follows, so all have to be read once for a session.
 */
#include "vault/record/scan.h"

static bool
head_unknown(struct scan *s, uint32_t n)
{
    const struct pair *p = s->r->index.pair;

    return !p[p[n].first].heads_known && !p[p[n].first].purged;
}

static vault_err
note_parents(struct scan *s, uint32_t n, struct revision *rev)
{
    struct index *ix = &s->r->index;
    uint32_t first = ix->pair[n].first;

    for (size_t i = 0; i < rev->n_parents; i++) {
        uint32_t m = index_revision(ix, first, rev->parent[i]);
        if (m != 0)
            ix->pair[m].superseded = true;
    }
    return VAULT_OK;
}

/* An older revision of its record might pass for the newest now. */
static vault_err
note_broken(struct scan *heads, uint32_t n, const struct revision *rev)
{
    struct scan *s = heads->ctx;
    (void)rev;

    s->broken[s->r->index.pair[n].first] = true;
    return s->bad(s, n, NULL);
}

static bool
forget_unknown(struct index *ix)
{
    bool any = false;

    for (uint32_t n = 1; n <= ix->n; n++)
        if (!ix->pair[ix->pair[n].first].heads_known) {
            ix->pair[n].superseded = false;
            any = true;
        }
    return any;
}

/* broken: by first number, or NULL. */
static vault_err
find_all(struct scan *heads, const bool *broken)
{
    struct index *ix = &heads->r->index;
    vault_err err;

    if (!forget_unknown(ix))
        return VAULT_OK;
    err = scan_these(heads, head_unknown);
    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n++)
        if (ix->pair[n].first == n)
            ix->pair[n].heads_known = broken == NULL || !broken[n];
    return err;
}

vault_err
scan_heads(struct recs *r)
{
    struct scan heads = { .r = r, .all = true, .fn = note_parents };

    return find_all(&heads, NULL);
}

vault_err
scan_heads_for(struct scan *s)
{
    struct scan heads = { .r = s->r, .all = true, .fn = note_parents, .bad = note_broken,
        .tolerate = s->tolerate, .ctx = s };

    return find_all(&heads, s->broken);
}
