/* file.c - see file.h. */
#include "vault/record/file.h"

#include <sodium.h>
#include <string.h>
#include <strings.h>
#include "vault/base/cbor.h"
#include "vault/base/piece.h"
#include "vault/record/value_text.h"

/* ---- names ---- */

/* What Windows takes for a device, with whatever stands behind a dot. */
static bool
is_device(struct part name)
{
    static const char *const WORD[] = { "con", "prn", "aux", "nul", "conin$", "conout$" };
    static const char *const PORT[] = { "com", "lpt" };
    static const char *const DIGIT[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "\u00b9",
        "\u00b2", "\u00b3" };
    const char *s = name.p;
    size_t n = 0;

    while (n < name.n && s[n] != '.')
        n++;
    while (n > 0 && s[n - 1] == ' ')
        n--;
    for (size_t i = 0; i < sizeof WORD / sizeof WORD[0]; i++)
        if (n == strlen(WORD[i]) && strncasecmp(s, WORD[i], n) == 0)
            return true;
    for (size_t i = 0; i < 2 && n > 3; i++)
        for (size_t k = 0; k < sizeof DIGIT / sizeof DIGIT[0]; k++)
            if (strncasecmp(s, PORT[i], 3) == 0 && n == 3 + strlen(DIGIT[k]) &&
                memcmp(s + 3, DIGIT[k], n - 3) == 0)
                return true;
    return false;
}

static const char *
fault_of(struct part name)
{
    const char *s = name.p;

    if (name.n == 0)
        return "is empty";
    if (name.n > FILE_NAME_BYTES)
        return "is longer than 255 bytes";
    if (memchr(s, '/', name.n) != NULL || memchr(s, '\\', name.n) != NULL)
        return "has a slash";
    if (s[name.n - 1] == '.')       /* . and .. as well */
        return "ends with a dot";
    if (value_text_trim(s, name.n).n != name.n)
        return "begins or ends with a blank";
    return is_device(name) ? "is reserved: Windows takes it for a device" : NULL;
}

vault_err
file_name_put(struct buf *out, const char *name, size_t n)
{
    const char *fault = fault_of(PART(name, n));
    size_t at = out->n;
    vault_err err;

    if (fault != NULL)
        return err_say(VAULT_ERR_INPUT, "--name gives it another", "the name of the file %s", fault);
    err = value_text_put(out, name, n, TEXT_ONE_LINE);
    if (err == VAULT_ERR_INPUT)
        err = err_say(err, "--name gives it another",
            "the name of the file is not UTF-8, or has a control character");
    if (err == VAULT_OK && out->n - at > FILE_NAME_BYTES) {
        buf_cut(out, at);
        err = err_say(VAULT_ERR_INPUT, "--name gives it another",
            "the name of the file is longer than 255 bytes");
    }
    return err;
}

bool
file_name_valid(struct buf *scratch, struct part name)
{
    return fault_of(name) == NULL &&
        value_text_is_canonical(scratch, name.p, name.n, TEXT_ONE_LINE);
}

const char *
file_media_type(struct part name)
{
    static const char *const TYPE[][2] = {
        { "pdf", "application/pdf" }, { "jpg", "image/jpeg" }, { "jpeg", "image/jpeg" },
        { "png", "image/png" }, { "gif", "image/gif" }, { "tif", "image/tiff" },
        { "tiff", "image/tiff" }, { "heic", "image/heic" }, { "webp", "image/webp" },
        { "txt", "text/plain" }, { "csv", "text/csv" }, { "html", "text/html" },
        { "xml", "application/xml" }, { "json", "application/json" },
        { "doc", "application/msword" }, { "rtf", "application/rtf" },
        { "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
        { "xls", "application/vnd.ms-excel" },
        { "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
        { "odt", "application/vnd.oasis.opendocument.text" },
        { "ods", "application/vnd.oasis.opendocument.spreadsheet" },
        { "mp3", "audio/mpeg" }, { "m4a", "audio/mp4" }, { "ogg", "audio/ogg" },
        { "opus", "audio/ogg" }, { "wav", "audio/wav" }, { "amr", "audio/amr" },
        { "mp4", "video/mp4" }, { "mov", "video/quicktime" }, { "mkv", "video/x-matroska" },
        { "webm", "video/webm" }, { "3gp", "video/3gpp" }, { "eml", "message/rfc822" },
        { "zip", "application/zip" }, { "age", "application/octet-stream" },
    };
    const char *s = name.p;
    size_t n = 0;

    while (n < name.n && s[name.n - n - 1] != '.')
        n++;
    for (size_t i = 0; n < name.n && i < sizeof TYPE / sizeof TYPE[0]; i++)
        if (strlen(TYPE[i][0]) == n && strncasecmp(s + name.n - n, TYPE[i][0], n) == 0)
            return TYPE[i][1];
    return "application/octet-stream";
}

/* ---- pieces ---- */

uint64_t
file_kept(uint64_t size, enum leaf_tier tier)
{
    return tier == LEAF_WITHHELD ? pad_length((size_t)size) : size;
}

uint64_t
file_pieces(uint64_t kept)
{
    return kept == 0 ? 1 : (kept - 1) / FILE_CHUNK + 1;
}

size_t
file_piece_size(uint64_t kept, uint64_t i)
{
    uint64_t left = kept - i * FILE_CHUNK;

    return left < FILE_CHUNK ? (size_t)left : FILE_CHUNK;
}

void
file_seal(uint8_t *out, const struct file_piece *at, const uint8_t *plain, size_t n)
{
    piece_seal(out, at->key, at->i, at->last, PART(plain, n));
}

int
file_open_piece(uint8_t *plain, const struct file_piece *at, const uint8_t *sealed, size_t n)
{
    return piece_open(plain, at->key, at->i, at->last, PART(sealed, n));
}

/* ---- the leaf ---- */

static void
salted(uint8_t out[static 32], const uint8_t salt[static 32], const struct buf *b)
{
    crypto_generichash_blake2b_state st;

    crypto_generichash_blake2b_init(&st, NULL, 0, 32);
    crypto_generichash_blake2b_update(&st, salt, 32);
    crypto_generichash_blake2b_update(&st, b->p, b->n);
    crypto_generichash_blake2b_final(&st, out, 32);
    sodium_memzero(&st, sizeof st);
}

/* [field, element, V]: V with h in the place of type and name, within its provenance. */
static vault_err
write_item(struct buf *b, const struct value_view *v, struct part field, struct part element,
    const uint8_t h[static 32])
{
    struct buf bare = BUF_INIT;
    vault_err err;

    cbor_array(b, 3);
    cbor_textn(b, field.p, field.n);
    cbor_bytes(b, element.p, element.n);
    cbor_array(&bare, 3);
    cbor_bytes(&bare, v->file.sha256, 32);
    cbor_int(&bare, (int64_t)v->file.size);
    cbor_bytes(&bare, h, 32);
    err = buf_ok(&bare);
    if (err == VAULT_OK)
        err = value_wrap(b, PART(bare.p, bare.n), &v->prov);
    buf_free(&bare);
    return err != VAULT_OK ? err : buf_ok(b);
}

vault_err
file_blind(uint8_t h[static 32], uint8_t s2[static 32], const uint8_t salt[static 32],
    const struct file_value *file)
{
    const struct part one = PART(salt, 32);
    struct buf b = BUF_INIT;
    vault_err err;

    cbor_array(&b, 2);
    cbor_textn(&b, file->type.p, file->type.n);
    cbor_textn(&b, file->name.p, file->name.n);
    err = buf_ok(&b);
    if (err == VAULT_OK) {
        salted(h, salt, &b);
        hash_parts(s2, "withheld:file-salt:1", &one, 1);
    }
    buf_free(&b);
    return err;
}

vault_err
file_commit(uint8_t c[static 32], const uint8_t salt[static 32], struct part field,
    struct part element, struct part value)
{
    struct { uint8_t h[32], s2[32]; } tmp = {{0}, {0}};
    struct value_view v;
    struct buf b = BUF_INIT;
    vault_err err = value_read(&v, value);

    if (err == VAULT_OK && v.shape != VALUE_FILE)
        err = err_say(VAULT_ERR_DAMAGED, NULL, "a value of a record is damaged");
    if (err != VAULT_OK)
        return err;
    err = file_blind(tmp.h, tmp.s2, salt, &v.file);
    if (err == VAULT_OK)
        err = write_item(&b, &v, field, element, tmp.h);
    if (err == VAULT_OK)
        salted(c, tmp.s2, &b);
    buf_free(&b);
    sodium_memzero(&tmp, sizeof tmp);
    return err;
}
