/*
 * keyset.c - the ways in: vault_key_add, vault_key_remove, vault_key_change, vault_key_upgrade.
 *
 * The three steps of docs/format.md, "Changing keys": keys.new, the entry that names it, the
 * rename. A power cut between any two leaves the old or the new state, never none.
 */
#include "vault/session.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include "vault/base/files.h"
#include "vault/base/text.h"

vault_err
session_stretch(struct secret **out, const uint8_t salt[static KDF_SALT_BYTES],
    const struct secret *typed, const char *key_file, const struct kdf_cost *cost)
{
    struct secret *pass = NULL, *s = NULL;
    uint8_t hash[32];
    vault_err err;

    err = text_passphrase(&pass, typed);
    if (err == VAULT_OK)
        err = kdf_derive(&s, pass, salt, cost);
    if (err == VAULT_OK && key_file != NULL) {
        err = session_key_file(key_file, hash);
        if (err == VAULT_OK)
            err = kdf_with_keyfile(out, s, hash);
        sodium_memzero(hash, sizeof hash);
    } else if (err == VAULT_OK) {
        *out = secret_take(&s);
    }
    secret_free(pass);
    secret_free(s);
    return err;
}

/* ---- the three steps ---- */

vault_err
session_swapped(struct vault *v, vault_err err, const char *name)
{
    if (err == VAULT_OK)
        return err;
    v->old_left = true;
    return err_say(err, "wipe the free space of the disk",
        "the new files are in force, but the old %s may not be overwritten: %s", name, vault_last_error()->text);
}

vault_err
session_swap_keys(struct vault *v)
{
    bool renamed;
    vault_err err = file_swap(v->dir, KEYS_NEW, KEYS_NAME, &renamed);

    v->swap_due = !renamed;
    if (renamed)
        return session_swapped(v, err, KEYS_NAME);
    if (err == VAULT_ERR_NOT_FOUND)
        return err_say(err, "in a shell: change a passphrase or a slot once more before you leave it, which makes the file anew; else go back to a backup",
            "the new files are in force, but keys.new was erased or lost, and nothing else opens the vault");
    err_prefix("the new files are in force, but keys.new could not be renamed yet: ");
    return err;
}

/* While keys.new is the file in force it must not be staged over. */
static vault_err
finish_swap(struct vault *v)
{
    vault_err err = v->swap_due ? session_swap_keys(v) : VAULT_OK;

    if (err == VAULT_ERR_NOT_FOUND) {       /* it is lost; another, of what this session knows, takes its place now */
        v->swap_due = false;
        vault_clear_error();
        return VAULT_OK;
    }
    if (err != VAULT_OK)
        err_prefix(v->swap_due ? "nothing was done, as an earlier change of keys must be finished first: " :
            "nothing was done but to finish an earlier change of keys: ");
    return err;
}

vault_err
session_keys_there(const struct vault *v)
{
    if (file_exists(v->dir, KEYS_NAME))
        return VAULT_OK;
    return err_say(VAULT_ERR_DAMAGED, "close it; without that file nothing opens this folder",
        "the file keys was erased or lost while the vault was open");
}

vault_err
session_stage_keys(struct vault *v, struct keyfile *kf, const struct key_tree *tree,
    uint64_t epoch, const struct secret *e, uint8_t hash[static 32])
{
    uint8_t bytes[KEYFILE_BYTES];
    vault_err err = session_may_write(v);   /* after a commit that failed, keys.new may be the one in force */

    if (err == VAULT_OK)
        err = finish_swap(v);
    if (err == VAULT_OK)
        err = session_keys_there(v);
    kf->sequence = v->kf.sequence + 1;
    if (err == VAULT_OK)
        err = keyfile_encode(bytes, kf, tree, epoch, e);
    if (err == VAULT_OK)
        err = file_stage(v->dir, KEYS_NEW, bytes, sizeof bytes);
    if (err == VAULT_OK)
        crypto_generichash_blake2b(hash, 32, bytes, sizeof bytes, NULL, 0);
    return err;
}

void
session_unstage_keys(struct vault *v)
{
    struct vault_error said = *vault_last_error();

    if (file_wipe(v->dir, KEYS_NEW) != VAULT_OK)
        vault_clear_error();
    (void)err_say(said.code, said.hint[0] == '\0' ? NULL : said.hint, "%s", said.text);
}

/* A registration or retirement that goes with a change of keys. */
struct registration {
    struct slot_header head;
    struct slot_registration keys;
    bool active;
};
#define REGISTRATIONS_MAX 2

struct registrations {
    struct registration r[REGISTRATIONS_MAX];
    size_t n;
};

/* Who wrote through this slot so far will no more. */
static vault_err
retire(struct vault *v, const struct slot_header *head, struct registrations *out)
{
    const struct author *a = author_of_slot(v, head->id);

    if (a == NULL)
        return err_say(VAULT_ERR_DAMAGED, NULL, "the slot is not registered in the log");
    out->r[out->n++] = (struct registration){ .head = *head,
        .keys = { a->pk, a->x25519_pk, NULL } };
    return VAULT_OK;
}

static vault_err
add_registrations(struct vault *v, struct change *c, void *ctx)
{
    const struct registrations *reg = ctx;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < reg->n; i++)
        err = system_add_slot(v, c, &reg->r[i].head, &reg->r[i].keys, reg->r[i].active);
    return err;
}

vault_err
session_put_in_force(struct vault *v, const struct keyfile *kf, const struct commit *what,
    session_fill_fn *fill, void *ctx)
{
    struct change c = {0};
    vault_err err;

    err = session_begin(v, &c);
    if (err == VAULT_OK && fill != NULL)
        err = fill(v, &c, ctx);
    if (err == VAULT_OK)
        err = session_commit(v, &c, what);
    else
        change_abort(&c);
    if (err != VAULT_OK) {
        /* Where the commit itself failed it may have taken place: the next opening settles it. */
        if (!v->uncertain)
            session_unstage_keys(v);
        return err;
    }
    /* Where that retired the slot in use, nothing that it would sign from now on is valid. */
    v->uncertain = !session_slot_registered(v, v->slot);
    v->kf = *kf;
    memcpy(v->keys_hash, what->keys_hash, 32);
    err = session_keys_there(v);
    if (err != VAULT_OK) {
        session_unstage_keys(v);
        return err;
    }
    return session_swap_keys(v);
}

static vault_err
apply(struct vault *v, struct keyfile *kf, const char *action, unsigned slot,
    struct registrations *reg)
{
    struct detail d = {0};
    struct commit what = { .action = action, .keeper = reg != NULL, .detail = &d };
    uint8_t hash[32];
    vault_err err = session_stage_keys(v, kf, &v->tree, v->epoch, v->e, hash);

    if (err == VAULT_OK) {
        detail_uint(&d, "slot", slot);
        what.keys_hash = hash;
        what.keys_sequence = kf->sequence;
        err = session_put_in_force(v, kf, &what, reg == NULL ? NULL : add_registrations, reg);
    }
    detail_free(&d);
    return err;
}

/* ---- change ---- */

/* The slot in use, for what was typed now. */
static vault_err
reseal_own(struct vault *v, const struct slot_header *head, const struct secret *typed,
    const char *key_file)
{
    struct keyfile kf = v->kf;
    struct secret *s = NULL;
    vault_err err = session_stretch(&s, v->kf.argon_salt, typed, key_file, &head->cost);

    if (err == VAULT_OK)
        err = slot_seal(&kf.slot[v->slot], head, kf.vault_id, s, &v->me, v->tree.vmk, v->x);
    if (err == VAULT_OK)
        err = apply(v, &kf, "key-change", v->slot, NULL);
    secret_free(s);
    return err;
}

vault_err
vault_key_change(vault *v, const struct secret *new_passphrase,
    const struct vault_create_options *opt)
{
    struct slot_header head = v->kf.slot[v->slot].head;
    const char *key_file = opt == NULL ? NULL : opt->key_file;
    vault_err err;

    vault_clear_error();
    if (head.kind == SLOT_SHARES)
        return err_say(VAULT_ERR_REFUSED, "'key shares' makes a new set",
            "a slot of shares has no passphrase");
    head.kind = key_file == NULL ? SLOT_PASS : SLOT_PASS_KEYFILE;
    err = session_judge_passphrase(v, new_passphrase);
    if (err == VAULT_OK)
        err = session_slot_cost(&head.cost, v, v->slot, opt);
    return err == VAULT_OK ? reseal_own(v, &head, new_passphrase, key_file) : err;
}

vault_err
vault_key_upgrade(vault *v, const struct vault_credentials *own, bool *upgraded)
{
    struct slot_header head = v->kf.slot[v->slot].head;
    struct secret *s = NULL;
    bool more = false;
    vault_err err;

    vault_clear_error();
    if (head.kind == SLOT_SHARES)
        return err_say(VAULT_ERR_REFUSED, NULL, "shares cannot be guessed: their slot has no cost");
    err = session_may_write(v);
    if (err == VAULT_OK)
        err = session_own_secret(v, own, &s);
    secret_free(s);
    if (err == VAULT_OK)
        err = session_higher_cost(&head.cost, &more, v);
    if (err == VAULT_OK && more)
        err = reseal_own(v, &head, own->passphrase,
            head.kind == SLOT_PASS_KEYFILE ? own->key_file : NULL);
    if (err == VAULT_OK)
        *upgraded = more;
    return err;
}

/* ---- add ---- */

vault_err
session_slot_x(const struct vault *v, enum slot_tier tier, const struct key_tree *tree,
    struct secret **out)
{
    struct buf card = BUF_INIT;
    uint8_t hash[32];
    vault_err err;

    if (tier == TIER_KEEPER)
        return secret_copy(out, secret_bytes(tree->nsk), 32);
    err = card_build(&card, tree, v->kf.vault_id);
    if (err == VAULT_OK) {
        card_hash(hash, card.p, card.n);
        err = secret_copy(out, hash, sizeof hash);
    }
    buf_free(&card);
    return err;
}

vault_err
session_free_slot(const struct vault *v, unsigned *out)
{
    for (unsigned i = 0; i < KEYFILE_SLOTS; i++)
        if (v->kf.slot[i].head.kind == SLOT_EMPTY) {
            *out = i;
            return VAULT_OK;
        }
    return err_say(VAULT_ERR_REFUSED, "'key remove' makes room", "all %u key slots are in use",
        (unsigned)KEYFILE_SLOTS);
}

vault_err
session_add_slot(struct vault *v, struct slot_header *head, const struct secret *s,
    int replaces, const char *action)
{
    struct keyfile kf = v->kf;
    struct secret *slot_secret = NULL, *x = NULL;
    struct slot_keys keys = {0};
    struct registrations reg = {0};
    vault_err err = VAULT_OK;

    randombytes_buf(head->id, sizeof head->id);
    if (replaces >= 0) {
        head->index = (uint8_t)replaces;
        err = retire(v, &v->kf.slot[replaces].head, &reg);
    }
    if (err == VAULT_OK)
        err = secret_random(&slot_secret, 32);
    if (err == VAULT_OK)
        err = slot_keys_derive(&keys, slot_secret);
    if (err == VAULT_OK)
        err = session_slot_x(v, head->tier, &v->tree, &x);
    if (err == VAULT_OK)
        err = slot_seal(&kf.slot[head->index], head, kf.vault_id, s, &keys, v->tree.vmk, x);
    reg.r[reg.n++] = (struct registration){ .head = *head, .active = true,
        .keys = { keys.author_pk, keys.x25519_pk, keys.slot_key } };
    if (err == VAULT_OK)
        err = apply(v, &kf, action, head->index, &reg);
    slot_keys_free(&keys);
    secret_free(slot_secret);
    secret_free(x);
    return err;
}

vault_err
vault_key_add(vault *v, enum vault_tier tier, const struct secret *passphrase,
    const struct vault_create_options *opt, int *slot)
{
    struct slot_header head = { .tier = tier == VAULT_TIER_KEEPER ? TIER_KEEPER : TIER_CASE };
    const char *key_file = opt == NULL ? NULL : opt->key_file;
    struct secret *s = NULL;
    unsigned at = KEYFILE_SLOTS;
    vault_err err;

    vault_clear_error();
    *slot = -1;
    err = need_keeper(v, "adding a key slot");
    if (err == VAULT_OK)
        err = session_free_slot(v, &at);
    head.index = (uint8_t)at;
    head.kind = key_file == NULL ? SLOT_PASS : SLOT_PASS_KEYFILE;
    if (err == VAULT_OK)
        err = session_judge_passphrase(v, passphrase);
    if (err == VAULT_OK)
        err = session_slot_cost(&head.cost, v, at, opt);
    if (err == VAULT_OK)
        err = session_stretch(&s, v->kf.argon_salt, passphrase, key_file, &head.cost);
    if (err == VAULT_OK)
        err = session_add_slot(v, &head, s, -1, "slot-add");
    if (err == VAULT_OK || (at < KEYFILE_SLOTS && (v->uncertain || v->kf.slot[at].head.kind != SLOT_EMPTY)))
        *slot = (int)at;
    secret_free(s);
    return err;
}

/* ---- remove ---- */

static vault_err
may_remove(struct vault *v, int slot)
{
    unsigned keepers = 0;

    if (slot < 0 || slot >= KEYFILE_SLOTS || v->kf.slot[slot].head.kind == SLOT_EMPTY)
        return err_say(VAULT_ERR_NOT_FOUND, "'key list' shows the slots", "there is no such slot");
    if (!session_slot_registered(v, (unsigned)slot))
        return VAULT_OK;
    for (unsigned i = 0; i < KEYFILE_SLOTS; i++)
        keepers += v->kf.slot[i].head.tier == TIER_KEEPER && session_slot_registered(v, i);
    if (v->kf.slot[slot].head.tier == TIER_KEEPER && keepers == 1)
        return err_say(VAULT_ERR_REFUSED, "'key add --tier keeper' makes another one first",
            "the last keeper slot cannot be removed: nobody could read the names again");
    return VAULT_OK;
}

vault_err
vault_key_remove(vault *v, int slot)
{
    struct keyfile kf = v->kf;
    struct registrations reg = {0};
    vault_err err;

    vault_clear_error();
    err = need_keeper(v, "removing a key slot");
    if (err == VAULT_OK)
        err = may_remove(v, slot);
    /* One that somebody wrote into the file, and no keeper registered, has nobody to retire. */
    if (err == VAULT_OK && session_slot_registered(v, (unsigned)slot))
        err = retire(v, &v->kf.slot[slot].head, &reg);
    if (err != VAULT_OK)
        return err;
    keyfile_clear_slot(&kf, (unsigned)slot);
    return apply(v, &kf, "slot-remove", (unsigned)slot, &reg);
}
