/* age_header.c - reading and ending a header; the stanzas are in age_wrap.c. */
#include "vault/handoff/age_header.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 64u
#define LINE_BYTES 48u
#define MAC_CHARS 43u
#define BASE64 sodium_base64_VARIANT_ORIGINAL_NO_PADDING

static vault_err
bad(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, "ask for it to be sent again", "the header of the age file is damaged: %s", what);
}

/* The next line without its newline. False: there is none. */
static bool
take_line(struct age_text *line, struct rd *r)
{
    const char *p = (const char *)r->p, *newline = r->n == 0 ? NULL : memchr(p, '\n', r->n);

    if (newline == NULL)
        return false;
    *line = (struct age_text){p, (size_t)(newline - p)};
    return rd_take(r, line->n + 1) != NULL;
}

/* Visible characters with single blanks between them. */
static bool
take_args(struct age_stanza *s, struct age_text rest)
{
    for (;;) {
        const char *blank = memchr(rest.p, ' ', rest.n);
        size_t n = blank == NULL ? rest.n : (size_t)(blank - rest.p);

        if (n == 0)
            return false;
        for (size_t i = 0; i < n; i++)
            if (rest.p[i] < 33 || rest.p[i] > 126)
                return false;
        if (s->n_args < sizeof s->arg / sizeof s->arg[0])
            s->arg[s->n_args] = (struct age_text){rest.p, n};
        s->n_args++;
        if (blank == NULL)
            return true;
        rest = (struct age_text){blank + 1, rest.n - n - 1};
    }
}

/* Lines of 64 columns, the last one shorter. */
static vault_err
take_body(struct age_stanza *s, struct rd *r)
{
    uint8_t bytes[LINE_BYTES];
    struct age_text line;
    size_t n;

    do {
        if (!take_line(&line, r))
            return bad("it ends too early");
        if (line.n > COLUMNS)
            return bad("a line is too long");
        if (sodium_base642bin(bytes, sizeof bytes, line.p, line.n, NULL, &n, NULL, BASE64) != 0)
            return bad("a line is not what it must be");
        if (s->body_n == 0)
            memcpy(s->body, bytes, n);
        s->body_n += n;
    } while (line.n == COLUMNS);
    return VAULT_OK;
}

static vault_err
take_stanza(struct age_header *h, struct rd *r, struct age_text line)
{
    struct age_stanza *s = array_room(h->stanza, h->n, &h->cap, sizeof *s);

    if (s == NULL)
        return err_nomem();
    h->stanza = s;
    s += h->n++;
    memset(s, 0, sizeof *s);
    if (line.n < 3 || memcmp(line.p, "-> ", 3) != 0)
        return bad("a line is not what it must be");
    if (!take_args(s, (struct age_text){line.p + 3, line.n - 3}))
        return bad("a recipient is not what it must be");
    return take_body(s, r);
}

static vault_err
take_mac(struct age_header *h, struct age_text line)
{
    size_t n;

    if (line.n != 4 + MAC_CHARS || line.p[3] != ' ' ||
            sodium_base642bin(h->mac, sizeof h->mac, line.p + 4, MAC_CHARS, NULL, &n, NULL, BASE64) != 0 ||
            n != sizeof h->mac)
        return bad("its last line is not what it must be");
    return VAULT_OK;
}

/* Who knows a passphrase that stands alone also knows that nobody else can have made the file. */
static vault_err
judge_mixture(struct age_header *h)
{
    for (size_t i = 0; i < h->n; i++)
        if (h->stanza[i].arg[0].n == 6 && memcmp(h->stanza[i].arg[0].p, "scrypt", 6) == 0)
            h->passphrase = true;
    return h->passphrase && h->n > 1 ? bad("a passphrase must be the only way to open it") : VAULT_OK;
}

vault_err
age_header_read(struct age_header *out, const char *p, size_t n)
{
    struct age_header h = {0};
    struct rd r = rd_of(p, n);
    struct age_text line;
    vault_err err = VAULT_OK;

    if (!take_line(&line, &r) || line.n != strlen(AGE_LINE) - 1 || memcmp(line.p, AGE_LINE, line.n) != 0)
        return err_say(VAULT_ERR_DAMAGED, "is it the right file?", "that is not an age file of version 1");
    for (;;) {
        if (!take_line(&line, &r)) {
            err = bad("it ends too early");
            break;
        }
        if (line.n >= 3 && memcmp(line.p, "---", 3) == 0) {
            h.covered = (size_t)(line.p + 3 - p);
            err = take_mac(&h, line);
            break;
        }
        err = take_stanza(&h, &r, line);
        if (err != VAULT_OK)
            break;
    }
    if (err == VAULT_OK && (h.n == 0 || !rd_end(&r)))
        err = bad("it names nobody who could open it");
    if (err == VAULT_OK)
        err = judge_mixture(&h);
    if (err == VAULT_OK)
        *out = h;
    else
        age_header_free(&h);
    return err;
}

void
age_header_free(struct age_header *h)
{
    free(h->stanza);
    *h = (struct age_header){0};
}

/* HKDF-SHA-256 (RFC 5869). */
static void
hkdf(uint8_t key[static 32], const struct secret *file_key, struct part salt, const char *info)
{
    uint8_t prk[crypto_kdf_hkdf_sha256_KEYBYTES];

    (void)crypto_kdf_hkdf_sha256_extract(prk, salt.p, salt.n, secret_bytes(file_key), secret_len(file_key));
    (void)crypto_kdf_hkdf_sha256_expand(key, 32, info, strlen(info), prk);
    sodium_memzero(prk, sizeof prk);
}

void
age_header_mac(uint8_t out[static 32], const struct secret *file_key, const void *p, size_t n)
{
    uint8_t key[crypto_auth_hmacsha256_KEYBYTES];

    hkdf(key, file_key, PART("", 0), "header");
    (void)crypto_auth_hmacsha256(out, p, n, key);
    sodium_memzero(key, sizeof key);
}

vault_err
age_payload_key(struct secret **out, const struct secret *file_key, const uint8_t nonce[static AGE_NONCE_BYTES])
{
    struct secret *key = NULL;
    vault_err err = secret_new(&key, 32);

    if (err != VAULT_OK)
        return err;
    hkdf(secret_edit(key), file_key, PART(nonce, AGE_NONCE_BYTES), "payload");
    *out = key;
    return VAULT_OK;
}

vault_err
age_header_end(struct buf *header, const struct secret *file_key)
{
    uint8_t mac[32];
    char text[MAC_CHARS + 1];

    buf_str(header, "---");
    if (buf_ok(header) != VAULT_OK)
        return err_nomem();
    age_header_mac(mac, file_key, header->p, header->n);
    sodium_bin2base64(text, sizeof text, mac, sizeof mac, BASE64);
    buf_fmt(header, " %s\n", text);
    return buf_ok(header);
}
