/* names.c - names compared without a vault: vault_names_match, vault_names_fold. */
#include <sodium.h>
#include <string.h>

#include "vault/names/name.h"
#include "vault/vault.h"

vault_err
vault_names_match(const char *a, size_t na, const char *b, size_t nb, struct vault_name_match *out)
{
    struct { struct name a, b; } tmp;       /* may be names that nobody must see */
    vault_err err;

    vault_clear_error();
    err = name_read(&tmp.a, a, na);
    if (err == VAULT_OK)
        err = name_read(&tmp.b, b, nb);
    if (err == VAULT_OK)
        out->level = name_level_text(name_compare(&tmp.a, &tmp.b, NAME_SHOWS_BOTH, out->why));
    sodium_memzero(&tmp, sizeof tmp);
    return err;
}

static const char *
read_as(const struct name *n)
{
    if (n->korean.n > 0 && !n->known_given)
        return "korean";
    for (uint8_t i = 0; i < n->n; i++)
        if ((n->word[i].may_be_given ? n->word[i].given.n : n->word[i].family.n) == 0)
            return "letters";
    return "sound";
}

vault_err
vault_names_fold(const char *name, size_t n, struct vault_name_fold *out)
{
    struct name tmp;
    vault_err err;

    vault_clear_error();
    err = name_read(&tmp, name, n);
    if (err == VAULT_OK) {
        name_key(out->key, &tmp, false);
        name_key(out->skeleton, &tmp, true);
        out->read_as = read_as(&tmp);
        out->mixed = tmp.mixed;
    }
    sodium_memzero(&tmp, sizeof tmp);
    return err;
}
