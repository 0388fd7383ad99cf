/*
 * copy.c - a database under new keys: what rekey and travel put into records.db.new.
 *
 * Blobs, pairs and entries go over as they are: they are sealed under keys of their own, or public. Only
 * the narrow table of wrapped keys is opened and sealed again.
 */
#include "vault/session.h"

#include <sodium.h>
#include <string.h>

/* ---- rows that go over as they are ---- */

static vault_err
copy_table(struct db *from, struct db *to, enum db_table t)
{
    struct db_cursor *c = NULL;
    struct part blob;
    int64_t n;
    bool got = true;
    vault_err err = db_scan(from, t, INT64_MIN, &c);

    while (err == VAULT_OK) {
        err = db_next(c, &n, &blob, &got);
        if (err != VAULT_OK || !got)
            break;
        err = db_put(to, t, n, blob);
    }
    db_scan_end(c);
    return err;
}

static vault_err
copy_log(struct db *from, struct db *to)
{
    struct db_cursor *c = NULL;
    struct db_log_row row;
    bool got = true;
    vault_err err = db_scan_log(from, INT64_MIN, &c);

    while (err == VAULT_OK) {
        err = db_next_log(c, &row, &got);
        if (err != VAULT_OK || !got)
            break;
        err = db_put_log(to, &row);
    }
    db_scan_end(c);
    return err;
}

static vault_err
copy_pairs(struct db *from, struct db *to)
{
    struct db_cursor *c = NULL;
    struct db_pair_row row;
    bool got = true;
    vault_err err = db_scan_pair(from, INT64_MIN, &c);

    while (err == VAULT_OK) {
        err = db_next_pair(c, &row, &got);
        if (err != VAULT_OK || !got)
            break;
        err = db_put_pair(to, &row);
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
copy_pack(struct recs *r, struct db *to, const struct seal_keys *keys, uint32_t first,
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
        err = db_put(to, DB_WRAP, first, PART(box.p, box.n));
    buf_free(&box);
    return err;
}

static vault_err
copy_wraps(struct recs *r, struct db *to, const struct seal_keys *keys, enum copy_what what)
{
    struct secret *home = NULL;
    struct buf root = BUF_INIT;
    vault_err err;

    err = root_seal(&root, keys, r->log_key, r->tag_key);
    if (err == VAULT_OK)
        err = db_put(to, DB_WRAP, WRAP_ROW_ROOT, PART(root.p, root.n));
    if (err == VAULT_OK)
        err = secret_new(&home, sizeof(struct pack));
    for (uint32_t n = 1; err == VAULT_OK && n <= r->index.n; n += index_pack_size(&r->index, n))
        err = copy_pack(r, to, keys, n, (struct pack *)(void *)secret_edit(home), what);
    secret_free(home);
    buf_free(&root);
    return err;
}

vault_err
session_copy(struct recs *r, struct db *to, const struct seal_keys *keys, enum copy_what what)
{
    vault_err err;

    err = copy_log(r->db, to);
    if (err == VAULT_OK)
        err = copy_pairs(r->db, to);
    if (err == VAULT_OK)
        err = copy_table(r->db, to, DB_OPEN_BLOB);
    if (err == VAULT_OK && what == COPY_ALL)
        err = copy_table(r->db, to, DB_WITHHELD_BLOB);
    if (err == VAULT_OK && what == COPY_ALL)
        err = copy_table(r->db, to, DB_INTAKE);
    if (err == VAULT_OK)
        err = copy_table(r->db, to, DB_OPEN_CHUNK);
    if (err == VAULT_OK && what == COPY_ALL)
        err = copy_table(r->db, to, DB_WITHHELD_CHUNK);
    return err != VAULT_OK ? err : copy_wraps(r, to, keys, what);
}
