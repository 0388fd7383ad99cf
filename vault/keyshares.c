/*
 * keyshares.c - a way in that several people hold together: vault_key_shares.
 *
 * The secret of the set is S of a slot; it exists in this function only, and in the shares. They are
 * in the hands of the caller before the slot is made: a slot whose shares nobody wrote down would
 * replace one that works.
 */
#include "vault/session.h"

#include "vault/keys/slip39.h"

#define SHARES_EXPONENT 1       /* S is random: guessing it is hopeless without any iteration */

/* The slot whose place the new one takes: that of the old set, else an empty one (*replaces -1). */
static vault_err
place(struct vault *v, unsigned *at, int *replaces)
{
    *replaces = -1;
    for (unsigned i = 0; i < KEYFILE_SLOTS; i++)
        if (v->kf.slot[i].head.kind == SLOT_SHARES && session_slot_registered(v, i)) {
            *at = i;
            *replaces = (int)i;
            return VAULT_OK;
        }
    return session_free_slot(v, at);
}

static vault_err
may_make(struct vault *v, const struct vault_key_shares_options *opt)
{
    vault_err err = need_keeper(v, "making shares");

    if (err == VAULT_OK)
        err = session_may_write(v);
    if (err == VAULT_OK && opt->plain && !session_accepts(v, "plain-shares"))
        err = err_refuse("plain-shares", "without -o each share is shown once, to be written down",
            "the shares would lie in plain files: enough of them open the vault, with all names");
    return err;
}

/* Each in turn, until fn has had enough. */
static vault_err
hand_out(struct secret *const share[SLIP39_MAX], const struct vault_key_shares_options *opt,
    vault_trustee_fn *fn, void *ctx)
{
    for (unsigned i = 0; i < opt->count; i++) {
        const struct vault_trustee_share s = { .number = i + 1, .threshold = opt->threshold,
            .count = opt->count, .words = (const char *)secret_bytes(share[i]) };
        if (fn(ctx, &s) != 0)
            return err_say(VAULT_ERR_INTERRUPTED, NULL,
                "not all shares were confirmed; nothing was changed, and they open nothing");
    }
    return VAULT_OK;
}

vault_err
vault_key_shares(vault *v, const struct vault_key_shares_options *opt, vault_trustee_fn *fn,
    void *ctx, int *slot)
{
    const struct slip39_plan plan = { .threshold = opt->threshold, .count = opt->count,
        .exponent = SHARES_EXPONENT };
    struct slot_header head = { .kind = SLOT_SHARES, .tier = TIER_KEEPER };
    struct secret *s = NULL, *share[SLIP39_MAX] = {NULL};
    unsigned at = 0;
    int replaces = -1;
    vault_err err;

    vault_clear_error();
    err = may_make(v, opt);
    if (err == VAULT_OK)
        err = place(v, &at, &replaces);
    if (err == VAULT_OK)
        err = secret_random(&s, 32);
    if (err == VAULT_OK)
        err = slip39_split(share, s, &plan);
    if (err == VAULT_OK)
        err = hand_out(share, opt, fn, ctx);
    for (unsigned i = 0; i < SLIP39_MAX; i++)
        secret_free(share[i]);
    head.index = (uint8_t)at;
    if (err == VAULT_OK)
        err = session_add_slot(v, &head, s, replaces, "shares");
    secret_free(s);
    if (err == VAULT_OK)
        *slot = (int)at;
    return err;
}
