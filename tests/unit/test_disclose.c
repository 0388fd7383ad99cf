#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "vault/base/cbor.h"
#include "vault/base/secret.h"
#include "vault/record/disclose.h"
#include "vault/record/file.h"

static const uint8_t OPEN_SEED[32] = { 1, 2, 3 }, HIDE_SEED[32] = { 4, 5, 6 };
static const uint8_t ID[32] = { 7, 8, 9 }, KEY[32] = { 10 };

#define KINDS 7u

/* A revision with a value of every kind, in both tiers, once and repeated, with and without provenance. */
static struct {
    struct revision rev;
    struct buf value[32];
    size_t n_values;
    char name[2 * KINDS][4];
    struct buf *kind[2 * KINDS];
    size_t n_kinds;
    uint8_t salt[64][32];
} own;

static struct part
text(const char *s)
{
    return PART(s, strlen(s));
}

static struct buf *
next_value(void)
{
    assert_true(own.n_values < 32);
    return &own.value[own.n_values++];
}

static void
put(const char *field, enum leaf_tier tier, const struct buf *value, uint8_t element)
{
    struct leaf *l = revision_add(&own.rev, text(field), tier, PART(value->p, value->n));

    assert_non_null(l);
    l->n_element = element != 0 ? ELEMENT_BYTES : 0;
    memset(l->element, element, l->n_element);
    l->file_key = KEY;
    l->file_first = 77;
}

static const struct provenance FROM = { .source = { ID, 16 }, .as_of = { "2026", 4 }, .certainty = { "probable", 8 } };

static void
put_bare(const char *field, enum leaf_tier tier, struct buf *bare)
{
    struct buf *with = next_value();

    assert_int_equal(value_wrap(with, PART(bare->p, bare->n), &FROM), VAULT_OK);
    put(field, tier, bare, 0);
    put(field, tier, with, 1);
}

/* The place of the next bare value, under a field with that name. */
static struct buf *
next_kind(char letter, char tier)
{
    snprintf(own.name[own.n_kinds], sizeof own.name[0], "%c_%c", letter, tier);
    own.kind[own.n_kinds] = next_value();
    return own.kind[own.n_kinds++];
}

static void
put_kinds(enum leaf_tier tier)
{
    const struct file_value file = { ID, 123456789, text("image/png"), text("a b.png") };
    const char t = tier == LEAF_OPEN ? 'o' : 'w';

    cbor_text(next_kind('a', t), "Хван");
    cbor_int(next_kind('b', t), -42);
    cbor_uint(next_kind('c', t), 7);
    cbor_bool(next_kind('d', t), true);
    cbor_bytes(next_kind('e', t), ID, 16);
    cbor_bytes(next_kind('f', t), ID, 32);
    assert_int_equal(value_from_file(next_kind('g', t), &file, NULL), VAULT_OK);
    for (size_t i = 0; i < KINDS; i++)
        put_bare(own.name[own.n_kinds - KINDS + i], tier, own.kind[own.n_kinds - KINDS + i]);
}

static void
put_carried(const char *field)
{
    struct leaf from;

    memset(&from, 0, sizeof from);
    from.field = text(field);
    from.tier = LEAF_WITHHELD;
    memset(from.c, 0x5c, sizeof from.c);
    assert_non_null(revision_carry(&own.rev, &from, ID));
}

static int
make_own(void **state)
{
    size_t next[3] = {0};
    (void)state;

    revision_init(&own.rev);
    memset(own.rev.record, 0x11, sizeof own.rev.record);
    memset(own.rev.type, 0x22, sizeof own.rev.type);
    memset(own.rev.author, 0x33, sizeof own.rev.author);
    own.rev.time = -1700000000;
    own.rev.n_parents = 2;
    memset(own.rev.parent[0], 0x55, 32);
    memset(own.rev.parent[1], 0x44, 32);
    put_kinds(LEAF_OPEN);
    put_kinds(LEAF_WITHHELD);
    put_carried("carried");
    assert_int_equal(revision_finish(&own.rev, OPEN_SEED, HIDE_SEED), VAULT_OK);
    for (size_t i = 0; i < own.rev.n_leaves; i++) {
        const struct leaf *l = &own.rev.leaf[i];
        uint8_t block[64];
        size_t at;
        if (!l->here)
            continue;
        at = next[l->tier]++;
        stream_bytes(block, sizeof block, (uint32_t)(at / 2), l->tier == LEAF_OPEN ? OPEN_SEED : HIDE_SEED);
        memcpy(own.salt[i], block + 32 * (at % 2), 32);
    }
    return 0;
}

static int
free_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < own.n_values; i++)
        buf_free(&own.value[i]);
    revision_free(&own.rev);
    return 0;
}

/* Told: all that is asked for; the numbers of files are their places. */
struct choice { enum leaf_tier most; uint64_t files; };

static bool
choose(void *ctx, const struct leaf *l, uint64_t *file)
{
    struct choice *c = ctx;

    assert_true(l->here && l->value.n != 0);
    if (l->tier > c->most)
        return false;
    if (value_is_file(l->value))
        *file = ++c->files;
    return true;
}

static void
assert_same_members(const struct revision *a, const struct revision *b)
{
    assert_memory_equal(a->record, b->record, sizeof a->record);
    assert_memory_equal(a->type, b->type, sizeof a->type);
    assert_memory_equal(a->author, b->author, sizeof a->author);
    assert_memory_equal(a->id, b->id, sizeof a->id);
    assert_int_equal(a->time, b->time);
    assert_int_equal(a->n_parents, b->n_parents);
    assert_memory_equal(a->parent, b->parent, a->n_parents * REVISION_ID_BYTES);
    assert_int_equal(a->n_leaves, b->n_leaves);
}

/* Read back with what is told, of which there are so many; every c and the id are those of revision_finish. */
static void
assert_read(const struct buf *cbor, enum leaf_tier most, size_t want)
{
    struct revision got;
    size_t told = 0, files = 0;

    revision_init(&got);
    assert_int_equal(disclose_read(PART(cbor->p, cbor->n), &got), VAULT_OK);
    assert_same_members(&got, &own.rev);
    for (size_t i = 0; i < got.n_leaves; i++) {
        const struct leaf *l = &got.leaf[i], *m = &own.rev.leaf[i];
        assert_true(leaf_is(l, m));
        assert_int_equal(l->tier, m->tier);
        assert_memory_equal(l->c, m->c, 32);
        assert_int_equal(l->here, m->here);
        assert_memory_equal(l->introduced, m->introduced, 32);
        assert_null(l->file_key);
        assert_int_equal(l->salt != NULL, m->here && m->tier <= most);
        assert_int_equal(l->value.n != 0, l->salt != NULL);
        if (l->salt == NULL)
            continue;
        told++;
        assert_memory_equal(l->salt, own.salt[i], 32);
        assert_int_equal(l->value.n, m->value.n);
        assert_memory_equal(l->value.p, m->value.p, m->value.n);
        files += value_is_file(l->value);
        assert_int_equal(l->file_first, value_is_file(l->value) ? files : 0);
    }
    assert_int_equal(told, want);
    assert_int_equal(got.partial, most != LEAF_WITHHELD);
    assert_int_equal(got.open.n + got.withheld.n, 0);
    revision_free(&got);
}

static void
write_own(struct buf *out, enum leaf_tier most)
{
    struct choice c = { most, 0 };

    assert_int_equal(disclose_write(out, &own.rev, (const uint8_t (*)[32])own.salt, choose, &c), VAULT_OK);
    assert_true(cbor_valid(out->p, out->n));
}

static void
test_disclose__what_is_told_gives_the_same_id_and_leaves(void **state)
{
    struct buf b = BUF_INIT;
    (void)state;

    write_own(&b, LEAF_WITHHELD);
    assert_read(&b, LEAF_WITHHELD, 28);
    buf_reset(&b);
    write_own(&b, LEAF_OPEN);
    assert_read(&b, LEAF_OPEN, 14);
    buf_reset(&b);
    write_own(&b, (enum leaf_tier)0);
    assert_read(&b, (enum leaf_tier)0, 0);
    buf_free(&b);
}

static void
test_disclose__nothing_of_a_value_that_is_not_told_is_in_it(void **state)
{
    struct buf b = BUF_INIT;
    (void)state;

    write_own(&b, LEAF_OPEN);
    for (size_t i = 0; i < own.rev.n_leaves; i++)
        if (own.rev.leaf[i].tier == LEAF_WITHHELD && own.rev.leaf[i].here)
            assert_null(memmem(b.p, b.n, own.salt[i], 32));
        else if (own.rev.leaf[i].here)
            assert_non_null(memmem(b.p, b.n, own.salt[i], 32));
    buf_free(&b);
}

static void
test_disclose__without_a_choice_all_that_is_at_hand_is_told(void **state)
{
    struct buf b = BUF_INIT;
    struct revision got;
    (void)state;

    revision_init(&got);
    assert_int_equal(disclose_write(&b, &own.rev, (const uint8_t (*)[32])own.salt, NULL, NULL), VAULT_OK);
    assert_int_equal(disclose_read(PART(b.p, b.n), &got), VAULT_OK);
    assert_memory_equal(got.id, own.rev.id, 32);
    assert_false(got.partial);
    revision_free(&got);
    buf_free(&b);
}

/* Any other byte is another revision, or none; and reading it is no harm. */
static void
test_disclose__a_changed_byte_is_another_revision_or_none(void **state)
{
    struct buf b = BUF_INIT;
    struct revision got;
    size_t refused = 0;
    (void)state;

    revision_init(&got);
    write_own(&b, LEAF_WITHHELD);
    for (size_t i = 0; i < b.n; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            vault_err err;
            b.p[i] ^= (uint8_t)(1u << bit);
            err = disclose_read(PART(b.p, b.n), &got);
            assert_true(err == VAULT_OK || err == VAULT_ERR_DAMAGED);
            refused += err != VAULT_OK;
            /* (The number of a file, and where a carried leaf came from, are not part of the id.) */
            if (err == VAULT_OK && memcmp(got.id, own.rev.id, 32) == 0)
                for (size_t k = 0; k < got.n_leaves; k++)
                    assert_memory_equal(got.leaf[k].c, own.rev.leaf[k].c, 32);
            b.p[i] ^= (uint8_t)(1u << bit);
        }
    assert_true(refused > 0);
    for (size_t n = 0; n < b.n; n++) {
        uint8_t *exact = malloc(n + 1);     /* so that a sanitizer sees one byte too many */
        assert_non_null(exact);
        memcpy(exact, b.p, n);
        assert_int_equal(disclose_read(PART(exact, n), &got), VAULT_ERR_DAMAGED);
        free(exact);
    }
    buf_u8(&b, 0);
    assert_int_equal(disclose_read(PART(b.p, b.n), &got), VAULT_ERR_DAMAGED);
    revision_free(&got);
    buf_free(&b);
}

/* ---- one rule each ---- */

/* A head for n leaves. */
static void
begin(struct buf *b, size_t n)
{
    buf_reset(b);
    cbor_array(b, 6);
    cbor_bytes(b, ID, 16);
    cbor_bytes(b, ID, 32);
    cbor_array(b, 0);
    cbor_int(b, 5);
    cbor_bytes(b, ID, 32);
    cbor_array(b, n);
}

static void
leaf_head(struct buf *b, const char *field, size_t n_element, uint64_t tier)
{
    cbor_array(b, 5);
    cbor_text(b, field);
    cbor_bytes(b, ID, n_element);
    cbor_uint(b, tier);
}

static vault_err
read_it(const struct buf *b)
{
    struct revision got;
    vault_err err;

    revision_init(&got);
    err = disclose_read(PART(b->p, b->n), &got);
    revision_free(&got);
    return err;
}

static void
bare_leaf(struct buf *b, const char *field, size_t n_element, uint64_t tier, size_t n_introduced)
{
    leaf_head(b, field, n_element, tier);
    cbor_bytes(b, ID, 32);
    cbor_bytes(b, ID, n_introduced);
}

static void
told_leaf(struct buf *b, uint64_t tier, size_t n_salt, size_t n_introduced)
{
    leaf_head(b, "a", 0, tier);
    cbor_array(b, 2);
    cbor_bytes(b, ID, n_salt);
    cbor_text(b, "x");
    cbor_bytes(b, ID, n_introduced);
}

#define REFUSED(what, of) (begin(&b, (of)), (what), assert_int_equal(read_it(&b), VAULT_ERR_DAMAGED))
#define TAKEN(what, of) (begin(&b, (of)), (what), assert_int_equal(read_it(&b), VAULT_OK))

static void
test_disclose__each_rule_of_the_form_is_kept(void **state)
{
    struct buf b = BUF_INIT;
    (void)state;

    TAKEN((void)0, 0);
    TAKEN(bare_leaf(&b, "a", 0, 1, 0), 1);
    TAKEN(bare_leaf(&b, "a", 8, 2, 32), 1);
    TAKEN(told_leaf(&b, 2, 32, 0), 1);
    REFUSED(bare_leaf(&b, "a", 0, 0, 0), 1);
    REFUSED(bare_leaf(&b, "a", 0, 3, 0), 1);
    REFUSED(bare_leaf(&b, "a", 7, 1, 0), 1);
    REFUSED(bare_leaf(&b, "", 0, 1, 0), 1);
    REFUSED(bare_leaf(&b, "abcdefghijklmnopqrstuvwxyzabcdefg", 0, 1, 0), 1);
    TAKEN(bare_leaf(&b, "abcdefghijklmnopqrstuvwxyzabcdef", 0, 1, 0), 1);
    REFUSED(bare_leaf(&b, "a", 0, 1, 32), 1);       /* an open value is its revision's */
    REFUSED(bare_leaf(&b, "a", 0, 2, 31), 1);
    REFUSED(told_leaf(&b, 2, 32, 32), 1);
    REFUSED(told_leaf(&b, 2, 31, 0), 1);
    REFUSED((bare_leaf(&b, "b", 0, 1, 0), bare_leaf(&b, "a", 0, 1, 0)), 2);
    REFUSED((bare_leaf(&b, "a", 0, 1, 0), bare_leaf(&b, "a", 0, 2, 0)), 2);
    REFUSED(bare_leaf(&b, "a", 0, 1, 0), 2);
    REFUSED((bare_leaf(&b, "a", 0, 1, 0), bare_leaf(&b, "b", 0, 1, 0)), 1);
    buf_free(&b);
}

/* A leaf of one value, with a number of a file or without. */
static void
value_leaf(struct buf *b, const struct buf *value, bool numbered, uint64_t file)
{
    leaf_head(b, "a", 0, 1);
    cbor_array(b, numbered ? 3 : 2);
    cbor_bytes(b, ID, 32);
    buf_put(b, value->p, value->n);
    if (numbered)
        cbor_uint(b, file);
    cbor_bytes(b, ID, 0);
}

static void
test_disclose__files_have_a_number_and_other_values_none(void **state)
{
    const struct file_value file = { ID, 5, text("text/plain"), text("a") };
    struct buf b = BUF_INIT, f = BUF_INIT, t = BUF_INIT;
    (void)state;

    assert_int_equal(value_from_file(&f, &file, NULL), VAULT_OK);
    cbor_text(&t, "a");
    TAKEN(value_leaf(&b, &f, true, 0), 1);
    TAKEN(value_leaf(&b, &f, true, DISCLOSE_FILE_MAX), 1);
    TAKEN(value_leaf(&b, &t, false, 0), 1);
    REFUSED(value_leaf(&b, &f, true, DISCLOSE_FILE_MAX + 1), 1);
    REFUSED(value_leaf(&b, &f, false, 0), 1);
    REFUSED(value_leaf(&b, &t, true, 0), 1);
    buf_free(&b);
    buf_free(&f);
    buf_free(&t);
}

static void
test_disclose__limits_are_kept(void **state)
{
    struct buf b = BUF_INIT, t = BUF_INIT;
    char *a = calloc(1, VALUE_CBOR_MAX + 1);
    struct part huge = PART(ID, DISCLOSE_MAX + 1);
    struct revision got;
    char name[8];
    (void)state;

    assert_non_null(a);
    memset(a, 'a', VALUE_CBOR_MAX);
    cbor_textn(&t, a, VALUE_MAX);
    TAKEN(value_leaf(&b, &t, false, 0), 1);
    buf_reset(&t);
    cbor_textn(&t, a, VALUE_CBOR_MAX);
    REFUSED(value_leaf(&b, &t, false, 0), 1);
    begin(&b, REVISION_LEAVES_MAX + 1);
    for (unsigned i = 0; i <= REVISION_LEAVES_MAX; i++) {
        snprintf(name, sizeof name, "a%05u", i);
        bare_leaf(&b, name, 0, 1, 0);
    }
    assert_int_equal(read_it(&b), VAULT_ERR_DAMAGED);
    revision_init(&got);
    assert_int_equal(disclose_read(huge, &got), VAULT_ERR_DAMAGED);     /* before it is looked at */
    revision_free(&got);
    free(a);
    buf_free(&b);
    buf_free(&t);
}

static void
test_disclose__parents_ascend_and_are_at_most_16(void **state)
{
    struct buf b = BUF_INIT;
    (void)state;

    for (unsigned n = 0; n <= 18; n++)
        for (int twice = 0; twice < 2; twice++) {
            uint8_t id[32] = {0};
            buf_reset(&b);
            cbor_array(&b, 6);
            cbor_bytes(&b, ID, 16);
            cbor_bytes(&b, ID, 32);
            cbor_array(&b, n);
            for (unsigned i = 0; i < n; i++) {
                id[5] = (uint8_t)(twice ? i / 2 : i);
                cbor_bytes(&b, id, 32);
            }
            cbor_int(&b, 5);
            cbor_bytes(&b, ID, 32);
            cbor_array(&b, 0);
            assert_int_equal(read_it(&b), n <= 16 && (!twice || n < 2) ? VAULT_OK : VAULT_ERR_DAMAGED);
        }
    buf_free(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_disclose__what_is_told_gives_the_same_id_and_leaves),
        cmocka_unit_test(test_disclose__nothing_of_a_value_that_is_not_told_is_in_it),
        cmocka_unit_test(test_disclose__without_a_choice_all_that_is_at_hand_is_told),
        cmocka_unit_test(test_disclose__a_changed_byte_is_another_revision_or_none),
        cmocka_unit_test(test_disclose__each_rule_of_the_form_is_kept),
        cmocka_unit_test(test_disclose__files_have_a_number_and_other_values_none),
        cmocka_unit_test(test_disclose__limits_are_kept),
        cmocka_unit_test(test_disclose__parents_ascend_and_are_at_most_16),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, make_own, free_own);
}
