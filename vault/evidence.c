/* evidence.c - see evidence.h. */
#include "vault/evidence.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/alike.h"
#include "vault/base/text.h"
#include "vault/record/scan.h"
#include "vault/record/value.h"

static vault_err
add_clue(struct evidence *e, enum clue_kind kind, uint64_t key, uint32_t person)
{
    struct clue *p = array_room(e->clue, e->n_clues, &e->cap_clues, sizeof *p);

    if (p == NULL)
        return err_nomem();
    e->clue = p;
    p[e->n_clues++] = (struct clue){ .key = key, .person = person, .kind = kind };
    return VAULT_OK;
}

/* ---- one value ---- */

/* Of the folded text; never 0. */
static vault_err
hash_text(struct evidence *e, struct part text, uint64_t *out)
{
    struct buf fold = BUF_INIT;
    struct part p;
    uint8_t h[32];
    vault_err err = text_fold(&fold, text.p, text.n);

    p = PART(fold.p, fold.n);
    mac_parts(h, e->key, "value", &p, 1);
    *out = get_u64(h) | 1;
    buf_free(&fold);
    return err;
}

static vault_err
take_name(struct evidence *e, struct trait *t, const struct field_def *f, struct part text)
{
    struct evidence_name *p = array_room(e->name, e->n_names, &e->cap_names, sizeof *p);
    vault_err err;

    if (p == NULL)
        return err_nomem();
    e->name = p;
    p[e->n_names++] = (struct evidence_name){ .at = (uint32_t)e->text.n, .n = (uint32_t)text.n, .field = f };
    t->n_names++;
    buf_put(&e->text, text.p, text.n);
    buf_reset(&e->keys);
    err = alike_keys(&e->keys, e->key, text);
    for (size_t at = 0; err == VAULT_OK && at < e->keys.n; at += ALIKE_KEY_BYTES)
        err = add_clue(e, CLUE_NAME, get_u64(e->keys.p + at), t->first);
    return err != VAULT_OK ? err : buf_ok(&e->text);
}

static vault_err
take_identifier(struct evidence *e, const struct trait *t, const struct field_def *f, struct part text)
{
    uint64_t key = 0;
    vault_err err;

    if (strcmp(f->name, "ref") == 0)        /* the office's own, and of one record only */
        return VAULT_OK;
    err = hash_text(e, text, &key);
    return err != VAULT_OK ? err : add_clue(e, CLUE_IDENTIFIER, key, t->first);
}

static vault_err
take_value(struct evidence *e, struct trait *t, const struct field_def *f, struct part text)
{
    if (f->kind == FIELD_NAME)
        return take_name(e, t, f, text);
    if (f->kind == FIELD_IDENTIFIER)
        return take_identifier(e, t, f, text);
    if (strcmp(f->name, "born") == 0 && f->kind == FIELD_DATE)
        t->has_born = date_span(&t->born, text.p, text.n);
    else if (strcmp(f->name, "sex") == 0)
        return hash_text(e, text, &t->sex);
    else if (strcmp(f->name, "citizenship") == 0)
        return hash_text(e, text, &t->citizenship);
    return VAULT_OK;
}

/* ---- one record ---- */

/* The field of a value that this session may look at, or NULL. */
static const struct field_def *
field_of(const struct evidence *e, const struct type_def *t, const struct leaf *l, struct value_view *view)
{
    const struct field_def *f = l->value.n == 0 ? NULL : type_field(t, l->field.p, l->field.n);

    if (f == NULL || value_read(view, l->value) != VAULT_OK ||
        (!is_keeper(e->v) && type_set_tier(&e->v->recs.types, t, f, l->tier) != LEAF_OPEN))
        return NULL;
    return f;
}

static vault_err
take_person(struct evidence *e, uint32_t first, const struct type_def *t, const struct revision *rev)
{
    struct trait *x = array_room(e->trait, e->n_traits, &e->cap_traits, sizeof *x);
    vault_err err = VAULT_OK;

    if (x == NULL)
        return err_nomem();
    e->trait = x;
    x += e->n_traits++;
    *x = (struct trait){ .first = first, .name = e->n_names };
    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        struct value_view view;
        const struct field_def *f = field_of(e, t, &rev->leaf[i], &view);
        if (f != NULL && view.shape == VALUE_TEXT)
            err = take_value(e, x, f, view.text);
    }
    return err;
}

/* Whom another record links to, they have it in common. */
static vault_err
take_links(struct evidence *e, const struct type_def *t, const struct revision *rev)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        struct value_view view;
        const struct field_def *f = field_of(e, t, &rev->leaf[i], &view);
        uint32_t to = 0;
        if (f != NULL && f->kind == FIELD_LINK && view.shape == VALUE_BYTES && view.text.n == RECORD_ID_BYTES)
            to = index_record(&e->v->recs.index, view.text.p);
        if (to != 0)
            err = add_clue(e, CLUE_LINK, get_u64(rev->record + 8), to);
    }
    return err;
}

static vault_err
each(struct scan *s, uint32_t n, struct revision *rev)
{
    struct evidence *e = s->ctx;
    const struct type_def *t = type_set_by_hash(&e->v->recs.types, rev->type);

    if (t == NULL)
        return err_say(VAULT_ERR_DAMAGED, NULL, "the type of a record is missing");
    return strcmp(t->name, "person") == 0 ?
        take_person(e, e->v->recs.index.pair[n].first, t, rev) : take_links(e, t, rev);
}

static vault_err
bad(struct scan *s, uint32_t n, const struct revision *rev)
{
    struct evidence *e = s->ctx;

    (void)rev;
    return unread_add(&e->unread, &e->v->recs.index, n);
}

/* ---- all ---- */

static int
by_kind_and_key(const void *a, const void *b)
{
    const struct clue *x = a, *y = b;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->person > y->person) - (x->person < y->person);
}

/* From first numbers to places among the persons; what leads to nobody goes, and what comes twice. */
static vault_err
settle(struct evidence *e)
{
    uint32_t *place = calloc((size_t)e->v->recs.index.n + 1, sizeof *place);
    size_t kept = 0;

    if (place == NULL)
        return err_nomem();
    for (uint32_t i = 0; i < e->n_traits; i++)
        place[e->trait[i].first] = i + 1;
    for (size_t i = 0; i < e->n_clues; i++)
        if (place[e->clue[i].person] != 0) {
            e->clue[kept] = e->clue[i];
            e->clue[kept++].person = place[e->clue[i].person] - 1;
        }
    free(place);
    e->n_clues = kept;
    if (kept != 0)
        qsort(e->clue, kept, sizeof *e->clue, by_kind_and_key);
    kept = 0;
    for (size_t i = 0; i < e->n_clues; i++)
        if (kept == 0 || by_kind_and_key(&e->clue[kept - 1], &e->clue[i]) != 0)
            e->clue[kept++] = e->clue[i];
    e->n_clues = kept;
    return VAULT_OK;
}

vault_err
evidence_gather(struct evidence *e, struct vault *v)
{
    struct scan s = { .r = &v->recs, .withheld = is_keeper(v), .fn = each, .bad = bad,
        .tolerate = true, .ctx = e };
    vault_err err;

    e->v = v;
    randombytes_buf(e->key, sizeof e->key);
    err = scan_run(&s);
    return err != VAULT_OK ? err : settle(e);
}

void
evidence_free(struct evidence *e)
{
    free(e->trait);
    free(e->clue);
    free(e->name);
    buf_free(&e->text);
    buf_free(&e->keys);
    unread_reset(&e->unread);
    sodium_memzero(e->key, sizeof e->key);
}
