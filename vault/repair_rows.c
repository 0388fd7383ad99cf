/* repair_rows.c - rows of a damaged database into a new one; see repair.h. */
#include "vault/repair.h"

static vault_err
put_blob(struct db *db, enum db_table t, const struct salvaged_row *row)
{
    struct buf there = BUF_INIT;
    vault_err err = db_get(db, t, row->n, &there);

    /* The same number twice: whoever has the key of the database did that. The first counts, and is verified. */
    if (err == VAULT_ERR_NOT_FOUND)
        err = db_put(db, t, row->n, row->blob);
    buf_free(&there);
    return err;
}

/* A chunk is put where it may belong; what no attachment names is taken out at the end. Other rows that could be of several
 * tables are not saved: two pages of the upper levels must be hit for that. */
static vault_err
put_unsure(struct db *db, const struct salvaged_row *row)
{
    vault_err err = VAULT_OK;

    for (int t = DB_OPEN_CHUNK; err == VAULT_OK && t <= DB_WITHHELD_CHUNK; t++)
        if ((row->may_be & 1u << t) != 0)
            err = put_blob(db, (enum db_table)t, row);
    return err;
}

static vault_err
put_row(void *ctx, const struct salvaged_row *row)
{
    struct db *db = ctx;

    switch (row->table) {
    case SALVAGE_LOG:
        return db_put_log(db, &row->log);
    case SALVAGE_PAIR:
        return db_put_pair(db, &row->pair);
    case SALVAGE_UNSURE:
        return put_unsure(db, row);
    default:
        return put_blob(db, (enum db_table)row->table, row);
    }
}

vault_err
repair_take_rows(struct repairing *r)
{
    struct vault *v = r->v;
    struct secret *key = NULL;
    vault_err err = tree_db_key(&key, &v->tree, v->kf.db_salt);

    if (err == VAULT_OK)
        err = db_open(&v->db, v->db_path, key, DB_CREATE);
    if (err == VAULT_OK)
        err = db_begin(v->db);
    if (err == VAULT_OK)
        err = salvage_rows(r->from, DB_NAME, key, put_row, v->db, &r->pages);
    if (err == VAULT_OK)
        err = db_commit(v->db);
    secret_free(key);
    return err;
}
