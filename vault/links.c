/* links.c - which records point at one, or at what was merged into it: session_links. */
#include <stdlib.h>

#include "vault/same.h"

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

/* Which of them are heads, each once. */
static vault_err
keep_heads(struct vault *v, struct gather *g)
{
    size_t kept = 0;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < g->n; i++) {
        uint32_t head = 0;
        if (index_purged(&v->recs.index, g->pair[i]) || (kept != 0 && g->pair[kept - 1] == g->pair[i]))
            continue;
        err = recs_head(&v->recs, v->recs.index.pair[g->pair[i]].first, &head, NULL);
        if (err == VAULT_OK && head == g->pair[i])
            g->pair[kept++] = head;
    }
    g->n = kept;
    return err;
}

static vault_err
gather(struct vault *v, uint32_t first, struct gather *g)
{
    uint8_t tag[TAG_BYTES];

    recs_tag_link(&v->recs, v->recs.index.pair[first].record, tag);
    index_by_link(&v->recs.index, tag, note_link, g);
    return g->failed ? err_nomem() : VAULT_OK;
}

static int
by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

vault_err
session_links(struct vault *v, uint32_t first, uint32_t **out, size_t *n)
{
    struct gather g = {0};
    uint32_t *member = NULL;
    size_t members = 0;
    vault_err err = same_members(v, first, &member, &members);

    if (err == VAULT_OK)
        err = gather(v, first, &g);
    for (size_t i = 0; err == VAULT_OK && i < members; i++)
        err = gather(v, member[i], &g);
    if (members != 0 && g.n != 0)       /* one may name several of them */
        qsort(g.pair, g.n, sizeof *g.pair, by_number);
    if (err == VAULT_OK)
        err = keep_heads(v, &g);
    free(member);
    if (err != VAULT_OK) {
        free(g.pair);
        return err;
    }
    *out = g.pair;
    *n = g.n;
    return VAULT_OK;
}
