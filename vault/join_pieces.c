/* join_pieces.c - pieces of attachments that come home; see join.h. */
#include "vault/join.h"

#include <stdlib.h>
#include <string.h>
#include "vault/attachments.h"
#include "vault/base/cbor.h"
#include "vault/record/value.h"

/* One piece that is not here. Their numbers are drawn, so they keep them; where one is taken,
 * it is by the same piece. */
static vault_err
copy_chunk(struct joining *j, enum db_table t, int64_t n)
{
    struct buf data = BUF_INIT;
    vault_err err = db_get(j->v->db, t, n, &data);

    if (err == VAULT_ERR_NOT_FOUND) {
        err = db_get(j->other->db, t, n, &data);
        if (err == VAULT_OK)
            err = db_put(j->v->db, t, n, PART(data.p, data.n));
        else if (err == VAULT_ERR_NOT_FOUND)
            err = VAULT_OK;     /* check tells it */
    }
    buf_free(&data);
    return err;
}

/* Those that revision n of the other copy names: what was purged here and nobody carried on
 * does not come back. */
static vault_err
copy_files_of(struct joining *j, uint32_t n, struct revision *rev)
{
    struct file_rows rows;
    vault_err err = recs_load(&j->other->recs, n, rev);

    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        if (!l->here || l->file_key == NULL || !value_is_file(l->value))
            continue;
        err = file_rows_of(&rows, l);
        for (uint64_t k = 0; err == VAULT_OK && k < rows.pieces; k++)
            err = copy_chunk(j, rows.table, rows.first + (int64_t)k);
    }
    return err;
}

static vault_err
copy_open_files(struct joining *j)
{
    const struct index *ix = &j->other->recs.index;
    struct revision rev;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n++)
        if (join_is_fresh(j, n) && !index_is_system(&ix->pair[n]) && !join_is_purged(j, ix->pair[n].record))
            err = copy_files_of(j, n, &rev);
    revision_free(&rev);
    return err;
}

/* ---- pieces that were purged here ---- */

/* "first+pieces" */
static bool
read_range(struct part text, struct piece_range *out)
{
    char s[48], *end = s;

    if (text.n >= sizeof s)
        return false;
    memcpy(s, text.p, text.n);
    s[text.n] = '\0';
    out->first = strtoll(s, &end, 10);
    if (*end != '+')
        return false;
    out->pieces = strtoull(end + 1, &end, 10);
    return *end == '\0';
}

static vault_err
add_range(struct joining *j, struct part text)
{
    struct piece_range *p = reallocarray(j->purged, j->n_purged + 1, sizeof *p);

    if (p == NULL)
        return err_nomem();
    j->purged = p;
    j->n_purged += read_range(text, &p[j->n_purged]);
    return VAULT_OK;
}

static vault_err
read_purge(struct joining *j, struct part detail)
{
    struct rd r = rd_of(detail.p, detail.n);
    vault_err err = VAULT_OK;

    for (size_t n = cbor_get_map(&r, SIZE_MAX); err == VAULT_OK && n > 0 && !r.bad; n--) {
        struct part key = cbor_get_text(&r, SIZE_MAX);
        if (key.n != strlen(PURGED_PIECES) || memcmp(key.p, PURGED_PIECES, key.n) != 0) {
            (void)cbor_get_item(&r);
            continue;
        }
        for (size_t k = cbor_get_array(&r, SIZE_MAX); err == VAULT_OK && k > 0 && !r.bad; k--)
            err = add_range(j, cbor_get_text(&r, SIZE_MAX));
    }
    return err;
}

/* What purges of ours deleted: the log says it, since nothing else does any more. */
static vault_err
find_purged(struct joining *j)
{
    struct buf detail = BUF_INIT;
    struct db_cursor *c = NULL;
    struct db_log_row row;
    struct log_entry e;
    bool got = true;
    vault_err err = db_scan_log(j->v->db, 1, &c);

    while (err == VAULT_OK) {
        err = db_next_log(c, &row, &got);
        if (err != VAULT_OK || !got)
            break;
        err = entry_decode(&e, row.entry);
        if (err != VAULT_OK || strcmp(e.action, "purge") != 0)
            continue;
        buf_reset(&detail);
        err = session_open_detail(j->v, &e, row.detail, &detail);
        if (err == VAULT_OK)
            err = read_purge(j, PART(detail.p, detail.n));
    }
    db_scan_end(c);
    buf_free(&detail);
    return err;
}

static bool
was_purged(const struct joining *j, int64_t n)
{
    for (size_t i = 0; i < j->n_purged; i++)
        if (n >= j->purged[i].first && (uint64_t)(n - j->purged[i].first) < j->purged[i].pieces)
            return true;
    return false;
}

/* Whose pieces these are cannot be told without a keeper: all that the other copy has come along, but those that were
 * purged here. */
static vault_err
copy_withheld(struct joining *j)
{
    struct db_cursor *c = NULL;
    struct buf here = BUF_INIT;
    struct part data;
    int64_t n = 0;
    bool got = true;
    vault_err err = db_scan(j->other->db, DB_WITHHELD_CHUNK, INT64_MIN, &c);

    while (err == VAULT_OK) {
        err = db_next(c, &n, &data, &got);
        if (err != VAULT_OK || !got)
            break;
        if (was_purged(j, n))
            continue;
        err = db_get(j->v->db, DB_WITHHELD_CHUNK, n, &here);
        if (err == VAULT_ERR_NOT_FOUND)
            err = db_put(j->v->db, DB_WITHHELD_CHUNK, n, data);
    }
    db_scan_end(c);
    buf_free(&here);
    return err;
}

vault_err
join_pieces(struct joining *j)
{
    vault_err err = copy_open_files(j);

    if (err == VAULT_OK)
        err = find_purged(j);
    return err == VAULT_OK ? copy_withheld(j) : err;
}
