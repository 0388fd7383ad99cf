#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/fixture.h"
#include "vault/base/secret.h"
#include "vault/record/draft.h"
#include "vault/record/scan.h"
#include "vault/record/value.h"

/* ---- a thousand records, some edited, some removed ---- */

#define RECORDS 1000u

static void
make_change(struct change *c, struct draft *d, struct revision *rev)
{
    assert_int_equal(change_add(c, rev), VAULT_OK);
    draft_done(d);
    revision_free(rev);
}

static void
add_record(struct change *c, uint32_t i)
{
    char ref[16], name[16];
    struct revision rev;
    struct draft d;
    vault_fields *f;

    snprintf(ref, sizeof ref, "r-%u", i);
    snprintf(name, sizeof name, "name-%u", i);
    f = fields("ref", ref, "name", name, NULL);
    revision_init(&rev);
    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    assert_int_equal(draft_add(&d, type_set_current(&v->recs.types, "person"), f, &rev), VAULT_OK);
    make_change(c, &d, &rev);
    vault_fields_free(f);
}

/* Every third is edited (its name carried on), every seventh removed. */
static void
change_record(struct change *c, uint32_t first, uint32_t i)
{
    vault_fields *f = fields("born", "1980", NULL);
    struct revision base, rev;
    struct buf extra = BUF_INIT;
    bool changed = false;
    uint32_t head = 0;
    struct draft d;

    revision_init(&base);
    revision_init(&rev);
    assert_int_equal(recs_head(&v->recs, first, &head, NULL), VAULT_OK);
    assert_int_equal(recs_load(&v->recs, head, &base), VAULT_OK);
    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    if (i % 7 == 0) {
        assert_int_equal(draft_copy(&d, &base, NULL, &rev), VAULT_OK);
    } else {
        assert_int_equal(recs_reveal(&v->recs, head, &base, &extra), VAULT_OK);
        assert_int_equal(draft_edit(&d, head, &base, f, &rev, &changed), VAULT_OK);
    }
    make_change(c, &d, &rev);
    revision_free(&base);
    buf_free(&extra);
    vault_fields_free(f);
}

static uint32_t first_number;

static int
make_records(void **state)
{
    struct commit what = { .action = "import" };
    struct change c;

    if (make_vault(state) != 0)
        return -1;
    first_number = v->recs.index.n + 1;
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    for (uint32_t i = 0; i < RECORDS; i++)
        add_record(&c, i);
    assert_int_equal(session_commit(v, &c, &what), VAULT_OK);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    for (uint32_t i = 0; i < RECORDS; i++)
        if (i % 3 == 0 || i % 7 == 0)
            change_record(&c, first_number + i, i);
    assert_int_equal(session_commit(v, &c, &what), VAULT_OK);
    reopen();
    return 0;
}

/* ---- what a scan has seen ---- */

struct seen {
    uint8_t times[2 * RECORDS];     /* by record */
    uint8_t revision[2 * RECORDS];  /* by number, from first_number */
    uint8_t asked[RECORDS];         /* by record: of its names alone */
    bool unread[2 * RECORDS];       /* by number: told that its name cannot be read */
    uint32_t count, system, bad, dim, removed, stop_after;
    bool names_right, edits_right;
    vault_err fail;
};

static bool
text_is(const struct revision *rev, const char *field, const char *want)
{
    const struct leaf *l = revision_leaf(rev, field);
    struct buf text = BUF_INIT;
    bool same;

    if (l == NULL || l->value.n == 0 || value_to_text(&text, l->value) != VAULT_OK)
        return want == NULL;
    same = want != NULL && text.n == strlen(want) && memcmp(text.p, want, text.n) == 0;
    buf_free(&text);
    return same;
}

static vault_err
see(struct scan *s, uint32_t n, struct revision *rev)
{
    struct seen *x = s->ctx;
    uint32_t i = s->r->index.pair[n].first - first_number;
    char ref[16], name[16];

    if (x->fail != VAULT_OK)
        return err_say(x->fail, "a hint", "a callback failed");
    x->count++;
    if (x->stop_after != 0 && x->count == x->stop_after)
        s->stop = true;
    if (index_is_system(&s->r->index.pair[n])) {
        x->system++;
        return VAULT_OK;
    }
    x->times[i]++;
    x->revision[n - first_number]++;
    x->removed += revision_removed(rev);
    snprintf(ref, sizeof ref, "r-%u", i);
    snprintf(name, sizeof name, "name-%u", i);
    if (revision_removed(rev))
        return VAULT_OK;
    x->names_right = x->names_right && text_is(rev, "ref", ref) &&
        text_is(rev, "name", s->withheld && !x->unread[n - first_number] && (s->hidden == NULL || i % 2 == 0) ? name : NULL);
    if (!s->all)
        x->edits_right = x->edits_right && text_is(rev, "born", i % 3 == 0 ? "1980" : NULL);
    return VAULT_OK;
}

static vault_err
see_bad(struct scan *s, uint32_t n, const struct revision *rev)
{
    struct seen *x = s->ctx;

    x->bad++;
    if (rev == NULL)
        x->revision[n - first_number]++;
    else
        x->unread[n - first_number] = true;     /* and it is seen next */
    x->dim += rev != NULL;
    return vault_last_error()->code == VAULT_ERR_DAMAGED ? VAULT_OK : VAULT_ERR_FAILED;
}

/* Wants all; sees the names of those that are asked for and not carried. */
static vault_err
sift_seen(struct scan *s, unsigned thread, const struct revision *rev, bool *wanted)
{
    uint32_t i = s->r->index.pair[index_record(&s->r->index, rev->record)].first - first_number;
    char name[16];

    (void)thread;
    snprintf(name, sizeof name, "name-%u", i);
    *wanted = true;
    return revision_removed(rev) || text_is(rev, "name", i % 2 == 0 ? name : NULL) ? VAULT_OK : VAULT_ERR_FAILED;
}

static struct scan
scan_of(struct seen *x)
{
    memset(x, 0, sizeof *x);
    x->names_right = x->edits_right = true;
    return (struct scan){ .r = &v->recs, .fn = see, .bad = see_bad, .ctx = x };
}

/* Every record but the removed ones exactly once. */
static void
assert_all_heads(const struct seen *x)
{
    uint32_t want = 0;

    for (uint32_t i = 0; i < RECORDS; i++) {
        assert_int_equal(x->times[i], i % 7 != 0);
        want += i % 7 != 0;
    }
    assert_int_equal(x->count, want);
    assert_true(x->names_right);
    assert_true(x->edits_right);
    assert_int_equal(x->bad, 0);
}

/* ---- the tests ---- */

static void
test_scan__sees_every_head_exactly_once(void **state)
{
    struct seen x;
    struct scan s = scan_of(&x);
    (void)state;

    assert_int_equal(scan_run(&s), VAULT_OK);
    assert_all_heads(&x);
}

static bool
only_even(const struct scan *s, const struct revision *rev)
{
    return (s->r->index.pair[index_record(&s->r->index, rev->record)].first - first_number) % 2 == 0;
}

/* Names of the others stay unread, whether they were carried or not, and whether a sift was asked or not. */
static void
test_scan__reads_withheld_values_only_where_they_are_asked_for(void **state)
{
    struct seen x;
    (void)state;

    for (int sifts = 0; sifts < 2; sifts++) {
        struct scan s = scan_of(&x);
        s.withheld = true;
        s.hidden = only_even;
        s.sift = sifts ? sift_seen : NULL;
        assert_int_equal(scan_run(&s), VAULT_OK);
        assert_all_heads(&x);
    }
}

/* Given names alone, wants every hundredth. */
static vault_err
sift_hundredth(struct scan *s, unsigned thread, const struct revision *rev, bool *wanted)
{
    struct seen *x = s->ctx;
    uint32_t i = s->r->index.pair[index_record(&s->r->index, rev->record)].first - first_number;
    char name[16];

    (void)thread;
    snprintf(name, sizeof name, "name-%u", i);
    *wanted = i % 100 == 1;
    x->asked[i]++;
    return text_is(rev, "name", name) && text_is(rev, "ref", NULL) ? VAULT_OK : VAULT_ERR_FAILED;
}

/* Of those whose name was carried nobody asks by it, nor of any without withheld values; the others are passed over, and what is left is found far apart. */
static void
test_scan__what_is_passed_over_by_its_names_is_not_seen(void **state)
{
    struct seen x;
    (void)state;

    for (int withheld = 0; withheld < 2; withheld++) {
        struct scan s = scan_of(&x);
        s.withheld = withheld != 0;
        s.sift_names = sift_hundredth;
        assert_int_equal(scan_run(&s), VAULT_OK);
        for (uint32_t i = 0; i < RECORDS; i++) {
            assert_int_equal(x.asked[i], withheld && i % 3 != 0 && i % 7 != 0);
            assert_int_equal(x.times[i], i % 7 != 0 && (!withheld || i % 3 == 0 || i % 100 == 1));
        }
        assert_true(x.names_right);
        assert_true(x.edits_right);
        assert_int_equal(x.bad, 0);
    }
}

static bool
doubts_odd(const struct scan *s, uint32_t n)
{
    return (s->r->index.pair[n].first - first_number) % 2 == 1;
}

static void
test_scan__where_there_is_doubt_names_are_not_asked_for_alone(void **state)
{
    struct seen x;
    struct scan s = scan_of(&x);
    (void)state;

    s.withheld = true;
    s.sift_names = sift_hundredth;
    s.doubt = doubts_odd;
    assert_int_equal(scan_run(&s), VAULT_OK);
    for (uint32_t i = 0; i < RECORDS; i++) {
        assert_int_equal(x.asked[i], i % 2 == 0 && i % 3 != 0 && i % 7 != 0);
        assert_int_equal(x.times[i], i % 7 != 0 && (i % 2 == 1 || i % 3 == 0));
    }
    assert_true(x.names_right);
}

/* Also names that an earlier revision introduced. */
static void
test_scan__reads_withheld_values_carried_ones_too(void **state)
{
    struct seen x;
    struct scan s = scan_of(&x);
    (void)state;

    s.withheld = true;
    assert_int_equal(scan_run(&s), VAULT_OK);
    assert_all_heads(&x);
}

static void
test_scan__all_sees_every_revision_once(void **state)
{
    struct seen x;
    struct scan s = scan_of(&x);
    uint32_t count = v->recs.index.n - first_number + 1, removed = 0;
    (void)state;

    s.all = true;
    assert_int_equal(scan_run(&s), VAULT_OK);
    assert_int_equal(x.count, count);
    for (uint32_t n = 0; n < count; n++)
        assert_int_equal(x.revision[n], 1);
    for (uint32_t i = 0; i < RECORDS; i++)
        removed += i % 7 == 0;
    assert_int_equal(x.removed, removed);
    assert_true(x.names_right);
}

static void
test_scan__system_records_only_when_asked_for(void **state)
{
    struct seen x;
    struct scan s = scan_of(&x);
    (void)state;

    assert_int_equal(scan_run(&s), VAULT_OK);
    assert_int_equal(x.system, 0);
    s = scan_of(&x);
    s.system = true;
    assert_int_equal(scan_run(&s), VAULT_OK);
    assert_int_equal(x.system, first_number - 1);
}

static void
test_scan__stops_when_told(void **state)
{
    static const uint32_t AFTER[] = { 1, 2, 511, 512, 513, 700 };
    struct seen x;
    (void)state;

    for (size_t i = 0; i < sizeof AFTER / sizeof AFTER[0]; i++)
        for (int withheld = 0; withheld < 2; withheld++) {
            struct scan s = scan_of(&x);
            s.withheld = withheld != 0;
            x.stop_after = AFTER[i];
            assert_int_equal(scan_run(&s), VAULT_OK);
            assert_int_equal(x.count, AFTER[i]);
        }
}

static void
test_scan__an_error_of_the_callback_ends_it_with_its_sentence(void **state)
{
    struct seen x;
    struct scan s = scan_of(&x);
    (void)state;

    x.fail = VAULT_ERR_CONFLICT;
    assert_int_equal(scan_run(&s), VAULT_ERR_CONFLICT);
    assert_string_equal(vault_last_error()->text, "a callback failed");
    assert_string_equal(vault_last_error()->hint, "a hint");
    /* The next scan knows nothing of it. */
    s = scan_of(&x);
    assert_int_equal(scan_run(&s), VAULT_OK);
    assert_all_heads(&x);
}

static void
test_scan__heads_become_known(void **state)
{
    const struct index *ix;
    uint32_t heads = 0;
    (void)state;

    reopen();
    ix = &v->recs.index;
    assert_int_equal(scan_heads(&v->recs), VAULT_OK);
    for (uint32_t n = first_number; n <= ix->n; n++) {
        assert_true(ix->pair[ix->pair[n].first].heads_known);
        assert_int_equal(ix->pair[n].superseded, ix->pair[n].next != 0);
        heads += !ix->pair[n].superseded;
    }
    assert_int_equal(heads, RECORDS);
}

/* A scan that goes on at damage must not read everything again each time where there is none. */
static void
test_scan__heads_become_known_to_one_that_tolerates_damage_as_well(void **state)
{
    const struct index *ix;
    struct buf blob = BUF_INIT;
    uint32_t n = first_number + 3, unknown = 0;
    struct seen x;
    struct scan s;
    (void)state;

    reopen();
    ix = &v->recs.index;
    s = scan_of(&x);
    s.tolerate = true;
    /* Record 3 was edited: of its two revisions the older one does not open. */
    assert_int_equal(db_begin(v->db), VAULT_OK);
    assert_int_equal(db_get(v->db, DB_OPEN_BLOB, n, &blob), VAULT_OK);
    blob.p[40] ^= 1;
    assert_int_equal(db_put(v->db, DB_OPEN_BLOB, n, PART(blob.p, blob.n)), VAULT_OK);
    assert_int_equal(scan_run(&s), VAULT_OK);
    assert_int_equal(x.bad, 1);
    assert_int_equal(x.times[3], 0);
    for (uint32_t m = first_number; m <= ix->n; m++)
        unknown += ix->pair[m].first == m && !ix->pair[m].heads_known;
    assert_int_equal(unknown, 1);
    db_rollback(v->db);
    buf_free(&blob);
    s = scan_of(&x);
    s.tolerate = true;
    assert_int_equal(scan_run(&s), VAULT_OK);
    assert_all_heads(&x);
    assert_true(ix->pair[n].heads_known);
}

/* ---- memory ---- */

struct rooms {
    const struct revision *large;   /* one whose content took a large room, when it was told */
    uint32_t after;                 /* calls since then */
    size_t kept;                    /* its room, at the first of them */
};

static vault_err
look_at_rooms(struct scan *s, uint32_t n, struct revision *rev)
{
    struct rooms *x = s->ctx;
    (void)n;

    if (x->large != NULL) {
        if (x->after++ == 0)
            x->kept = x->large->open.cap + x->large->withheld.cap;
    } else if (rev->withheld.cap > ROOM_KEPT) {
        x->large = rev;
    }
    return VAULT_OK;
}

static void
add_notes(struct change *c, const char *notes)
{
    vault_fields *f = fields("notes", notes, NULL);
    struct revision rev;
    struct draft d;

    revision_init(&rev);
    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    assert_int_equal(draft_add(&d, type_set_current(&v->recs.types, "person"), f, &rev), VAULT_OK);
    make_change(c, &d, &rev);
    vault_fields_free(f);
}

/* A batch has 128 places, and there are two: each would keep the largest room that it ever had. */
static void
test_scan__a_large_room_is_given_back_before_the_next_call(void **state)
{
    struct rooms x = {0};
    struct scan s = { .r = &v->recs, .withheld = true, .fn = look_at_rooms, .ctx = &x };
    char *notes = malloc(1000001);
    struct change c;
    (void)state;

    assert_non_null(notes);
    memset(notes, 'n', 1000000);
    notes[1000000] = '\0';
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    add_notes(&c, notes);
    add_notes(&c, "short");
    assert_int_equal(change_flush(&c), VAULT_OK);
    assert_int_equal(scan_run(&s), VAULT_OK);
    assert_non_null(x.large);
    assert_true(x.after >= 1);
    assert_in_range(x.kept, 0, 2 * ROOM_KEPT);
    change_abort(&c);
    free(notes);
}

/* ---- sifting ---- */

/* Only records whose number is even pass; in a scan of withheld values none is asked for that carries some. */
static vault_err
even(struct scan *s, unsigned thread, const struct revision *rev, bool *wanted)
{
    const struct leaf *ref = revision_leaf(rev, "ref");
    struct buf text = BUF_INIT;
    vault_err err = VAULT_OK;

    *wanted = false;
    if (thread > 1)
        return err_say(VAULT_ERR_FAILED, NULL, "a third thread");
    for (size_t i = 0; s->withheld && i < rev->n_leaves; i++)
        if (rev->leaf[i].value.n == 0)
            return err_say(VAULT_ERR_FAILED, NULL, "asked without a value");
    if (ref != NULL)
        err = value_to_text(&text, ref->value);
    if (text.n > 0)
        *wanted = text.p[text.n - 1] % 2 == 0;
    buf_free(&text);
    return err;
}

static void
test_scan__sifting_leaves_only_what_is_wanted(void **state)
{
    struct seen x;
    (void)state;

    for (int withheld = 0; withheld < 2; withheld++) {
        struct scan s = scan_of(&x);
        s.sift = even;
        s.withheld = withheld != 0;
        assert_int_equal(scan_run(&s), VAULT_OK);
        for (uint32_t i = 0; i < RECORDS; i++) {
            bool carried = withheld != 0 && i % 3 == 0;
            assert_int_equal(x.times[i], i % 7 != 0 && (i % 2 == 0 || carried));
        }
        assert_true(x.names_right);
    }
}

/*
 * A blob that opens, but is not what its id says: whoever has the case key can seal one. What a person is shown
 * was compared; what is passed over was not.
 */
static void
with_forged_blob(uint32_t n, bool (*tamper)(struct buf *plain))
{
    struct recs *r = &v->recs;
    uint8_t key[32], nonce[24] = { 7 }, seed[32];
    struct buf blob = BUF_INIT;
    struct blob_keys bk;
    struct revision rev;
    struct seen x;
    struct scan s = scan_of(&x);

    revision_init(&rev);
    assert_int_equal(db_begin(v->db), VAULT_OK);
    assert_int_equal(db_get(v->db, DB_OPEN_BLOB, n, &blob), VAULT_OK);
    assert_int_equal(recs_record_key(r, r->index.pair[n].first, key), VAULT_OK);
    memcpy(rev.record, r->index.pair[n].record, 16);
    memcpy(rev.id, r->index.pair[n].revision, 32);
    assert_int_equal(unseal_blob(&rev, seed, &r->keys, key, LEAF_OPEN, PART(blob.p, blob.n)),
        VAULT_OK);
    assert_true(tamper(&rev.open));
    blob_keys_derive(&bk, LEAF_OPEN, key, nonce);
    buf_reset(&blob);
    assert_int_equal(seal_blob(&blob, &r->keys, &bk, &rev, LEAF_OPEN), VAULT_OK);
    assert_int_equal(db_put(v->db, DB_OPEN_BLOB, n, PART(blob.p, blob.n)), VAULT_OK);
    assert_int_equal(scan_run(&s), VAULT_ERR_DAMAGED);
    assert_non_null(strstr(vault_last_error()->text, "does not match"));
    s = scan_of(&x);
    s.sift = even;
    assert_int_equal(scan_run(&s), VAULT_ERR_DAMAGED);
    db_rollback(v->db);
    buf_free(&blob);
    revision_free(&rev);
}

static bool
change_ref(struct buf *plain)
{
    uint8_t *at = memmem(plain->p, plain->n, "r-4", 3);

    if (at != NULL)
        memcpy(at, "q-4", 3);
    return at != NULL;
}

static void
test_scan__what_was_sifted_in_is_verified(void **state)
{
    (void)state;
    with_forged_blob(first_number + 4, change_ref);
}

/* Damage a row, scan, put it back; nothing is committed. */
static void
with_damaged_row(enum db_table t, uint32_t n, bool withheld)
{
    struct buf blob = BUF_INIT;
    struct seen x;
    struct scan s = scan_of(&x);

    assert_int_equal(db_begin(v->db), VAULT_OK);
    assert_int_equal(db_get(v->db, t, n, &blob), VAULT_OK);
    blob.p[blob.n / 2] ^= 1;
    assert_int_equal(db_put(v->db, t, n, PART(blob.p, blob.n)), VAULT_OK);
    recs_forget_pack(&v->recs);
    s.all = s.tolerate = true;
    s.withheld = withheld;
    assert_int_equal(scan_run(&s), VAULT_OK);
    assert_int_equal(x.count + x.bad - x.dim, v->recs.index.n - first_number + 1);
    assert_true(x.bad >= 1);
    assert_true(t == DB_WITHHELD_BLOB ? x.dim == x.bad : t == DB_OPEN_BLOB ? x.dim == 0 : true);
    assert_true(x.bad == 1 || t == DB_WRAP || withheld);
    assert_int_equal(x.revision[n - first_number], 1);
    assert_true(x.names_right);
    s = scan_of(&x);
    s.all = true;
    s.withheld = withheld;
    assert_int_equal(scan_run(&s), VAULT_ERR_DAMAGED);
    db_rollback(v->db);
    recs_forget_pack(&v->recs);
    s = scan_of(&x);
    s.withheld = withheld;
    assert_int_equal(scan_run(&s), VAULT_OK);
    assert_all_heads(&x);
    buf_free(&blob);
}

static void
test_scan__damage_ends_it_or_is_told_and_passed_over(void **state)
{
    (void)state;
    assert_int_equal(scan_heads(&v->recs), VAULT_OK);
    with_damaged_row(DB_OPEN_BLOB, first_number + 500, false);
    with_damaged_row(DB_WITHHELD_BLOB, first_number + 500, true);
    /* That of a record that was edited as well: its edit cannot show the name either. */
    with_damaged_row(DB_WITHHELD_BLOB, first_number + 600, true);
    with_damaged_row(DB_WRAP, v->recs.index.pair[first_number + 500].pack, true);
}

static void
test_scan__a_missing_row_is_damage(void **state)
{
    struct seen x;
    struct scan s = scan_of(&x);
    (void)state;

    assert_int_equal(db_begin(v->db), VAULT_OK);
    assert_int_equal(db_delete(v->db, DB_OPEN_BLOB, first_number + 1), VAULT_OK);
    assert_int_equal(scan_run(&s), VAULT_ERR_DAMAGED);
    assert_true(x.count <= 1);
    s = scan_of(&x);
    s.tolerate = true;
    assert_int_equal(scan_run(&s), VAULT_OK);
    assert_int_equal(x.bad, 1);
    db_rollback(v->db);
}

/* ---- a search that finds nothing has seen everything ---- */

static vault_err
nothing(struct scan *s, unsigned thread, const struct revision *rev, bool *wanted)
{
    (void)s;
    (void)thread;
    (void)rev;
    *wanted = false;
    return VAULT_OK;
}

/* Damage a row, or take it away (within a transaction). */
static void
break_row(enum db_table t, uint32_t n, bool gone)
{
    struct buf blob = BUF_INIT;

    assert_int_equal(db_get(v->db, t, n, &blob), VAULT_OK);
    blob.p[blob.n / 2] ^= 1;
    assert_int_equal(gone ? db_delete(v->db, t, n) : db_put(v->db, t, n, PART(blob.p, blob.n)),
        VAULT_OK);
    recs_forget_pack(&v->recs);
    buf_free(&blob);
}

static void
assert_no_silence(enum db_table t, uint32_t n, bool gone)
{
    struct seen x;
    struct scan s = scan_of(&x);

    assert_int_equal(scan_heads(&v->recs), VAULT_OK);
    assert_int_equal(db_begin(v->db), VAULT_OK);
    break_row(t, n, gone);
    s.sift = nothing;
    s.withheld = true;
    assert_int_equal(scan_run(&s), VAULT_ERR_DAMAGED);
    /* Told once for each; those that carry a name are asked for it without a sift. */
    recs_forget_pack(&v->recs);
    s = scan_of(&x);
    s.sift = nothing;
    s.withheld = s.tolerate = true;
    assert_int_equal(scan_run(&s), VAULT_OK);
    assert_true(x.bad >= 1);
    assert_true(x.bad == 1 || t == DB_WRAP);
    assert_true(x.dim == x.bad || t != DB_WITHHELD_BLOB);
    for (uint32_t i = 0; i < RECORDS; i++)
        assert_true(x.times[i] <= (i % 3 == 0 || x.unread[i]));
    db_rollback(v->db);
    recs_forget_pack(&v->recs);
}

/* Records 500 and 505 were neither edited nor removed. */
static void
test_scan__a_sift_that_wants_nothing_passes_no_damage_over(void **state)
{
    (void)state;
    for (int gone = 0; gone < 2; gone++) {
        assert_no_silence(DB_OPEN_BLOB, first_number + 500, gone != 0);
        assert_no_silence(DB_WITHHELD_BLOB, first_number + 505, gone != 0);
        assert_no_silence(DB_WRAP, v->recs.index.pair[first_number + 500].pack, gone != 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scan__sees_every_head_exactly_once),
        cmocka_unit_test(test_scan__what_is_passed_over_by_its_names_is_not_seen),
        cmocka_unit_test(test_scan__where_there_is_doubt_names_are_not_asked_for_alone),
        cmocka_unit_test(test_scan__reads_withheld_values_carried_ones_too),
        cmocka_unit_test(test_scan__reads_withheld_values_only_where_they_are_asked_for),
        cmocka_unit_test(test_scan__all_sees_every_revision_once),
        cmocka_unit_test(test_scan__system_records_only_when_asked_for),
        cmocka_unit_test(test_scan__stops_when_told),
        cmocka_unit_test(test_scan__an_error_of_the_callback_ends_it_with_its_sentence),
        cmocka_unit_test(test_scan__a_large_room_is_given_back_before_the_next_call),
        cmocka_unit_test(test_scan__sifting_leaves_only_what_is_wanted),
        cmocka_unit_test(test_scan__what_was_sifted_in_is_verified),
        cmocka_unit_test(test_scan__heads_become_known),
        cmocka_unit_test(test_scan__heads_become_known_to_one_that_tolerates_damage_as_well),
        cmocka_unit_test(test_scan__damage_ends_it_or_is_told_and_passed_over),
        cmocka_unit_test(test_scan__a_missing_row_is_damage),
        cmocka_unit_test(test_scan__a_sift_that_wants_nothing_passes_no_damage_over),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, make_records, remove_vault);
}
