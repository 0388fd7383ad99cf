/* test_proof.c - evidence out of logs that are made here, so that everything in them can be forged with the right keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/made_log.h"
#include "vault/base/cbor.h"

static vault_err
judge(const struct spec *s, struct proof *p)
{
    struct buf b = BUF_INIT;
    vault_err err;

    make_evidence(s, &b);
    err = proof_verify(p, PART(b.p, b.n));
    buf_free(&b);
    return err;
}

static void
assert_good(const struct spec *s)
{
    struct proof p;

    if (judge(s, &p) != VAULT_OK)
        fail_msg("%s", vault_last_error()->text);
    proof_free(&p);
}

/* Refused, for this reason. */
static void
assert_bad(const struct spec *s, const char *why)
{
    struct proof p;

    assert_int_equal(judge(s, &p), VAULT_ERR_DAMAGED);
    if (strstr(vault_last_error()->text, why) == NULL)
        fail_msg("\"%s\" is not: %s", vault_last_error()->text, why);
    assert_null(p.entry);
    assert_int_equal(p.n_told, 0);
}

/* ---- what is good ---- */

static const struct proof_entry *
find(const struct proof *p, int plain)
{
    uint8_t pair[PAIR_BYTES];

    plain_pair(pair, plain);
    return proof_find(p, pair, pair + RECORD_ID_BYTES);
}

static void
test_proof__tells_who_wrote_what_and_with_whose_leave(void **state)
{
    struct proof p;
    (void)state;

    assert_int_equal(judge(&GOOD, &p), VAULT_OK);
    assert_memory_equal(p.vault_id, vault_id[0], VAULT_ID_BYTES);
    assert_int_equal(p.n_cards, 2);
    assert_memory_equal(p.card.keeper_pk, keeper[1].keeper_pk, 32);
    assert_memory_equal(find(&p, 1)->author, author_pk[1], 32);
    assert_int_equal(find(&p, 3)->number, 3);
    assert_string_equal(find(&p, 5)->action, "import");
    assert_int_equal(find(&p, 5)->time, 1700000003);
    assert_false(find(&p, 5)->keeper);
    assert_memory_equal(find(&p, 6)->author, author_pk[3], 32);
    assert_true(find(&p, 7)->keeper);
    assert_null(find(&p, 2));
    assert_null(find(&p, 4));
    assert_null(find(&p, 90));
    assert_null(proof_author(&p, author_pk[0]));        /* his keys were replaced */
    assert_null(proof_author(&p, author_pk[1]));        /* removed */
    assert_int_equal(proof_author(&p, author_pk[2])->tier, 2);
    assert_int_equal(proof_author(&p, author_pk[3])->tier, 1);
    assert_int_equal(proof_author(&p, author_pk[3])->index, 3);
    assert_int_equal(proof_author(&p, author_pk[3])->since, 2);
    assert_null(proof_author(&p, author_pk[4]));
    proof_free(&p);
}

static void
test_proof__any_changed_bit_and_any_other_length_is_refused(void **state)
{
    struct spec s = GOOD;
    struct buf b = BUF_INIT;
    struct proof p;
    (void)state;

    memset(&s.entry[4], 0, 4 * sizeof s.entry[4]);      /* small: one card */
    make_evidence(&s, &b);
    assert_int_equal(proof_verify(&p, PART(b.p, b.n)), VAULT_OK);
    proof_free(&p);
    for (size_t i = 0; i < b.n; i++) {
        const uint8_t was = b.p[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            if (i % 8 != 0 && bit != i % 7)
                continue;
            b.p[i] = (uint8_t)(was ^ 1u << bit);
            assert_int_equal(proof_verify(&p, PART(b.p, b.n)), VAULT_ERR_DAMAGED);
        }
        b.p[i] = was;
    }
    for (size_t n = 0; n < b.n; n += 1 + n / 64) {
        uint8_t *exact = malloc(n + 1);
        assert_non_null(exact);
        memcpy(exact, b.p, n);
        assert_int_equal(proof_verify(&p, PART(exact, n)), VAULT_ERR_DAMAGED);
        free(exact);
    }
    buf_u8(&b, 0);
    assert_int_equal(proof_verify(&p, PART(b.p, b.n)), VAULT_ERR_DAMAGED);
    buf_free(&b);
}

/* ---- authors ---- */

static void
test_proof__an_author_whom_no_keeper_registered_is_refused(void **state)
{
    struct spec s = GOOD;
    (void)state;

    s.entry[6].author = 4;
    assert_bad(&s, "whom no keeper registered");
    s = GOOD;
    s.entry[6].slot = 2;                /* he is, but for another slot */
    assert_bad(&s, "whom no keeper registered");
    s = GOOD;
    s.entry[2].left_out = true;         /* his registration is not told */
    s.entry[5].rev[3].untold = true;
    assert_bad(&s, "whom no keeper registered");
}

static void
test_proof__an_author_signs_from_his_registration_to_its_end(void **state)
{
    struct spec s = GOOD;
    (void)state;

    s.entry[3].number = 0;
    assert_bad(&s, "registered only later");
    s.entry[3].number = 5;
    assert_bad(&s, "had ended before");
    s.entry[3].number = 4;              /* that removed him may itself be his, or beside his */
    assert_good(&s);
    s = GOOD;
    s.entry[7].author = 0;              /* replaced by the rekey */
    s.entry[7].keeper[0] = 1;
    assert_bad(&s, "had ended before");
    s = GOOD;
    s.entry[6].number = 9;              /* long after his registration, which nothing ended */
    assert_good(&s);
}

/* Removed, and back under the same key: in between he may not sign. */
static void
test_proof__who_is_registered_again_signs_again(void **state)
{
    struct spec s = GOOD;
    (void)state;

    s.entry[8] = (struct spec_entry){ .number = 9, .slot = 1, .author = 2, .keeper = { 1 }, .n_keepers = 1, .action = "slot-add",
        .rev = { { .kind = SLOT, .of = 1, .slot = 2 } } };
    s.entry[9] = (struct spec_entry){ .number = 10, .slot = 2, .author = 1, .action = "add", .rev = { { .kind = PLAIN, .of = 8 } } };
    assert_good(&s);
    s.entry[9].number = 9;
    assert_good(&s);
    s.entry[9].number = 8;
    assert_bad(&s, "had ended before");
    s.entry[9].number = 4;
    assert_good(&s);
}

/* A keeper key of before the rekey could register anybody, with a low number. It does not help him after the rekey. */
static void
test_proof__a_registration_that_a_rekey_did_not_repeat_ended_with_it(void **state)
{
    struct spec s = GOOD;
    (void)state;

    s.entry[5].rev[3].untold = true;
    assert_bad(&s, "had ended before");
    s.entry[6].number = 5;
    assert_good(&s);
    s = GOOD;
    s.entry[8] = (struct spec_entry){ .number = 3, .slot = 1, .n_keepers = 1, .action = "slot-add",
        .rev = { { .kind = SLOT, .of = 4, .slot = 4 } } };
    s.entry[9] = (struct spec_entry){ .number = 8, .slot = 4, .author = 4, .action = "add", .rev = { { .kind = PLAIN, .of = 8 } } };
    assert_bad(&s, "had ended before");
}

static void
test_proof__a_slot_is_registered_and_ended_by_keepers_only(void **state)
{
    struct spec s = GOOD;
    (void)state;

    s.entry[2].n_keepers = 0;
    assert_bad(&s, "not signed by a keeper");
    s = GOOD;
    s.entry[2].n_keepers = 0;
    s.entry[2].action = "add";
    assert_bad(&s, "not signed by a keeper");
    s = GOOD;
    s.entry[4].n_keepers = 0;
    assert_bad(&s, "not signed by a keeper");
    s = GOOD;
    s.entry[2].rev[0].by = 1 + 1;
    assert_bad(&s, "not by the signer of its entry");
}

static void
test_proof__cards_and_slots_are_what_they_should_be(void **state)
{
    (void)state;

    for (int wrong = 1; wrong <= 5; wrong++) {
        struct spec s = GOOD;
        s.entry[2].rev[0].wrong = wrong;
        assert_bad(&s, "a card or a slot is something else");
        s = GOOD;
        s.entry[5].rev[1].wrong = wrong;
        if (wrong <= 2)
            assert_bad(&s, "a card or a slot is something else");
    }
}

static void
test_proof__slots_come_in_the_order_of_their_entries(void **state)
{
    struct spec s = GOOD;
    (void)state;

    s.slots_swapped = true;
    assert_bad(&s, "slots are out of order");
}

/* ---- signatures, keys ---- */

static void
test_proof__every_signature_is_verified(void **state)
{
    (void)state;

    for (int i = 0; i < 8; i++)
        for (int forged = 1; forged <= 1 + GOOD.entry[i].n_keepers; forged++) {
            struct spec s = GOOD;
            s.entry[i].forged = forged;
            assert_bad(&s, forged == 1 ? "the signature of an entry is not valid" : "the keeper's signature of an entry is not valid");
        }
}

static void
test_proof__the_keeper_key_is_that_of_its_time(void **state)
{
    struct spec s = GOOD;
    (void)state;

    s.entry[7].keeper[0] = 0;           /* the old one, after the rekey */
    assert_bad(&s, "was not the keeper's then");
    s = GOOD;
    s.entry[4].keeper[0] = 1;           /* the new one, before it */
    assert_bad(&s, "was not the keeper's then");
    s = GOOD;
    s.entry[4].number = 5;              /* beside it */
    assert_bad(&s, "was not the keeper's then");
    s = GOOD;
    s.entry[2].keeper[0] = 2;           /* somebody else's */
    assert_bad(&s, "was not the keeper's then");
    s = GOOD;
    s.entry[7].n_keepers = 2;
    s.entry[7].keeper[1] = 1;
    s.entry[7].keeper[0] = 0;
    assert_bad(&s, "was not the keeper's then");
    s = GOOD;
    s.entry[6].action = "purge";
    assert_bad(&s, "lacks the keeper's signature");
}

static void
test_proof__cards_follow_one_another(void **state)
{
    struct spec s = GOOD;
    (void)state;

    s.entry[5].keeper[0] = 2;           /* a new card without the old key */
    assert_bad(&s, "does not follow from the one before");
    s = GOOD;
    s.entry[5].n_keepers = 1;
    assert_bad(&s, "does not follow from the one before");
    s = GOOD;
    s.entry[5].rev[1].of = 2;           /* a card of another key than the one that signed */
    assert_bad(&s, "does not follow from the one before");
    s = GOOD;
    s.entry[0].parentless = false;      /* a first card that is not the log's first entry */
    assert_bad(&s, "does not follow from the one before");
    s = GOOD;
    s.cards_swapped = true;
    assert_bad(&s, "cards are out of order");
    s = GOOD;
    s.card_vault = 1;
    assert_bad(&s, "a card is that of another vault");
    s = GOOD;
    s.entry[5].rev[1].undisclosed = true;
    assert_bad(&s, "a card is missing");
    s.entry[5].rev[1].untold = true;
    assert_bad(&s, "was not the keeper's then");
    s.entry[7].left_out = true;         /* without anything that the new key signed */
    assert_bad(&s, "was not the keeper's then");
}

/* It holds by itself; that the vault has another card by now is for whoever knows that card. */
static void
test_proof__an_older_state_alone_tells_of_the_older_card(void **state)
{
    struct spec s = GOOD;
    struct proof p, now;
    (void)state;

    memset(&s.entry[5], 0, 3 * sizeof s.entry[5]);
    assert_int_equal(judge(&s, &p), VAULT_OK);
    assert_int_equal(judge(&GOOD, &now), VAULT_OK);
    assert_int_equal(p.n_cards, 1);
    assert_memory_equal(p.card_hash, now.cards[0], 32);
    assert_memory_not_equal(p.card_hash, now.card_hash, 32);
    proof_free(&p);
    proof_free(&now);
}

/* ---- what is there ---- */

static void
test_proof__an_entry_that_is_left_out_is_missed(void **state)
{
    struct spec s = GOOD;
    (void)state;

    s.entry[0].left_out = true;
    assert_bad(&s, "does not follow from the one before");
    s = GOOD;
    s.entry[1].left_out = true;
    assert_bad(&s, "whom no keeper registered");
    s = GOOD;
    s.entry[5].left_out = true;
    assert_bad(&s, "was not the keeper's then");
    s = GOOD;
    s.entry[2].rev[0].undisclosed = true;
    s.entry[5].rev[3].undisclosed = true;
    assert_bad(&s, "whom no keeper registered");
    s = GOOD;
    s.entry[7].rev[0].untold = true;    /* an entry that tells of nothing */
    assert_bad(&s, "leaves that its tree has not");
    s = GOOD;
    s.entry[3].left_out = true;         /* then it tells of less */
    assert_good(&s);
}

static void
test_proof__entries_of_another_vault_are_refused(void **state)
{
    (void)state;

    for (int i = 0; i < 8; i++) {
        struct spec s = GOOD;
        s.entry[i].other_vault = true;
        assert_bad(&s, "belongs to another vault");
    }
}

static void
test_proof__no_entry_and_no_revision_stands_twice(void **state)
{
    struct spec s = GOOD;
    (void)state;

    s.entry[8] = s.entry[7];
    assert_bad(&s, "entries are out of order");
    s.entry[8].number = 8;
    assert_bad(&s, "a revision stands twice");
}

/* ---- the bytes: what a writer would not write ---- */

/* Where the n-th occurrence of these bytes is. */
static uint8_t *
at(struct buf *b, const void *what, size_t n, unsigned occurrence)
{
    uint8_t *p = b->p;

    for (;; p++) {
        p = memmem(p, b->n - (size_t)(p - b->p), what, n);
        assert_non_null(p);
        if (occurrence-- == 0)
            return p;
    }
}

static void
assert_bytes_bad(const struct buf *b, const char *why)
{
    struct proof p;

    assert_int_equal(proof_verify(&p, PART(b->p, b->n)), VAULT_ERR_DAMAGED);
    if (strstr(vault_last_error()->text, why) == NULL)
        fail_msg("\"%s\" is not: %s", vault_last_error()->text, why);
}

/* [index, record id, revision id] of plain revisions in entry 3, then its hashes. */
static void
test_proof__an_index_a_revision_or_a_hash_that_was_changed_is_not_in_the_entry(void **state)
{
    struct buf b = BUF_INIT;
    uint8_t pair[PAIR_BYTES], hash[32], *p;
    (void)state;

    make_evidence(&GOOD, &b);
    plain_pair(pair, 3);
    p = at(&b, pair, RECORD_ID_BYTES, 0);
    assert_int_equal(p[-2], 2);         /* its index */
    p[-2] = 3;
    assert_bytes_bad(&b, "a revision is not in its entry of the log");
    p[-2] = 0;
    assert_bytes_bad(&b, "out of order");
    p[-2] = 5;
    assert_bytes_bad(&b, "leaves of a Merkle proof");
    p[-2] = 2;
    p[0] ^= 1;
    assert_bytes_bad(&b, "a revision is not in its entry of the log");
    p[0] ^= 1;
    p[20] ^= 1;
    assert_bytes_bad(&b, "a revision is not in its entry of the log");
    p[20] ^= 1;
    plain_pair(pair, 2);    /* untold: its hash is in the proof */
    merkle_leaf(hash, pair);
    p = at(&b, hash, 32, 0);
    p[7] ^= 1;
    assert_bytes_bad(&b, "a revision is not in its entry of the log");
    buf_free(&b);
}

static void
test_proof__limits_come_before_everything(void **state)
{
    struct buf b = BUF_INIT;
    struct proof p;
    (void)state;

    assert_int_equal(proof_verify(&p, PART("", PROOF_BYTES_MAX + 1)), VAULT_ERR_DAMAGED);
    assert_non_null(strstr(vault_last_error()->text, "too large"));
    make_evidence(&GOOD, &b);
    b.p[1] = 2;
    assert_bytes_bad(&b, "of a newer format");
    buf_reset(&b);
    proof_put_head(&b, vault_id[0]);
    proof_put_list(&b, NULL, 0);
    proof_put_list(&b, NULL, 0);
    cbor_array(&b, 0);
    assert_bytes_bad(&b, "a card is missing");
    buf_cut(&b, b.n - 1);
    cbor_array(&b, PROOF_ENTRIES_MAX + 1);
    assert_non_null(buf_add(&b, PROOF_ENTRIES_MAX + 1));
    assert_bytes_bad(&b, "it cannot be read");
    buf_free(&b);
}

/* ---- fewer ---- */

struct wanted { uint8_t first[4]; };

static bool
is_wanted(void *ctx, const uint8_t *record, const uint8_t *revision)
{
    const struct wanted *w = ctx;

    (void)revision;
    assert_true(record[0] >= 0x80);     /* not asked about cards and slots */
    return memchr(w->first, record[0], sizeof w->first) != NULL;
}

static void
test_proof__reduced_tells_of_what_was_kept_and_of_nothing_else(void **state)
{
    struct wanted w = { { 0x83, 0x87 } };
    struct buf b = BUF_INIT, cut = BUF_INIT;
    uint8_t pair[PAIR_BYTES];
    struct proof p;
    (void)state;

    make_evidence(&GOOD, &b);
    assert_int_equal(proof_reduce(&cut, PART(b.p, b.n), is_wanted, &w), VAULT_OK);
    assert_int_equal(proof_verify(&p, PART(cut.p, cut.n)), VAULT_OK);
    assert_non_null(find(&p, 3));
    assert_non_null(find(&p, 7));
    assert_null(find(&p, 1));
    assert_null(find(&p, 6));
    assert_null(proof_author(&p, author_pk[3]));        /* nobody needs him now */
    for (int i = 1; i < 8; i++) {
        plain_pair(pair, i);
        assert_int_equal(memmem(cut.p, cut.n, pair, RECORD_ID_BYTES) != NULL, i == 3 || i == 7);
    }
    proof_free(&p);
    buf_free(&b);
    buf_free(&cut);
}

static void
test_proof__reduced_twice_is_reduced_once(void **state)
{
    struct wanted some = { { 0x81, 0x85, 0x86 } }, one = { { 0x85 } };
    struct buf b = BUF_INIT, cut = BUF_INIT, twice = BUF_INIT, once = BUF_INIT;
    (void)state;

    make_evidence(&GOOD, &b);
    assert_int_equal(proof_reduce(&cut, PART(b.p, b.n), is_wanted, &some), VAULT_OK);
    assert_int_equal(proof_reduce(&twice, PART(cut.p, cut.n), is_wanted, &one), VAULT_OK);
    assert_int_equal(proof_reduce(&once, PART(b.p, b.n), is_wanted, &one), VAULT_OK);
    assert_int_equal(twice.n, once.n);
    assert_memory_equal(twice.p, once.p, once.n);
    buf_free(&b);
    buf_free(&cut);
    buf_free(&twice);
    buf_free(&once);
}

static void
test_proof__reducing_what_is_damaged_appends_nothing(void **state)
{
    struct wanted w = { { 0x83 } };
    struct buf b = BUF_INIT, cut = BUF_INIT;
    (void)state;

    make_evidence(&GOOD, &b);
    buf_str(&cut, "before");
    for (size_t i = 0; i < b.n; i += 41) {
        vault_err err;
        b.p[i] ^= 0x10;
        err = proof_reduce(&cut, PART(b.p, b.n), is_wanted, &w);
        assert_true(err == VAULT_OK || err == VAULT_ERR_DAMAGED);       /* (signatures are not looked at) */
        assert_true(err == VAULT_OK || cut.n == 6);
        buf_cut(&cut, 6);
        b.p[i] ^= 0x10;
    }
    buf_free(&b);
    buf_free(&cut);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proof__tells_who_wrote_what_and_with_whose_leave),
        cmocka_unit_test(test_proof__any_changed_bit_and_any_other_length_is_refused),
        cmocka_unit_test(test_proof__an_author_whom_no_keeper_registered_is_refused),
        cmocka_unit_test(test_proof__an_author_signs_from_his_registration_to_its_end),
        cmocka_unit_test(test_proof__who_is_registered_again_signs_again),
        cmocka_unit_test(test_proof__a_registration_that_a_rekey_did_not_repeat_ended_with_it),
        cmocka_unit_test(test_proof__a_slot_is_registered_and_ended_by_keepers_only),
        cmocka_unit_test(test_proof__cards_and_slots_are_what_they_should_be),
        cmocka_unit_test(test_proof__slots_come_in_the_order_of_their_entries),
        cmocka_unit_test(test_proof__every_signature_is_verified),
        cmocka_unit_test(test_proof__the_keeper_key_is_that_of_its_time),
        cmocka_unit_test(test_proof__cards_follow_one_another),
        cmocka_unit_test(test_proof__an_older_state_alone_tells_of_the_older_card),
        cmocka_unit_test(test_proof__an_entry_that_is_left_out_is_missed),
        cmocka_unit_test(test_proof__entries_of_another_vault_are_refused),
        cmocka_unit_test(test_proof__no_entry_and_no_revision_stands_twice),
        cmocka_unit_test(test_proof__an_index_a_revision_or_a_hash_that_was_changed_is_not_in_the_entry),
        cmocka_unit_test(test_proof__limits_come_before_everything),
        cmocka_unit_test(test_proof__reduced_tells_of_what_was_kept_and_of_nothing_else),
        cmocka_unit_test(test_proof__reduced_twice_is_reduced_once),
        cmocka_unit_test(test_proof__reducing_what_is_damaged_appends_nothing),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, make_keys, forget_keys);
}
