/*
 * purge_group.c - a purge follows a merge: the records that one order is about. See purge.h.
 *
 * They are purged one after the other, each in its own transaction: what was merged into a record before the record itself. So one
 * that is cut short leaves the leading record, and the same order finishes it.
 */
#include "vault/purge.h"

#include <stdlib.h>
#include <string.h>
#include "vault/same.h"

void
purge_group_free(struct purge_group *g)
{
    free(g->order);
    memset(g, 0, sizeof *g);
}

static void
put(struct vault *v, const struct vault_purge *what, uint32_t first, struct purge_group *g)
{
    struct purge_order *o = &g->order[g->n++];

    o->what = *what;
    o->first = first;
    code_of(o->code, v->recs.index.pair[first].record);
    o->what.id = o->code;
}

vault_err
purge_group(struct vault *v, const struct vault_purge *what, struct purge_group *out)
{
    uint32_t first = 0, *member = NULL;
    size_t n = 0;
    vault_err err = need_keeper(v, "a purge");

    if (err == VAULT_OK)
        err = session_find(v, what->id, &first);
    if (err == VAULT_OK && what->revision == NULL && what->attachment == NULL)
        err = same_members(v, first, &member, &n);
    if (err == VAULT_OK) {
        out->order = calloc(n + 1, sizeof *out->order);
        err = out->order == NULL ? err_nomem() : VAULT_OK;
    }
    for (size_t i = 0; err == VAULT_OK && i < n; i++)
        if (!index_purged(&v->recs.index, member[i]))
            put(v, what, member[i], out);
    /* One that was purged already answers for itself, unless something of its person is left. */
    if (err == VAULT_OK && (out->n == 0 || !index_purged(&v->recs.index, first)))
        put(v, what, first, out);
    free(member);
    return err;
}

vault_err
purge_nothing(void)
{
    return err_say(VAULT_ERR_NOT_FOUND, "'history' and 'show' tell their fields",
        "none of these records has a value in that field that could be purged");
}

bool
purge_group_has(const struct purge_group *g, uint32_t first)
{
    for (size_t i = 0; i < g->n; i++)
        if (g->order[i].first == first)
            return true;
    return false;
}

vault_err
purge_choose_of(const struct purge_group *g, struct purge *p, bool *none)
{
    vault_err err = purge_choose(p);

    *none = g->n > 1 && err == VAULT_ERR_NOT_FOUND && p->what == GONE_FIELD;
    if (!*none)
        return err;
    vault_clear_error();
    return VAULT_OK;
}
