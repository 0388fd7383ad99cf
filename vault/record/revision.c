/*
 * revision.c - see revision.h.
 *
 * Each value is encoded once, as the item [field, element, value] inside the plaintext of its
 * blob; its c is the salted hash of exactly that slice. So writing, reading and verifying agree by
 * construction, and nothing is encoded twice.
 */
#include "vault/record/revision.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/cbor.h"
#include "vault/record/file.h"

#define SORT_SHORT 64           /* leaves that are sorted in place */
#define LEAF_RAISED 3u          /* in a blob: open to its author, withheld here */
#define LEAVES_KEPT 64          /* room for so many outlasts revision_trim */

void
revision_init(struct revision *r)
{
    memset(r, 0, sizeof *r);
}

void
revision_reset(struct revision *r)
{
    r->n_parents = 0;
    r->n_leaves = 0;
    r->partial = false;
    r->foreign = false;
    buf_reset(&r->open);
    buf_reset(&r->withheld);
    buf_reset(&r->scratch);
}

void
revision_trim(struct revision *r)
{
    buf_trim(&r->open);
    buf_trim(&r->withheld);
    buf_trim(&r->scratch);
    revision_reset(r);
    if (r->cap > LEAVES_KEPT) {
        free(r->leaf);
        r->leaf = NULL;
        r->cap = 0;
    }
}

void
revision_free(struct revision *r)
{
    buf_free(&r->open);
    buf_free(&r->withheld);
    buf_free(&r->scratch);
    free(r->leaf);
    memset(r, 0, sizeof *r);
}

static int
compare_bytes(const void *a, size_t an, const void *b, size_t bn)
{
    /* In CBOR the length comes first, so shorter sorts before longer. */
    if (an != bn)
        return an < bn ? -1 : 1;
    return an == 0 ? 0 : memcmp(a, b, an);
}

int
leaf_compare(const struct leaf *a, const struct leaf *b)
{
    int d = compare_bytes(a->field.p, a->field.n, b->field.p, b->field.n);

    return d != 0 ? d : compare_bytes(a->element, a->n_element, b->element, b->n_element);
}

static int
compare_leaves(const void *a, const void *b)
{
    return leaf_compare(a, b);
}

/* Nearly always in order already, or two runs that are (the values at hand, then the others). */
static void
sort_leaves(struct revision *r)
{
    if (r->n_leaves > SORT_SHORT) {
        qsort(r->leaf, r->n_leaves, sizeof *r->leaf, compare_leaves);
        return;
    }
    for (size_t i = 1; i < r->n_leaves; i++) {
        struct leaf l;
        size_t to = i;

        while (to > 0 && leaf_compare(&r->leaf[to - 1], &r->leaf[i]) > 0)
            to--;
        if (to == i)
            continue;
        l = r->leaf[i];
        memmove(&r->leaf[to + 1], &r->leaf[to], (i - to) * sizeof l);
        r->leaf[to] = l;
    }
}

static struct leaf *
new_leaf(struct revision *r)
{
    struct leaf *l;

    if (r->n_leaves == r->cap) {
        size_t cap = r->cap == 0 ? 32 : r->cap * 2;
        l = reallocarray(r->leaf, cap, sizeof *l);
        if (l == NULL)
            return NULL;
        r->leaf = l;
        r->cap = cap;
    }
    l = &r->leaf[r->n_leaves++];
    memset(l, 0, sizeof *l);
    return l;
}

struct leaf *
revision_add(struct revision *r, struct part field, enum leaf_tier tier, struct part value)
{
    struct leaf *l = new_leaf(r);

    if (l == NULL)
        return NULL;
    l->field = field;
    l->tier = (uint8_t)tier;
    l->here = true;
    l->value = value;
    return l;
}

struct leaf *
revision_carry(struct revision *r, const struct leaf *from, const uint8_t introduced[static 32])
{
    struct leaf *l = new_leaf(r);

    if (l == NULL)
        return NULL;
    *l = *from;
    l->here = false;
    l->raised = false;
    l->value = PART(NULL, 0);
    l->salt = NULL;
    memcpy(l->introduced, introduced, 32);
    return l;
}

/* ---- salts ---- */

#define SALTS_AT_ONCE 8u

/* Where the salts of one blob come from: a seed, or a list after a purge. */
struct salts {
    bool listed;
    const uint8_t *seed;        /* 32 bytes. NULL: nothing is to be committed to */
    const uint8_t *list;        /* CBOR byte strings of 32, one after the other (34 bytes each) */
    size_t n_list;
    uint8_t some[SALTS_AT_ONCE * 32];
    size_t have;                /* 1 + index / SALTS_AT_ONCE of those in `some`, 0: none */
};

static const uint8_t *
salt_at(struct salts *s, size_t i)
{
    size_t at = i / SALTS_AT_ONCE;

    if (s->listed)
        return s->list + 34 * i + 2;
    if (s->have != at + 1) {
        stream_bytes(s->some, sizeof s->some, (uint32_t)(at * sizeof s->some / 64), s->seed);
        s->have = at + 1;
    }
    return s->some + 32 * (i % SALTS_AT_ONCE);
}

static void
forget_salts(struct salts *s)
{
    if (s->have != 0)
        sodium_memzero(s->some, sizeof s->some);
}

/*
 * c = BLAKE2b-256(salt | item). The salt goes in front rather than as a key: a key costs a block of
 * its own, and most values would be hashed in two blocks instead of one.
 */
static void
leaf_commit(struct leaf *l, struct salts *s, size_t i, const void *item, size_t n)
{
    struct { uint8_t m[512]; crypto_generichash_blake2b_state st; } tmp;
    size_t used = 0;

    if (n <= sizeof tmp.m - 32) {
        memcpy(tmp.m, salt_at(s, i), 32);
        memcpy(tmp.m + 32, item, n);
        used = 32 + n;
        crypto_generichash_blake2b(l->c, 32, tmp.m, used, NULL, 0);
    } else {
        crypto_generichash_blake2b_init(&tmp.st, NULL, 0, 32);
        crypto_generichash_blake2b_update(&tmp.st, salt_at(s, i), 32);
        crypto_generichash_blake2b_update(&tmp.st, item, n);
        crypto_generichash_blake2b_final(&tmp.st, l->c, 32);
        sodium_memzero(&tmp.st, sizeof tmp.st);
    }
    sodium_memzero(tmp.m, used);
}

/* The c of a value, which for files hides type and name once more. */
static vault_err
value_commit(struct leaf *l, struct salts *s, size_t i, struct part item)
{
    if (value_is_file(l->value))
        return file_commit(l->c, salt_at(s, i), l->field, PART(l->element, l->n_element), l->value);
    leaf_commit(l, s, i, item.p, item.n);
    return VAULT_OK;
}

/* ---- the id ---- */

static vault_err
compute_id(struct revision *r, uint8_t id[static 32])
{
    struct buf *b = &r->scratch;
    struct part p;
    vault_err err;

    buf_reset(b);
    cbor_array(b, 6);
    cbor_bytes(b, r->record, sizeof r->record);
    cbor_bytes(b, r->type, sizeof r->type);
    cbor_array(b, r->n_parents);
    for (size_t i = 0; i < r->n_parents; i++)
        cbor_bytes(b, r->parent[i], REVISION_ID_BYTES);
    cbor_int(b, r->time);
    cbor_bytes(b, r->author, sizeof r->author);
    cbor_array(b, r->n_leaves);
    for (size_t i = 0; i < r->n_leaves; i++) {
        const struct leaf *l = &r->leaf[i];
        cbor_array(b, 4);
        cbor_textn(b, l->field.p, l->field.n);
        cbor_bytes(b, l->element, l->n_element);
        cbor_uint(b, l->raised ? LEAF_OPEN : l->tier);
        cbor_bytes(b, l->c, sizeof l->c);
    }
    err = buf_ok(b);
    if (err != VAULT_OK)
        return err;
    p = PART(b->p, b->n);
    hash_parts(id, "withheld:revision:1", &p, 1);
    return VAULT_OK;
}

vault_err
revision_compute_id(struct revision *r)
{
    return compute_id(r, r->id);
}

/* ---- writing ---- */

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
            err = value_commit(l, &s, i++, PART(out->p + at, out->n - at));
    }
    forget_salts(&s);
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
    sort_leaves(r);
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
        err = compute_id(r, r->id);
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

/* ---- reading ---- */

static vault_err
damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, NULL, "a revision is damaged: %s", what);
}

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
            return damaged("it does not tell where the bytes of a file are");
        read_key(rd, &entry);
        l->file_first = cbor_get_uint(rd, FILE_ROWS - 1);
        l->file_key = cbor_get_bytes(rd, FILE_KEY_BYTES).p;
        if (rd->bad || leaf_compare(l, &entry) != 0 || rd->p - l->file_key != FILE_KEY_BYTES)
            return damaged("it does not tell where the bytes of a file are");
    }
    return left == 0 ? VAULT_OK : damaged("it tells where the bytes of a file are that it has not");
}

static vault_err
read_open_items(struct revision *r, struct rd *rd, struct salts *s)
{
    size_t count = cbor_get_array(rd, REVISION_LEAVES_MAX);
    vault_err err = VAULT_OK;

    if (s->listed && s->n_list != count)
        return damaged("salts are missing");
    for (size_t i = 0; err == VAULT_OK && i < count && !rd->bad; i++) {
        struct leaf *l = new_leaf(r);
        struct part item;
        if (l == NULL)
            return err_nomem();
        item = read_item(rd, l);
        if (rd->bad)
            break;
        l->tier = LEAF_OPEN;
        l->here = true;
        if (s->seed != NULL)
            err = value_commit(l, s, i, item);
        if (i > 0 && leaf_compare(&r->leaf[i - 1], l) >= 0)
            return damaged("values are out of order");
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
        struct leaf *l = new_leaf(r);
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
            return damaged("values are out of order");
    }
    return VAULT_OK;
}

static vault_err
order_all(struct revision *r)
{
    sort_leaves(r);
    for (size_t i = 1; i < r->n_leaves; i++)
        if (leaf_compare(&r->leaf[i - 1], &r->leaf[i]) == 0)
            return damaged("a value stands twice");
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
    err = rd.bad ? damaged("its head cannot be read") : read_open_items(r, &rd, &s);
    forget_salts(&s);
    n = r->n_leaves;
    if (err == VAULT_OK)
        err = read_others(r, &rd);
    if (err == VAULT_OK)
        err = read_files(r, &rd, LEAF_OPEN, n, parts == 8);
    if (err == VAULT_OK && !rd_end(&rd))
        err = damaged("its content cannot be read");
    return err != VAULT_OK ? err : order_all(r);
}

vault_err
revision_check_id(struct revision *r)
{
    uint8_t id[32];
    vault_err err = compute_id(r, id);

    if (err == VAULT_OK && memcmp(id, r->id, sizeof id) != 0)
        err = damaged("its content does not match its id");
    return err;
}

static struct leaf *
own_withheld(struct revision *r, const struct leaf *like)
{
    struct leaf *l = r->n_leaves == 0 ? NULL : bsearch(like, r->leaf, r->n_leaves, sizeof *r->leaf, compare_leaves);

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
        err = damaged("withheld values are missing");
    r->partial = r->partial || count < want;
    for (size_t i = 0; err == VAULT_OK && i < count; i++) {
        struct leaf read, *l;
        memset(&read, 0, sizeof read);
        struct part item = read_item(rd, &read);
        if (rd->bad)
            break;
        if (seed != NULL)
            err = value_commit(&read, &s, i, item);
        if (err != VAULT_OK)
            break;
        l = own_withheld(r, &read);
        if (l == NULL || (seed != NULL && !bytes_equal(l->c, read.c, 32)))
            err = damaged("a withheld value does not match its leaf");
        else
            l->value = read.value;
    }
    forget_salts(&s);
    if (err == VAULT_OK)
        err = read_files(r, rd, LEAF_WITHHELD, r->n_leaves, parts == 3);
    if (err == VAULT_OK && !rd_end(rd))
        err = damaged("its withheld content cannot be read");
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
        return damaged("its withheld content has a wrong length");
    *inner = rd_of(rd.p, n);
    return all_zero(rd.p + n, rd.n - n) ? VAULT_OK : damaged("its padding is not empty");
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
    err = rd.bad || parts < 2 ? damaged("its withheld content cannot be read") : read_open_items(r, &rd, &s);
    forget_salts(&s);
    n = r->n_leaves;
    for (size_t i = 0; i < n; i++)
        r->leaf[i].tier = LEAF_WITHHELD;
    if (err == VAULT_OK)
        err = read_files(r, &rd, LEAF_WITHHELD, n, parts == 3);
    if (err == VAULT_OK && !rd_end(&rd))
        err = damaged("its withheld content cannot be read");
    return err != VAULT_OK ? err : order_all(r);
}

/* ---- looking ---- */

bool
revision_introduces(const struct revision *r)
{
    for (size_t i = 0; i < r->n_leaves; i++)
        if (r->leaf[i].tier == LEAF_WITHHELD && r->leaf[i].here)
            return true;
    return false;
}

const struct leaf *
revision_leaf(const struct revision *r, const char *field)
{
    size_t n = strlen(field);

    for (size_t i = 0; i < r->n_leaves; i++)
        if (r->leaf[i].field.n == n && memcmp(r->leaf[i].field.p, field, n) == 0)
            return &r->leaf[i];
    return NULL;
}

const struct leaf *
revision_find(const struct revision *r, struct part field, const uint8_t *element, size_t n)
{
    struct leaf key;

    if (r->n_leaves == 0)
        return NULL;
    memset(&key, 0, sizeof key);
    key.field = field;
    key.n_element = (uint8_t)n;
    if (n != 0)
        memcpy(key.element, element, n);
    return bsearch(&key, r->leaf, r->n_leaves, sizeof *r->leaf, compare_leaves);
}

bool
revision_removed(const struct revision *r)
{
    return r->n_leaves == 1 && revision_leaf(r, REMOVED_FIELD) != NULL;
}
