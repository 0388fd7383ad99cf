#include <assert.h>
#include <sodium.h>
#include <string.h>
#include "vault/base/hash.h"
#include "vault/base/sign.h"
#include "vault/keys/tree.h"

/* docs/format.md, section 6. */
enum { VMK_DB = 1, VMK_KEYS, VMK_EPOCH, VMK_CASE_BASE, VMK_CASE_SEED, VMK_BACKUP };
enum { NSK_INTAKE = 1, NSK_NAME, NSK_SIGN, NSK_KEEPER };

#define DB_KEY_TEXT 99u     /* x' 64 digits 32 digits ' */

static vault_err
derived(struct secret **out, const struct secret *from, uint64_t id, const char ctx[static 8])
{
    vault_err err = secret_new(out, 32);

    if (err == VAULT_OK)
        kdf_sub(secret_edit(*out), 32, id, ctx, secret_bytes(from));
    return err;
}

static vault_err
from_vmk(struct key_tree *t, const struct secret *vmk)
{
    static const char ctx[] = "wh-vmk__";
    vault_err err = derived(&t->k_db, vmk, VMK_DB, ctx);

    if (err == VAULT_OK)
        err = derived(&t->k_keys, vmk, VMK_KEYS, ctx);
    if (err == VAULT_OK)
        err = derived(&t->k_epoch, vmk, VMK_EPOCH, ctx);
    if (err == VAULT_OK)
        err = derived(&t->case_base, vmk, VMK_CASE_BASE, ctx);
    if (err == VAULT_OK)
        err = derived(&t->case_seed, vmk, VMK_CASE_SEED, ctx);
    if (err == VAULT_OK)
        err = derived(&t->k_backup, vmk, VMK_BACKUP, ctx);
    return err;
}

static vault_err
from_nsk(struct key_tree *t, const struct secret *nsk)
{
    static const char ctx[] = "wh-nsk__";
    vault_err err = derived(&t->intake_seed, nsk, NSK_INTAKE, ctx);

    if (err == VAULT_OK)
        err = derived(&t->k_name, nsk, NSK_NAME, ctx);
    if (err == VAULT_OK)
        err = derived(&t->keeper_sign_seed, nsk, NSK_SIGN, ctx);
    if (err == VAULT_OK)
        err = derived(&t->keeper_seed, nsk, NSK_KEEPER, ctx);
    if (err == VAULT_OK)
        err = sign_public(t->keeper_pk, t->keeper_sign_seed);
    return err;
}

vault_err
tree_intake_seed(struct secret **out, const struct secret *nsk)
{
    return derived(out, nsk, NSK_INTAKE, "wh-nsk__");
}

vault_err
tree_keeper_seed(struct secret **out, const struct secret *nsk)
{
    return derived(out, nsk, NSK_KEEPER, "wh-nsk__");
}

vault_err
tree_derive(struct key_tree *out, struct secret **vmk, struct secret **nsk)
{
    struct key_tree t = {0};
    vault_err err;

    assert(secret_len(*vmk) == 32 && (*nsk == NULL || secret_len(*nsk) == 32));
    err = from_vmk(&t, *vmk);
    if (err == VAULT_OK && *nsk != NULL)
        err = from_nsk(&t, *nsk);
    if (err != VAULT_OK)
        goto done;

    t.vmk = secret_take(vmk);
    t.nsk = secret_take(nsk);
    *out = t;
    t = (struct key_tree){0};
done:
    tree_free(&t);
    return err;
}

void
tree_free(struct key_tree *t)
{
    secret_free(t->vmk);
    secret_free(t->k_db);
    secret_free(t->k_keys);
    secret_free(t->k_epoch);
    secret_free(t->case_base);
    secret_free(t->case_seed);
    secret_free(t->k_backup);
    secret_free(t->nsk);
    secret_free(t->intake_seed);
    secret_free(t->k_name);
    secret_free(t->keeper_sign_seed);
    secret_free(t->keeper_seed);
    *t = (struct key_tree){0};
}

vault_err
tree_k_case(struct secret **out, const struct key_tree *t, const struct secret *e)
{
    const struct part epoch = PART(secret_bytes(e), 32);
    struct secret *key = NULL;
    vault_err err;

    assert(secret_len(e) == 32);
    err = secret_new(&key, 32);
    if (err != VAULT_OK)
        return err;
    mac_parts(secret_edit(key), secret_bytes(t->case_base), "withheld:case:1", &epoch, 1);
    *out = key;
    return VAULT_OK;
}

vault_err
tree_db_key(struct secret **out, const struct key_tree *t, const uint8_t db_salt[static 16])
{
    struct secret *text = NULL;
    vault_err err = secret_new(&text, DB_KEY_TEXT);
    char *p;

    if (err != VAULT_OK)
        return err;
    /* sodium_bin2hex takes the same time for every key, and ends with a zero byte, on which the
     * next piece is written. */
    p = (char *)secret_edit(text);
    memcpy(p, "x'", 2);
    sodium_bin2hex(p + 2, 65, secret_bytes(t->k_db), 32);
    sodium_bin2hex(p + 66, 33, db_salt, 16);
    p[DB_KEY_TEXT - 1] = '\'';
    *out = text;
    return VAULT_OK;
}
