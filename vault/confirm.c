/* confirm.c - is this still the person who opened the session? vault_confirm, session_own_secret. */
#include "vault/session.h"

static vault_err
not_it(void)
{
    return err_say(VAULT_ERR_KEY, "check the keyboard layout and Caps Lock",
        "that is not the passphrase of this session");
}

static vault_err
from_shares(const struct vault_credentials *cred, struct secret **out)
{
    if (cred->shares == NULL || secret_len(cred->shares) != 32)
        return err_say(VAULT_ERR_REFUSED, "close it and open it again with the shares",
            "this session was opened with shares, and has no passphrase to ask for again");
    return secret_copy(out, secret_bytes(cred->shares), 32);
}

static vault_err
from_passphrase(const struct vault *v, const struct slot_header *own,
    const struct vault_credentials *cred, struct secret **out)
{
    bool with_file = own->kind == SLOT_PASS_KEYFILE;

    if (cred->passphrase == NULL || (with_file && cred->key_file == NULL))
        return not_it();
    return session_stretch(out, v->kf.argon_salt, cred->passphrase,
        with_file ? cred->key_file : NULL, &own->cost);
}

vault_err
session_own_secret(vault *v, const struct vault_credentials *cred, struct secret **out)
{
    const struct slot *own = &v->kf.slot[v->slot];
    struct secret *s = NULL;
    vault_err err;

    err = own->head.kind == SLOT_SHARES ? from_shares(cred, &s) :
        from_passphrase(v, &own->head, cred, &s);
    if (err == VAULT_OK && slot_fits(own, v->kf.vault_id, s) != 1)
        err = not_it();
    if (err == VAULT_OK)
        *out = secret_take(&s);
    secret_free(s);
    return err;
}

vault_err
vault_confirm(vault *v, const struct vault_credentials *cred)
{
    struct secret *s = NULL;
    vault_err err;

    vault_clear_error();
    err = session_own_secret(v, cred, &s);
    secret_free(s);
    return err;
}
