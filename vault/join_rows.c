/* join_rows.c - entries of the other copy and what they added, row by row; see join.h. */
#include "vault/join.h"

#include <sodium.h>
#include <string.h>
#include "vault/record/reseal.h"

static vault_err
copy_entry(struct joining *j, uint32_t from, uint32_t to)
{
    struct db_cursor *c = NULL;
    struct db_log_row row;
    bool got = false;
    vault_err err = db_scan_log(j->other->db, from, &c);

    if (err == VAULT_OK)
        err = db_next_log(c, &row, &got);
    if (err == VAULT_OK && !got)
        err = err_say(VAULT_ERR_DAMAGED, NULL, "an entry of the other copy is missing");
    row.n = to;
    if (err == VAULT_OK)
        err = db_put_log(j->v->db, &row);
    db_scan_end(c);
    return err;
}

/* A row of one table, where there is one. */
static vault_err
copy_blob(struct joining *j, enum db_table t, uint32_t from, uint32_t to)
{
    struct buf blob = BUF_INIT;
    vault_err err = db_get(j->other->db, t, from, &blob);

    if (err == VAULT_OK)
        err = db_put(j->v->db, t, to, PART(blob.p, blob.n));
    else if (err == VAULT_ERR_NOT_FOUND)
        err = VAULT_OK;
    buf_free(&blob);
    return err;
}

/* Its tags, but none of what was purged here. */
static void
copy_tags(const struct joining *j, const struct db_pair_row *row, struct buf *out)
{
    struct rd r = rd_of(row->tags.p, row->tags.n);

    for (size_t i = 0; i < row->ids.n / PAIR_ID_BYTES; i++) {
        size_t n = rd_u8(&r);
        n |= (size_t)rd_u8(&r) << 8;
        const uint8_t *p = rd_take(&r, n * TAG_BYTES);
        if (p == NULL || join_is_purged(j, (const uint8_t *)row->ids.p + i * PAIR_ID_BYTES))
            n = 0;
        buf_u8(out, (uint8_t)n);
        buf_u8(out, (uint8_t)(n >> 8));
        if (n != 0)
            buf_put(out, p, n * TAG_BYTES);
    }
}

static vault_err
copy_ids(struct joining *j, uint32_t from, uint32_t to, uint32_t log)
{
    struct index *ix = &j->v->recs.index;
    struct db_cursor *c = NULL;
    struct db_pair_row row;
    struct buf kept = BUF_INIT;
    struct rd tags;
    bool got = false;
    vault_err err = db_scan_pair(j->other->db, from, &c);

    if (err == VAULT_OK)
        err = db_next_pair(c, &row, &got);
    if (err == VAULT_OK && (!got || row.n != from))
        err = err_say(VAULT_ERR_DAMAGED, NULL, "revisions of the other copy are missing");
    if (err == VAULT_OK) {
        copy_tags(j, &row, &kept);
        err = buf_ok(&kept);
    }
    if (err == VAULT_OK) {
        row.tags = PART(kept.p, kept.n);
        tags = rd_of(kept.p, kept.n);
        row.n = to;
        row.log = log;
        err = db_put_pair(j->v->db, &row);
    }
    for (size_t i = 0; err == VAULT_OK && i < row.ids.n / PAIR_ID_BYTES; i++) {
        size_t n = rd_u8(&tags);
        n |= (size_t)rd_u8(&tags) << 8;
        err = index_add(ix, (const uint8_t *)row.ids.p + i * PAIR_ID_BYTES, log, to,
            PART(rd_take(&tags, n * TAG_BYTES), n * TAG_BYTES));
    }
    db_scan_end(c);
    buf_free(&kept);
    return err;
}

/* The open blob under the key that the record has here. */
static vault_err
reseal_open(struct joining *j, uint32_t from, uint32_t to, const uint8_t theirs[static 32],
    const uint8_t ours[static 32])
{
    struct buf blob = BUF_INIT, sealed = BUF_INIT;
    struct blob_keys old;
    struct revision rev;
    vault_err err;

    revision_init(&rev);
    err = recs_load(&j->other->recs, from, &rev);
    if (err == VAULT_OK)
        err = db_get(j->other->db, DB_OPEN_BLOB, from, &blob);
    if (err == VAULT_OK) {
        blob_keys_derive(&old, LEAF_OPEN, theirs, blob.p);
        err = reseal_blob(&sealed, &j->v->recs.keys, &rev, LEAF_OPEN, old.seed, ours, NULL, NULL);
        sodium_memzero(&old, sizeof old);
    }
    if (err == VAULT_OK)
        err = db_put(j->v->db, DB_OPEN_BLOB, to, PART(sealed.p, sealed.n));
    buf_free(&blob);
    buf_free(&sealed);
    revision_free(&rev);
    return err;
}

static vault_err
copy_open(struct joining *j, uint32_t from, uint32_t to)
{
    uint32_t there = j->other->recs.index.pair[from].first;
    uint32_t here = j->v->recs.index.pair[to].first;
    struct { uint8_t theirs[32], ours[32]; } key;
    vault_err err;

    if (here == to)
        return copy_blob(j, DB_OPEN_BLOB, from, to);    /* its key comes with it */
    err = recs_record_key(&j->other->recs, there, key.theirs);
    if (err == VAULT_OK)
        err = recs_record_key(&j->v->recs, here, key.ours);
    if (err == VAULT_OK)
        err = bytes_equal(key.theirs, key.ours, 32) ? copy_blob(j, DB_OPEN_BLOB, from, to) :
            reseal_open(j, from, to, key.theirs, key.ours);
    sodium_memzero(&key, sizeof key);
    return err;
}

/* A record that is here already (both took in one bundle) keeps the key that it has here. */
static void
drop_record_keys(struct joining *j, struct pack *p)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (j->v->recs.index.pair[p->first + i].first != p->first + i) {
            p->has_record[i] = false;
            sodium_memzero(p->record_key[i], sizeof p->record_key[i]);
        }
}

static vault_err
copy_pack(struct joining *j, uint32_t from, uint32_t log)
{
    struct pack *p = (struct pack *)(void *)secret_edit(j->home);
    uint32_t to = j->v->recs.index.n + 1;
    const struct pack *theirs = NULL;
    struct buf box = BUF_INIT;
    vault_err err = recs_pack(&j->other->recs, from, &theirs);

    if (err == VAULT_OK) {
        memcpy(p, theirs, sizeof *p);
        p->first = to;
        /* The other copy is a keeper's session and this one is not: the inner wrap goes on as it is. */
        p->readable = p->readable && is_keeper(j->v);
        for (uint32_t i = 0; i < p->n; i++)
            if (join_is_purged(j, p->ids[i]))
                pack_drop_blob(p, i);
        err = copy_ids(j, from, to, log);
    }
    if (err == VAULT_OK)
        drop_record_keys(j, p);
    if (err == VAULT_OK)
        err = pack_seal(&box, &j->v->recs.keys, p);
    if (err == VAULT_OK)
        err = db_put(j->v->db, DB_WRAP, to, PART(box.p, box.n));
    for (uint32_t i = 0; err == VAULT_OK && i < p->n; i++) {
        err = copy_blob(j, DB_INTAKE, from + i, to + i);    /* wherever somebody moved it */
        if (err != VAULT_OK)
            break;
        if (join_is_purged(j, p->ids[i]))
            continue;
        err = copy_open(j, from + i, to + i);
        if (err == VAULT_OK)
            err = copy_blob(j, DB_WITHHELD_BLOB, from + i, to + i);
    }
    j->revisions += p->n;
    buf_free(&box);
    return err;
}

/* Entry by entry, with what each added: revisions stand in the order of their entries. */
vault_err
join_rows(struct joining *j)
{
    const struct index *ix = &j->other->recs.index;
    uint32_t log = j->v->n_log, n = 1;
    vault_err err = VAULT_OK;

    for (uint32_t i = 1; err == VAULT_OK && i <= j->other->n_log; i++) {
        if (j->fresh[i])
            err = copy_entry(j, i, ++log);
        for (; err == VAULT_OK && n <= ix->n && ix->pair[n].log == i; n += index_pack_size(ix, n))
            if (j->fresh[i])
                err = copy_pack(j, n, log);
    }
    return err;
}
