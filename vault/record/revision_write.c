/* revision_write.c - a revision that is made: its two plaintexts; see revision.h. */
#include "vault/record/revision_parts.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/cbor.h"

/* A leaf whose value goes into the blob of this tier. */
static bool
goes_into(const struct leaf *l, enum leaf_tier tier)
{
    return l->tier == tier && l->here && l->value.n != 0;
}

/* One by one where they come from elsewhere with their values, else for the seed to give. */
static void
write_salts(const struct revision *r, enum leaf_tier tier, struct buf *out)
{
    size_t n = 0;

    for (size_t k = 0; r->foreign && k < r->n_leaves; k++)
        n += goes_into(&r->leaf[k], tier);
    if (!r->foreign) {
        cbor_bytes(out, NULL, 0);
        return;
    }
    cbor_array(out, n);
    for (size_t k = 0; k < r->n_leaves; k++)
        if (goes_into(&r->leaf[k], tier))
            cbor_bytes(out, r->leaf[k].salt, 32);
}

/* Write the items of one tier and commit to each (a foreign one is committed to already); values then live in `out`. */
static vault_err
write_items(struct revision *r, enum leaf_tier tier, struct buf *out, const uint8_t *seed)
{
    struct salts s;
    size_t count = 0, i = 0;
    vault_err err = VAULT_OK;

    s.seed = seed;
    s.listed = false;
    s.have = 0;
    for (size_t k = 0; k < r->n_leaves; k++)
        count += goes_into(&r->leaf[k], tier);
    cbor_array(out, count);
    for (size_t k = 0; err == VAULT_OK && k < r->n_leaves; k++) {
        struct leaf *l = &r->leaf[k];
        size_t at = out->n;
        if (!goes_into(l, tier))
            continue;
        cbor_array(out, 3);
        cbor_textn(out, l->field.p, l->field.n);
        cbor_bytes(out, l->element, l->n_element);
        buf_put(out, l->value.p, l->value.n);
        if (out->bad)
            break;
        if (!r->foreign)
            err = leaf_value_commit(l, &s, i++, PART(out->p + at, out->n - at));
    }
    salts_forget(&s);
    return err != VAULT_OK ? err : buf_ok(out);
}

/* Values of files that go into the blob of this tier. */
static size_t
count_files(const struct revision *r, enum leaf_tier tier)
{
    size_t count = 0;

    for (size_t k = 0; k < r->n_leaves; k++)
        count += goes_into(&r->leaf[k], tier) && value_is_file(r->leaf[k].value);
    return count;
}

/* Where their bytes are, in the same order; nothing where there are none. */
static void
write_files(const struct revision *r, enum leaf_tier tier, size_t count, struct buf *out)
{
    if (count == 0)
        return;
    cbor_array(out, count);
    for (size_t k = 0; k < r->n_leaves; k++) {
        const struct leaf *l = &r->leaf[k];
        if (!goes_into(l, tier) || !value_is_file(l->value))
            continue;
        cbor_array(out, 4);
        cbor_textn(out, l->field.p, l->field.n);
        cbor_bytes(out, l->element, l->n_element);
        cbor_uint(out, l->file_first);
        cbor_bytes(out, l->file_key, FILE_KEY_BYTES);
    }
}

/* Has it withheld values to be kept? A foreign one may have leaves alone. */
static bool
keeps_withheld(const struct revision *r)
{
    for (size_t k = 0; k < r->n_leaves; k++)
        if (goes_into(&r->leaf[k], LEAF_WITHHELD))
            return true;
    return false;
}

static vault_err
write_withheld(struct revision *r, const uint8_t *seed)
{
    struct buf *b = &r->withheld;
    size_t files = count_files(r, LEAF_WITHHELD);
    vault_err err;

    if (!keeps_withheld(r))
        return VAULT_OK;
    buf_u32(b, 0);
    cbor_array(b, files == 0 ? 2 : 3);
    write_salts(r, LEAF_WITHHELD, b);
    err = write_items(r, LEAF_WITHHELD, b, seed);
    write_files(r, LEAF_WITHHELD, files, b);
    if (err != VAULT_OK)
        return err;
    if (b->n > BLOB_MAX / 2)
        return err_say(VAULT_ERR_INPUT, "attach long texts as files",
            "the withheld values of one record are too large");
    put_u32(b->p, (uint32_t)(b->n - 4));
    (void)buf_add(b, pad_length(b->n) - b->n);
    return buf_ok(b);
}

void
revision_write_leaf(struct buf *b, const struct leaf *l)
{
    cbor_array(b, 5);
    cbor_textn(b, l->field.p, l->field.n);
    cbor_bytes(b, l->element, l->n_element);
    cbor_uint(b, l->raised ? LEAF_RAISED : l->tier);
    cbor_bytes(b, l->c, sizeof l->c);
    cbor_bytes(b, l->introduced, l->here ? 0 : sizeof l->introduced);
}

static void
write_others(struct revision *r, struct buf *b)
{
    size_t count = 0;

    for (size_t i = 0; i < r->n_leaves; i++)
        count += !goes_into(&r->leaf[i], LEAF_OPEN);
    cbor_array(b, count);
    for (size_t i = 0; i < r->n_leaves; i++)
        if (!goes_into(&r->leaf[i], LEAF_OPEN))
            revision_write_leaf(b, &r->leaf[i]);
}

static vault_err
write_open(struct revision *r, const uint8_t *seed)
{
    struct buf *b = &r->open;
    size_t files = count_files(r, LEAF_OPEN);
    vault_err err;

    cbor_array(b, files == 0 ? 7 : 8);
    cbor_bytes(b, r->type, TYPE_SHORT_BYTES);
    cbor_array(b, r->n_parents);
    for (size_t i = 0; i < r->n_parents; i++)
        cbor_bytes(b, r->parent[i], REVISION_ID_BYTES);
    cbor_int(b, r->time);
    cbor_bytes(b, r->author, r->foreign ? sizeof r->author : 0);    /* else the signer of our entry */
    write_salts(r, LEAF_OPEN, b);
    err = write_items(r, LEAF_OPEN, b, seed);
    if (err != VAULT_OK)
        return err;
    write_others(r, b);
    write_files(r, LEAF_OPEN, files, b);
    if (b->n > BLOB_MAX / 2)
        return err_say(VAULT_ERR_INPUT, "attach long texts as files",
            "the open values of one record are too large");
    return buf_ok(b);
}

static int
compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, REVISION_ID_BYTES);
}

/* In order, none twice. */
static vault_err
order_new(struct revision *r)
{
    if (r->n_leaves > REVISION_LEAVES_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "a record may have at most %d values",
            REVISION_LEAVES_MAX);
    leaves_sort(r);
    for (size_t i = 1; i < r->n_leaves; i++)
        if (leaf_compare(&r->leaf[i - 1], &r->leaf[i]) == 0)
            return err_say(VAULT_ERR_INPUT, NULL, "a field that does not repeat was given twice");
    return VAULT_OK;
}

vault_err
revision_finish(struct revision *r, const uint8_t open_seed[static 32],
    const uint8_t withheld_seed[static 32])
{
    vault_err err = order_new(r);

    if (r->n_parents > 1)
        qsort(r->parent, r->n_parents, REVISION_ID_BYTES, compare_ids);
    if (err == VAULT_OK)
        err = write_withheld(r, withheld_seed);
    if (err == VAULT_OK)
        err = write_open(r, open_seed);
    if (err == VAULT_OK)
        err = revision_compute_id(r);
    return err;
}

vault_err
revision_finish_foreign(struct revision *r)
{
    vault_err err = order_new(r);

    buf_reset(&r->open);
    buf_reset(&r->withheld);
    r->foreign = true;
    if (err == VAULT_OK)
        err = revision_check_id(r);
    if (err == VAULT_OK)
        err = write_withheld(r, NULL);
    return err == VAULT_OK ? write_open(r, NULL) : err;
}
