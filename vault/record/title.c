/*
 * title.c - what a record is called before everybody's eyes.
 *
 * Built from open values only. The design lets a person be titled by two generated words; other types by
 * the field that says most.
 */
#include "vault/record/recs.h"

#include <string.h>
#include "vault/base/text.h"
#include "vault/record/value.h"

/* Fields tried in this order; a plus joins all of a group that are there. */
static const char *const TITLE[][4] = {
    { "label" }, { "title" }, { "name" }, { "date", "kind", "place" }, { "measure", "period" },
    { "audience", "given" }, { "summary" }, { "ref" },
};
#define TITLE_MAX 100

vault_err
recs_shown_text(struct recs *r, const struct revision *rev, const char *field, struct buf *out)
{
    const struct type_def *t = type_set_by_hash(&r->types, rev->type);
    const struct leaf *l = revision_leaf(rev, field);

    if (t == NULL || l == NULL ||
        type_set_tier(&r->types, t, type_field(t, field, strlen(field)), l->tier) != LEAF_OPEN)
        return VAULT_OK;
    return recs_text(rev, field, out);
}

static vault_err
add_group(struct recs *r, const struct revision *rev, const char *const group[4], struct buf *out)
{
    struct buf text = BUF_INIT;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < 4 && group[i] != NULL; i++) {
        buf_reset(&text);
        err = recs_shown_text(r, rev, group[i], &text);
        if (err != VAULT_OK || text.n == 0)
            continue;
        if (out->n != 0)
            buf_str(out, " ");
        buf_put(out, text.p, text.n);
    }
    buf_free(&text);
    return err != VAULT_OK ? err : buf_ok(out);
}

/* Cut at a character, not inside one. */
static void
shorten(struct buf *b)
{
    size_t n = TITLE_MAX;

    if (b->n <= TITLE_MAX)
        return;
    while (n > 0 && (b->p[n] & 0xC0) == 0x80)
        n--;
    b->n = n;
    buf_str(b, "\xE2\x80\xA6");
}

vault_err
recs_title(struct recs *r, const struct revision *rev, struct buf *out)
{
    struct buf title = BUF_INIT;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && title.n == 0 && i < sizeof TITLE / sizeof TITLE[0]; i++)
        err = add_group(r, rev, TITLE[i], &title);
    shorten(&title);
    if (err == VAULT_OK && title.n == 0)
        buf_str(&title, revision_removed(rev) ? "(removed)" : "(untitled)");
    buf_put(out, title.p, title.n);
    buf_free(&title);
    return err != VAULT_OK ? err : buf_ok(out);
}

vault_err
recs_title_of(struct recs *r, uint32_t first, struct buf *out)
{
    struct revision rev;
    uint32_t head = 0;
    vault_err err;

    if (index_purged(&r->index, first)) {
        buf_str(out, "[purged]");
        return buf_ok(out);
    }
    revision_init(&rev);
    err = recs_head(r, first, &head, NULL);
    if (err == VAULT_OK)
        err = recs_load(r, head, &rev);
    if (err == VAULT_OK)
        err = recs_title(r, &rev, out);
    revision_free(&rev);
    return err;
}
