/* recs.c - see recs.h. Finding by name is in find.c, titles in title.c. */
#include "vault/record/recs.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

vault_err
recs_init(struct recs *r, struct db *db, const struct seal_keys *keys,
    const uint8_t author[static 32])
{
    memset(r, 0, sizeof *r);
    r->db = db;
    r->keys = *keys;
    memcpy(r->author, author, 32);
    index_init(&r->index);
    return VAULT_OK;
}

void
recs_free(struct recs *r)
{
    if (r->db == NULL)
        return;
    secret_free(r->log_key);
    secret_free(r->tag_key);
    index_free(&r->index);
    type_set_free(&r->types);
    memset(r, 0, sizeof *r);
}

/* ---- log and tag keys ---- */

static vault_err
put_wrap(struct recs *r, int64_t row, enum wrap_kind kind, const struct secret *key)
{
    uint8_t box[WRAP_KEY_BYTES];
    struct rng_pool rng;

    rng_init(&rng);
    wrap_key(box, &r->keys, kind, NULL, secret_bytes(key), &rng);
    rng_done(&rng);
    return db_put(r->db, DB_WRAP, row, PART(box, sizeof box));
}

vault_err
recs_new_keys(struct recs *r)
{
    vault_err err;

    err = secret_random(&r->log_key, 32);
    if (err == VAULT_OK)
        err = secret_random(&r->tag_key, 32);
    if (err == VAULT_OK)
        err = put_wrap(r, WRAP_ROW_LOG, WRAP_LOG_KEY, r->log_key);
    if (err == VAULT_OK)
        err = put_wrap(r, WRAP_ROW_TAG, WRAP_TAG_KEY, r->tag_key);
    return err;
}

static vault_err
get_wrap(struct recs *r, int64_t row, enum wrap_kind kind, struct secret **out)
{
    struct buf box = BUF_INIT;
    struct secret *s = NULL;
    vault_err err;

    err = db_get(r->db, DB_WRAP, row, &box);
    if (err == VAULT_ERR_NOT_FOUND)
        err = err_say(VAULT_ERR_DAMAGED, NULL, "the key of the log is missing");
    if (err == VAULT_OK)
        err = secret_new(&s, 32);
    if (err == VAULT_OK)
        err = unwrap_key(secret_edit(s), &r->keys, kind, NULL, PART(box.p, box.n));
    if (err == VAULT_OK)
        *out = secret_take(&s);
    secret_free(s);
    buf_free(&box);
    return err;
}

vault_err
recs_open_keys(struct recs *r)
{
    vault_err err = get_wrap(r, WRAP_ROW_LOG, WRAP_LOG_KEY, &r->log_key);

    return err != VAULT_OK ? err : get_wrap(r, WRAP_ROW_TAG, WRAP_TAG_KEY, &r->tag_key);
}

/* ---- loading ---- */

static vault_err
quiesce(struct recs *r)
{
    return r->quiesce == NULL ? VAULT_OK : r->quiesce(r->quiesce_ctx);
}

static void
say_missing(const char *what)
{
    (void)err_say(VAULT_ERR_DAMAGED, NULL, "%s is missing", what);
}

vault_err
recs_record_key(struct recs *r, uint32_t first, uint8_t key[static 32])
{
    struct buf box = BUF_INIT;
    vault_err err;

    err = quiesce(r);
    if (err == VAULT_OK)
        err = db_get(r->db, DB_WRAP, WRAP_ROW_RECORD(first), &box);
    if (err == VAULT_OK)
        err = unwrap_key(key, &r->keys, WRAP_RECORD_KEY, r->index.pair[first].record,
            PART(box.p, box.n));
    buf_free(&box);
    return err;
}

static void
expect(struct recs *r, uint32_t n, struct revision *rev)
{
    revision_reset(rev);
    memcpy(rev->record, r->index.pair[n].record, RECORD_ID_BYTES);
    memcpy(rev->id, r->index.pair[n].revision, REVISION_ID_BYTES);
}

static vault_err
open_and_read(struct recs *r, const uint8_t key[static 32], struct part blob,
    struct revision *rev)
{
    vault_err err = unseal_open(rev, &r->keys, key, blob);

    return err != VAULT_OK ? err : revision_read_open(rev);
}

vault_err
recs_load_from(struct recs *r, uint32_t n, struct part wrap, struct part blob,
    struct revision *rev)
{
    uint8_t key[32];
    vault_err err;

    expect(r, n, rev);
    err = unwrap_key(key, &r->keys, WRAP_RECORD_KEY, rev->record, wrap);
    if (err == VAULT_OK)
        err = open_and_read(r, key, blob, rev);
    sodium_memzero(key, sizeof key);
    return err;
}

vault_err
recs_load(struct recs *r, uint32_t n, struct revision *rev)
{
    struct buf blob = BUF_INIT;
    uint8_t key[32];
    vault_err err;

    expect(r, n, rev);
    err = quiesce(r);
    if (err == VAULT_OK)
        err = db_get(r->db, DB_OPEN_BLOB, n, &blob);
    if (err == VAULT_ERR_NOT_FOUND)
        say_missing("the content of a revision");
    if (err == VAULT_OK) {
        err = recs_record_key(r, r->index.pair[n].first, key);
        if (err == VAULT_ERR_NOT_FOUND)
            say_missing("the key of a record");
    }
    if (err == VAULT_OK)
        err = open_and_read(r, key, PART(blob.p, blob.n), rev);
    sodium_memzero(key, sizeof key);
    buf_free(&blob);
    /* Nothing is purged in this version of the log: what is missing is damage. */
    return err == VAULT_ERR_NOT_FOUND ? VAULT_ERR_DAMAGED : err;
}

vault_err
recs_load_withheld(struct recs *r, uint32_t n, struct revision *rev)
{
    struct buf blob = BUF_INIT;
    struct inner_wrap inner;
    vault_err err;

    err = quiesce(r);
    if (err == VAULT_OK)
        err = db_get(r->db, DB_WRAP, WRAP_ROW_WITHHELD(n), &blob);
    if (err == VAULT_OK)
        err = unwrap_outer(&inner, &r->keys, rev, PART(blob.p, blob.n));
    if (err == VAULT_OK)
        err = db_get(r->db, DB_WITHHELD_BLOB, n, &blob);
    if (err == VAULT_ERR_NOT_FOUND) {
        say_missing("the withheld content of a revision");
        err = VAULT_ERR_DAMAGED;
    }
    if (err == VAULT_OK)
        err = unseal_withheld(rev, &r->keys, &inner, PART(blob.p, blob.n));
    if (err == VAULT_OK)
        err = revision_read_withheld(rev);
    sodium_memzero(&inner, sizeof inner);
    buf_free(&blob);
    return err;
}

/* ---- carried leaves ---- */

/* The pair of the revision that introduced a carried leaf; it must be an older one of this record. */
static vault_err
introducer(struct recs *r, uint32_t n, const struct leaf *l, uint32_t *out)
{
    uint32_t first = r->index.pair[n].first;

    *out = index_revision(&r->index, first, l->introduced);
    if (*out != 0 && *out != n)
        return VAULT_OK;
    return err_say(VAULT_ERR_DAMAGED, NULL, "a withheld value names a revision that is missing");
}

/* Does `from` introduce exactly this leaf? */
static const struct leaf *
same_leaf(const struct revision *from, const struct leaf *l)
{
    const struct leaf *m = revision_find(from, l->field, l->element, l->n_element);

    return m != NULL && m->here && m->tier == l->tier && memcmp(m->c, l->c, 32) == 0 ? m : NULL;
}

static vault_err
not_same(void)
{
    return err_say(VAULT_ERR_DAMAGED, NULL,
        "a withheld value is not the one that its revision introduced");
}

vault_err
recs_check_carried(struct recs *r, uint32_t n, const struct revision *rev)
{
    struct revision from;
    uint32_t at = 0, loaded = 0;
    vault_err err = VAULT_OK;

    revision_init(&from);
    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        if (l->here)
            continue;
        err = introducer(r, n, l, &at);
        if (err == VAULT_OK && at != loaded) {
            err = recs_load(r, at, &from);
            loaded = at;
        }
        if (err == VAULT_OK && same_leaf(&from, l) == NULL)
            err = not_same();
    }
    revision_free(&from);
    return err;
}

/* Copy the values that `from` introduced into the leaves of rev that carry them. `extra` may move, so
 * offsets are kept in `at` (1 + offset) until the end. */
static vault_err
copy_carried(struct revision *rev, const uint8_t id[static 32], const struct revision *from,
    struct buf *extra, size_t *at)
{
    for (size_t i = 0; i < rev->n_leaves; i++) {
        struct leaf *l = &rev->leaf[i];
        const struct leaf *m;
        if (l->here || memcmp(l->introduced, id, 32) != 0)
            continue;
        m = same_leaf(from, l);
        if (m == NULL)
            return not_same();
        if (m->value.n == 0)
            continue;
        at[i] = 1 + extra->n;
        l->value.n = m->value.n;
        buf_put(extra, m->value.p, m->value.n);
    }
    return buf_ok(extra);
}

static vault_err
load_carried(struct recs *r, uint32_t n, struct revision *rev, struct buf *extra, size_t *at)
{
    struct revision from;
    vault_err err = VAULT_OK;
    uint32_t m;

    revision_init(&from);
    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        if (l->here || at[i] != 0)
            continue;
        err = introducer(r, n, l, &m);
        if (err == VAULT_OK)
            err = recs_load(r, m, &from);
        if (err == VAULT_OK && revision_introduces(&from))
            err = recs_load_withheld(r, m, &from);
        if (err == VAULT_OK)
            err = copy_carried(rev, from.id, &from, extra, at);
    }
    revision_free(&from);
    return err;
}

vault_err
recs_reveal(struct recs *r, uint32_t n, struct revision *rev, struct buf *extra)
{
    size_t *at = NULL;
    vault_err err = VAULT_OK;

    if (r->keys.k_name == NULL)
        return err_say(VAULT_ERR_REFUSED, "open the vault with a keeper's passphrase",
            "withheld values can only be read by a keeper");
    if (revision_introduces(rev))
        err = recs_load_withheld(r, n, rev);
    if (err != VAULT_OK)
        return err;
    at = calloc(rev->n_leaves + 1, sizeof *at);
    if (at == NULL)
        return err_nomem();
    err = load_carried(r, n, rev, extra, at);
    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++)
        if (at[i] != 0)
            rev->leaf[i].value.p = extra->p + at[i] - 1;
    free(at);
    return err;
}

/* ---- heads ---- */

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
    uint32_t found = 0, count = 0;
    vault_err err = VAULT_OK;

    if (!ix->pair[first].heads_known)
        err = find_heads(r, first);
    if (err != VAULT_OK)
        return err;
    for (uint32_t n = first; n != 0; n = ix->pair[n].next)
        if (!ix->pair[n].superseded) {
            found = n;          /* the newest comes last */
            count++;
        }
    if (found == 0)
        return err_say(VAULT_ERR_DAMAGED, NULL, "a record has no newest revision");
    *head = found;
    if (conflict != NULL)
        *conflict = count > 1;
    return VAULT_OK;
}

/* ---- storing ---- */

vault_err
recs_insert(struct recs *r, uint32_t n, const struct new_pair *p)
{
    struct db_pair_row row = { .n = n, .log = p->log,
        .id = PART(p->sealed->pair, sizeof p->sealed->pair), .tags = p->tags };
    vault_err err;

    err = db_put_pair(r->db, &row);
    if (err == VAULT_OK)
        err = db_put(r->db, DB_OPEN_BLOB, n, p->sealed->open);
    if (err == VAULT_OK && p->record_wrap.n != 0)
        err = db_put(r->db, DB_WRAP, WRAP_ROW_RECORD(n), p->record_wrap);
    if (err == VAULT_OK && p->sealed->has_withheld)
        err = db_put(r->db, DB_WITHHELD_BLOB, n, p->sealed->withheld);
    if (err == VAULT_OK && p->sealed->has_withheld)
        err = db_put(r->db, DB_WRAP, WRAP_ROW_WITHHELD(n), p->sealed->wrap_withheld);
    return err;
}
