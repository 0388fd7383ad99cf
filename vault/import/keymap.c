/*
 * keymap.c - existing records by the value of their key field; see import.h.
 *
 * Holds keyed hashes of folded values, not the values: a key may be a name.
 */
#include <stdlib.h>
#include <string.h>

#include "vault/import/import.h"
#include "vault/record/scan.h"
#include "vault/record/value.h"

struct entry {
    uint8_t tag[TAG_BYTES];
    uint32_t first;             /* 0: free */
    bool several, here;         /* two records have it; it stood in this file */
};

struct keymap {
    struct recs *r;
    const struct type_def *type;
    const struct field_def *key;
    struct entry *slot;
    uint32_t mask, held;
    struct buf text;
};

void
keymap_free(struct keymap *m)
{
    if (m == NULL)
        return;
    buf_free(&m->text);
    free(m->slot);
    free(m);
}

static struct entry *
place(struct keymap *m, const uint8_t *tag)
{
    uint32_t at = get_u32(tag) & m->mask;

    while (m->slot[at].first != 0 && memcmp(m->slot[at].tag, tag, TAG_BYTES) != 0)
        at = (at + 1) & m->mask;
    return &m->slot[at];
}

static vault_err
grow(struct keymap *m)
{
    struct entry *old = m->slot;
    uint32_t size = old == NULL ? 1024 : (m->mask + 1) * 4;

    if (old != NULL && m->held < (m->mask + 1) / 2)
        return VAULT_OK;
    m->slot = calloc(size, sizeof *m->slot);
    if (m->slot == NULL) {
        m->slot = old;
        return err_nomem();
    }
    for (uint32_t i = 0; old != NULL && i <= m->mask; i++)
        if (old[i].first != 0) {
            uint32_t at = get_u32(old[i].tag) & (size - 1);
            while (m->slot[at].first != 0)
                at = (at + 1) & (size - 1);
            m->slot[at] = old[i];
        }
    free(old);
    m->mask = size - 1;
    return VAULT_OK;
}

static vault_err
put(struct keymap *m, struct part text, uint32_t first, bool here)
{
    uint8_t tag[TAG_BYTES];
    struct entry *e;
    vault_err err;

    err = recs_tag_text(m->r, "key", text, tag);
    if (err == VAULT_OK)
        err = grow(m);
    if (err != VAULT_OK)
        return err;
    e = place(m, tag);
    if (e->first == 0) {
        memcpy(e->tag, tag, TAG_BYTES);
        e->first = first;
        m->held++;
    } else if (here && e->here) {
        return err_say(VAULT_ERR_INPUT, "join the two rows",
            "the %s of this row stood in the file before", m->key->name);
    } else if (e->first != first) {
        e->several = true;
    }
    e->here = e->here || here;
    return VAULT_OK;
}

static vault_err
each(struct scan *s, uint32_t n, struct revision *rev)
{
    struct keymap *m = s->ctx;
    const struct type_def *t = type_set_by_hash(&m->r->types, rev->type);
    vault_err err = VAULT_OK;

    if (t == NULL || strcmp(t->name, m->type->name) != 0)
        return VAULT_OK;
    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        if (l->value.n == 0 || l->field.n != strlen(m->key->name) ||
            memcmp(l->field.p, m->key->name, l->field.n) != 0)
            continue;
        buf_reset(&m->text);
        err = value_to_text(&m->text, l->value);
        if (err == VAULT_OK)
            err = put(m, PART(m->text.p, m->text.n), m->r->index.pair[n].first, false);
    }
    return err;
}

vault_err
keymap_build(struct keymap **out, struct recs *r, const struct type_def *type,
    const struct field_def *key, bool withheld)
{
    struct keymap *m = calloc(1, sizeof *m);
    struct scan s = { .r = r, .withheld = withheld && key->tier == LEAF_WITHHELD, .fn = each,
        .ctx = m };
    vault_err err;

    if (m == NULL)
        return err_nomem();
    m->r = r;
    m->type = type;
    m->key = key;
    err = grow(m);
    if (err == VAULT_OK)
        err = scan_run(&s);
    if (err == VAULT_OK)
        *out = m;
    else
        keymap_free(m);
    return err;
}

vault_err
keymap_find(struct keymap *m, struct part text, uint32_t *first)
{
    uint8_t tag[TAG_BYTES];
    struct entry *e;
    vault_err err = recs_tag_text(m->r, "key", text, tag);

    if (err != VAULT_OK)
        return err;
    e = place(m, tag);
    if (e->first != 0 && e->several)
        return err_say(VAULT_ERR_INPUT, "use a key that is unique",
            "several records have the %s of this row", m->key->name);
    *first = e->first;
    return VAULT_OK;
}

vault_err
keymap_add(struct keymap *m, struct part text, uint32_t first)
{
    return put(m, text, first, true);
}
