/* frames.c - see frames.h. A frame is kind (1 byte) | length (4 bytes) | so many bytes. */
#include "vault/handoff/frames.h"

#include <string.h>

#define MAGIC "withheld-handoff"
#define MAGIC_BYTES 16u
#define HEAD_BYTES 5u
#define FLUSH_AT ((size_t)256 << 10)
#define PIECES_AT_ONCE 8u

size_t
frame_max(enum frame_kind kind)
{
    static const size_t most[] = { [FRAME_TYPE] = (size_t)1 << 20, [FRAME_EVIDENCE] = FRAME_EVIDENCE_MAX + 4,
        [FRAME_REVISION] = (size_t)33 << 20, [FRAME_TOMBSTONE] = (size_t)2 << 20, [FRAME_FILE] = 64, [FRAME_PIECE] = FRAME_PIECE_MAX,
        [FRAME_MANIFEST] = (size_t)64 << 20, [FRAME_SIGNATURES] = 128,
        [FRAME_COPY_KEY] = 2048, [FRAME_COPY_ROW] = 3 * FRAME_COLUMN_MAX + 64 };

    return (size_t)kind < sizeof most / sizeof most[0] ? most[kind] : 0;
}

/* ---- writing ---- */

static vault_err
write_out(struct frames_out *f)
{
    vault_err err = parts_write(f->to, f->out.p, f->out.n);

    crypto_generichash_blake2b_update(&f->file, f->out.p, f->out.n);
    f->written += f->out.n;
    buf_reset(&f->out);
    if (err == VAULT_OK && f->progress != NULL && f->progress(f->progress_ctx, f->written, 0) != 0)
        err = err_say(VAULT_ERR_INTERRUPTED, NULL, "interrupted");
    return err;
}

static vault_err
put_bytes(struct frames_out *f, const void *p, size_t n)
{
    vault_err err;

    if (n == 0)
        return VAULT_OK;
    err = age_seal_add(f->seal, &f->out, p, n);
    crypto_generichash_blake2b_update(&f->hash, p, n);
    f->length += n;
    return err == VAULT_OK && f->out.n >= FLUSH_AT ? write_out(f) : err;
}

vault_err
frames_create(struct frames_out *f, const char *path, uint64_t each, const struct age_to *to)
{
    vault_err err;

    crypto_generichash_blake2b_init(&f->hash, NULL, 0, 32);
    crypto_generichash_blake2b_init(&f->file, NULL, 0, 32);
    err = age_seal_new(&f->seal, &f->out, to);
    if (err == VAULT_OK)
        err = parts_create(&f->to, path, each);
    return err == VAULT_OK ? put_bytes(f, MAGIC, MAGIC_BYTES) : err;
}

vault_err
frames_put(struct frames_out *f, enum frame_kind kind, struct part a, struct part b)
{
    uint8_t head[HEAD_BYTES] = { (uint8_t)kind };
    vault_err err;

    if (a.n > frame_max(kind) || b.n > frame_max(kind) - a.n)
        return err_say(VAULT_ERR_INPUT, NULL, "one record is too large for a bundle");
    put_u32(head + 1, (uint32_t)(a.n + b.n));
    err = put_bytes(f, head, sizeof head);
    if (err == VAULT_OK)
        err = put_bytes(f, a.p, a.n);
    return err == VAULT_OK ? put_bytes(f, b.p, b.n) : err;
}

static void
sum(const crypto_generichash_blake2b_state *hash, uint8_t out[static 32])
{
    crypto_generichash_blake2b_state copy = *hash;

    crypto_generichash_blake2b_final(&copy, out, 32);
    sodium_memzero(&copy, sizeof copy);
}

void
frames_content(const struct frames_out *f, uint8_t hash[static 32], uint64_t *length)
{
    sum(&f->hash, hash);
    *length = f->length;
}

/* Everything is written but its name. */
static vault_err
finish(struct frames_out *f)
{
    static const uint8_t zeros[4096];
    uint64_t left = pad_length(f->length) - f->length;
    vault_err err = VAULT_OK;

    while (err == VAULT_OK && left > 0) {
        size_t n = left < sizeof zeros ? (size_t)left : sizeof zeros;

        err = put_bytes(f, zeros, n);
        left -= n;
    }
    if (err == VAULT_OK)
        err = age_seal_end(f->seal, &f->out);
    return err == VAULT_OK ? write_out(f) : err;
}

vault_err
frames_commit(struct frames_out *f)
{
    vault_err err = finish(f);

    return err == VAULT_OK ? parts_commit(&f->to) : err;
}

vault_err
frames_commit_by_content(struct frames_out *f, char name[static CONTENT_NAME_ROOM])
{
    uint8_t hash[32];
    vault_err err = finish(f);

    sum(&f->file, hash);
    hex_of(name, hash, sizeof hash);
    strcpy(name + 64, CONTENT_NAME);
    if (err == VAULT_OK)
        err = parts_rename(f->to, name);
    return err == VAULT_OK ? parts_commit(&f->to) : err;
}

void
frames_mark(const struct frames_out *f, uint8_t mark[static 32])
{
    crypto_generichash_blake2b(mark, 32, f->out.p, f->out.n < FRAMES_MARK_BYTES ? f->out.n : FRAMES_MARK_BYTES, NULL, 0);
}

void
frames_out_free(struct frames_out *f)
{
    parts_abort(&f->to);
    age_seal_free(f->seal);
    buf_free(&f->out);
    sodium_memzero(f, sizeof *f);
}

/* ---- reading ---- */

static vault_err
damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, "ask for it again", "this file is damaged: %s", what);
}

static vault_err
read_file(void *ctx, uint8_t *p, size_t n, size_t *got)
{
    struct frames_in *f = ctx;
    uint64_t left = parts_size(f->from) - f->at;
    vault_err err = VAULT_OK;

    *got = left < n ? (size_t)left : n;
    if (*got != 0)
        err = parts_read(f->from, f->at, p, *got);
    f->at += *got;
    return err;
}

vault_err
frames_open(struct frames_in *f, const char *path, const struct age_identities *mine)
{
    vault_err err;

    crypto_generichash_blake2b_init(&f->hash, NULL, 0, 32);
    err = parts_open(&f->from, path);
    if (err == VAULT_OK)
        err = age_source_new(&f->source, read_file, f);
    if (err == VAULT_OK)
        err = age_open_new(&f->open, f->source);
    if (err == VAULT_OK && age_open_wants_passphrase(f->open))
        err = err_say(VAULT_ERR_INPUT, "`age decrypt` opens it", "this is not a bundle: a passphrase opens it");
    return err == VAULT_OK ? age_open_unlock(f->open, mine, NULL) : err;
}

/* n bytes of plaintext at hand, borrowed until the next call; fewer only at the end (*got). */
static vault_err
need(struct frames_in *f, size_t n, size_t *got)
{
    vault_err err = VAULT_OK;

    if (f->taken != 0 && f->plain.n - f->taken < n) {
        memmove(f->plain.p, f->plain.p + f->taken, f->plain.n - f->taken);
        buf_cut(&f->plain, f->plain.n - f->taken);
        f->taken = 0;
    }
    while (err == VAULT_OK && !f->end && f->plain.n - f->taken < n)
        err = age_open_next(f->open, &f->plain, PIECES_AT_ONCE, &f->end);
    *got = f->plain.n - f->taken < n ? f->plain.n - f->taken : n;
    return err == VAULT_OK ? buf_ok(&f->plain) : err;
}

static struct part
take(struct frames_in *f, size_t n)
{
    const struct part p = PART(f->plain.p + f->taken, n);

    f->taken += n;
    f->length += n;
    return p;
}

static vault_err
read_magic(struct frames_in *f)
{
    size_t got = 0;
    vault_err err = need(f, MAGIC_BYTES, &got);

    if (err == VAULT_OK && (got < MAGIC_BYTES || memcmp(f->plain.p + f->taken, MAGIC, MAGIC_BYTES) != 0))
        err = err_say(VAULT_ERR_INPUT, "`age decrypt -C VAULT` opens other age files", "this is neither a bundle nor a receipt");
    if (err == VAULT_OK)
        crypto_generichash_blake2b_update(&f->hash, take(f, MAGIC_BYTES).p, MAGIC_BYTES);
    f->content = f->length;
    return err;
}

/* Nothing but zeros up to the end, and of those as many as there should be. */
static vault_err
read_padding(struct frames_in *f)
{
    uint64_t before = f->length;
    size_t got = 1;
    vault_err err = VAULT_OK;

    while (err == VAULT_OK && got > 0) {
        err = need(f, AGE_PIECE, &got);
        if (err == VAULT_OK && !sodium_is_zero(take(f, got).p, got))
            err = damaged("there is something behind its end");
    }
    if (err == VAULT_OK && f->length != pad_length(before))
        err = damaged("it has a wrong length");
    return err;
}

static vault_err
next_head(struct frames_in *f, enum frame_kind *kind, size_t *n)
{
    size_t got = 0;
    vault_err err = need(f, HEAD_BYTES, &got);
    const uint8_t *p = f->plain.p + f->taken;

    *kind = FRAME_END;
    if (err != VAULT_OK || got == 0 || p[0] == FRAME_END)
        return err;
    if (got < HEAD_BYTES)
        return damaged("it ends too early");
    *kind = (enum frame_kind)p[0];
    *n = get_u32(p + 1);
    if (frame_max(*kind) == 0)
        return damaged("it has something that belongs in no bundle");
    if (*n > frame_max(*kind))
        return damaged("it declares more than it may have");
    return VAULT_OK;
}

vault_err
frames_next(struct frames_in *f, enum frame_kind *kind, struct part *out)
{
    size_t n = 0, got = 0;
    vault_err err = f->began ? VAULT_OK : read_magic(f);

    f->began = true;
    *out = PART(NULL, 0);
    if (err == VAULT_OK)
        err = next_head(f, kind, &n);
    if (err != VAULT_OK)
        return err;
    if (*kind == FRAME_END)
        return read_padding(f);
    err = need(f, HEAD_BYTES + n, &got);
    if (err == VAULT_OK && got < HEAD_BYTES + n)
        err = damaged("it ends too early");
    if (err == VAULT_OK) {
        const struct part whole = take(f, HEAD_BYTES + n);

        *out = PART((const uint8_t *)whole.p + HEAD_BYTES, n);
        if (*kind != FRAME_MANIFEST && *kind != FRAME_SIGNATURES) {
            crypto_generichash_blake2b_update(&f->hash, whole.p, whole.n);
            f->content = f->length;
        }
    }
    return err;
}

void
frames_read_content(const struct frames_in *f, uint8_t hash[static 32], uint64_t *length)
{
    sum(&f->hash, hash);
    *length = f->content;
}

void
frames_in_free(struct frames_in *f)
{
    age_open_free(f->open);
    age_source_free(f->source);
    parts_close(f->from);
    buf_free(&f->plain);
    sodium_memzero(f, sizeof *f);
}
