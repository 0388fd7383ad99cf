/* releases.c - see releases.h. */
#include "vault/releases.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/cbor.h"
#include "vault/purge.h"
#include "vault/record/value.h"

#define PART_BYTES ((size_t)512 << 10)
#define PARTS_MAX 4096u
#define CONTENT_ITEMS 9u

static const char *const JUDGED_WORDS[] = { "text", "press-name" };

static vault_err
damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, "keep this folder as it is and go back to a backup", "%s", what);
}

static bool
view_of(const struct revision *rev, const char *field, enum value_shape shape, struct value_view *out)
{
    const struct leaf *l = revision_leaf(rev, field);

    return l != NULL && l->value.n != 0 && value_read(out, l->value) == VAULT_OK && out->shape == shape;
}

/* Each revision of one kind, with what it withholds, in the order of the log. */
typedef vault_err each_fn(struct vault *v, uint32_t n, const struct revision *rev, void *ctx);

static vault_err
each_of(struct vault *v, enum system_kind kind, each_fn *fn, void *ctx)
{
    const struct index *ix = &v->recs.index;
    struct revision rev;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n++) {
        if (!index_is_system(&ix->pair[n]) || ix->pair[n].record[1] != kind || ix->pair[n].lost || index_purged(ix, n))
            continue;
        err = recs_load(&v->recs, n, &rev);
        if (err == VAULT_OK)
            err = recs_load_withheld(&v->recs, n, &rev);
        if (err == VAULT_OK && memcmp(rev.type, type_system((uint8_t)kind)->hash, 32) != 0)
            err = damaged("a system record is of a wrong type");
        if (err == VAULT_OK)
            err = fn(v, n, &rev, ctx);
    }
    revision_free(&rev);
    return err;
}

/* ---- releases ---- */

void
released_free(struct released *r)
{
    struct buf *const all[] = { &r->audience, &r->purpose, &r->expires, &r->folder, &r->policy, &r->manifest, &r->persons, &r->snapshot };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        buf_free(all[i]);
}

void
releases_free(struct releases *r)
{
    for (size_t i = 0; i < r->n; i++)
        released_free(&r->list[i]);
    free(r->list);
    memset(r, 0, sizeof *r);
}

static void
content_write(struct buf *out, const struct released *r)
{
    const struct buf *const texts[] = { &r->audience, &r->purpose, &r->expires, &r->folder };
    const struct buf *const bytes[] = { &r->policy, &r->manifest, &r->persons, &r->snapshot };

    cbor_array(out, CONTENT_ITEMS);
    for (size_t i = 0; i < 4; i++)
        cbor_textn(out, (const char *)texts[i]->p, texts[i]->n);
    for (size_t i = 0; i < 4; i++)
        cbor_bytes(out, bytes[i]->p, bytes[i]->n);
    cbor_bytes(out, r->receipt_pk, sizeof r->receipt_pk);
}

static vault_err
content_read(struct released *r, const struct buf *content)
{
    struct buf *const texts[] = { &r->audience, &r->purpose, &r->expires, &r->folder };
    struct buf *const bytes[] = { &r->policy, &r->manifest, &r->persons, &r->snapshot };
    struct rd rd = rd_of(content->p, content->n);
    vault_err err = VAULT_OK;

    if (!cbor_valid(content->p, content->n) || cbor_get_array(&rd, CONTENT_ITEMS) != CONTENT_ITEMS)
        return damaged("what the ledger has of a release has a wrong form");
    for (size_t i = 0; err == VAULT_OK && i < 4; i++) {
        struct part p = cbor_get_text(&rd, PART_BYTES);

        buf_put(texts[i], p.p, p.n);
        err = buf_cstr(texts[i]) == NULL ? err_nomem() : VAULT_OK;
    }
    for (size_t i = 0; err == VAULT_OK && i < 4; i++) {
        struct part p = cbor_get_bytes(&rd, BUF_MAX);

        buf_put(bytes[i], p.p, p.n);
        err = buf_ok(bytes[i]);
    }
    cbor_get_fixed(&rd, r->receipt_pk, sizeof r->receipt_pk);
    if (err == VAULT_OK && (!rd_end(&rd) || r->persons.n % RECORD_ID_BYTES != 0))
        err = damaged("what the ledger has of a release has a wrong form");
    return err;
}

vault_err
released_add(struct vault *v, struct change *c, const struct released *r)
{
    struct buf content = BUF_INIT;
    vault_err err;

    content_write(&content, r);
    err = buf_ok(&content);
    if (err == VAULT_OK && content.n > PART_BYTES * PARTS_MAX)
        err = err_say(VAULT_ERR_INPUT, NULL, "the release is too large for the ledger");
    for (size_t at = 0; err == VAULT_OK && at < content.n; at += PART_BYTES)
        err = system_add_release(v, c, r->id, (unsigned)(at / PART_BYTES), PART(content.p + at, content.n - at < PART_BYTES ? content.n - at : PART_BYTES));
    buf_free(&content);
    return err;
}

/* Parts of one release stand one behind the other, in one entry. */
struct loading {
    struct releases *out;
    struct buf content;
    uint8_t id[RELEASE_ID_BYTES];
    unsigned parts;
    uint32_t log;
};

static vault_err
end_release(struct loading *x)
{
    struct released *p;
    vault_err err;

    if (x->parts == 0)
        return VAULT_OK;
    p = array_room(x->out->list, x->out->n, &x->out->cap, sizeof *p);
    if (p == NULL)
        return err_nomem();
    x->out->list = p;
    p += x->out->n++;
    memset(p, 0, sizeof *p);
    memcpy(p->id, x->id, sizeof p->id);
    p->log = x->log;
    err = content_read(p, &x->content);
    buf_reset(&x->content);
    x->parts = 0;
    return err;
}

static vault_err
take_part(struct vault *v, uint32_t n, const struct revision *rev, void *ctx)
{
    struct loading *x = ctx;
    struct value_view part, content;
    uint8_t id[RELEASE_ID_BYTES];
    vault_err err = system_bytes(rev, "release", id, sizeof id);

    if (err != VAULT_OK)
        return err;
    if (!view_of(rev, "part", VALUE_INT, &part) || !view_of(rev, "content", VALUE_BYTES, &content) || part.num < 0)
        return damaged("a part of what the ledger has of a release is missing");
    if (part.num == 0) {
        err = end_release(x);
        memcpy(x->id, id, sizeof id);
        x->log = v->recs.index.pair[n].log;
    }
    if (err == VAULT_OK && ((uint64_t)part.num != x->parts || memcmp(id, x->id, sizeof id) != 0))
        err = damaged("a part of what the ledger has of a release is missing");
    x->parts++;
    buf_put(&x->content, content.text.p, content.text.n);
    return err == VAULT_OK ? buf_ok(&x->content) : err;
}

vault_err
releases_load(struct vault *v, struct releases *out)
{
    struct loading x = { .out = out };
    vault_err err = each_of(v, SYSTEM_RELEASE, take_part, &x);

    if (err == VAULT_OK)
        err = end_release(&x);
    buf_free(&x.content);
    return err;
}

/* ---- audiences ---- */

struct asking {
    const char *name;
    struct secret *found;
    uint32_t first;                 /* of its record */
};

/* Of two that copies made under one name the first in the log counts, in every copy that has both. */
static vault_err
take_audience(struct vault *v, uint32_t n, const struct revision *rev, void *ctx)
{
    struct asking *a = ctx;
    struct value_view name;
    struct secret *s = NULL;
    vault_err err;

    if (!view_of(rev, "name", VALUE_TEXT, &name))
        return damaged("an audience has no name");
    if (a->found != NULL || name.text.n != strlen(a->name) || memcmp(name.text.p, a->name, name.text.n) != 0)
        return VAULT_OK;
    err = secret_new(&s, 32);
    if (err == VAULT_OK)
        err = system_bytes(rev, "secret", secret_edit(s), 32);
    if (err == VAULT_OK) {
        a->found = secret_take(&s);
        a->first = v->recs.index.pair[n].first;
    }
    secret_free(s);
    return err;
}

/* Each that has the name: of two that copies made the second would come to light. */
vault_err
audience_destroy(struct vault *v, const char *name)
{
    struct asking a = { .name = name };
    bool any = false;
    vault_err err = VAULT_OK;

    do {
        a.first = 0;
        err = each_of(v, SYSTEM_AUDIENCE, take_audience, &a);
        secret_free(a.found);
        a.found = NULL;
        any = any || a.first != 0;
        if (err == VAULT_OK && a.first != 0)
            err = purge_system(v, a.first);
    } while (err == VAULT_OK && a.first != 0);
    if (err == VAULT_OK && !any)
        err = err_say(VAULT_ERR_NOT_FOUND, "`release list` names the audiences", "no release with stable pseudonyms was made for that audience");
    return err;
}

vault_err
audience_secret(struct vault *v, const char *name, struct secret **out)
{
    struct asking a = { .name = name };
    vault_err err = each_of(v, SYSTEM_AUDIENCE, take_audience, &a);

    if (err == VAULT_OK)
        *out = secret_take(&a.found);
    secret_free(a.found);
    return err;
}

/* ---- judgements ---- */

static int
compare(const void *a, const void *b)
{
    const struct judged *x = a, *y = b;
    int by_subject = memcmp(x->subject, y->subject, JUDGED_BYTES);

    return x->what != y->what ? (x->what < y->what ? -1 : 1) : by_subject;
}

static vault_err
take_judged(struct vault *v, uint32_t n, const struct revision *rev, void *ctx)
{
    struct judgements *j = ctx;
    struct judged *p = array_room(j->list, j->n, &j->cap, sizeof *p);
    struct value_view what, text;
    vault_err err;
    (void)v;
    (void)n;

    if (p == NULL)
        return err_nomem();
    j->list = p;
    p += j->n;
    memset(p, 0, sizeof *p);
    err = system_bytes(rev, "subject", p->subject, sizeof p->subject);
    if (err != VAULT_OK || !view_of(rev, "what", VALUE_TEXT, &what))
        return damaged("what a keeper judged has a wrong form");
    p->what = what.text.n == strlen(JUDGED_WORDS[JUDGED_TEXT]) ? JUDGED_TEXT : JUDGED_PRESS_NAME;
    p->at = j->text.n;
    if (view_of(rev, "text", VALUE_TEXT, &text)) {
        p->n = text.text.n;
        buf_put(&j->text, text.text.p, text.text.n);
    }
    p->order = j->n++;
    return buf_ok(&j->text);
}

static int
compare_in_order(const void *a, const void *b)
{
    const struct judged *x = a, *y = b;
    int c = compare(a, b);

    return c != 0 ? c : x->order < y->order ? -1 : x->order > y->order;
}

/* The last word on each thing. */
vault_err
judgements_load(struct vault *v, struct judgements *out)
{
    vault_err err = each_of(v, SYSTEM_JUDGED, take_judged, out);
    size_t kept = 0;

    if (err == VAULT_OK && out->n > 1)
        qsort(out->list, out->n, sizeof *out->list, compare_in_order);
    for (size_t i = 0; i < out->n; i++)
        if (i + 1 == out->n || compare(&out->list[i], &out->list[i + 1]) != 0)
            out->list[kept++] = out->list[i];
    out->n = kept;
    return err;
}

void
judgements_free(struct judgements *j)
{
    free(j->list);
    buf_free(&j->text);
    memset(j, 0, sizeof *j);
}

bool
judged_find(const struct judgements *j, enum judged_what what, const uint8_t subject[static JUDGED_BYTES], struct part *text)
{
    struct judged key = { .what = (uint8_t)what };
    const struct judged *found;

    memcpy(key.subject, subject, JUDGED_BYTES);
    found = j->n == 0 ? NULL : bsearch(&key, j->list, j->n, sizeof key, compare);
    if (found != NULL)
        *text = PART(j->text.p == NULL ? (const uint8_t *)"" : j->text.p + found->at, found->n);
    return found != NULL;
}

vault_err
judged_add(struct vault *v, struct change *c, enum judged_what what, const uint8_t subject[static JUDGED_BYTES], struct part text)
{
    return system_add_judged(v, c, JUDGED_WORDS[what], PART(subject, JUDGED_BYTES), text);
}
