/* dump_same.c - see dump_same.h. */
#include "vault/dump_same.h"

#include <string.h>
#include "vault/base/files.h"
#include "vault/base/json_out.h"
#include "vault/base/text.h"
#include "vault/dump_files.h"
#include "vault/same.h"

static const char *
file_name(bool csv)
{
    return csv ? "same-as.csv" : "same-as.jsonl";
}

vault_err
dump_name(struct recs *r, const char *code, struct buf *out)
{
    struct revision rev;
    uint32_t first = 0, head = 0;
    vault_err err;

    revision_init(&rev);
    err = recs_find(r, code, strlen(code), FIND_ANY, &first);
    if (err == VAULT_ERR_NOT_FOUND || (err == VAULT_OK && index_purged(&r->index, first))) {
        vault_clear_error();
        buf_str(out, code);
        return buf_ok(out);
    }
    if (err == VAULT_OK)
        err = recs_head(r, first, &head, NULL);
    if (err == VAULT_OK)
        err = recs_load(r, head, &rev);
    if (err == VAULT_OK)
        err = recs_shown_text(r, &rev, "ref", out);
    if (err == VAULT_OK && out->n == 0)
        err = recs_shown_text(r, &rev, "label", out);
    if (err == VAULT_OK && out->n == 0)
        buf_str(out, code);
    revision_free(&rev);
    return err;
}

/* A text as both formats quote it. (A quotation mark is doubled in CSV; no ref or label has a line break.) */
static void
quoted(struct buf *out, bool csv, struct part text)
{
    const uint8_t *p = text.p;

    if (!csv) {
        json_string(out, text);
        return;
    }
    buf_u8(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        if (p[i] == '"')
            buf_u8(out, '"');
        buf_u8(out, p[i]);
    }
    buf_u8(out, '"');
}

/* Both by what names them where this is read in, then both by their codes. */
static vault_err
line(struct recs *r, bool csv, uint32_t record, uint32_t into, struct buf *out)
{
    static const char *const KEY[] = { "{\"record\":", ",\"into\":", ",\"_id\":", ",\"_into\":" };
    const uint32_t which[] = { record, into };
    char code[2][CODE_LEN + 1];
    struct buf text = BUF_INIT;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < 4; i++) {
        code_of(code[i % 2], r->index.pair[which[i % 2]].record);
        buf_reset(&text);
        if (i < 2)
            err = dump_name(r, code[i], &text);
        else
            buf_str(&text, code[i % 2]);
        buf_str(out, !csv ? KEY[i] : i == 0 ? "" : ",");
        quoted(out, csv, PART(text.p, text.n));
    }
    buf_str(out, csv ? "\r\n" : "}\n");
    buf_free(&text);
    return err != VAULT_OK ? err : buf_ok(out);
}

vault_err
dump_same(struct vault *v, int dir, bool csv, bool *made)
{
    const struct same *s = &v->same;
    struct buf out = BUF_INIT;
    bool any = false;
    vault_err err = VAULT_OK;

    if (csv)
        buf_str(&out, "record,into,_id,_into\r\n");
    for (uint32_t n = 1; err == VAULT_OK && s->merged != 0 && n < s->n; n++) {
        uint32_t into = s->into[n];
        if (into == 0 || index_purged(&v->recs.index, n) || index_purged(&v->recs.index, into))
            continue;
        err = line(&v->recs, csv, n, into, &out);
        any = true;
    }
    if (err == VAULT_OK && any) {
        *made = true;
        err = file_create(dir, file_name(csv), out.p, out.n);
    }
    buf_free(&out);
    return err;
}

void
dump_same_take_back(int dir, bool csv)
{
    file_take_back(dir, file_name(csv));
}
