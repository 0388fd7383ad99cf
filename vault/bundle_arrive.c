/*
 * bundle_arrive.c - values that had been left out when a revision came, and come now: see bundle_take.h.
 *
 * The revision is here and stays as it is; its withheld blob is made anew with what there is now, under another key, and says so with the entry. Values
 * that had been open to their author are kept among the withheld ones as well.
 */
#include "vault/bundle_take.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/exchange.h"
#include "vault/record/disclose.h"
#include "vault/record/salts.h"
#include "vault/record/value.h"

struct arriving {
    struct bundle_take *t;
    uint32_t n;                 /* the revision */
    bool last;                  /* of those with this id: two copies that each took it in and came together have it twice */
    struct revision told, here;
    uint8_t (*salt)[SALT_BYTES];    /* of `here` */
    size_t n_salts;
};

static vault_err
load(struct arriving *a, const struct told_revision *x)
{
    struct recs *r = &a->t->v->recs;
    vault_err err = disclose_read(PART(x->bytes.p, x->bytes.n), &a->told);

    if (err == VAULT_OK)
        err = recs_load(r, a->n, &a->here);
    if (err == VAULT_OK && revision_introduces(&a->here))
        err = recs_load_withheld(r, a->n, &a->here);
    if (err != VAULT_OK)
        return err;
    a->n_salts = a->here.n_leaves + 1;
    a->salt = calloc(a->n_salts, SALT_BYTES);
    if (a->salt == NULL)
        return err_nomem();
    return a->here.withheld.n == 0 ? VAULT_OK : recs_salts(r, a->n, LEAF_WITHHELD, &a->here, a->salt);
}

/* One leaf as it will be kept: with the value that came, or that was here. */
static vault_err
settle(struct arriving *a, const struct told_revision *x, struct leaf *l, size_t *arrived)
{
    struct bundle_take *t = a->t;
    const struct leaf *m = revision_find(&a->here, l->field, l->element, l->n_element);
    enum gone_what what = gone_find(&t->v->recs.left, a->told.id, l->c);
    bool back = false;
    vault_err err = bundle_comes_back(a->t, x, &a->told, l, &back);

    if (err != VAULT_OK)
        return err;
    if (m == NULL)
        return err_say(VAULT_ERR_DAMAGED, NULL, "a revision has lost a leaf");
    l->tier = m->tier;
    l->raised = m->raised;
    if (l->here && l->value.n != 0 && what == GONE_LEFT_OUT && !back) {
        ++*arrived;
        if (a->last) {
            buf_put(&t->arrived, a->told.record, RECORD_ID_BYTES);
        buf_put(&t->arrived, a->told.id, REVISION_ID_BYTES);
            buf_put(&t->arrived, l->c, sizeof l->c);
            err = t->arrived.bad ? err_nomem() : gone_add(&t->v->recs.left, a->told.id, l->c, GONE_NOT);
        }
        return err == VAULT_OK && value_is_file(l->value) ? bundle_take_file(t, &a->told, l) : err;
    }
    l->value = m->value;
    l->salt = m->value.n == 0 ? NULL : a->salt[m - a->here.leaf];
    l->file_key = m->file_key;
    l->file_first = m->file_first;
    return VAULT_OK;
}

/* The blob, and its key into the pack. */
static vault_err
seal(struct arriving *a, struct pack *p)
{
    struct recs *r = &a->t->v->recs;
    struct blob_keys bk;
    struct buf sealed = BUF_INIT;
    uint32_t i = a->n - p->first;
    uint8_t nonce[24];
    vault_err err;

    if (p->how == WRAP_INTAKE || (p->how == WRAP_NAME && !p->readable))
        return err_say(VAULT_ERR_REFUSED, "close the vault and open it again as a keeper", "values beside these wait to be taken over by a keeper");
    randombytes_buf(p->blob_key[i], 32);
    randombytes_buf(nonce, sizeof nonce);
    p->has_blob[i] = true;
    p->quarantined[i] = false;
    p->names_hidden[i] = recs_names_hidden(r, &a->here);
    p->readable = true;
    p->how = WRAP_NAME;
    p->n_inner = 0;
    blob_keys_derive(&bk, LEAF_WITHHELD, p->blob_key[i], nonce);
    err = seal_blob(&sealed, &r->keys, &bk, &a->told, LEAF_WITHHELD);
    if (err == VAULT_OK)
        err = db_put(r->db, DB_WITHHELD_BLOB, a->n, PART(sealed.p, sealed.n));
    buf_reset(&sealed);
    if (err == VAULT_OK)
        err = pack_seal(&sealed, &r->keys, p);
    if (err == VAULT_OK)
        err = db_put(r->db, DB_WRAP, p->first, PART(sealed.p, sealed.n));
    sodium_memzero(&bk, sizeof bk);
    buf_free(&sealed);
    return err;
}

static vault_err
store(struct arriving *a)
{
    struct recs *r = &a->t->v->recs;
    const struct pack *now = NULL;
    struct secret *home = NULL;
    struct pack *p;
    vault_err err = secret_new(&home, sizeof *p);

    if (err == VAULT_OK)
        err = recs_pack(r, a->n, &now);
    if (err == VAULT_OK) {
        p = (struct pack *)(void *)secret_edit(home);
        memcpy(p, now, sizeof *p);
        err = seal(a, p);
    }
    recs_forget_pack(r);
    secret_free(home);
    return err;
}

static vault_err
arrive(struct bundle_take *t, const struct told_revision *x, uint32_t n, bool last)
{
    struct arriving a = { .t = t, .n = n, .last = last };
    size_t arrived = 0;
    vault_err err;

    revision_init(&a.told);
    revision_init(&a.here);
    err = load(&a, x);
    for (size_t i = 0; err == VAULT_OK && i < a.told.n_leaves; i++)
        err = settle(&a, x, &a.told.leaf[i], &arrived);
    if (err == VAULT_OK && arrived > 0)
        err = revision_finish_foreign(&a.told);
    if (err == VAULT_OK && arrived > 0)
        err = store(&a);
    t->values_arrived += err == VAULT_OK && last ? arrived : 0;
    if (a.salt != NULL)
        sodium_memzero(a.salt, a.n_salts * SALT_BYTES);
    free(a.salt);
    revision_free(&a.told);
    revision_free(&a.here);
    return err;
}

vault_err
bundle_arrive(struct bundle_take *t, const struct told_revision *x)
{
    const struct index *ix = &t->v->recs.index;
    vault_err err = VAULT_OK;

    for (uint32_t n = x->here, next; err == VAULT_OK && n != 0; n = next) {
        next = ix->pair[n].next == 0 ? 0 : index_revision(ix, ix->pair[n].next, x->id);
        err = arrive(t, x, n, next == 0);
    }
    return err;
}
