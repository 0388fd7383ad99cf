/* revision_read.c - a revision that is read, from its plaintexts; see revision.h. Nothing in them is trusted. */
#include "vault/record/revision_parts.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/cbor.h"

/* The salts element: empty (the seed gives them), or an array of 32-byte salts. */
static void
read_salts(struct rd *rd, struct salts *s, const uint8_t *seed)
{
    struct part p;

    s->seed = seed;
    s->have = s->n_list = 0;
    s->listed = cbor_peek(rd) != CBOR_BYTES;
    if (!s->listed) {
        (void)cbor_get_bytes(rd, 0);
        return;
    }
    s->n_list = cbor_get_array(rd, REVISION_LEAVES_MAX);
    s->list = rd->p;
    for (size_t i = 0; i < s->n_list && !rd->bad; i++) {
        p = cbor_get_bytes(rd, 32);
        if (p.n != 32)
            rd->bad = true;
    }
}

static void
read_key(struct rd *rd, struct leaf *l)
{
    struct part p;

    l->field = cbor_get_text(rd, NAME_MAX_BYTES - 1);
    p = cbor_get_bytes(rd, ELEMENT_BYTES);
    if (l->field.n == 0 || (p.n != 0 && p.n != ELEMENT_BYTES))
        rd->bad = true;
    if (!rd->bad && p.n != 0)
        memcpy(l->element, p.p, p.n);
    l->n_element = (uint8_t)p.n;
}

/* One item [field, element, value]; its slice is what c commits to. */
static struct part
read_item(struct rd *rd, struct leaf *l)
{
    const uint8_t *start = rd->p;

    if (cbor_get_array(rd, 3) != 3)
        rd->bad = true;
    read_key(rd, l);
    l->value = cbor_get_item(rd);
    return rd->bad ? PART(NULL, 0) : PART(start, (size_t)(rd->p - start));
}

/* The element `files` of a blob, where it is there: one entry for each value of a file, in their order. They are
 * those of the first n leaves that are of this tier and belong here. */
static vault_err
read_files(struct revision *r, struct rd *rd, enum leaf_tier tier, size_t n, bool there)
{
    size_t left = there ? cbor_get_array(rd, REVISION_LEAVES_MAX) : 0;
    struct leaf entry;

    if (there && left == 0)
        rd->bad = true;
    for (size_t i = 0; i < n && !rd->bad; i++) {
        struct leaf *l = &r->leaf[i];
        if (l->tier != tier || !l->here || !value_is_file(l->value))
            continue;
        memset(&entry, 0, sizeof entry);
        if (left-- == 0 || cbor_get_array(rd, 4) != 4)
            return revision_damaged("it does not tell where the bytes of a file are");
        read_key(rd, &entry);
        l->file_first = cbor_get_uint(rd, FILE_ROWS - 1);
        l->file_key = cbor_get_bytes(rd, FILE_KEY_BYTES).p;
        if (rd->bad || leaf_compare(l, &entry) != 0 || rd->p - l->file_key != FILE_KEY_BYTES)
            return revision_damaged("it does not tell where the bytes of a file are");
    }
    return left == 0 ? VAULT_OK : revision_damaged("it tells where the bytes of a file are that it has not");
}

static vault_err
read_open_items(struct revision *r, struct rd *rd, struct salts *s)
{
    size_t count = cbor_get_array(rd, REVISION_LEAVES_MAX);
    vault_err err = VAULT_OK;

    if (s->listed && s->n_list != count)
        return revision_damaged("salts are missing");
    for (size_t i = 0; err == VAULT_OK && i < count && !rd->bad; i++) {
        struct leaf *l = leaf_new(r);
        struct part item;
        if (l == NULL)
            return err_nomem();
        item = read_item(rd, l);
        if (rd->bad)
            break;
        l->tier = LEAF_OPEN;
        l->here = true;
        if (s->seed != NULL)
            err = leaf_value_commit(l, s, i, item);
        if (i > 0 && leaf_compare(&r->leaf[i - 1], l) >= 0)
            return revision_damaged("values are out of order");
    }
    return err;
}

static vault_err
read_others(struct revision *r, struct rd *rd)
{
    size_t first = r->n_leaves;
    size_t count = cbor_get_array(rd, REVISION_LEAVES_MAX);
    struct part p;

    for (size_t i = 0; i < count && !rd->bad; i++) {
        struct leaf *l = leaf_new(r);
        if (l == NULL)
            return err_nomem();
        if (cbor_get_array(rd, 5) != 5)
            rd->bad = true;
        read_key(rd, l);
        l->tier = (uint8_t)cbor_get_uint(rd, LEAF_RAISED);
        l->raised = l->tier == LEAF_RAISED;
        if (l->raised)
            l->tier = LEAF_WITHHELD;
        cbor_get_fixed(rd, l->c, sizeof l->c);
        p = cbor_get_bytes(rd, 32);
        l->here = p.n == 0;
        if (l->tier == 0 || (p.n != 0 && p.n != 32) || ((l->tier == LEAF_OPEN || l->raised) && !l->here))
            rd->bad = true;
        if (!rd->bad && p.n == 32)
            memcpy(l->introduced, p.p, 32);
        r->partial = r->partial || l->tier == LEAF_OPEN;
        if (!rd->bad && r->n_leaves > first + 1 && leaf_compare(l - 1, l) >= 0)
            return revision_damaged("values are out of order");
    }
    return VAULT_OK;
}

static vault_err
order_all(struct revision *r)
{
    leaves_sort(r);
    for (size_t i = 1; i < r->n_leaves; i++)
        if (leaf_compare(&r->leaf[i - 1], &r->leaf[i]) == 0)
            return revision_damaged("a value stands twice");
    return VAULT_OK;
}

static void
read_parents(struct revision *r, struct rd *rd)
{
    r->n_parents = cbor_get_array(rd, REVISION_PARENTS_MAX);
    for (size_t i = 0; i < r->n_parents && !rd->bad; i++) {
        cbor_get_fixed(rd, r->parent[i], REVISION_ID_BYTES);
        if (i > 0 && memcmp(r->parent[i - 1], r->parent[i], REVISION_ID_BYTES) >= 0)
            rd->bad = true;
    }
}

/* Empty: the one whom the caller took from the log. */
static void
read_author(struct revision *r, struct rd *rd)
{
    struct part p = cbor_get_bytes(rd, 32);

    r->foreign = p.n == 32;
    if (p.n == 32)
        memcpy(r->author, p.p, 32);
    else if (p.n != 0)
        rd->bad = true;
}

vault_err
revision_read_open(struct revision *r, const uint8_t *seed)
{
    struct rd rd = rd_of(r->open.p, r->open.n);
    struct salts s;
    size_t parts = cbor_get_array(&rd, 8), n;
    vault_err err;

    r->n_leaves = 0;
    r->partial = false;
    if (parts < 7)
        rd.bad = true;
    memset(r->type, 0, sizeof r->type);
    cbor_get_fixed(&rd, r->type, TYPE_SHORT_BYTES);
    read_parents(r, &rd);
    r->time = cbor_get_int(&rd);
    read_author(r, &rd);
    read_salts(&rd, &s, seed);
    err = rd.bad ? revision_damaged("its head cannot be read") : read_open_items(r, &rd, &s);
    salts_forget(&s);
    n = r->n_leaves;
    if (err == VAULT_OK)
        err = read_others(r, &rd);
    if (err == VAULT_OK)
        err = read_files(r, &rd, LEAF_OPEN, n, parts == 8);
    if (err == VAULT_OK && !rd_end(&rd))
        err = revision_damaged("its content cannot be read");
    return err != VAULT_OK ? err : order_all(r);
}

static struct leaf *
own_withheld(struct revision *r, const struct leaf *like)
{
    struct leaf *l = r->n_leaves == 0 ? NULL : bsearch(like, r->leaf, r->n_leaves, sizeof *r->leaf, leaf_compare_void);

    return l != NULL && l->tier == LEAF_WITHHELD && l->here ? l : NULL;
}

static vault_err
read_withheld_items(struct revision *r, struct rd *rd, const uint8_t *seed)
{
    struct salts s;
    size_t count, want = 0, parts = cbor_get_array(rd, 3);
    vault_err err = VAULT_OK;

    if (parts < 2)
        rd->bad = true;
    read_salts(rd, &s, seed);
    count = cbor_get_array(rd, REVISION_LEAVES_MAX);
    for (size_t i = 0; i < r->n_leaves; i++)
        want += r->leaf[i].tier == LEAF_WITHHELD && r->leaf[i].here;
    if (rd->bad || (!s.listed ? count != want : s.n_list != count || count > want))
        err = revision_damaged("withheld values are missing");
    r->partial = r->partial || count < want;
    for (size_t i = 0; err == VAULT_OK && i < count; i++) {
        struct leaf read, *l;
        memset(&read, 0, sizeof read);
        struct part item = read_item(rd, &read);
        if (rd->bad)
            break;
        if (seed != NULL)
            err = leaf_value_commit(&read, &s, i, item);
        if (err != VAULT_OK)
            break;
        l = own_withheld(r, &read);
        if (l == NULL || (seed != NULL && !bytes_equal(l->c, read.c, 32)))
            err = revision_damaged("a withheld value does not match its leaf");
        else
            l->value = read.value;
    }
    salts_forget(&s);
    if (err == VAULT_OK)
        err = read_files(r, rd, LEAF_WITHHELD, r->n_leaves, parts == 3);
    if (err == VAULT_OK && !rd_end(rd))
        err = revision_damaged("its withheld content cannot be read");
    return err;
}

/* A search looks at the padding of every record, 200 bytes each; sodium_is_zero takes a byte at a time, for secrets. */
static bool
all_zero(const uint8_t *p, size_t n)
{
    return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static vault_err
without_padding(const struct revision *r, struct rd *inner)
{
    struct rd rd = rd_of(r->withheld.p, r->withheld.n);
    size_t n = rd_u32(&rd);

    if (rd.bad || n > rd.n || pad_length(4 + n) != r->withheld.n)
        return revision_damaged("its withheld content has a wrong length");
    *inner = rd_of(rd.p, n);
    return all_zero(rd.p + n, rd.n - n) ? VAULT_OK : revision_damaged("its padding is not empty");
}

vault_err
revision_read_withheld(struct revision *r, const uint8_t *seed)
{
    struct rd inner;
    vault_err err = without_padding(r, &inner);

    return err != VAULT_OK ? err : read_withheld_items(r, &inner, seed);
}

vault_err
revision_rescue_withheld(struct revision *r, const uint8_t *seed)
{
    struct rd rd;
    struct salts s;
    size_t parts, n;
    vault_err err = without_padding(r, &rd);

    if (err != VAULT_OK)
        return err;
    parts = cbor_get_array(&rd, 3);
    read_salts(&rd, &s, seed);
    r->n_leaves = 0;
    err = rd.bad || parts < 2 ? revision_damaged("its withheld content cannot be read") : read_open_items(r, &rd, &s);
    salts_forget(&s);
    n = r->n_leaves;
    for (size_t i = 0; i < n; i++)
        r->leaf[i].tier = LEAF_WITHHELD;
    if (err == VAULT_OK)
        err = read_files(r, &rd, LEAF_WITHHELD, n, parts == 3);
    if (err == VAULT_OK && !rd_end(&rd))
        err = revision_damaged("its withheld content cannot be read");
    return err != VAULT_OK ? err : order_all(r);
}
