/* age_seal.c - encrypting: see age.h. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/piece.h"
#include "vault/handoff/age.h"

/* Bytes of a line of armor that is not full yet. */
struct armor {
    uint8_t rest[ARMOR_LINE_BYTES];
    size_t n;
};

struct age_seal {
    struct secret *key;
    uint64_t number;            /* of the next piece */
    struct buf rest;            /* plaintext of a piece that may be the last */
    struct buf sealed;          /* what goes into the armor */
    struct armor armor;
    bool armored;
};

/* ---- armor ---- */

static void
put_line(struct buf *file, const uint8_t *p, size_t n)
{
    char *at = (char *)buf_room(file, ARMOR_COLUMNS + 2);
    size_t chars = sodium_base64_encoded_len(n, sodium_base64_VARIANT_ORIGINAL) - 1;

    if (at == NULL)
        return;
    sodium_bin2base64(at, chars + 1, p, n, sodium_base64_VARIANT_ORIGINAL);
    at[chars] = '\n';
    file->n += chars + 1;
}

static void
armor_add(struct armor *a, struct buf *file, const uint8_t *p, size_t n)
{
    while (a->n + n >= ARMOR_LINE_BYTES) {
        size_t k = ARMOR_LINE_BYTES - a->n;

        if (k == ARMOR_LINE_BYTES) {
            put_line(file, p, k);
        } else {
            memcpy(a->rest + a->n, p, k);
            put_line(file, a->rest, ARMOR_LINE_BYTES);
        }
        a->n = 0;
        p += k;
        n -= k;
    }
    if (n > 0)
        memcpy(a->rest + a->n, p, n);
    a->n += n;
}

static void
armor_end(struct armor *a, struct buf *file)
{
    if (a->n > 0)
        put_line(file, a->rest, a->n);
    buf_str(file, ARMOR_END "\n");
}

/* ---- the file ---- */

static vault_err
judge_recipients(const struct age_to *to)
{
    if (to->n > 0 && to->passphrase != NULL)
        return err_say(VAULT_ERR_INPUT, "leave out one of them", "an age file is for recipients or for a passphrase, not for both");
    if (to->n == 0 && to->passphrase == NULL)
        return err_say(VAULT_ERR_INPUT, NULL, "nobody could open that file: name a recipient, or give a passphrase");
    for (size_t i = 1; i < to->n; i++)
        if (to->recipient[i].kind != to->recipient[0].kind)
            return err_say(VAULT_ERR_INPUT, "make two files, or ask all for recipients that begin with age1pq1",
                "recipients of both kinds in one file would take the protection of the stronger ones away");
    return VAULT_OK;
}

static vault_err
put_header(struct buf *out, const struct age_to *to, const struct secret *file_key)
{
    vault_err err = VAULT_OK;

    buf_str(out, AGE_LINE);
    if (to->passphrase != NULL)
        err = age_wrap_passphrase(out, to->passphrase, to->work == 0 ? AGE_WORK : to->work, file_key);
    for (size_t i = 0; err == VAULT_OK && i < to->n; i++)
        err = age_wrap(out, &to->recipient[i], file_key);
    return err == VAULT_OK ? age_header_end(out, file_key) : err;
}

/* What was sealed goes into the file, through the armor where there is one. */
static vault_err
hand_over(struct age_seal *s, struct buf *file)
{
    if (s->armored) {
        armor_add(&s->armor, file, s->sealed.p, s->sealed.n);
        buf_reset(&s->sealed);
    }
    return buf_ok(file);
}

static vault_err
begin(struct age_seal *s, struct buf *file, const struct age_to *to)
{
    uint8_t nonce[AGE_NONCE_BYTES];
    struct secret *file_key = NULL;
    struct buf *out = s->armored ? &s->sealed : file;
    vault_err err = secret_random(&file_key, AGE_FILE_KEY_BYTES);

    if (err != VAULT_OK)
        return err;
    randombytes_buf(nonce, sizeof nonce);
    err = put_header(out, to, file_key);
    if (err == VAULT_OK)
        err = age_payload_key(&s->key, file_key, nonce);
    secret_free(file_key);
    if (err != VAULT_OK)
        return err;
    buf_put(out, nonce, sizeof nonce);
    if (s->armored)
        buf_str(file, ARMOR_BEGIN "\n");
    err = buf_ok(out);
    return err == VAULT_OK ? hand_over(s, file) : err;
}

vault_err
age_seal_new(struct age_seal **out, struct buf *file, const struct age_to *to)
{
    struct age_seal *s = NULL;
    vault_err err = judge_recipients(to);

    if (err != VAULT_OK)
        return err;
    s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_nomem();
    s->armored = to->armor;
    err = begin(s, file, to);
    if (err != VAULT_OK) {
        age_seal_free(s);
        return err;
    }
    *out = s;
    return VAULT_OK;
}

void
age_seal_free(struct age_seal *s)
{
    if (s == NULL)
        return;
    secret_free(s->key);
    buf_free(&s->rest);
    buf_free(&s->sealed);
    free(s);
}

static void
put_piece(struct age_seal *s, struct buf *file, const void *p, size_t n, bool last)
{
    struct buf *out = s->armored ? &s->sealed : file;
    uint8_t *at = buf_room(out, n + PIECE_EXTRA);

    if (at == NULL)
        return;
    piece_seal(at, secret_bytes(s->key), s->number++, last, PART(p, n));
    out->n += n + PIECE_EXTRA;
    if (s->armored)
        (void)hand_over(s, file);
}

/* A full piece is written once it is known not to be the last. */
vault_err
age_seal_add(struct age_seal *s, struct buf *file, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;

    while (n > 0) {
        size_t room = AGE_PIECE - s->rest.n, k = n < room ? n : room;

        if (room == 0) {
            put_piece(s, file, s->rest.p, s->rest.n, false);
            s->rest.n = 0;              /* overwritten, and wiped at the end */
        } else if (s->rest.n == 0 && n > AGE_PIECE) {
            put_piece(s, file, p, AGE_PIECE, false);
            p += AGE_PIECE;
            n -= AGE_PIECE;
        } else {
            buf_put(&s->rest, p, k);
            p += k;
            n -= k;
        }
        if (s->rest.bad || s->sealed.bad || file->bad)
            return err_nomem();
    }
    return VAULT_OK;
}

vault_err
age_seal_later(struct age_seal *s, struct buf *plain, uint64_t *first, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;

    *first = s->number;
    while (n > 0) {
        size_t room = AGE_PIECE - s->rest.n, k = n < room ? n : room;

        if (room == 0) {
            buf_put(plain, s->rest.p, s->rest.n);
            s->rest.n = 0;
            s->number++;
        } else if (s->rest.n == 0 && n > AGE_PIECE) {
            buf_put(plain, p, AGE_PIECE);
            s->number++;
            p += AGE_PIECE;
            n -= AGE_PIECE;
        } else {
            buf_put(&s->rest, p, k);
            p += k;
            n -= k;
        }
    }
    return s->rest.bad ? err_nomem() : buf_ok(plain);
}

vault_err
age_seal_now(const struct age_seal *s, struct buf *file, uint64_t first, const struct buf *plain)
{
    for (size_t at = 0; at < plain->n; at += AGE_PIECE, first++) {
        uint8_t *out = buf_room(file, AGE_PIECE + PIECE_EXTRA);

        if (out == NULL)
            return err_nomem();
        piece_seal(out, secret_bytes(s->key), first, false, PART(plain->p + at, AGE_PIECE));
        file->n += AGE_PIECE + PIECE_EXTRA;
    }
    return VAULT_OK;
}

vault_err
age_seal_end(struct age_seal *s, struct buf *file)
{
    put_piece(s, file, s->rest.n > 0 ? s->rest.p : (const uint8_t *)"", s->rest.n, true);
    if (s->sealed.bad)
        return err_nomem();
    if (s->armored)
        armor_end(&s->armor, file);
    return buf_ok(file);
}
