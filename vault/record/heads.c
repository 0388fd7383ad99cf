/*
 * heads.c - which revisions are heads: of one record (recs_head, recs_heads; see recs.h), of all at once (scan_heads,
 * scan_heads_for; see scan.h).
 *
 * Only the content of a revision says what it follows, so all have to be read once for a session. Where a record has several heads
 * they are read once more, to tell whether they differ.
 */
#include "vault/record/scan.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/record/combine.h"

/* ---- several heads of one record ---- */

struct seen_head {
    uint32_t n;
    int64_t time;
    const uint8_t *id;
    uint8_t says[32];           /* combine_digest */
};

/* The newest first; of two of the same time the one with the higher id, so that all copies agree. */
static int
newest_first(const void *x, const void *y)
{
    const struct seen_head *a = x, *b = y;

    if (a->time != b->time)
        return a->time > b->time ? -1 : 1;
    return -memcmp(a->id, b->id, REVISION_ID_BYTES);
}

static vault_err
look_at_head(struct recs *r, uint32_t n, struct revision *rev, struct buf *extra, struct seen_head *out)
{
    vault_err err = recs_load(r, n, rev);

    buf_reset(extra);
    if (err == VAULT_OK && r->keys.k_name != NULL)
        err = recs_look(r, n, rev, extra);
    if (err == VAULT_OK)
        err = combine_digest(r, rev, out->says);
    out->n = n;
    out->time = rev->time;
    out->id = r->index.pair[n].revision;
    return err;
}

static void
choose(struct index *ix, uint32_t first, struct seen_head *h, size_t n)
{
    qsort(h, n, sizeof *h, newest_first);
    for (size_t i = 1; i < n; i++)
        for (size_t k = 0; k < i && !ix->pair[h[i].n].echo; k++)
            ix->pair[h[i].n].echo = memcmp(h[i].says, h[k].says, sizeof h[i].says) == 0;
    ix->pair[first].head = h[0].n;
}

static vault_err
compare_heads(struct recs *r, uint32_t first, size_t n)
{
    struct seen_head *h = calloc(n, sizeof *h);
    struct index *ix = &r->index;
    struct buf extra = BUF_INIT;
    struct revision rev;
    size_t at = 0;
    vault_err err = VAULT_OK;

    if (h == NULL)
        return err_nomem();
    revision_init(&rev);
    for (uint32_t m = first; err == VAULT_OK && m != 0; m = ix->pair[m].next)
        if (!ix->pair[m].superseded)
            err = look_at_head(r, m, &rev, &extra, &h[at++]);
    if (err == VAULT_OK)
        choose(ix, first, h, n);
    sodium_memzero(h, n * sizeof *h);
    free(h);
    revision_free(&rev);
    buf_free(&extra);
    return err;
}

/* Which one stands for the record, of heads that are known. */
static vault_err
choose_head(struct recs *r, uint32_t first)
{
    struct index *ix = &r->index;
    uint32_t last = 0;
    size_t count = 0;

    for (uint32_t n = first; n != 0; n = ix->pair[n].next) {
        ix->pair[n].echo = false;
        if (!ix->pair[n].superseded) {
            last = n;
            count++;
        }
    }
    if (count == 0)
        return err_say(VAULT_ERR_DAMAGED, NULL, "a record has no newest revision");
    if (count > 1 && !index_is_system(&ix->pair[first]))
        return compare_heads(r, first, count);
    ix->pair[first].head = last;
    return VAULT_OK;
}

/* What was purged since counts no more: two heads may be equal now. */
static void
forget_choices(struct recs *r)
{
    if (r->gone.n == r->gone_seen)
        return;
    for (uint32_t n = 1; n <= r->index.n; n++)
        r->index.pair[n].head = 0;
    r->gone_seen = r->gone.n;
}

static vault_err
find_heads(struct recs *r, uint32_t first)
{
    struct index *ix = &r->index;
    struct revision rev;
    vault_err err = VAULT_OK;

    for (uint32_t n = first; n != 0; n = ix->pair[n].next)
        ix->pair[n].superseded = false;
    revision_init(&rev);
    for (uint32_t n = first; n != 0 && err == VAULT_OK; n = ix->pair[n].next) {
        err = recs_load(r, n, &rev);
        for (size_t i = 0; err == VAULT_OK && i < rev.n_parents; i++) {
            uint32_t m = index_revision(ix, first, rev.parent[i]);
            if (m != 0)
                ix->pair[m].superseded = true;
        }
    }
    revision_free(&rev);
    if (err == VAULT_OK)
        ix->pair[first].heads_known = true;
    return err;
}

vault_err
recs_head(struct recs *r, uint32_t first, uint32_t *head, bool *conflict)
{
    struct index *ix = &r->index;
    vault_err err = VAULT_OK;

    if (index_purged(ix, first))
        return recs_purged();
    forget_choices(r);
    if (!ix->pair[first].heads_known)
        err = find_heads(r, first);
    if (err == VAULT_OK && ix->pair[first].head == 0)
        err = choose_head(r, first);
    if (err != VAULT_OK)
        return err;
    *head = ix->pair[first].head;
    if (conflict == NULL)
        return VAULT_OK;
    *conflict = false;
    for (uint32_t n = first; n != 0; n = ix->pair[n].next)
        *conflict = *conflict || (n != *head && index_is_head(&ix->pair[n]));
    return VAULT_OK;
}

vault_err
recs_differ(const char *which)
{
    return err_say(VAULT_ERR_CONFLICT, "'resolve' shows them, and keeps what you choose",
        "%s has newest versions that differ", which);
}

size_t
recs_heads(const struct recs *r, uint32_t first, uint32_t *out, size_t max)
{
    const struct index *ix = &r->index;
    uint32_t head = first == 0 ? 0 : ix->pair[first].head;
    size_t n = 0;

    if (head == 0)
        return 0;
    if (max > 0)
        out[0] = head;
    n = 1;
    for (uint32_t m = first; m != 0; m = ix->pair[m].next) {
        if (ix->pair[m].superseded || m == head)
            continue;
        if (n < max)
            out[n] = m;
        n++;
    }
    return n;
}

/* ---- of all records ---- */

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

/* Where a scan tolerates what cannot be read, all heads of such a record are gone through, and each says so itself. */
static vault_err
choose_all(struct scan *heads)
{
    struct index *ix = &heads->r->index;
    vault_err err = VAULT_OK;

    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n++) {
        const struct pair *p = &ix->pair[n];
        if (p->first != n || p->head != 0 || p->purged || !p->heads_known)
            continue;
        err = choose_head(heads->r, n);
        if (err == VAULT_ERR_DAMAGED && heads->tolerate) {
            vault_clear_error();
            err = VAULT_OK;
        }
    }
    return err;
}

/* broken: by first number, or NULL. */
static vault_err
find_all(struct scan *heads, const bool *broken)
{
    struct index *ix = &heads->r->index;
    vault_err err = VAULT_OK;

    forget_choices(heads->r);
    if (forget_unknown(ix)) {
        err = scan_these(heads, head_unknown);
        for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n++)
            if (ix->pair[n].first == n)
                ix->pair[n].heads_known = broken == NULL || !broken[n];
    }
    return err != VAULT_OK ? err : choose_all(heads);
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
