/* gone.c - see gone.h. */
#include "vault/record/gone.h"

#include <stdlib.h>
#include <string.h>

void
gone_free(struct gone *g)
{
    free(g->leaf);
    free(g->slot);
    memset(g, 0, sizeof *g);
}

static void
place(struct gone *g, uint32_t i)
{
    uint32_t mask = g->n_slots - 1, at = get_u32(g->leaf[i].c) & mask;

    while (g->slot[at] != 0)
        at = (at + 1) & mask;
    g->slot[at] = i + 1;
}

static vault_err
grow(struct gone *g)
{
    uint32_t cap = g->cap == 0 ? 64 : g->cap * 2;
    struct gone_leaf *p;
    uint32_t *s;

    if (g->n < g->cap)
        return VAULT_OK;
    if (g->cap > UINT32_MAX / 8)
        return err_say(VAULT_ERR_NO_SPACE, NULL, "a vault cannot hold more purged values");
    p = reallocarray(g->leaf, cap, sizeof *p);
    if (p == NULL)
        return err_nomem();
    g->leaf = p;
    s = calloc((size_t)cap * 2, sizeof *s);
    if (s == NULL)
        return err_nomem();
    free(g->slot);
    g->slot = s;
    g->n_slots = cap * 2;
    g->cap = cap;
    for (uint32_t i = 0; i < g->n; i++)
        place(g, i);
    return VAULT_OK;
}

static struct gone_leaf *
look_up(const struct gone *g, const uint8_t *record, const uint8_t *c)
{
    uint32_t mask = g->n_slots - 1;

    for (uint32_t at = get_u32(c) & mask; g->n != 0 && g->slot[at] != 0; at = (at + 1) & mask) {
        struct gone_leaf *l = &g->leaf[g->slot[at] - 1];
        if (memcmp(l->c, c, 32) == 0 && memcmp(l->record, record, RECORD_ID_BYTES) == 0)
            return l;
    }
    return NULL;
}

vault_err
gone_add(struct gone *g, const uint8_t record[static RECORD_ID_BYTES], const uint8_t c[static 32],
    enum gone_what what)
{
    struct gone_leaf *known = look_up(g, record, c);
    vault_err err;

    if (known != NULL) {
        if (!gone_for_good(known->what))
            known->what = what;
        return VAULT_OK;
    }
    err = grow(g);
    if (err != VAULT_OK)
        return err;
    memcpy(g->leaf[g->n].record, record, RECORD_ID_BYTES);
    memcpy(g->leaf[g->n].c, c, 32);
    g->leaf[g->n].what = what;
    place(g, g->n++);
    return VAULT_OK;
}

enum gone_what
gone_find(const struct gone *g, const uint8_t record[static RECORD_ID_BYTES],
    const uint8_t c[static 32])
{
    const struct gone_leaf *l = look_up(g, record, c);

    return l == NULL ? GONE_NOT : l->what;
}
