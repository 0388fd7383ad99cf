/* test_origin.c - evidence gathered from a real log, with everything that happens to slots and keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/fixture.h"
#include "tests/unit/phrases.h"
#include "vault/handoff/proof.h"
#include "vault/origin.h"

#define ROWS 500u

static uint8_t retired[32];             /* author of the slot that was removed */
static uint8_t former[32];              /* of the keeper's slot before the rekey */

static int
add_slot(const char *phrase)
{
    struct secret *pass = pass_of(phrase);
    int slot = -1;

    assert_int_equal(vault_key_add(v, VAULT_TIER_CASE, pass, NULL, &slot), VAULT_OK);
    secret_free(pass);
    return slot;
}

static void
import_rows(unsigned from, unsigned rows)
{
    static const struct vault_import_options persons = { .type = "person" };
    struct vault_import_report out;
    char name[300];
    FILE *f;

    snprintf(name, sizeof name, "%s/rows.csv", dir);
    f = fopen(name, "w");
    assert_non_null(f);
    fprintf(f, "ref,name,born\n");
    for (unsigned i = from; i < from + rows; i++)
        fprintf(f, "row-%u,Name %u,1980\n", i, i);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(vault_import(v, name, &persons, &out), VAULT_OK);
    assert_int_equal(out.added, rows);
}

static void
rekey(void)
{
    struct secret *pass = pass_of(PHRASE);
    struct vault_credentials own = { .passphrase = pass, .slot = -1 };

    memcpy(former, v->me.author_pk, 32);
    assert_int_equal(vault_key_rekey(v, &own), VAULT_OK);
    secret_free(pass);
    reopen();
}

/* Two case slots, of which one goes; an import; two rekeys; and people who write between all that. */
static int
make_story(void **state)
{
    int slot;

    if (make_vault(state) != 0)
        return -1;
    add_person("early", "Kim");
    slot = add_slot(OTHER_PHRASE);
    reopen_as(OTHER_PHRASE);
    memcpy(retired, v->me.author_pk, 32);
    add_person("by-other", "Lee");
    edit_person("by-other", "born", "1970");
    reopen();
    import_rows(1, ROWS);
    assert_int_equal(vault_key_remove(v, slot), VAULT_OK);
    (void)add_slot(THIRD_PHRASE);
    rekey();
    reopen_as(THIRD_PHRASE);
    add_person("by-third", "Pak");
    reopen();
    add_person("by-keeper", "Han");
    rekey();
    reopen_as(THIRD_PHRASE);
    edit_person("by-keeper", "born", "1960");
    reopen();
    edit_person("early", "born", "1950");
    return 0;
}

/* ---- helpers ---- */

/* All revisions of ordinary records. The caller frees. */
static size_t
all_numbers(uint32_t **out)
{
    const struct index *ix = &v->recs.index;
    size_t n = 0;

    *out = calloc((size_t)ix->n + 1, sizeof **out);
    assert_non_null(*out);
    for (uint32_t i = 1; i <= ix->n; i++)
        if (!index_is_system(&ix->pair[i]))
            (*out)[n++] = i;
    return n;
}

static void
gather(struct buf *out, const uint32_t *pair, size_t n)
{
    buf_reset(out);
    assert_int_equal(origin_gather(v, pair, n, out), VAULT_OK);
}

static void
verify(struct proof *p, const struct buf *evidence)
{
    vault_err err = proof_verify(p, PART(evidence->p, evidence->n));

    if (err != VAULT_OK)
        fail_msg("%s", vault_last_error()->text);
}

/* The evidence says of revision n what our log and the revision itself say. */
static void
assert_told(const struct proof *p, uint32_t n)
{
    const struct pair *pair = &v->recs.index.pair[n];
    const struct proof_entry *e = proof_find(p, pair->record, pair->revision);
    const struct chain_entry *c = &v->chain[pair->log];
    struct revision rev;

    assert_non_null(e);
    assert_memory_equal(e->hash, c->hash, 32);
    assert_int_equal(e->number, c->number);
    assert_int_equal(e->count, c->count);
    assert_int_equal(e->keeper, c->keeper);
    revision_init(&rev);
    assert_int_equal(recs_load(&v->recs, n, &rev), VAULT_OK);
    assert_memory_equal(e->author, rev.author, 32);
    revision_free(&rev);
}

static size_t
count_ordinary(const struct proof *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_told; i++)
        n += p->told[i].record[0] != 0;
    return n;
}

/* ---- the tests ---- */

static void
test_origin__tells_of_every_revision_who_wrote_it(void **state)
{
    struct buf b = BUF_INIT;
    struct proof p;
    uint32_t *pair;
    size_t n = all_numbers(&pair);
    (void)state;

    gather(&b, pair, n);
    verify(&p, &b);
    assert_memory_equal(p.vault_id, v->kf.vault_id, VAULT_ID_BYTES);
    assert_int_equal(p.n_cards, 3);
    assert_memory_equal(p.card_hash, v->card_hash, 32);
    assert_memory_equal(p.cards[2], v->card_hash, 32);
    assert_memory_equal(p.card.keeper_pk, v->card.keeper_pk, 32);
    assert_memory_not_equal(p.cards[0], p.cards[1], 32);
    assert_int_equal(count_ordinary(&p), n);
    for (size_t i = 0; i < n; i++)
        assert_told(&p, pair[i]);
    proof_free(&p);
    buf_free(&b);
    free(pair);
}

/* Of each revision alone, in whatever order and however often it is asked for. */
static void
test_origin__tells_of_one_and_of_nothing_else(void **state)
{
    static const char *const REF[] = { "early", "by-other", "by-third", "by-keeper", "row-1", "row-257", "row-500" };
    struct buf b = BUF_INIT, again = BUF_INIT;
    struct proof p;
    (void)state;

    for (size_t i = 0; i < sizeof REF / sizeof REF[0]; i++) {
        const uint32_t n = number_of(REF[i]), twice[] = { n, n };
        gather(&b, &n, 1);
        verify(&p, &b);
        assert_told(&p, n);
        assert_int_equal(count_ordinary(&p), 1);
        gather(&again, twice, 2);
        assert_int_equal(b.n, again.n);
        assert_memory_equal(b.p, again.p, b.n);
        assert_null(memmem(b.p, b.n, v->recs.index.pair[number_of(REF[(i + 1) % 7])].record, RECORD_ID_BYTES));
        proof_free(&p);
    }
    buf_free(&b);
    buf_free(&again);
}

static void
test_origin__is_the_same_for_a_case_holder(void **state)
{
    struct buf b = BUF_INIT, other = BUF_INIT;
    uint32_t *pair;
    size_t n = all_numbers(&pair);
    (void)state;

    gather(&b, pair, n);
    reopen_as(THIRD_PHRASE);
    gather(&other, pair, n);
    reopen();
    assert_int_equal(b.n, other.n);
    assert_memory_equal(b.p, other.p, b.n);
    buf_free(&b);
    buf_free(&other);
    free(pair);
}

static void
test_origin__of_an_import_costs_little_more_than_the_ids(void **state)
{
    struct buf b = BUF_INIT;
    uint32_t pair[ROWS];
    size_t few;
    (void)state;

    for (unsigned i = 0; i < ROWS; i++)
        pair[i] = number_of("row-1") + i;
    gather(&b, pair, 1);
    few = b.n;
    gather(&b, pair, ROWS);
    assert_true(b.n < few + ROWS * 56);
    buf_free(&b);
}

static void
test_origin__of_the_author_shows_that_he_is_registered(void **state)
{
    static const char *const PHRASES[] = { PHRASE, THIRD_PHRASE };
    struct buf b = BUF_INIT;
    struct proof p;
    (void)state;

    for (unsigned i = 0; i < 2; i++) {
        const struct proof_author *a;
        reopen_as(PHRASES[i]);
        buf_reset(&b);
        assert_int_equal(origin_of_author(v, &b), VAULT_OK);
        verify(&p, &b);
        assert_int_equal(count_ordinary(&p), 0);
        a = proof_author(&p, v->me.author_pk);
        assert_non_null(a);
        assert_int_equal(a->tier, i == 0 ? 2 : 1);
        assert_int_equal(a->index, v->slot);
        assert_memory_equal(a->slot, v->kf.slot[v->slot].head.id, SLOT_ID_BYTES);
        assert_memory_equal(p.card_hash, v->card_hash, 32);
        assert_null(proof_author(&p, former));
        assert_null(proof_author(&p, retired));
        proof_free(&p);
    }
    reopen();
    buf_free(&b);
}

/* Who was removed, or whose keys were replaced, is told as such. */
static void
test_origin__of_old_revisions_shows_whose_time_ended(void **state)
{
    struct buf b = BUF_INIT;
    struct proof p;
    const uint32_t n = number_of("by-other");
    unsigned found = 0;
    (void)state;

    gather(&b, &n, 1);
    verify(&p, &b);
    assert_null(proof_author(&p, retired));
    for (size_t i = 0; i < p.n_authors; i++)
        if (memcmp(p.author[i].pk, retired, 32) == 0) {
            assert_true(p.author[i].until != PROOF_NOT_ENDED);
            assert_string_equal(p.entry[p.author[i].until].action, "slot-remove");
            assert_string_equal(p.entry[p.author[i].since].action, "slot-add");
            found++;
        }
    assert_int_equal(found, 1);
    proof_free(&p);
    buf_free(&b);
}

/* ---- fewer ---- */

struct wanted { const uint32_t *pair; size_t n; };

static bool
is_wanted(void *ctx, const uint8_t *record, const uint8_t *revision)
{
    const struct wanted *w = ctx;

    for (size_t i = 0; i < w->n; i++)
        if (memcmp(v->recs.index.pair[w->pair[i]].record, record, RECORD_ID_BYTES) == 0 &&
            memcmp(v->recs.index.pair[w->pair[i]].revision, revision, REVISION_ID_BYTES) == 0)
            return true;
    return false;
}

/* What was told of all, cut to some, is to the byte what would have been told of these alone. */
static void
test_origin__reduced_is_what_would_have_been_told_of_fewer(void **state)
{
    const uint32_t some[][3] = { { number_of("early"), 0, 0 }, { number_of("by-other"), 0, 0 },
        { number_of("row-1"), number_of("row-2"), number_of("row-400") }, { number_of("by-third"), number_of("row-77"), 0 },
        { 0, 0, 0 } };
    struct buf all = BUF_INIT, cut = BUF_INIT, direct = BUF_INIT;
    uint32_t *pair;
    size_t n = all_numbers(&pair);
    (void)state;

    gather(&all, pair, n);
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        struct wanted w = { some[i], 0 };
        while (w.n < 3 && some[i][w.n] != 0)
            w.n++;
        buf_reset(&cut);
        assert_int_equal(proof_reduce(&cut, PART(all.p, all.n), is_wanted, &w), VAULT_OK);
        gather(&direct, w.pair, w.n);
        assert_int_equal(cut.n, direct.n);
        assert_memory_equal(cut.p, direct.p, cut.n);
    }
    buf_reset(&cut);
    assert_int_equal(proof_reduce(&cut, PART(all.p, all.n), is_wanted, &(struct wanted){ pair, n }), VAULT_OK);
    assert_int_equal(cut.n, all.n);
    assert_memory_equal(cut.p, all.p, all.n);
    free(pair);
    buf_free(&all);
    buf_free(&cut);
    buf_free(&direct);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_origin__tells_of_every_revision_who_wrote_it),
        cmocka_unit_test(test_origin__tells_of_one_and_of_nothing_else),
        cmocka_unit_test(test_origin__is_the_same_for_a_case_holder),
        cmocka_unit_test(test_origin__of_an_import_costs_little_more_than_the_ids),
        cmocka_unit_test(test_origin__of_the_author_shows_that_he_is_registered),
        cmocka_unit_test(test_origin__of_old_revisions_shows_whose_time_ended),
        cmocka_unit_test(test_origin__reduced_is_what_would_have_been_told_of_fewer),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, make_story, remove_vault);
}
