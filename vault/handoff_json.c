/* handoff_json.c - records.json of a plain handoff: see handoff.h. Order and form are fixed: the same records give the same bytes. */
#include "vault/handoff.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/json_out.h"
#include "vault/base/text.h"
#include "vault/base/utf8.h"

/* What turns the direction of writing, or is not seen, in an editor: as \uXXXX it is the same to a program. */
static bool
is_hidden(int32_t cp)
{
    return cp == 0xAD || cp == 0x61C || cp == 0x180E || (cp >= 0x200B && cp <= 0x200F) || (cp >= 0x2028 && cp <= 0x202E) ||
        (cp >= 0x2060 && cp <= 0x206F) || cp == 0xFEFF;
}

static void
text(struct buf *out, const char *s)
{
    size_t n = strlen(s), from = 0, at, len;
    struct buf plain = BUF_INIT;

    json_string(&plain, PART(s, n));
    for (at = 0; at < plain.n; at += len) {
        int32_t cp = 0;

        len = u8_read(&cp, plain.p + at, plain.n - at);
        if (len > 1 && is_hidden(cp)) {
            buf_put(out, plain.p + from, at - from);
            buf_fmt(out, "\\u%04x", (unsigned)cp);
            from = at + len;
        }
        len += len == 0;
    }
    buf_put(out, plain.p + from, plain.n - from);
    out->bad = out->bad || plain.bad;
    buf_free(&plain);
}

static void
pair(struct buf *out, const char *before, const char *s)
{
    buf_str(out, before);
    text(out, s);
}

/* ---- values ---- */

/* A record that is not in the file is not named: its code in two files would tie two people together. */
static void
record_value(const struct handoff *h, struct buf *out, const char *code)
{
    uint32_t first;

    if (handoff_state_of(h, code, &first) == HANDOFF_TAKEN)
        text(out, code);
    else
        buf_str(out, "null");
}

static void
bare_value(const struct handoff *h, struct buf *out, const struct vault_value *x)
{
    if (strcmp(x->kind, "link") == 0) {
        buf_str(out, "{\"record\": ");
        record_value(h, out, x->text);
        buf_u8(out, '}');
    } else if (x->is_number != 0) {
        buf_str(out, x->text);
    } else {
        text(out, x->text);
    }
}

static void
value(const struct handoff *h, struct buf *out, const struct vault_value *x)
{
    if (x->source == NULL && x->as_of == NULL && x->certainty == NULL) {
        bare_value(h, out, x);
        return;
    }
    buf_str(out, "{\"value\": ");
    bare_value(h, out, x);
    if (x->source != NULL) {
        buf_str(out, ", \"source\": ");
        record_value(h, out, x->source);
    }
    if (x->as_of != NULL)
        pair(out, ", \"as_of\": ", x->as_of);
    if (x->certainty != NULL)
        pair(out, ", \"certainty\": ", x->certainty);
    buf_u8(out, '}');
}

/* Values of a field stand together. */
static void
fields(const struct handoff *h, struct buf *out, const struct vault_record *r)
{
    const struct vault_value *before = NULL;

    buf_str(out, " \"fields\": {");
    for (size_t i = 0; i < r->n_values; i++) {
        const struct vault_value *x = &r->values[i];
        bool same = before != NULL && strcmp(before->field, x->field) == 0;

        if (!x->present)
            continue;
        if (before != NULL && !same && before->repeats)
            buf_u8(out, ']');
        if (before != NULL)
            buf_str(out, ", ");
        if (!same) {
            pair(out, "", x->field);
            buf_str(out, x->repeats ? ": [" : ": ");
        }
        value(h, out, x);
        before = x;
    }
    buf_str(out, before != NULL && before->repeats ? "]}" : "}");
}

/* ---- the rest of a record ---- */

static void
gaps(struct buf *out, const char *key, const struct vault_record *r, enum handoff_gap gap)
{
    const char *name[TYPE_FIELDS_MAX];
    size_t n = handoff_gaps(r, gap, name);

    buf_fmt(out, ",\n \"%s\": [", key);
    for (size_t i = 0; i < n; i++)
        pair(out, i == 0 ? "" : ", ", name[i]);
    buf_u8(out, ']');
}

static void
attachments(struct buf *out, const struct handoff_record *rec)
{
    const struct vault_record *r = rec->view;
    uint64_t number = rec->item->file;
    char path[HANDOFF_PATH_ROOM];
    bool more = false;

    buf_str(out, ",\n \"attachments\": [");
    for (size_t i = 0; i < r->n_attachments; i++) {
        const struct vault_attachment *a = &r->attachments[i];

        if (!handoff_file_goes(a))
            continue;
        handoff_file_path(path, number++, a->name);
        pair(out, more ? ",\n  {\"field\": " : "\n  {\"field\": ", a->field);
        pair(out, ", \"name\": ", a->name);
        pair(out, ", \"file\": ", path);
        pair(out, ", \"type\": ", a->type);
        buf_fmt(out, ", \"size\": %" PRIu64 ", \"sha256\": \"%s\", \"protected\": %s}", a->size, a->sha256,
            a->withheld ? "true" : "false");
        more = true;
    }
    buf_u8(out, ']');
}

static vault_err
same(const struct handoff *h, struct buf *out, const struct handoff_record *rec)
{
    uint32_t *list = NULL;
    size_t n = 0, left = 0;
    char code[CODE_LEN + 1];
    vault_err err = handoff_same(h, rec->item->first, &list, &n, &left);

    buf_str(out, ",\n \"same_as\": [");
    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        code_of(code, h->v->recs.index.pair[list[i]].record);
        pair(out, i == 0 ? "" : ", ", code);
    }
    buf_fmt(out, "], \"same_left_out\": %zu", left);
    free(list);
    return err;
}

static vault_err
record(void *ctx, const struct handoff_record *rec)
{
    struct handoff_writing *w = ctx;
    const struct vault_record *r = rec->view;
    struct buf *out = &w->out;
    char when[HANDOFF_TIME];
    vault_err err;

    handoff_iso(when, r->time);
    pair(out, w->more ? ",\n{\"id\": " : "\n{\"id\": ", r->id);
    pair(out, ", \"type\": ", r->type);
    pair(out, ", \"label\": ", r->label);
    pair(out, ",\n \"revision\": ", r->revision);
    pair(out, ", \"time\": ", when);
    buf_fmt(out, ", \"conflict\": %s,\n", rec->item->conflict ? "true" : "false");
    fields(w->h, out, r);
    gaps(out, "protected", r, HANDOFF_PROTECTED);
    gaps(out, "left_out", r, HANDOFF_WITHHELD);
    gaps(out, "destroyed", r, HANDOFF_PURGED);
    gaps(out, "lost", r, HANDOFF_LOST);
    attachments(out, rec);
    err = same(w->h, out, rec);
    buf_u8(out, '}');
    w->more = true;
    return err == VAULT_OK ? handoff_flush(w, false) : err;
}

vault_err
handoff_json(struct handoff *h, handoff_put_fn *put, void *ctx)
{
    struct handoff_writing w = { .h = h, .put = put, .ctx = ctx };
    vault_err err;

    buf_fmt(&w.out, "{\"format\": \"" HANDOFF_FORMAT "\",\n\"names\": %s,\n\"linked_left_out\": %" PRIu64 ",\n\"records\": [",
        h->names ? "true" : "false", h->plan.linked);
    err = handoff_each(h, record, &w);
    buf_str(&w.out, "]}\n");
    if (err == VAULT_OK)
        err = handoff_flush(&w, true);
    buf_free(&w.out);
    return err;
}
