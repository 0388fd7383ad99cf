/* test_purge.c - purging through the library, and what somebody with the case key could make of
 * it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sodium.h>
#include "tests/unit/fixture.h"
#include "tests/unit/phrases.h"
#include "vault/attachments.h"
#include "vault/base/secret.h"
#include "vault/file_in.h"
#include "vault/record/mention.h"
#include "vault/record/reseal.h"

/* ---- helpers ---- */

static void
assert_whole(void)
{
    struct buf b = BUF_INIT;

    problems(&b);
    if (b.n != 0)
        fail_msg("%s", (const char *)b.p);
    reopen();
    problems(&b);
    if (b.n != 0)
        fail_msg("opened again: %s", (const char *)b.p);
    buf_free(&b);
}

static void
assert_problem(const char *text)
{
    struct buf b = BUF_INIT;

    problems(&b);
    if (strstr((const char *)b.p, text) == NULL)
        fail_msg("no \"%s\" in: %s", text, (const char *)b.p);
    buf_free(&b);
}

/* These tests put withheld names where they should not stand. */
static void
accept_names(void)
{
    const char *word = "name-in-open";

    assert_int_equal(vault_accept(v, &word, 1), VAULT_OK);
}

static struct vault_added
add(vault_fields *f)
{
    struct vault_added a;

    accept_names();
    assert_int_equal(vault_add(v, "person", f, &a), VAULT_OK);
    vault_fields_free(f);
    return a;
}

static struct vault_added
edit(const char *id, vault_fields *f)
{
    struct vault_added a;

    accept_names();
    assert_int_equal(vault_edit(v, id, f, &a), VAULT_OK);
    vault_fields_free(f);
    return a;
}

static vault_err
purge(const char *id, const char *field, const char *revision, struct vault_purged *out)
{
    const struct vault_purge what = { .id = id, .field = field, .revision = revision };
    struct vault_purged own;

    return vault_purge(v, &what, out == NULL ? &own : out);
}

static vault_err
show(const char *id, const char *revision)
{
    struct vault_record *r = NULL;
    vault_err err = vault_show(v, id, revision, true, &r);

    vault_record_free(r);
    return err;
}

/* As a keeper sees a value: its text, "[purged]", or "(none)". */
static void
assert_value(const char *id, const char *revision, const char *field, const char *want)
{
    struct vault_record *r = NULL;
    const char *got = "(none)";

    assert_int_equal(vault_show(v, id, revision, true, &r), VAULT_OK);
    for (size_t i = 0; i < r->n_values; i++)
        if (strcmp(r->values[i].field, field) == 0)
            got = r->values[i].purged ? "[purged]" : r->values[i].text;
    assert_string_equal(got, want);
    vault_record_free(r);
}

static bool
has_row(enum db_table t, uint32_t n)
{
    struct buf b = BUF_INIT;
    vault_err err = db_get(v->db, t, n, &b);

    buf_free(&b);
    return err == VAULT_OK;
}

static uint32_t
first_of(const char *code)
{
    uint32_t n = 0;

    assert_int_equal(session_find(v, code, &n), VAULT_OK);
    return n;
}

/* A changed pack put back as somebody with the case key can. */
static struct pack
pack_of(uint32_t n)
{
    const struct pack *p = NULL;

    assert_int_equal(recs_pack(&v->recs, n, &p), VAULT_OK);
    return *p;
}

static void
put_pack(const struct pack *p)
{
    struct buf box = BUF_INIT;

    assert_int_equal(pack_seal(&box, &v->recs.keys, p), VAULT_OK);
    assert_int_equal(db_put(v->db, DB_WRAP, p->first, PART(box.p, box.n)), VAULT_OK);
    recs_forget_pack(&v->recs);
    buf_free(&box);
}

/* ---- a whole record ---- */

static void
test_purge__of_a_record_only_the_ids_are_left(void **state)
{
    struct vault_added a = add(fields("ref", "P-1", "residence", "Town", "name", "Kim", NULL));
    struct vault_added b = edit("P-1", fields("name", "Choe", NULL));
    uint32_t n = first_of("P-1"), m = v->recs.index.pair[n].next;
    struct vault_purged done;
    (void)state;

    add(fields("ref", "P-2", "name", "Other", NULL));
    assert_int_equal(purge("P-1", NULL, NULL, &done), VAULT_OK);
    assert_string_equal(done.id, a.id);
    assert_int_equal(done.revisions, 2);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(show("P-1", NULL), VAULT_ERR_NOT_FOUND);
        assert_int_equal(show(a.id, NULL), VAULT_ERR_NOT_FOUND);
        assert_non_null(strstr(vault_last_error()->text, "purged"));
        assert_int_equal(show(a.id, b.revision), VAULT_ERR_NOT_FOUND);
        assert_false(has_row(DB_OPEN_BLOB, n) || has_row(DB_OPEN_BLOB, m));
        assert_false(has_row(DB_WITHHELD_BLOB, n) || has_row(DB_WITHHELD_BLOB, m));
        assert_int_equal(v->recs.index.pair[n].n_tags, 0);
        assert_int_equal(v->recs.index.records, 1);
        assert_value("P-2", NULL, "name", "Other");
        assert_whole();
    }
    add(fields("ref", "P-1", "name", "Another with that ref", NULL));
    assert_value("P-1", NULL, "name", "Another with that ref");
    assert_int_equal(purge(a.id, NULL, NULL, NULL), VAULT_ERR_NOT_FOUND);
    assert_whole();
}

static void
test_purge__links_to_a_purged_record_show_that(void **state)
{
    struct vault_record *r = NULL;
    struct vault_added a;
    vault_fields *f = fields("ref", "C-1", "person", "P-1", NULL);
    (void)state;

    add(fields("ref", "P-1", NULL));
    assert_int_equal(vault_add(v, "case", f, &a), VAULT_OK);
    assert_int_equal(purge("P-1", NULL, NULL, NULL), VAULT_OK);
    assert_int_equal(vault_show(v, "C-1", NULL, false, &r), VAULT_OK);
    for (size_t i = 0; i < r->n_values; i++)
        if (strcmp(r->values[i].field, "person") == 0)
            assert_string_equal(r->values[i].link_label, "[purged]");
    /* And none can be made. */
    vault_fields_free(f);
    f = NULL;
    for (size_t i = 0; i < r->n_values && f == NULL; i++)
        if (strcmp(r->values[i].field, "person") == 0)
            f = fields("lawyer", r->values[i].text, NULL);
    assert_int_equal(vault_edit(v, "C-1", f, &a), VAULT_ERR_NOT_FOUND);
    vault_fields_free(f);
    vault_record_free(r);
}

struct told { unsigned revisions, purges, marked; };

static int
tell(void *ctx, const struct vault_history_item *h)
{
    struct told *t = ctx;

    if (h->revision == NULL)
        t->purges++;
    else
        t->revisions++;
    t->marked += h->purged;
    return 0;
}

static void
test_purge__history_tells_revisions_and_the_purge(void **state)
{
    struct vault_added a = add(fields("ref", "P-1", "name", "Kim", NULL));
    struct told t = {0};
    (void)state;

    edit("P-1", fields("residence", "Town", NULL));
    assert_int_equal(purge("P-1", "name", NULL, NULL), VAULT_OK);
    assert_int_equal(vault_history(v, a.id, tell, &t), VAULT_OK);
    assert_int_equal(t.revisions * 100 + t.purges * 10 + t.marked, 212);
    assert_int_equal(purge("P-1", NULL, NULL, NULL), VAULT_OK);
    t = (struct told){0};
    assert_int_equal(vault_history(v, a.id, tell, &t), VAULT_OK);
    assert_int_equal(t.revisions * 100 + t.purges * 10 + t.marked, 222);
}

/* ---- fields and revisions ---- */

static void
test_purge__a_field_goes_from_every_revision_and_the_ids_hold(void **state)
{
    struct vault_added a = add(fields("ref", "P-1", "residence", "Kem", "name", "Kim", "notes", "n",
        NULL));
    struct vault_added b = edit("P-1", fields("residence", "Omsk", "name", "Choe", NULL));
    struct vault_purged done;
    (void)state;

    assert_int_equal(purge("P-1", "name", NULL, &done), VAULT_OK);
    assert_int_equal(done.values, 2);
    assert_int_equal(purge("P-1", "residence", NULL, &done), VAULT_OK);
    assert_int_equal(done.values, 2);
    for (int again = 0; again < 2; again++) {
        assert_value("P-1", a.revision, "name", "[purged]");
        assert_value("P-1", b.revision, "name", "[purged]");
        assert_value("P-1", a.revision, "residence", "[purged]");
        assert_value("P-1", b.revision, "residence", "[purged]");
        assert_value("P-1", a.revision, "notes", "n");
        assert_value("P-1", b.revision, "ref", "P-1");
        assert_whole();
    }
    /* Life goes on: what was purged is not carried on, and may be given anew. */
    edit("P-1", fields("name", "New", NULL));
    assert_value("P-1", NULL, "name", "New");
    assert_value("P-1", NULL, "residence", "(none)");
    assert_value("P-1", NULL, "notes", "n");
    assert_int_equal(purge("P-1", "residence", NULL, NULL), VAULT_ERR_NOT_FOUND);
    assert_int_equal(purge("P-1", "name", NULL, NULL), VAULT_OK);
    assert_whole();
}

static void
test_purge__a_purged_ref_and_label_are_free_again(void **state)
{
    struct vault_added a = add(fields("ref", "P-1", "label", "somebody", "residence", "Kem", NULL));
    (void)state;

    assert_int_equal(purge("P-1", "ref", NULL, NULL), VAULT_OK);
    assert_int_equal(show("P-1", NULL), VAULT_ERR_NOT_FOUND);
    assert_int_equal(show("somebody", NULL), VAULT_OK);
    assert_int_equal(purge("somebody", "label", NULL, NULL), VAULT_OK);
    add(fields("ref", "P-1", "label", "somebody", NULL));
    assert_value(a.id, NULL, "residence", "Kem");
    assert_whole();
}

static void
test_purge__a_revision_loses_what_the_present_one_does_not_hold(void **state)
{
    struct vault_added a = add(fields("ref", "P-1", "residence", "Kem", "name", "Kim",
        "other_names", "Stays", "other_names", "Goes", NULL));
    struct vault_added b = edit("P-1", fields("occupation", "cook", NULL));
    struct vault_added c = edit("P-1", fields("residence", "Omsk", "name", "Choe", "other_names",
        "Stays", NULL));
    struct vault_purged done;
    struct vault_added out;
    (void)state;

    assert_int_equal(purge("P-1", NULL, c.revision, NULL), VAULT_ERR_REFUSED);
    assert_int_equal(purge("P-1", NULL, a.revision, &done), VAULT_OK);
    /* Kem stood in two revisions; the names in one. */
    assert_int_equal(done.values, 4);
    assert_value("P-1", a.revision, "residence", "[purged]");
    assert_value("P-1", b.revision, "residence", "[purged]");
    assert_value("P-1", b.revision, "name", "[purged]");
    assert_value("P-1", b.revision, "occupation", "cook");
    assert_value("P-1", NULL, "name", "Choe");
    assert_value("P-1", NULL, "other_names", "Stays");
    assert_whole();
    assert_int_equal(vault_revert(v, "P-1", a.revision, &out), VAULT_ERR_REFUSED);
    assert_int_equal(purge("P-1", NULL, a.revision, NULL), VAULT_ERR_REFUSED);
}

static void
test_purge__refused_purges_change_nothing(void **state)
{
    struct extent before;
    (void)state;

    add(fields("ref", "P-1", "name", "Kim", NULL));
    before = extent();
    assert_int_equal(purge("P-9", NULL, NULL, NULL), VAULT_ERR_NOT_FOUND);
    assert_int_equal(purge("P-1", "address", NULL, NULL), VAULT_ERR_NOT_FOUND);
    assert_int_equal(purge("P-1", "name", "0000", NULL), VAULT_ERR_INPUT);
    assert_int_equal(purge("P-1", NULL, "00000000", NULL), VAULT_ERR_NOT_FOUND);
    assert_extent(&before);
    assert_whole();
}

/* ---- the epoch ---- */

static void
test_purge__wraps_of_before_open_nothing_with_the_keys_of_after(void **state)
{
    struct buf old[512] = { BUF_INIT };
    struct secret *log = NULL, *tag = NULL;
    uint64_t epoch = v->epoch;
    uint32_t count = v->recs.index.n;
    (void)state;

    add(fields("ref", "P-1", "name", "Kim", NULL));
    add(fields("ref", "P-2", "name", "Choe", NULL));
    count = v->recs.index.n;
    for (uint32_t n = 0; n <= count; n++)
        if (db_get(v->db, DB_WRAP, n, &old[n]) != VAULT_OK)
            buf_reset(&old[n]);
    assert_int_equal(purge("P-1", NULL, NULL, NULL), VAULT_OK);
    assert_int_equal(v->epoch, epoch + 1);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(root_open(&log, &tag, &v->recs.keys, PART(old[0].p, old[0].n)),
            VAULT_ERR_DAMAGED);
        for (uint32_t n = 1; n <= count; n++) {
            struct pack p;
            if (old[n].n == 0)
                continue;
            p = pack_of(n);
            assert_int_equal(pack_open(&p, &v->recs.keys, PART(old[n].p, old[n].n)),
                VAULT_ERR_DAMAGED);
        }
        assert_whole();
    }
    for (uint32_t n = 0; n <= count; n++)
        buf_free(&old[n]);
}

/* ---- what somebody with the case key could do ---- */

static void
test_purge__what_is_missing_without_a_tombstone_is_damage(void **state)
{
    uint32_t n;
    struct pack p;
    (void)state;

    add(fields("ref", "P-1", "residence", "Kem", "name", "Kim", NULL));
    n = first_of("P-1");
    p = pack_of(n);
    p.has_record[n - p.first] = false;
    put_pack(&p);
    assert_int_equal(show("P-1", NULL), VAULT_ERR_DAMAGED);
    assert_problem("the key of a record is missing");
    p.has_record[n - p.first] = true;
    p.has_blob[n - p.first] = false;
    p.how = 0;
    put_pack(&p);
    assert_problem("its withheld content is missing");
    assert_int_equal(db_delete(v->db, DB_WITHHELD_BLOB, n), VAULT_OK);
    assert_problem("its withheld content is missing");
    assert_int_equal(db_delete(v->db, DB_OPEN_BLOB, n), VAULT_OK);
    assert_problem("the content of a revision is missing");
}

static bool
drop_residence(void *ctx, const struct leaf *l)
{
    (void)ctx;
    return l->field.n == 9 && memcmp(l->field.p, "residence", 9) == 0;
}

/* The open blob without a value, as a purge would leave it, under the same key. */
static void
leave_out(uint32_t n)
{
    struct buf blob = BUF_INIT, sealed = BUF_INIT;
    struct blob_keys bk;
    struct revision rev;
    uint8_t key[32];

    revision_init(&rev);
    assert_int_equal(recs_load(&v->recs, n, &rev), VAULT_OK);
    assert_int_equal(recs_record_key(&v->recs, v->recs.index.pair[n].first, key), VAULT_OK);
    assert_int_equal(db_get(v->db, DB_OPEN_BLOB, n, &blob), VAULT_OK);
    blob_keys_derive(&bk, LEAF_OPEN, key, blob.p);
    assert_int_equal(reseal_blob(&sealed, &v->recs.keys, &rev, LEAF_OPEN, bk.seed, key,
        drop_residence, NULL), VAULT_OK);
    assert_int_equal(db_put(v->db, DB_OPEN_BLOB, n, PART(sealed.p, sealed.n)), VAULT_OK);
    revision_free(&rev);
    buf_free(&blob);
    buf_free(&sealed);
}

static void
test_purge__a_value_left_out_of_a_blob_is_damage(void **state)
{
    (void)state;
    add(fields("ref", "P-1", "residence", "Kem", "name", "Kim", NULL));
    leave_out(first_of("P-1"));
    assert_int_equal(show("P-1", NULL), VAULT_ERR_DAMAGED);
    assert_problem("no entry says that they were purged");
}

static void
test_purge__what_is_put_back_from_an_old_copy_is_damage(void **state)
{
    struct vault_added a = add(fields("ref", "P-1", "residence", "Kem", "name", "Kim", NULL));
    struct buf open = BUF_INIT, withheld = BUF_INIT;
    uint32_t n = first_of("P-1");
    struct pack old = pack_of(n), p;
    (void)state;

    assert_int_equal(db_get(v->db, DB_OPEN_BLOB, n, &open), VAULT_OK);
    assert_int_equal(db_get(v->db, DB_WITHHELD_BLOB, n, &withheld), VAULT_OK);

    assert_int_equal(purge("P-1", "residence", NULL, NULL), VAULT_OK);
    put_pack(&old);
    assert_int_equal(db_put(v->db, DB_OPEN_BLOB, n, PART(open.p, open.n)), VAULT_OK);
    assert_problem("a value that was purged");
    assert_int_equal(show("P-1", NULL), VAULT_ERR_DAMAGED);

    assert_int_equal(purge(a.id, NULL, NULL, NULL), VAULT_OK);      /* a damaged record can be purged */
    assert_whole();
    p = pack_of(n);
    assert_int_equal(db_put(v->db, DB_OPEN_BLOB, n, PART(open.p, open.n)), VAULT_OK);
    assert_problem("it was purged, and yet has content");
    assert_int_equal(db_delete(v->db, DB_OPEN_BLOB, n), VAULT_OK);
    assert_int_equal(db_put(v->db, DB_WITHHELD_BLOB, n, PART(withheld.p, withheld.n)), VAULT_OK);
    assert_problem("withheld content that was purged");
    assert_int_equal(db_delete(v->db, DB_WITHHELD_BLOB, n), VAULT_OK);
    put_pack(&old);
    assert_problem("purged");
    assert_int_equal(show(a.id, NULL), VAULT_ERR_NOT_FOUND);
    put_pack(&p);
    assert_whole();
    buf_free(&open);
    buf_free(&withheld);
}

static void
test_purge__a_tombstone_without_the_keeper_counts_for_nothing(void **state)
{
    struct purged t = { .what = GONE_RECORD };
    struct commit what = { .action = "purge" };
    struct secret *pass = NULL;
    struct change c;
    vault *again = NULL;
    (void)state;

    add(fields("ref", "P-1", "name", "Kim", NULL));
    memcpy(t.record, v->recs.index.pair[first_of("P-1")].record, sizeof t.record);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    assert_int_equal(system_add_tombstone(v, &c, &t), VAULT_OK);
    assert_int_equal(session_commit(v, &c, &what), VAULT_ERR_DAMAGED);
    vault_close(v);
    v = NULL;
    assert_int_equal(secret_copy(&pass, PHRASE, strlen(PHRASE)), VAULT_OK);
    assert_int_equal(vault_open(&again, path, &(struct vault_credentials){ .passphrase = pass,
        .slot = -1 }), VAULT_ERR_DAMAGED);
    secret_free(pass);
}

/* Intake that does not open shares a wrap: its keys cannot be taken out one by one. */
static void
test_purge__in_a_pack_of_intake_that_does_not_open(void **state)
{
    uint8_t enc[INTAKE_ENC_BYTES];
    struct pack p;
    uint32_t n;
    (void)state;

    add(fields("ref", "P-1", "name", "Kim", NULL));
    n = first_of("P-1");
    p = pack_of(n);
    randombytes_buf(enc, sizeof enc);
    intake_enc_hash(p.enc_hash, enc);
    p.how = WRAP_INTAKE;
    p.readable = false;
    p.n_inner = 32 + 32 + BOX_EXTRA;
    randombytes_buf(p.inner, p.n_inner);
    memcpy(p.inner, p.enc_hash, 32);
    put_pack(&p);
    assert_int_equal(db_put(v->db, DB_INTAKE, n, PART(enc, sizeof enc)), VAULT_OK);
    assert_int_equal(vault_check_open(v, NULL, NULL, NULL), VAULT_ERR_DAMAGED);
    assert_int_equal(purge("P-1", NULL, NULL, NULL), VAULT_OK);
    assert_false(has_row(DB_WITHHELD_BLOB, n));
    assert_whole();
}

/* ---- the plan ---- */

static const struct vault_purge_mention *
mention_in(const struct vault_purge_plan *p, const char *id, const char *field)
{
    for (size_t i = 0; i < p->n_mentions; i++)
        if (strcmp(p->mentions[i].id, id) == 0 && strcmp(p->mentions[i].field, field) == 0)
            return &p->mentions[i];
    return NULL;
}

static void
test_purge__the_plan_tells_where_a_withheld_text_stands_elsewhere(void **state)
{
    struct vault_added a = add(fields("ref", "P-1", "name", "Kim Song", "residence", "Kem", NULL));
    struct vault_added b = add(fields("ref", "P-2", "occupation", "cook of KIM  SONG.", NULL));
    struct vault_added c = add(fields("ref", "P-3", "notes", "asked about Kim Song", NULL));
    struct vault_added d = add(fields("ref", "P-4", "notes", "Kim Songun, Kem", NULL));
    struct vault_purge what = { .id = "P-1" };
    struct vault_purge_plan *p = NULL;
    struct extent before;
    (void)state;

    edit("P-3", fields("notes", "forgotten", NULL));    /* an old revision still says it */
    before = extent();
    assert_int_equal(vault_purge_plan(v, &what, &p), VAULT_OK);
    assert_string_equal(p->id, a.id);
    assert_int_equal(p->n_mentions, 2);
    assert_non_null(mention_in(p, b.id, "occupation"));
    assert_false(mention_in(p, b.id, "occupation")->withheld);
    assert_non_null(mention_in(p, c.id, "notes"));
    assert_true(mention_in(p, c.id, "notes")->withheld);
    assert_null(mention_in(p, d.id, "notes"));
    vault_purge_plan_free(p);
    assert_extent(&before);
}

static void
test_purge__the_plan_counts_what_goes_and_what_stays(void **state)
{
    struct vault_added a = add(fields("ref", "P-1", "name", "Kim", "residence", "Kem", NULL));
    struct vault_purge what = { .id = "P-1", .revision = a.revision };
    struct vault_purge_plan *p = NULL;
    (void)state;

    edit("P-1", fields("name", "Choe", NULL));
    assert_int_equal(vault_purge_plan(v, &what, &p), VAULT_OK);
    assert_string_equal(p->what, "revision");
    assert_int_equal(p->values, 1);
    assert_int_equal(p->kept, 3);               /* ref, label, residence */
    assert_int_equal(p->n_fields, 1);
    assert_string_equal(p->fields[0].name, "name");
    assert_int_equal(p->fields[0].withheld, 1);
    vault_purge_plan_free(p);
    what.revision = NULL;
    assert_int_equal(vault_purge_plan(v, &what, &p), VAULT_OK);
    assert_int_equal(p->values, 2 * 3 + 2);
    assert_int_equal(p->revisions, 2);
    vault_purge_plan_free(p);
}

static void
assert_mentioned(const char *word, const char *text, bool want)
{
    struct mentions m = {0};
    struct buf fold = BUF_INIT;
    bool yes = !want;

    assert_int_equal(mentions_add(&m, PART(word, strlen(word))), VAULT_OK);
    assert_int_equal(mentions_in(&m, PART(text, strlen(text)), &fold, &yes), VAULT_OK);
    if (yes != want)
        fail_msg("%s in %s", word, text);
    mentions_free(&m);
    buf_free(&fold);
}

static void
test_purge__words_are_whole(void **state)
{
    (void)state;
    assert_mentioned("Kim", "kim", true);
    assert_mentioned("Kim", "(Kim), who", true);
    assert_mentioned("Kim", "Kimura", false);
    assert_mentioned("Kim", "Hakim", false);
    assert_mentioned("Kim", "Hakim Kim", true);
    assert_mentioned("Kim", "Kim2", false);
    assert_mentioned("Цой", "Цоя", false);
    assert_mentioned("Цой", "и Цой.", true);
    assert_mentioned("Choe", "Choé's", true);       /* the fold */
    assert_mentioned("최명복", "최명복은 갔다", true);   /* an ending hangs on it */
    assert_mentioned("김나", "김난", false);          /* another syllable */
    assert_mentioned("王明", "昨日王明来", true);
    assert_mentioned("...", "...", false);          /* nothing to look for */
}

/* ---- pieces whose blob does not open ---- */

static void
attach_as(const char *id, const char *called, bool open)
{
    const struct vault_attach_options opt = { .open = open };
    char name[400];
    const struct vault_attach_file file = { .path = name, .name = called };
    struct vault_added a;
    FILE *f;

    snprintf(name, sizeof name, "%s/scan", dir);
    f = fopen(name, "w");
    assert_non_null(f);
    for (size_t i = 0; i < 100000; i++)
        fprintf(f, "%zu\n", i);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(vault_attach(v, id, &file, 1, &opt, &a), VAULT_OK);
    assert_int_equal(remove(name), 0);
}

static void
attach(const char *id, bool open)
{
    attach_as(id, "scan.pdf", open);
}

static void
attach_file(const char *id)
{
    attach(id, false);
}

static size_t
pieces_in(enum db_table t, int64_t *first, uint64_t *bytes)
{
    struct db_cursor *c = NULL;
    uint64_t size;
    int64_t n;
    size_t count = 0;
    bool got = true;

    *bytes = 0;
    assert_int_equal(db_scan_sizes(v->db, t, INT64_MIN, &c), VAULT_OK);
    for (;;) {
        assert_int_equal(db_next_size(c, &n, &size, &got), VAULT_OK);
        if (!got)
            break;
        if (count++ == 0)
            *first = n;
        *bytes += size - FILE_TAG;
    }
    db_scan_end(c);
    return count;
}

static size_t
pieces(void)
{
    uint64_t bytes;
    int64_t first;

    return pieces_in(DB_WITHHELD_CHUNK, &first, &bytes);
}

/* The withheld blob of the revision that attached. */
static void
spoil(const char *id)
{
    uint32_t n = v->recs.index.pair[first_of(id)].next;
    struct buf b = BUF_INIT;

    assert_int_equal(db_get(v->db, DB_WITHHELD_BLOB, n, &b), VAULT_OK);
    b.p[b.n - 20] ^= 1;
    assert_int_equal(db_put(v->db, DB_WITHHELD_BLOB, n, PART(b.p, b.n)), VAULT_OK);
    buf_free(&b);
}

static void
test_purge__pieces_go_too_where_their_blob_does_not_open(void **state)
{
    static const char *const WHAT[] = { NULL, "files" };
    struct vault_purged done;
    size_t kept;
    (void)state;

    (void)add(fields("ref", "P-9", NULL));
    attach_file("P-9");
    kept = pieces();
    for (size_t i = 0; i < 2; i++) {
        const char *ref = i == 0 ? "P-1" : "P-2";
        (void)add(fields("ref", ref, NULL));
        attach_file(ref);
        assert_int_equal(pieces(), 2 * kept);
        spoil(ref);
        assert_int_equal(purge(ref, WHAT[i], NULL, &done), VAULT_OK);
        assert_int_equal(done.strays, 0);
        assert_int_equal(pieces(), kept);
        assert_whole();
    }
}

/* Two do not open: whose the pieces are cannot be told, until the second goes as well. */
static void
test_purge__pieces_that_may_be_another_s_stay_and_are_told(void **state)
{
    struct vault_purged done;
    (void)state;

    (void)add(fields("ref", "P-1", NULL));
    (void)add(fields("ref", "P-2", NULL));
    attach_file("P-1");
    attach_file("P-2");
    spoil("P-1");
    spoil("P-2");
    assert_int_equal(purge("P-1", NULL, NULL, &done), VAULT_OK);
    assert_int_equal(done.strays, 1);
    assert_true(pieces() > 0);
    assert_int_equal(purge("P-2", NULL, NULL, &done), VAULT_OK);
    assert_int_equal(done.strays, 0);
    assert_int_equal(pieces(), 0);
    assert_whole();
}

/* ---- the same of open ones ---- */

static size_t
open_pieces(void)
{
    uint64_t bytes;
    int64_t first;

    return pieces_in(DB_OPEN_CHUNK, &first, &bytes);
}

/* The open blob of the revision that attached: the only one that names the pieces. */
static void
spoil_open(const char *id)
{
    flip_row(DB_OPEN_BLOB, v->recs.index.pair[first_of(id)].next);
}

static void
test_purge__open_pieces_go_too_where_their_blob_does_not_open(void **state)
{
    struct vault_added a = add(fields("ref", "P-1", NULL));
    struct vault_purged done;
    size_t kept, withheld;
    (void)state;

    (void)add(fields("ref", "P-9", NULL));
    attach("P-9", true);
    attach_as("P-9", "second.pdf", false);
    edit("P-9", fields("residence", "Omsk", NULL));     /* names the open one again */
    kept = open_pieces();
    withheld = pieces();
    assert_true(kept > 0 && withheld > 0);
    attach(a.id, true);
    assert_int_equal(open_pieces(), 2 * kept);
    spoil_open(a.id);
    assert_int_equal(purge(a.id, NULL, NULL, &done), VAULT_OK);
    assert_int_equal(done.strays, 0);
    assert_int_equal(open_pieces(), kept);
    assert_int_equal(pieces(), withheld);
    assert_whole();
}

static void
test_purge__open_pieces_that_may_be_another_s_stay_and_are_told(void **state)
{
    struct vault_added a = add(fields("ref", "P-1", NULL)), b = add(fields("ref", "P-2", NULL));
    struct vault_purged done;
    (void)state;

    attach(a.id, true);
    attach(b.id, true);
    spoil_open(a.id);
    spoil_open(b.id);
    assert_int_equal(purge(a.id, NULL, NULL, &done), VAULT_OK);
    assert_int_equal(done.strays, 1);
    assert_true(open_pieces() > 0);
    assert_int_equal(purge(b.id, NULL, NULL, &done), VAULT_OK);
    assert_int_equal(done.strays, 0);
    assert_int_equal(open_pieces(), 0);
    assert_whole();
}

/* That withheld values of another cannot be read leaves no doubt about open ones. */
static void
test_purge__open_pieces_go_though_a_withheld_blob_does_not_open(void **state)
{
    struct vault_added a = add(fields("ref", "P-1", NULL)), b = add(fields("ref", "P-2", NULL));
    struct vault_purged done;
    size_t kept;
    (void)state;

    attach(a.id, true);
    attach_file(b.id);
    kept = pieces();
    spoil_open(a.id);
    spoil(b.id);
    assert_int_equal(purge(a.id, NULL, NULL, &done), VAULT_OK);
    assert_int_equal(done.strays, 1);                   /* withheld ones may have been in it */
    assert_int_equal(open_pieces(), 0);
    assert_int_equal(pieces(), kept);
    assert_int_equal(purge(b.id, NULL, NULL, &done), VAULT_OK);
    assert_whole();
}

/* ---- names of attachments in the plan ---- */

static void
test_purge__the_plan_looks_into_names_of_attachments(void **state)
{
    struct vault_added a = add(fields("ref", "P-1", "name", "Kim Song", NULL));
    struct vault_added b = add(fields("ref", "P-2", NULL));
    struct vault_added c = add(fields("ref", "P-3", NULL));
    struct vault_purge what = { .id = "P-1" };
    struct vault_purge_plan *p = NULL;
    (void)state;

    attach_as("P-2", "Kim Song passport.pdf", false);
    attach_as("P-3", "letter of Kim Song.pdf", true);
    attach_as("P-3", "Kim Songun.pdf", false);
    assert_int_equal(vault_purge_plan(v, &what, &p), VAULT_OK);
    assert_int_equal(p->n_mentions, 2);
    assert_true(mention_in(p, b.id, "files")->withheld);
    assert_false(mention_in(p, c.id, "files")->withheld);
    vault_purge_plan_free(p);

    /* And the name that goes is looked for, without its end; an open one is not. */
    edit("P-1", fields("notes", "who sent the Kim Song  Passport", "residence", "has a letter of kim song", NULL));
    what.id = "P-2";
    assert_int_equal(vault_purge_plan(v, &what, &p), VAULT_OK);
    assert_int_equal(p->n_mentions, 1);
    assert_non_null(mention_in(p, a.id, "notes"));
    vault_purge_plan_free(p);
    what = (struct vault_purge){ .id = "P-3", .attachment = "letter of Kim Song.pdf" };
    assert_int_equal(vault_purge_plan(v, &what, &p), VAULT_OK);
    assert_int_equal(p->n_mentions, 0);
    vault_purge_plan_free(p);
}

/* ---- a value that names the pieces of another attachment ---- */

struct trap {
    uint64_t first, size;
    uint8_t key[FILE_KEY_BYTES];
    enum leaf_tier tier;
};

/* As somebody can write it who has the case key: an attachment without content. */
static void
set_trap(const char *id, const struct trap *t)
{
    uint8_t sha256[32] = { 1 };
    const struct file_value fv = { .sha256 = sha256, .size = t->size, .type = PART("text/plain", 10),
        .name = PART("trap.txt", 8) };
    struct detail det = {0};
    struct commit what = { .action = "attach", .detail = &det };
    struct revision base, rev;
    const struct field_def *f = NULL;
    struct buf value = BUF_INIT;
    struct draft_file file;
    struct vault_added a;
    struct change c;
    struct draft d;
    uint32_t head = 0;

    revision_init(&base);
    revision_init(&rev);
    assert_int_equal(value_from_file(&value, &fv, NULL), VAULT_OK);
    file = (struct draft_file){ .tier = t->tier, .value = PART(value.p, value.n), .key = t->key, .first = t->first };
    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    assert_int_equal(session_load_head(v, id, &head, &base), VAULT_OK);
    assert_int_equal(draft_file_field(&d, &base, "files", 5, &f), VAULT_OK);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    assert_int_equal(draft_attach(&d, &base, f, &file, 1, &rev), VAULT_OK);
    assert_int_equal(session_commit_one(v, &c, &rev, &what, &a), VAULT_OK);
    draft_done(&d);
    revision_free(&base);
    revision_free(&rev);
    buf_free(&value);
}

static vault_err
check_deep(void)
{
    struct vault_deep_check deep = {0};

    return vault_check_deep_open(v, NULL, NULL, &deep);
}

/* The only attachment: its content is still there. */
static void
assert_content(const char *id)
{
    struct vault_extracted x;
    char to[400];

    snprintf(to, sizeof to, "%s/out", dir);
    assert_int_equal(vault_extract(v, id, "scan.pdf", &(struct vault_extract_options){ .path = to, .fd = -1 }, &x),
        VAULT_OK);
    assert_int_equal(remove(to), 0);
}

/* Records P-1, with an attachment, and P-2, without. By somebody with the case key: where that lies. */
static void
make_victim(bool open, struct trap *t)
{
    int64_t first = 0;

    (void)add(fields("ref", "P-1", NULL));
    (void)add(fields("ref", "P-2", NULL));
    attach("P-1", open);
    assert_whole();
    reopen_as(OTHER_PHRASE);
    *t = (struct trap){ .key = { 2 }, .tier = open ? LEAF_OPEN : LEAF_WITHHELD };
    assert_true(pieces_in(open ? DB_OPEN_CHUNK : DB_WITHHELD_CHUNK, &first, &t->size) > 1);
    t->first = (uint64_t)first;
}

static void
assert_trap_purged(const char *id, const char *attachment, uint64_t left)
{
    const struct vault_purge what = { .id = id, .attachment = attachment };
    struct vault_purged done;

    assert_int_equal(vault_purge(v, &what, &done), VAULT_OK);
    assert_int_equal(done.left, left);
    assert_content("P-1");
    assert_whole();
    assert_int_equal(check_deep(), VAULT_OK);
}

static void
test_purge__leaves_pieces_of_another_record_that_a_value_names(void **state)
{
    struct trap t;
    size_t kept;
    (void)state;

    make_victim(false, &t);
    kept = pieces();
    set_trap("P-2", &t);
    reopen();
    assert_problem("names parts of another");
    assert_trap_purged("P-2", NULL, kept);
    assert_int_equal(pieces(), kept);
    assert_int_equal(purge("P-1", NULL, NULL, NULL), VAULT_OK);
    assert_int_equal(pieces(), 0);
    assert_whole();
}

/* The other way round: the trap does not save what is to be destroyed. */
static void
test_purge__takes_pieces_that_a_value_of_another_record_names(void **state)
{
    struct vault_purged done;
    struct trap t;
    (void)state;

    make_victim(false, &t);
    set_trap("P-2", &t);
    reopen();
    assert_int_equal(purge("P-1", NULL, NULL, &done), VAULT_OK);
    assert_int_equal(done.left, 0);
    assert_int_equal(pieces(), 0);
}

/* In the record itself, a decoy, and another that begins in the middle. */
static void
test_purge__leaves_pieces_of_another_attachment_of_the_record(void **state)
{
    struct trap t;
    size_t kept;
    (void)state;

    make_victim(false, &t);
    kept = pieces();
    set_trap("P-1", &t);
    reopen();
    assert_problem("names parts of another");
    assert_trap_purged("P-1", "trap.txt", kept);
    assert_int_equal(pieces(), kept);
    reopen_as(OTHER_PHRASE);
    t.first += 1;
    t.size = 300;
    set_trap("P-2", &t);
    reopen();
    assert_problem("names parts of another");
    assert_trap_purged("P-2", NULL, 1);
}

static void
learn_key(struct trap *t)
{
    struct revision rev;
    uint32_t head = 0;

    revision_init(&rev);
    assert_int_equal(session_load_head(v, "P-1", &head, &rev), VAULT_OK);
    for (size_t i = 0; i < rev.n_leaves; i++)
        if (rev.leaf[i].file_key != NULL)
            memcpy(t->key, rev.leaf[i].file_key, sizeof t->key);
    revision_free(&rev);
}

/* Keys of open attachments are known to all who can read them. */
static void
test_purge__leaves_open_pieces_that_a_value_names_with_their_key(void **state)
{
    struct trap t;
    (void)state;

    make_victim(true, &t);
    learn_key(&t);
    set_trap("P-2", &t);
    assert_problem("names parts of another");      /* a case session sees it as well */
    reopen();
    assert_problem("names parts of another");
    assert_trap_purged("P-2", NULL, pieces_in(DB_OPEN_CHUNK, &(int64_t){0}, &(uint64_t){0}));
    reopen_as(OTHER_PHRASE);
    set_trap("P-1", &t);
    reopen();
    assert_problem("names parts of another");
    assert_trap_purged("P-1", "trap.txt", 0);
}

/* A blob that nobody can read may name the pieces: the key tells whose they are. */
static void
test_purge__leaves_pieces_whose_own_value_cannot_be_read(void **state)
{
    struct vault_purged done;
    struct trap t;
    size_t kept;
    (void)state;

    make_victim(false, &t);
    kept = pieces();
    set_trap("P-2", &t);
    reopen();
    spoil("P-1");
    assert_int_equal(purge("P-2", NULL, NULL, &done), VAULT_OK);
    assert_int_equal(done.left, kept);
    assert_int_equal(pieces(), kept);
}

/* Nor does a repair drop them; of two that can be read it believes the older. */
static void
test_purge__a_repair_keeps_pieces_that_another_value_names(void **state)
{
    struct vault_repair_options opt = { .fn = NULL };
    struct vault_repair_report report = {0};
    struct vault_credentials cred = { .slot = -1 };
    struct secret *pass = NULL;
    struct trap t;
    char to[400];
    (void)state;

    make_victim(true, &t);
    learn_key(&t);
    set_trap("P-2", &t);
    t.first += 1;
    t.size = 300;
    (void)add(fields("ref", "P-3", NULL));
    set_trap("P-3", &t);
    snprintf(to, sizeof to, "%s/repaired.vault", dir);
    assert_int_equal(secret_copy(&pass, PHRASE, strlen(PHRASE)), VAULT_OK);
    cred.passphrase = pass;
    vault_close(v);
    v = NULL;
    if (vault_repair(path, to, &cred, &opt, &report) != VAULT_OK)
        fail_msg("%s", vault_last_error()->text);
    assert_int_equal(report.lost_attachments, 2);
    assert_int_equal(vault_open(&v, to, &cred), VAULT_OK);
    assert_content("P-1");
    assert_int_equal(check_deep(), VAULT_OK);
    assert_int_equal(purge("P-2", NULL, NULL, NULL), VAULT_OK);
    assert_content("P-1");
    assert_int_equal(check_deep(), VAULT_OK);
    vault_close(v);
    v = NULL;
    secret_free(pass);
    snprintf(to, sizeof to, "rm -rf %s/repaired.vault", dir);
    assert_int_equal(system(to), 0);
    reopen();
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, make_vault, remove_vault)
#define CASE_OF_TWO(t) cmocka_unit_test_setup_teardown(t, make_two_tiers, remove_vault)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_purge__of_a_record_only_the_ids_are_left),
        CASE(test_purge__links_to_a_purged_record_show_that),
        CASE(test_purge__history_tells_revisions_and_the_purge),
        CASE(test_purge__a_field_goes_from_every_revision_and_the_ids_hold),
        CASE(test_purge__a_purged_ref_and_label_are_free_again),
        CASE(test_purge__a_revision_loses_what_the_present_one_does_not_hold),
        CASE(test_purge__refused_purges_change_nothing),
        CASE(test_purge__wraps_of_before_open_nothing_with_the_keys_of_after),
        CASE(test_purge__what_is_missing_without_a_tombstone_is_damage),
        CASE(test_purge__a_value_left_out_of_a_blob_is_damage),
        CASE(test_purge__what_is_put_back_from_an_old_copy_is_damage),
        CASE(test_purge__a_tombstone_without_the_keeper_counts_for_nothing),
        CASE(test_purge__in_a_pack_of_intake_that_does_not_open),
        CASE(test_purge__the_plan_tells_where_a_withheld_text_stands_elsewhere),
        CASE(test_purge__the_plan_looks_into_names_of_attachments),
        CASE(test_purge__the_plan_counts_what_goes_and_what_stays),
        CASE(test_purge__pieces_go_too_where_their_blob_does_not_open),
        CASE(test_purge__pieces_that_may_be_another_s_stay_and_are_told),
        CASE(test_purge__open_pieces_go_too_where_their_blob_does_not_open),
        CASE(test_purge__open_pieces_that_may_be_another_s_stay_and_are_told),
        CASE(test_purge__open_pieces_go_though_a_withheld_blob_does_not_open),
        CASE_OF_TWO(test_purge__leaves_pieces_of_another_record_that_a_value_names),
        CASE_OF_TWO(test_purge__takes_pieces_that_a_value_of_another_record_names),
        CASE_OF_TWO(test_purge__leaves_pieces_of_another_attachment_of_the_record),
        CASE_OF_TWO(test_purge__leaves_open_pieces_that_a_value_names_with_their_key),
        CASE_OF_TWO(test_purge__leaves_pieces_whose_own_value_cannot_be_read),
        CASE_OF_TWO(test_purge__a_repair_keeps_pieces_that_another_value_names),
        cmocka_unit_test(test_purge__words_are_whole),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
