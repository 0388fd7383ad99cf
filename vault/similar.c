/*
 * similar.c - whose names are alike: vault_similar, vault_similar_new.
 *
 * Asked after something was written, while the person who typed it is still there. Suggestions only; a reason shows nothing of a withheld
 * name.
 */
#include <stdlib.h>
#include <string.h>

#include "vault/base/text.h"
#include "vault/known.h"
#include "vault/same.h"

#define ALIKE_MAX 64            /* records that are like one: there may be a thousand of a common name */

struct alike {
    const struct known_name *name;
    enum name_level level;
    char why[NAME_WHY_BYTES];
};

struct comparing {
    struct known *k;
    const uint8_t *record;
    uint32_t before;                /* fresh names from here on are left to their own turn */
    struct alike *hit;
    size_t n, room;
    vault_err err;
};

static bool
is_apart(const struct known *k, const uint8_t *a, const uint8_t *b)
{
    return same_is_apart(k->v, index_record(&k->v->recs.index, a), index_record(&k->v->recs.index, b));
}

static bool
skip(void *ctx, uint32_t number)
{
    const struct comparing *c = ctx;
    const struct known_name *n = &c->k->name[number];

    return (n->fresh && number >= c->before) || memcmp(n->record, c->record, RECORD_ID_BYTES) == 0;
}

/* The best of each record is kept. */
static int
one_alike(void *ctx, uint32_t number, enum name_level level, const char *why)
{
    struct comparing *c = ctx;
    const struct known_name *n = &c->k->name[number];
    struct alike *a = NULL;

    if (known_is_same(c->k, n->record, c->record) || is_apart(c->k, n->record, c->record))
        return 0;
    for (size_t i = 0; i < c->n && a == NULL; i++)
        if (memcmp(c->hit[i].name->record, n->record, RECORD_ID_BYTES) == 0)
            a = &c->hit[i];
    if (a == NULL && c->n == ALIKE_MAX)
        return 1;
    if (a == NULL) {
        a = array_room(c->hit, c->n, &c->room, sizeof *a);
        if (a == NULL) {
            c->err = err_nomem();
            return 1;
        }
        c->hit = a;
        a = &c->hit[c->n++];
        a->level = NAME_NONE;
    }
    if (level > a->level) {
        a->name = n;
        a->level = level;
        memcpy(a->why, why, strlen(why) + 1);
    }
    return 0;
}

static int
best_first(const void *pa, const void *pb)
{
    const struct alike *a = pa, *b = pb;

    if (a->level != b->level)
        return a->level > b->level ? -1 : 1;
    return memcmp(a->name->record, b->name->record, RECORD_ID_BYTES);
}

static vault_err
tell(struct comparing *c, vault_hit_fn *fn, void *ctx)
{
    struct buf title = BUF_INIT;
    vault_err err = VAULT_OK;

    if (c->n > 0)
        qsort(c->hit, c->n, sizeof c->hit[0], best_first);
    for (size_t i = 0; err == VAULT_OK && i < c->n; i++) {
        const struct alike *a = &c->hit[i];
        char code[CODE_LEN + 1];
        struct vault_hit h = { .id = code, .field = a->name->field, .level = name_level_text(a->level), .why = a->why };

        buf_reset(&title);
        code_of(code, a->name->record);
        err = recs_title_of(&c->k->v->recs, index_record(&c->k->v->recs.index, a->name->record), &title);
        h.label = buf_cstr(&title);
        if (err == VAULT_OK && h.label == NULL)
            err = err_nomem();
        if (err == VAULT_OK && fn(ctx, &h) != 0)
            break;
    }
    buf_free(&title);
    return err;
}

/* Names from..to are of one record. */
static void
compare_group(struct comparing *c, size_t from, size_t to)
{
    c->record = c->k->name[from].record;
    for (size_t i = from; c->err == VAULT_OK && i < to; i++)
        name_index_find_entry(c->k->index, i, NAME_SHOWS_KEYS, skip, one_alike, c);
}

/* The end of the names of one revision that begin at i. */
static size_t
group_end(const struct known *k, size_t i)
{
    size_t end = i + 1;

    while (end < k->n && k->name[end].fresh == k->name[i].fresh &&
        memcmp(k->name[end].record, k->name[i].record, RECORD_ID_BYTES) == 0)
        end++;
    return end;
}

vault_err
known_similar(struct known *k, const uint8_t record[static RECORD_ID_BYTES], vault_hit_fn *fn, void *ctx)
{
    struct comparing c = { .k = k, .before = UINT32_MAX };

    for (size_t i = 0, end; k->v != NULL && c.err == VAULT_OK && i < k->n; i = end) {
        end = group_end(k, i);
        if (memcmp(k->name[i].record, record, RECORD_ID_BYTES) == 0)
            compare_group(&c, i, end);
    }
    if (c.err == VAULT_OK)
        c.err = tell(&c, fn, ctx);
    free(c.hit);
    return c.err;
}

static int
by_id(const void *a, const void *b)
{
    return memcmp(a, b, RECORD_ID_BYTES);
}

void
known_freshen(struct known *k, uint8_t *records, size_t n)
{
    if (n == 0)
        return;
    qsort(records, n, RECORD_ID_BYTES, by_id);
    for (size_t i = 0; i < k->n; i++)
        if (bsearch(k->name[i].record, records, n, RECORD_ID_BYTES, by_id) != NULL)
            k->name[i].fresh = true;
}

void
known_fresh(const struct known *k, struct buf *out)
{
    for (size_t i = 0; i < k->n; i++)
        if (k->name[i].fresh)
            buf_put(out, k->name[i].record, RECORD_ID_BYTES);
}

struct retold {
    char code[CODE_LEN + 1];
    const char *label;
    vault_similar_fn *fn;
    void *ctx;
    bool stop;
};

static int
retell(void *ctx, const struct vault_hit *h)
{
    struct retold *r = ctx;

    r->stop = r->fn(r->ctx, r->code, r->label, h) != 0;
    return r->stop;
}

static vault_err
tell_fresh(struct comparing *c, struct retold *r)
{
    struct buf title = BUF_INIT;
    vault_err err;

    if (c->n == 0)
        return VAULT_OK;
    code_of(r->code, c->record);
    err = recs_title_of(&c->k->v->recs, index_record(&c->k->v->recs.index, c->record), &title);
    r->label = buf_cstr(&title);
    if (err == VAULT_OK && r->label == NULL)
        err = err_nomem();
    if (err == VAULT_OK)
        err = tell(c, retell, r);
    buf_free(&title);
    return err;
}

vault_err
known_similar_fresh(struct known *k, vault_similar_fn *fn, void *ctx)
{
    struct comparing c = { .k = k };
    struct retold r = { .fn = fn, .ctx = ctx };

    for (size_t i = 0, end; k->v != NULL && c.err == VAULT_OK && !r.stop && i < k->n; i = end) {
        end = group_end(k, i);
        if (!k->name[i].fresh)
            continue;
        c.before = (uint32_t)i;
        c.n = 0;
        compare_group(&c, i, end);
        if (c.err == VAULT_OK)
            c.err = tell_fresh(&c, &r);
    }
    free(c.hit);
    return c.err;
}

/* ---- the calls ---- */

vault_err
vault_similar(vault *v, const char *id, vault_hit_fn *fn, void *ctx)
{
    struct known k = {0};
    uint32_t first = 0;
    vault_err err;

    vault_clear_error();
    err = session_find(v, id, &first);
    if (err == VAULT_OK)
        err = known_load(&k, v);
    if (err == VAULT_OK)
        err = known_similar(&k, v->recs.index.pair[first].record, fn, ctx);
    known_free(&k);
    return err;
}

vault_err
vault_similar_new(vault *v, vault_similar_fn *fn, void *ctx)
{
    struct known k = {0};
    vault_err err;

    vault_clear_error();
    if (v->new_names.n == 0)
        return VAULT_OK;
    err = known_load(&k, v);
    if (err == VAULT_OK) {
        known_freshen(&k, v->new_names.p, v->new_names.n / RECORD_ID_BYTES);
        err = known_similar_fresh(&k, fn, ctx);
    }
    buf_free(&v->new_names);
    known_free(&k);
    return err;
}
