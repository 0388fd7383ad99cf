/* system_card.c - the vault's card, keeper keys and former keys; see session.h and system.h. */
#include "vault/system.h"

#include <stdlib.h>
#include <string.h>

vault_err
system_apply_card(struct vault *v, const struct revision *rev, uint32_t log)
{
    struct keeper_key *k;
    struct value_view view;
    vault_err err;

    if (!system_view(rev, "card", VALUE_BYTES, &view))
        return system_damaged("the card is missing");
    err = card_read(&v->card, view.text.p, view.text.n);
    if (err != VAULT_OK)
        return err;
    if (memcmp(v->card.vault_id, v->kf.vault_id, VAULT_ID_BYTES) != 0)
        return system_damaged("the card is that of another vault");
    card_hash(v->card_hash, view.text.p, view.text.n);
    k = reallocarray(v->keeper, v->n_keepers + 1, sizeof *k);
    if (k == NULL)
        return err_nomem();
    v->keeper = k;
    k = &v->keeper[v->n_keepers++];
    k->since = log;
    memcpy(k->pk, v->card.keeper_pk, 32);
    return VAULT_OK;
}

vault_err
system_judge_former(const struct revision *rev)
{
    struct value_view view;
    uint8_t hash[32];

    if (!system_view(rev, "card", VALUE_BYTES, &view))
        return system_damaged("former keys have no card");
    card_hash(hash, view.text.p, view.text.n);
    if (memcmp(hash, rev->record + 2, RECORD_ID_BYTES - 2) != 0)
        return system_damaged("former keys are not those of their card");
    return VAULT_OK;
}

vault_err
system_judge_card(const struct vault *v)
{
    struct buf own = BUF_INIT;
    uint8_t hash[32];
    vault_err err = VAULT_OK;

    if (v->n_keepers == 0)
        return system_damaged("the vault's card is missing");
    if (!is_keeper(v)) {
        if (!bytes_equal(v->card_hash, secret_bytes(v->x), 32))
            err = system_damaged("the card is not the one that this slot was given");
        return err;
    }
    err = card_build(&own, &v->tree, v->kf.vault_id);
    if (err == VAULT_OK) {
        card_hash(hash, own.p, own.n);
        if (memcmp(hash, v->card_hash, sizeof hash) != 0)
            err = system_damaged("the card is not the one that follows from the keeper's key");
    }
    buf_free(&own);
    return err;
}

bool
keeper_may_sign(const struct vault *v, uint32_t row, const uint8_t (*pk)[32], size_t n,
    uint32_t *ended)
{
    size_t now = 0;

    while (now < v->n_keepers && v->keeper[now].since <= row)
        now++;
    *ended = n != 0 && now < v->n_keepers ? v->keeper[now].since : 0;
    if (now == 0 || n == 0)
        return n == 0;
    /* A rekey is signed by both keys; nothing else has two. */
    if (now >= 2 && v->keeper[now - 1].since == row)
        return n == 2 && memcmp(pk[0], v->keeper[now - 2].pk, 32) == 0 &&
            memcmp(pk[1], v->keeper[now - 1].pk, 32) == 0;
    return n == 1 && memcmp(pk[0], v->keeper[now - 1].pk, 32) == 0;
}

/* ---- former keys ---- */

/* The names secret of former-keys revision n, loaded (keeper). */
static vault_err
former_nsk(struct vault *v, uint32_t n, struct revision *rev, struct secret **nsk)
{
    vault_err err = recs_load_withheld(&v->recs, n, rev);

    if (err == VAULT_OK)
        err = secret_new(nsk, 32);
    return err == VAULT_OK ? system_bytes(rev, "nsk", secret_edit(*nsk), 32) : err;
}

vault_err
system_former_intake(struct vault *v, uint32_t n, struct secret **out)
{
    struct revision rev;
    struct secret *nsk = NULL;
    vault_err err;

    revision_init(&rev);
    err = recs_load(&v->recs, n, &rev);
    if (err == VAULT_OK)
        err = former_nsk(v, n, &rev, &nsk);
    if (err == VAULT_OK)
        err = tree_intake_seed(out, nsk);
    secret_free(nsk);
    revision_free(&rev);
    return err;
}

vault_err
system_former_recipients(struct vault *v, uint32_t n, struct secret **case_seed, struct secret **keeper_seed)
{
    struct revision rev;
    struct secret *nsk = NULL, *seed = NULL;
    vault_err err;

    revision_init(&rev);
    err = recs_load(&v->recs, n, &rev);
    if (err == VAULT_OK)
        err = secret_new(&seed, 32);
    if (err == VAULT_OK)
        err = system_bytes(&rev, "case_seed", secret_edit(seed), 32);
    if (err == VAULT_OK && is_keeper(v))
        err = former_nsk(v, n, &rev, &nsk);
    if (err == VAULT_OK && is_keeper(v))
        err = tree_keeper_seed(keeper_seed, nsk);
    if (err == VAULT_OK)
        *case_seed = secret_take(&seed);
    secret_free(seed);
    secret_free(nsk);
    revision_free(&rev);
    return err;
}
