#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sodium.h>
#include "vault/base/cbor.h"
#include "vault/base/secret.h"
#include "vault/record/revision.h"

static const uint8_t OPEN_SEED[32] = { 1, 2, 3 }, HIDE_SEED[32] = { 4, 5, 6 };
static const uint8_t WAS_IN[32] = { 0xcc, 1 };

static struct part
text(const char *s)
{
    return PART(s, strlen(s));
}

/* CBOR of short text, in memory that stays; the same text is there once. */
static struct part
value(const char *s)
{
    static uint8_t mem[32][24];
    size_t n = strlen(s);

    assert_in_range(n, 1, 22);
    for (size_t i = 0; i < 32; i++) {
        if (mem[i][0] == 0) {
            mem[i][0] = (uint8_t)(0x60 + n);
            memcpy(mem[i] + 1, s, n);
        }
        if (mem[i][0] == 0x60 + n && memcmp(mem[i] + 1, s, n) == 0)
            return PART(mem[i], 1 + n);
    }
    fail_msg("too many texts");
    return PART(NULL, 0);
}

static void
begin(struct revision *r)
{
    revision_init(r);
    memset(r->record, 0x11, sizeof r->record);
    memset(r->type, 0x22, sizeof r->type);
    memset(r->author, 0x33, sizeof r->author);
    r->time = 1700000000;
}

static struct leaf *
put(struct revision *r, const char *field, enum leaf_tier tier, const char *v, uint8_t element)
{
    struct leaf *l = revision_add(r, text(field), tier, value(v));

    assert_non_null(l);
    if (element != 0) {
        l->n_element = ELEMENT_BYTES;
        memset(l->element, element, ELEMENT_BYTES);
    }
    return l;
}

static void
carry(struct revision *r, const char *field, uint8_t c)
{
    struct leaf from;

    memset(&from, 0, sizeof from);
    from.field = text(field);
    from.tier = LEAF_WITHHELD;
    from.here = true;
    from.value = value("not carried");
    memset(from.c, c, sizeof from.c);
    assert_non_null(revision_carry(r, &from, WAS_IN));
}

/* Open, withheld, carried, repeating; two parents. Leaves are added in an order of the caller's. */
static void
draft(struct revision *r, const unsigned order[8])
{
    begin(r);
    memset(r->parent[0], 0x99, 32);
    memset(r->parent[1], 0x44, 32);
    r->n_parents = 2;
    for (size_t i = 0; i < 8; i++)
        switch (order[i]) {
        case 0: put(r, "ref", LEAF_OPEN, "P-1", 0); break;
        case 1: put(r, "born", LEAF_OPEN, "1980", 0); break;
        case 2: put(r, "name", LEAF_WITHHELD, "Anna", 0); break;
        case 3: put(r, "other_names", LEAF_WITHHELD, "Ann", 1); break;
        case 4: put(r, "other_names", LEAF_WITHHELD, "Annie", 2); break;
        case 5: put(r, "uses", LEAF_OPEN, "court", 7); break;
        case 6: put(r, "uses", LEAF_OPEN, "release", 3); break;
        default: carry(r, "notes", 0xab);
        }
}

static const unsigned IN_ORDER[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };

static void
finish(struct revision *r)
{
    assert_int_equal(revision_finish(r, OPEN_SEED, HIDE_SEED), VAULT_OK);
}

/* A reader's revision: what it expects, and the two plaintexts. */
static void
to_read(struct revision *in, const struct revision *r)
{
    revision_init(in);
    memcpy(in->record, r->record, sizeof in->record);
    memcpy(in->id, r->id, sizeof in->id);
    memcpy(in->author, r->author, sizeof in->author);
    buf_put(&in->open, r->open.p, r->open.n);
    buf_put(&in->withheld, r->withheld.p, r->withheld.n);
    assert_int_equal(buf_ok(&in->open), VAULT_OK);
    assert_int_equal(buf_ok(&in->withheld), VAULT_OK);
}

/* As recs.c does: the open plaintext, the full type, the id. */
static vault_err
read_open(struct revision *in)
{
    vault_err err = revision_read_open(in, OPEN_SEED);

    if (err != VAULT_OK)
        return err;
    for (size_t i = 0; i < TYPE_SHORT_BYTES; i++)
        if (in->type[i] != 0x22)
            return VAULT_ERR_DAMAGED;       /* no such type is known */
    memset(in->type, 0x22, sizeof in->type);
    return revision_check_id(in);
}

static vault_err
read_both(struct revision *in)
{
    vault_err err = read_open(in);

    return err != VAULT_OK ? err : revision_read_withheld(in, HIDE_SEED);
}

static void
assert_value(const struct revision *r, const char *field, uint8_t element, const char *want)
{
    uint8_t e[ELEMENT_BYTES];
    const struct leaf *l;
    struct part v;

    memset(e, element, sizeof e);
    l = revision_find(r, text(field), e, element == 0 ? 0 : ELEMENT_BYTES);
    assert_non_null(l);
    if (want == NULL) {
        assert_int_equal(l->value.n, 0);
        return;
    }
    v = value(want);
    assert_int_equal(l->value.n, v.n);
    assert_memory_equal(l->value.p, v.p, v.n);
}

/* ---- round trip ---- */

static void
test_revision__what_is_finished_is_read_back(void **state)
{
    struct revision r, in;
    (void)state;

    draft(&r, IN_ORDER);
    finish(&r);
    to_read(&in, &r);
    assert_int_equal(read_open(&in), VAULT_OK);
    assert_int_equal(in.n_leaves, 8);
    assert_int_equal(in.time, r.time);
    assert_int_equal(in.n_parents, 2);
    assert_int_equal(in.parent[0][0], 0x44);
    assert_int_equal(in.parent[1][0], 0x99);
    assert_value(&in, "ref", 0, "P-1");
    assert_value(&in, "born", 0, "1980");
    assert_value(&in, "uses", 3, "release");
    assert_value(&in, "uses", 7, "court");
    assert_value(&in, "name", 0, NULL);
    assert_value(&in, "notes", 0, NULL);
    assert_int_equal(revision_read_withheld(&in, HIDE_SEED), VAULT_OK);
    assert_value(&in, "name", 0, "Anna");
    assert_value(&in, "other_names", 1, "Ann");
    assert_value(&in, "other_names", 2, "Annie");
    assert_value(&in, "notes", 0, NULL);
    for (size_t i = 0; i < 8; i++) {
        assert_true(leaf_is(&in.leaf[i], &r.leaf[i]));
        assert_int_equal(in.leaf[i].tier, r.leaf[i].tier);
        assert_int_equal(in.leaf[i].here, r.leaf[i].here);
        assert_memory_equal(in.leaf[i].c, r.leaf[i].c, 32);
    }
    assert_memory_equal(revision_leaf(&in, "notes")->introduced, WAS_IN, 32);
    revision_free(&r);
    revision_free(&in);
}

static void
test_revision__withheld_values_are_not_in_the_open_plaintext(void **state)
{
    struct revision r;
    (void)state;

    draft(&r, IN_ORDER);
    finish(&r);
    assert_non_null(memmem(r.open.p, r.open.n, "P-1", 3));
    assert_null(memmem(r.open.p, r.open.n, "Ann", 3));
    assert_non_null(memmem(r.withheld.p, r.withheld.n, "Annie", 5));
    assert_null(memmem(r.withheld.p, r.withheld.n, "P-1", 3));
    revision_free(&r);
}

static void
test_revision__nothing_withheld_means_no_withheld_plaintext(void **state)
{
    struct revision r, in;
    (void)state;

    begin(&r);
    put(&r, "ref", LEAF_OPEN, "P-1", 0);
    carry(&r, "notes", 0xab);
    finish(&r);
    assert_int_equal(r.withheld.n, 0);
    assert_false(revision_introduces(&r));
    to_read(&in, &r);
    assert_int_equal(read_open(&in), VAULT_OK);
    assert_int_equal(in.n_leaves, 2);
    revision_free(&r);
    revision_free(&in);
}

static void
test_revision__without_leaves_is_read_back(void **state)
{
    struct revision r, in;
    (void)state;

    begin(&r);
    finish(&r);
    to_read(&in, &r);
    assert_int_equal(read_open(&in), VAULT_OK);
    assert_int_equal(in.n_leaves, 0);
    assert_null(revision_leaf(&in, "ref"));
    assert_null(revision_find(&in, text("ref"), NULL, 0));
    revision_free(&r);
    revision_free(&in);
}

/* docs/format.md, section 10, computed here by hand for one open leaf. */
static void
test_revision__id_follows_the_format(void **state)
{
    struct revision r;
    struct buf item = BUF_INIT, b = BUF_INIT;
    uint8_t salts[64], c[32], id[32];
    struct part p;
    (void)state;

    begin(&r);
    put(&r, "ref", LEAF_OPEN, "P-1", 0);
    finish(&r);
    stream_bytes(salts, 64, 0, OPEN_SEED);
    buf_put(&item, salts, 32);
    buf_put(&item, "\x83\x63ref\x40\x63P-1", 10);
    crypto_generichash_blake2b(c, 32, item.p, item.n, NULL, 0);
    buf_put(&b, "\x86\x50", 2);
    buf_put(&b, r.record, 16);
    buf_put(&b, "\x58\x20", 2);
    buf_put(&b, r.type, 32);
    buf_put(&b, "\x80\x1a\x65\x53\xf1\x00\x58\x20", 8);
    buf_put(&b, r.author, 32);
    buf_put(&b, "\x81\x84\x63ref\x40\x01\x58\x20", 10);
    buf_put(&b, c, 32);
    p = PART(b.p, b.n);
    hash_parts(id, "withheld:revision:1", &p, 1);
    assert_memory_equal(r.leaf[0].c, c, 32);
    assert_memory_equal(r.id, id, 32);
    buf_free(&item);
    buf_free(&b);
    revision_free(&r);
}

/* ---- order ---- */

static void
test_revision__order_of_adding_changes_nothing(void **state)
{
    struct revision r, other;
    unsigned order[8];
    uint32_t x = 12345;
    (void)state;

    draft(&r, IN_ORDER);
    finish(&r);
    for (int round = 0; round < 50; round++) {
        memcpy(order, IN_ORDER, sizeof order);
        for (size_t i = 7; i > 0; i--) {
            x = x * 1664525u + 1013904223u;
            size_t k = (x >> 16) % (i + 1);
            unsigned t = order[i];
            order[i] = order[k];
            order[k] = t;
        }
        draft(&other, order);
        if (round % 2 != 0) {
            memset(other.parent[0], 0x44, 32);
            memset(other.parent[1], 0x99, 32);
        }
        finish(&other);
        assert_memory_equal(other.id, r.id, 32);
        assert_int_equal(other.open.n, r.open.n);
        assert_memory_equal(other.open.p, r.open.p, r.open.n);
        assert_memory_equal(other.withheld.p, r.withheld.p, r.withheld.n);
        revision_free(&other);
    }
    revision_free(&r);
}

/* Shorter names come first, as in the encoding; elements of a field in bytewise order. */
static void
test_revision__leaves_are_in_order_of_their_encoding(void **state)
{
    static const char *const WANT[] = { "ref", "born", "name", "uses", "uses", "notes",
        "other_names", "other_names" };
    struct revision r;
    (void)state;

    draft(&r, IN_ORDER);
    finish(&r);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(r.leaf[i].field.n, strlen(WANT[i]));
        assert_memory_equal(r.leaf[i].field.p, WANT[i], strlen(WANT[i]));
    }
    assert_int_equal(r.leaf[3].element[0], 3);
    assert_int_equal(r.leaf[4].element[0], 7);
    revision_free(&r);
}

/* ---- salts ---- */

/* Salts of n values of a blob as docs/format.md, section 10, gives them: one keystream from block 1 on. */
static void
salts_of(uint8_t *out, size_t n, const uint8_t seed[static 32])
{
    static const uint8_t nonce[crypto_stream_chacha20_ietf_NONCEBYTES];

    memset(out, 0, 32 * n);
    assert_int_equal(crypto_stream_chacha20_ietf_xor_ic(out, out, 32 * n, nonce, 1, seed), 0);
}

/* More values in each blob than salts are made at once, and their order is not that of the leaves. */
static void
test_revision__every_salt_is_that_of_the_format(void **state)
{
    uint8_t salts[2][20 * 32], c[32], item[32 + 64];
    size_t at[2] = { 0, 0 };
    struct revision r;
    (void)state;

    begin(&r);
    for (uint8_t i = 1; i <= 40; i++)
        put(&r, "uses", i % 2 == 0 ? LEAF_OPEN : LEAF_WITHHELD, "court", i);
    finish(&r);
    salts_of(salts[0], 20, OPEN_SEED);
    salts_of(salts[1], 20, HIDE_SEED);
    assert_int_equal(r.n_leaves, 40);
    for (size_t i = 0; i < 40; i++) {
        const struct leaf *l = &r.leaf[i];
        size_t tier = l->tier == LEAF_OPEN ? 0 : 1;
        assert_int_equal(l->element[0], i + 1);
        memcpy(item, salts[tier] + 32 * at[tier]++, 32);
        memcpy(item + 32, "\x83\x64uses\x48", 7);
        memset(item + 39, (int)(i + 1), 8);
        memcpy(item + 47, "\x65" "court", 6);
        crypto_generichash_blake2b(c, 32, item, 53, NULL, 0);
        assert_memory_equal(l->c, c, 32);
    }
    assert_int_equal(at[0], 20);
    assert_int_equal(at[1], 20);
    revision_free(&r);
}

static void
test_revision__the_same_value_twice_gives_different_commitments(void **state)
{
    struct revision r;
    (void)state;

    begin(&r);
    for (uint8_t i = 1; i <= 40; i++)
        put(&r, "uses", i % 2 == 0 ? LEAF_OPEN : LEAF_WITHHELD, "court", i);
    finish(&r);
    for (size_t i = 0; i < 40; i++)
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(r.leaf[i].c, r.leaf[k].c, 32);
    revision_free(&r);
}

/* Field, element and value are in every c; so two fresh seeds of one content differ in the salts only. */
static void
test_revision__other_seeds_give_other_commitments_of_the_same_content(void **state)
{
    static const uint8_t OTHER[32] = { 9 };
    struct revision a, b;
    (void)state;

    draft(&a, IN_ORDER);
    draft(&b, IN_ORDER);
    finish(&a);
    assert_int_equal(revision_finish(&b, OTHER, OTHER), VAULT_OK);
    for (size_t i = 0; i < 8; i++)
        if (a.leaf[i].here)
            assert_memory_not_equal(a.leaf[i].c, b.leaf[i].c, 32);
        else
            assert_memory_equal(a.leaf[i].c, b.leaf[i].c, 32);
    assert_memory_not_equal(a.id, b.id, 32);
    revision_free(&a);
    revision_free(&b);
}

static void
test_revision__a_wrong_seed_is_refused(void **state)
{
    static const uint8_t OTHER[32] = { 9 };
    struct revision r, in;
    (void)state;

    draft(&r, IN_ORDER);
    finish(&r);
    to_read(&in, &r);
    assert_int_equal(revision_read_open(&in, OTHER), VAULT_OK);
    memset(in.type, 0x22, sizeof in.type);
    assert_int_equal(revision_check_id(&in), VAULT_ERR_DAMAGED);
    assert_int_equal(read_open(&in), VAULT_OK);
    assert_int_equal(revision_read_withheld(&in, OTHER), VAULT_ERR_DAMAGED);
    revision_free(&r);
    revision_free(&in);
}

static void
put_salts(struct buf *b, const uint8_t *seed, size_t n)
{
    uint8_t two[64];

    cbor_array(b, n);
    for (size_t i = 0; i < n; i++) {
        stream_bytes(two, 64, (uint32_t)(i / 2), seed);
        cbor_bytes(b, two + 32 * (i % 2), 32);
    }
}

/* The open plaintext of r with its salts one by one (n of them). */
static void
explicit_open(struct buf *out, const struct revision *r, size_t n)
{
    struct rd rd = rd_of(r->open.p, r->open.n);
    struct part p;

    assert_int_equal(cbor_get_array(&rd, 7), 7);
    cbor_array(out, 7);
    for (size_t i = 0; i < 7; i++) {
        p = cbor_get_item(&rd);
        if (i == 4)
            put_salts(out, OPEN_SEED, n);
        else
            buf_put(out, p.p, p.n);
    }
    assert_true(rd_end(&rd));
}

static void
test_revision__open_salts_one_by_one_are_accepted(void **state)
{
    struct revision r, in;
    (void)state;

    draft(&r, IN_ORDER);
    finish(&r);
    for (size_t n = 3; n <= 5; n++) {
        to_read(&in, &r);
        buf_reset(&in.open);
        explicit_open(&in.open, &r, n);
        assert_int_equal(read_open(&in), n == 4 ? VAULT_OK : VAULT_ERR_DAMAGED);
        if (n == 4)
            assert_value(&in, "ref", 0, "P-1");
        revision_free(&in);
    }
    revision_free(&r);
}

/* Withheld plaintext: length | [salts, items] | padding, from an inner CBOR. */
static void
wrap_withheld(struct buf *out, const struct buf *inner)
{
    buf_reset(out);
    buf_u32(out, (uint32_t)inner->n);
    buf_put(out, inner->p, inner->n);
    assert_non_null(buf_add(out, pad_length(4 + inner->n) - 4 - inner->n));
}

/* Withheld plaintext of r with salts one by one, and of its items only those of `keep`. */
static void
explicit_withheld(struct revision *in, const struct revision *r, const bool keep[3])
{
    struct rd rd = rd_of(r->withheld.p + 4, get_u32(r->withheld.p)), items;
    struct buf inner = BUF_INIT, list = BUF_INIT;
    uint8_t two[64];
    struct part p;
    size_t n = 0;

    assert_int_equal(cbor_get_array(&rd, 2), 2);
    (void)cbor_get_bytes(&rd, 0);
    p = cbor_get_item(&rd);
    items = rd_of(p.p, p.n);
    assert_int_equal(cbor_get_array(&items, 3), 3);
    for (size_t i = 0; i < 3; i++)
        n += keep[i];
    cbor_array(&inner, 2);
    cbor_array(&inner, n);
    cbor_array(&list, n);
    for (size_t i = 0; i < 3; i++) {
        p = cbor_get_item(&items);
        if (!keep[i])
            continue;
        stream_bytes(two, 64, (uint32_t)(i / 2), HIDE_SEED);
        cbor_bytes(&inner, two + 32 * (i % 2), 32);
        buf_put(&list, p.p, p.n);
    }
    buf_put(&inner, list.p, list.n);
    wrap_withheld(&in->withheld, &inner);
    buf_free(&inner);
    buf_free(&list);
}

/* As a blob looks that was sealed anew after one of its values was purged. */
static void
test_revision__withheld_salts_one_by_one_may_leave_purged_values_out(void **state)
{
    static const bool KEEP[3] = { true, false, true };
    struct revision r, in;
    (void)state;

    draft(&r, IN_ORDER);
    finish(&r);
    to_read(&in, &r);
    explicit_withheld(&in, &r, KEEP);
    assert_int_equal(read_both(&in), VAULT_OK);
    assert_value(&in, "name", 0, "Anna");
    assert_value(&in, "other_names", 1, NULL);
    assert_value(&in, "other_names", 2, "Annie");
    revision_free(&r);
    revision_free(&in);
}

static void
test_revision__with_a_seed_no_value_may_be_missing(void **state)
{
    struct revision r, in;
    struct buf inner = BUF_INIT;
    (void)state;

    draft(&r, IN_ORDER);
    finish(&r);
    to_read(&in, &r);
    buf_put(&inner, "\x82\x40\x81\x83\x64name\x40\x64" "Anna", 15);
    wrap_withheld(&in.withheld, &inner);
    assert_int_equal(read_both(&in), VAULT_ERR_DAMAGED);
    revision_free(&r);
    revision_free(&in);
    buf_free(&inner);
}

/* ---- damage ---- */

/* Every byte of the open plaintext is judged: it is refused, or it was the id's business. */
static void
test_revision__every_changed_byte_of_the_open_plaintext_is_refused(void **state)
{
    struct revision r, in;
    (void)state;

    draft(&r, IN_ORDER);
    finish(&r);
    to_read(&in, &r);
    for (size_t i = 0; i < r.open.n; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            revision_free(&in);
            to_read(&in, &r);
            in.open.p[i] ^= (uint8_t)(1u << bit);
            /* The revision that introduced a carried leaf is no part of the id: recs.c looks it up. */
            if (read_open(&in) == VAULT_OK)
                assert_memory_not_equal(revision_leaf(&in, "notes")->introduced, WAS_IN, 32);
        }
    revision_free(&r);
    revision_free(&in);
}

static void
test_revision__every_changed_byte_of_the_withheld_plaintext_is_refused(void **state)
{
    struct revision r, in;
    (void)state;

    draft(&r, IN_ORDER);
    finish(&r);
    to_read(&in, &r);
    for (size_t i = 0; i < r.withheld.n; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            revision_free(&in);
            to_read(&in, &r);
            in.withheld.p[i] ^= (uint8_t)(1u << bit);
            assert_int_equal(read_both(&in), VAULT_ERR_DAMAGED);
        }
    revision_free(&r);
    revision_free(&in);
}

static void
test_revision__plaintexts_cut_short_or_longer_are_refused(void **state)
{
    struct revision r, in;
    (void)state;

    draft(&r, IN_ORDER);
    finish(&r);
    for (size_t n = 0; n < r.open.n; n++) {
        to_read(&in, &r);
        buf_cut(&in.open, n);
        assert_int_equal(read_open(&in), VAULT_ERR_DAMAGED);
        revision_free(&in);
    }
    for (size_t n = 0; n < r.withheld.n; n++) {
        to_read(&in, &r);
        buf_cut(&in.withheld, n);
        assert_int_equal(read_both(&in), VAULT_ERR_DAMAGED);
        revision_free(&in);
    }
    to_read(&in, &r);
    buf_u8(&in.open, 0);
    assert_int_equal(read_open(&in), VAULT_ERR_DAMAGED);
    revision_free(&in);
    to_read(&in, &r);
    buf_u8(&in.withheld, 0);
    assert_int_equal(read_both(&in), VAULT_ERR_DAMAGED);
    revision_free(&in);
    revision_free(&r);
}

static void
test_revision__padding_hides_the_length_and_is_zero(void **state)
{
    struct revision r, in;
    (void)state;

    draft(&r, IN_ORDER);
    finish(&r);
    assert_int_equal(r.withheld.n, 256);
    to_read(&in, &r);
    in.withheld.p[255] = 1;
    assert_int_equal(read_both(&in), VAULT_ERR_DAMAGED);
    revision_free(&in);
    /* More padding than the rule gives. */
    to_read(&in, &r);
    assert_non_null(buf_add(&in.withheld, 16));
    assert_int_equal(read_both(&in), VAULT_ERR_DAMAGED);
    revision_free(&in);
    revision_free(&r);
}

static void
test_revision__another_record_author_type_or_time_is_another_id(void **state)
{
    struct revision r, in;
    (void)state;

    draft(&r, IN_ORDER);
    finish(&r);
    to_read(&in, &r);
    in.record[0] ^= 1;
    assert_int_equal(read_open(&in), VAULT_ERR_DAMAGED);
    in.record[0] ^= 1;
    in.author[31] ^= 1;
    assert_int_equal(read_open(&in), VAULT_ERR_DAMAGED);
    in.author[31] ^= 1;
    assert_int_equal(read_open(&in), VAULT_OK);
    in.type[31] ^= 1;
    assert_int_equal(revision_check_id(&in), VAULT_ERR_DAMAGED);
    in.type[31] ^= 1;
    in.time++;
    assert_int_equal(revision_check_id(&in), VAULT_ERR_DAMAGED);
    revision_free(&r);
    revision_free(&in);
}

/* ---- the open plaintext with one rule broken ---- */

/* Put `with` in the place of element `at` of r's open plaintext and read it. */
static vault_err
read_replaced(const struct revision *r, size_t at, struct buf with)
{
    struct rd rd = rd_of(r->open.p, r->open.n);
    struct revision in;
    struct part p;
    vault_err err;

    to_read(&in, r);
    buf_reset(&in.open);
    (void)cbor_get_array(&rd, 7);
    cbor_array(&in.open, 7);
    for (size_t i = 0; i < 7; i++) {
        p = cbor_get_item(&rd);
        if (i == at)
            buf_put(&in.open, with.p, with.n);
        else
            buf_put(&in.open, p.p, p.n);
    }
    err = revision_read_open(&in, OPEN_SEED);
    buf_free(&with);
    revision_free(&in);
    return err;
}

enum { TYPE, PARENTS, TIME, AUTHOR, SALTS, VALUES, OTHERS };

static struct buf
raw(const char *p, size_t n)
{
    struct buf b = BUF_INIT;

    buf_put(&b, p, n);
    return b;
}
#define RAW(s) raw(s, sizeof(s) - 1)

static struct buf
ids(size_t n, int step)
{
    struct buf b = BUF_INIT;
    uint8_t id[32] = { 100 };

    cbor_array(&b, n);
    for (size_t i = 0; i < n; i++) {
        id[0] = (uint8_t)(id[0] + step);
        cbor_bytes(&b, id, 32);
    }
    return b;
}

static struct buf
other(unsigned tier, size_t n_c, size_t n_introduced, const char *field, const char *field2)
{
    const char *const name[] = { field, field2 };
    static const uint8_t zero[64];
    struct buf b = BUF_INIT;
    size_t count = field2 == NULL ? 1 : 2;

    cbor_array(&b, count);
    for (size_t i = 0; i < count; i++) {
        cbor_array(&b, 5);
        cbor_text(&b, name[i]);
        cbor_bytes(&b, NULL, 0);
        cbor_uint(&b, tier);
        cbor_bytes(&b, zero, n_c);
        cbor_bytes(&b, zero, n_introduced);
    }
    return b;
}

static void
test_revision__rules_of_the_open_plaintext(void **state)
{
    struct revision r;
    (void)state;

    draft(&r, IN_ORDER);
    finish(&r);
    assert_int_equal(read_replaced(&r, TYPE, RAW("\x47" "1234567")), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, PARENTS, ids(16, 1)), VAULT_OK);
    assert_int_equal(read_replaced(&r, PARENTS, ids(17, 1)), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, PARENTS, ids(2, 0)), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, PARENTS, ids(2, -1)), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, TIME, RAW("\x63now")), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, AUTHOR, RAW("\x41x")), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, SALTS, RAW("\x41x")), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, SALTS, RAW("\x80")), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, VALUES, RAW("\x80")), VAULT_OK);
    assert_int_equal(read_replaced(&r, VALUES, RAW("\x81\x83\x60\x40\xf5")), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, VALUES, RAW("\x81\x83\x61z\x41x\xf5")), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, VALUES, RAW("\x81\x83\x61z\x40\xf6")), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, VALUES, RAW("\x82\x83\x61z\x40\xf5\x83\x61z\x40\xf4")),
        VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, VALUES, RAW("\x82\x83\x61z\x40\xf5\x83\x61y\x40\xf4")),
        VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, OTHERS, other(2, 32, 32, "x", NULL)), VAULT_OK);
    assert_int_equal(read_replaced(&r, OTHERS, other(2, 32, 0, "x", NULL)), VAULT_OK);
    assert_int_equal(read_replaced(&r, OTHERS, other(1, 32, 0, "x", NULL)), VAULT_OK);
    assert_int_equal(read_replaced(&r, OTHERS, other(1, 32, 32, "x", NULL)), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, OTHERS, other(0, 32, 0, "x", NULL)), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, OTHERS, other(3, 32, 0, "x", NULL)), VAULT_OK);
    assert_int_equal(read_replaced(&r, OTHERS, other(3, 32, 32, "x", NULL)), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, OTHERS, other(4, 32, 0, "x", NULL)), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, OTHERS, other(2, 31, 0, "x", NULL)), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, OTHERS, other(2, 32, 16, "x", NULL)), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, OTHERS, other(2, 32, 0, "x", "x")), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, OTHERS, other(2, 32, 0, "y", "x")), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, OTHERS, other(2, 32, 0, "x", "y")), VAULT_OK);
    /* The same leaf among the values and among the others. */
    assert_int_equal(read_replaced(&r, OTHERS, other(2, 32, 0, "ref", NULL)), VAULT_ERR_DAMAGED);
    assert_int_equal(read_replaced(&r, OTHERS, other(2, 32, 0,
        "a_name_that_is_longer_than_any_of_ours", NULL)), VAULT_ERR_DAMAGED);
    revision_free(&r);
}

/* Another author than the entry's stands in the blob itself and goes into the id. */
static void
test_revision__an_author_of_its_own_is_taken(void **state)
{
    struct revision r, in;
    struct rd rd;
    struct part p;
    (void)state;

    begin(&r);
    put(&r, "ref", LEAF_OPEN, "P-1", 0);
    memset(r.author, 0x77, 32);
    finish(&r);
    to_read(&in, &r);
    memset(in.author, 0x33, 32);
    assert_int_equal(read_open(&in), VAULT_ERR_DAMAGED);
    buf_reset(&in.open);
    rd = rd_of(r.open.p, r.open.n);
    (void)cbor_get_array(&rd, 7);
    cbor_array(&in.open, 7);
    for (size_t i = 0; i < 7; i++) {
        p = cbor_get_item(&rd);
        if (i == AUTHOR)
            cbor_bytes(&in.open, r.author, 32);
        else
            buf_put(&in.open, p.p, p.n);
    }
    assert_int_equal(read_open(&in), VAULT_OK);
    assert_memory_equal(in.author, r.author, 32);
    revision_free(&r);
    revision_free(&in);
}

/* ---- limits ---- */

static void
fill(struct revision *r, size_t n)
{
    begin(r);
    for (size_t i = 0; i < n; i++) {
        struct leaf *l = revision_add(r, text("uses"), LEAF_OPEN, value("x"));
        assert_non_null(l);
        l->n_element = ELEMENT_BYTES;
        put_u64(l->element, i);
    }
}

static void
test_revision__4096_leaves_and_no_more(void **state)
{
    struct revision r, in;
    (void)state;

    fill(&r, REVISION_LEAVES_MAX);
    finish(&r);
    to_read(&in, &r);
    assert_int_equal(read_open(&in), VAULT_OK);
    assert_int_equal(in.n_leaves, REVISION_LEAVES_MAX);
    revision_free(&in);
    revision_free(&r);
    fill(&r, REVISION_LEAVES_MAX + 1);
    assert_int_equal(revision_finish(&r, OPEN_SEED, HIDE_SEED), VAULT_ERR_INPUT);
    revision_free(&r);
}

static void
test_revision__the_same_leaf_twice_is_refused(void **state)
{
    struct revision r;
    (void)state;

    begin(&r);
    put(&r, "name", LEAF_WITHHELD, "Anna", 0);
    put(&r, "name", LEAF_OPEN, "Anna", 0);
    assert_int_equal(revision_finish(&r, OPEN_SEED, HIDE_SEED), VAULT_ERR_INPUT);
    revision_free(&r);
    begin(&r);
    put(&r, "uses", LEAF_OPEN, "a", 5);
    put(&r, "uses", LEAF_OPEN, "b", 5);
    assert_int_equal(revision_finish(&r, OPEN_SEED, HIDE_SEED), VAULT_ERR_INPUT);
    revision_free(&r);
}

static void
test_revision__too_much_text_is_refused(void **state)
{
    static const enum leaf_tier TIER[] = { LEAF_OPEN, LEAF_WITHHELD };
    struct buf big = BUF_INIT;
    size_t n = 1u << 20;
    (void)state;

    buf_put(&big, "\x7a\x00\x10\x00\x00", 5);
    memset(buf_add(&big, n), 'x', n);
    for (size_t t = 0; t < 2; t++)
        for (size_t count = 7; count <= 9; count++) {
            struct revision r;
            begin(&r);
            for (size_t i = 0; i < count; i++) {
                struct leaf *l = revision_add(&r, text("uses"), TIER[t], PART(big.p, big.n));
                assert_non_null(l);
                l->n_element = ELEMENT_BYTES;
                put_u64(l->element, i);
            }
            assert_int_equal(revision_finish(&r, OPEN_SEED, HIDE_SEED),
                count == 7 ? VAULT_OK : VAULT_ERR_INPUT);
            revision_free(&r);
        }
    buf_free(&big);
}

/* ---- looking ---- */

static void
test_revision__a_removal_is_one_leaf_alone(void **state)
{
    struct revision r;
    (void)state;

    begin(&r);
    assert_false(revision_removed(&r));
    put(&r, REMOVED_FIELD, LEAF_OPEN, "x", 0);
    assert_true(revision_removed(&r));
    put(&r, "ref", LEAF_OPEN, "P-1", 0);
    assert_false(revision_removed(&r));
    revision_free(&r);
}

static void
test_revision__reset_leaves_nothing_behind(void **state)
{
    struct revision r, in;
    size_t n_open, n_withheld;
    uint8_t id[32];
    (void)state;

    draft(&r, IN_ORDER);
    finish(&r);
    memcpy(id, r.id, 32);
    n_open = r.open.n;
    n_withheld = r.withheld.n;
    revision_reset(&r);
    assert_int_equal(r.n_leaves, 0);
    assert_int_equal(r.n_parents, 0);
    assert_int_equal(r.open.n, 0);
    assert_int_equal(r.withheld.n, 0);
    assert_true(sodium_is_zero(r.open.p, n_open));
    assert_true(sodium_is_zero(r.withheld.p, n_withheld));
    put(&r, "ref", LEAF_OPEN, "P-1", 0);
    finish(&r);
    to_read(&in, &r);
    assert_int_equal(read_open(&in), VAULT_OK);
    assert_int_equal(in.n_leaves, 1);
    assert_memory_not_equal(r.id, id, 32);
    revision_free(&in);
    revision_free(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_revision__what_is_finished_is_read_back),
        cmocka_unit_test(test_revision__withheld_values_are_not_in_the_open_plaintext),
        cmocka_unit_test(test_revision__nothing_withheld_means_no_withheld_plaintext),
        cmocka_unit_test(test_revision__without_leaves_is_read_back),
        cmocka_unit_test(test_revision__id_follows_the_format),
        cmocka_unit_test(test_revision__order_of_adding_changes_nothing),
        cmocka_unit_test(test_revision__leaves_are_in_order_of_their_encoding),
        cmocka_unit_test(test_revision__every_salt_is_that_of_the_format),
        cmocka_unit_test(test_revision__the_same_value_twice_gives_different_commitments),
        cmocka_unit_test(test_revision__other_seeds_give_other_commitments_of_the_same_content),
        cmocka_unit_test(test_revision__a_wrong_seed_is_refused),
        cmocka_unit_test(test_revision__open_salts_one_by_one_are_accepted),
        cmocka_unit_test(test_revision__withheld_salts_one_by_one_may_leave_purged_values_out),
        cmocka_unit_test(test_revision__with_a_seed_no_value_may_be_missing),
        cmocka_unit_test(test_revision__every_changed_byte_of_the_open_plaintext_is_refused),
        cmocka_unit_test(test_revision__every_changed_byte_of_the_withheld_plaintext_is_refused),
        cmocka_unit_test(test_revision__plaintexts_cut_short_or_longer_are_refused),
        cmocka_unit_test(test_revision__padding_hides_the_length_and_is_zero),
        cmocka_unit_test(test_revision__another_record_author_type_or_time_is_another_id),
        cmocka_unit_test(test_revision__rules_of_the_open_plaintext),
        cmocka_unit_test(test_revision__an_author_of_its_own_is_taken),
        cmocka_unit_test(test_revision__4096_leaves_and_no_more),
        cmocka_unit_test(test_revision__the_same_leaf_twice_is_refused),
        cmocka_unit_test(test_revision__too_much_text_is_refused),
        cmocka_unit_test(test_revision__a_removal_is_one_leaf_alone),
        cmocka_unit_test(test_revision__reset_leaves_nothing_behind),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
