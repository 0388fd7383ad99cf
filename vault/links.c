/* links.c - which records point at one: session_links. */
#include <stdlib.h>

#include "vault/session.h"

struct gather {
    uint32_t *pair;
    size_t n, cap;
    bool failed;
};

static int
note_link(void *ctx, uint32_t n)
{
    struct gather *g = ctx;

    if (g->n == g->cap) {
        size_t cap = g->cap == 0 ? 64 : g->cap * 2;
        uint32_t *p = reallocarray(g->pair, cap, sizeof *p);
        if (p == NULL) {
            g->failed = true;
            return 1;
        }
        g->pair = p;
        g->cap = cap;
    }
    g->pair[g->n++] = n;
    return 0;
}

vault_err
session_links(struct vault *v, const uint8_t record[static 16], uint32_t **out, size_t *n)
{
    struct gather g = {0};
    uint8_t tag[TAG_BYTES];
    size_t kept = 0;
    vault_err err = VAULT_OK;

    recs_tag_link(&v->recs, record, tag);
    index_by_link(&v->recs.index, tag, note_link, &g);
    if (g.failed)
        err = err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < g.n; i++) {
        uint32_t head = 0;
        if (index_purged(&v->recs.index, g.pair[i]))
            continue;
        err = recs_head(&v->recs, v->recs.index.pair[g.pair[i]].first, &head, NULL);
        if (err == VAULT_OK && head == g.pair[i])
            g.pair[kept++] = head;
    }
    if (err != VAULT_OK) {
        free(g.pair);
        return err;
    }
    *out = g.pair;
    *n = kept;
    return VAULT_OK;
}
