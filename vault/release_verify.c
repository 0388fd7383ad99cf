/* release_verify.c - a release as whoever receives it sees it: no vault is opened. */
#include <string.h>
#include "vault/release/verify.h"
#include "vault/vault.h"

static vault_err
tell(struct vault_release_verified *out, const struct release_manifest *m)
{
    struct vault_release_verified v = { .files = m->n_files };
    struct buf words = BUF_INIT;
    vault_err err;

    memcpy(v.audience, m->audience, sizeof v.audience);
    memcpy(v.purpose, m->purpose, sizeof v.purpose);
    memcpy(v.as_of, m->as_of, sizeof v.as_of);
    memcpy(v.expires, m->expires, sizeof v.expires);
    memcpy(v.key, m->key, sizeof v.key);
    release_key_words(&words, m->pk);
    err = buf_ok(&words);
    if (err == VAULT_OK && words.n < sizeof v.words) {      /* 12 words of at most 8 letters */
        memcpy(v.words, words.p, words.n);
        *out = v;
    }
    buf_free(&words);
    return err;
}

_Static_assert(sizeof ((struct release_manifest *)0)->audience == sizeof ((struct vault_release_verified *)0)->audience &&
    sizeof ((struct release_manifest *)0)->purpose == sizeof ((struct vault_release_verified *)0)->purpose &&
    sizeof ((struct release_manifest *)0)->key == sizeof ((struct vault_release_verified *)0)->key, "texts of the same room");

vault_err
vault_release_verify(const char *dir, const char *key, struct vault_release_verified *out)
{
    struct release_manifest m = {0};
    vault_err err;

    vault_clear_error();
    err = release_verify(&m, dir, key);
    if (err == VAULT_OK)
        err = tell(out, &m);
    release_manifest_free(&m);
    return err;
}
