/*
 * copy.c - all rows of a database, the wrapped keys under other keys: into another database (rekey, travel), or on their way home.
 *
 * Blobs, pairs and entries go over as they are: they are sealed under keys of their own, or public. Only
 * the narrow table of wrapped keys is opened and sealed again.
 */
#include "vault/session.h"

#include <sodium.h>
#include <string.h>

/* ---- rows that go over as they are ---- */

static const enum db_table TABLE_OF[] = { [COPY_OPEN_BLOB] = DB_OPEN_BLOB, [COPY_WITHHELD_BLOB] = DB_WITHHELD_BLOB,
    [COPY_INTAKE] = DB_INTAKE, [COPY_OPEN_CHUNK] = DB_OPEN_CHUNK, [COPY_WITHHELD_CHUNK] = DB_WITHHELD_CHUNK, [COPY_WRAP] = DB_WRAP };

static vault_err
copy_table(struct db *from, const struct copy_to *to, enum copy_kind kind)
{
    struct copy_row row = { .kind = kind };
    struct db_cursor *c = NULL;
    bool got = true;
    vault_err err = db_scan(from, TABLE_OF[kind], INT64_MIN, &c);

    while (err == VAULT_OK) {
        err = db_next(c, &row.n, &row.column[0], &got);
        if (err != VAULT_OK || !got)
            break;
        err = to->put(to->ctx, &row);
    }
    db_scan_end(c);
    return err;
}

static vault_err
copy_log(struct db *from, const struct copy_to *to)
{
    struct db_cursor *c = NULL;
    struct db_log_row row;
    bool got = true;
    vault_err err = db_scan_log(from, INT64_MIN, &c);

    while (err == VAULT_OK) {
        err = db_next_log(c, &row, &got);
        if (err != VAULT_OK || !got)
            break;
        err = to->put(to->ctx, &(struct copy_row){ .kind = COPY_LOG, .n = row.n, .column = { row.entry, row.sigs, row.detail } });
    }
    db_scan_end(c);
    return err;
}

static vault_err
copy_pairs(struct db *from, const struct copy_to *to)
{
    uint8_t log[8];
    struct db_cursor *c = NULL;
    struct db_pair_row row;
    bool got = true;
    vault_err err = db_scan_pair(from, INT64_MIN, &c);

    while (err == VAULT_OK) {
        err = db_next_pair(c, &row, &got);
        if (err != VAULT_OK || !got)
            break;
        put_u64(log, (uint64_t)row.log);
        err = to->put(to->ctx, &(struct copy_row){ .kind = COPY_PAIR, .n = row.n, .column = { PART(log, sizeof log), row.ids, row.tags } });
    }
    db_scan_end(c);
    return err;
}

/* ---- wrapped keys ---- */

/* For a copy without names: as if no revision had withheld values. */
static void
drop_blob_keys(struct pack *p)
{
    sodium_memzero(p->blob_key, sizeof p->blob_key);
    memset(p->has_blob, 0, sizeof p->has_blob);
    memset(p->quarantined, 0, sizeof p->quarantined);
    p->how = 0;
    p->n_inner = 0;
}

static vault_err
copy_pack(struct recs *r, const struct copy_to *to, const struct seal_keys *keys, uint32_t first,
    struct pack *p, enum copy_what what)
{
    const struct pack *now = NULL;
    struct buf box = BUF_INIT;
    vault_err err = recs_pack(r, first, &now);

    if (err != VAULT_OK)
        return err;
    memcpy(p, now, sizeof *p);
    if (what == COPY_OPEN)
        drop_blob_keys(p);
    err = pack_seal(&box, keys, p);
    if (err == VAULT_OK)
        err = to->put(to->ctx, &(struct copy_row){ .kind = COPY_WRAP, .n = first, .column = { PART(box.p, box.n) } });
    buf_free(&box);
    return err;
}

static vault_err
copy_wraps(struct recs *r, const struct copy_to *to, const struct seal_keys *keys, enum copy_what what)
{
    struct secret *home = NULL;
    struct buf root = BUF_INIT;
    vault_err err;

    err = root_seal(&root, keys, r->log_key, r->tag_key);
    if (err == VAULT_OK)
        err = to->put(to->ctx, &(struct copy_row){ .kind = COPY_WRAP, .n = WRAP_ROW_ROOT, .column = { PART(root.p, root.n) } });
    if (err == VAULT_OK)
        err = secret_new(&home, sizeof(struct pack));
    for (uint32_t n = 1; err == VAULT_OK && n <= r->index.n; n += index_pack_size(&r->index, n))
        err = copy_pack(r, to, keys, n, (struct pack *)(void *)secret_edit(home), what);
    secret_free(home);
    buf_free(&root);
    return err;
}

vault_err
session_copy_rows(struct recs *r, const struct copy_to *to, const struct seal_keys *keys, enum copy_what what)
{
    vault_err err = copy_log(r->db, to);

    if (err == VAULT_OK)
        err = copy_pairs(r->db, to);
    for (int k = COPY_OPEN_BLOB; err == VAULT_OK && k < COPY_WRAP; k++)
        if (what == COPY_ALL || k == COPY_OPEN_BLOB || k == COPY_OPEN_CHUNK)
            err = copy_table(r->db, to, (enum copy_kind)k);
    return err != VAULT_OK ? err : copy_wraps(r, to, keys, what);
}

/* ---- into a database ---- */

vault_err
copy_row_store(struct db *db, const struct copy_row *row)
{
    switch (row->kind) {
    case COPY_LOG:
        return db_put_log(db, &(struct db_log_row){ .n = row->n, .entry = row->column[0], .sigs = row->column[1],
            .detail = row->column[2] });
    case COPY_PAIR:
        return db_put_pair(db, &(struct db_pair_row){ .n = row->n, .log = (int64_t)get_u64(row->column[0].p), .ids = row->column[1],
            .tags = row->column[2] });
    default:
        return db_put(db, TABLE_OF[row->kind], row->n, row->column[0]);
    }
}

static vault_err
store(void *ctx, const struct copy_row *row)
{
    return copy_row_store(ctx, row);
}

vault_err
session_copy(struct recs *r, struct db *to, const struct seal_keys *keys, enum copy_what what)
{
    return session_copy_rows(r, &(struct copy_to){ store, to }, keys, what);
}
