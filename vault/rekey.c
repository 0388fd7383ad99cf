/*
 * rekey.c - new keys for everything: vault_key_rekey, the only revocation there is.
 *
 * A new master key, names secret, epoch and database salt, and a new slot secret for the slot in use; the
 * slots of people who are not here are resealed with their registered keys. A whole new
 * database (second.c) holds the entry that both keeper keys sign.
 */
#include "vault/session.h"

#include <sodium.h>

struct rekey {
    struct vault *v;
    struct keyfile kf;
    struct key_tree tree;       /* the new one */
    struct secret *e, *k_case;
    struct slot_keys own;       /* of the slot in use */
};

/* ---- the new keys ---- */

static vault_err
new_tree(struct rekey *k)
{
    struct secret *vmk = NULL, *nsk = NULL;
    vault_err err = secret_random(&vmk, 32);

    if (err == VAULT_OK)
        err = secret_random(&nsk, 32);
    if (err == VAULT_OK)
        err = tree_derive(&k->tree, &vmk, &nsk);
    if (err == VAULT_OK)
        err = secret_random(&k->e, 32);
    if (err == VAULT_OK)
        err = tree_k_case(&k->k_case, &k->tree, k->e);
    secret_free(vmk);
    secret_free(nsk);
    return err;
}

/* The slot in use gets a new slot secret under the same way in. */
static vault_err
seal_own(struct rekey *k, const struct secret *s)
{
    const struct slot *slot = &k->v->kf.slot[k->v->slot];
    struct secret *slot_secret = NULL, *x = NULL;
    vault_err err = secret_random(&slot_secret, 32);

    if (err == VAULT_OK)
        err = slot_keys_derive(&k->own, slot_secret);
    if (err == VAULT_OK)
        err = session_slot_x(k->v, slot->head.tier, &k->tree, &x);
    if (err == VAULT_OK)
        err = slot_seal(&k->kf.slot[k->v->slot], &slot->head, k->kf.vault_id, s, &k->own,
            k->tree.vmk, x);
    secret_free(slot_secret);
    secret_free(x);
    return err;
}

/* Somebody else's slot: box 2 anew, with the slot key that lies under the name key. */
static vault_err
reseal_other(struct rekey *k, unsigned i)
{
    struct slot *slot = &k->kf.slot[i];
    const struct author *a = author_of_slot(k->v, slot->head.id);
    struct secret *key = NULL, *x = NULL;
    vault_err err;

    err = system_slot_key(k->v, a, &key);
    if (err == VAULT_OK)
        err = session_slot_x(k->v, slot->head.tier, &k->tree, &x);
    if (err == VAULT_OK)
        err = slot_reseal(slot, key, a->x25519_pk, k->tree.vmk, x);
    secret_free(key);
    secret_free(x);
    return err;
}

static vault_err
new_keys(struct rekey *k, const struct secret *s)
{
    vault_err err = new_tree(k);

    randombytes_buf(k->kf.db_salt, sizeof k->kf.db_salt);
    if (err == VAULT_OK)
        err = seal_own(k, s);
    for (unsigned i = 0; err == VAULT_OK && i < KEYFILE_SLOTS; i++) {
        if (!session_slot_registered(k->v, i))
            keyfile_clear_slot(&k->kf, i);      /* written there by somebody who is no keeper */
        else if (i != k->v->slot)
            err = reseal_other(k, i);
    }
    return err;
}

/* ---- the new database ---- */

static vault_err
add_records(struct vault *v, struct change *c, void *ctx)
{
    struct rekey *k = ctx;
    vault_err err = system_add_former(v, c, &v->tree);

    if (err == VAULT_OK)
        err = system_add_card(v, c, &k->tree);
    for (unsigned i = 0; err == VAULT_OK && i < KEYFILE_SLOTS; i++) {
        const struct slot_header *h = &k->kf.slot[i].head;
        const struct author *a = author_of_slot(v, h->id);
        struct slot_registration r = { k->own.author_pk, k->own.x25519_pk, k->own.slot_key };
        struct secret *key = NULL;
        if (h->kind == SLOT_EMPTY || a == NULL)
            continue;
        if (i != v->slot) {
            err = system_slot_key(v, a, &key);
            r = (struct slot_registration){ a->pk, a->x25519_pk, key };
        }
        if (err == VAULT_OK)
            err = system_add_slot(v, c, h, &r, true);
        secret_free(key);
    }
    return err;
}

static vault_err
run(struct rekey *k, const struct secret *s)
{
    struct second second = { .what = { .action = "rekey", .keeper = true, .next = &k->tree },
        .tree = &k->tree, .epoch = k->v->epoch, .add = add_records, .ctx = k };
    vault_err err = new_keys(k, s);

    second.kf = k->kf;
    second.e = k->e;
    second.keys = (struct seal_keys){ .vault_id = k->v->kf.vault_id, .k_case = k->k_case,
        .k_name = k->tree.k_name };
    return err != VAULT_OK ? err : session_second(k->v, &second);
}

vault_err
vault_key_rekey(vault *v, const struct vault_credentials *own)
{
    struct rekey k = { .v = v };
    struct secret *s = NULL;
    vault_err err;

    vault_clear_error();
    err = need_keeper(v, "a rekey");
    if (err == VAULT_OK)
        err = session_may_write(v);
    if (err == VAULT_OK)
        err = session_own_secret(v, own, &s);
    if (err == VAULT_OK)
        err = session_adopt(v);
    k.kf = v->kf;
    if (err == VAULT_OK)
        err = run(&k, s);
    tree_free(&k.tree);
    slot_keys_free(&k.own);
    secret_free(k.e);
    secret_free(k.k_case);
    secret_free(s);
    return err;
}
