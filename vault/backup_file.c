/* backup_file.c - writing and reading the file of a backup; see backup.h. */
#include "vault/backup.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/cbor.h"
#include "vault/base/piece.h"

#define SEALED (BACKUP_PIECE + PIECE_EXTRA)

/* ---- header ---- */

#define MAGIC_BYTES 16
#define AT_ID 24
#define AT_BASE 40
#define AT_NONCE 56
#define AT_ZERO 88
#define AT_KEYS 96
#define AT_CHECKSUM (AT_KEYS + KEYFILE_BYTES)
#define VERSION 1u

_Static_assert(AT_CHECKSUM + 32 == BACKUP_HEADER_BYTES, "the checksum is last");

static const char magic[MAGIC_BYTES + 1] = "withheld-back\r\n\x1a";

static const char HINT[] = "copy it again from where it was made, or take another backup";

bool
backup_is_full(const struct backup_header *h)
{
    return sodium_is_zero(h->base, sizeof h->base);
}

/* Without the magic, so that one changed byte is told as damage wherever it is. */
static void
checksum(uint8_t out[static 32], const uint8_t bytes[static BACKUP_HEADER_BYTES])
{
    (void)crypto_generichash_blake2b(out, 32, bytes + MAGIC_BYTES, AT_CHECKSUM - MAGIC_BYTES, NULL,
        0);
}

void
backup_header_encode(uint8_t out[static BACKUP_HEADER_BYTES], const struct backup_header *h)
{
    memset(out, 0, BACKUP_HEADER_BYTES);
    memcpy(out, magic, MAGIC_BYTES);
    put_u32(out + MAGIC_BYTES, VERSION);
    memcpy(out + AT_ID, h->id, sizeof h->id);
    memcpy(out + AT_BASE, h->base, sizeof h->base);
    memcpy(out + AT_NONCE, h->nonce, sizeof h->nonce);
    memcpy(out + AT_KEYS, h->keys, sizeof h->keys);
    checksum(out + AT_CHECKSUM, out);
}

static vault_err
judge(const uint8_t *p, size_t n, const char *name)
{
    bool named = memcmp(p, magic, n < MAGIC_BYTES ? n : MAGIC_BYTES) == 0, sound = false;
    uint8_t sum[32];

    if (n == BACKUP_HEADER_BYTES) {
        checksum(sum, p);
        sound = memcmp(sum, p + AT_CHECKSUM, sizeof sum) == 0;
    }
    if (!named && !sound)
        return err_say(VAULT_ERR_INPUT, "a backup is a file made by 'withheld backup'",
            "%s is not a backup", name);
    if (n != BACKUP_HEADER_BYTES)
        return err_say(VAULT_ERR_DAMAGED, HINT, "%s is cut short", name);
    if (!sound || !named)
        return err_say(VAULT_ERR_DAMAGED, HINT, "%s is damaged at its beginning", name);
    return VAULT_OK;
}

vault_err
backup_header_decode(struct backup_header *out, const uint8_t *bytes, size_t n, const char *name)
{
    vault_err err = judge(bytes, n, name);
    uint32_t version;

    if (err != VAULT_OK)
        return err;
    version = get_u32(bytes + MAGIC_BYTES);
    if (version > VERSION)
        return err_say(VAULT_ERR_FAILED, "restore it with a newer version of withheld",
            "%s is a backup of format %lu, and this program knows only format %lu", name,
            (unsigned long)version, (unsigned long)VERSION);
    if (version != VERSION || get_u32(bytes + MAGIC_BYTES + 4) != 0 ||
        !sodium_is_zero(bytes + AT_ZERO, AT_KEYS - AT_ZERO))
        return err_say(VAULT_ERR_DAMAGED, HINT, "%s breaks a rule of its format", name);
    memcpy(out->id, bytes + AT_ID, sizeof out->id);
    memcpy(out->base, bytes + AT_BASE, sizeof out->base);
    memcpy(out->nonce, bytes + AT_NONCE, sizeof out->nonce);
    memcpy(out->keys, bytes + AT_KEYS, sizeof out->keys);
    return VAULT_OK;
}

/* The key of this one file: whatever of the header is changed, nothing opens. */
static vault_err
stream_key(struct secret **out, const struct secret *k_backup,
    const uint8_t header[static BACKUP_HEADER_BYTES])
{
    const struct part all = PART(header, AT_CHECKSUM);
    vault_err err = secret_new(out, 32);

    if (err == VAULT_OK)
        mac_parts(secret_edit(*out), secret_bytes(k_backup), "withheld:backup:1", &all, 1);
    return err;
}

vault_err
backup_tell(struct backup_progress *p, uint64_t bytes)
{
    if (p == NULL || p->fn == NULL)
        return VAULT_OK;
    p->done += bytes;
    if (p->fn(p->ctx, p->done, p->total > p->done ? p->total : p->total == 0 ? 0 : p->done) == 0)
        return VAULT_OK;
    return err_say(VAULT_ERR_INTERRUPTED, NULL, "interrupted; nothing is left of it");
}

/* ---- shape of the rows ---- */

static const unsigned COLUMNS[BACKUP_END + 1] = { 0, 1, 1, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1 };
static const char *const TABLE[BACKUP_END + 1] = { "", "its state", "chunks", "chunks", "log", "pair",
    "open", "withheld", "wrap", "intake", "open_chunk", "withheld_chunk", "its end" };

#define HEAD_BYTES 9        /* kind | n */

static void
put_state(struct buf *b, const struct backup_state *s)
{
    cbor_array(b, 5);
    cbor_uint(b, s->number);
    cbor_bytes(b, s->head, sizeof s->head);
    cbor_uint(b, s->log);
    cbor_uint(b, s->revisions);
    cbor_uint(b, s->epoch);
}

static bool
get_state(struct backup_state *s, struct part p)
{
    struct rd r = rd_of(p.p, p.n);

    if (cbor_get_array(&r, 5) != 5)
        return false;
    s->number = cbor_get_uint(&r, UINT64_MAX);
    cbor_get_fixed(&r, s->head, sizeof s->head);
    s->log = cbor_get_uint(&r, UINT32_MAX - 1);
    s->revisions = cbor_get_uint(&r, UINT32_MAX - 1);
    s->epoch = cbor_get_uint(&r, UINT64_MAX);
    return rd_end(&r);
}

static void
put_end(struct buf *b, const uint64_t count[static BACKUP_END], const struct backup_state *s)
{
    cbor_array(b, 3);
    cbor_array(b, BACKUP_END - BACKUP_STATE - 1);
    for (unsigned k = BACKUP_STATE + 1; k < BACKUP_END; k++)
        cbor_uint(b, count[k]);
    cbor_uint(b, s->number);
    cbor_bytes(b, s->head, sizeof s->head);
}

void
backup_state_free(struct backup_state *s)
{
    runs_free(&s->chunks[0]);
    runs_free(&s->chunks[1]);
}

static uint64_t
rows_of(const uint64_t count[static BACKUP_END])
{
    uint64_t n = 0;

    for (unsigned k = BACKUP_LOG; k < BACKUP_END; k++)
        n += count[k];
    return n;
}

/* ---- writing ---- */

struct backup_out {
    struct parts_new *file;
    struct secret *key;
    struct backup_progress *progress;
    const struct backup_state *state;
    uint64_t piece, count[BACKUP_END];
    size_t n;
    uint8_t plain[BACKUP_PIECE], sealed[SEALED];
};

static vault_err
end_piece(struct backup_out *o, bool last)
{
    vault_err err;

    piece_seal(o->sealed, secret_bytes(o->key), o->piece++, last, PART(o->plain, o->n));
    err = parts_write(o->file, o->sealed, o->n + PIECE_EXTRA);
    if (err == VAULT_OK)
        err = backup_tell(o->progress, o->n + PIECE_EXTRA);
    o->n = 0;
    return err;
}

static vault_err
put_bytes(struct backup_out *o, const void *p, size_t n)
{
    const uint8_t *from = p;
    vault_err err = VAULT_OK;

    while (err == VAULT_OK && n > 0) {
        size_t step = n;
        if (o->n == BACKUP_PIECE)
            err = end_piece(o, false);
        if (step > BACKUP_PIECE - o->n)
            step = BACKUP_PIECE - o->n;
        memcpy(o->plain + o->n, from, step);
        o->n += step;
        from += step;
        n -= step;
    }
    return err;
}

vault_err
backup_put(struct backup_out *o, const struct backup_item *it)
{
    uint8_t head[HEAD_BYTES], length[4];
    vault_err err;

    head[0] = (uint8_t)it->kind;
    put_u64(head + 1, (uint64_t)it->n);
    err = put_bytes(o, head, sizeof head);
    for (unsigned i = 0; err == VAULT_OK && i < COLUMNS[it->kind]; i++) {
        if (it->column[i].n > BACKUP_COLUMN_MAX)
            return err_say(VAULT_ERR_DAMAGED, NULL, "a row of table %s is too large to be one",
                TABLE[it->kind]);
        put_u32(length, (uint32_t)it->column[i].n);
        err = put_bytes(o, length, sizeof length);
        if (err == VAULT_OK)
            err = put_bytes(o, it->column[i].p, it->column[i].n);
    }
    if (it->kind < BACKUP_END)
        o->count[it->kind]++;
    return err;
}

static vault_err
put_cbor(struct backup_out *o, enum backup_kind kind, struct buf *b)
{
    vault_err err = buf_ok(b);

    if (err == VAULT_OK)
        err = backup_put(o, &(struct backup_item){ .kind = kind, .column = { PART(b->p, b->n) } });
    buf_free(b);
    return err;
}

static vault_err
put_runs(struct backup_out *o, enum backup_kind kind, const struct runs *r)
{
    uint8_t count[8];
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < r->n; i++) {
        put_u64(count, (uint64_t)r->run[i].count);
        err = backup_put(o, &(struct backup_item){ .kind = kind, .n = r->run[i].first,
            .column = { PART(count, sizeof count) } });
    }
    return err;
}

static vault_err
begin(struct backup_out *o, const struct backup_header *h, const struct secret *k_backup)
{
    uint8_t bytes[BACKUP_HEADER_BYTES];
    struct buf b = BUF_INIT;
    vault_err err;

    backup_header_encode(bytes, h);
    err = stream_key(&o->key, k_backup, bytes);
    if (err == VAULT_OK)
        err = parts_write(o->file, bytes, sizeof bytes);
    if (err == VAULT_OK)
        put_state(&b, o->state);
    if (err == VAULT_OK)
        err = put_cbor(o, BACKUP_STATE, &b);
    if (err == VAULT_OK)
        err = put_runs(o, BACKUP_OPEN_RUN, &o->state->chunks[0]);
    if (err == VAULT_OK)
        err = put_runs(o, BACKUP_WITHHELD_RUN, &o->state->chunks[1]);
    return err;
}

vault_err
backup_out_new(struct backup_out **out, struct parts_new *file, const struct backup_header *h,
    const struct secret *k_backup, const struct backup_state *s, struct backup_progress *progress)
{
    struct backup_out *o = calloc(1, sizeof *o);
    vault_err err;

    if (o == NULL)
        return err_nomem();
    o->file = file;
    o->state = s;
    o->progress = progress;
    err = begin(o, h, k_backup);
    if (err == VAULT_OK)
        *out = o;
    else
        backup_out_free(o);
    return err;
}

vault_err
backup_out_end(struct backup_out *o)
{
    struct buf b = BUF_INIT;
    vault_err err;

    put_end(&b, o->count, o->state);
    err = put_cbor(o, BACKUP_END, &b);
    return err != VAULT_OK ? err : end_piece(o, true);
}

uint64_t
backup_out_rows(const struct backup_out *o)
{
    return rows_of(o->count);
}

void
backup_out_free(struct backup_out *o)
{
    if (o == NULL)
        return;
    secret_free(o->key);
    sodium_memzero(o, sizeof *o);
    free(o);
}

/* ---- reading ---- */

struct backup_in {
    struct parts *file;
    struct secret *key;
    struct backup_progress *progress;
    struct backup_header head;
    uint8_t header[BACKUP_HEADER_BYTES];
    struct backup_state state;
    uint64_t pieces, piece, count[BACKUP_END];
    size_t at, n;                   /* in plain */
    bool peeked, ended;             /* the head of a row was read already */
    unsigned kind;                  /* of the row that was read last */
    int64_t last;
    struct buf row;
    uint8_t plain[SEALED];
};

vault_err
backup_damaged(struct backup_in *in, const char *how)
{
    return err_say(VAULT_ERR_DAMAGED, HINT, "%s is damaged: %s", parts_where(in->file, 0), how);
}

static vault_err
read_header(struct backup_in *in)
{
    uint64_t size = parts_size(in->file);
    size_t n = size < BACKUP_HEADER_BYTES ? (size_t)size : BACKUP_HEADER_BYTES;
    vault_err err = parts_read(in->file, 0, in->header, n);

    if (err == VAULT_OK)
        err = backup_header_decode(&in->head, in->header, n, parts_where(in->file, 0));
    if (err != VAULT_OK)
        return err;
    in->pieces = (size - BACKUP_HEADER_BYTES + SEALED - 1) / SEALED;
    if ((size - BACKUP_HEADER_BYTES) % SEALED != 0 &&
        (size - BACKUP_HEADER_BYTES) % SEALED <= PIECE_EXTRA)
        in->pieces = 0;         /* too short for its last piece */
    if (in->pieces == 0)
        err = err_say(VAULT_ERR_DAMAGED, HINT, "%s is cut short",
            parts_where(in->file, size == 0 ? 0 : size - 1));
    return err;
}

vault_err
backup_in_new(struct backup_in **out, struct parts *file)
{
    struct backup_in *in = calloc(1, sizeof *in);
    vault_err err;

    if (in == NULL) {
        parts_close(file);
        return err_nomem();
    }
    in->file = file;
    err = read_header(in);
    if (err == VAULT_OK)
        *out = in;
    else
        backup_in_free(in);
    return err;
}

void
backup_in_free(struct backup_in *in)
{
    if (in == NULL)
        return;
    parts_close(in->file);
    secret_free(in->key);
    backup_state_free(&in->state);
    buf_free(&in->row);
    sodium_memzero(in, sizeof *in);
    free(in);
}

const struct backup_header *
backup_in_header(const struct backup_in *in)
{
    return &in->head;
}

vault_err
backup_in_keys(struct backup_in *in, struct keyfile *out)
{
    vault_err err = keyfile_decode(out, in->head.keys, sizeof in->head.keys);

    return err == VAULT_OK || err == VAULT_ERR_FAILED ? err :
        backup_damaged(in, "the key file in it breaks a rule");
}

struct parts *
backup_in_file(const struct backup_in *in)
{
    return in->file;
}

const struct backup_state *
backup_in_state(const struct backup_in *in)
{
    return &in->state;
}

uint64_t
backup_in_rows(const struct backup_in *in)
{
    return rows_of(in->count);
}

/* Where the last piece does not open, most likely the end is missing; say of what. */
static vault_err
bad_piece(struct backup_in *in, uint64_t i, uint64_t from)
{
    uint64_t size = parts_size(in->file);

    if (i + 1 < in->pieces)
        return err_say(VAULT_ERR_DAMAGED, HINT, "%s is damaged (at byte %" PRIu64 " of the whole)",
            parts_where(in->file, from), from);
    if (parts_may_go_on(in->file))
        return err_say(VAULT_ERR_DAMAGED, "put all parts into one folder",
            "%s is missing, or the parts before it are damaged", parts_where(in->file, size));
    return err_say(VAULT_ERR_DAMAGED, HINT, "%s is cut short or damaged at its end",
        parts_where(in->file, size - 1));
}

/* Piece i into plain. */
static vault_err
open_piece(struct backup_in *in, uint64_t i, size_t *n)
{
    uint64_t from = BACKUP_HEADER_BYTES + i * SEALED, left = parts_size(in->file) - from;
    size_t sealed = left < SEALED ? (size_t)left : SEALED;
    vault_err err = parts_read(in->file, from, in->plain, sealed);

    if (err != VAULT_OK)
        return err;
    if (piece_open(in->plain, secret_bytes(in->key), i, i + 1 == in->pieces,
            PART(in->plain, sealed)) != 0)
        return bad_piece(in, i, from);
    *n = sealed - PIECE_EXTRA;
    return VAULT_OK;
}

static vault_err
next_piece(struct backup_in *in)
{
    vault_err err;

    if (in->piece == in->pieces)
        return backup_damaged(in, "it ends within a row");
    in->at = in->n = 0;
    err = open_piece(in, in->piece, &in->n);
    if (err != VAULT_OK)
        return err;
    in->piece++;
    return backup_tell(in->progress, in->n + PIECE_EXTRA);
}

static vault_err
get_bytes(struct backup_in *in, void *out, size_t n)
{
    uint8_t *to = out;
    vault_err err = VAULT_OK;

    while (err == VAULT_OK && n > 0) {
        size_t step = n < in->n - in->at ? n : in->n - in->at;
        if (step == 0) {
            err = next_piece(in);
            continue;
        }
        memcpy(to, in->plain + in->at, step);
        in->at += step;
        to += step;
        n -= step;
    }
    return err;
}

/* Kinds ascend, and numbers within a kind. */
static bool
in_order(const struct backup_in *in, unsigned kind, int64_t n)
{
    if (in->kind == 0)
        return kind == BACKUP_STATE && n == 0;
    if (kind <= BACKUP_STATE || kind > BACKUP_END || kind < in->kind)
        return false;
    if (kind == BACKUP_END)
        return n == 0;
    return kind > in->kind || n > in->last;
}

/* Kind and number of the next row, judged. */
static vault_err
get_head(struct backup_in *in)
{
    uint8_t head[HEAD_BYTES];
    uint64_t n;
    vault_err err;

    if (in->peeked)
        return VAULT_OK;
    err = get_bytes(in, head, sizeof head);
    if (err != VAULT_OK)
        return err;
    n = get_u64(head + 1);
    if (n > INT64_MAX || !in_order(in, head[0], (int64_t)n))
        return backup_damaged(in, "its rows are not in their order");
    in->kind = head[0];
    in->last = (int64_t)n;
    in->peeked = true;
    return VAULT_OK;
}

/* Lengths are compared before there is room for them. */
static vault_err
get_columns(struct backup_in *in, struct backup_item *it)
{
    size_t at[BACKUP_COLUMNS], n[BACKUP_COLUMNS];
    uint8_t length[4];
    vault_err err = VAULT_OK;

    in->peeked = false;
    buf_reset(&in->row);
    for (unsigned i = 0; err == VAULT_OK && i < COLUMNS[in->kind]; i++) {
        uint8_t *to;
        err = get_bytes(in, length, sizeof length);
        n[i] = err == VAULT_OK ? get_u32(length) : 0;
        at[i] = in->row.n;
        if (err == VAULT_OK && n[i] > BACKUP_COLUMN_MAX)
            err = backup_damaged(in, "a row is too large to be one");
        if (err != VAULT_OK)
            return err;
        to = buf_add(&in->row, n[i]);
        err = to == NULL ? err_nomem() : get_bytes(in, to, n[i]);
    }
    if (err != VAULT_OK)
        return err;
    it->kind = (enum backup_kind)in->kind;
    it->n = in->last;
    for (unsigned i = 0; i < COLUMNS[in->kind]; i++)
        it->column[i] = PART(in->row.p + at[i], n[i]);
    if (in->kind < BACKUP_END)
        in->count[in->kind]++;
    return VAULT_OK;
}

static vault_err
get_runs(struct backup_in *in)
{
    struct backup_item it;
    vault_err err = get_head(in);

    while (err == VAULT_OK && (in->kind == BACKUP_OPEN_RUN || in->kind == BACKUP_WITHHELD_RUN)) {
        err = get_columns(in, &it);
        if (err == VAULT_OK && (it.column[0].n != 8 || get_u64(it.column[0].p) > INT64_MAX))
            err = backup_damaged(in, "its list of chunks breaks a rule");
        if (err == VAULT_OK)
            err = runs_add(&in->state.chunks[it.kind - BACKUP_OPEN_RUN], it.n,
                (int64_t)get_u64(it.column[0].p));
        if (err == VAULT_OK)
            err = get_head(in);
    }
    return err;
}

vault_err
backup_in_start(struct backup_in *in, const struct secret *k_backup,
    struct backup_progress *progress)
{
    struct backup_item it;
    vault_err err = stream_key(&in->key, k_backup, in->header);

    in->progress = progress;
    if (err == VAULT_OK)
        err = get_head(in);
    if (err == VAULT_OK)
        err = get_columns(in, &it);
    if (err == VAULT_OK && !get_state(&in->state, it.column[0]))
        err = backup_damaged(in, "its state breaks a rule");
    return err != VAULT_OK ? err : get_runs(in);
}

vault_err
backup_in_ends(struct backup_in *in)
{
    uint64_t piece = in->pieces - 1;
    size_t n;
    vault_err err = open_piece(in, piece, &n);

    in->at = in->n = 0;             /* what lay there is gone: only to be closed now */
    in->piece = in->pieces;
    in->ended = true;
    return err;
}

static vault_err
judge_end(struct backup_in *in, const struct backup_item *it)
{
    struct buf want = BUF_INIT;
    bool same;
    vault_err err;

    put_end(&want, in->count, &in->state);
    err = buf_ok(&want);
    same = err == VAULT_OK && want.n == it->column[0].n &&
        memcmp(want.p, it->column[0].p, want.n) == 0;
    buf_free(&want);
    if (err == VAULT_OK && !same)
        err = backup_damaged(in, "it does not hold what its end says");
    if (err == VAULT_OK && (in->at != in->n || in->piece != in->pieces))
        err = backup_damaged(in, "something follows its end");
    return err;
}

vault_err
backup_next(struct backup_in *in, struct backup_item *it, bool *got)
{
    vault_err err;

    *got = false;
    if (in->ended)
        return VAULT_OK;
    err = get_head(in);
    if (err == VAULT_OK)
        err = get_columns(in, it);
    if (err != VAULT_OK)
        return err;
    if (it->kind != BACKUP_END) {
        *got = true;
        return VAULT_OK;
    }
    in->ended = true;
    return judge_end(in, it);
}
