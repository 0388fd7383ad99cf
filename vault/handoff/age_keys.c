/* age_keys.c - see age_keys.h. */
#include "vault/handoff/age_keys.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SEED_BYTES 32u

_Static_assert(SEED_BYTES == HPKE_SEED_BYTES && SEED_BYTES == crypto_scalarmult_SCALARBYTES, "one size");

/* By enum age_kind. */
static const struct {
    const char *recipient, *identity;
    size_t pk;
} forms[] = {
    [AGE_X25519] = {"age", "age-secret-key-", crypto_scalarmult_BYTES},
    [AGE_HYBRID] = {"age1pq", "age-secret-key-pq-", HPKE_PK_BYTES},
};
#define KINDS (sizeof forms / sizeof forms[0])

/* Does the text begin with that, in either case? For what everybody may know. */
static bool
begins(const char *text, size_t n, const char *with)
{
    size_t k = strlen(with);

    return n >= k && strncasecmp(text, with, k) == 0;
}

/* ---- recipients ---- */

void
age_recipient_write(char out[static AGE_RECIPIENT_ROOM], const struct age_recipient *r)
{
    const char *hrp = forms[r->kind].recipient;
    size_t n = forms[r->kind].pk;

    bech32_write(out, hrp, r->pk, n, false);
    out[BECH32_CHARS(strlen(hrp), n)] = '\0';
}

static vault_err
not_a_recipient(const char *text, size_t n)
{
    if (begins(text, n, "age-secret-key-"))
        return err_say(VAULT_ERR_INPUT, "give the public key that belongs to it (`# public key:` in its file), and keep "
            "the private one to yourself", "that is a private key, and a recipient belongs here");
    if (begins(text, n, "ssh-") || begins(text, n, "github:"))
        return err_say(VAULT_ERR_INPUT, "ask for one that begins with age1", "keys of SSH are not taken as recipients");
    if (begins(text, n, "age1") && memchr(text + 4, '1', n - 4) != NULL)
        return err_say(VAULT_ERR_INPUT, "ask for one that begins with age1pq1, or with age1 and has no further 1",
            "recipients of that kind (a plug-in of age) are not taken");
    return err_say(VAULT_ERR_INPUT, "it begins with age1pq1 or age1", "that is not an age recipient");
}

static vault_err
faulty_recipient(enum bech32_fault fault)
{
    static const char *const what[] = {
        [BECH32_MIXED] = "the recipient mixes capital and small letters",
        [BECH32_LENGTH] = "the recipient is not complete, or too long",
        [BECH32_WRONG] = "the recipient was changed or mistyped: its checksum does not fit",
    };

    return err_say(VAULT_ERR_INPUT, "copy it again, whole", "%s", what[fault]);
}

/* Neither a key that everybody has the secret of, nor one that libsodium takes for none. */
static vault_err
judge_key(const struct age_recipient *r)
{
    uint8_t enc[HPKE_ENC_BYTES], sealed[1 + HPKE_EXTRA], shared[crypto_scalarmult_BYTES];
    static const uint8_t any[crypto_scalarmult_SCALARBYTES] = {8};
    bool good = r->kind == AGE_X25519 ? crypto_scalarmult(shared, any, r->pk) == 0 :
        hpke_seal(sealed, enc, r->pk, "", PART("", 1)) == 0;

    return good ? VAULT_OK : err_say(VAULT_ERR_INPUT, "ask for another one", "that recipient is no usable key");
}

vault_err
age_recipient_read(struct age_recipient *out, const char *text, size_t n)
{
    struct age_recipient r = {0};
    enum bech32_fault fault = BECH32_OTHER;
    vault_err err;

    /* "age1pq1..." begins with "age1" as well. */
    for (size_t k = KINDS; fault == BECH32_OTHER && k-- > 0;) {
        r.kind = (enum age_kind)k;
        fault = bech32_read(r.pk, forms[k].pk, forms[k].recipient, text, n);
    }
    if (fault == BECH32_OTHER ||
            (fault != BECH32_GOOD && r.kind == AGE_X25519 && memchr(text + 4, '1', n - 4) != NULL))
        return not_a_recipient(text, n);
    if (fault != BECH32_GOOD)
        return faulty_recipient(fault);
    err = judge_key(&r);
    if (err == VAULT_OK)
        *out = r;
    return err;
}

void
age_recipient_hash(uint8_t out[static 32], const struct age_recipient *r)
{
    char text[AGE_RECIPIENT_ROOM];
    struct part p;

    age_recipient_write(text, r);
    p = PART(text, strlen(text));
    hash_parts(out, "withheld:recipient:1", &p, 1);
}

vault_err
age_recipients_read(struct age_recipient **out, const char *const *text, size_t n)
{
    struct age_recipient *list = n == 0 ? NULL : calloc(n, sizeof *list);
    vault_err err = list == NULL && n > 0 ? err_nomem() : VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        err = age_recipient_read(&list[i], text[i], strlen(text[i]));
        if (err == VAULT_ERR_INPUT && n > 1)
            err_prefix("recipient %zu: ", i + 1);
    }
    if (err == VAULT_OK)
        *out = list;
    else
        free(list);
    return err;
}

void
age_recipient_sha256(uint8_t out[static 32], const struct age_recipient *r)
{
    char text[AGE_RECIPIENT_ROOM];

    age_recipient_write(text, r);
    crypto_hash_sha256(out, (const uint8_t *)text, strlen(text));
}

/* ---- identities ---- */

vault_err
age_identity_new(struct age_identity *out, enum age_kind kind)
{
    struct secret *seed = NULL;
    vault_err err = secret_random(&seed, SEED_BYTES);

    if (err == VAULT_OK)
        *out = (struct age_identity){kind, seed};
    return err;
}

void
age_identity_free(struct age_identity *id)
{
    secret_free(id->seed);
    id->seed = NULL;
}

void
age_identity_public(struct age_recipient *out, const struct age_identity *id)
{
    memset(out, 0, sizeof *out);
    out->kind = id->kind;
    if (id->kind == AGE_HYBRID)
        hpke_public(out->pk, secret_bytes(id->seed));
    else
        (void)crypto_scalarmult_base(out->pk, secret_bytes(id->seed));
}

vault_err
age_identity_write(struct secret **out, const struct age_identity *id)
{
    const char *hrp = forms[id->kind].identity;
    struct secret *text = NULL;
    size_t n = BECH32_CHARS(strlen(hrp), SEED_BYTES);
    vault_err err = secret_new(&text, n + 1);

    if (err != VAULT_OK)
        return err;
    bech32_write((char *)secret_edit(text), hrp, secret_bytes(id->seed), SEED_BYTES, true);
    secret_set_len(text, n);
    *out = text;
    return VAULT_OK;
}

static vault_err
not_an_identity(const char *text, size_t n, enum bech32_fault fault)
{
    static const char *const what[] = {
        [BECH32_MIXED] = "the private key mixes capital and small letters",
        [BECH32_LENGTH] = "the private key is not complete, or too long",
        [BECH32_WRONG] = "the private key was changed or mistyped: its checksum does not fit",
    };

    if (fault != BECH32_OTHER)
        return err_say(VAULT_ERR_INPUT, "it is one line that begins with AGE-SECRET-KEY-", "%s", what[fault]);
    if (begins(text, n, "age1"))
        return err_say(VAULT_ERR_INPUT, "the private key is a line that begins with AGE-SECRET-KEY-",
            "that is a public key, which opens nothing");
    return err_say(VAULT_ERR_INPUT, "it is one line that begins with AGE-SECRET-KEY-", "that is not a private key of age");
}

vault_err
age_identity_read(struct age_identity *out, const char *text, size_t n)
{
    struct age_identity id = {AGE_X25519, NULL};
    enum bech32_fault fault = BECH32_OTHER;
    vault_err err = secret_new(&id.seed, SEED_BYTES);

    if (err != VAULT_OK)
        return err;
    for (size_t k = KINDS; fault == BECH32_OTHER && k-- > 0;) {
        id.kind = (enum age_kind)k;
        fault = bech32_read(secret_edit(id.seed), SEED_BYTES, forms[k].identity, text, n);
    }
    if (fault == BECH32_GOOD) {
        *out = id;
        return VAULT_OK;
    }
    age_identity_free(&id);
    return not_an_identity(text, n, fault);
}

/* ---- files of them ---- */

/* Takes it over, unless that fails. */
static vault_err
push(struct age_identities *all, const struct age_identity *id)
{
    struct age_identity *list;

    if (all->n == AGE_IDENTITIES_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "more than %u private keys", AGE_IDENTITIES_MAX);
    list = array_room(all->list, all->n, &all->cap, sizeof *list);
    if (list == NULL)
        return err_nomem();
    all->list = list;
    list[all->n++] = *id;
    return VAULT_OK;
}

vault_err
age_identities_add(struct age_identities *all, enum age_kind kind, const struct secret *seed)
{
    struct age_identity id = {kind, NULL};
    vault_err err = secret_copy(&id.seed, secret_bytes(seed), SEED_BYTES);

    if (err == VAULT_OK)
        err = push(all, &id);
    if (err != VAULT_OK)
        age_identity_free(&id);
    return err;
}

static vault_err
add_line(struct age_identities *all, const char *line, size_t n)
{
    struct age_identity id;
    vault_err err;

    if (n > 0 && line[n - 1] == '\r')
        n--;
    if (n == 0 || line[0] == '#')
        return VAULT_OK;
    err = age_identity_read(&id, line, n);
    if (err != VAULT_OK)
        return err;
    err = push(all, &id);
    if (err != VAULT_OK)
        age_identity_free(&id);
    return err;
}

vault_err
age_identities_read(struct age_identities *all, const struct secret *file)
{
    const char *p = (const char *)secret_bytes(file), *end = p + secret_len(file);
    size_t before = all->n, number = 0;
    vault_err err = VAULT_OK;

    while (err == VAULT_OK && p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline == NULL ? end : newline;

        number++;
        err = add_line(all, p, (size_t)(stop - p));
        p = newline == NULL ? end : newline + 1;
    }
    if (err == VAULT_ERR_INPUT)
        err_prefix("line %zu: ", number);
    if (err == VAULT_OK && all->n == before)
        err = err_say(VAULT_ERR_INPUT, "it is a line that begins with AGE-SECRET-KEY-", "there is no private key in that file");
    return err;
}

void
age_identities_free(struct age_identities *all)
{
    for (size_t i = 0; i < all->n; i++)
        age_identity_free(&all->list[i]);
    free(all->list);
    *all = (struct age_identities){0};
}
