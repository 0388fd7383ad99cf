/* pages.c - see pages.h. */
#include "vault/store/pages.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "vault/base/bytes.h"
#include "vault/base/fd.h"

#define IV_BYTES 16
#define MAC_BYTES 32
#define SALT_BYTES 16
#define KEY_TEXT 99             /* x' + 64 digits of the key + 32 of the salt + ' */

struct pages {
    int fd, journal;
    uint32_t n;
    uint64_t *kept;             /* where the journal has page i (from 1); 0: nowhere; NULL: no journal */
    struct secret *keys;        /* of the cipher 32 | of the MAC 32 */
    EVP_CIPHER_CTX *cipher;
};

/* ---- keys ---- */

/* SQLCipher makes the key of its MACs out of the raw key, by two rounds, under another salt. */
static vault_err
derive(struct pages *p, const struct secret *text)
{
    const char *t = (const char *)secret_bytes(text);
    uint8_t salt[SALT_BYTES], *key;
    vault_err err;

    if (secret_len(text) != KEY_TEXT)
        return err_say(VAULT_ERR_FAILED, NULL, "the key of the database has a wrong form");
    err = secret_new(&p->keys, 64);
    if (err != VAULT_OK)
        return err;
    key = secret_edit(p->keys);
    if (sodium_hex2bin(key, 32, t + 2, 64, NULL, NULL, NULL) != 0 ||
        sodium_hex2bin(salt, sizeof salt, t + 66, 32, NULL, NULL, NULL) != 0)
        return err_say(VAULT_ERR_FAILED, NULL, "the key of the database has a wrong form");
    for (size_t i = 0; i < sizeof salt; i++)
        salt[i] ^= 0x3a;
    return PKCS5_PBKDF2_HMAC((const char *)key, 32, salt, sizeof salt, 2, EVP_sha512(), 32,
        key + 32) == 1 ? VAULT_OK : err_nomem();
}

/* ---- the journal ---- */

static uint32_t
be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

struct journal {
    uint64_t size, at;
    uint32_t records, nonce, sector;
};

/* A header at j->at: how many pages follow it. False: there is none, or it was never synced. */
static bool
journal_header(const struct pages *p, struct journal *j, uint32_t *pages)
{
    static const uint8_t MAGIC[8] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7 };
    uint8_t h[28];

    if (j->at + sizeof h > j->size || pread(p->journal, h, sizeof h, (off_t)j->at) != sizeof h ||
        memcmp(h, MAGIC, sizeof MAGIC) != 0 || be32(h + 24) != PAGE_BYTES)
        return false;
    j->records = be32(h + 8);
    j->nonce = be32(h + 12);
    *pages = be32(h + 16);
    if (j->at == 0)
        j->sector = be32(h + 20);
    if (j->sector < 512 || j->sector > 65536 || (j->sector & (j->sector - 1)) != 0)
        return false;
    j->at += j->sector;
    if (j->records == UINT32_MAX)
        j->records = (uint32_t)((j->size - j->at) / (PAGE_BYTES + 8));
    return j->records != 0;
}

/* SQLite's own sum: a page that was not written out before the power went does not count. */
static bool
journal_page(const struct pages *p, const struct journal *j, uint32_t *number)
{
    uint8_t record[PAGE_BYTES + 8];
    uint32_t sum = j->nonce;

    if (j->at + sizeof record > j->size ||
        pread(p->journal, record, sizeof record, (off_t)j->at) != sizeof record)
        return false;
    for (uint32_t i = PAGE_BYTES - 200; i < PAGE_BYTES; i -= 200)
        sum += record[4 + i];
    *number = be32(record);
    return *number != 0 && sum == be32(record + 4 + PAGE_BYTES);
}

/* What the pages were before the transaction that was cut short, and how many. */
static vault_err
read_journal(struct pages *p)
{
    struct journal j = {0};
    struct stat st;
    uint32_t before = 0, ignored, number = 0;

    if (p->journal < 0 || fstat(p->journal, &st) != 0)
        return VAULT_OK;
    j.size = (uint64_t)st.st_size;
    if (!journal_header(p, &j, &before))
        return VAULT_OK;
    /* Each page of then is in the file or in the journal: a planted one must not make us count on. */
    if (before > p->n + j.size / PAGE_BYTES)
        return VAULT_OK;
    p->kept = calloc((size_t)before + 1, sizeof *p->kept);
    if (p->kept == NULL)
        return err_nomem();
    p->n = before;
    do {
        for (; j.records > 0 && journal_page(p, &j, &number); j.records--) {
            if (number <= before && p->kept[number] == 0)
                p->kept[number] = j.at + 4;
            j.at += PAGE_BYTES + 8;
        }
        j.at = (j.at + j.sector - 1) / j.sector * j.sector;
    } while (j.records == 0 && journal_header(p, &j, &ignored));
    return VAULT_OK;
}

/* ---- open ---- */

static int
open_journal(int dir, const char *name)
{
    char *journal = NULL;
    struct stat st;
    int fd = -1;

    if (asprintf(&journal, "%s-journal", name) < 0)
        return -1;
    if (fd_open_regular(&fd, &st, dir, journal, O_RDONLY) != VAULT_OK) {
        vault_clear_error();
        fd = -1;
    }
    free(journal);
    return fd;
}

vault_err
pages_open(struct pages **out, int dir, const char *name, const struct secret *key)
{
    struct pages *p = calloc(1, sizeof *p);
    struct stat st;
    vault_err err;

    if (p == NULL)
        return err_nomem();
    p->fd = p->journal = -1;
    err = fd_open_regular(&p->fd, &st, dir, name, O_RDONLY);
    if (err == VAULT_ERR_NOT_FOUND || err == VAULT_ERR_INPUT)
        err = err_say(VAULT_ERR_DAMAGED, NULL, "records.db is missing, or is not a file");
    if (err == VAULT_OK && (uint64_t)st.st_size / PAGE_BYTES > UINT32_MAX - 1)
        err = err_say(VAULT_ERR_DAMAGED, NULL, "records.db is too large");
    if (err == VAULT_OK) {
        p->n = (uint32_t)((uint64_t)st.st_size / PAGE_BYTES);
        p->journal = open_journal(dir, name);
        err = read_journal(p);
    }
    if (err == VAULT_OK)
        err = derive(p, key);
    if (err == VAULT_OK) {
        p->cipher = EVP_CIPHER_CTX_new();
        err = p->cipher == NULL ? err_nomem() : VAULT_OK;
    }
    if (err == VAULT_OK) {
        *out = p;
        p = NULL;
    }
    pages_close(p);
    return err;
}

void
pages_close(struct pages *p)
{
    if (p == NULL)
        return;
    EVP_CIPHER_CTX_free(p->cipher);
    secret_free(p->keys);
    fd_close(p->fd);
    fd_close(p->journal);
    free(p->kept);
    free(p);
}

uint32_t
pages_count(const struct pages *p)
{
    return p->n;
}

/* ---- one page ---- */

static vault_err
authentic(struct pages *p, uint32_t n, const uint8_t *page, size_t from, bool *ok)
{
    uint8_t message[PAGE_BYTES], mac[EVP_MAX_MD_SIZE];
    size_t len = PAGE_BYTES - MAC_BYTES - from;
    unsigned got = 0;

    memcpy(message, page + from, len);
    put_u32(message + len, n);
    if (HMAC(EVP_sha256(), (const uint8_t *)secret_bytes(p->keys) + 32, 32, message, len + 4, mac, &got) == NULL)
        return err_nomem();
    *ok = got == MAC_BYTES && sodium_memcmp(mac, page + PAGE_BYTES - MAC_BYTES, MAC_BYTES) == 0;
    return VAULT_OK;
}

static vault_err
decrypt(struct pages *p, uint8_t *page, size_t from)
{
    int got = 0;

    if (EVP_DecryptInit_ex(p->cipher, EVP_aes_256_cbc(), NULL, secret_bytes(p->keys),
            page + PAGE_PLAIN) != 1 || EVP_CIPHER_CTX_set_padding(p->cipher, 0) != 1 ||
        EVP_DecryptUpdate(p->cipher, page + from, &got, page + from, (int)(PAGE_PLAIN - from)) != 1 ||
        got != (int)(PAGE_PLAIN - from))
        return err_nomem();
    return VAULT_OK;
}

vault_err
pages_read(struct pages *p, uint32_t n, uint8_t page[static PAGE_BYTES], bool *ok)
{
    static const char HEAD[SALT_BYTES] = "SQLite format 3";
    bool journaled = n >= 1 && n <= p->n && p->kept != NULL && p->kept[n] != 0;
    off_t at = journaled ? (off_t)p->kept[n] : ((off_t)n - 1) * PAGE_BYTES;
    size_t from = n == 1 ? SALT_BYTES : 0;      /* the salt is in the clear */
    vault_err err;

    *ok = false;
    if (n < 1 || n > p->n || pread(journaled ? p->journal : p->fd, page, PAGE_BYTES, at) != PAGE_BYTES)
        return VAULT_OK;
    err = authentic(p, n, page, from, ok);
    if (err != VAULT_OK || !*ok)
        return err;
    err = decrypt(p, page, from);
    if (n == 1)
        memcpy(page, HEAD, sizeof HEAD);
    return err;
}
