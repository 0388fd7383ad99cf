/*
 * create.c - a new vault: vault_create.
 *
 * It is built whole in a folder beside it and renamed into place, so that a vault is there entirely or
 * not at all.
 */
#include "vault/session.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "vault/base/cbor.h"
#include "vault/base/files.h"
#include "vault/base/text.h"
#include "vault/record/draft.h"

static vault_err
check_name(const char *path)
{
    size_t n = strlen(path);

    if (n > 6 && strcmp(path + n - 6, ".vault") == 0 && path[n - 7] != '/')
        return VAULT_OK;
    return err_say(VAULT_ERR_INPUT, "for example: withheld init cases.vault",
        "the name of a vault ends in .vault");
}

vault_err
session_pick_cost(struct kdf_cost *out, const struct vault_create_options *opt)
{
    if (opt == NULL || (opt->kdf_mem_mib == 0 && opt->kdf_passes == 0))
        return kdf_calibrate(out, opt == NULL ? 0 : opt->kdf_seconds);
    if (opt->kdf_mem_mib > KDF_MAX_MEM_KIB / 1024 || opt->kdf_passes > KDF_MAX_PASSES)
        return err_say(VAULT_ERR_INPUT, NULL, "at most %u MiB and %u passes",
            KDF_MAX_MEM_KIB / 1024, KDF_MAX_PASSES);
    out->mem_kib = opt->kdf_mem_mib == 0 ? KDF_MIN_MEM_KIB : opt->kdf_mem_mib * 1024;
    out->passes = opt->kdf_passes == 0 ? KDF_MIN_PASSES : opt->kdf_passes;
    out->lanes = KDF_LANES;
    /* One pass over much memory is RFC 9106's first choice; the floor is its second. */
    if ((uint64_t)out->mem_kib * out->passes >= (uint64_t)KDF_MIN_MEM_KIB * KDF_MIN_PASSES &&
        out->mem_kib >= KDF_MIN_MEM_KIB)
        return VAULT_OK;
    return err_say(VAULT_ERR_INPUT, "for example: --kdf-memory 64 --kdf-passes 3",
        "the key derivation must use at least %u MiB, and with so little at least %u passes",
        KDF_MIN_MEM_KIB / 1024, KDF_MIN_PASSES);
}

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
add_type(struct change *c, struct draft *d, const struct type_def *t, struct revision *rev)
{
    struct buf def = BUF_INIT, value = BUF_INIT;
    uint8_t id[RECORD_ID_BYTES] = { 0, 1 }, h[32];
    struct part name = PART(t->name, strlen(t->name));
    vault_err err;

    hash_parts(h, "withheld:type-name:1", &name, 1);
    memcpy(id + 2, h, 14);
    err = type_encode(&def, t);
    cbor_bytes(&value, def.p, def.n);
    if (err == VAULT_OK)
        err = buf_ok(&value);
    if (err == VAULT_OK) {
        struct system_value v = { "definition", PART(value.p, value.n) };
        err = draft_system(d, id, NULL, &v, 1, rev);
    }
    if (err == VAULT_OK)
        err = change_add(c, rev);
    buf_free(&def);
    buf_free(&value);
    return err;
}

static vault_err
add_slot(struct vault *v, struct change *c, struct draft *d, struct revision *rev)
{
    const struct slot_header *h = &v->kf.slot[v->slot].head;
    struct buf b[7] = {{0}};
    uint8_t id[RECORD_ID_BYTES] = { 0, 2 };
    vault_err err = VAULT_OK;

    memcpy(id + 2, h->id, SLOT_ID_BYTES);
    cbor_bytes(&b[0], v->me.author_pk, 32);
    cbor_uint(&b[1], h->index);
    cbor_uint(&b[2], (uint64_t)h->kind);
    cbor_text(&b[3], "active");
    cbor_uint(&b[4], (uint64_t)h->tier);
    cbor_bytes(&b[5], v->me.x25519_pk, 32);
    cbor_bytes(&b[6], secret_bytes(v->me.slot_key), 32);
    for (size_t i = 0; err == VAULT_OK && i < 7; i++)
        err = buf_ok(&b[i]);
    if (err == VAULT_OK) {
        struct system_value sv[] = { { "author", PART(b[0].p, b[0].n) },
            { "index", PART(b[1].p, b[1].n) }, { "kind", PART(b[2].p, b[2].n) },
            { "state", PART(b[3].p, b[3].n) }, { "tier", PART(b[4].p, b[4].n) },
            { "x25519", PART(b[5].p, b[5].n) }, { "slot_key", PART(b[6].p, b[6].n) } };
        err = draft_system(d, id, NULL, sv, 7, rev);
    }
    if (err == VAULT_OK)
        err = change_add(c, rev);
    for (size_t i = 0; i < 7; i++)
        buf_free(&b[i]);
    return err;
}

static vault_err
add_card(struct vault *v, struct change *c, struct draft *d, struct revision *rev)
{
    struct buf card = BUF_INIT, value = BUF_INIT;
    uint8_t id[RECORD_ID_BYTES] = { 0, 3 };
    vault_err err;

    err = card_build(&card, &v->tree, v->kf.vault_id);
    cbor_bytes(&value, card.p, card.n);
    if (err == VAULT_OK)
        err = buf_ok(&value);
    if (err == VAULT_OK) {
        struct system_value sv = { "card", PART(value.p, value.n) };
        err = draft_system(d, id, NULL, &sv, 1, rev);
    }
    if (err == VAULT_OK)
        err = change_add(c, rev);
    buf_free(&card);
    buf_free(&value);
    return err;
}

static vault_err
add_first_records(struct vault *v, struct change *c)
{
    const struct type_def *const *types = NULL;
    size_t n = types_builtin(&types);
    struct revision rev;
    struct draft d;
    vault_err err;

    if (types == NULL)
        return err_nomem();
    revision_init(&rev);
    err = draft_init(&d, &v->recs);
    for (size_t i = 0; err == VAULT_OK && i < n; i++)
        err = add_type(c, &d, types[i], &rev);
    if (err == VAULT_OK)
        err = add_slot(v, c, &d, &rev);
    if (err == VAULT_OK)
        err = add_card(v, c, &d, &rev);
    draft_done(&d);
    revision_free(&rev);
    return err;
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

static vault_err
fill(vault *v, const struct secret *typed, const struct vault_create_options *opt)
{
    uint8_t bytes[KEYFILE_BYTES];
    struct secret *key = NULL;
    vault_err err;

    err = new_keys(v, typed, opt);
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

/* ---- the folder ---- */

/* A name that nobody else has: what a kill leaves there is never mistaken for a vault. */
static char *
working_name(const char *path)
{
    uint8_t random[6];
    char hex[2 * sizeof random + 1];
    char *s = NULL;

    randombytes_buf(random, sizeof random);
    hex_of(hex, random, sizeof random);
    return asprintf(&s, "%s.new-%s", path, hex) < 0 ? NULL : s;
}

/* Remove a half-made vault: only files that are ours, then the folder if that empties it. */
static void
remove_half_made(const char *path)
{
    static const char *const OURS[] = { KEYS_NAME, KEYS_NEW, DB_NAME, DB_NAME "-journal" };
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (dir < 0)
        return;
    for (size_t i = 0; i < sizeof OURS / sizeof OURS[0]; i++)
        (void)unlinkat(dir, OURS[i], 0);
    (void)close(dir);
    (void)rmdir(path);
}

static vault_err
sync_parent(const char *path)
{
    char *copy = strdup(path), *slash;
    int fd = -1;
    vault_err err;

    if (copy == NULL)
        return err_nomem();
    slash = strrchr(copy, '/');
    if (slash == copy)
        slash[1] = '\0';
    else if (slash != NULL)
        *slash = '\0';
    err = dir_open(&fd, slash == NULL ? "." : copy);
    if (err == VAULT_OK) {
        err = dir_sync(fd);
        (void)close(fd);
    }
    free(copy);
    return err;
}

static vault_err
must_not_exist(const char *path)
{
    if (access(path, F_OK) != 0)
        return VAULT_OK;
    return err_say(VAULT_ERR_INPUT, "choose another name; nothing is ever overwritten",
        "there is already something by the name of that vault");
}

static vault_err
move_into_place(const char *from, const char *to)
{
    vault_err err;

    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) != 0) {
        if (errno != EINVAL && errno != ENOSYS)
            return err_errno(errno, "cannot put the new vault in its place");
        /* A file system without that flag (FAT): rename onto a folder fails if it is not empty. */
        err = must_not_exist(to);
        if (err != VAULT_OK)
            return err;
        if (rename(from, to) != 0)
            return err_errno(errno, "cannot put the new vault in its place");
    }
    return sync_parent(to);
}

vault_err
vault_create(const char *path, const struct secret *passphrase,
    const struct vault_create_options *opt)
{
    char *tmp = NULL;
    vault *v = NULL;
    bool made = false;
    vault_err err;

    vault_clear_error();
    err = check_name(path);
    if (err == VAULT_OK)
        err = must_not_exist(path);
    if (err != VAULT_OK)
        return err;
    tmp = working_name(path);
    if (tmp == NULL)
        return err_nomem();
    err = session_new(&v, tmp);
    if (err == VAULT_OK)
        err = dir_make(&v->dir, tmp);
    made = err == VAULT_OK;
    if (v != NULL && !made)
        err = err_say(err, "make the folder that it is to lie in first",
            "cannot make the vault there: %s", err == VAULT_ERR_NOT_FOUND ?
            "there is no such folder" : "the folder cannot be written");
    if (err == VAULT_OK)
        err = fill(v, passphrase, opt);
    vault_close(v);
    if (err == VAULT_OK)
        err = move_into_place(tmp, path);
    if (err != VAULT_OK && made)
        remove_half_made(tmp);
    free(tmp);
    return err;
}
