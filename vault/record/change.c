/* change.c - see change.h. */
#include "vault/record/change.h"

#include <sodium.h>
#include <string.h>

void
ready_free(struct ready *x)
{
    sealed_free(&x->sealed);
    buf_free(&x->tags);
    memset(x, 0, sizeof *x);
}

vault_err
change_begin(struct change *c, struct recs *r, uint32_t log)
{
    vault_err err;

    memset(c, 0, sizeof *c);
    c->r = r;
    c->log = log;
    c->first = c->stored = r->index.n;
    merkle_init(&c->tree);
    rng_init(&c->rng);
    err = db_begin(r->db);
    c->open = err == VAULT_OK;
    return err;
}

/* The key of the record: fresh and wrapped for a new one, else read. */
static vault_err
record_key(struct change *c, const struct revision *rev, struct ready *out,
    uint8_t key[static 32])
{
    uint32_t first = index_record(&c->r->index, rev->record);

    out->new_record = first == 0;
    if (first != 0)
        return recs_record_key(c->r, first, key);
    rng_take(&c->rng, key, 32);
    wrap_key(out->record_wrap, &c->r->keys, WRAP_RECORD_KEY, rev->record, key, &c->rng);
    return VAULT_OK;
}

/* The parents of a revision added on top of known heads are heads no more. */
static void
supersede(struct index *ix, uint32_t n, const struct revision *rev)
{
    uint32_t first = ix->pair[n].first;

    for (size_t i = 0; i < rev->n_parents; i++) {
        uint32_t m = index_revision(ix, first, rev->parent[i]);
        if (m != 0)
            ix->pair[m].superseded = true;
    }
}

vault_err
change_ready(struct change *c, const struct revision *rev, struct ready *out)
{
    struct index *ix = &c->r->index;
    uint32_t first = index_record(ix, rev->record);
    bool known = first == 0 || ix->pair[first].heads_known;
    uint8_t key[32];
    vault_err err;

    buf_reset(&out->tags);
    err = recs_tags(c->r, rev, &out->tags);
    if (err == VAULT_OK)
        err = record_key(c, rev, out, key);
    if (err == VAULT_OK)
        err = seal_revision(&out->sealed, &c->r->keys, key, rev, &c->rng);
    sodium_memzero(key, sizeof key);
    if (err == VAULT_OK)
        err = index_add(ix, rev->record, rev->id, c->log, PART(out->tags.p, out->tags.n));
    if (err != VAULT_OK)
        return err;
    out->n = ix->n;
    if (known) {
        supersede(ix, ix->n, rev);
        ix->pair[ix->pair[ix->n].first].heads_known = true;
    }
    return VAULT_OK;
}

vault_err
change_store(struct change *c, const struct ready *x)
{
    struct new_pair p = { .sealed = &x->sealed, .tags = PART(x->tags.p, x->tags.n), .log = c->log };
    vault_err err;

    if (x->new_record)
        p.record_wrap = PART(x->record_wrap, sizeof x->record_wrap);
    err = recs_insert(c->r, x->n, &p);
    if (err != VAULT_OK)
        return err;
    merkle_add(&c->tree, x->sealed.pair);
    c->stored = x->n;
    return VAULT_OK;
}

vault_err
change_add(struct change *c, const struct revision *rev)
{
    struct ready x;
    vault_err err;

    memset(&x, 0, sizeof x);
    err = change_ready(c, rev, &x);
    if (err == VAULT_OK)
        err = change_store(c, &x);
    ready_free(&x);
    return err;
}

static void
end(struct change *c)
{
    if (c->r != NULL)
        rng_done(&c->rng);
    c->r = NULL;
    c->open = false;
}

void
change_abort(struct change *c)
{
    if (c->r == NULL)
        return;
    if (c->open)
        db_rollback(c->r->db);
    index_truncate(&c->r->index, c->first);
    end(c);
}

void
change_done(struct change *c)
{
    end(c);
}
