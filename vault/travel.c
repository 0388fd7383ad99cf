/*
 * travel.c - a copy that provably cannot show names: vault_travel.
 *
 * Freshly keyed, with the case slots only and nothing withheld: no blob, no wrapped key, no slot key.
 * It keeps the card of home, so that names taken in on the way are sealed to the keepers there, who
 * alone can open them. The log goes on under a copy id of its own.
 */
#include "vault/session.h"

#include <sodium.h>
#include <string.h>
#include "vault/base/files.h"

struct travel {
    struct vault *home;
    struct keyfile kf;
    struct key_tree tree;       /* of the copy: no names secret */
    struct secret *e, *k_case;
};

/* ---- keys ---- */

static vault_err
new_tree(struct travel *t)
{
    struct secret *vmk = NULL, *none = NULL;
    vault_err err = secret_random(&vmk, 32);

    if (err == VAULT_OK)
        err = tree_derive(&t->tree, &vmk, &none);
    if (err == VAULT_OK)
        err = secret_random(&t->e, 32);
    if (err == VAULT_OK)
        err = tree_k_case(&t->k_case, &t->tree, t->e);
    secret_free(vmk);
    return err;
}

/* A keeper takes all case slots along, a case holder his own. */
static vault_err
take_slot(struct travel *t, unsigned i, bool *taken)
{
    struct vault *home = t->home;
    struct slot *slot = &t->kf.slot[i];
    const struct author *a = author_of_slot(home, slot->head.id);
    struct secret *key = NULL, *card = NULL;
    vault_err err = VAULT_OK;

    *taken = session_slot_registered(home, i) && slot->head.tier == TIER_CASE &&
        (is_keeper(home) || i == home->slot);
    if (!*taken) {
        keyfile_clear_slot(&t->kf, i);
        return VAULT_OK;
    }
    if (is_keeper(home))
        err = system_slot_key(home, a, &key);
    else
        err = secret_copy(&key, secret_bytes(home->me.slot_key), 32);
    if (err == VAULT_OK)
        err = secret_copy(&card, home->card_hash, 32);
    if (err == VAULT_OK)
        err = slot_reseal(slot, key, a->x25519_pk, t->tree.vmk, card);
    secret_free(key);
    secret_free(card);
    return err;
}

static vault_err
take_slots(struct travel *t)
{
    unsigned count = 0;
    bool taken = false;
    vault_err err = VAULT_OK;

    for (unsigned i = 0; err == VAULT_OK && i < KEYFILE_SLOTS; i++) {
        err = take_slot(t, i, &taken);
        count += taken;
    }
    if (err == VAULT_OK && count == 0)
        err = err_say(VAULT_ERR_REFUSED, "'key add --tier case' makes one",
            "a travel copy opens with case passphrases only, and there is none");
    return err;
}

/* ---- files ---- */

static vault_err
write_keys(struct travel *t, vault *copy)
{
    uint8_t bytes[KEYFILE_BYTES];
    vault_err err;

    t->kf.sequence = t->home->kf.sequence + 1;
    randombytes_buf(t->kf.db_salt, sizeof t->kf.db_salt);
    err = keyfile_encode(bytes, &t->kf, &t->tree, t->home->epoch, t->e);
    if (err != VAULT_OK)
        return err;
    crypto_generichash_blake2b(copy->keys_hash, 32, bytes, sizeof bytes, NULL, 0);
    return file_create(copy->dir, KEYS_NAME, bytes, sizeof bytes);
}

static vault_err
copy_database(struct travel *t, vault *copy)
{
    const struct seal_keys keys = { .vault_id = t->home->kf.vault_id, .k_case = t->k_case };
    struct secret *key = NULL;
    vault_err err = session_db_path(copy);

    if (err == VAULT_OK)
        err = tree_db_key(&key, &t->tree, t->kf.db_salt);
    if (err == VAULT_OK)
        err = db_open(&copy->db, copy->db_path, key, DB_CREATE);
    secret_free(key);
    if (err == VAULT_OK)
        err = db_begin(copy->db);
    if (err == VAULT_OK)
        err = session_copy(&t->home->recs, copy->db, &keys, COPY_OPEN);
    return err != VAULT_OK ? err : db_commit(copy->db);
}

/* The first entry of the copy, by the slot that made it. The session of home writes it, on the copy's
 * database and under its keys for the moment. */
static vault_err
begin_log(struct travel *t, vault *copy)
{
    struct vault *home = t->home;
    struct db *home_db = home->db;
    struct seal_keys home_keys = home->recs.keys;
    uint8_t home_copy[16];
    uint32_t n_log = home->n_log;
    struct commit what = { .action = "travel", .keys_hash = copy->keys_hash,
        .keys_sequence = t->kf.sequence };
    uint64_t sequence = home->keys_sequence;
    uint8_t named[32];
    struct change c;
    vault_err err;

    memcpy(home_copy, home->copy_id, sizeof home_copy);
    memcpy(named, home->keys_named, sizeof named);
    randombytes_buf(home->copy_id, sizeof home->copy_id);
    home->db = home->recs.db = copy->db;
    home->recs.keys = (struct seal_keys){ .vault_id = home->kf.vault_id, .k_case = t->k_case };
    recs_forget_pack(&home->recs);
    err = session_begin(home, &c);
    if (err == VAULT_OK)
        err = session_commit(home, &c, &what);
    home->db = home->recs.db = home_db;
    home->recs.keys = home_keys;
    recs_forget_pack(&home->recs);
    memcpy(home->copy_id, home_copy, sizeof home_copy);
    memcpy(home->keys_named, named, sizeof named);
    home->keys_sequence = sequence;
    home->n_log = n_log;                /* that entry is the copy's */
    home->uncertain = false;
    return err;
}

static vault_err
fill(vault *copy, void *ctx)
{
    struct travel *t = ctx;
    vault_err err = write_keys(t, copy);

    if (err == VAULT_OK)
        err = copy_database(t, copy);
    if (err == VAULT_OK)
        err = begin_log(t, copy);
    return err != VAULT_OK ? err : dir_sync(copy->dir);
}

/* At home the log says that a copy was made, before there is one. */
static vault_err
note_at_home(struct travel *t)
{
    struct detail d = {0};
    uint64_t slots = 0;
    vault_err err;

    for (unsigned i = 0; i < KEYFILE_SLOTS; i++)
        slots += t->kf.slot[i].head.kind != SLOT_EMPTY;
    detail_uint(&d, "slots", slots);
    err = session_note(t->home, "travel", false, &d);
    detail_free(&d);
    return err;
}

vault_err
vault_travel(vault *v, const char *path)
{
    struct travel t = { .home = v, .kf = v->kf };
    vault_err err;

    vault_clear_error();
    err = session_may_make(path);
    if (err == VAULT_OK)
        err = session_may_put(v, path);
    if (err == VAULT_OK)
        err = new_tree(&t);
    if (err == VAULT_OK)
        err = take_slots(&t);
    if (err == VAULT_OK)
        err = note_at_home(&t);
    if (err == VAULT_OK)
        err = session_new_folder(path, fill, &t);
    tree_free(&t.tree);
    secret_free(t.e);
    secret_free(t.k_case);
    return err;
}
