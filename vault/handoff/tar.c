/* tar.c - see tar.h. */
#include "vault/handoff/tar.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAME_BYTES 100u
#define PREFIX_BYTES 155u
#define OCTAL_SIZE_MAX ((uint64_t)077777777777)     /* 8 GiB less one */
#define RECORD 10240u                               /* stock programs write whole ones */

static const uint8_t zeros[TAR_BLOCK];

static vault_err
put(struct tar *t, const void *p, size_t n)
{
    t->total += n;
    return n == 0 ? VAULT_OK : t->put(t->ctx, p, n);
}

static vault_err
put_zeros(struct tar *t, uint64_t n)
{
    vault_err err = VAULT_OK;

    for (; err == VAULT_OK && n > 0; n -= n < TAR_BLOCK ? n : TAR_BLOCK)
        err = put(t, zeros, n < TAR_BLOCK ? (size_t)n : TAR_BLOCK);
    return err;
}

/* ---- headers ---- */

static void
octal(uint8_t *at, size_t width, uint64_t v)
{
    char text[24];

    snprintf(text, sizeof text, "%0*" PRIo64, (int)width - 1, v);
    memcpy(at, text, width - 1);
}

static bool
is_ascii(const char *s)
{
    for (; *s != '\0'; s++)
        if (*s < 0x20 || *s > 0x7e)
            return false;
    return true;
}

/* Where the path is cut into prefix and name: behind a slash, or (0) not at all. False: it does not fit. */
static bool
split(const char *path, size_t *at)
{
    size_t n = strlen(path);

    *at = 0;
    if (n <= NAME_BYTES)
        return true;
    for (size_t i = n - NAME_BYTES - 1; i < n && i <= PREFIX_BYTES; i++)
        if (path[i] == '/' && i > 0 && i + 1 < n) {
            *at = i + 1;
            return true;
        }
    return false;
}

/* A block; what of path and size does not fit stands in the pax header before it. */
static vault_err
block(struct tar *t, const char *path, char kind, uint64_t size)
{
    uint8_t b[TAR_BLOCK] = {0};
    size_t at = 0, n = strlen(path);
    unsigned sum = 0;

    if (!split(path, &at)) {
        at = 0;
        n = NAME_BYTES;
    }
    memcpy(b, path + at, n - at);
    if (at > 0)
        memcpy(b + 345, path, at - 1);
    octal(b + 100, 8, kind == '5' ? 0700 : 0600);
    octal(b + 108, 8, 0);
    octal(b + 116, 8, 0);
    octal(b + 124, 12, size > OCTAL_SIZE_MAX ? 0 : size);
    octal(b + 136, 12, t->time < 0 ? 0 : (uint64_t)t->time);
    b[156] = (uint8_t)kind;
    memcpy(b + 257, "ustar\00000", 8);
    memset(b + 148, ' ', 8);
    for (size_t i = 0; i < sizeof b; i++)
        sum += b[i];
    octal(b + 148, 7, sum);
    return put(t, b, sizeof b);
}

/* "27 path=...\n": the length counts its own digits. */
static void
pax_record(struct buf *out, const char *key, const char *value)
{
    size_t n = strlen(key) + strlen(value) + 3, digits = 1;

    for (size_t ten = 10; n + digits >= ten; ten *= 10)
        digits++;
    buf_fmt(out, "%zu %s=%s\n", n + digits, key, value);
}

static vault_err
pax(struct tar *t, const char *path, uint64_t size)
{
    struct buf records = BUF_INIT;
    char number[24];
    size_t at;
    vault_err err;

    if (!is_ascii(path) || !split(path, &at))
        pax_record(&records, "path", path);
    snprintf(number, sizeof number, "%" PRIu64, size);
    if (size > OCTAL_SIZE_MAX)
        pax_record(&records, "size", number);
    err = buf_ok(&records);
    if (err == VAULT_OK && records.n > 0)
        err = block(t, "pax", 'x', records.n);
    if (err == VAULT_OK)
        err = put(t, records.p, records.n);
    if (err == VAULT_OK)
        err = put_zeros(t, (TAR_BLOCK - records.n % TAR_BLOCK) % TAR_BLOCK);
    buf_free(&records);
    return err;
}

static vault_err
header(struct tar *t, const char *path, char kind, uint64_t size)
{
    vault_err err;

    if (t->left != 0 || t->fill != 0 || path[0] == '\0' || strlen(path) > TAR_PATH_MAX)
        return err_say(VAULT_ERR_FAILED, NULL, "that cannot be put into the archive");
    err = pax(t, path, size);
    return err != VAULT_OK ? err : block(t, path, kind, size);
}

/* ---- the calls ---- */

vault_err
tar_folder(struct tar *t, const char *path)
{
    char with_slash[TAR_PATH_MAX + 2];

    if (strlen(path) > TAR_PATH_MAX - 1)
        return err_say(VAULT_ERR_FAILED, NULL, "that cannot be put into the archive");
    snprintf(with_slash, sizeof with_slash, "%s/", path);
    return header(t, with_slash, '5', 0);
}

vault_err
tar_file(struct tar *t, const char *path, uint64_t size)
{
    vault_err err = header(t, path, '0', size);

    if (err == VAULT_OK) {
        t->left = size;
        t->fill = (TAR_BLOCK - (unsigned)(size % TAR_BLOCK)) % TAR_BLOCK;
    }
    return err;
}

vault_err
tar_data(struct tar *t, const void *p, size_t n)
{
    if (n > t->left)
        return err_say(VAULT_ERR_FAILED, NULL, "a file in the archive is longer than was announced");
    t->left -= n;
    return put(t, p, n);
}

vault_err
tar_file_end(struct tar *t)
{
    unsigned fill = t->fill;

    if (t->left != 0)
        return err_say(VAULT_ERR_FAILED, NULL, "a file in the archive is shorter than was announced");
    t->fill = 0;
    return put_zeros(t, fill);
}

vault_err
tar_end(struct tar *t)
{
    uint64_t whole = pad_length(t->total + 2 * (uint64_t)TAR_BLOCK);

    whole = (whole + RECORD - 1) / RECORD * RECORD;
    return put_zeros(t, whole - t->total);
}
