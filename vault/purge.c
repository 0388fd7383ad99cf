/*
 * purge.c - destroying for good: vault_purge.
 *
 * One transaction. What survives of a touched blob is sealed under another key, with its salts
 * one by one; what goes is deleted, with its keys; all wrapped keys are sealed anew under
 * another epoch, which keys.new holds. So a records.db of before opens nothing with the keys of
 * after. A tombstone that the keeper signs says what is missing.
 */
#include "vault/purge.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/record/reseal.h"

/* What becomes of one revision of the record. */
struct touched {
    uint32_t n;
    enum { BLOB_STAYS, BLOB_NEW, BLOB_GONE } withheld;
    size_t tags, n_tags;        /* its tags from now on, in bytes of `tags` */
};

struct purging {
    struct purge p;
    struct secret *e, *k_case;  /* of the next epoch */
    struct secret *key;         /* 32 bytes: the record's from now on; then as many for each touched blob */
    struct touched *touched;
    size_t n;
    struct buf tags, sealed;
    struct detail *detail;      /* of the entry */
    struct revision rev;
    struct secret *home;        /* a struct pack: the one at hand */
};

static bool
drops(void *ctx, const struct leaf *l)
{
    return purge_takes(ctx, l);
}

/* ---- blobs ---- */

static const uint8_t *
new_key(const struct purging *x, size_t i)
{
    return secret_bytes(x->key) + 32 * i;
}

/* The blob at hand (read into x->rev, `old` its key and nonce) under another key, without what
 * goes. */
static vault_err
reseal(struct purging *x, uint32_t n, enum leaf_tier tier, const struct blob_keys *old,
    const uint8_t key[static 32])
{
    struct recs *r = &x->p.v->recs;
    vault_err err = reseal_blob(&x->sealed, &r->keys, &x->rev, tier, old->seed, key, drops, &x->p);

    return err != VAULT_OK ? err : db_put(r->db, tier == LEAF_OPEN ? DB_OPEN_BLOB :
        DB_WITHHELD_BLOB, n, PART(x->sealed.p, x->sealed.n));
}

/* Whose withheld blob loses all it has, some, or nothing. */
static void
judge_withheld(const struct purging *x, struct touched *t)
{
    bool some = false, all = true;

    for (size_t i = 0; i < x->rev.n_leaves; i++) {
        const struct leaf *l = &x->rev.leaf[i];
        bool takes = purge_takes(&x->p, l);
        if (l->tier != LEAF_WITHHELD || !l->here)
            continue;
        some = some || takes;
        all = all && (takes || recs_gone(&x->p.v->recs, &x->rev, l) != GONE_NOT);
    }
    t->withheld = !some ? BLOB_STAYS : all ? BLOB_GONE : BLOB_NEW;
}

static vault_err
touch_withheld(struct purging *x, struct touched *t, const uint8_t key[static 32])
{
    struct recs *r = &x->p.v->recs;
    const struct pack *p = NULL;
    struct buf blob = BUF_INIT;
    struct blob_keys old;
    vault_err err;

    judge_withheld(x, t);
    if (t->withheld == BLOB_STAYS)
        return VAULT_OK;
    if (t->withheld == BLOB_GONE)       /* also where it cannot be read */
        return db_delete(r->db, DB_WITHHELD_BLOB, t->n);
    err = recs_load_withheld(r, t->n, &x->rev);
    if (err == VAULT_OK)
        err = recs_pack(r, t->n, &p);
    if (err == VAULT_OK)
        err = db_get(r->db, DB_WITHHELD_BLOB, t->n, &blob);
    if (err == VAULT_OK) {
        blob_keys_derive(&old, LEAF_WITHHELD, p->blob_key[t->n - p->first], blob.p);
        err = reseal(x, t->n, LEAF_WITHHELD, &old, key);
        sodium_memzero(&old, sizeof old);
    }
    buf_free(&blob);
    return err;
}

/* Tags are those of what is left. */
static vault_err
note_tags(struct purging *x, struct touched *t)
{
    for (size_t i = 0; i < x->rev.n_leaves; i++)
        if (x->rev.leaf[i].tier == LEAF_OPEN && purge_takes(&x->p, &x->rev.leaf[i]))
            x->rev.leaf[i].value = PART(NULL, 0);
    t->tags = x->tags.n;
    vault_err err = recs_tags(&x->p.v->recs, &x->rev, &x->tags);
    t->n_tags = x->tags.n - t->tags;
    return err;
}

static vault_err
touch_open(struct purging *x, struct touched *t)
{
    struct recs *r = &x->p.v->recs;
    struct { uint8_t key[32]; struct blob_keys old; } tmp;
    struct buf blob = BUF_INIT;
    vault_err err = recs_record_key(r, x->p.first, tmp.key);

    if (err == VAULT_OK && x->p.open) {
        err = db_get(r->db, DB_OPEN_BLOB, t->n, &blob);
        if (err == VAULT_OK) {
            blob_keys_derive(&tmp.old, LEAF_OPEN, tmp.key, blob.p);
            err = reseal(x, t->n, LEAF_OPEN, &tmp.old, new_key(x, 0));
        }
    }
    sodium_memzero(&tmp, sizeof tmp);
    buf_free(&blob);
    return err != VAULT_OK ? err : note_tags(x, t);
}

/* A whole record goes even where it is damaged: nobody reads it. */
static vault_err
drop_all(struct purging *x, struct touched *t)
{
    struct db *db = x->p.v->db;
    vault_err err = db_delete(db, DB_OPEN_BLOB, t->n);

    t->withheld = BLOB_GONE;
    return err != VAULT_OK ? err : db_delete(db, DB_WITHHELD_BLOB, t->n);
}

static vault_err
touch(struct purging *x, size_t i)
{
    struct touched *t = &x->touched[i];
    vault_err err;

    if (x->p.what == GONE_RECORD)
        return drop_all(x, t);
    err = recs_load(&x->p.v->recs, t->n, &x->rev);
    if (err == VAULT_OK)
        err = touch_withheld(x, t, new_key(x, i + 1));
    return err != VAULT_OK ? err : touch_open(x, t);
}

static vault_err
touch_all(struct purging *x)
{
    const struct index *ix = &x->p.v->recs.index;
    size_t count = 0;
    vault_err err;

    for (uint32_t n = x->p.first; n != 0; n = ix->pair[n].next)
        count++;
    x->touched = calloc(count, sizeof *x->touched);
    if (x->touched == NULL)
        return err_nomem();
    for (uint32_t n = x->p.first; n != 0; n = ix->pair[n].next)
        x->touched[x->n++].n = n;
    err = secret_random(&x->key, 32 * (count + 1));
    for (size_t i = 0; err == VAULT_OK && i < x->n; i++)
        err = touch(x, i);
    return err;
}

/* ---- packs ---- */

/* The keys of one touched revision, as they are from now on. */
static void
change_keys(const struct purging *x, struct pack *p, size_t i)
{
    uint32_t k = x->touched[i].n - p->first;

    if (x->p.what == GONE_RECORD) {
        sodium_memzero(p->record_key[k], sizeof p->record_key[k]);
        p->has_record[k] = false;
    } else if (x->p.open && p->has_record[k]) {
        memcpy(p->record_key[k], new_key(x, 0), 32);
    }
    if (x->touched[i].withheld == BLOB_GONE)
        pack_drop_blob(p, k);
    else if (x->touched[i].withheld == BLOB_NEW)
        memcpy(p->blob_key[k], new_key(x, i + 1), 32);
}

/* The row of tags of a pack: those of touched revisions as they are from now on, of others as
 * before. */
static vault_err
put_tags(struct purging *x, const struct pack *p, size_t from, size_t to)
{
    const struct index *ix = &x->p.v->recs.index;
    struct buf row = BUF_INIT;
    vault_err err;

    for (uint32_t n = p->first; n < p->first + p->n; n++) {
        struct part tags = PART(ix->tag + (size_t)ix->pair[n].tags * TAG_BYTES,
            (size_t)ix->pair[n].n_tags * TAG_BYTES);
        if (from < to && x->touched[from].n == n) {
            tags = PART(x->tags.p + x->touched[from].tags, x->touched[from].n_tags);
            from++;
        }
        buf_u8(&row, (uint8_t)(tags.n / TAG_BYTES));
        buf_u8(&row, (uint8_t)(tags.n / TAG_BYTES >> 8));
        if (tags.n != 0)
            buf_put(&row, tags.p, tags.n);
    }
    err = buf_ok(&row);
    if (err == VAULT_OK)
        err = db_set_tags(x->p.v->db, p->first, PART(row.p, row.n));
    buf_free(&row);
    return err;
}

/* *at: the first touched revision in this pack or behind it. */
static vault_err
rewrap_pack(struct purging *x, const struct seal_keys *keys, uint32_t first, size_t *at)
{
    struct pack *p = (struct pack *)(void *)secret_edit(x->home);
    const struct pack *now = NULL;
    struct buf box = BUF_INIT;
    size_t from = *at;
    vault_err err = recs_pack(&x->p.v->recs, first, &now);

    if (err != VAULT_OK)
        return err;
    memcpy(p, now, sizeof *p);
    for (; *at < x->n && x->touched[*at].n < first + p->n; ++*at)
        change_keys(x, p, *at);
    err = pack_seal(&box, keys, p);
    if (err == VAULT_OK)
        err = db_put(x->p.v->db, DB_WRAP, first, PART(box.p, box.n));
    if (err == VAULT_OK && from < *at)
        err = put_tags(x, p, from, *at);
    buf_free(&box);
    return err;
}

static vault_err
rewrap(struct purging *x, const struct seal_keys *keys)
{
    struct recs *r = &x->p.v->recs;
    struct buf root = BUF_INIT;
    size_t at = 0;
    vault_err err = secret_new(&x->home, sizeof(struct pack));

    if (err == VAULT_OK)
        err = root_seal(&root, keys, r->log_key, r->tag_key);
    if (err == VAULT_OK)
        err = db_put(r->db, DB_WRAP, WRAP_ROW_ROOT, PART(root.p, root.n));
    for (uint32_t n = 1; err == VAULT_OK && n <= r->index.n; n += index_pack_size(&r->index, n))
        err = rewrap_pack(x, keys, n, &at);
    buf_free(&root);
    return err;
}

/* ---- the transaction ---- */

/* As many as are needed for all leaves: a value has its limit. */
static vault_err
add_tombstones(struct purging *x, struct change *c)
{
    struct purged t = { .what = x->p.what, .field = x->p.what == GONE_ATTACHMENT ? x->p.file_field :
        x->p.asked->field };
    size_t n = x->p.c.n / 32, at = 0;
    vault_err err;

    memcpy(t.record, x->p.v->recs.index.pair[x->p.first].record, RECORD_ID_BYTES);
    do {
        t.c = x->p.c.p + 32 * at;
        t.n = n - at < TOMBSTONE_LEAVES_MAX ? n - at : TOMBSTONE_LEAVES_MAX;
        err = system_add_tombstone(x->p.v, c, &t);
        at += t.n;
    } while (err == VAULT_OK && at < n);
    return err;
}

static vault_err
fill(struct vault *v, struct change *c, void *ctx)
{
    struct purging *x = ctx;
    struct seal_keys keys = v->recs.keys;
    vault_err err;

    keys.k_case = x->k_case;
    err = purge_strays(&x->p);
    if (err == VAULT_OK)
        err = purge_files(&x->p);
    if (err == VAULT_OK)
        err = purge_tell_pieces(&x->p, x->detail);
    if (err == VAULT_OK)
        err = touch_all(x);
    if (err == VAULT_OK)
        err = rewrap(x, &keys);
    recs_forget_pack(&v->recs);
    v->recs.keys.k_case = x->k_case;    /* what is added now is of the next epoch */
    return err != VAULT_OK ? err : add_tombstones(x, c);
}

/* The session goes on with what the files hold now. */
static void
follow(struct purging *x, bool done)
{
    struct vault *v = x->p.v;

    if (done) {
        secret_free(v->e);
        secret_free(v->k_case);
        v->e = secret_take(&x->e);
        v->k_case = secret_take(&x->k_case);
        v->epoch++;
    }
    v->recs.keys.k_case = v->k_case;
    recs_forget_pack(&v->recs);
    for (size_t i = 0; done && i < x->n; i++)
        index_set_tags(&v->recs.index, x->touched[i].n,
            PART(x->tags.p + x->touched[i].tags, x->touched[i].n_tags));
}

static void
describe(const struct purging *x, const char *code, struct detail *d)
{
    detail_text(d, "id", code);
    detail_text(d, "what", gone_name(x->p.what));
    if (x->p.asked->field != NULL)
        detail_texts(d, "fields", &x->p.asked->field, 1);
    detail_uint(d, "revisions", x->p.revisions);
    if (x->p.what != GONE_RECORD)
        detail_uint(d, "values", x->p.values);
    if (x->p.attachments != 0)
        detail_uint(d, "attachments", x->p.attachments);
}

static vault_err
run(struct purging *x, const char *code)
{
    struct vault *v = x->p.v;
    struct keyfile kf = v->kf;
    struct detail d = {0};
    uint8_t hash[32];
    struct commit what = { .action = "purge", .keeper = true, .detail = &d, .keys_hash = hash };
    vault_err err;

    err = secret_random(&x->e, 32);
    if (err == VAULT_OK)
        err = tree_k_case(&x->k_case, &v->tree, x->e);
    if (err == VAULT_OK)
        err = session_stage_keys(v, &kf, &v->tree, v->epoch + 1, x->e, hash);
    if (err != VAULT_OK)
        return err;
    describe(x, code, &d);
    x->detail = &d;
    what.keys_sequence = kf.sequence;
    err = session_put_in_force(v, &kf, &what, fill, x);
    follow(x, v->kf.sequence == kf.sequence);
    detail_free(&d);
    return err;
}

/* One record. Adds to what was done. */
static vault_err
purge_record(struct vault *v, const struct purge_group *g, const struct purge_order *order,
    struct vault_purged *done)
{
    struct purging x = { .p = { .v = v, .asked = &order->what, .first = order->first } };
    bool none = false;
    vault_err err;

    revision_init(&x.rev);
    err = purge_choose_of(g, &x.p, &none);
    if (err == VAULT_OK && !none)
        err = run(&x, order->code);
    if (err == VAULT_OK && !none) {
        done->records++;
        done->revisions += x.p.revisions;
        done->values += x.p.values;
        done->strays += x.p.strays;
        done->left += x.p.left;
    }
    secret_free(x.e);
    secret_free(x.k_case);
    secret_free(x.key);
    secret_free(x.home);
    free(x.touched);
    revision_free(&x.rev);
    buf_free(&x.tags);
    buf_free(&x.sealed);
    purge_free(&x.p);
    return err;
}

vault_err
vault_purge(vault *v, const struct vault_purge *what, struct vault_purged *out)
{
    struct purge_group g = {0};
    struct vault_purged done = {0};
    vault_err err;

    vault_clear_error();
    err = session_may_write(v);
    if (err == VAULT_OK)
        err = session_adopt(v);
    if (err == VAULT_OK)
        err = purge_group(v, what, &g);
    for (size_t i = 0; err == VAULT_OK && i < g.n; i++)
        err = purge_record(v, &g, &g.order[i], &done);
    if (err == VAULT_OK && done.records == 0)
        err = purge_nothing();
    if (err != VAULT_OK && done.records != 0)
        err_prefix("%u of the records that are the same were purged, the others not yet: ", (unsigned)done.records);
    if (err == VAULT_OK) {
        memcpy(done.id, g.order[g.n - 1].code, sizeof done.id);
        *out = done;
    }
    purge_group_free(&g);
    return err;
}

vault_err
purge_system(struct vault *v, uint32_t first)
{
    struct purge_order order = { .first = first };
    struct purge_group g = { .order = &order, .n = 1 };
    struct vault_purged done = {0};
    vault_err err = session_may_write(v);

    code_of(order.code, v->recs.index.pair[first].record);
    order.what.id = order.code;
    if (err == VAULT_OK)
        err = session_adopt(v);
    return err == VAULT_OK ? purge_record(v, &g, &order, &done) : err;
}
