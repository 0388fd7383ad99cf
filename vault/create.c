/*
 * create.c - a new vault: vault_create.
 */
#include "vault/session.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/files.h"
#include "vault/base/text.h"

/* Fresh secrets and ids, and slot 0 with the passphrase. */
static vault_err
new_keys(vault *v, const struct secret *typed, const struct vault_create_options *opt)
{
    struct slot_header head = { .index = 0, .kind = SLOT_PASS, .tier = TIER_KEEPER };
    struct secret *pass = NULL, *s = NULL, *slot_secret = NULL, *vmk = NULL, *nsk = NULL;
    vault_err err;

    randombytes_buf(v->kf.vault_id, sizeof v->kf.vault_id);
    randombytes_buf(v->kf.argon_salt, sizeof v->kf.argon_salt);
    randombytes_buf(v->kf.db_salt, sizeof v->kf.db_salt);
    randombytes_buf(v->copy_id, sizeof v->copy_id);
    randombytes_buf(head.id, sizeof head.id);
    v->kf.sequence = 1;
    v->epoch = 1;
    err = session_judge_passphrase(v, typed);
    if (err == VAULT_OK)
        err = text_passphrase(&pass, typed);
    if (err == VAULT_OK)
        err = session_pick_cost(&head.cost, opt);
    if (err == VAULT_OK)
        err = kdf_derive(&s, pass, v->kf.argon_salt, &head.cost);
    if (err == VAULT_OK)
        err = secret_random(&slot_secret, 32);
    if (err == VAULT_OK)
        err = slot_keys_derive(&v->me, slot_secret);
    if (err == VAULT_OK)
        err = secret_random(&vmk, 32);
    if (err == VAULT_OK)
        err = secret_random(&nsk, 32);
    if (err == VAULT_OK)
        err = secret_copy(&v->x, secret_bytes(nsk), 32);
    if (err == VAULT_OK)
        err = slot_seal(&v->kf.slot[0], &head, v->kf.vault_id, s, &v->me, vmk, nsk);
    if (err == VAULT_OK)
        err = tree_derive(&v->tree, &vmk, &nsk);
    if (err == VAULT_OK)
        err = secret_random(&v->e, 32);
    if (err == VAULT_OK)
        err = tree_k_case(&v->k_case, &v->tree, v->e);
    secret_free(pass);
    secret_free(s);
    secret_free(slot_secret);
    secret_free(vmk);
    secret_free(nsk);
    return err;
}

/* ---- the first entry: types, slot, card ---- */

static vault_err
add_first_records(struct vault *v, struct change *c)
{
    const struct slot_registration own = { v->me.author_pk, v->me.x25519_pk, v->me.slot_key };
    const struct type_def *const *types = NULL;
    size_t n = types_builtin(&types);
    vault_err err = types == NULL ? err_nomem() : VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < n; i++)
        err = system_add_type(v, c, types[i]);
    if (err == VAULT_OK)
        err = system_add_slot(v, c, &v->kf.slot[v->slot].head, &own, true);
    return err != VAULT_OK ? err : system_add_card(v, c, &v->tree);
}

static vault_err
first_entry(struct vault *v)
{
    struct commit what = { .action = "init", .keeper = true, .keys_hash = v->keys_hash,
        .keys_sequence = v->kf.sequence };
    struct change c;
    vault_err err;

    err = session_begin(v, &c);
    if (err == VAULT_OK)
        err = recs_new_keys(&v->recs);
    if (err == VAULT_OK)
        err = add_first_records(v, &c);
    if (err != VAULT_OK) {
        change_abort(&c);
        return err;
    }
    return session_commit(v, &c, &what);
}

struct wish { const struct secret *typed; const struct vault_create_options *opt; };

static vault_err
fill(vault *v, void *ctx)
{
    const struct wish *wish = ctx;
    uint8_t bytes[KEYFILE_BYTES];
    struct secret *key = NULL;
    vault_err err = VAULT_OK;

    if (wish->opt != NULL)
        err = vault_accept(v, wish->opt->accept, wish->opt->n_accept);
    if (err == VAULT_OK)
        err = new_keys(v, wish->typed, wish->opt);
    if (err == VAULT_OK)
        err = keyfile_encode(bytes, &v->kf, &v->tree, v->epoch, v->e);
    if (err != VAULT_OK)
        return err;
    crypto_generichash_blake2b(v->keys_hash, 32, bytes, sizeof bytes, NULL, 0);
    err = file_create(v->dir, KEYS_NAME, bytes, sizeof bytes);
    if (err == VAULT_OK)
        err = session_db_path(v);
    if (err == VAULT_OK)
        err = tree_db_key(&key, &v->tree, v->kf.db_salt);
    if (err == VAULT_OK)
        err = db_open(&v->db, v->db_path, key, DB_CREATE);
    secret_free(key);
    if (err == VAULT_OK)
        err = session_init_recs(v);
    if (err == VAULT_OK)
        err = first_entry(v);
    return err != VAULT_OK ? err : dir_sync(v->dir);
}

vault_err
vault_create(const char *path, const struct secret *passphrase,
    const struct vault_create_options *opt)
{
    struct wish wish = { passphrase, opt };

    vault_clear_error();
    return session_new_folder(path, fill, &wish);
}
