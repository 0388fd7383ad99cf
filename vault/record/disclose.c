/* disclose.c - see disclose.h. */
#include "vault/record/disclose.h"

#include <sodium.h>
#include <string.h>
#include "vault/base/cbor.h"
#include "vault/record/file.h"
#include "vault/record/value.h"

static vault_err
damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, NULL, "a revision that was sent is damaged: %s", what);
}

/* ---- writing ---- */

/* Told: its salt, its value, and for a file which content; else its c alone. */
static void
write_leaf(struct buf *out, const struct leaf *l, const uint8_t *salt, const uint64_t *file)
{
    bool told = salt != NULL;

    cbor_array(out, 5);
    cbor_textn(out, l->field.p, l->field.n);
    cbor_bytes(out, l->element, l->n_element);
    cbor_uint(out, l->raised ? LEAF_OPEN : l->tier);         /* the author's */
    if (told) {
        cbor_array(out, file != NULL ? 3 : 2);
        cbor_bytes(out, salt, 32);
        buf_put(out, l->value.p, l->value.n);
        if (file != NULL)
            cbor_uint(out, *file);
    } else {
        cbor_bytes(out, l->c, sizeof l->c);
    }
    cbor_bytes(out, l->introduced, l->here ? 0 : sizeof l->introduced);
}

static void
write_head(struct buf *out, const struct revision *rev)
{
    cbor_array(out, 6);
    cbor_bytes(out, rev->record, sizeof rev->record);
    cbor_bytes(out, rev->type, sizeof rev->type);
    cbor_array(out, rev->n_parents);
    for (size_t i = 0; i < rev->n_parents; i++)
        cbor_bytes(out, rev->parent[i], REVISION_ID_BYTES);
    cbor_int(out, rev->time);
    cbor_bytes(out, rev->author, sizeof rev->author);
    cbor_array(out, rev->n_leaves);
}

vault_err
disclose_write(struct buf *out, const struct revision *rev, const uint8_t (*salt)[32], disclose_choice_fn *choose,
    void *ctx)
{
    write_head(out, rev);
    for (size_t i = 0; i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        uint64_t file = 0;
        bool told = l->here && l->value.n != 0 && (choose == NULL || choose(ctx, l, &file));

        write_leaf(out, l, told ? salt[i] : NULL, value_is_file(l->value) ? &file : NULL);
    }
    return buf_ok(out);
}

/* ---- reading ---- */

/* c = BLAKE2b-256(salt | CBOR [field, element, value]); `key` is field and element, as they stand in the leaf. */
static vault_err
commit(struct leaf *l, struct part key)
{
    static const uint8_t three = 0x83;      /* the head of the array */
    crypto_generichash_blake2b_state st;

    if (value_is_file(l->value))
        return file_commit(l->c, l->salt, l->field, PART(l->element, l->n_element), l->value);
    crypto_generichash_blake2b_init(&st, NULL, 0, 32);
    crypto_generichash_blake2b_update(&st, l->salt, 32);
    crypto_generichash_blake2b_update(&st, &three, 1);
    crypto_generichash_blake2b_update(&st, key.p, key.n);
    crypto_generichash_blake2b_update(&st, l->value.p, l->value.n);
    crypto_generichash_blake2b_final(&st, l->c, 32);
    sodium_memzero(&st, sizeof st);
    return VAULT_OK;
}

/* [salt, value] or [salt, value, file]. The value is one of some kind: text_valid and depth are the reader's of CBOR. */
static vault_err
read_told(struct rd *r, struct leaf *l)
{
    size_t parts = cbor_get_array(r, 3);
    struct part salt = cbor_get_bytes(r, 32);
    struct value_view view;
    vault_err err;

    l->value = cbor_get_item(r);
    if (parts == 3)
        l->file_first = cbor_get_uint(r, DISCLOSE_FILE_MAX);
    if (r->bad || parts < 2 || salt.n != 32 || l->value.n > VALUE_CBOR_MAX)
        return damaged("a value cannot be read");
    l->salt = salt.p;
    err = value_read(&view, l->value);
    if (err == VAULT_OK && (parts == 3) != (view.shape == VALUE_FILE))
        err = damaged("a file is told of as something else");
    return err;
}

/* Field and element; their slice is part of what c is over. */
static struct part
read_key(struct rd *r, struct leaf *l)
{
    const uint8_t *start = r->p;
    struct part element;

    l->field = cbor_get_text(r, NAME_MAX_BYTES - 1);
    element = cbor_get_bytes(r, ELEMENT_BYTES);
    if (l->field.n == 0 || (element.n != 0 && element.n != ELEMENT_BYTES))
        r->bad = true;
    if (!r->bad && element.n != 0)
        memcpy(l->element, element.p, element.n);
    l->n_element = r->bad ? 0 : (uint8_t)element.n;
    return PART(start, (size_t)(r->p - start));
}

/* A value that is told belongs to this revision, and so does every open one. */
static vault_err
read_leaf(struct rd *r, struct leaf *l)
{
    struct part key, introduced;
    vault_err err = VAULT_OK;

    if (cbor_get_array(r, 5) != 5)
        r->bad = true;
    key = read_key(r, l);
    l->tier = (uint8_t)cbor_get_uint(r, LEAF_WITHHELD);
    if (cbor_peek(r) == CBOR_ARRAY)
        err = read_told(r, l);
    else
        cbor_get_fixed(r, l->c, sizeof l->c);
    introduced = cbor_get_bytes(r, 32);
    l->here = introduced.n == 0;
    if (err != VAULT_OK)
        return err;
    if (r->bad || l->tier == 0 || (!l->here && introduced.n != 32))
        return damaged("a value cannot be read");
    if (!l->here && (l->tier == LEAF_OPEN || l->salt != NULL))
        return damaged("a value is told where it does not belong");
    if (!l->here)
        memcpy(l->introduced, introduced.p, 32);
    return l->salt != NULL ? commit(l, key) : VAULT_OK;
}

static vault_err
read_leaves(struct rd *r, struct revision *rev)
{
    size_t n = cbor_get_array(r, REVISION_LEAVES_MAX);
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && !r->bad && i < n; i++) {
        struct leaf *l = revision_add(rev, PART("", 0), LEAF_OPEN, PART(NULL, 0));
        if (l == NULL)
            return err_nomem();
        err = read_leaf(r, l);
        if (err == VAULT_OK && i > 0 && leaf_compare(l - 1, l) >= 0)
            err = damaged("values are out of order");
        rev->partial = rev->partial || (l->here && l->salt == NULL);
    }
    return err;
}

static void
read_head(struct rd *r, struct revision *rev)
{
    if (cbor_get_array(r, 6) != 6)
        r->bad = true;
    cbor_get_fixed(r, rev->record, sizeof rev->record);
    cbor_get_fixed(r, rev->type, sizeof rev->type);
    rev->n_parents = cbor_get_array(r, REVISION_PARENTS_MAX);
    for (size_t i = 0; i < rev->n_parents && !r->bad; i++) {
        cbor_get_fixed(r, rev->parent[i], REVISION_ID_BYTES);
        if (i > 0 && memcmp(rev->parent[i - 1], rev->parent[i], REVISION_ID_BYTES) >= 0)
            r->bad = true;
    }
    rev->time = cbor_get_int(r);
    cbor_get_fixed(r, rev->author, sizeof rev->author);
}

vault_err
disclose_read(struct part cbor, struct revision *rev)
{
    struct rd r = rd_of(cbor.p, cbor.n);
    vault_err err = VAULT_OK;

    revision_reset(rev);
    if (cbor.n > DISCLOSE_MAX)
        return damaged("it is too large");
    read_head(&r, rev);
    if (r.bad)
        err = damaged("its head cannot be read");
    if (err == VAULT_OK)
        err = read_leaves(&r, rev);
    if (err == VAULT_OK && !rd_end(&r))
        err = damaged("its content cannot be read");
    return err != VAULT_OK ? err : revision_compute_id(rev);
}
