/* change.c - see change.h. */
#include "vault/record/change.h"

#include <sodium.h>
#include <string.h>

void
ready_reset(struct ready *x)
{
    revision_trim(&x->rev);
    buf_trim(&x->pack_rows);
}

void
ready_free(struct ready *x)
{
    revision_free(&x->rev);
    buf_free(&x->pack_rows);
    sodium_memzero(x, sizeof *x);
}

static struct pack *
filling(const struct change *c)
{
    return (struct pack *)(void *)secret_edit(c->pack_home);
}

vault_err
change_begin(struct change *c, struct recs *r, uint32_t log)
{
    vault_err err;

    memset(c, 0, sizeof *c);
    c->r = r;
    c->log = log;
    c->first = r->index.n;
    merkle_init(&c->tree);
    rng_init(&c->rng);
    err = secret_new(&c->pack_home, sizeof(struct pack));
    if (err == VAULT_OK)
        err = db_begin(r->db);
    c->open = err == VAULT_OK;
    if (err != VAULT_OK)
        change_abort(c);
    else
        r->pending = filling(c);
    return err;
}

/* ---- the pack ---- */

/* Keys of the next revision: the record's (fresh, or read) and one for its withheld blob. */
static vault_err
draw_keys(struct change *c, const struct revision *rev, uint8_t record[static 32],
    uint8_t blob[static 32], bool *is_new)
{
    uint32_t first = index_record(&c->r->index, rev->record);

    *is_new = first == 0;
    rng_take(&c->rng, blob, 32);
    if (first != 0)
        return recs_record_key(c->r, first, record);
    rng_take(&c->rng, record, 32);
    return VAULT_OK;
}

static void
put_keys(struct change *c, const struct ready *x, const uint8_t *record, const uint8_t *blob, bool names_hidden)
{
    struct pack *p = filling(c);
    uint32_t i = p->n++;

    if (i == 0) {
        p->first = x->n;
        p->readable = c->r->keys.k_name != NULL;
        p->how = 0;
        p->n_inner = 0;
    }
    memcpy(p->ids[i], x->ids, PAIR_ID_BYTES);
    p->has_record[i] = record != NULL;
    p->has_blob[i] = blob != NULL;
    p->quarantined[i] = false;
    p->names_hidden[i] = blob != NULL && names_hidden;
    if (record != NULL)
        memcpy(p->record_key[i], record, 32);
    if (blob != NULL) {
        memcpy(p->blob_key[i], blob, 32);
        p->how = c->r->keys.k_name != NULL ? WRAP_NAME : WRAP_INTAKE;
    }
}

/* The rows of the pack being filled, and an empty one in its place. */
static vault_err
close_pack(struct change *c, struct ready *out)
{
    struct pack *p = filling(c);
    struct buf *b = &out->pack_rows;
    vault_err err;

    out->pack = p->first;
    out->pack_n = p->n;
    out->n_ids = (size_t)p->n * PAIR_ID_BYTES;
    out->n_tags = c->tags.n;
    out->intake = p->how == WRAP_INTAKE;
    buf_reset(b);
    buf_put(b, p->ids, out->n_ids);
    buf_put(b, c->tags.p, c->tags.n);
    if (p->how == WRAP_INTAKE)
        intake_enc_hash(p->enc_hash, c->r->keys.intake_enc);
    err = pack_seal(b, &c->r->keys, p);
    buf_reset(&c->tags);
    p->n = 0;
    return err != VAULT_OK ? err : buf_ok(b);
}

static vault_err
store_pack(struct change *c, const struct ready *x)
{
    const uint8_t *p = x->pack_rows.p;
    struct db_pair_row row = { .n = x->pack, .log = c->log, .ids = PART(p, x->n_ids),
        .tags = PART(p + x->n_ids, x->n_tags) };
    size_t at = x->n_ids + x->n_tags;
    vault_err err = db_put_pair(c->r->db, &row);

    if (err == VAULT_OK && x->intake && !c->intake) {
        err = db_put(c->r->db, DB_INTAKE, x->pack, PART(c->r->keys.intake_enc, INTAKE_ENC_BYTES));
        c->intake = err == VAULT_OK;
    }
    return err != VAULT_OK ? err :
        db_put(c->r->db, DB_WRAP, x->pack, PART(p + at, x->pack_rows.n - at));
}

/* ---- a revision ---- */

static vault_err
finish(struct change *c, struct revision *rev, const uint8_t record[static 32],
    const uint8_t blob[static 32], struct ready *out)
{
    uint8_t nonce[48];

    rng_take(&c->rng, nonce, sizeof nonce);
    blob_keys_derive(&out->key.open, LEAF_OPEN, record, nonce);
    blob_keys_derive(&out->key.withheld, LEAF_WITHHELD, blob, nonce + 24);
    return rev->foreign ? revision_finish_foreign(rev) : revision_finish(rev, out->key.open.seed, out->key.withheld.seed);
}

static void
swap(struct buf *a, struct buf *b)
{
    struct buf t = *a;

    *a = *b;
    *b = t;
}

static void
swap_plain(struct revision *a, struct revision *b)
{
    swap(&a->open, &b->open);
    swap(&a->withheld, &b->withheld);
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

static vault_err
enter_index(struct change *c, const struct revision *rev, struct part tags, struct ready *out)
{
    struct index *ix = &c->r->index;
    uint32_t first = index_record(ix, rev->record);
    bool known = first == 0 || ix->pair[first].heads_known;
    const struct pack *p = filling(c);
    uint8_t count[2] = { (uint8_t)(tags.n / TAG_BYTES), (uint8_t)(tags.n / TAG_BYTES >> 8) };
    vault_err err;

    err = index_add(ix, out->ids, c->log, p->n == 0 ? ix->n + 1 : p->first, tags);
    if (err != VAULT_OK)
        return err;
    out->n = ix->n;
    buf_put(&c->tags, count, sizeof count);
    buf_put(&c->tags, tags.p, tags.n);
    if (known) {
        supersede(ix, ix->n, rev);
        ix->pair[ix->pair[ix->n].first].heads_known = true;
    }
    return buf_ok(&c->tags);
}

vault_err
change_ready(struct change *c, struct revision *rev, struct ready *out)
{
    struct { uint8_t record[32], blob[32]; } key;
    struct buf tags = BUF_INIT;
    bool is_new = false;
    vault_err err;

    out->pack = 0;
    err = draw_keys(c, rev, key.record, key.blob, &is_new);
    if (err == VAULT_OK && revision_introduces(rev) && c->r->keys.k_name == NULL &&
        c->r->keys.intake_key == NULL)
        err = err_say(VAULT_ERR_FAILED, NULL, "there is no card to seal withheld values to");
    if (err == VAULT_OK)
        err = finish(c, rev, key.record, key.blob, out);
    if (err == VAULT_OK)
        err = recs_tags(c->r, rev, &tags);
    if (err == VAULT_OK) {
        memcpy(out->rev.record, rev->record, RECORD_ID_BYTES);
        memcpy(out->rev.id, rev->id, REVISION_ID_BYTES);
        memcpy(out->ids, rev->record, RECORD_ID_BYTES);
        memcpy(out->ids + RECORD_ID_BYTES, rev->id, REVISION_ID_BYTES);
        err = enter_index(c, rev, PART(tags.p, tags.n), out);
    }
    if (err == VAULT_OK)
        put_keys(c, out, is_new ? key.record : NULL, rev->withheld.n != 0 ? key.blob : NULL,
            recs_names_hidden(c->r, rev));
    if (err == VAULT_OK && filling(c)->n == PACK_MAX)
        err = close_pack(c, out);
    if (err == VAULT_OK)
        swap_plain(rev, &out->rev);
    sodium_memzero(&key, sizeof key);
    buf_free(&tags);
    return err;
}

static vault_err
store_blob(struct change *c, const struct ready *x, const struct blob_keys *key,
    enum leaf_tier tier)
{
    vault_err err;

    c->sealed.n = 0;        /* ciphertext: nothing to wipe */
    err = seal_blob(&c->sealed, &c->r->keys, key, &x->rev, tier);
    return err != VAULT_OK ? err : db_put(c->r->db,
        tier == LEAF_OPEN ? DB_OPEN_BLOB : DB_WITHHELD_BLOB, x->n, PART(c->sealed.p, c->sealed.n));
}

vault_err
change_store(struct change *c, struct ready *x)
{
    vault_err err = store_blob(c, x, &x->key.open, LEAF_OPEN);

    if (err == VAULT_OK && x->rev.withheld.n != 0)
        err = store_blob(c, x, &x->key.withheld, LEAF_WITHHELD);
    if (err == VAULT_OK && x->pack != 0)
        err = store_pack(c, x);
    if (err == VAULT_OK)
        merkle_add(&c->tree, x->ids);
    buf_trim(&c->sealed);
    sodium_memzero(&x->key, sizeof x->key);
    return err;
}

vault_err
change_add(struct change *c, struct revision *rev)
{
    struct ready x;
    vault_err err;

    memset(&x, 0, sizeof x);
    err = change_ready(c, rev, &x);
    if (err == VAULT_OK) {
        err = change_store(c, &x);
        swap_plain(rev, &x.rev);
    }
    ready_free(&x);
    return err;
}

vault_err
change_flush(struct change *c)
{
    struct ready x;
    vault_err err;

    if (filling(c)->n == 0)
        return VAULT_OK;
    memset(&x, 0, sizeof x);
    err = close_pack(c, &x);
    if (err == VAULT_OK)
        err = store_pack(c, &x);
    ready_free(&x);
    return err;
}

static void
end(struct change *c)
{
    c->r->pending = NULL;
    rng_done(&c->rng);
    buf_free(&c->tags);
    buf_free(&c->sealed);
    secret_free(c->pack_home);
    c->pack_home = NULL;
    c->r = NULL;
    c->open = false;
}

void
change_abort(struct change *c)
{
    struct recs *r = c->r;

    if (r == NULL)
        return;
    if (c->open)
        db_rollback(r->db);
    index_truncate(&r->index, c->first);
    recs_forget_pack(r);        /* its numbers may be given again */
    end(c);
}

void
change_done(struct change *c)
{
    if (c->r != NULL)
        end(c);
}
