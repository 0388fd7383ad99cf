/*
 * combine.c - heads of one record that differ, brought together where nobody has to choose: session_combine.
 */
#include <stdlib.h>

#include "vault/record/combine.h"
#include "vault/session.h"

/* *done: they were brought together, as far as one revision can have parents. */
static vault_err
combine_once(struct vault *v, struct change *c, uint32_t first, bool *done)
{
    struct combine *x = calloc(1, sizeof *x);
    struct revision rev;
    vault_err err;

    *done = false;
    if (x == NULL)
        return err_nomem();
    revision_init(&rev);
    err = combine_load(&v->recs, first, x);
    if (err == VAULT_OK && combine_is_clean(x)) {
        err = combine_draft(&v->recs, x, &rev);
        if (err == VAULT_OK)
            err = change_add(c, &rev);
        *done = err == VAULT_OK;
    }
    revision_free(&rev);
    combine_free(x);
    free(x);
    return err;
}

vault_err
session_combine(struct vault *v, struct change *c, uint32_t first, bool *merged)
{
    const struct index *ix = &v->recs.index;
    bool again = true;
    vault_err err = VAULT_OK;

    *merged = false;
    if (index_is_system(&ix->pair[first]) || index_purged(ix, first))
        return VAULT_OK;
    while (err == VAULT_OK && again) {
        uint32_t head = 0;
        err = recs_head(&v->recs, first, &head, &again);
        if (err == VAULT_OK && again)
            err = combine_once(v, c, first, &again);
        *merged = *merged || (err == VAULT_OK && again);
    }
    return err;
}
