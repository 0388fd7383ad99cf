/*
 * fuzz_age.c - libFuzzer targets: what a stranger gives us of the age format. TARGET picks one:
 *
 *   1 header      reading it, and unwrapping each of its stanzas with keys of ours
 *   2 armor       with or without; what comes out does not depend on how the input is cut into reads
 *   3 identity    files of private keys
 *   4 recipient
 *
 * Whatever the input, it is taken or refused with an error of its own that quotes nothing of it; and what was taken can be
 * written again, and is then the same. tests/fuzz/run.sh builds and runs them (make fuzz).
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/handoff/age.h"

#ifndef TARGET
#define TARGET 1
#endif

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct age_identity own[2];
static struct secret *file_key;

static void
must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "fuzz_age: %s\n", what);
    abort();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    must(sodium_init() >= 0 && age_identity_new(&own[0], AGE_X25519) == VAULT_OK &&
        age_identity_new(&own[1], AGE_HYBRID) == VAULT_OK && secret_new(&file_key, AGE_FILE_KEY_BYTES) == VAULT_OK,
        "set-up");
    return 0;
}

/* The sentence holds no twelve bytes of the input in a row that are not the same in our own words. */
static void
says_nothing_of(const char *secret, size_t n)
{
    const char *said = vault_last_error()->text;

    for (size_t i = 0; i + 12 <= n; i++) {
        char piece[13];

        memcpy(piece, secret + i, 12);
        piece[12] = '\0';
        must(strlen(piece) < 12 || strstr(said, piece) == NULL || strncasecmp(piece, "age", 3) == 0 ||
            strchr(piece, ' ') != NULL, "the error quotes the input");
    }
}

/* ---- 1: headers ---- */

static void
one_header(const uint8_t *data, size_t n)
{
    struct age_header h = {0};
    vault_err err = age_header_read(&h, (const char *)data, n);

    must(err == VAULT_OK || (err == VAULT_ERR_DAMAGED && h.stanza == NULL), "a header and an error");
    if (err != VAULT_OK)
        return;
    must(h.n > 0 && h.covered > 21 && h.covered < n && memcmp(data + h.covered - 3, "---", 3) == 0, "what the MAC covers");
    for (size_t i = 0; i < h.n; i++) {
        const struct age_stanza *s = &h.stanza[i];
        bool matched = true;

        must(s->n_args > 0 && s->arg[0].n > 0 && s->arg[0].p > (const char *)data, "an argument");
        for (size_t k = 0; k < 2; k++) {
            err = age_unwrap(file_key, &matched, s, &own[k]);
            must((err == VAULT_OK || err == VAULT_ERR_DAMAGED) && !matched, "a stanza that nobody wrapped for us");
        }
        err = age_judge_passphrase(s);
        must(err == VAULT_OK || err == VAULT_ERR_DAMAGED, "a passphrase");
        must(err != VAULT_OK || (h.passphrase && h.n == 1), "a passphrase beside others");
    }
    age_header_free(&h);
}

/* ---- 2: armor ---- */

struct pieces {
    const uint8_t *p;
    size_t n;
    unsigned seed;          /* 0: as much as there is */
};

static vault_err
read_piece(void *ctx, uint8_t *p, size_t n, size_t *got)
{
    struct pieces *x = ctx;
    size_t k = x->n < n ? x->n : n;

    if (x->seed != 0) {
        x->seed = x->seed * 1103515245u + 12345u;
        k = k < 1 + (x->seed >> 16) % 70 ? k : 1 + (x->seed >> 16) % 70;
    }
    memcpy(p, x->p, k);
    x->p += k;
    x->n -= k;
    *got = k;
    return VAULT_OK;
}

static vault_err
take_all(struct buf *out, struct pieces from, size_t at_once)
{
    struct age_source *s = NULL;
    uint8_t bytes[512];
    size_t got = 1;
    bool end = false;
    vault_err err = age_source_new(&s, read_piece, &from);

    while (err == VAULT_OK && got > 0) {
        err = age_source_read(s, bytes, at_once, &got);
        if (err == VAULT_OK)
            buf_put(out, bytes, got);
    }
    if (err == VAULT_OK) {
        err = age_source_at_end(s, &end);
        must(err == VAULT_OK && end, "an end that is none");
    }
    must(err == VAULT_OK || err == VAULT_ERR_DAMAGED, "another error");
    age_source_free(s);
    return err;
}

static void
one_armor(const uint8_t *data, size_t n)
{
    struct buf whole = BUF_INIT, cut = BUF_INIT;
    vault_err a, b;

    if (n < 2)
        return;
    a = take_all(&whole, (struct pieces){data + 2, n - 2, 0}, 512);
    b = take_all(&cut, (struct pieces){data + 2, n - 2, data[0] + 1u}, 1 + data[1]);
    must(a == b, "pieces are judged differently");
    must(a != VAULT_OK || (whole.n == cut.n && (whole.n == 0 || memcmp(whole.p, cut.p, whole.n) == 0)),
        "pieces are read differently");
    buf_free(&whole);
    buf_free(&cut);
}

/* ---- 3 and 4: keys ---- */

/* Chance does not find a checksum: of an odd first byte the rest is what is encoded. The caller frees. */
static char *
text_of(const uint8_t *data, size_t *n, const char *const hrp[4], bool upper)
{
    const char *prefix = hrp[data[0] >> 1 & 3];
    char *text = malloc(BECH32_CHARS(strlen(prefix), *n) + *n + 1);

    must(text != NULL && *n <= BECH32_DATA_MAX, "memory");
    if ((data[0] & 1) == 0) {
        memcpy(text, data + 1, *n - 1);
        *n -= 1;
        return text;
    }
    bech32_write(text, prefix, data + 1, *n - 1, upper);
    *n = BECH32_CHARS(strlen(prefix), *n - 1);
    return text;
}

static void
one_identity(const uint8_t *data, size_t n)
{
    static const char *const hrp[4] = {"age-secret-key-", "age-secret-key-pq-", "age", "age-plugin-x-"};
    struct age_identities all = {0};
    struct age_identity again;
    struct secret *file = NULL, *text = NULL;
    char *made;
    vault_err err;

    if (n < 2 || n > BECH32_DATA_MAX)
        return;
    made = text_of(data, &n, hrp, (data[0] & 8) != 0);
    must(secret_new(&file, n + 1) == VAULT_OK, "memory");
    memcpy(secret_edit(file), made, n);
    secret_set_len(file, n);
    err = age_identities_read(&all, file);
    must(err == VAULT_OK ? all.n > 0 : err == VAULT_ERR_INPUT, "identities and an error");
    if (err != VAULT_OK)
        says_nothing_of(made, n);
    for (size_t i = 0; i < all.n; i++) {
        must(age_identity_write(&text, &all.list[i]) == VAULT_OK, "written");
        must(age_identity_read(&again, (const char *)secret_bytes(text), secret_len(text)) == VAULT_OK &&
            again.kind == all.list[i].kind && secret_equal(again.seed, all.list[i].seed), "another identity");
        age_identity_free(&again);
        secret_free(text);
    }
    age_identities_free(&all);
    secret_free(file);
    free(made);
}

static void
one_recipient(const uint8_t *data, size_t n)
{
    static const char *const hrp[4] = {"age", "age1pq", "age-secret-key-", "age1tag"};
    struct age_recipient r, again;
    char text[AGE_RECIPIENT_ROOM], *made;
    vault_err err;

    if (n < 2 || n > BECH32_DATA_MAX)
        return;
    made = text_of(data, &n, hrp, (data[0] & 8) != 0);
    err = age_recipient_read(&r, made, n);
    must(err == VAULT_OK || err == VAULT_ERR_INPUT, "another error");
    if (err == VAULT_OK) {
        age_recipient_write(text, &r);
        must(strlen(text) == n && strncasecmp(text, made, n) == 0, "another text");
        must(age_recipient_read(&again, text, n) == VAULT_OK && memcmp(&r, &again, sizeof r) == 0, "another recipient");
    } else {
        says_nothing_of(made, n);
    }
    free(made);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static void (*const part[])(const uint8_t *, size_t) = {one_header, one_armor, one_identity, one_recipient};

    vault_clear_error();
    part[TARGET - 1](data, n);
    return 0;
}
