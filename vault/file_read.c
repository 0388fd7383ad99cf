/*
 * file_read.c - the content of an attachment, read and verified: file_read_leaf, for extract.c and check_deep.c.
 *
 * One thread reads the database, the calling one decrypts, hashes and hands on.
 */
#include "vault/attachments.h"

#include <sodium.h>
#include <string.h>
#include "vault/base/relay.h"
#include "vault/base/sha256.h"

struct reading {
    const struct leaf *l;
    struct file_rows rows;
    uint64_t size;
    file_take_fn *take;
    void *ctx;
    /* the thread that reads */
    struct db_cursor *cursor;
    uint64_t read;
    /* the calling thread */
    struct secret *plain;
    struct sha256 *hash;
    uint64_t taken, done;       /* pieces, bytes */
};

static vault_err
damaged(void)
{
    return err_say(VAULT_ERR_DAMAGED, "go back to a backup that has it whole",
        "the content of the attachment is damaged, or a part of it is missing");
}

static vault_err
read_piece(void *ctx, struct buf *piece, bool *end)
{
    struct reading *r = ctx;
    struct part data;
    int64_t n = 0;
    bool got = false;
    vault_err err;

    *end = r->read == r->rows.pieces;
    if (*end)
        return VAULT_OK;
    err = db_next(r->cursor, &n, &data, &got);
    if (err != VAULT_OK)
        return err == VAULT_ERR_DAMAGED ? damaged() : err;
    if (!got || n != r->rows.first + (int64_t)r->read ||
        data.n != file_piece_size(r->rows.kept, r->read) + FILE_TAG)
        return damaged();
    r->read++;
    buf_put(piece, data.p, data.n);
    return buf_ok(piece);
}

static vault_err
take_piece(void *ctx, struct buf *piece)
{
    struct reading *r = ctx;
    uint8_t *plain = secret_edit(r->plain);
    size_t n = piece->n - FILE_TAG, real = r->size - r->done < n ? (size_t)(r->size - r->done) : n;
    vault_err err;

    if (file_open_piece(plain, &(struct file_piece){ r->l->file_key, r->taken,
            r->taken + 1 == r->rows.pieces }, piece->p, piece->n) != 0)
        return damaged();
    if (real < n && !sodium_is_zero(plain + real, n - real))
        return damaged();       /* padding that says something */
    r->taken++;
    r->done += real;
    err = sha256_add(r->hash, plain, real);
    return err != VAULT_OK || r->take == NULL ? err : r->take(r->ctx, plain, real);
}

static vault_err
compare_hash(struct reading *r, const uint8_t want[static SHA256_BYTES])
{
    uint8_t sha256[SHA256_BYTES];
    vault_err err = sha256_end(r->hash, sha256);

    return err == VAULT_OK && memcmp(sha256, want, sizeof sha256) != 0 ? damaged() : err;
}

vault_err
file_read_leaf(struct db *db, const struct leaf *l, file_take_fn *take, void *ctx)
{
    struct reading r = { .l = l, .take = take, .ctx = ctx };
    const struct relay relay = { .make = read_piece, .take = take_piece, .ctx = &r };
    struct value_view view;
    vault_err err = value_read(&view, l->value);

    if (err == VAULT_OK)
        err = file_rows_of(&r.rows, l);
    if (err == VAULT_OK)
        err = secret_new(&r.plain, FILE_CHUNK);
    if (err == VAULT_OK)
        err = sha256_new(&r.hash);
    if (err == VAULT_OK) {
        r.size = view.file.size;
        err = db_scan(db, r.rows.table, r.rows.first, &r.cursor);
    }
    if (err == VAULT_OK)
        err = relay_run(&relay);
    if (err == VAULT_OK)
        err = compare_hash(&r, view.file.sha256);
    db_scan_end(r.cursor);
    sha256_free(r.hash);
    secret_free(r.plain);
    return err;
}
