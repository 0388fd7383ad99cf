/* find.c - from what a person types to a record; tags. See recs.h. */
#include "vault/record/recs.h"

#include <string.h>
#include "vault/base/cbor.h"
#include "vault/base/text.h"
#include "vault/record/value.h"

vault_err
recs_tag_text(struct recs *r, const char *kind, struct part text, uint8_t tag[static TAG_BYTES])
{
    struct buf folded = BUF_INIT;
    uint8_t mac[32];
    vault_err err;

    err = text_fold(&folded, text.p, text.n);
    if (err == VAULT_OK) {
        struct part p = PART(folded.p, folded.n);
        mac_parts(mac, secret_bytes(r->tag_key), kind, &p, 1);
        memcpy(tag, mac, TAG_BYTES);
    }
    buf_free(&folded);
    return err;
}

void
recs_tag_link(struct recs *r, const uint8_t record[static RECORD_ID_BYTES],
    uint8_t tag[static TAG_BYTES])
{
    struct part p = PART(record, RECORD_ID_BYTES);
    uint8_t mac[32];

    mac_parts(mac, secret_bytes(r->tag_key), "link", &p, 1);
    memcpy(tag, mac, TAG_BYTES);
}

vault_err
recs_text(const struct revision *rev, const char *field, struct buf *out)
{
    const struct leaf *l = revision_leaf(rev, field);

    if (l == NULL || l->tier != LEAF_OPEN || l->value.n == 0)
        return VAULT_OK;
    return value_to_text(out, l->value);
}

static vault_err
tag_of_field(struct recs *r, const struct revision *rev, const char *field, struct buf *out)
{
    struct buf text = BUF_INIT;
    uint8_t tag[TAG_BYTES] = { 0 };
    vault_err err;

    err = recs_text(rev, field, &text);
    if (err == VAULT_OK && text.n != 0)
        err = recs_tag_text(r, field, PART(text.p, text.n), tag);
    buf_put(out, tag, sizeof tag);
    buf_free(&text);
    return err;
}

vault_err
recs_tags(struct recs *r, const struct revision *rev, struct buf *out)
{
    vault_err err;

    if (rev->record[0] == 0)
        return VAULT_OK;
    err = tag_of_field(r, rev, "ref", out);
    if (err == VAULT_OK)
        err = tag_of_field(r, rev, "label", out);
    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        struct value_view v;
        uint8_t tag[TAG_BYTES];
        if (l->tier != LEAF_OPEN || l->value.n == 0)
            continue;
        err = value_read(&v, l->value);
        if (err != VAULT_OK || v.shape != VALUE_BYTES || v.text.n != RECORD_ID_BYTES)
            continue;
        recs_tag_link(r, v.text.p, tag);
        buf_put(out, tag, sizeof tag);
    }
    return err != VAULT_OK ? err : buf_ok(out);
}

/* ---- candidates by tag: tags are hints, so each is compared with the head itself ---- */

struct seek {
    struct recs *r;
    const char *field;
    struct part want;           /* folded */
    uint32_t found[2];          /* first pairs of records that match */
    size_t n_found;
    bool removed;               /* look for what removed records were called */
    vault_err err;
};

/* Does the head of the record, or (for removed ones) revision n, have this ref or label? */
static vault_err
says(struct seek *s, uint32_t n, bool *yes)
{
    uint32_t first = s->r->index.pair[n].first;
    struct revision rev;
    struct buf text = BUF_INIT, folded = BUF_INIT;
    uint32_t head = 0;
    vault_err err;

    *yes = false;
    if (index_purged(&s->r->index, first))
        return VAULT_OK;        /* somebody put tags back: check tells it */
    revision_init(&rev);
    err = recs_head(s->r, first, &head, NULL);
    if (err == VAULT_OK)
        err = recs_load(s->r, head, &rev);
    if (err == VAULT_OK && s->removed && !revision_removed(&rev))
        goto done;
    if (err == VAULT_OK && s->removed)
        err = recs_load(s->r, n, &rev);
    if (err == VAULT_OK)
        err = recs_text(&rev, s->field, &text);
    if (err == VAULT_OK && text.n != 0) {
        err = text_fold(&folded, (const char *)text.p, text.n);
        *yes = err == VAULT_OK && folded.n == s->want.n &&
            memcmp(folded.p, s->want.p, s->want.n) == 0;
    }
done:
    buf_free(&text);
    buf_free(&folded);
    revision_free(&rev);
    return err;
}

static int
seek_one(void *ctx, uint32_t n)
{
    struct seek *s = ctx;
    uint32_t first = s->r->index.pair[n].first;
    bool yes = false;

    if (s->n_found > 0 && s->found[0] == first)
        return 0;
    s->err = says(s, n, &yes);
    if (s->err != VAULT_OK)
        return 1;
    if (yes)
        s->found[s->n_found++] = first;
    return s->n_found == 2;
}

static vault_err
seek_tag(struct seek *s, unsigned which, struct part text)
{
    struct buf folded = BUF_INIT;
    uint8_t tag[TAG_BYTES];
    vault_err err;

    err = text_fold(&folded, text.p, text.n);
    if (err == VAULT_OK)
        err = recs_tag_text(s->r, s->field, text, tag);
    if (err == VAULT_OK) {
        s->want = PART(folded.p, folded.n);
        err = index_by_tag(&s->r->index, which, tag, seek_one, s);
    }
    if (err == VAULT_OK)
        err = s->err;
    buf_free(&folded);
    return err;
}

static int
seek_prefix(void *ctx, uint32_t n)
{
    struct seek *s = ctx;

    s->found[s->n_found++] = n;
    return s->n_found == 2;
}

static void
seek_code(struct seek *s, const char *id, size_t n)
{
    char text[CODE_LEN + 1];
    uint8_t bytes[RECORD_ID_BYTES];
    unsigned bits;

    if (n < 4 || n > CODE_LEN)
        return;
    memcpy(text, id, n);
    text[n] = '\0';
    if (code_prefix(bytes, &bits, text))
        index_by_prefix(&s->r->index, bytes, bits, seek_prefix, s);
}

static vault_err
seek_names(struct seek *s, enum find_by by, struct part text)
{
    vault_err err = VAULT_OK;

    if (by != FIND_LABEL) {
        s->field = "ref";
        err = seek_tag(s, 0, text);
    }
    if (err == VAULT_OK && s->n_found < 2 && by != FIND_REF) {
        s->field = "label";
        err = seek_tag(s, 1, text);
    }
    return err;
}

vault_err
recs_find(struct recs *r, const char *id, size_t n, enum find_by by, uint32_t *first)
{
    struct seek s = { .r = r };
    vault_err err = VAULT_OK;

    if (n == 0 || n > 256 || !text_valid(id, n, NULL))
        return err_say(VAULT_ERR_NOT_FOUND, NULL, "there is no such record");
    /* A whole code is nobody else's, whatever somebody else calls his record. */
    if (by == FIND_ANY && n == CODE_LEN)
        seek_code(&s, id, n);
    if (s.n_found == 0)
        err = seek_names(&s, by, PART(id, n));
    if (err == VAULT_OK && s.n_found == 0 && by == FIND_ANY)
        seek_code(&s, id, n);
    if (err == VAULT_OK && s.n_found == 0 && by == FIND_ANY) {
        s.removed = true;
        err = seek_names(&s, by, PART(id, n));
    }
    if (err != VAULT_OK)
        return err;
    if (s.n_found == 0)
        return err_say(VAULT_ERR_NOT_FOUND,
            "give a code, at least four characters of one, a ref or a label; 'list' shows them",
            "there is no such record");
    if (s.n_found > 1)
        return err_say(VAULT_ERR_INPUT, "give more of the code", "several records go by that");
    *first = s.found[0];
    return VAULT_OK;
}

vault_err
recs_taken(struct recs *r, const char *kind, struct part text, uint32_t except, bool *taken)
{
    struct seek s = { .r = r, .field = kind };
    vault_err err = seek_tag(&s, strcmp(kind, "ref") == 0 ? 0 : 1, text);

    if (err != VAULT_OK)
        return err;
    *taken = s.n_found == 2 || (s.n_found == 1 && s.found[0] != except);
    return VAULT_OK;
}

static int
note_seen(void *ctx, uint32_t n)
{
    (void)n;
    *(bool *)ctx = true;
    return 1;
}

vault_err
recs_tag_seen(struct recs *r, unsigned which, const uint8_t tag[static TAG_BYTES], bool *seen)
{
    *seen = false;
    return index_by_tag(&r->index, which, tag, note_seen, seen);
}
