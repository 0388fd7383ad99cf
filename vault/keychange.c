/*
 * keychange.c - a new passphrase for the slot in use: vault_key_change.
 *
 * The three steps of docs/format.md, "Changing keys": keys.new, the entry that names it, the
 * rename. A power cut between any two leaves the old or the new passphrase, never none.
 */
#include "vault/session.h"

#include <sodium.h>
#include <string.h>
#include "vault/base/files.h"
#include "vault/base/text.h"

static vault_err
new_cost(const struct vault *v, const struct vault_create_options *opt, struct kdf_cost *out)
{
    struct kdf_cost seen[KEYFILE_SLOTS];
    size_t n = 0;
    vault_err err = VAULT_OK;

    if (opt == NULL || (opt->kdf_mem_mib == 0 && opt->kdf_passes == 0 && opt->kdf_seconds <= 0))
        *out = v->kf.slot[v->slot].head.cost;
    else
        err = session_pick_cost(out, opt);
    if (err != VAULT_OK)
        return err;
    seen[n++] = *out;
    for (unsigned i = 0; i < KEYFILE_SLOTS; i++) {
        const struct slot_header *h = &v->kf.slot[i].head;
        size_t j = 0;
        if (i == v->slot || h->kind == SLOT_EMPTY || h->kind == SLOT_SHARES)
            continue;
        while (j < n && !kdf_cost_equal(&seen[j], &h->cost))
            j++;
        if (j == n)
            seen[n++] = h->cost;
    }
    if (n <= 2)
        return VAULT_OK;
    return err_say(VAULT_ERR_REFUSED, "use a cost that another slot has",
        "a vault has at most two different costs of key derivation");
}

/* The key file with this slot sealed anew. */
static vault_err
reseal(struct vault *v, const struct secret *typed, const struct kdf_cost *cost,
    struct keyfile *kf, uint8_t bytes[static KEYFILE_BYTES])
{
    struct slot_header head = v->kf.slot[v->slot].head;
    struct secret *pass = NULL, *s = NULL;
    vault_err err;

    *kf = v->kf;
    kf->sequence++;
    head.kind = SLOT_PASS;
    head.cost = *cost;
    err = text_passphrase(&pass, typed);
    if (err == VAULT_OK)
        err = kdf_derive(&s, pass, kf->argon_salt, cost);
    if (err == VAULT_OK)
        err = slot_seal(&kf->slot[v->slot], &head, kf->vault_id, s, &v->me, v->tree.vmk, v->x);
    if (err == VAULT_OK)
        err = keyfile_encode(bytes, kf, &v->tree, v->epoch, v->e);
    secret_free(pass);
    secret_free(s);
    return err;
}

/* Step 2 and 3. */
static vault_err
put_in_force(struct vault *v, const struct keyfile *kf, const uint8_t hash[static 32])
{
    struct commit what = { .action = "key-change", .keys_hash = hash,
        .keys_sequence = kf->sequence };
    struct change c;
    vault_err err;

    err = session_begin(v, &c);
    if (err == VAULT_OK)
        err = session_commit(v, &c, &what);
    if (err != VAULT_OK) {
        struct vault_error said = *vault_last_error();
        /* Where the commit itself failed it may have taken place: the next opening settles it. */
        if (!v->uncertain && file_wipe(v->dir, KEYS_NEW) != VAULT_OK)
            vault_clear_error();
        return err_say(err, said.hint[0] == '\0' ? NULL : said.hint, "%s", said.text);
    }
    v->kf = *kf;
    memcpy(v->keys_hash, hash, 32);
    err = file_swap(v->dir, KEYS_NEW, KEYS_NAME);
    v->swap_due = err != VAULT_OK && file_exists(v->dir, KEYS_NEW);
    if (err != VAULT_OK)
        err_prefix("the new passphrase is in force, but keys.new could not be renamed yet: ");
    return err;
}

/* While keys.new is the file in force it must not be staged over. */
static vault_err
finish_swap(struct vault *v)
{
    vault_err err = VAULT_OK;

    if (!v->swap_due)
        return VAULT_OK;
    err = file_swap(v->dir, KEYS_NEW, KEYS_NAME);
    v->swap_due = err != VAULT_OK && file_exists(v->dir, KEYS_NEW);
    return v->swap_due ? err : VAULT_OK;
}

vault_err
vault_key_change(vault *v, const struct secret *new_passphrase,
    const struct vault_create_options *opt)
{
    uint8_t bytes[KEYFILE_BYTES], hash[32];
    struct kdf_cost cost;
    struct keyfile kf;
    vault_err err;

    vault_clear_error();
    err = finish_swap(v);
    if (err == VAULT_OK)
        err = new_cost(v, opt, &cost);
    if (err == VAULT_OK)
        err = reseal(v, new_passphrase, &cost, &kf, bytes);
    if (err == VAULT_OK)
        err = file_stage(v->dir, KEYS_NEW, bytes, sizeof bytes);
    if (err != VAULT_OK)
        return err;
    crypto_generichash_blake2b(hash, sizeof hash, bytes, sizeof bytes, NULL, 0);
    return put_in_force(v, &kf, hash);
}
