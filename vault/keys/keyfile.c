#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/bytes.h"
#include "vault/base/hash.h"
#include "vault/keys/keyfile.h"

/* Offsets of docs/format.md, section 4. */
#define MAGIC_BYTES 16
#define AT_RESERVED 96
#define AT_SLOTS 104
#define AT_EPOCH 2216
#define AT_MAC 2296
#define AT_FILLER 2328
#define AT_CHECKSUM 4064

_Static_assert(AT_SLOTS + KEYFILE_SLOTS * SLOT_BYTES == AT_EPOCH, "slots, then the epoch box");
_Static_assert(AT_CHECKSUM + 32 == KEYFILE_BYTES, "the checksum is last");

static const char magic[MAGIC_BYTES + 1] = "withheld-keys\r\n\x1a";

/* ---- judging ---- */

static void
checksum(uint8_t out[static 32], const uint8_t file[static KEYFILE_BYTES])
{
    if (crypto_generichash(out, 32, file, AT_CHECKSUM, NULL, 0) != 0)
        abort();        /* only sizes can be wrong, and they are ours */
}

static vault_err
damaged(const char *how)
{
    return err_say(VAULT_ERR_DAMAGED, "restore the vault from a backup",
        "the file keys is damaged: %s", how);
}

/* What is this? Needs no trust in anything between the first bytes and the last. */
static vault_err
judge_whole(const uint8_t *p, size_t n)
{
    bool named = n >= MAGIC_BYTES && memcmp(p, magic, MAGIC_BYTES) == 0;
    bool sound = false;
    uint8_t sum[32];
    uint32_t version;

    if (n == KEYFILE_BYTES) {
        checksum(sum, p);
        sound = memcmp(sum, p + AT_CHECKSUM, sizeof sum) == 0;
    }
    if (!named && !sound)
        return err_say(VAULT_ERR_INPUT, NULL,
            "this is not a vault: its file keys is something else");
    if (n != KEYFILE_BYTES)
        return damaged("its size is wrong");
    if (!sound)
        return damaged("its checksum is wrong");
    if (!named)
        return damaged("its first bytes are wrong");
    version = get_u32(p + MAGIC_BYTES);
    if (version > KEYFILE_VERSION)
        return err_say(VAULT_ERR_FAILED, "open it with a newer version of withheld",
            "this vault has format %lu, and this program knows only format %lu",
            (unsigned long)version, (unsigned long)KEYFILE_VERSION);
    if (version != KEYFILE_VERSION)
        return damaged("its version is wrong");
    return VAULT_OK;
}

/* Every cost in the file is paid at each unlock, so that the time does not tell which slot fits. */
static bool
costs_ok(const struct slot slot[static KEYFILE_SLOTS])
{
    struct kdf_cost seen[2];
    size_t n = 0;

    for (size_t i = 0; i < KEYFILE_SLOTS; i++) {
        const struct kdf_cost *cost = &slot[i].head.cost;

        if (slot[i].head.kind == SLOT_EMPTY || slot[i].head.kind == SLOT_SHARES)
            continue;
        if ((n > 0 && kdf_cost_equal(cost, &seen[0])) || (n > 1 && kdf_cost_equal(cost, &seen[1])))
            continue;
        if (n == 2)
            return false;
        seen[n++] = *cost;
    }
    return true;
}

vault_err
keyfile_decode(struct keyfile *out, const void *bytes, size_t n)
{
    const uint8_t *file = bytes;
    struct keyfile kf = {0};
    uint32_t flags;
    struct rd r;
    vault_err err = judge_whole(file, n);

    if (err != VAULT_OK)
        return err;
    r = rd_of(file + MAGIC_BYTES + 4, AT_FILLER - MAGIC_BYTES - 4);
    flags = rd_u32(&r);
    rd_copy(&r, kf.vault_id, sizeof kf.vault_id);
    rd_copy(&r, kf.argon_salt, sizeof kf.argon_salt);
    rd_copy(&r, kf.db_salt, sizeof kf.db_salt);
    kf.sequence = rd_u64(&r);
    if (rd_u64(&r) != 0 || flags != 0 || kf.sequence == 0 ||
            !sodium_is_zero(file + AT_FILLER, AT_CHECKSUM - AT_FILLER))
        return damaged("it breaks a rule of its format");
    for (unsigned i = 0; i < KEYFILE_SLOTS; i++) {
        const uint8_t *slot = rd_take(&r, SLOT_BYTES);

        if (slot == NULL)
            return damaged("it is too short");
        err = slot_decode(&kf.slot[i], slot, i);
        if (err != VAULT_OK)
            return err;
    }
    if (!costs_ok(kf.slot))
        return damaged("it asks for more than two costs of key derivation");
    rd_copy(&r, kf.epoch_box, sizeof kf.epoch_box);
    rd_copy(&r, kf.mac, sizeof kf.mac);
    if (!rd_end(&r))
        return damaged("it is too short");
    *out = kf;
    return VAULT_OK;
}

/* ---- bytes, MAC, epoch ---- */

/* Bytes 0 to 2295. Decoding is strict, so these are the bytes that were read. */
static void
encode_body(uint8_t file[static AT_MAC], const struct keyfile *kf)
{
    memset(file, 0, AT_MAC);
    memcpy(file, magic, MAGIC_BYTES);
    put_u32(file + 16, KEYFILE_VERSION);
    memcpy(file + 24, kf->vault_id, sizeof kf->vault_id);
    memcpy(file + 40, kf->argon_salt, sizeof kf->argon_salt);
    memcpy(file + 72, kf->db_salt, sizeof kf->db_salt);
    put_u64(file + 88, kf->sequence);
    for (size_t i = 0; i < KEYFILE_SLOTS; i++)
        slot_encode(file + AT_SLOTS + i * SLOT_BYTES, &kf->slot[i]);
    memcpy(file + AT_EPOCH, kf->epoch_box, sizeof kf->epoch_box);
}

static void
mac_of(uint8_t out[static 32], const uint8_t body[static AT_MAC], const struct key_tree *tree)
{
    const struct part all = PART(body, AT_MAC);

    mac_parts(out, secret_bytes(tree->k_keys), "withheld:keys:1", &all, 1);
}

static const char epoch_label[] = "withheld:epoch:1";   /* its zero byte is the 00 of the format */
#define EPOCH_AAD_BYTES (sizeof epoch_label + VAULT_ID_BYTES)

static void
epoch_aad(uint8_t out[static EPOCH_AAD_BYTES], const struct keyfile *kf)
{
    memcpy(out, epoch_label, sizeof epoch_label);
    memcpy(out + sizeof epoch_label, kf->vault_id, VAULT_ID_BYTES);
}

static void
seal_epoch(struct keyfile *kf, const struct key_tree *tree, uint64_t number,
    const struct secret *e)
{
    struct { uint8_t number[8], e[32]; } tmp;
    uint8_t aad[EPOCH_AAD_BYTES];

    put_u64(tmp.number, number);
    memcpy(tmp.e, secret_bytes(e), 32);
    epoch_aad(aad, kf);
    box_seal(kf->epoch_box, secret_bytes(tree->k_epoch), PART(aad, sizeof aad),
        PART(&tmp, sizeof tmp));
    sodium_memzero(&tmp, sizeof tmp);
}

vault_err
keyfile_encode(uint8_t out[static KEYFILE_BYTES], struct keyfile *kf,
    const struct key_tree *tree, uint64_t epoch_number, const struct secret *e)
{
    uint8_t file[KEYFILE_BYTES] = {0};
    struct keyfile sealed = *kf, back;

    assert(secret_len(e) == 32);
    if (!costs_ok(sealed.slot))
        return err_say(VAULT_ERR_REFUSED, "change the other passphrases to one cost first",
            "the key slots of a vault may have two different costs, and this would be a third");
    seal_epoch(&sealed, tree, epoch_number, e);
    encode_body(file, &sealed);
    mac_of(sealed.mac, file, tree);
    memcpy(file + AT_MAC, sealed.mac, sizeof sealed.mac);
    checksum(file + AT_CHECKSUM, file);

    /* What would be refused at the next unlock is refused now. */
    if (keyfile_decode(&back, file, sizeof file) != VAULT_OK)
        return err_say(VAULT_ERR_FAILED, NULL, "a new file keys could not be opened again: %s",
            vault_last_error()->text);
    *kf = sealed;
    memcpy(out, file, sizeof file);
    return VAULT_OK;
}

vault_err
keyfile_open_epoch(uint64_t *epoch_number, struct secret **e, const struct keyfile *kf,
    const struct key_tree *tree)
{
    struct { uint8_t number[8], e[32]; } tmp;
    uint8_t body[AT_MAC], mac[32], aad[EPOCH_AAD_BYTES];
    struct secret *opened = NULL;
    vault_err err;

    encode_body(body, kf);
    mac_of(mac, body, tree);
    if (!bytes_equal(mac, kf->mac, sizeof mac))
        return damaged("it was changed without the key");
    epoch_aad(aad, kf);
    if (box_open((uint8_t *)&tmp, secret_bytes(tree->k_epoch), PART(aad, sizeof aad),
            PART(kf->epoch_box, sizeof kf->epoch_box)) != 0)
        return damaged("its epoch does not open");
    err = secret_copy(&opened, tmp.e, sizeof tmp.e);
    if (err != VAULT_OK)
        goto done;

    *epoch_number = get_u64(tmp.number);
    *e = secret_take(&opened);
done:
    sodium_memzero(&tmp, sizeof tmp);
    return err;
}

bool
keyfile_has_keeper(const struct keyfile *kf)
{
    for (unsigned i = 0; i < KEYFILE_SLOTS; i++)
        if (kf->slot[i].head.kind != SLOT_EMPTY && kf->slot[i].head.tier == TIER_KEEPER)
            return true;
    return false;
}

void
keyfile_clear_slot(struct keyfile *kf, unsigned slot)
{
    memset(&kf->slot[slot], 0, sizeof kf->slot[slot]);
    kf->slot[slot].head.index = (uint8_t)slot;
}
