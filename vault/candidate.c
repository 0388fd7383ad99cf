/*
 * candidate.c - see candidate.h.
 *
 * Every cost of both files is derived and every slot compared, whichever fits, so that the time does not tell.
 */
#include "vault/candidate.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include "vault/base/files.h"
#include "vault/base/text.h"

/* ---- the two key files ---- */

static vault_err
read_candidate(int dir, const char *name, struct candidate *c)
{
    struct buf b = BUF_INIT;
    vault_err err;

    c->there = false;
    c->slot = -1;
    err = file_read(&b, dir, name, KEYFILE_BYTES * 16);
    if (err == VAULT_ERR_INPUT)
        err = err_say(VAULT_ERR_DAMAGED, NULL, "%s is not a file of the right size", name);
    if (err == VAULT_OK)
        err = keyfile_decode(&c->kf, b.p, b.n);
    if (err == VAULT_OK) {
        memcpy(c->bytes, b.p, KEYFILE_BYTES);
        crypto_generichash_blake2b(c->hash, 32, c->bytes, KEYFILE_BYTES, NULL, 0);
        c->there = true;
    }
    buf_free(&b);
    return err;
}

static vault_err
no_keys(int dir)
{
    if (!file_exists(dir, DB_NAME))
        return err_say(VAULT_ERR_INPUT, "a vault is a folder made by 'withheld init'",
            "that folder is not a vault");
    /* What panic left must not come back: a keys.new alone goes as well. */
    if (file_exists(dir, KEYS_NEW) && file_wipe(dir, KEYS_NEW) != VAULT_OK)
        vault_clear_error();
    return err_say(VAULT_ERR_DAMAGED, "without it nothing opens this folder; restore a backup",
        "the file keys is missing: it was erased or lost");
}

/* `keys` must be readable; a keys.new that is not whole was never committed, but one that cannot be read may be the one in force. */
vault_err
candidates_read(int dir, struct candidate c[2])
{
    vault_err err = read_candidate(dir, KEYS_NAME, &c[0]);

    if (err == VAULT_ERR_NOT_FOUND)
        return no_keys(dir);
    if (err == VAULT_ERR_INPUT && file_exists(dir, DB_NAME))
        err = err_say(VAULT_ERR_DAMAGED, "restore a backup", "the file keys is damaged");
    if (err != VAULT_OK)
        return err;
    err = read_candidate(dir, KEYS_NEW, &c[1]);
    if (err == VAULT_ERR_FAILED || err == VAULT_ERR_NO_SPACE)
        return err;
    if (err != VAULT_OK)
        vault_clear_error();
    if (c[1].there && memcmp(c[0].kf.argon_salt, c[1].kf.argon_salt, KDF_SALT_BYTES) != 0)
        c[1].there = false;
    return VAULT_OK;
}

/* ---- deriving ---- */

static size_t
distinct_costs(const struct candidate c[2], int only_slot, struct kdf_cost out[4])
{
    size_t n = 0;

    for (unsigned k = 0; k < 2; k++)
        for (unsigned i = 0; c[k].there && i < KEYFILE_SLOTS; i++) {
            const struct slot_header *h = &c[k].kf.slot[i].head;
            size_t j = 0;
            if ((h->kind != SLOT_PASS && h->kind != SLOT_PASS_KEYFILE) ||
                (only_slot >= 0 && (unsigned)only_slot != i))
                continue;
            while (j < n && !kdf_cost_equal(&out[j], &h->cost))
                j++;
            if (j == n && n < 4)
                out[n++] = h->cost;
        }
    return n;
}

static vault_err
try_slots(struct candidate *c, const struct kdf_cost *cost, const struct secret *s,
    enum slot_kind kind, int only_slot)
{
    for (unsigned i = 0; i < KEYFILE_SLOTS; i++) {
        const struct slot *slot = &c->kf.slot[i];
        bool wanted = c->there && slot->head.kind == kind &&
            kdf_cost_equal(&slot->head.cost, cost) && (only_slot < 0 || (unsigned)only_slot == i);
        /* Every slot is compared, so that the time does not tell which one fitted. */
        if (wanted && slot_fits(slot, c->kf.vault_id, s) && c->slot < 0) {
            vault_err err = secret_copy(&c->s, secret_bytes(s), 32);
            if (err != VAULT_OK)
                return err;
            c->slot = (int)i;
        }
    }
    return VAULT_OK;
}

vault_err
session_key_file(const char *path, uint8_t hash[static 32])
{
    struct buf b = BUF_INIT;
    vault_err err = file_read(&b, AT_FDCWD, path, (size_t)64 << 20);

    if (err == VAULT_OK && b.n == 0)
        err = err_say(VAULT_ERR_INPUT, NULL, "the key file is empty");
    if (err == VAULT_OK)
        crypto_generichash_blake2b(hash, 32, b.p, b.n, NULL, 0);
    buf_free(&b);
    return err;
}

static vault_err
derive_one(struct candidate c[2], const struct secret *pass, const struct kdf_cost *cost,
    const uint8_t *file_hash, int only_slot)
{
    struct secret *s = NULL, *with_file = NULL;
    vault_err err;

    err = kdf_derive(&s, pass, c[0].kf.argon_salt, cost);
    if (err == VAULT_OK && file_hash != NULL)
        err = kdf_with_keyfile(&with_file, s, file_hash);
    for (unsigned k = 0; err == VAULT_OK && k < 2; k++) {
        err = try_slots(&c[k], cost, s, SLOT_PASS, only_slot);
        if (err == VAULT_OK && with_file != NULL)
            err = try_slots(&c[k], cost, with_file, SLOT_PASS_KEYFILE, only_slot);
    }
    secret_free(s);
    secret_free(with_file);
    return err;
}

vault_err
candidate_wrong_key(const struct candidate *c)
{
    if (c->by_shares)
        return err_say(VAULT_ERR_KEY,
            "a new set of shares replaces the older ones; "
            "compare the words of the vault that stand on each share with those of this one",
            "these shares do not open this vault");
    return err_say(VAULT_ERR_KEY,
        "check the keyboard layout and Caps Lock; other ways in: 'key list' shows them; "
        "an old copy of keys wants the passphrase of its time",
        "the passphrase does not open this vault");
}

static vault_err
derive_passphrase(struct candidate c[2], const struct vault_credentials *cred)
{
    struct kdf_cost cost[4];
    size_t n = distinct_costs(c, cred->slot, cost);
    struct secret *pass = NULL;
    bool with_file = cred->key_file != NULL;
    uint8_t hash[32];
    vault_err err = VAULT_OK;

    if (n == 0)
        return err_say(VAULT_ERR_NOT_FOUND, "'key list' shows the slots",
            "no slot here takes a passphrase");
    if (with_file)
        err = session_key_file(cred->key_file, hash);
    if (err == VAULT_OK)
        err = text_passphrase(&pass, cred->passphrase);
    /* All costs run, whichever fits. */
    for (size_t i = 0; err == VAULT_OK && i < n; i++)
        err = derive_one(c, pass, &cost[i], with_file ? hash : NULL, cred->slot);
    secret_free(pass);
    sodium_memzero(hash, sizeof hash);
    return err;
}

static bool
takes_shares(const struct candidate c[2], int only_slot)
{
    for (unsigned k = 0; k < 2; k++)
        for (unsigned i = 0; c[k].there && i < KEYFILE_SLOTS; i++)
            if (c[k].kf.slot[i].head.kind == SLOT_SHARES &&
                (only_slot < 0 || (unsigned)only_slot == i))
                return true;
    return false;
}

/* The secret of a set is S itself: there is nothing to derive. */
static vault_err
try_shares(struct candidate c[2], const struct secret *s, int only_slot)
{
    static const struct kdf_cost none = {0};
    vault_err err = VAULT_OK;

    if (!takes_shares(c, only_slot))
        return err_say(VAULT_ERR_NOT_FOUND, "'key list' shows the slots",
            "no slot here takes shares");
    for (unsigned k = 0; err == VAULT_OK && k < 2; k++) {
        c[k].by_shares = true;
        if (secret_len(s) == 32)        /* others are shares of something else */
            err = try_slots(&c[k], &none, s, SLOT_SHARES, only_slot);
    }
    return err;
}

vault_err
candidates_derive(struct candidate c[2], const struct vault_credentials *cred)
{
    vault_err err;

    if (cred->slot >= KEYFILE_SLOTS)
        return err_say(VAULT_ERR_NOT_FOUND, "'key list' shows the slots", "there is no such slot");
    err = cred->shares != NULL ? try_shares(c, cred->shares, cred->slot) :
        derive_passphrase(c, cred);
    if (err == VAULT_OK && c[0].slot < 0 && c[1].slot < 0)
        err = candidate_wrong_key(&c[0]);
    return err;
}
