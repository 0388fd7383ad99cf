#include "vault/base/minisign.h"

#include <sodium.h>
#include <string.h>
#include "vault/base/sign.h"

#define KEY_LABEL "withheld:minisign-key:1"
#define FIRST_LINE "untrusted comment: signature from a withheld vault\n"
#define THIRD_LINE "trusted comment: "

/* Two letters that name the algorithm, and the number by which minisign tells keys apart. */
static void
head(uint8_t out[static 10], char second, const uint8_t pk[static 32])
{
    uint8_t number[32];
    struct part p = PART(pk, 32);

    hash_parts(number, KEY_LABEL, &p, 1);
    out[0] = 'E';
    out[1] = (uint8_t)second;
    memcpy(out + 2, number, 8);
}

static void
put_base64(struct buf *out, const uint8_t *p, size_t n)
{
    char text[128];         /* of at most 74 bytes */

    sodium_bin2base64(text, sizeof text, p, n, sodium_base64_VARIANT_ORIGINAL);
    buf_str(out, text);
    buf_u8(out, '\n');
}

void
minisign_key(char out[static MINISIGN_KEY_CHARS + 1], const uint8_t pk[static 32])
{
    uint8_t key[10 + 32];

    head(key, 'd', pk);
    memcpy(key + 10, pk, 32);
    sodium_bin2base64(out, MINISIGN_KEY_CHARS + 1, key, sizeof key,
        sodium_base64_VARIANT_ORIGINAL);
}

/* The program shows the number as minisign does, most significant byte first. */
void
minisign_public(struct buf *out, const uint8_t pk[static 32])
{
    char key[MINISIGN_KEY_CHARS + 1];
    uint8_t first[10];

    minisign_key(key, pk);
    head(first, 'd', pk);
    buf_str(out, "untrusted comment: minisign public key ");
    for (size_t i = 10; i > 2; i--)
        buf_fmt(out, "%02X", first[i - 1]);
    buf_fmt(out, "\n%s\n", key);
}

static bool
is_one_line(const char *s)
{
    return strlen(s) <= MINISIGN_COMMENT_MAX && strpbrk(s, "\r\n") == NULL;
}

vault_err
minisign_sign(struct buf *out, const struct secret *seed, const uint8_t hash[static 64],
    const char *comment)
{
    struct { uint8_t head[10], sig[64]; } box;
    uint8_t pk[32], global[64];
    struct buf signed_too = BUF_INIT;
    vault_err err = VAULT_OK;

    if (!is_one_line(comment))
        err = err_say(VAULT_ERR_FAILED, NULL, "the comment of a signature is one line");
    if (err == VAULT_OK)
        err = sign_public(pk, seed);
    if (err == VAULT_OK)
        err = sign_bytes(box.sig, seed, PART(hash, 64));
    if (err != VAULT_OK)
        return err;
    head(box.head, 'D', pk);
    buf_put(&signed_too, box.sig, sizeof box.sig);
    buf_str(&signed_too, comment);
    err = buf_ok(&signed_too);
    if (err == VAULT_OK)
        err = sign_bytes(global, seed, PART(signed_too.p, signed_too.n));
    buf_free(&signed_too);
    if (err != VAULT_OK)
        return err;
    buf_str(out, FIRST_LINE);
    put_base64(out, (const uint8_t *)&box, sizeof box);
    buf_fmt(out, THIRD_LINE "%s\n", comment);
    put_base64(out, global, sizeof global);
    return buf_ok(out);
}

/* ---- reading ---- */

bool
minisign_key_read(uint8_t pk[static 32], const char *word)
{
    char again[MINISIGN_KEY_CHARS + 1];
    uint8_t key[10 + 32];
    size_t n = 0;

    if (strlen(word) != MINISIGN_KEY_CHARS || sodium_base642bin(key, sizeof key, word, MINISIGN_KEY_CHARS, NULL, &n, NULL,
        sodium_base64_VARIANT_ORIGINAL) != 0 || n != sizeof key)
        return false;
    minisign_key(again, key + 10);
    if (strcmp(again, word) != 0)
        return false;
    memcpy(pk, key + 10, 32);
    return true;
}

static bool
take_text(struct rd *r, const char *text)
{
    const uint8_t *p = rd_take(r, strlen(text));

    return p != NULL && memcmp(p, text, strlen(text)) == 0;
}

static struct part
take_line(struct rd *r)
{
    const uint8_t *end = r->bad || r->n == 0 ? NULL : memchr(r->p, '\n', r->n), *from;
    size_t n;

    if (end == NULL) {
        r->bad = true;
        return PART(NULL, 0);
    }
    n = (size_t)(end - r->p);
    from = rd_take(r, n + 1);
    return PART(from, n);
}

/* One line of base64: exactly so many bytes, in their only spelling (libsodium refuses loose bits at the end). */
static bool
take_base64(struct rd *r, uint8_t *out, size_t n)
{
    struct part line = take_line(r);
    size_t got = 0;

    return line.p != NULL && sodium_base642bin(out, n, line.p, line.n, NULL, &got, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
        got == n;
}

static bool
signs_comment(const uint8_t global[static 64], const uint8_t sig[static 64], struct part comment, const uint8_t pk[static 32])
{
    uint8_t both[64 + MINISIGN_COMMENT_MAX];

    if (comment.n > MINISIGN_COMMENT_MAX)
        return false;
    memcpy(both, sig, 64);
    if (comment.n > 0)
        memcpy(both + 64, comment.p, comment.n);
    return crypto_sign_verify_detached(global, both, 64 + comment.n, pk) == 0;
}

bool
minisign_verify(struct part file, const uint8_t pk[static 32], const uint8_t hash[static 64], struct part *comment)
{
    struct { uint8_t head[10], sig[64]; } box;
    uint8_t global[64], expected[10];
    struct part said;
    struct rd r = rd_of(file.p, file.n);

    if (file.n > MINISIGN_FILE_MAX || !take_text(&r, FIRST_LINE) || !take_base64(&r, (uint8_t *)&box, sizeof box) ||
        !take_text(&r, THIRD_LINE))
        return false;
    said = take_line(&r);
    if (said.p == NULL || !take_base64(&r, global, sizeof global) || !rd_end(&r))
        return false;
    head(expected, 'D', pk);
    if (memcmp(box.head, expected, sizeof expected) != 0 || crypto_sign_verify_detached(box.sig, hash, 64, pk) != 0 ||
        !signs_comment(global, box.sig, said, pk))
        return false;
    if (comment != NULL)
        *comment = said;
    return true;
}
