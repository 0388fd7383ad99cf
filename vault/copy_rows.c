/* copy_rows.c - see copy_rows.h. A row is kind (1 byte) | number (8) | the length of each column (4) | the columns. */
#include "vault/copy_rows.h"

#include <string.h>

#define HEAD_BYTES (32u + HPKE_PK_BYTES)
#define ROW_HEAD_BYTES 9u

static vault_err
damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, "ask for it again", "this file is damaged: %s", what);
}

/* ---- the head ---- */

vault_err
copy_head_put(struct frames_out *f, const struct copy_head *h)
{
    return frames_put(f, FRAME_COPY_KEY, PART(secret_bytes(h->key), 32), PART(h->recipient, sizeof h->recipient));
}

vault_err
copy_head_read(struct copy_head *out, struct part p)
{
    vault_err err = p.n == HEAD_BYTES ? secret_copy(&out->key, p.p, 32) : damaged("it begins in a wrong form");

    if (err == VAULT_OK)
        memcpy(out->recipient, (const uint8_t *)p.p + 32, sizeof out->recipient);
    return err;
}

/* ---- rows ---- */

static size_t
columns_of(enum copy_kind kind)
{
    return kind == COPY_LOG || kind == COPY_PAIR ? COPY_COLUMNS : 1;
}

vault_err
copy_row_put(struct frames_out *f, const struct copy_row *row)
{
    struct buf head = BUF_INIT, rest = BUF_INIT;
    size_t n = columns_of(row->kind);
    vault_err err;

    buf_u8(&head, (uint8_t)row->kind);
    buf_u64(&head, (uint64_t)row->n);
    buf_u32(&head, (uint32_t)row->column[0].n);
    for (size_t i = 1; i < n; i++)
        buf_u32(&head, (uint32_t)row->column[i].n);
    /* One column goes as it lies; of several the rest is put together. */
    if (n > 1)
        for (size_t i = 0; i < n; i++)
            buf_put(&rest, row->column[i].p, row->column[i].n);
    err = buf_ok(&head);
    if (err == VAULT_OK)
        err = buf_ok(&rest);
    if (err == VAULT_OK)
        err = frames_put(f, FRAME_COPY_ROW, PART(head.p, head.n), n == 1 ? row->column[0] : PART(rest.p, rest.n));
    buf_free(&head);
    buf_free(&rest);
    return err;
}

/* Kinds in their order, numbers ascending within each. */
static bool
follows(const struct copy_row *row, const struct copy_row *before)
{
    return row->kind > before->kind || (row->kind == before->kind && row->n > before->n);
}

vault_err
copy_row_read(struct copy_row *out, const struct copy_row *before, struct part p)
{
    struct rd r = rd_of(p.p, p.n);
    uint32_t length[COPY_COLUMNS] = { 0 };
    size_t n;

    memset(out, 0, sizeof *out);
    out->kind = (enum copy_kind)rd_u8(&r);
    out->n = (int64_t)rd_u64(&r);
    if (r.bad || out->kind < COPY_LOG || out->kind > COPY_WRAP || !follows(out, before))
        return damaged("a row stands where it does not belong");
    n = columns_of(out->kind);
    for (size_t i = 0; i < n; i++)
        length[i] = rd_u32(&r);
    for (size_t i = 0; i < n; i++) {
        if (length[i] > FRAME_COLUMN_MAX)
            r.bad = true;
        out->column[i] = PART(rd_take(&r, length[i]), length[i]);
    }
    if (!rd_end(&r) || (out->kind == COPY_PAIR && out->column[0].n != 8))
        return damaged("a row has a wrong form");
    return VAULT_OK;
}
