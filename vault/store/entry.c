/* entry.c - see entry.h. */
#include "vault/store/entry.h"

#include <string.h>
#include "vault/base/cbor.h"

static const char *const KEEPER_ACTIONS[] = { "init", "type", "slot-add", "slot-remove", "rekey",
    "adopt", "shares", "reveal", "extract-withheld", "dump-names", "handoff-names", "purge", "statement", "repair",
    "merge", "unmerge", "dismiss", "contact-verify", "contact-remove", "release", "release-judge", "reidentify" };

bool
entry_needs_keeper(const char *action)
{
    for (size_t i = 0; i < sizeof KEEPER_ACTIONS / sizeof KEEPER_ACTIONS[0]; i++)
        if (strcmp(action, KEEPER_ACTIONS[i]) == 0)
            return true;
    return false;
}

void
entry_encode(struct buf *out, const struct log_entry *e)
{
    cbor_array(out, 13);
    cbor_bytes(out, e->vault_id, sizeof e->vault_id);
    cbor_bytes(out, e->copy_id, sizeof e->copy_id);
    cbor_uint(out, e->number);
    cbor_array(out, e->n_parents);
    for (size_t i = 0; i < e->n_parents; i++)
        cbor_bytes(out, e->parent[i], 32);
    cbor_int(out, e->time);
    cbor_bytes(out, e->slot, sizeof e->slot);
    cbor_bytes(out, e->author, sizeof e->author);
    cbor_array(out, e->n_keepers);
    for (size_t i = 0; i < e->n_keepers; i++)
        cbor_bytes(out, e->keeper[i], 32);
    cbor_text(out, e->action);
    cbor_bytes(out, e->root, sizeof e->root);
    cbor_uint(out, e->count);
    cbor_bytes(out, e->commitment, sizeof e->commitment);
    cbor_array(out, e->has_keys ? 2 : 0);
    if (e->has_keys) {
        cbor_uint(out, e->keys_sequence);
        cbor_bytes(out, e->keys_hash, sizeof e->keys_hash);
    }
}

static void
read_action(struct rd *r, char action[static ENTRY_ACTION_MAX + 1])
{
    struct part t = cbor_get_text(r, ENTRY_ACTION_MAX);

    memset(action, 0, ENTRY_ACTION_MAX + 1);
    if (t.n == 0 || r->bad) {
        r->bad = true;
        return;
    }
    memcpy(action, t.p, t.n);
}

static void
read_keys(struct rd *r, struct log_entry *e)
{
    size_t n = cbor_get_array(r, 2);

    e->has_keys = n != 0;
    if (n == 0)
        return;
    if (n != 2) {
        r->bad = true;
        return;
    }
    e->keys_sequence = cbor_get_uint(r, UINT64_MAX);
    cbor_get_fixed(r, e->keys_hash, sizeof e->keys_hash);
}

vault_err
entry_decode(struct log_entry *out, struct part cbor)
{
    struct rd r = rd_of(cbor.p, cbor.n);
    struct log_entry e;

    memset(&e, 0, sizeof e);
    if (cbor.n > ENTRY_MAX || cbor_get_array(&r, 13) != 13)
        r.bad = true;
    cbor_get_fixed(&r, e.vault_id, sizeof e.vault_id);
    cbor_get_fixed(&r, e.copy_id, sizeof e.copy_id);
    e.number = cbor_get_uint(&r, UINT64_MAX);
    e.n_parents = cbor_get_array(&r, ENTRY_PARENTS_MAX);
    for (size_t i = 0; i < e.n_parents && !r.bad; i++)
        cbor_get_fixed(&r, e.parent[i], 32);
    e.time = cbor_get_int(&r);
    cbor_get_fixed(&r, e.slot, sizeof e.slot);
    cbor_get_fixed(&r, e.author, sizeof e.author);
    e.n_keepers = cbor_get_array(&r, ENTRY_KEEPERS_MAX);
    for (size_t i = 0; i < e.n_keepers && !r.bad; i++)
        cbor_get_fixed(&r, e.keeper[i], 32);
    read_action(&r, e.action);
    cbor_get_fixed(&r, e.root, sizeof e.root);
    e.count = cbor_get_uint(&r, UINT64_MAX);
    cbor_get_fixed(&r, e.commitment, sizeof e.commitment);
    read_keys(&r, &e);
    if (!rd_end(&r))
        return err_say(VAULT_ERR_DAMAGED, NULL, "a log entry is not in the format of this version");
    *out = e;
    return VAULT_OK;
}

void
entry_hash(uint8_t out[static 32], struct part cbor)
{
    hash_parts(out, "withheld:entry:1", &cbor, 1);
}

void
entry_sigs_encode(struct buf *out, const uint8_t (*sig)[64], size_t n)
{
    cbor_array(out, n);
    for (size_t i = 0; i < n; i++)
        cbor_bytes(out, sig[i], 64);
}

vault_err
entry_sigs_decode(uint8_t (*sig)[64], size_t n, struct part cbor)
{
    struct rd r = rd_of(cbor.p, cbor.n);

    if (cbor_get_array(&r, n) != n)
        r.bad = true;
    for (size_t i = 0; i < n; i++)
        cbor_get_fixed(&r, sig[i], 64);
    if (!rd_end(&r))
        return err_say(VAULT_ERR_DAMAGED, NULL, "a log entry lacks a signature that it names");
    return VAULT_OK;
}
