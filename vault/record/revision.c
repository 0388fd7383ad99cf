/*
 * revision.c - see revision.h.
 *
 * Each value is encoded once, as the item [field, element, value] inside the plaintext of its
 * blob; its c is the salted hash of exactly that slice. So writing, reading and verifying agree by
 * construction, and nothing is encoded twice.
 */
#include "vault/record/revision_parts.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/cbor.h"

#define SORT_SHORT 64           /* leaves that are sorted in place */
#define LEAVES_KEPT 64          /* room for so many outlasts revision_trim */

void
revision_init(struct revision *r)
{
    memset(r, 0, sizeof *r);
}

void
revision_reset(struct revision *r)
{
    r->n_parents = 0;
    r->n_leaves = 0;
    r->partial = false;
    r->foreign = false;
    buf_reset(&r->open);
    buf_reset(&r->withheld);
    buf_reset(&r->scratch);
}

void
revision_trim(struct revision *r)
{
    buf_trim(&r->open);
    buf_trim(&r->withheld);
    buf_trim(&r->scratch);
    revision_reset(r);
    if (r->cap > LEAVES_KEPT) {
        free(r->leaf);
        r->leaf = NULL;
        r->cap = 0;
    }
}

void
revision_free(struct revision *r)
{
    buf_free(&r->open);
    buf_free(&r->withheld);
    buf_free(&r->scratch);
    free(r->leaf);
    memset(r, 0, sizeof *r);
}

static int
compare_bytes(const void *a, size_t an, const void *b, size_t bn)
{
    /* In CBOR the length comes first, so shorter sorts before longer. */
    if (an != bn)
        return an < bn ? -1 : 1;
    return an == 0 ? 0 : memcmp(a, b, an);
}

int
leaf_compare(const struct leaf *a, const struct leaf *b)
{
    int d = compare_bytes(a->field.p, a->field.n, b->field.p, b->field.n);

    return d != 0 ? d : compare_bytes(a->element, a->n_element, b->element, b->n_element);
}

int
leaf_compare_void(const void *a, const void *b)
{
    return leaf_compare(a, b);
}

void
leaves_sort(struct revision *r)
{
    if (r->n_leaves > SORT_SHORT) {
        qsort(r->leaf, r->n_leaves, sizeof *r->leaf, leaf_compare_void);
        return;
    }
    for (size_t i = 1; i < r->n_leaves; i++) {
        struct leaf l;
        size_t to = i;

        while (to > 0 && leaf_compare(&r->leaf[to - 1], &r->leaf[i]) > 0)
            to--;
        if (to == i)
            continue;
        l = r->leaf[i];
        memmove(&r->leaf[to + 1], &r->leaf[to], (i - to) * sizeof l);
        r->leaf[to] = l;
    }
}

struct leaf *
leaf_new(struct revision *r)
{
    struct leaf *l;

    if (r->n_leaves == r->cap) {
        size_t cap = r->cap == 0 ? 32 : r->cap * 2;
        l = reallocarray(r->leaf, cap, sizeof *l);
        if (l == NULL)
            return NULL;
        r->leaf = l;
        r->cap = cap;
    }
    l = &r->leaf[r->n_leaves++];
    memset(l, 0, sizeof *l);
    return l;
}

struct leaf *
revision_add(struct revision *r, struct part field, enum leaf_tier tier, struct part value)
{
    struct leaf *l = leaf_new(r);

    if (l == NULL)
        return NULL;
    l->field = field;
    l->tier = (uint8_t)tier;
    l->here = true;
    l->value = value;
    return l;
}

struct leaf *
revision_carry(struct revision *r, const struct leaf *from, const uint8_t introduced[static 32])
{
    struct leaf *l = leaf_new(r);

    if (l == NULL)
        return NULL;
    *l = *from;
    l->here = false;
    l->raised = false;
    l->value = PART(NULL, 0);
    l->salt = NULL;
    memcpy(l->introduced, introduced, 32);
    return l;
}

/* ---- salts ---- */

static const uint8_t *
salt_at(struct salts *s, size_t i)
{
    size_t at = i / SALTS_AT_ONCE;

    if (s->listed)
        return s->list + 34 * i + 2;
    if (s->have != at + 1) {
        stream_bytes(s->some, sizeof s->some, (uint32_t)(at * sizeof s->some / 64), s->seed);
        s->have = at + 1;
    }
    return s->some + 32 * (i % SALTS_AT_ONCE);
}

void
salts_forget(struct salts *s)
{
    if (s->have != 0)
        sodium_memzero(s->some, sizeof s->some);
}

/*
 * c = BLAKE2b-256(salt | item). The salt goes in front rather than as a key: a key costs a block of
 * its own, and most values would be hashed in two blocks instead of one.
 */
static void
leaf_commit(struct leaf *l, struct salts *s, size_t i, const void *item, size_t n)
{
    struct { uint8_t m[512]; crypto_generichash_blake2b_state st; } tmp;
    size_t used = 0;

    if (n <= sizeof tmp.m - 32) {
        memcpy(tmp.m, salt_at(s, i), 32);
        memcpy(tmp.m + 32, item, n);
        used = 32 + n;
        crypto_generichash_blake2b(l->c, 32, tmp.m, used, NULL, 0);
    } else {
        crypto_generichash_blake2b_init(&tmp.st, NULL, 0, 32);
        crypto_generichash_blake2b_update(&tmp.st, salt_at(s, i), 32);
        crypto_generichash_blake2b_update(&tmp.st, item, n);
        crypto_generichash_blake2b_final(&tmp.st, l->c, 32);
        sodium_memzero(&tmp.st, sizeof tmp.st);
    }
    sodium_memzero(tmp.m, used);
}

vault_err
leaf_value_commit(struct leaf *l, struct salts *s, size_t i, struct part item)
{
    if (value_is_file(l->value))
        return file_commit(l->c, salt_at(s, i), l->field, PART(l->element, l->n_element), l->value);
    leaf_commit(l, s, i, item.p, item.n);
    return VAULT_OK;
}

/* ---- the id ---- */

static vault_err
compute_id(struct revision *r, uint8_t id[static 32])
{
    struct buf *b = &r->scratch;
    struct part p;
    vault_err err;

    buf_reset(b);
    cbor_array(b, 6);
    cbor_bytes(b, r->record, sizeof r->record);
    cbor_bytes(b, r->type, sizeof r->type);
    cbor_array(b, r->n_parents);
    for (size_t i = 0; i < r->n_parents; i++)
        cbor_bytes(b, r->parent[i], REVISION_ID_BYTES);
    cbor_int(b, r->time);
    cbor_bytes(b, r->author, sizeof r->author);
    cbor_array(b, r->n_leaves);
    for (size_t i = 0; i < r->n_leaves; i++) {
        const struct leaf *l = &r->leaf[i];
        cbor_array(b, 4);
        cbor_textn(b, l->field.p, l->field.n);
        cbor_bytes(b, l->element, l->n_element);
        cbor_uint(b, l->raised ? LEAF_OPEN : l->tier);
        cbor_bytes(b, l->c, sizeof l->c);
    }
    err = buf_ok(b);
    if (err != VAULT_OK)
        return err;
    p = PART(b->p, b->n);
    hash_parts(id, "withheld:revision:1", &p, 1);
    return VAULT_OK;
}

vault_err
revision_compute_id(struct revision *r)
{
    return compute_id(r, r->id);
}

vault_err
revision_damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, NULL, "a revision is damaged: %s", what);
}

vault_err
revision_check_id(struct revision *r)
{
    uint8_t id[32];
    vault_err err = compute_id(r, id);

    if (err == VAULT_OK && memcmp(id, r->id, sizeof id) != 0)
        err = revision_damaged("its content does not match its id");
    return err;
}

/* ---- looking ---- */

bool
revision_introduces(const struct revision *r)
{
    for (size_t i = 0; i < r->n_leaves; i++)
        if (r->leaf[i].tier == LEAF_WITHHELD && r->leaf[i].here)
            return true;
    return false;
}

const struct leaf *
revision_leaf(const struct revision *r, const char *field)
{
    size_t n = strlen(field);

    for (size_t i = 0; i < r->n_leaves; i++)
        if (r->leaf[i].field.n == n && memcmp(r->leaf[i].field.p, field, n) == 0)
            return &r->leaf[i];
    return NULL;
}

const struct leaf *
revision_find(const struct revision *r, struct part field, const uint8_t *element, size_t n)
{
    struct leaf key;

    if (r->n_leaves == 0)
        return NULL;
    memset(&key, 0, sizeof key);
    key.field = field;
    key.n_element = (uint8_t)n;
    if (n != 0)
        memcpy(key.element, element, n);
    return bsearch(&key, r->leaf, r->n_leaves, sizeof *r->leaf, leaf_compare_void);
}

bool
revision_removed(const struct revision *r)
{
    return r->n_leaves == 1 && revision_leaf(r, REMOVED_FIELD) != NULL;
}
