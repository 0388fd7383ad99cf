#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "vault/base/bytes.h"
#include "vault/base/secret.h"
#include "vault/record/index.h"

#define MANY 100000u

/* Numbers that look random and are the same in every run: revision i of record r. */
static uint64_t
mix(uint64_t x)
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static void
ids_of(uint8_t ids[PAIR_ID_BYTES], uint32_t record, uint32_t revision)
{
    for (uint32_t i = 0; i < 2; i++)
        put_u64(ids + 8 * i, mix((uint64_t)record << 8 | i));
    if (ids[0] == 0)
        ids[0] = 1;
    for (uint32_t i = 0; i < 4; i++)
        put_u64(ids + 16 + 8 * i, mix((uint64_t)revision << 8 | (i + 8)));
}

/* Tag `kind` (0 ref, 1 label, 2... links) of pair n. */
static void
tag_of(uint8_t tag[TAG_BYTES], uint32_t n, uint32_t kind)
{
    put_u64(tag, mix((uint64_t)n << 16 | (kind + 64)));
}

static struct part
tags_of(uint8_t *mem, uint32_t n, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        tag_of(mem + (size_t)i * TAG_BYTES, n, i);
    return PART(mem, (size_t)count * TAG_BYTES);
}

/* Pairs in order of number: every record has one revision, every tenth number is another one of an
 * earlier record. */
static uint32_t
record_of(uint32_t n)
{
    return n % 10 == 0 ? n / 2 | 1 : n;
}

static void
add(struct index *ix, uint32_t n)
{
    uint8_t ids[PAIR_ID_BYTES], tags[4 * TAG_BYTES];

    ids_of(ids, record_of(n), n);
    assert_int_equal(index_add(ix, ids, n / 100 + 1, (n - 1) / PACK_MAX * PACK_MAX + 1,
        tags_of(tags, n, 2 + n % 3)), VAULT_OK);
    assert_int_equal(ix->n, n);
}

static void
build(struct index *ix, uint32_t n)
{
    index_init(ix);
    for (uint32_t i = 1; i <= n; i++)
        add(ix, i);
}

static int
make_many(void **state)
{
    struct index *ix = calloc(1, sizeof *ix);

    build(ix, MANY);
    *state = ix;
    return 0;
}

static int
free_many(void **state)
{
    index_free(*state);
    free(*state);
    return 0;
}

/* What was found, as many as fit. */
struct found {
    uint32_t n[8];
    uint32_t count, stop_after;
};

static int
note(void *ctx, uint32_t n)
{
    struct found *f = ctx;

    if (f->count < 8)
        f->n[f->count] = n;
    f->count++;
    return f->stop_after != 0 && f->count == f->stop_after;
}

static struct found
by_tag(struct index *ix, unsigned which, const uint8_t *tag)
{
    struct found f = {0};

    assert_int_equal(index_by_tag(ix, which, tag, note, &f), VAULT_OK);
    return f;
}

/* ---- one hundred thousand ---- */

static void
test_index__every_record_is_found(void **state)
{
    const struct index *ix = *state;
    uint8_t ids[PAIR_ID_BYTES];
    uint32_t *first = calloc(MANY + 1, sizeof *first), records = 0;

    for (uint32_t n = 1; n <= MANY; n++) {
        uint32_t r = record_of(n);
        if (first[r] == 0) {
            first[r] = n;
            records++;
        }
        ids_of(ids, r, n);
        assert_int_equal(index_record(ix, ids), first[r]);
        assert_int_equal(ix->pair[n].first, first[r]);
        assert_memory_equal(ix->pair[n].record, ids, RECORD_ID_BYTES);
        assert_memory_equal(ix->pair[n].revision, ids + RECORD_ID_BYTES, REVISION_ID_BYTES);
        assert_int_equal(index_revision(ix, first[r], ids + RECORD_ID_BYTES), n);
    }
    assert_int_equal(ix->records, records);
    free(first);
}

static void
test_index__what_is_not_there_is_not_found(void **state)
{
    struct index *ix = *state;
    uint8_t ids[PAIR_ID_BYTES], tag[TAG_BYTES];

    for (uint32_t n = MANY + 1; n < MANY + 1000; n++) {
        ids_of(ids, n, n);
        assert_int_equal(index_record(ix, ids), 0);
        assert_int_equal(index_revision(ix, 1, ids + RECORD_ID_BYTES), 0);
        tag_of(tag, n, 0);
        assert_int_equal(by_tag(ix, 0, tag).count, 0);
    }
    /* A revision of another record is none of this one. */
    ids_of(ids, 2, 2);
    assert_int_equal(index_revision(ix, 1, ids + RECORD_ID_BYTES), 0);
}

static void
test_index__revisions_of_a_record_follow_each_other(void **state)
{
    const struct index *ix = *state;
    uint32_t seen = 0;

    for (uint32_t n = 1; n <= MANY; n++) {
        if (ix->pair[n].first != n)
            continue;
        for (uint32_t m = n, before = 0; m != 0; m = ix->pair[m].next) {
            assert_true(m > before);
            assert_int_equal(ix->pair[m].first, n);
            before = m;
            seen++;
        }
    }
    assert_int_equal(seen, MANY);
}

static void
test_index__refs_and_labels_are_found_by_their_tags(void **state)
{
    struct index *ix = *state;
    uint8_t tag[TAG_BYTES];
    struct found f;

    for (uint32_t n = 1; n <= MANY; n += 7)
        for (unsigned which = 0; which < 2; which++) {
            tag_of(tag, n, which);
            f = by_tag(ix, which, tag);
            assert_int_equal(f.count, 1);
            assert_int_equal(f.n[0], n);
            /* A ref is no label. */
            assert_int_equal(by_tag(ix, 1 - which, tag).count, 0);
        }
}

static void
test_index__links_are_found_by_their_tags(void **state)
{
    struct index *ix = *state;
    uint8_t tag[TAG_BYTES];

    for (uint32_t n = 1; n <= MANY; n += 9973) {
        struct found f = {0};
        tag_of(tag, n, 2);
        index_by_link(ix, tag, note, &f);
        assert_int_equal(f.count, n % 3 != 0);
        /* A ref is no link. */
        memset(&f, 0, sizeof f);
        tag_of(tag, n, 0);
        index_by_link(ix, tag, note, &f);
        assert_int_equal(f.count, 0);
    }
}

static void
test_index__packs_have_their_size(void **state)
{
    const struct index *ix = *state;

    assert_int_equal(index_pack_size(ix, 1), PACK_MAX);
    assert_int_equal(index_pack_size(ix, 65), PACK_MAX);
    assert_int_equal(index_pack_size(ix, (MANY - 1) / PACK_MAX * PACK_MAX + 1), MANY % PACK_MAX);
}

static void
test_index__prefixes_find_records_and_stop(void **state)
{
    const struct index *ix = *state;
    uint8_t ids[PAIR_ID_BYTES];
    struct found f = {0};
    uint32_t want = 0;

    ids_of(ids, 77777, 0);
    index_by_prefix(ix, ids, 20, note, &f);
    for (uint32_t n = 1; n <= MANY; n++) {
        const uint8_t *id = ix->pair[n].record;
        want += ix->pair[n].first == n && id[0] == ids[0] && id[1] == ids[1] &&
            id[2] >> 4 == ids[2] >> 4;
    }
    assert_true(want >= 1);
    assert_int_equal(f.count, want);

    memset(&f, 0, sizeof f);
    index_by_prefix(ix, ids, 128, note, &f);
    assert_int_equal(f.count, 1);
    assert_int_equal(f.n[0], index_record(ix, ids));
    memset(&f, 0, sizeof f);
    index_by_prefix(ix, ids, 1000, note, &f);
    assert_int_equal(f.count, 1);
    ids[15] ^= 1;
    memset(&f, 0, sizeof f);
    index_by_prefix(ix, ids, 128, note, &f);
    assert_int_equal(f.count, 0);
    index_by_prefix(ix, ids, 127, note, &f);
    assert_int_equal(f.count, 1);

    memset(&f, 0, sizeof f);
    index_by_prefix(ix, ids, 0, note, &f);
    assert_int_equal(f.count, ix->records);
    f = (struct found){ .stop_after = 3 };
    index_by_prefix(ix, ids, 0, note, &f);
    assert_int_equal(f.count, 3);
}

/* ---- truncation ---- */

static void
assert_same(struct index *got, struct index *want)
{
    uint8_t tag[TAG_BYTES];

    assert_int_equal(got->n, want->n);
    assert_int_equal(got->records, want->records);
    assert_int_equal(got->n_tags, want->n_tags);
    assert_memory_equal(got->tag, want->tag, (size_t)want->n_tags * TAG_BYTES);
    for (uint32_t n = 1; n <= want->n; n++) {
        const struct pair *p = &got->pair[n], *q = &want->pair[n];
        assert_memory_equal(p->record, q->record, RECORD_ID_BYTES);
        assert_memory_equal(p->revision, q->revision, REVISION_ID_BYTES);
        assert_int_equal(p->log, q->log);
        assert_int_equal(p->first, q->first);
        assert_int_equal(p->next, q->next);
        assert_int_equal(p->pack, q->pack);
        assert_int_equal(p->tags, q->tags);
        assert_int_equal(p->n_tags, q->n_tags);
        assert_int_equal(p->heads_known, q->heads_known);
        assert_int_equal(index_record(got, p->record), q->first);
    }
    for (uint32_t n = 1; n <= want->n; n += 13)
        for (unsigned which = 0; which < 2; which++) {
            tag_of(tag, n, which);
            assert_int_equal(by_tag(got, which, tag).count, by_tag(want, which, tag).count);
        }
}

static void
test_index__truncating_gives_the_state_before(void **state)
{
    static const uint32_t AT[] = { 1, 2, 63, 64, 65, 127, 255, 256, 900, 2999, 3000 };
    uint8_t tag[TAG_BYTES], ids[PAIR_ID_BYTES];
    struct index ix, want;
    (void)state;

    for (size_t i = 0; i < sizeof AT / sizeof AT[0]; i++) {
        build(&ix, 3000);
        tag_of(tag, 3000, 0);
        assert_int_equal(by_tag(&ix, 0, tag).count, 1);     /* the table of tags exists */
        index_truncate(&ix, AT[i]);
        build(&want, AT[i]);
        assert_same(&ix, &want);
        if (AT[i] < 3000) {
            assert_int_equal(by_tag(&ix, 0, tag).count, 0);
            ids_of(ids, 2999, 2999);
            assert_int_equal(index_record(&ix, ids), AT[i] >= 2999 ? 2999 : 0);
        }
        /* And it grows on from there as if nothing had been. */
        for (uint32_t n = AT[i] + 1; n <= 3000; n++)
            add(&ix, n);
        index_free(&want);
        build(&want, 3000);
        assert_same(&ix, &want);
        index_free(&ix);
        index_free(&want);
    }
}

static void
test_index__truncating_to_nothing_or_upwards_is_fine(void **state)
{
    struct index ix;
    (void)state;

    index_init(&ix);
    index_truncate(&ix, 0);
    index_truncate(&ix, 5);
    assert_int_equal(ix.n, 0);
    index_free(&ix);
    build(&ix, 100);
    index_truncate(&ix, 100);
    index_truncate(&ix, 200);
    assert_int_equal(ix.n, 100);
    index_truncate(&ix, 0);
    assert_int_equal(ix.n, 0);
    assert_int_equal(ix.records, 0);
    assert_int_equal(ix.n_tags, 0);
    add(&ix, 1);
    assert_int_equal(ix.records, 1);
    index_free(&ix);
}

/* ---- heads ---- */

static void
add_revision(struct index *ix, uint32_t record)
{
    uint8_t ids[PAIR_ID_BYTES];

    ids_of(ids, record, ix->n + 1);
    assert_int_equal(index_add(ix, ids, 1, ix->n + 1, PART("", 0)), VAULT_OK);
}

static void
test_index__heads_of_a_single_revision_are_known(void **state)
{
    struct index ix;
    (void)state;

    index_init(&ix);
    add_revision(&ix, 1);
    assert_true(ix.pair[1].heads_known);
    assert_false(ix.pair[1].superseded);
    add_revision(&ix, 1);
    assert_false(ix.pair[1].heads_known);
    index_free(&ix);
}

/* An edit that is taken back must not leave its parent marked as superseded. */
static void
test_index__truncating_makes_a_head_of_a_single_revision_again(void **state)
{
    struct index ix;
    (void)state;

    index_init(&ix);
    add_revision(&ix, 1);
    add_revision(&ix, 2);
    add_revision(&ix, 2);
    add_revision(&ix, 1);
    ix.pair[1].superseded = ix.pair[2].superseded = true;
    ix.pair[1].heads_known = ix.pair[2].heads_known = true;
    index_truncate(&ix, 3);
    assert_true(ix.pair[1].heads_known);
    assert_false(ix.pair[1].superseded);
    assert_int_equal(ix.pair[1].next, 0);
    /* Of several, which are heads is to be found out again. */
    assert_false(ix.pair[2].heads_known);
    assert_int_equal(ix.pair[2].next, 3);
    index_free(&ix);
}

/* ---- system records, odd tags ---- */

static void
test_index__system_records_are_no_records(void **state)
{
    uint8_t ids[PAIR_ID_BYTES];
    struct found f = {0};
    struct index ix;
    (void)state;

    index_init(&ix);
    ids_of(ids, 1, 1);
    ids[0] = 0;
    assert_int_equal(index_add(&ix, ids, 1, 1, PART("", 0)), VAULT_OK);
    assert_true(index_is_system(&ix.pair[1]));
    assert_int_equal(ix.records, 0);
    assert_int_equal(index_record(&ix, ids), 1);
    index_by_prefix(&ix, ids, 0, note, &f);
    assert_int_equal(f.count, 0);
    index_free(&ix);
}

/* Ids of slots end in zeros, as do those of the card: they must not all share one place. */
static void
test_index__ids_that_end_alike_are_told_apart(void **state)
{
    uint8_t ids[PAIR_ID_BYTES] = { 0, 2 };
    struct index ix;
    (void)state;

    index_init(&ix);
    for (uint32_t i = 1; i <= 2000; i++) {
        put_u32(ids + 2, i);
        assert_int_equal(index_add(&ix, ids, 1, i, PART("", 0)), VAULT_OK);
    }
    for (uint32_t i = 1; i <= 2000; i++) {
        put_u32(ids + 2, i);
        assert_int_equal(index_record(&ix, ids), i);
    }
    index_free(&ix);
}

static void
test_index__zero_tags_are_never_found(void **state)
{
    uint8_t ids[PAIR_ID_BYTES], tags[2 * TAG_BYTES] = {0};
    struct index ix;
    (void)state;

    index_init(&ix);
    ids_of(ids, 1, 1);
    assert_int_equal(index_add(&ix, ids, 1, 1, PART(tags, sizeof tags)), VAULT_OK);
    assert_int_equal(by_tag(&ix, 0, tags).count, 0);
    assert_int_equal(by_tag(&ix, 1, tags).count, 0);
    index_free(&ix);
}

static void
test_index__the_same_tag_gives_every_pair_and_stops(void **state)
{
    uint8_t ids[PAIR_ID_BYTES], tags[2 * TAG_BYTES];
    struct found f;
    struct index ix;
    (void)state;

    index_init(&ix);
    tag_of(tags, 1, 0);
    tag_of(tags + TAG_BYTES, 1, 1);
    for (uint32_t n = 1; n <= 5; n++) {
        ids_of(ids, n, n);
        assert_int_equal(index_add(&ix, ids, 1, n, PART(tags, sizeof tags)), VAULT_OK);
    }
    assert_int_equal(by_tag(&ix, 0, tags).count, 5);
    f = (struct found){ .stop_after = 2 };
    assert_int_equal(index_by_tag(&ix, 0, tags, note, &f), VAULT_OK);
    assert_int_equal(f.count, 2);
    index_free(&ix);
}

/* A pair with two links to one record is found once. */
static void
test_index__a_pair_with_the_same_link_twice_is_found_once(void **state)
{
    uint8_t ids[PAIR_ID_BYTES], tags[4 * TAG_BYTES] = {0};
    struct found f = {0};
    struct index ix;
    (void)state;

    index_init(&ix);
    ids_of(ids, 1, 1);
    tag_of(tags + 2 * TAG_BYTES, 9, 2);
    tag_of(tags + 3 * TAG_BYTES, 9, 2);
    assert_int_equal(index_add(&ix, ids, 1, 1, PART(tags, sizeof tags)), VAULT_OK);
    index_by_link(&ix, tags + 2 * TAG_BYTES, note, &f);
    assert_int_equal(f.count, 1);
    index_free(&ix);
}

static void
test_index__half_a_tag_is_damage(void **state)
{
    uint8_t ids[PAIR_ID_BYTES], tags[2 * TAG_BYTES] = {0};
    struct index ix;
    (void)state;

    index_init(&ix);
    ids_of(ids, 1, 1);
    assert_int_equal(index_add(&ix, ids, 1, 1, PART(tags, sizeof tags - 1)), VAULT_ERR_DAMAGED);
    assert_int_equal(ix.n, 0);
    assert_int_equal(index_record(&ix, ids), 0);
    index_free(&ix);
}

static void
test_index__an_empty_one_finds_nothing(void **state)
{
    uint8_t ids[PAIR_ID_BYTES];
    struct found f = {0};
    struct index ix;
    (void)state;

    index_init(&ix);
    ids_of(ids, 1, 1);
    assert_int_equal(index_record(&ix, ids), 0);
    assert_int_equal(by_tag(&ix, 0, ids).count, 0);
    index_by_link(&ix, ids, note, &f);
    index_by_prefix(&ix, ids, 0, note, &f);
    assert_int_equal(f.count, 0);
    index_free(&ix);
}

int
main(void)
{
    const struct CMUnitTest many[] = {
        cmocka_unit_test(test_index__every_record_is_found),
        cmocka_unit_test(test_index__what_is_not_there_is_not_found),
        cmocka_unit_test(test_index__revisions_of_a_record_follow_each_other),
        cmocka_unit_test(test_index__refs_and_labels_are_found_by_their_tags),
        cmocka_unit_test(test_index__links_are_found_by_their_tags),
        cmocka_unit_test(test_index__packs_have_their_size),
        cmocka_unit_test(test_index__prefixes_find_records_and_stop),
    };
    const struct CMUnitTest few[] = {
        cmocka_unit_test(test_index__truncating_gives_the_state_before),
        cmocka_unit_test(test_index__truncating_to_nothing_or_upwards_is_fine),
        cmocka_unit_test(test_index__heads_of_a_single_revision_are_known),
        cmocka_unit_test(test_index__truncating_makes_a_head_of_a_single_revision_again),
        cmocka_unit_test(test_index__system_records_are_no_records),
        cmocka_unit_test(test_index__ids_that_end_alike_are_told_apart),
        cmocka_unit_test(test_index__zero_tags_are_never_found),
        cmocka_unit_test(test_index__the_same_tag_gives_every_pair_and_stops),
        cmocka_unit_test(test_index__a_pair_with_the_same_link_twice_is_found_once),
        cmocka_unit_test(test_index__half_a_tag_is_damage),
        cmocka_unit_test(test_index__an_empty_one_finds_nothing),
    };
    int failed;

    if (secret_process_init() != VAULT_OK)
        return 1;
    failed = cmocka_run_group_tests_name("100,000", many, make_many, free_many);
    return failed + cmocka_run_group_tests_name("few", few, NULL, NULL);
}
