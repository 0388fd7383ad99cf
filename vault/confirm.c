/* confirm.c - is this still the person who opened the session? vault_confirm. */
#include "vault/session.h"

static vault_err
not_it(void)
{
    return err_say(VAULT_ERR_KEY, "check the keyboard layout and Caps Lock",
        "that is not the passphrase of this session");
}

vault_err
vault_confirm(vault *v, const struct vault_credentials *cred)
{
    const struct slot *own = &v->kf.slot[v->slot];
    bool with_file = own->head.kind == SLOT_PASS_KEYFILE;
    struct secret *s = NULL;
    vault_err err;

    vault_clear_error();
    if (own->head.kind == SLOT_SHARES)
        return err_say(VAULT_ERR_REFUSED, "close it and open it again with the shares",
            "this session was opened with shares, and has no passphrase to ask for again");
    if (cred->passphrase == NULL || (with_file && cred->key_file == NULL))
        return not_it();
    err = session_stretch(&s, v->kf.argon_salt, cred->passphrase,
        with_file ? cred->key_file : NULL, &own->head.cost);
    if (err == VAULT_OK && slot_fits(own, v->kf.vault_id, s) != 1)
        err = not_it();
    secret_free(s);
    return err;
}
