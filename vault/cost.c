/*
 * cost.c - what unlocking a slot costs: chosen, and compared with what a new vault would have.
 *
 * A vault has at most two different costs, and every unlocking pays each of them. So where another slot
 * has one that will do, a slot takes that; and from any two the lower ones can be raised to the higher, after
 * which there is room for a new one.
 */
#include "vault/session.h"

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
    if (kdf_cost_above_floor(out))
        return VAULT_OK;
    return err_say(VAULT_ERR_INPUT, "for example: --kdf-memory 64 --kdf-passes 3",
        "the key derivation must use at least %u MiB, and with so little at least %u passes",
        KDF_MIN_MEM_KIB / 1024, KDF_MIN_PASSES);
}

/* ---- the costs of the other slots ---- */

struct costs {
    struct kdf_cost cost[KEYFILE_SLOTS];
    size_t n;
};

static bool
has(const struct costs *c, const struct kdf_cost *cost)
{
    for (size_t i = 0; i < c->n; i++)
        if (kdf_cost_equal(&c->cost[i], cost))
            return true;
    return false;
}

/* Different ones; `slot` is about to change. */
static struct costs
costs_beside(const struct vault *v, unsigned slot)
{
    struct costs c = { .n = 0 };

    for (unsigned i = 0; i < KEYFILE_SLOTS; i++) {
        const struct slot_header *h = &v->kf.slot[i].head;

        if (i != slot && h->kind != SLOT_EMPTY && h->kind != SLOT_SHARES && !has(&c, &h->cost))
            c.cost[c.n++] = h->cost;
    }
    return c;
}

/* NULL: there is none. */
static const struct kdf_cost *
highest(const struct costs *c)
{
    const struct kdf_cost *most = NULL;

    for (size_t i = 0; i < c->n; i++)
        if (most == NULL || kdf_cost_price(&c->cost[i]) > kdf_cost_price(most))
            most = &c->cost[i];
    return most;
}

static bool
dearer(const struct kdf_cost *a, const struct kdf_cost *b)
{
    return a != NULL && (b == NULL || kdf_cost_price(a) > kdf_cost_price(b));
}

/*
 * What a new vault would have here, or another slot's cost: where that is dearer than `than` (or NULL) and half as
 * dear as the new one at least, so that slots calibrated one after the other share a cost; and where there are two.
 */
static vault_err
new_cost(struct kdf_cost *out, const struct costs *others, const struct kdf_cost *than)
{
    const struct kdf_cost *most = highest(others);
    struct kdf_cost fresh;
    vault_err err;

    if (others->n >= 2) {
        *out = *most;
        return VAULT_OK;
    }
    err = kdf_calibrate(&fresh, 0);
    if (err == VAULT_OK)
        *out = dearer(most, than) && kdf_cost_price(most) >= kdf_cost_price(&fresh) / 2 ? *most : fresh;
    return err;
}

/* ---- for the slots ---- */

vault_err
session_slot_cost(struct kdf_cost *out, const struct vault *v, unsigned slot,
    const struct vault_create_options *opt)
{
    const struct slot_header *own = &v->kf.slot[v->slot].head;
    const struct costs others = costs_beside(v, slot);
    vault_err err = VAULT_OK;

    if (opt != NULL && (opt->kdf_mem_mib != 0 || opt->kdf_passes != 0 || opt->kdf_seconds > 0))
        err = session_pick_cost(out, opt);
    else if (own->kind == SLOT_SHARES)
        err = new_cost(out, &others, NULL);
    else
        *out = own->cost;
    if (err == VAULT_OK && others.n >= 2 && !has(&others, out))
        err = err_say(VAULT_ERR_REFUSED, "use a cost that another slot has ('key list')",
            "a vault has at most two different costs of key derivation");
    return err;
}

vault_err
session_higher_cost(struct kdf_cost *out, bool *more, const struct vault *v)
{
    const struct kdf_cost own = v->kf.slot[v->slot].head.cost;
    const struct costs others = costs_beside(v, v->slot);
    struct kdf_cost cost;
    vault_err err;

    if (others.n >= 2 && !dearer(highest(&others), &own))
        return err_say(VAULT_ERR_REFUSED, "first those whose slots have the lower cost raise theirs ('key list')",
            "a vault has at most two different costs of key derivation, and no other slot has a higher one");
    err = new_cost(&cost, &others, &own);
    if (err != VAULT_OK)
        return err;
    *more = dearer(&cost, &own);
    *out = *more ? cost : own;
    return VAULT_OK;
}

enum cost_state
session_cost_state(const struct vault *v)
{
    const struct slot_header *own = &v->kf.slot[v->slot].head;
    const struct costs others = costs_beside(v, v->slot);

    if (own->kind == SLOT_SHARES || !kdf_cost_low(&own->cost, kdf_default_mem()))
        return COST_FINE;
    return others.n < 2 || dearer(highest(&others), &own->cost) ? COST_CAN_RISE : COST_LOW;
}
