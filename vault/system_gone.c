/* system_gone.c - tombstones, and what repairs could not save; see session.h and system.h. */
#include "vault/system.h"

#include <stdlib.h>
#include <string.h>

/* ---- tombstones ---- */

static const char *const WHAT[] = { "", "record", "field", "revision", "attachment" };

static enum gone_what
what_of(const struct revision *rev)
{
    for (int w = GONE_RECORD; w <= GONE_ATTACHMENT; w++)
        if (system_text_is(rev, "what", WHAT[w]))
            return (enum gone_what)w;
    return GONE_NOT;
}

/* The leaves in order, none twice: all of a record, or some. */
static bool
leaves_ok(struct part leaves, enum gone_what what)
{
    const uint8_t *p = leaves.p;

    if (leaves.n % 32 != 0 || (leaves.n == 0) != (what == GONE_RECORD))
        return false;
    for (size_t at = 32; at < leaves.n; at += 32)
        if (memcmp(p + at - 32, p + at, 32) >= 0)
            return false;
    return true;
}

static vault_err
tombstone_push(struct vault *v, const struct tombstone *t)
{
    struct tombstone *p = reallocarray(v->tomb, v->n_tombs + 1, sizeof *p);

    if (p == NULL)
        return err_nomem();
    v->tomb = p;
    v->tomb[v->n_tombs++] = *t;
    return VAULT_OK;
}

vault_err
system_apply_tombstone(struct vault *v, const struct revision *rev, uint32_t log)
{
    struct tombstone t = { .what = what_of(rev), .log = log };
    struct value_view field = {0}, leaves;
    uint32_t first;
    vault_err err;

    err = system_bytes(rev, "record", t.record, sizeof t.record);
    if (err != VAULT_OK)
        return err;
    first = index_record(&v->recs.index, t.record);
    if (t.what == GONE_NOT || !system_view(rev, "leaves", VALUE_BYTES, &leaves) ||
        !leaves_ok(leaves.text, t.what) || (t.record[0] == 0 && t.record[1] != SYSTEM_AUDIENCE) || rev->n_parents != 0 ||
        (first == 0 && !index_was_lost(&v->recs.index, t.record, NULL)))
        return system_damaged("a tombstone has a wrong form, or names no record");
    if (system_view(rev, "field", VALUE_TEXT, &field) && field.text.n < sizeof t.field)
        memcpy(t.field, field.text.p, field.text.n);
    err = tombstone_push(v, &t);
    for (size_t at = 0; err == VAULT_OK && at < leaves.text.n; at += 32)
        err = gone_add(&v->recs.gone, t.record, (const uint8_t *)leaves.text.p + at, t.what);
    if (err == VAULT_OK && t.what == GONE_RECORD && first != 0)
        index_purge(&v->recs.index, first);
    return err;
}

const char *
gone_name(enum gone_what what)
{
    return WHAT[what];
}

/* ---- what repairs could not save ---- */

void
file_place_id(uint8_t id[static 32], enum leaf_tier tier, uint64_t first)
{
    memset(id, 0, 32);
    put_u64(id, first);
    id[8] = (uint8_t)tier;
}

bool
session_file_lost(const struct vault *v, const uint8_t record[static RECORD_ID_BYTES],
    enum leaf_tier tier, uint64_t first)
{
    uint8_t id[32];

    file_place_id(id, tier, first);
    return gone_find(&v->losses.files, record, id) != GONE_NOT;
}

bool
session_detail_lost(const struct vault *v, uint32_t row)
{
    for (size_t i = 0; i < v->losses.n_details; i++)
        if (v->losses.detail[i] == row)
            return true;
    return false;
}

/* The bytes of a field, in pieces of `each`; nothing where it is not there. */
static vault_err
lost_bytes(const struct revision *rev, const char *field, size_t each, struct rd *out)
{
    struct value_view view;

    *out = rd_of("", 0);
    if (!system_view(rev, field, VALUE_BYTES, &view))
        return VAULT_OK;
    if (view.text.n % each != 0)
        return system_damaged("what was lost is told in a wrong form");
    *out = rd_of(view.text.p, view.text.n);
    return VAULT_OK;
}

static vault_err
lose_revisions(struct vault *v, const uint8_t *record, struct rd ids)
{
    struct index *ix = &v->recs.index;

    while (ids.n != 0) {
        const uint8_t *id = rd_take(&ids, REVISION_ID_BYTES);
        uint32_t n = index_revision(ix, index_record(ix, record), id);
        if (n != 0)
            index_lose(ix, n);
        else if (!index_was_lost(ix, record, id))
            return system_damaged("a revision that was lost is not in the list of revisions");
    }
    return VAULT_OK;
}

static vault_err
lose_values(struct vault *v, const uint8_t *record, struct rd leaves, struct rd files)
{
    uint8_t id[32];
    vault_err err = VAULT_OK;

    while (err == VAULT_OK && leaves.n != 0) {
        err = gone_add(&v->recs.gone, record, rd_take(&leaves, 32), GONE_LOST);
        v->losses.values++;
    }
    while (err == VAULT_OK && files.n != 0) {
        enum leaf_tier tier = (enum leaf_tier)rd_u8(&files);
        file_place_id(id, tier, rd_u64(&files));
        err = gone_add(&v->losses.files, record, id, GONE_LOST);
    }
    return err;
}

static vault_err
lose_details(struct vault *v, struct rd rows)
{
    size_t n = rows.n / LOST_DETAIL_BYTES;
    uint32_t *p;

    if (n == 0)
        return VAULT_OK;
    p = reallocarray(v->losses.detail, v->losses.n_details + n, sizeof *p);
    if (p == NULL)
        return err_nomem();
    v->losses.detail = p;
    while (rows.n != 0)
        p[v->losses.n_details++] = rd_u32(&rows);
    return VAULT_OK;
}

vault_err
system_apply_lost(struct vault *v, const struct revision *rev, uint32_t log)
{
    uint8_t record[RECORD_ID_BYTES];
    struct rd revisions, leaves, files, details;
    vault_err err = system_bytes(rev, "record", record, sizeof record);

    if (err == VAULT_OK)
        err = lost_bytes(rev, "revisions", REVISION_ID_BYTES, &revisions);
    if (err == VAULT_OK && revisions.n != 0 && record[0] == 0 && record[1] == SYSTEM_CONTACT)
        v->contacts.lost = log;
    if (err == VAULT_OK)
        err = lost_bytes(rev, "leaves", 32, &leaves);
    if (err == VAULT_OK)
        err = lost_bytes(rev, "files", LOST_FILE_BYTES, &files);
    if (err == VAULT_OK)
        err = lost_bytes(rev, "details", LOST_DETAIL_BYTES, &details);
    if (err == VAULT_OK)
        err = lose_revisions(v, record, revisions);
    if (err == VAULT_OK)
        err = lose_values(v, record, leaves, files);
    if (err == VAULT_OK)
        err = lose_details(v, details);
    v->losses.log = log;
    return err;
}
