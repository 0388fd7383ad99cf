/* statement_json.c - see statement.h. Order and form are fixed: the same revisions give the same bytes. */
#include "vault/statement.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/json_out.h"
#include "vault/base/text.h"
#include "vault/record/file.h"
#include "vault/record/salts.h"
#include "vault/record/value.h"

#define STATEMENT_FORMAT "withheld-statement/1"
#define STATEMENT_TIMES "times are this computer's own"

static void
hex_pair(struct buf *b, const char *before, const void *p, size_t n)
{
    buf_str(b, before);
    json_hex(b, PART(p, n));
}

static void
text_pair(struct buf *b, const char *before, struct part text)
{
    buf_str(b, before);
    json_string(b, text);
}

/* A list of byte strings of one size, which lie one after the other. */
static void
hex_list(struct buf *b, const char *before, const void *p, size_t size, size_t n)
{
    buf_fmt(b, "%s[", before);
    for (size_t i = 0; i < n; i++)
        hex_pair(b, i == 0 ? "" : ", ", (const uint8_t *)p + i * size, size);
    buf_u8(b, ']');
}

/* ---- values ---- */

static void
bare_value(struct buf *b, const struct value_view *x)
{
    switch (x->shape) {
    case VALUE_TEXT:
        json_string(b, x->text);
        break;
    case VALUE_INT:
        buf_fmt(b, "%" PRId64, x->num);
        break;
    case VALUE_BOOL:
        buf_str(b, x->yes ? "true" : "false");
        break;
    case VALUE_BYTES:
        hex_pair(b, "{\"bytes\": ", x->text.p, x->text.n);
        buf_u8(b, '}');
        break;
    case VALUE_FILE:
        hex_pair(b, "{\"sha256\": ", x->file.sha256, 32);
        buf_fmt(b, ", \"size\": %" PRIu64, x->file.size);
        text_pair(b, ", \"type\": ", x->file.type);
        text_pair(b, ", \"name\": ", x->file.name);
        buf_u8(b, '}');
        break;
    }
}

static bool
has_provenance(const struct value_view *x)
{
    return x->prov.source.n != 0 || x->prov.as_of.n != 0 || x->prov.certainty.n != 0;
}

static void
whole_value(struct buf *b, const struct value_view *x)
{
    if (!has_provenance(x)) {
        bare_value(b, x);
        return;
    }
    buf_str(b, "{\"value\": ");
    bare_value(b, x);
    if (x->prov.source.n != 0)
        hex_pair(b, ", \"source\": ", x->prov.source.p, x->prov.source.n);
    if (x->prov.as_of.n != 0)
        text_pair(b, ", \"as_of\": ", x->prov.as_of);
    if (x->prov.certainty.n != 0)
        text_pair(b, ", \"certainty\": ", x->prov.certainty);
    buf_u8(b, '}');
}

/* ---- leaves ---- */

/* One revision while it is written. */
struct telling {
    struct statement *s;
    uint32_t n;
    const struct revision *rev;
    const struct type_def *type;        /* in force now */
    uint8_t (*salt)[SALT_BYTES];        /* by leaf */
};

/* By its leaf, or since then by its type: a tier that was raised counts for what is shown. (A file's own tier goes before.) */
static bool
is_withheld(const struct telling *t, const struct leaf *l)
{
    const struct field_def *f = t->type == NULL ? NULL :
        type_field(t->type, l->field.p, l->field.n);

    return l->tier == LEAF_WITHHELD ||
        (f != NULL && f->tier == LEAF_WITHHELD && !value_is_file(l->value));
}

/* Does it name another record: by a link, or as its source? */
static bool
names_another(const struct telling *t, const struct value_view *x)
{
    return x->prov.source.n != 0 || (x->shape == VALUE_BYTES && t->rev->record[0] != 0);
}

/* Revisions repeat open values: how many files are there? */
static void
count_file(struct statement *s, const uint8_t sha256[static 32])
{
    for (size_t at = 0; at + 32 <= s->seen.n; at += 32)
        if (memcmp(s->seen.p + at, sha256, 32) == 0)
            return;
    buf_put(&s->seen, sha256, 32);
    s->files++;
}

/* Hash and size of a withheld file, proven without type and name. */
static vault_err
blind_file(struct telling *t, size_t i, const struct value_view *x)
{
    struct buf *b = &t->s->json;
    uint8_t h[32], s2[32];
    vault_err err = file_blind(h, s2, t->salt[i], &x->file);

    if (err != VAULT_OK)
        return err;
    hex_pair(b, ", \"s2\": ", s2, sizeof s2);
    hex_pair(b, ", \"file\": {\"sha256\": ", x->file.sha256, 32);
    buf_fmt(b, ", \"size\": %" PRIu64, x->file.size);
    hex_pair(b, ", \"h\": ", h, sizeof h);
    buf_u8(b, '}');
    count_file(t->s, x->file.sha256);
    return VAULT_OK;
}

/* What is told of a leaf besides its c. */
static vault_err
leaf_value(struct telling *t, size_t i)
{
    const struct leaf *l = &t->rev->leaf[i];
    struct value_view x;
    vault_err err = VAULT_OK;

    if (l->value.n == 0 || !l->here) {
        t->s->left_out += l->here && t->rev->record[0] != 0;
        return VAULT_OK;
    }
    err = value_read(&x, l->value);
    if (err != VAULT_OK)
        return err;
    if ((is_withheld(t, l) && !t->s->reveal) || (names_another(t, &x) && !t->s->links)) {
        if (l->tier == LEAF_WITHHELD && x.shape == VALUE_FILE && !has_provenance(&x))
            return blind_file(t, i, &x);
        t->s->left_out++;
        return VAULT_OK;
    }
    if (x.shape == VALUE_FILE)
        count_file(t->s, x.file.sha256);
    hex_pair(&t->s->json, ", \"salt\": ", t->salt[i], SALT_BYTES);
    buf_str(&t->s->json, ", \"value\": ");
    whole_value(&t->s->json, &x);
    return VAULT_OK;
}

static vault_err
write_leaf(struct telling *t, size_t i)
{
    const struct leaf *l = &t->rev->leaf[i];
    struct buf *b = &t->s->json;
    vault_err err;

    text_pair(b, i == 0 ? "\n  {\"field\": " : ",\n  {\"field\": ", l->field);
    hex_pair(b, ", \"element\": ", l->element, l->n_element);
    buf_fmt(b, ", \"tier\": %u", l->tier);
    hex_pair(b, ", \"c\": ", l->c, sizeof l->c);
    err = leaf_value(t, i);
    buf_u8(b, '}');
    return err;
}

/* ---- revisions ---- */

static vault_err
note_row(struct statement *s, uint32_t row)
{
    uint32_t *p;

    for (size_t i = 0; i < s->n_rows; i++)
        if (s->row[i] == row)
            return VAULT_OK;
    p = reallocarray(s->row, s->n_rows + 1, sizeof *p);
    if (p == NULL)
        return err_nomem();
    s->row = p;
    s->row[s->n_rows++] = row;
    return VAULT_OK;
}

void
statement_place(struct statement *s, const uint8_t entry[static 32], uint32_t index, const struct buf *path)
{
    hex_pair(&s->json, "\"entry\": ", entry, 32);
    buf_fmt(&s->json, ", \"index\": %u", index);
    hex_list(&s->json, ", \"path\": ", path->p, 32, path->n / 32);
}

/* Where it stands in the tree of its entry, and what proves that. */
static vault_err
write_path(struct statement *s, uint32_t n)
{
    const struct index *ix = &s->v->recs.index;
    uint32_t row = ix->pair[n].log, from = n, count = 1;
    struct buf path = BUF_INIT;
    uint8_t (*leaf)[32];
    vault_err err;

    while (from > 1 && ix->pair[from - 1].log == row)
        from--;
    while (from + count <= ix->n && ix->pair[from + count].log == row)
        count++;
    leaf = reallocarray(NULL, count, sizeof *leaf);
    if (leaf == NULL)
        return err_nomem();
    for (uint32_t i = 0; i < count; i++) {
        uint8_t pair[PAIR_BYTES];
        memcpy(pair, ix->pair[from + i].record, RECORD_ID_BYTES);
        memcpy(pair + RECORD_ID_BYTES, ix->pair[from + i].revision, REVISION_ID_BYTES);
        merkle_leaf(leaf[i], pair);
    }
    err = merkle_path(&path, leaf, count, n - from);
    if (err == VAULT_OK) {
        buf_u8(&s->json, ' ');
        statement_place(s, s->v->chain[row].hash, n - from, &path);
        err = note_row(s, row);
    }
    buf_free(&path);
    free(leaf);
    return err;
}

static void
write_head(struct buf *b, const struct revision *rev)
{
    hex_pair(b, "{\"record\": ", rev->record, sizeof rev->record);
    hex_pair(b, ", \"revision\": ", rev->id, sizeof rev->id);
    hex_pair(b, ",\n \"type\": ", rev->type, sizeof rev->type);
    hex_list(b, ", \"parents\": ", rev->parent, REVISION_ID_BYTES, rev->n_parents);
    buf_fmt(b, ", \"time\": %" PRId64, rev->time);
    hex_pair(b, ", \"author\": ", rev->author, sizeof rev->author);
}

/* Withheld values are read where they may be told, or may be files; what is quarantined or gone stays unknown. */
static vault_err
load_withheld(struct statement *s, uint32_t n, struct revision *rev, bool *loaded)
{
    const struct pack *p = NULL;
    vault_err err = VAULT_OK;

    *loaded = false;
    if (rev->record[0] == 0 || !revision_introduces(rev))
        return VAULT_OK;
    err = recs_pack(&s->v->recs, n, &p);
    if (err != VAULT_OK || !pack_can_read(p, n - p->first))
        return err;
    err = recs_load_withheld(&s->v->recs, n, rev);
    *loaded = err == VAULT_OK;
    return err;
}

static vault_err
leaf_list(struct telling *t)
{
    vault_err err = VAULT_OK;

    buf_str(&t->s->json, ",\n \"leaves\": [");
    for (size_t i = 0; err == VAULT_OK && i < t->rev->n_leaves; i++)
        err = write_leaf(t, i);
    buf_str(&t->s->json, "],\n");
    return err;
}

vault_err
statement_disclosed(struct statement *s, const struct revision *rev, bool first)
{
    struct telling t = { .s = s, .rev = rev, .salt = calloc(rev->n_leaves + 1, sizeof *t.salt) };
    vault_err err;

    if (t.salt == NULL)
        return err_nomem();
    for (size_t i = 0; i < rev->n_leaves; i++)
        if (rev->leaf[i].salt != NULL)
            memcpy(t.salt[i], rev->leaf[i].salt, SALT_BYTES);
    buf_str(&s->json, first ? "\n" : ",\n");
    write_head(&s->json, rev);
    err = leaf_list(&t);
    buf_u8(&s->json, ' ');
    free(t.salt);       /* of cards and slots: no secrets */
    return err;
}

static vault_err
write_leaves(struct telling *t, bool withheld)
{
    struct recs *r = &t->s->v->recs;
    const struct type_def *then = type_set_by_hash(&r->types, t->rev->type);
    size_t n = t->rev->n_leaves;
    vault_err err;

    t->type = t->rev->record[0] == 0 || then == NULL ? NULL : type_set_current(&r->types, then->name);
    t->salt = calloc(n + 1, sizeof *t->salt);
    if (t->salt == NULL)
        return err_nomem();
    err = recs_salts(r, t->n, LEAF_OPEN, t->rev, t->salt);
    if (err == VAULT_OK && withheld)
        err = recs_salts(r, t->n, LEAF_WITHHELD, t->rev, t->salt);
    if (err == VAULT_OK)
        err = leaf_list(t);
    sodium_memzero(t->salt, (n + 1) * sizeof *t->salt);
    free(t->salt);
    return err;
}

static vault_err
write_revision(struct statement *s, uint32_t n, bool first)
{
    struct revision rev;
    struct telling t = { .s = s, .n = n, .rev = &rev };
    bool withheld = false;
    vault_err err;

    revision_init(&rev);
    err = statement_step(s);
    if (err == VAULT_OK)
        err = recs_load(&s->v->recs, n, &rev);
    if (err == VAULT_OK)
        err = recs_check_carried(&s->v->recs, n, &rev);
    if (err == VAULT_OK)
        err = load_withheld(s, n, &rev, &withheld);
    if (err == VAULT_OK) {
        buf_str(&s->json, first ? "\n" : ",\n");
        write_head(&s->json, &rev);
        err = write_leaves(&t, withheld);
    }
    if (err == VAULT_OK)
        err = write_path(s, n);
    if (err == VAULT_OK)
        err = statement_origin_of(s, n);
    buf_u8(&s->json, '}');
    revision_free(&rev);
    return err;
}

/* ---- who signed: the registrations, and the keeper keys ---- */

/* Who signed an entry, in the time in which he might; v->n_authors: nobody. */
static size_t
author_of(const struct vault *v, uint32_t row, const struct log_entry *e)
{
    size_t i = 0;

    for (; i < v->n_authors; i++) {
        const struct author *a = &v->author[i];
        if (memcmp(a->pk, e->author, 32) == 0 && memcmp(a->slot_id, e->slot, sizeof e->slot) == 0 &&
            a->since <= row && (a->until == 0 || row <= a->until))
            break;
    }
    return i;
}

/* The revision of his slot that this row of the log added: of two, the one that registers somebody, or the other. */
static uint32_t
slot_revision(const struct vault *v, const struct author *a, uint32_t row)
{
    const struct index *ix = &v->recs.index;
    uint8_t id[RECORD_ID_BYTES] = { 0, SYSTEM_SLOT };
    uint32_t n;

    memcpy(id + 2, a->slot_id, sizeof a->slot_id);
    for (n = index_record(ix, id); n != 0 && ix->pair[n].log != row;)
        n = ix->pair[n].next;
    return n;
}

/* Of the entries so far: those of the record, and the one that says the statement was made. */
static vault_err
find_authors(struct statement *s, bool *told)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < s->n_rows; i++) {
        struct log_entry e;
        err = session_read_entry(s->v, s->row[i], &e, NULL);
        if (err == VAULT_OK)
            told[author_of(s->v, s->row[i], &e)] = true;
    }
    return err;
}

/* What registered each of them, and what ended that. */
static vault_err
write_authors(struct statement *s)
{
    const struct vault *v = s->v;
    bool *told = calloc(v->n_authors + 1, sizeof *told), first = true;
    vault_err err = told == NULL ? err_nomem() : find_authors(s, told);

    buf_str(&s->json, "],\n\"authors\": [");
    for (size_t i = 0; err == VAULT_OK && i < v->n_authors; i++) {
        uint32_t n = told[i] ? slot_revision(v, &v->author[i], v->author[i].since) : 0;
        if (n != 0)
            err = write_revision(s, n, first);
        first = first && n == 0;
    }
    buf_str(&s->json, "],\n\"ended\": [");
    first = true;
    for (size_t i = 0; err == VAULT_OK && i < v->n_authors; i++) {
        uint32_t n = told[i] && v->author[i].until != 0 ? slot_revision(v, &v->author[i], v->author[i].until) : 0;
        if (n != 0)
            err = write_revision(s, n, first);
        first = first && n == 0;
    }
    free(told);
    return err;
}

static vault_err
write_record(struct statement *s, uint32_t first)
{
    const struct index *ix = &s->v->recs.index;
    vault_err err = VAULT_OK;

    for (uint32_t n = first; err == VAULT_OK && n != 0; n = ix->pair[n].next)
        err = write_revision(s, n, n == first);
    return err;
}

static vault_err
write_keepers(struct statement *s)
{
    static const uint8_t id[RECORD_ID_BYTES] = { 0, SYSTEM_CARD };

    return write_record(s, index_record(&s->v->recs.index, id));
}

/* ---- entries ---- */

void
statement_entry(struct statement *s, const uint8_t hash[static 32], const struct log_entry *e, const uint8_t (*sig)[64], bool first)
{
    struct buf *b = &s->json;

    hex_pair(b, first ? "\n{\"hash\": " : ",\n{\"hash\": ", hash, 32);
    hex_pair(b, ",\n \"copy\": ", e->copy_id, sizeof e->copy_id);
    buf_fmt(b, ", \"number\": %" PRIu64, e->number);
    hex_list(b, ", \"parents\": ", e->parent, 32, e->n_parents);
    buf_fmt(b, ",\n \"time\": %" PRId64, e->time);
    hex_pair(b, ", \"slot\": ", e->slot, sizeof e->slot);
    hex_pair(b, ", \"author\": ", e->author, sizeof e->author);
    hex_list(b, ", \"keepers\": ", e->keeper, 32, e->n_keepers);
    text_pair(b, ",\n \"action\": ", PART(e->action, strlen(e->action)));
    hex_pair(b, ", \"root\": ", e->root, sizeof e->root);
    buf_fmt(b, ", \"count\": %" PRIu64, e->count);
    hex_pair(b, ", \"commitment\": ", e->commitment, sizeof e->commitment);
    if (e->has_keys) {
        buf_fmt(b, ", \"keys\": [%" PRIu64, e->keys_sequence);
        hex_pair(b, ", ", e->keys_hash, sizeof e->keys_hash);
        buf_u8(b, ']');
    } else {
        buf_str(b, ", \"keys\": []");
    }
    hex_list(b, ",\n \"signatures\": ", sig, 64, 1 + e->n_keepers);
    buf_u8(b, '}');
}

static vault_err
write_entry(struct statement *s, uint32_t row, bool first)
{
    struct log_entry e;
    uint8_t sig[1 + ENTRY_KEEPERS_MAX][64];
    vault_err err = session_read_entry(s->v, row, &e, sig);

    if (err == VAULT_OK)
        statement_entry(s, s->v->chain[row].hash, &e, (const uint8_t (*)[64])sig, first);
    return err;
}

static int
compare_rows(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static vault_err
write_entries(struct statement *s)
{
    vault_err err = VAULT_OK;

    qsort(s->row, s->n_rows, sizeof *s->row, compare_rows);
    for (size_t i = 0; err == VAULT_OK && i < s->n_rows; i++)
        err = write_entry(s, s->row[i], i == 0);
    return err;
}

/* ---- the whole ---- */

vault_err
statement_write(struct statement *s)
{
    const uint8_t *record = s->v->recs.index.pair[s->first].record;
    struct buf *b = &s->json;
    char code[CODE_LEN + 1];
    vault_err err;

    code_of(code, record);
    buf_str(b, "{\"format\": \"" STATEMENT_FORMAT "\",\n\"times\": \"" STATEMENT_TIMES "\"");
    hex_pair(b, ",\n\"vault\": ", s->v->kf.vault_id, VAULT_ID_BYTES);
    hex_pair(b, ",\n\"record\": ", record, RECORD_ID_BYTES);
    text_pair(b, ",\n\"code\": ", PART(code, CODE_LEN));
    hex_pair(b, ",\n\"head\": ", s->v->chain[s->head].hash, 32);
    buf_str(b, ",\n\"history\": [");
    err = statement_find_origins(s);
    if (err == VAULT_OK)
        err = write_record(s, s->first);
    for (uint32_t n = s->first; n != 0; n = s->v->recs.index.pair[n].next)
        s->revisions++;
    if (err == VAULT_OK)
        err = note_row(s, s->head);
    if (err == VAULT_OK)
        err = write_authors(s);
    buf_str(b, "],\n\"keepers\": [");
    if (err == VAULT_OK)
        err = write_keepers(s);
    buf_str(b, "],\n\"entries\": [");
    if (err == VAULT_OK)
        err = write_entries(s);
    buf_str(b, "],\n\"origins\": [");
    if (err == VAULT_OK)
        err = statement_origins(s);
    buf_str(b, "]}\n");
    return err != VAULT_OK ? err : buf_ok(b);
}

void
statement_free(struct statement *s)
{
    buf_free(&s->json);
    buf_free(&s->seen);
    free(s->row);
    statement_free_origins(s);
}
